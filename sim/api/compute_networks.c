/* VPC networks, their peerings and routes, and the subnets that an automatic network brings along. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static bool compute_networks_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const cJSON *automatic = json_at(doc, "autoCreateSubnetworks");
	if (!automatic && !json_at(doc, "IPv4Range"))
		return compute_required(c, "IPv4Range");
	if (!automatic)
		return compute_invalid(c, "IPv4Range", json_str(doc, "IPv4Range", ""),
				       "Legacy networks can no longer be created.");
	const cJSON *before = old ? json_at(old->doc, "autoCreateSubnetworks") : NULL;
	if (before && cJSON_IsTrue(automatic) && !cJSON_IsTrue(before))
		return compute_invalid(c, "autoCreateSubnetworks", "true",
				       "A custom subnet mode network cannot be switched to auto mode.");
	return true;
}

/* The subnets 10.128.0.0/20, 10.128.16.0/20, ... of an automatic network. */
static void add_subnets(struct sim *s, const struct sim_object *o)
{
	const char *name = json_str(o->doc, "name", "");
	for (unsigned i = 0; sim_region_at(i); i++) {
		char base[16], gateway[16];
		uint32_t at = (10u << 24 | 128u << 16) + (i << 12);
		const char *range = sim_tmp("%s/20", ip4_text(at, base));
		const char *scope = sim_tmp("%.*sregions/%s/", (int)(strcspn(o->key + 9, "/") + 10), o->key,
					    sim_region_at(i)->name);
		compute_store(
		    s, &compute_subnetwork_kind, scope,
		    json_make("{'name':%s,'network':%s,'ipCidrRange':%s,'gatewayAddress':%s,'privateIpGoogleAccess':false,"
			      "'privateIpv6GoogleAccess':'DISABLE_GOOGLE_ACCESS','purpose':'PRIVATE','stackType':'IPV4_ONLY',"
			      "'enableFlowLogs':false,'allowSubnetCidrRoutesOverlap':false,'logConfig':{'enable':false}}",
			      name, json_str(o->doc, "selfLink", ""), range, ip4_text(at + 1, gateway)));
	}
}

/* One that nobody made: it goes with what it came with. */
static void store_route(struct sim *s, const char *scope, cJSON *doc)
{
	struct sim_object *o = compute_store(s, &compute_route_kind, scope, doc);
	json_put_bool(o->hidden, "born", true);
}

static void compute_networks_stored(struct sim *s, struct sim_object *o)
{
	if (json_at(o->doc, "selfLinkWithId"))
		return;
	const char *project = sim_tmp("%.*s", (int)(strcspn(o->key + 9, "/") + 9), o->key);
	const char *link = sim_tmp(COMPUTE_BASE "%s/global/networks/%s", project, json_str(o->doc, "id", ""));
	json_put_str(o->doc, "selfLinkWithId", link);
	char *hex = sim_hex(s, 16);
	const char *route = sim_tmp("default-route-%s", hex), *scope = sim_tmp("%s/global/", project);
	const char *gateway = sim_tmp(COMPUTE_BASE "%s/global/gateways/default-internet-gateway", project);
	store_route(s, scope,
		    json_make("{'name':%s,'description':'Default route to the "
			      "Internet.','network':%s,'destRange':'0.0.0.0/0','priority':1000,"
			      "'nextHopGateway':%s}",
			      route, json_str(o->doc, "selfLink", ""), gateway));
	if (json_bool(o->doc, "autoCreateSubnetworks", false))
		add_subnets(s, o);
	free(hex);
}

/* Routes and, of an automatic network, subnets go with it. */
static void compute_networks_removed(struct sim *s, const struct sim_object *o)
{
	static const char *const with[] = {"compute.routes", "compute.subnetworks"};
	const char *link = json_str(o->doc, "selfLink", "");
	for (size_t i = 0; i < 2; i++) {
		const char *prefix = sim_tmp("%.*s/", (int)(strcspn(o->key + 9, "/") + 9), o->key);
		struct sim_object *next;
		for (struct sim_object *r = sim_first(s, with[i], prefix); r; r = next) {
			next = sim_following(s, r, prefix);
			if (!strcmp(json_str(r->doc, "network", ""), link))
				sim_remove(s, r);
		}
	}
	network_connection_forget(s, o->key);
}

