/* logging.googleapis.com v2: what is made of log entries: log-based metrics, sinks, and the buckets that the entries are kept
 * in. Each project has the sinks and buckets _Default and _Required. Metrics count nothing here, and sinks carry nothing away.
 */
#include "config.h"
#include "sim/api/filter.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define METRICS "logging.metrics"
#define SINKS "logging.sinks"
#define BUCKETS "logging.buckets"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

static bool filter_ok(struct sim_call *c, const char *filter)
{
	bool bad;
	cJSON *nothing = cJSON_CreateObject();
	filter_fits(filter, nothing, &bad);
	cJSON_Delete(nothing);
	if (bad)
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Unparseable filter: syntax error at line 1, column 1, token '%s'",
			 filter);
	return !bad;
}

/* Times of an object that is new, or was changed. */
static void stamp(struct sim *s, cJSON *doc)
{
	char *now = sim_time(s, 9);
	if (!json_at(doc, "createTime"))
		json_put_str(doc, "createTime", now);
	json_put_str(doc, "updateTime", now);
	free(now);
}

/* In the place of an object's document, or a new one; answers. */
static void keep(struct sim_call *c, const char *collection, const char *key, cJSON *doc)
{
	struct sim_object *o = sim_get(c->sim, collection, key);
	stamp(c->sim, doc);
	if (!o) {
		sim_put(c->sim, collection, key, doc);
	} else {
		cJSON_Delete(o->doc);
		o->doc = doc;
	}
	sim_ok(c, cJSON_Duplicate(doc, true));
}

static void logging_config_drop(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	sim_remove(c->sim, o);
	sim_empty(c);
}

/* Metrics. ------------------------------------------------------------------------------------------------------------------ */
static bool metric_ok(struct sim_call *c, const cJSON *doc, const char *name)
{
	size_t n = strlen(name);
	const char *kind = json_str(doc, "metricDescriptor.metricKind", "DELTA"),
		   *type = json_str(doc, "metricDescriptor.valueType", "INT64");
	bool spread = !strcmp(type, "DISTRIBUTION");
	const cJSON *label;
	if (!n || n > 100 || strspn(name, LETTERS "_-.,+!*',()%/") != n || *name == '/')
		return refuse(c, "Metric name contains illegal characters or is too long.");
	if (!*json_str(doc, "filter", ""))
		return refuse(c, "The metric must have a filter.");
	if (strcmp(kind, "DELTA") || (strcmp(type, "INT64") && !spread))
		return refuse(c, "Log-based metrics must have metric kind DELTA and value type INT64 or DISTRIBUTION.");
	if (spread != (*json_str(doc, "valueExtractor", "") != 0))
		return refuse(c, spread ? "A value extractor is required for distribution metrics."
					: "A value extractor is allowed for distribution metrics only.");
	cJSON_ArrayForEach(label, json_at(doc, "metricDescriptor.labels"))
		if (!json_at(doc, sim_tmp("labelExtractors.%s", json_str(label, "key", ""))))
			return refuse(c, "Every label of the metric descriptor must have a label extractor.");
	return filter_ok(c, json_str(doc, "filter", ""));
}

static void metric_complete(struct sim_call *c, cJSON *doc, const char *name)
{
	const char *type = sim_tmp("logging.googleapis.com/user/%s", name);
	json_put_str(doc, "name", name);
	json_put_str(doc, "version", "V2");
	json_put_str(doc, "metricDescriptor.name", sim_tmp("projects/%s/metricDescriptors/%s", c->project, type));
	json_put_str(doc, "metricDescriptor.type", type);
	json_put_str(doc, "metricDescriptor.metricKind", "DELTA");
	if (!json_at(doc, "metricDescriptor.valueType"))
		json_put_str(doc, "metricDescriptor.valueType", "INT64");
	if (!json_at(doc, "metricDescriptor.unit"))
		json_put_str(doc, "metricDescriptor.unit", "1");
	if (*json_str(doc, "description", ""))
		json_put_str(doc, "metricDescriptor.description", json_str(doc, "description", ""));
}

static void metric_write(struct sim_call *c, const char *name, const char *key)
{
	struct sim_object *old = sim_get(c->sim, METRICS, key);
	if (!metric_ok(c, c->body, name))
		return;
	cJSON *doc = sim_take_body(c);
	if (old)
		json_put_str(doc, "createTime", json_str(old->doc, "createTime", ""));
	metric_complete(c, doc, name);
	keep(c, METRICS, key, doc);
}

static void metric_create(struct sim_call *c)
{
	const char *name = sim_tmp("%s", json_str(c->body, "name", "")),
		   *key = sim_tmp("projects/%s/metrics/%s", c->project, name);
	if (sim_get(c->sim, METRICS, key))
		sim_fail(c, "ALREADY_EXISTS", NULL, "Metric %s already exists", name);
	else
		metric_write(c, name, key);
}

