/* A reader of plain YAML, by indentation. */
#include "config.h"
#include "sim/front/yaml.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST 40

struct yaml {
	const char *p; /* at the start of a line, but for the part of it that was read */
	int line;
	int column;    /* of p in its line */
	int depth;
	bool bad;
};

static cJSON *node(struct yaml *y, int least);

static void step(struct yaml *y)
{
	y->column = *y->p == '\n' ? 0 : y->column + 1;
	y->line += *y->p == '\n';
	y->p++;
}

static void to_line_end(struct yaml *y)
{
	while (*y->p && *y->p != '\n')
		step(y);
}

/* Goes to the next thing that is neither blank nor comment. */
static void to_next(struct yaml *y)
{
	for (;; step(y)) {
		bool comment = *y->p == '#' && (y->column == 0 || y->p[-1] == ' ' || y->p[-1] == '\t' || y->p[-1] == '\n');
		if (comment)
			to_line_end(y);
		if (!*y->p || !strchr(" \t\r\n", *y->p))
			return;
	}
}

static bool is_dash(const struct yaml *y)
{
	return *y->p == '-' && (!y->p[1] || strchr(" \r\n", y->p[1]));
}

static cJSON *fail(struct yaml *y)
{
	y->bad = true;
	return NULL;
}

static cJSON *text_node(struct buf *b)
{
	cJSON *n = cJSON_CreateString(buf_text(b));
	buf_free(b);
	return n;
}

static cJSON *quoted(struct yaml *y)
{
	static const char from[] = "ntr0\"\\/ ", to[] = "\n\t\r\0\"\\/ ";
	char quote = *y->p;
	struct buf b = {0};
	for (step(y); *y->p && (*y->p != quote || (quote == '\'' && y->p[1] == quote)); step(y)) {
		const char *known = quote == '"' && *y->p == '\\' && y->p[1] ? strchr(from, y->p[1]) : NULL;
		if (known || (quote == '\'' && *y->p == quote))
			step(y);
		buf_putc(&b, known ? to[known - from] : *y->p);
	}
	if (!*y->p) {
		buf_free(&b);
		return fail(y);
	}
	step(y);
	return text_node(&b);
}

