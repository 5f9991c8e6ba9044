#include "config.h"
#include "base/json.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, NODES_MAX = 400000 };

static int line_of(const char *text, const char *at)
{
	int line = 1;
	for (const char *p = text; p < at && *p; p++)
		line += *p == '\n';
	return line;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A key that the object has twice, or NULL. Sorted, since an object may have as many keys as a text has room for. */
static const char *twice_in(const cJSON *object)
{
	size_t count = 0;
	const char *twice = NULL;
	for (const cJSON *c = object->child; c; c = c->next)
		count++;
	if (count < 2)
		return NULL;
	const char **keys = xcalloc(count, sizeof *keys);
	count = 0;
	for (const cJSON *c = object->child; c; c = c->next)
		keys[count++] = c->string;
	qsort(keys, count, sizeof *keys, by_text);
	for (size_t i = 1; i < count && !twice; i++)
		twice = strcmp(keys[i - 1], keys[i]) ? NULL : keys[i];
	free(keys);
	return twice;
}

/* Duplicate keys, depth and numbers beyond a double, which cJSON lets pass. path gets the offending key. */
static bool tree_ok(const cJSON *node, int depth, const char **why, const char **key)
{
	if (depth > DEPTH_MAX) {
		*why = _("it is nested too deeply");
		return false;
	}
	if (cJSON_IsNumber(node) && !isfinite(node->valuedouble)) {
		*why = _("a number in it is too large");
		*key = node->string;
		return false;
	}
	if (cJSON_IsObject(node) && (*key = twice_in(node))) {
		*why = _("it has a key twice");
		return false;
	}
	for (const cJSON *c = node->child; c; c = c->next)
		if (!tree_ok(c, depth + 1, why, key))
			return false;
	return true;
}

/* What is wrong with the bytes, before a parser spends memory on them; NULL when nothing is. at gets the place. */
static const char *bytes_fault(const char *text, size_t len, size_t *at)
{
	bool string = false, escaped = false;
	unsigned code;
	size_t nodes = 1, n;
	for (*at = 0; *at < len; *at += n) {
		char c = text[*at];
		n = text_utf8(text + *at, len - *at, &code);
		if (len >= 2 && *at < 2 && (!n || !c) &&
		    (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2) || !text[0] || !text[1]))
			return _("this is UTF-16: save it as UTF-8");
		if (!n)
			return _("this is not UTF-8");
		if (!c || (escaped && c == 'u' && len - *at > 4 && !memcmp(text + *at, "u0000", 5)))
			return _("there is a NUL character");
		if (!string && (c == ',' || c == '[' || c == '{') && ++nodes > NODES_MAX)
			return _("it has more values than any that is expected");
		string = string ? c != '"' || escaped : c == '"';
		escaped = string && !escaped && c == '\\';
	}
	return NULL;
}

static cJSON *not_json(const char *text, size_t len, const char *name, size_t at, const char *what, const char *fix,
		       struct err *e)
{
	char *copy = xstrndup(text, len), *place = xasprintf("%s:%d", name, line_of(copy, copy + (at < len ? at : len)));
	err_set(e, EXIT_ANSWERS, place, fix, "%s.", what);
	free(place);
	free(copy);
	return NULL;
}

cJSON *json_parse(const char *text, size_t len, const char *name, struct err *e)
{
	const char *end = NULL, *why = NULL, *key = NULL;
	size_t at;
	const char *fault = bytes_fault(text, len, &at);
	if (fault)
		return not_json(text, len, name, at, fault, _("Correct it and try again."), e);
	cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, 0);
	while (root && end < text + len && isspace((unsigned char)*end))
		end++;
	if (root && end == text + len && tree_ok(root, 0, &why, &key))
		return root;
	if (why && key)
		err_set(e, EXIT_ANSWERS, name, _("Correct it and try again."), _("this JSON cannot be used: %s (\"%s\")."), why,
			key);
	else if (why)
		err_set(e, EXIT_ANSWERS, name, _("Correct it and try again."), _("this JSON cannot be used: %s."), why);
	cJSON_Delete(root);
	at = end && end >= text && end <= text + len ? (size_t)(end - text) : 0;
	return why ? NULL
		   : not_json(text, len, name, at, _("this is not JSON"), _("Correct the syntax there, or one line above."), e);
}

static cJSON *child_of(const cJSON *node, const char *key, size_t len)
{
	if (cJSON_IsArray(node)) {
		if (!len || strspn(key, "0123456789") < len)
			return NULL;
		return cJSON_GetArrayItem(node, atoi(key));
	}
	for (cJSON *c = node ? node->child : NULL; c; c = c->next)
		if (c->string && strlen(c->string) == len && !memcmp(c->string, key, len))
			return c;
	return NULL;
}

cJSON *json_at(const cJSON *root, const char *path)
{
	const cJSON *node = root;
	while (node && *path) {
		size_t len = strcspn(path, ".");
		node = child_of(node, path, len);
		path += len + (path[len] == '.');
	}
	union {
		const cJSON *in;
		cJSON *out;
	} drop_const = {.in = node};
	return drop_const.out;
}

