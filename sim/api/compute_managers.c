/* Managed instance groups: those that GKE brings along with each node pool, whose machines are only counted, and those that an operator makes
 * from an instance template, zonal or regional, whose machines are machines. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
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
	char ip[16];
	const char *key = sim_tmp("%sinstances/%s", scope, name),
		   *project = sim_tmp("%.*s", (int)strcspn(scope + 9, "/"), scope + 9);
	const struct sim_object *subnet = compute_find(s,
						       json_str(manager->hidden, "machine.networkInterfaces.0.subnetwork", ""));
	struct ip4_range range;
	if (!sim_get(s, "compute.instances", key) && subnet &&
	    ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &range)) {
		cJSON *doc = cJSON_Duplicate(json_at(manager->hidden, "machine"), true),
		      *by = json_make("{'key':'created-by'}");
		json_put_str(by, "value", strstr(json_str(manager->doc, "selfLink", ""), "projects/"));
		if (!json_at(doc, "metadata.items"))
			json_put(doc, "metadata.items", cJSON_CreateArray());
		cJSON_AddItemToArray(json_at(doc, "metadata.items"), by);
		json_put_str(doc, "name", name);
		json_put_str(doc, "networkInterfaces.0.networkIP", ip4_text(ip4_free_host(s, project, range, 2), ip));
		json_put_str(doc, "disks.0.deviceName", "persistent-disk-0");
		compute_store(s, &compute_instance_kind, scope, doc);
	}
}

static void drop_machine(struct sim *s, const char *scope, const char *name)
{
	struct sim_object *o = sim_get(s, "compute.instances", sim_tmp("%sinstances/%s", scope, name));
	if (o) {
		compute_instance_kind.removed(s, o);
		sim_remove(s, o);
	}
}

/* As many machines as the group has now. */
static void settle_machines(struct sim *s, const struct sim_object *manager, int before, int now)
{
	const char *base = json_str(manager->doc, "baseInstanceName", "");
	const char *scope = sim_tmp("%.*s", (int)(strstr(manager->key, "instanceGroupManagers/") - manager->key), manager->key);
	for (int i = 0; i < before || i < now; i++) {
		char *name = member(base, i);
		if (i < now)
			add_machine(s, manager, scope, name);
		else
			drop_machine(s, scope, name);
		free(name);
	}
}

char *network_manager_machine(const struct sim_object *manager, int n)
{
	return n < (int)json_num(manager->doc, "targetSize", 0) ? member(json_str(manager->doc, "baseInstanceName", ""), n)
								: NULL;
}

