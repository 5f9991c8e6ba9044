/* Identity providers, from the documentation and the source of oauth2-proxy 7.15 (providers/, docs/configuration/providers) and of the providers. What keeps
 * strangers out is the list of addresses, so each row must make sure that nobody can give himself an address of somebody else's:
 *
 *   oauth2-proxy refuses an address whose claim email_verified is false, and takes one without that claim. Rows whose provider always has it need no
 *   more; for an issuer that nobody knows the description must list it, or the operator vouches for the issuer.
 *   Entra ID has no such claim, and an e-mail address there is whatever an administrator of any tenant writes: its people are known by their user
 *   principal name, whose domain Microsoft verified, and by one tenant alone.
 *   GitHub's is the primary address that GitHub verified, which oauth2-proxy asks its API for.
 *   oauth2-proxy takes an ID token from programs too, and the token's subject for the address where it has none (CreateSessionFromToken). An issuer that
 *   signs subjects which a stranger words (GitLab's jobs: "project_path:me/x:ref_type:branch:ref:y@example.com", for any audience) lets him into a domain.
 *   Such subjects are never a whole address, so people are listed by name there. Of an issuer that nobody knows the same is to be feared.
 *
 * Groups, organisations and roles are not asked for: oauth2-proxy holds such a rule (allowed_groups, github_org, gitlab_groups) against programs as well, whose
 * Google tokens have no groups, and would let nobody's programs in. */
#include "config.h"
#include "plan/auth_oauth2_proxy_providers.h"

#include "base/gettext.h"
#include "base/pattern.h"
#include "base/text.h"
#include "plan/people.h"

#include <string.h>
#include <strings.h>

#define HEX(n) "[0-9a-fA-F]{" #n "}"
#define UUID HEX(8) "-" HEX(4) "-" HEX(4) "-" HEX(4) "-" HEX(12)
/* Of all personal Microsoft accounts. */
#define CONSUMERS "9188040d-6c67-4c5b-b112-36a304b66dad"

static const char *entra_issuer_wrong(const char *issuer)
{
	static const char *const shared[] = {"common", "organizations", "consumers", CONSUMERS, NULL};
	const char *path = text_starts(issuer, "https://") ? strchr(issuer + strlen("https://"), '/') : NULL;
	for (const char *const *s = shared; path && *s; s++) {
		size_t len = strlen(*s);
		if (!strncasecmp(path + 1, *s, len) && (!path[1 + len] || path[1 + len] == '/'))
			return N_("This is not one tenant but everybody's: an administrator of any other could give himself an "
				  "address "
				  "of yours. Name your tenant by its ID.");
	}
	return pattern_matches("^https://login\\.(microsoftonline\\.(com|us)|partner\\.microsoftonline\\.cn)/" UUID "/v2\\.0$",
			       issuer)
		   ? NULL
		   : N_("It is https://login.microsoftonline.com/TENANT/v2.0, with the Directory (tenant) ID.");
}

/* A guest's user principal name there is "ada_example.org#EXT#@TENANT.onmicrosoft.com". */
static const char *entra_domain_wrong(const char *domain)
{
	return text_ends(domain, ".onmicrosoft.com")
		   ? N_("Guests of the tenant have names in this domain, whoever they are. Name a domain of your own, or list "
			"people.")
		   : NULL;
}

static const char *any_domain_wrong(const char *domain)
{
	(void)domain;
	return N_("This identity provider may sign tokens whose subject ends like an address of any domain, and oauth2-proxy "
		  "would let their bearers in. List people by their addresses in auth.users.");
}

/* Entra ID, by whichever of its hosts: an address there is known by the name that signs in, which only its own row asks for. */
static bool is_microsofts(const char *issuer)
{
	static const char *const hosts[] = {"windows.net",        "microsoft.com", "microsoftonline.com", "microsoftonline.us",
					    "microsoftonline.cn", "ciamlogin.com", "b2clogin.com",        NULL};
	const char *host = text_starts(issuer, "https://") ? issuer + strlen("https://") : issuer;
	size_t len = strcspn(host, "/");
	for (const char *const *h = hosts; *h; h++) {
		size_t own = strlen(*h);
		if (len >= own && !strncasecmp(host + len - own, *h, own) && (len == own || host[len - own - 1] == '.'))
			return true;
	}
	return false;
}

