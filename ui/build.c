/* The build: the steps with their state, what runs kept in sight, failures on top, and the log of one of them. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/lines.h"

#include <curses.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_MAX = 1 << 20, BESIDE_FROM = 112, SENTENCE = 66 };

/* The run ---------------------------------------------------------------------------------------------------------------------------- */

bool build_running(const struct wizard *w)
{
	return w->build.run && !w->build.over;
}

static void free_step(struct step *s)
{
	free(s->id);
	free(s->title);
	free(s->name);
	free(s->state);
	free(s->verdict);
	free(s->message);
	free(s->fix);
	buf_free(&s->log);
}

void build_free(struct build *b)
{
	if (b->run)
		run_free(b->run);
	for (size_t i = 0; i < b->count; i++)
		free_step(&b->steps[i]);
	free(b->steps);
	free(b->chosen);
	free(b->pattern);
	*b = (struct build){.log_top = -1};
}

static void say_failed(struct wizard *w, struct err *e)
{
	char *text = err_text(e);
	wizard_say(w, ROLE_BAD, text);
	free(text);
	err_free(e);
}

void build_start(struct wizard *w)
{
	struct err e = {0};
	bool consent = w->review.consent;
	review_stop(w);
	build_free(&w->build);
	cJSON_Delete(w->result);
	w->result = NULL;
	w->build.active = true;
	w->build.started = w->build.now = session_now(w->session);
	struct run_options o = {.verb = RUN_APPLY, .answers = w->answers, .consent = consent, .file = w->options->file, .save = wizard_save_run,
				.event = wizard_event, .arg = w, .secret = wizard_secret};
	w->build.run = run_start(w->session, &o, &e);
	if (!w->build.run)
		say_failed(w, &e);
}

void build_interrupt(struct wizard *w)
{
	if (!build_running(w))
		return;
	run_interrupt(w->build.run);
	w->exit_code = EXIT_INTERRUPTED;
	if (w->build.interrupts++)
		w->ended = true;
	else
		wizard_say(w, ROLE_WARN, _("Finishing what is in flight. Ctrl-C again leaves at once."));
}

bool wizard_save_run(void *arg, const struct answers *a, struct err *e)
{
	struct wizard *w = arg;
	(void)a; /* the run works on the wizard's own answers */
	if (wizard_save(w))
		return true;
	return err_set(e, EXIT_CANTWRITE, NULL, NULL, "%s", w->save_failed);
}

bool wizard_secret(void *arg, const char *reference, struct secret **out, struct err *e)
{
	static const char made_up[] = "GOCSPX-made-up-for-a-rehearsal";
	const struct wizard *w = arg;
	size_t len;
	(void)reference;
	if (w->options->rehearsal) {
		*out = secret_copy(made_up, strlen(made_up));
	} else if (w->secret) {
		const char *bytes = secret_open(w->secret, &len);
		*out = secret_copy(bytes, len);
		secret_close(w->secret);
	} else {
		return err_set(e, EXIT_CONFIG, "auth.client_secret", _("Go back to the review and build again: the secret is asked for."),
			       _("no secret was typed."));
	}
	return true;
}

/* Events ----------------------------------------------------------------------------------------------------------------------------- */

static struct step *step_of(struct build *b, const char *id)
{
	for (size_t i = 0; i < b->count; i++) {
		if (!strcmp(b->steps[i].id, id))
			return &b->steps[i];
	}
	b->steps = xgrow(b->steps, b->count, &b->room, sizeof *b->steps);
	struct step *s = &b->steps[b->count++];
	*s = (struct step){.id = xstrdup(id), .title = xstrdup(""), .name = xstrdup(""), .state = xstrdup("waiting"), .verdict = xstrdup(""),
			   .message = xstrdup(""), .fix = xstrdup(""), .log = {.max = LOG_MAX}};
	return s;
}

static void replace(char **text, const cJSON *event, const char *field)
{
	const char *now = json_str(event, field, NULL);
	if (!now)
		return;
	free(*text);
	*text = xstrdup(now);
}

