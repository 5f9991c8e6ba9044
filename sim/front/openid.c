/* OpenID Connect issuers that are not Google's. What each knows stands in the world:
 *
 *   "issuers": [{"issuer": "https://id.example.com/realms/ml",
 *                "clients": {"mlflow": {"secret": "...", "redirect_uris": ["https://..."]}},      who is no client is refused; without it everybody is
 *                "people": {"eve@example.com": {"email_verified": false}},                        claims that differ; null takes one away
 *                "claims_supported": ["sub", "email"], ...}]                                      and what else its description says otherwise
 *
 * The page of a sign-in asks for no password: whoever is named is who signs in. */
#include "config.h"
#include "sim/front/openid.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"
#include "sim/core/jwt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ISSUERS "openid.issuers"
#define WELL_KNOWN "/.well-known/openid-configuration"
enum { CODE_SECONDS = 60, TOKEN_SECONDS = 3600 };

/* Which issuer ------------------------------------------------------------------------------------------------------------- */

static void openid_seed(struct sim *s, const cJSON *world)
{
	const cJSON *issuers = json_at(world, "issuers"), *one;
	if (issuers)
		sim_put(s, "openid.world", "listed", cJSON_CreateObject());
	cJSON_ArrayForEach(one, issuers)
		sim_put(s, ISSUERS, json_str(one, "issuer", ""), cJSON_Duplicate(one, true));
}

/* Entra ID has one description for all tenants, whose issuer is a pattern that no token has. */
static const char *name_of(const char *asked)
{
	static const char *const shared[] = {"/common/v2.0", "/organizations/v2.0"};
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		if (text_starts(asked, "https://login.microsoftonline.com/") && text_ends(asked, shared[i]))
			return "https://login.microsoftonline.com/{tenantid}/v2.0";
	return asked;
}

/* The issuer that describes itself at this address; NULL: none does. An identifier may end in a slash, which its address has not twice. */
static struct sim_object *described_at(struct visit *v, const char *base)
{
	struct sim_object *o = sim_get(v->sim, ISSUERS, base);
	if (!o)
		o = sim_get(v->sim, ISSUERS, sim_tmp("%s/", base));
	if (!o && !sim_get(v->sim, "openid.world", "listed"))
		o = sim_put(v->sim, ISSUERS, base, json_make("{'issuer':%s}", name_of(base)));
	return o;
}

/* The issuer whose endpoint this path of the host is, by the longest identifier before "/openid/". */
static struct sim_object *issuer_of(struct visit *v, const char **endpoint)
{
	const char *at = strstr(v->path, "/openid/");
	if (!strcmp(v->path,
		    "/oauth/userinfo")) { /* where GitLab has it, and oauth2-proxy asks it, whatever it says of itself */
		*endpoint = "userinfo";
		return sim_get(v->sim, ISSUERS, sim_tmp("https://%s", v->host));
	}
	if (!at)
		return NULL;
	*endpoint = at + strlen("/openid/");
	const char *base = sim_tmp("https://%s%.*s", v->host, (int)(at - v->path), v->path);
	struct sim_object *o = sim_get(v->sim, ISSUERS, base);
	return o ? o : sim_get(v->sim, ISSUERS, sim_tmp("%s/", base));
}

static void describe(const struct sim_object *o, const char *base, struct sim_reply *out)
{
	cJSON *j = json_make(
	    "{'issuer':%s,'authorization_endpoint':%s,'token_endpoint':%s,'userinfo_endpoint':%s,'jwks_uri':%s,"
	    "'response_types_supported':['code'],'subject_types_supported':['public'],"
	    "'id_token_signing_alg_values_supported':['RS256'],'scopes_supported':['openid','email','profile','offline_access']"
	    ","
	    "'token_endpoint_auth_methods_supported':['client_secret_basic','client_secret_post'],"
	    "'claims_supported':['aud','email','email_verified','exp','iat','iss','name','preferred_username','sub'],"
	    "'code_challenge_methods_supported':['S256'],'grant_types_supported':['authorization_code','refresh_token']}",
	    json_str(o->doc, "issuer", base), sim_tmp("%s/openid/authorize", base), sim_tmp("%s/openid/token", base),
	    sim_tmp("%s/openid/userinfo", base), sim_tmp("%s/openid/keys", base));
	for (const cJSON *said = o->doc->child; said; said = said->next)
		if (json_at(j, said->string))
			json_put(j, said->string, cJSON_Duplicate(said, true));
	answer_json(out, 200, j);
}

