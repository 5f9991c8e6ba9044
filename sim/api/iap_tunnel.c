/* tunnel.cloudproxy.app: Identity-Aware Proxy for TCP, the relay protocol's version 4, written from Google's client (gcloud's
 * iap_tunnel_websocket*.py) and Google's table of its close codes (cloud.google.com/iap/docs/faq). A WebSocket is one TCP
 * connection to a machine's port; one that breaks can be taken up again by its session's id.
 *
 * Messages are binary, big-endian, a tag of 16 bits first:
 *   1 CONNECT_SUCCESS_SID  u32 length, id      2 RECONNECT_SUCCESS_ACK  u64 bytes that are here
 *   4 DATA                 u32 length, bytes   7 ACK                    u64 bytes received in all */
#include "config.h"
#include "sim/api/compute.h"
#include "sim/api/identity.h"
#include "sim/api/websocket.h"
#include "sim/api/wire.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

#define SUBPROTOCOL "relay.tunnel.cloudproxy.app"
#define ORIGIN "bot:iap-tunneler"
#define FROM "35.235.240.0/20" /* where the tunnel's connections to machines come from */
#define SESSIONS "iap.tunnels"
#define FRAME_MOST 16384
#define KEPT_SECONDS 900.0 /* a broken session waits so long */

enum tag { TAG_SID = 1, TAG_RECONNECTED = 2, TAG_DATA = 4, TAG_ACK = 7 };

struct relay {
	struct sim *sim;
	char *sid, *vm, *instance, *project;
	int port;
	struct websocket socket;
	struct wire wire;
	struct buf out;          /* frames for the client */
	struct buf unconfirmed;  /* data that the client has not told of as received */
	uint64_t received, told; /* bytes of the client; those that it was told of */
	uint64_t confirmed;      /* bytes that the client has told of */
	bool closed;             /* a close frame is among out, or has been */
};

/* Messages. ----------------------------------------------------------------------------------------------------------------- */
static void put_number(struct buf *b, uint64_t n, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buf_putc(b, (char)(n >> (8 * i)));
}

static uint64_t number(const char *data, int bytes)
{
	uint64_t n = 0;
	for (int i = 0; i < bytes; i++)
		n = n << 8 | (unsigned char)data[i];
	return n;
}

static void say_number(struct relay *r, enum tag tag, uint64_t n)
{
	struct buf message = {0};
	put_number(&message, tag, 2);
	put_number(&message, n, 8);
	websocket_frame(&r->out, WEBSOCKET_BINARY, message.data, message.len);
	buf_free(&message);
}

static void say_bytes(struct relay *r, enum tag tag, const char *data, size_t len)
{
	struct buf message = {0};
	put_number(&message, tag, 2);
	put_number(&message, len, 4);
	buf_add(&message, data, len);
	websocket_frame(&r->out, WEBSOCKET_BINARY, message.data, message.len);
	buf_free(&message);
}

static void say_data(struct relay *r, const char *data, size_t len)
{
	for (size_t n; len; data += n, len -= n) {
		n = len < FRAME_MOST ? len : FRAME_MOST;
		say_bytes(r, TAG_DATA, data, n);
	}
}

static void shut(struct relay *r, int code, const char *reason)
{
	if (!r->closed)
		websocket_close(&r->out, code, reason);
	r->closed = true;
}

/* The connection to the machine. -------------------------------------------------------------------------------------------- */
static struct sim_object *machine_of(const struct relay *r)
{
	struct sim_object *vm = sim_get(r->sim, "compute.instances", r->vm);
	return vm && !strcmp(json_str(vm->doc, "id", ""), r->instance) && !strcmp(json_str(vm->doc, "status", ""), "RUNNING")
		   ? vm
		   : NULL;
}

static bool ask_machine(void *arg, const struct sim_request *q, struct sim_reply *out)
{
	struct relay *r = arg;
	struct sim_object *vm = machine_of(r);
	return vm && sim_workloads(r->sim)->machine_asked(r->sim, vm, r->port, FROM, q, out);
}

static void to_machine(struct relay *r, const char *data, size_t len)
{
	struct buf written = {0};
	r->received += len;
	wire_take(&r->wire, data, len, ask_machine, r, &written);
	if (r->received - r->told > 2 * FRAME_MOST || written.len)
		say_number(r, TAG_ACK, r->told = r->received);
	buf_add(&r->unconfirmed, written.data ? written.data : "", written.len);
	say_data(r, written.data, written.len);
	buf_free(&written);
	if (r->wire.over)
		shut(r, 1000, "");
}

/* The client's messages. ---------------------------------------------------------------------------------------------------- */
static void confirm(struct relay *r, uint64_t upto)
{
	if (upto < r->confirmed || upto - r->confirmed > r->unconfirmed.len) {
		shut(r, 4005, "invalid ACK");
		return;
	}
	size_t n = (size_t)(upto - r->confirmed);
	memmove(r->unconfirmed.data, r->unconfirmed.data + n, r->unconfirmed.len - n);
	r->unconfirmed.len -= n;
	r->confirmed = upto;
}

