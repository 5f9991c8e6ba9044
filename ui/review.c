/* The review, which is also the hub: a line for each section of the answers with its price and its problem, what will be done by the plan, how the
 * checks stand. Enter changes a line, b builds. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sealed.h"
#include "engine/lines.h"
#include "plan/axes.h"
#include "plan/show.h"

#include <curses.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct review {
	struct run *run;
	cJSON *plan; /* plan/show.h's JSON, once known */
	struct err err;
	char *failure; /* the last thing that failed while planning */
	char *of;      /* the answers that it looked with, as text */
	int focus, top;
	bool agreed; /* the operator agreed to exactly this plan */
	const struct question
	    *asks_secret; /* whose answer, a secret that the operator types or opens, is to be stored; or NULL */
	bool consent;     /* the operator typed the server's name: the data that the plan deletes may go */
};

static struct review *review_of(const struct wizard *w)
{
	return view_own(w, &review_view);
}

static const char *short_kind(const cJSON *r)
{
	const struct kind *k = kind_find(json_str(r, "kind", ""));
	return k ? _(k->title) : json_str(r, "kind", "");
}

/* Making the plan -------------------------------------------------------------------------------------------------------------------- */

const cJSON *review_plan(const struct wizard *w)
{
	return review_of(w)->plan;
}

const struct err *review_err(const struct wizard *w)
{
	return &review_of(w)->err;
}

bool review_planning(const struct wizard *w)
{
	const struct review *v = review_of(w);
	return v->run && !v->plan && !v->err.exit;
}

void review_agree(struct wizard *w, bool agreed)
{
	review_of(w)->agreed = agreed;
}

bool review_agreed(const struct wizard *w)
{
	return review_of(w)->agreed;
}

void review_consent(struct wizard *w, bool given)
{
	review_of(w)->consent = given;
}

bool review_consented(const struct wizard *w)
{
	return review_of(w)->consent;
}

const struct question *review_asks_secret(const struct wizard *w)
{
	return review_of(w)->asks_secret;
}

void review_stop(struct wizard *w)
{
	struct review *v = review_of(w);
	if (v->run)
		run_free(v->run);
	v->run = NULL;
	cJSON_Delete(v->plan);
	v->plan = NULL;
	err_free(&v->err);
	free(v->failure);
	v->failure = NULL;
	v->agreed = false;
	v->asks_secret = NULL;
}

static void review_forget(struct wizard *w)
{
	review_stop(w);
	free(review_of(w)->of);
}

void review_start(struct wizard *w)
{
	struct review *v = review_of(w);
	review_stop(w);
	w->work.active = false; /* what comes now is the plan's */
	v->consent = false;
	free(v->of);
	v->of = json_text(w->answers->values, -1);
	if (!answers_check(w->answers, NULL, &v->err))
		return;
	if (!w->session) {
		err_set(&v->err, w->sign_in.exit ? w->sign_in.exit : EXIT_CONFIG, NULL, w->sign_in.fix, "%s",
			w->sign_in.what ? w->sign_in.what : _("There is no connection to the cloud."));
		return;
	}
	struct run_options o = {.verb = RUN_PLAN,
				.answers = w->answers,
				.file = w->options->file,
				.save = wizard_save_run,
				.event = wizard_event,
				.arg = w,
				.secret = wizard_secret};
	v->run = run_start(w->session, &o, &v->err);
}

/* Which secret that the operator types is about to be stored? One that stands is kept, and not asked for again. */
static const struct question *typed_secret(const struct plan *p, const struct change *const *changes)
{
	for (size_t i = 0; i < p->secret_count; i++) {
		const struct plan_secret *s = &p->secrets[i];
		const struct resource *keeper = s->keeper ? plan_find(p, s->keeper) : NULL;
		bool by_hand = s->reference && (!strcmp(s->reference, "prompt") || sealed_is(s->reference));
		if (!by_hand || !keeper)
			continue;
		const struct change *c = changes[keeper - p->resources];
		if (!c || c->verdict != VERDICT_KEEP)
			return question_find(s->question);
	}
	return NULL;
}

static int planned(const struct wizard *w, enum verdict verdict)
{
	return plan_json_count(review_of(w)->plan, verdict);
}

