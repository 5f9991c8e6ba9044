/* A cluster's own API server: where a request points, who may ask, what is answered; get and list. */
#include "config.h"

#include "sim/api/kubernetes.h"
#include "sim/api/compute.h"
#include "sim/api/kubernetes_access.h"
#include "sim/api/kubernetes_admission.h"
#include "sim/api/kubernetes_elsewhere.h"
#include "sim/api/kubernetes_pods.h"
#include "sim/api/serving.h"
#include "sim/api/kubernetes_discovery.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

/* Answers. --------------------------------------------------------------------------------------------------------------- */
void kubernetes_answer(struct kubernetes_call *k, int code, cJSON *body)
{
	const char *accept = sim_request_header(k->c->request, "Accept");
	if (code < 300 && k->r && accept && strstr(accept, "as=Table") && strcmp(json_str(body, "kind", ""), "Status")) {
		cJSON *table = kubernetes_table(k->c->sim, k->r, body, sim_param(k->c, "includeObject"));
		cJSON_Delete(body);
		body = table;
	}
	char *text = json_text(body, -1);
	sim_bytes(k->c, code, "application/json", text, strlen(text));
	free(text);
	cJSON_Delete(body);
}

void kubernetes_fail(struct kubernetes_call *k, int code, const char *reason, cJSON *causes, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *message = xvasprintf(format, args);
	va_end(args);
	cJSON *body = json_make("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':%s,'code':%d}",
				message, code);
	if (*reason)
		json_put_str(body, "reason", reason);
	bool generic = !strcmp(reason, "MethodNotAllowed") || text_starts(message, "the server could not find") ||
		       text_starts(message, "415: ") || text_starts(message, "406: ");
	bool about = !strcmp(reason, "NotFound") || !strcmp(reason, "AlreadyExists") || !strcmp(reason, "Forbidden") ||
		     (!strcmp(reason, "Invalid") && causes) || (!strcmp(reason, "Conflict") && !causes);
	if (generic)
		json_put(body, "details", cJSON_CreateObject());
	else if (about && k->failing_kind)
		json_put(body, "details", json_make("{'group':%s,'kind':%s}", k->failing_group, k->failing_kind));
	else if (about && k->r) {
		json_put(body, "details",
			 json_make("{'kind':%s}", k->failing_group ? k->failing_group
						  : code == 422    ? k->r->kind
								   : k->r->plural));
		if (*k->name)
			json_put_str(body, "details.name", k->name);
		if (*k->r->group)
			json_put_str(body, "details.group", k->r->group);
	}
	if (causes)
		json_put(body, "details.causes", causes);
	kubernetes_answer(k, code, body);
	free(message);
}

char *kubernetes_plural_group(const struct kubernetes_resource *r)
{
	return *r->group ? xasprintf("%s.%s", r->plural, r->group) : xstrdup(r->plural);
}

void kubernetes_not_found(struct kubernetes_call *k)
{
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 404, "NotFound", NULL, "%s \"%s\" not found", what, k->name);
	free(what);
}

struct sim_object *kubernetes_target(struct kubernetes_call *k)
{
	char *key = kubernetes_key(k->cluster->key, k->r, k->ns, k->name);
	struct sim_object *o = sim_get(k->c->sim, OBJECTS, key);
	free(key);
	return o;
}

/* Reads. ----------------------------------------------------------------------------------------------------------------- */

char *kubernetes_list_prefix(const struct kubernetes_call *k)
{
	return xasprintf("%s|%s/%s|%s%s", k->cluster->key, k->r->group, k->r->plural, k->ns, *k->ns ? "|" : "");
}

bool kubernetes_listed(const struct kubernetes_call *k, const cJSON *doc)
{
	char *why;
	return kubernetes_labels_match(json_at(doc, "metadata.labels"), sim_param(k->c, "labelSelector"), &why) &&
	       kubernetes_fields_match(k->r->kind, doc, sim_param(k->c, "fieldSelector"), &why);
}

