/* Deployments and jobs at work: their pods, each run as far as its containers go, tried again as a kubelet does, and told of in status and events. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"
#define MOST_PODS 20

static const char *uid(const struct sim_object *o)
{
	return json_str(o->doc, "metadata.uid", "");
}

static struct sim_object *cluster_of(struct sim *s, const char *key)
{
	return sim_get(s, "container.clusters", key);
}

static const char *pods_prefix(const char *cluster, const char *ns)
{
	char *key = kubernetes_key(cluster, kubernetes_resource_find("", "v1", "pods"), ns, "");
	const char *kept = sim_tmp("%s", key);
	free(key);
	return kept;
}

cJSON *kubernetes_condition(struct sim *s, const char *type, bool status, const char *reason, const char *message)
{
	char *now = sim_time(s, 0);
	cJSON *c = json_make("{'type':%s,'status':%s,'lastUpdateTime':%s,'lastTransitionTime':%s}", type, status ? "True" : "False", now, now);
	if (*reason)
		json_put_str(c, "reason", reason);
	if (*message)
		json_put_str(c, "message", message);
	free(now);
	return c;
}

void kubernetes_event(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason, const char *message)
{
	kubernetes_event_by(s, cluster, about, type, reason, message, "kubelet");
}

void kubernetes_event_by(struct sim *s, const char *cluster, const cJSON *about, const char *type, const char *reason, const char *message,
			 const char *component)
{
	char *now = sim_time(s, 0);
	const struct sim_object *state = sim_get(s, "kubernetes.state", cluster);
	/* By the time, and in their order within it. */
	unsigned long long moment = (unsigned long long)(sim_wall(s) * 1e9) + (unsigned long long)(state ? json_num(state->doc, "version", 0) : 0);
	const char *ns = json_str(about, "metadata.namespace", "default"), *name = json_str(about, "metadata.name", "");
	kubernetes_put(s, cluster, "", "v1", "events", ns,
		       json_make("{'metadata':{'name':%s},'involvedObject':{'apiVersion':%s,'kind':%s,'namespace':%s,'name':%s,'uid':%s},'reason':%s,'message':%s,"
				 "'type':%s,'count':1,'firstTimestamp':%s,'lastTimestamp':%s,'source':{'component':%s},'reportingComponent':%s}",
				 sim_tmp("%s.%016llx", name, moment), json_str(about, "apiVersion", ""), json_str(about, "kind", ""), ns, name,
				 json_str(about, "metadata.uid", ""), reason, message, type, now, now, component, component));
	free(now);
}

/* Pods. --------------------------------------------------------------------------------------------------------------------- */
static const char *address_of(struct sim *s, const struct sim_object *cluster)
{
	char text[16];
	uint32_t base = 10u << 24 | 64u << 16, n = (uint32_t)json_num(cluster->hidden, "pods", 0) + 1;
	json_put_num(cluster->hidden, "pods", n);
	(void)s;
	return sim_tmp("%s", ip4_text(base + 2 + n, text));
}

/* Five letters as the API server draws them for a generateName. */
static const char *drawn_tail(struct sim *s)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	char tail[6] = "";
	for (int i = 0; i < 5; i++)
		tail[i] = letters[sim_random(s) % (sizeof letters - 1)];
	return sim_tmp("%s", tail);
}

