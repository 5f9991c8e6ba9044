/* The token endpoint: refresh tokens, codes of the sign-in page, JWTs of service accounts; who a token belongs to; signing keys. */
#include "config.h"
#include "sim/api/oauth.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/jwt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600, SKEW = 300 };

cJSON *oauth_form(const struct sim_call *c)
{
	cJSON *form = c->raw_len && c->raw[0] == '{' ? cJSON_ParseWithLength(c->raw, c->raw_len) : NULL;
	if (!cJSON_IsObject(form)) {
		cJSON_Delete(form);
		form = cJSON_CreateObject();
		sim_parse_query(sim_tmp("%.*s", (int)(c->raw_len), c->raw_len ? c->raw : ""), form);
	}
	for (const cJSON *q = c->params->child; q; q = q->next)
		if (cJSON_IsString(q) && !cJSON_GetObjectItemCaseSensitive(form, q->string))
			cJSON_AddStringToObject(form, q->string, q->valuestring);
	return form;
}

void oauth_reply(struct sim_call *c, int http, cJSON *body)
{
	char *text = json_text(body, 0);
	sim_bytes(c, http, "application/json; charset=utf-8", text, strlen(text));
	sim_header(c, "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");
	free(text);
	cJSON_Delete(body);
}

void oauth_error(struct sim_call *c, int http, const char *error, const char *description)
{
	oauth_reply(c, http, json_make("{'error':%s,'error_description':%s}", error, description));
}

const char *oauth_email(const char *principal)
{
	const char *colon = principal ? strchr(principal, ':') : NULL;
	return colon ? colon + 1 : "";
}

char *oauth_subject(struct sim *s, const char *email, char *into)
{
	const char *known = sim_account_id(s, email);
	unsigned char hash[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)email, strlen(email), hash);
	if (known)
		snprintf(into, 22, "%s", known);
	for (int i = 0; !known && i < 21; i++)
		into[i] = i ? (char)('0' + hash[i] % 10) : '1';
	into[21] = '\0';
	return into;
}

cJSON *oauth_claims(struct sim *s, const char *principal)
{
	char subject[22];
	const char *email = oauth_email(principal), *domain = strchr(email, '@');
	cJSON *claims = json_make("{'sub':%s,'email':%s,'email_verified':true}", oauth_subject(s, email, subject), email);
	if (domain && text_starts(principal, "user:") && strcmp(domain, "@gmail.com"))
		cJSON_AddStringToObject(claims, "hd", domain + 1);
	return claims;
}

char *oauth_id_token(struct sim *s, const char *principal, const char *audience, const char *nonce)
{
	cJSON *claims = oauth_claims(s, principal);
	double now = floor(token_wall(s));
	cJSON_AddStringToObject(claims, "iss", "https://accounts.google.com");
	cJSON_AddStringToObject(claims, "aud", audience);
	cJSON_AddStringToObject(claims, "azp", text_starts(principal, "user:") ? audience : json_str(claims, "sub", ""));
	cJSON_AddNumberToObject(claims, "iat", now);
	cJSON_AddNumberToObject(claims, "exp", now + HOUR);
	if (nonce && *nonce)
		cJSON_AddStringToObject(claims, "nonce", nonce);
	char *token = sim_id_token(s, claims);
	cJSON_Delete(claims);
	return token;
}

/* Does the scope ask for an ID token? */
static bool oauth_wants_id(const char *scope)
{
	/* Google's rule: an identity scope brings an ID token; oauth2-proxy asks for "profile email". */
	static const char *const identity[] = {" openid ", " email ", " profile ", "/auth/userinfo.email ",
					       "/auth/userinfo.profile "};
	const char *padded = sim_tmp(" %s ", scope);
	bool wants = false;
	for (size_t i = 0; i < sizeof identity / sizeof *identity; i++)
		wants |= strstr(padded, identity[i]) != NULL;
	return wants;
}

/* Grants ------------------------------------------------------------------------------------------------------------------- */
static void grant(struct sim_call *c, const char *principal, const char *scope, const char *audience, const char *nonce,
		  const char *refresh)
{
	char *token = sim_token_new(c->sim, principal, HOUR);
	cJSON *reply = json_make("{'access_token':%s,'expires_in':%d,'token_type':'Bearer'}", token, HOUR - 1);
	if (*scope)
		cJSON_AddStringToObject(reply, "scope", scope);
	if (audience && oauth_wants_id(scope)) {
		char *id = oauth_id_token(c->sim, principal, audience, nonce);
		cJSON_AddStringToObject(reply, "id_token", id);
		free(id);
	}
	if (refresh)
		cJSON_AddStringToObject(reply, "refresh_token", refresh);
	free(token);
	oauth_reply(c, 200, reply);
}

