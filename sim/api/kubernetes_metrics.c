/* metrics.k8s.io: what nodes and pods use, as metrics-server measures it; a server that nobody asks anything uses little of what it asked for. */
#include "config.h"
#include "sim/api/kubernetes_discovery.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS "/apis/metrics.k8s.io/v1beta1/"
#define CPU_SHARE 0.03
#define MEMORY_SHARE 0.4

static cJSON *usage(double cpu, double memory)
{
	return json_make("{'cpu':%s,'memory':%s}", sim_tmp("%.0fm", 1 + cpu * CPU_SHARE),
			 sim_tmp("%.0fKi", (16 + memory * MEMORY_SHARE) * 1024));
}

static cJSON *measured(struct sim *s, const struct sim_object *o, const char *kind)
{
	const char *now = sim_stamp(s, 0);
	cJSON *m = json_make("{'kind':%s,'apiVersion':'metrics.k8s.io/"
			     "v1beta1','metadata':{'name':%s,'creationTimestamp':%s},'timestamp':%s,'window':'15s'}",
			     kind, json_str(o->doc, "metadata.name", ""), now, now);
	if (json_at(o->doc, "metadata.namespace"))
		json_put_str(m, "metadata.namespace", json_str(o->doc, "metadata.namespace", ""));
	return m;
}

static cJSON *of_pod(struct sim *s, const struct sim_object *pod)
{
	cJSON *m = measured(s, pod, "PodMetrics"), *all = cJSON_CreateArray();
	const cJSON *k;
	cJSON_ArrayForEach(k, json_at(pod->doc, "spec.containers"))
		cJSON_AddItemToArray(all,
				     json_make("{'name':%s,'usage':%j}", json_str(k, "name", ""),
					       usage(kubernetes_cpu(json_str(k, "resources.requests.cpu", "0")),
						     kubernetes_mebibytes(json_str(k, "resources.requests.memory", "0")))));
	json_put(m, "containers", all);
	return m;
}

/* A node uses what its pods do, and a little itself. */
static cJSON *of_node(struct sim *s, const struct sim_object *cluster, const struct sim_object *node)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "pods", ""));
	double cpu = 1000, memory = 600;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix)) {
		double c, m;
		if (strcmp(json_str(o->doc, "spec.nodeName", ""), json_str(node->doc, "metadata.name", "")))
			continue;
		kubernetes_pod_requests(json_at(o->doc, "spec"), &c, &m);
		cpu += c;
		memory += m;
	}
	cJSON *m = measured(s, node, "NodeMetrics");
	json_put(m, "usage", usage(cpu, memory));
	return m;
}

static cJSON *one(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, bool nodes)
{
	return nodes ? of_node(s, cluster, o) : of_pod(s, o);
}

bool kubernetes_metrics(struct kubernetes_call *k)
{
	char ns[256] = "", name[256] = "";
	const char *path = k->c->path + strlen(METRICS), *rest;
	if (!text_starts(k->c->path, METRICS) || strcmp(k->c->method, "GET"))
		return false;
	if (text_starts(path, "namespaces/")) {
		snprintf(ns, sizeof ns, "%.*s", (int)strcspn(path + 11, "/"), path + 11);
		path += 11 + strlen(ns);
		path += *path == '/';
	}
	bool nodes = text_starts(path, "nodes");
	if (!nodes && !text_starts(path, "pods"))
		return false;
	rest = path + (nodes ? 5 : 4);
	if (*rest == '/')
		snprintf(name, sizeof name, "%.255s", rest + 1);
	struct sim *s = k->c->sim;
	if (*name) {
		const struct sim_object *o = kubernetes_named(s, k->cluster->key, "", nodes ? "nodes" : "pods", ns, name);
		if (o)
			kubernetes_answer(k, 200, one(s, k->cluster, o, nodes));
		else
			kubernetes_fail(k, 404, "NotFound", NULL, "%s.metrics.k8s.io \"%s\" not found",
					nodes ? "nodes" : "pods", name);
		return true;
	}
	char *why;
	const char *prefix = sim_tmp("%s", kubernetes_prefix(k->cluster->key, "", nodes ? "nodes" : "pods", ns));
	cJSON *items = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		if ((nodes || !strcmp(json_str(o->doc, "status.phase", ""), "Running")) &&
		    kubernetes_labels_match(json_at(o->doc, "metadata.labels"), sim_param(k->c, "labelSelector"), &why))
			cJSON_AddItemToArray(items, one(s, k->cluster, o, nodes));
	kubernetes_answer(k, 200,
			  json_make("{'kind':%s,'apiVersion':'metrics.k8s.io/v1beta1','metadata':{},'items':%j}",
				    nodes ? "NodeMetricsList" : "PodMetricsList", items));
	return true;
}