bool review_changes_nothing(const struct wizard *w)
{
	static const enum verdict writes[] = {VERDICT_CREATE, VERDICT_UPDATE, VERDICT_REPLACE, VERDICT_DELETE};
	int sum = 0;
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++)
		sum += planned(w, writes[i]);
	return review_of(w)->plan && !sum &&
	       !planned(w, VERDICT_REFUSE); /* what is in the way keeps a change from being made */
}

char *review_data_lost(const struct wizard *w)
{
	struct buf names = {0};
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(review_of(w)->plan, "resources")) {
		enum verdict verdict = plan_json_verdict(r);
		if (json_bool(r, "keeps_data", false) && (verdict == VERDICT_DELETE || verdict == VERDICT_REPLACE))
			buf_printf(&names, "%s%s %s", names.len ? ", " : "", short_kind(r), json_str(r, "name", ""));
	}
	char *text = xstrdup(buf_text(&names));
	buf_free(&names);
	return text;
}

static void take_plan(struct review *v)
{
	const struct plan *p = run_plan(v->run);
	if (!p)
		return;
	const struct change **changes = xcalloc(p->count + 1, sizeof *changes);
	for (size_t i = 0; i < p->count; i++)
		changes[i] = run_change(v->run, i);
	v->plan = plan_json(p, changes);
	put_titles(v->plan);
	v->asks_secret = typed_secret(p, changes);
	free(changes);
}

/* What went wrong while reading, for when no plan comes of it. */
static void review_event(struct wizard *w, const cJSON *e)
{
	const char *message = json_str(e, "message", "");
	if (!*message || (event_state(e) != STATE_FAILED && event_name(e) != EVENT_RESULT))
		return;
	free(review_of(w)->failure);
	review_of(w)->failure = xstrdup(message);
}

/* The answers are not those any more that it looked with. */
static bool is_stale(const struct wizard *w)
{
	char *now = json_text(w->answers->values, -1);
	bool stale = review_of(w)->of && strcmp(review_of(w)->of, now) != 0;
	free(now);
	return stale;
}

void review_settle(struct wizard *w)
{
	struct review *v = review_of(w);
	if (wizard_on(w, "review") && !w->over && is_stale(w))
		review_start(w);
	if (!v->run || v->plan || v->err.exit || !run_finished(v->run))
		return;
	enum exit_code code = run_exit(v->run);
	if (code == EXIT_DONE || code == EXIT_CHANGES)
		take_plan(v);
	if (!v->plan)
		err_set(&v->err, code ? code : EXIT_GENERAL, NULL, _("r looks again."), "%s",
			v->failure ? v->failure : _("The project could not be read: check the sign-in and the project."));
}

/* Differences ------------------------------------------------------------------------------------------------------------------------- */

/* What people notice of the change of what a section decides about, as the plan knows it: "The database restarts...". */
static void add_downtime(const struct wizard *w, const char *section, struct buf *b)
{
	const struct plan *p = review_of(w)->run ? run_plan(review_of(w)->run) : NULL;
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(review_of(w)->plan, "resources")) {
		const struct resource *of = p ? plan_find(p, json_str(r, "id", "")) : NULL;
		const struct question *q = of && of->decided_by ? question_find(of->decided_by) : NULL;
		const char *notice = json_str(r, "downtime", "");
		if (*notice && q && !strcmp(q->page, section))
			buf_printf(b, "%s%s", b->len ? "\n" : "", notice);
	}
}

/* What the operator changed in a section since the file was read, a line each: "Size: 1 CPU -> 2 CPUs". "" for nothing; freed by the caller. */
static char *changes_of(const struct wizard *w, const char *section)
{
	struct buf b = {0};
	for (const struct question *q = questions; w->before && q->id; q++) {
		if (strcmp(q->page, section) != 0 || json_equal(answers_get(w->before, q->id), answers_get(w->answers, q->id)))
			continue;
		char *was = answers_words(w->before, q), *now = answers_words(w->answers, q);
		buf_printf(&b, "%s%s: %s %s %s", b.len ? "\n" : "", _(q->title), *was ? was : _("none"), glyph(GLYPH_TO),
			   *now ? now : _("none"));
		free(was);
		free(now);
	}
	if (b.len)
		add_downtime(w, section, &b);
	return buf_take(&b);
}

bool review_has_changes(const struct wizard *w)
{
	bool any = false;
	for (const struct page *p = pages; p->id && !any; p++) {
		char *changes = changes_of(w, p->id);
		any = *changes;
		free(changes);
	}
	return any;
}

