/* RFC 6455 as a server speaks it: the answer to a handshake's key, and frames. What a frame carries is whoever's who upgraded.
 */
#ifndef MS_SIM_API_WEBSOCKET_H
#define MS_SIM_API_WEBSOCKET_H

#include "base/buf.h"
#include "sim/core/core.h"

/* Bytes of one message at most; a longer one is a breach. */
#define WEBSOCKET_MOST ((size_t)1 << 20)

enum { WEBSOCKET_CONTINUATION, WEBSOCKET_BINARY = 2, WEBSOCKET_CLOSE = 8, WEBSOCKET_PING, WEBSOCKET_PONG };

struct websocket {
	struct buf in;      /* bytes that are no whole frame yet */
	struct buf message; /* of fragments so far */
	int opcode;         /* of the fragments' first; 0: none is under way */
	bool over;          /* a close frame came, or a breach: nothing more is taken */
};

/* Is this an upgrade that RFC 6455 4.2.1 asks for? Else why not, as a static text. */
const char *websocket_fault(const struct sim_request *q);
/* Is this subprotocol one of those that the client offers? */
bool websocket_offers(const struct sim_request *q, const char *subprotocol);
/* Sec-WebSocket-Accept of a key; a passing text. */
const char *websocket_accept(const char *key);
/* Takes bytes of the client. Each whole message is given to told with its opcode: data frames' messages, pings, and the close
 * frame's payload. A breach of the protocol is WEBSOCKET_CLOSE with the code (1002, 1009) as payload that a server would send;
 * then over is set. */
void websocket_take(struct websocket *w, const char *data, size_t len,
		    void (*told)(void *arg, int opcode, const char *data, size_t len), void *arg);
/* Appends a frame, unmasked, as a server sends it. */
void websocket_frame(struct buf *out, int opcode, const void *data, size_t len);
/* Appends a close frame with code and reason. */
void websocket_close(struct buf *out, int code, const char *reason);
void websocket_free(struct websocket *w);

#endif