static const char *route_name(const char *network_path, const char *range, const char *peering)
{
	const char *what = sim_tmp("%s %s %s", network_path, range, peering ? peering : "");
	return sim_tmp("%s-%.16s", peering ? "peering-route" : "default-route-r",
		       strrchr(sim_sha256(what, strlen(what)), ':') + 1);
}

void network_route(struct sim *s, const char *network_path, const char *range, const char *peering)
{
	const char *project = sim_tmp("%.*s", (int)(strcspn(network_path + 9, "/") + 9), network_path);
	const char *name = route_name(network_path, range, peering), *link = compute_link(network_path);
	if (!sim_get(s, "compute.networks", network_path) ||
	    sim_get(s, "compute.routes", sim_tmp("%s/global/routes/%s", project, name)))
		return;
	cJSON *doc = json_make("{'name':%s,'network':%s,'destRange':%s,'priority':0}", name, link, range);
	json_put_str(doc, "description",
		     peering ? "Auto generated route via peering."
			     : sim_tmp("Default local route to the subnetwork %s.", range));
	json_put_str(doc, peering ? "nextHopPeering" : "nextHopNetwork", peering ? peering : link);
	store_route(s, sim_tmp("%s/global/", project), doc);
}

void network_route_drop(struct sim *s, const char *network_path, const char *range, const char *peering)
{
	const char *prefix = sim_tmp("%.*s/global/routes/", (int)(strcspn(network_path + 9, "/") + 9), network_path);
	const char *link = compute_link(network_path);
	struct sim_object *next;
	for (struct sim_object *r = sim_first(s, "compute.routes", prefix); r; r = next) {
		next = sim_following(s, r, prefix);
		bool by = peering ? !strcmp(json_str(r->doc, "nextHopPeering", ""), peering)
				  : json_at(r->doc, "nextHopNetwork") != NULL;
		if (by && !strcmp(json_str(r->doc, "network", ""), link) &&
		    (!range || !strcmp(json_str(r->doc, "destRange", ""), range)))
			sim_remove(s, r);
	}
}

/* The subnets of the peer are reached by the peering, and no more once it is gone. */
static void peering_routes(struct sim *s, const struct sim_object *network, const cJSON *peering, bool active)
{
	const char *name = json_str(peering, "name", "");
	if (!active) {
		network_route_drop(s, network->key, NULL, name);
		return;
	}
	for (struct sim_object *o = sim_first(s, "compute.subnetworks", "projects/"); o; o = sim_following(s, o, "projects/"))
		if (!strcmp(json_str(o->doc, "network", ""), json_str(peering, "network", "-")))
			network_route(s, network->key, json_str(o->doc, "ipCidrRange", ""), name);
}

/* A subnet or a route of one's own making holds the network; those of an automatic network go with it. */
static char *compute_networks_held(struct sim *s, const struct sim_object *o)
{
	char *user = NULL;
	const char *prefix = sim_tmp("%.*s/", (int)(strcspn(o->key + 9, "/") + 9), o->key);
	bool automatic = json_bool(o->doc, "autoCreateSubnetworks", false);
	for (struct sim_object *n = sim_first(s, "compute.subnetworks", prefix); n && !user; n = sim_following(s, n, prefix)) {
		if (strcmp(json_str(n->doc, "network", ""), json_str(o->doc, "selfLink", "")))
			continue;
		user = automatic ? compute_user(s, &compute_subnetwork_kind, n) : xstrdup(n->key);
	}
	user = user ? user : network_connector_in(s, o->key);
	return user ? user : compute_route_made(s, o);
}

/* A network cannot be deleted while a subnet of it is being made or deleted: it is "not ready". */
static void delete_network(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	const char *prefix = sim_tmp("projects/%s/regions/", c->project);
	bool busy = false;
	for (struct sim_object *n = o ? sim_first(c->sim, "compute.subnetworks", prefix) : NULL; n;
	     n = sim_following(c->sim, n, prefix))
		busy = busy || (json_at(n->hidden, "pending") &&
				!strcmp(json_str(n->doc, "network", ""), json_str(o->doc, "selfLink", "")));
	if (busy)
		sim_fail(c, "INVALID_ARGUMENT", "resourceNotReady", "The resource '%s' is not ready", o->key);
	else if (o)
		compute_delete(c);
}

