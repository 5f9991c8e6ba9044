/* Writing a cluster's objects: server-side apply with owners and conflicts, the three kinds of patch, defaults and rules. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Owners. ---------------------------------------------------------------------------------------------------------------- */
static const char *api_version(const cJSON *doc)
{
	return json_str(doc, "apiVersion", "v1");
}

static cJSON *entries(cJSON *doc)
{
	cJSON *list = json_at(doc, "metadata.managedFields");
	if (!list)
		json_put(doc, "metadata.managedFields", list = cJSON_CreateArray());
	return list;
}

static cJSON *entry_of(cJSON *doc, const char *manager, const char *operation)
{
	cJSON *e;
	cJSON_ArrayForEach(e, json_at(doc, "metadata.managedFields"))
		if (!strcmp(json_str(e, "manager", ""), manager) && !strcmp(json_str(e, "operation", ""), operation) && !json_at(e, "subresource"))
			return e;
	return NULL;
}

/* Puts the set as what the manager owns; an empty one removes its entry. The time changes only with the set. */
static void put_entry(struct kubernetes_call *k, cJSON *doc, const char *manager, const char *operation, const cJSON *set)
{
	cJSON *list = entries(doc), *e = entry_of(doc, manager, operation), *fields = kubernetes_set_encode(set);
	if (!set->child) {
		if (e)
			cJSON_Delete(cJSON_DetachItemViaPointer(list, e));
		cJSON_Delete(fields);
		if (!list->child)
			json_drop(doc, "metadata.managedFields");
		return;
	}
	if (e && json_equal(json_at(e, "fieldsV1"), fields)) {
		cJSON_Delete(fields);
		return;
	}
	char *now = sim_time(k->c->sim, 0);
	cJSON *new = json_make("{'manager':%s,'operation':%s,'apiVersion':%s,'time':%s,'fieldsType':'FieldsV1','fieldsV1':%j}", manager, operation,
			       api_version(doc), now, fields);
	if (e)
		cJSON_Delete(cJSON_DetachItemViaPointer(list, e));
	/* Apply comes before Update. */
	int at = 0;
	const cJSON *other;
	cJSON_ArrayForEach(other, list)
		at += strcmp(json_str(other, "operation", ""), operation) <= 0;
	cJSON_InsertItemInArray(list, at, new);
	free(now);
}

/* Takes the paths of gone out of every entry but the manager's own of this operation. */
static void disown(cJSON *doc, const cJSON *gone, const char *manager, const char *operation)
{
	cJSON *list = json_at(doc, "metadata.managedFields"), *e, *next;
	for (e = list ? list->child : NULL; e; e = next) {
		next = e->next;
		if (!strcmp(json_str(e, "manager", ""), manager) && !strcmp(json_str(e, "operation", ""), operation))
			continue;
		cJSON *set = kubernetes_set_decode(json_at(e, "fieldsV1"));
		const cJSON *p;
		bool changed = false;
		cJSON_ArrayForEach(p, gone)
			if (cJSON_GetObjectItemCaseSensitive(set, p->string)) {
				cJSON_DeleteItemFromObjectCaseSensitive(set, p->string);
				changed = true;
			}
		if (changed && !set->child)
			cJSON_Delete(cJSON_DetachItemViaPointer(list, e));
		else if (changed)
			json_put(e, "fieldsV1", kubernetes_set_encode(set));
		cJSON_Delete(set);
	}
	if (list && !list->child)
		json_drop(doc, "metadata.managedFields");
}

/* Owned by an entry other than the manager's Apply, the path itself or something below it? */
static bool owned_elsewhere(const cJSON *doc, const char *path, const char *manager)
{
	const cJSON *e;
	size_t len = strlen(path);
	bool owned = false;
	cJSON_ArrayForEach(e, json_at(doc, "metadata.managedFields")) {
		if (owned || (!strcmp(json_str(e, "manager", ""), manager) && !strcmp(json_str(e, "operation", ""), "Apply")))
			continue;
		cJSON *set = kubernetes_set_decode(json_at(e, "fieldsV1"));
		const cJSON *p;
		cJSON_ArrayForEach(p, set)
			owned = owned || (!strncmp(p->string, path, len) && (!p->string[len] || p->string[len] == '\x1f'));
		cJSON_Delete(set);
	}
	return owned;
}

/* Merging. --------------------------------------------------------------------------------------------------------------- */
static void merge_object(const char *type, cJSON *live, const cJSON *applied);

