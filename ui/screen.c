/* Curses, wrapped once: colours by role, glyphs by table, text by cells. */
#include "config.h"
#include "ui/screen.h"

#include "base/encode.h"
#include "base/mem.h"
#include "base/text.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wctype.h>

enum { PASTE_BEGIN = KEY_MAX + 1, PASTE_END, PASTE_MAX = 65536 };

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

static struct {
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
} on;

/* Looks ---------------------------------------------------------------------------------------------------------------------------- */

/* Only hues that can be read on black and on white: no yellow, no bright cyan, no dark blue. Text is the terminal's own colour wherever a
 * sign or a word tells the state. */
static const struct {
	attr_t mono, color;
	short foreground; /* of the 16 of the terminal, -1 for its default */
} looks[ROLE_COUNT] = {
    [ROLE_TEXT] = {A_NORMAL, A_NORMAL, -1},
    [ROLE_TITLE] = {A_BOLD, A_BOLD, -1},
    [ROLE_DIM] = {A_DIM, A_DIM, -1},
    [ROLE_RULE] = {A_NORMAL, A_NORMAL, COLOR_CYAN},
    [ROLE_KEY] = {A_BOLD, A_BOLD, -1},
    [ROLE_FOCUS] = {A_REVERSE, A_REVERSE, -1},
    [ROLE_FIELD] = {A_UNDERLINE, A_UNDERLINE, -1},
    [ROLE_GOOD] = {A_NORMAL, A_NORMAL, COLOR_GREEN},
    [ROLE_WARN] = {A_BOLD, A_NORMAL, COLOR_MAGENTA},
    [ROLE_BAD] = {A_BOLD, A_BOLD, COLOR_RED},
    [ROLE_BUSY] = {A_BOLD, A_BOLD, -1},
    [ROLE_BADGE] = {A_REVERSE, A_REVERSE, -1},
};

static const struct {
	const char *utf8, *ascii;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_LINE] = {"\u2500", "-"},        [GLYPH_BAR] = {"\u2502", "|"},
    [GLYPH_TOP_LEFT] = {"\u250c", "+"},    [GLYPH_TOP_RIGHT] = {"\u2510", "+"},
    [GLYPH_BOTTOM_LEFT] = {"\u2514", "+"}, [GLYPH_BOTTOM_RIGHT] = {"\u2518", "+"},
    [GLYPH_MARK] = {"\u203a", ">"},        [GLYPH_ON] = {"\u25cf", "*"},
    [GLYPH_OFF] = {"\u25cb", "o"},         [GLYPH_CHECK] = {"\u2713", "+"},
    [GLYPH_CROSS] = {"\u2717", "x"},       [GLYPH_RUN] = {"\u25b8", ">"},
    [GLYPH_WAIT] = {"\u00b7", "."},        [GLYPH_WARN] = {"!", "!"},
    [GLYPH_MORE] = {"\u2026", "~"},        [GLYPH_FULL] = {"\u2501", "="},
    [GLYPH_PART] = {"\u254d", ">"},        [GLYPH_UP] = {"\u2191", "^"},
    [GLYPH_DOWN] = {"\u2193", "v"},        [GLYPH_TO] = {"\u2192", "->"},
};

const char *glyph(enum glyph g)
{
	return on.ascii ? glyphs[g].ascii : glyphs[g].utf8;
}

static attr_t look(enum role role)
{
	return on.color ? looks[role].color | (attr_t)COLOR_PAIR(role + 1) : looks[role].mono;
}

static void start_colors(bool wanted)
{
	on.color = wanted && has_colors() && start_color() == OK && use_default_colors() == OK;
	for (short i = 0; on.color && i < ROLE_COUNT; i++)
		init_pair((short)(i + 1), looks[i].foreground, -1);
}

/* --color beats NO_COLOR beats CLICOLOR_FORCE beats CLICOLOR. */
static bool wants_color(const char *color)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *cli = getenv("CLICOLOR");
	if (color && !strcmp(color, "always"))
		return true;
	if (color && !strcmp(color, "never"))
		return false;
	if (no && *no)
		return false;
	if (force && strcmp(force, "0"))
		return true;
	return !cli || strcmp(cli, "0");
}

