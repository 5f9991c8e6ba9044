/* Auth mode oauth2-proxy: a container beside MLflow that lets people in by the sign-in of an identity provider (plan/auth_oauth2_proxy_providers.h)
 * and programs by Google's ID tokens. */
#include "config.h"
#include "plan/axes.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/mustache.h"
#include "base/secret.h"
#include "base/text.h"
#include "plan/checks.h"
#include "plan/parts.h"
#include "plan/people.h"
#include "plan/auth_oauth2_proxy_providers.h"
#include "plan/releases.h"
#include "plan/upgrade.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_SECRET_DIR "/secrets/oauth"
#define COOKIE_SECRET_DIR "/secrets/cookie"
#define EMAILS_DIR "/secrets/emails"
#define CONFIG_DIR "/secrets/config"

/* Questions ------------------------------------------------------------------------------------------------------------------ */

static const char *check_proxy_version(const struct answers *a, const char *value)
{
	(void)a;
	if (older_than(value, 7, 15, 5))
		return N_("oauth2-proxy before 7.15.5 has known ways around sign-in (GHSA-63jm-59jj-478j and others). Choose "
			  "7.15.5 or newer.");
	return NULL;
}

/* clang-format off */
static const struct question questions_of_proxy[] = {
	{.id = "auth.provider", .page = "auth", .type = TYPE_CHOICE, .title = N_("Whose accounts sign in"), .quiet = true,
	 .help = N_("The identity provider that people sign in with. Programs show tokens of Google's service accounts whichever it is."),
	 .after = "auth.mode", .nth = providers_nth},
	{.id = "auth.issuer", .page = "auth", .type = TYPE_TEXT, .title = N_("Issuer"),
	 .help = N_("The address by which the identity provider calls itself; what it says of itself is read there before anything is made."),
	 .after = "auth.mode", .when = provider_has_issuer, .fallback = provider_issuer,
	 .pattern = "^https://([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,}(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$",
	 .form = N_("An address such as https://id.example.com/realms/ml: by https, with no port, no query and no fragment."),
	 .check = check_issuer},
	{.id = "auth.issuer_vouches", .page = "auth", .type = TYPE_BOOL, .title = N_("The issuer vouches"), .quiet = true,
	 .help = N_("An issuer has to say which e-mail addresses it verified (claim email_verified), or anybody could come in by another's. Say yes only where its "
		    "administrators alone give people their addresses."),
	 .after = "auth.mode", .when = provider_is_vouched_for, .preset = "false"},
	{.id = "auth.client_id", .page = "auth", .type = TYPE_TEXT, .title = N_("OAuth client ID"),
	 .help = N_("Made by hand in the identity provider's console, with the redirect URI shown here: paste its ID, or all of the JSON file that Google's console "
		    "offers."),
	 .after = "auth.mode", .rehearsal = "123456789012-rehearsal.apps.googleusercontent.com",
	 .pattern = "^[A-Za-z0-9._~:/@+=-]+$",
	 .form = N_("Letters, digits and the signs . _ ~ : / @ + = - alone."),
	 .check = check_client},
	{.id = "auth.client_secret", .page = "auth", .type = TYPE_SECRET, .client = "auth.client_id", .title = N_("OAuth client secret"),
	 .help = N_("Where the secret is found; never the secret itself. prompt: you are asked before building. env:NAME: a variable. file:PATH: a file that only "
		    "you can read. secret:projects/P/secrets/N/versions/5: Secret Manager. sealed:NAME: what mlflow-setup seal wrote beside this file, opened by "
		    "a passphrase."),
	 .after = "auth.mode", .rehearsal = "GOCSPX-made-up-for-a-rehearsal", .preset = "prompt",
	 .typed = N_("Paste the secret of the OAuth client, or the path of a file that holds it; of one of Google's also the JSON file that the console offers. The secret goes to Secret Manager and nowhere else."),
	 .pattern = reference_pattern, .form = reference_form,
	 .check = check_reference},
	{.id = "oauth2_proxy.version", .page = "image", .type = TYPE_TEXT, .title = N_("oauth2-proxy version"), .product = "oauth2-proxy",
	 .help = N_("A released version; versions with known holes are refused."),
	 .after = "image.digest", .preset = "7.15.6",
	 .pattern = "^[0-9]+\\.[0-9]+\\.[0-9]+$",
	 .form = N_("Three numbers, such as 7.15.6."),
	 .check = check_proxy_version},
	{.id = "auth.session_hours", .quiet = true, .page = "image", .type = TYPE_INT, .title = N_("A sign-in lasts"),
	 .help = N_("Then people are sent to sign in again. The account is looked at with its provider every hour or sooner all the same."),
	 .after = "image.digest", .min = 2, .max = 720, .unit = N_("hours"), .counted = count_hours, .preset = "168"},
	{.id = NULL},
};
/* clang-format on */

