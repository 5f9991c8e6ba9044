/* What stands behind a backend service: its endpoints, what runs there, and whether Google's health checks find it well. */
#ifndef MS_SIM_FRONT_BACKENDS_H
#define MS_SIM_FRONT_BACKENDS_H

#include "sim/front/workload.h"

struct endpoint {
	const struct sim_object *group;   /* an instance group, or a zonal network endpoint group */
	const struct sim_object *vm;      /* of an instance group or a GCE_VM_IP_PORT endpoint; NULL for a pod's address */
	const char *address;
	int port;                         /* that requests are sent to */
};

/* The endpoints of one group of the backend service; how many. */
size_t backends_of(struct sim *s, const struct sim_object *service, const struct sim_object *group, struct endpoint *list, size_t most);
/* What a zonal network endpoint group holds ([{"instance","ipAddress","port"}]); of one that a cluster keeps, its ready pods. For the caller. */
cJSON *backends_listed(struct sim *s, const struct sim_object *group);
/* Do the health check and the firewall let this endpoint have requests? */
bool backend_healthy(struct sim *s, const struct sim_object *service, const struct endpoint *e);
/* A healthy endpoint of any of its groups, by chance, opened: *part takes the request. False when there is none; else workload_close(w). */
bool backend_pick(struct sim *s, const struct sim_object *service, struct workload *w, const struct workload_part **part);

#endif
