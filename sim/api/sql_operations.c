/* Cloud SQL's operations and the lock that they hold on an instance: one change at a time. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void spell_links(cJSON *node)
{
	cJSON *child;
	if (cJSON_IsString(node) && text_starts(node->valuestring, SQL_BASE)) {
		const char *link = sim_tmp("https://sqladmin.googleapis.com/sql/v1beta4/%s",
					   node->valuestring + strlen(SQL_BASE));
		cJSON_SetValuestring(node, link);
	}
	cJSON_ArrayForEach(child, node)
		spell_links(child);
}

void sql_ok(struct sim_call *c, cJSON *doc)
{
	if (text_starts(c->path, "/sql/v1beta4/"))
		spell_links(doc);
	sim_ok(c, doc);
}

cJSON *sql_seen(const struct sim_call *c, const struct sim_object *o)
{
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	if (text_starts(c->path, "/sql/v1beta4/"))
		spell_links(doc);
	return doc;
}

bool sql_invalid(struct sim_call *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid request: %s", text);
	free(text);
	return false;
}

static char *sql_instance_key(const struct sim_call *c)
{
	return xasprintf("projects/%s/instances/%s", c->project, sim_param(c, "instance"));
}

struct sim_object *sql_instance(struct sim_call *c, bool child)
{
	char *key = sql_instance_key(c);
	struct sim_object *o = sim_get(c->sim, "sql.instances", key);
	free(key);
	if (!o && child)
		sim_fail(c, "PERMISSION_DENIED", "notAuthorized", "The client is not authorized to make this request.");
	else if (!o)
		sim_fail(c, "NOT_FOUND", "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
	return o;
}

struct sim_object *sql_running(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, true);
	if (!o || (!strcmp(json_str(o->doc, "state", ""), "RUNNABLE") &&
		   strcmp(json_str(o->doc, "settings.activationPolicy", ""), "NEVER")))
		return o;
	sql_invalid(c, "Invalid request since instance is not running.");
	return NULL;
}

bool sql_busy(struct sim_call *c, const struct sim_object *instance)
{
	if (!json_at(instance->hidden, "op"))
		return false;
	sim_fail_with(c, 409, "ABORTED", "operationInProgress", NULL,
		      "Operation failed because another operation was already in progress. Try your request after the current "
		      "operation is "
		      "complete.");
	return true;
}

/* Reads do not mind what is being done to it. */
static struct sim_object *at_rest(struct sim_call *c, struct sim_object *o)
{
	return o && strcmp(c->method, "GET") && sql_busy(c, o) ? NULL : o;
}

static struct sim_object *sql_find_there(struct sim_call *c, const struct sim_resource *r)
{
	(void)r;
	return at_rest(c, sql_instance(c, true));
}
const struct sim_resource sql_there = {.find = sql_find_there};

static struct sim_object *sql_find_running(struct sim_call *c, const struct sim_resource *r)
{
	(void)r;
	return at_rest(c, sql_running(c));
}
const struct sim_resource sql_runs = {.find = sql_find_running};

bool sql_is_mysql(const struct sim_object *instance)
{
	return text_starts(json_str(instance->doc, "databaseVersion", ""), "MYSQL");
}

static void start(struct sim *s, const cJSON *arg)
{
	struct sim_object *op = sim_get(s, "sql.operations", json_str(arg, "op", ""));
	if (!op || strcmp(json_str(op->doc, "status", ""), "PENDING"))
		return;
	const char *now = sim_stamp(s, 3);
	json_put_str(op->doc, "status", "RUNNING");
	json_put_str(op->doc, "startTime", now);
}

static void just_end(struct sim *s, const cJSON *arg)
{
	sql_end(s, arg, NULL, NULL);
}

