/* What a cluster's API server fills in: the defaults of each kind with decoding, and what it sets itself when an object is stored. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TABLE_OF(defaults, "kubernetes_defaults.tbl", 3);
enum { KIND, PATH, MEMBERS };

/* A number that is 0 and a text that is empty were not given. */
static void fill(cJSON *at, const cJSON *members)
{
	const cJSON *m;
	cJSON_ArrayForEach(m, members) {
		cJSON *have = cJSON_GetObjectItemCaseSensitive(at, m->string);
		if (cJSON_IsObject(have) && cJSON_IsObject(m)) {
			fill(have, m);
		} else if (!have || cJSON_IsNull(have)) {
			cJSON_DeleteItemFromObjectCaseSensitive(at, m->string);
			cJSON_AddItemToObject(at, m->string, cJSON_Duplicate(m, true));
		}
	}
}

static void fill_path(cJSON *at, const char *path, const cJSON *members)
{
	char name[64];
	size_t len = strcspn(path, ".[");
	if (!cJSON_IsObject(at))
		return;
	if (!*path) {
		fill(at, members);
		return;
	}
	snprintf(name, sizeof name, "%.*s", (int)len, path);
	cJSON *next = cJSON_GetObjectItemCaseSensitive(at, name), *item;
	path += len;
	if (text_starts(path, "[]")) {
		path += 2 + (path[2] == '.');
		cJSON_ArrayForEach(item, next)
			fill_path(item, path, members);
	} else {
		fill_path(next, path + (*path == '.'), members);
	}
}

static void fill_kind(const char *kind, cJSON *doc)
{
	for (size_t i = 0; doc && i < table_rows(&defaults); i++)
		if (!strcmp(table_cell(&defaults, i, KIND), kind)) {
			cJSON *members = json_make(table_cell(&defaults, i, MEMBERS));
			fill_path(doc, table_cell(&defaults, i, PATH), members);
			cJSON_Delete(members);
		}
}

/* Pods. ------------------------------------------------------------------------------------------------------------------ */
static void default_container(cJSON *c)
{
	const char *image = json_str(c, "image", ""), *colon = strrchr(image, ':'), *slash = strrchr(image, '/');
	bool tagged = strchr(image, '@') || (colon && (!slash || colon > slash));
	if (!json_at(c, "imagePullPolicy"))
		json_put_str(c, "imagePullPolicy", !tagged || !strcmp(colon, ":latest") ? "Always" : "IfNotPresent");
	fill_kind("container", c);
}

static void default_pod(cJSON *spec)
{
	static const char *const lists[] = {"initContainers", "containers"};
	cJSON *c, *v;
	if (!spec)
		return;
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(c, json_at(spec, lists[i]))
			default_container(c);
	cJSON_ArrayForEach(v, json_at(spec, "volumes"))
		if (v->child && !v->child->next)
			json_put(v, "emptyDir", cJSON_CreateObject());
	fill_kind("pod", spec);
	/* The old name of the same thing. */
	if (json_at(spec, "serviceAccountName"))
		json_put_str(spec, "serviceAccount", json_str(spec, "serviceAccountName", ""));
	else if (json_at(spec, "serviceAccount"))
		json_put_str(spec, "serviceAccountName", json_str(spec, "serviceAccount", ""));
}

/* Requests are the limits where they are not given. */
static void default_requests(cJSON *spec)
{
	static const char *const lists[] = {"initContainers", "containers"};
	cJSON *c;
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(c, json_at(spec, lists[i]))
			if (json_at(c, "resources.limits")) {
				if (!json_at(c, "resources.requests"))
					json_put(c, "resources.requests", cJSON_CreateObject());
				fill(json_at(c, "resources.requests"), json_at(c, "resources.limits"));
			}
}

cJSON *kubernetes_pod_spec(const char *kind, const cJSON *doc)
{
	static const char *const paths[][2] = {{"Pod", "spec"},
					       {"CronJob", "spec.jobTemplate.spec.template.spec"},
					       {"Deployment", "spec.template.spec"},
					       {"ReplicaSet", "spec.template.spec"},
					       {"Job", "spec.template.spec"},
					       {"StatefulSet", "spec.template.spec"},
					       {"DaemonSet", "spec.template.spec"}};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (!strcmp(paths[i][0], kind))
			return json_at(doc, paths[i][1]);
	return NULL;
}

