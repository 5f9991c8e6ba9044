/* Cloud SQL's users: built-in ones, and IAM's. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* MySQL tells users apart by host; PostgreSQL knows none. */
static char *user_key(const struct sim_object *instance, const char *name, const char *host)
{
	return sql_is_mysql(instance) ? xasprintf("%s/users/%s@%s", instance->key, name, *host ? host : "%")
				      : xasprintf("%s/users/%s", instance->key, name);
}

static struct sim_object *find(struct sim_call *c, const struct sim_object *instance, const char *name, const char *host)
{
	char *key = user_key(instance, name, host);
	struct sim_object *u = sim_get(c->sim, "sql.users", key);
	free(key);
	return u;
}

static void add(struct sim *s, const struct sim_object *instance, const char *name, const char *host, const char *password,
		const cJSON *more)
{
	char *key = user_key(instance, name, host), *etag = sim_hex(s, 64);
	bool mysql = sql_is_mysql(instance);
	cJSON *doc = json_make("{'kind':'sql#user','etag':%s,'name':%s,'host':%s,'instance':%s,'project':%s}", etag, name,
			       mysql ? (*host ? host : "%") : "", strrchr(instance->key, '/') + 1,
			       json_str(instance->doc, "project", ""));
	const cJSON *item;
	cJSON_ArrayForEach(item, more)
		if (strcmp(item->string, "password"))
			cJSON_AddItemToObject(doc, item->string, cJSON_Duplicate(item, true));
	if (mysql && !json_at(doc, "type") && !json_at(doc, "passwordPolicy.status"))
		json_put(doc, "passwordPolicy.status", cJSON_CreateObject());
	/* A policy with an end says when that is. */
	if (json_at(doc, "passwordPolicy.passwordExpirationDuration")) {
		char until[40];
		double seconds = strtod(json_str(doc, "passwordPolicy.passwordExpirationDuration", "0s"), NULL);
		json_put_str(doc, "passwordPolicy.status.passwordExpirationTime",
			     text_rfc3339(sim_wall(s) + seconds, 3, until));
	}
	json_put_str(doc, "iamStatus",
		     strcmp(json_str(doc, "type", ""), "CLOUD_IAM_GROUP") ? "IAM_STATUS_UNSPECIFIED" : "ACTIVE");
	struct sim_object *u = sim_put(s, "sql.users", key, doc);
	json_put_str(u->hidden, "password", password);
	free(key);
	free(etag);
}

void sql_populate(struct sim *s, struct sim_object *o, const char *root_password)
{
	if (sql_is_mysql(o)) {
		static const char *const databases[] = {"information_schema", "mysql", "performance_schema", "sys"};
		add(s, o, "root", "%", root_password, NULL);
		for (size_t i = 0; i < 4; i++)
			sql_database_put(s, o, databases[i], "utf8mb3", "utf8mb3_general_ci");
	} else {
		add(s, o, "postgres", "", root_password, NULL);
		sql_database_put(s, o, "postgres", "UTF8", "en_US.UTF8");
	}
}

void sql_forget(struct sim *s, const char *instance_key)
{
	static const char *const with[] = {"sql.users", "sql.databases", "sql.backupRuns", "sql.sslCerts"};
	for (size_t i = 0; i < sizeof with / sizeof *with; i++)
		resource_forget_below(s, with[i], sim_tmp("%s/", instance_key));
}

static struct sim_object *user_named(struct sim_call *c, const struct sim_resource *r)
{
	struct sim_object *o = sim_get(c->sim, "sql.instances", resource_text(c, SQL_INSTANCE)),
			  *u = find(c, o, sim_param(c, "name"), sim_param(c, "host"));
	if (!u)
		sim_fail(c, "NOT_FOUND", NULL, "%s", r->missing);
	return u;
}

static const struct sim_resource resources[] = {
    {.methods = "sql.users",
     .collection = "sql.users",
     .key = SQL_INSTANCE "/users/{users}",
     .missing = "Not Found",
     .field = "items",
     .list = "sql#usersList",
     .within = &sql_runs,
     .nested = true,
     .find = user_named,
     .seen = sql_seen},
    {0},
};

static bool iam_type(const char *type)
{
	return text_starts(type, "CLOUD_IAM");
}

