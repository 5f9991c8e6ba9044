/* What all kinds of Compute Engine have in common: scopes, fingerprints, quotas of one each, and the handlers of get, list,
 * aggregatedList, insert, patch, update, delete and setLabels. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct compute_kind *const compute_kinds[] = {
    &compute_network_kind,     &compute_subnetwork_kind,      &compute_firewall_kind,        &compute_router_kind,
    &compute_address_kind,     &compute_route_kind,           &compute_health_check_kind,    &compute_instance_group_kind,
    &compute_neg_kind,         &compute_backend_service_kind, &compute_url_map_kind,         &compute_http_proxy_kind,
    &compute_https_proxy_kind, &compute_certificate_kind,     &compute_forwarding_rule_kind, &compute_instance_kind,
    &compute_disk_kind,        &compute_manager_kind,         &compute_ssl_policy_kind,      &compute_security_policy_kind,
    &compute_schedule_kind,    &compute_template_kind,        &compute_autoscaler_kind,      NULL,
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

static bool is_name(const char *name)
{
	size_t len = strlen(name);
	return len && len < 64 && name[0] >= 'a' && name[0] <= 'z' && name[len - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* What a path may call a resource: its name, or its number. */
static bool name_or_number(struct sim_call *c, const char *name)
{
	size_t len = strlen(name);
	if (is_name(name) || (len < 21 && *name > '0' && strspn(name, "0123456789") == len))
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

struct sim_object *compute_ready_target(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	return o && !compute_busy(c, o) ? o : NULL;
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

void compute_merge(cJSON *doc, const cJSON *patch)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, patch) {
		cJSON *have = cJSON_GetObjectItemCaseSensitive(doc, p->string);
		if (cJSON_IsNull(p))
			cJSON_DeleteItemFromObjectCaseSensitive(doc, p->string);
		else if (have && cJSON_IsObject(have) && cJSON_IsObject(p))
			compute_merge(have, p);
		else if (have)
			cJSON_ReplaceItemInObjectCaseSensitive(doc, p->string, cJSON_Duplicate(p, true));
		else
			cJSON_AddItemToObject(doc, p->string, cJSON_Duplicate(p, true));
	}
}

static void fill_defaults(const struct compute_kind *k, cJSON *doc)
{
	if (!k->defaults)
		return;
	cJSON *d = json_make(k->defaults);
	sim_fill(doc, d);
	cJSON_Delete(d);
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

/* Handlers. -------------------------------------------------------------------------------------------------------------- */
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
	struct buf kind = {0}, id = {0};
	buf_printf(&kind, "%s%s", k->kind, suffix);
	buf_printf(&id, "%.*s%s", strcmp(suffix, "List") ? 0 : (int)strlen(path), path, strcmp(suffix, "List") ? path : "");
	const char *link = compute_link(path);
	*extra = json_make("{'kind':%s,'id':%s,'selfLink':%s}", buf_text(&kind), buf_text(&id), link);
	if (!strcmp(buf_text(&kind), "compute#securityPolicyList")) /* the one list without a link to itself */
		cJSON_DeleteItemFromObject(*extra, "selfLink");
	buf_free(&kind);
	buf_free(&id);
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

void compute_aggregated(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	struct buf prefix = {0}, path = {0};
	cJSON *extra, *items = cJSON_CreateObject();
	buf_printf(&prefix, "projects/%s/", c->project);
	buf_printf(&path, "projects/%s/aggregated/%s", c->project, k->plural);
	if (!list_frame(c, k, "AggregatedList", buf_text(&path), &extra)) {
		cJSON_Delete(items);
		goto out;
	}
	for (struct sim_object *o = sim_first(c->sim, compute_collection(k), buf_text(&prefix)); o;
	     o = sim_following(c->sim, o, buf_text(&prefix))) {
		const char *scope = o->key + prefix.len;
		const char *end = strchr(scope, '/');
		if (!text_starts(scope, "global/"))
			end = end ? strchr(end + 1, '/') : NULL;
		struct buf name = {0};
		buf_printf(&name, "%.*s", end ? (int)(end - scope) : 0, scope);
		if (passes(c, o))
			cJSON_AddItemToArray(scope_list(items, buf_text(&name), k->plural), cJSON_Duplicate(o->doc, true));
		buf_free(&name);
	}
	for (size_t i = 0; sim_region_at(i); i++) {
		struct buf name = {0};
		buf_printf(&name, "regions/%s", sim_region_at(i)->name);
		if (!cJSON_GetObjectItemCaseSensitive(items, buf_text(&name)) && !sim_param_bool(c, "returnPartialSuccess"))
			empty_scope(items, buf_text(&name));
		buf_free(&name);
	}
	cJSON_AddItemToObject(extra, "items", items);
	sim_ok(c, extra);
out:
	buf_free(&prefix);
	buf_free(&path);
}

static bool good_name(struct sim_call *c, const char *name)
{
	if (!*name)
		return compute_required(c, "name");
	return is_name(name) ||
	       compute_invalid(c, "name", name, "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'");
}

static void landed(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = compute_op_object(s, arg);
	const struct compute_kind *k = compute_kind_named(json_str(arg, "collection", "compute.") + 8);
	const char *code = NULL;
	char *message = o && k && k->landed ? k->landed(s, o, &code) : NULL;
	if (message) {
		if (k->removed)
			k->removed(s, o);
		sim_remove(s, o);
	}
	compute_end(s, arg, code, message);
	free(message);
}

/* Some kinds name their operations in full, though not zonal endpoint groups; of subnetworks the patch alone is. */
static void begin(struct sim_call *c, const struct compute_kind *k, struct sim_object *o, const char *type,
		  const char *duration, bool sure, void (*finish)(struct sim *s, const cJSON *arg))
{
	bool in_full = (k->flags & COMPUTE_LONG_TYPES) && strncmp(c->id, "compute.networkEndpointGroups.", 30);
	if (!strcmp(c->id, "compute.subnetworks.patch"))
		in_full = true;
	compute_begin(c, o, in_full ? c->id : type, sim_draw(c->sim, duration), sure, finish);
}

/* May the organization have such a thing here? What is global may be anywhere. */
static bool place_allowed(struct sim_call *c, const struct compute_kind *k, const char *path)
{
	static const char *const placed[] = {"instances", "disks", "addresses", "routers", "forwardingRules"};
	const char *zone = sim_param(c, "zone"), *place = *zone ? zone : sim_param(c, "region");
	bool minds = false;
	for (size_t i = 0; i < sizeof placed / sizeof *placed; i++)
		minds = minds || !strcmp(k->plural, placed[i]);
	if (!minds || !*place || !sim_constraint(c->sim, c->project, "gcp.resourceLocations", place))
		return true;
	sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
		      "Location %s:%s violates constraint constraints/gcp.resourceLocations on the resource %s.",
		      *zone ? "ZONE" : "REGION", place, path);
	return false;
}

