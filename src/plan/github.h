/* GitHub Actions that plan and apply a stack without a key: workload identity federation. */
#ifndef MS_PLAN_GITHUB_H
#define MS_PLAN_GITHUB_H

#include "plan/answers.h"
#include "plan/design.h"

extern const struct question github_questions[];

/* The account that a workflow applies as, as a member of policies, to be freed; NULL where none is wanted. */
char *github_deployer(const struct answers *a);
/* Is this one of the accounts that workflows plan and apply as? They do what others operate. */
bool github_is_workflow(const struct answers *a, const char *email);
/* Plans the pool, its provider, two accounts and what they may do, and the workflow's file; nothing where none is wanted. It is asked last: what the deployer
 * may do follows from all else that is planned. */
void github_plan(struct design *d);

#endif
