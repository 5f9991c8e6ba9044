/* A subnet. spec: {"region","network" (link),"ipCidrRange"}; at least /26 for Cloud Run's direct VPC egress. Outputs: link. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

#define BASE "https://compute.googleapis.com/compute/v1/projects/%s/regions/%s/subnetworks"

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void subnetwork_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, region(v), v->name);
}

static void subnetwork_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?maxResults=500", v->project, json_str(v->spec, "region", ""));
}

static void subnetwork_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_mark(v, http, reply, out);
	if (!out->outputs)
		return;
	char *link = xasprintf("projects/%s/regions/%s/subnetworks/%s", v->project, region(v), v->name);
	json_put_str(out->outputs, "link", link);
	free(link);
}

static cJSON *wanted(const struct view *v)
{
	char *mark = kind_mark(v);
	cJSON *w = json_make("{'name':%s,'description':%s,'network':%j,'ipCidrRange':%s,'privateIpGoogleAccess':true}", v->name,
			     mark, kind_value(v, "network"), json_str(v->spec, "ipCidrRange", ""));
	free(mark);
	return w;
}

static void subnetwork_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"network", "ipCidrRange", "name", NULL};
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_refuse_changed(out, fixed, _("a subnet cannot be moved; remove it, or choose another stack name"));
	cJSON_Delete(w);
}

static void subnetwork_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_COMPUTE, "POST", wanted(v), BASE, v->project, region(v));
	out->request_id = true;
}

/* Private Google access has a method of its own; PATCH does not take it. */
static void subnetwork_update(const struct view *v, const struct observation *seen, const struct change *change,
			      struct call *out)
{
	(void)seen;
	(void)change;
	call_set(out, DIALECT_COMPUTE, "POST", json_make("{'privateIpGoogleAccess':true}"), BASE "/%s/setPrivateIpGoogleAccess",
		 v->project, region(v), v->name);
	out->request_id = true;
}

static void subnetwork_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_COMPUTE, "DELETE", NULL, BASE "/%s", v->project, region(v), v->name);
	out->request_id = true;
}

static const struct kind_constraint subnetwork_constraints[] = {
    {.name = "compute.requireVpcFlowLogs", .words = N_("a subnetwork without flow logs"), .value = "NONE", .bare = true},
    {.name = NULL},
};

const struct kind kind_subnetwork = {
    .id = "compute.subnetwork",
    .title = N_("Subnet"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/subnetworks/details/{region}/{name}",
    .permissions = {.read = "compute.subnetworks.get",
		    .list = "compute.subnetworks.list",
		    .create = "compute.subnetworks.create compute.networks.updatePolicy compute.regionOperations.get",
		    .update = "compute.subnetworks.setPrivateIpGoogleAccess compute.regionOperations.get",
		    .destroy = "compute.subnetworks.delete compute.regionOperations.get"},
    .usual = 12,
    .slow = 22,
    .deadline = 1200,
    .quotas = (const struct kind_quota[]){{.metric = "SUBNETWORKS"}, {.metric = NULL}},
    .constraints = subnetwork_constraints,
    .observe = subnetwork_observe,
    .list = subnetwork_list,
    .items = "items",
    .decode = subnetwork_decode,
    .compare = subnetwork_compare,
    .create = subnetwork_create,
    .update = subnetwork_update,
    .destroy = subnetwork_destroy,
    .patience = 5,
    .lingers = N_(
	"Cloud Run holds addresses in the subnet for one to two hours after the service is gone: run destroy again then. "
	"It costs nothing."),
    .terraform = {.type = "google_compute_subnetwork",
		  .place = "region",
		  .import = "projects/{project}/regions/{region}/subnetworks/{name}",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
