/* The life of a build: it waits, fetches, works and pushes as its own service account; its log object grows while it works and is complete before
 * the build ends; a failure is told by status, statusDetail and failureInfo. */
#include "config.h"
#include "sim/api/cloudbuild.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/artifactregistry.h"
#include "sim/api/serving.h"
#include "sim/api/storage.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKS 8 /* in so many pieces a log object grows */

/* Who the build runs as: "serviceAccount:EMAIL". */
const char *build_account(struct sim *s, const cJSON *build, const char *project)
{
	const char *name = json_str(build, "serviceAccount", ""), *slash = strrchr(name, '/');
	const char *email = slash ? slash + 1
				  : sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(s, project));
	return sim_tmp("serviceAccount:%s", email);
}

bool build_ended(const cJSON *build)
{
	const char *status = json_str(build, "status", "");
	return strcmp(status, "QUEUED") && strcmp(status, "WORKING") && strcmp(status, "PENDING");
}

static const char *project_of(const struct sim_object *b)
{
	return json_str(b->doc, "projectId", "");
}

static cJSON *operation_metadata(const struct sim_object *b)
{
	return json_make("{'@type':'type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata','build':%j}",
			 cJSON_Duplicate(b->doc, 1));
}

/* The log. ---------------------------------------------------------------------------------------------------------------- */
bool build_logs_to_bucket(const cJSON *build)
{
	const char *logging = json_str(build, "options.logging", "");
	return strcmp(logging, "CLOUD_LOGGING_ONLY") && strcmp(logging, "STACKDRIVER_ONLY") && strcmp(logging, "NONE");
}

static bool write_log(struct sim *s, const struct sim_object *b, size_t len)
{
	if (!build_logs_to_bucket(b->doc))
		return true;
	const char *where = json_str(b->doc, "logsBucket", ""), *why = NULL;
	where += text_starts(where, "gs://") ? 5 : 0;
	size_t bucket = strcspn(where, "/");
	const char *folder = where[bucket] && where[bucket + 1] ? where + bucket + 1 : "";
	size_t end = strlen(folder);
	while (end && folder[end - 1] == '/')
		end--;
	const char *object = sim_tmp("%.*s%slog-%s.txt", (int)end, folder, end ? "/" : "", json_str(b->doc, "id", ""));
	const char *text = json_str(b->hidden, "log", "");
	const char *name = sim_tmp("%.*s", (int)bucket, where);
	if (!json_bool(b->hidden, "googleOwned", false))
		return sim_object_write(s, build_account(s, b->doc, project_of(b)), name, object, "text/plain", text, len,
					&why);
	cJSON *meta = json_make("{'contentType':'text/plain'}");
	storage_put(s, storage_of_google(s, project_of(b), name), object, meta, xstrndup(text, len), len);
	cJSON_Delete(meta);
	return true; /* a bucket of Google's, which takes it from the build itself */
}

/* The build's log as log entries, when they were asked for and the account may write them. */
static void log_entries(struct sim *s, const struct sim_object *b)
{
	const char *logging = json_str(b->doc, "options.logging", "");
	if (!strcmp(logging, "GCS_ONLY") || !strcmp(logging, "NONE"))
		return;
	const char *project = project_of(b);
	if (!sim_allowed(s, build_account(s, b->doc, project), "logging.logEntries.create", project, ""))
		return;
	for (const char *p = json_str(b->hidden, "log", ""); *p;) {
		size_t len = strcspn(p, "\n");
		cJSON *labels = json_make("{'build_id':%s,'project_id':%s,'build_trigger_id':''}", json_str(b->doc, "id", ""),
					  project);
		sim_log_entry(s, project, "build", labels, "cloudbuild", "INFO", sim_tmp("%.*s", (int)len, p));
		p += len + (p[len] == '\n');
	}
}

/* The end. ---------------------------------------------------------------------------------------------------------------- */
static void finish(struct sim *s, struct sim_object *b, const char *status, const char *type, const char *detail)
{
	char *now = sim_time(s, 9);
	json_put_str(b->doc, "status", status);
	json_put_str(b->doc, "finishTime", now);
	if (detail)
		json_put_str(b->doc, "statusDetail", detail);
	if (type)
		json_put(b->doc, "failureInfo", json_make("{'type':%s,'detail':%s}", type, detail));
	free(now);
	const char *operation = json_str(b->hidden, "operation", "");
	if (!strcmp(status, "SUCCESS"))
		sim_lro_done(s, BUILD_OPERATIONS, operation, operation_metadata(b),
			     sim_typed(b->doc, "type.googleapis.com/google.devtools.cloudbuild.v1.Build"));
	else
		sim_lro_failed(s, BUILD_OPERATIONS, operation, operation_metadata(b),
			       sim_rpc_status(!strcmp(status, "CANCELLED") ? "CANCELLED" : "UNKNOWN",
					      "Build failed; check build logs for details"));
}

