/* Curses, wrapped once: colours by role, glyphs by table, text by cells. */
#include "config.h"
#include "ui/screen.h"

#include "base/mem.h"
#include "base/text.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wctype.h>

enum { PASTE_BEGIN = KEY_MAX + 1, PASTE_END, PASTE_MAX = 65536 };

static struct {
	bool color, ascii, nowhere, open;
	int cursor_y, cursor_x;
	SCREEN *term;
	FILE *nothing;
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
	[ROLE_DIM] = {A_NORMAL, A_NORMAL, -1},
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
	[GLYPH_LINE] = {"\u2500", "-"},	       [GLYPH_BAR] = {"\u2502", "|"},	       [GLYPH_TOP_LEFT] = {"\u250c", "+"},
	[GLYPH_TOP_RIGHT] = {"\u2510", "+"},   [GLYPH_BOTTOM_LEFT] = {"\u2514", "+"}, [GLYPH_BOTTOM_RIGHT] = {"\u2518", "+"},
	[GLYPH_MARK] = {"\u203a", ">"},	       [GLYPH_ON] = {"\u25cf", "*"},	       [GLYPH_OFF] = {"\u25cb", "o"},
	[GLYPH_CHECK] = {"\u2713", "+"},       [GLYPH_CROSS] = {"\u2717", "x"},       [GLYPH_RUN] = {"\u25b8", ">"},
	[GLYPH_WAIT] = {"\u00b7", "."},	       [GLYPH_WARN] = {"!", "!"},	       [GLYPH_MORE] = {"\u2026", "~"},
	[GLYPH_FULL] = {"\u2501", "="},	       [GLYPH_PART] = {"\u254d", ">"},       [GLYPH_UP] = {"\u2191", "^"},
	[GLYPH_DOWN] = {"\u2193", "v"},
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

bool screen_open(const char *color, bool ascii)
{
	unsetenv("LINES"); /* exported by a shell, they would freeze the size */
	unsetenv("COLUMNS");
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

void screen_close(void)
{
	if (!on.open)
		return;
	on.open = false;
	paste_mode(false);
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
	endwin();
}

void screen_resume(void)
{
	refresh();
	paste_mode(true);
	clearok(curscr, TRUE);
}

int screen_lines(void)
{
	return LINES;
}

int screen_columns(void)
{
	return COLS;
}

/* Frames ---------------------------------------------------------------------------------------------------------------------------- */

void screen_begin(void)
{
	erase();
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
	move(y < 0 ? 0 : y, x < 0 ? 0 : x);
	if (on.nowhere)
		wnoutrefresh(stdscr);
	else
		refresh();
}

void screen_redraw(void)
{
	clearok(curscr, TRUE);
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

/* Puts at most len bytes; no clipping mark. */
static int put_bytes(int y, int x, int width, enum role role, const char *text, size_t len)
{
	mbstate_t state = {0};
	int used = 0, w;
	const char *end = text + len;
	if (y < 0 || y >= LINES || x >= COLS)
		return 0;
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
	}
	attrset(A_NORMAL);
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

void fill(struct rect r, enum role role)
{
	attrset(look(role));
	for (int y = r.y; y < r.y + r.h && y < LINES; y++) {
		for (int x = r.x; x < r.x + r.w && x < COLS; x++)
			mvaddch(y, x, ' ');
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

size_t break_line(const char *text, int width, const char **next)
{
	mbstate_t state = {0};
	int used = 0, w;
	wchar_t c;
	const char *p = text, *blank = NULL;
	while (*p && *p != '\n') {
		const char *before = p;
		p += next_char(p, &state, &c, &w);
		if (c == L' ')
			blank = before;
		used += w;
		if (used <= width)
			continue;
		size_t len = blank && blank > text ? (size_t)(blank - text) : before > text ? (size_t)(before - text) : (size_t)(p - text);
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

struct key screen_key(void)
{
	wint_t c = 0;
	int kind = get_wch(&c);
	if (kind == ERR)
		return (struct key){.kind = KEY_NOTHING};
	if (kind == KEY_CODE_YES && c == PASTE_BEGIN)
		return read_paste();
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
		{"Enter", KEY_CHARACTER, L'\r'},  {"Tab", KEY_CHARACTER, L'\t'},	{"Esc", KEY_CHARACTER, 27},
		{"Space", KEY_CHARACTER, L' '},	  {"Backspace", KEY_CHARACTER, 127},	{"S-Tab", KEY_FUNCTION, KEY_BTAB},
		{"Up", KEY_FUNCTION, KEY_UP},	  {"Down", KEY_FUNCTION, KEY_DOWN},	{"Left", KEY_FUNCTION, KEY_LEFT},
		{"Right", KEY_FUNCTION, KEY_RIGHT}, {"Home", KEY_FUNCTION, KEY_HOME},	{"End", KEY_FUNCTION, KEY_END},
		{"PgUp", KEY_FUNCTION, KEY_PPAGE}, {"PgDn", KEY_FUNCTION, KEY_NPAGE},	{"Del", KEY_FUNCTION, KEY_DC},
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
