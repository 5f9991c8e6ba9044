/* What a cluster's controllers do: whose turn it is when an object changes; services and namespaces. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_ingress.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *arg_of(const struct sim_object *cluster, const struct sim_object *o)
{
	return json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, json_str(o->doc, "metadata.uid", ""));
}

static struct sim_object *arg_object(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, KUBERNETES_OBJECTS, json_str(arg, "key", ""));
	return o && !strcmp(json_str(o->doc, "metadata.uid", ""), json_str(arg, "uid", "-")) ? o : NULL;
}

/* Services and namespaces. -------------------------------------------------------------------------------------------------------------- */
static void service_up(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = arg_object(s, arg);
	char ip[16];
	if (!o)
		return;
	ip4_text(35u << 24 | (184u + (uint32_t)(sim_random(s) % 60)) << 16 | (uint32_t)(sim_random(s) & 0xffff), ip);
	json_put(o->doc, "status.loadBalancer", json_make("{'ingress':[{'ip':%s,'ipMode':'VIP'}]}", ip));
	kubernetes_touch(s, json_str(arg, "cluster", ""), o->doc);
}

static void service(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	kubernetes_endpoints_sync(s, cluster, json_str(o->doc, "metadata.namespace", ""));
	if (strcmp(json_str(o->doc, "spec.type", ""), "LoadBalancer") || json_at(o->hidden, "started"))
		return;
	json_put_bool(o->hidden, "started", true);
	sim_after(s, 45, service_up, arg_of(cluster, o));
}

/* Every namespace has its service account and the cluster's certificate. */
static void namespace(struct sim *s, const struct sim_object *cluster, const struct sim_object *o)
{
	const char *name = json_str(o->doc, "metadata.name", "");
	if (kubernetes_named(s, cluster->key, "", "serviceaccounts", name, "default") ||
	    json_at(o->doc, "metadata.deletionTimestamp"))
		return;
	kubernetes_put(s, cluster->key, "", "v1", "serviceaccounts", name, json_make("{'metadata':{'name':'default'}}"));
	kubernetes_put(s, cluster->key, "", "v1", "configmaps", name,
		       json_make("{'metadata':{'name':'kube-root-ca.crt','annotations':{'kubernetes.io/description':'Contains "
				 "a CA bundle that can be used to "
				 "verify the kube-apiserver when using internal endpoints such as the internal service IP or "
				 "kubernetes.default.svc. No other usage is "
				 "guaranteed across distributions of Kubernetes clusters.'}},'data':{'ca.crt':%s}}",
				 sim_ca_pem(s)));
}

/* What is owned. ----------------------------------------------------------------------------------------------------------- */
static cJSON *reference_to(const struct sim_object *o, const char *uid)
{
	cJSON *r;
	cJSON_ArrayForEach(r, json_at(o->doc, "metadata.ownerReferences"))
		if (!strcmp(json_str(r, "uid", ""), uid))
			return r;
	return NULL;
}

/* Whoever keeps the pods of a set that has lost its Deployment, or got one. */
static void hand_over(struct sim *s, const struct sim_object *cluster, const struct sim_object *set,
		      const struct sim_object *root)
{
	const char *prefix = sim_tmp("%s",
				     kubernetes_prefix(cluster->key, "", "pods", json_str(set->doc, "metadata.namespace", "")));
	for (struct sim_object *pod = sim_first(s, KUBERNETES_OBJECTS, prefix); pod; pod = sim_following(s, pod, prefix))
		if (reference_to(pod, kubernetes_uid(set))) {
			json_put_str(pod->hidden, "root", kubernetes_uid(root));
			json_put_str(pod->hidden, "rootKey", root->key);
		}
}

static void orphan(struct sim *s, const struct sim_object *cluster, struct sim_object *o, const char *uid)
{
	cJSON *list = json_at(o->doc, "metadata.ownerReferences");
	cJSON_Delete(cJSON_DetachItemViaPointer(list, reference_to(o, uid)));
	if (!list->child)
		json_drop(o->doc, "metadata.ownerReferences");
	json_drop(o->hidden, "root");
	json_drop(o->hidden, "rootKey");
	kubernetes_touch(s, cluster->key, o->doc);
	if (!strcmp(json_str(o->doc, "kind", ""), "ReplicaSet"))
		hand_over(s, cluster, o, o);
}

static void kubernetes_collect(struct sim *s, const struct sim_object *cluster, const char *uid, const char *ns, bool orphaned)
{
	const char *prefix = sim_tmp("%s|", cluster->key), *owner = sim_tmp("%s", uid), *home = sim_tmp("%s", ns);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		if (!reference_to(o, owner) || (*home && strcmp(json_str(o->doc, "metadata.namespace", ""), home)))
			continue;
		if (orphaned) {
			orphan(s, cluster, o, owner);
			continue;
		}
		const char *mine = sim_tmp("%s", kubernetes_uid(o)), *key = sim_tmp("%s", o->key);
		if (!strcmp(json_str(o->doc, "kind", ""), "Pod")) {
			kubernetes_pod_remove(s, cluster, o, NULL);
		} else {
			json_put_bool(o->hidden, "gone", true);
			kubernetes_react(s, cluster, o);
			sim_remove(s, o);
			kubernetes_collect(s, cluster, mine, home, false);
		}
		next = sim_first_from(s, KUBERNETES_OBJECTS, prefix, key);
	}
}

