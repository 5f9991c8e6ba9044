/* sts.googleapis.com: an outside identity's token for a federated access token (RFC 8693), by the rules of a workload identity pool's
 * provider. Keys come from the provider's own jwksJson, or are ours; other issuers cannot be reached from here. */
#include "config.h"
#include "sim/api/cel.h"
#include "sim/api/oauth.h"
#include "sim/api/sts.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/jwt.h"

#include <stdlib.h>
#include <string.h>

#define POOLS "//iam.googleapis.com/"

static EVP_PKEY *key_of_jwk(const cJSON *jwk)
{
	size_t nn = 0, en = 0;
	const char *n = json_str(jwk, "n", ""), *e = json_str(jwk, "e", "");
	unsigned char *nb = oidc_jwt_decode(n, strlen(n), &nn), *eb = oidc_jwt_decode(e, strlen(e), &en);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *nbn = nb ? BN_bin2bn(nb, (int)nn, NULL) : NULL, *ebn = eb ? BN_bin2bn(eb, (int)en, NULL) : NULL;
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	if (nn && en && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, nbn) &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, ebn) && (params = OSSL_PARAM_BLD_to_param(b)) &&
	    EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	BN_free(nbn);
	BN_free(ebn);
	free(nb);
	free(eb);
	return key;
}

/* Is the token signed by one of the provider's keys? */
static bool signed_by(const char *jwks, const char *token, const char *kid)
{
	cJSON *set = cJSON_Parse(jwks);
	bool good = false;
	const cJSON *keys = json_at(set, "keys");
	for (const cJSON *k = keys ? keys->child : NULL; k && !good; k = k->next) {
		if (strcmp(json_str(k, "kid", kid), kid))
			continue;
		EVP_PKEY *key = key_of_jwk(k);
		good = key && oidc_jwt_verify(key, token);
		EVP_PKEY_free(key);
	}
	cJSON_Delete(set);
	return good;
}

static const char *token_fault(struct sim *s, const cJSON *provider, const char *token, const cJSON *header,
			       const cJSON *claims)
{
	const char *jwks = json_str(provider, "oidc.jwksJson", ""), *why = NULL, *issuer = json_str(claims, "iss", "");
	if (strcmp(issuer, json_str(provider, "oidc.issuerUri", "")))
		return "The issuer in ID Token does not match the expected one.";
	if (json_num(claims, "exp", 0) <= token_wall(s))
		return "The ID Token is stale to sign-in.";
	if (*jwks)
		return signed_by(jwks, token, json_str(header, "kid", "")) ? NULL
									   : "Invalid ID Token: signature verification failed.";
	cJSON *ours = sim_id_token_check(s, token, &why);
	cJSON_Delete(ours);
	if (ours)
		return NULL;
	return strstr(issuer, "accounts.google.com") ? "Invalid ID Token: signature verification failed."
						     : "Error connecting to the given credential's issuer.";
}

/* "projects/P/locations/global/workloadIdentityPools/X/providers/Y", with the project's id, of an audience. */
static struct sim_object *provider_of(struct sim *s, const char *audience)
{
	const char *rest = text_starts(audience, POOLS "projects/") ? audience + strlen(POOLS "projects/") : NULL;
	if (!rest)
		return NULL;
	size_t n = strcspn(rest, "/");
	const char *named = sim_tmp("%.*s", (int)n, rest);
	const char *id = sim_project_id(s, named);
	const char *key = sim_tmp("projects/%s%s", id ? id : named, rest + n);
	return sim_get(s, "iam.workloadIdentityPoolProviders", key);
}

static const char *either(const cJSON *form, const char *snake, const char *camel)
{
	return json_str(form, snake, json_str(form, camel, ""));
}

/* Is the provider, or its pool, deleted or disabled? */
static bool closed(struct sim *s, const struct sim_object *provider)
{
	const char *end = strstr(provider->key, "/providers/");
	const char *key = sim_tmp("%.*s", (int)(end - provider->key), provider->key);
	const struct sim_object *pool = sim_get(s, "iam.workloadIdentityPools", key);
	return !pool || json_bool(pool->doc, "disabled", false) || json_bool(provider->doc, "disabled", false) ||
	       strcmp(json_str(pool->doc, "state", ""), "ACTIVE") || strcmp(json_str(provider->doc, "state", ""), "ACTIVE");
}

/* The token's audience must be the provider's own name, or one that the provider allows. */
static bool audience_ok(const cJSON *provider, const char *asked, const cJSON *claims)
{
	const cJSON *allowed = json_at(provider, "oidc.allowedAudiences"), *a;
	const char *aud = json_str(claims, "aud", json_str(claims, "aud.0", ""));
	bool ok = !cJSON_GetArraySize(allowed) && (!strcmp(aud, sim_tmp("https:%s", asked)) || !strcmp(aud, asked));
	cJSON_ArrayForEach(a, allowed)
		ok = ok || (cJSON_IsString(a) && !strcmp(a->valuestring, aud));
	return ok;
}

