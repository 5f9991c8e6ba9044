/* SPDY and DEFLATE of the API server, on frames that no honest client sends: whole, cut anywhere, and with any byte turned. */
#include "config.h"
#include "base/mem.h"
#include "sim/api/spdy.h"
#include "tests/tap.h"

#include <stdlib.h>

#define DICTIONARY "\x78\xbb\xe3\xc6\xa7\xc2" /* how a stream of zlib's begins that goes by SPDY's dictionary */

static struct {
	int opened, data, reset;
	char *port;
} seen;

static void on_opened(void *arg, uint32_t stream, const cJSON *headers, bool fin)
{
	const cJSON *port = cJSON_GetObjectItem(headers, "port");
	(void)arg, (void)stream, (void)fin;
	seen.opened++;
	free(seen.port);
	seen.port = xstrdup(cJSON_IsString(port) ? port->valuestring : "");
}

static void on_data(void *arg, uint32_t stream, const char *data, size_t len, bool fin)
{
	unsigned sum = 0;
	(void)arg, (void)stream, (void)fin;
	for (size_t i = 0; i < len; i++) /* all of it is there to be read */
		sum += (unsigned char)data[i];
	seen.data += sum < 1u << 30;
}

static void on_reset(void *arg, uint32_t stream)
{
	(void)arg, (void)stream;
	seen.reset++;
}

static const struct spdy_events events = {on_opened, on_data, on_reset};

/* True when the connection bears it; answered: how many bytes the protocol itself says. */
static bool takes(const char *data, size_t len, size_t step, size_t *answered)
{
	struct spdy s = {0};
	struct buf out = {0};
	memset(&seen.opened, 0, 3 * sizeof seen.opened);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;
		char *exact = malloc(n); /* so that a sanitizer sees what is read behind it */
		memcpy(exact, data + at, n);
		spdy_take(&s, exact, n, &events, NULL, &out);
		free(exact);
	}
	bool fine = !s.over;
	if (answered)
		*answered = out.len;
	spdy_free(&s);
	buf_free(&out);
	return fine;
}

static void put(struct buf *b, unsigned long n, int bytes)
{
	while (bytes--)
		buf_putc(b, (char)(n >> 8 * bytes));
}

/* SYN_STREAM of this stream with a header block that is stored as it is. */
static void put_opening(struct buf *b, unsigned long stream, const char *block, size_t len)
{
	put(b, 0x80030001, 4);
	put(b, 10 + 6 + 5 + len, 4);
	put(b, stream, 4);
	put(b, 0, 6);
	buf_add(b, DICTIONARY, 6);
	put(b, 0, 1);
	put(b, (len & 0xff) << 24 | (len >> 8) << 16 | (~len & 0xff) << 8 | (~len >> 8 & 0xff), 4);
	buf_add(b, block, len);
}

static const char headers[] = "\0\0\0\2\0\0\0\4port\0\0\0\4"
			      "5000"
			      "\0\0\0\12streamtype\0\0\0\4"
			      "data";

static void honest(void)
{
	struct buf b = {0};
	size_t answered;
	put_opening(&b, 1, headers, sizeof headers - 1);
	put(&b, 1, 4), put(&b, 3, 4), buf_add(&b, "abc", 3);
	put(&b, 0x80030006, 4), put(&b, 4, 4), put(&b, 7, 4);
	put(&b, 0x80030003, 4), put(&b, 8, 4), put(&b, 1, 4), put(&b, 5, 4);
	for (size_t step = 1; step <= b.len; step += 6) {
		bool fine = takes(b.data, b.len, step, &answered);
		ok(fine && seen.opened == 1 && seen.data == 1 && seen.reset == 1 && answered == 12 &&
		       !strcmp(seen.port, "5000"),
		   "an honest client by %zu bytes", step);
	}
	for (size_t len = 0; len < b.len; len++)
		takes(b.data, len, 7, NULL);
	int borne = 0, turned = 0;
	for (size_t at = 0; at < b.len; at++)
		for (int bit = 0; bit < 8; bit++, turned++) {
			b.data[at] = (char)(b.data[at] ^ 1 << bit);
			borne += takes(b.data, b.len, b.len, NULL);
			b.data[at] = (char)(b.data[at] ^ 1 << bit);
		}
	ok(borne && borne < turned, "of %d with a bit turned %d are borne", turned, borne);
	buf_free(&b);
}