/* Rows -------------------------------------------------------------------------------------------------------------------------------- */

static bool is_row(const struct wizard *w, const char *section)
{
	for (const struct question *q = questions; q->id; q++) {
		if (!strcmp(q->page, section) && answers_asked(w->answers, q))
			return true;
	}
	return false;
}

/* The section in the n-th row; NULL for the last row, which builds. */
static const char *section_at(const struct wizard *w, int n)
{
	for (const struct page *p = pages; p->id; p++) {
		if (is_row(w, p->id) && n-- == 0)
			return p->id;
	}
	return NULL;
}

static int row_count(const struct wizard *w)
{
	int n = 0;
	while (section_at(w, n))
		n++;
	return n + 1;
}

/* The build, or the first row that has a problem. */
static int first_focus(const struct wizard *w)
{
	int rows = row_count(w);
	for (int i = 0; i < rows - 1; i++) {
		if (problem_of(w, section_at(w, i)))
			return i;
	}
	return rows - 1;
}

/* Drawing ----------------------------------------------------------------------------------------------------------------------------- */

enum { TITLE = 22, PANE = 5, BESIDE_FROM = 112, LIST_WIDTH = 78 };

/* What passes the server has its requests' limit, which decides whether models can be uploaded. */
static char *limit_of(const struct wizard *w, const char *section)
{
	const struct plan *p = w->draft.plan;
	bool here = !strcmp(section, question_find("artifacts.mode")->page);
	int most = p && here && p->artifacts_served ? p->axes.target->request_mib : 0;
	return most ? xasprintf(_("files up to %d MiB"), most) : xstrdup("");
}

/* The word at the right end of a section's line; to be freed. */
static char *note_of(const struct wizard *w, const char *section, enum role *role)
{
	char *changes = changes_of(w, section);
	bool changed = *changes;
	free(changes);
	*role = problem_of(w, section) ? ROLE_BAD : changed ? ROLE_WARN : ROLE_TEXT;
	if (problem_of(w, section))
		return xstrdup(_("put it right"));
	if (changed)
		return xstrdup(_("changed"));
	if (draft_section_month(w, section) >= 1)
		return xasprintf(_("$%.0f"), draft_section_month(w, section));
	*role = ROLE_WARN;
	return limit_of(w, section);
}

static void draw_section(const struct wizard *w, const char *section, int y, struct rect r, bool here)
{
	enum role role;
	int title = r.w < 70 ? 16 : TITLE, x = r.x + 2 + title;
	char *words = section_words(w->answers, section), *note = note_of(w, section, &role);
	int beside = r.x + r.w - cells(note);
	if (problem_of(w, section))
		put_glyph(y, beside - 2, ROLE_BAD, GLYPH_CROSS);
	put(y, r.x + 2, title - 1, here ? ROLE_FOCUS : ROLE_TITLE, _(page_find(section)->title));
	put(y, x, beside - x - (*note ? 3 : 0), ROLE_TEXT, words);
	put(y, beside, cells(note), role, note);
	free(note);
	free(words);
}

static char *build_words(const struct wizard *w)
{
	const struct review *v = review_of(w);
	char about[32];
	if (v->err.exit)
		return xstrdup(_("something has to be put right first"));
	if (review_planning(w) || !v->plan)
		return xasprintf(_("looking at what is in %s already..."), answers_str(w->answers, "project.id"));
	if (planned(w, VERDICT_REFUSE))
		return xstrdup(_("something is in the way: d shows what"));
	if (review_changes_nothing(w))
		return xstrdup(_("all stands as it should; Enter proves it again"));
	return xasprintf(_("takes %s, costs about $%.0f a month"), about_text(json_num(v->plan, "expected_seconds", 0), about),
			 draft_month(w));
}

static void draw_build_row(const struct wizard *w, int y, struct rect r, bool here)
{
	int title = r.w < 70 ? 16 : TITLE;
	char *words = build_words(w);
	bool bad = review_of(w)->err.exit || planned(w, VERDICT_REFUSE);
	put(y, r.x + 2, title - 1, here ? ROLE_FOCUS : ROLE_TITLE,
	    review_changes_nothing(w) ? _("Prove it")
	    : w->before               ? _("Apply")
				      : _("Build this"));
	put(y, r.x + 2 + title, r.w - title - 2, bad ? ROLE_BAD : review_planning(w) ? ROLE_BUSY : ROLE_TEXT, words);
	free(words);
}