/* Okta's own hosts, or an authorization server of a host of one's own. Any other issuer there could be one that signs subjects which a stranger words. */
static const char *okta_issuer_wrong(const char *issuer)
{
	return pattern_matches("^https://[^/]+\\.(okta(preview|-emea|-gov)?\\.com|okta\\.mil)(/oauth2/[^/]+)?$", issuer) ||
		       pattern_matches("^https://[^/]+/oauth2/[^/]+$", issuer)
		   ? NULL
		   : N_("An Okta organisation's, https://ORG.okta.com, or an authorization server's, such as "
			"https://id.example.com/oauth2/default. Another provider is chosen as itself, or as oidc.");
}

static const char *keycloak_issuer_wrong(const char *issuer)
{
	return pattern_matches("/realms/[^/]+$", issuer) ? NULL : N_("A realm's, such as https://id.example.com/realms/ml.");
}

/* oauth2-proxy asks HOST/oauth/userinfo, whatever is before that. */
static const char *gitlab_issuer_wrong(const char *issuer)
{
	return pattern_matches("^https://[^/]+$", issuer) ? NULL
							  : N_("GitLab's address without a path, such as https://gitlab.com: "
							       "oauth2-proxy cannot use one below a path.");
}

/* clang-format off */
static const struct identity_provider providers[] = {
	{.choice = {.id = "google", .title = N_("Google"), .help = N_("Google accounts, of an organisation or single ones.")},
	 .type = "google", .google = true, .refresh = "1h",
	 .client_pattern = "^[0-9]+-[a-z0-9_]+\\.apps\\.googleusercontent\\.com$",
	 .client_form = N_("It ends in .apps.googleusercontent.com."),
	 .client_only = N_("This is an ID of one of Google's clients: take the one that the chosen identity provider gave, or choose auth.provider=google."),
	 .authorize = GOOGLE_SIGN_IN,
	 .token = "https://oauth2.googleapis.com/token"},
	{.choice = {.id = "entra-id", .title = N_("Microsoft Entra ID"),
		    .help = N_("Work accounts of one tenant. People are listed by the name that they sign in with (user principal name).")},
	 .type = "entra-id", .discovers = true, .issuer_wrong = entra_issuer_wrong, .domain_wrong = entra_domain_wrong,
	 .scope = "openid email profile offline_access", .email_claim = "preferred_username", .refresh = "1h",
	 .untried = N_("Microsoft looks at a code before it looks at the client"),
	 .client_pattern = "^" UUID "$", .client_form = N_("The Application (client) ID: 32 hexadecimal digits with hyphens."),
	 .steps = N_("Open this address: under App registrations make a new registration, for accounts in this organizational directory only.\n"
		     "https://entra.microsoft.com\n"
		     "Add the redirect URI below, exactly as it is written, for the platform Web. Under Certificates & secrets make a new client secret, and "
		     "copy its Value: auth.client_id is the Application (client) ID, auth.client_secret says where the secret is found.")},
	{.choice = {.id = "okta", .title = N_("Okta"), .help = N_("Accounts of an Okta organisation.")},
	 .type = "oidc", .discovers = true, .issuer_wrong = okta_issuer_wrong, .scope = "openid email profile offline_access", .refresh = "1h",
	 .steps = N_("In the Admin Console of Okta open Applications, Create App Integration: OIDC - OpenID Connect, Web Application. Tick the grant types Authorization "
		     "Code and Refresh Token.\n"
		     "Add the redirect URI below to the Sign-in redirect URIs, exactly as it is written, and assign the application to the people. Copy its client ID "
		     "and secret: auth.client_id is the ID, auth.client_secret says where the secret is found.")},
	{.choice = {.id = "keycloak", .title = N_("Keycloak"), .help = N_("Accounts of a realm of Keycloak.")},
	 .type = "oidc", .discovers = true, .issuer_wrong = keycloak_issuer_wrong, .scope = "openid email profile", .refresh = "4m",
	 .steps = N_("In the realm's Admin Console open Clients, Create client: OpenID Connect, with Client authentication on and the Standard flow.\n"
		     "Add the redirect URI below to the Valid redirect URIs, exactly as it is written. The secret is under Credentials: auth.client_id is the Client "
		     "ID, auth.client_secret says where the secret is found.")},
	{.choice = {.id = "gitlab", .title = N_("GitLab"), .help = N_("Accounts of GitLab.com or of a GitLab of your own.")},
	 .type = "gitlab", .discovers = true, .issuer = "https://gitlab.com", .issuer_wrong = gitlab_issuer_wrong, .domain_wrong = any_domain_wrong,
	 .scope = "openid email profile", .refresh = "1h",
	 .client_pattern = "^" HEX(64) "$", .client_form = N_("The Application ID: 64 hexadecimal digits."),
	 .steps = N_("In GitLab add an application, for a group under Settings, Applications, or for an instance in its Admin area: Confidential, with the scopes "
		     "openid, profile and email.\n"
		     "Add the redirect URI below, exactly as it is written. Copy the Application ID and the secret: auth.client_id is the ID, auth.client_secret says "
		     "where the secret is found.")},
	{.choice = {.id = "github", .title = N_("GitHub"),
		    .help = N_("Accounts of GitHub.com. People are known by their primary address, which GitHub has verified.")},
	 .type = "github", .refresh = "1h",
	 .client_pattern = "^([0-9A-Za-z]{20}|Iv1\\." HEX(16) ")$", .client_form = N_("The Client ID: 20 letters and digits, such as Ov23liABCDEFGHIJKLMN."),
	 .authorize = "https://github.com/login/oauth/authorize",
	 .token = "https://github.com/login/oauth/access_token",
	 .steps = N_("Open this address and make a new OAuth app (an organisation's are under its settings, Developer settings):\n"
		     "https://github.com/settings/developers\n"
		     "The Authorization callback URL is the redirect URI below, exactly as it is written. Make a client secret and copy it: auth.client_id is the Client "
		     "ID, auth.client_secret says where the secret is found.")},
	{.choice = {.id = "oidc", .title = N_("Another OpenID Connect issuer"),
		    .help = N_("Any provider that describes itself by OpenID Connect Discovery.")},
	 .type = "oidc", .discovers = true, .asks_vouched = true, .domain_wrong = any_domain_wrong, .scope = "openid email profile", .refresh = "15m",
	 .steps = N_("At the identity provider make a confidential client for the authorization code flow, with the scopes openid, email and profile.\n"
		     "Add the redirect URI below, exactly as it is written. auth.client_id is the client's ID, auth.client_secret says where its secret is found.")},
};
/* clang-format on */
enum { PROVIDERS = sizeof providers / sizeof *providers };

