/* The first page: what this is, who is signed in, where the answers go. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 18 };

static int fact(int y, struct rect r, const char *label, enum role role, const char *text)
{
	if (y < r.y + r.h)
		put(y, r.x + 2, LABEL - 1, ROLE_TEXT, label);
	int room = r.y + r.h - y;
	return y + put_lines(y, r.x + 2 + LABEL, room < 3 ? room : 3, r.w - LABEL - 2, role, text);
}

static int draw_who(const struct wizard *w, int y, struct rect r)
{
	const struct survey *s = &w->surveys[SURVEY_WHO];
	const struct err *e = w->sign_in.exit ? &w->sign_in : s->state == SURVEY_FAILED ? &s->err : NULL;
	char *text;
	if (e)
		text = wizard_sentence(e);
	else if (s->state != SURVEY_KNOWN)
		text = xstrdup(_("checking..."));
	else if (*json_str(s->result, "describe", ""))
		text = xasprintf("%s (%s)", json_str(s->result, "email", "?"), json_str(s->result, "describe", ""));
	else
		text = xstrdup(json_str(s->result, "email", "?"));
	y = fact(y, r, _("Signed in as"), e ? ROLE_BAD : s->state == SURVEY_KNOWN ? ROLE_TITLE : ROLE_BUSY, text);
	free(text);
	return y;
}

static int draw_file(const struct wizard *w, int y, struct rect r)
{
	char *text = xasprintf(w->answers->text ? _("%s, with the answers of last time") : _("%s, written as you go"), w->options->file);
	y = fact(y, r, _("Answers file"), ROLE_TEXT, text);
	free(text);
	return y;
}

static void draw(struct wizard *w, struct rect r)
{
	int y = r.y;
	put(y, r.x, r.w, ROLE_TITLE, _("An MLflow tracking server that only your people can reach"));
	y += 2;
	y += put_lines(y, r.x, r.h >= 18 ? 4 : 2, r.w, ROLE_TEXT, _(pages[0].intro)) + 1;
	y += put_lines(y, r.x, r.h >= 18 ? 4 : 2, r.w, ROLE_TEXT,
			 _("Every page has help on ?, and Esc goes back without losing anything. Your answers become a small file that "
			   "builds the same server again, by hand or in CI.")) + 1;
	put_rule(y, r.x, r.w);
	y = draw_who(w, y + (r.h >= 18 ? 2 : 1), r);
	y = draw_file(w, y, r);
	if (w->options->rehearsal)
		fact(y, r, _("Cloud"), ROLE_TEXT, _("a rehearsal on a simulated Google Cloud: no account, no network, no cost"));
	else
		fact(y, r, _("Cloud"), ROLE_TEXT, _("your Google Cloud account"));
	screen_cursor(r.y, r.x);
}

static enum action key(struct wizard *w, const struct key *k)
{
	if (k->kind != KEY_CHARACTER)
		return ACTION_NONE;
	if (k->code == L'?')
		w->over = &overlay_help;
	if (k->code == L'r')
		wizard_reopen(w);
	if (k->code == 27)
		return ACTION_BACK;
	return k->code == L'\r' ? ACTION_NEXT : ACTION_NONE;
}

static void hints(struct wizard *w, struct hints *h)
{
	hint(h, _("Enter"), _("begin"));
	if (w->surveys[SURVEY_WHO].state == SURVEY_FAILED)
		hint(h, "r", _("check again"));
	hint(h, "?", _("help"));
	hint(h, _("Ctrl-C"), _("leave"));
}

const struct page_view welcome_view = {
	.id = "welcome",
	.draw = draw,
	.key = key,
	.hints = hints,
	.help = N_("The pages ask where the server runs, who may enter and how large it is. Every question has a default. Then you see everything that "
		   "will be made, with its cost, and decide."),
};
