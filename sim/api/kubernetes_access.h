/* Access to a cluster: permissions by IAM, reviews of them, tokens. */
#ifndef MS_SIM_API_KUBERNETES_ACCESS_H
#define MS_SIM_API_KUBERNETES_ACCESS_H

#include "sim/api/kubernetes.h"

/* May the caller do it? permission (may be NULL) gets the IAM permission that decides, for the caller to free. */
bool kubernetes_may(const struct kubernetes_call *k, const char *group, const char *resource, const char *verb, char **permission);
/* The answer to a review of this name ("selfsubjectaccessreviews"); NULL when there is none such. */
cJSON *kubernetes_review(const struct kubernetes_call *k, const char *plural, const cJSON *sent);
/* A TokenRequest answered for a service account. */
cJSON *kubernetes_token(const struct kubernetes_call *k, const cJSON *account, const cJSON *sent);

#endif
