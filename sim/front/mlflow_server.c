/* Would `mlflow server` start with these settings, on this database, in this memory? What it says when not is what 3.17.2 was seen to say. */
#include "config.h"
#include "sim/front/mlflow_server.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/mlflow_releases.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMAS "mlflow.schema"

const char *mlflow_setting(const struct mlflow *m, const char *flag, const char *variable, const char *fallback)
{
	const char *given = container_flag(m->k, flag);
	if (!given && variable)
		given = container_env(m->k, variable, NULL);
	return given ? given : fallback;
}

static void stop(struct mlflow *m, int code, double seconds, char *text)
{
	if (m->error) {
		free(text);
		return;
	}
	m->error = text;
	m->exit_code = code;
	m->seconds = seconds;
}

/* Settings. ---------------------------------------------------------------------------------------------------------------- */
static const char *const server_flags[] = {
	"--backend-store-uri", "--read-replica-backend-store-uri", "--registry-store-uri", "--default-artifact-root", "--serve-artifacts",
	"--no-serve-artifacts", "--artifacts-only", "--artifacts-destination", "--host", "-h", "--port", "-p", "--workers", "-w", "--allowed-hosts",
	"--cors-allowed-origins", "--x-frame-options", "--disable-security-middleware", "--static-prefix", "--gunicorn-opts", "--waitress-opts",
	"--uvicorn-opts", "--expose-prometheus", "--app-name", "--trace-archival-config", "--secrets-cache-ttl", "--secrets-cache-max-size",
	"--enable-workspaces", "--disable-workspaces", "--workspace-store-uri", "--dev", "--env-file", NULL,
};

static void check_flags(struct mlflow *m)
{
	for (const cJSON *a = m->k->argv->child; a && !m->error; a = a->next) {
		size_t len = strcspn(a->valuestring, "=");
		bool known = *a->valuestring != '-' || (a->prev && *a->prev->valuestring == '-' && !strchr(a->prev->valuestring, '='));
		for (const char *const *f = server_flags; *f && !known; f++)
			known = strlen(*f) == len && !strncmp(*f, a->valuestring, len);
		if (!known)
			stop(m, 2, 2, xasprintf("Usage: mlflow server [OPTIONS]\nTry 'mlflow server --help' for help.\n\nError: No such option: %.*s",
						(int)len, a->valuestring));
	}
}

static bool on(const char *text)
{
	return !strcmp(text, "true") || !strcmp(text, "True") || !strcmp(text, "1");
}

static bool middleware_flagged(const struct mlflow *m)
{
	return container_flag(m->k, "--allowed-hosts") || container_flag(m->k, "--cors-allowed-origins") ||
	       container_has(m->k, "--disable-security-middleware");
}

static void check_settings(struct mlflow *m)
{
	const char *port = mlflow_setting(m, "--port", "MLFLOW_PORT", "5000"), *prefix = mlflow_setting(m, "--static-prefix", "MLFLOW_STATIC_PREFIX", "");
	const char *other = mlflow_setting(m, "--gunicorn-opts", "MLFLOW_GUNICORN_OPTS", NULL);
	const char *jobs = container_env(m->k, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "true");
	if (!other)
		other = container_flag(m->k, "--waitress-opts");
	char *end;
	m->port = (int)strtol(port, &end, 10);
	m->host = mlflow_setting(m, "--host", "MLFLOW_HOST", "127.0.0.1");
	if (*end || !*port)
		stop(m, 2, 2, xasprintf("Error: Invalid value for '--port' / '-p': '%s' is not a valid integer.", port));
	else if (other && middleware_flagged(m))
		stop(m, 2, 2, xstrdup("Error: Security middleware options can only be used with uvicorn; remove --gunicorn-opts or --waitress-opts."));
	else if (*prefix && (*prefix != '/' || text_ends(prefix, "/")))
		stop(m, 2, 2, xstrdup("Error: --static-prefix must begin with a '/' and must not end with a '/'."));
	else if (strcmp(jobs, "true") && strcmp(jobs, "false") && strcmp(jobs, "1") && strcmp(jobs, "0") && strcmp(jobs, "True") && strcmp(jobs, "False"))
		stop(m, 1, 4, xasprintf("ValueError: MLFLOW_SERVER_ENABLE_JOB_EXECUTION value must be one of ['true', 'false', '1', '0'] "
					"(case-insensitive), but got %s", jobs));
	const char *app = mlflow_setting(m, "--app-name", NULL, "");
	if (!strcmp(app, "basic-auth") && !container_env(m->k, "MLFLOW_FLASK_SERVER_SECRET_KEY", NULL))
		stop(m, 1, 5, xstrdup("mlflow.exceptions.MlflowException: A static secret key needs to be set for CSRF protection. Please set the "
				      "`MLFLOW_FLASK_SERVER_SECRET_KEY` environment variable before starting the server."));
	if (!strcmp(app, "basic-auth") && !json_bool(m->k->facts, "auth", true))
		stop(m, 1, 5, xstrdup("ImportError: The MLflow basic auth app requires the Flask-WTF package to perform CSRF validation."));
}

