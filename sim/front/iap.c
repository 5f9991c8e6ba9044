/* Identity-Aware Proxy: who a request's token, cookie or signed JWT stands for, whether they may pass, and what the backend is told of them;
 * the way of a browser through accounts.google.com and back (cloud.google.com/iap/docs: authentication-howto, signed-headers-howto). */
#include "config.h"
#include "sim/front/walls.h"

#include "base/json.h"
#include "base/libcrypto.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/oauth.h"
#include "sim/api/serving.h"
#include "sim/core/jwt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEYS "iap.keys"
#define HANDLE "/_gcp_iap/authenticate"
#define SETTINGS "iap.settings"
#define SESSION_SECONDS 3600

struct guard {
	struct visit *v;
	const char *project, *holder, *client; /* client "": Google's own */
	struct sim_reply *out;
	char *email, *subject; /* who it is; owned */
};

/* Answers. ------------------------------------------------------------------------------------------------------------------ */
static void refuse(struct sim_reply *out, int status, const char *text)
{
	answer_header(out, "X-Goog-IAP-Generated-Response", "true");
	answer_text(out, status, "text/html; charset=UTF-8", text);
}

static const char *error(const char *text)
{
	return sim_tmp("Invalid IAP credentials: %s", text);
}

static const char *shown_client(const struct guard *g)
{
	return *g->client ? g->client : sim_tmp("%s-iap.apps.googleusercontent.com", sim_project_number(g->v->sim, g->project));
}

static const char *sealed(struct sim *s, const char *text)
{
	return http_sign(oidc_kid(s), text);
}

/* To accounts.google.com, with a state that only we can make; scripts get 401 instead (iap/docs/sessions-howto). */
static void sign_in(struct guard *g)
{
	struct visit *v = g->v;
	const char *with = visit_header(v, "X-Requested-With");
	if (with && !strcmp(with, "XMLHttpRequest")) {
		refuse(g->out, 401, error("empty token"));
		return;
	}
	struct buf redirect = {0}, state = {0};
	char *nonce = sim_hex(v->sim, 16);
	cJSON *j = json_make("{'url':%s,'nonce':%s,'holder':%s,'client':%s}", sim_tmp("https://%s%s", v->host, v->q->target),
			     nonce, g->holder, shown_client(g));
	char *text = json_text(j, -1);
	const char *body = sim_base64(text, strlen(text), true);
	text_percent(&redirect, sim_tmp("https://iap.googleapis.com/v1/oauth/clientIds/%s:handleRedirect", shown_client(g)),
		     false);
	text_percent(&state, sim_tmp("%s.%s", body, sealed(v->sim, body)), false);
	answer_header(g->out, "X-Goog-IAP-Generated-Response", "true");
	answer_header(g->out, "Set-Cookie", sim_tmp("GCP_IAP_XSRF_NONCE_%s=1; Path=/; Max-Age=600; Secure; HttpOnly", nonce));
	answer_redirect(
	    g->out, 302,
	    sim_tmp("https://accounts.google.com/o/oauth2/v2/auth?client_id=%s&response_type=code&scope=openid+email&"
		    "redirect_uri=%s&cred_ref=true&state=%s",
		    shown_client(g), buf_text(&redirect), buf_text(&state)));
	cJSON_Delete(j);
	free(text);
	free(nonce);
	buf_free(&redirect);
	buf_free(&state);
}

/* Settings. ----------------------------------------------------------------------------------------------------------------- */
/* A setting of the web resource, or of what it is in, up to the project. */
static const cJSON *setting(struct sim *s, const char *holder, const char *path)
{
	char *at = xstrdup(holder + strlen("//iap.googleapis.com/"));
	const cJSON *found = NULL;
	for (char *slash = at; slash && !found && strchr(at, '/');) {
		const struct sim_object *o = sim_get(s, SETTINGS, at);
		found = o ? json_at(o->doc, path) : NULL;
		slash = strrchr(at, '/');
		*slash = '\0';
	}
	free(at);
	return found;
}

static bool programmatic(const struct guard *g, const char *client)
{
	const cJSON *c;
	cJSON_ArrayForEach(c, setting(g->v->sim, g->holder, "accessSettings.oauthSettings.programmaticClients"))
		if (cJSON_IsString(c) && !strcmp(c->valuestring, client))
			return true;
	return false;
}

/* The domain of the project's organization, or NULL. */
static const char *domain_of(struct sim *s, const char *project)
{
	const struct sim_object *p = sim_get(s, "cloudresourcemanager.projects", sim_tmp("projects/%s", project));
	const struct sim_object *o = p ? sim_get(s, "cloudresourcemanager.organizations", json_str(p->doc, "parent", ""))
				       : NULL;
	return o ? json_str(o->doc, "displayName", "") : NULL;
}

