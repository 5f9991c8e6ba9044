/* Which step goes next: what it needs is there, nobody else changes the same object, and the longest way to the end goes first. */
#include "config.h"
#include "engine/run_private.h"
#include "gcp/reference.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps that read or change at the same time; those that only wait for the cloud do not count. */
#define PARALLEL 16

struct step *run_step(const struct run *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->steps[i].resource->id, id))
			return &r->steps[i];
	return NULL;
}

struct step *step_need(const struct step *s, size_t i)
{
	return &s->run->steps[s->resource->needed[i]];
}

bool step_needs(const struct step *s, const struct step *other)
{
	for (size_t i = 0; i < s->resource->need_count; i++)
		if (s->resource->needed[i] == other->index)
			return true;
	return false;
}

struct search {
	const char *id;
	bool found;
};

static void match(void *arg, const cJSON *node)
{
	struct search *search = arg;
	const char *id = reference_id(node);
	search->found |= id && !strcmp(id, search->id);
}

/* Does the one's spec refer to what comes out of the other? */
static bool refers(const struct step *s, const struct step *other)
{
	struct search search = {.id = other->resource->id};
	reference_each(s->resource->spec, match, &search);
	return search.found;
}

/* Does s wait for other? Creating goes from the needed to what needs it, destroying the other way. An apply deletes what is not wanted any more
 * when all that is wanted stands. */
static bool follows(const struct step *s, const struct step *other)
{
	const struct run *r = s->run;
	bool backwards = r->mode->removes && !r->surveying, only_looks = r->surveying && r->mode->builds;
	if (only_looks && r->api_off && other->resource->kind->enables && !s->resource->kind->enables)
		return true;                      /* of an API that is off nothing need be asked */
	if (only_looks && !s->resource->unwanted) /* it is looked at as soon as its address is known */
		return step_needs(s, other) && refers(s, other);
	if (r->mode->builds && r->surveyed && s->resource->unwanted)
		return !other->resource->unwanted || step_needs(other, s);
	return backwards ? step_needs(other, s) : step_needs(s, other);
}

static bool ended(const struct step *s)
{
	return s->phase == PHASE_OVER;
}

/* What is dear is not made before all that stands before it in the plan was: a refused name, a secret that cannot be read, a policy or a quota is met
 * while little was made. What is itself long needs only to have been taken. */
static bool comes_first(const struct step *other, const struct step *dear)
{
	const struct run *r = dear->run;
	if (other->resource->kind->by_hand) /* people take their time */
		return false;
	bool makes = r->mode->builds && r->surveyed && dear->resource->kind->dear && dear->change.verdict == VERDICT_CREATE;
	return makes && !dear->resource->unwanted && other->index < dear->index && !other->resource->unwanted;
}

/* A person has it, or the cloud: at work on what it took, or about to learn of what was made a moment ago. What is fetched from elsewhere may just as
 * well not exist there. */
static bool under_way(const struct step *s)
{
	const struct kind *k = s->resource->kind;
	bool lags = s->lag_since > 0 && !ended(s) && !k->page;
	return s->phase == PHASE_BY_HAND || lags || (k->gate && s->phase == PHASE_POLLING);
}

/* What waits for something long that was taken is not waited for either: it would cost all that time. */
static bool taken(const struct step *s)
{
	const struct run *r = s->run;
	if (ended(s) || under_way(s))
		return true;
	bool *behind = plan_behind(r->plan, s->index), waits = false;
	for (size_t i = 0; i < s->index && !waits; i++)
		waits = behind[i] && under_way(&r->steps[i]);
	free(behind);
	return waits;
}

static bool ready(const struct step *s)
{
	const struct run *r = s->run;
	for (size_t i = 0; i < r->count; i++)
		if ((follows(s, &r->steps[i]) && !ended(&r->steps[i])) ||
		    (comes_first(&r->steps[i], s) && !taken(&r->steps[i])))
			return false;
	return true;
}

