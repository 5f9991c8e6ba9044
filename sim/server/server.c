/* The loop: sockets, the virtual clock, replies that wait for their time. */
#include "config.h"
#include "sim/server/server.h"

#include "base/mem.h"
#include "base/text.h"
#include "sim/core/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How far a leaping clock goes ahead for one request, and how fast it runs meanwhile. */
#define LEAP_SECONDS 1800.0
#define LEAP_PACE 50.0
#define LEAP_PAUSE 0.1

double server_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What was written to the pipe since it was last read, a line each: seconds that have passed, or "settled NAME". */
static void read_clock(struct server *v)
{
	struct buf text = {0};
	char part[512];
	for (ssize_t n; (n = read(v->clock, part, sizeof part)) > 0;)
		buf_add(&text, part, (size_t)n);
	char *rest = text.len ? text.data : NULL;
	for (char *line; (line = strsep(&rest, "\n"));) {
		double seconds = strtod(line, NULL);
		if (text_starts(line, "settled "))
			sim_settle(v->sim, line + strlen("settled "));
		else if (seconds > 0 && seconds < 1e9) {
			sim_advance(v->sim, sim_now(v->sim) + seconds);
			v->leapt += seconds;
		}
	}
	buf_free(&text);
}

void server_sync(struct server *v, bool looks)
{
	if (v->clock >= 0)
		read_clock(v);
	if (v->still)
		return;
	double now = server_clock(), passed = now - v->began;
	if (v->speed > 0) {
		sim_advance(v->sim, passed * v->speed + v->leapt);
		return;
	}
	sim_advance(v->sim, passed * LEAP_PACE + v->leapt);
	/* Who looks or has waited finds things done; who acts twice at once finds them under way. */
	bool waited = now - v->asked > LEAP_PAUSE;
	v->asked = now;
	if (!looks && !waited)
		return;
	double before = sim_now(v->sim);
	while (sim_next(v->sim) < before + LEAP_SECONDS)
		sim_advance(v->sim, sim_next(v->sim));
	v->leapt += sim_now(v->sim) - before;
}

