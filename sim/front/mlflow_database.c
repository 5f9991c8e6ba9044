/* How MLflow finds its database: the URI, and what SQLAlchemy's drivers read besides: libpq its variables, PyMySQL its option file. What they say when
 * it fails is what they were seen to say. */
#include "config.h"
#include "sim/front/mlflow_server.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/front/pod.h"
#include "sim/front/postgres.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct uri {
	char *scheme, *user, *password, *host, *database;
	cJSON *query; /* name: value */
};

static char *decoded(const char *from, size_t len)
{
	char *text = xstrndup(from, len);
	text_unpercent(text);
	return text;
}

static cJSON *parse_query(const char *text)
{
	cJSON *query = cJSON_CreateObject();
	while (*text) {
		size_t len = strcspn(text, "&"), name = strcspn(text, "=&");
		char *key = decoded(text, name), *value = name < len ? decoded(text + name + 1, len - name - 1) : xstrdup("");
		cJSON_AddStringToObject(query, key, value);
		free(key);
		free(value);
		text += len + (text[len] == '&');
	}
	return query;
}

/* SCHEME://[USER[:PASSWORD]@][HOST[:PORT]]/DATABASE[?NAME=VALUE&...] */
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
	u->query = parse_query(query ? query + 1 : "");
	return true;
}

static void uri_free(struct uri *u)
{
	free(u->scheme);
	free(u->user);
	free(u->password);
	free(u->host);
	free(u->database);
	cJSON_Delete(u->query);
}

static const char *asked(const struct uri *u, const char *name, const char *fallback)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(u->query, name);
	return cJSON_IsString(v) ? v->valuestring : fallback;
}

/* The driver that a scheme names must be in the image. */
static bool driver_ok(struct mlflow *m, const char *scheme)
{
	static const struct {
		const char *scheme, *fact, *module;
	} drivers[] = {{"postgresql", "psycopg", "psycopg"},
		       {"postgresql+psycopg", "psycopg", "psycopg"},
		       {"postgresql+psycopg2", "psycopg2", "psycopg2"},
		       {"mysql+pymysql", "pymysql", "pymysql"},
		       {"mysql", "mysqldb", "MySQLdb"}};
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(scheme, drivers[i].scheme)) {
			bool there = json_bool(m->k->facts, drivers[i].fact, false);
			if (!there)
				mlflow_stop(m, 1, 4,
					    xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: "
						      "No module named '%s'",
						      drivers[i].module));
			return there;
		}
	mlflow_stop(m, 1, 4,
		    xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: Model registry "
			      "functionality is unavailable; got "
			      "unsupported URI '%s://' for model registry data storage.",
			      scheme));
	return false;
}

/* Words. ------------------------------------------------------------------------------------------------------------------- */
static const char *psycopg_says(const struct sim_sql_client *k, const char *host, const char *why)
{
	static const struct {
		const char *why, *says;
	} known[] = {
	    {"closed", "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"},
	    {"refused", "No such file or directory\n\tIs the server running locally and accepting connections on that socket?"},
	    {"certificate", "FATAL:  connection requires a valid client certificate"},
	    {"authority", "SSL error: certificate verify failed"},
	    {"unreachable", "Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?"},
	    {"no TLS", "server does not support SSL, but SSL was required"},
	    {"unknown name", "Name or service not known"},
	};
	if (!strcmp(why, "password"))
		return sim_tmp("FATAL:  password authentication failed for user \"%s\"", k->user);
	if (!strcmp(why, "iam"))
		return sim_tmp("FATAL:  Cloud SQL IAM service account authentication failed for user \"%s\"", k->user);
	if (!strcmp(why, "role"))
		return sim_tmp("FATAL:  permission denied to set role \"%s\"", k->role);
	if (!strcmp(why, "database"))
		return sim_tmp("FATAL:  database \"%s\" does not exist", k->database);
	if (!strcmp(why, "plain"))
		return sim_tmp("FATAL:  pg_hba.conf rejects connection for host \"10.10.0.2\", user \"%s\", database \"%s\", "
			       "no encryption",
			       k->user, k->database);
	if (!strcmp(why, "name"))
		return sim_tmp("server certificate for \"Google Cloud SQL Server\" does not match host name \"%s\"", host);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].why, why))
			return known[i].says;
	return why;
}

