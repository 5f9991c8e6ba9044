/* Cloud Run's builds.submit, as `gcloud run deploy --source` asks for it: a build of Cloud Build's, told as its operation. */
#include "config.h"
#include "tests/sim/cloud.h"

#define SUBMIT "us-central1-run.googleapis.com/v2/projects/demo-proj/locations/us-central1/builds:submit"
#define OPERATIONS "cloudbuild.googleapis.com/v1/projects/demo-proj/locations/us-central1/operations/"
#define IMAGE "us-central1-docker.pkg.dev/demo-proj/images/app"

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	struct scratch own;
	scratch_begin(&own);
	asks("POST", SUBMIT, json_make("{'imageUri':'" IMAGE "','storageSource':{'bucket':'b'},'dockerBuild':{}}"), 400);
	asks("POST", SUBMIT, json_make("{'imageUri':'" IMAGE "','storageSource':{'bucket':'b','object':'o'}}"), 400);
	asks("POST", SUBMIT,
	     json_make("{'imageUri':'" IMAGE
		       "','storageSource':{'bucket':'b','object':'o'},'dockerBuild':{},'buildpackBuild':{}}"),
	     400);
	asks("POST", SUBMIT,
	     json_make("{'imageUri':'" IMAGE "','storageSource':{'bucket':'no-such','object':'o'},'dockerBuild':{}}"), 400);
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj", json_make("{'name':'sources-of-demo'}"), 200);
	asks("POST", "storage.googleapis.com/upload/storage/v1/b/sources-of-demo/o?uploadType=media&name=o.zip",
	     json_make("{}"), 200);
	static const char *const kinds[] = {"docker", "buildpack"};
	for (size_t i = 0; i < 2; i++) {
		cJSON *body = json_make("{'imageUri':'" IMAGE "','storageSource':{'bucket':'sources-of-demo','object':'o.zip',"
					"'generation':'1'},'tags':['service_app']}");
		json_put(body, sim_tmp("%sBuild", kinds[i]), cJSON_CreateObject());
		cJSON *op = asks("POST", SUBMIT, body, 200);
		cJSON *build = json_at(op, "buildOperation.metadata.build");
		is_str(json_str(build, "images.0", ""), IMAGE, "a build of that image");
		is_str(json_str(build, "tags.0", ""), "service_app", "with the tags");
		ok(strstr(json_str(build, "name", ""), "/locations/us-central1/builds/"), "in the region");
		ok(text_starts(json_str(op, "buildOperation.name", ""), "projects/demo-proj/locations/us-central1/operations/"),
		   "told as its operation");
		const char *name = sim_tmp("%s", json_str(op, "buildOperation.name", ""));
		const cJSON *waited = asks("GET", sim_tmp(OPERATIONS "%s", json_str(build, "id", "")), NULL, 200);
		is_str(json_str(waited, "name", ""), name, "that the build's id finds too");
	}
	asks("GET", OPERATIONS "none", NULL, 404);
	scratch_end(&own);
	sim_free(cloud);
	return tap_done();
}
