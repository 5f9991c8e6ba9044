/* The IAM store: allow policies by holder ("//run.googleapis.com/projects/..."), their etags, versions and conditions; who may
 * be a member; and what a principal may do, which lags behind what the policies say by minutes, for grants and for revocations
 * alike (cloud.google.com/iam/docs/access-change-propagation). */
#include "config.h"
#include "sim/api/identity.h"

#include "sim/api/iam_condition.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define POLICIES "iam.policies"
#define RACE "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
#define DOMAIN_RESTRICTED                                                                                                      \
	"One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization policy."

enum { MOST_MEMBERS = 1500 };

/* Who is asking, for which resource, when. */
struct ask {
	struct sim *sim;
	const char *principal, *permission, *holder;
	int depth; /* projectOwner: asks again about the project */
};

static bool granted_by(const struct ask *a, const char *holder);

static struct sim_object *policy_of(struct sim *s, const char *holder)
{
	return sim_get(s, POLICIES, holder);
}

/* The bindings in force now: of the last state whose time has come. */
static const cJSON *in_force(struct sim *s, const char *holder)
{
	struct sim_object *o = policy_of(s, holder);
	const cJSON *best = NULL, *state;
	if (!o)
		return NULL;
	cJSON_ArrayForEach(state, cJSON_GetObjectItemCaseSensitive(o->hidden, "states"))
		if (json_num(state, "at", 0) <= sim_now(s))
			best = cJSON_GetObjectItemCaseSensitive(state, "bindings");
	return best;
}

/* Conditions. ------------------------------------------------------------------------------------------------------------- */

/* Has this role the same members in both policies? */
static bool same_grants(const cJSON *one, const cJSON *other, const char *role)
{
	const cJSON *b;
	cJSON *sides[2] = {cJSON_CreateObject(), cJSON_CreateObject()};
	for (int i = 0; i < 2; i++)
		cJSON_ArrayForEach(b, json_at(i ? other : one, "bindings")) {
			const cJSON *m, *members = strcmp(json_str(b, "role", ""), role) ? NULL : json_at(b, "members");
			cJSON_ArrayForEach(m, members)
				if (cJSON_IsString(m) && !cJSON_HasObjectItem(sides[i], m->valuestring))
					cJSON_AddTrueToObject(sides[i], m->valuestring);
		}
	bool same = json_equal(sides[0], sides[1]);
	cJSON_Delete(sides[0]);
	cJSON_Delete(sides[1]);
	return same;
}

/* The roles whose grants the policy that is being set changes: iam.googleapis.com/modifiedGrantsByRole. NULL for any other call. */
static cJSON *modified_grants(const struct ask *a)
{
	const cJSON *body = a->sim->current ? a->sim->current->call.body : NULL,
		    *new = json_at(body, "policy") ? json_at(body, "policy") : body, *b;
	struct sim_object *old = policy_of(a->sim, a->holder);
	if (!text_ends(a->permission, ".setIamPolicy") || !json_at(new, "bindings"))
		return NULL;
	cJSON *roles = cJSON_CreateArray();
	for (int i = 0; i < 2; i++)
		cJSON_ArrayForEach(b, json_at(i ? (old ? old->doc : NULL) : new, "bindings")) {
			const char *role = json_str(b, "role", "");
			if (!same_grants(new, old ? old->doc : NULL, role))
				cJSON_AddItemToArray(roles, cJSON_CreateString(role));
		}
	return roles;
}

static bool meets(const struct ask *a, const char *expression)
{
	char service[64], type[96], name[512];
	cJSON *modified = modified_grants(a);
	condition_resource(a->sim, a->holder, service, type, name);
	struct condition_place place = {sim_wall(a->sim), service, type, name, modified};
	bool holds = condition_holds(expression, &place, NULL);
	cJSON_Delete(modified);
	return holds;
}

/* Members. ---------------------------------------------------------------------------------------------------------------- */

static bool basic_role_in(const struct ask *a, const char *project, const char *role)
{
	const char *holder = sim_tmp("//cloudresourcemanager.googleapis.com/projects/%s", project);
	struct ask deeper = {a->sim, a->principal, role, "", a->depth + 1};
	return a->depth < 2 && granted_by(&deeper, holder);
}

