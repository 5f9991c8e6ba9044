/* Text by cells: clipped, broken into lines, never with what a terminal would take for an order. */
#include "config.h"
#include "ui/command.h"
#include "ui/screen_private.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The next character of text and the cells that it takes; invalid bytes and hidden characters become '?'. */
static size_t next_char(const char *text, mbstate_t *state, wchar_t *c, int *width)
{
	size_t n = mbrtowc(c, text, MB_CUR_MAX, state);
	if (n == (size_t)-1 || n == (size_t)-2) {
		memset(state, 0, sizeof *state);
		n = 1;
		*c = L'?';
	}
	*width = text_hidden((unsigned)*c) ? -1 : wcwidth(*c);
	if (*width < 0) {
		*c = L'?';
		*width = 1;
	}
	return n;
}

int cells(const char *text)
{
	mbstate_t state = {0};
	int total = 0, width;
	wchar_t c;
	while (*text) {
		text += next_char(text, &state, &c, &width);
		total += width;
	}
	return total;
}

size_t fitting(const char *text, int width)
{
	mbstate_t state = {0};
	const char *p = text;
	int used = 0, w;
	wchar_t c;
	while (*p) {
		size_t n = next_char(p, &state, &c, &w);
		used += w;
		if (used > width && p > text)
			break;
		p += n;
	}
	return (size_t)(p - text);
}

/* Rules and signs may lie under a text; a text under another is a fault. */
static void note_written(int y, int x, int width, enum role role)
{
	for (int i = x < 0 ? 0 : x; i < x + width && i < COLS && role != ROLE_RULE; i++) {
		unsigned char *cell = &screen.written[y * COLS + i];
		screen.faults += *cell;
		*cell = 1;
	}
}

/* Puts at most len bytes; no clipping mark. */
static int put_bytes(int y, int x, int width, enum role role, const char *text, size_t len)
{
	mbstate_t state = {0};
	int used = 0, w;
	const char *end = text + len;
	if (y < 0 || y >= LINES || x >= COLS) {
		screen.faults++;
		return 0;
	}
	if (x + width > COLS)
		width = COLS - x;
	attrset(screen_look(role));
	while (text < end && *text) {
		wchar_t c[2] = {0};
		text += next_char(text, &state, c, &w);
		if (used + w > width)
			break;
		mvaddnwstr(y, x + used, c, 1);
		used += w;
		if (w == 2 && y < screen.wide_rows)
			screen.wide[y].now = true;
	}
	attrset(A_NORMAL);
	if (screen.written)
		note_written(y, x, used, role);
	return used;
}

int put(int y, int x, int width, enum role role, const char *text)
{
	if (width <= 0)
		return 0;
	if (cells(text) <= width)
		return put_bytes(y, x, width, role, text, strlen(text));
	int used = put_bytes(y, x, width - 1, role, text, strlen(text));
	return used + put_bytes(y, x + used, 1, role, glyph(GLYPH_MORE), strlen(glyph(GLYPH_MORE)));
}

int putf(int y, int x, int width, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	int used = put(y, x, width, role, text);
	free(text);
	return used;
}

int put_tail(int y, int x, int width, enum role role, const char *text)
{
	mbstate_t state = {0};
	int over = cells(text) - width, w, used = 0;
	wchar_t c;
	if (over <= 0 || width <= 0)
		return put(y, x, width, role, text);
	while (*text && used <= over) {
		text += next_char(text, &state, &c, &w);
		used += w;
	}
	int mark = put(y, x, 1, role, glyph(GLYPH_MORE));
	return mark + put(y, x + mark, width - mark, role, text);
}

void put_right(int y, int x, int width, enum role role, const char *text)
{
	int n = cells(text);
	put(y, n < width ? x + width - n : x, width, role, text);
}

int put_glyph(int y, int x, enum role role, enum glyph g)
{
	return put(y, x, 2, role, glyph(g));
}

void put_rule(int y, int x, int width)
{
	for (int i = 0; i < width; i++)
		put_glyph(y, x + i, ROLE_RULE, GLYPH_LINE);
}

/* What is covered is no link any more: it would be written over what covers it. */
static void forget_links(struct rect r)
{
	size_t kept = 0;
	for (size_t i = 0; i < screen.link_count; i++) {
		struct link *l = &screen.links[i];
		bool covered = l->y >= r.y && l->y < r.y + r.h && l->x < r.x + r.w && l->x + cells(l->text) > r.x;
		if (covered) {
			free(l->url);
			free(l->text);
		} else {
			screen.links[kept++] = *l;
		}
	}
	screen.link_count = kept;
}

/* A character of two cells that stands on both sides of x goes: curses would keep it, and all behind it a cell to the right. */
static void part_at(int y, int x)
{
	for (int at = 0; x < COLS && y < screen.wide_rows && screen.wide[y].now && at < x;) {
		cchar_t cell;
		wchar_t c[CCHARW_MAX + 1] = {0};
		attr_t attrs;
		short pair;
		mvin_wch(y, at, &cell);
		getcchar(&cell, c, &attrs, &pair, NULL);
		int width = wcwidth(c[0]) > 1 ? 2 : 1;
		if (at + width > x) {
			mvaddch(y, at, ' ');
			mvaddch(y, at + 1, ' ');
		}
		at += width;
	}
}