/* Credentials. -------------------------------------------------------------------------------------------------------------- */
static const char *bearer(const struct visit *v, const char *name)
{
	const char *header = visit_header(v, name);
	return header && !strncmp(header, "Bearer ", 7) ? header + 7 : NULL;
}

static const char *is(struct guard *g, const char *email, const char *subject)
{
	g->email = xstrdup(email);
	g->subject = xstrdup(subject);
	return NULL;
}

/* Does the audience of a signed JWT ("https://HOST/PATH", "https://HOST/" and a star) name this URL? */
static bool names_url(const struct visit *v, const char *audience)
{
	const char *url = sim_tmp("https://%s%s", v->host, v->path);
	size_t len = strlen(audience);
	if (len && audience[len - 1] == '*')
		return !strncmp(audience, url, len - 1);
	return !strcmp(audience, url) || !strcmp(sim_tmp("%s/", audience), url);
}

/* A JWT that a service account has signed for itself. NULL when it is good, else why not. */
static const char *self_signed(struct guard *g, const char *token, const cJSON *header, const cJSON *claims)
{
	const char *email = json_str(claims, "iss", "");
	bool good = sim_account_signed(g->v->sim, email, json_str(header, "kid", ""), token);
	double now = token_wall(g->v->sim), from = json_num(claims, "iat", 0), until = json_num(claims, "exp", 0);
	char subject[22];
	if (!good)
		return error("JWT signature is invalid");
	if (strcmp(json_str(claims, "sub", ""), email))
		return error("JWT 'sub' claim doesn't match the issuer");
	if (until <= now || from > now + 300)
		return error(until <= now ? "Expired JWT" : "JWT was issued in the future");
	if (until - from > 3600)
		return error("JWT's lifetime is longer than an hour");
	if (!names_url(g->v, json_str(claims, "aud", "")))
		return error(sim_tmp("JWT audience doesn't match this application ('aud' claim (%s) doesn't match expected "
				     "value (https://%s%s))",
				     json_str(claims, "aud", ""), g->v->host, g->v->path));
	return is(g, email, oauth_subject(g->v->sim, email, subject));
}

static const char *google_signed(struct guard *g, const char *token)
{
	const char *bad;
	cJSON *claims = sim_id_token_check(g->v->sim, token, &bad);
	const char *audience = json_str(claims, "aud", ""), *email = json_str(claims, "email", ""), *why = NULL;
	if (!claims)
		why = error(!strcmp(bad, "signature") ? "JWT signature is invalid"
			    : !strcmp(bad, "expired") ? "Expired JWT"
			    : !strcmp(bad, "issuer")  ? "JWT issuer is incorrect"
						      : "Unable to parse JWT");
	else if (!(*g->client && !strcmp(audience, g->client)) && !programmatic(g, audience))
		why = error(
		    sim_tmp("JWT audience doesn't match this application ('aud' claim (%s) doesn't match expected value (%s))",
			    audience, shown_client(g)));
	else if (!*email)
		why = error("JWT 'email' claim isn't a string");
	else
		is(g, email, json_str(claims, "sub", ""));
	cJSON_Delete(claims);
	return why;
}

/* Whom a token stands for: an access token, an ID token for the resource's client, or a JWT of a service account. NULL, or why nobody. */
static const char *from_token(struct guard *g, const char *token)
{
	const char *owner = sim_token_owner(g->v->sim, token);
	char subject[22];
	if (owner)
		return is(g, oauth_email(owner), oauth_subject(g->v->sim, oauth_email(owner), subject));
	cJSON *header, *claims;
	if (!oidc_jwt_parts(token, &header, &claims))
		return error("Unable to parse JWT");
	bool own = text_ends(json_str(claims, "iss", ""), ".gserviceaccount.com");
	const char *why = own ? self_signed(g, token, header, claims) : google_signed(g, token);
	cJSON_Delete(header);
	cJSON_Delete(claims);
	return why;
}

/* Sessions. ----------------------------------------------------------------------------------------------------------------- */
static const char *cookie_name(const char *holder)
{
	return sim_tmp("__Host-GCP_IAP_AUTH_TOKEN_%.16s", sim_sha256(holder, strlen(holder)) + 7);
}

