/* The last page: computed from the result of the run and from nothing else. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/lines.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

static bool is_proven(const struct wizard *w)
{
	return w->result && !strcmp(json_str(w->result, "outcome", ""), "proven");
}

/* What passed is one paragraph; what failed has a line of its own with the reason; what was then not tried is only counted. */
static int draw_proofs(const struct wizard *w, int y, struct rect r)
{
	struct buf passed = {0};
	int proven = 0, skipped = 0, last = r.y + r.h - 7;
	for (size_t i = 0; i < w->build.count; i++) {
		const struct step *s = &w->build.steps[i];
		const char *title = *s->title ? _(s->title) : s->id;
		bool failed = !strcmp(s->state, "failed"), good = !strcmp(s->state, "passed");
		skipped += s->proof && !failed && !good;
		if (s->proof && good)
			buf_printf(&passed, "%s%s", proven++ ? "; " : _("Proven: "), title);
		if (!s->proof || !failed || y >= last)
			continue;
		put_glyph(y, r.x + 2, ROLE_BAD, GLYPH_CROSS);
		char *text = xasprintf("%s: %s", title, s->message);
		int n = put_wrapped(y, r.x + 4, 2, r.w - 4, ROLE_BAD, text);
		y += n < 2 ? n : 2;
		free(text);
	}
	if (skipped)
		putf(y++, r.x + 4, r.w - 4, ROLE_TEXT, _("%d more checks were not made."), skipped);
	if (proven) {
		put_glyph(y, r.x + 2, ROLE_GOOD, GLYPH_CHECK);
		int room = last - y > 1 ? last - y : 1, n = put_wrapped(y, r.x + 4, room, r.w - 4, ROLE_TEXT, buf_text(&passed));
		y += n < room ? n : room;
	}
	buf_free(&passed);
	return y;
}

static int draw_pair(int y, struct rect r, const char *label, const char *value)
{
	if (!*value)
		return y;
	put(y, r.x, 12, ROLE_TEXT, label);
	return y + put_wrapped(y, r.x + 12, 3, r.w - 12, ROLE_TITLE, value);
}

static int draw_left(const struct wizard *w, int y, struct rect r)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(w->result, "left")) {
		if (y < r.y + r.h)
			putf(y++, r.x, r.w, ROLE_WARN, _("left: %s"), cJSON_IsString(item) ? item->valuestring : json_str(item, "name", ""));
	}
	return y;
}

static int draw_failures(const struct wizard *w, int y, struct rect r)
{
	for (size_t i = 0; i < w->build.count && y < r.y + r.h - 1; i++) {
		const struct step *s = &w->build.steps[i];
		if (strcmp(s->state, "failed") != 0 || s->proof)
			continue;
		put_glyph(y, r.x + 2, ROLE_BAD, GLYPH_CROSS);
		char *text = xasprintf("%s %s: %s %s", *s->title ? _(s->title) : s->id, s->name, s->message, s->fix);
		y += put_wrapped(y, r.x + 4, 6, r.w - 4, ROLE_BAD, text);
		free(text);
	}
	return y;
}

static int draw_totals(const struct wizard *w, const cJSON *result, int y, struct rect r)
{
	char took[24], real[24];
	text_duration(json_num(result, "seconds", 0), took);
	putf(y, r.x, r.w, ROLE_TEXT, _("%d created, %d changed, %d deleted, %d kept, in %s."), (int)json_num(result, "created", 0),
	     (int)json_num(result, "updated", 0), (int)json_num(result, "deleted", 0), (int)json_num(result, "kept", 0), took);
	if (w->build.skipped)
		putf(++y, r.x, r.w, ROLE_WARN, _("%d more were not begun."), w->build.skipped);
	if (json_num(result, "real_seconds", 0) <= 0)
		return y + 1;
	putf(y + 1, r.x, r.w, ROLE_TEXT, _("This was a rehearsal: a real run would take about %s."),
	     text_duration(json_num(result, "real_seconds", 0), real));
	return y + 2;
}

/* The URL stands on a line of its own, so that a double click or a drag takes it and nothing else. */
static int draw_url(int y, struct rect r, const char *url)
{
	if (!*url)
		return y;
	put(y, r.x, screen_columns() - r.x, ROLE_TITLE, url);
	screen_cursor(y, r.x);
	return y + 2;
}

static void draw(struct wizard *w, struct rect r)
{
	const cJSON *result = w->result;
	int y = r.y;
	screen_cursor(r.y, r.x);
	if (!result) {
		put(y, r.x, r.w, ROLE_TITLE, _("Nothing was built."));
		return;
	}
	bool proven = is_proven(w);
	put_glyph(y, r.x, proven ? ROLE_GOOD : ROLE_BAD, proven ? GLYPH_CHECK : GLYPH_CROSS);
	y += put_wrapped(y, r.x + 2, 2, r.w - 2, ROLE_TITLE, lines_outcome(json_str(result, "outcome", ""))) + 1;
	y = draw_url(y, r, json_str(result, "url", ""));
	y = draw_proofs(w, y, r);
	y = draw_failures(w, y, r);
	y = draw_left(w, y, r) + 1;
	y = draw_pair(y, r, _("Next"), json_str(result, "next", ""));
	y = draw_pair(y, r, _("To undo"), json_str(result, "undo", ""));
	y = draw_pair(y, r, _("Answers"), w->options->file);
	draw_totals(w, result, y + 1, r);
}

static enum action key(struct wizard *w, const struct key *k)
{
	if (k->kind != KEY_CHARACTER)
		return ACTION_NONE;
	if (k->code == L'\r' || k->code == L'q')
		return ACTION_QUIT;
	if (k->code == 27)
		return ACTION_BACK;
	if (k->code == L'?')
		w->over = &overlay_help;
	return ACTION_NONE;
}

static void hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, _("Enter"), _("leave"));
	hint(h, _("Esc"), _("the steps again"));
	hint(h, "?", _("help"));
}

static void enter(struct wizard *w)
{
	w->review.agreed = false; /* coming back to the build page must not build again */
}

const struct page_view done_view = {
	.id = "done",
	.enter = enter,
	.draw = draw,
	.key = key,
	.hints = hints,
	.help = N_("What is said here was found by asking the server itself. Everything on this page is printed again when you leave, where it can be copied."),
};
