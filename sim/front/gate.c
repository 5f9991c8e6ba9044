/* oauth2-proxy at work: its own paths, bearer tokens, sessions in cookies, the sign-in with Google, and who is turned away how. The order of
 * checks is that of 7.15's ServeHTTP: health, bearer token, own paths, routes without sign-in, session. */
#include "config.h"
#include "sim/front/gate.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"
#include "sim/front/gate_provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct session {
	char *email, *user; /* owned */
	bool there;
};

struct caller {
	struct visit *v;
	const struct container *k;
	struct gate *g;
	struct gate_provider provider;
	struct sim_reply *out;
	struct session session;
};

static void drop(struct session *s)
{
	free(s->email);
	free(s->user);
	*s = (struct session){0};
}

/* Pages. ------------------------------------------------------------------------------------------------------------------- */
static void error_page(struct sim_reply *out, int status, const char *title, const char *text)
{
	answer_text(
	    out, status, "text/html; charset=utf-8",
	    sim_tmp(
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>%d "
		"%s</title></head>\n<body><section class=\"section\">"
		"<div class=\"box block has-text-centered\"><h1 class=\"title\">%d</h1><h2 class=\"subtitle\">%s</h2><p>%s</p>"
		"<a href=\"/oauth2/sign_in\">Sign in</a></div></section></body>\n</html>\n",
		status, title, status, title, text));
}

static const char *cookie_name(const struct gate *g)
{
	return gate_text(g, "cookie_name", "_oauth2_proxy");
}

static void set_cookie(struct caller *c, const char *name, const char *value, double age)
{
	const char *site = gate_text(c->g, "cookie_samesite", "");
	const char *line = sim_tmp("%s=%s; Path=%s; Max-Age=%.0f%s%s%s%s", name, value, gate_text(c->g, "cookie_path", "/"),
				   age, gate_bool(c->g, "cookie_httponly", true) ? "; HttpOnly" : "",
				   gate_bool(c->g, "cookie_secure", true) ? "; Secure" : "", *site ? "; SameSite=" : "",
				   !strcmp(site, "lax")      ? "Lax"
				   : !strcmp(site, "strict") ? "Strict"
				   : !strcmp(site, "none")   ? "None"
							     : "");
	answer_header(c->out, "Set-Cookie", line);
}

/* Who is let in. ----------------------------------------------------------------------------------------------------------- */
static bool domain_fits(const char *rule, const char *email)
{
	const char *at = strrchr(email, '@'), *domain = at ? at + 1 : "";
	if (!strcmp(rule, "*"))
		return true;
	if (text_starts(rule, "*."))
		rule++;
	size_t n = strlen(rule), m = strlen(domain);
	if (*rule == '.')
		return m > n && !strcasecmp(domain + m - n, rule);
	return at && !strcasecmp(domain, rule);
}

static bool in_file(const struct caller *c, const char *email)
{
	const char *text = container_file(c->k, gate_text(c->g, "authenticated_emails_file", ""));
	for (const char *p = text ? text : ""; *p;) {
		size_t len = strcspn(p, "\r\n");
		const char *line = sim_tmp("%.*s", (int)len, p + strspn(p, " \t"));
		if (*line != '#' && !strcasecmp(sim_tmp("%.*s", (int)strcspn(line, " \t"), line), email))
			return true;
		p += len;
		p += strspn(p, "\r\n");
	}
	return false;
}

static bool admitted(const struct caller *c, const char *email)
{
	const cJSON *domains = gate_list(c->g, "email_domains");
	for (const cJSON *d = domains ? domains->child : NULL; d; d = d->next)
		if (domain_fits(d->valuestring, email))
			return true;
	return in_file(c, email);
}

/* Bearer tokens. ----------------------------------------------------------------------------------------------------------- */
static bool audience_in(const cJSON *list, const cJSON *aud)
{
	for (const cJSON *a = list ? list->child : NULL; a; a = a->next) {
		if (cJSON_IsString(aud) && !strcmp(a->valuestring, aud->valuestring))
			return true;
		for (const cJSON *x = cJSON_IsArray(aud) ? aud->child : NULL; x; x = x->next)
			if (cJSON_IsString(x) && !strcmp(a->valuestring, x->valuestring))
				return true;
	}
	return false;
}

