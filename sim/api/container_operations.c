/* Google Kubernetes Engine's operations. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"
#include "sim/api/kubernetes_pods.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *link_of(struct sim *s, const char *project, const struct container_place *p, const char *rest)
{
	return xasprintf(CONTAINER_BASE "projects/%s/%s/%s/%s", sim_project_number(s, project),
			 p->zonal ? "zones" : "locations", p->location, rest);
}

/* What is about nodes is pending at first. */
static void start(struct sim *s, const cJSON *arg)
{
	struct sim_object *op = sim_get(s, "container.operations", json_str(arg, "op", ""));
	if (op && !strcmp(json_str(op->doc, "status", ""), "PENDING"))
		json_put_str(op->doc, "status", "RUNNING");
}

static void just_end(struct sim *s, const cJSON *arg)
{
	container_end(s, arg, NULL);
}

/* A cluster that is being made, deleted or is broken stays what it is. */
static void reconciling(struct sim_object *cluster, bool on)
{
	if (!strcmp(json_str(cluster->doc, "status", ""), on ? "RUNNING" : "RECONCILING"))
		json_put_str(cluster->doc, "status", on ? "RECONCILING" : "RUNNING");
}

static struct sim_object *put_operation(struct sim_call *c, const char *name, const char *type,
					const struct sim_object *cluster, const char *pool)
{
	struct container_place p = container_place(c);
	const char *key = sim_tmp("projects/%s/locations/%s/operations/%s", c->project, p.location, name),
		   *now = sim_stamp(c->sim, 9);
	const char *own = sim_tmp("operations/%s", name);
	char *self = link_of(c->sim, c->project, &p, own);
	const char *rest = sim_tmp("clusters/%s%s%s", json_str(cluster->doc, "name", ""), pool ? "/nodePools/" : "",
				   pool ? pool : "");
	char *target = link_of(c->sim, c->project, &p, rest);
	struct sim_object *op = sim_put(
	    c->sim, "container.operations", key,
	    json_make("{'name':%s,'zone':%s,'operationType':%s,'status':%s,'selfLink':%s,'targetLink':%s,'startTime':%s}", name,
		      p.location, type, pool ? "PENDING" : "RUNNING", self, target, now));
	if (pool)
		sim_after(c->sim, 1, start, json_make("{'op':%s}", key));
	free(self);
	free(target);
	return op;
}

void container_begin(struct sim_call *c, struct sim_object *cluster, const char *type, const char *pool, double seconds,
		     cJSON *more, void (*finish)(struct sim *s, const cJSON *arg))
{
	char id[37];
	sim_uuid(c->sim, id);
	const char *name = sim_tmp("operation-%.0f-%s", sim_wall(c->sim) * 1000, id);
	struct sim_object *op = put_operation(c, name, type, cluster, pool);
	json_put_num(op->hidden, "begun", sim_now(c->sim));
	json_put_num(op->hidden, "seconds", seconds);
	json_put_str(cluster->hidden, "op", name);
	reconciling(cluster, true);
	cJSON *arg = more ? more : cJSON_CreateObject();
	json_put_str(arg, "op", op->key);
	json_put_str(arg, "cluster", cluster->key);
	json_put_str(arg, "id", json_str(cluster->doc, "id", ""));
	if (pool)
		json_put_str(arg, "pool", pool);
	sim_after(c->sim, seconds, finish ? finish : just_end, arg);
	sim_ok(c, cJSON_Duplicate(op->doc, true));
}

struct sim_object *container_arg_cluster(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	return o && !strcmp(json_str(o->doc, "id", ""), json_str(arg, "id", "")) ? o : NULL;
}

/* How far it is. --------------------------------------------------------------------------------------------------------- */
static void add_metric(cJSON *doc, const char *name, int value)
{
	char text[16];
	snprintf(text, sizeof text, "%d", value);
	if (!json_at(doc, "progress.metrics"))
		json_put(doc, "progress.metrics", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(doc, "progress.metrics"), json_make("{'name':%s,'intValue':%s}", name, text));
}

/* A new cluster is configured, deployed and checked, one after the other: shares of the whole time. */
static void creation_progress(cJSON *doc, double part, bool regional)
{
	const struct {
		const char *name, *total_name, *detail;
		double until;
		int total, last;
	} phases[] = {
	    {"CLUSTER_CONFIGURING", "CLUSTER_CONFIGURING_TOTAL", "Cluster is being configured", 0.3, regional ? 9 : 8,
	     regional ? 9 : 8},
	    {"CLUSTER_DEPLOYING", "CLUSTER_DEPLOYING_TOTAL", NULL, 0.85, 10, 10},
	    {"CLUSTER_HEALTHCHECKING", "CLUSTER_HEALTHCHECKING_TOTAL", "Cluster is being health-checked (master is healthy)", 1,
	     2, 1},
	};
	double from = 0;
	for (size_t i = 0; i < 3 && part >= from; i++) {
		bool over = part >= phases[i].until;
		add_metric(doc, phases[i].name,
			   over ? phases[i].last : (int)(phases[i].last * (part - from) / (phases[i].until - from)));
		add_metric(doc, phases[i].total_name, phases[i].total);
		if (!over && phases[i].detail)
			json_put_str(doc, "detail", phases[i].detail);
		from = phases[i].until;
	}
}

