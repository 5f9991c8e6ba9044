/* Auth mode iap: Identity-Aware Proxy, by Google, before anything of the stack is asked (reference/targets-run.md 1 and 2). It stands at what the exposure
 * puts in front: the service itself, or a load balancer's backend. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/checks.h"
#include "plan/parts.h"
#include "plan/people.h"

#include <stdlib.h>

/* A tunnel's door asks for no OAuth client: people come to it by gcloud, which has its own. */
static bool clients_are_asked_for(const struct answers *a)
{
	return !axes_of(a).exposure->reach;
}

/* clang-format off */
static const struct question questions_of_iap[] = {
	{.id = "iap.client_id", .page = "auth", .type = TYPE_TEXT, .title = N_("OAuth client ID for IAP"), .optional = true,
	 .help = N_("Empty: Google's own client, which lets in accounts of the project's organisation only. A client of yours is needed where there is no organisation, "
		    "or for people outside of it: in the console make an OAuth client ID of type Web application. With its ID here, the redirect URI that it needs is "
		    "shown."),
	 .after = "auth.mode", .when = clients_are_asked_for,
	 .pattern = "^[0-9]+-[a-z0-9_]+\\.apps\\.googleusercontent\\.com$",
	 .form = N_("It ends in .apps.googleusercontent.com.")},
	{.id = "iap.client_secret", .page = "auth", .type = TYPE_SECRET, .client = "iap.client_id", .title = N_("Its client secret"), .optional = true,
	 .help = N_("Where the secret is found; never the secret itself. Needed only with a client of yours."),
	 .after = "auth.mode", .when = clients_are_asked_for, .rehearsal = "GOCSPX-made-up-for-a-rehearsal",
	 .pattern = reference_pattern, .form = reference_form,
	 .check = check_reference},
	{.id = NULL},
};
/* clang-format on */

static const char *const asks[] = {"auth.users", "auth.groups", "auth.domains", "auth.service_accounts", "auth.tokens", NULL};
static const char *const apis[] = {"iap", NULL};

static bool own_client(const struct answers *a)
{
	return *answers_str(a, "iap.client_id") != '\0';
}

/* Known once the project was looked at: null says that it belongs to no organisation. */
static bool no_organisation(const struct answers *a)
{
	return cJSON_IsNull(answers_organization(a));
}

/* Nobody else's client is needed then. A tunnel's door asks for none anywhere. */
static bool auth_iap_advised(const struct answers *a)
{
	return cJSON_IsString(answers_organization(a)) && !axes_of(a).exposure->reach;
}

static const char *auth_iap_remark(const struct answers *a)
{
	if (!answers_organization(a) || axes_of(a).exposure->reach)
		return NULL;
	return !auth_iap_advised(a)
		   ? N_("The project belongs to no organisation: this needs an OAuth client of yours, made in the console.")
		   : N_("Recommended here: Google lets in your organisation's people and groups before a request arrives, and "
			"there is "
			"no OAuth client to make.");
}

static void auth_iap_check(const struct answers *a, problem_fn *found, void *arg)
{
	people_check(a, found, arg);
	if (axes_of(a).exposure->reach) /* a tunnel's door asks for no OAuth client */
		return;
	if (no_organisation(a) && !own_client(a))
		found(arg, "iap.client_id",
		      _("The project belongs to no organisation: IAP then needs an OAuth client of yours, or choose "
			"oauth2-proxy."));
	if (own_client(a) && !*answers_str(a, "iap.client_secret"))
		found(arg, "iap.client_secret", _("A client of yours needs its secret."));
}

/* Where Google sends people back to who have signed in for IAP by this client. */
static char *return_address(const struct answers *a)
{
	return xasprintf("https://iap.googleapis.com/v1/oauth/clientIds/%s:handleRedirect", answers_str(a, "iap.client_id"));
}

/* A client of ours has to know that address, which has its own ID in it: without, Google shows an error in place of its sign-in page. */
static void add_errand(struct design *d)
{
	struct plan *p = d->plan;
	const char *client = answers_str(d->answers, "iap.client_id");
	char *address = return_address(d->answers),
	     *steps = xasprintf(_("Open this address and choose the OAuth client %s:\n"
				  "https://console.cloud.google.com/auth/clients?project=%s\n"
				  "Add the redirect URI below to its authorized redirect URIs, exactly as it is written."),
				client, p->project);
	plan_errand(p, "oauth-client", "errand.redirect", client, _("Add a redirect URI to the OAuth client"), steps,
		    cJSON_CreateString(address),
		    json_make("{'client_id':%s,'redirect_uri':%s,'answered':%b}", client, address, true));
	free(steps);
	free(address);
}

