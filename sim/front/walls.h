/* Google's own walls in front of a service: the invoker's IAM check of Cloud Run, and Identity-Aware Proxy. */
#ifndef MS_SIM_FRONT_WALLS_H
#define MS_SIM_FRONT_WALLS_H

#include "sim/front/http.h"

/* An error page as Google's front end sends it. */
void wall_page(struct sim_reply *out, int status, const char *title, const char *text);
/* May the caller invoke this service (a document of run.services)? False when answered. */
bool wall_invoker(struct visit *v, const struct sim_object *service, struct sim_reply *out);
/* IAP on a resource: holder is the policy holder of its web resource, client the OAuth client that the backend service or application
 * names ("": that of IAP's settings, or Google's own). False when answered; *email is who came in, and the visit carries IAP's headers. iap.c */
bool wall_iap(struct visit *v, const char *project, const char *holder, const char *client, const char **email,
	      struct sim_reply *out);

#endif
