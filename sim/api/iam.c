/* iam.googleapis.com: predefined roles as clients read them. */
#include "config.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void role_get(struct sim_call *c)
{
	const char *role = strstr(c->path, "roles/");
	cJSON *doc = role ? sim_role_named(role) : NULL;
	if (doc)
		sim_ok(c, doc);
	else
		sim_fail(c, "NOT_FOUND", NULL, "The role named %s was not found.", role ? role : "");
}

/* A page of the table; tokens are positions. */
static void page(struct sim_call *c, const char *size_text, const char *token, bool full)
{
	long size = strtol(size_text, NULL, 10), at = strtol(token, NULL, 10), end;
	cJSON *roles = cJSON_CreateArray(), *doc;
	if (size <= 0 || size > 1000)
		size = 300;
	if (at < 0 || at > 100000)
		at = 100000;
	for (end = at + size; at < end && (doc = sim_role_doc((int)at, full)); at++)
		cJSON_AddItemToArray(roles, doc);
	cJSON *reply = json_make("{'roles':%j}", roles), *more = sim_role_doc((int)at, false);
	if (more) {
		char next[24];
		snprintf(next, sizeof next, "%ld", at);
		cJSON_AddStringToObject(reply, "nextPageToken", next);
	}
	cJSON_Delete(more);
	sim_ok(c, reply);
}

static void iam_role_list(struct sim_call *c)
{
	const char *parent = sim_param(c, "parent");
	if (*parent)
		sim_empty(c); /* custom roles: none */
	else
		page(c, sim_param(c, "pageSize"), sim_param(c, "pageToken"), !strcmp(sim_param(c, "view"), "FULL"));
}

static void iam_grantable(struct sim_call *c)
{
	char size[24];
	snprintf(size, sizeof size, "%d", (int)json_num(c->body, "pageSize", 0));
	page(c, size, json_str(c->body, "pageToken", ""), !strcmp(json_str(c->body, "view", ""), "FULL"));
}

static const struct sim_route routes[] = {
    {"iam.roles.get", role_get, NULL, NULL},
    {"iam.roles.list", iam_role_list, NULL, NULL},
    {"iam.roles.queryGrantableRoles", iam_grantable, NULL, NULL},
    {0},
};

const struct sim_api sim_api_iam = {.name = "iam", .errors = SIM_ERRORS_BOTH, .routes = routes};
