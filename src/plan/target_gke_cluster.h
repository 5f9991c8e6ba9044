/* The cluster of target gke: a new one of the stack's own, or one that stands already and is only lived in. */
#ifndef MS_PLAN_TARGET_GKE_CLUSTER_H
#define MS_PLAN_TARGET_GKE_CLUSTER_H

#include "plan/design.h"

/* The questions that choose it, ended by a NULL id, and what is wrong with their answers together. */
extern const struct question cluster_questions[];
void cluster_check(const struct answers *a, problem_fn *found, void *arg);
/* Is it one of the project's that stands already? */
bool cluster_stands(const struct answers *a);
/* Does it stand already, wherever it is and whoever made it? */
bool cluster_is_given(const struct answers *a);
/* The id of its resource in the plan. */
const char *cluster_id(const struct answers *a);
/* Plans it, or the look at it; in both cases its machines may read the stack's own repositories. */
void cluster_add(struct design *d);
/* Once the workload is spelled: what its pods ask of the machines of a cluster that stands. */
void cluster_room(struct design *d);
/* Puts into an object's spec how its API server is asked. */
void cluster_door(const struct answers *a, cJSON *spec);
/* How gcloud calls it: {"name","location","dns": its DNS endpoint is open, as was seen when the stack was last built}; NULL: it is not Google's. The caller
 * deletes. */
cJSON *cluster_called(const struct plan *p);
/* The line for a shell that gives kubectl the way to it. */
void cluster_credentials(const struct plan *p, struct buf *out);

/* Its objects as a file for `render` (target_gke_manifests.c); struct target's manifests. */
void cluster_manifests(const struct plan *p, const cJSON *resolved, struct buf *out);

#endif
