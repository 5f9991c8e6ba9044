/* orgpolicy.googleapis.com v2: organization policies of projects, and what they forbid elsewhere. A policy of the world holds
 * as if it were set on the organization: true enforces a boolean constraint, {"allow": [...]}, {"deny": [...]}, {"allowAll":
 * true}, {"denyAll": true} are for list constraints. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/orgpolicy.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

TABLE_OF(constraints, "constraints.tbl", 3);

static bool known(const char *constraint)
{
	return table_row(&constraints, constraint) < table_rows(&constraints);
}

static bool constraint_lists(size_t row)
{
	return !strcmp(table_cell(&constraints, row, 2), "list");
}

const char *orgpolicy_constraint(size_t n)
{
	return n < table_rows(&constraints) ? table_cell(&constraints, n, 0) : NULL;
}

const char *orgpolicy_title(size_t n)
{
	return table_cell(&constraints, n, 1);
}

bool orgpolicy_lists(const char *constraint)
{
	return known(constraint) && constraint_lists(table_row(&constraints, constraint));
}

struct sim_object *orgpolicy_own(struct sim *s, const char *project, const char *constraint)
{
	return sim_get(s, ORGPOLICY_POLICIES, sim_tmp("projects/%s/policies/%s", project, constraint));
}

static cJSON *rule_from_world(const cJSON *said)
{
	if (cJSON_IsBool(said))
		return json_make("{'enforce':%b}", cJSON_IsTrue(said));
	if (json_at(said, "allowAll") || json_at(said, "denyAll"))
		return cJSON_Duplicate(said, true);
	cJSON *values = cJSON_CreateObject();
	if (json_at(said, "allow"))
		cJSON_AddItemToObject(values, "allowedValues", cJSON_Duplicate(json_at(said, "allow"), true));
	if (json_at(said, "deny"))
		cJSON_AddItemToObject(values, "deniedValues", cJSON_Duplicate(json_at(said, "deny"), true));
	return json_make("{'values':%j}", values);
}

/* A list's rule that inherits has the values of the one above it as well, and its denial of all. */
static void inherit(cJSON *rule, const cJSON *above)
{
	static const char *const lists[] = {"values.allowedValues", "values.deniedValues"};
	const cJSON *one;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (json_at(above, lists[i]) && !json_at(rule, lists[i]))
			json_put(rule, lists[i], cJSON_CreateArray());
		cJSON_ArrayForEach(one, json_at(above, lists[i]))
			cJSON_AddItemToArray(json_at(rule, lists[i]), cJSON_Duplicate(one, true));
	}
	if (json_bool(above, "denyAll", false))
		json_put_bool(rule, "denyAll", true);
}

/* A project's own rules, with what they inherit of what the world says of its organization. */
static cJSON *own_rules(const cJSON *spec, const cJSON *said)
{
	cJSON *rules = cJSON_Duplicate(json_at(spec, "rules"), true), *above = said ? rule_from_world(said) : NULL, *r;
	if (above && json_bool(spec, "inheritFromParent", false))
		cJSON_ArrayForEach(r, rules)
			if (!json_at(r, "allowAll") && !json_at(r, "denyAll"))
				inherit(r, above);
	cJSON_Delete(above);
	return rules;
}

/* The rules that hold for a project, as a new array; its own policy comes before the organization's. */
cJSON *orgpolicy_effective(struct sim *s, const char *project, const char *constraint)
{
	struct sim_object *o = orgpolicy_own(s, project, constraint);
	const cJSON *own = o ? json_at(o->doc, "spec.rules") : NULL;
	const cJSON *all = sim_project_world(s, project, "policies"),
		    *said = all ? cJSON_GetObjectItemCaseSensitive(all, constraint) : NULL;
	bool reset = o && json_bool(o->doc, "spec.reset", false);
	if (own && cJSON_GetArraySize(own))
		return own_rules(json_at(o->doc, "spec"), said);
	if (said && !reset)
		return json_make("[%j]", rule_from_world(said));
	return constraint_lists(table_row(&constraints, constraint)) ? json_make("[{'allowAll':%b}]", 1)
								     : json_make("[{'enforce':%b}]", 0);
}

