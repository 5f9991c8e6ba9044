/* GKE's ingress controller: the load balancer that an Ingress stands for (URL map, target proxies, certificates, forwarding rules before its backends),
 * kept in step with it, and removed with it. */
#include "config.h"
#include "sim/api/kubernetes_balance.h"
#include "sim/api/kubernetes_ingress.h"

#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

#define FINALIZER "networking.gke.io/ingress-finalizer-V2"

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
		const char *be = balance_backend(b, json_at(p, "backend")), *path = json_str(p, "path", "/"),
			   *type = json_str(p, "pathType", "");
		if (!be)
			continue;
		cJSON_DeleteItemFromObject(states, be);
		cJSON_AddStringToObject(states, be, balance_state(b, be));
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

static const char *url_map(struct balance *b, cJSON *states)
{
	cJSON *hosts = cJSON_CreateArray(), *matchers = cJSON_CreateArray();
	const cJSON *rule, *first = json_at(b->ingress->doc, "spec.defaultBackend");
	const char *fallback = first ? balance_backend(b, first) : NULL;
	if (fallback)
		cJSON_AddStringToObject(states, fallback, balance_state(b, fallback));
	else
		fallback = balance_default_backend(b);
	int n = 0;
	cJSON_ArrayForEach(rule, json_at(b->ingress->doc, "spec.rules")) {
		const char *host = json_str(rule, "host", "*"),
			   *name = sim_tmp("host%s", balance_hash(sim_tmp("%s %d", host, n++)));
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
	return balance_ensure(b, &compute_url_map_kind, b->scope, doc);
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
	const struct sim_object *o = balance_named(b, "networking.gke.io", "v1", "managedcertificates", name);
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
	each_name(kubernetes_annotation(doc, shared), add_foreign, b, names);
	each_name(kubernetes_annotation(doc, "networking.gke.io/managed-certificates"), add_managed, b, names);
	cJSON_ArrayForEach(n, names)
		buf_printf(&all, "%s%s", all.len ? "," : "", n->valuestring);
	if (all.len)
		kubernetes_annotate(doc, shared, buf_text(&all));
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
		const struct sim_object *o = balance_named(b, "", "v1", "secrets", json_str(t, "secretName", ""));
		const cJSON *coded = o ? cJSON_GetObjectItemCaseSensitive(json_at(o->doc, "data"), "tls.crt") : NULL;
		if (!cJSON_IsString(coded))
			continue;
		char *plain = xcalloc(1, strlen(coded->valuestring) + 1);
		plain[sim_unbase64(coded->valuestring, plain, strlen(coded->valuestring))] = '\0';
		cJSON_AddItemToArray(
		    links, cJSON_CreateString(balance_ensure(
			       b, &compute_certificate_kind, b->scope,
			       json_make("{'name':%s,'type':'SELF_MANAGED','certificate':%s,'selfManaged':{'certificate':%s}}",
					 sim_tmp("k8s2-cr-%s-%s", b->tail, balance_hash(plain)), plain, plain))));
		free(plain);
	}
}

/* Front ends. --------------------------------------------------------------------------------------------------------------- */
static void rule(struct balance *b, const char *name, const char *ip, const char *ports, const char *target)
{
	balance_ensure(
	    b, &compute_forwarding_rule_kind, b->scope,
	    json_make("{'name':%s,'IPAddress':%s,'IPProtocol':'TCP','portRange':%s,'target':%s,'loadBalancingScheme':'"
		      "EXTERNAL','networkTier':'PREMIUM'}",
		      name, ip, ports, target));
}

