/* Pods at work, as kubelets do it: their containers run as far as they go, init containers one after the other, told of in status, logs and events. */
#include "config.h"
#include "sim/front/pod.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_elsewhere.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What has become of a container. */
enum fate { HELD, FAULT, RUNS, DONE, CRASHED };
struct verdict {
	enum fate fate;
	bool again; /* it is started again when it ends */
	bool started, ready;
	int code;                     /* with which it ended */
	const char *reason, *message; /* why it waits, or why it ended */
	const char *probe;            /* the probe that fails, in words; NULL */
};
struct run {
	struct sim *sim;
	const struct sim_object *cluster;
	struct sim_object *pod;
	struct workload w;
	int inits;
	const char *policy; /* restartPolicy */
};

static const char *project_of(const struct sim_object *cluster)
{
	return sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9);
}

/* Containers. --------------------------------------------------------------------------------------------------------------- */
static const char *image_of(const struct run *r, int i)
{
	return json_str(r->w.template, sim_tmp("containers.%d.image", i), "");
}

static const char *name_of(const struct run *r, int i)
{
	return json_str(r->w.template, sim_tmp("containers.%d.name", i), "");
}

static bool is_sidecar(const struct run *r, int i)
{
	return i < r->inits && !strcmp(json_str(r->w.template, sim_tmp("containers.%d.restartPolicy", i), ""), "Always");
}

static const char *list_of(const struct run *r, int i)
{
	return i < r->inits ? "initContainers" : "containers";
}

/* Why an image is not there, as containerd says it. */
static const char *pull_words(const struct run *r, int i)
{
	const char *image = image_of(r, i), *why = r->w.parts[i].fault,
		   *head = sim_tmp("failed to pull and unpack image \"%s\": failed to resolve reference \"%s\": ", image,
				   image);
	const char *host = sim_tmp("%.*s", (int)strcspn(image, "/"), image);
	if (!strcmp(why, "permission"))
		return sim_tmp("Failed to pull image \"%s\": %sfailed to authorize: failed to fetch oauth token: unexpected "
			       "status from GET request to "
			       "https://%s/v2/token: 403 Forbidden",
			       image, head, host);
	if (!strcmp(why, "unreachable"))
		return sim_tmp(
		    "Failed to pull image \"%s\": %sfailed to do request: Head \"https://%s/v2/\": dial tcp: i/o timeout",
		    image, head, host);
	return sim_tmp("Failed to pull image \"%s\": rpc error: code = NotFound desc = %s%s: not found", image, head, image);
}

static int probe_port(const struct workload_part *part, const cJSON *probe)
{
	int port = (int)json_num(probe, "httpGet.port", json_num(probe, "tcpSocket.port", json_num(probe, "grpc.port", 0)));
	const char *word = json_str(probe, "httpGet.port", json_str(probe, "tcpSocket.port", ""));
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(part->k.spec, "ports"))
		if (*word && !strcmp(json_str(p, "name", ""), word))
			port = (int)json_num(p, "containerPort", 0);
	return port;
}

/* Does it take connections at the probe's port? Of a program that we do not know, yes; cloud-sql-proxy has a port for health checks. */
static bool listens(const struct workload_part *part, const cJSON *probe)
{
	int port = probe_port(part, probe);
	if (!json_at(probe, "httpGet") && !json_at(probe, "tcpSocket"))
		return true;
	if (container_sql_proxy(&part->k)) {
		const char *health = container_flag(&part->k, "--http-port");
		return port == part->r.port ||
		       (container_has(&part->k, "--health-check") && port == atoi(health ? health : "9090"));
	}
	bool unknown = !part->r.port && !container_runs(&part->k, "mlflow") && !container_runs(&part->k, "oauth2-proxy");
	return (part->r.port == port || unknown) && !part->r.loopback;
}

