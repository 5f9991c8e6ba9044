/* Cloud Logging v2: entries written by the simulated containers and builds, or by clients, and listed by the filters that tools use. */
#include "config.h"
#include "sim/api/filter.h"
#include "sim/api/shared.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENTRIES "logging.entries"
#define MOST_ENTRIES 20000 /* a project; the oldest go */

/* Keys sort by time of writing. */
static void keep(struct sim *s, const char *project, cJSON *entry, long long n)
{
	sim_put(s, ENTRIES, sim_tmp("projects/%s/%017.6f/%020lld", project, sim_now(s), n), entry);
	const char *count_key = sim_tmp("projects/%s", project);
	struct sim_object *count = sim_get(s, "logging.counts", count_key);
	if (!count)
		count = sim_put(s, "logging.counts", count_key, cJSON_CreateObject());
	json_put_num(count->hidden, "entries", json_num(count->hidden, "entries", 0) + 1);
	if (json_num(count->hidden, "entries", 0) > MOST_ENTRIES) {
		struct sim_object *oldest = sim_first(s, ENTRIES, sim_tmp("projects/%s/", project));
		if (oldest)
			sim_remove(s, oldest);
	}
}

static cJSON *entry_new(struct sim *s, const char *project, const char *log, const char *severity, const char *id)
{
	struct buf name = {0};
	text_percent(&name, log, false);
	char *now = sim_time(s, 9);
	cJSON *entry = json_make("{'logName':%s,'severity':%s,'timestamp':%s,'receiveTimestamp':%s,'insertId':%s}",
				 sim_tmp("projects/%s/logs/%s", project, buf_text(&name)), severity, now, now, id);
	free(now);
	buf_free(&name);
	return entry;
}

void sim_log_entry(struct sim *s, const char *project, const char *resource_type, cJSON *labels, const char *log,
		   const char *severity, const char *text)
{
	char *id = sim_hex(s, 16);
	cJSON *entry = entry_new(s, project, log, severity, id);
	json_put(entry, "resource",
		 json_make("{'type':%s,'labels':%j}", resource_type, labels ? labels : cJSON_CreateObject()));
	json_put_str(entry, "textPayload", text);
	keep(s, project, entry, sim_serial(s));
	free(id);
}

void sim_log_fields(struct sim *s, const char *project, const char *resource_type, cJSON *labels, const char *log,
		    const char *severity, cJSON *fields)
{
	const struct sim_object *count = sim_get(s, "logging.counts", sim_tmp("projects/%s", project));
	long long n = 1 + (long long)json_num(count ? count->hidden : NULL, "entries", 0);
	cJSON *entry = entry_new(s, project, log, severity, sim_tmp("%016llx", n)), *field;
	json_put(entry, "resource",
		 json_make("{'type':%s,'labels':%j}", resource_type, labels ? labels : cJSON_CreateObject()));
	while ((field = cJSON_DetachItemFromArray(fields, 0)))
		cJSON_AddItemToObject(entry, sim_tmp("%s", field->string), field);
	cJSON_Delete(fields);
	keep(s, project, entry, n);
}

/* Methods. ----------------------------------------------------------------------------------------------------------------- */
static const char *asked_project(struct sim_call *c)
{
	const char *name = json_str(c->body, "resourceNames.0", "");
	if (!*name && *json_str(c->body, "projectIds.0", ""))
		name = sim_tmp("projects/%s", json_str(c->body, "projectIds.0", ""));
	const char *rest = text_starts(name, "projects/") ? name + 9 : NULL;
	const char *project = rest ? sim_project_id(c->sim, sim_tmp("%.*s", (int)strcspn(rest, "/"), rest)) : NULL;
	if (!rest)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "One or more resource names must be specified");
	else if (!project || !sim_allowed(c->sim, c->principal, "logging.logEntries.list", project, ""))
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "Permission 'logging.logEntries.list' denied on resource (or it may not exist).");
	return c->reply->status >= 400 ? NULL : project;
}

