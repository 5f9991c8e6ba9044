/* Backend services, global and regional: their backends, Identity-Aware Proxy, health and IAM policy. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/workloads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The secret comes back only as its hash. */
static void hide_secret(cJSON *doc, const struct sim_object *old)
{
	cJSON *iap = json_at(doc, "iap");
	if (!iap)
		return;
	const char *secret = json_str(iap, "oauth2ClientSecret", NULL),
		   *before = old ? json_str(old->doc, "iap.oauth2ClientSecretSha256", NULL) : NULL;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char hex[2 * SHA256_DIGEST_LENGTH + 1];
	SHA256((const unsigned char *)(secret ? secret : ""), strlen(secret ? secret : ""), digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	json_put_str(iap, "oauth2ClientSecretSha256", !secret && before ? before : hex);
	json_drop(iap, "oauth2ClientSecret");
	if (!json_at(iap, "oauth2ClientId"))
		json_put_str(iap, "oauth2ClientId", old ? json_str(old->doc, "iap.oauth2ClientId", "") : "");
}

static bool serverless(const struct sim_object *group)
{
	return group && !strcmp(json_str(group->doc, "networkEndpointType", ""), "SERVERLESS");
}

/* A port's name says nothing of a serverless backend. "http" is what is there where nothing is said; "https" only stays where a service for HTTPS got it so. */
static bool port_ok(struct sim_call *c, const cJSON *doc, const struct sim_object *old, bool given)
{
	const char *port = json_str(doc, "portName", "http");
	bool own = !strcmp(port, "https") && (!given || (old && !strcmp(port, json_str(old->doc, "portName", ""))));
	return !strcmp(port, "http") || own ||
	       compute_invalid(c, "portName", port,
			       "Port name is not supported for a backend service with Serverless network endpoint groups.");
}

static bool check_backends(struct sim_call *c, cJSON *doc, const struct sim_object *old, bool port_given)
{
	cJSON *b;
	int without = 0, with = 0;
	cJSON_ArrayForEach(b, json_at(doc, "backends")) {
		const char *group = json_str(b, "group", "");
		struct sim_object *o = compute_find(c->sim, group);
		if (!*group)
			return compute_required(c, "backends[0].group");
		without += serverless(o);
		with += !serverless(o);
		if (serverless(o) && json_at(b, "maxRatePerEndpoint"))
			return compute_invalid(
			    c, "backends[0].maxRatePerEndpoint", "",
			    "Max rate per endpoint is not supported for serverless network endpoint groups.");
		if (!json_at(b, "balancingMode"))
			json_put_str(b, "balancingMode",
				     strstr(group, "/networkEndpointGroups/") && !serverless(o) ? "RATE" : "UTILIZATION");
		if (!strcmp(json_str(b, "balancingMode", ""), "RATE") && !json_at(b, "maxRate") &&
		    !json_at(b, "maxRatePerEndpoint") && !json_at(b, "maxRatePerInstance"))
			return compute_required(c, "backends[0].maxRate");
		if (!json_at(b, "capacityScaler"))
			json_put_num(b, "capacityScaler", 1);
	}
	if (without && with)
		return compute_invalid(c, "backends[0].group", "",
				       "Serverless network endpoint groups cannot be combined with other backends.");
	if (without && json_at(doc, "healthChecks.0"))
		return compute_invalid(
		    c, "healthChecks", json_str(doc, "healthChecks.0", ""),
		    "A backend service cannot have a healthcheck with Serverless network endpoint group backends.");
	if (without && (int)json_num(doc, "timeoutSec", 30) != 30)
		return compute_invalid(
		    c, "timeoutSec", "",
		    "Timeout sec is not supported for a backend service with Serverless network endpoint groups.");
	if (without && !port_ok(c, doc, old, port_given))
		return false;
	if (with && !json_at(doc, "healthChecks.0"))
		return compute_invalid(c, "healthChecks", "", "At least one health check needs to be specified.");
	return true;
}

/* A group is named in full or from its project on, as the provider's own examples have it; shorter links are taken elsewhere, not here. */
static bool full_links(struct sim_call *c, const cJSON *body)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(body, "backends"))
		if (*json_str(b, "group", "") && !text_starts(json_str(b, "group", ""), "https://") &&
		    !text_starts(json_str(b, "group", ""), "projects/"))
			return compute_invalid(c, "backends[0].group", json_str(b, "group", ""), "The URL is malformed.");
	return true;
}

static bool compute_backend_services_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	bool global = !*sim_param(c, "region"), port_given = json_at(doc, "portName");
	const char *scheme = json_str(doc, "loadBalancingScheme", "EXTERNAL");
	if (!json_at(doc, "protocol"))
		json_put_str(doc, "protocol", !global && !strcmp(scheme, "INTERNAL") ? "TCP" : "HTTP");
	const char *protocol = json_str(doc, "protocol", "");
	/* The port is 80 whatever the protocol. */
	if (!json_at(doc, "portName") && strcmp(scheme, "INTERNAL"))
		json_put_str(doc, "portName", global && !strcmp(protocol, "HTTPS") ? "https" : "http");
	if (!json_at(doc, "port") && strcmp(scheme, "INTERNAL"))
		json_put_num(doc, "port", 80);
	bool stream = !strcmp(protocol, "SSL") || !strcmp(protocol, "TCP");
	if (global && (!strcmp(scheme, "EXTERNAL_MANAGED") || (!strcmp(scheme, "EXTERNAL") && stream)) &&
	    !json_at(doc, "enableCDN"))
		json_put_bool(doc, "enableCDN", false);
	if (json_bool(doc, "iap.enabled", false) && json_bool(doc, "enableCDN", false))
		return compute_invalid(c, "iap", "", "IAP and Cloud CDN cannot both be enabled on a backend service.");
	if ((*json_str(doc, "iap.oauth2ClientId", "") != 0) != (*json_str(doc, "iap.oauth2ClientSecret", "") != 0) && !old)
		return compute_invalid(c, "iap", "", "OAuth client ID and secret must be given together.");
	hide_secret(doc, old);
	return check_backends(c, doc, old, port_given);
}

