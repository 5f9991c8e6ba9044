/* The Cloud Billing catalog: what is taken for a price, and what is not. */
#include "config.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/kinds.h"
#include "tests/tap.h"

#include <math.h>
#include <stdlib.h>

#define NOW "'effectiveTime':'2026-11-30T01:02:03Z'"

static void add(cJSON *skus, const char *description, const char *usage, const char *unit, const char *units, int nanos)
{
	cJSON *sku = json_make("{'description':%s,'category':{'usageType':%s},'serviceRegions':['us-central1','us-east1'],"
			       "'pricingInfo':[{" NOW ",'pricingExpression':{'usageUnit':%s,'tieredRates':[{'unitPrice':{"
			       "'currencyCode':'USD','units':%s,'nanos':%d}}]}}]}",
			       description, usage, unit, units, nanos);
	cJSON_AddItemToArray(skus, sku);
}

/* All of a zonal PostgreSQL, each price a tenth above the list's. */
static cJSON *postgresql(void)
{
	cJSON *skus = cJSON_CreateArray();
	add(skus, "Cloud SQL for PostgreSQL: Zonal - vCPU in Americas", "OnDemand", "h", "0", 45430000);
	add(skus, "Cloud SQL for PostgreSQL: Zonal - RAM in Americas", "OnDemand", "GiBy.h", "0", 7700000);
	add(skus, "Cloud SQL for PostgreSQL: Zonal - Standard storage in Americas", "OnDemand", "GiBy.mo", "0", 187000000);
	add(skus, "Cloud SQL for PostgreSQL: Zonal - Micro instance in Americas", "OnDemand", "h", "0", 11550000);
	add(skus, "Cloud SQL for PostgreSQL: Zonal - Small instance in Americas", "OnDemand", "h", "0", 38500000);
	return skus;
}

static bool take(cJSON *skus)
{
	catalog_forget();
	struct catalog *c = catalog_new(PRICE_SERVICE_SQL);
	catalog_take(c, skus);
	cJSON_Delete(skus);
	return catalog_adopt(c);
}

static double month(const char *region)
{
	cJSON *spec = json_make(
	    "{'databaseVersion':'POSTGRES_17','settings':{'tier':'db-custom-1-3840','dataDiskSizeGb':'10'}}");
	double usd = kind_find("sqladmin.instance")->monthly(spec, region);
	cJSON_Delete(spec);
	return usd;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 0.005;
}

static const double listed = (0.0413 + 3.75 * 0.007) * 730 + 1.7;

static void taken(void)
{
	ok(near(month("us-central1"), listed), "without a catalog: the table's prices");
	ok(!price_day(PRICES_POSTGRESQL_ZONAL, "us-central1"), "which have no day");
	ok(take(postgresql()), "a catalog is taken");
	ok(near(month("us-central1"), listed * 1.1), "its prices are those of the month");
	ok(near(month("us-east1"), listed * 1.1), "in each of the SKUs' regions");
	is_str(price_day(PRICES_POSTGRESQL_ZONAL, "us-east1"), "2026-11-30", "with their day");
	ok(near(month("us-west1"), listed) && !price_day(PRICES_POSTGRESQL_ZONAL, "us-west1"), "elsewhere the table's stand");
	ok(!price_day(PRICES_POSTGRESQL_REGIONAL, "us-central1"), "and for what it does not tell");
	cJSON *kept = catalog_json(PRICE_SERVICE_SQL);
	catalog_forget();
	ok(near(month("us-central1"), listed), "forgotten: the table's again");
	struct catalog *c = catalog_from_json(PRICE_SERVICE_SQL, kept);
	ok(c && catalog_adopt(c) && near(month("us-central1"), listed * 1.1), "what was kept tells the same");
	cJSON_Delete(kept);
}

