/* The way to a stack on a machine without an address: Identity-Aware Proxy's TCP tunnel, which this program speaks itself
 * (net/relay.h). Each request is a connection of its own to the machine's port, in plain HTTP/1.0, whose reply ends with the
 * connection. Who comes shows the operator's access token to Google, or nothing, or something forged. The reach's with:
 * {"project","zone","instance","port"}. */
#include "config.h"
#include "engine/reach.h"

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

/* Of the machine's reply; and of what a relay says that is no part of one. */
#define HEAD_MAX ((size_t)64 << 10)
#define BESIDES_MAX ((uint64_t)2 << 20)

/* Google's close codes, as far as they say what is to be done. */
enum code { CODE_NORMAL = 1000, CODE_BACKEND = 4003, CODE_SIGN_IN = 4004, CODE_FORBIDDEN = 4033, CODE_LOOKUP = 4047 };

struct tunnel_way {
	struct transport transport; /* first: the transport is cast back */
	struct run *run;
	enum who who;
	char *url;
	struct passage *passages;
	unsigned long last_id;
};

/* A request on its way through a tunnel of its own. */
struct passage {
	struct tunnel_way *way;
	struct passage *next;
	unsigned long id, channel;
	bool signing_in;
	loop_id timer;      /* the end of patience */
	struct buf request; /* as it goes to the machine */
	char key[WS_KEY_TEXT];
	struct ws_reader reader;
	struct relay relay;
	struct buf reply; /* as it comes from there */
	size_t reply_max;
	uint64_t heard; /* bytes of the relay's, all in all */
	bool head_only; /* a HEAD: its reply has no body */
	http_done *done;
	void *arg;
};

static struct transport *tunnel_under(const struct passage *p)
{
	return session_transport(p->way->run->session);
}

static void passage_free(struct passage *p)
{
	struct passage **at = &p->way->passages;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->channel)
		tunnel_under(p)->cancel(tunnel_under(p), p->channel);
	loop_cancel(p->way->run->loop, p->timer);
	ws_free(&p->reader);
	if (p->request.data)
		sodium_memzero(p->request.data, p->request.room);
	buf_free(&p->request);
	buf_free(&p->reply);
	free(p);
}

static void passage_end(struct passage *p, struct http_reply *reply)
{
	http_done *done = p->done;
	void *to = p->arg;
	passage_free(p);
	done(to, reply);
	http_reply_free(reply);
}

static void passage_fail(struct passage *p, enum http_failure failure, const char *why)
{
	struct http_reply reply = {.failure = failure, .failure_text = xstrdup(why)};
	passage_end(p, &reply);
}

/* Google's refusal, as the way's answer. */
static void passage_refuse(struct passage *p, int status)
{
	struct http_reply reply = {.status = status};
	passage_end(p, &reply);
}

static void passage_late(void *arg)
{
	struct passage *p = arg;
	p->timer = 0;
	passage_fail(p, p->relay.open ? HTTP_TIMEOUT : HTTP_UNREACHABLE, _("no reply in time"));
}

static void passage_say(struct passage *p, const struct buf *frames)
{
	if (frames->len)
		tunnel_under(p)->say(tunnel_under(p), p->channel, frames->data, frames->len);
}

/* The machine's reply ------------------------------------------------------------------------------------------------------- */

/* Is the reply whole, now that no more may come? False while a body that says its length is shorter. */
static bool passage_whole(const struct passage *p, struct http_reply *reply, bool closed)
{
	size_t head = http_reply_head(buf_text(&p->reply), p->reply.len, reply);
	const char *length = head && head != SIZE_MAX ? http_header(reply, "Content-Length") : NULL;
	if (!head || head == SIZE_MAX)
		return false;
	size_t body = p->reply.len - head, due = length ? (size_t)strtoull(length, NULL, 10) : body;
	bool bare = p->head_only || reply->status == 204 || reply->status == 304;
	if (!bare && (length ? body < due : !closed))
		return false;
	buf_add(&reply->body, p->reply.data + head, bare ? 0 : due);
	return true;
}

static void passage_closed(struct passage *p)
{
	struct http_reply reply = {0};
	if (passage_whole(p, &reply, true)) {
		passage_end(p, &reply);
		return;
	}
	http_reply_free(&reply);
	passage_fail(p, HTTP_BROKEN, _("the connection ended before the reply was whole"));
}

/* False when the passage is over. */
static bool passage_received(struct passage *p, const char *data, size_t len)
{
	struct http_reply reply = {0};
	struct buf frames = {0};
	bool headless = p->reply.len > HEAD_MAX && !memmem(p->reply.data, HEAD_MAX, "\r\n\r\n", 4);
	if (headless || p->reply.len + len > p->reply_max) {
		passage_fail(p, HTTP_TOO_LARGE, _("the reply is too large"));
		return false;
	}
	buf_add(&p->reply, data, len);
	if (passage_whole(p, &reply, false)) {
		passage_end(p, &reply);
		return false;
	}
	http_reply_free(&reply);
	relay_tell(&p->relay, &frames);
	passage_say(p, &frames);
	buf_free(&frames);
	return true;
}

