/* A step: look where the resource stands, do what that state needs, look again. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/text.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A resource that was made may be invisible for a while; one that is read again and again differs for ever. */
#define VISIBLE_WITHIN 300.0
#define LAG_BUDGET 900.0
#define FORBIDDEN_LAG_BUDGET 120.0
#define LAG_PAUSE_MOST 4.0
#define LAG_FOLLOWER_PAUSE 16.0 /* not for ever: what is known in one place need not be in another */
#define LAG_KNOWN_FOR 1200.0
#define GRANT_SPREADS 60.0 /* half the median of reference/engine.md 1.2 */
#define VAIN_MAX 40        /* confirmed changes of one resource that do not last */
#define DEADLINE_DEFAULT 1200.0
#define REREADS_MAX 4
/* How long what failed for want of a permission is made again: grants spread within minutes as a rule, and without a bound in words. */
#define SPREAD_BUDGET 2700.0
#define REMAKE_SOONEST 8.0
#define CLOSED_BUDGET 45.0  /* an address of a cluster's own may be closed to this machine: it would stay so */
#define BY_HAND_BUDGET 20.0 /* what a person does is asked for again anyway */

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
	s->timer = loop_after(s->run->loop, seconds / session_haste(s->run->session), on_timer, s);
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
	cJSON_Delete(s->last);
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

/* What others may refer to, what the answers keep. */
static void publish(struct step *s)
{
	struct run *r = s->run;
	if (!s->seen.outputs || s->gone || s->vague)
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
	r->enabled |= enabled_by(s);
	char *why = s->err.what ? xstrdup(s->err.what) : NULL;
	/* What an apply's survey could not read is read again when its turn comes. */
	bool silent = r->surveying && ((!failed && result != RESULT_SKIPPED) || r->mode->builds);
	if (failed && !silent && !r->err.exit)
		err_set(&r->err, s->err.exit, s->err.place, s->err.fix, "%s: %s", s->resource->id, why ? why : "");
	if (!silent) {
		tell(s, why ? why : failed ? s->failure : NULL);
		count(s);
	}
	free(why);
	step_drop_lock(s);
	run_wake(r);
}

/* What to do about it: as the kind says, or whoever failed; and of a cluster elsewhere, how to go on without it. The caller frees. */
static char *cure_of(const struct step *s, const struct err *why)
{
	const struct kind *k = s->resource->kind;
	const char *own = k->cure && why->what ? k->cure(why->what) : NULL, *cure = own ? _(own) : why->fix;
	if (!s->run->mode->removes || !kind_is_outside(k, s->resource->spec) || k->create)
		return cure ? xstrdup(cure) : NULL;
	char *without = xasprintf(
	    _("If the cluster is gone for good: destroy --yes --leave-out %s takes what stood in it for gone, and "
	      "removes the rest."),
	    s->resource->id);
	char *both = xasprintf("%s%s%s", cure ? cure : "", cure ? " " : "", without);
	free(without);
	return both;
}

void step_fail(struct step *s, const struct err *why)
{
	if (why != &s->err) {
		char *cure = cure_of(s, why);
		err_free(&s->err);
		err_set(&s->err, why->exit ? why->exit : EXIT_GENERAL, why->place, cure, "%s",
			why->what ? why->what : _("it failed."));
		free(cure);
	}
	step_end(s, RESULT_FAILED);
}

__attribute__((format(printf, 4, 5))) static void fail(struct step *s, enum exit_code exit, const char *fix, const char *format,
						       ...)
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

/* Lags ----------------------------------------------------------------------------------------------------------------------- */

/* Since it was made, by the cloud's own clock; INFINITY for what has no such time (service accounts, policies). */
static double age_by_cloud(const struct step *s)
{
	static const char *const fields[] = {"createTime", "creationTimestamp", "timeCreated", NULL};
	for (size_t i = 0; fields[i]; i++) {
		double made = moment_read(json_str(s->seen.found, fields[i], NULL));
		if (made > 0)
			return fmax(loop_wall(s->run->loop) - made, 0);
	}
	return INFINITY;
}

/* What stands and has no time of its own is taken to be as old as the youngest thing of the stack: they were made together. */
static double age_of_stack(const struct run *r)
{
	double youngest = INFINITY;
	for (size_t i = 0; i < r->count; i++)
		youngest = fmin(youngest, age_by_cloud(&r->steps[i]));
	return youngest;
}

