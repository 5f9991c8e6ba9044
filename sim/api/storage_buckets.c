/* storage.googleapis.com: buckets and their policies. Their names are one name space for all of Google's customers. */
#include "config.h"
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
#define WEEK "604800"

/* Finding. ---------------------------------------------------------------------------------------------------------------- */

struct sim_object *storage_bucket(struct sim *s, const char *name)
{
	struct sim_object *o = sim_get(s, NAMES, name);
	return o ? sim_get(s, BUCKETS, json_str(o->doc, "key", "")) : NULL;
}

static const char *storage_project(struct sim *s, const struct sim_object *bucket)
{
	return sim_project_id(s, json_str(bucket->doc, "projectNumber", ""));
}

static const char *storage_holder(const char *bucket)
{
	return sim_tmp("//storage.googleapis.com/projects/_/buckets/%s", bucket);
}

static bool uniform(const struct sim_object *bucket)
{
	return json_bool(bucket->doc, "iamConfiguration.uniformBucketLevelAccess.enabled", false);
}

/* Has the principal a role on the project that lets its people look at what Google keeps for it? */
static bool views(struct sim *s, const char *principal, const char *project)
{
	static const char *const roles[] = {"roles/viewer", "roles/editor", "roles/owner"};
	bool yes = false;
	for (int i = 0; i < 3 && !yes; i++)
		yes = sim_allowed(s, principal, roles[i], project, NULL);
	return yes;
}

bool storage_may(struct sim *s, const char *principal, const char *permission, const struct sim_object *bucket)
{
	const char *project = storage_project(s, bucket);
	if (json_bool(bucket->hidden, "google", false))
		return (!strcmp(permission, "storage.objects.get") || !strcmp(permission, "storage.objects.list")) &&
		       views(s, principal, project);
	const char *holder = storage_holder(json_str(bucket->doc, "name", ""));
	/* Without uniform access, the access controls of objects let the project's owners and editors in. */
	bool yes = sim_allowed(s, principal, permission, project, holder) ||
		   (!uniform(bucket) && text_starts(permission, "storage.objects.") &&
		    (sim_allowed(s, principal, "roles/owner", project, NULL) ||
		     sim_allowed(s, principal, "roles/editor", project, NULL)));
	return yes;
}

