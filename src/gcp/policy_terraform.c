/* How our members in the IAM policy of a resource are spelled for Terraform: a resource for each role and member, of a type for each type of holder. */
#include "config.h"
#include "gcp/policy.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The arguments are pieces of the path, "=*" the whole of it. */
static const struct spelled {
	const char *holder, *within; /* what the path has in it */
	const char *type, *arguments;
} spellings[] = {
    {"project", "", "google_project_iam_member", "project=1"},
    {"serviceAccount", "", "google_service_account_iam_member", "service_account_id=*"},
    {"secret", "", "google_secret_manager_secret_iam_member", "secret_id=*"},
    {"repository", "", "google_artifact_registry_repository_iam_member", "location=3 repository=5"},
    {"service", "", "google_cloud_run_v2_service_iam_member", "location=3 name=5"},
    {"bucket", "", "google_storage_bucket_iam_member", "bucket=1"},
    {"instance", "", "google_compute_instance_iam_member", "zone=3 instance_name=5"},
    {"iap", "/iap_web/compute/", "google_iap_web_backend_service_iam_member", "web_backend_service=5"},
    {"iap", "/iap_web/cloud_run-", "google_iap_web_cloud_run_service_iam_member", "location=3 cloud_run_service_name=5"},
    {"iap", "/iap_web/appengine-", "google_iap_app_engine_service_iam_member", "app_id=3 service=5"},
    {"tunnel", "", "google_iap_tunnel_instance_iam_member", "zone=4 instance=6"},
};

static const struct spelled *spelled_of(const struct view *v)
{
	const char *path = json_str(v->spec, "resource", "");
	for (size_t i = 0; *path && i < sizeof spellings / sizeof *spellings; i++)
		if (!strcmp(spellings[i].holder, json_str(v->spec, "holder", "")) && strstr(path, spellings[i].within))
			return &spellings[i];
	return NULL;
}

const char *policy_terraform_type(const struct view *v)
{
	const struct spelled *s = spelled_of(v);
	return s ? s->type : NULL;
}

/* "ROLE MEMBER" each. */
cJSON *policy_each(const struct view *v)
{
	cJSON *keys = cJSON_CreateArray();
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, json_at(v->spec, "bindings"))
		cJSON_ArrayForEach(m, json_at(b, "members")) {
			char *key = cJSON_IsString(m) ? xasprintf("%s %s", json_str(b, "role", ""), m->valuestring) : NULL;
			if (key)
				cJSON_AddItemToArray(keys, cJSON_CreateString(key));
			free(key);
		}
	return keys;
}

/* A segment of a path, counted from 0, without what stands before a collection's place: "cloud_run-europe-west1". The caller frees. */
static char *segment(const char *path, int at)
{
	static const char *const before[] = {"cloud_run-", "appengine-"};
	for (; at > 0 && *path; at--)
		path += strcspn(path, "/") + (path[strcspn(path, "/")] == '/');
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (text_starts(path, before[i]))
			path += strlen(before[i]);
	return xstrndup(path, strcspn(path, "/"));
}

cJSON *policy_terraform(const struct view *v)
{
	const char *path = json_str(v->spec, "resource", ""), *a = spelled_of(v)->arguments;
	cJSON *body = cJSON_CreateObject();
	for (size_t len; *a; a += len + (a[len] == ' ')) {
		len = strcspn(a, " ");
		size_t name = strcspn(a, "=");
		char *key = xstrndup(a, name), *value = a[name + 1] == '*' ? xstrdup(path) : segment(path, atoi(a + name + 1));
		json_put_str(body, key, value);
		free(value);
		free(key);
	}
	json_put(body, "role", json_make("{'$hcl':'split(\" \", each.key)[0]'}"));
	json_put(body, "member", json_make("{'$hcl':'split(\" \", each.key)[1]'}"));
	return body;
}

/* A project is named without its collection, and by its id where the path has its number. */
char *policy_import(const struct view *v, const char *key)
{
	const char *path = json_str(v->spec, "resource", ""),
		   *rest = text_starts(path, "projects/") ? strchr(path + 9, '/') : NULL;
	if (rest)
		return xasprintf("projects/%s%s %s", v->project, rest, key);
	return xasprintf("%s %s", text_starts(path, "projects/") ? v->project : path, key);
}
