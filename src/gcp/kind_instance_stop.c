/* That a virtual machine which boots another image of the server does not run: nobody writes while what it writes to is changed. Its next change starts it
 * again. spec: {"zone","image"}; what it boots is told by its user data. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

static const struct compute_object object = {.scope = "zones", .collection = "instances"};

static void instance_stop_observe(const struct view *v, struct call *out)
{
	compute_object_observe(&object, v, out);
}

static bool is_status(const cJSON *found, const char *status)
{
	return !strcmp(json_str(found, "status", ""), status);
}

/* A machine that is not there does not run. */
static void instance_stop_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	compute_object_decode(&object, v, http, reply, out);
	if (out->presence == PRESENT_NO)
		out->presence = PRESENT_YES;
	else if (out->presence == PRESENT_YES && !is_status(out->found, "RUNNING") && !is_status(out->found, "TERMINATED") &&
		 !is_status(out->found, "SUSPENDED"))
		out->presence = PRESENT_PENDING;
}

static bool has_image(const struct view *v, const cJSON *found)
{
	const cJSON *image = json_at(v->spec, "image"), *item;
	cJSON_ArrayForEach(item, json_at(found, "metadata.items"))
		if (!strcmp(json_str(item, "key", ""), "user-data"))
			return cJSON_IsString(image) && strstr(json_str(item, "value", ""), image->valuestring);
	return false;
}

static void instance_stop_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	bool runs = seen->found && is_status(seen->found, "RUNNING") && !has_image(v, seen->found);
	cJSON *stopped = cJSON_CreateString("TERMINATED");
	if (runs)
		change_add(out, "status", json_at(seen->found, "status"), stopped);
	out->verdict = runs ? VERDICT_UPDATE : VERDICT_KEEP;
	cJSON_Delete(stopped);
}

static const char *instance_stop_downtime(const cJSON *spec, const struct change *c)
{
	(void)spec, (void)c;
	return N_("The server does not answer from here on until the new one has started: three to ten minutes.");
}

static void instance_stop_update(const struct view *v, const struct observation *seen, const struct change *change,
				 struct call *out)
{
	(void)seen, (void)change;
	compute_object_method(&object, v, "stop", NULL, out);
}

/* There is nothing to stop where there is no machine: it is looked at again. */
static void instance_stop_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	instance_stop_observe(v, out);
}

static void instance_stop_back(const struct view *v, const struct observation *seen, struct call *out)
{
	if (seen->found && is_status(seen->found, "TERMINATED") && !has_image(v, seen->found))
		compute_object_method(&object, v, "start", NULL, out);
}

char *compute_instance_restart(const struct view *v, const struct observation *seen)
{
	if (seen && (!seen->found || is_status(seen->found, "RUNNING")))
		return NULL;
	struct buf b = {0};
	buf_puts(&b, "gcloud compute instances start ");
	escape_word(v->name, &b);
	buf_puts(&b, " --zone=");
	escape_word(json_str(v->spec, "zone", ""), &b);
	buf_puts(&b, " --project=");
	escape_word(v->project, &b);
	return buf_take(&b);
}

const struct kind kind_instance_stop = {
    .id = "compute.instanceStop",
    .title = N_("Stop of the virtual machine"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "compute/instancesDetail/zones/{zone}/instances/{name}",
    .permissions = {.read = "compute.instances.get",
		    .update = "compute.instances.stop compute.instances.start compute.zoneOperations.get"},
    .usual = 30,
    .slow = 90,
    .deadline = 900,
    .foresees = true,
    .observe = instance_stop_observe,
    .decode = instance_stop_decode,
    .compare = instance_stop_compare,
    .downtime = instance_stop_downtime,
    .create = instance_stop_create,
    .update = instance_stop_update,
    .back = instance_stop_back,
    .restart = compute_instance_restart,
    .terraform = {.none = "A server is stopped for an upgrade only."},
};
