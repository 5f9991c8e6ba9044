/* The simulated cloud's side of a tunnel on any bytes that a client may send: frames, and HTTP as a machine's port gets it. */
#include "config.h"
#include "sim/api/websocket.h"
#include "sim/api/wire.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct ends {
	struct wire wire;
	struct buf out;
};

static bool ask(void *arg, const struct sim_request *q, struct sim_reply *out)
{
	(void)arg;
	out->status = 200;
	buf_puts(&out->body, q->target);
	return true;
}

static void told(void *arg, int opcode, const char *data, size_t len)
{
	struct ends *e = arg;
	if (opcode == WEBSOCKET_BINARY && !e->wire.over)
		wire_take(&e->wire, data, len, ask, e, &e->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct websocket w = {0};
	struct ends e = {0};
	size_t step = size ? 1 + data[0] % 64u : 1;
	for (size_t at = 1; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		websocket_take(&w, (const char *)data + at, n, told, &e);
		if (!e.wire.over)
			wire_take(&e.wire, (const char *)data + at, n, ask, &e, &e.out);
	}
	websocket_free(&w);
	wire_free(&e.wire);
	buf_free(&e.out);
	return 0;
}
