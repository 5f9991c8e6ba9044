/* What the machine of target vm is told, and who gets to it. */
#ifndef MS_PLAN_TARGET_VM_UNITS_H
#define MS_PLAN_TARGET_VM_UNITS_H

#include "plan/axes.h"

/* From where the port that is the stack's front is reached, as ranges; ended by NULL. */
const char *const *target_vm_callers(const struct design *d);
/* target_vm_units.c: the user data, a text that may refer; puts what the files for people show of it into the plan's data. The caller owns it; NULL with e
 * set when it cannot be rendered. */
cJSON *target_vm_user_data(struct design *d, struct err *e);

#endif
