/* A page of questions, made from the question table: rows of label and value, what is known about them, and help for the focused one. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <curses.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct form {
	int focus; /* which of the page's asked questions */
	struct edit edit;
	char *filter;       /* what the suggestions are narrowed by; NULL for nothing */
	bool fresh;         /* nothing was typed into the field so far: the first character replaces it */
	cJSON *drafts;      /* question id -> text as typed that is no answer yet; NULL for none */
	const char *unsaid; /* what the chosen choice means, where the list had no room for it */
	bool typed;         /* a project was, last at this time of the session's */
	double typed_at;
};

static struct form *form_of(const struct wizard *w)
{
	return view_own(w, &form_view);
}

static const char *filter_of(const struct wizard *w)
{
	return form_of(w)->filter ? form_of(w)->filter : "";
}

void form_leave_unsaid(struct wizard *w, const char *words)
{
	form_of(w)->unsaid = words;
}

static void form_forget(struct wizard *w)
{
	free(form_of(w)->filter);
	cJSON_Delete(form_of(w)->drafts);
}

enum { LABEL = 26, VALUE_MAX = 64, HELP_LINES = 4, BESIDE_FROM = 112, LEFT = 78 };

/* Questions of the page -------------------------------------------------------------------------------------------------------------- */

static const struct question *asked(const struct wizard *w, int n)
{
	for (const struct question *q = questions; q->id; q++) {
		if (page_asks(&wizard_pages[w->page], w->answers, q) && n-- == 0)
			return q;
	}
	return NULL;
}

static int asked_count(const struct wizard *w)
{
	int n = 0;
	while (asked(w, n))
		n++;
	return n;
}

const struct question *form_focused(const struct wizard *w)
{
	return asked(w, form_of(w)->focus);
}

static void focus_on(struct wizard *w, const char *id)
{
	for (int i = 0; asked(w, i); i++) {
		if (!strcmp(asked(w, i)->id, id))
			form_of(w)->focus = i;
	}
	form_load(w);
}

static bool is_typed(const struct question *q)
{
	return q->type == TYPE_TEXT || q->type == TYPE_INT;
}

const char *form_draft(const struct wizard *w, const char *id)
{
	const cJSON *d = cJSON_GetObjectItemCaseSensitive(form_of(w)->drafts, id);
	return d ? d->valuestring : NULL;
}

static const char *draft(const struct wizard *w, const struct question *q)
{
	return form_draft(w, q->id);
}

static void forget_draft(struct wizard *w, const struct question *q)
{
	cJSON_DeleteItemFromObjectCaseSensitive(form_of(w)->drafts, q->id);
}

static void keep_draft(struct wizard *w, const struct question *q, const char *text)
{
	struct form *f = form_of(w);
	if (!f->drafts)
		f->drafts = cJSON_CreateObject();
	cJSON_AddStringToObject(f->drafts, q->id, text);
}

static char *value_text(const struct wizard *w, const struct question *q)
{
	const cJSON *v = answers_get(w->answers, q->id);
	if (draft(w, q))
		return xstrdup(draft(w, q));
	return cJSON_IsNumber(v) ? xasprintf("%d", v->valueint) : xstrdup(cJSON_IsString(v) ? v->valuestring : "");
}

/* Takes the focused question's value into the editor. */
void form_load(struct wizard *w)
{
	const struct question *q = form_focused(w);
	free(form_of(w)->filter);
	form_of(w)->filter = xstrdup("");
	if (!q)
		return;
	form_of(w)->fresh = true;
	draft_price_choices(w, q);
	char *text = value_text(w, q);
	edit_set(&form_of(w)->edit, text);
	free(text);
}

/* The focus goes to the first field that needs an answer. */
static void form_enter(struct wizard *w)
{
	form_of(w)->focus = 0;
	for (int i = asked_count(w) - 1; i >= 0; i--) {
		if (question_lacks(asked(w, i), w->answers))
			form_of(w)->focus = i;
	}
	form_load(w);
}

/* What the cloud knows --------------------------------------------------------------------------------------------------------------- */

