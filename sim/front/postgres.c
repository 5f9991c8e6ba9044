#include "config.h"
#include "sim/front/postgres.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Data directories: {"version","roles":{NAME:{"password","login"}},"databases":{NAME:OWNER},"hba":TEXT or none,"served": the pod that has it}. */
#define DIRECTORIES "front.postgres"

#define DEFAULT_VERSION "17"

bool postgres_runs(const struct container *k)
{
	return container_runs(k, "postgres") || (container_runs(k, "docker-entrypoint.sh") && container_has(k, "postgres"));
}

/* Directories. ---------------------------------------------------------------------------------------------------------------- */
static const char *folder_of(const struct container *k)
{
	const char *said = container_flag(k, "-D");
	return said ? said : container_env(k, "PGDATA", "/var/lib/postgresql/data");
}

static struct sim_object *directory(struct sim *s, const struct container *k)
{
	return sim_get(s, DIRECTORIES, container_kept(k, folder_of(k)));
}

const char *postgres_version(struct sim *s, const char *path)
{
	const struct sim_object *o = sim_get(s, DIRECTORIES, path);
	return o ? json_str(o->doc, "version", DEFAULT_VERSION) : NULL;
}

static cJSON *new_directory(const char *superuser)
{
	cJSON *d = json_make("{'version':'" DEFAULT_VERSION "','roles':{},'databases':{}}");
	cJSON_AddItemToObject(json_at(d, "roles"), superuser, json_make("{'password':'','login':true}"));
	cJSON_AddStringToObject(json_at(d, "databases"), "postgres", superuser);
	return d;
}

/* Statements. ------------------------------------------------------------------------------------------------------------------ */
/* The next word of a statement: a name, or what stands between quotes. */
static const char *word(const char **p)
{
	*p += strspn(*p, " ;");
	char quote = **p == '\'' || **p == '"' ? *(*p)++ : '\0';
	size_t len = quote ? strcspn(*p, quote == '"' ? "\"" : "'") : strcspn(*p, " ;");
	const char *w = sim_tmp("%.*s", (int)len, *p);
	*p += len + (quote && (*p)[len]);
	return w;
}

static void options(cJSON *role, const char *p)
{
	while (p[strspn(p, " ;")]) {
		const char *w = word(&p);
		if (!strcasecmp(w, "LOGIN"))
			json_put_bool(role, "login", true);
		else if (!strcasecmp(w, "PASSWORD"))
			json_put_str(role, "password", word(&p));
	}
}

/* CREATE ROLE, CREATE USER, ALTER ROLE, CREATE DATABASE ... OWNER; others change nothing that is met here. What is there already stays. */
static void statement(cJSON *d, const char *p)
{
	const char *verb = word(&p), *what = word(&p), *name = word(&p);
	bool makes = !strcasecmp(verb, "CREATE"), user = !strcasecmp(what, "USER"), role = user || !strcasecmp(what, "ROLE");
	cJSON *roles = json_at(d, "roles"), *databases = json_at(d, "databases"),
	      *known = cJSON_GetObjectItemCaseSensitive(roles, name);
	if (role && makes && !known) {
		known = json_make("{'password':'','login':%b}", user);
		cJSON_AddItemToObject(roles, name, known);
		options(known, p);
	} else if (role && !makes && known) {
		options(known, p);
	} else if (!strcasecmp(what, "DATABASE") && makes && !cJSON_HasObjectItem(databases, name)) {
		const char *owner = "postgres";
		while (p[strspn(p, " ;")])
			if (!strcasecmp(word(&p), "OWNER"))
				owner = word(&p);
		cJSON_AddStringToObject(databases, name, owner);
	}
}

static void statements(cJSON *d, const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		statement(d, sim_tmp("%.*s", (int)len, p));
		p += len + (p[len] == '\n');
	}
}

/* Starting. -------------------------------------------------------------------------------------------------------------------- */
static const char *after(const cJSON *argv, const char *flag)
{
	const cJSON *a;
	cJSON_ArrayForEach(a, argv)
		if (!strcmp(a->valuestring, flag) && a->next)
			return a->next->valuestring;
	return NULL;
}

static void move(cJSON *made, const char *from, const char *to)
{
	cJSON *d = cJSON_DetachItemFromObjectCaseSensitive(made, from);
	if (d)
		cJSON_AddItemToObject(made, to, d);
}

/* What the commands before the server did: the directories that they made, by their paths now; kept is the one that stood before. A pod that had it before does it
 * no more: commands run once in a pod's life. */
static cJSON *prepared(const struct container *k, cJSON *kept)
{
	cJSON *made = cJSON_CreateObject();
	const cJSON *ran;
	cJSON_ArrayForEach(ran, k->ran) {
		const cJSON *argv = json_at(ran, "argv");
		const char *program = json_str(argv, "0", ""), *folder = after(argv, "-D");
		cJSON *d = folder ? cJSON_GetObjectItemCaseSensitive(made, folder) : NULL;
		if (!strcmp(program, "initdb") && folder && !d) {
			const char *user = after(argv, "-U");
			cJSON_AddItemToObject(made, folder, d = new_directory(user ? user : "postgres"));
		} else if (!strcmp(program, "postgres") && json_lists(argv, "--single") &&
			   (d || (folder && !strcmp(folder, folder_of(k))))) {
			statements(d ? d : kept ? kept : made, json_str(ran, "input", ""));
		} else if (!strcmp(program, "mv")) {
			move(made, json_str(argv, "1", ""), json_str(argv, "2", ""));
		}
		const cJSON *hba = d ? cJSON_GetObjectItemCaseSensitive(k->files, sim_tmp("%s/pg_hba.conf", folder)) : NULL;
		if (cJSON_IsString(hba))
			json_put_str(d, "hba", hba->valuestring);
	}
	return made;
}

