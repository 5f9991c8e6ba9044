/* What Cloud SQL copies: clones, read replicas, and dumps to and from Cloud Storage. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What a database server holds beside its settings; the last are MLflow's tables, by instance, database and when that was made. */
static const char *const held[] = {"sql.users", "sql.databases", "mlflow.schema", "mlflow.experiments", "mlflow.runs"};

/* Copies what this collection has of one instance to another. */
static void copy_all(struct sim *s, const char *collection, const struct sim_object *from, const struct sim_object *to)
{
	size_t n = strlen(from->key);
	const char *name = strrchr(to->key, '/') + 1, *project = json_str(to->doc, "project", "");
	for (struct sim_object *o = sim_first(s, collection, from->key); o; o = sim_following(s, o, from->key)) {
		if (o->key[n] != '/' && o->key[n] != ' ' && o->key[n] != '#')
			continue; /* of an instance whose name begins the same */
		const char *key = sim_tmp("%s%s", to->key, o->key + n), *self = sim_tmp(SQL_BASE "%s", key);
		struct sim_object *copy = sim_get(s, collection, key)
					      ? NULL
					      : sim_put(s, collection, key, cJSON_Duplicate(o->doc, true));
		if (copy && json_at(copy->doc, "instance")) {
			json_put_str(copy->doc, "instance", name);
			json_put_str(copy->doc, "project", project);
		}
		if (copy && json_at(copy->doc, "selfLink"))
			json_put_str(copy->doc, "selfLink", self);
		if (copy) {
			cJSON_Delete(copy->hidden);
			copy->hidden = cJSON_Duplicate(o->hidden, true);
			copy->created = o->created;
		}
	}
}

void sql_copy(struct sim *s, const struct sim_object *from, const struct sim_object *to)
{
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		copy_all(s, held[i], from, to);
}

/* Not of an instance whose name begins the same. */
static bool within(const struct sim_object *o, const struct sim_object *instance)
{
	char next = o->key[strlen(instance->key)];
	return next == '/' || next == ' ' || next == '#';
}

cJSON *sql_held(struct sim *s, const struct sim_object *instance)
{
	cJSON *all = cJSON_CreateObject();
	for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
		cJSON *one = cJSON_AddObjectToObject(all, held[i]);
		for (struct sim_object *o = sim_first(s, held[i], instance->key); o; o = sim_following(s, o, instance->key))
			if (within(o, instance))
				cJSON_AddItemToObject(one, o->key,
						      json_make("{'doc':%j,'hidden':%j}", cJSON_Duplicate(o->doc, true),
								cJSON_Duplicate(o->hidden, true)));
	}
	return all;
}

static void drop_later(struct sim *s, const char *collection, const struct sim_object *instance, const cJSON *was)
{
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, collection, instance->key); o; o = next) {
		next = sim_following(s, o, instance->key);
		if (within(o, instance) && !cJSON_GetObjectItemCaseSensitive(was, o->key))
			sim_remove(s, o);
	}
}

void sql_bring_back(struct sim *s, const struct sim_object *instance, const cJSON *was)
{
	for (const cJSON *one = was ? was->child : NULL; one; one = one->next) {
		drop_later(s, one->string, instance, one);
		for (const cJSON *kept = one->child; kept; kept = kept->next) {
			struct sim_object *o = sim_get(s, one->string, kept->string);
			if (!o)
				o = sim_put(s, one->string, kept->string, cJSON_CreateObject());
			cJSON_Delete(o->doc);
			cJSON_Delete(o->hidden);
			o->doc = cJSON_Duplicate(json_at(kept, "doc"), true);
			o->hidden = cJSON_Duplicate(json_at(kept, "hidden"), true);
		}
	}
}

/* Clones. ------------------------------------------------------------------------------------------------------------------ */
static bool clone_ok(struct sim_call *c, const struct sim_object *o, const cJSON *context)
{
	const char *name = json_str(context, "destinationInstanceName", "");
	bool logs = json_bool(o->doc,
			      sql_is_mysql(o) ? "settings.backupConfiguration.binaryLogEnabled"
					      : "settings.backupConfiguration.pointInTimeRecoveryEnabled",
			      false);
	if (strcmp(json_str(o->doc, "state", ""), "RUNNABLE"))
		return sql_invalid(c, "Invalid request since instance is not running.");
	if (*json_str(o->doc, "masterInstanceName", ""))
		return sql_invalid(c, "Cannot clone a read replica instance.");
	if ((json_at(context, "pointInTime") || json_at(context, "binLogCoordinates")) && !logs)
		return sql_invalid(c, "Point in time recovery is not enabled for instance %s.", strrchr(o->key, '/') + 1);
	if (sim_get(c->sim, "sql.instances", sim_tmp("projects/%s/instances/%s", c->project, name))) {
		sim_fail(c, "ALREADY_EXISTS", "instanceAlreadyExists", "The Cloud SQL instance already exists.");
		return false;
	}
	return true;
}

