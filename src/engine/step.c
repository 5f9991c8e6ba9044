/* A step through its life: its phases, its pauses, how it begins and how it ends. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define DEADLINE_DEFAULT 1200.0

double step_now(const struct step *s)
{
	return loop_now(s->run->loop);
}

double step_deadline(const struct step *s)
{
	return s->resource->kind->deadline > 0 ? s->resource->kind->deadline : DEADLINE_DEFAULT;
}

/* States --------------------------------------------------------------------------------------------------------------------- */

static const char *phase_name(const struct step *s)
{
	static const char *const names[] = {
	    [PHASE_WAITING] = "waiting", [PHASE_READING] = "reading", [PHASE_POLLING] = "polling", [PHASE_BY_HAND] = "yours"};
	static const char *const results[RESULTS] = {
	    [RESULT_NONE] = "waiting",    [RESULT_LOOKED] = "kept", [RESULT_DIFFERS] = "done", [RESULT_DONE] = "done",
	    [RESULT_KEPT] = "kept",       [RESULT_ABSENT] = "kept", [RESULT_LEFT] = "kept",    [RESULT_FAILED] = "failed",
	    [RESULT_SKIPPED] = "skipped", [RESULT_WAITS] = "yours",
	};
	if (s->phase == PHASE_OVER)
		return results[s->result];
	if (s->phase != PHASE_CHANGING)
		return names[s->phase];
	return s->intent == VERDICT_DELETE ? "deleting" : s->intent == VERDICT_UPDATE ? "updating" : "creating";
}

static void tell(struct step *s, const char *message)
{
	step_send(s, phase_name(s), message, s->result == RESULT_FAILED ? s->err.fix : NULL);
	run_send_counts(s->run);
}

void step_set_phase(struct step *s, enum step_phase phase, const char *message)
{
	bool same = s->phase == phase && !message;
	s->phase = phase;
	if (!same)
		tell(s, message);
}

char *step_called(const struct step *s)
{
	const char *title = s->resource->kind->title, *name = s->resource->name;
	return strcmp(title, name) != 0 ? xasprintf("%s %s", _(title), name)
					: xstrdup(_(title)); /* "APIs" is the name of itself */
}

bool step_goes(const struct step *s)
{
	return s->run->mode->removes || s->resource->unwanted;
}

static void on_timer(void *arg)
{
	struct step *s = arg;
	s->timer = 0;
	s->then(s);
}

void step_pause(struct step *s, double seconds, void (*then)(struct step *s))
{
	loop_cancel(s->run->loop, s->timer);
	s->then = then;
	s->timer = loop_after(s->run->loop, seconds, on_timer, s);
}

void step_cancel(struct step *s)
{
	loop_cancel(s->run->loop, s->timer);
	api_cancel(s->run->api, s->call);
	api_cancel(s->run->api, s->log.call);
	if (s->run->vault)
		vault_forget(s->run->vault, s);
	s->timer = 0;
	s->call = s->log.call = 0;
}

void step_free(struct step *s)
{
	cJSON_Delete(s->spec);
	cJSON_Delete(s->before);
	cJSON_Delete(s->last);
	err_free(&s->back.err);
	observation_free(&s->seen);
	change_free(&s->change);
	operation_free(&s->operation);
	call_free(&s->changing);
	buf_free(&s->log.rest);
	free(s->log.url);
	cJSON_Delete(s->why.notes);
	free(s->failure);
	free(s->failure_code);
	free(s->lock);
	free(s->wants);
	free(s->remains);
	free(s->lag_words);
	free(s->told);
	err_free(&s->err);
}

/* Will the change make a new one beside the old? */
static bool renews(const struct step *s)
{
	const struct kind *k = s->resource->kind;
	return k->renews && (!k->renewed_by || k->renewed_by(&s->change));
}

/* It will be changed by more than can be said now, and in its place: what others refer to remains. */
static bool stays(const struct step *s)
{
	return s->seen.presence == PRESENT_YES && s->change.verdict == VERDICT_UPDATE && !s->anew && !s->resource->kind->renews;
}

