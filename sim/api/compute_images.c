/* Public images and disks, and the zones' disk types. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The newest image of each family that machines of ours may start from. */
static const struct image {
	const char *project, *family, *name, *description, *architecture;
	int gigabytes;
} images[] = {
	{"cos-cloud", "cos-stable", "cos-stable-125-19216-104-25", "Google, Container-Optimized OS, 125-19216.104.25 stable", "X86_64", 10},
	{"cos-cloud", "cos-125-lts", "cos-125-19216-104-25", "Google, Container-Optimized OS, 125-19216.104.25 LTS", "X86_64", 10},
	{"cos-cloud", "cos-121-lts", "cos-121-18867-199-38", "Google, Container-Optimized OS, 121-18867.199.38 LTS", "X86_64", 10},
	{"cos-cloud", "cos-arm64-stable", "cos-arm64-stable-125-19216-104-25", "Google, Container-Optimized OS, 125-19216.104.25 arm64", "ARM64", 10},
	{"debian-cloud", "debian-12", "debian-12-bookworm-v20251111", "Debian, Debian GNU/Linux, 12 (bookworm), amd64 built on 20251111", "X86_64", 10},
	{"debian-cloud", "debian-13", "debian-13-trixie-v20251111", "Debian, Debian GNU/Linux, 13 (trixie), amd64 built on 20251111", "X86_64", 10},
	{"ubuntu-os-cloud", "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20251021", "Canonical, Ubuntu, 24.04 LTS, amd64 noble image", "X86_64", 10},
};

static cJSON *image_doc(const struct image *i)
{
	char id[24], size[8], *link = xasprintf(COMPUTE_BASE "projects/%s/global/images/%s", i->project, i->name);
	snprintf(id, sizeof id, "%lld", 7000000000000000000LL + (i - images));
	snprintf(size, sizeof size, "%d", i->gigabytes);
	cJSON *doc = json_make("{'kind':'compute#image','id':%s,'name':%s,'family':%s,'description':%s,'architecture':%s,'selfLink':%s,"
			       "'creationTimestamp':'2025-11-11T12:00:00.000-08:00','status':'READY','sourceType':'RAW','diskSizeGb':%s,"
			       "'archiveSizeBytes':'1073741824','rawDisk':{'containerType':'TAR','source':''},'labelFingerprint':'42WmSpB8rSM=',"
			       "'guestOsFeatures':[{'type':'UEFI_COMPATIBLE'},{'type':'VIRTIO_SCSI_MULTIQUEUE'},{'type':'GVNIC'}],"
			       "'storageLocations':['us']}",
			       id, i->name, i->family, i->description, i->architecture, link, size);
	free(link);
	return doc;
}

const char *compute_image_find(const char *link, char out[static 160], int *gigabytes)
{
	const char *at = strstr(link, "projects/");
	for (size_t i = 0; at && i < sizeof images / sizeof *images; i++) {
		char name[160], family[160], view[160];
		snprintf(name, sizeof name, "projects/%s/global/images/%s", images[i].project, images[i].name);
		snprintf(family, sizeof family, "projects/%s/global/images/family/%s", images[i].project, images[i].family);
		snprintf(view, sizeof view, "/imageFamilyViews/%s", images[i].family);
		bool by_view = strstr(at, images[i].project) && text_ends(at, view);
		if (!strcmp(at, name) || !strcmp(at, family) || by_view) {
			snprintf(out, 160, "%s", name);
			*gigabytes = images[i].gigabytes;
			return out;
		}
	}
	return NULL;
}

/* The project in the path, which is not ours. */
static const struct image *named(const struct sim_call *c, const char *name, bool family)
{
	const char *project = sim_param(c, "project");
	for (size_t i = 0; i < sizeof images / sizeof *images; i++)
		if (!strcmp(images[i].project, project) && !strcmp(family ? images[i].family : images[i].name, name))
			return &images[i];
	return NULL;
}

static void image_get(struct sim_call *c)
{
	const struct image *i = named(c, sim_param(c, "image"), false);
	if (i)
		sim_ok(c, image_doc(i));
	else
		sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/global/images/%s' was not found", sim_param(c, "project"),
			 sim_param(c, "image"));
}

static void from_family(struct sim_call *c)
{
	const struct image *i = named(c, sim_param(c, "family"), true);
	if (i && strstr(c->id, "imageFamilyViews"))
		sim_ok(c, json_make("{'image':%j}", image_doc(i)));
	else if (i)
		sim_ok(c, image_doc(i));
	else
		sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/global/images/family/%s' was not found", sim_param(c, "project"),
			 sim_param(c, "family"));
}

static void image_list(struct sim_call *c)
{
	const char *project = sim_param(c, "project");
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
		bool bad = false;
		cJSON *doc = strcmp(images[i].project, project) ? NULL : image_doc(&images[i]);
		if (doc && compute_filter(sim_param(c, "filter"), doc, &bad))
			cJSON_AddItemToArray(items, doc);
		else
			cJSON_Delete(doc);
	}
	char *id = xasprintf("projects/%s/global/images", project), *link = compute_link(id);
	sim_ok(c, json_make("{'kind':'compute#imageList','id':%s,'selfLink':%s,'items':%j}", id, link, items));
	free(id);
	free(link);
}

