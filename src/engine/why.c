/* What failed is asked why before it is said to have failed: its kind knows the reads that tell, and what they say goes to the step's log. */
#include "config.h"
#include "engine/run_private.h"

#include "base/mem.h"

#include <stdlib.h>

#define PATIENCE 20.0 /* a read that says nothing is gone on without */

static void ask_turn(struct step *s);

static void on_told(void *arg, const struct api_result *r)
{
	struct step *s = arg;
	const struct kind *k = s->resource->kind;
	s->call = 0;
	char *lines = r->http == 200 ? k->told_why(&s->view, s->why.notes, s->why.turn, r->reply, r->text) : NULL;
	if (lines)
		step_show(s, lines);
	free(lines);
	s->why.turn++;
	ask_turn(s);
}

static void ask_turn(struct step *s)
{
	struct call c = {0};
	s->resource->kind->ask_why(&s->view, s->why.notes, s->why.turn, &c);
	if (c.method)
		s->call = api_call(s->run->api, &c, &(struct api_policy){.budget = PATIENCE}, on_told, s);
	else
		s->why.then(s);
	call_free(&c);
}

bool step_ask_why(struct step *s, void (*then)(struct step *s))
{
	if (!s->resource->kind->ask_why || s->why.notes || s->run->stopping)
		return false;
	s->why = (struct step_why){.notes = cJSON_CreateObject(), .then = then};
	ask_turn(s);
	return true;
}