/* A pod of a ReplicaSet or a Job; root is whose work it does. */
static struct sim_object *new_pod(struct sim *s, const struct sim_object *cluster, const struct sim_object *owner, const struct sim_object *root, const char *hash)
{
	const char *ns = json_str(owner->doc, "metadata.namespace", ""), *kind = json_str(owner->doc, "kind", ""), *name = json_str(owner->doc, "metadata.name", "");
	bool job = !strcmp(kind, "Job");
	char *now = sim_time(s, 0);
	cJSON *doc = json_make("{'metadata':{'name':%s,'generateName':%s,'labels':%j,'annotations':%j,'ownerReferences':[{'apiVersion':%s,'kind':%s,'name':%s,"
			       "'uid':%s,'controller':true,'blockOwnerDeletion':true}]},'spec':%j,'status':{'phase':'Pending','startTime':%s,'podIP':%s,"
			       "'conditions':[%j]}}",
			       sim_tmp("%s-%s", name, drawn_tail(s)), sim_tmp("%s-", name), cJSON_Duplicate(json_at(owner->doc, "spec.template.metadata.labels"), true),
			       cJSON_Duplicate(json_at(owner->doc, "spec.template.metadata.annotations"), true), json_str(owner->doc, "apiVersion", ""), kind, name,
			       uid(owner), cJSON_Duplicate(json_at(owner->doc, "spec.template.spec"), true), now, address_of(s, cluster),
			       kubernetes_condition(s, "Ready", false, "ContainersNotReady", ""));
	struct sim_object *pod = kubernetes_put(s, cluster->key, "", "v1", "pods", ns, doc);
	json_put_str(pod->hidden, "hash", hash);
	json_put_str(pod->hidden, "root", uid(root));
	const char *made = json_str(pod->doc, "metadata.name", "");
	kubernetes_event_by(s, cluster->key, owner->doc, "Normal", "SuccessfulCreate", sim_tmp("Created pod: %s", made), job ? "job-controller" : "replicaset-controller");
	kubernetes_event_by(s, cluster->key, pod->doc, "Normal", "Scheduled", sim_tmp("Successfully assigned %s/%s to a node", ns, made), "default-scheduler");
	free(now);
	return pod;
}

static bool is_of(const struct sim_object *pod, const struct sim_object *owner)
{
	return !strcmp(json_str(pod->hidden, "root", ""), uid(owner));
}

static int pods_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *owner, struct sim_object **list)
{
	const char *prefix = pods_prefix(cluster->key, json_str(owner->doc, "metadata.namespace", ""));
	int n = 0;
	for (struct sim_object *o = sim_first(s, OBJECTS, prefix); o && n < MOST_PODS; o = sim_following(s, o, prefix))
		if (is_of(o, owner))
			list[n++] = o;
	return n;
}

/* Endpoints. ---------------------------------------------------------------------------------------------------------------- */
static bool selects(const cJSON *selector, const cJSON *labels)
{
	for (const cJSON *l = selector ? selector->child : NULL; l; l = l->next) {
		const cJSON *mine = cJSON_GetObjectItemCaseSensitive(labels, l->string);
		if (!cJSON_IsString(mine) || strcmp(mine->valuestring, l->valuestring))
			return false;
	}
	return selector && selector->child;
}

/* The container's port behind a target port, which may be a name. */
static int target_port(const cJSON *pod, const cJSON *port)
{
	const cJSON *target = json_at(port, "targetPort"), *k, *p;
	if (cJSON_IsNumber(target))
		return target->valueint;
	cJSON_ArrayForEach(k, json_at(pod, "spec.containers"))
		cJSON_ArrayForEach(p, json_at(k, "ports"))
			if (cJSON_IsString(target) && !strcmp(json_str(p, "name", ""), target->valuestring))
				return (int)json_num(p, "containerPort", 0);
	return cJSON_IsString(target) ? 0 : (int)json_num(port, "port", 0);
}

cJSON *kubernetes_endpoints(struct sim *s, const char *cluster, const char *ns, const char *service, const char *port)
{
	char *key = kubernetes_key(cluster, kubernetes_resource_find("", "v1", "services"), ns, service);
	const struct sim_object *o = sim_get(s, OBJECTS, key);
	const cJSON *p, *wanted = o ? json_at(o->doc, "spec.ports.0") : NULL;
	cJSON *all = cJSON_CreateArray();
	cJSON_ArrayForEach(p, (o ? json_at(o->doc, "spec.ports") : NULL))
		if (!strcmp(json_str(p, "name", "-"), port) || atoi(port) == (int)json_num(p, "port", -1))
			wanted = p;
	const char *prefix = pods_prefix(cluster, ns);
	for (struct sim_object *pod = wanted ? sim_first(s, OBJECTS, prefix) : NULL; pod; pod = sim_following(s, pod, prefix))
		if (json_bool(pod->hidden, "ready", false) && selects(json_at(o->doc, "spec.selector"), json_at(pod->doc, "metadata.labels")))
			cJSON_AddItemToArray(all, json_make("{'ipAddress':%s,'port':%d}", json_str(pod->doc, "status.podIP", ""), target_port(pod->doc, wanted)));
	free(key);
	return all;
}

