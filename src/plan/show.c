/* The plan as JSON and as a table. */
#include "config.h"
#include "plan/show.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/cost.h"

#include <stdlib.h>
#include <string.h>

enum verdict_count { VERDICTS = VERDICT_REFUSE + 1 };

static const char *const verdict_words[VERDICTS] = {
	[VERDICT_KEEP] = "keep",       [VERDICT_CREATE] = "create", [VERDICT_UPDATE] = "update",
	[VERDICT_REPLACE] = "replace", [VERDICT_DELETE] = "delete", [VERDICT_REFUSE] = "refuse",
};

static enum verdict verdict_of(const struct change *const *changes, size_t i)
{
	return changes && changes[i] ? changes[i]->verdict : VERDICT_CREATE;
}

/* What is kept or will be there is paid for; what goes is not. */
static double total_cost(const struct plan *p, const struct change *const *changes)
{
	double sum = 0;
	for (size_t i = 0; i < p->count; i++) {
		double usd = plan_cost(&p->resources[i]);
		if (usd > 0 && verdict_of(changes, i) != VERDICT_DELETE)
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

static cJSON *resource_json(const struct resource *r, const struct change *c, enum verdict verdict)
{
	return json_make("{'id':%s,'kind':%s,'name':%s,'verdict':%s,'billable':%b,'keeps_data':%b,'monthly_usd':%j,'needs':%j,'differences':%j,"
			 "'reason':%j}",
			 r->id, r->kind->id, r->name, verdict_words[verdict], r->kind->billable, r->kind->keeps_data, dollars(plan_cost(r)),
			 needs_json(r), differences_json(c), text_or_null(c ? c->reason : NULL));
}

static cJSON *errand_json(const struct errand *e)
{
	return json_make("{'title':%s,'steps':%s,'paste':%j,'done':%b}", e->title, e->steps, text_or_null(e->paste), e->done);
}

cJSON *plan_json(const struct plan *p, const struct change *const *changes)
{
	int counts[VERDICTS] = {0};
	cJSON *resources = cJSON_CreateArray(), *errands = cJSON_CreateArray(), *counted = cJSON_CreateObject();
	for (size_t i = 0; i < p->count; i++) {
		enum verdict v = verdict_of(changes, i);
		counts[v]++;
		cJSON_AddItemToArray(resources, resource_json(&p->resources[i], changes ? changes[i] : NULL, v));
	}
	for (int v = 0; v < VERDICTS; v++)
		json_put_num(counted, verdict_words[v], counts[v]);
	for (size_t i = 0; i < p->errand_count; i++)
		cJSON_AddItemToArray(errands, errand_json(&p->errands[i]));
	double *tails = plan_tails(p), expected = 0;
	for (size_t i = 0; i < p->count; i++)
		expected = tails[i] > expected ? tails[i] : expected;
	free(tails);
	return json_make("{'project':%s,'stack':%s,'region':%s,'url':%s,'counts':%j,'expected_seconds':%d,'monthly_usd':%j,'prices':%s,"
			 "'resources':%j,'errands':%j}",
			 p->project, p->stack, p->region, p->url, counted, (int)expected, dollars(total_cost(p, changes)), cost_date, resources,
			 errands);
}

/* Table -------------------------------------------------------------------------------------------------------------------- */

static const char marks[VERDICTS] = {[VERDICT_KEEP] = '=',    [VERDICT_CREATE] = '+', [VERDICT_UPDATE] = '~',
				     [VERDICT_REPLACE] = '!', [VERDICT_DELETE] = '-', [VERDICT_REFUSE] = 'x'};

/* Text in at most width cells (these names are ASCII), cut with "...". */
static void put_cell(struct buf *out, const char *text, int width)
{
	int len = (int)strlen(text);
	if (len <= width)
		buf_printf(out, "%-*s", width, text);
	else
		buf_printf(out, "%.*s...", width - 3, text);
}

static void put_row(const struct resource *r, const struct change *c, enum verdict verdict, int width, struct buf *out)
{
	char cost[24] = "";
	double usd = plan_cost(r);
	if (usd > 0)
		snprintf(cost, sizeof cost, "$%.2f", usd);
	else if (usd < 0)
		snprintf(cost, sizeof cost, "%s", _("by use"));
	int wide = width > 60 ? width : 60, title = (wide - 24) * 2 / 5, name = wide - 24 - title;
	buf_printf(out, "%c %-8s ", marks[verdict], verdict_words[verdict]);
	put_cell(out, _(r->kind->title), title);
	buf_putc(out, ' ');
	put_cell(out, r->name, name);
	buf_printf(out, " %8s\n", cost);
	for (size_t i = 0; c && i < c->count; i++)
		buf_printf(out, "    %s: %s -> %s\n", c->differences[i].path, c->differences[i].found ? c->differences[i].found : "-",
			   c->differences[i].wanted ? c->differences[i].wanted : "-");
	if (c && c->reason)
		buf_printf(out, "    %s\n", c->reason);
}

static void put_errands(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->errand_count; i++) {
		const struct errand *e = &p->errands[i];
		buf_printf(out, "\n%s: %s%s\n", _("By hand"), e->title, e->done ? _(" (its result is in the answers)") : "");
		for (const char *line = e->steps; *line;) {
			size_t len = strcspn(line, "\n");
			buf_printf(out, "  %.*s\n", (int)len, line);
			line += len + (line[len] == '\n');
		}
		if (e->paste)
			buf_printf(out, "    %s\n", e->paste);
	}
}

void plan_table(const struct plan *p, const struct change *const *changes, int width, struct buf *out)
{
	int counts[VERDICTS] = {0};
	for (size_t i = 0; i < p->count; i++) {
		enum verdict v = verdict_of(changes, i);
		counts[v]++;
		put_row(&p->resources[i], changes ? changes[i] : NULL, v, width, out);
	}
	buf_printf(out, "\n");
	buf_printf(out, _("%d to create, %d to update, %d to replace, %d to delete, %d unchanged, %d refused."), counts[VERDICT_CREATE],
		   counts[VERDICT_UPDATE], counts[VERDICT_REPLACE], counts[VERDICT_DELETE], counts[VERDICT_KEEP], counts[VERDICT_REFUSE]);
	buf_printf(out, "\n");
	buf_printf(out, _("About $%.2f a month and what is used (list prices of %s). Address: %s"), total_cost(p, changes), cost_date, p->url);
	buf_printf(out, "\n");
	put_errands(p, out);
}
