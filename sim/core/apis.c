/* The table of simulated APIs: each row is the const struct at the end of one file in sim/api/ or sim/core/. Worlds are seeded in this
 * order: identity comes first. */
#include "config.h"
#include "sim/core/core.h"

const struct sim_api *const sim_apis[] = {
	NULL,
};
