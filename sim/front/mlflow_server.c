/* Would `mlflow server` start with these settings, on this database, in this memory? What it says when not is what 3.17.2 was seen to say. */
#include "config.h"
#include "sim/front/mlflow_server.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"
#include "sim/api/mlflow_releases.h"
#include "sim/api/serving.h"

#include <stdio.h>
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

void mlflow_stop(struct mlflow *m, int code, double seconds, char *text)
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
TABLE_OF(server_flags, "mlflow_flags.tbl", 1);

static void check_flags(struct mlflow *m)
{
	for (const cJSON *a = m->k->argv->child; a && !m->error; a = a->next) {
		size_t len = strcspn(a->valuestring, "=");
		bool known = *a->valuestring != '-' ||
			     (a->prev && *a->prev->valuestring == '-' && !strchr(a->prev->valuestring, '='));
		known = known ||
			table_row(&server_flags, sim_tmp("%.*s", (int)len, a->valuestring)) < table_rows(&server_flags);
		if (!known)
			mlflow_stop(m, 2, 2,
				    xasprintf("Usage: mlflow server [OPTIONS]\nTry 'mlflow server --help' for help.\n\nError: "
					      "No such option: %.*s",
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

/* Is this release of MLflow so new? One that is not told is. */
static bool since(const struct mlflow *m, int major, int minor)
{
	int own = 0, its = 0;
	if (sscanf(json_str(m->k->facts, "version", ""), "%d.%d", &own, &its) != 2)
		return true;
	return own > major || (own == major && its >= minor);
}

static void check_settings(struct mlflow *m)
{
	const char *port = mlflow_setting(m, "--port", "MLFLOW_PORT", "5000"),
		   *prefix = mlflow_setting(m, "--static-prefix", "MLFLOW_STATIC_PREFIX", "");
	const char *other = mlflow_setting(m, "--gunicorn-opts", "MLFLOW_GUNICORN_OPTS", NULL);
	const char *jobs = container_env(m->k, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "true");
	if (!other)
		other = container_flag(m->k, "--waitress-opts");
	char *end;
	m->port = (int)strtol(port, &end, 10);
	m->host = mlflow_setting(m, "--host", "MLFLOW_HOST", "127.0.0.1");
	if (*end || !*port)
		mlflow_stop(m, 2, 2, xasprintf("Error: Invalid value for '--port' / '-p': '%s' is not a valid integer.", port));
	else if (other && middleware_flagged(m))
		mlflow_stop(m, 2, 2,
			    xstrdup("Error: Security middleware options can only be used with uvicorn; remove --gunicorn-opts "
				    "or --waitress-opts."));
	else if (*prefix && (*prefix != '/' || text_ends(prefix, "/")))
		mlflow_stop(m, 2, 2, xstrdup("Error: --static-prefix must begin with a '/' and must not end with a '/'."));
	else if (since(m, 3, 5) && strcmp(jobs, "true") && strcmp(jobs, "false") && strcmp(jobs, "1") && strcmp(jobs, "0") &&
		 strcmp(jobs, "True") && strcmp(jobs, "False"))
		mlflow_stop(
		    m, 1, 4,
		    xasprintf("ValueError: MLFLOW_SERVER_ENABLE_JOB_EXECUTION value must be one of ['true', 'false', '1', '0'] "
			      "(case-insensitive), but got %s",
			      jobs));
	const char *app = mlflow_setting(m, "--app-name", NULL, "");
	if (!strcmp(app, "basic-auth") && !container_env(m->k, "MLFLOW_FLASK_SERVER_SECRET_KEY", NULL))
		mlflow_stop(m, 1, 5,
			    xstrdup("mlflow.exceptions.MlflowException: A static secret key needs to be set for CSRF "
				    "protection. Please set the "
				    "`MLFLOW_FLASK_SERVER_SECRET_KEY` environment variable before starting the server."));
	if (!strcmp(app, "basic-auth") && !json_bool(m->k->facts, "auth", true))
		mlflow_stop(
		    m, 1, 5,
		    xstrdup(
			"ImportError: The MLflow basic auth app requires the Flask-WTF package to perform CSRF validation."));
}

/* Until 3.2 gunicorn's workers serve, which are smaller; the runner of jobs came with 3.5, and is on unasked since 3.9. */
int mlflow_memory(const struct mlflow *m)
{
	int workers = atoi(mlflow_setting(m, "--workers", "MLFLOW_WORKERS", "4"));
	bool jobs = since(m, 3, 5) &&
		    on(container_env(m->k, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", since(m, 3, 9) ? "true" : "false"));
	if (!since(m, 3, 3))
		return 210 + 170 * (workers > 1 ? workers : 1);
	return (jobs ? 2374 : 493) + 262 * (workers > 1 ? workers - 1 : 0);
}

/* The schema. -------------------------------------------------------------------------------------------------------------- */
static const char *version_of(const struct mlflow *m)
{
	return json_str(m->k->facts, "version", "3.17.2");
}

/* MLflow's tables have triggers: MySQL lets only whom it trusts make them while it keeps a binary log. */
static bool may_make_tables(struct sim *s, struct mlflow *m)
{
	if (m->instance && !sim_sql_makes_tables(s, m->instance, m->acts_as)) {
		mlflow_stop(
		    m, 1, 6,
		    m->mysql
			? xasprintf("sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (1142, \"CREATE command "
				    "denied to user '%s'@'%%' for table 'alembic_version'\")",
				    m->acts_as)
			: xstrdup("sqlalchemy.exc.ProgrammingError: (psycopg2.errors.InsufficientPrivilege) permission "
				  "denied for schema public"));
		return false;
	}
	if (m->distrusted)
		mlflow_stop(m, 1, 6,
			    xstrdup("sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (1419, 'You do not have "
				    "the SUPER privilege and binary "
				    "logging is enabled (you *might* want to use the less safe log_bin_trust_function_creators "
				    "variable)')"));
	return !m->distrusted;
}

/* Tables are their maker's, and of whoever is a member of him. */
static bool may_use_tables(struct sim *s, struct mlflow *m, const struct sim_object *schema)
{
	const char *owner = schema ? json_str(schema->doc, "owner", "") : "";
	if (!m->instance || !*owner || sim_sql_member(s, m->instance, m->acts_as, owner))
		return true;
	mlflow_stop(
	    m, 1, 4,
	    xstrdup("sqlalchemy.exc.ProgrammingError: (psycopg2.errors.InsufficientPrivilege) permission denied for table "
		    "alembic_version"));
	return false;
}

/* A server wants the schema of its own release, not an older and not a newer one; only where a table that it looks for is not there at all does
 * it migrate by itself. */
static void check_schema(struct sim *s, struct mlflow *m)
{
	const struct sim_object *schema = sim_get(s, SCHEMAS, m->database);
	struct mlflow_release mine;
	mlflow_release(version_of(m), &mine);
	int have = schema ? (int)json_num(schema->doc, "order", 0) : 0;
	if (!may_use_tables(s, m, schema))
		return;
	if (!schema || have == mine.order || have < mine.since) {
		if (have != mine.order)
			may_make_tables(s, m);
		return;
	}
	mlflow_stop(m, 1, 4,
		    xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: Detected out-of-date "
			      "database schema (found version %s, but "
			      "expected %s). Take a backup of your database, then run 'mlflow db upgrade <database_uri>' to "
			      "migrate your database to the "
			      "latest schema. NOTE: schema migration may result in database downtime - please consult your "
			      "database's documentation for "
			      "more detail.",
			      json_str(schema->doc, "revision", ""), mine.revision));
}

static void set_schema(struct sim *s, const struct mlflow *m)
{
	struct sim_object *schema = sim_get(s, SCHEMAS, m->database);
	struct mlflow_release mine;
	mlflow_release(version_of(m), &mine);
	const char *owner = schema ? json_str(schema->doc, "owner", "") : m->acts_as ? m->acts_as : "";
	cJSON *doc = json_make("{'version':%s,'revision':%s,'order':%d,'owner':%s}", version_of(m), mine.revision, mine.order,
			       owner);
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
	if (!may_use_tables(s, m, schema))
		return;
	if (schema && (int)json_num(schema->doc, "order", 0) > mine.order)
		mlflow_stop(m, 1, 4,
			    xasprintf("ERROR [alembic.util.messaging] Can't locate revision identified by "
				      "'%s'\nalembic.util.exc.CommandError: Can't locate revision "
				      "identified by '%s'",
				      json_str(schema->doc, "revision", ""), json_str(schema->doc, "revision", "")));
	else if ((schema && (int)json_num(schema->doc, "order", 0) == mine.order) || may_make_tables(s, m))
		set_schema(s, m);
}

static void begin(const struct container *k, struct mlflow *m)
{
	*m = (struct mlflow){.k = k, .seconds = 8, .port = 5000, .host = "127.0.0.1"};
}

/* The tables of MLflow's own accounts have two foreign keys of one name, which MySQL keeps apart for each database (github.com/mlflow/mlflow/issues/9642). */
static void check_accounts(struct mlflow *m)
{
	const char *file = container_file(m->k, container_env(m->k, "MLFLOW_AUTH_CONFIG_PATH", ""));
	const char *uri = file ? strstr(file, "\ndatabase_uri") : NULL;
	uri = uri ? uri + strcspn(uri + 1, "=\n") + 1 : "";
	if (strcmp(mlflow_setting(m, "--app-name", NULL, ""), "basic-auth") || *uri != '=' ||
	    !text_starts(uri + 1 + strspn(uri + 1, " "), "mysql"))
		return;
	mlflow_stop(m, 1, 6,
		    xstrdup("sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (1826, \"Duplicate foreign key "
			    "constraint name "
			    "'fk_user_id'\")"));
}

void mlflow_load(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m)
{
	begin(k, m);
	check_flags(m);
	check_settings(m);
	const char *destination = mlflow_setting(m, "--artifacts-destination", "MLFLOW_ARTIFACTS_DESTINATION", "");
	if (!m->error && text_starts(destination, "gs://") && !json_bool(k->facts, "storage", true))
		mlflow_stop(m, 1, 4, xstrdup("ModuleNotFoundError: No module named 'google.cloud.storage'"));
	if (!m->error)
		mlflow_connect(s, m, place, mlflow_setting(m, "--backend-store-uri", "MLFLOW_BACKEND_STORE_URI", ""));
	if (!m->error)
		check_schema(s, m);
	if (!m->error)
		check_accounts(m);
}

void mlflow_open(struct sim *s, const struct container *k, const struct mlflow_place *place, const char *uri, struct mlflow *m)
{
	begin(k, m);
	mlflow_connect(s, m, place, uri);
	if (!m->error)
		check_schema(s, m);
}

void mlflow_start(struct sim *s, struct mlflow *m)
{
	set_schema(s, m);
}

/* Its words: those of the container's program, or of a command of its script before that; NULL when it is neither. */
static const cJSON *upgrade_words(const struct container *k)
{
	const cJSON *ran, *found = !strcmp(json_str(k->argv, "0", ""), "mlflow") ? k->argv : NULL;
	cJSON_ArrayForEach(ran, k->ran)
		if (!found && !strcmp(json_str(ran, "argv.0", ""), "mlflow") && !strcmp(json_str(ran, "argv.2", ""), "upgrade"))
			found = json_at(ran, "argv");
	return found;
}

/* Does its script migrate MLflow's own accounts (`python -m mlflow.server.auth db upgrade`) before the rest? */
static bool accounts_first(const struct container *k)
{
	const cJSON *ran;
	cJSON_ArrayForEach(ran, k->ran) {
		if (!strcmp(json_str(ran, "argv.0", ""), "mlflow"))
			return false;
		if (!strcmp(json_str(ran, "argv.2", ""), "mlflow.server.auth"))
			return true;
	}
	return false;
}

void mlflow_upgrade(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m)
{
	begin(k, m);
	const cJSON *words = upgrade_words(k);
	if (!words)
		return;
	const char *uri = "";
	for (const cJSON *a = words->child; a; a = a->next)
		uri = a->valuestring; /* the last argument */
	mlflow_connect(s, m, place, uri);
	if (m->error)
		return;
	/* It makes its first tables in an empty database alone; in another it changes those that it takes to be there. */
	if (accounts_first(k) && !sim_get(s, SCHEMAS, m->database))
		mlflow_stop(
		    m, 1, 8,
		    xstrdup("sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation \"metrics\" does "
			    "not exist\n\n[SQL: ALTER TABLE metrics ADD COLUMN step BIGINT DEFAULT '0' NOT NULL]"));
	else
		migrate(s, m);
	if (!m->error)
		m->seconds = 6;
}

void mlflow_free(struct mlflow *m)
{
	free(m->error);
	free(m->database);
	free(m->instance);
	free(m->acts_as);
	*m = (struct mlflow){0};
}