/* Refuses selectors that cannot be read. */
static bool selectors_good(struct kubernetes_call *k)
{
	char *why = NULL;
	kubernetes_labels_match(NULL, sim_param(k->c, "labelSelector"), &why);
	if (!why)
		kubernetes_fields_match(k->r->kind, NULL, sim_param(k->c, "fieldSelector"), &why);
	if (why)
		kubernetes_fail(k, 400, "BadRequest", NULL, "%s", why);
	bool good = !why;
	free(why);
	return good;
}

/* Where the page begins that a continue token asks for: after the key in it; NULL after a 400. */
static char *page_start(struct kubernetes_call *k, const char *prefix)
{
	const char *token = sim_param(k->c, "continue");
	char *key = xcalloc(1, strlen(token) + 1);
	key[sim_unbase64(token, key, strlen(token))] = '\0';
	if (!*token || text_starts(key, prefix))
		return key;
	free(key);
	kubernetes_fail(k, 400, "BadRequest", NULL, "continue key is not valid: illegal base64 data");
	return NULL;
}

/* A page of at most limit items; metadata gets where the next one begins, and how many are left when nothing is selected. */
static cJSON *page(struct kubernetes_call *k, const char *prefix, const char *start, cJSON *metadata)
{
	cJSON *items = cJSON_CreateArray();
	int limit = atoi(sim_param(k->c, "limit")), left = 0;
	struct sim_object *o = *start ? sim_first_from(k->c->sim, OBJECTS, prefix, start)
				      : sim_first(k->c->sim, OBJECTS, prefix);
	for (; o; o = sim_following(k->c->sim, o, prefix)) {
		if (!kubernetes_listed(k, o->doc))
			continue;
		if (limit > 0 && cJSON_GetArraySize(items) >= limit) {
			if (!left++)
				json_put_str(metadata, "continue", sim_base64(o->key, strlen(o->key), true));
			continue;
		}
		cJSON *item = cJSON_Duplicate(o->doc, true);
		/* The list's own kind says it; a custom resource says it all the same. */
		if (!k->type->custom) {
			json_drop(item, "kind");
			json_drop(item, "apiVersion");
		}
		cJSON_AddItemToArray(items, item);
	}
	if (left && !*sim_param(k->c, "labelSelector") && !*sim_param(k->c, "fieldSelector"))
		json_put_num(metadata, "remainingItemCount", left);
	return items;
}

void kubernetes_list(struct kubernetes_call *k)
{
	char *prefix = kubernetes_list_prefix(k),
	     *gv = *k->r->group ? xasprintf("%s/%s", k->r->group, k->r->version) : xstrdup("v1");
	const char *kind = sim_tmp("%sList", k->r->kind);
	const struct sim_object *state = sim_get(k->c->sim, "kubernetes.state", k->cluster->key);
	char *start = page_start(k, prefix);
	if (start) {
		cJSON *metadata = json_make("{'resourceVersion':%s}",
					    sim_tmp("%.0f", state ? json_num(state->doc, "version", 0) : 0)),
		      *items = page(k, prefix, start, metadata);
		kubernetes_answer(k, 200,
				  json_make("{'kind':%s,'apiVersion':%s,'metadata':%j,'items':%j}", kind, gv, metadata, items));
	}
	free(start);
	free(prefix);
	free(gv);
}

static void watch(struct kubernetes_call *k)
{
	char *prefix = kubernetes_list_prefix(k);
	kubernetes_watch(k, prefix);
	free(prefix);
}

/* A request's way. ------------------------------------------------------------------------------------------------------- */
static struct sim_object *cluster_of(struct sim *s, const char *host)
{
	if (elsewhere_answers(host))
		return elsewhere_cluster(s);
	for (struct sim_object *o = sim_first(s, "container.clusters", "projects/"); o; o = sim_following(s, o, "projects/"))
		if (!strcmp(json_str(o->doc, "endpoint", ""), host) ||
		    !strcmp(json_str(o->doc, "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint", ""), host))
			return o;
	return NULL;
}

static bool has_subresource(const struct kubernetes_resource *r, const char *sub)
{
	static const char *const others[][2] = {
	    {"ServiceAccount", "token"}, {"Pod", "log"}, {"Pod", "eviction"}, {"Namespace", "finalize"}};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(others[i][0], r->kind) && !strcmp(others[i][1], sub))
			return true;
	if (!strcmp(sub, "scale"))
		return kubernetes_scales(r->kind);
	return !*sub || (r->status && !strcmp(sub, "status"));
}