static void service_insert(struct sim_call *c)
{
	if (full_links(c, c->body))
		compute_insert(c);
}

static void service_patch(struct sim_call *c)
{
	if (full_links(c, c->body))
		compute_patch(c);
}

static void service_update(struct sim_call *c)
{
	if (full_links(c, c->body))
		compute_update(c);
}

/* The reference alone; "" takes it away. */
static void compute_backend_services_set_policy(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	cJSON *doc = o ? json_make("{'securityPolicy':%s}", json_str(c->body, "securityPolicy", "")) : NULL;
	if (!o)
		return;
	bool none = !*json_str(doc, "securityPolicy", "");
	if (none ||
	    (compute_refers(c, &compute_backend_service_kind, doc) && compute_links(c, &compute_backend_service_kind, doc))) {
		json_drop(o->doc, "securityPolicy");
		if (!none)
			json_put_str(o->doc, "securityPolicy", json_str(doc, "securityPolicy", ""));
		compute_touch(c->sim, o->doc, "fingerprint");
		compute_begin(c, o, "setSecurityPolicy", sim_draw(c->sim, "compute.backendService.update"), true, NULL);
	}
	cJSON_Delete(doc);
}

/* Health. ---------------------------------------------------------------------------------------------------------------- */

static void get_health(struct sim_call *c)
{
	struct sim_object *o = compute_target(c), *group = o ? compute_find(c->sim, json_str(c->body, "group", "")) : NULL;
	if (!o)
		return;
	if (!group || !compute_holds(&compute_backend_service_kind, o->doc, json_str(group->doc, "selfLink", ""))) {
		compute_invalid(c, "group", json_str(c->body, "group", ""), "The group is no backend of this backend service.");
		return;
	}
	cJSON *reply = json_make("{'kind':'compute#backendServiceGroupHealth'}"), *list = cJSON_CreateArray();
	struct compute_endpoint ends[64];
	size_t n = compute_endpoints(c->sim, o, group, ends, sizeof ends / sizeof *ends);
	for (size_t i = 0; i < n; i++) {
		const char *state = sim_workloads(c->sim)->healthy(c->sim, o, &ends[i]) ? "HEALTHY" : "UNHEALTHY";
		cJSON *one = json_make("{'ipAddress':%s,'port':%d,'healthState':%s}", ends[i].address, ends[i].port, state);
		if (ends[i].vm)
			json_put_str(one, "instance", json_str(ends[i].vm->doc, "selfLink", ""));
		cJSON_AddItemToArray(list, one);
	}
	if (list->child)
		json_put(reply, "healthStatus", list);
	else
		cJSON_Delete(list);
	sim_ok(c, reply);
}

const struct compute_kind compute_backend_service_kind = {
    .plural = "backendServices",
    .resources = "backendServices regionBackendServices",
    .kind = "compute#backendService",
    .word = "backend_service",
    .flags = COMPUTE_FINGERPRINT,
    .links = "backends.*.group healthChecks.* network securityPolicy edgeSecurityPolicy",
    .used_by = "urlMaps forwardingRules",
    .output = "usedBy securityPolicy edgeSecurityPolicy",
    .defaults = "{'affinityCookieTtlSec':0,'connectionDraining':{'drainingTimeoutSec':0},'description':'','loadBalancingScheme'"
		":'EXTERNAL',"
		"'sessionAffinity':'NONE','timeoutSec':30}",
    .quota = "BACKEND_SERVICES",
    .insert = "compute.backendService.insert",
    .change = "compute.backendService.update",
    .remove = "compute.backendService.delete",
    .check = compute_backend_services_check,
};

#define SERVICES(r)                                                                                                            \
	COMPUTE_READS(r, r), {"compute." r ".insert", service_insert, "compute." r ".create", NULL},                           \
	    {"compute." r ".delete", compute_delete, "compute." r ".delete", NULL},                                            \
	    {"compute." r ".patch", service_patch, "compute." r ".update", NULL},                                              \
	    {"compute." r ".update", service_update, "compute." r ".update", NULL},                                            \
	    {"compute." r ".getHealth", get_health, "compute." r ".get", NULL}, COMPUTE_POLICIES(r)

static const struct sim_route routes[] = {
    SERVICES("backendServices"),
    {"compute.backendServices.aggregatedList", compute_aggregated, "compute.backendServices.list", NULL},
    {"compute.backendServices.setSecurityPolicy", compute_backend_services_set_policy,
     "compute.backendServices.setSecurityPolicy", NULL},
    SERVICES("regionBackendServices"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_backend_services, routes, NULL);
