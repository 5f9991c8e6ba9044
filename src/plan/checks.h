/* What makes an answer, or several together, impossible: the rules that the question table's rows point to. */
#ifndef MS_PLAN_CHECKS_H
#define MS_PLAN_CHECKS_H

#include "base/err.h"
#include "plan/answers.h"

/* For struct question's check: see there. */
const char *check_person(const struct answers *a, const char *value);
const char *check_domain(const struct answers *a, const char *value);
const char *check_service_account(const struct answers *a, const char *value);
const char *check_reference(const struct answers *a, const char *value);
const char *check_mlflow_version(const struct answers *a, const char *value);
const char *check_proxy_version(const struct answers *a, const char *value);

/* Which target, exposure and auth mode make sense together (design.md 3): NULL, or why not, N_(). A NULL exposure or mode stands for any. */
const char *pair_refused(const char *target, const char *exposure, const char *mode);

/* What only several answers together can show. Calls found for each problem with the id to blame and a sentence (translated, borrowed). */
typedef void problem_fn(void *arg, const char *id, const char *sentence);
void check_together(const struct answers *a, problem_fn *found, void *arg);

#endif
