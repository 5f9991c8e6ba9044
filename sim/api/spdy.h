/* SPDY/3 as a server speaks it (The Chromium Projects, "SPDY Protocol - Draft 3"), as far as port-forwards of Kubernetes use it: streams that the client opens,
 * without flow control, as github.com/moby/spdystream has none. */
#ifndef MS_SIM_API_SPDY_H
#define MS_SIM_API_SPDY_H

#include "base/buf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#define SPDY_CANCEL 5 /* a status of RST_STREAM */

struct spdy {
	struct buf in;     /* bytes that are no whole frame yet */
	struct buf window; /* what header blocks refer back to: the dictionary, and all that was read since */
	bool begun;        /* a header block was sent */
	bool over;         /* the client said goodbye, or what came is no SPDY: nothing more is taken */
};

/* Called while bytes are taken; fin: the client has nothing more to say on this stream. */
struct spdy_events {
	void (*opened)(void *arg, uint32_t stream, const cJSON *headers, bool fin); /* headers: lower-case name -> value */
	void (*data)(void *arg, uint32_t stream, const char *data, size_t len, bool fin);
	void (*reset)(void *arg, uint32_t stream);
};

/* Takes bytes of the client; what the protocol itself answers (pings) is appended to out. */
void spdy_take(struct spdy *s, const char *data, size_t len, const struct spdy_events *to, void *arg, struct buf *out);
/* Append a frame: that a stream is taken, with no headers; bytes on it, after which fin ends this side; its abrupt end. */
void spdy_reply(struct spdy *s, struct buf *out, uint32_t stream);
void spdy_data(struct buf *out, uint32_t stream, const void *data, size_t len, bool fin);
void spdy_reset(struct buf *out, uint32_t stream, uint32_t status);
void spdy_free(struct spdy *s);

/* Undoes DEFLATE (RFC 1951): the blocks in data, up to its end, are appended to out, which holds what they may refer back to. False when they are none, or
 * make more than most bytes. */
bool inflate_blocks(const char *data, size_t len, struct buf *out, size_t most);

#endif
