/* Forwarding rules, global and regional: load balancers' addresses, and Private Service Connect's endpoints. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"
#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "443" and "443-443" are the same. */
static bool settle_ports(struct sim_call *c, cJSON *doc)
{
	const char *range = json_str(doc, "portRange", "");
	int low = 0, high = 0, used = 0;
	char text[24];
	if (!*range)
		return true;
	if (sscanf(range, "%d-%d%n", &low, &high, &used) != 2 || range[used]) {
		used = 0;
		if (sscanf(range, "%d%n", &low, &used) != 1 || range[used])
			return compute_invalid(c, "portRange", range, "Must be a port or a range of ports.");
		high = low;
	}
	if (low < 1 || high > 65535 || high < low)
		return compute_invalid(c, "portRange", range, "Must be a port or a range of ports.");
	snprintf(text, sizeof text, "%d-%d", low, high);
	json_put_str(doc, "portRange", text);
	return true;
}

/* The address behind a link or a name of one's own; a new one where none was asked for. */
static bool settle_address(struct sim_call *c, cJSON *doc)
{
	const char *asked = json_str(doc, "IPAddress", "");
	uint32_t ip;
	char text[16];
	if (!*asked) {
		struct sim_object *subnet = compute_find(c->sim, json_str(doc, "subnetwork", ""));
		struct ip4_range r;
		uint64_t n = sim_random(c->sim);
		if (text_starts(json_str(doc, "loadBalancingScheme", ""), "INTERNAL") && subnet &&
		    ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &r))
			ip = ip4_free_host(c->sim, c->project, r, 2);
		else
			ip = 34u << 24 | (96u + (uint32_t)(n % 64)) << 16 | (uint32_t)(n >> 20 & 0xffff);
		json_put_str(doc, "IPAddress", ip4_text(ip, text));
		return true;
	}
	if (ip4_parse(asked, &ip) || strchr(asked, ':') == asked + 4)
		return true;
	const char *path = compute_path(c->sim, c->project, asked);
	if (!path)
		return compute_invalid(c, "IPAddress", asked,
				       "Must be a literal IP address or URL referencing an Address resource.");
	struct sim_object *a = compute_find(c->sim, path);
	bool good = a != NULL;
	const char *use = strstr(path, "/global/") ? "compute.globalAddresses.use" : "compute.addresses.use";
	if (a && (!compute_asks(c, use, a->key) || compute_busy(c, a)))
		good = false;
	else if (a)
		json_put_str(doc, "IPAddress", json_str(a->doc, "address", ""));
	else
		compute_invalid(c, "IPAddress", asked, "The referenced address resource cannot be found.");
	return good;
}

/* One address and port can be one rule's only. */
static bool free_of_conflict(struct sim_call *c, const cJSON *doc)
{
	const char *prefix = sim_tmp("projects/%s/", c->project);
	bool clash = false;
	for (struct sim_object *o = sim_first(c->sim, "compute.forwardingRules", prefix); o && !clash;
	     o = sim_following(c->sim, o, prefix))
		clash = !strcmp(json_str(o->doc, "IPAddress", ""), json_str(doc, "IPAddress", "-")) &&
			!strcmp(json_str(o->doc, "portRange", ""), json_str(doc, "portRange", "")) &&
			!strcmp(json_str(o->doc, "IPProtocol", ""), json_str(doc, "IPProtocol", ""));
	return !clash || compute_invalid(c, "IPAddress", json_str(doc, "IPAddress", ""),
					 "Specified IP address is in-use and would result in a conflict.");
}

bool compute_is_bundle(const char *target)
{
	return !strcmp(target, "all-apis") || !strcmp(target, "vpc-sc");
}

static bool bundle(const cJSON *doc)
{
	return compute_is_bundle(json_str(doc, "target", ""));
}