static const char *pymysql_says(const struct sim_sql_client *k, const char *host, const char *why)
{
	static const struct {
		const char *why, *says;
	} known[] = {
	    {"closed", "[Errno 111] Connection refused"},
	    {"refused", "[Errno 2] No such file or directory"},
	    {"authority", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate "
			  "chain (_ssl.c:1006)"},
	    {"name", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch (_ssl.c:1006)"},
	    {"unreachable", "timed out"},
	};
	if (!strcmp(why, "password") || !strcmp(why, "certificate") || !strcmp(why, "iam"))
		return sim_tmp("(1045, \"Access denied for user '%s'@'10.10.0.2' (using password: %s)\")", k->user,
			       *k->password ? "YES" : "NO");
	if (!strcmp(why, "database"))
		return sim_tmp("(1049, \"Unknown database '%s'\")", k->database);
	if (!strcmp(why, "plain"))
		return "(3159, 'Connections using insecure transport are prohibited while --require_secure_transport=ON.')";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].why, why))
			return sim_tmp("(2003, \"Can't connect to MySQL server on '%s' (%s)\")", host, known[i].says);
	return why;
}

static char *tried(const struct sim_sql_client *k, const char *host, const char *why)
{
	const char *problem = k->mysql
				  ? sim_tmp("(pymysql.err.OperationalError) %s", pymysql_says(k, host, why))
				  : sim_tmp("(psycopg2.OperationalError) connection to server at \"%s\", port 5432 failed: %s",
					    host, psycopg_says(k, host, why));
	return xasprintf("WARNING mlflow.store.db.utils: SQLAlchemy database engine could not be created. The following "
			 "exception is caught.\n%s\n"
			 "Operation will be retried in 51.1 seconds\nERROR mlflow.cli: Error initializing backend store",
			 problem);
}

/* Drivers. ----------------------------------------------------------------------------------------------------------------- */
static const char *env_or(const struct mlflow *m, const char *own, const char *variable, const char *fallback)
{
	return own ? own : container_env(m->k, variable, fallback);
}

/* libpq encrypts where it can, unless told; it checks the server where it is told to, or where it finds an authority for it. */
static const char *libpq(const struct mlflow *m, const struct uri *u, struct sim_sql_client *k)
{
	const char *mode = asked(u, "sslmode", container_env(m->k, "PGSSLMODE", "prefer"));
	const char *path = asked(u, "sslrootcert", container_env(m->k, "PGSSLROOTCERT", NULL)),
		   *file = container_file(m->k, path);
	bool checks = text_starts(mode, "verify-");
	k->user = env_or(m, u->user, "PGUSER", "");
	k->password = env_or(m, u->password, "PGPASSWORD", "");
	k->database = env_or(m, u->database, "PGDATABASE", k->user);
	k->encrypted = strcmp(mode, "disable") != 0;
	k->authority = checks ? file ? file : "" : !strcmp(mode, "require") ? file : NULL;
	k->names = !strcmp(mode, "verify-full");
	/* -c role=NAME among what the server is started with for this session. */
	const char *role = strstr(asked(u, "options", container_env(m->k, "PGOPTIONS", "")), "-c role=");
	k->role = role ? sim_tmp("%.*s", (int)strcspn(role + 8, " "), role + 8) : NULL;
	return env_or(m, asked(u, "host", u->host), "PGHOST", "/var/run/postgresql");
}

/* A value of the option file's group [client], its quotes cut. */
static const char *option(const char *file, const char *name)
{
	bool client = false;
	const char *found = NULL;
	for (const char *p = file ? file : ""; *p;) {
		size_t len = strcspn(p, "\n"), key = strcspn(p, "=");
		if (*p == '[')
			client = text_starts(p, "[client]");
		while (key < len && key && strchr(" \t", p[key - 1]))
			key--;
		if (client && key < len && key == strlen(name) && !strncmp(p, name, key)) {
			const char *value = strchr(p, '=') + 1, *end = p + len;
			value += strspn(value, " \t");
			while (end > value && strchr(" \t\r", end[-1]))
				end--;
			bool quoted = end - value >= 2 && (*value == '"' || *value == '\'') && end[-1] == *value;
			found = sim_tmp("%.*s", (int)(end - value - 2 * quoted), value + quoted);
		}
		p += len + (p[len] == '\n');
	}
	return found;
}

