/* What a month costs: an estimate for the review page, not an offer. List prices of us-central1 in US dollars, as others quoted Google's pages at
 * the date below (Cloud SQL Enterprise: 0.0413 a vCPU and 0.007 a GB an hour, shared cores 0.0105 and 0.035, SSD 0.17 a GB, all twice in two zones;
 * Cloud Run with request-based billing); other regions cost up to two fifths more. */
#include "config.h"
#include "plan/cost.h"

#include "base/json.h"

#include <string.h>

const char cost_date[] = "2026-05";

enum { HOURS = 730 };

static const struct tier {
	const char *id;
	double usd; /* a month, one zone */
} tiers[] = {
	{"db-f1-micro", 0.0105 * HOURS},
	{"db-g1-small", 0.035 * HOURS},
	{"db-custom-1-3840", (0.0413 + 3.75 * 0.007) * HOURS},
	{"db-custom-2-7680", (2 * 0.0413 + 7.5 * 0.007) * HOURS},
	{"db-custom-4-15360", (4 * 0.0413 + 15 * 0.007) * HOURS},
};

static double sql_cost(const cJSON *spec)
{
	const char *tier = json_str(spec, "settings.tier", "");
	double disk = 0.17 * (double)json_int64(spec, "settings.dataDiskSizeGb", 10);
	bool regional = !strcmp(json_str(spec, "settings.availabilityType", ""), "REGIONAL");
	for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
		if (!strcmp(tiers[i].id, tier))
			return (tiers[i].usd + disk) * (regional ? 2 : 1);
	return -1;
}

/* A limit such as "2Gi" in GiB. */
static double gib(const char *text)
{
	double value = 0;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (*text - '0');
	return !strcmp(text, "Mi") ? value / 1024 : value;
}

/* Instances that are kept: idle CPU and memory cost 0.0000025 dollars a second each, for a CPU and for a GiB. What requests cost comes on top. */
static double run_cost(const cJSON *spec)
{
	double units = 0;
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(spec, "body.template.containers")) units +=
		gib(json_str(c, "resources.limits.cpu", "1")) + gib(json_str(c, "resources.limits.memory", "0Gi"));
	return json_num(spec, "body.scaling.minInstanceCount", 0) * units * 0.0000025 * 3600 * HOURS;
}

double plan_cost(const struct resource *r)
{
	if (!r->kind->billable)
		return 0;
	if (!strcmp(r->kind->id, "sqladmin.instance"))
		return sql_cost(r->spec);
	if (!strcmp(r->kind->id, "run.service"))
		return run_cost(r->spec);
	if (!strcmp(r->kind->id, "secretmanager.secret"))
		return 0.06; /* one active version */
	return -1; /* by what is kept in it */
}