/* Clients ------------------------------------------------------------------------------------------------------------------ */

static void fail(struct sim_reply *out, int status, const char *error, const char *words)
{
	answer_json(out, status, json_make("{'error':%s,'error_description':%s}", error, words));
}

static void openid_page(struct sim_reply *out, int status, const char *body)
{
	answer_text(
	    out, status, "text/html; charset=utf-8",
	    sim_tmp("<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in</title></head><body>%s</body></html>\n", body));
}

/* A page's form is sent to the address that showed it, query and all. */
cJSON *openid_form(const struct visit *v)
{
	cJSON *form = cJSON_CreateObject();
	sim_parse_query(sim_tmp("%.*s", (int)v->q->body_len, v->q->body_len ? v->q->body : ""), form);
	for (const cJSON *p = v->params->child; p; p = p->next)
		if (!cJSON_GetObjectItemCaseSensitive(form, p->string))
			cJSON_AddItemToObject(form, p->string, cJSON_Duplicate(p, true));
	return form;
}

static const cJSON *client_of(const struct sim_object *o, const char *id)
{
	return cJSON_GetObjectItemCaseSensitive(json_at(o->doc, "clients"), id);
}

static bool is_client(const struct sim_object *o, const char *id)
{
	return *id && (client_of(o, id) || !json_at(o->doc, "clients"));
}

static bool has_redirect(const struct sim_object *o, const char *id, const char *uri)
{
	const cJSON *uris = json_at(client_of(o, id), "redirect_uris"), *one;
	cJSON_ArrayForEach(one, uris)
		if (!strcmp(one->valuestring, uri))
			return true;
	return !uris && text_starts(uri, "https://");
}

/* Who asks at the token endpoint, by HTTP Basic or in the form. Clients are made in a console, which is not simulated: where the world does not say its
 * secret, the first that is shown is the one that the console gave. */
static bool client_ok(struct visit *v, struct sim_object *o, const cJSON *form, const char **id)
{
	const char *header = visit_header(v, "Authorization"), *secret = json_str(form, "client_secret", "");
	*id = json_str(form, "client_id", "");
	if (header && text_starts(header, "Basic ")) {
		char *plain = (char *)(uintptr_t)sim_tmp("%s", header + 6);
		plain[sim_unbase64(header + 6, plain, strlen(header + 6))] = '\0';
		char *colon = strchr(plain, ':');
		if (!colon)
			return false;
		*colon = '\0';
		text_unpercent(plain);
		text_unpercent(colon + 1);
		*id = plain;
		secret = colon + 1;
	}
	const char *key = sim_tmp("%s %s", json_str(o->doc, "issuer", ""), *id);
	struct sim_object *first = sim_get(v->sim, "openid.secrets", key);
	const char *due = json_str(client_of(o, *id), "secret", first ? json_str(first->doc, "secret", "") : NULL);
	if (!is_client(o, *id) || !*secret || (due && strcmp(due, secret) != 0))
		return false;
	if (!due)
		sim_put(v->sim, "openid.secrets", key, json_make("{'secret':%s}", secret));
	return true;
}

/* Sign-in ------------------------------------------------------------------------------------------------------------------ */

static void put_escaped(struct buf *b, const char *text)
{
	for (; *text; text++)
		if (strchr("<>&\"'", *text))
			buf_printf(b, "&#%d;", *text);
		else
			buf_putc(b, *text);
}

void openid_ask_who(const cJSON *q, struct sim_reply *out)
{
	struct buf b = {0};
	buf_puts(&b,
		 "<h1>Sign in</h1><p>This is a simulated identity provider: no password is asked.</p><form method=\"post\">");
	for (const cJSON *p = q->child; p; p = p->next) {
		if (!cJSON_IsString(p))
			continue;
		buf_puts(&b, "<input type=\"hidden\" name=\"");
		put_escaped(&b, p->string);
		buf_puts(&b, "\" value=\"");
		put_escaped(&b, p->valuestring);
		buf_puts(&b, "\">");
	}
	buf_puts(&b, "<label>Account <input name=\"identifier\"></label> <button type=\"submit\">Continue</button></form>");
	openid_page(out, 200, buf_text(&b));
	buf_free(&b);
}

