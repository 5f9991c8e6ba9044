/* What is known of images, builds' logs, metrics of logs, checks and alerts: Container Analysis, Google's own log bucket, Cloud
 * Logging, Monitoring. */
#include "config.h"
#include "sim/api/artifactregistry.h"
#include "tests/sim/cloud.h"

#define REGISTRY "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories"
#define ANALYSIS "containeranalysis.googleapis.com/v1/projects/demo-proj/"
#define IMAGE "us-central1-docker.pkg.dev/demo-proj/images/app"
#define KIND(kind)                                                                                                             \
	"occurrences?filter=%28kind%20%3D%20%22" kind "%22%29%20AND%20has_prefix%28resourceUrl%2C%20%22https://" IMAGE "%22%"  \
	"29"

static void images(void)
{
	const char *digest;
	cJSON *facts = json_make("{'software':'python'}");
	char *url = xasprintf(
	    "artifactregistry.googleapis.com/v1/%s",
	    json_str(asks("POST", REGISTRY "?repositoryId=images", json_make("{'format':'DOCKER'}"), 200), "name", ""));
	finish(url);
	free(url);
	ok(!json_at(asks("GET", ANALYSIS "occurrences", NULL, 200), "occurrences"), "nothing is known of no image");
	ok(!image_push(cloud, "user:operator@example.com", IMAGE ":v1", facts, &digest), "an image is pushed");
	cJSON_Delete(facts);
	char *uri = xasprintf("https://" IMAGE "@%s", digest);
	cJSON *found = asks("GET", ANALYSIS "occurrences", NULL, 200);
	is_str(json_str(found, "occurrences.0.discovery.analysisStatus", ""), "FINISHED_SUCCESS",
	       "Container Analysis: it was scanned");
	is_str(json_str(found, "occurrences.0.resourceUri", ""), uri, "Container Analysis: which image");
	free(uri);
	url = xasprintf("containeranalysis.googleapis.com/v1/%s", json_str(found, "occurrences.0.name", ""));
	is_str(json_str(asks("GET", url, NULL, 200), "kind", ""), "DISCOVERY",
	       "Container Analysis: an occurrence is found by its name");
	free(url);
	ok(json_at(asks("GET", ANALYSIS KIND("DISCOVERY"), NULL, 200), "occurrences.0") != NULL,
	   "Container Analysis: by kind and image");
	ok(!json_at(asks("GET", ANALYSIS KIND("VULNERABILITY"), NULL, 200), "occurrences"),
	   "Container Analysis: without a finding");
	asks("GET", ANALYSIS "occurrences?filter=%28kind", NULL, 400);
	asks("GET", ANALYSIS "notes/none", NULL, 404);
	ok(!json_at(asks("GET", ANALYSIS "occurrences:vulnerabilitySummary", NULL, 200), "counts"),
	   "Container Analysis: nothing to count");
}

static void logs_of_builds(void)
{
	cJSON *op = asks("POST", "cloudbuild.googleapis.com/v1/projects/demo-proj/builds",
			 json_make("{'steps':[{'name':'ubuntu','args':['true']}]}"), 200);
	const char *bucket = "gs://123456789012.cloudbuild-logs.googleusercontent.com";
	is_str(json_str(op, "metadata.build.logsBucket", ""), bucket, "U22: a build's log is in Google's own bucket");
	char *url = xasprintf("storage.googleapis.com/storage/v1/b/%s/o/log-%s.txt", bucket + 5,
			      json_str(op, "metadata.build.id", ""));
	sim_advance(cloud, sim_now(cloud) + 3600);
	is_str(json_str(asks("GET", url, NULL, 200), "contentType", ""), "text/plain",
	       "U22: where the project's people find it");
	asks("DELETE", url, NULL, 403);
	ok(!json_at(asks("GET", "storage.googleapis.com/storage/v1/b?project=demo-proj", NULL, 200), "items"),
	   "U22: though it is none of the project's");
	free(url);
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj", json_make("{'name':'plain-bucket-7'}"), 200);
	is_str(
	    json_str(asks("GET", "storage.googleapis.com/storage/v1/b/plain-bucket-7/anywhereCaches", NULL, 200), "kind", ""),
	    "storage#anywhereCaches", "U22: a bucket has no caches");
}

#define MONITORING "monitoring.googleapis.com/v3/"
#define LOGGING "logging.googleapis.com/v2/projects/demo-proj/"

static char *named(const cJSON *doc, const char *base)
{
	return xasprintf("%s%s", base, json_str(doc, "name", ""));
}

