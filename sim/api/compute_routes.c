/* Routes of a network, its own and those that somebody made, and where they take what leaves it. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const char *const hops[] = {"nextHopGateway", "nextHopInstance", "nextHopIp", "nextHopIlb", "nextHopVpnTunnel"};
enum { HOPS = sizeof hops / sizeof *hops };

/* Of either version of the protocol. */
static bool is_range(const char *text)
{
	struct ip4_range r;
	unsigned char address[16];
	const char *slash = strchr(text, '/');
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;
	return ip4_range_parse(text, &r) || (digits && !slash[1 + digits] && atoi(slash + 1) <= 128 &&
					     inet_pton(AF_INET6, sim_tmp("%.*s", (int)(slash - text), text), address) == 1);
}

static bool check_route(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	const char *range = json_str(doc, "destRange", "");
	int given = 0;
	for (int i = 0; i < HOPS; i++)
		given += *json_str(doc, hops[i], "") != '\0';
	if (!*json_str(doc, "network", ""))
		return compute_required(c, "network");
	if (!*range)
		return compute_required(c, "destRange");
	if (!is_range(range))
		return compute_invalid(c, "destRange", range, "Must be a CIDR address range.");
	return given == 1 || compute_invalid(c, given ? hops[1] : hops[0], "", "Exactly one next hop must be specified.");
}

const struct compute_kind compute_route_kind = {
    .plural = "routes",
    .resources = "routes",
    .kind = "compute#route",
    .word = "route",
    .links = "network nextHopGateway nextHopInstance",
    .defaults = "{'priority':1000}",
    .quota = "ROUTES",
    .insert = "compute.route.insert",
    .change = "compute.route.insert",
    .remove = "compute.route.delete",
    .check = check_route,
};

static struct sim_object *first_of(struct sim *s, const char *project)
{
	return sim_first(s, "compute.routes", sim_tmp("%s/global/routes/", project));
}

static const char *project_of(const char *path)
{
	return sim_tmp("%.*s", (int)(strcspn(path + 9, "/") + 9), path);
}

char *compute_route_made(struct sim *s, const struct sim_object *network)
{
	const char *project = project_of(network->key), *link = json_str(network->doc, "selfLink", "");
	for (struct sim_object *r = first_of(s, project); r; r = sim_following(s, r, sim_tmp("%s/global/routes/", project)))
		if (!json_bool(r->hidden, "born", false) && !strcmp(json_str(r->doc, "network", ""), link))
			return xstrdup(r->key);
	return NULL;
}

/* The way out. ----------------------------------------------------------------------------------------------------------- */

/* The route that takes what leaves for anywhere: the smallest number is preferred. NULL: none. */
static const cJSON *default_route(struct sim *s, const char *network)
{
	const char *project = project_of(network), *link = compute_link(network);
	const cJSON *best = NULL;
	for (struct sim_object *r = first_of(s, project); r; r = sim_following(s, r, sim_tmp("%s/global/routes/", project)))
		if (!strcmp(json_str(r->doc, "network", ""), link) && !strcmp(json_str(r->doc, "destRange", ""), "0.0.0.0/0") &&
		    !json_at(r->doc, "tags.0") && (!best || json_num(r->doc, "priority", 0) < json_num(best, "priority", 0)))
			best = r->doc;
	return best;
}

static bool serves(const cJSON *nat, const char *subnet)
{
	const cJSON *one;
	bool some = !strcmp(json_str(nat, "sourceSubnetworkIpRangesToNat", ""), "LIST_OF_SUBNETWORKS");
	if (!strcmp(json_str(nat, "type", "PUBLIC"), "PRIVATE"))
		return false;
	cJSON_ArrayForEach(one, json_at(nat, "subnetworks")) {
		const char *path = strstr(json_str(one, "name", ""), "projects/");
		if (path && !strcmp(path, subnet))
			return true;
	}
	return !some;
}

/* Has the subnet's region a Cloud NAT for it? */
static bool has_nat(struct sim *s, const char *network, const char *subnet)
{
	const char *end = strstr(subnet, "/subnetworks/"), *link = compute_link(network);
	const char *prefix = sim_tmp("%.*s/routers/", (int)(end ? end - subnet : 0), subnet);
	const cJSON *nat;
	for (struct sim_object *o = sim_first(s, "compute.routers", prefix); o; o = sim_following(s, o, prefix))
		cJSON_ArrayForEach(nat, json_at(o->doc, "nats"))
			if (!strcmp(json_str(o->doc, "network", ""), link) && serves(nat, subnet))
				return true;
	return false;
}

/* Somebody's appliance at the other end is taken to hand on. */
bool compute_way_out(struct sim *s, const char *network, const char *subnet)
{
	const char *n = strstr(network, "projects/"), *sub = strstr(subnet, "projects/");
	const cJSON *route = n ? default_route(s, n) : NULL;
	if (!route || !sub)
		return false;
	return !json_at(route, "nextHopGateway") || has_nat(s, n, sub);
}

static const struct sim_route routes[] = {
    COMPUTE_BASICS("routes", "routes"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_routes, routes, NULL);
