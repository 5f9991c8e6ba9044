/* What a cluster's controllers do: whose turn it is when an object changes; services and namespaces. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_ingress.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

static cJSON *arg_of(const struct sim_object *cluster, const struct sim_object *o)
{
	return json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, json_str(o->doc, "metadata.uid", ""));
}

static struct sim_object *arg_object(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, OBJECTS, json_str(arg, "key", ""));
	return o && !strcmp(json_str(o->doc, "metadata.uid", ""), json_str(arg, "uid", "-")) ? o : NULL;
}

/* Ingresses and certificates of GKE. ------------------------------------------------------------------------------------- */
static struct sim_object *object_named(struct sim *s, const char *cluster, const char *group, const char *version, const char *plural, const char *ns,
				       const char *name)
{
	const struct kubernetes_resource *r = kubernetes_resource_find(group, version, plural);
	char *key = kubernetes_key(cluster, r, ns, name);
	struct sim_object *o = sim_get(s, OBJECTS, key);
	free(key);
	return o;
}

/* The rest. -------------------------------------------------------------------------------------------------------------- */
static void service_up(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = arg_object(s, arg);
	char ip[16];
	if (!o)
		return;
	ip4_text(35u << 24 | (184u + (uint32_t)(sim_random(s) % 60)) << 16 | (uint32_t)(sim_random(s) & 0xffff), ip);
	json_put(o->doc, "status.loadBalancer", json_make("{'ingress':[{'ip':%s,'ipMode':'VIP'}]}", ip));
	kubernetes_touch(s, json_str(arg, "cluster", ""), o->doc);
}

static void service(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	if (strcmp(json_str(o->doc, "spec.type", ""), "LoadBalancer") || json_at(o->hidden, "started"))
		return;
	json_put_bool(o->hidden, "started", true);
	sim_after(s, 45, service_up, arg_of(cluster, o));
}

/* Every namespace has its service account and the cluster's certificate. */
static void namespace(struct sim *s, const struct sim_object *cluster, const struct sim_object *o)
{
	const char *name = json_str(o->doc, "metadata.name", "");
	if (object_named(s, cluster->key, "", "v1", "serviceaccounts", name, "default") || json_at(o->doc, "metadata.deletionTimestamp"))
		return;
	kubernetes_put(s, cluster->key, "", "v1", "serviceaccounts", name, json_make("{'metadata':{'name':'default'}}"));
	kubernetes_put(s, cluster->key, "", "v1", "configmaps", name,
		       json_make("{'metadata':{'name':'kube-root-ca.crt','annotations':{'kubernetes.io/description':'Contains a CA bundle that can be used to "
				 "verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
				 "guaranteed across distributions of Kubernetes clusters.'}},'data':{'ca.crt':%s}}", sim_ca_pem(s)));
}

void kubernetes_react(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const char *kind = json_str(o->doc, "kind", "");
	bool gone = json_bool(o->hidden, "gone", false);
	if (!strcmp(kind, "Ingress"))
		kubernetes_ingress(s, cluster, o);
	else if (!strcmp(kind, "ManagedCertificate"))
		kubernetes_certificate(s, cluster, o);
	else if (gone)
		kubernetes_owner_gone(s, cluster, o);
	else if (!strcmp(kind, "Deployment"))
		kubernetes_deployment(s, cluster, o);
	else if (!strcmp(kind, "Job"))
		kubernetes_job(s, cluster, o);
	else if (!strcmp(kind, "Service"))
		service(s, cluster, o);
	else if (!strcmp(kind, "Namespace"))
		namespace(s, cluster, o);
}
