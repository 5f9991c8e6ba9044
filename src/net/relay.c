#include "config.h"
#include "net/relay.h"

#include "base/gettext.h"
#include "net/websocket.h"

#include <string.h>

enum tag { TAG_SID = 1, TAG_RECONNECTED = 2, TAG_DATA = 4, TAG_ACK = 7 };

#define DATA_MAX 16384
#define TAG_SIZE 2

static void put(struct buf *b, uint64_t n, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buf_putc(b, (char)(n >> (8 * i)));
}

/* Reads a big-endian number off the message; false when it is too short. */
static bool take(const char **at, size_t *left, int bytes, uint64_t *n)
{
	*n = 0;
	if (*left < (size_t)bytes)
		return false;
	for (int i = 0; i < bytes; i++)
		*n = *n << 8 | (unsigned char)(*at)[i];
	*at += bytes;
	*left -= (size_t)bytes;
	return true;
}

static struct relay_heard broken(const char *fault)
{
	return (struct relay_heard){.news = RELAY_BROKEN, .fault = fault};
}

static struct relay_heard heard_sid(struct relay *r, const char *at, size_t left)
{
	uint64_t length;
	if (r->open)
		return broken(N_("the relay opened the connection twice"));
	if (!take(&at, &left, 4, &length) || left < length)
		return broken(N_("a message of the relay is cut short"));
	r->open = true;
	return (struct relay_heard){.news = RELAY_OPENED};
}

static struct relay_heard heard_data(struct relay *r, const char *at, size_t left)
{
	uint64_t length;
	if (!r->open)
		return broken(N_("the relay sent data before the connection stood"));
	if (!take(&at, &left, 4, &length) || left < length)
		return broken(N_("a message of the relay is cut short"));
	r->received += length;
	return (struct relay_heard){.news = RELAY_DATA, .bytes = at, .count = (size_t)length};
}

static struct relay_heard heard_ack(struct relay *r, const char *at, size_t left)
{
	uint64_t upto;
	if (!take(&at, &left, 8, &upto))
		return broken(N_("a message of the relay is cut short"));
	if (!r->open || upto < r->confirmed || upto > r->sent)
		return broken(N_("the relay confirms what was not sent"));
	r->confirmed = upto;
	return (struct relay_heard){.news = RELAY_NOTHING};
}

struct relay_heard relay_hear(struct relay *r, const char *message, size_t len)
{
	uint64_t tag;
	if (!take(&message, &len, TAG_SIZE, &tag))
		return broken(N_("a message of the relay is cut short"));
	switch (tag) {
	case TAG_SID:
		return heard_sid(r, message, len);
	case TAG_DATA:
		return heard_data(r, message, len);
	case TAG_ACK:
		return heard_ack(r, message, len);
	case TAG_RECONNECTED:
		return broken(N_("the relay takes up a connection that was not broken"));
	default: /* of a later version */
		return (struct relay_heard){.news = RELAY_NOTHING};
	}
}

void relay_say(struct relay *r, struct buf *out, const char *data, size_t len)
{
	for (size_t n; len; data += n, len -= n) {
		struct buf message = {0};
		n = len < DATA_MAX ? len : DATA_MAX;
		put(&message, TAG_DATA, TAG_SIZE);
		put(&message, n, 4);
		buf_add(&message, data, n);
		ws_frame(out, WS_BINARY, message.data, message.len);
		r->sent += n;
		buf_free(&message);
	}
}

/* Google's client waits for two full messages before it tells. */
void relay_tell(struct relay *r, struct buf *out)
{
	struct buf message = {0};
	if (r->received - r->told <= 2 * DATA_MAX)
		return;
	put(&message, TAG_ACK, TAG_SIZE);
	put(&message, r->received, 8);
	ws_frame(out, WS_BINARY, message.data, message.len);
	r->told = r->received;
	buf_free(&message);
}
