/* A service account. spec: {"displayName":TEXT}; name is the account id, 6 to 30 characters. Outputs: email. */
#include "config.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://iam.googleapis.com/v1/projects/%s/serviceAccounts"

static char *email_of(const struct view *v)
{
	return xasprintf("%s@%s.iam.gserviceaccount.com", v->name, v->project);
}

static void on_account(const struct view *v, const char *method, cJSON *body, struct call *out)
{
	char *email = email_of(v);
	call_set(out, DIALECT_NONE, method, body, BASE "/%s", v->project, email);
	free(email);
}

static void service_account_observe(const struct view *v, struct call *out)
{
	on_account(v, "GET", NULL, out);
}

/* One that is not there, or not visible yet, may be answered with 403 "... (or it may not exist)". */
static void service_account_list(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?pageSize=100", v->project);
}

static void service_account_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (http == 403 && strstr(json_str(reply, "error.message", ""), "may not exist")) {
		out->presence = PRESENT_NO;
		return;
	}
	kind_decode_mark(v, http, reply, out);
	if (out->outputs) {
		char *email = email_of(v);
		json_put_str(out->outputs, "email", email);
		free(email);
	}
}

/* What we set: {"displayName","description"}. */
static cJSON *wanted(const struct view *v)
{
	char *mark = kind_mark(v);
	cJSON *w = json_make("{'displayName':%s,'description':%s}", json_str(v->spec, "displayName", ""), mark);
	free(mark);
	return w;
}

static void service_account_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	cJSON *w = wanted(v);
	kind_compare_leaves(w, seen->found, NULL, out);
	cJSON_Delete(w);
	if (json_bool(seen->found, "disabled", false)) {
		out->verdict = VERDICT_REFUSE;
		out->reason = xasprintf(_("the service account %s was disabled by somebody: enable it first"), v->name);
	}
}

static void service_account_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_NONE, "POST", json_make("{'accountId':%s,'serviceAccount':%j}", v->name, wanted(v)), BASE,
		 v->project);
}

static void service_account_update(const struct view *v, const struct observation *seen, const struct change *change,
				   struct call *out)
{
	(void)seen;
	(void)change;
	on_account(v, "PATCH", json_make("{'serviceAccount':%j,'updateMask':'displayName,description'}", wanted(v)), out);
}

static void service_account_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	on_account(v, "DELETE", NULL, out);
}

/* Its id is an argument of its own. */
static cJSON *service_account_terraform(const struct view *v)
{
	return wanted(v);
}

static const struct kind_constraint service_account_constraints[] = {
    {.name = "iam.disableServiceAccountCreation", .words = N_("making service accounts"), .every = true},
    {.name = NULL},
};

const struct kind kind_service_account = {
    .id = "iam.serviceAccount",
    .title = N_("Service account"),
    .api = "iam.googleapis.com",
    .part = PART_IDENTITIES,
    .console_page = "iam-admin/serviceaccounts",
    .permissions = {.read = "iam.serviceAccounts.get",
		    .list = "iam.serviceAccounts.list",
		    .create = "iam.serviceAccounts.create",
		    .update = "iam.serviceAccounts.update",
		    .destroy = "iam.serviceAccounts.delete"},
    .spreads = true,
    .usual = 2.5,
    .slow = 20,
    .deadline = 300,
    .constraints = service_account_constraints,
    .observe = service_account_observe,
    .list = service_account_list,
    .items = "accounts",
    .decode = service_account_decode,
    .compare = service_account_compare,
    .create = service_account_create,
    .update = service_account_update,
    .destroy = service_account_destroy,
    .terraform = {.type = "google_service_account",
		  .name = "account_id",
		  .import = "projects/{project}/serviceAccounts/{name}@{project}.iam.gserviceaccount.com",
		  .body = service_account_terraform,
		  .outputs = (const char *const[]){"email", "@.email", NULL}},
};
