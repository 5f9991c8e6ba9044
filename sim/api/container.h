/* What the files of Google Kubernetes Engine share: calls and clusters (container_clusters.c), operations (container_operations.c), what clusters
 * become (container_defaults.c, container_features.c, container_network.c, container_endpoints.c), changes to them (container_updates.c), node pools
 * (container_pools.c) and their nodes (container_nodes.c). */
#ifndef MS_SIM_API_CONTAINER_H
#define MS_SIM_API_CONTAINER_H

#include "sim/api/resource.h"

#define CONTAINER_BASE "https://container.googleapis.com/v1/"

/* Where a call points: "/v1/projects/P/{locations|zones}/L/clusters/C/nodePools/N:verb". Static buffers; "" for what is not named. */
struct container_place {
	char location[64], cluster[128], pool[128], operation[128];
	bool zonal;  /* the location is a zone */
	bool legacy; /* asked through /zones/ */
};
struct container_place container_place(const struct sim_call *c);
/* The cluster that the call names, or NULL after a 404. changing: refused while an operation works on it. */
struct sim_object *container_cluster(struct sim_call *c, bool changing);

/* Operations. ------------------------------------------------------------------------------------------------------------ */
/* Begins an operation on the cluster, or its pool (NULL: the cluster itself). finish gets {"op","cluster"} with what more holds, and calls
 * container_end; NULL for nothing but the end. Answers the call. more is then the core's; may be NULL. While it runs, the cluster is
 * RECONCILING, unless it is being made or deleted. */
void container_begin(struct sim_call *c, struct sim_object *cluster, const char *type, const char *pool, double seconds,
		     cJSON *more, void (*finish)(struct sim *s, const cJSON *arg));
/* Ends it; error is a google.rpc.Status (owned afterwards) or NULL. */
void container_end(struct sim *s, const cJSON *arg, cJSON *error);
struct sim_object *container_arg_cluster(struct sim *s, const cJSON *arg);

/* What GKE makes of what was asked for. ---------------------------------------------------------------------------------- */
/* Fills in the group's rows of container_defaults.tbl; force: also over what was given. */
void container_fill(cJSON *doc, const char *group, bool force);
/* Takes out what says nothing, as protocol buffers do: false, 0, "", empty lists; but for those few fields that tell such a value from none. */
void container_prune(cJSON *node);
/* Adds the scopes that logging and monitoring need to those given. */
void container_scopes(const cJSON *cluster_doc, cJSON *scopes);
/* The full version behind "latest", "1.35", "" and so on, for a release channel; NULL when there is none such. */
const char *container_version(const char *given, const char *channel);
/* What the server offers, as getServerConfig says it; the caller's. */
cJSON *container_server_config(void);
/* A new cluster's document, with what it does not say about networks, endpoints and pools. */
void container_settle_cluster(struct sim_call *c, cJSON *doc);
/* After a change: node auto-provisioning; the services and components of logging and monitoring; the maintenance window; a service that is
 * turned on or to "none"; what the database is encrypted with. */
void container_settle_autoscaling(cJSON *doc);
void container_settle_telemetry(cJSON *doc);
void container_settle_maintenance(cJSON *doc);
void container_log_service(cJSON *doc, const char *service);
void container_monitor_service(cJSON *doc, const char *service);
/* May a cluster encrypt its objects as this asks, by a key that is there and GKE's agent may use? False: answered. */
bool container_key_ok(struct sim_call *c, const cJSON *wanted, const char *region);
void container_encrypt(cJSON *doc, const cJSON *wanted);

/* Networks and addresses (container_network.c). hidden is what the cluster's object hides. False when answered. */
bool container_settle_network(struct sim_call *c, cJSON *doc, cJSON *hidden, const char *region);
/* Puts the cluster's ranges into its subnet, and takes them out again. */
void container_join_network(struct sim *s, const char *project, const cJSON *hidden);
void container_leave_network(struct sim *s, const cJSON *hidden);
/* How much of their ranges the nodes' pods take up, into the cluster's document. */
void container_measure(cJSON *doc);
/* Endpoints (container_endpoints.c): settled once, then shown after each change in the three places that tell of them. */
void container_settle_endpoints(struct sim_call *c, cJSON *doc, cJSON *hidden, const char *region);
void container_show_endpoints(cJSON *doc, const cJSON *hidden);

/* May the cluster, the pool of one, be made as they are asked for (container_rules.c)? False: answered. */
bool container_cluster_ok(struct sim_call *c, const cJSON *doc, const struct container_place *p);
bool container_pool_ok(struct sim_call *c, const cJSON *cluster, const cJSON *pool, const char *region);

/* Node pools. ------------------------------------------------------------------------------------------------------------ */
/* Checks and completes a node pool's document. False when answered. */
bool container_settle_pool(struct sim_call *c, const struct sim_object *cluster, cJSON *cluster_doc, cJSON *pool);
/* Completes a node pool's document after a change. */
void container_settle_nodes(const cJSON *cluster_doc, cJSON *pool);
/* The pool's nodes are there: instance groups in each of its zones. NULL, or why not (for the caller to free), with *code. */
char *container_provision(struct sim *s, struct sim_object *cluster, cJSON *pool, const char **code);
void container_drop_pool(struct sim *s, const cJSON *pool);
/* The pool's locations have changed: groups come and go with them. */
void container_relocate(struct sim *s, const struct sim_object *cluster, cJSON *pool);
cJSON *container_find_pool(const cJSON *cluster_doc, const char *name);
/* The pool of that name, or NULL after a 404. */
cJSON *container_pool(struct sim_call *c, const struct sim_object *cluster, const char *name);
int container_node_count(const cJSON *pool);
/* Sums up the pools in the cluster's document: instance groups, the first pool's nodes. */
void container_sum(cJSON *cluster_doc);
/* How many nodes there are, into the cluster's document; Google counts them ever so often. */
void container_count(cJSON *cluster_doc);

#endif
