/* Google Kubernetes Engine's clusters, Autopilot and standard: where calls point, made, read, deleted; what the server offers. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"
#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where calls point. ------------------------------------------------------------------------------------------------------ */
/* The text after "/word/" up to the next '/' or ':'. */
static void after(const char *path, const char *word, char *out, size_t room)
{
	char mark[32];
	snprintf(mark, sizeof mark, "/%s/", word);
	const char *at = strstr(path, mark);
	at = at ? at + strlen(mark) : "";
	snprintf(out, room, "%.*s", (int)strcspn(at, "/:"), at);
}

struct container_place container_place(const struct sim_call *c)
{
	struct container_place p = {0};
	const char *rest = strstr(c->path, "/projects/");
	rest = rest ? rest + 10 : c->path;
	p.legacy = strstr(rest, "/locations/") == NULL;
	after(rest, p.legacy ? "zones" : "locations", p.location, sizeof p.location);
	after(rest, "clusters", p.cluster, sizeof p.cluster);
	after(rest, "nodePools", p.pool, sizeof p.pool);
	after(rest, "operations", p.operation, sizeof p.operation);
	p.zonal = compute_zone_known(p.location);
	return p;
}

/* "projects/P/locations/L/clusters/C" */
static const char *cluster_key(const struct sim_call *c, const struct container_place *p)
{
	return sim_tmp("projects/%s/locations/%s/clusters/%s", c->project, p->location, p->cluster);
}

struct sim_object *container_cluster(struct sim_call *c, bool changing)
{
	struct container_place p = container_place(c);
	const char *key = cluster_key(c, &p);
	struct sim_object *o = sim_get(c->sim, "container.clusters", key);
	if (!o) {
		sim_fail(c, "NOT_FOUND", "notFound", "Not found: projects/%s/%s/%s/clusters/%s.", c->project,
			 p.zonal ? "zones" : "locations", p.location, p.cluster);
		return NULL;
	}
	const char *op = json_str(o->hidden, "op", NULL);
	if (!changing || !op)
		return o;
	sim_fail(c, "FAILED_PRECONDITION", "failedPrecondition", "Cluster is running incompatible operation %s.", op);
	return NULL;
}

/* Made. --------------------------------------------------------------------------------------------------------------------- */
static bool settle_location(struct sim_call *c, cJSON *doc, const struct container_place *p, char region[static 40])
{
	bool autopilot = json_bool(doc, "autopilot.enabled", false), regional = compute_region_known(p->location);
	if (!p->zonal && !regional) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Location \"%s\" does not exist.", p->location);
		return false;
	}
	if (autopilot && p->zonal) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Autopilot clusters must be regional clusters.");
		return false;
	}
	snprintf(region, 40, "%.39s", p->location);
	if (p->zonal)
		compute_zone_region(p->location, region);
	if (json_at(doc, "locations.0"))
		return true;
	cJSON *zones = cJSON_CreateArray();
	/* Three zones are chosen for a regional cluster; Autopilot may use all that there are. */
	for (char letter = 'a'; !p->zonal && letter <= 'f' && (autopilot || cJSON_GetArraySize(zones) < 3); letter++) {
		const char *zone = sim_tmp("%s-%c", region, letter);
		if (compute_zone_known(zone))
			cJSON_AddItemToArray(zones, cJSON_CreateString(zone));
	}
	if (p->zonal)
		cJSON_AddItemToArray(zones, cJSON_CreateString(p->location));
	json_put(doc, "locations", zones);
	return true;
}

/* A pool as Autopilot makes it, whatever is asked: in one of the zones, of machines that can be left quickly and, where that is asked for, that
 * keep their memory to themselves. */
