/* Fuzzes the server's reading of HTTP: whatever comes on the connection, it neither crashes nor hangs. */
#include "config.h"
#include "base/mem.h"
#include "sim/server/server.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct server v = {.listener = -1};
	if (!v.sim) {
		struct err e = {0};
		mem_install();
		v.sim = sim_new(NULL, &e);
		v.began = server_clock();
	}
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return 0;
	struct connection *c = xcalloc(1, sizeof *c);
	*c = (struct connection){.server = &v, .fd = pair[0], .up = -1, .touched = server_clock()};
	c->out.max = c->in.max = BUF_MAX;
	v.connections = c;
	v.connection_count = 1;
	http_start(c);
	/* In two pieces, as the network would cut it. */
	size_t first = size ? data[0] % (size + 1) : 0;
	if (write(pair[1], data, first) >= 0)
		server_turn(&v, 0);
	if (write(pair[1], data + first, size - first) >= 0)
		for (int i = 0; i < 4 && v.connections; i++)
			server_turn(&v, 0);
	if (v.connections)
		connection_close(c);
	close(pair[1]);
	return 0;
}
