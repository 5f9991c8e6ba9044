/* Filling secrets into a body. The text with marks in the secrets' places is measured first; the filled one is written once, into memory of
 * the right size. */
#include "config.h"
#include "net/fill.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No text from JSON has this: json_write escapes control characters, so the mark is looked for in its escaped form. */
#define MARK "\x01ms-secret\x01"
#define MARK_WRITTEN "\"\\u0001ms-secret\\u0001\""

enum as { AS_TEXT, AS_BASE64, AS_CRC32C };

struct place {
	struct secret *secret;
	enum as as;
};

struct places {
	struct place *list;
	size_t count, room;
	struct secret *(*lookup)(void *arg, const char *name);
	void *arg;
	const char *missing; /* the name that lookup did not know */
};

static enum as read_as(const cJSON *node)
{
	const char *as = json_str(node, "as", "");
	return !strcmp(as, "base64") ? AS_BASE64 : !strcmp(as, "crc32c") ? AS_CRC32C : AS_TEXT;
}

/* A copy of node with marks for secrets, which are listed in the order in which json_write will come to them: keys sorted. */
static cJSON *with_marks(const cJSON *node)
{
	if (cJSON_IsObject(node) && cJSON_GetObjectItemCaseSensitive(node, "$secret"))
		return cJSON_CreateString(MARK);
	if (!cJSON_IsObject(node) && !cJSON_IsArray(node))
		return cJSON_Duplicate(node, false);
	cJSON *out = cJSON_IsObject(node) ? cJSON_CreateObject() : cJSON_CreateArray();
	const cJSON *child;
	cJSON_ArrayForEach(child, node)
	{
		if (cJSON_IsObject(node))
			cJSON_AddItemToObject(out, child->string, with_marks(child));
		else
			cJSON_AddItemToArray(out, with_marks(child));
	}
	return out;
}

static int by_key(const void *a, const void *b)
{
	return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void collect(const cJSON *node, struct places *p);

static void collect_sorted(const cJSON *object, struct places *p)
{
	size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
	const cJSON **children = xcalloc(count + 1, sizeof *children), *child;
	cJSON_ArrayForEach(child, object)
		children[i++] = child;
	qsort(children, count, sizeof *children, by_key);
	for (i = 0; i < count; i++)
		collect(children[i], p);
	free(children);
}

static void collect(const cJSON *node, struct places *p)
{
	const char *name = cJSON_IsObject(node) ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "$secret")) : NULL;
	const cJSON *child;
	if (name) {
		struct secret *s = p->lookup ? p->lookup(p->arg, name) : NULL;
		p->missing = s ? p->missing : name;
		p->list = xgrow(p->list, p->count, &p->room, sizeof *p->list);
		p->list[p->count++] = (struct place){s, read_as(node)};
	} else if (cJSON_IsObject(node)) {
		collect_sorted(node, p);
	} else if (cJSON_IsArray(node)) {
		cJSON_ArrayForEach(child, node)
			collect(child, p);
	}
}

/* Most bytes that the value takes when written, quotes included. */
static size_t written_max(const struct place *p)
{
	size_t len = secret_length(p->secret);
	if (p->as == AS_BASE64)
		return sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL) + 2;
	return p->as == AS_CRC32C ? 14 : 6 * len + 2;
}

static char *write_escaped(char *to, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\') {
			*to++ = '\\';
			*to++ = (char)c;
		} else if (c < 0x20) {
			to += sprintf(to, "\\u%04x", c);
		} else {
			*to++ = (char)c;
		}
	}
	return to;
}

static char *write_value(char *to, const struct place *p)
{
	size_t len;
	const char *text = secret_open(p->secret, &len);
	*to++ = '"';
	if (p->as == AS_BASE64) {
		size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
		sodium_bin2base64(to, room, (const unsigned char *)text, len, sodium_base64_VARIANT_ORIGINAL);
		to += strlen(to);
	} else if (p->as == AS_CRC32C) {
		to += sprintf(to, "%u", (unsigned)encode_crc32c(text, len));
	} else {
		to = write_escaped(to, text, len);
	}
	*to++ = '"';
	secret_close(p->secret);
	return to;
}

static char *splice(const char *marked, const struct places *p, size_t *len)
{
	size_t room = strlen(marked) + 1;
	for (size_t i = 0; i < p->count; i++)
		room += written_max(&p->list[i]);
	char *out = xmalloc(room), *to = out;
	for (size_t i = 0; i < p->count; i++) {
		const char *mark = strstr(marked, MARK_WRITTEN);
		memcpy(to, marked, (size_t)(mark - marked));
		to = write_value(to + (mark - marked), &p->list[i]);
		marked = mark + strlen(MARK_WRITTEN);
	}
	strcpy(to, marked);
	*len = (size_t)(to - out) + strlen(marked);
	return out;
}

char *fill_body(const cJSON *body, struct secret *(*lookup)(void *arg, const char *name), void *arg, size_t *len, struct err *e)
{
	struct places p = {.lookup = lookup, .arg = arg};
	collect(body, &p);
	char *out = NULL;
	if (p.missing) {
		err_set(e, EXIT_BUG, NULL, NULL, "the secret %s is not known", p.missing);
	} else {
		cJSON *copy = with_marks(body);
		char *marked = json_text(copy, -1);
		out = splice(marked, &p, len);
		free(marked);
		cJSON_Delete(copy);
	}
	free(p.list);
	return out;
}

void fill_free(char *text, size_t len)
{
	if (text)
		sodium_memzero(text, len);
	free(text);
}
