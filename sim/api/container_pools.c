/* Google Kubernetes Engine's node pools: made, read, changed, deleted. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

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

int container_node_count(const cJSON *pool)
{
	return (int)json_num(pool, "initialNodeCount", 0) * cJSON_GetArraySize(json_at(pool, "locations"));
}

void container_count(cJSON *doc)
{
	const cJSON *p;
	int nodes = 0;
	cJSON_ArrayForEach(p, json_at(doc, "nodePools"))
		nodes += container_node_count(p);
	if (nodes)
		json_put_num(doc, "currentNodeCount", nodes);
	else
		json_drop(doc, "currentNodeCount");
}

void container_sum(cJSON *doc)
{
	const cJSON *p, *g, *first = json_at(doc, "nodePools.0.config");
	cJSON *groups = cJSON_CreateArray();
	cJSON_ArrayForEach(p, json_at(doc, "nodePools"))
		cJSON_ArrayForEach(g, json_at(p, "instanceGroupUrls"))
			cJSON_AddItemToArray(groups, cJSON_CreateString(g->valuestring));
	if (groups->child) {
		json_put(doc, "instanceGroupUrls", groups);
	} else {
		json_drop(doc, "instanceGroupUrls");
		cJSON_Delete(groups);
	}
	if (first)
		json_put(doc, "nodeConfig", cJSON_Duplicate(first, true));
	else
		json_drop(doc, "nodeConfig");
}

cJSON *container_pool(struct sim_call *c, const struct sim_object *cluster, const char *name)
{
	cJSON *pool = container_find_pool(cluster->doc, name);
	if (!pool)
		sim_fail(c, "NOT_FOUND", "notFound", "Not found: node pool \"%s\" not found.", name);
	return pool;
}

/* How full the ranges are is told of clusters alone. */
static cJSON *shown(const cJSON *pool)
{
	cJSON *copy = cJSON_Duplicate(pool, true);
	json_drop(copy, "networkConfig.podIpv4RangeUtilization");
	return copy;
}

static void pool_get(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, false);
	cJSON *pool = o ? container_pool(c, o, container_place(c).pool) : NULL;
	if (pool)
		sim_ok(c, shown(pool));
}

static void pool_list(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, false);
	const cJSON *pool;
	if (!o)
		return;
	cJSON *reply = cJSON_CreateObject(), *all = cJSON_CreateArray();
	cJSON_ArrayForEach(pool, json_at(o->doc, "nodePools"))
		cJSON_AddItemToArray(all, shown(pool));
	sim_put_list(reply, "nodePools", all);
	sim_ok(c, reply);
}

/* The cluster of a call that changes its pools; NULL when answered. */
static struct sim_object *standard(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o || !json_bool(o->doc, "autopilot.enabled", false))
		return o;
	sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Autopilot clusters do not support mutating node pools.");
	return NULL;
}

/* The pool that a call changes, with its cluster; NULL when answered. */
static cJSON *asked_pool(struct sim_call *c, struct sim_object **cluster)
{
	*cluster = standard(c);
	return *cluster ? container_pool(c, *cluster, container_place(c).pool) : NULL;
}

static void created(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	cJSON *pool = o ? container_find_pool(o->doc, json_str(arg, "pool", "")) : NULL;
	const char *code = NULL;
	char *why = pool ? container_provision(s, o, pool, &code) : NULL;
	if (o)
		container_sum(o->doc);
	container_end(s, arg, why ? sim_rpc_status("RESOURCE_EXHAUSTED", "%s", why) : NULL);
	free(why);
}

