/* cloudbilling.googleapis.com: the public price list. A part of two services' SKUs, with prices as of now. */
#include "config.h"
#include "sim/api/cloudbilling.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

enum { SERVICE, ID, DESCRIPTION, GROUP, USAGE, REGIONS, UNIT, UNIT_WORDS, PRICE, FREE, COLUMNS };
TABLE_OF(sku_table, "skus.tbl", COLUMNS);

enum { PAGE_MOST = 5000 };

/* "0.0413": units as a text, nanos as a number. */
static cJSON *money(const char *dollars)
{
	char nanos[10] = "000000000";
	const char *point = strchr(dollars, '.');
	for (size_t i = 0; point && point[i + 1] && i < sizeof nanos - 1; i++)
		nanos[i] = point[i + 1];
	return json_make("{'currencyCode':'USD','units':%s,'nanos':%d}",
			 sim_tmp("%.*s", (int)(point ? (size_t)(point - dollars) : strlen(dollars)), dollars),
			 (int)strtol(nanos, NULL, 10));
}

static cJSON *rate(double from, const char *dollars)
{
	cJSON *r = json_make("{'unitPrice':%j}", money(dollars));
	json_put_num(r, "startUsageAmount", from);
	return r;
}

static cJSON *rates(size_t row)
{
	double allowance = table_number(&sku_table, row, FREE);
	cJSON *list = cJSON_CreateArray();
	if (allowance > 0)
		cJSON_AddItemToArray(list, rate(0, "0"));
	cJSON_AddItemToArray(list, rate(allowance, table_cell(&sku_table, row, PRICE)));
	return list;
}

static cJSON *regions_of(size_t row)
{
	cJSON *list = cJSON_CreateArray();
	for (const char *p = table_cell(&sku_table, row, REGIONS); *p; p += strspn(p, ",")) {
		size_t n = strcspn(p, ",");
		cJSON_AddItemToArray(list, cJSON_CreateString(sim_tmp("%.*s", (int)n, p)));
		p += n;
	}
	return list;
}

static cJSON *sku_json(const struct sim_call *c, size_t row)
{
	const char *name = sim_tmp("services/%s/skus/%s", table_cell(&sku_table, row, SERVICE),
				   table_cell(&sku_table, row, ID));
	const char *service = !strcmp(table_cell(&sku_table, row, SERVICE), "152E-C115-5142") ? "Cloud Run" : "Cloud SQL";
	cJSON *category = json_make("{'serviceDisplayName':%s,'resourceFamily':'ApplicationServices','resourceGroup':%s,"
				    "'usageType':%s}",
				    service, table_cell(&sku_table, row, GROUP), table_cell(&sku_table, row, USAGE));
	cJSON *expression = json_make("{'usageUnit':%s,'displayQuantity':1,'tieredRates':%j,'usageUnitDescription':%s}",
				      table_cell(&sku_table, row, UNIT), rates(row), table_cell(&sku_table, row, UNIT_WORDS));
	return json_make(
	    "{'name':%s,'skuId':%s,'description':%s,'category':%j,'serviceRegions':%j,'serviceProviderName':'Google',"
	    "'pricingInfo':[{'summary':'','pricingExpression':%j,'currencyConversionRate':1,'effectiveTime':%s}]}",
	    name, table_cell(&sku_table, row, ID), table_cell(&sku_table, row, DESCRIPTION), category, regions_of(row),
	    expression, sim_stamp(c->sim, 0));
}

static bool is_service(size_t row, const char *service)
{
	return !strcmp(table_cell(&sku_table, row, SERVICE), service);
}

/* A token says the row that is next; nobody but this list can tell. False: it is none. */
static bool first_row(struct sim_call *c, size_t *row)
{
	const char *token = sim_param(c, "pageToken");
	char *end;
	*row = strtoul(*token ? token : "0", &end, 16);
	return !*end && *row < table_rows(&sku_table);
}

void cloudbilling_skus(struct sim_call *c)
{
	const char *service = sim_path_part(c, "services"), *currency = sim_param(c, "currencyCode");
	long left = strtol(sim_param(c, "pageSize"), NULL, 10);
	size_t row = 0;
	left = left > 0 && left < PAGE_MOST ? left : PAGE_MOST;
	if (*currency && strcmp(currency, "USD")) {
		sim_fail(c, "UNIMPLEMENTED", NULL, "The simulated price list knows no currency but USD.");
		return;
	}
	if (table_row(&sku_table, service) == table_rows(&sku_table)) {
		sim_fail(c, "NOT_FOUND", NULL, "Requested entity was not found.");
		return;
	}
	if (!first_row(c, &row)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Request contains an invalid argument.");
		return;
	}
	cJSON *skus = cJSON_CreateArray();
	for (; row < table_rows(&sku_table) && left; row++)
		if (is_service(row, service)) {
			cJSON_AddItemToArray(skus, sku_json(c, row));
			left--;
		}
	while (row < table_rows(&sku_table) && !is_service(row, service))
		row++;
	const char *next = row < table_rows(&sku_table) ? sim_tmp("%zx", row) : "";
	sim_ok(c, json_make("{'skus':%j,'nextPageToken':%s}", skus, next));
}
