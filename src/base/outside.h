/* The one door for texts from outside: what a cloud, a proxy, a file, a variable or an argument says goes through here before it reaches a
 * terminal, a log or an event. Secrets of this process are taken out, in every form in which an echo can bring them back; then what could move
 * the cursor, hide or reorder text is made visible; then it is cut. */
#ifndef MS_BASE_OUTSIDE_H
#define MS_BASE_OUTSIDE_H

#include "base/buf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

/* Appends text as it may be shown. Newlines stay when lines is set, else they become blanks. max: most bytes appended before "..."; 0 for all. */
void outside_text(struct buf *out, const char *text, size_t len, bool lines, size_t max);
/* Every string and key of the tree, in place. */
void outside_json(cJSON *tree, bool lines);
/* printf through the door, newlines kept. */
void outside_print(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with a word of the caller's for each secret; base64: it stands in place of base64. What word returns is copied at once. */
struct secret;
typedef const char *outside_word(void *arg, struct secret *s, bool base64);
void outside_replace(struct buf *text, outside_word *word, void *arg);

#endif
