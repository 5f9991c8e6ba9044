/* Subnetworks, and the addresses that Cloud Run's direct VPC egress keeps in them. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Another subnet of the network that the range touches. */
static const struct sim_object *conflict(struct sim *s, const char *project, const cJSON *doc, struct ip4_range r)
{
	const char *prefix = sim_tmp("projects/%s/regions/", project);
	const struct sim_object *found = NULL;
	for (struct sim_object *o = sim_first(s, "compute.subnetworks", prefix); o && !found; o = sim_following(s, o, prefix)) {
		struct ip4_range other;
		if (!strcmp(json_str(o->doc, "network", ""), json_str(doc, "network", "")) &&
		    strcmp(json_str(o->doc, "selfLink", ""), json_str(doc, "selfLink", "-")) &&
		    ip4_range_parse(json_str(o->doc, "ipCidrRange", ""), &other) && ip4_overlap(r, other))
			found = o;
	}
	return found;
}

/* A subnet that is kept for load balancers' proxies: one at work in each region of a network, one behind it, and nothing that machines want. */
static bool proxies_ok(struct sim_call *c, const cJSON *doc, struct ip4_range r)
{
	const char *purpose = json_str(doc, "purpose", ""), *role = json_str(doc, "role", "");
	const char *prefix = sim_tmp("projects/%s/regions/%s/", c->project, sim_param(c, "region"));
	const char *set = json_bool(doc, "logConfig.enable", false)        ? "logConfig"
			  : json_bool(doc, "privateIpGoogleAccess", false) ? "privateIpGoogleAccess"
			  : json_at(doc, "secondaryIpRanges.0")            ? "secondaryIpRanges"
									   : NULL;
	if (!text_ends(purpose, "_MANAGED_PROXY"))
		return true;
	if (!*role)
		return compute_invalid(c, "role", "UNSPECIFIED_ROLE",
				       sim_tmp("Subnetwork role must be specified when purpose set to %s.", purpose));
	if (set)
		return compute_invalid(c, set, cJSON_IsBool(json_at(doc, set)) ? "true" : "",
				       sim_tmp("Invalid field set in subnetwork with purpose %s.", purpose));
	if (r.bits > 26)
		return compute_invalid(c, "ipCidrRange", json_str(doc, "ipCidrRange", ""),
				       "The range of a proxy-only subnetwork must be /26 or larger.");
	for (struct sim_object *o = sim_first(c->sim, "compute.subnetworks", prefix); o; o = sim_following(c->sim, o, prefix)) {
		static const char *const same[] = {"network", "purpose", "role"};
		size_t alike = 0;
		while (alike < 3 && !strcmp(json_str(o->doc, same[alike], ""), json_str(doc, same[alike], "-")))
			alike++;
		if (alike == 3 && strcmp(json_str(o->doc, "selfLink", ""), json_str(doc, "selfLink", "-")))
			return compute_invalid(c, "role", role,
					       sim_tmp("Network already has a subnetwork with purpose %s and role %s in this "
						       "region: '%s'.",
						       purpose, role, json_str(o->doc, "name", "")));
	}
	return true;
}

/* Has it the flow logs that the organization wants? They are told by how much they sample. */
static bool logged(struct sim_call *c, const cJSON *doc)
{
	double sampling = json_num(doc, "logConfig.flowSampling", 0.5);
	const char *much = !json_bool(doc, "logConfig.enable", false) ? "NONE"
			   : sampling >= 1                            ? "COMPREHENSIVE"
			   : sampling >= 0.5                          ? "LIGHT"
								      : "ESSENTIAL";
	if (text_ends(json_str(doc, "purpose", ""), "_MANAGED_PROXY") ||
	    !sim_constraint(c->sim, c->project, "compute.requireVpcFlowLogs", much))
		return true;
	sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
		      "Constraint constraints/compute.requireVpcFlowLogs violated for project %s.", c->project);
	return false;
}

