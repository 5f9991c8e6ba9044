/* What of a request at the front door is found in Cloud Logging. */
#ifndef MS_SIM_FRONT_REQUESTS_H
#define MS_SIM_FRONT_REQUESTS_H

#include "sim/front/balancer.h"
#include "sim/front/http.h"

/* The entry of an answered request: Cloud Run's (revision NULL: none was asked), App Engine's (for what reached the version), a load balancer's, whose backend
 * service is known (backend: it got as far as that). */
void request_of_service(const struct visit *v, const struct sim_object *service, const struct sim_object *revision,
			const struct sim_reply *out);
void request_of_version(const struct visit *v, const struct sim_object *app, const char *service,
			const struct sim_object *version, const struct sim_reply *out);
void request_of_balancer(const struct visit *v, const struct balancer *b, bool backend, const struct sim_reply *out);
/* Says where visit_write's lines go: the log of the revision's, the version's containers. */
void request_written_by_service(struct visit *v, const struct sim_object *revision);
void request_written_by_version(struct visit *v, const struct sim_object *app, const char *service,
				const struct sim_object *version);

#endif
