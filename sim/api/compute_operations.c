/* Compute Engine's operations: global, regional and zonal; get, list, wait and delete. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* operation-1711975000000-6150c0b5e8a55-3b7a2d21-0f3c8c7d */
static char *new_name(struct sim *s)
{
	char *a = sim_hex(s, 13), *b = sim_hex(s, 8), *d = sim_hex(s, 8);
	char *name = xasprintf("operation-%.0f-%s-%s-%s", sim_wall(s) * 1000, a, b, d);
	free(a);
	free(b);
	free(d);
	return name;
}

/* The e-mail behind a principal. */
static const char *email(const struct sim_call *c)
{
	const char *colon = c->principal ? strchr(c->principal, ':') : NULL;
	return colon ? colon + 1 : "";
}

/* "projects/p/regions/r/" of an object's key, or of a project's. */
static char *scope_of(const char *key)
{
	const char *p = strchr(key + 9, '/');
	int more = !p ? 0 : text_starts(p, "/global/") ? 1 : text_starts(p, "/regions/") || text_starts(p, "/zones/") ? 2 : 0;
	if (!more)
		return xasprintf("%.*s/global/", p ? (int)(p - key) : (int)strlen(key), key);
	for (; p && more > 0; more--)
		p = strchr(p + 1, '/');
	return xstrndup(key, (size_t)(p - key) + 1);
}

/* As sim_stamp_compute would have it at that time. */
static void finish_doc(cJSON *doc, double when)
{
	char now[48];
	text_rfc3339(when - 8 * 3600, 3, now);
	memcpy(now + strlen(now) - 1, "-08:00", 7);
	json_put_str(doc, "status", "DONE");
	json_put_num(doc, "progress", 100);
	json_put_str(doc, "endTime", now);
}

static char *request_key(const struct sim_call *c)
{
	const char *id = sim_param(c, "requestId");
	return *id ? xasprintf("projects/%s/%s", c->project, id) : NULL;
}

bool compute_repeated(struct sim_call *c)
{
	char *key = request_key(c);
	if (key && !strcmp(sim_param(c, "requestId"), "00000000-0000-0000-0000-000000000000")) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid value for field 'requestId': '%s'. The zero UUID is not supported.",
			 sim_param(c, "requestId"));
		free(key);
		return true;
	}
	struct sim_object *r = key ? sim_get(c->sim, "compute.requests", key) : NULL;
	struct sim_object *op = r ? sim_get(c->sim, "compute.operations", json_str(r->doc, "operation", "")) : NULL;
	free(key);
	if (!op)
		return false;
	sim_ok(c, cJSON_Duplicate(op->doc, true));
	return true;
}

static cJSON *new_doc(struct sim_call *c, const struct sim_object *o, const char *type, const char *scope, const char *name)
{
	char id[32];
	const char *now = sim_stamp_compute(c->sim), *self = sim_tmp(COMPUTE_BASE "%soperations/%s", scope, name);
	snprintf(id, sizeof id, "%lld", sim_serial(c->sim));
	cJSON *doc = json_make(
	    "{'kind':'compute#operation','id':%s,'name':%s,'operationType':%s,'targetLink':%s,'status':'RUNNING','user':%s,"
	    "'progress':0,'insertTime':%s,'startTime':%s,'selfLink':%s}",
	    id, name, type, json_str(o->doc, "selfLink", compute_link(o->key)), email(c), now, now, self);
	json_put_str(doc, "targetId", json_str(o->doc, "id", id));
	const char *client = sim_param(c, "requestId");
	if (*client)
		json_put_str(doc, "clientOperationId", client);
	const char *place = strstr(scope, "/regions/") ? "region" : strstr(scope, "/zones/") ? "zone" : NULL;
	if (place)
		json_put_str(doc, place, sim_tmp(COMPUTE_BASE "%.*s", (int)strlen(scope) - 1, scope));
	return doc;
}