/* Nodes that were made anew one by one. */
static void node_progress(cJSON *doc, int nodes)
{
	static const char *const names[] = {"NODES_FAILED", "NODES_COMPLETE", "NODES_DONE", "NODE_PDB_DELAY_SECONDS"};
	add_metric(doc, "NODES_TOTAL", nodes);
	for (int i = 0; nodes && i < 4; i++)
		add_metric(doc, names[i], i == 1 || i == 2 ? nodes : 0);
}

static cJSON *container_operations_seen(const struct sim_call *c, const struct sim_object *op)
{
	cJSON *doc = cJSON_Duplicate(op->doc, true);
	bool done = !strcmp(json_str(doc, "status", ""), "DONE");
	double part = done ? 1 : (sim_now(c->sim) - json_num(op->hidden, "begun", 0)) / json_num(op->hidden, "seconds", 1);
	if (!strcmp(json_str(doc, "operationType", ""), "CREATE_CLUSTER"))
		creation_progress(doc, part, !compute_zone_known(json_str(doc, "zone", "")));
	return doc;
}

static void count(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	if (o)
		container_count(o->doc);
}

void container_end(struct sim *s, const cJSON *arg, cJSON *error)
{
	struct sim_object *op = sim_get(s, "container.operations", json_str(arg, "op", "")), *o = container_arg_cluster(s, arg);
	const char *now = sim_stamp(s, 9);
	if (o) {
		json_drop(o->hidden, "op");
		reconciling(o, false);
		if (!strcmp(json_str(o->doc, "status", ""), "RUNNING"))
			kubernetes_nodes_sync(s, o);
		sim_after(s, sim_draw(s, "lag.container.count"), count,
			  json_make("{'cluster':%s,'id':%s}", o->key, json_str(o->doc, "id", "")));
	}
	if (op) {
		json_put_str(op->doc, "status", "DONE");
		json_put_str(op->doc, "endTime", now);
		if (json_at(arg, "nodes"))
			node_progress(op->doc, (int)json_num(arg, "nodes", 0));
		if (error) {
			json_put_str(op->doc, "statusMessage", json_str(error, "message", ""));
			json_put(op->doc, "error", cJSON_Duplicate(error, true));
		}
	}
	cJSON_Delete(error);
}

static struct sim_object *operation(struct sim_call *c, const struct sim_resource *r)
{
	struct container_place p = container_place(c);
	struct sim_object *op = sim_get(c->sim, r->collection, resource_text(c, r->key));
	if (!op)
		sim_fail(c, "NOT_FOUND", "notFound", "Not found: projects/%s/%s/%s/operations/%s.", c->project,
			 p.zonal ? "zones" : "locations", p.location, p.operation);
	return op;
}

static void container_operations_cancel(struct sim_call *c)
{
	if (resource_named(c))
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "The operation cannot be cancelled.");
}

/* A cluster whose making failed stays, in ERROR; any other failure only ends the operation. */
static bool container_operations_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const struct sim_object *op = sim_get(s, "container.operations", json_str(arg, "op", ""));
	struct sim_object *o = container_arg_cluster(s, arg);
	if (!op)
		return false;
	if (o && !strcmp(json_str(op->doc, "operationType", ""), "CREATE_CLUSTER"))
		json_put_str(o->doc, "status", "ERROR");
	container_end(s, arg, cJSON_Duplicate(error, true));
	return true;
}

#define AT(in)                                                                                                                 \
	{                                                                                                                      \
		.methods = "container.projects." in ".operations", .collection = "container.operations",                       \
		.key = "projects/{project}/locations/{" in "}/operations/{operations}", .field = "operations",                 \
		.find = operation, .seen = container_operations_seen                                                           \
	}
static const struct sim_resource resources[] = {AT("locations"), AT("zones"), {0}};

static const struct sim_route routes[] = {
    RESOURCE_READS("container.projects.locations.operations", "container.operations"),
    RESOURCE_READS("container.projects.zones.operations", "container.operations"),
    {"container.projects.locations.operations.cancel", container_operations_cancel, "container.operations.get", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_container_operations = {.name = "container",
						 .service = "container.googleapis.com",
						 .errors = SIM_ERRORS_BOTH,
						 .routes = routes,
						 .resources = resources,
						 .spoil = container_operations_spoil};