/* An endpoint for Google's APIs is global, has a short name without dashes, and a network and a reserved address that is meant for it. */
static bool bundle_ok(struct sim_call *c, const cJSON *doc)
{
	const char *name = json_str(doc, "name", ""), *ip = json_str(doc, "IPAddress", ""),
		   *target = json_str(doc, "target", "");
	if (*sim_param(c, "region"))
		return compute_invalid(c, "target", target,
				       "Google APIs bundles can only be used with global forwarding rules.");
	if (strlen(name) > 20 || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789")])
		return compute_invalid(
		    c, "name", name,
		    "Forwarding rule name must be 1-20 characters long, with lowercase letters and numbers, and "
		    "start with a letter for Private Service Connect for Google APIs.");
	if (!*json_str(doc, "network", ""))
		return compute_required(c, "network");
	if (!*ip)
		return compute_required(c, "IPAddress");
	const char *path = compute_path(c->sim, c->project, ip);
	const struct sim_object *a = path ? compute_find(c->sim, path) : NULL;
	return !a || !strcmp(json_str(a->doc, "purpose", ""), "PRIVATE_SERVICE_CONNECT") ||
	       compute_invalid(c, "IPAddress", ip, "The address must have the purpose PRIVATE_SERVICE_CONNECT.");
}

static bool private_endpoint(const cJSON *doc)
{
	return strstr(json_str(doc, "target", ""), "/serviceAttachments/") != NULL;
}

/* The service attachment must be there, in this region, and the endpoint needs a network and an internal address of its own. */
static bool attachment_ok(struct sim_call *c, const cJSON *doc)
{
	const char *target = json_str(doc, "target", "");
	if (!private_endpoint(doc))
		return true;
	const struct sim_object *o = sql_behind(c->sim, target);
	if (!o)
		return compute_invalid(c, "target", target, "The referenced service attachment cannot be found.");
	if (strcmp(json_str(o->doc, "region", ""), sim_param(c, "region")))
		return compute_invalid(c, "target", target,
				       "The service attachment must be in the same region as the forwarding rule.");
	if (!*json_str(doc, "IPAddress", ""))
		return compute_required(c, "IPAddress");
	return *json_str(doc, "network", "") || compute_required(c, "network");
}

/* Does the producer let our project in? Others wait until it does. */
static bool accepted(struct sim_call *c, const cJSON *doc)
{
	const struct sim_object *o = private_endpoint(doc) ? sql_behind(c->sim, json_str(doc, "target", "")) : NULL;
	const cJSON *p;
	if (!o)
		return true;
	cJSON_ArrayForEach(p, json_at(o->doc, "settings.ipConfiguration.pscConfig.allowedConsumerProjects"))
		if (!strcmp(p->valuestring, c->project) || !strcmp(p->valuestring, sim_project_number(c->sim, c->project)))
			return true;
	return false;
}

/* What organizations forbid of load balancers' front ends and of endpoints in front of others' services. */
static bool allowed(struct sim_call *c, const cJSON *doc)
{
	const char *scheme = json_str(doc, "loadBalancingScheme", "EXTERNAL"), *target = json_str(doc, "target", "");
	bool world = !*sim_param(c, "region"), http = strstr(target, "/targetHttp") != NULL;
	const char *constraint = NULL,
		   *kind = !http ? scheme
			   : !strcmp(scheme, "EXTERNAL_MANAGED")
			       ? world ? "GLOBAL_EXTERNAL_MANAGED_HTTP_HTTPS" : "EXTERNAL_MANAGED_HTTP_HTTPS"
			   : !strcmp(scheme, "EXTERNAL") ? "EXTERNAL_HTTP_HTTPS"
							 : "INTERNAL_HTTP_HTTPS";
	if (private_endpoint(doc)) {
		if (sim_constraint(c->sim, c->project, "compute.disablePrivateServiceConnectCreationForConsumers",
				   "SERVICE_PRODUCERS"))
			constraint = "compute.disablePrivateServiceConnectCreationForConsumers";
		else if (sim_constraint(c->sim, c->project, "compute.restrictPrivateServiceConnectProducer",
					"under:organizations/433637338589"))
			constraint = "compute.restrictPrivateServiceConnectProducer";
	} else if (http && world && sim_constraint(c->sim, c->project, "compute.disableGlobalLoadBalancing", NULL))
		constraint = "compute.disableGlobalLoadBalancing";
	else if (http && sim_constraint(c->sim, c->project, "compute.restrictLoadBalancerCreationForTypes", kind))
		constraint = "compute.restrictLoadBalancerCreationForTypes";
	if (!constraint)
		return true;
	sim_fail_with(
	    c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
	    "Constraint constraints/%s violated for projects/%s. Forwarding Rule projects/%s/%s%s/forwardingRules/%s of "
	    "type %s is not allowed.",
	    constraint, c->project, c->project, world ? "global" : "regions/", sim_param(c, "region"),
	    json_str(doc, "name", ""), private_endpoint(doc) ? "PRIVATE_SERVICE_CONNECT" : kind);
	return false;
}

static bool compute_forwarding_rules_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	char id[24];
	if (old)
		return true;
	bool psc = private_endpoint(doc) || bundle(doc);
	if (!json_at(doc, "target") && !json_at(doc, "backendService"))
		return compute_required(c, "target");
	if ((bundle(doc) && !bundle_ok(c, doc)) || (psc && !attachment_ok(c, doc)) || !allowed(c, doc))
		return false;
	if (psc) {
		if (*json_str(doc, "loadBalancingScheme", ""))
			return compute_invalid(
			    c, "loadBalancingScheme", json_str(doc, "loadBalancingScheme", ""),
			    "Load balancing scheme must be empty for a Private Service Connect forwarding rule.");
		snprintf(id, sizeof id, "%lld", sim_serial(c->sim));
		json_put_str(doc, "pscConnectionId", id);
		json_put_str(doc, "pscConnectionStatus", accepted(c, doc) ? "ACCEPTED" : "PENDING");
		json_drop(doc, "loadBalancingScheme");
		if (private_endpoint(doc))
			json_put(doc, "serviceDirectoryRegistrations", json_make("[{'namespace':'goog-psc-default'}]"));
		else
			json_drop(doc, "networkTier");
	} else {
		if (!json_at(doc, "loadBalancingScheme"))
			json_put_str(doc, "loadBalancingScheme", "EXTERNAL");
		if (!json_at(doc, "IPProtocol"))
			json_put_str(doc, "IPProtocol", "TCP");
		const char *target = json_str(doc, "target", "");
		bool proxy = strstr(target, "/targetHttpProxies/") || strstr(target, "/targetHttpsProxies/");
		if (proxy && !json_at(doc, "portRange"))
			return compute_required(c, "portRange");
		if (text_starts(json_str(doc, "loadBalancingScheme", ""), "INTERNAL") && !json_at(doc, "network")) {
			const char *network = sim_tmp(COMPUTE_BASE "projects/%s/global/networks/default", c->project);
			json_put_str(doc, "network", network);
		}
	}
	return settle_ports(c, doc) && settle_address(c, doc) && free_of_conflict(c, doc);
}

