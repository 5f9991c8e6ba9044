/* Discovery of a cluster's API. */
#ifndef MS_SIM_API_KUBERNETES_DISCOVERY_H
#define MS_SIM_API_KUBERNETES_DISCOVERY_H

#include "sim/core/core.h"

/* Answers when the path is one of discovery's; else false. */
bool kubernetes_discover(struct sim_call *c, const char *path);

/* Is there such a group in this version? */
bool kubernetes_group_known(const char *group, const char *version);

#endif
