/* Compute Engine's quotas: what a project may have, and what it has. */
#include "config.h"

#include "sim/api/appengine.h"
#include "sim/api/compute.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdio.h>
#include <string.h>

/* Metric, limit, "region" or "project", what counts one each or "-". */
TABLE_OF(quotas, "quotas.tbl", 4);

static bool regional(size_t quota)
{
	return !strcmp(table_cell(&quotas, quota, 2), "region");
}

/* The quota's row; table_rows when there is none such. */
static size_t quota_row(const char *metric, bool in_region)
{
	size_t i = 0;
	while (i < table_rows(&quotas) && (strcmp(table_cell(&quotas, i, 0), metric) || regional(i) != in_region))
		i++;
	return i;
}

/* Limits. --------------------------------------------------------------------------------------------------------------- */
double compute_quota_limit(struct sim *s, const char *project, const char *metric, const char *region)
{
	const cJSON *said = sim_project_world(s, project, "quotas");
	const cJSON *limit = cJSON_GetObjectItemCaseSensitive(said, sim_tmp("%s/%s", region, metric));
	if (!limit)
		limit = cJSON_GetObjectItemCaseSensitive(said, metric);
	if (cJSON_IsNumber(limit))
		return limit->valuedouble;
	size_t row = quota_row(metric, *region != '\0');
	return row < table_rows(&quotas) ? table_number(&quotas, row, 1) : 1e9;
}

static double count(struct sim *s, const char *project, const char *plural, const char *region)
{
	char place[40];
	const char *collection = sim_tmp("compute.%s", plural), *prefix = sim_tmp("projects/%s/", project);
	double n = 0;
	for (struct sim_object *o = sim_first(s, collection, prefix); o; o = sim_following(s, o, prefix)) {
		const char *scope = o->key + strlen(prefix), *name = strchr(scope, '/') + 1;
		bool global = text_starts(scope, "global/");
		snprintf(place, sizeof place, "%.*s", (int)strcspn(name, "/"), name);
		if (text_starts(scope, "zones/")) {
			char zone[40];
			memcpy(zone, place, sizeof zone);
			compute_zone_region(zone, place);
		}
		bool fits = *region ? !global && !strcmp(place, region) : true;
		/* Addresses count against the project's quota only when they are global. */
		if (!strcmp(plural, "addresses"))
			fits = fits && !strcmp(json_str(o->doc, "addressType", "EXTERNAL"), "EXTERNAL") && (*region || global);
		n += fits;
	}
	return n;
}

/* Usage. ---------------------------------------------------------------------------------------------------------------- */
/* Is this, which begins with a zone's name, of the region? All are where none is named. */
static bool in_region(const char *within, const char *region)
{
	char zone[40], place[40];
	snprintf(zone, sizeof zone, "%.*s", (int)strcspn(within, "/"), within);
	return !*region || !strcmp(compute_zone_region(zone, place), region);
}

/* Processors of the running machines. */
static double processors(struct sim *s, const char *project, const char *region)
{
	const char *prefix = sim_tmp("projects/%s/zones/", project);
	double n = 0;
	for (struct sim_object *o = sim_first(s, "compute.instances", prefix); o; o = sim_following(s, o, prefix)) {
		const char *type = strrchr(json_str(o->doc, "machineType", "/"), '/') + 1;
		if (in_region(o->key + strlen(prefix), region))
			n += strcmp(json_str(o->doc, "status", ""), "TERMINATED") &&
				     strcmp(json_str(o->doc, "status", ""), "SUSPENDED")
				 ? compute_machine_cpus(type)
				 : 0;
	}
	return n;
}

/* Gigabytes of the disks that the metric counts. */
static double disks(struct sim *s, const char *project, const char *region, const char *metric)
{
	const char *prefix = sim_tmp("projects/%s/zones/", project);
	double n = 0;
	for (struct sim_object *o = sim_first(s, "compute.disks", prefix); o; o = sim_following(s, o, prefix))
		if (!strcmp(compute_disk_quota(json_str(o->doc, "type", "")), metric) &&
		    in_region(o->key + strlen(prefix), region))
			n += (double)json_int64(o->doc, "sizeGb", 0);
	return n;
}

/* External addresses that machines have. */
static double outside(struct sim *s, const char *project, const char *region)
{
	const char *prefix = sim_tmp("projects/%s/zones/", project);
	double n = 0;
	for (struct sim_object *o = sim_first(s, "compute.instances", prefix); o; o = sim_following(s, o, prefix))
		n += json_at(o->doc, "networkInterfaces.0.accessConfigs.0") && in_region(o->key + strlen(prefix), region);
	return n;
}

double compute_quota_usage(struct sim *s, const char *project, const char *metric, const char *region)
{
	struct appengine_machines flexible = appengine_machines(s, project, region);
	const char *plural = table_cell(&quotas, quota_row(metric, *region != '\0'), 3);
	if (text_starts(metric, "CPUS"))
		return processors(s, project, region) + flexible.cpus;
	if (!strcmp(metric, "IN_USE_ADDRESSES") && *region)
		return outside(s, project, region) + flexible.outside;
	if (!strcmp(metric, "DISKS_TOTAL_GB"))
		return disks(s, project, region, metric) + flexible.disks;
	if (!strcmp(metric, "SSD_TOTAL_GB"))
		return disks(s, project, region, metric);
	double n = *plural && strcmp(plural, "-") ? count(s, project, plural, region) : 0;
	return strcmp(metric, "INSTANCES") ? n : n + flexible.machines;
}

char *compute_quota_short(struct sim *s, const char *project, const char *region, const char *metric)
{
	double limit = compute_quota_limit(s, project, metric, region);
	if (compute_quota_usage(s, project, metric, region) <= limit)
		return NULL;
	return *region ? xasprintf("Quota '%s' exceeded.  Limit: %.1f in region %s.", metric, limit, region)
		       : xasprintf("Quota '%s' exceeded.  Limit: %.1f globally.", metric, limit);
}

bool compute_quota(struct sim_call *c, const char *metric, const char *region, double more)
{
	if (*region && quota_row(metric, true) == table_rows(&quotas))
		region = ""; /* the project's */
	double limit = compute_quota_limit(c->sim, c->project, metric, region);
	if (compute_quota_usage(c->sim, c->project, metric, region) + more <= limit)
		return true;
	sim_fail_with(c, 403, "PERMISSION_DENIED", "quotaExceeded", NULL, "Quota '%s' exceeded.  Limit: %.1f %s%s.", metric,
		      limit, *region ? "in region " : "globally", region);
	return false;
}

cJSON *compute_quota_list(struct sim *s, const char *project, const char *region)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < table_rows(&quotas); i++) {
		const char *metric = table_cell(&quotas, i, 0);
		if (regional(i) != (*region != '\0'))
			continue;
		cJSON *q = json_make("{'metric':%s}", metric);
		json_put_num(q, "limit", compute_quota_limit(s, project, metric, region));
		json_put_num(q, "usage", compute_quota_usage(s, project, metric, region));
		cJSON_AddItemToArray(list, q);
	}
	return list;
}