const struct choice *providers_nth(size_t i)
{
	return i < PROVIDERS ? &providers[i].choice : NULL;
}

const struct identity_provider *provider_of(const struct answers *a)
{
	const char *id = answers_asked(a, question_find("auth.provider")) ? answers_str(a, "auth.provider") : "";
	for (size_t i = 0; i < PROVIDERS; i++)
		if (!strcmp(providers[i].choice.id, id))
			return &providers[i];
	return &providers[0];
}

const struct identity_provider *provider_of_client(const struct answers *a, const struct question *secret)
{
	return !strcmp(secret->client, "auth.client_id") ? provider_of(a) : &providers[0];
}

const char *provider_issuer_of(const struct identity_provider *p, const struct answers *a)
{
	return p->discovers ? answers_str(a, "auth.issuer") : NULL;
}

bool provider_has_issuer(const struct answers *a)
{
	return provider_of(a)->discovers;
}

bool provider_is_vouched_for(const struct answers *a)
{
	return provider_of(a)->asks_vouched;
}

cJSON *provider_issuer(const struct answers *a)
{
	const char *issuer = provider_of(a)->issuer;
	return cJSON_CreateString(issuer ? issuer : "");
}

const char *check_issuer(const struct answers *a, const char *value)
{
	const struct identity_provider *p = provider_of(a);
	const char *wrong = NULL;
	if (p->issuer_wrong != entra_issuer_wrong && is_microsofts(value))
		wrong = N_(
		    "This is Microsoft Entra ID, whose e-mail addresses nobody verified: choose auth.provider=entra-id.");
	if (!wrong && p->issuer_wrong)
		wrong = p->issuer_wrong(value);
	if (!wrong && text_is_local_url(value))
		wrong = N_("A host of one machine or one network only, where no public address leads.");
	return wrong;
}

const char *provider_domain_wrong(const struct answers *a, const char *domain)
{
	const struct identity_provider *p = provider_of(a);
	return p->domain_wrong ? p->domain_wrong(domain) : NULL;
}

/* The operator of a Keycloak, or of another issuer, words the IDs of its clients; but none is worded as those that another provider alone makes. */
static const char *client_of_another(const struct identity_provider *p, const char *value)
{
	for (size_t i = 0; i < PROVIDERS; i++)
		if (&providers[i] != p && providers[i].client_only && pattern_matches(providers[i].client_pattern, value))
			return providers[i].client_only;
	return NULL;
}

const char *check_client(const struct answers *a, const char *value)
{
	const struct identity_provider *p = provider_of(a);
	const char *another = client_of_another(p, value);
	return another ? another : p->client_pattern && !pattern_matches(p->client_pattern, value) ? p->client_form : NULL;
}
