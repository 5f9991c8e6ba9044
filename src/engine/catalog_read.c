/* The Cloud Billing catalog: the SKUs of the services whose lists are short, one page after the other. Compute Engine's is many megabytes and is not
 * asked for. */
#include "config.h"
#include "engine/catalog_read.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/catalog.h"

#include <stdlib.h>
#include <string.h>

/* A page is parsed whole: 500 SKUs are a megabyte or two for as long as that takes. More pages than these are no list that is meant. */
#define PAGE "500"
#define PAGES_MAX 40
#define KEPT_FOR (24 * 3600.0) /* seconds */
#define KEPT_MAX ((size_t)1 << 20)

struct catalog_read {
	struct api *api;
	unsigned long call;
	enum price_service service;
	struct catalog *catalog; /* of the service, as far as it was read */
	int pages;
	double now;
	bool kept;
	struct err why; /* of the first service that was not read */
	catalog_done *done;
	void *arg;
};

/* What is kept --------------------------------------------------------------------------------------------------------------- */

static char *kept_path(enum price_service service, const char *dir)
{
	return xasprintf("%s/prices-%s.json", dir, price_service_id(service));
}

/* A cache: whatever is wrong with it, it is as if it were not there. */
static void take_kept(enum price_service service, double now)
{
	struct err e = {0};
	struct buf text = {0};
	char *dir = file_xdg_dir("CACHE"), *path = kept_path(service, dir);
	bool there = file_read_ours(path, KEPT_MAX, &text, &e);
	cJSON *kept = there ? json_parse(buf_text(&text), text.len, path, &e) : NULL;
	double age = now - json_num(kept, "read", 0);
	struct catalog *c = age >= 0 && age < KEPT_FOR ? catalog_from_json(service, kept) : NULL;
	if (c)
		catalog_adopt(c);
	cJSON_Delete(kept);
	buf_free(&text);
	free(path);
	free(dir);
	err_free(&e);
}

static void keep(enum price_service service, double now)
{
	struct err e = {0};
	struct buf text = {0};
	char *dir = file_xdg_dir("CACHE"), *path = kept_path(service, dir);
	cJSON *kept = catalog_json(service);
	json_put_num(kept, "read", now);
	json_write(&text, kept, -1);
	if (file_make_dirs(dir, &e) && file_dir_is_ours(dir, &e))
		file_write(path, buf_text(&text), text.len, 0600, &e);
	cJSON_Delete(kept);
	buf_free(&text);
	free(path);
	free(dir);
	err_free(&e);
}

/* What is asked -------------------------------------------------------------------------------------------------------------- */

static void next_service(struct catalog_read *r);

static void ask_page(struct catalog_read *r, const char *token);

/* Half a list is none: what would tell a price otherwise may stand in the other half. */
static void end_service(struct catalog_read *r, bool whole)
{
	struct catalog *c = r->catalog;
	r->catalog = NULL;
	if (!whole)
		catalog_free(c);
	else if (catalog_adopt(c) && r->kept)
		keep(r->service, r->now);
	r->service++;
	next_service(r);
}

static void on_page(void *arg, const struct api_result *result)
{
	struct catalog_read *r = arg;
	r->call = 0;
	if (result->http != 200) {
		if (!r->why.exit)
			err_set(&r->why, result->err.exit ? result->err.exit : EXIT_GENERAL, result->err.place, result->err.fix,
				"%s", result->err.what ? result->err.what : "");
		end_service(r, false);
		return;
	}
	const char *token = json_str(result->reply, "nextPageToken", "");
	catalog_take(r->catalog, json_at(result->reply, "skus"));
	if (*token && ++r->pages < PAGES_MAX)
		ask_page(r, token);
	else
		end_service(r, !*token);
}

/* Of each SKU what is read, and no more. */
static void ask_page(struct catalog_read *r, const char *token)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "GET", NULL, "https://cloudbilling.googleapis.com/v1/services/%s/skus",
		 price_service_id(r->service));
	call_add(&c, "?pageSize=" PAGE "&fields=%s",
		 "nextPageToken,skus(description,category/usageType,serviceRegions,"
		 "pricingInfo(effectiveTime,pricingExpression(usageUnit,tieredRates/unitPrice)))");
	if (*token)
		call_add(&c, "&pageToken=%s", token);
	r->call = api_call(r->api, &c, &(struct api_policy){.budget = 45}, on_page, r);
	call_free(&c);
}

static void next_service(struct catalog_read *r)
{
	bool known = false;
	while (r->service < PRICE_SERVICES && catalog_known(r->service))
		r->service++;
	if (r->service < PRICE_SERVICES) {
		r->catalog = catalog_new(r->service);
		r->pages = 0;
		ask_page(r, "");
		return;
	}
	for (enum price_service i = 0; i < PRICE_SERVICES; i++)
		known |= catalog_known(i);
	r->done(r->arg, known ? NULL : &r->why);
}

struct catalog_read *catalog_read_new(struct api *api, double now, bool kept, catalog_done *done, void *arg)
{
	struct catalog_read *r = xcalloc(1, sizeof *r);
	*r = (struct catalog_read){.api = api, .now = now, .kept = kept, .done = done, .arg = arg};
	return r;
}

void catalog_read_begin(struct catalog_read *r)
{
	for (enum price_service i = 0; i < PRICE_SERVICES && r->kept; i++)
		if (!catalog_known(i))
			take_kept(i, r->now);
	next_service(r);
}

void catalog_read_free(struct catalog_read *r)
{
	if (!r)
		return;
	api_cancel(r->api, r->call);
	catalog_free(r->catalog);
	err_free(&r->why);
	free(r);
}