static void refuses(const char *what, const struct buf *b)
{
	size_t answered;
	bool fine = takes(b->data, b->len, b->len, &answered);
	ok(!fine && !seen.opened && !answered, "%s ends the connection, and nothing is said to it", what);
}

static void hostile(void)
{
	static const struct {
		const char *what;
		unsigned long stream;
		const char *block;
		size_t len;
	} openings[] = {
	    {"stream 0", 0, headers, sizeof headers - 1},
	    {"a stream that only servers open", 2, headers, sizeof headers - 1},
	    {"a stream whose number has 32 bits", 0x80000001, headers, sizeof headers - 1},
	    {"a block without a number of headers", 1, "\0\0", 2},
	    {"more headers than there are", 1, "\xff\xff\xff\xff\0\0\0\1a\0\0\0\1b", 14},
	    {"a text longer than what is there", 1,
	     "\0\0\0\1\xff\xff\xff\xff"
	     "a",
	     9},
	    {"a length that is cut", 1, "\0\0\0\1\0\0", 6},
	};
	struct buf b = {0};
	for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
		buf_clear(&b);
		put_opening(&b, openings[i].stream, openings[i].block, openings[i].len);
		refuses(openings[i].what, &b);
	}
	buf_clear(&b), put(&b, 0x80030006, 4), put(&b, 9, 4), buf_add(&b, "123456789", 9);
	refuses("a ping of nine bytes", &b);
	buf_clear(&b), put(&b, 0x80030003, 4), put(&b, 4, 4), put(&b, 1, 4);
	refuses("a reset without a status", &b);
	buf_clear(&b), put(&b, 0x80020001, 4), put(&b, 0, 4);
	refuses("a frame of version 2", &b);
	buf_clear(&b), put(&b, 1, 4), put(&b, 0xffffff, 4);
	refuses("a frame of 16 MiB", &b);
	buf_clear(&b), put(&b, 0x80030001, 4), put(&b, 3, 4), put(&b, 0, 3);
	refuses("an opening without a stream", &b);
	buf_free(&b);
}

/* Blocks of DEFLATE that are none. */
static void inflates(void)
{
	static const struct {
		const char *what, *data;
		size_t len;
	} wrong[] = {
	    {"a type that there is not", "\x07", 1},
	    {"a stored block whose lengths differ", "\x01\x05\0\0\0hello", 10},
	    {"a stored block that is cut", "\x01\x05\0\xfa\xffhel", 8},
	    {"a copy from before the beginning", "\x4b\x04\x62\x00", 4},
	    {"a symbol that is cut", "\x4b", 1},
	    {"codes that are cut", "\x05\xff\xff", 3},
	    {"a code that repeats what was not", "\x05\xe0\x81\x08\0\0\0\0\x10\xff", 10},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct buf out = {0};
		char *exact = malloc(wrong[i].len);
		memcpy(exact, wrong[i].data, wrong[i].len);
		ok(!inflate_blocks(exact, wrong[i].len, &out, 1000), "%s is no block", wrong[i].what);
		free(exact);
		buf_free(&out);
	}
	/* Anything at all, from a generator that is always the same. */
	unsigned state = 1, fine = 0;
	for (int i = 0; i < 20000; i++) {
		char data[64];
		struct buf out = {0};
		for (size_t at = 0; at < sizeof data; at++)
			data[at] = (char)((state = state * 1103515245u + 12345u) >> 16);
		fine += inflate_blocks(data, sizeof data, &out, 4096) && out.len <= 4096;
		buf_free(&out);
	}
	ok(fine < 20000, "of 20000 blocks of chance %u are some", fine);
	/* One byte, and then copies of 258 of it: a bomb. */
	struct buf out = {0}, bomb = {0};
	buf_add(&bomb, "\x4b\xfc", 2);
	for (int i = 0; i < 4000; i++)
		buf_add(&bomb, "\xa3\x60\x14\x8c\x82\x51\x30\x0a", 8);
	inflate_blocks(bomb.data, bomb.len, &out, 1000);
	ok(out.len <= 1000 + 65536, "what grows without end is stopped: %zu", out.len);
	buf_free(&out);
	buf_free(&bomb);
}

int main(void)
{
	mem_install();
	honest();
	hostile();
	inflates();
	free(seen.port);
	return tap_done();
}
