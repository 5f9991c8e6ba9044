/* A virtual machine. spec: {"zone","body":{...} in the words of Instance}; metadata is compared key by key, and what others put there stays. The boot
 * disk's image is chosen when the machine is made and never followed: the family's next release is no difference. What the machine reads at boot
 * (metadata) or cannot change while it runs (type, account, shielding) is changed while it is stopped, so that a run that breaks off never leaves one
 * that runs by old settings and shows new ones: stop, set, start. Tags and labels are changed in place; its network cannot be. Outputs: link, id, zone. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"
#include "gcp/prices.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Disks are what they were made of, metadata and tags are compared below; a machine's description cannot be changed, and its mark is among the labels. */
static const char *const skip[] = {"disks", "metadata", "description", NULL};

static const struct compute_object object = {.scope = "zones", .collection = "instances", .skip = skip};

static void instance_observe(const struct view *v, struct call *out)
{
	compute_object_observe(&object, v, out);
}

/* Of one zone: the spec's, else the region's b, where a machine is put when nothing else is said. */
static void instance_list(const struct view *v, struct call *out)
{
	const char *zone = json_str(v->spec, "zone", NULL);
	char *place = zone ? xstrdup(zone) : xasprintf("%s-b", json_str(v->spec, "region", ""));
	call_set(out, DIALECT_NONE, "GET", NULL,
		 "https://compute.googleapis.com/compute/v1/projects/%s/zones/%s/instances?maxResults=500", v->project, place);
	free(place);
}

static bool is_status(const cJSON *found, const char *status)
{
	return !strcmp(json_str(found, "status", ""), status);
}

static void instance_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	static const char *const passing[] = {"PROVISIONING", "STAGING", "STOPPING", "SUSPENDING", "REPAIRING", NULL};
	compute_object_decode(&object, v, http, reply, out);
	if (out->outputs)
		json_put_str(out->outputs, "zone", json_str(v->spec, "zone", ""));
	for (const char *const *s = passing; *s; s++)
		if (out->presence == PRESENT_YES && is_status(out->found, *s))
			out->presence = PRESENT_PENDING;
}

static const cJSON *item_of(const cJSON *metadata, const char *key)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(metadata, "items"))
		if (!strcmp(json_str(item, "key", ""), key))
			return item;
	return NULL;
}

static cJSON *wanted(const struct view *v)
{
	cJSON *w = compute_object_wanted(v);
	json_put(w, "labels", kind_labels(v));
	return w;
}

static void compare_metadata(const struct view *v, const cJSON *found, struct change *out)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(v->spec, "body.metadata.items")) {
		const char *key = json_str(item, "key", "");
		const cJSON *was = json_at(item_of(json_at(found, "metadata"), key), "value"), *is = json_at(item, "value");
		char *path = xasprintf("metadata.%s", key);
		if (!was || !json_equal(was, is))
			change_add(out, path, was, is);
		free(path);
	}
}

static void instance_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v);
	json_put_str(w, "status", "RUNNING");
	kind_compare_leaves(w, seen->found, skip, out);
	kind_compare_shed(v, seen->found, "labels", out);
	compare_metadata(v, seen->found, out);
	out->verdict = out->count ? VERDICT_UPDATE : VERDICT_KEEP;
	for (size_t i = 0; i < out->count; i++)
		if (text_starts(out->differences[i].path, "networkInterfaces") && !out->reason) {
			out->verdict = VERDICT_REPLACE;
			out->reason = xstrdup(_("a machine cannot move to another network"));
		}
	cJSON_Delete(w);
}

static void instance_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	cJSON *w = wanted(v);
	compute_object_create(&object, v, seen, out);
	cJSON_Delete(out->body);
	out->body = w;
}

