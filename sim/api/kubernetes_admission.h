/* Admission to a cluster: what is filled in and what is refused before an object is kept. */
#ifndef MS_SIM_API_KUBERNETES_ADMISSION_H
#define MS_SIM_API_KUBERNETES_ADMISSION_H

#include "sim/api/kubernetes.h"

/* What the level ("privileged", "baseline", "restricted") forbids of the spec (kubernetes_security.c), for the caller to free; NULL: nothing. */
char *kubernetes_security_violations(const cJSON *spec, const char *level);
/* Admission of a request's object: false when it answered with a refusal. before: what it replaces, or NULL. */
bool kubernetes_admit(struct kubernetes_call *k, cJSON *doc, const cJSON *before);
/* Autopilot (kubernetes_autopilot.c): the resources and settings of a pod's spec, in an object of the kind, as Autopilot makes them; what it says of it, for
 * the caller to free, or NULL. */
char *kubernetes_autopilot_adjust(const char *kind, cJSON *doc);
/* Why Autopilot refuses the spec, as GKE's Warden words it ({"[denied by X]":["..."]}), for the caller to free; NULL when it does not. */
char *kubernetes_autopilot_violations(const cJSON *spec, const char *kind, const char *name);
/* May nobody but GKE write in this namespace of an Autopilot cluster? */
bool kubernetes_autopilot_manages(const char *ns);

#endif