struct sim_object *storage_bucket_for(struct sim_call *c, int nth, const char *permission, const char *what)
{
	struct sim_object *o = storage_bucket(c->sim, storage_name(c, "b", nth));
	if (!o) {
		storage_no_bucket(c);
		return NULL;
	}
	c->project = storage_project(c->sim, o);
	if (!sim_usage_ok(c, "storage.googleapis.com"))
		return NULL;
	if (!permission || storage_may(c->sim, c->principal, permission, o))
		return o;
	storage_denied(c, permission, what);
	return NULL;
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

/* projection=full shows access controls, where they are in use. */
static cJSON *show(const struct sim_call *c, const struct sim_object *bucket, const char *projection)
{
	const char *asked = storage_query(c, "projection");
	cJSON *doc = cJSON_Duplicate(bucket->doc, true);
	if (strcmp(*asked ? asked : projection, "full") || uniform(bucket))
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

/* What Google fills in: mirrored, defaulted and dropped fields. ----------------------------------------------------------- */

static void complete_access(struct sim *s, cJSON *doc)
{
	bool on = json_bool(doc, "iamConfiguration.uniformBucketLevelAccess.enabled",
			    json_bool(doc, "iamConfiguration.bucketPolicyOnly.enabled", false));
	const char *locked = json_str(doc, "iamConfiguration.uniformBucketLevelAccess.lockedTime", NULL);
	char until[40];
	if (on && !locked)
		locked = text_rfc3339(sim_wall(s) + 90 * 86400.0, 3, until);
	cJSON *flag = json_make("{'enabled':%b}", on);
	if (on)
		cJSON_AddStringToObject(flag, "lockedTime", locked);
	json_put(doc, "iamConfiguration.bucketPolicyOnly", cJSON_Duplicate(flag, true));
	json_put(doc, "iamConfiguration.uniformBucketLevelAccess", flag);
	if (!json_at(doc, "iamConfiguration.publicAccessPrevention"))
		json_put_str(doc, "iamConfiguration.publicAccessPrevention", "inherited");
}

static void complete_soft_delete(struct sim *s, cJSON *doc, const cJSON *old)
{
	char seconds[24];
	const char *now = sim_stamp(s, 3);
	long long was = json_int64(old, "softDeletePolicy.retentionDurationSeconds", -1);
	long long is = json_int64(doc, "softDeletePolicy.retentionDurationSeconds", strtoll(WEEK, NULL, 10));
	snprintf(seconds, sizeof seconds, "%lld", is);
	json_put_str(doc, "softDeletePolicy.retentionDurationSeconds", seconds);
	if (!is)
		json_drop(doc, "softDeletePolicy.effectiveTime");
	else if (was != is || !json_at(doc, "softDeletePolicy.effectiveTime"))
		json_put_str(doc, "softDeletePolicy.effectiveTime", now);
}

static void complete_autoclass(struct sim *s, cJSON *doc, const cJSON *old)
{
	const char *now = sim_stamp(s, 3);
	bool on = json_bool(doc, "autoclass.enabled", false), was = json_bool(old, "autoclass.enabled", false);
	if (json_at(doc, "autoclass") && (on != was || !json_at(doc, "autoclass.toggleTime")))
		json_put_str(doc, "autoclass.toggleTime", now);
	if (on && !json_at(doc, "autoclass.terminalStorageClass"))
		json_put_str(doc, "autoclass.terminalStorageClass", "NEARLINE");
	if (on &&
	    strcmp(json_str(doc, "autoclass.terminalStorageClass", ""), json_str(old, "autoclass.terminalStorageClass", "")))
		json_put_str(doc, "autoclass.terminalStorageClassUpdateTime", now);
}

static const char *location_type(const char *location)
{
	static const char *const dual[] = {"NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1"};
	if (!strcmp(location, "US") || !strcmp(location, "EU") || !strcmp(location, "ASIA") || !strcmp(location, "IN"))
		return "multi-region";
	for (size_t i = 0; i < sizeof dual / sizeof *dual; i++)
		if (!strcmp(location, dual[i]))
			return "dual-region";
	const char *dash = strchr(location, '-');
	return dash && isdigit((unsigned char)location[strlen(location) - 1]) ? "region" : NULL;
}

static void complete(struct sim *s, cJSON *doc, const cJSON *old)
{
	if (json_at(doc, "lifecycle") && !cJSON_GetArraySize(json_at(doc, "lifecycle.rule")))
		json_drop(doc, "lifecycle");
	if (json_at(doc, "labels") && !cJSON_GetArraySize(json_at(doc, "labels")))
		json_drop(doc, "labels");
	if (!json_at(doc, "storageClass"))
		json_put_str(doc, "storageClass", "STANDARD");
	if (strcmp(json_str(doc, "locationType", ""), "region") && !json_at(doc, "rpo"))
		json_put_str(doc, "rpo", "DEFAULT");
	if (!strcmp(json_str(doc, "locationType", ""), "region"))
		json_put_bool(doc, "satisfiesPZI", true);
	complete_access(s, doc);
	complete_autoclass(s, doc, old);
	complete_soft_delete(s, doc, old);
}

static void new_version(struct sim *s, struct sim_object *o)
{
	long long n = json_int64(o->doc, "metageneration", 0) + 1;
	char text[24];
	const char *etag = storage_etag(0, n);
	const char *now = sim_stamp(s, 3);
	snprintf(text, sizeof text, "%lld", n);
	json_put_str(o->doc, "metageneration", text);
	json_put_str(o->doc, "etag", etag);
	json_put_str(o->doc, "updated", now);
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

static void upper(char *text)
{
	for (; *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

static void violated(struct sim_call *c, const char *what, const char *constraint)
{
	sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL, "%s violates constraint 'constraints/%s'", what,
		      constraint);
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

static bool insert_ok(struct sim_call *c, const char *name, const char *location)
{
	const char *holder = c->project ? sim_tmp("//cloudresourcemanager.googleapis.com/projects/%s", c->project) : NULL;
	bool may = c->project && sim_allowed(c->sim, c->principal, "storage.buckets.create", c->project, holder);
	if (!c->project)
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Unknown project id: %s", storage_query(c, "project"));
	else if (!sim_usage_ok(c, "storage.googleapis.com"))
		return false;
	else if (!may)
		storage_denied(c, "storage.buckets.create", "project");
	else if (!name_ok(name))
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid bucket name: '%s'", name);
	else if (!location_type(location))
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "The specified location constraint is not valid.");
	else if (!sim_project_billing(c->sim, c->project))
		sim_fail(c, "PERMISSION_DENIED", "accountDisabled",
			 "The billing account for the owning project is disabled in state absent");
	else
		return policy_ok(c, c->body) && name_free(c, name);
	return false;
}

/* The roles that a new bucket gives to the project's own people. */
static void first_policy(struct sim *s, const char *name, const char *project, bool is_uniform)
{
	static const char *const grants[][2] = {
	    {"legacyBucketOwner", "projectEditor"},  {"legacyBucketOwner", "projectOwner"},
	    {"legacyBucketReader", "projectViewer"}, {"legacyObjectOwner", "projectEditor"},
	    {"legacyObjectOwner", "projectOwner"},   {"legacyObjectReader", "projectViewer"}};
	const char *holder = storage_holder(name);
	for (size_t i = 0; i < (is_uniform ? 6 : 3); i++) {
		const char *role = sim_tmp("roles/storage.%s", grants[i][0]), *member = sim_tmp("%s:%s", grants[i][1], project);
		sim_policy_seed(s, holder, role, member);
	}
}

static cJSON *bucket_doc(struct sim_call *c, const char *name, const char *location)
{
	cJSON *doc = cJSON_Duplicate(c->body, true);
	char generation[24];
	const char *self = sim_tmp("https://www.googleapis.com/storage/v1/b/%s", name), *now = sim_stamp(c->sim, 3);
	snprintf(generation, sizeof generation, "%lld", (long long)(sim_wall(c->sim) * 1e6));
	json_put_str(doc, "kind", "storage#bucket");
	json_put_str(doc, "id", name);
	json_put_str(doc, "selfLink", self);
	json_put_str(doc, "projectNumber", sim_project_number(c->sim, c->project));
	json_put_str(doc, "timeCreated", now);
	json_put_str(doc, "generation", generation);
	json_put_str(doc, "location", location);
	json_put_str(doc, "locationType", location_type(location));
	json_drop(doc, "acl");
	json_drop(doc, "defaultObjectAcl");
	complete(c->sim, doc, NULL);
	return doc;
}

static void storage_buckets_insert(struct sim_call *c)
{
	const char *name = json_str(c->body, "name", "");
	char *location = xstrdup(json_str(c->body, "location", "US"));
	upper(location);
	c->project = sim_project_id(c->sim, storage_query(c, "project"));
	if (insert_ok(c, name, location)) {
		const char *key = sim_tmp("projects/%s/buckets/%s", c->project, name);
		struct sim_object *o = sim_put(c->sim, BUCKETS, key, bucket_doc(c, name, location));
		sim_put(c->sim, NAMES, name, json_make("{'key':%s}", key));
		new_version(c->sim, o);
		first_policy(c->sim, name, c->project, uniform(o));
		sim_ok(c, show(c, o, "noAcl"));
	}
	free(location);
}

struct sim_object *storage_of_google(struct sim *s, const char *project, const char *name)
{
	struct sim_object *o = storage_bucket(s, name);
	if (o)
		return o;
	const char *key = sim_tmp("google/buckets/%s", name), *now = sim_stamp(s, 3);
	o = sim_put(s, BUCKETS, key,
		    json_make("{'kind':'storage#bucket','id':%s,'name':%s,'projectNumber':%s,'timeCreated':%s,'location':'US','"
			      "locationType':'multi-region'}",
			      name, name, sim_project_number(s, project), now));
	sim_put(s, NAMES, name, json_make("{'key':%s}", key));
	json_put_bool(o->hidden, "google", true);
	complete(s, o->doc, NULL);
	new_version(s, o);
	return o;
}

/* Reading. ---------------------------------------------------------------------------------------------------------------- */

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
	const char *name = storage_name(c, "b", 0), *generation = storage_query(c, "generation");
	struct sim_object *o = sim_get(c->sim, SOFT, sim_tmp("%s#%s", name, generation));
	if (!o)
		storage_no_bucket(c);
	return o;
}

static void storage_buckets_get(struct sim_call *c)
{
	struct sim_object *o;
	if (storage_query_bool(c, "softDeleted")) {
		if ((o = soft_deleted(c)))
			sim_ok(c, cJSON_Duplicate(o->doc, true));
		return;
	}
	o = storage_bucket_for(c, 0, "storage.buckets.get", "bucket");
	if (o && conditions(c, o))
		sim_ok(c, show(c, o, "noAcl"));
}

static void storage_buckets_list(struct sim_call *c)
{
	const char *project = sim_project_id(c->sim, storage_query(c, "project"));
	bool soft = storage_query_bool(c, "softDeleted");
	if (!project) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Unknown project id: %s", storage_query(c, "project"));
		return;
	}
	if (!sim_allowed(c->sim, c->principal, "storage.buckets.list", project, NULL)) {
		storage_denied(c, "storage.buckets.list", "project");
		return;
	}
	c->project = project;
	if (!sim_usage_ok(c, "storage.googleapis.com"))
		return;
	char *prefix = soft ? xstrdup("") : xasprintf("projects/%s/buckets/%s", project, storage_query(c, "prefix"));
	sim_list(c, soft ? SOFT : BUCKETS, prefix, "items", NULL, json_make("{'kind':'storage#buckets'}"));
	free(prefix);
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

/* JSON merge patch (RFC 7396): null takes a field away. */
static void merge(cJSON *doc, const cJSON *patch)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, patch) {
		cJSON *old = cJSON_GetObjectItemCaseSensitive(doc, p->string);
		if (cJSON_IsNull(p)) {
			cJSON_DeleteItemFromObjectCaseSensitive(doc, p->string);
		} else if (cJSON_IsObject(p)) {
			if (!cJSON_IsObject(old)) {
				cJSON_DeleteItemFromObjectCaseSensitive(doc, p->string);
				old = cJSON_AddObjectToObject(doc, p->string);
			}
			merge(old, p);
		} else {
			cJSON_DeleteItemFromObjectCaseSensitive(doc, p->string);
			cJSON_AddItemToObject(doc, p->string, cJSON_Duplicate(p, true));
		}
	}
}

/* What a client sent, nulls included, without what only the server sets. */
static cJSON *sent_patch(struct sim_call *c)
{
	static const char *const fixed[] = {"kind",
					    "id",
					    "name",
					    "selfLink",
					    "projectNumber",
					    "timeCreated",
					    "updated",
					    "generation",
					    "metageneration",
					    "location",
					    "locationType",
					    "etag",
					    "owner",
					    "acl",
					    "defaultObjectAcl"};
	struct err e = {0};
	cJSON *patch = c->raw && c->raw_len ? json_parse(c->raw, c->raw_len, "body", &e) : NULL;
	err_free(&e);
	if (!patch)
		patch = cJSON_Duplicate(c->body, true);
	for (size_t i = 0; patch && i < sizeof fixed / sizeof *fixed; i++)
		cJSON_DeleteItemFromObjectCaseSensitive(patch, fixed[i]);
	return patch;
}

/* Uniform access can be switched off for 90 days only; and organization policy may want it on. */
static bool change_ok(struct sim_call *c, const struct sim_object *o, const cJSON *new)
{
	bool was = uniform(o), is = json_bool(new, "iamConfiguration.uniformBucketLevelAccess.enabled", false);
	if (was && !is && sim_constraint(c->sim, c->project, "storage.uniformBucketLevelAccess", NULL)) {
		violated(c, "Request", "storage.uniformBucketLevelAccess");
		return false;
	}
	return true;
}

static void replace(struct sim_call *c, struct sim_object *o, cJSON *new, const char *projection)
{
	complete(c->sim, new, o->doc);
	if (!change_ok(c, o, new)) {
		cJSON_Delete(new);
		return;
	}
	cJSON_Delete(o->doc);
	o->doc = new;
	new_version(c->sim, o);
	sim_ok(c, show(c, o, projection));
}

static void storage_buckets_patch(struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, "storage.buckets.update", "bucket");
	if (!o || !conditions(c, o))
		return;
	cJSON *new = cJSON_Duplicate(o->doc, true), *sent = sent_patch(c);
	/* Either spelling of uniform access may come; the old one is a mirror. */
	cJSON *mirror = json_at(sent, "iamConfiguration.bucketPolicyOnly");
	if (mirror && !json_at(sent, "iamConfiguration.uniformBucketLevelAccess"))
		json_put(sent, "iamConfiguration.uniformBucketLevelAccess", cJSON_Duplicate(mirror, true));
	merge(new, sent);
	cJSON_Delete(sent);
	replace(c, o, new, "full");
}

