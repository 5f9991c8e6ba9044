/* The screen: curses started and stopped, colours as roles, glyphs with an ASCII twin, text by cells, keys. */
#ifndef MS_UI_SCREEN_H
#define MS_UI_SCREEN_H

#include "base/buf.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* What a text is, not how it looks. */
enum role {
	ROLE_TEXT,
	ROLE_TITLE,
	ROLE_DIM,
	ROLE_RULE,
	ROLE_KEY,
	ROLE_FOCUS,
	ROLE_FIELD,
	ROLE_GOOD,
	ROLE_WARN,
	ROLE_BAD,
	ROLE_BUSY,
	ROLE_BADGE,
	ROLE_COUNT
};

enum glyph {
	GLYPH_LINE,
	GLYPH_BAR,
	GLYPH_TOP_LEFT,
	GLYPH_TOP_RIGHT,
	GLYPH_BOTTOM_LEFT,
	GLYPH_BOTTOM_RIGHT,
	GLYPH_MARK,
	GLYPH_ON,
	GLYPH_OFF,
	GLYPH_CHECK,
	GLYPH_CROSS,
	GLYPH_RUN,
	GLYPH_WAIT,
	GLYPH_WARN,
	GLYPH_MORE,
	GLYPH_FULL,
	GLYPH_PART,
	GLYPH_UP,
	GLYPH_DOWN,
	GLYPH_TO,
	GLYPH_COUNT
};

struct rect {
	int y, x, h, w;
};

/* Starts curses on the terminal. color is "always", "never", "auto" or NULL; colour obeys NO_COLOR and its like (no-color.org). False when
 * the terminal cannot do it. */
bool screen_open(const char *color, bool ascii);
/* The same on nothing, at a fixed size, for tests and pictures. */
bool screen_open_nowhere(int rows, int columns, bool color, bool ascii);
void screen_close(void);
/* Leaves the screen for a while (a stop by Ctrl-Z), and comes back. */
void screen_suspend(void);
void screen_resume(void);

int screen_lines(void);
int screen_columns(void);

/* A frame: begin, put, cursor, end. The hardware cursor goes to what has the focus, in every frame. */
void screen_begin(void);
void screen_cursor(int y, int x);
void screen_end(void);
/* Draws all again, whatever is thought to be there (Ctrl-L). */
void screen_redraw(void);

/* Text from (y,x) in at most width cells, an ellipsis in the last one when it is cut; returns the cells used. Control characters are shown
 * as '?'. */
int put(int y, int x, int width, enum role role, const char *text);
int putf(int y, int x, int width, enum role role, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same for names and paths: what does not fit is cut at the front, since the end is what tells them apart. */
int put_tail(int y, int x, int width, enum role role, const char *text);
/* The same at the right end of width. */
void put_right(int y, int x, int width, enum role role, const char *text);
int put_glyph(int y, int x, enum role role, enum glyph g);
const char *glyph(enum glyph g);
void put_rule(int y, int x, int width);
void fill(struct rect r, enum role role);
/* A box with a title, cleared inside; returns the inside. */
struct rect put_box(struct rect r, const char *title);
/* A rectangle of this size in the middle of the screen, clipped to it. */
struct rect middle(int h, int w);

/* Wraps text into lines of at most width cells and puts at most height of them; returns how many there are in all. height 0 only counts. */
int put_wrapped(int y, int x, int height, int width, enum role role, const char *text);

/* The same with an ellipsis at the end of the last line when there would be more; returns the lines used. */
int put_lines(int y, int x, int most, int width, enum role role, const char *text);

/* Bytes of the first line of text that fit into width, broken at a blank or between ideographs where there are any; *next is where the next line starts. */
size_t break_line(const char *text, int width, const char **next);

/* Bytes of the characters at the beginning of text that fit into width: one at the least, where there is any. */
size_t fitting(const char *text, int width);

/* Cells that a text takes, control characters as one. */
int cells(const char *text);

/* The screen as text: each line without trailing blanks, then "cursor LINE COLUMN". */
void screen_dump(struct buf *out);

/* A part of the frame that the pointer can choose: which is what the page gets as the code of a KEY_TARGET. Where two lie over each other the later one counts. */
void screen_target(int y, int x, int width, int which);
/* The pointer is off at first, so that text can be marked and copied; this turns it on and off and says which. */
bool screen_mouse_toggle(void);
bool screen_mouse(void);

/* Puts an address as put does, as a link where the terminal knows links (OSC 8). */
int put_link(int y, int x, int width, enum role role, const char *url);
/* The same for what has to be there whole, an address or a path: what does not fit goes on in the next row, at any cell. Each row of an address
 * leads to all of it. */
int link_rows(const char *text, int width);
void put_link_row(int y, int x, int width, enum role role, const char *text, int row);
/* Gives text to the terminal's clipboard (OSC 52). False when the terminal has none for certain; whether it took it is not known. */
bool screen_copy(const char *text);

/* Tests, on a screen that is nowhere: texts of this frame that lie over others, or beyond the edge, since the last call. */
int screen_faults(void);

/* Keys: a character (code is it), a curses KEY_ code, or a pasted text. */
struct key {
	enum {
		KEY_NOTHING,
		KEY_LOST,
		KEY_SIZE, /* no key: the window has another size */
		KEY_CHARACTER,
		KEY_FUNCTION,
		KEY_PASTED,
		KEY_TARGET /* code: which */
	} kind;
	wint_t code;
	char *text; /* of a paste, as UTF-8; freed by the reader */
};
/* The next key without waiting; kind is KEY_NOTHING when there is none, KEY_LOST when none can come any more: the terminal is gone.
   A paste is waited for to its end, or until *told is not 0. */
struct key screen_key(const volatile sig_atomic_t *told);
/* Is it this character; this key of curses (KEY_UP)? */
bool key_is(const struct key *k, wint_t c);
bool key_does(const struct key *k, wint_t function);
/* Does it put something where a text is typed? */
bool key_prints(const struct key *k);
/* Which of the lines that are counted from 1 to 9 it means, from 0; -1 for none. And that digit before the n-th of them, dim. */
int key_counts(const struct key *k);
void put_count(int y, int x, int n);
/* Tests: the key of this name: "Enter", "Tab", "Esc", "Up", "Space", "C-c", "x"... */
struct key key_named(const char *name);

#endif