const char *json_str(const cJSON *root, const char *path, const char *fallback)
{
	const cJSON *n = json_at(root, path);
	return cJSON_IsString(n) ? n->valuestring : fallback;
}

double json_num(const cJSON *root, const char *path, double fallback)
{
	const cJSON *n = json_at(root, path);
	return cJSON_IsNumber(n) ? n->valuedouble : fallback;
}

bool json_bool(const cJSON *root, const char *path, bool fallback)
{
	const cJSON *n = json_at(root, path);
	return cJSON_IsBool(n) ? cJSON_IsTrue(n) : fallback;
}

long long json_int64(const cJSON *root, const char *path, long long fallback)
{
	const cJSON *n = json_at(root, path);
	if (cJSON_IsNumber(n))
		return (long long)n->valuedouble;
	if (!cJSON_IsString(n) || !*n->valuestring)
		return fallback;
	char *end;
	long long v = strtoll(n->valuestring, &end, 10);
	return *end ? fallback : v;
}

void json_put(cJSON *root, const char *path, cJSON *value)
{
	cJSON *node = root;
	for (;;) {
		size_t len = strcspn(path, ".");
		cJSON *child = child_of(node, path, len);
		char *key = xstrndup(path, len);
		if (!path[len]) {
			if (child)
				cJSON_ReplaceItemViaPointer(node, child, value);
			if (child && cJSON_IsObject(node)) {
				free(value->string);
				value->string = xstrdup(key);
			} else if (!child && cJSON_IsArray(node)) {
				cJSON_AddItemToArray(node, value);
			} else if (!child) {
				cJSON_AddItemToObject(node, key, value);
			}
			free(key);
			return;
		}
		if (!child)
			child = cJSON_AddObjectToObject(node, key);
		free(key);
		node = child;
		path += len + 1;
	}
}

void json_put_key(cJSON *object, const char *key, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	cJSON_AddItemToObject(object, key, value);
}

void json_put_str(cJSON *root, const char *path, const char *value)
{
	json_put(root, path, value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

void json_put_num(cJSON *root, const char *path, double value)
{
	json_put(root, path, cJSON_CreateNumber(value));
}

void json_put_bool(cJSON *root, const char *path, bool value)
{
	json_put(root, path, cJSON_CreateBool(value));
}

void json_drop(cJSON *root, const char *path)
{
	cJSON *node = json_at(root, path);
	const char *dot = strrchr(path, '.');
	char *up = dot ? xstrndup(path, (size_t)(dot - path)) : xstrdup("");
	cJSON *parent = json_at(root, up);
	if (node && parent)
		cJSON_Delete(cJSON_DetachItemViaPointer(parent, node));
	free(up);
}

static int by_key(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;
	return strcmp((*x)->string, (*y)->string);
}

/* \uXXXX, without a copy of it anywhere: it may be a secret's. */
static void write_unit(struct buf *b, unsigned unit)
{
	static const char hex[] = "0123456789abcdef";
	buf_add(b, (char[]){'\\', 'u', hex[unit >> 12], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]}, 6);
}

/* A pair of units beyond the first plane. */
static void write_code(struct buf *b, unsigned code)
{
	if (code > 0xffff) {
		write_unit(b, 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + ((code - 0x10000) & 0x3ff);
	}
	write_unit(b, code);
}

void json_write_string(struct buf *b, const char *text, size_t len)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	buf_putc(b, '"');
	for (size_t n; len; text += n, len -= n) {
		unsigned code = 0xfffd;
		n = text_utf8(text, len, &code);
		const char *named = code && code < 0x80 ? strchr(from, (int)code) : NULL;
		if (named)
			buf_add(b, (char[]){'\\', to[named - from]}, 2);
		else if (!n || text_hidden(code))
			write_code(b, code);
		else
			buf_add(b, text, n);
		n = n ? n : 1;
	}
	buf_putc(b, '"');
}

struct writer {
	struct buf *b;
	json_leaf *leaf;
	void *arg;
};

static void write_break(struct buf *b, int indent)
{
	if (indent < 0)
		return;
	buf_putc(b, '\n');
	for (int i = 0; i < indent; i++)
		buf_puts(b, "  ");
}

static void write_node(const struct writer *w, const cJSON *node, int indent);

static void write_members(const struct writer *w, const cJSON *node, int indent)
{
	struct buf *b = w->b;
	int count = cJSON_GetArraySize(node);
	const cJSON **items = xcalloc((size_t)count, sizeof *items);
	int n = 0;
	for (const cJSON *c = node->child; c; c = c->next)
		items[n++] = c;
	bool object = cJSON_IsObject(node);
	if (object)
		qsort(items, (size_t)n, sizeof *items, by_key);
	int inner = indent < 0 ? -1 : indent + 1;
	for (int i = 0; i < n; i++) {
		write_break(b, inner);
		if (object) {
			json_write_string(b, items[i]->string, strlen(items[i]->string));
			buf_puts(b, indent < 0 ? ":" : ": ");
		}
		write_node(w, items[i], inner);
		if (i + 1 < n)
			buf_putc(b, ',');
	}
	free(items);
	write_break(b, indent);
}

/* The shortest decimal that reads back as v. What is beyond a double, as somebody's reply may have it, is written so that it is read as that again: JSON has
 * no word for it. */
static void write_fraction(struct buf *b, double v)
{
	char text[32];
	int digits = 15;
	if (!isfinite(v)) {
		buf_puts(b, isnan(v) ? "null" : v < 0 ? "-1e999" : "1e999");
		return;
	}
	do
		snprintf(text, sizeof text, "%.*g", digits, v);
	while (strtod(text, NULL) != v && ++digits <= 17);
	buf_puts(b, text);
}

static void write_node(const struct writer *w, const cJSON *node, int indent)
{
	struct buf *b = w->b;
	if (w->leaf && w->leaf(w->arg, b, node))
		return;
	if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
		buf_putc(b, cJSON_IsObject(node) ? '{' : '[');
		if (node->child)
			write_members(w, node, indent);
		buf_putc(b, cJSON_IsObject(node) ? '}' : ']');
	} else if (cJSON_IsString(node)) {
		json_write_string(b, node->valuestring, strlen(node->valuestring));
	} else if (cJSON_IsNumber(node)) {
		double v = node->valuedouble;
		if (v == floor(v) && fabs(v) < 9e15)
			buf_printf(b, "%lld", (long long)v);
		else
			write_fraction(b, v);
	} else {
		buf_puts(b, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
	}
}

void json_write_with(struct buf *b, const cJSON *node, int indent, json_leaf *leaf, void *arg)
{
	write_node(&(struct writer){b, leaf, arg}, node, indent);
}

void json_write(struct buf *b, const cJSON *node, int indent)
{
	json_write_with(b, node, indent, NULL, NULL);
}

char *json_text(const cJSON *node, int indent)
{
	struct buf b = {0};
	json_write(&b, node, indent);
	return buf_take(&b);
}

cJSON *json_copy_with(const cJSON *node, json_swap *swap, void *arg)
{
	cJSON *other = swap(arg, node);
	if (other || (!cJSON_IsObject(node) && !cJSON_IsArray(node)))
		return other ? other : cJSON_Duplicate(node, false);
	cJSON *out = cJSON_IsObject(node) ? cJSON_CreateObject() : cJSON_CreateArray();
	for (const cJSON *c = node->child; c; c = c->next) {
		cJSON *copy = json_copy_with(c, swap, arg);
		if (cJSON_IsObject(node))
			cJSON_AddItemToObject(out, c->string, copy);
		else
			cJSON_AddItemToArray(out, copy);
	}
	return out;
}

bool json_lists(const cJSON *array, const char *text)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, array)
		if (cJSON_IsString(one) && !strcmp(one->valuestring, text))
			return true;
	return false;
}