/* What failed or was skipped, that s cannot do without; NULL when there is none. Looking before an apply goes on without. */
static const struct step *lacking(const struct step *s)
{
	const struct run *r = s->run;
	bool looking = r->surveying && r->mode->builds;
	for (size_t i = 0; !looking && i < r->count; i++) {
		const struct step *other = &r->steps[i];
		bool lacks = other->result == RESULT_FAILED || other->result == RESULT_SKIPPED,
		     waits = other->result == RESULT_WAITS;
		bool needed = other->left_out ? step_needs(s, other) : follows(s, other) || (comes_first(other, s) && !waits);
		if (needed && (lacks || waits))
			return other;
	}
	return NULL;
}

/* What the operator goes on without, and what comes with it. */
static void leave_out(struct run *r)
{
	for (size_t i = 0; i < r->count && !r->surveying; i++) {
		struct step *s = &r->steps[i];
		if (!s->left_out || s->phase != PHASE_WAITING)
			continue;
		err_set(&s->err, EXIT_PARTLY, NULL, NULL, _("left out this time, as you chose; the next run makes it."));
		step_end(s, RESULT_SKIPPED);
	}
}

/* Says what keeps a step from being begun: by its title and name, as every face shows it. */
static void goes_with(struct step *s, const struct step *other)
{
	char *what = step_called(other);
	err_set(&s->err, EXIT_PARTLY, NULL, NULL,
		other->result == RESULT_FAILED  ? _("%s failed, and this goes with it.")
		: other->result == RESULT_WAITS ? _("%s waits for you, and this waits with it.")
						: _("%s was skipped, and this goes with it."),
		what);
	free(what);
}

static void skip_lacking(struct run *r)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < r->count; i++) {
			struct step *s = &r->steps[i];
			const struct step *other = s->phase == PHASE_WAITING && ready(s) ? lacking(s) : NULL;
			if (!other && !(s->phase == PHASE_WAITING && r->stopping))
				continue;
			if (other && !s->err.exit)
				goes_with(s, other);
			s->left_out |= other && other->left_out && s->resource->optional;
			step_end(s, other && other->result == RESULT_WAITS ? RESULT_WAITS : RESULT_SKIPPED);
			again = true;
		}
	}
}

static struct step *next_ready(struct run *r)
{
	struct step *best = NULL;
	for (size_t i = 0; i < r->count; i++) {
		struct step *s = &r->steps[i];
		/* One that ended as soon as it began may have been the last that s waited for: whether s lacks something is asked here too. */
		if (s->phase == PHASE_WAITING && (!best || s->tail > best->tail) && ready(s) && !lacking(s))
			best = s;
	}
	return best;
}

static void schedule(void *arg)
{
	struct run *r = arg;
	size_t active = 0, left = 0;
	r->wake = 0;
	if (r->stopping)
		run_leave(r);
	leave_out(r);
	skip_lacking(r);
	for (size_t i = 0; i < r->count; i++)
		active += r->steps[i].phase == PHASE_READING || r->steps[i].phase == PHASE_CHANGING;
	for (struct step *s; active < PARALLEL && !r->stopping && (s = next_ready(r)); active++)
		step_begin(s);
	for (size_t i = 0; i < r->count; i++)
		left += !ended(&r->steps[i]);
	if (left || r->finished || r->tries || r->permissions || (r->policies && !r->surveyed))
		return;
	loop_cancel(r->loop, r->wake); /* of those that ended as soon as they began */
	r->wake = 0;
	run_steps_ended(r);
}

void run_wake(struct run *r)
{
	if (!r->wake && !r->finished)
		r->wake = loop_after(r->loop, 0, schedule, r);
}

/* Locks ---------------------------------------------------------------------------------------------------------------------- */