static bool is(const struct step *s, const char *state)
{
	return !strcmp(s->state, state);
}

static bool is_running(const struct step *s)
{
	return is(s, "creating") || is(s, "updating") || is(s, "deleting") || is(s, "polling") || is(s, "reading") || is(s, "running");
}

static void log_line(struct step *s, double at, const char *text)
{
	buf_printf(&s->log, "%3d:%02d  %s\n", (int)at / 60, (int)at % 60, text);
}

/* A sentence is wrapped, since its end matters as much as its beginning. */
static void log_sentence(struct step *s, double at, const char *text)
{
	for (bool first = true; *text; first = false) {
		const char *next;
		size_t len = break_line(text, SENTENCE, &next);
		char *line = xstrndup(text, len);
		if (first)
			log_line(s, at, line);
		else
			buf_printf(&s->log, "        %s\n", line);
		free(line);
		text = next;
	}
}

/* Each change of state, and what comes with it, is a line of the step's log. */
static void log_state(struct step *s, const cJSON *event, bool changed)
{
	double at = json_num(event, "at", 0);
	const char *operation = json_str(event, "operation", "");
	if (changed && !is(s, "waiting"))
		log_line(s, at, lines_state(event));
	if (changed && *operation && is(s, "polling"))
		log_line(s, at, operation);
	if (*json_str(event, "message", ""))
		log_sentence(s, at, s->message);
	if (*json_str(event, "fix", ""))
		log_sentence(s, at, s->fix);
}

static void on_step(struct wizard *w, const cJSON *event, bool proof)
{
	struct build *b = &w->build;
	char *id = xasprintf("%s%s", proof ? "proof/" : "", json_str(event, "id", ""));
	struct step *s = step_of(b, id);
	bool ran = is_running(s), changed = strcmp(s->state, json_str(event, "state", s->state)) != 0;
	s->proof = proof;
	replace(&s->title, event, "title");
	replace(&s->name, event, "name");
	replace(&s->state, event, "state");
	replace(&s->verdict, event, "verdict");
	replace(&s->message, event, "message");
	replace(&s->fix, event, "fix");
	s->usual = json_num(event, "usual", s->usual);
	if (!ran && is_running(s))
		s->began = session_now(w->session);
	s->elapsed = json_num(event, "elapsed", s->began > 0 ? session_now(w->session) - s->began : 0);
	if (changed)
		s->order = ++b->changes;
	log_state(s, event, changed);
	free(id);
}

static void event(struct wizard *w, const cJSON *e)
{
	const char *name = json_str(e, "event", "");
	if (!strcmp(name, "step") || !strcmp(name, "proof"))
		on_step(w, e, *name == 'p');
	else if (!strcmp(name, "log"))
		log_line(step_of(&w->build, json_str(e, "id", "")), json_num(e, "at", 0), json_str(e, "line", ""));
	else if (!strcmp(name, "run") && json_num(e, "expected", 0) > 0)
		w->build.expected = json_num(e, "expected", 0);
	if (!strcmp(name, "counts")) {
		w->build.done = (int)json_num(e, "done", 0);
		w->build.running = (int)json_num(e, "running", 0);
		w->build.left = (int)json_num(e, "left", 0);
		w->build.failed = (int)json_num(e, "failed", 0);
		w->build.skipped = (int)json_num(e, "skipped", 0);
	}
	if (!strcmp(name, "result")) {
		cJSON_Delete(w->result);
		w->result = cJSON_Duplicate(e, 1);
	}
}

void wizard_event(void *arg, const cJSON *e)
{
	struct wizard *w = arg;
	const struct page_view *v = view_of(w->build.active ? "build" : "review");
	v->event(w, e);
}

