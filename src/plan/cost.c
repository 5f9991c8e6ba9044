/* What a month costs: an estimate for the review page, not an offer. The kinds hold the prices. */
#include "config.h"
#include "plan/plan.h"

double plan_cost(const struct plan *p, const struct resource *r)
{
	if (!r->kind->billable)
		return 0;
	return r->kind->monthly ? r->kind->monthly(r->spec, p->region ? p->region : "") : -1;
}
