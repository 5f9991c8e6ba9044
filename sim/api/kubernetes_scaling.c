/* HorizontalPodAutoscalers, and PodDisruptionBudgets with the evictions that they allow. */
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
/* A server that nobody asks anything uses about this share of the CPU that it asked for. */
#define IDLE_PERCENT 3

/* Autoscalers. --------------------------------------------------------------------------------------------------------------------- */
static struct sim_object *target_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *o)
{
	static const char *const kinds[][2] = {
	    {"Deployment", "deployments"}, {"ReplicaSet", "replicasets"}, {"StatefulSet", "statefulsets"}};
	for (size_t i = 0; i < 3; i++)
		if (!strcmp(json_str(o->doc, "spec.scaleTargetRef.kind", ""), kinds[i][0]))
			return kubernetes_named(s, cluster->key, "apps", kinds[i][1],
						json_str(o->doc, "metadata.namespace", ""),
						json_str(o->doc, "spec.scaleTargetRef.name", ""));
	return NULL;
}

/* Do all containers say what a utilisation is a share of? */
static bool has_requests(const struct sim_object *target, const char *resource)
{
	const cJSON *c;
	bool all = true;
	cJSON_ArrayForEach(c, json_at(target->doc, "spec.template.spec.containers"))
		all = all && json_at(c, sim_tmp("resources.requests.%s", resource));
	return all;
}

static void rescale(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, struct sim_object *target,
		    int n, const char *why)
{
	json_put_num(target->doc, "spec.replicas", n);
	json_put_num(target->doc, "metadata.generation", json_num(target->doc, "metadata.generation", 1) + 1);
	kubernetes_touch(s, cluster->key, target->doc);
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "SuccessfulRescale", sim_tmp("New size: %d; reason: %s", n, why),
			    "horizontal-pod-autoscaler");
	kubernetes_react(s, cluster, target);
}

static void set(struct sim *s, cJSON *status, const char *type, bool on, const char *reason, const char *message)
{
	kubernetes_set_condition(s, status, type, on, reason, message);
	cJSON *c;
	cJSON_ArrayForEach(c, json_at(status, "conditions"))
		json_drop(c, "lastProbeTime");
}

static void say_no_target(struct sim *s, const struct sim_object *o, cJSON *status)
{
	bool set_of = !strcmp(json_str(o->doc, "spec.scaleTargetRef.kind", ""), "StatefulSet");
	set(s, status, "AbleToScale", false, "FailedGetScale",
	    sim_tmp("the HPA controller was unable to get the target's current scale: %ss.apps \"%s\" not found",
		    set_of ? "statefulset" : "deployment", json_str(o->doc, "spec.scaleTargetRef.name", "")));
}

static void bring_within(struct sim *s, const struct sim_object *cluster, struct sim_object *o, struct sim_object *target,
			 bool below, cJSON *status)
{
	int n = (int)json_num(o->doc, below ? "spec.minReplicas" : "spec.maxReplicas", 1);
	set(s, status, "AbleToScale", true, "SucceededRescale",
	    sim_tmp("the HPA controller was able to update the target scale to %d", n));
	rescale(s, cluster, o, target, n,
		below ? "Current number of replicas below Spec.MinReplicas"
		      : "Current number of replicas above Spec.MaxReplicas");
	json_put_num(status, "desiredReplicas", n);
}

static void say_no_requests(struct sim *s, const struct sim_object *cluster, const struct sim_object *o,
			    const struct sim_object *target, const char *resource, cJSON *status)
{
	const char *why = sim_tmp("failed to get %s utilization: missing request for %s in container %s of Pod", resource,
				  resource, json_str(target->doc, "spec.template.spec.containers.0.name", ""));
	set(s, status, "AbleToScale", true, "SucceededGetScale",
	    "the HPA controller was able to get the target's current scale");
	set(s, status, "ScalingActive", false, "FailedGetResourceMetric",
	    sim_tmp("the HPA was unable to compute the replica count: %s", why));
	kubernetes_event_by(s, cluster->key, o->doc, "Warning", "FailedGetResourceMetric", why, "horizontal-pod-autoscaler");
}

static void say_measured(struct sim *s, const char *resource, bool lowest, cJSON *status)
{
	set(s, status, "AbleToScale", true, "ReadyForNewScale", "recommended size matches current size");
	set(s, status, "ScalingActive", true, "ValidMetricFound",
	    sim_tmp("the HPA was able to successfully calculate a replica count from %s resource utilization "
		    "(percentage of request)",
		    resource));
	set(s, status, "ScalingLimited", lowest, lowest ? "TooFewReplicas" : "DesiredWithinRange",
	    lowest ? "the desired replica count is less than the minimum replica count"
		   : "the desired count is within the acceptable range");
	json_put(
	    status, "currentMetrics",
	    json_make("[{'type':'Resource','resource':{'name':%s,'current':{'averageUtilization':%d,'averageValue':'15m'}}}]",
		      resource, IDLE_PERCENT));
}

