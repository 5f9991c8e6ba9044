/* A Cloud Storage bucket. spec: {"body":{...} in the words of Bucket,"data":false when no user's data is kept in it}. Uniform access and public
 * access prevention are always sent, because the API's defaults are the opposite. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://storage.googleapis.com/storage/v1/b"

static void bucket_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->name);
}

/* Names are the whole world's: 403 means that it is somebody else's, as does another project's number. */
static void bucket_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?project=%s&maxResults=500", v->project);
}

static void bucket_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "labels", out);
	const char *number = json_str(out->found, "projectNumber", "");
	bool foreign = out->found && v->number && *number && strcmp(number, v->number) != 0;
	bool denied = http == 403 && out->presence == PRESENT_UNKNOWN &&
		      strstr(json_str(reply, "error.message", ""), "storage.buckets.get");
	if (foreign || denied) /* another 403 (a perimeter, billing) says its own reason */
		kind_say(out, PRESENT_STRANGER, _("the bucket name %s is taken by another project, or you may not read it"),
			 v->name);
}

static cJSON *wanted(const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	json_put_str(w, "name", v->name);
	json_put_bool(w, "iamConfiguration.uniformBucketLevelAccess.enabled", true);
	json_put_str(w, "iamConfiguration.publicAccessPrevention", "enforced");
	json_put(w, "labels", kind_labels(v));
	return w;
}

static void bucket_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"location", "name", NULL};
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_compare_shed(v, seen->found, "labels", out);
	kind_refuse_changed(out, fixed,
			    _("a bucket cannot be moved; keep the old value, or make a new stack and move the data"));
	cJSON_Delete(w);
}

static void bucket_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "POST", wanted(v), BASE "?project=%s", v->project);
}

static void bucket_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)change;
	const cJSON *shed;
	cJSON *w = wanted(v);
	json_drop(w, "name");
	json_drop(w, "location");
	/* What is not sent stays: null takes a label away. */
	cJSON_ArrayForEach(shed, json_at(v->spec, "shed"))
		cJSON_AddNullToObject(json_at(w, "labels"), shed->valuestring);
	call_set(out, DIALECT_NONE, "PATCH", w, BASE "/%s?ifMetagenerationMatch=%lld", v->name,
		 json_int64(seen->found, "metageneration", 1));
}

/* The next object version that may be deleted, or NULL. Users' objects are only touched with consent; versions that users deleted or
 * replaced themselves go in any case, and soft deletion keeps them for its days. */
static const cJSON *next_object(const struct view *v, bool *kept)
{
	bool spare = json_bool(v->spec, "data", true) && !v->consent;
	const cJSON *o, *next = NULL;
	cJSON_ArrayForEach(o, json_at(v->last, "items")) {
		if (spare && !json_at(o, "timeDeleted"))
			*kept = true;
		else if (!next)
			next = o;
	}
	return next;
}

/* Turns: list what is in it, delete one, list again...; then the bucket itself. */
static void bucket_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	bool kept = false;
	const cJSON *object = next_object(v, &kept);
	if (object) {
		call_set(out, DIALECT_NONE, "DELETE", NULL, BASE "/%s/o/%s?generation=%s", v->name,
			 json_str(object, "name", ""), json_str(object, "generation", "0"));
	} else if (!v->last || !json_at(v->last, "kind")) {
		call_set(out, DIALECT_NONE, "GET", NULL,
			 BASE "/%s/o?versions=true&maxResults=100&fields=kind,items(name,generation,timeDeleted)", v->name);
	} else if (!kept) {
		call_set(out, DIALECT_NONE, "DELETE", NULL, BASE "/%s", v->name);
	}
}

/* Files have no backup: they go on their own word only, however the bucket is set. */
static bool bucket_guarded(const struct observation *seen)
{
	(void)seen;
	return true;
}

static char *bucket_remains(const struct observation *seen)
{
	long long seconds = json_int64(seen->found, "softDeletePolicy.retentionDurationSeconds", 0);
	if (seconds <= 0)
		return NULL;
	return xasprintf(
	    _("what was in it can be restored for %lld days (gcloud storage restore), and costs what it did until then."),
	    seconds / 86400);
}

static const char *const bucket_moves[] = {"iamConfiguration.uniformBucketLevelAccess.enabled",
					   "uniformBucketLevelAccess",
					   "iamConfiguration.publicAccessPrevention",
					   "publicAccessPrevention",
					   "iamConfiguration",
					   "",
					   "lifecycle.rule",
					   "lifecycleRule",
					   "lifecycle",
					   "",
					   NULL};

const struct kind kind_bucket = {
    .id = "storage.bucket",
    .title = N_("Bucket"),
    .api = "storage.googleapis.com",
    .keyed = true,
    .part = PART_STORAGE,
    .console_page = "storage/browser/{name}",
    .permissions = {.read = "storage.buckets.get",
		    .list = "storage.buckets.list",
		    .create = "storage.buckets.create",
		    .update = "storage.buckets.update",
		    .destroy = "storage.buckets.delete storage.objects.list storage.objects.delete"},
    .usual = 0.9,
    .slow = 1.1,
    .deadline = 600,
    .labelled = true,
    .billable = true,
    .keeps_data = true,
    .data_word = "artifacts",
    .guarded = bucket_guarded,
    .remains = bucket_remains,
    .observe = bucket_observe,
    .list = bucket_list,
    .items = "items",
    .decode = bucket_decode,
    .compare = bucket_compare,
    .create = bucket_create,
    .update = bucket_update,
    .destroy = bucket_destroy,
    .lingers = N_(
	"The bucket is not empty and is kept. To delete it with all that is in it: gcloud storage rm --recursive gs://%s"),
    .terraform = {.type = "google_storage_bucket",
		  .import = "{project}/{name}",
		  .moves = bucket_moves,
		  .ignores = TERRAFORM_LABELS},
};
