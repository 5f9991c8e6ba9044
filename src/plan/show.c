/* The plan as JSON and as a table. */
#include "config.h"
#include "plan/show.h"

#include "base/decimal.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"
#include "plan/permissions.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* TRANSLATORS: what is done with a resource, before its name in a table; at most 8 cells each. */
static const char *const verdict_words[VERDICTS] = {
    [VERDICT_KEEP] = N_("keep"),       [VERDICT_CREATE] = N_("create"), [VERDICT_UPDATE] = N_("update"),
    [VERDICT_REPLACE] = N_("replace"), [VERDICT_DELETE] = N_("delete"), [VERDICT_REFUSE] = N_("refuse"),
    [VERDICT_UNKNOWN] = N_("unknown"),
};

const char *plan_verdict_word(enum verdict verdict)
{
	return _(verdict_words[verdict]);
}

enum verdict plan_json_verdict(const cJSON *resource)
{
	enum verdict v = VERDICT_UNKNOWN;
	while (v > 0 && strcmp(verdict_words[v], json_str(resource, "verdict", "")) != 0)
		v--;
	return v;
}

int plan_json_count(const cJSON *plan, enum verdict verdict)
{
	return (int)json_num(json_at(plan, "counts"), verdict_words[verdict], 0);
}

static enum verdict verdict_of(const struct change *const *changes, size_t i)
{
	return changes && changes[i] ? changes[i]->verdict : VERDICT_CREATE;
}

/* What earlier answers wanted and what is not there any more is no part of the plan. */
static bool hidden(const struct plan *p, const struct change *const *changes, size_t i)
{
	return p->resources[i].unwanted && verdict_of(changes, i) == VERDICT_KEEP;
}

/* Is any to create only because what stands behind its API cannot be seen? */
static bool any_hidden_api(const struct plan *p, const struct change *const *changes)
{
	for (size_t i = 0; changes && i < p->count; i++)
		if (changes[i] && changes[i]->hidden)
			return true;
	return false;
}

/* What is kept or will be there is paid for; what goes is not. */
static double total_cost(const struct plan *p, const struct change *const *changes)
{
	double sum = 0;
	for (size_t i = 0; i < p->count; i++) {
		double usd = plan_cost(p, &p->resources[i]);
		if (usd > 0 && verdict_of(changes, i) != VERDICT_DELETE && !hidden(p, changes, i))
			sum += usd;
	}
	return sum;
}

/* To the cent, so that the text does not show how doubles are added. */
static cJSON *dollars(double usd)
{
	return usd < 0 ? cJSON_CreateNull() : cJSON_CreateNumber((double)(long long)(usd * 100 + 0.5) / 100);
}

static cJSON *text_or_null(const char *text)
{
	return text ? cJSON_CreateString(text) : cJSON_CreateNull();
}

static cJSON *differences_json(const struct change *c)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; c && i < c->count; i++) {
		const struct difference *d = &c->differences[i];
		cJSON *found = d->found ? cJSON_Parse(d->found) : NULL, *wanted = d->wanted ? cJSON_Parse(d->wanted) : NULL;
		cJSON_AddItemToArray(list, json_make("{'path':%s,'found':%j,'wanted':%j}", d->path, found, wanted));
	}
	return list;
}

static cJSON *needs_json(const struct resource *r)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < r->need_count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(r->needs[i]));
	return list;
}

/* Of a grant: the role, and who gets it. */
static cJSON *grants_json(const struct resource *r)
{
	const cJSON *b = json_at(r->spec, "bindings.0");
	if (!b)
		return cJSON_CreateNull();
	char *text = xasprintf(_("%s for %s"), json_str(b, "role", ""), json_str(b, "members.0", ""));
	cJSON *j = cJSON_CreateString(text);
	free(text);
	return j;
}

/* What people notice of the change, or NULL. */
static const char *downtime_of(const struct resource *r, const struct change *c, enum verdict verdict)
{
	bool changes = c && (verdict == VERDICT_UPDATE || verdict == VERDICT_REPLACE);
	return changes && r->kind->downtime ? r->kind->downtime(r->spec, c) : NULL;
}

