/* What lies over a page and is answered at once: help, the question before leaving, choices, consent. */
#include "config.h"
#include "ui/doc.h"
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

/* What has to be done elsewhere for an answer that is missing, for which a small page has no room; or NULL. */
static const struct resource *errand_for(const struct wizard *w, const struct question *q)
{
	return q && question_lacks(q, w->answers) && page_holds(&wizard_pages[w->page], "auth") ? draft_errand(w) : NULL;
}

static const char keys_help[] = N_(
    "Keys everywhere: Esc goes back and keeps the answers; Ctrl-C asks before it leaves; Ctrl-L draws the screen again; "
    "Ctrl-Z stops, fg comes back. In a field: Home, End, Ctrl-U empties, Ctrl-W removes a word.");

enum { HELP_WIDTH = 70 };

static struct doc help_doc(const struct wizard *w)
{
	struct buf b = {0};
	struct doc d = {0};
	const struct page_view *v = view_of(wizard_page(w));
	const struct question *q = v == &form_view ? form_focused(w) : NULL;
	if (q)
		describe_question(w, q, &b);
	else if (v->help)
		buf_printf(&b, "%s\n", _(v->help));
	const struct resource *e = errand_for(w, q);
	if (e) /* it needs the room of the keys */
		buf_printf(&b, "\n%s\n%s\n%s", draft_errand_text(e, "title"), draft_errand_text(e, "steps"),
			   draft_errand_text(e, "paste"));
	else
		buf_printf(&b, "\n%s", _(keys_help));
	doc_add(&d, ROLE_TEXT, 0, buf_text(&b));
	buf_free(&b);
	return d;
}

static void help_draw(struct wizard *w)
{
	const struct question *q = view_of(wizard_page(w)) == &form_view ? form_focused(w) : NULL;
	struct doc d = help_doc(w);
	struct rect box = middle(doc_height(&d, middle(3, HELP_WIDTH).w - 4) + 2, HELP_WIDTH),
		    r = put_box(box, q ? _(q->title) : _(wizard_pages[w->page].title));
	w->over_top = doc_draw(&d, r, w->over_top);
	doc_free(&d);
}

static bool help_is_longer(const struct wizard *w)
{
	struct doc d = help_doc(w);
	int height = doc_height(&d, middle(3, HELP_WIDTH).w - 4), room = middle(height + 2, HELP_WIDTH).h - 2;
	doc_free(&d);
	return height > room;
}

/* What is longer than the window is read on with the arrows. */
static bool help_key(struct wizard *w, const struct key *k, enum action *action)
{
	(void)action;
	int delta = key_does(k, KEY_DOWN)    ? 1
		    : key_does(k, KEY_UP)    ? -1
		    : key_does(k, KEY_NPAGE) ? screen_lines() / 2
		    : key_does(k, KEY_PPAGE) ? -screen_lines() / 2
					     : 0;
	bool moves = delta && help_is_longer(w);
	w->over_top = moves && w->over_top + delta > 0 ? w->over_top + delta : 0;
	return moves;
}

static void help_hints(struct wizard *w, struct hints *h)
{
	if (help_is_longer(w))
		hint(h, _("Up/Down"), _("move"));
	hint(h, _("any key"), _("close"));
}

const struct overlay overlay_help = {.draw = help_draw, .key = help_key, .hints = help_hints};

/* Leaving --------------------------------------------------------------------------------------------------------------------------- */

bool wizard_asks_to_keep(const struct wizard *w)
{
	return w->before && !w->keep && review_has_changes(w);
}

static const char *leave_words(const struct wizard *w)
{
	return wizard_asks_to_keep(w) ? _("Keep these changes in the file?") : _("Leave now?");
}

char *quit_question(const struct wizard *w)
{
	return xasprintf("%s [%s/%s]", leave_words(w), yes_no_key(true), yes_no_key(false));
}

