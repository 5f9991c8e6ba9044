/* A run: find the project, make the plan, let the steps go, prove the stack, say what came of it. */
#include "config.h"
#include "engine/oauth_client.h"
#include "engine/run_private.h"
#include "engine/lines.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/credentials.h"
#include "plan/github.h"

#include <stdlib.h>
#include <string.h>

/* The end -------------------------------------------------------------------------------------------------------------------- */

static bool stands(const struct step *s)
{
	return s->result == RESULT_DONE || s->result == RESULT_KEPT;
}

static bool failed(const struct step *s)
{
	return s->result == RESULT_FAILED || (s->result == RESULT_SKIPPED && !s->left_out);
}

size_t run_standing(const struct run *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->count; i++)
		n += stands(&r->steps[i]);
	return n;
}

bool run_failed_any(const struct run *r)
{
	bool any = r->err.exit || r->interrupted;
	for (size_t i = 0; i < r->count; i++)
		any |= failed(&r->steps[i]);
	return any;
}

static enum exit_code exit_of(const struct run *r)
{
	bool changed = r->created || r->updated || r->deleted;
	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->err.exit)
		return changed && r->err.exit != EXIT_BUG ? EXIT_PARTLY : r->err.exit;
	return r->mode->exit(r);
}

/* What stays, of what should go: itself, or what outlives it. */
static const char *why_left(const struct run *r, const struct step *s)
{
	bool goes = r->mode->changes && step_goes(s);
	if (goes && s->gone)
		return s->remains;
	return goes && (s->result == RESULT_LEFT || failed(s)) ? s->err.what ? s->err.what : "" : NULL;
}

static cJSON *left_behind(const struct run *r)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		const char *title = _(s->resource->kind->title), *name = s->resource->name, *why = why_left(r, s);
		if (!why)
			continue;
		bool named = strcmp(s->resource->kind->title, name) != 0; /* "APIs" is the name of itself */
		char *line = xasprintf("%s%s%s: %s", title, named ? " " : "", named ? name : "", why);
		cJSON_AddItemToArray(list, cJSON_CreateString(line));
		free(line);
	}
	size_t at = 0;
	for (const struct stander *s; r->plan && r->mode->removes && (s = run_stray(r, &at));) {
		char *line = xasprintf(_("%s %s: it carries this stack's marks and is none of these answers'; it is left."),
				       _(s->kind->title), s->name);
		cJSON_AddItemToArray(list, cJSON_CreateString(line));
		free(line);
	}
	return list;
}

/* Consent is never part of a command that is handed out: it is asked for. */
static void put_command(const struct run *r, cJSON *e, const char *field, const char *verb)
{
	char *text = lines_command(verb, session_is_rehearsal(r->session), r->options.file ? r->options.file : "mlflow.json");
	json_put_str(e, field, text);
	free(text);
}

/* What the operator goes on without this time. */
static void put_left_out(const struct run *r, cJSON *e)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		char *line = xasprintf("%s %s", _(s->resource->kind->title), s->resource->name);
		if (s->left_out && s->result == RESULT_SKIPPED)
			cJSON_AddItemToArray(list, cJSON_CreateString(line));
		free(line);
	}
	json_put(e, "left_out", list);
}

static void put_next(const struct run *r, cJSON *e)
{
	enum event_outcome outcome = r->mode->outcome(r);
	const char *next = r->mode->next(outcome);
	if (next)
		put_command(r, e, "next", next);
	if (r->mode->builds && outcome != OUTCOME_NOTHING)
		put_command(r, e, "undo", "destroy");
}

static double real_seconds(const struct run *r)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - r->real_started.tv_sec) + (double)(t.tv_nsec - r->real_started.tv_nsec) / 1e9;
}

