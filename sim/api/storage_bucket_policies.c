/* storage.googleapis.com: who may do what with a bucket, and its policy. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *storage_holder(const struct sim_object *bucket)
{
	return sim_tmp("//storage.googleapis.com/projects/_/buckets/%s", json_str(bucket->doc, "name", ""));
}

bool storage_uniform(const struct sim_object *bucket)
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
	/* Without uniform access, the access controls of objects let the project's owners and editors in. */
	return sim_allowed(s, principal, permission, project, storage_holder(bucket)) ||
	       (!storage_uniform(bucket) && text_starts(permission, "storage.objects.") &&
		(sim_allowed(s, principal, "roles/owner", project, NULL) ||
		 sim_allowed(s, principal, "roles/editor", project, NULL)));
}

/* The roles that a new bucket gives to the project's own people. */
void storage_first_policy(struct sim *s, const struct sim_object *bucket)
{
	static const char *const grants[][2] = {
	    {"legacyBucketOwner", "projectEditor"},  {"legacyBucketOwner", "projectOwner"},
	    {"legacyBucketReader", "projectViewer"}, {"legacyObjectOwner", "projectEditor"},
	    {"legacyObjectOwner", "projectOwner"},   {"legacyObjectReader", "projectViewer"}};
	const char *holder = storage_holder(bucket), *project = storage_project(s, bucket);
	for (size_t i = 0; i < (storage_uniform(bucket) ? 6 : 3); i++)
		sim_policy_seed(s, holder, sim_tmp("roles/storage.%s", grants[i][0]), sim_tmp("%s:%s", grants[i][1], project));
}

void storage_forget_policy(struct sim *s, const struct sim_object *bucket)
{
	sim_policy_forget(s, storage_holder(bucket));
}

static cJSON *as_storage(const struct sim_object *bucket, cJSON *policy)
{
	const char *resource = sim_tmp("projects/_/buckets/%s", json_str(bucket->doc, "name", ""));
	json_put_str(policy, "kind", "storage#policy");
	json_put_str(policy, "resourceId", resource);
	if (!json_at(policy, "version"))
		json_put_num(policy, "version", 1);
	return policy;
}

static void storage_buckets_get_policy(struct sim_call *c)
{
	struct sim_object *o = storage_bucket_for(c, 0, "storage.buckets.getIamPolicy", "bucket");
	if (o)
		sim_ok(c, as_storage(o, sim_policy_view(c->sim, storage_holder(o),
							atoi(storage_query(c, "optionsRequestedPolicyVersion")))));
}

static bool names_public(const cJSON *policy)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(policy, "bindings")) {
		const cJSON *members = cJSON_GetObjectItemCaseSensitive(b, "members");
		if (json_lists(members, "allUsers") || json_lists(members, "allAuthenticatedUsers"))
			return true;
	}
	return false;
}

/* Where other APIs speak of concurrent policy changes (409), Cloud Storage speaks of a condition. */
static bool unchanged(const struct sim_call *c, const struct sim_object *bucket)
{
	const char *sent = json_str(c->body, "etag", "");
	cJSON *now = sim_policy_view(c->sim, storage_holder(bucket), 3);
	bool same = !*sent || identity_same_etag(sent, json_str(now, "etag", ""));
	cJSON_Delete(now);
	return same;
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
	if (!unchanged(c, o))
		storage_unmet(c);
	else if (sim_policy_write(c, storage_holder(o), c->body))
		sim_ok(c, as_storage(o, sim_policy_view(c->sim, storage_holder(o), 3)));
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

static const struct sim_route routes[] = {
    {"storage.buckets.getIamPolicy", storage_buckets_get_policy, NULL, NULL},
    {"storage.buckets.setIamPolicy", storage_buckets_set_policy, NULL, NULL},
    {"storage.buckets.testIamPermissions", storage_buckets_test_permissions, NULL, NULL},
    {0},
};

const struct sim_api sim_api_storage_bucket_policies = {.name = "storage", .errors = SIM_ERRORS_LEGACY, .routes = routes};
