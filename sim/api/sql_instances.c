/* Cloud SQL's instances: insert, get, list, patch, update, delete, restart, resetSslConfig. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/identity.h"
#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long it takes to make one, by engine and reach. */
static double creation_time(struct sim *s, const cJSON *doc)
{
	const char *tier = json_str(doc, "settings.tier", "");
	if (text_starts(json_str(doc, "databaseVersion", ""), "MYSQL"))
		return sim_draw(s, "sql.create.mysql");
	if (*json_str(doc, "settings.ipConfiguration.privateNetwork", ""))
		return sim_draw(s, "sql.create.private");
	return sim_draw(s, !strcmp(tier, "db-f1-micro") || !strcmp(tier, "db-g1-small") ? "sql.create.small"
											: "sql.create.postgres");
}

static void made(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	if (!o) {
		sql_end(s, arg, NULL, NULL);
		return;
	}
	const char *why = sql_make(s, o);
	json_put_str(o->doc, "state", why ? "FAILED" : "RUNNABLE");
	const struct sim_object *origin = sim_get(s, "sql.instances", json_str(o->hidden, "origin", ""));
	if (!why && *json_str(o->doc, "masterInstanceName", ""))
		sql_follow(s, o);
	else if (!why && origin)
		sql_copy(s, origin, o);
	else if (!why)
		sql_populate(s, o, json_str(o->hidden, "rootPassword", ""));
	json_drop(o->hidden, "rootPassword");
	json_drop(o->hidden, "origin");
	sql_end(s, arg, "INTERNAL_ERROR", why);
}

/* The server's authority is shown by its whole subject. */
static void whole_subject(struct sim *s, cJSON *doc)
{
	char id[37];
	sim_uuid(s, id);
	json_put_str(doc, "serverCaCert.commonName",
		     sim_tmp("C=US,O=Google\\, Inc,CN=Google Cloud SQL Server CA,dnQualifier=%s", id));
}

/* What the server says of a new instance beside its settings. */
static void describe(struct sim_call *c, cJSON *doc)
{
	const char *name = json_str(doc, "name", ""), *region = json_str(doc, "region", "");
	bool mysql = text_starts(json_str(doc, "databaseVersion", ""), "MYSQL");
	char *hex = sim_hex(c->sim, 6), *etag = sim_hex(c->sim, 64);
	const char *now = sim_stamp(c->sim, 3);
	const char *connection = sim_tmp("%s:%s:%s", c->project, region, name);
	const char *self = sim_tmp(SQL_BASE "projects/%s/instances/%s", c->project, name);
	const char *account = sim_tmp("p%s-%s@gcp-sa-cloud-sql.iam.gserviceaccount.com", sim_project_number(c->sim, c->project),
				      hex);
	bool replica = *json_str(doc, "masterInstanceName", "");
	cJSON *more = json_make(
	    "{'kind':'sql#instance','state':'PENDING_CREATE','backendType':'SECOND_GEN','instanceType':%s,"
	    "'project':%s,'connectionName':%s,'selfLink':%s,'serviceAccountEmailAddress':%s,'createTime':%s,'etag':%s,"
	    "'satisfiesPzi':true,'sqlNetworkArchitecture':'NEW_NETWORK_ARCHITECTURE','includeReplicasForMajorVersionUpgrade':"
	    "false,"
	    "'geminiConfig':{'entitled':false,'activeQueryEnabled':false,'indexAdvisorEnabled':false}}",
	    replica ? "READ_REPLICA_INSTANCE" : "CLOUD_SQL_INSTANCE", c->project, connection, self, account, now, etag);
	bool old = text_starts(json_str(doc, "databaseVersion", ""), "MYSQL_5"); /* for which nothing is recommended */
	json_put_bool(more, mysql ? "geminiConfig.flagRecommenderEnabled" : "geminiConfig.oomSessionCancelEnabled", !old);
	if (!mysql)
		json_put_bool(more, "geminiConfig.googleVacuumMgmtEnabled",
			      !strcmp(json_str(doc, "settings.edition", ""), "ENTERPRISE_PLUS"));
	sim_merge_patch(doc, more);
	cJSON_Delete(more);
	sim_agent_create(c->sim, account);
	json_put_str(doc, "settings.settingsVersion", "1");
	json_put(doc, "serverCaCert", sql_certificate(c->sim, name, "Google Cloud SQL Server CA", NULL, 10 * 365 * 86400.0));
	whole_subject(c->sim, doc);
	free(hex);
	free(etag);
}

