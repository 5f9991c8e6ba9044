/* The wizard's frame: which page is shown, what lies over it, the keys that work everywhere, saving, and the loop. */
#include "config.h"
#include "ui/wizard.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/outside.h"
#include "base/secret.h"
#include "engine/lines.h"
#include "plan/people.h"
#include "plan/regions.h"
#include "ui/accessible.h"
#include "ui/done.h"
#include "ui/guard.h"
#include "ui/plain.h"
#include "ui/state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

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
	if (strcmp(buf_text(&now), w->original) != 0)
		saved = answers_save(a, w->options->file, &e);
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

/* Defaults that are looked up -------------------------------------------------------------------------------------------------------- */

static bool is_empty(const struct wizard *w, const char *id)
{
	const cJSON *v = answers_get(w->answers, id);
	return !form_draft(w, id) && (cJSON_IsArray(v) ? !v->child : cJSON_IsString(v) && !*v->valuestring);
}

static void prefill(struct wizard *w, const char *id, const char *text)
{
	struct err ignored = {0};
	if (*text && is_empty(w, id) && answers_set_text(w->answers, id, text, &ignored) &&
	    page_holds(&wizard_pages[w->page], question_find(id)->page))
		form_load(w);
	err_free(&ignored);
}

/* What a rehearsal made up is no answer: outside one it is asked for. */
static void forget_made_up(struct wizard *w)
{
	for (const struct question *q = questions; q->id && !w->options->rehearsal; q++) {
		if (q->rehearsal && !strcmp(answers_str(w->answers, q->id), q->rehearsal))
			answers_drop(w->answers, q->id);
	}
}

static void prefill_rehearsal(struct wizard *w)
{
	for (const struct question *q = questions; q->id; q++) {
		if (q->rehearsal && q->type == TYPE_TEXT && answers_asked(w->answers, q))
			prefill(w, q->id, q->rehearsal);
	}
}

/* Who is signed in is the first who may enter, where nobody is named so far. */
static void prefill_people(struct wizard *w, const char *email)
{
	if (people_named(w->answers))
		return;
	for (const struct question *q = questions; q->id; q++) {
		if (q->type == TYPE_LIST && q->suggests && !strcmp(q->suggests, "who"))
			prefill(w, q->id, email);
	}
}

/* The project that the sign-in names, else the only one there is. */
static void prefill_project(struct wizard *w)
{
	const cJSON *who = w->surveys[SURVEY_WHO].result, *projects = w->surveys[SURVEY_PROJECTS].result;
	const char *named = json_str(who, "project", "");
	if (*named)
		prefill(w, "project.id", named);
	else if (cJSON_GetArraySize(projects) == 1)
		prefill(w, "project.id", json_str(projects, "0.id", ""));
}

/* Each is filled in once: what the operator empties later stays empty. */
static void wizard_prefill(struct wizard *w)
{
	const cJSON *who = w->surveys[SURVEY_WHO].result;
	if (w->options->rehearsal)
		prefill_rehearsal(w);
	if (who && !w->filled_people)
		prefill_people(w, json_str(who, "email", ""));
	w->filled_people |= who != NULL;
	bool known = who && w->surveys[SURVEY_PROJECTS].state >= SURVEY_KNOWN;
	if (known && !w->filled_project)
		prefill_project(w);
	w->filled_project |= known;
}

/* Drawing --------------------------------------------------------------------------------------------------------------------------- */

