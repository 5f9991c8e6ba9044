/* The way to a stack on a machine without an address: Identity-Aware Proxy's TCP tunnel, which this program speaks itself
 * (net/relay.h). Each request is a connection of its own to the machine's port, in plain HTTP/1.0, whose reply ends with the
 * connection. Who comes shows the operator's access token to Google, or nothing, or something forged. The reach's with:
 * {"project","zone","instance","port"}. */
#include "config.h"
#include "engine/exchange.h"
#include "engine/passage.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"
#include "net/credentials.h"
#include "net/relay.h"
#include "net/websocket.h"

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HOST "tunnel.cloudproxy.app"

/* Of what a relay says that is no part of a reply. */
#define BESIDES_MAX ((uint64_t)2 << 20)

/* Google's close codes, as far as they say what is to be done. */
enum code { CODE_NORMAL = 1000, CODE_BACKEND = 4003, CODE_SIGN_IN = 4004, CODE_FORBIDDEN = 4033, CODE_LOOKUP = 4047 };

struct tunnel_way {
	struct passages way; /* first: it is cast back */
	char *url;
};

/* A request on its way through a tunnel of its own. */
struct tunnel_passage {
	struct passage passage; /* first: it is cast back; below is the channel */
	struct exchange exchange;
	char key[WS_KEY_TEXT];
	struct ws_reader reader;
	struct relay relay;
	uint64_t heard; /* bytes of the relay's, all in all */
};

static void tunnel_drop(struct passage *passage)
{
	struct tunnel_passage *p = (struct tunnel_passage *)passage;
	ws_free(&p->reader);
	exchange_free(&p->exchange);
}

static void tunnel_fail(struct tunnel_passage *p, enum http_failure failure, const char *why)
{
	passage_fail(&p->passage, failure, why);
}

static void tunnel_late(void *arg)
{
	struct tunnel_passage *p = arg;
	p->passage.timer = 0;
	tunnel_fail(p, p->relay.open ? HTTP_TIMEOUT : HTTP_UNREACHABLE, _("no reply in time"));
}

static void tunnel_say(struct tunnel_passage *p, const struct buf *frames)
{
	if (frames->len)
		passage_under(&p->passage)->say(passage_under(&p->passage), p->passage.below, frames->data, frames->len);
}

/* The machine's reply ------------------------------------------------------------------------------------------------------- */

static void tunnel_closed(struct tunnel_passage *p)
{
	struct http_reply reply = {0};
	if (exchange_closed(&p->exchange, &reply)) {
		passage_end(&p->passage, &reply);
		http_reply_free(&reply);
		return;
	}
	http_reply_free(&reply);
	tunnel_fail(p, HTTP_BROKEN, _("the connection ended before the reply was whole"));
}

/* False when the passage is over. */
static bool tunnel_received(struct tunnel_passage *p, const char *data, size_t len)
{
	struct http_reply reply = {0};
	struct buf frames = {0};
	switch (exchange_hear(&p->exchange, data, len, &reply)) {
	case EXCHANGE_TOO_LARGE:
		tunnel_fail(p, HTTP_TOO_LARGE, _("the reply is too large"));
		return false;
	case EXCHANGE_WHOLE:
		passage_end(&p->passage, &reply);
		http_reply_free(&reply);
		return false;
	case EXCHANGE_MORE:
		break;
	}
	relay_tell(&p->relay, &frames);
	tunnel_say(p, &frames);
	buf_free(&frames);
	return true;
}

/* The relay's messages ------------------------------------------------------------------------------------------------------ */

static void tunnel_shut(struct tunnel_passage *p, const char *data, size_t len)
{
	int code = ws_close_code(data, len);
	struct buf words = {0};
	switch (code) {
	case CODE_NORMAL:
		tunnel_closed(p);
		return;
	case CODE_SIGN_IN:
		credentials_reject(session_credentials(p->passage.way->run->session));
		passage_refuse(&p->passage, 401);
		return;
	case CODE_FORBIDDEN:
		passage_refuse(&p->passage, 403);
		return;
	case CODE_BACKEND:
		tunnel_fail(
		    p, HTTP_UNREACHABLE,
		    _("the machine's port takes no connection: nothing listens there, or a firewall keeps the tunnel out"));
		return;
	case CODE_LOOKUP:
		tunnel_fail(p, HTTP_UNREACHABLE, _("the tunnel finds no running machine"));
		return;
	default:
		outside_text(&words, len > 2 ? data + 2 : "", len > 2 ? len - 2 : 0, false, 100);
		char *why = xasprintf(_("the tunnel was closed with code %d: %s"), code, buf_text(&words));
		tunnel_fail(p, p->relay.open ? HTTP_BROKEN : HTTP_UNREACHABLE, why);
		free(why);
		buf_free(&words);
	}
}

static void tunnel_opened(struct tunnel_passage *p)
{
	struct buf frames = {0};
	relay_say(&p->relay, &frames, p->exchange.request.data, p->exchange.request.len);
	tunnel_say(p, &frames);
	sodium_memzero(frames.data, frames.len);
	buf_free(&frames);
}

static bool tunnel_relayed(struct tunnel_passage *p, const char *data, size_t len)
{
	struct relay_heard heard = relay_hear(&p->relay, data, len);
	switch (heard.news) {
	case RELAY_OPENED:
		tunnel_opened(p);
		return true;
	case RELAY_DATA:
		return tunnel_received(p, heard.bytes, heard.count);
	case RELAY_BROKEN:
		tunnel_fail(p, HTTP_BROKEN, _(heard.fault));
		return false;
	case RELAY_NOTHING:
		break;
	}
	return true;
}

