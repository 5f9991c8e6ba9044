/* Access to a cluster: permissions by IAM, reviews of them, tokens. */
#ifndef MS_SIM_API_KUBERNETES_ACCESS_H
#define MS_SIM_API_KUBERNETES_ACCESS_H

#include "sim/api/kubernetes.h"

/* What somebody wants to do: "" for the core group, no subresource, no namespace, no name. */
struct kubernetes_wish {
	const char *verb, *group, *resource, *sub, *ns, *name;
};
/* Do the roles that are bound to the user allow it (kubernetes_rbac.c)? */
bool kubernetes_bound(struct sim *s, const char *cluster, const char *user, const struct kubernetes_wish *w);
/* Whose request it is: an address of IAM's, or "system:serviceaccount:NS:NAME" by a token of the cluster's own, a passing text; NULL: nobody's. */
const char *kubernetes_user(struct sim_call *c, const struct sim_object *cluster);
/* What the cluster says of who issues its tokens; false when the path is not of that. */
bool kubernetes_issuer(struct kubernetes_call *k);
/* May the caller do it, by IAM or by RBAC? permission (may be NULL) gets the IAM permission that decides, for the caller to free. */
bool kubernetes_may(const struct kubernetes_call *k, const struct kubernetes_wish *w, char **permission);
/* The answer to a review of this name ("selfsubjectaccessreviews"); NULL when there is none such. */
cJSON *kubernetes_review(const struct kubernetes_call *k, const char *plural, const cJSON *sent);
/* A token of this service account for these audiences (a list), as the cluster signs it; the caller frees. */
char *kubernetes_account_token(struct sim *s, const struct sim_object *cluster, const cJSON *account, const cJSON *audiences,
			       double seconds);
/* A TokenRequest answered for a service account. */
cJSON *kubernetes_token(const struct kubernetes_call *k, const cJSON *account, const cJSON *sent);

#endif
