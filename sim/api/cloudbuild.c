/* Cloud Build v1: builds, global and regional. A build waits, fetches, works and pushes as its own service account; its log object grows while it
 * works and is complete before the build ends; a failure is told by status, statusDetail and failureInfo. */
#include "config.h"
#include "sim/api/cloudbuild.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/artifactregistry.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"
#include "sim/api/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATIONS "cloudbuild.operations"
#define CHUNKS 8 /* in so many pieces a log object grows */

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

/* Who the build runs as: "serviceAccount:EMAIL". */
static const char *account(struct sim *s, const cJSON *build, const char *project)
{
	const char *name = json_str(build, "serviceAccount", ""), *slash = strrchr(name, '/');
	const char *email = slash ? slash + 1
				  : sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(s, project));
	return sim_tmp("serviceAccount:%s", email);
}

static bool ended(const cJSON *build)
{
	const char *status = json_str(build, "status", "");
	return strcmp(status, "QUEUED") && strcmp(status, "WORKING") && strcmp(status, "PENDING");
}

static const char *project_of(const struct sim_object *b)
{
	return json_str(b->doc, "projectId", "");
}

static cJSON *operation_metadata(const struct sim_object *b)
{
	return json_make("{'@type':'type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata','build':%j}",
			 cJSON_Duplicate(b->doc, 1));
}

/* The log. ---------------------------------------------------------------------------------------------------------------- */
static bool logs_to_bucket(const cJSON *build)
{
	const char *logging = json_str(build, "options.logging", "");
	return strcmp(logging, "CLOUD_LOGGING_ONLY") && strcmp(logging, "STACKDRIVER_ONLY") && strcmp(logging, "NONE");
}

static bool write_log(struct sim *s, const struct sim_object *b, size_t len)
{
	if (!logs_to_bucket(b->doc))
		return true;
	const char *where = json_str(b->doc, "logsBucket", ""), *why = NULL;
	where += text_starts(where, "gs://") ? 5 : 0;
	size_t bucket = strcspn(where, "/");
	const char *folder = where[bucket] && where[bucket + 1] ? where + bucket + 1 : "";
	size_t end = strlen(folder);
	while (end && folder[end - 1] == '/')
		end--;
	const char *object = sim_tmp("%.*s%slog-%s.txt", (int)end, folder, end ? "/" : "", json_str(b->doc, "id", ""));
	const char *text = json_str(b->hidden, "log", "");
	const char *name = sim_tmp("%.*s", (int)bucket, where);
	if (!json_bool(b->hidden, "googleOwned", false))
		return sim_object_write(s, account(s, b->doc, project_of(b)), name, object, "text/plain", text, len, &why);
	cJSON *meta = json_make("{'contentType':'text/plain'}");
	storage_put(s, storage_of_google(s, project_of(b), name), object, meta, xstrndup(text, len), len);
	cJSON_Delete(meta);
	return true; /* a bucket of Google's, which takes it from the build itself */
}

/* The build's log as log entries, when they were asked for and the account may write them. */
static void log_entries(struct sim *s, const struct sim_object *b)
{
	const char *logging = json_str(b->doc, "options.logging", "");
	if (!strcmp(logging, "GCS_ONLY") || !strcmp(logging, "NONE"))
		return;
	const char *project = project_of(b);
	if (!sim_allowed(s, account(s, b->doc, project), "logging.logEntries.create", project, ""))
		return;
	for (const char *p = json_str(b->hidden, "log", ""); *p;) {
		size_t len = strcspn(p, "\n");
		cJSON *labels = json_make("{'build_id':%s,'project_id':%s,'build_trigger_id':''}", json_str(b->doc, "id", ""),
					  project);
		sim_log_entry(s, project, "build", labels, "cloudbuild", "INFO", sim_tmp("%.*s", (int)len, p));
		p += len + (p[len] == '\n');
	}
}

/* The end. ---------------------------------------------------------------------------------------------------------------- */
static void finish(struct sim *s, struct sim_object *b, const char *status, const char *type, const char *detail)
{
	char *now = sim_time(s, 9);
	json_put_str(b->doc, "status", status);
	json_put_str(b->doc, "finishTime", now);
	if (detail)
		json_put_str(b->doc, "statusDetail", detail);
	if (type)
		json_put(b->doc, "failureInfo", json_make("{'type':%s,'detail':%s}", type, detail));
	free(now);
	const char *operation = json_str(b->hidden, "operation", "");
	if (!strcmp(status, "SUCCESS"))
		sim_lro_done(s, OPERATIONS, operation, operation_metadata(b),
			     sim_typed(b->doc, "type.googleapis.com/google.devtools.cloudbuild.v1.Build"));
	else
		sim_lro_failed(s, OPERATIONS, operation, operation_metadata(b),
			       sim_rpc_status(!strcmp(status, "CANCELLED") ? "CANCELLED" : "UNKNOWN",
					      "Build failed; check build logs for details"));
}