/* Is this audience one that a verifier of Google's tokens accepts? */
static bool audience_ok(const struct caller *c, const cJSON *claims)
{
	const cJSON *issuers = gate_list(c->g, "extra_jwt_issuers"), *aud = json_at(claims, "aud");
	const char *issuer = json_str(claims, "iss", "");
	bool verifier = false;
	cJSON *accepted = cJSON_CreateArray();
	for (const cJSON *i = issuers ? issuers->child : NULL; i; i = i->next) {
		const char *equals = strchr(i->valuestring, '=');
		const char *name = sim_tmp("%.*s", (int)(equals ? equals - i->valuestring : 0), i->valuestring);
		if (equals && !strcmp(strstr(name, "://") ? strstr(name, "://") + 3 : name,
				      strstr(issuer, "://") ? strstr(issuer, "://") + 3 : issuer)) {
			verifier = true;
			cJSON_AddItemToArray(accepted, cJSON_CreateString(equals + 1));
		}
	}
	if (c->provider.discovered && !strcmp(c->provider.issuer, "https://accounts.google.com")) {
		verifier = true;
		cJSON_AddItemToArray(accepted, cJSON_CreateString(gate_text(c->g, "client_id", "")));
	}
	bool good = verifier && (audience_in(accepted, aud) || audience_in(gate_list(c->g, "oidc_extra_audiences"), aud));
	cJSON_Delete(accepted);
	return good;
}

static char *decode64(const char *text)
{
	size_t len = strlen(text);
	char *plain = xcalloc(1, len + 1);
	plain[sim_unbase64(text, plain, len)] = '\0';
	return plain;
}

/* The token of the Authorization header: after "Bearer " (exactly), or a JWT as a Basic password. For the caller to free. */
static char *token_of(const char *header)
{
	if (text_starts(header, "Bearer "))
		return xstrdup(header + 7);
	char *pair = text_starts(header, "Basic ") ? decode64(header + 6) : NULL;
	const char *colon = pair ? strchr(pair, ':') : NULL;
	char *token = colon && strchr(colon, '.') ? xstrdup(colon + 1) : NULL;
	free(pair);
	return token;
}

static bool bearer(struct caller *c)
{
	const char *header = visit_header(c->v, "Authorization"), *why = NULL;
	if (!header || !gate_bool(c->g, "skip_jwt_bearer_tokens", false))
		return true;
	char *token = token_of(header);
	cJSON *claims = token ? sim_id_token_check(c->v->sim, token, &why) : NULL;
	const cJSON *verified = json_at(claims, "email_verified");
	bool good = claims && audience_ok(c, claims) && !(verified && !cJSON_IsTrue(verified));
	const char *email = json_str(claims, "email", "");
	if (token && !claims) { /* the provider's own verifier */
		claims = gate_provider_check(c->v->sim, c->g, &c->provider, token);
		email = gate_provider_email(c->g, &c->provider, claims, &good);
		good = good && claims;
	}
	if (good) {
		c->session.there = true;
		c->session.email = xstrdup(*email ? email : json_str(claims, "sub", ""));
		c->session.user = xstrdup(json_str(claims, "sub", ""));
	}
	cJSON_Delete(claims);
	free(token);
	if (good || gate_bool(c->g, "bearer_token_login_fallback", true))
		return true;
	answer_text(c->out, 403, "text/plain; charset=utf-8", "Forbidden\n");
	return false;
}

/* Sessions: the cookie holds what is known, signed with the cookie secret. Any instance with the same secret takes it. ---------------------- */
static const char *secret(const struct caller *c)
{
	return gate_secret(c->k, c->g, "cookie_secret");
}

static const char *session_cookie(const struct caller *c, const char *email, const char *user)
{
	cJSON *j = json_make("{'e':%s,'u':%s}", email, user);
	json_put_num(j, "x", sim_wall(c->v->sim) + gate_seconds(c->g, "cookie_expire", 168 * 3600));
	char *text = json_text(j, -1);
	const char *body = sim_base64(text, strlen(text), true);
	free(text);
	cJSON_Delete(j);
	return sim_tmp("%s|%.0f|%s", body, sim_wall(c->v->sim), http_sign(secret(c), body));
}

static void load_session(struct caller *c)
{
	char *cookie = c->session.there ? NULL : visit_cookie(c->v, cookie_name(c->g));
	char *bar = cookie ? strchr(cookie, '|') : NULL, *last = cookie ? strrchr(cookie, '|') : NULL;
	if (bar && last > bar) {
		*bar = '\0';
		char *text = decode64(cookie);
		cJSON *j = cJSON_Parse(text);
		if (j && !strcmp(http_sign(secret(c), cookie), last + 1) && json_num(j, "x", 0) > sim_wall(c->v->sim)) {
			c->session.there = true;
			c->session.email = xstrdup(json_str(j, "e", ""));
			c->session.user = xstrdup(json_str(j, "u", ""));
		}
		cJSON_Delete(j);
		free(text);
	}
	free(cookie);
}

