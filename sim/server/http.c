/* HTTP/1.1: requests as reader.c takes them apart, replies written when their time has come. */
#include "config.h"
#include "sim/server/server.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct connection *of(http_reader *p)
{
	return p->data;
}

static int on_url(http_reader *p, const char *at, size_t len)
{
	return !buf_add(&of(p)->target, at, len);
}

static void keep_header(struct connection *c)
{
	if (!c->name.len)
		return;
	c->headers = xgrow(c->headers, c->header_count, &c->header_room, sizeof *c->headers);
	struct sim_header *h = &c->headers[c->header_count++];
	h->name = buf_take(&c->name);
	h->value = buf_take(&c->value);
}

static int on_field(http_reader *p, const char *at, size_t len)
{
	struct connection *c = of(p);
	if (c->last_was_value)
		keep_header(c);
	c->last_was_value = false;
	return !buf_add(&c->name, at, len);
}

static int on_value(http_reader *p, const char *at, size_t len)
{
	of(p)->last_was_value = true;
	return !buf_add(&of(p)->value, at, len);
}

const char *http_header(const struct connection *c, const char *name)
{
	for (size_t i = 0; i < c->header_count; i++)
		if (!strcasecmp(c->headers[i].name, name))
			return c->headers[i].value;
	return NULL;
}

/* "http://host[:port]/path" of a request to a proxy: the host goes to c->host, the rest stays. */
static void split_absolute(struct connection *c)
{
	const char *text = buf_text(&c->target);
	const char *host = text_starts(text, "http://") ? text + 7 : NULL;
	if (!host)
		return;
	size_t n = strcspn(host, "/?#");
	free(c->host);
	c->host = xstrndup(host, n);
	if (strchr(c->host, ':') && !strchr(c->host, ']'))
		*strchr(c->host, ':') = '\0';
	char *rest = xasprintf("%s%s", host[n] == '/' ? "" : "/", host + n);
	buf_clear(&c->target);
	buf_puts(&c->target, rest);
	free(rest);
}

static int on_headers(http_reader *p)
{
	struct connection *c = of(p);
	keep_header(c);
	if (p->method == HTTP_CONNECT)
		return 0;
	if (c->stage == STAGE_PROXY)
		split_absolute(c);
	const struct front_rule *f = c->host ? front_for(c->server, c->host, false) : NULL;
	if (f) {
		front_start(c, f);
	} else if (http_header(c, "Expect") && !strcasecmp(http_header(c, "Expect"), "100-continue")) {
		if (reader_length(p) > BODY_MAX)
			return 0;
		static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
		connection_send(c, go_on, sizeof go_on - 1);
	}
	return 0;
}

static int on_body(http_reader *p, const char *at, size_t len)
{
	struct connection *c = of(p);
	if (c->up >= 0)
		front_body(c, at, len);
	else if (!c->too_big && !buf_add(&c->body, at, len))
		c->too_big = true;
	return c->too_big;
}

static int on_complete(http_reader *p)
{
	of(p)->complete = true;
	return reader_stop(p);
}

static const http_reader_settings settings = {.on_url = on_url,
					      .on_header_field = on_field,
					      .on_header_value = on_value,
					      .on_headers_complete = on_headers,
					      .on_body = on_body,
					      .on_message_complete = on_complete};

static void forget_request(struct connection *c)
{
	for (size_t i = 0; i < c->header_count; i++) {
		free((char *)(uintptr_t)c->headers[i].name);
		free((char *)(uintptr_t)c->headers[i].value);
	}
	c->header_count = 0;
	buf_clear(&c->target);
	buf_clear(&c->name);
	buf_clear(&c->value);
	buf_free(&c->body);
	c->body = (struct buf){.max = BODY_MAX};
	c->last_was_value = c->complete = c->too_big = false;
}

void http_start(struct connection *c)
{
	forget_request(c);
	reader_start(&c->parser, &settings, c);
	c->target.max = c->name.max = c->value.max = 256 << 10;
}

