/* A network that was there before the stack: what the modes that use one share. */
#ifndef MS_PLAN_NETWORK_GIVEN_H
#define MS_PLAN_NETWORK_GIVEN_H

#include "plan/design.h"

struct given_network {
	const char *home; /* the project that it is in; NULL: the stack's own */
	const char *name, *subnet;
	bool born;         /* it comes with Compute Engine's API */
	const char *needs; /* id of a resource that has to be looked at before, or NULL */
};

/* Sets d->network, and plans what checks network, subnet and, where the target's machines need it, the way to the internet. */
void network_given(struct design *d, const struct given_network *given);
/* The rows that name network and subnet: "network.name", "network.subnet", and whether a way to the internet is made. */
extern const struct question network_given_questions[];
/* Is a network planned with these answers at all? */
bool network_wanted(const struct answers *a);

#endif