/* NULL when the probe passes; else what an event says of it. */
static const char *probe_fails(const struct run *r, const struct workload_part *part, const char *which, const char *word)
{
	const cJSON *probe = json_at(part->k.spec, which);
	const char *ip = json_str(r->pod->doc, "status.podIP", ""), *path = json_str(probe, "httpGet.path", NULL);
	int port = probe ? probe_port(part, probe) : 0;
	if (!probe)
		return NULL;
	if (!listens(part, probe))
		return path ? sim_tmp("%s probe failed: Get \"http://%s:%d%s\": dial tcp %s:%d: connect: connection refused",
				      word, ip, port, path, ip, port)
			    : sim_tmp("%s probe failed: dial tcp %s:%d: connect: connection refused", word, ip, port);
	if (!container_sql_proxy(&part->k) && !workload_healthy(&r->w, part, path))
		return sim_tmp("%s probe failed: HTTP probe failed with statuscode: 404", word);
	return NULL;
}

static struct verdict fault_of(const struct run *r, int i)
{
	const struct workload_part *part = &r->w.parts[i];
	int tries = (int)json_num(r->pod->hidden, "tries", 0);
	struct verdict v = {
	    .fate = !strcmp(part->reason, "PodInitializing") ? HELD : FAULT, .reason = part->reason, .message = part->fault};
	if (!strcmp(part->reason, "ErrImagePull") && tries) {
		v.reason = "ImagePullBackOff";
		v.message = sim_tmp("Back-off pulling image \"%s\": ErrImagePull: %s", image_of(r, i), pull_words(r, i));
	} else if (!strcmp(part->reason, "ErrImagePull")) {
		v.message = pull_words(r, i);
	} else if (!strcmp(part->reason, "ContainerCreating")) {
		v.message = "";
	}
	return v;
}

/* What becomes of the container that was started: it runs, is done, or ended badly. A program of which nothing is known is done at once where it may
 * end, and else runs. */
static struct verdict judge(const struct run *r, int i)
{
	const struct workload_part *part = &r->w.parts[i];
	bool early = i < r->inits && !is_sidecar(r, i);
	struct verdict v = {.fate = RUNS};
	if (part->fault)
		return fault_of(r, i);
	bool may_end = early || (i >= r->inits && strcmp(r->policy, "Always") != 0);
	if (part->r.said) {
		v.fate = CRASHED;
		v.code = part->r.exit_code;
		v.reason = part->r.exit_code == 137 ? "OOMKilled" : "Error";
	} else if (part->r.ends || (may_end && !part->r.port)) {
		v.fate = may_end ? DONE : CRASHED;
		v.reason = "Completed";
	} else if ((v.probe = probe_fails(r, part, "startupProbe", "Startup")) ||
		   (v.probe = probe_fails(r, part, "livenessProbe", "Liveness"))) {
		v.fate = CRASHED;
		v.code = 137;
		v.reason = "Error";
	} else {
		v.started = true;
		v.probe = probe_fails(r, part, "readinessProbe", "Readiness");
		v.ready = !v.probe;
	}
	v.again = v.fate == CRASHED &&
		  (i < r->inits ? is_sidecar(r, i) || strcmp(r->policy, "Never") != 0
				: strcmp(r->policy, "Always") == 0 || (!strcmp(r->policy, "OnFailure") && v.code));
	v.ready = v.ready || (v.fate == DONE && i < r->inits);
	return v;
}

/* How often the container has been started, by its name among what the pod hides; counted on when this try starts it again. */
static int count_starts(const struct run *r, int i, const struct verdict *v, bool *fresh)
{
	static const char *const fates[] = {"held", "fault", "runs", "done", "crashed"};
	if (!json_at(r->pod->hidden, "containers"))
		json_put(r->pod->hidden, "containers", cJSON_CreateObject());
	cJSON *all = json_at(r->pod->hidden, "containers"), *mine = cJSON_GetObjectItemCaseSensitive(all, name_of(r, i));
	if (!mine)
		cJSON_AddItemToObject(all, name_of(r, i), mine = json_make("{'starts':0,'last':'held'}"));
	const char *last = json_str(mine, "last", "");
	int starts = (int)json_num(mine, "starts", 0);
	*fresh = (v->fate == RUNS && strcmp(last, "runs")) || (v->fate == DONE && strcmp(last, "done")) || v->fate == CRASHED;
	/* What crashes for the first time is started again at once. */
	starts += *fresh + (*fresh && v->fate == CRASHED && v->again && strcmp(last, "crashed") != 0);
	json_put_num(mine, "starts", starts);
	json_put_str(mine, "last", fates[v->fate]);
	return starts;
}