static void just_end(struct sim *s, const cJSON *arg)
{
	compute_end(s, arg, NULL, NULL);
}

/* Only a rule of the request itself undoes what was done at once. */
static void forget_undo(struct sim *s, const cJSON *arg)
{
	struct sim_object *op = sim_get(s, "compute.operations", json_str(arg, "done", ""));
	if (op)
		json_drop(op->hidden, "undo");
}

void compute_begin(struct sim_call *c, struct sim_object *o, const char *type, double seconds, bool sure,
		   void (*finish)(struct sim *s, const cJSON *arg))
{
	char *scope = scope_of(o->key), *name = new_name(c->sim);
	char *request = request_key(c);
	const char *key = sim_tmp("%soperations/%s", scope, name);
	struct sim_object *op = sim_put(c->sim, "compute.operations", key, new_doc(c, o, type, scope, name));
	cJSON *arg = json_make("{'op':%s,'collection':%s,'key':%s}", key, o->collection, o->key);
	if (request)
		sim_put(c->sim, "compute.requests", request, json_make("{'operation':%s}", key));
	json_put_num(op->hidden, "due", sim_now(c->sim) + seconds);
	json_put_bool(op->hidden, "sure", sure);
	json_put_str(op->hidden, "principal", c->principal ? c->principal : "");
	if (!json_at(o->hidden, "pending"))
		json_put_str(o->hidden, "pending", key);
	if (seconds > 0) {
		sim_after(c->sim, seconds, finish ? finish : just_end, arg);
	} else {
		bool own = !strcmp(json_str(o->hidden, "pending", ""), key);
		cJSON *before = own ? cJSON_DetachItemFromObjectCaseSensitive(o->hidden, "before") : NULL;
		if (before) /* a rule may yet make it fail */
			json_put(op->hidden, "undo",
				 json_make("{'collection':%s,'key':%s,'before':%j}", o->collection, o->key, before));
		sim_after(c->sim, 0, forget_undo, json_make("{'done':%s}", key));
		(finish ? finish : just_end)(c->sim, arg);
		cJSON_Delete(arg);
	}
	sim_ok(c, cJSON_Duplicate(op->doc, true));
	free(scope);
	free(name);
	free(request);
}

const char *compute_inserter(struct sim *s, const struct sim_object *o)
{
	const struct sim_object *op = sim_get(s, "compute.operations", json_str(o->hidden, "pending", ""));
	return op && text_ends(json_str(op->doc, "operationType", ""), "insert") ? json_str(op->hidden, "principal", "") : NULL;
}

struct sim_object *compute_op_object(struct sim *s, const cJSON *arg)
{
	return sim_get(s, json_str(arg, "collection", ""), json_str(arg, "key", ""));
}

void compute_end(struct sim *s, const cJSON *arg, const char *code, const char *message)
{
	struct sim_object *op = sim_get(s, "compute.operations", json_str(arg, "op", "")), *o = compute_op_object(s, arg);
	if (o && !strcmp(json_str(o->hidden, "pending", ""), json_str(arg, "op", ""))) {
		json_drop(o->hidden, "pending");
		json_drop(o->hidden, "before");
	}
	if (!op)
		return;
	finish_doc(op->doc, sim_wall(s));
	if (!message)
		return;
	bool quota = !strcmp(code, "QUOTA_EXCEEDED"), stock = !strncmp(code, "ZONE_RESOURCE_POOL", 18);
	json_put(op->doc, "error", json_make("{'errors':[{'code':%s,'message':%s}]}", code, message));
	json_put_num(op->doc, "httpErrorStatusCode", quota ? 403 : stock ? 503 : 400);
	json_put_str(op->doc, "httpErrorMessage", quota ? "FORBIDDEN" : stock ? "SERVICE UNAVAILABLE" : "BAD REQUEST");
}