static void make_clone(struct sim_call *c)
{
	static const char *const own[] = {"ipAddresses", "pscServiceAttachmentLink", "dnsName", "dnsNames", "replicaNames",
					  NULL};
	struct sim_object *o = sql_instance(c, false);
	const cJSON *context = json_at(c->body, "cloneContext");
	if (!o || sql_busy(c, o) || !clone_ok(c, o, context))
		return;
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	for (const char *const *f = own; *f; f++)
		json_drop(doc, *f);
	json_put_str(doc, "name", json_str(context, "destinationInstanceName", ""));
	if (*json_str(context, "preferredZone", "")) {
		json_put_str(doc, "settings.locationPreference.zone", json_str(context, "preferredZone", ""));
		json_put_str(doc, "gceZone", json_str(context, "preferredZone", ""));
	}
	sql_create(c, doc, "CLONE", o->key);
}

/* Replicas. ---------------------------------------------------------------------------------------------------------------- */
bool sql_replica(struct sim_call *c, cJSON *doc)
{
	const char *master = json_str(doc, "masterInstanceName", ""),
		   *name = strrchr(master, ':') ? strrchr(master, ':') + 1 : master;
	struct sim_object *o = sim_get(c->sim, "sql.instances", sim_tmp("projects/%s/instances/%s", c->project, name));
	if (!*master)
		return !json_at(doc, "replicaConfiguration") || sql_invalid(c, "Missing parameter: masterInstanceName.");
	if (!o) {
		sim_fail(c, "NOT_FOUND", "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
		return false;
	}
	if (strcmp(json_str(o->doc, "state", ""), "RUNNABLE"))
		return sql_invalid(c, "The primary instance is not in a valid state for creating a replica.");
	if (!json_bool(o->doc, "settings.backupConfiguration.enabled", false))
		return sql_invalid(c, "Backups must be enabled on the primary instance to create a read replica.");
	if (sql_is_mysql(o) && !json_bool(o->doc, "settings.backupConfiguration.binaryLogEnabled", false))
		return sql_invalid(c, "Binary logging must be enabled on the primary instance to create a read replica.");
	if (!json_at(doc, "databaseVersion"))
		json_put_str(doc, "databaseVersion", json_str(o->doc, "databaseVersion", ""));
	if (!json_at(doc, "settings.edition"))
		json_put_str(doc, "settings.edition", json_str(o->doc, "settings.edition", "ENTERPRISE"));
	if (strcmp(json_str(doc, "databaseVersion", ""), json_str(o->doc, "databaseVersion", "")))
		return sql_invalid(c, "The database version of the replica must be the same as that of the primary instance.");
	if (json_bool(doc, "settings.backupConfiguration.enabled", false) && !sql_is_mysql(o))
		return sql_invalid(c, "Backups cannot be enabled for read replica instance.");
	json_put_str(doc, "masterInstanceName", sim_tmp("%s:%s", c->project, name));
	json_put_str(doc, "replicaConfiguration.kind", "sql#replicaConfiguration");
	json_put_bool(doc, "replicaConfiguration.failoverTarget", json_bool(doc, "replicaConfiguration.failoverTarget", false));
	json_drop(
	    doc,
	    "replicaConfiguration.mysqlReplicaConfiguration"); /* how to reach the primary: a password is in it, and it is never shown */
	json_put_bool(doc, "settings.databaseReplicationEnabled", true);
	if (sql_is_mysql(o))
		json_put_bool(doc, "settings.crashSafeReplicationEnabled", true);
	return true;
}

void sql_follow(struct sim *s, struct sim_object *o)
{
	const char *master = json_str(o->doc, "masterInstanceName", ""),
		   *name = strrchr(master, ':') ? strrchr(master, ':') + 1 : "";
	struct sim_object *primary = sim_get(s, "sql.instances",
					     sim_tmp("projects/%s/instances/%s", json_str(o->doc, "project", ""), name));
	if (!primary)
		return;
	if (!json_at(primary->doc, "replicaNames"))
		json_put(primary->doc, "replicaNames", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(primary->doc, "replicaNames"), cJSON_CreateString(strrchr(o->key, '/') + 1));
	sql_copy(s, primary, o);
}

void sql_unfollow(struct sim *s, struct sim_object *o)
{
	const char *master = json_str(o->doc, "masterInstanceName", ""),
		   *name = strrchr(master, ':') ? strrchr(master, ':') + 1 : "";
	struct sim_object *primary = sim_get(s, "sql.instances",
					     sim_tmp("projects/%s/instances/%s", json_str(o->doc, "project", ""), name));
	cJSON *names = primary ? json_at(primary->doc, "replicaNames") : NULL;
	for (int i = cJSON_GetArraySize(names) - 1; i >= 0; i--)
		if (!strcmp(cJSON_GetArrayItem(names, i)->valuestring, strrchr(o->key, '/') + 1))
			cJSON_DeleteItemFromArray(names, i);
	if (names && !names->child)
		json_drop(primary->doc, "replicaNames");
}

static void promoted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	if (o) {
		sql_unfollow(s, o);
		json_drop(o->doc, "masterInstanceName");
		json_drop(o->doc, "replicaConfiguration");
		json_put_str(o->doc, "instanceType", "CLOUD_SQL_INSTANCE");
	}
	sql_end(s, arg, NULL, NULL);
}

