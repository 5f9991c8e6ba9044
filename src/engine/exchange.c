/* A request in plain HTTP/1.0, and its reply. */
#include "config.h"
#include "engine/exchange.h"

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX ((size_t)64 << 10)

void exchange_begin(struct exchange *x, const struct http_request *r)
{
	const char *host = strstr(r->url, "://") + strlen("://"), *path = host + strcspn(host, "/?#");
	struct buf *out = &x->request;
	bool own_host = false;
	x->most = r->max_reply ? r->max_reply : (size_t)32 << 20;
	x->head_only = !strcmp(r->method, "HEAD");
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

/* Is the reply whole, now that no more may come? False while a body that says its length is shorter. */
static bool exchange_whole(const struct exchange *x, struct http_reply *reply, bool closed)
{
	size_t head = http_reply_head(buf_text(&x->reply), x->reply.len, reply);
	const char *length = head && head != SIZE_MAX ? http_header(reply, "Content-Length") : NULL;
	if (!head || head == SIZE_MAX)
		return false;
	size_t body = x->reply.len - head, due = length ? (size_t)strtoull(length, NULL, 10) : body;
	bool bare = x->head_only || reply->status == 204 || reply->status == 304;
	if (!bare && (length ? body < due : !closed))
		return false;
	buf_add(&reply->body, x->reply.data + head, bare ? 0 : due);
	return true;
}

bool exchange_closed(const struct exchange *x, struct http_reply *reply)
{
	return exchange_whole(x, reply, true);
}

enum exchange_news exchange_hear(struct exchange *x, const char *data, size_t len, struct http_reply *reply)
{
	bool headless = x->reply.len > HEAD_MAX && !memmem(x->reply.data, HEAD_MAX, "\r\n\r\n", 4);
	if (headless || x->reply.len + len > x->most)
		return EXCHANGE_TOO_LARGE;
	buf_add(&x->reply, data, len);
	if (exchange_whole(x, reply, false))
		return EXCHANGE_WHOLE;
	http_reply_free(reply);
	*reply = (struct http_reply){0};
	return EXCHANGE_MORE;
}

void exchange_free(struct exchange *x)
{
	if (x->request.data)
		sodium_memzero(x->request.data, x->request.room);
	buf_free(&x->request);
	buf_free(&x->reply);
}
