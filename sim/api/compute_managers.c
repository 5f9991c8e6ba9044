/* Managed instance groups, as GKE brings them along with each node pool: read, resized, listed. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The n-th instance's name. */
static char *member(const char *base, int n)
{
	return xasprintf("%s-%04x", base, (unsigned)(n * 7919 + 4369) & 0xffff);
}

/* One machine of the group, by its template: in the subnetwork, with an address of its own. */
static void add_machine(struct sim *s, const struct sim_object *manager, const char *scope, const char *name)
{
	char *key = xasprintf("%sinstances/%s", scope, name), *project = xstrndup(scope + 9, strcspn(scope + 9, "/")), ip[16];
	const struct sim_object *subnet = compute_find(s, json_str(manager->hidden, "machine.networkInterfaces.0.subnetwork", ""));
	struct ip4_range range;
	if (!sim_get(s, "compute.instances", key) && subnet && ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &range)) {
		cJSON *doc = cJSON_Duplicate(json_at(manager->hidden, "machine"), true), *by = json_make("{'key':'created-by'}");
		json_put_str(by, "value", strstr(json_str(manager->doc, "selfLink", ""), "projects/"));
		if (!json_at(doc, "metadata.items"))
			json_put(doc, "metadata.items", cJSON_CreateArray());
		cJSON_AddItemToArray(json_at(doc, "metadata.items"), by);
		json_put_str(doc, "name", name);
		json_put_str(doc, "networkInterfaces.0.networkIP", ip4_text(ip4_free_host(s, project, range, 2), ip));
		json_put_str(doc, "disks.0.deviceName", "persistent-disk-0");
		compute_store(s, &compute_instance_kind, scope, doc);
	}
	free(key);
	free(project);
}

static void drop_machine(struct sim *s, const char *scope, const char *name)
{
	char *key = xasprintf("%sinstances/%s", scope, name);
	struct sim_object *o = sim_get(s, "compute.instances", key);
	if (o) {
		compute_instance_kind.removed(s, o);
		sim_remove(s, o);
	}
	free(key);
}

/* As many machines as the group has now. */
static void settle_machines(struct sim *s, const struct sim_object *manager, int before, int now)
{
	const char *base = json_str(manager->doc, "baseInstanceName", "");
	char *scope = xstrndup(manager->key, (size_t)(strstr(manager->key, "instanceGroupManagers/") - manager->key));
	for (int i = 0; i < before || i < now; i++) {
		char *name = member(base, i);
		if (i < now)
			add_machine(s, manager, scope, name);
		else
			drop_machine(s, scope, name);
		free(name);
	}
	free(scope);
}

char *network_manager_machine(const struct sim_object *manager, int n)
{
	return n < (int)json_num(manager->doc, "targetSize", 0) ? member(json_str(manager->doc, "baseInstanceName", ""), n) : NULL;
}

struct sim_object *network_manager_add(struct sim *s, const char *project, const char *zone, const char *base, int size, const char *network,
				       const char *subnetwork, const char *account, cJSON *machine)
{
	char *scope = xasprintf("projects/%s/zones/%s/", project, zone), *name = xasprintf("%s-grp", base), region[40];
	char *group = xasprintf(COMPUTE_BASE "%sinstanceGroups/%s", scope, name);
	char *template = xasprintf(COMPUTE_BASE "projects/%s/regions/%s/instanceTemplates/%s", project, compute_zone_region(zone, region), base);
	cJSON *doc = json_make(
		"{'name':%s,'baseInstanceName':%s,'instanceGroup':%s,'instanceTemplate':%s,'targetSize':%d,'targetStoppedSize':0,"
		"'targetSuspendedSize':0,'listManagedInstancesResults':'PAGINATED','standbyPolicy':{'mode':'MANUAL'},'satisfiesPzi':true,'satisfiesPzs':true,'targetSizePolicy':{'mode':'INDIVIDUAL'},'currentActions':{'abandoning':0,"
		"'creating':0,'creatingWithoutRetries':0,'deleting':0,'none':%d,'recreating':0,'refreshing':0,'restarting':0,'resuming':0,'starting':0,"
		"'stopping':0,'suspending':0,'verifying':0},'instanceLifecyclePolicy':{'defaultActionOnFailure':'REPAIR','forceUpdateOnRepair':'YES',"
		"'onFailedHealthCheck':'DEFAULT_ACTION'},'status':{'isStable':true,'allInstancesConfig':{'effective':true},'stateful':"
		"{'hasStatefulConfig':false,'beta:isStateful':false,'perInstanceConfigs':{'allEffective':true}},'versionTarget':{'isReached':true}},'beta:serviceAccount':%s,'updatePolicy':{'beta:minReadySec':0,'type':"
		"'OPPORTUNISTIC','minimalAction':'REPLACE','replacementMethod':'SUBSTITUTE','maxSurge':{'fixed':1,'calculated':1},'maxUnavailable':"
		"{'fixed':1,'calculated':1}},'versions':[{'instanceTemplate':%s,'targetSize':{'calculated':%d}}]}",
		name, base, group, template, size, size, account, template, size);
	struct sim_object *o = compute_store(s, &compute_manager_kind, scope, doc);
	json_put_str(o->hidden, "account", account);
	struct sim_object *g = compute_store(s, &compute_instance_group_kind, scope,
					     json_make("{'name':%s,'description':'','network':%s,'subnetwork':%s,'size':%d}", name, network, subnetwork, size));
	json_put_bool(g->hidden, "managed", true);
	json_put(machine, "networkInterfaces.0.network", cJSON_CreateString(network));
	json_put(machine, "networkInterfaces.0.subnetwork", cJSON_CreateString(subnetwork));
	json_put(o->hidden, "machine", machine);
	settle_machines(s, o, 0, size);
	free(scope);
	free(name);
	free(group);
	free(template);
	return o;
}

