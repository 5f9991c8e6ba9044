/* What Compute Engine refuses of a machine before anything is made of it, beside that what it refers to is there: things that exclude one another, and what
 * its series of machines does not have (cloud.google.com/compute/docs/machine-resource). */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

enum { DISK_MOST = 65536 };

/* The series of a machine type by name or link, "e2" of ".../machineTypes/e2-small". */
static const char *series_of(const cJSON *doc)
{
	const char *type = strrchr(json_str(doc, "machineType", "/"), '/') + 1;
	return sim_tmp("%.*s", (int)strcspn(type, "-"), type);
}

/* Series whose disks are Hyperdisks alone, and such as take Persistent Disks, but for the standard ones. */
static bool takes_disk(const char *series, const char *type)
{
	static const char *const newest[] = {"n4", "c4", "c4a", "x4", "n4a", "n4d", "c4d"}, *const newer[] = {"c3", "c3d",
													      "h3"};
	if (!strcmp(type, COMPUTE_LOCAL_SSD) && (!strcmp(series, "e2") || !strcmp(series, "t2d") || !strcmp(series, "t2a")))
		return false;
	for (size_t i = 0; i < sizeof newest / sizeof *newest; i++)
		if (!strcmp(series, newest[i]))
			return text_starts(type, "hyperdisk");
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
		if (!strcmp(series, newer[i]))
			return strcmp(type, "pd-standard") != 0;
	return true;
}

/* Disks. -------------------------------------------------------------------------------------------------------------------- */

static bool new_disk_ok(struct sim_call *c, const cJSON *doc, const cJSON *disk, const char *where)
{
	const char *type = json_str(disk, "initializeParams.diskType", "pd-standard"), *slash = strrchr(type, '/'),
		   *zone = sim_param(c, "zone"), *name = slash ? slash + 1 : type;
	long long size = json_int64(disk, "initializeParams.diskSizeGb", 10);
	bool local = !strcmp(name, COMPUTE_LOCAL_SSD), scratch = !strcmp(json_str(disk, "type", "PERSISTENT"), "SCRATCH");
	bool here = !slash || strstr(type, sim_tmp("zones/%s/", zone));
	if (!compute_disk_type_known(type) || !here)
		return compute_invalid(c, sim_tmp("%s.initializeParams.diskType", where), type,
				       "The referenced diskType resource cannot be found.");
	if (size > DISK_MOST)
		return compute_invalid(c, sim_tmp("%s.initializeParams.diskSizeGb", where), sim_tmp("%lld", size),
				       sim_tmp("Disk size: '%lld GB' is larger than the maximum of %d GB.", size, DISK_MOST));
	if (local != scratch)
		return compute_invalid(c, sim_tmp("%s.type", where), scratch ? "SCRATCH" : "PERSISTENT",
				       "Disks of type local-ssd must be SCRATCH, and no others.");
	if (takes_disk(series_of(doc), name))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "badRequest", "[%s] features are not compatible for creating instance.", name);
	return false;
}

static bool disks_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *disk;
	int i = 0;
	cJSON_ArrayForEach(disk, json_at(doc, "disks")) {
		const char *where = sim_tmp("disks[%d]", i);
		bool boot = json_bool(disk, "boot", i == 0), given = json_at(disk, "source") != NULL;
		if (boot != (i == 0))
			return compute_invalid(c, where, "",
					       i ? "Only one boot disk may be attached to an instance."
						 : "Boot disk must be the first disk attached to the instance.");
		if (boot && !given && json_at(disk, "initializeParams") && !json_at(disk, "initializeParams.sourceImage") &&
		    !json_at(disk, "initializeParams.sourceSnapshot"))
			return compute_invalid(c, sim_tmp("%s.source", where), "", "Boot disk must have a source specified.");
		if (!given && !new_disk_ok(c, doc, disk, where))
			return false;
		i++;
	}
	return true;
}

/* Interfaces. --------------------------------------------------------------------------------------------------------------- */

static bool address_reserved(struct sim *s, const char *project, const char *region, const char *ip)
{
	const char *prefix = sim_tmp("projects/%s/regions/%s/", project, region);
	for (struct sim_object *o = sim_first(s, "compute.addresses", prefix); o; o = sim_following(s, o, prefix))
		if (!strcmp(json_str(o->doc, "address", ""), ip))
			return true;
	return false;
}

static bool outside_ok(struct sim_call *c, const cJSON *nic, const char *where, const char *region)
{
	const char *ip = json_str(nic, "accessConfigs.0.natIP", "");
	if (cJSON_GetArraySize(json_at(nic, "accessConfigs")) > 1)
		return compute_invalid(c, sim_tmp("%s.accessConfigs", where), "",
				       "At most one access config currently supported.");
	return !*ip || address_reserved(c->sim, c->project, region, ip) ||
	       compute_invalid(c, sim_tmp("%s.accessConfigs[0].natIP", where), ip,
			       sim_tmp("The specified external IP address '%s' was not found in region '%s'.", ip, region));
}

