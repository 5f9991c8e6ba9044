/* The database: a Cloud SQL instance with one database and one user, as engine and path say. */
#include "config.h"
#include "plan/database.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/axes.h"
#include "plan/naming.h"
#include "plan/settings.h"

#include <stdlib.h>
#include <string.h>

static cJSON *instance_settings(const struct design *d, cJSON *ip)
{
	const struct answers *a = d->answers;
	bool regional = !strcmp(answers_str(a, "database.availability"), "regional");
	char *disk = xasprintf("%d", answers_int(a, "database.disk_gb")); /* int64 is text in Google's JSON */
	cJSON *backups = json_make("{'enabled':true,'backupRetentionSettings':{'retentionUnit':'COUNT'}}");
	cJSON *settings = json_make(
	    "{'edition':'ENTERPRISE','tier':%s,'availabilityType':%s,'activationPolicy':'ALWAYS','pricingPlan':'PER_USE',"
	    "'dataDiskType':'PD_SSD','dataDiskSizeGb':%s,'storageAutoResize':true,'deletionProtectionEnabled':%b,"
	    "'connectorEnforcement':'NOT_REQUIRED','backupConfiguration':%j,'ipConfiguration':%j}",
	    answers_str(a, "database.tier"), regional ? "REGIONAL" : "ZONAL", disk,
	    answers_bool(a, "database.deletion_protection"), backups, ip);
	if (!d->axes.path->address)
		json_put_str(settings, "connectorEnforcement", "REQUIRED");
	d->axes.database->settings(a, settings);
	if (d->passwordless) {
		if (!json_at(settings, "databaseFlags"))
			json_put(settings, "databaseFlags", cJSON_CreateArray());
		cJSON_AddItemToArray(json_at(settings, "databaseFlags"),
				     json_make("{'name':%s,'value':'on'}", d->axes.database->iam_flag));
	}
	settings_of_database(a, settings);
	free(disk);
	return settings;
}

/* Of a password that nobody keeps: what `set` says of it, instead of the time at which the secret's version was made. */
#define UNKEPT "unkept"

static const char *password_set(const struct design *d)
{
	return json_str(d->answers->resolved, "database_password", "");
}

static struct resource *add_owner(struct design *d, const char *id, cJSON *of, const char *set)
{
	cJSON *spec = json_make("{'instance':%s,'password':{'$secret':'db-password'},'of':%j,'set':%s}", d->instance, of, set);
	if (d->axes.database->user_host)
		json_put_str(spec, "host", d->axes.database->user_host);
	return plan_add(d->plan, id, "sqladmin.user", "mlflow", spec);
}

/* The server's own account, beside the user who owns the tables, so that they stay his whichever way the server logs in. */
static void add_account_user(struct design *d)
{
	const struct database *engine = d->axes.database;
	cJSON *spec = json_make("{'instance':%s,'as':%s,'roles':[%s]}", d->instance,
				engine->iam_by_email ? d->account : d->database_user, engine->iam_role);
	struct resource *user = plan_add(d->plan, "user/server", "sqladmin.iamUser", d->database_user, spec);
	plan_needs(user, "user");
	plan_needs(user, "sa/server");
}

/* Is a password set that an earlier run kept? */
static bool kept_before(const struct design *d)
{
	return *password_set(d) && strcmp(password_set(d), UNKEPT);
}

/* One change at a time for each instance: the user waits for the database. */
static void add_user(struct design *d, const char *closed)
{
	struct resource *user = d->passwordless
				    ? add_owner(d, "user", cJSON_CreateString(UNKEPT), UNKEPT)
				    : add_owner(d, "user", plan_ref("version/db-password", "made"), password_set(d));
	plan_needs(user, "database");
	if (closed)
		plan_needs(user, closed);
	if (!d->passwordless)
		plan_needs(user, "version/db-password");
	if (!d->passwordless || !kept_before(d))
		plan_records(user, "password", "database_password");
	if (d->passwordless)
		add_account_user(d);
}

static bool account_chosen(const cJSON *login)
{
	return cJSON_IsString(login) && !strcmp(login->valuestring, "account");
}

/* Did an earlier run, which nothing has replaced yet, have a server log in as its account? */
static bool account_before(const struct design *d)
{
	const cJSON *choices;
	cJSON_ArrayForEach(choices, json_at(d->answers->resolved, "choices"))
		if (account_chosen(cJSON_GetObjectItemCaseSensitive(choices, "database.login")))
			return true;
	return false;
}

/* The flag by which that server logs in, which goes when the next one stands; of an instance alone. */
static const char *leaving_flag(const struct design *d)
{
	return !d->axes.path->beside && !d->passwordless && account_before(d) ? d->axes.database->iam_flag : NULL;
}

void database_close(struct design *d)
{
	const char *flag = leaving_flag(d);
	if (flag)
		plan_needs(
		    plan_add(d->plan, "flagless", "sqladmin.flagAbsence", flag, json_make("{'instance':%s}", d->instance)),
		    d->front.id);
	if (!d->passwordless || !kept_before(d))
		return;
	struct resource *closed = add_owner(d, "user/closed", cJSON_CreateString(UNKEPT), password_set(d));
	plan_needs(closed, d->front.id);
	plan_records(closed, "password", "database_password");
}

char *database_user(const struct design *d)
{
	return d->passwordless ? d->axes.database->iam_user(d->account) : xstrdup("mlflow");
}

const char *database_data(const struct design *d)
{
	return d->axes.path->beside ? "volume/database" : "sql";
}

const char *database_ready(const struct design *d)
{
	return d->axes.path->beside ? "database/server" : d->passwordless ? "user/server" : "user";
}

void database_plan(struct design *d)
{
	const struct database *engine = d->axes.database;
	struct plan *p = d->plan;
	const char *after = "apis";
	if (d->axes.path->beside) {
		d->axes.path->beside(d);
		return;
	}
	p->decided_by = "database.path";
	cJSON *ip = d->axes.path->settings(d, &after);
	p->decided_by = "database.tier";
	struct resource *sql = plan_add(p, "sql", "sqladmin.instance", d->instance,
					json_make("{'region':%s,'databaseVersion':%s,'settings':%j}", p->region,
						  answers_str(d->answers, "database.version"), instance_settings(d, ip)));
	if (leaving_flag(d))
		json_put_str(sql->spec, "leaves", leaving_flag(d));
	plan_needs(sql, after);
	p->decided_by = "database.engine";
	const char *closed = engine->closes ? engine->closes(d, sql) : NULL;
	plan_needs(
	    plan_add(p, "database", "sqladmin.database", "mlflow",
		     json_make("{'instance':%s,'charset':%s,'collation':%s}", d->instance, engine->charset, engine->collation)),
	    "sql");
	add_user(d, closed);
	p->decided_by = "database.path";
	if (d->axes.path->plan)
		d->axes.path->plan(d);
}

/* Google's connector where the path has no other way in, or where the target uses it always. */
bool database_connects(const struct design *d)
{
	return d->axes.target->connector && (d->axes.target->connects || !d->axes.path->address);
}

cJSON *database_address(struct design *d)
{
	return d->connected ? d->axes.target->connector(d) : d->axes.path->address(d);
}
