/* Cloud Build v1: builds, global and regional: what is asked of them. */
#include "config.h"
#include "sim/api/cloudbuild.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names. The path is /v1/projects/P/builds/... or /v1/projects/P/locations/R/builds/... ----------------------------------- */
static bool is_regional(const struct sim_call *c)
{
	return !strcmp(sim_part(c, 3), "locations");
}

static const char *region_of(const struct sim_call *c)
{
	return is_regional(c) ? sim_part(c, 4) : "global";
}

static const char *builds_prefix(const struct sim_call *c)
{
	return sim_tmp("projects/%s/locations/%s/builds/", c->project, region_of(c));
}

/* builds.create. ----------------------------------------------------------------------------------------------------------- */
static bool good_logging(struct sim_call *c)
{
	bool own = *json_str(c->body, "serviceAccount", ""), bucket = *json_str(c->body, "logsBucket", "");
	bool regional = !strcmp(json_str(c->body, "options.defaultLogsBucketBehavior", ""), "REGIONAL_USER_OWNED_BUCKET");
	if (!own || bucket || regional || !build_logs_to_bucket(c->body))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "if 'build.service_account' is specified, the build must either (a) specify 'build.logs_bucket', (b) use the "
		 "REGIONAL_USER_OWNED_BUCKET build.options.default_logs_bucket_behavior option, or (c) use either "
		 "CLOUD_LOGGING_ONLY / NONE "
		 "logging options: invalid argument");
	return false;
}

static bool good_account(struct sim_call *c)
{
	const char *name = json_str(c->body, "serviceAccount", "");
	if (!*name)
		return true;
	const char *email = strstr(name, "/serviceAccounts/");
	if (!text_starts(name, "projects/") || !email)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "invalid value for 'build.service_account': service account must be of the form "
			 "'projects/{PROJECT_ID}/serviceAccounts/{ACCOUNT}'");
	else if (!sim_account_exists(c->sim, email + 17, true))
		sim_fail(c, "NOT_FOUND", NULL, "service account %s not found", name);
	else if (!sim_may_act_as(c, email + 17))
		sim_fail(c, "PERMISSION_DENIED", NULL, "caller does not have permission to act as service account %s", name);
	else
		return true;
	return false;
}

/* A source without a generation is resolved when the build is made, as its account. */
static bool good_source(struct sim_call *c)
{
	cJSON *source = json_at(c->body, "source.storageSource");
	if (!source || *json_str(source, "generation", ""))
		return true;
	const char *who = build_account(c->sim, c->body, c->project), *why = NULL;
	const char *bucket = json_str(source, "bucket", ""), *object = json_str(source, "object", "");
	size_t len;
	char *data = sim_object_read(c->sim, who, bucket, object, NULL, &len, &why);
	free(data);
	if (data)
		return true;
	if (why && !strcmp(why, "permission"))
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "could not resolve source: googleapi: Error 403: %s does not have storage.objects.get access to the "
			 "Google Cloud Storage "
			 "object. Permission 'storage.objects.get' denied on resource (or it may not exist)., forbidden",
			 strchr(who, ':') + 1);
	else
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "could not resolve source: googleapi: Error 404: No such object: %s/%s, notFound", bucket, object);
	return false;
}

static bool may_create(struct sim_call *c)
{
	const char *region = region_of(c);
	if (strcmp(region, "global") && !sim_is_region(region))
		sim_fail(c, "PERMISSION_DENIED", NULL, "Permission denied on 'locations/%s' (or it may not exist).", region);
	else
		return build_request_ok(c) && good_logging(c) && good_account(c) && good_source(c);
	return false;
}

/* Google's own bucket takes the log when no other was named. */
static void default_bucket(struct sim_call *c, cJSON *doc, cJSON *hidden)
{
	if (*json_str(doc, "logsBucket", "") || !build_logs_to_bucket(doc))
		return;
	const char *number = sim_project_number(c->sim, c->project), *region = region_of(c);
	bool own = !strcmp(json_str(doc, "options.defaultLogsBucketBehavior", ""), "REGIONAL_USER_OWNED_BUCKET");
	const char *bucket = own ? sim_tmp("%s-%s-cloudbuild-logs", c->project, region)
				 : sim_tmp("%s.cloudbuild-logs.googleusercontent.com", number);
	json_put_str(doc, "logsBucket", sim_tmp("gs://%s", bucket));
	json_put_bool(hidden, "googleOwned", !own);
}