/* A set of its labels that nobody owns is taken for one's own. */
static void adopt(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const char *prefix = sim_tmp(
	    "%s", kubernetes_prefix(cluster->key, "apps", "replicasets", json_str(o->doc, "metadata.namespace", "")));
	for (struct sim_object *rs = sim_first(s, KUBERNETES_OBJECTS, prefix); rs; rs = sim_following(s, rs, prefix)) {
		if (json_at(rs->doc, "metadata.ownerReferences.0") ||
		    !kubernetes_label_selector(json_at(o->doc, "spec.selector"), json_at(rs->doc, "metadata.labels")))
			continue;
		json_put(rs->doc, "metadata.ownerReferences",
			 json_make("[{'apiVersion':'apps/"
				   "v1','kind':'Deployment','name':%s,'uid':%s,'controller':true,'blockOwnerDeletion':true}]",
				   json_str(o->doc, "metadata.name", ""), kubernetes_uid(o)));
		json_put_str(rs->hidden, "root", kubernetes_uid(o));
		hand_over(s, cluster, rs, o);
		kubernetes_touch(s, cluster->key, rs->doc);
	}
}

/* Whose turn it is. ----------------------------------------------------------------------------------------------------------- */
void kubernetes_look(struct sim *s, const char *cluster, const char *key, const char *uid)
{
	const struct sim_object *c = sim_get(s, "container.clusters", cluster);
	struct sim_object *o = *key ? sim_get(s, KUBERNETES_OBJECTS, key) : NULL;
	const char *kind = o ? json_str(o->doc, "kind", "") : "";
	if (!c || !o || strcmp(kubernetes_uid(o), uid) || json_bool(o->hidden, "gone", false))
		return;
	if (!strcmp(kind, "Deployment"))
		kubernetes_deployment_look(s, c, o);
	else if (!strcmp(kind, "ReplicaSet"))
		kubernetes_replica_set(s, c, o);
	else if (!strcmp(kind, "Job"))
		kubernetes_job(s, c, o);
	else if (!strcmp(kind, "CronJob"))
		kubernetes_cron_job_look(s, c, o);
	else if (!strcmp(kind, "StatefulSet"))
		kubernetes_stateful_set(s, c, o);
	else if (!strcmp(kind, "DaemonSet"))
		kubernetes_daemon_set(s, c, o);
}

void kubernetes_look_again(struct sim *s, const cJSON *arg)
{
	kubernetes_look(s, json_str(arg, "cluster", ""), json_str(arg, "key", ""), json_str(arg, "uid", ""));
}

/* After a pod was taken away by a person. */
static void pod_gone(struct sim *s, const cJSON *arg)
{
	const struct sim_object *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	if (!cluster)
		return;
	kubernetes_endpoints_sync(s, cluster, json_str(arg, "namespace", ""));
	kubernetes_claims_sweep(s, cluster, json_str(arg, "namespace", ""));
	kubernetes_look_again(s, arg);
}

static void gone(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const char *kind = json_str(o->doc, "kind", ""), *ns = json_str(o->doc, "metadata.namespace", "");
	if (!strcmp(kind, "Pod"))
		sim_after(s, 0.5, pod_gone,
			  json_make("{'cluster':%s,'namespace':%s,'key':%s,'uid':%s}", cluster->key, ns,
				    json_str(o->hidden, "rootKey", ""), json_str(o->hidden, "root", "")));
	else if (!strcmp(kind, "PersistentVolumeClaim"))
		kubernetes_claim_gone(s, cluster, o);
	kubernetes_collect(s, cluster, kubernetes_uid(o), ns, json_bool(o->hidden, "orphan", false));
}

void kubernetes_react(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	static const struct {
		const char *kind;
		void (*fn)(struct sim *s, const struct sim_object *cluster, struct sim_object *o);
	} controllers[] = {{"Deployment", kubernetes_deployment},
			   {"ReplicaSet", kubernetes_replica_set},
			   {"Job", kubernetes_job},
			   {"CronJob", kubernetes_cron_job},
			   {"StatefulSet", kubernetes_stateful_set},
			   {"DaemonSet", kubernetes_daemon_set},
			   {"Pod", kubernetes_pod},
			   {"Service", service},
			   {"PersistentVolumeClaim", kubernetes_claim},
			   {"HorizontalPodAutoscaler", kubernetes_autoscaler}};
	const char *kind = json_str(o->doc, "kind", "");
	bool is_gone = json_bool(o->hidden, "gone", false);
	if (!strcmp(kind, "Ingress"))
		kubernetes_ingress(s, cluster, o);
	else if (!strcmp(kind, "ManagedCertificate"))
		kubernetes_certificate(s, cluster, o);
	if (is_gone) {
		gone(s, cluster, o);
		return;
	}
	if (!strcmp(kind, "Deployment"))
		adopt(s, cluster, o);
	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
		if (!strcmp(kind, controllers[i].kind))
			controllers[i].fn(s, cluster, o);
	if (!strcmp(kind, "Namespace"))
	namespace(s, cluster, o);
	else if (!strcmp(kind, "PodDisruptionBudget"))
	    kubernetes_budgets(s, cluster, json_str(o->doc, "metadata.namespace", ""));
}
