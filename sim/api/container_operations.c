/* Google Kubernetes Engine: where calls point, and operations. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

char *container_key(const struct sim_call *c, const struct container_place *p)
{
	return xasprintf("projects/%s/locations/%s/clusters/%s", c->project, p->location, p->cluster);
}

struct sim_object *container_cluster(struct sim_call *c, bool changing)
{
	struct container_place p = container_place(c);
	char *key = container_key(c, &p);
	struct sim_object *o = sim_get(c->sim, "container.clusters", key);
	free(key);
	if (!o) {
		sim_fail(c, "NOT_FOUND", "notFound", "Not found: projects/%s/%s/%s/clusters/%s.", c->project, p.zonal ? "zones" : "locations", p.location,
			 p.cluster);
		return NULL;
	}
	const char *op = json_str(o->hidden, "op", NULL);
	if (!changing || !op)
		return o;
	sim_fail(c, "FAILED_PRECONDITION", "failedPrecondition", "Cluster is running incompatible operation %s.", op);
	return NULL;
}

static char *link_of(struct sim *s, const char *project, const struct container_place *p, const char *rest)
{
	return xasprintf(CONTAINER_BASE "projects/%s/%s/%s/%s", sim_project_number(s, project), p->zonal ? "zones" : "locations", p->location, rest);
}

/* What waits for nodes is pending at first. */
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

void container_begin(struct sim_call *c, struct sim_object *cluster, const char *type, const char *rest, double seconds, cJSON *more,
		     void (*finish)(struct sim *s, const cJSON *arg))
{
	struct container_place p = container_place(c);
	char id[37], *now = sim_time(c->sim, 9);
	sim_uuid(c->sim, id);
	char *name = xasprintf("operation-%.0f-%s", sim_wall(c->sim) * 1000, id);
	char *key = xasprintf("projects/%s/locations/%s/operations/%s", c->project, p.location, name);
	char *own = xasprintf("operations/%s", name), *self = link_of(c->sim, c->project, &p, own);
	char *target_rest = xasprintf("clusters/%s%s", json_str(cluster->doc, "name", ""), rest), *target = link_of(c->sim, c->project, &p, target_rest);
	struct sim_object *op = sim_put(c->sim, "container.operations", key,
					json_make("{'name':%s,'zone':%s,'operationType':%s,'status':'RUNNING','selfLink':%s,'targetLink':%s,'startTime':%s}",
						  name, p.location, type, self, target, now));
	if (!strcmp(type, "CREATE_NODE_POOL") || !strcmp(type, "DELETE_NODE_POOL") || !strcmp(type, "UPGRADE_NODES")) {
		json_put_str(op->doc, "status", "PENDING");
		sim_after(c->sim, 1, start, json_make("{'op':%s}", key));
	}
	json_put_str(cluster->hidden, "op", name);
	cJSON *arg = more ? more : cJSON_CreateObject();
	json_put_str(arg, "op", key);
	json_put_str(arg, "cluster", cluster->key);
	json_put_str(arg, "id", json_str(cluster->doc, "id", ""));
	sim_after(c->sim, seconds, finish ? finish : just_end, arg);
	sim_ok(c, cJSON_Duplicate(op->doc, true));
	free(now);
	free(name);
	free(key);
	free(own);
	free(self);
	free(target_rest);
	free(target);
}

struct sim_object *container_arg_cluster(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	return o && !strcmp(json_str(o->doc, "id", ""), json_str(arg, "id", "")) ? o : NULL;
}

void container_end(struct sim *s, const cJSON *arg, cJSON *error)
{
	struct sim_object *op = sim_get(s, "container.operations", json_str(arg, "op", "")), *o = container_arg_cluster(s, arg);
	char *now = sim_time(s, 9);
	if (o)
		json_drop(o->hidden, "op");
	if (op) {
		json_put_str(op->doc, "status", "DONE");
		json_put_str(op->doc, "endTime", now);
		if (error) {
			json_put_str(op->doc, "statusMessage", json_str(error, "message", ""));
			json_put(op->doc, "error", cJSON_Duplicate(error, true));
		}
	}
	cJSON_Delete(error);
	free(now);
}

static struct sim_object *operation(struct sim_call *c)
{
	struct container_place p = container_place(c);
	char *key = xasprintf("projects/%s/locations/%s/operations/%s", c->project, p.location, p.operation);
	struct sim_object *op = sim_get(c->sim, "container.operations", key);
	free(key);
	if (!op)
		sim_fail(c, "NOT_FOUND", "notFound", "Not found: projects/%s/%s/%s/operations/%s.", c->project, p.zonal ? "zones" : "locations",
			 p.location, p.operation);
	return op;
}

static void get(struct sim_call *c)
{
	struct sim_object *op = operation(c);
	if (op)
		sim_ok(c, cJSON_Duplicate(op->doc, true));
}

static void list(struct sim_call *c)
{
	struct container_place p = container_place(c);
	char *prefix = xasprintf("projects/%s/locations/%s", c->project, strcmp(p.location, "-") ? p.location : "");
	cJSON *items = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	for (struct sim_object *o = sim_first(c->sim, "container.operations", prefix); o; o = sim_following(c->sim, o, prefix))
		cJSON_AddItemToArray(items, cJSON_Duplicate(o->doc, true));
	free(prefix);
	if (items->child)
		json_put(reply, "operations", items);
	else
		cJSON_Delete(items);
	sim_ok(c, reply);
}

static void cancel(struct sim_call *c)
{
	if (operation(c))
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "The operation cannot be cancelled.");
}

static const struct sim_route routes[] = {
	{"container.projects.locations.operations.get", get, "container.operations.get", NULL},
	{"container.projects.locations.operations.list", list, "container.operations.list", NULL},
	{"container.projects.locations.operations.cancel", cancel, "container.operations.get", NULL},
	{"container.projects.zones.operations.get", get, "container.operations.get", NULL},
	{"container.projects.zones.operations.list", list, "container.operations.list", NULL},
	{NULL, NULL, NULL, NULL},
};

const struct sim_api sim_container_operations = {
	.name = "container", .service = "container.googleapis.com", .errors = SIM_ERRORS_BOTH, .routes = routes};
