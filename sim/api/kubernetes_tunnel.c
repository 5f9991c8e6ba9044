/* Port-forwards as kubectl asks for them: streams of SPDY, straight (Upgrade: SPDY/3.1) or, from kubectl 1.31 on, within a WebSocket that the API server unpacks
 * (k8s.io/apiserver pkg/util/proxy/streamtunnel.go), to the kubelet (k8s.io/kubelet pkg/cri/streaming/portforward/httpstream.go). A connection to a port is two
 * streams with the same request ID, one for its bytes and one for what went wrong; there are as many as the client opens. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/kubernetes_tunnel.h"
#include "sim/api/spdy.h"
#include "sim/api/websocket.h"
#include "sim/api/wire.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PROTOCOL "portforward.k8s.io"
#define WITHIN "SPDY/3.1+" PROTOCOL
#define MESSAGE_MOST ((size_t)32 << 10)

struct pair {
	struct pair *next;
	char *request;
	uint32_t data, error; /* 0: not there yet */
	int port;
	struct wire wire;
};

struct tunnel {
	struct sim *sim;
	char *cluster, *address, *pod;
	bool framed; /* within a WebSocket */
	struct websocket socket;
	struct spdy spdy;
	struct pair *pairs, *asked; /* asked: whose connection is being written to */
	struct buf said, out;       /* frames of SPDY; what goes out */
	bool closed;
};

/* Pairs -------------------------------------------------------------------------------------------------------------------- */

static void pair_free(struct pair *p)
{
	wire_free(&p->wire);
	free(p->request);
	free(p);
}

static void drop_pair(struct tunnel *t, struct pair *gone)
{
	for (struct pair **p = &t->pairs; *p; p = &(*p)->next)
		if (*p == gone) {
			*p = gone->next;
			pair_free(gone);
			return;
		}
}

static struct pair *pair_of(struct tunnel *t, uint32_t stream)
{
	struct pair *p = t->pairs;
	while (p && p->data != stream && p->error != stream)
		p = p->next;
	return p;
}

static struct pair *pair_named(struct tunnel *t, const char *request)
{
	struct pair *p = t->pairs;
	while (p && strcmp(p->request, request) != 0)
		p = p->next;
	if (!p) {
		p = xcalloc(1, sizeof *p);
		p->request = xstrdup(request);
		p->next = t->pairs;
		t->pairs = p;
	}
	return p;
}

/* Streams ------------------------------------------------------------------------------------------------------------------ */

/* A port that is none, or a stream of no type, is turned away. */
static void on_opened(void *arg, uint32_t stream, const cJSON *headers, bool fin)
{
	struct tunnel *t = arg;
	const char *type = json_str(headers, "streamtype", ""), *text = json_str(headers, "port", ""),
		   *request = json_str(headers, "requestid", "");
	char *end;
	unsigned long port = strtoul(text, &end, 10);
	bool error = !strcmp(type, "error"), data = !strcmp(type, "data");
	(void)fin; /* nobody writes to the stream for errors, and a client closes it at once */
	if (end == text || *end || port < 1 || port > 65535 || (!error && !data)) {
		spdy_reset(&t->said, stream, SPDY_CANCEL);
		return;
	}
	/* Clients that give no request ID open the two one after the other. */
	struct pair *p = pair_named(t, *request ? request : sim_tmp("%u", (unsigned)(error ? stream : stream - 2)));
	if (error ? p->error : p->data) {
		spdy_reset(&t->said, stream, SPDY_CANCEL);
		return;
	}
	*(error ? &p->error : &p->data) = stream;
	p->port = (int)port;
	spdy_reply(&t->spdy, &t->said, stream);
}

static bool ask_pod(void *arg, const struct sim_request *q, struct sim_reply *out)
{
	struct tunnel *t = arg;
	const struct sim_object *cluster = sim_get(t->sim, "container.clusters", t->cluster);
	return cluster && sim_workloads(t->sim)->pod_asked(t->sim, cluster, t->address, t->asked->port, q, out);
}

static void refuse_connection(struct tunnel *t, const struct pair *p)
{
	char *words = xasprintf(
	    "error forwarding port %d to pod %s, uid : failed to connect to localhost:%d inside namespace: dial tcp4 "
	    "127.0.0.1:%d: connect: connection refused",
	    p->port, t->pod, p->port, p->port);
	spdy_data(&t->said, p->error, words, strlen(words), false);
	spdy_reset(&t->said, p->data, SPDY_CANCEL);
	spdy_reset(&t->said, p->error, SPDY_CANCEL);
	free(words);
}

static void end_pair(struct tunnel *t, struct pair *p)
{
	spdy_data(&t->said, p->data, "", 0, true);
	spdy_data(&t->said, p->error, "", 0, true);
	drop_pair(t, p);
}

