/* The three patches of an object that is there: strategic merge by each list's key, JSON merge, JSON patch. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Strategic merge. ------------------------------------------------------------------------------------------------------- */
static void strategic_object(const struct kubernetes_type *type, cJSON *doc, const cJSON *patch);

static bool is_directive(const char *name)
{
	return name && *name == '$';
}

/* The element with the same key; of a list of scalars, the same one. */
static cJSON *same_element(cJSON *list, const char *key, const cJSON *like)
{
	cJSON *item;
	const cJSON *wanted = key ? cJSON_GetObjectItemCaseSensitive(like, key) : like;
	cJSON_ArrayForEach(item, list) {
		const cJSON *have = key ? cJSON_GetObjectItemCaseSensitive(item, key) : item;
		if (have && wanted && json_equal(have, wanted))
			return item;
	}
	return NULL;
}

/* The element without directives, as it is added. */
static cJSON *added(const struct kubernetes_type *type, const cJSON *item)
{
	if (!cJSON_IsObject(item))
		return cJSON_Duplicate(item, true);
	cJSON *out = cJSON_CreateObject();
	strategic_object(type, out, item);
	return out;
}

static void strategic_list(const struct kubernetes_field *f, cJSON *list, const cJSON *patch)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, patch)
		if (cJSON_IsObject(item) && !strcmp(json_str(item, "$patch", ""), "replace"))
			while (list->child)
				cJSON_Delete(cJSON_DetachItemViaPointer(list, list->child));
	cJSON_ArrayForEach(item, patch) {
		const char *how = cJSON_IsObject(item) ? json_str(item, "$patch", "") : "";
		cJSON *have = same_element(list, f->merge_key, item);
		if (have && !strcmp(how, "delete"))
			cJSON_Delete(cJSON_DetachItemViaPointer(list, have));
		else if (have && f->merge_key)
			strategic_object(f->shape->of->type, have, item);
		else if (!have && strcmp(how, "delete") && strcmp(how, "replace"))
			cJSON_AddItemToArray(list, added(f->shape->of->type, item));
	}
}

static int place_of(cJSON *order, const char *key, const cJSON *item)
{
	int n = 0;
	cJSON *o;
	cJSON_ArrayForEach(o, order) {
		if (same_element(order, key, item) == o)
			return n;
		n++;
	}
	return -1;
}

/* "$setElementOrder/x", or the patch's own order: those that it names in that order, the server's own ones where they stood among them. */
static void order_list(const struct kubernetes_field *f, cJSON *list, const cJSON *before, cJSON *order)
{
	cJSON *named = cJSON_CreateArray(), *own = cJSON_CreateArray(), *o, *item;
	cJSON_ArrayForEach(o, order)
		if ((item = same_element(list, f->merge_key, o)))
			cJSON_AddItemToArray(named, cJSON_DetachItemViaPointer(list, item));
	while (list->child)
		cJSON_AddItemToArray(own, cJSON_DetachItemViaPointer(list, list->child));
	cJSON *was = cJSON_Duplicate(before, true);
	while (named->child || own->child) {
		int left = own->child ? place_of(was, f->merge_key, own->child) : -1,
		    right = named->child ? place_of(was, f->merge_key, named->child) : -1;
		bool mine = own->child && (!named->child || (left >= 0 && right >= 0 && left < right));
		cJSON *from = mine ? own : named;
		cJSON_AddItemToArray(list, cJSON_DetachItemViaPointer(from, from->child));
	}
	cJSON_Delete(was);
	cJSON_Delete(named);
	cJSON_Delete(own);
}

/* "$retainKeys": all other members go. */
static void retain_keys(cJSON *doc, cJSON *keys)
{
	for (cJSON *child = doc->child, *next; child; child = next) {
		next = child->next;
		cJSON *name = cJSON_CreateString(child->string);
		if (!same_element(keys, NULL, name))
			cJSON_Delete(cJSON_DetachItemViaPointer(doc, child));
		cJSON_Delete(name);
	}
}