/* An IAM user's database name: PostgreSQL drops ".gserviceaccount.com", MySQL keeps the part before the @. */
static char *iam_name(const struct sim_object *o, const char *name)
{
	static const char domain[] = ".gserviceaccount.com";
	if (sql_is_mysql(o))
		return xstrndup(name, strcspn(name, "@"));
	size_t len = strlen(name);
	return xstrndup(name, text_ends(name, domain) ? len - strlen(domain) : len);
}

/* Roles are Cloud SQL's own, PostgreSQL's own, or other users. */
static bool role_known(struct sim_call *c, const struct sim_object *o, const char *role)
{
	return !strcmp(role, "cloudsqlsuperuser") || (text_starts(role, "pg_") && !sql_is_mysql(o)) || find(c, o, role, "");
}

static bool roles_known(struct sim_call *c, const struct sim_object *o, const cJSON *roles)
{
	const cJSON *role;
	cJSON_ArrayForEach(role, roles)
		if (!role_known(c, o, role->valuestring))
			return sql_invalid(c, "role \"%s\" does not exist.", role->valuestring);
	return true;
}

/* What the instance's password policy asks of a user's password; false with the refusal. */
static bool password_fits(struct sim_call *c, const struct sim_object *o, const char *name, const cJSON *body)
{
	const cJSON *policy = json_at(o->doc, "settings.passwordValidationPolicy");
	const char *password = json_str(body, "password", "");
	if (!json_bool(policy, "enablePasswordPolicy", false) || !json_at(body, "password"))
		return true;
	int least = (int)json_num(policy, "minLength", 0);
	bool upper = false, lower = false, digit = false, other = false;
	for (const char *p = password; *p; p++) {
		upper |= *p >= 'A' && *p <= 'Z';
		lower |= *p >= 'a' && *p <= 'z';
		digit |= *p >= '0' && *p <= '9';
		other |= !isalnum((unsigned char)*p);
	}
	if ((int)strlen(password) < least)
		return sql_invalid(c, "INVALID_PASSWORD: Length of password cannot be less than %d.", least);
	if (!strcmp(json_str(policy, "complexity", ""), "COMPLEXITY_DEFAULT") && !(upper && lower && digit && other))
		return sql_invalid(c, "INVALID_PASSWORD: password should contain at least one lowercase, one uppercase, one "
				      "number and one non-alphanumeric characters.");
	if (json_bool(policy, "disallowUsernameSubstring", false) && strstr(password, name))
		return sql_invalid(c, "INVALID_PASSWORD: password should not contain the user name.");
	return true;
}

static bool check_new(struct sim_call *c, const struct sim_object *o, const cJSON *body)
{
	const char *name = json_str(body, "name", ""), *type = json_str(body, "type", "BUILT_IN");
	if (!*name)
		return sql_invalid(c, "Missing parameter: name.");
	if (iam_type(type) && *json_str(body, "password", ""))
		return sql_invalid(c, "Password cannot be set for an IAM user.");
	if (iam_type(type) && !strchr(name, '@'))
		return sql_invalid(c, "Invalid IAM user name: %s.", name);
	if (!strcmp(type, "CLOUD_IAM_SERVICE_ACCOUNT") && !sql_is_mysql(o) && text_ends(name, ".gserviceaccount.com"))
		return sql_invalid(c, "Database username for Cloud IAM service account should be created without "
				      "\".gserviceaccount.com\" suffix.");
	if (!iam_type(type) && strlen(name) > (sql_is_mysql(o) ? 32u : 63u))
		return sql_invalid(c, "User name is too long: %s.", name);
	return roles_known(c, o, json_at(body, "databaseRoles")) && password_fits(c, o, name, body);
}

