/* The way back of an apply that did not get where it was to: what was stopped for it goes on as before, or it is said how; and what was saved is named. */
#include "config.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 10 /* requests until what was stopped goes on */

/* What this run found stopped is only started where an earlier try of the upgrade has stopped it, or may have: the operator's own stop is theirs. */
static bool stopped_before(const struct run *r, const struct step *s)
{
	const struct kind *k = s->resource->kind;
	return s->result == RESULT_KEPT && (r->tried_before || (k->stopped && k->stopped(&s->seen)));
}

/* Its own change broke off, and may have stopped it before. */
static bool broke_off(const struct step *s)
{
	return (s->result == RESULT_FAILED || s->result == RESULT_SKIPPED) && s->sent && s->before;
}

/* It was stopped, and something that this was for did not come to be. */
static bool stopped_in_vain(const struct run *r, const struct step *s)
{
	if (!s->resource->kind->back)
		return false;
	bool stopped = s->result == RESULT_DONE || stopped_before(r, s);
	for (size_t i = 0; stopped && i < r->count; i++) {
		enum step_result result = r->steps[i].result;
		if (step_needs(&r->steps[i], s) && result != RESULT_DONE && result != RESULT_KEPT)
			return true;
	}
	return broke_off(s);
}

/* The backup that was taken for this try is of no use to the next one: people write in between. */
static void forget_backup(struct run *r)
{
	bool runs = json_at(r->options.answers->resolved, "backup") != NULL;
	for (size_t i = 0; i < r->count; i++)
		runs &= !r->steps[i].back.failed;
	if (!runs)
		return;
	json_drop(r->options.answers->resolved, "backup");
	run_save(r);
}

static void begin_back(struct step *s)
{
	s->back = (struct step_back){.begun = true, .result = s->result, .err = s->err, .since = step_now(s)};
	s->err = (struct err){0};
	free(s->failure);
	free(s->failure_code);
	s->failure = s->failure_code = NULL;
	s->sent = s->confirmed = false;
	s->conflicts = s->unknowns = 0;
	s->phase = PHASE_READING;
	s->result = RESULT_NONE;
}

bool run_goes_back(struct run *r)
{
	bool any = false;
	for (size_t i = 0; !r->went_back && i < r->count; i++) {
		if (!stopped_in_vain(r, &r->steps[i]))
			continue;
		begin_back(&r->steps[i]);
		any = true;
	}
	if (r->went_back)
		forget_backup(r);
	r->went_back |= any;
	/* The last first: a machine's settings are as before when it is started again. */
	for (size_t i = r->count; any && i-- > 0;)
		if (r->steps[i].back.begun)
			step_read(&r->steps[i]);
	return any;
}

void step_decide_back(struct step *s)
{
	struct call c = {0};
	s->resource->kind->back(&s->view, &s->seen, &c);
	bool more = c.method != NULL;
	call_free(&c);
	if (s->seen.presence == PRESENT_PENDING && step_now(s) - s->back.since > step_deadline(s)) {
		step_fail_as(s, EXIT_TRYAGAIN, NULL, _("it is still changing after %.0f minutes."), step_deadline(s) / 60);
	} else if (s->seen.presence == PRESENT_PENDING) {
		step_set_phase(s, PHASE_POLLING, NULL);
		step_pause(s, step_interval(s, step_now(s) - s->begun), step_read);
	} else if (s->failure) {
		step_fail_as(s, EXIT_GENERAL, NULL, "%s", s->failure);
	} else if (more && s->back.turns++ >= TURNS_MAX) {
		step_fail_as(s, EXIT_GENERAL, NULL, _("it does not stay as it is set: something else changes it."));
	} else if (more) {
		if (!s->back.asked)
			step_set_phase(s, PHASE_READING, _("What it stopped is started again, as it was."));
		s->back.asked = true;
		step_change(s, VERDICT_UPDATE);
	} else {
		step_end(s, RESULT_DONE);
	}
}

