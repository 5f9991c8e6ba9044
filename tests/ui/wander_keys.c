/* What the wandering operator presses, types, pastes, and waits for. */
#include "config.h"
#include "tests/ui/wander.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"
#include "ui/screen_private.h"

#include <stdlib.h>
#include <string.h>

static void note(const char *name)
{
	snprintf(wander.recent[wander.keys++ % WANDER_RECENT], sizeof *wander.recent, "%s", name);
}

static void take(const struct key *k, const char *name)
{
	note(name);
	wander_before(k);
	wizard_take(wander.w, k);
	wander_after();
}

void wander_press(const char *name)
{
	struct key k = key_named(name);
	if (!wander.w->ended)
		take(&k, name);
}

void wander_type(const char *text)
{
	for (; *text && !wander.w->ended; text++) {
		char name[2] = {*text, 0};
		wander_press(*text == ' ' ? "Space" : name);
	}
}

void wander_turns(int n)
{
	note("turns");
	wander_before(&(struct key){.kind = KEY_NOTHING});
	for (; n > 0 && !wander.w->ended; n--) {
		session_turn(wander.session, 0, -1);
		wizard_settle(wander.w);
	}
	wander_after();
}

/* Keys of the foot --------------------------------------------------------------------------------------------------------------------- */

/* The names of keys as a foot has them, and what they are; those that may have nothing to do where they stand are not held to it. */
static const struct {
	const char *label, *names[2]; /* label: N_() */
	bool idle;
} labels[] = {
    {N_("Enter"), {"Enter", "Enter"}, false},
    {N_("Esc"), {"Esc", "Esc"}, false},
    {N_("Tab"), {"Tab", "Tab"}, false},
    {N_("Space"), {"Space", "Space"}, false},
    {N_("Ctrl-C"), {"C-c", "C-c"}, true},
    {"Ctrl-R", {"C-r", "C-r"}, true},
    {N_("Ctrl-Y"), {"C-y", "C-y"}, false},
    {N_("Ctrl-U"), {"C-u", "C-u"}, true},
    {N_("Up/Down"), {"Up", "Down"}, true},
    {N_("Left/Right"), {"Left", "Right"}, true},
    {"1-9", {"1", "1"}, false},
    {"n N", {"n", "N"}, true},
    {N_("letters"), {"m", "d"}, true},
    {N_("any key"), {"x", "Enter"}, false},
    {N_("any other key"), {"x", "z"}, false},
    {"s", {"s", "s"}, true},
    {"r", {"r", "r"}, true},
    {"w", {"w", "w"}, true},
    {"c", {"c", "c"}, true},
};

static bool is_shown(const struct hint *one, const char *seen)
{
	char *words = xasprintf("%s %s", one->key, one->label);
	bool shown = strstr(seen, words);
	free(words);
	return shown;
}

/* Presses a key that the foot names: it has to do something that is seen, unless it says so already. */
static void press_hint(void)
{
	struct hints h = {.count = 0};
	if (wander.w->over)
		wander.w->over->hints(wander.w, &h);
	else
		view_of(wizard_page(wander.w))->hints(wander.w, &h);
	if (!h.count)
		return;
	const struct hint *one = &h.list[wander_draw((unsigned)h.count)];
	const char *label = one->key, *name = label;
	bool idle = false;
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		if (!strcmp(_(labels[i].label), label)) {
			name = labels[i].names[wander_draw(2)];
			idle = labels[i].idle;
		}
	}
	char *before = wander_screen();
	idle |= !is_shown(one, before);
	wander_press(name);
	char *after = wander.w->ended ? xstrdup("") : wander_screen();
	if (!idle && !wander.w->message && !strcmp(before, after))
		wander_complain("the foot names %s, and it does nothing", label);
	free(after);
	free(before);
}

/* Texts -------------------------------------------------------------------------------------------------------------------------------- */

static const char *const pastes[] = {
    "demo-proj",
    "a@example.com, b@example.com\nnot an address\n\tc@example.org",
    "\033[2J\033]0;title\007red\033[31m\r\n\001\002",
    "\u202eright to left\u202c zero\u200bwidth e\u0301\u0301\u0301 \u65e5\u672c\u8a9e \U0001f600\U0001f468\u200d\U0001f469",
    "\xff\xfe\x80 broken \xc3",
    "{\"installed\":{\"client_id\":\"1-a.apps.googleusercontent.com\",\"client_secret\":\"" WANDER_SECRET "\"}}",
    "{\"web\":{\"client_id\":\"123-abc.apps.googleusercontent.com\",\"client_secret\":\"" WANDER_SECRET "\"}}",
    "%s%n%d'\"`$(true);|&<>",
    "",
    "99999999999999999999",
    "mlflow.example.com",
    "/dev/zero",
    "env:HOME",
    "prompt",
};

static bool is_secret_field(void)
{
	const struct question *q = form_focused(wander.w);
	return wander.w->over == &overlay_secret ||
	       (!wander.w->over && view_of(wizard_page(wander.w)) == &form_view && q && q->type == TYPE_SECRET);
}

/* A secret is pasted where one is asked for, a download of it where the client's ID is as well. */
static bool may_paste(const char *text)
{
	const struct question *q = form_focused(wander.w);
	bool client = !wander.w->over && view_of(wizard_page(wander.w)) == &form_view && q && !strcmp(q->id, "auth.client_id");
	return !strstr(text, WANDER_SECRET) || is_secret_field() || (client && strstr(text, "\"web\""));
}

