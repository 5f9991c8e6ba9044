/* Destroying: a kind's turns until the resource is gone, its ways when one is refused, what is left and why. */
#include "config.h"
#include "engine/run_private.h"

#include "base/decimal.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A refusal because something is still in use is asked again for so long; what Google is known to hold for hours is not waited for. While there is
 * another way, it is tried at once. */
#define LAST_PATIENCE 180.0
#define ROUNDS_MAX 20000

/* Consent ------------------------------------------------------------------------------------------------------------------------ */

static bool said(const struct run *r, const char *word)
{
	for (const char *const *w = r->options.delete_data; word && w && *w; w++)
		if (!strcmp(*w, word))
			return true;
	return false;
}

static bool guarded(const struct step *s)
{
	return s->resource->kind->guarded && s->resource->kind->guarded(&s->seen);
}

bool step_may_go(const struct step *s)
{
	if (!plan_keeps_data(s->resource) || said(s->run, s->resource->kind->data_word))
		return true;
	return s->run->options.consent && !guarded(s);
}

char *step_consent(const struct step *s)
{
	return guarded(s) ? xasprintf("--yes --delete-data %s", s->resource->kind->data_word) : xstrdup("--yes");
}

static void spare(struct step *s, char *why)
{
	s->spared = true;
	err_set(&s->err, EXIT_PARTLY, s->resource->id, NULL, "%s", why);
	free(why);
}

/* What it costs to keep is said with why it is kept. */
static void spare_data(struct step *s)
{
	const char *word = s->resource->kind->data_word;
	double usd = plan_cost(s->run->plan, s->resource);
	char amount[DECIMAL_SIZE];
	char *cost = usd > 0 ? xasprintf(_(" It costs about $%s a month."), decimal_fixed(usd, 2, amount)) : xstrdup("");
	spare(s, xasprintf(_("it is protected, and its data are kept. To delete it with them: mlflow-setup destroy FILE --yes "
			     "--delete-data %s.%s"),
			   word, cost));
	free(cost);
}

/* What is marked as this stack's and not of these answers holds what its like would hold: a database its network. */
static void spare_for_strays(struct run *r)
{
	size_t at = 0;
	for (const struct stander *stray; (stray = run_stray(r, &at));) {
		for (size_t i = 0; i < r->count; i++) {
			const struct resource *like = r->steps[i].resource;
			for (size_t n = 0; like->kind == stray->kind && stray->kind->data_word && n < like->need_count; n++) {
				struct step *need = &r->steps[like->needed[n]];
				if (!need->spared && !need->gone && need->resource->kind->destroy)
					spare(need, xasprintf(_("it is kept, because %s is."), stray->name));
			}
		}
	}
}

/* The step that keeps it from going: one that is kept and needs it, or whose data it opens. */
static const struct step *holder_of(const struct step *s)
{
	for (size_t i = 0; i < s->run->count; i++) {
		const struct step *other = &s->run->steps[i];
		if (s->resource->opens && !strcmp(s->resource->opens, other->resource->id) && other->spared)
			return other;
		if (other->spared && step_needs(other, s))
			return other;
	}
	return NULL;
}

void run_spare(struct run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct step *s = &r->steps[i];
		bool there = !s->gone && s->seen.presence != PRESENT_STRANGER;
		if (there && s->resource->kind->destroy && !step_may_go(s))
			spare_data(s);
	}
	spare_for_strays(r);
	/* Resources stand after what they need, so one pass from the end finds what is needed; what opens data needs nothing of them. */
	for (size_t i = r->count; i-- > 0;) {
		struct step *s = &r->steps[i];
		const struct step *holder = s->spared || s->gone || !s->resource->kind->destroy ? NULL : holder_of(s);
		if (holder)
			spare(s, xasprintf(_("it is kept, because %s is."), holder->resource->name));
	}
}

/* Going -------------------------------------------------------------------------------------------------------------------------- */

static void leave(struct step *s, const char *why)
{
	if (why && !s->err.exit)
		err_set(&s->err, EXIT_PARTLY, s->resource->id, NULL, "%s", why);
	step_end(s, RESULT_LEFT);
}

static void gone(struct step *s)
{
	s->gone = true;
	if (s->replacing) {
		s->replacing = false;
		s->confirmed = false;
		step_change(s, VERDICT_CREATE);
		return;
	}
	err_free(&s->err);
	step_end(s, s->rounds ? RESULT_DONE : RESULT_ABSENT);
}

/* It was there before the stack, and is there no more. */
static bool taken_away(const struct step *s)
{
	const struct kind *k = s->resource->kind;
	return !k->create && !k->by_hand && s->seen.presence == PRESENT_FAILED && !s->seen.found;
}

/* It has no request of its own: it goes with its parent, or stays. */
static void without_request(struct step *s)
{
	if (!s->resource->kind->stays || taken_away(s)) {
		s->gone = true;
		step_end(s, RESULT_ABSENT);
	} else {
		leave(s, _(s->resource->kind->stays));
	}
}

/* Said before it goes: then it cannot be asked any more. */
static void note_remains(struct step *s)
{
	const struct kind *k = s->resource->kind;
	if (!k->remains || !plan_keeps_data(s->resource) || !s->seen.found)
		return;
	free(s->remains);
	s->remains = k->remains(&s->seen);
}

