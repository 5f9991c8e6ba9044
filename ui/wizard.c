/* The wizard's frame: which page is shown, what lies over it, the keys that work everywhere, and saving. */
#include "config.h"
#include "ui/wizard.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/secret.h"
#include "engine/lines.h"
#include "plan/regions.h"
#include "ui/done.h"
#include "ui/prefill.h"
#include "ui/state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { LEAST_LINES = 20, LEAST_COLUMNS = 60, FILE_MAX = 1 << 20 };

/* Pages ---------------------------------------------------------------------------------------------------------------------------- */

const struct page_view *view_of(const char *page)
{
	for (const struct page_view *const *v = page_views; *v; v++) {
		if (!strcmp((*v)->id, page))
			return *v;
	}
	return &form_view;
}

const char *wizard_page(const struct wizard *w)
{
	return wizard_pages[w->page].id;
}

bool wizard_on(const struct wizard *w, const char *page)
{
	return !strcmp(wizard_page(w), page);
}

size_t wizard_page_index(const char *id)
{
	size_t i = 0;
	while (wizard_pages[i].id && strcmp(wizard_pages[i].id, id) != 0)
		i++;
	return i;
}

const char *wizard_who(const struct wizard *w)
{
	return json_str(w->surveys[SURVEY_WHO].result, "email", "");
}

void wizard_say(struct wizard *w, enum role role, const char *text)
{
	free(w->message);
	w->message = text && *text ? with_titles(text) : NULL;
	w->message_role = role;
}

void wizard_go(struct wizard *w, size_t page)
{
	wizard_save(w);
	w->page = page;
	w->want_next = false;
	wizard_say(w, ROLE_TEXT, NULL);
	const struct page_view *v = view_of(wizard_page(w));
	if (v->enter)
		v->enter(w);
}

/* Saving ---------------------------------------------------------------------------------------------------------------------------- */

/* What a rehearsal found out about the simulated project must not replace what is known of the real one. */
static struct answers *to_save(const struct wizard *w)
{
	struct answers *a = answers_copy(w->answers);
	if (w->original_resolved) {
		cJSON_Delete(a->resolved);
		a->resolved = cJSON_Duplicate(w->original_resolved, 1);
	}
	return a;
}

bool wizard_save(struct wizard *w)
{
	struct buf now = {0};
	struct err e = {0};
	if (w->before && !w->keep)
		return true;
	struct answers *a = to_save(w);
	answers_print(a, &now);
	bool saved = true;
	if (w->written || strcmp(buf_text(&now), w->original) != 0) {
		saved = answers_save(a, w->options->file, &e);
		w->written |= saved;
	}
	free(w->save_failed);
	w->save_failed = saved ? NULL : err_text(&e);
	if (saved && answers_beside(a))
		w->save_failed = xasprintf(
		    _("%s was changed meanwhile in a way that cannot be put together with these answers: they stand in %s."),
		    w->options->file, answers_beside(a));
	err_free(&e);
	buf_free(&now);
	answers_free(a);
	return saved;
}

static void remember_original(struct wizard *w)
{
	struct buf text = {0};
	struct err absent = {0};
	if (!file_read(w->options->file, FILE_MAX, &text, &absent))
		answers_print(w->answers, &text); /* leaving without an answer makes no file */
	w->original = buf_take(&text);
	if (w->options->rehearsal && w->answers->resolved->child)
		w->original_resolved = cJSON_Duplicate(w->answers->resolved, 1);
	err_free(&absent);
}

/* Drawing --------------------------------------------------------------------------------------------------------------------------- */

void hint(struct hints *h, const char *key, const char *label)
{
	if (h->count < sizeof h->list / sizeof *h->list)
		h->list[h->count++] = (struct hint){key, label};
}

/* On the pages of a run that is over what stands costs so much, elsewhere what is planned. */
static double month_shown(const struct wizard *w)
{
	bool run = wizard_on(w, "build") || wizard_on(w, "done"), told = w->work.over || w->work.monthly > 0;
	return run && told ? w->work.monthly : draft_month(w);
}

