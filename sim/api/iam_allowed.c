/* What a principal may do, by the policies in force of a resource, its project and its organization, their conditions and groups. */
#include "config.h"
#include "sim/api/iam_condition.h"
#include "sim/api/iam_policy.h"
#include "sim/core/inside.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* Who is asking, for which resource, when. */
struct ask {
	struct sim *sim;
	const char *principal, *permission, *holder;
	int depth; /* projectOwner: asks again about the project */
};

static bool granted_by(const struct ask *a, const char *holder);

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
	cJSON_ArrayForEach(b, policy_in_force(a->sim, holder))
		if (binding_grants(a, b))
			return true;
	return false;
}

/* Some resources lie in one another: a role on the project's iap_web, or on a type of resource, is one on all below; so is one on a key ring. */
static bool granted_above(const struct ask *a, const char *holder)
{
	char *slash;
	const char *up = sim_tmp("%s", holder), *projects = strstr(holder, "/projects/");
	bool yes = false;
	if (!projects || (!text_starts(holder, "//iap.googleapis.com/") && !text_starts(holder, "//cloudkms.googleapis.com/")))
		return false;
	while (!yes && (slash = strrchr(up, '/')) && slash - up > projects - holder + (ptrdiff_t)strlen("/projects")) {
		*slash = 0;
		yes = granted_by(a, up);
	}
	return yes;
}

/* The exchange in the log names the permissions that were held against its caller, each once. */
static void note_asked(struct sim *s, const char *principal, const char *permission)
{
	struct exchange *x = s->current;
	if (!x || !principal || !x->call.principal || strcmp(principal, x->call.principal) || text_starts(permission, "roles/"))
		return;
	if (!x->notes)
		x->notes = cJSON_CreateObject();
	cJSON *list = cJSON_GetObjectItemCaseSensitive(x->notes, "permissions");
	if (!list)
		list = cJSON_AddArrayToObject(x->notes, "permissions");
	if (!json_lists(list, permission))
		cJSON_AddItemToArray(list, cJSON_CreateString(permission));
}

static bool holds_permission(struct sim *s, const char *principal, const char *permission, const char *project,
			     const char *holder)
{
	const char *parent = project ? sim_project_parent(s, project) : NULL;
	const char *above = parent ? sim_tmp("//cloudresourcemanager.googleapis.com/%s", parent) : NULL;
	const char *own = project ? sim_tmp("//cloudresourcemanager.googleapis.com/projects/%s", project) : NULL;
	struct ask a = {s, principal ? principal : "", permission, holder && *holder ? holder : own ? own : "", 0};

	bool yes = (holder && granted_by(&a, holder)) || (holder && granted_above(&a, holder)) ||
		   (own && granted_by(&a, own)) || (above && granted_by(&a, above));
	return yes;
}

bool sim_allowed(struct sim *s, const char *principal, const char *permission, const char *project, const char *holder)
{
	note_asked(s, principal, permission);
	return holds_permission(s, principal, permission, project, holder);
}

void sim_policy_test(struct sim_call *c, const char *holder)
{
	cJSON *held = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(c->body, "permissions")) {
		const char *name = cJSON_IsString(p) ? p->valuestring : "";
		if (!sim_permission_plausible(name)) {
			cJSON_Delete(held);
			cJSON_Delete(reply);
			sim_fail(c, "INVALID_ARGUMENT", NULL, "Permission %s is not valid for this resource.", name);
			return;
		}
		if (holds_permission(c->sim, c->principal, name, c->project, holder))
			cJSON_AddItemToArray(held, cJSON_CreateString(name));
	}
	sim_put_list(reply, "permissions", held);
	sim_ok(c, reply);
}
