/* The last page: computed from the result of the run and from nothing else. The same text is printed on the normal screen at the end. */
#include "config.h"
#include "ui/done.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/lines.h"
#include "ui/state.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

struct done {
	int top;        /* first row shown */
	bool all;       /* every check is shown */
	double look_at; /* when the server's log is looked at again */
};

static struct done *done_of(const struct wizard *w)
{
	return view_own(w, &done_view);
}

enum { PROOFS_SHOWN = 4 };

static void add_text(struct doc *d, enum role role, int indent, char *text)
{
	doc_add(d, role, indent, text);
	free(text);
}

static void outcome_lines(const struct wizard *w, struct doc *d)
{
	bool good = work_outcome(w, OUTCOME_PROVEN) || work_outcome(w, OUTCOME_DESTROYED);
	bool waits = work_outcome(w, OUTCOME_WAITING);
	doc_mark(d,
		 good    ? ROLE_GOOD
		 : waits ? ROLE_WARN
			 : ROLE_BAD,
		 good    ? GLYPH_CHECK
		 : waits ? GLYPH_WARN
			 : GLYPH_CROSS,
		 0, lines_outcome(w->result));
	if (w->options->rehearsal) {
		char *again = lines_command("", false, w->options->file);
		char *real = xasprintf(_("This was a rehearsal: nothing was built. For real: %s"), again);
		add_text(d, ROLE_WARN, 2, real);
		doc_taken(d, again);
		free(again);
	}
	doc_add(d, ROLE_TEXT, 0, "");
	if (*json_str(w->result, "url", "")) {
		doc_whole(d, json_str(w->result, "url", ""));
		doc_add(d, ROLE_TEXT, 0, "");
	}
}

/* The lines that log a first run: what `connect` prints is what the way in needs, whichever it is. */
static char *first_run(const struct wizard *w)
{
	char *connect = lines_command("connect", w->options->rehearsal, w->options->file);
	char *lines = xasprintf(
	    "eval \"$(%s)\"\npip install mlflow\npython3 -c 'import mlflow; mlflow.log_metric(\"hello\", 1)'\n", connect);
	free(connect);
	return lines;
}

/* Where nobody listens at the address before something runs here: what connect says of that in comments, with the commands to be taken. */
static void way_lines(const struct wizard *w, struct doc *d)
{
	static const char command[] = "#   ", sentence[] = "# ";
	char *lines = xstrdup(w->work.way ? w->work.way : ""), *rest;
	for (char *one = strtok_r(lines, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest)) {
		if (text_starts(one, command))
			doc_command(d, one + strlen(command));
		else
			doc_add(d, ROLE_TEXT, 0, text_starts(one, sentence) ? one + strlen(sentence) : one);
	}
	free(lines);
}

/* Does a log tell when the first person has signed in? In a rehearsal nobody does. */
static bool sign_in_watched(const struct wizard *w)
{
	return work_outcome(w, OUTCOME_PROVEN) && *json_str(w->result, "sign_in_log", "") && !w->options->rehearsal;
}