/* Starting and stopping ------------------------------------------------------------------------------------------------------------- */

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	typeahead(-1); /* a frame is one write: no look at the keyboard after each row */
	define_key("\033[200~", PASTE_BEGIN);
	define_key("\033[201~", PASTE_END);
}

static void paste_mode(bool enabled)
{
	if (on.nowhere)
		return;
	fputs(enabled ? "\033[?2004h" : "\033[?2004l", stdout);
	fflush(stdout);
}

/* A serial line does not know its size: the cursor is sent to the far corner and asked where it stands. */
static void ask_size(void)
{
	struct winsize size = {0};
	struct termios before, quiet;
	char reply[32];
	size_t got = 0;
	int lines, columns;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || (!on.serial && size.ws_row && size.ws_col) ||
	    tcgetattr(STDIN_FILENO, &before) != 0)
		return;
	on.serial = true;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	fputs("\0337\033[999;999H\033[6n\0338", stdout);
	fflush(stdout);
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	while (got < sizeof reply - 1 && (!got || reply[got - 1] != 'R') && poll(&in, 1, 500) > 0 &&
	       read(STDIN_FILENO, reply + got, 1) == 1)
		got++;
	reply[got] = '\0';
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	const char *answer = strrchr(reply, '[');
	if (answer && sscanf(answer, "[%d;%dR", &lines, &columns) == 2 && lines > 1 && columns > 1) {
		size.ws_row = (unsigned short)lines;
		size.ws_col = (unsigned short)columns;
		ioctl(STDOUT_FILENO, TIOCSWINSZ, &size);
	}
}

bool screen_open(const char *color, bool ascii)
{
	unsetenv("LINES"); /* exported by a shell, they would freeze the size */
	unsetenv("COLUMNS");
	ask_size();
	if (!getenv("ESCDELAY"))
		set_escdelay(25);
	on.term = newterm(NULL, stdout, stdin);
	if (!on.term)
		return false;
	on.nowhere = false;
	on.open = true;
	on.ascii = ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	start_colors(wants_color(color));
	set_modes();
	paste_mode(true);
	mem_exhausted = screen_close;
	return true;
}

bool screen_open_nowhere(int rows, int columns, bool color, bool ascii)
{
	on.nothing = fopen("/dev/null", "w");
	on.term = newterm("xterm-256color", on.nothing, stdin);
	if (!on.term)
		return false;
	on.nowhere = on.open = true;
	on.ascii = ascii;
	resize_term(rows, columns);
	start_colors(color);
	return true;
}

static void free_wide_rows(void)
{
	for (int y = 0; y < on.wide_rows; y++)
		free(on.wide[y].cells);
	free(on.wide);
	on.wide = NULL;
	on.wide_rows = on.wide_columns = 0;
}

static void free_links(struct link *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].url);
		free(list[i].text);
	}
	free(list);
}

void screen_close(void)
{
	if (!on.open)
		return;
	on.open = false;
	paste_mode(false);
	mousemask(0, NULL);
	free(on.targets);
	free_links(on.links, on.link_count);
	free_links(on.shown, on.shown_count);
	free(on.written);
	free_wide_rows();
	on.targets = NULL;
	on.links = on.shown = NULL;
	on.written = NULL;
	on.target_count = on.target_room = on.link_count = on.link_room = on.shown_count = 0;
	if (!isendwin())
		endwin();
	delscreen(on.term);
	if (on.nothing)
		fclose(on.nothing);
	on.nothing = NULL;
}

void screen_suspend(void)
{
	paste_mode(false);
	mousemask(0, NULL);
	endwin();
}