/* The path's parts: "/apis/G/V/namespaces/NS/plural/name/sub". False when it names no resource that is known. */
static bool parse(struct kubernetes_call *k)
{
	char *copy = xstrdup(k->c->path), *part[10] = {0}, *save = NULL;
	int n = 0, at;
	for (char *p = strtok_r(copy, "/", &save); p && n < 10; p = strtok_r(NULL, "/", &save))
		part[n++] = p;
	bool core = n >= 3 && !strcmp(part[0], "api"), named = n >= 4 && !strcmp(part[0], "apis");
	if (core || named) {
		const char *group = core ? "" : part[1], *v = part[core ? 1 : 2];
		at = core ? 2 : 3;
		/* A namespace itself, or what is in one. */
		if (!strcmp(part[at], "namespaces") && n > at + 2 && strcmp(part[at + 2], "status") &&
		    strcmp(part[at + 2], "finalize")) {
			snprintf(k->ns, sizeof k->ns, "%.255s", part[at + 1]);
			at += 2;
		}
		k->r = kubernetes_resource_find(group, v, part[at]);
		if (at + 1 < n)
			snprintf(k->name, sizeof k->name, "%.255s", part[at + 1]);
		if (at + 2 < n)
			snprintf(k->sub, sizeof k->sub, "%.63s", part[at + 2]);
	}
	free(copy);
	k->type = k->r ? kubernetes_type_find(k->r->type) : NULL;
	return k->r && has_subresource(k->r, k->sub);
}

static const char *verb_of(const struct kubernetes_call *k)
{
	const char *m = k->c->method;
	if (!strcmp(m, "GET"))
		return *k->name ? "get" : sim_param_bool(k->c, "watch") ? "watch" : "list";
	return !strcmp(m, "POST")    ? "create"
	       : !strcmp(m, "PUT")   ? "update"
	       : !strcmp(m, "PATCH") ? "patch"
	       : *k->name            ? "delete"
				     : "deletecollection";
}

/* In the namespaces that Autopilot manages nobody but GKE writes. */
static bool autopilot_refuses(const struct kubernetes_call *k, const struct kubernetes_wish *w)
{
	bool reads = !strcmp(w->verb, "get") || !strcmp(w->verb, "list") || !strcmp(w->verb, "watch");
	return !reads && *k->ns && json_bool(k->cluster->doc, "autopilot.enabled", false) &&
	       kubernetes_autopilot_manages(k->ns);
}

/* IAM's container.* permissions stand for the cluster's roles, which may give more. */
bool kubernetes_allowed(struct kubernetes_call *k, const char *verb)
{
	char *permission, *what = kubernetes_plural_group(k->r);
	struct kubernetes_wish w = {verb, k->r->group, k->r->plural, k->sub, k->ns, k->name};
	bool may = kubernetes_may(k, &w, &permission), whole = !k->r->namespaced || !*k->ns;
	const char *where = whole ? " at the cluster scope" : sim_tmp(" in the namespace \"%s\"", k->ns);
	const char *iam = k->c->principal ? sim_tmp(": requires one of [\"%s\"] permission(s).", permission) : "";
	if (!may)
		kubernetes_fail(k, 403, "Forbidden", NULL,
				"%s%s%s%s is forbidden: User \"%s\" cannot %s resource \"%s%s%s\" in API group \"%s\"%s%s",
				what, *k->name ? " \"" : "", k->name, *k->name ? "\"" : "", k->user, w.verb, k->r->plural,
				*k->sub ? "/" : "", k->sub, k->r->group, where, iam);
	else if (autopilot_refuses(k, &w)) {
		kubernetes_fail(
		    k, 403, "Forbidden", NULL,
		    "%s is forbidden: User \"%s\" cannot %s resource \"%s\" in API group \"%s\" in the namespace \"%s\": GKE "
		    "Warden authz [denied by "
		    "managed-namespaces-limitation]: the namespace \"%s\" is managed and the request's verb \"%s\" is denied",
		    what, k->user, w.verb, k->r->plural, k->r->group, k->ns, k->ns, w.verb);
		may = false;
	}
	free(permission);
	free(what);
	return may;
}

