/* cloudresourcemanager.googleapis.com, v1 and v3: projects and organizations, their policies, and the long-running creation of
 * a project. The store holds v3 resources; v1 is a view of them. */
#include "config.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PROJECTS "cloudresourcemanager.projects"
#define ORGANIZATIONS "cloudresourcemanager.organizations"
#define HOST "//cloudresourcemanager.googleapis.com/"

/* What other APIs ask about projects. ------------------------------------------------------------------------------------- */

static struct sim_object *project_of(struct sim *s, const char *id)
{
	return sim_get(s, PROJECTS, sim_tmp("projects/%s", id));
}

const char *sim_project_id(struct sim *s, const char *id_or_number)
{
	struct sim_object *o = NULL;
	if (!id_or_number || !*id_or_number)
		return NULL;
	if (isdigit((unsigned char)*id_or_number))
		o = sim_get(s, "cloudresourcemanager.numbers", id_or_number);
	else
		o = project_of(s, id_or_number);
	return o ? json_str(o->doc, "projectId", NULL) : NULL;
}

const char *sim_project_number(struct sim *s, const char *id_or_number)
{
	const char *id = sim_project_id(s, id_or_number);
	struct sim_object *o = id ? project_of(s, id) : NULL;
	return o ? json_str(o->doc, "name", "projects/") + strlen("projects/") : NULL;
}

const char *sim_project_parent(struct sim *s, const char *project)
{
	struct sim_object *o = project_of(s, project);
	return o ? json_str(o->doc, "parent", NULL) : NULL;
}

static const char *of_parent(struct sim *s, const char *project, const char *field)
{
	const char *parent = sim_project_parent(s, project);
	struct sim_object *o = parent ? sim_get(s, ORGANIZATIONS, parent) : NULL;
	return o ? json_str(o->doc, field, NULL) : NULL;
}

const char *sim_project_customer(struct sim *s, const char *project)
{
	return of_parent(s, project, "directoryCustomerId");
}

const char *sim_project_domain(struct sim *s, const char *project)
{
	return of_parent(s, project, "displayName");
}

bool sim_project_billing(struct sim *s, const char *project)
{
	struct sim_object *o = project_of(s, project);
	return o && *json_str(o->hidden, "billing", "");
}

/* Views and checks. ------------------------------------------------------------------------------------------------------- */

static bool is_v1(const struct sim_call *c)
{
	return text_starts(c->path, "/v1/");
}

/* The number of "organizations/123". */
static const char *parent_id(const cJSON *doc)
{
	const char *slash = strchr(json_str(doc, "parent", ""), '/');
	return slash ? slash + 1 : "";
}

/* The folder of its organization that a project is in, or NULL. */
static const char *folder_of(const struct sim_object *o)
{
	return json_str(o->doc, "parent", NULL) ? json_str(o->hidden, "world.folder", NULL) : NULL;
}

static cJSON *v3_project(const struct sim_object *o)
{
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	if (folder_of(o))
		json_put_str(doc, "parent", sim_tmp("folders/%s", folder_of(o)));
	return doc;
}

static cJSON *v1_project(const struct sim_object *o)
{
	const cJSON *doc = o->doc;
	const char *parent = json_str(doc, "parent", NULL), *folder = folder_of(o);
	cJSON *v1 = json_make("{'projectNumber':%s,'projectId':%s,'lifecycleState':%s,'name':%s,'createTime':%s}",
			      json_str(doc, "name", "projects/") + strlen("projects/"), json_str(doc, "projectId", ""),
			      json_str(doc, "state", ""), json_str(doc, "displayName", ""), json_str(doc, "createTime", ""));
	if (json_at(doc, "labels"))
		cJSON_AddItemToObject(v1, "labels", cJSON_Duplicate(json_at(doc, "labels"), true));
	if (parent)
		cJSON_AddItemToObject(
		    v1, "parent",
		    json_make("{'type':%s,'id':%s}", folder ? "folder" : "organization", folder ? folder : parent_id(doc)));
	return v1;
}