static void add_log(struct sim_object *b, const char *more)
{
	json_put_str(b->hidden, "log", sim_tmp("%s%s", json_str(b->hidden, "log", ""), more));
}

static void step_status(struct sim_object *b, const char *status, int failed)
{
	cJSON *steps = json_at(b->doc, "steps");
	int i = 0;
	for (cJSON *step = steps ? steps->child : NULL; step; step = step->next, i++) {
		json_put_str(step, "status", failed < 0 || i < failed ? status : i == failed ? "FAILURE" : "QUEUED");
		if (i == failed)
			json_put_num(step, "exitCode", 1);
	}
}

/* Pushes one image; false with the build failed. */
static bool push(struct sim *s, struct sim_object *b, const char *image)
{
	const char *name = strrchr(image, ':') > strrchr(image, '/') ? image : sim_tmp("%s:latest", image);
	const cJSON *facts = cJSON_GetObjectItemCaseSensitive(json_at(b->hidden, "facts"), name);
	const char *digest = NULL, *why = image_push(s, build_account(s, b->doc, project_of(b)), name, facts, &digest);
	add_log(b,
		sim_tmp("Pushing %s\nThe push refers to repository [%.*s]\n", image, (int)(strrchr(name, ':') - name), name));
	if (!why) {
		const char *tag = strrchr(name, ':') + 1;
		add_log(b, sim_tmp("%.12s: Pushed\n%s: digest: %s size: 1787\n", digest + 7, tag, digest));
		char *now = sim_time(s, 9);
		cJSON_AddItemToArray(
		    json_at(b->doc, "results.images"),
		    json_make("{'name':%s,'digest':%s,'pushTiming':{'startTime':%s,'endTime':%s}}", image, digest, now, now));
		free(now);
		return true;
	}
	struct image_ref r;
	image_parse(name, &r);
	bool denied = !strcmp(why, "permission");
	const char *problem =
	    denied ? sim_tmp("denied: Permission \"artifactregistry.repositories.uploadArtifacts\" denied on resource "
			     "\"projects/%s/locations/%s/repositories/%s\" (or it may not exist)",
			     r.project, r.location, r.repository)
	    : !strcmp(why, "unmade") ? "denied: gcr.io repo does not exist. Creating on push requires the "
				       "artifactregistry.repositories.createOnPush permission"
	    : !strcmp(why, "immutable")
		? sim_tmp("manifest invalid: cannot update tag %s. The repository has enabled tag immutability", r.tag)
		: sim_tmp("name unknown: Repository \"%s\" not found", r.repository);
	add_log(b,
		sim_tmp("%s\nERROR: failed to push because we ran out of retries.\nERROR\nERROR: error pushing image \"%s\": "
			"retry budget exhausted (10 attempts): step exited with non-zero status: 1\n",
			problem, image));
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	log_entries(s, b);
	finish(s, b, "FAILURE", denied ? "PUSH_NOT_AUTHORIZED" : "PUSH_FAILED",
	       sim_tmp("failed to push \"%s\" after 10 attempts: %s", image, problem));
	return false;
}

static bool push_all(struct sim *s, struct sim_object *b)
{
	const cJSON *lists[] = {json_at(b->hidden, "pushed"), json_at(b->doc, "images")};
	for (int l = 0; l < 2; l++)
		for (const cJSON *i = lists[l] ? lists[l]->child : NULL; i; i = i->next)
			if (!push(s, b, i->valuestring))
				return false;
	return true;
}

static void last(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || build_ended(b->doc))
		return;
	const char *failure = json_str(b->hidden, "failure", NULL);
	int failed = (int)json_num(b->hidden, "failedStep", -1);
	step_status(b, "SUCCESS", failed);
	if (failure) {
		write_log(s, b, strlen(json_str(b->hidden, "log", "")));
		log_entries(s, b);
		finish(s, b, "FAILURE", failure, json_str(b->hidden, "detail", ""));
		return;
	}
	if (json_at(b->doc, "images"))
		add_log(b, "PUSH\n");
	json_put(b->doc, "results", json_make("{'images':[],'buildStepImages':[],'buildStepOutputs':[]}"));
	if (!push_all(s, b))
		return;
	add_log(b, "DONE\n");
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	log_entries(s, b);
	finish(s, b, "SUCCESS", NULL, NULL);
}