/* Kinds. ----------------------------------------------------------------------------------------------------------------- */
static void default_service(cJSON *doc)
{
	const char *type = json_str(doc, "spec.type", "");
	bool balanced = !strcmp(type, "LoadBalancer"), outside = balanced || !strcmp(type, "NodePort");
	cJSON *p;
	cJSON_ArrayForEach(p, json_at(doc, "spec.ports")) {
		const cJSON *target = json_at(p, "targetPort");
		if (cJSON_IsString(target) ? !*target->valuestring : json_num(p, "targetPort", 0) == 0)
			json_put_num(p, "targetPort", json_num(p, "port", 0));
	}
	if (!strcmp(json_str(doc, "spec.sessionAffinity", ""), "ClientIP") && !json_at(doc, "spec.sessionAffinityConfig"))
		json_put(doc, "spec.sessionAffinityConfig", json_make("{'clientIP':{'timeoutSeconds':10800}}"));
	if (outside && !json_at(doc, "spec.externalTrafficPolicy"))
		json_put_str(doc, "spec.externalTrafficPolicy", "Cluster");
	if ((outside || !strcmp(type, "ClusterIP")) && !json_at(doc, "spec.internalTrafficPolicy"))
		json_put_str(doc, "spec.internalTrafficPolicy", "Cluster");
	if (balanced && !json_at(doc, "spec.allocateLoadBalancerNodePorts"))
		json_put_bool(doc, "spec.allocateLoadBalancerNodePorts", true);
}

/* The texts of stringData go into data, in base64. */
static void default_secret(cJSON *doc)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const cJSON *t;
	cJSON_ArrayForEach(t, json_at(doc, "stringData")) {
		struct buf b = {0};
		size_t len = strlen(t->valuestring);
		const unsigned char *p = (const unsigned char *)t->valuestring;
		for (size_t i = 0; i < len; i += 3) {
			unsigned n = (unsigned)p[i] << 16 | (i + 1 < len ? (unsigned)p[i + 1] << 8 : 0) |
				     (i + 2 < len ? p[i + 2] : 0u);
			buf_putc(&b, digits[n >> 18]);
			buf_putc(&b, digits[n >> 12 & 63]);
			buf_putc(&b, i + 1 < len ? digits[n >> 6 & 63] : '=');
			buf_putc(&b, i + 2 < len ? digits[n & 63] : '=');
		}
		if (!json_at(doc, "data"))
			cJSON_AddObjectToObject(doc, "data");
		cJSON_DeleteItemFromObjectCaseSensitive(json_at(doc, "data"), t->string);
		cJSON_AddStringToObject(json_at(doc, "data"), t->string, buf_text(&b));
		buf_free(&b);
	}
	json_drop(doc, "stringData");
}

static void default_labels(cJSON *doc)
{
	const cJSON *labels = json_at(doc, "spec.template.metadata.labels");
	if (labels && labels->child && !json_at(doc, "metadata.labels"))
		json_put(doc, "metadata.labels", cJSON_Duplicate(labels, true));
}

static void default_namespace(cJSON *doc)
{
	static const char name[] = "kubernetes.io/metadata.name";
	if (!*json_str(doc, "metadata.name", ""))
		return;
	if (!json_at(doc, "metadata.labels"))
		json_put(doc, "metadata.labels", cJSON_CreateObject());
	cJSON_DeleteItemFromObjectCaseSensitive(json_at(doc, "metadata.labels"), name);
	cJSON_AddStringToObject(json_at(doc, "metadata.labels"), name, json_str(doc, "metadata.name", ""));
}

/* Persons and groups are RBAC's own kinds; accounts are the core's. */
static void default_subjects(cJSON *doc)
{
	cJSON *one;
	cJSON_ArrayForEach(one, json_at(doc, "subjects"))
		if (!json_at(one, "apiGroup") && strcmp(json_str(one, "kind", ""), "ServiceAccount"))
			json_put_str(one, "apiGroup", "rbac.authorization.k8s.io");
}

void kubernetes_default(const char *kind, cJSON *doc)
{
	default_pod(kubernetes_pod_spec(kind, doc));
	if (!strcmp(kind, "Job") && !json_at(doc, "spec.parallelism") && !json_at(doc, "spec.completions"))
		json_put_num(doc, "spec.completions", 1);
	if (!strcmp(kind, "NetworkPolicy") && !json_at(doc, "spec.policyTypes.0"))
		json_put(doc, "spec.policyTypes",
			 json_at(doc, "spec.egress.0") ? json_make("['Ingress','Egress']") : json_make("['Ingress']"));
	if (!strcmp(kind, "HorizontalPodAutoscaler") && !json_at(doc, "spec.metrics.0"))
		json_put(doc, "spec.metrics",
			 json_make("[{'type':'Resource','resource':{'name':'cpu','target':{'type':'Utilization','"
				   "averageUtilization':80}}}]"));
	if (!strcmp(kind, "RoleBinding") || !strcmp(kind, "ClusterRoleBinding"))
		default_subjects(doc);
	if (!strcmp(kind, "Namespace"))
		default_namespace(doc);
	fill_kind(kind, doc);
	if (!strcmp(kind, "Deployment") && !strcmp(json_str(doc, "spec.strategy.type", ""), "RollingUpdate")) {
		cJSON *rolling = json_make("{'rollingUpdate':{'maxUnavailable':%s,'maxSurge':%s}}", "25%", "25%");
		fill(json_at(doc, "spec.strategy"), rolling);
		cJSON_Delete(rolling);
	}
	if (!strcmp(kind, "Job") || !strcmp(kind, "ReplicaSet"))
		default_labels(doc);
	if (!strcmp(kind, "Pod"))
		default_requests(json_at(doc, "spec"));
	if (!strcmp(kind, "Service"))
		default_service(doc);
	if (!strcmp(kind, "Secret"))
		default_secret(doc);
}

