/* The simulated cloud as a transport: a request is answered at once, and the answer comes after its latency. */
#include "config.h"
#include "cmd/rehearsal_private.h"

#include "base/gettext.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct exchange {
	struct rehearsal *owner;
	struct exchange *next;
	unsigned long id;
	loop_id timer;
	http_done *done;
	void *arg;
	struct http_reply reply;
	/* of one that asks to go over to another protocol */
	const struct http_channel *channel; /* else NULL */
	struct sim_stream stream;           /* what was gone over to, once the answer is there */
	struct buf said;                    /* on its way there */
	bool telling, forgotten;
};

void rehearsal_advance(struct rehearsal *r)
{
	sim_advance(r->sim, r->before + loop_now(r->loop));
}

/* One way through a channel. */
#define CHANNEL_SECONDS 0.05

static void unlink_exchange(struct exchange *x)
{
	struct exchange **p = &x->owner->flying;
	while (*p != x)
		p = &(*p)->next;
	*p = x->next;
}

static void exchange_free(struct exchange *x)
{
	sim_stream_end(&x->stream);
	http_reply_free(&x->reply);
	buf_free(&x->said);
	free(x);
}

/* What was said arrives, and what the other side says to it comes back. */
static void carry(void *arg)
{
	struct exchange *x = arg;
	struct buf heard = {0};
	struct buf said = x->said;
	x->said = (struct buf){0};
	x->timer = 0;
	rehearsal_advance(x->owner);
	if (said.len)
		sim_stream_take(x->owner->sim, &x->stream, said.data, said.len);
	bool on = sim_stream_more(x->owner->sim, &x->stream, &heard);
	x->telling = true;
	if (heard.len)
		x->channel->heard(x->arg, heard.data, heard.len);
	if (!on && !x->forgotten)
		x->channel->ended(x->arg, _("the other side closed the connection"));
	x->telling = false;
	if (!on || x->forgotten) {
		loop_cancel(x->owner->loop, x->timer);
		unlink_exchange(x);
		exchange_free(x);
	}
	buf_free(&heard);
	buf_free(&said);
}

static void deliver(void *arg)
{
	struct exchange *x = arg;
	bool goes_on = x->stream.more != NULL;
	x->timer = 0;
	if (!goes_on)
		unlink_exchange(x);
	x->telling = goes_on;
	x->done(x->arg, &x->reply);
	x->telling = false;
	if (!goes_on)
		exchange_free(x);
	else if (x->forgotten) {
		loop_cancel(x->owner->loop, x->timer);
		unlink_exchange(x);
		exchange_free(x);
	} else if (!x->timer)
		x->timer = loop_after(x->owner->loop, CHANNEL_SECONDS, carry, x);
}

/* "Name: value\r\n" lines into an array. */
static void take_headers(struct http_reply *r, const char *lines)
{
	size_t room = 0;
	while (lines && *lines) {
		size_t len = strcspn(lines, "\r\n"), name = strcspn(lines, ":");
		if (name < len) {
			const char *value = lines + name + 1 + strspn(lines + name + 1, " ");
			r->headers = xgrow(r->headers, r->header_count, &room, sizeof *r->headers);
			r->headers[r->header_count++] = (struct header){xstrndup(lines, name),
									xstrndup(value, (size_t)(lines + len - value))};
		}
		lines += len + strspn(lines + len, "\r\n");
	}
}

static void broken(struct http_reply *r, enum http_failure failure, const char *text)
{
	r->failure = failure;
	r->failure_text = xstrdup(text);
	r->status = 0;
	buf_free(&r->body);
}

/* What the wire would have made of the reply; the seconds until the client notices. */
static double apply_mischief(const struct sim_reply *from, struct http_reply *to, double timeout)
{
	switch (from->mischief.how) {
	case SIM_SEND:
		break;
	case SIM_RESET_BEFORE:
	case SIM_RESET_AFTER:
		broken(to, HTTP_BROKEN, "Connection reset by peer");
		break;
	case SIM_TRUNCATE:
	case SIM_WRONG_LENGTH:
		broken(to, HTTP_BROKEN, "the reply ended before its length was reached");
		break;
	case SIM_SLOW:
		if (from->mischief.seconds * (double)from->body.len > timeout) {
			broken(to, HTTP_TIMEOUT, "the reply came too slowly");
			return timeout;
		}
		return from->latency + from->mischief.seconds * (double)from->body.len;
	case SIM_NO_ROUTE:
		broken(to, HTTP_UNREACHABLE, "no route to the host");
		break;
	case SIM_BAD_TLS:
		broken(to, HTTP_TLS, "the certificate is not valid for this host");
		break;
	}
	return from->latency;
}