/* "in:eu-locations" stands for what it groups. */
static bool value_matches(const char *pattern, const char *value)
{
	if (!strcmp(pattern, "in:eu-locations") || !strcmp(pattern, "in:europe-locations"))
		return text_starts(value, "europe-") || !strcasecmp(value, "eu");
	if (!strcmp(pattern, "in:us-locations"))
		return text_starts(value, "us-") || !strcasecmp(value, "us");
	if (!strcmp(pattern, "in:canada-locations"))
		return text_starts(value, "northamerica-northeast1") || text_starts(value, "northamerica-northeast2");
	if (text_starts(pattern, "in:") && text_ends(pattern, "-locations")) {
		size_t n = strlen(pattern) - strlen("in:") - strlen("-locations");
		return !strncmp(value, pattern + 3, n) && (!value[n] || value[n] == '-');
	}
	if (!strcmp(pattern, "in:EXTERNAL") || !strcmp(pattern, "in:INTERNAL")) /* load balancers by where they listen */
		return strstr(value, pattern + 3) != NULL;
	if (!strcmp(pattern, value))
		return true;
	if (text_starts(pattern, "under:organizations/")) /* Google's own, which the producers' networks belong to */
		return !strcmp(pattern + strlen("under:organizations/"), "433637338589") &&
		       strstr(value, "-tp/global/networks/");
	if (text_starts(pattern, "under:projects/"))
		return text_starts(value, pattern + strlen("under:")) && value[strlen(pattern) - strlen("under:")] == '/';
	if (text_starts(pattern, "is:"))
		pattern += 3;
	return !strcasecmp(pattern, value);
}

static bool any_matches(const cJSON *list, const char *value)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, list)
		if (cJSON_IsString(one) && value_matches(one->valuestring, value))
			return true;
	return false;
}

static bool rule_forbids(const cJSON *rule, const char *value)
{
	const cJSON *allowed = json_at(rule, "values.allowedValues"), *denied = json_at(rule, "values.deniedValues");
	if (json_bool(rule, "enforce", false) || json_bool(rule, "denyAll", false))
		return true;
	if (json_bool(rule, "allowAll", false) || !value)
		return false;
	return any_matches(denied, value) || (allowed && !any_matches(allowed, value));
}

bool sim_constraint(struct sim *s, const char *project, const char *constraint, const char *value)
{
	cJSON *rules = orgpolicy_effective(s, project, constraint);
	const cJSON *r;
	bool forbidden = false;
	cJSON_ArrayForEach(r, rules)
		forbidden = forbidden || rule_forbids(r, value);
	cJSON_Delete(rules);
	return forbidden;
}

bool sim_usage_ok(struct sim_call *c, const char *service)
{
	/* What everything rests on cannot be denied. */
	static const char *const essential[] = {
	    "iam",       "iamcredentials", "sts",        "oauth2", "cloudresourcemanager", "serviceusage", "cloudbilling",
	    "orgpolicy", "logging",        "monitoring", NULL};
	size_t n = strcspn(service, ".");
	for (const char *const *e = essential; *e; e++)
		if (strlen(*e) == n && !memcmp(*e, service, n))
			return true;
	if (!sim_constraint(c->sim, c->project, "gcp.restrictServiceUsage", service))
		return true;
	const char *number = sim_project_number(c->sim, c->project);
	const char *consumer = sim_tmp("projects/%s", number ? number : c->project);
	cJSON *details = json_make(
	    "[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'RESOURCE_USAGE_RESTRICTION_VIOLATED',"
	    "'domain':'googleapis.com','metadata':{'consumer':%s,'service':%s}}]",
	    consumer, service);
	sim_fail_with(c, 403, "PERMISSION_DENIED", "forbidden", details,
		      "Request is disallowed by organization's constraints/gcp.restrictServiceUsage constraint for %s "
		      "attempting to use service %s.",
		      consumer, service);
	return false;
}

bool sim_cmek_ok(struct sim_call *c, const char *service, const char *rpc, const char *key)
{
	if (*key || !sim_constraint(c->sim, c->project, "gcp.restrictNonCmekServices", service))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL,
		 "Constraint 'constraints/gcp.restrictNonCmekServices' violated for 'projects/%s' attempting to perform the "
		 "operation '%s' with violated "
		 "value '%s'. See https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints "
		 "for more information.",
		 c->project, rpc, service);
	return false;
}

/* The API. ---------------------------------------------------------------------------------------------------------------- */

static cJSON *policy_doc(struct sim_call *c, const char *constraint, cJSON *rules)
{
	const char *name = sim_tmp("projects/%s/policies/%s", sim_project_number(c->sim, c->project), constraint);
	cJSON *doc = json_make("{'name':%s,'spec':{'rules':%j}}", name, rules);
	return doc;
}

