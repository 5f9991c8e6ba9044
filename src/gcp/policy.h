/* Reading the IAM policy of any holder: what kind iam.policy and kinds that only look into one share; and how that kind is spelled for Terraform. */
#ifndef MS_GCP_POLICY_H
#define MS_GCP_POLICY_H

#include "gcp/kind.h"

/* struct kind's observe for a spec with "holder" (a row of kind_policy.c) and "resource" (its path). A holder that is not in the table makes no
 * request, which refuses the spec. */
void policy_read(const struct view *v, struct call *out);

/* policy_terraform.c: the functions of the kind's struct terraform. */
const char *policy_terraform_type(const struct view *v);
char *policy_import(const struct view *v, const char *key);
cJSON *policy_terraform(const struct view *v);
/* "ROLE MEMBER" each. */
cJSON *policy_each(const struct view *v);

#endif