static void put_numbers(const struct run *r, cJSON *e)
{
	struct api_counts counts = api_counted(r->api);
	double cloud = loop_now(r->loop) - r->started;
	bool rehearsal = session_is_rehearsal(r->session);
	json_put_num(e, "requests", (double)counts.requests);
	json_put_num(e, "writes", (double)counts.writes);
	json_put_num(e, "retries", (double)counts.retries);
	json_put_num(e, "resources", (double)r->count);
	json_put_num(e, "created", r->created);
	json_put_num(e, "updated", r->updated);
	json_put_num(e, "deleted", r->deleted);
	json_put_num(e, "kept", r->kept);
	json_put_num(e, "seconds", rehearsal ? real_seconds(r) : cloud);
	if (rehearsal)
		json_put_num(e, "real_seconds", cloud);
	if (r->steps_ended > 0) {
		json_put_num(e, "makespan", r->steps_ended - r->started);
		json_put_num(e, "critical_path", run_critical_path(r));
	}
}

static void send_result(struct run *r)
{
	cJSON *e = run_event(r, "result");
	json_put_str(e, "outcome", event_outcome_word(r->mode->outcome(r)));
	json_put_num(e, "exit", r->exit);
	json_put_str(e, "file", r->options.file ? r->options.file : "");
	if (r->plan && r->plan->url && r->proven)
		json_put_str(e, "url", r->plan->url);
	if (r->plan && r->proven)
		event_server_log(r, e);
	json_put(e, "left", left_behind(r));
	if (r->proven)
		json_put(e, "sign_in_untried", cJSON_CreateBool(r->plan->wall.people));
	if (run_waited(r))
		json_put(e, "waiting", run_tasks(r));
	run_put_backup(r, e);
	put_left_out(r, e);
	put_next(r, e);
	put_numbers(r, e);
	event_text(r, e, "message", r->err.what);
	event_text(r, e, "fix", r->err.fix);
	run_send(r, e);
}

void run_finish(struct run *r)
{
	if (r->finished)
		return;
	r->finished = true;
	loop_cancel(r->loop, r->wake);
	api_cancel(r->api, r->call);
	run_look_stop(r);
	run_try_stop(r);
	run_policies_stop(r);
	r->wake = 0;
	r->call = 0;
	for (size_t i = 0; i < r->count; i++)
		step_cancel(&r->steps[i]);
	proof_free(r->proof);
	r->proof = NULL;
	r->exit = exit_of(r);
	cJSON *e = run_event(r, "run");
	json_put_str(e, "state", "finished");
	json_put_str(e, "verb", r->mode->name);
	run_send(r, e);
	send_result(r);
}

/* A failure outside the steps is told as a step of its own, so that every face shows it. */
static void give_up(struct run *r, const char *id, const char *title, const struct err *why)
{
	cJSON *e = run_event(r, "step");
	json_put_str(e, "id", id);
	json_put_str(e, "title", title);
	json_put_str(e, "state", "failed");
	json_put_str(e, "name", answers_str(r->options.answers, "project.id"));
	json_put_str(e, "verdict", "refuse");
	event_text(r, e, "message", why->what);
	event_text(r, e, "fix", why->fix);
	run_send(r, e);
	if (!r->err.exit)
		err_set(&r->err, why->exit, why->place, why->fix, "%s", why->what);
	run_finish(r);
}

void run_stop(struct run *r, const struct err *why)
{
	r->stopping = true;
	if (!r->err.exit)
		err_set(&r->err, why->exit, why->place, why->fix, "%s", why->what);
	run_wake(r);
}

/* What is resolved ----------------------------------------------------------------------------------------------------------- */

void run_save(struct run *r)
{
	struct err e = {0};
	if (r->mode->changes && r->options.save && !r->options.save(r->options.arg, r->options.answers, &e))
		run_stop(r, &e);
	err_free(&e);
}

void run_resolve(struct run *r, const char *path, cJSON *value)
{
	cJSON *resolved = r->options.answers->resolved;
	const cJSON *old = json_at(resolved, path);
	if (old && json_equal(old, value)) {
		cJSON_Delete(value);
		return;
	}
	json_put(resolved, path, value);
	run_save(r);
}

