/* A Cloud Run job: one that is run once for each image, and is ready when that execution has succeeded; or one that others run.
 * spec: {"region","body":{...} in the words of Job,["once": what the execution is tied to (an image's digest)],
 * ["release": what it brings the database to, kept as a label]}. */
#include "config.h"
#include "gcp/cloud_log.h"
#include "gcp/kinds.h"
#include "gcp/reference.h"
#include "gcp/run_state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://run.googleapis.com/v2/projects/%s/locations/%s/jobs"

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void run_job_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, region(v), v->name);
}

static void run_job_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?pageSize=500", v->project, json_str(v->spec, "region", ""));
}

static void run_job_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "labels", out);
	if (out->presence == PRESENT_YES)
		run_read_state(out);
}

/* The first 12 digits of the digest; kept as a label, because the token itself is not always told back. */
static char *token(const struct view *v)
{
	const char *once = json_str(v->spec, "once", ""), *colon = strchr(once, ':');
	return xasprintf("m%.12s", colon ? colon + 1 : once);
}

/* There are no dots in a label. */
static void put_release(const struct view *v, cJSON *w)
{
	char *label = xstrdup(json_str(v->spec, "release", ""));
	for (char *c = label; *c; c++)
		if (*c == '.')
			*c = '-';
	if (*label)
		json_put_str(w, "labels.release", label);
	free(label);
}

static bool is_run_once(const struct view *v)
{
	return json_at(v->spec, "once") != NULL;
}

static cJSON *wanted(const struct view *v)
{
	char *once = token(v);
	cJSON *w = kind_copy(v, "body");
	json_put(w, "labels", kind_labels(v));
	if (is_run_once(v))
		json_put(w, "labels.execution",
			 reference_is(json_at(v->spec, "once")) ? kind_value(v, "once") : cJSON_CreateString(once));
	free(once);
	put_release(v, w);
	return w;
}

static void run_job_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v);
	run_compare(w, seen, "template.template.containers", out);
	kind_compare_shed(v, seen->found, "labels", out);
	cJSON_Delete(w);
}

/* An upsert. An execution's name is never used twice: after a failure the token gets a number. */
static void kind_run_job_create(const struct view *v, const struct observation *seen, struct call *out)
{
	char *once = token(v);
	long long runs = json_int64(seen->found, "executionCount", 0);
	char *name = runs ? xasprintf("%s-%lld", once, runs) : xstrdup(once);
	cJSON *body = wanted(v), *own = json_at(body, "labels");
	cJSON *all = kind_labels_over(v, json_at(seen->found, "labels"));
	if (is_run_once(v))
		json_put_str(all, "execution", json_str(own, "execution", ""));
	if (json_at(own, "release"))
		json_put_str(all, "release", json_str(own, "release", ""));
	json_put(body, "labels", all);
	if (is_run_once(v))
		json_put_str(body, "runExecutionToken", name);
	call_set(out, DIALECT_RUN, "PATCH", body, BASE "/%s?allowMissing=true", v->project, region(v), v->name);
	free(name);
	free(once);
}

/* Other labels alone are no reason to run it again. */
static bool only_labels(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		if (!text_starts(change->differences[i].path, "labels.") ||
		    !strcmp(change->differences[i].path, "labels.execution") ||
		    !strcmp(change->differences[i].path, "labels.release"))
			return false;
	return change->count > 0;
}

static void run_job_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	kind_run_job_create(v, seen, out);
	if (only_labels(change) && seen->presence == PRESENT_YES)
		json_drop(out->body, "runExecutionToken");
}

static void run_job_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_RUN, "DELETE", NULL, BASE "/%s", v->project, region(v), v->name);
}

/* What the execution wrote itself: Google says of it no more than that it ended. */
static void run_job_ask_why(const struct view *v, const cJSON *notes, int turn, struct call *out)
{
	(void)notes;
	if (turn)
		return;
	char *filter = xasprintf("resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"%s\"", v->name);
	cloud_log_ask(v->project, filter, out);
	free(filter);
}

const struct kind kind_run_job = {
    .id = "run.job",
    .title = N_("Cloud Run job"),
    .api = "run.googleapis.com",
    .keyed = true,
    .part = PART_SERVER,
    .console_page = "run/jobs/details/{region}/{name}/executions",
    .log = "resource.type=\"cloud_run_job\" resource.labels.job_name=\"{name}\"",
    .permissions = {.read = "run.jobs.get",
		    .list = "run.jobs.list",
		    .create = "run.jobs.create run.jobs.update run.jobs.run run.operations.get iam.serviceAccounts.actAs",
		    .update = "run.jobs.update run.jobs.run run.operations.get iam.serviceAccounts.actAs",
		    .destroy = "run.jobs.delete run.operations.get"},
    .usual = 40,
    .slow = 120,
    .deadline = 1800,
    .labelled = true,
    .observe = run_job_observe,
    .list = run_job_list,
    .items = "jobs",
    .decode = run_job_decode,
    .compare = run_job_compare,
    .create = kind_run_job_create,
    .update = run_job_update,
    .destroy = run_job_destroy,
    .ask_why = run_job_ask_why,
    .told_why = cloud_log_told,
    .tells_release = true,
    .passing = run_passing,
    .terraform = {.type = "google_cloud_run_v2_job",
		  .place = "location",
		  .import = "projects/{project}/locations/{region}/jobs/{name}",
		  .moves = (const char *const[]){"labels.execution", "", "runExecutionToken", "", NULL},
		  .ignores = TERRAFORM_LABELS ", run_execution_token",
		  .comment = "mlflow-setup runs it once for each image; Terraform only defines it."},
};
