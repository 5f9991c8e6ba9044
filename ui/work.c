/* The run that builds, or that takes away what stands. */
#include "config.h"
#include "ui/work.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "plan/axes.h"
#include "ui/state.h"

#include <stdlib.h>
#include <string.h>

bool work_running(const struct wizard *w)
{
	return w->work.run && !w->work.over;
}

bool work_outcome(const struct wizard *w, enum event_outcome outcome)
{
	return w->result && event_outcome(w->result) == outcome;
}

bool work_ended_well(const struct wizard *w)
{
	return w->work.over && work_outcome(w, w->work.undoing ? OUTCOME_DESTROYED : OUTCOME_PROVEN);
}

void work_free(struct work *b)
{
	if (b->run)
		run_free(b->run);
	progress_free(&b->p);
	cJSON_Delete(b->left_out);
	free(b->way);
	*b = (struct work){0};
}

/* What is left out ------------------------------------------------------------------------------------------------------------------- */

static bool stopped_by(const struct progress *p, size_t step, const struct cause *c)
{
	return progress_cause(p, (int)step) == c;
}

bool work_may_leave_out(const struct wizard *w, const struct cause *c)
{
	const struct progress *p = &w->work.p;
	bool may = c && w->work.over && !w->work.undoing;
	for (size_t i = 0; may && i < p->count; i++)
		may = !stopped_by(p, i, c) || p->steps[i].optional;
	return may;
}

void work_note_left_out(struct wizard *w, const struct cause *c)
{
	struct work *b = &w->work;
	if (!b->left_out)
		b->left_out = cJSON_CreateArray();
	for (size_t i = 0; c && i < b->p.count; i++)
		if (stopped_by(&b->p, i, c))
			cJSON_AddItemToArray(b->left_out, cJSON_CreateString(b->p.steps[i].id));
}

void work_leave_nothing_out(struct wizard *w)
{
	cJSON_Delete(w->work.left_out);
	w->work.left_out = NULL;
}

/* Ids of what the next run goes on without; NULL-terminated, an array to be freed. */
static const char **ids_left_out(const struct wizard *w)
{
	size_t n = 0;
	const cJSON *item;
	const char **ids = xcalloc((size_t)cJSON_GetArraySize(w->work.left_out) + 1, sizeof *ids);
	cJSON_ArrayForEach(item, w->work.left_out)
		ids[n++] = item->valuestring;
	return ids;
}

/* Every word for data that there is: who undoes all and typed the server's name means these too. NULL-terminated, to be freed. */
static const char **data_words(void)
{
	const char **words = NULL;
	size_t count = 0, room = 0;
	for (const struct kind *const *k = kinds; *k; k++) {
		words = xgrow(words, count, &room, sizeof *words);
		if ((*k)->data_word)
			words[count++] = (*k)->data_word;
	}
	words = xgrow(words, count, &room, sizeof *words);
	words[count] = NULL;
	return words;
}

/* From its beginning to its end ------------------------------------------------------------------------------------------------------ */

static void begin(struct wizard *w, bool undo)
{
	cJSON *left_out = w->work.left_out;
	w->work.left_out = NULL; /* it stays */
	review_stop(w);
	work_free(&w->work);
	cJSON_Delete(w->result);
	w->result = NULL;
	w->keep = true;
	w->work.left_out = left_out;
	w->work.active = true;
	w->work.undoing = undo;
	w->work.p.started = w->work.p.now = session_now(w->session);
}

static void say_failed(struct wizard *w, struct err *e)
{
	char *text = err_text(e);
	w->exit_code = e->exit;
	wizard_say(w, ROLE_BAD, text);
	free(text);
	err_free(e);
}

bool work_start(struct wizard *w, bool undo)
{
	struct err e = {0};
	bool consent = review_consented(w) || undo;
	begin(w, undo);
	const char **words = undo ? data_words() : NULL, **without = undo ? NULL : ids_left_out(w);
	struct run_options o = {.verb = undo ? RUN_DESTROY : RUN_APPLY,
				.answers = w->answers,
				.consent = consent,
				.delete_data = words,
				.leave_out = without,
				.wait = -1,
				.file = w->options->file,
				.save = wizard_save_run,
				.event = wizard_event,
				.arg = w,
				.secret = wizard_secret};
	w->work.run = run_start(w->session, &o, &e);
	free(without);
	free(words);
	if (!w->work.run)
		say_failed(w, &e);
	return w->work.run;
}

