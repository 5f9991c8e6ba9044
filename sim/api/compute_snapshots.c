/* Snapshots of disks: global, kept when their disk goes, and what disks are made from again. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* What a snapshot has of its disk, and a disk of its snapshot. */
static void take_over(cJSON *doc, const cJSON *from)
{
	static const char *const kept[] = {"architecture", "guestOsFeatures", "licenses", "licenseCodes"};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!json_at(doc, kept[i]) && json_at(from, kept[i]))
			json_put(doc, kept[i], cJSON_Duplicate(json_at(from, kept[i]), true));
}

/* The multi-region that a zone's snapshots are kept in, or else its region. */
static const char *nearest(const char *zone)
{
	static const char *const around[][2] = {{"us-", "us"}, {"europe-", "eu"}, {"asia-", "asia"}};
	char region[40];
	for (size_t i = 0; i < sizeof around / sizeof *around; i++)
		if (text_starts(zone, around[i][0]))
			return around[i][1];
	return sim_tmp("%s", compute_zone_region(zone, region));
}

/* It takes a right on the disk and one on the snapshot; the route has asked for the one that its path names. */
static bool may_take(struct sim_call *c, const char *disk, const char *snapshot)
{
	bool here = !strcmp(c->id, "compute.snapshots.insert");
	const char *right = here ? "compute.disks.createSnapshot" : "compute.snapshots.create", *on = here ? disk : snapshot;
	bool may = sim_allowed(c->sim, c->principal, right, sim_tmp("%.*s", (int)strcspn(on + 9, "/"), on + 9),
			       sim_tmp("//compute.googleapis.com/%s", on));
	if (!may)
		sim_fail(c, "PERMISSION_DENIED", "forbidden", "Required '%s' permission for '%s'", right, on);
	return may;
}

static bool compute_snapshots_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const struct sim_object *disk = compute_find(c->sim, json_str(doc, "sourceDisk", ""));
	if (old)
		return true;
	if (!disk)
		return compute_required(c, "sourceDisk");
	if (!may_take(c, disk->key, sim_tmp("projects/%s/global/snapshots/%s", c->project, json_str(doc, "name", ""))))
		return false;
	const char *zone = strstr(disk->key, "/zones/") + 7;
	take_over(doc, disk->doc);
	json_put_str(doc, "sourceDisk", compute_link(disk->key));
	json_put_str(doc, "sourceDiskId", json_str(disk->doc, "id", ""));
	json_put_str(doc, "diskSizeGb", json_str(disk->doc, "sizeGb", ""));
	if (!json_at(doc, "storageLocations.0"))
		json_put(doc, "storageLocations", json_make("[%s]", nearest(sim_tmp("%.*s", (int)strcspn(zone, "/"), zone))));
	return true;
}

static void ready(struct sim_object *o)
{
	json_put_str(o->doc, "status", "READY");
	json_put_str(o->doc, "storageBytesStatus", "UP_TO_DATE");
	json_put_str(o->doc, "storageBytes", "1073741824");
	json_put_str(o->doc, "creationSizeBytes", "1073741824");
}

static char *compute_snapshots_landed(struct sim *s, struct sim_object *o, const char **code)
{
	(void)s;
	(void)code;
	ready(o);
	return NULL;
}

bool compute_snapshot_fill(struct sim *s, cJSON *disk, const char *link, int *gigabytes)
{
	const struct sim_object *o = compute_find(s, link);
	if (!o || strcmp(json_str(o->doc, "status", ""), "READY") != 0)
		return false;
	take_over(disk, o->doc);
	json_put_str(disk, "sourceSnapshot", compute_link(o->key));
	json_put_str(disk, "sourceSnapshotId", json_str(o->doc, "id", ""));
	*gigabytes = (int)json_int64(o->doc, "diskSizeGb", 1);
	return true;
}

/* The operation is one of the disk. */
static void taken(struct sim *s, const cJSON *arg)
{
	const struct sim_object *disk = compute_op_object(s, arg);
	struct sim_object *o = disk ? compute_find(s, json_str(disk->hidden, "snapshot", "")) : NULL;
	if (o)
		ready(o);
	compute_end(s, arg, NULL, NULL);
}

static void compute_disks_create_snapshot(struct sim_call *c)
{
	struct sim_object *disk = compute_ready_target(c);
	if (!disk)
		return;
	cJSON *doc = c->body ? sim_take_body(c) : cJSON_CreateObject();
	json_put_str(doc, "sourceDisk", compute_link(disk->key));
	const struct sim_object *o = compute_made(c, &compute_snapshot_kind, sim_tmp("projects/%s/global/", c->project), doc);
	if (!o)
		return;
	json_put_str(disk->hidden, "snapshot", o->key);
	compute_begin(c, disk, "createSnapshot", sim_draw(c->sim, "compute.snapshot.insert"), true, taken);
}

const struct compute_kind compute_snapshot_kind = {
    .plural = "snapshots",
    .resources = "snapshots",
    .kind = "compute#snapshot",
    .word = "snapshot",
    .flags = COMPUTE_LABELS_KEPT,
    .links = "sourceDisk",
    .defaults = "{'status':'CREATING','downloadBytes':'0','enableConfidentialCompute':false}",
    .quota = "SNAPSHOTS",
    .insert = "compute.snapshot.insert",
    .remove = "compute.snapshot.delete",
    .check = compute_snapshots_check,
    .landed = compute_snapshots_landed,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("snapshots", "snapshots"),
    {"compute.snapshots.setLabels", compute_set_labels, "compute.snapshots.setLabels", NULL},
    COMPUTE_POLICIES("snapshots"),
    {"compute.disks.createSnapshot", compute_disks_create_snapshot, "compute.disks.createSnapshot", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_snapshots, routes, NULL);
