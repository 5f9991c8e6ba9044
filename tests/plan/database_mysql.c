/* The plan of a stack on MySQL, on each target: no password in an address, the authority checked wherever the server dials the
 * instance itself, root gone before the stack's own user is made, triggers allowed, recovery by the binary log. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/axes.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

static struct answers *answers(const char *example)
{
	const char *top = getenv("TOP_SRCDIR");
	struct err e = {0};
	char *path = xasprintf("%s/examples/%s.json", top ? top : ".", example);
	struct answers *a = answers_load(path, &e);
	free(path);
	if (!a)
		return NULL;
	json_put_str(a->resolved, "project_number", "123456789012");
	json_put_str(a->resolved, "suffix", "x7k2q");
	json_put_str(a->resolved, "operator", "operator@example.com");
	cJSON_DeleteItemFromObjectCaseSensitive(a->values, "database.version");
	answers_set_text(a, "database.engine", "mysql", &e);
	err_free(&e);
	return a;
}

static bool needs(const struct resource *r, const char *id)
{
	for (size_t i = 0; r && i < r->need_count; i++)
		if (!strcmp(r->needs[i], id))
			return true;
	return false;
}

static void instance(const struct plan *p, const char *version)
{
	const cJSON *spec = plan_find(p, "sql")->spec;
	is_str(json_str(spec, "databaseVersion", ""), version, "the version");
	ok(json_bool(spec, "settings.backupConfiguration.binaryLogEnabled", false) &&
	       !json_at(spec, "settings.backupConfiguration.pointInTimeRecoveryEnabled"),
	   "recovery is by the binary log");
	is_str(json_str(spec, "settings.databaseFlags.0.name", ""), "log_bin_trust_function_creators",
	       "with it, MLflow's triggers are allowed");
	is_str(json_str(spec, "settings.databaseFlags.2.value", ""), "1.5", "slow is what takes longer, in seconds");
	is_str(json_str(plan_find(p, "database")->spec, "collation", ""), "utf8mb4_0900_ai_ci", "the collation");
	ok(needs(plan_find(p, "user"), "rootless") && needs(plan_find(p, "rootless"), "sql"),
	   "root goes before the user comes");
	is_str(json_str(spec, "rootPassword.$secret", ""), "db-password", "and was never without a password");
	is_str(json_str(plan_find(p, "user")->spec, "host", ""), "%", "the user may come from where the server is");
}

/* The plan's own text, with every file that it renders. */
static char *everything(const struct plan *p)
{
	struct buf all = {0};
	struct err e = {0};
	for (size_t i = 0; i < p->count; i++) {
		char *text = json_text(p->resources[i].spec, -1);
		buf_printf(&all, "%s\n", text);
		free(text);
	}
	for (const struct render_row *f = p->files; f->template; f++)
		plan_render_file(p, f, &all, &e);
	err_free(&e);
	return buf_take(&all);
}

static void server(const struct plan *p, const char *example, bool dials)
{
	char *text = everything(p);
	const char *uri = strstr(text, "mysql+pymysql://");
	ok(uri && text_starts(uri, "mysql+pymysql:///mlflow?"), "%s: the address holds neither user nor password", example);
	ok((strstr(text, "ssl_ca=/tmp/mysql-ca.pem&ssl_check_hostname=false") != NULL) == dials,
	   "%s: the authority is checked where the instance is dialled", example);
	ok((strstr(text, "DATABASE_CA") != NULL) && (strstr(text, "MYSQL_SOCKET") != NULL),
	   "%s: the scripts know of authority and socket", example);
	ok(strstr(text, "umask 077\nprintf '[client]") != NULL, "%s: nobody else reads the file with the password", example);
	ok(strstr(text, "PyMySQL==") && !strstr(text, "psycopg2-binary==2.9.13\nPyMySQL") && !strstr(text, "PGHOST"),
	   "%s: nothing of another engine", example);
	free(text);
}

int main(void)
{
	static const struct {
		const char *example, *path;
		bool dials;
	} stacks[] = {{"cloud-run", "private-services-access", true},
		      {"cloud-run", "private-service-connect", true},
		      {"cloud-run", "public", false},
		      {"vm", "private-services-access", true},
		      {"gke", "private-services-access", true},
		      {"gke", "public", false},
		      {"appengine", "public", false},
		      {"appengine", "private-services-access", true}};
	mem_install();
	for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
		struct err e = {0};
		struct answers *a = answers(stacks[i].example);
		if (a)
			answers_set_text(a, "database.path", stacks[i].path, &e);
		if (a && !i)
			answers_set_text(a, "database.version", "MYSQL_8_0", &e);
		if (a)
			answers_set_text(a, "database.slow_query_ms", "1500", &e);
		struct plan *p = a ? plan_make(a, &e) : NULL;
		if (ok(p != NULL, "%s by %s is planned", stacks[i].example, stacks[i].path)) {
			instance(p, i ? "MYSQL_8_4" : "MYSQL_8_0");
			server(p, stacks[i].example, stacks[i].dials);
		} else {
			printf("# %s\n", e.what ? e.what : "");
		}
		plan_free(p);
		answers_free(a);
		err_free(&e);
	}
	return tap_done();
}
