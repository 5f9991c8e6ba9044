/* Which fields an object has and who owns them: sets of paths, and their spelling in managedFields (FieldsV1). */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What no manager owns. */
static bool owned_by_none(const char *path)
{
	static const char *const none[] = {"f:apiVersion", "f:kind", "f:metadata", "f:metadata\x1f" "f:name", "f:metadata\x1f" "f:namespace",
					   "f:metadata\x1f" "f:creationTimestamp", "f:metadata\x1f" "f:uid", "f:metadata\x1f" "f:resourceVersion",
					   "f:metadata\x1f" "f:generation", "f:metadata\x1f" "f:managedFields", "f:metadata\x1f" "f:selfLink",
					   "f:metadata\x1f" "f:generateName", "f:metadata\x1f" "f:deletionTimestamp", "f:status"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (!strcmp(path, none[i]))
			return true;
	return text_starts(path, "f:status\x1f");
}

static void add(cJSON *set, const char *path, const cJSON *value)
{
	if (!*path || owned_by_none(path))
		return;
	char *text = value ? json_text(value, -1) : xstrdup(".");
	if (!cJSON_GetObjectItemCaseSensitive(set, path))
		cJSON_AddStringToObject(set, path, text);
	free(text);
}

char *kubernetes_element_key(const char *keys, const cJSON *element)
{
	cJSON *key = cJSON_CreateObject();
	bool whole = cJSON_IsObject(element);
	for (const char *p = keys; whole && *p; p += strcspn(p, ","), p += strspn(p, ",")) {
		char *name = xstrndup(p, strcspn(p, ","));
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(element, name);
		if (v)
			cJSON_AddItemToObject(key, name, cJSON_Duplicate(v, true));
		else if (!strcmp(name, "protocol"))
			cJSON_AddStringToObject(key, name, "TCP");
		else
			whole = false;
		free(name);
	}
	char *text = whole ? json_text(key, -1) : NULL;
	cJSON_Delete(key);
	return text;
}

cJSON *kubernetes_find_element(cJSON *list, const char *keys, const cJSON *like)
{
	char *wanted = kubernetes_element_key(keys, like);
	cJSON *item, *found = NULL;
	cJSON_ArrayForEach(item, list) {
		char *have = kubernetes_element_key(keys, item);
		if (have && wanted && !strcmp(have, wanted))
			found = item;
		free(have);
		if (found)
			break;
	}
	free(wanted);
	return found;
}

/* dots: what an Update owns besides: the maps and lists that it made. */
static void collect(const struct kubernetes_field *f, const cJSON *v, const char *path, cJSON *set, bool dots);

static void collect_object(const char *type, const cJSON *v, const char *path, cJSON *set, bool dots)
{
	const cJSON *item;
	if (!v->child)
		add(set, path, v);
	cJSON_ArrayForEach(item, v) {
		struct kubernetes_field f;
		char *at = xasprintf("%s%sf:%s", path, *path ? "\x1f" : "", item->string);
		if (!cJSON_IsNull(item) && kubernetes_field(type, item->string, &f))
			collect(&f, item, at, set, dots);
		free(at);
	}
}

/* These are there from the beginning, however empty. */
static bool always_there(const char *path)
{
	static const char *const names[] = {"f:metadata", "f:spec", "f:template", "f:strategy", "f:containers", "f:jobTemplate"};
	const char *last = strrchr(path, '\x1f');
	last = last ? last + 1 : path;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(last, names[i]))
			return true;
	return false;
}

static void collect(const struct kubernetes_field *f, const cJSON *v, const char *path, cJSON *set, bool dots)
{
	const cJSON *item;
	bool compound = !f->atomic && (f->what == KUBERNETES_OBJECT || f->what == KUBERNETES_MAP || f->what == KUBERNETES_LIST);
	if (!compound) {
		add(set, path, v);
		return;
	}
	if (dots && !always_there(path))
		add(set, path, NULL);
	if (f->what == KUBERNETES_OBJECT) {
		collect_object(f->type, v, path, set, dots);
		return;
	}
	if (!v->child)
		add(set, path, v);
	cJSON_ArrayForEach(item, v) {
		if (f->what == KUBERNETES_MAP) {
			char *at = xasprintf("%s\x1f" "f:%s", path, item->string);
			add(set, at, item);
			free(at);
			continue;
		}
		char *key = f->set ? json_text(item, -1) : kubernetes_element_key(f->keys, item);
		char *at = key ? xasprintf("%s\x1f%s:%s", path, f->set ? "v" : "k", key) : NULL;
		if (at && f->set) {
			add(set, at, item);
		} else if (at) {
			add(set, at, NULL);
			collect_object(f->type, item, at, set, dots);
		}
		free(key);
		free(at);
	}
}

