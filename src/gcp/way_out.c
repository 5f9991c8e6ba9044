#include "config.h"
#include "gcp/way_out.h"

#include "gcp/nat.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#define COMPUTE "https://compute.googleapis.com/compute/v1/projects/%s/"
#define WAY_OUT "wayOut"

/* In this order; of routes those alone by which a machine leaves for anywhere, in one or in two halves. */
static const char *const reads[] = {WAY_OUT ".routers", WAY_OUT ".routes", WAY_OUT ".network"};
enum { READS = sizeof reads / sizeof *reads };

void way_out_ask(const struct way_out *w, const cJSON *found, struct call *out)
{
	if (!json_at(found, reads[0])) {
		call_set(out, DIALECT_NONE, "GET", NULL, COMPUTE "aggregated/routers?maxResults=500", w->project);
	} else if (!json_at(found, reads[1])) {
		call_set(out, DIALECT_NONE, "GET", NULL, COMPUTE "global/routes", w->project);
		call_add(out, "?filter=%s", "destRange eq \"(0.0.0.0|128.0.0.0)/[01]\"");
	} else if (!json_at(found, reads[2])) {
		call_set(out, DIALECT_NONE, "GET", NULL, COMPUTE "global/networks/%s", w->project, w->network);
	}
}

void way_out_told(int http, const cJSON *reply, cJSON *found)
{
	int i = 0;
	while (i < READS - 1 && json_at(found, reads[i]))
		i++;
	bool whole = http == 200 && reply && !json_at(reply, "nextPageToken");
	json_put(found, reads[i], whole ? cJSON_Duplicate(reply, true) : json_make("{'unseen':true}"));
}

static bool is_here(const struct way_out *w, const cJSON *item)
{
	return nat_link_ends(json_str(item, "network", ""), "networks", w->network);
}

/* The routers of the region, or of all ("regions/r1": {"routers": [...]}). */
static bool is_region(const struct way_out *w, const cJSON *scope)
{
	const char *slash = strchr(scope->string, '/');
	return slash && !strcmp(slash + 1, w->region);
}

const char *way_out_router(const struct way_out *w, const cJSON *found, const char *but)
{
	const cJSON *scope, *r, *nat;
	cJSON_ArrayForEach(scope, json_at(found, WAY_OUT ".routers.items"))
		cJSON_ArrayForEach(r, json_at(scope, "routers"))
			cJSON_ArrayForEach(nat, json_at(r, "nats"))
				if (is_region(w, scope) && is_here(w, r) && strcmp(json_str(r, "name", ""), but) != 0 &&
				    nat_covers(nat, w->subnet, w->machines))
					return json_str(r, "name", "");
	return NULL;
}

/* Has a router a session of BGP, by which routes are learnt that no list tells? One of another region too, where the network takes those everywhere. */
static bool learns(const struct way_out *w, const cJSON *found)
{
	const cJSON *scope, *r;
	bool everywhere = !strcmp(json_str(found, WAY_OUT ".network.routingConfig.routingMode", ""), "GLOBAL");
	cJSON_ArrayForEach(scope, json_at(found, WAY_OUT ".routers.items"))
		cJSON_ArrayForEach(r, json_at(scope, "routers"))
			if ((everywhere || is_region(w, scope)) && is_here(w, r) && json_at(r, "bgpPeers.0"))
				return true;
	return false;
}

/* Does a peer hand on its own routes? */
static bool is_led(const cJSON *found)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(found, WAY_OUT ".network.peerings"))
		if (json_bool(one, "importCustomRoutes", false))
			return true;
	return false;
}

static bool is_gateway(const cJSON *route)
{
	return text_ends(json_str(route, "nextHopGateway", ""), "/default-internet-gateway");
}

/* Of the routes to Google's gateway, that which every machine has: its priority; -1 for none. A smaller number is preferred. */
static double gateway_of(const struct way_out *w, const cJSON *found)
{
	double best = -1;
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(found, WAY_OUT ".routes.items")) {
		double priority = json_num(r, "priority", 1000);
		if (is_here(w, r) && is_gateway(r) && !json_at(r, "tags.0") && (best < 0 || priority < best))
			best = priority;
	}
	return best;
}

/* A route to something else, or for some machines alone, that is not overruled by that of every machine to the gateway. */
static bool leads_elsewhere(const struct way_out *w, const cJSON *found, double gateway)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(found, WAY_OUT ".routes.items")) {
		bool whole = !strcmp(json_str(r, "destRange", ""), "0.0.0.0/0"),
		     overruled = whole && gateway >= 0 && json_num(r, "priority", 1000) > gateway;
		if (is_here(w, r) && !overruled && (!is_gateway(r) || json_at(r, "tags.0")))
			return true;
	}
	return false;
}

enum way_out_verdict way_out_judge(const struct way_out *w, const cJSON *found, bool nat)
{
	bool unseen = false;
	for (int i = 0; i < READS; i++)
		unseen |= !json_at(found, reads[i]) || json_bool(json_at(found, reads[i]), "unseen", false);
	double gateway = gateway_of(w, found);
	if (nat && gateway >= 0)
		return WAY_OUT_NAT;
	if (unseen || leads_elsewhere(w, found, gateway) || learns(w, found) || is_led(found))
		return WAY_OUT_DOUBTED;
	return nat ? WAY_OUT_UNROUTED : WAY_OUT_NONE;
}

char *way_out_caution(const struct way_out *w)
{
	return xasprintf(_("Machines in subnet %s have no address of their own, and it cannot be seen whether they reach the "
			   "internet: that depends on what the default route of network %s leads to."),
			 w->subnet, w->network);
}

char *way_out_unrouted(const struct way_out *w)
{
	return xasprintf(_("network %s has no default route, without which its Cloud NAT lets nobody out. Make one: gcloud "
			   "compute routes create %s-internet --project=%s --network=%s --destination-range=0.0.0.0/0 "
			   "--next-hop-gateway=default-internet-gateway."),
			 w->network, w->network, w->project, w->network);
}
