/* GKE's ManagedCertificates: each stands for a certificate of Compute Engine, and shows its state. */
#include "config.h"
#include "sim/api/kubernetes_ingress.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"

#include "base/json.h"

#include <string.h>

#define OBJECTS "kubernetes.objects"

static const char *words_of(const char *state)
{
	static const char *const words[][2] = {
	    {"ACTIVE", "Active"}, {"PROVISIONING", "Provisioning"}, {"FAILED_NOT_VISIBLE", "FailedNotVisible"}};
	for (size_t i = 0; i < 3; i++)
		if (!strcmp(state, words[i][0]))
			return words[i][1];
	return "Provisioning";
}

static void mirror(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, OBJECTS, json_str(arg, "key", ""));
	if (!o || strcmp(json_str(o->doc, "metadata.uid", ""), json_str(arg, "uid", "-")))
		return;
	const struct sim_object *c = sim_get(s, "compute.sslCertificates", json_str(arg, "certificate", ""));
	if (!strstr(json_str(arg, "certificate", ""), json_str(o->doc, "status.certificateName", "")))
		return; /* of an earlier one */
	const cJSON *states = c ? json_at(c->doc, "managed.domainStatus") : NULL, *d;
	cJSON *list = cJSON_CreateArray();
	cJSON_ArrayForEach(d, json_at(o->doc, "spec.domains")) {
		const cJSON *state = cJSON_GetObjectItemCaseSensitive(states, d->valuestring);
		cJSON_AddItemToArray(list, json_make("{'domain':%s,'status':%s}", d->valuestring,
						     words_of(cJSON_IsString(state) ? state->valuestring : "")));
	}
	const char *whole = words_of(c ? json_str(c->doc, "managed.status", "") : "");
	bool change = !json_equal(list, json_at(o->doc, "status.domainStatus")) ||
		      strcmp(whole, json_str(o->doc, "status.certificateStatus", ""));
	json_put_str(o->doc, "status.certificateStatus", whole);
	json_put(o->doc, "status.domainStatus", list);
	if (c && json_at(c->doc, "expireTime"))
		json_put_str(o->doc, "status.expireTime", json_str(c->doc, "expireTime", ""));
	if (change)
		kubernetes_touch(s, json_str(arg, "cluster", ""), o->doc);
	if (strcmp(whole, "Active"))
		sim_after(s, 60, mirror, cJSON_Duplicate(arg, true));
}

/* The controller writes the certificate's name to the ingresses that show it, and those of the class follow. */
static void renew_ingresses(struct sim *s, const struct sim_object *cluster, const struct sim_object *o)
{
	const char *prefix = kubernetes_prefix(cluster->key, "networking.k8s.io", "ingresses",
					       json_str(o->doc, "metadata.namespace", ""));
	for (struct sim_object *i = sim_first(s, OBJECTS, prefix); i; i = sim_following(s, i, prefix))
		if (strstr(kubernetes_annotation(i->doc, "networking.gke.io/managed-certificates"),
			   json_str(o->doc, "metadata.name", "")))
			kubernetes_ingress(s, cluster, i);
}

static void drop(struct sim *s, const char *key)
{
	struct sim_object *c = sim_get(s, "compute.sslCertificates", key);
	if (c)
		sim_remove(s, c);
}

/* Is it for these names? A certificate of Compute Engine's cannot be changed: the controller then makes another, and lets the old one go. */
static bool is_for(struct sim *s, const char *key, const struct sim_object *o)
{
	const struct sim_object *c = sim_get(s, "compute.sslCertificates", key);
	return c && json_equal(json_at(c->doc, "managed.domains"), json_at(o->doc, "spec.domains"));
}

void kubernetes_certificate(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const char *scope = sim_tmp("projects/%.*s/global/", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9);
	const char *name = json_str(o->doc, "status.certificateName", "");
	const char *old = sim_tmp("%ssslCertificates/%s", scope, name);
	bool is_gone = json_bool(o->hidden, "gone", false), renewed = *name != 0;
	if (is_gone)
		drop(s, old);
	if (is_gone || (*name && is_for(s, old, o)))
		return;
	char uid[37];
	sim_uuid(s, uid);
	name = sim_tmp("mcrt-%s", uid);
	json_put_str(o->doc, "status.certificateName", name);
	compute_store(s, &compute_certificate_kind, scope,
		      json_make("{'name':%s,'type':'MANAGED','managed':{'domains':%j}}", name,
				cJSON_Duplicate(json_at(o->doc, "spec.domains"), true)));
	cJSON *arg = json_make("{'cluster':%s,'key':%s,'uid':%s,'certificate':%s}", cluster->key, o->key,
			       json_str(o->doc, "metadata.uid", ""), sim_tmp("%ssslCertificates/%s", scope, name));
	mirror(s, arg);
	cJSON_Delete(arg);
	if (renewed) {
		renew_ingresses(s, cluster, o);
		drop(s, old);
	}
}
