/* Which fields a document has: sets of paths, their spelling in managedFields (FieldsV1), comparing, merging and removing by them, as Kubernetes'
 * structured merging does it. */
#include "config.h"

#include "sim/api/kubernetes.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sets. ------------------------------------------------------------------------------------------------------------------ */
void kubernetes_set_free(struct kubernetes_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->paths[i]);
	free(set->paths);
	*set = (struct kubernetes_set){0};
}

/* Where the path is, or would be. */
static size_t position(const struct kubernetes_set *set, const char *path, bool *there)
{
	size_t low = 0, high = set->count;
	*there = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int d = strcmp(set->paths[middle], path);
		if (d == 0) {
			*there = true;
			return middle;
		}
		if (d < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool kubernetes_set_has(const struct kubernetes_set *set, const char *path)
{
	bool there;
	position(set, path, &there);
	return there;
}

void kubernetes_set_add(struct kubernetes_set *set, const char *path)
{
	bool there;
	size_t at = position(set, path, &there);
	if (there || !*path)
		return;
	set->paths = xgrow(set->paths, set->count, &set->room, sizeof *set->paths);
	memmove(set->paths + at + 1, set->paths + at, (set->count - at) * sizeof *set->paths);
	set->paths[at] = xstrdup(path);
	set->count++;
}

/* Keeps those that are, or are not, in the other. */
static void filter(struct kubernetes_set *a, const struct kubernetes_set *b, bool in)
{
	size_t kept = 0;
	for (size_t i = 0; i < a->count; i++) {
		if (kubernetes_set_has(b, a->paths[i]) == in)
			a->paths[kept++] = a->paths[i];
		else
			free(a->paths[i]);
	}
	a->count = kept;
}

void kubernetes_set_subtract(struct kubernetes_set *a, const struct kubernetes_set *b)
{
	filter(a, b, false);
}

void kubernetes_set_intersect(struct kubernetes_set *a, const struct kubernetes_set *b)
{
	filter(a, b, true);
}

void kubernetes_set_unite(struct kubernetes_set *a, const struct kubernetes_set *b)
{
	for (size_t i = 0; i < b->count; i++)
		kubernetes_set_add(a, b->paths[i]);
}

struct kubernetes_set kubernetes_set_copy(const struct kubernetes_set *set)
{
	struct kubernetes_set copy = {0};
	kubernetes_set_unite(&copy, set);
	return copy;
}

/* Is something below the path in the set? */
static bool has_below(const struct kubernetes_set *set, const char *path)
{
	const char *prefix = sim_tmp("%s\x1f", path);
	bool there;
	size_t at = position(set, prefix, &there);
	return at < set->count && text_starts(set->paths[at], prefix);
}

/* FieldsV1. -------------------------------------------------------------------------------------------------------------- */

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

cJSON *kubernetes_set_encode(const struct kubernetes_set *set)
{
	cJSON *root = cJSON_CreateObject();
	for (size_t i = 0; i < set->count; i++) {
		cJSON *at = root;
		for (const char *s = set->paths[i]; *s; s += strcspn(s, "\x1f"), s += *s == '\x1f') {
			const char *name = sim_tmp("%.*s", (int)strcspn(s, "\x1f"), s);
			cJSON *next = cJSON_GetObjectItemCaseSensitive(at, name);
			at = next ? next : cJSON_AddObjectToObject(at, name);
		}
		if (!cJSON_GetObjectItemCaseSensitive(at, "."))
			cJSON_AddObjectToObject(at, ".");
	}
	prune(root);
	return root;
}

static void decode(const cJSON *node, const char *path, struct kubernetes_set *set)
{
	const cJSON *child;
	if (!node->child)
		kubernetes_set_add(set, path);
	cJSON_ArrayForEach(child, node) {
		if (!strcmp(child->string, ".")) {
			kubernetes_set_add(set, path);
			continue;
		}
		decode(child, sim_tmp("%s%s%s", path, *path ? "\x1f" : "", child->string), set);
	}
}

struct kubernetes_set kubernetes_set_decode(const cJSON *fields)
{
	struct kubernetes_set set = {0};
	if (fields)
		decode(fields, "", &set);
	return set;
}

void kubernetes_path_text(const char *path, struct buf *b)
{
	for (const char *s = path; *s; s += strcspn(s, "\x1f"), s += *s == '\x1f') {
		const char *part = sim_tmp("%.*s", (int)strcspn(s, "\x1f"), s);
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
	}
}

int kubernetes_path_order(const char *a, const char *b)
{
	for (;;) {
		size_t m = strcspn(a, "\x1f"), n = strcspn(b, "\x1f");
		bool last_a = !a[m], last_b = !b[n];
		if (last_a != last_b)
			return last_a ? -1 : 1;
		int d = strncmp(a, b, m < n ? m : n);
		if (d || m != n || last_a)
			return d ? d : (int)m - (int)n;
		a += m + 1;
		b += n + 1;
	}
}

/* Walking a document. ---------------------------------------------------------------------------------------------------- */

/* What tells an element of a list from the others: "k:{"name":"x"}", "v:"x"", for the caller to free; NULL when a key is missing. */
static char *element_of(const struct kubernetes_shape *list, const cJSON *element)
{
	if (list->set) {
		char *text = json_text(element, -1), *part = xasprintf("v:%s", text);
		free(text);
		return part;
	}
	cJSON *key = cJSON_CreateObject();
	bool whole = cJSON_IsObject(element);
	for (const char *p = list->keys; whole && *p; p += strcspn(p, "+"), p += *p == '+') {
		const char *name = sim_tmp("%.*s", (int)strcspn(p, "+"), p);
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(element, name);
		const struct kubernetes_field *f = kubernetes_field(list->of->type, name);
		if (v)
			cJSON_AddItemToObject(key, name, cJSON_Duplicate(v, true));
		else if (f && f->key_default)
			cJSON_AddStringToObject(key, name, f->key_default);
		else if (f && !f->omit_empty && !f->shape->pointer && f->shape->what == KUBERNETES_STRING)
			cJSON_AddStringToObject(key, name, "");
		else if (f && !f->omit_empty && !f->shape->pointer && f->shape->what == KUBERNETES_INTEGER)
			cJSON_AddNumberToObject(key, name, 0);
		else
			whole = false;
	}
	char *text = whole ? json_text(key, -1) : NULL, *part = text ? xasprintf("k:%s", text) : NULL;
	cJSON_Delete(key);
	free(text);
	return part;
}

static bool is_leaf(const struct kubernetes_shape *s)
{
	return s->atomic || (s->what == KUBERNETES_LIST && !s->set && !s->keys) ||
	       (s->what != KUBERNETES_OBJECT && s->what != KUBERNETES_MAP && s->what != KUBERNETES_LIST);
}

static const struct kubernetes_shape *any_shape(void)
{
	static const struct kubernetes_shape any = {.what = KUBERNETES_ANY, .go = "interface", .atomic = true};
	return &any;
}

/* The shape of a member of an object or a map. */
static const struct kubernetes_shape *member_shape(const struct kubernetes_shape *s, const char *name, bool *named)
{
	const struct kubernetes_field *f = s->what == KUBERNETES_OBJECT ? kubernetes_field(s->type, name) : NULL;
	*named = f != NULL;
	return f ? f->shape : s->what == KUBERNETES_MAP ? s->of : any_shape();
}

static char *below(const char *path, const char *part, bool field)
{
	return xasprintf("%s%s%s%s", path, *path ? "\x1f" : "", field ? "f:" : "", part);
}

static struct kubernetes_shape root_shape(const struct kubernetes_type *type)
{
	return (struct kubernetes_shape){.what = KUBERNETES_OBJECT, .go = type->name, .type = type};
}

static void collect(const struct kubernetes_shape *s, const cJSON *v, const char *path, struct kubernetes_set *set)
{
	const cJSON *item;
	if (is_leaf(s) || (!cJSON_IsObject(v) && !cJSON_IsArray(v))) {
		kubernetes_set_add(set, path);
		return;
	}
	cJSON_ArrayForEach(item, v) {
		bool named = false, list = cJSON_IsArray(v);
		const struct kubernetes_shape *inner = list ? s->of : member_shape(s, item->string, &named);
		char *part = list ? element_of(s, item) : NULL,
		     *at = list ? (part ? below(path, part, false) : NULL) : below(path, item->string, true);
		if (at && !(list && s->set))
			collect(inner, item, at, set);
		if (at && (!named || cJSON_IsNull(item) || (cJSON_IsObject(item) && !item->child)))
			kubernetes_set_add(set, at);
		free(part);
		free(at);
	}
}

struct kubernetes_set kubernetes_set_of(const struct kubernetes_type *type, const cJSON *doc)
{
	struct kubernetes_set set = {0};
	struct kubernetes_shape root = root_shape(type);
	collect(&root, doc, "", &set);
	return set;
}

void kubernetes_set_named(const struct kubernetes_type *type, struct kubernetes_set *set)
{
	struct kubernetes_set more = {0};
	for (size_t i = 0; i < set->count; i++) {
		struct kubernetes_shape root = root_shape(type);
		const struct kubernetes_shape *s = &root;
		const char *path = set->paths[i];
		for (const char *p = path; *p; p += strcspn(p, "\x1f"), p += *p == '\x1f') {
			const char *part = sim_tmp("%.*s", (int)strcspn(p, "\x1f"), p);
			bool named = false;
			s = text_starts(part, "f:") ? member_shape(s, part + 2, &named) : s->of ? s->of : any_shape();
			const char *prefix = sim_tmp("%.*s", (int)((size_t)(p - path) + strlen(part)), path);
			if (named)
				kubernetes_set_add(&more, prefix);
		}
	}
	kubernetes_set_unite(set, &more);
	kubernetes_set_free(&more);
}

/* Comparing. ------------------------------------------------------------------------------------------------------------- */
static bool is_hollow(const cJSON *v)
{
	return !v || !v->child;
}

static const cJSON *find_element(const struct kubernetes_shape *s, const cJSON *list, const char *part)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, list) {
		char *have = element_of(s, item);
		bool same = have && !strcmp(have, part);
		free(have);
		if (same)
			return item;
	}
	return NULL;
}