const cJSON *form_suggestions(const struct wizard *w, const struct question *q)
{
	if (!q->suggests || q->type != TYPE_TEXT)
		return NULL;
	return wizard_survey_result(w, q->suggests);
}

static const char *suggestion_title(const cJSON *item)
{
	return json_str(item, "title", json_str(item, "name", ""));
}

static bool suggestion_shown(const struct wizard *w, const cJSON *item)
{
	return strcasestr(json_str(item, "id", ""), filter_of(w)) || strcasestr(suggestion_title(item), filter_of(w));
}

/* The suggestion delta places after the one that the field holds; without one, the first. NULL when there is no such. */
static const cJSON *suggestion_beside(const struct wizard *w, const cJSON *list, const char *id, int delta)
{
	const cJSON *item, *previous = NULL, *first = NULL;
	bool found = false;
	cJSON_ArrayForEach(item, list) {
		if (!suggestion_shown(w, item))
			continue;
		if (found)
			return item;
		first = first ? first : item;
		found = !strcmp(json_str(item, "id", ""), id);
		if (found && delta < 0)
			return previous;
		previous = item;
	}
	return found || delta < 0 ? NULL : first;
}

static void form_project_changed(struct wizard *w)
{
	if (w->session)
		form_of(w)->typed_at = session_now(w->session);
	form_of(w)->typed = w->session != NULL;
}

double form_typing_since(const struct wizard *w)
{
	const struct form *f = form_of(w);
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
	if (!strcmp(q->id, "project.id"))
		form_project_changed(w);
	draft_price_choices(w, q);
}

/* After each key: what was typed is the answer when it can be one, and is kept as a draft when it cannot. */
static void take_edit(struct wizard *w, const struct question *q)
{
	struct err e = {0};
	char *text = edit_text(&form_of(w)->edit);
	forget_draft(w, q);
	if (!answers_set_text(w->answers, q->id, text, &e))
		keep_draft(w, q, text);
	err_free(&e);
	free(text);
	if (!strcmp(q->id, "project.id"))
		form_project_changed(w);
}