/* The project that the path names, or NULL when the call was answered: who may not see it learns nothing about it. */
static struct sim_object *allowed_project(struct sim_call *c, const char *permission)
{
	const char *id = sim_project_id(c->sim, sim_path_part(c, "projects"));
	bool yes = id && sim_allowed(c->sim, c->principal, permission, id, sim_tmp(HOST "projects/%s", id ? id : ""));
	if (yes)
		return project_of(c->sim, id);
	sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
	return NULL;
}

static void resourcemanager_holder_of(const struct sim_call *c, struct buf *out)
{
	const char *id = sim_project_id(c->sim, sim_path_part(c, "projects"));
	buf_printf(out, HOST "%s/%s", id ? "projects" : "organizations", id ? id : sim_path_part(c, "organizations"));
}

/* Projects. --------------------------------------------------------------------------------------------------------------- */

static void resourcemanager_project_get(struct sim_call *c)
{
	struct sim_object *o = allowed_project(c, "resourcemanager.projects.get");
	if (o)
		sim_ok(c, is_v1(c) ? v1_project(o) : v3_project(o));
}

static bool visible(const struct sim_call *c, const struct sim_object *o)
{
	const char *id = json_str(o->doc, "projectId", "");
	return sim_allowed(c->sim, c->principal, "resourcemanager.projects.get", id, NULL);
}

/* Does a project meet one term, "key:value" or "key=value"? A value may end in an asterisk; a bare word is looked for anywhere.
 */
static bool meets(const cJSON *doc, const char *term)
{
	size_t k = strcspn(term, ":=");
	char *value = xstrdup(term[k] ? term + k + 1 : term);
	const char *key = sim_tmp("%.*s", (int)k, term);
	const char *path = !strcmp(key, "lifecycleState") || !strcmp(key, "state") ? "state"
			   : !strcmp(key, "id") || !strcmp(key, "projectId")       ? "projectId"
			   : !strcmp(key, "name") || !strcmp(key, "displayName")   ? "displayName"
			   : !strcmp(key, "projectNumber")                         ? "name"
										   : key;
	const char *has = json_str(doc, path, "");
	if (!strcmp(key, "projectNumber"))
		has += strlen("projects/");
	if (!strcmp(key, "parent.id"))
		has = parent_id(doc);
	size_t n = strcspn(value, "*\"");
	char *bare = *value == '"' ? value + 1 : value;
	bare[strcspn(bare, "\"")] = 0;
	bool star = n && value[n] == '*';
	bool yes = !term[k] ? strstr(json_str(doc, "projectId", ""), term) || strstr(json_str(doc, "displayName", ""), term)
		   : !strcmp(key, "parent.type") ? json_at(doc, "parent") && !strcmp(bare, "organization")
		   : star                        ? !strncasecmp(has, bare, n)
						 : !strcasecmp(has, bare);
	free(value);
	return yes;
}

static bool filtered(const cJSON *doc, const char *filter)
{
	char *copy = xstrdup(filter), *save = NULL;
	bool yes = true;
	for (char *t = strtok_r(copy, " ()", &save); t && yes; t = strtok_r(NULL, " ()", &save))
		yes = !strcmp(t, "AND") || meets(doc, t);
	free(copy);
	return yes;
}

static bool found(const struct sim_call *c, const struct sim_object *o)
{
	const char *parent = sim_param(c, "parent");
	if (*parent && strcmp(parent, json_str(o->doc, "parent", "")))
		return false;
	return visible(c, o) && filtered(o->doc, sim_param(c, "query"));
}

static void list_v1(struct sim_call *c)
{
	long size = strtol(sim_param(c, "pageSize"), NULL, 10), skip = strtol(sim_param(c, "pageToken"), NULL, 10), at = 0;
	cJSON *page = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	size = size > 0 && size < 500 ? size : 500;
	skip = skip > 0 && skip < 1000000 ? skip : 0;

	for (struct sim_object *o = sim_first(c->sim, PROJECTS, ""); o; o = sim_following(c->sim, o, "")) {
		if (!visible(c, o) || !filtered(o->doc, sim_param(c, "filter")) || at++ < skip)
			continue;
		if (cJSON_GetArraySize(page) == size) {
			cJSON_AddStringToObject(reply, "nextPageToken", sim_tmp("%ld", skip + size));
			break;
		}
		cJSON_AddItemToArray(page, v1_project(o));
	}
	sim_put_list(reply, "projects", page);
	sim_ok(c, reply);
}

