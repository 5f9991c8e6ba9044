/* storage.googleapis.com: buckets. Their names are one name space for all of Google's customers; a bucket belongs to a project that its path does
 * not name, so that what is found there is held against permissions here. */
#include "config.h"
#include "sim/api/resource.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS "storage.buckets"
#define NAMES "storage.bucketNames" /* name -> key in BUCKETS */
#define SOFT "storage.softDeletedBuckets"
#define UNIFORM "iamConfiguration.uniformBucketLevelAccess.enabled"
/* What only the server sets. */
#define SERVERS "kind id name selfLink projectNumber timeCreated updated generation metageneration location locationType etag"

/* Finding. ---------------------------------------------------------------------------------------------------------------- */

struct sim_object *storage_bucket(struct sim *s, const char *name)
{
	struct sim_object *o = sim_get(s, NAMES, name);
	return o ? sim_get(s, BUCKETS, json_str(o->doc, "key", "")) : NULL;
}

const char *storage_project(struct sim *s, const struct sim_object *bucket)
{
	return sim_project_id(s, json_str(bucket->doc, "projectNumber", ""));
}

/* Is there a bucket (NULL: none), in a project that may use the API? The call is that project's from here on. */
static bool reached(struct sim_call *c, const struct sim_object *bucket)
{
	if (!bucket) {
		storage_no_bucket(c);
		return false;
	}
	c->project = storage_project(c->sim, bucket);
	return sim_usage_ok(c, "storage.googleapis.com");
}

struct sim_object *storage_bucket_for(struct sim_call *c, int nth, const char *permission, const char *what)
{
	struct sim_object *o = storage_bucket(c->sim, storage_name(c, "b", nth));
	if (!reached(c, o))
		return NULL;
	if (!permission || storage_may(c->sim, c->principal, permission, o))
		return o;
	storage_denied(c, permission, what);
	return NULL;
}

static bool conditions(struct sim_call *c, const struct sim_object *o)
{
	const char *is = storage_query(c, "ifMetagenerationMatch"), *is_not = storage_query(c, "ifMetagenerationNotMatch");
	const char *now = json_str(o->doc, "metageneration", "");
	if ((!*is || !strcmp(is, now)) && (!*is_not || strcmp(is_not, now)))
		return true;
	storage_unmet(c);
	return false;
}

static struct sim_object *soft_deleted(struct sim_call *c)
{
	const char *tail = sim_tmp("/buckets/%s#%s", storage_name(c, "b", 0), storage_query(c, "generation"));
	struct sim_object *o = sim_first(c->sim, SOFT, "");
	while (o && !text_ends(o->key, tail))
		o = sim_following(c->sim, o, "");
	if (!reached(c, o))
		return NULL;
	if (sim_allowed(c->sim, c->principal, "storage.buckets.get", c->project, NULL) ||
	    sim_allowed(c->sim, c->principal, "roles/owner", c->project, NULL)) /* of the policy that new buckets have */
		return o;
	storage_denied(c, "storage.buckets.get", "bucket");
	return NULL;
}

/* Where the method's permission is held and its preconditions are met. */
static struct sim_object *storage_buckets_find(struct sim_call *c, const struct sim_resource *r)
{
	const char *verb = c->id + strlen(r->methods) + 1;
	if (!strcmp(verb, "get") && storage_query_bool(c, "softDeleted"))
		return soft_deleted(c);
	const char *permission = sim_tmp("storage.buckets.%s", !strcmp(verb, "patch") ? "update" : verb);
	struct sim_object *o = storage_bucket_for(c, 0, permission, "bucket");
	return o && conditions(c, o) ? o : NULL;
}

/* Showing. ---------------------------------------------------------------------------------------------------------------- */

static cJSON *control(const struct sim_object *bucket, const char *team, const char *role, bool of_objects)
{
	const char *name = json_str(bucket->doc, "name", ""), *number = json_str(bucket->doc, "projectNumber", "");
	const char *entity = sim_tmp("project-%s-%s", team, number), *id = sim_tmp("%s/%s", name, entity);
	const char *self = sim_tmp("https://www.googleapis.com/storage/v1/b/%s/acl/%s", name, entity);
	cJSON *one = json_make("{'kind':%s,'entity':%s,'role':%s,'etag':'CAE=','projectTeam':{'projectNumber':%s,'team':%s}}",
			       of_objects ? "storage#objectAccessControl" : "storage#bucketAccessControl", entity, role, number,
			       team);
	if (!of_objects) {
		cJSON_AddStringToObject(one, "bucket", name);
		cJSON_AddStringToObject(one, "id", id);
		cJSON_AddStringToObject(one, "selfLink", self);
	}
	return one;
}

