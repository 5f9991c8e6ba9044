/* From a name over DNS, forwarding rule, target proxy and URL map to a backend service, as requests travel through Google's edge. */
#include "config.h"
#include "sim/front/balancer.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/compute.h"
#include "sim/api/serving.h"

#include <string.h>

static bool leads_here(struct sim *s, const char *host, const struct sim_object *rule)
{
	const char *ip = json_str(rule->doc, "IPAddress", "");
	if (text_starts(json_str(rule->doc, "loadBalancingScheme", ""), "INTERNAL"))
		return false; /* nobody outside reaches it */
	return *ip && (!strcmp(host, ip) || sim_dns_leads(s, host, ip));
}

/* "projects/ID/..." of a Certificate Manager name, however its project is named. */
static const char *by_id(struct sim *s, const char *name)
{
	const char *at = strstr(name, "projects/"), *rest = at ? strchr(at + 9, '/') : NULL;
	const char *id = rest ? sim_project_id(s, sim_tmp("%.*s", (int)(rest - at - 9), at + 9)) : NULL;
	return id ? sim_tmp("projects/%s%s", id, rest) : "";
}

/* Is the certificate one's own, or a managed one that is active and for the name? */
static bool vouches(struct sim *s, const char *name, const char *host)
{
	const struct sim_object *o = sim_get(s, "certificatemanager.certificates", by_id(s, name));
	const cJSON *d;
	if (!o || !json_at(o->doc, "managed"))
		return o != NULL;
	bool active = !strcmp(json_str(o->doc, "managed.state", ""), "ACTIVE");
	cJSON_ArrayForEach(d, json_at(o->doc, "managed.domains"))
		if (active && sim_glob(d->valuestring, host))
			return true;
	return false;
}

/* By an entry of the map for this name, else by its primary one. */
static bool mapped(struct sim *s, const char *map, const char *host)
{
	const char *prefix = sim_tmp("%s/certificateMapEntries/", by_id(s, map));
	const cJSON *c;
	for (struct sim_object *o = sim_first(s, "certificatemanager.certificateMapEntries", prefix); o;
	     o = sim_following(s, o, prefix)) {
		const char *name = json_str(o->doc, "hostname", NULL);
		cJSON_ArrayForEach(c, (!name || sim_glob(name, host) ? json_at(o->doc, "certificates") : NULL))
			if (vouches(s, c->valuestring, host))
				return true;
	}
	return false;
}

/* Active certificates of the proxy that are for the name. */
static bool certified(struct sim *s, const struct sim_object *proxy, const char *host)
{
	const cJSON *list = json_at(proxy->doc, "sslCertificates");
	const char *map = json_str(proxy->doc, "certificateMap", "");
	if (*map)
		return mapped(s, map, host);
	for (const cJSON *c = list ? list->child : NULL; c; c = c->next) {
		const struct sim_object *o = compute_find(s, c->valuestring);
		const cJSON *domains = o ? json_at(o->doc, "managed.domains") : NULL;
		if (o && !domains)
			return true;
		bool active = o && !strcmp(json_str(o->doc, "managed.status", ""), "ACTIVE");
		for (const cJSON *d = active ? domains->child : NULL; d; d = d->next)
			if (!strcmp(d->valuestring, host))
				return true;
	}
	return false;
}

static bool host_fits(const cJSON *rule, const char *host)
{
	const cJSON *hosts = json_at(rule, "hosts");
	for (const cJSON *h = hosts ? hosts->child : NULL; h; h = h->next)
		if (sim_glob(h->valuestring, host))
			return true;
	return false;
}

/* The part of a URL map that speaks of this host and path: a path rule, a path matcher, or the map itself. */
static const cJSON *matching(const cJSON *map, const char *host, const char *path)
{
	const cJSON *rules = json_at(map, "hostRules"), *matchers = json_at(map, "pathMatchers");
	for (const cJSON *r = rules ? rules->child : NULL; r; r = r->next) {
		if (!host_fits(r, host))
			continue;
		for (const cJSON *m = matchers ? matchers->child : NULL; m; m = m->next) {
			if (strcmp(json_str(m, "name", ""), json_str(r, "pathMatcher", "?")))
				continue;
			const cJSON *list = json_at(m, "pathRules");
			for (const cJSON *p = list ? list->child : NULL; p; p = p->next)
				for (const cJSON *x = json_at(p, "paths") ? json_at(p, "paths")->child : NULL; x; x = x->next)
					if (sim_glob(x->valuestring, path))
						return p;
			return m;
		}
	}
	return map;
}

static const char *redirected(const cJSON *part, const char *host, const char *path)
{
	const cJSON *to = json_at(part, "defaultUrlRedirect");
	if (!to)
		to = json_at(part, "urlRedirect");
	if (!to)
		return NULL;
	const char *full = json_str(to, "pathRedirect", path);
	return sim_tmp("https://%s%s", json_str(to, "hostRedirect", host), full);
}

/* A rule answers some minutes after it was made. */
static bool serving(struct sim *s, struct sim_object *rule)
{
	if (!json_at(rule->hidden, "serves"))
		json_put_num(rule->hidden, "serves", rule->created + sim_draw(s, "lag.loadBalancer"));
	return sim_now(s) >= json_num(rule->hidden, "serves", 0);
}

static void follow(struct sim *s, const char *host, const char *path, struct balancer *b)
{
	const struct sim_object *map = compute_find(s, json_str(b->proxy->doc, "urlMap", ""));
	const cJSON *part = map ? matching(map->doc, host, path) : NULL;
	b->redirect = part ? redirected(part, host, path) : NULL;
	const char *backend = json_str(part, "defaultService", json_str(part, "service", ""));
	b->backend = *backend ? compute_find(s, backend) : NULL;
}

bool balancer_find(struct sim *s, const char *host, const char *path, struct balancer *b)
{
	*b = (struct balancer){0};
	for (struct sim_object *o = sim_first(s, "compute.forwardingRules", "projects/"); o;
	     o = sim_following(s, o, "projects/")) {
		struct sim_object *proxy = compute_find(s, json_str(o->doc, "target", ""));
		bool https = proxy && !strcmp(proxy->collection, "compute.targetHttpsProxies");
		if (!proxy || !strstr(proxy->collection, "targetHttp") || (b->rule && !https) || !leads_here(s, host, o))
			continue;
		*b = (struct balancer){.rule = o, .proxy = proxy, .certified = !https || certified(s, proxy, host)};
		if (https)
			break;
	}
	if (!b->rule)
		return false;
	b->project = sim_tmp("%.*s", (int)strcspn(b->rule->key + 9, "/"), b->rule->key + 9);
	b->serving = serving(s, b->rule);
	follow(s, host, path, b);
	return true;
}

struct sim_object *balancer_serverless(struct sim *s, const struct sim_object *backend)
{
	struct sim_object *group = compute_find(s, json_str(backend->doc, "backends.0.group", ""));
	return group && !strcmp(json_str(group->doc, "networkEndpointType", ""), "SERVERLESS") ? group : NULL;
}
