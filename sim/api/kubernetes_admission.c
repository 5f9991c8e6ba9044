/* Admission: service accounts with their tokens, priorities, tolerations, Pod Security, Autopilot; claims' default class. */
#include "config.h"
#include "sim/api/kubernetes_admission.h"

#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_PATH "/var/run/secrets/kubernetes.io/serviceaccount"

/* Pods. ------------------------------------------------------------------------------------------------------------------------- */
static bool mounted(const cJSON *c)
{
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(c, "volumeMounts"))
		if (!strcmp(json_str(m, "mountPath", ""), TOKEN_PATH))
			return true;
	return false;
}

/* The account's token, the cluster's certificate and the namespace, in a volume of every container. */
static void mount_token(struct sim *s, cJSON *spec)
{
	static const char *const lists[] = {"initContainers", "containers"};
	const char *name = sim_tmp("kube-api-access-%s", kubernetes_drawn(s));
	cJSON *c;
	bool any = false;
	for (size_t i = 0; i < 2; i++)
		cJSON_ArrayForEach(c, json_at(spec, lists[i])) {
			if (mounted(c))
				continue;
			if (!json_at(c, "volumeMounts"))
				json_put(c, "volumeMounts", cJSON_CreateArray());
			cJSON_AddItemToArray(json_at(c, "volumeMounts"),
					     json_make("{'name':%s,'readOnly':true,'mountPath':'" TOKEN_PATH "'}", name));
			any = true;
		}
	if (!any)
		return;
	if (!json_at(spec, "volumes"))
		json_put(spec, "volumes", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(spec, "volumes"),
			     json_make("{'name':%s,'projected':{'defaultMode':420,'sources':[{'serviceAccountToken':{'"
				       "expirationSeconds':3607,'path':'token'}},{'configMap':{'name':"
				       "'kube-root-ca.crt','items':[{'key':'ca.crt','path':'ca.crt'}]}},{'downwardAPI':{'items'"
				       ":[{'path':'namespace','fieldRef':{'apiVersion':'v1','fieldPath':"
				       "'metadata.namespace'}}]}}]}}",
				       name));
}

static void tolerate(cJSON *spec)
{
	static const char *const keys[] = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"};
	const cJSON *t;
	if (!json_at(spec, "tolerations"))
		json_put(spec, "tolerations", cJSON_CreateArray());
	for (size_t i = 0; i < 2; i++) {
		bool has = false;
		cJSON_ArrayForEach(t, json_at(spec, "tolerations"))
			has = has || !strcmp(json_str(t, "key", ""), keys[i]) ||
			      (!json_at(t, "key") && !strcmp(json_str(t, "operator", ""), "Exists"));
		if (!has)
			cJSON_AddItemToArray(
			    json_at(spec, "tolerations"),
			    json_make("{'key':%s,'operator':'Exists','effect':'NoExecute','tolerationSeconds':300}", keys[i]));
	}
}

static char *account(struct sim *s, const struct sim_object *cluster, const char *ns, cJSON *pod, const char *shown)
{
	cJSON *spec = json_at(pod, "spec");
	if (!*json_str(spec, "serviceAccountName", "")) {
		json_put_str(spec, "serviceAccountName", "default");
		json_put_str(spec, "serviceAccount", "default");
	}
	const char *name = json_str(spec, "serviceAccountName", "");
	const struct sim_object *o = kubernetes_named(s, cluster->key, "", "serviceaccounts", ns, name);
	if (!o)
		return xasprintf(
		    "pods \"%s\" is forbidden: error looking up service account %s/%s: serviceaccount \"%s\" not found", shown,
		    ns, name, name);
	if (json_at(o->doc, "imagePullSecrets.0") && !json_at(spec, "imagePullSecrets.0"))
		json_put(spec, "imagePullSecrets", cJSON_Duplicate(json_at(o->doc, "imagePullSecrets"), true));
	if (json_bool(spec, "automountServiceAccountToken", json_bool(o->doc, "automountServiceAccountToken", true)))
		mount_token(s, spec);
	return NULL;
}

static char *priority(struct sim *s, const struct sim_object *cluster, cJSON *pod, const char *shown)
{
	const char *name = json_str(pod, "spec.priorityClassName", "");
	const struct sim_object *class = *name ? kubernetes_named(s, cluster->key, "scheduling.k8s.io", "priorityclasses", "",
								  name)
					       : NULL;
	if (*name && !class)
		return xasprintf("pods \"%s\" is forbidden: no PriorityClass with name %s was found", shown, name);
	json_put_num(pod, "spec.priority", class ? json_num(class->doc, "value", 0) : 0);
	json_put_str(pod, "spec.preemptionPolicy",
		     class ? json_str(class->doc, "preemptionPolicy", "PreemptLowerPriority") : "PreemptLowerPriority");
	return NULL;
}

/* The level of a mode ("enforce", "warn") in a namespace. */
static const char *level_of(struct sim *s, const struct sim_object *cluster, const char *ns, const char *mode,
			    const char **version)
{
	const struct sim_object *o = kubernetes_named(s, cluster->key, "", "namespaces", "", ns);
	const cJSON *labels = o ? json_at(o->doc, "metadata.labels") : NULL;
	const cJSON *level = cJSON_GetObjectItemCaseSensitive(labels, sim_tmp("pod-security.kubernetes.io/%s", mode));
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(labels, sim_tmp("pod-security.kubernetes.io/%s-version", mode));
	*version = cJSON_IsString(at) ? at->valuestring : "latest";
	return cJSON_IsString(level) ? level->valuestring : "privileged";
}

