/* The operator's own labels, on every resource whose kind says that it carries them. */
#ifndef MS_PLAN_LABELS_H
#define MS_PLAN_LABELS_H

#include "plan/answers.h"
#include "plan/plan.h"

extern const struct question labels_questions[];

/* Tells the resources of a plan, by their specs, which labels they have and which of earlier runs they have not any more (struct kind's labelled). */
void labels_put(const struct answers *a, struct plan *p);
/* What these answers make impossible. */
void labels_check(const struct answers *a, problem_fn *found, void *arg);

#endif
