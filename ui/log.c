/* The log: its last lines beside the steps, and the whole of it over the page with search, wrapping and a sideways view. */
#include "config.h"
#include "ui/state.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"

#include <curses.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK = 9, PART_NAME = 14, STEP_ASIDE = 16 };

/* The whole log over the page. Lines are counted from the run's first one, also those that were let go. */
struct log_view {
	int part;   /* whose lines; -1 all */
	size_t top; /* the first line shown, when not following */
	bool follow, wrap;
	int sideways; /* cells that the text is moved to the left */
	int rows;     /* how many the last frame had room for */
	bool searching;
	struct edit search;
	char *pattern; /* what was searched for last, or NULL */
	size_t match;  /* the line that was found last; SIZE_MAX for none */
};

static struct log_view *log_of(const struct wizard *w)
{
	return overlay_own(w, &overlay_log);
}

static bool shown(const struct progress *p, const struct log_view *v, size_t at)
{
	return v->part < 0 || progress_line_part(p, at) == v->part;
}

static int head_width(const struct log_view *v)
{
	return v->part < 0 ? CLOCK + PART_NAME : CLOCK;
}

/* The rows that a line takes. */
static int rows_of(const struct progress *p, const struct log_view *v, size_t at, int width)
{
	int n = v->wrap ? put_wrapped(0, 0, 0, width - head_width(v), ROLE_TEXT, p->lines[at].text) : 1;
	return n > 0 ? n : 1;
}

/* The first line of a screen that ends with the last one. */
static size_t first_at_end(const struct progress *p, const struct log_view *v, int rows, int width)
{
	size_t first = p->line_count;
	for (size_t i = p->line_count; i-- > 0;) {
		if (!shown(p, v, i))
			continue;
		rows -= rows_of(p, v, i, width);
		if (rows < 0)
			break;
		first = i;
	}
	return first;
}

/* Skips as many cells of text as it is moved sideways. */
static const char *aside(const char *text, int sideways)
{
	return sideways > 0 ? text + fitting(text, sideways) : text;
}

static int draw_line(const struct progress *p, const struct log_view *v, size_t at, int y, struct rect r)
{
	const struct log_line *l = &p->lines[at];
	char when[32];
	int x = r.x + head_width(v), width = r.w - head_width(v), room = r.y + r.h - y, rows = 1;
	int part = progress_line_part(p, at);
	bool found = v->pattern && *v->pattern && strcasestr(l->text, v->pattern);
	enum role role = found                                                                ? ROLE_FOCUS
			 : l->step >= 0 && p->steps[l->step].phase == PHASE_FAILED && l->ours ? ROLE_BAD
			 : l->ours                                                            ? ROLE_TEXT
											      : ROLE_DIM;
	put_right(y, r.x, CLOCK - 2, ROLE_DIM, clock_text(l->at, when));
	if (v->part < 0)
		put(y, r.x + CLOCK, PART_NAME - 2, ROLE_DIM, part == PART_UNSAID ? "" : _(parts[part].title));
	if (v->wrap)
		rows = put_wrapped(y, x, room, width, role, l->text);
	else
		put(y, x, width, role, aside(l->text, v->sideways));
	return rows > 0 ? rows : 1;
}

void log_tail(const struct wizard *w, int part, struct rect r)
{
	struct log_view v = {.part = part, .wrap = true};
	const struct progress *p = &w->work.p;
	int y = r.y;
	for (size_t i = first_at_end(p, &v, r.h, r.w); i < p->line_count && y < r.y + r.h; i++) {
		if (shown(p, &v, i))
			y += draw_line(p, &v, i, y, r);
	}
}

/* Over the page ---------------------------------------------------------------------------------------------------------------------- */

static void forget_pattern(struct log_view *v)
{
	free(v->pattern);
	v->pattern = NULL;
}

void log_open(struct wizard *w, int part, bool search)
{
	struct log_view *v = log_of(w);
	forget_pattern(v);
	*v = (struct log_view){.part = part, .follow = true, .wrap = true, .searching = search, .match = SIZE_MAX};
	edit_set(&v->search, "");
	w->over = &overlay_log;
}

static void log_forget(struct wizard *w)
{
	forget_pattern(log_of(w));
}

