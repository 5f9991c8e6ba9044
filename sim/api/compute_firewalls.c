/* Firewall rules of VPC networks. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"

#include <string.h>

static bool ranges_good(struct sim_call *c, const cJSON *doc, const char *field)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(doc, field)) {
		struct ip4_range parsed;
		uint32_t host;
		if (!strchr(r->valuestring, ':') && !ip4_range_parse(r->valuestring, &parsed) &&
		    !ip4_parse(r->valuestring, &host))
			return compute_invalid(c, field, r->valuestring, "Must be a valid IP CIDR range.");
	}
	return true;
}

static bool compute_firewalls_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	bool ingress = strcmp(json_str(doc, "direction", "INGRESS"), "EGRESS") != 0;
	static const char *const lists[] = {"allowed",    "denied",     "sourceRanges",          "destinationRanges",
					    "sourceTags", "targetTags", "sourceServiceAccounts", "targetServiceAccounts"};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!json_at(doc, lists[i]) || !json_at(doc, lists[i])->child)
			json_drop(doc, lists[i]); /* an empty list is none */
	const cJSON *allowed = json_at(doc, "allowed"), *denied = json_at(doc, "denied");
	if (!json_at(doc, "network"))
		return compute_required(c, "network");
	if (!allowed && !denied)
		return compute_required(c, "allowed");
	if (allowed && denied)
		return compute_invalid(c, "denied", "", "Allowed and denied cannot both be specified.");
	int priority = (int)json_num(doc, "priority", 1000);
	if (priority < 0 || priority > 65535)
		return compute_invalid(c, "priority", "", "Must be between 0 and 65535, inclusive.");
	if (!ingress && (json_at(doc, "sourceRanges") || json_at(doc, "sourceTags")))
		return compute_invalid(c, "sourceRanges", "", "Sources cannot be specified for EGRESS rules.");
	if (ingress && !json_at(doc, "sourceRanges") && !json_at(doc, "sourceTags") && !json_at(doc, "sourceServiceAccounts"))
		json_put(doc, "sourceRanges", json_make("['0.0.0.0/0']"));
	if (!ingress && !json_at(doc, "destinationRanges"))
		json_put(doc, "destinationRanges", json_make("['0.0.0.0/0']"));
	return ranges_good(c, doc, "sourceRanges") && ranges_good(c, doc, "destinationRanges");
}

/* Without a network the default one is meant, which must then be there as well. */
static void firewall_insert(struct sim_call *c)
{
	if (c->body && !json_at(c->body, "network"))
		json_put_str(c->body, "network", "global/networks/default");
	compute_insert(c);
}

const struct compute_kind compute_firewall_kind = {
    .plural = "firewalls",
    .resources = "firewalls",
    .kind = "compute#firewall",
    .word = "firewall",
    .links = "network",
    .defaults = "{'direction':'INGRESS','priority':1000,'disabled':false,'logConfig':{'enable':false}}",
    .quota = "FIREWALLS",
    .insert = "compute.firewall.insert",
    .change = "compute.firewall.update",
    .remove = "compute.firewall.delete",
    .check = compute_firewalls_check,
};

static const struct sim_route routes[] = {
    COMPUTE_READS("firewalls", "firewalls"),
    {"compute.firewalls.insert", firewall_insert, "compute.firewalls.create compute.networks.updatePolicy", NULL},
    {"compute.firewalls.patch", compute_patch, "compute.firewalls.update compute.networks.updatePolicy", NULL},
    {"compute.firewalls.update compute.networks.updatePolicy", compute_update,
     "compute.firewalls.update compute.networks.updatePolicy", NULL},
    {"compute.firewalls.delete", compute_delete, "compute.firewalls.delete compute.networks.updatePolicy", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_firewalls, routes, NULL);