/* The list replaces the whole of it: keys of others are kept. */
static cJSON *merged_metadata(const struct view *v, const cJSON *found)
{
	cJSON *items = cJSON_CreateArray();
	const cJSON *wanted_ones = json_at(v->spec, "body.metadata"), *item;
	cJSON_ArrayForEach(item, json_at(found, "metadata.items"))
		if (!item_of(wanted_ones, json_str(item, "key", "")))
			cJSON_AddItemToArray(items, cJSON_Duplicate(item, 1));
	cJSON_ArrayForEach(item, json_at(wanted_ones, "items"))
		cJSON_AddItemToArray(items, cJSON_Duplicate(item, 1));
	return json_make("{'fingerprint':%s,'items':%j}", json_str(found, "metadata.fingerprint", ""), items);
}

/* As far as it says something: the rest stays. */
static void set_shielded(const struct view *v, cJSON *config, struct call *out)
{
	compute_object_method(&object, v, "updateShieldedInstanceConfig", config, out);
	free(out->method);
	out->method = xstrdup("PATCH");
}

/* What only a stopped machine takes. False when it is as wanted. */
static bool set_stopped(const struct view *v, const cJSON *found, const struct change *c, struct call *out)
{
	if (kind_changes(c, "metadata."))
		compute_object_method(&object, v, "setMetadata", merged_metadata(v, found), out);
	else if (kind_changes(c, "machineType"))
		compute_object_method(&object, v, "setMachineType",
				      json_make("{'machineType':%j}", kind_value(v, "body.machineType")), out);
	else if (kind_changes(c, "serviceAccounts"))
		compute_object_method(&object, v, "setServiceAccount", kind_value(v, "body.serviceAccounts.0"), out);
	else if (kind_changes(c, "shieldedInstanceConfig"))
		set_shielded(v, kind_value(v, "body.shieldedInstanceConfig"), out);
	else
		return false;
	return true;
}

static void instance_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	const cJSON *found = seen->found;
	if (kind_changes(change, "labels"))
		compute_object_label(&object, v, found, out);
	else if (kind_changes(change, "tags"))
		compute_object_method(&object, v, "setTags",
				      json_make("{'fingerprint':%s,'items':%j}", json_str(found, "tags.fingerprint", ""),
						kind_value(v, "body.tags.items")),
				      out);
	else if (kind_changes(change, "scheduling"))
		compute_object_method(&object, v, "setScheduling", kind_value(v, "body.scheduling"), out);
	else if (is_status(found, "SUSPENDED"))
		compute_object_method(&object, v, "resume", NULL, out);
	else if (is_status(found, "RUNNING"))
		compute_object_method(&object, v, "stop", NULL, out);
	else if (!set_stopped(v, found, change, out))
		compute_object_method(&object, v, "start", NULL, out);
}

/* Metadata as before, under the fingerprint of now. */
static cJSON *earlier_metadata(const cJSON *before, const cJSON *found)
{
	const cJSON *items = json_at(before, "metadata.items");
	return json_make("{'fingerprint':%s,'items':%j}", json_str(found, "metadata.fingerprint", ""),
			 items ? cJSON_Duplicate(items, true) : cJSON_CreateArray());
}

/* A change that failed while it was stopped: what a stopped machine alone takes is as before, then it runs if it did. */
static void instance_back(const struct view *v, const struct observation *seen, struct call *out)
{
	const cJSON *was = v->before, *found = seen->found;
	if (!was || !found || !is_status(found, "TERMINATED"))
		return;
	if (!json_equal(json_at(was, "metadata.items"), json_at(found, "metadata.items")))
		compute_object_method(&object, v, "setMetadata", earlier_metadata(was, found), out);
	else if (strcmp(json_str(was, "machineType", ""), json_str(found, "machineType", "")) != 0)
		compute_object_method(&object, v, "setMachineType",
				      json_make("{'machineType':%s}", json_str(was, "machineType", "")), out);
	else if (json_at(was, "serviceAccounts.0") &&
		 !json_equal(json_at(was, "serviceAccounts"), json_at(found, "serviceAccounts")))
		compute_object_method(&object, v, "setServiceAccount", cJSON_Duplicate(json_at(was, "serviceAccounts.0"), true),
				      out);
	else if (json_at(was, "shieldedInstanceConfig") &&
		 !json_equal(json_at(was, "shieldedInstanceConfig"), json_at(found, "shieldedInstanceConfig")))
		set_shielded(v, cJSON_Duplicate(json_at(was, "shieldedInstanceConfig"), true), out);
	else if (is_status(was, "RUNNING"))
		compute_object_method(&object, v, "start", NULL, out);
}