void work_interrupt(struct wizard *w)
{
	if (!work_running(w))
		return;
	run_interrupt(w->work.run);
	if (run_finished(w->work.run)) /* it only waited for the operator */
		return;
	w->exit_code = EXIT_INTERRUPTED;
	if (w->work.interrupts++)
		w->ended = true;
	else
		wizard_say(w, ROLE_WARN, _("Finishing what is in flight. Ctrl-C again leaves at once."));
}

static bool step_done(const struct progress *p, const char *id)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->steps[i].id, id))
			return p->steps[i].phase == PHASE_DONE;
	return false;
}

/* Once a run is over: what was there before it stands, unless it was taken away, and what it made. */
static bool resource_stands(const struct work *b, const struct plan *p, size_t i)
{
	const struct change *c = run_change(b->run, i);
	bool done = step_done(&b->p, p->resources[i].id);
	return b->undoing ? !done : done || (c && c->verdict != VERDICT_CREATE);
}

static double monthly_of(const struct work *b)
{
	const struct plan *p = run_plan(b->run);
	double sum = 0;
	for (size_t i = 0; p && i < p->count; i++) {
		double usd = p->resources[i].unwanted ? 0 : plan_cost(p, &p->resources[i]);
		sum += usd > 0 && (!b->over || resource_stands(b, p, i)) ? usd : 0;
	}
	return sum;
}

static char *way_of(const struct plan *p)
{
	struct buf b = {0};
	if (p->axes.exposure && p->axes.exposure->connect)
		p->axes.exposure->connect(p, &b);
	return buf_take(&b);
}

static void take_plan(struct work *b)
{
	const struct plan *p = run_plan(b->run);
	const struct change **changes = xcalloc(p->count + 1, sizeof *changes);
	for (size_t i = 0; i < p->count; i++)
		changes[i] = run_change(b->run, i);
	progress_plan(&b->p, p, changes);
	b->monthly = monthly_of(b);
	free(b->way);
	b->way = way_of(p);
	free(changes);
}

bool work_settle(struct wizard *w)
{
	struct work *b = &w->work;
	if (!b->run || b->over)
		return false;
	b->p.now = session_now(w->session);
	if (!b->p.planned && b->p.surveyed && run_plan(b->run))
		take_plan(b);
	if (!run_finished(b->run))
		return false;
	b->over = true;
	b->p.running = 0;
	b->monthly = monthly_of(b);
	wizard_say(w, ROLE_TEXT, NULL);
	w->exit_code = b->interrupts ? EXIT_INTERRUPTED : (int)run_exit(b->run);
	wizard_save(w);
	return true;
}

/* What it calls back ----------------------------------------------------------------------------------------------------------------- */

void work_event(struct wizard *w, const cJSON *e)
{
	progress_event(&w->work.p, e, session_now(w->session));
	if (event_name(e) != EVENT_RESULT)
		return;
	cJSON_Delete(w->result);
	w->result = cJSON_Duplicate(e, 1);
}

void wizard_event(void *arg, const cJSON *e)
{
	struct wizard *w = arg;
	const struct page_view *v = view_of(w->work.active ? "build" : "review");
	cJSON *shown = event_name(e) == EVENT_LOG ? NULL
						  : cJSON_Duplicate(e, 1); /* what Google's log says is not ours, and much */
	put_titles(shown);
	v->event(w, shown ? shown : e);
	if (w->hears && w->work.active)
		w->hears(w->hears_arg, shown ? shown : e);
	cJSON_Delete(shown);
}

bool wizard_save_run(void *arg, const struct answers *a, struct err *e)
{
	struct wizard *w = arg;
	(void)a; /* the run works on the wizard's own answers */
	if (wizard_save(w))
		return true;
	return err_set(e, EXIT_CANTWRITE, NULL, NULL, "%s", w->save_failed);
}

bool wizard_secret(void *arg, const char *question, struct secret **out, struct err *e)
{
	const struct wizard *w = arg;
	const struct question *q = question_find(question);
	size_t len;
	if (w->options->rehearsal && q->rehearsal) {
		*out = secret_copy(q->rehearsal, strlen(q->rehearsal));
	} else if (w->secret && !strcmp(w->secret_of, answers_str(w->answers, question))) {
		const char *bytes = secret_open(w->secret, &len);
		*out = secret_copy(bytes, len);
		secret_close(w->secret);
	} else {
		return err_set(e, EXIT_CONFIG, question, _("Go back to the review and build again: the secret is asked for."),
			       _("no secret was typed."));
	}
	return true;
}
