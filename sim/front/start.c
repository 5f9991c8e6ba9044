/* Starts one container as if it were run: its program with its settings, in its memory. */
#include "config.h"
#include "sim/front/start.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/front/gate.h"
#include "sim/front/gate_provider.h"
#include "sim/front/postgres.h"

#include <stdlib.h>
#include <string.h>

#define GC_MEMORY 900 /* MB: the command, and the server of files beside it */

static void address(const char *text, struct start *r)
{
	const char *colon = strrchr(text, ':'), *host = text + (text_starts(text, "http://") ? 7 : 0);
	r->port = colon ? atoi(colon + 1) : 0;
	r->loopback = text_starts(host, "127.") || text_starts(host, "localhost") || text_starts(host, "[::1]");
}

static void start_gate(struct sim *s, const struct container *k, struct start *r)
{
	struct gate g;
	struct gate_provider provider;
	gate_load(k, &g);
	if (!g.error)
		gate_provider_find(s, &g, &provider);
	r->seconds = 0.25;
	r->memory = 28;
	address(gate_text(&g, "http_address", "127.0.0.1:4180"), r);
	if (g.error) {
		r->said = xasprintf("ERROR: %s", g.error);
		r->exit_code = 1;
	}
	gate_free(&g);
}

/* `mlflow db upgrade` and `mlflow gc` do their work and end. */
static bool mlflow_task(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m,
			struct start *r)
{
	struct buf wrote = {0};
	bool upgrade = container_has(k, "db") && container_has(k, "upgrade");
	if (!upgrade && !container_has(k, "gc"))
		return false;
	if (upgrade)
		mlflow_upgrade(s, k, place, m);
	else
		mlflow_gc(s, k, place, m, &wrote);
	if (upgrade && !m->error)
		buf_printf(&wrote,
			   "INFO  [alembic.runtime.migration] Context impl %s.\nINFO  [alembic.runtime.migration] "
			   "Will assume %stransactional DDL.",
			   m->mysql ? "MySQLImpl" : "PostgresqlImpl", m->mysql ? "non-" : "");
	r->memory = upgrade ? 350 : GC_MEMORY;
	r->port = 0;
	r->ends = !m->error;
	r->wrote = buf_take(&wrote);
	return true;
}

static void start_mlflow(struct sim *s, const struct container *k, const struct mlflow_place *place, struct start *r)
{
	struct mlflow m;
	bool task = mlflow_task(s, k, place, &m, r);
	if (!task) {
		mlflow_load(s, k, place, &m);
		r->memory = mlflow_memory(&m);
		r->port = m.port;
		r->loopback = text_starts(m.host, "127.") || !strcmp(m.host, "localhost");
	}
	r->seconds = m.seconds;
	if (m.error)
		r->said = xstrdup(m.error);
	else if (!task)
		mlflow_start(s, &m);
	r->exit_code = m.exit_code;
	mlflow_free(&m);
}

/* cloud-sql-proxy 2: INSTANCE..., flags with two dashes; it connects when it is asked to. */
static void start_sql_proxy(const struct container *k, struct start *r)
{
	const char *instance = container_sql_proxy(k), *port = container_flag(k, "--port"),
		   *where = container_flag(k, "--address");
	r->seconds = 0.5;
	r->memory = 24;
	r->port = atoi(port ? port : "5432");
	r->loopback = !where || text_starts(where, "127.");
	if (!instance) {
		r->said = xstrdup("Error: missing instance_connection_name (e.g., project:region:instance)");
		r->exit_code = 1;
	}
}

static void run_program(struct sim *s, const struct container *k, const struct mlflow_place *place, struct start *r)
{
	if (k->error) {
		*r = (struct start){.said = xstrdup(k->error), .seconds = 0.1, .exit_code = 2};
	} else if (container_runs(k, "oauth2-proxy") && strcmp(k->software, "oauth2-proxy") &&
		   !json_bool(k->facts, "gate", false)) {
		*r = (struct start){.said = xstrdup("exec: \"oauth2-proxy\": executable file not found in $PATH"),
				    .exit_code = 127};
	} else if (container_runs(k, "oauth2-proxy")) {
		start_gate(s, k, r);
	} else if (container_runs(k, "mlflow") && strcmp(k->software, "mlflow")) {
		*r = (struct start){.said = xstrdup("exec: \"mlflow\": executable file not found in $PATH"), .exit_code = 127};
	} else if (container_runs(k, "mlflow")) {
		start_mlflow(s, k, place, r);
	} else if (!strcmp(k->software, "cloud-sql-proxy")) {
		start_sql_proxy(k, r);
	} else if (!strcmp(k->software, "postgres") && postgres_runs(k)) {
		postgres_start(s, k, r);
	} else if (!strcmp(k->software, "nginx")) {
		r->port = 80;
	} else if (!strcmp(k->software, "echo")) {
		r->port = atoi(container_env(k, "HTTP_PORT", "8080"));
	}
}

void start_container(struct sim *s, const struct container *k, const struct mlflow_place *place, double limit, struct start *r)
{
	*r = (struct start){
	    .seconds = 2, .memory = 40, .port = atoi(container_env(k, "PORT", !strcmp(k->software, "hello") ? "8080" : "0"))};
	run_program(s, k, place, r);
	if (limit <= 0 || r->memory <= limit)
		return;
	if (!r->said)
		r->said = xstrdup("");
	r->exit_code = 137;
	r->ends = false;
}

void start_refused_port(struct start *r)
{
	if (r->said)
		return;
	r->said = xasprintf("listen tcp :%d: bind: address already in use", r->port);
	r->exit_code = 1;
	r->ends = false;
}

void start_free(struct start *r)
{
	free(r->said);
	free(r->wrote);
	*r = (struct start){0};
}

bool start_answers(const struct container *k, const char *path)
{
	if (!path)
		return true;
	if (container_runs(k, "mlflow"))
		return !strcmp(path, "/health") || !strcmp(path, "/version") ||
		       (!strcmp(path, "/") &&
			strcmp(container_flag(k, "--app-name") ? container_flag(k, "--app-name") : "", "basic-auth"));
	if (container_runs(k, "oauth2-proxy"))
		return gate_open(k, path);
	return true;
}

double start_mebibytes(const char *text)
{
	char *end;
	double n = strtod(text, &end);
	if (!strcmp(end, "Gi") || !strcmp(end, "g"))
		return n * 1024;
	if (!strcmp(end, "G") || !strcmp(end, "M"))
		return n * (*end == 'G' ? 1e9 : 1e6) / 1048576;
	return *end ? n : n / 1048576;
}