static const char *given(const char *own, const char *file, const char *name, const char *fallback)
{
	const char *v = own && *own ? own : option(file, name);
	return v && *v ? v : fallback;
}

/* PyMySQL reads nothing but its arguments and an option file, and encrypts only when told; an authority that is not there stops it. */
static const char *pymysql(struct mlflow *m, const struct uri *u, struct sim_sql_client *k)
{
	const char *file = container_file(m->k, asked(u, "read_default_file", NULL));
	const char *ca = given(asked(u, "ssl_ca", NULL), file, "ssl-ca", NULL),
		   *checks = asked(u, "ssl_check_hostname", "true");
	k->user = given(u->user, file, "user", "mlflow");
	k->password = given(u->password, file, "password", "");
	k->database = given(u->database, file, "database", "");
	k->encrypted = ca != NULL;
	k->authority = container_file(m->k, ca);
	k->names = strcasecmp(checks, "false") && strcmp(checks, "0") && strcasecmp(checks, "no") && strcasecmp(checks, "off");
	if (ca && !k->authority)
		mlflow_stop(m, 1, 4,
			    xstrdup("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: [Errno 2] No such "
				    "file or directory"));
	return given(asked(u, "unix_socket", NULL), file, "socket", given(u->host, file, "host", "localhost"));
}

/* A database that was dropped and made again, under the same name, is another one and empty. */
static char *identity_of(struct sim *s, const char *instance, const char *database)
{
	const struct sim_object *o = sim_get(s, "sql.databases", sim_tmp("%s/databases/%s", instance, database));
	return xasprintf("%s/%s@%.3f", instance, database, o ? o->created : 0);
}

/* A name of the cluster's DNS: SERVICE, SERVICE.NAMESPACE, and what follows. Why the PostgreSQL behind it does not let in, or NULL; *found tells whether there is
 * such a Service. */
static const char *in_cluster(struct sim *s, const struct mlflow_place *place, const struct sim_sql_client *k, const char *host,
			      bool *found, const char **database)
{
	const struct sim_object *from = place->pod ? sim_get(s, KUBERNETES_OBJECTS, place->pod) : NULL;
	const char *dot = strchr(host, '.'), *ns = json_str(from ? from->doc : NULL, "metadata.namespace", "");
	ns = dot ? sim_tmp("%.*s", (int)strcspn(dot + 1, "."), dot + 1) : ns;
	const char *service = sim_tmp("%.*s", (int)strcspn(host, "."), host), *why = "closed";
	*found = from && kubernetes_named(s, place->cluster, "", "services", ns, service);
	cJSON *all = *found ? kubernetes_endpoints(s, place->cluster, ns, service, "5432") : NULL;
	const char *address = json_str(all, "0.ipAddress", NULL);
	const struct sim_object *to = address ? pod_at(s, place->cluster, address) : NULL;
	struct workload w;
	if (*found && !address)
		why = "unknown name"; /* a Service without an address leads to its pods that are ready, and else nowhere */
	if (to && !kubernetes_pods_may(s, place->cluster, from, to, 5432)) {
		why = "unreachable";
	} else if (to && pod_open(s, place->cluster, address, &w)) {
		const struct workload_part *part = workload_at(&w, 5432);
		if (part && postgres_runs(&part->k))
			why = postgres_login(s, &part->k, k, database);
		workload_close(&w);
	}
	cJSON_Delete(all);
	return why;
}

static void log_in(struct sim *s, struct mlflow *m, const struct mlflow_place *place, struct sim_sql_client *k,
		   const char *host)
{
	struct buf instance = {0};
	const char *why = NULL, *database = NULL;
	bool inside = false;
	k->address = host;
	if (text_starts(host, "/cloudsql/")) {
		k->address = host + 10;
		k->network = NULL;
		why = !place->connector || strcmp(place->connector, k->address) ? "refused"
		      : place->cut_off                                          ? "unreachable"
										: NULL;
	} else if (!strcmp(host, "127.0.0.1") || !strcmp(host, "localhost")) {
		k->address = place->beside;
		why = !place->beside ? "closed" : place->cut_off ? "unreachable" : NULL;
	} else if (*host == '/') {
		why = "refused";
	} else if (strspn(host, "0123456789.") != strlen(host)) {
		const char *told = in_cluster(s, place, k, host, &inside, &database);
		why = inside ? told : NULL;
	}
	if (!why && !inside)
		why = sim_sql_login(s, k, &instance);
	if (why)
		mlflow_stop(m, 1, 101, tried(k, host, why));
	else if (inside) {
		m->database = xstrdup(database);
		m->acts_as = xstrdup(k->role ? k->role : k->user);
	} else {
		m->database = identity_of(s, buf_text(&instance), k->database);
		m->instance = xstrdup(buf_text(&instance));
		m->acts_as = xstrdup(k->role ? k->role : k->user);
	}
	m->distrusted = !why && !inside && sim_sql_distrusts(s, buf_text(&instance));
	buf_free(&instance);
}