static void merge_list(const struct kubernetes_field *f, cJSON *live, const cJSON *applied)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, applied) {
		cJSON *have = NULL, *other;
		if (f->set) {
			cJSON_ArrayForEach(other, live)
				have = json_equal(other, item) ? other : have;
		} else {
			have = kubernetes_find_element(live, f->keys, item);
		}
		if (!have)
			cJSON_AddItemToArray(live, cJSON_Duplicate(item, true));
		else if (!f->set)
			merge_object(f->type, have, item);
	}
}

static void merge_object(const char *type, cJSON *live, const cJSON *applied)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, applied) {
		struct kubernetes_field f;
		cJSON *have = cJSON_GetObjectItemCaseSensitive(live, item->string);
		if (!kubernetes_field(type, item->string, &f) || cJSON_IsNull(item))
			continue;
		bool compound = !f.atomic && have && (cJSON_IsObject(have) || cJSON_IsArray(have));
		if (compound && f.what == KUBERNETES_LIST && cJSON_IsArray(item))
			merge_list(&f, have, item);
		else if (compound && f.what == KUBERNETES_MAP)
			compute_merge(have, item);
		else if (compound && f.what == KUBERNETES_OBJECT)
			merge_object(f.type, have, item);
		else if (have)
			cJSON_ReplaceItemInObjectCaseSensitive(live, item->string, cJSON_Duplicate(item, true));
		else
			cJSON_AddItemToObject(live, item->string, cJSON_Duplicate(item, true));
	}
}

/* Server-side apply. ----------------------------------------------------------------------------------------------------- */
struct conflict {
	char *manager, *path;
};

static char *manager_text(const cJSON *e)
{
	const char *name = json_str(e, "manager", ""), *sub = json_str(e, "subresource", NULL);
	char *who = sub ? xasprintf("\"%s\" with subresource \"%s\"", name, sub) : xasprintf("\"%s\"", name);
	if (!strcmp(json_str(e, "operation", ""), "Update")) {
		char *more = xasprintf("%s using %s", who, json_str(e, "apiVersion", ""));
		free(who);
		return more;
	}
	return who;
}

static int by_manager(const void *a, const void *b)
{
	const struct conflict *x = a, *y = b;
	int d = strcmp(x->manager, y->manager);
	return d ? d : strcmp(x->path, y->path);
}

/* What others own and the applied configuration would change. */
static size_t find_conflicts(const cJSON *doc, const cJSON *live_set, const cJSON *applied_set, const char *manager, struct conflict **out)
{
	const cJSON *e, *p;
	size_t count = 0, room = 0;
	cJSON_ArrayForEach(e, json_at(doc, "metadata.managedFields")) {
		if (!strcmp(json_str(e, "manager", ""), manager) && !strcmp(json_str(e, "operation", ""), "Apply"))
			continue;
		cJSON *set = kubernetes_set_decode(json_at(e, "fieldsV1"));
		cJSON_ArrayForEach(p, applied_set) {
			const cJSON *now = cJSON_GetObjectItemCaseSensitive(live_set, p->string);
			if (!cJSON_GetObjectItemCaseSensitive(set, p->string) || (now && !strcmp(now->valuestring, p->valuestring)))
				continue;
			struct buf b = {0};
			kubernetes_path_text(p->string, &b);
			*out = xgrow(*out, count, &room, sizeof **out);
			(*out)[count++] = (struct conflict){manager_text(e), buf_take(&b)};
		}
		cJSON_Delete(set);
	}
	return count;
}

static void answer_conflicts(struct kubernetes_call *k, struct conflict *list, size_t count)
{
	struct buf b = {0};
	cJSON *causes = cJSON_CreateArray();
	qsort(list, count, sizeof *list, by_manager);
	if (count == 1)
		buf_printf(&b, "Apply failed with 1 conflict: conflict with %s: %s", list[0].manager, list[0].path);
	else
		buf_printf(&b, "Apply failed with %zu conflicts: ", count);
	for (size_t i = 0; i < count; i++) {
		char *message = xasprintf("conflict with %s", list[i].manager);
		cJSON_AddItemToArray(causes, json_make("{'reason':'FieldManagerConflict','message':%s,'field':%s}", message, list[i].path));
		if (count > 1 && (i == 0 || strcmp(list[i].manager, list[i - 1].manager)))
			buf_printf(&b, "%sconflicts with %s:", i ? "\n" : "", list[i].manager);
		if (count > 1)
			buf_printf(&b, "\n- %s", list[i].path);
		free(message);
	}
	kubernetes_fail(k, 409, "Conflict", causes, "%s", buf_text(&b));
	buf_free(&b);
}

