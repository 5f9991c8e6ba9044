/* When to send a request again: a pure function over what came back (reference/gcp-api.md 1.4, reference/engine.md 2.1 and 5.2). */
#ifndef MS_NET_RETRY_H
#define MS_NET_RETRY_H

#include "gcp/call.h"
#include "net/transport.h"

#include <stdbool.h>

/* The longest that one Retry-After is honoured; a longer one waits this long and asks again. */
#define RETRY_AFTER_CAP 120.0

enum retry_class {
	RETRY_NEVER,   /* it would fail again: the caller hears of it */
	RETRY_LATER,   /* after delay */
	RETRY_SIGN_IN, /* a 401: once, with a new token */
	RETRY_PLAIN,   /* at once, without x-goog-user-project */
	RETRY_UNKNOWN  /* it may have acted: the caller looks before it sends again */
};

struct retry_facts {
	enum http_failure failure;
	const struct api_error *error; /* of a status that is not 2xx; NULL when there was no status or no error */
	const char *retry_after;       /* the header, or NULL */
	double wall;                   /* seconds since 1970, for a Retry-After that is a date */
	int tries;                     /* sent so far, 1 after the first */
	double chance;                 /* 0 to 1, drawn by the caller: jitter */
	bool look_first;               /* the request may not be sent twice blindly */
	bool just_enabled;             /* the project's APIs were enabled moments ago */
	bool signed_in_again;          /* a 401 was answered with a new token already */
	bool quota_project;            /* x-goog-user-project was sent */
};

struct retry {
	enum retry_class class;
	double delay;
	const char *why; /* for the log: "rate limit", never NULL */
	bool coming_up;  /* the service was enabled just now: it is enough that one asks */
};
struct retry retry_decide(const struct retry_facts *f);

/* Seconds that a Retry-After value asks for: a number or an HTTP date; capped at RETRY_AFTER_CAP; negative when it is neither. */
double retry_after_seconds(const char *value, double wall);

/* Exponential: base doubles each try up to cap, then a quarter up or down by chance. */
double retry_backoff(int tries, double base, double cap, double chance);

#endif