void sql_create(struct sim_call *c, cJSON *doc, const char *type, const char *origin)
{
	const char *key = sim_tmp("projects/%s/instances/%s", c->project, json_str(doc, "name", "")),
		   *password = sim_tmp("%s", json_str(doc, "rootPassword", ""));
	describe(c, doc);
	json_drop(doc, "rootPassword");
	struct sim_object *o = sim_put(c->sim, "sql.instances", key, doc);
	json_put_str(o->hidden, "rootPassword", password);
	if (origin)
		json_put_str(o->hidden, "origin", origin);
	sql_begin(c, key, type, "", creation_time(c->sim, doc), made);
}

/* The key that its disks are encrypted with: in its region, and its project's agent may use it. */
static bool key_ok(struct sim_call *c, cJSON *doc)
{
	const char *key = json_str(doc, "diskEncryptionConfiguration.kmsKeyName", "");
	const char *agent = sim_tmp("service-%s@gcp-sa-cloud-sql.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	const char *version = sim_kms_usable(c->sim, key, agent);
	if (!*key)
		return true;
	if (strcmp(sim_kms_location(key), json_str(doc, "region", "")))
		sim_fail_with(c, 400, "INVALID_ARGUMENT", "invalid", NULL,
			      "Invalid request: The Cloud KMS key %s must be in the same region as the instance (%s).", key,
			      json_str(doc, "region", ""));
	else if (!version)
		sim_fail_with(c, 403, "PERMISSION_DENIED", "notAuthorized", NULL,
			      "Cloud SQL does not have permission to use the Cloud KMS key %s. Grant the service account %s "
			      "the Cloud KMS "
			      "CryptoKey Encrypter/Decrypter role on it.",
			      key, agent);
	else {
		json_put_str(doc, "diskEncryptionConfiguration.kind", "sql#diskEncryptionConfiguration");
		json_put(doc, "diskEncryptionStatus",
			 json_make("{'kind':'sql#diskEncryptionStatus','kmsKeyVersionName':%s}", version));
		return true;
	}
	return false;
}

static void sql_instances_insert(struct sim_call *c)
{
	cJSON *doc = sim_take_body(c);
	const char *key = sim_tmp("projects/%s/instances/%s", c->project, json_str(doc, "name", ""));
	static const char *const outside[] = {"failoverReplica", NULL};
	for (const char *const *f = outside; *f; f++)
		if (json_at(doc, *f)) {
			sim_fail_with(c, 501, "UNIMPLEMENTED", "notImplemented", NULL, "Instances with %s are not simulated.",
				      *f);
			goto out;
		}
	if (text_starts(json_str(doc, "databaseVersion", ""), "SQLSERVER")) {
		sim_fail_with(c, 501, "UNIMPLEMENTED", "notImplemented", NULL, "SQL Server is not simulated.");
		goto out;
	}
	if (sim_get(c->sim, "sql.instances", key)) {
		sim_fail(c, "ALREADY_EXISTS", "instanceAlreadyExists", "The Cloud SQL instance already exists.");
		goto out;
	}
	json_drop(doc, "settings.settingsVersion");
	if (!sql_replica(c, doc) || !sql_settle(c, doc, NULL))
		goto out;
	if (sim_constraint(c->sim, c->project, "gcp.resourceLocations", json_str(doc, "region", ""))) {
		sim_fail_with(c, 400, "INVALID_ARGUMENT", "invalid", NULL,
			      "Invalid request: '%s' violates constraint 'constraints/gcp.resourceLocations' on the resource "
			      "'projects/%s'.",
			      json_str(doc, "region", ""), c->project);
		goto out;
	}
	if (!sim_cmek_ok(c, "sqladmin.googleapis.com", "google.cloud.sql.v1.SqlInstancesService.Insert",
			 json_str(doc, "diskEncryptionConfiguration.kmsKeyName", "")) ||
	    !key_ok(c, doc))
		goto out;
	sql_create(c, doc, *json_str(doc, "masterInstanceName", "") ? "CREATE_REPLICA" : "CREATE", NULL);
	doc = NULL;
out:
	cJSON_Delete(doc);
}

static bool sql_instances_shown(const struct sim_call *c, const struct sim_object *o)
{
	bool bad = false;
	return compute_filter(sim_param(c, "filter"), o->doc, &bad);
}

static void changed(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	const char *why = o ? sql_make(s, o) : NULL;
	sql_end(s, arg, "INTERNAL_ERROR", why);
}

/* Is this a change that stops the database for a while? */
static bool restarts(const cJSON *before, const cJSON *after)
{
	static const char *const fields[] = {"databaseVersion",
					     "settings.tier",
					     "settings.edition",
					     "settings.activationPolicy",
					     "settings.databaseFlags",
					     "settings.availabilityType",
					     "settings.ipConfiguration.privateNetwork",
					     NULL};
	for (const char *const *f = fields; *f; f++)
		if (!json_equal(json_at(before, *f), json_at(after, *f)))
			return true;
	return false;
}

static bool version_fits(struct sim_call *c, const struct sim_object *o, const cJSON *body, bool whole)
{
	const char *sent = json_str(body, "settings.settingsVersion", "");
	if (!*sent)
		return !whole || sql_invalid(c, "Missing parameter: settings.settingsVersion.");
	if (!strcmp(sent, json_str(o->doc, "settings.settingsVersion", "")))
		return true;
	sim_fail_with(c, 412, "FAILED_PRECONDITION", "staleData", NULL, "Condition does not match.");
	return false;
}

/* Whoever goes to the other edition gets its defaults where the old ones stood and nothing is said of them. */
static void renew_backups(const cJSON *old, cJSON *doc, const cJSON *body)
{
	static const char *const fields[] = {"settings.backupConfiguration.backupRetentionSettings.retainedBackups",
					     "settings.backupConfiguration.transactionLogRetentionDays"};
	bool plus = !strcmp(json_str(doc, "settings.edition", ""), "ENTERPRISE_PLUS");
	if (!plus || !strcmp(json_str(old, "settings.edition", ""), "ENTERPRISE_PLUS"))
		return;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!json_at(body, fields[i]) && json_num(doc, fields[i], 0) == 7)
			json_drop(doc, fields[i]);
	if (json_at(doc, "geminiConfig.googleVacuumMgmtEnabled"))
		json_put_bool(doc, "geminiConfig.googleVacuumMgmtEnabled", true);
}

