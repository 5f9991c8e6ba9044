/* Cloud SQL's databases. Their operations are done when they are answered; it is the answer that takes its time. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The collation that a character set has where none is said. */
static const char *mysql_collation(const struct sim_object *instance, const char *charset)
{
	static const char *const known[][2] = {
	    {"utf8", "utf8_general_ci"},   {"utf8mb3", "utf8_general_ci"}, {"latin1", "latin1_swedish_ci"},
	    {"ascii", "ascii_general_ci"}, {"binary", "binary"},           {"ucs2", "ucs2_general_ci"},
	    {"utf16", "utf16_general_ci"}, {"utf32", "utf32_general_ci"},  {"gbk", "gbk_chinese_ci"},
	    {"big5", "big5_chinese_ci"},   {"sjis", "sjis_japanese_ci"},   {"euckr", "euckr_korean_ci"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcasecmp(known[i][0], charset))
			return known[i][1];
	return text_starts(json_str(instance->doc, "databaseVersion", ""), "MYSQL_5") ? "utf8mb4_general_ci"
										      : "utf8mb4_0900_ai_ci";
}

/* In the engine's own words: a character set that it knows, and a collation of that set. */
static bool check_words(struct sim_call *c, bool mysql, const char *name, const char *charset, const char *collation)
{
	static const char *const sets[] = {"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii", "binary", "ucs2",
					   "utf16",   "utf32",   "gbk",  "big5",   "sjis",  "euckr",  NULL};
	const char *const *known = sets;
	size_t len = strlen(charset);
	if (!mysql)
		return !strcasecmp(charset, "UTF8") ||
		       sql_invalid(c, "failed to create database %s. Detail: pq: encoding \"%s\" does not match locale \"%s\".",
				   name, charset, collation);
	while (*known && strcasecmp(*known, charset))
		known++;
	if (!*known)
		return sql_invalid(c, "failed to create database %s. Detail: Error 1115 (42000): Unknown character set: '%s'.",
				   name, charset);
	if (!*collation || (!strncasecmp(collation, charset, len) && (collation[len] == '_' || !collation[len])))
		return true;
	for (known = sets; *known; known++)
		if (!strncasecmp(collation, *known, strlen(*known)))
			return sql_invalid(c,
					   "failed to create database %s. Detail: Error 1253 (42000): COLLATION '%s' is not "
					   "valid for CHARACTER SET '%s'.",
					   name, collation, charset);
	return sql_invalid(c, "failed to create database %s. Detail: Error 1273 (HY000): Unknown collation: '%s'.", name,
			   collation);
}

static cJSON *described(struct sim *s, const struct sim_object *instance, const char *name, const char *charset,
			const char *collation)
{
	return json_make("{'kind':'sql#database','name':%s,'charset':%s,'collation':%s,'etag':%s,'instance':%s,'project':%s,'"
			 "selfLink':%s}",
			 name, charset, collation, sim_keep(sim_hex(s, 64)), strrchr(instance->key, '/') + 1,
			 json_str(instance->doc, "project", ""), sim_tmp(SQL_BASE "%s/databases/%s", instance->key, name));
}

void sql_database_put(struct sim *s, const struct sim_object *instance, const char *name, const char *charset,
		      const char *collation)
{
	sim_put(s, "sql.databases", sim_tmp("%s/databases/%s", instance->key, name),
		described(s, instance, name, charset, collation));
}

static const struct sim_object *instance_of(const struct sim_call *c)
{
	return sim_get(c->sim, "sql.instances", resource_text(c, SQL_INSTANCE));
}

/* What is taken is told in each engine's own words. */
static bool database_valid(struct sim_call *c, const char *name)
{
	const struct sim_object *o = instance_of(c);
	if (!*name)
		return sql_invalid(c, "Missing parameter: name.");
	if (!sim_get(c->sim, "sql.databases", sim_tmp("%s/databases/%s", o->key, name)))
		return true;
	if (sql_is_mysql(o))
		return sql_invalid(
		    c, "failed to create database %s. Detail: Error 1007 (HY000): Can't create database '%s'; database exists.",
		    name, name);
	return sql_invalid(c, "failed to create database %s. Detail: pq: database \"%s\" already exists.", name, name);
}

static bool database_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const struct sim_object *o = instance_of(c);
	bool mysql = sql_is_mysql(o);
	if (old)
		return mysql || !strcmp(json_str(doc, "charset", ""), json_str(old->doc, "charset", "")) ||
		       sql_invalid(c, "The character set of a PostgreSQL database cannot be changed.");
	const char *name = json_str(doc, "name", ""), *charset = json_str(doc, "charset", mysql ? "utf8mb4" : "UTF8");
	if (!check_words(c, mysql, name, charset, json_str(doc, "collation", "")))
		return false;
	cJSON *all = described(c->sim, o, name, charset,
			       json_str(doc, "collation", mysql ? mysql_collation(o, charset) : "en_US.UTF8"));
	sim_merge(doc, all, NULL);
	cJSON_Delete(all);
	json_drop(doc, "sqlserverDatabaseDetails");
	return true;
}

static struct sim_object *database_begin(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb)
{
	const char *instance = resource_text(c, SQL_INSTANCE);
	bool goes = !strcmp(verb, "delete");
	struct sim_object *op = sql_operation(c, instance,
					      goes                      ? "DELETE_DATABASE"
					      : !strcmp(verb, "create") ? "CREATE_DATABASE"
									: "UPDATE_DATABASE",
					      goes ? "" : key + strlen(instance), 0, NULL);
	c->reply->latency += sim_draw(c->sim, r->change);
	return op;
}

static const struct sim_operations operations = {.begin = database_begin, .seen = sql_seen};
static const struct sim_resource resources[] = {
    {.methods = "sql.databases",
     .collection = "sql.databases",
     .key = SQL_INSTANCE "/databases/{databases}",
     .missing = "Not Found",
     .field = "items",
     .list = "sql#databasesList",
     .within = &sql_runs,
     .nested = true,
     .seen = sql_seen,
     .id = "name",
     .valid = database_valid,
     .name = "{databases}",
     .complete = database_complete,
     .kept = "kind etag instance project selfLink sqlserverDatabaseDetails",
     .operations = &operations,
     .change = "sql.database"},
    {0},
};

static const struct sim_route routes[] = {
    RESOURCE_READS("sql.databases", "cloudsql.databases"),
    {"sql.databases.insert", resource_create, "cloudsql.databases.create", NULL},
    {"sql.databases.update", resource_patch, "cloudsql.databases.update", NULL},
    {"sql.databases.patch", resource_patch, "cloudsql.databases.update", NULL},
    {"sql.databases.delete", resource_delete, "cloudsql.databases.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_databases = {.name = "sqladmin",
					  .service = "sqladmin.googleapis.com",
					  .errors = SIM_ERRORS_LEGACY,
					  .routes = routes,
					  .resources = resources};
