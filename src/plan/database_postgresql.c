/* Database engine postgresql. The driver is named, since SQLAlchemy's default is another one; libpq's variables carry the rest, so no password is
 * in a URI. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define IAM_DOMAIN ".gserviceaccount.com"
#define OWNER "mlflow"

/* Cloud SQL's table by memory. */
static int database_postgresql_connections(const char *tier)
{
	int cpus, mb;
	if (!strcmp(tier, "db-f1-micro"))
		return 25;
	if (!strcmp(tier, "db-g1-small"))
		return 50;
	if (sscanf(tier, "db-custom-%d-%d", &cpus, &mb) != 2)
		return 100;
	return mb < 6144 ? 100 : mb < 7680 ? 200 : mb < 15360 ? 400 : 500;
}

static void database_postgresql_settings(const struct answers *a, cJSON *settings)
{
	(void)a;
	json_put_bool(settings, "backupConfiguration.pointInTimeRecoveryEnabled", true);
}

/* A connector ends the encryption itself: there is none between it and the server. */
static void database_postgresql_server(const struct design *d, struct container *c)
{
	container_set(c, "MLFLOW_BACKEND_STORE_URI",
		      d->passwordless ? "postgresql+psycopg2://?plugin=" DATABASE_PLUGIN : "postgresql+psycopg2://");
	container_set(c, "PGPORT", "5432");
	container_set(c, "PGDATABASE", "mlflow");
	container_set(c, "PGUSER", d->database_user);
	if (d->passwordless) /* what it makes is the owner's, as what stands is */
		container_set(c, "PGOPTIONS", "-c role=" OWNER);
	if (!d->connected && !d->axes.path->plain)
		container_set(
		    c, "PGSSLMODE",
		    "verify-ca"); /* names are not checked: the certificate names the instance, the server asks for an address */
	container_set(c, "PGCONNECT_TIMEOUT", "10");
}

/* The authority of the instance's certificate is known once that stands, as its address is; the scripts make a file of it. */
static void database_postgresql_address(struct container *c, cJSON *host)
{
	if (cJSON_IsObject(host))
		container_set_value(c, "DATABASE_CA", plan_ref("sql", "ca"));
	container_set_value(c, "PGHOST", host);
}

/* libpq wants the authority's certificate as a file. */
static const char *const before[] = {
    "# The authority of the database's certificate comes as a text, since it is known once the database stands; libpq wants a "
    "file. It is public.",
    "if [ -n \"${DATABASE_CA:-}\" ]; then",
    "\tPGSSLROOTCERT=$(mktemp)",
    "\tprintf '%s\\n' \"$DATABASE_CA\" >\"$PGSSLROOTCERT\"",
    "\texport PGSSLROOTCERT",
    "fi",
    NULL,
};

static const char *const variables[] = {"PGHOST", "PGDATABASE", "PGUSER", "PGPASSWORD", NULL};

#define ANY NAN
#define FLAG(name, type, least, most, values) {name, type, least, most, values},
static const struct database_flag flags[] = {
#include "plan/database_postgresql_flags.tbl"
    {.name = NULL}};
#undef FLAG
#undef ANY

/* The longest name of a user is 63 bytes: the end that they all have is left out. */
static char *database_postgresql_iam_user(const char *email)
{
	return xstrndup(email, strlen(email) - (text_ends(email, IAM_DOMAIN) ? strlen(IAM_DOMAIN) : 0));
}

static const char *const own_flags[] = {"log_min_duration_statement", "cloudsql.iam_authentication", NULL};

static void database_postgresql_slow_queries(cJSON *list, int ms)
{
	char text[16];
	snprintf(text, sizeof text, "%d", ms);
	cJSON_AddItemToArray(list, json_make("{'name':'log_min_duration_statement','value':%s}", text));
}

static const struct choice versions[] = {
    {.id = "POSTGRES_18", .title = N_("PostgreSQL 18"), .help = N_("The newest.")},
    {.id = "POSTGRES_17", .title = N_("PostgreSQL 17"), .help = N_("Well tried.")},
    {.id = "POSTGRES_16", .title = N_("PostgreSQL 16"), .help = N_("For those who must stay there.")},
    {.id = NULL},
};

const struct database database_postgresql = {
    .choice =
	{
	    .id = "postgresql",
	    .title = N_("PostgreSQL"),
	    .help = N_("What MLflow is tested with most."),
	},
    .versions = versions,
    .version = "POSTGRES_17",
    .driver = "psycopg2-binary==2.9.13",
    .port = 5432,
    .socket = ".s.PGSQL.5432",
    .charset = "UTF8",
    .collation = "en_US.UTF8",
    .host_variable = "PGHOST",
    .password_variable = "PGPASSWORD",
    .iam_flag = "cloudsql.iam_authentication",
    .iam_role = OWNER,
    .iam_user = database_postgresql_iam_user,
    .before = before,
    .variables = variables,
    .connections = database_postgresql_connections,
    .flags = flags,
    .own_flags = own_flags,
    .slow_queries = database_postgresql_slow_queries,
    .settings = database_postgresql_settings,
    .server = database_postgresql_server,
    .address = database_postgresql_address,
};
