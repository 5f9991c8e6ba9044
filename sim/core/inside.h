/* What only the core's own files see of the simulated cloud. */
#ifndef MS_SIM_INSIDE_H
#define MS_SIM_INSIDE_H

#include "sim/core/contract.h"
#include "sim/core/core.h"
#include "base/libcrypto.h"

struct node;   /* store.c */
struct timer;  /* clock.c */
struct faults; /* faults.c */

struct sim {
	const struct sim_floors *floors; /* those above */
	/* clock.c */
	double now, start;
	bool pessimistic;
	uint64_t random[4];
	struct timer *timers; /* a heap by due time, then by order of setting */
	size_t timer_count, timer_room;
	uint64_t timer_order;
	long long serial;
	/* store.c */
	struct node *head;
	uint64_t store_random;
	size_t objects;
	size_t store_steps; /* comparisons so far; the tests count them */
	/* handle.c */
	const struct routed *routes; /* sorted by id */
	size_t route_count;
	const struct routed **raw;
	size_t raw_count;
	struct exchange *current;
	void (*watch)(void *arg, const cJSON *entry);
	void *watch_arg;
	bool strict;
	/* faults.c */
	struct faults *faults;
	bool tls_apart;
	/* token.c, oidc.c, ca.c */
	char *owner, *project, *owner_token;
	cJSON *credentials;
	bool real_wall;      /* tokens' times are the machine's: the clients' clocks do not leap with ours */
	double token_factor; /* tokens live so many times longer, where the clock runs faster than the clients' */
	EVP_PKEY *oidc_key;
	char *oidc_kid;
	struct authority *ca;
	/* of the cluster that is nobody's but its own (sim/api/kubernetes_elsewhere.c) */
	EVP_PKEY *elsewhere_key;
	struct authority *elsewhere_ca;
};

struct routed {
	const struct sim_route *route;
	const struct sim_api *api;
};

/* One request on its way through the core. */
struct exchange {
	struct sim_call call;
	struct contract_method method;
	bool has_method;             /* false for raw routes */
	const struct routed *routed; /* NULL when nothing handles it */
	enum sim_error_dialect errors;
	bool answered;
	cJSON *query; /* decoded query parameters, the standard ones too */
	cJSON *
	    notes; /* {"deprecated":[...],"ignored":[...],"permissions":[...]}: fields that were used, permissions that were asked for; NULL when none */
	char *path;
};

/* core.c: the clients are other programs, with clocks of their own. */
void sim_serve_outside(struct sim *s, double token_factor);
/* store.c */
void store_init(struct sim *s);
void store_free(struct sim *s);
/* clock.c */
void clock_init(struct sim *s, const struct sim_options *o);
void clock_free(struct sim *s);
/* Takes what waits for this operation's end (its args name it in "op" or "operation") out of the clock: the args, for the caller to delete. */
cJSON *clock_cancel(struct sim *s, const char *operation);
double clock_draw_latency(struct sim *s, const char *key, const char *service, const char *method);
/* durations.c: false when the key is unknown */
struct duration {
	const char *key;
	double median, p95;
	double other; /* the median of a second hump; 0: none */
	double share; /* of draws in the second hump */
};
const struct duration *duration_find(const char *key);
const struct duration *duration_at(size_t n); /* NULL past the last */
/* routes.c */
void routes_init(struct sim *s);
void routes_free(struct sim *s);
/* The route of a method of the contract, "id@version" before "id": what two versions of an API share may be told apart. NULL when there is none. */
const struct routed *route_by_contract(const struct sim *s, const struct contract_method *m);
/* The raw route for the request: the longest that fits. literal: those of a host without wildcard, which come first. */
const struct routed *route_raw(const struct sim *s, const char *method, const char *host, const char *path, bool literal);
/* guard.c: who asks (filled in), who pays, what the caller may; all return false after having answered with an error. named: the project as the path has it. */
bool guard_caller(struct exchange *x);
bool guard_consumer(struct exchange *x, const char *named);
bool guard_permission(struct exchange *x);
/* check.c: all return false after having answered with an error */
bool check_query(struct exchange *x);
bool check_body(struct exchange *x);
/* Ends the program with a message when the reply is not what the contract says. */
void check_reply(const struct exchange *x, const cJSON *body);
/* Enums as their proto numbers, as alt=json;enum-encoding=int asks. */
void check_number_enums(const struct exchange *x, cJSON *body);
/* fields.c: keeps only what a `fields` mask selects; false when the mask is malformed. */
bool fields_select(cJSON *body, const char *mask);
/* reply.c */
/* faults.c */
struct fault_result {
	bool replied;                   /* the reply is made; do not act */
	const struct fault_rule *after; /* to be applied to the reply once it is made */
};
void faults_free(struct faults *f);
struct fault_result faults_before(struct sim *s, const struct sim_request *q, struct sim_reply *out);
void faults_after(struct sim *s, const struct fault_rule *rule, struct sim_reply *out);
/* What the log says of an exchange that a rule had its hand in, as "fault": "instead" of acting the rule answered; it acted, and the reply was changed
 * "after"; what it began was made to be "failed", by "failure". Nothing, where a rule was for the operation and the API itself refused to begin one:
 * `status` is that of the reply. */
void faults_mark(const struct fault_result *r, int status, cJSON *notes);
/* How often each rule has acted, in order. */
cJSON *faults_acts(const struct sim *s);
/* Does a rule want TLS to this host to be bad, now? Asked by who ends TLS (tls_apart is then set, and requests do not match such rules). */
bool faults_bad_tls(struct sim *s, const char *host);
/* Delays by rule: the seconds to use for a drawn duration of this key; a negative seconds means never. */
double faults_duration(struct sim *s, const char *key, double drawn);
/* token.c */
void token_init(struct sim *s, const cJSON *world);
void token_free(struct sim *s);
/* Seconds since 1970 as the clients' clocks have it. */
double token_wall(const struct sim *s);
void oidc_free(struct sim *s);
void ca_free(struct sim *s);

#endif
