/* The metadata server of a virtual machine or a Cloud Run instance, as the machine that asks here were one: its account is the project's
 * default compute account, or the world's "metadata": {"serviceAccount": ADDRESS}. */
#include "config.h"
#include "sim/api/oauth.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "/computeMetadata/v1/"

static void text_reply(struct sim_call *c, int status, const char *type, const char *text)
{
	sim_bytes(c, status, type, text, strlen(text));
}

static char *account(struct sim *s)
{
	struct sim_object *o = sim_get(s, "metadata.world", "serviceAccount");
	return o ? xstrdup(json_str(o->doc, "email", ""))
		 : xasprintf("%s-compute@developer.gserviceaccount.com", sim_project_number(s, sim_project(s)));
}

static void give_token(struct sim_call *c, const char *email)
{
	char *token = sim_token_new(c->sim, sim_tmp("serviceAccount:%s", email), 3600);
	cJSON *j = json_make("{'access_token':%s,'expires_in':3599,'token_type':'Bearer'}", token);
	char *text = json_text(j, -1);
	text_reply(c, 200, "application/json", text);
	cJSON_Delete(j);
	free(token), free(text);
}

static void give_identity(struct sim_call *c, const char *email)
{
	const char *audience = sim_param(c, "audience");
	if (!*audience) {
		text_reply(c, 400, "text/html", "non-empty audience parameter required\n");
		return;
	}
	char *token = oauth_id_token(c->sim, sim_tmp("serviceAccount:%s", email), audience, NULL);
	text_reply(c, 200, "text/html", token);
	free(token);
}

static void give_account(struct sim_call *c, const char *email)
{
	cJSON *j = json_make("{'aliases':['default'],'email':%s,'scopes':['https://www.googleapis.com/auth/cloud-platform']}",
			     email);
	char *text = json_text(j, -1);
	text_reply(c, 200, "application/json", text);
	cJSON_Delete(j);
	free(text);
}

static bool of_account(struct sim_call *c, const char *what, const char *email)
{
	const char *rest = what + strcspn(what, "/");
	size_t n = (size_t)(rest - what);
	if ((n != 7 || memcmp(what, "default", 7)) && (n != strlen(email) || memcmp(what, email, n)))
		return false;
	if (!strcmp(rest, "/token"))
		give_token(c, email);
	else if (!strcmp(rest, "/identity"))
		give_identity(c, email);
	else if (!strcmp(rest, "/email"))
		text_reply(c, 200, "application/text", email);
	else if (!strcmp(rest, "/scopes"))
		text_reply(c, 200, "application/text", "https://www.googleapis.com/auth/cloud-platform\n");
	else if (!*rest || !strcmp(rest, "/"))
		give_account(c, email);
	else
		return false;
	return true;
}

static void answer(struct sim_call *c, const char *what)
{
	static const char accounts[] = "instance/service-accounts/";
	char *email = account(c->sim);
	const char *zone = sim_tmp("projects/%s/zones/us-central1-a", sim_project_number(c->sim, sim_project(c->sim)));
	const char *listing = sim_tmp("default/\n%s/\n", email);
	if (!strcmp(what, "project/project-id"))
		text_reply(c, 200, "application/text", sim_project(c->sim));
	else if (!strcmp(what, "project/numeric-project-id"))
		text_reply(c, 200, "application/text", sim_project_number(c->sim, sim_project(c->sim)));
	else if (!strcmp(what, "instance/zone"))
		text_reply(c, 200, "application/text", zone);
	else if (!strcmp(what, "universe/universe-domain") || !strcmp(what, "universe/universe_domain"))
		text_reply(c, 200, "application/text", "googleapis.com");
	else if (!strcmp(what, accounts))
		text_reply(c, 200, "application/text", listing);
	else if (!text_starts(what, accounts) || !of_account(c, what + strlen(accounts), email))
		text_reply(c, 404, "text/html; charset=UTF-8", "<html><title>Error 404 (Not Found)!!1</title></html>\n");
	free(email);
}

static void metadata_serve(struct sim_call *c)
{
	const char *flavour = sim_request_header(c->request, "Metadata-Flavor");
	sim_header(c, "Metadata-Flavor", "Google");
	sim_header(c, "Server", "Metadata Server for VM");
	if (sim_request_header(c->request, "X-Forwarded-For"))
		text_reply(c, 403, "text/html; charset=UTF-8", "<html><title>Error 403 (Forbidden)!!1</title></html>\n");
	else if (!strcmp(c->path, "/") || !strcmp(c->path, "/computeMetadata/"))
		text_reply(c, 200, "application/text", !strcmp(c->path, "/") ? "computeMetadata/\n" : "v1/\n");
	else if (!flavour || strcmp(flavour, "Google"))
		text_reply(c, 403, "text/html; charset=UTF-8",
			   "<html><title>Error 403 (Forbidden)!!1</title><p>Missing Metadata-Flavor:Google header.</html>\n");
	else
		answer(c, text_starts(c->path, PREFIX) ? c->path + strlen(PREFIX) : "");
}

static void metadata_seed(struct sim *s, const cJSON *world)
{
	const char *email = json_str(world, "metadata.serviceAccount", NULL);
	if (email)
		sim_put(s, "metadata.world", "serviceAccount", json_make("{'email':%s}", email));
}

static const struct sim_route routes[] = {
    {"* metadata.google.internal/*", metadata_serve, NULL, NULL},
    {"* 169.254.169.254/*", metadata_serve, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_metadata = {.name = "metadata", .errors = SIM_ERRORS_AIP, .routes = routes, .seed = metadata_seed};