/* Peerings. -------------------------------------------------------------------------------------------------------------- */
static cJSON *find_peering(cJSON *network, const char *name)
{
	cJSON *p;
	cJSON_ArrayForEach(p, json_at(network, "peerings"))
		if (!strcmp(json_str(p, "name", ""), name))
			return p;
	return NULL;
}

void network_add_peering(struct sim *s, struct sim_object *network, const char *name, const char *peer)
{
	const char *now = sim_stamp_compute(s), *details = sim_tmp("[%s]: Connected.", now);
	if (!json_at(network->doc, "peerings"))
		json_put(network->doc, "peerings", cJSON_CreateArray());
	if (!find_peering(network->doc, name))
		cJSON_AddItemToArray(
		    json_at(network->doc, "peerings"),
		    json_make("{'name':%s,'network':%s,'state':'ACTIVE','stateDetails':%s,'autoCreateRoutes':true,"
			      "'exchangeSubnetRoutes':true,'exportCustomRoutes':false,'importCustomRoutes':false,"
			      "'exportSubnetRoutesWithPublicIp':false,'importSubnetRoutesWithPublicIp':false,"
			      "'stackType':'IPV4_ONLY'}",
			      name, peer, details));
}

/* A peering works once each network has one with the other. */
static void settle_peerings(struct sim *s, struct sim_object *network)
{
	cJSON *p, *back;
	cJSON_ArrayForEach(p, json_at(network->doc, "peerings")) {
		struct sim_object *other = compute_find(s, json_str(p, "network", ""));
		bool connected = false;
		if (!other) /* a producer's network connects at once */
			continue;
		cJSON_ArrayForEach(back, json_at(other->doc, "peerings"))
			connected = connected || !strcmp(json_str(back, "network", ""), json_str(network->doc, "selfLink", ""));
		const char *state = connected ? "ACTIVE" : "INACTIVE";
		if (!strcmp(json_str(p, "state", ""), state))
			continue;
		const char *now = sim_stamp_compute(s);
		const char *details = sim_tmp("[%s]: %s", now,
					      connected ? "Connected." : "Waiting for peer network to connect.");
		json_put_str(p, "state", state);
		json_put_str(p, "stateDetails", details);
		peering_routes(s, network, p, connected);
	}
}

static void settle_both(struct sim *s, struct sim_object *network, const char *peer)
{
	struct sim_object *other = compute_find(s, peer);
	settle_peerings(s, network);
	if (other)
		settle_peerings(s, other);
}

/* A peering that was not made after all leaves no routes, and its other side waits again. */
static void compute_networks_reverted(struct sim *s, struct sim_object *o, const cJSON *failed)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(failed, "peerings")) {
		if (!find_peering(o->doc, json_str(p, "name", "")))
			network_route_drop(s, o->key, NULL, json_str(p, "name", ""));
		settle_both(s, o, json_str(p, "network", ""));
	}
}

/* What a caller says of a peering; its name and the peer stay. */
static void take_settings(cJSON *peering, const cJSON *sent)
{
	static const char *const fields[] = {
	    "exportCustomRoutes", "importCustomRoutes", "exportSubnetRoutesWithPublicIp", "importSubnetRoutesWithPublicIp",
	    "stackType",          "updateStrategy"};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (json_at(sent, fields[i]))
			json_put(peering, fields[i], cJSON_Duplicate(json_at(sent, fields[i]), true));
}

static void drop_peering(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = compute_op_object(s, arg);
	cJSON *list = o ? json_at(o->doc, "peerings") : NULL;
	cJSON *p = o ? find_peering(o->doc, json_str(o->hidden, "peering", "")) : NULL;
	char *peer = p ? xstrdup(json_str(p, "network", "")) : NULL;
	if (p)
		network_route_drop(s, o->key, NULL, json_str(p, "name", ""));
	if (p)
		cJSON_Delete(cJSON_DetachItemViaPointer(list, p));
	if (p)
		settle_both(s, o, peer);
	free(peer);
	if (list && !list->child)
		json_drop(o->doc, "peerings");
	if (o && !strcmp(json_str(o->hidden, "peering", ""), NETWORK_SERVICE_PEERING))
		network_connection_forget(s, o->key);
	compute_end(s, arg, NULL, NULL);
}