static void measure(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	struct sim_object *o = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", ""));
	if (!cluster || !o || strcmp(kubernetes_uid(o), json_str(arg, "uid", "-")))
		return;
	struct sim_object *target = target_of(s, cluster, o);
	const char *resource = json_str(o->doc, "spec.metrics.0.resource.name", "cpu");
	int low = (int)json_num(o->doc, "spec.minReplicas", 1), high = (int)json_num(o->doc, "spec.maxReplicas", 1),
	    now = target ? (int)json_num(target->doc, "spec.replicas", 1) : 0;
	cJSON *status = json_make("{'observedGeneration':1,'currentReplicas':%d,'desiredReplicas':%d,'conditions':%j}", now,
				  now, cJSON_Duplicate(json_at(o->doc, "status.conditions"), true));
	if (!cJSON_IsArray(json_at(status, "conditions")))
		json_drop(status, "conditions");
	if (!target)
		say_no_target(s, o, status);
	else if (now < low || now > high)
		bring_within(s, cluster, o, target, now < low, status);
	else if (!has_requests(target, resource))
		say_no_requests(s, cluster, o, target, resource, status);
	else
		say_measured(s, resource, now == low, status);
	if (json_equal(json_at(o->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
	sim_after(s, 15, measure, cJSON_Duplicate(arg, true));
}

void kubernetes_autoscaler(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	if (json_at(o->hidden, "begun"))
		return;
	json_put_bool(o->hidden, "begun", true);
	sim_after(s, 15, measure, json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, kubernetes_uid(o)));
}

/* Budgets. -------------------------------------------------------------------------------------------------------------------------- */
/* How many pods the controllers of those that are selected want: each counts once. */
static int expected(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, int *healthy, int *there)
{
	const char *seen[MOST_PODS], *ns = json_str(o->doc, "metadata.namespace", "");
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "pods", ns));
	int n = 0, all = 0;
	*healthy = *there = 0;
	for (struct sim_object *pod = sim_first(s, KUBERNETES_OBJECTS, prefix); pod; pod = sim_following(s, pod, prefix)) {
		const char *phase = json_str(pod->doc, "status.phase", ""), *root = json_str(pod->hidden, "root", "");
		bool known = false;
		if (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed") ||
		    !kubernetes_label_selector(json_at(o->doc, "spec.selector"), json_at(pod->doc, "metadata.labels")))
			continue;
		++*there;
		*healthy += json_bool(pod->hidden, "ready", false);
		for (int i = 0; i < n; i++)
			known = known || !strcmp(seen[i], root);
		if (known || !*root || n == MOST_PODS)
			continue;
		seen[n++] = root;
		const struct sim_object *owner = sim_get(s, KUBERNETES_OBJECTS, json_str(pod->hidden, "rootKey", ""));
		all += owner ? (int)json_num(owner->doc, "spec.replicas", 1) : 0;
	}
	return all;
}

static void budget(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	int healthy, there, wanted = expected(s, cluster, o, &healthy, &there), desired;
	const cJSON *low = json_at(o->doc, "spec.minAvailable"), *high = json_at(o->doc, "spec.maxUnavailable");
	int all = low && cJSON_IsNumber(low) ? there : wanted;
	desired = high ? (int)fmax(0, wanted - kubernetes_share(high, wanted, true)) : kubernetes_share(low, wanted, true);
	int allowed = (int)fmax(0, healthy - desired);
	cJSON *status = json_make("{'observedGeneration':%d,'disruptionsAllowed':%d,'currentHealthy':%d,'desiredHealthy':%d,'"
				  "expectedPods':%d,'conditions':%j}",
				  (int)json_num(o->doc, "metadata.generation", 1), allowed, healthy, desired, all,
				  cJSON_Duplicate(json_at(o->doc, "status.conditions"), true));
	if (!cJSON_IsArray(json_at(status, "conditions")))
		json_drop(status, "conditions");
	set(s, status, "DisruptionAllowed", allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "");
	json_put_str(json_at(status, "conditions.0"), "message", "");
	json_put_num(json_at(status, "conditions.0"), "observedGeneration", json_num(o->doc, "metadata.generation", 1));
	if (json_equal(json_at(o->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
}

void kubernetes_budgets(struct sim *s, const struct sim_object *cluster, const char *ns)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "policy", "poddisruptionbudgets", ns));
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		budget(s, cluster, o);
}

const struct sim_object *kubernetes_budget_against(struct sim *s, const struct sim_object *cluster,
						   const struct sim_object *pod)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "policy", "poddisruptionbudgets",
							     json_str(pod->doc, "metadata.namespace", "")));
	const struct sim_object *found = NULL;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o && !found; o = sim_following(s, o, prefix))
		if (kubernetes_label_selector(json_at(o->doc, "spec.selector"), json_at(pod->doc, "metadata.labels")) &&
		    json_num(o->doc, "status.disruptionsAllowed", 0) < 1 && json_bool(pod->hidden, "ready", false))
			found = o;
	return found;
}
