/* The HTTPS side of a load balancer: its URL map and its certificates. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct compute_object object = {.scope = "global", .collection = "targetHttpsProxies"};

COMPUTE_OBJECT(object)
COMPUTE_UPDATE(object)

const struct kind kind_target_https_proxy = {
    .id = "compute.targetHttpsProxy",
    .title = N_("HTTPS proxy"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "net-services/loadbalancing/list/loadBalancers",
    .permissions = {.read = "compute.targetHttpsProxies.get",
		    .create = "compute.targetHttpsProxies.create compute.globalOperations.get",
		    .update = "compute.targetHttpsProxies.update compute.globalOperations.get",
		    .destroy = "compute.targetHttpsProxies.delete compute.globalOperations.get"},
    .usual = 1.2,
    .slow = 2,
    .deadline = 1200,
    .quotas = (const struct kind_quota[]){{.metric = "TARGET_HTTPS_PROXIES"}, {.metric = NULL}},
    .observe = observe,
    .decode = decode,
    .compare = compare,
    .create = create,
    .update = update,
    .destroy = destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_target_https_proxy",
		  .import = "projects/{project}/global/targetHttpsProxies/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