/* Makes it where there is none. */
static void metric_update(struct sim_call *c)
{
	const char *key = resource_text(c, c->api->resources[0].key), *name = strstr(key, "/metrics/") + strlen("/metrics/");
	if (strcmp(json_str(c->body, "name", ""), name))
		refuse(c, "The name of the metric must be the same as in the path.");
	else
		metric_write(c, name, key);
}

/* What each project has. ---------------------------------------------------------------------------------------------------- */
static void born(struct sim_call *c)
{
	static const char *const names[] = {"_Default", "_Required"};
	static const char audit[] =
	    "LOG_ID(\"cloudaudit.googleapis.com/activity\") OR LOG_ID(\"externalaudit.googleapis.com/activity\") OR "
	    "LOG_ID(\"cloudaudit.googleapis.com/system_event\") OR LOG_ID(\"externalaudit.googleapis.com/system_event\") OR "
	    "LOG_ID(\"cloudaudit.googleapis.com/access_transparency\") OR "
	    "LOG_ID(\"externalaudit.googleapis.com/access_transparency\")";
	for (int i = 0; i < 2; i++) {
		const char *bucket = sim_tmp("projects/%s/locations/global/buckets/%s", c->project, names[i]),
			   *sink = sim_tmp("projects/%s/sinks/%s", c->project, names[i]);
		if (sim_get(c->sim, BUCKETS, bucket) || sim_get(c->sim, "logging.born", bucket))
			continue;
		sim_put(c->sim, "logging.born", bucket, cJSON_CreateObject());
		cJSON *doc = json_make("{'name':%s,'retentionDays':%d,'lifecycleState':'ACTIVE','description':%s}", bucket,
				       i ? 400 : 30, i ? "Audit bucket" : "Default bucket");
		if (i)
			json_put_bool(doc, "locked", true);
		sim_put(c->sim, BUCKETS, bucket, doc);
		sim_put(c->sim, SINKS, sink,
			json_make("{'name':%s,'resourceName':%s,'destination':%s,'filter':%s}", names[i], sink,
				  sim_tmp("logging.googleapis.com/%s", bucket), i ? audit : sim_tmp("NOT (%s)", audit)));
	}
}

static void logging_config_list(struct sim_call *c)
{
	born(c);
	resource_list(c);
}

static void logging_config_get(struct sim_call *c)
{
	born(c);
	resource_get(c);
}

/* Sinks. -------------------------------------------------------------------------------------------------------------------- */
static bool sink_ok(struct sim_call *c, const cJSON *doc)
{
	static const char *const places[] = {"storage.googleapis.com/", "bigquery.googleapis.com/projects/",
					     "pubsub.googleapis.com/projects/", "logging.googleapis.com/projects/"};
	const char *to = json_str(doc, "destination", "");
	bool good = false;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		good = good || text_starts(to, places[i]);
	return good ? filter_ok(c, json_str(doc, "filter", "")) : refuse(c, "The sink destination is not valid.");
}

static void sink_complete(struct sim_call *c, cJSON *doc, const char *key)
{
	json_put_str(doc, "name", strrchr(key, '/') + 1);
	json_put_str(doc, "resourceName", key);
	if (text_starts(json_str(doc, "destination", ""), sim_tmp("logging.googleapis.com/projects/%s/", c->project)))
		json_drop(doc, "writerIdentity"); /* the project's own buckets need no grant */
	else
		json_put_str(doc, "writerIdentity",
			     sim_tmp("serviceAccount:service-%s@gcp-sa-logging.iam.gserviceaccount.com",
				     sim_project_number(c->sim, c->project)));
}

