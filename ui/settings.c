/* Settings over the review: those of one section, or all of them grouped and filtered. One is changed in place, with its choices and their prices. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LABEL = 26, PANE = 7, BESIDE_FROM = 112, BESIDE = 50 };

struct settings {
	const char *section; /* whose; NULL for all */
	const struct question *focused;
	struct edit filter, edit;
	bool choosing, typing, fresh; /* its choices are open; its text is; nothing was typed so far */
	int choice, top;
};

static struct settings *settings_of(const struct wizard *w)
{
	return overlay_own(w, &overlay_settings);
}

/* Rows -------------------------------------------------------------------------------------------------------------------------------- */

static bool holds(const struct wizard *w, const struct question *q, const char *text)
{
	char *words = answers_words(w->answers, q);
	bool match = strcasestr(_(q->title), text) || strcasestr(q->id, text) || strcasestr(words, text);
	free(words);
	return match;
}

int settings_list(const struct wizard *w, const char *section, const char *holding, const struct question *into[SETTINGS_MOST])
{
	int n = 0;
	for (const struct page *p = pages; p->id; p++) {
		for (int quiet = 0; quiet < 2; quiet++) {
			for (const struct question *q = questions; q->id; q++) {
				bool here = !strcmp(q->page, p->id) && q->quiet == quiet &&
					    (!section || !strcmp(section, p->id));
				if (here && n < SETTINGS_MOST && answers_asked(w->answers, q) && holds(w, q, holding))
					into[n++] = q;
			}
		}
	}
	return n;
}

/* Those that are shown; returns how many. */
static int collect(const struct wizard *w, const struct question *into[SETTINGS_MOST])
{
	char *typed = edit_text(&settings_of(w)->filter);
	int n = settings_list(w, settings_of(w)->section, typed, into);
	free(typed);
	return n;
}

/* The first that needs an answer; NULL for none. */
static const struct question *lacking(const struct wizard *w)
{
	const struct question *list[SETTINGS_MOST];
	int count = settings_of(w)->section ? collect(w, list) : 0;
	for (int i = 0; i < count; i++) {
		if (question_lacks(list[i], w->answers))
			return list[i];
	}
	return NULL;
}

static void focus_at(struct wizard *w, int n)
{
	const struct question *list[SETTINGS_MOST];
	int count = collect(w, list);
	settings_of(w)->focused = count ? list[n < 0 ? 0 : n >= count ? count - 1 : n] : NULL;
	if (settings_of(w)->focused)
		draft_price_choices(w, settings_of(w)->focused);
}

static bool change(struct wizard *w, const struct question *q);

void settings_open(struct wizard *w, const char *section)
{
	struct settings *s = settings_of(w);
	const struct question *list[SETTINGS_MOST], *last = section ? s->focused : NULL;
	*s = (struct settings){.section = section};
	edit_set(&s->filter, "");
	w->over = &overlay_settings;
	focus_at(w, 0);
	if (lacking(w))
		settings_focus(w, lacking(w));
	else if (last) /* the same line again: where it was left */
		settings_focus(w, last);
	if (section && collect(w, list) == 1)
		change(w, list[0]);
}

const struct question *settings_focused(const struct wizard *w)
{
	return settings_of(w)->focused;
}

bool settings_changing(const struct wizard *w)
{
	return settings_of(w)->choosing || settings_of(w)->typing;
}

void settings_focus(struct wizard *w, const struct question *q)
{
	const struct question *list[SETTINGS_MOST];
	int count = collect(w, list);
	for (int at = 0; at < count; at++) {
		if (list[at] == q)
			focus_at(w, at);
	}
}

/* Drawing ----------------------------------------------------------------------------------------------------------------------------- */

/* The lines of one section have a digit each that opens them; where letters filter, digits do as well. */
static bool is_counted(const struct settings *s)
{
	return s->section && !s->filter.len && !s->choosing && !s->typing;
}

static bool was_changed(const struct wizard *w, const struct question *q)
{
	return w->before && !json_equal(answers_get(w->before, q->id), answers_get(w->answers, q->id));
}