/* What has to be known before it is made, or of what was found; or NULL. */
static const char *caution_of(const struct resource *r, const struct change *c, enum verdict verdict)
{
	bool made = verdict == VERDICT_CREATE || verdict == VERDICT_UPDATE || verdict == VERDICT_REPLACE;
	const char *words = made && r->kind->caution ? r->kind->caution(r->spec) : NULL;
	return c && c->caution ? c->caution : words ? _(words) : NULL;
}

static cJSON *resource_json(const struct plan *p, const struct resource *r, const struct change *c, enum verdict verdict)
{
	const char *down = downtime_of(r, c, verdict), *caution = caution_of(r, c, verdict);
	return json_make("{'id':%s,'kind':%s,'name':%s,'verdict':%s,'billable':%b,'keeps_data':%b,'optional':%b,'monthly_usd':%"
			 "j,'needs':%j,'"
			 "grants':%j,'differences':%j,"
			 "'reason':%j,'downtime':%j,'caution':%j}",
			 r->id, r->kind->id, r->name, verdict_words[verdict], r->kind->billable, plan_keeps_data(r),
			 r->optional, dollars(plan_cost(p, r)), needs_json(r), grants_json(r), differences_json(c),
			 text_or_null(c ? c->reason : NULL), text_or_null(down ? _(down) : NULL), text_or_null(caution));
}

/* What is not known yet is said in words. */
static char *paste_of(const struct resource *r)
{
	cJSON *spec = plan_assume(r->spec, _("(known once it is built)"));
	char *paste = xstrdup(json_str(spec, "paste", ""));
	cJSON_Delete(spec);
	return paste;
}

/* Seen so by who looked; else it is what the answers hold its result of. */
static bool errand_done(const struct plan *p, const struct change *const *changes, const struct resource *r)
{
	size_t i = (size_t)(r - p->resources);
	return changes && changes[i] ? changes[i]->verdict == VERDICT_KEEP : json_bool(r->spec, "answered", false);
}

static cJSON *errands_json(const struct plan *p, const struct change *const *changes)
{
	cJSON *list = cJSON_CreateArray();
	size_t at = 0;
	for (const struct resource *r; (r = plan_next_errand(p, &at));) {
		char *paste = paste_of(r);
		cJSON_AddItemToArray(list,
				     json_make("{'title':%s,'steps':%s,'paste':%s,'done':%b}", json_str(r->spec, "title", ""),
					       json_str(r->spec, "steps", ""), paste, errand_done(p, changes, r)));
		free(paste);
	}
	return list;
}

/* Which prices are not those of "prices", if any. */
static void put_catalog(const struct plan *p, cJSON *plan)
{
	bool other;
	cJSON *days = plan_catalog(p, &other);
	if (days->child)
		json_put(plan, "catalog", days);
	else
		cJSON_Delete(days);
}

cJSON *plan_json(const struct plan *p, const struct change *const *changes)
{
	int counts[VERDICTS] = {0};
	cJSON *resources = cJSON_CreateArray(), *counted = cJSON_CreateObject();
	for (size_t i = 0; i < p->count; i++) {
		enum verdict v = verdict_of(changes, i);
		if (hidden(p, changes, i))
			continue;
		counts[v]++;
		cJSON_AddItemToArray(resources, resource_json(p, &p->resources[i], changes ? changes[i] : NULL, v));
	}
	for (int v = 0; v < VERDICTS; v++)
		json_put_num(counted, verdict_words[v], counts[v]);
	cJSON *plan = json_make(
	    "{'project':%s,'stack':%s,'region':%s,'url':%s,'counts':%j,'expected_seconds':%d,'monthly_usd':%j,'prices':%s,"
	    "'permissions':%j,'resources':%j,'errands':%j,'newer':%j,'apis_off':%b}",
	    p->project, p->stack, p->region, p->url, counted, (int)plan_expected(p, changes), dollars(total_cost(p, changes)),
	    kind_prices_date, plan_permissions_json(p), resources, errands_json(p, changes),
	    p->newer ? cJSON_Duplicate(p->newer, true) : cJSON_CreateObject(), any_hidden_api(p, changes));
	put_catalog(p, plan);
	return plan;
}

/* Table -------------------------------------------------------------------------------------------------------------------- */

static const char marks[VERDICTS] = {
    [VERDICT_KEEP] = '=',   [VERDICT_CREATE] = '+', [VERDICT_UPDATE] = '~', [VERDICT_REPLACE] = '!',
    [VERDICT_DELETE] = '-', [VERDICT_REFUSE] = 'x', [VERDICT_UNKNOWN] = '?'};