bool json_equal(const cJSON *a, const cJSON *b)
{
	return a && b ? cJSON_Compare(a, b, 1) : a == b;
}

/* A small walk over the text: finds where each key begins. It relies on the text being valid JSON. */
struct walk {
	const char *text, *p;
	const char *want;
	struct buf path;
	int line;
};

static void walk_space(struct walk *w)
{
	while (*w->p && strchr(" \t\r\n", *w->p))
		w->p++;
}

static void walk_string(struct walk *w, struct buf *out)
{
	for (w->p++; *w->p && *w->p != '"'; w->p++) {
		if (*w->p == '\\' && w->p[1])
			w->p++;
		if (out)
			buf_putc(out, *w->p);
	}
	if (*w->p)
		w->p++;
}

static void walk_value(struct walk *w, int depth);

static void walk_member(struct walk *w, int index, bool object, int depth)
{
	size_t mark = w->path.len;
	if (mark)
		buf_putc(&w->path, '.');
	const char *start = w->p;
	if (object) {
		walk_string(w, &w->path);
		walk_space(w);
		if (*w->p == ':')
			w->p++;
	} else {
		buf_printf(&w->path, "%d", index);
	}
	if (!w->line && !strcmp(buf_text(&w->path), w->want))
		w->line = line_of(w->text, start);
	walk_value(w, depth + 1);
	w->path.len = mark;
	if (w->path.data)
		w->path.data[mark] = '\0';
}

static void walk_value(struct walk *w, int depth)
{
	walk_space(w);
	if (*w->p == '"') {
		walk_string(w, NULL);
	} else if ((*w->p == '{' || *w->p == '[') && depth <= DEPTH_MAX) {
		bool object = *w->p++ == '{';
		for (int i = 0;; i++) {
			walk_space(w);
			if (!*w->p || *w->p == '}' || *w->p == ']')
				break;
			const char *before = w->p;
			walk_member(w, i, object, depth);
			walk_space(w);
			if (*w->p == ',')
				w->p++;
			if (w->p == before)
				return;
		}
		if (*w->p)
			w->p++;
	} else {
		w->p += strcspn(w->p, ",]} \t\r\n");
	}
}

int json_line(const char *text, const char *path)
{
	struct walk w = {.text = text, .p = text, .want = path};
	walk_value(&w, 0);
	buf_free(&w.path);
	return w.line;
}
