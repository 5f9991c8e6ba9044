/* GitHub's OAuth apps and what of its API oauth2-proxy asks (docs.github.com: authorizing OAuth apps, troubleshooting access token requests, users/emails). It
 * speaks no OpenID Connect: no ID token, and errors of the token endpoint come with status 200. An account is named by its address; the world's
 * "github": {"PERSON": [{"email","primary","verified"}]} says others. */
#include "config.h"
#include "sim/front/openid.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

#define CODES "github.codes"
#define TOKENS "github.tokens"

static void github_seed(struct sim *s, const cJSON *world)
{
	for (const cJSON *p = json_at(world, "github") ? json_at(world, "github")->child : NULL; p; p = p->next)
		sim_put(s, "github.people", p->string, json_make("{'emails':%j}", cJSON_Duplicate(p, true)));
}

/* Of the first secret that is shown for a client, as the console gave it. */
static bool github_secret_fits(struct visit *v, const cJSON *form)
{
	const char *id = json_str(form, "client_id", ""), *secret = json_str(form, "client_secret", "");
	struct sim_object *first = sim_get(v->sim, "github.secrets", id);
	if (!first && *secret)
		sim_put(v->sim, "github.secrets", id, json_make("{'secret':%s}", secret));
	return *secret && (!first || !strcmp(json_str(first->doc, "secret", ""), secret));
}

/* As a form, unless JSON is asked for. */
static void github_say(const struct visit *v, cJSON *fields, struct sim_reply *out)
{
	const char *accept = visit_header(v, "Accept");
	struct buf b = {0};
	if (accept && strstr(accept, "application/json")) {
		answer_json(out, 200, fields);
		return;
	}
	for (const cJSON *f = fields->child; f; f = f->next) {
		buf_printf(&b, "%s%s=", b.len ? "&" : "", f->string);
		text_percent(&b, f->valuestring, false);
	}
	answer_text(out, 200, "application/x-www-form-urlencoded; charset=utf-8", buf_text(&b));
	buf_free(&b);
	cJSON_Delete(fields);
}

static void github_authorize(struct visit *v, const cJSON *form, struct sim_reply *out)
{
	const char *uri = json_str(form, "redirect_uri", "");
	if (!*json_str(form, "client_id", "")) {
		answer_text(out, 404, "text/html; charset=utf-8", "<!DOCTYPE html><title>Page not found</title>");
	} else if (!*json_str(form, "identifier", "")) {
		openid_ask_who(form, out);
	} else {
		char *code = sim_hex(v->sim, 20);
		struct buf to = {0};
		sim_put(v->sim, CODES, code, cJSON_Duplicate(form, true));
		buf_printf(&to, "%s%ccode=%s&state=", uri, strchr(uri, '?') ? '&' : '?', code);
		text_percent(&to, json_str(form, "state", ""), false);
		answer_redirect(out, 302, buf_text(&to));
		buf_free(&to);
		free(code);
	}
}

static void github_token(struct visit *v, const cJSON *form, struct sim_reply *out)
{
	struct sim_object *code = sim_get(v->sim, CODES, json_str(form, "code", ""));
	if (!*json_str(form, "client_id", "")) {
		answer_json(out, 404, json_make("{'error':'Not Found'}"));
	} else if (!github_secret_fits(v, form)) {
		github_say(v,
			   json_make("{'error':'incorrect_client_credentials','error_description':%s}",
				     "The client_id and/or client_secret passed are incorrect."),
			   out);
	} else if (!code || strcmp(json_str(code->doc, "client_id", ""), json_str(form, "client_id", "")) != 0) {
		github_say(v,
			   json_make("{'error':'bad_verification_code','error_description':%s}",
				     "The code passed is incorrect or expired."),
			   out);
	} else {
		char *hex = sim_hex(v->sim, 36);
		const char *token = sim_tmp("gho_%s", hex);
		sim_put(v->sim, TOKENS, token,
			json_make("{'who':%s,'scope':%s}", json_str(code->doc, "identifier", ""),
				  json_str(code->doc, "scope", "")));
		github_say(
		    v,
		    json_make("{'access_token':%s,'scope':%s,'token_type':'bearer'}", token, json_str(code->doc, "scope", "")),
		    out);
		sim_remove(v->sim, code);
		free(hex);
	}
}

static void github_api(struct visit *v, struct sim_reply *out)
{
	const char *header = visit_header(v, "Authorization"), *space = header ? strchr(header, ' ') : NULL;
	const struct sim_object *t = space ? sim_get(v->sim, TOKENS, space + 1) : NULL;
	const char *who = t ? json_str(t->doc, "who", "") : "";
	const struct sim_object *person = sim_get(v->sim, "github.people", who);
	if (!t)
		answer_json(out, 401, json_make("{'message':'Bad credentials'}"));
	else if (!strcmp(v->path, "/")) /* by which oauth2-proxy looks whether a token is good */
		answer_json(out, 200, json_make("{'current_user_url':'https://api.github.com/user'}"));
	else if (!strcmp(v->path, "/user"))
		answer_json(out, 200, json_make("{'login':%s}", sim_tmp("%.*s", (int)strcspn(who, "@"), who)));
	else if (!strcmp(v->path, "/user/emails") && strstr(json_str(t->doc, "scope", ""), "user:email"))
		answer_json(out, 200,
			    person ? cJSON_Duplicate(json_at(person->doc, "emails"), true)
				   : json_make("[{'email':%s,'primary':true,'verified':true}]", who));
	else if (!strcmp(v->path, "/user/orgs") || !strcmp(v->path, "/user/teams"))
		answer_json(out, 200, cJSON_CreateArray());
	else
		answer_json(out, 404, json_make("{'message':'Not Found'}"));
}

bool github_answer(struct visit *v, struct sim_reply *out)
{
	bool api = !strcmp(v->host, "api.github.com");
	if (!api && strcmp(v->host, "github.com") != 0)
		return false;
	cJSON *form = openid_form(v);
	bool known = true;
	if (api)
		github_api(v, out);
	else if (!strcmp(v->path, "/login/oauth/authorize"))
		github_authorize(v, form, out);
	else if (!strcmp(v->path, "/login/oauth/access_token") && !strcmp(v->q->method, "POST"))
		github_token(v, form, out);
	else
		known = false;
	cJSON_Delete(form);
	return known;
}

const struct sim_api sim_github = {.name = "github", .errors = SIM_ERRORS_AIP, .seed = github_seed};