/* What others may refer to, what the answers keep. */
static void publish(struct step *s)
{
	struct run *r = s->run;
	if (!s->seen.outputs || s->gone || (s->vague && !stays(s)))
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(r->outputs, s->resource->id);
	bool looking = r->surveying || !r->mode->changes;
	bool another = s->change.verdict == VERDICT_REPLACE || (s->change.verdict == VERDICT_UPDATE && renews(s));
	if (looking && another) /* what refers to it will get other values than these */
		return;
	cJSON_AddItemToObject(r->outputs, s->resource->id, cJSON_Duplicate(s->seen.outputs, true));
	if (r->surveying && s->change.verdict != VERDICT_KEEP)
		return;
	const char *version = json_str(s->seen.outputs, "name", NULL);
	bool ours = s->confirmed && !s->unknowns && s->verdict == VERDICT_CREATE;
	if (r->vault)
		vault_kept(r->vault, s->resource->id, version, ours);
}

static void count(struct step *s)
{
	struct run *r = s->run;
	if (s->result == RESULT_LEFT || s->result == RESULT_KEPT)
		r->kept++;
	if (s->result != RESULT_DONE)
		return;
	if (s->verdict == VERDICT_DELETE)
		r->deleted++;
	else if (s->verdict == VERDICT_UPDATE)
		r->updated++;
	else
		r->created++;
}

/* Only what builds enables: what is off for another mode stays off, and is not waited for. */
static bool enabled_by(const struct step *s)
{
	const struct run_mode *mode = s->run->mode;
	bool on = (s->result == RESULT_LOOKED || s->result == RESULT_KEPT) && !mode->removes &&
		  s->change.verdict == VERDICT_KEEP;
	return s->resource->kind->enables && (on || (s->result == RESULT_DONE && mode->builds));
}

/* At once: a run that is killed later is not to make it a second time. */
static void record(struct step *s)
{
	const char *value = json_str(s->seen.outputs, s->resource->recorded_output, NULL);
	if (value)
		run_resolve(s->run, s->resource->recorded_as, cJSON_CreateString(value));
}

void step_end(struct step *s, enum step_result result)
{
	struct run *r = s->run;
	if (s->back.begun)
		result = step_back_ended(s, result);
	bool failed = result == RESULT_FAILED;
	s->ended = step_now(s);
	s->phase = PHASE_OVER;
	s->result = result;
	step_unfollow(s);
	step_lag_passed(s);
	if (result == RESULT_DONE && s->resource->recorded_as)
		record(s);
	if (!failed && result != RESULT_SKIPPED)
		publish(s);
	bool comes_on = enabled_by(s) && r->surveyed;
	r->enabled |= enabled_by(s);
	char *why = s->err.what ? xstrdup(s->err.what) : NULL;
	/* What an apply's survey could not read is read again when its turn comes. */
	bool silent = r->surveying && ((!failed && result != RESULT_SKIPPED) || r->mode->builds);
	silent |= step_back_silent(s);
	if (failed && !silent && !r->err.exit)
		err_set(&r->err, s->err.exit, s->err.place, s->err.fix, "%s: %s", s->resource->id, why ? why : "");
	if (!silent) {
		tell(s, why ? why : failed ? s->failure : NULL);
		count(s);
	}
	free(why);
	step_drop_lock(s);
	run_wake(r);
	if (comes_on)
		run_try_quotas(r);
}

/* What to do about it: as the kind says, or whoever failed; and of a cluster elsewhere, how to go on without it. The caller frees. */
static char *step_cure(const struct step *s, const struct err *why)
{
	const struct kind *k = s->resource->kind;
	const char *own = k->cure && why->what ? k->cure(why->what) : NULL, *cure = own ? _(own) : why->fix;
	if (!s->run->mode->removes || !kind_is_outside(k, s->resource->spec) || k->create)
		return cure ? xstrdup(cure) : NULL;
	char *without = xasprintf(_("If the cluster is gone for good: mlflow-setup destroy FILE --yes --leave-out %s takes "
				    "what stood in it for gone, and "
				    "removes the rest."),
				  s->resource->id);
	char *both = xasprintf("%s%s%s", cure ? cure : "", cure ? " " : "", without);
	free(without);
	return both;
}

/* What costs money is missed where its successor does not come. */
static bool has_gone(const struct step *s)
{
	return s->verdict == VERDICT_DELETE && s->intent != VERDICT_DELETE && !step_goes(s) && s->resource->kind->billable;
}

