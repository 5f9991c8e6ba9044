/* What a virtual machine runs: read from its metadata as its images read them. */
#ifndef MS_SIM_FRONT_MACHINE_H
#define MS_SIM_FRONT_MACHINE_H

#include "sim/front/workload.h"

/* When the machine has come up: starts what it runs, writes the log and the serial port's text. */
void machine_booted(struct sim *s, struct sim_object *vm);
/* What runs on it now, for workload_close; false when it is not up. */
/* As struct sim_workloads has it. */
bool machine_asked(struct sim *s, const struct sim_object *vm, int port, const char *from, const struct sim_request *q,
		   struct sim_reply *out);
/* What its containers write while they answer the visit goes where its own logging, if it is on, takes it. */
void machine_writes(struct visit *v, const struct sim_object *vm);
bool machine_open(struct sim *s, const struct sim_object *vm, struct workload *w);

#endif
