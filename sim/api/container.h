/* What the files of Google Kubernetes Engine share. */
#ifndef MS_SIM_API_CONTAINER_H
#define MS_SIM_API_CONTAINER_H

#include "sim/core/core.h"

/* What nodes may reach by default. */
#define CONTAINER_SCOPES                                                                                                                              \
	"'https://www.googleapis.com/auth/devstorage.read_only','https://www.googleapis.com/auth/logging.write',"                            \
	"'https://www.googleapis.com/auth/monitoring','https://www.googleapis.com/auth/service.management.readonly',"                         \
	"'https://www.googleapis.com/auth/servicecontrol','https://www.googleapis.com/auth/trace.append'"

#define CONTAINER_BASE "https://container.googleapis.com/v1/"

/* Where a call points: "/v1/projects/P/{locations|zones}/L/clusters/C/nodePools/N:verb". Static buffers; "" for what is not named. */
struct container_place {
	char location[64], cluster[128], pool[128], operation[128];
	bool zonal;                /* the location is a zone */
	bool legacy;               /* asked through /zones/ */
};
struct container_place container_place(const struct sim_call *c);
/* "projects/P/locations/L/clusters/C" */
char *container_key(const struct sim_call *c, const struct container_place *p);
/* The cluster that the call names, or NULL after a 404. changing: refused while an operation works on it. */
struct sim_object *container_cluster(struct sim_call *c, bool changing);
/* Begins an operation on the cluster; rest is the target's rest after it ("/nodePools/x"). finish gets {"op","cluster"} with what more holds,
 * and calls container_end; NULL for nothing but the end. Answers the call. more is then the core's; may be NULL. */
void container_begin(struct sim_call *c, struct sim_object *cluster, const char *type, const char *rest, double seconds, cJSON *more,
		     void (*finish)(struct sim *s, const cJSON *arg));
/* Ends it; error is a google.rpc.Status (owned afterwards) or NULL. */
void container_end(struct sim *s, const cJSON *arg, cJSON *error);
struct sim_object *container_arg_cluster(struct sim *s, const cJSON *arg);
/* Checks and completes a node pool's document. False when answered. */
bool container_settle_pool(struct sim_call *c, const struct sim_object *cluster, cJSON *cluster_doc, cJSON *pool);
/* Completes a pool's autoscaling as it was sent. */
void container_settle_scaling(cJSON *pool);
/* The pool's nodes are there: instance groups in each of its zones. NULL, or why not (for the caller to free), with *code. */
char *container_provision(struct sim *s, struct sim_object *cluster, cJSON *pool, const char **code);
void container_drop_pool(struct sim *s, const cJSON *pool);
cJSON *container_find_pool(const cJSON *cluster_doc, const char *name);
/* Sums up the pools in the cluster's document: node count, instance groups. */
void container_sum(cJSON *cluster_doc);

#endif
