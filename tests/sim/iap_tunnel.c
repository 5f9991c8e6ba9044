/* sim/api/iap_tunnel.c, websocket.c and wire.c: handshakes, whom IAP and the firewall let through, Google's close codes, frames
 * that break the rules, sessions that are taken up again, and bytes that mean nothing. What is expected is RFC 6455's and
 * Google's client's. */
#include "config.h"
#include "tests/sim/cloud.h"

#include <stdint.h>

#define VM COMPUTE "zones/us-central1-a/instances/vm"
#define ASKED "GET / HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n"

static struct sim_reply line;        /* the open tunnel */
static struct buf heard;             /* all that it said, as frames */
static const char *as;               /* whose token */
static const char *left_out, *other; /* a header to leave out, "Name: value" to send in another's place */

static struct sim_header shown[8];
static size_t shown_count;

static void show(const char *name, const char *value)
{
	static char changed[64];
	size_t len = strlen(name);
	if (left_out && !strcmp(left_out, name))
		return;
	if (other && !strncmp(other, name, len) && other[len] == ':') {
		snprintf(changed, sizeof changed, "%s", other + len + 2);
		value = changed;
	}
	shown[shown_count++] = (struct sim_header){name, value};
}

static void hang_up(void)
{
	sim_reply_free(&line);
	buf_free(&heard);
}

static bool listen_now(void)
{
	return line.stream.more && sim_stream_more(cloud, &line.stream, &heard);
}

