/* What makes an answer, or several together, impossible: the rules that the question table's rows point to. */
#ifndef MS_PLAN_CHECKS_H
#define MS_PLAN_CHECKS_H

#include "plan/answers.h"

/* What a reference to a secret looks like, for a question's pattern and form. */
extern const char reference_pattern[], reference_form[];

/* For struct question's check: see there. */
const char *check_reference(const struct answers *a, const char *value);
const char *check_mlflow_version(const struct answers *a, const char *value);

/* Is the version "X.Y.Z" before this one? */
bool older_than(const char *value, int major, int minor, int patch);

/* What only several answers together can show, those of the choices that are made among them. Calls found for each problem. */
void check_together(const struct answers *a, problem_fn *found, void *arg);

#endif