/* The relay's messages ------------------------------------------------------------------------------------------------------ */

static void passage_shut(struct passage *p, const char *data, size_t len)
{
	int code = ws_close_code(data, len);
	struct buf words = {0};
	switch (code) {
	case CODE_NORMAL:
		passage_closed(p);
		return;
	case CODE_SIGN_IN:
		credentials_reject(session_credentials(p->way->run->session));
		passage_refuse(p, 401);
		return;
	case CODE_FORBIDDEN:
		passage_refuse(p, 403);
		return;
	case CODE_BACKEND:
		passage_fail(
		    p, HTTP_UNREACHABLE,
		    _("the machine's port takes no connection: nothing listens there, or a firewall keeps the tunnel out"));
		return;
	case CODE_LOOKUP:
		passage_fail(p, HTTP_UNREACHABLE, _("the tunnel finds no running machine"));
		return;
	default:
		outside_text(&words, len > 2 ? data + 2 : "", len > 2 ? len - 2 : 0, false, 100);
		char *why = xasprintf(_("the tunnel was closed with code %d: %s"), code, buf_text(&words));
		passage_fail(p, p->relay.open ? HTTP_BROKEN : HTTP_UNREACHABLE, why);
		free(why);
		buf_free(&words);
	}
}

static void passage_opened(struct passage *p)
{
	struct buf frames = {0};
	relay_say(&p->relay, &frames, p->request.data, p->request.len);
	passage_say(p, &frames);
	sodium_memzero(frames.data, frames.len);
	buf_free(&frames);
}

static bool passage_relayed(struct passage *p, const char *data, size_t len)
{
	struct relay_heard heard = relay_hear(&p->relay, data, len);
	switch (heard.news) {
	case RELAY_OPENED:
		passage_opened(p);
		return true;
	case RELAY_DATA:
		return passage_received(p, heard.bytes, heard.count);
	case RELAY_BROKEN:
		passage_fail(p, HTTP_BROKEN, _(heard.fault));
		return false;
	case RELAY_NOTHING:
		break;
	}
	return true;
}

/* Bytes that are being taken in; what a message says may end the passage, and with it all that it is part of. */
struct hearing {
	struct passage *passage;
	bool over;
};

static bool passage_told(struct passage *p, enum ws_opcode opcode, const char *data, size_t len)
{
	struct buf frames = {0};
	switch (opcode) {
	case WS_CLOSE:
		passage_shut(p, data, len);
		return false;
	case WS_PING:
		ws_frame(&frames, WS_PONG, data, len);
		passage_say(p, &frames);
		buf_free(&frames);
		return true;
	case WS_BINARY:
		return passage_relayed(p, data, len);
	case WS_TEXT:
		passage_fail(p, HTTP_BROKEN, _("the relay speaks text"));
		return false;
	default:
		return true;
	}
}

static bool passage_message(void *arg, enum ws_opcode opcode, const char *data, size_t len)
{
	struct hearing *h = arg;
	h->over = !passage_told(h->passage, opcode, data, len);
	return !h->over;
}

static void passage_heard(void *arg, const char *data, size_t len)
{
	struct hearing h = {.passage = arg};
	struct ws_reader reader = h.passage->reader;
	h.passage->reader = (struct ws_reader){0};
	const char *fault = ws_take(&reader, data, len, passage_message, &h);
	if (h.over) {
		ws_free(&reader);
		return;
	}
	h.passage->reader = reader;
	h.passage->heard += len;
	if (fault)
		passage_fail(h.passage, HTTP_BROKEN, _(fault));
	else if (h.passage->heard > h.passage->reply.len + BESIDES_MAX)
		passage_fail(h.passage, HTTP_BROKEN, _("the relay talks without an end and brings nothing"));
}

static void passage_ended(void *arg, const char *why)
{
	struct passage *p = arg;
	p->channel = 0;
	(void)why;
	passage_closed(p);
}

/* Opening ------------------------------------------------------------------------------------------------------------------- */

static void passage_answered(void *arg, struct http_reply *reply)
{
	struct passage *p = arg;
	if (reply->status == 101 && ws_accepts(p->key, http_header(reply, "Sec-WebSocket-Accept")))
		return;
	bool refused = reply->failure == HTTP_OK && reply->status != 101;
	if (reply->status != 101)
		p->channel = 0;
	if (refused)
		passage_refuse(p, reply->status);
	else if (reply->failure == HTTP_OK)
		passage_fail(p, HTTP_BROKEN, _("what answers is no WebSocket"));
	else
		passage_fail(p, reply->failure, reply->failure_text ? reply->failure_text : "");
}

static const struct http_channel passage_channel = {passage_answered, passage_heard, passage_ended};

