/* iam.googleapis.com: service accounts. Reads are eventually consistent: a fresh account is there for one replica and not yet
 * for another, and cannot be a member of a policy for a while longer. Deleted accounts can come back for 30 days. */
#include "config.h"
#include "sim/api/iam.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNTS "iam.accounts"
#define INDEX "iam.accountNames" /* email or unique id -> key in ACCOUNTS */
#define DELETED "iam.deletedAccounts"
#define AGENTS "iam.agents"

enum { MOST_ACCOUNTS = 100 };

/* Finding. ---------------------------------------------------------------------------------------------------------------- */

struct sim_object *sim_account(struct sim *s, const char *email_or_id)
{
	struct sim_object *name = sim_get(s, INDEX, email_or_id);
	return name ? sim_get(s, ACCOUNTS, json_str(name->doc, "key", "")) : NULL;
}

const char *sim_account_project(struct sim *s, const char *email)
{
	struct sim_object *o = sim_account(s, email);
	const char *domain = sim_domain_of(email);
	if (o)
		return json_str(o->doc, "projectId", NULL);
	if (!text_ends(domain, ".iam.gserviceaccount.com"))
		return NULL;
	return sim_project_id(s, sim_tmp("%.*s", (int)(strlen(domain) - strlen(".iam.gserviceaccount.com")), domain));
}

bool sim_account_exists(struct sim *s, const char *email, bool with_lag)
{
	struct sim_object *o = sim_account(s, email);
	if (!o)
		return sim_get(s, AGENTS, email) != NULL;
	return !with_lag || json_num(o->hidden, "bindable", 0) <= sim_now(s);
}

void sim_account_settle(struct sim *s, const char *email)
{
	struct sim_object *o = sim_account(s, email);
	if (!o)
		return;
	json_put_num(o->hidden, "visible", sim_now(s));
	json_put_num(o->hidden, "bindable", sim_now(s));
}

const char *sim_account_id(struct sim *s, const char *email)
{
	struct sim_object *o = sim_account(s, email);
	if (!o)
		o = sim_get(s, AGENTS, email);
	return o ? json_str(o->doc, "uniqueId", NULL) : NULL;
}

/* Making. ----------------------------------------------------------------------------------------------------------------- */

static const char *new_id(struct sim *s)
{
	return sim_tmp("1%010llu%010llu", (unsigned long long)(sim_random(s) % 10000000000ull),
		       (unsigned long long)(sim_random(s) % 10000000000ull));
}

static void index_add(struct sim *s, const char *name, const char *key)
{
	sim_put(s, INDEX, name, json_make("{'key':%s}", key));
}

static struct sim_object *put_account(struct sim *s, const char *project, const char *email, const char *display,
				      const char *description)
{
	const char *id = new_id(s), *etag = identity_etag(s);
	const char *key = sim_tmp("projects/%s/serviceAccounts/%s", project, email);
	const char *key_id = sim_keep(sim_hex(s, 40)), *now = sim_stamp(s, 0);
	cJSON *doc = json_make("{'name':%s,'projectId':%s,'uniqueId':%s,'email':%s,'etag':%s,'oauth2ClientId':%s}", key,
			       project, id, email, etag, id);
	if (*display)
		cJSON_AddStringToObject(doc, "displayName", display);
	if (*description)
		cJSON_AddStringToObject(doc, "description", description);
	struct sim_object *o = sim_put(s, ACCOUNTS, key, doc);
	json_put_str(o->hidden, "systemKey", key_id);
	json_put_str(o->hidden, "since", now);
	index_add(s, email, key);
	index_add(s, id, key);
	return o;
}

/* Default accounts are ordinary accounts of the project; agents live in projects of Google's and are never listed. */
void sim_agent_create(struct sim *s, const char *email)
{
	const char *project = sim_project_id(s, sim_tmp("%.*s", (int)(strspn(email, "0123456789")), email));
	if (sim_account_exists(s, email, false))
		return;
	if (text_ends(email, "-compute@developer.gserviceaccount.com") && project) {
		put_account(s, project, email, "Compute Engine default service account", "");
	} else if (text_ends(email, "@appspot.gserviceaccount.com")) {
		const char *id = sim_tmp("%.*s", (int)strcspn(email, "@"), email);
		if (sim_project_id(s, id))
			put_account(s, sim_project_id(s, id), email, "App Engine default service account", "");
	} else {
		sim_put(s, AGENTS, email, json_make("{'email':%s,'uniqueId':%s}", email, new_id(s)));
	}
}

