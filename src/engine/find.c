/* Before there is a plan: which project it is, who works, and what stands. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "engine/ancestry.h"
#include "net/credentials.h"
#include "plan/github.h"

#include <string.h>

/* What is not told stays as it was known; that it were none cannot be: only what is in one is not told. */
static bool resolve_organization(struct run *r)
{
	cJSON *resolved = r->options.answers->resolved, *is = ancestry_organization(r->project);
	const cJSON *known = json_at(resolved, "organization");
	bool same = is ? json_equal(known, is) : !cJSON_IsNull(known);
	answers_found_organization(r->options.answers, NULL); /* this is newer */
	if (is)
		json_put(resolved, "organization", is);
	else if (!same)
		json_drop(resolved, "organization");
	return !same;
}

static bool is_other(const cJSON *resolved, const char *key, const char *is)
{
	const char *known = json_str(resolved, key, "");
	return *known && strcmp(known, is) != 0;
}

/* What was resolved in another project, or for a stack of another name, is of no use for this one: nothing of it ever stood. True when something is to be saved. */
static bool resolve_project(struct run *r)
{
	cJSON *resolved = r->options.answers->resolved;
	const char *number = json_str(r->project, "projectNumber", ""), *stack = answers_str(r->options.answers, "stack.name");
	if (is_other(resolved, "project_number", number) || is_other(resolved, "stack", stack))
		while (resolved->child)
			cJSON_DeleteItemFromObjectCaseSensitive(resolved, resolved->child->string);
	bool same = !strcmp(json_str(resolved, "project_number", ""), number) &&
		    !strcmp(json_str(resolved, "stack", ""), stack);
	json_put_str(resolved, "project_number", number);
	json_put_str(resolved, "stack", stack);
	return resolve_organization(r) || !same;
}

/* A login that does not tell goes on with who did before, and so does a workflow's. */
static bool resolve_operator(struct run *r, const char *who)
{
	cJSON *resolved = r->options.answers->resolved;
	if (!who || !*who || !strcmp(json_str(resolved, "operator", ""), who) || github_is_workflow(r->options.answers, who))
		return false;
	json_put_str(resolved, "operator", who);
	return true;
}

/* It is known who works and what stands. */
static void on_known(struct run *r)
{
	struct err e = {0};
	if (--r->awaited || r->finished)
		return;
	bool known = *json_str(r->options.answers->resolved, "suffix", "");
	if (r->standing.err.exit) {
		run_give_up(r, "stack", N_("Stack"), &r->standing.err);
	} else if (!run_settle_suffix(r, &e)) {
		run_give_up(r, "stack", N_("Stack"), &e);
	} else {
		run_settle_release(r);
		r->unsaved |= !known;
		if (r->unsaved && !r->mode->builds)
			run_save(r);
		if (r->stopping)
			run_give_up(r, "answers", N_("Answers"), &r->err);
		else
			run_go(r);
	}
	err_free(&e);
}

enum { NAMELESS_MAX = 3 };
static void ask_operator(struct run *r);

/* Who is signed in may make the prover's tokens. A reply that names nobody may be a broken one: it is not believed at once. */
static void on_operator(void *arg, const struct api_result *result)
{
	struct run *r = arg;
	const char *email = result->http == 200 ? json_str(result->reply, "email", NULL) : NULL;
	r->call = 0;
	if (result->http == 200 && !email && ++r->nameless < NAMELESS_MAX) {
		ask_operator(r);
		return;
	}
	r->unsaved |= resolve_operator(r, email);
	on_known(r);
}

static void ask_operator(struct run *r)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://openidconnect.googleapis.com/v1/userinfo");
	r->call = api_call(r->api, &c, &(struct api_policy){.budget = 30}, on_operator, r);
	call_free(&c);
}

/* Both at once: who is signed in, and what stands. */
static void find_rest(struct run *r)
{
	const char *email = credentials_email(session_credentials(r->session));
	r->unsaved = resolve_project(r);
	r->awaited = email ? 1 : 2;
	r->unsaved |= resolve_operator(r, email);
	if (!email)
		ask_operator(r);
	run_look(r, on_known);
}

/* Who may read the project may read this; where it is not told all the same, whose the project is stays unknown. */
static void on_ancestry(void *arg, const struct api_result *result)
{
	struct run *r = arg;
	const cJSON *ancestors = result->http == 200 ? json_at(result->reply, "ancestor") : NULL;
	r->call = 0;
	if (ancestors)
		json_put(r->project, "ancestor", cJSON_Duplicate(ancestors, true));
	find_rest(r);
}

static void find_organization(struct run *r)
{
	struct call c = {0};
	if (!ancestry_hidden(r->project)) {
		find_rest(r);
		return;
	}
	ancestry_call(answers_str(r->options.answers, "project.id"), &c);
	r->call = api_call(r->api, &c, &(struct api_policy){.budget = 45}, on_ancestry, r);
	call_free(&c);
}

static void on_project(void *arg, const struct api_result *result)
{
	struct run *r = arg;
	struct err e = {0};
	const char *id = answers_str(r->options.answers, "project.id");
	r->call = 0;
	bool active = !strcmp(json_str(result->reply, "lifecycleState", "ACTIVE"), "ACTIVE");
	if (api_error_is_plain_denial(&result->error) || result->http == 404)
		err_set(&e, EXIT_PERMISSION, "project.id", _("Check the project's id and who is signed in."),
			_("the project %s is not there or may not be read."), id);
	else if (result->http != 200)
		err_set(&e, result->err.exit ? result->err.exit : EXIT_UNAVAILABLE, result->err.place, result->err.fix, "%s",
			result->err.what ? result->err.what : _("the project cannot be read."));
	else if (!cJSON_IsObject(result->reply))
		err_set(&e, EXIT_UNAVAILABLE, "project.id", api_between_fix(),
			_("the reply about the project %s is none of Google's."), id);
	else if (active && !*json_str(result->reply, "projectNumber", ""))
		err_set(&e, EXIT_UNAVAILABLE, "project.id", _("Try again."),
			_("the reply about the project %s does not tell its number."), id);
	else if (!active)
		err_set(&e, EXIT_PERMISSION, "project.id", _("Restore it, or choose another."),
			_("the project %s is being deleted."), id);
	if (e.exit) {
		run_give_up(r, "project", N_("Project"), &e);
	} else {
		r->project = cJSON_Duplicate(result->reply, true);
		find_organization(r);
	}
	err_free(&e);
}

void run_find(struct run *r)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://cloudresourcemanager.googleapis.com/v1/projects/%s",
		 answers_str(r->options.answers, "project.id"));
	r->call = api_call(r->api, &c, NULL, on_project, r);
	call_free(&c);
}
