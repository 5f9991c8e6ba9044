/* The containers of one instance, pod or machine, as they find themselves and one another; shared by who judges them and by the front door. */
#ifndef MS_SIM_FRONT_WORKLOAD_H
#define MS_SIM_FRONT_WORKLOAD_H

#include "sim/front/http.h"
#include "sim/front/start.h"

#define WORKLOAD_MOST 16

struct workload_part {
	struct container k;
	struct start r;     /* where workload_start was asked */
	char *fault;        /* why it could not be made, or NULL; owned */
	const char *reason; /* of the fault */
};
struct workload {
	struct sim *sim;
	const char *project;
	cJSON *template; /* owned */
	struct workload_part parts[WORKLOAD_MOST];
	int count;
	struct mlflow_place place;
	char *principal, *network;
};

/* Makes the containers of a template (taken): Cloud Run's, or one as container.h says. False when one of them cannot be made: then its part
 * has the fault; the others are there all the same. */
bool workload_open(struct sim *s, const char *project, const char *region, cJSON *template, struct workload *w);
/* Starts them all, each on its own; an early one does not keep the others from starting, as on a node. */
void workload_start(struct workload *w);
void workload_close(struct workload *w);
/* The part that takes connections at this port of the pod or container network; NULL. */
const struct workload_part *workload_at(const struct workload *w, int port);
/* On a machine: what answers somebody of this range of addresses at the machine's port, through what is published and its firewall; NULL for nothing. */
const struct workload_part *workload_at_host(const struct workload *w, int port, const char *from);
/* Lets a request in at a part: oauth2-proxy with what is behind it, MLflow, or a sample. */
void workload_answer(struct visit *v, const struct workload *w, const struct workload_part *part, struct sim_reply *out);
/* The same as a visit of its own; nothing happens where part or q is NULL. */
void workload_visited(const struct workload *w, const struct workload_part *part, const struct sim_request *q,
		      struct sim_reply *out);
/* The same for Cloud Run, where the container with the port is the ingress. */
void workload_answer_ingress(struct visit *v, const struct workload *w, struct sim_reply *out);
/* Does a health check's GET (path NULL: a connection) at this part succeed? */
bool workload_healthy(const struct workload *w, const struct workload_part *part, const char *path);

#endif
