#include "config.h"
#include "sim/api/spdy.h"

#include "base/json.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL 0x8003u /* a control frame of version 3 */
#define FIN 1u
#define FRAME_MOST ((size_t)1 << 20)
#define HEADERS_MOST ((size_t)64 << 10)
#define WINDOW ((size_t)32 << 10) /* how far back DEFLATE can refer */

enum { SYN_STREAM = 1, SYN_REPLY, RST_STREAM, PING = 6, GOAWAY };

/* What header blocks may refer to from the start (2.6.10.1), and its checksum. */
/* clang-format off */
static const char dictionary[] =
	"\000\000\000\007options\000\000\000\004head\000\000\000\004post\000\000\000\003put\000\000\000\006delete"
	"\000\000\000\005trace\000\000\000\006accept\000\000\000\016accept-charset\000\000\000\017accept-encoding"
	"\000\000\000\017accept-language\000\000\000\015accept-ranges\000\000\000\003age\000\000\000\005allow"
	"\000\000\000\015authorization\000\000\000\015cache-control\000\000\000\012connection\000\000\000\014content-base"
	"\000\000\000\020content-encoding\000\000\000\020content-language\000\000\000\016content-length"
	"\000\000\000\020content-location\000\000\000\013content-md5\000\000\000\015content-range\000\000\000\014content-type"
	"\000\000\000\004date\000\000\000\004etag\000\000\000\006expect\000\000\000\007expires\000\000\000\004from"
	"\000\000\000\004host\000\000\000\010if-match\000\000\000\021if-modified-since\000\000\000\015if-none-match"
	"\000\000\000\010if-range\000\000\000\023if-unmodified-since\000\000\000\015last-modified\000\000\000\010location"
	"\000\000\000\014max-forwards\000\000\000\006pragma\000\000\000\022proxy-authenticate"
	"\000\000\000\023proxy-authorization\000\000\000\005range\000\000\000\007referer\000\000\000\013retry-after"
	"\000\000\000\006server\000\000\000\002te\000\000\000\007trailer\000\000\000\021transfer-encoding"
	"\000\000\000\007upgrade\000\000\000\012user-agent\000\000\000\004vary\000\000\000\003via\000\000\000\007warning"
	"\000\000\000\020www-authenticate\000\000\000\006method\000\000\000\003get\000\000\000\006status\000\000\000\006200 OK"
	"\000\000\000\007version\000\000\000\010HTTP/1.1\000\000\000\003url\000\000\000\006public\000\000\000\012set-cookie"
	"\000\000\000\012keep-alive"
	"\000\000\000\006origin100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 No"
	"n-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Foun"
	"d500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 0"
	"0:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,applicat"
	"ion/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,"
	"enq=0.";
/* clang-format on */
#define DICTIONARY_ID 0xe3c6a7c2u

static uint32_t number(const char *p)
{
	uint32_t n;
	memcpy(&n, p, sizeof n);
	return ntohl(n);
}

static void put_number(struct buf *out, uint32_t n)
{
	n = htonl(n);
	buf_add(out, &n, sizeof n);
}

static void put_control(struct buf *out, uint32_t type, uint32_t len)
{
	put_number(out, CONTROL << 16 | type);
	put_number(out, len);
}

/* Sending ------------------------------------------------------------------------------------------------------------------ */

/* A header block without headers: a stored block of the number 0, which needs no compressor, and an empty one, at which readers hand over what they have. */
void spdy_reply(struct spdy *s, struct buf *out, uint32_t stream)
{
	static const char begins[] = {0x78, 0x20},
			  none[] = {0, 4, 0, (char)0xfb, (char)0xff, 0, 0, 0, 0, 0, 0, 0, (char)0xff, (char)0xff};
	put_control(out, SYN_REPLY, (uint32_t)(4 + sizeof none + (s->begun ? 0 : sizeof begins + 4)));
	put_number(out, stream);
	if (!s->begun) {
		buf_add(out, begins, sizeof begins);
		put_number(out, DICTIONARY_ID);
	}
	buf_add(out, none, sizeof none);
	s->begun = true;
}

void spdy_data(struct buf *out, uint32_t stream, const void *data, size_t len, bool fin)
{
	put_number(out, stream);
	put_number(out, (fin ? FIN << 24 : 0) | (uint32_t)len);
	buf_add(out, data, len);
}

