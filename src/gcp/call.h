/* One HTTP exchange with a Google API, as pure data: what a kind wants sent, and how its reply is to be read. */
#ifndef MS_GCP_CALL_H
#define MS_GCP_CALL_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* The dialects of long-running operations (reference/gcp-api.md 1.5). */
enum dialect {
	DIALECT_NONE,      /* the reply is the answer */
	DIALECT_AIP,       /* name, done, error | response; polled at VERSION/{name} of the host that answered */
	DIALECT_RUN,       /* the same, and {name}:wait long-polls */
	DIALECT_COMPUTE,   /* status DONE, error.errors[]; .../wait long-polls */
	DIALECT_SQL,       /* status DONE, error.errors[] valid only then */
	DIALECT_CONTAINER, /* status DONE, error | statusMessage */
	DIALECT_BUILD      /* an AIP operation whose metadata.build is polled itself */
};

/* Whom a call is for: it decides what is shown to whoever answers. */
enum audience {
	AUDIENCE_GOOGLE, /* Google's APIs: the operator's access token, and only when the host is Google's */
	AUDIENCE_CLUSTER, /* a GKE cluster's API server, which takes that token too: with a CA of its own in `ca`, or at its DNS endpoint */
	AUDIENCE_CONTEXT, /* the API server of a context of a kubeconfig file: what that says is shown, and nothing of Google's */
	AUDIENCE_OWN,     /* somebody else's host: `bearer` and `certificate`, nothing of Google's */
	AUDIENCE_NOBODY   /* shown nothing */
};

/* Leaves {"$secret":"NAME"} (and {"$secret":"NAME","as":"base64"}) in body stand for a secret's value; only the transport's
 * last moment puts it in. {"$secret":"NAME","as":"crc32c"} is the decimal CRC-32C of that secret. */
/* The beginning of the URL of a call of AUDIENCE_CONTEXT: what sends it puts the address of the context's server in its place. */
#define CALL_CONTEXT_SERVER "https://context.invalid"

struct call {
	char *method; /* "GET", "POST", ... */
	char *url;    /* https://HOST/..., parameters percent-encoded */
	cJSON *body;  /* NULL for none */
	char *upload; /* name of a file set made by the templates (source archive) to send as media instead of body; or NULL */
	char *content_type; /* of body; NULL for application/json */
	char *accept;       /* media types that the reply may have; NULL for any */
	enum audience audience;
	char *ca;           /* PEM: the only authorities that may vouch for the host; NULL for those of the machine */
	char *certificate;  /* PEM: the client's, with the key in `key`; NULL for none */
	char *key, *bearer; /* names of secrets, looked up at the last moment; NULL for none */
	char *kubeconfig,
	    *context; /* of AUDIENCE_CONTEXT: which file and context, as the answers say; "" where they say nothing */
	enum dialect dialect;
	bool request_id; /* the method takes ?requestId=UUID: the engine adds it, the same on every retry */
	char *
	    fault; /* why no request could be made of its parts, by a fault of ours: "the value after \"instances/\" is missing"; method and url
	                          are NULL then. NULL when nothing is wrong */
};

/* Frees what the call holds, not the struct itself. */
void call_free(struct call *c);
/* A copy of all that it holds, for call_free. */
struct call call_copy(const struct call *c);
/* Does this URL lead, by TLS and without a user part, to a host whose name only Google can answer for? */
bool call_is_google(const char *url);
/* The same for the DNS endpoint of a GKE cluster: Google lets through only whom IAM lets in. */
bool call_is_cluster(const char *url);
/* Fills c: method, URL, and a body that it then owns. The format makes the URL, and every value in it is encoded:
 *   %s    one segment of the path, or the value of a parameter behind "?"
 *   %-s   several segments, as in "projects/p/secrets/s": each is encoded, the slashes stay
 *   %lld  a whole number
 * A segment that is missing, empty, "." or ".." is the call's fault: it then has neither method nor URL, and nothing is sent. */
void call_set(struct call *c, enum dialect dialect, const char *method, cJSON *body, const char *url_format, ...)
    __attribute__((format(printf, 5, 6)));
/* Appends to the URL by the same rules; nothing once there is a fault. */
void call_add(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends what is written here, such as a method's word: no value of anybody's. */
void call_tail(struct call *c, const char *text);
/* The same with a URL that is whole already: one of Google's, or made by call_set before. */
void call_set_url(struct call *c, enum dialect dialect, const char *method, cJSON *body, const char *url);
/* Has the call a fault, then of this kind: kinds that find one of their own. format makes a sentence's end, as in `fault`. */
void call_refuse(struct call *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* operation.c ------------------------------------------------------------------------------------------------------------- */

/* What an operation says of itself. Decoded from any dialect by operation_decode. */
struct operation {
	char *name;     /* for the journal and the operator */
	char *poll_url; /* rebuilt from our own template and the host asked, never taken from the body */
	char *wait_url; /* a long poll (POST), or NULL */
	bool done;
	char *error;      /* Google's message once it failed, else NULL */
	char *error_code; /* "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", "9", "NOT_FOUND", ...; NULL without error */
	double progress;  /* 0 to 1, negative when not told */
};
/* Reads reply (to a request to url) as an operation. False when it has not that shape. The caller frees with operation_free. */
bool operation_decode(enum dialect dialect, const char *url, const cJSON *reply, struct operation *out);
/* An operation of that name as a request to url would have started it: its URLs are made of url's host and scope, whatever the name says. False
 * when the name could lead elsewhere. The caller frees with operation_free. */
bool operation_locate(enum dialect dialect, const char *url, const char *name, struct operation *out);
void operation_free(struct operation *o);

/* api_error.c ------------------------------------------------------------------------------------------------------------- */

/* An error body of any of the three dialects (reference/gcp-api.md 1.3). Strings are owned here; absent ones are NULL. */
struct api_error {
	int http;     /* HTTP status */
	char *status; /* "NOT_FOUND" (AIP-193) */
	char *reason; /* ErrorInfo.reason, else errors[0].reason */
	char *message;
	char *service;      /* ErrorInfo.metadata.service */
	char *consumer;     /* ErrorInfo.metadata.consumer */
	char *permission;   /* the permission named in metadata or message */
	char *constraint;   /* the organisation policy constraint named */
	double retry_after; /* RetryInfo.retryDelay in seconds, negative when absent */
};
/* Decodes a reply body (NULL when it was not JSON: then text, possibly HTML, makes a short message). */
void api_error_decode(int http, const cJSON *reply, const char *text, struct api_error *out);
void api_error_free(struct api_error *e);
/* The organisation policy that a refusal's words are of, "constraints/gcp.resourceLocations", or NULL; the caller frees it. */
char *policy_in(const char *text);
/* Is it a 403 that says no more than that a permission lacks? Others (an API that is off, a token's scopes, a perimeter, a policy) have words and a cure
 * of their own. */
bool api_error_is_plain_denial(const struct api_error *e);

#endif
