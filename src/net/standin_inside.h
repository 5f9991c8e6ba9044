/* Between the files of stand-ins. */
#ifndef MS_NET_STANDIN_INSIDE_H
#define MS_NET_STANDIN_INSIDE_H

#include "base/secret.h"
#include "net/standin.h"

#include <stdbool.h>

/* standin.c */
/* The stand-in of a value that is replaced whole; it is learnt, and replaced elsewhere too, unless it is so short that it would be found in innocent
 * words: then all it has is its kind's word. */
const char *standin_word(struct standins *s, const char *text, size_t len);
/* Is this text a stand-in that was given, or the base64 of one? */
bool standin_is_put(const struct standins *s, const char *text);
/* Learns what a text holds, in whatever it is packed; as it may be written down, for the caller to free, or NULL when it may be as it is but for what
 * standins_replace finds in it. depth: in how many packings it was. */
char *standin_of(struct standins *s, const char *text, int depth);
void standin_learn_addresses(struct standins *s, const char *text);
/* An IP address of the internet, from which somebody came: its stand-in, which is one too; NULL when it is none. */
const char *standin_host(struct standins *s, const char *text, size_t len);
bool standin_is_text(const char *text, size_t len);

/* standin_places.c: by what a value is called. */
bool standin_is_secret_key(const char *key);
/* Of a process: SECRET, TOKEN and KEY are secrets there too. value may be NULL. */
bool standin_is_secret_variable(const char *name, const char *value);
/* From where somebody comes, or who is let in. */
bool standin_is_host_key(const char *key);
/* Replaces in place what a tree says in places that are known, and learns what is in its texts. */
void standin_put_tree(struct standins *s, cJSON *node, int depth);
void standin_put_text(cJSON *node, const char *text);

/* standin_shapes.c: what gives a secret away by its form: tokens of known prefixes, JWTs, private keys, passwords of URLs. Returns how many letters were looked
 * at: so many for each of the text, whatever it holds. */
typedef void standin_found(void *arg, const char *at, size_t len);
size_t standin_shapes(const char *text, standin_found *found, void *arg);

/* standin_scan.c: places in texts that are no whole JSON. As they may be written down, for the caller to free; NULL when there is nothing in them. */
/* Members of objects: {"password":"..."}, however often it is quoted, wherever it is cut; YAML's and Python's as well. */
char *standin_members(struct standins *s, const char *text, int depth);
/* The parts of a multipart message. */
char *standin_parts(struct standins *s, const char *text, int depth);

/* Backslashes' escapes undone, once; the caller frees. */
char *standin_unescaped(const char *text);

#endif
