/* StatefulSets, whose pods have numbers and volumes of their own, and DaemonSets, which have a pod on every node. */
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

static const char *name_of(const struct sim_object *o)
{
	return json_str(o->doc, "metadata.name", "");
}

static const char *namespace_of(const struct sim_object *o)
{
	return json_str(o->doc, "metadata.namespace", "");
}

/* The ControllerRevision of a set's present template: its name, made when there is none. */
static const char *revision(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const char *hash = kubernetes_hash(json_at(o->doc, "spec.template")), *name = sim_tmp("%s-%s", name_of(o), hash);
	if (kubernetes_named(s, cluster->key, "apps", "controllerrevisions", namespace_of(o), name))
		return name;
	int number = (int)json_num(o->hidden, "revisions", 0) + 1;
	json_put_num(o->hidden, "revisions", number);
	struct sim_object *made = kubernetes_put(
	    s, cluster->key, "apps", "v1", "controllerrevisions", namespace_of(o),
	    json_make("{'metadata':{'name':%s,'labels':%j,'ownerReferences':[{'apiVersion':'apps/"
		      "v1','kind':%s,'name':%s,'uid':%s,'controller':true,'blockOwnerDeletion':true}]},"
		      "'data':{'spec':{'template':%j}},'revision':%d}",
		      name, cJSON_Duplicate(json_at(o->doc, "spec.template.metadata.labels"), true),
		      json_str(o->doc, "kind", ""), name_of(o), kubernetes_uid(o),
		      cJSON_Duplicate(json_at(o->doc, "spec.template"), true), number));
	json_put_str(made->hidden, "root", kubernetes_uid(o));
	return name;
}

/* StatefulSets. ------------------------------------------------------------------------------------------------------------------- */
/* The claims of the n-th pod, made when they are not there, and mounted into the pod's spec by name. */
static void claims(struct sim *s, const struct sim_object *cluster, const struct sim_object *o, const char *pod)
{
	const cJSON *t;
	cJSON_ArrayForEach(t, json_at(o->doc, "spec.volumeClaimTemplates")) {
		const char *name = sim_tmp("%s-%s", json_str(t, "metadata.name", ""), pod);
		if (kubernetes_named(s, cluster->key, "", "persistentvolumeclaims", namespace_of(o), name))
			continue;
		cJSON *doc = json_make("{'metadata':{'name':%s,'labels':%j},'spec':%j,'status':{'phase':'Pending'}}", name,
				       cJSON_Duplicate(json_at(o->doc, "spec.selector.matchLabels"), true),
				       cJSON_Duplicate(json_at(t, "spec"), true));
		kubernetes_default_class(s, cluster, doc);
		json_put(doc, "metadata.finalizers", json_make("['kubernetes.io/pvc-protection']"));
		struct sim_object *claim = kubernetes_put(s, cluster->key, "", "v1", "persistentvolumeclaims", namespace_of(o),
							  doc);
		kubernetes_event_by(s, cluster->key, o->doc, "Normal", "SuccessfulCreate",
				    sim_tmp("create Claim %s Pod %s in StatefulSet %s success", name, pod, name_of(o)),
				    "statefulset-controller");
		kubernetes_claim(s, cluster, claim);
	}
}

static void mount_claims(struct sim_object *o, const char *pod, cJSON *template)
{
	const cJSON *t;
	cJSON_ArrayForEach(t, json_at(o->doc, "spec.volumeClaimTemplates")) {
		const char *volume = json_str(t, "metadata.name", "");
		if (!json_at(template, "spec.volumes"))
			json_put(template, "spec.volumes", cJSON_CreateArray());
		cJSON_AddItemToArray(
		    json_at(template, "spec.volumes"),
		    json_make("{'name':%s,'persistentVolumeClaim':{'claimName':%s}}", volume, sim_tmp("%s-%s", volume, pod)));
	}
}

static void add_numbered(struct sim *s, const struct sim_object *cluster, struct sim_object *o, int n, const char *hash)
{
	const char *pod = sim_tmp("%s-%d", name_of(o), n);
	claims(s, cluster, o, pod);
	cJSON *labels = cJSON_CreateObject(), *template = cJSON_Duplicate(json_at(o->doc, "spec.template"), true),
	      *kept = json_at(o->doc, "spec.template");
	cJSON_AddStringToObject(labels, "apps.kubernetes.io/pod-index", sim_tmp("%d", n));
	cJSON_AddStringToObject(labels, "controller-revision-hash", hash);
	cJSON_AddStringToObject(labels, "statefulset.kubernetes.io/pod-name", pod);
	/* The pod is made from the template with its own claims in it. */
	mount_claims(o, pod, template);
	kept = cJSON_Duplicate(kept, true);
	json_put(o->doc, "spec.template", template);
	kubernetes_pod_add(s, cluster, o, o, pod, hash, labels, NULL);
	json_put(o->doc, "spec.template", kept);
}

