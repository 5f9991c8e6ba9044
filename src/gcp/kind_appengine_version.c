/* A version of a flexible service, made for what is in it: another content is another version. spec: {"service","body":{...}} in the words of Version,
 * without id. It stands when instances of it run: what an earlier run left broken or stopped is deployed again, under the same id. Outputs: id. */
#include "config.h"
#include "gcp/appengine_shared.h"
#include "gcp/cloud_log.h"
#include "gcp/kinds.h"
#include "gcp/prices.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void appengine_version_observe(const struct view *v, struct call *out)
{
	char id[APPENGINE_VERSION];
	appengine_version_id(v->stack, json_at(v->spec, "body"), id);
	call_set(out, DIALECT_NONE, "GET", NULL, APPENGINE_VERSIONS "/%s/instances", v->project, appengine_service(v), id);
}

static bool runs(const cJSON *found)
{
	const cJSON *i;
	cJSON_ArrayForEach(i, json_at(found, "instances"))
		if (!strcmp(json_str(i, "vmStatus", "RUNNING"), "RUNNING") &&
		    strcmp(json_str(i, "vmLiveness", ""), "UNHEALTHY") != 0)
			return true;
	return false;
}

static void appengine_version_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	char id[APPENGINE_VERSION];
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_YES && !runs(out->found)) {
		cJSON_Delete(out->found);
		cJSON_Delete(out->outputs);
		*out = (struct observation){.presence = PRESENT_NO};
	}
	if (out->presence != PRESENT_YES)
		return;
	appengine_version_id(v->stack, json_at(v->spec, "body"), id);
	json_put_str(out->outputs, "id", id);
}

static void appengine_version_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v;
	(void)seen;
	out->verdict = VERDICT_KEEP;
}

/* The version's own log, which says why its server did not start. */
static void appengine_version_ask_why(const struct view *v, const cJSON *notes, int turn, struct call *out)
{
	char id[APPENGINE_VERSION];
	(void)notes;
	if (turn)
		return;
	appengine_version_id(v->stack, json_at(v->spec, "body"), id);
	char *filter = xasprintf("resource.type=\"gae_app\" AND resource.labels.module_id=\"%s\" AND "
				 "resource.labels.version_id=\"%s\"",
				 appengine_service(v), id);
	cloud_log_ask(v->project, filter, out);
	free(filter);
}

/* A core costs 0.0526 dollars an hour, a GB of memory 0.0071, a GB of disk 0.04 a month. */
static double appengine_version_monthly(const cJSON *spec, const char *region)
{
	double hourly = json_num(spec, "body.resources.cpu", 1) * 0.0526 +
			json_num(spec, "body.resources.memoryGb", 1) * 0.0071;
	double each = hourly * 730 + json_num(spec, "body.resources.diskGb", 10) * 0.04;
	return json_num(spec, "body.manualScaling.instances", 1) * each * price_factor(PRICED_MACHINE, region);
}

/* What App Engine says of a start that failed, and of machines that it does not get. */
static const char *appengine_version_cure(const char *message)
{
	if (strstr(message, "Application startup error") || strstr(message, "become healthy"))
		return N_("The version's own log tells why the server did not start: it is behind the link.");
	if (strstr(message, "ZONE_RESOURCE_POOL_EXHAUSTED") || strstr(message, "does not have enough resources"))
		return N_("The region has no machine of this size left for App Engine: ask for fewer CPUs in server.cpu, or "
			  "run apply again "
			  "later.");
	if (strstr(message, "Quota"))
		return N_("Ask for more in the console under IAM and admin, Quotas, or for fewer CPUs in server.cpu; then run "
			  "apply again.");
	return NULL;
}

/* Its machines are Compute Engine's, and count against the project's quotas as any. */
static int version_machines(const cJSON *spec)
{
	return (int)json_num(spec, "body.manualScaling.instances", 1);
}

static int version_cpus(const cJSON *spec)
{
	return version_machines(spec) * (int)json_num(spec, "body.resources.cpu", 1);
}

static int version_disks(const cJSON *spec)
{
	return version_machines(spec) * (int)json_num(spec, "body.resources.diskGb", 10);
}

/* Without a network that says otherwise each has an external address. */
static int version_addresses(const cJSON *spec)
{
	return strcmp(json_str(spec, "body.network.instanceIpMode", ""), "INTERNAL") != 0 ? version_machines(spec) : 0;
}

static const struct kind_quota version_quotas[] = {
    {.metric = "INSTANCES", .regional = true, .amount = version_machines},
    {.metric = "CPUS", .regional = true, .amount = version_cpus},
    {.metric = "CPUS_ALL_REGIONS", .amount = version_cpus},
    {.metric = "DISKS_TOTAL_GB", .regional = true, .amount = version_disks},
    {.metric = "IN_USE_ADDRESSES", .regional = true, .amount = version_addresses},
    {.metric = NULL},
};

const struct kind kind_appengine_version = {
    .id = "appengine.version",
    .title = N_("App Engine version"),
    .api = "appengineflex.googleapis.com",
    .part = PART_SERVER,
    .console_page = "appengine/versions?serviceId={service}",
    .log = "resource.type=\"gae_app\" resource.labels.module_id=\"{service}\"",
    .requests = "resource.type=\"gae_app\" resource.labels.module_id=\"{service}\"",
    .permissions = {.read = "appengine.instances.list",
		    .create = "appengine.versions.create appengine.operations.get iam.serviceAccounts.actAs"},
    .usual = 480,
    .slow = 900,
    .deadline = 3600,
    .cure = appengine_version_cure,
    .billable = true,
    .monthly = appengine_version_monthly,
    .quotas = version_quotas,
    .lock = appengine_lock,
    .observe = appengine_version_observe,
    .decode = appengine_version_decode,
    .compare = appengine_version_compare,
    .create = appengine_create,
    .ask_why = appengine_version_ask_why,
    .told_why = cloud_log_told,
    .terraform = {.none = "It is deployed anew, under a name made of its content, whenever that changes, and gets the traffic "
			  "then: mlflow-setup apply does it."},
};
