/* Stand-ins: what is put in place of secrets and of people's addresses in what is recorded. Within one set the same value has
 * the same stand-in. */
#ifndef MS_NET_STANDIN_H
#define MS_NET_STANDIN_H

#include "base/buf.h"

#include <cjson/cJSON.h>

struct standins;

struct standins *standins_new(void);
void standins_free(struct standins *s);

/* Replaces, in place, what a tree says in places that are known to hold secrets, and learns every secret and every address of a
 * person in it, also in texts that are base64, JSON or a form of their own. */
void standins_tree(struct standins *s, cJSON *tree);
/* The same for a text: a URL, a form, anything. The result is the caller's. */
char *standins_text(struct standins *s, const char *text);
/* Replaces all that was learnt, and every secret of this process, in every encoding (base/outside.h). */
void standins_replace(struct standins *s, struct buf *text);

#endif
