/* The HTTP side of a load balancer. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct compute_object object = {.scope = "global", .collection = "targetHttpProxies"};

COMPUTE_OBJECT(target_http_proxy, object)
COMPUTE_UPDATE(target_http_proxy, object)

const struct kind kind_target_http_proxy = {
    .id = "compute.targetHttpProxy",
    .title = N_("HTTP proxy"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "net-services/loadbalancing/list/loadBalancers",
    .permissions = {.read = "compute.targetHttpProxies.get",
		    .create = "compute.targetHttpProxies.create compute.globalOperations.get",
		    .update = "compute.targetHttpProxies.update compute.globalOperations.get",
		    .destroy = "compute.targetHttpProxies.delete compute.globalOperations.get"},
    .uses = (const struct kind_use[]){{"body.urlMap", NULL, "compute.urlMaps.use"}, {NULL, NULL, NULL}},
    .usual = 1.2,
    .slow = 2,
    .deadline = 1200,
    .observe = target_http_proxy_observe,
    .decode = target_http_proxy_decode,
    .compare = target_http_proxy_compare,
    .create = target_http_proxy_create,
    .update = target_http_proxy_update,
    .destroy = target_http_proxy_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_target_http_proxy",
		  .import = "projects/{project}/global/targetHttpProxies/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