/* As it was before the operation. */
static void put_back(struct sim *s, const struct compute_kind *k, struct sim_object *o, cJSON *before)
{
	cJSON *failed = o->doc;
	if (!before)
		return;
	o->doc = before;
	if (k && k->reverted)
		k->reverted(s, o, failed);
	cJSON_Delete(failed);
}

static const struct compute_kind *kind_in(const char *collection)
{
	return text_starts(collection, "compute.") ? compute_kind_named(collection + strlen("compute.")) : NULL;
}

/* The same for one that was done at once, by its name alone. */
static bool spoil_ended(struct sim *s, const char *name, const char *code, const char *message)
{
	const char *tail = sim_tmp("/operations/%s", name), *all = "projects/";
	struct sim_object *op = sim_first(s, "compute.operations", all);
	while (op && !text_ends(op->key, tail))
		op = sim_following(s, op, all);
	if (!op)
		return false;
	cJSON *undo = json_at(op->hidden, "undo");
	struct sim_object *o = undo ? compute_op_object(s, undo) : NULL;
	if (o)
		put_back(s, kind_in(o->collection), o, cJSON_DetachItemFromObjectCaseSensitive(undo, "before"));
	cJSON *arg = json_make("{'op':%s}", op->key);
	compute_end(s, arg, code, message);
	cJSON_Delete(arg);
	return true;
}

/* What an insert that failed would have made is not there; what another would have changed is as it was: a machine that could not be stopped runs. */
static bool compute_operations_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const char *code = json_str(error, "code", "INTERNAL_ERROR"), *message = json_str(error, "message", "Internal error.");
	if (json_at(arg, "ended"))
		return spoil_ended(s, json_str(arg, "ended", ""), code, message);
	const struct sim_object *op = sim_get(s, "compute.operations", json_str(arg, "op", ""));
	struct sim_object *o = compute_op_object(s, arg);
	if (!op)
		return false;
	const struct compute_kind *k = kind_in(json_str(arg, "collection", ""));
	if (o && k && text_ends(json_str(op->doc, "operationType", ""), "insert")) {
		if (k->removed)
			k->removed(s, o);
		sim_remove(s, o);
	} else if (o && !strcmp(json_str(o->hidden, "pending", ""), json_str(arg, "op", "-"))) {
		put_back(s, k, o, cJSON_DetachItemFromObjectCaseSensitive(o->hidden, "before"));
	}
	compute_end(s, arg, code, message);
	return true;
}

/* Handlers. -------------------------------------------------------------------------------------------------------------- */
static struct sim_object *target(struct sim_call *c)
{
	struct buf path = {0};
	struct sim_object *op = NULL;
	if (compute_scope(c, &path)) {
		buf_printf(&path, "operations/%s", sim_param(c, "operation"));
		op = sim_get(c->sim, "compute.operations", buf_text(&path));
		if (!op)
			sim_fail(c, "NOT_FOUND", "notFound", "The resource '%s' was not found", buf_text(&path));
	}
	buf_free(&path);
	return op;
}

static void compute_operations_operation_get(struct sim_call *c)
{
	struct sim_object *op = target(c);
	if (op)
		sim_ok(c, cJSON_Duplicate(op->doc, true));
}

/* Holds the reply back until the operation ends, two minutes at most. The reply tells the end when it cannot be other than good; otherwise
 * it is given at that time and tells what is known now, and the next wait tells the end: "in rare cases before it is DONE". */
static void wait_for(struct sim_call *c)
{
	struct sim_object *op = target(c);
	if (!op)
		return;
	cJSON *doc = cJSON_Duplicate(op->doc, true);
	double left = json_num(op->hidden, "due", 0) - sim_now(c->sim);
	if (strcmp(json_str(doc, "status", ""), "DONE")) {
		double hold = left < 0 ? 0 : left < 120 ? left : 120;
		if (left <= 120 && json_bool(op->hidden, "sure", false))
			finish_doc(doc, sim_wall(c->sim) + hold);
		c->reply->latency = hold + 0.01;
	}
	sim_ok(c, doc);
}

