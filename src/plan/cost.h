/* Where the prices of plan_cost come from. */
#ifndef MS_PLAN_COST_H
#define MS_PLAN_COST_H

#include "plan/plan.h"

/* The month in which the prices were looked up: "2025-06". */
extern const char cost_date[];

#endif
