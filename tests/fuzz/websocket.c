/* The client's side of a tunnel on any bytes that a server may send: frames, and the relay's messages in them. */
#include "config.h"
#include "net/relay.h"
#include "net/websocket.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool told(void *arg, enum ws_opcode opcode, const char *data, size_t len)
{
	if (opcode != WS_BINARY)
		return opcode != WS_CLOSE;
	struct relay_heard h = relay_hear(arg, data, len);
	if (h.news == RELAY_DATA && (h.bytes < data || h.bytes + h.count > data + len))
		__builtin_trap();
	return h.news != RELAY_BROKEN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ws_reader r = {0};
	struct relay relay = {.sent = 100};
	size_t step = size ? 1 + data[0] % 64u : 1;
	for (size_t at = 1; at < size; at += step)
		if (ws_take(&r, (const char *)data + at, size - at < step ? size - at : step, told, &relay))
			break;
	ws_free(&r);
	return 0;
}