/* The cells that a character of text takes; *bytes gets its length. What is no character of the locale counts as one. */
static int cells_at(const char *text, size_t *bytes)
{
	wchar_t wide;
	mbstate_t state = {0};
	size_t n = mbrtowc(&wide, text, strlen(text), &state);
	bool valid = n > 0 && n < (size_t)-2;
	int width = valid ? wcwidth(wide) : 1;
	*bytes = valid ? n : 1;
	return width < 0 ? 1 : width;
}

static int cells(const char *text, size_t len)
{
	int sum = 0;
	for (size_t at = 0, n; at < len; at += n)
		sum += cells_at(text + at, &n);
	return sum;
}

/* Text in exactly width cells, cut with "...". */
static void put_cell(struct buf *out, const char *text, int width)
{
	int used = cells(text, strlen(text)), room = used <= width ? width : width - 3;
	for (size_t n; *text; text += n) {
		int more = cells_at(text, &n);
		if (more > room)
			break;
		buf_add(out, text, n);
		room -= more;
	}
	if (used > width)
		buf_puts(out, "...");
	for (; used <= width && room > 0; room--)
		buf_putc(out, ' ');
}

/* Text broken between words, each line indented. */
static void put_wrapped(struct buf *out, const char *text, int indent, int width)
{
	int column = 0;
	while (*text) {
		size_t len = strcspn(text, " \n");
		int wide = cells(text, len);
		if (column && column + 1 + wide > width) {
			buf_putc(out, '\n');
			column = 0;
		}
		if (column)
			buf_putc(out, ' ');
		else
			buf_printf(out, "%*s", indent, "");
		column = (column ? column + 1 : indent) + wide;
		buf_add(out, text, len);
		text += len;
		if (*text == '\n') {
			buf_putc(out, '\n');
			column = 0;
		}
		text += *text != '\0';
	}
	buf_putc(out, '\n');
}

static void trim_right(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_putc(out, '\n');
}

enum { WIDTH_LEAST = 60, WIDTH_USUAL = 80, TITLE_WIDTH = 24, AROUND_NAME = TITLE_WIDTH + 22, SIDE_MOST = 160 };

/* One side of a difference; of a long one (a certificate, a file) as much as tells which it is. */
static void put_side(struct buf *out, const char *text)
{
	int used = text ? cells(text, strlen(text)) : 0;
	if (used > SIDE_MOST)
		put_cell(out, text, SIDE_MOST);
	else
		buf_puts(out, text ? text : "-");
}

static void put_reason(const struct change *c, enum verdict verdict, int width, struct buf *out)
{
	if (!c || !c->reason)
		return;
	char *text = verdict == VERDICT_UNKNOWN ? xasprintf(_("not looked at: %s"), c->reason) : xstrdup(c->reason);
	put_wrapped(out, text, 4, width);
	free(text);
}

static void put_row(const struct plan *p, const struct resource *r, const struct change *c, enum verdict verdict, int width,
		    struct buf *out)
{
	char cost[24] = "", amount[DECIMAL_SIZE];
	double usd = plan_cost(p, r);
	if (usd > 0)
		snprintf(cost, sizeof cost, _("$%s"), decimal_fixed(usd, 2, amount));
	else if (usd < 0)
		snprintf(cost, sizeof cost, "%s", _("by use"));
	buf_printf(out, "%c ", marks[verdict]);
	put_cell(out, _(verdict_words[verdict]), 8);
	buf_putc(out, ' ');
	put_cell(out, _(r->kind->title), TITLE_WIDTH);
	buf_putc(out, ' ');
	put_cell(out, r->name, width - AROUND_NAME);
	buf_printf(out, " %9s", cost);
	trim_right(out);
	for (size_t i = 0; c && i < c->count; i++) {
		buf_printf(out, "    %s: ", c->differences[i].path);
		put_side(out, c->differences[i].found);
		buf_puts(out, " -> ");
		put_side(out, c->differences[i].wanted);
		buf_putc(out, '\n');
	}
	put_reason(c, verdict, width, out);
	if (downtime_of(r, c, verdict))
		put_wrapped(out, _(downtime_of(r, c, verdict)), 4, width);
	if (caution_of(r, c, verdict))
		put_wrapped(out, caution_of(r, c, verdict), 4, width);
}

