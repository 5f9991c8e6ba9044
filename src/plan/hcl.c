/* Terraform's language, as its formatter lays it out: two blanks an indent, and the equals signs of lines that follow each other in one column. */
#include "config.h"
#include "plan/hcl.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A list that is longer is written an element a line. */
enum { LINE_MAX_TEXT = 100 };

cJSON *hcl_expression(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	cJSON *node = json_make("{'$hcl':%s}", text);
	free(text);
	return node;
}

void hcl_escape(struct buf *b, const char *text)
{
	char last = b->len ? b->data[b->len - 1] : ' ';
	if (*text == '{' && (last == '$' || last == '%'))
		buf_putc(b, last);
	for (; *text; text++) {
		if (*text == '\n')
			buf_puts(b, "\\n");
		else if (*text == '\r')
			buf_puts(b, "\\r");
		else if (*text == '\t')
			buf_puts(b, "\\t");
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			buf_printf(b, "\\u%04x", (unsigned)*text);
		else if (*text == '"' || *text == '\\')
			buf_printf(b, "\\%c", *text);
		else if ((*text == '$' || *text == '%') && text[1] == '{')
			buf_printf(b, "%c%c", *text, *text);
		else
			buf_putc(b, *text);
	}
}

/* Dollars before it would make "$${" of it, which is no expression: they are one of their own. */
void hcl_insert(struct buf *b, const char *expression)
{
	size_t dollars = 0;
	while (dollars < b->len && b->data[b->len - 1 - dollars] == '$')
		dollars++;
	char *run = xstrndup(buf_text(b) + b->len - dollars, dollars);
	b->len -= dollars;
	if (dollars)
		buf_printf(b, "${\"%s\"}", run);
	buf_printf(b, "${%s}", expression);
	free(run);
}

void hcl_text(struct buf *b, const char *text)
{
	buf_putc(b, '"');
	hcl_escape(b, text);
	buf_putc(b, '"');
}

static const cJSON *member(const cJSON *node, const char *key)
{
	return cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, key) : NULL;
}

static void put_indent(struct buf *b, int depth)
{
	buf_printf(b, "%*s", depth * 2, "");
}

static bool is_block(const cJSON *node)
{
	return cJSON_IsArray(node) ? node->child && is_block(node->child)
				   : cJSON_IsObject(node) && !member(node, "$hcl") && !member(node, "$map");
}

static bool is_left_out(const cJSON *node)
{
	return cJSON_IsNull(node) || (cJSON_IsArray(node) && !node->child);
}

static void put_inline(struct buf *b, const cJSON *node)
{
	const cJSON *element;
	if (member(node, "$hcl")) {
		buf_puts(b, json_str(node, "$hcl", ""));
	} else if (cJSON_IsString(node)) {
		hcl_text(b, node->valuestring);
	} else if (cJSON_IsArray(node)) {
		buf_putc(b, '[');
		cJSON_ArrayForEach(element, node) {
			put_inline(b, element);
			buf_puts(b, element->next ? ", " : "");
		}
		buf_putc(b, ']');
	} else {
		json_write(b, node, -1);
	}
}

/* The value on one line; NULL when it takes several. The caller frees. */
static char *one_line(const cJSON *node)
{
	struct buf b = {0};
	if (member(node, "$map") || strchr(json_str(node, "$hcl", ""), '\n'))
		return NULL;
	put_inline(&b, node);
	if (cJSON_IsArray(node) && node->child->next && b.len > LINE_MAX_TEXT) {
		buf_free(&b);
		return NULL;
	}
	return buf_take(&b);
}

static void put_lines(struct buf *b, const cJSON *node, int depth);

/* A key of a map may be any text. */
static void put_key(struct buf *b, const cJSON *item, bool quoted)
{
	if (quoted)
		hcl_text(b, item->string);
	else
		buf_puts(b, item->string);
}

static size_t key_width(const cJSON *item, bool quoted)
{
	struct buf b = {0};
	put_key(&b, item, quoted);
	size_t width = b.len;
	buf_free(&b);
	return width;
}

/* The widest key of the lines that follow each other from item on. */
static size_t run_width(const cJSON *item, bool quoted)
{
	size_t width = 0;
	for (; item; item = item->next) {
		if (is_left_out(item) || is_block(item))
			continue;
		char *value = one_line(item);
		free(value);
		if (!value)
			break;
		size_t own = key_width(item, quoted);
		width = own > width ? own : width;
	}
	return width;
}

static void put_arguments(struct buf *b, const cJSON *object, bool quoted, int depth)
{
	size_t width = 0;
	for (const cJSON *item = object->child; item; item = item->next) {
		if (is_left_out(item) || is_block(item))
			continue;
		char *value = one_line(item);
		width = !value ? 0 : width ? width : run_width(item, quoted);
		put_indent(b, depth);
		put_key(b, item, quoted);
		if (value)
			buf_printf(b, "%*s = %s\n", (int)(width - key_width(item, quoted)), "", value);
		else
			put_lines(b, item, depth);
		free(value);
	}
}

/* The rest of an argument that takes several lines. */
static void put_lines(struct buf *b, const cJSON *node, int depth)
{
	const cJSON *map = member(node, "$map"), *element;
	if (member(node, "$hcl")) {
		buf_printf(b, " = %s\n", json_str(node, "$hcl", ""));
		return;
	}
	buf_puts(b, map ? " = {\n" : " = [\n");
	if (map)
		put_arguments(b, map, true, depth + 1);
	const cJSON *list = map ? NULL : node;
	cJSON_ArrayForEach(element, list) {
		put_indent(b, depth + 1);
		put_inline(b, element);
		buf_puts(b, ",\n");
	}
	put_indent(b, depth);
	buf_puts(b, map ? "}\n" : "]\n");
}

static void put_block(struct buf *b, const char *name, const cJSON *object, int depth)
{
	put_indent(b, depth);
	buf_printf(b, "%s {", name);
	if (object->child) {
		buf_putc(b, '\n');
		hcl_body(b, object, depth + 1);
		put_indent(b, depth);
	}
	buf_puts(b, "}\n");
}

void hcl_body(struct buf *b, const cJSON *object, int depth)
{
	const cJSON *item, *element;
	put_arguments(b, object, false, depth);
	cJSON_ArrayForEach(item, object) {
		if (!is_block(item))
			continue;
		if (!cJSON_IsArray(item))
			put_block(b, item->string, item, depth);
		const cJSON *list = cJSON_IsArray(item) ? item : NULL;
		cJSON_ArrayForEach(element, list)
			put_block(b, item->string, element, depth);
	}
}
