/* A cluster that is not Google's: its own authority, its own users, its own keys for tokens of service accounts. IAM has no say in it. */
#ifndef MS_SIM_API_KUBERNETES_ELSEWHERE_H
#define MS_SIM_API_KUBERNETES_ELSEWHERE_H

#include "sim/api/shared.h"

/* Is it that cluster's host? */
bool elsewhere_answers(const char *host);
/* The cluster, made when it is first asked for. */
struct sim_object *elsewhere_cluster(struct sim *s);
/* Is it that one? */
bool elsewhere_is(const struct sim_object *cluster);
/* The user who has all rights in it. */
#define ELSEWHERE_ADMIN "kubernetes-admin"
/* Who shows this token, or whom a certificate names that its authority vouches for; NULL: nobody. */
const char *elsewhere_user(struct sim *s, const char *token, const char *certified);
#define ELSEWHERE_ISSUER "https://kubernetes.default.svc.cluster.local"
/* Whom Google takes a pod for by the credential file that a container of its template names: its token is exchanged as Google's libraries do. The result is a
 * passing text; "" where it is nobody. */
const char *elsewhere_identity(struct sim *s, const cJSON *containers, const cJSON *volumes);

#endif
