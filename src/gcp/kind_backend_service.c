/* The backend service of a global external Application Load Balancer. A client secret for IAP is not shown again, so it is not compared. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const char *const fixed[] = {"loadBalancingScheme", NULL};
static const char *const skip[] = {"iap.oauth2ClientSecret", NULL};

/* Another target or another gate behind the same address: serverless backends take no health check and no time limit. */
static const struct compute_object object = {.scope = "global",
					     .collection = "backendServices",
					     .fixed = fixed,
					     .skip = skip,
					     .unsaid = "{'healthChecks':[],'timeoutSec':30,'iap':{'enabled':false}}"};

COMPUTE_OBJECT(backend_service, object)
COMPUTE_UPDATE(backend_service, object)

const struct kind kind_backend_service = {
    .id = "compute.backendService",
    .title = N_("Backend service"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "net-services/loadbalancing/list/backends",
    .requests = "resource.type=\"http_load_balancer\" resource.labels.backend_service_name=\"{name}\"",
    .permissions = {.read = "compute.backendServices.get",
		    .create = "compute.backendServices.create compute.globalOperations.get",
		    .update = "compute.backendServices.update compute.globalOperations.get",
		    .destroy = "compute.backendServices.delete compute.globalOperations.get"},
    .uses = (const struct kind_use[]){{"body.healthChecks", NULL,
				       "compute.healthChecks.useReadOnly compute.instanceGroups.use"},
				      {"body.healthChecks", "", "compute.regionNetworkEndpointGroups.use"},
				      {NULL, NULL, NULL}},
    .usual = 17,
    .slow = 19,
    .deadline = 1200,
    .quotas = (const struct kind_quota[]){{.metric = "BACKEND_SERVICES"}, {.metric = NULL}},
    .observe = backend_service_observe,
    .decode = backend_service_decode,
    .compare = backend_service_compare,
    .create = backend_service_create,
    .update = backend_service_update,
    .destroy = backend_service_destroy,
    .patience = 60,
    .terraform = {.adds = "{'connectionDrainingTimeoutSec':0}",
		  .type = "google_compute_backend_service",
		  .import = "projects/{project}/global/backendServices/{name}",
		  .moves = (const char *const[]){"backends", "backend", "iap.oauth2ClientSecret", "iap.oauth2ClientSecretWo",
						 NULL},
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