void fill(struct rect r, enum role role)
{
	forget_links(r);
	attrset(screen_look(role));
	for (int y = r.y; y < r.y + r.h && y < LINES; y++) {
		part_at(y, r.x);
		part_at(y, r.x + r.w);
		for (int x = r.x; x < r.x + r.w && x < COLS; x++) {
			mvaddch(y, x, ' ');
			if (screen.written)
				screen.written[y * COLS + x] = 0;
		}
	}
	attrset(A_NORMAL);
}

struct rect middle(int h, int w)
{
	struct rect r = {.h = h < LINES - 2 ? h : LINES - 2, .w = w < COLS - 2 ? w : COLS - 2};
	r.y = (LINES - r.h) / 2;
	r.x = (COLS - r.w) / 2;
	return r;
}

struct rect put_box(struct rect r, const char *title)
{
	int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
	fill(r, ROLE_TEXT);
	put_rule(r.y, r.x + 1, r.w - 2);
	put_rule(bottom, r.x + 1, r.w - 2);
	for (int y = r.y + 1; y < bottom; y++) {
		put_glyph(y, r.x, ROLE_RULE, GLYPH_BAR);
		put_glyph(y, right, ROLE_RULE, GLYPH_BAR);
	}
	put_glyph(r.y, r.x, ROLE_RULE, GLYPH_TOP_LEFT);
	put_glyph(r.y, right, ROLE_RULE, GLYPH_TOP_RIGHT);
	put_glyph(bottom, r.x, ROLE_RULE, GLYPH_BOTTOM_LEFT);
	put_glyph(bottom, right, ROLE_RULE, GLYPH_BOTTOM_RIGHT);
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, " %s ", title);
	return (struct rect){r.y + 1, r.x + 2, r.h - 2, r.w - 4};
}

/* Whether a line may end between a and b though no space is there: beside an ideograph or kana (Hangul has spaces between its words), but not before
   what closes nor after what opens. */
static bool breaks_between(wchar_t a, int a_width, wchar_t b, int b_width)
{
	bool wide = (a_width == 2 && !(a >= 0xac00 && a <= 0xd7a3)) || (b_width == 2 && !(b >= 0xac00 && b <= 0xd7a3));
	return wide && a && !wcschr(L" ([{<\"'/$\u2018\u201c\u3008\u300a\u300c\u300e\u3010\uff08", a) &&
	       !wcschr(L" )]}>\"'/"
		       L".,:;!?%"
		       L"\u2019\u201d\u3001\u3002\u3005\u3009\u300b\u300d\u300f\u3011\u3041\u3043\u3045\u3047\u3049\u3063\u3083"
		       L"\u3085\u3087"
		       L"\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30fb\u30fc\uff01\uff09\uff0c\uff1a\uff1b\uff1f"
		       L"\uff5e",
		       b);
}

/* Where the command ends that begins at p, when a row of its own would hold all of it: it is not broken then, so that it can be taken as it stands. */
static const char *whole_command(const char *text, const char *p, int width)
{
	size_t len = command_begins(text, p);
	return len && len <= (size_t)width ? p + len : p; /* ASCII: a byte is a cell */
}

size_t break_line(const char *text, int width, const char **next)
{
	mbstate_t state = {0};
	int used = 0, w, last_width = 0;
	wchar_t c, last = 0;
	const char *p = text, *end = NULL, *kept = text;
	while (*p && *p != '\n') {
		const char *before = p;
		bool inside = p < kept;
		kept = inside ? kept : whole_command(text, p, width);
		p += next_char(p, &state, &c, &w);
		if (!inside && (c == L' ' || breaks_between(last, last_width, c, w)))
			end = before;
		last = c;
		last_width = w;
		used += w;
		if (used <= width)
			continue;
		size_t len = end && end > text ? (size_t)(end - text)
			     : before > text   ? (size_t)(before - text)
					       : (size_t)(p - text);
		*next = text + len;
		while (**next == ' ')
			++*next;
		return len;
	}
	*next = *p ? p + 1 : p;
	return (size_t)(p - text);
}

int put_wrapped(int y, int x, int height, int width, enum role role, const char *text)
{
	int lines = 0;
	while (*text && width > 0) {
		const char *next;
		size_t len = break_line(text, width, &next);
		if (lines < height)
			put_bytes(y + lines, x, width, role, text, len);
		lines++;
		text = next;
	}
	return lines;
}

int put_lines(int y, int x, int most, int width, enum role role, const char *text)
{
	int lines = 0;
	while (*text && width > 0 && lines < most) {
		const char *next;
		size_t len = break_line(text, width, &next);
		bool last = lines + 1 == most && *next;
		char *line = last ? xasprintf("%.*s %s", (int)len, text, next) : xstrndup(text, len);
		for (char *p = line; *p; p++)
			*p = *p == '\n' ? ' ' : *p;
		put(y + lines++, x, width, role, line);
		free(line);
		text = next;
	}
	return lines;
}