bool server_listen(struct server *v, int port, struct err *e)
{
	int on = 1;
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	v->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(v->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (v->listener < 0 || bind(v->listener, (struct sockaddr *)&at, sizeof at) || listen(v->listener, 128) ||
	    getsockname(v->listener, (struct sockaddr *)&at, &len))
		return err_set(e, EXIT_UNAVAILABLE, NULL, "Choose another port with --port.",
			       "cannot listen on 127.0.0.1 port %d: %s", port, strerror(errno));
	v->port = ntohs(at.sin_port);
	v->began = server_clock();
	return true;
}

static void accept_one(struct server *v)
{
	int fd = accept4(v->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct connection *c = xcalloc(1, sizeof *c);
	*c = (struct connection){.server = v, .fd = fd, .up = -1, .next = v->connections, .touched = server_clock()};
	c->out.max = (size_t)1 << 30;
	c->in.max = (size_t)BODY_MAX * 2;
	v->connections = c;
	v->connection_count++;
	http_start(c);
}

void connection_close(struct connection *c)
{
	struct server *v = c->server;
	struct connection **p = &v->connections;
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	v->connection_count--;
	if (c->reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
	close(c->fd);
	if (c->up >= 0)
		close(c->up);
	http_stream_end(c);
	SSL_free(c->ssl);
	http_start(c); /* frees what was read of a request */
	free(c->headers);
	free(c->host);
	struct buf *all[] = {&c->in, &c->target, &c->name, &c->value, &c->body, &c->out, &c->reply, &c->up_out};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
	free(c);
}

void connection_send(struct connection *c, const void *data, size_t len)
{
	if (c->stage == STAGE_TLS)
		tls_send(c, data, len);
	else
		buf_add(&c->out, data, len);
}

/* Bytes from the client, to where they belong at this stage. */
static bool take(struct connection *c, const char *data, size_t len)
{
	if (c->stage == STAGE_TLS)
		return tls_take(c, data, len) && http_read(c);
	if (!buf_add(&c->in, data, len))
		return false;
	if (c->stage == STAGE_PROXY && !c->host && c->in.len == len && c->in.data[0] == 0x16) {
		/* TLS with the proxy's own port: the API server of the cluster elsewhere. */
		c->host = xstrdup("127.0.0.1");
		c->stage = STAGE_TUNNEL;
	}
	if (c->stage != STAGE_TUNNEL && !http_read(c))
		return false;
	if (c->stage != STAGE_TUNNEL || !c->in.len)
		return true;
	/* The first byte in a tunnel tells TLS from plain HTTP. */
	if (c->in.data[0] != 0x16) {
		c->stage = STAGE_PLAIN;
		return http_read(c);
	}
	char *first = xmalloc(c->in.len);
	size_t n = c->in.len;
	memcpy(first, c->in.data, n);
	buf_clear(&c->in);
	c->stage = STAGE_TLS;
	bool well = tls_start(c) && tls_take(c, first, n) && http_read(c);
	free(first);
	return well;
}

static bool on_readable(struct connection *c)
{
	char bytes[READ_SIZE];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	c->touched = server_clock();
	return n > 0 && (c->leaving > 0 || take(c, bytes, (size_t)n));
}

static bool on_writable(struct connection *c)
{
	ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->touched = server_clock();
	c->sent += (size_t)n;
	if (c->sent == c->out.len) {
		c->sent = 0;
		if (c->out.room > (1 << 20)) {
			buf_free(&c->out);
			c->out = (struct buf){.max = (size_t)1 << 30};
		}
		buf_clear(&c->out);
	}
	return true;
}

static bool is_idle(const struct connection *c)
{
	return !c->waiting && !c->out.len && c->up < 0 && !c->stream.more;
}

/* May more of the client's bytes be read now? */
static bool wants_bytes(const struct connection *c)
{
	return c->leaving > 0 || (!c->waiting && !(c->closing && c->complete) && c->up_out.len - c->up_sent < PENDING_MAX &&
				  c->out.len < (8 << 20));
}

/* The loop's sockets: the listener, and each connection's one or two. */
static size_t collect(struct server *v, struct pollfd *fds, struct connection **whose)
{
	size_t n = 0;
	if (v->connection_count < CONNECTIONS_MAX)
		fds[n++] = (struct pollfd){.fd = v->listener, .events = POLLIN};
	for (struct connection *c = v->connections; c; c = c->next) {
		whose[n] = c;
		fds[n++] = (struct pollfd){.fd = c->fd,
					   .events = (short)((wants_bytes(c) ? POLLIN : 0) | (c->out.len ? POLLOUT : 0))};
		if (c->up < 0)
			continue;
		bool sends = c->up_connecting || c->up_out.len > c->up_sent;
		whose[n] = c;
		fds[n++] = (struct pollfd){.fd = c->up,
					   .events = (short)((c->out.len < (8 << 20) ? POLLIN : 0) | (sends ? POLLOUT : 0))};
	}
	return n;
}

static int wait_ms(const struct server *v, int most)
{
	double now = server_clock(), until = now + most / 1000.0;
	for (const struct connection *c = v->connections; c; c = c->next)
		if (c->waiting && c->due < until)
			until = c->due;
	if (v->streams && now + STREAM_SECONDS < until)
		until = now + STREAM_SECONDS;
	return until <= now ? 0 : (int)ceil((until - now) * 1000);
}

static void serve_fd(struct connection *c, const struct pollfd *p)
{
	if (p->fd == c->up) {
		if (p->revents & POLLOUT)
			front_writable(c);
		if (c->up >= 0 && (p->revents & (POLLIN | POLLHUP | POLLERR)))
			front_readable(c);
		return;
	}
	bool well = !(p->revents & POLLERR);
	if (well && (p->revents & (POLLIN | POLLHUP)) && (p->events & POLLIN))
		well = on_readable(c);
	else if (p->revents & POLLHUP)
		well = false;
	if (!well && c->leaving > 0)
		c->leaving = 1e-9;
	else if (!well)
		c->reset = c->closing = true;
}

/* Our last words are out: has the client had time to read them? */
static bool leave(struct connection *c, double now)
{
	if (!(c->leaving > 0)) {
		shutdown(c->fd, SHUT_WR);
		c->leaving = now + 2;
	}
	return now >= c->leaving;
}

static void settle(struct server *v)
{
	double now = server_clock();
	for (struct connection *c = v->connections, *next; c; c = next) {
		next = c->next;
		if (!(c->reset && !c->waiting))
			http_flush(c, now);
		http_stream(c, now);
		if (!c->waiting && !c->closing && c->up < 0 && c->in.len && c->stage != STAGE_TUNNEL)
			http_read(c);
		if (c->out.len && !c->reset && !on_writable(c))
			c->closing = c->reset = true;
		bool finished = c->closing && is_idle(c) && leave(c, now);
		bool broken = c->reset && !c->waiting;
		if (finished || broken || now - c->touched > IDLE_SECONDS + (c->waiting ? 3600 : 0))
			connection_close(c);
	}
}

void server_turn(struct server *v, int wait)
{
	size_t n = collect(v, v->fds, v->whose);
	if (poll(v->fds, n, wait_ms(v, wait)) < 0)
		return;
	/* Who watches looks all the time. */
	if (v->speed > 0 || (v->streams && server_clock() - v->asked > LEAP_PAUSE))
		server_sync(v, v->speed <= 0);
	for (size_t i = 0; i < n; i++) {
		if (!v->fds[i].revents)
			continue;
		if (v->fds[i].fd == v->listener)
			accept_one(v);
		else
			serve_fd(v->whose[i], &v->fds[i]);
	}
	settle(v);
}

void server_free(struct server *v)
{
	while (v->connections)
		connection_close(v->connections);
	if (v->listener >= 0)
		close(v->listener);
	tls_free(v);
	for (size_t i = 0; i < v->front_count; i++)
		free(v->fronts[i].host);
	free(v->fronts);
}