static bool auth_iap_prepare(struct design *d, struct err *e)
{
	(void)e;
	if (d->axes.exposure->reach)
		return true;
	design_prover(d);
	if (own_client(d->answers))
		add_errand(d);
	return true;
}

static void auth_iap_join(struct design *d)
{
	d->workload->door = DOOR_IAP;
}

/* IAP invokes the service as an account of its own, which is made on demand. */
static void let_iap_in(struct design *d)
{
	struct plan *p = d->plan;
	const struct gate *g = &d->front.invoke;
	char *member = xasprintf("serviceAccount:service-%s@gcp-sa-iap.iam.gserviceaccount.com", p->number);
	struct resource *r = plan_add(
	    p, "iap/agent", "serviceusage.identity", "iap.googleapis.com",
	    json_make("{'service':'iap.googleapis.com','holder':%s,'resource':%s,'member':%s}", g->holder, g->path, member));
	plan_needs(r, "apis");
	plan_needs(r, d->front.invoked);
	r = plan_add(p, "iam/iap", "iam.policy", "IAP",
		     json_make("{'holder':%s,'resource':%s,'bindings':[{'role':%s,'members':[%s]}]}", g->holder, g->path,
			       g->role, member));
	plan_needs(r, "iap/agent");
	free(member);
}

static void use_client(struct design *d)
{
	struct plan *p = d->plan;
	part_secret(d->answers, p, &(struct part_secret){.name = "iap-client", .recipe = -1, .question = "iap.client_secret"});
	struct resource *r = plan_add(p, "iap/client", "iap.settings", _("OAuth client"),
				      json_make("{'resource':%j,'client':%s,'secret':{'$secret':'iap-client'}}",
						gate_path(&d->front.iap), answers_str(d->answers, "iap.client_id")));
	plan_needs(r, d->front.id);
	plan_needs(r, "version/iap-client");
}

/* Where a tunnel leads to the server, IAP stands at its entrance, and at no page. */
static void auth_iap_guard(struct design *d)
{
	if (d->axes.exposure->reach) {
		people_let_in(d, &d->front.invoke, d->front.invoked);
		d->axes.target->admit(d, people_members(d->answers));
		return;
	}
	if (d->front.invoke.path)
		let_iap_in(d);
	if (own_client(d->answers))
		use_client(d);
	people_let_in(d, &d->front.iap, d->front.id);
}

/* People without a session are sent to Google's sign-in page; a bad token gets 401. A JWT that a service account signs itself needs no OAuth client. */
static void auth_iap_wall(const struct design *d, struct wall *out)
{
	out->spreads = 900;
	out->refuses = 401;
	out->shows = CREDENTIAL_CHANNEL;
	if (d->axes.exposure->reach)
		return;
	out->shows = CREDENTIAL_JWT;
	out->people = true;
	/* IAP writes down nobody where data access is not audited; but who is given a page by a browser has signed in. */
	out->sign_in_request = "httpRequest.userAgent:\"Mozilla\" AND httpRequest.status=200";
	out->audience = xasprintf("%s/*", d->plan->url);
	out->sign_in = xstrdup("https://accounts.google.com/");
	out->begins.at = cJSON_CreateString(GOOGLE_SIGN_IN);
	if (!own_client(d->answers)) /* Google's own client is nobody's business */
		return;
	out->begins.client_id = xstrdup(answers_str(d->answers, "iap.client_id"));
	out->begins.client_from = "iap.client_id";
	out->begins.redirect_uri = return_address(d->answers);
}

static void auth_iap_connect(const struct plan *p, struct buf *out)
{
	if (p->wall.people)
		buf_printf(out, "%s\n", _("# In a browser open the address and sign in."));
}

const struct auth_mode auth_mode_iap = {
    .choice =
	{
	    .id = "iap",
	    .title = N_("Identity-Aware Proxy"),
	    .help = N_("Sign in with Google, checked by Google before a request arrives. Best in an organisation."),
	    .advised = auth_iap_advised,
	    .remark = auth_iap_remark,
	    .questions = questions_of_iap,
	    .asks = asks,
	    .check = auth_iap_check,
	    .apis = apis,
	},
    .prepare = auth_iap_prepare,
    .join = auth_iap_join,
    .guard = auth_iap_guard,
    .wall = auth_iap_wall,
    .connect = auth_iap_connect,
};