static const char *instance_downtime(const cJSON *spec, const struct change *c)
{
	(void)spec;
	bool runs_on = true;
	for (size_t i = 0; i < c->count; i++)
		runs_on &= !strncmp(c->differences[i].path, "labels", 6) || !strncmp(c->differences[i].path, "tags", 4) ||
			   !strncmp(c->differences[i].path, "scheduling", 10);
	return runs_on ? NULL : N_("The machine is stopped and started: the server does not answer for two or three minutes.");
}

/* A machine that its owner protected says so. */
static bool guarded(const struct observation *seen)
{
	return json_bool(seen->found, "deletionProtection", false);
}

static void instance_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	if (guarded(seen)) {
		compute_object_method(&object, v, "setDeletionProtection", NULL, out);
		call_add(out, "?deletionProtection=false");
		out->request_id = false;
		return;
	}
	compute_object_destroy(&object, v, seen, out);
}

/* Dollars an hour in us-central1. */
static const struct {
	const char *type;
	double hour;
} prices[] = {{"e2-medium", 0.03351}, {"e2-standard-2", 0.06701}, {"e2-standard-4", 0.13402}, {"e2-standard-8", 0.26805}};

static double instance_monthly(const cJSON *spec, const char *region)
{
	const char *type = strrchr(json_str(spec, "body.machineType", "/"), '/') + 1;
	for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
		if (!strcmp(prices[i].type, type))
			return (prices[i].hour * 730 +
				0.1 * atof(json_str(spec, "body.disks.0.initializeParams.diskSizeGb", "10"))) *
			       price_factor(PRICED_MACHINE, region);
	return -1;
}

/* The serial port has the boot and all units at once; where it is silent or too long, a unit that failed has told how it ended, and its last lines. */
enum console_turn { CONSOLE_PORT, CONSOLE_UNITS, CONSOLE_OVER };

static void instance_console(const struct view *v, int turn, struct call *out)
{
	if (turn >= CONSOLE_OVER)
		return;
	call_set(out, DIALECT_NONE, "GET", NULL, "https://compute.googleapis.com/compute/v1/projects/%s/zones/%s/instances/%s",
		 v->project, json_str(v->spec, "zone", ""), v->name);
	call_tail(out, turn == CONSOLE_PORT ? "/serialPort?port=1" : "/getGuestAttributes?queryPath=mlflow/");
}

/* Does a line of the console tell of something that went wrong? */
static bool tells(const char *line)
{
	static const char *const words[] = {"fail",      "error",     "denied",  "exited", "refused",
					    "timed out", "not found", "no such", "invalid"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(line, words[i]))
			return true;
	return false;
}

/* What the units told (templates/vm/user-data.mustache). */
static char *unit_lines(const cJSON *reply)
{
	struct buf out = {0};
	const cJSON *item;
	cJSON_ArrayForEach(item, json_at(reply, "queryValue.items"))
		buf_printf(&out, "%s%s", json_str(item, "value", ""), text_ends(json_str(item, "value", ""), "\n") ? "" : "\n");
	return out.len ? buf_take(&out) : NULL;
}

