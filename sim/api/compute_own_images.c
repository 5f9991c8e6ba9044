/* Images of a project's own: made of a disk, a snapshot, another image or an archive in a bucket; kept by family, and taken out of use by deprecate. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* ACTIVE, DEPRECATED, OBSOLETE or DELETED. */
static const char *state_of(const struct sim_object *o)
{
	return json_str(o->doc, "deprecated.state", "ACTIVE");
}

struct sim_object *compute_own_image(struct sim *s, const char *project, const char *name, bool family)
{
	const char *scope = sim_tmp("projects/%s/global/images/", project);
	if (!family)
		return compute_at(s, &compute_image_kind, sim_tmp("%s%s", scope, name));
	struct sim_object *newest = NULL;
	for (struct sim_object *o = sim_first(s, "compute.images", scope); o; o = sim_following(s, o, scope))
		if (!strcmp(json_str(o->doc, "family", ""), name) && !strcmp(state_of(o), "ACTIVE") &&
		    (!newest || json_int64(o->doc, "id", 0) > json_int64(newest->doc, "id", 0)))
			newest = o;
	return newest;
}

bool compute_own_image_ready(struct sim_call *c, const struct sim_object *o, const char *field)
{
	if (!strcmp(state_of(o), "OBSOLETE") ||
	    !strcmp(state_of(o), "DELETED")) /* in words of ours: what Google says of these was not seen */
		return compute_invalid(c, field, json_str(o->doc, "selfLink", ""),
				       sim_tmp("The referenced image is %s.", state_of(o)));
	if (!strcmp(json_str(o->doc, "status", ""), "READY"))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "resourceNotReady", "The resource '%s' is not ready", o->key);
	return false;
}

/* What an image has of what it is made of. */
static void take_over(cJSON *doc, const cJSON *from, const char *size)
{
	static const char *const kept[] = {"architecture", "guestOsFeatures", "licenses", "licenseCodes"};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!json_at(doc, kept[i]) && json_at(from, kept[i]))
			json_put(doc, kept[i], cJSON_Duplicate(json_at(from, kept[i]), true));
	json_put_str(doc, "diskSizeGb", json_str(from, size, ""));
}

/* A disk that a machine which is not off writes to is taken only by force. */
static bool disk_at_rest(struct sim_call *c, const struct sim_object *disk)
{
	const struct sim_object *vm = compute_find(c->sim, json_str(disk->doc, "users.0", ""));
	if (!vm || sim_param_bool(c, "forceCreate") || !strcmp(json_str(vm->doc, "status", ""), "TERMINATED"))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "resourceInUseByAnotherResource",
		 "The disk resource '%s' is already being used by '%s'", disk->key, vm->key);
	return false;
}

static bool of_disk(struct sim_call *c, cJSON *doc)
{
	const struct sim_object *disk = compute_find(c->sim, json_str(doc, "sourceDisk", ""));
	if (!disk || !compute_asks(c, "compute.disks.useReadOnly", disk->key) || !disk_at_rest(c, disk))
		return false;
	take_over(doc, disk->doc, "sizeGb");
	json_put_str(doc, "sourceDiskId", json_str(disk->doc, "id", ""));
	return true;
}

static bool of_snapshot(struct sim_call *c, cJSON *doc)
{
	const struct sim_object *o = compute_find(c->sim, json_str(doc, "sourceSnapshot", ""));
	if (!o || !compute_asks(c, "compute.snapshots.useReadOnly", o->key))
		return false;
	take_over(doc, o->doc, "diskSizeGb");
	json_put_str(doc, "sourceSnapshotId", json_str(o->doc, "id", ""));
	return true;
}

static bool of_image(struct sim_call *c, cJSON *doc)
{
	int gigabytes = 10;
	const char *link = sim_tmp("%s", json_str(doc, "sourceImage", ""));
	if (!compute_image_ok(c, link, "sourceImage"))
		return false;
	compute_image_fill(c, doc, link, &gigabytes);
	json_put_str(doc, "diskSizeGb", sim_tmp("%d", gigabytes));
	return true;
}

static bool of_archive(struct sim_call *c, cJSON *doc)
{
	const char *source = json_str(doc, "rawDisk.source", "");
	if (!strstr(source, "storage.googleapis.com/") || !text_ends(source, ".tar.gz"))
		return compute_invalid(c, "rawDisk.source", source, "The URL is malformed.");
	if (!json_at(doc, "diskSizeGb"))
		json_put_str(doc, "diskSizeGb", "10");
	return true;
}

static bool compute_images_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	static const struct {
		const char *field;
		bool (*make)(struct sim_call *c, cJSON *doc);
	} sources[] = {{"sourceDisk", of_disk},
		       {"sourceSnapshot", of_snapshot},
		       {"sourceImage", of_image},
		       {"rawDisk.source", of_archive}};
	size_t given = 0, which = 0;
	const char *family = json_str(doc, "family", "");
	if (*family && !compute_is_name(family))
		return compute_invalid(c, "family", family, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
	if (old)
		return true;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (*json_str(doc, sources[i].field, "")) {
			given++;
			which = i;
		}
	if (given != 1) { /* in words of ours */
		sim_fail(c, "INVALID_ARGUMENT", given ? "invalid" : "required",
			 "Exactly one of sourceDisk, sourceSnapshot, sourceImage and rawDisk.source must be specified.");
		return false;
	}
	if (!json_at(doc, "storageLocations.0"))
		json_put(doc, "storageLocations", json_make("['us']"));
	return sources[which].make(c, doc);
}

static char *compute_images_landed(struct sim *s, struct sim_object *o, const char **code)
{
	(void)s;
	(void)code;
	json_put_str(o->doc, "status", "READY");
	json_put_str(o->doc, "archiveSizeBytes", "1073741824");
	return NULL;
}

static void compute_images_deprecate(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	const char *state = json_str(c->body, "state", "");
	json_drop(o->doc, "deprecated");
	if (*state && strcmp(state, "ACTIVE") != 0)
		json_put(o->doc, "deprecated", cJSON_Duplicate(c->body, true));
	compute_begin(c, o, "deprecate", 0, true, NULL);
}

const struct compute_kind compute_image_kind = {
    .plural = "images",
    .resources = "images",
    .kind = "compute#image",
    .word = "image",
    .flags = COMPUTE_LABELS_KEPT,
    .links = "sourceDisk sourceSnapshot",
    .output = "status archiveSizeBytes diskSizeGb sourceDisk sourceDiskId sourceImage sourceImageId sourceSnapshot "
	      "sourceSnapshotId sourceType rawDisk "
	      "storageLocations deprecated",
    .defaults = "{'status':'PENDING','sourceType':'RAW','rawDisk':{'containerType':'TAR','source':''},'"
		"enableConfidentialCompute':false}",
    .quota = "IMAGES",
    .insert = "compute.image.insert",
    .change = "compute.image.delete",
    .remove = "compute.image.delete",
    .check = compute_images_check,
    .landed = compute_images_landed,
};

static const struct sim_route routes[] = {
    {"compute.images.insert", compute_insert, "compute.images.create", NULL},
    {"compute.images.delete", compute_delete, "compute.images.delete", NULL},
    {"compute.images.patch", compute_patch, "compute.images.update", NULL},
    {"compute.images.setLabels", compute_set_labels, "compute.images.setLabels", NULL},
    {"compute.images.deprecate", compute_images_deprecate, "compute.images.deprecate", NULL},
    COMPUTE_POLICIES("images"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_own_images, routes, NULL);