/* Disks. ----------------------------------------------------------------------------------------------------------------- */
static bool check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *zone = sim_param(c, "zone");
	int from = 10;
	char image[160], size[24];
	if (old)
		return true;
	if (json_at(doc, "sourceImage")) {
		if (!compute_image_find(json_str(doc, "sourceImage", ""), image, &from))
			return compute_invalid(c, "sourceImage", json_str(doc, "sourceImage", ""), "The referenced image resource cannot be found.");
		char *link = compute_link(image);
		json_put_str(doc, "sourceImage", link);
		free(link);
	} else {
		from = 500;
	}
	long long wanted = json_int64(doc, "sizeGb", from);
	if (json_at(doc, "sourceImage") && wanted < from)
		return compute_invalid(c, "sizeGb", "", "Requested disk size cannot be smaller than the image size.");
	snprintf(size, sizeof size, "%lld", wanted);
	json_put_str(doc, "sizeGb", size);
	if (!json_at(doc, "type")) {
		char *type = xasprintf(COMPUTE_BASE "projects/%s/zones/%s/diskTypes/pd-standard", c->project, zone);
		json_put_str(doc, "type", type);
		free(type);
	}
	return true;
}

static char *held(struct sim *s, const struct sim_object *o)
{
	const char *user = json_str(o->doc, "users.0", NULL);
	return user ? compute_path(s, "-", user) : NULL;
}

static char *landed(struct sim *s, struct sim_object *o, const char **code)
{
	(void)s;
	(void)code;
	json_put_str(o->doc, "status", "READY");
	return NULL;
}

static void resize(struct sim_call *c)
{
	struct sim_object *o = compute_repeated(c) ? NULL : compute_ready_target(c);
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
	char *link = xasprintf(COMPUTE_BASE "projects/%s/zones/%s/diskTypes/%s", project, zone, name);
	char *at = xasprintf(COMPUTE_BASE "projects/%s/zones/%s", project, zone);
	cJSON *doc = json_make("{'kind':'compute#diskType','name':%s,'description':%s,'validDiskSize':'10GB-65536GB','defaultDiskSizeGb':'100','zone':%s,"
			       "'selfLink':%s,'creationTimestamp':'1969-12-31T16:00:00.000-08:00'}",
			       name, about, at, link);
	free(link);
	free(at);
	return doc;
}

static const char *const disk_types[][2] = {
	{"pd-balanced", "Balanced Persistent Disk"}, {"pd-ssd", "SSD Persistent Disk"}, {"pd-standard", "Standard Persistent Disk"},
	{"hyperdisk-balanced", "Hyperdisk Balanced"}};

static void type_list(struct sim_call *c)
{
	struct buf scope = {0};
	if (compute_scope(c, &scope)) {
		cJSON *items = cJSON_CreateArray();
		for (size_t i = 0; i < 4; i++)
			cJSON_AddItemToArray(items, type_doc(c->project, sim_param(c, "zone"), disk_types[i][0], disk_types[i][1]));
		sim_ok(c, json_make("{'kind':'compute#diskTypeList','items':%j}", items));
	}
	buf_free(&scope);
}

static void type_get(struct sim_call *c)
{
	for (size_t i = 0; i < 4; i++)
		if (!strcmp(disk_types[i][0], sim_param(c, "diskType"))) {
			sim_ok(c, type_doc(c->project, sim_param(c, "zone"), disk_types[i][0], disk_types[i][1]));
			return;
		}
	sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/zones/%s/diskTypes/%s' was not found", c->project, sim_param(c, "zone"),
		 sim_param(c, "diskType"));
}

const struct compute_kind compute_disk_kind = {
	.plural = "disks",
	.resources = "disks",
	.kind = "compute#disk",
	.word = "disk",
	.flags = COMPUTE_LABELS_KEPT,
	.links = "type sourceDisk",
	.output = "status users sourceImage",
	.defaults = "{'status':'CREATING','physicalBlockSizeBytes':'4096'}",
	.insert = "compute.disk.insert",
	.change = "compute.disk.insert",
	.remove = "compute.disk.delete",
	.check = check,
	.held = held,
	.landed = landed,
};

static const struct sim_route routes[] = {
	{"compute.images.get", image_get, NULL, NULL},
	{"compute.images.list", image_list, NULL, NULL},
	{"compute.images.getFromFamily", from_family, NULL, NULL},
	{"compute.imageFamilyViews.get", from_family, NULL, NULL},
	COMPUTE_BASICS("disks", "disks"),
	{"compute.disks.aggregatedList", compute_aggregated, "compute.disks.list", NULL},
	{"compute.disks.setLabels", compute_set_labels, "compute.disks.setLabels", NULL},
	{"compute.disks.resize", resize, "compute.disks.resize", NULL},
	{"compute.diskTypes.list", type_list, "compute.diskTypes.list", NULL},
	{"compute.diskTypes.get", type_get, "compute.diskTypes.get", NULL},
	{NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_images, routes, NULL);
