/* What a cluster says of itself: version, groups, resources, and as much of OpenAPI as kubectl asks before it writes. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_discovery.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const groups[][2] = {
	{"apps", "v1"}, {"batch", "v1"}, {"discovery.k8s.io", "v1"}, {"networking.k8s.io", "v1"}, {"policy", "v1"},
	{"cloud.google.com", "v1"}, {"networking.gke.io", "v1"}, {"networking.gke.io", "v1beta1"},
};
enum { GROUPS = sizeof groups / sizeof *groups };

static void version(struct sim_call *c)
{
	sim_ok(c, json_make("{'major':'1','minor':'35','gitVersion':'v1.35.6-gke.1250000','gitCommit':'0000000000000000000000000000000000000000',"
			    "'gitTreeState':'clean','buildDate':'2026-07-20T00:00:00Z','goVersion':'go1.24.6 X:boringcrypto','compiler':'gc','platform':"
			    "'linux/amd64'}"));
}

static cJSON *group_doc(const char *name)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < GROUPS; i++)
		if (!strcmp(groups[i][0], name)) {
			char *gv = xasprintf("%s/%s", name, groups[i][1]);
			cJSON_AddItemToArray(list, json_make("{'groupVersion':%s,'version':%s}", gv, groups[i][1]));
			free(gv);
		}
	return json_make("{'name':%s,'versions':%j,'preferredVersion':%j}", name, list, cJSON_Duplicate(list->child, true));
}

static void group_list(struct sim_call *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < GROUPS; i++)
		if (i == 0 || strcmp(groups[i][0], groups[i - 1][0]))
			cJSON_AddItemToArray(list, group_doc(groups[i][0]));
	sim_ok(c, json_make("{'kind':'APIGroupList','apiVersion':'v1','groups':%j}", list));
}

static bool resource_list(struct sim_call *c, const char *group, const char *v)
{
	cJSON *list = cJSON_CreateArray();
	const struct kubernetes_resource *r;
	for (size_t i = 0; (r = kubernetes_resource_at(i)); i++) {
		if (strcmp(r->group, group) || strcmp(r->version, v))
			continue;
		cJSON *one = json_make("{'name':%s,'singularName':%s,'namespaced':%b,'kind':%s,'verbs':['create','delete','deletecollection','get','list',"
				       "'patch','update','watch']}",
				       r->plural, r->singular, r->namespaced, r->kind);
		if (*r->short_name)
			json_put(one, "shortNames", json_make("[%s]", r->short_name));
		cJSON_AddItemToArray(list, one);
		if (r->status) {
			char *name = xasprintf("%s/status", r->plural);
			cJSON_AddItemToArray(list, json_make("{'name':%s,'singularName':'','namespaced':%b,'kind':%s,'verbs':['get','patch','update']}", name,
							     r->namespaced, r->kind));
			free(name);
		}
	}
	if (!list->child) {
		cJSON_Delete(list);
		return false;
	}
	char *gv = *group ? xasprintf("%s/%s", group, v) : xstrdup(v);
	sim_ok(c, json_make("{'kind':'APIResourceList','apiVersion':'v1','groupVersion':%s,'resources':%j}", gv, list));
	free(gv);
	return true;
}

static void openapi_paths(struct sim_call *c)
{
	cJSON *paths = cJSON_CreateObject();
	for (size_t i = 0; i <= GROUPS; i++) {
		char *name = i < GROUPS ? xasprintf("apis/%s/%s", groups[i][0], groups[i][1]) : xstrdup("api/v1");
		char *url = xasprintf("/openapi/v3/%s?hash=0", name);
		cJSON_AddItemToObject(paths, name, json_make("{'serverRelativeURL':%s}", url));
		free(name);
		free(url);
	}
	sim_ok(c, json_make("{'paths':%j}", paths));
}

/* kubectl looks whether a kind's patch takes fieldValidation. */
static void openapi_of(struct sim_call *c, const char *group, const char *v)
{
	cJSON *paths = cJSON_CreateObject();
	const struct kubernetes_resource *r;
	for (size_t i = 0; (r = kubernetes_resource_at(i)); i++) {
		if (strcmp(r->group, group) || strcmp(r->version, v))
			continue;
		char *path = xasprintf("%s%s/%s/%s%s/{name}", *group ? "/apis/" : "/api", group, v, r->namespaced ? "namespaces/{namespace}/" : "", r->plural);
		char *clean = *group ? xstrdup(path) : xasprintf("/api/%s/%s%s/{name}", v, r->namespaced ? "namespaces/{namespace}/" : "", r->plural);
		cJSON_AddItemToObject(paths, clean,
				      json_make("{'patch':{'parameters':[{'name':'dryRun','in':'query','schema':{'type':'string'}},{'name':'fieldManager','in':"
						"'query','schema':{'type':'string'}},{'name':'fieldValidation','in':'query','schema':{'type':'string'}}],"
						"'x-kubernetes-group-version-kind':{'group':%s,'version':%s,'kind':%s},'responses':{}}}",
						group, v, r->kind));
		free(path);
		free(clean);
	}
	sim_ok(c, json_make("{'openapi':'3.0.0','info':{'title':'Kubernetes','version':'v1.35.6-gke.1250000'},'paths':%j,'components':{'schemas':{}}}", paths));
}

bool kubernetes_discover(struct sim_call *c, const char *path)
{
	char group[96] = "", v[32] = "";
	if (!strcmp(path, "/version") || !strcmp(path, "/version/")) {
		version(c);
	} else if (!strcmp(path, "/healthz") || !strcmp(path, "/livez") || !strcmp(path, "/readyz")) {
		sim_bytes(c, 200, "text/plain; charset=utf-8", "ok", 2);
	} else if (!strcmp(path, "/api") || !strcmp(path, "/api/")) {
		sim_ok(c, json_make("{'kind':'APIVersions','versions':['v1'],'serverAddressByClientCIDRs':[{'clientCIDR':'0.0.0.0/0','serverAddress':%s}]}",
				    c->host));
	} else if (!strcmp(path, "/apis") || !strcmp(path, "/apis/")) {
		group_list(c);
	} else if (!strcmp(path, "/api/v1")) {
		return resource_list(c, "", "v1");
	} else if (!strcmp(path, "/openapi/v3")) {
		openapi_paths(c);
	} else if (!strcmp(path, "/openapi/v3/api/v1")) {
		openapi_of(c, "", "v1");
	} else if (sscanf(path, "/openapi/v3/apis/%95[^/]/%31[^/]", group, v) == 2) {
		openapi_of(c, group, v);
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
		sim_ok(c, doc);
	} else {
		return false;
	}
	return true;
}
