/* Cloud Run in the simulated cloud: how services and jobs come up, fail, change and go. */
#include "config.h"
#include "sim/api/run_translate.h"
#include "tests/sim/serving.h"

#define HELLO "us-docker.pkg.dev/cloudrun/container/hello"
#define SERVICES "/v2/" PLACE "/services"
#define JOBS "/v2/" PLACE "/jobs"

static void service_lives(void)
{
	cJSON *op = expect(200, "POST", RUN_HOST, SERVICES "?serviceId=web",
			   "{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}", "a service is created");
	is_str(json_str(op, "metadata.@type", ""), "type.googleapis.com/google.cloud.run.v2.Service",
	       "the operation's metadata is the service");
	ok(json_bool(op, "metadata.reconciling", false), "which reconciles");
	cJSON_Delete(expect(409, "POST", RUN_HOST, SERVICES "?serviceId=web",
			    "{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}", "a second create is 409"));
	op = finished(RUN_HOST, "v2", op);
	ok(json_bool(op, "done", false) && json_at(op, "response"), "the operation ends with the service");
	is_str(json_str(op, "response.terminalCondition.state", ""), "CONDITION_SUCCEEDED", "which is ready");
	is_str(json_str(op, "response.urls.0", ""), "https://web-123456789012.us-central1.run.app",
	       "its first URL has the project's number");
	is_str(json_str(op, "response.template.containers.0.resources.limits.memory", ""), "512Mi", "defaults are filled in");
	is_str(json_str(op, "response.observedGeneration", ""), "1", "the generation was observed");
	cJSON_Delete(op);
	op = expect(200, "PATCH", RUN_HOST, SERVICES "/web", "{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}",
		    "the same again");
	op = finished(RUN_HOST, "v2", op);
	is_str(json_str(op, "response.generation", ""), "1", "makes no generation");
	cJSON_Delete(op);
	op = expect(200, "PATCH", RUN_HOST, SERVICES "/web?updateMask=ingress",
		    "{\"ingress\":\"INGRESS_TRAFFIC_INTERNAL_ONLY\"}", "one field changes by its mask");
	op = finished(RUN_HOST, "v2", op);
	is_str(json_str(op, "response.ingress", ""), "INGRESS_TRAFFIC_INTERNAL_ONLY", "and only it");
	cJSON_Delete(op);
	cJSON *list = expect(200, "GET", RUN_HOST, SERVICES "/web/revisions", NULL, "its revisions are listed");
	is_int(cJSON_GetArraySize(json_at(list, "revisions")), 1, "one: ingress makes none");
	cJSON_Delete(list);
	op = finished(RUN_HOST, "v2", expect(200, "DELETE", RUN_HOST, SERVICES "/web", NULL, "the service is deleted"));
	ok(json_at(op, "response.deleteTime") != NULL, "with its time");
	cJSON_Delete(op);
	cJSON *gone = expect(404, "GET", RUN_HOST, SERVICES "/web", NULL, "and gone");
	is_str(json_str(gone, "error.message", ""),
	       "Resource 'web' of kind 'SERVICE' in region 'us-central1' in project 'demo-proj' does not exist.",
	       "in Google's words");
	cJSON_Delete(gone);
#define AGAIN "{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}"
	cJSON_Delete(
	    finished(RUN_HOST, "v2", expect(200, "POST", RUN_HOST, SERVICES "?serviceId=web", AGAIN, "it is made again")));
	cJSON_Delete(ask("DELETE", RUN_HOST, SERVICES "/web", NULL));
	do {
		pass(0.2);
		cJSON_Delete(ask("GET", RUN_HOST, SERVICES "/web", NULL));
	} while (status == 200 && sim_now(sim) < 1e6);
	cJSON_Delete(expect(409, "POST", RUN_HOST, SERVICES "?serviceId=web", AGAIN,
			    "a name is taken a moment longer than the service"));
	pass(60);
	cJSON_Delete(
	    finished(RUN_HOST, "v2", expect(200, "POST", RUN_HOST, SERVICES "?serviceId=web", AGAIN, "and then free")));
	cJSON_Delete(finished(RUN_HOST, "v2", ask("DELETE", RUN_HOST, SERVICES "/web", NULL)));
}