static void storage_buckets_update(struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, "storage.buckets.update", "bucket");
	static const char *const kept[] = {"kind",         "id",      "name",        "selfLink",       "projectNumber",
					   "timeCreated",  "updated", "generation",  "metageneration", "location",
					   "locationType", "etag",    "storageClass"};
	if (!o || !conditions(c, o))
		return;
	cJSON *new = cJSON_CreateObject(), *sent = sent_patch(c);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (json_at(o->doc, kept[i]))
			cJSON_AddItemToObject(new, kept[i], cJSON_Duplicate(json_at(o->doc, kept[i]), true));
	merge(new, sent);
	cJSON_Delete(sent);
	replace(c, o, new, "full");
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
		const char *key = sim_tmp("%s#%s", json_str(o->doc, "name", ""), json_str(o->doc, "generation", ""));
		cJSON *doc = cJSON_Duplicate(o->doc, true);
		json_put_str(doc, "softDeleteTime", now);
		json_put_str(doc, "hardDeleteTime", text_rfc3339(sim_wall(s) + retention, 3, until));
		sim_put(s, SOFT, key, doc);
		sim_after(s, retention, gone, json_make("{'key':%s}", key));
	}
}

static void delete (struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, "storage.buckets.delete", "bucket");
	const char *name = o ? json_str(o->doc, "name", "") : "";
	if (!o || !conditions(c, o))
		return;
	if (storage_has_objects(c->sim, name)) {
		sim_fail(c, "ALREADY_EXISTS", "conflict", "The bucket you tried to delete is not empty.");
		return;
	}
	const char *holder = storage_holder(name);
	sim_policy_forget(c->sim, holder);
	soft_delete(c->sim, o);
	sim_remove(c->sim, sim_get(c->sim, NAMES, name));
	sim_remove(c->sim, o);
	sim_bytes(c, 204, "application/json", "", 0);
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
	sim_put(c->sim, NAMES, name, json_make("{'key':%s}", key));
	first_policy(c->sim, name, c->project, uniform(o));
	sim_remove(c->sim, soft);
	sim_ok(c, show(c, o, "noAcl"));
}

