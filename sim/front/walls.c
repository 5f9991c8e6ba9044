/* Cloud Run's invoker check: ID tokens with the service as audience. */
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
		    sim_tmp("\n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n<title>%d "
			    "%s</title>\n</head>\n"
			    "<body text=#000000 bgcolor=#ffffff>\n<h1>Error: %s</h1>\n<h2>%s</h2>\n<h2></h2>\n</body></html>\n",
			    status, title, title, text));
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
	answer_header(out, "WWW-Authenticate",
		      "Bearer error=\"invalid_token\" error_description=\"The access token could not be verified\"");
	wall_page(out, 401, "Unauthorized",
		  sim_tmp("Your client does not have permission to the requested URL <code>%s</code>.", v->path));
}

bool wall_invoker(struct visit *v, const struct sim_object *service, struct sim_reply *out)
{
	const char *holder = sim_tmp("//run.googleapis.com/%s", service->key);
	const char *project = sim_tmp("%.*s", (int)strcspn(service->key + 9, "/"), service->key + 9);
	if (json_bool(service->doc, "invokerIamDisabled", false) ||
	    sim_allowed(v->sim, NULL, "run.routes.invoke", project, holder))
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
	wall_page(out, 403, "Forbidden",
		  sim_tmp("Your client does not have permission to get URL <code>%s</code> from this server.", v->path));
	return false;
}