/* "10s", "1m20s", as Go has it. */
static const char *back_off(int restarts)
{
	int s = restarts < 6 ? 10 << (restarts > 0 ? restarts - 1 : 0) : 300;
	return s < 60 ? sim_tmp("%ds", s) : sim_tmp("%dm%ds", s / 60, s % 60);
}

static const char *whole_name(const struct run *r)
{
	return sim_tmp("%s_%s(%s)", json_str(r->pod->doc, "metadata.name", ""), json_str(r->pod->doc, "metadata.namespace", ""),
		       kubernetes_uid(r->pod));
}

static const char *id_of(const struct run *r, int i, int starts)
{
	const char *text = sim_tmp("%s %s %d", kubernetes_uid(r->pod), name_of(r, i), starts);
	return sim_tmp("containerd://%s", sim_sha256(text, strlen(text)) + 7);
}

static cJSON *ended(const struct run *r, int i, const struct verdict *v, int starts)
{
	char *now = sim_time(r->sim, 0);
	cJSON *t = json_make("{'terminated':{'exitCode':%d,'reason':%s,'startedAt':%s,'finishedAt':%s,'containerID':%s}}",
			     v->code, v->reason, now, now, id_of(r, i, starts));
	free(now);
	return t;
}

/* The container's status, after the one that it had. */
static cJSON *status_of(const struct run *r, int i, const struct verdict *v, int starts, const cJSON *old)
{
	char *now = sim_time(r->sim, 0);
	int restarts = starts > 0 ? starts - 1 : 0;
	bool image = v->fate == RUNS || v->fate == DONE || v->fate == CRASHED;
	cJSON *state, *last = cJSON_Duplicate(json_at(old, "lastState"), true);
	cJSON *c = json_make("{'name':%s,'image':%s,'imageID':%s,'ready':%b,'started':%b,'restartCount':%d}", name_of(r, i),
			     image_of(r, i),
			     image ? sim_tmp("%s@%s", image_of(r, i), sim_sha256(image_of(r, i), strlen(image_of(r, i)))) : "",
			     v->ready, v->started, restarts);
	if (image)
		json_put_str(c, "containerID", id_of(r, i, starts));
	if (v->fate == HELD || v->fate == FAULT) {
		state = json_make("{'waiting':{'reason':%s}}", v->reason);
		if (v->fate == FAULT && *v->message)
			json_put_str(state, "waiting.message", v->message);
	} else if (v->fate == CRASHED && v->again) {
		state = json_make("{'waiting':{'reason':'CrashLoopBackOff','message':%s}}",
				  sim_tmp("back-off %s restarting failed container=%s pod=%s", back_off(restarts),
					  name_of(r, i), whole_name(r)));
		cJSON_Delete(last);
		last = ended(r, i, v, starts);
	} else if (v->fate == CRASHED || v->fate == DONE) {
		state = json_at(old, "state.terminated") ? cJSON_Duplicate(json_at(old, "state"), true)
							 : ended(r, i, v, starts);
	} else {
		state = json_at(old, "state.running") ? cJSON_Duplicate(json_at(old, "state"), true)
						      : json_make("{'running':{'startedAt':%s}}", now);
	}
	json_put(c, "state", state);
	if (last)
		json_put(c, "lastState", last);
	free(now);
	return c;
}

/* Events and logs. ------------------------------------------------------------------------------------------------------------ */
static void tell(const struct run *r, int i, const char *type, const char *reason, const char *message)
{
	kubernetes_container_event(r->sim, r->cluster->key, r->pod->doc, list_of(r, i), name_of(r, i), type, reason, message);
}

