/* Written from RFC 6455: sections are its own. */
#include "config.h"
#include "sim/api/websocket.h"

#include "sim/api/serving.h"

#include "base/libcrypto.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONTROL_MOST 125 /* 5.5 */

static bool lists(const char *value, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = value; p && *p; p += strcspn(p, ","), p += *p == ',') {
		p += strspn(p, " \t");
		if (!strncasecmp(p, word, len) && strchr(", \t", p[len]))
			return true;
	}
	return false;
}

const char *websocket_fault(const struct sim_request *q)
{
	const char *key = sim_request_header(q, "Sec-WebSocket-Key"), *version = sim_request_header(q, "Sec-WebSocket-Version");
	char nonce[32];
	if (strcmp(q->method, "GET"))
		return "a WebSocket is opened by GET";
	if (!lists(sim_request_header(q, "Upgrade"), "websocket") || !lists(sim_request_header(q, "Connection"), "Upgrade"))
		return "no upgrade to websocket";
	if (!version || strcmp(version, "13"))
		return "Sec-WebSocket-Version is not 13";
	return !key || strlen(key) != 24 || sim_unbase64(key, nonce, sizeof nonce) != 16 ? "Sec-WebSocket-Key is not 16 bytes"
											 : NULL;
}

bool websocket_offers(const struct sim_request *q, const char *subprotocol)
{
	const char *offered = sim_request_header(q, "Sec-WebSocket-Protocol");
	for (const char *p = offered ? offered : ""; *p; p += strcspn(p, ","), p += strspn(p, ", "))
		if (strcspn(p, ", ") == strlen(subprotocol) && !strncmp(p, subprotocol, strlen(subprotocol)))
			return true;
	return false;
}

const char *websocket_accept(const char *key)
{
	const char *text = sim_tmp("%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL);
	return sim_base64(digest, len, false);
}

/* Frames. ------------------------------------------------------------------------------------------------------------------- */
struct frame {
	bool last, masked;
	int opcode, reserved;
	size_t head, len; /* of the header with its mask, of the payload */
	unsigned char mask[4];
};

/* False while the header is not whole. */
static bool read_head(const struct buf *in, struct frame *f)
{
	const unsigned char *b = (const unsigned char *)in->data;
	if (in->len < 2)
		return false;
	size_t wide = (b[1] & 127) == 126 ? 2 : (b[1] & 127) == 127 ? 8 : 0, len = 0;
	*f = (struct frame){.last = b[0] & 128,
			    .reserved = b[0] & 112,
			    .opcode = b[0] & 15,
			    .masked = b[1] & 128,
			    .head = 2 + wide + (b[1] & 128 ? 4 : 0)};
	if (in->len < f->head)
		return false;
	for (size_t i = 0; i < wide; i++)
		len = len << 8 | b[2 + i];
	f->len = wide ? len : b[1] & 127;
	if (f->masked)
		memcpy(f->mask, b + 2 + wide, 4);
	return true;
}

/* The code to close with where the frame may not be, 0 where it may. */
static int breach(const struct websocket *w, const struct frame *f)
{
	bool control = f->opcode & 8;
	if (f->reserved || !f->masked || (f->opcode > WEBSOCKET_BINARY && f->opcode < WEBSOCKET_CLOSE) ||
	    f->opcode > WEBSOCKET_PONG)
		return 1002;
	if (control)
		return !f->last || f->len > CONTROL_MOST ? 1002 : 0;
	if ((f->opcode == WEBSOCKET_CONTINUATION) != (w->opcode != 0))
		return 1002;
	return f->len > WEBSOCKET_MOST || w->message.len + f->len > WEBSOCKET_MOST ? 1009 : 0;
}

static void unmask(char *data, const struct frame *f)
{
	for (size_t i = 0; i < f->len; i++)
		data[i] = (char)((unsigned char)data[i] ^ f->mask[i & 3]);
}

static void take_frame(struct websocket *w, const struct frame *f, char *data, void (*told)(void *, int, const char *, size_t),
		       void *arg)
{
	unmask(data, f);
	if (f->opcode & 8) {
		w->over = f->opcode == WEBSOCKET_CLOSE;
		told(arg, f->opcode, data, f->len);
		return;
	}
	if (f->opcode)
		w->opcode = f->opcode;
	buf_add(&w->message, data, f->len);
	if (!f->last)
		return;
	int opcode = w->opcode;
	w->opcode = 0;
	told(arg, opcode, buf_text(&w->message), w->message.len);
	buf_clear(&w->message);
}

void websocket_take(struct websocket *w, const char *data, size_t len,
		    void (*told)(void *arg, int opcode, const char *data, size_t len), void *arg)
{
	struct frame f;
	if (!w->over)
		buf_add(&w->in, data, len);
	while (!w->over && read_head(&w->in, &f)) {
		int code = breach(w, &f);
		if (code) {
			const char payload[] = {(char)(code >> 8), (char)code};
			w->over = true;
			told(arg, WEBSOCKET_CLOSE, payload, sizeof payload);
			return;
		}
		if (w->in.len - f.head < f.len)
			return;
		take_frame(w, &f, w->in.data + f.head, told, arg);
		size_t gone = f.head + f.len;
		memmove(w->in.data, w->in.data + gone, w->in.len - gone);
		w->in.len -= gone;
	}
}

void websocket_frame(struct buf *out, int opcode, const void *data, size_t len)
{
	int wide = len < 126 ? 0 : len < 65536 ? 2 : 8;
	buf_putc(out, (char)(128 | opcode));
	buf_putc(out, (char)(wide == 8 ? 127 : wide ? 126 : (int)len));
	for (int i = wide - 1; i >= 0; i--)
		buf_putc(out, (char)(len >> (8 * i)));
	buf_add(out, data, len);
}

void websocket_close(struct buf *out, int code, const char *reason)
{
	struct buf payload = {0};
	buf_putc(&payload, (char)(code >> 8));
	buf_putc(&payload, (char)code);
	buf_puts(&payload, reason);
	websocket_frame(out, WEBSOCKET_CLOSE, payload.data, payload.len);
	buf_free(&payload);
}

void websocket_free(struct websocket *w)
{
	buf_free(&w->in);
	buf_free(&w->message);
}