static void by_refresh_token(struct sim_call *c, const cJSON *form)
{
	struct sim_object *o = sim_get(c->sim, "oauth.refresh", json_str(form, "refresh_token", ""));
	if (!o) {
		oauth_error(c, 400, "invalid_grant", "Token has been expired or revoked.");
	} else if (strcmp(json_str(o->doc, "client_id", ""), json_str(form, "client_id", ""))) {
		oauth_error(c, 401, "invalid_client", "The OAuth client was not found.");
	} else if (strcmp(json_str(o->doc, "client_secret", ""), json_str(form, "client_secret", ""))) {
		oauth_error(c, 401, "invalid_client", "Unauthorized");
	} else {
		const char *usual =
		    "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email openid";
		grant(c, json_str(o->doc, "principal", ""), json_str(form, "scope", json_str(o->doc, "scope", usual)),
		      json_str(o->doc, "client_id", ""), NULL, NULL);
	}
}

/* The verifier of RFC 7636 against the challenge given at the start. */
static bool pkce_ok(const cJSON *code, const cJSON *form)
{
	const char *challenge = json_str(code, "code_challenge", ""), *verifier = json_str(form, "code_verifier", "");
	if (!*challenge)
		return true;
	if (strcmp(json_str(code, "code_challenge_method", "plain"), "S256"))
		return !strcmp(challenge, verifier);
	unsigned char hash[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)verifier, strlen(verifier), hash);
	char *text = oidc_jwt_encode(hash, sizeof hash);
	bool same = !strcmp(text, challenge);
	free(text);
	return same;
}

/* Could the console have made this secret? */
static bool is_client_secret(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	return len >= 20 && len <= 128 && !text[len];
}

/* Why the client is refused, or NULL. Clients are made in the console, which is not simulated: the first secret that is shown for one, and could be one,
 * is the one that the console gave. */
static const char *client_fault(struct sim_call *c, const char *id, const char *secret)
{
	struct sim_object *known = sim_get(c->sim, "oauth.clients", id);
	if (!*id || !text_ends(id, ".apps.googleusercontent.com"))
		return "The OAuth client was not found.";
	if (!is_client_secret(secret) || (known && strcmp(json_str(known->doc, "secret", ""), secret) != 0))
		return "Unauthorized";
	if (!known)
		sim_put(c->sim, "oauth.clients", id, json_make("{'secret':%s}", secret));
	return NULL;
}

/* As Google does, the client is looked at before the code. */
static void by_code(struct sim_call *c, const cJSON *form)
{
	struct sim_object *o = sim_get(c->sim, "oauth.codes", json_str(form, "code", ""));
	const char *basic = sim_request_header(c->request, "Authorization");
	const char *fault = basic ? NULL
				  : client_fault(c, json_str(form, "client_id", ""), json_str(form, "client_secret", ""));
	if (fault) {
		oauth_error(c, 401, "invalid_client", fault);
	} else if (!o || json_num(o->doc, "expires", 0) < sim_now(c->sim)) {
		oauth_error(c, 400, "invalid_grant", "Malformed auth code.");
	} else if (!basic && (strcmp(json_str(o->doc, "client_id", ""), json_str(form, "client_id", "")) ||
			      !*json_str(form, "client_secret", ""))) {
		oauth_error(c, 401, "invalid_client", "The OAuth client was not found.");
	} else if (strcmp(json_str(o->doc, "redirect_uri", ""), json_str(form, "redirect_uri", ""))) {
		oauth_error(c, 400, "redirect_uri_mismatch", "Bad Request");
	} else if (!pkce_ok(o->doc, form)) {
		oauth_error(c, 400, "invalid_grant", "Invalid code verifier.");
	} else {
		char *hex = sim_hex(c->sim, 40);
		const char *refresh = sim_tmp("1//%s", hex);
		cJSON *doc = json_make("{'principal':%s,'client_id':%s,'client_secret':%s,'scope':%s}",
				       json_str(o->doc, "principal", ""), json_str(o->doc, "client_id", ""),
				       json_str(form, "client_secret", ""), json_str(o->doc, "scope", ""));
		bool offline = !strcmp(json_str(o->doc, "access_type", ""), "offline");
		grant(c, json_str(doc, "principal", ""), json_str(doc, "scope", ""), json_str(doc, "client_id", ""),
		      json_str(o->doc, "nonce", NULL), offline ? refresh : NULL);
		if (offline)
			sim_put(c->sim, "oauth.refresh", refresh, doc);
		else
			cJSON_Delete(doc);
		sim_remove(c->sim, o);
		free(hex);
	}
}

