/* What the kinds of App Engine share. */
#ifndef MS_GCP_APPENGINE_SHARED_H
#define MS_GCP_APPENGINE_SHARED_H

#include "gcp/kind.h"

/* The variable that a version has which is only there to be first. */
#define APPENGINE_PLACEHOLDER "MLFLOW_SETUP_PLACEHOLDER"

#define APPENGINE "https://appengine.googleapis.com/v1/apps/%s"

/* Takes the application's project, and the service. */
#define APPENGINE_VERSIONS APPENGINE "/services/%s/versions"

enum { APPENGINE_VERSION = 16 };

/* The id of the service in the spec's "service". */
const char *appengine_service(const struct view *v);
/* struct kind's observe of a kind that looks at all versions of that service. */
void appengine_list_versions(const struct view *v, struct call *out);
/* struct kind's create of a version with the spec's "body", under the id that tells whose it is. */
void appengine_create(const struct view *v, const struct observation *seen, struct call *out);
/* Sets the serving status (SERVING, STOPPED) of that service's version with this id: a change of its own, whose reply is an operation. */
void appengine_set_status(const struct view *v, const char *id, const char *status, struct call *out);

/* The id of the version with this body (appengine.v1 Version): "m", six digits of the stack's name, eight of what is in it. A version's labels cannot
 * be set, so its id is what says whose it is, and it is the same for the same answers. */
void appengine_version_id(const char *stack, const cJSON *body, char id[APPENGINE_VERSION]);
/* Is a version with this id the stack's? */
bool appengine_ours(const struct view *v, const char *id);
/* struct kind's lock: an application takes one change at a time. */
char *appengine_lock(const struct view *v);

#endif
