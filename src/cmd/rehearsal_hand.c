/* A rehearsal plays the operator's hand: what a person has to do elsewhere is done some time after they were told. */
#include "config.h"
#include "cmd/rehearsal_private.h"

#include "base/json.h"
#include "base/mem.h"
#include "engine/event.h"

#include <stdlib.h>
#include <string.h>

/* What the operator does by hand, some time after they were told. */
struct chore {
	struct rehearsal *owner;
	struct chore *next;
	loop_id timer;
	char *target, *body;
};

enum { HAND_SECONDS = 240 };

static void forget_chore(struct chore *d)
{
	struct chore **p = &d->owner->chores;
	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	loop_cancel(d->owner->loop, d->timer);
	free(d->target);
	free(d->body);
	free(d);
}

static void do_chore(void *arg)
{
	struct chore *d = arg;
	struct sim_request q = {
	    .method = "PUT", .host = "registrar.example", .target = d->target, .body = d->body, .body_len = strlen(d->body)};
	struct sim_reply reply = {0};
	d->timer = 0;
	rehearsal_advance(d->owner);
	sim_handle(d->owner->sim, &q, &reply);
	sim_reply_free(&reply);
	forget_chore(d);
}

/* A record that the operator is told to make is there some minutes later, as they were told it. */
void rehearsal_hand(void *arg, const cJSON *event)
{
	struct rehearsal *r = arg;
	const cJSON *record = json_at(event, "record");
	if (event_name(event) != EVENT_ERRAND || event_state(event) != STATE_WAITING || !record)
		return;
	struct chore *d = xcalloc(1, sizeof *d);
	cJSON *body = json_make("{'data':%j}", cJSON_Duplicate(json_at(record, "data"), true));
	*d = (struct chore){.owner = r,
			    .next = r->chores,
			    .body = json_text(body, -1),
			    .target = xasprintf("/%s/%s", json_str(record, "name", ""), json_str(record, "type", ""))};
	r->chores = d;
	d->timer = loop_after(r->loop, HAND_SECONDS, do_chore, d);
	cJSON_Delete(body);
}

void rehearsal_hand_forget(struct rehearsal *r)
{
	while (r->chores)
		forget_chore(r->chores);
}
