/* Application default credentials (reference/engine.md 4): where they were found, and a token when one is asked for. */
#ifndef MS_NET_CREDENTIALS_H
#define MS_NET_CREDENTIALS_H

#include "base/err.h"
#include "net/loop.h"
#include "net/transport.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct credentials;

/* Finds them in Google's order: GOOGLE_APPLICATION_CREDENTIALS (unusable is an error, no fall-through), the gcloud configuration
 * directory, the metadata server. Types authorized_user, service_account, impersonated_service_account and external_account (token in a file or
 * behind a URL); any other is refused by name. No request is made yet.
 * EXIT_CONFIG on failure. */
struct credentials *credentials_find(struct loop *loop, struct transport *transport, struct err *e);
/* From an object of the same form (borrowed); describe is what credentials_describe says. A rehearsal's are made this way. */
struct credentials *credentials_from_json(struct loop *loop, struct transport *transport, const cJSON *file,
					  const char *describe, struct err *e);
/* Calls nobody who waits. */
void credentials_free(struct credentials *c);

/* "authorized_user from /home/x/.config/gcloud/application_default_credentials.json": for the screen; no secret in it. */
const char *credentials_describe(const struct credentials *c);
const char *credentials_quota_project(const struct credentials *c); /* or NULL */
const char *credentials_project(const struct credentials *c);       /* or NULL */
const char *credentials_email(const struct credentials *c);         /* a service account's; NULL for others: ask userinfo */

/* Calls done with an access token, fresh for at least 225 s, fetching it when needed; all who wait share one refresh. token is NULL, and
 * e set, when it failed. The token is wiped after the call. */
typedef void credentials_done(void *arg, const char *token, struct err *e);
void credentials_token(struct credentials *c, credentials_done *done, void *arg);
/* Whoever waits with this arg is not called any more. False when nobody does, or when it is being called already. */
bool credentials_forget(struct credentials *c, void *arg);
/* A 401 came: the next credentials_token fetches a new one. */
void credentials_reject(struct credentials *c);

#endif