/* When an object is stored. ---------------------------------------------------------------------------------------------- */
static void draw_ports(struct kubernetes_call *k, cJSON *doc)
{
	cJSON *p;
	cJSON_ArrayForEach(p, json_at(doc, "spec.ports"))
		if (!json_at(p, "nodePort"))
			json_put_num(p, "nodePort", 30000 + (double)(sim_random(k->c->sim) % 2768));
}

static void prepare_service(struct kubernetes_call *k, cJSON *doc, const cJSON *before)
{
	static const char *const kept[] = {"spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy"};
	const char *type = json_str(doc, "spec.type", "");
	for (size_t i = 0; before && i < sizeof kept / sizeof *kept; i++)
		if (!json_at(doc, kept[i]) && json_at(before, kept[i]))
			json_put(doc, kept[i], cJSON_Duplicate(json_at(before, kept[i]), true));
	cJSON *p, *old;
	cJSON_ArrayForEach(p, json_at(doc, "spec.ports"))
		cJSON_ArrayForEach(old, json_at(before, "spec.ports"))
			if (!json_at(p, "nodePort") && json_num(old, "nodePort", 0) > 0 &&
			    json_num(old, "port", 0) == json_num(p, "port", -1))
				json_put_num(p, "nodePort", json_num(old, "nodePort", 0));
	if (!strcmp(type, "ExternalName"))
		return;
	if (!json_at(doc, "spec.clusterIP") && json_at(doc, "spec.ports.0")) {
		const char *ip = sim_tmp("34.118.%d.%d", 224 + (int)(sim_random(k->c->sim) % 16),
					 2 + (int)(sim_random(k->c->sim) % 250));
		json_put_str(doc, "spec.clusterIP", ip);
	}
	if (json_at(doc, "spec.clusterIP") && !json_at(doc, "spec.clusterIPs"))
		json_put(doc, "spec.clusterIPs", json_make("[%s]", json_str(doc, "spec.clusterIP", "")));
	cJSON *families = json_make("{'ipFamilies':['IPv4'],'ipFamilyPolicy':'SingleStack'}");
	if (json_at(doc, "spec"))
		fill(json_at(doc, "spec"), families);
	cJSON_Delete(families);
	if ((!strcmp(type, "LoadBalancer") && json_bool(doc, "spec.allocateLoadBalancerNodePorts", true)) ||
	    !strcmp(type, "NodePort"))
		draw_ports(k, doc);
}

/* A job's pods are told by its uid. */
static void prepare_job(cJSON *doc)
{
	static const char *const names[] = {"batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name",
					    "controller-uid", "job-name"};
	const char *uid = json_str(doc, "metadata.uid", "");
	if (json_bool(doc, "spec.manualSelector", false))
		return;
	cJSON *labels = json_at(doc, "spec.template.metadata.labels"), *own = json_at(doc, "metadata.labels");
	/* Labels that the job has from its template are the very same ones. */
	bool shared = labels && own && json_equal(labels, own);
	if (!labels)
		json_put(doc, "spec.template.metadata.labels", labels = cJSON_CreateObject());
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		cJSON_DeleteItemFromObjectCaseSensitive(labels, names[i]);
		cJSON_AddStringToObject(labels, names[i], strstr(names[i], "uid") ? uid : json_str(doc, "metadata.name", ""));
	}
	if (shared)
		json_put(doc, "metadata.labels", cJSON_Duplicate(labels, true));
	cJSON *match = cJSON_CreateObject();
	cJSON_AddStringToObject(match, names[0], uid);
	json_put(doc, "spec.selector", json_make("{'matchLabels':%j}", match));
}

void kubernetes_prepare(struct kubernetes_call *k, cJSON *doc, const cJSON *before)
{
	if (!strcmp(k->r->kind, "Service"))
		prepare_service(k, doc, before);
	else if (!strcmp(k->r->kind, "Job") && !before)
		prepare_job(doc);
	else if (!strcmp(k->r->kind, "Namespace") && !before)
		json_put(doc, "spec.finalizers", json_make("['kubernetes']")), json_put_str(doc, "status.phase", "Active");
	else if (!strcmp(k->r->kind, "Pod") && !before && !*json_str(doc, "status.phase", ""))
		json_put_str(doc, "status.phase", "Pending");
}