/* Seconds since its resource was made or changed, as far as this run, the journal or the cloud tell: whoever did it. INFINITY when nobody tells. */
static double step_age(const struct step *s)
{
	const struct run *r = s->run;
	double noted = r->journal ? journal_changed(r->journal, s->resource->id) : 0, cloud = age_by_cloud(s);
	if (s->changed > 0)
		return step_now(s) - s->changed;
	if (noted > 0)
		return fmax(loop_wall(r->loop) - noted, 0);
	if (cloud < INFINITY)
		return cloud;
	return s->seen.found ? age_of_stack(r) : INFINITY;
}

static bool changed_lately(const struct step *s)
{
	return step_age(s) < LAG_KNOWN_FOR;
}

/* Was something that this step needs, directly or not, changed a moment ago? One of those that words name, when words are given. */
static bool fresh(const struct step *s, const char *words)
{
	bool *behind = plan_behind(s->run->plan, s->index), found = false;
	for (size_t i = 0; i < s->index && !found; i++) {
		const struct step *need = &s->run->steps[i];
		found = behind[i] && changed_lately(need) && (!words || strstr(words, need->resource->name));
	}
	free(behind);
	return found;
}

static bool says(const char *message, const char *part)
{
	return message && strcasestr(message, part);
}

/* Google's words for things that were made moments ago and are not known everywhere (reference/gcp-api.md 1.4, 3). What is not known must be
 * something that was made: the words, or the URL that was asked, name it. */
static bool words_of_lag(const struct step *s, int http, const char *message)
{
	bool named = fresh(s, message ? message : "") || (s->changing.url && fresh(s, s->changing.url));
	if (says(message, "invalid authentication credentials")) /* a service agent that is being made */
		return http != 401 || fresh(s, NULL);
	if (says(message, "Precondition check failed"))
		return fresh(s, NULL);
	if (http == 404)
		return named;
	if (http == 403)
		return named && says(message, "may not exist");
	if (http != 400 && http != 412)
		return false;
	if (says(message, "service account") && says(message, "does not exist")) /* Google's names for agents are not ours */
		return fresh(s, NULL);
	return named && (says(message, "does not exist") || says(message, "not found") || says(message, "not ready"));
}

static void keep_words(char **to, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;
	free(*to);
	*to = copy;
}

static void lag_goes_on(struct step *s)
{
	if (s->lag_since <= 0) /* what fails now would have failed all the while */
		s->lag_since = s->held_since > 0 ? s->held_since : step_now(s);
	s->lag_seen = step_now(s);
	s->after_lag = 0;
	run_wake(s->run);
}

bool step_lags(struct step *s, int http, const char *message)
{
	if (!words_of_lag(s, http, message))
		return false;
	lag_goes_on(s);
	keep_words(&s->lag_words, message && fresh(s, message) ? message : NULL);
	/* A 403 may as well be a refusal, and what is made elsewhere may not exist: it is not asked for as long. */
	const struct kind *k = s->resource->kind;
	double budget = http == 403 ? FORBIDDEN_LAG_BUDGET : k->page && k->deadline > 0 ? k->deadline : LAG_BUDGET;
	return step_now(s) - s->lag_since < budget;
}

/* From here on it has a request of its own under way, and nobody calls it to look. */
static void look_again(struct step *s)
{
	s->lag_follows = false;
	step_read(s);
}

void step_lag_pause(struct step *s)
{
	double hurried = fmin(pow(1.3, s->lags++), LAG_PAUSE_MOST);
	s->lag_follows = step_lag_scout(s) != NULL;
	step_pause(s, s->lag_follows ? LAG_FOLLOWER_PAUSE : step_leisure(s, hurried), look_again);
}

/* While a lag lasts, what was done in vain is part of it. */
void step_worked(struct step *s, double seconds)
{
	if (seconds <= 0)
		return;
	if (s->lag_since > 0)
		s->after_lag += seconds;
	else
		s->work += seconds;
}

void step_lag_passed(struct step *s)
{
	for (size_t i = 0; s->lag_words && i < s->run->count; i++) {
		struct step *other = &s->run->steps[i];
		if (!other->lag_follows || strcmp(other->lag_words, s->lag_words))
			continue;
		step_pause(other, 0, look_again);
	}
	keep_words(&s->lag_words, NULL);
}

