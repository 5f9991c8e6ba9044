/* The review: generated from the plan, not from the answers. Each line leads to the page that decided it. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/show.h"

#include <curses.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Which page decides about a kind: the beginning of the kind's id, the most special first. */
static const struct {
	const char *kind, *page;
} origins[] = {
	{"sqladmin", "database"},    {"servicenetworking", "database"}, {"compute", "database"}, {"storage", "artifacts"},
	{"artifactregistry", "image"}, {"cloudbuild", "image"},		{"run", "image"},
	{"secretmanager", "auth"},     {"iam", "auth"},			{"", "project"},
};

const char *page_deciding(const char *kind)
{
	for (size_t i = 0;; i++) {
		if (!strncmp(origins[i].kind, kind, strlen(origins[i].kind)))
			return origins[i].page;
	}
}

static void move_by(struct wizard *w, int delta);

static const char *short_kind(const cJSON *r)
{
	const struct kind *k = kind_find(json_str(r, "kind", ""));
	return k ? _(k->title) : json_str(r, "kind", "");
}

/* Making the plan -------------------------------------------------------------------------------------------------------------------- */

void review_stop(struct wizard *w)
{
	if (w->review.run)
		run_free(w->review.run);
	w->review.run = NULL;
	cJSON_Delete(w->review.plan);
	w->review.plan = NULL;
	err_free(&w->review.err);
	free(w->review.failure);
	w->review.failure = NULL;
	w->review.focus = w->review.top = 0;
	w->review.agreed = w->review.asks_secret = false;
}

void review_start(struct wizard *w)
{
	review_stop(w);
	w->review.consent = false;
	if (!answers_check(w->answers, NULL, &w->review.err))
		return;
	if (!w->session) {
		err_set(&w->review.err, w->sign_in.exit ? w->sign_in.exit : EXIT_CONFIG, NULL, w->sign_in.fix, "%s",
			w->sign_in.what ? w->sign_in.what : _("There is no connection to the cloud."));
		return;
	}
	struct run_options o = {.verb = RUN_PLAN, .answers = w->answers, .file = w->options->file, .save = wizard_save_run,
				.event = wizard_event, .arg = w, .secret = wizard_secret};
	w->review.run = run_start(w->session, &o, &w->review.err);
}

/* Is a secret that the operator types about to be stored? One that stands is kept, and not asked for again. */
static bool stores_typed_secret(const struct plan *p, const struct change *const *changes)
{
	for (size_t i = 0; i < p->secret_count; i++) {
		const struct plan_secret *s = &p->secrets[i];
		const struct resource *keeper = s->keeper ? plan_find(p, s->keeper) : NULL;
		if (!s->reference || strcmp(s->reference, "prompt") != 0 || !keeper)
			continue;
		const struct change *c = changes[keeper - p->resources];
		if (!c || c->verdict != VERDICT_KEEP)
			return true;
	}
	return false;
}

bool review_changes_nothing(const struct wizard *w)
{
	static const char *const writes[] = {"counts.create", "counts.update", "counts.replace", "counts.delete"};
	double sum = 0;
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
		sum += json_num(w->review.plan, writes[i], 0);
	return w->review.plan && sum == 0;
}

char *review_data_lost(const struct wizard *w)
{
	struct buf names = {0};
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(w->review.plan, "resources")) {
		const char *verdict = json_str(r, "verdict", "");
		if (json_bool(r, "keeps_data", false) && (!strcmp(verdict, "delete") || !strcmp(verdict, "replace")))
			buf_printf(&names, "%s%s %s", names.len ? ", " : "", short_kind(r), json_str(r, "name", ""));
	}
	char *text = xstrdup(buf_text(&names));
	buf_free(&names);
	return text;
}

static void take_plan(struct wizard *w)
{
	const struct plan *p = run_plan(w->review.run);
	if (!p)
		return;
	const struct change **changes = xcalloc(p->count + 1, sizeof *changes);
	for (size_t i = 0; i < p->count; i++)
		changes[i] = run_change(w->review.run, i);
	w->review.plan = plan_json(p, changes);
	w->review.asks_secret = stores_typed_secret(p, changes);
	free(changes);
}