void spdy_reset(struct buf *out, uint32_t stream, uint32_t status)
{
	put_control(out, RST_STREAM, 8);
	put_number(out, stream);
	put_number(out, status);
}

/* Hearing ------------------------------------------------------------------------------------------------------------------ */

/* A text with its length before it; NULL when there is none. */
static char *read_text(const char **at, const char *end)
{
	size_t len = end - *at < 4 ? SIZE_MAX : number(*at);
	if (len == SIZE_MAX || len > (size_t)(end - *at - 4))
		return NULL;
	char *text = xstrndup(*at + 4, len);
	*at += 4 + len;
	return text;
}

/* Names and values, after how many there are. NULL when they are none. */
static cJSON *read_headers(const char *at, const char *end)
{
	if (end - at < 4)
		return NULL;
	cJSON *headers = cJSON_CreateObject();
	uint32_t count = number(at);
	at += 4;
	for (uint32_t i = 0; i < count; i++) {
		char *name = read_text(&at, end), *value = name ? read_text(&at, end) : NULL;
		if (value)
			cJSON_AddStringToObject(headers, name, value);
		free(name);
		free(value);
		if (!value) {
			cJSON_Delete(headers);
			return NULL;
		}
	}
	return headers;
}

/* The blocks of a connection are one stream of zlib's (RFC 1950), each flushed to its end. */
static cJSON *spdy_headers(struct spdy *s, const char *data, size_t len)
{
	if (!s->window.len) {
		if (len < 6 || (data[0] & 15) != 8 || !(data[1] & 32) || number(data + 2) != DICTIONARY_ID)
			return NULL;
		buf_add(&s->window, dictionary, sizeof dictionary - 1);
		data += 6;
		len -= 6;
	}
	size_t before = s->window.len;
	if (!inflate_blocks(data, len, &s->window, HEADERS_MOST))
		return NULL;
	cJSON *headers = read_headers(s->window.data + before, s->window.data + s->window.len);
	if (s->window.len > 2 * WINDOW) {
		memmove(s->window.data, s->window.data + s->window.len - WINDOW, WINDOW);
		s->window.len = WINDOW;
	}
	return headers;
}

/* False when it is none that a client may send. */
static bool spdy_control(struct spdy *s, unsigned type, unsigned flags, const char *data, size_t len,
			 const struct spdy_events *to, void *arg, struct buf *out)
{
	cJSON *headers;
	switch (type) {
	case SYN_STREAM:
		headers = len < 10 || !(number(data) & 1) || number(data) >> 31 ? NULL : spdy_headers(s, data + 10, len - 10);
		if (headers)
			to->opened(arg, number(data), headers, flags & FIN);
		cJSON_Delete(headers);
		return headers;
	case RST_STREAM:
		if (len == 8)
			to->reset(arg, number(data));
		return len == 8;
	case PING:
		if (len == 4) {
			put_control(out, PING, 4);
			buf_add(out, data, len);
		}
		return len == 4;
	case GOAWAY:
		return false;
	default: /* settings and windows, which nothing here goes by */
		return true;
	}
}

void spdy_take(struct spdy *s, const char *data, size_t len, const struct spdy_events *to, void *arg, struct buf *out)
{
	size_t used = 0;
	buf_add(&s->in, data, len);
	while (!s->over && s->in.len - used >= 8) {
		const char *frame = s->in.data + used;
		uint32_t first = number(frame), second = number(frame + 4);
		size_t size = second & 0xffffff;
		unsigned flags = second >> 24;
		if (size > FRAME_MOST || (first >> 31 && first >> 16 != CONTROL)) {
			s->over = true;
			break;
		}
		if (s->in.len - used - 8 < size)
			break;
		if (!(first >> 31))
			to->data(arg, first, frame + 8, size, flags & FIN);
		else
			s->over = !spdy_control(s, first & 0xffff, flags, frame + 8, size, to, arg, out);
		used += 8 + size;
	}
	if (used) {
		memmove(s->in.data, s->in.data + used, s->in.len - used);
		s->in.len -= used;
	}
}

void spdy_free(struct spdy *s)
{
	buf_free(&s->in);
	buf_free(&s->window);
}
