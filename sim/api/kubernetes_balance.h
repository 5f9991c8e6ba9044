/* Between the files of GKE's ingress controller: what a load balancer is kept in step by, and its backends (kubernetes_balance.c). */
#ifndef MS_SIM_API_KUBERNETES_BALANCE_H
#define MS_SIM_API_KUBERNETES_BALANCE_H

#include "sim/api/compute.h"

#define BALANCE_CONTROLLER "loadbalancer-controller" /* who its events are by */

struct balance {
	struct sim *sim;
	const struct sim_object *cluster;
	struct sim_object *ingress;
	const char *ns, *project, *scope, *tail; /* tail tells this ingress's resources from others' */
	cJSON *made;                             /* keys of what stands for it now: {"collection/key": true} */
};

/* The object of the ingress's namespace, or NULL. */
struct sim_object *balance_named(const struct balance *b, const char *group, const char *version, const char *plural,
				 const char *name);
/* A passing text of eight digits that tells this text from others. */
const char *balance_hash(const char *text);
/* An event of the ingress. */
void balance_warn(const struct balance *b, const char *reason, const char *message);
/* The resource of this name, made or brought up to date; doc is taken. Its link: a passing text. */
const char *balance_ensure(struct balance *b, const struct compute_kind *kind, const char *scope, cJSON *doc);
/* The backend service of the Service's port that an ingress's backend refers to, in step with it; its name, or NULL when the Service is not there. */
const char *balance_backend(struct balance *b, const cJSON *ref);
/* GKE's own default backend answers 404; its Service is in kube-system. Its name. */
const char *balance_default_backend(struct balance *b);
/* HEALTHY where an endpoint of the backend service passes its check, UNHEALTHY where none does, Unknown without any. */
const char *balance_state(const struct balance *b, const char *name);

#endif