int mlflow_memory(const struct mlflow *m)
{
	int workers = atoi(mlflow_setting(m, "--workers", "MLFLOW_WORKERS", "4"));
	bool jobs = on(container_env(m->k, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "true"));
	return (jobs ? 2374 : 493) + 262 * (workers > 1 ? workers - 1 : 0);
}

/* The database. ------------------------------------------------------------------------------------------------------------ */
struct uri {
	char *scheme, *user, *password, *host, *database;
};

static char *decoded(const char *from, size_t len)
{
	char *text = xstrndup(from, len);
	text_unpercent(text);
	return text;
}

/* SCHEME://[USER[:PASSWORD]@][HOST[:PORT]]/DATABASE[?host=DIR] */
static bool uri_parse(const char *text, struct uri *u)
{
	*u = (struct uri){0};
	const char *rest = strstr(text, "://");
	if (!rest)
		return false;
	u->scheme = xstrndup(text, (size_t)(rest - text));
	rest += 3;
	const char *query = strchr(rest, '?');
	size_t len = query ? (size_t)(query - rest) : strlen(rest);
	const char *at = NULL;
	for (size_t i = 0; i < len; i++)
		if (rest[i] == '@')
			at = rest + i;
	if (at) {
		const char *colon = memchr(rest, ':', (size_t)(at - rest));
		u->user = decoded(rest, (size_t)((colon ? colon : at) - rest));
		u->password = colon ? decoded(colon + 1, (size_t)(at - colon - 1)) : NULL;
		len -= (size_t)(at + 1 - rest);
		rest = at + 1;
	}
	const char *slash = memchr(rest, '/', len);
	size_t host = slash ? (size_t)(slash - rest) : len;
	if (host)
		u->host = xstrndup(rest, strcspn(rest, ":/?"));
	if (slash && len > host + 1)
		u->database = decoded(slash + 1, len - host - 1);
	static const char *const keys[] = {"host=", "unix_socket="};
	for (int i = 0; query && i < 2; i++) {
		const char *key = strstr(query, keys[i]);
		if (key) {
			key += strlen(keys[i]);
			free(u->host);
			u->host = decoded(key, strcspn(key, "&"));
		}
	}
	return true;
}

static void uri_free(struct uri *u)
{
	free(u->scheme);
	free(u->user);
	free(u->password);
	free(u->host);
	free(u->database);
}