static void differ(const struct kubernetes_shape *s, const cJSON *a, const cJSON *b, const char *path,
		   struct kubernetes_comparison *c);

/* The children of both: those of a, and those that b alone has. */
static void differ_inside(const struct kubernetes_shape *s, const cJSON *a, const cJSON *b, const char *path,
			  struct kubernetes_comparison *c)
{
	bool list = s->what == KUBERNETES_LIST, named;
	for (int side = 0; side < 2; side++) {
		const cJSON *here = side ? b : a, *across = side ? a : b, *item;
		cJSON_ArrayForEach(item, here) {
			char *part = list ? element_of(s, item) : xasprintf("f:%s", item->string);
			const cJSON *other = part && list ? find_element(s, across, part) : NULL;
			if (part && !list && cJSON_IsObject(across))
				other = cJSON_GetObjectItemCaseSensitive(across, item->string);
			if (part && !(side && other)) {
				char *at = below(path, part, false);
				differ(list ? s->of : member_shape(s, item->string, &named), side ? NULL : item,
				       side ? item : other, at, c);
				free(at);
			}
			free(part);
		}
	}
}

static void differ(const struct kubernetes_shape *s, const cJSON *a, const cJSON *b, const char *path,
		   struct kubernetes_comparison *c)
{
	bool leaf = is_leaf(s) || (is_hollow(a) && is_hollow(b));
	if (!leaf)
		differ_inside(s, a, b, path, c);
	if (!a)
		kubernetes_set_add(&c->added, path);
	else if (!b)
		kubernetes_set_add(&c->removed, path);
	else if (leaf && !json_equal(a, b))
		kubernetes_set_add(&c->modified, path);
}

