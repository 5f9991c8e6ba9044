/* App Engine v1: the application (one a project, never moved, never deleted), its services, operations, locations. */
#include "config.h"
#include "sim/api/appengine.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"
#include "sim/api/run.h"
#include "sim/api/serving.h"
#include "sim/api/storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPERATIONS "appengine.operations"

/* Locations: most are regions; two are older than regions' digits. */
static const char *const old_locations[][2] = {{"us-central", "us-central1"}, {"europe-west", "europe-west1"}};

const char *appengine_region(const char *location)
{
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(old_locations[i][0], location))
			return old_locations[i][1];
	return sim_region(location) && sim_region(location)->appengine ? location : NULL;
}

/* Operations: one change of an application at a time. ---------------------------------------------------------------------- */
static struct sim_object *app_of(const struct sim_call *c)
{
	return sim_get(c->sim, APPENGINE_APPS, sim_tmp("apps/%s", c->project));
}

static cJSON *appengine_begun(struct sim_call *c, const char *key, const char *verb)
{
	char id[37];
	const char *now = sim_stamp(c->sim, 3), *kind = strstr(key, "/versions/")   ? "Version"
							: strstr(key, "/services/") ? "Service"
										    : "Application";
	sim_uuid(c->sim, id);
	const char *name = sim_tmp("apps/%s/operations/%s", c->project, id),
		   *method = sim_tmp("google.appengine.v1.%ss.%c%s%s", kind, *verb - 'a' + 'A', verb + 1, kind);
	json_put_str(app_of(c)->hidden, "busy", name);
	return json_make("{'name':%s,'metadata':{'@type':'" APPENGINE_V1
			 "OperationMetadataV1','method':%s,'insertTime':%s,'user':%s,'target':%s}}",
			 name, method, now, run_email(c->principal), key);
}
const struct sim_operations appengine_operations = {.collection = OPERATIONS, .begun = appengine_begun, .decimals = 3};

bool appengine_free(struct sim_call *c)
{
	const struct sim_object *o = app_of(c);
	const char *busy = json_str(o->hidden, "busy", "");
	const struct sim_object *op = *busy ? sim_get(c->sim, OPERATIONS, busy) : NULL;
	if (!op || json_bool(op->doc, "done", false))
		return true;
	sim_fail(c, "ABORTED", NULL, "Cannot operate on %s because an operation is already in progress for %s by %s.", o->key,
		 o->key, strrchr(busy, '/') + 1);
	return false;
}

/* The application. --------------------------------------------------------------------------------------------------------- */
/* The secret of IAP's client comes back only as its hash. */
static void hide_secret(cJSON *doc)
{
	const char *secret = json_str(doc, "iap.oauth2ClientSecret", ""),
		   *hash = *secret ? sim_sha256(secret, strlen(secret)) + 7 : NULL;
	if (hash)
		json_put_str(doc, "iap.oauth2ClientSecretSha256", hash);
	json_drop(doc, "iap.oauth2ClientSecret");
}

/* The request's own path names no project: the application's is its id. */
static bool app_placed(struct sim_call *c)
{
	const char *id = json_str(c->body, "id", "");
	c->project = sim_project_id(c->sim, id);
	if (!c->project)
		sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
	else if (!sim_allowed(c->sim, c->principal, "appengine.applications.create", c->project, ""))
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "You do not have permission to create the App Engine application for project %s.", c->project);
	else
		return true;
	return false;
}

static bool app_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *location = json_str(doc, "locationId", ""), *region = appengine_region(location), *project = c->project;
	hide_secret(doc);
	if (old)
		return true;
	if (!region) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid location ID '%s'.", location);
		return false;
	}
	const char *continent = text_starts(region, "europe") ? "eu" : text_starts(region, "asia") ? "asia" : "us";
	json_put_str(doc, "id", project);
	json_put_str(doc, "codeBucket", sim_tmp("staging.%s.appspot.com", project));
	json_put_str(doc, "defaultBucket", sim_tmp("%s.appspot.com", project));
	json_put_str(doc, "defaultHostname", sim_tmp("%s.%s.r.appspot.com", project, sim_region_code(region)));
	json_put_str(doc, "gcrDomain", sim_tmp("%s.gcr.io", continent));
	json_put_str(doc, "servingStatus", "SERVING");
	if (!json_at(doc, "serviceAccount"))
		json_put_str(doc, "serviceAccount", sim_tmp("%s@appspot.gserviceaccount.com", project));
	json_put(doc, "featureSettings", json_make("{'splitHealthChecks':true,'useContainerOptimizedOs':true}"));
	return true;
}