static const char *const asks[] = {"auth.users", "auth.domains", "auth.service_accounts", "auth.tokens", NULL};

/* Templates' data ------------------------------------------------------------------------------------------------------------ */

static void add_texts(cJSON *list, const cJSON *from)
{
	const cJSON *t;
	cJSON_ArrayForEach(t, from)
		cJSON_AddItemToArray(list, cJSON_Duplicate(t, 1));
}

/* People, machines, and the account by which the stack is proven: all by name. */
static cJSON *emails(const struct answers *a, const struct plan *p)
{
	cJSON *list = cJSON_CreateArray();
	add_texts(list, answers_get(a, "auth.users"));
	add_texts(list, answers_get(a, "auth.service_accounts"));
	cJSON_AddItemToArray(list, cJSON_CreateString(p->prover));
	return list;
}

/* Google's tokens are accepted for the web client, where it is Google's, and for the service's own URL, which only service accounts get; the gate is
 * the list of addresses, since anybody can get a token for any audience. */
static cJSON *issuers(const struct answers *a, const struct plan *p)
{
	char *client = xasprintf("https://accounts.google.com=%s", answers_str(a, "auth.client_id"));
	char *url = xasprintf("https://accounts.google.com=%s", p->url);
	cJSON *list = provider_of(a)->google ? json_make("[%s,%s]", client, url) : json_make("[%s]", url);
	free(client);
	free(url);
	return list;
}

static char *redirect_uri(const struct design *d)
{
	return xasprintf("%s/oauth2/callback", d->plan->url);
}

static void put_or_none(cJSON *data, const char *name, const char *text)
{
	json_put(data, name, text ? cJSON_CreateString(text) : cJSON_CreateFalse());
}

static void put_provider(const struct answers *a, cJSON *data)
{
	const struct identity_provider *p = provider_of(a);
	json_put_str(data, "provider", p->type);
	json_put_str(data, "refresh", p->refresh);
	put_or_none(data, "issuer", provider_issuer_of(p, a));
	put_or_none(data, "scope", p->scope);
	put_or_none(data, "email_claim", p->email_claim);
}

static void put_data(const struct design *d)
{
	const struct answers *a = d->answers;
	cJSON *data = d->plan->render;
	char *redirect = redirect_uri(d), *session = xasprintf("%dh", answers_int(a, "auth.session_hours"));
	json_put_str(data, "proxy_version", answers_str(a, "oauth2_proxy.version"));
	json_put_str(data, "session", session);
	put_provider(a, data);
	json_put_str(data, "redirect_url", redirect);
	json_put_str(data, "client_id", answers_str(a, "auth.client_id"));
	json_put_str(data, "client_secret_file", CLIENT_SECRET_DIR "/client_secret");
	json_put_str(data, "cookie_secret_file", COOKIE_SECRET_DIR "/cookie_secret");
	json_put_str(data, "emails_file", EMAILS_DIR "/list");
	json_put(data, "emails", emails(a, d->plan));
	json_put(data, "domains", cJSON_Duplicate(answers_get(a, "auth.domains"), 1));
	json_put(data, "issuers", issuers(a, d->plan));
	free(session);
	free(redirect);
}