/* Of the last boot alone, and no more than can be read. */
static char *port_lines(const cJSON *reply)
{
	enum { MOST = 30 };
	const char *text = json_str(reply, "contents", ""), *boot = text, *kept[MOST];
	size_t count = 0;
	struct buf out = {0};
	for (const char *next; (next = strstr(boot, "Linux version")); boot = next + 1)
		;
	char *copy = xstrdup(boot), *save = NULL;
	for (char *line = strtok_r(copy, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save))
		if (tells(line))
			kept[count++ % MOST] = line;
	for (size_t i = count > MOST ? count - MOST : 0; i < count; i++)
		buf_printf(&out, "%s\n", kept[i % MOST]);
	free(copy);
	return buf_take(&out);
}

static char *instance_console_lines(int turn, const cJSON *reply)
{
	return turn == CONSOLE_UNITS ? unit_lines(reply) : port_lines(reply);
}

/* Google's words for a zone that has no such machine left, and for a project that may have no more of them. */
static const char *instance_cure(const char *message)
{
	if (strstr(message, "does not have enough resources") || strstr(message, "ZONE_RESOURCE_POOL_EXHAUSTED"))
		return N_("Name another zone of the region in vm.zone, or another machine type in vm.machine_type, and run "
			  "apply again; or "
			  "wait: it may have one later.");
	if (strstr(message, "Quota '"))
		return N_("Ask for more in the console under IAM and admin, Quotas, or choose a smaller machine type in "
			  "vm.machine_type; then "
			  "run apply again.");
	return NULL;
}

static const char *const instance_moves[] = {
    "networkInterfaces", "networkInterface", "serviceAccounts", "serviceAccount", "disks", "", NULL};

static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Terraform has the boot disk, the tags and the metadata in shapes of its own. */
static cJSON *instance_terraform(const struct view *v)
{
	cJSON *w = wanted(v), *values = cJSON_CreateObject();
	const cJSON *item, *disk = json_at(w, "disks.0.initializeParams");
	cJSON_ArrayForEach(item, json_at(w, "metadata.items"))
		json_put_key(values, json_str(item, "key", ""), cJSON_Duplicate(json_at(item, "value"), true));
	json_put(w, "metadata", values);
	cJSON *tags = json_at(w, "tags.items") ? cJSON_Duplicate(json_at(w, "tags.items"), true) : cJSON_CreateArray();
	json_put(w, "tags", tags);
	json_put(w, "bootDisk",
		 json_make("{'autoDelete':true,'initializeParams':{'image':%s,'size':%d,'type':%s}}",
			   json_str(disk, "sourceImage", ""), (int)json_int64(disk, "diskSizeGb", 10),
			   last_of(json_str(disk, "diskType", ""))));
	json_put_str(w, "machineType", last_of(json_str(w, "machineType", "")));
	return w;
}

/* CPUs of a machine type, "zones/Z/machineTypes/e2-standard-4": its last number; shared ones count as one at least. */
static int instance_cpus(const cJSON *spec)
{
	const char *dash = strrchr(json_str(spec, "body.machineType", ""), '-');
	int n = dash ? atoi(dash + 1) : 0;
	return n > 0 ? n : 1;
}

/* Gigabytes of its new disks: of standard ones, or of those that count as solid state. */
static int disk_size(const cJSON *spec, bool standard)
{
	const cJSON *disk;
	int size = 0;
	cJSON_ArrayForEach(disk, json_at(spec, "body.disks")) {
		const cJSON *made = json_at(disk, "initializeParams");
		const char *type = last_of(json_str(made, "diskType", "pd-standard"));
		bool counts = !strcmp(type, "pd-standard") ? standard : !standard && text_starts(type, "pd-");
		size += made && counts ? (int)json_int64(made, "diskSizeGb", 10) : 0;
	}
	return size;
}

static int solid_disks(const cJSON *spec)
{
	return disk_size(spec, false);
}

static int standard_disks(const cJSON *spec)
{
	return disk_size(spec, true);
}

/* External addresses: each of its networks may give it one. */
static int instance_addresses(const cJSON *spec)
{
	const cJSON *nic;
	int n = 0;
	cJSON_ArrayForEach(nic, json_at(spec, "body.networkInterfaces"))
		n += cJSON_GetArraySize(json_at(nic, "accessConfigs"));
	return n;
}

