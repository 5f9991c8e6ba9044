/* The HTTPS side of a load balancer: its URL map and its certificates. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct compute_object object = {.scope = "global", .collection = "targetHttpsProxies"};

COMPUTE_OBJECT(target_https_proxy, object)
COMPUTE_UPDATE(target_https_proxy, object)

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
    .uses = (const struct kind_use[]){{"body.urlMap", NULL, "compute.urlMaps.use"},
				      {"body.sslPolicy", NULL, "compute.sslPolicies.use"},
				      {"body.sslCertificates", NULL, "compute.sslCertificates.get"},
				      {"body.certificateMap", NULL, "certificatemanager.certmaps.use"},
				      {NULL, NULL, NULL}},
    .usual = 1.2,
    .slow = 2,
    .deadline = 1200,
    .quotas = (const struct kind_quota[]){{.metric = "TARGET_HTTPS_PROXIES"}, {.metric = NULL}},
    .observe = target_https_proxy_observe,
    .decode = target_https_proxy_decode,
    .compare = target_https_proxy_compare,
    .create = target_https_proxy_create,
    .update = target_https_proxy_update,
    .destroy = target_https_proxy_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_target_https_proxy",
		  .import = "projects/{project}/global/targetHttpsProxies/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
