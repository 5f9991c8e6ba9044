/* Watches: what becomes of the objects of a list, an event a line, for as long as the watcher stays. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

struct watch {
	char *prefix, *labels, *fields, *include;
	const struct kubernetes_resource *r;
	bool table, told; /* told: a Table's columns go with its first event */
	cJSON *known;     /* by key, as last told */
};

static bool matches(const struct watch *w, const cJSON *doc)
{
	char *why;
	return kubernetes_labels_match(json_at(doc, "metadata.labels"), w->labels, &why) &&
	       kubernetes_fields_match(w->r->kind, doc, w->fields, &why);
}

static void tell(struct sim *s, struct watch *w, const char *type, const cJSON *doc, struct buf *out)
{
	cJSON *object = w->table ? kubernetes_table(s, w->r, doc, w->include) : cJSON_Duplicate(doc, true);
	if (w->table && w->told)
		json_put(object, "columnDefinitions", cJSON_CreateArray());
	w->told = true;
	cJSON *event = json_make("{'type':%s,'object':%j}", type, object);
	char *text = json_text(event, -1);
	buf_printf(out, "%s\n", text);
	free(text);
	cJSON_Delete(event);
}

static const char *version(const cJSON *doc)
{
	return json_str(doc, "metadata.resourceVersion", "");
}

/* Those that went, or do not match any more. */
static void tell_gone(struct sim *s, struct watch *w, struct buf *out)
{
	for (cJSON *k = w->known->child, *next; k; k = next) {
		next = k->next;
		const struct sim_object *o = sim_get(s, OBJECTS, k->string);
		if (o && matches(w, o->doc) && !strcmp(json_str(o->doc, "metadata.uid", ""), json_str(k, "metadata.uid", "")))
			continue;
		tell(s, w, "DELETED", k, out);
		cJSON_Delete(cJSON_DetachItemViaPointer(w->known, k));
	}
}

static bool watch_more(struct sim *s, void *state, struct buf *out)
{
	struct watch *w = state;
	tell_gone(s, w, out);
	for (struct sim_object *o = sim_first(s, OBJECTS, w->prefix); o; o = sim_following(s, o, w->prefix)) {
		cJSON *known = cJSON_GetObjectItemCaseSensitive(w->known, o->key);
		if ((known && !strcmp(version(known), version(o->doc))) || !matches(w, o->doc))
			continue;
		tell(s, w, known ? "MODIFIED" : "ADDED", o->doc, out);
		cJSON_DeleteItemFromObjectCaseSensitive(w->known, o->key);
		cJSON_AddItemToObject(w->known, o->key, cJSON_Duplicate(o->doc, true));
	}
	return true;
}

static void watch_end(void *state)
{
	struct watch *w = state;
	char *texts[] = {w->prefix, w->labels, w->fields, w->include};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	cJSON_Delete(w->known);
	free(w);
}

/* What is not newer than the version was told by the list before. */
static void know_since(struct sim *s, struct watch *w, long long since, struct buf *out)
{
	for (struct sim_object *o = sim_first(s, OBJECTS, w->prefix); o; o = sim_following(s, o, w->prefix)) {
		if (!matches(w, o->doc))
			continue;
		if (json_int64(o->doc, "metadata.resourceVersion", 0) > since)
			tell(s, w, json_num(o->hidden, "born", 0) > (double)since ? "ADDED" : "MODIFIED", o->doc, out);
		cJSON_AddItemToObject(w->known, o->key, cJSON_Duplicate(o->doc, true));
	}
}

void kubernetes_watch(struct kubernetes_call *k, const char *prefix)
{
	const char *accept = sim_request_header(k->c->request, "Accept");
	struct watch *w = xcalloc(1, sizeof *w);
	struct buf b = {0};
	*w = (struct watch){.prefix = xstrdup(prefix),
			    .labels = xstrdup(sim_param(k->c, "labelSelector")),
			    .fields = xstrdup(sim_param(k->c, "fieldSelector")),
			    .include = xstrdup(sim_param(k->c, "includeObject")),
			    .r = k->r,
			    .table = accept && strstr(accept, "as=Table"),
			    .known = cJSON_CreateObject()};
	know_since(k->c->sim, w, strtoll(sim_param(k->c, "resourceVersion"), NULL, 10), &b);
	sim_bytes(k->c, 200, "application/json", buf_text(&b), b.len);
	buf_free(&b);
	k->c->reply->stream = (struct sim_stream){
	    .more = watch_more, .end = watch_end, .state = w, .seconds = strtod(sim_param(k->c, "timeoutSeconds"), NULL)};
}
