/* A VPC network in custom mode. spec: {}. Outputs: link ("projects/P/global/networks/NAME"). */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

#define BASE "https://compute.googleapis.com/compute/v1/projects/%s/global/networks"

static void network_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, v->name);
}

static void network_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?maxResults=500", v->project);
}

static void network_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_mark(v, http, reply, out);
	if (!out->outputs)
		return;
	char *link = xasprintf("projects/%s/global/networks/%s", v->project, v->name);
	json_put_str(out->outputs, "link", link);
	free(link);
}

/* autoCreateSubnetworks is always said: left out, Google makes a legacy network. */
static cJSON *wanted(const struct view *v)
{
	char *mark = kind_mark(v);
	cJSON *w = json_make(
	    "{'name':%s,'description':%s,'autoCreateSubnetworks':false,'routingConfig':{'routingMode':'REGIONAL'}}", v->name,
	    mark);
	free(mark);
	return w;
}

static void network_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"autoCreateSubnetworks", "name", NULL};
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_refuse_changed(out, fixed, _("a network in auto mode cannot be used; choose another stack name"));
	cJSON_Delete(w);
}

static void network_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_COMPUTE, "POST", wanted(v), BASE, v->project);
	out->request_id = true;
}

static void network_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)seen;
	(void)change;
	call_set(out, DIALECT_COMPUTE, "PATCH", json_make("{'routingConfig':{'routingMode':'REGIONAL'}}"), BASE "/%s",
		 v->project, v->name);
	out->request_id = true;
}

static void network_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_COMPUTE, "DELETE", NULL, BASE "/%s", v->project, v->name);
	out->request_id = true;
}

const struct kind kind_network = {
    .id = "compute.network",
    .title = N_("VPC network"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/networks/details/{name}",
    .permissions = {.read = "compute.networks.get",
		    .list = "compute.networks.list",
		    .create = "compute.networks.create compute.globalOperations.get",
		    .update = "compute.networks.update compute.globalOperations.get",
		    .destroy = "compute.networks.delete compute.globalOperations.get"},
    .usual = 9.3,
    .slow = 13.1,
    .deadline = 1200,
    .quotas = (const struct kind_quota[]){{.metric = "NETWORKS"}, {.metric = NULL}},
    .observe = network_observe,
    .list = network_list,
    .items = "items",
    .decode = network_decode,
    .compare = network_compare,
    .create = network_create,
    .update = network_update,
    .destroy = network_destroy,
    .patience = 60,
    .lingers = N_(
	"The network goes once its subnet and the private connection are gone: run destroy again later. It costs nothing."),
    .terraform = {.type = "google_compute_network",
		  .import = "projects/{project}/global/networks/{name}",
		  .moves = (const char *const[]){"routingConfig.routingMode", "routingMode", "routingConfig", "", NULL},
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
