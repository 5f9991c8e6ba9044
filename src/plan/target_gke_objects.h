/* How target gke spells objects and containers, for the files that it is made of. */
#ifndef MS_PLAN_TARGET_GKE_OBJECTS_H
#define MS_PLAN_TARGET_GKE_OBJECTS_H

#include "plan/design.h"

#define GKE_SERVER "mlflow"   /* Deployment, Service, and what goes with them; the label "app" of the server's pods */
#define GKE_MIGRATE "migrate" /* the Job, and its pods' label */
#define GKE_DATABASE "database"
#define GKE_ACCOUNT "server" /* the Kubernetes service account */
#define GKE_SECRET "mlflow"
/* What the connector to Cloud SQL asks for beside the server. */
#define GKE_CONNECTOR_CPU "250m"
#define GKE_CONNECTOR_MEMORY "512Mi"

/* A kind of Kubernetes' objects. */
struct type {
	const char *kind, *api, *singular, *plural;
};

/* Plans an object of the namespace; body is what its kind has beside apiVersion, kind and names, with metadata of its own if any; it is taken. The
 * resource is the plan's. */
struct resource *gke_object(struct design *d, const char *id, const struct type *t, const char *name, cJSON *body);
/* The versions of the workload's secrets, or of this one, as annotations of what starts anew when they are others: {NAME: VERSION}; the caller deletes. */
cJSON *gke_secret_versions(const struct workload *w, const char *only);

/* target_gke_pods.c */
/* The pod of these containers, with the connector to Cloud SQL beside them where the server reaches it so; the caller deletes. */
cJSON *gke_pod(const struct design *d, const struct container *const *containers, size_t count);
/* How it is told whether a container answers. */
const struct probe *gke_answers_at(const struct container *c);
/* A container of a pod, as the pod security standard "restricted" wants it; the caller deletes. */
cJSON *gke_container(const struct container *c);
/* The volumes that a container's files and disks are mounted from, appended to a list. */
void gke_volumes(cJSON *volumes, const struct container *c);
/* As whom a pod does its work: not root; disks: it has some, whose files are made this user's where they are not yet. */
cJSON *gke_user(int user, bool disks);

/* target_gke_disks.c: the workload's disks, and the database where it runs in the cluster. */
void gke_add_disks(struct design *d);
void gke_add_database(struct design *d);
/* Of the policy of all other pods: which these are, and what lets them out to the database. */
cJSON *gke_pods_but_database(const struct design *d);
cJSON *gke_way_to_database(const struct design *d);

#endif