static void take_member(const struct kubernetes_field *f, cJSON *doc, const cJSON *item, const cJSON *patch)
{
	cJSON *have = cJSON_GetObjectItemCaseSensitive(doc, item->string);
	bool object = f && f->shape->what == KUBERNETES_OBJECT,
	     list = f && f->shape->what == KUBERNETES_LIST && (f->merge_key || f->merges);
	if (cJSON_IsNull(item)) {
		cJSON_DeleteItemFromObjectCaseSensitive(doc, item->string);
	} else if (list && cJSON_IsArray(item)) {
		cJSON *before = have ? cJSON_Duplicate(have, true) : cJSON_CreateArray();
		if (!have || !cJSON_IsArray(have)) {
			cJSON_DeleteItemFromObjectCaseSensitive(doc, item->string);
			have = cJSON_AddArrayToObject(doc, item->string);
		}
		strategic_list(f, have, item);
		const char *order = sim_tmp("$setElementOrder/%s", item->string);
		cJSON *given = cJSON_GetObjectItemCaseSensitive(patch, order),
		      *own = given ? NULL : cJSON_Duplicate(item, true);
		order_list(f, have, before, given ? given : own);
		cJSON_Delete(own);
		cJSON_Delete(before);
	} else if (have && cJSON_IsObject(have) && cJSON_IsObject(item) && object) {
		strategic_object(f->shape->type, have, item);
	} else if (have && cJSON_IsObject(have) && cJSON_IsObject(item)) {
		sim_merge_patch(have, item);
	} else {
		cJSON_DeleteItemFromObjectCaseSensitive(doc, item->string);
		cJSON_AddItemToObject(doc, item->string,
				      object && cJSON_IsObject(item) ? added(f->shape->type, item)
								     : cJSON_Duplicate(item, true));
	}
}

static void strategic_object(const struct kubernetes_type *type, cJSON *doc, const cJSON *patch)
{
	const cJSON *item;
	cJSON *retained = cJSON_GetObjectItemCaseSensitive(patch, "$retainKeys");
	const char *how = json_str(patch, "$patch", "");
	if (!strcmp(how, "replace") || !strcmp(how, "delete"))
		while (doc->child)
			cJSON_Delete(cJSON_DetachItemViaPointer(doc, doc->child));
	if (retained)
		retain_keys(doc, retained);
	cJSON_ArrayForEach(item, patch) {
		const char *slash = is_directive(item->string) ? strchr(item->string, '/') : NULL;
		const struct kubernetes_field *f = type ? kubernetes_field(type, slash ? slash + 1 : item->string) : NULL;
		cJSON *have = slash ? cJSON_GetObjectItemCaseSensitive(doc, slash + 1) : NULL;
		if (slash && have && text_starts(item->string, "$deleteFromPrimitiveList/")) {
			const cJSON *gone;
			cJSON_ArrayForEach(gone, item)
				cJSON_Delete(cJSON_DetachItemViaPointer(have, same_element(have, NULL, gone)));
		} else if (slash && have && f && text_starts(item->string, "$setElementOrder/") &&
			   !cJSON_GetObjectItemCaseSensitive(patch, slash + 1)) {
			cJSON *before = cJSON_Duplicate(have, true);
			order_list(f, have, before, cJSON_GetObjectItemCaseSensitive(patch, item->string));
			cJSON_Delete(before);
		} else if (!is_directive(item->string)) {
			/* What is unknown is judged when the whole is decoded. */
			take_member(f, doc, item, patch);
		}
	}
}

/* JSON patch. ------------------------------------------------------------------------------------------------------------ */

/* The parent of what a JSON pointer names, with the last step decoded into name. */
static cJSON *pointer(cJSON *doc, const char *path, char name[static 256])
{
	cJSON *at = doc;
	while (at && *path == '/') {
		struct buf b = {0};
		for (path++; *path && *path != '/'; path++) {
			if (*path == '~' && (path[1] == '0' || path[1] == '1'))
				buf_putc(&b, *++path == '0' ? '~' : '/');
			else
				buf_putc(&b, *path);
		}
		snprintf(name, 256, "%s", buf_text(&b));
		buf_free(&b);
		if (*path == '/')
			at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, atoi(name))
					       : cJSON_GetObjectItemCaseSensitive(at, name);
	}
	return at;
}

static void put_at(cJSON *parent, const char *name, const cJSON *value, bool insert)
{
	cJSON *copy = cJSON_Duplicate(value, true);
	if (cJSON_IsArray(parent) && !strcmp(name, "-")) {
		cJSON_AddItemToArray(parent, copy);
	} else if (cJSON_IsArray(parent) && insert) {
		cJSON_InsertItemInArray(parent, atoi(name), copy);
	} else if (cJSON_IsArray(parent)) {
		cJSON_ReplaceItemInArray(parent, atoi(name), copy);
	} else {
		cJSON_DeleteItemFromObjectCaseSensitive(parent, name);
		cJSON_AddItemToObject(parent, name, copy);
	}
}