/* What stands behind a message's end is dropped, and so are tags that nobody knows; one that is cut short breaks the protocol.
 */
static void hear(struct relay *r, const char *data, size_t len)
{
	unsigned tag = len < 2 ? 0 : (unsigned)number(data, 2);
	bool whole = len >= 2 && (tag != TAG_DATA || (len >= 6 && len - 6 >= number(data + 2, 4))) &&
		     (tag != TAG_ACK || len >= 10);
	if (!whole)
		shut(r, 4005, "incomplete message");
	else if (tag == TAG_ACK)
		confirm(r, number(data + 2, 8));
	else if (tag == TAG_DATA && number(data + 2, 4) > FRAME_MOST)
		shut(r, 4005, "too much data in a message");
	else if (tag == TAG_DATA)
		to_machine(r, data + 6, (size_t)number(data + 2, 4));
	else if (tag == TAG_SID || tag == TAG_RECONNECTED)
		shut(r, 4005, "unexpected message");
}

static void on_message(void *arg, int opcode, const char *data, size_t len)
{
	struct relay *r = arg;
	if (r->closed)
		return;
	if (opcode == WEBSOCKET_PING)
		websocket_frame(&r->out, WEBSOCKET_PONG, data, len);
	else if (opcode == WEBSOCKET_CLOSE)
		shut(r, len >= 2 ? (int)number(data, 2) : 1000, "");
	else if (opcode == WEBSOCKET_BINARY)
		hear(r, data, len);
	else if (opcode != WEBSOCKET_PONG)
		shut(r, 1003, "binary messages only");
}

static void relay_take(struct sim *s, void *state, const char *data, size_t len)
{
	struct relay *r = state;
	(void)s;
	websocket_take(&r->socket, data, len, on_message, r);
}

static bool relay_more(struct sim *s, void *state, struct buf *out)
{
	struct relay *r = state;
	(void)s;
	buf_add(out, r->out.data ? r->out.data : "", r->out.len);
	buf_clear(&r->out);
	return !r->closed;
}

/* Sessions. ----------------------------------------------------------------------------------------------------------------- */
static cJSON *bytes_kept(const struct buf *b)
{
	return cJSON_CreateString(sim_base64(b->data ? b->data : "", b->len, false));
}

static void bytes_back(const cJSON *kept, const char *name, struct buf *into)
{
	const char *text = json_str(kept, name, "");
	buf_reserve(into, strlen(text) + 1);
	into->len = sim_unbase64(text, into->data, strlen(text));
	into->data[into->len] = '\0';
}

/* One that was closed is over; one whose connection broke is kept for who comes back. */
static void relay_end(void *state)
{
	struct relay *r = state;
	struct sim_object *o = r->sid ? sim_get(r->sim, SESSIONS, r->sid) : NULL;
	if (o && r->closed) {
		sim_remove(r->sim, o);
	} else if (o) {
		cJSON_Delete(o->hidden);
		o->hidden = json_make("{'vm':%s,'instance':%s,'project':%s,'in':%j,'unconfirmed':%j}", r->vm, r->instance,
				      r->project, bytes_kept(&r->wire.in), bytes_kept(&r->unconfirmed));
		json_put_num(o->hidden, "port", r->port);
		json_put_num(o->hidden, "received", (double)r->received);
		json_put_num(o->hidden, "confirmed", (double)r->confirmed);
		json_put_num(o->hidden, "broken", sim_now(r->sim));
	}
	websocket_free(&r->socket);
	wire_free(&r->wire);
	buf_free(&r->out);
	buf_free(&r->unconfirmed);
	free(r->sid);
	free(r->vm);
	free(r->instance);
	free(r->project);
	free(r);
}

static void begin_session(struct relay *r)
{
	char *hex = sim_hex(r->sim, 32);
	r->sid = hex;
	sim_put(r->sim, SESSIONS, hex,
		json_make("{'instance':%s,'zone':%s,'port':%d}", r->vm, strstr(r->vm, "/zones/"), r->port));
	say_bytes(r, TAG_SID, hex, strlen(hex));
}

/* Opening. ------------------------------------------------------------------------------------------------------------------ */
/* A handshake that fails is plain HTTP. */
static void turn_down(struct sim_call *c, int status, const char *why)
{
	sim_bytes(c, status, "text/plain; charset=utf-8", why, strlen(why));
}

/* What every handshake needs; false, answered. */
static bool shaken(struct sim_call *c)
{
	const char *fault = websocket_fault(c->request), *origin = sim_request_header(c->request, "Origin");
	const char *protocol = sim_request_header(c->request, "Sec-WebSocket-Protocol");
	if (!fault && (!protocol || strcmp(protocol, SUBPROTOCOL)))
		fault = "the subprotocol is not " SUBPROTOCOL;
	if (!fault && (!origin || strcmp(origin, ORIGIN)))
		fault = "the origin is not " ORIGIN;
	if (fault)
		turn_down(c, 400, fault);
	else if (!c->principal)
		turn_down(c, 401, "Unauthorized");
	return !fault && c->principal;
}

