/* One const struct a target; each is defined at the end of its own file, target_NAME.c. */
#ifndef MS_PLAN_TARGETS_H
#define MS_PLAN_TARGETS_H

#include "plan/plan.h"

extern const struct target target_run;

#endif
