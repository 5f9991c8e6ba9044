/* Disks, and the zones' disk types. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "sim/core/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a clone takes over. */
static void fill_from_disk(cJSON *doc, const struct sim_object *from)
{
	static const char *const kept[] = {"architecture", "guestOsFeatures", "licenses", "licenseCodes"};
	json_put_str(doc, "sourceDiskId", json_str(from->doc, "id", ""));
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!json_at(doc, kept[i]) && json_at(from->doc, kept[i]))
			json_put(doc, kept[i], cJSON_Duplicate(json_at(from->doc, kept[i]), true));
}

/* What it is made from, and so its least size, and its size where none is asked. False when answered. */
static bool fill_from_source(struct sim_call *c, cJSON *doc, int *least, int *usual)
{
	/* Copies: filling in writes the links anew. */
	const char *image = sim_tmp("%s", json_str(doc, "sourceImage", "")),
		   *snapshot = sim_tmp("%s", json_str(doc, "sourceSnapshot", ""));
	const struct sim_object *disk = compute_find(c->sim, json_str(doc, "sourceDisk", ""));
	*least = 1;
	*usual = 500;
	if (*snapshot && !compute_snapshot_fill(c->sim, doc, snapshot, least))
		return compute_invalid(c, "sourceSnapshot", snapshot, "The referenced snapshot resource is not ready.");
	if (!compute_image_ok(c, image, "sourceImage"))
		return false;
	if (*image)
		compute_image_fill(c, doc, image, least);
	if (disk) {
		fill_from_disk(doc, disk);
		*least = (int)json_int64(disk->doc, "sizeGb", 1);
	}
	if (*image || *snapshot || disk)
		*usual = *least;
	return true;
}

/* A type of the disk's own zone, and none that comes with machines alone. */
static bool type_there(struct sim_call *c, const char *type)
{
	const char *name = strrchr(type, '/') + 1;
	if (compute_disk_type_known(type) && strcmp(name, COMPUTE_LOCAL_SSD) &&
	    strstr(type, sim_tmp("zones/%s/", sim_param(c, "zone"))))
		return true;
	compute_not_found(c, strstr(type, "projects/") ? strstr(type, "projects/") : type);
	return false;
}

bool compute_disk_key_ok(struct sim_call *c, cJSON *doc, const char *disk)
{
	const char *key = json_str(doc, "diskEncryptionKey.kmsKeyName", ""), *where = sim_kms_location(key);
	const char *agent = sim_tmp("service-%s@compute-system.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	const char *version = sim_kms_usable(c->sim, key, agent);
	char region[40];
	if (!*key)
		return true;
	if (strcmp(where, "global") && strcmp(where, compute_zone_region(sim_param(c, "zone"), region)))
		return compute_invalid(c, "diskEncryptionKey.kmsKeyName", key,
				       sim_tmp("The key must be in the location of the disk %s, or global.", disk));
	if (version) {
		json_put_str(doc, "diskEncryptionKey.kmsKeyName", version);
		return true;
	}
	sim_fail(c, "INVALID_ARGUMENT", "kmsPermissionDenied",
		 "Cloud KMS error when using key %s: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource "
		 "'%s' (or "
		 "it may not exist).",
		 key, key);
	return false;
}

static bool compute_disks_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *zone = sim_param(c, "zone");
	int least, usual;
	char size[24];
	if (old)
		return true;
	const char *key = sim_tmp("projects/%s/zones/%s/disks/%s", c->project, zone, json_str(doc, "name", ""));
	if (!fill_from_source(c, doc, &least, &usual) || !compute_schedules_fit(c, key, json_at(doc, "resourcePolicies")))
		return false;
	long long wanted = json_int64(doc, "sizeGb", usual);
	snprintf(size, sizeof size, "%lld", wanted);
	if (wanted < least) {
		const char *why = sim_tmp("Requested disk size cannot be smaller than the %s size (%d GB)",
					  json_at(doc, "sourceDisk")       ? "source disk"
					  : json_at(doc, "sourceSnapshot") ? "snapshot"
									   : "image",
					  least);
		compute_invalid(c, "sizeGb", size, why);
		return false;
	}
	json_put_str(doc, "sizeGb", size);
	if (!json_at(doc, "type"))
		json_put_str(doc, "type", sim_tmp(COMPUTE_BASE "projects/%s/zones/%s/diskTypes/pd-standard", c->project, zone));
	return type_there(c, json_str(doc, "type", "")) && compute_disk_key_ok(c, doc, key);
}

static char *compute_disks_held(struct sim *s, const struct sim_object *o)
{
	const char *user = json_str(o->doc, "users.0", NULL), *path = user ? compute_path(s, "-", user) : NULL;
	return path ? xstrdup(path) : NULL;
}

