/* The world at the beginning: projects, who owns them, their organization, billing, and what its administrators have forbidden.
 * It is described by a JSON object; everything left out is as in the default world:
 *
 *   { "operator": "operator@example.com",
 *     "organization": {"id": "100000000001", "domain": "example.com", "customer": "C0example1"},   or null: none
 *     "billingAccount": "012345-6789AB-CDEF01",                                                    or null: billing is off
 *     "projects": [ {"id": "demo-proj", "number": "123456789012", "name": "Demo", "billing": true, "organization": true,
 *                    "labels": {"env": "test"}, "services": ["run.googleapis.com"], "roles": ["roles/owner"], "policies": {...}, "quotas": {...},
 *                    "folder": "200000000002",                                                      of the organization, in which it is
 *                    "sharedVpcHost": "net-proj"}],                                                 the host project that it is attached to
 *     "policies": {"iam.disableServiceAccountKeyCreation": true, "gcp.resourceLocations": {"allow": ["in:eu-locations"]}},
 *     "quotas": {"us-central1/CPUS": 8}, "stockouts": ["us-central1-a"], "default_network": true,
 *     "dns": {"mlflow.example.com": "203.0.113.7"},                                                names elsewhere; or "nobody": a rehearsal plays no operator
 *     "verifiedDomains": {"example.com": ["ann@example.com"]},                                     for whom: Search Console's; else the organization's, for the operator
 *     "clients": {"1-a.apps.googleusercontent.com": ["https://H/oauth2/callback"]},                OAuth clients of whom that is known
 *     "missingImages": ["docker.io/library/none", "quay.io/a/b:v1"],                               public images that do not exist
 *     "groups": {"team@example.com": ["ann@example.com"]},
 *     "idTokenSeconds": 3600 }                                                                     how long service accounts' ID tokens last
 *
 * A project's own services, policies and quotas come before the world's. "services": ["*"] has every API on from the beginning.
 */
#include "config.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define WORLDS "sim.worlds"
#define PROJECTS "cloudresourcemanager.projects"

static const cJSON *said(const cJSON *world, const char *key)
{
	return world ? cJSON_GetObjectItemCaseSensitive(world, key) : NULL;
}

/* The organization as a v3 resource, or NULL. */
static cJSON *organization(struct sim *s, const cJSON *world)
{
	const cJSON *o = said(world, "organization");
	if (cJSON_IsNull(o) || cJSON_IsFalse(o))
		return NULL;
	const char *id = json_str(o, "id", "100000000001"), *domain = json_str(o, "domain", "example.com");
	const char *name = sim_tmp("organizations/%s", id), *now = sim_stamp(s, 3), *etag = identity_etag(s);
	cJSON *doc = json_make("{'name':%s,'displayName':%s,'directoryCustomerId':%s,'state':'ACTIVE','createTime':%s,'"
			       "updateTime':%s,'etag':%s}",
			       name, domain, json_str(o, "customer", "C0example1"), now, now, etag);
	sim_put(s, "cloudresourcemanager.organizations", name, doc);
	return doc;
}

static cJSON *project_doc(struct sim *s, const cJSON *p, const char *parent)
{
	const char *id = json_str(p, "id", "demo-proj"), *number = json_str(p, "number", "123456789012");
	const char *name = sim_tmp("projects/%s", number), *now = sim_stamp(s, 6), *etag = identity_etag(s);
	cJSON *doc = json_make(
	    "{'name':%s,'projectId':%s,'state':'ACTIVE','displayName':%s,'createTime':%s,'updateTime':%s,'etag':%s}", name, id,
	    json_str(p, "name", id), now, now, etag);
	if (parent)
		cJSON_AddStringToObject(doc, "parent", parent);
	if (said(p, "labels"))
		cJSON_AddItemToObject(doc, "labels", cJSON_Duplicate(said(p, "labels"), true));
	return doc;
}