/* The page, before it the price of a month, before that the project: as many of these as there is room for, from the right. */
static void draw_header(const struct wizard *w)
{
	int width = screen_columns(), x = 1, right = width - 1;
	x += put(0, x, width - x, ROLE_TITLE, width < 70 ? _("MLflow") : _("MLflow on Google Cloud")) + 2;
	if (w->options->rehearsal)
		x += put(0, x, width - x, ROLE_BADGE, _(" rehearsal ")) + 2;
	if (screen_mouse())
		x += put(0, x, width - x, ROLE_BADGE, _(" mouse ")) + 2;
	double usd = month_shown(w);
	char *price = usd >= 0.5 ? xasprintf(_("$%.0f/month"), usd) : xstrdup("");
	const char *texts[] = {_(wizard_pages[w->page].title), price, answers_str(w->answers, "project.id")};
	static const enum role roles[] = {ROLE_TITLE, ROLE_TEXT, ROLE_DIM};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int need = cells(texts[i]);
		if (!need || right - need < x)
			continue;
		right -= need;
		put(0, right, need, roles[i], texts[i]);
		right -= 3;
	}
	free(price);
	put_rule(1, 0, width);
}

static int hint_cells(const struct hint *h)
{
	return cells(h->key) + 1 + cells(h->label);
}

/* The hint that leads out of here, or NULL: Esc; where that does nothing, what stops or leaves. */
static const struct hint *way_back(const struct hints *h)
{
	const char *const keys[] = {_("Esc"), _("any other key"), _("Ctrl-C"), "q"};
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
		for (size_t i = 0; i < h->count; i++)
			if (!strcmp(h->list[i].key, keys[k]))
				return &h->list[i];
	return NULL;
}

static void draw_hints(struct wizard *w)
{
	struct hints h = {.count = 0};
	int x = 2, y = screen_lines() - 1, width = screen_columns();
	if (w->over)
		w->over->hints(w, &h);
	else
		view_of(wizard_page(w))->hints(w, &h);
	const struct hint *back = way_back(&h); /* which no other hint pushes off the row */
	int kept = back ? hint_cells(back) + 3 : 0;
	for (size_t i = 0; i < h.count; i++) {
		kept = &h.list[i] == back ? 0 : kept;
		if (x + hint_cells(&h.list[i]) + kept > width - 1)
			continue;
		x += put(y, x, width - x, ROLE_KEY, h.list[i].key) + 1;
		x += put(y, x, width - x, ROLE_TEXT, h.list[i].label) + 3;
	}
}

static bool is_small(void)
{
	return screen_lines() < LEAST_LINES || screen_columns() < LEAST_COLUMNS;
}

/* Who cannot make it larger can leave all the same, and sees what Ctrl-C asks, or does. */
static void draw_small(const struct wizard *w)
{
	int lines = screen_lines(), columns = screen_columns();
	char *text = w->over == &overlay_quit        ? quit_question(w)
		     : work_running(w) && w->message ? xstrdup(w->message)
						     : xasprintf(_("make the window larger: at least %dx%d (now %dx%d)"),
								 LEAST_COLUMNS, LEAST_LINES, columns, lines);
	int width = cells(text) < columns ? cells(text) : columns, x = (columns - width) / 2,
	    height = put_wrapped(0, 0, 0, width, ROLE_TITLE, text);
	int y = lines > height ? (lines - height) / 2 : 0;
	put_wrapped(y, x, lines, width, ROLE_TITLE, text);
	screen_cursor(y, x);
	free(text);
}

static const char *message_text(const struct wizard *w)
{
	return w->save_failed ? w->save_failed : w->message;
}

int wizard_covered(const struct wizard *w)
{
	const char *text = message_text(w);
	return text && !w->over && cells(text) > screen_columns() - 4;
}