static void sql_copies_promote(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false);
	if (!o || sql_busy(c, o))
		return;
	if (!*json_str(o->doc, "masterInstanceName", ""))
		sql_invalid(c, "This operation is not valid for this instance: it is not a read replica instance.");
	else
		sql_begin(c, o->key, "PROMOTE_REPLICA", "", sim_draw(c->sim, "sql.update.restart"), promoted);
}

/* Dumps. -------------------------------------------------------------------------------------------------------------------- */
/* Bucket and object of "gs://BUCKET/OBJECT"; false, answered, when it is none. */
static bool place(struct sim_call *c, const char *uri, const char **bucket, const char **object)
{
	size_t n = text_starts(uri, "gs://") ? strcspn(uri + 5, "/") : 0;
	if (!n || !uri[5 + n] || !uri[6 + n])
		return sql_invalid(c, "Invalid Cloud Storage URI: %s.", uri);
	*bucket = sim_tmp("%.*s", (int)n, uri + 5);
	*object = sim_tmp("%s", uri + 6 + n);
	return true;
}

static const char *agent(const struct sim_object *o)
{
	return sim_tmp("serviceAccount:%s", json_str(o->doc, "serviceAccountEmailAddress", ""));
}

static bool type_ok(struct sim_call *c, const cJSON *context, const char *options)
{
	const char *type = json_str(context, "fileType", "");
	if (strcmp(type, "SQL") && strcmp(type, "CSV"))
		return sql_invalid(
		    c, *type ? "File type %s is not supported for this database engine." : "Missing parameter: fileType%s.",
		    type);
	if (!strcmp(type, "CSV") && !json_at(context, options))
		return sql_invalid(c, "Missing parameter: %s.", options);
	return true;
}

static void denied(struct sim_call *c)
{
	sim_fail(c, "PERMISSION_DENIED", "notAuthorized",
		 "The service account does not have the required permissions for the bucket.");
}

static void put_out(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	const cJSON *context = json_at(c->body, "exportContext");
	const char *bucket, *object, *why = NULL, *name = json_str(context, "databases.0", "");
	if (!o || sql_busy(c, o) || !type_ok(c, context, "csvExportOptions.selectQuery") ||
	    !place(c, json_str(context, "uri", ""), &bucket, &object))
		return;
	if (!sql_is_mysql(o) && cJSON_GetArraySize(json_at(context, "databases")) != 1) {
		sql_invalid(c, "Exactly one database must be specified for this export.");
		return;
	}
	if (*name && !sim_get(c->sim, "sql.databases", sim_tmp("%s/databases/%s", o->key, name))) {
		sql_invalid(c, "Database %s does not exist.", name);
		return;
	}
	struct buf dump = {0};
	buf_printf(&dump, "--\n-- %s database dump\n--\n-- Database: %s\n", sql_is_mysql(o) ? "MySQL" : "PostgreSQL", name);
	if (sim_object_write(c->sim, agent(o), bucket, object, "application/octet-stream", buf_text(&dump), dump.len, &why))
		sql_begin(c, o->key, "EXPORT", "", sim_draw(c->sim, "sql.backup"), NULL);
	else
		denied(c);
	buf_free(&dump);
}

static void take_in(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	const cJSON *context = json_at(c->body, "importContext");
	const char *bucket, *object, *why = NULL, *name = json_str(context, "database", "");
	size_t len;
	if (!o || sql_busy(c, o) || !type_ok(c, context, "csvImportOptions.table") ||
	    !place(c, json_str(context, "uri", ""), &bucket, &object))
		return;
	if (!*name && !sql_is_mysql(o)) {
		sql_invalid(c, "Missing parameter: database.");
		return;
	}
	if (*name && !sim_get(c->sim, "sql.databases", sim_tmp("%s/databases/%s", o->key, name))) {
		sql_invalid(c, "Database %s does not exist.", name);
		return;
	}
	char *dump = sim_object_read(c->sim, agent(o), bucket, object, NULL, &len, &why);
	if (dump)
		sql_begin(c, o->key, "IMPORT", "", sim_draw(c->sim, "sql.backup"), NULL);
	else if (why && !strcmp(why, "missing"))
		sim_fail(c, "NOT_FOUND", "notFound", "The object gs://%s/%s does not exist.", bucket, object);
	else
		denied(c);
	free(dump);
}

static const struct sim_route routes[] = {
    {"sql.instances.clone", make_clone, "cloudsql.instances.clone", NULL},
    {"sql.instances.promoteReplica", sql_copies_promote, "cloudsql.instances.promoteReplica", NULL},
    {"sql.instances.export", put_out, "cloudsql.instances.export", NULL},
    {"sql.instances.import", take_in, "cloudsql.instances.import", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_copies = {
    .name = "sqladmin", .service = "sqladmin.googleapis.com", .errors = SIM_ERRORS_LEGACY, .routes = routes};
