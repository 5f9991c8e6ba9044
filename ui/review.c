/* The review, which is also the hub: a line for each section of the answers with its price and its problem, what will be done by the plan, how the
 * checks stand. Enter changes a line, b builds. */
#include "config.h"
#include "ui/review_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

/* Rows -------------------------------------------------------------------------------------------------------------------------------- */

static bool is_row(const struct wizard *w, const char *section)
{
	for (const struct question *q = questions; q->id; q++) {
		if (!strcmp(q->page, section) && answers_asked(w->answers, q))
			return true;
	}
	return false;
}

/* The section in the n-th row; NULL for the last row, which builds. */
const char *review_section(const struct wizard *w, int n)
{
	for (const struct page *p = pages; p->id; p++) {
		if (is_row(w, p->id) && n-- == 0)
			return p->id;
	}
	return NULL;
}

static int row_count(const struct wizard *w)
{
	int n = 0;
	while (review_section(w, n))
		n++;
	return n + 1;
}

/* The build, or the first row that has a problem. */
static int first_focus(const struct wizard *w)
{
	int rows = row_count(w);
	for (int i = 0; i < rows - 1; i++) {
		if (problem_of(w, review_section(w, i)))
			return i;
	}
	return rows - 1;
}

/* A digit leads to a cure of the focused line's problem, else to the line of that number. */
static bool cures_offered(const struct wizard *w)
{
	const char *section = review_section(w, review_own(w)->focus);
	return section && problem_cure(w, section, 0);
}

/* Drawing ----------------------------------------------------------------------------------------------------------------------------- */

enum { BESIDE_FROM = 112, LIST_WIDTH = 78, LIST_MOST = 110, PANE_WIDTH = 84, FACTS_USUAL = 4 };

/* What passes the server has its requests' limit, which decides whether models can be uploaded. */
static char *limit_of(const struct wizard *w, const char *section)
{
	const struct plan *p = w->draft.plan;
	bool here = !strcmp(section, question_find("artifacts.mode")->page);
	int most = p && here && p->artifacts_served ? p->axes.target->request_mib : 0;
	return most ? xasprintf(_("files up to %d MiB"), most) : xstrdup("");
}

/* The word at the right end of a section's line; to be freed. */
char *review_note(const struct wizard *w, const char *section, enum role *role)
{
	char *changes = review_changes(w, section, NULL);
	bool changed = *changes;
	free(changes);
	*role = problem_of(w, section) ? ROLE_BAD : changed ? ROLE_WARN : ROLE_TEXT;
	if (problem_of(w, section))
		return xstrdup(_("put it right"));
	if (changed)
		return xstrdup(_("changed"));
	if (draft_section_month(w, section) >= 1)
		return xasprintf(_("$%.0f"), draft_section_month(w, section));
	*role = ROLE_WARN;
	return limit_of(w, section);
}

/* What is left of a line of this width for the words of a section, beside its title and its note. */
static int words_width(const struct rect r, const char *note)
{
	return r.w - 2 - review_title_width(r) - cells(note) - (*note ? 3 : 0);
}

int review_lines_of(const struct wizard *w, const char *section, struct rect r)
{
	enum role role;
	char *words = section_words(w->answers, section), *note = review_note(w, section, &role);
	int lines = put_wrapped(0, 0, 0, words_width(r, note), ROLE_TEXT, words);
	free(note);
	free(words);
	return lines > 1 ? lines : 1;
}

static void draw_section(const struct wizard *w, const char *section, int lines, struct rect r, bool here)
{
	enum role role;
	int title = review_title_width(r), x = r.x + 2 + title;
	char *words = section_words(w->answers, section), *note = review_note(w, section, &role);
	int beside = r.x + r.w - cells(note);
	if (problem_of(w, section))
		put_glyph(r.y, beside - 2, ROLE_BAD, GLYPH_CROSS);
	put(r.y, r.x + 2, title - 1, here ? ROLE_FOCUS : ROLE_TITLE, _(page_find(section)->title));
	if (lines > 1)
		put_lines(r.y, x, lines, words_width(r, note), ROLE_TEXT, words);
	else
		put(r.y, x, words_width(r, note), ROLE_TEXT, words);
	put(r.y, beside, cells(note), role, note);
	free(note);
	free(words);
}