static struct relay *open_relay(struct sim_call *c)
{
	struct relay *r = xcalloc(1, sizeof *r);
	r->sim = c->sim;
	sim_bytes(c, 101, NULL, "", 0);
	sim_header(c, "Upgrade", "websocket");
	sim_header(c, "Connection", "Upgrade");
	sim_header(c, "Sec-WebSocket-Accept", websocket_accept(sim_request_header(c->request, "Sec-WebSocket-Key")));
	sim_header(c, "Sec-WebSocket-Protocol", SUBPROTOCOL);
	c->reply->stream = (struct sim_stream){.more = relay_more, .end = relay_end, .state = r, .take = relay_take};
	return r;
}

static bool passes_iap(struct sim_call *c, const char *project, const char *zone, const struct sim_object *vm)
{
	const char *names[] = {json_str(vm->doc, "name", ""), json_str(vm->doc, "id", "")};
	for (size_t i = 0; i < 2; i++)
		if (sim_allowed(c->sim, c->principal, "iap.tunnelInstances.accessViaIAP", project,
				sim_tmp("//iap.googleapis.com/projects/%s/iap_tunnel/zones/%s/instances/%s",
					sim_project_number(c->sim, project), zone, names[i])))
			return true;
	return false;
}

/* Who may not is not told whether the machine is there. */
static void connect_machine(struct sim_call *c)
{
	static const char *const needed[] = {"project", "port", "zone", "instance", "interface"};
	if (!shaken(c))
		return;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!*sim_param(c, needed[i])) {
			turn_down(c, 400, sim_tmp("%s is missing", needed[i]));
			return;
		}
	const char *project = sim_project_id(c->sim, sim_param(c, "project")), *zone = sim_param(c, "zone"),
		   *name = sim_param(c, "instance");
	struct relay *r = open_relay(c);
	const char *key = sim_tmp("projects/%s/zones/%s/instances/%s", project ? project : "", zone, name);
	struct sim_object *vm = sim_get(c->sim, "compute.instances", key);
	r->port = atoi(sim_param(c, "port"));
	if (!project || !vm || !sim_service_on(c->sim, project, "iap.googleapis.com") || !passes_iap(c, project, zone, vm)) {
		shut(r, 4033, "not authorized");
		return;
	}
	r->vm = xstrdup(key);
	r->project = xstrdup(project);
	r->instance = xstrdup(json_str(vm->doc, "id", ""));
	if (!machine_of(r) || strcmp(sim_param(c, "interface"), json_str(vm->doc, "networkInterfaces.0.name", "nic0")))
		shut(r, 4047, "Failed to lookup instance");
	else if (!sim_workloads(c->sim)->machine_asked(c->sim, vm, r->port, FROM, NULL, NULL))
		shut(r, 4003, "failed to connect to backend");
	else
		begin_session(r);
}

static void take_up(struct relay *r, const cJSON *kept, uint64_t acked)
{
	r->vm = xstrdup(json_str(kept, "vm", ""));
	r->instance = xstrdup(json_str(kept, "instance", ""));
	r->project = xstrdup(json_str(kept, "project", ""));
	r->port = (int)json_num(kept, "port", 0);
	r->received = r->told = (uint64_t)json_num(kept, "received", 0);
	r->confirmed = (uint64_t)json_num(kept, "confirmed", 0);
	bytes_back(kept, "in", &r->wire.in);
	bytes_back(kept, "unconfirmed", &r->unconfirmed);
	confirm(r, acked);
	if (r->closed)
		return;
	say_number(r, TAG_RECONNECTED, r->received);
	say_data(r, buf_text(&r->unconfirmed), r->unconfirmed.len);
}

static void iap_tunnel_reconnect(struct sim_call *c)
{
	if (!shaken(c))
		return;
	if (!*sim_param(c, "sid") || !*sim_param(c, "ack") || !*sim_param(c, "zone")) {
		turn_down(c, 400, "sid, ack or zone is missing");
		return;
	}
	struct relay *r = open_relay(c);
	struct sim_object *o = sim_get(c->sim, SESSIONS, sim_param(c, "sid"));
	bool waits = o && json_at(o->hidden, "broken"),
	     late = waits && sim_now(c->sim) - json_num(o->hidden, "broken", 0) > KEPT_SECONDS;
	if (!o || late) {
		shut(r, 4001, "SID unknown");
	} else if (!waits) {
		shut(r, 4002, "SID in use");
	} else {
		cJSON *kept = o->hidden;
		o->hidden = cJSON_CreateObject();
		r->sid = xstrdup(o->key);
		take_up(r, kept, strtoull(sim_param(c, "ack"), NULL, 10));
		cJSON_Delete(kept);
		if (!r->closed && !machine_of(r))
			shut(r, 4051, "Failed to lookup instance on reconnect");
	}
}

static const struct sim_route routes[] = {
    {"GET tunnel.cloudproxy.app/v4/connect", connect_machine, NULL, NULL},
    {"GET tunnel.cloudproxy.app/v4/reconnect", iap_tunnel_reconnect, NULL, NULL},
    {0},
};

const struct sim_api sim_iap_tunnel = {.name = "iap_tunnel", .errors = SIM_ERRORS_AIP, .routes = routes};
