/* The disks of virtual machines: those that a new one comes with, and those that are attached and detached. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* What an attachment shows of its disk. */
static void show_disk(cJSON *attached, const cJSON *disk)
{
	static const char *const shown[] = {"architecture", "guestOsFeatures", "licenses", "diskEncryptionKey"};
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		if (json_at(disk, shown[i]))
			json_put(attached, shown[i], cJSON_Duplicate(json_at(disk, shown[i]), true));
	json_put_str(attached, "diskSizeGb", json_str(disk, "sizeGb", ""));
}

/* By any spelling of its link. */
static struct sim_object *disk_named(struct sim_call *c, const char *link)
{
	const char *path = compute_path(c->sim, c->project, link);
	struct sim_object *o = path ? compute_find(c->sim, path) : NULL;
	return o && !strcmp(o->collection, compute_collection(&compute_disk_kind)) ? o : NULL;
}

/* One that is there already, and in no machine. */
static bool attach_source(struct sim_call *c, cJSON *attached, const char *source)
{
	struct sim_object *o = disk_named(c, source);
	if (!o)
		return compute_invalid(c, "disks[0].source", source, "The referenced disk resource cannot be found.");
	if (json_at(o->doc, "users.0")) {
		sim_fail(c, "INVALID_ARGUMENT", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
			 "The disk resource '%s' is already being used by '%s'", o->key,
			 strstr(json_str(o->doc, "users.0", "/projects/"), "projects/"));
		return false;
	}
	json_put_str(attached, "source", compute_link(o->key));
	show_disk(attached, o->doc);
	return true;
}

/* The document of a disk as it is asked for, without its place; NULL: answered. */
static cJSON *asked_disk(struct sim_call *c, const cJSON *init)
{
	int least = 10;
	if (!compute_image_ok(c, json_str(init, "sourceImage", ""), "disks[0].initializeParams.sourceImage"))
		return NULL;
	cJSON *made = json_make("{'status':'READY','enableConfidentialCompute':false,'physicalBlockSizeBytes':'4096'}");
	if (json_at(init, "sourceImage"))
		compute_image_fill(c, made, json_str(init, "sourceImage", ""), &least);
	if (json_at(init, "sourceSnapshot") &&
	    !compute_snapshot_fill(c->sim, made, json_str(init, "sourceSnapshot", ""), &least)) {
		cJSON_Delete(made);
		compute_invalid(c, "disks[0].initializeParams.sourceSnapshot", json_str(init, "sourceSnapshot", ""),
				"The referenced snapshot resource is not ready.");
		return NULL;
	}
	long long wanted = json_int64(init, "diskSizeGb", least);
	const char *size = sim_tmp("%lld", wanted);
	if (wanted < least) {
		cJSON_Delete(made);
		compute_invalid(c, "disks[0].initializeParams.diskSizeGb", size,
				sim_tmp("Requested disk size cannot be smaller than the image size (%d GB)", least));
		return NULL;
	}
	json_put_str(made, "sizeGb", size);
	static const char *const told[] = {"labels", "description", "resourcePolicies", "architecture"};
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (json_at(init, told[i]))
			json_put(made, told[i], cJSON_Duplicate(json_at(init, told[i]), true));
	return made;
}

/* A new one, of the machine's name where it has none of its own. */
static bool make_disk(struct sim_call *c, cJSON *attached, const cJSON *init, const char *vm, int index)
{
	const char *kind = json_str(init, "diskType", "/pd-standard"),
		   *scope = sim_tmp("projects/%s/zones/%s/", c->project, sim_param(c, "zone")),
		   *name = json_at(init, "diskName") ? sim_tmp("%.63s", json_str(init, "diskName", ""))
			   : index                   ? sim_tmp("%.50s-%d", vm, index)
						     : sim_tmp("%.60s", vm);
	if (!strchr(kind, '/'))
		return compute_invalid(c, "disks[0].initializeParams.diskType", kind, "The URL is malformed.");
	cJSON *doc = asked_disk(c, init);
	if (!doc)
		return false;
	const char *path = sim_tmp("%sdisks/%s", scope, name);
	if (sim_get(c->sim, "compute.disks", path)) {
		cJSON_Delete(doc);
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "The resource '%s' already exists", path);
		return false;
	}
	if (json_at(attached, "diskEncryptionKey"))
		json_put(doc, "diskEncryptionKey", cJSON_Duplicate(json_at(attached, "diskEncryptionKey"), true));
	if (!compute_schedules_fit(c, path, json_at(doc, "resourcePolicies")) || !compute_disk_key_ok(c, doc, path)) {
		cJSON_Delete(doc);
		return false;
	}
	json_put_str(doc, "name", name);
	json_put_str(doc, "type", compute_link(sim_tmp("%sdiskTypes/%s", scope, strrchr(kind, '/') + 1)));
	struct sim_object *d = compute_store(c->sim, &compute_disk_kind, scope, doc);
	json_put_str(attached, "source", json_str(d->doc, "selfLink", ""));
	show_disk(attached, d->doc);
	json_put_bool(d->hidden, "born", true);
	json_drop(attached, "initializeParams");
	return true;
}

