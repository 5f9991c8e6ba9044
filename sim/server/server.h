/* mlflow-setup-sim's inside: one thread, one loop, connections that are a proxy's at first and then speak for Google's hosts. */
#ifndef MS_SIM_SERVER_H
#define MS_SIM_SERVER_H

#include "sim/core/ca.h"
#include "sim/server/reader.h"
#include "sim/sim.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>

enum {
	BODY_MAX = 64 << 20, /* bytes of a request's body */
	CONNECTIONS_MAX = 512,
	HOSTS_MAX = 256, /* certificates kept */
	READ_SIZE = 64 << 10,
	PENDING_MAX = 1 << 20, /* bytes on their way to a front before the client is made to wait */
	IDLE_SECONDS = 300,
};
#define STREAM_SECONDS 0.05 /* between two looks for what a stream has to say */

struct front_rule {
	char *host;
	int port;    /* on 127.0.0.1 */
	bool walled; /* it gets what the walls of the deployed stack let through */
};

struct server {
	struct sim *sim;
	int listener, port;
	double speed;        /* virtual seconds a second; 0: leaps from event to event */
	double began, leapt; /* monotonic start; virtual seconds leapt */
	double asked;        /* monotonic time of the last request */
	size_t streams;      /* replies that go on */
	int clock;           /* a pipe from which time comes, in seconds, a number a line; or -1 */
	bool still;          /* no other time passes */
	struct front_rule *fronts;
	size_t front_count, front_room;
	struct connection *connections;
	size_t connection_count;
	struct pollfd
	    fds[2 * CONNECTIONS_MAX + 1]; /* of one turn: the listener, and each connection with what stands behind it */
	struct connection *whose[2 * CONNECTIONS_MAX + 1];
	struct tls_host *hosts;
	size_t host_count;
	bool stop;
};

/* What a connection's other end is at this moment. */
enum stage {
	STAGE_PROXY,  /* speaks HTTP to us as to a proxy */
	STAGE_TUNNEL, /* CONNECT was answered: TLS or plain HTTP comes */
	STAGE_TLS,    /* inside TLS */
	STAGE_PLAIN,  /* plain HTTP inside the tunnel */
};

struct connection {
	struct server *server;
	struct connection *next;
	int fd;
	enum stage stage;
	SSL *ssl;
	char *host;     /* of CONNECT, or of the absolute URL */
	double touched; /* monotonic time of the last byte */
	/* the request being read */
	http_reader parser;
	struct buf in, target, name, value, body;
	struct sim_header *headers;
	size_t header_count, header_room;
	bool last_was_value, complete, too_big, continued;
	/* the reply being sent */
	struct buf out; /* bytes for the socket, encrypted already inside TLS */
	size_t sent;
	struct buf reply; /* the reply that waits for its time */
	size_t replied;
	double due; /* monotonic; when the reply may go */
	bool waiting, closing, reset;
	double leaving; /* all was said; until then what still comes is read and dropped, lest it resets our last words */
	double slow;    /* seconds a byte */
	struct sim_stream stream;      /* what the reply goes on with, in chunks */
	double stream_until, streamed; /* monotonic: its end (infinity: none); when it was last asked */
	/* a front */
	int up; /* -1: none */
	bool up_connecting;
	struct buf up_out;
	size_t up_sent;
	int up_status;
};

/* server.c */
bool server_listen(struct server *v, int port, struct err *e);
void server_turn(struct server *v, int wait); /* one turn of the loop: waits at most so many milliseconds */
void server_free(struct server *v);
double server_clock(void); /* monotonic seconds */
void server_sync(struct server *v,
		 bool looks); /* brings the virtual clock to now; looks: for a request that only reads or waits */
void connection_close(struct connection *c);
/* Sends bytes to the client, through TLS when there is some. */
void connection_send(struct connection *c, const void *data, size_t len);

/* http.c */
void http_start(struct connection *c);
/* Takes what is in c->in as far as it goes; false when the connection is to be closed. */
bool http_read(struct connection *c);
void http_answer(struct connection *c, int status, const char *text);
/* Moves what is due of the reply to the socket's buffer. */
void http_flush(struct connection *c, double now);
/* Sends what a stream has to say now, and its end. */
void http_stream(struct connection *c, double now);
void http_stream_end(struct connection *c);
const char *http_header(const struct connection *c, const char *name);

/* tls.c */
bool tls_start(struct connection *c);
/* Takes encrypted bytes, gives plain ones to c->in; false on a fatal error. */
bool tls_take(struct connection *c, const void *data, size_t len);
void tls_send(struct connection *c, const void *data, size_t len);
/* Whom the client's certificate names, written to into; NULL where it has none that is vouched for. */
const char *tls_certified(const struct connection *c, char *into, int room);
void tls_free(struct server *v);

/* front.c */
const struct front_rule *front_for(const struct server *v, const char *host, bool walled);
/* Hands a whole request on, with these lines for its headers. */
void front_through(struct connection *c, const struct front_rule *f, const char *lines);
void front_start(struct connection *c, const struct front_rule *f);
void front_body(struct connection *c, const char *data, size_t len);
void front_end(struct connection *c);
/* The front's socket is readable, or writable. */
void front_readable(struct connection *c);
void front_writable(struct connection *c);

#endif
