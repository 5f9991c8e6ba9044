/* Cloud Routers and the Cloud NATs in them. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool check_nat(struct sim_call *c, cJSON *nat)
{
	const char *how = json_str(nat, "natIpAllocateOption", ""), *what = json_str(nat, "sourceSubnetworkIpRangesToNat", "");
	bool private = !strcmp(json_str(nat, "type", "PUBLIC"), "PRIVATE");
	if (!*json_str(nat, "name", ""))
		return compute_required(c, "nats[0].name");
	if (!*how && !private)
		return compute_required(c, "nats[0].natIpAllocateOption");
	if (!*what)
		return compute_required(c, "nats[0].sourceSubnetworkIpRangesToNat");
	if (!strcmp(how, "MANUAL_ONLY") && !json_at(nat, "natIps.0"))
		return compute_invalid(c, "nats[0].natIps", "", "At least one NAT IP must be given with MANUAL_ONLY.");
	if (!strcmp(what, "LIST_OF_SUBNETWORKS") && !json_at(nat, "subnetworks.0"))
		return compute_invalid(c, "nats[0].subnetworks", "",
				       "At least one subnetwork must be given with LIST_OF_SUBNETWORKS.");
	cJSON *defaults = json_make(
	    "{'type':'PUBLIC','enableEndpointIndependentMapping':false,'endpointTypes':['ENDPOINT_TYPE_VM']}");
	if (!private)
		json_put_str(defaults, "autoNetworkTier", "PREMIUM");
	sim_fill(nat, defaults);
	cJSON_Delete(defaults);
	return true;
}

static bool shares(const cJSON *a, const cJSON *b)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, a)
		if (json_lists(b, cJSON_IsString(one) ? one->valuestring : "-"))
			return true;
	return false;
}

/* Two NATs may share a subnet whose ranges they share not: one has the primary range, the others secondary ones. */
static bool same_ranges(const cJSON *a, const cJSON *b)
{
	static const char field[] = "sourceIpRangesToNat";
	const cJSON *of_a = json_at(a, field), *of_b = json_at(b, field);
	if (!json_at(a, "sourceIpRangesToNat.0") || !json_at(b, "sourceIpRangesToNat.0") || json_lists(of_a, "ALL_IP_RANGES") ||
	    json_lists(of_b, "ALL_IP_RANGES") || (json_lists(of_a, "PRIMARY_IP_RANGE") && json_lists(of_b, "PRIMARY_IP_RANGE")))
		return true;
	return shares(json_at(a, "secondaryIpRangeNames"), json_at(b, "secondaryIpRangeNames"));
}

static bool lists(const cJSON *nat, const cJSON *subnet)
{
	const cJSON *one;
	const char *path = strstr(json_str(subnet, "name", ""), "projects/");
	cJSON_ArrayForEach(one, json_at(nat, "subnetworks")) {
		const char *other = strstr(json_str(one, "name", ""), "projects/");
		if (path && other && !strcmp(path, other) && same_ranges(subnet, one))
			return true;
	}
	return false;
}

/* Do two public NATs of a network and region serve the same subnet for the same kind of end? One for all subnets bears no other beside it. */
static bool clash(const cJSON *a, const cJSON *b)
{
	const cJSON *one;
	if (!strcmp(json_str(a, "type", "PUBLIC"), "PRIVATE") || !strcmp(json_str(b, "type", "PUBLIC"), "PRIVATE"))
		return false;
	if (json_at(a, "endpointTypes.0") && json_at(b, "endpointTypes.0") &&
	    !shares(json_at(a, "endpointTypes"), json_at(b, "endpointTypes")))
		return false;
	if (strcmp(json_str(a, "sourceSubnetworkIpRangesToNat", ""), "LIST_OF_SUBNETWORKS") ||
	    strcmp(json_str(b, "sourceSubnetworkIpRangesToNat", ""), "LIST_OF_SUBNETWORKS"))
		return true;
	cJSON_ArrayForEach(one, json_at(a, "subnetworks"))
		if (lists(b, one))
			return true;
	return false;
}

static bool nat_refused(struct sim_call *c, const cJSON *nat, const cJSON *other, const cJSON *router)
{
	return compute_invalid(c, "nats[0].sourceSubnetworkIpRangesToNat", json_str(nat, "sourceSubnetworkIpRangesToNat", ""),
			       sim_tmp("A subnetwork is already served by NAT '%s' of router '%s'.",
				       json_str(other, "name", ""), json_str(router, "name", "")));
}

