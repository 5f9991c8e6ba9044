/* What a month costs: an estimate for the review page, not an offer. The kinds hold the prices; other regions than us-central1 cost up to two
 * fifths more. */
#include "config.h"
#include "plan/plan.h"

double plan_cost(const struct resource *r)
{
	if (!r->kind->billable)
		return 0;
	return r->kind->monthly ? r->kind->monthly(r->spec) : -1;
}