static void draw_row(const struct wizard *w, int n, int y, struct rect r, bool here)
{
	const char *section = section_at(w, n);
	if (here)
		put_glyph(y, r.x, ROLE_KEY, GLYPH_MARK);
	if (section)
		draw_section(w, section, y, r, here);
	else
		draw_build_row(w, y, r, here);
	if (here)
		screen_cursor(y, r.x + 2);
	screen_target(y, r.x, r.w, n);
}

/* What the plan does, in a line: how many resources of each verdict. */
static char *will_do(const struct wizard *w)
{
	return xasprintf(_("%d to create, %d to change, %d to delete, %d stay"), planned(w, VERDICT_CREATE),
			 planned(w, VERDICT_UPDATE) + planned(w, VERDICT_REPLACE), planned(w, VERDICT_DELETE),
			 planned(w, VERDICT_KEEP));
}

static int draw_fact(int y, struct rect r, const char *label, const char *text)
{
	int title = r.w < 70 ? 16 : TITLE;
	put(y, r.x + 2, title - 1, ROLE_DIM, label);
	put(y, r.x + 2 + title, r.w - title - 2, ROLE_TEXT, text);
	return y + 1;
}

/* One check with its sign; returns the x behind it. */
static int put_check(int y, int x, int end, const cJSON *check)
{
	static const struct {
		enum role sign, words;
		enum glyph glyph;
	} looks[] = {[FINDING_OK] = {ROLE_GOOD, ROLE_TEXT, GLYPH_CHECK},
		     [FINDING_WARN] = {ROLE_WARN, ROLE_TEXT, GLYPH_WARN},
		     [FINDING_FAIL] = {ROLE_BAD, ROLE_BAD, GLYPH_CROSS}};
	enum finding state = finding_state(check);
	put_glyph(y, x, looks[state].sign, looks[state].glyph);
	return x + 4 + put(y, x + 2, end - x - 2, looks[state].words, json_str(check, "title", ""));
}

/* So many checks as there is room for, and how many more there are: what fails first, then what is not known. */
static void draw_known_checks(const struct wizard *w, int y, int x, int end)
{
	const cJSON *check;
	int left = 0;
	for (size_t at = 0; checks_next(w, &at);)
		left++;
	for (enum finding state = FINDING_FAIL; state >= FINDING_OK; state--)
		for (size_t at = 0; (check = checks_next(w, &at));) {
			if (finding_state(check) != state)
				continue;
			char *more = xasprintf(ngettext("and %d more", "and %d more", (unsigned long)left), left);
			char *rest = xasprintf(ngettext("and %d more", "and %d more", (unsigned long)left - 1), left - 1);
			int need = 2 + cells(json_str(check, "title", "")) + (left > 1 ? 2 + cells(rest) : 0);
			bool fits = x + need <= end;
			if (!fits)
				put(y, x, end - x, ROLE_DIM, more);
			free(rest);
			free(more);
			if (!fits)
				return;
			x = put_check(y, x, end, check);
			left--;
		}
}

/* The checks in a line. */
static int draw_checks(const struct wizard *w, int y, struct rect r)
{
	const struct survey *s = &w->surveys[SURVEY_PREFLIGHT];
	int title = r.w < 70 ? 16 : TITLE, x = r.x + 2 + title, end = r.x + r.w;
	put(y, r.x + 2, title - 1, ROLE_DIM, _("Ready"));
	if (s->state == SURVEY_KNOWN)
		draw_known_checks(w, y, x, end);
	else
		put(y, x, end - x, s->state == SURVEY_FAILED ? ROLE_WARN : ROLE_BUSY,
		    s->state == SURVEY_FAILED ? _("the checks could not be made; r tries again") : _("checking..."));
	return y + 1;
}

/* Newer releases that are known, by their questions' titles. */
static int draw_newer(const cJSON *plan, int y, int end, struct rect r)
{
	const cJSON *version;
	cJSON_ArrayForEach(version, json_at(plan, "newer")) {
		if (y >= end)
			break;
		char *text = xasprintf("%s %s", _(question_find(version->string)->title), version->valuestring);
		y = draw_fact(y, r, _("Newer"), text);
		free(text);
	}
	return y;
}