static bool from_cookie(struct guard *g)
{
	char *cookie = visit_cookie(g->v, cookie_name(g->holder));
	const char *bad;
	cJSON *claims = cookie ? sim_id_token_check(g->v->sim, cookie, &bad) : NULL;
	bool mine = claims && !strcmp(json_str(claims, "aud", ""), g->holder);
	if (mine)
		is(g, json_str(claims, "email", ""), json_str(claims, "sub", ""));
	cJSON_Delete(claims);
	free(cookie);
	return mine;
}

/* The state that sign_in made, as JSON for the caller to delete; NULL when it is not ours. */
static cJSON *opened(struct sim *s, const char *state)
{
	const char *dot = strchr(state, '.');
	const char *body = dot ? sim_tmp("%.*s", (int)(dot - state), state) : "";
	if (!dot || strcmp(sealed(s, body), dot + 1))
		return NULL;
	char *text = xcalloc(1, strlen(body) + 1);
	text[sim_unbase64(body, text, strlen(body))] = '\0';
	cJSON *j = cJSON_Parse(text);
	free(text);
	return j;
}

/* The browser is back on the guarded host: the token that handleRedirect gave it becomes its cookie. */
static bool take_session(struct guard *g)
{
	if (strcmp(g->v->path, HANDLE))
		return false;
	const char *bad, *token = visit_param(g->v, "token");
	cJSON *state = opened(g->v->sim, visit_param(g->v, "state")), *claims = sim_id_token_check(g->v->sim, token, &bad);
	char *nonce = visit_cookie(g->v, sim_tmp("GCP_IAP_XSRF_NONCE_%s", json_str(state, "nonce", "")));
	if (!state || !claims || !nonce || strcmp(json_str(claims, "aud", ""), json_str(state, "holder", "")) ||
	    strcmp(json_str(state, "holder", ""), g->holder)) {
		refuse(g->out, 401, error("XSRF check failed"));
	} else {
		answer_header(
		    g->out, "Set-Cookie",
		    sim_tmp("%s=%s; Path=/; Max-Age=%d; Secure; HttpOnly", cookie_name(g->holder), token, SESSION_SECONDS));
		answer_header(
		    g->out, "Set-Cookie",
		    sim_tmp("GCP_IAP_XSRF_NONCE_%s=; Path=/; Max-Age=0; Secure; HttpOnly", json_str(state, "nonce", "")));
		answer_redirect(g->out, 302, json_str(state, "url", "/"));
	}
	cJSON_Delete(state);
	cJSON_Delete(claims);
	free(nonce);
	return true;
}

/* gcp-iap-mode: what a page may ask of IAP itself. */
static bool asked_itself(struct guard *g)
{
	const char *mode = visit_param(g->v, "gcp-iap-mode");
	if (!strcmp(mode, "IDENTITY")) {
		answer_header(g->out, "X-Goog-IAP-Generated-Response", "true");
		answer_json(g->out, 200,
			    json_make("{'email':%s,'sub':%s}", sim_tmp("accounts.google.com:%s", g->email),
				      sim_tmp("accounts.google.com:%s", g->subject)));
	} else if (!strcmp(mode, "CLEAR_LOGIN_COOKIE")) {
		answer_header(g->out, "Set-Cookie",
			      sim_tmp("%s=; Path=/; Max-Age=0; Secure; HttpOnly", cookie_name(g->holder)));
		sign_in(g);
	} else {
		return false;
	}
	return true;
}

/* accounts.google.com sends the browser here with a code. */
static void handle_redirect(struct sim_call *c)
{
	const char *code = sim_param(c, "code");
	struct sim_object *o = *code ? sim_get(c->sim, "oauth.codes", code) : NULL;
	cJSON *state = opened(c->sim, sim_param(c, "state"));
	if (!o || !state || strcmp(json_str(o->doc, "client_id", ""), json_str(state, "client", ""))) {
		const char *text = error("Unable to exchange the code for a token");
		sim_bytes(c, 401, "text/html; charset=UTF-8", text, strlen(text));
		cJSON_Delete(state);
		return;
	}
	cJSON *claims = oauth_claims(c->sim, json_str(o->doc, "principal", ""));
	json_put_str(claims, "iss", "https://accounts.google.com");
	json_put_str(claims, "aud", json_str(state, "holder", ""));
	json_put_num(claims, "iat", floor(token_wall(c->sim)));
	json_put_num(claims, "exp", floor(token_wall(c->sim)) + SESSION_SECONDS);
	char *token = sim_id_token(c->sim, claims);
	const char *url = json_str(state, "url", ""), *host = strstr(url, "://") ? strstr(url, "://") + 3 : "";
	struct buf to = {0};
	buf_printf(&to, "https://%.*s" HANDLE "?token=%s&state=", (int)strcspn(host, "/"), host, token);
	text_percent(&to, sim_param(c, "state"), false);
	sim_remove(c->sim, o);
	sim_header(c, "Location", buf_text(&to));
	sim_bytes(c, 302, "text/html; charset=UTF-8", "", 0);
	buf_free(&to);
	free(token);
	cJSON_Delete(claims);
	cJSON_Delete(state);
}