/* The request's options, of this kind. */
static bool options_good(struct kubernetes_call *k, const char *kind)
{
	const char *dry_run = sim_param(k->c, "dryRun"), *validation = sim_param(k->c, "fieldValidation"),
		   *manager = sim_param(k->c, "fieldManager");
	char *message = NULL;
	const char *field = "", *reason = "FieldValueNotSupported";
	if (strlen(manager) > 128) {
		field = "fieldManager";
		reason = "FieldValueTooLong";
		message = xstrdup("Too long: may not be more than 128 bytes");
	} else if (*dry_run && strcmp(dry_run, "All")) {
		field = "dryRun";
		message = xasprintf("Unsupported value: []string{\"%s\"}: supported values: \"All\"", dry_run);
	} else if (*validation && strcmp(validation, "Ignore") && strcmp(validation, "Strict") && strcmp(validation, "Warn")) {
		field = "fieldValidation";
		message = xasprintf("Unsupported value: \"%s\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
				    validation);
	}
	if (!message)
		return true;
	k->failing_kind = kind;
	k->failing_group = "meta.k8s.io";
	kubernetes_fail(k, 422, "Invalid", json_make("[{'reason':%s,'message':%s,'field':%s}]", reason, message, field),
			"%s.meta.k8s.io \"\" is invalid: %s: %s", kind, field, message);
	free(message);
	return false;
}

/* Can what is asked for be had? */
static bool acceptable(struct kubernetes_call *k)
{
	const char *accept = sim_request_header(k->c->request, "Accept");
	if (!accept || strstr(accept, "json") || strstr(accept, "*/*") || strstr(accept, "application/*") ||
	    !strcmp(k->sub, "log"))
		return true;
	kubernetes_fail(k, 406, "NotAcceptable", NULL,
			"406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
			"application/vnd.kubernetes.protobuf, application/json;stream=watch, "
			"application/vnd.kubernetes.protobuf;stream=watch");
	return false;
}

/* A token of a service account; none is kept. */
static void make_token(struct kubernetes_call *k)
{
	const struct sim_object *o = kubernetes_target(k);
	cJSON *sent = cJSON_ParseWithLength(k->c->raw ? k->c->raw : "", k->c->raw_len);
	if (!sent && k->c->raw_len)
		sent = kubernetes_from_protobuf(k->c->raw, k->c->raw_len);
	if (o)
		kubernetes_answer(k, 201, kubernetes_token(k, o->doc, sent));
	else
		kubernetes_not_found(k);
	cJSON_Delete(sent);
}

/* As a drain asks: what a budget does not allow is to be asked again later. */
static void evict(struct kubernetes_call *k)
{
	struct sim_object *o = kubernetes_target(k);
	const struct sim_object *budget = o ? kubernetes_budget_against(k->c->sim, k->cluster, o) : NULL;
	if (!o) {
		kubernetes_not_found(k);
	} else if (budget) {
		k->r = NULL;
		kubernetes_fail(k, 429, "TooManyRequests",
				json_make("[{'reason':'DisruptionBudget','message':%s}]",
					  sim_tmp("The disruption budget %s needs %d healthy pods and has %d currently",
						  json_str(budget->doc, "metadata.name", ""),
						  (int)json_num(budget->doc, "status.desiredHealthy", 0),
						  (int)json_num(budget->doc, "status.currentHealthy", 0))),
				"Cannot evict pod as it would violate the pod's disruption budget.");
	} else {
		const char *key = sim_tmp("%s", json_str(o->hidden, "rootKey", "")),
			   *uid = sim_tmp("%s", json_str(o->hidden, "root", ""));
		kubernetes_pod_remove(k->c->sim, k->cluster, o, NULL);
		sim_after(k->c->sim, 0.5, kubernetes_look_again,
			  json_make("{'cluster':%s,'key':%s,'uid':%s}", k->cluster->key, key, uid));
		kubernetes_answer(k, 201,
				  json_make("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Success','code':201}"));
	}
}

