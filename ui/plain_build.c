/* A build as lines, and the menu after one that failed. */
#include "config.h"
#include "ui/plain_private.h"

#include "base/gettext.h"
#include "base/outside.h"
#include "base/secret.h"
#include "engine/lines.h"

#include <stdlib.h>
#include <string.h>

/* Build ------------------------------------------------------------------------------------------------------------------------------- */

static void on_event(void *arg, const cJSON *event)
{
	struct plain *p = arg;
	lines_event(p->lines, event);
	work_event(p->w, event);
}

static bool save_of(void *arg, const struct answers *a, struct err *e)
{
	struct plain *p = arg;
	return wizard_save_run(p->w, a, e);
}

static bool secret_of(void *arg, const char *question, struct secret **out, struct err *e)
{
	struct plain *p = arg;
	return wizard_secret(p->w, question, out, e);
}

/* One run to its end, of an apply, or of what takes all away. */
static int run_once(struct plain *p, enum run_verb verb)
{
	struct err e = {0};
	struct wizard *w = p->w;
	bool undo = verb == RUN_DESTROY;
	const char **words = undo ? work_data_words() : NULL, **without = undo ? NULL : work_left_out(w);
	bool consent = review_consented(w) || undo;
	plain_page(p, "build");
	work_begin(w, undo);
	lines_free(p->lines);
	p->lines = lines_new(p->out, p->out, false);
	struct run_options o = {.verb = verb,
				.answers = w->answers,
				.consent = consent,
				.delete_data = words,
				.leave_out = without,
				.file = w->options->file,
				.save = save_of,
				.event = on_event,
				.arg = p,
				.secret = secret_of};
	double started = session_now(w->session);
	struct run *run = run_start(w->session, &o, &e);
	free(words);
	free(without);
	if (!run) {
		char *text = err_text(&e);
		outside_print(p->out, "%s\n", text);
		int code = e.exit;
		free(text);
		err_free(&e);
		return code;
	}
	for (int told = 0; !run_finished(run); session_turn(w->session, 0.25, -1)) {
		lines_still(p->lines, session_now(w->session) - started);
		for (; told < plain_interrupts; told++)
			run_interrupt(run);
	}
	int code = plain_interrupts ? EXIT_INTERRUPTED : (int)run_exit(run);
	run_free(run);
	w->work.over = true;
	return code;
}

/* After a failure ------------------------------------------------------------------------------------------------------------------- */

enum after { AFTER_LEAVE, AFTER_RETRY, AFTER_CHANGE, AFTER_WITHOUT, AFTER_UNDO };

/* Each cause once, with how many it stopped and the line that mends it. */
static void say_causes(struct plain *p)
{
	const struct progress *progress = &p->w->work.p;
	const char *who = wizard_who(p->w), *project = answers_str(p->w->answers, "project.id");
	for (size_t i = 0; i < progress->cause_count; i++) {
		const struct cause *c = &progress->causes[i];
		char *words = cause_words(progress, c, who, project), *command = cause_command(progress, c, who, project);
		outside_print(
		    p->out, ngettext("Why it failed, %d step: %s\n", "Why it failed, %d steps: %s\n", (unsigned long)c->count),
		    c->count, words);
		if (command)
			outside_print(p->out, "%s\n%s\n", _("This line mends it:"), command);
		free(command);
		free(words);
	}
}

static bool means_to_undo(struct plain *p)
{
	outside_print(p->out, "%s\n",
		      _("This takes away everything that this server consists of, experiments and models included. They cannot "
			"be brought back."));
	bool meant = plain_names_server(p);
	if (!meant)
		outside_print(p->out, "%s\n", _("That is not its name: nothing is deleted."));
	return meant;
}

/* What a line of the menu asks for; AFTER_LEAVE for what is none of it. */
static enum after choice_of(struct plain *p, const char *text)
{
	if (!strcmp(text, "k"))
		return work_may_leave_out(p->w, build_cause(p->w)) ? AFTER_WITHOUT : AFTER_LEAVE;
	if (!strcmp(text, "u"))
		return means_to_undo(p) ? AFTER_UNDO : AFTER_LEAVE;
	return !strcmp(text, "r") ? AFTER_RETRY : !strcmp(text, "e") ? AFTER_CHANGE : AFTER_LEAVE;
}

/* The menu of the screen's build page, in words. The end of the input leaves: the run's own exit code stands. */
static enum after ask_after(struct plain *p)
{
	say_causes(p);
	for (;;) {
		char *text;
		outside_print(
		    p->out, "%s\n",
		    _("r tries again: what stands is kept; e changes the answer that decided it; u undoes all; Enter leaves."));
		if (work_may_leave_out(p->w, build_cause(p->w)))
			outside_print(p->out, "%s\n", _("k goes on without what failed, this time."));
		fputs("[q] ", p->out);
		enum reply r = plain_reply(p, &text);
		bool leaves = r == REPLY_QUIT || r == REPLY_DEFAULT;
		enum after after = r == REPLY_TEXT ? choice_of(p, text) : AFTER_LEAVE;
		free(text);
		p->input_ended = false;
		if (leaves || after != AFTER_LEAVE)
			return after;
	}
}

/* The settings of the section that decided about the first failure. */
static void change_cause(struct plain *p)
{
	const struct cause *c = build_cause(p->w);
	const struct question *q = c ? p->w->work.p.steps[c->step].question : NULL;
	plain_settings(p, q ? q->page : NULL);
	wizard_save(p->w);
}

bool plain_build(struct plain *p, int *code)
{
	work_leave_nothing_out(p->w); /* of an earlier review: what was agreed to now is whole */
	*code = run_once(p, RUN_APPLY);
	while (*code != EXIT_DONE && *code != EXIT_WAITING && !plain_interrupts) {
		switch (ask_after(p)) {
		case AFTER_LEAVE:
			return false;
		case AFTER_CHANGE:
			change_cause(p);
			return true;
		case AFTER_UNDO:
			*code = run_once(p, RUN_DESTROY);
			return false;
		case AFTER_WITHOUT:
			work_note_left_out(p->w, build_cause(p->w));
			break;
		case AFTER_RETRY:
			break;
		}
		*code = run_once(p, RUN_APPLY);
	}
	return false;
}