static void fronts(struct balance *b, const char *map, const char *ip)
{
	cJSON *links = cJSON_CreateArray();
	cJSON *doc = b->ingress->doc;
	share_managed(b);
	each_name(kubernetes_annotation(doc, "ingress.gcp.kubernetes.io/pre-shared-cert"), add_shared, b, links);
	add_secrets(b, links);
	const char *config = kubernetes_annotation(doc, "networking.gke.io/v1beta1.FrontendConfig");
	const struct sim_object *front = *config ? balance_named(b, "networking.gke.io", "v1beta1", "frontendconfigs", config)
						 : NULL;
	if (links->child) {
		const char *name = sim_tmp("k8s2-ts-%s", b->tail),
			   *target = balance_ensure(b, &compute_https_proxy_kind, b->scope,
						    json_make("{'name':%s,'urlMap':%s,'sslCertificates':%j}", name, map,
							      cJSON_Duplicate(links, true)));
		rule(b, sim_tmp("k8s2-fs-%s", b->tail), ip, "443-443", target);
		kubernetes_annotate(doc, "ingress.kubernetes.io/https-forwarding-rule", sim_tmp("k8s2-fs-%s", b->tail));
		kubernetes_annotate(doc, "ingress.kubernetes.io/https-target-proxy", name);
		kubernetes_annotate(doc, "ingress.kubernetes.io/ssl-cert", strrchr(links->child->valuestring, '/') + 1);
	}
	if (strcmp(kubernetes_annotation(doc, "kubernetes.io/ingress.allow-http"), "false")) {
		if (front && json_bool(front->doc, "spec.redirectToHttps.enabled", false))
			map = balance_ensure(
			    b, &compute_url_map_kind, b->scope,
			    json_make(
				"{'name':%s,'defaultUrlRedirect':{'httpsRedirect':true,'redirectResponseCode':%"
				"s,'stripQuery':false}}",
				sim_tmp("k8s2-rm-%s", b->tail),
				json_str(front->doc, "spec.redirectToHttps.responseCodeName", "MOVED_PERMANENTLY_DEFAULT")));
		const char *name = sim_tmp("k8s2-tp-%s", b->tail),
			   *target = balance_ensure(b, &compute_http_proxy_kind, b->scope,
						    json_make("{'name':%s,'urlMap':%s}", name, map));
		rule(b, sim_tmp("k8s2-fr-%s", b->tail), ip, "80-80", target);
		kubernetes_annotate(doc, "ingress.kubernetes.io/forwarding-rule", sim_tmp("k8s2-fr-%s", b->tail));
		kubernetes_annotate(doc, "ingress.kubernetes.io/target-proxy", name);
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
	return sim_tmp("%s-%.20s-%.20s-%s", balance_hash(cluster->key), ns, name, balance_hash(sim_tmp("%s/%s", ns, name)));
}

/* The reserved address of the annotation; one of its own where none is asked for; NULL while the reserved one is not there. */
static const char *address_of(struct balance *b)
{
	const char *fixed = kubernetes_annotation(b->ingress->doc, "kubernetes.io/ingress.global-static-ip-name"),
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
		balance_warn(
		    &b, "Sync",
		    sim_tmp("Error syncing to GCP: error running load balancer syncing routine: the given static IP name %s "
			    "doesn't translate to an existing static IP.",
			    kubernetes_annotation(o->doc, "kubernetes.io/ingress.global-static-ip-name")));
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
	const char *before = sim_tmp("%s", kubernetes_annotation(o->doc, "ingress.kubernetes.io/backends"));
	kubernetes_annotate(o->doc, "ingress.kubernetes.io/backends", text);
	kubernetes_annotate(o->doc, "ingress.kubernetes.io/url-map", strrchr(map, '/') + 1);
	bool change = strcmp(text, before) || strcmp(json_str(o->doc, "status.loadBalancer.ingress.0.ip", ""), ip);
	if (strcmp(json_str(o->doc, "status.loadBalancer.ingress.0.ip", ""), ip))
		kubernetes_event_by(s, cluster->key, o->doc, "Normal", "IPChanged", sim_tmp("IP is now %s", ip),
				    BALANCE_CONTROLLER);
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
	kubernetes_event_by(s, cluster->key, o->doc, "Normal", "Sync", "Scheduled for sync", BALANCE_CONTROLLER);
	sim_after(s, started ? 30 : sim_draw(s, "lag.loadBalancer"), sync,
		  json_make("{'cluster':%s,'key':%s,'uid':%s}", cluster->key, o->key, uid));
}