static cJSON *autopilot_pool(struct sim *s, const cJSON *doc)
{
	const cJSON *zones = json_at(doc, "locations"),
		    *defaults = json_at(doc, "autoscaling.autoprovisioningNodePoolDefaults");
	const cJSON *zone = cJSON_GetArrayItem(zones, (int)(sim_random(s) % (uint64_t)cJSON_GetArraySize(zones)));
	cJSON *pool = json_make("{'name':'default-pool','initialNodeCount':1,'locations':[%s],'autopilotConfig':{'enabled':"
				"true},'maxPodsConstraint':{'maxPodsPerNode':'32'},"
				"'autoscaling':{'enabled':true,'autoprovisioned':true,'locationPolicy':'BALANCED','"
				"maxNodeCount':1000},'config':{'machineType':%s,"
				"'serviceAccount':%s,'gcfsConfig':{'enabled':true},'gvnic':{'enabled':true},'"
				"shieldedInstanceConfig':{'enableIntegrityMonitoring':true,"
				"'enableSecureBoot':true},'taints':[{'key':'cloud.google.com/"
				"gke-quick-remove','value':'true','effect':'NO_SCHEDULE'}]}}",
				zone->valuestring,
				json_bool(doc, "confidentialNodes.enabled", false) ? "n2d-standard-2" : "e2-medium",
				json_str(defaults, "serviceAccount", "default"));
	if (json_at(defaults, "oauthScopes"))
		json_put(pool, "config.oauthScopes", cJSON_Duplicate(json_at(defaults, "oauthScopes"), true));
	if (json_at(doc, "confidentialNodes"))
		json_put(pool, "config.confidentialNodes", cJSON_Duplicate(json_at(doc, "confidentialNodes"), true));
	return pool;
}

static bool settle_pools(struct sim_call *c, cJSON *doc)
{
	bool autopilot = json_bool(doc, "autopilot.enabled", false);
	cJSON *pool;
	if (autopilot)
		json_put(doc, "nodePools", json_make("[%j]", autopilot_pool(c->sim, doc)));
	if (!json_at(doc, "nodePools.0")) {
		cJSON *one = json_make("{'name':'default-pool'}");
		json_put_num(one, "initialNodeCount", json_num(doc, "initialNodeCount", 0));
		if (json_at(doc, "nodeConfig"))
			json_put(one, "config", cJSON_Duplicate(json_at(doc, "nodeConfig"), true));
		if (json_num(one, "initialNodeCount", 0) < 1) {
			cJSON_Delete(one);
			sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Cluster.initial_node_count must be greater than zero.");
			return false;
		}
		json_put(doc, "nodePools", json_make("[%j]", one));
	}
	cJSON_ArrayForEach(pool, json_at(doc, "nodePools"))
		if (!container_settle_pool(c, NULL, doc, pool))
			return false;
	container_sum(doc);
	container_count(doc);
	if (!autopilot)
		json_put_num(doc, "initialNodeCount", json_num(doc, "nodePools.0.initialNodeCount", 1));
	return true;
}

/* Some time after the nodes are up, and ever so often after that. */
static void measure(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	if (o)
		json_put_bool(o->hidden, "measured", true);
}

/* An operation that fails leaves the cluster behind, in ERROR. */
static void created(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	cJSON *pools = o ? json_at(o->doc, "nodePools") : NULL, *pool;
	char *why = NULL;
	const char *code = NULL;
	cJSON_ArrayForEach(pool, pools)
		if (!why)
			why = container_provision(s, o, pool, &code);
	if (o) {
		container_sum(o->doc);
		container_count(o->doc);
		json_put_str(o->doc, "status", why ? "ERROR" : "RUNNING");
		if (why)
			json_put(o->doc, "conditions",
				 json_make("[{'code':%s,'canonicalCode':'RESOURCE_EXHAUSTED','message':%s}]", code, why));
		else
			kubernetes_seed(s, o);
		sim_after(s, sim_draw(s, "lag.container.measure"), measure, cJSON_Duplicate(arg, true));
	}
	container_end(s, arg, why ? sim_rpc_status("RESOURCE_EXHAUSTED", "%s", why) : NULL);
	free(why);
}

static bool good_name(struct sim_call *c, const char *name)
{
	size_t len = strlen(name);
	if (len && len <= 40 && name[0] >= 'a' && name[0] <= 'z' && name[len - 1] != '-' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "badRequest",
		 "Invalid value for field \"cluster.name\": \"%s\". Must be a match of regex "
		 "'(?:[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)'.",
		 name);
	return false;
}

/* Completes the document; false when answered. hidden is what the cluster's object will hide. */
static bool settle(struct sim_call *c, cJSON *doc, cJSON *hidden, const struct container_place *p)
{
	char region[40];
	const char *version = json_str(doc, "initialClusterVersion", "");
	if (!settle_location(c, doc, p, region) || !container_cluster_ok(c, doc, p) ||
	    !container_key_ok(c, json_at(doc, "databaseEncryption"), region))
		return false;
	if (!container_version(version, json_str(doc, "releaseChannel.channel", ""))) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Master version \"%s\" is unsupported.", version);
		return false;
	}
	const char *self = sim_tmp(CONTAINER_BASE "projects/%s/%s/%s/clusters/%s", c->project, p->zonal ? "zones" : "locations",
				   p->location, p->cluster);
	json_put_str(doc, "selfLink", self);
	json_put_str(doc, "location", p->location);
	json_put_str(doc, "zone", p->location);
	container_settle_cluster(c, doc);
	if (!container_settle_network(c, doc, hidden, region))
		return false;
	container_settle_endpoints(c, doc, hidden, region);
	return settle_pools(c, doc);
}

