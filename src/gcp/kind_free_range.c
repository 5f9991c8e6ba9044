/* Whether a range of addresses is free in a network that was there before the stack: of its subnets, its routes, those of peered networks, and what is
 * reserved for others. The resource's name is the range. spec: {"network","own"}: the network's name, and that of the reservation by which the stack takes
 * the range itself. Two reads: the routes tell of subnets and peerings too, the addresses of what is reserved. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/ip_range.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define GLOBAL "https://compute.googleapis.com/compute/v1/projects/%s/global/"
#define PEERING "servicenetworking-googleapis-com"

static void free_range_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, GLOBAL "routes?maxResults=500", v->project);
}

static void free_range_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	if (!json_bool(seen->found, "whole", false))
		call_set(out, DIALECT_NONE, "GET", NULL, GLOBAL "addresses?maxResults=500", v->project);
}

static bool in_network(const struct view *v, const cJSON *item)
{
	char *end = xasprintf("/networks/%s", json_str(v->spec, "network", ""));
	bool so = text_ends(json_str(item, "network", ""), end);
	free(end);
	return so;
}

/* The way to what Google has made in the stack's own range is no stranger's. */
static bool is_own(const struct view *v, const cJSON *item, struct ip_range taken)
{
	struct ip_range own;
	bool inside = ip_range_parse(v->name, &own) && ip_range_holds(own, taken);
	return !strcmp(json_str(item, "name", ""), json_str(v->spec, "own", "")) ||
	       (inside && !strcmp(json_str(item, "nextHopPeering", ""), PEERING));
}

/* What a list tells is taken, as {"range","by"}; the way to the internet takes nothing. */
static void gather(const struct view *v, const cJSON *list, cJSON *taken)
{
	const cJSON *item;
	struct ip_range r;
	cJSON_ArrayForEach(item, json_at(list, "items")) {
		char *range = json_at(item, "destRange")
				  ? xstrdup(json_str(item, "destRange", ""))
				  : xasprintf("%s/%d", json_str(item, "address", ""), (int)json_num(item, "prefixLength", 32));
		if (in_network(v, item) && ip_range_parse(range, &r) && r.bits && !is_own(v, item, r))
			cJSON_AddItemToArray(taken, json_make("{'range':%s,'by':%s}", range, json_str(item, "name", "")));
		free(range);
	}
}

/* The first that touches r, or NULL. */
static const cJSON *touching(const cJSON *taken, struct ip_range r)
{
	const cJSON *one;
	struct ip_range other;
	cJSON_ArrayForEach(one, taken)
		if (ip_range_parse(json_str(one, "range", ""), &other) && ip_ranges_overlap(r, other))
			return one;
	return NULL;
}

/* A range of that size that is free, for the caller to free; NULL when 10.0.0.0/8 has none. */
static char *free_one(const cJSON *taken, int bits)
{
	for (uint32_t n = 0; n < 1u << (bits - 8); n++) {
		struct ip_range r = {(10u << 24) + (n << (32 - bits)), bits};
		if (!touching(taken, r))
			return ip_range_text(r);
	}
	return NULL;
}

static void judge(const struct view *v, struct observation *out)
{
	struct ip_range r;
	const cJSON *taken = json_at(out->found, "taken"), *by;
	if (!ip_range_parse(v->name, &r) || !(by = touching(taken, r)))
		return;
	char *free_range = r.bits > 8 ? free_one(taken, r.bits) : NULL;
	const char *network = json_str(v->spec, "network", "");
	if (free_range)
		kind_say(out, PRESENT_FAILED, _("range %s overlaps %s, which network %s has for %s: %s is free there."),
			 v->name, json_str(by, "range", ""), network, json_str(by, "by", ""), free_range);
	else
		kind_say(out, PRESENT_FAILED, _("range %s overlaps %s, which network %s has for %s."), v->name,
			 json_str(by, "range", ""), network, json_str(by, "by", ""));
	free(free_range);
}

static void take(const struct view *v, int http, const cJSON *reply, struct observation *out, bool whole)
{
	cJSON *taken = out->found ? cJSON_DetachItemFromObject(out->found, "taken") : NULL;
	observation_free(out);
	given_decode(v, http, reply, xstrdup(_("its network cannot be looked at.")), out);
	if (out->presence != PRESENT_YES) {
		cJSON_Delete(taken);
		return;
	}
	taken = taken ? taken : cJSON_CreateArray();
	gather(v, out->found, taken);
	cJSON_Delete(out->found);
	out->found = json_make("{'whole':%b,'taken':%j}", whole, taken);
	if (whole)
		judge(v, out);
}

static void free_range_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	take(v, http, reply, out, false);
}

static void free_range_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	take(v, http, reply, out, true);
}

const struct kind kind_free_range = {
    .id = "compute.freeRange",
    .title = N_("Free range of addresses"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/networks/details/{network}",
    .permissions = {.read = "compute.routes.list compute.globalAddresses.list"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = free_range_observe,
    .decode = free_range_decode,
    .observe_more = free_range_observe_more,
    .decode_more = free_range_decode_more,
    .compare = given_compare,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It is only looked at: whether addresses are free."},
};