/* What went wrong while reading, for when no plan comes of it. */
static void event(struct wizard *w, const cJSON *e)
{
	const char *message = json_str(e, "message", "");
	if (!*message || strcmp(json_str(e, "state", "failed"), "failed") != 0)
		return;
	free(w->review.failure);
	w->review.failure = xstrdup(message);
}

void review_settle(struct wizard *w)
{
	struct review *v = &w->review;
	if (!v->run || v->plan || v->err.exit || !run_finished(v->run))
		return;
	enum exit_code code = run_exit(v->run);
	if (code == EXIT_DONE || code == EXIT_CHANGES)
		take_plan(w);
	if (!v->plan)
		err_set(&v->err, code ? code : EXIT_GENERAL, NULL, _("r looks again."), "%s",
			v->failure ? v->failure : _("The project could not be read: check the sign-in and the project."));
	move_by(w, 1);
}

/* Lines ------------------------------------------------------------------------------------------------------------------------------ */

struct line {
	enum { LINE_HEAD, LINE_RESOURCE, LINE_ERRAND, LINE_TEXT, LINE_PROBLEM } kind;
	const cJSON *of;
	char *text;
	const char *page;
	int order;
};
struct lines_list {
	struct line *list;
	size_t count, room;
};

static struct line *add_line(struct lines_list *l, int kind, const cJSON *of, char *text, const char *page)
{
	l->list = xgrow(l->list, l->count, &l->room, sizeof *l->list);
	l->list[l->count] = (struct line){kind, of, text, page, 0};
	return &l->list[l->count++];
}

static void free_lines(struct lines_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->list[i].text);
	free(l->list);
}

static const struct {
	const char *verdict, *mark, *heading;
	enum role role;
} verdicts[] = {
	{"refuse", "!", N_("In the way (%d)"), ROLE_BAD},
	{"delete", "-", N_("Will be deleted (%d)"), ROLE_BAD},
	{"replace", "~", N_("Will be replaced: deleted and made again (%d)"), ROLE_BAD},
	{"update", "~", N_("Will be changed (%d)"), ROLE_WARN},
	{"create", "+", N_("Will be created (%d)"), ROLE_GOOD},
	{"keep", " ", N_("Stay as they are (%d)"), ROLE_TEXT},
};
enum { VERDICTS = sizeof verdicts / sizeof *verdicts };