static char *draft_problem(const struct wizard *w, const struct question *q)
{
	struct err e = {0};
	if (!draft(w, q))
		return NULL;
	struct answers *a = answers_copy(w->answers);
	char *why = answers_set_text(a, q->id, draft(w, q), &e) ? NULL : with_titles(e.what);
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

/* Drawing --------------------------------------------------------------------------------------------------------------------------- */

char *setting_words(const struct wizard *w, const struct question *q)
{
	char *words = answers_words(w->answers, q);
	if (q->type != TYPE_SECRET || strcmp(words, "prompt") != 0)
		return words;
	free(words);
	return xstrdup(w->secret ? _("typed, not saved") : _("not typed so far"));
}

static void draw_other_value(const struct wizard *w, const struct question *q, int y, int x, int width, bool here)
{
	const char *typed = draft(w, q);
	char *words = typed ? xstrdup(typed) : setting_words(w, q);
	if (typed)
		x += put_glyph(y, x, ROLE_BAD, GLYPH_CROSS) + 1;
	if (!*words && !q->optional)
		put(y, x, width, ROLE_WARN, _("needed"));
	else
		put(y, x, width, here ? ROLE_FOCUS : typed ? ROLE_BAD : ROLE_TEXT, *words ? words : _("none"));
	if (here)
		screen_cursor(y, x);
	free(words);
}

static void draw_row(struct wizard *w, const struct question *q, int y, struct rect r, bool here)
{
	int x = r.x + LABEL, width = r.w - LABEL < VALUE_MAX ? r.w - LABEL : VALUE_MAX;
	if (here)
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
	put(y, r.x + 2, LABEL - 3, here ? ROLE_TITLE : ROLE_TEXT, _(q->title));
	if (!here || !is_typed(q)) {
		draw_other_value(w, q, y, x, width, here);
		return;
	}
	if (q->type == TYPE_INT)
		width = 8;
	edit_draw(&form_of(w)->edit, y, x, width, ROLE_FIELD, false);
	if (q->unit)
		put(y, x + width + 1, r.w - LABEL - width - 1, ROLE_TEXT, _(q->unit));
}

static void draw_suggestion(const struct wizard *w, const cJSON *item, int y, struct rect r, bool here)
{
	(void)w;
	if (here)
		put_glyph(y, r.x + 2, ROLE_KEY, GLYPH_MARK);
	int column = LABEL + 9; /* project ids have up to 30 characters */
	put(y, r.x + 4, column - 5, here ? ROLE_TITLE : ROLE_TEXT, json_str(item, "id", ""));
	put(y, r.x + column, r.w - column - 2, here ? ROLE_TITLE : ROLE_DIM, suggestion_title(item));
}

/* The list under the fields: what can be chosen with the arrows instead of typing. */
static void draw_suggestions(const struct wizard *w, const struct question *q, struct rect r)
{
	const cJSON *list = form_suggestions(w, q), *item;
	if (!list && !strcmp(q->id, "project.id") && wizard_survey_awaited(w, SURVEY_PROJECTS))
		put(r.y, r.x + 4, r.w - 4, ROLE_BUSY, _("Looking up your projects..."));
	if (!list || r.h < 2)
		return;
	int count = 0, current = -1, n = 0;
	char *text = edit_text(&form_of(w)->edit);
	cJSON_ArrayForEach(item, list) {
		if (!suggestion_shown(w, item))
			continue;
		if (!strcmp(json_str(item, "id", ""), text))
			current = count;
		count++;
	}
	int room = r.h - 1, top = current < room ? 0 : current - room + 1;
	putf(r.y, r.x + 2, r.w - 2, ROLE_DIM, *filter_of(w) ? _("%d of %d match what you typed") : _("%d to choose from"),
	     count, cJSON_GetArraySize(list));
	cJSON_ArrayForEach(item, list) {
		if (!suggestion_shown(w, item))
			continue;
		if (n >= top && n < top + room)
			draw_suggestion(w, item, r.y + 1 + n - top, r, n == current);
		n++;
	}
	if (count > top + room)
		put_glyph(r.y + room, r.x + r.w - 1, ROLE_KEY, GLYPH_DOWN);
	if (top > 0 && room > 1)
		put_glyph(r.y + 1, r.x + r.w - 1, ROLE_KEY, GLYPH_UP);
	free(text);
}

static int help_lines(struct rect r)
{
	return r.h >= 18 ? HELP_LINES : 2;
}

static void draw_help(struct wizard *w, const struct question *q, struct rect r)
{
	int y = r.y + r.h - help_lines(r);
	char *problem = draft_problem(w, q);
	put_rule(y - 1, r.x, r.w);
	if (problem && !(w->message && !strcmp(w->message, problem))) /* it stands below already */
		y += put_lines(y, r.x, 2, r.w, ROLE_WARN, problem);
	y += put_lines(y, r.x, r.y + r.h - y, r.w, ROLE_DIM, _(q->help));
	if (form_of(w)->unsaid)
		put_lines(y, r.x, r.y + r.h - y, r.w, ROLE_TEXT, form_of(w)->unsaid);
	free(problem);
}

/* Where the screen is wide, all that is to be said of the focused question stands beside the fields: help, choices, what the file calls it. */
static void draw_beside(struct wizard *w, const struct question *q, struct rect r)
{
	char *problem = draft_problem(w, q);
	put_rule(r.y, r.x, r.w);
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, " %s ", _(q->title));
	char *named = xasprintf(_("In the answers file, and for --set: %s"), q->id);
	int y = r.y + 1, end = r.y + r.h;
	if (problem)
		y += put_lines(y, r.x, 4, r.w, ROLE_WARN, problem);
	y += put_lines(y, r.x, 8, r.w, ROLE_DIM, _(q->help)) + 1;
	if (q->type == TYPE_CHOICE)
		y = draw_choices(w, q, (struct rect){y, r.x, end - 3 - y, r.w}, -1) + 1;
	put_lines(y, r.x, 2, r.w, ROLE_DIM, named);
	free(named);
	free(problem);
}

