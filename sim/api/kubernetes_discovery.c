/* What a cluster says of itself: version, groups, resources, and as much of OpenAPI as kubectl asks before it writes. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_discovery.h"
#include "sim/api/kubernetes_elsewhere.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const groups[][2] = {
    {"apps", "v1"},
    {"authentication.k8s.io", "v1"},
    {"authorization.k8s.io", "v1"},
    {"autoscaling", "v2"},
    {"batch", "v1"},
    {"networking.k8s.io", "v1"},
    {"policy", "v1"},
    {"rbac.authorization.k8s.io", "v1"},
    {"storage.k8s.io", "v1"},
    {"apiextensions.k8s.io", "v1"},
    {"scheduling.k8s.io", "v1"},
    {"coordination.k8s.io", "v1"},
    {"discovery.k8s.io", "v1"},
    {"cloud.google.com", "v1"},
    {"gateway.networking.k8s.io", "v1"},
    {"metrics.k8s.io", "v1beta1"},
    {"monitoring.googleapis.com", "v1"},
    {"networking.gke.io", "v1"},
    {"networking.gke.io", "v1beta1"},
    {"secrets-store.csi.x-k8s.io", "v1"},
};
enum { GROUPS = sizeof groups / sizeof *groups };

static void put_json(struct sim_call *c, cJSON *doc)
{
	char *text = json_text(doc, -1);
	sim_bytes(c, 200, "application/json", text, strlen(text));
	free(text);
	cJSON_Delete(doc);
}

static void version(struct sim_call *c)
{
	if (elsewhere_answers(c->host)) {
		put_json(c,
			 json_make("{'major':'1','minor':'34','gitVersion':'v1.34.1','gitCommit':'"
				   "0000000000000000000000000000000000000000','gitTreeState':'clean','buildDate':"
				   "'2025-09-09T19:33:20Z','goVersion':'go1.24.6','compiler':'gc','platform':'linux/amd64'}"));
		return;
	}
	put_json(c, json_make("{'major':'1','minor':'35','gitVersion':'v1.35.6-gke.1250000','gitCommit':'"
			      "0000000000000000000000000000000000000000',"
			      "'gitTreeState':'clean','buildDate':'2026-07-20T00:00:00Z','goVersion':'go1.24.6 "
			      "X:boringcrypto','compiler':'gc','platform':"
			      "'linux/amd64'}"));
}

static cJSON *group_doc(const char *name)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < GROUPS; i++)
		if (!strcmp(groups[i][0], name)) {
			const char *gv = sim_tmp("%s/%s", name, groups[i][1]);
			cJSON_AddItemToArray(list, json_make("{'groupVersion':%s,'version':%s}", gv, groups[i][1]));
		}
	return json_make("{'name':%s,'versions':%j,'preferredVersion':%j}", name, list, cJSON_Duplicate(list->child, true));
}

static void group_list(struct sim_call *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < GROUPS; i++)
		if (i == 0 || strcmp(groups[i][0], groups[i - 1][0]))
			cJSON_AddItemToArray(list, group_doc(groups[i][0]));
	put_json(c, json_make("{'kind':'APIGroupList','apiVersion':'v1','groups':%j}", list));
}

/* How the server marks the stored form of a kind. */
static void put_version_hash(cJSON *one, const struct kubernetes_resource *r)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char hash[13];
	const char *text = sim_tmp("%s/%s/%s", r->group, r->version, r->kind);
	const char *hex = sim_sha256(text, strlen(text)) + 7;
	unsigned char byte[9] = {0};
	for (int i = 0; i < 8; i++)
		sscanf(hex + 2 * i, "%2hhx", &byte[i]);
	for (int i = 0; i < 12; i++)
		hash[i] =
		    digits[(byte[i / 4 * 3] << 16 | byte[i / 4 * 3 + 1] << 8 | byte[i / 4 * 3 + 2]) >> (18 - 6 * (i % 4)) & 63];
	hash[11] = '=';
	hash[12] = '\0';
	json_put_str(one, "storageVersionHash", hash);
}

