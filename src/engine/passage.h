/* What the ways have in common that carry the proof's requests themselves (socket_passage.c): a request waits for its credential, is under way
 * on the transport below, and ends, or is cancelled, exactly once. A way says only how it travels. */
#ifndef MS_ENGINE_PASSAGE_H
#define MS_ENGINE_PASSAGE_H

#include "engine/reach.h"
#include "net/context.h"

/* One request on its way. A way's own struct for it begins with this. */
struct passage {
	struct passages *way;
	struct passage *next;
	unsigned long id;    /* what the caller cancels by */
	unsigned long below; /* its request or channel on the transport below, cancelled with it; 0 when nothing is under way */
	bool signing_in;     /* it waits for a credential */
	loop_id timer;       /* the end of patience, or of a request that cannot be sent */
	char *why;
	http_done *done;
	void *arg;
};

struct passage_kind {
	size_t size; /* of the way's own struct */
	/* Keeps what it needs of a request that is well formed; its body is the caller's until the end. */
	void (*take)(struct passage *p, const struct http_request *r);
	/* Sets out; what is shown is valid during the call. Ends by passage_end or passage_fail, from loop_turn. */
	void (*go)(struct passage *p, const struct context_shown *shown);
	/* Frees what take and go made; also called for a request that was never taken. */
	void (*drop)(struct passage *p);
	void (*close)(struct passages *w); /* frees what the way's own struct holds */
};

/* A way that is open. Its own struct begins with this. */
struct passages {
	struct transport transport; /* first: the transport is cast back */
	const struct passage_kind *kind;
	struct run *run;
	struct context *context; /* whose credential is shown; NULL: Google's token */
	enum who who;
	struct passage *first;
	unsigned long last_id;
};

/* A way of size bytes (its own struct, which is zeroed beyond this part), for this caller. Freed by its transport's free. */
struct passages *passages_open(const struct passage_kind *kind, size_t size, struct run *r, enum who who);

/* What the way's requests travel on. */
struct transport *passage_under(const struct passage *p);
/* The caller is told late(p) unless the passage ends within this many seconds. late has to end it. */
void passage_patience(struct passage *p, double seconds, void (*late)(void *passage));
/* The passage is over: it is freed, and the caller is told. The reply stays the one's who calls this. */
void passage_end(struct passage *p, struct http_reply *reply);
/* The same without a reply, in a sentence's words; and with nothing but a status, which is how a refusal by the way itself arrives. */
void passage_fail(struct passage *p, enum http_failure failure, const char *why);
void passage_refuse(struct passage *p, int status);

#endif