static void sink_create(struct sim_call *c)
{
	const char *name = json_str(c->body, "name", "");
	size_t n = strlen(name);
	if (!n || n > 100 || strspn(name, LETTERS "_-.") != n) {
		refuse(c, "Sink names are limited to 100 characters and can include only letters, digits, underscores, "
			  "hyphens, and periods.");
		return;
	}
	const char *key = sim_tmp("projects/%s/sinks/%s", c->project, name);
	born(c);
	if (sim_get(c->sim, SINKS, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Sink %s already exists", name);
		return;
	}
	if (!sink_ok(c, c->body))
		return;
	cJSON *doc = sim_take_body(c);
	sink_complete(c, doc, key);
	keep(c, SINKS, key, doc);
}

static void sink_change(struct sim_call *c)
{
	born(c);
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	if (text_ends(o->key, "/_Required")) {
		sim_fail(c, "PERMISSION_DENIED", NULL, "The _Required sink cannot be modified.");
		return;
	}
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	sim_merge(doc, c->body, sim_param(c, "updateMask"));
	if (sink_ok(c, doc)) {
		sink_complete(c, doc, o->key);
		keep(c, SINKS, o->key, doc);
	} else {
		cJSON_Delete(doc);
	}
}

static void sink_delete(struct sim_call *c)
{
	born(c);
	struct sim_object *o = resource_named(c);
	if (o && text_ends(o->key, "/_Required"))
		sim_fail(c, "PERMISSION_DENIED", NULL, "The _Required sink cannot be deleted.");
	else if (o)
		logging_config_drop(c);
}

/* Buckets. ------------------------------------------------------------------------------------------------------------------ */
static void bucket_create(struct sim_call *c)
{
	const char *where = sim_part(c, 4), *id = sim_param(c, "bucketId"),
		   *key = sim_tmp("projects/%s/locations/%s/buckets/%s", c->project, where, id);
	double days = json_num(c->body, "retentionDays", 30);
	size_t n = strlen(id);
	born(c);
	if (!sim_is_region(where) && strcmp(where, "global") && strcmp(where, "us") && strcmp(where, "eu")) {
		refuse(c, "The location is not valid.");
		return;
	}
	if (!n || n > 100 || strspn(id, LETTERS "_-.") != n || !isalnum((unsigned char)*id)) {
		refuse(c, "The bucket ID is not valid.");
		return;
	}
	if (days < 1 || days > 3650) {
		refuse(c, "Bucket retention must be between 1 and 3650 days.");
		return;
	}
	if (sim_get(c->sim, BUCKETS, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Bucket `%s` already exists", key);
		return;
	}
	cJSON *doc = sim_take_body(c);
	json_put_str(doc, "name", key);
	json_put_num(doc, "retentionDays", days);
	json_put_str(doc, "lifecycleState", "ACTIVE");
	keep(c, BUCKETS, key, doc);
}

static void bucket_patch(struct sim_call *c)
{
	born(c);
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	sim_merge(doc, c->body, sim_param(c, "updateMask"));
	double days = json_num(doc, "retentionDays", 30);
	if (json_bool(o->doc, "locked", false)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Bucket `%s` is locked and cannot be modified.", o->key);
		cJSON_Delete(doc);
	} else if (days < 1 || days > 3650) {
		refuse(c, "Bucket retention must be between 1 and 3650 days.");
		cJSON_Delete(doc);
	} else {
		keep(c, BUCKETS, o->key, doc);
	}
}

static void bucket_delete(struct sim_call *c)
{
	born(c);
	struct sim_object *o = resource_named(c);
	if (!o)
		return;
	if (strrchr(o->key, '/')[1] == '_') {
		refuse(c, "The _Default and _Required buckets cannot be deleted.");
		return;
	}
	json_put_str(o->doc, "lifecycleState", "DELETE_REQUESTED");
	sim_empty(c);
}

#define P "logging.projects."
static const struct sim_resource resources[] = {
    {.methods = P "metrics",
     .collection = METRICS,
     .key = "projects/{project}/metrics/{metrics}",
     .missing = "Metric {metrics} does not exist",
     .field = "metrics"},
    {.methods = P "sinks",
     .collection = SINKS,
     .key = "projects/{project}/sinks/{sinks}",
     .missing = "Sink {sinks} does not exist",
     .field = "sinks"},
    {.methods = P "locations.buckets",
     .collection = BUCKETS,
     .key = "projects/{project}/locations/{locations}/buckets/{buckets}",
     .missing = "Bucket `projects/{project}/locations/{locations}/buckets/{buckets}` does not exist",
     .field = "buckets"},
    {.methods = NULL},
};

static const struct sim_route routes[] = {
    {P "metrics.create", metric_create, "logging.logMetrics.create", NULL},
    {P "metrics.get", resource_get, "logging.logMetrics.get", NULL},
    {P "metrics.list", resource_list, "logging.logMetrics.list", NULL},
    {P "metrics.update", metric_update, "logging.logMetrics.update", NULL},
    {P "metrics.delete", logging_config_drop, "logging.logMetrics.delete", NULL},
    {P "sinks.create", sink_create, "logging.sinks.create", NULL},
    {P "sinks.get", logging_config_get, "logging.sinks.get", NULL},
    {P "sinks.list", logging_config_list, "logging.sinks.list", NULL},
    {P "sinks.update", sink_change, "logging.sinks.update", NULL},
    {P "sinks.patch", sink_change, "logging.sinks.update", NULL},
    {P "sinks.delete", sink_delete, "logging.sinks.delete", NULL},
    {P "locations.buckets.create", bucket_create, "logging.buckets.create", NULL},
    {P "locations.buckets.get", logging_config_get, "logging.buckets.get", NULL},
    {P "locations.buckets.list", logging_config_list, "logging.buckets.list", NULL},
    {P "locations.buckets.patch", bucket_patch, "logging.buckets.update", NULL},
    {P "locations.buckets.delete", bucket_delete, "logging.buckets.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_logging_config = {
    .name = "logging", .service = "logging.googleapis.com", .errors = SIM_ERRORS_AIP, .routes = routes, .resources = resources};
