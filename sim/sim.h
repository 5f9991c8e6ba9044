/* The simulated cloud, seen from outside: a function of store, clock and request. Served in process (rehearsal) and over HTTPS by
 * mlflow-setup-sim. It shares no code with the client but base/. */
#ifndef MS_SIM_SIM_H
#define MS_SIM_SIM_H

#include "base/buf.h"
#include "base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;

struct sim_options {
	uint64_t seed;      /* 0 means 1 */
	const cJSON *world; /* the starting world (see sim/api/world.c), or NULL for the default; not kept */
	double start;       /* seconds since 1970 at time 0; 0 means 2026-01-01T09:00:00Z */
	bool pessimistic;   /* draw times around the 95th percentile */
};
/* A ready-made world by name ("default", "no-organization", "no-billing", "restricted", ...); NULL when there is none of that name.
 * The caller deletes. */
cJSON *sim_world_named(const char *name);
struct sim *sim_new(const struct sim_options *o, struct err *e);
void sim_free(struct sim *s);

struct sim_header {
	const char *name, *value;
};
struct sim_request {
	const char *method; /* upper case */
	const char *host;   /* "run.googleapis.com", without port */
	const char *target; /* path and query as sent: "/v2/projects/p?x=y" */
	const struct sim_header *headers;
	size_t header_count;
	const char *body;
	size_t body_len;
};
/* The header by which whoever ends TLS says whom the client's certificate names, where the host's own authority vouches for it. It is no name that HTTP
 * allows: no client can send it. */
#define SIM_CERTIFIED "(certified)"
/* What a fault rule asks of whoever carries the bytes; zero for none. */
struct sim_mischief {
	enum {
		SIM_SEND,
		SIM_RESET_BEFORE,
		SIM_RESET_AFTER,
		SIM_TRUNCATE,
		SIM_WRONG_LENGTH,
		SIM_SLOW,
		SIM_BAD_TLS,
		SIM_NO_ROUTE
	} how;
	double seconds; /* SIM_SLOW: pause between bytes */
};
/* A reply whose body goes on: more adds what there is to say now and tells whether the stream goes on; who does not carry streams takes the
 * body for the whole. take, with a reply 101 only, gets the client's bytes, which both sides then speak another protocol in. end frees the state. */
struct sim;
struct sim_stream {
	bool (*more)(struct sim *s, void *state, struct buf *out); /* NULL: no stream */
	void (*end)(void *state);
	void *state;
	double seconds; /* it ends after so many; 0: when the client goes */
	void (*take)(struct sim *s, void *state, const char *data, size_t len); /* NULL: the client says nothing more */
};
struct sim_reply {
	int status;
	char *headers; /* "Name: value\r\n" lines without Content-Length; owned */
	struct buf body;
	double latency; /* seconds until the reply should arrive */
	struct sim_mischief mischief;
	struct sim_stream stream;
	bool
	    through; /* the walls have let it through to a real server (sim_behind): headers are the request's, as that one gets them */
};
void sim_reply_free(struct sim_reply *r);
/* A stream's take, its more and its end, for whoever carries it: nobody calls the stream's own. Ending none, or one that has ended, does nothing. */
void sim_stream_take(struct sim *s, struct sim_stream *stream, const char *data, size_t len);
bool sim_stream_more(struct sim *s, struct sim_stream *stream, struct buf *out);
void sim_stream_end(struct sim_stream *stream);

/* Time, in seconds from 0. sim_advance moves it forward and runs what is due; going back is ignored. sim_next is when the next thing
 * happens by itself (infinity when nothing will). */
void sim_advance(struct sim *s, double now);
double sim_next(const struct sim *s);
double sim_wall(const struct sim *s); /* seconds since 1970 */

/* Is this a host to which no connection comes about from where clients are? A request to it is answered with SIM_NO_ROUTE. */
bool sim_closed(struct sim *s, const char *host);
/* Answers one request at the present time. */
void sim_handle(struct sim *s, const struct sim_request *q, struct sim_reply *out);

/* What stands as MLflow behind the walls of this host is a real server, which the caller asks when a reply says "through". */
void sim_behind(struct sim *s, const char *host);

/* What was last changed about what has this name is seen everywhere from now on, instead of after a lag that chance decides: who may use it ("secrets/s":
 * a resource's name ends so), whether an API is enabled ("apis/run.googleapis.com"), that a service account was made ("accounts/EMAIL"). */
void sim_settle(struct sim *s, const char *name);
/* Google's methods of the simulated APIs that are answered with 501, a line each: METHOD VERB https://HOST/TEMPLATE. Appended to out. */
void sim_outside(const struct sim *s, struct buf *out);

/* Fault rules (a JSON array, see sim/core/faults.c); replaces those in force. */
bool sim_faults(struct sim *s, const cJSON *rules, struct err *e);
/* The whole store as JSON, for --dump, with how often each fault rule has acted as "(faults)"; the caller deletes it. */
cJSON *sim_dump(const struct sim *s);
/* Called for each exchange after it was answered: the entry has time, method, url, headers, request, reply, status (no authorization).
 * Borrowed during the call. */
void sim_on_exchange(struct sim *s, void (*fn)(void *arg, const cJSON *entry), void *arg);

/* The owner's access token, the project, and the authorized_user credentials that the token endpoint honours. Owned by the sim. */
const char *sim_owner_token(const struct sim *s);
const char *sim_project(const struct sim *s);
const cJSON *sim_owner_credentials(const struct sim *s);

/* A cluster that is not Google's answers as SIM_ELSEWHERE_HOST, and as 127.0.0.1: a kubeconfig file for it at this address ("https://HOST:PORT"), with a context whose
 * user has a token ("elsewhere") and one whose user has a certificate ("elsewhere-certificate"). The caller deletes it. */
#define SIM_ELSEWHERE_HOST "kubernetes.elsewhere.test"
cJSON *sim_kubeconfig(struct sim *s, const char *server);

#endif