char *review_build_words(const struct wizard *w)
{
	const struct review *v = review_own(w);
	char about[32];
	if (v->err.exit)
		return xstrdup(_("something has to be put right first"));
	if (review_planning(w) || !v->plan)
		return xasprintf(_("looking at what is in %s already..."), answers_str(w->answers, "project.id"));
	if (review_planned(w, VERDICT_REFUSE))
		return xstrdup(_("something is in the way: d shows what"));
	if (review_changes_nothing(w))
		return xstrdup(_("all stands as it should; Enter proves it again"));
	return xasprintf(_("takes %s, costs about $%.0f a month"), about_text(json_num(v->plan, "expected_seconds", 0), about),
			 draft_month(w));
}

const char *review_deed(const struct wizard *w)
{
	return review_changes_nothing(w) ? _("Prove it") : w->before ? _("Apply") : _("Build this");
}

static void draw_build_row(const struct wizard *w, struct rect r, bool here)
{
	int title = review_title_width(r);
	char *words = review_build_words(w);
	bool bad = review_own(w)->err.exit || review_planned(w, VERDICT_REFUSE);
	put(r.y, r.x + 2, title - 1, here ? ROLE_FOCUS : ROLE_TITLE, review_deed(w));
	put(r.y, r.x + 2 + title, r.w - title - 2, bad ? ROLE_BAD : review_planning(w) ? ROLE_BUSY : ROLE_TEXT, words);
	free(words);
}

/* The n-th row, in so many lines from r.y on. */
static void draw_row(const struct wizard *w, int n, int lines, struct rect r)
{
	const char *section = review_section(w, n);
	bool here = n == review_own(w)->focus;
	if (here)
		put_glyph(r.y, r.x, ROLE_KEY, GLYPH_MARK);
	else if (section && !cures_offered(w))
		put_count(r.y, r.x, n);
	if (section)
		draw_section(w, section, lines, r, here);
	else
		draw_build_row(w, r, here);
	if (here)
		screen_cursor(r.y, r.x + 2);
	for (int line = 0; line < lines; line++)
		screen_target(r.y + line, r.x, r.w, n);
}

/* The rows from the first that is shown on; where there are lines to spare, what does not fit into one line takes more. Returns the line after. */
static int draw_rows(const struct wizard *w, int rows, int spare, struct rect r)
{
	for (int n = review_own(w)->top; rows--; n++) {
		int more = review_section(w, n) && spare > 0 ? review_lines_of(w, review_section(w, n), r) - 1 : 0;
		more = more < spare ? more : spare > 0 ? spare : 0;
		draw_row(w, n, 1 + more, r);
		spare -= more;
		r.y += 1 + more;
	}
	return r.y;
}

/* A complete file may be of a stack that nobody built: until the plan tells, it is gone by what an earlier run noted there. */
static bool mostly_stands(const struct wizard *w)
{
	return review_plan(w) ? review_planned(w, VERDICT_KEEP) >= review_planned(w, VERDICT_CREATE)
			      : w->before->resolved->child != NULL;
}

bool review_of_standing(const struct wizard *w)
{
	return w->before && mostly_stands(w);
}

static const char *sentence_of(const struct wizard *w)
{
	if (w->before && review_has_changes(w))
		return _("These are your changes. b applies them; leaving asks whether to keep them.");
	return review_of_standing(w) ? _("This is what stands. Enter changes a line.")
				     : _("This is what will be built. Enter changes a line, b builds.");
}