static void add_log(struct sim_object *b, const char *more)
{
	json_put_str(b->hidden, "log", sim_tmp("%s%s", json_str(b->hidden, "log", ""), more));
}

static void step_status(struct sim_object *b, const char *status, int failed)
{
	cJSON *steps = json_at(b->doc, "steps");
	int i = 0;
	for (cJSON *step = steps ? steps->child : NULL; step; step = step->next, i++) {
		json_put_str(step, "status", failed < 0 || i < failed ? status : i == failed ? "FAILURE" : "QUEUED");
		if (i == failed)
			json_put_num(step, "exitCode", 1);
	}
}

/* Pushes one image; false with the build failed. */
static bool push(struct sim *s, struct sim_object *b, const char *image)
{
	const char *name = strrchr(image, ':') > strrchr(image, '/') ? image : sim_tmp("%s:latest", image);
	const cJSON *facts = cJSON_GetObjectItemCaseSensitive(json_at(b->hidden, "facts"), name);
	const char *digest = NULL, *why = image_push(s, account(s, b->doc, project_of(b)), name, facts, &digest);
	add_log(b,
		sim_tmp("Pushing %s\nThe push refers to repository [%.*s]\n", image, (int)(strrchr(name, ':') - name), name));
	if (!why) {
		const char *tag = strrchr(name, ':') + 1;
		add_log(b, sim_tmp("%.12s: Pushed\n%s: digest: %s size: 1787\n", digest + 7, tag, digest));
		char *now = sim_time(s, 9);
		cJSON_AddItemToArray(
		    json_at(b->doc, "results.images"),
		    json_make("{'name':%s,'digest':%s,'pushTiming':{'startTime':%s,'endTime':%s}}", image, digest, now, now));
		free(now);
		return true;
	}
	struct image_ref r;
	image_parse(name, &r);
	bool denied = !strcmp(why, "permission");
	const char *problem =
	    denied ? sim_tmp("denied: Permission \"artifactregistry.repositories.uploadArtifacts\" denied on resource "
			     "\"projects/%s/locations/%s/repositories/%s\" (or it may not exist)",
			     r.project, r.location, r.repository)
	    : !strcmp(why, "unmade") ? "denied: gcr.io repo does not exist. Creating on push requires the "
				       "artifactregistry.repositories.createOnPush permission"
	    : !strcmp(why, "immutable")
		? sim_tmp("manifest invalid: cannot update tag %s. The repository has enabled tag immutability", r.tag)
		: sim_tmp("name unknown: Repository \"%s\" not found", r.repository);
	add_log(b,
		sim_tmp("%s\nERROR: failed to push because we ran out of retries.\nERROR\nERROR: error pushing image \"%s\": "
			"retry budget exhausted (10 attempts): step exited with non-zero status: 1\n",
			problem, image));
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	log_entries(s, b);
	finish(s, b, "FAILURE", denied ? "PUSH_NOT_AUTHORIZED" : "PUSH_FAILED",
	       sim_tmp("failed to push \"%s\" after 10 attempts: %s", image, problem));
	return false;
}

static bool push_all(struct sim *s, struct sim_object *b)
{
	const cJSON *lists[] = {json_at(b->hidden, "pushed"), json_at(b->doc, "images")};
	for (int l = 0; l < 2; l++)
		for (const cJSON *i = lists[l] ? lists[l]->child : NULL; i; i = i->next)
			if (!push(s, b, i->valuestring))
				return false;
	return true;
}

static void last(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || ended(b->doc))
		return;
	const char *failure = json_str(b->hidden, "failure", NULL);
	int failed = (int)json_num(b->hidden, "failedStep", -1);
	step_status(b, "SUCCESS", failed);
	if (failure) {
		write_log(s, b, strlen(json_str(b->hidden, "log", "")));
		log_entries(s, b);
		finish(s, b, "FAILURE", failure, json_str(b->hidden, "detail", ""));
		return;
	}
	if (json_at(b->doc, "images"))
		add_log(b, "PUSH\n");
	json_put(b->doc, "results", json_make("{'images':[],'buildStepImages':[],'buildStepOutputs':[]}"));
	if (!push_all(s, b))
		return;
	add_log(b, "DONE\n");
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	log_entries(s, b);
	finish(s, b, "SUCCESS", NULL, NULL);
}

static void grow(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || ended(b->doc))
		return;
	const char *log = json_str(b->hidden, "log", "");
	size_t len = (size_t)((double)strlen(log) * json_num(arg, "part", 0) / (CHUNKS + 1));
	while (len && log[len - 1] != '\n')
		len--;
	write_log(s, b, len);
}

static void timed_out(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || ended(b->doc))
		return;
	add_log(b, "TIMEOUT\nERROR: context deadline exceeded\n");
	write_log(s, b, strlen(json_str(b->hidden, "log", "")));
	finish(s, b, "TIMEOUT", NULL, "build timed out");
}