/* Opens a tunnel; its status. */
static int dial(const char *target)
{
	char *bearer = xasprintf("Bearer %s", as);
	hang_up();
	shown_count = 0;
	show("Upgrade", "websocket");
	show("Connection", "keep-alive, Upgrade");
	show("Sec-WebSocket-Version", "13");
	show("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
	show("Sec-WebSocket-Protocol", "relay.tunnel.cloudproxy.app");
	show("Origin", "bot:iap-tunneler");
	show("Authorization", bearer);
	sim_handle(cloud, &(struct sim_request){"GET", "tunnel.cloudproxy.app", target, shown, shown_count, NULL, 0}, &line);
	listen_now();
	left_out = other = NULL;
	free(bearer);
	return line.status;
}

#define CONNECT "/v4/connect?project=demo-proj&port=8080&newWebsocket=True&zone=us-central1-a&instance=vm&interface=nic0"

/* The nth frame that was heard: its opcode and payload; -1 when there is none. */
static int frame(int n, const char **payload, size_t *len)
{
	size_t at = 0;
	while (at + 2 <= heard.len) {
		const unsigned char *b = (const unsigned char *)heard.data + at;
		size_t head = (b[1] & 127) == 126 ? 4 : 2;
		*len = head == 4 ? (size_t)b[2] << 8 | b[3] : (size_t)(b[1] & 127);
		*payload = heard.data + at + head;
		if (!n--)
			return b[0] & 15;
		at += head + *len;
	}
	return -1;
}

/* The code of the close frame among what was heard, or 0. */
static int closed(void)
{
	const char *p;
	size_t len;
	for (int i = 0, opcode; (opcode = frame(i, &p, &len)) >= 0; i++)
		if (opcode == 8)
			return len < 2 ? 1005 : (unsigned char)p[0] << 8 | (unsigned char)p[1];
	return 0;
}

/* All data of DATA messages. */
static void data_heard(struct buf *out)
{
	const char *p;
	size_t len;
	for (int i = 0, opcode; (opcode = frame(i, &p, &len)) >= 0; i++)
		if (opcode == 2 && len > 6 && p[1] == 4)
			buf_add(out, p + 6, len - 6);
}

static void say(const char *bytes, size_t len)
{
	sim_stream_take(cloud, &line.stream, bytes, len);
	listen_now();
}

/* A frame as a client sends it: first its first byte, then the message, masked. */
static void send_frame(int first, const char *message, size_t len, bool masked)
{
	struct buf b = {0};
	buf_putc(&b, (char)first);
	buf_putc(&b, (char)((masked ? 128 : 0) | (len < 126 ? (int)len : 126)));
	if (len >= 126) {
		buf_putc(&b, (char)(len >> 8));
		buf_putc(&b, (char)len);
	}
	if (masked)
		buf_add(&b, "abcd", 4);
	for (size_t i = 0; i < len; i++)
		buf_putc(&b, (char)(masked ? message[i] ^ "abcd"[i & 3] : message[i]));
	say(b.data, b.len);
	buf_free(&b);
}

static void send_data(const char *text, size_t len)
{
	char message[4096] = {0, 4, 0, 0, (char)(len >> 8), (char)len};
	memcpy(message + 6, text, len);
	send_frame(0x82, message, len + 6, true);
}

static void handshakes(void)
{
	static const char *const needed[] = {
	    "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Origin"};
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		left_out = needed[i];
		ok(dial(CONNECT) == 400, "without %s it is no handshake: %d", needed[i], line.status);
	}
	left_out = "Authorization";
	is_int(dial(CONNECT), 401, "a stranger is refused");
	as = "not-a-token";
	is_int(dial(CONNECT), 401, "and so is who shows what is no token");
	as = sim_owner_token(cloud);
	other = "Sec-WebSocket-Version: 8";
	is_int(dial(CONNECT), 400, "an old version is refused");
	is_int(dial("/v4/connect?project=demo-proj&port=8080&zone=us-central1-a&instance=vm"), 400,
	       "an interface has to be named");
	is_int(dial(CONNECT), 101, "a whole handshake is answered");
	ok(strstr(line.headers, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
	   "with RFC 6455's own example of an answer");
}

static void refusals(void)
{
	char *stranger = sim_token_new(cloud, "user:stranger@example.com", 3600);
	dial(CONNECT);
	is_int(closed(), 4033, "the API has to be on");
	sim_service_enable(cloud, "demo-proj", "iap.googleapis.com");
	dial(CONNECT);
	is_int(closed(), 4003, "no firewall rule lets the tunnel in");
	act("POST", COMPUTE "global/firewalls",
	    json_make("{'name':'balancer','network':'global/networks/default','sourceRanges':['35.191.0.0/"
		      "16'],'allowed':[{'IPProtocol':'tcp','ports':['8080']}]}"));
	dial(CONNECT);
	is_int(closed(), 4003, "the load balancer's rule does not either");
	act("POST", COMPUTE "global/firewalls",
	    json_make("{'name':'tunnel','network':'global/networks/default','sourceRanges':['35.235.240.0/"
		      "20'],'allowed':[{'IPProtocol':'tcp','ports':['8080']}]}"));
	dial(CONNECT);
	is_int(closed(), 0, "its own does");
	dial("/v4/connect?project=demo-proj&port=8081&zone=us-central1-a&instance=vm&interface=nic0");
	is_int(closed(), 4003, "but to that port alone");
	dial("/v4/connect?project=demo-proj&port=8080&zone=us-central1-a&instance=nobody&interface=nic0");
	is_int(closed(), 4033, "a machine that is not there is not told from one that may not be reached");
	as = stranger;
	dial(CONNECT);
	is_int(closed(), 4033, "somebody without the role is let through to nothing");
	asks("POST", "iap.googleapis.com/v1/projects/demo-proj/iap_tunnel/zones/us-central1-a/instances/vm:setIamPolicy",
	     json_make("{'policy':{'bindings':[{'role':'roles/"
		       "iap.tunnelResourceAccessor','members':['user:stranger@example.com']}]}}"),
	     200);
	for (int i = 0; i < 60 && (dial(CONNECT), closed() == 4033); i++)
		sim_advance(cloud, sim_now(cloud) + 60);
	is_int(closed(), 0, "with it, on this machine, they are let in");
	as = sim_owner_token(cloud);
	free(stranger);
}

static void requests(void)
{
	struct buf said = {0};
	dial(CONNECT);
	const char *sid;
	size_t len;
	ok(frame(0, &sid, &len) == 2 && len == 6 + 32 && sid[1] == 1, "the session's id comes first");
	send_data(ASKED, strlen(ASKED));
	data_heard(&said);
	ok(text_starts(buf_text(&said), "HTTP/1.1 200 "), "a request is answered: %.40s", buf_text(&said));
	is_int(closed(), 1000, "and the machine closes");
	buf_free(&said);
	dial(CONNECT);
	for (size_t i = 0; i < strlen(ASKED); i++)
		send_data(ASKED + i, 1);
	data_heard(&said);
	ok(text_starts(buf_text(&said), "HTTP/1.1 200 "), "byte by byte too");
	buf_free(&said);
	dial(CONNECT);
	send_data("nonsense\r\n\r\n", 12);
	data_heard(&said);
	ok(text_starts(buf_text(&said), "HTTP/1.1 400 "), "what is no HTTP is told so");
	buf_free(&said);
}

static void breaches(void)
{
	static const struct {
		const char *what;
		int first;
		const char *message;
		size_t len;
		bool masked;
		int code;
	} cases[] = {
	    {"a frame without a mask", 0x82, "\0\7\0\0\0\0\0\0\0\0", 10, false, 1002},
	    {"bits that nobody agreed on", 0xc2, "\0\7\0\0\0\0\0\0\0\0", 10, true, 1002},
	    {"an opcode that is none", 0x83, "", 0, true, 1002},
	    {"a continuation of nothing", 0x80, "", 0, true, 1002},
	    {"a ping in parts", 0x09, "", 0, true, 1002},
	    {"a text", 0x81, "hello", 5, true, 1003},
	    {"a message without a tag", 0x82, "\0", 1, true, 4005},
	    {"data that is cut short", 0x82, "\0\4\0\0\0\5ab", 8, true, 4005},
	    {"more data than a message may have", 0x82, "\0\4\0\0\x7f\xff", 6, true, 4005},
	    {"an ACK of what was not sent", 0x82, "\0\7\0\0\0\0\0\0\0\1", 10, true, 4005},
	    {"a session's id from a client", 0x82, "\0\1\0\0\0\0", 6, true, 4005},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		dial(CONNECT);
		send_frame(cases[i].first, cases[i].message, cases[i].len, cases[i].masked);
		ok(closed() == cases[i].code, "%s ends it with %d: %d", cases[i].what, cases[i].code, closed());
	}
	dial(CONNECT);
	send_frame(0x82, "\0\x63whatever", 10, true);
	send_frame(0x89, "are you there", 13, true);
	const char *p;
	size_t len;
	ok(!closed() && frame(1, &p, &len) == 10 && len == 13,
	   "a tag of a later version is passed over, and a ping is answered");
}

static void sessions(void)
{
	struct buf said = {0};
	dial(CONNECT);
	const char *p;
	size_t len;
	frame(0, &p, &len);
	char *sid = xstrndup(p + 6, 32),
	     *again = xasprintf("/v4/reconnect?sid=%s&ack=0&newWebsocket=True&zone=us-central1-a", sid);
	struct sim_reply first = line;
	line = (struct sim_reply){0};
	dial(again);
	is_int(closed(), 4002, "a session that goes on is in use");
	hang_up();
	line = first;
	send_data(ASKED, 20);
	dial(again); /* the line breaks, and is taken up */
	ok(frame(0, &p, &len) == 2 && len == 10 && p[1] == 2 && p[9] == 20, "a broken one is taken up, with what has come");
	send_data(ASKED + 20, strlen(ASKED) - 20);
	data_heard(&said);
	ok(text_starts(buf_text(&said), "HTTP/1.1 200 "), "and goes on where it was");
	buf_free(&said);
	dial(again);
	is_int(closed(), 4001, "one that was closed is over");
	free(again);
	dial(CONNECT);
	frame(0, &p, &len);
	again = xasprintf("/v4/reconnect?sid=%.32s&ack=7&newWebsocket=True&zone=us-central1-a", p + 6);
	dial(again);
	is_int(closed(), 4005, "who confirms what was not sent is refused");
	free(again);
	free(sid);
}

/* Bytes that mean nothing, and whole tunnels with a few bytes of them changed: nothing but a close may come of it. */
static void nonsense(void)
{
	uint64_t seed = 88172645463325252u;
	int ends = 0;
	for (int round = 0; round < 3000; round++) {
		char bytes[64];
		if (round % 50 == 0 || !line.stream.more || closed())
			dial(CONNECT), ends++;
		for (size_t i = 0; i < sizeof bytes; i++) {
			seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
			bytes[i] = (char)(i == 0 && round % 3 ? 0x82 : i == 1 && round % 3 ? 0x80 | (seed & 31) : seed >> 32);
		}
		say(bytes, 2 + (size_t)(seed % 60));
	}
	ok(ends > 60, "tunnels end by nonsense, and nothing else does: %d", ends);
}

int main(void)
{
	struct err e = {0};
	mem_install();
	cJSON *world = cJSON_Parse("{\"services\":[\"compute.googleapis.com\"]}");
	cloud = sim_new(&(struct sim_options){.seed = 3, .world = world}, &e);
	cJSON_Delete(world);
	as = sim_owner_token(cloud);
	act("POST", COMPUTE "zones/us-central1-a/instances",
	    json_make("{'name':'vm','machineType':'zones/us-central1-a/machineTypes/"
		      "e2-small','disks':[{'boot':true,'autoDelete':true,'initializeParams':"
		      "{'sourceImage':'projects/cos-cloud/global/images/family/"
		      "cos-stable'}}],'networkInterfaces':[{'network':'global/networks/default','accessConfigs':[{}]}],"
		      "'metadata':{'items':[{'key':'user-data','value':%s}]}}",
		      "#cloud-config\nruncmd:\n- docker run -d -p 8080:8080 us-docker.pkg.dev/cloudrun/container/hello\n"));
	sim_advance(cloud, sim_now(cloud) + 600);
	handshakes();
	refusals();
	requests();
	breaches();
	sessions();
	nonsense();
	finish(json_str(asks("POST", VM "/stop", NULL, 200), "selfLink", ""));
	dial(CONNECT);
	is_int(closed(), 4047, "a machine that is stopped is not found");
	hang_up();
	sim_free(cloud);
	return tap_done();
}