static void sql_users_insert(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	if (!o || sql_busy(c, o))
		return;
	cJSON *body = sim_take_body(c);
	if (check_new(c, o, body)) {
		char *name = iam_type(json_str(body, "type", "")) ? iam_name(o, json_str(body, "name", ""))
								  : xstrdup(json_str(body, "name", ""));
		const char *host = json_str(body, "host", "");
		if (find(c, o, name, host)) {
			sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "User '%s' already exists.", name);
		} else {
			cJSON *more = cJSON_CreateObject();
			static const char *const kept[] = {"type", "databaseRoles", "passwordPolicy", NULL};
			for (const char *const *k = kept; *k; k++)
				if (json_at(body, *k))
					json_put(more, *k, cJSON_Duplicate(json_at(body, *k), true));
			if (iam_type(json_str(body, "type", "")) && sql_is_mysql(o))
				json_put_str(more, "iamEmail", json_str(body, "name", ""));
			if (!strcmp(json_str(more, "type", ""), "BUILT_IN"))
				json_drop(more, "type");
			add(c->sim, o, name, host, json_str(body, "password", ""), more);
			cJSON_Delete(more);
			sql_begin(c, o->key, "CREATE_USER", "", 0, NULL);
		}
		free(name);
	}
	cJSON_Delete(body);
}

/* The roles of an update are in the query, those in its body are ignored; the user keeps others unless they are to be revoked. */
static void give_roles(struct sim_call *c, struct sim_object *u, const cJSON *roles)
{
	cJSON *all = json_at(u->doc, "databaseRoles");
	const cJSON *role;
	if (!all || sim_param_bool(c, "revokeExistingRoles"))
		json_put(u->doc, "databaseRoles", all = cJSON_CreateArray());
	cJSON_ArrayForEach(role, roles)
		if (!json_lists(all, role->valuestring))
			cJSON_AddItemToArray(all, cJSON_CreateString(role->valuestring));
}

/* Sets what was sent; a user who is not there is made, as UPDATE_USER says. */
static void sql_users_update(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	if (!o || sql_busy(c, o))
		return;
	cJSON *body = sim_take_body(c);
	const char *name = *sim_param(c, "name") ? sim_param(c, "name") : json_str(body, "name", "");
	const char *host = *sim_param(c, "host") ? sim_param(c, "host") : json_str(body, "host", "");
	if (!*name) {
		sql_invalid(c, "Missing parameter: name.");
	} else {
		const cJSON *given = json_at(c->params, "databaseRoles");
		cJSON *roles = cJSON_IsString(given) ? json_make("[%s]", given->valuestring) : cJSON_Duplicate(given, true);
		struct sim_object *u = find(
		    c, o, strchr(name, '@') && sql_is_mysql(o) ? sim_tmp("%.*s", (int)strcspn(name, "@"), name) : name, host);
		if (!roles_known(c, o, roles) || !password_fits(c, o, name, body)) {
			cJSON_Delete(roles);
			cJSON_Delete(body);
			return;
		}
		if (u && roles)
			give_roles(c, u, roles);
		cJSON_Delete(roles);
		if (!u)
			add(c->sim, o, name, host, json_str(body, "password", ""), NULL);
		else if (json_at(body, "password"))
			json_put_str(u->hidden, "password", json_str(body, "password", ""));
		if (u && json_at(body, "passwordPolicy"))
			json_put(u->doc, "passwordPolicy", cJSON_Duplicate(json_at(body, "passwordPolicy"), true));
		sql_begin(c, o->key, "UPDATE_USER", "", 0, NULL);
	}
	cJSON_Delete(body);
}

static void sql_users_delete(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	if (!o || sql_busy(c, o))
		return;
	const char *name = sim_param(c, "name"), *host = sim_param(c, "host");
	/* MySQL's own words when the host does not fit. */
	struct sim_object *u = sql_is_mysql(o) && !*host ? NULL : find(c, o, name, host);
	if (u) {
		sim_remove(c->sim, u);
		sql_begin(c, o->key, "DELETE_USER", "", 0, NULL);
	} else if (sql_is_mysql(o)) {
		sql_invalid(c, "Error 1396: Operation DROP USER failed for '%s'@'%s'.", name, host);
	} else {
		sql_invalid(c, "failed to delete user %s: role \"%s\" does not exist.", name, name);
	}
}

static const struct sim_route routes[] = {
    RESOURCE_READS("sql.users", "cloudsql.users"),
    {"sql.users.insert", sql_users_insert, "cloudsql.users.create", NULL},
    {"sql.users.update", sql_users_update, "cloudsql.users.update", NULL},
    {"sql.users.delete", sql_users_delete, "cloudsql.users.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_users = {.name = "sqladmin",
				      .service = "sqladmin.googleapis.com",
				      .errors = SIM_ERRORS_LEGACY,
				      .routes = routes,
				      .resources = resources};
