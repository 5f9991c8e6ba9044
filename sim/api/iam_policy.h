/* Between the files of the IAM store: policies (iam_policy.c), what may stand in one (iam_policy_rules.c), what follows from them (iam_allowed.c). */
#ifndef MS_SIM_API_IAM_POLICY_H
#define MS_SIM_API_IAM_POLICY_H

#include "sim/api/identity.h"

/* The holder's policy, or NULL: as it was last written. */
struct sim_object *policy_of(struct sim *s, const char *holder);
/* The bindings in force now, which lag behind it; borrowed, NULL: none. */
const cJSON *policy_in_force(struct sim *s, const char *holder);
/* Has one of its bindings a condition? */
bool policy_conditional(const cJSON *policy);
/* May the caller put this in the place of old (NULL: there was none)? False: answered. */
bool policy_ok(struct sim_call *c, const char *holder, const cJSON *policy, const cJSON *old);

#endif