/* The sign-in. -------------------------------------------------------------------------------------------------------------- */
static const char *redirect_url(const struct caller *c)
{
	const char *fixed = gate_text(c->g, "redirect_url", "");
	if (*fixed)
		return fixed;
	return sim_tmp("%s://%s/oauth2/callback", gate_bool(c->g, "cookie_secure", true) ? "https" : "http", c->v->host);
}

static void add(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s%s=", b->len ? "&" : "", name);
	text_percent(b, value, false);
}

/* Only a path of this host may be returned to. */
static const char *safe_target(const char *rd)
{
	return *rd == '/' && rd[1] != '/' && rd[1] != '\\' ? rd : "/";
}

/* A start that found its issuer knows it for as long as it runs; here it is asked again. */
static bool provider_known(struct caller *c)
{
	if (gate_provider_find(c->v->sim, c->g, &c->provider))
		return true;
	answer_text(c->out, 503, "text/plain; charset=utf-8", "Service Unavailable");
	return false;
}

static void start(struct caller *c, const char *target)
{
	if (!provider_known(c))
		return;
	char *nonce = sim_hex(c->v->sim, 32), *verifier = sim_hex(c->v->sim, 64);
	const char *csrf = sim_tmp("%s.%s", nonce, verifier), *state = sim_tmp("%s:%s", nonce, target);
	set_cookie(c, sim_tmp("%s_csrf", cookie_name(c->g)), sim_tmp("%s|%s", csrf, http_sign(secret(c), csrf)),
		   gate_seconds(c->g, "cookie_csrf_expire", 900));
	struct buf query = {0};
	if (c->provider.google) {
		add(&query, "access_type", "offline");
		add(&query, "approval_prompt", gate_text(c->g, "approval_prompt", "force"));
	}
	add(&query, "client_id", gate_text(c->g, "client_id", ""));
	if (!strcmp(gate_text(c->g, "code_challenge_method", ""), "S256")) {
		const char *sum = sim_sha256(verifier, strlen(verifier)) + 7;
		unsigned char raw[32];
		for (int i = 0; i < 32; i++)
			raw[i] = (unsigned char)strtol(sim_tmp("%.2s", sum + 2 * i), NULL, 16);
		add(&query, "code_challenge", sim_base64(raw, 32, true));
		add(&query, "code_challenge_method", "S256");
	}
	if (c->provider.discovered)
		add(&query, "nonce", nonce);
	add(&query, "redirect_uri", redirect_url(c));
	add(&query, "response_type", "code");
	add(&query, "scope", c->provider.scope);
	add(&query, "state", state);
	answer_redirect(c->out, 302, sim_tmp("%s?%s", c->provider.login, buf_text(&query)));
	buf_free(&query);
	free(nonce);
	free(verifier);
}

/* Trades the code for an ID token at the token endpoint; its claims, or NULL. */
static cJSON *redeem(const struct caller *c, const char *verifier)
{
	struct buf form = {0};
	add(&form, "grant_type", "authorization_code");
	add(&form, "code", visit_param(c->v, "code"));
	add(&form, "client_id", gate_text(c->g, "client_id", ""));
	add(&form, "client_secret", gate_secret(c->k, c->g, "client_secret"));
	add(&form, "redirect_uri", redirect_url(c));
	if (*gate_text(c->g, "code_challenge_method", ""))
		add(&form, "code_verifier", verifier);
	cJSON *claims = gate_provider_redeem(c->v->sim, c->g, &c->provider, buf_text(&form));
	buf_free(&form);
	return claims;
}

/* Its line of a sign-in, as its auth_logging_format has it by default. */
static void tell_log(const struct caller *c, const char *email, const char *status, const char *message)
{
	char *now = sim_time(c->v->sim, 0);
	if (gate_bool(c->g, "auth_logging", true))
		visit_write(c->v, sim_tmp(VISIT_ADDRESS " - %s - %s [%.4s/%.2s/%.2s %.8s] [%s] %s", http_sign(secret(c), now),
					  *email ? email : "-", now, now + 5, now + 8, now + 11, status, message));
	free(now);
}

