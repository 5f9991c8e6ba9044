/* What a cluster's controllers do: deployments come up, jobs end, GKE makes load balancers and certificates of ingresses. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
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

/* Annotations have dots in their names. */
static const char *annotation(const cJSON *doc, const char *name)
{
	const cJSON *a = cJSON_GetObjectItemCaseSensitive(json_at(doc, "metadata.annotations"), name);
	return cJSON_IsString(a) ? a->valuestring : "";
}

static void annotate(cJSON *doc, const char *name, const char *value)
{
	if (!json_at(doc, "metadata.annotations"))
		json_put(doc, "metadata.annotations", cJSON_CreateObject());
	cJSON_DeleteItemFromObjectCaseSensitive(json_at(doc, "metadata.annotations"), name);
	cJSON_AddStringToObject(json_at(doc, "metadata.annotations"), name, value);
}

/* GKE's words for whose it is. */
static cJSON *backend_doc(const char *ns, const char *service, const char *name)
{
	char *about = xasprintf("{\"kubernetes.io/service-name\":\"%s/%s\",\"kubernetes.io/service-port\":\"80\"}", ns, service);
	cJSON *doc = json_make("{'name':%s,'description':%s,'protocol':'HTTP','port':80,'portName':'port80','loadBalancingScheme':'EXTERNAL',"
			       "'sessionAffinity':'NONE','timeoutSec':30,'affinityCookieTtlSec':0,'connectionDraining':{'drainingTimeoutSec':0}}",
			       name, about);
	free(about);
	return doc;
}