/* Bytes that are being taken in; what a message says may end the passage, and with it all that it is part of. */
struct hearing {
	struct tunnel_passage *passage;
	bool over;
};

static bool tunnel_told(struct tunnel_passage *p, enum ws_opcode opcode, const char *data, size_t len)
{
	struct buf frames = {0};
	switch (opcode) {
	case WS_CLOSE:
		tunnel_shut(p, data, len);
		return false;
	case WS_PING:
		ws_frame(&frames, WS_PONG, data, len);
		tunnel_say(p, &frames);
		buf_free(&frames);
		return true;
	case WS_BINARY:
		return tunnel_relayed(p, data, len);
	case WS_TEXT:
		tunnel_fail(p, HTTP_BROKEN, _("the relay speaks text"));
		return false;
	default:
		return true;
	}
}

static bool tunnel_message(void *arg, enum ws_opcode opcode, const char *data, size_t len)
{
	struct hearing *h = arg;
	h->over = !tunnel_told(h->passage, opcode, data, len);
	return !h->over;
}

static void tunnel_heard(void *arg, const char *data, size_t len)
{
	struct hearing h = {.passage = arg};
	struct ws_reader reader = h.passage->reader;
	h.passage->reader = (struct ws_reader){0};
	const char *fault = ws_take(&reader, data, len, tunnel_message, &h);
	if (h.over) {
		ws_free(&reader);
		return;
	}
	h.passage->reader = reader;
	h.passage->heard += len;
	if (fault)
		tunnel_fail(h.passage, HTTP_BROKEN, _(fault));
	else if (h.passage->heard > h.passage->exchange.reply.len + BESIDES_MAX)
		tunnel_fail(h.passage, HTTP_BROKEN, _("the relay talks without an end and brings nothing"));
}

static void tunnel_ended(void *arg, const char *why)
{
	struct tunnel_passage *p = arg;
	p->passage.below = 0;
	(void)why;
	tunnel_closed(p);
}

/* Opening ------------------------------------------------------------------------------------------------------------------- */

static void tunnel_answered(void *arg, struct http_reply *reply)
{
	struct tunnel_passage *p = arg;
	if (reply->status == 101 && ws_accepts(p->key, http_header(reply, "Sec-WebSocket-Accept")))
		return;
	bool refused = reply->failure == HTTP_OK && reply->status != 101;
	if (reply->status != 101)
		p->passage.below = 0;
	if (refused)
		passage_refuse(&p->passage, reply->status);
	else if (reply->failure == HTTP_OK)
		tunnel_fail(p, HTTP_BROKEN, _("what answers is no WebSocket"));
	else
		tunnel_fail(p, reply->failure, reply->failure_text ? reply->failure_text : "");
}

static const struct http_channel tunnel_channel = {tunnel_answered, tunnel_heard, tunnel_ended};

static void tunnel_go(struct passage *passage, const char *token)
{
	struct tunnel_passage *p = (struct tunnel_passage *)passage;
	struct transport *under = passage_under(passage);
	char *bearer = token ? xasprintf("Bearer %s", token) : NULL;
	const char *const named[][2] = {{"Upgrade", "websocket"},
					{"Connection", "Upgrade"},
					{"Sec-WebSocket-Version", "13"},
					{"Sec-WebSocket-Key", p->key},
					{"Sec-WebSocket-Protocol", RELAY_SUBPROTOCOL},
					{"Origin", RELAY_ORIGIN},
					{"Authorization", bearer}};
	struct header headers[sizeof named / sizeof *named];
	size_t count = sizeof named / sizeof *named - !bearer;
	for (size_t i = 0; i < count; i++)
		headers[i] = (struct header){(char *)(uintptr_t)named[i][0], (char *)(uintptr_t)named[i][1]};
	ws_key(p->key);
	passage_patience(passage, 60, tunnel_late);
	passage->below = under->upgrade(under,
					&(struct http_request){.method = "GET",
							       .url = ((struct tunnel_way *)passage->way)->url,
							       .headers = headers,
							       .header_count = count,
							       .anonymous = !bearer},
					&tunnel_channel, p);
	if (bearer)
		sodium_memzero(bearer, strlen(bearer));
	free(bearer);
}

static void tunnel_take(struct passage *passage, const struct http_request *r)
{
	exchange_begin(&((struct tunnel_passage *)passage)->exchange, r);
}

static void tunnel_close(struct passages *w)
{
	free(((struct tunnel_way *)w)->url);
}

static const struct passage_kind tunnel_passages = {
    .size = sizeof(struct tunnel_passage), .take = tunnel_take, .go = tunnel_go, .drop = tunnel_drop, .close = tunnel_close};

static struct transport *tunnel_open(struct run *r, const cJSON *with, enum who who, struct err *e)
{
	if (!session_transport(r->session)->upgrade) {
		err_set(e, EXIT_BUG, HOST, NULL, _("this program's transport speaks no WebSocket."));
		return NULL;
	}
	struct passages *w = passages_open(&tunnel_passages, sizeof(struct tunnel_way), r, who);
	struct buf url = {0};
	buf_puts(&url, "https://" HOST "/v4/connect?project=");
	text_percent(&url, json_str(with, "project", ""), false);
	buf_printf(&url, "&port=%d&newWebsocket=True&zone=", (int)json_num(with, "port", 0));
	text_percent(&url, json_str(with, "zone", ""), false);
	buf_puts(&url, "&instance=");
	text_percent(&url, json_str(with, "instance", ""), false);
	buf_puts(&url, "&interface=nic0");
	((struct tunnel_way *)w)->url = buf_take(&url);
	return &w->transport;
}

const struct reach_way reach_tunnel = {.id = "tunnel", .open = tunnel_open};
