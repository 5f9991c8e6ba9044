/* Database engine postgresql. The driver is named, since SQLAlchemy's default is another one; libpq's variables carry the rest, so no password is
 * in a URI. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* Cloud SQL's table by memory. */
static int connections(const char *tier)
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

static void settings(const struct answers *a, cJSON *settings)
{
	(void)a;
	json_put_bool(settings, "backupConfiguration.pointInTimeRecoveryEnabled", true);
}

/* A connector ends the encryption itself: there is none between it and the server. */
static void server(const struct design *d, struct container *c)
{
	container_set(c, "MLFLOW_BACKEND_STORE_URI", "postgresql+psycopg2://");
	container_set(c, "PGPORT", "5432");
	container_set(c, "PGDATABASE", "mlflow");
	container_set(c, "PGUSER", "mlflow");
	if (!d->connected)
		container_set(c, "PGSSLMODE", "verify-ca"); /* names are not checked: the certificate names the instance, the server asks for an address */
	container_set(c, "PGCONNECT_TIMEOUT", "10");
}

/* The authority of the instance's certificate is known once that stands, as its address is; the scripts make a file of it. */
static void address(struct container *c, cJSON *host)
{
	if (cJSON_IsObject(host))
		container_set_value(c, "DATABASE_CA", plan_ref("sql", "ca"));
	container_set_value(c, "PGHOST", host);
}

static const char *const variables[] = {"PGHOST", "PGDATABASE", "PGUSER", "PGPASSWORD", NULL};

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
	.password_variable = "PGPASSWORD",
	.variables = variables,
	.connections = connections,
	.settings = settings,
	.server = server,
	.address = address,
};
