/* cloudbilling.googleapis.com: whether a project has a billing account. */
#include "config.h"
#include "sim/api/cloudbilling.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static struct sim_object *project_of(struct sim_call *c, const char *permission)
{
	if (c->project && sim_allowed(c->sim, c->principal, permission, c->project, NULL))
		return sim_get(c->sim, "cloudresourcemanager.projects", sim_tmp("projects/%s", c->project));
	sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
	return NULL;
}

static cJSON *billing_info(const struct sim_object *o)
{
	const char *account = json_str(o->hidden, "billing", ""), *project = o->key + strlen("projects/");
	const char *name = sim_tmp("projects/%s/billingInfo", project), *full = sim_tmp("billingAccounts/%s", account);
	cJSON *info = json_make("{'name':%s,'projectId':%s,'billingAccountName':%s,'billingEnabled':%b}", name, project,
				*account ? full : "", *account != 0);
	return info;
}

static void billing_get(struct sim_call *c)
{
	struct sim_object *o = project_of(c, "resourcemanager.projects.get");
	if (o)
		sim_ok(c, billing_info(o));
}

/* The account that the caller may see, "" where the world has none. */
static const char *account_there(struct sim_call *c)
{
	struct sim_object *w = sim_get(c->sim, "sim.worlds", "world");
	const cJSON *account = w ? json_at(w->doc, "billingAccount") : NULL;
	return cJSON_IsNull(account) ? "" : cJSON_IsString(account) ? account->valuestring : "012345-6789AB-CDEF01";
}

static void billing_update(struct sim_call *c)
{
	struct sim_object *o = project_of(c, "resourcemanager.projects.createBillingAssignment");
	const char *account = json_str(c->body, "billingAccountName", "");
	if (!o)
		return;
	/* "" takes the account away; another's, or none's, is not told apart from one that the caller may not use. */
	if (*account && (!*account_there(c) || strcmp(account, sim_tmp("billingAccounts/%s", account_there(c))) != 0)) {
		sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
		return;
	}
	json_put_str(o->hidden, "billing",
		     text_starts(account, "billingAccounts/") ? account + strlen("billingAccounts/") : "");
	sim_ok(c, billing_info(o));
}

static void list_accounts(struct sim_call *c)
{
	if (!*account_there(c)) {
		sim_empty(c);
		return;
	}
	const char *name = sim_tmp("billingAccounts/%s", account_there(c));
	sim_ok(c, json_make("{'billingAccounts':[{'name':%s,'open':%b,'displayName':'My Billing "
			    "Account','masterBillingAccount':''}]}",
			    name, 1));
}

static void list_projects(struct sim_call *c)
{
	const char *account = sim_path_part(c, "billingAccounts");
	cJSON *all = cJSON_CreateArray();
	for (struct sim_object *o = sim_first(c->sim, "cloudresourcemanager.projects", "projects/"); o;
	     o = sim_following(c->sim, o, "projects/"))
		if (!strcmp(json_str(o->hidden, "billing", ""), account))
			cJSON_AddItemToArray(all, billing_info(o));
	sim_ok(c, json_make("{'projectBillingInfo':%j,'nextPageToken':''}", all));
}

static void cloudbilling_test_permissions(struct sim_call *c)
{
	/* Whoever owns the world's projects owns its billing account. */
	const cJSON *asked = json_at(c->body, "permissions");
	sim_ok(c, asked ? json_make("{'permissions':%j}", cJSON_Duplicate(asked, true)) : cJSON_CreateObject());
}

static const struct sim_route routes[] = {
    {"cloudbilling.projects.getBillingInfo", billing_get, NULL, NULL},
    {"cloudbilling.projects.updateBillingInfo", billing_update, NULL, NULL},
    {"cloudbilling.billingAccounts.list", list_accounts, NULL, NULL},
    {"cloudbilling.billingAccounts.projects.list", list_projects, NULL, NULL},
    {"cloudbilling.services.skus.list", cloudbilling_skus, NULL, NULL},
    {"cloudbilling.billingAccounts.testIamPermissions", cloudbilling_test_permissions, NULL, NULL},
    {0},
};

const struct sim_api sim_api_cloudbilling = {
    .name = "cloudbilling",
    .service = "cloudbilling.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
};