/* The driver that a scheme names must be in the image. */
static bool driver_ok(struct mlflow *m, const char *scheme)
{
	static const struct {
		const char *scheme, *fact, *module;
	} drivers[] = {{"postgresql", "psycopg", "psycopg"}, {"postgresql+psycopg", "psycopg", "psycopg"},
		       {"postgresql+psycopg2", "psycopg2", "psycopg2"}, {"mysql+pymysql", "pymysql", "pymysql"}, {"mysql", "mysqldb", "MySQLdb"}};
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(scheme, drivers[i].scheme)) {
			bool there = json_bool(m->k->facts, drivers[i].fact, false);
			if (!there)
				stop(m, 1, 4, xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: No module named '%s'",
							drivers[i].module));
			return there;
		}
	stop(m, 1, 4, xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: Model registry functionality is unavailable; got "
				"unsupported URI '%s://' for model registry data storage.", scheme));
	return false;
}

static char *tried(const char *host, const char *why, const char *user, const char *database)
{
	const char *problem = !strcmp(why, "password") ? sim_tmp("FATAL:  password authentication failed for user \"%s\"", user)
			      : !strcmp(why, "database") ? sim_tmp("FATAL:  database \"%s\" does not exist", database)
			      : !strcmp(why, "closed") ? "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
			      : !strcmp(why, "refused") ? sim_tmp("No such file or directory\n\tIs the server running locally and accepting connections on "
								  "that socket?")
							: sim_tmp("Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?");
	return xasprintf("WARNING mlflow.store.db.utils: SQLAlchemy database engine could not be created. The following exception is caught.\n"
			 "(psycopg2.OperationalError) connection to server at \"%s\", port 5432 failed: %s\n"
			 "Operation will be retried in 51.1 seconds\n"
			 "ERROR mlflow.cli: Error initializing backend store", host, problem);
}

static const char *env_or(const struct mlflow *m, const char *own, const char *variable, const char *fallback)
{
	return own ? own : container_env(m->k, variable, fallback);
}

/* A database that was dropped and made again, under the same name, is another one and empty. */
static char *identity_of(struct sim *s, const char *instance, const char *database)
{
	const struct sim_object *o = sim_get(s, "sql.databases", sim_tmp("%s/databases/%s", instance, database));
	return xasprintf("%s/%s@%.3f", instance, database, o ? o->created : 0);
}

/* Logs in where the URI and libpq's variables say. */
static void connect_to(struct sim *s, struct mlflow *m, const struct mlflow_place *place, const struct uri *u)
{
	bool postgres = text_starts(u->scheme, "postgresql");
	const char *host = postgres ? env_or(m, u->host, "PGHOST", "/var/run/postgresql") : u->host ? u->host : "localhost";
	const char *user = postgres ? env_or(m, u->user, "PGUSER", "") : u->user ? u->user : "";
	const char *password = postgres ? env_or(m, u->password, "PGPASSWORD", "") : u->password ? u->password : "";
	const char *database = postgres ? env_or(m, u->database, "PGDATABASE", user) : u->database ? u->database : "";
	struct buf instance = {0};
	const char *why;
	if (text_starts(host, "/cloudsql/"))
		why = place->connector && !strcmp(place->connector, host + 10)
			      ? sim_sql_login(s, place->principal, NULL, host + 10, user, password, database, &instance) : "refused";
	else if (!strcmp(host, "127.0.0.1") || !strcmp(host, "localhost"))
		why = place->beside ? sim_sql_login(s, place->principal, place->network, place->beside, user, password, database, &instance) : "closed";
	else
		why = *host == '/' ? "refused" : sim_sql_login(s, place->principal, place->network, host, user, password, database, &instance);
	if (why)
		stop(m, 1, 101, tried(host, why, user, database));
	else
		m->database = identity_of(s, buf_text(&instance), database);
	buf_free(&instance);
}

static void try_database(struct sim *s, struct mlflow *m, const struct mlflow_place *place, const char *uri)
{
	struct uri u;
	if (!*uri || text_starts(uri, "sqlite:") || *uri == '/' || *uri == '.' || text_starts(uri, "file:")) {
		m->database = xasprintf("sqlite:%s", uri); /* in the container; gone with it */
		return;
	}
	if (!uri_parse(uri, &u)) {
		stop(m, 1, 4, xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: Could not parse rfc1738 URL from string '%s'",
					"***"));
		return;
	}
	if (driver_ok(m, u.scheme))
		connect_to(s, m, place, &u);
	uri_free(&u);
}

