/* oauth2-proxy's configuration: TOML file, flags and variables, held to the rules that decide whether the real one starts (its
 * pkg/apis/options and pkg/validation, v7.15.6). */
#include "config.h"
#include "sim/front/oauth2_proxy.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum option_type { OPTION_TEXT, OPTION_BOOL, OPTION_DURATION, OPTION_NUMBER, OPTION_LIST };

/* Every option of 7.15: its key in the file, its flag, its type. An unknown key or flag is fatal. Sorted by key. */
static const struct option {
	const char *key, *flag;
	enum option_type type;
} options[] = {
    {"acr_values", "acr-values", OPTION_TEXT},
    {"allow_query_semicolons", "allow-query-semicolons", OPTION_BOOL},
    {"allowed_groups", "allowed-group", OPTION_LIST},
    {"allowed_roles", "allowed-role", OPTION_LIST},
    {"api_routes", "api-route", OPTION_LIST},
    {"approval_prompt", "approval-prompt", OPTION_TEXT},
    {"auth_logging", "auth-logging", OPTION_BOOL},
    {"auth_logging_format", "auth-logging-format", OPTION_TEXT},
    {"auth_request_response_mode", "auth-request-response-mode", OPTION_TEXT},
    {"authenticated_emails_file", "authenticated-emails-file", OPTION_TEXT},
    {"azure_graph_group_field", "azure-graph-group-field", OPTION_TEXT},
    {"azure_tenant", "azure-tenant", OPTION_TEXT},
    {"backend_logout_url", "backend-logout-url", OPTION_TEXT},
    {"banner", "banner", OPTION_TEXT},
    {"basic_auth_password", "basic-auth-password", OPTION_TEXT},
    {"bearer_token_login_fallback", "bearer-token-login-fallback", OPTION_BOOL},
    {"bitbucket_repository", "bitbucket-repository", OPTION_TEXT},
    {"bitbucket_team", "bitbucket-team", OPTION_TEXT},
    {"client_id", "client-id", OPTION_TEXT},
    {"client_secret", "client-secret", OPTION_TEXT},
    {"client_secret_file", "client-secret-file", OPTION_TEXT},
    {"code_challenge_method", "code-challenge-method", OPTION_TEXT},
    {"cookie_csrf_expire", "cookie-csrf-expire", OPTION_DURATION},
    {"cookie_csrf_per_request", "cookie-csrf-per-request", OPTION_BOOL},
    {"cookie_csrf_per_request_limit", "cookie-csrf-per-request-limit", OPTION_NUMBER},
    {"cookie_csrf_samesite", "cookie-csrf-samesite", OPTION_TEXT},
    {"cookie_domains", "cookie-domain", OPTION_LIST},
    {"cookie_expire", "cookie-expire", OPTION_DURATION},
    {"cookie_httponly", "cookie-httponly", OPTION_BOOL},
    {"cookie_name", "cookie-name", OPTION_TEXT},
    {"cookie_path", "cookie-path", OPTION_TEXT},
    {"cookie_refresh", "cookie-refresh", OPTION_DURATION},
    {"cookie_samesite", "cookie-samesite", OPTION_TEXT},
    {"cookie_secret", "cookie-secret", OPTION_TEXT},
    {"cookie_secret_file", "cookie-secret-file", OPTION_TEXT},
    {"cookie_secure", "cookie-secure", OPTION_BOOL},
    {"custom_sign_in_logo", "custom-sign-in-logo", OPTION_TEXT},
    {"custom_templates_dir", "custom-templates-dir", OPTION_TEXT},
    {"disable_keep_alives", "disable-keep-alives", OPTION_BOOL},
    {"display_htpasswd_form", "display-htpasswd-form", OPTION_BOOL},
    {"email_domains", "email-domain", OPTION_LIST},
    {"encode_state", "encode-state", OPTION_BOOL},
    {"entra_id_allowed_tenants", "entra-id-allowed-tenant", OPTION_LIST},
    {"entra_id_federated_token_auth", "entra-id-federated-token-auth", OPTION_BOOL},
    {"errors_to_info_log", "errors-to-info-log", OPTION_BOOL},
    {"exclude_logging_paths", "exclude-logging-path", OPTION_LIST},
    {"extra_jwt_issuers", "extra-jwt-issuers", OPTION_LIST},
    {"flush_interval", "flush-interval", OPTION_DURATION},
    {"footer", "footer", OPTION_TEXT},
    {"force_code_challenge_method", "force-code-challenge-method", OPTION_TEXT},
    {"force_https", "force-https", OPTION_BOOL},
    {"force_json_errors", "force-json-errors", OPTION_BOOL},
    {"gcp_healthchecks", "gcp-healthchecks", OPTION_BOOL},
    {"github_org", "github-org", OPTION_TEXT},
    {"github_repo", "github-repo", OPTION_TEXT},
    {"github_team", "github-team", OPTION_TEXT},
    {"github_token", "github-token", OPTION_TEXT},
    {"github_users", "github-user", OPTION_LIST},
    {"gitlab_groups", "gitlab-group", OPTION_LIST},
    {"gitlab_projects", "gitlab-project", OPTION_LIST},
    {"google_admin_api_user_scope", "google-admin-api-user-scope", OPTION_TEXT},
    {"google_admin_email", "google-admin-email", OPTION_TEXT},
    {"google_group", "google-group", OPTION_LIST},
    {"google_groups", "google-group", OPTION_LIST},
    {"google_service_account_json", "google-service-account-json", OPTION_TEXT},
    {"google_target_principal", "google-target-principal", OPTION_TEXT},
    {"google_use_application_default_credentials", "google-use-application-default-credentials", OPTION_TEXT},
    {"google_use_organization_id", "google-use-organization-id", OPTION_TEXT},
    {"htpasswd_file", "htpasswd-file", OPTION_TEXT},
    {"htpasswd_user_groups", "htpasswd-user-group", OPTION_LIST},
    {"http_address", "http-address", OPTION_TEXT},
    {"https_address", "https-address", OPTION_TEXT},
    {"insecure_oidc_allow_unverified_email", "insecure-oidc-allow-unverified-email", OPTION_BOOL},
    {"insecure_oidc_skip_issuer_verification", "insecure-oidc-skip-issuer-verification", OPTION_BOOL},
    {"insecure_oidc_skip_nonce", "insecure-oidc-skip-nonce", OPTION_BOOL},
    {"jwt_key", "jwt-key", OPTION_TEXT},
    {"jwt_key_file", "jwt-key-file", OPTION_TEXT},
    {"keycloak_groups", "keycloak-group", OPTION_LIST},
    {"logging_compress", "logging-compress", OPTION_BOOL},
    {"logging_filename", "logging-filename", OPTION_TEXT},
    {"logging_local_time", "logging-local-time", OPTION_BOOL},
    {"logging_max_age", "logging-max-age", OPTION_NUMBER},
    {"logging_max_backups", "logging-max-backups", OPTION_NUMBER},
    {"logging_max_size", "logging-max-size", OPTION_NUMBER},
    {"login_url", "login-url", OPTION_TEXT},
    {"metrics_address", "metrics-address", OPTION_TEXT},
    {"metrics_secure_address", "metrics-secure-address", OPTION_TEXT},
    {"metrics_tls_cert_file", "metrics-tls-cert-file", OPTION_TEXT},
    {"metrics_tls_key_file", "metrics-tls-key-file", OPTION_TEXT},
    {"oidc_audience_claims", "oidc-audience-claim", OPTION_LIST},
    {"oidc_email_claim", "oidc-email-claim", OPTION_TEXT},
    {"oidc_enabled_signing_algs", "oidc-enabled-signing-alg", OPTION_LIST},
    {"oidc_extra_audiences", "oidc-extra-audience", OPTION_LIST},
    {"oidc_groups_claim", "oidc-groups-claim", OPTION_TEXT},
    {"oidc_issuer_url", "oidc-issuer-url", OPTION_TEXT},
    {"oidc_jwks_url", "oidc-jwks-url", OPTION_TEXT},
    {"oidc_public_key_files", "oidc-public-key-file", OPTION_LIST},
    {"pass_access_token", "pass-access-token", OPTION_BOOL},
    {"pass_authorization_header", "pass-authorization-header", OPTION_BOOL},
    {"pass_basic_auth", "pass-basic-auth", OPTION_BOOL},
    {"pass_host_header", "pass-host-header", OPTION_BOOL},
    {"pass_user_headers", "pass-user-headers", OPTION_BOOL},
    {"ping_path", "ping-path", OPTION_TEXT},
    {"ping_user_agent", "ping-user-agent", OPTION_TEXT},
    {"prefer_email_to_user", "prefer-email-to-user", OPTION_BOOL},
    {"profile_url", "profile-url", OPTION_TEXT},
    {"prompt", "prompt", OPTION_TEXT},
    {"provider", "provider", OPTION_TEXT},
    {"provider_ca_files", "provider-ca-file", OPTION_LIST},
    {"provider_display_name", "provider-display-name", OPTION_TEXT},
    {"proxy_prefix", "proxy-prefix", OPTION_TEXT},
    {"proxy_websockets", "proxy-websockets", OPTION_BOOL},
    {"pubjwk_url", "pubjwk-url", OPTION_TEXT},
    {"ready_path", "ready-path", OPTION_TEXT},
    {"real_client_ip_header", "real-client-ip-header", OPTION_TEXT},
    {"redeem_url", "redeem-url", OPTION_TEXT},
    {"redirect_url", "redirect-url", OPTION_TEXT},
    {"redis_ca_path", "redis-ca-path", OPTION_TEXT},
    {"redis_cluster_connection_urls", "redis-cluster-connection-urls", OPTION_LIST},
    {"redis_connection_idle_timeout", "redis-connection-idle-timeout", OPTION_NUMBER},
    {"redis_connection_url", "redis-connection-url", OPTION_TEXT},
    {"redis_insecure_skip_tls_verify", "redis-insecure-skip-tls-verify", OPTION_BOOL},
    {"redis_password", "redis-password", OPTION_TEXT},
    {"redis_sentinel_connection_urls", "redis-sentinel-connection-urls", OPTION_LIST},
    {"redis_sentinel_master_name", "redis-sentinel-master-name", OPTION_TEXT},
    {"redis_sentinel_password", "redis-sentinel-password", OPTION_TEXT},
    {"redis_use_cluster", "redis-use-cluster", OPTION_BOOL},
    {"redis_use_sentinel", "redis-use-sentinel", OPTION_BOOL},
    {"redis_username", "redis-username", OPTION_TEXT},
    {"relative_redirect_url", "relative-redirect-url", OPTION_BOOL},
    {"request_id_header", "request-id-header", OPTION_TEXT},
    {"request_logging", "request-logging", OPTION_BOOL},
    {"request_logging_format", "request-logging-format", OPTION_TEXT},
    {"resource", "resource", OPTION_TEXT},
    {"reverse_proxy", "reverse-proxy", OPTION_BOOL},
    {"scope", "scope", OPTION_TEXT},
    {"session_cookie_minimal", "session-cookie-minimal", OPTION_BOOL},
    {"session_store_type", "session-store-type", OPTION_TEXT},
    {"set_authorization_header", "set-authorization-header", OPTION_BOOL},
    {"set_basic_auth", "set-basic-auth", OPTION_BOOL},
    {"set_xauthrequest", "set-xauthrequest", OPTION_BOOL},
    {"show_debug_on_error", "show-debug-on-error", OPTION_BOOL},
    {"signature_key", "signature-key", OPTION_TEXT},
    {"silence_ping_logging", "silence-ping-logging", OPTION_BOOL},
    {"skip_auth_preflight", "skip-auth-preflight", OPTION_BOOL},
    {"skip_auth_regex", "skip-auth-regex", OPTION_LIST},
    {"skip_auth_routes", "skip-auth-route", OPTION_LIST},
    {"skip_auth_strip_headers", "skip-auth-strip-headers", OPTION_BOOL},
    {"skip_claims_from_profile_url", "skip-claims-from-profile-url", OPTION_BOOL},
    {"skip_jwt_bearer_tokens", "skip-jwt-bearer-tokens", OPTION_BOOL},
    {"skip_oidc_discovery", "skip-oidc-discovery", OPTION_BOOL},
    {"skip_provider_button", "skip-provider-button", OPTION_BOOL},
    {"ssl_insecure_skip_verify", "ssl-insecure-skip-verify", OPTION_BOOL},
    {"ssl_upstream_insecure_skip_verify", "ssl-upstream-insecure-skip-verify", OPTION_BOOL},
    {"standard_logging", "standard-logging", OPTION_BOOL},
    {"standard_logging_format", "standard-logging-format", OPTION_TEXT},
    {"tls_cert_file", "tls-cert-file", OPTION_TEXT},
    {"tls_cipher_suites", "tls-cipher-suite", OPTION_LIST},
    {"tls_key_file", "tls-key-file", OPTION_TEXT},
    {"tls_min_version", "tls-min-version", OPTION_TEXT},
    {"trusted_ips", "trusted-ip", OPTION_LIST},
    {"trusted_proxy_ips", "trusted-proxy-ip", OPTION_LIST},
    {"upstream_timeout", "upstream-timeout", OPTION_DURATION},
    {"upstreams", "upstream", OPTION_LIST},
    {"use_system_trust_store", "use-system-trust-store", OPTION_BOOL},
    {"user_id_claim", "user-id-claim", OPTION_TEXT},
    {"validate_url", "validate-url", OPTION_TEXT},
    {"whitelist_domains", "whitelist-domain", OPTION_LIST},
};

