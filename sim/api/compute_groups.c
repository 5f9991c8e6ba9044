/* Unmanaged instance groups, and network endpoint groups: serverless, zonal and Private Service Connect's. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Instance groups: the members stand in hidden. -------------------------------------------------------------------------- */
static void count_members(struct sim_object *o)
{
	json_put_num(o->doc, "size", cJSON_GetArraySize(json_at(o->hidden, "members")));
}

static bool check_group(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)c;
	if (!old)
		json_put_num(doc, "size", 0);
	return true;
}

static cJSON *member(const struct sim_object *group, const char *link)
{
	cJSON *m;
	cJSON_ArrayForEach(m, json_at(group->hidden, "members"))
		if (!strcmp(m->valuestring, link))
			return m;
	return NULL;
}

static void change_members(struct sim_call *c, bool add)
{
	struct sim_object *o = compute_ready_target(c);
	const cJSON *item;
	if (!o)
		return;
	if (!json_at(o->hidden, "members"))
		json_put(o->hidden, "members", cJSON_CreateArray());
	cJSON_ArrayForEach(item, json_at(c->body, "instances")) {
		struct sim_object *vm = compute_find(c->sim, json_str(item, "instance", ""));
		if (!vm) {
			const char *path = compute_path(c->sim, c->project, json_str(item, "instance", ""));
			sim_fail(c, "NOT_FOUND", "notFound", "The resource '%s' was not found",
				 path ? path : json_str(item, "instance", ""));
			return;
		}
		if (add && !compute_asks(c, "compute.instances.use", vm->key))
			return;
		const char *link = json_str(vm->doc, "selfLink", "");
		cJSON *have = member(o, link);
		if (add == (have != NULL)) {
			sim_fail(c, "INVALID_ARGUMENT", add ? "memberAlreadyExists" : "memberNotFound",
				 "'%s' is %s a member of '%s'", vm->key, add ? "already" : "not", o->key);
			return;
		}
		if (add) {
			cJSON_AddItemToArray(json_at(o->hidden, "members"), cJSON_CreateString(link));
			json_put_str(o->doc, "network", json_str(vm->doc, "networkInterfaces.0.network", ""));
			json_put_str(o->doc, "subnetwork", json_str(vm->doc, "networkInterfaces.0.subnetwork", ""));
		} else {
			cJSON_Delete(cJSON_DetachItemViaPointer(json_at(o->hidden, "members"), have));
		}
	}
	count_members(o);
	compute_begin(c, o, add ? "compute.instanceGroups.addInstances" : "compute.instanceGroups.removeInstances",
		      sim_draw(c->sim, "compute.default.update"), true, NULL);
}

static void add_instances(struct sim_call *c)
{
	change_members(c, true);
}

static void remove_instances(struct sim_call *c)
{
	change_members(c, false);
}

static void list_instances(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	const cJSON *m;
	if (!o)
		return;
	const char *id = sim_tmp("%s/listInstances", o->key), *self = compute_link(id);
	cJSON *items = cJSON_CreateArray();
	cJSON_ArrayForEach(m, json_at(o->hidden, "members")) {
		struct sim_object *vm = compute_find(c->sim, m->valuestring);
		if (vm)
			cJSON_AddItemToArray(
			    items, json_make("{'instance':%s,'status':%s}", m->valuestring, json_str(vm->doc, "status", "")));
	}
	sim_ok(c,
	       json_make("{'kind':'compute#instanceGroupsListInstances','id':%s,'selfLink':%s,'items':%j}", id, self, items));
}

/* A managed group's manager tells the same ports; NULL where there is none. */
static struct sim_object *manager_of(struct sim *s, const struct sim_object *group)
{
	const char *at = strstr(group->key, "/instanceGroups/");
	const char *key = sim_tmp("%.*s/instanceGroupManagers/%s", (int)(at - group->key), group->key, strrchr(at, '/') + 1);
	return sim_get(s, "compute.instanceGroupManagers", key);
}

static void set_named_ports(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o || !compute_fingerprint(c, o->doc, c->body, "fingerprint", false, "Invalid fingerprint."))
		return;
	json_put(o->doc, "namedPorts", cJSON_Duplicate(json_at(c->body, "namedPorts"), true));
	struct sim_object *manager = manager_of(c->sim, o);
	if (manager)
		json_put(manager->doc, "namedPorts", cJSON_Duplicate(json_at(c->body, "namedPorts"), true));
	compute_touch(c->sim, o->doc, "fingerprint");
	compute_begin(c, o, "setNamedPorts", sim_draw(c->sim, "compute.default.update"), true, NULL);
}

/* Endpoint groups. ------------------------------------------------------------------------------------------------------- */
static bool check_neg(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *type = json_str(doc, "networkEndpointType", "GCE_VM_IP_PORT");
	bool region = *sim_param(c, "region"), zone = *sim_param(c, "zone");
	if (old)
		return true;
	if (!json_at(doc, "networkEndpointType"))
		json_put_str(doc, "networkEndpointType", type);
	json_put_num(doc, "size", 0);
	if (!strcmp(type, "SERVERLESS")) {
		int targets = (json_at(doc, "cloudRun") != NULL) + (json_at(doc, "appEngine") != NULL) +
			      (json_at(doc, "cloudFunction") != NULL);
		if (!region)
			return compute_invalid(c, "networkEndpointType", type,
					       "Serverless network endpoint groups are regional.");
		if (targets != 1)
			return compute_invalid(c, "cloudRun", "",
					       "Exactly one of cloudRun, appEngine, cloudFunction must be set.");
		if (json_at(doc, "cloudRun") && !*json_str(doc, "cloudRun.service", "") &&
		    !*json_str(doc, "cloudRun.urlMask", ""))
			return compute_invalid(c, "cloudRun", "", "Either service or urlMask must be set.");
		if (json_at(doc, "defaultPort"))
			return compute_invalid(c, "defaultPort", "",
					       "Default port is not supported for serverless network endpoint groups.");
		return true;
	}
	if (zone && !json_at(doc, "network"))
		json_put_str(doc, "network", sim_tmp(COMPUTE_BASE "projects/%s/global/networks/default", c->project));
	if (!strcmp(type, "PRIVATE_SERVICE_CONNECT") && !*json_str(doc, "pscTargetService", ""))
		return compute_required(c, "pscTargetService");
	return true;
}

