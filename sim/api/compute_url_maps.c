/* URL maps, and the target proxies that use them: HTTP and HTTPS, global and regional. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Backend services say which URL maps use them. */
static void note_users(struct sim *s, const struct sim_object *map, bool used)
{
	const char *prefix = sim_tmp("%.*s/", (int)(strcspn(map->key + 9, "/") + 9), map->key);
	const char *link = json_str(map->doc, "selfLink", "");
	for (struct sim_object *o = sim_first(s, "compute.backendServices", prefix); o; o = sim_following(s, o, prefix)) {
		cJSON *list = json_at(o->doc, "usedBy"), *u;
		cJSON_ArrayForEach(u, list)
			if (!strcmp(json_str(u, "reference", ""), link)) {
				cJSON_Delete(cJSON_DetachItemViaPointer(list, u));
				break;
			}
		if (used && compute_holds(&compute_url_map_kind, map->doc, json_str(o->doc, "selfLink", ""))) {
			if (!list)
				json_put(o->doc, "usedBy", list = cJSON_CreateArray());
			cJSON_AddItemToArray(list, json_make("{'reference':%s}", link));
		}
		if (list && !list->child)
			json_drop(o->doc, "usedBy");
	}
}

/* The size of a map is a quota of the load balancers that Envoy serves: the global external one and the regional ones. Maps of the classic
 * one, of the cross-region internal one and of service meshes show none. */
static bool is_measured(struct sim *s, const struct sim_object *map)
{
	const char *prefix = sim_tmp("%.*s/", (int)(strcspn(map->key + 9, "/") + 9), map->key);
	bool regional = strstr(map->key, "/regions/") != NULL, measured = false;
	for (struct sim_object *o = sim_first(s, "compute.backendServices", prefix); o && !measured;
	     o = sim_following(s, o, prefix)) {
		const char *scheme = json_str(o->doc, "loadBalancingScheme", "");
		if (!strcmp(scheme, "EXTERNAL_MANAGED") || (regional && !strcmp(scheme, "INTERNAL_MANAGED")))
			measured = compute_holds(&compute_url_map_kind, map->doc, json_str(o->doc, "selfLink", ""));
	}
	return measured;
}

/* How many forwarding rules lead to the map. */
static int rules_of(struct sim *s, const struct sim_object *map)
{
	const char *prefix = sim_tmp("%.*s/", (int)(strcspn(map->key + 9, "/") + 9), map->key);
	int count = 0;
	for (struct sim_object *o = sim_first(s, "compute.forwardingRules", prefix); o; o = sim_following(s, o, prefix)) {
		const struct sim_object *proxy = compute_find(s, json_str(o->doc, "target", ""));
		count += proxy && !strcmp(json_str(proxy->doc, "urlMap", ""), json_str(map->doc, "selfLink", "-"));
	}
	return count;
}

void compute_count_rules(struct sim *s, const char *link)
{
	struct sim_object *o = compute_find(s, link);
	if (o && json_at(o->doc, "urlMap"))
		o = compute_find(s, json_str(o->doc, "urlMap", ""));
	if (o && json_at(o->doc, "status.quotaUsage"))
		json_put_num(o->doc, "status.quotaUsage.forwardingRules", rules_of(s, o));
}

/* The units that such a map is charged with, as far as observed: for each host, matcher, path and error rule. */
static void count_units(struct sim *s, struct sim_object *o)
{
	const cJSON *h, *m, *r;
	int units = 19 + cJSON_GetArraySize(json_at(o->doc, "defaultCustomErrorResponsePolicy.errorResponseRules"));
	char text[16];
	json_drop(o->doc, "status");
	if (!is_measured(s, o))
		return;
	cJSON_ArrayForEach(h, json_at(o->doc, "hostRules"))
		units += 20 * cJSON_GetArraySize(json_at(h, "hosts"));
	cJSON_ArrayForEach(m, json_at(o->doc, "pathMatchers")) {
		units += 20 + cJSON_GetArraySize(json_at(m, "defaultCustomErrorResponsePolicy.errorResponseRules"));
		cJSON_ArrayForEach(r, json_at(m, "pathRules"))
			units += 2 * cJSON_GetArraySize(json_at(r, "paths"));
	}
	snprintf(text, sizeof text, "%d", units);
	json_put(o->doc, "status", json_make("{'quotaUsage':{'forwardingRules':%d,'units':%s}}", rules_of(s, o), text));
}

static void map_stored(struct sim *s, struct sim_object *o)
{
	note_users(s, o, true);
	count_units(s, o);
}

static void map_removed(struct sim *s, const struct sim_object *o)
{
	note_users(s, o, false);
}

