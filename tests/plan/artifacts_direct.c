/* The plan of a stack whose clients keep files in the bucket themselves: who may write there, what the server may, where versions may come from. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"
#include "plan/plan.h"
#include "plan/show.h"

#include <stdlib.h>
#include <string.h>

static struct answers *answers(const char *auth)
{
	const char *top = getenv("TOP_SRCDIR");
	struct err e = {0};
	char *path = xasprintf("%s/examples/cloud-run.json", top ? top : ".");
	struct answers *a = answers_load(path, &e);
	free(path);
	if (!a)
		return NULL;
	json_put_str(a->resolved, "project_number", "123456789012");
	json_put_str(a->resolved, "suffix", "x7k2q");
	json_put_str(a->resolved, "operator", "operator@example.com");
	answers_set_text(a, "artifacts.mode", "direct", &e);
	answers_set_text(a, "auth.mode", auth, &e);
	answers_set_text(a, "auth.users", "operator@example.com,ada@example.com", &e);
	err_free(&e);
	return a;
}

static void rights(const struct plan *p)
{
	const struct resource *clients = plan_find(p, "iam/artifact-clients"), *server = plan_find(p, "iam/artifacts");
	char *members = json_text(json_at(clients->spec, "bindings.0.members"), -1);
	is_str(members, "[\"user:operator@example.com\",\"user:ada@example.com\"]",
	       "those who are let in, and the operator, each once");
	free(members);
	is_str(json_str(clients->spec, "bindings.0.role", ""), "roles/storage.objectUser", "may write");
	is_str(json_str(server->spec, "bindings.0.role", ""), "roles/storage.objectViewer", "the server may look");
}

static void server(const struct plan *p)
{
	struct buf start = {0};
	struct err e = {0};
	const struct render_row *row = p->files;
	while (row->template && strcmp(row->file, "start.sh") != 0)
		row++;
	ok(row->template && plan_render_file(p, row, &start, &e), "start.sh is rendered");
	ok(strstr(buf_text(&start), " --no-serve-artifacts --default-artifact-root \"$MLFLOW_DEFAULT_ARTIFACT_ROOT\"") != NULL,
	   "the server serves none");
	ok(strstr(buf_text(&start), "\"${MLFLOW_DEFAULT_ARTIFACT_ROOT:?}\"") != NULL,
	   "and does not start without a place for them");
	char *spec = json_text(plan_find(p, "service")->spec, -1);
	ok(strstr(spec, "\"gs://demo-proj-mlflow-artifacts-x7k2q/artifacts\"") && !strstr(spec, "MLFLOW_ARTIFACTS_DESTINATION"),
	   "which is in the bucket");
	ok(strstr(spec, "|models:/|gs://demo-proj-mlflow-artifacts-x7k2q/|") != NULL, "where versions may come from, too");
	free(spec);
	buf_free(&start);
	err_free(&e);
}

int main(void)
{
	static const char *const modes[] = {"oauth2-proxy", "basic", "iam"};
	mem_install();
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct err e = {0};
		struct answers *a = answers(modes[i]);
		ok(a && answers_asked(a, question_find("auth.users")), "%s: who may keep files is asked", modes[i]);
		struct plan *p = a ? plan_make(a, &e) : NULL;
		if (ok(p != NULL, "and planned: %s", e.what ? e.what : "")) {
			rights(p);
			struct buf table = {0};
			plan_table(p, NULL, 100, &table);
			ok(!strstr(buf_text(&table), "MiB at most"), "no limit is told");
			buf_free(&table);
			server(p);
		}
		plan_free(p);
		answers_free(a);
		err_free(&e);
	}
	return tap_done();
}
