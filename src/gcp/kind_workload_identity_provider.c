/* Whose tokens a workload identity pool takes, and what it makes of them. spec: {"parent":"locations/global/workloadIdentityPools/POOL","body":{"oidc",
 * "attributeMapping","attributeCondition"}}. A deleted one keeps its name for 30 days. */
#include "config.h"
#include "gcp/aip_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct aip_object object = {.base = "https://iam.googleapis.com/v1",
					 .collection = "providers",
					 .id_parameter = "workloadIdentityPoolProviderId",
					 .described = true,
					 .revived = true};

AIP_OBJECT(workload_identity_provider, object)
AIP_DECODE(workload_identity_provider, object)

const struct kind kind_workload_identity_provider = {
    .id = "iam.workloadIdentityPoolProvider",
    .title = N_("Workload identity provider"),
    .api = "iam.googleapis.com",
    .part = PART_ACCESS,
    .console_page = "iam-admin/workload-identity-pools",
    .permissions = {.read = "iam.workloadIdentityPoolProviders.get",
		    .create = "iam.workloadIdentityPoolProviders.create",
		    .update = "iam.workloadIdentityPoolProviders.update iam.workloadIdentityPoolProviders.undelete",
		    .destroy = "iam.workloadIdentityPoolProviders.delete"},
    .usual = 2,
    .slow = 10,
    .deadline = 300,
    .observe = workload_identity_provider_observe,
    .decode = workload_identity_provider_decode,
    .compare = workload_identity_provider_compare,
    .create = workload_identity_provider_create,
    .update = workload_identity_provider_update,
    .destroy = workload_identity_provider_destroy,
    .terraform = {.type = "google_iam_workload_identity_pool_provider",
		  .name = "workload_identity_pool_provider_id",
		  .import = "projects/{project}/{parent}/providers/{name}",
		  .takes = (const char *const[]){"parent", "workloadIdentityPoolId", NULL}},
};
