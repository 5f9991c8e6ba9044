/* MLflow's front: the security middleware's host and origin checks (3.5 and later), basic auth, health and version, and the way to the
 * REST API and the artifacts. */
#include "config.h"
#include "sim/front/mlflow_http.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

void mlflow_fail(struct track *t, int status, const char *code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = xvasprintf(format, args);
	va_end(args);
	answer_json(t->out, status, json_make("{'error_code':%s,'message':%s}", code, message));
	free(message);
}

/* The security middleware. ------------------------------------------------------------------------------------------------- */
static bool listed(const char *list, const char *text)
{
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ","), skip = strspn(p, " ");
		const char *end = p + len;
		while (end > p + skip && end[-1] == ' ')
			end--;
		const char *entry = sim_tmp("%.*s", (int)(end - p - (ptrdiff_t)skip), p + skip);
		if (strchr(entry, '*') ? !fnmatch(entry, text, 0) : *entry && !strcmp(entry, text))
			return true;
		p += len + (p[len] == ',');
	}
	return false;
}

static bool host_ok(const struct track *t)
{
	static const char usual[] =
	    "localhost,localhost:*,127.0.0.1,127.0.0.1:*,[[]::1],[[]::1]:*,0.0.0.0,0.0.0.0:*,192.168.*,10.*,172.16.*,172.17.*,"
	    "172.18.*,172.19.*,172.20.*,172.21.*,172.22.*,172.23.*,172.24.*,172.25.*,172.26.*,172.27.*,172.28.*,172.29.*,"
	    "172.30.*,172.31.*,fc00:*,fd00:*";
	const char *path = t->v->path, *list = mlflow_setting(t->m, "--allowed-hosts", "MLFLOW_SERVER_ALLOWED_HOSTS", usual);
	return !strcmp(path, "/health") || !strcmp(path, "/version") || listed(list, t->v->host);
}

static bool is_local(const char *origin)
{
	const char *host = strstr(origin, "://") ? strstr(origin, "://") + 3 : "";
	const char *name = sim_tmp("%.*s", (int)strcspn(host, ":/"), host);
	return !strcmp(name, "localhost") || !strcmp(name, "127.0.0.1") || text_starts(host, "[::1]");
}

static bool origin_ok(const struct track *t)
{
	const char *origin = visit_header(t->v, "Origin"), *method = t->v->q->method, *path = t->v->path;
	bool changes = !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "DELETE") ||
		       !strcmp(method, "PATCH");
	bool checked = text_starts(path, "/api/") || text_starts(path, "/ajax-api/");
	if (!origin || !changes || !checked || is_local(origin))
		return true;
	return listed(mlflow_setting(t->m, "--cors-allowed-origins", "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", ""), origin);
}

static bool secured(const struct track *t)
{
	bool off = container_has(t->m->k, "--disable-security-middleware") ||
		   !strcmp(container_env(t->m->k, "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE", ""), "true");
	bool other = mlflow_setting(t->m, "--gunicorn-opts", "MLFLOW_GUNICORN_OPTS", NULL) ||
		     container_flag(t->m->k, "--waitress-opts");
	return !off && !other;
}

