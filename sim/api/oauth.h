/* What the sign-in APIs share: people and accounts as claims, forms, errors of the third dialect. */
#ifndef MS_SIM_API_OAUTH_H
#define MS_SIM_API_OAUTH_H

#include "sim/api/shared.h"

/* The parameters of a request whose body is a form (or JSON), with those of its query. The caller deletes. */
cJSON *oauth_form(const struct sim_call *c);
/* {"error":...,"error_description":...} */
void oauth_error(struct sim_call *c, int http, const char *error, const char *description);
/* Replies outside of the contract. */
void oauth_reply(struct sim_call *c, int http, cJSON *body);
/* The e-mail of "user:a@b" or "serviceAccount:a@b"; "" of NULL. */
const char *oauth_email(const char *principal);
/* The 21-digit id of an account, always the same for the same address; into a buffer of at least 22 bytes, which is returned. */
char *oauth_subject(struct sim *s, const char *email, char *into);
/* Claims about a principal, for ID tokens and userinfo: sub, email, email_verified, hd. The caller deletes. */
cJSON *oauth_claims(struct sim *s, const char *principal);
/* A signed ID token for this audience, good for an hour; nonce may be NULL. The caller frees. */
char *oauth_id_token(struct sim *s, const char *principal, const char *audience, const char *nonce);

#endif
