/* Deployments and ReplicaSets: revisions, rollouts, and the sizes of sets, kept up with the pods that there are. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PODS 100
#define REVISION "deployment.kubernetes.io/revision"
#define BY "deployment-controller"

/* Pods of a Deployment, and how many of them are of its present template. */
struct crew {
	struct sim_object *list[MOST_PODS];
	int count, mine, ready, old, old_ready;
};

static void muster(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, const char *hash,
		   struct crew *c)
{
	*c = (struct crew){.count = 0};
	c->count = kubernetes_pods_of(s, cluster, o, c->list, MOST_PODS);
	for (int i = 0; i < c->count; i++) {
		bool same = !strcmp(json_str(c->list[i]->hidden, "hash", ""), hash),
		     ready = json_bool(c->list[i]->hidden, "ready", false);
		*(same ? &c->mine : &c->old) += 1;
		*(same ? &c->ready : &c->old_ready) += ready;
	}
}

static int wanted(const struct sim_object *o)
{
	return (int)fmin(json_num(o->doc, "spec.replicas", 1), MOST_PODS - 4);
}

/* How many more than wanted there may be for a while, and how many may be missing; not both none. */
static int surge(const struct sim_object *o)
{
	return kubernetes_share(json_at(o->doc, "spec.strategy.rollingUpdate.maxSurge"), wanted(o), true);
}

static int spare(const struct sim_object *o)
{
	int n = kubernetes_share(json_at(o->doc, "spec.strategy.rollingUpdate.maxUnavailable"), wanted(o), false);
	return n || surge(o) ? n : 1;
}

/* ReplicaSets. ---------------------------------------------------------------------------------------------------------------- */
static int revision_of(const cJSON *doc)
{
	return atoi(kubernetes_annotation(doc, REVISION));
}

static char *sets(const struct sim_object *cluster, const struct sim_object *o)
{
	return xstrdup(kubernetes_prefix(cluster->key, "apps", "replicasets", json_str(o->doc, "metadata.namespace", "")));
}

static int newest_revision(struct sim *s, const struct sim_object *cluster, const struct sim_object *o)
{
	char *prefix = sets(cluster, o);
	int most = 0;
	for (struct sim_object *rs = sim_first(s, KUBERNETES_OBJECTS, prefix); rs; rs = sim_following(s, rs, prefix))
		if (kubernetes_is_of(rs, o))
			most = (int)fmax(most, revision_of(rs->doc));
	free(prefix);
	return most;
}

static void note_sizes(cJSON *doc, const struct sim_object *o)
{
	kubernetes_annotate(doc, "deployment.kubernetes.io/desired-replicas", sim_tmp("%d", wanted(o)));
	kubernetes_annotate(doc, "deployment.kubernetes.io/max-replicas", sim_tmp("%d", wanted(o) + surge(o)));
}

static cJSON *set_doc(const struct sim_object *o, const char *name, const char *hash)
{
	cJSON *template = cJSON_Duplicate(json_at(o->doc, "spec.template"), true),
	      *selector = cJSON_Duplicate(json_at(o->doc, "spec.selector"), true);
	if (!json_at(template, "metadata.labels"))
		json_put(template, "metadata.labels", cJSON_CreateObject());
	cJSON_AddStringToObject(json_at(template, "metadata.labels"), "pod-template-hash", hash);
	if (!json_at(selector, "matchLabels"))
		json_put(selector, "matchLabels", cJSON_CreateObject());
	cJSON_AddStringToObject(json_at(selector, "matchLabels"), "pod-template-hash", hash);
	return json_make(
	    "{'metadata':{'name':%s,'labels':%j,'annotations':{},'ownerReferences':[{'apiVersion':'apps/"
	    "v1','kind':'Deployment','name':%s,'uid':%s,'controller':true,"
	    "'blockOwnerDeletion':true}]},'spec':{'replicas':0,'selector':%j,'template':%j},'status':{'replicas':0}}",
	    name, cJSON_Duplicate(json_at(template, "metadata.labels"), true), json_str(o->doc, "metadata.name", ""),
	    kubernetes_uid(o), selector, template);
}

