/* The rules that decide whether oauth2-proxy starts with its configuration (its pkg/validation, v7.15.6). */
#include "config.h"
#include "sim/front/oauth2_proxy.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/front/gate_provider.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How many bytes a cookie secret has: what URL-safe base64 (padding or not) gives when that is a key's length, else the text's own. */
static size_t secret_bytes(const char *secret)
{
	size_t len = strlen(secret), bare = len;
	while (bare && secret[bare - 1] == '=')
		bare--;
	bool alphabet = strspn(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == bare;
	bool padded = len == bare || (len % 4 == 0 && len - bare <= 2);
	size_t decoded = bare / 4 * 3 + (bare % 4 ? bare % 4 - 1 : 0);
	if (alphabet && padded && bare % 4 != 1 && (decoded == 16 || decoded == 24 || decoded == 32))
		return decoded;
	return len;
}

static void say(struct buf *all, const char *text)
{
	buf_printf(all, "%s  %s", all->len ? "\n" : "", text);
}

static void check_cookie(const struct container *k, const struct gate *g, struct buf *all)
{
	const char *secret = gate_text(g, "cookie_secret", ""), *path = gate_text(g, "cookie_secret_file", "");
	const char *from = !*secret && *path ? container_file(k, path) : secret;
	size_t len = from ? secret_bytes(from) : 0;
	if (!*secret && !*path)
		say(all, "missing setting: cookie-secret or cookie-secret-file");
	else if (!from)
		say(all, sim_tmp("could not read cookie secret file: %s", path));
	else if (len != 16 && len != 24 && len != 32)
		say(all, sim_tmp("cookie_secret%s must be 16, 24, or 32 bytes to create an AES cipher, but is %zu bytes",
				 *secret ? "" : " from file", len));
	double expire = gate_seconds(g, "cookie_expire", 168 * 3600), refresh = gate_seconds(g, "cookie_refresh", 0);
	if (expire != 0 && refresh >= expire)
		say(all, "cookie_refresh must be less than cookie_expire");
	const char *site = gate_text(g, "cookie_samesite", "");
	if (*site && strcmp(site, "none") && strcmp(site, "lax") && strcmp(site, "strict"))
		say(all, sim_tmp("cookie_samesite (\"%s\") must be one of ['', 'lax', 'strict', 'none']", site));
	if (strpbrk(gate_text(g, "cookie_name", "_oauth2_proxy"), " ;,=\"\\()<>@:/[]?{}"))
		say(all, sim_tmp("invalid cookie name: \"%s\"", gate_text(g, "cookie_name", "")));
	if (gate_bool(g, "session_cookie_minimal", false)) {
		if (refresh > 0)
			say(all, "cookie_refresh > 0 requires oauth tokens in sessions. session_cookie_minimal cannot be set");
		if (gate_bool(g, "pass_access_token", false) || gate_bool(g, "pass_authorization_header", false))
			say(all, "access or id tokens in headers require oauth tokens in sessions. session_cookie_minimal "
				 "cannot be set");
	}
}

/* Entra ID's workload identity stands in for a secret; Login.gov's key is asked for at the start. */
static bool check_federated(const struct container *k, const struct gate *g, struct buf *all)
{
	const char *type = gate_text(g, "provider", "google"), *file = container_env(k, "AZURE_FEDERATED_TOKEN_FILE", NULL);
	bool federated = !strcmp(type, "entra-id") && gate_bool(g, "entra_id_federated_token_auth", false);
	if (federated && !file)
		say(all, "entra federated token authentication is enabled, but AZURE_FEDERATED_TOKEN_FILE variable is not set, "
			 "check your workload identity configuration.");
	else if (federated && !container_file(k, file))
		say(all, "could not read entra federated token file");
	return federated || !strcmp(type, "login.gov");
}

static void check_algorithms(const struct gate *g, struct buf *all)
{
	static const char *const known[] = {"EdDSA", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",
					    "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"};
	const cJSON *list = gate_list(g, "oidc_enabled_signing_algs"), *one;
	cJSON_ArrayForEach(one, list) {
		bool found = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			found |= !strcmp(known[i], one->valuestring);
		if (!found)
			say(all, sim_tmp("provider %s=%s has invalid EnabledSigningAlgs entry \"%s\"",
					 gate_text(g, "provider", "google"), gate_text(g, "client_id", ""), one->valuestring));
	}
}

static void check_provider(const struct container *k, const struct gate *g, struct buf *all)
{
	bool secretless = check_federated(k, g, all);
	check_algorithms(g, all);
	if (!*gate_text(g, "client_id", ""))
		say(all, "provider missing setting: client-id");
	const char *path = gate_text(g, "client_secret_file", ""), *admin = gate_text(g, "google_admin_email", "");
	if (!secretless && !*gate_text(g, "client_secret", "") && !*path)
		say(all, "missing setting: client-secret or client-secret-file");
	else if (!secretless && !*gate_text(g, "client_secret", "") && !container_file(k, path))
		say(all, sim_tmp("could not read client secret file: %s", path));
	bool google = !strcmp(gate_text(g, "provider", "google"), "google"),
	     adc = gate_bool(g, "google_use_application_default_credentials", false);
	const char *json = gate_text(g, "google_service_account_json", "");
	if (google && *admin && !*json && !adc)
		say(all, "missing setting: google-service-account-json or google-use-application-default-credentials");
	else if (google && !*admin && (*json || adc))
		say(all, "missing setting: google-admin-email");
}

/* "host:port" whose port is no number, as Go's url.Parse refuses it. */
static void check_redirect(const struct gate *g, struct buf *all)
{
	const char *url = gate_text(g, "redirect_url", ""), *host = strstr(url, "://"),
		   *colon = host ? strchr(host + 3, ':') : NULL;
	size_t len = host ? strcspn(host + 3, "/?#") : 0;
	if (!colon || colon >= host + 3 + len)
		return;
	size_t port = len - (size_t)(colon - host - 3);
	if (strspn(colon + 1, "0123456789") < port - 1)
		say(all, sim_tmp("error parsing redirect-url=\"%s\" parse \"%s\": invalid port \"%.*s\" after host", url, url,
				 (int)port, colon));
}

/* Upstreams are told apart by their paths. */
static void check_upstreams(const struct gate *g, struct buf *all)
{
	static const char *const schemes[] = {"http", "https", "file", "unix", "static"};
	const cJSON *list = gate_list(g, "upstreams");
	for (const cJSON *u = list ? list->child : NULL; u; u = u->next) {
		const char *sep = strstr(u->valuestring, "://"),
			   *scheme = sim_tmp("%.*s", (int)(sep ? sep - u->valuestring : 0), u->valuestring);
		const char *path = sep ? strchr(sep + 3, '/') : NULL;
		bool known = false;
		for (size_t i = 0; sep && i < 5; i++)
			known |= !strcmp(schemes[i], scheme);
		if (!sep)
			say(all, sim_tmp("error parsing upstream: unknown scheme for upstream: %s", u->valuestring));
		else if (!known)
			say(all, sim_tmp("upstream \"%s\" has invalid scheme: \"%s\"", path ? path : "/", scheme));
		for (const cJSON *o = list->child; sep && o != u; o = o->next) {
			const char *other = strstr(o->valuestring, "://"), *its = other ? strchr(other + 3, '/') : NULL;
			if (other && !strcmp(its ? its : "/", path ? path : "/"))
				say(all, sim_tmp("multiple upstreams found with id \"%s\": upstream ids must be unique",
						 path ? path : "/"));
		}
	}
}

static void check_network(const struct gate *g, struct buf *all)
{
	static const char *const headers[] = {"X-Forwarded-For", "X-Real-IP", "X-ProxyUser-IP", "X-Envoy-External-Address",
					      "CF-Connecting-IP"};
	const cJSON *ips = gate_list(g, "trusted_ips");
	int n = 0;
	for (const cJSON *i = ips ? ips->child : NULL; i; i = i->next, n++)
		if (strspn(i->valuestring, "0123456789abcdefABCDEF.:/") != strlen(i->valuestring) ||
		    !strpbrk(i->valuestring, ".:"))
			say(all, sim_tmp("trusted_ips[%d] (%s) could not be recognized", n, i->valuestring));
	const char *header = gate_text(g, "real_client_ip_header", "X-Real-IP");
	bool known = !gate_bool(g, "reverse_proxy", false);
	for (size_t i = 0; i < 5; i++)
		known |= !strcasecmp(headers[i], header);
	if (!known)
		say(all, sim_tmp("real_client_ip_header (%s) not accepted parameter value: the http header key (%s) is either "
				 "invalid or unsupported",
				 header, header));
	const char *key = gate_text(g, "signature_key", ""), *colon = strchr(key, ':');
	if (*key && (!colon || strchr(colon + 1, ':')))
		say(all, sim_tmp("invalid signature hash:key spec: %s", key));
	if (!strcmp(gate_text(g, "session_store_type", ""), "redis") &&
	    !text_starts(gate_text(g, "redis_connection_url", ""), "redis"))
		say(all, "unable to initialize a redis client: unable to parse redis url: redis: invalid URL scheme:");
}

static void check_patterns(const struct gate *g, const char *key, const char *what, struct buf *all)
{
	const cJSON *list = gate_list(g, key);
	for (const cJSON *r = list ? list->child : NULL; r; r = r->next) {
		regex_t compiled;
		const char *equals = strchr(r->valuestring, '='),
			   *pattern = !strcmp(key, "skip_auth_routes") && equals ? equals + 1 : r->valuestring;
		if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
			say(all, sim_tmp("error compiling %s /%s/", what, pattern));
		else
			regfree(&compiled);
	}
}

/* What passes --config-test and stops the start all the same. */
static void start_faults(const struct container *k, struct gate *g)
{
	static const char *const known[] = {"google",    "oidc",         "github",        "gitlab",    "azure",    "entra-id",
					    "adfs",      "keycloak",     "keycloak-oidc", "bitbucket", "facebook", "linkedin",
					    "nextcloud", "digitalocean", "login.gov",     "cidaas",    "sourcehut"};
	const char *provider = gate_text(g, "provider", "google"), *emails = gate_text(g, "authenticated_emails_file", "");
	bool found = false;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		found |= !strcmp(known[i], provider);
	if (!found)
		gate_fault(
		    g, xasprintf("Failed to initialise OAuth2 Proxy: error initialising provider: unknown provider type \"%s\"",
				 provider));
	else if (gate_has_verifier(provider) && !*gate_text(g, "oidc_issuer_url", ""))
		gate_fault(g,
			   xstrdup("Failed to initialise OAuth2 Proxy: error initialising provider: could not create provider "
				   "data: error building OIDC ProviderVerifier: invalid provider verifier options: missing "
				   "required setting: issuer-url"));
	else if (*emails && !container_file(k, emails))
		gate_fault(g, xasprintf("failed opening authenticated-emails-file=\"%s\", open %s: no such file or directory",
					emails, emails));
	g->late = g->error != NULL;
}

void gate_check(const struct container *k, struct gate *g)
{
	struct buf all = {0};
	check_cookie(k, g, &all);
	check_provider(k, g, &all);
	check_patterns(g, "api_routes", "API route regex", &all);
	check_patterns(g, "skip_auth_routes", "regex", &all);
	check_patterns(g, "skip_auth_regex", "regex", &all);
	const char *emails = gate_text(g, "authenticated_emails_file", "");
	if (!*emails && !cJSON_GetArraySize(gate_list(g, "email_domains")) && !*gate_text(g, "htpasswd_file", ""))
		say(&all, "missing setting for email validation: email-domain or authenticated-emails-file required.\n      "
			  "use email-domain=* to "
			  "authorize all email addresses");
	const cJSON *issuers = gate_bool(g, "skip_jwt_bearer_tokens", false) ? gate_list(g, "extra_jwt_issuers") : NULL;
	for (const cJSON *i = issuers ? issuers->child : NULL; i; i = i->next)
		if (!strchr(i->valuestring, '='))
			say(&all, sim_tmp("invalid jwt verifier uri=audience spec: %s", i->valuestring));
	check_redirect(g, &all);
	check_upstreams(g, &all);
	check_network(g, &all);
	if (all.len)
		gate_fault(g, xasprintf("invalid configuration:\n%s", buf_text(&all)));
	else
		start_faults(k, g);
	buf_free(&all);
}