static int facts_count(const struct wizard *w)
{
	const cJSON *p = review_of(w)->plan;
	return 2 + (p != NULL) + cJSON_GetArraySize(json_at(p, "newer")) + (*json_str(p, "url", "") != 0);
}

static void draw_facts(const struct wizard *w, int y, int end, struct rect r)
{
	const cJSON *p = review_of(w)->plan;
	if (p && y < end) {
		char *text = will_do(w);
		y = draw_fact(y, r, _("Will do"), text);
		free(text);
	}
	if (y < end)
		y = draw_checks(w, y, r);
	y = draw_newer(p, y, end, r);
	if (p && *json_str(p, "url", "") && y < end) {
		draw_fact(y, r, _("Address"), "");
		put_link(y, r.x + 2 + (r.w < 70 ? 16 : TITLE), r.w - 2 - (r.w < 70 ? 16 : TITLE), ROLE_TITLE,
			 json_str(p, "url", ""));
		y++;
	}
	if (y < end) {
		char *undo = lines_command("destroy", w->options->rehearsal, w->options->file);
		draw_fact(y, r, _("To undo"), undo);
		free(undo);
	}
}

/* What a failed check says, with what mends it. */
static char *failed_checks(const struct wizard *w)
{
	struct buf b = {0};
	const cJSON *check;
	for (size_t at = 0; (check = checks_next(w, &at));) {
		if (check_failed(check))
			buf_printf(&b, "%s%s: %s. %s", b.len ? "\n" : "", _(json_str(check, "title", "")),
				   json_str(check, "message", ""), json_str(check, "fix", ""));
	}
	return buf_take(&b);
}

static char *errand_words(const struct wizard *w)
{
	const struct resource *e = draft_errand(w);
	return draft_errand_open(e) ? xasprintf("%s\n%s", draft_errand_text(e, "title"), draft_errand_text(e, "steps"))
				    : xstrdup("");
}

/* What the focused row means: its problem, what was changed, else its sentence. */
static char *pane_words(const struct wizard *w, const char *section, enum role *role)
{
	*role = ROLE_BAD;
	if (section && problem_of(w, section))
		return xstrdup(problem_of(w, section));
	if (!section && review_of(w)->err.exit)
		return wizard_sentence(&review_of(w)->err);
	char *checks = section ? xstrdup("") : failed_checks(w);
	if (*checks)
		return checks;
	free(checks);
	char *changes = section ? changes_of(w, section) : errand_words(w);
	*role = ROLE_TEXT;
	if (*changes)
		return changes;
	free(changes);
	*role = ROLE_DIM;
	if (section)
		return xstrdup(_(page_find(section)->intro));
	char *date = plan_prices_date(w->draft.plan);
	char *text = xasprintf(
	    _("Nothing is created before you agree. What stands can be changed or undone later. Prices are Google's list "
	      "prices of %s; what is billed by use comes on top."),
	    date);
	free(date);
	return text;
}

/* Where there is room: every setting of the section with its value. */
static int draw_values(const struct wizard *w, const char *section, struct rect r)
{
	int y = r.y, label = 24;
	for (const struct question *q = questions; q->id && y < r.y + r.h; q++) {
		if (strcmp(q->page, section) != 0 || !answers_asked(w->answers, q))
			continue;
		char *words = setting_words(w, q);
		put(y, r.x, label - 1, ROLE_DIM, _(q->title));
		put(y++, r.x + label, r.w - label, ROLE_TEXT, *words ? words : _("none"));
		free(words);
	}
	return y;
}

/* And what of the plan is paid for by the month, whether it is used or not. */
static int draw_costs(const struct wizard *w, struct rect r)
{
	const cJSON *one;
	int y = r.y;
	cJSON_ArrayForEach(one, json_at(review_of(w)->plan, "resources")) {
		double usd = json_num(one, "monthly_usd", -1);
		if (usd < 0.5 || y >= r.y + r.h)
			continue;
		char *text = xasprintf("%s %s", short_kind(one), json_str(one, "name", "")),
		     *price = xasprintf(_("$%.0f"), usd);
		int beside = r.x + r.w - cells(price);
		put(y, r.x, beside - r.x - 2, ROLE_TEXT, text);
		put(y++, beside, cells(price), ROLE_TEXT, price);
		free(price);
		free(text);
	}
	return y;
}