static void review_draw(struct wizard *w, struct rect r)
{
	struct review *v = review_own(w);
	bool beside = r.w >= BESIDE_FROM;
	int wide = r.w - 2 - PANE_WIDTH < LIST_WIDTH  ? LIST_WIDTH
		   : r.w - 2 - PANE_WIDTH < LIST_MOST ? r.w - 2 - PANE_WIDTH
						      : LIST_MOST;
	struct rect list = {r.y, r.x, r.h, beside ? wide : r.w};
	int count = row_count(w),
	    pane = beside      ? 0
		   : r.h >= 18 ? REVIEW_PANE
			       : 3,
	    room = r.h - 2 - pane, rows = count < room ? count : room;
	put(r.y, r.x, list.w, ROLE_TEXT, sentence_of(w));
	if (v->focus >= count)
		v->focus = count - 1;
	if (v->focus < v->top)
		v->top = v->focus;
	if (v->focus >= v->top + rows)
		v->top = v->focus - rows + 1;
	if (v->top > count - rows)
		v->top = count - rows;
	int below = review_facts(w) < FACTS_USUAL ? FACTS_USUAL
						  : review_facts(w), /* the rows do not move when the plan comes */
	    spare = room - rows - below - 1, facts = draw_rows(w, rows, spare, (struct rect){r.y + 2, list.x, list.h, list.w});
	if (v->top > 0)
		put_glyph(r.y + 2, r.x - 1, ROLE_KEY, GLYPH_UP);
	if (v->top + rows < count)
		put_glyph(r.y + 1 + rows, r.x - 1, ROLE_KEY, GLYPH_DOWN);
	int end = r.y + r.h - pane;
	review_draw_facts(w, facts + (end - facts > review_facts(w)), end, list);
	const char *section = review_section(w, v->focus);
	if (beside)
		review_draw_pane(w, section, (struct rect){r.y, r.x + wide + 2, r.h, r.w - wide - 2});
	else
		review_draw_pane(w, section, (struct rect){r.y + r.h - pane, r.x, pane, r.w});
}

void review_focus_build(struct wizard *w)
{
	review_own(w)->focus = row_count(w) - 1;
}