static bool compute_subnetworks_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	struct ip4_range r;
	const char *range = json_str(doc, "ipCidrRange", "");
	if (!*json_str(doc, "network", ""))
		return compute_required(c, "network");
	if (!*range && *json_str(doc, "reservedInternalRange", "")) {
		/* The internal range is of another API; any free one stands for it. */
		char base[16];
		const char *path = compute_path(c->sim, c->project, json_str(doc, "network", ""));
		struct ip4_range found = ip4_free_range(c->sim, path ? path : "", 24);
		json_put_str(doc, "ipCidrRange", sim_tmp("%s/24", ip4_text(found.base, base)));
		const char *name = json_str(doc, "reservedInternalRange", ""), *from = strstr(name, "projects/");
		if (from)
			json_put_str(doc, "reservedInternalRange",
				     sim_tmp("https://networkconnectivity.googleapis.com/v1/%s", sim_tmp("%s", from)));
		range = json_str(doc, "ipCidrRange", "");
	}
	if (!*range)
		return compute_required(c, "ipCidrRange");
	if (!ip4_range_parse(range, &r) || r.bits < 4 || r.bits > 29)
		return compute_invalid(c, "ipCidrRange", range, "Must be a CIDR address range.");
	if (!proxies_ok(c, doc, r) || (!old && !logged(c, doc)))
		return false;
	const struct sim_object *other = old ? NULL : conflict(c->sim, c->project, doc, r);
	if (other) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid IPCidrRange: %s conflicts with existing subnetwork '%s' in region '%s'.", range,
			 json_str(other->doc, "name", ""), strrchr(json_str(other->doc, "region", "/"), '/') + 1);
		return false;
	}
	const char *path = compute_path(c->sim, c->project, json_str(doc, "network", ""));
	const char *taker = path && !old ? ip4_taken(c->sim, path, r, json_str(doc, "selfLink", NULL)) : NULL;
	if (taker) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid IPCidrRange: %s conflicts with '%s', which the network or a peer has allocated.", range,
			 taker);
		return false;
	}
	char gateway[16];
	json_put_str(doc, "gatewayAddress", ip4_text(r.base + 1, gateway));
	if (json_at(doc, "logConfig.enable"))
		json_put_bool(doc, "enableFlowLogs", json_bool(doc, "logConfig.enable", false));
	return true;
}

/* The network lists its subnets. */
static void compute_subnetworks_stored(struct sim *s, struct sim_object *o)
{
	struct sim_object *network = compute_find(s, json_str(o->doc, "network", ""));
	const char *link = json_str(o->doc, "selfLink", "");
	cJSON *list = network ? json_at(network->doc, "subnetworks") : NULL, *item;
	if (network && !list)
		json_put(network->doc, "subnetworks", list = cJSON_CreateArray());
	cJSON_ArrayForEach(item, list)
		if (!strcmp(item->valuestring, link))
			return;
	if (!list)
		return;
	cJSON_AddItemToArray(list, cJSON_CreateString(link));
	network_route(s, network->key, json_str(o->doc, "ipCidrRange", ""), NULL);
}

static void compute_subnetworks_removed(struct sim *s, const struct sim_object *o)
{
	struct sim_object *network = compute_find(s, json_str(o->doc, "network", ""));
	cJSON *list = network ? json_at(network->doc, "subnetworks") : NULL, *item;
	cJSON_ArrayForEach(item, list)
		if (!strcmp(item->valuestring, json_str(o->doc, "selfLink", ""))) {
			cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
			break;
		}
	if (list && !list->child)
		json_drop(network->doc, "subnetworks");
	if (network)
		network_route_drop(s, network->key, json_str(o->doc, "ipCidrRange", ""), NULL);
}

static void set_google_access(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	json_put_bool(o->doc, "privateIpGoogleAccess", json_bool(c->body, "privateIpGoogleAccess", false));
	compute_touch(c->sim, o->doc, "fingerprint");
	compute_begin(c, o, "setPrivateIpGoogleAccess", sim_draw(c->sim, "compute.subnetwork.update"), true, NULL);
}

static void compute_subnetworks_expand(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	struct ip4_range now, wider;
	const char *range = json_str(c->body, "ipCidrRange", "");
	if (!o)
		return;
	if (!ip4_range_parse(json_str(o->doc, "ipCidrRange", ""), &now) || !ip4_range_parse(range, &wider) ||
	    wider.bits >= now.bits || !ip4_overlap(now, wider)) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid value for field 'ipCidrRange': '%s'. New range must be a superset of the existing range.",
			 range);
		return;
	}
	const struct sim_object *other = conflict(c->sim, c->project, o->doc, wider);
	if (other) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid IPCidrRange: %s conflicts with existing subnetwork '%s' in region '%s'.", range,
			 json_str(other->doc, "name", ""), strrchr(json_str(other->doc, "region", "/"), '/') + 1);
		return;
	}
	json_put_str(o->doc, "ipCidrRange", range);
	compute_touch(c->sim, o->doc, "fingerprint");
	compute_begin(c, o, "expandIpCidrRange", sim_draw(c->sim, "compute.subnetwork.update"), true, NULL);
}

/* A patch names the subnet by its fingerprint. */
static void compute_subnetworks_usable(struct sim_call *c)
{
	cJSON *items = cJSON_CreateArray();
	const char *prefix = sim_tmp("projects/%s/regions/", c->project);
	for (struct sim_object *o = sim_first(c->sim, "compute.subnetworks", prefix); o; o = sim_following(c->sim, o, prefix))
		cJSON_AddItemToArray(items,
				     json_make("{'subnetwork':%s,'network':%s,'ipCidrRange':%s,'stackType':%s,'purpose':%s}",
					       json_str(o->doc, "selfLink", ""), json_str(o->doc, "network", ""),
					       json_str(o->doc, "ipCidrRange", ""), json_str(o->doc, "stackType", "IPV4_ONLY"),
					       json_str(o->doc, "purpose", "PRIVATE")));
	const char *id = sim_tmp("projects/%s/aggregated/subnetworks/listUsable", c->project), *link = compute_link(id);
	sim_ok(c, json_make("{'kind':'compute#usableSubnetworksAggregatedList','id':%s,'selfLink':%s,'items':%j}", id, link,
			    items));
}