static void tell_start(const struct run *r, int i, bool first)
{
	const char *image = image_of(r, i);
	if (first) {
		tell(r, i, "Normal", "Pulling", sim_tmp("Pulling image \"%s\"", image));
		tell(r, i, "Normal", "Pulled",
		     sim_tmp(
			 "Successfully pulled image \"%s\" in 2.134s (2.134s including waiting). Image size: 48293712 bytes.",
			 image));
	} else {
		tell(r, i, "Normal", "Pulled", sim_tmp("Container image \"%s\" already present on machine", image));
	}
	tell(r, i, "Normal", "Created", sim_tmp("Created container: %s", name_of(r, i)));
	tell(r, i, "Normal", "Started", sim_tmp("Started container %s", name_of(r, i)));
}

static void tell_fault(const struct run *r, int i, const struct verdict *v)
{
	if (!strcmp(v->reason, "ErrImagePull")) {
		tell(r, i, "Normal", "Pulling", sim_tmp("Pulling image \"%s\"", image_of(r, i)));
		tell(r, i, "Warning", "Failed", v->message);
		tell(r, i, "Warning", "Failed", "Error: ErrImagePull");
	} else if (!strcmp(v->reason, "ImagePullBackOff")) {
		tell(r, i, "Normal", "BackOff", sim_tmp("Back-off pulling image \"%s\"", image_of(r, i)));
		tell(r, i, "Warning", "Failed", "Error: ImagePullBackOff");
	} else if (!strcmp(v->reason, "ContainerCreating")) {
		kubernetes_event(r->sim, r->cluster->key, r->pod->doc, "Warning", "FailedMount", r->w.parts[i].fault);
	} else {
		tell(r, i, "Warning", "Failed", sim_tmp("Error: %s", v->message));
	}
}

static cJSON *log_labels(const struct sim_object *cluster, const struct sim_object *pod, const char *container)
{
	return json_make(
	    "{'project_id':%s,'location':%s,'cluster_name':%s,'namespace_name':%s,'pod_name':%s,'container_name':%s}",
	    project_of(cluster), json_str(cluster->doc, "location", ""), json_str(cluster->doc, "name", ""),
	    json_str(pod->doc, "metadata.namespace", ""), json_str(pod->doc, "metadata.name", ""), container);
}

static void keep_log(const struct run *r, const char *container, const char *text, bool bad, bool again)
{
	cJSON *logs = json_at(r->pod->hidden, "logs");
	if (!logs)
		json_put(r->pod->hidden, "logs", logs = cJSON_CreateObject());
	cJSON *mine = cJSON_GetObjectItemCaseSensitive(logs, container);
	if (!mine)
		cJSON_AddItemToObject(logs, container, mine = json_make("{'now':[],'previous':[]}"));
	if (again)
		json_put(mine, "previous", cJSON_Duplicate(json_at(mine, "now"), true));
	if (again)
		json_put(mine, "now", cJSON_CreateArray());
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		char *when = sim_time(r->sim, 9);
		const char *line = sim_tmp("%.*s", (int)len, p);
		if (cJSON_GetArraySize(json_at(mine, "now")) < 2000)
			cJSON_AddItemToArray(json_at(mine, "now"), json_make("{'time':%s,'line':%s}", when, line));
		free(when);
		if (!elsewhere_is(r->cluster))
			sim_log_entry(r->sim, project_of(r->cluster), "k8s_container",
				      log_labels(r->cluster, r->pod, container), "stderr", bad ? "ERROR" : "INFO", line);
		p += len + (p[len] == '\n');
	}
}