static void now_lines(const struct wizard *w, struct doc *d, enum done_for whom)
{
	if (!work_outcome(w, OUTCOME_PROVEN))
		return;
	doc_add(d, ROLE_TITLE, 0, w->options->rehearsal ? _("What you would do now") : _("Do now"));
	way_lines(w, d);
	bool way = w->work.way && *w->work.way; /* who may use it shows that there, and not on a page to sign in to */
	doc_add(d, ROLE_TEXT, 0, way ? _("1  Open the address above.") : _("1  Open the address above and sign in."));
	if (sign_in_watched(w)) {
		bool seen = json_bool(w->surveys[SURVEY_SIGN_IN].result, "seen", false);
		doc_mark(d, seen ? ROLE_GOOD : ROLE_WARN, seen ? GLYPH_CHECK : GLYPH_WAIT, 2,
			 seen ? _("Somebody signed in: the server's log shows it.")
			      : _("Not tried so far: only a person can. The server's log is watched for it."));
	}
	doc_add(d, ROLE_TEXT, 0,
		whom != DONE_PAGE ? _("2  Log a first run, in a shell:")
				  : _("2  Log a first run, in a shell (c copies these lines):"));
	char *lines = first_run(w), *rest;
	for (char *one = strtok_r(lines, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
		doc_command(d, one);
	free(lines);
	doc_add(d, ROLE_TEXT, 0,
		way ? _("3  Send all of these lines to a colleague who may enter.")
		    : _("3  Send the address to a colleague who may enter."));
	doc_add(d, ROLE_TEXT, 0, "");
}

static void add_lines(struct doc *d, const char *text)
{
	char *lines = xstrdup(text), *rest;
	for (char *one = strtok_r(lines, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
		doc_add(d, ROLE_TEXT, 2, one);
	free(lines);
}

/* What the operator has to do, and what is seen instead. */
static void task_lines(const struct wizard *w, struct doc *d)
{
	const cJSON *task;
	cJSON_ArrayForEach(task, json_at(w->result, "waiting")) {
		doc_add(d, ROLE_TITLE, 0, json_str(task, "title", ""));
		add_lines(d, json_str(task, "steps", ""));
		if (*json_str(task, "paste", ""))
			doc_whole(d, json_str(task, "paste", ""));
		if (*json_str(task, "message", ""))
			doc_add(d, ROLE_WARN, 2, json_str(task, "message", ""));
		doc_add(d, ROLE_TEXT, 0, "");
	}
}

/* Failures by cause, each with what mends it. */
static void failure_lines(const struct wizard *w, struct doc *d)
{
	const struct progress *p = &w->work.p;
	const char *project = answers_str(w->answers, "project.id");
	for (size_t i = 0; i < p->cause_count; i++) {
		const struct cause *c = &p->causes[i];
		char *words = cause_words(p, c, wizard_who(w), project), *command = cause_command(p, c, wizard_who(w), project);
		doc_mark(d, ROLE_BAD, GLYPH_CROSS, 0, words);
		if (c->count > 1)
			add_text(d, ROLE_TEXT, 2,
				 xasprintf(ngettext("It stopped %d step.", "It stopped %d steps.", (unsigned long)c->count),
					   c->count));
		if (command)
			doc_command(d, command);
		if (*cause_link(p, c))
			doc_whole(d, cause_link(p, c));
		free(command);
		free(words);
	}
	if (p->cause_count)
		doc_add(d, ROLE_TEXT, 0, "");
}

/* The checks of the proof that stand in a phase; PHASE_COUNT counts all. */
static int checks_in(const struct progress *p, enum phase phase)
{
	int n = 0;
	for (size_t i = 0; i < p->count; i++)
		n += p->steps[i].proof && (phase == PHASE_COUNT || p->steps[i].phase == phase);
	return n;
}

static void proof_lines(const struct wizard *w, struct doc *d, enum done_for whom)
{
	const struct progress *p = &w->work.p;
	int checks = checks_in(p, PHASE_COUNT), passed = checks_in(p, PHASE_DONE), shown = 0;
	bool all = whom == DONE_PRINTED || done_of(w)->all;
	if (!checks)
		return;
	add_text(d, ROLE_TITLE, 0, xasprintf(_("Proof: %d of %d checks passed"), passed, checks));
	for (enum phase phase = 0; whom != DONE_TOLD && phase < PHASE_COUNT; phase++) {
		for (size_t i = 0; i < p->count; i++) {
			const struct step *s = &p->steps[i];
			if (!s->proof || s->phase != phase || (!all && shown >= PROOFS_SHOWN - 1))
				continue;
			bool good = phase == PHASE_DONE, bad = phase == PHASE_FAILED;
			doc_mark(d,
				 good  ? ROLE_TEXT
				 : bad ? ROLE_BAD
				       : ROLE_DIM,
				 good  ? GLYPH_CHECK
				 : bad ? GLYPH_CROSS
				       : GLYPH_WAIT,
				 0, *s->title ? _(s->title) : s->id);
			shown++;
		}
	}
	if (shown < checks && whom == DONE_PAGE)
		add_text(
		    d, ROLE_DIM, 2,
		    xasprintf(ngettext("and %d more; p shows it", "and %d more; p shows them", (unsigned long)(checks - shown)),
			      checks - shown));
	doc_add(d, ROLE_TEXT, 0, "");
}

/* The labels of pairs stand in one column, which holds the longest in every language. */
static const char *const labels[] = {N_("Made"), N_("Costs"), N_("Answers"), N_("Next"), N_("Again"), N_("To undo")};

static int label_width(void)
{
	int most = 11;
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		most = cells(_(labels[i])) > most ? cells(_(labels[i])) : most;
	return most;
}

/* A label and what belongs to it. */
static void pair(struct doc *d, const char *label, const char *value)
{
	if (!*value)
		return;
	int pad = label_width() - cells(label);
	add_text(d, ROLE_TEXT, 0, xasprintf("%s%*s %s", label, pad > 0 ? pad : 0, "", value));
	d->list[d->count - 1].hang = label_width() + 1;
}

/* The same, of a value that is taken from the screen. */
static void pair_copied(struct doc *d, const char *label, const char *value)
{
	size_t before = d->count;
	pair(d, label, value);
	if (d->count > before)
		doc_taken(d, value);
}

static void left_lines(const struct wizard *w, struct doc *d)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(w->result, "left"))
		doc_mark(d, ROLE_WARN, GLYPH_WARN, 0, cJSON_IsString(item) ? item->valuestring : json_str(item, "name", ""));
	cJSON_ArrayForEach(item, json_at(w->result, "left_out")) {
		char *text = xasprintf(_("Left out this time; the next run makes it: %s"), item->valuestring);
		doc_mark(d, ROLE_WARN, GLYPH_WARN, 0, text);
		free(text);
	}
	if (cJSON_GetArraySize(json_at(w->result, "left")) || cJSON_GetArraySize(json_at(w->result, "left_out")))
		doc_add(d, ROLE_TEXT, 0, "");
}

static void total_lines(const struct wizard *w, struct doc *d)
{
	char took[24], real[24];
	const cJSON *r = w->result;
	char *counts = xasprintf(_("%d created, %d changed, %d deleted, %d kept, in %s."), (int)json_num(r, "created", 0),
				 (int)json_num(r, "updated", 0), (int)json_num(r, "deleted", 0), (int)json_num(r, "kept", 0),
				 text_duration(json_num(r, "seconds", 0), took));
	pair(d, _("Made"), counts);
	free(counts);
	if (w->work.p.skipped)
		add_text(
		    d, ROLE_WARN, label_width() + 1,
		    xasprintf(ngettext("%d more was not begun.", "%d more were not begun.", (unsigned long)w->work.p.skipped),
			      w->work.p.skipped));
	if (json_num(r, "real_seconds", 0) > 0)
		add_text(d, ROLE_TEXT, label_width() + 1,
			 xasprintf(_("A real run would take %s."), about_text(json_num(r, "real_seconds", 0), real)));
	if (w->work.monthly >= 0.5) { /* less is no price of something that runs all the time */
		char *date = plan_prices_date(w->draft.plan);
		/* TRANSLATORS: a price in US dollars */
		char *cost = xasprintf(_("about $%.0f a month for what runs all the time, by list prices of %s"),
				       w->work.monthly, date);
		pair(d, _("Costs"), cost);
		free(date);
		free(cost);
	}
}

static void log_lines(const struct wizard *w, struct doc *d)
{
	const char *log = json_str(w->result, "log", "");
	if (!*log)
		return;
	doc_add(d, ROLE_TEXT, 0, _("The server's log:"));
	doc_whole(d, log);
}

static void command_lines(const struct wizard *w, struct doc *d)
{
	const char *next = json_str(w->result, "next", ""), *undo = json_str(w->result, "undo", "");
	size_t len = strlen(undo) - (text_ends(undo, " --yes") ? strlen(" --yes") : 0); /* it asks first, as it should */
	char *asks = xstrndup(undo, len);
	pair_copied(d, _("Answers"), w->options->file);
	if (!work_outcome(w, OUTCOME_PROVEN))
		pair_copied(d, w->options->rehearsal ? _("Again") : _("Next"), next);
	if (!w->options->rehearsal)
		pair_copied(d, _("To undo"), asks);
	free(asks);
}

void done_doc(const struct wizard *w, struct doc *d, enum done_for whom)
{
	if (!w->result) {
		doc_add(d, ROLE_TITLE, 0, _("Nothing was built."));
		return;
	}
	outcome_lines(w, d);
	task_lines(w, d);
	failure_lines(w, d);
	now_lines(w, d, whom);
	proof_lines(w, d, whom);
	left_lines(w, d);
	total_lines(w, d);
	command_lines(w, d);
	log_lines(w, d);
}

static void done_draw(struct wizard *w, struct rect r)
{
	struct doc d = {0};
	done_doc(w, &d, DONE_PAGE);
	done_of(w)->top = doc_draw(&d, r, done_of(w)->top);
	doc_free(&d);
}

#define WATCH 15.0 /* seconds between looks at the server's log */

void done_settle(struct wizard *w)
{
	bool seen = json_bool(w->surveys[SURVEY_SIGN_IN].result, "seen", false);
	if (!sign_in_watched(w) || seen || !wizard_on(w, "done") || !w->session ||
	    session_now(w->session) < done_of(w)->look_at)
		return;
	done_of(w)->look_at = session_now(w->session) + WATCH;
	wizard_survey_ask(w, SURVEY_SIGN_IN);
}

static void copy(struct wizard *w)
{
	char *lines = first_run(w);
	bool copied = work_outcome(w, OUTCOME_PROVEN) && screen_copy(lines);
	wizard_say(w, copied ? ROLE_GOOD : ROLE_WARN,
		   copied ? _("Copied. If your terminal does not allow that, mark the lines instead.")
			  : _("There is nothing to copy."));
	free(lines);
}

static enum action character_key(struct wizard *w, wint_t c)
{
	switch (c) {
	case L'\r':
	case L'q':
		return ACTION_QUIT;
	case 27:
		return ACTION_BACK;
	case L'?':
		w->over = &overlay_help;
		break;
	case L'p':
		done_of(w)->all = !done_of(w)->all;
		break;
	case L'c':
		copy(w);
		break;
	case L'l':
		log_open(w, -1, false);
		break;
	case L'w':
		log_save(w);
		break;
	case L'u':
		edit_set(&w->over_edit, "");
		w->over = &overlay_undo;
		break;
	}
	return ACTION_NONE;
}

static enum action done_key(struct wizard *w, const struct key *k)
{
	if (k->kind == KEY_CHARACTER)
		return character_key(w, k->code);
	if (k->kind != KEY_FUNCTION)
		return ACTION_NONE;
	int page = screen_lines() - 6;
	done_of(w)->top += k->code == KEY_UP      ? -1
			   : k->code == KEY_DOWN  ? 1
			   : k->code == KEY_PPAGE ? -page
			   : k->code == KEY_NPAGE ? page
						  : 0;
	done_of(w)->top = k->code == KEY_HOME || done_of(w)->top < 0 ? 0 : done_of(w)->top;
	if (k->code == KEY_END)
		done_of(w)->top = 10000;
	return ACTION_NONE;
}

static void done_hints(struct wizard *w, struct hints *h)
{
	hint(h, _("Enter"), _("leave"));
	hint(h, _("Esc"), _("the steps again"));
	if (work_outcome(w, OUTCOME_PROVEN))
		hint(h, "c", _("copy"));
	if (checks_in(&w->work.p, PHASE_COUNT) >= PROOFS_SHOWN)
		hint(h, "p", done_of(w)->all ? _("fewer checks") : _("all checks"));
	hint(h, "l", _("log"));
	hint(h, "w", _("save log"));
	if (!work_outcome(w, OUTCOME_DESTROYED))
		hint(h, "u", _("undo"));
	hint(h, "?", _("help"));
}

static void done_enter(struct wizard *w)
{
	review_agree(w, false); /* coming back to the build page must not build again */
	done_of(w)->top = 0;
}

const struct page_view done_view = {
    .id = "done",
    .size = sizeof(struct done),
    .enter = done_enter,
    .draw = done_draw,
    .key = done_key,
    .hints = done_hints,
    .help = N_("What is said here was found by asking the server itself. Everything on this page is printed again when you "
	       "leave, where it can be copied."),
};
