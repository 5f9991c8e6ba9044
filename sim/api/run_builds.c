/* Cloud Run's builds.submit: what `gcloud run deploy --source` asks for. It is a build of Cloud Build's, of an archive in a bucket, by a Dockerfile or by
 * buildpacks, whose operation is told within the answer. */
#include "config.h"
#include "sim/api/cloudbuild.h"

#include "base/json.h"
#include "sim/api/serving.h"

#include <string.h>

/* The one step: docker's, or that of buildpacks, which find out by themselves how. */
static cJSON *step_of(const cJSON *asked, const char *image)
{
	if (json_at(asked, "dockerBuild"))
		return json_make("{'name':'gcr.io/cloud-builders/"
				 "docker','args':['build','--network','cloudbuild','--no-cache','-t',%s,'.']}",
				 image);
	return json_make("{'name':'gcr.io/k8s-skaffold/pack','entrypoint':'pack','args':['build',%s,'--builder','gcr.io/"
			 "buildpacks/builder:latest',"
			 "'--network','cloudbuild']}",
			 image);
}

static bool asked_well(struct sim_call *c)
{
	static const char *const needed[] = {"imageUri", "storageSource.bucket", "storageSource.object"};
	const char *wrong = NULL;
	for (size_t i = 0; i < sizeof needed / sizeof *needed && !wrong; i++)
		wrong = *json_str(c->body, needed[i], "") ? NULL : needed[i];
	if (!wrong && !json_at(c->body, "dockerBuild") == !json_at(c->body, "buildpackBuild"))
		wrong = "build_type";
	if (!wrong && json_at(c->body, "workerPool")) {
		sim_fail(c, "UNIMPLEMENTED", NULL, "Worker pools are not simulated.");
		return false;
	}
	if (!wrong)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid value for %s.", wrong);
	return false;
}

static void run_builds_submit(struct sim_call *c)
{
	static const char *const copied[] = {"serviceAccount", "tags"};
	if (!asked_well(c))
		return;
	cJSON *asked = sim_take_body(c);
	const char *image = json_str(asked, "imageUri", "");
	c->body = json_make(
	    "{'source':{'storageSource':%j},'steps':[%j],'images':[%s],'options':{'logging':'CLOUD_LOGGING_ONLY'}}",
	    cJSON_Duplicate(json_at(asked, "storageSource"), true), step_of(asked, image), image);
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
		if (json_at(asked, copied[i]))
			json_put(c->body, copied[i], cJSON_Duplicate(json_at(asked, copied[i]), true));
	if (json_at(asked, "machineType"))
		json_put_str(c->body, "options.machineType", json_str(asked, "machineType", ""));
	const struct sim_object *op = build_made(c);
	if (op)
		sim_ok(c, json_make("{'buildOperation':%j}", cJSON_Duplicate(op->doc, true)));
	cJSON_Delete(asked);
}

static const struct sim_route routes[] = {
    {"run.projects.locations.builds.submit", run_builds_submit, "cloudbuild.builds.create", NULL},
    {0},
};

const struct sim_api sim_run_builds = {
    .name = "run", .service = "run.googleapis.com", .errors = SIM_ERRORS_AIP, .routes = routes};