/* One operation; why it fails, in the words of the library that the server uses, for the caller to free. */
static char *json_step(cJSON *doc, const cJSON *op)
{
	char name[256] = "", from_name[256] = "";
	const char *what = json_str(op, "op", ""), *path = json_str(op, "path", "");
	cJSON *parent = pointer(doc, path, name), *value = json_at(op, "value");
	if (!strcmp(what, "move") || !strcmp(what, "copy")) {
		cJSON *from = pointer(doc, json_str(op, "from", ""), from_name);
		value = from ? cJSON_IsArray(from) ? cJSON_GetArrayItem(from, atoi(from_name))
						   : cJSON_GetObjectItemCaseSensitive(from, from_name)
			     : NULL;
	}
	bool list = cJSON_IsArray(parent);
	cJSON *have = !parent ? NULL
		      : list  ? (strcmp(name, "-") ? cJSON_GetArrayItem(parent, atoi(name)) : NULL)
			      : cJSON_GetObjectItemCaseSensitive(parent, name);
	if (!strcmp(what, "test"))
		return have && value && json_equal(have, value) ? NULL
								: xasprintf("testing value %s failed: test failed", path);
	if (!strcmp(what, "remove")) {
		if (!have && parent)
			return xasprintf("remove operation does not apply: doc is missing key: %s: missing value", path);
		if (!have)
			return xasprintf("remove operation does not apply: doc is missing path: \"%s\": missing value", path);
		cJSON_Delete(cJSON_DetachItemViaPointer(parent, have));
		return NULL;
	}
	if (!strcmp(what, "replace") && !have)
		return xasprintf("replace operation does not apply: doc is missing %s: %s: missing value",
				 parent ? "key" : "path", path);
	if (!parent)
		return xasprintf("%s operation does not apply: doc is missing path: \"%s\": missing value", what, path);
	if (!value)
		return xasprintf("%s operation does not apply: missing value", what);
	put_at(parent, name, value, strcmp(what, "replace") != 0);
	if (!strcmp(what, "move")) {
		cJSON *from = pointer(doc, json_str(op, "from", ""), from_name);
		if (from && !cJSON_IsArray(from))
			cJSON_DeleteItemFromObjectCaseSensitive(from, from_name);
	}
	return NULL;
}

static bool json_patch(struct kubernetes_call *k, cJSON *doc, const cJSON *patch)
{
	const cJSON *op;
	char *why = NULL;
	cJSON_ArrayForEach(op, patch) {
		why = json_step(doc, op);
		if (why)
			break;
	}
	if (why)
		kubernetes_fail(k, 422, "Invalid", NULL, "the server rejected our request due to an error in our request");
	free(why);
	return !why;
}

cJSON *kubernetes_patch(struct kubernetes_call *k, const cJSON *live)
{
	const char *type = sim_request_header(k->c->request, "Content-Type");
	cJSON *patch = cJSON_ParseWithLength(k->c->raw ? k->c->raw : "", k->c->raw_len), *doc = cJSON_Duplicate(live, true);
	bool steps = type && text_starts(type, "application/json-patch+json"),
	     merge = type && text_starts(type, "application/merge-patch+json"), good = patch != NULL;
	bool strategic = type && text_starts(type, "application/strategic-merge-patch+json");
	if (!steps && !merge && !(strategic && !k->type->custom)) {
		good = false;
		kubernetes_fail(k, 415, "UnsupportedMediaType", NULL, "%s",
				k->type->custom && strategic ? "the body of the request was in an unknown format - accepted "
							       "media types include: application/json-patch+json, "
							       "application/merge-patch+json, application/apply-patch+yaml"
							     : "415: Unsupported Media Type");
	} else if (!good) {
		char *why = kubernetes_json_complaint(k->c->raw ? k->c->raw : "", k->c->raw_len);
		kubernetes_fail(k, 400, "BadRequest", NULL, "error decoding patch: %s", why);
		free(why);
	} else if (steps && !(cJSON_IsArray(patch) && (!patch->child || cJSON_IsObject(patch->child)))) {
		good = false;
		kubernetes_fail(k, 400, "BadRequest", NULL,
				"error decoding patch: json: cannot unmarshal %s into Go value of type %s",
				cJSON_IsObject(patch) ? "object" : "number",
				cJSON_IsArray(patch) ? "handlers.jsonPatchOp" : "[]handlers.jsonPatchOp");
	} else if (steps) {
		good = json_patch(k, doc, patch);
	} else if (merge) {
		sim_merge_patch(doc, patch);
	} else {
		strategic_object(k->type, doc, patch);
	}
	cJSON_Delete(patch);
	if (good)
		return doc;
	cJSON_Delete(doc);
	return NULL;
}