static void get(struct kubernetes_call *k)
{
	const struct sim_object *o = kubernetes_target(k);
	if (!o)
		kubernetes_not_found(k);
	else if (!strcmp(k->sub, "log"))
		kubernetes_log(k, o);
	else if (!strcmp(k->sub, "scale"))
		kubernetes_answer(k, 200, kubernetes_scale_of(o->doc));
	else
		kubernetes_answer(k, 200, cJSON_Duplicate(o->doc, true));
}

static void act(struct kubernetes_call *k)
{
	const char *m = k->c->method;
	bool named = *k->name;
	if (!strcmp(m, "GET") && named)
		get(k);
	else if (!strcmp(m, "GET") && !selectors_good(k))
		return;
	else if (!strcmp(m, "GET") && sim_param_bool(k->c, "watch"))
		watch(k);
	else if (!strcmp(m, "GET"))
		kubernetes_list(k);
	else if ((!strcmp(m, "PUT") || !strcmp(m, "PATCH")) && !strcmp(k->sub, "scale"))
		kubernetes_rescale(k);
	else if (!strcmp(m, "POST") && !strcmp(k->sub, "token"))
		make_token(k);
	else if (!strcmp(m, "POST") && !strcmp(k->sub, "eviction"))
		evict(k);
	else if (!strcmp(m, "POST") && !named && options_good(k, "CreateOptions"))
		kubernetes_create(k);
	else if (!strcmp(m, "PUT") && named && options_good(k, "UpdateOptions"))
		kubernetes_replace(k);
	else if (!strcmp(m, "PATCH") && named && options_good(k, "PatchOptions"))
		kubernetes_patch_object(k);
	else if (!strcmp(m, "DELETE") && named)
		kubernetes_delete(k);
	else if (!strcmp(m, "DELETE") && selectors_good(k))
		kubernetes_delete_all(k);
	else if (!k->c->reply->status)
		kubernetes_fail(k, 405, "MethodNotAllowed", NULL,
				"the server does not allow this method on the requested resource");
}

/* Reviews are asked for and not kept. */
static bool review(struct kubernetes_call *k)
{
	static const char *const groups[] = {"/apis/authorization.k8s.io/v1/", "/apis/authentication.k8s.io/v1/"};
	for (size_t i = 0; i < 2; i++) {
		if (!text_starts(k->c->path, groups[i]) || strcmp(k->c->method, "POST"))
			continue;
		cJSON *sent = cJSON_ParseWithLength(k->c->raw ? k->c->raw : "", k->c->raw_len);
		if (!sent)
			sent = kubernetes_from_protobuf(k->c->raw ? k->c->raw : "", k->c->raw_len);
		cJSON *reply = kubernetes_review(k, k->c->path + strlen(groups[i]), sent);
		cJSON_Delete(sent);
		if (reply)
			kubernetes_answer(k, 201, reply);
		return reply != NULL;
	}
	return false;
}

/* A path that leads nowhere: of a group that is known in the API's words, otherwise as any server would. */
static void nowhere(struct kubernetes_call *k)
{
	char group[96] = "", v[32] = "";
	bool known = text_starts(k->c->path, "/api/") ||
		     (sscanf(k->c->path, "/apis/%95[^/]/%31[^/]", group, v) == 2 && kubernetes_group_known(group, v));
	k->r = NULL;
	if (known)
		kubernetes_fail(k, 404, "NotFound", NULL, "the server could not find the requested resource");
	else
		sim_bytes(k->c, 404, "text/plain; charset=utf-8", "404 page not found\n", 19);
}

/* The DNS-based endpoint is Google's own front: it is open to the outside or not, and IAM has the first word; a cluster's own tokens pass only where that is
 * switched on. */