static void drop_nulls(cJSON *of)
{
	for (cJSON *one = of->child, *next; one; one = next) {
		next = one->next;
		if (cJSON_IsNull(one))
			cJSON_Delete(cJSON_DetachItemViaPointer(of, one));
		else
			drop_nulls(one);
	}
}

/* The new document: with whole the settings are replaced, else each of the settings that was sent is. */
static cJSON *wanted(const struct sim_object *o, const cJSON *body, bool whole)
{
	static const char *const kept[] = {"name",         "project",
					   "region",       "kind",
					   "selfLink",     "state",
					   "settings",     "backendType",
					   "instanceType", "connectionName",
					   "etag",         "maintenanceVersion",
					   "gceZone",      "secondaryGceZone",
					   "createTime",   NULL};
	cJSON *doc = cJSON_Duplicate(o->doc, true), *rest = cJSON_Duplicate(body, true);
	const cJSON *item;
	for (const char *const *k = kept; *k; k++)
		cJSON_DeleteItemFromObjectCaseSensitive(rest, *k);
	drop_nulls(rest); /* of the settings alone something can be taken away */
	sim_merge_patch(doc, rest);
	cJSON_Delete(rest);
	if (whole && json_at(body, "settings")) {
		cJSON *settings = cJSON_Duplicate(json_at(body, "settings"), true);
		/* What a full update may leave out. */
		static const char *const stay[] = {
		    "edition", "settingsVersion", "dataDiskSizeGb", "locationPreference", "deletionProtectionEnabled", NULL};
		for (const char *const *k = stay; *k; k++) {
			const cJSON *have = cJSON_GetObjectItemCaseSensitive(json_at(doc, "settings"), *k);
			if (have && !cJSON_GetObjectItemCaseSensitive(settings, *k))
				cJSON_AddItemToObject(settings, *k, cJSON_Duplicate(have, true));
		}
		json_put(doc, "settings", settings);
		return doc;
	}
	cJSON *settings = json_at(doc, "settings");
	cJSON_ArrayForEach(item, json_at(body, "settings")) {
		cJSON_DeleteItemFromObjectCaseSensitive(settings, item->string);
		cJSON_AddItemToObject(settings, item->string, cJSON_Duplicate(item, true));
	}
	/* The address settings, those of backups and the labels are merged; what is null goes. */
	static const char *const merged[] = {"ipConfiguration", "backupConfiguration", "locationPreference", "userLabels",
					     NULL};
	for (const char *const *k = merged; *k; k++) {
		cJSON *now = cJSON_GetObjectItemCaseSensitive(settings, *k);
		if (now)
			sim_fill(now, cJSON_GetObjectItemCaseSensitive(json_at(o->doc, "settings"), *k));
	}
	drop_nulls(settings);
	return doc;
}

