/* The backends of the load balancer that an Ingress stands for: a backend service for each port of a Service, with its network endpoint group, its health
 * check and Identity-Aware Proxy, as Services and BackendConfigs say. */
#include "config.h"
#include "sim/api/kubernetes_balance.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

struct sim_object *balance_named(const struct balance *b, const char *group, const char *version, const char *plural,
				 const char *name)
{
	char *key = kubernetes_key(b->cluster->key, kubernetes_resource_find(group, version, plural), b->ns, name);
	struct sim_object *o = sim_get(b->sim, OBJECTS, key);
	free(key);
	return o;
}

const char *balance_hash(const char *text)
{
	return sim_tmp("%.8s", sim_sha256(text, strlen(text)) + 7);
}

void balance_warn(const struct balance *b, const char *reason, const char *message)
{
	kubernetes_event_by(b->sim, b->cluster->key, b->ingress->doc, "Warning", reason, message, BALANCE_CONTROLLER);
}

const char *balance_ensure(struct balance *b, const struct compute_kind *kind, const char *scope, cJSON *doc)
{
	const char *key = sim_tmp("%s%s/%s", scope, kind->plural, json_str(doc, "name", ""));
	const char *collection = sim_tmp("compute.%s", kind->plural), *entry = sim_tmp("%s %s", collection, key);
	struct sim_object *o = sim_get(b->sim, collection, key);
	if (o)
		sim_merge_patch(o->doc, doc), cJSON_Delete(doc);
	else
		o = compute_store(b->sim, kind, scope, doc);
	cJSON_DeleteItemFromObjectCaseSensitive(b->made, entry);
	cJSON_AddTrueToObject(b->made, entry);
	return sim_tmp("%s", json_str(o->doc, "selfLink", ""));
}

static const cJSON *readiness(const struct balance *b, const struct sim_object *service)
{
	const char *prefix = sim_tmp("%s|/pods|%s|", b->cluster->key, b->ns);
	for (struct sim_object *pod = sim_first(b->sim, OBJECTS, prefix); pod; pod = sim_following(b->sim, pod, prefix)) {
		const cJSON *l = json_at(service->doc, "spec.selector"), *k;
		bool mine = l && l->child;
		for (l = l ? l->child : NULL; l; l = l->next) {
			const cJSON *has = cJSON_GetObjectItemCaseSensitive(json_at(pod->doc, "metadata.labels"), l->string);
			mine = mine && cJSON_IsString(has) && !strcmp(has->valuestring, l->valuestring);
		}
		cJSON_ArrayForEach(k, (mine ? json_at(pod->doc, "spec.containers") : NULL))
			if (json_at(k, "readinessProbe.httpGet") && json_at(k, "ports.0"))
				return json_at(k, "readinessProbe.httpGet");
	}
	return NULL;
}

/* By BackendConfig, else by the readiness probe of what serves, else "/". */
static const char *health_check(struct balance *b, const struct sim_object *service, const struct sim_object *config,
				const char *name)
{
	const cJSON *own = config ? json_at(config->doc, "spec.healthCheck") : NULL, *probe = readiness(b, service);
	const char *path = json_str(own, "requestPath", json_str(probe, "path", "/")), *type = json_str(own, "type", "HTTP");
	cJSON *block = json_make("{'requestPath':%s,'proxyHeader':'NONE'}", path);
	if (json_at(own, "port")) {
		json_put_num(block, "port", json_num(own, "port", 80));
		json_put_str(block, "portSpecification", "USE_FIXED_PORT");
	} else {
		json_put_str(block, "portSpecification", "USE_SERVING_PORT");
	}
	cJSON *doc = json_make(
	    "{'name':%s,'type':%s,'checkIntervalSec':%d,'timeoutSec':%d,'healthyThreshold':%d,'unhealthyThreshold':%d}", name,
	    type, (int)json_num(own, "checkIntervalSec", 15), (int)json_num(own, "timeoutSec", 15),
	    (int)json_num(own, "healthyThreshold", 1), (int)json_num(own, "unhealthyThreshold", 2));
	json_put(doc, !strcmp(type, "HTTPS") ? "httpsHealthCheck" : "httpHealthCheck", block);
	return balance_ensure(b, &compute_health_check_kind, b->scope, doc);
}

