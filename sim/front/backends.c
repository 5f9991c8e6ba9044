/* Backends that are no services of Google's: machines in instance groups, machines and pods in zonal network endpoint groups. */
#include "config.h"
#include "sim/front/backends.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/compute.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"
#include "sim/front/machine.h"

#include <stdlib.h>
#include <string.h>

#define MOST 64

static int named_port(const struct sim_object *group, const char *name, int otherwise)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(group->doc, "namedPorts"))
		if (!strcmp(json_str(p, "name", ""), name))
			return (int)json_num(p, "port", otherwise);
	return otherwise;
}

static size_t members(struct sim *s, const struct sim_object *service, const struct sim_object *group, struct endpoint *list, size_t most)
{
	int port = named_port(group, json_str(service->doc, "portName", "http"), (int)json_num(service->doc, "port", 80));
	size_t n = 0;
	const cJSON *m;
	cJSON_ArrayForEach(m, json_at(group->hidden, "members")) {
		const struct sim_object *vm = compute_find(s, m->valuestring);
		if (vm && n < most)
			list[n++] = (struct endpoint){group, vm, json_str(vm->doc, "networkInterfaces.0.networkIP", ""), port};
	}
	return n;
}

cJSON *backends_listed(struct sim *s, const struct sim_object *group)
{
	const cJSON *from = json_at(group->hidden, "kubernetes");
	if (from)
		return kubernetes_endpoints(s, json_str(from, "cluster", ""), json_str(from, "namespace", ""), json_str(from, "service", ""), json_str(from, "port", ""));
	const cJSON *own = json_at(group->hidden, "endpoints");
	return own ? cJSON_Duplicate(own, true) : cJSON_CreateArray();
}

static size_t endpoints(struct sim *s, const struct sim_object *group, struct endpoint *list, size_t most)
{
	const char *zone = strstr(group->key, "/zones/");
	cJSON *all = backends_listed(s, group), *e;
	size_t n = 0;
	cJSON_ArrayForEach(e, all) {
		const char *name = json_str(e, "instance", ""), *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
		const char *key = zone ? sim_tmp("%.*s/%.*s/instances/%s", (int)(zone - group->key), group->key, (int)(7 + strcspn(zone + 7, "/")) - 1, zone + 1, last) : "";
		const struct sim_object *vm = *name ? sim_get(s, "compute.instances", key) : NULL;
		const char *address = sim_tmp("%s", json_str(e, "ipAddress", vm ? json_str(vm->doc, "networkInterfaces.0.networkIP", "") : ""));
		if (n < most)
			list[n++] = (struct endpoint){group, vm, address, (int)json_num(e, "port", json_num(group->doc, "defaultPort", 80))};
	}
	cJSON_Delete(all);
	return n;
}

size_t backends_of(struct sim *s, const struct sim_object *service, const struct sim_object *group, struct endpoint *list, size_t most)
{
	if (!strcmp(group->collection, "compute.instanceGroups"))
		return members(s, service, group, list, most);
	return endpoints(s, group, list, most);
}

/* Firewalls. --------------------------------------------------------------------------------------------------------------- */
static bool opens(const struct sim_object *rule, int port)
{
	const cJSON *a, *p;
	cJSON_ArrayForEach(a, json_at(rule->doc, "allowed")) {
		const char *protocol = json_str(a, "IPProtocol", "");
		bool tcp = !strcmp(protocol, "tcp") || !strcmp(protocol, "6");
		if (!strcmp(protocol, "all") || (tcp && !json_at(a, "ports")))
			return true;
		cJSON_ArrayForEach(p, json_at(a, "ports")) {
			const char *dash = strchr(p->valuestring, '-');
			int low = atoi(p->valuestring), high = dash ? atoi(dash + 1) : low;
			if (tcp && port >= low && port <= high)
				return true;
		}
	}
	return false;
}

static bool aimed_at(const struct sim_object *rule, const struct sim_object *vm)
{
	const cJSON *tag, *mine, *account;
	if (!json_at(rule->doc, "targetTags") && !json_at(rule->doc, "targetServiceAccounts"))
		return true;
	cJSON_ArrayForEach(tag, json_at(rule->doc, "targetTags"))
		cJSON_ArrayForEach(mine, json_at(vm->doc, "tags.items"))
			if (!strcmp(tag->valuestring, mine->valuestring))
				return true;
	cJSON_ArrayForEach(account, json_at(rule->doc, "targetServiceAccounts"))
		if (!strcmp(account->valuestring, json_str(vm->doc, "serviceAccounts.0.email", "-")))
			return true;
	return false;
}

