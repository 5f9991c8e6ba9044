/* An image built by Cloud Build from a source archive. What makes it the same image is its tag: the hash of the archive. A build cannot be
 * deleted and is never started twice: builds are looked up by that tag and the stack's, so one in flight is seen, and another stack's is not taken.
 * spec: {"region","bucket","object","generation","image" (with its tag),"serviceAccount" (e-mail),"logs" ("BUCKET/DIR"),"tag","after"};
 * after is the time at which the repository was made: older builds' images went with an older repository. Outputs: digest, image. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://cloudbuild.googleapis.com/v1/projects/%s/locations/%s/builds"

static void image_observe(const struct view *v, struct call *out)
{
	char *filter = xasprintf("tags=\"%s\" AND tags=\"stack-%s\"", json_str(v->spec, "tag", ""), v->stack);
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?projectId=%s&filter=%s&pageSize=20", v->project,
		 json_str(v->spec, "region", ""), v->project, filter);
	free(filter);
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

/* Anybody who may build in the project can put our tags on a build: it is ours when it pushes our image, runs as our account and logs to our
 * bucket. */
static bool ours(const struct view *v, const cJSON *build)
{
	char *account = xasprintf("/serviceAccounts/%s", json_str(v->spec, "serviceAccount", ""));
	char *logs = xasprintf("gs://%s", json_str(v->spec, "logs", ""));
	bool fits = !strcmp(json_str(build, "images.0", ""), json_str(v->spec, "image", "")) &&
		    text_ends(json_str(build, "serviceAccount", ""), account) &&
		    !strcmp(json_str(build, "logsBucket", ""), logs);
	free(account);
	free(logs);
	return fits;
}

/* Builds come newest first. A success counts wherever it stands; else the newest one tells. */
static const cJSON *telling(const struct view *v, const cJSON *builds)
{
	const char *after = json_str(v->spec, "after", "");
	const cJSON *b, *newest = NULL;
	cJSON_ArrayForEach(b, builds) {
		if (!ours(v, b))
			continue;
		if (*after && strncmp(json_str(b, "createTime", ""), after, strlen("2026-11-22T10:00:00")) < 0)
			continue;
		if (!strcmp(json_str(b, "status", ""), "SUCCESS"))
			return b;
		if (!newest)
			newest = b;
	}
	return newest;
}

static void read_digest(const struct view *v, struct observation *out)
{
	const char *digest = json_str(out->found, "results.images.0.digest", "");
	if (!*digest) {
		kind_say(out, PRESENT_FAILED, _("the build succeeded and names no image"));
		return;
	}
	const char *image = json_str(v->spec, "image", ""), *colon = strrchr(image, ':');
	char *pinned = xasprintf("%.*s@%s", (int)(colon ? (size_t)(colon - image) : strlen(image)), image, digest);
	json_put_str(out->outputs, "digest", digest);
	json_put_str(out->outputs, "image", pinned);
	free(pinned);
}

static void image_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	static const char *const moving[] = {"PENDING", "QUEUED", "WORKING", "STATUS_UNKNOWN", NULL};
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return;
	const cJSON *build = telling(v, json_at(out->found, "builds"));
	cJSON *copy = build ? cJSON_Duplicate(build, 1) : NULL;
	cJSON_Delete(out->found);
	out->found = copy;
	const char *status = json_str(copy, "status", "");
	if (!copy)
		out->presence = PRESENT_NO;
	else if (is_one_of(status, moving))
		out->presence = PRESENT_PENDING;
	else if (!strcmp(status, "SUCCESS"))
		read_digest(v, out);
	else
		kind_say(out, PRESENT_FAILED, _("the build ended with %s: %s"), status,
			 json_str(copy, "failureInfo.detail", json_str(copy, "statusDetail", _("see its log"))));
}

/* One that failed before is simply built again. */
static void image_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v;
	out->verdict = seen->presence == PRESENT_FAILED ? VERDICT_CREATE : VERDICT_KEEP;
}

