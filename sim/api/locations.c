/* Locations of Secret Manager and Certificate Manager. */
#include "config.h"
#include "sim/api/shared.h"

#include "base/json.h"
#include "sim/api/serving.h"

#include <string.h>

static cJSON *location(const struct sim_call *c, const char *id)
{
	cJSON *doc = sim_location(c, id);
	json_put_str(doc, "displayName", id);
	return doc;
}

static void locations_list(struct sim_call *c)
{
	sim_ok(c, json_make("{'locations':%j}", sim_locations(c, location)));
}

static void locations_get(struct sim_call *c)
{
	const char *id = sim_part(c, 4);
	if (sim_is_region(id) || !strcmp(id, "global"))
		sim_ok(c, location(c, id));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Location %s is not found or access is unauthorized.", id);
}

static const struct sim_route secret_routes[] = {
    {"secretmanager.projects.locations.list", locations_list, "secretmanager.locations.list", NULL},
    {"secretmanager.projects.locations.get", locations_get, "secretmanager.locations.get", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_secretmanager_locations = {
    .name = "secretmanager", .service = "secretmanager.googleapis.com", .errors = SIM_ERRORS_AIP, .routes = secret_routes};

static const struct sim_route certificate_routes[] = {
    {"certificatemanager.projects.locations.list", locations_list, "certificatemanager.locations.list", NULL},
    {"certificatemanager.projects.locations.get", locations_get, "certificatemanager.locations.get", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_certificatemanager_locations = {.name = "certificatemanager",
							 .service = "certificatemanager.googleapis.com",
							 .errors = SIM_ERRORS_AIP,
							 .routes = certificate_routes};