static bool peering_changes(struct sim *s, const struct sim_object *network)
{
	struct sim_object *op = network ? sim_get(s, "compute.operations", json_str(network->hidden, "pending", "")) : NULL;
	return op && strstr(json_str(op->doc, "operationType", ""), "Peering");
}

/* One peering at a time is made, changed or removed, on either side. */
static bool peering_busy(struct sim_call *c, const struct sim_object *network, const struct sim_object *peer)
{
	if (!peering_changes(c->sim, network) && !peering_changes(c->sim, peer))
		return false;
	sim_fail(c, "INVALID_ARGUMENT", "badRequest",
		 "There is a peering operation in progress on the local or peer network. Try again later.");
	return true;
}

static void remove_peering(struct sim_call *c)
{
	if (compute_repeated(c))
		return;
	/* Not held up by the network's own deletion, which waits for it. */
	struct sim_object *o = compute_target(c);
	const char *name = json_str(c->body, "name", "");
	if (!o)
		return;
	if (!*name) {
		sim_fail(c, "INVALID_ARGUMENT", "required", "Required field 'name' not specified");
	} else if (!find_peering(o->doc, name)) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid value for field 'name': '%s'. There is no peering '%s' in network '%s'.", name, name,
			 json_str(o->doc, "name", ""));
	} else if (!peering_busy(c, o, compute_find(c->sim, json_str(find_peering(o->doc, name), "network", "")))) {
		compute_keep(o);
		json_put_str(o->hidden, "peering", name);
		compute_begin(c, o, "removePeering", sim_draw(c->sim, "compute.network.removePeering"), true, drop_peering);
	}
}

static void add_peering(struct sim_call *c)
{
	if (compute_repeated(c))
		return;
	struct sim_object *o = compute_target(c);
	const char *name = json_str(c->body, "networkPeering.name", json_str(c->body, "name", ""));
	const char *peer = json_str(c->body, "networkPeering.network", json_str(c->body, "peerNetwork", ""));
	if (!o)
		return;
	const char *path = compute_path(c->sim, c->project, peer);
	struct sim_object *other = path ? compute_find(c->sim, path) : NULL;
	if (!*name) {
		sim_fail(c, "INVALID_ARGUMENT", "required", "Required field 'networkPeering.name' not specified");
	} else if (find_peering(o->doc, name)) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "There is already a peering named '%s' in network '%s'.", name,
			 json_str(o->doc, "name", ""));
	} else if (!other) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid value for field 'networkPeering.network': '%s'. The URL is malformed.", peer);
	} else if (!peering_busy(c, o, other) && !compute_busy(c, o)) {
		compute_keep(o);
		network_add_peering(c->sim, o, name, json_str(other->doc, "selfLink", ""));
		cJSON *made = find_peering(o->doc, name);
		json_put_bool(made, "exportSubnetRoutesWithPublicIp", true);
		take_settings(made, json_at(c->body, "networkPeering"));
		settle_both(c->sim, o, json_str(other->doc, "selfLink", ""));
		compute_begin(c, o, "addPeering", sim_draw(c->sim, "compute.network.addPeering"), true, NULL);
	}
}

static void update_peering(struct sim_call *c)
{
	if (compute_repeated(c))
		return;
	struct sim_object *o = compute_target(c);
	const char *name = json_str(c->body, "networkPeering.name", "");
	cJSON *peering = o ? find_peering(o->doc, name) : NULL;
	if (!o)
		return;
	if (!peering) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid value for field 'networkPeering.name': '%s'. There is no peering '%s' in network '%s'.", name,
			 name, json_str(o->doc, "name", ""));
		return;
	}
	if (peering_busy(c, o, compute_find(c->sim, json_str(peering, "network", ""))) || compute_busy(c, o))
		return;
	compute_keep(o);
	take_settings(peering, json_at(c->body, "networkPeering"));
	compute_begin(c, o, "updatePeering", sim_draw(c->sim, "compute.network.update"), true, NULL);
}

static void switch_to_custom(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	if (!json_bool(o->doc, "autoCreateSubnetworks", false)) {
		sim_fail(c, "INVALID_ARGUMENT", "invalidUsage",
			 "Invalid resource usage: 'The network is not in auto subnet mode.'.");
		return;
	}
	json_put_bool(o->doc, "autoCreateSubnetworks", false);
	compute_begin(c, o, "switchToCustomMode", sim_draw(c->sim, "compute.network.update"), true, NULL);
}