/* What is done is only named, with what was to paste: it may have to be looked up again. */
static void put_errands(const struct plan *p, const struct change *const *changes, int width, struct buf *out)
{
	size_t at = 0;
	for (const struct resource *r; (r = plan_next_errand(p, &at));) {
		bool done = errand_done(p, changes, r);
		char *paste = paste_of(r);
		buf_printf(out, "\n%s: %s%s\n", _("By hand"), json_str(r->spec, "title", ""),
			   done ? _(" (done, as far as can be seen)") : "");
		if (!done)
			put_wrapped(out, json_str(r->spec, "steps", ""), 2, width);
		if (*paste)
			buf_printf(out, "    %s\n", paste);
		free(paste);
	}
}

/* What passes the server has its requests' limit. */
static void put_limit(const struct plan *p, int wide, struct buf *out)
{
	int most = p->axes.target->request_mib;
	if (!p->artifacts_served || !most)
		return;
	char *text = xasprintf(_("Files of runs may have %d MiB at most: they pass %s, which hands on no larger requests."),
			       most, _(p->axes.target->choice.title));
	put_wrapped(out, text, 0, wide);
	free(text);
}

/* What a newer release is asked for by; what it costs is told in the plan that does so. */
static void put_newer(const struct plan *p, int wide, struct buf *out)
{
	const cJSON *version;
	cJSON_ArrayForEach(version, p->newer) {
		char *text = xasprintf(_("%s %s is known: --set %s=%s asks for it."), _(question_find(version->string)->title),
				       version->valuestring, version->string, version->valuestring);
		put_wrapped(out, text, 0, wide);
		free(text);
	}
}

/* The usual width, or that at which no name is cut. */
static int width_of_names(const struct plan *p, const struct change *const *changes)
{
	int widest = WIDTH_USUAL - AROUND_NAME;
	for (size_t i = 0; i < p->count; i++) {
		const char *name = p->resources[i].name;
		int used = name && !hidden(p, changes, i) ? cells(name, strlen(name)) : 0;
		if (used > widest)
			widest = used;
	}
	return widest + AROUND_NAME;
}

/* What cannot be told is no part of the counts before it. */
static void put_unseen(const struct plan *p, const struct change *const *changes, int unknown, int wide, struct buf *out)
{
	char *text = xasprintf(_("Not looked at, so that nothing is known of it: %d."), unknown);
	if (unknown)
		put_wrapped(out, text, 0, wide);
	if (any_hidden_api(p, changes))
		put_wrapped(
		    out, _("APIs are off in the project: what stands behind them cannot be seen, and is listed as to create."),
		    0, wide);
	free(text);
}

void plan_table(const struct plan *p, const struct change *const *changes, int width, struct buf *out)
{
	int counts[VERDICTS] = {0}, asked = width ? width : width_of_names(p, changes);
	int wide = asked > WIDTH_LEAST ? asked : WIDTH_LEAST;
	for (size_t i = 0; i < p->count; i++) {
		enum verdict v = verdict_of(changes, i);
		if (hidden(p, changes, i))
			continue;
		counts[v]++;
		put_row(p, &p->resources[i], changes ? changes[i] : NULL, v, wide, out);
	}
	char *counted = xasprintf(_("%d to create, %d to update, %d to replace, %d to delete, %d unchanged, %d refused."),
				  counts[VERDICT_CREATE], counts[VERDICT_UPDATE], counts[VERDICT_REPLACE],
				  counts[VERDICT_DELETE], counts[VERDICT_KEEP], counts[VERDICT_REFUSE]);
	char *date = plan_prices_date(p);
	char amount[DECIMAL_SIZE];
	char *cost = xasprintf(_("About $%s a month and what is used: an estimate by list prices of %s in %s."),
			       decimal_fixed(total_cost(p, changes), 2, amount), date, p->region);
	buf_putc(out, '\n');
	put_wrapped(out, counted, 0, wide);
	put_unseen(p, changes, counts[VERDICT_UNKNOWN], wide, out);
	put_wrapped(out, cost, 0, wide);
	buf_printf(out, _("Address: %s"), p->url);
	buf_putc(out, '\n');
	put_limit(p, wide, out);
	put_newer(p, wide, out);
	put_errands(p, changes, wide, out);
	free(date);
	free(cost);
	free(counted);
}
