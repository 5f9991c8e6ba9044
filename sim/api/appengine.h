/* App Engine from the inside, for the front door. */
#ifndef MS_SIM_API_APPENGINE_H
#define MS_SIM_API_APPENGINE_H

#include "sim/api/shared.h"

#define APPENGINE_APPS "appengine.apps"
#define APPENGINE_SERVICES "appengine.services"
#define APPENGINE_VERSIONS "appengine.versions"

/* The region behind a location ("us-central" is us-central1); NULL when there is none such. */
const char *appengine_region(const char *location);
/* A flexible version as a Cloud Run template of one container, for judging and the front door; the caller deletes it. */
cJSON *appengine_template(const struct sim_object *version);

#endif
