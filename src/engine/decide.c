/* What is done to a resource, by where it stands: made, changed, replaced, waited for, made again, or given up. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "net/cures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A resource that was made may be invisible for a while; one that is read again and again differs for ever. */
#define VISIBLE_WITHIN 300.0
#define REREADS_MAX 4
#define GRANT_SPREADS 60.0 /* half the median of reference/engine.md 1.2 */
#define VAIN_MAX 40        /* confirmed changes of one resource that do not last */
#define REMAKE_SOONEST 8.0
#define REMAKE_SHARE 0.12 /* of how long it lasts already: each leaves something behind, as a revision */
#define REMAKE_LATEST 90.0

void step_compare(struct step *s, struct change *out)
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
	step_fail_as(s, EXIT_CONFIG, _("Change the answers, or change it back by hand."), "%s",
		     reason ? reason : _("it cannot be changed."));
}

/* What is left of it could hold data, and nothing but another in its place would help: apply alone would not go on. */
static bool is_wreck(struct step *s)
{
	struct change c = {0};
	if (s->seen.presence == PRESENT_FAILED)
		step_compare(s, &c);
	bool wreck = c.verdict == VERDICT_REPLACE && !step_may_go(s);
	change_free(&c);
	return wreck;
}

/* What to do once the cause is mended; cure, by which that is done, may be NULL. To be freed. */
static char *then_again(struct step *s, const char *cure)
{
	if (!is_wreck(s))
		return xstrdup(cure ? cure
			       : session_is_rehearsal(s->run->session)
				   ? _("Mend the cause, then rehearse again.")
				   : _("Mend the cause, then run apply again: it goes on from here."));
	char *flag = step_consent(s);
	char *again = xasprintf(_("Once the cause is mended, run apply again with %s: what is left of it has to be replaced."),
				flag);
	char *fix = cure ? xasprintf("%s %s", cure, again) : xstrdup(again);
	free(again);
	free(flag);
	return fix;
}

/* What an operation said outweighs what the resource says. */
static void say_failed(struct step *s)
{
	const char *words = s->failure ? s->failure : s->seen.error;
	char *policy = policy_in(words ? words : ""), *ask = policy ? api_policy_fix(policy) : NULL;
	char *fix = then_again(s, ask ? ask : cure_of(words));
	step_fail_as(s, EXIT_GENERAL, fix, "%s", words ? words : _("it ended as failed."));
	free(fix);
	free(ask);
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
	step_fail_as(s, EXIT_TRYAGAIN, _("Run apply again: it looks where this stands."),
		     _("it is still changing after %.0f minutes."), step_deadline(s) / 60);
}

/* What fails while a grant has not spread is not begun at once after the grant, as long as nobody waits for it: that is asked again and again.
 * What the dear wait for is begun: whether it is taken at all has to be known. */
static void create_in_time(struct step *s)
{
	bool fails = s->resource->kind->passing && !s->resource->kind->gate;
	double since = fails && !s->rounds ? step_since_grant(s) : INFINITY;
	double hold = since < GRANT_SPREADS ? fmin(GRANT_SPREADS - since, step_slack(s)) : 0;
	if (hold > 0 && s->held_since <= 0)
		s->held_since = step_now(s);
	if (hold > 0 && !s->run->stopping)
		step_pause(s, fmax(fmin(hold, 1), 0.05), create_in_time); /* never so short that the clock stays where it is */
	else
		step_change(s, VERDICT_CREATE);
}

/* Does less differ than ever before? What goes one by one, as a service's older revisions, does so any number of times. */
static bool is_nearer(struct step *s, size_t differences)
{
	bool nearer = s->fewest && differences + 1 < s->fewest;
	if (!s->fewest || nearer)
		s->fewest = differences + 1;
	return nearer;
}

/* Counts changes that the cloud confirmed and that are needed again all the same; requests that were refused for a lag are no changes. */
static bool in_vain(struct step *s)
{
	return s->confirmed && ++s->vain > VAIN_MAX;
}

static void forget_failure(struct step *s)
{
	free(s->failure);
	s->failure = NULL;
}

