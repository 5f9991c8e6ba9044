/* The client's frames and relay messages: RFC 6455's examples, whatever pieces bytes come in, what breaks the rules, and bytes
 * that mean nothing. */
#include "config.h"
#include "net/relay.h"
#include "net/transport.h"
#include "net/websocket.h"
#include "tests/tap.h"

#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static char told[4096];
static int told_count, stop_after;

static bool tell(void *arg, enum ws_opcode opcode, const char *data, size_t len)
{
	size_t at = strlen(told);
	(void)arg;
	told_count++;
	snprintf(told + at, sizeof told - at, "%d:%.*s;", (int)opcode, (int)(len < 40 ? len : 40), data);
	return told_count != stop_after;
}

/* What is told of bytes that come in pieces of this size; NULL, or the fault. */
static const char *pieces(const char *bytes, size_t len, size_t size)
{
	struct ws_reader r = {0};
	const char *fault = NULL;
	*told = '\0';
	told_count = 0;
	for (size_t n; len && !fault; bytes += n, len -= n) {
		n = len < size ? len : size;
		fault = ws_take(&r, bytes, n, tell, NULL);
	}
	ws_free(&r);
	return fault;
}

static void frames(void)
{
	static const char parts[] = "\x82\x03one\x02\x02tw\x89\x02hi\x80\x01o\x8a\x00\x88\x02\x03\xe8";
	for (size_t size = 1; size < sizeof parts; size++) {
		ok(!pieces(parts, sizeof parts - 1, size) && !strncmp(told, "2:one;9:hi;2:two;10:;8:", 23),
		   "in pieces of %zu: %s", size, told);
	}
	stop_after = 2;
	pieces(parts, sizeof parts - 1, 100);
	is_int(told_count, 2, "who has heard enough is told no more");
	stop_after = 0;
	static const struct {
		const char *what, *bytes;
		size_t len;
	} bad[] = {
	    {"a masked frame",
	     "\x82\x81"
	     "abcdx",
	     7},
	    {"bits that nobody agreed on", "\xc2\x00", 2},
	    {"a kind that is none", "\x83\x00", 2},
	    {"a kind of control frame that is none", "\x8b\x00", 2},
	    {"a continuation of nothing", "\x80\x00", 2},
	    {"a message within another",
	     "\x02\x01"
	     "a\x82\x01"
	     "b",
	     6},
	    {"a ping in parts", "\x09\x00", 2},
	    {"a ping that is too long", "\x89\x7e\x00\x7e", 4},
	    {"a frame that is too long", "\x82\x7f\x00\x00\x00\x00\x00\x20\x00\x00", 10},
	    {"a length of all the bits", "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(pieces(bad[i].bytes, bad[i].len, 1) != NULL, "%s is a fault", bad[i].what);
	ok(ws_accepts("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "RFC 6455's own answer is taken");
	ok(!ws_accepts("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=") &&
	       !ws_accepts("dGhlIHNhbXBsZSBub25jZQ==", NULL),
	   "and no other");
	is_int(ws_close_code("\x0f\xc1", 2), 4033, "a close frame's code");
	is_int(ws_close_code("", 0), 1005, "or none");
}

static void writing(void)
{
	static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 70000};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf out = {0};
		char *data = xcalloc(1, sizes[i] + 1);
		memset(data, 'x', sizes[i]);
		ws_frame(&out, WS_BINARY, data, sizes[i]);
		const unsigned char *b = (const unsigned char *)out.data;
		size_t wide = (b[1] & 127) == 127 ? 8 : (b[1] & 127) == 126 ? 2 : 0, len = wide ? 0 : b[1] & 127, same = 0;
		for (size_t k = 0; k < wide; k++)
			len = len << 8 | b[2 + k];
		for (size_t k = 0; k < sizes[i]; k++)
			same += (b[6 + wide + k] ^ b[2 + wide + (k & 3)]) == 'x';
		ok(b[0] == 0x82 && b[1] & 128 && len == sizes[i] && out.len == 6 + wide + len && same == len,
		   "a frame of %zu bytes, masked", sizes[i]);
		buf_free(&out);
		free(data);
	}
}

static void relays(void)
{
	struct relay r = {0};
	struct buf out = {0};
	is_int(relay_hear(&r, "\0\4\0\0\0\1x", 7).news, RELAY_BROKEN, "no data before the connection stands");
	is_int(relay_hear(&r, "\0\1\0\0\0\3sid", 9).news, RELAY_OPENED, "it stands");
	is_int(relay_hear(&r, "\0\1\0\0\0\3sid", 9).news, RELAY_BROKEN, "once");
	struct relay_heard h = relay_hear(&r, "\0\4\0\0\0\2hi, and more", 16);
	ok(h.news == RELAY_DATA && h.count == 2 && !strncmp(h.bytes, "hi", 2), "data, and what stands behind it is dropped");
	is_int(relay_hear(&r, "\0\4\0\0\0\3hi", 8).news, RELAY_BROKEN, "data that is cut short");
	is_int(relay_hear(&r, "\0\4\xff\xff\xff\xffhi", 8).news, RELAY_BROKEN, "or says that it is endless");
	is_int(relay_hear(&r, "\0\7\0\0\0\0\0\0\0\1", 10).news, RELAY_BROKEN, "an ACK of what was not sent");
	char big[40000] = {0};
	relay_say(&r, &out, big, sizeof big);
	is_int((long)r.sent, 40000, "what is sent is counted");
	is_int((long)out.len, 40000 + 3 * (6 + 8), "in messages of 16 KiB at most");
	is_int(relay_hear(&r, "\0\7\0\0\0\0\0\0\x9c\x40", 10).news, RELAY_NOTHING, "an ACK of all of it");
	is_int(relay_hear(&r, "\0\7\0\0\0\0\0\0\0\1", 10).news, RELAY_BROKEN, "which does not go back");
	is_int(relay_hear(&r, "\0\x63", 2).news, RELAY_NOTHING, "a tag of a later version is passed over");
	is_int(relay_hear(&r, "\0", 1).news, RELAY_BROKEN, "no tag at all");
	is_int(relay_hear(&r, "\0\2\0\0\0\0\0\0\0\0", 10).news, RELAY_BROKEN, "nothing was to be taken up");
	buf_clear(&out);
	r.received = 32768 + 2;
	r.told = 2;
	relay_tell(&r, &out);
	is_int((long)out.len, 0, "two full messages need not be told of");
	r.received++;
	relay_tell(&r, &out);
	is_int((long)out.len, 6 + 10, "more are");
	buf_free(&out);
}

static void replies(void)
{
	static const char whole[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade:websocket\r\nX: \r\n\r\nrest";
	struct http_reply r = {0};
	for (size_t n = 0; n < sizeof whole - 5; n++)
		if (http_reply_head(whole, n, &r) && n < sizeof whole - 5)
			ok(false, "half a head is taken for a whole one at %zu", n);
	is_int((long)http_reply_head(whole, sizeof whole - 1, &r), (long)sizeof whole - 5, "a head ends at its blank line");
	ok(r.status == 101 && r.header_count == 2 && !strcmp(http_header(&r, "upgrade"), "websocket") && !*http_header(&r, "x"),
	   "and is read");
	http_reply_free(&r);
	static const char *const bad[] = {"\r\n\r\n",
					  "HTTP/1.1\r\n\r\n",
					  "HTTP/1.1 2x0 OK\r\n\r\n",
					  "HTTP/2 200 OK\r\n\r\n",
					  "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
					  "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
					  "HTTP/1.1 2000\r\n\r\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ok(http_reply_head(bad[i], strlen(bad[i]), &r) == SIZE_MAX, "no head: %zu", i);
		http_reply_free(&r);
	}
}

/* Anything may come: a fault or messages, and no more than was sent. */
static void nonsense(void)
{
	int faults = 0, messages = 0;
	for (int round = 0; round < 20000; round++) {
		char bytes[48];
		randombytes_buf(bytes, sizeof bytes);
		if (round & 1)
			bytes[0] = (char)0x82, bytes[1] = (char)(bytes[1] & 15);
		struct relay relay = {.open = round & 2};
		faults += pieces(bytes, 2 + (size_t)randombytes_uniform(sizeof bytes - 1),
				 1 + (size_t)randombytes_uniform(9)) != NULL;
		messages += told_count;
		struct relay_heard h = relay_hear(&relay, bytes + 1, 16);
		if (h.news == RELAY_DATA && h.count > 10)
			ok(false, "data beyond the message");
	}
	ok(faults > 1000 && messages > 1000, "nonsense: %d faults, %d messages", faults, messages);
}

int main(void)
{
	mem_install();
	if (sodium_init() < 0)
		return 1;
	frames();
	writing();
	relays();
	replies();
	nonsense();
	return tap_done();
}
