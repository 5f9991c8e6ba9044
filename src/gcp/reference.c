/* References as nodes of a tree: finding and reading them. */
#include "config.h"
#include "gcp/reference.h"

#include "base/buf.h"

#include <stdlib.h>

static const cJSON *member(const cJSON *node, const char *key)
{
	return cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, key) : NULL;
}

bool reference_is(const cJSON *node)
{
	return cJSON_IsArray(member(node, "$ref")) || cJSON_IsArray(member(node, "$join"));
}

const char *reference_id(const cJSON *node)
{
	return cJSON_GetStringValue(cJSON_GetArrayItem(member(node, "$ref"), 0));
}

void reference_each(const cJSON *tree, void (*each)(void *arg, const cJSON *node), void *arg)
{
	if (cJSON_IsArray(member(tree, "$ref"))) {
		each(arg, tree);
		return;
	}
	for (const cJSON *c = tree ? tree->child : NULL; c; c = c->next)
		reference_each(c, each, arg);
}

static void keep_first(void *arg, const cJSON *node)
{
	const char **first = arg;
	*first = *first ? *first : reference_id(node);
}

const char *reference_first(const cJSON *tree)
{
	const char *first = NULL;
	reference_each(tree, keep_first, &first);
	return first;
}

const cJSON *reference_value(const cJSON *node, const cJSON *outputs)
{
	const cJSON *value = reference_id(node) ? outputs : NULL, *piece;
	cJSON_ArrayForEach(piece, member(node, "$ref"))
		value = cJSON_IsNumber(piece)   ? cJSON_GetArrayItem(value, (int)piece->valuedouble)
			: cJSON_IsString(piece) ? member(value, piece->valuestring)
						: NULL;
	return value;
}

char *reference_words(const cJSON *node)
{
	struct buf b = {0};
	const cJSON *piece;
	cJSON_ArrayForEach(piece, member(node, "$ref")) {
		if (b.len)
			buf_putc(&b, '.');
		if (cJSON_IsNumber(piece))
			buf_printf(&b, "%d", (int)piece->valuedouble);
		else
			buf_puts(&b, cJSON_IsString(piece) ? piece->valuestring : "?");
	}
	return buf_take(&b);
}
