/* Images outside and behind Container Registry's old hosts, and the memory that releases of MLflow take. */
#include "config.h"
#include "sim/api/artifactregistry.h"
#include "sim/front/mlflow_server.h"
#include "tests/sim/cloud.h"

#define REGISTRY "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/"
#define OWNER "user:operator@example.com"

static const char *pull(const char *image)
{
	const char *digest, *why = image_pull(cloud, OWNER, image, &digest, NULL);
	return why ? why : "there";
}

static const char *anywhere(const char *image)
{
	const char *digest, *why = image_pull_anywhere(cloud, "", image, &digest, NULL);
	return why ? why : "there";
}

static void old_hosts(void)
{
	const char *digest;
	cJSON *facts = json_make("{'software':'other'}");
	is_str(pull("gcr.io/demo-proj/app:v1"), "missing", "U14: nothing was pushed to gcr.io yet");
	is_str(image_push(cloud, "user:ann@example.com", "gcr.io/demo-proj/app:v1", facts, &digest), "permission",
	       "U14: not everybody may push there");
	asks("POST", "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:setIamPolicy",
	     json_make("{'policy':{'bindings':[{'role':'roles/owner','members':['" OWNER "']},"
		       "{'role':'roles/artifactregistry.writer','members':['user:ann@example.com']}]}}"),
	     200);
	sim_advance(cloud, sim_now(cloud) + 600);
	is_str(image_push(cloud, "user:ann@example.com", "gcr.io/demo-proj/app:v1", facts, &digest), "unmade",
	       "U14: a writer does not make its repository");
	ok(!image_push(cloud, OWNER, "gcr.io/demo-proj/app:v1", facts, &digest), "U14: the first push by who may makes it");
	cJSON *r = asks("GET", REGISTRY "us/repositories/gcr.io", NULL, 200);
	is_str(json_str(r, "registryUri", ""), "us-docker.pkg.dev/demo-proj/gcr.io", "U14: gcr.io is a repository in us");
	ok(!image_push(cloud, "user:ann@example.com", "gcr.io/demo-proj/sub/app:v2", facts, &digest),
	   "U14: then a writer pushes too");
	is_str(pull("gcr.io/demo-proj/sub/app:v2"), "there", "U14: what was pushed is pulled");
	is_str(pull("us-docker.pkg.dev/demo-proj/gcr.io/app:v1"), "there", "U14: by its other name as well");
	asks("POST", REGISTRY "us/repositories?repositoryId=eu.gcr.io", json_make("{'format':'DOCKER'}"), 400);
	asks("POST", REGISTRY "europe/repositories?repositoryId=eu.gcr.io", json_make("{'format':'DOCKER'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	ok(!image_push(cloud, "user:ann@example.com", "eu.gcr.io/demo-proj/app", facts, &digest),
	   "U14: one that was made before takes a push at once");
	is_str(pull("asia.gcr.io/demo-proj/app"), "missing", "U14: each host is a repository of its own");
	is_str(pull("gcr.io/another-project-7/app"), "permission", "U14: nobody's private images are public");
	is_str(image_push(cloud, OWNER, "us-central1-docker.pkg.dev/demo-proj/none/app:v1", facts, &digest), "missing",
	       "U14: other repositories are never made by a push");
	is_str(pull("gcr.io/cloudrun/hello"), "there", "U14: Google's own images are where they were");
	is_str(pull("gcr.io/google-samples/hello-app:1.0"), "there", "U17: others of Google's too");
	is_str(pull("us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.2.0"), "there",
	       "the collectors that run beside a container");
	is_str(pull("gcr.io/google.com/cloudsdktool/google-cloud-cli:slim"), "there", "and gcloud's own");
	ok(!image_of_own("gcr.io/cloudrun/hello") && image_of_own("gcr.io/demo-proj/app"),
	   "U14: only the project's own need credentials");
	cJSON_Delete(facts);
}

static void public_ones(void)
{
	is_str(pull("alpine:3.20"), "there", "U17: any plausible public image exists");
	is_str(pull("docker.io/bitnami/mlflow:2.14.1"), "there", "U17: also of other publishers");
	is_str(pull("quay.io/prometheus/node-exporter:v1.8.1"), "registry",
	       "U17: but Cloud Run does not pull from every registry");
	is_str(anywhere("quay.io/prometheus/node-exporter:v1.8.1"), "there", "U17: a node does");
	is_str(anywhere("ghcr.io/mlflow/mlflow:v2.14.1"), "there", "U17: MLflow's image is there for its releases");
	is_str(anywhere("ghcr.io/mlflow/mlflow:v2.14.9"), "missing", "U17: and not for what is none");
	is_str(anywhere("ghcr.io/mlflow/mlflow:v2.14.1-full"), "missing", "U17: the full variant came later");
	is_str(anywhere("quay.io/oauth2-proxy/oauth2-proxy:v7.99.0"), "missing",
	       "U17: nor is a proxy's version that never was");
	is_str(pull("docker.io/Upper/case"), "missing", "U17: a name that can be none is none");
	is_str(pull("docker.io/library/alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000"),
	       "there", "U17: by digest too");
	is_str(pull("docker.io/nobody/nothing:1"), "missing", "U17: what the world says is missing is");
	is_str(pull("docker.io/library/nginx:gone"), "missing", "U17: a tag alone as well");
	is_str(pull("docker.io/library/nginx:1.25"), "there", "U17: its others are there");
}

static int memory(const char *version, const char *jobs)
{
	struct container k = {.name = "", .software = "mlflow"};
	cJSON *facts = json_make("{'software':'mlflow','version':%s}", version), *env = cJSON_CreateObject();
	if (jobs)
		json_put_str(env, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", jobs);
	k.facts = facts;
	k.argv = json_make("['mlflow','server']");
	k.env = env;
	k.files = cJSON_CreateObject();
	struct mlflow m = {.k = &k};
	int mebibytes = mlflow_memory(&m);
	cJSON_Delete(facts);
	cJSON_Delete(k.argv);
	cJSON_Delete(env);
	cJSON_Delete(k.files);
	return mebibytes;
}

static void memories(void)
{
	ok(memory("2.14.1", NULL) < 1024, "U16: MLflow 2.14 has no runner of jobs and fits into 1 GiB");
	is_int(memory("2.14.1", "true"), memory("2.14.1", NULL), "U16: and nothing switches one on");
	ok(memory("3.8.1", NULL) < 2048 && memory("3.8.1", "true") > 2048, "U16: 3.8 has one, off until it is asked for");
	ok(memory("3.17.2", NULL) > 2048 && memory("3.17.2", "false") < 2048, "U16: 3.17 has it on");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud("{'missingImages':['docker.io/nobody/nothing','docker.io/library/nginx:gone']}");
	old_hosts();
	public_ones();
	memories();
	sim_free(cloud);
	return tap_done();
}