/* Its own service account needs a logs bucket of ours; GCS_ONLY is what can be followed. */
static void image_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	const char *image = json_str(v->spec, "image", "");
	char *account = xasprintf("projects/%s/serviceAccounts/%s", v->project, json_str(v->spec, "serviceAccount", ""));
	char *logs = xasprintf("gs://%s", json_str(v->spec, "logs", ""));
	char *stack = xasprintf("stack-%s", v->stack);
	cJSON *source = json_make("{'storageSource':{'bucket':%s,'object':%s,'generation':%s}}",
				  json_str(v->spec, "bucket", ""), json_str(v->spec, "object", ""),
				  json_str(v->spec, "generation", ""));
	cJSON *body = json_make(
	    "{'source':%j,'steps':[{'name':'gcr.io/cloud-builders/docker','args':['build','--tag',%s,'.']}],'images':[%s],"
	    "'serviceAccount':%s,'logsBucket':%s,'options':{'logging':'GCS_ONLY','logStreamingOption':'STREAM_ON'},"
	    "'timeout':'1800s','queueTtl':'1800s','tags':['mlflow-setup',%s,%s]}",
	    source, image, image, account, logs, json_str(v->spec, "tag", ""), stack);
	call_set(out, DIALECT_BUILD, "POST", body, BASE "?projectId=%s", v->project, json_str(v->spec, "region", ""),
		 v->project);
	free(stack);
	free(logs);
	free(account);
}

/* A grant made a minute ago may not have reached the build. */
static bool image_passing(const struct view *v, const struct observation *seen)
{
	static const char *const types[] = {"FETCH_SOURCE_FAILED", "PUSH_NOT_AUTHORIZED", "LOGGING_FAILURE", NULL};
	(void)v;
	return is_one_of(json_str(seen->found, "failureInfo.type", ""), types);
}

static char *image_log_url(const struct view *v, const cJSON *object)
{
	(void)v;
	const cJSON *build = json_at(object, "metadata.build");
	if (!build)
		build = object;
	const char *bucket = json_str(build, "logsBucket", ""), *id = json_str(build, "id", "");
	if (!*bucket || !*id)
		return NULL;
	if (!strncmp(bucket, "gs://", 5))
		bucket += 5;
	return xasprintf("https://storage.googleapis.com/%s/log-%s.txt", bucket, id);
}

static const char *image_cure(const char *message)
{
	if (strstr(message, "cannot run builds in this region"))
		return N_("New and small projects may build in a few regions only. Build the image in another region or on "
			  "another machine and give it by its "
			  "digest (image.source=digest, image.digest), choose another region for the stack, or ask Google for "
			  "the quota: "
			  "https://cloud.google.com/build/docs/locations.");
	return NULL;
}

static char *image_terraform(const struct view *v, const char *recorded)
{
	const char *image = json_str(v->spec, "image", ""), *colon = strrchr(image, ':');
	return recorded && colon ? xasprintf("%.*s@%s", (int)(colon - image), image, recorded) : NULL;
}

const struct kind kind_image = {
    .id = "cloudbuild.image",
    .title = N_("Container image"),
    .api = "cloudbuild.googleapis.com",
    .part = PART_IMAGE,
    .console_page = "cloud-build/builds;region={region}",
    .permissions = {.read = "cloudbuild.builds.list",
		    .create = "cloudbuild.builds.create cloudbuild.builds.get iam.serviceAccounts.actAs storage.objects.get"},
    .usual = 60,
    .slow = 300,
    .deadline = 3600,
    .observe = image_observe,
    .decode = image_decode,
    .compare = image_compare,
    .create = image_create,
    .passing = image_passing,
    .gate = true,
    .cure = image_cure,
    .log_url = image_log_url,
    .terraform = {.none = "It is built from the files beside this folder; Terraform gets its digest as a variable.",
		  .value = image_terraform,
		  .outputs = (const char *const[]){"image", "@", "digest", "split(\"@\", @)[1]", NULL}},
};