/* What is wrong with a service account's assertion; NULL when nothing is. */
static const char *assertion_fault(struct sim *s, const char *token, const cJSON *header, const cJSON *claims)
{
	const char *email = json_str(claims, "iss", ""), *audience = json_str(claims, "aud", "");
	double now = token_wall(s), iat = json_num(claims, "iat", 0), exp = json_num(claims, "exp", 0);
	if (!sim_account_exists(s, email, false))
		return "Invalid grant: account not found";
	if (strcmp(json_str(header, "alg", ""), "RS256") || !sim_account_signed(s, email, json_str(header, "kid", ""), token))
		return "Invalid JWT Signature.";
	if (strcmp(audience, "https://oauth2.googleapis.com/token") &&
	    strcmp(audience, "https://www.googleapis.com/oauth2/v4/token") &&
	    strcmp(audience, "https://accounts.google.com/o/oauth2/token"))
		return "Invalid JWT: Failed audience check. The right audience is https://oauth2.googleapis.com/token";
	if (iat > now + SKEW || exp <= now - SKEW || exp > iat + HOUR + SKEW || iat < now - HOUR - SKEW)
		return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your "
		       "iat and exp values in the "
		       "JWT claim.";
	return NULL;
}

const char *sim_jwt_owner(struct sim *s, const char *token, const char *host)
{
	cJSON *header, *claims;
	if (!oidc_jwt_parts(token, &header, &claims))
		return NULL;
	const char *email = json_str(claims, "iss", ""), *audience = json_str(claims, "aud", "");
	double now = token_wall(s), iat = json_num(claims, "iat", 0), exp = json_num(claims, "exp", 0);
	bool meant = text_starts(audience, sim_tmp("https://%s/", host)) || (!*audience && *json_str(claims, "scope", ""));
	bool timely = iat <= now + SKEW && exp > now && exp <= iat + HOUR + SKEW;
	bool good = meant && timely && !strcmp(json_str(claims, "sub", ""), email) && sim_account_exists(s, email, false) &&
		    !strcmp(json_str(header, "alg", ""), "RS256") &&
		    sim_account_signed(s, email, json_str(header, "kid", ""), token);
	struct sim_object *o = good ? sim_get(s, "oauth.selfSigned", email) : NULL;
	if (good && !o) {
		const char *principal = sim_tmp("serviceAccount:%s", email);
		o = sim_put(s, "oauth.selfSigned", email, json_make("{'principal':%s}", principal));
	}
	cJSON_Delete(header);
	cJSON_Delete(claims);
	return o ? json_str(o->doc, "principal", NULL) : NULL;
}