static void change(struct sim_call *c, bool whole)
{
	struct sim_object *o = sql_instance(c, false);
	if (!o || sql_busy(c, o))
		return;
	cJSON *body = sim_take_body(c);
	if (!version_fits(c, o, body, whole)) {
		cJSON_Delete(body);
		return;
	}
	cJSON *doc = wanted(o, body, whole);
	/* One of the two spellings of the same thing was sent: it decides. */
	if (json_at(body, "settings.ipConfiguration.requireSsl") && !json_at(body, "settings.ipConfiguration.sslMode"))
		json_drop(doc, "settings.ipConfiguration.sslMode");
	renew_backups(o->doc, doc, body);
	cJSON_Delete(body);
	if (!sql_settle(c, doc, o)) {
		cJSON_Delete(doc);
		return;
	}
	char version[24], *etag = sim_hex(c->sim, 64);
	snprintf(version, sizeof version, "%lld", json_int64(o->doc, "settings.settingsVersion", 1) + 1);
	json_put_str(doc, "settings.settingsVersion", version);
	json_put_str(doc, "etag", etag);
	free(etag);
	double seconds = sim_draw(c->sim, restarts(o->doc, doc) ? "sql.update.restart" : "sql.update");
	json_drop(doc, "rootPassword");
	cJSON_Delete(o->doc);
	o->doc = doc;
	sql_begin(c, o->key, "UPDATE", "", seconds, changed);
}

static void sql_instances_patch(struct sim_call *c)
{
	change(c, false);
}

static void sql_instances_update(struct sim_call *c)
{
	change(c, true);
}

static void let_go(struct sim *s, const cJSON *arg)
{
	struct sim_object *p = sim_get(s, "network.producers", json_str(arg, "key", ""));
	if (p)
		sim_remove(s, p);
}

/* Google keeps what the instance had in the producer's network for days. */
static void linger(struct sim *s, const struct sim_object *o)
{
	const char *network = json_str(o->doc, "settings.ipConfiguration.privateNetwork", "");
	char *gone = NULL;
	const char *key = sim_tmp("%s %s", network, o->key);
	struct sim_object *p = sim_get(s, "network.producers", key);
	if (p) {
		gone = xasprintf("%s deleted %lld", key, sim_serial(s));
		sim_remove(s, p);
		sim_put(s, "network.producers", gone, cJSON_CreateObject());
		sim_after(s, sim_draw(s, "lag.sql.network"), let_go, json_make("{'key':%s}", gone));
	}
	free(gone);
}

