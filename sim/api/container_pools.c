/* Google Kubernetes Engine's node pools and the instance groups behind them. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cJSON *container_find_pool(const cJSON *cluster_doc, const char *name)
{
	cJSON *p;
	cJSON_ArrayForEach(p, json_at(cluster_doc, "nodePools"))
		if (!strcmp(json_str(p, "name", ""), name))
			return p;
	return NULL;
}

static int node_count(const cJSON *pool)
{
	return (int)json_num(pool, "initialNodeCount", 0) * cJSON_GetArraySize(json_at(pool, "locations"));
}

void container_sum(cJSON *doc)
{
	const cJSON *p, *g;
	int nodes = 0;
	cJSON *groups = cJSON_CreateArray();
	cJSON_ArrayForEach(p, json_at(doc, "nodePools")) {
		nodes += node_count(p);
		cJSON_ArrayForEach(g, json_at(p, "instanceGroupUrls"))
			cJSON_AddItemToArray(groups, cJSON_CreateString(g->valuestring));
	}
	json_put_num(doc, "currentNodeCount", nodes);
	if (groups->child) {
		json_put(doc, "instanceGroupUrls", groups);
	} else {
		json_drop(doc, "instanceGroupUrls");
		cJSON_Delete(groups);
	}
}

/* Of a default account the project's own is meant, which can be gone or disabled. */
static bool check_account(struct sim_call *c, const cJSON *pool)
{
	const char *email = json_str(pool, "config.serviceAccount", "default");
	char *own = !strcmp(email, "default") ? xasprintf("%s-compute@developer.gserviceaccount.com", sim_project_number(c->sim, c->project)) : NULL;
	bool there = sim_account_exists(c->sim, own ? own : email, false);
	if (!there)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "Service account \"%s\" does not exist. failed to check status for \"%s\"; Verify if principal exists.", own ? own : email,
			 own ? own : email);
	free(own);
	return there;
}

void container_settle_scaling(cJSON *pool)
{
	static const char *const none[] = {"autoscaling.totalMinNodeCount", "autoscaling.totalMaxNodeCount", "autoscaling.minNodeCount"};
	if (json_bool(pool, "autoscaling.enabled", false) && !json_at(pool, "autoscaling.locationPolicy"))
		json_put_str(pool, "autoscaling.locationPolicy", "BALANCED");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (json_num(pool, none[i], 1) == 0)
			json_drop(pool, none[i]);
}