void compute_insert(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	struct buf scope = {0}, path = {0};
	cJSON *doc = NULL;
	if (compute_repeated(c) || !compute_scope(c, &scope))
		goto out;
	if (!c->body || !c->body->child) {
		sim_fail(c, "INVALID_ARGUMENT", "required", "Required field 'resource' not specified");
		goto out;
	}
	doc = sim_take_body(c);
	if (!good_name(c, json_str(doc, "name", "")))
		goto out;
	buf_printf(&path, "%s%s/%s", buf_text(&scope), k->plural, json_str(doc, "name", ""));
	if (!place_allowed(c, k, buf_text(&path)))
		goto out;
	if (sim_get(c->sim, compute_collection(k), buf_text(&path))) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "The resource '%s' already exists", buf_text(&path));
		goto out;
	}
	if (k->flags & COMPUTE_LABELS)
		json_drop(doc, "labels");
	if (!compute_links(c, k, doc) || (k->quota && !compute_quota(c, k->quota, sim_param(c, "region"), 1)))
		goto out;
	fill_defaults(k, doc);
	if (k->check && !k->check(c, doc, NULL))
		goto out;
	struct sim_object *o = compute_store(c->sim, k, buf_text(&scope), doc);
	doc = NULL;
	begin(c, k, o, "insert", k->insert, !k->landed, landed);
out:
	cJSON_Delete(doc);
	buf_free(&scope);
	buf_free(&path);
}

/* What an update may not take away. */
static void keep_output(const struct compute_kind *k, const cJSON *old, cJSON *doc)
{
	sim_retain(doc, old,
		   "kind id name creationTimestamp selfLink selfLinkWithId region zone fingerprint labelFingerprint labels");
	sim_retain(doc, old, k->output);
}

/* Puts doc, checked and completed, in the place of o's. Takes doc. False when refused. */
static bool replace(struct sim_call *c, const struct compute_kind *k, struct sim_object *o, cJSON *doc)
{
	keep_output(k, o->doc, doc);
	if (!compute_links(c, k, doc)) {
		cJSON_Delete(doc);
		return false;
	}
	fill_defaults(k, doc);
	if (k->check && !k->check(c, doc, o)) {
		cJSON_Delete(doc);
		return false;
	}
	if (k->flags & COMPUTE_FINGERPRINT)
		compute_touch(c->sim, doc, "fingerprint");
	cJSON_Delete(o->doc);
	o->doc = doc;
	if (k->stored)
		k->stored(c->sim, o);
	return true;
}

