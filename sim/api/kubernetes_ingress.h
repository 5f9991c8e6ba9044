/* GKE's controllers of Ingresses and ManagedCertificates. */
#ifndef MS_SIM_API_KUBERNETES_INGRESS_H
#define MS_SIM_API_KUBERNETES_INGRESS_H

#include "sim/api/shared.h"

/* Called when one was made or changed, and (hidden "gone") when it goes. */
void kubernetes_ingress(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
void kubernetes_certificate(struct sim *s, const struct sim_object *cluster, struct sim_object *o);

#endif