cJSON *kubernetes_set_of(const char *type, const cJSON *doc)
{
	cJSON *set = cJSON_CreateObject();
	collect_object(type, doc, "", set, false);
	return set;
}

cJSON *kubernetes_set_changed(const char *type, const cJSON *before, const cJSON *after)
{
	cJSON *old = cJSON_CreateObject(), *new = cJSON_CreateObject(), *result = cJSON_CreateObject();
	const cJSON *p;
	if (before)
		collect_object(type, before, "", old, true);
	collect_object(type, after, "", new, true);
	cJSON_ArrayForEach(p, new) {
		const cJSON *had = cJSON_GetObjectItemCaseSensitive(old, p->string);
		if (!had || strcmp(had->valuestring, p->valuestring))
			cJSON_AddStringToObject(result, p->string, p->valuestring);
	}
	cJSON_Delete(old);
	cJSON_Delete(new);
	return result;
}

/* A node whose only child is its dot is a leaf. */
static void prune(cJSON *node)
{
	cJSON *child = node->child;
	if (child && !child->next && !strcmp(child->string, ".")) {
		cJSON_DeleteItemFromObjectCaseSensitive(node, ".");
		return;
	}
	cJSON_ArrayForEach(child, node)
		prune(child);
}

cJSON *kubernetes_set_encode(const cJSON *set)
{
	cJSON *root = cJSON_CreateObject();
	const cJSON *p;
	cJSON_ArrayForEach(p, set) {
		cJSON *at = root;
		for (const char *s = p->string; *s; s += strcspn(s, "\x1f"), s += *s == '\x1f') {
			char *name = xstrndup(s, strcspn(s, "\x1f"));
			cJSON *next = cJSON_GetObjectItemCaseSensitive(at, name);
			at = next ? next : cJSON_AddObjectToObject(at, name);
			free(name);
		}
		cJSON_AddObjectToObject(at, ".");
	}
	prune(root);
	return root;
}

static void decode(const cJSON *node, const char *path, cJSON *set)
{
	const cJSON *child;
	if (*path && !node->child)
		cJSON_AddStringToObject(set, path, "");
	cJSON_ArrayForEach(child, node) {
		if (!strcmp(child->string, ".")) {
			cJSON_AddStringToObject(set, path, "");
			continue;
		}
		char *at = xasprintf("%s%s%s", path, *path ? "\x1f" : "", child->string);
		decode(child, at, set);
		free(at);
	}
}

cJSON *kubernetes_set_decode(const cJSON *fields)
{
	cJSON *set = cJSON_CreateObject();
	if (fields)
		decode(fields, "", set);
	return set;
}

void kubernetes_path_text(const char *path, struct buf *b)
{
	for (const char *s = path; *s; s += strcspn(s, "\x1f"), s += *s == '\x1f') {
		char *part = xstrndup(s, strcspn(s, "\x1f"));
		if (text_starts(part, "f:")) {
			buf_printf(b, ".%s", part + 2);
		} else {
			cJSON *key = cJSON_Parse(part + 2);
			const cJSON *members = cJSON_IsObject(key) ? key : NULL, *k;
			buf_putc(b, '[');
			if (!members)
				buf_printf(b, "=%s", part + 2);
			cJSON_ArrayForEach(k, members) {
				char *v = json_text(k, -1);
				buf_printf(b, "%s%s=%s", k == key->child ? "" : ",", k->string, v);
				free(v);
			}
			buf_putc(b, ']');
			cJSON_Delete(key);
		}
		free(part);
	}
}

void kubernetes_remove_path(cJSON *doc, const char *path)
{
	cJSON *at = doc, *parent = NULL;
	for (const char *s = path; *s && at; s += strcspn(s, "\x1f"), s += *s == '\x1f') {
		char *part = xstrndup(s, strcspn(s, "\x1f"));
		parent = at;
		if (text_starts(part, "f:")) {
			at = cJSON_GetObjectItemCaseSensitive(at, part + 2);
		} else {
			cJSON *key = cJSON_Parse(part + 2), *item, *found = NULL;
			const cJSON *members = cJSON_IsObject(key) ? key : NULL, *k;
			cJSON_ArrayForEach(item, at) {
				bool same = members || json_equal(item, key);
				cJSON_ArrayForEach(k, members) {
					const cJSON *v = cJSON_GetObjectItemCaseSensitive(item, k->string);
					same = same && (v ? json_equal(v, k) : !strcmp(k->string, "protocol"));
				}
				if (same && !found)
					found = item;
			}
			at = found;
			cJSON_Delete(key);
		}
		free(part);
	}
	if (at && parent)
		cJSON_Delete(cJSON_DetachItemViaPointer(parent, at));
}
