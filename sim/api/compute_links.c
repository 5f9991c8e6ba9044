/* Links between Compute Engine's objects: how they are spelled, what they lead to, who holds one. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char *without_host(const char *link)
{
	static const char *const hosts[] = {"https://www.googleapis.com/compute/", "https://compute.googleapis.com/compute/",
					    "http://www.googleapis.com/compute/", "//compute.googleapis.com/"};
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (text_starts(link, hosts[i])) {
			link += strlen(hosts[i]);
			const char *slash = strchr(link, '/');
			return text_starts(link, "projects/") ? link : slash ? slash + 1 : NULL;
		}
	return *link == '/' ? link + 1 : link;
}

const char *compute_path(struct sim *s, const char *project, const char *link)
{
	const char *rest = without_host(link);
	struct buf b = {0};
	if (!rest || strstr(rest, "://"))
		return NULL;
	if (text_starts(rest, "projects/")) {
		rest += 9;
		const char *named = sim_tmp("%.*s", (int)strcspn(rest, "/"), rest);
		const char *id = sim_project_id(s, named);
		buf_printf(&b, "projects/%s%s", id ? id : named, rest + strcspn(rest, "/"));
	} else if (text_starts(rest, "global/") || text_starts(rest, "regions/") || text_starts(rest, "zones/")) {
		buf_printf(&b, "projects/%s/%s", project, rest);
	} else {
		return NULL;
	}
	return sim_keep(buf_take(&b));
}

const char *compute_link(const char *path)
{
	return sim_tmp(COMPUTE_BASE "%s", path);
}

/* Of what kind a path is, by its last segment but one; NULL. */
static const struct compute_kind *kind_of_path(const char *path)
{
	const char *name = strrchr(path, '/'), *start = name;
	while (start && start > path && start[-1] != '/')
		start--;
	return name ? compute_kind_named(sim_tmp("%.*s", (int)(name - start), start)) : NULL;
}

struct sim_object *compute_at(struct sim *s, const struct compute_kind *k, const char *path)
{
	const char *collection = compute_collection(k), *name = strrchr(path, '/') + 1;
	struct sim_object *o = sim_get(s, collection, path);
	if (o || !*name || name[strspn(name, "0123456789")])
		return o;
	const char *prefix = sim_tmp("%.*s", (int)(name - path), path);
	for (o = sim_first(s, collection, prefix); o && strcmp(json_str(o->doc, "id", ""), name);)
		o = sim_following(s, o, prefix);
	return o;
}

struct sim_object *compute_find(struct sim *s, const char *link)
{
	const char *path = compute_path(s, "-", link);
	const struct compute_kind *k = path ? kind_of_path(path) : NULL;
	return k ? compute_at(s, k, path) : NULL;
}

/* Calls fn for each text at path (with * for elements); false at once when fn says so. */
static bool each_text(cJSON *node, const char *path, bool (*fn)(void *arg, cJSON *text, const char *path), void *arg,
		      const char *whole)
{
	if (!node)
		return true;
	if (!*path)
		return !cJSON_IsString(node) || fn(arg, node, whole);
	size_t len = strcspn(path, ". ");
	const char *rest = path[len] == '.' ? path + len + 1 : "";
	const char *tail = sim_tmp("%.*s", (int)strcspn(rest, " "), rest);
	const char *name = sim_tmp("%.*s", (int)len, path);
	bool good = true;
	if (len == 1 && *path == '*') {
		cJSON *item;
		cJSON_ArrayForEach(item, node)
			good = good && each_text(item, tail, fn, arg, whole);
	} else {
		good = each_text(cJSON_GetObjectItemCaseSensitive(node, name), tail, fn, arg, whole);
	}
	return good;
}

static bool each_link(const struct compute_kind *k, cJSON *doc, bool (*fn)(void *arg, cJSON *text, const char *path), void *arg)
{
	for (const char *p = k->links; p && *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (!each_text(doc, p, fn, arg, p))
			return false;
	return true;
}

/* The last name of a field's path that tells something: "group" of "backends.*.group". */
static const char *last_name(const char *field)
{
	const char *last = field;
	for (const char *p = field; *p && *p != ' ';) {
		size_t n = strcspn(p, ". ");
		last = *p == '*' ? last : p;
		p += n + (p[n] == '.');
	}
	return sim_tmp("%.*s", (int)strcspn(last, ". "), last);
}

/* May the field name a thing of this kind? */
static bool may_name(const char *field, const struct compute_kind *k)
{
	static const char *const fields[][2] = {{"network", "networks"},
						{"subnetwork", "subnetworks"},
						{"group", "instanceGroups networkEndpointGroups"},
						{"healthChecks", "healthChecks"},
						{"healthCheck", "healthChecks"},
						{"source", "disks"},
						{"sourceDisk", "disks"},
						{"sourceSnapshot", "snapshots"},
						{"resourcePolicies", "resourcePolicies"},
						{"instanceTemplate", "instanceTemplates"},
						{"urlMap", "urlMaps"},
						{"sslCertificates", "sslCertificates"},
						{"securityPolicy", "securityPolicies"},
						{"defaultService", "backendServices"},
						{"service", "backendServices"},
						{"backendService", "backendServices"},
						{"natIps", "addresses"}};
	const char *name = last_name(field);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!strcmp(name, fields[i][0]))
			return strstr(sim_tmp(" %s ", fields[i][1]), sim_tmp(" %s ", k->plural)) != NULL;
	return true;
}