/* The lag is over: until it was last seen it was time that nobody could save. */
static void lag_ends(struct step *s)
{
	if (s->lag_since > 0)
		s->work += s->lag_seen - s->lag_since + s->after_lag;
	s->lag_since = 0;
	s->lags = 0;
	step_lag_passed(s);
}

/* Deciding ------------------------------------------------------------------------------------------------------------------- */

static void compare_now(struct step *s, struct change *out)
{
	*out = (struct change){0};
	s->resource->kind->compare(&s->view, &s->seen, out);
}

static bool same_change(const struct change *a, const struct change *b)
{
	if (a->verdict != b->verdict || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->differences[i].path, b->differences[i].path))
			return false;
	return true;
}

static void refused_by(struct step *s, const char *reason)
{
	fail(s, EXIT_CONFIG, _("Change the answers, or change it back by hand."), "%s",
	     reason ? reason : _("it cannot be changed."));
}

/* What an operation said outweighs what the resource says. */
static void say_failed(struct step *s)
{
	const char *words = s->failure ? s->failure : s->seen.error;
	char *policy = policy_in(words ? words : ""), *fix = policy ? api_policy_fix(policy) : NULL;
	fail(s, EXIT_GENERAL, fix ? fix : _("Mend the cause, then run apply again: it goes on from here."), "%s",
	     words ? words : _("it ended as failed."));
	free(fix);
	free(policy);
}

/* The last lines of its log are waited for: they say why, and a run that ends asks for nothing more. */
static void fail_as_operated(struct step *s)
{
	if (s->log.call)
		step_pause(s, 0.2, fail_as_operated);
	else if (!step_ask_why(s, say_failed))
		say_failed(s);
}

static void say_late(struct step *s)
{
	fail(s, EXIT_TRYAGAIN, _("Run apply again: it looks where this stands."), _("it is still changing after %.0f minutes."),
	     step_deadline(s) / 60);
}

/* Seconds since the youngest grant that it needs; INFINITY for none. */
static double since_grant(const struct step *s)
{
	double least = INFINITY;
	for (size_t i = 0; i < s->resource->need_count; i++) {
		const struct step *need = step_need(s, i);
		if (need->resource->kind->spreads)
			least = fmin(least, step_age(need));
	}
	return least;
}

/* What fails while a grant has not spread is not begun at once after the grant, as long as nobody waits for it: that is asked again and again.
 * What the dear wait for is begun: whether it is taken at all has to be known. */
static void create_in_time(struct step *s)
{
	bool fails = s->resource->kind->passing && !s->resource->kind->gate;
	double since = fails && !s->rounds ? since_grant(s) : INFINITY;
	double hold = since < GRANT_SPREADS ? fmin(GRANT_SPREADS - since, step_slack(s)) : 0;
	if (hold > 0 && s->held_since <= 0)
		s->held_since = step_now(s);
	if (hold > 0 && !s->run->stopping)
		step_pause(s, fmax(fmin(hold, 1), 0.05), create_in_time); /* never so short that the clock stays where it is */
	else
		step_change(s, VERDICT_CREATE);
}

/* Counts changes that the cloud confirmed and that are needed again all the same; requests that were refused for a lag are no changes. */
static bool in_vain(struct step *s)
{
	return s->confirmed && ++s->vain > VAIN_MAX;
}

static void not_there(struct step *s)
{
	if (in_vain(s)) {
		fail(s, EXIT_GENERAL, NULL,
		     _("it is made again and again, and is not there afterwards: something else removes it."));
	} else if (s->replacing) {
		s->replacing = s->confirmed = false;
		step_change(s, VERDICT_CREATE);
	} else if (s->failure) {
		if (step_lags(s, 400, s->failure)) {
			keep_words(&s->failure, NULL);
			step_lag_pause(s);
		} else {
			fail_as_operated(s);
		}
	} else if (s->confirmed && !s->seen.found) {
		if (step_now(s) - s->changed > VISIBLE_WITHIN)
			fail(s, EXIT_TRYAGAIN, _("Run apply again."), _("it was made, and is not to be seen."));
		else
			step_pause(s, fmin(0.3 * pow(1.5, s->rereads++), 4), step_read);
	} else {
		create_in_time(s);
	}
}

