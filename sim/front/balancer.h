/* External Application Load Balancers: which backend a name leads to. */
#ifndef MS_SIM_FRONT_BALANCER_H
#define MS_SIM_FRONT_BALANCER_H

#include "sim/api/shared.h"

struct balancer {
	struct sim_object *rule, *proxy, *backend; /* backend NULL: nothing matches, or a redirect */
	const char *project;
	const char *redirect; /* an https:// URL to go to, or NULL */
	bool certified;       /* a certificate of the proxy is for this name and active */
	bool serving;         /* the rule has reached Google's edge */
};
/* Finds the forwarding rule to whose address the name's DNS leads, and what its URL map makes of the path. False when there is none. */
bool balancer_find(struct sim *s, const char *host, const char *path, struct balancer *b);
/* The network endpoint group of a serverless backend, or NULL. */
struct sim_object *balancer_serverless(struct sim *s, const struct sim_object *backend);

#endif