/* As Docker's image does where the directory is empty; why not, in its words, or NULL. */
static const char *entrypoint(const struct container *k, cJSON **made)
{
	const char *user = container_env(k, "POSTGRES_USER", "postgres"),
		   *file = container_env(k, "POSTGRES_PASSWORD_FILE", NULL),
		   *method = container_env(k, "POSTGRES_HOST_AUTH_METHOD", "scram-sha-256");
	const cJSON *read = file ? cJSON_GetObjectItemCaseSensitive(k->files, file) : NULL;
	const char *password = cJSON_IsString(read) ? read->valuestring : container_env(k, "POSTGRES_PASSWORD", "");
	if (file && !cJSON_IsString(read))
		return sim_tmp("/usr/local/bin/docker-entrypoint.sh: line 21: %s: No such file or directory", file);
	if (!*password && strcmp(method, "trust"))
		return "Error: Database is uninitialized and superuser password is not specified.\n       You must specify "
		       "POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, \"-e "
		       "POSTGRES_PASSWORD=password\" on \"docker run\".";
	cJSON *d = *made = new_directory(user);
	json_put_str(cJSON_GetObjectItemCaseSensitive(json_at(d, "roles"), user), "password", password);
	const char *database = container_env(k, "POSTGRES_DB", user);
	if (!cJSON_HasObjectItem(json_at(d, "databases"), database))
		cJSON_AddStringToObject(json_at(d, "databases"), database, user);
	json_put_str(d, "hba", sim_tmp("host all all all %s\n", method));
	return NULL;
}

static void fail(struct start *r, const char *words)
{
	r->said = xstrdup(words);
	r->exit_code = 1;
}

/* Makes the directory where it is not there, or lets this pod's commands change it. */
static void take_directory(struct sim *s, const struct container *k, struct start *r)
{
	struct sim_object *o = directory(s, k);
	cJSON *made = prepared(k, o && strcmp(json_str(o->doc, "served", ""), k->instance) ? o->doc : NULL),
	      *d = cJSON_DetachItemFromObjectCaseSensitive(made, folder_of(k));
	const char *why = NULL;
	cJSON_Delete(made);
	if (!o && !d && container_runs(k, "docker-entrypoint.sh"))
		why = entrypoint(k, &d);
	else if (!o && !d)
		why = sim_tmp("postgres: could not access the server configuration file \"%s/postgresql.conf\": No such file "
			      "or directory",
			      folder_of(k));
	if (!o && d)
		o = sim_put(s, DIRECTORIES, container_kept(k, folder_of(k)), cJSON_Duplicate(d, true));
	cJSON_Delete(d);
	if (o)
		json_put_str(o->doc, "served", k->instance);
	if (why)
		fail(r, why);
}

void postgres_start(struct sim *s, const struct container *k, struct start *r)
{
	const cJSON *a;
	bool everywhere = container_runs(k, "docker-entrypoint.sh");
	cJSON_ArrayForEach(a, k->argv)
		everywhere |= text_starts(a->valuestring, "listen_addresses=") && strcmp(a->valuestring + 17, "localhost");
	r->seconds = 1.5;
	r->memory = 60;
	r->port = 5432;
	r->loopback = !everywhere;
	take_directory(s, k, r);
}

/* Logging in. ------------------------------------------------------------------------------------------------------------------- */
/* "host DATABASE USER ADDRESS METHOD" of pg_hba.conf, the first that fits, from another host: its method, or NULL. */
static const char *method(const char *hba, const struct sim_sql_client *client)
{
	for (const char *p = hba; *p;) {
		size_t len = strcspn(p, "\n");
		const char *line = sim_tmp("%.*s", (int)len, p);
		const char *type = word(&line), *database = word(&line), *user = word(&line), *from = word(&line);
		bool wide = !strcmp(from, "all") || text_starts(from, "0.0.0.0/0");
		if (!strcmp(type, "host") && wide && (!strcmp(database, "all") || !strcmp(database, client->database)) &&
		    (!strcmp(user, "all") || !strcmp(user, client->user)))
			return word(&line);
		p += len + (p[len] == '\n');
	}
	return NULL;
}

const char *postgres_login(struct sim *s, const struct container *k, const struct sim_sql_client *client, const char **database)
{
	const struct sim_object *o = directory(s, k);
	const char *how = o ? method(json_str(o->doc, "hba", ""), client) : NULL;
	const cJSON *role = o ? cJSON_GetObjectItemCaseSensitive(json_at(o->doc, "roles"), client->user) : NULL;
	if (!o)
		return "closed";
	if (client->mysql)
		return "refused";
	if (client->authority)
		return "no TLS";
	if (!how || !strcmp(how, "reject"))
		return "plain";
	bool trusted = !strcmp(how, "trust"),
	     right = *json_str(role, "password", "") && !strcmp(json_str(role, "password", ""), client->password);
	if (!role || !json_bool(role, "login", false) || (!trusted && !right))
		return "password";
	if (!cJSON_HasObjectItem(json_at(o->doc, "databases"), client->database))
		return "database";
	*database = sim_tmp("%s/%s@%.3f", o->key, client->database, o->created);
	return NULL;
}
