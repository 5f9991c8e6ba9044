/* The plan as a table and as JSON: for the plan verb and the review page. Pure. */
#ifndef MS_PLAN_SHOW_H
#define MS_PLAN_SHOW_H

#include "base/buf.h"
#include "plan/plan.h"

/* changes has plan->count pointers in the order of the resources; a NULL one (nothing observed so far) is shown as create.
 * {"project","stack","url","counts":{...},"monthly_usd","resources":[{"id","kind","name","verdict","billable","monthly_usd","differences":[...],"reason","optional"}],
 * "errands":[{"title","steps","paste","done"}],"newer":{QUESTION:VERSION}}; the caller deletes it. */
cJSON *plan_json(const struct plan *p, const struct change *const *changes);
/* Appends the table, wrapped to width cells. */
void plan_table(const struct plan *p, const struct change *const *changes, int width, struct buf *out);
/* The word for a "verdict" of the JSON in the operator's language; what is none is given back. */
const char *plan_verdict_word(const char *verdict);

#endif
