/* Whether pods of a stack find a place in the node pools of a GKE cluster that stands already. */
#ifndef MS_GCP_NODE_POOLS_H
#define MS_GCP_NODE_POOLS_H

#include "gcp/kind.h"

/* Does the cluster, as the API tells it, make machines by itself? */
bool node_pools_grow(const cJSON *cluster);
/* Is this version of Kubernetes 1.29 at least? One that is not told is taken for such a one. */
bool node_pools_recent(const char *version);
/* Why no pod of the stack comes onto any of them, with the cure, for the caller to free; NULL when one fits. The view's spec says what a pod asks for: "cpu",
 * "memory" in GiB. */
char *node_pools_unfit(const struct view *v, const cJSON *cluster);
/* A machine type on which such a pod finds room. */
const char *node_pools_type(const cJSON *spec);

#endif