static const struct option *option_by_key(const char *key)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (!strcmp(options[i].key, key))
			return &options[i];
	return NULL;
}

static const struct option *option_by_flag(const char *flag)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (!strcmp(options[i].flag, flag))
			return &options[i];
	return NULL;
}

static void fault(struct gate *g, char *text)
{
	if (g->error)
		free(text);
	else
		g->error = text;
}

/* Durations as Go reads them: "1h30m", "-3600s". NaN when it is none. */
static double duration(const char *text)
{
	double sum = 0;
	const char *p = text + (*text == '-' || *text == '+');
	if (!strcmp(p, "0"))
		return 0;
	const char *start = p;
	while (*p) {
		char *end;
		double n = strtod(p, &end);
		static const struct {
			const char *name;
			double seconds;
		} units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
		size_t u = 0;
		while (u < 6 && strncmp(end, units[u].name, strlen(units[u].name)))
			u++;
		if (end == p || u == 6)
			return NAN;
		sum += n * units[u].seconds;
		p = end + strlen(units[u].name);
	}
	return p == start ? NAN : *text == '-' ? -sum : sum;
}

#define UNDECODED                                                                                                              \
	"failed to load legacy options: failed to load config: error unmarshalling config: decoding failed due to the "        \
	"following error(s):\n\n"

