/* Firewall rules of VPC networks. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* "22" or "5000-5010". */
static bool is_port(const char *text)
{
	char *end;
	long from = strtol(text, &end, 10), to = from;
	bool good = end != text && *text != '-' && *text != '+' && *text != ' ';
	if (good && *end == '-') {
		text = end + 1;
		to = strtol(text, &end, 10);
		good = end != text && *text != '-' && *text != ' ';
	}
	return good && !*end && from <= to && to <= 65535;
}

/* A name that is known, or a protocol's number. */
static bool is_protocol(const char *text)
{
	static const char *const names[] = {"all", "tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip"};
	size_t n = strlen(text);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(names[i], text))
			return true;
	return n && n <= 3 && strspn(text, "0123456789") == n && atoi(text) <= 255;
}

static bool has_ports(const char *protocol)
{
	static const char *const names[] = {"tcp", "udp", "sctp", "6", "17", "132"};
	size_t i = 0;
	while (i < sizeof names / sizeof *names && strcasecmp(names[i], protocol) != 0)
		i++;
	return i < sizeof names / sizeof *names;
}

static bool traffic_good(struct sim_call *c, const cJSON *doc, const char *list)
{
	const cJSON *rule, *port;
	int i = 0;
	cJSON_ArrayForEach(rule, json_at(doc, list)) {
		const char *protocol = json_str(rule, "IPProtocol", ""), *where = sim_tmp("%s[%d]", list, i++);
		int n = 0;
		if (!is_protocol(protocol))
			return compute_invalid(c, sim_tmp("%s.IPProtocol", where), protocol,
					       "Must be a well-known protocol's name, or its number.");
		cJSON_ArrayForEach(port, json_at(rule, "ports")) {
			const char *field = sim_tmp("%s.ports[%d]", where, n++),
				   *text = cJSON_IsString(port) ? port->valuestring : "";
			if (!has_ports(protocol))
				return compute_invalid(
				    c, field, text,
				    "Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP].");
			if (!is_port(text))
				return compute_invalid(c, field, text,
						       "Must be a port or a range of ports between 0 and 65535.");
		}
	}
	return true;
}

/* Machines are told by tags or by accounts, on both ends the same way. */
static bool ends_good(struct sim_call *c, const cJSON *doc)
{
	static const char *const tags[] = {"sourceTags", "targetTags"}, *const accounts[] = {"sourceServiceAccounts",
											     "targetServiceAccounts"};
	for (size_t i = 0; i < 4; i++)
		if (json_at(doc, tags[i / 2]) && json_at(doc, accounts[i % 2]))
			return compute_invalid(
			    c, tags[i / 2], json_str(doc, sim_tmp("%s.0", tags[i / 2]), ""),
			    sim_tmp("%s cannot be specified together with %s.", tags[i / 2], accounts[i % 2]));
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
	if (!traffic_good(c, doc, "allowed") || !traffic_good(c, doc, "denied") || !ends_good(c, doc))
		return false;
	static const char *const sources[] = {"sourceTags", "sourceServiceAccounts"}; /* ranges may narrow either end */
	for (size_t i = 0; i < 2 && !ingress; i++)
		if (json_at(doc, sources[i]))
			return compute_invalid(c, sources[i], json_str(doc, sim_tmp("%s.0", sources[i]), ""),
					       "Source tags and service accounts cannot be specified for EGRESS rules.");
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
    {"compute.firewalls.update", compute_update, "compute.firewalls.update compute.networks.updatePolicy", NULL},
    {"compute.firewalls.delete", compute_delete, "compute.firewalls.delete compute.networks.updatePolicy", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_firewalls, routes, NULL);
