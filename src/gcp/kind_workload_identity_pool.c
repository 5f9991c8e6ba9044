/* A pool of identities that are kept elsewhere, such as those of a CI service. spec: {"body":{"displayName"}}. A deleted one keeps its name for 30 days. */
#include "config.h"
#include "gcp/aip_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct aip_object object = {.base = "https://iam.googleapis.com/v1",
					 .collection = "workloadIdentityPools",
					 .id_parameter = "workloadIdentityPoolId",
					 .described = true,
					 .revived = true};

AIP_OBJECT(workload_identity_pool, object)
AIP_DECODE(workload_identity_pool, object)

const struct kind kind_workload_identity_pool = {
    .id = "iam.workloadIdentityPool",
    .title = N_("Workload identity pool"),
    .api = "iam.googleapis.com",
    .part = PART_ACCESS,
    .console_page = "iam-admin/workload-identity-pools",
    .permissions = {.read = "iam.workloadIdentityPools.get",
		    .create = "iam.workloadIdentityPools.create",
		    .update = "iam.workloadIdentityPools.update iam.workloadIdentityPools.undelete",
		    .destroy = "iam.workloadIdentityPools.delete"},
    .usual = 2,
    .slow = 10,
    .deadline = 300,
    .observe = workload_identity_pool_observe,
    .decode = workload_identity_pool_decode,
    .compare = workload_identity_pool_compare,
    .create = workload_identity_pool_create,
    .update = workload_identity_pool_update,
    .destroy = workload_identity_pool_destroy,
    .terraform = {.type = "google_iam_workload_identity_pool",
		  .name = "workload_identity_pool_id",
		  .import = "projects/{project}/locations/global/workloadIdentityPools/{name}",
		  .outputs = (const char *const[]){"name", "@.name", NULL}},
};
