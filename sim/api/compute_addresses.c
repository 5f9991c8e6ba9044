/* Reserved addresses, global and regional: external ones, internal ones of a subnet, and the ranges of private services access. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is(const cJSON *doc, const char *field, const char *value)
{
	return !strcmp(json_str(doc, field, ""), value);
}

/* A range of private services access. */
static bool check_range(struct sim_call *c, cJSON *doc)
{
	int bits = (int)json_num(doc, "prefixLength", 0);
	uint32_t base;
	char text[16];
	if (!*json_str(doc, "network", ""))
		return compute_required(c, "network");
	if (bits < 8 || bits > 29)
		return compute_invalid(c, "prefixLength", bits ? "out of range" : "", "Must be between 8 and 29, inclusive.");
	const char *path = compute_path(c->sim, c->project, json_str(doc, "network", ""));
	if (!json_at(doc, "address"))
		json_put_str(doc, "address", ip4_text(ip4_free_range(c->sim, path, bits).base, text));
	struct ip4_range r;
	const char *whole = sim_tmp("%s/%d", json_str(doc, "address", ""), bits);
	bool good = ip4_parse(json_str(doc, "address", ""), &base) && ip4_range_parse(whole, &r);
	if (!good)
		return compute_invalid(c, "address", json_str(doc, "address", ""),
				       "IP address is not the start of a range of this prefix length.");
	const char *other = path ? ip4_taken(c->sim, path, r, NULL) : NULL;
	return !other ||
	       compute_invalid(c, "address", whole,
			       sim_tmp("Requested range conflicts with other resources: '%s' of the network.", other));
}

/* The subnet of the same name and region in the default network is meant where none is named. */
static struct sim_object *subnet_of(struct sim_call *c, cJSON *doc)
{
	if (!json_at(doc, "subnetwork")) {
		const char *link = sim_tmp(COMPUTE_BASE "projects/%s/regions/%s/subnetworks/default", c->project,
					   sim_param(c, "region"));
		json_put_str(doc, "subnetwork", link);
	}
	return compute_find(c->sim, json_str(doc, "subnetwork", ""));
}

/* The first two and the last two addresses of a subnet are Google's; the others are reserved once. An address that a machine or a rule uses can be
 * kept, which is how it becomes static. */
static bool address_free(struct sim_call *c, const cJSON *doc, struct ip4_range subnet, uint32_t at)
{
	const char *prefix = sim_tmp("projects/%s/regions/%s/", c->project, sim_param(c, "region")),
		   *address = json_str(doc, "address", ""),
		   *path = compute_path(c->sim, c->project, json_str(doc, "subnetwork", ""));
	uint32_t last = subnet.base + (UINT32_C(1) << (32 - subnet.bits)) - 1;
	if (at <= subnet.base + 1 || at >= last - 1)
		return compute_invalid(c, "address", address, "Specified IP address is reserved by Google in the subnetwork.");
	for (struct sim_object *o = sim_first(c->sim, "compute.addresses", prefix); o; o = sim_following(c->sim, o, prefix)) {
		const char *its = compute_path(c->sim, c->project, json_str(o->doc, "subnetwork", ""));
		if (is(o->doc, "address", address) && path && its && !strcmp(its, path))
			return compute_invalid(c, "address", address, "Specified IP address is already reserved.");
	}
	return true;
}

static bool check_internal(struct sim_call *c, cJSON *doc)
{
	struct sim_object *subnet = subnet_of(c, doc);
	struct ip4_range r;
	uint32_t at;
	char text[16];
	if (!subnet || !ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &r))
		return compute_invalid(c, "subnetwork", json_str(doc, "subnetwork", ""),
				       "The referenced subnetwork resource cannot be found.");
	if (!json_at(doc, "address"))
		json_put_str(doc, "address", ip4_text(ip4_free_host(c->sim, c->project, r, 2), text));
	struct ip4_range host = {.bits = 32};
	if (!ip4_parse(json_str(doc, "address", ""), &at) || (host.base = at, !ip4_overlap(host, r)))
		return compute_invalid(c, "address", json_str(doc, "address", ""),
				       "Requested internal IP address is outside the network/subnetwork range.");
	if (!address_free(c, doc, r, at))
		return false;
	if (!json_at(doc, "purpose"))
		json_put_str(doc, "purpose", "GCE_ENDPOINT");
	return true;
}