/* What the provider says of itself: met first, since oauth2-proxy does not start without. */
static void look_at_issuer(struct design *d)
{
	const struct answers *a = d->answers;
	const char *issuer = provider_issuer_of(provider_of(a), a);
	plan_add(d->plan, "given/issuer", "openid.issuer", issuer,
		 json_make("{'issuer':%s,'verifies':%b}", issuer,
			   provider_is_vouched_for(a) && !answers_bool(a, "auth.issuer_vouches")));
}

static char *google_steps(const struct plan *p)
{
	return xasprintf(
	    _("Open this address and create an OAuth client of type Web application:\n"
	      "https://console.cloud.google.com/auth/clients/create?project=%s\n"
	      "Add the redirect URI below, exactly as it is written. Download the client's JSON file, or copy its ID and "
	      "secret: auth.client_id is the "
	      "ID, auth.client_secret says where the secret is found.\n"
	      "The service's second address, with a hash in it, is not used: sign-in always returns to the one above."),
	    p->project);
}

static void add_errand(struct design *d)
{
	struct plan *p = d->plan;
	const struct identity_provider *provider = provider_of(d->answers);
	char *redirect = redirect_uri(d), *steps = provider->google ? google_steps(p) : xstrdup(_(provider->steps));
	const char *client = answers_str(d->answers, "auth.client_id");
	cJSON *spec = json_make("{'client_id':%s,'redirect_uri':%s,'answered':%b}", client, redirect, *client != 0);
	if (provider->discovers)
		json_put(spec, "authorize", plan_ref("given/issuer", "authorize"));
	else if (!provider->google)
		json_put_str(spec, "authorize", provider->authorize);
	plan_errand(p, "oauth-client", "errand.redirect", *client ? client : "-", _("Create an OAuth client"), steps,
		    cJSON_CreateString(redirect), spec);
	free(steps);
	free(redirect);
}

/* In the plan ---------------------------------------------------------------------------------------------------------------- */

static bool auth_oauth2_proxy_prepare(struct design *d, struct err *e)
{
	(void)e;
	design_prover(d);
	put_data(d);
	if (provider_of(d->answers)->discovers)
		look_at_issuer(d);
	add_errand(d);
	return true;
}

/* The release's image. The digest that an earlier run found for this release is used again, whatever the tag says by now. */
static void auth_oauth2_proxy_image(const struct design *d)
{
	struct plan *p = d->plan;
	char *repository = xasprintf("%s-quay", p->stack),
	     *tag = xasprintf("v%s", answers_str(d->answers, "oauth2_proxy.version"));
	const char *kept = json_str(d->answers->resolved, "oauth2_proxy_image", ""), *at = strchr(kept, '@');
	bool same = at && (size_t)(at - kept) == strlen(tag) && text_starts(kept, tag);
	struct resource *r = plan_add(p, "image/oauth2-proxy", "artifactregistry.dockerImage", tag,
				      json_make("{'region':%s,'repository':%s,'image':'oauth2-proxy/oauth2-proxy','tag':%s}",
						p->region, repository, tag));
	if (same)
		json_put_str(r->spec, "digest", at + 1);
	plan_needs(r, "repository/quay");
	plan_records(r, "pinned", "oauth2_proxy_image");
	free(repository);
	free(tag);
}

/* The image is asked for here, where a release that does not exist is met before the database is begun. */
static bool auth_oauth2_proxy_secrets(struct design *d, struct err *e)
{
	part_quay(d->plan);
	auth_oauth2_proxy_image(d);
	design_secret(d, &(struct secret_want){.name = "cookie", .recipe = SECRET_COOKIE});
	design_secret(d, &(struct secret_want){.name = "oauth-client", .recipe = -1, .question = "auth.client_secret"});
	return design_secret_file(d, "proxy-config", "oauth2-proxy.cfg", e) &&
	       design_secret_file(d, "proxy-emails", "emails", e);
}