static void tell_refused(const struct caller *c, const char *email, const char *why)
{
	tell_log(c, email, "AuthFailure", sim_tmp("Invalid authentication via OAuth2: %s", why));
}

static void callback(struct caller *c)
{
	const char *name = sim_tmp("%s_csrf", cookie_name(c->g)), *state = visit_param(c->v, "state"),
		   *colon = strchr(state, ':');
	char *cookie = visit_cookie(c->v, name), *bar = cookie ? strchr(cookie, '|') : NULL,
	     *dot = cookie ? strchr(cookie, '.') : NULL;
	if (*visit_param(c->v, "error")) {
		error_page(
		    c->out, 403, "Forbidden",
		    sim_tmp("Login Failed: The upstream identity provider returned an error: %s", visit_param(c->v, "error")));
		free(cookie);
		return;
	}
	bool mine = bar && dot && dot < bar;
	if (mine) {
		*bar = '\0';
		mine = !strcmp(http_sign(secret(c), cookie), bar + 1) && colon &&
		       (size_t)(dot - cookie) == (size_t)(colon - state) && !strncmp(cookie, state, (size_t)(dot - cookie));
	}
	if (!mine) {
		tell_refused(c, "", "unable to obtain CSRF cookie: http: named cookie not present");
		error_page(c->out, 403, "Forbidden", "Login Failed: Unable to find a valid CSRF token. Please try again.");
		free(cookie);
		return;
	}
	if (!provider_known(c)) {
		free(cookie);
		return;
	}
	cJSON *claims = redeem(c, dot + 1);
	bool verified = false;
	const char *email = gate_provider_email(c->g, &c->provider, claims, &verified);
	set_cookie(c, name, "", 0);
	if (!claims) {
		error_page(c->out, 500, "Internal Server Error",
			   "Oops! Something went wrong. For more information contact your server administrator.");
	} else if (!admitted(c, email) || !verified) {
		tell_refused(c, email, "unauthorized");
		error_page(c->out, 403, "Forbidden", "Invalid session: unauthorized");
	} else {
		tell_log(c, email, "AuthSuccess",
			 sim_tmp("Authenticated via OAuth2: Session{email:%s user:%s PreferredUsername: token:true "
				 "id_token:true}",
				 email, json_str(claims, "sub", "")));
		set_cookie(c, cookie_name(c->g), session_cookie(c, email, json_str(claims, "sub", "")),
			   gate_seconds(c->g, "cookie_expire", 168 * 3600));
		answer_redirect(c->out, 302, safe_target(colon + 1));
	}
	cJSON_Delete(claims);
	free(cookie);
}

static void user_info(struct caller *c)
{
	if (!c->session.there || !admitted(c, c->session.email))
		answer_text(c->out, 401, "text/plain; charset=utf-8", "Unauthorized\n");
	else
		answer_json(c->out, 200, json_make("{'user':%s,'email':%s}", c->session.user, c->session.email));
}

/* Paths that are the proxy's own; true when answered. */
static bool own_path(struct caller *c)
{
	const char *path = c->v->path, *prefix = gate_text(c->g, "proxy_prefix", "/oauth2");
	if (!strcmp(path, "/robots.txt")) {
		answer_text(c->out, 200, "text/plain; charset=utf-8", "User-agent: *\nDisallow: /\n");
		return true;
	}
	size_t n = strlen(prefix);
	if (strncmp(path, prefix, n) || path[n] != '/')
		return false;
	const char *rest = path + n, *rd = visit_param(c->v, "rd");
	if (!strcmp(rest, "/start"))
		start(c, safe_target(*rd ? rd : "/"));
	else if (!strcmp(rest, "/callback"))
		callback(c);
	else if (!strcmp(rest, "/sign_in"))
		error_page(c->out, 200, "Sign In", "Sign in with Google");
	else if (!strcmp(rest, "/sign_out"))
		set_cookie(c, cookie_name(c->g), "", 0), answer_redirect(c->out, 302, safe_target(*rd ? rd : "/"));
	else if (!strcmp(rest, "/auth"))
		answer_text(c->out, c->session.there && admitted(c, c->session.email) ? 202 : 401, "text/plain; charset=utf-8",
			    c->session.there ? "" : "Unauthorized\n");
	else if (!strcmp(rest, "/userinfo"))
		user_info(c);
	else if (text_starts(rest, "/static/"))
		answer_text(c->out, 200, "text/css; charset=utf-8", "");
	else
		return false;
	return true;
}

