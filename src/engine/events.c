/* Events are made here and nowhere else: numbered, stamped, without secrets. */
#include "config.h"
#include "engine/run_private.h"

#include "base/json.h"
#include "base/outside.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

cJSON *run_event(struct run *r, const char *event)
{
	char when[40];
	cJSON *e = json_make("{'v':%d,'event':%s,'time':%s}", EVENT_VERSION, event, text_rfc3339(loop_wall(r->loop), 3, when));
	json_put_num(e, "seq", ++r->seq);
	json_put_num(e, "at", (double)(long long)((loop_now(r->loop) - r->started) * 1000 + 0.5) / 1000);
	return e;
}

void event_text(struct run *r, cJSON *event, const char *field, const char *text)
{
	struct buf b = {0};
	(void)r;
	if (!text)
		return;
	outside_text(&b, text, strlen(text), false, 4000);
	json_put_str(event, field, buf_text(&b));
	buf_free(&b);
}

/* Whatever put a text into an event, it leaves through the door. */
void run_send(struct run *r, cJSON *event)
{
	/* The lines of what is to be done by hand are the operator's to copy. */
	bool to_paste = event_name(event) == EVENT_ERRAND || json_at(event, "waiting.0");
	outside_json(event, to_paste);
	session_tell(r->session, event);
	if (r->options.event)
		r->options.event(r->options.arg, event);
	cJSON_Delete(event);
}

void run_send_counts(struct run *r)
{
	int counts[RESULTS] = {0}, running = 0, left = 0, over = 0, waiting = 0;
	for (size_t i = 0; i < r->count; i++) {
		counts[r->steps[i].result]++;
		over += r->steps[i].phase == PHASE_OVER;
		running += r->steps[i].phase > PHASE_WAITING && r->steps[i].phase < PHASE_BY_HAND;
		left += r->steps[i].phase == PHASE_WAITING;
		waiting += r->steps[i].phase == PHASE_BY_HAND || r->steps[i].result == RESULT_WAITS;
	}
	cJSON *e = run_event(r, "counts");
	json_put_num(e, "done", over - counts[RESULT_FAILED] - counts[RESULT_SKIPPED] - counts[RESULT_WAITS]);
	json_put_num(e, "running", running);
	json_put_num(e, "left", left);
	json_put_num(e, "waiting", waiting);
	json_put_num(e, "failed", counts[RESULT_FAILED]);
	json_put_num(e, "skipped", counts[RESULT_SKIPPED]);
	run_send(r, e);
}

struct view step_link_view(const struct step *s)
{
	const struct resource *of = s->resource;
	const struct plan *p = s->run->plan;
	return (struct view){.project = p->project,
			     .number = p->number,
			     .stack = p->stack,
			     .id = of->id,
			     .name = of->name,
			     .spec = s->spec ? s->spec : of->spec};
}

static void put_link(const struct step *s, cJSON *e, const char *field,
		     char *(*link)(const struct kind *k, const struct view *v, const cJSON *outputs))
{
	struct view v = step_link_view(s);
	char *url = link(s->resource->kind, &v, s->seen.outputs);
	if (url)
		json_put_str(e, field, url);
	free(url);
}

void event_server_log(struct run *r, cJSON *event)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].resource->kind->part == PART_SERVER && !r->steps[i].resource->unwanted)
			put_link(&r->steps[i], event, "log", kind_log_link);
}

void step_send(struct step *s, const char *state, const char *message, const char *fix)
{
	struct run *r = s->run;
	cJSON *e = run_event(r, "step");
	json_put_str(e, "id", s->resource->id);
	json_put_str(e, "title", s->resource->kind->title);
	json_put_str(e, "kind", s->resource->kind->id);
	json_put_str(e, "name", s->resource->name);
	json_put_str(e, "state", state);
	json_put_num(e, "usual", kind_time(s->resource->kind, s->resource->spec).usual);
	json_put_num(e, "elapsed", s->begun > 0 || s->phase != PHASE_WAITING ? loop_now(r->loop) - s->begun : 0);
	json_put_str(e, "verdict", event_verdict_word(s->verdict));
	json_put_num(e, "attempt", s->rounds);
	put_link(s, e, "console", kind_console_link);
	put_link(s, e, "log", kind_log_link);
	if (s->resource->decided_by)
		json_put_str(e, "question", s->resource->decided_by);
	event_text(r, e, "operation", s->operation.name);
	event_text(r, e, "message", message);
	event_text(r, e, "fix", fix);
	if (s->resource->optional)
		json_put(e, "optional", cJSON_CreateTrue());
	if (s->err.exit && !strcmp(state, "failed"))
		json_put_num(e, "exit", s->err.exit);
	run_send(r, e);
}
