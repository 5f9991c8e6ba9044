#include "config.h"
#include "net/websocket.h"

#include "base/encode.h"
#include "base/gettext.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_MAX 125 /* RFC 6455, 5.5 */
#define NO_CODE 1005

void ws_key(char key[static WS_KEY_TEXT])
{
	unsigned char nonce[16];
	randombytes_buf(nonce, sizeof nonce);
	char *text = encode_base64(nonce, sizeof nonce);
	memcpy(key, text, WS_KEY_TEXT);
	free(text);
}

bool ws_accepts(const char *key, const char *answer)
{
	char *text = xasprintf("%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool well = EVP_Digest(text, strlen(text), digest, &len, EVP_sha1(), NULL) == 1;
	char *due = encode_base64(digest, len);
	well = well && answer && !strcmp(due, answer);
	free(due);
	free(text);
	return well;
}

void ws_frame(struct buf *out, enum ws_opcode opcode, const void *data, size_t len)
{
	unsigned char mask[4];
	const unsigned char *from = data;
	int wide = len <= CONTROL_MAX ? 0 : len <= UINT16_MAX ? 2 : 8;
	randombytes_buf(mask, sizeof mask);
	buf_putc(out, (char)(0x80 | opcode));
	buf_putc(out, (char)(0x80 | (wide == 8 ? 127 : wide ? 126 : (int)len)));
	for (int i = wide - 1; i >= 0; i--)
		buf_putc(out, (char)(len >> (8 * i)));
	buf_add(out, mask, sizeof mask);
	for (size_t i = 0; i < len; i++)
		buf_putc(out, (char)(from[i] ^ mask[i & 3]));
}

struct head {
	bool last;
	int opcode;
	size_t size, len; /* of the header, of the payload */
};

/* False while the header is not whole; *fault is set where it may not be so. */
static bool read_head(const struct ws_reader *r, struct head *h, const char **fault)
{
	const unsigned char *b = (const unsigned char *)r->in.data;
	if (r->in.len < 2)
		return false;
	int first = b[1] & 127, wide = first == 127 ? 8 : first == 126 ? 2 : 0;
	uint64_t len = 0;
	*h = (struct head){.last = b[0] & 0x80, .opcode = b[0] & 15, .size = 2 + (size_t)wide};
	if (b[0] & 0x70)
		*fault = N_("a frame has bits that nobody agreed on");
	else if (b[1] & 0x80)
		*fault = N_("a server's frame is masked");
	else if (h->opcode > WS_PONG || (h->opcode > WS_BINARY && h->opcode < WS_CLOSE))
		*fault = N_("a frame is of no known kind");
	if (*fault || r->in.len < h->size)
		return false;
	for (int i = 0; i < wide; i++)
		len = len << 8 | b[2 + i];
	len = wide ? len : (uint64_t)first;
	if (len > WS_MESSAGE_MAX || r->message.len + len > WS_MESSAGE_MAX)
		*fault = N_("a message is too long");
	else if (h->opcode >= WS_CLOSE && (!h->last || len > CONTROL_MAX))
		*fault = N_("a control frame is in parts or too long");
	else if (h->opcode < WS_CLOSE && (h->opcode == WS_CONTINUATION) != (r->opcode != 0))
		*fault = N_("a message's parts are out of order");
	h->len = (size_t)len;
	return !*fault;
}

/* One frame that is there whole; what told says. */
static bool take_frame(struct ws_reader *r, const struct head *h, bool (*told)(void *, enum ws_opcode, const char *, size_t),
		       void *arg)
{
	const char *payload = r->in.data + h->size;
	if (h->opcode >= WS_CLOSE)
		return told(arg, (enum ws_opcode)h->opcode, payload, h->len);
	if (h->opcode)
		r->opcode = h->opcode;
	buf_add(&r->message, payload, h->len);
	if (!h->last)
		return true;
	enum ws_opcode opcode = (enum ws_opcode)r->opcode;
	r->opcode = 0;
	struct buf whole = r->message;
	r->message = (struct buf){0};
	bool on = told(arg, opcode, buf_text(&whole), whole.len);
	buf_free(&whole);
	return on;
}

const char *ws_take(struct ws_reader *r, const char *data, size_t len,
		    bool (*told)(void *arg, enum ws_opcode opcode, const char *data, size_t len), void *arg)
{
	const char *fault = NULL;
	struct head h;
	if (!buf_add(&r->in, data, len))
		return N_("a message is too long");
	while (read_head(r, &h, &fault) && r->in.len - h.size >= h.len) {
		if (!take_frame(r, &h, told, arg))
			return NULL;
		size_t gone = h.size + h.len;
		memmove(r->in.data, r->in.data + gone, r->in.len - gone);
		r->in.len -= gone;
	}
	return fault;
}

int ws_close_code(const char *data, size_t len)
{
	return len >= 2 ? (unsigned char)data[0] << 8 | (unsigned char)data[1] : NO_CODE;
}

void ws_free(struct ws_reader *r)
{
	buf_free(&r->in);
	buf_free(&r->message);
}