/* projection=full, which a change stands for where nothing is said, shows access controls, where they are in use. */
static cJSON *storage_buckets_seen(const struct sim_call *c, const struct sim_object *bucket)
{
	const char *asked = storage_query(c, "projection");
	bool changed = text_ends(c->id, ".patch") || text_ends(c->id, ".update");
	const char *projection = *asked ? asked : changed ? "full" : "noAcl";
	cJSON *doc = cJSON_Duplicate(bucket->doc, true);
	if (strcmp(projection, "full") || storage_uniform(bucket) || !strcmp(bucket->collection, SOFT))
		return doc;
	const char *owner = sim_tmp("project-owners-%s", json_str(bucket->doc, "projectNumber", ""));
	cJSON_AddItemToObject(doc, "acl",
			      json_make("[%j,%j,%j]", control(bucket, "owners", "OWNER", false),
					control(bucket, "editors", "OWNER", false),
					control(bucket, "viewers", "READER", false)));
	cJSON_AddItemToObject(doc, "defaultObjectAcl",
			      json_make("[%j,%j,%j]", control(bucket, "owners", "OWNER", true),
					control(bucket, "editors", "OWNER", true), control(bucket, "viewers", "READER", true)));
	cJSON_AddItemToObject(doc, "owner", json_make("{'entity':%s}", owner));
	return doc;
}

static void new_version(struct sim *s, struct sim_object *o)
{
	long long n = json_int64(o->doc, "metageneration", 0) + 1;
	json_put_str(o->doc, "metageneration", sim_tmp("%lld", n));
	json_put_str(o->doc, "etag", storage_etag(0, n));
	json_put_str(o->doc, "updated", sim_stamp(s, 3));
}

/* Inserting. -------------------------------------------------------------------------------------------------------------- */

static bool name_ok(const char *name)
{
	size_t n = strlen(name);
	const char *legal = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	return n >= 3 && n <= (strchr(name, '.') ? 222u : 63u) && strspn(name, legal) == n && isalnum((unsigned char)*name) &&
	       isalnum((unsigned char)name[n - 1]) && !text_starts(name, "goog") && !strstr(name, "google") &&
	       !strstr(name, "g00gle") && !strstr(name, "..");
}

/* Names that strangers have: those of the world's description, and words that were gone years ago. */
static bool taken(struct sim_call *c, const char *name)
{
	static const char *const words[] = {"artifacts",    "backup", "bucket",           "data",   "demo",      "example",
					    "ml-artifacts", "mlflow", "mlflow-artifacts", "models", "my-bucket", "test",
					    "test-bucket"};
	const cJSON *more = sim_project_world(c->sim, c->project, "takenBuckets");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i], name))
			return true;
	return json_lists(more, name);
}

static bool name_free(struct sim_call *c, const char *name)
{
	struct sim_object *o = storage_bucket(c->sim, name);
	const char *owner = o ? storage_project(c->sim, o) : NULL;
	if (owner && !strcmp(owner, c->project))
		sim_fail(c, "ALREADY_EXISTS", "conflict",
			 "Your previous request to create the named bucket succeeded and you already own it.");
	else if (o || taken(c, name))
		sim_fail(c, "ALREADY_EXISTS", "conflict",
			 "The requested bucket name is not available. The bucket namespace is shared by all users of the "
			 "system. Please select a "
			 "different name and try again.");
	else
		return true;
	return false;
}

static void violated(struct sim_call *c, const char *what, const char *constraint)
{
	sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL, "%s violates constraint 'constraints/%s'", what,
		      constraint);
}

/* The key that objects are kept under where nothing else is said: of the bucket's own location, and Cloud Storage may use it. */
static bool key_ok(struct sim_call *c, const cJSON *doc)
{
	const char *key = json_str(doc, "encryption.defaultKmsKeyName", ""), *where = json_str(doc, "location", "US"),
		   *its = sim_kms_location(key),
		   *agent = sim_tmp("service-%s@gs-project-accounts.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	if (*key && strcasecmp(its, where) && (strcmp(its, "europe") || strcasecmp(where, "EU"))) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Cloud KMS region '%s' not available for use with GCS region '%s'.",
			 its, where);
		return false;
	}
	if (!*key || sim_kms_usable(c->sim, key, agent))
		return true;
	sim_fail(
	    c, "PERMISSION_DENIED", "forbidden",
	    "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to "
	    "use this key.");
	return false;
}

