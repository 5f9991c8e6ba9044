/* A range of internal addresses for Google's side of a peering. spec: {"network" (link)[,"address"],"prefixLength"}; without an address Google picks one. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

#define BASE "https://compute.googleapis.com/compute/v1/projects/%s/global/addresses"

static void global_address_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, v->name);
}

static void global_address_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?maxResults=500", v->project);
}

static void global_address_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_mark(v, http, reply, out);
}

/* The mark is the description: labels sent with insert are accepted and dropped. */
static cJSON *wanted(const struct view *v)
{
	char *mark = kind_mark(v);
	cJSON *w = json_make(
	    "{'name':%s,'description':%s,'purpose':'VPC_PEERING','addressType':'INTERNAL','network':%j,'prefixLength':%d}",
	    v->name, mark, kind_value(v, "network"), (int)json_num(v->spec, "prefixLength", 20));
	if (json_at(v->spec, "address"))
		json_put_str(w, "address", json_str(v->spec, "address", ""));
	free(mark);
	return w;
}

static void global_address_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"", NULL};
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_refuse_changed(out, fixed, _("a reserved range cannot be changed; remove it, or choose another stack name"));
	compute_object_compare_labels(v, seen->found, out);
	cJSON_Delete(w);
}

static void global_address_update(const struct view *v, const struct observation *seen, const struct change *change,
				  struct call *out)
{
	static const struct compute_object object = {.scope = "global", .collection = "addresses"};
	(void)change;
	compute_object_label(&object, v, seen->found, out);
}

static char *global_address_permits(const cJSON *spec, enum deed deed)
{
	return compute_object_permits("globalAddresses", "setLabels", spec, deed);
}

static void global_address_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_COMPUTE, "POST", wanted(v), BASE, v->project);
	out->request_id = true;
}

static void global_address_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_COMPUTE, "DELETE", NULL, BASE "/%s", v->project, v->name);
	out->request_id = true;
}

const struct kind kind_global_address = {
    .id = "compute.globalAddress",
    .title = N_("Internal address range"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/networks/details/{network}",
    .permits = global_address_permits,
    .uses = (const struct kind_use[]){{"network", NULL, "compute.networks.use"}, {NULL, NULL, NULL}},
    .usual = 1.7,
    .slow = 3,
    .deadline = 1200,
    .labelled = true,
    .observe = global_address_observe,
    .list = global_address_list,
    .items = "items",
    .decode = global_address_decode,
    .compare = global_address_compare,
    .create = global_address_create,
    .update = global_address_update,
    .destroy = global_address_destroy,
    .patience = 30,
    .lingers = N_("The range goes once the private connection is gone: run destroy again later. It costs nothing."),
    .terraform = {.type = "google_compute_global_address", .import = "projects/{project}/global/addresses/{name}"},
};
