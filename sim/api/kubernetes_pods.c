/* What the controllers of pods share: pods made from a template and taken away, found by owner, label and name. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Finding. ------------------------------------------------------------------------------------------------------------------ */
const char *kubernetes_uid(const struct sim_object *o)
{
	return json_str(o->doc, "metadata.uid", "");
}

struct sim_object *kubernetes_named(struct sim *s, const char *cluster, const char *group, const char *plural, const char *ns,
				    const char *name)
{
	char *key = kubernetes_key(cluster, kubernetes_resource_find(group, NULL, plural), ns, name);
	struct sim_object *o = sim_get(s, KUBERNETES_OBJECTS, key);
	free(key);
	return o;
}

const char *kubernetes_prefix(const char *cluster, const char *group, const char *plural, const char *ns)
{
	return sim_tmp("%s|%s/%s|%s%s", cluster, group, plural, ns, *ns ? "|" : "");
}

bool kubernetes_is_of(const struct sim_object *o, const struct sim_object *root)
{
	return !strcmp(json_str(o->hidden, "root", ""), kubernetes_uid(root));
}

int kubernetes_pods_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *root, struct sim_object **list,
		       int most)
{
	const char *prefix = kubernetes_prefix(cluster->key, "", "pods", json_str(root->doc, "metadata.namespace", ""));
	int n = 0;
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o && n < most; o = sim_following(s, o, prefix))
		if (kubernetes_is_of(o, root))
			list[n++] = o;
	return n;
}

bool kubernetes_selects(const cJSON *selector, const cJSON *labels)
{
	for (const cJSON *l = selector ? selector->child : NULL; l; l = l->next) {
		const cJSON *mine = cJSON_GetObjectItemCaseSensitive(labels, l->string);
		if (!cJSON_IsString(mine) || strcmp(mine->valuestring, l->valuestring))
			return false;
	}
	return selector && selector->child;
}

static bool expression_holds(const cJSON *e, const cJSON *labels)
{
	const cJSON *mine = cJSON_GetObjectItemCaseSensitive(labels, json_str(e, "key", "")), *v;
	const char *op = json_str(e, "operator", "");
	bool among = false;
	cJSON_ArrayForEach(v, json_at(e, "values"))
		among = among || (cJSON_IsString(mine) && !strcmp(mine->valuestring, v->valuestring));
	return !strcmp(op, "In") ? among : !strcmp(op, "NotIn") ? !among : !strcmp(op, "Exists") ? mine != NULL : !mine;
}

bool kubernetes_label_selector(const cJSON *selector, const cJSON *labels)
{
	const cJSON *e, *match = json_at(selector, "matchLabels");
	bool all = selector && (!match || !match->child || kubernetes_selects(match, labels));
	cJSON_ArrayForEach(e, json_at(selector, "matchExpressions"))
		all = all && expression_holds(e, labels);
	return all;
}

/* Values. ------------------------------------------------------------------------------------------------------------------- */
int kubernetes_share(const cJSON *v, int of, bool up)
{
	const char *text = cJSON_IsString(v) ? v->valuestring : NULL;
	double share = text ? atoi(text) * of / 100.0 : 0;
	return text ? (int)(up ? ceil(share) : floor(share)) : cJSON_IsNumber(v) ? v->valueint : 0;
}

void kubernetes_annotate(cJSON *doc, const char *name, const char *value)
{
	if (!cJSON_IsObject(json_at(doc, "metadata.annotations")))
		json_put(doc, "metadata.annotations", cJSON_CreateObject());
	cJSON_DeleteItemFromObjectCaseSensitive(json_at(doc, "metadata.annotations"), name);
	cJSON_AddStringToObject(json_at(doc, "metadata.annotations"), name, value);
}

const char *kubernetes_annotation(const cJSON *doc, const char *name)
{
	const cJSON *a = cJSON_GetObjectItemCaseSensitive(json_at(doc, "metadata.annotations"), name);
	return cJSON_IsString(a) ? a->valuestring : "";
}

const char *kubernetes_hash(const cJSON *template)
{
	static const char letters[] = "456789bcdf";
	char *text = json_text(template, -1), number[16];
	uint32_t h = 2166136261u;
	for (const char *p = text; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	snprintf(number, sizeof number, "%u", h | 1u << 31);
	for (char *p = number; *p; p++)
		*p = letters[*p - '0'];
	free(text);
	return sim_tmp("%s", number);
}

const char *kubernetes_drawn(struct sim *s)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	char tail[6] = "";
	for (int i = 0; i < 5; i++)
		tail[i] = letters[sim_random(s) % (sizeof letters - 1)];
	return sim_tmp("%s", tail);
}

/* Making and taking away. ----------------------------------------------------------------------------------------------------- */
static const char *controller_of(const char *kind)
{
	static const char *const controllers[][2] = {{"ReplicaSet", "replicaset-controller"},
						     {"Job", "job-controller"},
						     {"StatefulSet", "statefulset-controller"},
						     {"DaemonSet", "daemonset-controller"}};
	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
		if (!strcmp(controllers[i][0], kind))
			return controllers[i][1];
	return "kube-controller-manager";
}

