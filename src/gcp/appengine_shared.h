/* What the kinds of App Engine share. */
#ifndef MS_GCP_APPENGINE_SHARED_H
#define MS_GCP_APPENGINE_SHARED_H

#include "gcp/kind.h"

/* The variable that a version has which is only there to be first. */
#define APPENGINE_PLACEHOLDER "MLFLOW_SETUP_PLACEHOLDER"

#define APPENGINE "https://appengine.googleapis.com/v1/apps/%s"

enum { APPENGINE_VERSION = 16 };

/* The id of the version with this body (appengine.v1 Version): "m", six digits of the stack's name, eight of what is in it. A version's labels cannot
 * be set, so its id is what says whose it is, and it is the same for the same answers. */
void appengine_version_id(const char *stack, const cJSON *body, char id[APPENGINE_VERSION]);
/* Is a version with this id the stack's? */
bool appengine_ours(const struct view *v, const char *id);
/* struct kind's lock: an application takes one change at a time. */
char *appengine_lock(const struct view *v);

#endif
