/* GKE's ingress controller: the load balancer that an Ingress stands for (network endpoint groups, health checks, backend services, URL map, target
 * proxies, certificates, forwarding rules), kept in step with it, and removed with it; and ManagedCertificates. */
#include "config.h"
#include "sim/api/kubernetes_ingress.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

#define CONTROLLER "loadbalancer-controller"
#define FINALIZER "networking.gke.io/ingress-finalizer-V2"

struct balance {
	struct sim *sim;
	const struct sim_object *cluster;
	struct sim_object *ingress;
	const char *ns, *project, *scope, *tail; /* tail tells this ingress's resources from others' */
	cJSON *made;                             /* keys of what stands for it now: {"collection/key": true} */
};

static struct sim_object *named(const struct balance *b, const char *group, const char *version, const char *plural,
				const char *name)
{
	char *key = kubernetes_key(b->cluster->key, kubernetes_resource_find(group, version, plural), b->ns, name);
	struct sim_object *o = sim_get(b->sim, OBJECTS, key);
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

static const char *hash(const char *text)
{
	return sim_tmp("%.8s", sim_sha256(text, strlen(text)) + 7);
}

static void warn(const struct balance *b, const char *reason, const char *message)
{
	kubernetes_event_by(b->sim, b->cluster->key, b->ingress->doc, "Warning", reason, message, CONTROLLER);
}

/* The resource of this name, made or brought up to date; doc is taken. Its link. */
static const char *ensure(struct balance *b, const struct compute_kind *kind, const char *scope, cJSON *doc)
{
	const char *key = sim_tmp("%s%s/%s", scope, kind->plural, json_str(doc, "name", ""));
	const char *collection = sim_tmp("compute.%s", kind->plural), *entry = sim_tmp("%s %s", collection, key);
	struct sim_object *o = sim_get(b->sim, collection, key);
	if (o)
		compute_merge(o->doc, doc), cJSON_Delete(doc);
	else
		o = compute_store(b->sim, kind, scope, doc);
	cJSON_DeleteItemFromObjectCaseSensitive(b->made, entry);
	cJSON_AddTrueToObject(b->made, entry);
	return sim_tmp("%s", json_str(o->doc, "selfLink", ""));
}

/* Backends. ----------------------------------------------------------------------------------------------------------------- */
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
	return ensure(b, &compute_health_check_kind, b->scope, doc);
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
	const char *link = ensure(
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
	const struct sim_object *secret = *from ? named(b, "", "v1", "secrets", from) : NULL;
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
	const struct sim_object *secret = *from ? named(b, "", "v1", "secrets", from) : NULL;
	const char *coded = secret ? json_str(secret->doc, "data.client_id", "") : "",
		   *hidden = secret ? json_str(secret->doc, "data.client_secret", "") : "";
	char plain[256] = "", key[256] = "";
	plain[sim_unbase64(coded, plain, sizeof plain - 1)] = '\0';
	key[sim_unbase64(hidden, key, sizeof key - 1)] = '\0';
	return json_make("{'enabled':%b,'oauth2ClientId':%s,'oauth2ClientSecretSha256':%s}", json_bool(own, "enabled", false),
			 *plain ? plain : client, sim_sha256(key, strlen(key)) + 7);
}

/* The Service says which groups it is in, for each of its ports. */
static void tell_groups(struct balance *b, const char *service, const char *port, const char *name)
{
	struct sim_object *o = named(b, "", "v1", "services", service);
	cJSON *status = cJSON_Parse(annotation(o->doc, "cloud.google.com/neg-status")), *zones = cJSON_CreateArray();
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
	if (strcmp(annotation(o->doc, "cloud.google.com/neg-status"), text)) {
		annotate(o->doc, "cloud.google.com/neg-status", text);
		kubernetes_touch(b->sim, b->cluster->key, o->doc);
	}
	free(text);
	cJSON_Delete(status);
}

/* The backend service of a Service's port; its name, or NULL when the Service is not there. */
static const char *backend(struct balance *b, const cJSON *ref)
{
	const char *service = json_str(ref, "service.name", ""),
		   *port = json_str(ref, "service.port.name", sim_tmp("%d", (int)json_num(ref, "service.port.number", 80)));
	const struct sim_object *o = named(b, "", "v1", "services", service);
	const char *name = sim_tmp("k8s1-%s-%.12s-%.16s-%s-%s", hash(b->cluster->key), b->ns, service, port,
				   hash(sim_tmp("%s/%s/%s", b->ns, service, port)));
	if (!o) {
		warn(b, "Translate",
		     sim_tmp("Translation failed: invalid ingress spec: could not find service \"%s/%s\"", b->ns, service));
		return NULL;
	}
	cJSON *names = cJSON_Parse(annotation(o->doc, "cloud.google.com/backend-config"));
	const cJSON *of_port = json_at(names, "ports") ? cJSON_GetObjectItemCaseSensitive(json_at(names, "ports"), port) : NULL;
	const char *wanted = cJSON_IsString(of_port) ? of_port->valuestring : json_str(names, "default", "");
	const struct sim_object *config = *wanted ? named(b, "cloud.google.com", "v1", "backendconfigs", wanted) : NULL;
	if (*wanted && !config)
		warn(b, "Translate",
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
		warn(b, "Translate",
		     sim_tmp("Translation failed: error getting BackendConfig for port \"%s\" on service \"%s/%s\", err: "
			     "BackendConfig %s/%s is not valid: %s",
			     port, b->ns, service, b->ns, wanted, lacks));
	else if (config && json_at(config->doc, "spec.iap"))
		json_put(doc, "iap", iap(b, config));
	ensure(b, &compute_backend_service_kind, b->scope, doc);
	cJSON_Delete(names);
	return name;
}

/* HEALTHY where an endpoint passes its check, UNHEALTHY where none does, Unknown without any. */
static const char *state_of(const struct balance *b, const char *name)
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

/* The map. ------------------------------------------------------------------------------------------------------------------ */
static const char *service_link(const struct balance *b, const char *name)
{
	return sim_tmp(COMPUTE_BASE "%sbackendServices/%s", b->scope, name);
}

/* Paths of one rule as a URL map's matcher. */
static cJSON *matcher(struct balance *b, const cJSON *rule, const char *name, const char *fallback, cJSON *states)
{
	cJSON *m = json_make("{'name':%s,'defaultService':%s,'pathRules':[]}", name, service_link(b, fallback));
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(rule, "http.paths")) {
		const char *be = backend(b, json_at(p, "backend")), *path = json_str(p, "path", "/"),
			   *type = json_str(p, "pathType", "");
		if (!be)
			continue;
		cJSON_DeleteItemFromObject(states, be);
		cJSON_AddStringToObject(states, be, state_of(b, be));
		bool whole = !*path || !strcmp(path, "/*") || (!strcmp(path, "/") && strcmp(type, "Exact"));
		if (whole)
			json_put_str(m, "defaultService", service_link(b, be));
		else
			cJSON_AddItemToArray(json_at(m, "pathRules"),
					     !strcmp(type, "Prefix")
						 ? json_make("{'service':%s,'paths':[%s,%s]}", service_link(b, be), path,
							     sim_tmp("%s%s*", path, text_ends(path, "/") ? "" : "/"))
						 : json_make("{'service':%s,'paths':[%s]}", service_link(b, be), path));
	}
	return m;
}

/* GKE's own default backend answers 404; its Service is in kube-system. */
static const char *default_backend(struct balance *b)
{
	const char *name = sim_tmp("k8s1-%s-kube-system-default-http-backend-80-%s", hash(b->cluster->key),
				   hash("default-http-backend"));
	const char *check = ensure(
	    b, &compute_health_check_kind, b->scope,
	    json_make("{'name':%s,'type':'HTTP','checkIntervalSec':15,'timeoutSec':15,'healthyThreshold':1,"
		      "'unhealthyThreshold':2,'httpHealthCheck':{'requestPath':'/healthz',"
		      "'portSpecification':'USE_SERVING_PORT','proxyHeader':'NONE'}}",
		      name));
	ensure(b, &compute_backend_service_kind, b->scope,
	       json_make(
		   "{'name':%s,'protocol':'HTTP','port':80,'portName':'http','loadBalancingScheme':'EXTERNAL','timeoutSec':30,"
		   "'sessionAffinity':'NONE','affinityCookieTtlSec':0,'connectionDraining':{'drainingTimeoutSec':0},"
		   "'healthChecks':[%s]}",
		   name, check));
	return name;
}

static const char *url_map(struct balance *b, cJSON *states)
{
	cJSON *hosts = cJSON_CreateArray(), *matchers = cJSON_CreateArray();
	const cJSON *rule, *first = json_at(b->ingress->doc, "spec.defaultBackend");
	const char *fallback = first ? backend(b, first) : NULL;
	if (fallback)
		cJSON_AddStringToObject(states, fallback, state_of(b, fallback));
	else
		fallback = default_backend(b);
	int n = 0;
	cJSON_ArrayForEach(rule, json_at(b->ingress->doc, "spec.rules")) {
		const char *host = json_str(rule, "host", "*"), *name = sim_tmp("host%s", hash(sim_tmp("%s %d", host, n++)));
		cJSON_AddItemToArray(hosts, json_make("{'hosts':[%s],'pathMatcher':%s}", host, name));
		cJSON_AddItemToArray(matchers, matcher(b, rule, name, fallback, states));
	}
	cJSON *doc = json_make("{'name':%s,'defaultService':%s}", sim_tmp("k8s2-um-%s", b->tail), service_link(b, fallback));
	if (n) {
		json_put(doc, "hostRules", hosts);
		json_put(doc, "pathMatchers", matchers);
	} else {
		cJSON_Delete(hosts);
		cJSON_Delete(matchers);
	}
	return ensure(b, &compute_url_map_kind, b->scope, doc);
}

/* Certificates: of ManagedCertificates, of the project by name, and of Secrets. ------------------------------------------------- */
static void each_name(const char *list, void (*fn)(struct balance *b, const char *name, cJSON *links), struct balance *b,
		      cJSON *links)
{
	for (const char *p = list; *p;) {
		size_t len = strcspn(p, ","), skip = strspn(p, " ");
		const char *name = sim_tmp("%.*s", (int)(len > skip ? len - skip : 0), p + skip);
		if (*name)
			fn(b, sim_tmp("%.*s", (int)strcspn(name, " "), name), links);
		p += len + (p[len] == ',');
	}
}

static void add_managed(struct balance *b, const char *name, cJSON *names)
{
	const struct sim_object *o = named(b, "networking.gke.io", "v1", "managedcertificates", name);
	const char *certificate = o ? json_str(o->doc, "status.certificateName", "") : "";
	if (*certificate)
		cJSON_AddItemToArray(names, cJSON_CreateString(certificate));
	else if (!o)
		kubernetes_event_by(b->sim, b->cluster->key, b->ingress->doc, "Warning", "MissingCertificate",
				    sim_tmp("managedcertificates.networking.gke.io \"%s\" not found", name),
				    "managed-certificate-controller");
}

static void add_foreign(struct balance *b, const char *name, cJSON *names)
{
	(void)b;
	if (!text_starts(name, "mcrt-"))
		cJSON_AddItemToArray(names, cJSON_CreateString(name));
}

/* The controller of ManagedCertificates writes theirs among those that are shared by name. */
static void share_managed(struct balance *b)
{
	static const char shared[] = "ingress.gcp.kubernetes.io/pre-shared-cert";
	cJSON *doc = b->ingress->doc, *names = cJSON_CreateArray();
	const cJSON *n;
	struct buf all = {0};
	each_name(annotation(doc, shared), add_foreign, b, names);
	each_name(annotation(doc, "networking.gke.io/managed-certificates"), add_managed, b, names);
	cJSON_ArrayForEach(n, names)
		buf_printf(&all, "%s%s", all.len ? "," : "", n->valuestring);
	if (all.len)
		annotate(doc, shared, buf_text(&all));
	buf_free(&all);
	cJSON_Delete(names);
}

static void add_shared(struct balance *b, const char *name, cJSON *links)
{
	cJSON_AddItemToArray(links, cJSON_CreateString(sim_tmp(COMPUTE_BASE "%ssslCertificates/%s", b->scope, name)));
}

static void add_secrets(struct balance *b, cJSON *links)
{
	const cJSON *t;
	cJSON_ArrayForEach(t, json_at(b->ingress->doc, "spec.tls")) {
		const struct sim_object *o = named(b, "", "v1", "secrets", json_str(t, "secretName", ""));
		const cJSON *coded = o ? cJSON_GetObjectItemCaseSensitive(json_at(o->doc, "data"), "tls.crt") : NULL;
		if (!cJSON_IsString(coded))
			continue;
		char *plain = xcalloc(1, strlen(coded->valuestring) + 1);
		plain[sim_unbase64(coded->valuestring, plain, strlen(coded->valuestring))] = '\0';
		cJSON_AddItemToArray(
		    links, cJSON_CreateString(ensure(
			       b, &compute_certificate_kind, b->scope,
			       json_make("{'name':%s,'type':'SELF_MANAGED','certificate':%s,'selfManaged':{'certificate':%s}}",
					 sim_tmp("k8s2-cr-%s-%s", b->tail, hash(plain)), plain, plain))));
		free(plain);
	}
}

/* Front ends. --------------------------------------------------------------------------------------------------------------- */
static void rule(struct balance *b, const char *name, const char *ip, const char *ports, const char *target)
{
	ensure(b, &compute_forwarding_rule_kind, b->scope,
	       json_make("{'name':%s,'IPAddress':%s,'IPProtocol':'TCP','portRange':%s,'target':%s,'loadBalancingScheme':'"
			 "EXTERNAL','networkTier':'PREMIUM'}",
			 name, ip, ports, target));
}

static void fronts(struct balance *b, const char *map, const char *ip)
{
	cJSON *links = cJSON_CreateArray();
	cJSON *doc = b->ingress->doc;
	share_managed(b);
	each_name(annotation(doc, "ingress.gcp.kubernetes.io/pre-shared-cert"), add_shared, b, links);
	add_secrets(b, links);
	const char *config = annotation(doc, "networking.gke.io/v1beta1.FrontendConfig");
	const struct sim_object *front = *config ? named(b, "networking.gke.io", "v1beta1", "frontendconfigs", config) : NULL;
	if (links->child) {
		const char *name = sim_tmp("k8s2-ts-%s", b->tail),
			   *target = ensure(b, &compute_https_proxy_kind, b->scope,
					    json_make("{'name':%s,'urlMap':%s,'sslCertificates':%j}", name, map,
						      cJSON_Duplicate(links, true)));
		rule(b, sim_tmp("k8s2-fs-%s", b->tail), ip, "443-443", target);
		annotate(doc, "ingress.kubernetes.io/https-forwarding-rule", sim_tmp("k8s2-fs-%s", b->tail));
		annotate(doc, "ingress.kubernetes.io/https-target-proxy", name);
		annotate(doc, "ingress.kubernetes.io/ssl-cert", strrchr(links->child->valuestring, '/') + 1);
	}
	if (strcmp(annotation(doc, "kubernetes.io/ingress.allow-http"), "false")) {
		if (front && json_bool(front->doc, "spec.redirectToHttps.enabled", false))
			map = ensure(b, &compute_url_map_kind, b->scope,
				     json_make("{'name':%s,'defaultUrlRedirect':{'httpsRedirect':true,'redirectResponseCode':%"
					       "s,'stripQuery':false}}",
					       sim_tmp("k8s2-rm-%s", b->tail),
					       json_str(front->doc, "spec.redirectToHttps.responseCodeName",
							"MOVED_PERMANENTLY_DEFAULT")));
		const char *name = sim_tmp("k8s2-tp-%s", b->tail),
			   *target = ensure(b, &compute_http_proxy_kind, b->scope,
					    json_make("{'name':%s,'urlMap':%s}", name, map));
		rule(b, sim_tmp("k8s2-fr-%s", b->tail), ip, "80-80", target);
		annotate(doc, "ingress.kubernetes.io/forwarding-rule", sim_tmp("k8s2-fr-%s", b->tail));
		annotate(doc, "ingress.kubernetes.io/target-proxy", name);
	}
	cJSON_Delete(links);
}

/* Keeping in step. ---------------------------------------------------------------------------------------------------------- */
/* Whose users come before what they use: rules, proxies, maps, certificates, services, checks and groups. */
static int rank(const char *entry)
{
	static const char *const order[] = {"compute.forwardingRules", "compute.targetHttp", "compute.urlMaps",
					    "compute.sslCertificates", "compute.backendServices"};
	int i = 0;
	while (i < 5 && !text_starts(entry, order[i]))
		i++;
	return i;
}

/* Removes "COLLECTION KEY" as its API would. */
static void remove_entry(struct sim *s, const char *entry)
{
	size_t n = strcspn(entry, " "), prefix = strlen("compute.");
	struct sim_object *o = sim_get(s, sim_tmp("%.*s", (int)n, entry), entry + n + 1);
	const struct compute_kind *kind = o ? compute_kind_named(sim_tmp("%.*s", (int)(n - prefix), entry + prefix)) : NULL;
	if (kind && kind->removed)
		kind->removed(s, o);
	if (o)
		sim_remove(s, o);
}

/* Removes what stood for the ingress before and does not now. */
static void remove_others(struct sim *s, const cJSON *before, const cJSON *now)
{
	for (int r = 0; r <= 5; r++)
		for (const cJSON *e = before ? before->child : NULL; e; e = e->next)
			if (rank(e->string) == r && !cJSON_HasObjectItem(now, e->string))
				remove_entry(s, e->string);
}

static const char *tail_of(const struct sim_object *cluster, const struct sim_object *o)
{
	const char *ns = json_str(o->doc, "metadata.namespace", ""), *name = json_str(o->doc, "metadata.name", "");
	return sim_tmp("%s-%.20s-%.20s-%s", hash(cluster->key), ns, name, hash(sim_tmp("%s/%s", ns, name)));
}

/* The reserved address of the annotation; one of its own where none is asked for; NULL while the reserved one is not there. */
static const char *address_of(struct balance *b)
{
	const char *fixed = annotation(b->ingress->doc, "kubernetes.io/ingress.global-static-ip-name"),
		   *has = json_str(b->ingress->doc, "status.loadBalancer.ingress.0.ip", "");
	const struct sim_object *a = *fixed ? sim_get(b->sim, "compute.addresses", sim_tmp("%saddresses/%s", b->scope, fixed))
					    : NULL;
	char ip[16];
	if (*fixed)
		return a ? json_str(a->doc, "address", "") : NULL;
	if (*has)
		return has;
	return sim_tmp("%s", ip4_text(34u << 24 | (96u + (uint32_t)(sim_random(b->sim) % 64)) << 16 |
					  (uint32_t)(sim_random(b->sim) & 0xffff),
				      ip));
}

/* While it stands for something, the ingress cannot go before that has. */
static void hold(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const cJSON *f;
	cJSON_ArrayForEach(f, json_at(o->doc, "metadata.finalizers"))
		if (!strcmp(f->valuestring, FINALIZER))
			return;
	if (!json_at(o->doc, "metadata.finalizers"))
		json_put(o->doc, "metadata.finalizers", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(o->doc, "metadata.finalizers"), cJSON_CreateString(FINALIZER));
	kubernetes_touch(s, cluster->key, o->doc);
}

/* Its load balancer is gone: so is the ingress, unless others hold it. */
static void released(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, OBJECTS, json_str(arg, "key", ""));
	cJSON *f;
	if (!o || strcmp(json_str(o->doc, "metadata.uid", ""), json_str(arg, "uid", "-")))
		return;
	remove_others(s, json_at(o->hidden, "made"), NULL);
	json_drop(o->hidden, "made");
	cJSON_ArrayForEach(f, json_at(o->doc, "metadata.finalizers"))
		if (!strcmp(f->valuestring, FINALIZER)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(json_at(o->doc, "metadata.finalizers"), f));
			break;
		}
	if (json_at(o->doc, "metadata.finalizers.0"))
		kubernetes_touch(s, json_str(arg, "cluster", ""), o->doc);
	else
		sim_remove(s, o);
}