static char *compute_disks_landed(struct sim *s, struct sim_object *o, const char **code)
{
	(void)s;
	(void)code;
	json_put_str(o->doc, "status", "READY");
	return NULL;
}

static void compute_disks_resize(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	char size[24];
	long long wanted = json_int64(c->body, "sizeGb", 0);
	snprintf(size, sizeof size, "%lld", wanted);
	if (wanted <= json_int64(o->doc, "sizeGb", 0)) {
		compute_invalid(c, "sizeGb", size, "New disk size must be larger than the existing size.");
		return;
	}
	json_put_str(o->doc, "sizeGb", size);
	compute_begin(c, o, "resizeDisk", sim_draw(c->sim, "compute.disk.insert"), true, NULL);
}

static cJSON *type_doc(const char *project, const char *zone, const char *name, const char *about)
{
	const char *link = sim_tmp(COMPUTE_BASE "projects/%s/zones/%s/diskTypes/%s", project, zone, name);
	const char *at = sim_tmp(COMPUTE_BASE "projects/%s/zones/%s", project, zone);
	cJSON *doc = json_make("{'kind':'compute#diskType','name':%s,'description':%s,'validDiskSize':'10GB-65536GB','"
			       "defaultDiskSizeGb':'100','zone':%s,"
			       "'selfLink':%s,'creationTimestamp':'1969-12-31T16:00:00.000-08:00'}",
			       name, about, at, link);
	return doc;
}

TABLE_OF(disk_types, "disk_types.tbl", 3);

static const char *type_name(const char *type)
{
	const char *slash = strrchr(type, '/');
	return slash ? slash + 1 : type;
}

/* The row of a type by its name; table_rows when there is none such. */
static size_t type_row(const char *type)
{
	size_t i = 0;
	while (i < table_rows(&disk_types) && strcmp(table_cell(&disk_types, i, 0), type_name(type)))
		i++;
	return i;
}

bool compute_disk_type_known(const char *type)
{
	return type_row(type) < table_rows(&disk_types);
}

const char *compute_disk_quota(const char *type)
{
	size_t row = type_row(type);
	const char *how = row < table_rows(&disk_types) ? table_cell(&disk_types, row, 2) : "";
	return !strcmp(how, "solid") ? "SSD_TOTAL_GB" : *how ? "" : "DISKS_TOTAL_GB";
}

static void type_list(struct sim_call *c)
{
	struct buf scope = {0};
	if (compute_scope(c, &scope)) {
		cJSON *items = cJSON_CreateArray();
		for (size_t i = 0; i < table_rows(&disk_types); i++)
			cJSON_AddItemToArray(items, type_doc(c->project, sim_param(c, "zone"), table_cell(&disk_types, i, 0),
							     table_cell(&disk_types, i, 1)));
		sim_ok(c, json_make("{'kind':'compute#diskTypeList','items':%j}", items));
	}
	buf_free(&scope);
}

static void type_get(struct sim_call *c)
{
	size_t i = type_row(sim_param(c, "diskType"));
	if (i < table_rows(&disk_types)) {
		sim_ok(c, type_doc(c->project, sim_param(c, "zone"), table_cell(&disk_types, i, 0),
				   table_cell(&disk_types, i, 1)));
		return;
	}
	sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/zones/%s/diskTypes/%s' was not found", c->project,
		 sim_param(c, "zone"), sim_param(c, "diskType"));
}

const struct compute_kind compute_disk_kind = {
    .plural = "disks",
    .resources = "disks",
    .kind = "compute#disk",
    .word = "disk",
    .flags = COMPUTE_LABELS_KEPT,
    .links = "type sourceDisk sourceSnapshot resourcePolicies.*",
    .output = "status users sourceImage sourceImageId sourceDisk sourceDiskId sourceSnapshot sourceSnapshotId licenses "
	      "licenseCodes lastAttachTimestamp "
	      "lastDetachTimestamp",
    .defaults = "{'status':'CREATING','enableConfidentialCompute':false,'physicalBlockSizeBytes':'4096'}",
    .insert = "compute.disk.insert",
    .change = "compute.disk.insert",
    .remove = "compute.disk.delete",
    .check = compute_disks_check,
    .held = compute_disks_held,
    .landed = compute_disks_landed,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("disks", "disks"),
    {"compute.disks.aggregatedList", compute_aggregated, "compute.disks.list", NULL},
    {"compute.disks.setLabels", compute_set_labels, "compute.disks.setLabels", NULL},
    COMPUTE_POLICIES("disks"),
    {"compute.disks.resize", compute_disks_resize, "compute.disks.resize", NULL},
    {"compute.diskTypes.list", type_list, "compute.diskTypes.list", NULL},
    {"compute.diskTypes.get", type_get, "compute.diskTypes.get", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_disks, routes, NULL);