static cJSON *groups(struct balance *b, const char *service, const char *port, const char *name)
{
	cJSON *list = cJSON_CreateArray();
	const char *location = json_str(b->cluster->doc, "locations.0", json_str(b->cluster->doc, "location", ""));
	const char *zone = compute_zone_known(location) ? location : sim_tmp("%s-a", location);
	const char *network = json_str(b->cluster->doc, "networkConfig.network", ""),
		   *subnet = json_str(b->cluster->doc, "networkConfig.subnetwork", "");
	const char *net = compute_link(network), *sub = compute_link(subnet);
	cJSON *ends = kubernetes_endpoints(b->sim, b->cluster->key, b->ns, service, port);
	const char *scope = sim_tmp("projects/%s/zones/%s/", b->project, zone);
	const char *link = balance_ensure(
	    b, &compute_neg_kind, scope,
	    json_make("{'name':%s,'networkEndpointType':'GCE_VM_IP_PORT','network':%s,'subnetwork':%s,'size':%d}", name, net,
		      sub, cJSON_GetArraySize(ends)));
	struct sim_object *neg = compute_find(b->sim, link);
	json_put(neg->hidden, "kubernetes",
		 json_make("{'cluster':%s,'namespace':%s,'service':%s,'port':%s}", b->cluster->key, b->ns, service, port));
	cJSON_AddItemToArray(list,
			     json_make("{'group':%s,'balancingMode':'RATE','maxRatePerEndpoint':1,'capacityScaler':1}", link));
	cJSON_Delete(ends);
	return list;
}

/* Why the OAuth client that a BackendConfig names cannot be used; NULL when it can, or when none is named. */
static const char *client_lacks(const struct balance *b, const struct sim_object *config)
{
	static const char *const keys[] = {"client_id", "client_secret"};
	const char *from = json_str(config->doc, "spec.iap.oauthclientCredentials.secretName", "");
	const struct sim_object *secret = *from ? balance_named(b, "", "v1", "secrets", from) : NULL;
	if (*from && !secret)
		return sim_tmp("error retrieving secret \"%s\": secrets \"%s\" not found", from, from);
	for (size_t i = 0; secret && i < 2; i++)
		if (!cJSON_HasObjectItem(json_at(secret->doc, "data"), keys[i]))
			return sim_tmp("secret \"%s\" missing %s data", from, keys[i]);
	return NULL;
}

/* What a BackendConfig says of Identity-Aware Proxy; a client may be given in a Secret. */
static cJSON *iap(const struct balance *b, const struct sim_object *config)
{
	const cJSON *own = config ? json_at(config->doc, "spec.iap") : NULL;
	const char *client = json_str(own, "oauthclientCredentials.clientID", ""),
		   *from = json_str(own, "oauthclientCredentials.secretName", "");
	const struct sim_object *secret = *from ? balance_named(b, "", "v1", "secrets", from) : NULL;
	const char *coded = secret ? json_str(secret->doc, "data.client_id", "") : "",
		   *hidden = secret ? json_str(secret->doc, "data.client_secret", "") : "";
	char plain[256] = "", key[256] = "";
	plain[sim_unbase64(coded, plain, sizeof plain - 1)] = '\0';
	key[sim_unbase64(hidden, key, sizeof key - 1)] = '\0';
	return json_make("{'enabled':%b,'oauth2ClientId':%s,'oauth2ClientSecretSha256':%s}", json_bool(own, "enabled", false),
			 *plain ? plain : client, sim_sha256(key, strlen(key)) + 7);
}

/* What a BackendConfig says of the log of requests; all of them are written down where it says nothing. */
static cJSON *log_config(const struct sim_object *config)
{
	const cJSON *own = config ? json_at(config->doc, "spec.logging") : NULL;
	cJSON *out = json_make("{'enable':%b}", json_bool(own, "enable", true));
	if (json_bool(own, "enable", true))
		json_put_num(out, "sampleRate", json_num(own, "sampleRate", 1));
	return out;
}

/* The Service says which groups it is in, for each of its ports. */
static void tell_groups(struct balance *b, const char *service, const char *port, const char *name)
{
	struct sim_object *o = balance_named(b, "", "v1", "services", service);
	cJSON *status = cJSON_Parse(kubernetes_annotation(o->doc, "cloud.google.com/neg-status")), *zones = cJSON_CreateArray();
	const char *prefix = sim_tmp("projects/%s/zones/", b->project);
	status = status ? status : json_make("{'network_endpoint_groups':{},'zones':[]}");
	for (struct sim_object *neg = sim_first(b->sim, "compute.networkEndpointGroups", prefix); neg;
	     neg = sim_following(b->sim, neg, prefix))
		if (!strcmp(json_str(neg->doc, "name", ""), name))
			cJSON_AddItemToArray(zones,
					     cJSON_CreateString(sim_tmp("%.*s", (int)strcspn(neg->key + strlen(prefix), "/"),
									neg->key + strlen(prefix))));
	cJSON_DeleteItemFromObjectCaseSensitive(json_at(status, "network_endpoint_groups"), port);
	cJSON_AddStringToObject(json_at(status, "network_endpoint_groups"), port, name);
	json_put(status, "zones", zones);
	char *text = json_text(status, -1);
	if (strcmp(kubernetes_annotation(o->doc, "cloud.google.com/neg-status"), text)) {
		kubernetes_annotate(o->doc, "cloud.google.com/neg-status", text);
		kubernetes_touch(b->sim, b->cluster->key, o->doc);
	}
	free(text);
	cJSON_Delete(status);
}