#define IMAGE "body.disks.0.initializeParams.sourceImage"

static const struct kind_quota instance_quotas[] = {
    {.metric = "INSTANCES", .regional = true},
    {.metric = "SSD_TOTAL_GB", .regional = true, .amount = solid_disks},
    {.metric = "DISKS_TOTAL_GB", .regional = true, .amount = standard_disks},
    {.metric = "IN_USE_ADDRESSES", .regional = true, .amount = instance_addresses},
    {.metric = "CPUS", .regional = true, .amount = instance_cpus},
    {.metric = "CPUS_ALL_REGIONS", .amount = instance_cpus},
    {.metric = NULL},
};

/* "projects/cos-cloud": whose the image is that its boot disk begins as. */
static char *image_project(const struct view *v)
{
	const char *image = json_str(v->spec, IMAGE, ""), *own = strstr(image, "projects/");
	const char *end = own ? strchr(own + strlen("projects/"), '/') : NULL;
	return end ? xstrndup(own, (size_t)(end - own)) : NULL;
}

static const struct kind_constraint instance_constraints[] = {
    {.name = "compute.trustedImageProjects",
     .words = N_("machines from images of this project"),
     .path = IMAGE,
     .value_of = image_project},
    {.name = "compute.vmExternalIpAccess",
     .words = N_("machines with an external address"),
     .path = "body.networkInterfaces.0.accessConfigs",
     .value = "*"},
    {.name = NULL},
};

const struct kind kind_instance = {
    .id = "compute.instance",
    .title = N_("Virtual machine"),
    .api = "compute.googleapis.com",
    .keyed = true,
    .part = PART_SERVER,
    .console_page = "compute/instancesDetail/zones/{zone}/instances/{name}",
    .log = "resource.type=\"gce_instance\" resource.labels.instance_id=\"{id}\"",
    .permissions = {.read = "compute.instances.get",
		    .list = "compute.instances.list",
		    .create =
			"compute.instances.create compute.disks.create compute.subnetworks.use compute.instances.setMetadata "
			"compute.instances.setTags compute.instances.setLabels compute.instances.setServiceAccount "
			"iam.serviceAccounts.actAs compute.zoneOperations.get",
		    .update = "compute.instances.setLabels compute.instances.setTags compute.instances.setScheduling "
			      "compute.instances.setMetadata compute.instances.setMachineType "
			      "compute.instances.setServiceAccount compute.instances.updateShieldedInstanceConfig "
			      "compute.instances.resume compute.instances.stop compute.instances.start "
			      "compute.instances.setDeletionProtection iam.serviceAccounts.actAs compute.zoneOperations.get",
		    .destroy = "compute.instances.delete compute.zoneOperations.get"},
    .usual = 60,
    .slow = 80,
    .deadline = 1800,
    .labelled = true,
    .billable = true,
    .monthly = instance_monthly,
    .quotas = instance_quotas,
    .constraints = instance_constraints,
    .observe = instance_observe,
    .list = instance_list,
    .items = "items",
    .decode = instance_decode,
    .compare = instance_compare,
    .create = instance_create,
    .downtime = instance_downtime,
    .update = instance_update,
    .back = instance_back,
    .restart = compute_instance_restart,
    .destroy = instance_destroy,
    .cure = instance_cure,
    .console = instance_console,
    .console_lines = instance_console_lines,
    .patience = 60,
    .terraform = {.type = "google_compute_instance",
		  .place = "zone",
		  .import = "projects/{project}/zones/{zone}/instances/{name}",
		  .body = instance_terraform,
		  .moves = instance_moves,
		  .ignores = TERRAFORM_LABELS ", boot_disk[0].initialize_params",
		  .comment = "Its image is chosen when it is made, and never followed.",
		  .outputs = (const char *const[]){"link", "@.self_link", "id", "@.instance_id", "zone", "@.zone", NULL}},
};