static void cluster_create(struct sim_call *c)
{
	struct container_place p = container_place(c);
	cJSON *doc = json_at(c->body, "cluster") ? cJSON_Duplicate(json_at(c->body, "cluster"), true) : cJSON_CreateObject();
	cJSON *hidden = cJSON_CreateObject();
	const char *name = json_str(doc, "name", "");
	const char *key = NULL;
	snprintf(p.cluster, sizeof p.cluster, "%s", name);
	if (!good_name(c, name))
		goto out;
	key = cluster_key(c, &p);
	if (sim_get(c->sim, "container.clusters", key)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "Already exists: projects/%s/%s/%s/clusters/%s.", c->project,
			 p.zonal ? "zones" : "locations", p.location, name);
		goto out;
	}
	if (!settle(c, doc, hidden, &p))
		goto out;
	bool autopilot = json_bool(doc, "autopilot.enabled", false);
	struct sim_object *o = sim_put(c->sim, "container.clusters", key, doc);
	cJSON_Delete(o->hidden);
	o->hidden = hidden;
	doc = hidden = NULL;
	container_join_network(c->sim, c->project, o->hidden);
	container_begin(c, o, "CREATE_CLUSTER", NULL,
			sim_draw(c->sim, autopilot ? "container.cluster.create.autopilot" : "container.cluster.create"), NULL,
			created);
out:
	cJSON_Delete(doc);
	cJSON_Delete(hidden);
}

static cJSON *container_clusters_seen(const struct sim_call *c, const struct sim_object *o)
{
	(void)c;
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	if (json_bool(o->hidden, "measured", false))
		container_measure(doc);
	return doc;
}

static struct sim_object *container_clusters_find(struct sim_call *c, const struct sim_resource *r)
{
	(void)r;
	return container_cluster(c, false);
}

static void deleted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	const cJSON *pool;
	container_end(s, arg, NULL);
	if (!o)
		return;
	cJSON_ArrayForEach(pool, json_at(o->doc, "nodePools"))
		container_drop_pool(s, pool);
	kubernetes_forget(s, o);
	container_leave_network(s, o->hidden);
	sim_remove(s, o);
}

static void cluster_delete(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o)
		return;
	bool autopilot = json_bool(o->doc, "autopilot.enabled", false);
	json_put_str(o->doc, "status", "STOPPING");
	container_begin(c, o, "DELETE_CLUSTER", NULL,
			sim_draw(c->sim, autopilot ? "container.cluster.delete.autopilot" : "container.cluster.delete"), NULL,
			deleted);
}

static void server_config(struct sim_call *c)
{
	sim_ok(c, container_server_config());
}

#define KIND(in)                                                                                                               \
	{                                                                                                                      \
		.methods = "container.projects." in ".clusters", .collection = "container.clusters",                           \
		.key = "projects/{project}/locations/{" in "}/clusters/{clusters}", .field = "clusters",                       \
		.find = container_clusters_find, .seen = container_clusters_seen                                               \
	}
static const struct sim_resource resources[] = {KIND("locations"), KIND("zones"), {0}};

#define CLUSTERS(in)                                                                                                           \
	RESOURCE_READS("container.projects." in ".clusters", "container.clusters"),                                            \
	    {"container.projects." in ".clusters.create", cluster_create, "container.clusters.create", NULL},                  \
	{                                                                                                                      \
		"container.projects." in ".clusters.delete", cluster_delete, "container.clusters.delete", NULL                 \
	}

static const struct sim_route routes[] = {
    CLUSTERS("locations"),
    CLUSTERS("zones"),
    {"container.projects.locations.getServerConfig", server_config, "container.clusters.list", NULL},
    {"container.projects.zones.getServerconfig", server_config, "container.clusters.list", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_container_clusters = {.name = "container",
					       .service = "container.googleapis.com",
					       .errors = SIM_ERRORS_BOTH,
					       .routes = routes,
					       .resources = resources};
