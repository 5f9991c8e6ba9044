/* Destroying: a kind's turns until the resource is gone, its ways when one is refused, what is left and why. */
#include "config.h"
#include "engine/run_private.h"

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

static void leave(struct step *s, const char *why)
{
	if (why && !s->err.exit)
		err_set(&s->err, EXIT_PARTLY, s->resource->id, NULL, "%s", why);
	step_end(s, STEP_LEFT);
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
	step_end(s, s->rounds ? STEP_DONE : STEP_KEPT);
}

/* It has no request of its own: it goes with its parent, or stays. */
static void without_request(struct step *s)
{
	if (!s->resource->kind->stays) {
		s->gone = true;
		step_end(s, STEP_KEPT);
	} else {
		leave(s, _(s->resource->kind->stays));
	}
}

void step_destroy(struct step *s)
{
	if (!s->replacing && (s->gone || s->seen.presence == PRESENT_NO)) {
		gone(s);
		return;
	}
	if (!s->resource->kind->destroy) {
		without_request(s);
		return;
	}
	switch (s->seen.presence) {
	case PRESENT_NO:
		gone(s);
		break;
	case PRESENT_STRANGER:
		leave(s, s->seen.error ? s->seen.error : _("it is not ours."));
		break;
	case PRESENT_PENDING:
		step_set_state(s, STEP_POLLING, NULL);
		if (step_now(s) - s->begun > s->resource->kind->deadline + LAST_PATIENCE)
			leave(s, _("it is still changing; run destroy again later."));
		else
			step_pause(s, 2, step_read);
		break;
	default:
		s->view.last = s->last;
		if (s->rounds > ROUNDS_MAX)
			leave(s, _("it does not go."));
		else
			step_change(s, VERDICT_DELETE);
	}
}

static bool in_use(int http, const char *code)
{
	static const char *const codes[] = {"9", "FAILED_PRECONDITION", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", "RESOURCE_IN_USE", NULL};
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
		for (size_t n = 0; other->state == STEP_LEFT && n < other->resource->need_count; n++)
			if (!strcmp(other->resource->needs[n], s->resource->id))
				return true;
	}
	return false;
}

void step_destroy_refused(struct step *s, int http, const char *code, const char *message)
{
	const struct kind *k = s->resource->kind;
	int ways = k->destroy_ways > 1 ? k->destroy_ways : 1;
	struct err e = {0};
	if (!in_use(http, code)) {
		err_set(&e, http == 403 ? EXIT_PERMISSION : EXIT_GENERAL, s->resource->id, NULL, "%s", message ? message : _("it was refused."));
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
		char *why = xasprintf("%s (%s)", _(k->lingers), message ? message : "");
		leave(s, why);
		free(why);
	} else {
		err_set(&e, EXIT_TRYAGAIN, s->resource->id, _("Run destroy again later."), "%s", message ? message : _("it is in use."));
		step_fail(s, &e);
		err_free(&e);
	}
}

void step_destroyed(struct step *s, const struct api_result *r)
{
	if (!r) { /* the kind has nothing more to do */
		const struct kind *k = s->resource->kind;
		bool data = plan_keeps_data(s->resource) && !s->run->options.consent;
		leave(s, data ? _("it holds data: say --yes to delete it.") : k->lingers ? _(k->lingers) : k->stays ? _(k->stays) : NULL);
	} else if (r->http / 100 == 2) {
		cJSON_Delete(s->last);
		s->last = r->reply ? cJSON_Duplicate(r->reply, true) : cJSON_CreateObject();
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
