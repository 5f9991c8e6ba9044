/* What a person has to do: it is told, looked for again and again, and left when nobody does it. The next run looks again and
 * goes on from there; there is nothing to remember. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Records spread within seconds to minutes, and whoever answers "no" keeps that answer for a while. */
#define ASK_SOONEST 3.0
#define ASK_LATEST 20.0

static bool waits(const struct step *s)
{
	return s->phase == PHASE_BY_HAND;
}

/* Does anything go on besides what people have to do? */
static bool busy(const struct run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		enum step_phase phase = r->steps[i].phase;
		if (phase == PHASE_READING || phase == PHASE_CHANGING || phase == PHASE_POLLING)
			return true;
	}
	return false;
}

static bool failed_any(const struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].result == RESULT_FAILED)
			return true;
	return false;
}

/* The time counts once nothing else goes on; where something failed, another run is needed anyway. */
static bool long_enough(const struct step *s)
{
	struct run *r = s->run;
	if (busy(r))
		r->busy_at = step_now(s);
	bool over = r->options.wait >= 0 && step_now(s) - fmax(s->told_at, r->busy_at) >= r->options.wait;
	return r->stopping || ((over || failed_any(r)) && !busy(r));
}

static void put_task(const struct step *s, cJSON *e)
{
	static const char *const texts[] = {"title", "steps", "paste"};
	struct run *r = s->run;
	json_put_str(e, "id", s->resource->id);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (*json_str(s->spec, texts[i], ""))
			json_put_str(e, texts[i], json_str(s->spec, texts[i], ""));
	if (json_at(s->spec, "data")) /* a record, for whoever makes it by a program */
		json_put(e, "record",
			 json_make("{'name':%s,'type':%s,'data':%j}", json_str(s->spec, "host", ""),
				   json_str(s->spec, "type", ""), cJSON_Duplicate(json_at(s->spec, "data"), true)));
	event_text(r, e, "message", s->seen.error);
}

static void send_task(const struct step *s, const char *state)
{
	cJSON *e = run_event(s->run, "errand");
	json_put_str(e, "state", state);
	put_task(s, e);
	run_send(s->run, e);
}

/* Told once, and again when what is seen has changed. */
static void tell_task(struct step *s)
{
	const char *now = s->seen.error ? s->seen.error : "";
	if (s->told && !strcmp(s->told, now))
		return;
	if (!s->told)
		s->told_at = step_now(s);
	free(s->told);
	s->told = xstrdup(now);
	send_task(s, "waiting");
}

static void leave(struct step *s)
{
	err_free(&s->err);
	err_set(&s->err, EXIT_WAITING, s->resource->id, _("Do it, then run apply again."), "%s",
		s->seen.error ? s->seen.error : _("it is not done yet."));
	step_end(s, RESULT_WAITS);
}

void step_await(struct step *s)
{
	tell_task(s);
	step_set_phase(s, PHASE_BY_HAND, NULL);
	if (long_enough(s))
		leave(s);
	else
		step_pause(s, fmin(fmax((step_now(s) - s->told_at) * 0.05, ASK_SOONEST), ASK_LATEST), step_read);
	run_wake(s->run);
}

void step_seen_done(struct step *s)
{
	if (s->told)
		send_task(s, "seen");
	step_end(s, RESULT_KEPT);
}

bool run_leave(struct run *r)
{
	bool any = false;
	for (size_t i = 0; i < r->count; i++) {
		if (!waits(&r->steps[i]))
			continue;
		any = true;
		step_cancel(&r->steps[i]);
		leave(&r->steps[i]);
	}
	return any;
}

bool run_only_waits(const struct run *r)
{
	bool any = false;
	for (size_t i = 0; i < r->count; i++)
		any |= waits(&r->steps[i]);
	return any && !busy(r);
}

bool run_waited(const struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].result == RESULT_WAITS)
			return true;
	return false;
}

cJSON *run_tasks(const struct run *r)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		if (s->result != RESULT_WAITS || !s->resource->kind->by_hand)
			continue;
		cJSON *task = cJSON_CreateObject();
		put_task(s, task);
		cJSON_AddItemToArray(list, task);
	}
	return list;
}