/* The ReplicaSet of a Deployment for this template, made when there is none; its revision is the newest. */
static struct sim_object *set_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, const char *hash)
{
	const char *ns = json_str(o->doc, "metadata.namespace", ""),
		   *name = sim_tmp("%s-%s", json_str(o->doc, "metadata.name", ""), hash);
	struct sim_object *rs = kubernetes_named(s, cluster->key, "apps", "replicasets", ns, name);
	int newest = newest_revision(s, cluster, o);
	if (!rs) {
		cJSON *doc = set_doc(o, name, hash);
		kubernetes_annotate(doc, REVISION, sim_tmp("%d", newest + 1));
		note_sizes(doc, o);
		rs = kubernetes_put(s, cluster->key, "apps", "v1", "replicasets", ns, doc);
		json_put_str(rs->hidden, "root", kubernetes_uid(o));
		json_put_str(rs->hidden, "hash", hash);
	} else if (revision_of(rs->doc) < newest) {
		kubernetes_annotate(rs->doc, REVISION, sim_tmp("%d", newest + 1));
		kubernetes_touch(s, cluster->key, rs->doc);
	}
	return rs;
}

/* Sets a ReplicaSet's size and says so in an event of its Deployment. */
static void resize(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct sim_object *rs, int n)
{
	int was = (int)json_num(rs->doc, "spec.replicas", 0);
	note_sizes(rs->doc, o);
	if (was == n)
		return;
	json_put_num(rs->doc, "spec.replicas", n);
	if (json_num(rs->doc, "status.observedGeneration", 0) > 0)
		json_put_num(rs->doc, "metadata.generation", json_num(rs->doc, "metadata.generation", 1) + 1);
	kubernetes_touch(s, cluster->key, rs->doc);
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "ScalingReplicaSet",
			    sim_tmp("Scaled %s replica set %s from %d to %d", n > was ? "up" : "down",
				    json_str(rs->doc, "metadata.name", ""), was, n),
			    BY);
}

