/* What the ways have in common that go through a WebSocket (reach_tunnel.c, reach_cluster.c): one exchange in plain HTTP, carried to a port and back by
 * messages. A way says where the socket is, what it says first, and what a message means. */
#ifndef MS_ENGINE_SOCKET_PASSAGE_H
#define MS_ENGINE_SOCKET_PASSAGE_H

#include "engine/exchange.h"
#include "engine/passage.h"
#include "net/websocket.h"

struct socket_passage;

struct socket_kind {
	const char *subprotocol, *origin; /* of the handshake; origin NULL for none */
	/* The socket is open: what is said first; NULL where the other side speaks first. */
	void (*opened)(struct socket_passage *p);
	/* The answer to the handshake was another one, or there was none. Ends the passage. */
	void (*turned_down)(struct socket_passage *p, const struct http_reply *reply);
	/* A message, or a close frame, and its payload. False when it ended the passage. Pings are answered already. */
	bool (*message)(struct socket_passage *p, const char *data, size_t len);
	void (*shut)(struct socket_passage *p, const char *data, size_t len); /* ends the passage */
	uint64_t besides;                                                     /* bytes at most that are no part of the reply */
};

/* A request on its way through a socket of its own. A way's struct for it begins with this. */
struct socket_passage {
	struct passage passage; /* first: it is cast back; below is the channel once it is asked for */
	const struct socket_kind *kind;
	struct exchange exchange;
	char key[WS_KEY_TEXT];
	struct ws_reader reader;
	uint64_t heard; /* bytes that came, all in all */
};

/* passage_kind's take: the request is written down. */
void socket_take(struct passage *p, const struct http_request *r);
/* Asks for the socket. bearer NULL: no token is shown. how: what a request says of the way to its host, ca and certificate and the like; NULL: nothing. */
void socket_open(struct socket_passage *p, const struct socket_kind *kind, const char *url, const char *bearer,
		 const struct http_request *how);
/* Sends frames. */
void socket_say(struct socket_passage *p, const struct buf *frames);
/* Bytes of the port's reply. False when that ended the passage. */
bool socket_received(struct socket_passage *p, const char *data, size_t len);
/* The port's connection is closed, which ends the passage. */
void socket_closed(struct socket_passage *p);
/* Frees what a socket_passage holds; for a way's drop. */
void socket_drop(struct passage *p);

#endif
