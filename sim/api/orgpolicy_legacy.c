/* Organization policies of projects as cloudresourcemanager v1 spells them, which are those of orgpolicy v2: a boolean policy is a rule that enforces, a
 * list policy one of values. */
#include "config.h"
#include "sim/api/orgpolicy.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define UNSET "BwAAAAAAAAA=" /* the etag of a policy that nobody has set, for who would be the first to */

/* The constraint that the body names, without "constraints/"; managed ones are not known here. NULL: answered. */
static const char *asked(struct sim_call *c, const char *said)
{
	static const char prefix[] = "constraints/";
	const char *constraint = said + (text_starts(said, prefix) ? strlen(prefix) : 0);
	if (constraint != said && !strstr(constraint, ".managed."))
		return orgpolicy_known(c, constraint) ? constraint : NULL;
	sim_fail(
	    c, "INVALID_ARGUMENT", NULL,
	    "%s constraint must be of the form: constraints/[service].[constraint name], e.g. constraints/serviceuser.services",
	    said);
	return NULL;
}

static cJSON *list_policy(const cJSON *rule, const cJSON *spec)
{
	const cJSON *allowed = json_at(rule, "values.allowedValues"), *denied = json_at(rule, "values.deniedValues");
	cJSON *list = cJSON_CreateObject();
	if (json_bool(rule, "allowAll", false) || json_bool(rule, "denyAll", false))
		json_put_str(list, "allValues", json_bool(rule, "allowAll", false) ? "ALLOW" : "DENY");
	if (allowed)
		json_put(list, "allowedValues", cJSON_Duplicate(allowed, true));
	if (denied)
		json_put(list, "deniedValues", cJSON_Duplicate(denied, true));
	if (json_bool(spec, "inheritFromParent", false))
		json_put_bool(list, "inheritFromParent", true);
	return list;
}

/* A policy in the older words; spec may be NULL: nothing is said. */
static cJSON *legacy(const char *constraint, const cJSON *spec)
{
	const cJSON *rule = json_at(spec, "rules.0");
	cJSON *doc = json_make("{'constraint':%s}", sim_tmp("constraints/%s", constraint));
	if (json_at(spec, "etag"))
		json_put_str(doc, "etag", json_str(spec, "etag", ""));
	if (json_at(spec, "updateTime"))
		json_put_str(doc, "updateTime", json_str(spec, "updateTime", ""));
	if (json_bool(spec, "reset", false))
		json_put(doc, "restoreDefault", cJSON_CreateObject());
	else if (rule && orgpolicy_lists(constraint))
		json_put(doc, "listPolicy", list_policy(rule, spec));
	else if (rule)
		json_put(doc, "booleanPolicy",
			 json_bool(rule, "enforce", false) ? json_make("{'enforced':%b}", 1) : cJSON_CreateObject());
	return doc;
}

/* The newer words for it. */
static cJSON *modern(const cJSON *policy)
{
	const cJSON *list = json_at(policy, "listPolicy");
	const char *all = json_str(list, "allValues", "");
	cJSON *rule = cJSON_CreateObject(), *spec;
	if (json_at(policy, "restoreDefault")) {
		cJSON_Delete(rule);
		return json_make("{'reset':%b,'rules':[]}", 1);
	}
	if (!list)
		json_put_bool(rule, "enforce", json_bool(policy, "booleanPolicy.enforced", false));
	else if (!strcmp(all, "ALLOW") || !strcmp(all, "DENY"))
		json_put_bool(rule, *all == 'A' ? "allowAll" : "denyAll", true);
	else if (json_at(list, "allowedValues"))
		json_put(rule, "values.allowedValues", cJSON_Duplicate(json_at(list, "allowedValues"), true));
	if (list && json_at(list, "deniedValues"))
		json_put(rule, "values.deniedValues", cJSON_Duplicate(json_at(list, "deniedValues"), true));
	spec = json_make("{'rules':[%j]}", rule);
	if (json_bool(list, "inheritFromParent", false))
		json_put_bool(spec, "inheritFromParent", true);
	return spec;
}