/* The link to something of Certificate Manager; NULL. */
static const char *of_certificates(const cJSON *text)
{
	return strstr(text->valuestring, "certificatemanager.googleapis.com/");
}

static bool settle_link(void *arg, cJSON *text, const char *field)
{
	struct sim_call *c = arg;
	const char *name = sim_tmp("%.*s", (int)strcspn(field, ". "), field);
	const char *manager = of_certificates(text);
	if (manager) {
		struct buf link = {0};
		buf_printf(&link, "//certificatemanager.googleapis.com/%s",
			   strstr(manager, "projects/") ? strstr(manager, "projects/") : "");
		cJSON_SetValuestring(text, buf_text(&link));
		buf_free(&link);
		return true;
	}
	if (!strcmp(name, "target") && compute_is_bundle(text->valuestring))
		return true;
	const char *path = compute_path(c->sim, c->project, text->valuestring);
	bool good = true;
	const struct compute_kind *k = path ? kind_of_path(path) : NULL;
	if (!path || (k && !may_name(field, k))) {
		good = compute_invalid(c, name, text->valuestring, "The URL is malformed.");
	} else if (k) { /* so that its absence is an error */
		struct sim_object *o = compute_find(c->sim, path);
		if (!o && !strcmp(name, "network"))
			good = compute_invalid(c, "network", path, "The referenced network resource cannot be found.");
		else if (!o)
			compute_not_found(c, path), good = false;
		else
			good = !compute_busy(c, o), path = o->key;
	}
	if (good)
		cJSON_SetValuestring(text, compute_link(path));
	return good;
}

bool compute_links(struct sim_call *c, const struct compute_kind *k, cJSON *doc)
{
	return each_link(k, doc, settle_link, c);
}

/* Who refers, by which request. */
struct referring {
	struct sim_call *c;
	const struct compute_kind *by;
};

static bool may_refer(void *arg, cJSON *text, const char *field)
{
	const struct referring *r = arg;
	const char *manager = of_certificates(text), *path = compute_path(r->c->sim, r->c->project, text->valuestring);
	if (manager) {
		const char *map = strstr(manager, "projects/"),
			   *named = map ? sim_tmp("%.*s", (int)strcspn(map + 9, "/"), map + 9) : "",
			   *project = sim_project_id(r->c->sim, named);
		return compute_asks(r->c, "certificatemanager.certmaps.use",
				    sim_tmp("projects/%s", project ? project : r->c->project));
	}
	const struct compute_kind *to = path ? kind_of_path(path) : NULL;
	const struct sim_object *o = to && may_name(field, to) ? compute_at(r->c->sim, to, path) : NULL;
	return !o || compute_may_refer(r->c, r->by, to, o);
}

bool compute_refers(struct sim_call *c, const struct compute_kind *k, cJSON *said)
{
	return each_link(k, said, may_refer, &(struct referring){c, k});
}

static bool differs(void *arg, cJSON *text, const char *field)
{
	(void)field;
	return strcmp(text->valuestring, arg) != 0;
}

bool compute_holds(const struct compute_kind *k, const cJSON *doc, const char *link)
{
	/* each_link only reads here. */
	return !each_link(k, (cJSON *)(uintptr_t)doc, differs, (void *)(uintptr_t)link);
}

char *compute_user(struct sim *s, const struct compute_kind *k, const struct sim_object *o)
{
	const char *prefix = sim_tmp("%.*s", (int)(strcspn(o->key + 9, "/") + 10), o->key);
	const char *link = json_str(o->doc, "selfLink", "");
	char *user = NULL;
	for (const char *p = k->used_by; p && *p && !user; p += strcspn(p, " "), p += strspn(p, " ")) {
		char plural[64];
		snprintf(plural, sizeof plural, "%.*s", (int)strcspn(p, " "), p);
		const struct compute_kind *by = compute_kind_named(plural);
		for (struct sim_object *u = by ? sim_first(s, compute_collection(by), prefix) : NULL; u && !user;
		     u = sim_following(s, u, prefix))
			if (compute_holds(by, u->doc, link))
				user = xstrdup(u->key);
	}
	return user || !k->held ? user : k->held(s, o);
}