static void not_there(struct step *s)
{
	if (in_vain(s)) {
		step_fail_as(s, EXIT_GENERAL, NULL,
			     _("it is made again and again, and is not there afterwards: something else removes it."));
	} else if (s->replacing) {
		s->replacing = s->confirmed = false;
		step_change(s, VERDICT_CREATE);
	} else if (s->failure) {
		if (step_lags(s, 400, s->failure)) {
			forget_failure(s);
			step_lag_pause(s);
		} else {
			fail_as_operated(s);
		}
	} else if (s->confirmed && !s->seen.found) {
		if (step_now(s) - s->changed > VISIBLE_WITHIN)
			step_fail_as(s, EXIT_TRYAGAIN, _("Run apply again."), _("it was made, and is not to be seen."));
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

static void replace(struct step *s, const struct change *c)
{
	if (!step_may_go(s)) {
		char *flag = step_consent(s), *fix = xasprintf(_("Add %s if that is meant."), flag);
		step_fail_as(s, EXIT_CONFIG, fix, _("it has to be replaced, and its data would go: %s"),
			     c->reason ? c->reason : "");
		free(fix);
		free(flag);
		return;
	}
	s->replacing = true;
	step_destroy(s);
}

/* Soon when others wait for it, late while they do not. */
static void make_again(struct step *s)
{
	struct change c;
	double soonest = fmax(REMAKE_SOONEST, (s->lag_seen - s->lag_since) * REMAKE_SHARE);
	double hold = s->lag_seen + fmin(fmax(step_slack(s) / 4, soonest), REMAKE_LATEST) - step_now(s);
	if (hold > 0 && !s->run->stopping) {
		step_pause(s, fmin(hold, 1), make_again);
		return;
	}
	step_compare(s, &c);
	forget_failure(s);
	if (c.verdict == VERDICT_REPLACE)
		replace(s, &c);
	else
		step_change(s, c.verdict == VERDICT_UPDATE ? VERDICT_UPDATE : VERDICT_CREATE);
	change_free(&c);
}

/* What is waited for, and for how long at most. */
static void say_spreads(struct step *s)
{
	const struct step *youngest = step_youngest_grant(s);
	if (!youngest) /* it became old just now */
		return;
	const struct resource *grant = youngest->resource;
	char *words = xasprintf(
	    _("It failed for want of a permission. It is made again until what was granted spreads, for %.0f min "
	      "at most: %s %s."),
	    ceil(step_spreads_on(s) / 60), _(grant->kind->title), grant->name);
	step_send(s, "polling", words, NULL);
	free(words);
}

/* It failed after this run's own request. */
static void failed(struct step *s)
{
	const struct kind *k = s->resource->kind;
	const char *words = s->failure ? s->failure : s->seen.error;
	bool permission = words && strcasestr(words, "permission");
	bool passes = permission || (k->passing && k->passing(&s->view, &s->seen));
	if (!passes || is_wreck(s) || !step_permission_spreads(s)) {
		fail_as_operated(s);
		return;
	}
	say_spreads(s);
	make_again(s);
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

/* What has to be known of it is told in the run, too: who applies has not always read a plan. */
static void tell_caution(struct step *s)
{
	if (s->change.caution) {
		char *line = xasprintf("%s\n", s->change.caution);
		step_show(s, line);
		free(line);
	}
}

/* It is as it is wanted; came: being asked for made it. */
static void as_wanted(struct step *s, bool came)
{
	if (s->seen.presence == PRESENT_FAILED) { /* and broken: nothing of ours mends it */
		fail_as_operated(s);
		return;
	}
	note_work(s);
	step_lag_ends(s);
	tell_caution(s);
	if (s->sent && s->verdict == VERDICT_KEEP) /* its reply was lost */
		s->verdict = s->intent;
	if (came)
		s->verdict = VERDICT_CREATE;
	step_end(s, s->sent || came ? RESULT_DONE : RESULT_KEPT);
}

/* What is left of it is a later run's. */
static bool enough(const struct step *s)
{
	int turns = s->resource->kind->turns;
	return turns && s->confirmed && s->rounds >= turns;
}

static void at_rest(struct step *s)
{
	struct change c;
	step_compare(s, &c);
	if (c.verdict == VERDICT_UPDATE && enough(s))
		c.verdict = VERDICT_KEEP;
	if (s->resource->kind->blind && s->confirmed)
		c.verdict = VERDICT_KEEP;
	if (s->replacing && c.verdict != VERDICT_KEEP)
		c.verdict = VERDICT_REPLACE;
	bool first = !s->rounds;
	if (c.verdict != VERDICT_KEEP && !first && stale(s, &c)) {
		change_free(&c);
		return;
	}
	if (is_nearer(s, c.count))
		s->vain = 0;
	bool came = first && s->change.verdict == VERDICT_CREATE && s->resource->kind->page && s->resource->kind->create;
	change_free(&s->change);
	s->change = c;
	switch (c.verdict) {
	case VERDICT_KEEP:
		as_wanted(s, came);
		break;
	case VERDICT_REFUSE:
	case VERDICT_DELETE:
	case VERDICT_UNKNOWN: /* no comparison says so */
		refused_by(s, c.reason);
		break;
	case VERDICT_REPLACE:
		replace(s, &c);
		break;
	case VERDICT_CREATE:
	case VERDICT_UPDATE:
		if (in_vain(s))
			step_fail_as(s, EXIT_GENERAL, NULL, _("it does not stay as it is set: something else changes it."));
		else if (s->failure && s->rounds)
			fail_as_operated(s);
		else
			step_change(s, c.verdict);
	}
}

/* Two that build the same stack at once would mix their secrets: the one who finds that leaves. */
void step_met_another(struct step *s)
{
	step_fail_as(s, EXIT_TRYAGAIN, _("Try again when the other run has ended: it goes on from what that made."),
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
		step_fail_as(s, EXIT_CONFIG, _("Choose another name for the stack, or remove it."), "%s",
			     s->seen.error ? s->seen.error : _("it exists and is not ours."));
		run_stop(
		    s->run,
		    &s->err); /* seen only now, since its API was off: what else is made would be for a name that cannot be had */
		break;
	case PRESENT_UNKNOWN:
		step_fail_as(s, EXIT_GENERAL, NULL, "%s",
			     s->seen.error ? s->seen.error : _("the reply does not tell where it stands."));
	}
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
	if (s->back.begun)
		step_decide_back(s);
	else if (r->surveying)
		r->mode->look(s);
	else if (s->seen.presence == PRESENT_UNKNOWN)
		make(s);
	else
		r->mode->decide(s);
}