/* Organization policies about where and how. */
static bool policy_ok(struct sim_call *c, const cJSON *doc)
{
	const char *location = json_str(doc, "location", "US");
	char *lower = xstrdup(location), *quoted;
	for (char *at = lower; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	quoted = xasprintf("'%s'", lower);
	bool where = !sim_constraint(c->sim, c->project, "gcp.resourceLocations", lower);
	bool how = json_bool(doc, "iamConfiguration.uniformBucketLevelAccess.enabled", false) ||
		   !sim_constraint(c->sim, c->project, "storage.uniformBucketLevelAccess", NULL);
	bool locked = !sim_constraint(c->sim, c->project, "gcp.restrictNonCmekServices", "storage.googleapis.com") ||
		      *json_str(doc, "encryption.defaultKmsKeyName", "");
	if (!where)
		violated(c, quoted, "gcp.resourceLocations");
	else if (!how)
		violated(c, "Request", "storage.uniformBucketLevelAccess");
	else if (!locked)
		violated(c, "'storage.googleapis.com'", "gcp.restrictNonCmekServices");
	free(lower), free(quoted);
	return where && how && locked;
}

/* The project that the query names, when the caller may do this there. */
static bool project_ok(struct sim_call *c, const char *permission)
{
	c->project = sim_project_id(c->sim, storage_query(c, "project"));
	if (!c->project)
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Unknown project id: %s", storage_query(c, "project"));
	else if (!sim_usage_ok(c, "storage.googleapis.com"))
		return false;
	else if (!sim_allowed(c->sim, c->principal, permission, c->project, NULL))
		storage_denied(c, permission, "project");
	else
		return true;
	return false;
}

static bool storage_buckets_placed(struct sim_call *c)
{
	return project_ok(c, "storage.buckets.create");
}

static const char *location_of(const cJSON *doc)
{
	return storage_location(json_str(doc, "location", "US"));
}

static bool storage_buckets_valid(struct sim_call *c, const char *name)
{
	if (!name_ok(name))
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid bucket name: '%s'", name);
	else if (!storage_location_type(location_of(c->body)))
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "The specified location constraint is not valid.");
	else if (!sim_project_billing(c->sim, c->project))
		sim_fail(c, "PERMISSION_DENIED", "accountDisabled",
			 "The billing account for the owning project is disabled in state absent");
	else
		return storage_bucket_named_well(c, name) && storage_bucket_acceptable(c, c->body) && policy_ok(c, c->body) &&
		       key_ok(c, c->body) && name_free(c, name);
	return false;
}

static void begin(struct sim_call *c, cJSON *doc)
{
	const char *name = json_str(doc, "name", ""), *location = location_of(doc), *now = sim_stamp(c->sim, 3);
	json_put_str(doc, "kind", "storage#bucket");
	json_put_str(doc, "id", name);
	json_put_str(doc, "selfLink", sim_tmp("https://www.googleapis.com/storage/v1/b/%s", name));
	json_put_str(doc, "projectNumber", sim_project_number(c->sim, c->project));
	json_put_str(doc, "timeCreated", now);
	json_put_str(doc, "generation", sim_tmp("%lld", (long long)(sim_wall(c->sim) * 1e6)));
	json_put_str(doc, "location", location);
	json_put_str(doc, "locationType",
		     json_at(doc, "customPlacementConfig") ? "dual-region" : storage_location_type(location));
	json_drop(doc, "acl");
	json_drop(doc, "defaultObjectAcl");
}

/* May uniform access be switched off? For 90 days only, and not where organization policy wants it. */
static bool may_loosen(struct sim_call *c, const struct sim_object *o)
{
	const char *until = json_str(o->doc, "iamConfiguration.uniformBucketLevelAccess.lockedTime", "");
	if (strcmp(sim_stamp(c->sim, 3), until) > 0)
		storage_unmet(c);
	else if (sim_constraint(c->sim, c->project, "storage.uniformBucketLevelAccess", NULL))
		violated(c, "Request", "storage.uniformBucketLevelAccess");
	else
		return true;
	return false;
}

static bool storage_buckets_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (!old)
		begin(c, doc);
	storage_bucket_complete(c->sim, doc, old ? old->doc : NULL);
	if (old && !storage_bucket_acceptable(c, doc))
		return false;
	static const char key[] = "encryption.defaultKmsKeyName";
	if (old && strcmp(json_str(doc, key, ""), json_str(old->doc, key, "")) && !key_ok(c, doc))
		return false;
	return !old || !storage_uniform(old) || json_bool(doc, UNIFORM, false) || may_loosen(c, old);
}

static void publish(struct sim *s, const struct sim_object *o)
{
	sim_put(s, NAMES, json_str(o->doc, "name", ""), json_make("{'key':%s}", o->key));
}

