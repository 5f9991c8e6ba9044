/* A question's choices, drawn: which one is chosen, what each means or why it cannot be, what it costs. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MOST = 6, PRICE = 14 };

int choice_count(const struct wizard *w, const struct question *q)
{
	int n = 0;
	while (question_choice(q, w->answers, n))
		n++;
	return n;
}

int choice_index(const struct wizard *w, const struct question *q, const char *id)
{
	const struct choice *c;
	for (int i = 0; (c = question_choice(q, w->answers, i)); i++) {
		if (!strcmp(c->id, id))
			return i;
	}
	return 0;
}

/* What is said under a choice. */
static const char *choice_words(const struct wizard *w, const struct question *q, const struct choice *c)
{
	return _(question_says(q, w->answers, c));
}

/* The cells that the title leaves to it: none where there is no price to say. */
static int put_price(const struct wizard *w, const struct question *q, const char *choice, int y, int right)
{
	double usd = draft_choice_month(w, q, choice);
	if (usd < 0 || !draft_prices_differ(w, q))
		return 0;
	char *text = xasprintf(_("$%.0f/month"), usd);
	put_right(y, right - PRICE, PRICE, ROLE_TEXT, text);
	free(text);
	return PRICE + 1;
}

static void put_advice(const struct wizard *w, const struct choice *c, int y, int x, int right)
{
	const char *words = _("recommended here");
	if (c->advised && c->advised(w->answers) && x + cells(words) <= right)
		put(y, x, right - x, ROLE_GOOD, words);
}

/* What cannot be chosen is dim, with its reason, in at most so many lines; the rest has its price. */
static int draw_choice(struct wizard *w, const struct question *q, int n, int y, struct rect r, int most, int focus, int now)
{
	const struct choice *c = question_choice(q, w->answers, n);
	bool refused = question_refuses(q, w->answers, c->id), here = n == focus, chosen = n == now;
	if (here)
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
	else if (focus >= 0)
		put_count(y, r.x, n);
	put_glyph(y, r.x + 2, chosen ? ROLE_GOOD : refused ? ROLE_DIM : ROLE_TEXT, chosen ? GLYPH_ON : GLYPH_OFF);
	int price = refused ? 0 : put_price(w, q, c->id, y, r.x + r.w);
	int words = put(y, r.x + 4, r.w - 4 - price,
			here      ? ROLE_FOCUS
			: refused ? ROLE_DIM
			: chosen  ? ROLE_TITLE
				  : ROLE_TEXT,
			_(c->title));
	if (!refused)
		put_advice(w, c, y, r.x + 4 + words + 2, r.x + r.w - price);
	if (here)
		screen_cursor(y, r.x + 4);
	int room = r.y + r.h - y - 1;
	return y + 1 + put_lines(y + 1, r.x + 4, room < most ? room : most, r.w - 4, ROLE_DIM, choice_words(w, q, c));
}

/* Lines of the choices, each with at most so many of what it means. */
static int height_with(const struct wizard *w, const struct question *q, int width, int most)
{
	int lines = 0;
	const struct choice *c;
	for (int i = 0; (c = question_choice(q, w->answers, i)); i++) {
		int n = put_wrapped(0, 0, 0, width - 4, ROLE_TEXT, choice_words(w, q, c));
		lines += 1 + (n < most ? n : most);
	}
	return lines;
}

/* Where not all of them fit with what they mean, all are named and only the marked one is explained; a page says that below where it has no room either. */
static int draw_choices_briefly(struct wizard *w, const struct question *q, struct rect r, int focus)
{
	int now = choice_index(w, q, answers_str(w->answers, q->id)), mark = focus < 0 ? now : focus,
	    count = choice_count(w, q), y = r.y, first = mark < r.h ? 0 : mark - r.h + 1,
	    last = first + r.h < count ? first + r.h : count, room = r.h - count;
	const char *words = choice_words(w, q, question_choice(q, w->answers, mark));
	if (focus < 0 && put_wrapped(0, 0, 0, r.w - 4, ROLE_TEXT, words) > (room > 0 ? room : 0)) {
		form_leave_unsaid(w, words);
		room = 0;
	}
	for (int i = first; i < last && y < r.y + r.h; i++)
		y = draw_choice(w, q, i, y, r, i == mark && room > 0 ? room : 0, focus, now);
	if (first > 0)
		put_glyph(r.y, r.x, ROLE_KEY, GLYPH_UP);
	if (last < count)
		put_glyph(r.y + r.h - 1, r.x, ROLE_KEY, GLYPH_DOWN);
	return y;
}

int draw_choices(struct wizard *w, const struct question *q, struct rect r, int focus)
{
	int y = r.y, now = choice_index(w, q, answers_str(w->answers, q->id));
	if (choices_height(w, q, r.w) > r.h)
		return draw_choices_briefly(w, q, r, focus);
	int most = height_with(w, q, r.w, WORDS_MOST) > r.h ? 2 : WORDS_MOST;
	for (int i = 0; question_choice(q, w->answers, i); i++)
		y = draw_choice(w, q, i, y, r, most, focus, now);
	return y;
}

int choices_height(const struct wizard *w, const struct question *q, int width)
{
	return height_with(w, q, width, 2);
}

void draw_choice_prices(const struct wizard *w, const struct question *q, struct rect r)
{
	int x = r.x;
	for (const struct choice *c = q->choices; c->id; c++) {
		double usd = draft_choice_month(w, q, c->id);
		if (usd < 0 || question_refuses(q, w->answers, c->id) || !draft_prices_differ(w, q))
			continue;
		char *text = xasprintf(_("%s $%.0f"), _(c->title), usd);
		if (x + cells(text) < r.x + r.w)
			x += put(r.y, x, r.x + r.w - x, ROLE_TEXT, text) + 3;
		free(text);
	}
}