static void compute_forwarding_rules_stored(struct sim *s, struct sim_object *o)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(o->key + 9, "/"), o->key + 9);
	network_address_used(s, project, json_str(o->doc, "IPAddress", ""), json_str(o->doc, "selfLink", ""), true);
	compute_count_rules(s, json_str(o->doc, "target", ""));
}

static void compute_forwarding_rules_removed(struct sim *s, const struct sim_object *o)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(o->key + 9, "/"), o->key + 9);
	network_address_used(s, project, json_str(o->doc, "IPAddress", ""), json_str(o->doc, "selfLink", ""), false);
	const char *target = sim_tmp("%s", json_str(o->doc, "target", ""));
	json_drop(o->doc, "target");
	compute_count_rules(s, target);
}

static void set_target(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o || !compute_refers(c, &compute_forwarding_rule_kind, c->body))
		return;
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	json_put_str(doc, "target", json_str(c->body, "target", ""));
	if (!compute_links(c, &compute_forwarding_rule_kind, doc)) {
		cJSON_Delete(doc);
		return;
	}
	compute_touch(c->sim, doc, "fingerprint");
	const char *before = sim_tmp("%s", json_str(o->doc, "target", ""));
	cJSON_Delete(o->doc);
	o->doc = doc;
	compute_count_rules(c->sim, before);
	compute_count_rules(c->sim, json_str(o->doc, "target", ""));
	compute_begin(c, o, "SetTarget", sim_draw(c->sim, "compute.forwardingRule.setTarget"), true, NULL);
}

const struct compute_kind compute_forwarding_rule_kind = {
    .plural = "forwardingRules",
    .resources = "forwardingRules globalForwardingRules",
    .kind = "compute#forwardingRule",
    .word = "forwarding_rule",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_LABELS,
    .links = "target backendService network subnetwork",
    .output = "IPAddress pscConnectionId pscConnectionStatus",
    .defaults = "{'networkTier':'PREMIUM'}",
    .quota = "FORWARDING_RULES",
    .insert = "compute.forwardingRule.insert",
    .change = "compute.default.update",
    .remove = "compute.forwardingRule.delete",
    .check = compute_forwarding_rules_check,
    .stored = compute_forwarding_rules_stored,
    .removed = compute_forwarding_rules_removed,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("forwardingRules", "forwardingRules"),
    {"compute.forwardingRules.aggregatedList", compute_aggregated, "compute.forwardingRules.list", NULL},
    {"compute.forwardingRules.patch", compute_patch, "compute.forwardingRules.update", NULL},
    {"compute.forwardingRules.setLabels", compute_set_labels, "compute.forwardingRules.setLabels", NULL},
    {"compute.forwardingRules.setTarget", set_target, "compute.forwardingRules.setTarget", NULL},
    COMPUTE_BASICS("globalForwardingRules", "globalForwardingRules"),
    {"compute.globalForwardingRules.patch", compute_patch, "compute.globalForwardingRules.update", NULL},
    {"compute.globalForwardingRules.setLabels", compute_set_labels, "compute.globalForwardingRules.setLabels", NULL},
    {"compute.globalForwardingRules.setTarget", set_target, "compute.globalForwardingRules.setTarget", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_forwarding_rules, routes, NULL);