void network_manager_remove(struct sim *s, const char *key)
{
	struct sim_object *o = sim_get(s, "compute.instanceGroupManagers", key);
	struct sim_object *g = o ? compute_find(s, json_str(o->doc, "instanceGroup", "")) : NULL;
	if (g)
		sim_remove(s, g);
	if (o) {
		settle_machines(s, o, (int)json_num(o->doc, "targetSize", 0), 0);
		sim_remove(s, o);
	}
}

void network_manager_resize(struct sim *s, const char *key, int size)
{
	struct sim_object *o = sim_get(s, "compute.instanceGroupManagers", key);
	struct sim_object *g = o ? compute_find(s, json_str(o->doc, "instanceGroup", "")) : NULL;
	if (!o)
		return;
	settle_machines(s, o, (int)json_num(o->doc, "targetSize", 0), size);
	json_put_num(o->doc, "targetSize", size);
	json_put_num(o->doc, "currentActions.none", size);
	if (g)
		json_put_num(g->doc, "size", size);
}

static void resize(struct sim_call *c)
{
	struct sim_object *o = compute_repeated(c) ? NULL : compute_ready_target(c);
	if (!o)
		return;
	network_manager_resize(c->sim, o->key, atoi(sim_param(c, "size")));
	compute_begin(c, o, "compute.instanceGroupManagers.resize", sim_draw(c->sim, "compute.default.update"), true, NULL);
}

char *network_manager_in(struct sim *s, const char *subnetwork)
{
	for (struct sim_object *o = sim_first(s, "compute.instanceGroups", "projects/"); o; o = sim_following(s, o, "projects/")) {
		if (!json_bool(o->hidden, "managed", false) || !json_num(o->doc, "size", 0) || strcmp(json_str(o->doc, "subnetwork", ""), subnetwork))
			continue;
		const char *name = json_str(o->doc, "name", "-grp");
		char *zone = xstrndup(o->key, (size_t)(strstr(o->key, "/instanceGroups/") - o->key)), *base = xstrndup(name, strlen(name) - 4);
		char *first = member(base, 0), *path = xasprintf("%s/instances/%s", zone, first);
		free(first);
		free(zone);
		free(base);
		return path;
	}
	return NULL;
}

static void members(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	if (!o)
		return;
	cJSON *list = cJSON_CreateArray();
	for (int i = 0; i < (int)json_num(o->doc, "targetSize", 0); i++) {
		char *name = network_manager_machine(o, i), *link = xasprintf("%s/instances/%s", json_str(o->doc, "zone", ""), name);
		cJSON_AddItemToArray(list, json_make("{'instance':%s,'instanceStatus':'RUNNING','currentAction':'NONE'}", link));
		free(name);
		free(link);
	}
	cJSON *reply = cJSON_CreateObject();
	if (list->child)
		json_put(reply, "managedInstances", list);
	else
		cJSON_Delete(list);
	sim_ok(c, reply);
}

const struct compute_kind compute_manager_kind = {
	.plural = "instanceGroupManagers",
	.resources = "instanceGroupManagers",
	.kind = "compute#instanceGroupManager",
	.word = "instance_group_manager",
	.flags = COMPUTE_FINGERPRINT,
	.quota = "INSTANCE_GROUP_MANAGERS",
	.insert = "compute.instanceGroup.insert",
	.change = "compute.default.update",
	.remove = "compute.instanceGroup.delete",
};

static const struct sim_route routes[] = {
	COMPUTE_READS("instanceGroupManagers", "instanceGroupManagers"),
	{"compute.instanceGroupManagers.aggregatedList", compute_aggregated, "compute.instanceGroupManagers.list", NULL},
	{"compute.instanceGroupManagers.resize", resize, "compute.instanceGroupManagers.update", NULL},
	{"compute.instanceGroupManagers.delete", compute_delete, "compute.instanceGroupManagers.delete", NULL},
	{"compute.instanceGroupManagers.listManagedInstances", members, "compute.instanceGroupManagers.get", NULL},
	{NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_managers, routes, NULL);
