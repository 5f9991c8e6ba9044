/* What can be done about a failure: a menu whose first line fits the kind of the failure, and the question before all is undone. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

/* The actions, by their key. */
static const struct {
	char key;
	const char *words; /* N_() */
	bool over_only;    /* only once the run has ended */
} actions[] = {
    {'r', N_("Try again: what stands is kept"), true}, {'e', N_("Change the answer that decided it"), true},
    {'c', N_("Copy the line that mends it"), false},   {'k', N_("Go on without it this time"), true},
    {'s', N_("A shell with the project set"), true},   {'l', N_("The whole log"), false},
    {'u', N_("Undo: take away what was made"), true},  {'q', N_("Save the answers and leave"), true},
};

/* Which actions make sense for a kind of failure, the likeliest first. */
static const char *const orders[] = {
    [CAUSE_PERMISSION] = "crksluq", [CAUSE_SIGN_IN] = "crslq",  [CAUSE_QUOTA] = "eckrsluq",
    [CAUSE_POLICY] = "eckrsluq",    [CAUSE_API_OFF] = "crsluq", [CAUSE_IN_THE_WAY] = "eckrsluq",
    [CAUSE_UNREACHABLE] = "rcsluq", [CAUSE_PROOF] = "rclsuq",   [CAUSE_OTHER] = "crkelsuq",
};

static char *command_of(const struct wizard *w)
{
	const struct cause *c = build_cause(w);
	return c ? cause_command(&w->work.p, c, wizard_who(w), answers_str(w->answers, "project.id")) : NULL;
}

const char *failure_words(char key)
{
	size_t i = 0;
	while (actions[i].key != key)
		i++;
	return _(actions[i].words);
}

static bool possible(const struct wizard *w, char key)
{
	char *command = key == 'c' ? command_of(w) : NULL;
	bool fits = key == 'c' ? command != NULL : key != 'k' || work_may_leave_out(w, build_cause(w));
	free(command);
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		fits &= actions[i].key != key || !actions[i].over_only || w->work.over;
	return fits;
}

const struct question *failure_question(const struct wizard *w)
{
	const struct cause *c = build_cause(w);
	return c ? w->work.p.steps[c->step].question : question_find("project.id");
}

const char *failure_menu(const struct wizard *w, char *into)
{
	const struct cause *c = build_cause(w);
	size_t n = 0;
	for (const char *k = orders[c ? c->kind : CAUSE_OTHER]; *k; k++) {
		into[n] = '\0';
		if (possible(w, *k) && !strchr(into, *k) && (*k != 'e' || failure_question(w)))
			into[n++] = *k;
	}
	into[n] = '\0';
	return into;
}

static void failure_draw(struct wizard *w)
{
	char keys[16];
	const struct cause *c = build_cause(w);
	int count = (int)strlen(failure_menu(w, keys)), width = 64;
	char *words = c ? cause_words(&w->work.p, c, wizard_who(w), answers_str(w->answers, "project.id")) : xstrdup("");
	int lines = put_wrapped(0, 0, 0, width - 4, ROLE_TEXT, words), most = screen_lines() - 6 - count;
	lines = lines < most ? lines : most;
	struct rect r = put_box(middle(lines + count + 3, width), _("What now?"));
	put_wrapped(r.y, r.x, lines, r.w, ROLE_TEXT, words);
	for (int i = 0; i < count; i++) {
		int y = r.y + lines + 1 + i;
		bool here = i == w->over_focus;
		if (here)
			put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
		putf(y, r.x + 2, 2, ROLE_KEY, "%c", keys[i]);
		put(y, r.x + 5, r.w - 5, here ? ROLE_FOCUS : ROLE_TEXT, failure_words(keys[i]));
		if (here)
			screen_cursor(y, r.x + 5);
		screen_target(y, r.x, r.w, i);
	}
	free(words);
}

static void copy_command(struct wizard *w)
{
	char *command = command_of(w);
	if (command && screen_copy(command))
		wizard_say(w, ROLE_GOOD, _("Copied. If your terminal does not allow that, mark the line instead."));
	else if (command)
		wizard_say(w, ROLE_WARN, _("This terminal cannot copy: mark the line instead."));
	else
		wizard_say(w, ROLE_WARN, _("There is no such line here."));
	free(command);
}

/* False closes the menu. */
static bool act(struct wizard *w, char key, enum action *action)
{
	if (!strchr("recksluq", key) || !possible(w, key))
		return true;
	switch (key) {
	case 'r':
		build_start(w, w->work.undoing);
		return false;
	case 'e':
		w->jump_to = failure_question(w);
		*action = ACTION_JUMP;
		return false;
	case 'c':
		copy_command(w);
		return true;
	case 'k':
		build_leave_out(w);
		return false;
	case 's':
		shell_open(w);
		return true;
	case 'l':
		log_open(w, -1, false);
		return true;
	case 'u':
		edit_set(&w->over_edit, "");
		w->over = &overlay_undo;
		return true;
	case 'q':
		*action = ACTION_QUIT;
		return false;
	}
	return true;
}

static bool failure_key(struct wizard *w, const struct key *k, enum action *action)
{
	char keys[16];
	int count = (int)strlen(failure_menu(w, keys));
	if (w->over_focus >= count)
		w->over_focus = 0;
	if (k->kind == KEY_TARGET && (int)k->code < count)
		return act(w, keys[k->code], action);
	if (key_does(k, KEY_UP) || key_does(k, KEY_DOWN))
		w->over_focus = (w->over_focus + (k->code == KEY_UP ? count - 1 : 1)) % (count ? count : 1);
	if (k->kind != KEY_CHARACTER)
		return true;
	if (k->code == 27)
		return false;
	if (k->code == L'\r')
		return !count || act(w, keys[w->over_focus], action);
	return k->code > 127 || act(w, (char)k->code, action);
}

static void failure_hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, _("Up/Down"), _("move"));
	hint(h, _("Enter"), _("do it"));
	hint(h, _("Esc"), _("back"));
}

const struct overlay overlay_failure = {.draw = failure_draw, .key = failure_key, .hints = failure_hints};

/* Undoing ---------------------------------------------------------------------------------------------------------------------------- */

static void undo_draw(struct wizard *w)
{
	struct rect r = put_box(middle(10, 66), _("Undo all?"));
	char *ask = xasprintf(_("If that is meant, type the name of this server: %s"), answers_str(w->answers, "stack.name"));
	put_wrapped(r.y + 1, r.x, 4, r.w, ROLE_BAD,
		    _("This takes away everything that this server consists of, experiments and models included. They cannot "
		      "be brought back."));
	put_wrapped(r.y + 5, r.x, 2, r.w, ROLE_TEXT, ask);
	edit_draw(&w->over_edit, r.y + 7, r.x, r.w, ROLE_FIELD, false);
	free(ask);
}

static bool undo_key(struct wizard *w, const struct key *k, enum action *action)
{
	(void)action;
	enum named named = overlay_named(w, k);
	if (named != NAMED_RIGHT)
		return named == NAMED_NOT;
	build_start(w, true);
	if (!wizard_on(w, "build")) {
		review_agree(w, false);
		wizard_go(w, wizard_page_index("build"));
	}
	return false;
}

static void undo_hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, _("Enter"), _("undo all"));
	hint(h, _("Ctrl-U"), _("empty the line"));
	hint(h, _("Esc"), _("keep it"));
}

const struct overlay overlay_undo = {.draw = undo_draw, .key = undo_key, .hints = undo_hints};