/* Every host rule names a path matcher, and every path matcher is there once. */
static bool check_map(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const cJSON *h, *m;
	(void)old;
	if (!json_at(doc, "defaultService") && !json_at(doc, "defaultUrlRedirect") &&
	    !json_at(doc, "defaultRouteAction.weightedBackendServices.0"))
		return compute_invalid(
		    c, "defaultService", "",
		    "Must specify defaultService, defaultUrlRedirect, or defaultRouteAction with weightedBackendServices.");
	cJSON *t, *matcher, *rule;
	cJSON_ArrayForEach(t, json_at(doc, "tests"))
		if (!json_at(t, "description"))
			json_put_str(t, "description", "");
	cJSON_ArrayForEach(matcher, json_at(doc, "pathMatchers"))
		cJSON_ArrayForEach(rule, json_at(matcher, "pathRules")) {
			cJSON *timeout = json_at(rule, "routeAction.retryPolicy.perTryTimeout");
			if (timeout && !json_at(timeout, "nanos"))
				json_put_num(timeout, "nanos", 0);
		}
	if (json_at(doc, "defaultService") && json_at(doc, "defaultUrlRedirect"))
		return compute_invalid(c, "defaultUrlRedirect", "",
				       "defaultService and defaultUrlRedirect must not both be set.");
	cJSON_ArrayForEach(h, json_at(doc, "hostRules")) {
		bool found = false;
		cJSON_ArrayForEach(m, json_at(doc, "pathMatchers"))
			found = found || !strcmp(json_str(m, "name", ""), json_str(h, "pathMatcher", "-"));
		if (!found)
			return compute_invalid(c, "hostRules[0].pathMatcher", json_str(h, "pathMatcher", ""),
					       "There is no path matcher of this name.");
	}
	return true;
}

static void compute_url_maps_validate(struct sim_call *c)
{
	sim_ok(c, json_make("{'result':{'loadSucceeded':true,'testPassed':true}}"));
}

static void compute_url_maps_invalidate(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (o)
		compute_begin(c, o, "invalidateCache", sim_draw(c->sim, "compute.urlMap.update"), true, NULL);
}

/* Proxies. --------------------------------------------------------------------------------------------------------------- */
static bool check_http(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	return *json_str(doc, "urlMap", "") || compute_required(c, "urlMap");
}

static bool check_https(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	bool global = !*sim_param(c, "region");
	(void)old;
	if (!*json_str(doc, "urlMap", ""))
		return compute_required(c, "urlMap");
	if (!json_at(doc, "sslCertificates.0") && !json_at(doc, "certificateMap"))
		return compute_required(c, "sslCertificates");
	if (cJSON_GetArraySize(json_at(doc, "sslCertificates")) > 15)
		return compute_invalid(c, "sslCertificates", "", "At most 15 certificates may be given.");
	if (json_at(doc, "quicOverride") && !global)
		return compute_invalid(c, "quicOverride", json_str(doc, "quicOverride", ""),
				       "QUIC override is supported only with global TargetHttpsProxy.");
	if (global && !json_at(doc, "quicOverride"))
		json_put_str(doc, "quicOverride", "NONE");
	if (!json_at(doc, "tlsEarlyData"))
		json_put_str(doc, "tlsEarlyData", "DISABLED");
	return true;
}

/* setUrlMap, setSslCertificates, setCertificateMap, setQuicOverride, setSslPolicy: one field each. */
static void compute_url_maps_set_field(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	struct sim_object *o = compute_ready_target(c);
	if (!o || !compute_refers(c, k, c->body))
		return;
	const char *verb = strstr(c->id, ".set") + 1;
	bool cap = !strcmp(verb, "setUrlMap") || !strcmp(verb, "setSslCertificates");
	cJSON *doc = cJSON_Duplicate(o->doc, true), *body = sim_take_body(c);
	sim_merge_patch(doc, body);
	cJSON_Delete(body);
	if (!compute_links(c, k, doc) || !k->check(c, doc, o)) {
		cJSON_Delete(doc);
		return;
	}
	compute_touch(c->sim, doc, "fingerprint");
	const char *before = sim_tmp("%s", json_str(o->doc, "urlMap", ""));
	cJSON_Delete(o->doc);
	o->doc = doc;
	compute_count_rules(c->sim, before);
	compute_count_rules(c->sim, json_str(o->doc, "urlMap", ""));
	char type[96];
	snprintf(type, sizeof type, cap ? "S%s" : "%s", cap ? verb + 1 : c->id);
	compute_begin(c, o, type, sim_draw(c->sim, "compute.targetProxy.update"), true, NULL);
}

const struct compute_kind compute_url_map_kind = {
    .plural = "urlMaps",
    .resources = "urlMaps regionUrlMaps",
    .kind = "compute#urlMap",
    .word = "url_map",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_NEEDS_FINGERPRINT,
    .links = "defaultService defaultRouteAction.weightedBackendServices.*.backendService "
	     "defaultRouteAction.requestMirrorPolicy.backendService "
	     "defaultCustomErrorResponsePolicy.errorService pathMatchers.*.defaultService "
	     "pathMatchers.*.defaultCustomErrorResponsePolicy.errorService "
	     "pathMatchers.*.defaultRouteAction.weightedBackendServices.*.backendService pathMatchers.*.pathRules.*.service "
	     "pathMatchers.*.pathRules.*.routeAction.weightedBackendServices.*.backendService "
	     "pathMatchers.*.pathRules.*.routeAction.requestMirrorPolicy.backendService pathMatchers.*.routeRules.*.service "
	     "pathMatchers.*.routeRules.*.routeAction.weightedBackendServices.*.backendService",
    .used_by = "targetHttpProxies targetHttpsProxies",
    .output = "status",
    .quota = "URL_MAPS",
    .insert = "compute.urlMap.insert",
    .change = "compute.urlMap.update",
    .remove = "compute.urlMap.delete",
    .check = check_map,
    .stored = map_stored,
    .removed = map_removed,
};

