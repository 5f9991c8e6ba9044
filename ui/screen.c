/* Curses, wrapped once: colours by role, glyphs by table, opening and closing, frames. */
#include "config.h"
#include "ui/screen_private.h"

#include "base/mem.h"

#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct screen screen;

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
	return screen.ascii ? glyphs[g].ascii : glyphs[g].utf8;
}

attr_t screen_look(enum role role)
{
	return screen.color ? looks[role].color | (attr_t)COLOR_PAIR(role + 1) : looks[role].mono;
}

static void start_colors(bool wanted)
{
	screen.color = wanted && has_colors() && start_color() == OK && use_default_colors() == OK;
	for (short i = 0; screen.color && i < ROLE_COUNT; i++)
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
	if (screen.nowhere)
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
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || (!screen.serial && size.ws_row && size.ws_col) ||
	    tcgetattr(STDIN_FILENO, &before) != 0)
		return;
	screen.serial = true;
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
	screen.term = newterm(NULL, stdout, stdin);
	if (!screen.term)
		return false;
	screen.nowhere = false;
	screen.open = true;
	screen.ascii = ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	start_colors(wants_color(color));
	set_modes();
	paste_mode(true);
	mem_exhausted = screen_close;
	return true;
}

bool screen_open_nowhere(int rows, int columns, bool color, bool ascii)
{
	screen.nothing = fopen("/dev/null", "w");
	screen.term = newterm("xterm-256color", screen.nothing, stdin);
	if (!screen.term)
		return false;
	screen.nowhere = screen.open = true;
	screen.ascii = ascii;
	resize_term(rows, columns);
	start_colors(color);
	return true;
}

static void free_wide_rows(void)
{
	for (int y = 0; y < screen.wide_rows; y++)
		free(screen.wide[y].cells);
	free(screen.wide);
	screen.wide = NULL;
	screen.wide_rows = screen.wide_columns = 0;
}

void screen_close(void)
{
	if (!screen.open)
		return;
	screen.open = false;
	paste_mode(false);
	mousemask(0, NULL);
	free(screen.targets);
	screen_free_links();
	free(screen.written);
	free_wide_rows();
	screen.targets = NULL;
	screen.written = NULL;
	screen.target_count = screen.target_room = 0;
	if (!isendwin())
		endwin();
	delscreen(screen.term);
	if (screen.nothing)
		fclose(screen.nothing);
	screen.nothing = NULL;
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
	mousemask(screen.mouse ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	screen_redraw();
}

bool screen_mouse(void)
{
	return screen.mouse;
}

bool screen_mouse_toggle(void)
{
	screen.mouse = !screen.mouse;
	mouseinterval(0);
	mousemask(screen.mouse ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	return screen.mouse;
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

/* No row holds anything wide so far. */
static void begin_wide_rows(void)
{
	if (screen.wide_rows != LINES || screen.wide_columns != COLS) {
		free_wide_rows();
		screen.wide = xcalloc((size_t)LINES, sizeof *screen.wide);
		screen.wide_rows = LINES;
		screen.wide_columns = COLS;
	}
	for (int y = 0; y < screen.wide_rows; y++) {
		screen.wide[y].before = screen.wide[y].now;
		screen.wide[y].now = false;
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
	for (int y = 0; y < screen.wide_rows && y < LINES; y++) {
		if ((!screen.wide[y].now && !screen.wide[y].before) || !note_wide_row(&screen.wide[y], y))
			continue;
		wredrawln(stdscr, y, 1);
		screen.links_stale = true;
	}
}

void screen_begin(void)
{
	erase();
	screen.target_count = 0;
	begin_wide_rows();
	if (screen.nowhere) {
		free(screen.written);
		screen.written = xcalloc((size_t)LINES * (size_t)COLS + 1, 1);
	}
	screen.cursor_y = screen.cursor_x = 0;
}

void screen_cursor(int y, int x)
{
	screen.cursor_y = y;
	screen.cursor_x = x;
}

void screen_end(void)
{
	int y = screen.cursor_y < LINES ? screen.cursor_y : LINES - 1, x = screen.cursor_x < COLS ? screen.cursor_x : COLS - 1;
	end_wide_rows();
	move(y < 0 ? 0 : y, x < 0 ? 0 : x);
	if (screen.nowhere)
		wnoutrefresh(stdscr);
	else
		refresh();
	screen_show_links();
}

void screen_redraw(void)
{
	if (screen.serial && !screen.nowhere) {
		struct winsize size = {0};
		ask_size();
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
			resizeterm(size.ws_row, size.ws_col);
	}
	screen.links_stale = true;
	clearok(curscr, TRUE);
}

void screen_target(int y, int x, int width, int which)
{
	screen.targets = xgrow(screen.targets, screen.target_count, &screen.target_room, sizeof *screen.targets);
	screen.targets[screen.target_count++] = (struct target){y, x, width, which};
}

int screen_faults(void)
{
	int n = screen.faults;
	screen.faults = 0;
	return n;
}