static bool in_group(const struct ask *a, const char *group)
{
	struct sim_object *o = sim_get(a->sim, "iam.groups", group);
	const cJSON *m;
	cJSON_ArrayForEach(m, (o ? cJSON_GetObjectItemCaseSensitive(o->doc, "members") : NULL))
		if (cJSON_IsString(m) && strchr(a->principal, ':') && !strcmp(m->valuestring, strchr(a->principal, ':') + 1))
			return true;
	return false;
}

static bool is_member(const struct ask *a, const char *member)
{
	if (!strcmp(member, "allUsers") || !strcmp(member, a->principal))
		return true;
	if (!strcmp(member, "allAuthenticatedUsers"))
		return *a->principal;
	if (text_starts(member, "domain:"))
		return text_starts(a->principal, "user:") && !strcmp(sim_domain_of(a->principal), member + 7);
	if (text_starts(member, "group:"))
		return in_group(a, member + 6);
	if (text_starts(member, "projectOwner:"))
		return basic_role_in(a, member + 13, "roles/owner");
	if (text_starts(member, "projectEditor:"))
		return basic_role_in(a, member + 14, "roles/editor");
	if (text_starts(member, "projectViewer:"))
		return basic_role_in(a, member + 14, "roles/viewer");
	/* A federated principal's name carries its attributes after a blank: see sim/api/sts.c. */
	size_t n = strlen(member);
	const char *at = text_starts(member, "principal") ? strstr(a->principal, member) : NULL;
	return at && (at == a->principal || at[-1] == ' ') && (!at[n] || at[n] == ' ');
}

static bool binding_grants(const struct ask *a, const cJSON *binding)
{
	const char *role = json_str(binding, "role", "");
	const char *expression = json_str(binding, "condition.expression", NULL);
	const cJSON *m;
	/* Whoever asks about a role by its name wants to know who is bound to it. */
	if (text_starts(a->permission, "roles/") ? strcmp(role, a->permission) != 0
	    : text_starts(role, "projects/")     ? !sim_custom_role_has(a->sim, role, a->permission)
						 : !sim_role_has(role, a->permission))
		return false;
	if (expression && !meets(a, expression))
		return false;
	cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(binding, "members"))
		if (cJSON_IsString(m) && is_member(a, m->valuestring))
			return true;
	return false;
}

static bool granted_by(const struct ask *a, const char *holder)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, in_force(a->sim, holder))
		if (binding_grants(a, b))
			return true;
	return false;
}

/* IAP's resources lie in one another: a role on the project's iap_web, or on a type of resource, is one on all below. */
static bool granted_above(const struct ask *a, const char *holder)
{
	char *slash;
	const char *up = sim_tmp("%s", holder);
	bool yes = false;
	while (!yes && (slash = strrchr(up, '/')) && slash - up > (ptrdiff_t)strlen("//iap.googleapis.com/projects")) {
		*slash = 0;
		yes = granted_by(a, up);
	}
	return yes;
}

/* The exchange in the log names the permissions that were held against its caller, each once. */
static void note_asked(struct sim *s, const char *principal, const char *permission)
{
	struct exchange *x = s->current;
	const cJSON *one;
	if (!x || !principal || !x->call.principal || strcmp(principal, x->call.principal) || text_starts(permission, "roles/"))
		return;
	if (!x->notes)
		x->notes = cJSON_CreateObject();
	cJSON *list = cJSON_GetObjectItemCaseSensitive(x->notes, "permissions");
	if (!list)
		list = cJSON_AddArrayToObject(x->notes, "permissions");
	cJSON_ArrayForEach(one, list)
		if (!strcmp(one->valuestring, permission))
			return;
	cJSON_AddItemToArray(list, cJSON_CreateString(permission));
}

static bool holds_permission(struct sim *s, const char *principal, const char *permission, const char *project,
			     const char *holder)
{
	const char *parent = project ? sim_project_parent(s, project) : NULL;
	const char *above = parent ? sim_tmp("//cloudresourcemanager.googleapis.com/%s", parent) : NULL;
	const char *own = project ? sim_tmp("//cloudresourcemanager.googleapis.com/projects/%s", project) : NULL;
	struct ask a = {s, principal ? principal : "", permission, holder && *holder ? holder : own ? own : "", 0};

	bool yes = (holder && granted_by(&a, holder)) ||
		   (holder && text_starts(holder, "//iap.googleapis.com/projects/") && granted_above(&a, holder)) ||
		   (own && granted_by(&a, own)) || (above && granted_by(&a, above));
	return yes;
}

