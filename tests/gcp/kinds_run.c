/* Cloud Run's older revisions, and what a change of the database or the service means to people. */
#include "config.h"
#include "tests/gcp/seeing.h"
#include "tests/tap.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/appengine_shared.h"
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

/* A job that others run: it is defined, and not run. */
static void defined(void)
{
	static const char id[] = "run.job";
	cJSON *spec = parse("{'region':'r1','body':{'template':{'taskCount':1}}}");
	struct view v = view_of("mlflow-cleanup", spec);
	struct observation none = {0};
	struct call c = {0};
	kind_find(id)->create(&v, &none, &c);
	ok(!json_at(c.body, "runExecutionToken") && !json_at(c.body, "labels.execution") && json_at(c.body, "labels.stack"),
	   "a job without \"once\" is defined and not run");
	call_free(&c);
	is_int(verdict(id, &v,
		       "{'template':{'taskCount':1},'labels':{'managed-by':'mlflow-setup','stack':'mlflow'},"
		       "'terminalCondition':{'state':'CONDITION_SUCCEEDED'}}",
		       NULL),
	       VERDICT_KEEP, "and kept as it is");
	cJSON_Delete(spec);
}

/* Cloud Scheduler's: whose it is stands in its description; a pause of somebody's stays. */
static void scheduled(void)
{
	static const char id[] = "cloudscheduler.job";
	const struct kind *k = kind_find(id);
	cJSON *spec = parse("{'region':'r1','body':{'schedule':'0 4 * * 0','timeZone':'Etc/UTC'}}");
	struct view v = view_of("mlflow-cleanup", spec);
	struct observation none = {0};
	struct call c = {0};
	k->create(&v, &none, &c);
	is_str(c.url, "https://cloudscheduler.googleapis.com/v1/projects/demo/locations/r1/jobs", "it is made in its region");
	is_str(json_str(c.body, "name", ""), "projects/demo/locations/r1/jobs/mlflow-cleanup", "by its whole name");
	char *mine = json_text(c.body, -1);
	call_free(&c);
	is_int(verdict(id, &v, mine, NULL), VERDICT_KEEP, "as it was made it is kept");
	free(mine);
	static const char *const found =
	    "{'schedule':'0 5 * * "
	    "0','timeZone':'Etc/UTC','state':'PAUSED','name':'projects/demo/locations/r1/jobs/mlflow-cleanup',"
	    "'description':'managed-by=mlflow-setup stack=mlflow'}";
	struct change change;
	struct observation seen = see(id, &v, 200, found, &change);
	ok(change.verdict == VERDICT_UPDATE && change.count == 1, "another schedule is set right, and a pause is not lifted");
	k->update(&v, &seen, &change, &c);
	is_str(c.url,
	       "https://cloudscheduler.googleapis.com/v1/projects/demo/locations/r1/jobs/mlflow-cleanup?updateMask=schedule",
	       "and that alone is sent");
	call_free(&c);
	observation_free(&seen);
	change_free(&change);
	is_int(presence(id, &v, 200, "{'schedule':'0 5 * * 0','description':'mine'}"), PRESENT_STRANGER,
	       "somebody else's is not touched");
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

/* What stops the writers elsewhere: found running another image, found stopped with it, found running the new one; the request that stops it, and the one
 * that lets it go on ("METHOD URL BODY"). %s is the id of a version of the stack. */
static const struct stop_row {
	const char *kind, *name, *spec, *runs, *stands, *current, *stop, *back;
} stops[] = {
    {"appengine.serviceStop", "default", "{'service':'default','image':'i@2','serving':'%1$s'}",
     "{'versions':[{'id':'shop','servingStatus':'SERVING','deployment':{'container':{'image':'i@1'}}},{'id':'%1$s','createTime'"
     ":'1','"
     "servingStatus':'SERVING','deployment':{'container':{'image':'i@1'}}}]}",
     "{'versions':[{'id':'%1$s','createTime':'1','servingStatus':'STOPPED','deployment':{'container':{'image':'i@1'}}},{'id':'%"
     "2$s','createTime'"
     ":'2','servingStatus':'STOPPED','deployment':{'container':{'image':'i@0'}}}]}",
     "{'versions':[{'id':'%1$s','servingStatus':'SERVING','deployment':{'container':{'image':'i@2'}}}]}",
     "PATCH https://appengine.googleapis.com/v1/apps/demo/services/default/versions/%1$s?updateMask=servingStatus "
     "{\"servingStatus\":\"STOPPED\"}",
     "PATCH https://appengine.googleapis.com/v1/apps/demo/services/default/versions/%1$s?updateMask=servingStatus "
     "{\"servingStatus\":\"SERVING\"}"},
#define MACHINE(STATUS, IMAGE)                                                                                                 \
	"{'status':'" STATUS                                                                                                   \
	"','description':'managed-by=mlflow-setup stack=mlflow','metadata':{'items':[{'key':'user-data','value'"               \
	":'MLFLOW_IMAGE=" IMAGE "'}]}}"
    {"compute.instanceStop", "mlflow", "{'zone':'z1','image':'i@2'}", MACHINE("RUNNING", "i@1"), MACHINE("TERMINATED", "i@1"),
     MACHINE("RUNNING", "i@2"), "POST https://compute.googleapis.com/compute/v1/projects/demo/zones/z1/instances/mlflow/stop",
     "POST https://compute.googleapis.com/compute/v1/projects/demo/zones/z1/instances/mlflow/start"},
#define PODS(COUNT, IMAGE)                                                                                                     \
	"{'metadata':{'name':'mlflow','namespace':'ml','labels':{'managed-by':'mlflow-setup','stack':'mlflow'},'annotations':" \
	"{"                                                                                                                    \
	"'deployment.kubernetes.io/revision':'3','mlflow-setup/a':'b'}},'spec':{'replicas':" COUNT ",'template':{'spec':{'"    \
	"containers':[{'name':'mlflow','image':'" IMAGE "'}]}}}}"
#define APPLIED(COUNT, NOTE)                                                                                                   \
	"PATCH https://gke-1.r1.gke.goog/apis/apps/v1/namespaces/ml/deployments/mlflow?fieldManager=mlflow-setup "             \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"annotations\":{\"mlflow-setup/"                   \
	"a\":\"b\"" NOTE "},\"labels\":{"                                                                                      \
	"\"managed-by\":\"mlflow-setup\",\"stack\":\"mlflow\"},\"name\":\"mlflow\",\"namespace\":\"ml\"},\"spec\":{"           \
	"\"replicas\":" COUNT ",\"template\":{\"spec\":{\"containers\":[{\"image\":\"i@1\",\"name\":\"mlflow\"}]}}}}"
    {"kubernetes.stop", "deployment/mlflow",
     "{'host':'gke-1.r1.gke.goog','collection':'/apis/apps/v1/namespaces/ml/"
     "deployments','body':{'kind':'Deployment'},'container':'"
     "mlflow','image':'i@2'}",
     PODS("1", "i@1"), PODS("0", "i@1"), PODS("1", "i@2"), APPLIED("0", ",\"mlflow-setup/stopped\":\"true\""),
     APPLIED("1", "")},
};

static char *with_ids(const char *form)
{
	char own[APPENGINE_VERSION], other[APPENGINE_VERSION];
	cJSON *body = cJSON_CreateObject();
	appengine_version_id("mlflow", NULL, own);
	appengine_version_id("mlflow", body, other);
	cJSON_Delete(body);
	struct buf b = {0};
	for (const char *p = form; *p; p++) {
		bool id = !strncmp(p, "%1$s", 4) || !strncmp(p, "%2$s", 4);
		if (id)
			buf_puts(&b, p[1] == '1' ? own : other), p += 3;
		else
			buf_putc(&b, *p);
	}
	return buf_take(&b);
}

static void is_request(struct call *c, const char *wanted, const char *what)
{
	char *body = c->body ? json_text(c->body, -1) : NULL, *expected = with_ids(wanted);
	char *text = xasprintf("%s %s%s%s", c->method ? c->method : "", c->url ? c->url : "", body ? " " : "",
			       body ? body : "");
	is_str(text, expected, what);
	free(text), free(expected), free(body);
	call_free(c);
	*c = (struct call){0};
}

static void other_stops(void)
{
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
		const struct stop_row *row = &stops[i];
		const struct kind *k = kind_find(row->kind);
		char *spec_text = with_ids(row->spec), *runs = with_ids(row->runs), *stands = with_ids(row->stands),
		     *current = with_ids(row->current);
		cJSON *spec = parse(spec_text);
		struct view v = view_of(row->name, spec);
		struct change change;
		struct call c = {0};
		struct observation seen = see(row->kind, &v, 200, runs, &change);
		is_int(change.verdict, VERDICT_UPDATE, row->kind);
		is_int((long)change.count, 1, "what runs another image is stopped, and nobody else's");
		k->update(&v, &seen, &change, &c);
		is_request(&c, row->stop, "by this request");
		observation_free(&seen), change_free(&change);
		seen = see(row->kind, &v, 200, stands, &change);
		is_int(change.verdict, VERDICT_KEEP, "what is stopped is not, again");
		k->back(&v, &seen, &c);
		is_request(&c, row->back, "the way back is what served before");
		observation_free(&seen), change_free(&change);
		seen = see(row->kind, &v, 200, current, &change);
		is_int(change.verdict, VERDICT_KEEP, "what has the image runs on");
		k->back(&v, &seen, &c);
		ok(!c.method, "and has no way back to go");
		observation_free(&seen), change_free(&change);
		is_int(presence(row->kind, &v, 404, "{}"), PRESENT_YES, "what is not there does not run");
		cJSON_Delete(spec);
		free(spec_text), free(runs), free(stands), free(current);
	}
}

