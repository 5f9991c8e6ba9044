/* A cluster of target gke that stands wherever it is, by a context of a kubeconfig file: how it is asked, and who its pods are for Google. */
#ifndef MS_PLAN_TARGET_GKE_CONTEXT_H
#define MS_PLAN_TARGET_GKE_CONTEXT_H

#include "plan/design.h"

#define CONTEXT_CLUSTER "cluster/context" /* the id of its resource */

/* Does the stack live in such a cluster? */
bool context_chosen(const struct answers *a);
/* Plans the look at it, and the pool of identities of one account of it. subject is what its tokens say: "system:serviceaccount:NS:NAME". */
void context_add(struct design *d, const char *subject);
/* Puts into an object's spec how the API server is asked. */
void context_door(const struct answers *a, cJSON *spec);
/* That account as a member of policies, for the caller to free, and the id of the resource that must stand before it can be named. */
char *context_member(const struct design *d, const char *subject);
#define CONTEXT_IDENTIFIED "federation/provider"
/* What a ConfigMap "google" has to hold for pods, as its data. */
cJSON *context_credentials(const struct design *d);
/* Gives every container of a pod what it needs to be that account for Google: the token, the credential file, the variables that name them. */
void context_equip(const struct design *d, cJSON *pod);
/* Where the image is of the project's own registry: plans who pulls it, and gives the body of a Secret "pull" that the cluster's machines do it by; else NULL. */
cJSON *context_pull(struct design *d);
/* Appends kubectl's options for it, each with a blank behind; context "" and kubeconfig "": none. */
void context_options(const struct plan *p, struct buf *out);
/* What is wrong with the answers while it is chosen. */
void context_check(const struct answers *a, problem_fn *found, void *arg);

#endif
