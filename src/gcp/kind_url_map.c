/* A URL map: where requests of a load balancer go. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const struct compute_object object = {.scope = "global", .collection = "urlMaps"};

COMPUTE_OBJECT(url_map, object)
COMPUTE_UPDATE(url_map, object)

const struct kind kind_url_map = {
    .id = "compute.urlMap",
    .title = N_("URL map"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "net-services/loadbalancing/list/loadBalancers",
    .permissions = {.read = "compute.urlMaps.get",
		    .create = "compute.urlMaps.create compute.globalOperations.get",
		    .update = "compute.urlMaps.update compute.globalOperations.get",
		    .destroy = "compute.urlMaps.delete compute.globalOperations.get"},
    .uses = (const struct kind_use[]){{"body.defaultService", NULL, "compute.backendServices.use"}, {NULL, NULL, NULL}},
    .usual = 0.7,
    .slow = 1,
    .deadline = 1200,
    .quotas = (const struct kind_quota[]){{.metric = "URL_MAPS"}, {.metric = NULL}},
    .observe = url_map_observe,
    .decode = url_map_decode,
    .compare = url_map_compare,
    .create = url_map_create,
    .update = url_map_update,
    .destroy = url_map_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_url_map",
		  .import = "projects/{project}/global/urlMaps/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