/* Versions of secrets and the image's digest: what a replay must use again. */
static void resolve_outputs(struct run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct resource *of = r->steps[i].resource;
		const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(r->outputs, of->id);
		const char *value = of->recorded_as && stands(&r->steps[i]) ? json_str(outputs, of->recorded_output, NULL)
									    : NULL;
		if (value)
			run_resolve(r, of->recorded_as, cJSON_CreateString(value));
	}
	if (r->plan->url && !r->stopping) /* of a refused change nothing is noted */
		run_resolve(r, "url", cJSON_CreateString(r->plan->url));
}

static bool spared_any(const struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].spared)
			return true;
	return false;
}

/* What was destroyed is not used again; the suffix and the project stay, and so does all that data which were kept are found and read by. */
static void forget_outputs(struct run *r)
{
	if (spared_any(r))
		return;
	static const char *const paths[] = {"choices",         "database_address", "database_password",
					    "secret_versions", "image_digest",     "oauth2_proxy_image",
					    "machine_zone",    "cluster_endpoint", "url",
					    "release",         "backup",           NULL};
	bool any = false;
	for (size_t i = 0; paths[i]; i++) {
		any |= json_at(r->options.answers->resolved, paths[i]) != NULL;
		json_drop(r->options.answers->resolved, paths[i]);
	}
	if (any)
		run_save(r);
}

/* What may stand ------------------------------------------------------------------------------------------------------------- */

/* What is built is what the file says: the next run would take it back otherwise. */
static void save_given(struct run *r)
{
	if (!r->options.given || !r->mode->builds)
		return;
	run_save(r);
	cJSON *e = run_event(r, "log");
	json_put_str(e, "id", "answers");
	event_text(r, e, "line", _("The answers that were given beside the file are saved in it."));
	run_send(r, e);
}

/* Before anything is made: from now on it may be there. */
bool run_note_choices(struct run *r)
{
	const cJSON *old = json_at(r->options.answers->resolved, "choices"), *one;
	cJSON *now = answers_choices(r->options.answers),
	      *list = cJSON_IsArray(old) ? cJSON_Duplicate(old, true) : cJSON_CreateArray();
	bool known = false;
	cJSON_ArrayForEach(one, list)
		known |= json_equal(one, now);
	if (known)
		cJSON_Delete(now);
	else
		cJSON_AddItemToArray(list, now);
	run_resolve(r, "choices", list);
	save_given(r);
	return !r->stopping;
}

/* All that is wanted stands, and nothing else: earlier choices are history. */
static void settle_choices(struct run *r)
{
	cJSON *list = cJSON_CreateArray();
	cJSON_AddItemToArray(list, answers_choices(r->options.answers));
	run_resolve(r, "choices", list);
}

/* Phases --------------------------------------------------------------------------------------------------------------------- */

/* Unwanted, and not to be deleted by anybody: it was told of, and is done with. */
static bool stays_for_ever(const struct step *s)
{
	return s->resource->unwanted && s->result == RESULT_LEFT && !s->resource->kind->destroy;
}

/* All that is wanted, or all, with what is to go gone. */
static bool all_stand(const struct run *r, bool wanted)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		bool passed_over = wanted && (s->resource->unwanted || s->left_out);
		if (!stands(s) && s->result != RESULT_ABSENT && !stays_for_ever(s) && !passed_over)
			return false;
	}
	return true;
}

static void close_journal(struct run *r)
{
	struct err e = {0};
	bool open = r->mode->builds && !r->surveyed; /* nothing was followed */
	for (size_t i = 0; i < r->count; i++)
		open |= r->steps[i].result == RESULT_FAILED && r->steps[i].operation.name;
	if (r->journal && !open && !journal_end(r->journal, &e))
		run_stop(r, &e);
	err_free(&e);
}

