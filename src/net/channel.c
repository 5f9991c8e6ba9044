#include "config.h"
#include "net/channel.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX ((size_t)64 << 10)
#define READ_SIZE ((size_t)16 << 10)
#define READS_MAX 64               /* of one turn: the keyboard, the timers and the other connections have their turn too */
#define OUT_MAX ((size_t)32 << 20) /* that the other side has not taken */

struct channel {
	const struct libcurl *lib;
	const struct http_channel *to;
	void *arg;
	CURL *easy;      /* NULL until it has connected */
	struct buf out;  /* to be sent; begins with the request */
	struct buf head; /* of the answer so far */
	bool answered, muted;
	bool more; /* the last turn left something that the socket does not show: TLS holds what it has read */
};

/* "GET /path HTTP/1.1" with Host and the caller's headers. */
static void write_request(const struct http_request *r, struct buf *out)
{
	const char *host = strstr(r->url, "://") + strlen("://"), *path = host + strcspn(host, "/?#");
	buf_printf(out, "%s %s%s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: mlflow-setup/" PACKAGE_VERSION "\r\n", r->method,
		   *path == '/' ? "" : "/", path, (int)(path - host), host);
	for (size_t i = 0; i < r->header_count; i++)
		buf_printf(out, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
	buf_puts(out, "\r\n");
}

struct channel *channel_new(const struct libcurl *lib, const struct http_request *r, const struct http_channel *to, void *arg)
{
	struct channel *c = xcalloc(1, sizeof *c);
	*c = (struct channel){.lib = lib, .to = to, .arg = arg};
	c->head.max = HEAD_MAX;
	c->out.max = OUT_MAX;
	buf_reserve(&c->out, (size_t)16 << 10); /* a token is among it: it shall not be left behind where the text grows */
	write_request(r, &c->out);
	return c;
}

void channel_free(struct channel *c)
{
	if (!c)
		return;
	if (c->out.data)
		sodium_memzero(c->out.data, c->out.room);
	buf_free(&c->out);
	buf_free(&c->head);
	free(c);
}

void channel_connected(struct channel *c, CURL *easy)
{
	c->easy = easy;
}

static curl_socket_t socket_of(const struct channel *c)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	if (c->easy)
		c->lib->easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET, &fd);
	return fd;
}

bool channel_waits(const struct channel *c, struct curl_waitfd *out)
{
	*out = (struct curl_waitfd){.fd = socket_of(c),
				    .events = (short)(CURL_WAIT_POLLIN | (c->out.len ? CURL_WAIT_POLLOUT : 0))};
	return out->fd != CURL_SOCKET_BAD;
}

bool channel_hurries(const struct channel *c)
{
	return c->more;
}

void channel_say(struct channel *c, const void *data, size_t len)
{
	buf_add(&c->out, data, len);
}

void channel_mute(struct channel *c)
{
	c->muted = true;
}

/* Its end, told once; false, for whoever asks whether it goes on. */
static bool end(struct channel *c, const char *why)
{
	if (c->muted)
		return false;
	c->muted = true;
	if (c->answered) {
		c->to->ended(c->arg, why);
		return false;
	}
	struct http_reply reply = {.failure = HTTP_BROKEN, .failure_text = xstrdup(why)};
	c->to->answered(c->arg, &reply);
	http_reply_free(&reply);
	return false;
}

static bool send_some(struct channel *c)
{
	if (c->out.full)
		return end(c, _("the other side takes nothing in"));
	while (c->out.len) {
		size_t n = 0;
		CURLcode code = c->lib->easy_send(c->easy, c->out.data, c->out.len, &n);
		if (code == CURLE_AGAIN)
			return true;
		if (code != CURLE_OK)
			return end(c, c->lib->easy_strerror(code));
		memmove(c->out.data, c->out.data + n, c->out.len - n);
		sodium_memzero(c->out.data + c->out.len - n, n);
		c->out.len -= n;
	}
	return true;
}

/* The head of the answer; what follows it is the other protocol's. */
static bool take_answer(struct channel *c, const char *data, size_t len)
{
	struct http_reply reply = {0};
	if (!buf_add(&c->head, data, len))
		return end(c, _("the answer to the request is too long"));
	size_t used = http_reply_head(c->head.data, c->head.len, &reply);
	if (!used)
		return true;
	if (used == SIZE_MAX)
		return end(c, _("what came is no HTTP"));
	c->answered = true;
	bool over = reply.status != 101;
	c->to->answered(c->arg, &reply);
	http_reply_free(&reply);
	if (over)
		c->muted = true;
	else if (!c->muted && c->head.len > used)
		c->to->heard(c->arg, c->head.data + used, c->head.len - used);
	return !c->muted;
}

static bool receive_some(struct channel *c)
{
	static char bytes[READ_SIZE];
	c->more = false;
	for (int reads = 0; reads < READS_MAX; reads++) {
		size_t n = 0;
		CURLcode code = c->lib->easy_recv(c->easy, bytes, sizeof bytes, &n);
		if (code == CURLE_AGAIN)
			return true;
		if (code != CURLE_OK || !n)
			return end(c, n || code != CURLE_OK ? c->lib->easy_strerror(code)
							    : _("the other side closed the connection"));
		if (!c->answered) {
			if (!take_answer(c, bytes, n))
				return false;
			continue;
		}
		c->to->heard(c->arg, bytes, n);
		if (c->muted)
			return false;
	}
	c->more = true;
	return true;
}

bool channel_turn(struct channel *c)
{
	return !c->easy || (send_some(c) && receive_some(c) && send_some(c));
}
