/* The workloads that the APIs ask of. */
#ifndef MS_SIM_FRONT_WORKLOADS_H
#define MS_SIM_FRONT_WORKLOADS_H

#include "sim/api/workloads.h"

extern const struct sim_workloads sim_front_workloads;

#endif
