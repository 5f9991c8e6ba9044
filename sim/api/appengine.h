/* App Engine from the inside: for the front door, and what its two files share. */
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
/* A flexible version as a Cloud Run template of one container, for judging and the front door; the caller deletes it. */
cJSON *appengine_template(const struct sim_object *version);

#endif