static void legacy_get(struct sim_call *c)
{
	const char *constraint = asked(c, json_str(c->body, "constraint", ""));
	const struct sim_object *o = constraint ? orgpolicy_own(c->sim, c->project, constraint) : NULL;
	if (!constraint)
		return;
	cJSON *doc = legacy(constraint, o ? json_at(o->doc, "spec") : NULL);
	if (!o)
		json_put_str(doc, "etag", UNSET);
	sim_ok(c, doc);
}

void sim_effective_policy_of_elder(struct sim_call *c)
{
	const char *constraint = asked(c, json_str(c->body, "constraint", ""));
	if (!constraint)
		return;
	cJSON *spec = json_make("{'rules':%j}", orgpolicy_effective(c->sim, c->project, constraint));
	sim_ok(c, legacy(constraint, spec));
	cJSON_Delete(spec);
}

/* What only one kind of policy has must be what the constraint is of. */
static bool kind_ok(struct sim_call *c, const cJSON *policy, const char *constraint)
{
	bool list = json_at(policy, "listPolicy"), boolean = json_at(policy, "booleanPolicy"),
	     reset = json_at(policy, "restoreDefault");
	if (list + boolean + reset != 1)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "The policy must be one of a list policy, a boolean policy and restore_default.");
	else if (!reset && list != orgpolicy_lists(constraint))
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "The policy type does not match the type of the constraint constraints/%s.", constraint);
	else
		return true;
	return false;
}

static void legacy_set(struct sim_call *c)
{
	const cJSON *policy = json_at(c->body, "policy");
	const char *constraint = asked(c, json_str(policy, "constraint", "")), *etag = json_str(policy, "etag", "");
	const struct sim_object *o = constraint ? orgpolicy_own(c->sim, c->project, constraint) : NULL;
	if (!constraint || !kind_ok(c, policy, constraint))
		return;
	if (o && *etag && strcmp(etag, json_str(o->doc, "spec.etag", ""))) {
		sim_fail(c, "ABORTED", NULL,
			 "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
			 "backoff.");
		return;
	}
	o = orgpolicy_keep(c, constraint, modern(policy));
	sim_ok(c, legacy(constraint, json_at(o->doc, "spec")));
}

static void legacy_clear(struct sim_call *c)
{
	const char *constraint = asked(c, json_str(c->body, "constraint", ""));
	struct sim_object *o = constraint ? orgpolicy_own(c->sim, c->project, constraint) : NULL;
	if (o)
		sim_remove(c->sim, o);
	if (constraint)
		sim_empty(c);
}

static void legacy_list(struct sim_call *c)
{
	cJSON *reply = cJSON_CreateObject(), *all = cJSON_CreateArray();
	const char *prefix = sim_tmp("projects/%s/policies/", c->project);
	for (struct sim_object *o = sim_first(c->sim, ORGPOLICY_POLICIES, prefix); o; o = sim_following(c->sim, o, prefix))
		cJSON_AddItemToArray(all, legacy(o->key + strlen(prefix), json_at(o->doc, "spec")));
	sim_put_list(reply, "policies", all);
	sim_ok(c, reply);
}

static void legacy_constraints(struct sim_call *c)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; orgpolicy_constraint(i); i++) {
		const char *name = orgpolicy_constraint(i);
		cJSON *one = json_make("{'name':%s,'displayName':%s,'constraintDefault':'ALLOW'}",
				       sim_tmp("constraints/%s", name), orgpolicy_title(i));
		json_put(one, orgpolicy_lists(name) ? "listConstraint" : "booleanConstraint", cJSON_CreateObject());
		cJSON_AddItemToArray(all, one);
	}
	sim_ok(c, json_make("{'constraints':%j}", all));
}

#define P "cloudresourcemanager.projects."
static const struct sim_route routes[] = {
    {P "getOrgPolicy", legacy_get, "orgpolicy.policy.get", NULL},
    {P "setOrgPolicy", legacy_set, "orgpolicy.policy.set", NULL},
    {P "clearOrgPolicy", legacy_clear, "orgpolicy.policy.set", NULL},
    {P "listOrgPolicies", legacy_list, "orgpolicy.policies.list", NULL},
    {P "listAvailableOrgPolicyConstraints", legacy_constraints, "orgpolicy.constraints.list", NULL},
    {0},
};

const struct sim_api sim_orgpolicy_legacy = {
    .name = "cloudresourcemanager",
    .service = "cloudresourcemanager.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
};
