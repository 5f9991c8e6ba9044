/* Public images, by name and by family, and how images are looked up; a project's own are in compute_own_images.c. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "sim/core/table.h"

#include <string.h>

TABLE_OF(images, "images.tbl", 7);
enum { PROJECT, FAMILY, NAME, ARCHITECTURE, GIGABYTES, LICENSE, DESCRIPTION };

static cJSON *image_doc(size_t i)
{
	const char *project = table_cell(&images, i, PROJECT), *name = table_cell(&images, i, NAME);
	const char *link = sim_tmp(COMPUTE_BASE "projects/%s/global/images/%s", project, name);
	const char *license = sim_tmp(COMPUTE_BASE "projects/%s/global/licenses/%s", project, table_cell(&images, i, LICENSE));
	const char *id = sim_tmp("%lld", 7000000000000000000LL + (long long)i);
	const char *code = sim_tmp("%lld", 5000000000000000000LL + (long long)i);
	return json_make(
	    "{'kind':'compute#image','id':%s,'name':%s,'family':%s,'description':%s,'architecture':%s,'selfLink':%s,"
	    "'creationTimestamp':'2025-11-11T12:00:00.000-08:00','status':'READY','sourceType':'RAW','diskSizeGb':%s,"
	    "'archiveSizeBytes':'1073741824','rawDisk':{'containerType':'TAR','source':''},'labelFingerprint':'42WmSpB8rSM=',"
	    "'guestOsFeatures':[{'type':'UEFI_COMPATIBLE'},{'type':'VIRTIO_SCSI_MULTIQUEUE'},{'type':'GVNIC'}],"
	    "'storageLocations':['us'],'licenses':[%s],'licenseCodes':[%s]}",
	    id, name, table_cell(&images, i, FAMILY), table_cell(&images, i, DESCRIPTION), table_cell(&images, i, ARCHITECTURE),
	    link, table_cell(&images, i, GIGABYTES), license, code);
}

/* The row of a project's image by its name, or its family's; table_rows: none. */
static size_t row_of(const char *project, const char *name, bool family)
{
	size_t i = 0;
	while (i < table_rows(&images) && (strcmp(table_cell(&images, i, PROJECT), project) ||
					   strcmp(table_cell(&images, i, family ? FAMILY : NAME), name)))
		i++;
	return i;
}

static bool is_public(const char *project)
{
	size_t i = 0;
	while (i < table_rows(&images) && strcmp(table_cell(&images, i, PROJECT), project))
		i++;
	return i < table_rows(&images);
}

/* The image or the family of images that a link names: its project, and the name itself; a family's view is a family. */
static bool taken_apart(const char *link, const char **project, const char **name, bool *family)
{
	const char *at = strstr(link, "projects/"), *slash = strrchr(link, '/');
	if (!at || !slash || (!strstr(at, "/images/") && !strstr(at, "/imageFamilyViews/")))
		return false;
	*project = sim_tmp("%.*s", (int)strcspn(at + 9, "/"), at + 9);
	*name = slash + 1;
	*family = strstr(at, "/images/family/") || strstr(at, "/imageFamilyViews/");
	return true;
}

/* May it be used, as compute.trustedImageProjects says? Refused when not; one that does not exist is no question of trust. */
static bool trusted(struct sim_call *c, const char *link)
{
	const char *project, *name, *path = *link ? compute_path(c->sim, c->project, link) : NULL;
	bool family;
	if (!path || !taken_apart(path, &project, &name, &family) ||
	    !sim_constraint(c->sim, c->project, "compute.trustedImageProjects", sim_tmp("projects/%s", project)))
		return true;
	if (row_of(project, name, family) == table_rows(&images) && !compute_own_image(c->sim, project, name, family))
		return true;
	sim_fail_with(
	    c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
	    "Constraint constraints/compute.trustedImageProjects violated for project projects/%s. Use of images from "
	    "project %s is prohibited.",
	    c->project, project);
	return false;
}

/* The image behind a link, for the caller; NULL when there is none that can be had. */
static cJSON *behind(struct sim_call *c, const char *link)
{
	const char *project, *name, *path = *link ? compute_path(c->sim, c->project, link) : NULL;
	bool family;
	if (!path || !taken_apart(path, &project, &name, &family))
		return NULL;
	size_t row = row_of(project, name, family);
	if (row < table_rows(&images))
		return image_doc(row);
	const struct sim_object *o = compute_own_image(c->sim, project, name, family);
	return o && !strcmp(json_str(o->doc, "status", ""), "READY") ? cJSON_Duplicate(o->doc, true) : NULL;
}

