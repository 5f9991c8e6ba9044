/* Google Kubernetes Engine's place in a VPC network: the subnet, the ranges of pods and services in it, and how full they are. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"

#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Services get this range of Google's own, which is in no subnet, unless a range is asked for. */
#define MANAGED_SERVICES "34.118.224.0/20"
#define INTERNAL_RANGES "https://networkconnectivity.googleapis.com/v1/projects/%s/locations/global/internalRanges/%s"

/* A name or a link of a network or subnet, as its path. */
static const char *path_of(struct sim_call *c, const char *given, const char *scope, const char *plural)
{
	return strchr(given, '/') ? compute_path(c->sim, c->project, given)
				  : sim_tmp("projects/%s/%s%s/%s", c->project, scope, plural, given);
}

/* What is there by now: what is still being made is not. */
static struct sim_object *made(struct sim_call *c, const char *collection, const char *path)
{
	struct sim_object *o = path ? sim_get(c->sim, collection, path) : NULL;
	return o && !compute_inserter(c->sim, o) ? o : NULL;
}

static bool find_network(struct sim_call *c, cJSON *doc, const char *region)
{
	const char *scope = sim_tmp("regions/%s/", region), *given = json_str(doc, "network", "default"),
		   *network = path_of(c, given, "global/", "networks"), *same = network ? strrchr(network, '/') + 1 : "",
		   *subnet = path_of(c, json_str(doc, "subnetwork", same), scope, "subnetworks");
	struct sim_object *n = made(c, "compute.networks", network), *s = made(c, "compute.subnetworks", subnet);
	bool fits = n && s && !strcmp(json_str(s->doc, "network", ""), json_str(n->doc, "selfLink", ""));
	if (!network)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Malformed value for network field: \"%s\".", given);
	else if (!n)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Project \"%.*s\" has no network named \"%s\".",
			 (int)strcspn(network + strlen("projects/"), "/"), network + strlen("projects/"), same);
	else if (!fits && !json_at(doc, "subnetwork"))
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "Network \"%s\" uses manual subnet mode and requires specifying a subnetwork.", same);
	else if (!fits)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Subnetwork \"%s\" is not valid for Network \"%s\".",
			 subnet ? subnet : json_str(doc, "subnetwork", ""), same);
	if (fits) {
		json_put_str(doc, "network", same);
		json_put_str(doc, "subnetwork", strrchr(subnet, '/') + 1);
		json_put_str(doc, "networkConfig.network", network);
		json_put_str(doc, "networkConfig.subnetwork", subnet);
	}
	return fits;
}

/* A range of pods or of services: what its fields are called, and how large one is that nobody sized. */
struct range {
	const char *word, *named, *block, *cidr, *top;
	int bits;
};
static const struct range pods = {"pods",
				  "ipAllocationPolicy.clusterSecondaryRangeName",
				  "ipAllocationPolicy.clusterIpv4CidrBlock",
				  "ipAllocationPolicy.clusterIpv4Cidr",
				  "clusterIpv4Cidr",
				  14};
static const struct range services = {"services",
				      "ipAllocationPolicy.servicesSecondaryRangeName",
				      "ipAllocationPolicy.servicesIpv4CidrBlock",
				      "ipAllocationPolicy.servicesIpv4Cidr",
				      "servicesIpv4Cidr",
				      20};

static void put_range(cJSON *doc, const struct range *r, const char *cidr)
{
	const char *text = sim_tmp("%s", cidr);
	json_put_str(doc, r->block, text);
	json_put_str(doc, r->cidr, text);
	json_put_str(doc, r->top, text);
}

/* The secondary range of that name in the subnet, or NULL after a 400. */
static const char *named_range(struct sim_call *c, const cJSON *doc, const char *name)
{
	const struct sim_object *subnet = sim_get(c->sim, "compute.subnetworks", json_str(doc, "networkConfig.subnetwork", ""));
	const cJSON *all = subnet ? json_at(subnet->doc, "secondaryIpRanges") : NULL, *r;
	cJSON_ArrayForEach(r, all)
		if (!strcmp(json_str(r, "rangeName", ""), name))
			return json_str(r, "ipCidrRange", "");
	sim_fail(c, "INVALID_ARGUMENT", "badRequest",
		 "Secondary range \"%s\" does not exist in network \"%s\", subnetwork \"%s\".", name,
		 json_str(doc, "network", ""), json_str(doc, "subnetwork", ""));
	return NULL;
}

