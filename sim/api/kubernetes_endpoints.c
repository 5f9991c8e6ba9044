/* Who is behind a Service: its pods' addresses, as Endpoints and EndpointSlices and as network endpoints. */
#include "config.h"
#include "sim/api/kubernetes_pods.h"

#include "sim/api/kubernetes.h"
#include "sim/api/serving.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* The port of the pod behind a Service's port, which may be a name. */
static int kubernetes_target_port(const cJSON *pod, const cJSON *port)
{
	const cJSON *target = json_at(port, "targetPort"), *k, *p;
	if (cJSON_IsNumber(target))
		return target->valueint;
	cJSON_ArrayForEach(k, json_at(pod, "spec.containers"))
		cJSON_ArrayForEach(p, json_at(k, "ports"))
			if (cJSON_IsString(target) && !strcmp(json_str(p, "name", ""), target->valuestring))
				return (int)json_num(p, "containerPort", 0);
	return cJSON_IsString(target) ? 0 : (int)json_num(port, "port", 0);
}

cJSON *kubernetes_endpoints(struct sim *s, const char *cluster, const char *ns, const char *service, const char *port)
{
	const struct sim_object *o = kubernetes_named(s, cluster, "", "services", ns, service);
	const cJSON *p, *wanted = o ? json_at(o->doc, "spec.ports.0") : NULL;
	cJSON *all = cJSON_CreateArray();
	cJSON_ArrayForEach(p, (o ? json_at(o->doc, "spec.ports") : NULL))
		if (!strcmp(json_str(p, "name", "-"), port) || atoi(port) == (int)json_num(p, "port", -1))
			wanted = p;
	const char *prefix = kubernetes_prefix(cluster, "", "pods", ns);
	for (struct sim_object *pod = wanted ? sim_first(s, KUBERNETES_OBJECTS, prefix) : NULL; pod;
	     pod = sim_following(s, pod, prefix))
		if (json_bool(pod->hidden, "ready", false) &&
		    kubernetes_selects(json_at(o->doc, "spec.selector"), json_at(pod->doc, "metadata.labels")))
			cJSON_AddItemToArray(all,
					     json_make("{'ipAddress':%s,'port':%d}", json_str(pod->doc, "status.podIP", ""),
						       kubernetes_target_port(pod->doc, wanted)));
	return all;
}

static cJSON *reference(const struct sim_object *pod)
{
	return json_make("{'kind':'Pod','namespace':%s,'name':%s,'uid':%s}", json_str(pod->doc, "metadata.namespace", ""),
			 json_str(pod->doc, "metadata.name", ""), kubernetes_uid(pod));
}

/* Ports as pods have them; a named target is what the first of them calls so. */
static cJSON *ports_of(const struct sim_object *service, const struct sim_object *pod)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(service->doc, "spec.ports")) {
		int port = pod ? kubernetes_target_port(pod->doc, p) : 0;
		if (!port)
			continue;
		cJSON *one = json_make("{'port':%d,'protocol':%s}", port, json_str(p, "protocol", "TCP"));
		if (*json_str(p, "name", ""))
			json_put_str(one, "name", json_str(p, "name", ""));
		cJSON_AddItemToArray(all, one);
	}
	return all;
}

/* Puts the document's parts over those of the object of that name, made when there is none. */
static void settle(struct sim *s, const char *cluster, const char *group, const char *plural, const char *ns,
		   struct sim_object *old, cJSON *doc, const char *const *parts)
{
	bool same = old != NULL;
	for (const char *const *p = parts; old && *p; p++)
		same = same && json_equal(json_at(old->doc, *p), json_at(doc, *p));
	if (!old) {
		kubernetes_put(s, cluster, group, "v1", plural, ns, doc);
		return;
	}
	for (const char *const *p = parts; !same && *p; p++) {
		json_drop(old->doc, *p);
		if (json_at(doc, *p))
			json_put(old->doc, *p, cJSON_Duplicate(json_at(doc, *p), true));
	}
	if (!same)
		kubernetes_touch(s, cluster, old->doc);
	cJSON_Delete(doc);
}

/* The slice that the controller has made for the service, or NULL. */
static struct sim_object *slice_of(struct sim *s, const char *cluster, const char *ns, const struct sim_object *service)
{
	const char *prefix = kubernetes_prefix(cluster, "discovery.k8s.io", "endpointslices", ns);
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		if (!strcmp(json_str(o->doc, "metadata.ownerReferences.0.uid", ""), kubernetes_uid(service)))
			return o;
	return NULL;
}

/* What serves a Service, in both spellings. */
struct serving {
	const struct sim_object *first; /* of its pods */
	cJSON *ready, *unready;         /* as Endpoints list addresses */
	cJSON *ends;                    /* as an EndpointSlice lists both */
};