static void send_back(struct visit *v, const struct sim_object *o, const cJSON *q, struct sim_reply *out)
{
	char *code = sim_hex(v->sim, 40);
	const char *uri = json_str(q, "redirect_uri", "");
	cJSON *doc = cJSON_Duplicate(q, true);
	struct buf to = {0};
	json_put_str(doc, "issuer", json_str(o->doc, "issuer", ""));
	json_put_num(doc, "expires", sim_wall(v->sim) + CODE_SECONDS);
	sim_put(v->sim, "openid.codes", code, doc);
	buf_printf(&to, "%s%ccode=%s&state=", uri, strchr(uri, '?') ? '&' : '?', code);
	text_percent(&to, json_str(q, "state", ""), false);
	answer_redirect(out, 302, buf_text(&to));
	buf_free(&to);
	free(code);
}

/* What is wrong with client or redirect URI is for a page, never for the redirect URI to hear (RFC 6749, 4.1.2.1). */
static void openid_authorize(struct visit *v, struct sim_object *o, struct sim_reply *out)
{
	cJSON *q = openid_form(v);
	const char *client = json_str(q, "client_id", ""), *uri = json_str(q, "redirect_uri", "");
	if (!is_client(o, client))
		openid_page(out, 400, "<h1>We are sorry...</h1><p>Client not found.</p>");
	else if (!has_redirect(o, client, uri))
		openid_page(out, 400, "<h1>We are sorry...</h1><p>Invalid parameter: redirect_uri</p>");
	else if (strcmp(json_str(q, "response_type", ""), "code") != 0)
		answer_redirect(out, 302, sim_tmp("%s?error=unsupported_response_type", uri));
	else if (!strstr(sim_tmp(" %s ", json_str(q, "scope", "")), " openid "))
		answer_redirect(out, 302, sim_tmp("%s?error=invalid_scope", uri));
	else if (!*json_str(q, "identifier", ""))
		openid_ask_who(q, out);
	else
		send_back(v, o, q, out);
	cJSON_Delete(q);
}

/* Tokens ------------------------------------------------------------------------------------------------------------------- */

static cJSON *openid_claims(const struct sim_object *o, const char *who)
{
	const char *sum = sim_sha256(who, strlen(who)) + strlen("sha256:");
	cJSON *claims = json_make("{'sub':%s,'email':%s,'email_verified':true,'name':%s,'preferred_username':%s}",
				  sim_tmp("%.32s", sum), who, who, who);
	const cJSON *own = cJSON_GetObjectItemCaseSensitive(json_at(o->doc, "people"), who);
	for (const cJSON *c = own ? own->child : NULL; c; c = c->next) {
		cJSON_DeleteItemFromObjectCaseSensitive(claims, c->string);
		if (!cJSON_IsNull(c))
			cJSON_AddItemToObject(claims, c->string, cJSON_Duplicate(c, true));
	}
	return claims;
}

static void issue(struct visit *v, const struct sim_object *o, const cJSON *code, const char *client, struct sim_reply *out)
{
	const char *who = json_str(code, "identifier", "");
	double now = floor(sim_wall(v->sim));
	cJSON *claims = openid_claims(o, who);
	json_put_str(claims, "iss", json_str(o->doc, "issuer", ""));
	json_put_str(claims, "aud", client);
	json_put_num(claims, "iat", now);
	json_put_num(claims, "exp", now + TOKEN_SECONDS);
	if (*json_str(code, "nonce", ""))
		json_put_str(claims, "nonce", json_str(code, "nonce", ""));
	char *id = jwt_elsewhere_sign(v->sim, claims), *access = sim_hex(v->sim, 40);
	sim_put(v->sim, "openid.tokens", access, json_make("{'identifier':%s}", who));
	answer_json(
	    out, 200,
	    json_make("{'access_token':%s,'token_type':'Bearer','expires_in':%d,'id_token':%s}", access, TOKEN_SECONDS, id));
	cJSON_Delete(claims);
	free(access);
	free(id);
}

