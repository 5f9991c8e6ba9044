/* A cluster's own API: what Google Kubernetes Engine's files ask of it. */
#ifndef MS_SIM_API_KUBERNETES_H
#define MS_SIM_API_KUBERNETES_H

#include "sim/core/core.h"

/* The namespaces and service accounts that a new cluster has. */
void kubernetes_seed(struct sim *s, const struct sim_object *cluster);
/* Removes everything that the cluster held. */
void kubernetes_forget(struct sim *s, const struct sim_object *cluster);

#endif
