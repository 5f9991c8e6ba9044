/* A run through its phases: begin, make the plan, let the steps go, prove the stack, end. */
#include "config.h"
#include "engine/oauth_client.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "net/credentials.h"

#include <stdlib.h>
#include <string.h>

/* The end -------------------------------------------------------------------------------------------------------------------- */

void run_finish(struct run *r)
{
	if (r->finished)
		return;
	r->finished = true;
	loop_cancel(r->loop, r->wake);
	api_cancel(r->api, r->call);
	run_look_stop(r);
	run_try_stop(r);
	run_permissions_stop(r);
	run_policies_stop(r);
	r->wake = 0;
	r->call = 0;
	for (size_t i = 0; i < r->count; i++)
		step_cancel(&r->steps[i]);
	proof_free(r->proof);
	r->proof = NULL;
	r->exit = run_exit_code(r);
	cJSON *e = run_event(r, "run");
	json_put_str(e, "state", "finished");
	json_put_str(e, "verb", r->mode->name);
	run_send(r, e);
	run_send_result(r);
}

void run_give_up(struct run *r, const char *id, const char *title, const struct err *why)
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

/* Phases --------------------------------------------------------------------------------------------------------------------- */

/* Unwanted, and no more of it to be deleted by anybody: it was told of, and is done with. */
static bool stays_for_ever(const struct step *s)
{
	return s->resource->unwanted && s->result == RESULT_LEFT && !step_can_go(s);
}

/* All that is wanted, or all, with what is to go gone. */
static bool all_stand(const struct run *r, bool wanted)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		bool passed_over = wanted && (s->resource->unwanted || s->left_out);
		if (!step_stands(s) && s->result != RESULT_ABSENT && !stays_for_ever(s) && !passed_over)
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
	if (run_hidden(r))
		return;
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
	run_resolve_outputs(r);
	if (run_goes_back(r))
		return;
	close_journal(r);
	if (!r->stopping && all_stand(r, false))
		run_settle_choices(r);
	if (!r->stopping && all_stand(r, true))
		proof_begin(r);
	else
		run_finish(r);
}

void run_ended_destroy(struct run *r)
{
	close_journal(r);
	if (!run_failed_any(r))
		run_forget_outputs(r);
	run_finish(r);
}

void run_proof_ended(struct run *r, bool proven, const char *message)
{
	r->proven = proven;
	if (proven)
		run_note_release(r);
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
				: _("mlflow-setup plan FILE --json lists the resources; only an optional one may be left out."),
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

void run_go(struct run *r)
{
	struct err e = {0};
	if (!r->mode->removes && !answers_check(r->options.answers, r->options.file, &e)) { /* what was found is part of them */
		run_give_up(r, "answers", N_("Answers"), &e);
		err_free(&e);
		return;
	}
	r->plan = plan_make(r->options.answers, &e);
	if (!r->plan) {
		run_give_up(r, "plan", N_("Plan"), &e);
		err_free(&e);
		return;
	}
	if (!may_be_left_out(r, &e)) {
		run_give_up(r, "plan", N_("Plan"), &e);
		err_free(&e);
		return;
	}
	if (!r->mode->removes && r->plan->downgrade.exit) {
		run_give_up(r, "plan", N_("Plan"), &r->plan->downgrade);
		return;
	}
	r->vault = vault_new(r->plan, r->options.answers, r->api, r->options.secret, r->options.arg);
	api_set_secrets(r->api, vault_lookup, r->vault);
	api_set_uploads(r->api, render_upload, r);
	make_steps(r);
	r->surveying = r->mode->looks_first;
	run_wake(r);
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
	session_asks_for(s, o->answers, r->mode->changes);
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
	run_find(r);
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
	err_set(&e, EXIT_INTERRUPTED, NULL,
		session_is_rehearsal(r->session) ? _("The next rehearsal begins anew.")
						 : _("Run the same command again: it goes on from here."),
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
	run_permissions_stop(r);
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
