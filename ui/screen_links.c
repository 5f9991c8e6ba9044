/* Links in a terminal, which curses does not know, and its clipboard. */
#include "config.h"
#include "ui/screen_private.h"

#include "base/encode.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_links(struct link *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].url);
		free(list[i].text);
	}
	free(list);
}

/* Links and the clipboard ------------------------------------------------------------------------------------------------------------ */

/* Terminals that print what they do not understand, instead of leaving it out. */
static bool understands_osc(void)
{
	const char *term = getenv("TERM");
	return term && strcmp(term, "linux") != 0 && strncmp(term, "vt", 2) != 0 && strcmp(term, "dumb") != 0 &&
	       strcmp(term, "cons25") != 0;
}

static bool same_links(void)
{
	bool same = screen.link_count == screen.shown_count && !screen.links_stale;
	for (size_t i = 0; same && i < screen.link_count; i++) {
		const struct link *a = &screen.links[i], *b = &screen.shown[i];
		same = a->y == b->y && a->x == b->x && !strcmp(a->url, b->url) && !strcmp(a->text, b->text);
	}
	return same;
}

/* Curses has no links: what it drew is written once more over itself, as a link, when the links of a frame are not those of the last one. */
void screen_show_links(void)
{
	if (!same_links() && !screen.nowhere && understands_osc()) {
		for (size_t i = 0; i < screen.link_count; i++) {
			const struct link *l = &screen.links[i];
			printf("\0337\033[%d;%dH\033[0;1m\033]8;;%s\033\\%s\033]8;;\033\\\033[0m\0338", l->y + 1, l->x + 1,
			       l->url, l->text);
		}
		fflush(stdout);
	}
	screen.links_stale = false;
	free_links(screen.shown, screen.shown_count);
	screen.shown = screen.links;
	screen.shown_count = screen.link_count;
	screen.links = NULL;
	screen.link_count = screen.link_room = 0;
}

void screen_free_links(void)
{
	free_links(screen.links, screen.link_count);
	free_links(screen.shown, screen.shown_count);
	screen.links = screen.shown = NULL;
	screen.link_count = screen.link_room = screen.shown_count = 0;
}

/* Only what is a plain address becomes a link: nothing from outside gets an escape sequence in. */
static bool is_plain_address(const char *url)
{
	for (const char *p = url; *p; p++) {
		if (*p <= ' ' || *p >= 127)
			return false;
	}
	return !strncmp(url, "https://", 8) || !strncmp(url, "http://", 7);
}

static void note_link(int y, int x, const char *url, const char *text)
{
	screen.links = xgrow(screen.links, screen.link_count, &screen.link_room, sizeof *screen.links);
	screen.links[screen.link_count++] = (struct link){y, x, xstrdup(url), xstrdup(text)};
}

int put_link(int y, int x, int width, enum role role, const char *url)
{
	int used = put(y, x, width, role, url);
	if (is_plain_address(url) && (int)strlen(url) <= width)
		note_link(y, x, url, url);
	return used;
}

int link_rows(const char *text, int width)
{
	int n = 0;
	for (const char *p = text; *p && width > 0; n++)
		p += fitting(p, width);
	return n;
}

void put_link_row(int y, int x, int width, enum role role, const char *text, int row)
{
	const char *from = text;
	while (row-- > 0)
		from += fitting(from, width);
	if (!*from || width <= 0)
		return;
	char *piece = xstrndup(from, fitting(from, width));
	put(y, x, width, role, piece);
	if (is_plain_address(text))
		note_link(y, x, text, piece);
	free(piece);
}

bool screen_copy(const char *text)
{
	char *base64 = encode_base64(text, strlen(text));
	bool can = screen.nowhere || understands_osc();
	if (can && !screen.nowhere) {
		printf("\033]52;c;%s\033\\", base64);
		fflush(stdout);
	}
	free(base64);
	return can;
}