bool sim_allowed(struct sim *s, const char *principal, const char *permission, const char *project, const char *holder)
{
	note_asked(s, principal, permission);
	return holds_permission(s, principal, permission, project, holder);
}

/* Reading. ---------------------------------------------------------------------------------------------------------------- */

static bool conditional(const cJSON *policy)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings"))
		if (cJSON_GetObjectItemCaseSensitive(b, "condition"))
			return true;
	return false;
}

/* A reader who did not ask for version 3 sees a made-up role instead of a condition. */
static void hide_conditions(cJSON *policy)
{
	cJSON *b;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings")) {
		const char *expression = json_str(b, "condition.expression", NULL);
		if (!expression)
			continue;
		uint64_t hash = 1469598103934665603u;
		for (const char *at = expression; *at; at++)
			hash = (hash ^ (unsigned char)*at) * 1099511628211u;
		const char *role = sim_tmp("%s_withcond_%016llx%04llx", json_str(b, "role", ""), (unsigned long long)hash,
					   (unsigned long long)hash >> 48);
		json_put_str(b, "role", role);
		cJSON_DeleteItemFromObjectCaseSensitive(b, "condition");
	}
}

cJSON *sim_policy_view(struct sim *s, const char *holder, int version)
{
	struct sim_object *o = policy_of(s, holder);
	if (!o)
		return json_make("{'etag':'ACAB'}");
	cJSON *view = cJSON_Duplicate(o->doc, true);
	if (conditional(view) && version < 3)
		hide_conditions(view);
	else if (conditional(view))
		json_put_num(view, "version", 3);
	if (!cJSON_GetArraySize(json_at(view, "bindings")))
		json_drop(view, "bindings");
	return view;
}

static int wanted_version(const struct sim_call *c)
{
	const char *param = sim_param(c, "options.requestedPolicyVersion");
	if (!*param)
		param = sim_param(c, "optionsRequestedPolicyVersion");
	return *param ? atoi(param) : (int)json_num(c->body, "options.requestedPolicyVersion", 1);
}

void sim_policy_get(struct sim_call *c, const char *holder)
{
	int version = wanted_version(c);
	if (version != 0 && version != 1 && version != 3)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Requested policy version (%d) is not supported. Valid versions are 0, 1, and 3.", version);
	else
		sim_ok(c, sim_policy_view(c->sim, holder, version));
}

/* Checking what is to be written. ----------------------------------------------------------------------------------------- */

static bool on_project(const char *holder)
{
	return text_starts(holder, "//cloudresourcemanager.googleapis.com/");
}

/* Is "P.svc.id.goog[ns/ksa]" of a pool that exists: a project's pool comes with its first cluster that has workload identity.
 */
static bool pool_exists(struct sim *s, const char *member)
{
	size_t n = strcspn(member, "[");
	const char *pool = sim_tmp("%.*s", (int)n, member);
	char *key, *dot = strstr(pool, ".svc.id.goog");
	bool yes = false;
	if (dot) {
		*dot = 0;
		key = xasprintf("projects/%s/", pool);
		for (struct sim_object *o = sim_first(s, "container.clusters", key); o && !yes; o = sim_following(s, o, key))
			yes = json_at(o->doc, "workloadIdentityConfig.workloadPool") ||
			      json_bool(o->doc, "autopilot.enabled", false);
		free(key);
	}
	return yes;
}

static bool is_pool_member(const char *account)
{
	return strstr(account, ".svc.id.goog[") != NULL;
}

static bool account_ok(struct sim_call *c, const char *account)
{
	if (is_pool_member(account)) {
		if (pool_exists(c->sim, account))
			return true;
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Identity Pool does not exist (%.*s). Please check that you specified a valid resource name as "
			 "returned in the `name` "
			 "attribute in the configuration API.",
			 (int)strcspn(account, "["), account);
		return false;
	}
	if (sim_account_exists(c->sim, account, true))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Service account %s does not exist.", account);
	return false;
}

static bool address_ok(struct sim_call *c, const char *kind, const char *address)
{
	const char *at = strchr(address, '@');
	if (at && at != address && strchr(at, '.') && !strpbrk(address, " \t\n<>\""))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s %s does not exist.", kind, address);
	return false;
}

static bool domain_ok(struct sim_call *c, const char *domain)
{
	if (strchr(domain, '.') && !strpbrk(domain, "@/ \t\n<>\""))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Domain name %s has an invalid format.", domain);
	return false;
}