static cJSON *pod_of_template(const struct sim_object *owner, const char *name, const char *generate, cJSON *labels)
{
	const cJSON *l, *template = json_at(owner->doc, "spec.template");
	cJSON *all = cJSON_Duplicate(json_at(template, "metadata.labels"), true),
	      *notes = cJSON_Duplicate(json_at(template, "metadata.annotations"), true);
	all = all ? all : cJSON_CreateObject();
	cJSON_ArrayForEach(l, labels) {
		cJSON_DeleteItemFromObjectCaseSensitive(all, l->string);
		cJSON_AddStringToObject(all, l->string, l->valuestring);
	}
	cJSON *doc = json_make("{'metadata':{'name':%s,'labels':%j,'ownerReferences':[{'apiVersion':%s,'kind':%s,'name':%s,'"
			       "uid':%s,'controller':true,"
			       "'blockOwnerDeletion':true}]},'spec':%j,'status':{'phase':'Pending'}}",
			       name, all, json_str(owner->doc, "apiVersion", ""), json_str(owner->doc, "kind", ""),
			       json_str(owner->doc, "metadata.name", ""), kubernetes_uid(owner),
			       cJSON_Duplicate(json_at(template, "spec"), true));
	if (generate)
		json_put_str(doc, "metadata.generateName", generate);
	if (notes)
		json_put(doc, "metadata.annotations", notes);
	return doc;
}

struct sim_object *kubernetes_pod_add(struct sim *s, const struct sim_object *cluster, const struct sim_object *owner,
				      const struct sim_object *root, const char *name, const char *hash, cJSON *labels,
				      const char **why)
{
	const char *ns = json_str(owner->doc, "metadata.namespace", ""), *kind = json_str(owner->doc, "kind", ""),
		   *by = controller_of(kind);
	const char *generate = name ? NULL : sim_tmp("%s-", json_str(owner->doc, "metadata.name", ""));
	bool set = !strcmp(kind, "StatefulSet");
	cJSON *doc = pod_of_template(owner, name ? name : sim_tmp("%s%s", generate, kubernetes_drawn(s)), generate, labels);
	cJSON_Delete(labels);
	if (set) {
		json_put_str(doc, "spec.hostname", name);
		json_put_str(doc, "spec.subdomain", json_str(owner->doc, "spec.serviceName", ""));
	}
	char *refused = kubernetes_admit_pod(s, cluster, ns, doc);
	if (refused) {
		const char *message = set ? sim_tmp("create Pod %s in StatefulSet %s failed error: %s", name,
						    json_str(owner->doc, "metadata.name", ""), refused)
					  : sim_tmp("Error creating: %s", refused);
		kubernetes_event_by(s, cluster->key, owner->doc, "Warning", "FailedCreate", message, by);
		if (why)
			*why = sim_tmp("%s", refused);
		free(refused);
		cJSON_Delete(doc);
		return NULL;
	}
	struct sim_object *pod = kubernetes_put(s, cluster->key, "", "v1", "pods", ns, doc);
	json_put_str(pod->hidden, "hash", hash);
	json_put_str(pod->hidden, "root", kubernetes_uid(root));
	json_put_str(pod->hidden, "rootKey", root->key);
	const char *made = json_str(pod->doc, "metadata.name", "");
	kubernetes_event_by(
	    s, cluster->key, owner->doc, "Normal", "SuccessfulCreate",
	    set ? sim_tmp("create Pod %s in StatefulSet %s successful", made, json_str(owner->doc, "metadata.name", ""))
		: sim_tmp("Created pod: %s", made),
	    by);
	kubernetes_pod(s, cluster, pod);
	return pod;
}

void kubernetes_pod_remove(struct sim *s, const struct sim_object *cluster, struct sim_object *pod, const char *controller)
{
	const cJSON *c;
	const char *ns = sim_tmp("%s", json_str(pod->doc, "metadata.namespace", "")),
		   *phase = json_str(pod->doc, "status.phase", "");
	bool over = !strcmp(phase, "Succeeded") || !strcmp(phase, "Failed");
	cJSON_ArrayForEach(c, (over ? NULL : json_at(pod->doc, "status.containerStatuses")))
		if (json_at(c, "state.running"))
			kubernetes_container_event(s, cluster->key, pod->doc, "containers", json_str(c, "name", ""), "Normal",
						   "Killing", sim_tmp("Stopping container %s", json_str(c, "name", "")));
	if (controller) {
		const struct sim_object *owner = kubernetes_named(
		    s, cluster->key, !strcmp(controller, "job-controller") ? "batch" : "apps",
		    !strcmp(controller, "job-controller")           ? "jobs"
		    : !strcmp(controller, "statefulset-controller") ? "statefulsets"
		    : !strcmp(controller, "daemonset-controller")   ? "daemonsets"
								    : "replicasets",
		    ns, json_str(pod->doc, "metadata.ownerReferences.0.name", ""));
		if (owner)
			kubernetes_event_by(s, cluster->key, owner->doc, "Normal", "SuccessfulDelete",
					    sim_tmp("Deleted pod: %s", json_str(pod->doc, "metadata.name", "")), controller);
	}
	sim_remove(s, pod);
	kubernetes_endpoints_sync(s, cluster, ns);
}
