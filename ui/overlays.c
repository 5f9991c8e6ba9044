/* What lies over a page: help, the question before leaving, lists, consent, a typed secret. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/show.h"

#include <curses.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool is_char(const struct key *k, wint_t c)
{
	return k->kind == KEY_CHARACTER && k->code == c;
}

static bool is_function(const struct key *k, wint_t c)
{
	return k->kind == KEY_FUNCTION && k->code == c;
}

/* What a key says to a question: 1 yes, 0 no, -1 neither. */
static int meaning_of(const struct key *k)
{
	char typed[4 * MB_LEN_MAX] = "";
	wchar_t c[2] = {(wchar_t)k->code, 0};
	return k->kind == KEY_CHARACTER && wcstombs(typed, c, sizeof typed - 1) != (size_t)-1 ? text_yes_no(typed) : -1;
}

/* The key for yes or for no: the first letter of the language's word where every keyboard has it, else the English one. */
static const char *yes_no_key(bool yes)
{
	static char keys[2][2];
	const char *word = yes ? _("yes") : _("no"), *english = yes ? "y" : "n";
	keys[yes][0] = (unsigned char)*word < 128 && *_("yes") != *_("no") ? *word : *english;
	return keys[yes];
}

/* Help ------------------------------------------------------------------------------------------------------------------------------ */

static void describe_question(const struct wizard *w, const struct question *q, struct buf *b)
{
	char *now = answers_words(w->answers, q);
	buf_printf(b, "%s\n\n", _(q->help));
	if (q->form)
		buf_printf(b, _("Allowed: %s\n"), _(q->form));
	if (q->type == TYPE_INT)
		buf_printf(b, _("Allowed: %d to %d\n"), q->min, q->max);
	struct answers *none = answers_copy(w->answers);
	answers_drop(none, q->id);
	char *fallback = answers_words(none, q);
	buf_printf(b, _("Default: %s\n"), *fallback ? fallback : _("none"));
	buf_printf(b, _("Now:     %s\n"), *now ? now : _("none"));
	buf_printf(b, _("In the answers file, and for --set: %s\n"), q->id);
	answers_free(none);
	free(fallback);
	free(now);
}

static const char keys_help[] = N_(
    "Keys everywhere: Esc goes back and keeps the answers; Ctrl-C asks before it leaves; Ctrl-L draws the screen again; "
    "Ctrl-Z stops, fg comes back. In a field: Home, End, Ctrl-U empties, Ctrl-W removes a word.");

static void help_draw(struct wizard *w)
{
	struct buf b = {0};
	const struct page_view *v = view_of(wizard_page(w));
	const struct question *q = v == &form_view ? form_focused(w) : NULL;
	if (q)
		describe_question(w, q, &b);
	else if (v->help)
		buf_printf(&b, "%s\n", _(v->help));
	buf_printf(&b, "\n%s", _(keys_help));
	int width = 70, lines = put_wrapped(0, 0, 0, width - 4, ROLE_TEXT, buf_text(&b));
	struct rect r = put_box(middle(lines + 2, width), q ? _(q->title) : _(wizard_pages[w->page].title));
	put_wrapped(r.y, r.x, r.h, r.w, ROLE_TEXT, buf_text(&b));
	screen_cursor(r.y, r.x);
	buf_free(&b);
}

static bool help_key(struct wizard *w, const struct key *k, enum action *action)
{
	(void)w, (void)k, (void)action;
	return false;
}

static void help_hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, _("any key"), _("close"));
}

const struct overlay overlay_help = {.draw = help_draw, .key = help_key, .hints = help_hints};

/* Leaving --------------------------------------------------------------------------------------------------------------------------- */

/* On a second run the file is the operator's: it is written when they say so. */
static bool asks_to_keep(const struct wizard *w)
{
	return w->before && !w->keep && review_has_changes(w);
}

static void quit_draw(struct wizard *w)
{
	bool asks = asks_to_keep(w);
	struct rect r = put_box(middle(8, 66), _("Leave?"));
	char *text = asks
			 ? xasprintf(_("You changed settings that are not in %s yet."), w->options->file)
			 : xasprintf(_("Nothing is running. Your answers are kept in %s, and mlflow-setup goes on from there."),
				     w->options->file);
	put_wrapped(r.y + 1, r.x, 3, r.w, ROLE_TEXT, text);
	int x = r.x + put(r.y + 4, r.x, r.w - 12, ROLE_TEXT, asks ? _("Keep these changes in the file?") : _("Leave now?")) + 1;
	putf(r.y + 4, x, 10, ROLE_KEY, "[%s/%s]", yes_no_key(true), yes_no_key(false));
	screen_cursor(r.y + 4, x);
	free(text);
}

