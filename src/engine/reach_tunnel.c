/* The way to a stack on a machine without an address: Identity-Aware Proxy's TCP tunnel, which this program speaks itself
 * (net/relay.h). Each request is a connection of its own to the machine's port, in plain HTTP/1.0, whose reply ends with the
 * connection. Who comes shows the operator's access token to Google, or nothing, or something forged. The reach's with:
 * {"project","zone","instance","port"}. */
#include "config.h"
#include "engine/socket_passage.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"
#include "net/credentials.h"
#include "net/relay.h"

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

struct tunnel_passage {
	struct socket_passage socket; /* first: it is cast back */
	struct relay relay;
};

static void tunnel_fail(struct tunnel_passage *p, enum http_failure failure, const char *why)
{
	passage_fail(&p->socket.passage, failure, why);
}

static void tunnel_late(void *arg)
{
	struct tunnel_passage *p = arg;
	p->socket.passage.timer = 0;
	tunnel_fail(p, p->relay.open ? HTTP_TIMEOUT : HTTP_UNREACHABLE, _("no reply in time"));
}

/* False when the passage is over. */
static bool tunnel_received(struct tunnel_passage *p, const char *data, size_t len)
{
	struct buf frames = {0};
	if (!socket_received(&p->socket, data, len))
		return false;
	relay_tell(&p->relay, &frames);
	socket_say(&p->socket, &frames);
	buf_free(&frames);
	return true;
}

/* The relay's messages ------------------------------------------------------------------------------------------------------ */

static void tunnel_shut(struct socket_passage *socket, const char *data, size_t len)
{
	struct tunnel_passage *p = (struct tunnel_passage *)socket;
	int code = ws_close_code(data, len);
	struct buf words = {0};
	switch (code) {
	case CODE_NORMAL:
		socket_closed(socket);
		return;
	case CODE_SIGN_IN:
		credentials_reject(session_credentials(socket->passage.way->run->session));
		passage_refuse(&socket->passage, 401);
		return;
	case CODE_FORBIDDEN:
		passage_refuse(&socket->passage, 403);
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
	const struct buf *request = &p->socket.exchange.request;
	struct buf frames = {0};
	relay_say(&p->relay, &frames, request->data, request->len);
	socket_say(&p->socket, &frames);
	sodium_memzero(frames.data, frames.len);
	buf_free(&frames);
}

static bool tunnel_relayed(struct socket_passage *socket, const char *data, size_t len)
{
	struct tunnel_passage *p = (struct tunnel_passage *)socket;
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

/* Opening ------------------------------------------------------------------------------------------------------------------- */

static void tunnel_turned_down(struct socket_passage *p, const struct http_reply *reply)
{
	if (reply->failure == HTTP_OK)
		passage_refuse(&p->passage, reply->status);
	else
		passage_fail(&p->passage, reply->failure, reply->failure_text ? reply->failure_text : "");
}

static const struct socket_kind tunnel_socket = {.subprotocol = RELAY_SUBPROTOCOL,
						 .origin = RELAY_ORIGIN,
						 .turned_down = tunnel_turned_down,
						 .message = tunnel_relayed,
						 .shut = tunnel_shut,
						 .besides = BESIDES_MAX};

static void tunnel_go(struct passage *passage, const struct context_shown *shown)
{
	const char *token = shown->token;
	char *bearer = token ? xasprintf("Bearer %s", token) : NULL;
	passage_patience(passage, 60, tunnel_late);
	socket_open((struct socket_passage *)passage, &tunnel_socket, ((struct tunnel_way *)passage->way)->url, bearer, NULL);
	if (bearer)
		sodium_memzero(bearer, strlen(bearer));
	free(bearer);
}

static void tunnel_close(struct passages *w)
{
	free(((struct tunnel_way *)w)->url);
}

static const struct passage_kind tunnel_passages = {
    .size = sizeof(struct tunnel_passage), .take = socket_take, .go = tunnel_go, .drop = socket_drop, .close = tunnel_close};

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