static void failed_create_stays(void)
{
	cJSON *op = finished(
	    RUN_HOST, "v2",
	    expect(200, "POST", RUN_HOST, SERVICES "?serviceId=bad",
		   "{\"template\":{\"containers\":[{\"image\":\"us-central1-docker.pkg.dev/demo-proj/none/app:1\"}]}}",
		   "a service of a missing image is taken"));
	is_int((long long)json_num(op, "error.code", 0), 9, "its operation fails with code 9");
	ok(strstr(json_str(op, "error.message", ""), "Image 'us-central1-docker.pkg.dev/demo-proj/none/app:1' not found.") !=
	       NULL,
	   "naming the image");
	cJSON_Delete(op);
	cJSON *o = expect(200, "GET", RUN_HOST, SERVICES "/bad", NULL, "the service stays");
	is_str(json_str(o, "terminalCondition.reason", ""), "CONTAINER_MISSING", "with the reason");
	ok(!json_at(o, "latestReadyRevision") && json_at(o, "latestCreatedRevision"), "created and not ready");
	cJSON_Delete(o);
	op = finished(RUN_HOST, "v2",
		      expect(200, "PATCH", RUN_HOST, SERVICES "/bad?allowMissing=true",
			     "{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}", "an upsert mends it"));
	ok(json_at(op, "response.latestReadyRevision") != NULL, "it is ready");
	cJSON_Delete(op);
}

static void refused(const char *body, const char *text)
{
	cJSON *j = ask("POST", RUN_HOST, SERVICES "?serviceId=no", body);
	ok(status == 400 && strstr(json_str(j, "error.message", ""), text), "refused: %s", text);
	if (status != 400 || !strstr(json_str(j, "error.message", ""), text))
		printf("# %d %s\n", status, json_str(j, "error.message", "?"));
	cJSON_Delete(j);
}

static void rules(void)
{
#define ONE(more) "{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"" more "}]}}"
	refused("{\"template\":{\"containers\":[{\"image\":\"quay.io/oauth2-proxy/oauth2-proxy:v7.15.3\"}]}}",
		"Expected an image path like [host/]repo-path");
	refused("{\"template\":{\"containers\":[]}}",
		"Violation in CreateServiceRequest.service.template.containers: required field not present.");
	refused("{\"template\":{\"containers\":[{\"name\":\"a\",\"image\":\"" HELLO "\"},{\"name\":\"b\",\"image\":\"" HELLO
		"\"}]}}",
		"exactly one container with an exposed port");
	refused(ONE(",\"env\":[{\"name\":\"PORT\",\"value\":\"1\"}]"), "The following reserved env names were provided: PORT");
	refused("{\"template\":{\"containers\":[{\"name\":\"a\",\"image\":\"" HELLO
		"\",\"ports\":[{}]},{\"name\":\"b\",\"image\":\"" HELLO
		"\",\"env\":[{\"name\":\"PORT\",\"value\":\"9000\"},{\"name\":\"K_SERVICE\",\"value\":\"1\"}]}]}}",
		"The following reserved env names were provided: K_SERVICE"); /* a container beside has a PORT of its own */
	refused(ONE(",\"startupProbe\":{\"periodSeconds\":10,\"failureThreshold\":30,\"tcpSocket\":{}}"),
		"must not be greater than 240");
	refused(ONE(",\"startupProbe\":{\"periodSeconds\":1,\"timeoutSeconds\":5,\"tcpSocket\":{}}"),
		"must not be greater than period_seconds");
	refused(ONE(",\"resources\":{\"limits\":{\"cpu\":\"3\"}}"), "Invalid value specified for cpu");
	refused(ONE(",\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"8Gi\"}}"),
		"memory must be between 128Mi and 4096Mi");
	refused(ONE(",\"volumeMounts\":[{\"name\":\"x\",\"mountPath\":\"/x\"}]"), "Volume with name 'x' not found");
	refused("{\"labels\":{\"run.googleapis.com/x\":\"y\"},\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}",
		"may not be set");
	refused("{\"template\":{\"timeout\":\"4000s\",\"containers\":[{\"image\":\"" HELLO "\"}]}}",
		"Violation in CreateServiceRequest.service.template.timeout: maximum allowed time is one hour.");
	cJSON_Delete(expect(400, "POST", RUN_HOST, SERVICES "?serviceId=Bad_Name", ONE(""), "a bad id is 400"));
	cJSON_Delete(expect(403, "POST", RUN_HOST, "/v2/projects/demo-proj/locations/nowhere/services?serviceId=a", ONE(""),
			    "an unknown place is 403"));
	cJSON_Delete(expect(404, "PATCH", RUN_HOST, SERVICES "/absent", ONE(""), "PATCH without allowMissing is 404"));
	cJSON *rights = expect(200, "POST", RUN_HOST, SERVICES "/absent:testIamPermissions",
			       "{\"permissions\":[\"run.services.setIamPolicy\"]}", "rights on what is not there yet");
	is_str(json_str(rights, "permissions.0", ""), "run.services.setIamPolicy", "are those of the project");
	cJSON_Delete(rights);
	cJSON *j = expect(200, "POST", RUN_HOST, SERVICES "?serviceId=dry&validateOnly=true", ONE(""), "validateOnly answers");
	cJSON_Delete(j);
	cJSON_Delete(expect(404, "GET", RUN_HOST, SERVICES "/dry", NULL, "and keeps nothing"));
}