static const char *version_of(const struct mlflow *m)
{
	return json_str(m->k->facts, "version", "3.17.2");
}

/* A server wants the schema of its own release, not an older and not a newer one; only where a table that it looks for is not there at all does
 * it migrate by itself. */
static void check_schema(struct sim *s, struct mlflow *m)
{
	const struct sim_object *schema = sim_get(s, SCHEMAS, m->database);
	struct mlflow_release mine;
	mlflow_release(version_of(m), &mine);
	int have = schema ? (int)json_num(schema->doc, "order", 0) : 0;
	if (!schema || have == mine.order || have < mine.since)
		return;
	stop(m, 1, 4, xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: Detected out-of-date database schema (found version %s, but "
				"expected %s). Take a backup of your database, then run 'mlflow db upgrade <database_uri>' to migrate your database to the "
				"latest schema. NOTE: schema migration may result in database downtime - please consult your database's documentation for "
				"more detail.", json_str(schema->doc, "revision", ""), mine.revision));
}

static void set_schema(struct sim *s, const struct mlflow *m)
{
	struct sim_object *schema = sim_get(s, SCHEMAS, m->database);
	struct mlflow_release mine;
	mlflow_release(version_of(m), &mine);
	cJSON *doc = json_make("{'version':%s,'revision':%s,'order':%d}", version_of(m), mine.revision, mine.order);
	if (!schema) {
		sim_put(s, SCHEMAS, m->database, doc);
		return;
	}
	cJSON_Delete(schema->doc);
	schema->doc = doc;
}

/* Alembic goes on from the revision that the database is at, if it knows it. */
static void migrate(struct sim *s, struct mlflow *m)
{
	const struct sim_object *schema = sim_get(s, SCHEMAS, m->database);
	struct mlflow_release mine;
	mlflow_release(version_of(m), &mine);
	if (schema && (int)json_num(schema->doc, "order", 0) > mine.order)
		stop(m, 1, 4, xasprintf("ERROR [alembic.util.messaging] Can't locate revision identified by '%s'\nalembic.util.exc.CommandError: Can't locate revision "
					"identified by '%s'", json_str(schema->doc, "revision", ""), json_str(schema->doc, "revision", "")));
	else
		set_schema(s, m);
}

static void begin(const struct container *k, struct mlflow *m)
{
	*m = (struct mlflow){.k = k, .seconds = 8, .port = 5000, .host = "127.0.0.1"};
}

void mlflow_load(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m)
{
	begin(k, m);
	check_flags(m);
	check_settings(m);
	const char *destination = mlflow_setting(m, "--artifacts-destination", "MLFLOW_ARTIFACTS_DESTINATION", "");
	if (!m->error && text_starts(destination, "gs://") && !json_bool(k->facts, "storage", true))
		stop(m, 1, 4, xstrdup("ModuleNotFoundError: No module named 'google.cloud.storage'"));
	if (!m->error)
		try_database(s, m, place, mlflow_setting(m, "--backend-store-uri", "MLFLOW_BACKEND_STORE_URI", ""));
	if (!m->error)
		check_schema(s, m);
}

void mlflow_start(struct sim *s, struct mlflow *m)
{
	set_schema(s, m);
}

void mlflow_upgrade(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m)
{
	begin(k, m);
	const char *uri = "";
	for (const cJSON *a = k->argv->child; a; a = a->next)
		uri = a->valuestring; /* the last argument */
	try_database(s, m, place, uri);
	if (m->error)
		return;
	migrate(s, m);
	if (!m->error)
		m->seconds = 6;
}

void mlflow_free(struct mlflow *m)
{
	free(m->error);
	free(m->database);
	*m = (struct mlflow){0};
}
