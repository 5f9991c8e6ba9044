/* Google's own walls: Cloud Run's invoker check (ID tokens with the service as audience) and Identity-Aware Proxy. */
#include "config.h"
#include "sim/front/walls.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/run.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

#define GCLOUD_CLIENT "32555940559.apps.googleusercontent.com"

void wall_page(struct sim_reply *out, int status, const char *title, const char *text)
{
	answer_text(out, status, "text/html; charset=UTF-8",
		   sim_tmp("\n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n<title>%d %s</title>\n</head>\n"
			   "<body text=#000000 bgcolor=#ffffff>\n<h1>Error: %s</h1>\n<h2>%s</h2>\n<h2></h2>\n</body></html>\n", status, title, title, text));
}

static const char *principal_of(const char *email)
{
	return sim_tmp("%s:%s", text_ends(email, ".gserviceaccount.com") ? "serviceAccount" : "user", email);
}

/* The bearer token of a header, or NULL. */
static const char *bearer(const struct visit *v, const char *name)
{
	const char *header = visit_header(v, name);
	return header && !strncmp(header, "Bearer ", 7) ? header + 7 : NULL;
}

/* Cloud Run. ---------------------------------------------------------------------------------------------------------------- */
static bool is_audience(struct visit *v, const struct sim_object *service, const char *audience, const char *email)
{
	for (int i = 0; i < 2; i++)
		if (!strcmp(audience, run_url(v->sim, service->key, i)))
			return true;
	const cJSON *custom = json_at(service->doc, "customAudiences");
	for (const cJSON *a = custom ? custom->child : NULL; a; a = a->next)
		if (!strcmp(a->valuestring, audience))
			return true;
	return !strcmp(audience, GCLOUD_CLIENT) && !text_ends(email, ".gserviceaccount.com");
}

static void unauthorized(struct visit *v, struct sim_reply *out)
{
	answer_header(out, "WWW-Authenticate", "Bearer error=\"invalid_token\" error_description=\"The access token could not be verified\"");
	wall_page(out, 401, "Unauthorized", sim_tmp("Your client does not have permission to the requested URL <code>%s</code>.", v->path));
}

bool wall_invoker(struct visit *v, const struct sim_object *service, struct sim_reply *out)
{
	const char *holder = sim_tmp("//run.googleapis.com/%s", service->key);
	const char *project = sim_tmp("%.*s", (int)strcspn(service->key + 9, "/"), service->key + 9);
	if (json_bool(service->doc, "invokerIamDisabled", false) || sim_allowed(v->sim, NULL, "run.routes.invoke", project, holder))
		return true;
	const char *token = bearer(v, "X-Serverless-Authorization"), *why;
	if (!token)
		token = bearer(v, "Authorization");
	if (token) {
		cJSON *claims = sim_id_token_check(v->sim, token, &why);
		const char *email = json_str(claims, "email", "");
		if (!claims || !is_audience(v, service, json_str(claims, "aud", ""), email)) {
			cJSON_Delete(claims);
			unauthorized(v, out);
			return false;
		}
		const char *who = principal_of(email);
		cJSON_Delete(claims);
		if (sim_allowed(v->sim, who, "run.routes.invoke", project, holder))
			return true;
	}
	wall_page(out, 403, "Forbidden", sim_tmp("Your client does not have permission to get URL <code>%s</code> from this server.", v->path));
	return false;
}

/* IAP. --------------------------------------------------------------------------------------------------------------------- */
static void generated(struct sim_reply *out)
{
	answer_header(out, "X-Goog-IAP-Generated-Response", "true");
}

static void refuse(struct sim_reply *out, int status, const char *text)
{
	generated(out);
	answer_text(out, status, "text/html; charset=UTF-8", text);
}

static void sign_in(struct visit *v, const char *client, struct sim_reply *out)
{
	if (visit_header(v, "X-Requested-With")) {
		refuse(out, 401, "Invalid IAP credentials: empty token");
		return;
	}
	struct buf redirect = {0}, state = {0};
	text_percent(&redirect, sim_tmp("https://iap.googleapis.com/v1/oauth/clientIds/%s:handleRedirect", client), false);
	text_percent(&state, sim_tmp("https://%s%s", v->host, v->q->target), false);
	generated(out);
	answer_header(out, "Set-Cookie", "GCP_IAP_XSRF_NONCE=1; expires=Fri, 01-Jan-2038 00:00:00 GMT; path=/; Secure; HttpOnly");
	answer_redirect(out, 302, sim_tmp("https://accounts.google.com/o/oauth2/v2/auth?client_id=%s&response_type=code&scope=openid+email&"
					 "redirect_uri=%s&cred_ref=true&state=%s", client, buf_text(&redirect), buf_text(&state)));
	buf_free(&redirect);
	buf_free(&state);
}

/* Whom a token stands for: an ID token for the resource's OAuth client, or an access token. NULL with *why. */
static const char *token_email(struct visit *v, const char *token, const char *client, const char **why)
{
	const char *owner = sim_token_owner(v->sim, token), *bad;
	if (owner)
		return strchr(owner, ':') ? strchr(owner, ':') + 1 : owner;
	cJSON *claims = sim_id_token_check(v->sim, token, &bad);
	const char *audience = json_str(claims, "aud", "");
	const char *email = NULL;
	if (!claims)
		*why = sim_tmp("Invalid IAP credentials: Unable to parse JWT (%s)", bad);
	else if (strcmp(audience, client))
		*why = sim_tmp("Invalid IAP credentials: JWT audience doesn't match this application ('aud' claim (%s) doesn't match expected value (%s))",
			       audience, client);
	else if (!*json_str(claims, "email", ""))
		*why = "Invalid IAP credentials: JWT 'email' claim isn't a string";
	else
		email = sim_tmp("%s", json_str(claims, "email", ""));
	cJSON_Delete(claims);
	return email;
}

/* Access is inherited: from the service's policy, its kind's, and all of the project's web resources'. */
static bool has_access(struct visit *v, const char *who, const char *project, const char *holder)
{
	char *at = xstrdup(holder);
	bool yes = false;
	for (char *web = strstr(at, "/iap_web"); web && !yes;) {
		yes = sim_allowed(v->sim, who, "iap.webServiceVersions.accessViaIAP", project, at);
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

bool wall_iap(struct visit *v, const char *project, const char *holder, const char *client, const char **email, struct sim_reply *out)
{
	const char *token = bearer(v, "Proxy-Authorization"), *why = "";
	if (!token)
		token = bearer(v, "Authorization");
	if (!*client)
		client = sim_tmp("%s-iap.apps.googleusercontent.com", sim_project_number(v->sim, project));
	if (!token) {
		sign_in(v, client, out);
		return false;
	}
	*email = token_email(v, token, client, &why);
	if (!*email) {
		refuse(out, 401, why);
		return false;
	}
	if (has_access(v, principal_of(*email), project, holder))
		return true;
	refuse(out, 403, sim_tmp("<!DOCTYPE html><html><head><title>Error</title></head><body><h1>You don't have access</h1><p>%s</p></body></html>", *email));
	return false;
}