static void grow(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || build_ended(b->doc))
		return;
	const char *log = json_str(b->hidden, "log", "");
	size_t len = (size_t)((double)strlen(log) * json_num(arg, "part", 0) / (CHUNKS + 1));
	while (len && log[len - 1] != '\n')
		len--;
	write_log(s, b, len);
}

static void timed_out(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || build_ended(b->doc))
		return;
	add_log(b, "TIMEOUT\nERROR: context deadline exceeded\n");
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	finish(s, b, "TIMEOUT", NULL, "build timed out");
}

/* With its operation, by which a fault rule finds what is still to come. */
static cJSON *about(const struct sim_object *b)
{
	return json_make("{'build':%s,'operation':%s}", b->key, json_str(b->hidden, "operation", ""));
}

static void schedule(struct sim *s, struct sim_object *b, double seconds)
{
	for (int part = 1; part <= CHUNKS; part++) {
		cJSON *arg = about(b);
		json_put_num(arg, "part", part);
		sim_after(s, seconds * part / (CHUNKS + 1), grow, arg);
	}
	sim_after(s, seconds, last, about(b));
	sim_after(s, sim_seconds(json_str(b->doc, "timeout", ""), 3600), timed_out, about(b));
}

static void start(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || build_ended(b->doc))
		return;
	char *now = sim_time(s, 9);
	json_put_str(b->doc, "status", "WORKING");
	json_put_str(b->doc, "startTime", now);
	free(now);
	struct build_work w;
	build_work(s, b, build_account(s, b->doc, project_of(b)), &w);
	json_put_str(b->hidden, "log", w.log);
	json_put(b->hidden, "facts", cJSON_Duplicate(w.facts, 1));
	json_put(b->hidden, "pushed", cJSON_Duplicate(w.pushed, 1));
	if (w.failure) {
		json_put_str(b->hidden, "failure", w.failure);
		json_put_str(b->hidden, "detail", w.detail);
		json_put_num(b->hidden, "failedStep", w.failed_step);
	}
	if (!write_log(s, b, 0)) {
		const char *email = strchr(build_account(s, b->doc, project_of(b)), ':') + 1;
		finish(s, b, "FAILURE", "LOGGING_FAILURE",
		       sim_tmp("failed to write logs to %s: %s does not have storage.objects.create access to the Google Cloud "
			       "Storage object. "
			       "Permission 'storage.objects.create' denied on resource (or it may not exist).",
			       json_str(b->doc, "logsBucket", ""), email));
	} else {
		step_status(b, "WORKING", -1);
		schedule(s, b, w.failure && w.failed_step < 0 ? 3 : sim_draw(s, "build.run"));
	}
	build_work_free(&w);
}

static void expired(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (b && !strcmp(json_str(b->doc, "status", ""), "QUEUED"))
		finish(s, b, "EXPIRED", NULL, "build expired in the queue");
}

void build_begin(struct sim *s, struct sim_object *b)
{
	sim_lro(s, BUILD_OPERATIONS, json_str(b->hidden, "operation", ""), operation_metadata(b));
	sim_after(s, sim_draw(s, "build.queue"), start, about(b));
	sim_after(s, sim_seconds(json_str(b->doc, "queueTtl", ""), 3600), expired, about(b));
}

void build_cancel(struct sim *s, struct sim_object *b)
{
	add_log(b, "CANCELLED\nERROR: context canceled\n");
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	finish(s, b, "CANCELLED", NULL, NULL);
}

/* By the status that the rule names: it ran out of time, something of Google's broke, or its first step failed. */
bool build_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	const char *why = json_str(error, "message", "Build failed; check build logs for details");
	int code = (int)json_num(error, "code", 2);
	bool late = code == 4, theirs = code == 13;
	if (!b)
		return false;
	if (build_ended(b->doc))
		return true;
	if (!*json_str(b->hidden, "log", ""))
		add_log(b, sim_tmp("starting build \"%s\"\n\nFETCHSOURCE\nBUILD\n", json_str(b->doc, "id", "")));
	add_log(b, sim_tmp("%s\nERROR: %s\n", late ? "TIMEOUT" : "ERROR", why));
	json_put_str(b->doc, "startTime", sim_stamp(s, 9));
	step_status(b, late ? "TIMEOUT" : "FAILURE", late || theirs ? -1 : 0);
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	log_entries(s, b);
	finish(s, b, late ? "TIMEOUT" : theirs ? "INTERNAL_ERROR" : "FAILURE", late || theirs ? NULL : "USER_BUILD_STEP", why);
	return true;
}