const char *balance_backend(struct balance *b, const cJSON *ref)
{
	const char *service = json_str(ref, "service.name", ""),
		   *port = json_str(ref, "service.port.name", sim_tmp("%d", (int)json_num(ref, "service.port.number", 80)));
	const struct sim_object *o = balance_named(b, "", "v1", "services", service);
	const char *name = sim_tmp("k8s1-%s-%.12s-%.16s-%s-%s", balance_hash(b->cluster->key), b->ns, service, port,
				   balance_hash(sim_tmp("%s/%s/%s", b->ns, service, port)));
	if (!o) {
		balance_warn(
		    b, "Translate",
		    sim_tmp("Translation failed: invalid ingress spec: could not find service \"%s/%s\"", b->ns, service));
		return NULL;
	}
	cJSON *names = cJSON_Parse(kubernetes_annotation(o->doc, "cloud.google.com/backend-config"));
	const cJSON *of_port = json_at(names, "ports") ? cJSON_GetObjectItemCaseSensitive(json_at(names, "ports"), port) : NULL;
	const char *wanted = cJSON_IsString(of_port) ? of_port->valuestring : json_str(names, "default", "");
	const struct sim_object *config = *wanted ? balance_named(b, "cloud.google.com", "v1", "backendconfigs", wanted) : NULL;
	if (*wanted && !config)
		balance_warn(
		    b, "Translate",
		    sim_tmp("Translation failed: error getting BackendConfig for port \"%s\" on service \"%s/%s\", err: no "
			    "BackendConfig for service port exists.",
			    port, b->ns, service));
	const char *check = health_check(b, o, config, name);
	tell_groups(b, service, port, name);
	cJSON *doc = json_make(
	    "{'name':%s,'description':%s,'protocol':'HTTP','port':80,'portName':%s,'loadBalancingScheme':'EXTERNAL','"
	    "sessionAffinity':'NONE',"
	    "'timeoutSec':%d,'affinityCookieTtlSec':0,'connectionDraining':{'drainingTimeoutSec':0},'healthChecks':[%s],'"
	    "backends':%j}",
	    name,
	    sim_tmp("{\"kubernetes.io/service-name\":\"%s/%s\",\"kubernetes.io/service-port\":\"%s\"}", b->ns, service, port),
	    sim_tmp("port%s", port), (int)json_num(config ? config->doc : NULL, "spec.timeoutSec", 30), check,
	    groups(b, service, port, name));
	const char *lacks = config ? client_lacks(b, config) : NULL;
	if (lacks)
		balance_warn(
		    b, "Translate",
		    sim_tmp("Translation failed: error getting BackendConfig for port \"%s\" on service \"%s/%s\", err: "
			    "BackendConfig %s/%s is not valid: %s",
			    port, b->ns, service, b->ns, wanted, lacks));
	else if (config && json_at(config->doc, "spec.iap"))
		json_put(doc, "iap", iap(b, config));
	json_put(doc, "logConfig", log_config(config));
	balance_ensure(b, &compute_backend_service_kind, b->scope, doc);
	cJSON_Delete(names);
	return name;
}

const char *balance_state(const struct balance *b, const char *name)
{
	struct compute_endpoint ends[16];
	const struct sim_object *service = sim_get(b->sim, "compute.backendServices",
						   sim_tmp("%sbackendServices/%s", b->scope, name));
	const struct sim_object *group = service ? compute_find(b->sim, json_str(service->doc, "backends.0.group", "")) : NULL;
	size_t n = group ? compute_endpoints(b->sim, service, group, ends, 16) : 0;
	for (size_t i = 0; i < n; i++)
		if (sim_workloads(b->sim)->healthy(b->sim, service, &ends[i]))
			return "HEALTHY";
	return n ? "UNHEALTHY" : "Unknown";
}

const char *balance_default_backend(struct balance *b)
{
	const char *name = sim_tmp("k8s1-%s-kube-system-default-http-backend-80-%s", balance_hash(b->cluster->key),
				   balance_hash("default-http-backend"));
	const char *check = balance_ensure(
	    b, &compute_health_check_kind, b->scope,
	    json_make("{'name':%s,'type':'HTTP','checkIntervalSec':15,'timeoutSec':15,'healthyThreshold':1,"
		      "'unhealthyThreshold':2,'httpHealthCheck':{'requestPath':'/healthz',"
		      "'portSpecification':'USE_SERVING_PORT','proxyHeader':'NONE'}}",
		      name));
	balance_ensure(
	    b, &compute_backend_service_kind, b->scope,
	    json_make(
		"{'name':%s,'protocol':'HTTP','port':80,'portName':'http','loadBalancingScheme':'EXTERNAL','timeoutSec':30,"
		"'sessionAffinity':'NONE','affinityCookieTtlSec':0,'connectionDraining':{'drainingTimeoutSec':0},"
		"'healthChecks':[%s]}",
		name, check));
	return name;
}
