/* CronJobs: their schedules read as cron does, a Job at each of its times, and only so many of the ended ones kept. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/cron.h"
#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define MOST_JOBS 64
#define BY "cronjob-controller"

/* Jobs. -------------------------------------------------------------------------------------------------------------------------- */
static int jobs_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct sim_object **list)
{
	const char *prefix = sim_tmp(
	    "%s", kubernetes_prefix(cluster->key, "batch", "jobs", json_str(o->doc, "metadata.namespace", "")));
	int n = 0;
	for (struct sim_object *j = sim_first(s, KUBERNETES_OBJECTS, prefix); j && n < MOST_JOBS;
	     j = sim_following(s, j, prefix))
		if (!strcmp(json_str(j->doc, "metadata.ownerReferences.0.uid", ""), kubernetes_uid(o)))
			list[n++] = j;
	return n;
}

static bool is_over(const struct sim_object *job, const char *how)
{
	return kubernetes_condition(job->doc, how) != NULL;
}

static void remove_job(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct sim_object *job)
{
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "SuccessfulDelete",
			    sim_tmp("Deleted job %s", json_str(job->doc, "metadata.name", "")), BY);
	json_put_bool(job->hidden, "gone", true);
	kubernetes_react(s, cluster, job);
	sim_remove(s, job);
}

/* The oldest of those that ended this way go, down to so many. */
static void forget(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, const char *how, int keep)
{
	struct sim_object *list[MOST_JOBS];
	int n = jobs_of(s, cluster, o, list), ended = 0;
	for (int i = 0; i < n; i++)
		ended += is_over(list[i], how);
	for (int i = 0; i < n && ended > keep; i++)
		if (is_over(list[i], how)) {
			remove_job(s, cluster, o, list[i]);
			ended--;
		}
}

void kubernetes_cron_job_look(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct sim_object *list[MOST_JOBS];
	cJSON *active = cJSON_CreateArray(), *status = cJSON_CreateObject();
	forget(s, cluster, o, "Complete", (int)json_num(o->doc, "spec.successfulJobsHistoryLimit", 3));
	forget(s, cluster, o, "Failed", (int)json_num(o->doc, "spec.failedJobsHistoryLimit", 1));
	int n = jobs_of(s, cluster, o, list);
	const char *done = json_str(o->doc, "status.lastSuccessfulTime", "");
	for (int i = 0; i < n; i++) {
		const char *time = json_str(list[i]->doc, "status.completionTime", "");
		if (strcmp(time, done) > 0)
			done = time;
		if (!is_over(list[i], "Complete") && !is_over(list[i], "Failed"))
			cJSON_AddItemToArray(
			    active,
			    json_make(
				"{'kind':'Job','namespace':%s,'name':%s,'uid':%s,'apiVersion':'batch/v1','resourceVersion':%s}",
				json_str(o->doc, "metadata.namespace", ""), json_str(list[i]->doc, "metadata.name", ""),
				kubernetes_uid(list[i]), json_str(list[i]->doc, "metadata.resourceVersion", "")));
	}
	sim_put_list(status, "active", active);
	if (json_at(o->hidden, "last"))
		json_put_str(status, "lastScheduleTime", json_str(o->hidden, "last", ""));
	if (*done)
		json_put_str(status, "lastSuccessfulTime", done);
	if (json_equal(json_at(o->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
}

static void make_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o, double when)
{
	char at[40];
	const char *name = sim_tmp("%s-%.0f", json_str(o->doc, "metadata.name", ""), when / 60),
		   *ns = json_str(o->doc, "metadata.namespace", "");
	cJSON *doc = json_make("{'metadata':{'name':%s,'labels':%j,'annotations':%j,'ownerReferences':[{'apiVersion':'batch/"
			       "v1','kind':'CronJob','name':%s,'uid':%s,'controller':true,"
			       "'blockOwnerDeletion':true}]},'spec':%j}",
			       name, cJSON_Duplicate(json_at(o->doc, "spec.jobTemplate.metadata.labels"), true),
			       cJSON_Duplicate(json_at(o->doc, "spec.jobTemplate.metadata.annotations"), true),
			       json_str(o->doc, "metadata.name", ""), kubernetes_uid(o),
			       cJSON_Duplicate(json_at(o->doc, "spec.jobTemplate.spec"), true));
	kubernetes_annotate(doc, "batch.kubernetes.io/cronjob-scheduled-timestamp", text_rfc3339(when, 0, at));
	struct sim_object *job = kubernetes_put(s, cluster->key, "batch", "v1", "jobs", ns, doc);
	json_put_str(job->hidden, "root", kubernetes_uid(o));
	json_put_str(job->hidden, "rootKey", o->key);
	json_put_str(o->hidden, "last", text_rfc3339(when, 0, at));
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "SuccessfulCreate", sim_tmp("Created job %s", name), BY);
	kubernetes_job(s, cluster, job);
}

static void wait_for_next(struct sim *s, const struct sim_object *cluster, struct sim_object *o);

static void due(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	struct sim_object *o = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", "")), *list[MOST_JOBS];
	if (!cluster || !o || strcmp(kubernetes_uid(o), json_str(arg, "uid", "-")) ||
	    json_num(o->hidden, "turn", 0) != json_num(arg, "turn", -1))
		return;
	const char *policy = json_str(o->doc, "spec.concurrencyPolicy", "Allow");
	bool busy = false;
	int n = jobs_of(s, cluster, o, list);
	for (int i = 0; i < n; i++) {
		if (is_over(list[i], "Complete") || is_over(list[i], "Failed"))
			continue;
		busy = true;
		if (!strcmp(policy, "Replace"))
			remove_job(s, cluster, o, list[i]);
	}
	if (busy && !strcmp(policy, "Forbid"))
		kubernetes_event_by(s, cluster->key, o->doc, "Normal", "JobAlreadyActive",
				    "Not starting job because prior execution is running and concurrency policy is Forbid", BY);
	else
		make_job(s, cluster, o, json_num(arg, "when", 0));
	kubernetes_cron_job_look(s, cluster, o);
	wait_for_next(s, cluster, o);
}

static void wait_for_next(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct cron c;
	double now = sim_wall(s), when = cron_parse(json_str(o->doc, "spec.schedule", ""), &c)
					     ? cron_next(&c, now, json_str(o->doc, "spec.timeZone", ""))
					     : 0;
	int turn = (int)json_num(o->hidden, "turn", 0) + 1;
	json_put_num(o->hidden, "turn", turn); /* an earlier wait is void */
	if (json_bool(o->doc, "spec.suspend", false) || when <= now)
		return;
	cJSON *arg = json_make("{'cluster':%s,'key':%s,'uid':%s,'turn':%d}", cluster->key, o->key, kubernetes_uid(o), turn);
	json_put_num(arg, "when", when);
	sim_after(s, when - now, due, arg);
}

void kubernetes_cron_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	int generation = (int)json_num(o->doc, "metadata.generation", 1);
	if ((int)json_num(o->hidden, "seen", 0) == generation)
		return;
	json_put_num(o->hidden, "seen", generation);
	wait_for_next(s, cluster, o);
}