static void pending(struct step *s)
{
	double since = s->changed > 0 ? s->changed : s->begun;
	s->not_done_at = step_now(s);
	step_follow(s, s->seen.found, false);
	step_set_phase(s, PHASE_POLLING, NULL);
	if (step_now(s) - since > step_deadline(s)) {
		if (!step_ask_why(s, say_late))
			say_late(s);
		return;
	}
	step_pause(s, step_interval(s, step_now(s) - since), step_read);
	run_wake(s->run);
}

/* Soon when others wait for it, late while they do not. */
static void make_again(struct step *s)
{
	struct change c;
	double soonest = fmax(REMAKE_SOONEST, (s->lag_seen - s->lag_since) * 0.04);
	double hold = s->lag_seen + fmin(fmax(step_slack(s) / 4, soonest), 60) - step_now(s);
	if (hold > 0 && !s->run->stopping) {
		step_pause(s, fmin(hold, 1), make_again);
		return;
	}
	compare_now(s, &c);
	enum verdict v = c.verdict == VERDICT_UPDATE || c.verdict == VERDICT_REPLACE ? c.verdict : VERDICT_CREATE;
	change_free(&c);
	keep_words(&s->failure, NULL);
	step_change(s, v);
}

/* Was a permission granted a moment ago that this step needs, directly or not? */
static bool granted_lately(const struct step *s)
{
	bool *behind = plan_behind(s->run->plan, s->index), found = false;
	for (size_t i = 0; i < s->index && !found; i++) {
		const struct step *need = &s->run->steps[i];
		found = behind[i] && changed_lately(need) && need->resource->kind->grants;
	}
	free(behind);
	return found;
}

bool step_permission_spreads(struct step *s)
{
	if (!granted_lately(s))
		return false;
	lag_goes_on(s);
	return step_now(s) - s->lag_since < SPREAD_BUDGET;
}

/* It failed after this run's own request. */
static void failed(struct step *s)
{
	const struct kind *k = s->resource->kind;
	const char *words = s->failure ? s->failure : s->seen.error;
	bool passes = (k->passing && k->passing(&s->view, &s->seen)) || (says(words, "permission") && granted_lately(s));
	if (!passes || (s->lag_since > 0 && step_now(s) - s->lag_since >= SPREAD_BUDGET)) {
		fail_as_operated(s);
		return;
	}
	lag_goes_on(s);
	step_send(s, "polling", _("It failed for want of a permission that has not spread yet: it is made again."), NULL);
	make_again(s);
}

static void replace(struct step *s, const struct change *c)
{
	if (!step_may_go(s)) {
		char *flag = step_consent(s), *fix = xasprintf(_("Add %s if that is meant."), flag);
		fail(s, EXIT_CONFIG, fix, _("it has to be replaced, and its data would go: %s"), c->reason ? c->reason : "");
		free(fix);
		free(flag);
		return;
	}
	s->replacing = true;
	step_destroy(s);
}

/* The same difference after a change that was confirmed: a reader that lags, for a few times. */
static bool stale(struct step *s, const struct change *c)
{
	if (!s->confirmed || !same_change(c, &s->change) || s->rereads >= REREADS_MAX)
		return false;
	step_pause(s, 0.5 * pow(2, s->rereads++), step_read);
	return true;
}

/* What the cloud did after it had taken a request that starts no operation: as long as it was seen at work. */
static void note_work(struct step *s)
{
	if (s->changed > 0 && s->not_done_at > s->changed)
		step_worked(s, s->not_done_at - s->changed);
}

