/* A resource's spec in a file for people: what only a run tells is filled in where an earlier one recorded it, and else said in words. */
#ifndef MS_PLAN_RECORDED_H
#define MS_PLAN_RECORDED_H

#include "plan/plan.h"

/* A copy of node, of p's specs, without references; resolved is of earlier runs. The caller deletes. */
cJSON *recorded_copy(const struct plan *p, const cJSON *resolved, const cJSON *node);

#endif