static cJSON *truth(struct gate *g, const char *key, const char *text)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[] = {"0",     "f",     "F", "false",
												 "FALSE", "False", ""};
	for (size_t i = 0; i < 6; i++)
		if (!strcmp(text, yes[i]))
			return cJSON_CreateTrue();
	for (size_t i = 0; i < 7; i++)
		if (!strcmp(text, no[i]))
			return cJSON_CreateFalse();
	fault(g, xasprintf(UNDECODED "'%s' cannot parse value as 'bool': strconv.ParseBool: invalid syntax", key));
	return NULL;
}

static cJSON *number(struct gate *g, const char *key, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);
	if (end != text && !*end)
		return cJSON_CreateNumber((double)n);
	fault(g, xasprintf(UNDECODED "'%s' cannot parse value as 'int': strconv.ParseInt: invalid syntax", key));
	return NULL;
}

/* The elements of a list as texts. */
static cJSON *texts(const cJSON *list)
{
	cJSON *all = cJSON_CreateArray();
	for (const cJSON *i = list->child; i; i = i->next) {
		const char *text = cJSON_IsString(i)   ? i->valuestring
				   : cJSON_IsNumber(i) ? sim_tmp("%.15g", i->valuedouble)
				   : cJSON_IsBool(i)   ? (cJSON_IsTrue(i) ? "1" : "0")
						       : "";
		cJSON_AddItemToArray(all, cJSON_CreateString(text));
	}
	return all;
}