/* Policies. --------------------------------------------------------------------------------------------------------------- */

static cJSON *as_storage(const char *bucket, cJSON *policy)
{
	const char *resource = sim_tmp("projects/_/buckets/%s", bucket);
	json_put_str(policy, "kind", "storage#policy");
	json_put_str(policy, "resourceId", resource);
	if (!json_at(policy, "version"))
		json_put_num(policy, "version", 1);
	return policy;
}

static void storage_buckets_get_policy(struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, "storage.buckets.getIamPolicy", "bucket");
	if (!o)
		return;
	const char *name = json_str(o->doc, "name", "");
	const char *holder = storage_holder(name);
	sim_ok(c, as_storage(name, sim_policy_view(c->sim, holder, atoi(storage_query(c, "optionsRequestedPolicyVersion")))));
}

static bool names_public(const cJSON *policy)
{
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, json_at(policy, "bindings"))
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members"))
			if (cJSON_IsString(m) &&
			    (!strcmp(m->valuestring, "allUsers") || !strcmp(m->valuestring, "allAuthenticatedUsers")))
				return true;
	return false;
}

static void storage_buckets_set_policy(struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, "storage.buckets.setIamPolicy", "bucket");
	if (!o)
		return;
	bool prevented = !strcmp(json_str(o->doc, "iamConfiguration.publicAccessPrevention", ""), "enforced") ||
			 sim_constraint(c->sim, c->project, "storage.publicAccessPrevention", NULL);
	if (prevented && names_public(c->body)) {
		sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
			      "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access "
			      "prevention is enforced.");
		return;
	}
	const char *name = json_str(o->doc, "name", "");
	const char *holder = storage_holder(name);
	if (sim_policy_write(c, holder, c->body))
		sim_ok(c, as_storage(name, sim_policy_view(c->sim, holder, 3)));
}