void review_focus_section(struct wizard *w, const char *section)
{
	for (int i = 0; review_section(w, i); i++) {
		if (!strcmp(review_section(w, i), section))
			review_own(w)->focus = i;
	}
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static bool has_refusal(const struct wizard *w)
{
	return review_planned(w, VERDICT_REFUSE) > 0;
}

static enum action agree(struct wizard *w)
{
	if (review_stale(w)) /* an answer was changed by a key just before this one */
		review_start(w);
	if (review_own(w)->err.exit) {
		review_own(w)->focus = first_focus(w);
		wizard_say(w, ROLE_BAD, _("This has to be put right first."));
		return ACTION_NONE;
	}
	if (!review_own(w)->plan) {
		w->want_next = true;
		review_focus_build(w);
		wizard_say(w, ROLE_BUSY, _("One moment: the plan is not ready."));
		return ACTION_NONE;
	}
	enum role role;
	if (checks_hold_build(w)) {
		char *words = check_words(checks_hold_build(w));
		wizard_say(w, ROLE_BAD, words);
		free(words);
		return ACTION_NONE;
	}
	if (client_refused(w)) {
		wizard_say(w, ROLE_BAD, client_words(w, &role));
		return ACTION_NONE;
	}
	if (has_refusal(w)) {
		wizard_say(w, ROLE_BAD, _("Something is in the way: d shows what."));
		return ACTION_NONE;
	}
	char *lost = review_data_lost(w);
	bool loses = *lost;
	free(lost);
	if (!loses && (w->options->rehearsal || review_changes_nothing(w))) {
		review_own(w)->agreed = true;
		return ACTION_NEXT;
	}
	edit_set(&w->over_edit, "");
	w->over = loses ? &overlay_data : &overlay_consent;
	return ACTION_NONE;
}

static enum action enter_key(struct wizard *w)
{
	const char *section = review_section(w, review_own(w)->focus);
	if (!section)
		return agree(w);
	settings_open(w, section);
	return ACTION_NONE;
}

/* The setting that cures the focused line's problem, in whichever section it stands; Esc comes back here. */
static void cure(struct wizard *w, int n)
{
	const struct question *q = problem_cure(w, review_section(w, review_own(w)->focus), n);
	if (!q)
		return;
	settings_open(w, q->page);
	settings_focus(w, q);
}

static void count_key(struct wizard *w, int n)
{
	if (n < 0)
		return;
	if (cures_offered(w)) {
		cure(w, n);
		return;
	}
	if (!review_section(w, n))
		return;
	review_own(w)->focus = n;
	settings_open(w, review_section(w, n));
}

static void move_by(struct wizard *w, int delta)
{
	int to = review_own(w)->focus + delta, last = row_count(w) - 1;
	review_own(w)->focus = to < 0 ? 0 : to > last ? last : to;
}

static enum action function_key(struct wizard *w, wint_t code)
{
	if (code == KEY_UP || code == KEY_DOWN)
		move_by(w, code == KEY_UP ? -1 : 1);
	else if (code == KEY_PPAGE || code == KEY_HOME)
		move_by(w, -1000);
	else if (code == KEY_NPAGE || code == KEY_END)
		move_by(w, 1000);
	return code == KEY_RIGHT ? enter_key(w) : ACTION_NONE;
}

static enum action review_key(struct wizard *w, const struct key *k)
{
	if (k->kind == KEY_TARGET) {
		bool again = review_own(w)->focus == (int)k->code;
		review_own(w)->focus = (int)k->code;
		return again ? enter_key(w) : ACTION_NONE;
	}
	if (k->kind == KEY_FUNCTION)
		return function_key(w, k->code);
	if (k->kind != KEY_CHARACTER)
		return ACTION_NONE;
	switch (k->code) {
	case L'\r':
		return enter_key(w);
	case L'b':
		return agree(w);
	case 27:
		if (!w->before)
			return ACTION_BACK;
		w->over = &overlay_quit;
		break;
	case L'a':
	case L'/':
		settings_open(w, NULL);
		break;
	case L'd':
		w->over = &overlay_resources;
		w->over_top = 0;
		break;
	case L'c':
		checks_copy(w);
		break;
	case L'r':
		wizard_surveys_again(w);
		review_start(w);
		break;
	case L'?':
		w->over = &overlay_help;
		break;
	default:
		count_key(w, key_counts(k));
	}
	return ACTION_NONE;
}

static void review_enter(struct wizard *w)
{
	w->jump_to = NULL;
	review_start(w);
	review_own(w)->top = 0;
	review_own(w)->focus = first_focus(w);
}

static void review_hints(struct wizard *w, struct hints *h)
{
	bool last = !review_section(w, review_own(w)->focus);
	if (!last)
		hint(h, _("Enter"), _("change"));
	bool cures = cures_offered(w);
	if (cures)
		hint(h, "1-9", _("cures"));
	else
		hint(h, last ? _("Enter") : "b",
		     review_changes_nothing(w) ? _("prove again")
		     : w->before               ? _("apply")
					       : _("build"));
	hint(h, "d", _("details"));
	hint(h, "a", _("all settings"));
	if (!cures)
		hint(h, "r", _("look again"));
	hint(h, "?", _("help"));
	hint(h, _("Esc"), w->before ? _("leave") : _("back"));
}

const struct page_view review_view = {
    .id = "review",
    .size = sizeof(struct review),
    .forget = review_forget,
    .enter = review_enter,
    .draw = review_draw,
    .key = review_key,
    .hints = review_hints,
    .event = review_event,
    .help = N_(
	"Each line is a group of settings: Enter or its digit changes it and comes back. d lists every resource of the plan, a "
	"every "
	"setting; c copies the line that "
	"mends a failed check, r looks again. Prices are an estimate by list prices; what is billed by use comes on top."),
};