void build_settle(struct wizard *w)
{
	struct build *b = &w->build;
	if (!b->run || b->over)
		return;
	b->now = session_now(w->session);
	if (!run_finished(b->run))
		return;
	b->over = true;
	b->running = 0;
	wizard_say(w, ROLE_TEXT, NULL);
	w->exit_code = b->interrupts ? EXIT_INTERRUPTED : (int)run_exit(b->run);
	wizard_save(w);
	if (w->result && !strcmp(json_str(w->result, "outcome", ""), "proven") && wizard_on(w, "build"))
		wizard_go(w, wizard_page_index("done"));
}

/* Order ------------------------------------------------------------------------------------------------------------------------------- */

static int rank(const struct step *s)
{
	return is(s, "failed") ? 0 : is_running(s) ? 1 : is(s, "waiting") ? 3 : 2;
}

/* Failures, then what runs (the oldest first, so that rows do not jump), then what ended last, then what waits. */
static int by_rank(const void *a, const void *b)
{
	const struct step *x = *(const struct step *const *)a, *y = *(const struct step *const *)b;
	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	int older = x->order < y->order ? -1 : x->order > y->order;
	return rank(x) == 2 ? -older : older ? older : x < y ? -1 : 1;
}

static const struct step **sorted(const struct build *b)
{
	const struct step **list = xcalloc(b->count + 1, sizeof *list);
	for (size_t i = 0; i < b->count; i++)
		list[i] = &b->steps[i];
	qsort(list, b->count, sizeof *list, by_rank);
	return list;
}

/* Whose log is shown: the chosen one; else the first failure; else the running one that said most. */
static const struct step *shown(const struct build *b)
{
	const struct step *best = NULL;
	for (size_t i = 0; i < b->count; i++) {
		const struct step *s = &b->steps[i];
		if (b->chosen && !strcmp(s->id, b->chosen))
			return s;
		bool better = !best || rank(s) < rank(best) || (rank(s) == rank(best) && s->log.len > best->log.len);
		if (!b->chosen && better)
			best = s;
	}
	return best;
}

/* Drawing --------------------------------------------------------------------------------------------------------------------------- */

static enum glyph mark_of(const struct step *s, enum role *role)
{
	static const enum role roles[] = {ROLE_BAD, ROLE_BUSY, ROLE_GOOD, ROLE_TEXT};
	static const enum glyph marks[] = {GLYPH_CROSS, GLYPH_RUN, GLYPH_CHECK, GLYPH_WAIT};
	*role = is(s, "skipped") ? ROLE_WARN : roles[rank(s)];
	return is(s, "skipped") ? GLYPH_WARN : marks[rank(s)];
}

static const char *state_word(const struct step *s)
{
	if (s->proof)
		return is(s, "passed") ? _("proven") : is(s, "running") ? _("proving") : is(s, "failed") ? _("unproven") : _("skipped");
	cJSON *e = json_make("{'state':%s,'verdict':%s}", s->state, s->verdict);
	const char *word = lines_state(e);
	cJSON_Delete(e);
	return word;
}

static void put_time(const struct wizard *w, const struct step *s, int y, struct rect r)
{
	char took[24], usual[24];
	bool running = is_running(s);
	double seconds = running && s->began > 0 ? w->build.now - s->began : s->elapsed;
	if (rank(s) == 3 || is(s, "skipped") || (seconds < 1 && !running))
		return;
	text_duration(seconds, took);
	bool compare = running && s->usual >= 1 && s->usual > seconds && r.w > 50;
	char *text = compare ? xasprintf(_("%s of %s"), took, text_duration(s->usual, usual)) : xstrdup(took);
	put_right(y, r.x + r.w - 25, 25, running ? ROLE_BUSY : ROLE_TEXT, text);
	free(text);
}

static void draw_step(const struct wizard *w, const struct step *s, int y, struct rect r, bool here)
{
	enum role role;
	enum glyph mark = mark_of(s, &role);
	int x = r.x + 14, width = r.w - 14 - (rank(s) == 3 ? 0 : r.w > 50 ? 26 : 13);
	put_glyph(y, r.x + 2, role, mark);
	put(y, r.x + 4, 9, role == ROLE_GOOD ? ROLE_TEXT : role, state_word(s));
	if (here) {
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
		screen_cursor(y, x);
	}
	bool chosen = here && w->build.chosen;
	int used = put(y, x, width, chosen ? ROLE_FOCUS : here ? ROLE_TITLE : ROLE_TEXT, *s->title ? _(s->title) : s->id) + 1;
	put_tail(y, x + used, width - used, ROLE_TEXT, s->name);
	put_time(w, s, y, r);
}