static cJSON *about(const struct sim_object *b)
{
	return json_make("{'build':%s}", b->key);
}

static void schedule(struct sim *s, struct sim_object *b, double seconds)
{
	for (int part = 1; part <= CHUNKS; part++) {
		cJSON *arg = about(b);
		json_put_num(arg, "part", part);
		sim_after(s, seconds * part / (CHUNKS + 1), grow, arg);
	}
	sim_after(s, seconds, last, about(b));
	sim_after(s, sim_seconds(json_str(b->doc, "timeout", ""), 3600), timed_out, about(b));
}

static void start(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (!b || ended(b->doc))
		return;
	char *now = sim_time(s, 9);
	json_put_str(b->doc, "status", "WORKING");
	json_put_str(b->doc, "startTime", now);
	free(now);
	struct build_work w;
	build_work(s, b, account(s, b->doc, project_of(b)), &w);
	json_put_str(b->hidden, "log", w.log);
	json_put(b->hidden, "facts", cJSON_Duplicate(w.facts, 1));
	json_put(b->hidden, "pushed", cJSON_Duplicate(w.pushed, 1));
	if (w.failure) {
		json_put_str(b->hidden, "failure", w.failure);
		json_put_str(b->hidden, "detail", w.detail);
		json_put_num(b->hidden, "failedStep", w.failed_step);
	}
	if (!write_log(s, b, 0)) {
		const char *email = strchr(account(s, b->doc, project_of(b)), ':') + 1;
		finish(s, b, "FAILURE", "LOGGING_FAILURE",
		       sim_tmp("failed to write logs to %s: %s does not have storage.objects.create access to the Google Cloud "
			       "Storage object. "
			       "Permission 'storage.objects.create' denied on resource (or it may not exist).",
			       json_str(b->doc, "logsBucket", ""), email));
	} else {
		step_status(b, "WORKING", -1);
		schedule(s, b, w.failure && w.failed_step < 0 ? 3 : sim_draw(s, "build.run"));
	}
	build_work_free(&w);
}

static void expired(struct sim *s, const cJSON *arg)
{
	struct sim_object *b = sim_get(s, BUILDS, json_str(arg, "build", ""));
	if (b && !strcmp(json_str(b->doc, "status", ""), "QUEUED"))
		finish(s, b, "EXPIRED", NULL, "build expired in the queue");
}

/* builds.create. ----------------------------------------------------------------------------------------------------------- */
static bool good_logging(struct sim_call *c)
{
	bool own = *json_str(c->body, "serviceAccount", ""), bucket = *json_str(c->body, "logsBucket", "");
	bool regional = !strcmp(json_str(c->body, "options.defaultLogsBucketBehavior", ""), "REGIONAL_USER_OWNED_BUCKET");
	if (!own || bucket || regional || !logs_to_bucket(c->body))
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
	const char *who = account(c->sim, c->body, c->project), *why = NULL;
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
	if (*json_str(doc, "logsBucket", "") || !logs_to_bucket(doc))
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

static void cloudbuild_create(struct sim_call *c)
{
	if (!may_create(c))
		return;
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
	struct sim_object *op = sim_lro(c->sim, OPERATIONS, operation, operation_metadata(b));
	sim_after(c->sim, sim_draw(c->sim, "build.queue"), start, about(b));
	sim_after(c->sim, sim_seconds(json_str(doc, "queueTtl", ""), 3600), expired, about(b));
	sim_lro_reply(c, op);
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
	if (ended(b->doc)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "build is already finished");
		return;
	}
	add_log(b, "CANCELLED\nERROR: context canceled\n");
	write_log(c->sim, b, strlen(json_str(b->hidden, "log", "")));
	finish(c->sim, b, "CANCELLED", NULL, NULL);
	sim_ok(c, cJSON_Duplicate(b->doc, 1));
}

static void cloudbuild_get_operation(struct sim_call *c)
{
	sim_lro_get(c, OPERATIONS);
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
     .collection = OPERATIONS,
     .key = "projects/{project}/locations/{locations}/operations/{operations}"},
    {0},
};

static const struct sim_route routes[] = {
    {P "builds.create", cloudbuild_create, "cloudbuild.builds.create", NULL},
    {P "builds.get", resource_get, "cloudbuild.builds.get", NULL},
    {P "builds.list", cloudbuild_list, "cloudbuild.builds.list", NULL},
    {P "builds.cancel", cloudbuild_cancel, "cloudbuild.builds.update", NULL},
    {L "builds.create", cloudbuild_create, "cloudbuild.builds.create", NULL},
    {L "builds.get", resource_get, "cloudbuild.builds.get", NULL},
    {L "builds.list", cloudbuild_list, "cloudbuild.builds.list", NULL},
    {L "builds.cancel", cloudbuild_cancel, "cloudbuild.builds.update", NULL},
    {L "operations.get", resource_get, "cloudbuild.builds.get", NULL},
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
};
