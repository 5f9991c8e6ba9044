/* What all kinds of Compute Engine have in common: refusals, scopes, documents, fingerprints, and the handlers of get, list and aggregatedList. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct compute_kind *const compute_kinds[] = {
    &compute_network_kind,
    &compute_subnetwork_kind,
    &compute_firewall_kind,
    &compute_router_kind,
    &compute_address_kind,
    &compute_route_kind,
    &compute_health_check_kind,
    &compute_instance_group_kind,
    &compute_neg_kind,
    &compute_backend_service_kind,
    &compute_url_map_kind,
    &compute_http_proxy_kind,
    &compute_https_proxy_kind,
    &compute_certificate_kind,
    &compute_forwarding_rule_kind,
    &compute_instance_kind,
    &compute_disk_kind,
    &compute_manager_kind,
    &compute_ssl_policy_kind,
    &compute_security_policy_kind,
    &compute_schedule_kind,
    &compute_template_kind,
    &compute_autoscaler_kind,
    &compute_snapshot_kind,
    &compute_image_kind,
    NULL,
};

/* Is the word, of that length, one of the blank-separated words of list? */
static bool word_in(const char *list, const char *word, size_t len)
{
	for (const char *p = list; p && *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == len && !memcmp(p, word, len))
			return true;
	return false;
}

const struct compute_kind *compute_kind_of(const char *method_id)
{
	const char *resource = strchr(method_id, '.');
	if (!resource++)
		return NULL;
	for (const struct compute_kind *const *k = compute_kinds; *k; k++)
		if (word_in((*k)->resources, resource, strcspn(resource, ".")))
			return *k;
	return NULL;
}

const struct compute_kind *compute_kind_named(const char *plural)
{
	for (const struct compute_kind *const *k = compute_kinds; *k; k++)
		if (!strcmp((*k)->plural, plural))
			return *k;
	return NULL;
}

const char *compute_collection(const struct compute_kind *k)
{
	return sim_tmp("compute.%s", k->plural);
}

/* Refusals. -------------------------------------------------------------------------------------------------------------- */
bool compute_invalid(struct sim_call *c, const char *field, const char *value, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid value for field 'resource.%s': '%s'. %s", field, value, why);
	return false;
}

bool compute_required(struct sim_call *c, const char *field)
{
	sim_fail(c, "INVALID_ARGUMENT", "required", "Required field 'resource.%s' not specified", field);
	return false;
}

void compute_not_found(struct sim_call *c, const char *path)
{
	sim_fail(c, "NOT_FOUND", "notFound", "The resource '%s' was not found", path);
}

bool compute_busy(struct sim_call *c, const struct sim_object *o)
{
	if (!json_at(o->hidden, "pending"))
		return false;
	sim_fail(c, "INVALID_ARGUMENT", "resourceNotReady", "The resource '%s' is not ready", o->key);
	return true;
}

bool compute_fingerprint(struct sim_call *c, const cJSON *doc, const cJSON *body, const char *field, bool needed,
			 const char *message)
{
	const char *sent = json_str(body, field, "");
	if (!*sent)
		return !needed || compute_required(c, field);
	if (!strcmp(sent, json_str(doc, field, "")))
		return true;
	sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL, "%s", message);
	return false;
}

/* Scopes and targets. ---------------------------------------------------------------------------------------------------- */
bool compute_scope(struct sim_call *c, struct buf *out)
{
	const char *region = sim_param(c, "region"), *zone = sim_param(c, "zone");
	buf_printf(out, "projects/%s/", c->project);
	if (*zone)
		buf_printf(out, "zones/%s/", zone);
	else if (*region)
		buf_printf(out, "regions/%s/", region);
	else
		buf_puts(out, "global/");
	if (*zone ? compute_zone_known(zone) : !*region || compute_region_known(region))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid value for field '%s': '%s'. Unknown %s.", *zone ? "zone" : "region",
		 *zone ? zone : region, *zone ? "zone" : "region");
	return false;
}