void step_fail(struct step *s, const struct err *why)
{
	if (why != &s->err) {
		char *cure = step_cure(s, why);
		const char *what = why->what ? why->what : _("it failed.");
		err_free(&s->err);
		err_set(&s->err, why->exit ? why->exit : EXIT_GENERAL, why->place, cure,
			has_gone(s) ? _("%s What was there before is deleted.") : "%s", what);
		free(cure);
	}
	step_end(s, RESULT_FAILED);
}

void step_fail_as(struct step *s, enum exit_code exit, const char *fix, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *what = xvasprintf(format, args);
	va_end(args);
	struct err e = {0};
	err_set(&e, exit, s->resource->id, fix, "%s", what);
	step_fail(s, &e);
	err_free(&e);
	free(what);
}

/* Beginning ------------------------------------------------------------------------------------------------------------------ */

static void make_view(struct step *s)
{
	const struct run *r = s->run;
	s->view = (struct view){.project = r->plan->project,
				.number = r->plan->number,
				.stack = r->plan->stack,
				.id = s->resource->id,
				.name = s->resource->name,
				.spec = s->spec,
				.before = s->before};
}

/* The URL that tells where it stands, if all that is not known were this text; the caller frees. */
static char *address_if(struct step *s, const char *unknown)
{
	struct view v = s->view;
	struct call c = {0};
	cJSON *spec = plan_assume(s->spec, unknown);
	v.spec = spec;
	s->resource->kind->observe(&v, &c);
	char *url = xstrdup(c.url ? c.url : "");
	call_free(&c);
	cJSON_Delete(spec);
	return url;
}

/* Is its own address the same whatever comes out for what is not known yet? There it may stand, or a stranger may. */
static bool addressed(struct step *s)
{
	char *one = address_if(s, "a"), *other = address_if(s, "b");
	bool same = !strcmp(one, other);
	free(one);
	free(other);
	return same;
}

static void not_there(struct step *s)
{
	s->seen.presence = PRESENT_NO;
	step_decide(s);
}

static void gone_with_it(struct step *s)
{
	s->gone = true;
	step_end(s, s->run->surveying ? RESULT_LOOKED : RESULT_ABSENT);
}

/* What it refers to is not there: it may stand all the same, but for what has no address without. */
static void unresolved(struct step *s, struct err *e)
{
	const struct run *r = s->run;
	bool goes = step_goes(s);
	if (!goes && r->mode->changes && !r->surveying) {
		step_fail(s, e);
		return;
	}
	s->vague = true;
	make_view(s);
	if (addressed(s))
		step_read(s);
	else if (goes)
		gone_with_it(s);
	else
		not_there(s);
}

/* The survey found it as it is wanted, and nothing that it needs was changed since: what was seen then still counts. */
static bool fits_still(const struct step *s)
{
	for (size_t i = 0; s->fits && i < s->resource->need_count; i++)
		if (step_need(s, i)->result != RESULT_KEPT)
			return false;
	return s->fits;
}

void step_begin(struct step *s)
{
	struct run *r = s->run;
	struct err e = {0};
	s->begun = step_now(s);
	if (!r->surveying)
		step_set_phase(s, PHASE_READING, NULL);
	else
		s->phase = PHASE_READING;
	cJSON_Delete(s->spec);
	s->spec = NULL;
	s->vague = s->anew = false;
	if (s->gone && r->surveying) {
		step_end(s, RESULT_LOOKED);
		return;
	}
	if (!plan_resolve(s->resource->spec, r->outputs, &s->spec, &e)) {
		unresolved(s, &e);
		err_free(&e);
		return;
	}
	make_view(s);
	bool goes = step_goes(s),
	     gone_already = goes && !r->surveying && r->mode->changes && (s->gone || !s->resource->kind->destroy);
	bool may_resume = r->journal && r->surveyed && !goes;
	const struct journal_intent *open = may_resume ? journal_pending(r->journal, s->resource->id) : NULL;
	if (gone_already || s->spared)
		step_destroy(s);
	else if (r->surveyed && fits_still(s))
		step_end(s, RESULT_KEPT);
	else if (open && open->operation)
		step_resume(s, open);
	else
		step_read(s);
}