bool container_settle_pool(struct sim_call *c, const struct sim_object *cluster, cJSON *cluster_doc, cJSON *pool)
{
	const char *name = json_str(pool, "name", ""), *machine = json_str(pool, "config.machineType", "e2-medium");
	size_t len = strlen(name);
	if (!len || len > 40 || name[0] < 'a' || name[0] > 'z' || name[len - 1] == '-' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Invalid value for field \"node_pool.name\": \"%s\". Must be a match of regex "
							      "'(?:[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)'.", name);
		return false;
	}
	if (cluster && container_find_pool(cluster->doc, name)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "Already exists: node pool \"%s\".", name);
		return false;
	}
	if (compute_machine_cpus(machine) == 0) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Machine type with name \"%s\" does not exist in zone \"%s\".", machine,
			 json_str(cluster_doc, "locations.0", ""));
		return false;
	}
	if (!check_account(c, pool))
		return false;
	cJSON *defaults = json_make(
		"{'status':'PROVISIONING','podIpv4CidrSize':24,'maxPodsConstraint':{'maxPodsPerNode':'110'},'management':{"
		"'autoRepair':true,'autoUpgrade':true},'upgradeSettings':{'maxSurge':1,'strategy':'SURGE'},'config':{'machineType':'e2-medium',"
		"'diskSizeGb':100,'diskType':'pd-balanced','imageType':'COS_CONTAINERD','serviceAccount':'default','oauthScopes':[" CONTAINER_SCOPES "],"
		"'metadata':{'disable-legacy-endpoints':'true'},'shieldedInstanceConfig':{'enableIntegrityMonitoring':true},'effectiveCgroupMode':"
		"'EFFECTIVE_CGROUP_MODE_V2','windowsNodeConfig':{},'kubeletConfig':{'insecureKubeletReadonlyPortEnabled':false,"
		"'maxParallelImagePulls':2},'resourceLabels':{'goog-gke-node-pool-provisioning-model':'on-demand'}}}");
	compute_fill(pool, defaults);
	cJSON_Delete(defaults);
	json_put_str(pool, "version", json_str(cluster_doc, "initialClusterVersion", ""));
	if (!json_at(pool, "locations"))
		json_put(pool, "locations", cJSON_Duplicate(json_at(cluster_doc, "locations"), true));
	char size[16], *hex = sim_hex(c->sim, 8);
	snprintf(size, sizeof size, "%d", (int)json_num(pool, "config.diskSizeGb", 100));
	json_put(pool, "config.bootDisk", json_make("{'diskType':%s,'sizeGb':%s}", json_str(pool, "config.diskType", ""), size));
	char *range = xasprintf("gke-%.14s-pods-%s", json_str(cluster_doc, "name", ""), hex);
	if (json_bool(pool, "config.confidentialNodes.enabled", false) && !json_at(pool, "config.confidentialNodes.confidentialInstanceType"))
		json_put_str(pool, "config.confidentialNodes.confidentialInstanceType", "SEV");
	json_put_str(pool, "networkConfig.podIpv4CidrBlock", json_str(cluster_doc, "clusterIpv4Cidr", "10.112.0.0/14"));
	json_put_str(pool, "networkConfig.podRange", range);
	json_put_str(pool, "networkConfig.subnetwork", json_str(cluster_doc, "networkConfig.subnetwork", ""));
	if (json_bool(cluster_doc, "privateClusterConfig.enablePrivateNodes", false) && !json_at(pool, "networkConfig.enablePrivateNodes"))
		json_put(pool, "networkConfig.enablePrivateNodes", cJSON_CreateTrue());
	container_settle_scaling(pool);
	json_put(pool, "networkConfig.networkTierConfig", json_make("{'networkTier':'NETWORK_TIER_DEFAULT'}"));
	json_put_num(pool, "networkConfig.podIpv4RangeUtilization", 0.001);
	char until[40];
	if (json_at(cluster_doc, "workloadIdentityConfig.workloadPool") && !json_at(pool, "config.workloadMetadataConfig"))
		json_put_str(pool, "config.workloadMetadataConfig.mode", "GKE_METADATA");
	json_put(pool, "config.nodeImageConfig",
		 json_make("{'image':'gke-1356-gke1250000-cos-125-19216-395-109-c-pre','imageProject':'gke-node-images'}"));
	json_put_str(pool, "kubeletCertInfo.tpmBootstrapCertExpireTime", text_rfc3339(sim_wall(c->sim) + 5 * 365 * 86400.0, 0, until));
	char *etag = sim_hex(c->sim, 32);
	json_put_str(pool, "etag", etag);
	free(etag);
	char *self = xasprintf("%s/nodePools/%s", json_str(cluster_doc, "selfLink", ""), name);
	json_put_str(pool, "selfLink", self);
	free(self);
	free(hex);
	free(range);
	return true;
}

char *container_provision(struct sim *s, struct sim_object *cluster, cJSON *pool, const char **code)
{
	const cJSON *zone;
	const char *project_end = strchr(cluster->key + 9, '/'), *name = json_str(cluster->doc, "name", "");
	char *project = xstrndup(cluster->key + 9, (size_t)(project_end - cluster->key - 9)), region[40];
	int per_zone = (int)json_num(pool, "initialNodeCount", 1), cpus = compute_machine_cpus(json_str(pool, "config.machineType", "e2-medium"));
	cJSON *groups = cJSON_CreateArray();
	char *why = NULL, *number = xasprintf("%s@cloudservices.gserviceaccount.com", sim_project_number(s, project));
	char *network = compute_link(json_str(cluster->doc, "networkConfig.network", "")), *subnet = compute_link(json_str(cluster->doc, "networkConfig.subnetwork", ""));
	cJSON_ArrayForEach(zone, json_at(pool, "locations")) {
		compute_zone_region(zone->valuestring, region);
		double limit = compute_quota_limit(s, project, "CPUS", region);
		if (compute_stocked_out(s, zone->valuestring)) {
			*code = "GCE_STOCKOUT";
			why = xasprintf("Google Compute Engine: The zone 'projects/%s/zones/%s' does not have enough resources available to fulfill the "
					"request.  Try a different zone, or try again later.", project, zone->valuestring);
		} else if (compute_quota_usage(s, project, "CPUS", region) + per_zone * cpus > limit) {
			*code = "GCE_QUOTA_EXCEEDED";
			why = xasprintf("Google Compute Engine: Quota 'CPUS' exceeded.  Limit: %.1f in region %s.", limit, region);
		}
		if (why)
			break;
		char *hex = sim_hex(s, 8), *base = xasprintf("gke-%.16s-%.16s-%s", name, json_str(pool, "name", ""), hex);
		struct sim_object *m = network_manager_add(s, project, zone->valuestring, base, per_zone, network, subnet, number);
		cJSON_AddItemToArray(groups, cJSON_CreateString(json_str(m->doc, "selfLink", "")));
		free(hex);
		free(base);
	}
	if (groups->child)
		json_put(pool, "instanceGroupUrls", groups);
	else
		cJSON_Delete(groups);
	json_put_str(pool, "status", why ? "ERROR" : "RUNNING");
	if (why)
		json_put_str(pool, "statusMessage", why);
	free(project);
	free(number);
	free(network);
	free(subnet);
	return why;
}