static bool app_changing(struct sim_call *c, const struct sim_object *o)
{
	const char *mask = sim_param(c, "updateMask"), *location = json_str(c->body, "locationId", NULL);
	if (!appengine_free(c))
		return false;
	if (!strstr(mask, "locationId") && !strstr(mask, "location_id") &&
	    (*mask || !location || !strcmp(location, json_str(o->doc, "locationId", ""))))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "The location of an application cannot be changed.");
	return false;
}

/* Its account, and the buckets that gcloud puts sources into, for a fortnight, and that are the application's own. */
static void app_comes_with(struct sim *s, const struct sim_object *o)
{
	const char *project = json_str(o->doc, "id", ""), *region = appengine_region(json_str(o->doc, "locationId", ""));
	const char *location = !strcmp(region, "us-central1") ? "US" : !strcmp(region, "europe-west1") ? "EU" : region;
	struct sim_object *code = storage_of_application(s, project, json_str(o->doc, "codeBucket", ""), location);
	json_put(code->doc, "lifecycle", json_make("{'rule':[{'action':{'type':'Delete'},'condition':{'age':15}}]}"));
	storage_of_application(s, project, json_str(o->doc, "defaultBucket", ""), location);
	sim_agent_create(s, sim_tmp("%s@appspot.gserviceaccount.com", project));
}

static cJSON *app_settled(struct sim *s, struct sim_object *o, const char *verb, const cJSON *error)
{
	if (error && !strcmp(verb, "create"))
		sim_remove(s, o);
	else if (!error && !strcmp(verb, "create"))
		app_comes_with(s, o);
	return NULL;
}

/* gcloud's `app update` asks at v1beta, for which there is no contract here: the same application, by v1's method. */
static bool beta(struct sim_call *c, const char *method, const char *permission)
{
	c->project = sim_project_id(c->sim, sim_part(c, 2));
	c->id = xstrdup(method); /* the call's own */
	if (c->project && c->principal && sim_allowed(c->sim, c->principal, permission, c->project, ""))
		return true;
	sim_fail(c, c->principal ? "PERMISSION_DENIED" : "UNAUTHENTICATED", NULL, "The caller does not have permission");
	return false;
}

static void app_patch_beta(struct sim_call *c)
{
	c->body = cJSON_ParseWithLength(c->raw ? c->raw : "", c->raw_len);
	if (!cJSON_IsObject(c->body))
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid JSON payload received.");
	else if (beta(c, "appengine.apps.patch", "appengine.applications.update"))
		resource_patch(c);
}

static void app_get_beta(struct sim_call *c)
{
	if (beta(c, "appengine.apps.get", "appengine.applications.get"))
		resource_get(c);
}

static void operation_get_beta(struct sim_call *c)
{
	if (beta(c, "appengine.apps.operations.get", "appengine.operations.get"))
		resource_get(c);
}

/* Services. ---------------------------------------------------------------------------------------------------------------- */
/* Shares must name versions that are there and add up to one. */
static bool split_ok(struct sim_call *c, const cJSON *body)
{
	const cJSON *shares = json_at(body, "split.allocations");
	double sum = 0;
	for (const cJSON *a = shares ? shares->child : NULL; a; a = a->next) {
		sum += a->valuedouble;
		const char *key = sim_tmp("%s/services/%s/versions/%s", sim_tmp("apps/%s", c->project), sim_part(c, 4),
					  a->string);
		const struct sim_object *v = sim_get(c->sim, APPENGINE_VERSIONS, key);
		if (!v || json_bool(v->hidden, "creating", false)) {
			sim_fail(c, "NOT_FOUND", NULL, "Version '%s' of service '%s' not found.", a->string, sim_part(c, 4));
			return false;
		}
	}
	if (!shares || fabs(sum - 1) < 0.001)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Traffic allocations must sum to 1.0.");
	return false;
}

