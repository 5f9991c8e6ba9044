/* The survey "preflight": who is signed in, the project and its billing, and the permissions that the plan of the answers needs. */
#include "config.h"
#include "engine/survey_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "gcp/roles.h"
#include "net/credentials.h"
#include "plan/permissions.h"

#include <stdlib.h>
#include <string.h>

#define PERMISSIONS_PAGE 100 /* that testIamPermissions takes at once */

static void finding(struct survey *s, const char *id, const char *title, const char *state, const char *message,
		    const char *fix)
{
	cJSON_AddItemToArray(
	    s->result, json_make("{'id':%s,'title':%s,'state':%s,'message':%s,'fix':%s}", id, title, state, message, fix));
}

/* Those of a list that are not held: "a, b"; empty when all are. */
static void lacking(const cJSON *wanted, const cJSON *held, struct buf *out)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, wanted)
		if (!cJSON_HasObjectItem(held, one->valuestring) && !permission_given_by_bucket(one->valuestring))
			buf_printf(out, "%s%s", out->len ? ", " : "", one->valuestring);
}

static void test_abroad(struct survey *s);

static void on_abroad(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	cJSON *asked = cJSON_DetachItemFromArray(s->abroad, 0), *held = cJSON_CreateObject();
	const cJSON *one;
	struct buf lack = {0};
	cJSON_ArrayForEach(one, json_at(r->reply, "permissions"))
		if (cJSON_IsString(one))
			cJSON_AddTrueToObject(held, one->valuestring);
	lacking(asked, held, &lack);
	if (r->http == 200 && lack.len) {
		char *message = xasprintf(_("missing in project %s, whose network is used: %s"), asked->string,
					  buf_text(&lack));
		finding(s, "permissions-abroad", _("Permissions elsewhere"), "warn", message,
			_("Ask who administers it for roles/compute.networkViewer there."));
		free(message);
	}
	buf_free(&lack);
	cJSON_Delete(held);
	cJSON_Delete(asked);
	test_abroad(s);
}

/* One project after the other; what may not be told is left to the build. */
static void test_abroad(struct survey *s)
{
	const cJSON *next = s->abroad ? s->abroad->child : NULL;
	if (!next)
		survey_answer(s, NULL);
	else
		survey_ask_of(s, next->string, CRM "/v1/projects/", ":testIamPermissions", "POST",
			      json_make("{'permissions':%j}", cJSON_Duplicate(next, 1)), on_abroad);
}

/* What is needed to build and lacks is a failure; what only destroying needs is said. */
static void judge_permissions(struct survey *s)
{
	struct buf lack = {0}, later = {0};
	lacking(s->needed, s->held, &lack);
	lacking(s->tested, s->held, &later);
	bool fails = lack.len > 0;
	char *message = fails       ? xasprintf(_("missing: %s"), buf_text(&lack))
			: later.len ? xasprintf(_("missing, to look for it and to take it away again: %s"), buf_text(&later))
				    : xstrdup(_("all that is needed"));
	finding(s, "permissions", _("Permissions"),
		fails       ? "fail"
		: later.len ? "warn"
			    : "ok",
		message, fails || later.len ? _("Ask for roles that hold these permissions.") : NULL);
	free(message);
	buf_free(&lack);
	buf_free(&later);
	test_abroad(s);
}

static void test_permissions(struct survey *s);

/* A permission that cannot be tested on a project fails the whole request, which names it: it is left out, as if it were held. */
static bool leave_out(struct survey *s, const struct api_result *r)
{
	char *named = r->http == 400 && r->error.message ? permission_named(r->error.message) : NULL;
	bool ours = named && !cJSON_HasObjectItem(s->held, named);
	if (ours)
		cJSON_AddTrueToObject(s->held, named);
	free(named);
	return ours;
}

