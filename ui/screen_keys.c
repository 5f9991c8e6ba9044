/* Keys as they come from the terminal: characters, function keys, the mouse, what is pasted. */
#include "config.h"
#include "ui/screen_private.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PASTE_MAX = 65536 };

static void add_wide(struct buf *b, wint_t c)
{
	char bytes[MB_LEN_MAX];
	mbstate_t state = {0};
	size_t n = wcrtomb(bytes, (wchar_t)c, &state);
	if (n != (size_t)-1)
		buf_add(b, bytes, n);
}

/* All that stands between the brackets, as one insertion. The terminal sends it in one go: a pause of half a second ends it too, and so
   does *told: the end of it may never come. */
static struct key read_paste(const volatile sig_atomic_t *told)
{
	struct buf text = {.max = PASTE_MAX};
	wint_t c;
	timeout(500);
	while (!*told) {
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
	for (size_t i = screen.target_count; i-- > 0;) {
		const struct target *t = &screen.targets[i];
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
	if (screen.nowhere)
		return false;
	if (error == EIO)
		return true;
	if (poll(&in, 1, 0) <= 0)
		return false;
	return in.revents & (POLLHUP | POLLERR | POLLNVAL) || ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0 || waiting == 0;
}

struct key screen_key(const volatile sig_atomic_t *told)
{
	wint_t c = 0;
	errno = 0;
	int kind = get_wch(&c);
	if (kind == ERR)
		return (struct key){.kind = screen_lost(errno) ? KEY_LOST : KEY_NOTHING};
	if (kind == KEY_CODE_YES && c == KEY_MOUSE)
		return read_mouse();
	if (kind == KEY_CODE_YES && c == PASTE_BEGIN)
		return read_paste(told);
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

bool key_is(const struct key *k, wint_t c)
{
	return k->kind == KEY_CHARACTER && k->code == c;
}

bool key_does(const struct key *k, wint_t function)
{
	return k->kind == KEY_FUNCTION && k->code == function;
}

bool key_prints(const struct key *k)
{
	return k->kind == KEY_PASTED || (k->kind == KEY_CHARACTER && k->code >= 32 && k->code != 127);
}

int key_counts(const struct key *k)
{
	return k->kind == KEY_CHARACTER && k->code >= L'1' && k->code <= L'9' ? (int)(k->code - L'1') : -1;
}

void put_count(int y, int x, int n)
{
	if (n >= 0 && n < 9)
		putf(y, x, 1, ROLE_DIM, "%d", n + 1);
}
