/* Port-forwards to pods, /api/v1/namespaces/NS/pods/POD/portforward?ports=PORT, as the API server hands them to the kubelet's streaming server (k8s.io/kubelet
 * pkg/cri/streaming/portforward): a WebSocket of subprotocol v4.channel.k8s.io, in whose messages the first byte is the channel. Each port has two, for its
 * bytes and for what went wrong; the first message of each is the port, 16 bits, little-endian. The connection is one from within the pod. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_access.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/kubernetes_tunnel.h"
#include "sim/api/websocket.h"
#include "sim/api/wire.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBPROTOCOL "v4.channel.k8s.io"
#define PORTS_MOST 16
#define MESSAGE_MOST ((size_t)32 << 10)

struct forward {
	struct sim *sim;
	char *cluster, *address, *pod;
	int ports[PORTS_MOST], count;
	struct wire wires[PORTS_MOST];
	int asked; /* whose wire is being written to */
	struct websocket socket;
	struct buf out;
	bool closed;
};

static void say(struct forward *f, int channel, const char *data, size_t len)
{
	do {
		struct buf message = {0};
		size_t n = len < MESSAGE_MOST ? len : MESSAGE_MOST;
		buf_putc(&message, (char)channel);
		buf_add(&message, data, n);
		websocket_frame(&f->out, WEBSOCKET_BINARY, message.data, message.len);
		buf_free(&message);
		data += n;
		len -= n;
	} while (len);
}

static void shut(struct forward *f)
{
	if (!f->closed)
		websocket_close(&f->out, 1000, "");
	f->closed = true;
}

static bool ask_pod(void *arg, const struct sim_request *q, struct sim_reply *out)
{
	struct forward *f = arg;
	const struct sim_object *cluster = sim_get(f->sim, "container.clusters", f->cluster);
	return cluster && sim_workloads(f->sim)->pod_asked(f->sim, cluster, f->address, f->ports[f->asked], q, out);
}

static void refuse_connection(struct forward *f)
{
	char *words = xasprintf(
	    "error forwarding port %d to pod %s, uid : failed to connect to localhost:%d inside namespace: dial tcp4 "
	    "127.0.0.1:%d: connect: connection refused",
	    f->ports[f->asked], f->pod, f->ports[f->asked], f->ports[f->asked]);
	say(f, 2 * f->asked + 1, words, strlen(words));
	free(words);
	shut(f);
}

/* A forward ends with its connections: the kubelet closes the socket when all of them are over. */
static void to_port(struct forward *f, const char *data, size_t len)
{
	struct buf written = {0};
	struct wire *w = &f->wires[f->asked];
	wire_take(w, data, len, ask_pod, f, &written);
	if (written.len)
		say(f, 2 * f->asked, written.data, written.len);
	else if (w->over)
		refuse_connection(f);
	buf_free(&written);
	bool over = true;
	for (int i = 0; i < f->count; i++)
		over = over && f->wires[i].over;
	if (over)
		shut(f);
}

static void on_message(void *arg, int opcode, const char *data, size_t len)
{
	struct forward *f = arg;
	int channel = len ? (unsigned char)data[0] : -1;
	if (f->closed)
		return;
	if (opcode == WEBSOCKET_PING)
		websocket_frame(&f->out, WEBSOCKET_PONG, data, len);
	else if (opcode == WEBSOCKET_CLOSE)
		shut(f);
	else if (opcode == WEBSOCKET_BINARY && channel >= 0 && channel % 2 == 0 && channel / 2 < f->count) {
		f->asked = channel / 2;
		if (!f->wires[f->asked].over)
			to_port(f, data + 1, len - 1);
	}
}

static void forward_take(struct sim *s, void *state, const char *data, size_t len)
{
	struct forward *f = state;
	(void)s;
	websocket_take(&f->socket, data, len, on_message, f);
}

static bool forward_more(struct sim *s, void *state, struct buf *out)
{
	struct forward *f = state;
	(void)s;
	buf_add(out, f->out.data ? f->out.data : "", f->out.len);
	buf_clear(&f->out);
	return !f->closed;
}

static void forward_end(void *state)
{
	struct forward *f = state;
	for (int i = 0; i < f->count; i++)
		wire_free(&f->wires[i]);
	websocket_free(&f->socket);
	buf_free(&f->out);
	free(f->cluster);
	free(f->address);
	free(f->pod);
	free(f);
}

