/* Contexts of kubeconfig files in use: where their API servers are, and what is shown to them. A context's credential goes to its server alone, and
 * nothing of Google's does. */
#ifndef MS_NET_CONTEXT_H
#define MS_NET_CONTEXT_H

#include "base/err.h"
#include "net/loop.h"
#include "net/transport.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct contexts;
struct context;

/* loop is borrowed and outlives it. */
struct contexts *contexts_new(struct loop *loop);
void contexts_free(struct contexts *c); /* NULL is allowed */
/* A rehearsal's: whatever file and name are said, it is this server, which takes this token. */
void contexts_play(struct contexts *c, const char *server, const char *token);
/* The context of this name (NULL or "": the current one) in this file (NULL or "": those that kubectl takes), read when it is first asked for. NULL with e. */
struct context *contexts_find(struct contexts *c, const char *file, const char *name, struct err *e);

/* [{"id": its name,"title": its server}...] of a file, the current one first; the caller deletes. NULL with e. */
cJSON *contexts_list(struct contexts *c, const char *file, struct err *e);

const char *context_name(const struct context *x);
/* "https://HOST:PORT/PATH", without a slash at the end. */
const char *context_server(const struct context *x);
/* Says in r how the server is reached and who vouches for it; what r points to then is the context's. */
void context_dress(const struct context *x, struct http_request *r);

/* What is shown: a token, or a certificate with its key, or both; NULL is what is not. */
struct context_shown {
	const char *token, *certificate, *key;
};
/* Called from here or from loop_turn. shown is valid during the call; NULL with e when nothing is to be had. */
typedef void context_done(void *arg, const struct context_shown *shown, struct err *e);
void context_credential(struct context *x, context_done *done, void *arg);
/* Whoever waits with this arg is not called any more. False when nobody does, or when it is being called already. */
bool context_forget(struct context *x, void *arg);
/* The day until which its client certificate held, "2026-11-30"; NULL when it holds, or shows none. The caller frees it. */
char *context_expired(const struct context *x);
/* May another credential than the one that was shown be got, from a file or a program? */
bool context_renews(const struct context *x);
/* A 401 came: the next time another credential is got. */
void context_reject(struct context *x);

#endif
