/* logging.googleapis.com v2: what is made of log entries: log-based metrics, sinks, and the buckets that the entries are kept
 * in. Each project has the sinks and buckets _Default and _Required. Metrics count nothing here, and sinks carry nothing away.
 */
#include "config.h"
#include "sim/api/filter.h"
#include "sim/api/identity.h"
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
#define OPERATIONS "logging.operations"
#define BUCKET "projects/{project}/locations/{locations}/buckets/{buckets}"
#define BUCKET_ID "The bucket ID is not valid."
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

static bool metric_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *name = json_str(doc, "name", ""), *type = sim_tmp("logging.googleapis.com/user/%s", name);
	(void)old;
	if (!metric_ok(c, doc, name))
		return false;
	json_put_str(doc, "version", "V2");
	json_put_str(doc, "metricDescriptor.name", sim_tmp("projects/%s/metricDescriptors/%s", c->project, type));
	json_put_str(doc, "metricDescriptor.type", type);
	json_put_str(doc, "metricDescriptor.metricKind", "DELTA");
	if (*json_str(doc, "description", ""))
		json_put_str(doc, "metricDescriptor.description", json_str(doc, "description", ""));
	return true;
}

/* Makes it where there is none. */
static void metric_update(struct sim_call *c)
{
	const char *key = resource_text(c, resource_of(c)->key), *name = strstr(key, "/metrics/") + strlen("/metrics/");
	if (strcmp(json_str(c->body, "name", ""), name))
		refuse(c, "The name of the metric must be the same as in the path.");
	else if (sim_get(c->sim, METRICS, key))
		resource_patch(c);
	else
		resource_create(c);
}

/* What each project has. ---------------------------------------------------------------------------------------------------- */
static void logging_config_born(struct sim_call *c)
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

static bool sink_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	if (!sink_ok(c, doc))
		return false;
	json_put_str(doc, "resourceName", sim_tmp("projects/%s/sinks/%s", c->project, json_str(doc, "name", "")));
	if (text_starts(json_str(doc, "destination", ""), sim_tmp("logging.googleapis.com/projects/%s/", c->project)))
		json_drop(doc, "writerIdentity"); /* the project's own buckets need no grant */
	else {
		const char *agent = sim_tmp("service-%s@gcp-sa-logging.iam.gserviceaccount.com",
					    sim_project_number(c->sim, c->project));
		sim_agent_create(c->sim, agent);
		json_put_str(doc, "writerIdentity", sim_tmp("serviceAccount:%s", agent));
	}
	return true;
}

static bool sink_free(struct sim_call *c, const struct sim_object *o, const char *what)
{
	if (!text_ends(o->key, "/_Required"))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL, "The _Required sink cannot be %s.", what);
	return false;
}

static bool sink_changing(struct sim_call *c, const struct sim_object *o)
{
	return sink_free(c, o, "modified");
}

static bool sink_deleting(struct sim_call *c, struct sim_object *o)
{
	return sink_free(c, o, "deleted");
}

/* Buckets. ------------------------------------------------------------------------------------------------------------------ */
static bool bucket_placed(struct sim_call *c)
{
	const char *where = sim_part(c, 4);
	return sim_is_region(where) || !strcmp(where, "global") || !strcmp(where, "us") || !strcmp(where, "eu") ||
	       refuse(c, "The location is not valid.");
}

static bool days_ok(struct sim_call *c, const cJSON *doc)
{
	double days = json_num(doc, "retentionDays", 30);
	return (days >= 1 && days <= 3650) || refuse(c, "Bucket retention must be between 1 and 3650 days.");
}

static bool bucket_valid(struct sim_call *c, const char *id)
{
	return isalnum((unsigned char)*id) ? days_ok(c, c->body) : refuse(c, BUCKET_ID);
}

static bool bucket_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	return !old || days_ok(c, doc);
}

static bool bucket_changing(struct sim_call *c, const struct sim_object *o)
{
	if (!json_bool(o->doc, "locked", false))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "Bucket `%s` is locked and cannot be modified.", o->key);
	return false;
}