static void quit_draw(struct wizard *w)
{
	bool asks = wizard_asks_to_keep(w);
	struct rect r = put_box(middle(8, 66), _("Leave?"));
	char *text = asks
			 ? xasprintf(_("You changed settings that are not in %s yet."), w->options->file)
			 : xasprintf(_("Nothing is running. Your answers are kept in %s, and mlflow-setup goes on from there."),
				     w->options->file);
	put_wrapped(r.y + 1, r.x, 3, r.w, ROLE_TEXT, text);
	int x = r.x + put(r.y + 4, r.x, r.w - 12, ROLE_TEXT, leave_words(w)) + 1;
	putf(r.y + 4, x, 10, ROLE_KEY, "[%s/%s]", yes_no_key(true), yes_no_key(false));
	screen_cursor(r.y + 4, x);
	free(text);
}

static bool quit_key(struct wizard *w, const struct key *k, enum action *action)
{
	int means = meaning_of(k);
	bool yes = means == 1, no = means == 0;
	if (wizard_asks_to_keep(w) && (yes || no)) {
		w->keep = yes;
		*action = ACTION_QUIT;
	} else if (!wizard_asks_to_keep(w) && (yes || key_is(k, L'q'))) {
		*action = ACTION_QUIT;
	}
	return false;
}

static void quit_hints(struct wizard *w, struct hints *h)
{
	bool asks = wizard_asks_to_keep(w);
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
	if (key_is(k, 27))
		return false;
	if (key_does(k, KEY_UP))
		w->over_focus -= w->over_focus > 0;
	else if (key_does(k, KEY_DOWN))
		w->over_focus += w->over_focus < choice_count(w, q) - 1;
	else if (key_does(k, KEY_HOME) || key_does(k, KEY_END))
		w->over_focus = k->code == KEY_HOME ? 0 : choice_count(w, q) - 1;
	int counted = key_counts(k), shown = counted >= 0 && counted < choice_count(w, q);
	w->over_focus = shown ? counted : w->over_focus;
	if (shown || key_is(k, L'\r') || key_is(k, L' '))
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

/* Consent --------------------------------------------------------------------------------------------------------------------------- */

/* What is agreed to, in numbers. */
static char *consent_words(const struct wizard *w)
{
	const cJSON *p = review_plan(w);
	const char *project = answers_str(w->answers, "project.id");
	int made = plan_json_count(p, VERDICT_CREATE), gone = plan_json_count(p, VERDICT_DELETE),
	    changed = plan_json_count(p, VERDICT_UPDATE) + plan_json_count(p, VERDICT_REPLACE);
	char *what = changed || gone ? xasprintf(_("In project %s: %d to create, %d to change, %d to delete."), project, made,
						 changed, gone)
				     : xasprintf(ngettext("%d resource will be created in project %s.",
							  "%d resources will be created in project %s.", (unsigned long)made),
						 made, project),
	     *price = xasprintf(_("About $%.0f a month, an estimate by list prices, for what runs all the time."),
				json_num(p, "monthly_usd", 0)),
	     *words = xasprintf("%s\n%s", what, price);
	free(price);
	free(what);
	return words;
}

static void consent_draw(struct wizard *w)
{
	enum { WIDTH = 66 };
	char *text = consent_words(w), *outage = review_downtime(w);
	int most = screen_lines() - 8, inside = middle(1, WIDTH).w - 4;
	int lines = put_wrapped(0, 0, 0, inside, ROLE_TEXT, text), cautions = put_wrapped(0, 0, 0, inside, ROLE_WARN, outage);
	cautions = cautions < most - lines ? cautions : most - lines;
	struct rect r = put_box(middle(lines + cautions + (cautions > 0) + 6, WIDTH), _("Build this?"));
	put_wrapped(r.y + 1, r.x, lines, r.w, ROLE_TEXT, text);
	if (cautions > 0)
		put_wrapped(r.y + lines + 2, r.x, cautions, r.w, ROLE_WARN, outage);
	int y = r.y + r.h - 2, x = r.x + put(y, r.x, r.w, ROLE_TEXT, _("Build now?")) + 1;
	putf(y, x, 10, ROLE_KEY, "[%s/%s]", yes_no_key(true), yes_no_key(false));
	screen_cursor(y, x);
	free(outage);
	free(text);
}

/* What follows on consent: the secret, or the build. True while something lies over the page. */
static bool agreed(struct wizard *w, enum action *action)
{
	if (review_waits(w, review_stale(w)))
		return false;
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
	if (key_is(k, 27))
		return NAMED_LEFT;
	if (!key_is(k, L'\r')) {
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