static bool quit_key(struct wizard *w, const struct key *k, enum action *action)
{
	int means = meaning_of(k);
	bool yes = means == 1, no = means == 0;
	if (asks_to_keep(w) && (yes || no)) {
		w->keep = yes;
		*action = ACTION_QUIT;
	} else if (!asks_to_keep(w) && (yes || is_char(k, L'q'))) {
		*action = ACTION_QUIT;
	}
	return false;
}

static void quit_hints(struct wizard *w, struct hints *h)
{
	bool asks = asks_to_keep(w);
	hint(h, yes_no_key(true), asks ? _("keep them and leave") : _("leave"));
	if (asks)
		hint(h, yes_no_key(false), _("leave the file as it was"));
	hint(h, _("any other key"), _("stay"));
}

const struct overlay overlay_quit = {.draw = quit_draw, .key = quit_key, .hints = quit_hints};

/* Choices --------------------------------------------------------------------------------------------------------------------------- */

static void choice_draw(struct wizard *w)
{
	const struct question *q = form_focused(w);
	struct rect r = put_box(middle(choices_height(w, q, 72) + 2, 76), _(q->title));
	draw_choices(w, q, r, w->over_focus);
}

static bool overlays_choice_key(struct wizard *w, const struct key *k, enum action *action)
{
	(void)action;
	const struct question *q = form_focused(w);
	if (is_char(k, 27))
		return false;
	if (is_function(k, KEY_UP))
		w->over_focus -= w->over_focus > 0;
	else if (is_function(k, KEY_DOWN))
		w->over_focus += w->over_focus < choice_count(w, q) - 1;
	else if (is_char(k, L'\r') || is_char(k, L' '))
		return !form_set(w, q, cJSON_CreateString(question_choice(q, w->answers, w->over_focus)->id));
	return true;
}

static void choice_hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, _("Up/Down"), _("move"));
	hint(h, _("Enter"), _("choose"));
	hint(h, _("Esc"), _("leave it as it was"));
}

const struct overlay overlay_choice = {.draw = choice_draw, .key = overlays_choice_key, .hints = choice_hints};

/* Lists ----------------------------------------------------------------------------------------------------------------------------- */

enum { LIST_ROOM = 10 };

static void list_draw(struct wizard *w)
{
	const struct question *q = w->listed;
	int count = cJSON_GetArraySize(w->over_list), lines = count + 1 < LIST_ROOM ? count + 1 : LIST_ROOM;
	struct rect r = put_box(middle(lines + 5, 70), _(q->title));
	if (w->over_focus < w->over_top)
		w->over_top = w->over_focus;
	if (w->over_focus >= w->over_top + lines)
		w->over_top = w->over_focus - lines + 1;
	for (int i = 0; i < lines; i++) {
		int n = w->over_top + i;
		const cJSON *item = cJSON_GetArrayItem(w->over_list, n);
		putf(r.y + i, r.x, 4, ROLE_DIM, "%2d", n + 1);
		if (n == w->over_focus)
			put_glyph(r.y + i, r.x + 3, ROLE_KEY, GLYPH_MARK);
		else if (item)
			put(r.y + i, r.x + 5, r.w - 5, ROLE_TEXT, item->valuestring);
	}
	put_rule(r.y + lines, r.x, r.w);
	put_wrapped(r.y + lines + 1, r.x, 2, r.w, w->message ? w->message_role : ROLE_DIM,
		    w->message ? w->message : _("One on each line. Enter on an empty line ends the list."));
	edit_draw(&w->over_edit, r.y + w->over_focus - w->over_top, r.x + 5, r.w - 5, ROLE_FIELD, false);
}

static const struct overlay overlay_list;

void list_open(struct wizard *w, const struct question *q)
{
	cJSON_Delete(w->over_list);
	w->listed = q;
	w->over_list = cJSON_Duplicate(answers_get(w->answers, q->id), 1);
	w->over_focus = cJSON_GetArraySize(w->over_list);
	w->over_top = 0;
	edit_set(&w->over_edit, "");
	w->under = w->over;
	w->over = &overlay_list;
}

static void list_load(struct wizard *w, int to)
{
	const cJSON *item = cJSON_GetArrayItem(w->over_list, to);
	w->over_focus = to;
	edit_set(&w->over_edit, item ? item->valuestring : "");
}

/* The edited line goes into the list: changed, added, or taken out when it is empty. False when it is no valid element. */
static bool list_commit(struct wizard *w)
{
	const struct question *q = w->listed;
	char *text = edit_text(&w->over_edit);
	const char *why = question_refuses(q, w->answers, text);
	bool exists = w->over_focus < cJSON_GetArraySize(w->over_list);
	if (why) {
		wizard_say(w, ROLE_BAD, _(why));
	} else if (!*text && exists) {
		cJSON_DeleteItemFromArray(w->over_list, w->over_focus);
	} else if (*text && exists) {
		cJSON_ReplaceItemInArray(w->over_list, w->over_focus, cJSON_CreateString(text));
	} else if (*text) {
		cJSON_AddItemToArray(w->over_list, cJSON_CreateString(text));
	}
	free(text);
	return !why;
}

