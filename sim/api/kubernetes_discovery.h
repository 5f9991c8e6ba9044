/* Discovery of a cluster's API. */
#ifndef MS_SIM_API_KUBERNETES_DISCOVERY_H
#define MS_SIM_API_KUBERNETES_DISCOVERY_H

#include "sim/api/shared.h"

/* Answers when the path is one of discovery's; else false. */
bool kubernetes_discover(struct sim_call *c, const char *path);

/* Is there such a group in this version? */
bool kubernetes_group_known(const char *group, const char *version);

/* What OpenAPI says (kubernetes_openapi.c): answers in version 2; the document of a group in version 3. */
void kubernetes_openapi_v2(struct sim_call *c);
cJSON *kubernetes_openapi_v3(const char *group, const char *version);

#endif
