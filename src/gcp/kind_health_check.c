/* A load balancer's health check. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const char *const fixed[] = {"type", NULL};

static const struct compute_object object = {.scope = "global", .collection = "healthChecks", .fixed = fixed};

COMPUTE_OBJECT(health_check, object)
COMPUTE_UPDATE(health_check, object)

const struct kind kind_health_check = {
    .id = "compute.healthCheck",
    .title = N_("Health check"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "compute/healthChecks/details/{name}",
    .permissions = {.read = "compute.healthChecks.get",
		    .create = "compute.healthChecks.create compute.globalOperations.get",
		    .update = "compute.healthChecks.update compute.globalOperations.get",
		    .destroy = "compute.healthChecks.delete compute.globalOperations.get"},
    .usual = 0.9,
    .slow = 1.6,
    .deadline = 1200,
    .quotas = (const struct kind_quota[]){{.metric = "HEALTH_CHECKS"}, {.metric = NULL}},
    .observe = health_check_observe,
    .decode = health_check_decode,
    .compare = health_check_compare,
    .create = health_check_create,
    .update = health_check_update,
    .destroy = health_check_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_health_check",
		  .import = "projects/{project}/global/healthChecks/{name}",
		  .moves = (const char *const[]){"type", "", NULL},
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
