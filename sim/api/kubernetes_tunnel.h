/* Port-forwards in SPDY (kubernetes_tunnel.c), once the caller may and the pod is there. */
#ifndef MS_SIM_API_KUBERNETES_TUNNEL_H
#define MS_SIM_API_KUBERNETES_TUNNEL_H

#include "sim/api/kubernetes.h"

/* Does the call ask for one, straight or within a WebSocket? */
bool kubernetes_tunnelled(const struct kubernetes_call *k);
/* Answers 101, and stays with the connection. */
void kubernetes_tunnel(struct kubernetes_call *k, const struct sim_object *pod);

#endif