static void change(struct sim_call *c, const char *type, bool whole)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	if (compute_repeated(c))
		return;
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	cJSON *body = sim_take_body(c), *doc = NULL;
	if ((k->flags & COMPUTE_FINGERPRINT) &&
	    !compute_fingerprint(c, o->doc, body, "fingerprint", k->flags & COMPUTE_NEEDS_FINGERPRINT,
				 "Invalid fingerprint.")) {
		cJSON_Delete(body);
		return;
	}
	if (whole) {
		doc = body;
	} else {
		doc = cJSON_Duplicate(o->doc, true);
		compute_merge(doc, body);
		cJSON_Delete(body);
	}
	if (replace(c, k, o, doc))
		begin(c, k, o, type, k->change, true, NULL);
}

void compute_patch(struct sim_call *c)
{
	change(c, "patch", false);
}

void compute_update(struct sim_call *c)
{
	change(c, "update", true);
}

/* 'projects/p/global/healthChecks/x' as 'GLOBAL:global/PROJECT:123456789012/HEALTH_CHECK:x' where the kind is named so. */
static void named(struct sim *s, struct buf *b, const struct compute_kind *k, const char *path, bool shouting)
{
	if (!shouting) {
		buf_puts(b, path);
		return;
	}
	const char *project = path + 9, *scope = strchr(project, '/') + 1, *name = strrchr(path, '/') + 1;
	struct buf word = {0};
	buf_puts(&word, k->word);
	for (char *p = word.data; p && *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	if (text_starts(scope, "global/"))
		buf_puts(b, "GLOBAL:global");
	else
		buf_printf(b, "%s:%.*s", text_starts(scope, "zones/") ? "ZONE" : "REGION",
			   (int)strcspn(strchr(scope, '/') + 1, "/"), strchr(scope, '/') + 1);
	const char *id = sim_tmp("%.*s", (int)strcspn(project, "/"), project);
	buf_printf(b, "/PROJECT:%s/%s:%s", sim_project_number(s, id), buf_text(&word), name);
	buf_free(&word);
}

static char *in_use_message(struct sim *s, const struct compute_kind *k, const struct sim_object *o)
{
	char *user = compute_user(s, k, o);
	if (!user)
		return NULL;
	char plural[64] = "";
	const char *name = strrchr(user, '/'), *start = name;
	while (start > user && start[-1] != '/')
		start--;
	snprintf(plural, sizeof plural, "%.*s", (int)(name - start), start);
	const struct compute_kind *by = compute_kind_named(plural);
	bool shouting = (k->flags & COMPUTE_SHOUTING) != 0;
	struct buf b = {0};
	buf_printf(&b, "The %s resource '", k->word);
	named(s, &b, k, o->key, shouting);
	buf_puts(&b, "' is already being used by '");
	named(s, &b, by ? by : k, user, shouting && by);
	buf_putc(&b, '\'');
	free(user);
	return buf_take(&b);
}

static void removed(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = compute_op_object(s, arg);
	const struct compute_kind *k = compute_kind_named(json_str(arg, "collection", "compute.") + 8);
	char *message = o && k && (k->flags & COMPUTE_LATE) ? in_use_message(s, k, o) : NULL;
	if (o && k && !message) {
		sim_policy_forget(s, sim_tmp("//compute.googleapis.com/%s", o->key));
		if (k->removed)
			k->removed(s, o);
		sim_remove(s, o);
	}
	compute_end(s, arg, "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", message);
	free(message);
}

void compute_delete(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	if (compute_repeated(c))
		return;
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	char *message = k->flags & COMPUTE_LATE ? NULL : in_use_message(c->sim, k, o);
	if (message)
		sim_fail(c, "INVALID_ARGUMENT", "resourceInUseByAnotherResource", "%s", message);
	else
		begin(c, k, o, "delete", k->remove, !(k->flags & COMPUTE_LATE), removed);
	free(message);
}

void compute_set_labels(struct sim_call *c)
{
	if (compute_repeated(c))
		return;
	struct sim_object *o = compute_ready_target(c);
	if (!o || !compute_fingerprint(c, o->doc, c->body, "labelFingerprint", true,
				       "Labels fingerprint either invalid or resource labels have changed"))
		return;
	const cJSON *labels = json_at(c->body, "labels");
	json_drop(o->doc, "labels");
	if (labels && labels->child)
		json_put(o->doc, "labels", cJSON_Duplicate(labels, true));
	compute_touch(c->sim, o->doc, "labelFingerprint");
	compute_begin(c, o, "setLabels", 0, true, NULL);
}

void compute_policy(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	if (!o)
		return;
	const char *holder = sim_tmp("//compute.googleapis.com/%s", o->key);
	if (strstr(c->id, ".setIamPolicy"))
		sim_policy_set(c, holder, json_at(c->body, "policy") ? json_at(c->body, "policy") : c->body);
	else
		sim_policy_get(c, holder);
}

void compute_test_permissions(struct sim_call *c)
{
	struct sim_object *o = compute_target(c);
	struct buf holder = {0};
	if (o) {
		buf_printf(&holder, "//compute.googleapis.com/%s", o->key);
		sim_policy_test(c, buf_text(&holder));
	}
	buf_free(&holder);
}
