/* Plans made from the answers alone. */
#include "config.h"
#include "ui/draft.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/catalog.h"
#include "ui/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct draft *d)
{
	plan_free(d->plan);
	for (size_t i = 0; i < d->count; i++)
		free(d->prices[i].key);
	free(d->of);
	d->plan = NULL;
	d->of = NULL;
	d->count = 0;
	d->monthly = 0;
}

void draft_free(struct draft *d)
{
	forget(d);
	free(d->prices);
	*d = (struct draft){0};
}

/* Does an answer of this section decide about it? */
static bool is_of(const struct resource *r, const char *section)
{
	const struct question *q = r->decided_by ? question_find(r->decided_by) : NULL;
	return q && !strcmp(q->page, section);
}

static double month_of(const struct plan *p, const char *section)
{
	double sum = 0;
	for (size_t i = 0; p && i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		double usd = r->unwanted || (section && !is_of(r, section)) ? 0 : plan_cost(p, r);
		sum += usd > 0 ? usd : 0;
	}
	return sum;
}

void draft_settle(struct wizard *w)
{
	struct buf now = {0};
	struct draft *d = &w->draft;
	answers_print(w->answers, &now);
	const cJSON *organization = answers_organization(w->answers);
	buf_printf(&now, "%s %d %s %u", json_str(w->surveys[SURVEY_PROJECT].result, "number", ""),
		   organization ? organization->type : 0, cJSON_IsString(organization) ? organization->valuestring : "",
		   catalog_turn());
	if (d->of && !strcmp(d->of, buf_text(&now))) {
		buf_free(&now);
		return;
	}
	forget(d);
	d->of = buf_take(&now);
	d->plan = plan_draft(w->answers, json_str(w->surveys[SURVEY_PROJECT].result, "number", NULL));
	for (size_t i = 0; d->plan && i < d->plan->count; i++)
		put_titles(d->plan->resources[i].spec);
	d->monthly = month_of(d->plan, NULL);
	problems_find(w);
}

double draft_month(const struct wizard *w)
{
	return w->draft.monthly;
}

double draft_section_month(const struct wizard *w, const char *section)
{
	return month_of(w->draft.plan, section);
}

static const struct draft_price *price_of(const struct draft *d, const struct question *q, const char *choice)
{
	size_t id = strlen(q->id);
	for (size_t i = 0; i < d->count; i++) {
		const char *key = d->prices[i].key;
		if (!strncmp(key, q->id, id) && key[id] == '=' && !strcmp(key + id + 1, choice))
			return &d->prices[i];
	}
	return NULL;
}

/* What a choice asks for besides is not there yet when its price is told. */
static void put_samples(struct answers *a)
{
	struct err ignored = {0};
	for (const struct question *q = questions; q->id; q++) {
		const char *sample = q->sample ? q->sample : q->rehearsal;
		if (sample && answers_asked(a, q) && question_lacks(q, a))
			answers_set_text(a, q->id, sample, &ignored);
	}
	err_free(&ignored);
}

static void find_price(struct wizard *w, const struct question *q, const char *choice)
{
	struct draft *d = &w->draft;
	struct err e = {0};
	struct answers *a = answers_copy(w->answers);
	bool fits = answers_set_text(a, q->id, choice, &e);
	put_samples(a);
	struct plan *p = fits ? plan_draft(a, json_str(w->surveys[SURVEY_PROJECT].result, "number", NULL)) : NULL;
	d->prices = xgrow(d->prices, d->count, &d->room, sizeof *d->prices);
	d->prices[d->count++] = (struct draft_price){xasprintf("%s=%s", q->id, choice), p ? month_of(p, NULL) : -1};
	plan_free(p);
	answers_free(a);
	err_free(&e);
}

void draft_price_choices(struct wizard *w, const struct question *q)
{
	draft_settle(w);
	for (const struct choice *c = q->type == TYPE_CHOICE ? q->choices : NULL; c && c->id; c++) {
		if (!price_of(&w->draft, q, c->id))
			find_price(w, q, c->id);
	}
}

double draft_choice_month(const struct wizard *w, const struct question *q, const char *choice)
{
	const struct draft_price *p = price_of(&w->draft, q, choice);
	return p ? p->usd : -1;
}

bool draft_prices_differ(const struct wizard *w, const struct question *q)
{
	const struct choice *c;
	double first = -1;
	for (int i = 0; (c = question_choice(q, w->answers, i)); i++) {
		double usd = question_refuses(q, w->answers, c->id) ? -1 : draft_choice_month(w, q, c->id);
		if (usd >= 0 && first >= 0 && fabs(usd - first) > 0.5)
			return true;
		first = usd >= 0 ? usd : first;
	}
	return false;
}

const struct resource *draft_errand(const struct wizard *w)
{
	const struct plan *p = w->draft.plan;
	size_t at = 0;
	for (const struct resource *r; p && (r = plan_next_errand(p, &at));) {
		if (*json_str(r->spec, "paste", ""))
			return r;
	}
	return NULL;
}

const char *draft_errand_text(const struct resource *errand, const char *what)
{
	return json_str(errand->spec, what, "");
}

bool draft_errand_open(const struct resource *errand)
{
	return errand && !json_bool(errand->spec, "answered", false);
}
