/* That Google's agents of the stack's project may use a subnet of a host project (roles/compute.networkUser), by the subnet's policy or the project's.
 * spec: {"home","region","members":[MEMBERS],"service"}; the resource's name is the subnet's. Who may read neither policy cannot tell, nor can a policy that
 * lets in a group: then it is left to the cloud. Before their service is on in the stack's project there are no agents who could be let in. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ROLE "roles/compute.networkUser"
#define VIEWER "roles/compute.networkViewer"

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void network_users_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL,
		 "https://compute.googleapis.com/compute/v1/projects/%s/regions/%s/subnetworks/%s/getIamPolicy", given_home(v),
		 region(v), v->name);
}

static bool binds(const cJSON *policy, const char *member)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(policy, "bindings"))
		if (!strcmp(json_str(b, "role", ""), ROLE) && !json_at(b, "condition") &&
		    json_lists(json_at(b, "members"), member))
			return true;
	return false;
}

static bool names_many(const cJSON *binding)
{
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(binding, "members"))
		if (cJSON_IsString(m) && (text_starts(m->valuestring, "group:") || text_starts(m->valuestring, "domain:") ||
					  text_starts(m->valuestring, "principalSet:")))
			return true;
	return false;
}

/* Does it not tell whether the member is let in: among others, under a condition, or by another role that may do as well? */
static bool is_vague(const cJSON *policy, const char *member)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(policy, "bindings")) {
		const char *role = json_str(b, "role", "");
		if ((!strcmp(role, ROLE) && names_many(b)) ||
		    (strcmp(role, VIEWER) != 0 && json_lists(json_at(b, "members"), member)))
			return true;
	}
	return false;
}

/* The members whom this policy does not bind, of those who are lacking still. */
static void take(const struct view *v, int http, const cJSON *reply, struct observation *out, bool whole)
{
	cJSON *before = out->found ? cJSON_DetachItemFromObject(out->found, "lacking") : NULL;
	const cJSON *m, *of = before ? before : json_at(v->spec, "members");
	bool unread = http != 200 || json_bool(out->found, "unread", false);
	cJSON *lacking = cJSON_CreateArray();
	cJSON_ArrayForEach(m, of)
		if (http != 200 || !binds(reply, m->valuestring)) {
			cJSON_AddItemToArray(lacking, cJSON_CreateString(m->valuestring));
			unread |= is_vague(reply, m->valuestring);
		}
	cJSON_Delete(before);
	observation_free(out);
	out->presence = PRESENT_YES;
	out->outputs = cJSON_CreateObject();
	out->found = json_make("{'unread':%b,'whole':%b,'lacking':%j}", unread, whole, lacking);
}

/* Whoever is lacking once all was read, where there are agents at all. */
static void judge(const struct view *v, int http, const cJSON *service, struct observation *out)
{
	const cJSON *first = json_at(out->found, "lacking.0");
	if (http == 200 && strcmp(json_str(service, "state", ""), "ENABLED") != 0)
		out->presence = PRESENT_PENDING;
	else
		kind_say(out, PRESENT_FAILED,
			 _("%s may not use subnet %s of project %s: gcloud compute networks subnets add-iam-policy-binding %s "
			   "--project=%s --region=%s --member=%s --role=%s lets it."),
			 first->valuestring, v->name, given_home(v), v->name, given_home(v), region(v), first->valuestring,
			 ROLE);
}

static void network_users_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	take(v, http, reply, out, false);
}

static void network_users_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	bool whole = json_bool(seen->found, "whole", false);
	if (!json_at(seen->found, "lacking.0"))
		return;
	if (!whole)
		call_set(out, DIALECT_NONE, "POST", json_make("{'options':{'requestedPolicyVersion':3}}"),
			 "https://cloudresourcemanager.googleapis.com/v1/projects/%s:getIamPolicy", given_home(v));
	else if (!json_bool(seen->found, "unread", false))
		call_set(out, DIALECT_NONE, "GET", NULL, "https://serviceusage.googleapis.com/v1/projects/%s/services/%s",
			 v->project, json_str(v->spec, "service", ""));
}

static void network_users_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (json_bool(out->found, "whole", false))
		judge(v, http, reply, out);
	else
		take(v, http, reply, out, true);
}

/* The agents are there once their service is on. */
static void network_users_beforehand(const struct view *v, cJSON *world)
{
	cJSON *services = json_at(given_project(world, v->project), "services");
	cJSON_AddItemToArray(services, cJSON_CreateString(json_str(v->spec, "service", "")));
	given_project(world, given_home(v));
	given_granted(world, given_home(v), ROLE, cJSON_Duplicate(json_at(v->spec, "members"), true));
}

const struct kind kind_network_users = {
    .id = "compute.networkUsers",
    .title = N_("Use of a shared subnet"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/xpn/details",
    .permissions = {.read = "compute.subnetworks.getIamPolicy resourcemanager.projects.getIamPolicy"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = network_users_observe,
    .decode = network_users_decode,
    .observe_more = network_users_observe_more,
    .decode_more = network_users_decode_more,
    .compare = given_compare,
    .beforehand = network_users_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It is only looked at: who runs the host project lets them in."},
};