/* Basic auth. -------------------------------------------------------------------------------------------------------------- */
/* A key of the [mlflow] section of basic_auth.ini. */
static const char *ini(const struct track *t, const char *key)
{
	const char *text = container_file(t->m->k, container_env(t->m->k, "MLFLOW_AUTH_CONFIG_PATH", ""));
	size_t len = strlen(key);
	for (const char *p = text ? text : ""; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (!strncmp(p, key, len) && (p[len] == ' ' || p[len] == '=')) {
			const char *value = p + len + strspn(p + len, " =");
			return sim_tmp("%.*s", (int)strcspn(value, "\r\n"), value);
		}
	return NULL;
}

static const char *admin(const struct track *t, const char *variable, const char *key)
{
	const char *value = container_env(t->m->k, variable, NULL);
	return value ? value : ini(t, key);
}

static bool signed_in(struct track *t)
{
	const char *header = visit_header(t->v, "Authorization"), *path = t->v->path;
	if (text_starts(path, "/health") || text_starts(path, "/static") || text_starts(path, "/favicon.ico") ||
	    text_ends(path, "/mlflow/server-info"))
		return true;
	const char *user = admin(t, "MLFLOW_AUTH_ADMIN_USERNAME", "admin_username"),
		   *password = admin(t, "MLFLOW_AUTH_ADMIN_PASSWORD", "admin_password");
	if (header && text_starts(header, "Basic ") && password) {
		const char *pair = sim_tmp("%s:%s", user ? user : "admin", password);
		if (!strcmp(header + 6, sim_base64(pair, strlen(pair), false)))
			return true;
	}
	if (header && !text_starts(header, "Basic ")) { /* what it reads a name from has none */
		answer_text(t->out, 500, "text/html; charset=utf-8",
			    "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server "
			    "Error</h1>\n");
		return false;
	}
	answer_header(t->out, "WWW-Authenticate", "Basic realm=\"mlflow\"");
	answer_text(t->out, 401, "text/html; charset=utf-8",
		    "You are not authenticated. Please see "
		    "https://www.mlflow.org/docs/latest/auth/index.html#authenticating-to-mlflow on how to authenticate.");
	return false;
}

/* The paths. --------------------------------------------------------------------------------------------------------------- */
static const char *after(const char *path, const char *prefix)
{
	static const char *const bases[] = {"/api/", "/ajax-api/"};
	for (int i = 0; i < 2; i++) {
		const char *full = sim_tmp("%s%s", bases[i], prefix);
		if (text_starts(path, full))
			return path + strlen(full);
	}
	return NULL;
}

static void parameters(struct track *t)
{
	const struct sim_request *q = t->v->q;
	cJSON *j = q->body_len ? cJSON_ParseWithLength(q->body, q->body_len) : NULL;
	t->body = j ? j : cJSON_Duplicate(t->v->params, 1);
}

static void index_page(struct track *t)
{
	answer_text(t->out, 200, "text/html; charset=utf-8",
		    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"/><title>MLflow</title></head><body><div "
		    "id=\"root\"></div></body></html>");
}

static void routed(struct track *t)
{
	const char *path = t->v->path, *rest;
	const char *version = json_str(t->m->k->facts, "version", "3.17.2");
	if (!strcmp(path, "/health"))
		answer_text(t->out, 200, "text/plain", "OK");
	else if (!strcmp(path, "/version"))
		answer_text(t->out, 200, "text/plain", version);
	else if (!strcmp(path, "/"))
		index_page(t);
	else if ((rest = after(path, "3.0/mlflow/server-info")) != NULL && !*rest)
		answer_json(t->out, 200,
			    json_make("{'store_type':'SqlStore','workspaces_enabled':%b,'trace_archival_enabled':%b}", 0, 0));
	else if ((rest = after(path, "2.0/mlflow-artifacts/artifacts")) != NULL)
		mlflow_artifacts(t, rest);
	else if (t->m->error && text_starts(path, "/a"))
		mlflow_fail(t, 503, "TEMPORARILY_UNAVAILABLE", "(psycopg2.OperationalError) connection to server failed");
	else if (!strcmp(path, "/get-artifact"))
		mlflow_shown(t);
	else if ((rest = after(path, "2.0/mlflow/")) == NULL || !mlflow_rest(t, rest))
		answer_text(t->out, 404, "text/html; charset=utf-8",
			    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n");
}

void mlflow_answer(struct visit *v, const struct mlflow *m, const char *principal, struct sim_reply *out)
{
	struct track t = {.v = v, .m = m, .principal = principal, .out = out};
	bool basic = !strcmp(mlflow_setting(m, "--app-name", NULL, ""), "basic-auth");
	if (secured(&t) && !host_ok(&t))
		answer_text(out, 403, "text/plain; charset=utf-8",
			    "Invalid Host header - possible DNS rebinding attack detected");
	else if (secured(&t) && !origin_ok(&t))
		answer_text(out, 403, "text/plain; charset=utf-8", "Cross-origin request blocked");
	else if (!basic || signed_in(&t)) {
		parameters(&t);
		routed(&t);
		cJSON_Delete(t.body);
	}
}
