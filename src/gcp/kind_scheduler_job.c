/* A job of Cloud Scheduler: an HTTP request by a schedule, in the name of a service account. It has no labels: its description says whose it is.
 * spec: {"region","body":{...} in the words of Job, without name and description}. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

#define BASE "https://cloudscheduler.googleapis.com/v1/projects/%s/locations/%s/jobs"

static const char *region_of(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void scheduler_job_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, region_of(v), v->name);
}

static void scheduler_job_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?pageSize=500", v->project, region_of(v));
}

static void scheduler_job_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_mark(v, http, reply, out);
}

static cJSON *wanted(const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	char *mark = kind_mark(v), *name = xasprintf("projects/%s/locations/%s/jobs/%s", v->project, region_of(v), v->name);
	json_put_str(w, "name", name);
	json_put_str(w, "description", mark);
	free(name);
	free(mark);
	return w;
}

static void scheduler_job_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	cJSON_Delete(w);
}

static void scheduler_job_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "POST", wanted(v), BASE, v->project, region_of(v));
}

static void scheduler_job_update(const struct view *v, const struct observation *seen, const struct change *change,
				 struct call *out)
{
	char *mask = kind_mask(change);
	(void)seen;
	call_set(out, DIALECT_NONE, "PATCH", wanted(v), BASE "/%s?updateMask=%s", v->project, region_of(v), v->name, mask);
	free(mask);
}

static void scheduler_job_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "DELETE", NULL, BASE "/%s", v->project, region_of(v), v->name);
}

/* A job is 0.10 a month, beyond three of the billing account. */
static double scheduler_job_monthly(const cJSON *spec, const char *region)
{
	(void)spec, (void)region;
	return 0.10;
}

const struct kind kind_scheduler_job = {
    .id = "cloudscheduler.job",
    .title = N_("Cloud Scheduler job"),
    .api = "cloudscheduler.googleapis.com",
    .part = PART_SERVER,
    .console_page = "cloudscheduler/jobs/edit/{region}/{name}",
    .log = "resource.type=\"cloud_scheduler_job\" resource.labels.job_id=\"{name}\"",
    .permissions = {.read = "cloudscheduler.jobs.get",
		    .list = "cloudscheduler.jobs.list",
		    .create = "cloudscheduler.jobs.create iam.serviceAccounts.actAs",
		    .update = "cloudscheduler.jobs.update iam.serviceAccounts.actAs",
		    .destroy = "cloudscheduler.jobs.delete"},
    .usual = 1,
    .slow = 5,
    .deadline = 300,
    .billable = true,
    .monthly = scheduler_job_monthly,
    .observe = scheduler_job_observe,
    .list = scheduler_job_list,
    .items = "jobs",
    .decode = scheduler_job_decode,
    .compare = scheduler_job_compare,
    .create = scheduler_job_create,
    .update = scheduler_job_update,
    .destroy = scheduler_job_destroy,
    .terraform = {.type = "google_cloud_scheduler_job",
		  .place = "region",
		  .import = "projects/{project}/locations/{region}/jobs/{name}",
		  .moves = (const char *const[]){"name", "", NULL}},
};
