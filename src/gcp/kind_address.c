/* A reserved address: external and global for a load balancer (no region in the spec), or of a region, such as the internal one of a Private
 * Service Connect endpoint. spec: {"region" or none,"body"}. Outputs: ip, link, id. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static const char *const fixed[] = {"addressType", "purpose", "subnetwork", "ipVersion", "networkTier", NULL};
static const struct compute_object global = {.scope = "global", .collection = "addresses", .fixed = fixed};
static const struct compute_object regional = {.scope = "regions", .collection = "addresses", .fixed = fixed};

static const struct compute_object *object(const struct view *v)
{
	return json_at(v->spec, "region") ? &regional : &global;
}

static void address_observe(const struct view *v, struct call *out)
{
	compute_object_observe(object(v), v, out);
}

static void address_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	compute_object_decode(object(v), v, http, reply, out);
	if (out->outputs)
		json_put_str(out->outputs, "ip", json_str(out->found, "address", ""));
}

static void address_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	compute_object_compare(object(v), v, seen, out);
	compute_object_compare_labels(v, seen->found, out);
}

static void address_create(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_create(object(v), v, seen, out);
}

static void address_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)change;
	compute_object_label(object(v), v, seen->found, out);
}

static void address_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_destroy(object(v), v, seen, out);
}

static char *address_permits(const cJSON *spec, enum deed deed)
{
	const char *resources = json_at(spec, "region") ? "addresses" : "globalAddresses";
	return deed == DEED_LIST ? NULL : compute_object_permits(resources, "setLabels", spec, deed);
}

static const char *address_terraform_type(const struct view *v)
{
	return json_at(v->spec, "region") ? "google_compute_address" : "google_compute_global_address";
}

/* Static addresses are counted where they are external: a region's by the region, global ones by the project. */
static int external(const cJSON *spec, bool in_region)
{
	return strcmp(json_str(spec, "body.addressType", "EXTERNAL"), "EXTERNAL") == 0 &&
	       (json_at(spec, "region") != NULL) == in_region;
}

static int regional_address(const cJSON *spec)
{
	return external(spec, true);
}

static int global_address(const cJSON *spec)
{
	return external(spec, false);
}

static const struct kind_quota address_quotas[] = {
    {.metric = "STATIC_ADDRESSES", .regional = true, .amount = regional_address},
    {.metric = "STATIC_ADDRESSES", .amount = global_address},
    {.metric = "IN_USE_ADDRESSES", .amount = global_address},
    {.metric = NULL},
};

const struct kind kind_address = {
    .id = "compute.address",
    .title = N_("IP address"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/addresses/list",
    .permits = address_permits,
    .uses = (const struct kind_use[]){{"body.subnetwork", NULL, "compute.subnetworks.use"},
				      {"body.network", NULL, "compute.networks.use"},
				      {NULL, NULL, NULL}},
    .usual = 1.7,
    .slow = 3,
    .deadline = 1200,
    .labelled = true,
    .quotas = address_quotas,
    .observe = address_observe,
    .decode = address_decode,
    .compare = address_compare,
    .create = address_create,
    .update = address_update,
    .destroy = address_destroy,
    .patience = 60,
    .terraform = {.type_of = address_terraform_type,
		  .place = "region",
		  .import = "{project}/{region/}{name}",
		  .outputs = (const char *const[]){"ip", "@.address", "link", "@.id", NULL}},
};
