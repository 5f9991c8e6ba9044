/* What stands below the review's lines and beside them: what the plan does, how the checks stand, and what the line with the focus means. */
#include "config.h"
#include "ui/review_parts.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "engine/lines.h"
#include "plan/show.h"

#include <stdlib.h>
#include <string.h>

int review_title_width(struct rect r)
{
	return r.w < 70 ? 16 : 22;
}

/* What the plan does, in a line: how many resources of each verdict. */
static char *will_do(const struct wizard *w)
{
	return xasprintf(_("%d to create, %d to change, %d to delete, %d stay"), review_planned(w, VERDICT_CREATE),
			 review_planned(w, VERDICT_UPDATE) + review_planned(w, VERDICT_REPLACE),
			 review_planned(w, VERDICT_DELETE), review_planned(w, VERDICT_KEEP));
}

static int draw_fact(int y, struct rect r, const char *label, const char *text)
{
	int title = review_title_width(r);
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
	int title = review_title_width(r), x = r.x + 2 + title, end = r.x + r.w;
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

int review_facts(const struct wizard *w)
{
	const cJSON *p = review_own(w)->plan;
	return 2 + (p != NULL) + cJSON_GetArraySize(json_at(p, "newer")) + (*json_str(p, "url", "") != 0);
}

void review_draw_facts(const struct wizard *w, int y, int end, struct rect r)
{
	const cJSON *p = review_own(w)->plan;
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
		put_link(y, r.x + 2 + review_title_width(r), r.w - 2 - review_title_width(r), ROLE_TITLE,
			 json_str(p, "url", ""));
		y++;
	}
	if (y < end) {
		char *undo = review_undo(w);
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

/* What is in the way, by the first that the plan refuses, and what mends it; "" for nothing. */
static char *refused_words(const struct wizard *w)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(review_own(w)->plan, "resources")) {
		if (plan_json_verdict(r) == VERDICT_REFUSE && *json_str(r, "reason", ""))
			return xasprintf("%s %s: %s", review_kind(r), json_str(r, "name", ""), json_str(r, "reason", ""));
	}
	return xstrdup("");
}

/* What the focused row means: its problem, what was changed, else its sentence. */
static char *pane_words(const struct wizard *w, const char *section, enum role *role)
{
	*role = ROLE_BAD;
	if (section && problem_of(w, section))
		return xstrdup(problem_of(w, section));
	if (!section && review_own(w)->err.exit)
		return wizard_sentence(&review_own(w)->err);
	char *checks = section ? xstrdup("") : failed_checks(w);
	if (*checks)
		return checks;
	free(checks);
	char *refused = section ? xstrdup("") : refused_words(w);
	if (*refused)
		return refused;
	free(refused);
	char *changes = section ? review_changes(w, section, glyph(GLYPH_TO)) : errand_words(w);
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

/* Where there is room: every setting of the section with its value, the whole of it. */
static int draw_values(const struct wizard *w, const char *section, struct rect r)
{
	const struct question *list[SETTINGS_MOST];
	int y = r.y, label = 24, count = settings_list(w, section, "", list);
	for (int i = 0; i < count && y < r.y + r.h; i++) {
		const struct question *q = list[i];
		char *words = setting_words(w, q);
		int lines = put_lines(y, r.x + label, r.y + r.h - y, r.w - label, ROLE_TEXT, *words ? words : _("none"));
		put(y, r.x, label - 1, ROLE_DIM, _(q->title));
		y += lines > 1 ? lines : 1;
		free(words);
	}
	return y;
}

/* And what of the plan is paid for by the month, whether it is used or not. */
static int draw_costs(const struct wizard *w, struct rect r)
{
	const cJSON *one;
	int y = r.y;
	cJSON_ArrayForEach(one, json_at(review_own(w)->plan, "resources")) {
		double usd = json_num(one, "monthly_usd", -1);
		if (usd < 0.5 || y >= r.y + r.h)
			continue;
		char *text = xasprintf("%s %s", review_kind(one), json_str(one, "name", "")),
		     *price = xasprintf(_("$%.0f"), usd);
		int beside = r.x + r.w - cells(price);
		put(y, r.x, beside - r.x - 2, ROLE_TEXT, text);
		put(y++, beside, cells(price), ROLE_TEXT, price);
		free(price);
		free(text);
	}
	return y;
}

/* Where the line had to be cut: all that it says. */
static int draw_whole(const struct wizard *w, const char *section, struct rect r)
{
	char *words = section_words(w->answers, section);
	int lines = put_lines(r.y, r.x, r.h, r.w, ROLE_TEXT, words);
	free(words);
	return lines;
}

void review_draw_pane(const struct wizard *w, const char *section, struct rect r)
{
	enum role role;
	char *words = pane_words(w, section, &role);
	put_rule(r.y, r.x, r.w);
	putf(r.y, r.x + 2, r.w - 4, ROLE_TITLE, " %s ", section ? _(page_find(section)->title) : review_deed(w));
	bool cures = section && problem_cure(w, section, 0);
	int y = r.y + 1 + put_lines(r.y + 1, r.x, r.h - 1 - cures, r.w, role, words);
	if (cures)
		problem_draw_cures(w, section, (struct rect){y++, r.x, 1, r.w});
	struct rect rest = {y + 1, r.x, r.y + r.h - y - 1, r.w};
	if (section && !problem_of(w, section) && r.h <= REVIEW_PANE && rest.h > 0 && review_lines_of(w, section, r) > 1)
		y += draw_whole(w, section, (struct rect){y, r.x, rest.h, r.w});
	if (r.h > 2 * REVIEW_PANE)
		y = section ? draw_values(w, section, rest) + 1 : draw_costs(w, rest) + 1;
	const struct resource *e = draft_errand(w);
	if (draft_errand_open(e) && (!section || page_holds(&wizard_pages[2], section)) && y < r.y + r.h)
		put_lines(y, r.x, r.y + r.h - y, r.w, ROLE_TITLE, draft_errand_text(e, "paste"));
	free(words);
}
