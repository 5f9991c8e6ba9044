/* What a month costs: an estimate for the review page, not an offer. The kinds hold the prices. */
#include "config.h"
#include "plan/plan.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *region_of(const struct plan *p)
{
	return p->region ? p->region : "";
}

double plan_cost(const struct plan *p, const struct resource *r)
{
	if (!r->kind->billable)
		return 0;
	return r->kind->monthly ? r->kind->monthly(r->spec, region_of(p)) : -1;
}

cJSON *plan_catalog(const struct plan *p, bool *other)
{
	cJSON *days = cJSON_CreateObject();
	*other = false;
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = &p->resources[i];
		if (r->unwanted || plan_cost(p, r) <= 0)
			continue;
		enum price_group g = r->kind->prices ? r->kind->prices(r->spec) : PRICES_OF_TABLE;
		const char *day = price_day(g, region_of(p));
		if (day)
			json_put_key(days, price_service_name(price_group_service(g)), cJSON_CreateString(day));
		else
			*other = true;
	}
	return days;
}

char *plan_prices_date(const struct plan *p)
{
	bool other = true;
	cJSON *days = p ? plan_catalog(p, &other) : NULL;
	const cJSON *one;
	const char *first = NULL;
	struct buf names = {0};
	cJSON_ArrayForEach(one, days) {
		buf_printf(&names, "%s%s", names.len ? ", " : "", one->string);
		if (!first || strcmp(one->valuestring, first) < 0)
			first = one->valuestring;
	}
	/* Dates and names, which are the same in every language. */
	char *text = !first  ? xstrdup(kind_prices_date)
		     : other ? xasprintf("%s (Cloud Billing: %s), %s", first, buf_text(&names), kind_prices_date)
			     : xasprintf("%s (Cloud Billing)", first);
	buf_free(&names);
	cJSON_Delete(days);
	return text;
}
