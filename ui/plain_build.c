/* A build as lines, what came of it, and what can be done then. */
#include "config.h"
#include "ui/build_parts.h"
#include "ui/done.h"
#include "ui/plain_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "engine/lines.h"

#include <stdlib.h>
#include <string.h>

/* Build ------------------------------------------------------------------------------------------------------------------------------- */

/* What a log says is left for whoever asks for it, and the end is told by the last page. */
void plain_hear(void *arg, const cJSON *event)
{
	struct plain *p = arg;
	if (event_name(event) != EVENT_LOG && event_name(event) != EVENT_RESULT)
		lines_event(p->lines, event);
}

/* What the wizard says under a page of its screen. */
static void say_message(struct plain *p)
{
	if (p->w->message)
		outside_print(p->out, "%s\n", p->w->message);
	wizard_say(p->w, ROLE_TEXT, NULL);
	fflush(p->out);
}

/* In a quiet stretch: what the end waits for, and how long that usually takes. */
static void say_still(struct plain *p, double at)
{
	const struct progress *b = &p->w->work.p;
	int step = progress_deciding(b);
	if (step < 0) {
		lines_still(p->lines, at, NULL);
		return;
	}
	char *what = step_what(&b->steps[step]),
	     *time = build_time(step_seconds(b, &b->steps[step]), step_compared(&b->steps[step])),
	     *words = xasprintf("%s (%s)", what, time);
	lines_still(p->lines, at, words);
	free(words);
	free(time);
	free(what);
}

/* That it waits for the operator alone is said once, with how to leave. */
static void say_waiting_alone(struct plain *p, bool *told)
{
	const struct progress *b = &p->w->work.p;
	if (*told || !progress_count(b, PHASE_YOURS) || progress_count(b, PHASE_RUNNING))
		return;
	outside_print(p->out, "%s\n", build_alone_words(p->w));
	*told = true;
}

/* One run to its end, of an apply, or of what takes all away. Ctrl-C stops it, and is forgotten then: what stands can be gone on with. */
static void run_once(struct plain *p, bool undo)
{
	struct wizard *w = p->w;
	plain_page(p, "build");
	lines_free(p->lines);
	p->lines = lines_new(p->out, p->out, false);
	double started = session_now(w->session);
	bool begun = work_start(w, undo), alone = false;
	for (int told = 0; begun && !w->work.over && !w->ended; plain_turn(p)) {
		say_still(p, session_now(w->session) - started);
		say_waiting_alone(p, &alone);
		for (; told < plain_interrupts; told++)
			work_interrupt(w);
		say_message(p);
	}
	say_message(p);
	if (!plain_ends)
		plain_interrupts = 0;
}

/* What came of it ------------------------------------------------------------------------------------------------------------------- */

/* The last page of the screen: its signs are words here. */
static void say_done(struct plain *p)
{
	static const char *const words[GLYPH_COUNT] = {
	    [GLYPH_CHECK] = N_("done"), [GLYPH_CROSS] = N_("failed"), [GLYPH_WAIT] = N_("waiting")};
	struct doc d = {0};
	done_doc(p->w, &d, DONE_TOLD);
	fputc('\n', p->out);
	for (size_t i = 0; i < d.count; i++) {
		const char *word = d.list[i].mark < GLYPH_COUNT ? words[d.list[i].mark] : NULL;
		if (*d.list[i].text)
			outside_print(p->out, "%s%s%s\n", word ? _(word) : "", word ? ": " : "", d.list[i].text);
	}
	doc_free(&d);
}

static bool signed_in(const struct wizard *w)
{
	return json_bool(w->surveys[SURVEY_SIGN_IN].result, "seen", false);
}

/* Until a line is typed the server's log is watched for the first person who signs in. */
static void watch(struct plain *p)
{
	bool told = signed_in(p->w);
	int fd = fileno(p->in);
	fflush(p->out);
	while (fd >= 0 && p->w->session && !plain_interrupts && !session_turn(p->w->session, 1, fd)) {
		wizard_settle(p->w);
		if (!told && signed_in(p->w))
			outside_print(p->out, "\n%s\n", _("Somebody signed in: the server's log shows it."));
		told |= signed_in(p->w);
		fflush(p->out);
	}
}

/* What can be done then --------------------------------------------------------------------------------------------------------------- */

enum after { AFTER_ASK, AFTER_LEAVE, AFTER_RETRY, AFTER_CHANGE, AFTER_WITHOUT, AFTER_UNDO };

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

/* The log, or those of its lines that hold a text. */
static void say_log(struct plain *p, const char *holding)
{
	struct buf text = {0};
	int count = 0;
	progress_log(&p->w->work.p, -1, &text);
	char *all = buf_take(&text), *rest;
	for (char *line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strcasestr(line, holding))
			continue;
		outside_print(p->out, "%s\n", line);
		count++;
	}
	if (!count)
		outside_print(p->out, _("  nothing holds %s\n"), holding);
	free(all);
}

