/* cJSON with paths, canonical output and positions. A path is keys joined by dots: "settings.ipConfiguration.ipv4Enabled";
 * a number is an array index: "ipAddresses.0.ipAddress". */
#ifndef MS_BASE_JSON_H
#define MS_BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

#include <cjson/cJSON.h>

/* Parses one JSON text, refusing duplicate keys, trailing text, nesting over 64, numbers beyond a double, NUL characters, what is not UTF-8 and more
 * than 400,000 values; it takes time in proportion to the text. name is for the error's place
 * ("mlflow.json"); a failure is EXIT_ANSWERS with its line. Returns a tree that the caller deletes, or NULL. */
cJSON *json_parse(const char *text, size_t len, const char *name, struct err *e);

/* The node at path, or NULL. Text, number and truth at path, or the fallback when it is absent or of another type.
 * json_str's result belongs to the tree. */
cJSON *json_at(const cJSON *root, const char *path);
const char *json_str(const cJSON *root, const char *path, const char *fallback);
double json_num(const cJSON *root, const char *path, double fallback);
bool json_bool(const cJSON *root, const char *path, bool fallback);
/* An int64 however it is spelt, as JSON number or as string (Google sends int64 as strings). */
long long json_int64(const cJSON *root, const char *path, long long fallback);

/* Puts value (which the tree then owns) at path, making the objects on the way, replacing what was there. */
void json_put(cJSON *root, const char *path, cJSON *value);
/* The same for one key of an object, dots and all. */
void json_put_key(cJSON *object, const char *key, cJSON *value);
void json_put_str(cJSON *root, const char *path, const char *value);
void json_put_num(cJSON *root, const char *path, double value);
void json_put_bool(cJSON *root, const char *path, bool value);
/* Removes what is at path, if anything. */
void json_drop(cJSON *root, const char *path);

/* Appends the tree to b: keys sorted, two spaces an indent, no trailing newline; indent < 0 means one line without blanks. */
void json_write(struct buf *b, const cJSON *node, int indent);
/* The same as a string for the caller to free. */
char *json_text(const cJSON *node, int indent);

/* Appends one string of len bytes, quoted: what a reader could not see is escaped, bytes that are no UTF-8 become U+FFFD. */
void json_write_string(struct buf *b, const char *text, size_t len);

/* json_write, asking leaf of every node first: true means that leaf wrote something in its place. */
typedef bool json_leaf(void *arg, struct buf *b, const cJSON *node);
void json_write_with(struct buf *b, const cJSON *node, int indent, json_leaf *leaf, void *arg);
/* A copy of node for the caller to delete, asking swap of every node first: what it returns (a tree of its own) is put in that node's
 * place; NULL means that the node is copied. */
typedef cJSON *json_swap(void *arg, const cJSON *node);
cJSON *json_copy_with(const cJSON *node, json_swap *swap, void *arg);

/* Is the text among the elements? NULL lists nothing. */
bool json_lists(const cJSON *array, const char *text);
/* Same value, whatever the order of keys; two NULLs are the same. */
bool json_equal(const cJSON *a, const cJSON *b);

/* The line (from 1) on which the key or element at path starts in text, or 0 when it is not there. */
int json_line(const char *text, const char *path);

/* A tree from a format: a JSON text, single quotes standing for double ones, in which %s stands for a string (as it is, whatever is in
 * it; NULL gives null; as a key it must be one), %d for an int, %b for a truth (int), %j for a cJSON* (moved into the result; NULL gives
 * null). A wrong format ends the program: it is a fault of ours. The caller deletes the result. Example: json_make("{'name':%s,'ports':[%d]}", n, 80). */
cJSON *json_make(const char *format, ...);

#endif