const struct compute_kind compute_http_proxy_kind = {
    .plural = "targetHttpProxies",
    .resources = "targetHttpProxies regionTargetHttpProxies",
    .kind = "compute#targetHttpProxy",
    .word = "target_http_proxy",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_NEEDS_FINGERPRINT,
    .links = "urlMap",
    .used_by = "forwardingRules",
    .quota = "TARGET_HTTP_PROXIES",
    .insert = "compute.targetProxy.insert",
    .change = "compute.targetProxy.update",
    .remove = "compute.targetProxy.delete",
    .check = check_http,
};

const struct compute_kind compute_https_proxy_kind = {
    .plural = "targetHttpsProxies",
    .resources = "targetHttpsProxies regionTargetHttpsProxies",
    .kind = "compute#targetHttpsProxy",
    .word = "target_https_proxy",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_NEEDS_FINGERPRINT,
    .links = "urlMap sslCertificates.* certificateMap sslPolicy",
    .used_by = "forwardingRules",
    .quota = "TARGET_HTTPS_PROXIES",
    .insert = "compute.targetProxy.insert",
    .change = "compute.targetProxy.update",
    .remove = "compute.targetProxy.delete",
    .check = check_https,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("urlMaps", "urlMaps"),
    {"compute.urlMaps.aggregatedList", compute_aggregated, "compute.urlMaps.list", NULL},
    {"compute.urlMaps.patch", compute_patch, "compute.urlMaps.update", NULL},
    {"compute.urlMaps.update", compute_update, "compute.urlMaps.update", NULL},
    {"compute.urlMaps.validate", compute_url_maps_validate, "compute.urlMaps.validate", NULL},
    {"compute.urlMaps.invalidateCache", compute_url_maps_invalidate, "compute.urlMaps.invalidateCache", NULL},
    COMPUTE_BASICS("regionUrlMaps", "regionUrlMaps"),
    {"compute.regionUrlMaps.patch", compute_patch, "compute.regionUrlMaps.update", NULL},
    {"compute.regionUrlMaps.update", compute_update, "compute.regionUrlMaps.update", NULL},
    {"compute.regionUrlMaps.validate", compute_url_maps_validate, "compute.regionUrlMaps.validate", NULL},
    COMPUTE_BASICS("targetHttpProxies", "targetHttpProxies"),
    {"compute.targetHttpProxies.aggregatedList", compute_aggregated, "compute.targetHttpProxies.list", NULL},
    {"compute.targetHttpProxies.patch", compute_patch, "compute.targetHttpProxies.update", NULL},
    {"compute.targetHttpProxies.setUrlMap", compute_url_maps_set_field, "compute.targetHttpProxies.setUrlMap", NULL},
    COMPUTE_BASICS("regionTargetHttpProxies", "regionTargetHttpProxies"),
    {"compute.regionTargetHttpProxies.setUrlMap", compute_url_maps_set_field, "compute.regionTargetHttpProxies.setUrlMap",
     NULL},
    COMPUTE_BASICS("targetHttpsProxies", "targetHttpsProxies"),
    {"compute.targetHttpsProxies.aggregatedList", compute_aggregated, "compute.targetHttpsProxies.list", NULL},
    {"compute.targetHttpsProxies.patch", compute_patch, "compute.targetHttpsProxies.update", NULL},
    {"compute.targetHttpsProxies.setUrlMap", compute_url_maps_set_field, "compute.targetHttpsProxies.setUrlMap", NULL},
    {"compute.targetHttpsProxies.setSslCertificates", compute_url_maps_set_field,
     "compute.targetHttpsProxies.setSslCertificates", NULL},
    {"compute.targetHttpsProxies.setCertificateMap", compute_url_maps_set_field, "compute.targetHttpsProxies.setCertificateMap",
     NULL},
    {"compute.targetHttpsProxies.setQuicOverride", compute_url_maps_set_field, "compute.targetHttpsProxies.setQuicOverride",
     NULL},
    {"compute.targetHttpsProxies.setSslPolicy", compute_url_maps_set_field, "compute.targetHttpsProxies.setSslPolicy", NULL},
    COMPUTE_BASICS("regionTargetHttpsProxies", "regionTargetHttpsProxies"),
    {"compute.regionTargetHttpsProxies.patch", compute_patch, "compute.regionTargetHttpsProxies.update", NULL},
    {"compute.regionTargetHttpsProxies.setUrlMap", compute_url_maps_set_field, "compute.regionTargetHttpsProxies.setUrlMap",
     NULL},
    {"compute.regionTargetHttpsProxies.setSslCertificates", compute_url_maps_set_field,
     "compute.regionTargetHttpsProxies.setSslCertificates", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_url_maps, routes, NULL);