static bool project_disk(struct sim_call *c, cJSON *disk, const char *vm, int index)
{
	const char *source = json_str(disk, "source", "");
	if (*source)
		return attach_source(c, disk, source);
	if (!json_at(disk, "initializeParams"))
		return compute_required(c, "disks[0].initializeParams");
	if (text_ends(json_str(disk, "initializeParams.diskType", ""), "/" COMPUTE_LOCAL_SSD)) { /* the machine's own */
		json_put_str(disk, "diskSizeGb", "375");
		json_drop(disk, "initializeParams");
		return true;
	}
	return make_disk(c, disk, json_at(disk, "initializeParams"), vm, index);
}

bool compute_instance_disks(struct sim_call *c, cJSON *doc)
{
	cJSON *disk;
	int i = 0;
	if (!json_at(doc, "disks.0"))
		return compute_required(c, "disks[0]");
	cJSON_ArrayForEach(disk, json_at(doc, "disks")) {
		const char *device = sim_tmp("persistent-disk-%d", i);
		cJSON *defaults = json_make("{'kind':'compute#attachedDisk','type':'PERSISTENT','mode':'READ_WRITE','index':%d,"
					    "'deviceName':%s,'boot':%b,"
					    "'autoDelete':false,'interface':'SCSI'}",
					    i, device, i == 0);
		sim_fill(disk, defaults);
		cJSON_Delete(defaults);
		if (!project_disk(c, disk, json_str(doc, "name", ""), i++))
			return false;
	}
	return true;
}

static void free_disk(struct sim *s, const cJSON *attached)
{
	struct sim_object *disk = compute_find(s, json_str(attached, "source", ""));
	if (disk)
		json_drop(disk->doc, "users");
}

static void attach_disk(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	const cJSON *d;
	if (!o)
		return;
	int n = cJSON_GetArraySize(json_at(o->doc, "disks"));
	cJSON *one = json_make("{'disks':[{'kind':'compute#attachedDisk','type':'PERSISTENT','mode':'READ_WRITE','index':%d,'"
			       "deviceName':%s,'boot':false,"
			       "'autoDelete':false,'interface':'SCSI'}]}",
			       n, sim_tmp("persistent-disk-%d", n));
	sim_merge_patch(json_at(one, "disks.0"), c->body);
	const char *device = json_str(one, "disks.0.deviceName", "");
	bool taken = false;
	cJSON_ArrayForEach(d, json_at(o->doc, "disks"))
		taken = taken || !strcmp(json_str(d, "deviceName", ""), device);
	if (taken)
		compute_invalid(c, "deviceName", device, "The device name is already used by another disk of the instance.");
	else if (project_disk(c, json_at(one, "disks.0"), json_str(o->doc, "name", ""), n)) {
		cJSON *new = cJSON_DetachItemFromArray(json_at(one, "disks"), 0);
		struct sim_object *disk = compute_find(c->sim, json_str(new, "source", ""));
		json_put(disk->doc, "users", json_make("[%s]", json_str(o->doc, "selfLink", "")));
		json_put_str(new, "diskSizeGb", json_str(disk->doc, "sizeGb", ""));
		cJSON_AddItemToArray(json_at(o->doc, "disks"), new);
		compute_begin(c, o, "attachDisk", sim_draw(c->sim, "compute.instance.update"), true, NULL);
	}
	cJSON_Delete(one);
}

/* The attached disk that the call names; NULL: answered. */
static cJSON *disk_asked(struct sim_call *c, const struct sim_object *o)
{
	cJSON *d;
	cJSON_ArrayForEach(d, json_at(o->doc, "disks"))
		if (!strcmp(json_str(d, "deviceName", ""), sim_param(c, "deviceName")))
			return d;
	compute_invalid(c, "deviceName", sim_param(c, "deviceName"), "No attached disk found with device name.");
	return NULL;
}

static void set_disk_auto_delete(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	cJSON *d = o ? disk_asked(c, o) : NULL;
	if (!d)
		return;
	json_put_bool(d, "autoDelete", sim_param_bool(c, "autoDelete"));
	compute_begin(c, o, "setDiskAutoDelete", sim_draw(c->sim, "compute.instance.update"), true, NULL);
}

static void detach_disk(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	cJSON *found = o ? disk_asked(c, o) : NULL;
	if (!found)
		return;
	free_disk(c->sim, found);
	cJSON_Delete(cJSON_DetachItemViaPointer(json_at(o->doc, "disks"), found));
	compute_begin(c, o, "detachDisk", sim_draw(c->sim, "compute.instance.update"), true, NULL);
}

static const struct sim_route routes[] = {
    {"compute.instances.attachDisk", attach_disk, "compute.instances.attachDisk", NULL},
    {"compute.instances.detachDisk", detach_disk, "compute.instances.detachDisk", NULL},
    {"compute.instances.setDiskAutoDelete", set_disk_auto_delete, "compute.instances.setDiskAutoDelete", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_instance_disks, routes, NULL);
