/* What stands behind a backend service: its endpoints, what runs there, and whether Google's health checks find it well. */
#ifndef MS_SIM_FRONT_BACKENDS_H
#define MS_SIM_FRONT_BACKENDS_H

#include "sim/api/compute.h"
#include "sim/front/workload.h"

/* Do the network's firewall rules let addresses of this range in to the machine's port? */
bool backend_let_in(struct sim *s, const struct sim_object *vm, int port, const char *from);
/* Do the health check and the firewall let this endpoint have requests? */
bool backend_healthy(struct sim *s, const struct sim_object *service, const struct compute_endpoint *e);
/* A healthy endpoint of any of its groups, by chance, opened: *part takes the request, and what it writes is written where its kind of endpoint does. False when there
 * is none; else workload_close(w). */
bool backend_pick(struct visit *v, const struct sim_object *service, struct workload *w, const struct workload_part **part);

#endif
