/* Cloud Build as an operator meets it when a build does not go well, and triggers. */
#include "config.h"
#include "sim/api/cloudbuild.h"
#include "tests/sim/cloud.h"

#define BUILD "cloudbuild.googleapis.com/v1/projects/demo-proj/"
#define HERE BUILD "locations/us-central1/"

static void faults(const char *text)
{
	struct err e = {0};
	cJSON *j = json_make(text);
	ok(sim_faults(cloud, j, &e), "the rules are taken");
	cJSON_Delete(j);
	err_free(&e);
}

/* The build that the operation is of, as it stands. */
static cJSON *build_of(const char *parent, const cJSON *op)
{
	char *url = xasprintf("%sbuilds/%s", parent, json_str(op, "metadata.build.id", ""));
	cJSON *build = asks("GET", url, NULL, 200);
	free(url);
	return build;
}

static void spoilt(void)
{
	static const struct {
		const char *parent, *rules, *status, *type;
	} cases[] = {
	    {BUILD, "[{'path':'*/builds','method':'POST','operation':{'error':{'code':2,'message':'no space left'}}}]",
	     "FAILURE", "USER_BUILD_STEP"},
	    {HERE, "[{'path':'*/builds','method':'POST','operation':{'error':{'code':2,'message':'no space left'}}}]",
	     "FAILURE", "USER_BUILD_STEP"},
	    {HERE, "[{'path':'*/builds','method':'POST','operation':{'error':{'code':4,'message':'build timed out'}}}]",
	     "TIMEOUT", ""},
	    {HERE, "[{'path':'*/builds','method':'POST','operation':{'error':{'code':13,'message':'internal'}}}]",
	     "INTERNAL_ERROR", ""},
	};
	asks("POST", HERE "builds", json_make("{'steps':[{'name':'ubuntu'}],'timeout':'86401s'}"), 400);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		faults(cases[i].rules);
		char *url = xasprintf("%sbuilds", cases[i].parent);
		cJSON *op = asks("POST", url, json_make("{'steps':[{'name':'ubuntu','args':['true']}]}"), 200);
		cJSON *build = build_of(cases[i].parent, op);
		is_str(json_str(build, "status", ""), cases[i].status, "a fault rule ends a build with its status");
		is_str(json_str(build, "failureInfo.type", ""), cases[i].type, "and says whose failure that is");
		ok(*json_str(build, "finishTime", "") && *json_str(build, "statusDetail", ""), "when, and why");
		free(url);
		char *id = xstrdup(json_str(build, "id", ""));
		char *log = xasprintf("storage.googleapis.com/storage/v1/b/%s/o/log-%s.txt",
				      json_str(build, "logsBucket", "gs://") + 5, json_str(build, "id", ""));
		asks("GET", log, NULL, 200);
		ok(true, "its log is where a log is");
		free(log);
		sim_advance(cloud, sim_now(cloud) + 7200);
		url = xasprintf("%sbuilds/%s", cases[i].parent, id);
		is_str(json_str(asks("GET", url, NULL, 200), "status", ""), cases[i].status, "and so it stays");
		free(url), free(id);
	}
	faults("[]");
}

static cJSON *trigger(const char *more)
{
	cJSON *doc = json_make("{'name':'t1','build':{'steps':[{'name':'ubuntu','args':['true']}],'options':{'logging':"
			       "'CLOUD_LOGGING_ONLY'}},'pubsubConfig':{'topic':'projects/demo-proj/topics/t'}}"),
	      *with = json_make(more);
	sim_merge_patch(doc, with);
	cJSON_Delete(with);
	return doc;
}