/* The name in the path stands after the kind's plural. */
static const char *name_of(const struct sim_call *c, const struct compute_kind *k)
{
	char word[80];
	snprintf(word, sizeof word, "/%s/", k->plural);
	const char *project = strstr(c->path, "/projects/");
	const char *at = project ? strstr(project + 10 + strcspn(project + 10, "/"), word) : NULL;
	at = at ? at + strlen(word) : "";
	return sim_tmp("%.*s", (int)strcspn(at, "/"), at);
}

bool compute_is_name(const char *name)
{
	size_t len = strlen(name);
	return len && len < 64 && name[0] >= 'a' && name[0] <= 'z' && name[len - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* What a path may call a resource: its name, or its number. */
static bool name_or_number(struct sim_call *c, const char *name)
{
	size_t len = strlen(name);
	if (compute_is_name(name) || (len < 21 && *name > '0' && strspn(name, "0123456789") == len))
		return true;
	const cJSON *p = c->params->child;
	while (p && !(cJSON_IsString(p) && !strcmp(p->valuestring, name)))
		p = p->next;
	sim_fail(
	    c, "INVALID_ARGUMENT", "invalid",
	    "Invalid value for field '%s': '%s'. Must be a match of regex '[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?|[1-9][0-9]{0,19}'",
	    p ? p->string : "resourceId", name);
	return false;
}

struct sim_object *compute_target(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	struct buf path = {0};
	struct sim_object *o = NULL;
	const char *n = name_of(c, k);
	if (compute_scope(c, &path) && name_or_number(c, n)) {
		buf_printf(&path, "%s/%s", k->plural, n);
		o = compute_at(c->sim, k, buf_text(&path));
		if (!o)
			compute_not_found(c, buf_text(&path));
	}
	buf_free(&path);
	return o;
}

void compute_keep(struct sim_object *o)
{
	if (!json_at(o->hidden, "pending")) /* an operation that fails leaves it so */
		json_put(o->hidden, "before", cJSON_Duplicate(o->doc, true));
}

struct sim_object *compute_ready_target(struct sim_call *c)
{
	struct sim_object *o = compute_repeated(c) ? NULL : compute_target(c);
	if (!o || compute_busy(c, o))
		return NULL;
	compute_keep(o);
	return o;
}

/* Documents. ------------------------------------------------------------------------------------------------------------- */
void compute_touch(struct sim *s, cJSON *doc, const char *field)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char text[13];
	uint64_t r = sim_random(s);
	for (int i = 0; i < 11; i++, r = r >> 6 | r << 58)
		text[i] = digits[r & 63];
	/* Eight bytes are eleven digits, the last of which has only four bits. */
	text[10] = digits[(r & 15) << 2];
	memcpy(text + 11, "=", 2);
	json_put_str(doc, field, text);
}

struct sim_object *compute_store(struct sim *s, const struct compute_kind *k, const char *scope, cJSON *doc)
{
	char id[32];
	const char *now = sim_stamp_compute(s);
	const char *path = sim_tmp("%s%s/%s", scope, k->plural, json_str(doc, "name", ""));
	snprintf(id, sizeof id, "%lld", sim_serial(s));
	json_put_str(doc, "kind", k->kind);
	json_put_str(doc, "id", id);
	json_put_str(doc, "creationTimestamp", now);
	const char *link = compute_link(path);
	json_put_str(doc, "selfLink", link);
	const char *place = strstr(scope, "/regions/") ? "region" : strstr(scope, "/zones/") ? "zone" : NULL;
	if (place)
		json_put_str(doc, place, sim_tmp(COMPUTE_BASE "%.*s", (int)strlen(scope) - 1, scope));
	if (k->flags & COMPUTE_FINGERPRINT)
		compute_touch(s, doc, "fingerprint");
	if (k->flags & (COMPUTE_LABELS | COMPUTE_LABELS_KEPT))
		compute_touch(s, doc, "labelFingerprint");
	struct sim_object *o = sim_put(s, compute_collection(k), path, doc);
	if (k->stored)
		k->stored(s, o);
	return o;
}

/* Reading. --------------------------------------------------------------------------------------------------------------- */
void compute_get(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static bool passes(const struct sim_call *c, const struct sim_object *o)
{
	bool bad = false;
	return compute_filter(sim_param(c, "filter"), o->doc, &bad);
}

/* What list replies carry beside the items; false, answered, when the filter cannot be read. */
static bool list_frame(struct sim_call *c, const struct compute_kind *k, const char *suffix, const char *path, cJSON **extra)
{
	bool bad = false;
	cJSON *nothing = cJSON_CreateObject();
	compute_filter(sim_param(c, "filter"), nothing, &bad);
	cJSON_Delete(nothing);
	if (bad) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid",
			 "Invalid value for field 'filter': '%s'. Invalid list filter expression.", sim_param(c, "filter"));
		return false;
	}
	const char *kind = sim_tmp("%s%s", k->kind, suffix);
	*extra = json_make("{'kind':%s,'id':%s,'selfLink':%s}", kind, path, compute_link(path));
	if (!strcmp(kind, "compute#securityPolicyList")) /* the one list without a link to itself */
		cJSON_DeleteItemFromObject(*extra, "selfLink");
	return true;
}

