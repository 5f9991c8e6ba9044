/* The screen from inside: what its files share of its state. */
#ifndef MS_UI_SCREEN_PRIVATE_H
#define MS_UI_SCREEN_PRIVATE_H

#include "ui/screen.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>

/* What the terminal is told to send around what is pasted, as keys. */
enum { PASTE_BEGIN = KEY_MAX + 1, PASTE_END };

struct target {
	int y, x, width, which;
};
struct link {
	int y, x;
	char *url, *text;
};
/* A row that holds characters of two cells in this frame, or held some in the last one: what it looked like then. */
struct wide_row {
	bool now, before;
	cchar_t *cells;
};

struct screen {
	bool color, ascii, nowhere, open, mouse, serial, links_stale;
	int cursor_y, cursor_x;
	SCREEN *term;
	FILE *nothing;
	struct target *targets; /* of this frame */
	size_t target_count, target_room;
	struct link *links, *shown; /* of this frame, and as the terminal has them */
	size_t link_count, link_room, shown_count;
	struct wide_row *wide; /* wide_rows of them */
	int wide_rows, wide_columns;
	unsigned char *written; /* a screen that is nowhere: cells that hold text in this frame */
	int faults;
};
extern struct screen screen;

/* screen.c: how curses shows a role. */
attr_t screen_look(enum role role);

/* screen_links.c */
/* The frame is on the terminal: its links are told, where they are others than before. */
void screen_show_links(void);
void screen_free_links(void);

#endif