/* What the backend is told: x-goog-iap-jwt-assertion, signed with ES256. ------------------------------------------------------- */
static struct sim_object *key_of(struct sim *s)
{
	struct sim_object *o = sim_get(s, KEYS, "current");
	if (o)
		return o;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *hidden = BIO_new(BIO_s_mem()), *shown = BIO_new(BIO_s_mem());
	char *text, *kid = sim_hex(s, 6);
	PEM_write_bio_PrivateKey(hidden, key, NULL, NULL, 0, NULL, NULL);
	PEM_write_bio_PUBKEY(shown, key);
	long n = BIO_get_mem_data(shown, &text);
	char *pem = xstrndup(text, (size_t)n);
	o = sim_put(s, KEYS, "current", json_make("{'kid':%s,'pem':%s}", kid, pem));
	n = BIO_get_mem_data(hidden, &text);
	char *own = xstrndup(text, (size_t)n);
	json_put_str(o->hidden, "pem", own);
	free(pem), free(own), free(kid);
	BIO_free(hidden);
	BIO_free(shown);
	EVP_PKEY_free(key);
	return o;
}

/* R and S, 32 bytes each, of a signature that OpenSSL gives in DER. */
static bool raw_signature(const unsigned char *der, size_t len, unsigned char raw[static 64])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool good = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32;
	ECDSA_SIG_free(sig);
	return good;
}

/* The JWT of these claims, for the caller to free. */
static char *assertion(struct sim *s, const cJSON *claims)
{
	const struct sim_object *o = key_of(s);
	const char *pem = json_str(o->hidden, "pem", "");
	BIO *in = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	cJSON *header = json_make("{'alg':'ES256','kid':%s,'typ':'JWT'}", json_str(o->doc, "kid", ""));
	char *h = json_text(header, -1), *c = json_text(claims, -1), *h64 = oidc_jwt_encode(h, strlen(h)),
	     *c64 = oidc_jwt_encode(c, strlen(c));
	char *part = xasprintf("%s.%s", h64, c64), *token = NULL;
	unsigned char der[128], raw[64];
	size_t n = sizeof der;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, der, &n, (unsigned char *)part, strlen(part)) == 1 && raw_signature(der, n, raw)) {
		char *s64 = oidc_jwt_encode(raw, sizeof raw);
		token = xasprintf("%s.%s", part, s64);
		free(s64);
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(in);
	cJSON_Delete(header);
	free(h), free(c), free(h64), free(c64), free(part);
	return token;
}

/* The audience by which a backend knows that a JWT is meant for it. */
static const char *audience_of(const struct guard *g)
{
	const char *number = sim_project_number(g->v->sim, g->project), *web = strstr(g->holder, "/iap_web/"),
		   *last = strrchr(g->holder, '/') + 1;
	web = web ? web + strlen("/iap_web/") : "";
	if (text_starts(web, "appengine-"))
		return sim_tmp("/projects/%s/apps/%s", number, g->project);
	if (text_starts(web, "cloud_run-"))
		return sim_tmp("/projects/%s/locations/%.*s/services/%s", number, (int)strcspn(web + 10, "/"), web + 10, last);
	return sim_tmp("/projects/%s/global/backendServices/%s", number, last);
}

static void tell_backend(struct guard *g)
{
	double now = floor(token_wall(g->v->sim));
	const char *at = strchr(g->email, '@');
	cJSON *claims = json_make("{'iss':'https://cloud.google.com/iap','aud':%s,'sub':%s,'email':%s}", audience_of(g),
				  sim_tmp("accounts.google.com:%s", g->subject), g->email);
	json_put_num(claims, "iat", now - 30);
	json_put_num(claims, "exp", now + 570);
	if (at && !text_ends(at, ".gserviceaccount.com") && strcmp(at, "@gmail.com"))
		json_put_str(claims, "hd", at + 1);
	char *token = assertion(g->v->sim, claims);
	visit_tell(g->v, "X-Goog-IAP-JWT-Assertion", token ? token : "");
	visit_tell(g->v, "X-Goog-Authenticated-User-Email", sim_tmp("accounts.google.com:%s", g->email));
	visit_tell(g->v, "X-Goog-Authenticated-User-Id", sim_tmp("accounts.google.com:%s", g->subject));
	free(token);
	cJSON_Delete(claims);
}