static void bucket_delete(struct sim_call *c)
{
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

static cJSON *bucket_operation(struct sim_call *c, const char *key, const char *verb)
{
	char id[37];
	sim_uuid(c->sim, id);
	cJSON *doc = json_make(
	    "{'name':%s,'metadata':{'@type':'type.googleapis.com/google.logging.v2.BucketMetadata','startTime':%s,"
	    "'state':'OPERATION_STATE_RUNNING'}}",
	    sim_tmp("%.*s/operations/%s", (int)(strstr(key, "/buckets/") - key), key, id), sim_stamp(c->sim, 9));
	json_put(doc, sim_tmp("metadata.%sBucketRequest", verb), cJSON_CreateObject());
	return doc;
}

#define P "logging.projects."
#define STAMPED .created = "createTime", .updated = "updateTime", .decimals = 9
static const struct sim_operations bucket_operations = {.collection = OPERATIONS, .begun = bucket_operation};
static const struct sim_resource resources[] = {
    {.methods = P "metrics",
     .collection = METRICS,
     .key = "projects/{project}/metrics/{metrics}",
     .missing = "Metric {metrics} does not exist",
     .field = "metrics",
     .id = "name",
     .deep = true,
     .taken = "Metric {metrics} already exists",
     .name = "{metrics}",
     .defaults = "{'metricDescriptor':{'valueType':'INT64','unit':'1'}}",
     .whole = true,
     .complete = metric_complete,
     STAMPED},
    {.methods = P "sinks",
     .collection = SINKS,
     .key = "projects/{project}/sinks/{sinks}",
     .missing = "Sink {sinks} does not exist",
     .field = "sinks",
     .born = logging_config_born,
     .id = "name",
     .ids = &(const struct sim_id_rule){NULL, LETTERS "_-.", 1, 100,
					"Sink names are limited to 100 characters and can include only letters, digits, "
					"underscores, hyphens, and periods."},
     .taken = "Sink {sinks} already exists",
     .name = "{sinks}",
     .complete = sink_complete,
     .changing = sink_changing,
     .deleting = sink_deleting,
     STAMPED},
    {.methods = P "locations.buckets",
     .collection = BUCKETS,
     .key = BUCKET,
     .missing = "Bucket `" BUCKET "` does not exist",
     .field = "buckets",
     .born = logging_config_born,
     .id = "bucketId",
     .placed = bucket_placed,
     .ids = &(const struct sim_id_rule){NULL, LETTERS "_-.", 1, 100, BUCKET_ID},
     .valid = bucket_valid,
     .taken = "Bucket `" BUCKET "` already exists",
     .defaults = "{'retentionDays':30,'lifecycleState':'ACTIVE'}",
     .complete = bucket_complete,
     .changing = bucket_changing,
     .operations = &bucket_operations,
     .only = "Async",
     .create = "logging.bucket.change",
     .change = "logging.bucket.change",
     .type = "type.googleapis.com/google.logging.v2.LogBucket",
     STAMPED},
    {.methods = P "locations.operations",
     .collection = OPERATIONS,
     .key = "projects/{project}/locations/{locations}/operations/{operations}",
     .field = "operations"},
    {.methods = NULL},
};

static const struct sim_route routes[] = {
    RESOURCE_READS(P "metrics", "logging.logMetrics"),
    {P "metrics.create", resource_create, "logging.logMetrics.create", NULL},
    {P "metrics.update", metric_update, "logging.logMetrics.update", NULL},
    {P "metrics.delete", resource_delete, "logging.logMetrics.delete", NULL},
    RESOURCE_ROUTES(P "sinks", "logging.sinks"),
    {P "sinks.update", resource_patch, "logging.sinks.update", NULL},
    RESOURCE_READS(P "locations.buckets", "logging.buckets"),
    {P "locations.buckets.create", resource_create, "logging.buckets.create", NULL},
    {P "locations.buckets.patch", resource_patch, "logging.buckets.update", NULL},
    {P "locations.buckets.createAsync", resource_create, "logging.buckets.create", NULL},
    {P "locations.buckets.updateAsync", resource_patch, "logging.buckets.update", NULL},
    RESOURCE_READS(P "locations.operations", "logging.operations"),
    {P "locations.buckets.delete", bucket_delete, "logging.buckets.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_logging_config = {.name = "logging",
					   .service = "logging.googleapis.com",
					   .errors = SIM_ERRORS_AIP,
					   .routes = routes,
					   .resources = resources,
					   .spoil = resource_spoil};