/* Another router of the network and region whose NAT serves what this one's would. */
static bool nat_free(struct sim_call *c, const cJSON *doc, const cJSON *nat)
{
	const char *prefix = sim_tmp("projects/%s/regions/%s/routers/", c->project, sim_param(c, "region"));
	const char *path = compute_path(c->sim, c->project, json_str(doc, "network", ""));
	const cJSON *other;
	for (struct sim_object *o = sim_first(c->sim, "compute.routers", prefix); o; o = sim_following(c->sim, o, prefix)) {
		const char *of = compute_path(c->sim, c->project, json_str(o->doc, "network", ""));
		if (!path || !of || strcmp(of, path) || !strcmp(json_str(o->doc, "name", ""), json_str(doc, "name", "")))
			continue;
		cJSON_ArrayForEach(other, json_at(o->doc, "nats"))
			if (clash(nat, other))
				return nat_refused(c, nat, other, o->doc);
	}
	return true;
}

/* May these subnetworks be let out? One for all of a network stands for each of them in the region. */
static bool nat_allowed(struct sim_call *c, const cJSON *nat)
{
	static const cJSON all = {.type = cJSON_Object};
	const cJSON *subnets = json_at(nat, "subnetworks"), *s = subnets ? subnets->child : &all;
	for (; s; s = s->next) {
		const char *given = json_str(s, "name", ""), *path = compute_path(c->sim, c->project, given);
		const char *name = *given ? (path ? path : given)
					  : sim_tmp("projects/%s/regions/%s/subnetworks/-", c->project, sim_param(c, "region"));
		if (!sim_constraint(c->sim, c->project, "compute.restrictCloudNATUsage", name))
			continue;
		sim_fail_with(
		    c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
		    "Constraint constraints/compute.restrictCloudNATUsage violated for projects/%s. %s is not allowed "
		    "to use Cloud NAT.",
		    c->project, name);
		return false;
	}
	return true;
}

static bool compute_routers_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	cJSON *nat;
	if (!*json_str(doc, "network", ""))
		return compute_required(c, "network");
	cJSON_ArrayForEach(nat, json_at(doc, "nats")) {
		if (!check_nat(c, nat) || !nat_free(c, doc, nat) || !nat_allowed(c, nat))
			return false;
		for (const cJSON *other = json_at(doc, "nats.0"); other != nat; other = other->next) {
			if (!strcmp(json_str(other, "name", ""), json_str(nat, "name", "-")))
				return compute_invalid(c, "nats[1].name", json_str(nat, "name", ""),
						       "NAT names must be unique in a router.");
			if (clash(nat, other))
				return nat_refused(c, nat, other, doc);
		}
	}
	if (json_at(doc, "nats") && !json_at(doc, "nats.0"))
		json_drop(doc, "nats");
	return true;
}

const char *compute_router_using(struct sim *s, const char *address)
{
	const cJSON *nat, *ip;
	const char *below = sim_tmp("projects/%.*s/", (int)strcspn(address + strlen("projects/"), "/"),
				    address + strlen("projects/"));
	for (struct sim_object *o = sim_first(s, "compute.routers", below); o; o = sim_following(s, o, below))
		cJSON_ArrayForEach(nat, json_at(o->doc, "nats"))
			cJSON_ArrayForEach(ip, json_at(nat, "natIps")) {
				const char *path = cJSON_IsString(ip) ? compute_path(s, "-", ip->valuestring) : NULL;
				if (path && !strcmp(path, address))
					return sim_tmp("%s", o->key);
			}
	return NULL;
}

static void compute_routers_status(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	if (!o)
		return;
	cJSON *reply = json_make("{'kind':'compute#routerStatusResponse','result':{'network':%s}}",
				 json_str(o->doc, "network", ""));
	const cJSON *nat;
	cJSON_ArrayForEach(nat, json_at(o->doc, "nats")) {
		if (!json_at(reply, "result.natStatus"))
			json_put(reply, "result.natStatus", cJSON_CreateArray());
		cJSON *n = json_make("{'name':%s,'minExtraNatIpsNeeded':0,'numVmEndpointsWithNatMappings':0}",
				     json_str(nat, "name", ""));
		cJSON_AddItemToArray(json_at(reply, "result.natStatus"), n);
	}
	sim_ok(c, reply);
}

const struct compute_kind compute_router_kind = {
    .plural = "routers",
    .resources = "routers",
    .kind = "compute#router",
    .word = "router",
    .links = "network nats.*.natIps.* nats.*.subnetworks.*.name",
    .defaults = "{'encryptedInterconnectRouter':false}",
    .quota = "ROUTERS",
    .insert = "compute.router.insert",
    .change = "compute.router.update",
    .remove = "compute.router.delete",
    .check = compute_routers_check,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("routers", "routers"),
    {"compute.routers.aggregatedList", compute_aggregated, "compute.routers.list", NULL},
    {"compute.routers.patch", compute_patch, "compute.routers.update", NULL},
    {"compute.routers.update", compute_update, "compute.routers.update", NULL},
    {"compute.routers.getRouterStatus", compute_routers_status, "compute.routers.get", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_routers, routes, NULL);
