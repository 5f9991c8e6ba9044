/* A cluster's objects in the store: their keys and versions, what the cluster and its controllers put and report. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

char *kubernetes_key(const char *cluster, const struct kubernetes_resource *r, const char *ns, const char *name)
{
	return xasprintf("%s|%s/%s|%s|%s", cluster, r->group, r->plural, ns, name);
}

void kubernetes_touch(struct sim *s, const char *cluster, cJSON *doc)
{
	struct sim_object *state = sim_get(s, "kubernetes.state", cluster);
	char text[24];
	if (!state)
		state = sim_put(s, "kubernetes.state", cluster, json_make("{'version':1000}"));
	json_put_num(state->doc, "version", json_num(state->doc, "version", 1000) + 1);
	snprintf(text, sizeof text, "%.0f", json_num(state->doc, "version", 0));
	json_put_str(doc, "metadata.resourceVersion", text);
}

void kubernetes_birth(struct sim *s, const char *cluster, const struct kubernetes_resource *r, cJSON *doc)
{
	char uid[37];
	const char *now = sim_stamp(s, 0);
	sim_uuid(s, uid);
	json_put_str(doc, "metadata.uid", uid);
	json_put_str(doc, "metadata.creationTimestamp", now);
	if (r->generation)
		json_put_num(doc, "metadata.generation", 1);
	kubernetes_touch(s, cluster, doc);
}

struct sim_object *kubernetes_put(struct sim *s, const char *cluster, const char *group, const char *version,
				  const char *plural, const char *ns, cJSON *doc)
{
	const struct kubernetes_resource *r = kubernetes_resource_find(group, version, plural);
	char *gv = *group ? xasprintf("%s/%s", group, version) : xstrdup(version);
	json_put_str(doc, "apiVersion", gv);
	json_put_str(doc, "kind", r->kind);
	if (*ns)
		json_put_str(doc, "metadata.namespace", ns);
	char *wrong, *key = kubernetes_key(cluster, r, ns, json_str(doc, "metadata.name", ""));
	cJSON *whole = kubernetes_decode(kubernetes_type_find(r->type), doc, &wrong, NULL);
	free(wrong);
	/* The caller may go on with doc. */
	cJSON *given = doc->child;
	doc->child = whole->child;
	whole->child = given;
	cJSON_Delete(whole);
	kubernetes_default(r->kind, doc);
	struct sim_call by_itself = {.sim = s};
	struct kubernetes_call k = {.c = &by_itself,
				    .r = r,
				    .type = kubernetes_type_find(r->type),
				    .manager = !strcmp(r->kind, "Namespace") ? "kube-apiserver" : "kube-controller-manager"};
	kubernetes_note_update(&k, NULL, doc);
	kubernetes_birth(s, cluster, r, doc);
	kubernetes_prepare(&k, doc, NULL);
	struct sim_object *o = sim_get(s, OBJECTS, key);
	if (o)
		sim_remove(s, o);
	o = sim_put(s, OBJECTS, key, doc);
	json_put_num(o->hidden, "born", (double)json_int64(doc, "metadata.resourceVersion", 0));
	free(gv);
	free(key);
	return o;
}

void kubernetes_report(struct sim *s, const char *cluster, struct sim_object *o, cJSON *status, const char *manager,
		       const char *annotation, const char *value)
{
	const char *kind = json_str(o->doc, "kind", "");
	const struct kubernetes_resource *r = NULL;
	for (size_t i = 0; !r || strcmp(r->kind, kind); i++)
		if (!(r = kubernetes_resource_at(i)))
			return;
	struct sim_call by_itself = {.sim = s};
	struct kubernetes_call k = {
	    .c = &by_itself, .r = r, .type = kubernetes_type_find(r->type), .manager = manager, .sub = "status"};
	char *wrong;
	cJSON *before = cJSON_Duplicate(o->doc, true), *empty = kubernetes_decode(k.type, NULL, &wrong, NULL);
	if (annotation && !json_at(o->doc, "metadata.annotations"))
		json_put(o->doc, "metadata.annotations", cJSON_CreateObject());
	if (annotation) {
		cJSON_DeleteItemFromObjectCaseSensitive(json_at(o->doc, "metadata.annotations"), annotation);
		cJSON_AddStringToObject(json_at(o->doc, "metadata.annotations"), annotation, value);
	}
	json_drop(o->doc, "status");
	json_put(o->doc, "status", status);
	const cJSON *d;
	cJSON_ArrayForEach(d, json_at(empty, "status"))
		if (!cJSON_GetObjectItemCaseSensitive(status, d->string))
			cJSON_AddItemToObject(status, d->string, cJSON_Duplicate(d, true));
	kubernetes_note_update(&k, before, o->doc);
	kubernetes_touch(s, cluster, o->doc);
	cJSON_Delete(before);
	cJSON_Delete(empty);
}

TABLE_OF(seeds, "kubernetes_seeds.tbl", 3);

void kubernetes_seed(struct sim *s, const struct sim_object *cluster)
{
	static const char *const names[] = {"default", "kube-node-lease", "kube-public", "kube-system"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sim_object *o = kubernetes_put(
		    s, cluster->key, "", "v1", "namespaces", "",
		    json_make("{'metadata':{'name':%s,'labels':{'kubernetes.io/metadata.name':%s}},'spec':{'finalizers':["
			      "'kubernetes']},'status':{'phase':'Active'}}",
			      names[i], names[i]));
		kubernetes_react(s, cluster, o);
	}
	for (size_t i = 0; i < table_rows(&seeds); i++)
		kubernetes_put(s, cluster->key, table_cell(&seeds, i, 0), "v1", table_cell(&seeds, i, 1), "",
			       json_make(table_cell(&seeds, i, 2)));
}

void kubernetes_forget(struct sim *s, const struct sim_object *cluster)
{
	const char *prefix = sim_tmp("%s|", cluster->key);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		sim_remove(s, o);
	}
	struct sim_object *state = sim_get(s, "kubernetes.state", cluster->key);
	if (state)
		sim_remove(s, state);
}
