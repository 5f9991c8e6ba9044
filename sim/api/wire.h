/* HTTP/1 as it comes over a plain connection that the simulated cloud ends itself: a tunnel to a machine's port. */
#ifndef MS_SIM_API_WIRE_H
#define MS_SIM_API_WIRE_H

#include "sim/core/core.h"

struct wire {
	struct buf in;  /* bytes that are no whole request yet */
	bool continued; /* its client was told to go on with its body */
	bool over;      /* the server's side has closed */
};
/* Answers one request; false when nothing takes the connection any more. */
typedef bool wire_ask(void *arg, const struct sim_request *q, struct sim_reply *out);

/* Takes a client's bytes; each whole request is asked, and what the server writes is appended to out. */
void wire_take(struct wire *w, const char *data, size_t len, wire_ask *ask, void *arg, struct buf *out);
void wire_free(struct wire *w);

#endif
