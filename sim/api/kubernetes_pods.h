/* Pods of simulated clusters: those that deployments and jobs make. What runs in them is the kubelet's (sim/front/pod.c). */
#ifndef MS_SIM_API_KUBERNETES_PODS_H
#define MS_SIM_API_KUBERNETES_PODS_H

#include "sim/api/shared.h"

/* A condition of a status, as of now; reason and message may be "". The caller's. */
cJSON *kubernetes_condition(struct sim *s, const char *type, bool status, const char *reason, const char *message);
/* The ready addresses behind a Service's port (a number or a name; "" for its first) as network endpoints [{"ipAddress","port"}], for the caller. */
cJSON *kubernetes_endpoints(struct sim *s, const char *cluster, const char *ns, const char *service, const char *port);
/* The controllers of deployments and jobs; called when one was made or changed, and when one goes. */
void kubernetes_deployment(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_owner_gone(struct sim *s, const struct sim_object *cluster, const struct sim_object *owner);
/* Something is listed as an Event of an object; by a kubelet, or by another component. */
void kubernetes_event_by(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason, const char *message,
			 const char *component);
void kubernetes_event(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason, const char *message);

#endif