static void on_data(void *arg, uint32_t stream, const char *data, size_t len, bool fin)
{
	struct tunnel *t = arg;
	struct buf written = {0};
	struct pair *p = pair_of(t, stream);
	if (!p || p->data != stream || !p->error)
		return;
	t->asked = p;
	if (len)
		wire_take(&p->wire, data, len, ask_pod, t, &written);
	if (written.len)
		spdy_data(&t->said, stream, written.data, written.len, false);
	if (p->wire.over && !written.len) {
		refuse_connection(t, p);
		drop_pair(t, p);
	} else if (p->wire.over || fin) {
		end_pair(t, p);
	}
	buf_free(&written);
}

static void on_reset(void *arg, uint32_t stream)
{
	struct tunnel *t = arg;
	struct pair *p = pair_of(t, stream);
	if (p)
		drop_pair(t, p);
}

/* The connection ----------------------------------------------------------------------------------------------------------- */

static const struct spdy_events events = {on_opened, on_data, on_reset};

static void shut(struct tunnel *t)
{
	if (!t->closed && t->framed)
		websocket_close(&t->out, 1000, "");
	t->closed = true;
}

static void to_spdy(struct tunnel *t, const char *data, size_t len)
{
	spdy_take(&t->spdy, data, len, &events, t, &t->said);
	for (size_t at = 0; at < t->said.len && t->framed; at += MESSAGE_MOST)
		websocket_frame(&t->out, WEBSOCKET_BINARY, t->said.data + at,
				t->said.len - at < MESSAGE_MOST ? t->said.len - at : MESSAGE_MOST);
	if (!t->framed)
		buf_add(&t->out, buf_text(&t->said), t->said.len);
	buf_clear(&t->said);
	if (t->spdy.over)
		shut(t);
}

static void on_message(void *arg, int opcode, const char *data, size_t len)
{
	struct tunnel *t = arg;
	if (t->closed)
		return;
	if (opcode == WEBSOCKET_PING)
		websocket_frame(&t->out, WEBSOCKET_PONG, data, len);
	else if (opcode == WEBSOCKET_BINARY)
		to_spdy(t, data, len);
	else
		shut(t);
}

static void tunnel_take(struct sim *s, void *state, const char *data, size_t len)
{
	struct tunnel *t = state;
	(void)s;
	if (t->framed)
		websocket_take(&t->socket, data, len, on_message, t);
	else if (!t->closed)
		to_spdy(t, data, len);
}

static bool tunnel_more(struct sim *s, void *state, struct buf *out)
{
	struct tunnel *t = state;
	(void)s;
	buf_add(out, buf_text(&t->out), t->out.len);
	buf_clear(&t->out);
	return !t->closed;
}

static void tunnel_end(void *state)
{
	struct tunnel *t = state;
	while (t->pairs)
		drop_pair(t, t->pairs);
	websocket_free(&t->socket);
	spdy_free(&t->spdy);
	buf_free(&t->said);
	buf_free(&t->out);
	free(t->cluster);
	free(t->address);
	free(t->pod);
	free(t);
}

bool kubernetes_tunnelled(const struct kubernetes_call *k)
{
	const struct sim_request *q = k->c->request;
	const char *upgrade = sim_request_header(q, "Upgrade"), *version = sim_request_header(q, "X-Stream-Protocol-Version");
	if (!websocket_fault(q))
		return websocket_offers(q, WITHIN);
	return upgrade && !strcasecmp(upgrade, "SPDY/3.1") && version && !strcmp(version, PROTOCOL);
}

void kubernetes_tunnel(struct kubernetes_call *k, const struct sim_object *pod)
{
	struct sim_call *c = k->c;
	struct tunnel *t = xcalloc(1, sizeof *t);
	t->sim = c->sim;
	t->cluster = xstrdup(k->cluster->key);
	t->address = xstrdup(json_str(pod->doc, "status.podIP", ""));
	t->pod = xstrdup(json_str(pod->doc, "metadata.name", ""));
	t->framed = !websocket_fault(c->request);
	sim_bytes(c, 101, NULL, "", 0);
	sim_header(c, "Connection", "Upgrade");
	if (t->framed) {
		sim_header(c, "Upgrade", "websocket");
		sim_header(c, "Sec-WebSocket-Accept", websocket_accept(sim_request_header(c->request, "Sec-WebSocket-Key")));
		sim_header(c, "Sec-WebSocket-Protocol", WITHIN);
	} else {
		sim_header(c, "Upgrade", "SPDY/3.1");
		sim_header(c, "X-Stream-Protocol-Version", PROTOCOL);
	}
	c->reply->stream = (struct sim_stream){.more = tunnel_more, .end = tunnel_end, .state = t, .take = tunnel_take};
}