void screen_resume(void)
{
	refresh();
	paste_mode(true);
	mousemask(on.mouse ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	screen_redraw();
}

bool screen_mouse(void)
{
	return on.mouse;
}

bool screen_mouse_toggle(void)
{
	on.mouse = !on.mouse;
	mouseinterval(0);
	mousemask(on.mouse ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	return on.mouse;
}

int screen_lines(void)
{
	return LINES;
}

int screen_columns(void)
{
	return COLS;
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
	bool same = on.link_count == on.shown_count && !on.links_stale;
	for (size_t i = 0; same && i < on.link_count; i++) {
		const struct link *a = &on.links[i], *b = &on.shown[i];
		same = a->y == b->y && a->x == b->x && !strcmp(a->url, b->url) && !strcmp(a->text, b->text);
	}
	return same;
}

/* Curses has no links: what it drew is written once more over itself, as a link, when the links of a frame are not those of the last one. */
static void show_links(void)
{
	if (!same_links() && !on.nowhere && understands_osc()) {
		for (size_t i = 0; i < on.link_count; i++) {
			const struct link *l = &on.links[i];
			printf("\0337\033[%d;%dH\033[0;1m\033]8;;%s\033\\%s\033]8;;\033\\\033[0m\0338", l->y + 1, l->x + 1,
			       l->url, l->text);
		}
		fflush(stdout);
	}
	on.links_stale = false;
	free_links(on.shown, on.shown_count);
	on.shown = on.links;
	on.shown_count = on.link_count;
	on.links = NULL;
	on.link_count = on.link_room = 0;
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
	on.links = xgrow(on.links, on.link_count, &on.link_room, sizeof *on.links);
	on.links[on.link_count++] = (struct link){y, x, xstrdup(url), xstrdup(text)};
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
	return width > 0 ? (int)((strlen(text) + (size_t)width - 1) / (size_t)width) : 0;
}

void put_link_row(int y, int x, int width, enum role role, const char *text, int row)
{
	size_t room = width > 0 ? (size_t)width : 0, from = room * (size_t)row;
	if (from >= strlen(text))
		return;
	char *piece = xstrndup(text + from, room);
	put(y, x, width, role, piece);
	if (is_plain_address(text))
		note_link(y, x, text, piece);
	free(piece);
}

bool screen_copy(const char *text)
{
	char *base64 = encode_base64(text, strlen(text));
	bool can = on.nowhere || understands_osc();
	if (can && !on.nowhere) {
		printf("\033]52;c;%s\033\\", base64);
		fflush(stdout);
	}
	free(base64);
	return can;
}

/* Frames ---------------------------------------------------------------------------------------------------------------------------- */

/* No row holds anything wide so far. */
static void begin_wide_rows(void)
{
	if (on.wide_rows != LINES || on.wide_columns != COLS) {
		free_wide_rows();
		on.wide = xcalloc((size_t)LINES, sizeof *on.wide);
		on.wide_rows = LINES;
		on.wide_columns = COLS;
	}
	for (int y = 0; y < on.wide_rows; y++) {
		on.wide[y].before = on.wide[y].now;
		on.wide[y].now = false;
	}
}

/* Has the row changed since the last frame, as far as that is known? */
static bool note_wide_row(struct wide_row *row, int y)
{
	size_t size = ((size_t)COLS + 1) * sizeof *row->cells;
	cchar_t *cells = row->now ? xcalloc(1, size) : NULL;
	if (cells)
		mvin_wchnstr(y, 0, cells, COLS);
	bool changed = !cells || !row->cells || memcmp(row->cells, cells, size) != 0;
	free(row->cells);
	row->cells = cells;
	return changed;
}

/* Curses (6.4) begins the change of a row in the second half of a character where what lay over that half goes, and all that follows then stands
 * one cell to the left. A row with such characters is written whole when it changes. */
static void end_wide_rows(void)
{
	for (int y = 0; y < on.wide_rows && y < LINES; y++) {
		if ((!on.wide[y].now && !on.wide[y].before) || !note_wide_row(&on.wide[y], y))
			continue;
		wredrawln(stdscr, y, 1);
		on.links_stale = true;
	}
}

void screen_begin(void)
{
	erase();
	on.target_count = 0;
	begin_wide_rows();
	if (on.nowhere) {
		free(on.written);
		on.written = xcalloc((size_t)LINES * (size_t)COLS + 1, 1);
	}
	on.cursor_y = on.cursor_x = 0;
}

void screen_cursor(int y, int x)
{
	on.cursor_y = y;
	on.cursor_x = x;
}

void screen_end(void)
{
	int y = on.cursor_y < LINES ? on.cursor_y : LINES - 1, x = on.cursor_x < COLS ? on.cursor_x : COLS - 1;
	end_wide_rows();
	move(y < 0 ? 0 : y, x < 0 ? 0 : x);
	if (on.nowhere)
		wnoutrefresh(stdscr);
	else
		refresh();
	show_links();
}

void screen_redraw(void)
{
	if (on.serial && !on.nowhere) {
		struct winsize size = {0};
		ask_size();
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
			resizeterm(size.ws_row, size.ws_col);
	}
	on.links_stale = true;
	clearok(curscr, TRUE);
}

void screen_target(int y, int x, int width, int which)
{
	on.targets = xgrow(on.targets, on.target_count, &on.target_room, sizeof *on.targets);
	on.targets[on.target_count++] = (struct target){y, x, width, which};
}

int screen_faults(void)
{
	int n = on.faults;
	on.faults = 0;
	return n;
}

/* Text ------------------------------------------------------------------------------------------------------------------------------ */

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

/* Rules and signs may lie under a text; a text under another is a fault. */
static void note_written(int y, int x, int width, enum role role)
{
	for (int i = x < 0 ? 0 : x; i < x + width && i < COLS && role != ROLE_RULE; i++) {
		unsigned char *cell = &on.written[y * COLS + i];
		on.faults += *cell;
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
		on.faults++;
		return 0;
	}
	if (x + width > COLS)
		width = COLS - x;
	attrset(look(role));
	while (text < end && *text) {
		wchar_t c[2] = {0};
		text += next_char(text, &state, c, &w);
		if (used + w > width)
			break;
		mvaddnwstr(y, x + used, c, 1);
		used += w;
		if (w == 2 && y < on.wide_rows)
			on.wide[y].now = true;
	}
	attrset(A_NORMAL);
	if (on.written)
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
	for (size_t i = 0; i < on.link_count; i++) {
		struct link *l = &on.links[i];
		bool covered = l->y >= r.y && l->y < r.y + r.h && l->x < r.x + r.w && l->x + cells(l->text) > r.x;
		if (covered) {
			free(l->url);
			free(l->text);
		} else {
			on.links[kept++] = *l;
		}
	}
	on.link_count = kept;
}

/* A character of two cells that stands on both sides of x goes: curses would keep it, and all behind it a cell to the right. */
static void part_at(int y, int x)
{
	for (int at = 0; x < COLS && y < on.wide_rows && on.wide[y].now && at < x;) {
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
	attrset(look(role));
	for (int y = r.y; y < r.y + r.h && y < LINES; y++) {
		part_at(y, r.x);
		part_at(y, r.x + r.w);
		for (int x = r.x; x < r.x + r.w && x < COLS; x++) {
			mvaddch(y, x, ' ');
			if (on.written)
				on.written[y * COLS + x] = 0;
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

size_t break_line(const char *text, int width, const char **next)
{
	mbstate_t state = {0};
	int used = 0, w, last_width = 0;
	wchar_t c, last = 0;
	const char *p = text, *end = NULL;
	while (*p && *p != '\n') {
		const char *before = p;
		p += next_char(p, &state, &c, &w);
		if (c == L' ' || breaks_between(last, last_width, c, w))
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

static void dump_line(struct buf *out, int y)
{
	size_t kept = out->len;
	for (int x = 0; x < COLS;) {
		cchar_t cell;
		wchar_t c[CCHARW_MAX + 1] = {0};
		attr_t attrs;
		short pair;
		char bytes[MB_LEN_MAX * CCHARW_MAX];
		mvin_wch(y, x, &cell);
		getcchar(&cell, c, &attrs, &pair, NULL);
		size_t n = wcstombs(bytes, c, sizeof bytes);
		buf_add(out, bytes, n == (size_t)-1 ? 0 : n);
		if (c[0] != L' ')
			kept = out->len;
		int w = wcwidth(c[0]);
		x += w > 0 ? w : 1;
	}
	out->len = kept;
	if (out->data)
		out->data[kept] = '\0';
	buf_putc(out, '\n');
}

void screen_dump(struct buf *out)
{
	for (int y = 0; y < LINES; y++)
		dump_line(out, y);
	buf_printf(out, "cursor %d %d\n", on.cursor_y, on.cursor_x);
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static void add_wide(struct buf *b, wint_t c)
{
	char bytes[MB_LEN_MAX];
	mbstate_t state = {0};
	size_t n = wcrtomb(bytes, (wchar_t)c, &state);
	if (n != (size_t)-1)
		buf_add(b, bytes, n);
}

/* All that stands between the brackets, as one insertion. The terminal sends it in one go: a pause of half a second ends it too. */
static struct key read_paste(void)
{
	struct buf text = {.max = PASTE_MAX};
	wint_t c;
	timeout(500);
	for (;;) {
		int kind = get_wch(&c);
		if (kind == ERR || (kind == KEY_CODE_YES && c == PASTE_END))
			break;
		if (kind == OK)
			add_wide(&text, c == L'\r' ? L'\n' : c);
	}
	nodelay(stdscr, TRUE);
	return (struct key){.kind = KEY_PASTED, .text = buf_take(&text)};
}

/* A press on a target chooses it; the wheel is Up and Down; anything else is nothing that means something. */
static struct key read_mouse(void)
{
	MEVENT m;
	if (getmouse(&m) != OK)
		return (struct key){.kind = KEY_CHARACTER, .code = 0};
	if (m.bstate & BUTTON4_PRESSED)
		return (struct key){.kind = KEY_FUNCTION, .code = KEY_UP};
	if (m.bstate & BUTTON5_PRESSED)
		return (struct key){.kind = KEY_FUNCTION, .code = KEY_DOWN};
	for (size_t i = on.target_count; i-- > 0;) {
		const struct target *t = &on.targets[i];
		if (m.y == t->y && m.x >= t->x && m.x < t->x + t->width)
			return (struct key){.kind = KEY_TARGET, .code = (wint_t)t->which};
	}
	return (struct key){.kind = KEY_CHARACTER, .code = 0};
}

/* A terminal that is gone is readable for ever and has nothing to read; to a process whose session it left, reading is an error. */
static bool screen_lost(int error)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	int waiting = 0;
	if (on.nowhere)
		return false;
	if (error == EIO)
		return true;
	if (poll(&in, 1, 0) <= 0)
		return false;
	return in.revents & (POLLHUP | POLLERR | POLLNVAL) || ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0;
}

struct key screen_key(void)
{
	wint_t c = 0;
	errno = 0;
	int kind = get_wch(&c);
	if (kind == ERR)
		return (struct key){.kind = screen_lost(errno) ? KEY_LOST : KEY_NOTHING};
	if (kind == KEY_CODE_YES && c == KEY_MOUSE)
		return read_mouse();
	if (kind == KEY_CODE_YES && c == PASTE_BEGIN)
		return read_paste();
	if (kind == KEY_CODE_YES && c == KEY_RESIZE)
		return (struct key){.kind = KEY_SIZE};
	if (kind == KEY_CODE_YES && c == KEY_ENTER)
		return (struct key){.kind = KEY_CHARACTER, .code = L'\r'};
	if (kind == KEY_CODE_YES)
		return (struct key){.kind = KEY_FUNCTION, .code = c};
	return (struct key){.kind = KEY_CHARACTER, .code = c == 8 || c == 127 ? 127 : c};
}

struct key key_named(const char *name)
{
	static const struct {
		const char *name;
		int kind;
		wint_t code;
	} names[] = {
	    {"Enter", KEY_CHARACTER, L'\r'},   {"Tab", KEY_CHARACTER, L'\t'},
	    {"Esc", KEY_CHARACTER, 27},        {"Space", KEY_CHARACTER, L' '},
	    {"Backspace", KEY_CHARACTER, 127}, {"S-Tab", KEY_FUNCTION, KEY_BTAB},
	    {"Up", KEY_FUNCTION, KEY_UP},      {"Down", KEY_FUNCTION, KEY_DOWN},
	    {"Left", KEY_FUNCTION, KEY_LEFT},  {"Right", KEY_FUNCTION, KEY_RIGHT},
	    {"Home", KEY_FUNCTION, KEY_HOME},  {"End", KEY_FUNCTION, KEY_END},
	    {"PgUp", KEY_FUNCTION, KEY_PPAGE}, {"PgDn", KEY_FUNCTION, KEY_NPAGE},
	    {"Del", KEY_FUNCTION, KEY_DC},     {"Resize", KEY_SIZE, 0},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!strcmp(names[i].name, name))
			return (struct key){.kind = names[i].kind, .code = names[i].code};
	}
	if (name[0] == 'C' && name[1] == '-')
		return (struct key){.kind = KEY_CHARACTER, .code = (wint_t)(name[2] & 31)};
	mbstate_t state = {0};
	wchar_t c = 0;
	mbrtowc(&c, name, strlen(name), &state);
	return (struct key){.kind = KEY_CHARACTER, .code = (wint_t)c};
}