static void change_endpoints(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	const cJSON *item;
	if (!o)
		return;
	bool add = strstr(c->id, ".attach") != NULL;
	if (!strcmp(json_str(o->doc, "networkEndpointType", ""), "SERVERLESS")) {
		compute_invalid(c, "networkEndpointType", "SERVERLESS",
				"Endpoints cannot be attached to a serverless network endpoint group.");
		return;
	}
	if (!json_at(o->hidden, "endpoints"))
		json_put(o->hidden, "endpoints", cJSON_CreateArray());
	cJSON *list = json_at(o->hidden, "endpoints"), *have, *next;
	cJSON_ArrayForEach(item, json_at(c->body, "networkEndpoints")) {
		for (have = list->child; have; have = next) {
			next = have->next;
			if (json_equal(have, item))
				cJSON_Delete(cJSON_DetachItemViaPointer(list, have));
		}
		if (add)
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
	}
	json_put_num(o->doc, "size", cJSON_GetArraySize(list));
	compute_begin(c, o, c->id, sim_draw(c->sim, "compute.default.update"), true, NULL);
}

static void list_endpoints(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	const cJSON *e;
	if (!o)
		return;
	cJSON *items = cJSON_CreateArray(), *all = compute_endpoints_listed(c->sim, o);
	cJSON_ArrayForEach(e, all)
		cJSON_AddItemToArray(items, json_make("{'networkEndpoint':%j}", cJSON_Duplicate(e, true)));
	cJSON_Delete(all);
	sim_ok(c, json_make("{'kind':'compute#networkEndpointGroupsListNetworkEndpoints','items':%j}", items));
}

const struct compute_kind compute_instance_group_kind = {
    .plural = "instanceGroups",
    .resources = "instanceGroups regionInstanceGroups",
    .kind = "compute#instanceGroup",
    .word = "instance_group",
    .flags = COMPUTE_FINGERPRINT,
    .links = "network",
    .used_by = "backendServices",
    .defaults = "{'description':''}",
    .quota = "INSTANCE_GROUPS",
    .insert = "compute.instanceGroup.insert",
    .change = "compute.default.update",
    .remove = "compute.instanceGroup.delete",
    .check = check_group,
};

const struct compute_kind compute_neg_kind = {
    .plural = "networkEndpointGroups",
    .resources = "networkEndpointGroups regionNetworkEndpointGroups globalNetworkEndpointGroups",
    .kind = "compute#networkEndpointGroup",
    .word = "network_endpoint_group",
    .flags = COMPUTE_LONG_TYPES,
    .links = "network subnetwork",
    .used_by = "backendServices",
    .quota = "NETWORK_ENDPOINT_GROUPS",
    .insert = "compute.neg.insert",
    .change = "compute.default.update",
    .remove = "compute.neg.delete",
    .check = check_neg,
};

#define ENDPOINTS(r)                                                                                                           \
	COMPUTE_BASICS(r, r),                                                                                                  \
	    {"compute." r ".attachNetworkEndpoints", change_endpoints, "compute.networkEndpointGroups.attachNetworkEndpoints", \
	     NULL},                                                                                                            \
	    {"compute." r ".detachNetworkEndpoints", change_endpoints, "compute.networkEndpointGroups.detachNetworkEndpoints", \
	     NULL},                                                                                                            \
	{                                                                                                                      \
		"compute." r ".listNetworkEndpoints", list_endpoints, "compute.networkEndpointGroups.get", NULL                \
	}

static const struct sim_route routes[] = {
    COMPUTE_BASICS("instanceGroups", "instanceGroups"),
    {"compute.instanceGroups.aggregatedList", compute_aggregated, "compute.instanceGroups.list", NULL},
    {"compute.instanceGroups.addInstances", add_instances, "compute.instanceGroups.update", NULL},
    {"compute.instanceGroups.removeInstances", remove_instances, "compute.instanceGroups.update", NULL},
    {"compute.instanceGroups.listInstances", list_instances, "compute.instanceGroups.list", NULL},
    {"compute.instanceGroups.setNamedPorts", set_named_ports, "compute.instanceGroups.update", NULL},
    COMPUTE_READS("regionInstanceGroups", "instanceGroups"),
    {"compute.regionInstanceGroups.listInstances", list_instances, "compute.instanceGroups.list", NULL},
    {"compute.regionInstanceGroups.setNamedPorts", set_named_ports, "compute.instanceGroups.update", NULL},
    ENDPOINTS("networkEndpointGroups"),
    {"compute.networkEndpointGroups.aggregatedList", compute_aggregated, "compute.networkEndpointGroups.list", NULL},
    ENDPOINTS("regionNetworkEndpointGroups"),
    ENDPOINTS("globalNetworkEndpointGroups"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_groups, routes, NULL);