/* Identities from elsewhere are told by their pool, in a project that is told by its number; whether the pool is there is not asked. */
static bool principal_ok(struct sim_call *c, const char *m)
{
	static const char here[] = "//iam.googleapis.com/projects/";
	const char *path = strchr(m, ':') + 1;
	size_t n = text_starts(path, here) ? strspn(path + strlen(here), "0123456789") : 0;
	if (!text_starts(path, here) || (n && text_starts(path + strlen(here) + n, "/locations/global/workloadIdentityPools/")))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid principal %s.", m);
	return false;
}

/* May this member stand in a policy of this holder at all? */
static bool member_ok(struct sim_call *c, const char *holder, const char *m)
{
	if (!strcmp(m, "allUsers") || !strcmp(m, "allAuthenticatedUsers")) {
		if (!on_project(holder))
			return true;
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Member %s is invalid due to membership type restrictions on the resource.", m);
		return false;
	}
	if (text_starts(m, "serviceAccount:"))
		return account_ok(c, m + 15);
	if (text_starts(m, "user:"))
		return address_ok(c, "User", m + 5);
	if (text_starts(m, "group:"))
		return address_ok(c, "Group", m + 6);
	if (text_starts(m, "domain:"))
		return domain_ok(c, m + 7);
	if (text_starts(m, "principal://") || text_starts(m, "principalSet://"))
		return principal_ok(c, m);
	if (text_starts(m, "deleted:"))
		return true;
	if ((text_starts(m, "projectOwner:") || text_starts(m, "projectEditor:") || text_starts(m, "projectViewer:")) &&
	    !on_project(holder))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "The member %s is of an unknown type. Please set a valid type prefix for the member.", m);
	return false;
}

/* Does domain restricted sharing keep this member out? Accounts of our own projects and Google's agents are inside. */
static bool outside(struct sim_call *c, const char *m)
{
	const char *customer = c->project ? sim_project_customer(c->sim, c->project) : NULL;
	const char *domain = c->project ? sim_project_domain(c->sim, c->project) : NULL;
	bool ours = text_starts(m, "serviceAccount:") || text_starts(m, "deleted:") || text_starts(m, "project") ||
		    text_starts(m, "principal");
	if (!customer || ours)
		return false;
	const char *of = text_starts(m, "domain:") ? m + 7 : sim_domain_of(m);
	return sim_constraint(c->sim, c->project, "iam.allowedPolicyMemberDomains",
			      domain && !strcmp(of, domain) ? customer : "");
}

static bool has_member(const cJSON *policy, const char *role, const char *member)
{
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings")) {
		if (role && strcmp(json_str(b, "role", ""), role))
			continue;
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members"))
			if (cJSON_IsString(m) && !strcmp(m->valuestring, member))
				return true;
	}
	return false;
}

static bool members_ok(struct sim_call *c, const char *holder, const cJSON *policy, const cJSON *old)
{
	const cJSON *b, *m;
	int count = 0;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings"))
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members")) {
			if (!cJSON_IsString(m))
				continue;
			count++;
			/* Who is in the policy already may stay, whatever the rules say today. */
			if (has_member(old, NULL, m->valuestring))
				continue;
			if (!member_ok(c, holder, m->valuestring))
				return false;
			if (outside(c, m->valuestring)) {
				sim_fail(c, "FAILED_PRECONDITION", NULL, "%s", DOMAIN_RESTRICTED);
				return false;
			}
		}
	if (count > MOST_MEMBERS)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "The number of members in the policy (%d) is larger than the maximum allowed size %d.", count,
			 MOST_MEMBERS);
	return count <= MOST_MEMBERS;
}

static bool role_ok(struct sim_call *c, const char *holder, const char *role)
{
	bool basic = !strcmp(role, "roles/owner") || !strcmp(role, "roles/editor") || !strcmp(role, "roles/viewer");
	if (text_starts(role, "organizations/"))
		return true;
	if (text_starts(role, "projects/") ? !sim_custom_role_there(c->sim, role) : !sim_role_known(role)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 text_starts(role, "projects/") ? "Role (%s) does not exist in the resource's hierarchy."
							: "Role %s is not supported for this resource.",
			 role);
		return false;
	}
	if (basic && !on_project(holder)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Role %s is not supported for this resource.", role);
		return false;
	}
	return true;
}

