/* What may be written into an IAM policy: who may be a member, of which roles, under which conditions; versions and etags. */
#include "config.h"
#include "sim/api/iam_condition.h"
#include "sim/api/iam_policy.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define RACE "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
#define DOMAIN_RESTRICTED                                                                                                      \
	"One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization policy."

enum { MOST_MEMBERS = 1500 };

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

static bool has_member(const cJSON *policy, const char *member)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings"))
		if (json_lists(cJSON_GetObjectItemCaseSensitive(b, "members"), member))
			return true;
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
			if (has_member(old, m->valuestring))
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
			 "The number of members in the policy (%d,%03d) is larger than the maximum allowed size 1,500.",
			 count / 1000, count % 1000);
	return count <= MOST_MEMBERS;
}

static bool basic_role(const char *role)
{
	return !strcmp(role, "roles/owner") || !strcmp(role, "roles/editor") || !strcmp(role, "roles/viewer");
}

static bool role_ok(struct sim_call *c, const char *holder, const char *role)
{
	if (text_starts(role, "organizations/"))
		return true;
	if (text_starts(role, "projects/") ? !sim_custom_role_there(c->sim, role) : !sim_role_known(role)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 text_starts(role, "projects/") ? "Role (%s) does not exist in the resource's hierarchy."
							: "Role %s is not supported for this resource.",
			 role);
		return false;
	}
	if (basic_role(role) && !on_project(holder)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Role %s is not supported for this resource.", role);
		return false;
	}
	return true;
}

/* Google compiles the expression, which finds what is misspelt and what does not fit together, and not what has no value yet. The words of the details are
 * those of this compiler here. */
static bool compiles(const char *why)
{
	static const char *const faults[] = {"Syntax error", "undeclared reference", "found no matching overload",
					     "expected type"};
	for (size_t i = 0; why && i < sizeof faults / sizeof *faults; i++)
		if (text_starts(why, faults[i]))
			return false;
	return true;
}

static bool condition_ok(struct sim_call *c, const char *role, const cJSON *condition)
{
	const struct condition_place nowhere = {0, "", "", "", NULL};
	const char *why = NULL;
	if (basic_role(role)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "LintValidationUnits/BindingRoleAllowConditionCheck Error: Conditions can't be set on "
			 "primitive roles");
		return false;
	}
	condition_holds(json_str(condition, "expression", ""), &nowhere, &why);
	if (compiles(why))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "LintValidationUnits/ConditionExpressionCompilationCheck Error: Expression compilation "
		 "failed. Details: %s",
		 why);
	return false;
}

static bool bindings_ok(struct sim_call *c, const char *holder, const cJSON *policy)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings")) {
		const char *role = json_str(b, "role", "");
		const cJSON *condition = json_at(b, "condition");
		if (strstr(role, "_withcond_")) {
			sim_fail(c, "INVALID_ARGUMENT", NULL,
				 "The policy contains a conditional role binding that was read without policy version 3: %s.",
				 role);
			return false;
		}
		if (!role_ok(c, holder, role) || (condition && !condition_ok(c, role, condition)))
			return false;
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
	if (version < 3 && (policy_conditional(policy) || policy_conditional(old))) {
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

bool policy_ok(struct sim_call *c, const char *holder, const cJSON *policy, const cJSON *old)
{
	return etag_ok(c, policy, old) && version_ok(c, policy, old) && bindings_ok(c, holder, policy) &&
	       members_ok(c, holder, policy, old) && keeps_owner(c, holder, policy);
}