static bool list_end(struct wizard *w)
{
	if (!form_set(w, w->listed, cJSON_Duplicate(w->over_list, 1)))
		return true;
	if (settings_over(w, w->listed))
		w->under = NULL;
	return false;
}

/* A pasted text may hold several, separated by commas, blanks or line ends. */
static void list_paste(struct wizard *w, const char *text)
{
	char *copy = xstrdup(text), *rest;
	for (char *one = strtok_r(copy, ", \t\r\n;", &rest); one; one = strtok_r(NULL, ", \t\r\n;", &rest)) {
		edit_insert(&w->over_edit, one);
		if (!list_commit(w))
			break;
		list_load(w, cJSON_GetArraySize(w->over_list));
	}
	free(copy);
}

static bool list_enter(struct wizard *w)
{
	bool empty = !w->over_edit.len;
	if (!list_commit(w))
		return true;
	if (empty)
		return list_end(w);
	list_load(w, w->over_focus + 1);
	return true;
}

static bool list_key(struct wizard *w, const struct key *k, enum action *action)
{
	(void)action;
	int count = cJSON_GetArraySize(w->over_list);
	if (is_char(k, 27))
		return false;
	if (is_char(k, L'\r'))
		return list_enter(w);
	if (k->kind == KEY_PASTED) {
		list_paste(w, k->text);
	} else if (is_char(k, L'\t')) {
		return list_commit(w) ? list_end(w) : true;
	} else if (is_function(k, KEY_UP) || is_function(k, KEY_DOWN)) {
		int to = w->over_focus + (k->code == KEY_DOWN ? 1 : -1);
		if (to >= 0 && to <= count && list_commit(w))
			list_load(w, to <= cJSON_GetArraySize(w->over_list) ? to : cJSON_GetArraySize(w->over_list));
	} else if (!is_char(k, L' ')) {
		edit_key(&w->over_edit, k);
	}
	return true;
}

static void list_hints(struct wizard *w, struct hints *h)
{
	hint(h, _("Enter"), w->over_edit.len ? _("next line") : _("done"));
	hint(h, _("Tab"), _("done"));
	hint(h, _("Up/Down"), _("other line"));
	hint(h, _("Ctrl-U"), _("empty the line"));
	hint(h, _("Esc"), _("leave it as it was"));
}

static const struct overlay overlay_list = {.draw = list_draw, .key = list_key, .hints = list_hints};

/* Consent --------------------------------------------------------------------------------------------------------------------------- */

static void consent_draw(struct wizard *w)
{
	struct rect r = put_box(middle(8, 66), _("Build this?"));
	const cJSON *p = review_plan(w);
	char *text = xasprintf(
	    _("%d resources will be created, %d changed and %d deleted in project %s. About $%.0f a month, an estimate by list "
	      "prices, for what "
	      "runs all the time."),
	    plan_json_count(p, VERDICT_CREATE), plan_json_count(p, VERDICT_UPDATE) + plan_json_count(p, VERDICT_REPLACE),
	    plan_json_count(p, VERDICT_DELETE), answers_str(w->answers, "project.id"), json_num(p, "monthly_usd", 0));
	put_wrapped(r.y + 1, r.x, 3, r.w, ROLE_TEXT, text);
	int x = r.x + put(r.y + 5, r.x, r.w, ROLE_TEXT, _("Build now?")) + 1;
	putf(r.y + 5, x, 10, ROLE_KEY, "[%s/%s]", yes_no_key(true), yes_no_key(false));
	screen_cursor(r.y + 5, x);
	free(text);
}

/* What follows on consent: the secret, or the build. True while something lies over the page. */
static bool agreed(struct wizard *w, enum action *action)
{
	review_agree(w, true);
	if (!client_wants(w, review_asks_secret(w))) {
		*action = ACTION_NEXT;
		return false;
	}
	secret_open_field(w, review_asks_secret(w), true);
	return true;
}

static bool consent_key(struct wizard *w, const struct key *k, enum action *action)
{
	return meaning_of(k) == 1 && agreed(w, action);
}

static void consent_hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, yes_no_key(true), _("build"));
	hint(h, _("any other key"), _("not yet"));
}

const struct overlay overlay_consent = {.draw = consent_draw, .key = consent_key, .hints = consent_hints};

/* Data that go -------------------------------------------------------------------------------------------------------------------- */

