/* A Cloud Run service. spec: {"region","body":{...} in the words of Service, whole: PATCH without a mask replaces everything}. Outputs: url (the one
 * with the project's number when it is there), urls, used (names of the latest revisions, and of those that have traffic or a tag). */
#include "config.h"
#include "gcp/cloud_log.h"
#include "gcp/kinds.h"
#include "gcp/run_state.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://run.googleapis.com/v2/projects/%s/locations/%s/services"

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void run_service_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, region(v), v->name);
}

/* The URL by number is known before the service is; the other one carries a hash. */
static void read_urls(const struct view *v, struct observation *out)
{
	const char *url = json_str(out->found, "uri", "");
	const cJSON *u;
	cJSON_ArrayForEach(u, json_at(out->found, "urls"))
		if (v->number && cJSON_IsString(u) && strstr(u->valuestring, v->number))
			url = u->valuestring;
	json_put_str(out->outputs, "url", url);
	const cJSON *urls = json_at(out->found, "urls");
	json_put(out->outputs, "urls", urls ? cJSON_Duplicate(urls, 1) : cJSON_CreateArray());
}

/* Names of the revisions that have traffic or a tag, or may get it. */
static void read_used(struct observation *out)
{
	static const char *const lists[] = {"traffic", "trafficStatuses"}, *const latest[] = {"latestReadyRevision",
											      "latestCreatedRevision"};
	cJSON *used = cJSON_CreateArray();
	const cJSON *t;
	for (size_t i = 0; i < 2; i++) {
		cJSON_AddItemToArray(used, cJSON_CreateString(json_str(out->found, latest[i], "")));
		cJSON_ArrayForEach(t, json_at(out->found, lists[i]))
			cJSON_AddItemToArray(used, cJSON_CreateString(json_str(t, "revision", "")));
	}
	json_put(out->outputs, "used", used);
}

static bool run_service_renewed_by(const struct change *c)
{
	return kind_changes(c, "template");
}

static void run_service_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?pageSize=500", v->project, json_str(v->spec, "region", ""));
}

static void run_service_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	kind_decode_labels(v, http, reply, "labels", out);
	if (out->presence != PRESENT_YES)
		return;
	read_urls(v, out);
	read_used(out);
	run_read_state(out);
}

/* Tags that somebody gave to revisions stay, as long as they have no traffic. */
static void keep_tags(cJSON *traffic, const cJSON *found)
{
	const cJSON *t;
	cJSON_ArrayForEach(t, json_at(found, "traffic"))
		if (*json_str(t, "tag", "") && json_num(t, "percent", 0) == 0)
			cJSON_AddItemToArray(traffic, cJSON_Duplicate(t, 1));
}

static cJSON *wanted(const struct view *v, const struct observation *seen)
{
	cJSON *w = kind_copy(v, "body");
	json_put(w, "labels", kind_labels_over(v, json_at(seen->found, "labels")));
	/* Stopped by hand, or by an upgrade (kind_run_stop.c). */
	if (!strcmp(json_str(seen->found, "scaling.scalingMode", ""), "MANUAL"))
		json_put_str(w, "scaling.scalingMode", "AUTOMATIC");
	if (json_at(w, "traffic"))
		keep_tags(json_at(w, "traffic"), seen->found);
	return w;
}

/* A failed first create leaves the service: it is mended by an update, never made again. */
static void run_service_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v, seen);
	run_compare(w, seen, "template.containers", out);
	kind_compare_shed(v, seen->found, "labels", out);
	cJSON_Delete(w);
}

/* After a failure the same text would make no new revision unless it is forced. */
static void kind_run_service_create(const struct view *v, const struct observation *seen, struct call *out)
{
	call_set(out, DIALECT_RUN, "PATCH", wanted(v, seen), BASE "/%s?allowMissing=true", v->project, region(v), v->name);
	if (seen->presence == PRESENT_FAILED)
		call_tail(out, "&forceNewRevision=true");
}

static void run_service_update(const struct view *v, const struct observation *seen, const struct change *change,
			       struct call *out)
{
	(void)change;
	kind_run_service_create(v, seen, out);
}

static void run_service_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_RUN, "DELETE", NULL, BASE "/%s", v->project, region(v), v->name);
}

/* A limit such as "2Gi" in GiB, "2" as it is. */
static double amount(const char *text)
{
	char *unit;
	double value = strtod(text, &unit);
	return !strcmp(unit, "Mi") ? value / 1024 : value;
}

