/* A Cloud Router with the Cloud NAT in it: how machines without an address of their own reach the internet. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

static const char *const fixed[] = {"network", NULL};

static const struct compute_object object = {.scope = "regions", .collection = "routers", .fixed = fixed};

COMPUTE_OBJECT(router, object)
COMPUTE_UPDATE(router, object)

/* The gateway for one machine, an hour; what passes through it comes on top. */
static double router_monthly(const cJSON *spec, const char *region)
{
	(void)spec, (void)region;
	return 0.0014 * 730;
}

/* The one NAT that is in it. */
static cJSON *router_nat_body(const struct view *v)
{
	cJSON *body = kind_copy(v, "body.nats.0");
	json_put_str(body, "router", v->name);
	return body;
}

static const struct kind_terraform router_nat = {
    .type = "google_compute_router_nat",
    .name = "",
    .place = "region",
    .import = "projects/{project}/regions/{region}/routers/{name}/{body.nats.0.name}",
    .body = router_nat_body,
    .moves = (const char *const[]){"subnetworks", "subnetwork", NULL},
};

/* How a policy names what the NAT lets out: a subnetwork of ours where it is for all of a network. */
static char *router_nat_subnet(const struct view *v)
{
	const char *name = json_str(v->spec, "body.nats.0.subnetworks.0.name", "");
	return *name ? xstrdup(name)
		     : xasprintf("projects/%s/regions/%s/subnetworks/-", v->project, json_str(v->spec, "region", ""));
}

static const struct kind_constraint router_constraints[] = {
    {.name = "compute.restrictCloudNATUsage",
     .words = N_("Cloud NAT, by which machines without an address reach the Internet"),
     .path = "body.nats",
     .value_of = router_nat_subnet,
     .bare = true},
    {.name = NULL},
};

const struct kind kind_router = {
    .id = "compute.router",
    .title = N_("Cloud Router and NAT"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "hybrid/routers/details/{region}/{name}",
    .permissions = {.read = "compute.routers.get",
		    .create = "compute.routers.create compute.networks.updatePolicy compute.regionOperations.get",
		    .update = "compute.routers.update compute.networks.updatePolicy compute.regionOperations.get",
		    .destroy = "compute.routers.delete compute.regionOperations.get"},
    .usual = 12,
    .slow = 24,
    .deadline = 1200,
    .billable = true,
    .monthly = router_monthly,
    .quotas = (const struct kind_quota[]){{.metric = "ROUTERS"}, {.metric = NULL}},
    .constraints = router_constraints,
    .observe = router_observe,
    .decode = router_decode,
    .compare = router_compare,
    .create = router_create,
    .update = router_update,
    .destroy = router_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_router",
		  .place = "region",
		  .import = "projects/{project}/regions/{region}/routers/{name}",
		  .moves = (const char *const[]){"nats", "", NULL},
		  .also = &router_nat},
};