/* Deployments. -------------------------------------------------------------------------------------------------------------- */

/* A template's hash, as the letters that the controllers spell it with. */
static const char *hash_of(const struct sim_object *deployment)
{
	static const char letters[] = "456789bcdf";
	char *text = json_text(json_at(deployment->doc, "spec.template"), -1), number[16];
	uint32_t h = 2166136261u;
	for (const char *p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	snprintf(number, sizeof number, "%u", h | 1u << 31);
	for (char *p = number; *p; p++)
		*p = letters[*p - '0'];
	free(text);
	return sim_tmp("%s", number);
}

/* Whole numbers of replicas, as "25%" of so many is, rounded up. */
static int share_of(const cJSON *v, int of)
{
	const char *text = cJSON_IsString(v) ? v->valuestring : NULL;
	return text ? (int)ceil(atoi(text) * of / 100.0) : cJSON_IsNumber(v) ? v->valueint : 0;
}

static int most_replicas(const struct sim_object *deployment)
{
	int want = (int)json_num(deployment->doc, "spec.replicas", 1);
	return want + share_of(json_at(deployment->doc, "spec.strategy.rollingUpdate.maxSurge"), want);
}

static void annotate(cJSON *doc, const char *name, const char *value)
{
	if (!json_at(doc, "metadata.annotations"))
		json_put(doc, "metadata.annotations", cJSON_CreateObject());
	cJSON_DeleteItemFromObjectCaseSensitive(json_at(doc, "metadata.annotations"), name);
	cJSON_AddStringToObject(json_at(doc, "metadata.annotations"), name, value);
}

static int revision_of(const cJSON *doc)
{
	const cJSON *a = cJSON_GetObjectItemCaseSensitive(json_at(doc, "metadata.annotations"), "deployment.kubernetes.io/revision");
	return cJSON_IsString(a) ? atoi(a->valuestring) : 0;
}

static const char *sets_prefix(const struct sim_object *cluster, const struct sim_object *o, const char *name)
{
	char *key = kubernetes_key(cluster->key, kubernetes_resource_find("apps", "v1", "replicasets"), json_str(o->doc, "metadata.namespace", ""), name);
	const char *kept = sim_tmp("%s", key);
	free(key);
	return kept;
}

static int newest_revision(struct sim *s, const struct sim_object *cluster, const struct sim_object *o)
{
	const char *prefix = sets_prefix(cluster, o, "");
	int most = 0;
	for (struct sim_object *rs = sim_first(s, OBJECTS, prefix); rs; rs = sim_following(s, rs, prefix))
		if (is_of(rs, o))
			most = (int)fmax(most, revision_of(rs->doc));
	return most;
}

/* The ReplicaSet of a Deployment for this template, made when there is none; its revision is the newest. */
static struct sim_object *replica_set(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, const char *hash)
{
	const char *name = sim_tmp("%s-%s", json_str(o->doc, "metadata.name", ""), hash);
	struct sim_object *rs = sim_get(s, OBJECTS, sets_prefix(cluster, o, name));
	int newest = newest_revision(s, cluster, o), want = (int)json_num(o->doc, "spec.replicas", 1);
	if (!rs) {
		cJSON *template = cJSON_Duplicate(json_at(o->doc, "spec.template"), true), *selector = cJSON_Duplicate(json_at(o->doc, "spec.selector"), true);
		if (!json_at(template, "metadata.labels"))
			json_put(template, "metadata.labels", cJSON_CreateObject());
		cJSON_AddStringToObject(json_at(template, "metadata.labels"), "pod-template-hash", hash);
		if (!json_at(selector, "matchLabels"))
			json_put(selector, "matchLabels", cJSON_CreateObject());
		cJSON_AddStringToObject(json_at(selector, "matchLabels"), "pod-template-hash", hash);
		rs = kubernetes_put(s, cluster->key, "apps", "v1", "replicasets", json_str(o->doc, "metadata.namespace", ""),
				    json_make("{'metadata':{'name':%s,'labels':%j,'annotations':{'deployment.kubernetes.io/desired-replicas':%s,"
					      "'deployment.kubernetes.io/max-replicas':%s,'deployment.kubernetes.io/revision':%s},'ownerReferences':[{'apiVersion':"
					      "'apps/v1','kind':'Deployment','name':%s,'uid':%s,'controller':true,'blockOwnerDeletion':true}]},'spec':{'replicas':%d,"
					      "'selector':%j,'template':%j},'status':{'replicas':0}}",
					      name, cJSON_Duplicate(json_at(template, "metadata.labels"), true), sim_tmp("%d", want), sim_tmp("%d", most_replicas(o)),
					      sim_tmp("%d", newest + 1),
					      json_str(o->doc, "metadata.name", ""), uid(o), want, selector, template));
		if (want)
			kubernetes_event_by(s, cluster->key, o->doc, "Normal", "ScalingReplicaSet", sim_tmp("Scaled up replica set %s from 0 to %d", name, want),
					    "deployment-controller");
		json_put_str(rs->hidden, "root", uid(o));
		json_put_str(rs->hidden, "hash", hash);
	} else if (revision_of(rs->doc) < newest) {
		annotate(rs->doc, "deployment.kubernetes.io/revision", sim_tmp("%d", newest + 1));
		kubernetes_touch(s, cluster->key, rs->doc);
	}
	return rs;
}

/* Sets a ReplicaSet's size and says so in an event of its Deployment. */
static void resize_set(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct sim_object *rs, int n)
{
	int was = (int)json_num(rs->doc, "spec.replicas", 0), want = (int)json_num(o->doc, "spec.replicas", 1);
	annotate(rs->doc, "deployment.kubernetes.io/desired-replicas", sim_tmp("%d", want));
	annotate(rs->doc, "deployment.kubernetes.io/max-replicas", sim_tmp("%d", most_replicas(o)));
	if (was == n)
		return;
	json_put_num(rs->doc, "spec.replicas", n);
	if (json_num(rs->doc, "status.observedGeneration", 0) > 0)
		json_put_num(rs->doc, "metadata.generation", json_num(rs->doc, "metadata.generation", 1) + 1);
	kubernetes_touch(s, cluster->key, rs->doc);
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "ScalingReplicaSet",
			    sim_tmp("Scaled %s replica set %s from %d to %d", n > was ? "up" : "down", json_str(rs->doc, "metadata.name", ""), was, n),
			    "deployment-controller");
}

