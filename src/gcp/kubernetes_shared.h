/* What the kinds of a cluster's objects share. */
#ifndef MS_GCP_KUBERNETES_SHARED_H
#define MS_GCP_KUBERNETES_SHARED_H

#include "gcp/kind.h"

/* In whose name objects are applied. */
#define KUBERNETES_MANAGER "mlflow-setup"
/* The annotation of a volume that says whether it goes with its stack: "true" when it does not. */
#define KUBERNETES_PROTECTED "mlflow-setup/deletion-protection"

/* A request to the API server of the context that the view's spec tells by "kubeconfig" and "context"; body is owned by the call, and what follows the server's
 * address is to be added. */
void kubernetes_begin_context(const struct view *v, const char *method, cJSON *body, struct call *out);
/* A request for the object that the view names ("deployment/NAME") in its spec's "collection" there; query is text as it stands ("?a=b", ""). */
void kubernetes_ask(const struct view *v, const char *method, cJSON *body, const char *query, struct call *out);

/* Is the object one of a cluster that is not Google's? */
bool kubernetes_outside(const cJSON *spec);

/* Quantities of Kubernetes: CPUs of "500m" or "2", GiB of "512Mi" or "2Gi". */
double kubernetes_cpus(const char *text);
double kubernetes_gibs(const char *text);

#endif