/* Everything was looked at: now it goes, what needs the others first. */
void run_begin_destroying(struct run *r)
{
	r->surveying = false;
	run_spare(r);
	for (size_t i = 0; i < r->count; i++) {
		struct step *s = &r->steps[i];
		if (s->result == RESULT_LOOKED)
			s->phase = PHASE_WAITING, s->result = RESULT_NONE;
		if (s->phase == PHASE_WAITING)
			step_send(s, "waiting", NULL, NULL);
	}
	run_wake(r);
}

void run_steps_ended(struct run *r)
{
	if (r->surveying && (r->mode->builds || !r->stopping)) {
		r->mode->looked(r);
		return;
	}
	r->steps_ended = loop_now(r->loop);
	r->mode->ended(r);
}

void run_ended_apply(struct run *r)
{
	resolve_outputs(r);
	if (run_goes_back(r))
		return;
	close_journal(r);
	if (!r->stopping && all_stand(r, false))
		settle_choices(r);
	if (!r->stopping && all_stand(r, true))
		proof_begin(r);
	else
		run_finish(r);
}

void run_ended_destroy(struct run *r)
{
	close_journal(r);
	if (!run_failed_any(r))
		forget_outputs(r);
	run_finish(r);
}

/* The database has this release's tables, and a server that can read them was seen. */
static void settle_release(struct run *r)
{
	if (!r->plan->release)
		return;
	bool upgraded = json_at(r->options.answers->resolved, "backup") != NULL;
	json_drop(r->options.answers->resolved, "backup");
	run_resolve(r, "release", cJSON_CreateString(r->plan->release));
	if (upgraded)
		run_save(r);
}

void run_proof_ended(struct run *r, bool proven, const char *message)
{
	r->proven = proven;
	if (proven)
		settle_release(r);
	if (!proven && !r->err.exit)
		err_set(&r->err, EXIT_PARTLY, r->plan->url, _("Mend the cause, then run apply again."),
			_("the stack stands and is not proven: %s"), message);
	run_finish(r);
}

/* Every id that is to be left out is one of an optional resource; what is destroyed goes on without a cluster elsewhere alone. */
static bool may_be_left_out(const struct run *r, struct err *e)
{
	for (const char *const *id = r->options.leave_out; id && *id; id++) {
		const struct resource *resource = plan_find(r->plan, *id);
		if (resource && r->mode->removes && kind_is_outside(resource->kind, resource->spec) && !resource->kind->create)
			continue;
		if (!resource || !resource->optional || r->mode->removes)
			return err_set(
			    e, EXIT_USAGE, *id,
			    r->mode->removes
				? _("destroy goes on without a cluster elsewhere, cluster/context, and nothing else.")
				: _("plan --json lists the resources; only an optional one may be left out."),
			    _("it cannot be left out."));
	}
	return true;
}

static bool is_left_out(const struct run *r, const struct resource *resource)
{
	for (const char *const *id = r->options.leave_out; id && *id; id++)
		if (!strcmp(*id, resource->id))
			return resource->optional;
	return false;
}

/* Said to be gone by the operator, with all that stood in it: it is not asked. */
static bool is_said_gone(const struct run *r, const struct resource *resource)
{
	return r->mode->removes && r->options.leave_out && *r->options.leave_out &&
	       kind_is_outside(resource->kind, resource->spec);
}

