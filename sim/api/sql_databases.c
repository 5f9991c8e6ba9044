/* Cloud SQL's databases. Their operations are done when they are answered; it is the answer that takes its time. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct sim_resource resources[] = {
    {.methods = "sql.databases",
     .collection = "sql.databases",
     .key = SQL_INSTANCE "/databases/{databases}",
     .missing = "Not Found",
     .field = "items",
     .list = "sql#databasesList",
     .within = &sql_runs,
     .nested = true,
     .seen = sql_seen},
    {0},
};

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

void sql_database_put(struct sim *s, const struct sim_object *instance, const char *name, const char *charset,
		      const char *collation)
{
	const char *key = sim_tmp("%s/databases/%s", instance->key, name);
	sim_put(s, "sql.databases", key,
		json_make("{'kind':'sql#database','name':%s,'charset':%s,'collation':%s,'etag':%s,'instance':%s,'project':%s,'"
			  "selfLink':%s}",
			  name, charset, collation, sim_keep(sim_hex(s, 64)), strrchr(instance->key, '/') + 1,
			  json_str(instance->doc, "project", ""), sim_tmp(SQL_BASE "%s", key)));
}

/* In each engine's own words. */
static void fail_taken(struct sim_call *c, bool mysql, const char *name)
{
	if (mysql)
		sql_invalid(
		    c, "failed to create database %s. Detail: Error 1007 (HY000): Can't create database '%s'; database exists.",
		    name, name);
	else
		sql_invalid(c, "failed to create database %s. Detail: pq: database \"%s\" already exists.", name, name);
}

static void sql_databases_insert(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	if (!o || sql_busy(c, o))
		return;
	bool mysql = sql_is_mysql(o);
	const char *name = json_str(c->body, "name", ""), *charset = json_str(c->body, "charset", mysql ? "utf8mb4" : "UTF8");
	if (!*name) {
		sql_invalid(c, "Missing parameter: name.");
	} else if (sim_get(c->sim, "sql.databases", sim_tmp("%s/databases/%s", o->key, name))) {
		fail_taken(c, mysql, name);
	} else if (check_words(c, mysql, name, charset, json_str(c->body, "collation", ""))) {
		sql_database_put(c->sim, o, name, charset,
				 json_str(c->body, "collation", mysql ? mysql_collation(o, charset) : "en_US.UTF8"));
		sql_begin(c, o->key, "CREATE_DATABASE", sim_tmp("/databases/%s", name), 0, NULL);
		c->reply->latency += sim_draw(c->sim, "sql.database");
	}
}

static void sql_databases_change(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	struct sim_object *d = o && !sql_busy(c, o) ? resource_find(c, resources) : NULL;
	if (!d)
		return;
	const char *rest = sim_tmp("/databases/%s", sim_param(c, "database"));
	static const char *const fields[] = {"charset", "collation"};
	if (!sql_is_mysql(o) && json_at(c->body, "charset") &&
	    strcmp(json_str(c->body, "charset", ""), json_str(d->doc, "charset", ""))) {
		sql_invalid(c, "The character set of a PostgreSQL database cannot be changed.");
	} else {
		for (size_t i = 0; i < 2; i++)
			if (json_at(c->body, fields[i]))
				json_put_str(d->doc, fields[i], json_str(c->body, fields[i], ""));
		sql_begin(c, o->key, "UPDATE_DATABASE", rest, 0, NULL);
		c->reply->latency += sim_draw(c->sim, "sql.database");
	}
}

static void sql_databases_delete(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	struct sim_object *d = o && !sql_busy(c, o) ? resource_find(c, resources) : NULL;
	if (!d)
		return;
	sim_remove(c->sim, d);
	sql_begin(c, o->key, "DELETE_DATABASE", "", 0, NULL);
	c->reply->latency += sim_draw(c->sim, "sql.database");
}

static const struct sim_route routes[] = {
    RESOURCE_READS("sql.databases", "cloudsql.databases"),
    {"sql.databases.insert", sql_databases_insert, "cloudsql.databases.create", NULL},
    {"sql.databases.update", sql_databases_change, "cloudsql.databases.update", NULL},
    {"sql.databases.patch", sql_databases_change, "cloudsql.databases.update", NULL},
    {"sql.databases.delete", sql_databases_delete, "cloudsql.databases.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_databases = {.name = "sqladmin",
					  .service = "sqladmin.googleapis.com",
					  .errors = SIM_ERRORS_LEGACY,
					  .routes = routes,
					  .resources = resources};