static bool bindings_ok(struct sim_call *c, const char *holder, const cJSON *policy)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings")) {
		const char *role = json_str(b, "role", "");
		const char *base = strstr(role, "_withcond_");
		if (base) {
			sim_fail(c, "INVALID_ARGUMENT", NULL,
				 "The policy contains a conditional role binding that was read without policy version 3: %s.",
				 role);
			return false;
		}
		if (!role_ok(c, holder, role))
			return false;
		if (json_at(b, "condition") &&
		    (!strcmp(role, "roles/owner") || !strcmp(role, "roles/editor") || !strcmp(role, "roles/viewer"))) {
			sim_fail(c, "INVALID_ARGUMENT", NULL,
				 "LintValidationUnits/BindingRoleAllowConditionCheck Error: Conditions can't be set on "
				 "primitive roles");
			return false;
		}
		const struct condition_place nowhere = {0, "", "", "", NULL};
		const char *why = NULL;
		if (json_at(b, "condition"))
			condition_holds(json_str(b, "condition.expression", ""), &nowhere, &why);
		if (why &&
		    text_starts(why, "Syntax error")) { /* what is merely unknown here may be an attribute that Google knows */
			sim_fail(c, "INVALID_ARGUMENT", NULL,
				 "LintValidationUnits/ConditionExpressionCompilationCheck Error: Expression compilation "
				 "failed. Details: %s",
				 why);
			return false;
		}
	}
	return true;
}

static bool version_ok(struct sim_call *c, const cJSON *policy, const cJSON *old)
{
	int version = (int)json_num(policy, "version", 0);
	if (version != 0 && version != 1 && version != 3) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Specified policy version (%d) is not supported. Valid versions are 0, 1, and 3.", version);
		return false;
	}
	if (version < 3 && (conditional(policy) || conditional(old))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Specified policy version (%d) cannot be less than the existing policy version (3) when "
			 "the policy has conditional role bindings. Set the policy version to 3.",
			 version);
		return false;
	}
	return true;
}

static bool etag_ok(struct sim_call *c, const cJSON *policy, const cJSON *old)
{
	const char *sent = json_str(policy, "etag", "");
	if (!*sent || identity_same_etag(sent, old ? json_str(old, "etag", "ACAB") : "ACAB"))
		return true;
	sim_fail(c, "ABORTED", NULL, RACE " The request's ETag '%s' did not match the current policy's ETag '%s'.", sent,
		 old ? json_str(old, "etag", "ACAB") : "ACAB");
	return false;
}

static bool keeps_owner(struct sim_call *c, const char *holder, const cJSON *policy)
{
	const cJSON *b, *m;
	if (!text_starts(holder, "//cloudresourcemanager.googleapis.com/projects/") || !c->project ||
	    sim_project_parent(c->sim, c->project))
		return true;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings")) {
		if (strcmp(json_str(b, "role", ""), "roles/owner"))
			continue;
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members"))
			if (cJSON_IsString(m) && text_starts(m->valuestring, "user:"))
				return true;
	}
	cJSON *details = json_make(
	    "[{'@type':'type.googleapis.com/google.cloudresourcemanager.projects.v1beta1.ProjectIamPolicyError',"
	    "'type':'SOLO_REQUIRE_TOS_ACCEPTOR','role':'roles/owner'}]");
	sim_fail_with(c, 0, "INVALID_ARGUMENT", NULL, details, "Request contains an invalid argument.");
	return false;
}

/* Writing. ---------------------------------------------------------------------------------------------------------------- */

static int by_role(const void *a, const void *b)
{
	return strcmp(json_str(*(const cJSON *const *)a, "role", ""), json_str(*(const cJSON *const *)b, "role", ""));
}

static void add_member(cJSON *binding, const char *member)
{
	cJSON *members = cJSON_GetObjectItemCaseSensitive(binding, "members"), *m;
	cJSON_ArrayForEach(m, members)
		if (cJSON_IsString(m) && !strcmp(m->valuestring, member))
			return;
	cJSON_AddItemToArray(members, cJSON_CreateString(member));
}

