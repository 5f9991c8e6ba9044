/* OAuth clients as a human brings them from the console: the secret alone, or the JSON file that the console offers, taken apart; and whether Google
 * takes a client's ID and secret together, found out before anything is stored. */
#ifndef MS_ENGINE_OAUTH_CLIENT_H
#define MS_ENGINE_OAUTH_CLIENT_H

#include "base/err.h"
#include "plan/answers.h"

struct secret;
struct session;
struct run;

/* id is NULL where the secret came alone. Freed with oauth_client_free. */
struct oauth_client {
	char *id;
	struct secret *secret;
};
void oauth_client_free(struct oauth_client *c);

/* Reads what was pasted, typed or found in a file: UTF-8 or UTF-16, with or without quotes, a secret or, of a client of Google's, the console's JSON. A typed
 * path of a file is read too. False with EXIT_CONFIG when it is neither; the value itself is in no message. */
bool oauth_client_read(struct secret *brought, bool typed, bool google, struct oauth_client *out, struct err *e);

/* Is this text such a download, pasted? */
bool oauth_client_is_download(const char *text);

/* For a secret question with a client: *value becomes the secret alone. False when it is none, or belongs to another client than the answers name.
 * For other questions *value stays as it is. */
bool oauth_client_settle(const struct question *q, const struct answers *a, bool typed, struct secret **value, struct err *e);

/* The secret question whose client's ID is the answer to q, or NULL. */
const struct question *oauth_client_of(const struct question *q);

/* Asks the provider's token endpoint whether a client's ID and secret belong together, by a code that was never given out: nothing is changed, nobody is signed
 * in. */
enum oauth_verdict {
	OAUTH_FITS,
	OAUTH_REFUSED, /* e says why */
	OAUTH_UNKNOWN  /* it could not be asked; e says why */
};
typedef void oauth_done(void *arg, enum oauth_verdict verdict, const struct err *e);
struct oauth_try;
/* q is the secret's question, whose client and its provider the answers name; a and the secret are only read now. done comes from session_turn exactly once; a
 * free before that cancels it. */
struct question;
struct oauth_try *oauth_try_begin(struct session *s, const struct answers *a, const struct question *q, struct secret *secret,
				  oauth_done *done, void *arg);
void oauth_try_free(struct oauth_try *t);

/* Tries each client whose secret this run is about to store, then calls then; when one is refused, its step carries the error. */
void run_try_clients(struct run *r, void (*then)(struct run *r, bool refused));
/* Ends what is under way. */
void run_try_stop(struct run *r);

#endif
