/* The transport of a rehearsal: requests go to the simulated cloud in process and come back after its latency. */
#ifndef MS_CMD_REHEARSAL_H
#define MS_CMD_REHEARSAL_H

#include "net/loop.h"
#include "net/transport.h"
#include "sim/sim.h"

/* Takes sim over and frees it with itself; loop is borrowed. */
struct transport *rehearsal_transport(struct loop *loop, struct sim *sim);

#endif
