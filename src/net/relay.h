/* Google's relay protocol, version 4, by which Identity-Aware Proxy carries a TCP connection over a WebSocket
 * (reference/targets-vm.md 4): pure functions over its messages. Both sides count bytes of data from 0 and tell each other what
 * they have. */
#ifndef MS_NET_RELAY_H
#define MS_NET_RELAY_H

#include "base/buf.h"

#include <stdint.h>

#define RELAY_SUBPROTOCOL "relay.tunnel.cloudproxy.app"
#define RELAY_ORIGIN "bot:iap-tunneler"

struct relay {
	bool open; /* the other end of the connection stands: data may be sent */
	uint64_t sent, confirmed;
	uint64_t received, told; /* bytes that came, and those of them that the other side was told of */
};

enum relay_news { RELAY_NOTHING, RELAY_OPENED, RELAY_DATA, RELAY_BROKEN };

/* One binary message. RELAY_DATA: bytes and count are the payload, within message. RELAY_BROKEN: it breaks the protocol, fault
 * says how as a constant phrase. */
struct relay_heard {
	enum relay_news news;
	const char *bytes, *fault;
	size_t count;
};
struct relay_heard relay_hear(struct relay *r, const char *message, size_t len);
/* Appends WebSocket frames that carry these bytes. Only while open. */
void relay_say(struct relay *r, struct buf *out, const char *data, size_t len);
/* Appends a frame that tells what has come, where enough has since it was last told. */
void relay_tell(struct relay *r, struct buf *out);

#endif