static void draw_row(struct wizard *w, const struct question *q, int y, struct rect r, bool here, int n)
{
	struct settings *s = settings_of(w);
	int label = r.w < 70 ? 24 : LABEL, x = r.x + 2 + label, width = r.w - 2 - label;
	char *words = setting_words(w, q);
	if (here)
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
	else if (is_counted(s))
		put_count(y, r.x, n);
	put(y, r.x + 2, label - 1, here ? ROLE_TITLE : ROLE_TEXT, _(q->title));
	if (here && s->typing) {
		edit_draw(&s->edit, y, x, width, ROLE_FIELD, false);
	} else {
		bool lacks = question_lacks(q, w->answers);
		char *text = was_changed(w, q) ? xasprintf(_("%s (changed)"), words) : xstrdup(words);
		put(y, x, width,
		    here                ? ROLE_FOCUS
		    : lacks             ? ROLE_BAD
		    : was_changed(w, q) ? ROLE_WARN
					: ROLE_TEXT,
		    lacks   ? _("needed")
		    : *text ? text
			    : _("none"));
		free(text);
		if (here)
			screen_cursor(y, x);
	}
	free(words);
}

/* What is told of the focused setting: its choices with prices, or its help. */
static void draw_pane(struct wizard *w, const struct question *q, struct rect r)
{
	struct settings *s = settings_of(w);
	put_rule(r.y, r.x, r.w);
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, " %s ", _(q->title));
	struct rect inner = {r.y + 1, r.x, r.h - 1, r.w};
	if (s->choosing) {
		draw_choices(w, q, inner, s->choice);
		return;
	}
	int y = inner.y + put_lines(inner.y, inner.x, inner.h > 3 ? inner.h - 2 : inner.h, inner.w,
				    w->message ? w->message_role : ROLE_DIM, w->message ? w->message : _(q->help));
	if (q->type == TYPE_CHOICE && y < inner.y + inner.h) {
		struct rect rest = {y, inner.x, inner.y + inner.h - y, inner.w};
		draw_choice_prices(w, q, rest);
		y++;
	}
	char *named = xasprintf(_("In the answers file, and for --set: %s"), q->id);
	int last = inner.y + inner.h - 1;
	if (r.h > PANE && y < last - 1) /* beside the list */
		put_lines(y + 1, inner.x, 2, inner.w, ROLE_DIM, named);
	else if (r.w > 60 && y <= last)
		put(last, inner.x, inner.w, ROLE_DIM, named);
	free(named);
}

/* The row in which each stands, a heading before each section when all are shown. */
static int lay_out(const struct question *const *list, int count, bool headings, int *rows)
{
	const char *section = "";
	int row = 0;
	for (int i = 0; i < count; i++) {
		row += headings && strcmp(section, list[i]->page) != 0;
		section = list[i]->page;
		rows[i] = row++;
	}
	return row;
}

static void draw_list(struct wizard *w, struct rect r)
{
	struct settings *s = settings_of(w);
	const struct question *list[SETTINGS_MOST];
	int rows[SETTINGS_MOST], count = collect(w, list), all = lay_out(list, count, !s->section, rows), at = 0;
	while (at < count && list[at] != s->focused)
		at++;
	int row = at < count ? rows[at] : 0;
	if (row - !s->section < s->top)
		s->top = row - !s->section > 0 ? row - !s->section : 0;
	if (row >= s->top + r.h)
		s->top = row - r.h + 1;
	for (int i = 0; i < count; i++) {
		int y = r.y + rows[i] - s->top;
		bool heading = !s->section && (!i || strcmp(list[i]->page, list[i - 1]->page) != 0);
		if (heading && y - 1 >= r.y && y - 1 < r.y + r.h)
			put(y - 1, r.x, r.w, ROLE_DIM, _(page_find(list[i]->page)->title));
		if (y < r.y || y >= r.y + r.h)
			continue;
		screen_target(y, r.x, r.w, i);
		draw_row(w, list[i], y, r, i == at, i);
	}
	if (s->top > 0)
		put_glyph(r.y, r.x - 1, ROLE_KEY, GLYPH_UP);
	if (all > s->top + r.h)
		put_glyph(r.y + r.h - 1, r.x - 1, ROLE_KEY, GLYPH_DOWN);
	if (!count)
		put(r.y, r.x + 2, r.w - 2, ROLE_WARN, _("No setting matches what you typed."));
}