static enum price_group run_service_prices(const cJSON *spec)
{
	(void)spec;
	return PRICES_RUN;
}

/* Request-based billing: instances that are kept cost what idle CPU and memory cost, a second; what requests cost comes on top. With CPU between
 * requests CPU and memory cost more, and requests nothing more. */
static double run_service_monthly(const cJSON *spec, const char *region)
{
	double second = 0;
	const cJSON *c;
	cJSON_ArrayForEach(c, json_at(spec, "body.template.containers")) {
		bool idle = json_bool(c, "resources.cpuIdle", false);
		second += amount(json_str(c, "resources.limits.cpu", "1")) *
			      price_usd(PRICES_RUN, idle ? PRICE_IDLE_CPU : PRICE_CPU, region) +
			  amount(json_str(c, "resources.limits.memory", "0Gi")) *
			      price_usd(PRICES_RUN, idle ? PRICE_IDLE_MEMORY : PRICE_MEMORY, region);
	}
	return json_num(spec, "body.scaling.minInstanceCount", 0) * second * 3600 * 730;
}

/* What the revision wrote itself. */
static void run_service_ask_why(const struct view *v, const cJSON *notes, int turn, struct call *out)
{
	(void)notes;
	if (turn)
		return;
	char *filter = xasprintf("resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"%s\"", v->name);
	cloud_log_ask(v->project, filter, out);
	free(filter);
}

/* What is at this path of the spec, in the policies' words: those that the API has otherwise. */
static char *run_service_word(const struct view *v, const char *path)
{
	static const char *const words[][2] = {
	    {"INGRESS_TRAFFIC_ALL", "all"},
	    {"INGRESS_TRAFFIC_INTERNAL_ONLY", "internal"},
	    {"INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER", "internal-and-cloud-load-balancing"},
	    {"ALL_TRAFFIC", "all-traffic"},
	    {"PRIVATE_RANGES_ONLY", "private-ranges-only"},
	};
	const char *value = json_str(v->spec, path, "");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i][0], value))
			return xstrdup(words[i][1]);
	return xstrdup(value);
}

static char *run_service_ingress(const struct view *v)
{
	return run_service_word(v, "body.ingress");
}

static char *run_service_egress(const struct view *v)
{
	return run_service_word(v, "body.template.vpcAccess.egress");
}

static const struct kind_constraint run_service_constraints[] = {
    {.name = "run.allowedIngress",
     .words = N_("this exposure of a Cloud Run service"),
     .path = "body.ingress",
     .value_of = run_service_ingress},
    {.name = "run.allowedVPCEgress",
     .words = N_("this way of a Cloud Run service into the network"),
     .path = "body.template.vpcAccess.egress",
     .value_of = run_service_egress},
    {.name = "run.managed.requireInvokerIam",
     .words = N_("a Cloud Run service without the invoker check"),
     .path = "body.invokerIamDisabled",
     .is = "true"},
    {.name = NULL},
};

const struct kind kind_run_service = {
    .id = "run.service",
    .title = N_("Cloud Run service"),
    .api = "run.googleapis.com",
    .keyed = true,
    .part = PART_SERVER,
    .console_page = "run/detail/{region}/{name}/revisions",
    .log = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"{name}\"",
    .requests = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"{name}\"",
    .permissions =
	{.read = "run.services.get",
	 .list = "run.services.list",
	 .create =
	     "run.services.create run.services.update run.services.setIamPolicy run.operations.get iam.serviceAccounts.actAs",
	 .update = "run.services.update run.services.setIamPolicy run.operations.get iam.serviceAccounts.actAs",
	 .destroy = "run.services.delete run.operations.get"},
    .usual = 20,
    .slow = 70,
    .deadline = 1800,
    .labelled = true,
    .billable = true,
    .monthly = run_service_monthly,
    .prices = run_service_prices,
    .constraints = run_service_constraints,
    .observe = run_service_observe,
    .list = run_service_list,
    .items = "services",
    .decode = run_service_decode,
    .compare = run_service_compare,
    .renews = true,
    .renewed_by = run_service_renewed_by,
    .create = kind_run_service_create,
    .update = run_service_update,
    .destroy = run_service_destroy,
    .ask_why = run_service_ask_why,
    .told_why = cloud_log_told,
    .passing = run_passing,
    .terraform = {.type = "google_cloud_run_v2_service",
		  .place = "location",
		  .import = "projects/{project}/locations/{region}/services/{name}",
		  .ignores = TERRAFORM_LABELS,
		  .outputs = (const char *const[]){"url", "@.uri", NULL}},
};