static void etags(void)
{
	cJSON_Delete(finished(RUN_HOST, "v2", ask("POST", RUN_HOST, SERVICES "?serviceId=etag", ONE(""))));
	cJSON *j = expect(409, "PATCH", RUN_HOST, SERVICES "/etag",
			  "{\"etag\":\"\\\"old\\\"\",\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}",
			  "a stale etag is 409");
	is_str(json_str(j, "error.status", ""), "ABORTED", "ABORTED");
	cJSON_Delete(j);
}

static void named_revisions(void)
{
#define NAMED(name, value)                                                                                                     \
	"{\"template\":{\"revision\":\"" name "\",\"containers\":[{\"image\":\"" HELLO                                         \
	"\",\"env\":[{\"name\":\"A\",\"value\":\"" value "\"}]}]}}"
	cJSON_Delete(expect(400, "POST", RUN_HOST, SERVICES "?serviceId=named", NAMED("other-1", "x"),
			    "a revision's name begins with the service's"));
	cJSON *op = finished(
	    RUN_HOST, "v2",
	    expect(200, "POST", RUN_HOST, SERVICES "?serviceId=named", NAMED("named-1", "x"), "a revision may be named"));
	ok(strstr(json_str(op, "response.latestReadyRevision", ""), "/revisions/named-1") != NULL, "and is");
	cJSON_Delete(op);
	cJSON_Delete(finished(RUN_HOST, "v2",
			      expect(200, "PATCH", RUN_HOST, SERVICES "/named", NAMED("named-1", "x"),
				     "the same configuration again is nothing")));
	cJSON_Delete(
	    expect(409, "PATCH", RUN_HOST, SERVICES "/named", NAMED("named-1", "y"), "another one under its name is 409"));
	cJSON_Delete(expect(
	    400, "PATCH", RUN_HOST, SERVICES "/named?updateMask=traffic",
	    "{\"traffic\":[{\"type\":\"TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION\",\"revision\":\"named-9\",\"percent\":100}]}",
	    "traffic to no revision is 400"));
}

