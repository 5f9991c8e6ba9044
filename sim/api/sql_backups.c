/* Cloud SQL's backups: an instance's backup runs, and the project's backups, which outlive it. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sql_keep_backup(struct sim *s, const struct sim_object *instance, const char *type, const char *description,
			    double days)
{
	char id[37], expiry[40];
	const char *now = sim_stamp(s, 3);
	const char *project = json_str(instance->doc, "project", "");
	sim_uuid(s, id);
	const char *key = sim_tmp("projects/%s/backups/%s", project, id), *self = sim_tmp(SQL_BASE "%s", key);
	cJSON *doc = json_make(
	    "{'kind':'sql#backup','name':%s,'selfLink':%s,'instance':%s,'type':%s,'description':%s,'state':'SUCCESSFUL',"
	    "'backupKind':'SNAPSHOT','databaseVersion':%s,'location':%s,'backupInterval':{'startTime':%s,'endTime':%s},"
	    "'instanceSettings':%j}",
	    key, self, strrchr(instance->key, '/') + 1, type, description, json_str(instance->doc, "databaseVersion", ""),
	    json_str(instance->doc, "region", ""), now, now, cJSON_Duplicate(instance->doc, true));
	if (!strcmp(type, "FINAL"))
		json_put_str(doc, "instanceDeletionTime", now);
	if (days > 0)
		json_put_str(doc, "expiryTime", text_rfc3339(sim_wall(s) + days * 86400, 3, expiry));
	struct sim_object *b = sim_put(s, "sql.backups", key, doc);
	return json_str(b->doc, "name", "");
}

static const struct sim_resource resources[] = {
    {.methods = "sql.Backups",
     .collection = "sql.backups",
     .key = "projects/{project}/backups/{backups}",
     .missing = "The requested backup does not exist.",
     .field = "backups",
     .seen = sql_seen},
    {.methods = "sql.backups", /* the older version's spelling */
     .collection = "sql.backups",
     .key = "projects/{project}/backups/{backups}",
     .missing = "The requested backup does not exist.",
     .field = "backups",
     .seen = sql_seen},
    {.methods = "sql.backupRuns",
     .collection = "sql.backupRuns",
     .key = SQL_INSTANCE "/{backupRuns}",
     .missing = "The Cloud SQL backup run does not exist.",
     .reason = "backupRunDoesNotExist",
     .within = &sql_there,
     .nested = true,
     .seen = sql_seen},
    {0},
};

/* Of either kind. */
static void delete_backup(struct sim_call *c)
{
	struct sim_object *b = resource_named(c);
	if (!b)
		return;
	const char *instance = sim_tmp("projects/%s/instances/%s", c->project, json_str(b->doc, "instance", ""));
	sim_remove(c->sim, b);
	sql_begin(c, instance, "DELETE_BACKUP", "", sim_draw(c->sim, "sql.database"), NULL);
}