static void at_rest(struct step *s)
{
	struct change c;
	compare_now(s, &c);
	if (s->resource->kind->blind && s->confirmed)
		c.verdict = VERDICT_KEEP;
	if (s->replacing && c.verdict != VERDICT_KEEP)
		c.verdict = VERDICT_REPLACE;
	bool first = !s->rounds;
	if (c.verdict != VERDICT_KEEP && !first && stale(s, &c)) {
		change_free(&c);
		return;
	}
	bool came = first && s->change.verdict == VERDICT_CREATE && s->resource->kind->page && s->resource->kind->create;
	change_free(&s->change);
	s->change = c;
	switch (c.verdict) {
	case VERDICT_KEEP:
		if (s->seen.presence == PRESENT_FAILED) { /* as it is wanted, and broken: nothing of ours mends it */
			fail_as_operated(s);
			break;
		}
		note_work(s);
		lag_ends(s);
		if (s->sent && s->verdict == VERDICT_KEEP) /* its reply was lost */
			s->verdict = s->intent;
		if (came) /* being asked for made it */
			s->verdict = VERDICT_CREATE;
		step_end(s, s->sent || came ? RESULT_DONE : RESULT_KEPT);
		break;
	case VERDICT_REFUSE:
	case VERDICT_DELETE:
		refused_by(s, c.reason);
		break;
	case VERDICT_REPLACE:
		replace(s, &c);
		break;
	case VERDICT_CREATE:
	case VERDICT_UPDATE:
		if (in_vain(s))
			fail(s, EXIT_GENERAL, NULL, _("it does not stay as it is set: something else changes it."));
		else if (s->failure && s->rounds)
			fail_as_operated(s);
		else
			step_change(s, c.verdict);
	}
}

/* Two that build the same stack at once would mix their secrets: the one who finds that leaves. */
void step_met_another(struct step *s)
{
	fail(s, EXIT_TRYAGAIN, _("Run the same command again when the other run has ended: it goes on from what that made."),
	     _("somebody else made it while this run was about to: another run builds this stack."));
	run_stop(s->run, &s->err);
}

/* Makes it as it is wanted; says so when that cannot be told. */
static void make(struct step *s)
{
	bool theirs = s->collided && s->seen.presence != PRESENT_STRANGER && s->seen.presence != PRESENT_UNKNOWN;
	s->collided = false;
	if (theirs && s->seen.presence != PRESENT_NO) {
		step_met_another(s);
		return;
	}
	if (s->resource->kind->by_hand) {
		(s->seen.presence == PRESENT_YES ? step_seen_done : step_await)(s);
		return;
	}
	switch (s->seen.presence) {
	case PRESENT_NO:
		not_there(s);
		break;
	case PRESENT_PENDING:
		pending(s);
		break;
	case PRESENT_FAILED:
		if (s->rounds && !s->replacing)
			failed(s);
		else
			at_rest(s);
		break;
	case PRESENT_YES:
		at_rest(s);
		break;
	case PRESENT_STRANGER:
		fail(s, EXIT_CONFIG, _("Choose another name for the stack, or remove it."), "%s",
		     s->seen.error ? s->seen.error : _("it exists and is not ours."));
		run_stop(
		    s->run,
		    &s->err); /* seen only now, since its API was off: what else is made would be for a name that cannot be had */
		break;
	case PRESENT_UNKNOWN:
		fail(s, EXIT_GENERAL, NULL, "%s",
		     s->seen.error ? s->seen.error : _("the reply does not tell where it stands."));
	}
}

/* What would be done to something that is not wanted any more. A stranger of that name is none of our business; what cannot be deleted stays, and that was
 * said before it was made. */
static void look_at_unwanted(struct step *s)
{
	s->gone = s->seen.presence == PRESENT_NO || s->seen.presence == PRESENT_STRANGER;
	s->change.verdict = s->gone || !s->resource->kind->destroy ? VERDICT_KEEP : VERDICT_DELETE;
}

/* A wanted value that refers to what has still to be made, in words. */
static void say_unknown(struct difference *d)
{
	if (!d->waits)
		return;
	char *words = xasprintf(_("(known once %s is made)"), d->waits);
	cJSON *text = cJSON_CreateString(words);
	free(d->wanted);
	d->wanted = json_text(text, -1);
	cJSON_Delete(text);
	free(words);
}

/* It stands already, and what it refers to has still to be made: it will be changed, by more than can be said now. What cannot be changed (a
 * build) is made anew then. */
static void look_vaguely(struct step *s)
{
	if (!s->resource->kind->update) {
		s->change.verdict = VERDICT_CREATE;
		return;
	}
	compare_now(s, &s->change);
	if (s->resource->kind->foresees)
		return;
	if (s->change.verdict != VERDICT_UPDATE)
		change_free(&s->change);
	s->change.verdict = VERDICT_UPDATE;
	for (size_t i = 0; i < s->change.count; i++)
		say_unknown(&s->change.differences[i]);
}

