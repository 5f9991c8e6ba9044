/* References as nodes of a tree: {"$ref":["sql","ip"]} stands for an output of another resource (its id, then the way to the output), and
 * {"$join":["host=",{"$ref":["sql","ip"]}]} for the text that its parts make. Texts are never searched for anything. */
#ifndef MS_GCP_REFERENCE_H
#define MS_GCP_REFERENCE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Does node stand for something that is not known yet: is it a reference or a text made of parts? */
bool reference_is(const cJSON *node);
/* The id of the first resource that tree refers to, owned by the tree; NULL when it refers to none. */
const char *reference_first(const cJSON *tree);
/* Calls each(arg, node) for every $ref node of the tree. */
void reference_each(const cJSON *tree, void (*each)(void *arg, const cJSON *node), void *arg);
/* The id that a $ref node names, owned by it; NULL when the node is none or malformed. */
const char *reference_id(const cJSON *node);
/* What a $ref node stands for, in outputs (an object id -> outputs); owned by outputs; NULL when it is not known. */
const cJSON *reference_value(const cJSON *node, const cJSON *outputs);
/* "sql.ip", for people; the caller frees. */
char *reference_words(const cJSON *node);

#endif