static void operation_delete(struct sim_call *c)
{
	struct sim_object *op = target(c);
	if (!op)
		return;
	if (strcmp(json_str(op->doc, "status", ""), "DONE")) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Operation '%s' is not DONE.", json_str(op->doc, "name", ""));
		return;
	}
	sim_remove(c->sim, op);
	sim_no_content(c);
}

static bool passes(const struct sim_call *c, const struct sim_object *o)
{
	bool bad = false;
	return compute_filter(sim_param(c, "filter"), o->doc, &bad);
}

static void compute_operations_operation_list(struct sim_call *c)
{
	struct buf prefix = {0};
	if (compute_scope(c, &prefix)) {
		buf_puts(&prefix, "operations");
		const char *link = compute_link(buf_text(&prefix));
		cJSON *extra = json_make("{'kind':'compute#operationList','id':%s,'selfLink':%s}", buf_text(&prefix), link);
		buf_putc(&prefix, '/');
		sim_list(c, "compute.operations", buf_text(&prefix), "items", passes, extra);
	}
	buf_free(&prefix);
}

static void compute_operations_aggregated(struct sim_call *c)
{
	const char *prefix = sim_tmp("projects/%s/", c->project);
	const char *id = sim_tmp("projects/%s/aggregated/operations", c->project), *link = compute_link(id);
	cJSON *items = cJSON_CreateObject();
	for (struct sim_object *o = sim_first(c->sim, "compute.operations", prefix); o; o = sim_following(c->sim, o, prefix)) {
		char *scope = scope_of(o->key);
		scope[strlen(scope) - 1] = '\0';
		cJSON *in = cJSON_GetObjectItemCaseSensitive(items, scope + strlen(prefix));
		if (!in)
			cJSON_AddItemToObject(items, scope + strlen(prefix), in = json_make("{'operations':[]}"));
		if (passes(c, o))
			cJSON_AddItemToArray(json_at(in, "operations"), cJSON_Duplicate(o->doc, true));
		free(scope);
	}
	sim_ok(c, json_make("{'kind':'compute#operationAggregatedList','id':%s,'selfLink':%s,'items':%j}", id, link, items));
}

static const struct sim_route routes[] = {
    {"compute.globalOperations.get", compute_operations_operation_get, "compute.globalOperations.get", NULL},
    {"compute.globalOperations.list", compute_operations_operation_list, "compute.globalOperations.list", NULL},
    {"compute.globalOperations.aggregatedList", compute_operations_aggregated, "compute.globalOperations.list", NULL},
    {"compute.globalOperations.wait", wait_for, "compute.globalOperations.get", NULL},
    {"compute.globalOperations.delete", operation_delete, "compute.globalOperations.delete", NULL},
    {"compute.regionOperations.get", compute_operations_operation_get, "compute.regionOperations.get", NULL},
    {"compute.regionOperations.list", compute_operations_operation_list, "compute.regionOperations.list", NULL},
    {"compute.regionOperations.wait", wait_for, "compute.regionOperations.get", NULL},
    {"compute.regionOperations.delete", operation_delete, "compute.regionOperations.delete", NULL},
    {"compute.zoneOperations.get", compute_operations_operation_get, "compute.zoneOperations.get", NULL},
    {"compute.zoneOperations.list", compute_operations_operation_list, "compute.zoneOperations.list", NULL},
    {"compute.zoneOperations.wait", wait_for, "compute.zoneOperations.get", NULL},
    {"compute.zoneOperations.delete", operation_delete, "compute.zoneOperations.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_compute_operations = {.name = "compute",
					       .service = "compute.googleapis.com",
					       .errors = SIM_ERRORS_LEGACY,
					       .routes = routes,
					       .spoil = compute_operations_spoil};