/* Without a class, or with GKE's own in the annotation; the field alone names somebody else's. */
static bool is_ours(const cJSON *doc)
{
	const cJSON *class = cJSON_GetObjectItemCaseSensitive(json_at(doc, "metadata.annotations"),
							      "kubernetes.io/ingress.class");
	if (cJSON_IsString(class))
		return !*class->valuestring || !strcmp(class->valuestring, "gce") ||
		       !strcmp(class->valuestring, "gce-internal");
	return !json_at(doc, "spec.ingressClassName");
}

static void sync(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, OBJECTS, json_str(arg, "key", "")),
			  *cluster = sim_get(s, "container.clusters", json_str(arg, "cluster", ""));
	if (!o || !cluster || strcmp(json_str(o->doc, "metadata.uid", ""), json_str(arg, "uid", "-")))
		return;
	struct balance b = {.sim = s,
			    .cluster = cluster,
			    .ingress = o,
			    .ns = json_str(o->doc, "metadata.namespace", ""),
			    .made = cJSON_CreateObject()};
	b.project = sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9);
	b.scope = sim_tmp("projects/%s/global/", b.project);
	b.tail = tail_of(cluster, o);
	const char *ip = address_of(&b);
	if (!ip) {
		warn(&b, "Sync",
		     sim_tmp("Error syncing to GCP: error running load balancer syncing routine: the given static IP name %s "
			     "doesn't translate to an existing static IP.",
			     annotation(o->doc, "kubernetes.io/ingress.global-static-ip-name")));
		cJSON_Delete(b.made);
		sim_after(s, 60, sync, cJSON_Duplicate(arg, true));
		return;
	}
	if (json_at(o->doc, "metadata.deletionTimestamp")) {
		cJSON_Delete(b.made);
		return;
	}
	hold(s, cluster, o);
	cJSON *states = cJSON_CreateObject();
	const char *map = url_map(&b, states);
	fronts(&b, map, ip);
	remove_others(s, json_at(o->hidden, "made"), b.made);
	json_put(o->hidden, "made", b.made);
	char *text = json_text(states, -1);
	const char *before = sim_tmp("%s", annotation(o->doc, "ingress.kubernetes.io/backends"));
	annotate(o->doc, "ingress.kubernetes.io/backends", text);
	annotate(o->doc, "ingress.kubernetes.io/url-map", strrchr(map, '/') + 1);
	bool change = strcmp(text, before) || strcmp(json_str(o->doc, "status.loadBalancer.ingress.0.ip", ""), ip);
	if (strcmp(json_str(o->doc, "status.loadBalancer.ingress.0.ip", ""), ip))
		kubernetes_event_by(s, cluster->key, o->doc, "Normal", "IPChanged", sim_tmp("IP is now %s", ip), CONTROLLER);
	json_put(o->doc, "status.loadBalancer", json_make("{'ingress':[{'ip':%s}]}", ip));
	if (change)
		kubernetes_touch(s, cluster->key, o->doc);
	bool well = !strstr(text, "UNHEALTHY") && !strstr(text, "Unknown") && states->child;
	free(text);
	cJSON_Delete(states);
	sim_after(s, well ? 600 : 60, sync, cJSON_Duplicate(arg, true)); /* the controller looks again and again */
}