static bool challenge_met(const cJSON *code, const cJSON *form)
{
	const char *challenge = json_str(code, "code_challenge", ""), *verifier = json_str(form, "code_verifier", "");
	if (!*challenge)
		return true;
	const char *sum = sim_sha256(verifier, strlen(verifier)) + strlen("sha256:");
	unsigned char raw[32];
	for (int i = 0; i < 32; i++)
		raw[i] = (unsigned char)strtol(sim_tmp("%.2s", sum + 2 * i), NULL, 16);
	return !strcmp(sim_base64(raw, sizeof raw, true), challenge);
}

/* The client is looked at before the code. */
static void openid_token(struct visit *v, struct sim_object *o, struct sim_reply *out)
{
	cJSON *form = openid_form(v);
	const char *client;
	struct sim_object *code = sim_get(v->sim, "openid.codes", json_str(form, "code", ""));
	if (!client_ok(v, o, form, &client))
		fail(out, 401, "invalid_client", "Invalid client or Invalid client credentials");
	else if (strcmp(json_str(form, "grant_type", ""), "authorization_code") != 0)
		fail(out, 400, "unsupported_grant_type", "Unsupported grant_type");
	else if (!code || json_num(code->doc, "expires", 0) < sim_wall(v->sim) ||
		 strcmp(json_str(code->doc, "issuer", ""), json_str(o->doc, "issuer", "")) != 0 ||
		 strcmp(json_str(code->doc, "client_id", ""), client) != 0 ||
		 strcmp(json_str(code->doc, "redirect_uri", ""), json_str(form, "redirect_uri", "")) != 0)
		fail(out, 400, "invalid_grant", "Code not valid");
	else if (!challenge_met(code->doc, form))
		fail(out, 400, "invalid_grant", "PKCE verification failed: Code mismatch");
	else
		issue(v, o, code->doc, client, out);
	if (code)
		sim_remove(v->sim, code);
	cJSON_Delete(form);
}

static void openid_userinfo(struct visit *v, const struct sim_object *o, struct sim_reply *out)
{
	const char *header = visit_header(v, "Authorization");
	const struct sim_object *t = header && text_starts(header, "Bearer ") ? sim_get(v->sim, "openid.tokens", header + 7)
									      : NULL;
	if (t)
		answer_json(out, 200, openid_claims(o, json_str(t->doc, "identifier", "")));
	else
		fail(out, 401, "invalid_token", "Token verification failed");
}

bool openid_answer(struct visit *v, struct sim_reply *out)
{
	const char *endpoint = "";
	bool well_known = text_ends(v->path, WELL_KNOWN);
	const char *base = sim_tmp("https://%s%.*s", v->host, (int)(strlen(v->path) - (well_known ? strlen(WELL_KNOWN) : 0)),
				   v->path);
	struct sim_object *o = well_known ? described_at(v, base) : issuer_of(v, &endpoint);
	if (!o)
		return false;
	if (well_known)
		describe(o, base, out);
	else if (!strcmp(endpoint, "authorize"))
		openid_authorize(v, o, out);
	else if (!strcmp(endpoint, "token"))
		openid_token(v, o, out);
	else if (!strcmp(endpoint, "userinfo"))
		openid_userinfo(v, o, out);
	else if (!strcmp(endpoint, "keys"))
		answer_json(out, 200, json_make("{'keys':[%j]}", jwt_elsewhere_jwk(v->sim)));
	else
		return false;
	return true;
}

cJSON *openid_check(struct sim *s, const char *issuer, const char *client, const char *token)
{
	cJSON *header, *claims;
	if (!oidc_jwt_parts(token, &header, &claims))
		return NULL;
	bool good = oidc_jwt_verify(jwt_elsewhere_key(s), token) && !strcmp(json_str(claims, "iss", ""), issuer) &&
		    !strcmp(json_str(claims, "aud", ""), client) && json_num(claims, "exp", 0) > sim_wall(s);
	cJSON_Delete(header);
	if (good)
		return claims;
	cJSON_Delete(claims);
	return NULL;
}

const struct sim_api sim_openid = {.name = "openid", .errors = SIM_ERRORS_AIP, .seed = openid_seed};
