/* Identity providers whose accounts oauth2-proxy lets people sign in with: a row says how oauth2-proxy is told of it, what the operator does in its console,
 * and how its OAuth clients look. Programs show Google's ID tokens whichever it is. */
#ifndef MS_PLAN_PROVIDERS_H
#define MS_PLAN_PROVIDERS_H

#include "plan/answers.h"

struct identity_provider {
	struct choice choice;
	const char *type;                           /* oauth2-proxy's word for it ("provider" in its configuration) */
	bool google;                                /* its accounts are Google's, which IAM knows too */
	bool discovers;                             /* it has an issuer, which describes itself by OpenID Connect Discovery */
	bool asks_vouched;                          /* whether it verifies addresses its description says, or the operator */
	const char *issuer;                         /* the default of auth.issuer, or NULL */
	const char *(*issuer_wrong)(const char *u); /* N_(): what is wrong with an issuer of the general form, or NULL */
	const char *(*domain_wrong)(const char *d); /* N_(): why not everybody of this domain can be let in, or NULL */
	const char *scope;                          /* NULL: oauth2-proxy's own */
	const char *email_claim;                  /* the claim that names people; NULL: "email", which must not be unverified */
	const char *refresh;                      /* how often an account is looked at again, as oauth2-proxy reads it */
	const char *client_pattern, *client_form; /* of auth.client_id beside its general form; both or neither */
	const char
	    *client_only; /* N_(): said of an ID of that pattern at every other provider, which never makes such; or NULL */
	const char *authorize; /* where a sign-in begins, where no description says it (plan.h's struct begins) */
	const char *token;     /* its token endpoint, where no description says it */
	const char *untried;   /* N_(): why its token endpoint cannot tell whether a client's secret is right, or NULL */
	const char *steps;     /* N_(): what to do in its console; %s is the project for Google */
};

/* For struct question's nth. */
const struct choice *providers_nth(size_t i);
/* Whose accounts sign in; Google where nobody asks. */
const struct identity_provider *provider_of(const struct answers *a);
/* Whose the OAuth client is that this question's answer is the secret of: auth.provider's, or Google's for every other. */
const struct identity_provider *provider_of_client(const struct answers *a, const struct question *secret);
/* The issuer that the answers name; NULL where this provider has none. */
const char *provider_issuer_of(const struct identity_provider *p, const struct answers *a);
/* N_(): why not everybody of this domain can be let in by whose accounts sign in, or NULL. */
const char *provider_domain_wrong(const struct answers *a, const char *domain);
/* For struct question's when, check and fallback. */
bool provider_has_issuer(const struct answers *a);
bool provider_is_vouched_for(const struct answers *a);
const char *check_issuer(const struct answers *a, const char *value);
const char *check_client(const struct answers *a, const char *value);
cJSON *provider_issuer(const struct answers *a);

#endif