static void dress(struct sim_call *c, cJSON *doc, const char *id)
{
	const char *number = sim_project_number(c->sim, c->project), *region = region_of(c);
	char *now = sim_time(c->sim, 9);
	json_put_str(doc, "id", id);
	json_put_str(doc, "name", sim_tmp("projects/%s/locations/%s/builds/%s", number, region, id));
	json_put_str(doc, "projectId", c->project);
	json_put_str(doc, "status", "QUEUED");
	json_put_str(doc, "createTime", now);
	json_put_str(
	    doc, "logUrl",
	    sim_tmp("https://console.cloud.google.com/cloud-build/builds;region=%s/%s?project=%s", region, id, number));
	if (!json_at(doc, "timeout"))
		json_put_str(doc, "timeout", "3600s");
	if (!json_at(doc, "queueTtl"))
		json_put_str(doc, "queueTtl", "3600s");
	if (!json_at(doc, "serviceAccount"))
		json_put_str(
		    doc, "serviceAccount",
		    sim_tmp("projects/%s/serviceAccounts/%s-compute@developer.gserviceaccount.com", c->project, number));
	if (!json_at(doc, "options.logging"))
		json_put_str(doc, "options.logging", "LEGACY");
	if (json_at(doc, "source"))
		json_put(doc, "sourceProvenance",
			 json_make("{'resolvedStorageSource':%j,'fileHashes':{}}",
				   json_at(doc, "source.storageSource")
				       ? cJSON_Duplicate(json_at(doc, "source.storageSource"), 1)
				       : cJSON_CreateObject()));
	json_put(doc, "artifacts",
		 json_make("{'images':%j}",
			   json_at(doc, "images") ? cJSON_Duplicate(json_at(doc, "images"), 1) : cJSON_CreateArray()));
	free(now);
	cJSON *built_in = json_make("{'PROJECT_ID':%s,'PROJECT_NUMBER':%s,'BUILD_ID':%s,'LOCATION':%s}", c->project, number, id,
				    region);
	build_substitute(doc, built_in);
	cJSON_Delete(built_in);
}

struct sim_object *build_made(struct sim_call *c)
{
	if (!may_create(c))
		return NULL;
	char id[37];
	sim_uuid(c->sim, id);
	cJSON *doc = sim_take_body(c), *hidden = cJSON_CreateObject();
	dress(c, doc, id);
	default_bucket(c, doc, hidden);
	const char *encoded = sim_base64(id, strlen(id), false), *region = region_of(c);
	const char *operation = strcmp(region, "global")
				    ? sim_tmp("projects/%s/locations/%s/operations/%s", c->project, region, encoded)
				    : sim_tmp("operations/build/%s/%s", c->project, encoded);
	struct sim_object *b = sim_put(c->sim, BUILDS, sim_tmp("%s%s", builds_prefix(c), id), doc);
	json_put_str(hidden, "operation", operation);
	cJSON_Delete(b->hidden);
	b->hidden = hidden;
	build_begin(c->sim, b);
	return sim_get(c->sim, BUILD_OPERATIONS, operation);
}

void build_create(struct sim_call *c)
{
	const struct sim_object *operation = build_made(c);
	if (operation)
		sim_lro_reply(c, operation);
}

/* The others. --------------------------------------------------------------------------------------------------------------- */
/* One term of the filter: tags="x", tags=x, status="SUCCESS", build_id="x", source.storage_source.bucket. */
static bool term_holds(const cJSON *build, const char *term)
{
	size_t len = strcspn(term, "=:");
	const char *key = sim_tmp("%.*s", (int)len, term), *value = term[len] ? term + len + 1 : "";
	value += *value == '"';
	const char *wanted = sim_tmp("%.*s", (int)strcspn(value, "\""), value);
	if (!strcmp(key, "status"))
		return !strcmp(json_str(build, "status", ""), wanted);
	if (!strcmp(key, "build_id") || !strcmp(key, "id"))
		return !strcmp(json_str(build, "id", ""), wanted);
	if (strcmp(key, "tags"))
		return true;
	const cJSON *tags = json_at(build, "tags");
	for (const cJSON *t = tags ? tags->child : NULL; t; t = t->next)
		if (!strcmp(t->valuestring, wanted))
			return true;
	return false;
}

static bool wanted(const struct sim_call *c, const struct sim_object *b)
{
	for (const char *p = sim_param(c, "filter"); *p;) {
		p += strspn(p, " ()");
		size_t len = strcspn(p, " )");
		const char *term = sim_tmp("%.*s", (int)len, p);
		if (*term && strcmp(term, "AND") && !term_holds(b->doc, term))
			return false;
		p += len;
	}
	return true;
}

static int by_newest(const void *a, const void *b)
{
	const struct sim_object *const *x = a, *const *y = b;
	int order = strcmp(json_str((*y)->doc, "createTime", ""), json_str((*x)->doc, "createTime", ""));
	return order ? order : strcmp((*x)->key, (*y)->key);
}