static void project(struct sim *s, const cJSON *world, const cJSON *p, const char *parent, const char *owner)
{
	const char *id = json_str(p, "id", "demo-proj"), *number = json_str(p, "number", "123456789012");
	const cJSON *account = said(world, "billingAccount"), *role;
	char *key = xasprintf("projects/%s", id), *holder = xasprintf("//cloudresourcemanager.googleapis.com/%s", key);
	char *member = xasprintf("user:%s", owner);

	struct sim_object *o = sim_put(s, PROJECTS, key, project_doc(s, p, json_bool(p, "organization", true) ? parent : NULL));
	cJSON_AddItemToObject(o->hidden, "world", cJSON_Duplicate(p, true));
	bool billing = json_bool(p, "billing", !cJSON_IsNull(account) && !cJSON_IsFalse(account));
	cJSON_AddStringToObject(o->hidden, "billing", billing ? json_str(world, "billingAccount", "012345-6789AB-CDEF01") : "");
	sim_put(s, "cloudresourcemanager.numbers", number, json_make("{'projectId':%s}", id));

	const cJSON *roles = said(p, "roles");
	if (!roles)
		sim_policy_seed(s, holder, "roles/owner", member);
	cJSON_ArrayForEach(role, roles)
		if (cJSON_IsString(role))
			sim_policy_seed(s, holder, role->valuestring, member);
	free(key), free(holder), free(member);
}

static void groups(struct sim *s, const cJSON *world)
{
	const cJSON *g;
	cJSON_ArrayForEach(g, said(world, "groups"))
		sim_put(s, "iam.groups", g->string, json_make("{'members':%j}", cJSON_Duplicate(g, true)));
}

void sim_world_seed(struct sim *s, const cJSON *world)
{
	cJSON *one = json_make("[{}]");
	const cJSON *listed = said(world, "projects"), *p;
	const char *owner = json_str(world, "operator", "operator@example.com");

	sim_put(s, WORLDS, "world", world ? cJSON_Duplicate(world, true) : cJSON_CreateObject());
	groups(s, world);
	const cJSON *org = organization(s, world);
	if (org) {
		char *holder = xasprintf("//cloudresourcemanager.googleapis.com/%s", json_str(org, "name", ""));
		char *everyone = xasprintf("domain:%s", json_str(org, "displayName", ""));
		sim_policy_seed(s, holder, "roles/resourcemanager.projectCreator", everyone);
		free(holder), free(everyone);
	}
	cJSON_ArrayForEach(p, (cJSON_GetArraySize(listed) ? listed : one))
		project(s, world, p, org ? json_str(org, "name", NULL) : NULL, owner);
	cJSON_Delete(one);
}

const cJSON *sim_project_world(struct sim *s, const char *project, const char *key)
{
	char *name = xasprintf("projects/%s", project);
	struct sim_object *o = sim_get(s, PROJECTS, name), *w = sim_get(s, WORLDS, "world");
	const cJSON *own = o ? said(json_at(o->hidden, "world"), key) : NULL;
	free(name);
	return own ? own : w ? said(w->doc, key) : NULL;
}

cJSON *sim_world_named(const char *name)
{
	static const struct {
		const char *name, *world;
	} worlds[] = {
	    {"default", "{}"},
	    {"enabled", "{\"services\":[\"*\"]}"},
	    {"no-organization", "{\"organization\":null}"},
	    {"no-billing", "{\"billingAccount\":null}"},
	    {"two-projects", "{\"projects\":[{},{\"id\":\"other-proj\",\"number\":\"210987654321\",\"name\":\"Other\"}]}"},
	    {"restricted",
	     "{\"policies\":{\"iam.allowedPolicyMemberDomains\":{\"allow\":[\"C0example1\"]},"
	     "\"iam.disableServiceAccountKeyCreation\":true,\"sql.restrictPublicIp\":true,"
	     "\"compute.vmExternalIpAccess\":{\"denyAll\":true},\"storage.uniformBucketLevelAccess\":true,"
	     "\"storage.publicAccessPrevention\":true,\"iam.automaticIamGrantsForDefaultServiceAccounts\":true}}"},
	    {"europe-only", "{\"policies\":{\"gcp.resourceLocations\":{\"allow\":[\"in:eu-locations\"]}}}"},
	    {"small-quota", "{\"quotas\":{\"CPUS\":1,\"IN_USE_ADDRESSES\":0,\"NETWORKS\":1}}"},
	};
	struct err e = {0};
	for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++)
		if (!strcmp(name, worlds[i].name))
			return json_parse(worlds[i].world, strlen(worlds[i].world), name, &e);
	return NULL;
}
