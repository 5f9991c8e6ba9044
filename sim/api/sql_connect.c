/* What Cloud SQL's connectors ask: connection settings and short-lived client certificates. */
#include "config.h"

#include "sim/api/sql.h"

#include "base/json.h"

#include <string.h>

static void sql_connect_settings(struct sim_call *c)
{
	struct sim_object *o = sql_instance(c, false);
	if (!o)
		return;
	static const char *const shown[] = {"serverCaCert",    "ipAddresses",    "region",
					    "databaseVersion", "backendType",    "dnsName",
					    "dnsNames",        "connectionName", NULL};
	cJSON *doc = json_make("{'kind':'sql#connectSettings','serverCaMode':'GOOGLE_MANAGED_INTERNAL_CA','pscEnabled':%b}",
			       json_bool(o->doc, "settings.ipConfiguration.pscConfig.pscEnabled", false));
	for (const char *const *f = shown; *f; f++)
		if (json_at(o->doc, *f))
			json_put(doc, *f, cJSON_Duplicate(json_at(o->doc, *f), true));
	sql_ok(c, doc);
}

static void sql_connect_ephemeral(struct sim_call *c)
{
	struct sim_object *o = sql_running(c);
	if (!o)
		return;
	cJSON *cert = sql_certificate(c->sim, json_str(o->doc, "name", ""), "Google Cloud SQL Client",
				      json_str(c->body, "public_key", ""), 3600);
	if (!cert)
		sql_invalid(c, "Invalid public key.");
	else if (!strcmp(c->id, "sql.connect.generateEphemeral"))
		sql_ok(c, json_make("{'ephemeralCert':%j}", cert));
	else
		sql_ok(c, cert);
}

static const struct sim_route routes[] = {
    {"sql.connect.get", sql_connect_settings, "cloudsql.instances.connect", NULL},
    {"sql.connect.generateEphemeral", sql_connect_ephemeral, "cloudsql.instances.connect", NULL},
    {"sql.sslCerts.createEphemeral", sql_connect_ephemeral, "cloudsql.sslCerts.createEphemeral", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sql_connect = {
    .name = "sqladmin", .service = "sqladmin.googleapis.com", .errors = SIM_ERRORS_LEGACY, .routes = routes};
