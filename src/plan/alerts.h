/* Who is told when the server's address is not answered as its gate should. */
#ifndef MS_PLAN_ALERTS_H
#define MS_PLAN_ALERTS_H

#include "plan/design.h"

extern const struct question alerts_questions[];

/* "uptime/HOST", "alert/ADDRESS", "alert": an uptime check of the plan's host, a mail channel for each address, the policy that joins them. The plan's wall is
 * set. Nothing where no address is given. */
void alerts_plan(struct design *d);
/* What these answers make impossible with others. */
void alerts_check(const struct answers *a, problem_fn *found, void *arg);

#endif
