/* App Engine from the inside: for the front door, and what its files share. */
#ifndef MS_SIM_API_APPENGINE_H
#define MS_SIM_API_APPENGINE_H

#include "sim/api/resource.h"

#define APPENGINE_APPS "appengine.apps"
#define APPENGINE_SERVICES "appengine.services"
#define APPENGINE_VERSIONS "appengine.versions"
#define APPENGINE_V1 "type.googleapis.com/google.appengine.v1."

/* Applications, then services. */
extern const struct sim_resource appengine_resources[];
extern const struct sim_operations appengine_operations;
/* Is no change of the call's application under way? False: answered. */
bool appengine_free(struct sim_call *c);
/* The region behind a location ("us-central" is us-central1); NULL when there is none such. */
const char *appengine_region(const char *location);
bool appengine_is_flexible(const cJSON *version);
/* May the call's body be made a version of the service under this id? False: answered. */
bool appengine_version_ok(struct sim_call *c, const char *service, const char *id);
/* May the fields be changed that the call's mask names? False: answered. */
bool appengine_version_mask_ok(struct sim_call *c);
/* Is the call's scaling one of the flexible environment? False: answered. */
bool appengine_scaling_ok(struct sim_call *c);
/* A flexible version as a Cloud Run template of one container, for judging and the front door; the caller deletes it. */
cJSON *appengine_template(const struct sim_object *version);
/* Does the application's firewall let requests from this address in? */
bool appengine_admits(struct sim *s, const struct sim_object *app, const char *address);

/* What the project's flexible versions have of Compute Engine's in a region ("" for all): machines, those with an address of their own, processors, and
 * gigabytes of disk. */
struct appengine_machines {
	double machines, outside, cpus, disks;
};
struct appengine_machines appengine_machines(struct sim *s, const char *project, const char *region);
/* Why the machines of a version that is being made cannot be had, as its operation's error; NULL when they can. The caller's. */
cJSON *appengine_no_machines(struct sim *s, const char *project, const char *region);

#endif