bool orgpolicy_known(struct sim_call *c, const char *constraint)
{
	if (known(constraint))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "Requested constraint constraints/%s is not available.", constraint);
	return false;
}

static void get_effective(struct sim_call *c)
{
	const char *constraint = sim_path_part(c, "policies");
	if (orgpolicy_known(c, constraint))
		sim_ok(c, policy_doc(c, constraint, orgpolicy_effective(c->sim, c->project, constraint)));
}

static void policy_get(struct sim_call *c)
{
	if (orgpolicy_known(c, sim_path_part(c, "policies")))
		resource_get(c);
}

static bool policy_valid(struct sim_call *c, const char *id)
{
	return orgpolicy_known(c, id);
}

static bool orgpolicy_policy_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const cJSON *rules = json_at(doc, "spec.rules");
	bool inherits = json_bool(doc, "spec.inheritFromParent", false), reset = json_bool(doc, "spec.reset", false);
	(void)old;
	if (reset && (inherits || cJSON_GetArraySize(rules))) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "A policy that is reset must have no rules and must not inherit from its parent.");
		return false;
	}
	json_put(doc, "spec", json_make("{'rules':%j}", rules ? cJSON_Duplicate(rules, true) : cJSON_CreateArray()));
	if (inherits)
		json_put_bool(doc, "spec.inheritFromParent", true);
	if (reset)
		json_put_bool(doc, "spec.reset", true);
	return true;
}

static void policy_touched(struct sim_call *c, struct sim_object *o)
{
	const char *etag = identity_etag(c->sim);
	const char *now = sim_stamp(c->sim, 6);
	json_put_str(o->doc, "etag", etag);
	json_put_str(o->doc, "spec.etag", etag);
	json_put_str(o->doc, "spec.updateTime", now);
}

struct sim_object *orgpolicy_keep(struct sim_call *c, const char *constraint, cJSON *spec)
{
	struct sim_object *o = orgpolicy_own(c->sim, c->project, constraint);
	if (!o)
		o = sim_put(c->sim, ORGPOLICY_POLICIES, sim_tmp("projects/%s/policies/%s", c->project, constraint),
			    json_make("{'name':%s}",
				      sim_tmp("projects/%s/policies/%s", sim_project_number(c->sim, c->project), constraint)));
	json_put(o->doc, "spec", spec);
	policy_touched(c, o);
	return o;
}

static void list_constraints(struct sim_call *c)
{
	cJSON *all = cJSON_CreateArray();
	for (size_t i = 0; i < table_rows(&constraints); i++) {
		char *name = xasprintf("projects/%s/constraints/%s", sim_project_number(c->sim, c->project),
				       table_cell(&constraints, i, 0));
		cJSON *one = json_make("{'name':%s,'displayName':%s,'constraintDefault':'ALLOW'}", name,
				       table_cell(&constraints, i, 1));
		cJSON_AddItemToObject(one, constraint_lists(i) ? "listConstraint" : "booleanConstraint", cJSON_CreateObject());
		cJSON_AddItemToArray(all, one);
		free(name);
	}
	sim_ok(c, json_make("{'constraints':%j}", all));
}

#define P "orgpolicy.projects.policies"
static const struct sim_resource resources[] = {
    {.methods = P,
     .collection = ORGPOLICY_POLICIES,
     .key = "projects/{project}/policies/{policies}",
     .name = "projects/{number}/policies/{policies}",
     .field = "policies",
     .masked = "policy.",
     .valid = policy_valid,
     .complete = orgpolicy_policy_complete,
     .touched = policy_touched},
    {0},
};
static const struct sim_route routes[] = {
    {P ".list", resource_list, "orgpolicy.policies.list", NULL},
    {P ".get", policy_get, "orgpolicy.policy.get", NULL},
    {P ".getEffectivePolicy", get_effective, "orgpolicy.policy.get", NULL},
    {P ".create", resource_create, "orgpolicy.policies.create", NULL},
    {P ".patch", resource_patch, "orgpolicy.policies.update", NULL},
    {P ".delete", resource_delete, "orgpolicy.policies.delete", NULL},
    {"orgpolicy.projects.constraints.list", list_constraints, "orgpolicy.constraints.list", NULL},
    {0},
};

const struct sim_api sim_api_orgpolicy = {
    .name = "orgpolicy",
    .service = "orgpolicy.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = resources,
};