static char *security(struct sim *s, const struct sim_object *cluster, const char *ns, const cJSON *pod)
{
	const char *version, *level = level_of(s, cluster, ns, "enforce", &version);
	char *found = kubernetes_security_violations(json_at(pod, "spec"), level), *why = NULL;
	if (found)
		why = xasprintf("pods \"%s\" is forbidden: violates PodSecurity \"%s:%s\": %s",
				json_str(pod, "metadata.name", ""), level, version, found);
	free(found);
	return why;
}

static char *warden(const cJSON *spec, const char *kind, const char *name, const char *user)
{
	char *found = kubernetes_autopilot_violations(spec, kind, name), *why = NULL;
	if (found)
		why = xasprintf(
		    "admission webhook \"warden-validating.common-webhooks.networking.gke.io\" denied the request: GKE Warden "
		    "rejected the request because it violates one or more "
		    "constraints.\nViolations details: %s\nRequested by user: '%s', groups: 'system:authenticated'.",
		    found, user);
	free(found);
	return why;
}

char *kubernetes_admit_pod(struct sim *s, const struct sim_object *cluster, const char *ns, cJSON *pod)
{
	const char *generated = json_str(pod, "metadata.generateName", NULL),
		   *shown = generated ? generated : json_str(pod, "metadata.name", "");
	bool autopilot = json_bool(cluster->doc, "autopilot.enabled", false) && !kubernetes_autopilot_manages(ns);
	if (!json_at(pod, "spec"))
		return NULL;
	char *why = account(s, cluster, ns, pod, shown);
	why = why ? why : priority(s, cluster, pod, shown);
	if (why)
		return why;
	tolerate(json_at(pod, "spec"));
	if (autopilot && !json_at(pod, "metadata.ownerReferences.0"))
		free(kubernetes_autopilot_adjust("Pod", pod));
	why = security(s, cluster, ns, pod);
	if (!why && autopilot)
		why = warden(json_at(pod, "spec"), "Pod", json_str(pod, "metadata.name", ""),
			     "system:serviceaccount:kube-system:replicaset-controller");
	return why;
}

/* Other kinds. -------------------------------------------------------------------------------------------------------------------- */
void kubernetes_default_class(struct sim *s, const struct sim_object *cluster, cJSON *claim)
{
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster->key, "storage.k8s.io", "storageclasses", ""));
	if (!json_at(claim, "spec.storageClassName"))
		for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
			if (!strcmp(kubernetes_annotation(o->doc, "storageclass.kubernetes.io/is-default-class"), "true"))
				json_put_str(claim, "spec.storageClassName", json_str(o->doc, "metadata.name", ""));
}

static void warn(struct kubernetes_call *k, const char *text)
{
	cJSON *v = cJSON_CreateString(text);
	char *quoted = json_text(v, -1);
	sim_header(k->c, "Warning", sim_tmp("299 - %s", quoted));
	free(quoted);
	cJSON_Delete(v);
}

/* Templates are not refused for what their pods will be, but warned of where the namespace wants it. */
static void warn_of_template(struct kubernetes_call *k, const cJSON *spec)
{
	const char *version, *level = level_of(k->c->sim, k->cluster, k->ns, "warn", &version);
	char *found = kubernetes_security_violations(spec, level);
	if (found)
		warn(k, sim_tmp("would violate PodSecurity \"%s:%s\": %s", level, version, found));
	free(found);
}

static bool refuse(struct kubernetes_call *k, char *why)
{
	bool webhook = text_starts(why, "admission webhook");
	kubernetes_fail(k, webhook ? 400 : 403, webhook ? "GKE Warden constraints violations" : "Forbidden", NULL, "%s", why);
	free(why);
	return false;
}

bool kubernetes_admit(struct kubernetes_call *k, cJSON *doc, const cJSON *before)
{
	struct sim *s = k->c->sim;
	cJSON *spec = kubernetes_pod_spec(k->r->kind, doc);
	const char *user = k->user ? k->user : "";
	bool pod = !strcmp(k->r->kind, "Pod"), autopilot = json_bool(k->cluster->doc, "autopilot.enabled", false);
	char *why = NULL;
	if (!strcmp(k->r->kind, "PersistentVolumeClaim") && !before) {
		kubernetes_default_class(s, k->cluster, doc);
		json_put(doc, "metadata.finalizers", json_make("['kubernetes.io/pvc-protection']"));
		json_put_str(doc, "status.phase", "Pending");
	}
	if (!spec || *k->sub)
		return true;
	if (autopilot) {
		char *said = pod && before ? NULL : kubernetes_autopilot_adjust(k->r->kind, doc);
		if (said)
			warn(k, said);
		free(said);
		why = warden(spec, k->r->kind, k->name, user);
	}
	if (!why && pod && !before)
		why = kubernetes_admit_pod(s, k->cluster, k->ns, doc);
	else if (!why && !pod)
		warn_of_template(k, spec);
	return why ? refuse(k, why) : true;
}
