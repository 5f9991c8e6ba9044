/* Locations of Secret Manager and Certificate Manager. */
#include "config.h"
#include "sim/api/shared.h"

#include "base/json.h"
#include "sim/api/serving.h"

#include <string.h>

static cJSON *location(const struct sim_call *c, const char *id)
{
	return json_make("{'name':%s,'locationId':%s,'displayName':%s}", sim_tmp("projects/%s/locations/%s", c->project, id), id, id);
}

static void list(struct sim_call *c)
{
	cJSON *all = cJSON_CreateArray();
	for (const char *const *r = sim_region_names; *r; r++)
		cJSON_AddItemToArray(all, location(c, *r));
	sim_ok(c, json_make("{'locations':%j}", all));
}

static void get(struct sim_call *c)
{
	const char *id = sim_part(c, 4);
	if (sim_is_region(id) || !strcmp(id, "global"))
		sim_ok(c, location(c, id));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Location %s is not found or access is unauthorized.", id);
}

static const struct sim_route secret_routes[] = {
	{"secretmanager.projects.locations.list", list, "secretmanager.locations.list", NULL},
	{"secretmanager.projects.locations.get", get, "secretmanager.locations.get", NULL},
	{NULL, NULL, NULL, NULL},
};

const struct sim_api sim_secretmanager_locations = {
	.name = "secretmanager", .service = "secretmanager.googleapis.com", .errors = SIM_ERRORS_AIP, .routes = secret_routes};

static const struct sim_route certificate_routes[] = {
	{"certificatemanager.projects.locations.list", list, "certificatemanager.locations.list", NULL},
	{"certificatemanager.projects.locations.get", get, "certificatemanager.locations.get", NULL},
	{NULL, NULL, NULL, NULL},
};

const struct sim_api sim_certificatemanager_locations = {
	.name = "certificatemanager", .service = "certificatemanager.googleapis.com", .errors = SIM_ERRORS_AIP, .routes = certificate_routes};