bool compute_image_ok(struct sim_call *c, const char *link, const char *field)
{
	const char *project, *name, *path = *link ? compute_path(c->sim, c->project, link) : NULL;
	bool family;
	if (!*link)
		return true;
	if (!path || !taken_apart(path, &project, &name, &family))
		return compute_invalid(c, field, link, "The URL is malformed.");
	const struct sim_object *own = is_public(project) ? NULL : compute_own_image(c->sim, project, name, family);
	if (!trusted(c, link) || (own && !compute_asks(c, "compute.images.useReadOnly", own->key)))
		return false;
	if (!own && row_of(project, name, family) == table_rows(&images))
		return compute_invalid(c, field, link, "The referenced image resource cannot be found.");
	return !own || compute_own_image_ready(c, own, field);
}

bool compute_image_fill(struct sim_call *c, cJSON *doc, const char *link, int *gigabytes)
{
	static const char *const kept[] = {"architecture", "guestOsFeatures", "licenses", "licenseCodes"};
	cJSON *image = behind(c, link);
	if (!image)
		return false;
	json_put_str(doc, "sourceImage", json_str(image, "selfLink", ""));
	json_put_str(doc, "sourceImageId", json_str(image, "id", ""));
	for (size_t n = 0; n < sizeof kept / sizeof *kept; n++)
		if (!json_at(doc, kept[n]) && json_at(image, kept[n]))
			json_put(doc, kept[n], cJSON_Duplicate(json_at(image, kept[n]), true));
	*gigabytes = (int)json_int64(image, "diskSizeGb", 10);
	cJSON_Delete(image);
	return true;
}

/* Whose images are asked for: answers 404 where there is no such project. */
static bool whose(struct sim_call *c, bool *theirs)
{
	const char *project = sim_param(c, "project");
	*theirs = is_public(project);
	if (*theirs || c->project)
		return true;
	compute_not_found(c, sim_tmp("projects/%s", project));
	return false;
}

static void image_get(struct sim_call *c)
{
	bool theirs;
	if (!whose(c, &theirs))
		return;
	size_t i = theirs ? row_of(sim_param(c, "project"), sim_param(c, "image"), false) : 0;
	if (!theirs)
		compute_get(c);
	else if (i < table_rows(&images))
		sim_ok(c, image_doc(i));
	else
		compute_not_found(c, sim_tmp("projects/%s/global/images/%s", sim_param(c, "project"), sim_param(c, "image")));
}

static void from_family(struct sim_call *c)
{
	bool theirs;
	if (!whose(c, &theirs))
		return;
	const char *project = sim_param(c, "project"), *family = sim_param(c, "family");
	size_t i = row_of(project, family, true);
	const struct sim_object *own = theirs ? NULL : compute_own_image(c->sim, c->project, family, true);
	cJSON *doc = i < table_rows(&images) ? image_doc(i) : own ? cJSON_Duplicate(own->doc, true) : NULL;
	if (!doc)
		compute_not_found(c, sim_tmp("projects/%s/global/images/family/%s", project, family));
	else if (strstr(c->id, "imageFamilyViews"))
		sim_ok(c, json_make("{'image':%j}", doc));
	else
		sim_ok(c, doc);
}

static void image_list(struct sim_call *c)
{
	bool theirs, bad = false;
	const char *project = sim_param(c, "project");
	if (!whose(c, &theirs))
		return;
	if (!theirs) {
		compute_list(c);
		return;
	}
	cJSON *items = cJSON_CreateArray();
	for (size_t i = 0; i < table_rows(&images); i++) {
		cJSON *doc = strcmp(table_cell(&images, i, PROJECT), project) ? NULL : image_doc(i);
		if (doc && compute_filter(sim_param(c, "filter"), doc, &bad))
			cJSON_AddItemToArray(items, doc);
		else
			cJSON_Delete(doc);
	}
	const char *id = sim_tmp("projects/%s/global/images", project);
	sim_ok(c, json_make("{'kind':'compute#imageList','id':%s,'selfLink':%s,'items':%j}", id, compute_link(id), items));
}

static const struct sim_route routes[] = {
    {"compute.images.get", image_get, "compute.images.get", NULL},
    {"compute.images.list", image_list, "compute.images.list", NULL},
    {"compute.images.getFromFamily", from_family, "compute.images.getFromFamily", NULL},
    {"compute.imageFamilyViews.get", from_family, "compute.images.getFromFamily", NULL},
    {NULL, NULL, NULL, NULL},
};

/* The core asks for no permission in projects that are not ours, and for no service there. */
COMPUTE_API(sim_compute_images, routes, NULL);
