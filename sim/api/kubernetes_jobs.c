/* Jobs: pods until as many have ended well as are wanted, or too many have failed, or it takes too long. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PODS 100
#define BY "job-controller"

struct tally {
	struct sim_object *list[MOST_PODS];
	int count, active, ready, succeeded, failed, restarts;
};

static void count(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct tally *t)
{
	*t = (struct tally){.count = 0};
	t->count = kubernetes_pods_of(s, cluster, o, t->list, MOST_PODS);
	for (int i = 0; i < t->count; i++) {
		const char *phase = json_str(t->list[i]->doc, "status.phase", "");
		const cJSON *c;
		bool over = !strcmp(phase, "Succeeded") || !strcmp(phase, "Failed");
		t->succeeded += !strcmp(phase, "Succeeded");
		t->failed += !strcmp(phase, "Failed");
		t->active += !over;
		t->ready += !over && json_bool(t->list[i]->hidden, "ready", false);
		cJSON_ArrayForEach(c, json_at(t->list[i]->doc, "status.containerStatuses"))
			t->restarts += (int)json_num(c, "restartCount", 0);
	}
}

static cJSON *condition(const char *type, const char *reason, const char *message, const char *now)
{
	return json_make("{'type':%s,'status':'True','reason':%s,'message':%s,'lastProbeTime':%s,'lastTransitionTime':%s}",
			 type, reason, message, now, now);
}

/* ends: type, reason and message of its end; NULL while it goes on. */
static void report(struct sim *s, const struct sim_object *cluster, struct sim_object *o, const struct tally *t,
		   const char *const ends[3])
{
	const char *now = sim_stamp(s, 0);
	bool suspended = json_bool(o->doc, "spec.suspend", false);
	cJSON *status = json_make("{'ready':%d,'terminating':0,'uncountedTerminatedPods':{}}", ends ? 0 : t->ready);
	if (!suspended || json_at(o->doc, "status.startTime"))
		json_put_str(status, "startTime", json_str(o->doc, "status.startTime", now));
	const struct {
		const char *name;
		int n;
	} counts[] = {{"active", ends ? 0 : t->active}, {"succeeded", t->succeeded}, {"failed", t->failed}};
	for (size_t i = 0; i < 3; i++)
		if (counts[i].n)
			json_put_num(status, counts[i].name, counts[i].n);
	if (ends) {
		bool well = !strcmp(ends[0], "Complete");
		json_put(status, "conditions",
			 json_make("[%j,%j]", condition(well ? "SuccessCriteriaMet" : "FailureTarget", ends[1], ends[2], now),
				   condition(ends[0], ends[1], ends[2], now)));
		kubernetes_event_by(s, cluster->key, o->doc, well ? "Normal" : "Warning", well ? "Completed" : ends[1],
				    well ? "Job completed" : ends[2], BY);
		if (well)
			json_put_str(status, "completionTime", now);
	} else if (suspended) {
		json_put(status, "conditions", json_make("[%j]", condition("Suspended", "JobSuspended", "Job suspended", now)));
	}
	if (json_equal(json_at(o->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
}

static void again(struct sim *s, const cJSON *arg)
{
	kubernetes_look(s, json_str(arg, "cluster", ""), json_str(arg, "key", ""), json_str(arg, "uid", ""));
}

static void expired(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	struct sim_object *o = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", ""));
	if (!cluster || !o || strcmp(kubernetes_uid(o), json_str(arg, "uid", "-")))
		return;
	json_put_bool(o->hidden, "gone", true);
	kubernetes_react(s, cluster, o);
	sim_remove(s, o);
}

static void after(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, double seconds,
		  void (*fn)(struct sim *s, const cJSON *arg))
{
	sim_after(s, seconds, fn, json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, kubernetes_uid(o)));
}

/* The end: what still runs is taken away, whoever made the job is told, and some time later it goes. */
static void finish(struct sim *s, const struct sim_object *cluster, struct sim_object *o, struct tally *t,
		   const char *const ends[3])
{
	for (int i = 0; i < t->count; i++) {
		const char *phase = json_str(t->list[i]->doc, "status.phase", "");
		if (strcmp(phase, "Succeeded") && strcmp(phase, "Failed"))
			kubernetes_pod_remove(s, cluster, t->list[i], BY);
	}
	report(s, cluster, o, t, ends);
	if (json_at(o->doc, "spec.ttlSecondsAfterFinished"))
		after(s, cluster, o, json_num(o->doc, "spec.ttlSecondsAfterFinished", 0), expired);
	kubernetes_look(s, cluster->key, json_str(o->hidden, "rootKey", ""), json_str(o->hidden, "root", ""));
}

static bool over(const struct sim_object *o)
{
	return kubernetes_condition(o->doc, "Complete") || kubernetes_condition(o->doc, "Failed");
}

/* How many pods it is to have now; a failure holds the next one back for ever longer. */
static int room(struct sim *s, const struct sim_object *cluster, struct sim_object *o, const struct tally *t, int completions)
{
	int failed = t->failed;
	if (failed > (int)json_num(o->hidden, "failures", 0)) {
		json_put_num(o->hidden, "failures", failed);
		json_put_num(o->hidden, "until", sim_now(s) + fmin(10 << (failed < 8 ? failed - 1 : 7), 600));
	}
	double left = json_num(o->hidden, "until", 0) - sim_now(s);
	if (left > 0) {
		after(s, cluster, o, left + 0.01, again);
		return 0;
	}
	return (int)fmin(json_num(o->doc, "spec.parallelism", 1), completions - t->succeeded) - t->active;
}

static void look(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	static const char *const complete[] = {"Complete", "CompletionsReached", "Reached expected number of succeeded pods"},
				 *const exceeded[] = {"Failed", "BackoffLimitExceeded",
						      "Job has reached the specified backoff limit"},
				 *const late[] = {"Failed", "DeadlineExceeded",
						  "Job was active longer than specified deadline"};
	struct tally t;
	count(s, cluster, o, &t);
	int completions = (int)json_num(o->doc, "spec.completions", 1), limit = (int)json_num(o->doc, "spec.backoffLimit", 6);
	double deadline = json_num(o->doc, "spec.activeDeadlineSeconds", 0);
	if (t.succeeded >= completions) {
		finish(s, cluster, o, &t, complete);
		return;
	}
	if (t.failed > limit ||
	    (!strcmp(json_str(o->doc, "spec.template.spec.restartPolicy", ""), "OnFailure") && t.restarts > limit)) {
		finish(s, cluster, o, &t, exceeded);
		return;
	}
	if (deadline > 0 && sim_now(s) - json_num(o->hidden, "since", 0) >= deadline) {
		finish(s, cluster, o, &t, late);
		return;
	}
	for (int n = room(s, cluster, o, &t, completions); n > 0; n--) {
		if (!kubernetes_pod_add(s, cluster, o, o, NULL, "", NULL, NULL)) {
			after(s, cluster, o, 60, again);
			break;
		}
		t.active++;
	}
	report(s, cluster, o, &t, NULL);
}

void kubernetes_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct tally t;
	if (over(o))
		return;
	if (json_bool(o->doc, "spec.suspend", false)) {
		count(s, cluster, o, &t);
		for (int i = 0; i < t.count; i++)
			kubernetes_pod_remove(s, cluster, t.list[i], BY);
		t.active = t.ready = 0;
		json_drop(o->doc, "status.startTime");
		json_drop(o->hidden, "since");
		report(s, cluster, o, &t, NULL);
		return;
	}
	if (!json_at(o->hidden, "since")) {
		json_put_num(o->hidden, "since", sim_now(s));
		if (json_num(o->doc, "spec.activeDeadlineSeconds", 0) > 0)
			after(s, cluster, o, json_num(o->doc, "spec.activeDeadlineSeconds", 0) + 0.01, again);
	}
	look(s, cluster, o);
}