static void auth_oauth2_proxy_join(struct design *d)
{
	struct plan *p = d->plan;
	upgrade_offer(d->answers, p, "oauth2_proxy.version", release_newest_proxy());
	struct container *c = workload_container(d->workload, "oauth2-proxy", plan_ref("image/oauth2-proxy", "image"));
	c->source = "repository/quay";
	c->args = json_make("['--config=" CONFIG_DIR "/oauth2-proxy.cfg']");
	c->port = 4180;
	c->after = d->workload->containers[0]->name;
	c->cpu = "1";
	c->memory = "512Mi";
	c->started = (struct probe){"/ping", 0, 2, 2, 30};
	container_mount(c, "cookie", COOKIE_SECRET_DIR, "cookie_secret");
	container_mount(c, "oauth-client", CLIENT_SECRET_DIR, "client_secret");
	container_mount(c, "proxy-config", CONFIG_DIR, "oauth2-proxy.cfg");
	container_mount(c, "proxy-emails", EMAILS_DIR, "list");
	d->workload->front = c->name;
}

/* oauth2-proxy has the address of Google's page from its release, and that of others as their issuer says it. */
static cJSON *sign_in_page(const struct identity_provider *provider)
{
	return provider->discovers ? plan_ref("given/issuer", "authorize") : cJSON_CreateString(provider->authorize);
}

/* A program is never sent to a sign-in page: API routes answer 401, so a redirect there is no refusal. */
static void auth_oauth2_proxy_wall(const struct design *d, struct wall *out)
{
	out->shows = CREDENTIAL_ID_TOKEN;
	out->refuses = 401;
	out->people = true;
	/* Its own line, wherever the target's logging puts it; and the way back from the provider, which ends otherwise for who is not let in. */
	out->sign_in_line = "textPayload:\"Authenticated via OAuth2\" OR jsonPayload.message:\"Authenticated via OAuth2\"";
	out->sign_in_request = "httpRequest.requestUrl:\"/oauth2/callback?\" AND httpRequest.status=302";
	out->audience = xstrdup(d->plan->url);
	out->begins = (struct begins){.at = sign_in_page(provider_of(d->answers)),
				      .client_id = xstrdup(answers_str(d->answers, "auth.client_id")),
				      .client_from = "auth.client_id",
				      .redirect_uri = redirect_uri(d)};
}

static void auth_oauth2_proxy_connect(const struct plan *p, struct buf *out)
{
	buf_printf(out, "%s\n", _("# In a browser open the address and sign in."));
	if (strcmp(json_str(p->render, "provider", ""), "google") != 0)
		buf_printf(
		    out, "%s\n",
		    _("# People sign in with accounts that are not Google's, which make no tokens: programs show one of a "
		      "service account."));
}

static const struct render_row renders[] = {
    {"shared/oauth2-proxy.cfg.mustache", "oauth2-proxy.cfg", ESCAPE_TOML, 0644, false},
    {"shared/emails.mustache", "emails", ESCAPE_LINE, 0644, false},
    {NULL, NULL, 0, 0, false},
};

const struct auth_mode auth_mode_oauth2_proxy = {
    .choice =
	{
	    .id = "oauth2-proxy",
	    .title = N_("oauth2-proxy"),
	    .help = N_("Sign in with Google or another identity provider, checked by oauth2-proxy in front of MLflow. Works "
		       "without an organisation."),
	    .questions = questions_of_proxy,
	    .asks = asks,
	    .check = people_check,
	},
    .door = DOOR_OPEN,
    .renders = renders,
    .prepare = auth_oauth2_proxy_prepare,
    .secrets = auth_oauth2_proxy_secrets,
    .join = auth_oauth2_proxy_join,
    .wall = auth_oauth2_proxy_wall,
    .connect = auth_oauth2_proxy_connect,
};