static void storage_buckets_touched(struct sim_call *c, struct sim_object *o)
{
	new_version(c->sim, o);
	if (storage_bucket(c->sim, json_str(o->doc, "name", "")))
		return;
	publish(c->sim, o);
	storage_first_policy(c->sim, o);
}

/* One that nobody asked for. */
static struct sim_object *appear(struct sim *s, const char *key, const char *project, const char *name, const char *where)
{
	cJSON *place = json_make("{'location':%s}", where);
	const char *location = location_of(place);
	cJSON_Delete(place);
	struct sim_object *o = sim_put(
	    s, BUCKETS, key,
	    json_make("{'kind':'storage#bucket','id':%s,'name':%s,'projectNumber':%s,'timeCreated':%s,'location':%s,"
		      "'locationType':%s}",
		      name, name, sim_project_number(s, project), sim_stamp(s, 3), location, storage_location_type(location)));
	publish(s, o);
	storage_bucket_complete(s, o->doc, NULL);
	new_version(s, o);
	return o;
}

struct sim_object *storage_of_google(struct sim *s, const char *project, const char *name)
{
	struct sim_object *o = storage_bucket(s, name);
	if (!o) {
		o = appear(s, sim_tmp("google/buckets/%s", name), project, name, "US");
		json_put_bool(o->hidden, "google", true);
	}
	return o;
}

struct sim_object *storage_of_application(struct sim *s, const char *project, const char *name, const char *location)
{
	struct sim_object *o = storage_bucket(s, name);
	if (!o) {
		o = appear(s, sim_tmp("projects/%s/buckets/%s", project, name), project, name, location);
		storage_first_policy(s, o);
	}
	return o;
}

/* Reading. ---------------------------------------------------------------------------------------------------------------- */

static void storage_buckets_list(struct sim_call *c)
{
	bool soft = storage_query_bool(c, "softDeleted");
	if (project_ok(c, "storage.buckets.list"))
		sim_list(c, soft ? SOFT : BUCKETS, sim_tmp("projects/%s/buckets/%s", c->project, storage_query(c, "prefix")),
			 "items", NULL, json_make("{'kind':'storage#buckets'}"));
}

static void storage_buckets_layout(struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, "storage.objects.list", "bucket");
	if (o)
		sim_ok(c, json_make("{'kind':'storage#storageLayout','bucket':%s,'location':%s,'locationType':%s}",
				    json_str(o->doc, "name", ""), json_str(o->doc, "location", ""),
				    json_str(o->doc, "locationType", "")));
}

static void list_nothing(struct sim_call *c)
{
	bool folders = strstr(c->path, "managedFolders");
	if (storage_bucket_for(c, 0, "storage.buckets.get", "bucket"))
		sim_ok(c, json_make("{'kind':%s}", folders ? "storage#managedFolders" : "storage#anywhereCaches"));
}

static void list_folders(struct sim_call *c)
{
	if (storage_bucket_for(c, 0, "storage.objects.list", "bucket"))
		sim_fail_with(c, 409, "FAILED_PRECONDITION", "conflict", NULL,
			      "The bucket does not support hierarchical namespace.");
}

static void service_account(struct sim_call *c)
{
	const char *part = sim_path_part(c, "projects"), *project = sim_project_id(c->sim, part);
	if (!project) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Unknown project id: %s", part);
		return;
	}
	const char *email = sim_tmp("service-%s@gs-project-accounts.iam.gserviceaccount.com",
				    sim_project_number(c->sim, project));
	sim_agent_create(c->sim, email);
	sim_ok(c, json_make("{'kind':'storage#serviceAccount','email_address':%s}", email));
}

/* Changing. --------------------------------------------------------------------------------------------------------------- */

/* What a client sent, nulls included, without what only the server sets. Either spelling of uniform access may come; the old one is a mirror. */
static cJSON *sent_patch(struct sim_call *c)
{
	struct err e = {0};
	cJSON *patch = c->raw && c->raw_len ? json_parse(c->raw, c->raw_len, "body", &e) : NULL;
	err_free(&e);
	if (!patch)
		patch = cJSON_Duplicate(c->body, true);
	if (!patch)
		return NULL;
	sim_retain(patch, NULL, SERVERS " owner acl defaultObjectAcl");
	const cJSON *mirror = json_at(patch, "iamConfiguration.bucketPolicyOnly");
	if (mirror && !json_at(patch, "iamConfiguration.uniformBucketLevelAccess"))
		json_put(patch, "iamConfiguration.uniformBucketLevelAccess", cJSON_Duplicate(mirror, true));
	return patch;
}