static void by_assertion(struct sim_call *c, const cJSON *form)
{
	const char *token = json_str(form, "assertion", "");
	cJSON *header, *claims;
	if (!oidc_jwt_parts(token, &header, &claims)) {
		oauth_error(c, 400, "invalid_grant", "Invalid JWT: Failed to parse the assertion.");
		return;
	}
	const char *why = assertion_fault(c->sim, token, header, claims), *scope = json_str(claims, "scope", ""),
		   *target = json_str(claims, "target_audience", "");
	const char *principal = sim_tmp("serviceAccount:%s", json_str(claims, "iss", ""));
	if (why) {
		oauth_error(c, 400, "invalid_grant", why);
	} else if (*target) {
		char *id = oauth_id_token(c->sim, principal, target, NULL);
		oauth_reply(c, 200, json_make("{'id_token':%s}", id));
		free(id);
	} else if (!*scope) {
		oauth_error(c, 400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
	} else {
		grant(c, principal, "", NULL, NULL, NULL);
	}
	cJSON_Delete(header);
	cJSON_Delete(claims);
}

static void oauth_token(struct sim_call *c)
{
	cJSON *form = oauth_form(c);
	const char *type = json_str(form, "grant_type", "");
	if (!strcmp(type, "refresh_token")) {
		by_refresh_token(c, form);
	} else if (!strcmp(type, "authorization_code")) {
		by_code(c, form);
	} else if (!strcmp(type, "urn:ietf:params:oauth:grant-type:jwt-bearer")) {
		by_assertion(c, form);
	} else {
		const char *text = sim_tmp("Invalid grant_type: %s", type);
		oauth_error(c, 400, *type ? "unsupported_grant_type" : "invalid_request",
			    *type ? text : "Missing required parameter: grant_type");
	}
	cJSON_Delete(form);
}

static void oauth_revoke(struct sim_call *c)
{
	cJSON *form = oauth_form(c);
	struct sim_object *o = sim_get(c->sim, "oauth.refresh", json_str(form, "token", ""));
	o = o ? o : sim_get(c->sim, "oauth.tokens", json_str(form, "token", ""));
	if (o) {
		sim_remove(c->sim, o);
		oauth_reply(c, 200, cJSON_CreateObject());
	} else {
		oauth_error(c, 400, "invalid_token", "Token expired or revoked");
	}
	cJSON_Delete(form);
}

/* Who is it ------------------------------------------------------------------------------------------------------------------ */
static const char *whose(struct sim_call *c, const cJSON *form)
{
	return c->principal ? c->principal : sim_token_owner(c->sim, json_str(form, "access_token", ""));
}

static void userinfo_as(struct sim_call *c, bool openid)
{
	cJSON *form = oauth_form(c);
	const char *principal = whose(c, form);
	cJSON_Delete(form);
	if (!principal) {
		sim_header(c, "WWW-Authenticate", "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"");
		if (openid)
			oauth_error(c, 401, "invalid_request", "Invalid Credentials");
		else
			sim_fail(c, "UNAUTHENTICATED", NULL,
				 "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie "
				 "or other valid authentication "
				 "credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.");
		return;
	}
	cJSON *claims = oauth_claims(c->sim, principal);
	if (!openid) {
		cJSON *v2 = json_make("{'id':%s,'email':%s,'verified_email':true}", json_str(claims, "sub", ""),
				      json_str(claims, "email", ""));
		if (json_at(claims, "hd"))
			cJSON_AddStringToObject(v2, "hd", json_str(claims, "hd", ""));
		cJSON_Delete(claims);
		claims = v2;
	}
	oauth_reply(c, 200, claims);
}

static void oauth_userinfo(struct sim_call *c)
{
	userinfo_as(c, true);
}

static void userinfo_v2(struct sim_call *c)
{
	userinfo_as(c, false);
}

static void tokeninfo_of_id(struct sim_call *c, const char *id)
{
	const char *why;
	cJSON *claims = sim_id_token_check(c->sim, id, &why);
	if (claims)
		oauth_reply(c, 200, claims);
	else
		oauth_error(c, 400, "invalid_token", "Invalid Value");
}

static void oauth_tokeninfo(struct sim_call *c)
{
	cJSON *form = oauth_form(c);
	const char *header = sim_request_header(c->request, "Authorization");
	const char *token = json_str(form, "access_token", header && text_starts(header, "Bearer ") ? header + 7 : "");
	const char *principal = sim_token_owner(c->sim, token);
	bool v2 = strstr(c->path, "/v2/") || strstr(c->path, "/v1/");
	double left = sim_token_left(c->sim, token);
	int seconds = left < HOUR ? (int)left : HOUR - 1;
	static const char scope[] =
	    "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email openid";
	char subject[22];
	if (*json_str(form, "id_token", "")) {
		tokeninfo_of_id(c, json_str(form, "id_token", ""));
	} else if (!principal) {
		oauth_error(c, 400, "invalid_token", "Invalid Value");
	} else if (v2) {
		oauth_subject(c->sim, oauth_email(principal), subject);
		oauth_reply(c, 200,
			    json_make("{'issued_to':%s,'audience':%s,'user_id':%s,'scope':%s,'expires_in':%d,'email':%s,'"
				      "verified_email':true}",
				      subject, subject, subject, scope, seconds, oauth_email(principal)));
	} else {
		oauth_subject(c->sim, oauth_email(principal), subject);
		char life[16];
		snprintf(life, sizeof life, "%d", seconds);
		oauth_reply(
		    c, 200,
		    json_make(
			"{'azp':%s,'aud':%s,'sub':%s,'scope':%s,'exp':%s,'expires_in':%s,'email':%s,'email_verified':'true',"
			"'access_type':'online'}",
			subject, subject, subject, scope, life, life, oauth_email(principal)));
	}
	cJSON_Delete(form);
}

/* Discovery and keys ----------------------------------------------------------------------------------------------------------- */
static void oauth_configuration(struct sim_call *c)
{
	oauth_reply(c, 200,
		    json_make("{'issuer':'https://accounts.google.com','authorization_endpoint':'https://accounts.google.com/o/"
			      "oauth2/v2/auth',"
			      "'device_authorization_endpoint':'https://oauth2.googleapis.com/device/code',"
			      "'token_endpoint':'https://oauth2.googleapis.com/token','userinfo_endpoint':"
			      "'https://openidconnect.googleapis.com/v1/userinfo','revocation_endpoint':'https://"
			      "oauth2.googleapis.com/revoke',"
			      "'jwks_uri':'https://www.googleapis.com/oauth2/v3/"
			      "certs','response_types_supported':['code','token','id_token'],"
			      "'subject_types_supported':['public'],'id_token_signing_alg_values_supported':['RS256'],"
			      "'scopes_supported':['openid','email','profile'],'token_endpoint_auth_methods_supported':"
			      "['client_secret_post','client_secret_basic'],'claims_supported':['aud','email','email_verified',"
			      "'exp','iat','iss','sub'],"
			      "'code_challenge_methods_supported':['plain','S256'],'grant_types_supported':['authorization_"
			      "code','refresh_token',"
			      "'urn:ietf:params:oauth:grant-type:jwt-bearer']}"));
}

static void oauth_certs(struct sim_call *c)
{
	oauth_reply(c, 200, json_make("{'keys':[%j]}", oidc_jwk(c->sim)));
}

/* The old form: a certificate for each key id. */
static void certs_v1(struct sim_call *c)
{
	EVP_PKEY *key = oidc_key(c->sim);
	X509 *x = X509_new();
	BIO *b = BIO_new(BIO_s_mem());
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), 30 * 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
				   (const unsigned char *)"federated-signon.system.gserviceaccount.com", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_sign(x, key, EVP_sha256());
	PEM_write_bio_X509(b, x);
	char *data;
	long n = BIO_get_mem_data(b, &data);
	const char *pem = sim_tmp("%.*s", (int)((size_t)n), data);
	cJSON *reply = cJSON_CreateObject();
	cJSON_AddStringToObject(reply, oidc_kid(c->sim), pem);
	oauth_reply(c, 200, reply);
	BIO_free(b);
	X509_free(x);
}

static const struct sim_route routes[] = {
    {"POST oauth2.googleapis.com/token", oauth_token, NULL, NULL},
    {"POST www.googleapis.com/oauth2/v3/token", oauth_token, NULL, NULL}, /* oauth2-proxy asks here */
    {"POST www.googleapis.com/oauth2/v4/token", oauth_token, NULL, NULL},
    {"POST accounts.google.com/o/oauth2/token", oauth_token, NULL, NULL},
    {"POST oauth2.googleapis.com/revoke", oauth_revoke, NULL, NULL},
    {"* openidconnect.googleapis.com/v1/userinfo", oauth_userinfo, NULL, NULL},
    {"* www.googleapis.com/oauth2/v3/userinfo", oauth_userinfo, NULL, NULL},
    {"* www.googleapis.com/oauth2/v1/userinfo", userinfo_v2, NULL, NULL},
    {"oauth2.userinfo.get", userinfo_v2, NULL, NULL},
    {"oauth2.userinfo.v2.me.get", userinfo_v2, NULL, NULL},
    {"* oauth2.googleapis.com/tokeninfo", oauth_tokeninfo, NULL, NULL},
    {"* www.googleapis.com/oauth2/v3/tokeninfo", oauth_tokeninfo, NULL, NULL},
    {"* www.googleapis.com/oauth2/v1/tokeninfo", oauth_tokeninfo, NULL, NULL},
    {"* www.googleapis.com/oauth2/v2/tokeninfo", oauth_tokeninfo, NULL, NULL},
    {"GET accounts.google.com/.well-known/openid-configuration", oauth_configuration, NULL, NULL},
    {"GET www.googleapis.com/oauth2/v3/certs", oauth_certs, NULL, NULL},
    {"GET www.googleapis.com/oauth2/v1/certs", certs_v1, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_oauth = {.name = "oauth2", .errors = SIM_ERRORS_BOTH, .routes = routes};