/* The mapped attributes beside the claims: {"assertion": ..., "google": {"subject": ...}, "attribute": {...}}. */
static cJSON *mapped(const cJSON *provider, const cJSON *claims)
{
	cJSON *all = json_make("{'assertion':%j,'google':{},'attribute':{}}", cJSON_Duplicate(claims, true));
	const cJSON *rule;
	cJSON_ArrayForEach(rule, json_at(provider, "attributeMapping")) {
		const char *dot = strchr(rule->string, '.');
		char *value = dot && cJSON_IsString(rule) ? cel_value(rule->valuestring, all) : NULL;
		cJSON *into = cJSON_GetObjectItemCaseSensitive(all,
							       text_starts(rule->string, "google.") ? "google" : "attribute");
		if (value)
			cJSON_AddStringToObject(into, dot + 1, value);
		free(value);
	}
	return all;
}

/* Whom the policies see: the subject, and behind blanks the sets that it is in, which is how sim/api/iam_policy.c looks for them. */
static char *principal_of(const char *audience, const cJSON *attributes)
{
	struct buf b = {0};
	const char *end = strstr(audience, "/providers/");
	int n = (int)(end - audience);
	const cJSON *a;
	buf_printf(&b, "principal:%.*s/subject/%s principalSet:%.*s/*", n, audience, json_str(attributes, "google.subject", ""),
		   n, audience);
	cJSON_ArrayForEach(a, json_at(attributes, "attribute"))
		buf_printf(&b, " principalSet:%.*s/attribute.%s/%s", n, audience, a->string, a->valuestring);
	return buf_take(&b);
}

/* Why an exchange is refused. */
struct refusal {
	int http;
	const char *error, *words; /* NULL: it is not */
};

/* By the provider's mapping and condition. */
static struct refusal judge_claims(const struct sim_object *provider, const char *audience, const cJSON *claims,
				   char **principal)
{
	const char *condition = json_str(provider->doc, "attributeCondition", "");
	cJSON *attributes = mapped(provider->doc, claims);
	char *verdict = *condition ? cel_value(condition, attributes) : xstrdup("true");
	const char *subject = json_str(attributes, "google.subject", "");
	struct refusal why = {0};
	if (!*subject)
		why = (struct refusal){400, "invalid_request", "The mapped attribute 'google.subject' must not be empty."};
	else if (strlen(subject) > 127)
		why = (struct refusal){
		    400, "invalid_request",
		    "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute "
		    "mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes."};
	else if (!verdict || strcmp(verdict, "true"))
		why = (struct refusal){401, "unauthorized_client",
				       "The given credential is rejected by the attribute condition."};
	else
		*principal = principal_of(audience, attributes);
	cJSON_Delete(attributes);
	free(verdict);
	return why;
}

/* Whom policies see, in *principal for the caller to free; or why nobody is. */
static struct refusal judge(struct sim *s, const char *audience, const char *token, char **principal)
{
	struct sim_object *provider = provider_of(s, audience);
	cJSON *header, *claims;
	if (!provider || closed(s, provider))
		return (struct refusal){
		    400, "invalid_target",
		    "The target service indicated by the \"audience\" parameters is invalid. This might either be because the "
		    "pool or provider is disabled or deleted or because it doesn't exist."};
	if (!oidc_jwt_parts(token, &header, &claims))
		return (struct refusal){400, "invalid_request", "Unable to parse the ID Token."};
	const char *fault = token_fault(s, provider->doc, token, header, claims);
	if (!fault && !audience_ok(provider->doc, audience, claims))
		fault = "The audience in ID Token does not match the expected audience.";
	struct refusal why = fault ? (struct refusal){400, "invalid_grant", fault}
				   : judge_claims(provider, audience, claims, principal);
	cJSON_Delete(header);
	cJSON_Delete(claims);
	return why;
}

char *sts_exchanged(struct sim *s, const char *audience, const char *token)
{
	char *principal = NULL;
	judge(s, audience, token, &principal);
	return principal;
}

static void exchange(struct sim_call *c, const cJSON *form)
{
	char *principal = NULL;
	struct refusal why = judge(c->sim, either(form, "audience", "audience"), either(form, "subject_token", "subjectToken"),
				   &principal);
	if (why.words) {
		oauth_error(c, why.http, why.error, why.words);
		return;
	}
	char *made = sim_token_new(c->sim, principal, 3600);
	oauth_reply(c, 200,
		    json_make("{'access_token':%s,'issued_token_type':'urn:ietf:params:oauth:token-type:access_token',"
			      "'token_type':'Bearer','expires_in':3600}",
			      made));
	free(principal), free(made);
}

static void sts_token(struct sim_call *c)
{
	cJSON *form = oauth_form(c);
	if (strcmp(either(form, "grant_type", "grantType"), "urn:ietf:params:oauth:grant-type:token-exchange"))
		oauth_error(c, 400, "unsupported_grant_type", "Invalid value for \"grant_type\".");
	else
		exchange(c, form);
	cJSON_Delete(form);
}

static const struct sim_route routes[] = {
    {"POST sts.googleapis.com/v1/token", sts_token, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_sts = {.name = "sts", .errors = SIM_ERRORS_AIP, .routes = routes};