/* What the manager applied before and now leaves out goes, unless others own it. */
static void drop_left_out(cJSON *doc, const cJSON *before, const cJSON *applied_set, const char *manager)
{
	const cJSON *p, *q;
	cJSON_ArrayForEach(p, before) {
		size_t len = strlen(p->string);
		bool kept = false;
		cJSON_ArrayForEach(q, applied_set)
			kept = kept || (!strncmp(q->string, p->string, len) && (!q->string[len] || q->string[len] == '\x1f'));
		if (!kept && !owned_elsewhere(doc, p->string, manager))
			kubernetes_remove_path(doc, p->string);
	}
}

/* A null is a field that is not there. */
static void drop_nulls(cJSON *node)
{
	for (cJSON *child = node->child, *next; child; child = next) {
		next = child->next;
		if (cJSON_IsNull(child) && cJSON_IsObject(node))
			cJSON_Delete(cJSON_DetachItemViaPointer(node, child));
		else
			drop_nulls(child);
	}
}

cJSON *kubernetes_apply(struct kubernetes_call *k, const cJSON *live, const cJSON *applied)
{
	const char *type = k->r->type;
	cJSON *doc = live ? cJSON_Duplicate(live, true) : json_make("{'apiVersion':%s,'kind':%s,'metadata':{}}", api_version(applied), k->r->kind);
	cJSON *own = entry_of(doc, k->manager, "Apply");
	cJSON *before = kubernetes_set_decode(own ? json_at(own, "fieldsV1") : NULL), *live_set = kubernetes_set_of(type, doc);
	cJSON *applied_set = kubernetes_set_of(type, applied);
	struct conflict *conflicts = NULL;
	size_t count = live ? find_conflicts(doc, live_set, applied_set, k->manager, &conflicts) : 0;
	bool force = sim_param_bool(k->c, "force");
	if (count && !force) {
		answer_conflicts(k, conflicts, count);
		cJSON_Delete(doc);
		doc = NULL;
	} else {
		/* By force, what others would have kept is theirs no more. */
		cJSON *taken = cJSON_CreateObject();
		const cJSON *p;
		cJSON_ArrayForEach(p, applied_set) {
			const cJSON *now = cJSON_GetObjectItemCaseSensitive(live_set, p->string);
			if (now && strcmp(now->valuestring, p->valuestring))
				cJSON_AddStringToObject(taken, p->string, "");
		}
		disown(doc, taken, k->manager, "Apply");
		cJSON_Delete(taken);
		drop_left_out(doc, before, applied_set, k->manager);
		cJSON *config = cJSON_Duplicate(applied, true);
		drop_nulls(config);
		json_drop(config, "metadata.managedFields");
		json_drop(config, "metadata.creationTimestamp");
		json_drop(config, "status");
		merge_object(type, doc, config);
		cJSON_Delete(config);
		put_entry(k, doc, k->manager, "Apply", applied_set);
	}
	for (size_t i = 0; i < count; i++) {
		free(conflicts[i].manager);
		free(conflicts[i].path);
	}
	free(conflicts);
	cJSON_Delete(before);
	cJSON_Delete(live_set);
	cJSON_Delete(applied_set);
	return doc;
}

void kubernetes_note_update(struct kubernetes_call *k, const cJSON *before, cJSON *after)
{
	cJSON *changed = kubernetes_set_changed(k->r->type, before, after), *now = kubernetes_set_of(k->r->type, after);
	const cJSON *p;
	cJSON *own = entry_of(after, k->manager, "Update");
	cJSON *set = kubernetes_set_decode(own ? json_at(own, "fieldsV1") : NULL);
	/* What is no longer there is nobody's. */
	cJSON *gone = cJSON_CreateObject(), *old = before ? kubernetes_set_of(k->r->type, before) : cJSON_CreateObject();
	cJSON_ArrayForEach(p, old)
		if (!cJSON_GetObjectItemCaseSensitive(now, p->string))
			cJSON_AddStringToObject(gone, p->string, "");
	cJSON_ArrayForEach(p, gone)
		cJSON_DeleteItemFromObjectCaseSensitive(set, p->string);
	disown(after, gone, "", "");
	disown(after, changed, k->manager, "Update");
	cJSON_ArrayForEach(p, changed)
		if (!cJSON_GetObjectItemCaseSensitive(set, p->string))
			cJSON_AddStringToObject(set, p->string, "");
	put_entry(k, after, k->manager, "Update", set);
	cJSON_Delete(changed);
	cJSON_Delete(now);
	cJSON_Delete(set);
	cJSON_Delete(gone);
	cJSON_Delete(old);
}

/* Patches. --------------------------------------------------------------------------------------------------------------- */
static void strategic_object(const char *type, cJSON *doc, const cJSON *patch);