static cJSON *storage_buckets_changed(struct sim_call *c, const struct sim_object *o)
{
	bool whole = text_ends(c->id, ".update");
	cJSON *doc = whole ? cJSON_CreateObject() : cJSON_Duplicate(o->doc, true), *sent = sent_patch(c);
	if (whole)
		sim_retain(doc, o->doc, SERVERS " storageClass");
	sim_merge_patch(doc, sent);
	cJSON_Delete(sent);
	return doc;
}

static void gone(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, SOFT, json_str(arg, "key", ""));
	if (o)
		sim_remove(s, o);
}

static void soft_delete(struct sim *s, struct sim_object *o)
{
	double retention = (double)json_int64(o->doc, "softDeletePolicy.retentionDurationSeconds", 0);
	char until[40];
	const char *now = sim_stamp(s, 3);
	if (retention > 0) {
		const char *key = sim_tmp("%s#%s", o->key, json_str(o->doc, "generation", ""));
		cJSON *doc = cJSON_Duplicate(o->doc, true);
		json_put_str(doc, "softDeleteTime", now);
		json_put_str(doc, "hardDeleteTime", text_rfc3339(sim_wall(s) + retention, 3, until));
		sim_put(s, SOFT, key, doc);
		sim_after(s, retention, gone, json_make("{'key':%s}", key));
	}
}

static bool storage_buckets_deleting(struct sim_call *c, struct sim_object *o)
{
	const char *name = json_str(o->doc, "name", "");
	if (storage_has_objects(c->sim, name)) {
		sim_fail(c, "ALREADY_EXISTS", "conflict", "The bucket you tried to delete is not empty.");
		return false;
	}
	storage_forget_policy(c->sim, o);
	soft_delete(c->sim, o);
	sim_remove(c->sim, sim_get(c->sim, NAMES, name));
	return true;
}

static void storage_buckets_restore(struct sim_call *c)
{
	struct sim_object *soft = soft_deleted(c);
	if (!soft)
		return;
	const char *name = json_str(soft->doc, "name", "");
	c->project = storage_project(c->sim, soft);
	if (!sim_allowed(c->sim, c->principal, "storage.buckets.create", c->project, NULL)) {
		storage_denied(c, "storage.buckets.restore", "bucket");
		return;
	}
	if (!name_free(c, name))
		return;
	const char *key = sim_tmp("projects/%s/buckets/%s", c->project, name);
	cJSON *doc = cJSON_Duplicate(soft->doc, true);
	json_drop(doc, "softDeleteTime");
	json_drop(doc, "hardDeleteTime");
	struct sim_object *o = sim_put(c->sim, BUCKETS, key, doc);
	publish(c->sim, o);
	storage_first_policy(c->sim, o);
	sim_remove(c->sim, soft);
	sim_ok(c, storage_buckets_seen(c, o));
}

static const struct sim_resource resources[] = {
    {.methods = "storage.buckets",
     .collection = BUCKETS,
     .key = "projects/{project}/buckets/{b}",
     .find = storage_buckets_find,
     .seen = storage_buckets_seen,
     .id = "name",
     .name = "{b}",
     .placed = storage_buckets_placed,
     .valid = storage_buckets_valid,
     .complete = storage_buckets_complete,
     .touched = storage_buckets_touched,
     .changed = storage_buckets_changed,
     .deleting = storage_buckets_deleting,
     .deleted = sim_no_content},
    {0},
};

static const struct sim_route routes[] = {
    {"storage.buckets.insert", resource_create, NULL, NULL},
    {"storage.buckets.get", resource_get, NULL, NULL},
    {"storage.buckets.list", storage_buckets_list, NULL, NULL},
    {"storage.buckets.patch", resource_patch, NULL, NULL},
    {"storage.buckets.update", resource_patch, NULL, NULL},
    {"storage.buckets.delete", resource_delete, NULL, NULL},
    {"storage.buckets.restore", storage_buckets_restore, NULL, NULL},
    {"storage.buckets.getStorageLayout", storage_buckets_layout, NULL, NULL},
    {"storage.managedFolders.list", list_nothing, NULL, NULL},
    {"storage.anywhereCaches.list", list_nothing, NULL, NULL},
    {"storage.folders.list", list_folders, NULL, NULL},
    {"storage.projects.serviceAccount.get", service_account, NULL, NULL},
    {0},
};

const struct sim_api sim_api_storage_buckets = {
    .name = "storage", .errors = SIM_ERRORS_LEGACY, .routes = routes, .resources = resources};
