/* An exchange through a WebSocket: the handshake, frames in and out, and the reply that they bring. */
#include "config.h"
#include "engine/socket_passage.h"

#include "base/gettext.h"

#include <stdint.h>
#include <string.h>

void socket_take(struct passage *p, const struct http_request *r)
{
	exchange_begin(&((struct socket_passage *)p)->exchange, r);
}

void socket_drop(struct passage *passage)
{
	struct socket_passage *p = (struct socket_passage *)passage;
	ws_free(&p->reader);
	exchange_free(&p->exchange);
}

void socket_say(struct socket_passage *p, const struct buf *frames)
{
	struct transport *under = passage_under(&p->passage);
	if (frames->len)
		under->say(under, p->passage.below, frames->data, frames->len);
}

/* The port's reply ---------------------------------------------------------------------------------------------------------- */

void socket_closed(struct socket_passage *p)
{
	struct http_reply reply = {0};
	if (exchange_closed(&p->exchange, &reply))
		passage_end(&p->passage, &reply);
	else
		passage_fail(&p->passage, HTTP_BROKEN, _("the connection ended before the reply was whole"));
	http_reply_free(&reply);
}

bool socket_received(struct socket_passage *p, const char *data, size_t len)
{
	struct http_reply reply = {0};
	switch (exchange_hear(&p->exchange, data, len, &reply)) {
	case EXCHANGE_TOO_LARGE:
		passage_fail(&p->passage, HTTP_TOO_LARGE, _("the reply is too large"));
		return false;
	case EXCHANGE_WHOLE:
		passage_end(&p->passage, &reply);
		http_reply_free(&reply);
		return false;
	case EXCHANGE_MORE:
		break;
	}
	return true;
}

/* Messages ------------------------------------------------------------------------------------------------------------------ */

/* Bytes that are being taken in; what a message says may end the passage, and with it all that it is part of. */
struct socket_hearing {
	struct socket_passage *passage;
	bool over;
};

static bool socket_told(struct socket_passage *p, enum ws_opcode opcode, const char *data, size_t len)
{
	struct buf frames = {0};
	switch (opcode) {
	case WS_CLOSE:
		p->kind->shut(p, data, len);
		return false;
	case WS_PING:
		ws_frame(&frames, WS_PONG, data, len);
		socket_say(p, &frames);
		buf_free(&frames);
		return true;
	case WS_BINARY:
		return p->kind->message(p, data, len);
	case WS_TEXT:
		passage_fail(&p->passage, HTTP_BROKEN, _("it speaks text where bytes are due"));
		return false;
	default:
		return true;
	}
}

static bool socket_message(void *arg, enum ws_opcode opcode, const char *data, size_t len)
{
	struct socket_hearing *h = arg;
	h->over = !socket_told(h->passage, opcode, data, len);
	return !h->over;
}

static void socket_heard(void *arg, const char *data, size_t len)
{
	struct socket_hearing h = {.passage = arg};
	struct socket_passage *p = arg;
	struct ws_reader reader = p->reader;
	p->reader = (struct ws_reader){0};
	const char *fault = ws_take(&reader, data, len, socket_message, &h);
	if (h.over) {
		ws_free(&reader);
		return;
	}
	p->reader = reader;
	p->heard += len;
	if (fault)
		passage_fail(&p->passage, HTTP_BROKEN, _(fault));
	else if (p->heard > p->exchange.reply.len + p->kind->besides)
		passage_fail(&p->passage, HTTP_BROKEN, _("it talks without an end and brings nothing"));
}

static void socket_ended(void *arg, const char *why)
{
	struct socket_passage *p = arg;
	p->passage.below = 0;
	(void)why;
	socket_closed(p);
}

/* Opening ------------------------------------------------------------------------------------------------------------------- */

static void socket_answered(void *arg, struct http_reply *reply)
{
	struct socket_passage *p = arg;
	if (reply->status == 101 && ws_accepts(p->key, http_header(reply, "Sec-WebSocket-Accept"))) {
		if (p->kind->opened)
			p->kind->opened(p);
		return;
	}
	if (reply->status == 101) {
		passage_fail(&p->passage, HTTP_BROKEN, _("what answers is no WebSocket"));
		return;
	}
	p->passage.below = 0;
	p->kind->turned_down(p, reply);
}

static const struct http_channel socket_channel = {socket_answered, socket_heard, socket_ended};

void socket_open(struct socket_passage *p, const struct socket_kind *kind, const char *url, const char *bearer,
		 const struct http_request *how)
{
	struct transport *under = passage_under(&p->passage);
	const char *const named[][2] = {{"Upgrade", "websocket"},
					{"Connection", "Upgrade"},
					{"Sec-WebSocket-Version", "13"},
					{"Sec-WebSocket-Key", p->key},
					{"Sec-WebSocket-Protocol", kind->subprotocol},
					{"Origin", kind->origin},
					{"Authorization", bearer}};
	struct header headers[sizeof named / sizeof *named];
	size_t count = 0;
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (named[i][1])
			headers[count++] = (struct header){(char *)(uintptr_t)named[i][0], (char *)(uintptr_t)named[i][1]};
	p->kind = kind;
	ws_key(p->key);
	struct http_request request = how ? *how : (struct http_request){0};
	request.method = "GET";
	request.url = url;
	request.headers = headers;
	request.header_count = count;
	request.anonymous = !bearer && !request.certificate;
	p->passage.below = under->upgrade(under, &request, &socket_channel, p);
}
