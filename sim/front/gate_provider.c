/* The providers of oauth2-proxy 7.15 (its providers/): google by its own endpoints, github by its API, the others by OpenID Connect Discovery. */
#include "config.h"
#include "sim/front/gate_provider.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/front/openid.h"

#include <stdlib.h>
#include <string.h>

#define NOT_STARTED                                                                                                            \
	"Failed to initialise OAuth2 Proxy: error initialising provider: could not create provider data: error building OIDC " \
	"ProviderVerifier: "
#define DISCOVERY NOT_STARTED "could not get verifier builder: error while discovery OIDC configuration: "

bool gate_has_verifier(const char *provider)
{
	static const char *const with[] = {"oidc", "adfs", "azure", "cidaas", "gitlab", "keycloak-oidc", "entra-id"};
	for (size_t i = 0; i < sizeof with / sizeof *with; i++)
		if (!strcmp(with[i], provider))
			return true;
	return false;
}

/* A request as oauth2-proxy sends it: GET without a form. */
static void ask(struct sim *s, const char *url, const char *form, const char *bearer, struct sim_reply *r)
{
	const char *host = strstr(url, "://") ? strstr(url, "://") + 3 : url, *path = host + strcspn(host, "/");
	struct sim_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"},
				       {"Authorization", bearer ? sim_tmp("Bearer %s", bearer) : ""}};
	struct sim_request q = {form ? "POST" : "GET",  sim_tmp("%.*s", (int)(path - host), host),
				*path ? path : "/",     headers,
				bearer ? 2 : 1,         form,
				form ? strlen(form) : 0};
	sim_handle(s, &q, r);
}

static cJSON *ask_json(struct sim *s, const char *url, const char *form, const char *bearer, int *status)
{
	struct sim_reply r;
	ask(s, url, form, bearer, &r);
	cJSON *j = cJSON_ParseWithLength(buf_text(&r.body), r.body.len);
	if (!j && r.body.len && !strchr(buf_text(&r.body), '<')) { /* "blindly try json and x-www-form-urlencoded" */
		j = cJSON_CreateObject();
		sim_parse_query(buf_text(&r.body), j);
	}
	*status = r.status;
	sim_reply_free(&r);
	return j;
}

static bool discover(struct sim *s, struct gate *g, struct gate_provider *p)
{
	size_t len = strlen(p->issuer) - text_ends(p->issuer, "/");
	const char *url = sim_tmp("%.*s/.well-known/openid-configuration", (int)len, p->issuer);
	int status;
	cJSON *said = ask_json(s, url, NULL, NULL, &status);
	const char *its = json_str(said, "issuer", "");
	bool skip = gate_bool(g, "insecure_oidc_skip_issuer_verification", false);
	if (status != 200)
		gate_fault(g, xasprintf(DISCOVERY "failed to discover OIDC configuration: unexpected status \"%d\"", status));
	else if (!said)
		gate_fault(g, xasprintf(DISCOVERY "failed to discover OIDC configuration: error unmarshalling body"));
	else if (!skip && strcmp(its, p->issuer) != 0)
		gate_fault(g, xasprintf(DISCOVERY "oidc: issuer did not match the issuer returned by provider, expected \"%s\" "
						  "got \"%s\"",
					p->issuer, its));
	p->login = sim_tmp("%s", json_str(said, "authorization_endpoint", ""));
	p->token = sim_tmp("%s", json_str(said, "token_endpoint", ""));
	p->userinfo = sim_tmp("%s", json_str(said, "userinfo_endpoint", ""));
	cJSON_Delete(said);
	return !g->error;
}

struct gate_provider gate_provider_of(const struct gate *g)
{
	const char *type = gate_text(g, "provider", "google");
	struct gate_provider own = {.google = !strcmp(type, "google"), .discovered = gate_has_verifier(type)}, *p = &own;
	p->issuer = gate_text(g, "oidc_issuer_url", "");
	p->userinfo = "";
	p->login = gate_text(g, "login_url",
			     p->google ? "https://accounts.google.com/o/oauth2/auth"
				       : "https://github.com/login/oauth/authorize");
	p->token = gate_text(g, "redeem_url",
			     p->google ? "https://oauth2.googleapis.com/token" : "https://github.com/login/oauth/access_token");
	p->scope = gate_text(g, "scope",
			     p->google                 ? "profile email"
			     : !strcmp(type, "gitlab") ? "openid email"
			     : !strcmp(type, "github") ? "user:email read:org"
						       : "openid email profile");
	return own;
}

bool gate_provider_find(struct sim *s, struct gate *g, struct gate_provider *p)
{
	*p = gate_provider_of(g);
	bool found = !p->discovered || gate_bool(g, "skip_oidc_discovery", false) || discover(s, g, p);
	g->late = g->error != NULL;
	return found;
}

cJSON *gate_provider_check(struct sim *s, const struct gate *g, const struct gate_provider *p, const char *token)
{
	return p->discovered ? openid_check(s, p->issuer, gate_text(g, "client_id", ""), token) : NULL;
}

/* Claims that the ID token lacks are looked for at the profile's address. */
static void complete(struct sim *s, const struct gate_provider *p, cJSON *claims, const char *access)
{
	int status;
	cJSON *profile = *p->userinfo ? ask_json(s, p->userinfo, NULL, access, &status) : NULL;
	for (const cJSON *c = profile ? profile->child : NULL; c; c = c->next)
		if (!json_at(claims, c->string))
			cJSON_AddItemToObject(claims, c->string, cJSON_Duplicate(c, true));
	cJSON_Delete(profile);
}

/* GitHub's API tells the addresses of whom the token is: the primary one counts, if it is verified. */
static cJSON *github_claims(struct sim *s, const char *access)
{
	int status;
	cJSON *user = ask_json(s, "https://api.github.com/user", NULL, access, &status);
	cJSON *emails = ask_json(s, "https://api.github.com/user/emails", NULL, access, &status);
	cJSON *claims = user ? json_make("{'sub':%s}", json_str(user, "login", "")) : NULL;
	const cJSON *one;
	cJSON_ArrayForEach(one, emails)
		if (claims && json_bool(one, "primary", false) && json_bool(one, "verified", false))
			json_put_str(claims, "email", json_str(one, "email", ""));
	cJSON_Delete(user);
	cJSON_Delete(emails);
	return claims;
}

cJSON *gate_provider_redeem(struct sim *s, const struct gate *g, const struct gate_provider *p, const char *form)
{
	int status;
	cJSON *reply = ask_json(s, p->token, form, NULL, &status), *claims = NULL;
	const char *why = NULL, *token = json_str(reply, "id_token", ""), *access = json_str(reply, "access_token", "");
	if (status == 200 && p->google)
		claims = sim_id_token_check(s, token, &why);
	else if (status == 200 && p->discovered)
		claims = gate_provider_check(s, g, p, token);
	else if (status == 200 && *access)
		claims = github_claims(s, access);
	if (claims && p->discovered)
		complete(s, p, claims, access);
	cJSON_Delete(reply);
	return claims;
}

const char *gate_provider_email(const struct gate *g, const struct gate_provider *p, const cJSON *claims, bool *fine)
{
	const char *claim = p->discovered ? gate_text(g, "oidc_email_claim", "email") : "email";
	const cJSON *verified = json_at(claims, "email_verified");
	bool strict = !strcmp(gate_text(g, "provider", ""), "gitlab");
	*fine = strcmp(claim, "email") != 0 || (p->discovered && gate_bool(g, "insecure_oidc_allow_unverified_email", false)) ||
		(verified ? cJSON_IsTrue(verified) : !strict);
	return json_str(claims, claim, "");
}
