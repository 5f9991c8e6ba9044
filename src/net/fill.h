/* A request's body as it goes out: JSON with its secrets filled in at the last moment. */
#ifndef MS_NET_FILL_H
#define MS_NET_FILL_H

#include "base/err.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct secret;

/* Writes body as one line of JSON, each {"$secret":NAME[,"as":"base64"|"crc32c"]} replaced by that secret's value. The text is in one
 * allocation of its own that is never moved, so that fill_free can wipe every copy. NULL, with EXIT_BUG, when lookup knows no such secret;
 * with EXIT_CONFIG when one that has to be text is not UTF-8. */
char *fill_body(const cJSON *body, struct secret *(*lookup)(void *arg, const char *name), void *arg, size_t *len,
		struct err *e);
/* Wipes and frees; NULL is allowed. */
void fill_free(char *text, size_t len);

#endif