struct kubernetes_comparison kubernetes_compare(const struct kubernetes_type *type, const cJSON *a, const cJSON *b)
{
	struct kubernetes_comparison c = {0};
	struct kubernetes_shape root = root_shape(type);
	differ(&root, a, b, "", &c);
	return c;
}

void kubernetes_comparison_free(struct kubernetes_comparison *c)
{
	kubernetes_set_free(&c->added);
	kubernetes_set_free(&c->modified);
	kubernetes_set_free(&c->removed);
}

/* Merging. --------------------------------------------------------------------------------------------------------------- */
static cJSON *merge(const struct kubernetes_shape *s, const cJSON *live, const cJSON *applied);

/* The applied elements in their order, and live ones that are not applied where they stood between those that are. */
static cJSON *merge_list(const struct kubernetes_shape *s, const cJSON *live, const cJSON *applied)
{
	cJSON *out = cJSON_CreateArray();
	const cJSON *l = live ? live->child : NULL, *r = applied ? applied->child : NULL;
	while (l || r) {
		char *part = l ? element_of(s, l) : NULL;
		const cJSON *same = part ? find_element(s, applied, part) : NULL;
		if (l && !same) {
			cJSON_AddItemToArray(out, cJSON_Duplicate(l, true));
			l = l->next;
		} else if (l && (same != r || !r)) {
			/* It is, or was, the turn of another one. */
			bool before = false;
			for (const cJSON *p = applied->child; p && p != r; p = p->next)
				before = before || p == same;
			char *next = before || !r ? NULL : element_of(s, r);
			const cJSON *shared = next ? find_element(s, live, next) : NULL;
			free(next);
			if (before || shared)
				l = l->next;
			if (!before && r) {
				cJSON_AddItemToArray(out, merge(s->of, shared, r));
				r = r->next;
			}
		} else {
			cJSON_AddItemToArray(out, merge(s->of, l, r));
			l = l ? l->next : NULL;
			r = r->next;
		}
		free(part);
	}
	return out;
}