static void stateful_status(struct sim *s, const struct sim_object *cluster, struct sim_object *o, struct sim_object **list,
			    int n, const char *hash)
{
	int ready = 0, updated = 0;
	for (int i = 0; i < n; i++) {
		ready += json_bool(list[i]->hidden, "ready", false);
		updated += !strcmp(json_str(list[i]->hidden, "hash", ""), hash);
	}
	bool all = updated == n && ready == n && n == (int)json_num(o->doc, "spec.replicas", 1);
	const char *current = all ? hash : json_str(o->doc, "status.currentRevision", hash);
	cJSON *status = json_make("{'observedGeneration':%d,'replicas':%d,'currentRevision':%s,'updateRevision':%s,'"
				  "collisionCount':0,'availableReplicas':%d}",
				  (int)json_num(o->doc, "metadata.generation", 1), n, current, hash, ready);
	if (ready)
		json_put_num(status, "readyReplicas", ready);
	if (updated)
		json_put_num(status, "updatedReplicas", updated);
	if (all || n > updated)
		json_put_num(status, "currentReplicas", all ? n : n - updated);
	if (json_equal(json_at(o->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
}

/* One after the other, from 0 on, each when the one before is ready; away from the last, and anew when they are of an older template. */
void kubernetes_stateful_set(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct sim_object *list[MOST_PODS], *last = NULL;
	const char *hash = sim_tmp("%s", revision(s, cluster, o));
	bool parallel = !strcmp(json_str(o->doc, "spec.podManagementPolicy", ""), "Parallel"), held = false, all_ready = true;
	int want = (int)fmin(json_num(o->doc, "spec.replicas", 1), MOST_PODS - 1), n;
	for (int i = 0; i < want && !held; i++) {
		struct sim_object *pod = kubernetes_named(s, cluster->key, "", "pods", namespace_of(o),
							  sim_tmp("%s-%d", name_of(o), i));
		if (!pod)
			add_numbered(s, cluster, o, i, hash);
		bool ready = pod && json_bool(pod->hidden, "ready", false);
		all_ready = all_ready && ready;
		held = !parallel && !ready;
	}
	n = kubernetes_pods_of(s, cluster, o, list, MOST_PODS);
	for (int i = 0; i < n; i++) {
		int number = atoi(strrchr(name_of(list[i]), '-') + 1);
		bool old = strcmp(json_str(list[i]->hidden, "hash", ""), hash) != 0;
		bool goes = number >= want ||
			    (old && !strcmp(json_str(o->doc, "spec.updateStrategy.type", "RollingUpdate"), "RollingUpdate") &&
			     number >= (int)json_num(o->doc, "spec.updateStrategy.rollingUpdate.partition", 0) &&
			     (all_ready || !json_bool(list[i]->hidden, "ready", false)));
		if (goes && (!last || number > atoi(strrchr(name_of(last), '-') + 1)))
			last = list[i];
	}
	if (last) {
		kubernetes_pod_remove(s, cluster, last, "statefulset-controller");
		n = kubernetes_pods_of(s, cluster, o, list, MOST_PODS);
		sim_after(s, 1, kubernetes_look_again,
			  json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, kubernetes_uid(o)));
	}
	stateful_status(s, cluster, o, list, n, hash);
}

/* DaemonSets. ----------------------------------------------------------------------------------------------------------------------- */
static struct sim_object *on_node(struct sim_object **list, int n, const char *node)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(json_str(list[i]->hidden, "for", ""), node))
			return list[i];
	return NULL;
}

void kubernetes_daemon_set(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	struct sim_object *list[MOST_PODS];
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "", "nodes", "")),
		   *hash = sim_tmp("%s", revision(s, cluster, o));
	int n = kubernetes_pods_of(s, cluster, o, list, MOST_PODS), wanted = 0, ready = 0, updated = 0, there = 0;
	for (struct sim_object *node = sim_first(s, KUBERNETES_OBJECTS, prefix); node; node = sim_following(s, node, prefix)) {
		const cJSON *selector = json_at(o->doc, "spec.template.spec.nodeSelector");
		if (selector && selector->child && !kubernetes_selects(selector, json_at(node->doc, "metadata.labels")))
			continue;
		wanted++;
		struct sim_object *pod = on_node(list, n, name_of(node));
		if (pod && strcmp(json_str(pod->hidden, "hash", ""), hash)) {
			kubernetes_pod_remove(s, cluster, pod, "daemonset-controller");
			n = kubernetes_pods_of(s, cluster, o, list, MOST_PODS);
			pod = NULL;
		}
		if (!pod) {
			cJSON *labels = cJSON_CreateObject();
			cJSON_AddStringToObject(labels, "controller-revision-hash", hash);
			pod = kubernetes_pod_add(s, cluster, o, o, NULL, hash, labels, NULL);
			if (pod) {
				json_put_str(pod->hidden, "for", name_of(node));
				json_put(pod->doc, "spec.tolerations", json_make("[{'operator':'Exists'}]"));
				json_put(pod->doc, "spec.nodeSelector", cJSON_CreateObject());
				cJSON_AddStringToObject(json_at(pod->doc, "spec.nodeSelector"), "kubernetes.io/hostname",
							name_of(node));
			}
		}
		there += pod != NULL;
		ready += pod && json_bool(pod->hidden, "ready", false);
		updated += pod != NULL;
	}
	cJSON *status = json_make("{'currentNumberScheduled':%d,'numberMisscheduled':0,'desiredNumberScheduled':%d,'"
				  "numberReady':%d,'observedGeneration':%d}",
				  there, wanted, ready, (int)json_num(o->doc, "metadata.generation", 1));
	const struct {
		const char *name;
		int n;
	} counts[] = {{"updatedNumberScheduled", updated}, {"numberAvailable", ready}, {"numberUnavailable", wanted - ready}};
	for (size_t i = 0; i < 3; i++)
		if (counts[i].n)
			json_put_num(status, counts[i].name, counts[i].n);
	if (json_equal(json_at(o->doc, "status"), status))
		cJSON_Delete(status);
	else
		kubernetes_report(s, cluster->key, o, status, "kube-controller-manager", NULL, NULL);
}