static bool dns_lets_in(struct kubernetes_call *k)
{
	static const char settings[] = "controlPlaneEndpointsConfig.dnsEndpointConfig";
	const cJSON *dns = json_at(k->cluster->doc, settings);
	const char *project = sim_tmp("%.*s", (int)strcspn(k->cluster->key + 9, "/"), k->cluster->key + 9);
	if (!json_bool(dns, "allowExternalTraffic", false)) {
		kubernetes_fail(k, 403, "Forbidden", NULL,
				"external traffic is not allowed on the DNS-based endpoint of this cluster");
		return false;
	}
	if (!k->c->principal && !(k->user && json_bool(dns, "enableK8sTokensViaDns", false))) {
		kubernetes_fail(k, 401, "Unauthorized", NULL, "Unauthorized");
		return false;
	}
	if (!k->c->principal || sim_allowed(k->c->sim, k->c->principal, "container.clusters.connect", project,
					    sim_tmp("//container.googleapis.com/%s", k->cluster->key)))
		return true;
	kubernetes_fail(k, 403, "Forbidden", NULL,
			"Permission 'container.clusters.connect' denied on resource \"%s\" (or it may not exist).",
			k->cluster->key);
	return false;
}

static void kubernetes_serve(struct sim_call *c)
{
	struct kubernetes_call k = {.c = c, .cluster = cluster_of(c->sim, c->host)};
	const char *agent = sim_request_header(c->request, "User-Agent");
	char manager[128];
	if (!k.cluster || !strcmp(json_str(k.cluster->doc, "status", ""), "PROVISIONING")) {
		sim_bytes(c, 404, "text/plain; charset=utf-8", "404 page not found\n", 19);
		return;
	}
	if (elsewhere_is(k.cluster))
		c->principal = NULL; /* nobody of Google's is anybody there */
	k.user = kubernetes_user(c, k.cluster);
	if (strstr(c->host, ".gke.goog") && !dns_lets_in(&k))
		return;
	if (!k.user && strcmp(c->path, "/version") && strcmp(c->path, "/livez") && strcmp(c->path, "/readyz") &&
	    strcmp(c->path, "/healthz")) {
		kubernetes_fail(&k, 401, "Unauthorized", NULL, "Unauthorized");
		return;
	}
	snprintf(manager, sizeof manager, "%.*s", agent ? (int)strcspn(agent, "/") : 7, agent ? agent : "unknown");
	k.manager = *sim_param(c, "fieldManager") ? sim_param(c, "fieldManager") : manager;
	if (kubernetes_discover(c, c->path) || kubernetes_issuer(&k))
		return;
	if (review(&k) || kubernetes_metrics(&k) || kubernetes_forwarded(&k) || kubernetes_proxied(&k))
		return;
	if (!parse(&k))
		nowhere(&k);
	else if (kubernetes_allowed(&k, verb_of(&k)) && acceptable(&k))
		act(&k);
}

/* A control plane's private address is one of its network, its public one lets in whom its authorized networks name. The DNS-based endpoint has no address of
 * its own, and answers everybody. */
static bool kubernetes_closed(struct sim *s, const char *host)
{
	static const char ip[] = "controlPlaneEndpointsConfig.ipEndpointsConfig";
	for (struct sim_object *o = sim_first(s, "container.clusters", "projects/"); o; o = sim_following(s, o, "projects/")) {
		const cJSON *config = json_at(o->doc, ip), *range;
		if (!strcmp(json_str(o->hidden, "private", ""), host))
			return true;
		if (strcmp(json_str(o->hidden, "public", ""), host) != 0)
			continue;
		if (!json_bool(config, "enabled", true) || !json_bool(config, "enablePublicEndpoint", true))
			return true;
		bool closed = json_bool(config, "authorizedNetworksConfig.enabled", false);
		cJSON_ArrayForEach(range, json_at(config, "authorizedNetworksConfig.cidrBlocks"))
			closed = closed && !ip4_within(KUBERNETES_CALLER "/32", json_str(range, "cidrBlock", ""));
		return closed;
	}
	return false;
}

static const struct sim_route routes[] = {
    {"* 104.154.*/*", kubernetes_serve, NULL, NULL},
    {"* gke-*.gke.goog/*", kubernetes_serve, NULL, NULL},
    {"* " SIM_ELSEWHERE_HOST "/*", kubernetes_serve, NULL, NULL},
    {"* 127.0.0.1/*", kubernetes_serve, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_kubernetes = {
    .name = "kubernetes", .errors = SIM_ERRORS_AIP, .routes = routes, .closed = kubernetes_closed};