static cJSON *merge(const struct kubernetes_shape *s, const cJSON *live, const cJSON *applied)
{
	const cJSON *item;
	bool named;
	if (!live || !applied || is_leaf(s) || (is_hollow(live) && is_hollow(applied)) ||
	    !(cJSON_IsObject(applied) || cJSON_IsArray(applied)))
		return cJSON_Duplicate(
		    applied && !(cJSON_IsNull(applied) && live && live->child && !is_leaf(s)) ? applied : live, true);
	if (s->what == KUBERNETES_LIST)
		return merge_list(s, live, applied);
	cJSON *out = cJSON_CreateObject();
	cJSON_ArrayForEach(item, live)
		cJSON_AddItemToObject(out, item->string,
				      merge(member_shape(s, item->string, &named), item,
					    cJSON_GetObjectItemCaseSensitive(applied, item->string)));
	cJSON_ArrayForEach(item, applied)
		if (!cJSON_GetObjectItemCaseSensitive(live, item->string))
			cJSON_AddItemToObject(out, item->string, cJSON_Duplicate(item, true));
	return out;
}

cJSON *kubernetes_merged(const struct kubernetes_type *type, const cJSON *live, const cJSON *applied)
{
	struct kubernetes_shape root = root_shape(type);
	return merge(&root, live, applied);
}

/* A null when nothing is left, as of a map whose members are gone. */
static cJSON *leave(const struct kubernetes_shape *s, const cJSON *v, const char *path, const struct kubernetes_set *gone)
{
	const cJSON *item;
	bool named, list = cJSON_IsArray(v);
	if (*path && !has_below(gone, path))
		return cJSON_Duplicate(v, true);
	if (is_leaf(s) || !v->child)
		return cJSON_CreateNull();
	cJSON *out = list ? cJSON_CreateArray() : cJSON_CreateObject();
	cJSON_ArrayForEach(item, v) {
		char *part = list ? element_of(s, item) : NULL,
		     *at = list ? (part ? below(path, part, false) : xstrdup(path)) : below(path, item->string, true);
		cJSON *kept = kubernetes_set_has(gone, at)
				  ? NULL
				  : leave(list ? s->of : member_shape(s, item->string, &named), item, at, gone);
		if (cJSON_IsNull(kept) && list)
			cJSON_Delete(kept);
		else if (kept && list)
			cJSON_AddItemToArray(out, kept);
		else if (kept)
			cJSON_AddItemToObject(out, item->string, kept);
		free(part);
		free(at);
	}
	if (out->child || !*path)
		return out;
	cJSON_Delete(out);
	return cJSON_CreateNull();
}

cJSON *kubernetes_without(const struct kubernetes_type *type, const cJSON *doc, const struct kubernetes_set *gone)
{
	struct kubernetes_shape root = root_shape(type);
	return leave(&root, doc, "", gone);
}