static bool service_changing(struct sim_call *c, const struct sim_object *o)
{
	(void)o;
	return appengine_free(c) && split_ok(c, c->body);
}

static bool service_deleting(struct sim_call *c, struct sim_object *o)
{
	if (!appengine_free(c))
		return false;
	if (!text_ends(o->key, "/default"))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Cannot delete the default service (module).");
	return false;
}

/* Locations. --------------------------------------------------------------------------------------------------------------- */
static cJSON *location(const struct sim_call *c, const char *id)
{
	cJSON *labels = cJSON_CreateObject();
	cJSON_AddStringToObject(labels, "cloud.googleapis.com/region", id);
	return json_make("{'name':%s,'locationId':%s,'labels':%j,'metadata':{'@type':'" APPENGINE_V1
			 "LocationMetadata','standardEnvironmentAvailable':true,"
			 "'flexibleEnvironmentAvailable':true,'searchApiAvailable':true}}",
			 sim_tmp("apps/%s/locations/%s", c->project ? c->project : sim_part(c, 2), id), id, labels);
}

static void location_list(struct sim_call *c)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < 2; i++)
		cJSON_AddItemToArray(all, location(c, old_locations[i][0]));
	for (size_t i = 0; sim_region_at(i); i++)
		if (sim_region_at(i)->appengine)
			cJSON_AddItemToArray(all, location(c, sim_region_at(i)->name));
	sim_ok(c, json_make("{'locations':%j}", all));
}

static void location_get(struct sim_call *c)
{
	if (appengine_region(sim_part(c, 4)))
		sim_ok(c, location(c, sim_part(c, 4)));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Location '%s' not found.", sim_part(c, 4));
}

#define A "appengine.apps."
const struct sim_resource appengine_resources[] = {
    {.methods = "appengine.apps",
     .collection = APPENGINE_APPS,
     .key = "apps/{project}",
     .missing = "Could not find Application \"{project}\".",
     .id = "id",
     .placed = app_placed,
     .taken = "This application already exists and cannot be re-created.",
     .defaults = "{'authDomain':'gmail.com','databaseType':'CLOUD_DATASTORE_COMPATIBILITY','sslPolicy':'DEFAULT'}",
     .complete = app_complete,
     .changing = app_changing,
     .settled = app_settled,
     .kept = "id locationId codeBucket defaultBucket defaultHostname gcrDomain",
     .operations = &appengine_operations,
     .create = "appengine.app.create",
     .change = "appengine.app.update",
     .type = APPENGINE_V1 "Application",
     .awaited = true},
    {.methods = A "services",
     .collection = APPENGINE_SERVICES,
     .key = "apps/{project}/services/{services}",
     .missing = "Service '{services}' not found.",
     .field = "services",
     .within = &appengine_resources[0],
     .nested = true,
     .kept = "id",
     .changing = service_changing,
     .deleting = service_deleting,
     .below = APPENGINE_VERSIONS,
     .operations = &appengine_operations,
     .change = "appengine.service.update",
     .remove = "appengine.service.delete",
     .type = APPENGINE_V1 "Service",
     .lasts = true},
    {.methods = A "operations",
     .collection = OPERATIONS,
     .key = "apps/{project}/operations/{operations}",
     .field = "operations"},
    {0},
};

static const struct sim_route routes[] = {
    {A "create", resource_create, NULL, NULL},
    {A "get", resource_get, "appengine.applications.get", NULL},
    {A "patch", resource_patch, "appengine.applications.update", NULL},
    RESOURCE_READS(A "operations", "appengine.operations"),
    {A "locations.get", location_get, NULL, NULL},
    {A "locations.list", location_list, NULL, NULL},
    RESOURCE_READS(A "services", "appengine.services"),
    {A "services.patch", resource_patch, "appengine.services.update", NULL},
    {A "services.delete", resource_delete, "appengine.services.delete", NULL},
    {"PATCH appengine.googleapis.com/v1beta/apps/*", app_patch_beta, NULL, NULL},
    {"GET appengine.googleapis.com/v1beta/apps/*", app_get_beta, NULL, NULL},
    {"GET appengine.googleapis.com/v1beta/apps/*/operations/*", operation_get_beta, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_appengine = {
    .name = "appengine",
    .service = "appengine.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = appengine_resources,
    .spoil = resource_spoil,
};