/* Newest first; a page's token is the id of the build that the next one begins with. */
static void cloudbuild_list(struct sim_call *c)
{
	const char *prefix = builds_prefix(c), *token = sim_param(c, "pageToken");
	struct sim_object **list = NULL;
	size_t count = 0, room = 0, from = 0;
	for (struct sim_object *o = sim_first(c->sim, BUILDS, prefix); o; o = sim_following(c->sim, o, prefix)) {
		if (!wanted(c, o))
			continue;
		list = xgrow(list, count, &room, sizeof *list);
		list[count++] = o;
	}
	if (count)
		qsort(list, count, sizeof(struct sim_object *), by_newest);
	while (*token && from < count && strcmp(json_str(list[from]->doc, "id", ""), token) != 0)
		from++;
	long asked = strtol(sim_param(c, "pageSize"), NULL, 10);
	size_t end = from + (asked > 0 && asked < 1000 ? (size_t)asked : 100);
	if (*token && from == count) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "invalid page token");
	} else {
		cJSON *reply = cJSON_CreateObject(), *page = count ? cJSON_AddArrayToObject(reply, "builds") : NULL;
		for (size_t i = from; i < count && i < end; i++)
			cJSON_AddItemToArray(page, cJSON_Duplicate(list[i]->doc, 1));
		if (end < count)
			json_put_str(reply, "nextPageToken", json_str(list[end]->doc, "id", ""));
		sim_ok(c, reply);
	}
	free(list);
}

static void cloudbuild_cancel(struct sim_call *c)
{
	struct sim_object *b = resource_named(c);
	if (!b)
		return;
	if (build_ended(b->doc)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "build is already finished");
		return;
	}
	build_cancel(c->sim, b);
	sim_ok(c, cJSON_Duplicate(b->doc, 1));
}

static void cloudbuild_get_operation(struct sim_call *c)
{
	sim_lro_get(c, BUILD_OPERATIONS);
}

/* A region's operation goes by its build's id as well: clients that wait ask so. */
static void cloudbuild_get_regional_operation(struct sim_call *c)
{
	const struct sim_object *b = sim_get(c->sim, BUILDS, sim_tmp("%s%s", builds_prefix(c), sim_part(c, 6)));
	const struct sim_object *op = b ? sim_get(c->sim, BUILD_OPERATIONS, json_str(b->hidden, "operation", "")) : NULL;
	if (op)
		sim_lro_reply(c, op);
	else
		resource_get(c);
}

static void default_account(struct sim_call *c)
{
	const char *number = sim_project_number(c->sim, c->project);
	sim_ok(c,
	       json_make("{'name':%s,'serviceAccountEmail':%s}",
			 sim_tmp("projects/%s/locations/%s/defaultServiceAccount", number, region_of(c)),
			 sim_tmp("projects/%s/serviceAccounts/%s-compute@developer.gserviceaccount.com", c->project, number)));
}

#define P "cloudbuild.projects."
#define L P "locations."
static const struct sim_resource resources[] = {
    {.methods = P "builds", .collection = BUILDS, .key = "projects/{project}/locations/global/builds/{builds}"},
    {.methods = L "builds", .collection = BUILDS, .key = "projects/{project}/locations/{locations}/builds/{builds}"},
    {.methods = L "operations",
     .collection = BUILD_OPERATIONS,
     .key = "projects/{project}/locations/{locations}/operations/{operations}"},
    {0},
};

static const struct sim_route routes[] = {
    {P "builds.create", build_create, "cloudbuild.builds.create", NULL},
    {P "builds.get", resource_get, "cloudbuild.builds.get", NULL},
    {P "builds.list", cloudbuild_list, "cloudbuild.builds.list", NULL},
    {P "builds.cancel", cloudbuild_cancel, "cloudbuild.builds.update", NULL},
    {L "builds.create", build_create, "cloudbuild.builds.create", NULL},
    {L "builds.get", resource_get, "cloudbuild.builds.get", NULL},
    {L "builds.list", cloudbuild_list, "cloudbuild.builds.list", NULL},
    {L "builds.cancel", cloudbuild_cancel, "cloudbuild.builds.update", NULL},
    {L "operations.get", cloudbuild_get_regional_operation, "cloudbuild.builds.get", NULL},
    {L "getDefaultServiceAccount", default_account, "cloudbuild.builds.get", NULL},
    {"cloudbuild.operations.get", cloudbuild_get_operation, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_cloudbuild = {
    .name = "cloudbuild",
    .service = "cloudbuild.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
    .spoil = build_spoil,
};