/* What uses this stack's data is not moved to other data unasked: those would be empty. */
static void look_for_move(struct step *s)
{
	const struct stander *from = s->run->options.consent ? NULL : step_leaves(s);
	if (!from)
		return;
	s->change.verdict = VERDICT_REFUSE;
	free(s->change.reason);
	s->change.reason = xasprintf(_("it uses %s %s, which is not what these answers name: it would be moved to other data. "
				       "Set resolved.suffix to the "
				       "ending of that name, or add --yes if that is meant."),
				     _(from->kind->title), from->name);
}

/* Looking only: what would be done. */
static void look(struct step *s)
{
	struct change *c = &s->change;
	change_free(c);
	if (s->resource->unwanted) {
		look_at_unwanted(s);
	} else if (s->seen.presence == PRESENT_NO) {
		c->verdict = VERDICT_CREATE;
		c->reason = s->resource->kind->by_hand && s->seen.error ? xstrdup(s->seen.error) : NULL;
	} else if (s->seen.presence == PRESENT_STRANGER) {
		c->verdict = VERDICT_REFUSE;
		c->reason = xstrdup(s->seen.error ? s->seen.error : _("it exists and is not ours."));
	} else if (s->vague) {
		look_vaguely(s);
	} else {
		compare_now(s, c);
	}
	if (c->verdict == VERDICT_UPDATE || c->verdict == VERDICT_REPLACE)
		look_for_move(s);
}

void step_decide_plan(struct step *s)
{
	look(s);
	s->verdict = s->change.verdict;
	step_end(s, s->verdict != VERDICT_KEEP ? RESULT_DIFFERS : s->gone ? RESULT_ABSENT : RESULT_KEPT);
}

/* What is still changing, or does not tell, is looked at again when its turn comes: nothing can be said of it now. */
void step_look_at_apply(struct step *s)
{
	bool tells = s->seen.presence != PRESENT_UNKNOWN && s->seen.presence != PRESENT_PENDING;
	if (tells || s->resource->unwanted) {
		look(s);
	} else {
		change_free(&s->change);
		s->change.verdict = VERDICT_UPDATE;
	}
	s->fits = tells && s->change.verdict == VERDICT_KEEP && !s->resource->unwanted && !s->vague;
	step_end(s, RESULT_LOOKED);
}

void step_look_at_destroy(struct step *s)
{
	s->gone = s->seen.presence == PRESENT_NO;
	step_end(s, RESULT_LOOKED);
}

void step_decide_apply(struct step *s)
{
	if (s->resource->unwanted || (s->replacing && s->seen.presence != PRESENT_NO))
		step_destroy(s);
	else
		make(s);
}

void step_decide(struct step *s)
{
	const struct run *r = s->run;
	if (s->back)
		step_decide_back(s);
	else if (r->surveying)
		r->mode->look(s);
	else if (s->seen.presence == PRESENT_UNKNOWN)
		make(s);
	else
		r->mode->decide(s);
}

/* Reading -------------------------------------------------------------------------------------------------------------------- */

/* Destroying goes on past what cannot be read when its parent is gone already. */
static bool parent_gone(const struct step *s)
{
	bool goes = step_goes(s);
	for (size_t i = 0; goes && i < s->resource->need_count; i++)
		if (step_need(s, i)->gone)
			return true;
	return false;
}

/* SHA-256 in hexadecimal digits, to be freed. */
static char *hash_of(const char *bytes, size_t len)
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	char *hex = xcalloc(1, 2 * sizeof sum + 1);
	crypto_hash_sha256(sum, (const unsigned char *)(bytes ? bytes : ""), bytes ? len : 0);
	return sodium_bin2hex(hex, 2 * sizeof sum + 1, sum, sizeof sum);
}

void step_decode(struct step *s, const struct api_result *r)
{
	observation_free(&s->seen);
	const struct kind *k = s->resource->kind;
	const char *to = r->raw && k->page ? http_header(r->raw, "Location") : NULL;
	char *sum = k->page ? hash_of(r->text, r->text_len) : NULL;
	cJSON *page = k->page ? json_make("{'location':%s,'text':%s,'sha256':%s}", to ? to : "", r->text ? r->text : "", sum)
			      : NULL;
	k->decode(&s->view, r->http, page ? page : r->reply, &s->seen);
	cJSON_Delete(page);
	free(sum);
}

static void decide_by(struct step *s, const struct api_result *r);