/* One container of this try: counted, logged, told of; its status, after the one that it had. */
static cJSON *take(const struct run *r, int i, const struct verdict *v, const cJSON *old)
{
	bool fresh;
	int starts = count_starts(r, i, v, &fresh);
	const struct workload_part *part = &r->w.parts[i];
	if (fresh) {
		bool first = starts == 1 || (starts == 2 && v->fate == CRASHED && v->again && !json_at(old, "containerID"));
		tell_start(r, i, first);
		keep_log(r, name_of(r, i), part->r.wrote ? part->r.wrote : "", false, starts > 1);
		keep_log(r, name_of(r, i), part->r.said ? part->r.said : "", true, false);
	}
	if (v->fate == FAULT)
		tell_fault(r, i, v);
	if (v->probe)
		tell(r, i, "Warning", "Unhealthy", v->probe);
	if (v->probe && v->fate == CRASHED)
		tell(r, i, "Normal", "Killing",
		     sim_tmp("Container %s failed %s probe, will be restarted", name_of(r, i),
			     text_starts(v->probe, "Startup") ? "startup" : "liveness"));
	else if (v->fate == CRASHED && v->again)
		tell(r, i, "Warning", "BackOff",
		     sim_tmp("Back-off restarting failed container %s in pod %s", name_of(r, i), whole_name(r)));
	return status_of(r, i, v, starts, old);
}

/* Pods. --------------------------------------------------------------------------------------------------------------------- */
static const cJSON *old_status(const struct run *r, int i)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(r->pod->doc, i < r->inits ? "status.initContainerStatuses" : "status.containerStatuses"))
		if (!strcmp(json_str(c, "name", ""), name_of(r, i)))
			return c;
	return NULL;
}

static const char *unready(const struct run *r, const struct verdict *v, int from, int to, bool done)
{
	struct buf b = {0};
	for (int i = from; i < to; i++)
		if (done ? (v[i].fate != DONE && !(is_sidecar(r, i) && v[i].started)) : !v[i].ready)
			buf_printf(&b, "%s%s", b.len ? " " : "", name_of(r, i));
	const char *kept = sim_tmp("%s", buf_text(&b));
	buf_free(&b);
	return kept;
}

/* As the kubelet's getPhase. */
static const char *phase_of(const struct run *r, const struct verdict *v, bool initialized)
{
	int waiting = 0, running = 0, stopped = 0, well = 0;
	bool failed_early = false;
	for (int i = 0; i < r->inits; i++)
		failed_early = failed_early || (v[i].fate == CRASHED && !v[i].again);
	for (int i = r->inits; i < r->w.count; i++) {
		running += v[i].fate == RUNS;
		stopped += v[i].fate == CRASHED || v[i].fate == DONE;
		well += v[i].fate == DONE;
		waiting += v[i].fate == HELD || v[i].fate == FAULT;
	}
	if (failed_early)
		return "Failed";
	if (!initialized || waiting)
		return "Pending";
	if (running || !stopped || !strcmp(r->policy, "Always"))
		return "Running";
	if (well == stopped)
		return "Succeeded";
	return strcmp(r->policy, "Never") ? "Running" : "Failed";
}

static void report(const struct run *r, const struct verdict *v, cJSON *early, cJSON *states)
{
	cJSON *doc = r->pod->doc, *status = json_at(doc, "status");
	const char *incomplete = unready(r, v, 0, r->inits, true), *not_ready = unready(r, v, r->inits, r->w.count, false);
	bool initialized = !*incomplete;
	const char *phase = phase_of(r, v, initialized);
	bool over = !strcmp(phase, "Succeeded"), failed = !strcmp(phase, "Failed"), ready = initialized && !*not_ready;
	const char *reason = over     ? "PodCompleted"
			     : failed ? "PodFailed"
			     : ready  ? ""
				      : "ContainersNotReady",
		   *message = ready || over || failed ? "" : sim_tmp("containers with unready status: [%s]", not_ready);
	json_put_str(doc, "status.phase", phase);
	kubernetes_set_condition(r->sim, status, "PodReadyToStartContainers", !over && !failed, "", "");
	kubernetes_set_condition(r->sim, status, "Initialized", initialized,
				 over          ? "PodCompleted"
				 : initialized ? ""
					       : "ContainersNotInitialized",
				 initialized ? "" : sim_tmp("containers with incomplete status: [%s]", incomplete));
	kubernetes_set_condition(r->sim, status, "Ready", ready && !over, reason, message);
	kubernetes_set_condition(r->sim, status, "ContainersReady", ready && !over, reason, message);
	kubernetes_set_condition(r->sim, status, "PodScheduled", true, "", "");
	json_put(doc, "status.containerStatuses", states);
	if (early->child)
		json_put(doc, "status.initContainerStatuses", early);
	else
		cJSON_Delete(early);
	bool live = false;
	for (int i = r->inits; i < r->w.count; i++)
		live = live || v[i].fate == RUNS;
	json_put_bool(r->pod->hidden, "ready", ready && !over && !failed);
	json_put_bool(r->pod->hidden, "live", live && initialized);
	kubernetes_touch(r->sim, r->cluster->key, doc);
}