static void logging_list(struct sim_call *c)
{
	const char *project = asked_project(c), *filter = json_str(c->body, "filter", ""),
		   *order = json_str(c->body, "orderBy", "timestamp asc");
	if (!project)
		return;
	int size = (int)json_num(c->body, "pageSize", 50), skip = atoi(json_str(c->body, "pageToken", "0")), seen = 0;
	size = size < 1 ? 50 : size > 1000 ? 1000 : size;
	char *prefix = xasprintf("projects/%s/", project);
	bool newest = strstr(order, "desc") != NULL, bad = false;
	cJSON *all = cJSON_CreateArray(), *page = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(c->sim, ENTRIES, prefix); o && !bad; o = sim_following(c->sim, o, prefix))
		if (filter_fits(filter, o->doc, &bad))
			cJSON_AddItemToArray(all, cJSON_CreateString(o->key));
	int count = cJSON_GetArraySize(all);
	cJSON *at = newest ? (all->child ? all->child->prev : NULL) : all->child;
	for (; at && seen < count && cJSON_GetArraySize(page) < size; seen++, at = newest ? at->prev : at->next)
		if (seen >= skip)
			cJSON_AddItemToArray(page, cJSON_Duplicate(sim_get(c->sim, ENTRIES, at->valuestring)->doc, 1));
	cJSON_Delete(all);
	free(prefix);
	if (bad) {
		cJSON_Delete(page);
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Unparseable filter: syntax error at line 1, column 1, token '%s'",
			 filter);
		return;
	}
	cJSON *reply = page->child ? json_make("{'entries':%j}", page) : cJSON_CreateObject();
	if (!page->child)
		cJSON_Delete(page);
	if (seen < count)
		json_put_str(reply, "nextPageToken", sim_tmp("%d", seen));
	sim_ok(c, reply);
}

/* The project of a log's name, or NULL, answered. */
static const char *log_project(struct sim_call *c, const char *log)
{
	const char *rest = text_starts(log, "projects/") ? log + 9 : NULL;
	const char *project = rest ? sim_project_id(c->sim, sim_tmp("%.*s", (int)strcspn(rest, "/"), rest)) : NULL;
	if (!rest || !strstr(log, "/logs/"))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Log name is not valid: %s", log);
	else if (!project || !sim_allowed(c->sim, c->principal, "logging.logEntries.create", project, ""))
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "Permission 'logging.logEntries.create' denied on resource (or it may not exist).");
	return c->reply->status >= 400 ? NULL : project;
}

static void logging_write(struct sim_call *c)
{
	const cJSON *entries = json_at(c->body, "entries"), *resource = json_at(c->body, "resource");
	bool dry = json_bool(c->body, "dryRun", false);
	for (const cJSON *e = entries ? entries->child : NULL; e; e = e->next) {
		const char *log = json_str(e, "logName", json_str(c->body, "logName", "")), *project = log_project(c, log);
		if (!project)
			return;
		char *id = sim_hex(c->sim, 16);
		cJSON *entry = entry_new(c->sim, project, "x", json_str(e, "severity", "DEFAULT"), id);
		free(id);
		for (const cJSON *f = e->child; f; f = f->next)
			json_put(entry, f->string, cJSON_Duplicate(f, 1));
		json_put_str(entry, "logName", log);
		if (!json_at(entry, "resource"))
			json_put(entry, "resource",
				 resource ? cJSON_Duplicate(resource, 1)
					  : json_make("{'type':'global','labels':{'project_id':%s}}", project));
		if (dry)
			cJSON_Delete(entry);
		else
			keep(c->sim, project, entry, sim_serial(c->sim));
	}
	sim_empty(c);
}

static void logs_list(struct sim_call *c)
{
	const char *prefix = sim_tmp("projects/%s/", c->project ? c->project : "");
	cJSON *names = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(c->sim, ENTRIES, prefix); o; o = sim_following(c->sim, o, prefix)) {
		const char *name = json_str(o->doc, "logName", "");
		if (!json_lists(names, name))
			cJSON_AddItemToArray(names, cJSON_CreateString(name));
	}
	sim_ok(c, names->child ? json_make("{'logNames':%j}", names) : (cJSON_Delete(names), cJSON_CreateObject()));
}

static void logs_delete(struct sim_call *c)
{
	const char *prefix = sim_tmp("projects/%s/", c->project ? c->project : "");
	struct buf id = {0};
	text_percent(&id, strstr(c->path, "/logs/") + 6, false);
	const char *name = sim_tmp("%slogs/%s", prefix, buf_text(&id));
	bool any = false;
	buf_free(&id);
	struct sim_object *o = sim_first(c->sim, ENTRIES, prefix);
	while (o) {
		struct sim_object *next = sim_following(c->sim, o, prefix);
		if (!strcmp(json_str(o->doc, "logName", ""), name)) {
			any = true;
			sim_remove(c->sim, o);
		}
		o = next;
	}
	if (any)
		sim_empty(c);
	else
		sim_fail(c, "NOT_FOUND", NULL, "Log %s does not exist", strrchr(name, '/') + 1);
}

static const struct sim_route routes[] = {
    {"logging.entries.list", logging_list, NULL, NULL},
    {"logging.entries.write", logging_write, NULL, NULL},
    {"logging.logs.list", logs_list, "logging.logs.list", NULL},
    {"logging.projects.logs.list", logs_list, "logging.logs.list", NULL},
    {"logging.logs.delete", logs_delete, "logging.logs.delete", NULL},
    {"logging.projects.logs.delete", logs_delete, "logging.logs.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_logging = {
    .name = "logging",
    .service = "logging.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
};