/* skip_auth_routes: "METHOD=regex", "METHOD!=regex", or a regex for every method. */
static bool free_route(const struct gate *g, const char *asked, const char *path)
{
	const cJSON *routes = gate_list(g, "skip_auth_routes"), *patterns = gate_list(g, "skip_auth_regex");
	if (gate_bool(g, "skip_auth_preflight", false) && !strcmp(asked, "OPTIONS"))
		return true;
	for (const cJSON *r = patterns ? patterns->child : NULL; r; r = r->next)
		if (gate_matches(r->valuestring, path))
			return true;
	for (const cJSON *r = routes ? routes->child : NULL; r; r = r->next) {
		const char *equals = strchr(r->valuestring, '=');
		if (!equals) {
			if (gate_matches(r->valuestring, path))
				return true;
			continue;
		}
		bool negated = equals > r->valuestring && equals[-1] == '!';
		const char *method = sim_tmp("%.*s", (int)(equals - r->valuestring - negated), r->valuestring);
		if ((!*method || !strcmp(method, asked)) && gate_matches(equals + 1, path) != negated)
			return true;
	}
	return false;
}

/* The path as routes without sign-in see it. Before 7.15.5 it was cut at a "#" even when that was encoded (GHSA-63jm-59jj-478j), while the server
 * behind got all of it; since then what could be read in two ways is never free: NULL. */
static const char *route_path(const struct container *k, const char *path)
{
	int major = 0, minor = 0, patch = 0;
	bool old = sscanf(json_str(k->facts, "version", ""), "%d.%d.%d", &major, &minor, &patch) == 3 &&
		   (major < 7 || (major == 7 && (minor < 15 || (minor == 15 && patch < 5))));
	if (old)
		return sim_tmp("%.*s", (int)strcspn(path, "#"), path);
	if (strpbrk(path, ";\\#?") || strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../") ||
	    text_ends(path, "/.") || text_ends(path, "/.."))
		return NULL;
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return NULL;
	return path;
}

static bool is_health(const struct gate *g, const char *path)
{
	return !strcmp(path, gate_text(g, "ping_path", "/ping")) || !strcmp(path, gate_text(g, "ready_path", "/ready"));
}

bool gate_open(const struct container *k, const char *path)
{
	struct gate g;
	gate_load(k, &g);
	bool open = !g.error && (is_health(&g, path) || !strcmp(path, "/robots.txt") || free_route(&g, "GET", path));
	gate_free(&g);
	return open;
}

static bool is_api(const struct caller *c)
{
	const cJSON *routes = gate_list(c->g, "api_routes");
	const char *accept = visit_header(c->v, "Accept");
	for (const cJSON *r = routes ? routes->child : NULL; r; r = r->next)
		if (gate_matches(r->valuestring, c->v->path))
			return true;
	return accept && !strcmp(accept, "application/json");
}

static void send_to_sign_in(struct caller *c)
{
	if (is_api(c))
		answer_text(c->out, 401, "application/json", "{}");
	else if (gate_bool(c->g, "skip_provider_button", false))
		start(c, safe_target(c->v->q->target));
	else
		error_page(c->out, 403, "Sign In", "Sign in with Google");
}

static bool decide(struct caller *c, const char **email)
{
	const char *path = c->v->path;
	if (is_health(c->g, path)) {
		answer_text(c->out, 200, "text/plain; charset=utf-8", "OK");
		return false;
	}
	if (!bearer(c))
		return false;
	load_session(c);
	if (own_path(c))
		return false;
	const char *route = route_path(c->k, path);
	bool open = route && free_route(c->g, c->v->q->method, route);
	if (!open && !c->session.there) {
		send_to_sign_in(c);
		return false;
	}
	if (!open && !admitted(c, c->session.email)) {
		set_cookie(c, cookie_name(c->g), "", 0);
		error_page(c->out, 403, "Forbidden", "Invalid session: unauthorized");
		return false;
	}
	*email = c->session.there ? sim_tmp("%s", c->session.email) : "";
	if (gate_seconds(c->g, "upstream_timeout", 30) < 0.001) { /* a duration without a unit is nanoseconds */
		error_page(c->out, 502, "Bad Gateway", "There was a problem connecting to the upstream server.");
		return false;
	}
	return true;
}

bool gate_pass(struct visit *v, const struct container *k, struct gate *g, const char **email, struct sim_reply *out)
{
	struct caller c = {.v = v, .k = k, .g = g, .provider = gate_provider_of(g), .out = out};
	bool pass = decide(&c, email);
	drop(&c.session);
	return pass;
}
