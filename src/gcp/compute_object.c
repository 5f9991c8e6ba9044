/* What the kinds of Compute Engine share. */
#include "config.h"
#include "gcp/compute_object.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *place_of(const struct compute_object *o, const struct view *v)
{
	return json_str(v->spec, !strcmp(o->scope, "zones") ? "zone" : "region", "");
}

/* "projects/P/regions/R/COLLECTION"; the caller frees. */
static char *parent_of(const struct compute_object *o, const struct view *v)
{
	if (!strcmp(o->scope, "global"))
		return xasprintf("projects/%s/global/%s", v->project, o->collection);
	return xasprintf("projects/%s/%s/%s/%s", v->project, o->scope, place_of(o, v), o->collection);
}

static void ask(const struct compute_object *o, const struct view *v, const char *method, cJSON *body, struct call *out)
{
	bool placed = strcmp(o->scope, "global") != 0;
	call_set(out, strcmp(method, "GET") ? DIALECT_COMPUTE : DIALECT_NONE, method, body,
		 "https://compute.googleapis.com/compute/v1/projects/%s/%s", v->project, o->scope);
	if (placed)
		call_add(out, "/%s", place_of(o, v));
	call_add(out, "/%s", o->collection);
	out->request_id = strcmp(method, "GET") != 0;
}

static void ask_object(const struct compute_object *o, const struct view *v, const char *method, cJSON *body, struct call *out)
{
	ask(o, v, method, body, out);
	call_add(out, "/%s", v->name);
}

void compute_object_observe(const struct compute_object *o, const struct view *v, struct call *out)
{
	ask_object(o, v, "GET", NULL, out);
}

void compute_object_decode(const struct compute_object *o, const struct view *v, int http, const cJSON *reply,
			   struct observation *out)
{
	kind_decode_mark(v, http, reply, out);
	if (!out->outputs)
		return;
	char *parent = parent_of(o, v), *link = xasprintf("%s/%s", parent, v->name);
	json_put_str(out->outputs, "link", link);
	json_put_str(out->outputs, "id", json_str(out->found, "id", ""));
	free(link);
	free(parent);
}

cJSON *compute_object_wanted(const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	char *mark = kind_mark(v);
	json_put_str(w, "name", v->name);
	json_put_str(w, "description", mark);
	free(mark);
	return w;
}

/* The object as it is wanted in the place of what was found. */
static cJSON *wanted_over(const struct compute_object *o, const struct view *v, const cJSON *found)
{
	cJSON *w = compute_object_wanted(v), *unsaid = o->unsaid ? json_make(o->unsaid) : NULL;
	const cJSON *field;
	cJSON_ArrayForEach(field, unsaid)
		if (json_at(found, field->string) && !json_at(w, field->string))
			json_put(w, field->string, cJSON_Duplicate(field, true));
	cJSON_Delete(unsaid);
	return w;
}

/* What cannot be changed makes it be replaced. */
static void replace_if_fixed(struct change *c, const char *const *fixed)
{
	for (size_t i = 0; i < c->count; i++)
		for (const char *const *f = fixed; f && *f; f++)
			if (text_starts(c->differences[i].path, *f) && !c->reason) {
				c->verdict = VERDICT_REPLACE;
				c->reason = xasprintf(_("%s cannot be changed once it stands"), c->differences[i].path);
			}
}

void compute_object_compare(const struct compute_object *o, const struct view *v, const struct observation *seen,
			    struct change *out)
{
	cJSON *w = wanted_over(o, v, seen->found);
	kind_compare_leaves(w, seen->found, o->skip, out);
	replace_if_fixed(out, o->fixed);
	cJSON_Delete(w);
}

void compute_object_create(const struct compute_object *o, const struct view *v, const struct observation *seen,
			   struct call *out)
{
	(void)seen;
	ask(o, v, "POST", compute_object_wanted(v), out);
}

void compute_object_update(const struct compute_object *o, const struct view *v, const struct observation *seen,
			   struct call *out)
{
	cJSON *w = wanted_over(o, v, seen->found);
	const char *fingerprint = json_str(seen->found, "fingerprint", NULL);
	if (fingerprint)
		json_put_str(w, "fingerprint", fingerprint);
	ask_object(o, v, "PATCH", w, out);
}

void compute_object_destroy(const struct compute_object *o, const struct view *v, const struct observation *seen,
			    struct call *out)
{
	(void)seen;
	ask_object(o, v, "DELETE", NULL, out);
}

/* Such objects are marked in their description: without labels of the operator they have none of ours. */
void compute_object_compare_labels(const struct view *v, const cJSON *found, struct change *out)
{
	size_t before = out->count;
	const cJSON *l;
	cJSON_ArrayForEach(l, json_at(v->spec, "labels")) {
		const cJSON *is = cJSON_GetObjectItemCaseSensitive(json_at(found, "labels"), l->string);
		char *path = xasprintf("labels.%s", l->string);
		if (!json_equal(is, l))
			change_add(out, path, is, l);
		free(path);
	}
	kind_compare_shed(v, found, "labels", out);
	if (out->count > before && out->verdict == VERDICT_KEEP)
		out->verdict = VERDICT_UPDATE;
}

void compute_object_label(const struct compute_object *o, const struct view *v, const cJSON *found, struct call *out)
{
	cJSON *labels = kind_labels_over(v, json_at(found, "labels"));
	compute_object_method(o, v, "setLabels",
			      json_make("{'labelFingerprint':%s,'labels':%j}", json_str(found, "labelFingerprint", ""), labels),
			      out);
	/* That of global objects takes no request id. */
	out->request_id = strcmp(o->scope, "global") != 0;
}

void compute_object_method(const struct compute_object *o, const struct view *v, const char *method, cJSON *body,
			   struct call *out)
{
	ask_object(o, v, "POST", body, out);
	call_add(out, "/%s", method);
}

/* Internal addresses are made and deleted by permissions of their own; a range for a peering is always one. */
static bool is_internal(const char *resources, const cJSON *spec)
{
	return text_ends(resources, "ddresses") &&
	       !strcmp(json_str(spec, "body.addressType", json_at(spec, "body") ? "" : "INTERNAL"), "INTERNAL");
}

char *compute_object_permits(const char *resources, const char *change, const cJSON *spec, enum deed deed)
{
	static const char *const verbs[DEEDS] = {
	    [DEED_READ] = "get", [DEED_LIST] = "list", [DEED_CREATE] = "create", [DEED_DESTROY] = "delete"};
	bool looks = deed == DEED_READ || deed == DEED_LIST, labels = json_at(spec, "labels"), shed = json_at(spec, "shed");
	char *operations = xasprintf(" compute.%sOperations.get", text_starts(resources, "global") ? "global" : "region"),
	     *label = xasprintf(" compute.%s.setLabels", resources);
	bool labelled = (deed == DEED_CREATE && labels) ||
			(deed == DEED_UPDATE && strcmp(change, "setLabels") && (labels || shed));
	char *all = xasprintf("compute.%s.%s%s%s%s", resources, deed == DEED_UPDATE ? change : verbs[deed],
			      is_internal(resources, spec) && !looks && deed != DEED_UPDATE ? "Internal" : "",
			      looks ? "" : operations, labelled ? label : "");
	free(operations);
	free(label);
	return all;
}