/* "80" or "80,81". Why they are none, or NULL. */
static const char *read_ports(struct forward *f, const char *text)
{
	if (!*text)
		return "query parameter \"port\" is required";
	for (const char *p = text; *p; p += strcspn(p, ","), p += *p == ',') {
		char *end;
		unsigned long port = strtoul(p, &end, 10);
		if (end == p || (*end && *end != ',') || port > 65535)
			return sim_tmp("unable to parse \"%s\" as a port", text);
		if (port < 1 || f->count == PORTS_MOST)
			return sim_tmp("port \"%s\" must be > 0", text);
		f->ports[f->count++] = (int)port;
	}
	return NULL;
}

/* The kubelet's answer, which the API server hands on. */
static void open_forward(struct kubernetes_call *k, const struct sim_object *pod)
{
	struct sim_call *c = k->c;
	struct forward *f = xcalloc(1, sizeof *f);
	const char *fault = read_ports(f, sim_param(c, "ports"));
	if (fault) {
		sim_bytes(c, 400, "text/plain; charset=utf-8", fault, strlen(fault));
		free(f);
		return;
	}
	f->sim = c->sim;
	f->cluster = xstrdup(k->cluster->key);
	f->address = xstrdup(json_str(pod->doc, "status.podIP", ""));
	f->pod = xstrdup(json_str(pod->doc, "metadata.name", ""));
	sim_bytes(c, 101, NULL, "", 0);
	sim_header(c, "Upgrade", "websocket");
	sim_header(c, "Connection", "Upgrade");
	sim_header(c, "Sec-WebSocket-Accept", websocket_accept(sim_request_header(c->request, "Sec-WebSocket-Key")));
	sim_header(c, "Sec-WebSocket-Protocol", SUBPROTOCOL);
	c->reply->stream = (struct sim_stream){.more = forward_more, .end = forward_end, .state = f, .take = forward_take};
	for (int i = 0; i < 2 * f->count; i++) {
		const char port[2] = {(char)(f->ports[i / 2] & 0xff), (char)(f->ports[i / 2] >> 8)};
		say(f, i, port, sizeof port);
	}
}

/* What a client stays connected to a pod for. Containers of the simulated cloud are no processes: what wants one is refused once all else is in order. */
bool kubernetes_forwarded(struct kubernetes_call *k)
{
	char ns[256] = "", name[256] = "", what[16] = "";
	int end = 0;
	char *permission = NULL;
	const char *path = k->c->path;
	if (sscanf(path, "/api/v1/namespaces/%255[^/]/pods/%255[^/]/%15[a-z]%n", ns, name, what, &end) != 3 || path[end])
		return false;
	bool forward = !strcmp(what, "portforward"), post = !strcmp(k->c->method, "POST");
	if (!forward && strcmp(what, "exec") != 0 && strcmp(what, "attach") != 0)
		return false;
	struct kubernetes_wish wish = {post ? "create" : "get", "", "pods", what, ns, name};
	struct sim_object *pod = kubernetes_named(k->c->sim, k->cluster->key, "", "pods", ns, name);
	if (!kubernetes_may(k, &wish, &permission))
		kubernetes_fail(k, 403, "Forbidden", NULL,
				"pods \"%s\" is forbidden: User \"%s\" cannot %s resource \"pods/%s\" in API group \"\" in the "
				"namespace \"%s\"",
				name, k->user, wish.verb, what, ns);
	else if (!pod)
		kubernetes_fail(k, 404, "NotFound", NULL, "pods \"%s\" not found", name);
	else if (!*json_str(pod->doc, "spec.nodeName", ""))
		kubernetes_fail(k, 400, "BadRequest", NULL, "pod %s does not have a host assigned", name);
	else if (!forward)
		kubernetes_fail(
		    k, 500, "InternalError", NULL,
		    "Internal error occurred: containers of the simulated cloud are no processes: there is nothing to %s",
		    !strcmp(what, "exec") ? "run a command in" : "attach to");
	else if (kubernetes_tunnelled(k))
		kubernetes_tunnel(k, pod);
	else if (post || websocket_fault(k->c->request))
		kubernetes_fail(k, 400, "BadRequest", NULL, "Upgrade request required");
	else if (!websocket_offers(k->c->request, SUBPROTOCOL))
		kubernetes_fail(k, 403, "Forbidden", NULL, "none of the subprotocols offered is spoken");
	else
		open_forward(k, pod);
	free(permission);
	return true;
}