static void alerts(void)
{
	asks("POST", MONITORING "projects/demo-proj/uptimeCheckConfigs",
	     json_make("{'displayName':'up','monitoredResource':{'type':'uptime_url','labels':{'host':'a.example.com'}},"
		       "'httpCheck':{},'period':'61s'}"),
	     400);
	asks("POST", MONITORING "projects/demo-proj/uptimeCheckConfigs", json_make("{'displayName':'up','httpCheck':{}}"), 400);
	cJSON *r = asks("POST", MONITORING "projects/demo-proj/uptimeCheckConfigs",
			json_make("{'displayName':'MLflow is up','monitoredResource':{'type':'uptime_url','labels':"
				  "{'host':'a.example.com'}},'httpCheck':{'path':'health','useSsl':true},'timeout':'10s'}"),
			200);
	is_str(json_str(r, "httpCheck.path", ""), "/health", "U24: an uptime check's path begins with a slash");
	is_int((long)json_num(r, "httpCheck.port", 0), 443, "U24: its port goes by TLS");
	is_str(json_str(r, "period", ""), "60s", "U24: it is made every minute");
	ok(text_starts(json_str(r, "name", ""), "projects/demo-proj/uptimeCheckConfigs/mlflow-is-up-"),
	   "U24: its id is made of its name");
	char *check = named(r, MONITORING), *id = xstrdup(strrchr(check, '/') + 1);
	r = asks("POST", MONITORING "projects/demo-proj/notificationChannels",
		 json_make("{'type':'email','displayName':'me','labels':{'email_address':'operator@example.com'}}"), 200);
	ok(json_bool(r, "enabled", false), "U24: a notification channel is on");
	char *channel = named(r, MONITORING);
	asks("POST", MONITORING "projects/demo-proj/notificationChannels", json_make("{'type':'pigeon','labels':{}}"), 400);
	const char *policy = "{'displayName':'down','combiner':'OR','conditions':[{'displayName':'d','conditionThreshold':{'"
			     "filter':%s,'comparison':'COMPARISON_GT','thresholdValue':1,"
			     "'duration':'60s'}}],'notificationChannels':[%s]}";
	char *filter = xasprintf("metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND "
				 "metric.label.check_id=\"%s\" AND resource.type=\"uptime_url\"",
				 id);
	asks("POST", MONITORING "projects/demo-proj/alertPolicies",
	     json_make(policy, filter, "projects/demo-proj/notificationChannels/1"), 404);
	asks("POST", MONITORING "projects/demo-proj/alertPolicies",
	     json_make(policy, "metric.type=\"x\"", channel + strlen(MONITORING)), 400);
	r = asks("POST", MONITORING "projects/demo-proj/alertPolicies", json_make(policy, filter, channel + strlen(MONITORING)),
		 200);
	char *alert = named(r, MONITORING);
	ok(text_starts(json_str(r, "conditions.0.name", ""), alert + strlen(MONITORING)),
	   "U24: an alerting policy's conditions have names below its own");
	is_str(json_str(r, "creationRecord.mutatedBy", ""), "operator@example.com", "U24: it tells who made it");
	asks("DELETE", check, NULL, 400);
	asks("DELETE", channel, NULL, 400);
	char *masked = xasprintf("%s?updateMask=enabled", alert);
	ok(!json_bool(asks("PATCH", masked, json_make("{'enabled':false}"), 200), "enabled", true),
	   "U24: it can be switched off");
	ok(json_at(asks("GET", MONITORING "projects/demo-proj/alertPolicies?filter=display_name%3D%22other%22", NULL, 200),
		   "alertPolicies") == NULL,
	   "U24: lists are filtered");
	asks("DELETE", alert, NULL, 200);
	asks("DELETE", channel, NULL, 200);
	asks("DELETE", check, NULL, 200);
	asks("GET", check, NULL, 404);
	ok(cJSON_GetArraySize(json_at(asks("GET", MONITORING "uptimeCheckIps", NULL, 200), "uptimeCheckIps")) > 3,
	   "U24: where checks come from");
	free(check), free(id), free(channel), free(filter), free(alert), free(masked);
}