static void data_draw(struct wizard *w)
{
	const char *name = answers_str(w->answers, "stack.name");
	char *lost = review_data_lost(w), *text = xasprintf(_("This deletes data that cannot be brought back: %s."), lost);
	char *ask = xasprintf(_("If that is meant, type the name of this server: %s"), name);
	struct rect r = put_box(middle(10, 66), _("Delete data?"));
	put_wrapped(r.y + 1, r.x, 3, r.w, ROLE_BAD, text);
	put_wrapped(r.y + 5, r.x, 1, r.w, ROLE_TEXT, ask);
	edit_draw(&w->over_edit, r.y + 6, r.x, r.w, ROLE_FIELD, false);
	free(ask);
	free(text);
	free(lost);
}

enum named overlay_named(struct wizard *w, const struct key *k)
{
	if (is_char(k, 27))
		return NAMED_LEFT;
	if (!is_char(k, L'\r')) {
		edit_key(&w->over_edit, k);
		return NAMED_NOT;
	}
	char *typed = edit_text(&w->over_edit);
	bool same = !strcmp(typed, answers_str(w->answers, "stack.name"));
	free(typed);
	if (!same)
		wizard_say(w, ROLE_BAD, _("That is not its name: nothing is deleted."));
	return same ? NAMED_RIGHT : NAMED_NOT;
}

static bool data_key(struct wizard *w, const struct key *k, enum action *action)
{
	enum named named = overlay_named(w, k);
	if (named != NAMED_RIGHT)
		return named == NAMED_NOT;
	review_consent(w, true);
	return agreed(w, action);
}

static void data_hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, _("Enter"), _("delete and build"));
	hint(h, _("Ctrl-U"), _("empty the line"));
	hint(h, _("Esc"), _("not yet"));
}

const struct overlay overlay_data = {.draw = data_draw, .key = data_key, .hints = data_hints};

/* A secret --------------------------------------------------------------------------------------------------------------------------- */

/* Before building; in the question's own field the secret itself is typed, whatever was referred to. */
static bool opens_sealed(const struct wizard *w)
{
	return w->over_build && client_sealed(w, w->over_secret);
}

static void secret_draw_box(struct wizard *w)
{
	const char *words = opens_sealed(w)
				? _("Type the passphrase under which it was sealed. What it opens goes to Secret Manager "
				    "and nowhere else.")
				: _(w->over_secret->typed);
	struct rect r = put_box(middle(8, 66), _(w->over_secret->title));
	put_wrapped(r.y, r.x, 4, r.w, w->message ? w->message_role : ROLE_TEXT, w->message ? w->message : words);
	edit_draw(&w->over_edit, r.y + 5, r.x, r.w, ROLE_FIELD, true);
}

static const struct overlay overlay_secret;

void secret_open_field(struct wizard *w, const struct question *q, bool then_build)
{
	w->over_secret = q;
	w->over_build = then_build;
	edit_set(&w->over_edit, "");
	w->over = &overlay_secret;
}

/* From the editor into guarded memory; what held it in between is wiped. False when it is no such secret: it was said why. */
static bool keep_secret(struct wizard *w)
{
	struct err ignored = {0};
	char *text = edit_text(&w->over_edit), *why;
	struct secret *typed = secret_copy(text, strlen(text));
	why = opens_sealed(w) ? client_unseal(w, w->over_secret, typed) : client_take(w, w->over_secret, typed);
	explicit_bzero(text, strlen(text));
	explicit_bzero(&w->over_edit, sizeof w->over_edit);
	free(text);
	if (why)
		wizard_say(w, ROLE_BAD, why);
	else if (!w->over_build) /* what is typed is meant, whatever was referred to before */
		answers_set_text(w->answers, w->over_secret->id, "prompt", &ignored);
	err_free(&ignored);
	bool kept = !why;
	free(why);
	return kept;
}

static bool secret_key(struct wizard *w, const struct key *k, enum action *action)
{
	if (is_char(k, 27)) {
		explicit_bzero(&w->over_edit, sizeof w->over_edit);
		return false;
	}
	if (is_char(k, L'\r') && !w->over_edit.len) {
		wizard_say(w, ROLE_BAD, _("Nothing was typed."));
		return true;
	}
	if (is_char(k, L'\r')) {
		bool kept = keep_secret(w);
		if (kept && w->over_build)
			*action = ACTION_NEXT;
		return !kept;
	}
	edit_key(&w->over_edit, k);
	return true;
}

static void secret_hints(struct wizard *w, struct hints *h)
{
	hint(h, _("Enter"), w->over_build ? _("build") : _("take it"));
	hint(h, _("Ctrl-U"), _("empty the line"));
	hint(h, _("Esc"), _("not yet"));
}

static const struct overlay overlay_secret = {.draw = secret_draw_box, .key = secret_key, .hints = secret_hints};