static void draw_rows(struct wizard *w, struct rect r, bool beside)
{
	int count = asked_count(w), room = count < r.h ? count : r.h,
	    top = form_of(w)->focus < room ? 0 : form_of(w)->focus - room + 1, y = r.y;
	for (int i = top; i < top + room; i++, y++) {
		screen_target(y, r.x, r.w, i);
		draw_row(w, asked(w, i), y, r, i == form_of(w)->focus);
	}
	if (top > 0)
		put_glyph(r.y, r.x - 1, ROLE_KEY, GLYPH_UP);
	if (top + room < count)
		put_glyph(r.y + room - 1, r.x - 1, ROLE_KEY, GLYPH_DOWN);
	y = form_draw_facts(w, y + 1, r);
	r.h -= y - r.y;
	r.y = y;
	const struct question *q = form_focused(w);
	if (q && q->type == TYPE_CHOICE && beside)
		return;
	if (q && q->type == TYPE_CHOICE && r.h > 1)
		draw_choices(w, q, (struct rect){r.y, r.x + 2, r.h, r.w - 2}, -1);
	else if (q)
		draw_suggestions(w, q, r);
}

static void form_draw(struct wizard *w, struct rect r)
{
	const struct wizard_page *page = &wizard_pages[w->page];
	const struct question *q = form_focused(w);
	bool beside = r.w >= BESIDE_FROM;
	struct rect left = {r.y, r.x, r.h, beside ? LEFT : r.w};
	int y = r.y + put_lines(r.y, r.x, r.h >= 18 ? 2 : 1, left.w, ROLE_TEXT, _(page->intro)) + 1;
	int below = beside ? 0 : help_lines(r) + 1;
	form_of(w)->unsaid = NULL;
	draw_rows(w, (struct rect){y, r.x, r.h - (y - r.y) - below, left.w}, beside);
	if (q && beside)
		draw_beside(w, q, (struct rect){r.y, r.x + LEFT + 2, r.h, r.w - LEFT - 2});
	else if (q)
		draw_help(w, q, r);
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static void move_focus(struct wizard *w, int delta)
{
	int to = form_of(w)->focus + delta;
	if (to >= 0 && to < asked_count(w))
		form_of(w)->focus = to;
	form_load(w);
}

/* Up and down walk the suggestions where there are some, else the fields. */
static void vertical(struct wizard *w, const struct question *q, int delta)
{
	const cJSON *list = form_suggestions(w, q);
	char *text = edit_text(&form_of(w)->edit);
	const cJSON *item = list ? suggestion_beside(w, list, text, delta) : NULL;
	free(text);
	if (item) {
		edit_set(&form_of(w)->edit, json_str(item, "id", ""));
		take_edit(w, q);
	} else if (!list || delta < 0) {
		move_focus(w, delta);
	}
}

/* A default that the cloud is being asked for right now may be the very answer that is missing. */
static bool worth_waiting(const struct wizard *w)
{
	return wizard_survey_awaited(w, SURVEY_WHO) || wizard_survey_awaited(w, SURVEY_PROJECTS);
}

const cJSON *form_only_suggestion(const struct wizard *w, const struct question *q)
{
	const cJSON *list = form_suggestions(w, q);
	return cJSON_GetArraySize(list) == 1 && question_lacks(q, w->answers) ? list->child : NULL;
}

/* The only suggestion that what was typed leaves is meant by it, and so is the only one there is where an answer is needed. */
static void take_single_match(struct wizard *w)
{
	const struct question *q = form_focused(w);
	const cJSON *list = q ? form_suggestions(w, q) : NULL, *item, *match = NULL;
	int count = 0;
	char *text = edit_text(&form_of(w)->edit);
	cJSON_ArrayForEach(item, list) {
		if (!strcmp(json_str(item, "id", ""), text))
			count = 2; /* it is one already */
		if (*filter_of(w) && suggestion_shown(w, item)) {
			match = item;
			count++;
		}
	}
	if (!*text && q && form_only_suggestion(w, q)) {
		match = form_only_suggestion(w, q);
		count = 1;
	}
	if (count == 1) {
		edit_set(&form_of(w)->edit, json_str(match, "id", ""));
		take_edit(w, q);
	}
	free(text);
}

/* Is it still being found out how the project stands? */
static bool is_checking(const struct wizard *w)
{
	const char *project = answers_str(w->answers, "project.id");
	for (enum survey_id id = SURVEY_PROJECT; id < SURVEY_COUNT; id++) {
		const struct survey *s = &w->surveys[id];
		if (id != SURVEY_REGIONS && survey_of_project(id) &&
		    (s->state <= SURVEY_CHECKING || !s->project || strcmp(s->project, project) != 0))
			return true;
	}
	return false;
}

/* A project that is not in order is not left behind; one that is being looked at is waited for. */
static bool held(struct wizard *w)
{
	if (!page_holds(&wizard_pages[w->page], "project") || !w->session || w->sign_in.exit)
		return false;
	if (is_checking(w)) {
		w->want_next = true;
		wizard_say(w, ROLE_BUSY, _("One moment: the project is being checked."));
		return true;
	}
	if (!checks_hold(w))
		return false;
	wizard_say(w, ROLE_BAD, _("This has to be put right first. Ctrl-R checks again."));
	return true;
}

/* Nor a client that its identity provider refuses, on the page that asks for it. */
static bool held_by_client(struct wizard *w)
{
	enum role role;
	for (int i = 0; client_refused(w) && asked(w, i); i++) {
		if (!asked(w, i)->client)
			continue;
		focus_on(w, asked(w, i)->id);
		wizard_say(w, ROLE_BAD, client_words(w, &role));
		return true;
	}
	return false;
}

static const char *first_wrong(const struct wizard *w, struct err *e)
{
	for (const char *const *s = wizard_pages[w->page].sections; *s; s++) {
		const char *wrong = answers_check_page(w->answers, *s, e);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* What was shown on the page and left as it was is the operator's answer: a default that changes later must not change it behind their back. */
static void pin_answers(struct wizard *w)
{
	struct err ignored = {0};
	for (int i = 0; asked(w, i); i++) {
		const struct question *q = asked(w, i);
		if (!cJSON_HasObjectItem(w->answers->values, q->id) && !question_lacks(q, w->answers))
			answers_set(w->answers, q->id, cJSON_Duplicate(answers_get(w->answers, q->id), 1), &ignored);
	}
	err_free(&ignored);
}

static enum action leave(struct wizard *w)
{
	struct err e = {0};
	take_single_match(w);
	for (int i = 0; asked(w, i); i++) {
		char *problem = draft_problem(w, asked(w, i));
		if (!problem)
			continue;
		focus_on(w, asked(w, i)->id);
		wizard_say(w, ROLE_BAD, problem);
		free(problem);
		return ACTION_NONE;
	}
	const char *wrong = first_wrong(w, &e);
	if (wrong) {
		focus_on(w, wrong);
		w->want_next = worth_waiting(w);
		wizard_say(w, w->want_next ? ROLE_BUSY : ROLE_BAD, w->want_next ? _("One moment: looking it up...") : e.what);
	}
	err_free(&e);
	if (wrong || held(w) || held_by_client(w))
		return ACTION_NONE;
	pin_answers(w);
	return ACTION_NEXT;
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
	if (k->kind == KEY_PASTED || k->code != L' ')
		w->over->key(w, k, &(enum action){ACTION_NONE});
}

static void typed_key(struct wizard *w, const struct question *q, const struct key *k)
{
	if (!may_type(q, k)) {
		wizard_say(w, ROLE_WARN, q->type == TYPE_INT ? _("Only digits here.") : _(q->form));
		return;
	}
	bool printable = k->kind == KEY_PASTED || (k->kind == KEY_CHARACTER && k->code >= 32 && k->code != 127);
	if (k->kind == KEY_PASTED && client_take_download(w, q, k->text)) {
		form_load(w);
		return;
	}
	if (form_of(w)->fresh && printable)
		edit_set(&form_of(w)->edit, ""); /* the first character replaces what stood there */
	form_of(w)->fresh = false;
	if (!edit_key(&form_of(w)->edit, k))
		return;
	take_edit(w, q);
	if (form_suggestions(w, q)) {
		free(form_of(w)->filter);
		form_of(w)->filter = edit_text(&form_of(w)->edit);
	}
}

/* What is typed or pasted on a secret goes into its masked field. */
static void type_secret(struct wizard *w, const struct key *k)
{
	secret_open_field(w, form_focused(w), false);
	if (k->kind == KEY_PASTED || k->code != L' ')
		w->over->key(w, k, &(enum action){ACTION_NONE});
}

static void value_key(struct wizard *w, const struct question *q, const struct key *k)
{
	bool left = k->kind == KEY_FUNCTION && k->code == KEY_LEFT, right = k->kind == KEY_FUNCTION && k->code == KEY_RIGHT;
	bool printable = k->kind == KEY_PASTED || (k->kind == KEY_CHARACTER && k->code >= 32 && k->code != 127);
	if (is_typed(q))
		typed_key(w, q, k);
	else if (q->type == TYPE_SECRET && printable)
		type_secret(w, k);
	else if (q->type == TYPE_BOOL && (printable || left || right))
		form_set(w, q, cJSON_CreateBool(!answers_bool(w->answers, q->id)));
	else if (q->type == TYPE_CHOICE && (left || right))
		cycle(w, q, left ? -1 : 1);
	else if (printable && (q->type == TYPE_LIST || (k->kind == KEY_CHARACTER && k->code == L' ')))
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
	return (k->kind == KEY_CHARACTER && k->code == L'?') || (k->kind == KEY_FUNCTION && k->code == KEY_F(1));
}

static enum action form_key(struct wizard *w, const struct key *k)
{
	const struct question *q = form_focused(w);
	if (is_help_key(k)) {
		w->over = &overlay_help;
		return ACTION_NONE;
	}
	if (k->kind == KEY_CHARACTER && k->code == 27)
		return ACTION_BACK;
	if (k->kind == KEY_CHARACTER && k->code == L'\r')
		return leave(w);
	if (k->kind == KEY_CHARACTER && k->code == ('R' & 31))
		wizard_reopen(w);
	if (k->kind == KEY_CHARACTER && k->code == ('Y' & 31))
		copy_line(w);
	if (k->kind == KEY_TARGET)
		move_focus(w, (int)k->code - form_of(w)->focus);
	if (!q)
		return ACTION_NONE;
	if (k->kind == KEY_CHARACTER && k->code == L'\t')
		move_focus(w, form_of(w)->focus + 1 < asked_count(w) ? 1 : -form_of(w)->focus);
	else if (k->kind == KEY_FUNCTION && k->code == KEY_BTAB)
		move_focus(w, form_of(w)->focus > 0 ? -1 : asked_count(w) - 1);
	else if (k->kind == KEY_FUNCTION && (k->code == KEY_DOWN || k->code == KEY_UP))
		vertical(w, q, k->code == KEY_DOWN ? 1 : -1);
	else
		value_key(w, q, k);
	return ACTION_NONE;
}

static void form_hints(struct wizard *w, struct hints *h)
{
	const struct question *q = form_focused(w);
	hint(h, _("Enter"), _("next"));
	hint(h, _("Esc"), _("back"));
	bool failed = checks_hold(w) || w->sign_in.exit || w->surveys[SURVEY_WHO].state == SURVEY_FAILED;
	if (page_holds(&wizard_pages[w->page], "project") && failed)
		hint(h, "Ctrl-R", _("check again"));
	bool to_paste = page_holds(&wizard_pages[w->page], "auth") && draft_errand(w);
	if (to_paste || (page_holds(&wizard_pages[w->page], "project") && checks_hold(w)))
		hint(h, _("Ctrl-Y"), _("copy"));
	if (asked_count(w) > 1)
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
