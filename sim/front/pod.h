/* Pods on their nodes, as far as containers run. */
#ifndef MS_SIM_FRONT_POD_H
#define MS_SIM_FRONT_POD_H

#include "sim/front/workload.h"

/* A pod (spec with its volumes) as container.h's templates are, for the caller to delete. A container whose Secret or
 * ConfigMap is not there is "broken" with Kubernetes' words. */
cJSON *pod_template(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod);
/* Runs a pod once: its containers' states into its status. True when all of it is ready. */
bool pod_tried(struct sim *s, const struct sim_object *cluster, struct sim_object *pod);
/* What runs in the cluster's pod with this address, for workload_close; false when no such pod is up. */
bool pod_open(struct sim *s, const char *cluster, const char *address, struct workload *w);
/* What this part of the pod writes while it answers the visit goes to its project's log. */
void pod_writes(struct visit *v, const char *cluster, const char *address, const struct workload_part *part);
/* The pod of the cluster that has the address and is up, or NULL. */
const struct sim_object *pod_at(struct sim *s, const char *cluster, const char *address);
/* Asks what answers at the address and port of a pod; false when nothing takes the connection. */
bool pod_asked(struct sim *s, const struct sim_object *cluster, const char *address, int port, const struct sim_request *q,
	       struct sim_reply *out);

#endif