/* With its four rules. */
static void make_default(struct sim *s, const char *project)
{
	static const struct {
		const char *name, *protocol, *port, *range, *about;
		int priority;
	} rules[] = {
	    {"default-allow-icmp", "icmp", NULL, "0.0.0.0/0", "Allow ICMP from anywhere", 65534},
	    {"default-allow-internal", "all", NULL, "10.128.0.0/9", "Allow internal traffic on the default network", 65534},
	    {"default-allow-rdp", "tcp", "3389", "0.0.0.0/0", "Allow RDP from anywhere", 65534},
	    {"default-allow-ssh", "tcp", "22", "0.0.0.0/0", "Allow SSH from anywhere", 65534},
	};
	if (sim_constraint(s, project, "compute.skipDefaultNetworkCreation", NULL))
		return;
	const char *scope = sim_tmp("projects/%s/global/", project);
	struct sim_object *network = compute_store(
	    s, &compute_network_kind, scope,
	    json_make("{'name':'default','description':'Default network for the project','autoCreateSubnetworks':true,"
		      "'networkFirewallPolicyEnforcementOrder':'AFTER_CLASSIC_FIREWALL','routingConfig':{'routingMode':"
		      "'REGIONAL','bgpBestPathSelectionMode':'LEGACY'}}"));
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		cJSON *allowed = json_make("[{'IPProtocol':%s}]", rules[i].protocol);
		if (rules[i].port)
			json_put(allowed->child, "ports", json_make("[%s]", rules[i].port));
		compute_store(
		    s, &compute_firewall_kind, scope,
		    json_make("{'name':%s,'description':%s,'network':%s,'direction':'INGRESS','priority':%d,'allowed':%j,"
			      "'sourceRanges':[%s],'disabled':false,'logConfig':{'enable':false}}",
			      rules[i].name, rules[i].about, json_str(network->doc, "selfLink", ""), rules[i].priority, allowed,
			      rules[i].range));
	}
}

void network_default(struct sim *s, const char *project)
{
	struct sim_object *o = sim_get(s, "cloudresourcemanager.projects", sim_tmp("projects/%s", project));
	if (o && json_at(o->hidden, "unnetworked")) {
		json_drop(o->hidden, "unnetworked");
		make_default(s, project);
	}
}

/* The world's own project has had it for long. */
static void seed(struct sim *s, const cJSON *world)
{
	if (json_bool(world, "default_network", true))
		make_default(s, sim_project(s));
}

const struct compute_kind compute_network_kind = {
    .plural = "networks",
    .resources = "networks",
    .kind = "compute#network",
    .word = "network",
    .flags = COMPUTE_LATE,
    .used_by = "firewalls routers addresses forwardingRules instances networkEndpointGroups",
    .output = "peerings subnetworks gatewayIPv4",
    .defaults = "{'networkFirewallPolicyEnforcementOrder':'AFTER_CLASSIC_FIREWALL','routingConfig':{'routingMode':'REGIONAL',"
		"'bgpBestPathSelectionMode':'LEGACY'}}",
    .quota = "NETWORKS",
    .insert = "compute.network.insert",
    .change = "compute.network.update",
    .remove = "compute.network.delete",
    .check = compute_networks_check,
    .stored = compute_networks_stored,
    .removed = compute_networks_removed,
    .held = compute_networks_held,
    .reverted = compute_networks_reverted,
};

static const struct sim_route routes[] = {
    COMPUTE_READS("networks", "networks"),
    {"compute.networks.insert", compute_insert, "compute.networks.create", NULL},
    {"compute.networks.patch", compute_patch, "compute.networks.update", NULL},
    {"compute.networks.delete", delete_network, "compute.networks.delete", NULL},
    {"compute.networks.addPeering", add_peering, "compute.networks.addPeering", NULL},
    {"compute.networks.updatePeering", update_peering, "compute.networks.updatePeering", NULL},
    {"compute.networks.removePeering", remove_peering, "compute.networks.removePeering", NULL},
    {"compute.networks.switchToCustomMode", switch_to_custom, "compute.networks.switchToCustomMode", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_networks, routes, seed);