struct sim_object *network_manager_add(struct sim *s, const char *project, const char *zone, const char *base, int size,
				       const char *network, const char *subnetwork, const char *account, cJSON *machine)
{
	char region[40];
	const char *scope = sim_tmp("projects/%s/zones/%s/", project, zone), *name = sim_tmp("%s-grp", base);
	const char *group = sim_tmp(COMPUTE_BASE "%sinstanceGroups/%s", scope, name);
	const char *template = sim_tmp(COMPUTE_BASE "projects/%s/regions/%s/instanceTemplates/%s", project,
				       compute_zone_region(zone, region), base);
	cJSON *doc = json_make(
	    "{'name':%s,'baseInstanceName':%s,'instanceGroup':%s,'instanceTemplate':%s,'targetSize':%d,'targetStoppedSize':0,"
	    "'targetSuspendedSize':0,'listManagedInstancesResults':'PAGINATED','standbyPolicy':{'mode':'MANUAL'},'satisfiesPzi'"
	    ":true,'satisfiesPzs':true,'targetSizePolicy':{'mode':'INDIVIDUAL'},'currentActions':{'abandoning':0,"
	    "'creating':0,'creatingWithoutRetries':0,'deleting':0,'none':%d,'recreating':0,'refreshing':0,'restarting':0,'"
	    "resuming':0,'starting':0,"
	    "'stopping':0,'suspending':0,'verifying':0},'instanceLifecyclePolicy':{'defaultActionOnFailure':'REPAIR','"
	    "forceUpdateOnRepair':'YES',"
	    "'onFailedHealthCheck':'DEFAULT_ACTION'},'status':{'isStable':true,'allInstancesConfig':{'effective':true},'"
	    "stateful':"
	    "{'hasStatefulConfig':false,'beta:isStateful':false,'perInstanceConfigs':{'allEffective':true}},'versionTarget':{'"
	    "isReached':true}},'beta:serviceAccount':%s,'updatePolicy':{'beta:minReadySec':0,'type':"
	    "'OPPORTUNISTIC','minimalAction':'REPLACE','replacementMethod':'SUBSTITUTE','maxSurge':{'fixed':1,'calculated':1},'"
	    "maxUnavailable':"
	    "{'fixed':1,'calculated':1}},'versions':[{'instanceTemplate':%s,'targetSize':{'calculated':%d}}]}",
	    name, base, group, template, size, size, account, template, size);
	struct sim_object *o = compute_store(s, &compute_manager_kind, scope, doc);
	json_put_str(o->hidden, "account", account);
	struct sim_object *g = compute_store(
	    s, &compute_instance_group_kind, scope,
	    json_make("{'name':%s,'description':'','network':%s,'subnetwork':%s,'size':%d}", name, network, subnetwork, size));
	json_put_bool(g->hidden, "managed", true);
	json_put(machine, "networkInterfaces.0.network", cJSON_CreateString(network));
	json_put(machine, "networkInterfaces.0.subnetwork", cJSON_CreateString(subnetwork));
	json_put(o->hidden, "machine", machine);
	settle_machines(s, o, 0, size);
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

/* Groups of an operator's own. ------------------------------------------------------------------------------------------- */

/* The zone of the n-th machine: a regional group spreads over three. */
static void zone_at(const struct sim_object *o, int n, char out[static 48])
{
	const char *zone = json_str(o->doc, "zone", ""), *region = json_str(o->doc, "region", "");
	const cJSON *chosen = json_at(o->doc, "distributionPolicy.zones");
	int count = cJSON_GetArraySize(chosen);
	if (count)
		zone = json_str(cJSON_GetArrayItem(chosen, n % count), "zone", "");
	if (*zone)
		snprintf(out, 48, "%s", strrchr(zone, '/') + 1);
	else
		snprintf(out, 48, "%.40s-%c", strrchr(region, '/') + 1,
			 !strcmp(strrchr(region, '/') + 1, "us-east1") ? "bcd"[n % 3] : "abc"[n % 3]);
	if (!compute_zone_known(out))
		snprintf(out, 48, "%.40s-b", strrchr(region, '/') + 1);
}

static struct sim_object *template_of(struct sim *s, const cJSON *doc)
{
	return compute_find(s, json_str(doc, "instanceTemplate", json_str(doc, "versions.0.instanceTemplate", "")));
}

/* The document and its group after the machines have become more or fewer. */
static void count(struct sim *s, struct sim_object *o)
{
	struct sim_object *g = compute_find(s, json_str(o->doc, "instanceGroup", ""));
	const cJSON *list = g ? json_at(g->hidden, "members") : NULL;
	int n = cJSON_GetArraySize(list);
	json_put_num(o->doc, "currentActions.none", n);
	json_put_num(o->doc, "versions.0.targetSize.calculated", n);
	if (!g)
		return;
	json_put_num(g->doc, "size", n);
	const struct sim_object *vm = n ? compute_find(s, list->child->valuestring) : NULL;
	if (vm) {
		json_put_str(g->doc, "network", json_str(vm->doc, "networkInterfaces.0.network", ""));
		json_put_str(g->doc, "subnetwork", json_str(vm->doc, "networkInterfaces.0.subnetwork", ""));
	}
}

/* Makes and takes machines until there are as many as wanted; with anew all are made again. False when answered. */
static bool fit(struct sim_call *c, struct sim_object *o, bool anew)
{
	struct sim_object *g = compute_find(c->sim, json_str(o->doc, "instanceGroup", "")), *t = template_of(c->sim, o->doc);
	cJSON *list = g ? json_at(g->hidden, "members") : NULL;
	int wanted = (int)json_num(o->doc, "targetSize", 0);
	while (list && cJSON_GetArraySize(list) > (anew ? 0 : wanted)) {
		cJSON *last = cJSON_DetachItemFromArray(list, cJSON_GetArraySize(list) - 1);
		struct sim_object *vm = compute_find(c->sim, last->valuestring);
		if (vm)
			compute_instance_drop(c->sim, vm);
		cJSON_Delete(last);
	}
	while (list && t && cJSON_GetArraySize(list) < wanted) {
		char zone[48], *hex = sim_hex(c->sim, 4);
		const char *name = sim_tmp("%s-%s", json_str(o->doc, "baseInstanceName", ""), hex);
		zone_at(o, cJSON_GetArraySize(list), zone);
		struct sim_object *vm = compute_instance_from(c, zone, name, json_at(t->doc, "properties"));
		free(hex);
		if (!vm)
			return false;
		cJSON_AddItemToArray(list, cJSON_CreateString(json_str(vm->doc, "selfLink", "")));
	}
	count(c->sim, o);
	return true;
}

bool compute_manager_fit(struct sim_call *c, struct sim_object *o)
{
	return fit(c, o, false);
}

static bool compute_managers_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *name = json_str(doc, "name", ""),
		   *template = json_str(doc, "instanceTemplate", json_str(doc, "versions.0.instanceTemplate", ""));
	struct buf scope = {0};
	(void)old;
	if (!*template)
		return compute_required(c, "instanceTemplate");
	if (!json_at(doc, "targetSize"))
		return compute_required(c, "targetSize");
	if (json_at(doc, "resourcePolicies") &&
	    !json_at(doc, "resourcePolicies")->child) /* Terraform's provider sends it always */
		json_drop(doc, "resourcePolicies");
	if (!*json_str(doc, "baseInstanceName", ""))
		json_put_str(doc, "baseInstanceName", name);
	if (!json_at(doc, "versions.0"))
		json_put(doc, "versions", json_make("[{'instanceTemplate':%s}]", template));
	if (!json_at(doc, "instanceTemplate"))
		json_put_str(doc, "instanceTemplate", template);
	cJSON *defaults = json_make("{'description':'','targetStoppedSize':0,'targetSuspendedSize':0,'"
				    "listManagedInstancesResults':'PAGELESS','standbyPolicy':{'mode':'MANUAL',"
				    "'initialDelaySec':0},'currentActions':{'abandoning':0,'creating':0,'"
				    "creatingWithoutRetries':0,'deleting':0,'none':0,'recreating':0,"
				    "'refreshing':0,'restarting':0,'resuming':0,'starting':0,'stopping':0,'suspending':0,'"
				    "verifying':0},'instanceLifecyclePolicy':{"
				    "'defaultActionOnFailure':'REPAIR','forceUpdateOnRepair':'NO','onFailedHealthCheck':'"
				    "DEFAULT_ACTION'},'status':{'isStable':true,"
				    "'allInstancesConfig':{'effective':true},'stateful':{'hasStatefulConfig':false,'"
				    "perInstanceConfigs':{'allEffective':true}},"
				    "'versionTarget':{'isReached':true}},'updatePolicy':{'type':'OPPORTUNISTIC','minimalAction'"
				    ":'REPLACE','replacementMethod':'SUBSTITUTE',"
				    "'maxSurge':{'fixed':1,'calculated':1},'maxUnavailable':{'fixed':1,'calculated':1}}}");
	sim_fill(doc, defaults);
	cJSON_Delete(defaults);
	bool known = compute_scope(c, &scope);
	json_put_str(doc, "instanceGroup", sim_tmp(COMPUTE_BASE "%sinstanceGroups/%s", buf_text(&scope), name));
	buf_free(&scope);
	return known;
}

