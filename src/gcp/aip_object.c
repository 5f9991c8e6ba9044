/* Objects of APIs in Google's plain style. */
#include "config.h"
#include "gcp/aip_object.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* "projects/P/PARENT/COLLECTION"; the caller frees. */
static char *parent_of(const struct aip_object *o, const struct view *v)
{
	struct buf b = {0};
	buf_printf(&b, "projects/%s/", v->project);
	text_percent(&b, json_str(v->spec, "parent", "locations/global"), true);
	buf_printf(&b, "/%s", o->collection);
	return buf_take(&b);
}

static void ask(const struct aip_object *o, const struct view *v, const char *method, cJSON *body, const char *query, struct call *out)
{
	char *parent = parent_of(o, v), *name = kind_encode(v->name);
	bool read = !strcmp(method, "GET");
	if (!strcmp(method, "POST"))
		call_set(out, DIALECT_AIP, method, body, "%s/%s?%s=%s", o->base, parent, o->id_parameter, name);
	else
		call_set(out, read ? DIALECT_NONE : DIALECT_AIP, method, body, "%s/%s/%s%s", o->base, parent, name, query);
	free(name);
	free(parent);
}

void aip_observe(const struct aip_object *o, const struct view *v, struct call *out)
{
	ask(o, v, "GET", NULL, "", out);
}

void aip_decode(const struct aip_object *o, const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (o->unlabelled)
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
}

static cJSON *wanted(const struct aip_object *o, const struct view *v)
{
	cJSON *w = kind_copy(v, "body");
	if (!o->unlabelled)
		json_put(w, "labels", kind_labels(v));
	return w;
}

void aip_compare(const struct aip_object *o, const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(o, v);
	kind_compare_leaves(w, seen->found, NULL, out);
	for (size_t i = 0; i < out->count; i++)
		for (const char *const *f = o->fixed; f && *f; f++)
			if (text_starts(out->differences[i].path, *f) && !out->reason) {
				out->verdict = VERDICT_REPLACE;
				out->reason = xasprintf("%s cannot be changed once it stands", out->differences[i].path);
			}
	cJSON_Delete(w);
}

void aip_create(const struct aip_object *o, const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	ask(o, v, "POST", wanted(o, v), "", out);
}

/* The mask: the top field of every difference, once. */
static char *mask_of(const struct change *change)
{
	struct buf b = {0};
	buf_puts(&b, "?updateMask=");
	for (size_t i = 0; i < change->count; i++) {
		size_t len = strcspn(change->differences[i].path, ".");
		bool known = false;
		for (size_t j = 0; j < i; j++)
			known |= strcspn(change->differences[j].path, ".") == len &&
				 !strncmp(change->differences[j].path, change->differences[i].path, len);
		if (!known)
			buf_printf(&b, "%s%.*s", i ? "," : "", (int)len, change->differences[i].path);
	}
	return buf_take(&b);
}

void aip_update(const struct aip_object *o, const struct view *v, const struct change *change, struct call *out)
{
	char *mask = mask_of(change);
	ask(o, v, "PATCH", wanted(o, v), mask, out);
	free(mask);
}

void aip_destroy(const struct aip_object *o, const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	ask(o, v, "DELETE", NULL, "", out);
}
