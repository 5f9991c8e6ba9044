/* Deleting a cluster's objects: at once, when their finalizers are gone, or with all that is in a namespace. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

/* Does it stand for something outside the cluster, which goes with it? (What is inside goes with its namespace anyhow.) */
static bool controls(const struct sim_object *o)
{
	const char *kind = json_str(o->doc, "kind", "");
	return !strcmp(kind, "Ingress") || !strcmp(kind, "ManagedCertificate");
}

static void end_namespace(struct sim *s, const cJSON *arg)
{
	const char *cluster = json_str(arg, "cluster", ""), *ns = json_str(arg, "namespace", "");
	const char *prefix = sim_tmp("%s|", cluster);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		bool itself = !strcmp(json_str(o->doc, "kind", ""), "Namespace") &&
			      !strcmp(json_str(o->doc, "metadata.name", ""), ns);
		if (!itself && strcmp(json_str(o->doc, "metadata.namespace", ""), ns))
			continue;
		struct sim_object *home = sim_get(s, "container.clusters", cluster);
		json_put_bool(o->hidden, "gone", true);
		if (home && controls(o))
			kubernetes_react(s, home, o);
		sim_remove(s, o);
	}
}

/* One with finalizers stays until they are taken away. */
static void delete_later(struct kubernetes_call *k, struct sim_object *o)
{
	const char *now = sim_stamp(k->c->sim, 0);
	if (!json_at(o->doc, "metadata.deletionTimestamp") && !kubernetes_dry(k)) {
		json_put_str(o->doc, "metadata.deletionTimestamp", now);
		json_put_num(o->doc, "metadata.deletionGracePeriodSeconds", 0);
		if (k->r->generation)
			json_put_num(o->doc, "metadata.generation", json_num(o->doc, "metadata.generation", 1) + 1);
		kubernetes_touch(k->c->sim, k->cluster->key, o->doc);
		if (!strcmp(k->r->kind, "Ingress"))
			kubernetes_react(k->c->sim, k->cluster, o);
	}
	kubernetes_answer(k, 200, cJSON_Duplicate(o->doc, true));
}

/* What the options of a delete ask of the object. */
static bool preconditions_hold(struct kubernetes_call *k, const cJSON *live)
{
	cJSON *options = k->c->raw_len ? cJSON_ParseWithLength(k->c->raw, k->c->raw_len) : NULL;
	const char *uid = json_str(live, "metadata.uid", ""), *wanted = json_str(options, "preconditions.uid", uid);
	bool good = !strcmp(uid, wanted);
	k->failing_group = k->r->kind;
	if (!good)
		kubernetes_fail(k, 409, "Conflict", NULL,
				"Operation cannot be fulfilled on %s%s%s \"%s\": the UID in the precondition (%s) does not "
				"match the UID in record (%s). The object might have "
				"been deleted and then recreated",
				k->r->kind, *k->r->group ? "." : "", k->r->group, k->name, wanted, uid);
	k->failing_group = NULL;
	cJSON_Delete(options);
	return good;
}

/* Is what the object owns to stay? */
static bool orphans(const struct kubernetes_call *k)
{
	cJSON *options = k->c->raw_len ? cJSON_ParseWithLength(k->c->raw, k->c->raw_len) : NULL;
	const char *policy = json_str(options, "propagationPolicy", sim_param(k->c, "propagationPolicy"));
	bool yes = !strcmp(policy, "Orphan") || json_bool(options, "orphanDependents", false) ||
		   sim_param_bool(k->c, "orphanDependents");
	cJSON_Delete(options);
	return yes;
}

/* Kinds of which a delete answers with the object. */
static bool returns_deleted(const struct kubernetes_resource *r)
{
	static const char *const kinds[] = {"Pod", "Service", "ServiceAccount", "PersistentVolumeClaim", "ResourceQuota"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i], r->kind))
			return true;
	return false;
}

/* What is in it goes with it, a while later. */
static void delete_namespace(struct kubernetes_call *k, struct sim_object *o)
{
	const char *now = sim_stamp(k->c->sim, 0);
	if (!json_at(o->doc, "metadata.deletionTimestamp") && !kubernetes_dry(k)) {
		json_put_str(o->doc, "metadata.deletionTimestamp", now);
		json_put_str(o->doc, "status.phase", "Terminating");
		kubernetes_touch(k->c->sim, k->cluster->key, o->doc);
		sim_after(k->c->sim, 6, end_namespace, json_make("{'cluster':%s,'namespace':%s}", k->cluster->key, k->name));
	}
	kubernetes_answer(k, 200, cJSON_Duplicate(o->doc, true));
}

void kubernetes_delete(struct kubernetes_call *k)
{
	struct sim_object *o = kubernetes_target(k);
	if (!o) {
		kubernetes_not_found(k);
		return;
	}
	if (!preconditions_hold(k, o->doc))
		return;
	if (!strcmp(k->r->kind, "Namespace") &&
	    (!strcmp(k->name, "default") || !strcmp(k->name, "kube-system") || !strcmp(k->name, "kube-public"))) {
		kubernetes_fail(k, 403, "Forbidden", NULL, "namespaces \"%s\" is forbidden: this namespace may not be deleted",
				k->name);
		return;
	}
	if (!strcmp(k->r->kind, "PersistentVolumeClaim") && !kubernetes_dry(k) &&
	    !kubernetes_claim_used(k->c->sim, k->cluster, o))
		json_drop(o->doc, "metadata.finalizers");
	if (json_at(o->doc, "metadata.finalizers.0")) {
		delete_later(k, o);
		return;
	}
	json_put_bool(o->hidden, "orphan", orphans(k));
	if (!strcmp(k->r->kind, "Namespace")) {
		delete_namespace(k, o);
		return;
	}
	cJSON *reply = returns_deleted(k->r) ? cJSON_Duplicate(o->doc, true)
					     : json_make("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Success','"
							 "details':{'name':%s,'kind':%s,'uid':%s}}",
							 k->name, k->r->plural, json_str(o->doc, "metadata.uid", ""));
	if (*k->r->group && !returns_deleted(k->r))
		json_put_str(reply, "details.group", k->r->group);
	if (!kubernetes_dry(k))
		kubernetes_remove(k, o);
	kubernetes_answer(k, 200, reply);
}

void kubernetes_delete_all(struct kubernetes_call *k)
{
	char *prefix = kubernetes_list_prefix(k);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(k->c->sim, OBJECTS, prefix); o; o = next) {
		next = sim_following(k->c->sim, o, prefix);
		if (kubernetes_listed(k, o->doc) && !kubernetes_dry(k))
			kubernetes_remove(k, o);
	}
	free(prefix);
	kubernetes_list(k);
}