/* The group that it manages comes and goes with it; GKE brings its own. */
static void compute_managers_stored(struct sim *s, struct sim_object *o)
{
	if (json_at(o->doc, "beta:serviceAccount") || compute_find(s, json_str(o->doc, "instanceGroup", "")))
		return;
	const char *scope = sim_tmp("%.*s", (int)(strstr(o->key, "instanceGroupManagers/") - o->key), o->key);
	cJSON *doc = json_make("{'name':%s,'description':\"This instance group is controlled by Instance Group Manager '%s'. "
			       "To modify instances in this group, use "
			       "the Instance Group Manager API: "
			       "https://cloud.google.com/compute/docs/reference/latest/instanceGroupManagers\",'size':0}",
			       json_str(o->doc, "name", ""), json_str(o->doc, "name", ""));
	struct sim_object *g = compute_store(s, &compute_instance_group_kind, scope, doc);
	json_put(g->hidden, "members", cJSON_CreateArray());
	if (json_at(o->doc, "namedPorts"))
		json_put(g->doc, "namedPorts", cJSON_Duplicate(json_at(o->doc, "namedPorts"), true));
}

static void compute_managers_removed(struct sim *s, const struct sim_object *o)
{
	struct sim_object *g = compute_find(s, json_str(o->doc, "instanceGroup", ""));
	const cJSON *m, *list = g ? json_at(g->hidden, "members") : NULL;
	cJSON_ArrayForEach(m, list) {
		struct sim_object *vm = compute_find(s, m->valuestring);
		if (vm)
			compute_instance_drop(s, vm);
	}
	if (g)
		sim_remove(s, g);
}

