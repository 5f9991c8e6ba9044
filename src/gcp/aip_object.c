/* Objects of APIs in Google's plain style. */
#include "config.h"
#include "gcp/aip_object.h"

#include "base/buf.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* "projects/P/PARENT/COLLECTION"; the caller frees. */
static char *parent_of(const struct aip_object *o, const struct view *v)
{
	return xasprintf("projects/%s/%s/%s", v->project, json_str(v->spec, "parent", "locations/global"), o->collection);
}

static void ask(const struct aip_object *o, const struct view *v, const char *method, cJSON *body, const char *mask,
		struct call *out)
{
	call_set_url(out, strcmp(method, "GET") ? DIALECT_AIP : DIALECT_NONE, method, body, o->base);
	call_add(out, "/projects/%s/%-s/%s", v->project, json_str(v->spec, "parent", "locations/global"), o->collection);
	if (!strcmp(method, "POST"))
		call_add(out, "?%s=%s", o->id_parameter, v->name);
	else
		call_add(out, "/%s", v->name);
	if (mask)
		call_add(out, "?updateMask=%s", mask);
}

static bool is_deleted(const struct aip_object *o, const cJSON *found)
{
	return o->revived && !strcmp(json_str(found, "state", ""), "DELETED");
}

void aip_observe(const struct aip_object *o, const struct view *v, struct call *out)
{
	ask(o, v, "GET", NULL, NULL, out);
}

void aip_decode(const struct aip_object *o, const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (o->described)
		kind_decode_mark(v, http, reply, out);
	else if (o->unlabelled)
		kind_decode_plain(v, http, reply, out);
	else
		kind_decode_labels(v, http, reply, "labels", out);
	if (!out->outputs)
		return;
	cJSON_Delete(out->outputs);
	out->outputs = cJSON_Duplicate(out->found, 1);
	char *parent = parent_of(o, v), *name = xasprintf("%s/%s", parent, v->name);
	json_put_str(out->outputs, "name", name);
	free(name);
	free(parent);
	if (is_deleted(o, out->found))
		out->presence = PRESENT_NO;
}

static bool is_labelled(const struct aip_object *o)
{
	return !o->unlabelled && !o->described;
}

static cJSON *wanted(const struct aip_object *o, const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	if (is_labelled(o))
		json_put(w, "labels", kind_labels(v));
	char *mark = o->described ? kind_mark(v) : NULL;
	if (mark)
		json_put_str(w, "description", mark);
	free(mark);
	return w;
}

void aip_compare(const struct aip_object *o, const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(o, v);
	kind_compare_leaves(w, seen->found, NULL, out);
	if (is_labelled(o))
		kind_compare_shed(v, seen->found, "labels", out);
	for (size_t i = 0; i < out->count; i++)
		for (const char *const *f = o->fixed; f && *f; f++)
			if (text_starts(out->differences[i].path, *f) && !out->reason) {
				out->verdict = VERDICT_REPLACE;
				out->reason = xasprintf(_("%s cannot be changed once it stands"), out->differences[i].path);
			}
	cJSON_Delete(w);
}

void aip_create(const struct aip_object *o, const struct view *v, const struct observation *seen, struct call *out)
{
	if (!is_deleted(o, seen->found)) {
		ask(o, v, "POST", wanted(o, v), NULL, out);
		return;
	}
	call_set_url(out, DIALECT_AIP, "POST", cJSON_CreateObject(), o->base);
	call_add(out, "/projects/%s/%-s/%s/%s", v->project, json_str(v->spec, "parent", "locations/global"), o->collection,
		 v->name);
	call_tail(out, ":undelete");
}

void aip_update(const struct aip_object *o, const struct view *v, const struct observation *seen, const struct change *change,
		struct call *out)
{
	char *mask = kind_mask(change);
	cJSON *w = wanted(o, v);
	if (is_labelled(o))
		json_put(w, "labels", kind_labels_over(v, json_at(seen->found, "labels")));
	ask(o, v, "PATCH", w, mask, out);
	free(mask);
}

void aip_destroy(const struct aip_object *o, const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	ask(o, v, "DELETE", NULL, NULL, out);
}