static void set_status(struct sim *s, const struct sim_object *cluster, struct sim_object *rs, int count, int ready,
		       const char *failure)
{
	cJSON *status = json_make("{'replicas':%d,'observedGeneration':%d}", count,
				  (int)json_num(rs->doc, "metadata.generation", 1));
	if (count)
		json_put_num(status, "fullyLabeledReplicas", count);
	if (ready) {
		json_put_num(status, "readyReplicas", ready);
		json_put_num(status, "availableReplicas", ready);
	}
	if (failure) {
		json_put(status, "conditions", cJSON_Duplicate(json_at(rs->doc, "status.conditions"), true));
		kubernetes_set_condition(s, status, "ReplicaFailure", true, "FailedCreate", failure);
		json_drop(json_at(status, "conditions.0"), "lastProbeTime");
	}
	if (json_equal(json_at(rs->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, rs, status, "kube-controller-manager", NULL, NULL);
}

/* Every ReplicaSet of the Deployment as large as its pods are many; and those that are too old go. */
static void settle_sets(struct sim *s, const struct sim_object *cluster, struct sim_object *o, const struct crew *c,
			const char *hash)
{
	struct sim_object *next;
	int newest = newest_revision(s, cluster, o), keep = (int)json_num(o->doc, "spec.revisionHistoryLimit", 10);
	char *prefix = sets(cluster, o);
	for (struct sim_object *rs = sim_first(s, KUBERNETES_OBJECTS, prefix); rs; rs = next) {
		int count = 0, ready = 0;
		next = sim_following(s, rs, prefix);
		if (!kubernetes_is_of(rs, o))
			continue;
		bool mine = !strcmp(json_str(rs->hidden, "hash", ""), hash);
		for (int i = 0; i < c->count; i++)
			if (!strcmp(json_str(c->list[i]->hidden, "hash", ""), json_str(rs->hidden, "hash", "-"))) {
				count++;
				ready += json_bool(c->list[i]->hidden, "ready", false);
			}
		if (!mine)
			resize(s, cluster, o, rs, count);
		set_status(s, cluster, rs, count, ready, mine ? json_str(o->hidden, "refused", NULL) : NULL);
		if (!count && !mine && revision_of(rs->doc) < newest - keep)
			sim_remove(s, rs);
	}
	free(prefix);
}

/* Status. ------------------------------------------------------------------------------------------------------------------------ */
static cJSON *condition(struct sim *s, const char *type, bool status, const char *reason, const char *message)
{
	const char *now = sim_stamp(s, 0);
	cJSON *c = json_make("{'type':%s,'status':%s,'lastUpdateTime':%s,'lastTransitionTime':%s,'reason':%s,'message':%s}",
			     type, status ? "True" : "False", now, now, reason, message);
	return c;
}

/* The conditions as they are now, those that changed behind those that did not; fresh is taken over. */
static cJSON *next_conditions(const cJSON *old, cJSON *fresh)
{
	cJSON *all = old ? cJSON_Duplicate(old, true) : cJSON_CreateArray();
	while (fresh->child) {
		cJSON *c = cJSON_DetachItemViaPointer(fresh, fresh->child), *was = all->child;
		while (was && strcmp(json_str(was, "type", ""), json_str(c, "type", "")))
			was = was->next;
		bool same = was && !strcmp(json_str(was, "status", ""), json_str(c, "status", ""));
		if (same)
			json_put_str(c, "lastTransitionTime", json_str(was, "lastTransitionTime", ""));
		if (same && !strcmp(json_str(was, "reason", ""), json_str(c, "reason", "")) &&
		    !strcmp(json_str(was, "message", ""), json_str(c, "message", ""))) {
			cJSON_Delete(c);
			continue;
		}
		if (was)
			cJSON_Delete(cJSON_DetachItemViaPointer(all, was));
		cJSON_AddItemToArray(all, c);
	}
	cJSON_Delete(fresh);
	return all;
}

static cJSON *progress(struct sim *s, const struct sim_object *o, const struct crew *c, const char *set)
{
	const cJSON *was = kubernetes_condition(o->doc, "Progressing");
	bool done = c->ready >= wanted(o) && c->mine == wanted(o) && !c->old;
	/* Once all is rolled out, another size is no progress. */
	done = done || (!c->old && was && !strcmp(json_str(was, "reason", ""), "NewReplicaSetAvailable") &&
			text_starts(json_str(was, "message", ""), set));
	bool late = sim_now(s) - json_num(o->hidden, "since", 0) >= json_num(o->doc, "spec.progressDeadlineSeconds", 600);
	if (done)
		return condition(s, "Progressing", true, "NewReplicaSetAvailable",
				 sim_tmp("%s has successfully progressed.", set));
	if (json_bool(o->doc, "spec.paused", false))
		return condition(s, "Progressing", true, "DeploymentPaused", "Deployment is paused");
	return late ? condition(s, "Progressing", false, "ProgressDeadlineExceeded",
				sim_tmp("%s has timed out progressing.", set))
		    : condition(s, "Progressing", true, "ReplicaSetUpdated", sim_tmp("%s is progressing.", set));
}

static void deployment_status(struct sim *s, const struct sim_object *cluster, struct sim_object *o, const struct crew *c,
			      const char *hash)
{
	int want = wanted(o), all = c->mine + c->old, ready = c->ready + c->old_ready;
	const char *set = sim_tmp("ReplicaSet \"%s-%s\"", json_str(o->doc, "metadata.name", ""), hash),
		   *refused = json_str(o->hidden, "refused", NULL);
	bool enough = ready > 0 && ready >= want - spare(o);
	const struct {
		const char *name;
		int n;
	} counts[] = {{"replicas", all},
		      {"updatedReplicas", c->mine},
		      {"readyReplicas", ready},
		      {"availableReplicas", ready},
		      {"unavailableReplicas", (int)fmax(all, want) - ready}};
	cJSON *status = json_make("{'observedGeneration':%d}", (int)json_num(o->doc, "metadata.generation", 1));
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		if (counts[i].n > 0)
			json_put_num(status, counts[i].name, counts[i].n);
	cJSON *fresh = json_make("[%j,%j]",
				 enough || !want ? condition(s, "Available", true, "MinimumReplicasAvailable",
							     "Deployment has minimum availability.")
						 : condition(s, "Available", false, "MinimumReplicasUnavailable",
							     "Deployment does not have minimum availability."),
				 progress(s, o, c, set));
	if (refused)
		cJSON_AddItemToArray(fresh, condition(s, "ReplicaFailure", true, "FailedCreate", refused));
	cJSON *conditions = next_conditions(json_at(o->doc, "status.conditions"), fresh), *one;
	cJSON_ArrayForEach(one, conditions)
		if (!refused && !strcmp(json_str(one, "type", ""), "ReplicaFailure")) {
			cJSON_Delete(cJSON_DetachItemViaPointer(conditions, one));
			break;
		}
	json_put(status, "conditions", conditions);
	settle_sets(s, cluster, o, c, hash);
	kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", REVISION,
			  sim_tmp("%d", newest_revision(s, cluster, o)));
}

/* Rollouts. ---------------------------------------------------------------------------------------------------------------------- */
/* New pods as far as the strategy lets there be more; a refused one stops it, and is tried again. */
static void add_pods(struct sim *s, const struct sim_object *cluster, struct sim_object *o, struct crew *c, const char *hash,
		     bool recreate)
{
	int room = recreate ? (c->old ? 0 : wanted(o) - c->mine)
			    : (int)fmin(wanted(o) - c->mine, wanted(o) + surge(o) - c->mine - c->old);
	struct sim_object *rs = set_of(s, cluster, o, hash);
	const char *why = NULL;
	json_drop(o->hidden, "refused");
	resize(s, cluster, o, rs, c->mine + (room > 0 ? room : 0));
	for (; room > 0 && c->count < MOST_PODS; room--) {
		struct sim_object *pod = kubernetes_pod_add(s, cluster, rs, o, NULL, hash, NULL, &why);
		if (!pod)
			break;
		c->list[c->count++] = pod;
		c->mine++;
	}
	if (why)
		json_put_str(o->hidden, "refused", why);
}

static void take_away(struct sim *s, const struct sim_object *cluster, struct crew *c, int i)
{
	kubernetes_pod_remove(s, cluster, c->list[i], "replicaset-controller");
	memmove(&c->list[i], &c->list[i + 1], sizeof c->list[0] * (size_t)(--c->count - i));
}

/* Old pods go: all before the new ones come, or as new ones are ready, those that are not ready themselves first. */
static void drop_old(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct crew *c,
		     const char *hash, bool recreate)
{
	for (int pass = 0; pass < 2; pass++)
		for (int i = c->count - 1; i >= 0; i--) {
			bool mine = !strcmp(json_str(c->list[i]->hidden, "hash", ""), hash),
			     ready = json_bool(c->list[i]->hidden, "ready", false);
			if (mine || ready != (pass == 1) ||
			    (!recreate && ready && c->ready + c->old_ready <= wanted(o) - spare(o)) ||
			    (!recreate && !ready && c->mine < 1))
				continue;
			c->old--;
			c->old_ready -= ready;
			take_away(s, cluster, c, i);
		}
}

static void drop_spare(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct crew *c,
		       const char *hash)
{
	for (int i = c->count - 1; i >= 0 && c->mine > wanted(o); i--)
		if (!strcmp(json_str(c->list[i]->hidden, "hash", ""), hash)) {
			c->mine--;
			c->ready -= json_bool(c->list[i]->hidden, "ready", false);
			take_away(s, cluster, c, i);
		}
}

static void again(struct sim *s, const cJSON *arg)
{
	kubernetes_look(s, json_str(arg, "cluster", ""), json_str(arg, "key", ""), json_str(arg, "uid", ""));
}

static void look_later(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, double seconds)
{
	sim_after(s, seconds, again, json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, kubernetes_uid(o)));
}

