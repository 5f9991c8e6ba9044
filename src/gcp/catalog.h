/* What the Cloud Billing catalog says of prices: its SKUs are read page by page, a service at a time, and take the place of the table's prices
 * (gcp/prices.h) once all pages were read. Pure data; who asks for the pages is engine/catalog_read.c. */
#ifndef MS_GCP_CATALOG_H
#define MS_GCP_CATALOG_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The services whose prices the Cloud Billing catalog can tell: those whose list of SKUs is short. */
enum price_service { PRICE_SERVICE_SQL, PRICE_SERVICE_RUN, PRICE_SERVICES };
/* The service's id in the catalog, and its name as Google writes it in every language. */
const char *price_service_id(enum price_service service);
const char *price_service_name(enum price_service service);

/* Prices that are known in a region together or not at all, so that none of the catalog's is added to one of the table's. */
enum price_group {
	PRICES_OF_TABLE, /* none that the catalog can tell */
	PRICES_POSTGRESQL_ZONAL,
	PRICES_POSTGRESQL_REGIONAL,
	PRICES_MYSQL_ZONAL,
	PRICES_MYSQL_REGIONAL,
	PRICES_SQL_BACKUPS,
	PRICES_RUN
};
/* A CPU, a GiB of memory, a GiB of disk, a shared core of either size; a CPU and a GiB that wait for requests. */
enum price_item { PRICE_CPU, PRICE_MEMORY, PRICE_STORAGE, PRICE_MICRO, PRICE_SMALL, PRICE_IDLE_CPU, PRICE_IDLE_MEMORY };

/* US dollars in the region an hour (Cloud SQL), a second (Cloud Run) or a month (storage): the catalog's where it is known, else the table's. The group must have such an item. */
double price_usd(enum price_group group, enum price_item item, const char *region);
/* The day of the catalog's prices of the group in the region, "2026-11-30"; NULL where price_usd goes by the table. */
const char *price_day(enum price_group group, const char *region);
enum price_service price_group_service(enum price_group group);

struct catalog;

struct catalog *catalog_new(enum price_service service);
void catalog_free(struct catalog *c);

/* Takes one page's SKUs (an array, from the cloud: anything may be in it). A price that two SKUs tell differently, that is no plain one in US dollars,
 * or that is ten times what the table says or a tenth, is not known. */
void catalog_take(struct catalog *c, const cJSON *skus);

/* From now on price_usd goes by it, where it tells all prices of a group in a region. Owns c; false, and c is freed, when it tells none. */
bool catalog_adopt(struct catalog *c);
/* Forgets what was adopted: the table is all there is again. */
void catalog_forget(void);
/* Has the service's catalog been adopted? */
bool catalog_known(enum price_service service);
/* How often one was adopted or forgotten: prices that were worked out before another count are stale. */
unsigned catalog_turn(void);

/* What was adopted of a service, to be kept in a file: {"effective","regions":{REGION:{DESCRIPTION:DOLLARS}}}, for the caller to delete; and back
 * from a file, whose content is as suspect as a page's. NULL when there is nothing. */
cJSON *catalog_json(enum price_service service);
struct catalog *catalog_from_json(enum price_service service, const cJSON *kept);

#endif
