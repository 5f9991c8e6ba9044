/* Prices from the Cloud Billing catalog. */
#include "config.h"
#include "gcp/catalog.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/prices.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum price_group group;
	enum price_item item;
	double usd;
	const char *unit, *description;
} skus_of[] = {
#define SKU(group, item, usd, unit, description) {group, item, usd, unit, description},
#include "gcp/catalog.tbl"
#undef SKU
};

enum { SKUS = sizeof skus_of / sizeof *skus_of, REGIONS_MAX = 200, REGION_MAX = 40, DAY = sizeof "2026-11-30" };

#define UNSURE (-1.0) /* told twice and differently, or in words that are not understood */
#define FAR 10.0      /* times as much or as little as in the table: no price of this thing */

static const struct {
	const char *id, *name;
	enum priced priced;
} services[PRICE_SERVICES] = {
    [PRICE_SERVICE_SQL] = {"9662-B51E-5089", "Cloud SQL", PRICED_MACHINE},
    [PRICE_SERVICE_RUN] = {"152E-C115-5142", "Cloud Run", PRICED_RUN},
};

struct told {
	char region[REGION_MAX];
	double usd[SKUS]; /* 0: not told */
};

struct catalog {
	enum price_service service;
	char day[DAY]; /* the earliest that a price was said to be of */
	struct told *told;
	size_t count, room;
};

/* One for all plans of this process: what Google asks does not depend on who draws up a plan. */
static struct catalog *adopted[PRICE_SERVICES];
static unsigned turns;

const char *price_service_id(enum price_service service)
{
	return services[service].id;
}

const char *price_service_name(enum price_service service)
{
	return services[service].name;
}

enum price_service price_group_service(enum price_group group)
{
	return group == PRICES_RUN ? PRICE_SERVICE_RUN : PRICE_SERVICE_SQL;
}

static double table_price(size_t sku, const char *region)
{
	bool idle = skus_of[sku].item == PRICE_IDLE_CPU || skus_of[sku].item == PRICE_IDLE_MEMORY;
	enum priced what = idle ? PRICED_RUN_IDLE : services[price_group_service(skus_of[sku].group)].priced;
	return skus_of[sku].usd * price_factor(what, region);
}

static bool plausible(size_t sku, const char *region, double usd)
{
	double usual = table_price(sku, region);
	return usd > usual / FAR && usd < usual * FAR;
}

struct catalog *catalog_new(enum price_service service)
{
	struct catalog *c = xcalloc(1, sizeof *c);
	c->service = service;
	return c;
}

void catalog_free(struct catalog *c)
{
	if (c)
		free(c->told);
	free(c);
}

static struct told *told_of(const struct catalog *c, const char *region)
{
	for (size_t i = 0; c && i < c->count; i++)
		if (!strcmp(c->told[i].region, region))
			return &c->told[i];
	return NULL;
}

/* A region's name is an id of Google's; there are not endlessly many. */
static bool is_region(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return n && n < REGION_MAX && !text[n];
}

static void note(struct catalog *c, const char *region, size_t sku, double usd)
{
	struct told *t = told_of(c, region);
	if (!t) {
		if (!is_region(region) || c->count == REGIONS_MAX)
			return;
		c->told = xgrow(c->told, c->count, &c->room, sizeof *c->told);
		t = &c->told[c->count++];
		*t = (struct told){.usd = {0}};
		memcpy(t->region, region, strlen(region) + 1);
	}
	usd = plausible(sku, region, usd) ? usd : UNSURE;
	t->usd[sku] = t->usd[sku] == 0 || t->usd[sku] == usd ? usd : UNSURE;
}

/* "2026-11-30T01:02:03Z": its day; the earliest of all is what may be said of them together. */
static void note_day(struct catalog *c, const char *time)
{
	static const char form[] = "dddd-dd-dd";
	for (size_t i = 0; i < DAY - 1; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)time[i]) : time[i] != form[i])
			return;
	if (*c->day && strncmp(c->day, time, DAY - 1) <= 0)
		return;
	memcpy(c->day, time, DAY - 1);
	c->day[DAY - 1] = '\0';
}

static double dollars_of(const cJSON *money)
{
	if (strcmp(json_str(money, "currencyCode", ""), "USD") != 0)
		return UNSURE;
	return (double)json_int64(money, "units", 0) + json_num(money, "nanos", 0) / 1e9;
}