static void refused(void)
{
	static const struct {
		const char *description, *usage, *unit, *units;
		int nanos;
		bool spoils;
		const char *name;
	} rows[] = {
	    {"Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "OnDemand", "h", "0", 50000000, true,
	     "a price told twice and differently"},
	    {"Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "OnDemand", "h", "0", 45430000, false, "told twice and alike"},
	    {"Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "OnDemand", "mo", "0", 45430000, true, "another unit"},
	    {"Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "OnDemand", "h", "9000000000000000000", 0, true,
	     "a price beyond reason"},
	    {"Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "OnDemand", "h", "-1", 0, true, "one below nothing"},
	    {"Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "OnDemand", "h", "0", 0, true, "none"},
	    {"Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "Commit1Yr", "h", "0", 30000000, false, "what is committed to"},
	    {"FDC Trial in Cloud SQL for PostgreSQL: Zonal - vCPU in Iowa", "OnDemand", "h", "0", 1, false, "a trial's"},
	    {"Cloud SQL for PostgreSQL: Zonal - Enterprise Plus vCPU in Iowa", "OnDemand", "h", "0", 1, false,
	     "another edition's"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *skus = postgresql();
		add(skus, rows[i].description, rows[i].usage, rows[i].unit, rows[i].units, rows[i].nanos);
		take(skus);
		ok(near(month("us-central1"), listed * (rows[i].spoils ? 1 : 1.1)), "%s: %s", rows[i].name,
		   rows[i].spoils ? "the table's prices stand, all of them" : "is passed over");
	}
}

static void odd(void)
{
	cJSON *part = postgresql();
	cJSON_DeleteItemFromArray(part, 1);
	take(part);
	ok(near(month("us-central1"), listed), "one price lacks: none is put beside the table's");
	cJSON *euros = postgresql();
	json_put_str(euros, "0.pricingInfo.0.pricingExpression.tieredRates.0.unitPrice.currencyCode", "EUR");
	take(euros);
	ok(near(month("us-central1"), listed), "another currency is no price");
	cJSON *undated = postgresql(), *one;
	cJSON_ArrayForEach(one, undated)
		json_put_str(one, "pricingInfo.0.effectiveTime", "\033[2Jnow");
	ok(!take(undated), "prices without a day are not taken");
	static const char *const texts[] = {
	    "null",
	    "[]",
	    "{}",
	    "[null,1,\"x\",[],{}]",
	    "[{\"description\":5,\"category\":[]}]",
	    "[{\"description\":\"Cloud SQL: Backups in X\",\"category\":{\"usageType\":\"OnDemand\"},"
	    "\"serviceRegions\":[1,\"\",\"../..\",\"A\\u001b[2J\"],\"pricingInfo\":{}}]"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ok(!take(cJSON_Parse(texts[i])), "nothing is made of %s", i ? texts[i] : "null");
}

static void run(void)
{
	cJSON *skus = cJSON_CreateArray(), *spec;
	add(skus, "Services CPU (Instance-based billing) in us-central1", "OnDemand", "s", "0", 20000);
	add(skus, "Services Memory (Instance-based billing) in in us-central1", "OnDemand", "GiBy.s", "0", 3000);
	add(skus, "Services Min Instance CPU (Request-based billing)", "OnDemand", "s", "0", 4000);
	add(skus, "Services Min Instance Memory Tier 2 (Request-based billing)", "OnDemand", "GiBy.s", "0", 5000);
	/* After a free allowance. */
	cJSON *rates = cJSON_GetObjectItem(json_at(skus, "0.pricingInfo.0.pricingExpression"), "tieredRates");
	cJSON_InsertItemInArray(rates, 0, json_make("{'unitPrice':{'currencyCode':'USD','units':'0'}}"));
	struct catalog *c = catalog_new(PRICE_SERVICE_RUN);
	catalog_take(c, skus);
	ok(catalog_adopt(c), "Cloud Run's is taken");
	spec = json_make("{'body':{'scaling':{'minInstanceCount':1},'template':{'containers':["
			 "{'resources':{'limits':{'cpu':'1','memory':'2Gi'}}},"
			 "{'resources':{'cpuIdle':%b,'limits':{'cpu':'1','memory':'1Gi'}}}]}}}",
			 1);
	double second = 0.00002 + 2 * 0.000003 + 0.000004 + 0.000005;
	ok(near(kind_find("run.service")->monthly(spec, "us-central1"), second * 3600 * 730), "CPU and memory, busy and idle");
	cJSON_Delete(spec);
	cJSON_Delete(skus);
}

/* Without the catalog: the second tier of Cloud Run is dearer by request than by the instance. Dollars a second as the catalog told them for Sydney. */
static double monthly_of(enum price_item item, const char *region)
{
	return price_usd(PRICES_RUN, item, region) * 3600 * 730;
}

static void tiers(void)
{
	static const char *const first[] = {"us-central1", "asia-south1", "europe-west1"}, *const second[] = {
											       "australia-southeast1",
											       "europe-west3", "nowhere-yet1"};
	catalog_forget();
	for (int i = 0; i < 3; i++) {
		ok(near(monthly_of(PRICE_CPU, first[i]), 0.000018 * 3600 * 730) &&
		       near(monthly_of(PRICE_IDLE_CPU, first[i]), 0.0000025 * 3600 * 730),
		   "%s is of Cloud Run's first tier", first[i]);
		ok(near(monthly_of(PRICE_CPU, second[i]), 0.0000216 * 3600 * 730) &&
		       near(monthly_of(PRICE_MEMORY, second[i]), 0.0000024 * 3600 * 730) &&
		       near(monthly_of(PRICE_IDLE_MEMORY, second[i]), 0.0000035 * 3600 * 730),
		   "%s is not", second[i]);
	}
}

/* Google's list: 0.025 dollars an hour for up to five rules of a project together, 0.01 for an endpoint. */
static void balancers(void)
{
	static const struct {
		const char *kind, *spec;
		double usd;
		const char *name;
	} rows[] = {
	    {"compute.forwardingRule", "{'body':{'portRange':'443'}}", 18.25, "the rule of a load balancer"},
	    {"compute.forwardingRule", "{'body':{'portRange':'80'}}", 0, "its redirect comes with it"},
	    {"compute.forwardingRule", "{'region':'us-central1','body':{}}", 7.30, "a Private Service Connect endpoint"},
	    {"kubernetes.object", "{'body':{'kind':'Ingress'}}", 18.25, "what GKE makes of an Ingress"},
	    {"kubernetes.object", "{'body':{'kind':'Service'}}", 0, "a Service is not one"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *spec = json_make(rows[i].spec);
		ok(near(kind_find(rows[i].kind)->monthly(spec, "europe-west3"), rows[i].usd), "%s", rows[i].name);
		cJSON_Delete(spec);
	}
}

int main(void)
{
	mem_install();
	taken();
	refused();
	odd();
	run();
	tiers();
	balancers();
	catalog_forget();
	return tap_done();
}
