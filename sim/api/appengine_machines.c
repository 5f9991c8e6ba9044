/* The machines of App Engine's flexible versions: they count against Compute Engine's quotas, and may not be had. */
#include "config.h"
#include "sim/api/appengine.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/compute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int instances_of(const cJSON *version)
{
	return (int)json_num(version, "manualScaling.instances", json_num(version, "automaticScaling.minTotalInstances", 2));
}

/* "Only the versions with a SERVING status create instances" (discovery, Version.servingStatus). */
static bool has_machines(const struct sim_object *version)
{
	return appengine_is_flexible(version->doc) && !json_at(version->hidden, "failure") &&
	       !strcmp(json_str(version->doc, "servingStatus", ""), "SERVING");
}

struct appengine_machines appengine_machines(struct sim *s, const char *project, const char *region)
{
	struct appengine_machines all = {0};
	const struct sim_object *app = sim_get(s, APPENGINE_APPS, sim_tmp("apps/%s", project));
	const char *where = app ? appengine_region(json_str(app->doc, "locationId", "")) : NULL,
		   *prefix = sim_tmp("apps/%s/", project);
	if (!where || (*region && strcmp(where, region) != 0))
		return all;
	for (struct sim_object *o = sim_first(s, APPENGINE_VERSIONS, prefix); o; o = sim_following(s, o, prefix)) {
		bool inside = !strcmp(json_str(o->doc, "network.instanceIpMode", ""), "INTERNAL");
		if (!has_machines(o))
			continue;
		all.machines += instances_of(o->doc);
		all.cpus += instances_of(o->doc) * json_num(o->doc, "resources.cpu", 1);
		all.disks += instances_of(o->doc) *
			     json_num(o->doc, "resources.diskGb", 13); /* discovery, Resources: no default; app.yaml's */
		all.outside += inside ? 0 : instances_of(o->doc);
	}
	return all;
}

/* Why none can be had in any zone of the region. */
static char *stockout(struct sim *s, const char *project, const char *region)
{
	char *why = NULL;
	for (char letter = 'a'; letter <= 'f'; letter++) {
		const char *zone = sim_tmp("%s-%c", region, letter);
		if (!compute_zone_known(zone))
			continue;
		free(why);
		why = compute_stockout(s, project, zone);
		if (!why)
			return NULL;
	}
	return why;
}

/* As App Engine tells what Compute Engine refused it. */
cJSON *appengine_no_machines(struct sim *s, const char *project, const char *region)
{
	static const char *const metrics[] = {"CPUS", "IN_USE_ADDRESSES", "INSTANCES", "DISKS_TOTAL_GB"};
	char uuid[37], *why = stockout(s, project, region);
	for (size_t i = 0; !why && i < sizeof metrics / sizeof *metrics; i++)
		why = compute_quota_short(s, project, region, metrics[i]);
	if (!why)
		return NULL;
	sim_uuid(s, uuid);
	cJSON *status = sim_rpc_status("INTERNAL",
				       "Flex operation projects/%s/regions/%s/operations/%s error [RESOURCE_EXHAUSTED]: An "
				       "internal error occurred while processing task "
				       "/app-engine-flex/insert_flex_deployment/flex_create_resources: %s",
				       project, region, uuid, why);
	free(why);
	return status;
}
