/* Whose accounts an oauth2-proxy signs in: its provider's endpoints, as it finds them at its start. */
#ifndef MS_SIM_FRONT_GATE_PROVIDER_H
#define MS_SIM_FRONT_GATE_PROVIDER_H

#include "sim/front/oauth2_proxy.h"

struct gate_provider {
	bool google, discovered;
	const char *issuer, *login, *token, *userinfo, *scope; /* texts of sim_tmp, or static */
};

/* Does this provider of oauth2-proxy's need an issuer (its providerRequiresOIDCProviderVerifier)? */
bool gate_has_verifier(const char *provider);
/* What the configuration alone says. */
struct gate_provider gate_provider_of(const struct gate *g);
/* Asks the issuer to describe itself where the provider needs that, as at a start. False with a fault of g: it then does not start. */
bool gate_provider_find(struct sim *s, struct gate *g, struct gate_provider *p);
/* The provider's claims of whoever the code was given for, by its token endpoint; NULL when it gives none. The caller deletes them. */
cJSON *gate_provider_redeem(struct sim *s, const struct gate *g, const struct gate_provider *p, const char *form);
/* The claims of an ID token that the provider's own verifier takes; NULL: it does not, or has none. */
cJSON *gate_provider_check(struct sim *s, const struct gate *g, const struct gate_provider *p, const char *token);
/* The address that claims name, by oidc_email_claim; "" where there is none. *fine is false where the address is said to be unverified. */
const char *gate_provider_email(const struct gate *g, const struct gate_provider *p, const cJSON *claims, bool *fine);

#endif
