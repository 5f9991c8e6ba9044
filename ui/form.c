/* A page of questions, made from the question table: rows of label and value, what is known about them, and help for the focused one. */
#include "config.h"
#include "ui/form_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <curses.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct form *form_own(const struct wizard *w)
{
	return view_own(w, &form_view);
}

void form_leave_unsaid(struct wizard *w, const char *words)
{
	form_own(w)->unsaid = words;
}

static void form_forget(struct wizard *w)
{
	free(form_own(w)->filter);
	cJSON_Delete(form_own(w)->drafts);
}

/* Questions of the page -------------------------------------------------------------------------------------------------------------- */

const struct question *form_asked(const struct wizard *w, int n)
{
	for (const struct question *q = questions; q->id; q++) {
		if (page_asks(&wizard_pages[w->page], w->answers, q) && n-- == 0)
			return q;
	}
	return NULL;
}

int form_asked_count(const struct wizard *w)
{
	int n = 0;
	while (form_asked(w, n))
		n++;
	return n;
}

const struct question *form_focused(const struct wizard *w)
{
	return form_asked(w, form_own(w)->focus);
}

void form_focus(struct wizard *w, const char *id)
{
	for (int i = 0; form_asked(w, i); i++) {
		if (!strcmp(form_asked(w, i)->id, id))
			form_own(w)->focus = i;
	}
	form_load(w);
}

bool form_is_typed(const struct question *q)
{
	return q->type == TYPE_TEXT || q->type == TYPE_INT;
}

bool form_is_project(const struct question *q)
{
	return !strcmp(q->id, "project.id");
}

const char *form_draft(const struct wizard *w, const char *id)
{
	const cJSON *d = cJSON_GetObjectItemCaseSensitive(form_own(w)->drafts, id);
	return d ? d->valuestring : NULL;
}

static void forget_draft(struct wizard *w, const struct question *q)
{
	cJSON_DeleteItemFromObjectCaseSensitive(form_own(w)->drafts, q->id);
}

static void keep_draft(struct wizard *w, const struct question *q, const char *text)
{
	struct form *f = form_own(w);
	if (!f->drafts)
		f->drafts = cJSON_CreateObject();
	cJSON_AddStringToObject(f->drafts, q->id, text);
}

static char *value_text(const struct wizard *w, const struct question *q)
{
	const cJSON *v = answers_get(w->answers, q->id);
	if (form_draft(w, q->id))
		return xstrdup(form_draft(w, q->id));
	return cJSON_IsNumber(v) ? xasprintf("%d", v->valueint) : xstrdup(cJSON_IsString(v) ? v->valuestring : "");
}

/* Takes the focused question's value into the editor. */
void form_load(struct wizard *w)
{
	const struct question *q = form_focused(w);
	free(form_own(w)->filter);
	form_own(w)->filter = xstrdup("");
	if (!q)
		return;
	form_own(w)->fresh = true;
	draft_price_choices(w, q);
	char *text = value_text(w, q);
	edit_set(&form_own(w)->edit, text);
	free(text);
}

/* The focus goes to the first field that needs an answer. */
static void form_enter(struct wizard *w)
{
	form_own(w)->focus = 0;
	for (int i = form_asked_count(w) - 1; i >= 0; i--) {
		if (question_lacks(form_asked(w, i), w->answers))
			form_own(w)->focus = i;
	}
	form_load(w);
}

static void form_project_changed(struct wizard *w)
{
	if (w->session)
		form_own(w)->typed_at = session_now(w->session);
	form_own(w)->typed = w->session != NULL;
}

double form_typing_since(const struct wizard *w)
{
	const struct form *f = form_own(w);
	return f->typed ? session_now(w->session) - f->typed_at : INFINITY;
}

/* Setting ---------------------------------------------------------------------------------------------------------------------------- */

/* A choice may have made others impossible: those go back to their default, and that is said. */
static void tidy(struct wizard *w)
{
	for (const struct question *q = questions; q->id; q++) {
		if (q->type != TYPE_CHOICE || !question_refuses(q, w->answers, answers_str(w->answers, q->id)))
			continue;
		answers_drop(w->answers, q->id);
		char *words = answers_words(w->answers, q), *text = xasprintf(_("%s is now: %s"), _(q->title), words);
		wizard_say(w, ROLE_WARN, text);
		free(words);
		free(text);
	}
}

bool form_set(struct wizard *w, const struct question *q, cJSON *value)
{
	struct err e = {0};
	bool fine = answers_set(w->answers, q->id, value, &e);
	if (fine) {
		forget_draft(w, q);
		tidy(w);
	} else {
		wizard_say(w, ROLE_BAD, e.what);
	}
	err_free(&e);
	if (fine)
		form_changed(w, q);
	return fine;
}

