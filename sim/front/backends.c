/* Backends that are no services of Google's, alive: what answers at their endpoints, and whether it is well. */
#include "config.h"
#include "sim/front/backends.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/compute.h"
#include "sim/api/serving.h"
#include "sim/front/machine.h"
#include "sim/front/pod.h"

#include <stdlib.h>
#include <string.h>

#define MOST 64
#define BALANCERS "35.191.0.0/16" /* Google's front ends and probes */

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

static bool is_from(const struct sim_object *rule, const char *from)
{
	const cJSON *r;
	cJSON_ArrayForEach(r, json_at(rule->doc, "sourceRanges"))
		if (ip4_within(from, r->valuestring))
			return true;
	return false;
}

bool backend_let_in(struct sim *s, const struct sim_object *vm, int port, const char *from)
{
	const char *prefix = sim_tmp("%.*s/global/firewalls/", (int)(strcspn(vm->key + 9, "/") + 9), vm->key);
	for (struct sim_object *f = sim_first(s, "compute.firewalls", prefix); f; f = sim_following(s, f, prefix)) {
		bool here = !strcmp(json_str(f->doc, "network", ""), json_str(vm->doc, "networkInterfaces.0.network", "-"));
		bool inward = strcmp(json_str(f->doc, "direction", "INGRESS"), "EGRESS") &&
			      !json_bool(f->doc, "disabled", false);
		if (here && inward && is_from(f, from) && opens(f, port) && aimed_at(f, vm))
			return true;
	}
	return false;
}

/* Health. ------------------------------------------------------------------------------------------------------------------ */
static bool open_endpoint(struct sim *s, const struct compute_endpoint *e, struct workload *w)
{
	return e->vm ? machine_open(s, e->vm, w)
		     : pod_open(s, json_str(e->group->hidden, "kubernetes.cluster", ""), e->address, w);
}

static const struct workload_part *part_at(const struct compute_endpoint *e, const struct workload *w, int port)
{
	return e->vm ? workload_at_host(w, port, BALANCERS) : workload_at(w, port);
}

/* The port and path that a health check asks for; path NULL: a connection is enough. */
static int asked(const struct sim_object *check, const struct compute_endpoint *e, const char **path)
{
	static const char *const blocks[] = {"httpHealthCheck", "httpsHealthCheck", "http2HealthCheck", "tcpHealthCheck",
					     "sslHealthCheck"};
	*path = NULL;
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		const cJSON *block = json_at(check->doc, blocks[i]);
		const char *how = json_str(block, "portSpecification",
					   json_at(block, "portName") ? "USE_NAMED_PORT" : "USE_FIXED_PORT");
		if (!block)
			continue;
		if (i < 3)
			*path = json_str(block, "requestPath", "/");
		if (!strcmp(how, "USE_SERVING_PORT"))
			return e->port;
		return !strcmp(how, "USE_NAMED_PORT") ? compute_named_port(e->group, json_str(block, "portName", ""), 0)
						      : (int)json_num(block, "port", 80);
	}
	return e->port;
}

bool backend_healthy(struct sim *s, const struct sim_object *service, const struct compute_endpoint *e)
{
	const struct sim_object *check = compute_find(s, json_str(service->doc, "healthChecks.0", ""));
	const char *path;
	struct workload w;
	if (!check)
		return false;
	int port = asked(check, e, &path);
	if ((e->vm && !backend_let_in(s, e->vm, port, BALANCERS)) || !open_endpoint(s, e, &w))
		return false;
	bool well = workload_healthy(&w, part_at(e, &w, port), path);
	workload_close(&w);
	return well;
}

bool backend_pick(struct visit *v, const struct sim_object *service, struct workload *w, const struct workload_part **part)
{
	struct sim *s = v->sim;
	struct compute_endpoint list[MOST];
	size_t n = 0, well = 0;
	const cJSON *b;
	cJSON_ArrayForEach(b, json_at(service->doc, "backends")) {
		const struct sim_object *group = compute_find(s, json_str(b, "group", ""));
		if (group)
			n += compute_endpoints(s, service, group, list + n, MOST - n);
	}
	for (size_t i = 0; i < n; i++)
		if (backend_healthy(s, service, &list[i]))
			list[well++] = list[i];
	const struct compute_endpoint *e = well ? &list[sim_random(s) % well] : NULL;
	if (!e || (e->vm && !backend_let_in(s, e->vm, e->port, BALANCERS)) || !open_endpoint(s, e, w))
		return false;
	*part = part_at(e, w, e->port);
	if (!*part)
		workload_close(w);
	else if (e->vm)
		machine_writes(v, e->vm);
	else
		pod_writes(v, json_str(e->group->hidden, "kubernetes.cluster", ""), e->address, *part);
	return *part != NULL;
}