static void draw_message(const struct wizard *w)
{
	int y = screen_lines() - 2 - wizard_covered(w), width = screen_columns() - 4;
	const char *text = message_text(w);
	if (!text)
		return;
	if (wizard_covered(w)) /* the last row of the page can be read again after the next key */
		fill((struct rect){y, 0, 1, screen_columns()}, ROLE_TEXT);
	put_lines(y, 2, screen_lines() - 1 - y, width, w->save_failed ? ROLE_BAD : w->message_role, text);
}

void wizard_draw(struct wizard *w)
{
	screen_begin();
	if (is_small()) {
		draw_small(w);
		screen_end();
		return;
	}
	draw_header(w);
	struct rect r = {2, 2, screen_lines() - 4, screen_columns() - 4};
	view_of(wizard_page(w))->draw(w, r);
	draw_message(w);
	if (w->over)
		w->over->draw(w);
	draw_hints(w);
	screen_end();
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

/* To a question among the settings of its section, over the review; where none is meant, to all of them. */
static void jump(struct wizard *w)
{
	const struct question *to = w->jump_to;
	w->jump_to = NULL;
	wizard_go(w, wizard_page_index("review"));
	settings_open(w, to ? to->page : NULL);
	if (to)
		settings_focus(w, to);
}

/* The next page with something on it, or the one before; the same when there is none. */
static size_t page_beside(const struct wizard *w, int delta)
{
	size_t review = wizard_page_index("review");
	for (size_t at = w->page + (size_t)delta; at != (size_t)-1 && wizard_pages[at].id; at += (size_t)delta) {
		if (at >= review || page_has_questions(&wizard_pages[at], w->answers))
			return at;
	}
	return w->page;
}

static void act(struct wizard *w, enum action action)
{
	switch (action) {
	case ACTION_NONE:
		return;
	case ACTION_QUIT:
		w->ended = true;
		return;
	case ACTION_NEXT:
		if (page_beside(w, 1) != w->page)
			wizard_go(w, page_beside(w, 1));
		else
			w->ended = true;
		return;
	case ACTION_BACK:
		if (page_beside(w, -1) != w->page)
			wizard_go(w, page_beside(w, -1));
		else
			wizard_say(w, ROLE_TEXT, _("This is the first page. Ctrl-C leaves."));
		return;
	case ACTION_JUMP:
		jump(w);
		return;
	}
}

static void stop_here(void)
{
	screen_suspend();
	raise(SIGSTOP); /* the guard stops with us, and the shell sees it */
	screen_resume();
}

/* The keys that mean the same everywhere; true when it was one. */
static bool common_key(struct wizard *w, const struct key *k)
{
	if (k->kind != KEY_CHARACTER)
		return false;
	switch (k->code) {
	case 'C' & 31:
		w->under = NULL;
		if (work_running(w))
			work_interrupt(w);
		else
			w->over = &overlay_quit;
		return true;
	case 'L' & 31:
		screen_redraw();
		return true;
	case 'T' & 31:
		wizard_say(w, ROLE_TEXT,
			   screen_mouse_toggle()
			       ? _("The mouse chooses lines now; Ctrl-T gives it back to your terminal, for marking text.")
			       : _("The mouse is your terminal's again."));
		return true;
	case 'Z' & 31:
		stop_here();
		return true;
	case '\\' & 31:
		return true;
	}
	return false;
}

void wizard_take(struct wizard *w, const struct key *k)
{
	enum action action = ACTION_NONE;
	if (k->kind == KEY_NOTHING || k->kind == KEY_SIZE || common_key(w, k) || (is_small() && w->over != &overlay_quit))
		return;
	wizard_say(w, ROLE_TEXT, NULL);
	w->want_next = false;
	if (w->over) {
		const struct overlay *was = w->over;
		if (!was->key(w, k, &action) && w->over == was) {
			w->over = w->under;
			w->under = NULL;
			w->over_top = 0;
		}
	} else {
		action = view_of(wizard_page(w))->key(w, k);
	}
	act(w, action);
	wizard_surveys_start(w);
	if (!work_running(w))
		draft_settle(w);
}

void wizard_settle(struct wizard *w)
{
	prefill_answers(w);
	wizard_surveys_start(w);
	if (!work_running(w))
		draft_settle(w);
	client_settle(w);
	review_settle(w);
	build_settle(w);
	done_settle(w);
	if (w->want_next && !wizard_surveys_busy(w) && !review_planning(w)) {
		w->want_next = false;
		wizard_say(w, ROLE_TEXT, NULL); /* what was waited for is there */
		act(w, view_of(wizard_page(w))->key(w, &(struct key){.kind = KEY_CHARACTER, .code = L'\r'}));
	}
}

/* Life ------------------------------------------------------------------------------------------------------------------------------ */

void wizard_attach(struct wizard *w, struct session *s)
{
	w->session = s;
	if (s && w->options->speed > 0)
		session_set_speed(s, w->options->speed);
	prefill_answers(w);
	wizard_surveys_start(w);
	if (wizard_on(w, "review"))
		review_view.enter(w);
}

/* A file that is complete is changed from the review; one that is not is gone on with. */
static void open_at_review(struct wizard *w)
{
	struct err e = {0};
	if (w->answers->text && answers_check(w->answers, NULL, &e)) {
		w->before = answers_copy(w->answers);
		w->page = wizard_page_index("review");
		review_focus_build(w);
	}
	err_free(&e);
}

struct wizard *wizard_new(struct session *s, struct answers *a, const struct wizard_options *o)
{
	struct wizard *w = xcalloc(1, sizeof *w);
	w->answers = a;
	w->options = o;
	views_open(w);
	if (o->sign_in && o->sign_in->exit)
		err_set(&w->sign_in, o->sign_in->exit, o->sign_in->place, o->sign_in->fix, "%s", o->sign_in->what);
	w->regions = cJSON_CreateArray();
	for (const struct region *r = regions; r->id; r++)
		cJSON_AddItemToArray(w->regions, json_make("{'id':%s,'title':%s}", r->id, _(r->place)));
	remember_original(w);
	prefill_forget(w);
	open_at_review(w);
	if (!w->before) /* the first page's field holds what an earlier run left there */
		form_load(w);
	if (s)
		wizard_attach(w, s);
	return w;
}

void wizard_free(struct wizard *w)
{
	views_free(w);
	work_free(&w->work);
	draft_free(&w->draft);
	cJSON_Delete(w->problems);
	answers_free(w->before);
	wizard_surveys_free(w);
	client_free(w->client);
	cJSON_Delete(w->regions);
	cJSON_Delete(w->result);
	cJSON_Delete(w->original_resolved);
	secret_free(w->secret);
	free(w->secret_of);
	err_free(&w->sign_in);
	free(w->original);
	free(w->save_failed);
	free(w->message);
	free(w);
}

/* 0: it is no terminal. */
static int width_of(FILE *to)
{
	struct winsize size = {0};
	return ioctl(fileno(to), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void wizard_farewell(const struct wizard *w, FILE *to)
{
	if (!w->session && w->sign_in.exit) {
		char *why = err_text(&w->sign_in);
		outside_print(stderr, "mlflow-setup: %s\n", why);
		free(why);
	}
	if (w->result) {
		struct doc d = {0};
		done_doc(w, &d, DONE_PRINTED);
		doc_print(&d, to, width_of(to));
		doc_free(&d);
	}
	if (w->save_failed)
		outside_print(to, "%s\n", w->save_failed);
	else if (!w->result && access(w->options->file, F_OK) == 0)
		outside_print(to, _("Answers:  %s\n"), w->options->file);
	if (!w->result && access(w->options->file, F_OK) == 0) {
		char *again = lines_command("", w->options->rehearsal, w->options->file);
		outside_print(to, _("Go on:    %s\n"), again);
		free(again);
	}
}

char *wizard_sentence(const struct err *e)
{
	char *text = e->fix ? xasprintf("%s %s", e->what ? e->what : "", e->fix) : xstrdup(e->what ? e->what : "");
	if (*text >= 'a' && *text <= 'z')
		*text = (char)(*text - 'a' + 'A');
	return text;
}