static void pool_create(struct sim_call *c)
{
	struct sim_object *o = standard(c);
	if (!o)
		return;
	cJSON *pool = json_at(c->body, "nodePool") ? cJSON_Duplicate(json_at(c->body, "nodePool"), true) : cJSON_CreateObject();
	if (!container_settle_pool(c, o, o->doc, pool)) {
		cJSON_Delete(pool);
		return;
	}
	if (!json_at(o->doc, "nodePools"))
		json_put(o->doc, "nodePools", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(o->doc, "nodePools"), pool);
	container_begin(c, o, "CREATE_NODE_POOL", json_str(pool, "name", ""), sim_draw(c->sim, "container.nodePool.create"),
			NULL, created);
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

static void pool_delete(struct sim_call *c)
{
	struct sim_object *o;
	cJSON *pool = asked_pool(c, &o);
	if (!pool)
		return;
	/* It is still called RUNNING while its nodes are drained: the cluster's status and the operation tell. */
	container_begin(c, o, "DELETE_NODE_POOL", json_str(pool, "name", ""), sim_draw(c->sim, "container.nodePool.delete"),
			NULL, removed);
}

static void set_size(struct sim_call *c)
{
	struct sim_object *o;
	cJSON *pool = asked_pool(c, &o);
	const cJSON *g;
	if (!pool)
		return;
	int count = (int)json_num(c->body, "nodeCount", 0);
	json_put_num(pool, "initialNodeCount", count);
	cJSON_ArrayForEach(g, json_at(pool, "instanceGroupUrls")) {
		const char *path = compute_path(c->sim, c->project, g->valuestring);
		network_manager_resize(c->sim, path ? path : "", count);
	}
	container_sum(o->doc);
	container_begin(c, o, "SET_NODE_POOL_SIZE", json_str(pool, "name", ""), sim_draw(c->sim, "container.nodePool.update"),
			NULL, NULL);
}

TABLE_OF(moves, "container_pool_updates.tbl", 4);
enum { FIELD, INTO, ANEW, INNER };

/* Puts what the body holds into the pool; true when its nodes are to be made anew. */
static bool apply(cJSON *pool, const cJSON *body)
{
	bool nodes = false;
	for (size_t i = 0; i < table_rows(&moves); i++) {
		const char *field = table_cell(&moves, i, FIELD), *into = table_cell(&moves, i, INTO),
			   *inner = table_cell(&moves, i, INNER);
		const cJSON *v = json_at(body, field);
		if (!v)
			continue;
		nodes = nodes || !strcmp(table_cell(&moves, i, ANEW), "nodes");
		v = *inner ? json_at(v, inner) : v;
		if (!v)
			json_drop(pool, into);
		else if (!strcmp(into, "networkConfig"))
			sim_merge_patch(json_at(pool, into), v);
		else
			json_put(pool, into, cJSON_Duplicate(v, true));
		/* The disk's two spellings: what was said last holds. */
		if (text_starts(field, "disk"))
			json_drop(pool, field[4] == 'T' ? "config.bootDisk.diskType" : "config.bootDisk.sizeGb");
	}
	return nodes;
}

/* The version that is asked for, in full; false when answered. */
static bool whole_version(struct sim_call *c, const struct sim_object *o)
{
	const char *given = json_str(c->body, "nodeVersion", NULL);
	if (!given)
		return true;
	const char *full = !*given || !strcmp(given, "-") ? json_str(o->doc, "currentMasterVersion", "")
							  : container_version(given, "");
	if (full)
		json_put_str(c->body, "nodeVersion", full);
	else
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Node version \"%s\" is unsupported.", given);
	return full != NULL;
}

static void pool_update(struct sim_call *c)
{
	struct sim_object *o;
	cJSON *pool = asked_pool(c, &o);
	if (!pool || !whole_version(c, o))
		return;
	int remade = apply(pool, c->body) ? container_node_count(pool) : 0;
	/* Whoever sends the kubelet's settings without this gets another default than a new pool has. */
	if (json_at(c->body, "kubeletConfig") && !json_at(c->body, "kubeletConfig.maxParallelImagePulls"))
		json_put_num(pool, "config.kubeletConfig.maxParallelImagePulls", 3);
	container_settle_nodes(o->doc, pool);
	if (json_at(c->body, "locations"))
		container_relocate(c->sim, o, pool);
	container_sum(o->doc);
	container_begin(c, o, "UPGRADE_NODES", json_str(pool, "name", ""), sim_draw(c->sim, "container.nodePool.upgrade"),
			json_make("{'nodes':%d}", remade), NULL);
}

static void set_field(struct sim_call *c, const char *field, const char *type)
{
	struct sim_object *o;
	cJSON *pool = asked_pool(c, &o);
	if (!pool)
		return;
	if (json_at(c->body, field))
		json_put(pool, field, cJSON_Duplicate(json_at(c->body, field), true));
	container_settle_nodes(o->doc, pool);
	container_begin(c, o, type, json_str(pool, "name", ""), sim_draw(c->sim, "container.nodePool.update"),
			json_make("{'nodes':0}"), NULL);
}

static void container_pools_set_autoscaling(struct sim_call *c)
{
	set_field(c, "autoscaling", "UPDATE_CLUSTER");
}

static void set_management(struct sim_call *c)
{
	set_field(c, "management", "SET_NODE_POOL_MANAGEMENT");
}

#define POOLS(in)                                                                                                              \
	{"container.projects." in ".clusters.nodePools.get", pool_get, "container.clusters.get", NULL},                        \
	    {"container.projects." in ".clusters.nodePools.list", pool_list, "container.clusters.get", NULL},                  \
	    {"container.projects." in ".clusters.nodePools.create", pool_create, "container.clusters.update", NULL},           \
	    {"container.projects." in ".clusters.nodePools.delete", pool_delete, "container.clusters.update", NULL},           \
	    {"container.projects." in ".clusters.nodePools.update", pool_update, "container.clusters.update", NULL},           \
	    {"container.projects." in ".clusters.nodePools.setSize", set_size, "container.clusters.update", NULL},             \
	{                                                                                                                      \
		"container.projects." in ".clusters.nodePools.setManagement", set_management, "container.clusters.update",     \
		    NULL                                                                                                       \
	}

static const struct sim_route routes[] = {
    POOLS("locations"),
    POOLS("zones"),
    {"container.projects.locations.clusters.nodePools.setAutoscaling", container_pools_set_autoscaling,
     "container.clusters.update", NULL},
    {"container.projects.zones.clusters.nodePools.autoscaling", container_pools_set_autoscaling, "container.clusters.update",
     NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_container_pools = {
    .name = "container", .service = "container.googleapis.com", .errors = SIM_ERRORS_BOTH, .routes = routes};
