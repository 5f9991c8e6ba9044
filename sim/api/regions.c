/* Google's regions, sim/tables/regions.tbl, and their lists as locations. */
#include "config.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "sim/core/table.h"

#include <string.h>

TABLE_OF(table, "regions.tbl", 4);

const struct sim_region *sim_region_at(size_t n)
{
	static struct sim_region *all;
	size_t count = table_rows(&table);
	if (!all) {
		all = xcalloc(count, sizeof *all);
		for (size_t i = 0; i < count; i++)
			all[i] = (struct sim_region){table_cell(&table, i, 0),
						     table_cell(&table, i, 1),
						     table_cell(&table, i, 2),
						     strstr(table_cell(&table, i, 3), "serving") != NULL,
						     strstr(table_cell(&table, i, 3), "appengine") != NULL,
						     strstr(table_cell(&table, i, 3), "mapping") != NULL};
	}
	return n < count ? &all[n] : NULL;
}

const struct sim_region *sim_region(const char *name)
{
	return sim_region_at(table_row(&table, name));
}

bool sim_is_region(const char *name)
{
	const struct sim_region *r = sim_region(name);
	return r && r->serving;
}

const char *sim_region_code(const char *region)
{
	const struct sim_region *r = sim_region(region);
	return r && *r->code != '-' ? r->code : sim_tmp("%.2s", sim_sha256(region, strlen(region)) + 7);
}

cJSON *sim_locations(const struct sim_call *c, cJSON *(*location)(const struct sim_call *c, const char *id))
{
	const struct sim_region *r;
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; (r = sim_region_at(i)); i++)
		if (r->serving)
			cJSON_AddItemToArray(all, location(c, r->name));
	return all;
}

cJSON *sim_location(const struct sim_call *c, const char *id)
{
	return json_make("{'name':%s,'locationId':%s}", sim_tmp("projects/%s/locations/%s", c->project, id), id);
}

static cJSON *labelled(const struct sim_call *c, const char *id)
{
	cJSON *doc = sim_location(c, id);
	json_put(doc, "labels", json_make("{'cloud.googleapis.com/region':%s}", id));
	return doc;
}

void sim_location_list(struct sim_call *c)
{
	sim_ok(c, json_make("{'locations':%j}", sim_locations(c, sim_location)));
}

void sim_location_list_labelled(struct sim_call *c)
{
	sim_ok(c, json_make("{'locations':%j}", sim_locations(c, labelled)));
}
