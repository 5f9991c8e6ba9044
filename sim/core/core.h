/* The inside of the simulated cloud: what an API's file builds on. An API is one file that ends in one const struct sim_api, listed in
 * sim/apis.c. A request is matched to a method of the contract, checked against it (unknown path 404, unknown field 400, wrong type
 * 400, in Google's words; read-only fields dropped), its caller authenticated, the API checked to be enabled, the permission checked,
 * and only then is the handler called. */
#ifndef MS_SIM_CORE_H
#define MS_SIM_CORE_H

#include "sim/sim.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request as a handler sees it. Everything here belongs to the core and lives during the call. */
struct sim_call {
	struct sim *sim;
	const char *id;     /* discovery's method id: "run.projects.locations.services.create"; NULL for a raw route */
	const char *method; /* "POST" */
	const char *host;
	const char *path; /* decoded, without query */
	const cJSON
	    *params;     /* path and query parameters by discovery's names, decoded texts; repeated ones are arrays; a project's
	                               number in a path's parameter is already its id */
	cJSON *body;     /* the checked body, or NULL; the handler may take it with sim_take_body */
	const char *raw; /* the bytes of the body as sent (media uploads) */
	size_t raw_len;
	const struct sim_request *request;
	const char *principal; /* "user:operator@example.com", "serviceAccount:...", or NULL for an anonymous caller */
	const char *project;   /* project id that the path or the resource belongs to, ids and numbers folded; or NULL */
	struct sim_reply *reply;
	const char *version;       /* of the API's document: "v1", "v2", "v1beta4"; NULL for a raw route */
	const struct sim_api *api; /* whose handler it is */
};

typedef void sim_handler(struct sim_call *c);

struct sim_route {
	/* Discovery's method id; where two versions share it, "ID@VERSION" is asked first ("run.projects.locations.services.create@v1").
	 * Or, with a blank in it, a raw route "METHOD host/path" whose parts may hold * for any text (host *.run.app with any path); those of a literal
	 * host come before the contract's methods, those of a host with * after them. A raw route checks nothing: its params are the query. */
	const char *id;
	sim_handler *handle;
	const char *
	    permission; /* "run.services.create" checked by the core on what `guard` names, several with blanks between; NULL: none or the handler does it */
	const char *duration; /* key of sim/core/durations.c for the request's latency; NULL: by HTTP method */
};

enum sim_error_dialect { SIM_ERRORS_AIP, SIM_ERRORS_LEGACY, SIM_ERRORS_BOTH };

struct sim_api {
	const char *name;    /* "run" */
	const char *service; /* "run.googleapis.com": must be enabled in the project; NULL when it need not be */
	enum sim_error_dialect errors;
	const struct sim_route *routes; /* ended by a NULL id */
	/* Fills a new world: agents, default networks. May be NULL. world is the description of sim_options. */
	void (*seed)(struct sim *s, const cJSON *world);
	/* Permission checks: the policy holder's full name in the IAM store for this call ("//run.googleapis.com/projects/..."), written
	 * to out. NULL function: the project. */
	void (*guard)(const struct sim_call *c, struct buf *out);
	/* What it serves as sim/api/resource.h has it, ended by a row without methods; may be NULL. The core only keeps it. */
	const struct sim_resource *resources;
	/* A fault rule made an operation of this API fail: leave what Google leaves. arg is what its ending would have got (its operation's
	 * name is "op" or "operation"), or {"ended":NAME} of one that was done at once; error {"code","message"}. False when the
	 * operation is none of this file's. May be NULL. */
	bool (*spoil)(struct sim *s, const cJSON *arg, const cJSON *error);
	/* sim_closed, for hosts of this API. May be NULL. */
	bool (*closed)(struct sim *s, const char *host);
};

/* Replies. --------------------------------------------------------------------------------------------------------------- */
void sim_ok(struct sim_call *c, cJSON *body); /* 200; body is then owned by the core; checked against the contract in
                                                                        debug builds (an unknown field in our own reply aborts) */
void sim_empty(struct sim_call *c);           /* 200 {} */
/* Answers 204, without any body. */
void sim_no_content(struct sim_call *c);
void sim_bytes(struct sim_call *c, int status, const char *type, const void *data, size_t len);
void sim_header(struct sim_call *c, const char *name, const char *value);
/* An error in the API's own dialect. status is the AIP-193 name ("NOT_FOUND") which fixes the HTTP code; reason is for errors[] ("notFound"),
 * NULL for the usual one of that status. */
