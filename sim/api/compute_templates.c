/* Instance templates, global and regional: what the machines of a managed group are made from. A template never changes. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static bool compute_templates_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	cJSON *properties = json_at(doc, "properties"), *disk, *nic;
	const char *machine = json_str(properties, "machineType", "");
	int index = 0;
	if (!properties)
		return compute_required(c, "properties");
	if (!*machine)
		return compute_required(c, "properties.machineType");
	if (strchr(machine, '/'))
		return compute_invalid(c, "properties.machineType", machine,
				       "Machine type in an instance template must be a name, not a URL.");
	if (!compute_machine_cpus(machine))
		return compute_invalid(c, "properties.machineType", machine, "Invalid machine type.");
	if (compute_machine_refused(machine))
		return compute_invalid(c, "properties.machineType", machine, compute_machine_refused(machine));
	if (!json_at(properties, "disks.0"))
		return compute_required(c, "properties.disks[0]");
	if (!json_at(properties, "networkInterfaces.0"))
		return compute_required(c, "properties.networkInterfaces[0]");
	cJSON_ArrayForEach(disk, json_at(properties, "disks")) {
		const char *device = sim_tmp("persistent-disk-%d", index);
		cJSON *defaults = json_make("{'kind':'compute#attachedDisk','type':'PERSISTENT','mode':'READ_WRITE','index':%d,"
					    "'deviceName':%s,'boot':%b,'autoDelete':%b}",
					    index, device, index == 0, 0);
		sim_fill(disk, defaults);
		cJSON_Delete(defaults);
		index++;
	}
	index = 0;
	cJSON_ArrayForEach(nic, json_at(properties, "networkInterfaces")) {
		const char *name = sim_tmp("nic%d", index++);
		json_put_str(nic, "kind", "compute#networkInterface");
		json_put_str(nic, "name", name);
	}
	cJSON *defaults = json_make("{'description':'','properties':{'metadata':{'kind':'compute#metadata'},'scheduling':{'"
				    "automaticRestart':true,'onHostMaintenance':"
				    "'MIGRATE','preemptible':false,'provisioningModel':'STANDARD'}}}");
	sim_fill(doc, defaults);
	cJSON_Delete(defaults);
	if (json_at(properties, "metadata"))
		compute_touch(c->sim, properties, "metadata.fingerprint");
	if (json_at(properties, "tags"))
		compute_touch(c->sim, properties, "tags.fingerprint");
	return true;
}

const struct compute_kind compute_template_kind = {
    .plural = "instanceTemplates",
    .resources = "instanceTemplates regionInstanceTemplates",
    .kind = "compute#instanceTemplate",
    .word = "instance_template",
    .links = "properties.networkInterfaces.*.network properties.networkInterfaces.*.subnetwork",
    .used_by = "instanceGroupManagers",
    .quota = "INSTANCE_TEMPLATES",
    .insert = "compute.default.insert",
    .change = "compute.default.update",
    .remove = "compute.default.delete",
    .check = compute_templates_check,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("instanceTemplates", "instanceTemplates"),
    {"compute.instanceTemplates.aggregatedList", compute_aggregated, "compute.instanceTemplates.list", NULL},
    COMPUTE_POLICIES("instanceTemplates"),
    {"compute.regionInstanceTemplates.get", compute_get, "compute.instanceTemplates.get", NULL},
    {"compute.regionInstanceTemplates.list", compute_list, "compute.instanceTemplates.list", NULL},
    {"compute.regionInstanceTemplates.insert", compute_insert, "compute.instanceTemplates.create", NULL},
    {"compute.regionInstanceTemplates.delete", compute_delete, "compute.instanceTemplates.delete", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_templates, routes, NULL);