void form_changed(struct wizard *w, const struct question *q)
{
	forget_draft(w, q);
	if (form_is_project(q))
		form_project_changed(w);
	draft_price_choices(w, q);
}

/* After each key: what was typed is the answer when it can be one, and is kept as a draft when it cannot. */
static void take_edit(struct wizard *w, const struct question *q)
{
	struct err e = {0};
	char *text = edit_text(&form_own(w)->edit);
	forget_draft(w, q);
	if (!answers_set_text(w->answers, q->id, text, &e))
		keep_draft(w, q, text);
	err_free(&e);
	free(text);
	if (form_is_project(q))
		form_project_changed(w);
}

void form_put(struct wizard *w, const struct question *q, const char *text)
{
	edit_set(&form_own(w)->edit, text);
	take_edit(w, q);
}

char *form_problem(const struct wizard *w, const struct question *q)
{
	struct err e = {0};
	if (!form_draft(w, q->id))
		return NULL;
	struct answers *a = answers_copy(w->answers);
	char *why = answers_set_text(a, q->id, form_draft(w, q->id), &e) ? NULL : with_titles(e.what);
	answers_free(a);
	err_free(&e);
	return why;
}

/* The characters that a pattern names: those in brackets, and the plain ones. A pattern with a negated set allows all. */
static bool pattern_names(const char *pattern, char c)
{
	bool bracket = false;
	for (const char *p = pattern; *p; p++) {
		if (*p == '[' && p[1] == '^')
			return true;
		if (*p == '[' || *p == ']')
			bracket = *p == '[';
		else if (bracket && p[1] == '-' && p[2] != ']' && (p += 2) && c >= p[-2] && c <= *p)
			return true;
		else if (*p == '\\' && p[1] && *++p == c)
			return true;
		else if (*p == c && (bracket || !strchr("^$.*+?(){}|\\", c)))
			return true;
	}
	return false;
}