static void draw_list(const struct wizard *w, struct rect r)
{
	const struct build *b = &w->build;
	const struct step **list = sorted(b), *focus = shown(b);
	int at = 0, top;
	for (size_t i = 0; i < b->count; i++) {
		if (list[i] == focus)
			at = (int)i;
	}
	top = at < r.h ? 0 : at - r.h + 1;
	for (int i = 0; i < r.h && top + i < (int)b->count; i++)
		draw_step(w, list[top + i], r.y + i, r, list[top + i] == focus);
	int hidden = (int)b->count - top - r.h;
	if (hidden > 0)
		put_glyph(r.y + r.h - 1, r.x, ROLE_KEY, GLYPH_DOWN);
	if (top > 0)
		put_glyph(r.y, r.x, ROLE_KEY, GLYPH_UP);
	free(list);
}

static int line_count(const struct step *s)
{
	int n = 0;
	for (const char *p = buf_text(&s->log); (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

static const char *line_at(const struct step *s, int n)
{
	const char *p = buf_text(&s->log);
	while (n-- > 0)
		p = strchr(p, '\n') + 1;
	return p;
}

/* Follows at the end, unless the operator scrolled. */
static int log_first(const struct build *b, const struct step *s, int rows)
{
	int count = line_count(s), last = count > rows ? count - rows : 0;
	return b->log_top < 0 || b->log_top > last ? last : b->log_top;
}

static void draw_log(struct wizard *w, struct rect r)
{
	struct build *b = &w->build;
	const struct step *s = shown(b);
	b->log_rows = r.h - 1;
	put_rule(r.y, r.x, r.w);
	if (!s)
		return;
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, b->chosen ? _(" log: %s ") : _(" log: %s (follows what runs) "), *s->title ? _(s->title) : s->id);
	int first = log_first(b, s, r.h - 1), count = line_count(s);
	const char *p = line_at(s, first);
	for (int i = 0; i < r.h - 1 && first + i < count; i++) {
		char *line = xstrndup(p, strcspn(p, "\n"));
		bool match = b->pattern && *b->pattern && strcasestr(line, b->pattern);
		put(r.y + 1 + i, r.x, r.w, match ? ROLE_FOCUS : ROLE_TEXT, line);
		p = strchr(p, '\n') + 1;
		free(line);
	}
	if (first + r.h - 1 < count)
		put_glyph(r.y + r.h - 1, r.x + r.w - 1, ROLE_KEY, GLYPH_DOWN);
}

static void draw_bar(const struct build *b, int y, struct rect r)
{
	int total = b->done + b->running + b->left + b->failed + b->skipped, full = total ? r.w * b->done / total : 0, busy = total ? r.w * b->running / total : 0;
	for (int i = 0; i < r.w; i++)
		put_glyph(y, r.x + i, i < full ? ROLE_GOOD : i < full + busy ? ROLE_BUSY : ROLE_RULE,
			  i < full ? GLYPH_FULL : i < full + busy ? GLYPH_PART : GLYPH_LINE);
}

static void draw_counts(const struct wizard *w, struct rect r)
{
	const struct build *b = &w->build;
	char took[24], usual[24];
	text_duration(b->now - b->started, took);
	put(r.y, r.x, r.w, ROLE_TITLE, !b->over ? _("Building") : !strcmp(json_str(w->result, "outcome", ""), "proven") ? _("Built") : _("Stopped"));
	char *counts = b->failed    ? xasprintf(_("%d done, %d running, %d failed, %d skipped"), b->done, b->running, b->failed, b->skipped)
		       : b->skipped ? xasprintf(_("%d done, %d running, %d skipped"), b->done, b->running, b->skipped)
				    : xasprintf(_("%d done, %d running, %d to go"), b->done, b->running, b->left);
	int used = 12 + put(r.y, r.x + 12, r.w - 12, ROLE_TEXT, counts) + 2;
	char *time = b->expected > 0 ? xasprintf(_("%s, usually %s"), took, text_duration(b->expected, usual)) : xstrdup(took);
	if (used < r.w)
		put_right(r.y, r.x + used, r.w - used, ROLE_TEXT, cells(time) <= r.w - used ? time : took);
	free(counts);
	free(time);
}

/* What can be done after a run that did not prove the server, by what ended it. */
static const char failure_menu[] = N_("It did not end well. r tries again, e edits the answers, q saves and leaves, Enter shows what stands.");
static const char stopped_menu[] = N_("You stopped it. r goes on from here, e edits the answers, q saves and leaves, Enter shows what stands.");

static void draw(struct wizard *w, struct rect r)
{
	struct build *b = &w->build;
	screen_cursor(r.y, r.x);
	draw_counts(w, r);
	draw_bar(b, r.y + 1, r);
	struct rect rest = {r.y + 3, r.x, r.h - 3, r.w};
	if (b->over && !(w->result && !strcmp(json_str(w->result, "outcome", ""), "proven")))
		rest.h -= put_wrapped(r.y + r.h - 2, r.x, 2, r.w, ROLE_WARN, _(b->interrupts ? stopped_menu : failure_menu)) ? 3 : 0;
	if (r.w >= BESIDE_FROM) {
		int left = r.w / 2;
		draw_list(w, (struct rect){rest.y, rest.x, rest.h, left - 2});
		draw_log(w, (struct rect){rest.y, rest.x + left, rest.h, rest.w - left});
	} else {
		int log = rest.h * 2 / 5;
		draw_list(w, (struct rect){rest.y, rest.x, rest.h - log, rest.w});
		draw_log(w, (struct rect){rest.y + rest.h - log, rest.x, log, rest.w});
	}
	if (b->searching) {
		put(screen_lines() - 2, 2, 2, ROLE_KEY, "/");
		edit_draw(&b->search, screen_lines() - 2, 4, 40, ROLE_FIELD, false);
	}
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static void choose(struct build *b, int delta)
{
	const struct step **list = sorted(b), *now = shown(b);
	for (int i = 0; i < (int)b->count; i++) {
		int to = i + delta;
		if (list[i] != now || to < 0 || to >= (int)b->count)
			continue;
		free(b->chosen);
		b->chosen = xstrdup(list[to]->id);
		b->log_top = -1;
		break;
	}
	free(list);
}

static void scroll_log(struct build *b, int delta)
{
	const struct step *s = shown(b);
	if (!s)
		return;
	int last = line_count(s) - b->log_rows, to = log_first(b, s, b->log_rows) + delta;
	b->log_top = to >= last ? -1 : to < 0 ? 0 : to;
}

/* Goes to the nearest line with the pattern before (or after) the one found last. */
static void search(struct wizard *w, int delta)
{
	struct build *b = &w->build;
	const struct step *s = shown(b);
	if (!s || !b->pattern || !*b->pattern)
		return;
	int count = line_count(s), from = b->match < count ? b->match : count;
	for (int n = from + delta; n >= 0 && n < count; n += delta) {
		char *line = xstrndup(line_at(s, n), strcspn(line_at(s, n), "\n"));
		bool found = strcasestr(line, b->pattern);
		free(line);
		if (!found)
			continue;
		b->match = n;
		b->log_top = n > b->log_rows / 2 ? n - b->log_rows / 2 : 0;
		return;
	}
	wizard_say(w, ROLE_WARN, _("Not found."));
}

static void search_key(struct wizard *w, const struct key *k)
{
	struct build *b = &w->build;
	bool enter_key = k->kind == KEY_CHARACTER && k->code == L'\r';
	if (enter_key || (k->kind == KEY_CHARACTER && k->code == 27)) {
		b->searching = false;
		free(b->pattern);
		b->pattern = enter_key ? edit_text(&b->search) : NULL;
		b->match = INT_MAX;
		if (enter_key)
			search(w, -1);
		return;
	}
	edit_key(&b->search, k);
}

static enum action function_key(struct wizard *w, wint_t code)
{
	struct build *b = &w->build;
	if (code == KEY_UP || code == KEY_DOWN)
		choose(b, code == KEY_UP ? -1 : 1);
	else if (code == KEY_PPAGE || code == KEY_NPAGE)
		scroll_log(b, code == KEY_PPAGE ? -b->log_rows : b->log_rows);
	else if (code == KEY_HOME)
		b->log_top = 0;
	else if (code == KEY_END)
		b->log_top = -1;
	return ACTION_NONE;
}

/* What makes sense once the run is over. */
static enum action over_key(struct wizard *w, wint_t c)
{
	switch (c) {
	case L'\r':
		return ACTION_NEXT;
	case 27:
		return ACTION_BACK;
	case L'r':
		build_start(w);
		return ACTION_NONE;
	case L'e':
		w->jump_to = "project";
		return ACTION_JUMP;
	case L'q':
		return ACTION_QUIT;
	}
	return ACTION_NONE;
}

static enum action running_key(struct wizard *w, wint_t c)
{
	if (c == L'\r')
		wizard_say(w, ROLE_TEXT, _("Still building. This page goes on by itself when it is done."));
	if (c == 27)
		wizard_say(w, ROLE_TEXT, _("It is being built. Ctrl-C stops it in an orderly way."));
	return ACTION_NONE;
}

static enum action key(struct wizard *w, const struct key *k)
{
	struct build *b = &w->build;
	if (b->searching) {
		search_key(w, k);
		return ACTION_NONE;
	}
	if (k->kind == KEY_FUNCTION)
		return function_key(w, k->code);
	if (k->kind != KEY_CHARACTER)
		return ACTION_NONE;
	switch (k->code) {
	case L'/':
		b->searching = true;
		edit_set(&b->search, "");
		return ACTION_NONE;
	case L'n':
	case L'N':
		search(w, k->code == L'n' ? -1 : 1);
		return ACTION_NONE;
	case L'f':
		free(b->chosen);
		b->chosen = NULL;
		b->log_top = -1;
		return ACTION_NONE;
	case L'?':
		w->over = &overlay_help;
		return ACTION_NONE;
	}
	return build_running(w) ? running_key(w, k->code) : over_key(w, k->code);
}

static void enter(struct wizard *w)
{
	w->jump_to = NULL;
	if (w->review.agreed && w->session)
		build_start(w);
}

static void hints(struct wizard *w, struct hints *h)
{
	struct build *b = &w->build;
	if (b->searching) {
		hint(h, _("Enter"), _("search"));
		hint(h, _("Esc"), _("no search"));
		return;
	}
	if (!build_running(w)) {
		hint(h, _("Enter"), _("what stands"));
		hint(h, "r", _("retry"));
		hint(h, "e", _("edit"));
		hint(h, "q", _("leave"));
	}
	hint(h, _("Up/Down"), _("step"));
	hint(h, _("PgUp/PgDn"), _("log"));
	hint(h, "/", _("search"));
	if (b->pattern)
		hint(h, "n N", _("earlier, later"));
	if (b->chosen)
		hint(h, "f", _("follow"));
	if (build_running(w))
		hint(h, _("Ctrl-C"), b->interrupts ? _("leave now") : _("stop"));
	hint(h, "?", _("help"));
}

const struct page_view build_view = {
	.id = "build",
	.enter = enter,
	.draw = draw,
	.key = key,
	.hints = hints,
	.event = event,
	.help = N_("Steps run as soon as what they need is there. Up and Down choose a step; its log stands below or beside. The first Ctrl-C lets what is "
		   "in flight finish and begins nothing new; the second leaves at once. Either way the next run goes on from what stands."),
};