/* What was left behind and keeps what it needs; NULL where nothing does. */
static const struct step *left_with(const struct step *s)
{
	for (size_t i = 0; i < s->run->count; i++) {
		const struct step *other = &s->run->steps[i];
		bool (*holds)(const cJSON *spec) = other->resource->kind->holds;
		if (other->result == RESULT_LEFT && holds && holds(other->resource->spec) && step_needs(other, s))
			return other;
	}
	return NULL;
}

/* It may be deleted: what is done by where it stands. */
static void destroy_now(struct step *s)
{
	switch (s->seen.presence) {
	case PRESENT_NO:
		gone(s);
		break;
	case PRESENT_STRANGER:
		leave(s, s->seen.error ? s->seen.error : _("it is not ours."));
		break;
	case PRESENT_PENDING:
		step_set_phase(s, PHASE_POLLING, NULL);
		if (step_now(s) - s->begun > s->resource->kind->deadline + LAST_PATIENCE)
			leave(s, _("it is still changing; run destroy again later."));
		else
			step_pause(s, 2, step_read);
		break;
	default:
		s->view.last = s->last;
		s->view.consent = step_may_go(s);
		if (s->rounds > ROUNDS_MAX)
			leave(s, _("it does not go."));
		else
			step_change(s, VERDICT_DELETE);
	}
}

void step_destroy(struct step *s)
{
	const struct step *other = left_with(s);
	if (s->spared) {
		step_end(s, RESULT_LEFT);
		return;
	}
	if (other && !s->gone && s->seen.presence == PRESENT_YES && s->resource->kind->destroy) {
		char *why = xasprintf(_("it is kept, because %s is."), other->resource->name);
		leave(s, why);
		free(why);
		return;
	}
	if (!s->replacing && (s->gone || s->seen.presence == PRESENT_NO)) {
		gone(s);
		return;
	}
	if (!s->resource->kind->destroy) {
		without_request(s);
		return;
	}
	note_remains(s);
	destroy_now(s);
}

static bool in_use(int http, const char *code)
{
	static const char *const codes[] = {"9", "FAILED_PRECONDITION", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
					    "RESOURCE_IN_USE", NULL};
	if (http == 400 || http == 409 || http == 412)
		return true;
	for (size_t i = 0; code && codes[i]; i++)
		if (!strcmp(code, codes[i]))
			return true;
	return false;
}

/* Was something that stands in it left behind? Then it is held as long as that is. */
static bool held(const struct step *s)
{
	for (size_t i = 0; i < s->run->count; i++) {
		const struct step *other = &s->run->steps[i];
		if (other->result == RESULT_LEFT && step_needs(other, s))
			return true;
	}
	return false;
}

/* The kind's sentence, with the resource's name where it has a place for it. The caller frees. */
static char *lingers_words(const struct step *s)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	return xasprintf(_(s->resource->kind->lingers), s->resource->name);
#pragma GCC diagnostic pop
}

void step_destroy_refused(struct step *s, int http, const char *code, const char *message)
{
	const struct kind *k = s->resource->kind;
	int ways = k->destroy_ways > 1 ? k->destroy_ways : 1;
	struct err e = {0};
	if (!in_use(http, code)) {
		err_set(&e, http == 403 ? EXIT_PERMISSION : EXIT_GENERAL, s->resource->id, NULL, "%s",
			message ? message : _("it was refused."));
		step_fail(s, &e);
		err_free(&e);
		return;
	}
	if (s->refused_since <= 0)
		s->refused_since = step_now(s);
	bool last = s->view.way + 1 >= ways;
	if (!last) {
		s->view.way++;
		s->refused_since = 0;
		s->conflicts = 0;
		step_read(s);
	} else if (step_now(s) - s->refused_since < (!k->lingers ? LAST_PATIENCE : held(s) ? 0 : k->patience)) {
		step_pause(s, fmin(2 * pow(1.4, s->conflicts++), 15), step_read);
	} else if (k->lingers) {
		char *words = lingers_words(s), *why = xasprintf("%s (%s)", words, message ? message : "");
		leave(s, why);
		free(why);
		free(words);
	} else {
		err_set(&e, EXIT_TRYAGAIN, s->resource->id, _("Run destroy again later."), "%s",
			message ? message : _("it is in use."));
		step_fail(s, &e);
		err_free(&e);
	}
}

void step_destroyed(struct step *s, const struct api_result *r)
{
	if (!r) { /* the kind has nothing more to do */
		const struct kind *k = s->resource->kind;
		char *words = k->lingers ? lingers_words(s) : NULL;
		leave(s, s->seen.presence == PRESENT_YES && s->seen.error ? s->seen.error
			 : words                                          ? words
			 : k->stays                                       ? _(k->stays)
									  : NULL);
		free(words);
	} else if (r->http / 100 == 2) {
		cJSON_Delete(s->last);
		s->view.last = s->last = r->reply ? cJSON_Duplicate(r->reply, true) : cJSON_CreateObject();
		if (strcmp(s->changing.method, "GET"))
			s->verdict = VERDICT_DELETE;
		s->refused_since = 0;
		step_read(s);
	} else if (r->http == 404 || r->http == 410) {
		step_pause(s, 0.2, step_read);
	} else if (!r->http) {
		step_fail(s, &r->err);
	} else {
		step_destroy_refused(s, r->http, r->error.reason, r->error.message);
	}
}