/* An applied configuration's types. -------------------------------------------------------------------------------------- */
__attribute__((format(printf, 2, 3))) static char *complaint(const char *path, const char *format, ...)
{
	struct buf b = {0};
	va_list args;
	kubernetes_path_text(path, &b);
	va_start(args, format);
	char *what = xvasprintf(format, args), *text = xasprintf("%s: %s", buf_text(&b), what);
	va_end(args);
	free(what);
	buf_free(&b);
	return text;
}

static const char *go_kind(const cJSON *v)
{
	return cJSON_IsString(v)   ? "string"
	       : cJSON_IsBool(v)   ? "boolean"
	       : cJSON_IsNumber(v) ? "number"
	       : cJSON_IsArray(v)  ? "list"
	       : cJSON_IsObject(v) ? "map"
				   : "null";
}

static char *untyped(const struct kubernetes_shape *s, const cJSON *v, const char *path);

static char *untyped_inside(const struct kubernetes_shape *s, const cJSON *v, const char *path)
{
	const cJSON *item, *other;
	char *why = NULL;
	int i = 0;
	cJSON_ArrayForEach(item, v) {
		bool named = true, list = cJSON_IsArray(v);
		const struct kubernetes_shape *inner = list ? s->of : member_shape(s, item->string, &named);
		bool keyed = list && (s->keys || s->set);
		char *part = keyed ? element_of(s, item) : NULL, index[24] = "";
		if (list)
			snprintf(index, sizeof index, "f:[%d]", i++);
		char *at = list ? below(path, part ? part : index, false) : below(path, item->string, true);
		for (other = keyed && part ? v->child : NULL; other && other != item && !why; other = other->next) {
			char *twin = element_of(s, other);
			if (twin && !strcmp(twin, part)) {
				struct buf b = {0};
				kubernetes_path_text(part, &b);
				why = complaint(path, "duplicate entries for key %s", buf_text(&b));
				buf_free(&b);
			}
			free(twin);
		}
		if (!why && keyed && !part)
			why = complaint(path, "element %s",
					"0: associative list with keys has an element that omits key field (and doesn't have "
					"default value)");
		if (!why && s->what == KUBERNETES_OBJECT && !named)
			why = complaint(at, "%s", "field not declared in schema");
		if (!why)
			why = untyped(inner, item, at);
		free(part);
		free(at);
		if (why)
			break;
	}
	return why;
}

static char *untyped(const struct kubernetes_shape *s, const cJSON *v, const char *path)
{
	if (cJSON_IsNull(v))
		return NULL;
	char *text = json_text(v, -1), *got = NULL;
	switch (s->what) {
	case KUBERNETES_STRING:
	case KUBERNETES_TIME:
	case KUBERNETES_BYTES:
		if (!cJSON_IsString(v))
			got = complaint(path, "expected string, got &value.valueUnstructured{Value:%s}", text);
		break;
	case KUBERNETES_INTEGER:
	case KUBERNETES_NUMBER:
		if (!cJSON_IsNumber(v))
			got = complaint(path, "expected numeric (int or float), got %s", go_kind(v));
		break;
	case KUBERNETES_BOOLEAN:
		if (!cJSON_IsBool(v))
			got = complaint(path, "expected boolean, got &{%s}", cJSON_IsString(v) ? v->valuestring : text);
		break;
	case KUBERNETES_OBJECT:
	case KUBERNETES_MAP:
		got = cJSON_IsObject(v) ? untyped_inside(s, v, path)
					: complaint(path, "expected map, got &{%s}", cJSON_IsString(v) ? v->valuestring : text);
		break;
	case KUBERNETES_LIST:
		got = cJSON_IsArray(v) ? untyped_inside(s, v, path)
				       : complaint(path, "expected list, got &{%s}", cJSON_IsString(v) ? v->valuestring : text);
		break;
	default:
		break;
	}
	free(text);
	return got;
}

char *kubernetes_untyped(const struct kubernetes_type *type, const cJSON *doc)
{
	struct kubernetes_shape root = root_shape(type);
	return untyped(&root, doc, "");
}