struct sim_object *sql_operation(struct sim_call *c, const char *instance_key, const char *type, const char *target,
				 double seconds, void (*finish)(struct sim *s, const cJSON *arg))
{
	char id[37];
	const char *now = sim_stamp(c->sim, 3);
	sim_uuid(c->sim, id);
	const char *who = c->principal ? strchr(c->principal, ':') : NULL, *name = strrchr(instance_key, '/') + 1;
	const char *key = sim_tmp("projects/%s/operations/%s", c->project, id);
	struct sim_object *o = sim_get(c->sim, "sql.instances", instance_key);
	const char *master = o && !strcmp(type, "CREATE_REPLICA") ? json_str(o->doc, "masterInstanceName", "") : "";
	/* A replica is made of, and so at, its primary. */
	const char *at = *master ? sim_tmp("projects/%s/instances/%s", c->project,
					   strrchr(master, ':') ? strrchr(master, ':') + 1 : master)
				 : instance_key;
	name = strrchr(at, '/') + 1;
	const char *self = sim_tmp(SQL_BASE "%s", key), *link = sim_tmp(SQL_BASE "%s%s", at, target);
	cJSON *doc = json_make(
	    "{'kind':'sql#operation','name':%s,'operationType':%s,'status':'PENDING','insertTime':%s,'user':%s,'selfLink':%s,"
	    "'targetLink':%s,'targetId':%s,'targetProject':%s}",
	    id, type, now, who ? who + 1 : "", self, link, name, c->project);
	struct sim_object *op = sim_put(c->sim, "sql.operations", key, doc);
	cJSON *arg = json_make("{'op':%s,'instance':%s}", key, instance_key);
	if (o)
		json_put_str(o->hidden, "op", key);
	if (seconds > 0) {
		sim_after(c->sim, seconds < 2 ? seconds / 2 : 1, start, cJSON_Duplicate(arg, true));
		sim_after(c->sim, seconds, finish ? finish : just_end, arg);
	} else {
		(finish ? finish : just_end)(c->sim, arg);
		cJSON_Delete(arg);
	}
	return op;
}

struct sim_object *sql_begin(struct sim_call *c, const char *instance_key, const char *type, const char *target, double seconds,
			     void (*finish)(struct sim *s, const cJSON *arg))
{
	struct sim_object *op = sql_operation(c, instance_key, type, target, seconds, finish);
	sql_ok(c, cJSON_Duplicate(op->doc, true));
	return op;
}

void sql_end(struct sim *s, const cJSON *arg, const char *code, const char *message)
{
	struct sim_object *op = sim_get(s, "sql.operations", json_str(arg, "op", ""));
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	const char *now = sim_stamp(s, 3);
	if (o && !strcmp(json_str(o->hidden, "op", ""), json_str(arg, "op", "-")))
		json_drop(o->hidden, "op");
	if (op) {
		json_put_str(op->doc, "status", "DONE");
		if (!json_at(op->doc, "startTime"))
			json_put_str(op->doc, "startTime", now);
		json_put_str(op->doc, "endTime", now);
		if (message)
			json_put(op->doc, "error",
				 json_make("{'kind':'sql#operationErrors','errors':[{'kind':'sql#operationError','code':%s,'"
					   "message':%s}]}",
					   code, message));
	}
}

/* An instance whose making failed stays, FAILED; any other failure only ends the operation. */
static bool sql_operations_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const struct sim_object *op = sim_get(s, "sql.operations", json_str(arg, "op", ""));
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	if (!op)
		return false;
	const char *type = json_str(op->doc, "operationType", "");
	if (o && (text_starts(type, "CREATE") || !strcmp(type, "CLONE")))
		json_put_str(o->doc, "state", "FAILED");
	sql_end(s, arg, json_str(error, "code", "INTERNAL_ERROR"),
		json_str(error, "message", "An internal error has occurred."));
	return true;
}

static bool of_instance(const struct sim_call *c, const struct sim_object *op)
{
	const char *instance = sim_param(c, "instance");
	return !*instance || !strcmp(json_str(op->doc, "targetId", ""), instance);
}

static const struct sim_resource resources[] = {
    {.methods = "sql.operations",
     .collection = "sql.operations",
     .key = "projects/{project}/operations/{operations}",
     .missing = "The Cloud SQL instance operation does not exist.",
     .reason = "operationDoesNotExist",
     .field = "items",
     .list = "sql#operationsList",
     .shown = of_instance,
     .seen = sql_seen},
    {0},
};

static const struct sim_route routes[] = {
    {"sql.operations.get", resource_get, "cloudsql.instances.get", NULL},
    {"sql.operations.list", resource_list, "cloudsql.instances.get", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_operations = {.name = "sqladmin",
					   .service = "sqladmin.googleapis.com",
					   .errors = SIM_ERRORS_LEGACY,
					   .routes = routes,
					   .resources = resources,
					   .spoil = sql_operations_spoil};