void log_save(struct wizard *w)
{
	const char *file = w->options->file;
	size_t stem = strlen(file) - (text_ends(file, ".json") ? strlen(".json") : 0);
	char *path = xasprintf("%.*s.log", (int)stem, file);
	struct buf text = {0};
	struct err e = {0};
	progress_log(&w->work.p, -1, &text);
	bool saved = file_write(path, buf_text(&text), text.len, 0600, &e);
	char *said = saved ? xasprintf(_("The log is in %s."), path) : err_text(&e);
	wizard_say(w, saved ? ROLE_GOOD : ROLE_BAD, said);
	free(said);
	free(path);
	buf_free(&text);
	err_free(&e);
}

static size_t top_of(const struct progress *p, const struct log_view *v, struct rect r)
{
	size_t end = first_at_end(p, v, r.h, r.w), top = v->top > p->dropped ? v->top - p->dropped : 0;
	return v->follow || top > end ? end : top;
}

static struct rect area(void)
{
	return (struct rect){3, 1, screen_lines() - 5, screen_columns() - 2};
}

static void draw_title(const struct wizard *w, int y)
{
	const struct log_view *v = log_of(w);
	char *title = v->part < 0 ? xstrdup(_("Log")) : xasprintf(_("Log: %s"), _(parts[v->part].title));
	int used = 2 + put(y, 2, screen_columns() - 4, ROLE_TITLE, title) + 2;
	free(title);
	if (w->work.p.dropped)
		putf(y, used, screen_columns() - used - 16, ROLE_WARN, _("(the first %zu lines are no longer kept)"),
		     w->work.p.dropped);
	if (v->follow)
		put_right(y, screen_columns() - 16, 14, ROLE_DIM, _("following"));
}

static void draw_search(struct log_view *v)
{
	int y = screen_lines() - 2;
	fill((struct rect){y, 0, 1, screen_columns()}, ROLE_TEXT);
	put(y, 2, 2, ROLE_KEY, "/");
	edit_draw(&v->search, y, 4, screen_columns() - 8 < 60 ? screen_columns() - 8 : 60, ROLE_FIELD, false);
}

static void log_draw(struct wizard *w)
{
	struct log_view *v = log_of(w);
	const struct progress *p = &w->work.p;
	struct rect r = area();
	fill((struct rect){2, 0, screen_lines() - 4, screen_columns()}, ROLE_TEXT);
	draw_title(w, 2);
	v->rows = r.h;
	size_t top = top_of(p, v, r);
	int y = r.y;
	screen_cursor(r.y, r.x);
	for (size_t i = top; i < p->line_count && y < r.y + r.h; i++) {
		if (!shown(p, v, i))
			continue;
		if (v->match == i + p->dropped)
			screen_cursor(y, r.x + head_width(v));
		y += draw_line(p, v, i, y, r);
	}
	if (y == r.y)
		put(y, r.x + 1, r.w - 1, ROLE_DIM, _("Nothing was said so far."));
	if (v->searching)
		draw_search(v);
}

static void scroll_by(struct wizard *w, int delta)
{
	struct log_view *v = log_of(w);
	const struct progress *p = &w->work.p;
	struct rect r = area();
	size_t end = first_at_end(p, v, r.h, r.w), at = top_of(p, v, r);
	for (int left = abs(delta); left > 0;) {
		if ((delta < 0 && at == 0) || (delta > 0 && at >= end))
			break;
		at = delta < 0 ? at - 1 : at + 1;
		left -= at < p->line_count && shown(p, v, at);
	}
	v->follow = at >= end && delta > 0;
	v->top = at + p->dropped;
}

/* The next line with the pattern from the one found last: earlier ones for -1, later ones for 1; goes on from the other end. */
static void find(struct wizard *w, int delta)
{
	struct log_view *v = log_of(w);
	const struct progress *p = &w->work.p;
	size_t count = p->line_count,
	       from = v->match == SIZE_MAX || v->match < p->dropped ? (delta < 0 ? count : SIZE_MAX) : v->match - p->dropped;
	if (!v->pattern || !*v->pattern || !count)
		return;
	for (size_t n = 0; n < count; n++) {
		from = delta < 0 ? (from == 0 || from > count ? count : from) - 1 : (from + 1 >= count ? 0 : from + 1);
		if (!shown(p, v, from) || !strcasestr(p->lines[from].text, v->pattern))
			continue;
		v->match = from + p->dropped;
		v->follow = false;
		v->top = v->match > (size_t)v->rows / 2 ? v->match - (size_t)v->rows / 2 : 0;
		return;
	}
	wizard_say(w, ROLE_WARN, _("Not found."));
}

