/* How machines of a subnet that have no address of their own reach the internet: by a Cloud NAT, or by what the network's owner leads its default route to.
 * Three reads in the network's project tell it: routers, default routes, the network itself. Each is had where one may look, and kept in an observation's object. */
#ifndef MS_GCP_WAY_OUT_H
#define MS_GCP_WAY_OUT_H

#include "gcp/call.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct way_out {
	const char *project, *region, *network, *subnet; /* the names of both in the network's project */
	bool machines;                                   /* is it for machines' own addresses, or do those of pods serve too? */
};

/* The next read of those that found does not hold yet; a call without a method: that was all. */
void way_out_ask(const struct way_out *w, const cJSON *found, struct call *out);
/* Puts what that read replied into found. */
void way_out_told(int http, const cJSON *reply, cJSON *found);

/* The name of the router, not that of this name, whose Cloud NAT takes the subnet to the internet; NULL. */
const char *way_out_router(const struct way_out *w, const cJSON *found, const char *but);

enum way_out_verdict {
	WAY_OUT_NAT, /* a Cloud NAT, and a default route to it */
	WAY_OUT_DOUBTED, /* it cannot be told: an appliance, a VPN, a peer or a learnt route may let them out, or not all of it may be looked at */
	WAY_OUT_UNROUTED, /* no default route at all, so that a Cloud NAT serves nobody */
	WAY_OUT_NONE
};
/* nat: is there a Cloud NAT for the subnet, or will there be one? */
enum way_out_verdict way_out_judge(const struct way_out *w, const cJSON *found, bool nat);

/* What has to be known of WAY_OUT_DOUBTED, and the refusal of WAY_OUT_UNROUTED: sentences for the caller to free. */
char *way_out_caution(const struct way_out *w);
char *way_out_unrouted(const struct way_out *w);

#endif