static void set_status(struct sim *s, const struct sim_object *cluster, struct sim_object *rs, int count, int ready)
{
	cJSON *status = json_make("{'replicas':%d,'observedGeneration':%d}", count, (int)json_num(rs->doc, "metadata.generation", 1));
	if (count)
		json_put_num(status, "fullyLabeledReplicas", count);
	if (ready) {
		json_put_num(status, "readyReplicas", ready);
		json_put_num(status, "availableReplicas", ready);
	}
	if (json_equal(json_at(rs->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, rs, status, "kube-controller-manager", NULL, NULL);
}

/* Every ReplicaSet of the Deployment as large as its pods are many; and those that are too old go. */
static void settle_sets(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct sim_object *list[MOST_PODS], *next;
	int n = pods_of(s, cluster, o, list), newest = newest_revision(s, cluster, o), keep = (int)json_num(o->doc, "spec.revisionHistoryLimit", 10);
	const char *prefix = sets_prefix(cluster, o, ""), *mine = hash_of(o);
	for (struct sim_object *rs = sim_first(s, OBJECTS, prefix); rs; rs = next) {
		int count = 0, ready = 0;
		next = sim_following(s, rs, prefix);
		if (!is_of(rs, o))
			continue;
		for (int i = 0; i < n; i++)
			if (!strcmp(json_str(list[i]->hidden, "hash", ""), json_str(rs->hidden, "hash", "-"))) {
				count++;
				ready += json_bool(list[i]->hidden, "ready", false);
			}
		resize_set(s, cluster, o, rs, count);
		set_status(s, cluster, rs, count, ready);
		if (!count && strcmp(json_str(rs->hidden, "hash", ""), mine) && revision_of(rs->doc) < newest - keep)
			sim_remove(s, rs);
	}
}

/* How many may be missing: a share is rounded down. */
static int spare(const struct sim_object *deployment)
{
	const cJSON *v = json_at(deployment->doc, "spec.strategy.rollingUpdate.maxUnavailable");
	int want = (int)json_num(deployment->doc, "spec.replicas", 1);
	return cJSON_IsString(v) ? atoi(v->valuestring) * want / 100 : cJSON_IsNumber(v) ? v->valueint : 0;
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
		if (same && !strcmp(json_str(was, "reason", ""), json_str(c, "reason", "")) && !strcmp(json_str(was, "message", ""), json_str(c, "message", ""))) {
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

static void deployment_status(struct sim *s, const struct sim_object *cluster, struct sim_object *o, int mine, int ready, int old, bool late)
{
	int want = (int)json_num(o->doc, "spec.replicas", 1), generation = (int)json_num(o->doc, "metadata.generation", 1), all = mine + old;
	const char *set = sim_tmp("ReplicaSet \"%s-%s\"", json_str(o->doc, "metadata.name", ""), hash_of(o));
	const cJSON *c;
	bool done = ready >= want && mine == want && !old;
	/* Once all is rolled out, another size is no progress. */
	cJSON_ArrayForEach(c, json_at(o->doc, "status.conditions"))
		done = done || (!old && !strcmp(json_str(c, "reason", ""), "NewReplicaSetAvailable") && text_starts(json_str(c, "message", ""), set));
	bool enough = ready + old > 0 && ready + old >= want - spare(o);
	cJSON *status = json_make("{'observedGeneration':%d}", generation);
	if (all)
		json_put_num(status, "replicas", all);
	if (mine)
		json_put_num(status, "updatedReplicas", mine);
	if (ready + old > 0) {
		json_put_num(status, "readyReplicas", ready + old);
		json_put_num(status, "availableReplicas", ready + old);
	}
	if (mine > ready)
		json_put_num(status, "unavailableReplicas", mine - ready);
	json_put(status, "conditions", next_conditions(json_at(o->doc, "status.conditions"),
		 json_make("[%j,%j]",
			   enough || !want ? kubernetes_condition(s, "Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
					   : kubernetes_condition(s, "Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
			   done ? kubernetes_condition(s, "Progressing", true, "NewReplicaSetAvailable", sim_tmp("%s has successfully progressed.", set))
			   : late ? kubernetes_condition(s, "Progressing", false, "ProgressDeadlineExceeded", sim_tmp("%s has timed out progressing.", set))
				  : kubernetes_condition(s, "Progressing", true, "ReplicaSetUpdated", sim_tmp("%s is progressing.", set)))));
	settle_sets(s, cluster, o);
	kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", "deployment.kubernetes.io/revision", sim_tmp("%d", newest_revision(s, cluster, o)));
}

static void deployment_step(struct sim *s, const cJSON *arg);

static void again(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, double seconds)
{
	cJSON *arg = json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, uid(o));
	json_put_num(arg, "generation", json_num(o->doc, "metadata.generation", 1));
	sim_after(s, seconds, deployment_step, arg);
}

/* Runs what does not run yet, lets the old ones go once the new ones are ready, and looks again while something is wrong. */
static void deployment_step(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = cluster_of(s, json_str(arg, "cluster", ""));
	struct sim_object *o = sim_get(s, OBJECTS, json_str(arg, "key", "")), *list[MOST_PODS];
	if (!cluster || !o || strcmp(uid(o), json_str(arg, "uid", "")) || json_num(o->doc, "metadata.generation", 1) != json_num(arg, "generation", 0))
		return;
	int want = (int)fmin(json_num(o->doc, "spec.replicas", 1), MOST_PODS - 4), mine = 0, ready = 0, old = 0, tries = 0;
	const char *hash = hash_of(o);
	int n = pods_of(s, cluster, o, list);
	for (int i = 0; i < n; i++) {
		if (strcmp(json_str(list[i]->hidden, "hash", ""), hash))
			continue;
		ready += json_bool(list[i]->hidden, "ready", false) || sim_workloads(s)->pod_tried(s, cluster, list[i]);
		tries = (int)fmax(tries, json_num(list[i]->hidden, "tries", 0));
		mine++;
	}
	for (int i = 0; i < n; i++) {
		if (!strcmp(json_str(list[i]->hidden, "hash", ""), hash))
			continue;
		if (ready >= want)
			sim_remove(s, list[i]);
		else
			old += json_bool(list[i]->hidden, "ready", false);
	}
	bool late = sim_now(s) - json_num(o->hidden, "since", 0) > json_num(o->doc, "spec.progressDeadlineSeconds", 600);
	deployment_status(s, cluster, o, mine, ready, old, late);
	if (ready < mine)
		again(s, cluster, o, tries < 6 ? 10 << tries : 300);
}

void kubernetes_deployment(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct sim_object *list[MOST_PODS];
	int want = (int)fmin(json_num(o->doc, "spec.replicas", 1), MOST_PODS - 4), n, mine = 0, old = 0;
	if ((int)json_num(o->doc, "status.observedGeneration", 0) == (int)json_num(o->doc, "metadata.generation", 1))
		return;
	const char *hash = hash_of(o);
	bool recreate = !strcmp(json_str(o->doc, "spec.strategy.type", ""), "Recreate"), fresh = false;
	n = pods_of(s, cluster, o, list);
	for (int i = 0; i < n; i++) {
		bool same = !strcmp(json_str(list[i]->hidden, "hash", ""), hash);
		if ((same && mine == want) || (!same && recreate))
			sim_remove(s, list[i]);
		else
			*(same ? &mine : &old) += 1;
	}
	struct sim_object *rs = replica_set(s, cluster, o, hash);
	resize_set(s, cluster, o, rs, want);
	for (; mine < want && mine + old < MOST_PODS; mine++, fresh = true)
		new_pod(s, cluster, rs, o, hash);
	json_put_num(o->hidden, "since", sim_now(s));
	int ready = 0;
	n = pods_of(s, cluster, o, list);
	for (int i = 0; i < n; i++)
		ready += !strcmp(json_str(list[i]->hidden, "hash", ""), hash) && json_bool(list[i]->hidden, "ready", false);
	deployment_status(s, cluster, o, mine, ready, old, false);
	again(s, cluster, o, fresh || ready < mine ? sim_draw(s, "kubernetes.pod.start") : 1);
}

/* Jobs. --------------------------------------------------------------------------------------------------------------------- */
/* What is counted of a job's pods, and the conditions of its end: type, reason, message; none while it goes on. */
static void job_status(struct sim *s, const struct sim_object *cluster, struct sim_object *o, int active, int succeeded, int failed, const char *const ends[3])
{
	static const char *const before[][2] = {{"Complete", "SuccessCriteriaMet"}, {"Failed", "FailureTarget"}};
	char *now = sim_time(s, 0);
	cJSON *status = json_make("{'startTime':%s,'ready':%d,'terminating':0,'uncountedTerminatedPods':{}}", json_str(o->doc, "status.startTime", now), 0);
	if (active)
		json_put_num(status, "active", active);
	if (succeeded)
		json_put_num(status, "succeeded", succeeded);
	if (failed)
		json_put_num(status, "failed", failed);
	if (ends) {
		const char *first = before[strcmp(ends[0], "Complete") != 0][1];
		json_put(status, "conditions", json_make("[{'type':%s,'status':'True','reason':%s,'message':%s,'lastProbeTime':%s,'lastTransitionTime':%s},{'type':%s,"
							 "'status':'True','reason':%s,'message':%s,'lastProbeTime':%s,'lastTransitionTime':%s}]",
							 first, ends[1], ends[2], now, now, ends[0], ends[1], ends[2], now, now));
		kubernetes_event_by(s, cluster->key, o->doc, strcmp(ends[0], "Complete") ? "Warning" : "Normal", strcmp(ends[0], "Complete") ? ends[1] : "Completed",
				    strcmp(ends[0], "Complete") ? ends[2] : "Job completed", "job-controller");
		if (!strcmp(ends[0], "Complete"))
			json_put_str(status, "completionTime", now);
	}
	kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
	free(now);
}

/* The containers of a pod that has ended well. */
static void end_pod(struct sim *s, const struct sim_object *cluster, struct sim_object *pod)
{
	char *now = sim_time(s, 0);
	cJSON *c;
	cJSON_ArrayForEach(c, json_at(pod->doc, "status.containerStatuses")) {
		json_put(c, "state", json_make("{'terminated':{'exitCode':0,'reason':'Completed','startedAt':%s,'finishedAt':%s}}", now, now));
		json_put_bool(c, "ready", false);
		json_put_bool(c, "started", false);
	}
	kubernetes_touch(s, cluster->key, pod->doc);
	free(now);
}

/* A program that we do not know ends well; one that serves for ever does not end. */
static bool ended_well(const struct sim_object *pod, bool ready)
{
	const cJSON *k;
	cJSON_ArrayForEach(k, json_at(pod->doc, "status.containerStatuses"))
		if (json_at(k, "state.waiting"))
			return false;
	return ready;
}

/* One whose containers could not be made yet. */
static struct sim_object *waiting_pod(struct sim *s, const struct sim_object *cluster, const struct sim_object *job)
{
	struct sim_object *list[MOST_PODS];
	int n = pods_of(s, cluster, job, list);
	for (int i = 0; i < n; i++)
		if (!strcmp(json_str(list[i]->doc, "status.phase", ""), "Pending"))
			return list[i];
	return NULL;
}

static void job_step(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = cluster_of(s, json_str(arg, "cluster", ""));
	struct sim_object *o = sim_get(s, OBJECTS, json_str(arg, "key", ""));
	if (!cluster || !o || strcmp(uid(o), json_str(arg, "uid", "")) || json_bool(o->doc, "spec.suspend", false))
		return;
	struct sim_object *pod = waiting_pod(s, cluster, o);
	pod = pod ? pod : new_pod(s, cluster, o, o, "");
	bool well = ended_well(pod, sim_workloads(s)->pod_tried(s, cluster, pod));
	int failed = (int)json_num(o->doc, "status.failed", 0), limit = (int)json_num(o->doc, "spec.backoffLimit", 6);
	bool stuck = !well && json_at(pod->doc, "status.containerStatuses.0.state.waiting") &&
		     strcmp(json_str(pod->doc, "status.containerStatuses.0.state.waiting.reason", ""), "CrashLoopBackOff");
	const char *phase = well ? "Succeeded" : stuck ? "Pending" : "Failed";
	json_put_str(pod->doc, "status.phase", phase);
	json_put_bool(pod->hidden, "ready", false);
	json_put_bool(pod->hidden, "live", false);
	static const char *const complete[] = {"Complete", "CompletionsReached", "Reached expected number of succeeded pods"},
				 *const exceeded[] = {"Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"};
	failed += !well && !stuck;
	if (well) {
		end_pod(s, cluster, pod);
		job_status(s, cluster, o, 0, (int)json_num(o->doc, "spec.completions", 1), failed, complete);
	} else if (stuck) { /* a pod that cannot start waits for what it needs; it has not failed */
		job_status(s, cluster, o, 1, 0, failed, NULL);
		sim_after(s, 60, job_step, cJSON_Duplicate(arg, true));
	} else {
		job_status(s, cluster, o, failed <= limit, 0, failed, failed > limit ? exceeded : NULL);
		if (failed <= limit)
			sim_after(s, fmin(10 << (failed - 1), 360), job_step, cJSON_Duplicate(arg, true));
	}
}

void kubernetes_job(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	if (json_at(o->doc, "status.startTime") || json_bool(o->doc, "spec.suspend", false))
		return;
	job_status(s, cluster, o, 1, 0, 0, NULL);
	sim_after(s, sim_draw(s, "kubernetes.pod.start"), job_step, json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, uid(o)));
}

void kubernetes_owner_gone(struct sim *s, const struct sim_object *cluster, const struct sim_object *owner)
{
	struct sim_object *list[MOST_PODS], *next;
	const char *prefix = sets_prefix(cluster, owner, "");
	int n = pods_of(s, cluster, owner, list);
	for (int i = 0; i < n; i++)
		sim_remove(s, list[i]);
	for (struct sim_object *rs = sim_first(s, OBJECTS, prefix); rs; rs = next) {
		next = sim_following(s, rs, prefix);
		if (is_of(rs, owner))
			sim_remove(s, rs);
	}
}