char *rehearsal_host(const char *url, const char **target)
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	size_t len = strcspn(host, "/?#");
	*target = host[len] ? host + len : "/";
	return xstrndup(host, strcspn(host, "/?#:"));
}

/* What the simulated cloud says to a request, at once. */
static void ask_cloud(struct rehearsal *r, const struct http_request *request, struct sim_reply *reply)
{
	struct sim_header *headers = xcalloc(request->header_count + 1, sizeof *headers);
	for (size_t i = 0; i < request->header_count; i++)
		headers[i] = (struct sim_header){request->headers[i].name, request->headers[i].value};
	struct sim_request q = {.method = request->method,
				.headers = headers,
				.header_count = request->header_count,
				.body = request->body,
				.body_len = request->body_len};
	char *host = rehearsal_host(request->url, &q.target);
	q.host = host;
	rehearsal_advance(r);
	sim_handle(r->sim, &q, reply);
	free(host);
	free(headers);
}

static unsigned long begin_exchange(struct rehearsal *r, const struct http_request *request, http_done *done,
				    const struct http_channel *channel, void *arg)
{
	struct exchange *x = xcalloc(1, sizeof *x);
	*x = (struct exchange){.owner = r, .next = r->flying, .id = ++r->last_id, .done = done, .arg = arg, .channel = channel};
	r->flying = x;

	const char *fault = http_request_fault(request);
	if (fault) {
		broken(&x->reply, HTTP_REFUSED, fault);
		x->timer = loop_after(r->loop, 0, deliver, x);
		return x->id;
	}
	struct sim_reply reply = {0};
	double timeout = request->timeout > 0 ? request->timeout : 60;
	ask_cloud(r, request, &reply);
	x->reply.status = reply.status;
	take_headers(&x->reply, reply.headers);
	buf_add(&x->reply.body, buf_text(&reply.body), reply.body.len);
	double after = apply_mischief(&reply, &x->reply, timeout);
	if (after > timeout) {
		broken(&x->reply, HTTP_TIMEOUT, "no reply in time");
		after = timeout;
	}
	if (channel && reply.stream.take && !x->reply.failure) {
		x->stream = reply.stream;
		reply.stream = (struct sim_stream){0};
	}
	x->timer = loop_after(r->loop, after, deliver, x);
	sim_reply_free(&reply);
	return x->id;
}

static unsigned long rehearsal_send(struct transport *t, const struct http_request *request, http_done *done, void *arg)
{
	return begin_exchange((struct rehearsal *)t, request, done, NULL, arg);
}

static unsigned long rehearsal_upgrade(struct transport *t, const struct http_request *request, const struct http_channel *to,
				       void *arg)
{
	return begin_exchange((struct rehearsal *)t, request, to->answered, to, arg);
}

static void rehearsal_say(struct transport *t, unsigned long id, const void *data, size_t len)
{
	for (struct exchange *x = ((struct rehearsal *)t)->flying; x; x = x->next) {
		if (x->id != id || !x->stream.more)
			continue;
		buf_add(&x->said, data, len);
		if (!x->timer)
			x->timer = loop_after(x->owner->loop, CHANNEL_SECONDS, carry, x);
	}
}

static void rehearsal_cancel(struct transport *t, unsigned long id)
{
	struct rehearsal *r = (struct rehearsal *)t;
	for (struct exchange *x = r->flying; x; x = x->next)
		if (x->id == id) {
			x->forgotten = true;
			if (x->telling)
				return;
			loop_cancel(r->loop, x->timer);
			unlink_exchange(x);
			exchange_free(x);
			return;
		}
}

static void rehearsal_free(struct transport *t)
{
	struct rehearsal *r = (struct rehearsal *)t;
	while (r->flying)
		rehearsal_cancel(t, r->flying->id);
	rehearsal_hand_forget(r);
	sim_free(r->sim);
	free(r->home);
	free(r->told);
	free(r);
}

struct transport *rehearsal_transport(struct loop *loop, struct sim *sim, double before)
{
	struct rehearsal *r = xcalloc(1, sizeof *r);
	r->transport = (struct transport){.send = rehearsal_send,
					  .cancel = rehearsal_cancel,
					  .upgrade = rehearsal_upgrade,
					  .say = rehearsal_say,
					  .free = rehearsal_free};
	r->loop = loop;
	r->sim = sim;
	r->before = before;
	return &r->transport;
}
