/* A serverless network endpoint group: how a load balancer finds a Cloud Run service or an App Engine application. It has no update. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const char *const fixed[] = {"networkEndpointType", "cloudRun", "appEngine", NULL};

static const struct compute_object object = {.scope = "regions", .collection = "networkEndpointGroups", .fixed = fixed};

COMPUTE_OBJECT(network_endpoint_group, object)

const struct kind kind_network_endpoint_group = {
    .id = "compute.networkEndpointGroup",
    .title = N_("Network endpoint group"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "compute/networkendpointgroups/list",
    .permissions = {.read = "compute.regionNetworkEndpointGroups.get",
		    .create = "compute.regionNetworkEndpointGroups.create compute.regionOperations.get",
		    .destroy = "compute.regionNetworkEndpointGroups.delete compute.regionOperations.get"},
    .usual = 2,
    .slow = 4,
    .deadline = 1200,
    .observe = network_endpoint_group_observe,
    .decode = network_endpoint_group_decode,
    .compare = network_endpoint_group_compare,
    .create = network_endpoint_group_create,
    .destroy = network_endpoint_group_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_region_network_endpoint_group",
		  .place = "region",
		  .import = "projects/{project}/regions/{region}/networkEndpointGroups/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
