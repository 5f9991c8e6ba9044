/* iam.googleapis.com: which permissions can be tested on a resource, and what is wrong with a condition. */
#include "config.h"
#include "sim/api/identity.h"

#include "sim/api/iam_condition.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Of the catalogue that roles are spelt out from; a page that begins at a number. */
static void iam_permissions_testable(struct sim_call *c)
{
	const char *of = json_str(c->body, "fullResourceName", "");
	if (!text_starts(of, "//") || !strchr(of + 2, '/')) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid full resource name: %s", of);
		return;
	}
	cJSON *owner = sim_role_named("roles/owner"), *list = cJSON_CreateArray();
	const cJSON *all = json_at(owner, "includedPermissions"), *p;
	int size = (int)json_num(c->body, "pageSize", 100), from = atoi(json_str(c->body, "pageToken", "0")), at = 0;
	size = size < 1 ? 100 : size > 1000 ? 1000 : size;
	cJSON_ArrayForEach(p, all)
		if (at++ >= from && at <= from + size)
			cJSON_AddItemToArray(list, json_make("{'name':%s,'stage':'GA'}", p->valuestring));
	cJSON *reply = json_make("{'permissions':%j}", list);
	if (at > from + size)
		json_put_str(reply, "nextPageToken", sim_tmp("%d", from + size));
	cJSON_Delete(owner);
	sim_ok(c, reply);
}

static void iam_permissions_lint(struct sim_call *c)
{
	char service[64], type[96], name[512];
	const char *why = NULL, *expression = json_str(c->body, "condition.expression", "");
	condition_resource(c->sim, json_str(c->body, "fullResourceName", ""), service, type, name);
	const struct condition_place place = {sim_wall(c->sim), service, type, name, NULL};
	condition_holds(expression, &place, &why);
	if (why)
		sim_ok(c, json_make("{'lintResults':[{'level':'CONDITION','validationUnitName':'LintValidationUnits/"
				    "ConditionExpressionCompilationCheck','severity':'ERROR',"
				    "'fieldName':'condition.expression','debugMessage':%s}]}",
				    why));
	else
		sim_empty(c);
}

static const struct sim_route routes[] = {
    {"iam.permissions.queryTestablePermissions", iam_permissions_testable, NULL, NULL},
    {"iam.iamPolicies.lintPolicy", iam_permissions_lint, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_api_iam_permissions = {.name = "iam", .errors = SIM_ERRORS_AIP, .routes = routes};
