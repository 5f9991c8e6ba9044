/* Reading the IAM policy of any holder: what kind iam.policy and kinds that only look into one share. */
#ifndef MS_GCP_POLICY_H
#define MS_GCP_POLICY_H

#include "gcp/kind.h"

/* struct kind's observe for a spec with "holder" (a row of kind_policy.c) and "resource" (its path). A holder that is not in the table makes no
 * request, which refuses the spec. */
void policy_read(const struct view *v, struct call *out);

#endif