void kubernetes_ingress(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	if (json_bool(o->hidden, "gone", false)) {
		remove_others(s, json_at(o->hidden, "made"), NULL);
		return;
	}
	const char *uid = json_str(o->doc, "metadata.uid", "");
	bool started = json_at(o->hidden, "started") != NULL;
	if (json_at(o->doc, "metadata.deletionTimestamp")) {
		if (!json_bool(o->hidden, "ending", false))
			sim_after(s, sim_draw(s, "lag.loadBalancer"), released,
				  json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, uid));
		json_put_bool(o->hidden, "ending", true);
		return;
	}
	if (!is_ours(o->doc))
		return;
	json_put_bool(o->hidden, "started", true);
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "Sync", "Scheduled for sync", CONTROLLER);
	sim_after(s, started ? 30 : sim_draw(s, "lag.loadBalancer"), sync,
		  json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, uid));
}

/* ManagedCertificates: each stands for a certificate of Compute Engine, and shows its state. ------------------------------------ */
static const char *words_of(const char *state)
{
	static const char *const words[][2] = {
	    {"ACTIVE", "Active"}, {"PROVISIONING", "Provisioning"}, {"FAILED_NOT_VISIBLE", "FailedNotVisible"}};
	for (size_t i = 0; i < 3; i++)
		if (!strcmp(state, words[i][0]))
			return words[i][1];
	return "Provisioning";
}

