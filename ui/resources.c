/* The resources of the plan, by the part of the server that they belong to, what goes or is in the way before all: over the review. */
#include "config.h"
#include "ui/doc.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/show.h"

#include <ctype.h>
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	enum verdict verdict;
	const char *heading;
	enum glyph mark;
	enum role role;
} verdicts[VERDICTS] = {
    /* These come first, whichever part they belong to. */
    {VERDICT_REFUSE, N_("In the way (%d)"), GLYPH_CROSS, ROLE_BAD},
    {VERDICT_DELETE, N_("Will be deleted (%d)"), GLYPH_CROSS, ROLE_BAD},
    {VERDICT_REPLACE, N_("Will be replaced: deleted and made again (%d)"), GLYPH_WARN, ROLE_BAD},
    {VERDICT_UNKNOWN, N_("Not looked at (%d)"), GLYPH_WARN, ROLE_WARN},
    /* And these by their part. */
    {VERDICT_UPDATE, NULL, GLYPH_RUN, ROLE_WARN},
    {VERDICT_CREATE, NULL, GLYPH_CHECK, ROLE_TEXT},
    /* And this after all that changes. */
    {VERDICT_KEEP, N_("Stays as it is (%d)"), GLYPH_WAIT, ROLE_DIM},
};

/* "settings.dataDiskSizeGb" is "data disk size gb"; a service is called by its name. */
static char *field_words(const char *path)
{
	struct buf b = {0};
	const char *dot = strrchr(path, '.'), *service = strstr(path, ".googleapis.com");
	if (service)
		return xstrndup(path, (size_t)(service - path));
	for (const char *p = dot ? dot + 1 : path; *p; p++) {
		if (isupper((unsigned char)*p) && b.len && !isupper((unsigned char)p[-1]))
			buf_putc(&b, ' ');
		buf_putc(&b, (char)(*p == '_' ? ' ' : tolower((unsigned char)*p)));
	}
	return buf_take(&b);
}

static char *value_words(const cJSON *v)
{
	if (!v || cJSON_IsNull(v))
		return xstrdup(_("none"));
	if (cJSON_IsBool(v))
		return xstrdup(cJSON_IsTrue(v) ? _("yes") : _("no"));
	if (cJSON_IsString(v) && (!strcmp(v->valuestring, "ENABLED") || !strcmp(v->valuestring, "DISABLED")))
		return xstrdup(*v->valuestring == 'E' ? _("on") : _("off"));
	return cJSON_IsString(v) ? xstrdup(v->valuestring) : json_text(v, -1);
}

static const struct choice *choice_like(const struct question *q, const char *text)
{
	const struct choice *c = q->choices;
	while (c->id && strcasecmp(c->id, text) != 0)
		c++;
	return c->id ? c : NULL;
}

/* The question of which both sides are choices, and the answer is the wanted one: it has better words than Google's fields. NULL for none. */
static const struct question *question_of(const struct wizard *w, const cJSON *difference)
{
	const char *was = json_str(difference, "found", ""), *now = json_str(difference, "wanted", "");
	for (const struct question *q = questions; *was && *now && q->id; q++) {
		if (q->type == TYPE_CHOICE && answers_asked(w->answers, q) &&
		    !strcasecmp(answers_str(w->answers, q->id), now) && choice_like(q, was))
			return q;
	}
	return NULL;
}

char *difference_words(const char *title, const char *was, const char *now, const char *to)
{
	/* TRANSLATORS: a setting, its new value, its old value: "Size: 2 CPUs instead of 1 CPU" */
	return to ? xasprintf("%s: %s %s %s", title, was, to, now) : xasprintf(_("%s: %s instead of %s"), title, now, was);
}

char *resources_difference(const struct wizard *w, const cJSON *one, const char *to)
{
	const struct question *q = question_of(w, one);
	char *field = q ? xstrdup(_(q->title)) : field_words(json_str(one, "path", ""));
	char *was = q ? xstrdup(_(choice_like(q, json_str(one, "found", ""))->title)) : value_words(json_at(one, "found"));
	char *now = q ? xstrdup(_(choice_like(q, json_str(one, "wanted", ""))->title)) : value_words(json_at(one, "wanted"));
	char *text = difference_words(field, was, now, to);
	free(field);
	free(was);
	free(now);
	return text;
}

