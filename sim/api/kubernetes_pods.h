/* Pods of simulated clusters and what makes them: scheduled, run as far as containers are, reported as kubelets report; their controllers; what
 * finds them (endpoints); the volumes and the nodes that they need. */
#ifndef MS_SIM_API_KUBERNETES_PODS_H
#define MS_SIM_API_KUBERNETES_PODS_H

#include "sim/api/shared.h"

#define KUBERNETES_OBJECTS "kubernetes.objects"

/* The kubelets (kubernetes_kubelet.c). ------------------------------------------------------------------------------------- */
/* A pod was made: it is scheduled and run, and its controller told of what becomes of it. */
void kubernetes_pod(struct sim *s, const struct sim_object *cluster, struct sim_object *pod);
/* The condition of this type, or NULL. */
const cJSON *kubernetes_condition(const cJSON *doc, const char *type);
/* Puts a condition among those of the status: its time stays while its status does. */
void kubernetes_set_condition(struct sim *s, cJSON *status, const char *type, bool on, const char *reason, const char *message);

/* Pods of an owner (kubernetes_pods.c). ------------------------------------------------------------------------------------- */
/* A new pod from the owner's template, as the API server lets it in; root is whose work it does (the Deployment behind a ReplicaSet); name NULL: drawn.
 * labels (taken) come on top of the template's. NULL when it is refused: an event of the owner says so, and *why (a text of sim_tmp; may be NULL). */
struct sim_object *kubernetes_pod_add(struct sim *s, const struct sim_object *cluster, const struct sim_object *owner,
				      const struct sim_object *root, const char *name, const char *hash, cJSON *labels,
				      const char **why);
/* Its controller or a person takes a pod away. */
void kubernetes_pod_remove(struct sim *s, const struct sim_object *cluster, struct sim_object *pod, const char *controller);
/* The pods that do the root's work; how many. */
int kubernetes_pods_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *root, struct sim_object **list,
		       int most);
bool kubernetes_is_of(const struct sim_object *o, const struct sim_object *root);
/* Are all labels of the selector those of the object? Not for an empty one. */
bool kubernetes_selects(const cJSON *selector, const cJSON *labels);
/* The same of a whole LabelSelector, expressions and all; an empty one selects everything. */
bool kubernetes_label_selector(const cJSON *selector, const cJSON *labels);
struct sim_object *kubernetes_named(struct sim *s, const char *cluster, const char *group, const char *plural, const char *ns,
				    const char *name);
/* The key's beginning of a kind's objects in a namespace ("": of all), a text of sim_tmp. */
const char *kubernetes_prefix(const char *cluster, const char *group, const char *plural, const char *ns);
const char *kubernetes_uid(const struct sim_object *o);
/* "12345" or "20%" of so many, rounded up or down. */
int kubernetes_share(const cJSON *v, int of, bool up);
void kubernetes_annotate(cJSON *doc, const char *name, const char *value);
const char *kubernetes_annotation(const cJSON *doc, const char *name);
/* A template's hash in the letters that controllers spell it with, a text of sim_tmp. */
const char *kubernetes_hash(const cJSON *template);
/* Five letters as the API server draws them for a generateName. */
const char *kubernetes_drawn(struct sim *s);

/* Controllers; called when an object was made or changed, or when something about their pods did. ----------------------------- */
void kubernetes_look(struct sim *s, const char *cluster, const char *key, const char *uid);
void kubernetes_look_again(struct sim *s, const cJSON *arg); /* the same of an {"cluster","key","uid"}, for sim_after */
/* What the object of this uid owned goes with it, or is on its own from now on. ns "": in every namespace. */
void kubernetes_deployment(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_deployment_look(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_replica_set(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_cron_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_cron_job_look(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_stateful_set(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_daemon_set(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_autoscaler(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
/* How many disruptions the budgets of a namespace allow, into their status. */
void kubernetes_budgets(struct sim *s, const struct sim_object *cluster, const char *ns);
/* The budget that does not allow the pod's eviction now, or NULL. */
const struct sim_object *kubernetes_budget_against(struct sim *s, const struct sim_object *cluster,
						   const struct sim_object *pod);

/* Endpoints (kubernetes_endpoints.c). --------------------------------------------------------------------------------------- */
/* The ready addresses behind a Service's port (a number or a name; "" for its first) as network endpoints [{"ipAddress","port"}], for the caller. */
cJSON *kubernetes_endpoints(struct sim *s, const char *cluster, const char *ns, const char *service, const char *port);
/* Endpoints and EndpointSlices of the namespace's Services as its pods are now. */
void kubernetes_endpoints_sync(struct sim *s, const struct sim_object *cluster, const char *ns);

/* Nodes (kubernetes_nodes.c). ------------------------------------------------------------------------------------------------ */
/* Node objects as the cluster's pools have machines, and what runs on each of them. */
void kubernetes_nodes_sync(struct sim *s, struct sim_object *cluster);
/* Finds the pod a node and binds it; false when there is none yet: its status and events say why, and a cluster that scales makes one. */
bool kubernetes_schedule(struct sim *s, struct sim_object *cluster, struct sim_object *pod);
/* Milli-CPUs ("500m", "2"), or MiB. */
double kubernetes_cpu(const char *quantity);
double kubernetes_mebibytes(const char *quantity);
/* What a pod asks for: its containers' requests together. */
void kubernetes_pod_requests(const cJSON *spec, double *cpu, double *memory);

/* Do the NetworkPolicies let one pod connect to the other, at its port? Of both in one namespace (kubernetes_policies.c). */
bool kubernetes_pods_may(struct sim *s, const char *cluster, const struct sim_object *from, const struct sim_object *to,
			 int port);

/* Volumes (kubernetes_storage.c). -------------------------------------------------------------------------------------------- */
void kubernetes_claim(struct sim *s, const struct sim_object *cluster, struct sim_object *claim);
/* Gives a claim that names no class the default one. */
void kubernetes_default_class(struct sim *s, const struct sim_object *cluster, cJSON *claim);
bool kubernetes_claim_used(struct sim *s, const struct sim_object *cluster, const struct sim_object *claim);
/* Claims that were only waiting for their pods to go. */
void kubernetes_claims_sweep(struct sim *s, const struct sim_object *cluster, const char *ns);
void kubernetes_claim_gone(struct sim *s, const struct sim_object *cluster, const struct sim_object *claim);
/* Are the pod's claims there, and bound? Those that wait for a consumer get their volumes now, in the zone. NULL; or why not. */
const char *kubernetes_claims_missing(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod,
				      const char *zone);
/* The zone in which a volume of the pod is, or "". */
const char *kubernetes_claims_zone(struct sim *s, const struct sim_object *cluster, const struct sim_object *pod);

/* Who may make a pod like this (kubernetes_admission.c): fills in what admission does; NULL, or why not (for the caller to free). */
char *kubernetes_admit_pod(struct sim *s, const struct sim_object *cluster, const char *ns, cJSON *pod);

/* Events (kubernetes_events.c): something is told of an object; the same again is counted. By a kubelet, or by another component. */
void kubernetes_event_by(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason,
			 const char *message, const char *component);
void kubernetes_event(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason,
		      const char *message);
/* The same of one container of a pod. */
void kubernetes_container_event(struct sim *s, const char *cluster, const cJSON *pod, const char *list, const char *container,
				const char *type, const char *reason, const char *message);

#endif