static void storage_buckets_test_permissions(struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, NULL, "bucket");
	const cJSON *asked = json_at(c->params, "permissions"), *p;
	if (!o)
		return;
	cJSON *only = cJSON_IsString(asked) ? json_make("[%s]", asked->valuestring) : NULL, *held = cJSON_CreateArray();
	cJSON_ArrayForEach(p, (only ? only : asked))
		if (cJSON_IsString(p) && storage_may(c->sim, c->principal, p->valuestring, o))
			cJSON_AddItemToArray(held, cJSON_CreateString(p->valuestring));
	cJSON *reply = json_make("{'kind':'storage#testIamPermissionsResponse'}");
	sim_put_list(reply, "permissions", held);
	cJSON_Delete(only);
	sim_ok(c, reply);
}

/* A bucket belongs to a project that its path does not name: handlers check permissions themselves. */
static const struct sim_route routes[] = {
    {"storage.buckets.insert", storage_buckets_insert, NULL, NULL},
    {"storage.buckets.get", storage_buckets_get, NULL, NULL},
    {"storage.buckets.list", storage_buckets_list, NULL, NULL},
    {"storage.buckets.patch", storage_buckets_patch, NULL, NULL},
    {"storage.buckets.update", storage_buckets_update, NULL, NULL},
    {"storage.buckets.delete", delete, NULL, NULL},
    {"storage.buckets.restore", storage_buckets_restore, NULL, NULL},
    {"storage.buckets.getIamPolicy", storage_buckets_get_policy, NULL, NULL},
    {"storage.buckets.setIamPolicy", storage_buckets_set_policy, NULL, NULL},
    {"storage.buckets.testIamPermissions", storage_buckets_test_permissions, NULL, NULL},
    {"storage.buckets.getStorageLayout", storage_buckets_layout, NULL, NULL},
    {"storage.managedFolders.list", list_nothing, NULL, NULL},
    {"storage.anywhereCaches.list", list_nothing, NULL, NULL},
    {"storage.folders.list", list_folders, NULL, NULL},
    {"storage.projects.serviceAccount.get", service_account, NULL, NULL},
    {0},
};

const struct sim_api sim_api_storage_buckets = {.name = "storage", .errors = SIM_ERRORS_LEGACY, .routes = routes};