/* Who uses its group holds it too. */
static char *compute_managers_held(struct sim *s, const struct sim_object *o)
{
	struct sim_object *g = compute_find(s, json_str(o->doc, "instanceGroup", ""));
	return g ? compute_user(s, &compute_instance_group_kind, g) : NULL;
}

static char *compute_managers_landed(struct sim *s, struct sim_object *o, const char **code)
{
	(void)code;
	count(s, o);
	return NULL;
}

/* The group is answered for first; a machine that cannot be made then is missing in it, as at Google. */
static void manager_insert(struct sim_call *c)
{
	const char *name = sim_tmp("%s", json_str(c->body, "name", ""));
	struct buf path = {0};
	compute_insert(c);
	if (c->reply->status == 200 && compute_scope(c, &path)) {
		buf_printf(&path, "instanceGroupManagers/%s", name);
		struct sim_object *o = sim_get(c->sim, "compute.instanceGroupManagers", buf_text(&path));
		struct sim_call quiet = *c;
		struct sim_reply unheard = {0};
		quiet.reply = &unheard;
		if (o)
			fit(&quiet, o, false);
		sim_reply_free(&unheard);
	}
	buf_free(&path);
}

static void change(struct sim_call *c, void (*how)(struct sim_call *c))
{
	struct sim_object *o = compute_target(c);
	const char *before = sim_tmp("%s", o ? json_str(o->doc, "instanceTemplate", "") : "");
	if (o && json_at(c->body, "versions.0.instanceTemplate") && !json_at(c->body, "instanceTemplate"))
		json_put_str(c->body, "instanceTemplate", json_str(c->body, "versions.0.instanceTemplate", ""));
	else if (o && json_at(c->body, "instanceTemplate") && !json_at(c->body, "versions"))
		json_put(c->body, "versions",
			 json_make("[{'instanceTemplate':%s}]", json_str(c->body, "instanceTemplate", "")));
	if (o)
		how(c);
	struct sim_call quiet = *c;
	struct sim_reply unheard = {0};
	quiet.reply = &unheard;
	if (o && c->reply->status == 200)
		fit(&quiet, o,
		    strcmp(before, json_str(o->doc, "instanceTemplate", "")) &&
			!strcmp(json_str(o->doc, "updatePolicy.type", ""), "PROACTIVE"));
	sim_reply_free(&unheard);
}

static void manager_patch(struct sim_call *c)
{
	change(c, compute_patch);
}

static void set_template(struct sim_call *c)
{
	change(c, compute_patch);
}

static void recreate(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (o && fit(c, o, true))
		compute_begin(c, o, c->id, sim_draw(c->sim, "compute.default.update"), true, NULL);
}

static void errors(struct sim_call *c)
{
	if (compute_target(c))
		sim_ok(c, cJSON_CreateObject());
}

static void resize(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	if (json_at(o->hidden, "account")) {
		network_manager_resize(c->sim, o->key, atoi(sim_param(c, "size")));
	} else {
		json_put_num(o->doc, "targetSize", atoi(sim_param(c, "size")));
		if (!fit(c, o, false))
			return;
	}
	compute_begin(c, o, c->id, sim_draw(c->sim, "compute.default.update"), true, NULL);
}

