/* iam.googleapis.com: service accounts. Reads are eventually consistent: a fresh account is there for one replica and not yet
 * for another, and cannot be a member of a policy for a while longer. Deleted accounts can come back for 30 days. */
#include "config.h"
#include "sim/api/iam.h"
#include "sim/api/resource.h"

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
		static const char words[] = "Service account creation is not allowed on this project.";
		cJSON *details = json_make(
		    "[{'@type':'type.googleapis.com/google.rpc.PreconditionFailure','violations':[{"
		    "'type':'constraints/iam.disableServiceAccountCreation','subject':%s,'description':%s}]}]",
		    sim_tmp("projects/%s?configvalue=", c->project), words);
		sim_fail_with(c, 400, "FAILED_PRECONDITION", "failedPrecondition", details, "%s", words);
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

/* Held against the permission that is called as the method is. For a while some replicas do not know a new one. */
static struct sim_object *iam_accounts_find(struct sim_call *c, const struct sim_resource *r)
{
	const char *verb = c->id + strlen(r->methods) + 1;
	struct sim_object *o;
	if (!strcmp(verb, "testIamPermissions")) {
		o = sim_account(c->sim, sim_path_part(c, "serviceAccounts"));
		c->project = o ? json_str(o->doc, "projectId", NULL) : c->project;
		if (!o)
			sim_fail(c, "NOT_FOUND", NULL, "Unknown service account");
		return o;
	}
	o = sim_account_for(c, sim_tmp("iam.serviceAccounts.%s", !strcmp(verb, "patch") ? "update" : verb));
	if (!o || strcmp(verb, "get") || json_num(o->hidden, "visible", 0) <= sim_now(c->sim) || sim_random(c->sim) % 2 == 0)
		return o;
	fail_missing(c, json_str(o->doc, "projectId", ""), json_str(o->doc, "email", ""));
	return NULL;
}

/* What can be changed. */
static const char *const changeable[][2] = {{"displayName", "display_name"}, {"description", "description"}};

/* patch names fields in a mask, in either spelling, and is answered with those alone; update knows neither. */
static bool is_patch(const struct sim_call *c)
{
	return text_ends(c->id, ".patch");
}

static bool is_meant(const struct sim_call *c, int field)
{
	const char *mask = is_patch(c) ? json_str(c->body, "updateMask", "") : "";
	return !*mask || strstr(mask, changeable[field][0]) || strstr(mask, changeable[field][1]);
}

static cJSON *iam_accounts_changed(struct sim_call *c, const struct sim_object *o)
{
	const cJSON *sent = is_patch(c) ? json_at(c->body, "serviceAccount") : c->body;
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	for (int i = 0; i < 2; i++) {
		const char *value = json_str(sent, changeable[i][0], "");
		if (!is_meant(c, i))
			continue;
		json_drop(doc, changeable[i][0]);
		if (*value)
			json_put_str(doc, changeable[i][0], value);
	}
	return doc;
}

static cJSON *iam_accounts_seen(const struct sim_call *c, const struct sim_object *o)
{
	if (!is_patch(c))
		return cJSON_Duplicate(o->doc, true);
	cJSON *reply = json_make("{'name':%s}", o->key);
	for (int i = 0; i < 2; i++)
		if (is_meant(c, i) && json_at(o->doc, changeable[i][0]))
			json_put_str(reply, changeable[i][0], json_str(o->doc, changeable[i][0], ""));
	return reply;
}

static bool iam_accounts_current(struct sim_call *c, const struct sim_object *o, const char *etag)
{
	etag = is_patch(c) ? json_str(c->body, "serviceAccount.etag", "") : etag;
	if (!*etag || identity_same_etag(etag, json_str(o->doc, "etag", "")))
		return true;
	sim_fail(c, "ABORTED", NULL,
		 "There were concurrent changes to the service account. Please retry the whole read-modify-write.");
	return false;
}

static void iam_accounts_touched(struct sim_call *c, struct sim_object *o)
{
	json_put_str(o->doc, "etag", identity_etag(c->sim));
}

static bool iam_accounts_deleting(struct sim_call *c, struct sim_object *o)
{
	const char *email = json_str(o->doc, "email", ""), *id = json_str(o->doc, "uniqueId", "");
	struct sim_object *grave = sim_get(c->sim, DELETED, o->key);
	if (grave)
		sim_remove(c->sim, grave);
	grave = sim_put(c->sim, DELETED, o->key, cJSON_Duplicate(o->doc, true));
	json_put_num(grave->hidden, "until", sim_now(c->sim) + 30 * 86400.0);
	sim_policy_account(c->sim, email, id, true);
	sim_account_keys_gone(c->sim, o->key);
	sim_remove(c->sim, sim_get(c->sim, INDEX, email));
	sim_remove(c->sim, sim_get(c->sim, INDEX, id));
	return true;
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
	sim_set_disabled(c, resource_named(c), false);
}

static void account_disable(struct sim_call *c)
{
	sim_set_disabled(c, resource_named(c), true);
}

/* Reading, changing and deleting are the common ones. */
static const struct sim_resource resources[] = {
    {.methods = "iam.projects.serviceAccounts",
     .collection = ACCOUNTS,
     .key = "projects/{project}/serviceAccounts/{serviceAccounts}",
     .field = "accounts",
     .holder = "//iam.googleapis.com/",
     .find = iam_accounts_find,
     .seen = iam_accounts_seen,
     .touched = iam_accounts_touched,
     .current = iam_accounts_current,
     .changed = iam_accounts_changed,
     .deleting = iam_accounts_deleting},
    {0},
};

static const struct sim_route routes[] = {
    {"iam.projects.serviceAccounts.create", account_create, "iam.serviceAccounts.create", NULL},
    {"iam.projects.serviceAccounts.list", resource_list, "iam.serviceAccounts.list", NULL},
    {"iam.projects.serviceAccounts.get", resource_get, NULL, NULL},
    {"iam.projects.serviceAccounts.patch", resource_patch, NULL, NULL},
    {"iam.projects.serviceAccounts.update", resource_patch, NULL, NULL},
    {"iam.projects.serviceAccounts.delete", resource_delete, NULL, NULL},
    {"iam.projects.serviceAccounts.undelete", account_undelete, NULL, NULL},
    {"iam.projects.serviceAccounts.enable", account_enable, NULL, NULL},
    {"iam.projects.serviceAccounts.disable", account_disable, NULL, NULL},
    {"iam.projects.serviceAccounts.getIamPolicy", resource_get_policy, NULL, NULL},
    {"iam.projects.serviceAccounts.setIamPolicy", resource_set_policy, NULL, NULL},
    {"iam.projects.serviceAccounts.testIamPermissions", resource_test_policy, NULL, NULL},
    {0},
};

const struct sim_api sim_api_iam_accounts = {
    .name = "iam",
    .service = "iam.googleapis.com",
    .errors = SIM_ERRORS_BOTH,
    .routes = routes,
    .resources = resources,
};