void sim_agent_delete(struct sim *s, const char *email)
{
	struct sim_object *agent = sim_get(s, AGENTS, email);
	if (agent)
		sim_remove(s, agent);
}

/* Refusals. --------------------------------------------------------------------------------------------------------------- */

void sim_account_denied(struct sim_call *c, const char *permission)
{
	sim_fail_with(c, 0, "PERMISSION_DENIED", NULL,
		      json_make("[{'@type':'type.googleapis.com/"
				"google.rpc.ErrorInfo','reason':'IAM_PERMISSION_DENIED','domain':'iam.googleapis.com',"
				"'metadata':{'permission':%s}}]",
				permission),
		      "Permission '%s' denied on resource (or it may not exist).", permission);
}

static void fail_missing(struct sim_call *c, const char *project, const char *email)
{
	const char *key = sim_tmp("projects/%s/serviceAccounts/%s", project, email);
	bool was = sim_get(c->sim, DELETED, key) || sim_get(c->sim, ACCOUNTS, key);
	if (was)
		sim_fail(c, "NOT_FOUND", NULL, "Service account projects/%s/serviceAccounts/%s does not exist.", project,
			 email);
	else
		sim_fail(c, "NOT_FOUND", NULL, "Unknown service account");
}

const char *sim_account_holder(const struct sim_object *o)
{
	return sim_tmp("//iam.googleapis.com/%s", o->key);
}

struct sim_object *sim_account_for(struct sim_call *c, const char *permission)
{
	const char *name = sim_path_part(c, "serviceAccounts");
	struct sim_object *o = sim_account(c->sim, name);
	const char *project = o            ? json_str(o->doc, "projectId", "")
			      : c->project ? c->project
					   : sim_account_project(c->sim, name);
	/* The path's project counts: an account of another one is not found there. */
	if (o && c->project && strcmp(c->project, project))
		o = NULL;
	const char *holder = o ? sim_account_holder(o) : NULL;
	bool yes = project && sim_allowed(c->sim, c->principal, permission, project, holder);
	if (!yes)
		sim_account_denied(c, permission);
	else if (!o)
		fail_missing(c, project, name);
	return yes ? o : NULL;
}

/* Methods. ---------------------------------------------------------------------------------------------------------------- */

static bool id_ok(struct sim_call *c, const char *id)
{
	size_t n = strlen(id);
	if (n < 6 || n > 30) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The account ID \"%s\" does not have a length between 6 and 30.", id);
		return false;
	}
	if (!islower((unsigned char)*id) || id[n - 1] == '-' || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != n) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Invalid account ID \"%s\": it must match the regular expression [a-z]([-a-z0-9]*[a-z0-9]).", id);
		return false;
	}
	return true;
}

static bool room_for_one_more(struct sim_call *c)
{
	const char *prefix = sim_tmp("projects/%s/serviceAccounts/", c->project);
	int n = 0;
	for (struct sim_object *o = sim_first(c->sim, ACCOUNTS, prefix); o && n < MOST_ACCOUNTS;
	     o = sim_following(c->sim, o, prefix))
		n++;
	if (n == MOST_ACCOUNTS)
		sim_fail(c, "RESOURCE_EXHAUSTED", NULL, "Maximum number of service accounts on project reached.");
	return n < MOST_ACCOUNTS;
}

