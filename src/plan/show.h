/* The plan as a table and as JSON: for the plan verb and the review page. Pure. */
#ifndef MS_PLAN_SHOW_H
#define MS_PLAN_SHOW_H

#include "base/buf.h"
#include "plan/plan.h"

enum { VERDICTS = VERDICT_UNKNOWN + 1 };

/* changes has plan->count pointers in the order of the resources; a NULL one (nothing observed so far) is shown as create.
 * {"project","stack","url","counts":{...},"monthly_usd","resources":[{"id","kind","name","verdict","billable","monthly_usd","differences":[...],"reason","optional"}],"apis_off":true when some are
 * to create only because their API is off,
 * "errands":[{"title","steps","paste","done"}],"newer":{QUESTION:VERSION}}; the caller deletes it. */
cJSON *plan_json(const struct plan *p, const struct change *const *changes);
/* Appends the table, wrapped to width cells, at least 60; a width of 0 is 80 or what it takes that no name is cut. */
void plan_table(const struct plan *p, const struct change *const *changes, int width, struct buf *out);
/* Of that JSON: the verdict about one of its resources, and how many resources have this one. */
enum verdict plan_json_verdict(const cJSON *resource);
int plan_json_count(const cJSON *plan, enum verdict verdict);
/* The word for it in the operator's language. */
const char *plan_verdict_word(enum verdict verdict);

#endif