/* One value for an option, converted as viper does: texts, numbers and truths stand for one another where they can. */
static void set(struct gate *g, const struct option *o, const cJSON *value)
{
	cJSON *kept = NULL;
	const char *text = cJSON_IsString(value) ? value->valuestring : NULL, *shown = text;
	if (cJSON_IsNumber(value))
		shown = sim_tmp("%.15g", value->valuedouble);
	else if (cJSON_IsBool(value))
		shown = cJSON_IsTrue(value) ? "1" : "0";
	if (cJSON_IsArray(value) && o->type != OPTION_LIST)
		fault(g, xasprintf(UNDECODED "'%s' expected type '%s', got unconvertible type '[]interface {}'", o->key,
				   o->type == OPTION_BOOL   ? "bool"
				   : o->type == OPTION_TEXT ? "string"
							    : "int"));
	else if (o->type == OPTION_BOOL)
		kept = text ? truth(g, o->key, text)
			    : cJSON_CreateBool(cJSON_IsNumber(value) ? value->valuedouble != 0 : cJSON_IsTrue(value));
	else if (o->type == OPTION_DURATION && text && isnan(duration(text)))
		fault(g,
		      xasprintf(UNDECODED "'%s' time: %s duration \"%s\"", o->key,
				*text && isdigit((unsigned char)text[strlen(text) - 1]) ? "missing unit in" : "invalid", text));
	else if (o->type == OPTION_DURATION)
		kept = cJSON_CreateNumber(text ? duration(text) : value->valuedouble * 1e-9); /* a bare number is nanoseconds */
	else if (o->type == OPTION_NUMBER)
		kept = text ? number(g, o->key, text)
			    : cJSON_CreateNumber(cJSON_IsNumber(value) ? value->valuedouble : cJSON_IsTrue(value));
	else if (o->type == OPTION_LIST && shown)
		kept = json_make("[%s]", shown);
	else
		kept = o->type == OPTION_TEXT ? cJSON_CreateString(shown ? shown : "") : texts(value);
	if (kept)
		json_put(g->options, o->key, kept);
}