static void make_steps(struct run *r)
{
	double *tails = plan_tails(r->plan);
	r->count = r->plan->count;
	r->steps = xcalloc(r->count + 1, sizeof *r->steps);
	for (size_t i = 0; i < r->count; i++)
		r->steps[i] = (struct step){.run = r,
					    .resource = &r->plan->resources[i],
					    .index = i,
					    .tail = tails[i],
					    .left_out = is_left_out(r, &r->plan->resources[i]),
					    .gone = is_said_gone(r, &r->plan->resources[i])};
	free(tails);
	cJSON *e = run_event(r, "run");
	json_put_str(e, "state", "started");
	json_put_str(e, "verb", r->mode->name);
	json_put_str(e, "stack", r->plan->stack);
	json_put_str(e, "project", r->plan->project);
	json_put_num(e, "total", (double)r->count);
	run_send(r, e);
	for (size_t i = 0; i < r->count; i++)
		step_send(&r->steps[i], "waiting", NULL, NULL);
}

static bool render_upload(void *arg, const char *name, struct buf *out)
{
	const struct run *r = arg;
	struct err e = {0};
	bool ok = !strcmp(name, PROOF_UPLOAD);
	if (ok)
		proof_upload(out);
	else
		ok = !strcmp(name, "source.tar.gz") && plan_render_source(r->plan, out, &e);
	err_free(&e);
	return ok;
}

static void go(struct run *r)
{
	struct err e = {0};
	r->plan = plan_make(r->options.answers, &e);
	if (!r->plan) {
		give_up(r, "plan", N_("Plan"), &e);
		err_free(&e);
		return;
	}
	if (!may_be_left_out(r, &e)) {
		give_up(r, "plan", N_("Plan"), &e);
		err_free(&e);
		return;
	}
	if (!r->mode->removes && r->plan->downgrade.exit) {
		give_up(r, "plan", N_("Plan"), &r->plan->downgrade);
		return;
	}
	r->vault = vault_new(r->plan, r->options.answers, r->api, r->options.secret, r->options.arg);
	api_set_secrets(r->api, vault_lookup, r->vault);
	api_set_uploads(r->api, render_upload, r);
	make_steps(r);
	r->surveying = r->mode->looks_first;
	run_wake(r);
}

/* The project ---------------------------------------------------------------------------------------------------------------- */

/* What was resolved in another project is of no use in this one. True when something is to be saved. */
static bool resolve_project(struct run *r)
{
	cJSON *resolved = r->options.answers->resolved;
	const char *number = json_str(r->project, "projectNumber", ""), *known = json_str(resolved, "project_number", "");
	bool organization = !strcmp(json_str(r->project, "parent.type", ""), "organization");
	if (*known && strcmp(known, number))
		while (resolved->child)
			cJSON_DeleteItemFromObjectCaseSensitive(resolved, resolved->child->string);
	cJSON *parent = organization ? cJSON_CreateString(json_str(r->project, "parent.id", "")) : cJSON_CreateNull();
	bool same = !strcmp(json_str(resolved, "project_number", ""), number) &&
		    json_equal(json_at(resolved, "organization"), parent);
	json_put_str(resolved, "project_number", number);
	json_put(resolved, "organization", parent);
	return !same;
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
		give_up(r, "stack", N_("Stack"), &r->standing.err);
	} else if (!run_settle_suffix(r, &e)) {
		give_up(r, "stack", N_("Stack"), &e);
	} else {
		run_settle_release(r);
		if (!known || r->unsaved)
			run_save(r);
		if (r->stopping)
			give_up(r, "answers", N_("Answers"), &r->err);
		else
			go(r);
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
	else if (active && !*json_str(result->reply, "projectNumber", ""))
		err_set(&e, EXIT_UNAVAILABLE, "project.id", _("Run the same command again."),
			_("the reply about the project %s does not tell its number."), id);
	else if (!active)
		err_set(&e, EXIT_PERMISSION, "project.id", _("Restore it, or choose another."),
			_("the project %s is being deleted."), id);
	if (e.exit) {
		give_up(r, "project", N_("Project"), &e);
	} else {
		r->project = cJSON_Duplicate(result->reply, true);
		find_rest(r);
	}
	err_free(&e);
}

static void find_project(struct run *r)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://cloudresourcemanager.googleapis.com/v1/projects/%s",
		 answers_str(r->options.answers, "project.id"));
	r->call = api_call(r->api, &c, NULL, on_project, r);
	call_free(&c);
}