static cJSON *binding_for(cJSON *bindings, const cJSON *like)
{
	cJSON *b;
	cJSON_ArrayForEach(b, bindings)
		if (!strcmp(json_str(b, "role", ""), json_str(like, "role", "")) &&
		    json_equal(json_at(b, "condition"), json_at(like, "condition")))
			return b;
	b = json_make("{'role':%s,'members':[]}", json_str(like, "role", ""));
	if (json_at(like, "condition"))
		cJSON_AddItemToObject(b, "condition", cJSON_Duplicate(json_at(like, "condition"), true));
	cJSON_AddItemToArray(bindings, b);
	return b;
}

/* Google's own form: one binding a role and condition, by role; no empty ones, nobody twice. */
static cJSON *normal(const cJSON *policy)
{
	cJSON *merged = cJSON_CreateArray(), *sorted = cJSON_CreateArray();
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings"))
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members"))
			if (cJSON_IsString(m))
				add_member(binding_for(merged, b), m->valuestring);
	int n = cJSON_GetArraySize(merged);
	cJSON **list = xcalloc((size_t)n + 1, sizeof *list);
	for (int i = 0; i < n; i++)
		list[i] = cJSON_DetachItemFromArray(merged, 0);
	qsort(list, (size_t)n, sizeof *list, by_role);
	for (int i = 0; i < n; i++)
		cJSON_AddItemToArray(sorted, list[i]);
	free(list);
	cJSON_Delete(merged);
	return sorted;
}

/* Drops the states that a later one in force has replaced. */
static void prune(struct sim *s, cJSON *states)
{
	while (cJSON_GetArraySize(states) > 1 && json_num(cJSON_GetArrayItem(states, 1), "at", 0) <= sim_now(s))
		cJSON_DeleteItemFromArray(states, 0);
}

static void store(struct sim *s, const char *holder, cJSON *doc, double lag)
{
	struct sim_object *o = policy_of(s, holder);
	const char *etag = identity_etag(s);
	double at = sim_now(s) + lag;

	json_put_str(doc, "etag", etag);
	if (!o)
		o = sim_put(s, POLICIES, holder, cJSON_CreateObject());
	if (!cJSON_GetObjectItemCaseSensitive(o->hidden, "states"))
		cJSON_AddArrayToObject(o->hidden, "states");
	cJSON *states = cJSON_GetObjectItemCaseSensitive(o->hidden, "states");
	prune(s, states);
	int n = cJSON_GetArraySize(states);
	/* A later change never takes effect before an earlier one. */
	if (n && json_num(cJSON_GetArrayItem(states, n - 1), "at", 0) > at)
		at = json_num(cJSON_GetArrayItem(states, n - 1), "at", 0);
	cJSON *state = json_make("{'bindings':%j}", cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(doc, "bindings"), true));
	cJSON_AddNumberToObject(state, "at", at);
	cJSON_AddItemToArray(states, state);
	cJSON_Delete(o->doc);
	o->doc = doc;
	if (lag > 0)
		sim_milestone(s, at - sim_now(s));
}

void sim_policy_settle(struct sim *s, const char *name)
{
	const char *end = sim_tmp("/%s", name);
	for (struct sim_object *o = sim_first(s, POLICIES, ""); o; o = sim_following(s, o, "")) {
		cJSON *states = cJSON_GetObjectItemCaseSensitive(o->hidden, "states");
		int n = text_ends(o->key, end) ? cJSON_GetArraySize(states) : 0;
		while (n > 1)
			cJSON_DeleteItemFromArray(states, --n - 1);
		if (n && json_num(cJSON_GetArrayItem(states, 0), "at", 0) > sim_now(s))
			json_put_num(cJSON_GetArrayItem(states, 0), "at", sim_now(s));
	}
}

bool sim_policy_write(struct sim_call *c, const char *holder, const cJSON *policy)
{
	struct sim_object *o = policy_of(c->sim, holder);
	const cJSON *old = o ? o->doc : NULL;
	if (!etag_ok(c, policy, old) || !version_ok(c, policy, old) || !bindings_ok(c, holder, policy) ||
	    !members_ok(c, holder, policy, old) || !keeps_owner(c, holder, policy))
		return false;
	cJSON *doc = json_make("{'version':%d,'bindings':%j}", conditional(policy) ? 3 : 1, normal(policy));
	const cJSON *audit = json_at(policy, "auditConfigs");
	if (audit)
		cJSON_AddItemToObject(doc, "auditConfigs", cJSON_Duplicate(audit, true));
	bool same = old && json_equal(json_at(old, "bindings"), json_at(doc, "bindings"));
	store(c->sim, holder, doc, same ? 0 : sim_draw(c->sim, "lag.iam"));
	return true;
}