static void public_pem(struct sim_call *c)
{
	const struct sim_object *o = key_of(c->sim);
	cJSON *all = cJSON_CreateObject();
	cJSON_AddStringToObject(all, json_str(o->doc, "kid", ""), json_str(o->doc, "pem", ""));
	oauth_reply(c, 200, all);
}

static void public_jwk(struct sim_call *c)
{
	const struct sim_object *o = key_of(c->sim);
	EVP_PKEY *key = jwt_public_key(json_str(o->doc, "pem", ""));
	unsigned char point[65];
	size_t n = 0;
	EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &n);
	char *x = oidc_jwt_encode(point + 1, 32), *y = oidc_jwt_encode(point + 33, 32);
	oauth_reply(c, 200,
		    json_make("{'keys':[{'alg':'ES256','crv':'P-256','kid':%s,'kty':'EC','use':'sig','x':%s,'y':%s}]}",
			      json_str(o->doc, "kid", ""), x, y));
	EVP_PKEY_free(key);
	free(x), free(y);
}

/* The wall. ----------------------------------------------------------------------------------------------------------------- */
/* Access is inherited: from the service's policy, its kind's, and all of the project's web resources'. */
static bool has_access(const struct guard *g)
{
	const char *who = sim_tmp("%s:%s", text_ends(g->email, ".gserviceaccount.com") ? "serviceAccount" : "user", g->email);
	char *at = xstrdup(g->holder);
	bool yes = false;
	for (char *web = strstr(at, "/iap_web"); web && !yes;) {
		yes = sim_allowed(g->v->sim, who, "iap.webServiceVersions.accessViaIAP", g->project, at);
		char *last = strrchr(at, '/');
		if (last <= web)
			break;
		*last = '\0';
		if (text_ends(at, "/services") || text_ends(at, "/versions"))
			*strrchr(at, '/') = '\0';
	}
	free(at);
	return yes;
}

/* With Google's own client only the organization's people come in. */
static bool is_inside(const struct guard *g)
{
	const char *domain = domain_of(g->v->sim, g->project), *at = strchr(g->email, '@');
	if (*g->client || !domain || text_ends(g->email, ".gserviceaccount.com"))
		return true;
	return at && !strcmp(at + 1, domain);
}

static bool passes(struct guard *g)
{
	const char *token = bearer(g->v, "Proxy-Authorization");
	token = token ? token : bearer(g->v, "Authorization");
	if (!*g->client && !domain_of(g->v->sim, g->project)) {
		refuse(g->out, 502, "Empty Google Account OAuth client ID(s)/secret(s).");
		return false;
	}
	if (take_session(g))
		return false;
	if (token) {
		const char *why = from_token(g, token);
		if (why) {
			refuse(g->out, 401, why);
			return false;
		}
	} else if (!from_cookie(g)) {
		sign_in(g);
		return false;
	}
	if (!has_access(g) || !is_inside(g)) {
		refuse(g->out, 403,
		       sim_tmp("<!DOCTYPE html><html><head><title>Error</title></head><body><h1>You don't have "
			       "access</h1><p>%s</p></body></html>",
			       g->email));
		return false;
	}
	return !asked_itself(g);
}

bool wall_iap(struct visit *v, const char *project, const char *holder, const char *client, const char **email,
	      struct sim_reply *out)
{
	const cJSON *own = setting(v->sim, holder, "accessSettings.oauthSettings.clientId");
	struct guard g = {.v = v,
			  .project = project,
			  .holder = holder,
			  .client = *client               ? client
				    : cJSON_IsString(own) ? own->valuestring
							  : "",
			  .out = out};
	visit_untell(v); /* nobody outside speaks in IAP's name */
	bool pass = passes(&g);
	if (pass)
		tell_backend(&g);
	*email = sim_tmp("%s", g.email ? g.email : "");
	free(g.email);
	free(g.subject);
	return pass;
}

static const struct sim_route routes[] = {
    {"GET iap.googleapis.com/v1/oauth/clientIds/*", handle_redirect, NULL, NULL},
    {"GET www.gstatic.com/iap/verify/public_key", public_pem, NULL, NULL},
    {"GET www.gstatic.com/iap/verify/public_key-jwk", public_jwk, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_iap_edge = {.name = "iap_edge", .errors = SIM_ERRORS_AIP, .routes = routes};