/* Sidecars end when what they serve has. */
static void end_sidecars(struct verdict *v, const struct run *r)
{
	for (int i = r->inits; i < r->w.count; i++)
		if (v[i].fate != DONE && !(v[i].fate == CRASHED && !v[i].again))
			return;
	for (int i = 0; i < r->inits; i++)
		if (is_sidecar(r, i) && v[i].fate == RUNS)
			v[i] = (struct verdict){.fate = DONE, .reason = "Completed"};
}

bool pod_tried(struct sim *s, const struct sim_object *cluster, struct sim_object *pod)
{
	struct run r = {.sim = s, .cluster = cluster, .pod = pod, .policy = json_str(pod->doc, "spec.restartPolicy", "Always")};
	struct verdict v[WORKLOAD_MOST];
	workload_open(s, project_of(cluster), "", pod_template(s, cluster, pod), &r.w);
	workload_start(&r.w);
	r.inits = (int)json_num(r.w.template, "inits", 0);
	bool held = false;
	for (int i = 0; i < r.w.count; i++) {
		v[i] = held ? (struct verdict){.fate = HELD, .reason = "PodInitializing", .message = ""} : judge(&r, i);
		held = held || (i < r.inits && v[i].fate != DONE && !(is_sidecar(&r, i) && v[i].started));
	}
	end_sidecars(v, &r);
	cJSON *states = cJSON_CreateArray(), *early = cJSON_CreateArray();
	for (int i = 0; i < r.w.count; i++)
		cJSON_AddItemToArray(i < r.inits ? early : states, take(&r, i, &v[i], old_status(&r, i)));
	report(&r, v, early, states);
	json_put_num(pod->hidden, "tries", json_num(pod->hidden, "tries", 0) + 1);
	workload_close(&r.w);
	return json_bool(pod->hidden, "ready", false);
}

/* The same of a pod itself. */
static bool pod_open_object(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod, struct workload *w)
{
	workload_open(s, project_of(cluster), "", pod_template(s, cluster, pod), w);
	workload_start(w);
	return true;
}

const struct sim_object *pod_at(struct sim *s, const char *cluster, const char *address)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster, "", "pods", ""));
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		if (!strcmp(json_str(o->doc, "status.podIP", ""), address) && json_bool(o->hidden, "live", false))
			return o;
	return NULL;
}

void pod_writes(struct visit *v, const char *cluster, const char *address, const struct workload_part *part)
{
	const struct sim_object *c = sim_get(v->sim, "container.clusters", cluster), *pod = pod_at(v->sim, cluster, address);
	if (c && pod && !elsewhere_is(c))
		visit_writes(v, project_of(c), "k8s_container", log_labels(c, pod, part->k.name), "stdout", false);
}

bool pod_open(struct sim *s, const char *cluster, const char *address, struct workload *w)
{
	const struct sim_object *c = sim_get(s, "container.clusters", cluster), *pod = c ? pod_at(s, cluster, address) : NULL;
	return pod && pod_open_object(s, c, pod, w);
}

bool pod_asked(struct sim *s, const struct sim_object *cluster, const char *address, int port, const struct sim_request *q,
	       struct sim_reply *out)
{
	struct workload w;
	if (!pod_open(s, cluster->key, address, &w))
		return false;
	const struct workload_part *part = workload_at(&w, port);
	workload_visited(&w, part, q, out);
	workload_close(&w);
	return part != NULL;
}