static void on_permissions(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	const cJSON *one;
	if (r->http == 200) {
		cJSON_ArrayForEach(one, json_at(r->reply, "permissions"))
			if (cJSON_IsString(one) && !cJSON_HasObjectItem(s->held, one->valuestring))
				cJSON_AddTrueToObject(s->held, one->valuestring);
		s->tested_to = s->testing_to;
	} else if (!leave_out(s, r)) {
		finding(s, "permissions", _("Permissions"), "warn", r->err.what ? r->err.what : "", r->err.fix);
		survey_answer(s, NULL);
		return;
	}
	test_permissions(s);
}

/* So many in one request, the next behind them. */
static void test_permissions(struct survey *s)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *one;
	int at = 0;
	cJSON_ArrayForEach(one, s->tested) {
		if (at >= s->tested_to && cJSON_GetArraySize(list) < PERMISSIONS_PAGE) {
			s->testing_to = at + 1;
			if (!cJSON_HasObjectItem(s->held, one->valuestring))
				cJSON_AddItemToArray(list, cJSON_CreateString(one->valuestring));
		}
		at++;
	}
	if (cJSON_GetArraySize(list)) {
		survey_ask_project(s, CRM "/v1/projects/", ":testIamPermissions", "POST", json_make("{'permissions':%j}", list),
				   on_permissions);
	} else {
		cJSON_Delete(list);
		judge_permissions(s);
	}
}

/* The plan of these answers says what is needed; answers that make no plan yet are judged when they do. */
static void begin_permissions(struct survey *s)
{
	if (!s->needed) {
		survey_answer(s, NULL);
		return;
	}
	s->held = cJSON_CreateObject();
	test_permissions(s);
}

static void on_flight_billing(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	if (r->http != 200)
		finding(s, "billing", _("Billing"), "warn", _("not known until the Cloud Billing API is on"), NULL);
	else if (json_bool(r->reply, "billingEnabled", false))
		finding(s, "billing", _("Billing"), "ok", _("on"), NULL);
	else
		finding(s, "billing", _("Billing"), "fail", _("off"), _("Link a billing account to the project."));
	begin_permissions(s);
}

static void on_flight_project(void *arg, const struct api_result *r)
{
	struct survey *s = arg;
	s->result = cJSON_CreateArray();
	bool signed_in = r->http && r->http != 401;
	finding(s, "sign-in", _("Sign-in"), signed_in ? "ok" : "fail",
		signed_in ? credentials_describe(s->owner->credentials) : r->err.what, signed_in ? NULL : r->err.fix);
	bool there = r->http == 200 && !strcmp(json_str(r->reply, "lifecycleState", ""), "ACTIVE");
	bool page = r->http == 200 && !cJSON_IsObject(r->reply);
	bool told = !there && r->http != 200 && r->http != 404 && !api_error_is_plain_denial(&r->error) && r->err.what;
	if (signed_in)
		finding(s, "project", _("Project"), there ? "ok" : "fail",
			there  ? s->project
			: told ? r->err.what
			: page ? _("the reply about it is none of Google's")
			       : _("it is not there or may not be read"),
			there  ? NULL
			: told ? r->err.fix
			: page ? api_between_fix()
			       : _("Check the project's id and who is signed in."));
	if (there)
		survey_ask_project(s, "https://cloudbilling.googleapis.com/v1/projects/", "/billingInfo", "GET", NULL,
				   on_flight_billing);
	else
		survey_answer(s, NULL);
}

void survey_preflight(struct survey *s)
{
	survey_ask_project(s, CRM "/v1/projects/", "", "GET", NULL, on_flight_project);
}

void survey_list_permissions(struct survey *s, const struct answers *a)
{
	struct plan *p = a && s->kind && s->kind->plans ? plan_draft(a, NULL) : NULL;
	if (p) {
		s->needed = plan_permissions(p, DEEDS_OF_APPLY);
		s->tested = plan_permissions(p, ~0u);
		s->abroad = plan_permissions_abroad(p);
	}
	plan_free(p);
}
