/* Public images, by name and by family. */
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
	const char *license;
} images[] = {
    {"cos-cloud", "cos-stable", "cos-stable-125-19216-104-25", "Google, Container-Optimized OS, 125-19216.104.25 stable",
     "X86_64", 10, "cos-pcid"},
    {"cos-cloud", "cos-125-lts", "cos-125-19216-104-25", "Google, Container-Optimized OS, 125-19216.104.25 LTS", "X86_64", 10,
     "cos-pcid"},
    {"cos-cloud", "cos-121-lts", "cos-121-18867-199-38", "Google, Container-Optimized OS, 121-18867.199.38 LTS", "X86_64", 10,
     "cos-pcid"},
    {"cos-cloud", "cos-arm64-stable", "cos-arm64-stable-125-19216-104-25",
     "Google, Container-Optimized OS, 125-19216.104.25 arm64", "ARM64", 10, "cos-pcid"},
    {"debian-cloud", "debian-12", "debian-12-bookworm-v20251111",
     "Debian, Debian GNU/Linux, 12 (bookworm), amd64 built on 20251111", "X86_64", 10, "debian-12-bookworm"},
    {"debian-cloud", "debian-13", "debian-13-trixie-v20251111",
     "Debian, Debian GNU/Linux, 13 (trixie), amd64 built on 20251111", "X86_64", 10, "debian-13-trixie"},
    {"debian-cloud", "debian-11", "debian-11-bullseye-v20251111",
     "Debian, Debian GNU/Linux, 11 (bullseye), amd64 built on 20251111", "X86_64", 10, "debian-11-bullseye"},
    {"debian-cloud", "debian-12-arm64", "debian-12-bookworm-arm64-v20251111",
     "Debian, Debian GNU/Linux, 12 (bookworm), arm64 built on 20251111", "ARM64", 10, "debian-12-bookworm"},
    {"debian-cloud", "debian-13-arm64", "debian-13-trixie-arm64-v20251111",
     "Debian, Debian GNU/Linux, 13 (trixie), arm64 built on 20251111", "ARM64", 10, "debian-13-trixie"},
    {"cos-cloud", "cos-beta", "cos-beta-125-19216-104-25", "Google, Container-Optimized OS, 125-19216.104.25 beta", "X86_64",
     10, "cos-pcid"},
    {"cos-cloud", "cos-117-lts", "cos-117-18613-439-55", "Google, Container-Optimized OS, 117-18613.439.55 LTS", "X86_64", 10,
     "cos-pcid"},
    {"ubuntu-os-cloud", "ubuntu-2204-lts", "ubuntu-2204-jammy-v20251023", "Canonical, Ubuntu, 22.04 LTS, amd64 jammy image",
     "X86_64", 10, "ubuntu-2204-lts"},
    {"ubuntu-os-cloud", "ubuntu-2204-lts-arm64", "ubuntu-2204-jammy-arm64-v20251023",
     "Canonical, Ubuntu, 22.04 LTS, arm64 jammy image", "ARM64", 10, "ubuntu-2204-lts"},
    {"ubuntu-os-cloud", "ubuntu-2404-lts-arm64", "ubuntu-2404-noble-arm64-v20251021",
     "Canonical, Ubuntu, 24.04 LTS, arm64 noble image", "ARM64", 10, "ubuntu-2404-lts"},
    {"ubuntu-os-cloud", "ubuntu-minimal-2204-lts", "ubuntu-minimal-2204-jammy-v20251023",
     "Canonical, Ubuntu, 22.04 LTS Minimal, amd64 jammy minimal image", "X86_64", 10, "ubuntu-2204-lts"},
    {"ubuntu-os-cloud", "ubuntu-minimal-2404-lts-amd64", "ubuntu-minimal-2404-noble-amd64-v20251021",
     "Canonical, Ubuntu, 24.04 LTS Minimal, amd64 noble minimal image", "X86_64", 10, "ubuntu-2404-lts"},
    {"rocky-linux-cloud", "rocky-linux-9", "rocky-linux-9-v20251111", "Rocky Linux, Rocky Linux, 9, x86_64 built on 20251111",
     "X86_64", 20, "rocky-linux-9"},
    {"centos-cloud", "centos-stream-9", "centos-stream-9-v20251111", "CentOS, CentOS, Stream 9, x86_64 built on 20251111",
     "X86_64", 20, "centos-stream-9"},
    {"rhel-cloud", "rhel-9", "rhel-9-v20251111", "Red Hat, Red Hat Enterprise Linux, 9, x86_64 built on 20251111", "X86_64", 20,
     "rhel-9-server"},
    {"ubuntu-os-cloud", "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20251021",
     "Canonical, Ubuntu, 24.04 LTS, amd64 noble image", "X86_64", 10, "ubuntu-2404-lts"},
};