static void project_list(struct sim_call *c)
{
	if (is_v1(c))
		list_v1(c);
	else
		sim_list(c, PROJECTS, "", "projects", found, NULL);
}

static void get_ancestry(struct sim_call *c)
{
	struct sim_object *o = allowed_project(c, "resourcemanager.projects.get");
	if (!o)
		return;
	const char *parent = json_str(o->doc, "parent", NULL);
	cJSON *reply = json_make("{'ancestor':[{'resourceId':{'type':'project','id':%s}}]}", json_str(o->doc, "projectId", ""));
	if (folder_of(o))
		cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(reply, "ancestor"),
				     json_make("{'resourceId':{'type':'folder','id':%s}}", folder_of(o)));
	if (parent)
		cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(reply, "ancestor"),
				     json_make("{'resourceId':{'type':'organization','id':%s}}", parent_id(o->doc)));
	sim_ok(c, reply);
}

static void get_effective_org_policy(struct sim_call *c)
{
	c->project = sim_project_id(c->sim, sim_path_part(c, "projects"));
	if (allowed_project(c, "orgpolicy.policy.get"))
		sim_effective_policy_of_elder(c);
}

/* Policies. --------------------------------------------------------------------------------------------------------------- */

static void policy_call(struct sim_call *c, const char *permission, void (*answer)(struct sim_call *, const char *))
{
	struct buf holder = {0};
	resourcemanager_holder_of(c, &holder);
	const char *project = sim_project_id(c->sim, sim_path_part(c, "projects"));
	c->project = project;
	bool known = project || sim_get(c->sim, ORGANIZATIONS, buf_text(&holder) + strlen(HOST));
	if (known && (!permission || sim_allowed(c->sim, c->principal, permission, project, buf_text(&holder))))
		answer(c, buf_text(&holder));
	else
		sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
	buf_free(&holder);
}

static void write_policy(struct sim_call *c, const char *holder)
{
	sim_policy_set(c, holder, json_at(c->body, "policy"));
}

static void resourcemanager_get_policy(struct sim_call *c)
{
	policy_call(c,
		    *sim_path_part(c, "projects") ? "resourcemanager.projects.getIamPolicy"
						  : "resourcemanager.organizations.getIamPolicy",
		    sim_policy_get);
}

static void resourcemanager_set_policy(struct sim_call *c)
{
	policy_call(c,
		    *sim_path_part(c, "projects") ? "resourcemanager.projects.setIamPolicy"
						  : "resourcemanager.organizations.setIamPolicy",
		    write_policy);
}

static void resourcemanager_test_permissions(struct sim_call *c)
{
	policy_call(c, NULL, sim_policy_test);
}

/* Creating, changing, deleting. ------------------------------------------------------------------------------------------- */