static void mirror(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, OBJECTS, json_str(arg, "key", ""));
	if (!o || strcmp(json_str(o->doc, "metadata.uid", ""), json_str(arg, "uid", "-")))
		return;
	const struct sim_object *c = sim_get(s, "compute.sslCertificates", json_str(arg, "certificate", ""));
	const cJSON *states = c ? json_at(c->doc, "managed.domainStatus") : NULL, *d;
	cJSON *list = cJSON_CreateArray();
	cJSON_ArrayForEach(d, json_at(o->doc, "spec.domains")) {
		const cJSON *state = cJSON_GetObjectItemCaseSensitive(states, d->valuestring);
		cJSON_AddItemToArray(list, json_make("{'domain':%s,'status':%s}", d->valuestring,
						     words_of(cJSON_IsString(state) ? state->valuestring : "")));
	}
	const char *whole = words_of(c ? json_str(c->doc, "managed.status", "") : "");
	bool change = !json_equal(list, json_at(o->doc, "status.domainStatus")) ||
		      strcmp(whole, json_str(o->doc, "status.certificateStatus", ""));
	json_put_str(o->doc, "status.certificateStatus", whole);
	json_put(o->doc, "status.domainStatus", list);
	if (c && json_at(c->doc, "expireTime"))
		json_put_str(o->doc, "status.expireTime", json_str(c->doc, "expireTime", ""));
	if (change)
		kubernetes_touch(s, json_str(arg, "cluster", ""), o->doc);
	if (strcmp(whole, "Active"))
		sim_after(s, 60, mirror, cJSON_Duplicate(arg, true));
}

void kubernetes_certificate(struct sim *s, const struct sim_object *cluster, struct sim_object *o)
{
	const char *scope = sim_tmp("projects/%.*s/global/", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9);
	const char *name = json_str(o->doc, "status.certificateName", "");
	if (json_bool(o->hidden, "gone", false)) {
		struct sim_object *c = sim_get(s, "compute.sslCertificates", sim_tmp("%ssslCertificates/%s", scope, name));
		if (c)
			sim_remove(s, c);
		return;
	}
	if (*name)
		return;
	char uid[37];
	sim_uuid(s, uid);
	name = sim_tmp("mcrt-%s", uid);
	json_put_str(o->doc, "status.certificateName", name);
	compute_store(s, &compute_certificate_kind, scope,
		      json_make("{'name':%s,'type':'MANAGED','managed':{'domains':%j}}", name,
				cJSON_Duplicate(json_at(o->doc, "spec.domains"), true)));
	cJSON *arg = json_make("{'cluster':%s,'key':%s,'uid':%s,'certificate':%s}", cluster->key, o->key,
			       json_str(o->doc, "metadata.uid", ""), sim_tmp("%ssslCertificates/%s", scope, name));
	mirror(s, arg);
	cJSON_Delete(arg);
}