static bool is_in_all(const char *kind)
{
	static const char *const kinds[] = {
	    "Pod", "Service", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "HorizontalPodAutoscaler",
	    "Job", "CronJob"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

static void put_resource(cJSON *list, const struct kubernetes_resource *r)
{
	bool custom = kubernetes_type_find(r->type)->custom;
	cJSON *one = json_make("{'name':%s,'singularName':%s,'namespaced':%b,'kind':%s,'verbs':%j}", r->plural, r->singular,
			       r->namespaced, r->kind,
			       custom
				   ? json_make("['delete','deletecollection','get','list','patch','create','update','watch']")
				   : json_make("['create','delete','deletecollection','get','list','patch','update','watch']"));
	if (*r->short_name)
		json_put(one, "shortNames", json_make("[%s]", r->short_name));
	if (is_in_all(r->kind))
		json_put(one, "categories", json_make("['all']"));
	put_version_hash(one, r);
	cJSON_AddItemToArray(list, one);
	if (kubernetes_scales(r->kind)) {
		char *name = xasprintf("%s/scale", r->plural);
		cJSON_AddItemToArray(list, json_make("{'name':%s,'singularName':'','namespaced':true,'group':'autoscaling','"
						     "version':'v1','kind':'Scale','verbs':['get',"
						     "'patch','update']}",
						     name));
		free(name);
	}
	if (r->status) {
		char *name = xasprintf("%s/status", r->plural);
		cJSON_AddItemToArray(
		    list, json_make("{'name':%s,'singularName':'','namespaced':%b,'kind':%s,'verbs':['get','patch','update']}",
				    name, r->namespaced, r->kind));
		free(name);
	}
}

/* What is only asked, and not kept. */
static const struct {
	const char *group, *plural, *kind;
} reviews[] = {{"authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"},
	       {"authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"}};

/* What is only read. */
static const struct {
	const char *group, *version, *plural, *singular, *kind, *short_name;
	bool namespaced;
} read_only[] = {
    {"apiextensions.k8s.io", "v1", "customresourcedefinitions", "customresourcedefinition", "CustomResourceDefinition", "crd",
     false},
    {"metrics.k8s.io", "v1beta1", "nodes", "", "NodeMetrics", "", false},
    {"metrics.k8s.io", "v1beta1", "pods", "", "PodMetrics", "", true},
};

static bool resource_list(struct sim_call *c, const char *group, const char *v)
{
	cJSON *list = cJSON_CreateArray();
	const struct kubernetes_resource *r;
	for (size_t i = 0; (r = kubernetes_resource_at(i)); i++)
		if (!strcmp(r->group, group) && !strcmp(r->version, v))
			put_resource(list, r);
	for (size_t i = 0; i < sizeof reviews / sizeof *reviews; i++)
		if (!strcmp(reviews[i].group, group) && !strcmp(v, "v1"))
			cJSON_AddItemToArray(
			    list, json_make("{'name':%s,'singularName':%s,'namespaced':false,'kind':%s,'verbs':['create']}",
					    reviews[i].plural, reviews[i].plural, reviews[i].kind));
	for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++)
		if (!strcmp(read_only[i].group, group) && !strcmp(read_only[i].version, v)) {
			cJSON *one = json_make("{'name':%s,'singularName':%s,'namespaced':%b,'kind':%s,'verbs':['get','list']}",
					       read_only[i].plural, read_only[i].singular, read_only[i].namespaced,
					       read_only[i].kind);
			if (*read_only[i].short_name)
				json_put(one, "shortNames", json_make("[%s]", read_only[i].short_name));
			cJSON_AddItemToArray(list, one);
		}
	if (!list->child) {
		cJSON_Delete(list);
		return false;
	}
	char *gv = *group ? xasprintf("%s/%s", group, v) : xstrdup(v);
	put_json(c, json_make("{'kind':'APIResourceList','apiVersion':'v1','groupVersion':%s,'resources':%j}", gv, list));
	free(gv);
	return true;
}

bool kubernetes_group_known(const char *group, const char *version)
{
	for (size_t i = 0; i < GROUPS; i++)
		if (!strcmp(groups[i][0], group) && !strcmp(groups[i][1], version))
			return true;
	return false;
}

static void openapi_paths(struct sim_call *c)
{
	cJSON *paths = cJSON_CreateObject();
	for (size_t i = 0; i <= GROUPS; i++) {
		char *name = i < GROUPS ? xasprintf("apis/%s/%s", groups[i][0], groups[i][1]) : xstrdup("api/v1");
		cJSON_AddItemToObject(paths, name,
				      json_make("{'serverRelativeURL':%s}", sim_tmp("/openapi/v3/%s?hash=0", name)));
		free(name);
	}
	put_json(c, json_make("{'paths':%j}", paths));
}

/* The custom resources of GKE, as kubectl looks whether a kind that it does not know is one, and as charts look whether they are there. */
static cJSON *custom_definition(const struct kubernetes_resource *r)
{
	const char *name = sim_tmp("%s.%s", r->plural, r->group), *list = sim_tmp("%sList", r->kind);
	cJSON *one = json_make("{'kind':'CustomResourceDefinition','apiVersion':'apiextensions.k8s.io/"
			       "v1','metadata':{'name':%s},'spec':{'group':%s,'names':"
			       "{'plural':%s,'singular':%s,'kind':%s,'listKind':%s},'scope':%s,'versions':[{'name':%s,'served':"
			       "true,'storage':true}]},'status':{'conditions':["
			       "{'type':'NamesAccepted','status':'True','reason':'NoConflicts','message':'no conflicts "
			       "found'},{'type':'Established','status':'True','reason':"
			       "'InitialNamesAccepted','message':'the initial names have been "
			       "accepted'}],'acceptedNames':{'plural':%s,'singular':%s,'kind':%s,'listKind':%s},"
			       "'storedVersions':[%s]}}",
			       name, r->group, r->plural, r->singular, r->kind, list, r->namespaced ? "Namespaced" : "Cluster",
			       r->version, r->plural, r->singular, r->kind, list, r->version);
	return one;
}

static void custom_definitions(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray();
	const struct kubernetes_resource *r;
	for (size_t i = 0; (r = kubernetes_resource_at(i)); i++)
		if (kubernetes_type_find(r->type)->custom)
			cJSON_AddItemToArray(items, custom_definition(r));
	put_json(c, json_make("{'kind':'CustomResourceDefinitionList','apiVersion':'apiextensions.k8s.io/"
			      "v1','metadata':{'resourceVersion':'1000'},'items':%j}",
			      items));
}

/* The one called "PLURAL.GROUP". */
static bool custom_definition_named(struct sim_call *c, const char *name)
{
	const struct kubernetes_resource *r;
	for (size_t i = 0; (r = kubernetes_resource_at(i)); i++) {
		size_t len = strlen(r->plural);
		if (kubernetes_type_find(r->type)->custom && text_starts(name, r->plural) && name[len] == '.' &&
		    !strcmp(name + len + 1, r->group)) {
			put_json(c, custom_definition(r));
			return true;
		}
	}
	return false;
}

#define DEFINITIONS "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"

bool kubernetes_discover(struct sim_call *c, const char *path)
{
	char group[96] = "", v[32] = "";
	if (!strcmp(path, "/version") || !strcmp(path, "/version/")) {
		version(c);
	} else if (!strcmp(path, "/healthz") || !strcmp(path, "/livez") || !strcmp(path, "/readyz")) {
		sim_bytes(c, 200, "text/plain; charset=utf-8", "ok", 2);
	} else if (!strcmp(path, "/api") || !strcmp(path, "/api/")) {
		put_json(c, json_make("{'kind':'APIVersions','versions':['v1'],'serverAddressByClientCIDRs':[{'clientCIDR':'0."
				      "0.0.0/0','serverAddress':%s}]}",
				      c->host));
	} else if (!strcmp(path, "/apis") || !strcmp(path, "/apis/")) {
		group_list(c);
	} else if (!strcmp(path, "/api/v1")) {
		return resource_list(c, "", "v1");
	} else if (!strcmp(path, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")) {
		custom_definitions(c);
	} else if (text_starts(path, DEFINITIONS)) {
		return custom_definition_named(c, path + strlen(DEFINITIONS));
	} else if (!strcmp(path, "/openapi/v2")) {
		kubernetes_openapi_v2(c);
	} else if (!strcmp(path, "/openapi/v3")) {
		openapi_paths(c);
	} else if (!strcmp(path, "/openapi/v3/api/v1")) {
		put_json(c, kubernetes_openapi_v3("", "v1"));
	} else if (sscanf(path, "/openapi/v3/apis/%95[^/]/%31[^/]", group, v) == 2) {
		put_json(c, kubernetes_openapi_v3(group, v));
	} else if (sscanf(path, "/apis/%95[^/]/%31[^/]", group, v) == 2 && !strchr(path + 7 + strlen(group), 47)) {
		return resource_list(c, group, v);
	} else if (sscanf(path, "/apis/%95[^/]", group) == 1 && !strchr(path + 6, '/')) {
		cJSON *doc = group_doc(group);
		if (!json_at(doc, "versions.0")) {
			cJSON_Delete(doc);
			return false;
		}
		json_put_str(doc, "kind", "APIGroup");
		json_put_str(doc, "apiVersion", "v1");
		put_json(c, doc);
	} else {
		return false;
	}
	return true;
}
