/* iam.googleapis.com: a project's custom roles. Deleted ones stay for seven days, can be read and brought back, and permit nothing. */
#include "config.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ROLES "iam.customRoles"

static void new_etag(struct sim *s, cJSON *doc)
{
	const char *etag = identity_etag(s);
	json_put_str(doc, "etag", etag);
}

static bool permissions_ok(struct sim_call *c, const cJSON *list)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, list) {
		const char *name = cJSON_IsString(p) ? p->valuestring : "";
		if (sim_permission_plausible(name))
			continue;
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Permission %s is not valid.", name);
		return false;
	}
	return true;
}

static bool role_valid(struct sim_call *c, const char *id)
{
	struct sim_object *o = sim_get(c->sim, ROLES, sim_tmp("projects/%s/roles/%s", c->project, id));
	if (!permissions_ok(c, json_at(c->body, "role.includedPermissions")))
		return false;
	if (!o || !json_bool(o->doc, "deleted", false))
		return true;
	sim_fail(
	    c, "FAILED_PRECONDITION", NULL,
	    "You can't create a role with role_id (%s) where there is an existing role with that role_id in a deleted state.",
	    id);
	return false;
}

static bool role_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)c;
	if (!old)
		json_drop(doc, "deleted");
	return true;
}

static bool role_changing(struct sim_call *c, const struct sim_object *o)
{
	(void)o;
	return permissions_ok(c, json_at(c->body, "includedPermissions"));
}

static void role_touched(struct sim_call *c, struct sim_object *o)
{
	new_etag(c->sim, o->doc);
}

/* False when the call was answered: the etag that was sent is not the role's. */
static bool role_current(struct sim_call *c, const struct sim_object *o, const char *etag)
{
	if (!*etag || identity_same_etag(etag, json_str(o->doc, "etag", "")))
		return true;
	sim_fail(c, "ABORTED", NULL,
		 "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.");
	return false;
}

static bool role_shown(const struct sim_call *c, const struct sim_object *o)
{
	return sim_param_bool(c, "showDeleted") || !json_bool(o->doc, "deleted", false);
}

/* In a list without permissions, unless the view is full. */
static cJSON *role_seen(const struct sim_call *c, const struct sim_object *o)
{
	cJSON *role = cJSON_Duplicate(o->doc, true);
	if (text_ends(c->id, ".list") && strcmp(sim_param(c, "view"), "FULL"))
		json_drop(role, "includedPermissions");
	return role;
}

static const struct sim_resource resources[] = {
    {.methods = "iam.projects.roles",
     .collection = ROLES,
     .key = "projects/{project}/roles/{roles}",
     .missing = "The role named projects/{project}/roles/{roles} was not found.",
     .field = "roles",
     .shown = role_shown,
     .seen = role_seen,
     .id = "roleId",
     .body = "role",
     .ids = &(
	 const struct sim_id_rule){NULL, LOWER_LETTERS UPPER_LETTERS DIGITS "_.", 3, 64,
				   "The role_id {roles} is invalid. It must be between 3 and 64 characters of [a-zA-Z0-9_.]."},
     .taken = "A role named {roles} in projects/{project} already exists.",
     .valid = role_valid,
     .complete = role_complete,
     .kept = "etag deleted",
     .current = role_current,
     .changing = role_changing,
     .touched = role_touched},
    {0},
};

static void forget(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, ROLES, json_str(arg, "key", ""));
	if (o && !strcmp(json_str(o->doc, "etag", ""), json_str(arg, "etag", "")))
		sim_remove(s, o);
}

static void role_delete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !role_current(c, o, sim_param(c, "etag")))
		return;
	json_put_bool(o->doc, "deleted", true);
	new_etag(c->sim, o->doc);
	sim_after(c->sim, 7 * 86400.0, forget, json_make("{'key':%s,'etag':%s}", o->key, json_str(o->doc, "etag", "")));
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void role_undelete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !role_current(c, o, json_str(c->body, "etag", "")))
		return;
	if (!json_bool(o->doc, "deleted", false)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Role %s is not in a deleted state.", o->key);
		return;
	}
	json_drop(o->doc, "deleted");
	new_etag(c->sim, o->doc);
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

bool sim_custom_role_there(struct sim *s, const char *role)
{
	struct sim_object *o = sim_get(s, ROLES, role);
	return o && !json_bool(o->doc, "deleted", false);
}

bool sim_custom_role_has(struct sim *s, const char *role, const char *permission)
{
	struct sim_object *o = sim_get(s, ROLES, role);
	const cJSON *p;
	if (!o || json_bool(o->doc, "deleted", false) || !strcmp(json_str(o->doc, "stage", ""), "DISABLED"))
		return false;
	cJSON_ArrayForEach(p, json_at(o->doc, "includedPermissions"))
		if (!strcmp(p->valuestring, permission))
			return true;
	return false;
}

static const struct sim_route routes[] = {
    {"iam.projects.roles.create", resource_create, "iam.roles.create", NULL},
    RESOURCE_READS("iam.projects.roles", "iam.roles"),
    {"iam.projects.roles.patch", resource_patch, "iam.roles.update", NULL},
    {"iam.projects.roles.delete", role_delete, "iam.roles.delete", NULL},
    {"iam.projects.roles.undelete", role_undelete, "iam.roles.undelete", NULL},
    {0},
};

const struct sim_api sim_api_iam_custom_roles = {
    .name = "iam", .service = "iam.googleapis.com", .errors = SIM_ERRORS_BOTH, .routes = routes, .resources = resources};
