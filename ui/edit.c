/* The line editor of all fields. */
#include "config.h"
#include "ui/edit.h"

#include "base/buf.h"
#include "base/mem.h"

#include <curses.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

void edit_set(struct edit *e, const char *utf8)
{
	e->len = e->at = e->left = 0;
	edit_insert(e, utf8);
}

char *edit_text(const struct edit *e)
{
	struct buf b = {0};
	mbstate_t state = {0};
	for (size_t i = 0; i < e->len; i++) {
		char bytes[MB_LEN_MAX];
		size_t n = wcrtomb(bytes, e->text[i], &state);
		if (n != (size_t)-1)
			buf_add(&b, bytes, n);
	}
	return buf_take(&b);
}

static void insert(struct edit *e, wchar_t c)
{
	if (e->len >= EDIT_MAX || wcwidth(c) < 0)
		return;
	wmemmove(e->text + e->at + 1, e->text + e->at, e->len - e->at);
	e->text[e->at++] = c;
	e->len++;
}

void edit_insert(struct edit *e, const char *utf8)
{
	mbstate_t state = {0};
	wchar_t c;
	size_t n;
	while (*utf8 && (n = mbrtowc(&c, utf8, MB_CUR_MAX, &state)) != 0) {
		if (n == (size_t)-1 || n == (size_t)-2) {
			memset(&state, 0, sizeof state);
			utf8++;
			continue;
		}
		insert(e, c);
		utf8 += n;
	}
}

static void erase_at(struct edit *e, size_t at, size_t count)
{
	wmemmove(e->text + at, e->text + at + count, e->len - at - count);
	e->len -= count;
	e->at = at;
}

static size_t word_start(const struct edit *e)
{
	size_t at = e->at;
	while (at && !iswalnum((wint_t)e->text[at - 1]))
		at--;
	while (at && iswalnum((wint_t)e->text[at - 1]))
		at--;
	return at;
}

/* The control characters of readline and nano. */
static bool control_key(struct edit *e, wint_t c)
{
	switch (c) {
	case 'A' & 31:
		e->at = 0;
		return true;
	case 'E' & 31:
		e->at = e->len;
		return true;
	case 'U' & 31:
		erase_at(e, 0, e->at);
		return true;
	case 'K' & 31:
		e->len = e->at;
		return true;
	case 'W' & 31: {
		size_t start = word_start(e);
		erase_at(e, start, e->at - start);
		return true;
	}
	case 127:
		if (e->at)
			erase_at(e, e->at - 1, 1);
		return true;
	}
	return false;
}

static bool function_key(struct edit *e, wint_t c)
{
	switch (c) {
	case KEY_LEFT:
		e->at -= e->at > 0;
		return true;
	case KEY_RIGHT:
		e->at += e->at < e->len;
		return true;
	case KEY_HOME:
		e->at = 0;
		return true;
	case KEY_END:
		e->at = e->len;
		return true;
	case KEY_BACKSPACE:
		return control_key(e, 127);
	case KEY_DC:
		if (e->at < e->len)
			erase_at(e, e->at, 1);
		return true;
	}
	return false;
}

bool edit_key(struct edit *e, const struct key *k)
{
	if (k->kind == KEY_PASTED) {
		edit_insert(e, k->text);
		return true;
	}
	if (k->kind == KEY_FUNCTION)
		return function_key(e, k->code);
	if (k->kind != KEY_CHARACTER)
		return false;
	if (k->code < 32 || k->code == 127)
		return control_key(e, k->code);
	insert(e, (wchar_t)k->code);
	return true;
}

static int width_of(const struct edit *e, size_t from, size_t to, bool secret)
{
	int w = 0;
	for (size_t i = from; i < to; i++)
		w += secret ? 1 : wcwidth(e->text[i]);
	return w;
}

void edit_draw(struct edit *e, int y, int x, int width, enum role role, bool secret)
{
	if (e->at < e->left)
		e->left = e->at;
	while (e->left < e->at && width_of(e, e->left, e->at, secret) > width - 1)
		e->left++;
	while (e->left && width_of(e, e->left - 1, e->len, secret) < width)
		e->left--;
	fill((struct rect){y, x, 1, width}, role);
	int used = 0;
	for (size_t i = e->left; i < e->len; i++) {
		wchar_t c[2] = {secret ? L'*' : e->text[i], 0};
		char bytes[MB_LEN_MAX * 2] = "";
		if (used + (secret ? 1 : wcwidth(c[0])) > width || wcstombs(bytes, c, sizeof bytes) == (size_t)-1)
			break;
		used += put(y, x + used, width - used, role, bytes);
	}
	if (e->left) {
		fill((struct rect){y, x, 1, 1}, role);
		put(y, x, 1, role, glyph(GLYPH_MORE));
	}
	screen_cursor(y, x + width_of(e, e->left, e->at, secret));
}