static void create_backup(struct sim_call *c)
{
	const char *name = json_str(c->body, "instance", "");
	const char *key = sim_tmp("projects/%s/instances/%s", c->project, strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
	struct sim_object *o = sim_get(c->sim, "sql.instances", key);
	if (!o) {
		sim_fail(c, "NOT_FOUND", "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
	} else if (!sql_busy(c, o)) {
		sql_keep_backup(c->sim, o, "ON_DEMAND", json_str(c->body, "description", ""),
				(double)json_int64(c->body, "ttlDays", 0));
		sql_begin(c, key, "BACKUP_VOLUME", "", sim_draw(c->sim, "sql.backup"), NULL);
	}
}

/* Backup runs. ----------------------------------------------------------------------------------------------------------- */
static void finish_run(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	struct sim_object *r = o ? sim_get(s, "sql.backupRuns", json_str(o->hidden, "run", "")) : NULL;
	const char *now = sim_stamp(s, 3);
	if (r) {
		json_put_str(r->doc, "status", "SUCCESSFUL");
		json_put_str(r->doc, "endTime", now);
	}
	sql_end(s, arg, NULL, NULL);
}

static void insert_run(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	if (!o || sql_busy(c, o))
		return;
	char id[24];
	const char *now = sim_stamp(c->sim, 3);
	snprintf(id, sizeof id, "%.0f", sim_wall(c->sim) * 1000);
	const char *key = sim_tmp("%s/%s", o->key, id), *self = sim_tmp(SQL_BASE "%s/backupRuns/%s", o->key, id);
	if (!sim_get(c->sim, "sql.backupRuns", key))
		sim_put(c->sim, "sql.backupRuns", key,
			json_make("{'kind':'sql#backupRun','id':%s,'status':'RUNNING','type':'ON_DEMAND','instance':%s,'"
				  "selfLink':%s,'enqueuedTime':%s,"
				  "'startTime':%s,'windowStartTime':%s,'location':%s,'backupKind':'SNAPSHOT','description':%s,'"
				  "databaseVersion':%s}",
				  id, sim_param(c, "instance"), self, now, now, now, "us", json_str(c->body, "description", ""),
				  json_str(o->doc, "databaseVersion", "")));
	json_put(sim_get(c->sim, "sql.backupRuns", key)->hidden, "held", sql_held(c->sim, o));
	json_put_str(o->hidden, "run", key);
	struct sim_object *op = sql_begin(c, o->key, "BACKUP_VOLUME", "", sim_draw(c->sim, "sql.backup"), finish_run);
	json_put(op->doc, "backupContext", json_make("{'kind':'sql#backupContext','backupId':%s}", id));
}

static void list_runs(struct sim_call *c)
{
	char *prefix = !strcmp(sim_param(c, "instance"), "-") ? xasprintf("projects/%s/instances/", c->project) : NULL;
	struct sim_object *o = prefix ? NULL : sql_instance(c, true);
	if (!prefix && !o)
		return;
	if (!prefix)
		prefix = xasprintf("%s/", o->key);
	cJSON *items = cJSON_CreateArray();
	for (struct sim_object *r = sim_first(c->sim, "sql.backupRuns", prefix); r; r = sim_following(c->sim, r, prefix))
		cJSON_InsertItemInArray(items, 0, cJSON_Duplicate(r->doc, true));
	free(prefix);
	cJSON *reply = json_make("{'kind':'sql#backupRunsList'}");
	if (items->child)
		json_put(reply, "items", items);
	else
		cJSON_Delete(items);
	sql_ok(c, reply);
}

static void finish_restore(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	struct sim_object *r = o ? sim_get(s, "sql.backupRuns", json_str(o->hidden, "restored", "")) : NULL;
	if (r)
		sql_bring_back(s, o, json_at(r->hidden, "held"));
	sql_end(s, arg, NULL, NULL);
}

/* Brings an instance back to what a backup knows of it. */
static void sql_backups_restore(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false);
	if (!o || sql_busy(c, o))
		return;
	const char *backup = json_str(c->body, "backup", "");
	const char *key = sim_tmp("%s/%lld", o->key, json_int64(c->body, "restoreBackupContext.backupRunId", 0));
	bool known = *backup ? sim_get(c->sim, "sql.backups", backup) != NULL : sim_get(c->sim, "sql.backupRuns", key) != NULL;
	if (known && !*backup)
		json_put_str(o->hidden, "restored", key);
	if (known)
		sql_begin(c, o->key, "RESTORE_VOLUME", "", sim_draw(c->sim, "sql.update.restart"),
			  *backup ? NULL : finish_restore);
	else
		sim_fail(c, "NOT_FOUND", "backupRunDoesNotExist", "The Cloud SQL backup run does not exist.");
}

static const struct sim_route routes[] = {
    {"sql.backupRuns.list", list_runs, "cloudsql.backupRuns.list", NULL},
    {"sql.backupRuns.get", resource_get, "cloudsql.backupRuns.get", NULL},
    {"sql.backupRuns.insert", insert_run, "cloudsql.backupRuns.create", NULL},
    {"sql.backupRuns.delete", delete_backup, "cloudsql.backupRuns.delete", NULL},
    {"sql.Backups.ListBackups", resource_list, "cloudsql.backupRuns.list", NULL},
    {"sql.Backups.GetBackup", resource_get, "cloudsql.backupRuns.get", NULL},
    {"sql.Backups.CreateBackup", create_backup, "cloudsql.backupRuns.create", NULL},
    {"sql.Backups.DeleteBackup", delete_backup, "cloudsql.backupRuns.delete", NULL},
    {"sql.backups.listBackups", resource_list, "cloudsql.backupRuns.list", NULL},
    {"sql.backups.getBackup", resource_get, "cloudsql.backupRuns.get", NULL},
    {"sql.backups.createBackup", create_backup, "cloudsql.backupRuns.create", NULL},
    {"sql.backups.deleteBackup", delete_backup, "cloudsql.backupRuns.delete", NULL},
    {"sql.instances.restoreBackup", sql_backups_restore, "cloudsql.instances.restoreBackup", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_backups = {.name = "sqladmin",
					.service = "sqladmin.googleapis.com",
					.errors = SIM_ERRORS_LEGACY,
					.routes = routes,
					.resources = resources};