static cJSON *image_doc(const struct image *i)
{
	char id[24], code[24], size[8];
	const char *link = sim_tmp(COMPUTE_BASE "projects/%s/global/images/%s", i->project, i->name);
	const char *license = sim_tmp(COMPUTE_BASE "projects/%s/global/licenses/%s", i->project, i->license);
	snprintf(id, sizeof id, "%lld", 7000000000000000000LL + (i - images));
	snprintf(code, sizeof code, "%lld", 5000000000000000000LL + (i - images));
	snprintf(size, sizeof size, "%d", i->gigabytes);
	cJSON *doc = json_make(
	    "{'kind':'compute#image','id':%s,'name':%s,'family':%s,'description':%s,'architecture':%s,'selfLink':%s,"
	    "'creationTimestamp':'2025-11-11T12:00:00.000-08:00','status':'READY','sourceType':'RAW','diskSizeGb':%s,"
	    "'archiveSizeBytes':'1073741824','rawDisk':{'containerType':'TAR','source':''},'labelFingerprint':'42WmSpB8rSM=',"
	    "'guestOsFeatures':[{'type':'UEFI_COMPATIBLE'},{'type':'VIRTIO_SCSI_MULTIQUEUE'},{'type':'GVNIC'}],"
	    "'storageLocations':['us'],'licenses':[%s],'licenseCodes':[%s]}",
	    id, i->name, i->family, i->description, i->architecture, link, size, license, code);
	return doc;
}

static const struct image *behind(const char *link)
{
	const char *at = strstr(link, "projects/");
	for (size_t i = 0; at && i < sizeof images / sizeof *images; i++) {
		char name[160], family[160], view[160];
		snprintf(name, sizeof name, "projects/%s/global/images/%s", images[i].project, images[i].name);
		snprintf(family, sizeof family, "projects/%s/global/images/family/%s", images[i].project, images[i].family);
		snprintf(view, sizeof view, "/imageFamilyViews/%s", images[i].family);
		bool by_view = strstr(at, images[i].project) && text_ends(at, view);
		if (!strcmp(at, name) || !strcmp(at, family) || by_view)
			return &images[i];
	}
	return NULL;
}

bool compute_image_trusted(struct sim_call *c, const char *link)
{
	const struct image *i = behind(link);
	if (!i || !sim_constraint(c->sim, c->project, "compute.trustedImageProjects", sim_tmp("projects/%s", i->project)))
		return true;
	sim_fail_with(
	    c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
	    "Constraint constraints/compute.trustedImageProjects violated for project projects/%s. Use of images from "
	    "project %s is prohibited.",
	    c->project, i->project);
	return false;
}

bool compute_image_fill(cJSON *disk, const char *link, int *gigabytes)
{
	static const char *const kept[] = {"architecture", "guestOsFeatures", "licenses", "licenseCodes"};
	const struct image *i = behind(link);
	if (!i)
		return false;
	cJSON *image = image_doc(i);
	json_put_str(disk, "sourceImage", json_str(image, "selfLink", ""));
	json_put_str(disk, "sourceImageId", json_str(image, "id", ""));
	for (size_t n = 0; n < sizeof kept / sizeof *kept; n++)
		if (!json_at(disk, kept[n]))
			json_put(disk, kept[n], cJSON_Duplicate(json_at(image, kept[n]), true));
	*gigabytes = i->gigabytes;
	cJSON_Delete(image);
	return true;
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
		sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/global/images/%s' was not found",
			 sim_param(c, "project"), sim_param(c, "image"));
}

static void from_family(struct sim_call *c)
{
	const struct image *i = named(c, sim_param(c, "family"), true);
	if (i && strstr(c->id, "imageFamilyViews"))
		sim_ok(c, json_make("{'image':%j}", image_doc(i)));
	else if (i)
		sim_ok(c, image_doc(i));
	else
		sim_fail(c, "NOT_FOUND", "notFound", "The resource 'projects/%s/global/images/family/%s' was not found",
			 sim_param(c, "project"), sim_param(c, "family"));
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
	const char *id = sim_tmp("projects/%s/global/images", project), *link = compute_link(id);
	sim_ok(c, json_make("{'kind':'compute#imageList','id':%s,'selfLink':%s,'items':%j}", id, link, items));
}

static const struct sim_route routes[] = {
    {"compute.images.get", image_get, NULL, NULL},
    {"compute.images.list", image_list, NULL, NULL},
    {"compute.images.getFromFamily", from_family, NULL, NULL},
    {"compute.imageFamilyViews.get", from_family, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

/* These are asked of projects that are not ours, so that no service need be on in them. */
const struct sim_api sim_compute_images = {.name = "compute", .errors = SIM_ERRORS_LEGACY, .routes = routes};
