/* A pod on its node: what a kubelet does with its containers, and reports of them. */
#include "config.h"
#include "sim/front/pod.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

/* Containers' states. ------------------------------------------------------------------------------------------------------- */
static const char *image_of(const struct workload *w, int i)
{
	return json_str(w->template, sim_tmp("containers.%d.image", i), "");
}

static const char *name_of(const struct workload *w, int i)
{
	return json_str(w->template, sim_tmp("containers.%d.name", i), "");
}

/* Why an image is not there, as containerd says it. */
static const char *pull_words(const struct workload *w, int i)
{
	const char *image = image_of(w, i), *why = w->parts[i].fault, *head = sim_tmp("failed to pull and unpack image \"%s\": failed to resolve reference \"%s\": ", image, image);
	const char *host = sim_tmp("%.*s", (int)strcspn(image, "/"), image);
	if (!strcmp(why, "permission"))
		return sim_tmp("Failed to pull image \"%s\": %sfailed to authorize: failed to fetch oauth token: unexpected status from GET request to "
			       "https://%s/v2/token: 403 Forbidden", image, head, host);
	if (!strcmp(why, "unreachable"))
		return sim_tmp("Failed to pull image \"%s\": %sfailed to do request: Head \"https://%s/v2/\": dial tcp: i/o timeout", image, head, host);
	return sim_tmp("Failed to pull image \"%s\": rpc error: code = NotFound desc = %s%s: not found", image, head, image);
}

/* Is the container that runs found ready by its readiness probe? */
static bool is_ready(const struct workload_part *part, const cJSON *probe)
{
	int port = (int)json_num(probe, "httpGet.port", json_num(probe, "tcpSocket.port", json_num(probe, "grpc.port", 0)));
	const char *word = json_str(probe, "httpGet.port", json_str(probe, "tcpSocket.port", ""));
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(part->k.spec, "ports"))
		if (*word && !strcmp(json_str(p, "name", ""), word))
			port = (int)json_num(p, "containerPort", 0);
	if (!json_at(probe, "httpGet") && !json_at(probe, "tcpSocket"))
		return true;
	bool listens = part->r.port == port || (!part->r.port && !container_runs(&part->k, "mlflow") && !container_runs(&part->k, "oauth2-proxy"));
	return listens && !part->r.loopback;
}

static bool probe_passes(const struct workload *w, const struct workload_part *part, const char *which)
{
	const cJSON *probe = json_at(part->k.spec, which);
	return !probe || (is_ready(part, probe) && workload_healthy(w, part, json_str(probe, "httpGet.path", NULL)));
}

/* One container's status. *reason is why it does not run, with *message; NULL when it does. */
static cJSON *container_status(struct sim *s, const struct workload *w, int i, int restarts, const char **reason, const char **message, bool *ready)
{
	const struct workload_part *part = &w->parts[i];
	bool live = !part->fault && !part->r.said && (part->r.ends || (probe_passes(w, part, "startupProbe") && probe_passes(w, part, "livenessProbe")));
	char *now = sim_time(s, 0);
	*reason = NULL;
	*ready = live && (part->r.ends || probe_passes(w, part, "readinessProbe"));
	cJSON *state, *c = json_make("{'name':%s,'image':%s,'imageID':'','ready':%b,'restartCount':%d}", name_of(w, i), image_of(w, i), *ready, restarts);
	if (part->fault) {
		bool image = !strcmp(part->reason, "ErrImagePull");
		*reason = image && restarts ? "ImagePullBackOff" : part->reason;
		*message = image ? (restarts ? sim_tmp("Back-off pulling image \"%s\": ErrImagePull: %s", image_of(w, i), pull_words(w, i)) : pull_words(w, i)) : part->fault;
		state = json_make("{'waiting':{'reason':%s,'message':%s}}", *reason, *message);
	} else if (!live) {
		const char *why = part->r.exit_code == 137 ? "OOMKilled" : part->r.said ? "Error" : "Completed";
		int code = part->r.said ? part->r.exit_code : 137;
		*reason = "CrashLoopBackOff";
		*message = sim_tmp("back-off %ds restarting failed container=%s", restarts < 5 ? 10 << restarts : 300, name_of(w, i));
		state = json_make("{'waiting':{'reason':'CrashLoopBackOff','message':%s}}", *message);
		json_put(c, "lastState", json_make("{'terminated':{'exitCode':%d,'reason':%s,'startedAt':%s,'finishedAt':%s}}", code,
						   part->r.said ? why : "Error", now, now));
	} else if (part->r.ends) {
		state = json_make("{'terminated':{'exitCode':0,'reason':'Completed','startedAt':%s,'finishedAt':%s}}", now, now);
	} else {
		state = json_make("{'running':{'startedAt':%s}}", now);
	}
	json_put_bool(c, "started", live);
	json_put(c, "state", state);
	free(now);
	return c;
}