static bool inside_ok(struct sim_call *c, const cJSON *nic, const char *where, const char *region)
{
	const char *link = json_str(nic, "subnetwork", ""), *ip = json_str(nic, "networkIP", "");
	const struct sim_object *subnet = *link ? compute_find(c->sim, link) : NULL;
	struct ip4_range all, one;
	if (subnet && !strstr(subnet->key, sim_tmp("/regions/%s/", region)))
		return compute_invalid(c, sim_tmp("%s.subnetwork", where), link,
				       "Cross-region references for this resource are not allowed.");
	bool known = subnet && *ip && ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &all) &&
		     ip4_range_parse(sim_tmp("%s/32", ip), &one);
	return !known || ip4_overlap(all, one) ||
	       compute_invalid(c, sim_tmp("%s.networkIP", where), ip,
			       "Requested internal IP address is outside the subnetwork CIDR range.");
}

static bool interfaces_ok(struct sim_call *c, const cJSON *doc, const char *region)
{
	const cJSON *list = json_at(doc, "networkInterfaces"), *nic;
	int i = 0;
	cJSON_ArrayForEach(nic, list) {
		const char *where = sim_tmp("networkInterfaces[%d]", i++);
		for (const cJSON *other = list->child; other != nic; other = other->next)
			if (json_at(nic, "network") && !strcmp(json_str(nic, "network", ""), json_str(other, "network", "")))
				return compute_invalid(c, where, "", "Networks must be distinct for NICs attached to a VM.");
		if (!inside_ok(c, nic, where, region) || !outside_ok(c, nic, where, region))
			return false;
	}
	return true;
}

/* Whose it is, and when it runs. -------------------------------------------------------------------------------------------- */

static bool accounts_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *accounts = json_at(doc, "serviceAccounts"), *scope;
	if (cJSON_GetArraySize(accounts) > 1)
		return compute_invalid(c, "serviceAccounts", "", "At most one service account may be specified.");
	cJSON_ArrayForEach(scope, json_at(accounts, "0.scopes"))
		if (!text_starts(cJSON_IsString(scope) ? scope->valuestring : "", "https://"))
			return compute_invalid(c, "serviceAccounts[0].scopes", cJSON_IsString(scope) ? scope->valuestring : "",
					       "Must be the URL of an OAuth scope.");
	return true;
}

static bool scheduling_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *s = json_at(doc, "scheduling");
	bool brief = json_bool(s, "preemptible", false) || !strcmp(json_str(s, "provisioningModel", ""), "SPOT");
	const char *why = !brief ? NULL
			  : json_bool(s, "automaticRestart", false)
			      ? "Scheduling must have preemptible be false when AutomaticRestart is true."
			  : !strcmp(json_str(s, "onHostMaintenance", ""), "MIGRATE")
			      ? "Scheduling must have preemptible be false when OnHostMaintenance isn't TERMINATE."
			      : NULL;
	return !why || compute_invalid(c, "scheduling", "", why);
}

static bool features_ok(struct sim_call *c, const cJSON *doc)
{
	static const struct {
		const char *field, *without; /* the series that has it not */
	} lacks[] = {
	    {"minCpuPlatform", "e2"}, {"guestAccelerators.0", "e2"}, {"advancedMachineFeatures.threadsPerCore", "t2d"}};
	const char *series = series_of(doc), *type = strrchr(json_str(doc, "machineType", "/"), '/') + 1;
	bool secret = json_bool(doc, "confidentialInstanceConfig.enableConfidentialCompute", false);
	for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
		if (*json_str(doc, lacks[i].field, json_at(doc, lacks[i].field) ? " " : "") &&
		    !strcmp(series, lacks[i].without))
			return compute_invalid(c, sim_tmp("%.*s", (int)strcspn(lacks[i].field, "."), lacks[i].field), "",
					       sim_tmp("It is not supported by the machine type %s.", type));
	if (secret && strcmp(series, "n2d") && strcmp(series, "c2d") && strcmp(series, "c3") && strcmp(series, "c3d") &&
	    strcmp(series, "c4d"))
		return compute_invalid(c, "confidentialInstanceConfig", "",
				       sim_tmp("Confidential VM is not supported by the machine type %s.", type));
	if (!json_bool(doc, "shieldedInstanceConfig.enableVtpm", true) &&
	    json_bool(doc, "shieldedInstanceConfig.enableIntegrityMonitoring", false))
		return compute_invalid(c, "shieldedInstanceConfig", "",
				       "Integrity monitoring requires that the virtual trusted platform module is enabled.");
	return true;
}

static bool host_ok(struct sim_call *c, const cJSON *doc)
{
	const char *host = json_str(doc, "hostname", "");
	return !*host ||
	       (strchr(host, '.') && strlen(host) <= 253 &&
		strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(host)) ||
	       compute_invalid(c, "hostname", host, "The hostname must be a fully qualified domain name.");
}

bool compute_instance_acceptable(struct sim_call *c, const cJSON *doc, const char *region)
{
	return compute_metadata_ok(c, json_at(doc, "metadata"), "metadata") && compute_tags_ok(c, json_at(doc, "tags")) &&
	       accounts_ok(c, doc) && scheduling_ok(c, doc) && features_ok(c, doc) && host_ok(c, doc) &&
	       interfaces_ok(c, doc, region) && disks_ok(c, doc);
}