/* The first failure of the run was this step's: it is said in the words of now. */
static void say_of_run(struct step *s, const char *before)
{
	struct run *r = s->run;
	char *first = xasprintf("%s: %s", s->resource->id, before ? before : "");
	if (r->err.what && !strcmp(r->err.what, first)) {
		enum exit_code exit = r->err.exit;
		err_free(&r->err);
		err_set(&r->err, exit, s->err.place, s->err.fix, "%s: %s", s->resource->id, s->err.what);
	}
	free(first);
}

/* A sentence, whoever wrote it; the caller frees. */
static char *sentence(const char *words)
{
	size_t n = words ? strlen(words) : 0;
	return xasprintf("%s%s", n ? words : _("it failed."), n && !strchr(".!?", words[n - 1]) ? "." : "");
}

/* A stop that it needed is taken back after it: that step starts it, and says where it cannot. */
static bool started_by_another(const struct run *r, const struct step *s)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct step *other = &r->steps[i];
		if (other->back.begun && !other->back.failed && other->resource->kind->restart && step_needs(s, other))
			return true;
	}
	return false;
}

/* The line that starts what stands still as last seen; NULL where nothing need be done. The caller frees. */
static char *line_to_start(const struct run *r, const struct step *s)
{
	const struct kind *k = s->resource->kind;
	return k->restart && !started_by_another(r, s) ? k->restart(&s->view, &s->seen) : NULL;
}

/* Its change failed before, and it runs again or does not. */
static void say_where_it_stands(struct step *s, bool failed)
{
	struct err was = s->back.err, why = s->err;
	char *line = line_to_start(s->run, s);
	char *what = sentence(was.exit ? was.what : why.what),
	     *fix = failed && line ? xasprintf(_("To start it: %s"), line) : NULL;
	s->err = (struct err){0};
	const char *next = was.fix ? was.fix : why.fix;
	char *both = fix && next ? xasprintf("%s %s", next, fix) : xstrdup(fix ? fix : next ? next : "");
	enum exit_code exit = was.exit ? was.exit : why.exit;
	if (!failed)
		err_set(&s->err, exit, was.place, was.fix, line ? "%s" : _("%s It runs again."), what);
	else if (was.exit && line)
		err_set(&s->err, exit, s->resource->id, both, _("%s It is stopped, and could not be started again: %s"), what,
			why.what ? why.what : "");
	else if (was.exit) /* it runs, or another step starts it */
		err_set(&s->err, exit, s->resource->id, both, _("%s It is not as it was before: %s"), what,
			why.what ? why.what : "");
	else
		err_set(&s->err, exit, s->resource->id, both, "%s", what);
	say_of_run(s, was.what);
	err_free(&was);
	err_free(&why);
	s->back.err = (struct err){0};
	free(both);
	free(fix);
	free(what);
	free(line);
}

enum step_result step_back_ended(struct step *s, enum step_result result)
{
	bool failed = result == RESULT_FAILED, stood = s->back.result == RESULT_DONE || s->back.result == RESULT_KEPT;
	s->back.failed = failed;
	if (failed || (!stood && s->back.asked)) {
		say_where_it_stands(s, failed);
	} else if (!stood) {
		err_free(&s->err);
		s->err = s->back.err;
		s->back.err = (struct err){0};
	}
	return stood ? result : s->back.result;
}

bool step_back_silent(const struct step *s)
{
	return s->back.begun && !s->back.asked && !s->back.failed && s->result != RESULT_DONE;
}

/* What stands still after all this, and the line that lets it go on; the caller frees. */
static char *restart_of(const struct run *r, const struct step *s)
{
	const struct kind *k = s->resource->kind;
	bool over = s->phase == PHASE_OVER;
	if (!k->restart || !(s->back.begun || (over ? !r->went_back && stopped_in_vain(r, s) : s->before != NULL)))
		return NULL;
	return over ? line_to_start(r, s) : k->restart(&s->view, NULL);
}

void run_put_restart(const struct run *r, cJSON *result)
{
	for (size_t i = 0; r->mode->builds && i < r->count; i++) {
		char *line = restart_of(r, &r->steps[i]);
		if (line)
			json_put_str(result, "restart", line);
		free(line);
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