char *network_manager_in(struct sim *s, const char *subnetwork)
{
	for (struct sim_object *o = sim_first(s, "compute.instanceGroups", "projects/"); o;
	     o = sim_following(s, o, "projects/")) {
		if (!json_bool(o->hidden, "managed", false) || !json_num(o->doc, "size", 0) ||
		    strcmp(json_str(o->doc, "subnetwork", ""), subnetwork))
			continue;
		const char *name = json_str(o->doc, "name", "-grp");
		const char *zone = sim_tmp("%.*s", (int)(strstr(o->key, "/instanceGroups/") - o->key), o->key),
			   *base = sim_tmp("%.*s", (int)(strlen(name) - 4), name);
		char *first = member(base, 0), *path = xasprintf("%s/instances/%s", zone, first);
		free(first);
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
	const struct sim_object *g = compute_find(c->sim, json_str(o->doc, "instanceGroup", ""));
	const cJSON *own, *machines = g ? json_at(g->hidden, "members") : NULL;
	cJSON_ArrayForEach(own, machines) {
		const struct sim_object *vm = compute_find(c->sim, own->valuestring);
		cJSON_AddItemToArray(
		    list,
		    json_make(
			"{'instance':%s,'id':%s,'instanceStatus':%s,'currentAction':'NONE','version':{'instanceTemplate':%s}}",
			own->valuestring, vm ? json_str(vm->doc, "id", "0") : "0",
			vm ? json_str(vm->doc, "status", "") : "TERMINATED", json_str(o->doc, "instanceTemplate", "")));
	}
	for (int i = 0; !machines && i < (int)json_num(o->doc, "targetSize", 0); i++) {
		char *name = network_manager_machine(o, i);
		const char *link = sim_tmp("%s/instances/%s", json_str(o->doc, "zone", ""), name);
		cJSON_AddItemToArray(list,
				     json_make("{'instance':%s,'instanceStatus':'RUNNING','currentAction':'NONE'}", link));
		free(name);
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
    .resources = "instanceGroupManagers regionInstanceGroupManagers",
    .kind = "compute#instanceGroupManager",
    .word = "instance_group_manager",
    .flags = COMPUTE_FINGERPRINT,
    .used_by = "autoscalers",
    .links = "instanceTemplate versions.*.instanceTemplate autoHealingPolicies.*.healthCheck",
    .output = "instanceGroup currentActions status",
    .quota = "INSTANCE_GROUP_MANAGERS",
    .insert = "compute.instanceGroup.insert",
    .change = "compute.default.update",
    .remove = "compute.instanceGroup.delete",
    .check = compute_managers_check,
    .stored = compute_managers_stored,
    .removed = compute_managers_removed,
    .held = compute_managers_held,
    .landed = compute_managers_landed,
};

#define MANAGERS(r)                                                                                                            \
	{"compute." r ".get", compute_get, "compute.instanceGroupManagers.get", NULL},                                         \
	    {"compute." r ".list", compute_list, "compute.instanceGroupManagers.list", NULL},                                  \
	    {"compute." r ".insert", manager_insert, "compute.instanceGroupManagers.create", NULL},                            \
	    {"compute." r ".patch", manager_patch, "compute.instanceGroupManagers.update", NULL},                              \
	    {"compute." r ".delete", compute_delete, "compute.instanceGroupManagers.delete", NULL},                            \
	    {"compute." r ".resize", resize, "compute.instanceGroupManagers.update", NULL},                                    \
	    {"compute." r ".setInstanceTemplate", set_template, "compute.instanceGroupManagers.update", NULL},                 \
	    {"compute." r ".recreateInstances", recreate, "compute.instanceGroupManagers.update", NULL},                       \
	    {"compute." r ".listErrors", errors, "compute.instanceGroupManagers.get", NULL},                                   \
	{                                                                                                                      \
		"compute." r ".listManagedInstances", members, "compute.instanceGroupManagers.get", NULL                       \
	}

static const struct sim_route routes[] = {
    MANAGERS("instanceGroupManagers"),
    {"compute.instanceGroupManagers.aggregatedList", compute_aggregated, "compute.instanceGroupManagers.list", NULL},
    MANAGERS("regionInstanceGroupManagers"),
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_managers, routes, NULL);