/* TOML, as much as a flat configuration has: strings, numbers, booleans, arrays, comments. ---------------------------------- */
struct toml {
	const char *p;
	int line;
};

static void blank(struct toml *t, bool lines)
{
	for (;; t->p++) {
		if (*t->p == '#')
			while (t->p[1] && t->p[1] != '\n')
				t->p++;
		else if (*t->p == '\n' && lines)
			t->line++;
		else if (*t->p != ' ' && *t->p != '\t' && *t->p != '\r')
			return;
	}
}

static void add_utf8(struct buf *b, unsigned long code)
{
	if (code < 0x80)
		buf_putc(b, (char)code);
	else if (code < 0x800)
		buf_printf(b, "%c%c", (char)(0xc0 | code >> 6), (char)(0x80 | (code & 0x3f)));
	else
		buf_printf(b, "%c%c%c", (char)(0xe0 | (code >> 12 & 0xf)), (char)(0x80 | (code >> 6 & 0x3f)),
			   (char)(0x80 | (code & 0x3f)));
}

/* What a backslash in a basic string stands for; false when it is nothing. */
static bool toml_escape(struct toml *t, struct buf *b)
{
	static const char from[] = "bntfr\"\\", to[] = "\b\n\t\f\r\"\\";
	const char *known = t->p[1] ? strchr(from, t->p[1]) : NULL;
	if (known) {
		buf_putc(b, to[known - from]);
		t->p += 2;
		return true;
	}
	size_t digits = t->p[1] == 'u' ? 4 : t->p[1] == 'U' ? 8 : 0;
	if (!digits || strspn(t->p + 2, "0123456789abcdefABCDEF") < digits)
		return false;
	add_utf8(b, strtoul(sim_tmp("%.*s", (int)digits, t->p + 2), NULL, 16));
	t->p += 2 + digits;
	return true;
}

/* Basic and literal strings, on one line or between triple quotes. */
static cJSON *toml_string(struct toml *t)
{
	char quote = *t->p;
	bool many = t->p[1] == quote && t->p[2] == quote;
	size_t width = many ? 3 : 1;
	const char close[4] = {quote, many ? quote : '\0', quote, '\0'};
	struct buf b = {0};
	bool good = true;
	for (t->p += width, t->p += many && *t->p == '\n'; good && *t->p && strncmp(t->p, close, width);) {
		if (*t->p == '\n' && !many)
			break;
		t->line += *t->p == '\n';
		if (quote == '"' && *t->p == '\\')
			good = toml_escape(t, &b);
		else
			buf_putc(&b, *t->p++);
	}
	cJSON *node = good && !strncmp(t->p, close, width) ? cJSON_CreateString(buf_text(&b)) : NULL;
	t->p += node ? width : 0;
	buf_free(&b);
	return node;
}