static void strategic_list(const struct kubernetes_field *f, cJSON *list, const cJSON *patch)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, patch) {
		cJSON *have = kubernetes_find_element(list, f->keys, item);
		bool delete = !strcmp(json_str(item, "$patch", ""), "delete");
		if (have && delete)
			cJSON_Delete(cJSON_DetachItemViaPointer(list, have));
		else if (have)
			strategic_object(f->type, have, item);
		else if (!delete)
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
	}
}

static void strategic_object(const char *type, cJSON *doc, const cJSON *patch)
{
	const cJSON *item;
	if (!strcmp(json_str(patch, "$patch", ""), "replace"))
		while (doc->child)
			cJSON_Delete(cJSON_DetachItemViaPointer(doc, doc->child));
	cJSON_ArrayForEach(item, patch) {
		struct kubernetes_field f;
		cJSON *have = cJSON_GetObjectItemCaseSensitive(doc, item->string);
		if (*item->string == '$')
			continue;
		/* What is unknown is judged when the whole is decoded. */
		if (!kubernetes_field(type, item->string, &f))
			f = (struct kubernetes_field){.what = KUBERNETES_ANY, .atomic = true};
		if (cJSON_IsNull(item)) {
			cJSON_DeleteItemFromObjectCaseSensitive(doc, item->string);
		} else if (have && f.what == KUBERNETES_LIST && *f.keys && cJSON_IsArray(have)) {
			strategic_list(&f, have, item);
		} else if (have && cJSON_IsObject(have) && cJSON_IsObject(item)) {
			if (f.what == KUBERNETES_OBJECT)
				strategic_object(f.type, have, item);
			else
				compute_merge(have, item);
		} else if (have) {
			cJSON_ReplaceItemInObjectCaseSensitive(doc, item->string, cJSON_Duplicate(item, true));
		} else {
			cJSON_AddItemToObject(doc, item->string, cJSON_Duplicate(item, true));
		}
	}
}

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
			at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, atoi(name)) : cJSON_GetObjectItemCaseSensitive(at, name);
	}
	return at;
}

static bool json_step(cJSON *doc, const cJSON *op)
{
	char name[256] = "";
	const char *what = json_str(op, "op", "");
	cJSON *parent = pointer(doc, json_str(op, "path", ""), name), *value = json_at(op, "value");
	if (!parent || !*name)
		return false;
	bool list = cJSON_IsArray(parent), end = list && !strcmp(name, "-");
	cJSON *have = list ? (end ? NULL : cJSON_GetArrayItem(parent, atoi(name))) : cJSON_GetObjectItemCaseSensitive(parent, name);
	if (!strcmp(what, "test"))
		return have && value && json_equal(have, value);
	if (!strcmp(what, "remove")) {
		if (have)
			cJSON_Delete(cJSON_DetachItemViaPointer(parent, have));
		return have != NULL;
	}
	if (!value || (!strcmp(what, "replace") && !have) || (strcmp(what, "add") && strcmp(what, "replace")))
		return false;
	if (end)
		cJSON_AddItemToArray(parent, cJSON_Duplicate(value, true));
	else if (list && !strcmp(what, "add"))
		cJSON_InsertItemInArray(parent, atoi(name), cJSON_Duplicate(value, true));
	else if (list)
		cJSON_ReplaceItemInArray(parent, atoi(name), cJSON_Duplicate(value, true));
	else if (have)
		cJSON_ReplaceItemInObjectCaseSensitive(parent, name, cJSON_Duplicate(value, true));
	else
		cJSON_AddItemToObject(parent, name, cJSON_Duplicate(value, true));
	return true;
}

cJSON *kubernetes_patch(struct kubernetes_call *k, const cJSON *live)
{
	const char *type = sim_request_header(k->c->request, "Content-Type");
	cJSON *patch = cJSON_ParseWithLength(k->c->raw ? k->c->raw : "", k->c->raw_len), *doc = cJSON_Duplicate(live, true);
	const cJSON *op;
	bool good = patch != NULL;
	if (good && type && strstr(type, "json-patch")) {
		cJSON_ArrayForEach(op, patch)
			good = good && json_step(doc, op);
		if (!good)
			kubernetes_fail(k, 422, "Invalid", NULL, "the server rejected our request due to an error in our request");
	} else if (good && type && strstr(type, "merge-patch+json") && !strstr(type, "strategic")) {
		compute_merge(doc, patch);
	} else if (good) {
		strategic_object(k->r->type, doc, patch);
	} else {
		kubernetes_fail(k, 400, "BadRequest", NULL, "error decoding patch: invalid character");
	}
	cJSON_Delete(patch);
	if (!good) {
		cJSON_Delete(doc);
		return NULL;
	}
	return doc;
}
