/* IPv4 addresses and ranges as the simulated networks hand them out. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ip4_parse(const char *text, uint32_t *out)
{
	struct in_addr a;
	if (!text || inet_pton(AF_INET, text, &a) != 1)
		return false;
	*out = ntohl(a.s_addr);
	return true;
}

char *ip4_text(uint32_t a, char into[static 16])
{
	snprintf(into, 16, "%u.%u.%u.%u", a >> 24 & 255, a >> 16 & 255, a >> 8 & 255, a & 255);
	return into;
}

static uint32_t mask_of(int bits)
{
	return bits ? ~(uint32_t)0 << (32 - bits) : 0;
}

bool ip4_range_parse(const char *text, struct ip4_range *out)
{
	char base[16];
	const char *slash = text ? strchr(text, '/') : NULL;
	if (!slash || (size_t)(slash - text) >= sizeof base)
		return false;
	memcpy(base, text, (size_t)(slash - text));
	base[slash - text] = '\0';
	char *end;
	long bits = strtol(slash + 1, &end, 10);
	if (*end || end == slash + 1 || bits < 0 || bits > 32 || !ip4_parse(base, &out->base))
		return false;
	out->bits = (int)bits;
	return (out->base & ~mask_of(out->bits)) == 0;
}

bool ip4_overlap(struct ip4_range a, struct ip4_range b)
{
	uint32_t mask = mask_of(a.bits < b.bits ? a.bits : b.bits);
	return (a.base & mask) == (b.base & mask);
}

bool ip4_within(const char *range, const char *outer)
{
	struct ip4_range a, b;
	return ip4_range_parse(range, &a) && ip4_range_parse(outer, &b) && b.bits <= a.bits && ip4_overlap(a, b);
}

/* A secondary range of the subnet (its pods', say) that touches r. */
static bool taken_within(const cJSON *subnet, struct ip4_range r, struct ip4_range *by)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(subnet, "secondaryIpRanges"))
		if (ip4_range_parse(json_str(one, "ipCidrRange", ""), by) && ip4_overlap(r, *by))
			return true;
	return false;
}

/* The first range of the network that touches r, if any. */
static bool taken(struct sim *s, const char *network, struct ip4_range r, struct ip4_range *by)
{
	const char *link = compute_link(network);
	bool found = false;
	static const char *const holders[] = {"compute.subnetworks", "compute.addresses"};
	for (size_t i = 0; i < 2 && !found; i++)
		for (struct sim_object *o = sim_first(s, holders[i], "projects/"); o && !found;
		     o = sim_following(s, o, "projects/")) {
			if (strcmp(json_str(o->doc, "network", ""), link))
				continue;
			const char *b = sim_tmp("%s/%d", json_str(o->doc, "address", ""),
						(int)json_num(o->doc, "prefixLength", 32));
			found = ip4_range_parse(i ? b : json_str(o->doc, "ipCidrRange", ""), by) && ip4_overlap(r, *by);
			found = found || taken_within(o->doc, r, by);
		}
	return found;
}

struct ip4_range ip4_free_range(struct sim *s, const char *network_path, int bits)
{
	uint32_t size = (uint32_t)1 << (32 - bits);
	struct ip4_range r = {.base = (10u << 24 | (uint32_t)(sim_random(s) % 120 + 3) << 16) & mask_of(bits), .bits = bits},
			 by;
	for (int tries = 0; tries < 4096 && taken(s, network_path, r, &by); tries++) {
		uint32_t step = by.bits < bits ? (uint32_t)1 << (32 - by.bits) : size;
		r.base = 10u << 24 |
			 ((((r.base & mask_of(by.bits < bits ? by.bits : bits)) + step) & 0xffffff) & mask_of(bits));
	}
	return r;
}

/* In this network alone: the name of what touches r. */
static const char *taken_in(struct sim *s, const char *link, struct ip4_range r, const char *but)
{
	static const char *const holders[] = {"compute.subnetworks", "compute.addresses"};
	struct ip4_range by;
	for (size_t i = 0; i < 2; i++)
		for (struct sim_object *o = sim_first(s, holders[i], "projects/"); o; o = sim_following(s, o, "projects/")) {
			const char *range = i ? sim_tmp("%s/%d", json_str(o->doc, "address", ""),
							(int)json_num(o->doc, "prefixLength", 32))
					      : json_str(o->doc, "ipCidrRange", "");
			if (strcmp(json_str(o->doc, "network", ""), link) ||
			    !strcmp(json_str(o->doc, "selfLink", ""), but ? but : "-"))
				continue;
			if ((ip4_range_parse(range, &by) && ip4_overlap(r, by)) || taken_within(o->doc, r, &by))
				return json_str(o->doc, "name", "");
		}
	return NULL;
}

const char *ip4_taken(struct sim *s, const char *network_path, struct ip4_range r, const char *but)
{
	struct sim_object *network = sim_get(s, "compute.networks", network_path);
	const char *found = taken_in(s, compute_link(network_path), r, but);
	const cJSON *peerings = network ? json_at(network->doc, "peerings") : NULL, *p;
	cJSON_ArrayForEach(p, peerings)
		if (!found && !strcmp(json_str(p, "state", ""), "ACTIVE"))
			found = taken_in(s, json_str(p, "network", ""), r, NULL);
	return found;
}

static bool used(struct sim *s, const char *project, const char *ip)
{
	const char *prefix = sim_tmp("projects/%s/", project);
	static const struct {
		const char *collection, *field;
	} places[] = {{"compute.addresses", "address"},
		      {"compute.forwardingRules", "IPAddress"},
		      {"compute.instances", "networkInterfaces.0.networkIP"}};
	bool found = false;
	for (size_t i = 0; i < sizeof places / sizeof *places && !found; i++)
		for (struct sim_object *o = sim_first(s, places[i].collection, prefix); o && !found;
		     o = sim_following(s, o, prefix))
			found = !strcmp(json_str(o->doc, places[i].field, ""), ip);
	return found;
}

uint32_t ip4_free_host(struct sim *s, const char *project, struct ip4_range r, uint32_t from)
{
	char text[16];
	uint32_t size = r.bits >= 31 ? 2 : (uint32_t)1 << (32 - r.bits);
	uint32_t n = from;
	while (n + 2 < size && used(s, project, ip4_text(r.base + n, text)))
		n++;
	return r.base + n;
}