void hint(struct hints *h, const char *key, const char *label)
{
	if (h->count < sizeof h->list / sizeof *h->list)
		h->list[h->count++] = (struct hint){key, label};
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
	double usd = w->work.monthly > 0 ? w->work.monthly : draft_month(w);
	char *price = usd > 0 ? xasprintf(_("$%.0f/month"), usd) : xstrdup("");
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

static void draw_small(void)
{
	int lines = screen_lines(), columns = screen_columns();
	char *text = xasprintf(_("make the window larger (now %dx%d)"), columns, lines);
	int w = cells(text) < columns ? cells(text) : columns, x = (columns - w) / 2,
	    height = put_wrapped(0, 0, 0, w, ROLE_TITLE, text);
	int y = lines > height ? (lines - height) / 2 : 0;
	put_wrapped(y, x, lines, w, ROLE_TITLE, text);
	screen_cursor(y, x);
	free(text);
}

static void draw_message(const struct wizard *w)
{
	int y = screen_lines() - 2, width = screen_columns() - 4;
	const char *text = w->save_failed ? w->save_failed : w->message;
	if (!text)
		return;
	if (!w->over && cells(text) > width) /* the last row of the page can be read again after the next key */
		fill((struct rect){--y, 0, 1, screen_columns()}, ROLE_TEXT);
	put_lines(y, 2, screen_lines() - 1 - y, width, w->save_failed ? ROLE_BAD : w->message_role, text);
}

void wizard_draw(struct wizard *w)
{
	screen_begin();
	if (screen_lines() < LEAST_LINES || screen_columns() < LEAST_COLUMNS) {
		draw_small();
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

/* To a question among the settings of its section, over the review. */
static void jump(struct wizard *w)
{
	const struct question *to = w->jump_to;
	w->jump_to = NULL;
	wizard_go(w, wizard_page_index("review"));
	settings_open(w, to->page);
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
	if (k->kind == KEY_NOTHING || k->kind == KEY_SIZE || common_key(w, k) || screen_lines() < LEAST_LINES ||
	    screen_columns() < LEAST_COLUMNS)
		return;
	wizard_say(w, ROLE_TEXT, NULL);
	w->want_next = false;
	if (w->over) {
		const struct overlay *was = w->over;
		if (!was->key(w, k, &action) && w->over == was) {
			w->over = w->under;
			w->under = NULL;
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
	wizard_prefill(w);
	wizard_surveys_start(w);
	if (!work_running(w))
		draft_settle(w);
	client_settle(w);
	review_settle(w);
	build_settle(w);
	done_settle(w);
	if (w->want_next && !wizard_surveys_busy(w) && !review_planning(w)) {
		w->want_next = false;
		act(w, view_of(wizard_page(w))->key(w, &(struct key){.kind = KEY_CHARACTER, .code = L'\r'}));
	}
}

/* Life ------------------------------------------------------------------------------------------------------------------------------ */

static void wizard_attach(struct wizard *w, struct session *s)
{
	w->session = s;
	if (s && w->options->speed > 0)
		session_set_speed(s, w->options->speed);
	wizard_prefill(w);
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
	forget_made_up(w);
	open_at_review(w);
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
	cJSON_Delete(w->over_list);
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
		done_doc(w, &d, true);
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

/* The loop -------------------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t told_to_end;

static void on_end(int signal_number)
{
	told_to_end = signal_number;
}

/* SIGWINCH is left to curses, which installed its handler when the screen was opened. */
static void watch_signals(void)
{
	process_on_signal(SIGHUP, on_end, 0);
	process_on_signal(SIGTERM, on_end, 0);
	process_on_signal(SIGINT, on_end, 0);
	process_on_signal(SIGQUIT, on_end, 0);
	signal(SIGTSTP, SIG_DFL);
}

static void open_session(struct wizard *w)
{
	struct err why = {0};
	if (w->session || !w->options->open)
		return;
	struct session *s = w->options->open(w->options->arg, &why);
	if (!s) { /* not the sign-in: there is no cloud to talk to at all */
		w->ended = true;
		w->exit_code = why.exit ? (int)why.exit : EXIT_CONFIG;
	}
	if (why.exit) {
		err_free(&w->sign_in);
		err_move(&w->sign_in, &why);
	}
	wizard_attach(w, s);
}

/* After a failure to sign in: the operator may have signed in elsewhere meanwhile. */
void wizard_reopen(struct wizard *w)
{
	if (w->sign_in.exit && w->options->open && !work_running(w)) {
		review_stop(w);
		client_free(w->client);
		w->client = NULL;
		session_free(w->session);
		w->session = NULL;
		err_free(&w->sign_in);
		for (enum survey_id id = 0; id < SURVEY_COUNT; id++)
			w->surveys[id].state = SURVEY_UNKNOWN;
		open_session(w);
	}
	wizard_surveys_again(w);
}

/* True when there was one. */
static bool read_keys(struct wizard *w)
{
	bool any = false;
	for (struct key k = screen_key(); k.kind != KEY_NOTHING && !w->ended; k = screen_key()) {
		if (k.kind == KEY_LOST) { /* not every terminal that goes says so by a signal */
			on_end(SIGHUP);
			return false;
		}
		wizard_take(w, &k);
		any = true;
		if (k.text)
			explicit_bzero(k.text, strlen(k.text)); /* it may have been a secret */
		free(k.text);
	}
	return any;
}

/* Seconds of the machine's own clock. */
static double clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* While something moves the screen follows several times a second; else it sleeps until a key. */
static double patience(const struct wizard *w)
{
	bool moving = work_running(w) || review_planning(w) || wizard_surveys_busy(w) || w->want_next;
	return moving ? 0.2 : 1.0;
}

#define FRAME 0.1 /* seconds between frames while no key comes */

static int loop(struct wizard *w)
{
	wizard_draw(w);
	double drawn = clock_now();
	bool typed = false;
	open_session(w);
	while (!w->ended && !told_to_end) {
		/* A key is answered at once; what the cloud says, however much it is, only as often as an eye follows. */
		double due = drawn + FRAME - clock_now();
		if (typed || due <= 0) {
			wizard_draw(w);
			drawn = clock_now();
			due = patience(w);
		}
		if (w->session)
			session_turn(w->session, due < patience(w) ? due : patience(w), STDIN_FILENO);
		typed = read_keys(w);
		if (w->session)
			wizard_settle(w);
	}
	if (told_to_end && work_running(w)) {
		work_interrupt(w);
		work_interrupt(w);
	}
	wizard_save(w);
	return told_to_end ? EXIT_INTERRUPTED : w->exit_code;
}

struct start {
	struct session *session;
	struct answers *answers;
	const struct wizard_options *options;
};

static int run_on_screen(void *arg)
{
	const struct start *s = arg;
	if (!screen_open(s->options->color, s->options->ascii)) {
		outside_print(stderr, _("mlflow-setup: this terminal cannot show a screen: use --plain\n"));
		return EXIT_CONFIG;
	}
	watch_signals();
	struct wizard *w = wizard_new(s->session, s->answers, s->options);
	int code = loop(w);
	screen_close();
	wizard_farewell(w, stdout);
	fflush(stdout);
	struct session *opened_here = w->session != s->session ? w->session : NULL;
	wizard_free(w);
	session_free(opened_here);
	return code;
}

int wizard_run(struct session *s, struct answers *a, const struct wizard_options *o)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		outside_print(stderr, _("mlflow-setup: the wizard needs a terminal. Without one: mlflow-setup apply %s\n"),
			      o->file);
		return EXIT_CONFIG;
	}
	if (o->plain || accessible_wanted())
		return plain_run(s, a, o);
	struct start start = {s, a, o};
	char *hint_text = xasprintf(_("Your answers up to the last page are kept in %s."), o->file);
	int code = guard_run(run_on_screen, &start, hint_text);
	free(hint_text);
	return code;
}
