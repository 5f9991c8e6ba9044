/* Identity providers elsewhere: OpenID Connect issuers (OpenID Connect Core and Discovery 1.0, RFC 6749, 7636), and GitHub's OAuth. A world lists its issuers;
 * without a list whatever address is asked is one, so that a rehearsal finds the operator's. */
#ifndef MS_SIM_FRONT_OPENID_H
#define MS_SIM_FRONT_OPENID_H

#include "sim/front/http.h"

/* Answers a request for an issuer's host or GitHub's; false when it is none of theirs. */
bool openid_answer(struct visit *v, struct sim_reply *out);
/* github.c */
bool github_answer(struct visit *v, struct sim_reply *out);
/* What was sent, by query and form; the page that asks for an account's name and sends all of it back. */
cJSON *openid_form(const struct visit *v);
void openid_ask_who(const cJSON *form, struct sim_reply *out);
/* The claims of an ID token of this issuer for this client; NULL when its signature, issuer, audience or time is wrong. The caller deletes them. */
cJSON *openid_check(struct sim *s, const char *issuer, const char *client, const char *token);

#endif