#define JOB "{\"template\":{\"template\":{\"containers\":[{\"image\":\"" HELLO "\"}]}}}"
static void jobs_run(void)
{
	cJSON *op = expect(200, "POST", RUN_HOST, JOBS "?jobId=j", JOB, "a job is created");
	ok(json_at(op, "metadata.latestCreatedExecution") && !json_at(op, "metadata.latestCreatedExecution.name"),
	   "with an empty latestCreatedExecution");
	is_str(json_str(op, "metadata.template.template.timeout", ""), "600s", "and defaults");
	op = finished(RUN_HOST, "v2", op);
	is_str(json_str(op, "response.terminalCondition.state", ""), "CONDITION_SUCCEEDED", "it is ready");
	cJSON_Delete(op);
	op = finished(RUN_HOST, "v2", expect(200, "POST", RUN_HOST, JOBS "/j:run", "{}", "it runs"));
	is_int((long long)json_num(op, "response.succeededCount", 0), 1, "its task succeeds");
	is_str(json_str(op, "response.@type", ""), "type.googleapis.com/google.cloud.run.v2.Execution",
	       "the response is the execution");
	cJSON_Delete(op);
	cJSON *list = expect(200, "GET", RUN_HOST, JOBS "/j/executions", NULL, "executions are listed");
	is_int(cJSON_GetArraySize(json_at(list, "executions")), 1, "one");
	char *execution = xasprintf("/v2/%s?etag=other", json_str(list, "executions.0.name", ""));
	cJSON_Delete(expect(409, "DELETE", RUN_HOST, execution, NULL, "which is deleted as it is known to be, or not at all"));
	free(execution);
	cJSON_Delete(list);
	op = expect(200, "DELETE", RUN_HOST, JOBS "/j?validateOnly=true", NULL, "whether the job could be deleted is asked");
	ok(json_bool(op, "done", false), "and answered at once");
	cJSON_Delete(op);
	op = expect(200, "DELETE", RUN_HOST, JOBS "/j", NULL, "the job is deleted, which the question did not");
	cJSON_Delete(expect(400, "PATCH", RUN_HOST, JOBS "/j", JOB, "what is being deleted is not changed"));
	cJSON_Delete(finished(RUN_HOST, "v2", op));
	cJSON_Delete(expect(404, "PATCH", RUN_HOST, JOBS "/j", JOB, "nor what is not there"));
	op = expect(200, "PATCH", RUN_HOST, JOBS "/k?allowMissing=true", JOB, "unless it may be made so");
	cJSON_Delete(finished(RUN_HOST, "v2", op));
	op = expect(200, "GET", RUN_HOST, JOBS "/k", NULL, "which it is");
	is_str(json_str(op, "generation", ""), "1", "as a new one");
	cJSON_Delete(op);
	cJSON *gone = expect(404, "GET", RUN_HOST, JOBS "/j", NULL, "and gone");
	is_str(json_str(gone, "error.message", ""),
	       "Resource 'j' of kind 'JOB' in region 'us-central1' in project 'demo-proj' does not exist.", "as recorded");
	cJSON_Delete(gone);
}

/* Who cancels ends what was begun: the execution, its task, and the operation of the call that began it. */
static void job_cancelled(void)
{
	cJSON_Delete(finished(RUN_HOST, "v2", expect(200, "POST", RUN_HOST, JOBS "?jobId=c", JOB, "another job is created")));
	cJSON *run = expect(200, "POST", RUN_HOST, JOBS "/c:run", "{}", "and runs");
	cJSON *list = expect(200, "GET", RUN_HOST, JOBS "/c/executions", NULL, "there is its execution");
	char *cancel = xasprintf("/v2/%s:cancel", json_str(list, "executions.0.name", "")),
	     *tasks = xasprintf("/v2/%s/tasks", json_str(list, "executions.0.name", ""));
	cJSON_Delete(list);
	cJSON *op = expect(200, "POST", RUN_HOST, cancel, "{}", "which is cancelled");
	is_int((long long)json_num(op, "response.cancelledCount", 0), 1, "with its task");
	cJSON_Delete(op);
	op = finished(RUN_HOST, "v2", run);
	is_str(json_str(op, "error.message", NULL), "The execution was cancelled.", "who waits for it to run is told");
	cJSON_Delete(op);
	list = expect(200, "GET", RUN_HOST, tasks, NULL, "the task is read");
	is_str(json_str(list, "tasks.0.conditions.0.executionReason", ""), "CANCELLED", "it ended with it");
	ok(*json_str(list, "tasks.0.completionTime", "") && !json_at(list, "tasks.0.reconciling"), "and is not at work");
	cJSON_Delete(list);
	cJSON_Delete(expect(400, "POST", RUN_HOST, cancel, "{}", "what has ended is not cancelled"));
	free(cancel), free(tasks);
}