static void log_metrics(void)
{
	asks("POST", LOGGING "metrics", json_make("{'name':'errors','filter':'severity>=('}"), 400);
	cJSON *r = asks("POST", LOGGING "metrics", json_make("{'name':'errors','filter':'severity>=ERROR'}"), 200);
	is_str(json_str(r, "metricDescriptor.type", ""), "logging.googleapis.com/user/errors",
	       "U24: a log metric has a descriptor");
	is_str(json_str(r, "metricDescriptor.valueType", ""), "INT64", "U24: which counts");
	asks("POST", LOGGING "metrics", json_make("{'name':'errors','filter':'severity>=ERROR'}"), 409);
	asks("PUT", LOGGING "metrics/errors", json_make("{'name':'errors','filter':'severity>=CRITICAL'}"), 200);
	is_str(json_str(asks("GET", LOGGING "metrics/errors", NULL, 200), "filter", ""), "severity>=CRITICAL",
	       "U24: it can be changed");
	asks("DELETE", LOGGING "metrics/errors", NULL, 200);
	asks("GET", LOGGING "metrics/errors", NULL, 404);
	is_int(cJSON_GetArraySize(json_at(asks("GET", LOGGING "sinks", NULL, 200), "sinks")), 2,
	       "U24: a project has two sinks");
	r = asks("POST", LOGGING "sinks?uniqueWriterIdentity=true",
		 json_make("{'name':'out','destination':'storage.googleapis.com/logs-7','filter':'severity>=ERROR'}"), 200);
	is_str(json_str(r, "writerIdentity", ""), "serviceAccount:service-123456789012@gcp-sa-logging.iam.gserviceaccount.com",
	       "U24: a sink writes as Google's agent");
	asks("DELETE", LOGGING "sinks/_Required", NULL, 403);
	asks("PATCH", LOGGING "locations/global/buckets/_Default?updateMask=retention_days", json_make("{'retentionDays':10}"),
	     200);
	is_int((long)json_num(asks("GET", LOGGING "locations/global/buckets/_Default", NULL, 200), "retentionDays", 0), 10,
	       "U24: how long entries are kept can be changed");
	asks("PATCH", LOGGING "locations/global/buckets/_Required?updateMask=retentionDays", json_make("{'retentionDays':10}"),
	     400);
}

#define DASHBOARDS "monitoring.googleapis.com/v1/projects/demo-proj/dashboards"

static void dashboards(void)
{
	const char *chart = "{'displayName':'MLflow','gridLayout':{'widgets':[{'xyChart':{'dataSets':[{'timeSeriesQuery':"
			    "{'timeSeriesFilter':{'filter':%s}}}]}}]}}";
	asks("POST", DASHBOARDS, json_make("{'gridLayout':{}}"), 400);
	asks("POST", DASHBOARDS, json_make("{'displayName':'x','gridLayout':{},'rowLayout':{}}"), 400);
	asks("POST", DASHBOARDS, json_make("{'displayName':'x','gridLayout':{'widgets':[{'nothing':1}]}}"), 400);
	asks("POST", DASHBOARDS, json_make(chart, "resource.type=\"x\""), 400);
	asks("POST", DASHBOARDS,
	     json_make("{'displayName':'x','mosaicLayout':{'columns':4,'tiles':[{'xPos':2,'width':4,'height':1}]}}"), 400);
	asks("POST", DASHBOARDS "?validateOnly=true", json_make(chart, "metric.type=\"x\""), 200);
	asks("POST", DASHBOARDS "?validateOnly=true", json_make(chart, "select_slo_health(\"projects/1/services/s/o\")"), 200);
	ok(!json_at(asks("GET", DASHBOARDS, NULL, 200), "dashboards"), "what is only looked at is not made");
	char *url = named(asks("POST", DASHBOARDS, json_make(chart, "metric.type=\"x\""), 200),
			  "monitoring.googleapis.com/v1/");
	ok(strstr(url, "/projects/123456789012/dashboards/") != NULL, "a dashboard is of the project's number");
	char *etag = xstrdup(json_str(asks("GET", url, NULL, 200), "etag", ""));
	cJSON *r = asks("PATCH", url, json_make("{'displayName':'new','etag':%s}", etag), 200);
	ok(!json_at(r, "gridLayout") && strcmp(json_str(r, "etag", ""), etag), "a change says all of it");
	asks("PATCH", url, json_make("{'displayName':'late','etag':%s}", etag), 409);
	asks("DELETE", url, NULL, 200);
	asks("GET", url, NULL, 404);
	free(url), free(etag);
}

static void log_buckets(void)
{
	cJSON *op = asks("POST", LOGGING "locations/global/buckets:createAsync?bucketId=own", json_make("{'retentionDays':40}"),
			 200);
	char *url = named(op, "logging.googleapis.com/v2/");
	is_int((long)json_num(finish(url), "response.retentionDays", 0), 40, "a log bucket is made by an operation, too");
	free(url);
	asks("POST", LOGGING "locations/global/buckets:createAsync?bucketId=own", json_make("{}"), 409);
	op = asks("POST", LOGGING "locations/global/buckets/own:updateAsync?updateMask=retentionDays",
		  json_make("{'retentionDays':50}"), 200);
	url = named(op, "logging.googleapis.com/v2/");
	is_int((long)json_num(finish(url), "response.retentionDays", 0), 50, "and changed by one");
	free(url);
	is_int((long)json_num(asks("PATCH", LOGGING "locations/global/buckets/own?updateMask=retentionDays",
				   json_make("{'retentionDays':60}"), 200),
			      "retentionDays", 0),
	       60, "or at once");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	images();
	logs_of_builds();
	alerts();
	log_metrics();
	dashboards();
	log_buckets();
	sim_free(cloud);
	return tap_done();
}
