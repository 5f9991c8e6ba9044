/* Cloud Run's older revisions, and what a change of the database or the service means to people. */
#include "config.h"
#include "tests/gcp/seeing.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LIST                                                                                                                   \
	"{'revisions':[{'name':'p/s/revisions/m-3','createTime':'2026-01-03'},{'name':'p/s/revisions/"                         \
	"m-1','createTime':'2026-01-01'},"                                                                                     \
	"{'name':'p/s/revisions/m-2','createTime':'2026-01-02'},{'name':'p/s/revisions/m-4','createTime':'2026-01-04'}]}"

static void revisions(void)
{
	static const char id[] = "run.revisions";
	cJSON *spec = parse("{'region':'r1','service':'mlflow','keep':1,'used':['projects/p/revisions/m-4','m-1']}");
	struct view v = view_of("mlflow", spec);
	struct change change;
	struct observation seen = see(id, &v, 200, LIST, &change);
	ok(change.count == 1 && !strcmp(change.differences[0].path, "m-2"),
	   "one is kept, those with traffic or a tag are not counted, and the other goes");
	struct call c = {0};
	kind_find(id)->update(&v, &seen, &change, &c);
	is_str(c.url, "https://run.googleapis.com/v2/projects/demo/locations/r1/services/mlflow/revisions/m-2", "and it alone");
	call_free(&c);
	observation_free(&seen);
	change_free(&change);
	cJSON_Delete(spec);
	spec = parse("{'region':'r1','service':'mlflow','keep':3,'used':{'$ref':['service','used']}}");
	v = view_of("mlflow", spec);
	is_int(verdict(id, &v, LIST, NULL), VERDICT_UPDATE,
	       "when another one will be made, the one that serves now will be old too");
	is_int(verdict(id, &v, "{}", NULL), VERDICT_KEEP, "a service without any");
	cJSON_Delete(spec);
}

static void downtime(void)
{
	struct change c = {0};
	cJSON *spec = cJSON_CreateObject();
	change_add(&c, "settings.backupConfiguration.startTime", NULL, NULL);
	const struct kind *sql = kind_find("sqladmin.instance");
	ok(!sql->downtime(spec, &c), "another hour for backups is not noticed");
	change_add(&c, "settings.tier", NULL, NULL);
	ok(sql->downtime(spec, &c) != NULL, "another size is");
	change_free(&c);
	cJSON_Delete(spec);
}

/* The service that runs other MLflow is stopped; one that is stopped, has the image or is not there is not. */
static void stop(void)
{
	static const char id[] = "run.serviceStop";
	cJSON *spec = parse("{'region':'r1','service':'mlflow','container':'mlflow','image':'i@2','scaling':{'minInstanceCount'"
			    ":0,'maxInstanceCount':3}}");
	struct view v = view_of("mlflow", spec);
#define SERVICE(SCALING, IMAGE)                                                                                                \
	"{'labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'terminalCondition':{'state':'CONDITION_SUCCEEDED'},'"       \
	"scaling':" SCALING ",'template':{'containers':[{'name':'mlflow','image':'" IMAGE "'}]}}"
	is_int(verdict(id, &v, SERVICE("{'maxInstanceCount':3}", "i@1"), NULL), VERDICT_UPDATE,
	       "what runs another image is stopped");
	is_int(verdict(id, &v, SERVICE("{'scalingMode':'MANUAL'}", "i@1"), NULL), VERDICT_KEEP,
	       "what was stopped is not, again");
	is_int(verdict(id, &v, SERVICE("{'maxInstanceCount':3}", "i@2"), NULL), VERDICT_KEEP, "nor what has the image");
	struct change change;
	struct observation seen = see(id, &v, 200, SERVICE("{'scalingMode':'MANUAL'}", "i@1"), &change);
	struct call c = {0};
	kind_find(id)->back(&v, &seen, &c);
	is_str(c.url, "https://run.googleapis.com/v2/projects/demo/locations/r1/services/mlflow?updateMask=scaling",
	       "the way back is its scaling");
	ok(!strcmp(json_str(c.body, "scaling.scalingMode", ""), "AUTOMATIC") &&
	       json_num(c.body, "scaling.maxInstanceCount", 0) == 3,
	   "as it was");
	call_free(&c);
	observation_free(&seen);
	change_free(&change);
	cJSON_Delete(spec);
}

/* A backup of this name counts when it is the one that was taken for this. */
static void backup(void)
{
	static const char id[] = "sqladmin.backupRun";
	cJSON *spec = parse("{'instance':'m-1'}");
	struct view v = view_of("1-before-2", spec);
#define RUN(ID, STATUS)                                                                                                        \
	"{'id':'" ID "','status':'" STATUS "','enqueuedTime':'2026-01-0" ID                                                    \
	"','description':'managed-by=mlflow-setup stack=mlflow 1-before-2'}"
	is_int(verdict(id, &v, "{'items':[" RUN("1", "SUCCESSFUL") "]}", NULL), VERDICT_CREATE,
	       "an older one lacks what was written since");
	json_put_str(spec, "taken", "1");
	is_int(verdict(id, &v, "{'items':[" RUN("2", "SUCCESSFUL") "," RUN("1", "SUCCESSFUL") "]}", NULL), VERDICT_KEEP,
	       "the one that was taken counts");
	is_int(verdict(id, &v, "{'items':[" RUN("1", "FAILED") "]}", NULL), VERDICT_CREATE, "unless it failed");
	cJSON_Delete(spec);
}

int main(void)
{
	revisions();
	stop();
	backup();
	downtime();
	return tap_done();
}
