/* The table of simulated APIs. */
#ifndef MS_SIM_APIS_H
#define MS_SIM_APIS_H

#include "sim/core/core.h"

extern const struct sim_api *const sim_apis[]; /* ended by NULL */

#endif