/* The line that starts a Deployment reaches its cluster, whichever kubectl spoke to last. */
static void restarts(void)
{
	static const char *const rows[][2] = {
	    {"{'host':'h','cluster':{'name':'ml','location':'r1','dns':true}}",
	     "gcloud container clusters get-credentials ml --location=r1 --project=demo --dns-endpoint && kubectl scale "
	     "deployment/mlflow "
	     "--replicas=1 --namespace=ns"},
	    {"{'host':'h','cluster':{'name':'ml','location':'z-1'}}",
	     "gcloud container clusters get-credentials ml --location=z-1 --project=demo && kubectl scale deployment/mlflow "
	     "--replicas=1 "
	     "--namespace=ns"},
	    {"{'kubeconfig':'','context':'prod'}",
	     "kubectl --context=prod scale deployment/mlflow --replicas=1 --namespace=ns"},
	    {"{'kubeconfig':'~/k c','context':'a b'}",
	     "kubectl --kubeconfig ~/'k c' --context='a b' scale deployment/mlflow --replicas=1 --namespace=ns"},
	};
	const struct kind *k = kind_find("kubernetes.stop");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cJSON *spec = parse(rows[i][0]);
		struct view v = view_of("deployment/mlflow", spec);
		struct observation seen = {.found = parse("{'metadata':{'namespace':'ns'},'spec':{'replicas':0}}")};
		char *line = k->restart(&v, &seen);
		is_str(line, rows[i][1], "the line by which a stopped Deployment starts");
		free(line);
		observation_free(&seen);
		cJSON_Delete(spec);
	}
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
	other_stops();
	restarts();
	backup();
	downtime();
	defined();
	scheduled();
	return tap_done();
}