/* What must not be changed by two at a time: what its kind says, else the object of the URL that is read. */
static char *key_of(const struct step *s, const char *url)
{
	return s->resource->kind->lock ? s->resource->kind->lock(&s->view) : xstrndup(url, strcspn(url, "?"));
}

bool step_take_lock(struct step *s, const char *url)
{
	struct run *r = s->run;
	char *key = key_of(s, url);
	if (s->lock && !strcmp(s->lock, key)) {
		free(key);
		return true;
	}
	step_drop_lock(s);
	free(s->wants);
	s->wants = NULL;
	for (size_t i = 0; i < r->count; i++) {
		if (r->steps[i].lock && !strcmp(r->steps[i].lock, key)) {
			s->wants = key;
			return false;
		}
	}
	s->lock = key;
	return true;
}

void step_drop_lock(struct step *s)
{
	struct run *r = s->run;
	char *key = s->lock;
	struct step *best = NULL;
	s->lock = NULL;
	for (size_t i = 0; key && i < r->count; i++) {
		struct step *other = &r->steps[i];
		if (other->wants && !strcmp(other->wants, key) && (!best || other->tail > best->tail))
			best = other;
	}
	if (best) {
		free(best->wants);
		best->wants = NULL;
		/* It has it from here on: should it need none after all, its end passes it on. */
		best->lock = key;
		step_pause(best, 0, step_read);
	} else {
		free(key);
	}
}

/* Seconds to the end from where it begins: what needs it counts, and what is dear and is not begun before it was taken. */
static double tail_of(const struct step *s)
{
	const struct run *r = s->run;
	double own = kind_time(s->resource->kind, s->resource->spec).usual, tail = s->tail;
	for (size_t i = 0; i < r->count; i++) {
		const struct step *dear = &r->steps[i];
		if (dear->phase == PHASE_WAITING && comes_first(s, dear))
			tail = fmax(tail, own + dear->tail);
	}
	return tail;
}

/* How much sooner than usual it ends when it is as quick as one in twenty: durations are spread log-normally about the usual one. */
static double may_be_early(const struct step *s)
{
	struct kind_time t = kind_time(s->resource->kind, s->resource->spec);
	return t.slow > t.usual ? t.usual - t.usual * t.usual / t.slow : 0;
}

double step_slack(const struct step *s)
{
	const struct run *r = s->run;
	double others = 0, now = loop_now(r->loop);
	for (size_t i = 0; i < r->count; i++) {
		const struct step *other = &r->steps[i];
		double lasts = other->phase == PHASE_WAITING ? 0 : now - other->begun;
		double rest = other->tail - may_be_early(other) - lasts;
		if (other != s && !ended(other) && rest > others)
			others = rest;
	}
	/* Its own time is reckoned at what it takes at worst, theirs at best: to be early costs nothing. */
	struct kind_time own = kind_time(s->resource->kind, s->resource->spec);
	return others - tail_of(s) - (own.slow - own.usual);
}

/* Critical path -------------------------------------------------------------------------------------------------------------- */

/* Resources stand after what they need in a plan, and what is unwanted last, so one pass is enough. */
double run_critical_path(const struct run *r)
{
	double *ends = xcalloc(r->count + 1, sizeof *ends), longest = 0;
	size_t wanted = 0;
	while (!r->mode->removes && wanted < r->count && !r->steps[wanted].resource->unwanted)
		wanted++;
	for (size_t n = 0; n < r->count; n++) {
		size_t i = n < wanted ? n : r->count - 1 - (n - wanted);
		double start = 0;
		for (size_t k = 0; k < r->count; k++)
			start = fmax(start, follows(&r->steps[i], &r->steps[k]) ? ends[k]
					    : comes_first(&r->steps[k], &r->steps[i])
						? ends[k] - (r->steps[k].resource->kind->gate ? r->steps[k].work : 0)
						: 0);
		ends[i] = start + r->steps[i].work;
		longest = ends[i] > longest ? ends[i] : longest;
	}
	free(ends);
	return longest;
}