static void search_key(struct wizard *w, const struct key *k)
{
	struct log_view *v = log_of(w);
	bool enter = key_is(k, L'\r'), esc = key_is(k, 27);
	if (!enter && !esc) {
		edit_key(&v->search, k);
		return;
	}
	v->searching = false;
	forget_pattern(v);
	v->match = SIZE_MAX;
	if (enter)
		v->pattern = edit_text(&v->search);
	if (enter)
		find(w, -1);
}

/* Sideways as far as there is text in what the frame shows: never beyond the end of its longest line. */
static void move_aside(struct wizard *w, int delta)
{
	struct log_view *v = log_of(w);
	const struct progress *p = &w->work.p;
	int longest = 0, rows = 0;
	for (size_t i = top_of(p, v, area()); i < p->line_count && rows < v->rows; i++) {
		if (!shown(p, v, i))
			continue;
		longest = cells(p->lines[i].text) > longest ? cells(p->lines[i].text) : longest;
		rows++;
	}
	if (v->sideways + delta >= 0 &&
	    (delta < 0 || v->sideways + delta < longest)) /* back, too, where shorter lines are shown now */
		v->sideways += delta;
}

static void function_key(struct wizard *w, wint_t code)
{
	struct log_view *v = log_of(w);
	switch (code) {
	case KEY_UP:
		scroll_by(w, -1);
		break;
	case KEY_DOWN:
		scroll_by(w, 1);
		break;
	case KEY_PPAGE:
		scroll_by(w, -(v->rows - 1));
		break;
	case KEY_NPAGE:
		scroll_by(w, v->rows - 1);
		break;
	case KEY_HOME:
		v->follow = false;
		v->top = 0;
		break;
	case KEY_END:
		v->follow = true;
		break;
	case KEY_LEFT:
		move_aside(w, -STEP_ASIDE);
		break;
	case KEY_RIGHT:
		move_aside(w, v->wrap ? 0 : STEP_ASIDE);
		break;
	}
}

static void character_key(struct wizard *w, wint_t c)
{
	struct log_view *v = log_of(w);
	switch (c) {
	case L'/':
		v->searching = true;
		edit_set(&v->search, "");
		break;
	case L'n':
	case L'N':
		find(w, c == L'n' ? -1 : 1);
		break;
	case L'f':
		v->follow = !v->follow;
		v->top = w->work.p.dropped + first_at_end(&w->work.p, v, area().h, area().w);
		break;
	case L't':
		v->wrap = !v->wrap;
		v->sideways = 0;
		break;
	case L'p':
		v->part = v->part < 0 ? build_focused_part(w) : -1;
		v->follow = true;
		v->sideways = 0;
		break;
	case L'w':
		log_save(w);
		break;
	}
}

static bool log_key(struct wizard *w, const struct key *k, enum action *action)
{
	struct log_view *v = log_of(w);
	(void)action;
	if (v->searching)
		search_key(w, k);
	else if (key_is(k, 27) || key_is(k, L'q') || key_is(k, L'l'))
		return false;
	else if (k->kind == KEY_FUNCTION)
		function_key(w, k->code);
	else if (k->kind == KEY_CHARACTER)
		character_key(w, k->code);
	return true;
}

static void log_hints(struct wizard *w, struct hints *h)
{
	const struct log_view *v = log_of(w);
	if (v->searching) {
		hint(h, _("Enter"), _("search"));
		hint(h, _("Esc"), _("no search"));
		return;
	}
	hint(h, _("Esc"), _("back"));
	hint(h, "/", _("search"));
	if (v->pattern)
		hint(h, "n N", _("earlier, later"));
	hint(h, "f", v->follow ? _("stand still") : _("follow"));
	hint(h, "t", v->wrap ? _("cut lines") : _("wrap lines"));
	if (v->part >= 0 || build_focused_part(w) >= 0)
		hint(h, "p", v->part < 0 ? _("this part only") : _("all parts"));
	hint(h, "w", _("save"));
	if (!v->wrap)
		hint(h, _("Left/Right"), _("sideways"));
}

const struct overlay overlay_log = {
    .draw = log_draw, .key = log_key, .hints = log_hints, .size = sizeof(struct log_view), .forget = log_forget};