static void triggers(void)
{
	cJSON *made = asks("POST", HERE "triggers", trigger("{}"), 200);
	char *id = xstrdup(json_str(made, "id", ""));
	is_str(json_str(made, "name", ""), "t1", "a trigger has the name that it was given");
	ok(text_starts(json_str(made, "resourceName", ""), "projects/demo-proj/locations/us-central1/triggers/") && *id,
	   "and an id of the server's");
	ok(*json_str(made, "createTime", "") && *json_str(made, "pubsubConfig.subscription", ""), "its time, its subscription");
	is_str(json_str(asks("GET", HERE "triggers/t1", NULL, 200), "id", ""), id, "it is found by its name, too");
	refuse("POST", HERE "triggers", trigger("{}"), 409, NULL, "Trigger \"t1\" already exists");
	asks("POST", HERE "triggers", trigger("{'name':'-bad'}"), 400);
	asks("POST", HERE "triggers", trigger("{'name':'t2','filename':'cloudbuild.yaml'}"), 400);
	asks("POST", HERE "triggers", trigger("{'name':'t2','github':{'owner':'o','name':'r','push':{'branch':'x'}}}"), 400);
	asks("POST", HERE "triggers", trigger("{'name':'t2','nonsense':1}"), 400);
	asks("POST", BUILD "locations/nowhere/triggers", trigger("{'name':'t2'}"), 403);
	refuse("POST", HERE "triggers",
	       trigger("{'name':'t2','pubsubConfig':null,'github':{'owner':'o','name':'absent','push':{'branch':'^main$'}}}"),
	       400, NULL,
	       "Repository mapping does not exist. Please visit https://console.cloud.google.com/cloud-build/"
	       "triggers;region=us-central1/connect?project=123456789012 to connect a repository to your project");
	asks("POST", HERE "triggers",
	     trigger("{'name':'t3','pubsubConfig':null,'github':{'owner':'o','name':'there','push':{'branch':'^main$'}}}"),
	     200);
	is_str(json_str(asks("PATCH", HERE "triggers/t1?updateMask=description", json_make("{'description':'new'}"), 200),
			"description", ""),
	       "new", "a trigger is changed in place");
	cJSON *full = trigger("{'build':null,'gitFileSource':{'path':'build.yaml','repoType':'GITHUB','uri':'"
			      "https://github.com/o/there'}}");
	full = asks("PATCH", HERE "triggers/t1", full, 200);
	ok(!json_at(full, "build") && !json_at(full, "description"), "without a mask a change says all of it");
	is_str(json_str(full, "id", ""), id, "but what is the server's");
	asks("PATCH", HERE "triggers/t1", trigger("{}"), 200);
	cJSON *op = asks("POST", HERE "triggers/t1:run", json_make("{}"), 200);
	is_str(json_str(op, "metadata.build.buildTriggerId", ""), id, "its build says whose it is");
	cJSON *build = build_of(HERE, op);
	is_str(json_str(build, "options.logging", ""), "CLOUD_LOGGING_ONLY", "and is the trigger's");
	is_int(cJSON_GetArraySize(json_at(asks("GET", HERE "triggers", NULL, 200), "triggers")), 2, "they are listed");
	ok(!json_at(asks("GET", BUILD "triggers", NULL, 200), "triggers"), "each in its region");
	asks("DELETE", HERE "triggers/t1", NULL, 200);
	asks("GET", HERE "triggers/t1", NULL, 404);
	free(id);
}

/* A RUN that plainly fails fails the build, and nothing else of a shell does. */
static void runs(void)
{
	static const struct {
		const char *run;
		bool fails;
	} cases[] = {
	    {"exit 3", true},
	    {"echo no && false", true},
	    {"apt-get update; exit 1", true},
	    {"pip install flask", false},
	    {"exit 0", false},
	    {"false || true", false},
	    {"for i in 1 2 3; do pip install flask && exit 0; sleep 5; done; exit 1", false},
	    {"if test -f requirements.txt; then exit 0; fi; exit 1", false},
	    {"if test -f bad; then exit 1; fi", false},
	    {"echo 'never; exit 1'", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = xasprintf("FROM python:3.12-slim\nCOPY . .\nRUN %s\nCMD python -m flask run\n", cases[i].run),
		     *why = NULL;
		cJSON *files = json_make("{'Dockerfile':%s,'app.py':'print()'}", text);
		struct buf log = {0};
		cJSON *facts = build_docker(files, "Dockerfile", ".", &log, &why);
		ok(!facts == cases[i].fails, "RUN %s: %s", cases[i].run, cases[i].fails ? "fails" : "does well");
		cJSON_Delete(facts);
		cJSON_Delete(files);
		buf_free(&log);
		free(text), free(why);
	}
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud("{'repositories':['o/there']}");
	spoilt();
	runs();
	triggers();
	sim_free(cloud);
	return tap_done();
}