static void account_create(struct sim_call *c)
{
	const char *id = json_str(c->body, "accountId", "");
	if (!id_ok(c, id) || !room_for_one_more(c))
		return;
	if (sim_constraint(c->sim, c->project, "iam.disableServiceAccountCreation", NULL)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Service account creation is not allowed on this project.");
		return;
	}
	const char *email = sim_tmp("%s@%s.iam.gserviceaccount.com", id, c->project);
	if (sim_account(c->sim, email)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Service account %s already exists within project projects/%s.", id,
			 c->project);
		return;
	}
	struct sim_object *o = put_account(c->sim, c->project, email, json_str(c->body, "serviceAccount.displayName", ""),
					   json_str(c->body, "serviceAccount.description", ""));
	double visible = sim_draw(c->sim, "lag.account.get"), bindable = sim_draw(c->sim, "lag.account.binding");
	json_put_num(o->hidden, "visible", sim_now(c->sim) + visible);
	json_put_num(o->hidden, "bindable", sim_now(c->sim) + bindable);
	sim_milestone(c->sim, visible);
	sim_milestone(c->sim, bindable);
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void account_get(struct sim_call *c)
{
	struct sim_object *o = sim_account_for(c, "iam.serviceAccounts.get");
	if (!o)
		return;
	if (json_num(o->hidden, "visible", 0) > sim_now(c->sim) && sim_random(c->sim) % 2)
		fail_missing(c, json_str(o->doc, "projectId", ""), json_str(o->doc, "email", ""));
	else
		sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void account_list(struct sim_call *c)
{
	sim_list(c, ACCOUNTS, sim_tmp("projects/%s/serviceAccounts/", c->project), "accounts", NULL, NULL);
}

/* Takes over the fields that a mask names, in either spelling; the reply has only those and the name. */
static cJSON *apply(struct sim_object *o, const cJSON *from, const char *mask)
{
	static const char *const fields[][2] = {{"displayName", "display_name"}, {"description", "description"}};
	cJSON *reply = json_make("{'name':%s}", o->key);
	for (int i = 0; i < 2; i++) {
		const char *value = json_str(from, fields[i][0], "");
		if (*mask && !strstr(mask, fields[i][0]) && !strstr(mask, fields[i][1]))
			continue;
		json_drop(o->doc, fields[i][0]);
		if (*value) {
			cJSON_AddStringToObject(o->doc, fields[i][0], value);
			cJSON_AddStringToObject(reply, fields[i][0], value);
		}
	}
	return reply;
}

static bool fresh(struct sim_call *c, const struct sim_object *o, const cJSON *sent)
{
	const char *etag = json_str(sent, "etag", "");
	if (!*etag || identity_same_etag(etag, json_str(o->doc, "etag", "")))
		return true;
	sim_fail(c, "ABORTED", NULL,
		 "There were concurrent changes to the service account. Please retry the whole read-modify-write.");
	return false;
}

static void new_etag(struct sim_call *c, struct sim_object *o)
{
	const char *etag = identity_etag(c->sim);
	json_put_str(o->doc, "etag", etag);
}

static void account_patch(struct sim_call *c)
{
	struct sim_object *o = sim_account_for(c, "iam.serviceAccounts.update");
	const cJSON *sent = json_at(c->body, "serviceAccount");
	if (!o || !fresh(c, o, sent))
		return;
	new_etag(c, o);
	sim_ok(c, apply(o, sent, json_str(c->body, "updateMask", "")));
}

static void account_update(struct sim_call *c)
{
	struct sim_object *o = sim_account_for(c, "iam.serviceAccounts.update");
	if (!o || !fresh(c, o, c->body))
		return;
	new_etag(c, o);
	cJSON_Delete(apply(o, c->body, ""));
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void account_delete(struct sim_call *c)
{
	struct sim_object *o = sim_account_for(c, "iam.serviceAccounts.delete");
	if (!o)
		return;
	const char *email = json_str(o->doc, "email", ""), *id = json_str(o->doc, "uniqueId", "");
	const char *holder = sim_account_holder(o);
	struct sim_object *grave = sim_get(c->sim, DELETED, o->key);
	if (grave)
		sim_remove(c->sim, grave);
	grave = sim_put(c->sim, DELETED, o->key, cJSON_Duplicate(o->doc, true));
	json_put_num(grave->hidden, "until", sim_now(c->sim) + 30 * 86400.0);
	sim_policy_account(c->sim, email, id, true);
	sim_policy_forget(c->sim, holder);
	sim_account_keys_gone(c->sim, o->key);
	sim_remove(c->sim, sim_get(c->sim, INDEX, email));
	sim_remove(c->sim, sim_get(c->sim, INDEX, id));
	sim_remove(c->sim, o);
	sim_empty(c);
}

static struct sim_object *grave_of(struct sim_call *c, const char *name)
{
	for (struct sim_object *o = sim_first(c->sim, DELETED, "projects/"); o; o = sim_following(c->sim, o, "projects/"))
		if (!strcmp(json_str(o->doc, "uniqueId", ""), name) || !strcmp(json_str(o->doc, "email", ""), name))
			return json_num(o->hidden, "until", 0) > sim_now(c->sim) ? o : NULL;
	return NULL;
}

static void account_undelete(struct sim_call *c)
{
	const char *name = sim_path_part(c, "serviceAccounts");
	struct sim_object *grave = grave_of(c, name);
	const char *project = grave ? json_str(grave->doc, "projectId", "") : c->project;
	if (!project || !sim_allowed(c->sim, c->principal, "iam.serviceAccounts.undelete", project, NULL)) {
		sim_account_denied(c, "iam.serviceAccounts.undelete");
		return;
	}
	if (!grave) {
		sim_fail(c, "NOT_FOUND", NULL, "Unknown service account");
		return;
	}
	if (sim_get(c->sim, ACCOUNTS, grave->key)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Precondition check failed.");
		return;
	}
	struct sim_object *o = sim_put(c->sim, ACCOUNTS, grave->key, cJSON_Duplicate(grave->doc, true));
	json_put_str(o->hidden, "systemKey", sim_keep(sim_hex(c->sim, 40)));
	index_add(c->sim, json_str(o->doc, "email", ""), o->key);
	index_add(c->sim, json_str(o->doc, "uniqueId", ""), o->key);
	sim_policy_account(c->sim, json_str(o->doc, "email", ""), json_str(o->doc, "uniqueId", ""), false);
	sim_remove(c->sim, grave);
	sim_ok(c, json_make("{'restoredAccount':%j}", cJSON_Duplicate(o->doc, true)));
}

void sim_set_disabled(struct sim_call *c, struct sim_object *o, bool disabled)
{
	if (!o)
		return;
	json_drop(o->doc, "disabled");
	if (disabled)
		cJSON_AddTrueToObject(o->doc, "disabled");
	sim_empty(c);
}

static void account_enable(struct sim_call *c)
{
	sim_set_disabled(c, sim_account_for(c, "iam.serviceAccounts.enable"), false);
}

static void account_disable(struct sim_call *c)
{
	sim_set_disabled(c, sim_account_for(c, "iam.serviceAccounts.disable"), true);
}

/* Policies. --------------------------------------------------------------------------------------------------------------- */

static void iam_accounts_get_policy(struct sim_call *c)
{
	struct sim_object *o = sim_account_for(c, "iam.serviceAccounts.getIamPolicy");
	if (o)
		sim_policy_get(c, sim_account_holder(o));
}

static void iam_accounts_set_policy(struct sim_call *c)
{
	struct sim_object *o = sim_account_for(c, "iam.serviceAccounts.setIamPolicy");
	if (o)
		sim_policy_set(c, sim_account_holder(o), json_at(c->body, "policy"));
}

static void iam_accounts_test_permissions(struct sim_call *c)
{
	struct sim_object *o = sim_account(c->sim, sim_path_part(c, "serviceAccounts"));
	if (o) {
		c->project = json_str(o->doc, "projectId", NULL);
		sim_policy_test(c, sim_account_holder(o));
	} else {
		sim_fail(c, "NOT_FOUND", NULL, "Unknown service account");
	}
}

static const struct sim_route routes[] = {
    {"iam.projects.serviceAccounts.create", account_create, "iam.serviceAccounts.create", NULL},
    {"iam.projects.serviceAccounts.list", account_list, "iam.serviceAccounts.list", NULL},
    {"iam.projects.serviceAccounts.get", account_get, NULL, NULL},
    {"iam.projects.serviceAccounts.patch", account_patch, NULL, NULL},
    {"iam.projects.serviceAccounts.update", account_update, NULL, NULL},
    {"iam.projects.serviceAccounts.delete", account_delete, NULL, NULL},
    {"iam.projects.serviceAccounts.undelete", account_undelete, NULL, NULL},
    {"iam.projects.serviceAccounts.enable", account_enable, NULL, NULL},
    {"iam.projects.serviceAccounts.disable", account_disable, NULL, NULL},
    {"iam.projects.serviceAccounts.getIamPolicy", iam_accounts_get_policy, NULL, NULL},
    {"iam.projects.serviceAccounts.setIamPolicy", iam_accounts_set_policy, NULL, NULL},
    {"iam.projects.serviceAccounts.testIamPermissions", iam_accounts_test_permissions, NULL, NULL},
    {0},
};

const struct sim_api sim_api_iam_accounts = {
    .name = "iam",
    .service = "iam.googleapis.com",
    .errors = SIM_ERRORS_BOTH,
    .routes = routes,
};