/* Up to the end of the line, a comment, ": " or (in a flow collection) what ends an element. */
static cJSON *plain(struct yaml *y, bool flow)
{
	struct buf b = {0};
	while (*y->p && *y->p != '\n' && *y->p != '\r') {
		bool comment = *y->p == '#' && b.len && strchr(" \t", b.data[b.len - 1]);
		bool key = *y->p == ':' && (!y->p[1] || strchr(" \r\n", y->p[1]));
		if (comment || key || (flow && strchr(",[]{}", *y->p)))
			break;
		buf_putc(&b, *y->p);
		step(y);
	}
	while (b.len && strchr(" \t", b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	return text_node(&b);
}

static cJSON *flow(struct yaml *y);

static cJSON *flow_item(struct yaml *y)
{
	if (*y->p == '[' || *y->p == '{')
		return flow(y);
	return *y->p == '"' || *y->p == '\'' ? quoted(y) : plain(y, true);
}

static cJSON *flow(struct yaml *y)
{
	bool map = *y->p == '{';
	char close = map ? '}' : ']';
	cJSON *all = map ? cJSON_CreateObject() : cJSON_CreateArray();
	if (++y->depth > DEEPEST)
		fail(y);
	step(y);
	for (to_next(y); !y->bad && *y->p && *y->p != close; to_next(y)) {
		cJSON *item = flow_item(y);
		to_next(y);
		if (map && cJSON_IsString(item) && *y->p == ':') {
			step(y);
			to_next(y);
			cJSON *value = y->bad ? NULL : flow_item(y);
			if (value)
				cJSON_AddItemToObject(all, item->valuestring, value);
			cJSON_Delete(item);
			to_next(y);
		} else if (item && !map) {
			cJSON_AddItemToArray(all, item);
		} else {
			cJSON_Delete(item);
			fail(y);
		}
		if (*y->p == ',')
			step(y);
		else if (*y->p != close)
			fail(y);
	}
	y->depth--;
	if (*y->p != close)
		fail(y);
	else
		step(y);
	return all;
}

/* "|" and ">" with their chomping; the text stands deeper than its parent. */
static cJSON *block(struct yaml *y, int least)
{
	bool folded = *y->p == '>';
	char chomp = y->p[1] == '-' || y->p[1] == '+' ? y->p[1] : ' ';
	struct buf b = {0};
	int indent = -1;
	to_line_end(y);
	if (*y->p)
		step(y);
	while (*y->p) {
		int n = (int)strspn(y->p, " ");
		bool empty = y->p[n] == '\n' || y->p[n] == '\r' || !y->p[n];
		if (indent < 0 && !empty)
			indent = n;
		if (!empty && (n < least || n < indent))
			break;
		for (int i = 0; i < (indent < 0 || n < indent ? n : indent); i++)
			step(y);
		while (*y->p && *y->p != '\n') {
			buf_putc(&b, *y->p);
			step(y);
		}
		buf_putc(&b, folded && !empty ? ' ' : '\n');
		if (*y->p)
			step(y);
	}
	while (chomp != '+' && b.len > 0 && strchr("\n ", b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	if (chomp == ' ' && b.len)
		buf_putc(&b, '\n');
	return text_node(&b);
}

static cJSON *sequence(struct yaml *y, int column)
{
	cJSON *all = cJSON_CreateArray();
	while (!y->bad && *y->p && y->column == column && is_dash(y)) {
		step(y);
		cJSON *item = node(y, column + 1);
		cJSON_AddItemToArray(all, item ? item : cJSON_CreateNull());
		to_next(y);
	}
	return all;
}

/* The value after "key:": on the line, or below it and deeper; a sequence may stand at the key's own column. */
static cJSON *value(struct yaml *y, int column)
{
	int line = y->line;
	to_next(y);
	if (y->line != line && y->column == column && is_dash(y))
		return sequence(y, column);
	return node(y, column + 1);
}

static cJSON *mapping(struct yaml *y, int column, cJSON *key)
{
	cJSON *all = cJSON_CreateObject();
	while (key && !y->bad) {
		step(y); /* the colon */
		cJSON *v = value(y, column);
		cJSON_DeleteItemFromObjectCaseSensitive(all, key->valuestring);
		cJSON_AddItemToObject(all, key->valuestring, v ? v : cJSON_CreateNull());
		cJSON_Delete(key);
		key = NULL;
		to_next(y);
		if (!*y->p || y->column != column || y->bad)
			break;
		key = *y->p == '"' || *y->p == '\'' ? quoted(y) : plain(y, false);
		if (*y->p != ':')
			fail(y);
	}
	cJSON_Delete(key);
	return all;
}

static cJSON *inner(struct yaml *y, int least)
{
	int column = y->column;
	if (!*y->p || column < least)
		return NULL;
	if (is_dash(y))
		return sequence(y, column);
	if (*y->p == '|' || *y->p == '>')
		return block(y, least);
	if (*y->p == '[' || *y->p == '{')
		return flow(y);
	cJSON *scalar = *y->p == '"' || *y->p == '\'' ? quoted(y) : plain(y, false);
	return *y->p == ':' && scalar ? mapping(y, column, scalar) : scalar;
}

/* What comes next, if it stands at this column or deeper. */
static cJSON *node(struct yaml *y, int least)
{
	to_next(y);
	if (++y->depth > DEEPEST)
		fail(y);
	cJSON *n = y->bad ? NULL : inner(y, least);
	y->depth--;
	return n;
}

cJSON *yaml_parse(const char *text, int *line)
{
	struct yaml y = {.p = text, .line = 1};
	if (!strncmp(text, "---", 3))
		to_line_end(&y);
	cJSON *all = node(&y, 0);
	to_next(&y);
	if (!y.bad && !*y.p)
		return all ? all : cJSON_CreateNull();
	*line = y.line;
	cJSON_Delete(all);
	return NULL;
}
