/* Sending HTTP: two implementations behind one seam. curl.c speaks through libcurl multi to the real network (or to a proxy); the
 * rehearsal's hands requests to the simulated cloud in process. Nobody else does HTTP. */
#ifndef MS_NET_TRANSPORT_H
#define MS_NET_TRANSPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>

struct header {
	char *name, *value;
};

struct http_request {
	const char *method;
	const char *url;
	const struct header *headers;
	size_t header_count;
	const char *body; /* owned by the caller until done is called; NULL for none */
	size_t body_len;
	double timeout;   /* seconds in all; 0 means 60 */
	size_t max_reply; /* bytes after which the reply is refused; 0 means 32 MiB */
	bool anonymous;   /* no redirect is followed either way; this one also never sends cookies or credentials */
	bool
	    once; /* sent a second time it may act twice: that is never done below the caller, who is told that the outcome is unknown */
	bool
	    fleeting; /* its connection goes with it, even when it failed: so what the other side says as it ends it is heard */
	bool
	    one_by_one; /* by HTTP/1.1, an exchange at a time. A Kubernetes API server refuses before it has read the body, and resets an HTTP/2 stream
			 * behind that; of such a reply libcurl (7.88) keeps the status and loses what it says */
	bool elsewhere; /* a server of which gcloud knows nothing: its proxy (transport_curl_fallback) does not lead there */
	bool direct;    /* never through a proxy: it is for this machine's own surroundings */
	const char
	    *ca; /* PEM: the only authorities that may vouch for the host, beside a transport's own; NULL for the usual ones */
	const char *certificate, *key; /* PEM: shown when the host asks for them; NULL for none */
	const char *server_name; /* the name that the host's certificate has to be for, and that TLS asks for; NULL: the host */
	const char *proxy;       /* the URL of the proxy that this host is behind; NULL: the transport's */
};
/* Why this can never be sent, as a constant phrase ("a header has a line end"), or NULL: what came from outside stands in URLs and headers, and
 * must not be able to end one. Every transport asks this first. */
const char *http_request_fault(const struct http_request *r);

enum http_failure {
	HTTP_OK,          /* a status arrived, whatever it is */
	HTTP_UNREACHABLE, /* no connection: DNS, refused, proxy: nothing was sent */
	HTTP_TLS,         /* certificate or handshake: never retried blindly */
	HTTP_REFUSED, /* nothing was sent, and the same would be refused again: a malformed request, a proxy that wants a sign-in */
	HTTP_BROKEN,  /* sent, but no whole reply: the outcome is unknown */
	HTTP_TIMEOUT, /* the same, by time */
	HTTP_TOO_LARGE,
	HTTP_CANCELLED
};

struct http_reply {
	enum http_failure failure;
	char *failure_text;      /* libcurl's words, or NULL */
	const char *failure_fix; /* what to do about it, or NULL; a constant */
	int status;
	struct header *headers;
	size_t header_count;
	struct buf body;
};
const char *http_header(const struct http_reply *r, const char *name); /* case-insensitive; NULL when absent */
void http_reply_free(struct http_reply *r);
/* Do libcurl's words of a failure say that the other side takes no certificate of ours (an alert of TLS)? Then it has done nothing, though by TLS 1.3 it says
 * so only after the handshake. */
bool http_refuses_certificate(const char *words);
/* Reads the head of an HTTP/1 reply off text: status and headers into r, for http_reply_free. How many bytes it takes; 0 while it is not whole,
 * SIZE_MAX when it is none. */
size_t http_reply_head(const char *text, size_t len, struct http_reply *r);

typedef void http_done(void *arg, struct http_reply *reply); /* reply is freed after the call */

/* What a request gets that asks to go over to another protocol (Upgrade): an answer, and where its status is 101 a channel of bytes after it. All are
 * called from loop_turn; nothing is called after an answer that is no 101, after ended, or after cancel. */
struct http_channel {
	http_done *answered;
	void (*heard)(void *arg, const char *data, size_t len);
	void (*ended)(void *arg, const char *why); /* the other side closed it, or it broke */
};

struct transport {
	/* Starts a request; done is called from loop_turn, never from here. Returns an id for cancel. */
	unsigned long (*send)(struct transport *t, const struct http_request *request, http_done *done, void *arg);
	void (*cancel)(struct transport *t, unsigned long id);
	/* The same for one that asks to go over to another protocol, which has no body; `to` must last. NULL: this transport knows no channels. */
	unsigned long (*upgrade)(struct transport *t, const struct http_request *request, const struct http_channel *to,
				 void *arg);
	/* Says something on a channel that stands; the bytes are copied. */
	void (*say)(struct transport *t, unsigned long id, const void *data, size_t len);
	void (*free)(struct transport *t);
};

/* libcurl multi on this loop, loaded when something is first sent. proxy and ca (a file) may be NULL; at most `parallel` requests at once (0
 * means 8). Never NULL. */
struct transport *transport_curl(struct loop *loop, const char *proxy, const char *ca, int parallel);
/* The proxy of a transport that has none of its own, for what the environment's variables neither lead elsewhere nor except (no_proxy). */
void transport_curl_fallback(struct transport *t, const char *proxy);

#endif
