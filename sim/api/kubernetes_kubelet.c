/* Pods on their way: scheduled, started and tried again ever later, their controllers told. What runs in them is the floor above's (sim/front/pod.c). */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct sim_object *cluster_of(struct sim *s, const char *key)
{
	return sim_get(s, "container.clusters", key);
}

/* Conditions. --------------------------------------------------------------------------------------------------------------- */
const cJSON *kubernetes_condition(const cJSON *doc, const char *type)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(doc, "status.conditions"))
		if (!strcmp(json_str(c, "type", ""), type))
			return c;
	return NULL;
}

void kubernetes_set_condition(struct sim *s, cJSON *status, const char *type, bool on, const char *reason, const char *message)
{
	const char *now = sim_stamp(s, 0);
	cJSON *list = json_at(status, "conditions"), *c,
	      *fresh = json_make("{'type':%s,'status':%s,'lastProbeTime':%j,'lastTransitionTime':%s}", type,
				 on ? "True" : "False", cJSON_CreateNull(), now);
	if (!list)
		json_put(status, "conditions", list = cJSON_CreateArray());
	if (*reason)
		json_put_str(fresh, "reason", reason);
	if (*message)
		json_put_str(fresh, "message", message);
	cJSON_ArrayForEach(c, list)
		if (!strcmp(json_str(c, "type", ""), type)) {
			if (!strcmp(json_str(c, "status", ""), on ? "True" : "False"))
				json_put_str(fresh, "lastTransitionTime", json_str(c, "lastTransitionTime", ""));
			cJSON_ReplaceItemViaPointer(list, c, fresh);
			return;
		}
	cJSON_AddItemToArray(list, fresh);
}

/* Pods. ------------------------------------------------------------------------------------------------------------------- */
static const char *quality(const cJSON *spec)
{
	const cJSON *c;
	bool any = false, guaranteed = true;
	cJSON_ArrayForEach(c, json_at(spec, "containers")) {
		any = any || json_at(c, "resources.requests") || json_at(c, "resources.limits");
		guaranteed = guaranteed && json_at(c, "resources.limits.cpu") && json_at(c, "resources.limits.memory") &&
			     kubernetes_cpu(json_str(c, "resources.limits.cpu", "")) ==
				 kubernetes_cpu(json_str(c, "resources.requests.cpu", "")) &&
			     kubernetes_mebibytes(json_str(c, "resources.limits.memory", "")) ==
				 kubernetes_mebibytes(json_str(c, "resources.requests.memory", ""));
	}
	return guaranteed && any ? "Guaranteed" : any ? "Burstable" : "BestEffort";
}

static void step(struct sim *s, const cJSON *arg);

static void step_later(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod, double seconds)
{
	sim_after(s, seconds, step, json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, pod->key, kubernetes_uid(pod)));
}

/* An address of the cluster's range for pods. */
static const char *address_of(struct sim_object *cluster)
{
	char text[16];
	struct ip4_range range;
	uint32_t n = (uint32_t)json_num(cluster->hidden, "pods", 0) + 1;
	json_put_num(cluster->hidden, "pods", n);
	if (!ip4_range_parse(json_str(cluster->doc, "clusterIpv4Cidr", ""), &range))
		range.base = 10u << 24 | 64u << 16;
	return sim_tmp("%s", ip4_text(range.base + 2 + n, text));
}

static void step(struct sim *s, const cJSON *arg)
{
	struct sim_object *cluster = cluster_of(s, json_str(arg, "cluster", "")),
			  *pod = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", ""));
	if (!cluster || !pod || strcmp(kubernetes_uid(pod), json_str(arg, "uid", "-")))
		return;
	if (!json_at(pod->doc, "spec.nodeName")) {
		if (kubernetes_schedule(s, cluster, pod))
			step_later(s, cluster, pod, sim_draw(s, "kubernetes.pod.start"));
		else
			step_later(s, cluster, pod, 15);
		return;
	}
	if (!json_at(pod->doc, "status.podIP")) {
		const char *ip = address_of(cluster);
		json_put_str(pod->doc, "status.podIP", ip);
		json_put(pod->doc, "status.podIPs", json_make("[{'ip':%s}]", ip));
	}
	const char *key = sim_tmp("%s", json_str(pod->hidden, "rootKey", "")),
		   *uid = sim_tmp("%s", json_str(pod->hidden, "root", "")),
		   *ns = sim_tmp("%s", json_str(pod->doc, "metadata.namespace", ""));
	sim_workloads(s)->pod_tried(s, cluster, pod);
	const char *phase = json_str(pod->doc, "status.phase", "");
	int tries = (int)json_num(pod->hidden, "tries", 1);
	if (strcmp(phase, "Succeeded") && strcmp(phase, "Failed") && !json_bool(pod->hidden, "ready", false))
		step_later(s, cluster, pod, tries < 6 ? 5 << tries : 300);
	kubernetes_endpoints_sync(s, cluster, ns);
	kubernetes_budgets(s, cluster, ns);
	kubernetes_look(s, cluster->key, key, uid);
}

void kubernetes_pod(struct sim *s, const struct sim_object *cluster, struct sim_object *pod)
{
	if (json_at(pod->hidden, "begun"))
		return;
	json_put_bool(pod->hidden, "begun", true);
	json_put_str(pod->doc, "status.qosClass", quality(json_at(pod->doc, "spec")));
	sim_after(s, 0.2, step, json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, pod->key, kubernetes_uid(pod)));
}
