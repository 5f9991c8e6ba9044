/* An unmanaged instance group: how a load balancer finds machines. spec has besides "instances":[link of each member]. The group tells how many
 * members it has, not which: a machine that is deleted leaves by itself, and what is made anew is added. It has no PATCH. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

static const struct compute_object object = {.scope = "zones", .collection = "instanceGroups"};

static void instance_group_observe(const struct view *v, struct call *out)
{
	compute_object_observe(&object, v, out);
}

static void instance_group_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	compute_object_decode(&object, v, http, reply, out);
}

static int members(const struct view *v)
{
	return cJSON_GetArraySize(json_at(v->spec, "instances"));
}

static void instance_group_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *wanted = compute_object_wanted(v);
	json_put_num(wanted, "size", members(v));
	kind_compare_leaves(wanted, seen->found, NULL, out);
	for (size_t i = 0; i < out->count; i++)
		if (text_starts(out->differences[i].path, "network")) {
			out->verdict = VERDICT_REPLACE;
			free(out->reason);
			out->reason = xstrdup(_("a group belongs to one network"));
		}
	cJSON_Delete(wanted);
}

static void instance_group_create(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_create(&object, v, seen, out);
}

static void instance_group_update(const struct view *v, const struct observation *seen, const struct change *change,
				  struct call *out)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *link;
	(void)change;
	if ((int)json_num(seen->found, "size", 0) == members(v)) {
		cJSON_Delete(list);
		compute_object_method(&object, v, "setNamedPorts",
				      json_make("{'namedPorts':%j,'fingerprint':%s}", kind_value(v, "body.namedPorts"),
						json_str(seen->found, "fingerprint", "")),
				      out);
		return;
	}
	cJSON_ArrayForEach(link, json_at(v->spec, "instances"))
		cJSON_AddItemToArray(list, json_make("{'instance':%j}", cJSON_Duplicate(link, 1)));
	compute_object_method(&object, v, "addInstances", json_make("{'instances':%j}", list), out);
}

static void instance_group_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_destroy(&object, v, seen, out);
}

static cJSON *instance_group_terraform(const struct view *v)
{
	cJSON *body = compute_object_wanted(v);
	json_put(body, "instances", kind_value(v, "instances"));
	return body;
}

const struct kind kind_instance_group = {
    .id = "compute.instanceGroup",
    .title = N_("Instance group"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "compute/instanceGroups/details/{zone}/{name}",
    .permissions =
	{.read = "compute.instanceGroups.get",
	 .create =
	     "compute.instanceGroups.create compute.instanceGroups.update compute.instances.use compute.zoneOperations.get",
	 .update = "compute.instanceGroups.update compute.instances.use compute.zoneOperations.get",
	 .destroy = "compute.instanceGroups.delete compute.zoneOperations.get"},
    .usual = 6,
    .slow = 12,
    .deadline = 1200,
    .observe = instance_group_observe,
    .decode = instance_group_decode,
    .compare = instance_group_compare,
    .create = instance_group_create,
    .update = instance_group_update,
    .destroy = instance_group_destroy,
    .patience = 60,
    .terraform = {.type = "google_compute_instance_group",
		  .place = "zone",
		  .import = "projects/{project}/zones/{zone}/instanceGroups/{name}",
		  .body = instance_group_terraform,
		  .moves = (const char *const[]){"namedPorts", "namedPort", NULL},
		  .outputs = (const char *const[]){"link", "@.self_link", NULL}},
};