/* token NULL: nothing is shown. */
static void passage_open(struct passage *p, const char *token)
{
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
	p->channel = tunnel_under(p)->upgrade(
	    tunnel_under(p),
	    &(struct http_request){
		.method = "GET", .url = p->way->url, .headers = headers, .header_count = count, .anonymous = !bearer},
	    &passage_channel, p);
	if (bearer)
		sodium_memzero(bearer, strlen(bearer));
	free(bearer);
}

static void passage_begin(void *arg)
{
	struct passage *p = arg;
	p->timer = loop_after(p->way->run->loop, 60, passage_late, p);
	passage_open(p, p->way->who == FORGER ? "not-a-token" : NULL);
}

static void passage_token(void *arg, const char *token, struct err *e)
{
	struct passage *p = arg;
	p->signing_in = false;
	if (!token) {
		passage_fail(p, HTTP_REFUSED, e->what ? e->what : _("no token came."));
		return;
	}
	p->timer = loop_after(p->way->run->loop, 60, passage_late, p);
	passage_open(p, token);
}

/* The request as it goes to the machine: HTTP/1.0, so that the reply comes in one piece and ends with the connection. */
static void write_passage(const struct http_request *r, struct buf *out)
{
	const char *host = strstr(r->url, "://") + strlen("://"), *path = host + strcspn(host, "/?#");
	bool own_host = false;
	for (size_t i = 0; i < r->header_count; i++)
		own_host |= !strcasecmp(r->headers[i].name, "Host");
	buf_printf(out, "%s %s%s HTTP/1.0\r\n", r->method, *path == '/' ? "" : "/", path);
	if (!own_host)
		buf_printf(out, "Host: %.*s\r\n", (int)(path - host), host);
	for (size_t i = 0; i < r->header_count; i++)
		buf_printf(out, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
	if (r->body || strcmp(r->method, "GET") != 0)
		buf_printf(out, "Content-Length: %zu\r\n", r->body_len);
	buf_puts(out, "Connection: close\r\n\r\n");
	buf_add(out, r->body ? r->body : "", r->body_len);
}

static void tunnel_malformed(void *arg)
{
	struct passage *p = arg;
	p->timer = 0;
	passage_fail(p, HTTP_REFUSED, _("the request is malformed"));
}

static unsigned long tunnel_send(struct transport *t, const struct http_request *r, http_done *done, void *arg)
{
	struct tunnel_way *w = (struct tunnel_way *)t;
	struct passage *p = xcalloc(1, sizeof *p);
	*p = (struct passage){.way = w, .next = w->passages, .id = ++w->last_id, .done = done, .arg = arg};
	unsigned long id = p->id;
	w->passages = p;
	p->reply_max = r->max_reply ? r->max_reply : (size_t)32 << 20;
	p->head_only = !strcmp(r->method, "HEAD");
	if (http_request_fault(r)) {
		p->timer = loop_after(w->run->loop, 0, tunnel_malformed, p);
		return id;
	}
	write_passage(r, &p->request);
	if (w->who == PROVER) {
		p->signing_in = true;
		credentials_token(session_credentials(w->run->session), passage_token, p);
	} else {
		passage_begin(p);
	}
	return id;
}

static void tunnel_cancel(struct transport *t, unsigned long id)
{
	struct tunnel_way *w = (struct tunnel_way *)t;
	struct passage *p = w->passages;
	while (p && p->id != id)
		p = p->next;
	if (!p)
		return;
	if (p->signing_in)
		credentials_forget(session_credentials(w->run->session), p);
	passage_free(p);
}

static void tunnel_free(struct transport *t)
{
	struct tunnel_way *w = (struct tunnel_way *)t;
	while (w->passages)
		tunnel_cancel(t, w->passages->id);
	free(w->url);
	free(w);
}

static struct transport *tunnel_open(struct run *r, const cJSON *with, enum who who, struct err *e)
{
	if (!session_transport(r->session)->upgrade) {
		err_set(e, EXIT_BUG, HOST, NULL, _("this program's transport speaks no WebSocket."));
		return NULL;
	}
	struct tunnel_way *w = xcalloc(1, sizeof *w);
	*w = (struct tunnel_way){
	    .transport = {.send = tunnel_send, .cancel = tunnel_cancel, .free = tunnel_free}, .run = r, .who = who};
	struct buf url = {0};
	buf_puts(&url, "https://" HOST "/v4/connect?project=");
	text_percent(&url, json_str(with, "project", ""), false);
	buf_printf(&url, "&port=%d&newWebsocket=True&zone=", (int)json_num(with, "port", 0));
	text_percent(&url, json_str(with, "zone", ""), false);
	buf_puts(&url, "&instance=");
	text_percent(&url, json_str(with, "instance", ""), false);
	buf_puts(&url, "&interface=nic0");
	w->url = buf_take(&url);
	return &w->transport;
}

const struct reach_way reach_tunnel = {.id = "tunnel", .open = tunnel_open};