static bool id_ok(const char *id)
{
	size_t n = strlen(id);
	return n >= 6 && n <= 30 && islower((unsigned char)*id) && id[n - 1] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* Projects are made in an organization that is there, or in none. */
static bool parent_ok(struct sim_call *c)
{
	const char *type = json_str(c->body, "parent.type", NULL);
	const char *v1 = type ? sim_tmp("%ss/%s", type, json_str(c->body, "parent.id", "")) : NULL;
	const char *parent = v1 ? v1 : json_str(c->body, "parent", NULL);
	bool ok = !parent || sim_get(c->sim, ORGANIZATIONS, parent);
	if (!ok)
		sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
	return ok;
}

static cJSON *new_project(struct sim_call *c, const char *id, char **number)
{
	const char *type = json_str(c->body, "parent.type", NULL), *parent = json_str(c->body, "parent", NULL);
	const char *etag = identity_etag(c->sim), *name, *up = NULL, *now = sim_stamp(c->sim, 6);
	*number = xasprintf("%llu", 100000000000ull + sim_random(c->sim) % 899999999999ull);
	name = sim_tmp("projects/%s", *number);
	cJSON *doc = json_make(
	    "{'name':%s,'projectId':%s,'state':'ACTIVE','displayName':%s,'createTime':%s,'updateTime':%s,'etag':%s}", name, id,
	    json_str(c->body, is_v1(c) ? "name" : "displayName", id), now, now, etag);
	if (type)
		up = sim_tmp("%ss/%s", type, json_str(c->body, "parent.id", ""));
	if (up || parent)
		cJSON_AddStringToObject(doc, "parent", up ? up : parent);
	if (json_at(c->body, "labels"))
		cJSON_AddItemToObject(doc, "labels", cJSON_Duplicate(json_at(c->body, "labels"), true));
	return doc;
}

static void created(struct sim *s, const cJSON *arg)
{
	struct sim_object *op = sim_get(s, "cloudresourcemanager.operations", json_str(arg, "operation", ""));
	struct sim_object *o = project_of(s, json_str(arg, "project", ""));
	if (!op || !o)
		return;
	/* Each version has its own types in an operation that is otherwise the same. */
	bool v1 = json_bool(arg, "v1", false);
	cJSON *response = v1 ? v1_project(o) : v3_project(o);
	cJSON *metadata = json_make("{'@type':%s,'gettable':%b,'ready':%b}",
				    v1 ? "type.googleapis.com/google.cloudresourcemanager.v1.ProjectCreationStatus"
				       : "type.googleapis.com/google.cloud.resourcemanager.v3.CreateProjectMetadata",
				    1, 1);
	cJSON_AddStringToObject(response, "@type",
				v1 ? "type.googleapis.com/google.cloudresourcemanager.v1.Project"
				   : "type.googleapis.com/google.cloud.resourcemanager.v3.Project");
	cJSON_AddTrueToObject(op->doc, "done");
	cJSON_AddItemToObject(op->doc, "metadata", metadata);
	cJSON_AddItemToObject(op->doc, "response", response);
}

static void project_create(struct sim_call *c)
{
	const char *id = json_str(c->body, "projectId", "");
	if (!id_ok(id)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "field [project_id] has issue [project_id contains invalid characters]");
		return;
	}
	if (project_of(c->sim, id)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Requested entity already exists");
		return;
	}
	if (!parent_ok(c))
		return;
	char *number;
	const char *key = sim_tmp("projects/%s", id), *holder = sim_tmp(HOST "%s", key);
	const char *op = sim_tmp("operations/cp.%lld", sim_serial(c->sim));
	struct sim_object *o = sim_put(c->sim, PROJECTS, key, new_project(c, id, &number));
	cJSON_AddStringToObject(o->hidden, "billing", "");
	cJSON_AddTrueToObject(o->hidden, "unnetworked");
	sim_put(c->sim, "cloudresourcemanager.numbers", number, json_make("{'projectId':%s}", id));
	sim_policy_seed(c->sim, holder, "roles/owner", c->principal);
	sim_service_catalogue(c->sim, id);
	sim_put(c->sim, "cloudresourcemanager.operations", op, json_make("{'name':%s}", op));
	sim_after(c->sim, sim_draw(c->sim, "resourcemanager.project.create"), created,
		  json_make("{'operation':%s,'project':%s,'v1':%b}", op, id, is_v1(c)));
	sim_ok(c, json_make("{'name':%s}", op));
	free(number);
}

static void resourcemanager_get_operation(struct sim_call *c)
{
	struct sim_object *o = sim_get(c->sim, "cloudresourcemanager.operations", c->path + strlen("/v1/"));
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Operation not found");
}

static void project_update(struct sim_call *c)
{
	struct sim_object *o = allowed_project(c, "resourcemanager.projects.update");
	if (!o)
		return;
	const cJSON *labels = json_at(c->body, "labels");
	if (json_at(c->body, is_v1(c) ? "name" : "displayName"))
		json_put_str(o->doc, "displayName", json_str(c->body, is_v1(c) ? "name" : "displayName", ""));
	json_drop(o->doc, "labels");
	if (labels)
		cJSON_AddItemToObject(o->doc, "labels", cJSON_Duplicate(labels, true));
	sim_ok(c, v1_project(o));
}