void container_drop_pool(struct sim *s, const cJSON *pool)
{
	const cJSON *g;
	cJSON_ArrayForEach(g, json_at(pool, "instanceGroupUrls")) {
		char *path = compute_path(s, "-", g->valuestring);
		if (path)
			network_manager_remove(s, path);
		free(path);
	}
}

static cJSON *target(struct sim_call *c, const struct sim_object *cluster)
{
	struct container_place p = container_place(c);
	cJSON *pool = container_find_pool(cluster->doc, p.pool);
	if (!pool)
		sim_fail(c, "NOT_FOUND", "notFound", "Not found: node pool \"%s\" not found.", p.pool);
	return pool;
}

static char *rest_of(const char *pool)
{
	return xasprintf("/nodePools/%s", pool);
}

static void get(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, false);
	cJSON *pool = o ? target(c, o) : NULL;
	if (!pool)
		return;
	cJSON *doc = cJSON_Duplicate(pool, true);
	json_drop(doc, "networkConfig.podIpv4RangeUtilization");
	sim_ok(c, doc);
}

static void list(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, false);
	if (!o)
		return;
	cJSON *pools = json_at(o->doc, "nodePools");
	sim_ok(c, pools && pools->child ? json_make("{'nodePools':%j}", cJSON_Duplicate(pools, true)) : cJSON_CreateObject());
}

static bool standard(struct sim_call *c, const struct sim_object *o)
{
	if (!json_bool(o->doc, "autopilot.enabled", false))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Autopilot clusters do not support mutating node pools.");
	return false;
}

static void created(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	cJSON *pool = o ? container_find_pool(o->doc, json_str(arg, "pool", "")) : NULL;
	const char *code = NULL;
	char *why = pool ? container_provision(s, o, pool, &code) : NULL;
	if (pool)
		container_sum(o->doc);
	container_end(s, arg, why ? sim_rpc_status("RESOURCE_EXHAUSTED", "%s", why) : NULL);
	free(why);
}

static void create(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o || !standard(c, o))
		return;
	cJSON *pool = json_at(c->body, "nodePool") ? cJSON_Duplicate(json_at(c->body, "nodePool"), true) : cJSON_CreateObject();
	if (!container_settle_pool(c, o, o->doc, pool)) {
		cJSON_Delete(pool);
		return;
	}
	if (!json_at(o->doc, "nodePools"))
		json_put(o->doc, "nodePools", cJSON_CreateArray());
	const char *name = json_str(pool, "name", "");
	char *rest = rest_of(name);
	cJSON *more = json_make("{'pool':%s}", name);
	cJSON_AddItemToArray(json_at(o->doc, "nodePools"), pool);
	container_begin(c, o, "CREATE_NODE_POOL", rest, sim_draw(c->sim, "container.nodePool.create"), more, created);
	free(rest);
}

static void removed(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	cJSON *pool = o ? container_find_pool(o->doc, json_str(arg, "pool", "")) : NULL;
	if (pool) {
		container_drop_pool(s, pool);
		cJSON_Delete(cJSON_DetachItemViaPointer(json_at(o->doc, "nodePools"), pool));
		if (!json_at(o->doc, "nodePools.0"))
			json_drop(o->doc, "nodePools");
		container_sum(o->doc);
	}
	container_end(s, arg, NULL);
}

static void delete(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	cJSON *pool = o && standard(c, o) ? target(c, o) : NULL;
	if (!pool)
		return;
	char *rest = rest_of(json_str(pool, "name", ""));
	cJSON *more = json_make("{'pool':%s}", json_str(pool, "name", ""));
	json_put_str(pool, "status", "STOPPING");
	container_begin(c, o, "DELETE_NODE_POOL", rest, sim_draw(c->sim, "container.nodePool.delete"), more, removed);
	free(rest);
}

