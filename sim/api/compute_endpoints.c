/* The endpoints of backends that are no services of Google's: machines in instance groups, machines and pods in zonal network endpoint groups. */
#include "config.h"
#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

int compute_named_port(const struct sim_object *group, const char *name, int otherwise)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(group->doc, "namedPorts"))
		if (!strcmp(json_str(p, "name", ""), name))
			return (int)json_num(p, "port", otherwise);
	return otherwise;
}

static size_t members(struct sim *s, const struct sim_object *service, const struct sim_object *group,
		      struct compute_endpoint *list, size_t most)
{
	int port = compute_named_port(group, json_str(service->doc, "portName", "http"),
				      (int)json_num(service->doc, "port", 80));
	size_t n = 0;
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(group->hidden, "members")) {
		const struct sim_object *vm = compute_find(s, m->valuestring);
		if (vm && n < most)
			list[n++] = (struct compute_endpoint){group, vm, json_str(vm->doc, "networkInterfaces.0.networkIP", ""),
							      port};
	}
	return n;
}

cJSON *compute_endpoints_listed(struct sim *s, const struct sim_object *group)
{
	const cJSON *from = json_at(group->hidden, "kubernetes");
	if (from)
		return kubernetes_endpoints(s, json_str(from, "cluster", ""), json_str(from, "namespace", ""),
					    json_str(from, "service", ""), json_str(from, "port", ""));
	const cJSON *own = json_at(group->hidden, "endpoints");
	return own ? cJSON_Duplicate(own, true) : cJSON_CreateArray();
}

static size_t endpoints(struct sim *s, const struct sim_object *group, struct compute_endpoint *list, size_t most)
{
	const char *zone = strstr(group->key, "/zones/");
	cJSON *all = compute_endpoints_listed(s, group), *e;
	size_t n = 0;
	cJSON_ArrayForEach(e, all) {
		const char *name = json_str(e, "instance", ""), *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
		const char *key = zone ? sim_tmp("%.*s/%.*s/instances/%s", (int)(zone - group->key), group->key,
						 (int)(7 + strcspn(zone + 7, "/")) - 1, zone + 1, last)
				       : "";
		const struct sim_object *vm = *name ? sim_get(s, "compute.instances", key) : NULL;
		const char *address = sim_tmp(
		    "%s", json_str(e, "ipAddress", vm ? json_str(vm->doc, "networkInterfaces.0.networkIP", "") : ""));
		if (n < most)
			list[n++] = (struct compute_endpoint){
			    group, vm, address, (int)json_num(e, "port", json_num(group->doc, "defaultPort", 80))};
	}
	cJSON_Delete(all);
	return n;
}

size_t compute_endpoints(struct sim *s, const struct sim_object *service, const struct sim_object *group,
			 struct compute_endpoint *list, size_t most)
{
	if (!strcmp(group->collection, "compute.instanceGroups"))
		return members(s, service, group, list, most);
	return endpoints(s, group, list, most);
}
