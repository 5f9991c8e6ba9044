/* RFC 6455 as a client speaks it: pure functions over bytes. The connection, and what messages mean, are others'. */
#ifndef MS_NET_WEBSOCKET_H
#define MS_NET_WEBSOCKET_H

#include "base/buf.h"

#include <stddef.h>

/* Bytes of one message at most; a server that sends a longer one breaks the protocol as far as we go along with it. */
#define WS_MESSAGE_MAX ((size_t)1 << 20)
#define WS_KEY_TEXT 25 /* Sec-WebSocket-Key with its NUL */

enum ws_opcode { WS_CONTINUATION, WS_TEXT, WS_BINARY, WS_CLOSE = 8, WS_PING, WS_PONG };

struct ws_reader {
	struct buf in;      /* bytes that are no whole frame yet */
	struct buf message; /* of fragments so far */
	int opcode;         /* of the first fragment; 0: no message is under way */
};

/* Draws a key for a handshake. */
void ws_key(char key[static WS_KEY_TEXT]);
/* Is this what a server answers to that key? answer NULL: no. */
bool ws_accepts(const char *key, const char *answer);
/* Appends a frame that is the whole of a message, masked by random bytes. */
void ws_frame(struct buf *out, enum ws_opcode opcode, const void *data, size_t len);
/* Takes a server's bytes; told gets each whole message (WS_TEXT, WS_BINARY) and each control frame (WS_CLOSE, WS_PING, WS_PONG)
 * with its payload, and may free the reader's owner only where it returns false, after which nothing more is read. NULL, or
 * what is wrong with the bytes as a constant phrase. */
const char *ws_take(struct ws_reader *r, const char *data, size_t len,
		    bool (*told)(void *arg, enum ws_opcode opcode, const char *data, size_t len), void *arg);
/* The code of a close frame's payload; 1005 where it has none. */
int ws_close_code(const char *data, size_t len);
void ws_free(struct ws_reader *r);

#endif