static struct serving serving_of(struct sim *s, const struct sim_object *cluster, const struct sim_object *service)
{
	const char *prefix = kubernetes_prefix(cluster->key, "", "pods", json_str(service->doc, "metadata.namespace", ""));
	bool all_published = json_bool(service->doc, "spec.publishNotReadyAddresses", false);
	struct serving v = {NULL, cJSON_CreateArray(), cJSON_CreateArray(), cJSON_CreateArray()};
	for (struct sim_object *pod = sim_first(s, KUBERNETES_OBJECTS, prefix); pod; pod = sim_following(s, pod, prefix)) {
		const char *ip = json_str(pod->doc, "status.podIP", ""), *node = json_str(pod->doc, "spec.nodeName", ""),
			   *phase = json_str(pod->doc, "status.phase", "");
		if (!*ip || !strcmp(phase, "Succeeded") || !strcmp(phase, "Failed") ||
		    !kubernetes_selects(json_at(service->doc, "spec.selector"), json_at(pod->doc, "metadata.labels")))
			continue;
		bool is_ready = json_bool(pod->hidden, "ready", false) || all_published;
		v.first = v.first ? v.first : pod;
		cJSON_AddItemToArray(is_ready ? v.ready : v.unready,
				     json_make("{'ip':%s,'nodeName':%s,'targetRef':%j}", ip, node, reference(pod)));
		cJSON_AddItemToArray(v.ends, json_make("{'addresses':[%s],'conditions':{'ready':%b,'serving':%b,'terminating':"
						       "false},'nodeName':%s,'targetRef':%j,'zone':%s}",
						       ip, is_ready, is_ready, node, reference(pod),
						       json_str(pod->hidden, "zone", "")));
	}
	return v;
}

static void sync_endpoints(struct sim *s, const struct sim_object *cluster, const struct sim_object *service,
			   const struct serving *v, const cJSON *ports)
{
	static const char *const parts[] = {"subsets", NULL};
	const char *ns = json_str(service->doc, "metadata.namespace", ""), *name = json_str(service->doc, "metadata.name", "");
	cJSON *subset = cJSON_CreateObject();
	sim_put_list(subset, "addresses", v->ready);
	sim_put_list(subset, "notReadyAddresses", v->unready);
	if (ports->child)
		json_put(subset, "ports", cJSON_Duplicate(ports, true));
	cJSON *endpoints = json_make("{'metadata':{'name':%s,'labels':%j}}", name,
				     cJSON_Duplicate(json_at(service->doc, "metadata.labels"), true));
	if (!cJSON_IsObject(json_at(endpoints, "metadata.labels")))
		json_put(endpoints, "metadata.labels", cJSON_CreateObject());
	if (!strcmp(json_str(service->doc, "spec.clusterIP", ""), "None"))
		cJSON_AddStringToObject(json_at(endpoints, "metadata.labels"), "service.kubernetes.io/headless", "");
	cJSON_AddStringToObject(json_at(endpoints, "metadata.labels"), "endpoints.kubernetes.io/managed-by",
				"endpoint-controller");
	if (v->first)
		json_put(endpoints, "subsets", json_make("[%j]", subset));
	else
		cJSON_Delete(subset);
	settle(s, cluster->key, "", "endpoints", ns, kubernetes_named(s, cluster->key, "", "endpoints", ns, name), endpoints,
	       parts);
}

static void sync_slice(struct sim *s, const struct sim_object *cluster, const struct sim_object *service, cJSON *ends,
		       cJSON *ports)
{
	static const char *const parts[] = {"endpoints", "ports", NULL};
	const char *ns = json_str(service->doc, "metadata.namespace", ""), *name = json_str(service->doc, "metadata.name", "");
	struct sim_object *old = slice_of(s, cluster->key, ns, service);
	const char *slice_name = old ? json_str(old->doc, "metadata.name", "") : sim_tmp("%s-%s", name, kubernetes_drawn(s));
	cJSON *slice = json_make("{'metadata':{'name':%s,'generateName':%s,'labels':{},'ownerReferences':[{'apiVersion':'v1','"
				 "kind':'Service','name':%s,'uid':%s,'controller':true,"
				 "'blockOwnerDeletion':true}]},'addressType':'IPv4','endpoints':%j,'ports':%j}",
				 slice_name, sim_tmp("%s-", name), name, kubernetes_uid(service), ends, ports);
	cJSON_AddStringToObject(json_at(slice, "metadata.labels"), "endpointslice.kubernetes.io/managed-by",
				"endpointslice-controller.k8s.io");
	cJSON_AddStringToObject(json_at(slice, "metadata.labels"), "kubernetes.io/service-name", name);
	settle(s, cluster->key, "discovery.k8s.io", "endpointslices", ns, old, slice, parts);
}

static void sync_one(struct sim *s, const struct sim_object *cluster, const struct sim_object *service)
{
	struct serving v = serving_of(s, cluster, service);
	cJSON *ports = ports_of(service, v.first);
	sync_endpoints(s, cluster, service, &v, ports);
	sync_slice(s, cluster, service, v.ends, ports);
}

void kubernetes_endpoints_sync(struct sim *s, const struct sim_object *cluster, const char *ns)
{
	const char *prefix = kubernetes_prefix(cluster->key, "", "services", ns);
	for (struct sim_object *o = sim_first(s, KUBERNETES_OBJECTS, prefix); o; o = sim_following(s, o, prefix))
		if (json_at(o->doc, "spec.selector"))
			sync_one(s, cluster, o);
}