static const char *reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
	    {101, "Switching Protocols"},
	    {200, "OK"},
	    {201, "Created"},
	    {202, "Accepted"},
	    {204, "No Content"},
	    {206, "Partial Content"},
	    {301, "Moved Permanently"},
	    {302, "Found"},
	    {303, "See Other"},
	    {304, "Not Modified"},
	    {307, "Temporary Redirect"},
	    {308, "Permanent Redirect"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {402, "Payment Required"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {406, "Not Acceptable"},
	    {408, "Request Timeout"},
	    {409, "Conflict"},
	    {410, "Gone"},
	    {411, "Length Required"},
	    {412, "Precondition Failed"},
	    {413, "Payload Too Large"},
	    {414, "URI Too Long"},
	    {415, "Unsupported Media Type"},
	    {416, "Range Not Satisfiable"},
	    {417, "Expectation Failed"},
	    {421, "Misdirected Request"},
	    {422, "Unprocessable Entity"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status)
			return known[i].reason;
	return "Unknown";
}

static void put_reply(struct connection *c, int status, const char *headers, const struct buf *body, size_t length)
{
	char date[40];
	time_t now = (time_t)sim_wall(c->server->sim);
	struct tm tm;
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	buf_clear(&c->reply);
	c->reply.max = (size_t)512 << 20;
	c->replied = 0;
	bool bare = status == 204 || status == 304 || status < 200;
	buf_printf(&c->reply, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s", status, reason_of(status), date, headers ? headers : "");
	if (!bare && length != SIZE_MAX) /* otherwise in chunks */
		buf_printf(&c->reply, "Content-Length: %zu\r\n", length);
	buf_printf(&c->reply, "%s\r\n", c->closing ? "Connection: close\r\n" : "");
	if (!bare && c->parser.method != HTTP_HEAD)
		buf_add(&c->reply, body->data ? body->data : "", body->len);
	c->waiting = true;
}

void http_answer(struct connection *c, int status, const char *text)
{
	struct buf body = {0};
	buf_puts(&body, text);
	c->closing = c->closing || status >= 400;
	put_reply(c, status, "Content-Type: text/plain; charset=UTF-8\r\n", &body, body.len);
	c->due = 0;
	buf_free(&body);
}

static void put_chunk(struct buf *b, const struct buf *data)
{
	if (!data->len)
		return;
	buf_printf(b, "%zx\r\n", data->len);
	buf_add(b, data->data, data->len);
	buf_puts(b, "\r\n");
}

/* A reply that goes on: its first chunk, and the rest when there is more to say. */
static void put_stream(struct connection *c, struct sim_reply *r)
{
	char *headers = xasprintf("%s%s", r->headers ? r->headers : "", r->stream.take ? "" : "Transfer-Encoding: chunked\r\n");
	struct buf nothing = {0};
	c->closing = c->closing && !r->stream.take;
	put_reply(c, r->status, headers, &nothing, SIZE_MAX);
	put_chunk(&c->reply, &r->body);
	c->stream = r->stream;
	r->stream = (struct sim_stream){0};
	c->streamed = server_clock();
	c->stream_until = c->stream.seconds > 0 ? c->streamed + c->stream.seconds : INFINITY;
	c->server->streams++;
	free(headers);
}

void http_stream_end(struct connection *c)
{
	if (!c->stream.more)
		return;
	sim_stream_end(&c->stream);
	c->server->streams--;
}

void http_stream(struct connection *c, double now)
{
	static const char last[] = "0\r\n\r\n";
	struct buf said = {0}, chunk = {0};
	bool raw = c->stream.take;
	if (!c->stream.more || c->waiting || c->reset || now - c->streamed < STREAM_SECONDS)
		return;
	c->streamed = now;
	bool on = sim_stream_more(c->server->sim, &c->stream, &said) && now < c->stream_until;
	if (!raw)
		put_chunk(&chunk, &said);
	if (raw ? said.len : chunk.len)
		connection_send(c, raw ? said.data : chunk.data, raw ? said.len : chunk.len);
	buf_free(&said);
	buf_free(&chunk);
	if (on)
		return;
	if (!raw)
		connection_send(c, last, sizeof last - 1);
	http_stream_end(c);
	c->closing = c->closing || raw;
	if (!c->closing)
		http_start(c);
}

/* The reply as a fault rule wants it sent. */
static void put_sim_reply(struct connection *c, struct sim_reply *r)
{
	size_t length = r->body.len;
	switch (r->mischief.how) {
	case SIM_RESET_BEFORE:
	case SIM_RESET_AFTER:
	case SIM_BAD_TLS:
	case SIM_NO_ROUTE:
		c->closing = c->reset = true;
		break;
	case SIM_TRUNCATE:
		c->closing = true;
		r->body.len /= 2;
		break;
	case SIM_WRONG_LENGTH:
		length = length / 2;
		break;
	default:
		break;
	}
	if (r->stream.more && r->mischief.how == SIM_SEND)
		put_stream(c, r);
	else
		put_reply(c, r->status, r->headers, &r->body, length);
	if (c->reset)
		buf_clear(&c->reply);
	c->slow = r->mischief.how == SIM_SLOW ? r->mischief.seconds : 0;
	double real = c->server->speed > 0 ? r->latency / c->server->speed : 0;
	c->due = server_clock() + real;
}

/* Who the client is by its certificate stands among the headers. */
static void note_certificate(struct connection *c)
{
	char whom[256];
	if (!tls_certified(c, whom, sizeof whom))
		return;
	c->headers = xgrow(c->headers, c->header_count, &c->header_room, sizeof *c->headers);
	c->headers[c->header_count++] = (struct sim_header){xstrdup(SIM_CERTIFIED), xstrdup(whom)};
}

static void serve(struct connection *c)
{
	note_certificate(c);
	struct sim_request q = {.method = reader_method(&c->parser),
				.host = c->host ? c->host : "",
				.target = buf_text(&c->target),
				.headers = c->headers,
				.header_count = c->header_count,
				.body = c->body.data,
				.body_len = c->body.len};
	struct sim_reply r;
	c->closing = !reader_goes_on(&c->parser);
	bool looks = c->parser.method == HTTP_GET || c->parser.method == HTTP_HEAD || strstr(q.target, "/wait") ||
		     strstr(q.target, ":wait") || strstr(q.target, ":getIamPolicy");
	server_sync(c->server, looks);
	sim_handle(c->server->sim, &q, &r);
	if (r.through)
		front_through(c, front_for(c->server, c->host, true), r.headers ? r.headers : "");
	else
		put_sim_reply(c, &r);
	sim_reply_free(&r);
}

/* The parser's view of the bytes so far; false when it was no HTTP. */
static bool feed(struct connection *c)
{
	bool well;
	size_t n = reader_take(&c->parser, &settings, buf_text(&c->in), c->in.len, &well);
	memmove(c->in.data, c->in.data + n, c->in.len - n);
	c->in.len -= n;
	return well;
}

static void open_tunnel(struct connection *c)
{
	static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	const char *authority = buf_text(&c->target);
	const char *colon = strrchr(authority, ':');
	size_t n = colon ? (size_t)(colon - authority) : strlen(authority);
	bool bracketed = n > 1 && authority[0] == '[' && authority[n - 1] == ']';
	free(c->host);
	c->host = bracketed ? xstrndup(authority + 1, n - 2) : xstrndup(authority, n);
	for (char *p = c->host; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	if (sim_closed(c->server->sim, c->host)) {
		http_answer(c, 504, "There is no route to this host.\n");
		return;
	}
	connection_send(c, established, sizeof established - 1);
	c->stage = STAGE_TUNNEL;
	http_start(c);
}

/* Of another protocol than HTTP: what was gone over to takes it, and may answer at once. */
static void hand_over(struct connection *c)
{
	server_sync(c->server, true);
	sim_stream_take(c->server->sim, &c->stream, c->in.data, c->in.len);
	buf_clear(&c->in);
	c->streamed = 0;
}

bool http_read(struct connection *c)
{
	if (c->stream.take && !c->waiting) {
		if (c->in.len)
			hand_over(c);
		return true;
	}
	while (c->in.len && !c->waiting && !c->complete) {
		bool well = feed(c);
		if (c->too_big) {
			http_answer(c, 413, "The request is too large.\n");
			return true;
		}
		if (!well) {
			http_answer(c, 400, "This is not HTTP as it is understood here.\n");
			return true;
		}
		if (!c->complete)
			return true;
		if (c->parser.method == HTTP_CONNECT && c->stage == STAGE_PROXY) {
			open_tunnel(c);
			return true;
		}
		if (c->up >= 0) {
			front_end(c);
			return true;
		}
		if (!c->host) {
			http_answer(c, 400, "This is a proxy: ask it for https:// URLs of Google's hosts.\n");
			return true;
		}
		serve(c);
	}
	return true;
}

void http_flush(struct connection *c, double now)
{
	if (!c->waiting || now < c->due)
		return;
	size_t left = c->reply.len - c->replied, n = c->slow > 0 && left ? 1 : left;
	connection_send(c, buf_text(&c->reply) + c->replied, n);
	c->replied += n;
	if (c->slow > 0 && c->replied < c->reply.len) {
		c->due = now + c->slow / (c->server->speed > 0 ? c->server->speed : 1);
		return;
	}
	c->waiting = false;
	c->slow = 0;
	buf_free(&c->reply);
	c->reply = (struct buf){0};
	if (!c->closing && !c->stream.more)
		http_start(c);
}