void sim_fail(struct sim_call *c, const char *status, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with details[] (owned by the core afterwards) and an HTTP code of its own (0: the status's). */
void sim_fail_with(struct sim_call *c, int http, const char *status, const char *reason, cJSON *details, const char *format,
		   ...) __attribute__((format(printf, 6, 7)));
/* A service's failure by google.rpc.Status: {"code":9,"message":...} for operations' error field. */
cJSON *sim_rpc_status(const char *status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A header of the request, whatever its case; NULL when absent. Decodes "a=b&c=d" into texts and arrays of texts. Matches * for any text. */
const char *sim_request_header(const struct sim_request *q, const char *name);
bool sim_parse_query(const char *text, cJSON *query);
bool sim_glob(const char *pattern, const char *text);
/* For the front door, which answers by itself: tells the watcher of sim_on_exchange. */
void sim_log_exchange(struct sim *s, const struct sim_request *q, const struct sim_reply *r, const cJSON *notes);

/* Passing texts: for keys, messages, parts of paths. Each request, timer and stream owns those that are made while it is at work, and frees them at its
 * end; who comes from outside of any (a test, sim_settle) begins and ends its own. They nest. ------------------------------------------------- */
struct scratch {
	char **texts;
	size_t count, room;
	struct scratch *outer;
};
void scratch_begin(struct scratch *own);
void scratch_end(struct scratch *own);
const char *sim_tmp(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
/* Takes over a text on the heap, as a passing one; which is returned. */
char *sim_keep(char *text);

/* Parameters. ------------------------------------------------------------------------------------------------------------ */
const char *sim_param(const struct sim_call *c, const char *name); /* "" when absent */
bool sim_param_bool(const struct sim_call *c, const char *name);
/* The n-th segment of path after splitting at '/', from 0: of "/v1/projects/p", 1 is "projects"; a passing text. */
const char *sim_segment(const struct sim_call *c, int n);
cJSON *sim_take_body(struct sim_call *c); /* the body, now the caller's; an empty object when there was none */

/* The store: objects by collection and key, in order. -------------------------------------------------------------------- */
struct sim_object {
	char *collection; /* "run.services" */
	char *key;        /* "projects/demo-proj/locations/us-central1/services/mlflow": always with the project id */
	cJSON *doc;       /* as Google would show it; members "beta:NAME" are seen through beta paths only, as NAME */
	cJSON *hidden;    /* what only the server knows; an object, may be empty */
	double created;
};
/* Puts a new object; doc is then owned by the store. The key must be free. */
struct sim_object *sim_put(struct sim *s, const char *collection, const char *key, cJSON *doc);
struct sim_object *sim_get(struct sim *s, const char *collection, const char *key); /* or NULL */
void sim_remove(struct sim *s, struct sim_object *o);
/* The first object of the collection whose key starts with prefix, then the next; NULL at the end. Removing the current one while
 * walking needs sim_following called first. O(log n) to start. */
struct sim_object *sim_first(struct sim *s, const char *collection, const char *prefix);
/* The first whose key is not before key (which starts with prefix): where a page begins. */
struct sim_object *sim_first_from(struct sim *s, const char *collection, const char *prefix, const char *key);
struct sim_object *sim_following(struct sim *s, const struct sim_object *o, const char *prefix);
/* Answers a list call: a page of at most pageSize (or maxResults) docs with this prefix for which keep returns true (NULL: all), under
 * field, with nextPageToken. extra (may be NULL) is merged into the reply. O(page). */
void sim_list(struct sim_call *c, const char *collection, const char *prefix, const char *field,
	      bool (*keep)(const struct sim_call *, const struct sim_object *), cJSON *extra);
/* The same with each as seen makes it of the object, for the reply (NULL: its doc). */
void sim_list_seen(struct sim_call *c, const char *collection, const char *prefix, const char *field,
		   bool (*keep)(const struct sim_call *, const struct sim_object *),
		   cJSON *(*seen)(const struct sim_call *, const struct sim_object *), cJSON *extra);
/* Puts a list into a reply, or deletes it where it is empty, which protocol buffers do not show. */
void sim_put_list(cJSON *reply, const char *field, cJSON *list);
/* Full or partial update of doc by a field mask ("a.b,c"; NULL or "" means all fields present in patch): AIP-134. Fields of
 * the mask that patch has not are taken out. */
void sim_merge(cJSON *doc, const cJSON *patch, const char *mask);
/* RFC 7396: null takes a field away. */
void sim_merge_patch(cJSON *doc, const cJSON *patch);
/* The fields (paths, blanks between) are in doc as they are in old, or not at all. */
void sim_retain(cJSON *doc, const cJSON *old, const char *fields);
/* Puts what defaults has and doc has not, however deep. */
void sim_fill(cJSON *doc, const cJSON *defaults);

/* Time and chance. ------------------------------------------------------------------------------------------------------- */
double sim_now(const struct sim *s); /* seconds from 0 */
/* RFC 3339 now, freed by the caller; decimals as the API shows them (Compute Engine: -08:00 offset, sim_stamp_compute). */
char *sim_time(const struct sim *s, int decimals);
/* The same as passing texts. */
const char *sim_stamp(const struct sim *s, int decimals), *sim_stamp_compute(const struct sim *s);
/* Runs fn(sim, arg) after so many seconds; arg is then owned by the core and deleted after the call. */
void sim_after(struct sim *s, double seconds, void (*fn)(struct sim *s, const cJSON *arg), cJSON *arg);
/* A duration drawn from durations.c ("sql.create"): log-normal, seeded; an unknown key ends the program. */
double sim_draw(struct sim *s, const char *key);
uint64_t sim_random(struct sim *s);
void sim_uuid(struct sim *s, char into[static 37]);
char *sim_hex(struct sim *s, int digits); /* freed by the caller */
long long sim_serial(struct sim *s);      /* a new 19-digit id for compute's and others' uint64 ids */

/* Tokens and certificates. ----------------------------------------------------------------------------------------------- */
/* A new access token of this principal, good for so many seconds (infinity: for ever); the caller frees. */
char *sim_token_new(struct sim *s, const char *principal, double seconds);
/* Seconds that a token has left; infinity when it has no end, 0 or less when it is none. */
double sim_token_left(struct sim *s, const char *token);
/* Who owns this bearer token: "user:..." or "serviceAccount:..."; NULL when it is none of ours or has expired. */
const char *sim_token_owner(struct sim *s, const char *token);
/* Signs an OpenID Connect ID token as accounts.google.com (RS256, key of sim/core/oidc.c); claims is borrowed. The caller frees. */
char *sim_id_token(struct sim *s, const cJSON *claims);
/* The certificate authority that vouches for every simulated host, as PEM (a GKE cluster's clusterCaCertificate is this). */
const char *sim_ca_pem(struct sim *s);
/* Checks one: a claims object owned by the caller, or NULL with *why a static text. */
cJSON *sim_id_token_check(struct sim *s, const char *token, const char **why);

/* What the floors above give to the core, which calls nothing of theirs by name. ------------------------------------------- */
/* Projects, services and IAM: what a request is held against before its handler. sim/api/identity.c; as sim/api/shared.h has them. */
struct sim_identity {
	const char *(*project_id)(struct sim *s, const char *id_or_number);
	const char *(*project_number)(struct sim *s, const char *id_or_number);
	bool (*service_on)(struct sim *s, const char *project, const char *service);
	bool (*allowed)(struct sim *s, const char *principal, const char *permission, const char *project, const char *holder);
	/* False, answered, where an organization policy keeps the call's project from using the service. */
	bool (*usage_ok)(struct sim_call *c, const char *service);
	/* Whom a JWT stands for that a service account has signed by itself to call this host with (google.aip.dev/auth/4111): its principal, or NULL. */
	const char *(*jwt_owner)(struct sim *s, const char *token, const char *host);
};
struct sim_floors {
	const struct sim_api *const *apis; /* ended by NULL; worlds are seeded in this order */
	const struct sim_identity *identity;
	const struct sim_workloads *workloads; /* sim/api/workloads.h; the core only keeps it */
	/* A request for a host of a deployed service (run.app, appspot.com, a load balancer's) or of an identity provider. False when nobody serves that host. */
	bool (*front_door)(struct sim *s, const struct sim_request *q, struct sim_reply *out);
};
/* A simulated cloud on these floors, which are borrowed; sim_new (sim/sim.c) is this with all that there is. */
struct sim *sim_build(const struct sim_options *o, const struct sim_floors *floors);
/* What was given as APIs, and as workloads. */
const struct sim_api *const *sim_served(const struct sim *s);
const struct sim_workloads *sim_workloads(const struct sim *s);

#endif
