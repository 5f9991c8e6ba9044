/* What is in the way of an apply: a stranger's resource, one that cannot become what is wanted, data that would go without consent, a
 * permission or a file that is missing, a cluster that is closed to this machine. It is found by looking before anything is changed, and all of it is said at once. */
#include "config.h"
#include "engine/oauth_client.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

/* Puts into the step's error why it cannot be worked; false when it can. */
static bool in_the_way(struct step *s)
{
	const struct change *c = &s->change;
	bool data = !step_may_go(s);
	if (s->left_out)
		return false;
	if (s->result == RESULT_FAILED &&
	    (s->err.exit == EXIT_PERMISSION || s->err.exit == EXIT_CONFIG || s->err.exit == EXIT_NOINPUT))
		return true;
	err_free(&s->err);
	char *flag = step_consent(s), *fix = xasprintf(_("Add %s if that is meant, or change the answers back."), flag);
	if (c->verdict == VERDICT_REFUSE && s->seen.presence == PRESENT_STRANGER)
		err_set(&s->err, EXIT_CONFIG, s->resource->id, _("Choose another name for the stack, or remove what is there."),
			"%s", c->reason);
	else if (c->verdict == VERDICT_REFUSE)
		err_set(&s->err, EXIT_CONFIG, s->resource->id, _("Change the answers, or change it back by hand."), "%s",
			c->reason ? c->reason : _("it cannot be changed."));
	else if (c->verdict == VERDICT_REPLACE && data)
		err_set(&s->err, EXIT_CONFIG, s->resource->id, fix, _("it has to be replaced, and its data would go: %s"),
			c->reason ? c->reason : "");
	else if (c->verdict == VERDICT_DELETE && data)
		err_set(&s->err, EXIT_CONFIG, s->resource->id, fix,
			_("the answers do not want it any more, and its data would go."));
	free(fix);
	free(flag);
	return s->err.exit != EXIT_DONE;
}

/* What fits stays as it is; the rest is not begun. */
static void stop_before_changes(struct run *r)
{
	r->stopping = true;
	for (size_t i = 0; i < r->count; i++) {
		struct step *s = &r->steps[i];
		if (s->err.exit)
			step_end(s, RESULT_FAILED);
		else
			step_end(s, s->fits ? RESULT_KEPT : RESULT_SKIPPED);
	}
}

/* Could nothing be read of it because its API is off? A policy is another API's than its kind's. */
static bool is_hidden(const struct step *s)
{
	const struct kind *k = s->resource->kind;
	return s->seen.off && k->api && !k->grants;
}

static void hide(struct step *s, const char *project)
{
	const char *api = s->resource->kind->api;
	char *fix = xasprintf(_("Switch it on, and run destroy again: gcloud services enable %s --project=%s"), api, project);
	err_set(&s->err, EXIT_CONFIG, s->resource->id, fix,
		_("%s is off in the project: what stands by it cannot be seen, and could not be deleted."), api);
	free(fix);
}

/* Of a stack that once stood whole, what cannot be seen may stand still. Each API is told once, at the first that it hides. Where a rehearsal takes place
 * nothing stood before it: there what is off hides nothing. */
bool run_hidden(struct run *r)
{
	const struct answers *a = r->options.answers;
	cJSON *told = cJSON_CreateObject();
	bool stood = json_at(a->resolved, "release") && !session_is_rehearsal(r->session);
	for (size_t i = 0; i < r->count && stood; i++) {
		struct step *s = &r->steps[i];
		if (!is_hidden(s) || cJSON_GetObjectItemCaseSensitive(told, s->resource->kind->api))
			continue;
		cJSON_AddTrueToObject(told, s->resource->kind->api);
		hide(s, answers_str(a, "project.id"));
	}
	bool any = told->child;
	cJSON_Delete(told);
	r->stopping |= any;
	for (size_t i = 0; i < r->count && any; i++)
		step_end(&r->steps[i], r->steps[i].err.exit ? RESULT_FAILED : RESULT_KEPT);
	return any;
}

/* How much there is to do, and how long that usually takes. */
static void send_surveyed(struct run *r)
{
	const struct change **changes = xcalloc(r->count + 1, sizeof *changes);
	size_t differ = 0;
	for (size_t i = 0; i < r->count; i++) {
		changes[i] = &r->steps[i].change;
		differ += changes[i]->verdict != VERDICT_KEEP;
	}
	cJSON *e = run_event(r, "run");
	json_put_str(e, "state", "surveyed");
	json_put_num(e, "total", (double)r->count);
	json_put_num(e, "changes", (double)differ);
	json_put_num(e, "expected", plan_expected(r->plan, changes));
	run_send(r, e);
	free(changes);
}

static void let_go(struct run *r)
{
	r->surveyed = true;
	send_surveyed(r);
	for (size_t i = 0; i < r->count; i++)
		r->steps[i].phase = PHASE_WAITING, r->steps[i].result = RESULT_NONE;
	run_wake(r);
}

static bool to_be_stored(void *arg, const char *keeper)
{
	const struct step *s = run_step(arg, keeper);
	return s && s->change.verdict == VERDICT_CREATE;
}

/* Is there what the operator refers to? False, with the error at the step that would store it, when not. */
static bool secrets_are_there(struct run *r)
{
	struct err e = {0};
	const char *keeper = vault_try(r->vault, to_be_stored, r, &e);
	struct step *s = keeper ? run_step(r, keeper) : NULL;
	if (s) {
		err_free(&s->err);
		err_set(&s->err, e.exit, e.place, e.fix, "%s: %s", e.place ? e.place : "", e.what);
	}
	err_free(&e);
	return !s;
}

/* The OAuth clients whose secrets are about to be stored were tried. */
static void tried(struct run *r, bool refused)
{
	if (!refused && !r->stopping && run_note_choices(r))
		let_go(r);
	else
		stop_before_changes(r);
}

static void read_policies(struct run *r, bool forbidden)
{
	if (forbidden || r->refused || r->stopping)
		stop_before_changes(r);
	else
		run_try_clients(r, tried);
}

/* All that is in the way is said at once. */
static void tested_permissions(struct run *r, bool refused)
{
	r->refused = refused;
	run_try_policies(r, read_policies);
}

void run_surveyed(struct run *r)
{
	bool blocked = r->stopping;
	r->surveying = false;
	for (size_t i = 0; i < r->count; i++) {
		step_look_for_loss(&r->steps[i]);
		blocked |= in_the_way(&r->steps[i]);
	}
	if (blocked || !secrets_are_there(r))
		stop_before_changes(r);
	else
		run_try_permissions(r, tested_permissions);
}
