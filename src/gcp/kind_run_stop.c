/* That no instance of a Cloud Run service runs before the service has this image: nobody writes while what it writes to is changed. Its scaling is set to
 * no instance by hand, for which no revision is made; the service's next change sets it back. Revisions that are reached by a tag alone are not stopped by
 * that. spec: {"region","service","container","image","scaling": that of the service when it runs}. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/run_state.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

#define BASE "https://run.googleapis.com/v2/projects/%s/locations/%s/services/%s"

static void on_service(const struct view *v, const char *method, cJSON *body, const char *query, struct call *out)
{
	call_set(out, *method == 'G' ? DIALECT_NONE : DIALECT_RUN, method, body, BASE, v->project,
		 json_str(v->spec, "region", ""), json_str(v->spec, "service", ""));
	call_tail(out, query);
}

static void run_stop_observe(const struct view *v, struct call *out)
{
	on_service(v, "GET", NULL, "", out);
}

/* A service that is not there does not run; one whose newest revision failed may, with an older one. */
static void run_stop_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "labels", out);
	if (out->presence == PRESENT_YES)
		run_read_state(out);
	if (out->presence == PRESENT_NO || out->presence == PRESENT_FAILED)
		out->presence = PRESENT_YES;
}

static bool stopped(const cJSON *service)
{
	return !strcmp(json_str(service, "scaling.scalingMode", ""), "MANUAL") &&
	       json_num(service, "scaling.manualInstanceCount", 0) == 0;
}

static bool has_image(const struct view *v, const cJSON *service)
{
	const cJSON *c, *image = json_at(v->spec, "image");
	cJSON_ArrayForEach(c, json_at(service, "template.containers"))
		if (!strcmp(json_str(c, "name", ""), json_str(v->spec, "container", "")))
			return cJSON_IsString(image) && !strcmp(json_str(c, "image", ""), image->valuestring);
	return false;
}

static void run_stop_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	if (!seen->found || stopped(seen->found) || has_image(v, seen->found)) {
		out->verdict = VERDICT_KEEP;
		return;
	}
	cJSON *none = cJSON_CreateNumber(0);
	change_add(out, "scaling.manualInstanceCount", json_at(seen->found, "scaling.manualInstanceCount"), none);
	out->verdict = VERDICT_UPDATE;
	cJSON_Delete(none);
}

static const char *run_stop_downtime(const cJSON *spec, const struct change *c)
{
	(void)spec, (void)c;
	return N_("The server does not answer from here on until the new one has started: three to ten minutes.");
}

static void run_stop_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	(void)seen, (void)change;
	on_service(v, "PATCH", json_make("{'scaling':{'scalingMode':'MANUAL','manualInstanceCount':0}}"), "?updateMask=scaling",
		   out);
}

static void run_stop_create(const struct view *v, const struct observation *seen, struct call *out)
{
	run_stop_update(v, seen, NULL, out);
}

static void run_stop_back(const struct view *v, const struct observation *seen, struct call *out)
{
	if (!seen->found || !stopped(seen->found))
		return;
	cJSON *scaling = kind_copy(v, "scaling");
	json_put_str(scaling, "scalingMode", "AUTOMATIC");
	on_service(v, "PATCH", json_make("{'scaling':%j}", scaling), "?updateMask=scaling", out);
}

static char *run_stop_restart(const struct view *v, const struct observation *seen)
{
	if (seen && (!seen->found || !stopped(seen->found)))
		return NULL;
	struct buf b = {0};
	buf_puts(&b, "gcloud beta run services update "); /* whose --scaling every release has */
	escape_word(json_str(v->spec, "service", ""), &b);
	buf_puts(&b, " --scaling=auto --region=");
	escape_word(json_str(v->spec, "region", ""), &b);
	buf_puts(&b, " --project=");
	escape_word(v->project, &b);
	return buf_take(&b);
}

const struct kind kind_run_stop = {
    .id = "run.serviceStop",
    .title = N_("Stop of the Cloud Run service"),
    .part = PART_SERVER,
    .console_page = "run/detail/{region}/{service}/revisions",
    .api = "run.googleapis.com",
    .permissions = {.read = "run.services.get",
		    .create = "run.services.update run.operations.get iam.serviceAccounts.actAs",
		    .update = "run.services.update run.operations.get iam.serviceAccounts.actAs"},
    .usual = 10,
    .slow = 30,
    .deadline = 900,
    .foresees = true,
    .observe = run_stop_observe,
    .decode = run_stop_decode,
    .compare = run_stop_compare,
    .downtime = run_stop_downtime,
    .create = run_stop_create,
    .update = run_stop_update,
    .back = run_stop_back,
    .restart = run_stop_restart,
    .terraform = {.none = "A server is stopped for an upgrade only."},
};