static void set_size(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	cJSON *pool = o && standard(c, o) ? target(c, o) : NULL;
	const cJSON *g;
	if (!pool)
		return;
	int count = (int)json_num(c->body, "nodeCount", 0);
	json_put_num(pool, "initialNodeCount", count);
	cJSON_ArrayForEach(g, json_at(pool, "instanceGroupUrls")) {
		char *path = compute_path(c->sim, c->project, g->valuestring);
		network_manager_resize(c->sim, path ? path : "", count);
		free(path);
	}
	container_sum(o->doc);
	char *rest = rest_of(json_str(pool, "name", ""));
	container_begin(c, o, "SET_NODE_POOL_SIZE", rest, sim_draw(c->sim, "container.nodePool.update"), NULL, NULL);
	free(rest);
}

/* What an update's body may carry into the pool's config, or the pool itself. */
static void update(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	cJSON *pool = o && standard(c, o) ? target(c, o) : NULL;
	static const struct {
		const char *field, *into, *inner;
	} moves[] = {{"machineType", "config.machineType", NULL}, {"diskType", "config.diskType", NULL}, {"imageType", "config.imageType", NULL},
		     {"workloadMetadataConfig", "config.workloadMetadataConfig", NULL}, {"taints", "config.taints", "taints"},
		     {"labels", "config.labels", "labels"}, {"tags", "config.tags", "tags"}, {"upgradeSettings", "upgradeSettings", NULL},
		     {"locations", "locations", NULL}, {"nodeVersion", "version", NULL}, {"kubeletConfig", "config.kubeletConfig", NULL},
		     {"resourceLabels", "config.resourceLabels", "labels"}};
	if (!pool)
		return;
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		const cJSON *v = json_at(c->body, moves[i].field);
		if (v && moves[i].inner)
			v = json_at(v, moves[i].inner);
		if (v)
			json_put(pool, moves[i].into, cJSON_Duplicate(v, true));
	}
	char *rest = rest_of(json_str(pool, "name", ""));
	container_begin(c, o, "UPGRADE_NODES", rest, sim_draw(c->sim, "container.nodePool.upgrade"), NULL, NULL);
	free(rest);
}

static void set_autoscaling(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	cJSON *pool = o && standard(c, o) ? target(c, o) : NULL;
	if (!pool)
		return;
	bool management = strstr(c->id, "setManagement") != NULL;
	const char *field = management ? "management" : "autoscaling";
	if (json_at(c->body, field))
		json_put(pool, field, cJSON_Duplicate(json_at(c->body, field), true));
	if (!management)
		container_settle_scaling(pool);
	char *rest = rest_of(json_str(pool, "name", ""));
	container_begin(c, o, management ? "SET_NODE_POOL_MANAGEMENT" : "UPDATE_CLUSTER", rest, sim_draw(c->sim, "container.nodePool.update"), NULL, NULL);
	free(rest);
}

static const struct sim_route routes[] = {
	{"container.projects.locations.clusters.nodePools.get", get, "container.clusters.get", NULL},
	{"container.projects.locations.clusters.nodePools.list", list, "container.clusters.get", NULL},
	{"container.projects.locations.clusters.nodePools.create", create, "container.clusters.update", NULL},
	{"container.projects.locations.clusters.nodePools.delete", delete, "container.clusters.update", NULL},
	{"container.projects.locations.clusters.nodePools.update", update, "container.clusters.update", NULL},
	{"container.projects.locations.clusters.nodePools.setSize", set_size, "container.clusters.update", NULL},
	{"container.projects.locations.clusters.nodePools.setAutoscaling", set_autoscaling, "container.clusters.update", NULL},
	{"container.projects.locations.clusters.nodePools.setManagement", set_autoscaling, "container.clusters.update", NULL},
	{"container.projects.zones.clusters.nodePools.get", get, "container.clusters.get", NULL},
	{"container.projects.zones.clusters.nodePools.list", list, "container.clusters.get", NULL},
	{"container.projects.zones.clusters.nodePools.create", create, "container.clusters.update", NULL},
	{"container.projects.zones.clusters.nodePools.delete", delete, "container.clusters.update", NULL},
	{NULL, NULL, NULL, NULL},
};

const struct sim_api sim_container_pools = {
	.name = "container", .service = "container.googleapis.com", .errors = SIM_ERRORS_BOTH, .routes = routes};