static void paste(void)
{
	unsigned n = wander_draw(sizeof pastes / sizeof *pastes + 1);
	char *text = n < sizeof pastes / sizeof *pastes ? xstrdup(pastes[n]) : xcalloc(6000, 1);
	if (n >= sizeof pastes / sizeof *pastes)
		memset(text, 'x', 5999);
	struct key k = {.kind = KEY_PASTED, .text = text};
	char name[24];
	snprintf(name, sizeof name, "paste %u", n);
	if (may_paste(text))
		take(&k, name);
	free(text);
}

/* What opens a door: the server's name, the secret, a setting's name. */
static void type_words(void)
{
	static const char *const words[] = {"mem", "data", "region", "zzz", "1", "42", "us-central1", "example.com", "Google"};
	bool named = wander.w->over == &overlay_undo || wander.w->over == &overlay_data;
	if (is_secret_field())
		wander_press(wander.w->over ? "C-u" : "Space");
	if (wander.w->over == &overlay_secret)
		wander_type(WANDER_SECRET);
	else if (named)
		wander_press("C-u"), wander_type(answers_str(wander.w->answers, "stack.name"));
	else
		wander_type(words[wander_draw(sizeof words / sizeof *words)]);
	if (wander_draw(2))
		wander_press("Enter");
}

/* The terminal ------------------------------------------------------------------------------------------------------------------------- */

static void resize(void)
{
	static const int sizes[][2] = {{24, 80}, {24, 80}, {20, 60}, {30, 100}, {50, 132}, {60, 200},
				       {19, 80}, {24, 59}, {2, 10},  {1, 1},    {5, 200},  {100, 60}};
	unsigned n = wander_draw(sizeof sizes / sizeof *sizes);
	resize_term(sizes[n][0], sizes[n][1]);
	char name[24];
	snprintf(name, sizeof name, "%dx%d", sizes[n][1], sizes[n][0]);
	take(&(struct key){.kind = KEY_SIZE}, name);
	if (n > 5 && wander_draw(3))
		resize_term(24, 80);
}

static void click(void)
{
	if (!screen.target_count)
		return;
	const struct target *t = &screen.targets[wander_draw((unsigned)screen.target_count)];
	take(&(struct key){.kind = KEY_TARGET, .code = (wint_t)t->which}, "click");
}

static void anything(void)
{
	static const wint_t odd[] = {L'\u00e9', L'\u65e5', L'\u202e', 0x1f600, 0, 1, 2, 5, 23, 29, 31, 127, 0x7f, 0x301};
	struct key k = {.kind = KEY_CHARACTER, .code = 32 + wander_draw(95)};
	unsigned n = wander_draw(12);
	if (n == 0)
		k.code = odd[wander_draw(sizeof odd / sizeof *odd)];
	else if (n == 1)
		k = (struct key){.kind = KEY_FUNCTION, .code = (wint_t)KEY_F(1 + (int)wander_draw(12))};
	char name[24];
	snprintf(name, sizeof name, k.kind == KEY_CHARACTER && k.code > 32 && k.code < 127 ? "%c" : "U+%04X", (unsigned)k.code);
	take(&k, name);
}

static void named(void)
{
	static const char *const names[] = {"Enter", "Enter", "Enter", "Esc",  "Esc",   "Tab",  "Tab",       "S-Tab", "Space",
					    "Up",    "Down",  "Down",  "Left", "Right", "Home", "End",       "PgUp",  "PgDn",
					    "Del",   "C-u",   "C-w",   "C-l",  "C-r",   "C-y",  "Backspace", "C-t",   "C-c"};
	wander_press(names[wander_draw(sizeof names / sizeof *names)]);
}

static void letter(void)
{
	static const char keys[] = "adbcrlpwfktsuqeynN?/123456789";
	char name[2] = {keys[wander_draw(sizeof keys - 1)], 0};
	wander_press(name);
}

static void wait_a_while(void)
{
	static const int turns[] = {1, 3, 10, 40, 400};
	wander_turns(turns[wander_draw(sizeof turns / sizeof *turns)]);
}

void wander_step(void)
{
	static const struct {
		int weight;
		void (*does)(void);
	} deeds[] = {{30, press_hint}, {25, named}, {15, letter}, {10, wait_a_while}, {6, type_words},
		     {5, anything},    {4, paste},  {3, click},   {2, resize}};
	int n = (int)wander_draw(100);
	size_t i = 0;
	while ((n -= deeds[i].weight) >= 0)
		i++;
	deeds[i].does();
}

/* What a person does who wants out: back, then Ctrl-C and what it asks for. */
bool wander_leave(void)
{
	for (int i = 0; i < 12 && wander.w->over && wander.w->over != &overlay_quit; i++)
		wander_press("Esc");
	for (int i = 0; i < 40 && !wander.w->ended; i++) {
		if (wander.w->over == &overlay_quit)
			wander_press(text_yes_no("y") == 1 ? "y" : "q");
		else
			wander_press("C-c");
		if (!wander.w->ended)
			wander_turns(200);
	}
	return wander.w->ended;
}