/* So does who deletes an execution that runs, or its job: no operation is left that never ends. */
static void job_deleted(void)
{
	static const char *const gone[] = {"the execution goes", "the job goes"};
	cJSON_Delete(finished(RUN_HOST, "v2", expect(200, "POST", RUN_HOST, JOBS "?jobId=d", JOB, "one more job is created")));
	for (int whole = 0; whole < 2; whole++) {
		cJSON *run = expect(200, "POST", RUN_HOST, JOBS "/d:run", "{}", "and runs");
		cJSON *list = expect(200, "GET", RUN_HOST, JOBS "/d/executions", NULL, "there is its execution");
		char *execution = xasprintf("/v2/%s", json_str(list, "executions.0.name", ""));
		cJSON_Delete(list);
		cJSON_Delete(finished(RUN_HOST, "v2",
				      expect(200, "DELETE", RUN_HOST, whole ? JOBS "/d" : execution, NULL, gone[whole])));
		cJSON *op = finished(RUN_HOST, "v2", run);
		is_str(json_str(op, "error.message", NULL), "The execution was cancelled.", "who waits for it to run is told");
		cJSON_Delete(op);
		cJSON_Delete(expect(404, "GET", RUN_HOST, execution, NULL, "it is not there"));
		free(execution);
	}
}

static void knative(void)
{
#define REGIONAL "us-central1-run.googleapis.com"
#define SERVING "/apis/serving.knative.dev/v1/namespaces/demo-proj"
	cJSON *o = expect(
	    200, "POST", REGIONAL, SERVING "/services",
	    "{\"apiVersion\":\"serving.knative.dev/"
	    "v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"kn\",\"namespace\":\"demo-proj\","
	    "\"annotations\":{\"run.googleapis.com/ingress\":\"internal\"}},\"spec\":{\"template\":{\"metadata\":{\"labels\":"
	    "{\"client.knative.dev/nonce\":\"abc\"},\"annotations\":{\"autoscaling.knative.dev/"
	    "maxScale\":\"3\",\"run.googleapis.com/cpu-throttling\":\"False\",\"run.googleapis.com/"
	    "startup-cpu-boost\":\"True\"}},\"spec\":{\"containers\":"
	    "[{\"image\":\"" HELLO "\",\"name\":\"\",\"env\":[{\"name\":\"A\",\"value\":\"b\"}]}]}}}}",
	    "gcloud's create");
	is_str(json_str(o, "kind", ""), "Service", "answers the service");
	cJSON_Delete(o);
	pass(200);
	o = expect(200, "GET", REGIONAL, SERVING "/services/kn", NULL, "it is read");
	is_str(json_str(o, "status.conditions.0.status", ""), "True", "Ready is True");
	is_int((long long)json_num(o, "status.observedGeneration", 0), (long long)json_num(o, "metadata.generation", -1),
	       "and observed");
	const cJSON *said = json_at(o, "spec.template.metadata.annotations");
	is_str(translate_member_text(said, "run.googleapis.com/cpu-throttling", ""), "false", "gcloud's False is false");
	is_str(translate_member_text(said, "run.googleapis.com/startup-cpu-boost", ""), "true", "and its True true");
	ok(!json_at(o, "spec.template.spec.containers.0.name"), "a container without a name has none");
	cJSON_Delete(o);
	o = expect(200, "GET", RUN_HOST, SERVICES "/kn", NULL, "v2 sees the same service");
	is_str(json_str(o, "ingress", ""), "INGRESS_TRAFFIC_INTERNAL_ONLY", "with the annotation as a field");
	is_int((long long)json_num(o, "template.scaling.maxInstanceCount", 0), 3, "and the scale");
	cJSON_Delete(o);
	o = expect(200, "GET", REGIONAL, SERVING "/revisions?labelSelector=client.knative.dev%2Fnonce%20%3D%20abc", NULL,
		   "revisions by nonce");
	is_int(cJSON_GetArraySize(json_at(o, "items")), 1, "are found");
	cJSON_Delete(o);
	o = expect(200, "GET", REGIONAL, SERVING "/revisions?labelSelector=client.knative.dev%2Fnonce%20%3D%20other", NULL,
		   "of another nonce");
	is_int(cJSON_GetArraySize(json_at(o, "items")), 0, "are not");
	cJSON_Delete(o);
	cJSON_Delete(expect(200, "DELETE", REGIONAL, SERVING "/services/kn", NULL, "gcloud's delete"));
	pass(60);
	cJSON_Delete(expect(404, "GET", REGIONAL, SERVING "/services/kn", NULL, "removes it"));
}

int main(void)
{
	begin();
	service_lives();
	failed_create_stays();
	rules();
	etags();
	named_revisions();
	jobs_run();
	job_deleted();
	job_cancelled();
	knative();
	sim_free(sim);
	return tap_done();
}
