/* A version of target appengine as the file that `gcloud app deploy` reads. */
#ifndef MS_PLAN_TARGET_APPENGINE_YAML_H
#define MS_PLAN_TARGET_APPENGINE_YAML_H

#include "plan/plan.h"

/* Variables of a version that begin so make another version of one whose secrets were made anew, and nothing else. */
#define APPENGINE_SECRET_MADE "SECRET_MADE_"

/* struct target's manifests (axes.h). */
void appengine_yaml(const struct plan *p, const cJSON *resolved, struct buf *out);

#endif