void compute_list(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	struct buf prefix = {0};
	cJSON *extra;
	if (compute_scope(c, &prefix)) {
		buf_puts(&prefix, k->plural);
		bool good = list_frame(c, k, "List", buf_text(&prefix), &extra);
		buf_putc(&prefix, '/');
		if (good)
			sim_list(c, compute_collection(k), buf_text(&prefix), "items", passes, extra);
	}
	buf_free(&prefix);
}

/* The list of one scope ("regions/us-central1") within an aggregated list's items, made when it is not there. */
static cJSON *scope_list(cJSON *items, const char *scope, const char *plural)
{
	cJSON *s = cJSON_GetObjectItemCaseSensitive(items, scope);
	if (!s)
		s = cJSON_AddObjectToObject(items, scope);
	cJSON *list = cJSON_GetObjectItemCaseSensitive(s, plural);
	return list ? list : cJSON_AddArrayToObject(s, plural);
}

static void empty_scope(cJSON *items, const char *scope)
{
	const char *text = sim_tmp("There are no results for scope '%s' on this page.", scope);
	cJSON *warning = json_make("{'warning':{'code':'NO_RESULTS_ON_PAGE','message':%s,'data':[{'key':'scope','value':%s}]}}",
				   text, scope);
	cJSON_AddItemToObject(items, scope, warning);
}

/* "regions/us-central1" of a key behind its project. */
static const char *scope_of(const char *key)
{
	const char *end = strchr(key, '/');
	if (end && !text_starts(key, "global/"))
		end = strchr(end + 1, '/');
	return sim_tmp("%.*s", end ? (int)(end - key) : 0, key);
}

void compute_aggregated(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	const char *collection = compute_collection(k), *prefix = sim_tmp("projects/%s/", c->project);
	cJSON *reply, *items;
	if (!list_frame(c, k, "AggregatedList", sim_tmp("%saggregated/%s", prefix, k->plural), &reply))
		return;
	items = cJSON_AddObjectToObject(reply, "items");
	for (struct sim_object *o = sim_first(c->sim, collection, prefix); o; o = sim_following(c->sim, o, prefix))
		if (passes(c, o))
			cJSON_AddItemToArray(scope_list(items, scope_of(o->key + strlen(prefix)), k->plural),
					     cJSON_Duplicate(o->doc, true));
	for (size_t i = 0; sim_region_at(i); i++) {
		const char *scope = sim_tmp("regions/%s", sim_region_at(i)->name);
		if (!cJSON_GetObjectItemCaseSensitive(items, scope) && !sim_param_bool(c, "returnPartialSuccess"))
			empty_scope(items, scope);
	}
	sim_ok(c, reply);
}