static void settings_draw(struct wizard *w)
{
	struct settings *s = settings_of(w);
	struct rect all = {2, 2, screen_lines() - 4, screen_columns() - 4};
	fill((struct rect){2, 0, screen_lines() - 3, screen_columns()}, ROLE_TEXT);
	int x = all.x + put(2, all.x, all.w, ROLE_TITLE, s->section ? _(page_find(s->section)->title) : _("All settings")) + 3;
	char *typed = edit_text(&s->filter);
	if (*typed)
		putf(2, x, all.w - x, ROLE_KEY, _("matching: %s"), typed);
	free(typed);
	screen_cursor(2, all.x);
	bool beside = all.w >= BESIDE_FROM;
	int pane = beside ? 0 : s->focused && s->choosing ? choices_height(w, s->focused, all.w) + 1 : PANE, most = all.h - 6;
	pane = all.h < 18 && !s->choosing ? 4 : pane < most ? pane : most;
	struct rect list = {4, all.x, all.h - 2 - pane, beside ? all.w - BESIDE : all.w};
	draw_list(w, list);
	if (s->focused)
		draw_pane(w, s->focused,
			  beside ? (struct rect){4, all.x + all.w - BESIDE + 2, all.h - 2, BESIDE - 2}
				 : (struct rect){all.y + all.h - pane, all.x, pane, all.w});
}

/* Keys -------------------------------------------------------------------------------------------------------------------------------- */

static void move_by(struct wizard *w, int delta)
{
	const struct question *list[SETTINGS_MOST];
	int count = collect(w, list), at = 0;
	while (at < count && list[at] != settings_of(w)->focused)
		at++;
	focus_at(w, at < count ? at + delta : 0);
}

bool settings_over(struct wizard *w, const struct question *q)
{
	if (w->over != &overlay_settings && w->under != &overlay_settings)
		return false;
	if (lacking(w)) { /* what was taken asks for more */
		settings_focus(w, lacking(w));
		return false;
	}
	if (w->before)
		review_focus_section(w, q->page);
	return w->before != NULL;
}

/* After an answer was taken: what it asks for besides is opened next, else it may be the review again. Do the settings stay open? */
static bool goes_on(struct wizard *w, const struct question *q)
{
	if (settings_over(w, q))
		return false;
	return !lacking(w) || change(w, lacking(w));
}

/* These take a key, and return whether the settings stay open. */
static bool choice_key(struct wizard *w, const struct question *q, const struct key *k)
{
	struct settings *s = settings_of(w);
	int counted = key_counts(k), shown = counted >= 0 && counted < choice_count(w, q);
	bool enter = shown || key_is(k, L'\r') || key_is(k, L' ');
	s->choice = shown ? counted : s->choice;
	if (key_is(k, 27))
		s->choosing = false;
	else if (key_does(k, KEY_UP))
		s->choice -= s->choice > 0;
	else if (key_does(k, KEY_DOWN))
		s->choice += s->choice < choice_count(w, q) - 1;
	else if (enter && form_set(w, q, cJSON_CreateString(question_choice(q, w->answers, s->choice)->id)))
		s->choosing = false;
	draft_price_choices(w, q);
	return s->choosing || !enter || key_is(k, L' ') || key_is(k, 27) || goes_on(w, q);
}

static bool typing_key(struct wizard *w, const struct question *q, const struct key *k)
{
	struct settings *s = settings_of(w);
	struct err e = {0};
	bool taken = false, printable = key_prints(k);
	if (key_is(k, 27)) {
		s->typing = false;
	} else if (key_is(k, L'\r')) {
		char *text = edit_text(&s->edit);
		bool lacks = !*text && !q->optional;
		taken = !lacks && answers_set_text(w->answers, q->id, text, &e);
		s->typing = !taken;
		if (taken)
			form_changed(w, q);
		else
			wizard_say(w, ROLE_BAD, lacks ? _("An answer is needed.") : e.what);
		free(text);
	} else {
		if (s->fresh && printable)
			edit_set(&s->edit, ""); /* the first character replaces what stood there */
		edit_key(&s->edit, k);
	}
	s->fresh = false;
	err_free(&e);
	return !taken || goes_on(w, q);
}