static bool may_type(const struct question *q, const struct key *k)
{
	if (k->kind != KEY_CHARACTER || k->code < 32 || k->code == 127)
		return true;
	if (q->type == TYPE_INT)
		return k->code >= L'0' && k->code <= L'9';
	return !q->pattern || (k->code < 127 && pattern_names(q->pattern, (char)k->code));
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static void move_focus(struct wizard *w, int delta)
{
	int to = form_own(w)->focus + delta;
	if (to >= 0 && to < form_asked_count(w))
		form_own(w)->focus = to;
	form_load(w);
}

/* Up and down walk the suggestions where there are some, else the fields. */
static void vertical(struct wizard *w, const struct question *q, int delta)
{
	const cJSON *item = suggestion_beside(w, q, delta);
	if (item)
		form_put(w, q, json_str(item, "id", ""));
	else if (!form_suggestions(w, q) || delta < 0)
		move_focus(w, delta);
}

static bool choose(struct wizard *w, const struct question *q, int index)
{
	return form_set(w, q, cJSON_CreateString(question_choice(q, w->answers, index)->id));
}

static void cycle(struct wizard *w, const struct question *q, int delta)
{
	int count = choice_count(w, q), at = choice_index(w, q, answers_str(w->answers, q->id));
	for (int i = 1; i < count; i++) {
		int to = (at + delta * i + count * count) % count;
		if (question_refuses(q, w->answers, question_choice(q, w->answers, to)->id))
			continue;
		choose(w, q, to);
		return;
	}
	wizard_say(w, ROLE_WARN, _("There is no other choice here. Space shows why."));
}

static void open_overlay(struct wizard *w, const struct question *q, const struct key *k)
{
	w->over_top = 0;
	if (q->type == TYPE_CHOICE) {
		w->over = &overlay_choice;
		w->over_focus = choice_index(w, q, answers_str(w->answers, q->id));
		return;
	}
	list_open(w, q);
	if (!key_is(k, L' '))
		w->over->key(w, k, &(enum action){ACTION_NONE});
}

static void typed_key(struct wizard *w, const struct question *q, const struct key *k)
{
	if (!may_type(q, k)) {
		wizard_say(w, ROLE_WARN, q->type == TYPE_INT ? _("Only digits here.") : _(q->form));
		return;
	}
	bool printable = key_prints(k);
	if (k->kind == KEY_PASTED && client_take_download(w, q, k->text)) {
		form_load(w);
		return;
	}
	if (form_own(w)->fresh && printable)
		edit_set(&form_own(w)->edit, ""); /* the first character replaces what stood there */
	form_own(w)->fresh = false;
	if (!edit_key(&form_own(w)->edit, k))
		return;
	take_edit(w, q);
	if (form_suggestions(w, q)) {
		free(form_own(w)->filter);
		form_own(w)->filter = edit_text(&form_own(w)->edit);
	}
}

/* What is typed or pasted on a secret goes into its masked field. */
static void type_secret(struct wizard *w, const struct key *k)
{
	secret_open_field(w, form_focused(w), false);
	if (!key_is(k, L' '))
		w->over->key(w, k, &(enum action){ACTION_NONE});
}

static void value_key(struct wizard *w, const struct question *q, const struct key *k)
{
	bool left = key_does(k, KEY_LEFT), right = key_does(k, KEY_RIGHT);
	bool printable = key_prints(k);
	if (form_is_typed(q))
		typed_key(w, q, k);
	else if (q->type == TYPE_SECRET && printable)
		type_secret(w, k);
	else if (q->type == TYPE_BOOL && (printable || left || right))
		form_set(w, q, cJSON_CreateBool(!answers_bool(w->answers, q->id)));
	else if (q->type == TYPE_CHOICE && (left || right))
		cycle(w, q, left ? -1 : 1);
	else if (printable && (q->type == TYPE_LIST || key_is(k, L' ')))
		open_overlay(w, q, k);
}

/* The line that mends a failed check, or what is to be pasted elsewhere. */
static void copy_line(struct wizard *w)
{
	const struct resource *e = page_holds(&wizard_pages[w->page], "auth") ? draft_errand(w) : NULL;
	if (!e)
		checks_copy(w);
	else if (screen_copy(draft_errand_text(e, "paste")))
		wizard_say(w, ROLE_GOOD, _("Copied. If your terminal does not allow that, mark the line instead."));
}

static bool is_help_key(const struct key *k)
{
	return key_is(k, L'?') || key_does(k, KEY_F(1));
}

static enum action form_key(struct wizard *w, const struct key *k)
{
	const struct question *q = form_focused(w);
	if (is_help_key(k)) {
		w->over = &overlay_help;
		return ACTION_NONE;
	}
	if (key_is(k, 27))
		return ACTION_BACK;
	if (key_is(k, L'\r'))
		return form_leave(w);
	if (key_is(k, 'R' & 31))
		wizard_reopen(w);
	if (key_is(k, 'Y' & 31))
		copy_line(w);
	if (k->kind == KEY_TARGET)
		move_focus(w, (int)k->code - form_own(w)->focus);
	if (!q)
		return ACTION_NONE;
	if (key_is(k, L'\t'))
		move_focus(w, form_own(w)->focus + 1 < form_asked_count(w) ? 1 : -form_own(w)->focus);
	else if (key_does(k, KEY_BTAB))
		move_focus(w, form_own(w)->focus > 0 ? -1 : form_asked_count(w) - 1);
	else if (key_does(k, KEY_DOWN) || key_does(k, KEY_UP))
		vertical(w, q, k->code == KEY_DOWN ? 1 : -1);
	else
		value_key(w, q, k);
	return ACTION_NONE;
}

/* "Ctrl-R", as a keyboard of the language has it: what "Ctrl-C" is called, with the other letter. */
static const char *check_key(void)
{
	static char key[32];
	snprintf(key, sizeof key, "%s", _("Ctrl-C"));
	if (*key)
		key[strlen(key) - 1] = 'R';
	return key;
}

static void form_hints(struct wizard *w, struct hints *h)
{
	const struct question *q = form_focused(w);
	hint(h, _("Enter"), _("next"));
	hint(h, _("Esc"), _("back"));
	bool failed = checks_hold(w) || w->sign_in.exit || w->surveys[SURVEY_WHO].state == SURVEY_FAILED;
	if (page_holds(&wizard_pages[w->page], "project") && failed)
		hint(h, check_key(), _("check again"));
	bool to_paste = page_holds(&wizard_pages[w->page], "auth") && draft_errand(w);
	if (to_paste || (page_holds(&wizard_pages[w->page], "project") && checks_hold(w)))
		hint(h, _("Ctrl-Y"), _("copy"));
	if (form_asked_count(w) > 1)
		hint(h, _("Tab"), _("field"));
	if (q && form_suggestions(w, q))
		hint(h, _("Up/Down"), _("choose"));
	if (q && q->type == TYPE_CHOICE)
		hint(h, _("Left/Right"), _("choose"));
	if (q && q->type == TYPE_BOOL)
		hint(h, _("Space"), _("yes/no"));
	if (q && q->type == TYPE_LIST)
		hint(h, _("Space"), _("edit list"));
	if (q && q->type == TYPE_SECRET)
		hint(h, _("Space"), _("type it"));
	hint(h, "?", _("help"));
	hint(h, _("Ctrl-C"), _("leave"));
}

const struct page_view form_view = {
    .id = "form",
    .size = sizeof(struct form),
    .forget = form_forget,
    .enter = form_enter,
    .draw = form_draw,
    .key = form_key,
    .hints = form_hints,
};
