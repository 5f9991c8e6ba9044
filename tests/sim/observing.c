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
	char *url =
	    xasprintf("storage.googleapis.com/storage/v1/b/%s/o/log-%s.txt", bucket + 5, json_str(op, "metadata.build.id", ""));
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

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	images();
	logs_of_builds();
	sim_free(cloud);
	return tap_done();
}