/* A range that is free in the network and apart from the one that this cluster has chosen already. */
static struct ip4_range free_range(struct sim_call *c, const cJSON *doc, int bits)
{
	struct ip4_range found, other;
	bool has = ip4_range_parse(json_str(doc, pods.cidr, ""), &other);
	do {
		found = ip4_free_range(c->sim, json_str(doc, "networkConfig.network", ""), bits);
	} while (has && ip4_overlap(found, other));
	return found;
}

/* A range of its own: the one that is given, or a free one of the size that is given ("/20"). It joins the subnet with the cluster. */
static bool own_range(struct sim_call *c, cJSON *doc, cJSON *hidden, const struct range *r)
{
	const char *given = json_str(doc, r->block, json_str(doc, r->top, ""));
	struct ip4_range got = {0};
	int bits = *given == '/' ? atoi(given + 1) : r->bits;
	if (*given && *given != '/' && !ip4_range_parse(given, &got)) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "Invalid value for field \"cluster.ip_allocation_policy\": \"%s\" is not a CIDR block.", given);
		return false;
	}
	if (bits < 9 || bits > 28) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "The netmask of %s is out of range.", given);
		return false;
	}
	if (got.bits && ip4_taken(c->sim, json_str(doc, "networkConfig.network", ""), got, "")) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "Requested CIDR %s for %s is not available in network \"%s\" for cluster.", given,
			 r == &pods ? "containers" : "services", json_str(doc, "network", ""));
		return false;
	}
	if (!got.bits)
		got = free_range(c, doc, bits);
	char base[16];
	const char *cidr = sim_tmp("%s/%d", ip4_text(got.base, base), got.bits);
	const char *name = sim_tmp("gke-%s-%s-%.8s", json_str(doc, "name", ""), r->word, json_str(doc, "id", ""));
	put_range(doc, r, cidr);
	json_put_str(doc, r->named, name);
	cJSON_AddItemToArray(json_at(hidden, "ranges"), json_make("{'rangeName':%s,'ipCidrRange':%s}", name, cidr));
	return true;
}

static bool settle_range(struct sim_call *c, cJSON *doc, cJSON *hidden, const struct range *r)
{
	const char *given = json_str(doc, r->block, ""), *name = json_str(doc, r->named, "");
	bool managed = r == &services && (!*given || (*given == '/' && atoi(given + 1) >= services.bits));
	if (*name) {
		const char *cidr = named_range(c, doc, name);
		if (cidr)
			put_range(doc, r, cidr);
		return cidr != NULL;
	}
	if (managed)
		put_range(doc, r, MANAGED_SERVICES);
	return managed || own_range(c, doc, hidden, r);
}

bool container_settle_network(struct sim_call *c, cJSON *doc, cJSON *hidden, const char *region)
{
	if (!find_network(c, doc, region))
		return false;
	container_fill(doc, "addresses", false);
	json_put_bool(doc, "ipAllocationPolicy.useIpAliases", true);
	json_put(hidden, "ranges", cJSON_CreateArray());
	json_put_str(hidden, "subnet", json_str(doc, "networkConfig.subnetwork", ""));
	return settle_range(c, doc, hidden, &pods) && settle_range(c, doc, hidden, &services);
}

