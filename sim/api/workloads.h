/* What runs in containers, machines and pods is simulated on the floor above the APIs (sim/front/); they ask it through these hooks, which
 * sim_workloads() gives. */
#ifndef MS_SIM_API_WORKLOADS_H
#define MS_SIM_API_WORKLOADS_H

#include "sim/core/core.h"

struct compute_endpoint;
struct run_verdict;

struct sim_workloads {
	/* Would this Cloud Run template run? v is filled in, for run_verdict_free. */
	void (*judge)(struct sim *s, const char *project, const char *region, const cJSON *template, bool job,
		      struct run_verdict *v);
	/* A virtual machine has come up: what it runs is started, and tells of itself. */
	void (*machine_booted)(struct sim *s, struct sim_object *vm);
	/* What answers at a port of a running machine is asked by somebody of this range of addresses; q NULL: a connection alone. False when nothing takes it. */
	bool (*machine_asked)(struct sim *s, const struct sim_object *vm, int port, const char *from,
			      const struct sim_request *q, struct sim_reply *out);
	/* A pod is tried, once more: its containers' states into its status. True when all of it is ready (or, of a job, has ended well). */
	bool (*pod_tried)(struct sim *s, const struct sim_object *cluster, struct sim_object *pod);
	/* What answers at the address and port of a cluster's pod is asked; false when nothing takes the connection. */
	bool (*pod_asked)(struct sim *s, const struct sim_object *cluster, const char *address, int port,
			  const struct sim_request *q, struct sim_reply *out);
	/* Do the health check of a backend service and the firewall let this endpoint have requests? */
	bool (*healthy)(struct sim *s, const struct sim_object *service, const struct compute_endpoint *e);
};

#endif