static void difference_line(const struct wizard *w, struct doc *d, const cJSON *one)
{
	char *text = resources_difference(w, one, glyph(GLYPH_TO));
	doc_add(d, ROLE_TEXT, 6, text);
	free(text);
}

static void difference_lines(const struct wizard *w, struct doc *d, const cJSON *resource)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(resource, "differences"))
		difference_line(w, d, one);
	if (*json_str(resource, "downtime", ""))
		doc_add(d, ROLE_WARN, 6, json_str(resource, "downtime", ""));
	if (*json_str(resource, "caution", ""))
		doc_add(d, ROLE_WARN, 6, json_str(resource, "caution", ""));
	if (*json_str(resource, "reason", ""))
		doc_add(d, ROLE_WARN, 6, json_str(resource, "reason", ""));
}

/* Where its verdict stands among those. */
static int verdict_of(const cJSON *r)
{
	int v = 0;
	while (verdicts[v].verdict != plan_json_verdict(r))
		v++;
	return v;
}

char *resources_words(const cJSON *r)
{
	const struct kind *k = kind_find(json_str(r, "kind", ""));
	double usd = json_num(r, "monthly_usd", -1);
	const char *title = k ? _(k->title) : json_str(r, "kind", ""), *name = json_str(r, "name", "");
	name = strcmp(name, k ? k->title : title) != 0 ? name : ""; /* "APIs" is the name of itself */
	return !json_bool(r, "billable", false) ? xasprintf("%s%s%s", title, *name ? " " : "", name)
	       : usd >= 0.5                     ? xasprintf(_("%s %s, $%.0f a month"), title, name, usd)
						: xasprintf(_("%s %s, billed by use"), title, name);
}

static void resource_lines(const struct wizard *w, struct doc *d, const cJSON *r)
{
	int v = verdict_of(r);
	char *text = resources_words(r);
	doc_mark(d, verdicts[v].role, verdicts[v].mark, 2, text);
	if (*json_str(r, "grants", ""))
		doc_add(d, ROLE_DIM, 6, json_str(r, "grants", ""));
	difference_lines(w, d, r);
	free(text);
}

/* What is of no part stands with the server. */
static int part_of(const cJSON *r)
{
	const struct kind *k = kind_find(json_str(r, "kind", ""));
	return k && k->part != PART_UNSAID ? (int)k->part : PART_SERVER;
}

/* The groups: one for each verdict that comes first, then one for each part, then what stays. */
enum { APART = 4, STAYS = APART + PARTS - PART_UNSAID - 1, GROUPS };

/* Which verdict a group is of; -1 for a part's. */
static int verdict_of_group(int group)
{
	return group < APART ? group : group == STAYS ? VERDICTS - 1 : -1;
}

static bool is_in(const cJSON *r, int group)
{
	int v = verdict_of(r), own = verdict_of_group(group);
	return own >= 0 ? v == own : !verdicts[v].heading && part_of(r) == group - APART + PART_UNSAID + 1;
}

static int members(const cJSON *resources, int group)
{
	const cJSON *r;
	int count = 0;
	cJSON_ArrayForEach(r, resources)
		count += is_in(r, group);
	return count;
}

static char *heading_of(int group, int count)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int own = verdict_of_group(group);
	return own >= 0 ? xasprintf(_(verdicts[own].heading), count)
			: xasprintf("%s (%d)", _(parts[group - APART + PART_UNSAID + 1].title), count);
#pragma GCC diagnostic pop
}

bool resources_group(const struct wizard *w, int n, struct resource_group *g)
{
	const cJSON *r, *resources = json_at(review_plan(w), "resources");
	int group = 0, count = 0;
	for (; group < GROUPS; group++) {
		count = members(resources, group);
		if (count && n-- == 0)
			break;
	}
	if (group == GROUPS)
		return false;
	*g = (struct resource_group){.heading = heading_of(group, count), .list = xcalloc((size_t)count, sizeof *g->list)};
	cJSON_ArrayForEach(r, resources) {
		if (is_in(r, group))
			g->list[g->count++] = r;
	}
	return true;
}