void container_join_network(struct sim *s, const char *project, const cJSON *hidden)
{
	struct sim_object *subnet = sim_get(s, "compute.subnetworks", json_str(hidden, "subnet", ""));
	const cJSON *ranges = subnet ? json_at(hidden, "ranges") : NULL, *r;
	/* Nodes without addresses of their own are to reach Google's APIs: it is switched on, and stays on when the cluster goes. */
	if (subnet && !json_bool(subnet->doc, "privateIpGoogleAccess", false)) {
		json_put_bool(subnet->doc, "privateIpGoogleAccess", true);
		compute_touch(s, subnet->doc, "fingerprint");
	}
	cJSON_ArrayForEach(r, ranges) {
		const char *link = sim_tmp(INTERNAL_RANGES, project, json_str(r, "rangeName", ""));
		cJSON *one = cJSON_Duplicate(r, true);
		json_put_str(one, "reservedInternalRange", link);
		if (!json_at(subnet->doc, "secondaryIpRanges"))
			json_put(subnet->doc, "secondaryIpRanges", cJSON_CreateArray());
		cJSON_AddItemToArray(json_at(subnet->doc, "secondaryIpRanges"), one);
		compute_touch(s, subnet->doc, "fingerprint");
	}
	const char *own = json_str(hidden, "endpointSubnet.name", "");
	if (*own && subnet) {
		const char *scope = sim_tmp("%.*s", (int)(strstr(subnet->key, "subnetworks/") - subnet->key), subnet->key);
		compute_store(s, &compute_subnetwork_kind, scope,
			      json_make("{'name':%s,'network':%s,'ipCidrRange':%s,'gatewayAddress':%s,'purpose':'PRIVATE','"
					"stackType':'IPV4_ONLY',"
					"'privateIpGoogleAccess':true,'privateIpv6GoogleAccess':'DISABLE_GOOGLE_ACCESS'}",
					own, json_str(subnet->doc, "network", ""), json_str(hidden, "endpointSubnet.cidr", ""),
					json_str(hidden, "endpointSubnet.gateway", "")));
	}
}

static void drop_range(struct sim *s, struct sim_object *subnet, const char *name)
{
	cJSON *list = json_at(subnet->doc, "secondaryIpRanges"), *have;
	cJSON_ArrayForEach(have, list)
		if (!strcmp(json_str(have, "rangeName", ""), name)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(list, have));
			break;
		}
	if (list && !list->child)
		json_drop(subnet->doc, "secondaryIpRanges");
	compute_touch(s, subnet->doc, "fingerprint");
}

void container_leave_network(struct sim *s, const cJSON *hidden)
{
	struct sim_object *subnet = sim_get(s, "compute.subnetworks", json_str(hidden, "subnet", ""));
	struct sim_object *own = sim_get(s, "compute.subnetworks", json_str(hidden, "endpointSubnet.path", ""));
	const cJSON *ranges = subnet ? json_at(hidden, "ranges") : NULL, *r;
	cJSON_ArrayForEach(r, ranges)
		drop_range(s, subnet, json_str(r, "rangeName", ""));
	if (own) {
		compute_subnetwork_kind.removed(s, own);
		sim_remove(s, own);
	}
}

/* Each node has a block of its own; Google shows four decimals. */
static double use_of(const cJSON *doc, const char *cidr, int block)
{
	struct ip4_range r;
	const cJSON *p;
	int nodes = 0;
	cJSON_ArrayForEach(p, json_at(doc, "nodePools"))
		if (!strcmp(json_str(p, "networkConfig.podIpv4CidrBlock", ""), cidr))
			nodes += container_node_count(p);
	if (!ip4_range_parse(cidr, &r) || block <= r.bits)
		return 0;
	return round(nodes * 10000.0 / (1 << (block - r.bits))) / 10000;
}

static void put_use(cJSON *doc, const char *path, double use)
{
	if (use > 0)
		json_put_num(doc, path, use);
	else
		json_drop(doc, path);
}

void container_measure(cJSON *doc)
{
	cJSON *p;
	put_use(doc, "ipAllocationPolicy.defaultPodIpv4RangeUtilization", use_of(doc, json_str(doc, pods.cidr, ""), 24));
	cJSON_ArrayForEach(p, json_at(doc, "nodePools"))
		put_use(
		    p, "networkConfig.podIpv4RangeUtilization",
		    use_of(doc, json_str(p, "networkConfig.podIpv4CidrBlock", ""), (int)json_num(p, "podIpv4CidrSize", 24)));
}