static bool compute_addresses_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	char text[16];
	if (old)
		return true;
	bool global = !*sim_param(c, "region"), internal = is(doc, "addressType", "INTERNAL");
	json_put_str(doc, "status", "RESERVED");
	if (!internal) {
		if (json_at(doc, "subnetwork") || json_at(doc, "network"))
			return compute_invalid(c, "network", json_str(doc, "network", ""),
					       "External addresses are in no network.");
		uint64_t r = sim_random(c->sim);
		uint32_t base = global ? 34u << 24 | (96u + (uint32_t)(r % 64)) << 16
				       : 35u << 24 | (184u + (uint32_t)(r % 60)) << 16;
		json_put_str(doc, "address", ip4_text(base | (uint32_t)(r >> 20 & 0xffff), text));
		return compute_quota(c, "STATIC_ADDRESSES", sim_param(c, "region"), 1);
	}
	if (is(doc, "purpose", "VPC_PEERING") && !global)
		return compute_invalid(c, "purpose", "VPC_PEERING", "VPC_PEERING addresses must be global.");
	if (is(doc, "purpose", "PRIVATE_SERVICE_CONNECT") && global)
		return *json_str(doc, "network", "") || compute_required(c, "network");
	if (global && !is(doc, "purpose", "VPC_PEERING"))
		return compute_invalid(c, "purpose", json_str(doc, "purpose", ""),
				       "Global internal addresses need the purpose VPC_PEERING or PRIVATE_SERVICE_CONNECT.");
	return global ? check_range(c, doc) : check_internal(c, doc);
}

/* Who stands among the users holds it. */
static char *compute_addresses_held(struct sim *s, const struct sim_object *o)
{
	const char *user = json_str(o->doc, "users.0", NULL), *path = user ? compute_path(s, "-", user) : NULL;
	const char *router = path ? path : compute_router_using(s, o->key);
	return router ? xstrdup(router) : NULL;
}

void network_address_used(struct sim *s, const char *project, const char *address, const char *user, bool used)
{
	struct sim_object *a = compute_find(s, address);
	const char *prefix = sim_tmp("projects/%s/", project);
	for (struct sim_object *o = a ? NULL : sim_first(s, "compute.addresses", prefix); o && !a;
	     o = sim_following(s, o, prefix))
		if (is(o->doc, "address", address) && !is(o->doc, "purpose", "VPC_PEERING"))
			a = o;
	if (!a)
		return;
	cJSON *users = json_at(a->doc, "users"), *u;
	cJSON_ArrayForEach(u, users)
		if (!strcmp(u->valuestring, user)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(users, u));
			break;
		}
	if (used && !users)
		json_put(a->doc, "users", users = cJSON_CreateArray());
	if (used)
		cJSON_AddItemToArray(users, cJSON_CreateString(user));
	else if (users && !users->child)
		json_drop(a->doc, "users");
	json_put_str(a->doc, "status", json_at(a->doc, "users") ? "IN_USE" : "RESERVED");
}

const struct compute_kind compute_address_kind = {
    .plural = "addresses",
    .resources = "addresses globalAddresses",
    .kind = "compute#address",
    .word = "address",
    .flags = COMPUTE_LABELS,
    .links = "network subnetwork",
    .output = "status users address",
    .defaults = "{'addressType':'EXTERNAL','networkTier':'PREMIUM','description':''}",
    .insert = "compute.address.insert",
    .change = "compute.address.insert",
    .remove = "compute.address.delete",
    .check = compute_addresses_check,
    .held = compute_addresses_held,
};

/* Those of an internal address are others than those of an external one. */
static bool may(struct sim_call *c, const char *verb, const cJSON *address)
{
	const char *resources = strstr(c->id, "globalAddresses") ? "globalAddresses" : "addresses";
	const char *internal = strcmp(json_str(address, "addressType", ""), "INTERNAL") ? "" : "Internal";
	return compute_asks(c, sim_tmp("compute.%s.%s%s", resources, verb, internal), sim_tmp("projects/%s", c->project));
}

static void insert_address(struct sim_call *c)
{
	if (may(c, "create", c->body))
		compute_insert(c);
}

static void delete_address(struct sim_call *c)
{
	const struct sim_object *o = compute_target(c);
	if (o && may(c, "delete", o->doc))
		compute_delete(c);
}

#define ADDRESSES(r)                                                                                                           \
	COMPUTE_READS(r, r), {"compute." r ".insert", insert_address, NULL, NULL},                                             \
	{                                                                                                                      \
		"compute." r ".delete", delete_address, NULL, NULL                                                             \
	}

static const struct sim_route routes[] = {
    ADDRESSES("addresses"),
    {"compute.addresses.aggregatedList", compute_aggregated, "compute.addresses.list", NULL},
    {"compute.addresses.setLabels", compute_set_labels, "compute.addresses.setLabels", NULL},
    {"compute.addresses.testIamPermissions", compute_test_permissions, NULL, NULL},
    ADDRESSES("globalAddresses"),
    {"compute.globalAddresses.setLabels", compute_set_labels, "compute.globalAddresses.setLabels", NULL},
    {"compute.globalAddresses.testIamPermissions", compute_test_permissions, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_addresses, routes, NULL);