static cJSON *toml_value(struct toml *t)
{
	if (*t->p == '"' || *t->p == '\'')
		return toml_string(t);
	if (*t->p == '[') {
		cJSON *array = cJSON_CreateArray();
		t->p++;
		for (blank(t, true); *t->p && *t->p != ']'; blank(t, true)) {
			cJSON *item = *t->p == '[' ? NULL : toml_value(t);
			if (!item)
				break;
			cJSON_AddItemToArray(array, item);
			blank(t, true);
			if (*t->p == ',')
				t->p++;
			else if (*t->p != ']')
				break;
		}
		if (*t->p == ']') {
			t->p++;
			return array;
		}
		cJSON_Delete(array);
		return NULL;
	}
	size_t len = strcspn(t->p, " \t\r\n#,]");
	const char *word = sim_tmp("%.*s", (int)len, t->p);
	char *end;
	double n = strtod(word, &end);
	bool truth = !strcmp(word, "true") || !strcmp(word, "false");
	if (!truth && (end == word || *end))
		return NULL;
	t->p += len;
	return truth ? cJSON_CreateBool(*word == 't') : cJSON_CreateNumber(n);
}

static void read_file(struct gate *g, const char *text)
{
	struct toml t = {text, 1};
	struct buf unknown = {0};
	for (blank(&t, true); *t.p && !g->error; blank(&t, true)) {
		size_t len = strspn(t.p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
		const char *key = sim_tmp("%.*s", (int)len, t.p);
		t.p += len;
		blank(&t, false);
		cJSON *value = NULL;
		if (len && *t.p == '=') {
			t.p++;
			blank(&t, false);
			value = toml_value(&t);
			blank(&t, false);
		}
		const struct option *o = option_by_key(key);
		if (!value || (*t.p && *t.p != '\n'))
			fault(g, xasprintf("failed to load legacy options: failed to load config: unable to load config file: "
					   "While parsing config: toml: line %d: invalid syntax",
					   t.line));
		else if (json_at(g->options, key))
			fault(g, xasprintf("failed to load legacy options: failed to load config: unable to load config file: "
					   "While parsing config: toml: key %s is already defined",
					   key));
		else if (!o)
			buf_printf(&unknown, "%s%s", unknown.len ? ", " : "", key);
		else
			set(g, o, value);
		cJSON_Delete(value);
	}
	if (unknown.len)
		fault(g, xasprintf(UNDECODED "'' has invalid keys: %s", buf_text(&unknown)));
	buf_free(&unknown);
}

static void read_env(const struct container *k, struct gate *g)
{
	for (const cJSON *e = k->env->child; e; e = e->next) {
		if (!text_starts(e->string, "OAUTH2_PROXY_"))
			continue;
		char *key = xstrdup(e->string + 13);
		for (char *p = key; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		const struct option *o = option_by_key(key);
		cJSON *list = o && o->type == OPTION_LIST ? cJSON_CreateArray() : NULL;
		for (const char *p = e->valuestring; list && *p;) { /* lists are separated by commas */
			size_t len = strcspn(p, ",");
			cJSON_AddItemToArray(list, cJSON_CreateString(sim_tmp("%.*s", (int)len, p)));
			p += len + (p[len] == ',');
		}
		if (o)
			set(g, o, list ? list : e);
		cJSON_Delete(list);
		free(key);
	}
}

static void read_flags(const struct container *k, struct gate *g)
{
	static const char *const others[] = {"config", "config-test", "version"};
	cJSON *lists = cJSON_CreateObject(); /* a flag given more than once adds to its list */
	for (const cJSON *a = k->argv->child ? k->argv->child->next : NULL; a; a = a->next) {
		const char *text = a->valuestring;
		if (!text_starts(text, "-"))
			continue;
		text += text[1] == '-' ? 2 : 1;
		size_t len = strcspn(text, "=");
		const char *flag = sim_tmp("%.*s", (int)len, text), *value = text[len] ? text + len + 1 : NULL;
		const struct option *o = option_by_flag(flag);
		bool other = false;
		for (size_t i = 0; i < 3; i++)
			other |= !strcmp(others[i], flag);
		if (!o && !other)
			fault(g, xasprintf("failed to parse flags: unknown flag: --%s", flag));
		if (!value && a->next && (!o || o->type != OPTION_BOOL)) {
			a = a->next;
			value = a->valuestring;
		}
		if (!o)
			continue;
		cJSON *list = o->type == OPTION_LIST ? cJSON_GetObjectItemCaseSensitive(lists, o->key) : NULL;
		if (o->type == OPTION_LIST && !list)
			list = cJSON_AddArrayToObject(lists, o->key);
		cJSON *node = cJSON_CreateString(value ? value : "true");
		if (list)
			cJSON_AddItemToArray(list, node);
		set(g, o, list ? list : node);
		if (!list)
			cJSON_Delete(node);
	}
	cJSON_Delete(lists);
}

/* Validation. -------------------------------------------------------------------------------------------------------------- */
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

static const char *file_of(const struct container *k, const char *path)
{
	const cJSON *f = cJSON_GetObjectItemCaseSensitive(k->files, path);
	return cJSON_IsString(f) ? f->valuestring : NULL;
}

static void check_cookie(const struct container *k, const struct gate *g, struct buf *all)
{
	const char *secret = gate_text(g, "cookie_secret", ""), *path = gate_text(g, "cookie_secret_file", "");
	const char *from = !*secret && *path ? file_of(k, path) : secret;
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

static void check_provider(const struct container *k, const struct gate *g, struct buf *all)
{
	if (!*gate_text(g, "client_id", ""))
		say(all, "provider missing setting: client-id");
	const char *path = gate_text(g, "client_secret_file", ""), *admin = gate_text(g, "google_admin_email", "");
	if (!*gate_text(g, "client_secret", "") && !*path)
		say(all, "missing setting: client-secret or client-secret-file");
	else if (!*gate_text(g, "client_secret", "") && !file_of(k, path))
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
		fault(g,
		      xasprintf("Failed to initialise OAuth2 Proxy: error initialising provider: unknown provider type \"%s\"",
				provider));
	else if (!strcmp(provider, "oidc") && !*gate_text(g, "oidc_issuer_url", ""))
		fault(g, xstrdup("Failed to initialise OAuth2 Proxy: error initialising provider: missing required setting: "
				 "oidc-issuer-url"));
	else if (*emails && !file_of(k, emails))
		fault(g, xasprintf("failed opening authenticated-emails-file=\"%s\", open %s: no such file or directory",
				   emails, emails));
	g->late = g->error != NULL;
}

static void validate(const struct container *k, struct gate *g)
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
		fault(g, xasprintf("invalid configuration:\n%s", buf_text(&all)));
	else
		start_faults(k, g);
	buf_free(&all);
}

void gate_load(const struct container *k, struct gate *g)
{
	*g = (struct gate){.options = cJSON_CreateObject()};
	const char *path = container_flag(k, "--config");
	if (!path)
		path = container_env(k, "OAUTH2_PROXY_CONFIG", NULL);
	const char *text = path ? file_of(k, path) : NULL;
	if (path && !text)
		fault(g, xasprintf("failed to load legacy options: failed to load config: unable to load config file: open %s: "
				   "no such file or directory",
				   path));
	if (text)
		read_file(g, text);
	read_env(k, g);
	read_flags(k, g);
	if (!g->error)
		validate(k, g);
}

void gate_free(struct gate *g)
{
	cJSON_Delete(g->options);
	free(g->error);
	*g = (struct gate){0};
}

const char *gate_text(const struct gate *g, const char *key, const char *fallback)
{
	return json_str(g->options, key, fallback);
}

bool gate_bool(const struct gate *g, const char *key, bool fallback)
{
	return json_bool(g->options, key, fallback);
}

double gate_seconds(const struct gate *g, const char *key, double fallback)
{
	return json_num(g->options, key, fallback);
}

const cJSON *gate_list(const struct gate *g, const char *key)
{
	return json_at(g->options, key);
}

const char *gate_secret(const struct container *k, const struct gate *g, const char *key)
{
	const char *own = gate_text(g, key, ""), *path = gate_text(g, sim_tmp("%s_file", key), "");
	const char *text = *own ? own : *path ? file_of(k, path) : NULL;
	return text ? text : "";
}

bool gate_matches(const char *pattern, const char *text)
{
	regex_t compiled;
	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	bool match = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return match;
}
