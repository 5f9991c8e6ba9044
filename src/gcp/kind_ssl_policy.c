/* Which TLS versions and ciphers a load balancer offers. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct compute_object object = {.scope = "global", .collection = "sslPolicies"};

COMPUTE_OBJECT(ssl_policy, object)
COMPUTE_UPDATE(ssl_policy, object)

const struct kind kind_ssl_policy = {
    .id = "compute.sslPolicy",
    .title = N_("SSL policy"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "net-security/sslpolicies/list",
    .permissions = {.read = "compute.sslPolicies.get",
		    .create = "compute.sslPolicies.create compute.globalOperations.get",
		    .update = "compute.sslPolicies.update compute.globalOperations.get",
		    .destroy = "compute.sslPolicies.delete compute.globalOperations.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 1200,
    .observe = ssl_policy_observe,
    .decode = ssl_policy_decode,
    .compare = ssl_policy_compare,
    .create = ssl_policy_create,
    .update = ssl_policy_update,
    .destroy = ssl_policy_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_ssl_policy",
		  .import = "projects/{project}/global/sslPolicies/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