static void draw_pane(const struct wizard *w, const char *section, struct rect r)
{
	enum role role;
	char *words = pane_words(w, section, &role);
	put_rule(r.y, r.x, r.w);
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, " %s ", section ? _(page_find(section)->title) : _("Build"));
	bool cures = section && problem_cure(w, section, 0);
	int y = r.y + 1 + put_lines(r.y + 1, r.x, r.h - 1 - cures, r.w, role, words);
	if (cures)
		problem_draw_cures(w, section, (struct rect){y++, r.x, 1, r.w});
	struct rect rest = {y + 1, r.x, r.y + r.h - y - 1, r.w};
	if (r.h > 2 * PANE)
		y = section ? draw_values(w, section, rest) + 1 : draw_costs(w, rest) + 1;
	const struct resource *e = draft_errand(w);
	if (draft_errand_open(e) && (!section || page_holds(&wizard_pages[2], section)) && y < r.y + r.h)
		put_lines(y, r.x, r.y + r.h - y, r.w, ROLE_TITLE, draft_errand_text(e, "paste"));
	free(words);
}

static void review_draw(struct wizard *w, struct rect r)
{
	struct review *v = review_of(w);
	bool beside = r.w >= BESIDE_FROM;
	struct rect list = {r.y, r.x, r.h, beside ? LIST_WIDTH : r.w};
	int count = row_count(w),
	    pane = beside      ? 0
		   : r.h >= 18 ? PANE
			       : 3,
	    room = r.h - 2 - pane, rows = count < room ? count : room;
	const char *sentence = !w->before ? _("This is what will be built. Enter changes a line, b builds.")
			       : review_has_changes(w)
				   ? _("These are your changes. b applies them; leaving asks whether to keep them.")
				   : _("This is what stands. Enter changes a line.");
	put(r.y, r.x, list.w, ROLE_TEXT, sentence);
	if (v->focus >= count)
		v->focus = count - 1;
	if (v->focus < v->top)
		v->top = v->focus;
	if (v->focus >= v->top + rows)
		v->top = v->focus - rows + 1;
	if (v->top > count - rows)
		v->top = count - rows;
	for (int i = 0; i < rows; i++)
		draw_row(w, v->top + i, r.y + 2 + i, list, v->top + i == v->focus);
	if (v->top > 0)
		put_glyph(r.y + 2, r.x - 1, ROLE_KEY, GLYPH_UP);
	if (v->top + rows < count)
		put_glyph(r.y + 1 + rows, r.x - 1, ROLE_KEY, GLYPH_DOWN);
	int facts = r.y + 2 + rows, end = r.y + r.h - pane;
	draw_facts(w, facts + (end - facts > facts_count(w)), end, list);
	const char *section = section_at(w, v->focus);
	if (beside)
		draw_pane(w, section, (struct rect){r.y, r.x + LIST_WIDTH + 2, r.h, r.w - LIST_WIDTH - 2});
	else
		draw_pane(w, section, (struct rect){r.y + r.h - pane, r.x, pane, r.w});
}

void review_focus_build(struct wizard *w)
{
	review_of(w)->focus = row_count(w) - 1;
}

void review_focus_section(struct wizard *w, const char *section)
{
	for (int i = 0; section_at(w, i); i++) {
		if (!strcmp(section_at(w, i), section))
			review_of(w)->focus = i;
	}
}

/* Keys ------------------------------------------------------------------------------------------------------------------------------ */

static bool has_refusal(const struct wizard *w)
{
	return planned(w, VERDICT_REFUSE) > 0;
}

static enum action agree(struct wizard *w)
{
	if (review_of(w)->err.exit) {
		review_of(w)->focus = first_focus(w);
		wizard_say(w, ROLE_BAD, _("This has to be put right first."));
		return ACTION_NONE;
	}
	if (!review_of(w)->plan) {
		w->want_next = true;
		review_focus_build(w);
		wizard_say(w, ROLE_BUSY, _("One moment: the plan is not ready."));
		return ACTION_NONE;
	}
	enum role role;
	if (checks_hold_build(w)) {
		wizard_say(w, ROLE_BAD, checks_hold_build(w));
		return ACTION_NONE;
	}
	if (client_refused(w)) {
		wizard_say(w, ROLE_BAD, client_words(w, &role));
		return ACTION_NONE;
	}
	if (has_refusal(w)) {
		wizard_say(w, ROLE_BAD, _("Something is in the way: d shows what."));
		return ACTION_NONE;
	}
	char *lost = review_data_lost(w);
	bool loses = *lost;
	free(lost);
	if (!loses && (w->options->rehearsal || review_changes_nothing(w))) {
		review_of(w)->agreed = true;
		return ACTION_NEXT;
	}
	edit_set(&w->over_edit, "");
	w->over = loses ? &overlay_data : &overlay_consent;
	return ACTION_NONE;
}