static bool change(struct wizard *w, const struct question *q)
{
	struct settings *s = settings_of(w);
	const cJSON *only = form_only_suggestion(w, q);
	char *words;
	switch (q->type) {
	case TYPE_CHOICE:
		s->choosing = true;
		s->choice = choice_index(w, q, answers_str(w->answers, q->id));
		break;
	case TYPE_BOOL:
		form_set(w, q, cJSON_CreateBool(!answers_bool(w->answers, q->id)));
		break;
	case TYPE_LIST:
		list_open(w, q);
		break;
	default:
		words = only                  ? xstrdup(json_str(only, "id", ""))
			: q->type == TYPE_INT ? xasprintf("%d", answers_int(w->answers, q->id)) /* what Enter takes: no unit */
					      : answers_words(w->answers, q);
		edit_set(&s->edit, words);
		free(words);
		s->typing = s->fresh = true;
	}
	return true;
}

/* Of those that hold what was typed, the one whose title begins with it is meant. */
static void filter_key(struct wizard *w, const struct key *k)
{
	const struct question *list[SETTINGS_MOST];
	edit_key(&settings_of(w)->filter, k);
	move_by(w, 0);
	char *typed = edit_text(&settings_of(w)->filter);
	int count = *typed ? collect(w, list) : 0, at = 0;
	while (at < count && strncasecmp(_(list[at]->title), typed, strlen(typed)) != 0)
		at++;
	if (at < count)
		focus_at(w, at);
	free(typed);
}

/* The n-th line, opened; what is on or off is turned. */
static bool count_key(struct wizard *w, int n)
{
	const struct question *list[SETTINGS_MOST];
	if (n >= collect(w, list))
		return true;
	focus_at(w, n);
	return change(w, list[n]) && (list[n]->type != TYPE_BOOL || goes_on(w, list[n]));
}

static bool settings_key(struct wizard *w, const struct key *k, enum action *action)
{
	struct settings *s = settings_of(w);
	const struct question *q = s->focused;
	(void)action;
	if (q && s->choosing)
		return choice_key(w, q, k);
	if (q && s->typing)
		return typing_key(w, q, k);
	if (k->kind == KEY_TARGET)
		focus_at(w, (int)k->code);
	else if (key_does(k, KEY_UP) || key_does(k, KEY_DOWN))
		move_by(w, k->code == KEY_UP ? -1 : 1);
	else if (key_does(k, KEY_PPAGE) || key_does(k, KEY_NPAGE))
		move_by(w, k->code == KEY_PPAGE ? -10 : 10);
	else if (key_does(k, KEY_HOME) || key_does(k, KEY_END))
		move_by(w, k->code == KEY_HOME ? -1000 : 1000);
	else if (key_is(k, 27) && s->filter.len)
		edit_set(&s->filter, ""), move_by(w, 0);
	else if (key_is(k, 27))
		return false;
	else if (q && (key_is(k, L'\r') || key_is(k, L' ')))
		return change(w, q) && (q->type != TYPE_BOOL || k->code != L'\r' || goes_on(w, q));
	else if (is_counted(s) && key_counts(k) >= 0)
		return count_key(w, key_counts(k));
	else if (key_is(k, L'/') && !s->filter.len)
		return true; /* as elsewhere: letters follow */
	else if (k->kind == KEY_CHARACTER && (k->code >= 32 || k->code == ('U' & 31)))
		filter_key(w, k);
	return true;
}

static void settings_hints(struct wizard *w, struct hints *h)
{
	const struct settings *s = settings_of(w);
	if (s->focused) {
		hint(h, _("Up/Down"), s->choosing ? _("choose") : _("move"));
		hint(h, _("Enter"), s->choosing || s->typing ? _("take it") : _("change"));
	}
	if (!s->choosing && !s->typing)
		hint(h, _("letters"), _("filter"));
	hint(h, _("Esc"), s->choosing || s->typing ? _("leave it as it was") : _("back to the review"));
}

const struct overlay overlay_settings = {
    .draw = settings_draw, .key = settings_key, .hints = settings_hints, .size = sizeof(struct settings)};