void kubernetes_deployment_look(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const char *hash = sim_tmp("%s", kubernetes_hash(json_at(o->doc, "spec.template")));
	bool recreate = !strcmp(json_str(o->doc, "spec.strategy.type", ""), "Recreate"),
	     paused = json_bool(o->doc, "spec.paused", false);
	struct crew c;
	muster(s, cluster, o, hash, &c);
	if (!paused) {
		drop_old(s, cluster, o, &c, hash, recreate);
		drop_spare(s, cluster, o, &c, hash);
		add_pods(s, cluster, o, &c, hash, recreate);
	}
	deployment_status(s, cluster, o, &c, hash);
	if (json_at(o->hidden, "refused"))
		look_later(s, cluster, o, 30);
}

void kubernetes_deployment(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	if ((int)json_num(o->doc, "status.observedGeneration", 0) == (int)json_num(o->doc, "metadata.generation", 1))
		return;
	json_put_num(o->hidden, "since", sim_now(s));
	kubernetes_deployment_look(s, cluster, o);
	look_later(s, cluster, o,
		   json_num(o->doc, "spec.progressDeadlineSeconds", 600) + 1); /* it is late then, or long done */
}

/* One that nobody controls keeps up its own pods. */
void kubernetes_replica_set(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct sim_object *list[MOST_PODS];
	int n = kubernetes_pods_of(s, cluster, o, list, MOST_PODS), ready = 0;
	if (json_at(o->doc, "metadata.ownerReferences.0"))
		return;
	for (; n > wanted(o); n--)
		kubernetes_pod_remove(s, cluster, list[n - 1], "replicaset-controller");
	while (n < wanted(o) && (list[n] = kubernetes_pod_add(s, cluster, o, o, NULL, "", NULL, NULL)))
		n++;
	for (int i = 0; i < n; i++)
		ready += json_bool(list[i]->hidden, "ready", false);
	set_status(s, cluster, o, n, ready, NULL);
}
