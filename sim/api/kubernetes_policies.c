/* NetworkPolicies, between pods of one namespace: a direction that no policy selects is open, else one rule of one policy has to let through. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/compute.h"
#include "sim/api/serving.h"

#include "base/json.h"

#include <string.h>

static bool has_direction(const cJSON *spec, const char *direction)
{
	const cJSON *types = json_at(spec, "policyTypes");
	return types ? json_lists(types, direction) : !strcmp(direction, "Ingress") || json_at(spec, "egress");
}

static bool port_fits(const cJSON *rule, int port)
{
	const cJSON *ports = json_at(rule, "ports"), *p;
	cJSON_ArrayForEach(p, ports) {
		int from = (int)json_num(p, "port", 0), to = (int)json_num(p, "endPort", from);
		if (!strcmp(json_str(p, "protocol", "TCP"), "TCP") && (!json_at(p, "port") || (port >= from && port <= to)))
			return true;
	}
	return !cJSON_GetArraySize(ports);
}

/* A selector of namespaces means others too, of which the namespace's own name is the only label that is looked at here. */
static bool namespace_fits(const cJSON *peer, const char *ns)
{
	const cJSON *selector = json_at(peer, "namespaceSelector");
	cJSON *labels = cJSON_CreateObject();
	cJSON_AddStringToObject(labels, "kubernetes.io/metadata.name", ns);
	bool fits = !selector || kubernetes_label_selector(selector, labels);
	cJSON_Delete(labels);
	return fits;
}

static bool peer_fits(const cJSON *peers, const char *ns, const cJSON *labels, const char *ip)
{
	const cJSON *peer;
	cJSON_ArrayForEach(peer, peers) {
		const char *block = json_str(peer, "ipBlock.cidr", NULL);
		const cJSON *pods = json_at(peer, "podSelector");
		if (block ? ip4_within(sim_tmp("%s/32", ip), block)
			  : namespace_fits(peer, ns) && (!pods || kubernetes_label_selector(pods, labels)))
			return true;
	}
	return !cJSON_GetArraySize(peers);
}

/* May pods with these labels do so with the other, at its port? */
static bool lets(struct sim *s, const char *cluster, const char *ns, const char *direction, const cJSON *labels,
		 const cJSON *others, const char *ip, int port)
{
	bool in = !strcmp(direction, "Ingress"), selected = false;
	const char *prefix = sim_tmp("%s", kubernetes_prefix(cluster, "networking.k8s.io", "networkpolicies", ns));
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix)) {
		const cJSON *spec = json_at(o->doc, "spec"), *rule;
		if (!has_direction(spec, direction) || !kubernetes_label_selector(json_at(spec, "podSelector"), labels))
			continue;
		selected = true;
		cJSON_ArrayForEach(rule, json_at(spec, in ? "ingress" : "egress"))
			if (port_fits(rule, port) && peer_fits(json_at(rule, in ? "from" : "to"), ns, others, ip))
				return true;
	}
	return !selected;
}

bool kubernetes_pods_may(struct sim *s, const char *cluster, const struct sim_object *from, const struct sim_object *to,
			 int port)
{
	const char *ns = json_str(from->doc, "metadata.namespace", ""), *other = json_str(to->doc, "metadata.namespace", "");
	const cJSON *source = json_at(from->doc, "metadata.labels"), *target = json_at(to->doc, "metadata.labels");
	return lets(s, cluster, ns, "Egress", source, target, json_str(to->doc, "status.podIP", ""), port) &&
	       lets(s, cluster, other, "Ingress", target, source, json_str(from->doc, "status.podIP", ""), port);
}