static bool from_google(const struct sim_object *rule)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(rule->doc, "sourceRanges"))
		if (!strcmp(r->valuestring, "0.0.0.0/0") || !strcmp(r->valuestring, "35.191.0.0/16"))
			return true;
	return false;
}

/* Do the network's rules let Google's front ends and probes in to the port? */
static bool let_in(struct sim *s, const struct sim_object *vm, int port)
{
	const char *prefix = sim_tmp("%.*s/global/firewalls/", (int)(strcspn(vm->key + 9, "/") + 9), vm->key);
	for (struct sim_object *f = sim_first(s, "compute.firewalls", prefix); f; f = sim_following(s, f, prefix)) {
		bool here = !strcmp(json_str(f->doc, "network", ""), json_str(vm->doc, "networkInterfaces.0.network", "-"));
		bool inward = strcmp(json_str(f->doc, "direction", "INGRESS"), "EGRESS") && !json_bool(f->doc, "disabled", false);
		if (here && inward && from_google(f) && opens(f, port) && aimed_at(f, vm))
			return true;
	}
	return false;
}

/* Health. ------------------------------------------------------------------------------------------------------------------ */
static bool open_endpoint(struct sim *s, const struct endpoint *e, struct workload *w)
{
	return e->vm ? machine_open(s, e->vm, w) : kubernetes_pod_open(s, json_str(e->group->hidden, "kubernetes.cluster", ""), e->address, w);
}

static const struct workload_part *part_at(const struct endpoint *e, const struct workload *w, int port)
{
	return e->vm ? workload_at_host(w, port) : workload_at(w, port);
}

/* The port and path that a health check asks for; path NULL: a connection is enough. */
static int asked(const struct sim_object *check, const struct endpoint *e, const char **path)
{
	static const char *const blocks[] = {"httpHealthCheck", "httpsHealthCheck", "http2HealthCheck", "tcpHealthCheck", "sslHealthCheck"};
	*path = NULL;
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		const cJSON *block = json_at(check->doc, blocks[i]);
		const char *how = json_str(block, "portSpecification", json_at(block, "portName") ? "USE_NAMED_PORT" : "USE_FIXED_PORT");
		if (!block)
			continue;
		if (i < 3)
			*path = json_str(block, "requestPath", "/");
		if (!strcmp(how, "USE_SERVING_PORT"))
			return e->port;
		return !strcmp(how, "USE_NAMED_PORT") ? named_port(e->group, json_str(block, "portName", ""), 0) : (int)json_num(block, "port", 80);
	}
	return e->port;
}

bool backend_healthy(struct sim *s, const struct sim_object *service, const struct endpoint *e)
{
	const struct sim_object *check = compute_find(s, json_str(service->doc, "healthChecks.0", ""));
	const char *path;
	struct workload w;
	if (!check)
		return false;
	int port = asked(check, e, &path);
	if ((e->vm && !let_in(s, e->vm, port)) || !open_endpoint(s, e, &w))
		return false;
	bool well = workload_healthy(&w, part_at(e, &w, port), path);
	workload_close(&w);
	return well;
}

bool backend_pick(struct sim *s, const struct sim_object *service, struct workload *w, const struct workload_part **part)
{
	struct endpoint list[MOST];
	size_t n = 0, well = 0;
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(service->doc, "backends")) {
		const struct sim_object *group = compute_find(s, json_str(b, "group", ""));
		if (group)
			n += backends_of(s, service, group, list + n, MOST - n);
	}
	for (size_t i = 0; i < n; i++)
		if (backend_healthy(s, service, &list[i]))
			list[well++] = list[i];
	const struct endpoint *e = well ? &list[sim_random(s) % well] : NULL;
	if (!e || (e->vm && !let_in(s, e->vm, e->port)) || !open_endpoint(s, e, w))
		return false;
	*part = part_at(e, w, e->port);
	if (!*part)
		workload_close(w);
	return *part != NULL;
}