/* Cloud Run's addresses. ------------------------------------------------------------------------------------------------- */
static char *hold_key(const char *holder, const char *subnet)
{
	return xasprintf("%s %s", holder, subnet);
}

void sim_vpc_hold(struct sim *s, const char *project, const char *region, const char *subnetwork, const char *holder)
{
	const char *scope = sim_tmp("projects/%s/regions/%s/", project, region);
	const char *given = strchr(subnetwork, '/') ? compute_path(s, project, subnetwork)
						    : sim_tmp("%ssubnetworks/%s", scope, subnetwork);
	struct sim_object *subnet = given ? sim_get(s, "compute.subnetworks", given) : NULL;
	char *key = hold_key(holder, given ? given : ""), ip[16];
	struct ip4_range r;
	if (subnet && !sim_get(s, "compute.holds", key) && ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &r)) {
		const char *name = sim_tmp("serverless-ipv4-%lld", sim_serial(s));
		r.bits = r.bits > 28 ? r.bits : 28;
		ip4_text(ip4_free_host(s, project, r, 4), ip);
		struct sim_object *a = compute_store(s, &compute_address_kind, scope,
						     json_make("{'name':%s,'address':%s,'addressType':'INTERNAL','purpose':'"
							       "SERVERLESS','status':'IN_USE','networkTier':'PREMIUM',"
							       "'subnetwork':%s,'prefixLength':28,'description':''}",
							       name, ip, json_str(subnet->doc, "selfLink", "")));
		sim_put(s, "compute.holds", key, json_make("{'address':%s}", a->key));
	}
	free(key);
}

static void let_go(struct sim *s, const cJSON *arg)
{
	struct sim_object *a = sim_get(s, "compute.addresses", json_str(arg, "address", ""));
	if (a)
		sim_remove(s, a);
}

void sim_vpc_release(struct sim *s, const char *holder)
{
	char *prefix = hold_key(holder, "");
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, "compute.holds", prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		sim_after(s, sim_draw(s, "lag.vpc.egress"), let_go, cJSON_Duplicate(o->doc, true));
		sim_remove(s, o);
	}
	free(prefix);
}

/* The nodes of a cluster and a connector hold it too. */
static char *compute_subnetworks_held(struct sim *s, const struct sim_object *o)
{
	char *user = network_manager_in(s, json_str(o->doc, "selfLink", ""));
	return user ? user : network_connector_in(s, o->key);
}

const struct compute_kind compute_subnetwork_kind = {
    .plural = "subnetworks",
    .resources = "subnetworks",
    .kind = "compute#subnetwork",
    .word = "subnetwork",
    .flags = COMPUTE_FINGERPRINT | COMPUTE_NEEDS_FINGERPRINT | COMPUTE_LATE,
    .links = "network",
    .used_by = "addresses instances forwardingRules networkEndpointGroups",
    .output = "gatewayAddress ipv6CidrRange",
    .defaults = "{'privateIpGoogleAccess':false,'privateIpv6GoogleAccess':'DISABLE_GOOGLE_ACCESS','purpose':'PRIVATE','"
		"stackType':'IPV4_ONLY',"
		"'enableFlowLogs':false,'allowSubnetCidrRoutesOverlap':false,'logConfig':{'enable':false}}",
    .quota = "SUBNETWORKS",
    .insert = "compute.subnetwork.insert",
    .change = "compute.subnetwork.update",
    .remove = "compute.subnetwork.delete",
    .check = compute_subnetworks_check,
    .stored = compute_subnetworks_stored,
    .removed = compute_subnetworks_removed,
    .held = compute_subnetworks_held,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("subnetworks", "subnetworks"),
    {"compute.subnetworks.aggregatedList", compute_aggregated, "compute.subnetworks.list", NULL},
    {"compute.subnetworks.patch", compute_patch, "compute.subnetworks.update", NULL},
    {"compute.subnetworks.setPrivateIpGoogleAccess", set_google_access, "compute.subnetworks.setPrivateIpGoogleAccess", NULL},
    {"compute.subnetworks.expandIpCidrRange", compute_subnetworks_expand, "compute.subnetworks.expandIpCidrRange", NULL},
    {"compute.subnetworks.listUsable", compute_subnetworks_usable, "compute.subnetworks.list", NULL},
    COMPUTE_POLICIES("subnetworks"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_subnetworks, routes, NULL);
