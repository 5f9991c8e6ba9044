/* The way back of an apply that did not get where it was to: what was stopped for it goes on as before, and what was saved is named. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What this run found stopped is only started where an earlier try of the upgrade has stopped it, or may have: the operator's own stop is theirs. */
static bool stopped_before(const struct run *r, const struct step *s)
{
	const struct kind *k = s->resource->kind;
	return s->result == RESULT_KEPT && (r->tried_before || (k->stopped && k->stopped(&s->seen)));
}

/* It was stopped, and something that this was for did not come to be. */
static bool stopped_in_vain(const struct run *r, const struct step *s)
{
	bool stopped = s->resource->kind->back && (s->result == RESULT_DONE || stopped_before(r, s));
	for (size_t i = 0; stopped && i < r->count; i++) {
		enum step_result result = r->steps[i].result;
		if (step_needs(&r->steps[i], s) && result != RESULT_DONE && result != RESULT_KEPT)
			return true;
	}
	return false;
}

/* The backup that was taken for this try is of no use to the next one: people write in between. */
static void forget_backup(struct run *r)
{
	bool runs = json_at(r->options.answers->resolved, "backup") != NULL;
	for (size_t i = 0; i < r->count; i++)
		runs &= !r->steps[i].back || r->steps[i].result == RESULT_DONE;
	if (!runs)
		return;
	json_drop(r->options.answers->resolved, "backup");
	run_save(r);
}

bool run_goes_back(struct run *r)
{
	bool any = false;
	for (size_t i = 0; !r->went_back && i < r->count; i++) {
		struct step *s = &r->steps[i];
		if (!stopped_in_vain(r, s))
			continue;
		any = s->back = true;
		s->sent = s->confirmed = false;
		step_set_phase(s, PHASE_READING, _("What it stopped is started again, as it was."));
	}
	if (r->went_back)
		forget_backup(r);
	r->went_back |= any;
	for (size_t i = 0; any && i < r->count; i++)
		if (r->steps[i].back)
			step_read(&r->steps[i]);
	return any;
}

void step_decide_back(struct step *s)
{
	struct call c = {0};
	s->resource->kind->back(&s->view, &s->seen, &c);
	bool more = c.method != NULL;
	call_free(&c);
	if (s->seen.presence == PRESENT_PENDING) {
		step_set_phase(s, PHASE_POLLING, NULL);
		step_pause(s, step_interval(s, step_now(s) - s->begun), step_read);
	} else if (s->failure) {
		err_free(&s->err);
		err_set(&s->err, EXIT_GENERAL, s->resource->id, NULL, "%s", s->failure);
		step_end(s, RESULT_FAILED);
	} else if (more) {
		step_change(s, VERDICT_UPDATE);
	} else {
		step_end(s, RESULT_DONE);
	}
}

void run_put_backup(const struct run *r, cJSON *result)
{
	for (size_t i = 0; r->mode->builds && i < r->count; i++) {
		const struct step *s = &r->steps[i];
		if (!s->resource->kind->restore || (s->result != RESULT_DONE && s->result != RESULT_KEPT) ||
		    !json_at(s->seen.outputs, "id"))
			continue;
		char *command = s->resource->kind->restore(&s->view, &s->seen);
		json_put_str(result, "backup", s->resource->name);
		json_put_str(result, "backup_id", json_str(s->seen.outputs, "id", ""));
		json_put_str(result, "restore", command);
		free(command);
	}
}