/* Logs. --------------------------------------------------------------------------------------------------------------------- */
static void keep_log(struct sim *s, const struct sim_object *cluster, struct sim_object *pod, const char *container, const char *text, bool bad)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9), *old = json_str(json_at(pod->hidden, "logs"), container, "");
	if (!*text)
		return;
	if (!json_at(pod->hidden, "logs"))
		json_put(pod->hidden, "logs", cJSON_CreateObject());
	char *all = xasprintf("%s%s%s", old, text, text_ends(text, "\n") ? "" : "\n");
	if (strlen(all) < 65536) {
		cJSON_DeleteItemFromObjectCaseSensitive(json_at(pod->hidden, "logs"), container);
		cJSON_AddStringToObject(json_at(pod->hidden, "logs"), container, all);
	}
	free(all);
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		sim_log_entry(s, project, "k8s_container",
			      json_make("{'project_id':%s,'location':%s,'cluster_name':%s,'namespace_name':%s,'pod_name':%s,'container_name':%s}", project,
					json_str(cluster->doc, "location", ""), json_str(cluster->doc, "name", ""), json_str(pod->doc, "metadata.namespace", ""),
					json_str(pod->doc, "metadata.name", ""), container),
			      "stderr", bad ? "ERROR" : "INFO", sim_tmp("%.*s", (int)len, p));
		p += len + (p[len] == '\n');
	}
}

/* Pods. --------------------------------------------------------------------------------------------------------------------- */
bool pod_tried(struct sim *s, const struct sim_object *cluster, struct sim_object *pod)
{
	struct workload w;
	int restarts = (int)json_num(pod->hidden, "tries", 0);
	bool all = true, live = true;
	const char *project = sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9);
	cJSON *template = pod_template(s, cluster, json_str(pod->doc, "metadata.namespace", ""), json_at(pod->doc, "spec"));
	workload_open(s, project, "", template, &w);
	workload_start(&w);
	int inits = (int)json_num(w.template, "inits", 0);
	cJSON *states = cJSON_CreateArray(), *early = cJSON_CreateArray();
	for (int i = 0; i < w.count; i++) {
		const char *reason, *message = "";
		bool ready;
		keep_log(s, cluster, pod, name_of(&w, i), w.parts[i].r.wrote ? w.parts[i].r.wrote : "", false);
		keep_log(s, cluster, pod, name_of(&w, i), w.parts[i].r.said ? w.parts[i].r.said : "", true);
		cJSON_AddItemToArray(i < inits ? early : states, container_status(s, &w, i, restarts, &reason, &message, &ready));
		all = all && ready;
		live = live && !reason;
		if (reason && strcmp(reason, "PodInitializing")) {
			const char *pull = strstr(reason, "Image") ? "Failed" : !strcmp(reason, "CrashLoopBackOff") ? "BackOff" :
					   !strcmp(reason, "ContainerCreating") ? "FailedMount" : "Failed";
			kubernetes_event(s, cluster->key, pod->doc, "Warning", pull,
					 !strcmp(pull, "FailedMount") ? sim_tmp("MountVolume.SetUp failed for volume: %s", message) : message);
		}
		else if (!ready && !reason)
			kubernetes_event(s, cluster->key, pod->doc, "Warning", "Unhealthy", "Readiness probe failed");
	}
	json_put_str(pod->doc, "status.phase", live ? "Running" : "Pending");
	json_put(pod->doc, "status.containerStatuses", states);
	if (early->child)
		json_put(pod->doc, "status.initContainerStatuses", early);
	else
		cJSON_Delete(early);
	json_put(pod->doc, "status.conditions", json_make("[%j,%j]", kubernetes_condition(s, "Ready", all, all ? "" : "ContainersNotReady", ""),
							  kubernetes_condition(s, "ContainersReady", all, all ? "" : "ContainersNotReady", "")));
	json_put_num(pod->hidden, "tries", restarts + 1);
	json_put_bool(pod->hidden, "ready", all);
	json_put_bool(pod->hidden, "live", live);
	kubernetes_touch(s, cluster->key, pod->doc);
	workload_close(&w);
	return all;
}

bool pod_open(struct sim *s, const char *cluster, const char *address, struct workload *w)
{
	const struct sim_object *c = sim_get(s, "container.clusters", cluster);
	const char *prefix = sim_tmp("%s|/pods|", cluster);
	for (struct sim_object *o = c ? sim_first(s, OBJECTS, prefix) : NULL; o; o = sim_following(s, o, prefix)) {
		if (strcmp(json_str(o->doc, "status.podIP", ""), address) || !json_bool(o->hidden, "live", false))
			continue;
		const char *project = sim_tmp("%.*s", (int)strcspn(cluster + 9, "/"), cluster + 9);
		workload_open(s, project, "", pod_template(s, c, json_str(o->doc, "metadata.namespace", ""), json_at(o->doc, "spec")), w);
		workload_start(w);
		return true;
	}
	return false;
}