static void on_seen_more(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->call = 0;
	if (!r->http) {
		step_fail(s, &r->err);
		return;
	}
	s->resource->kind->decode_more(&s->view, r->http, r->reply, &s->seen);
	decide_by(s, r);
}

/* Is there more to read of what is there? Then it is asked for. */
static bool reads_more(struct step *s)
{
	const struct kind *k = s->resource->kind;
	struct call c = {0};
	if (k->observe_more && s->seen.presence == PRESENT_YES)
		k->observe_more(&s->view, &s->seen, &c);
	bool more = c.method || c.fault;
	if (c.fault)
		step_faulty(s, c.fault);
	else if (more)
		s->call = api_call(s->run->api, &c, &(struct api_policy){.just_enabled = s->run->enabled}, on_seen_more, s);
	call_free(&c);
	return more;
}

static void on_seen(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	s->call = 0;
	if (r->tries > 1 && s->lag_since <= 0) /* the cloud made it wait: an API that was coming up, a rate limit */
		s->work += step_now(s) - s->asked_at;
	if (!r->http && !s->resource->kind->by_hand) {
		step_fail(s, &r->err);
		return;
	}
	step_decode(s, r);
	decide_by(s, r);
}

/* It is taken to stand where all that it needs does. */
static void pass_over(struct step *s)
{
	for (size_t i = 0; i < s->resource->need_count; i++)
		if (step_need(s, i)->change.verdict == VERDICT_CREATE)
			s->verdict = s->change.verdict = VERDICT_CREATE;
	step_end(s, s->verdict == VERDICT_CREATE ? RESULT_DIFFERS : RESULT_KEPT);
}

static bool hidden(const struct step *s, int http)
{
	const struct kind *k = s->resource->kind;
	return !s->run->mode->changes && k->hidden && k->hidden(&s->view, http);
}

/* What was read, the last reply of it being r. */
static void decide_by(struct step *s, const struct api_result *r)
{
	if (reads_more(s))
		return;
	if (s->vague && s->seen.presence == PRESENT_UNKNOWN)
		s->seen.presence = PRESENT_NO;
	if (s->seen.presence != PRESENT_UNKNOWN) {
		step_decide(s);
	} else if (parent_gone(s)) {
		s->seen.presence = PRESENT_NO;
		step_decide(s);
	} else if (s->run->mode->builds && step_lags(s, r->http, r->error.message)) {
		step_lag_pause(s);
	} else if (hidden(s, r->http)) {
		pass_over(s);
	} else if (r->err.exit) {
		step_fail(s, &r->err);
	} else {
		step_decide(s);
	}
}

void step_faulty(struct step *s, const char *fault)
{
	fail(s, EXIT_BUG, NULL, _("no request can be made for %s (%s): %s."), s->resource->id, s->resource->kind->id, fault);
}

void step_read(struct step *s)
{
	struct call c = {0};
	s->resource->kind->observe(&s->view, &c);
	if (c.fault) {
		step_faulty(s, c.fault);
		call_free(&c);
		return;
	}
	if (!c.method) {
		fail(s, EXIT_BUG, NULL, _("%s cannot be asked for: its kind %s does not know what the plan says of it."),
		     s->resource->id, s->resource->kind->id);
		return;
	}
	s->asked_at = step_now(s);
	double budget = s->resource->kind->by_hand               ? BY_HAND_BUDGET
			: c.audience == AUDIENCE_CLUSTER && c.ca ? CLOSED_BUDGET
								 : 0;
	struct api_policy policy = {.just_enabled = s->run->enabled, .budget = budget};
	if (step_take_lock(s, c.url))
		s->call = api_call(s->run->api, &c, &policy, on_seen, s);
	call_free(&c);
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
				.spec = s->spec};
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

static void read_vaguely(struct step *s)
{
	s->vague = true;
	make_view(s);
	if (addressed(s)) {
		step_read(s);
	} else {
		s->seen.presence = PRESENT_NO;
		step_decide(s);
	}
}

/* What it refers to is not there. */
static void unresolved(struct step *s, struct err *e)
{
	const struct run *r = s->run;
	if (step_goes(s)) {
		s->gone = true;
		step_end(s, r->surveying ? RESULT_LOOKED : RESULT_ABSENT);
	} else if (!r->mode->changes || r->surveying) {
		read_vaguely(s);
	} else {
		step_fail(s, e);
	}
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
	s->vague = false;
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
