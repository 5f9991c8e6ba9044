/* Database engine mysql. PyMySQL reads neither address nor password from the environment, and a URI stands in logs and command
 * lines: both go into an option file that is written at each start, in memory, and that only the server may read
 * (reference/mlflow.md C4). */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS "/tmp/mysql.cnf"
#define AUTHORITY "/tmp/mysql-ca.pem"

/* Cloud SQL's defaults by tier. */
static int database_mysql_connections(const char *tier)
{
	return !strcmp(tier, "db-f1-micro") ? 250 : !strcmp(tier, "db-g1-small") ? 1000 : 4000;
}

/* Recovery to a point in time is the binary log. With it on, who makes a trigger, as MLflow's migrations do, must be trusted or
 * be SUPER. */
static void database_mysql_settings(const struct answers *a, cJSON *settings)
{
	(void)a;
	if (!json_at(settings, "databaseFlags"))
		json_put(settings, "databaseFlags", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(settings, "databaseFlags"),
			     json_make("{'name':'log_bin_trust_function_creators','value':'on'}"));
	json_put_bool(settings, "backupConfiguration.binaryLogEnabled", true);
}

/* An instance is born with a root who may come from anywhere, without a password unless one is given: it gets one, and goes
 * before anything else is made in there. */
static const char *database_mysql_closes(struct design *d, struct resource *instance)
{
	json_put(instance->spec, "rootPassword", json_make("{'$secret':'db-password'}"));
	if (!d->passwordless)
		plan_needs(instance, "version/db-password");
	plan_needs(plan_add(d->plan, "rootless", "sqladmin.userAbsence", "root", json_make("{'instance':%s}", d->instance)),
		   "sql");
	return "rootless";
}

/* The certificate names the instance, the server asks for an address: its authority is checked, the name is not. A connector
 * ends the encryption itself. */
static void database_mysql_server(const struct design *d, struct container *c)
{
	const char *with = d->connected ? "" : "&ssl_ca=" AUTHORITY "&ssl_check_hostname=false";
	const char *plugin = d->passwordless ? "&plugin=" DATABASE_PLUGIN : "";
	char *uri = xasprintf("mysql+pymysql:///mlflow?charset=utf8mb4&read_default_file=" OPTIONS "%s%s", with, plugin);
	container_set(c, "MLFLOW_BACKEND_STORE_URI", uri);
	container_set(c, "MYSQL_USER", d->database_user);
	free(uri);
}

/* A connector's socket goes before the host, which MySQL's clients then call localhost. */
static void database_mysql_address(struct container *c, cJSON *host)
{
	if (cJSON_IsObject(host))
		container_set_value(c, "DATABASE_CA", plan_ref("sql", "ca"));
	if (cJSON_IsString(host) && *host->valuestring == '/') {
		container_set(c, "MYSQL_SOCKET", host->valuestring);
		cJSON_Delete(host);
		host = cJSON_CreateString("localhost");
	}
	container_set_value(c, "MYSQL_HOST", host);
}

static const char *const before[] = {
    "# PyMySQL takes address and password from a file alone: this one stands in memory, and nobody else may read it. The "
    "authority of the database's",
    "# certificate comes as a text, since it is known once the database stands; it is public.",
    "umask 077",
    "printf '[client]\\nhost = %s\\nsocket = %s\\nuser = %s\\npassword = \"%s\"\\n' \\",
    "\t\"$MYSQL_HOST\" \"${MYSQL_SOCKET:-}\" \"$MYSQL_USER\" \"${MYSQL_PASSWORD:-}\" >" OPTIONS,
    "printf '%s\\n' \"${DATABASE_CA:-}\" >" AUTHORITY,
    NULL,
};

static const char *const variables[] = {"MYSQL_HOST", "MYSQL_USER", "MYSQL_PASSWORD", NULL};

#define ANY NAN
#define FLAG(name, type, least, most, values) {name, type, least, most, values},
static const struct database_flag flags[] = {
#include "plan/database_mysql_flags.tbl"
    {.name = NULL}};
#undef FLAG
#undef ANY

static char *database_mysql_iam_user(const char *email)
{
	return xstrndup(email, strcspn(email, "@"));
}

static const char *const own_flags[] = {"log_bin_trust_function_creators", "log_output", "long_query_time", "slow_query_log",
					"cloudsql_iam_authentication",     NULL};

/* Into a file, which Cloud Logging reads; a table would stay in the database. */
static void database_mysql_slow_queries(cJSON *list, int ms)
{
	char text[24];
	snprintf(text, sizeof text, "%g", ms / 1000.0);
	cJSON_AddItemToArray(list, json_make("{'name':'log_output','value':'FILE'}"));
	cJSON_AddItemToArray(list, json_make("{'name':'long_query_time','value':%s}", text));
	cJSON_AddItemToArray(list, json_make("{'name':'slow_query_log','value':'on'}"));
}

static const struct choice versions[] = {
    {.id = "MYSQL_8_4", .title = N_("MySQL 8.4"), .help = N_("The newest with long support.")},
    {.id = "MYSQL_8_0", .title = N_("MySQL 8.0"), .help = N_("For those who must stay there.")},
    {.id = NULL},
};

const struct database database_mysql = {
    .choice =
	{
	    .id = "mysql",
	    .title = N_("MySQL"),
	    .help = N_("For those who know it better; MLflow is tested less with it."),
	},
    .versions = versions,
    .version = "MYSQL_8_4",
    .driver = "PyMySQL==1.2.4",
    .port = 3306,
    .charset = "utf8mb4",
    .collation = "utf8mb4_0900_ai_ci",
    .user_host = "%",
    .host_variable = "MYSQL_HOST",
    .password_variable = "MYSQL_PASSWORD",
    .iam_flag = "cloudsql_iam_authentication",
    .iam_role = "cloudsqlsuperuser",
    .iam_user = database_mysql_iam_user,
    .iam_by_email = true,
    .before = before,
    .variables = variables,
    .connections = database_mysql_connections,
    .flags = flags,
    .own_flags = own_flags,
    .slow_queries = database_mysql_slow_queries,
    .settings = database_mysql_settings,
    .closes = database_mysql_closes,
    .server = database_mysql_server,
    .address = database_mysql_address,
};
