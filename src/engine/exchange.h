/* One exchange over a connection of its own, in plain HTTP/1.0: the reply comes in one piece, and ends by its length or with the connection. For the ways
 * that carry bytes to a port (socket_passage.c). */
#ifndef MS_ENGINE_EXCHANGE_H
#define MS_ENGINE_EXCHANGE_H

#include "net/transport.h"

#include <stdbool.h>
#include <stddef.h>

struct exchange {
	struct buf request; /* as it goes to the port */
	struct buf reply;   /* as it comes from there */
	size_t most;        /* bytes of the reply that are taken */
	bool head_only;     /* a HEAD: its reply has no body */
};

enum exchange_news { EXCHANGE_MORE, EXCHANGE_WHOLE, EXCHANGE_TOO_LARGE };

/* Writes the request. */
void exchange_begin(struct exchange *x, const struct http_request *r);
/* Takes bytes of the reply; once it is WHOLE it is in reply, for http_reply_free. */
enum exchange_news exchange_hear(struct exchange *x, const char *data, size_t len, struct http_reply *reply);
/* The connection is closed: is the reply whole with that? It is in reply then, for http_reply_free either way. */
bool exchange_closed(const struct exchange *x, struct http_reply *reply);
void exchange_free(struct exchange *x);

#endif