static void set_state(struct sim_call *c, const char *permission, const char *from, const char *to)
{
	struct sim_object *o = allowed_project(c, permission);
	if (!o)
		return;
	if (strcmp(json_str(o->doc, "state", ""), from)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Precondition check failed.");
		return;
	}
	json_put_str(o->doc, "state", to);
	sim_empty(c);
}

static void project_delete(struct sim_call *c)
{
	set_state(c, "resourcemanager.projects.delete", "ACTIVE", "DELETE_REQUESTED");
}

static void project_undelete(struct sim_call *c)
{
	set_state(c, "resourcemanager.projects.undelete", "DELETE_REQUESTED", "ACTIVE");
}

/* Organizations. ---------------------------------------------------------------------------------------------------------- */

static cJSON *v1_organization(const cJSON *doc)
{
	return json_make(
	    "{'name':%s,'displayName':%s,'owner':{'directoryCustomerId':%s},'creationTime':%s,'lifecycleState':'ACTIVE'}",
	    json_str(doc, "name", ""), json_str(doc, "displayName", ""), json_str(doc, "directoryCustomerId", ""),
	    json_str(doc, "createTime", ""));
}

static void get_organization(struct sim_call *c)
{
	struct sim_object *o = sim_get(c->sim, ORGANIZATIONS, sim_tmp("organizations/%s", sim_path_part(c, "organizations")));
	if (o)
		sim_ok(c, is_v1(c) ? v1_organization(o->doc) : cJSON_Duplicate(o->doc, true));
	else
		sim_fail(c, "PERMISSION_DENIED", NULL, "The caller does not have permission");
}

static void search_organizations(struct sim_call *c)
{
	cJSON *found_ones = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	for (struct sim_object *o = sim_first(c->sim, ORGANIZATIONS, ""); o; o = sim_following(c->sim, o, ""))
		cJSON_AddItemToArray(found_ones, is_v1(c) ? v1_organization(o->doc) : cJSON_Duplicate(o->doc, true));
	sim_put_list(reply, "organizations", found_ones);
	sim_ok(c, reply);
}

static const struct sim_route routes[] = {
    {"cloudresourcemanager.projects.get", resourcemanager_project_get, NULL, NULL},
    {"cloudresourcemanager.projects.list", project_list, NULL, NULL},
    {"cloudresourcemanager.projects.search", project_list, NULL, NULL},
    {"cloudresourcemanager.projects.getAncestry", get_ancestry, NULL, NULL},
    {"cloudresourcemanager.projects.getEffectiveOrgPolicy", get_effective_org_policy, NULL, NULL},
    {"cloudresourcemanager.projects.getIamPolicy", resourcemanager_get_policy, NULL, NULL},
    {"cloudresourcemanager.projects.setIamPolicy", resourcemanager_set_policy, NULL, NULL},
    {"cloudresourcemanager.projects.testIamPermissions", resourcemanager_test_permissions, NULL, NULL},
    {"cloudresourcemanager.projects.create", project_create, NULL, NULL},
    {"cloudresourcemanager.projects.update", project_update, NULL, NULL},
    {"cloudresourcemanager.projects.delete", project_delete, NULL, NULL},
    {"cloudresourcemanager.projects.undelete", project_undelete, NULL, NULL},
    {"cloudresourcemanager.operations.get", resourcemanager_get_operation, NULL, NULL},
    {"cloudresourcemanager.organizations.get", get_organization, NULL, NULL},
    {"cloudresourcemanager.organizations.search", search_organizations, NULL, NULL},
    {"cloudresourcemanager.organizations.getIamPolicy", resourcemanager_get_policy, NULL, NULL},
    {"cloudresourcemanager.organizations.setIamPolicy", resourcemanager_set_policy, NULL, NULL},
    {"cloudresourcemanager.organizations.testIamPermissions", resourcemanager_test_permissions, NULL, NULL},
    {0},
};

const struct sim_api sim_api_resourcemanager = {
    .name = "cloudresourcemanager",
    .service = "cloudresourcemanager.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .seed = sim_world_seed,
    .guard = resourcemanager_holder_of,
};