static void errand_lines(struct lines_list *l, const cJSON *plan)
{
	const cJSON *errand;
	bool first = true;
	cJSON_ArrayForEach(errand, json_at(plan, "errands")) {
		if (json_bool(errand, "done", false))
			continue;
		if (first)
			add_line(l, LINE_HEAD, NULL, xstrdup(_("For you to do by hand")), NULL);
		first = false;
		add_line(l, LINE_ERRAND, errand, xstrdup(json_str(errand, "title", "")), "auth");
		char *copy = xstrdup(json_str(errand, "paste", "")), *rest;
		for (char *one = strtok_r(copy, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
			add_line(l, LINE_TEXT, errand, xstrdup(one), "auth");
		free(copy);
	}
}

/* What costs most stands first, then what is paid by use, then the rest in the order of the plan. */
static int by_cost(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	const cJSON *of[] = {x->of, y->of};
	double cost[2];
	for (int i = 0; i < 2; i++)
		cost[i] = json_bool(of[i], "billable", false) ? fmax(json_num(of[i], "monthly_usd", 0), 0.001) : 0;
	return cost[0] != cost[1] ? (cost[0] < cost[1] ? 1 : -1) : x->order < y->order ? -1 : 1;
}

static void resource_lines(struct lines_list *l, const cJSON *plan, int v)
{
	const cJSON *r;
	size_t head = l->count;
	int count = 0;
	cJSON_ArrayForEach(r, json_at(plan, "resources")) {
		if (strcmp(json_str(r, "verdict", "create"), verdicts[v].verdict) != 0)
			continue;
		if (!count++)
			add_line(l, LINE_HEAD, NULL, NULL, NULL);
		add_line(l, LINE_RESOURCE, r, NULL, page_deciding(json_str(r, "kind", "")))->order = count;
	}
	if (count) {
		qsort(l->list + head + 1, l->count - head - 1, sizeof *l->list, by_cost);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		l->list[head].text = xasprintf(_(verdicts[v].heading), count);
#pragma GCC diagnostic pop
	}
}

static void problem_lines(struct lines_list *l, const struct err *e)
{
	char *copy = xstrdup(e->what ? e->what : ""), *rest;
	add_line(l, LINE_HEAD, NULL, xstrdup(_("This has to be put right first")), NULL);
	for (char *one = strtok_r(copy, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest)) {
		char *id = xstrndup(one, strcspn(one, ":"));
		const struct question *q = question_find(id);
		add_line(l, LINE_PROBLEM, NULL, q ? xasprintf("%s:%s", _(q->title), one + strlen(id) + 1) : xstrdup(one),
			 q ? q->page : "project");
		free(id);
	}
	if (e->fix)
		add_line(l, LINE_TEXT, NULL, xstrdup(e->fix), NULL);
	free(copy);
}

/* What was found about project, billing and permissions is said again here: this is where it is decided. */
static void preflight_lines(struct lines_list *l, const struct wizard *w)
{
	const cJSON *check;
	bool first = true;
	cJSON_ArrayForEach(check, w->surveys[SURVEY_PREFLIGHT].result) {
		if (strcmp(json_str(check, "state", ""), "fail") != 0)
			continue;
		if (first)
			add_line(l, LINE_HEAD, NULL, xstrdup(_("Not in order: building will probably fail")), NULL);
		first = false;
		char *text = xasprintf("%s: %s", _(json_str(check, "title", "")), json_str(check, "message", ""));
		add_line(l, LINE_PROBLEM, NULL, text, "project");
	}
}

static struct lines_list make_lines(const struct wizard *w)
{
	struct lines_list l = {0};
	if (w->review.err.exit) {
		problem_lines(&l, &w->review.err);
	} else if (w->review.plan) {
		preflight_lines(&l, w);
		errand_lines(&l, w->review.plan);
		for (int v = 0; v < VERDICTS; v++)
			resource_lines(&l, w->review.plan, v);
	}
	return l;
}

/* Drawing --------------------------------------------------------------------------------------------------------------------------- */

static void draw_resource(const cJSON *resource, int y, struct rect r, bool here)
{
	int v = 0, price = 12, title = r.w > 90 ? 34 : 25;
	while (v < VERDICTS - 1 && strcmp(verdicts[v].verdict, json_str(resource, "verdict", "create")) != 0)
		v++;
	put(y, r.x + 2, 2, verdicts[v].role, verdicts[v].mark);
	put(y, r.x + 4, title - 1, here ? ROLE_FOCUS : ROLE_TEXT, short_kind(resource));
	put_tail(y, r.x + 4 + title, r.w - 5 - title - price, ROLE_TEXT, json_str(resource, "name", ""));
	double usd = json_num(resource, "monthly_usd", -1);
	if (!json_bool(resource, "billable", false))
		return;
	char *text = usd >= 0.5 ? xasprintf(_("$%.0f a month"), usd) : xstrdup(_("by use"));
	put_right(y, r.x + r.w - price, price, ROLE_TEXT, text);
	free(text);
}

static void draw_line(const struct line *line, int y, struct rect r, bool here)
{
	if (here && line->kind != LINE_TEXT)
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
	switch (line->kind) {
	case LINE_HEAD:
		put(y, r.x, r.w, ROLE_TITLE, line->text);
		break;
	case LINE_RESOURCE:
		draw_resource(line->of, y, r, here);
		break;
	case LINE_ERRAND:
		put_glyph(y, r.x + 2, ROLE_WARN, GLYPH_WARN);
		put(y, r.x + 4, r.w - 4, here ? ROLE_FOCUS : ROLE_TEXT, line->text);
		break;
	case LINE_PROBLEM:
		put_glyph(y, r.x + 2, ROLE_BAD, GLYPH_CROSS);
		put(y, r.x + 4, r.w - 4, here ? ROLE_FOCUS : ROLE_BAD, line->text);
		break;
	case LINE_TEXT:
		put(y, r.x, r.w + 2, ROLE_TEXT, line->text);
		break;
	}
	if (here)
		screen_cursor(y, line->kind == LINE_TEXT ? r.x : r.x + 4);
}

static int draw_summary(const struct wizard *w, struct rect r)
{
	const cJSON *p = w->review.plan;
	const char *project = answers_str(w->answers, "project.id");
	char *where = xasprintf(_("%s in project %s, %s"), answers_str(w->answers, "stack.name"), project, answers_str(w->answers, "region"));
	put(r.y, r.x, r.w, ROLE_TITLE, where);
	free(where);
	if (w->review.err.exit)
		return r.y + 2;
	if (!p) {
		putf(r.y + 1, r.x, r.w, ROLE_BUSY, _("looking at what is in %s already..."), project);
		return r.y + 3;
	}
	putf(r.y + 1, r.x, r.w, ROLE_TEXT, _("%d to create, %d to change, %d to delete, %d stay. About $%.0f a month."),
	     (int)json_num(p, "counts.create", 0), (int)json_num(p, "counts.update", 0) + (int)json_num(p, "counts.replace", 0),
	     (int)json_num(p, "counts.delete", 0), (int)json_num(p, "counts.keep", 0), json_num(p, "monthly_usd", 0));
	put(r.y + 2, r.x, r.w, ROLE_TITLE, json_str(p, "url", ""));
	return r.y + 4;
}

/* What the line cannot say: the whole name, who may do what, what is changed from what to what. */
static char *detail_of(const cJSON *resource)
{
	struct buf b = {0};
	const cJSON *d;
	buf_printf(&b, "%s %s", short_kind(resource), json_str(resource, "name", ""));
	if (*json_str(resource, "grants", ""))
		buf_printf(&b, ": %s", json_str(resource, "grants", ""));
	cJSON_ArrayForEach(d, json_at(resource, "differences")) {
		char *found = json_text(json_at(d, "found"), -1), *wanted = json_text(json_at(d, "wanted"), -1);
		buf_printf(&b, "%s %s: %s -> %s", d == json_at(resource, "differences.0") ? "." : ";", json_str(d, "path", ""), found, wanted);
		free(found);
		free(wanted);
	}
	if (*json_str(resource, "reason", ""))
		buf_printf(&b, ". %s", json_str(resource, "reason", ""));
	char *text = xstrdup(buf_text(&b));
	buf_free(&b);
	return text;
}

enum { DETAIL = 4 };

static void draw_detail(const struct line *line, struct rect r)
{
	const char *page = line->page ? _(pages[wizard_page_index(line->page)].title) : NULL;
	char *text = line->kind == LINE_RESOURCE ? detail_of(line->of)
		     : line->kind == LINE_ERRAND ? xstrdup(json_str(line->of, "steps", "")) : xstrdup(line->text ? line->text : "");
	put_rule(r.y, r.x, r.w);
	if (page)
		putf(r.y, r.x + 2, r.w - 4, ROLE_TEXT, _(" decided on page %s "), page);
	put_wrapped(r.y + 1, r.x, DETAIL - 1, r.w, ROLE_TEXT, text);
	free(text);
}

static void draw(struct wizard *w, struct rect r)
{
	struct lines_list l = make_lines(w);
	struct review *v = &w->review;
	int y = draw_summary(w, r), count = (int)l.count, detail = count && r.h >= 16 ? DETAIL : 0, room = r.y + r.h - y - detail;
	screen_cursor(r.y, r.x);
	if (v->focus >= count)
		v->focus = count ? count - 1 : 0;
	if (v->focus < v->top)
		v->top = v->focus;
	if (v->focus >= v->top + room)
		v->top = v->focus - room + 1;
	if (v->top == 1 && v->focus == 1)
		v->top = 0;
	struct rect list = {y, r.x, room, r.w - 2};
	for (int i = 0; i < room && v->top + i < count; i++)
		draw_line(&l.list[v->top + i], y + i, list, v->top + i == v->focus);
	if (v->top > 0)
		put_glyph(y, r.x + r.w - 1, ROLE_KEY, GLYPH_UP);
	if (v->top + room < count)
		put_glyph(y + room - 1, r.x + r.w - 1, ROLE_KEY, GLYPH_DOWN);
	if (detail)
		draw_detail(&l.list[v->focus], (struct rect){y + room, r.x, detail, r.w});
	free_lines(&l);
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static void move_by(struct wizard *w, int delta)
{
	struct lines_list l = make_lines(w);
	int to = w->review.focus, step = delta < 0 ? -1 : 1, last = (int)l.count - 1;
	for (int left = abs(delta); left; left--) {
		int next = to + step;
		while (next >= 0 && next <= last && l.list[next].kind == LINE_HEAD)
			next += step;
		if (next < 0 || next > last)
			break;
		to = next;
	}
	w->review.focus = to;
	free_lines(&l);
}

static enum action jump(struct wizard *w)
{
	struct lines_list l = make_lines(w);
	const char *page = w->review.focus < (int)l.count ? l.list[w->review.focus].page : NULL;
	free_lines(&l);
	w->jump_to = page;
	return page ? ACTION_JUMP : ACTION_NONE;
}

static bool has_refusal(const struct wizard *w)
{
	return json_num(w->review.plan, "counts.refuse", 0) > 0;
}

static enum action agree(struct wizard *w)
{
	if (w->review.err.exit)
		return jump(w);
	if (!w->review.plan) {
		w->want_next = true;
		wizard_say(w, ROLE_BUSY, _("One moment: the plan is not ready."));
		return ACTION_NONE;
	}
	if (has_refusal(w)) {
		wizard_say(w, ROLE_BAD, _("Something is in the way: see the first lines."));
		return ACTION_NONE;
	}
	char *lost = review_data_lost(w);
	bool loses = *lost;
	free(lost);
	if (!loses && (w->options->rehearsal || review_changes_nothing(w))) {
		w->review.agreed = true;
		return ACTION_NEXT;
	}
	edit_set(&w->over_edit, "");
	w->over = loses ? &overlay_data : &overlay_consent;
	return ACTION_NONE;
}

static enum action function_key(struct wizard *w, wint_t code)
{
	if (code == KEY_UP || code == KEY_DOWN)
		move_by(w, code == KEY_UP ? -1 : 1);
	else if (code == KEY_PPAGE || code == KEY_NPAGE)
		move_by(w, code == KEY_PPAGE ? -10 : 10);
	else if (code == KEY_HOME || code == KEY_END)
		move_by(w, code == KEY_HOME ? -10000 : 10000);
	return ACTION_NONE;
}

static enum action key(struct wizard *w, const struct key *k)
{
	if (k->kind == KEY_FUNCTION)
		return function_key(w, k->code);
	if (k->kind != KEY_CHARACTER)
		return ACTION_NONE;
	switch (k->code) {
	case L'\r':
		return agree(w);
	case 27:
		return ACTION_BACK;
	case L'e':
		return jump(w);
	case L'r':
		review_start(w);
		move_by(w, 1);
		return ACTION_NONE;
	case L'?':
		w->over = &overlay_help;
	}
	return ACTION_NONE;
}

static void enter(struct wizard *w)
{
	w->jump_to = NULL;
	review_start(w);
	move_by(w, 1);
}

static void hints(struct wizard *w, struct hints *h)
{
	hint(h, _("Enter"), w->review.err.exit ? _("put it right") : review_changes_nothing(w) ? _("prove again") : _("build"));
	hint(h, _("Esc"), _("back"));
	hint(h, _("Up/Down"), _("move"));
	hint(h, "e", _("edit"));
	hint(h, "r", _("look again"));
	hint(h, "?", _("help"));
}

const struct page_view review_view = {
	.id = "review",
	.enter = enter,
	.draw = draw,
	.key = key,
	.hints = hints,
	.event = event,
	.help = N_("Each line is one resource in Google Cloud: + is created, ~ is changed, - is deleted. e goes to the page that decided it, and Enter there "
		   "comes back. Prices are an estimate by list prices of us-central1; what is billed by use is marked so."),
};