/* What follows a free allowance is the price; where several follow, the thing has no one price. */
static double one_price(const cJSON *rates)
{
	double usd = 0;
	const cJSON *r;
	cJSON_ArrayForEach(r, rates) {
		double rate = dollars_of(json_at(r, "unitPrice"));
		if (rate < 0 || (usd > 0 && rate != usd))
			return UNSURE;
		usd = rate;
	}
	return usd > 0 ? usd : UNSURE;
}

static void take_as(struct catalog *c, const cJSON *sku, size_t as)
{
	const cJSON *infos = json_at(sku, "pricingInfo"), *region;
	const cJSON *now = cJSON_IsArray(infos) ? cJSON_GetArrayItem(infos, cJSON_GetArraySize(infos) - 1) : NULL;
	bool unit = !strcmp(json_str(now, "pricingExpression.usageUnit", ""), skus_of[as].unit);
	double usd = unit ? one_price(json_at(now, "pricingExpression.tieredRates")) : UNSURE;
	cJSON_ArrayForEach(region, json_at(sku, "serviceRegions"))
		if (cJSON_IsString(region))
			note(c, region->valuestring, as, usd);
	if (usd > 0)
		note_day(c, json_str(now, "effectiveTime", ""));
}

void catalog_take(struct catalog *c, const cJSON *skus)
{
	const cJSON *sku;
	cJSON_ArrayForEach(sku, skus) {
		const char *description = json_str(sku, "description", "");
		bool on_demand = !strcmp(json_str(sku, "category.usageType", ""), "OnDemand");
		for (size_t i = 0; on_demand && i < SKUS; i++)
			if (price_group_service(skus_of[i].group) == c->service &&
			    !fnmatch(skus_of[i].description, description, 0))
				take_as(c, sku, i);
	}
}

bool catalog_adopt(struct catalog *c)
{
	if (!c->count || !*c->day) {
		catalog_free(c);
		return false;
	}
	catalog_free(adopted[c->service]);
	adopted[c->service] = c;
	turns++;
	return true;
}

void catalog_forget(void)
{
	for (size_t i = 0; i < PRICE_SERVICES; i++) {
		catalog_free(adopted[i]);
		adopted[i] = NULL;
	}
	turns++;
}

bool catalog_known(enum price_service service)
{
	return adopted[service] != NULL;
}

unsigned catalog_turn(void)
{
	return turns;
}

/* The region's prices, when all of the group are among them. */
static const struct told *whole(enum price_group group, const char *region)
{
	const struct told *t = group == PRICES_OF_TABLE ? NULL : told_of(adopted[price_group_service(group)], region);
	for (size_t i = 0; t && i < SKUS; i++)
		if (skus_of[i].group == group && t->usd[i] <= 0)
			return NULL;
	return t;
}

double price_usd(enum price_group group, enum price_item item, const char *region)
{
	const struct told *t = whole(group, region);
	size_t i = 0;
	while (i < SKUS - 1 && (skus_of[i].group != group || skus_of[i].item != item))
		i++;
	return t ? t->usd[i] : table_price(i, region);
}

const char *price_day(enum price_group group, const char *region)
{
	return whole(group, region) ? adopted[price_group_service(group)]->day : NULL;
}

cJSON *catalog_json(enum price_service service)
{
	const struct catalog *c = adopted[service];
	cJSON *regions = c ? cJSON_CreateObject() : NULL;
	for (size_t i = 0; c && i < c->count; i++) {
		cJSON *prices = cJSON_AddObjectToObject(regions, c->told[i].region);
		for (size_t k = 0; k < SKUS; k++)
			if (c->told[i].usd[k] > 0)
				cJSON_AddNumberToObject(prices, skus_of[k].description, c->told[i].usd[k]);
	}
	return c ? json_make("{'effective':%s,'regions':%j}", c->day, regions) : NULL;
}

struct catalog *catalog_from_json(enum price_service service, const cJSON *kept)
{
	struct catalog *c = catalog_new(service);
	const cJSON *region, *price;
	note_day(c, json_str(kept, "effective", ""));
	cJSON_ArrayForEach(region, json_at(kept, "regions"))
		cJSON_ArrayForEach(price, region)
			for (size_t i = 0; i < SKUS; i++)
				if (region->string && price->string && cJSON_IsNumber(price) &&
				    price_group_service(skus_of[i].group) == service &&
				    !strcmp(skus_of[i].description, price->string))
					note(c, region->string, i, price->valuedouble);
	if (c->count && *c->day)
		return c;
	catalog_free(c);
	return NULL;
}