void resource_group_free(struct resource_group *g)
{
	free(g->heading);
	free(g->list);
	*g = (struct resource_group){0};
}

static void group_lines(const struct wizard *w, struct doc *d)
{
	struct resource_group g;
	for (int n = 0; resources_group(w, n, &g); n++) {
		doc_add(d, ROLE_TITLE, 0, g.heading);
		for (int i = 0; i < g.count; i++)
			resource_lines(w, d, g.list[i]);
		doc_add(d, ROLE_TEXT, 0, "");
		resource_group_free(&g);
	}
}

/* What each mark means, and how many there are of it. */
static void legend_line(const struct wizard *w, struct doc *d)
{
	const cJSON *r;
	struct buf b = {0};
	int counts[VERDICTS] = {0};
	cJSON_ArrayForEach(r, json_at(review_plan(w), "resources"))
		counts[verdict_of(r)]++;
	for (int v = 0; v < VERDICTS; v++)
		if (counts[v])
			buf_printf(&b, "%s%s %s: %d", b.len ? "   " : "", glyph(verdicts[v].mark),
				   plan_verdict_word(verdicts[v].verdict), counts[v]);
	if (b.len)
		doc_add(d, ROLE_DIM, 0, buf_text(&b));
	buf_free(&b);
}

static void errand_lines(struct doc *d, const cJSON *plan)
{
	const cJSON *errand;
	cJSON_ArrayForEach(errand, json_at(plan, "errands")) {
		if (json_bool(errand, "done", false))
			continue;
		doc_mark(d, ROLE_WARN, GLYPH_WARN, 0, json_str(errand, "title", ""));
		char *steps = xstrdup(json_str(errand, "steps", "")), *paste = xstrdup(json_str(errand, "paste", "")), *rest;
		for (char *one = strtok_r(steps, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
			doc_add(d, ROLE_TEXT, 2, one);
		for (char *one = strtok_r(paste, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
			doc_whole(d, one);
		doc_add(d, ROLE_TEXT, 0, "");
		free(steps);
		free(paste);
	}
}

static void resources_draw(struct wizard *w)
{
	struct doc d = {0};
	struct rect r = {3, 2, screen_lines() - 5, screen_columns() - 4};
	fill((struct rect){2, 0, screen_lines() - 4, screen_columns()}, ROLE_TEXT);
	put(2, 2, r.w, ROLE_TITLE, _("What the plan does"));
	legend_line(w, &d);
	errand_lines(&d, review_plan(w));
	group_lines(w, &d);
	if (review_err(w)->exit && review_err(w)->what) {
		char *why = with_titles(review_err(w)->what);
		doc_add(&d, ROLE_BAD, 0, why);
		free(why);
	} else if (!d.count)
		doc_add(&d, ROLE_BUSY, 0, _("One moment: the plan is not ready."));
	w->over_top = doc_draw(&d, r, w->over_top);
	doc_free(&d);
}

static bool resources_key(struct wizard *w, const struct key *k, enum action *action)
{
	int page = screen_lines() - 6;
	(void)action;
	if (key_is(k, 27) || key_is(k, L'd') || key_is(k, L'q') || key_is(k, L'\r'))
		return false;
	if (k->kind != KEY_FUNCTION)
		return true;
	w->over_top += k->code == KEY_UP      ? -1
		       : k->code == KEY_DOWN  ? 1
		       : k->code == KEY_PPAGE ? -page
		       : k->code == KEY_NPAGE ? page
					      : 0;
	w->over_top = k->code == KEY_HOME || w->over_top < 0 ? 0 : k->code == KEY_END ? 100000 : w->over_top;
	return true;
}

static void resources_hints(struct wizard *w, struct hints *h)
{
	(void)w;
	hint(h, _("Up/Down"), _("move"));
	hint(h, _("Esc"), _("back"));
}

const struct overlay overlay_resources = {.draw = resources_draw, .key = resources_key, .hints = resources_hints};