/* The keys of the menu: after what ended well, what the last page of the screen has. */
static const char *menu(const struct wizard *w, char *into)
{
	if (!build_ended_badly(w))
		return strcpy(into, work_outcome(w, OUTCOME_DESTROYED) ? "lwq" : "lwuq");
	if (work_outcome(w, OUTCOME_WAITING))
		return strcpy(into, "reslwuq");
	char *to = into, keys[16];
	for (const char *k = failure_menu(w, keys); *k; k++) {
		if (*k == 'q')
			*to++ = 'w';
		if (*k != 'c') /* the line that mends it was said */
			*to++ = *k;
	}
	*to = '\0';
	return into;
}

static void say_menu(struct plain *p, const char *keys)
{
	const struct progress *b = &p->w->work.p;
	for (size_t i = 0; b->cause_count > 1 && i < b->cause_count; i++) {
		char *words = cause_short(b, &b->causes[i]);
		outside_print(p->out, "  %zu  %s%s%s\n", i + 1, words, build_cause(p->w) == &b->causes[i] ? " " : "",
			      build_cause(p->w) == &b->causes[i] ? _("(meant)") : "");
		free(words);
	}
	for (const char *k = keys; *k; k++)
		outside_print(p->out, "  %c  %s\n", *k, *k == 'w' ? _("Save the log beside the answers") : failure_words(*k));
	if (b->cause_count > 1)
		outside_print(p->out, "%s\n",
			      _("A number says which of them is meant; /TEXT lists what the log says that holds TEXT."));
	else
		outside_print(p->out, "%s\n", _("/TEXT lists what the log says that holds TEXT."));
}

/* What one line of it asks for. */
static enum after act(struct plain *p, const char *keys, const char *text)
{
	char key = text[0] && !text[1] && strchr(keys, text[0]) ? text[0] : '\0';
	if (*text == '/')
		say_log(p, text + 1);
	else if (atoi(text) > 0)
		build_focus_cause(p->w, (size_t)atoi(text) - 1);
	switch (key) {
	case 'r':
		return AFTER_RETRY;
	case 'e':
		return AFTER_CHANGE;
	case 'k':
		return AFTER_WITHOUT;
	case 'u':
		return means_to_undo(p) ? AFTER_UNDO : p->input_ended ? AFTER_LEAVE : AFTER_ASK;
	case 'l':
		say_log(p, "");
		break;
	case 'w':
		log_save(p->w);
		break;
	case 's':
		if (!shell_run(p->w))
			outside_print(p->out, "%s\n", _("No shell could be started."));
		break;
	}
	say_message(p);
	return AFTER_ASK;
}

/* The menu is said once, and when it is asked for. The end of the input leaves: the run's own exit code stands. */
static enum after ask_after(struct plain *p)
{
	enum after after = AFTER_ASK;
	bool says = true;
	while (after == AFTER_ASK) {
		char *text, keys[24];
		menu(p->w, keys);
		if (says)
			say_menu(p, keys);
		fputs("[q] ", p->out);
		watch(p);
		enum reply r = plain_reply(p, &text);
		after = r == REPLY_QUIT || r == REPLY_DEFAULT ? AFTER_LEAVE : r == REPLY_TEXT ? act(p, keys, text) : AFTER_ASK;
		says = !text || (*text != '/' && (text[1] || !strchr(keys, *text)));
		free(text);
	}
	p->input_ended = false;
	return after;
}

/* The settings of the section that decided about the failure, under its cause. */
static void change_cause(struct plain *p)
{
	const struct question *q = failure_question(p->w);
	char *why = build_cause(p->w) ? cause_short(&p->w->work.p, build_cause(p->w)) : NULL;
	if (why)
		outside_print(p->out, _("Problem: %s\n"), why);
	free(why);
	p->w->page = wizard_page_index("review");
	plain_settings(p, q ? q->page : NULL);
	wizard_save(p->w);
}

bool plain_build(struct plain *p)
{
	work_leave_nothing_out(p->w); /* of an earlier review: what was agreed to now is whole */
	run_once(p, false);
	while (!p->w->ended && !plain_interrupts && p->w->work.over) {
		say_done(p);
		switch (ask_after(p)) {
		case AFTER_ASK:
		case AFTER_LEAVE:
			return false;
		case AFTER_CHANGE:
			change_cause(p);
			return true;
		case AFTER_UNDO:
			run_once(p, true);
			continue;
		case AFTER_WITHOUT:
			work_note_left_out(p->w, build_cause(p->w));
			break;
		case AFTER_RETRY:
			break;
		}
		run_once(p, p->w->work.undoing);
	}
	return false;
}
