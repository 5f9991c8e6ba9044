/* YAML as JSON, read by libyaml. */
#include "config.h"
#include "base/yaml.h"

#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What no document of a machine comes near; aliases of aliases would go far beyond. */
enum { DEEPEST = 40, MOST_NODES = 20000 };

struct reading {
	yaml_document_t *doc;
	int depth, nodes;
	int bad; /* the line of what cannot be taken, from 1; 0 */
	bool typed;
};

static cJSON *value(struct reading *r, const yaml_node_t *n);

static cJSON *refused(struct reading *r, const yaml_node_t *n)
{
	if (!r->bad)
		r->bad = (int)n->start_mark.line + 1;
	return cJSON_CreateNull();
}

static cJSON *sequence(struct reading *r, const yaml_node_t *n)
{
	cJSON *all = cJSON_CreateArray();
	for (const yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top && !r->bad; i++)
		cJSON_AddItemToArray(all, value(r, yaml_document_get_node(r->doc, *i)));
	return all;
}

/* Scalars ------------------------------------------------------------------------------------------------------------------- */

static bool is_word(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

/* A whole number in any of the notations of YAML 1.1, or a fraction. */
static bool is_number(const char *text, double *out)
{
	char digits[64], *d = digits, *end;
	const char *unsign = text + (*text == '-' || *text == '+');
	if (!isdigit((unsigned char)*unsign) && !(*unsign == '.' && isdigit((unsigned char)unsign[1])))
		return false;
	for (const char *t = unsign; *t; t++) {
		if (d == digits + sizeof digits - 1 || !(isxdigit((unsigned char)*t) || strchr("._xXoO+-", *t)))
			return false;
		if (*t != '_')
			*d++ = *t;
	}
	*d = '\0';
	bool prefixed = digits[0] == '0' && digits[1] && digits[2];
	int base = prefixed && strchr("bB", digits[1]) ? 2 : prefixed && strchr("oO", digits[1]) ? 8 : 0;
	errno = 0;
	*out = (double)strtoll(digits + (base ? 2 : 0), &end, base);
	if (*end || errno) {
		*out = strtod(digits, &end);
		if (*end || !strcmp(unsign, ".") || strpbrk(digits, "xX"))
			return false;
	}
	*out = *text == '-' ? -*out : *out;
	return true;
}

/* What a scalar stands for that is written plain; one that is no text keeps its spelling beside. */
static cJSON *typed_scalar(const char *text)
{
	static const char *const nothing[] = {"", "~", "null", "Null", "NULL", NULL}, *const yes[] = {"y",    "Y",    "yes",
												      "Yes",  "YES",  "true",
												      "True", "TRUE", "on",
												      "On",   "ON",   NULL},
				 *const no[] = {"n",     "N",     "no",  "No",  "NO",  "false",
						"False", "FALSE", "off", "Off", "OFF", NULL};
	double number = 0;
	cJSON *v = is_word(text, nothing)     ? cJSON_CreateNull()
		   : is_word(text, yes)       ? cJSON_CreateTrue()
		   : is_word(text, no)        ? cJSON_CreateFalse()
		   : is_number(text, &number) ? cJSON_CreateNumber(number)
					      : cJSON_CreateString(text);
	if (!v->valuestring)
		v->valuestring = xstrdup(text);
	return v;
}

static cJSON *scalar(const struct reading *r, const yaml_node_t *n)
{
	const char *text = (const char *)n->data.scalar.value;
	return r->typed && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? typed_scalar(text) : cJSON_CreateString(text);
}

/* Mappings ------------------------------------------------------------------------------------------------------------------ */

/* Puts in what another mapping says, where this one says nothing; of several the first counts. */
static void merge(cJSON *all, cJSON *other)
{
	cJSON *one;
	if (cJSON_IsArray(other)) {
		cJSON_ArrayForEach(one, other)
			merge(all, one);
		return;
	}
	while (cJSON_IsObject(other) && (one = cJSON_DetachItemFromArray(other, 0))) {
		if (!cJSON_GetObjectItemCaseSensitive(all, one->string))
			cJSON_AddItemToObject(all, one->string, one);
		else
			cJSON_Delete(one);
	}
}

/* Of a key that stands twice the last counts. */
static cJSON *mapping(struct reading *r, const yaml_node_t *n)
{
	cJSON *all = cJSON_CreateObject(), *merged = NULL;
	for (const yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top && !r->bad; p++) {
		const yaml_node_t *k = yaml_document_get_node(r->doc, p->key);
		cJSON *one = value(r, yaml_document_get_node(r->doc, p->value));
		const char *name = k->type == YAML_SCALAR_NODE ? (const char *)k->data.scalar.value : NULL;
		if (!name) {
			refused(r, k);
			cJSON_Delete(one);
			break;
		}
		if (r->typed && !strcmp(name, "<<") && k->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
			cJSON_Delete(merged);
			merged = one;
			continue;
		}
		cJSON_DeleteItemFromObjectCaseSensitive(all, name);
		cJSON_AddItemToObject(all, name, one);
	}
	merge(all, merged);
	cJSON_Delete(merged);
	return all;
}

static bool is_plain_tag(const yaml_node_t *n)
{
	static const char *const plain[] = {YAML_STR_TAG,   YAML_SEQ_TAG,  YAML_MAP_TAG, YAML_INT_TAG,
					    YAML_FLOAT_TAG, YAML_BOOL_TAG, YAML_NULL_TAG};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (n->tag && !strcmp((const char *)n->tag, plain[i]))
			return true;
	return !n->tag;
}

static cJSON *value(struct reading *r, const yaml_node_t *n)
{
	cJSON *v = NULL;
	if (!is_plain_tag(n) || ++r->nodes > MOST_NODES || ++r->depth > DEEPEST)
		return refused(r, n);
	if (n->type == YAML_SCALAR_NODE)
		v = scalar(r, n);
	else
		v = n->type == YAML_SEQUENCE_NODE ? sequence(r, n) : mapping(r, n);
	r->depth--;
	return v;
}

/* The document at the parser's place; NULL with *line when it cannot be read, a JSON null when there is none. */
static cJSON *document(yaml_parser_t *parser, bool typed, int *line)
{
	yaml_document_t doc;
	if (!yaml_parser_load(parser, &doc)) {
		*line = (int)parser->problem_mark.line + 1;
		return NULL;
	}
	const yaml_node_t *root = yaml_document_get_root_node(&doc);
	struct reading r = {.doc = &doc, .typed = typed};
	cJSON *v = root ? value(&r, root) : cJSON_CreateNull();
	yaml_document_delete(&doc);
	if (!r.bad)
		return v;
	*line = r.bad;
	cJSON_Delete(v);
	return NULL;
}

/* Is there no other document behind? */
static bool at_end(yaml_parser_t *parser, int *line)
{
	yaml_document_t doc;
	*line = (int)parser->mark.line + 1;
	if (!yaml_parser_load(parser, &doc))
		return false;
	bool end = !yaml_document_get_root_node(&doc);
	yaml_document_delete(&doc);
	return end;
}

static cJSON *parse(const char *text, bool typed, int *line)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return NULL;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	cJSON *v = document(&parser, typed, line);
	if (v && !typed && !cJSON_IsNull(v) && !at_end(&parser, line)) {
		cJSON_Delete(v);
		v = NULL;
	}
	yaml_parser_delete(&parser);
	return v;
}

cJSON *yaml_parse(const char *text, int *line)
{
	return parse(text, false, line);
}

cJSON *yaml_parse_typed(const char *text, int *line)
{
	return parse(text, true, line);
}
