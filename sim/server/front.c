/* Fronts: requests for a host are passed on to a real HTTP server on this machine, body and reply streaming, the Host header kept. */
#include "config.h"
#include "sim/server/server.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/core.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const struct front_rule *front_for(const struct server *v, const char *host, bool walled)
{
	for (size_t i = 0; i < v->front_count; i++)
		if (v->fronts[i].walled == walled && !strcasecmp(v->fronts[i].host, host))
			return &v->fronts[i];
	return NULL;
}

static int dial(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_hop(const char *name)
{
	static const char *const hops[] = {"Connection",          "Proxy-Connection",  "Keep-Alive",
					   "Proxy-Authorization", "X-Forwarded-Proto", "X-Forwarded-For"};
	for (size_t i = 0; i < sizeof hops / sizeof *hops; i++)
		if (!strcasecmp(hops[i], name))
			return true;
	return false;
}

static bool begin(struct connection *c, const struct front_rule *f)
{
	c->up = dial(f->port);
	c->up_status = 0;
	c->up_sent = 0;
	buf_clear(&c->up_out);
	c->up_out.max = (size_t)BODY_MAX * 2;
	c->up_connecting = c->up >= 0;
	buf_printf(&c->up_out, "%s %s HTTP/1.1\r\n", reader_method(&c->parser), buf_text(&c->target));
	return c->up >= 0;
}

static void end_headers(struct connection *c)
{
	buf_puts(&c->up_out, "X-Forwarded-Proto: https\r\nX-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n\r\n");
}

void front_start(struct connection *c, const struct front_rule *f)
{
	if (!begin(c, f))
		return;
	for (size_t i = 0; i < c->header_count; i++)
		if (!is_hop(c->headers[i].name))
			buf_printf(&c->up_out, "%s: %s\r\n", c->headers[i].name, c->headers[i].value);
	end_headers(c);
}

static bool is_chunked(const struct connection *c)
{
	return http_header(c, "Transfer-Encoding") != NULL;
}

void front_body(struct connection *c, const char *data, size_t len)
{
	if (is_chunked(c))
		buf_printf(&c->up_out, "%zx\r\n", len);
	buf_add(&c->up_out, data, len);
	if (is_chunked(c))
		buf_puts(&c->up_out, "\r\n");
}

void front_end(struct connection *c)
{
	if (is_chunked(c))
		buf_puts(&c->up_out, "0\r\n\r\n");
}

void front_through(struct connection *c, const struct front_rule *f, const char *lines)
{
	if (!begin(c, f)) {
		http_answer(c, 502, "The server behind this front does not answer.\n");
		return;
	}
	buf_puts(&c->up_out, lines);
	end_headers(c);
	if (c->body.len)
		front_body(c, buf_text(&c->body), c->body.len);
	front_end(c);
}

static void note(struct connection *c)
{
	struct sim_request q = {.method = reader_method(&c->parser),
				.host = c->host,
				.target = buf_text(&c->target),
				.headers = c->headers,
				.header_count = c->header_count};
	struct sim_reply r = {.status = c->up_status};
	sim_log_exchange(c->server->sim, &q, &r, NULL);
}

static void finish(struct connection *c)
{
	close(c->up);
	c->up = -1;
	note(c);
	if (c->up_status) {
		c->closing = true;
		return;
	}
	http_answer(c, 502, "The server behind this front does not answer.\n");
}

void front_readable(struct connection *c)
{
	char bytes[READ_SIZE];
	ssize_t n = recv(c->up, bytes, sizeof bytes, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		finish(c);
		return;
	}
	if (!c->up_status && n > 12)
		c->up_status = atoi(bytes + 9);
	connection_send(c, bytes, (size_t)n);
}

void front_writable(struct connection *c)
{
	c->up_connecting = false;
	if (c->up_sent == c->up_out.len)
		return;
	ssize_t n = send(c->up, c->up_out.data + c->up_sent, c->up_out.len - c->up_sent, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* It may have answered before it stopped listening: what it said is still to be read. */
		c->up_sent = c->up_out.len;
		return;
	}
	c->up_sent += n > 0 ? (size_t)n : 0;
	if (c->up_sent == c->up_out.len) {
		buf_clear(&c->up_out);
		c->up_sent = 0;
	}
}