static void deleted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, "sql.instances", json_str(arg, "instance", ""));
	sql_end(s, arg, NULL, NULL);
	if (!o)
		return;
	if (json_at(o->hidden, "finalBackup"))
		sql_keep_backup(s, o, "FINAL", "", json_num(o->hidden, "finalBackup", 30));
	linger(s, o);
	sql_unfollow(s, o);
	sql_forget(s, o->key);
	sim_agent_delete(s, json_str(o->doc, "serviceAccountEmailAddress", ""));
	sim_remove(s, o);
}

static void sql_instances_delete(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false);
	if (!o || sql_busy(c, o))
		return;
	if (json_bool(o->doc, "settings.deletionProtectionEnabled", false)) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "The instance is protected. Please disable the deletion protection and try again. To disable deletion "
			 "protection, update the "
			 "instance settings with deletionProtectionEnabled set to false.");
		return;
	}
	if (json_at(o->doc, "replicaNames.0")) {
		sql_invalid(c, "The instance has read replicas and cannot be deleted. Delete its replicas first.");
		return;
	}
	bool last = *sim_param(c, "enableFinalBackup") ? sim_param_bool(c, "enableFinalBackup")
						       : json_bool(o->doc, "settings.finalBackupConfig.enabled", false);
	const char *days = sim_param(c, "finalBackupTtlDays");
	if (*days && (atoi(days) < 1 || atoi(days) > 365)) {
		sql_invalid(c, "finalBackupTtlDays must be between 1 and 365.");
		return;
	}
	if (last)
		json_put_num(o->hidden, "finalBackup",
			     *days ? atoi(days) : json_num(o->doc, "settings.finalBackupConfig.retentionDays", 30));
	sql_begin(c, o->key, "DELETE", "", sim_draw(c->sim, "sql.delete"), deleted);
}

static void sql_instances_restart(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false) ? sql_running(c) : NULL;
	if (o && !sql_busy(c, o))
		sql_begin(c, o->key, "RESTART", "", sim_draw(c->sim, "sql.update.restart"), NULL);
}

static void reset_ssl(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false);
	if (!o || sql_busy(c, o))
		return;
	json_put(o->doc, "serverCaCert",
		 sql_certificate(c->sim, json_str(o->doc, "name", ""), "Google Cloud SQL Server CA", NULL, 10 * 365 * 86400.0));
	whole_subject(c->sim, o->doc);
	sql_begin(c, o->key, "UPDATE", "", sim_draw(c->sim, "sql.update.restart"), NULL);
}

static void server_cas(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false);
	if (o)
		sql_ok(c, json_make("{'kind':'sql#instancesListServerCas','activeVersion':%s,'certs':[%j]}",
				    json_str(o->doc, "serverCaCert.sha1Fingerprint", ""),
				    cJSON_Duplicate(json_at(o->doc, "serverCaCert"), true)));
}

static const struct sim_resource resources[] = {
    {.methods = "sql.instances",
     .collection = "sql.instances",
     .key = SQL_INSTANCE,
     .missing = "The Cloud SQL instance does not exist.",
     .reason = "instanceDoesNotExist",
     .field = "items",
     .list = "sql#instancesList",
     .shown = sql_instances_shown,
     .seen = sql_seen},
    {0},
};

static const struct sim_route routes[] = {
    {"sql.instances.insert", sql_instances_insert, "cloudsql.instances.create", NULL},
    RESOURCE_READS("sql.instances", "cloudsql.instances"),
    {"sql.instances.patch", sql_instances_patch, "cloudsql.instances.update", NULL},
    {"sql.instances.update", sql_instances_update, "cloudsql.instances.update", NULL},
    {"sql.instances.delete", sql_instances_delete, "cloudsql.instances.delete", NULL},
    {"sql.instances.restart", sql_instances_restart, "cloudsql.instances.restart", NULL},
    {"sql.instances.resetSslConfig", reset_ssl, "cloudsql.instances.resetSslConfig", NULL},
    {"sql.instances.listServerCas", server_cas, "cloudsql.instances.listServerCas", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_instances = {.name = "sqladmin",
					  .service = "sqladmin.googleapis.com",
					  .errors = SIM_ERRORS_LEGACY,
					  .routes = routes,
					  .resources = resources};
