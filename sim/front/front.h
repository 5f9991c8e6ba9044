/* The front door of what is deployed. */
#ifndef MS_SIM_FRONT_FRONT_H
#define MS_SIM_FRONT_FRONT_H

#include "sim/core/core.h"

/* A request for a host of a deployed service (run.app, appspot.com, a load balancer's), or of an identity provider (openid.h). Returns false when nobody serves
 * that host. */
bool sim_front_door(struct sim *s, const struct sim_request *q, struct sim_reply *out);

#endif