/* Plugins of SQLAlchemy. ---------------------------------------------------------------------------------------------------- */

/* The value of NAME in a section of an INI file, for as long as a passing text lives; or NULL. */
static const char *ini(const char *text, const char *section, const char *name)
{
	bool here = false;
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n"), key = strcspn(p, " =");
		if (*p == '[')
			here = !strncmp(p + 1, section, strlen(section)) && p[1 + strlen(section)] == ']';
		else if (here && key == strlen(name) && !strncmp(p, name, key) && key < len) {
			const char *value = p + key + strspn(p + key, " =");
			return sim_tmp("%.*s", (int)(p + len - value), value);
		}
		p += len + (p[len] == '\n');
	}
	return NULL;
}

/* The module ("NAME:OBJECT") that a distribution on PYTHONPATH registers as this plugin; its text, or NULL. */
static const char *plugin_text(const struct mlflow *m, const char *name)
{
	const cJSON *files = json_at(m->k->facts, "files"), *f, *module;
	const char *folder = container_env(m->k, "PYTHONPATH", "");
	size_t len = strlen(folder);
	cJSON_ArrayForEach(f, files) {
		const char *rest = len && !strncmp(f->string, folder, len) && f->string[len] == '/' ? f->string + len + 1 : "";
		const char *end = strchr(rest, '/'), *is;
		if (!end || strcmp(end, "/entry_points.txt") || end - rest < 10 || strncmp(end - 10, ".dist-info", 10) ||
		    !(is = ini(f->valuestring, "sqlalchemy.plugins", name)))
			continue;
		module = cJSON_GetObjectItemCaseSensitive(files, sim_tmp("%s/%.*s.py", folder, (int)strcspn(is, ":"), is));
		return cJSON_IsString(module) ? module->valuestring : NULL;
	}
	return NULL;
}

/* A plugin that gives each new connection an access token of the account that Google takes the container for, in place of its password, as
 * Cloud SQL wants it of IAM's users. What another plugin does is not known: then nothing comes of it. */
static bool shows_token(struct mlflow *m, const char *name)
{
	static const char *const does[] = {"def update_url",        "do_connect",     "google.auth.default",
					   "auth/sqlservice.login", "[\"password\"]", ".refresh("};
	const char *text = plugin_text(m, name);
	if (!text) {
		mlflow_stop(
		    m, 1, 4,
		    xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: Can't load plugin: "
			      "sqlalchemy.plugins:%s",
			      name));
		return false;
	}
	for (size_t i = 0; i < sizeof does / sizeof *does; i++)
		if (!strstr(text, does[i]))
			return false;
	return true;
}

void mlflow_connect(struct sim *s, struct mlflow *m, const struct mlflow_place *place, const char *text)
{
	struct uri u;
	if (!*text || text_starts(text, "sqlite:") || *text == '/' || *text == '.' || text_starts(text, "file:")) {
		m->database = xasprintf("sqlite:%s", text); /* in the container; gone with it */
		return;
	}
	if (!uri_parse(text, &u)) {
		mlflow_stop(m, 1, 4,
			    xasprintf("ERROR mlflow.cli: Error initializing backend store\nERROR mlflow.cli: Could not parse "
				      "rfc1738 URL from string '%s'",
				      "***"));
		return;
	}
	m->mysql = text_starts(u.scheme, "mysql");
	if (driver_ok(m, u.scheme)) {
		struct sim_sql_client k = {.principal = place->principal, .network = place->network, .mysql = m->mysql};
		const char *plugin = asked(&u, "plugin", NULL);
		const char *host = m->mysql ? pymysql(m, &u, &k) : libpq(m, &u, &k);
		k.token = plugin && shows_token(m, plugin);
		if (!m->error)
			log_in(s, m, place, &k, host);
	}
	uri_free(&u);
}
