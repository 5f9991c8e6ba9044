/* YAML as JSON, read by libyaml. */
#include "config.h"
#include "base/yaml.h"

#include <string.h>
#include <yaml.h>

/* What no document of a machine comes near; aliases of aliases would go far beyond. */
enum { DEEPEST = 40, MOST_NODES = 20000 };

struct reading {
	yaml_document_t *doc;
	int depth, nodes;
	int bad; /* the line of what cannot be taken, from 1; 0 */
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

/* Of a key that stands twice the last counts. */
static cJSON *mapping(struct reading *r, const yaml_node_t *n)
{
	cJSON *all = cJSON_CreateObject();
	for (const yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top && !r->bad; p++) {
		const yaml_node_t *k = yaml_document_get_node(r->doc, p->key);
		cJSON *one = value(r, yaml_document_get_node(r->doc, p->value));
		const char *name = k->type == YAML_SCALAR_NODE ? (const char *)k->data.scalar.value : NULL;
		if (!name) {
			refused(r, k);
			cJSON_Delete(one);
			break;
		}
		cJSON_DeleteItemFromObjectCaseSensitive(all, name);
		cJSON_AddItemToObject(all, name, one);
	}
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
		v = cJSON_CreateString((const char *)n->data.scalar.value);
	else
		v = n->type == YAML_SEQUENCE_NODE ? sequence(r, n) : mapping(r, n);
	r->depth--;
	return v;
}

/* The document at the parser's place; NULL with *line when it cannot be read, a JSON null when there is none. */
static cJSON *document(yaml_parser_t *parser, int *line)
{
	yaml_document_t doc;
	if (!yaml_parser_load(parser, &doc)) {
		*line = (int)parser->problem_mark.line + 1;
		return NULL;
	}
	const yaml_node_t *root = yaml_document_get_root_node(&doc);
	struct reading r = {.doc = &doc};
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

cJSON *yaml_parse(const char *text, int *line)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return NULL;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	cJSON *v = document(&parser, line);
	if (v && !cJSON_IsNull(v) && !at_end(&parser, line)) {
		cJSON_Delete(v);
		v = NULL;
	}
	yaml_parser_delete(&parser);
	return v;
}