/* The backend service of a Service's port, with what its BackendConfig says of IAP; its name into out. */
static void backend_service(struct sim *s, const char *cluster, const char *ns, const char *service, char out[static 64])
{
	struct sim_object *svc = object_named(s, cluster, "", "v1", "services", ns, service);
	char *project = xstrndup(cluster + 9, strcspn(cluster + 9, "/")), *scope = xasprintf("projects/%s/global/", project);
	uint64_t h = 1469598103934665603u;
	for (const char *p = cluster; *p; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	for (const char *p = service; *p; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	snprintf(out, 64, "k8s1-%08x-%.12s-%.16s-80-%08x", (unsigned)(h >> 32), ns, service, (unsigned)h);
	char *key = xasprintf("%sbackendServices/%s", scope, out);
	struct sim_object *be = sim_get(s, "compute.backendServices", key);
	if (!be)
		be = compute_store(s, &compute_backend_service_kind, scope, backend_doc(ns, service, out));
	cJSON *ref = svc ? cJSON_Parse(annotation(svc->doc, "cloud.google.com/backend-config")) : NULL;
	struct sim_object *config = ref ? object_named(s, cluster, "cloud.google.com", "v1", "backendconfigs", ns, json_str(ref, "default", "")) : NULL;
	if (config && json_at(config->doc, "spec.iap"))
		json_put(be->doc, "iap", json_make("{'enabled':%b,'oauth2ClientId':%s,'oauth2ClientSecretSha256':%s}", json_bool(config->doc, "spec.iap.enabled", false),
						   json_str(config->doc, "spec.iap.oauthclientCredentials.clientID", ""),
						   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	cJSON_Delete(ref);
	free(project);
	free(scope);
	free(key);
}

static void ingress_up(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = arg_object(s, arg);
	const char *cluster = json_str(arg, "cluster", "");
	if (!o)
		return;
	const char *ns = json_str(o->doc, "metadata.namespace", ""), *fixed = annotation(o->doc, "kubernetes.io/ingress.global-static-ip-name");
	char ip[16] = "", name[64];
	char *path = xasprintf("%.*s/global/addresses/%s", (int)(strcspn(cluster + 9, "/") + 9), cluster, fixed);
	struct sim_object *a = *fixed ? sim_get(s, "compute.addresses", path) : NULL;
	free(path);
	if (*fixed && !a) {
		sim_after(s, 60, ingress_up, cJSON_Duplicate(arg, true));
		return;
	}
	if (a)
		snprintf(ip, sizeof ip, "%s", json_str(a->doc, "address", ""));
	else
		ip4_text(34u << 24 | (96u + (uint32_t)(sim_random(s) % 64)) << 16 | (uint32_t)(sim_random(s) & 0xffff), ip);
	if (a) {
		char *user = xasprintf(COMPUTE_BASE "%.*s/global/forwardingRules/k8s2-fr-%s", (int)(strcspn(cluster + 9, "/") + 9), cluster,
				       json_str(o->doc, "metadata.name", ""));
		char *project = xstrndup(cluster + 9, strcspn(cluster + 9, "/"));
		network_address_used(s, project, ip, user, true);
		free(user);
		free(project);
	}
	cJSON *backends = cJSON_CreateObject();
	const cJSON *rule, *p;
	if (json_at(o->doc, "spec.defaultBackend.service.name")) {
		backend_service(s, cluster, ns, json_str(o->doc, "spec.defaultBackend.service.name", ""), name);
		cJSON_AddStringToObject(backends, name, "HEALTHY");
	}
	cJSON_ArrayForEach(rule, json_at(o->doc, "spec.rules"))
		cJSON_ArrayForEach(p, json_at(rule, "http.paths")) {
			backend_service(s, cluster, ns, json_str(p, "backend.service.name", ""), name);
			if (!cJSON_GetObjectItemCaseSensitive(backends, name))
				cJSON_AddStringToObject(backends, name, "HEALTHY");
		}
	char *text = json_text(backends, -1);
	annotate(o->doc, "ingress.kubernetes.io/backends", text);
	json_put(o->doc, "status.loadBalancer", json_make("{'ingress':[{'ip':%s}]}", ip));
	kubernetes_touch(s, cluster, o->doc);
	free(text);
	cJSON_Delete(backends);
}

static void ingress(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	if (json_bool(o->hidden, "gone", false)) {
		const char *ip = json_str(o->doc, "status.loadBalancer.ingress.0.ip", "");
		char *user = xasprintf(COMPUTE_BASE "%.*s/global/forwardingRules/k8s2-fr-%s", (int)(strcspn(cluster->key + 9, "/") + 9), cluster->key,
				       json_str(o->doc, "metadata.name", ""));
		char *project = xstrndup(cluster->key + 9, strcspn(cluster->key + 9, "/"));
		if (*ip)
			network_address_used(s, project, ip, user, false);
		free(user);
		free(project);
		return;
	}
	if (json_at(o->hidden, "started"))
		return;
	json_put_bool(o->hidden, "started", true);
	sim_after(s, sim_draw(s, "lag.loadBalancer"), ingress_up, arg_of(cluster, o));
}

/* The address of an ingress that names the certificate. */
static const char *served_at(struct sim *s, const char *cluster, const struct sim_object *certificate)
{
	const struct kubernetes_resource *r = kubernetes_resource_find("networking.k8s.io", "v1", "ingresses");
	char *prefix = kubernetes_key(cluster, r, json_str(certificate->doc, "metadata.namespace", ""), "");
	const char *ip = NULL;
	for (struct sim_object *o = sim_first(s, OBJECTS, prefix); o && !ip; o = sim_following(s, o, prefix))
		if (strstr(annotation(o->doc, "networking.gke.io/managed-certificates"), json_str(certificate->doc, "metadata.name", "-")))
			ip = json_str(o->doc, "status.loadBalancer.ingress.0.ip", NULL);
	free(prefix);
	return ip;
}

static void certificate_states(struct sim *s, const char *cluster, struct sim_object *o, const char *state)
{
	const cJSON *d;
	cJSON *list = cJSON_CreateArray();
	cJSON_ArrayForEach(d, json_at(o->doc, "spec.domains"))
		cJSON_AddItemToArray(list, json_make("{'domain':%s,'status':%s}", d->valuestring, state));
	json_put_str(o->doc, "status.certificateStatus", strcmp(state, "FailedNotVisible") ? state : "Provisioning");
	json_put(o->doc, "status.domainStatus", list);
	kubernetes_touch(s, cluster, o->doc);
}

static void certificate_active(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = arg_object(s, arg);
	char until[40];
	if (!o)
		return;
	json_put_str(o->doc, "status.expireTime", text_rfc3339(sim_wall(s) + 90 * 86400, 3, until));
	certificate_states(s, json_str(arg, "cluster", ""), o, "Active");
}

static void certificate_probe(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = arg_object(s, arg);
	const cJSON *d;
	if (!o)
		return;
	const char *ip = served_at(s, json_str(arg, "cluster", ""), o);
	bool visible = ip != NULL;
	cJSON_ArrayForEach(d, json_at(o->doc, "spec.domains"))
		visible = visible && sim_dns_leads(s, d->valuestring, ip);
	certificate_states(s, json_str(arg, "cluster", ""), o, ip && !visible ? "FailedNotVisible" : "Provisioning");
	sim_after(s, visible ? sim_draw(s, "compute.sslCertificate.provision") : 300, visible ? certificate_active : certificate_probe,
		  cJSON_Duplicate(arg, true));
}

static void certificate(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	char uid[37];
	if (json_at(o->doc, "status.certificateName"))
		return;
	sim_uuid(s, uid);
	char *name = xasprintf("mcrt-%s", uid);
	json_put_str(o->doc, "status.certificateName", name);
	free(name);
	certificate_states(s, cluster->key, o, "Provisioning");
	sim_after(s, 60, certificate_probe, arg_of(cluster, o));
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
		ingress(s, cluster, o);
	else if (gone)
		kubernetes_owner_gone(s, cluster, o);
	else if (!strcmp(kind, "Deployment"))
		kubernetes_deployment(s, cluster, o);
	else if (!strcmp(kind, "Job"))
		kubernetes_job(s, cluster, o);
	else if (!strcmp(kind, "ManagedCertificate"))
		certificate(s, cluster, o);
	else if (!strcmp(kind, "Service"))
		service(s, cluster, o);
	else if (!strcmp(kind, "Namespace"))
		namespace(s, cluster, o);
}
