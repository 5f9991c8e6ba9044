/* Lines of text with roles: wrapped onto a screen, or printed. */
#include "config.h"
#include "ui/doc.h"

#include "ui/command.h"

#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct doc_line *doc_add(struct doc *d, enum role role, int indent, const char *text)
{
	d->list = xgrow(d->list, d->count, &d->room, sizeof *d->list);
	d->list[d->count] = (struct doc_line){.role = role, .indent = indent, .mark = GLYPH_COUNT, .text = xstrdup(text)};
	return &d->list[d->count++];
}

void doc_mark(struct doc *d, enum role role, enum glyph mark, int indent, const char *text)
{
	doc_add(d, role, indent, text)->mark = mark;
}

void doc_whole(struct doc *d, const char *text)
{
	doc_add(d, ROLE_TITLE, 0, text)->whole = true;
}

void doc_command(struct doc *d, const char *text)
{
	doc_add(d, ROLE_TITLE, 0, text)->command = true;
}

void doc_taken(struct doc *d, const char *end)
{
	struct doc_line *l = &d->list[d->count - 1];
	l->taken = text_ends(l->text, end) ? strlen(l->text) - strlen(end) : 0;
}

void doc_free(struct doc *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->list[i].text);
	free(d->list);
	*d = (struct doc){0};
}

static int text_at(const struct doc_line *l)
{
	return l->whole || l->command ? 0 : l->indent + (l->mark != GLYPH_COUNT ? 2 : 0);
}

/* The bytes of a row of what is wrapped that begins at p; *next is where the next one does. */
static size_t row_length(const struct doc_line *l, bool first, int width, const char *p, const char **next)
{
	return break_line(p, width - text_at(l) - (first ? 0 : l->hang), next);
}

/* Does what is taken from it stand in rows of its own, below the words before it? */
static bool is_apart(const struct doc_line *l, int width)
{
	return l->taken && cells(l->text) > width - text_at(l);
}

/* The line of these words alone; its text is to be freed. */
static struct doc_line words_before(const struct doc_line *l)
{
	size_t len = l->taken;
	while (len && l->text[len - 1] == ' ')
		len--;
	struct doc_line before = *l;
	before.text = xstrndup(l->text, len);
	before.taken = 0;
	return before;
}

/* What is whole goes on in the next row at any cell, without a mark, so that all of it is there to be taken. */
static int rows_of(const struct doc_line *l, int width)
{
	if (is_apart(l, width)) {
		struct doc_line before = words_before(l);
		int words = rows_of(&before, width);
		free(before.text);
		return words + command_rows(l->text + l->taken, width);
	}
	int n = l->whole ? link_rows(l->text, width) : l->command ? command_rows(l->text, width) : 0;
	for (const char *p = l->text, *next; !l->whole && !l->command && *p; p = next, n++)
		row_length(l, n == 0, width, p, &next);
	return n > 0 ? n : 1;
}

int doc_height(const struct doc *d, int width)
{
	int rows = 0;
	for (size_t i = 0; i < d->count; i++)
		rows += rows_of(&d->list[i], width);
	return rows;
}

static void draw_row(const struct doc_line *l, int row, int y, struct rect r);

/* One row of a line whose end stands apart. */
static void draw_apart(const struct doc_line *l, int row, int y, struct rect r)
{
	struct doc_line before = words_before(l);
	int words = rows_of(&before, r.w);
	if (row < words)
		draw_row(&before, row, y, r);
	else
		put_command_row(y, r.x, r.w, l->role, l->text + l->taken, row - words);
	free(before.text);
}

/* One row of a line; row counts from its first. */
static void draw_row(const struct doc_line *l, int row, int y, struct rect r)
{
	int x = r.x + text_at(l), width = r.w - text_at(l);
	const char *p = l->text, *next = p;
	size_t len = 0;
	if (is_apart(l, r.w)) {
		draw_apart(l, row, y, r);
		return;
	}
	if (row == 0 && l->mark != GLYPH_COUNT)
		put_glyph(y, r.x + l->indent, l->role, l->mark);
	if (l->whole) {
		put_link_row(y, x, width, l->role, l->text, row);
		return;
	}
	if (l->command) {
		put_command_row(y, x, width, l->role, l->text, row);
		return;
	}
	for (int i = 0; i <= row; i++) {
		p = next;
		len = row_length(l, i == 0, r.w, p, &next);
	}
	char *text = xstrndup(p, len);
	int hang = row ? l->hang : 0;
	put(y, x + hang, width - hang, l->role, text);
	free(text);
}

int doc_draw(const struct doc *d, struct rect r, int top)
{
	int last = doc_height(d, r.w) - r.h, at = 0;
	top = top > last ? last : top;
	top = top < 0 ? 0 : top;
	for (size_t i = 0; i < d->count; i++) {
		int rows = rows_of(&d->list[i], r.w);
		for (int row = 0; row < rows; row++, at++) {
			if (at >= top && at < top + r.h)
				draw_row(&d->list[i], row, r.y + at - top, r);
		}
	}
	screen_cursor(r.y, r.x);
	if (top > 0)
		put_glyph(r.y, r.x - 1, ROLE_KEY, GLYPH_UP);
	if (top < last)
		put_glyph(r.y + r.h - 1, r.x - 1, ROLE_KEY, GLYPH_DOWN);
	return top;
}

void doc_print(const struct doc *d, FILE *to, int width)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct doc_line *l = &d->list[i];
		const char *p = l->text;
		bool first = true;
		do {
			const char *next = p + strlen(p);
			size_t len = width && !l->whole && !l->command && !l->taken ? row_length(l, first, width, p, &next)
										    : strlen(p);
			const char *mark = first && l->mark != GLYPH_COUNT ? glyph(l->mark) : "";
			int pad = text_at(l) - (*mark ? 2 : 0) + (first ? 0 : l->hang);
			outside_print(to, "%*s%s%s%.*s\n", *p ? pad : 0, "", mark, *mark ? " " : "", (int)len, p);
			p = next;
			first = false;
		} while (*p);
	}
}