void sim_policy_set(struct sim_call *c, const char *holder, const cJSON *policy)
{
	const cJSON *bare = policy && json_at(policy, "policy") ? json_at(policy, "policy") : policy;
	if (!sim_policy_write(c, holder, bare))
		return;
	sim_ok(c, sim_policy_view(c->sim, holder, 3));
}

void sim_policy_seed(struct sim *s, const char *holder, const char *role, const char *member)
{
	struct sim_object *o = policy_of(s, holder);
	cJSON *doc = o ? cJSON_Duplicate(o->doc, true) : json_make("{'version':1,'bindings':[]}");
	cJSON *bindings = cJSON_GetObjectItemCaseSensitive(doc, "bindings");
	cJSON *like = json_make("{'role':%s}", role);
	if (!bindings)
		bindings = cJSON_AddArrayToObject(doc, "bindings");
	add_member(binding_for(bindings, like), member);
	cJSON_Delete(like);
	cJSON_ReplaceItemInObjectCaseSensitive(doc, "bindings", normal(doc));

	/* In force at once, also in the states that are still to come. */
	store(s, holder, doc, 0);
	o = policy_of(s, holder);
	cJSON *states = cJSON_GetObjectItemCaseSensitive(o->hidden, "states");
	int n = cJSON_GetArraySize(states);
	json_put_num(cJSON_GetArrayItem(states, n - 1), "at", sim_now(s));
	while (n > 1 && json_num(cJSON_GetArrayItem(states, n - 2), "at", 0) > sim_now(s))
		cJSON_DeleteItemFromArray(states, --n - 1);
}

/* Which of these permissions the caller has; a new array. False when the call was answered with an error. */
static bool sim_policy_held(struct sim_call *c, const char *holder, const cJSON *permissions, cJSON **held)
{
	const cJSON *p;
	*held = cJSON_CreateArray();
	cJSON_ArrayForEach(p, permissions) {
		const char *name = cJSON_IsString(p) ? p->valuestring : "";
		const char *dot = strchr(name, '.');
		if (!dot || !strchr(dot + 1, '.') || strchr(name, '*')) {
			cJSON_Delete(*held);
			sim_fail(c, "INVALID_ARGUMENT", NULL, "Permission %s is not valid for this resource.", name);
			return false;
		}
		if (holds_permission(c->sim, c->principal, name, c->project, holder))
			cJSON_AddItemToArray(*held, cJSON_CreateString(name));
	}
	return true;
}

void sim_policy_test(struct sim_call *c, const char *holder)
{
	cJSON *held;
	if (!sim_policy_held(c, holder, json_at(c->body, "permissions"), &held))
		return;
	if (cJSON_GetArraySize(held)) {
		sim_ok(c, json_make("{'permissions':%j}", held));
	} else {
		cJSON_Delete(held);
		sim_empty(c);
	}
}

void sim_policy_forget(struct sim *s, const char *holder)
{
	struct sim_object *o = policy_of(s, holder);
	if (o)
		sim_remove(s, o);
}

static bool rename_member(cJSON *bindings, const char *from, const char *to)
{
	bool any = false;
	cJSON *b, *m;
	cJSON_ArrayForEach(b, bindings)
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members"))
			if (cJSON_IsString(m) && !strcmp(m->valuestring, from)) {
				cJSON_SetValuestring(m, to);
				any = true;
			}
	return any;
}

void sim_policy_account(struct sim *s, const char *email, const char *uid, bool gone)
{
	const char *alive = sim_tmp("serviceAccount:%s", email),
		   *dead = sim_tmp("deleted:serviceAccount:%s?uid=%s", email, uid);
	for (struct sim_object *o = sim_first(s, POLICIES, ""); o; o = sim_following(s, o, "")) {
		cJSON *state;
		bool any = rename_member(cJSON_GetObjectItemCaseSensitive(o->doc, "bindings"), gone ? alive : dead,
					 gone ? dead : alive);
		cJSON_ArrayForEach(state, cJSON_GetObjectItemCaseSensitive(o->hidden, "states"))
			rename_member(cJSON_GetObjectItemCaseSensitive(state, "bindings"), gone ? alive : dead,
				      gone ? dead : alive);
		if (any) {
			const char *etag = identity_etag(s);
			json_put_str(o->doc, "etag", etag);
		}
	}
}
