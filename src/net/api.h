/* Calls to Google's APIs: credentials, quota project, retries by class, one place. */
#ifndef MS_NET_API_H
#define MS_NET_API_H

#include "base/err.h"
#include "gcp/call.h"
#include "net/loop.h"
#include "net/transport.h"

struct api;
struct credentials; /* net/credentials.h */

/* What became of a call after all retries. Owned by api_call, valid during the callback. */
struct api_result {
	int http;           /* 0 when no reply was had */
	const cJSON *reply; /* parsed JSON, or NULL */
	const char *text;   /* the raw body */
	size_t text_len;
	const struct http_reply *raw; /* the last reply, for its headers */
	struct api_error error;       /* decoded when http is not 2xx */
	struct err err;               /* set when the call failed: worded for the operator, with exit code */
	bool unknown;                 /* the request was sent and no whole reply came: look before sending it again */
	int tries;
};
typedef void api_done(void *arg, const struct api_result *result);

/* Counters for the bench and the last page. */
struct api_counts {
	unsigned long requests, reads, writes, retries;
};

/* loop, transport and credentials are borrowed and must outlive it. quota_project may be NULL. */
struct api *api_new(struct loop *loop, struct transport *transport, struct credentials *credentials, const char *quota_project);
void api_free(struct api *a);
struct api_counts api_counted(const struct api *a);

struct api_policy {
	/* Seconds for all tries together; 0 means 300. Of a host that stood before this run and has given no good answer in it, ten at most while nothing at all
	 * comes from it, thirty while only failures (5xx, replies that break off) do. */
	double budget;
	double timeout;           /* seconds for one try; 0 means 60: longer for long polls and uploads */
	bool no_retry_unknown;    /* a broken reply ends the call with unknown set (creates: the caller looks first) */
	bool just_enabled;        /* APIs were enabled in this run: SERVICE_DISABLED is waited out, within the budget */
	bool once;                /* no retry of any kind but a new token: the caller knows better when */
	unsigned long range_from; /* for text that grows: only what stands after this many bytes is asked for; 0 asks for all */
	const char *request_id;   /* for calls that take ?requestId=: the UUID; NULL draws one for this call */
};

/* Substitutes $secret leaves from this function at the last moment; NULL ends the call with EXIT_BUG. */
struct secret;
void api_set_secrets(struct api *a, struct secret *(*lookup)(void *arg, const char *name), void *arg);
/* Where calls of AUDIENCE_CONTEXT go, and what is shown there; borrowed, and outlives a. NULL, as at first: nowhere. */
struct contexts;
void api_set_contexts(struct api *a, struct contexts *contexts);
/* Supplies the bytes of struct call.upload. */
void api_set_uploads(struct api *a, bool (*lookup)(void *arg, const char *name, struct buf *out), void *arg);

/* Starts a call; done comes from loop_turn exactly once, unless it is cancelled. call is copied. Its audience decides what is shown to the host: a
 * call for Google to a host that is not Google's ends with EXIT_BUG, and nothing is sent. */
unsigned long api_call(struct api *a, const struct call *call, const struct api_policy *policy, api_done *done, void *arg);
void api_cancel(struct api *a, unsigned long id);

/* What to do when TLS fails. */
const char *api_tls_fix(void);
/* The same where what answered in Google's place may be something on the way. */
const char *api_between_fix(void);

/* A version 4 UUID from libsodium into at least 37 bytes, which is returned. */
char *api_uuid(char *into);
/* What helps where an organisation policy, "constraints/gcp.resourceLocations", forbids something; the caller frees it. */
char *api_policy_fix(const char *constraint);

#endif