static enum action enter_key(struct wizard *w)
{
	const char *section = section_at(w, review_of(w)->focus);
	if (!section)
		return agree(w);
	settings_open(w, section);
	return ACTION_NONE;
}

/* The setting that cures the focused line's problem, in whichever section it stands; Esc comes back here. */
static void cure_key(struct wizard *w, wint_t c)
{
	const char *section = section_at(w, review_of(w)->focus);
	const struct question *q = section && c >= L'1' && c <= L'9' ? problem_cure(w, section, (int)(c - L'1')) : NULL;
	if (!q)
		return;
	settings_open(w, q->page);
	settings_focus(w, q);
}

static void move_by(struct wizard *w, int delta)
{
	int to = review_of(w)->focus + delta, last = row_count(w) - 1;
	review_of(w)->focus = to < 0 ? 0 : to > last ? last : to;
}

static enum action function_key(struct wizard *w, wint_t code)
{
	if (code == KEY_UP || code == KEY_DOWN)
		move_by(w, code == KEY_UP ? -1 : 1);
	else if (code == KEY_PPAGE || code == KEY_HOME)
		move_by(w, -1000);
	else if (code == KEY_NPAGE || code == KEY_END)
		move_by(w, 1000);
	return code == KEY_RIGHT ? enter_key(w) : ACTION_NONE;
}

static enum action review_key(struct wizard *w, const struct key *k)
{
	if (k->kind == KEY_TARGET) {
		bool again = review_of(w)->focus == (int)k->code;
		review_of(w)->focus = (int)k->code;
		return again ? enter_key(w) : ACTION_NONE;
	}
	if (k->kind == KEY_FUNCTION)
		return function_key(w, k->code);
	if (k->kind != KEY_CHARACTER)
		return ACTION_NONE;
	switch (k->code) {
	case L'\r':
		return enter_key(w);
	case L'b':
		return agree(w);
	case 27:
		if (!w->before)
			return ACTION_BACK;
		w->over = &overlay_quit;
		break;
	case L'a':
	case L'/':
		settings_open(w, NULL);
		break;
	case L'd':
		w->over = &overlay_resources;
		w->over_top = 0;
		break;
	case L'c':
		checks_copy(w);
		break;
	case L'r':
		wizard_surveys_again(w);
		review_start(w);
		break;
	case L'?':
		w->over = &overlay_help;
		break;
	default:
		cure_key(w, k->code);
	}
	return ACTION_NONE;
}

static void review_enter(struct wizard *w)
{
	w->jump_to = NULL;
	review_start(w);
	review_of(w)->top = 0;
	review_of(w)->focus = first_focus(w);
}

static void review_hints(struct wizard *w, struct hints *h)
{
	bool last = !section_at(w, review_of(w)->focus);
	if (!last)
		hint(h, _("Enter"), _("change"));
	bool cures = !last && problem_cure(w, section_at(w, review_of(w)->focus), 0);
	if (cures)
		hint(h, "1-9", _("cures"));
	else
		hint(h, last ? _("Enter") : "b",
		     review_changes_nothing(w) ? _("prove again")
		     : w->before               ? _("apply")
					       : _("build"));
	hint(h, "d", _("details"));
	hint(h, "a", _("all settings"));
	if (!cures)
		hint(h, "r", _("look again"));
	hint(h, "?", _("help"));
	hint(h, _("Esc"), w->before ? _("leave") : _("back"));
}

const struct page_view review_view = {
    .id = "review",
    .size = sizeof(struct review),
    .forget = review_forget,
    .enter = review_enter,
    .draw = review_draw,
    .key = review_key,
    .hints = review_hints,
    .event = review_event,
    .help = N_(
	"Each line is a group of settings: Enter changes it and comes back. d lists every resource of the plan, a every "
	"setting; c copies the line that "
	"mends a failed check, r looks again. Prices are an estimate by list prices; what is billed by use comes on top."),
};
