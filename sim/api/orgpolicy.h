/* Between the files of organization policies: the Organization Policy API and the older spelling of the same policies. */
#ifndef MS_SIM_API_ORGPOLICY_H
#define MS_SIM_API_ORGPOLICY_H

#include "sim/api/shared.h"

#define ORGPOLICY_POLICIES "orgpolicy.policies"

/* The n-th constraint's name, or NULL; its title; is it one of a list? */
const char *orgpolicy_constraint(size_t n);
const char *orgpolicy_title(size_t n);
bool orgpolicy_lists(const char *constraint);
/* Is there such a constraint? False: answered. */
bool orgpolicy_known(struct sim_call *c, const char *constraint);
/* The rules that hold for a project, for the caller. */
cJSON *orgpolicy_effective(struct sim *s, const char *project, const char *constraint);
/* The project's own policy, or NULL. */
struct sim_object *orgpolicy_own(struct sim *s, const char *project, const char *constraint);
/* Keeps this spec as the project's own, which is taken. */
struct sim_object *orgpolicy_keep(struct sim_call *c, const char *constraint, cJSON *spec);

#endif