/* The face's side ------------------------------------------------------------------------------------------------------------ */

/* A copy of a NULL-terminated list; NULL for none. */
static char **words_copy(const char *const *list)
{
	size_t n = 0;
	while (list && list[n])
		n++;
	char **copy = list ? xcalloc(n + 1, sizeof *copy) : NULL;
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(list[i]);
	return copy;
}

static void words_free(char **list)
{
	for (char **word = list; word && *word; word++)
		free(*word);
	free(list);
}

struct run *run_start(struct session *s, const struct run_options *o, struct err *e)
{
	struct credentials *c = session_credentials(s);
	if (!c) {
		err_set(e, EXIT_CONFIG, NULL, _("Sign in: gcloud auth application-default login."), _("nobody is signed in."));
		return NULL;
	}
	struct run *r = xcalloc(1, sizeof *r);
	*r = (struct run){
	    .mode = &run_modes[o->verb], .session = s, .options = *o, .loop = session_loop(s), .outputs = cJSON_CreateObject()};
	r->tried_before = json_at(o->answers->resolved, "backup") != NULL;
	r->options.delete_data = (const char *const *)(r->delete_data = words_copy(o->delete_data));
	r->options.leave_out = (const char *const *)(r->leave_out = words_copy(o->leave_out));
	const char *project = answers_str(o->answers, "project.id");
	const char *quota = credentials_quota_project(c) ? credentials_quota_project(c) : credentials_email(c) ? NULL : project;
	r->api = api_new(r->loop, session_transport(s), c, quota);
	api_set_contexts(r->api, session_contexts(s));
	r->started = loop_now(r->loop);
	clock_gettime(CLOCK_MONOTONIC, &r->real_started);
	bool journalled = r->mode->changes && !session_is_rehearsal(s);
	if (journalled)
		r->journal = journal_open(project, answers_str(o->answers, "stack.name"), r->mode->name, e);
	if (journalled && !r->journal) {
		run_free(r);
		return NULL;
	}
	find_project(r);
	return r;
}

bool run_finished(const struct run *r)
{
	return r->finished;
}

enum exit_code run_exit(const struct run *r)
{
	return r->exit;
}

void run_interrupt(struct run *r)
{
	struct err e = {0};
	bool twice = r->interrupted;
	if (r->finished)
		return;
	if (!twice && run_only_waits(r)) { /* nothing is broken off */
		run_leave(r);
		return;
	}
	r->interrupted = true;
	err_set(&e, EXIT_INTERRUPTED, NULL, _("Run the same command again: it goes on from here."),
		_("interrupted; what is under way is finished, nothing new is begun."));
	run_stop(r, &e);
	err_free(&e);
	if (twice || !r->plan || r->proof)
		run_finish(r);
}

const struct plan *run_plan(const struct run *r)
{
	return r->plan;
}

const struct change *run_change(const struct run *r, size_t resource)
{
	return resource < r->count ? &r->steps[resource].change : NULL;
}

void run_free(struct run *r)
{
	if (!r)
		return;
	loop_cancel(r->loop, r->wake);
	api_cancel(r->api, r->call);
	run_look_stop(r);
	run_try_stop(r);
	run_policies_stop(r);
	proof_free(r->proof);
	for (size_t i = 0; i < r->count; i++) {
		step_cancel(&r->steps[i]);
		step_free(&r->steps[i]);
	}
	free(r->steps);
	words_free(r->delete_data);
	words_free(r->leave_out);
	vault_free(r->vault);
	api_free(r->api);
	journal_close(r->journal);
	cJSON_Delete(r->outputs);
	cJSON_Delete(r->project);
	plan_free(r->plan);
	err_free(&r->standing.err);
	standing_free(&r->standing);
	err_free(&r->err);
	free(r);
}
