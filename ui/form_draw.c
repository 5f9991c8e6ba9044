/* Drawing a page of questions: rows of label and value, what is known about them, and help for the focused one. */
#include "config.h"
#include "ui/form_parts.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 64, HELP_LINES = 4, BESIDE_FROM = 112, LEFT = 78 };

char *setting_words(const struct wizard *w, const struct question *q)
{
	char *words = answers_words(w->answers, q);
	if (q->type != TYPE_SECRET || strcmp(words, "prompt") != 0)
		return words;
	free(words);
	return xstrdup(w->secret ? _("typed, not saved") : _("not typed so far"));
}

static void draw_other_value(const struct wizard *w, const struct question *q, int y, int x, int width, bool here)
{
	const char *typed = form_draft(w, q->id);
	char *words = typed ? xstrdup(typed) : setting_words(w, q);
	if (typed)
		x += put_glyph(y, x, ROLE_BAD, GLYPH_CROSS) + 1;
	if (!*words && !q->optional)
		put(y, x, width, ROLE_WARN, _("needed"));
	else
		put(y, x, width, here ? ROLE_FOCUS : typed ? ROLE_BAD : ROLE_TEXT, *words ? words : _("none"));
	if (here)
		screen_cursor(y, x);
	free(words);
}

static void draw_row(struct wizard *w, const struct question *q, int y, struct rect r, bool here)
{
	int x = r.x + FORM_LABEL, width = r.w - FORM_LABEL < VALUE_MAX ? r.w - FORM_LABEL : VALUE_MAX;
	if (here)
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
	put(y, r.x + 2, FORM_LABEL - 3, here ? ROLE_TITLE : ROLE_TEXT, _(q->title));
	if (!here || !form_is_typed(q)) {
		draw_other_value(w, q, y, x, width, here);
		return;
	}
	if (q->type == TYPE_INT)
		width = 8;
	edit_draw(&form_own(w)->edit, y, x, width, ROLE_FIELD, false);
	if (q->unit)
		put(y, x + width + 1, r.w - FORM_LABEL - width - 1, ROLE_TEXT, _(q->unit));
}

static int help_lines(struct rect r)
{
	return r.h >= 18 ? HELP_LINES : 2;
}

static void draw_help(struct wizard *w, const struct question *q, struct rect full, int spared)
{
	struct rect r = {full.y, full.x, full.h - spared, full.w};
	int y = r.y + r.h - help_lines(full);
	char *problem = form_problem(w, q);
	put_rule(y - 1, r.x, r.w);
	if (problem && !(w->message && !strcmp(w->message, problem))) /* it stands below already */
		y += put_lines(y, r.x, 2, r.w, ROLE_WARN, problem);
	y += put_lines(y, r.x, r.y + r.h - y, r.w, ROLE_DIM, _(q->help));
	if (form_own(w)->unsaid)
		put_lines(y, r.x, r.y + r.h - y, r.w, ROLE_TEXT, form_own(w)->unsaid);
	free(problem);
}

/* Where the screen is wide, all that is to be said of the focused question stands beside the fields: help, choices, what the file calls it. */
static void draw_beside(struct wizard *w, const struct question *q, struct rect r)
{
	char *problem = form_problem(w, q);
	put_rule(r.y, r.x, r.w);
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, " %s ", _(q->title));
	char *named = xasprintf(_("In the answers file, and for --set: %s"), q->id);
	int y = r.y + 1, end = r.y + r.h;
	if (problem)
		y += put_lines(y, r.x, 4, r.w, ROLE_WARN, problem);
	y += put_lines(y, r.x, 8, r.w, ROLE_DIM, _(q->help)) + 1;
	if (q->type == TYPE_CHOICE)
		y = draw_choices(w, q, (struct rect){y, r.x, end - 3 - y, r.w}, -1) + 1;
	put_lines(y, r.x, 2, r.w, ROLE_DIM, named);
	free(named);
	free(problem);
}

/* Returns the rows that it leaves free so that the help moves up from under what was said; what is known of the answers does not give way. */
static int draw_rows(struct wizard *w, struct rect r, bool beside)
{
	int count = form_asked_count(w), room = count < r.h ? count : r.h,
	    top = form_own(w)->focus < room ? 0 : form_own(w)->focus - room + 1, y = r.y;
	for (int i = top; i < top + room; i++, y++) {
		screen_target(y, r.x, r.w, i);
		draw_row(w, form_asked(w, i), y, r, i == form_own(w)->focus);
	}
	if (top > 0)
		put_glyph(r.y, r.x - 1, ROLE_KEY, GLYPH_UP);
	if (top + room < count)
		put_glyph(r.y + room - 1, r.x - 1, ROLE_KEY, GLYPH_DOWN);
	y = form_draw_facts(w, y + 1, r);
	r.h -= y - r.y;
	r.y = y;
	int spared = r.h > 0 && !beside ? wizard_covered(w) : 0;
	r.h -= spared;
	const struct question *q = form_focused(w);
	if (q && q->type == TYPE_CHOICE && beside)
		return spared;
	if (q && q->type == TYPE_CHOICE && r.h > 1)
		draw_choices(w, q, (struct rect){r.y, r.x + 2, r.h, r.w - 2}, -1);
	else if (q)
		suggestions_draw(w, q, r);
	return spared;
}

void form_draw(struct wizard *w, struct rect r)
{
	const struct wizard_page *page = &wizard_pages[w->page];
	const struct question *q = form_focused(w);
	bool beside = r.w >= BESIDE_FROM;
	struct rect left = {r.y, r.x, r.h, beside ? LEFT : r.w};
	int y = r.y + put_lines(r.y, r.x, r.h >= 18 ? 2 : 1, left.w, ROLE_TEXT, _(page->intro)) + 1;
	int below = beside ? 0 : help_lines(r) + 1;
	form_own(w)->unsaid = NULL;
	int spared = draw_rows(w, (struct rect){y, r.x, r.h - (y - r.y) - below, left.w}, beside);
	if (q && beside)
		draw_beside(w, q, (struct rect){r.y, r.x + LEFT + 2, r.h, r.w - LEFT - 2});
	else if (q)
		draw_help(w, q, r, spared);
}
