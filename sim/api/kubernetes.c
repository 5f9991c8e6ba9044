/* A cluster's own API server: where a request points, who may ask, and get, list, watch, create, update, patch, delete. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_access.h"
#include "sim/api/kubernetes_discovery.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

/* Keys and objects. ------------------------------------------------------------------------------------------------------ */
char *kubernetes_key(const char *cluster, const struct kubernetes_resource *r, const char *ns, const char *name)
{
	return xasprintf("%s|%s/%s|%s|%s", cluster, r->group, r->plural, ns, name);
}

void kubernetes_touch(struct sim *s, const char *cluster, cJSON *doc)
{
	struct sim_object *state = sim_get(s, "kubernetes.state", cluster);
	char text[24];
	if (!state)
		state = sim_put(s, "kubernetes.state", cluster, json_make("{'version':1000}"));
	json_put_num(state->doc, "version", json_num(state->doc, "version", 1000) + 1);
	snprintf(text, sizeof text, "%.0f", json_num(state->doc, "version", 0));
	json_put_str(doc, "metadata.resourceVersion", text);
}

static void birth(struct sim *s, const char *cluster, const struct kubernetes_resource *r, cJSON *doc)
{
	char uid[37], *now = sim_time(s, 0);
	sim_uuid(s, uid);
	json_put_str(doc, "metadata.uid", uid);
	json_put_str(doc, "metadata.creationTimestamp", now);
	if (r->generation)
		json_put_num(doc, "metadata.generation", 1);
	kubernetes_touch(s, cluster, doc);
	free(now);
}

struct sim_object *kubernetes_put(struct sim *s, const char *cluster, const char *group, const char *version, const char *plural, const char *ns,
				  cJSON *doc)
{
	const struct kubernetes_resource *r = kubernetes_resource_find(group, version, plural);
	char *gv = *group ? xasprintf("%s/%s", group, version) : xstrdup(version);
	json_put_str(doc, "apiVersion", gv);
	json_put_str(doc, "kind", r->kind);
	if (*ns)
		json_put_str(doc, "metadata.namespace", ns);
	char *wrong, *key = kubernetes_key(cluster, r, ns, json_str(doc, "metadata.name", ""));
	cJSON *whole = kubernetes_decode(kubernetes_type_find(r->type), doc, &wrong, NULL);
	free(wrong);
	/* The caller may go on with doc. */
	cJSON *given = doc->child;
	doc->child = whole->child;
	whole->child = given;
	cJSON_Delete(whole);
	kubernetes_default(r->kind, doc);
	struct sim_call by_itself = {.sim = s};
	struct kubernetes_call k = {.c = &by_itself, .r = r, .type = kubernetes_type_find(r->type),
				    .manager = !strcmp(r->kind, "Namespace") ? "kube-apiserver" : "kube-controller-manager"};
	kubernetes_note_update(&k, NULL, doc);
	birth(s, cluster, r, doc);
	struct sim_object *o = sim_get(s, OBJECTS, key);
	if (o)
		sim_remove(s, o);
	o = sim_put(s, OBJECTS, key, doc);
	json_put_num(o->hidden, "born", (double)json_int64(doc, "metadata.resourceVersion", 0));
	free(gv);
	free(key);
	return o;
}

void kubernetes_report(struct sim *s, const char *cluster, struct sim_object *o, cJSON *status, const char *manager, const char *annotation, const char *value)
{
	const char *kind = json_str(o->doc, "kind", "");
	const struct kubernetes_resource *r = NULL;
	for (size_t i = 0; !r || strcmp(r->kind, kind); i++)
		if (!(r = kubernetes_resource_at(i)))
			return;
	struct sim_call by_itself = {.sim = s};
	struct kubernetes_call k = {.c = &by_itself, .r = r, .type = kubernetes_type_find(r->type), .manager = manager, .sub = "status"};
	char *wrong;
	cJSON *before = cJSON_Duplicate(o->doc, true), *empty = kubernetes_decode(k.type, NULL, &wrong, NULL);
	if (annotation && !json_at(o->doc, "metadata.annotations"))
		json_put(o->doc, "metadata.annotations", cJSON_CreateObject());
	if (annotation) {
		cJSON_DeleteItemFromObjectCaseSensitive(json_at(o->doc, "metadata.annotations"), annotation);
		cJSON_AddStringToObject(json_at(o->doc, "metadata.annotations"), annotation, value);
	}
	json_drop(o->doc, "status");
	json_put(o->doc, "status", status);
	const cJSON *d;
	cJSON_ArrayForEach(d, json_at(empty, "status"))
		if (!cJSON_GetObjectItemCaseSensitive(status, d->string))
			cJSON_AddItemToObject(status, d->string, cJSON_Duplicate(d, true));
	kubernetes_note_update(&k, before, o->doc);
	kubernetes_touch(s, cluster, o->doc);
	cJSON_Delete(before);
	cJSON_Delete(empty);
}

void kubernetes_seed(struct sim *s, const struct sim_object *cluster)
{
	static const char *const names[] = {"default", "kube-node-lease", "kube-public", "kube-system"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sim_object *o = kubernetes_put(s, cluster->key, "", "v1", "namespaces", "",
						      json_make("{'metadata':{'name':%s,'labels':{'kubernetes.io/metadata.name':%s}},'spec':{'finalizers':["
								"'kubernetes']},'status':{'phase':'Active'}}", names[i], names[i]));
		kubernetes_react(s, cluster, o);
	}
}

void kubernetes_forget(struct sim *s, const struct sim_object *cluster)
{
	char *prefix = xasprintf("%s|", cluster->key);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		sim_remove(s, o);
	}
	struct sim_object *state = sim_get(s, "kubernetes.state", cluster->key);
	if (state)
		sim_remove(s, state);
	free(prefix);
}

/* Answers. --------------------------------------------------------------------------------------------------------------- */
static void answer(struct kubernetes_call *k, int code, cJSON *body)
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
	cJSON *body = json_make("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Failure','message':%s,'code':%d}", message, code);
	if (*reason)
		json_put_str(body, "reason", reason);
	bool generic = !strcmp(reason, "MethodNotAllowed") || text_starts(message, "the server could not find") || text_starts(message, "415: ") ||
		       text_starts(message, "406: ");
	bool about = !strcmp(reason, "NotFound") || !strcmp(reason, "AlreadyExists") || !strcmp(reason, "Forbidden") || (!strcmp(reason, "Invalid") && causes) ||
		     (!strcmp(reason, "Conflict") && !causes);
	if (generic)
		json_put(body, "details", cJSON_CreateObject());
	else if (about && k->failing_kind)
		json_put(body, "details", json_make("{'group':%s,'kind':%s}", k->failing_group, k->failing_kind));
	else if (about && k->r) {
		json_put(body, "details", json_make("{'kind':%s}", k->failing_group ? k->failing_group : code == 422 ? k->r->kind : k->r->plural));
		if (*k->name)
			json_put_str(body, "details.name", k->name);
		if (*k->r->group)
			json_put_str(body, "details.group", k->r->group);
	}
	if (causes)
		json_put(body, "details.causes", causes);
	answer(k, code, body);
	free(message);
}

char *kubernetes_plural_group(const struct kubernetes_resource *r)
{
	return *r->group ? xasprintf("%s.%s", r->plural, r->group) : xstrdup(r->plural);
}

static void not_found(struct kubernetes_call *k)
{
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 404, "NotFound", NULL, "%s \"%s\" not found", what, k->name);
	free(what);
}

static struct sim_object *target(struct kubernetes_call *k)
{
	char *key = kubernetes_key(k->cluster->key, k->r, k->ns, k->name);
	struct sim_object *o = sim_get(k->c->sim, OBJECTS, key);
	free(key);
	return o;
}

/* Reads. ----------------------------------------------------------------------------------------------------------------- */

static char *list_prefix(const struct kubernetes_call *k)
{
	return xasprintf("%s|%s/%s|%s%s", k->cluster->key, k->r->group, k->r->plural, k->ns, *k->ns ? "|" : "");
}

static bool listed(const struct kubernetes_call *k, const cJSON *doc)
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

static void list(struct kubernetes_call *k)
{
	char *prefix = list_prefix(k), *kind = xasprintf("%sList", k->r->kind), *gv = *k->r->group ? xasprintf("%s/%s", k->r->group, k->r->version) : xstrdup("v1");
	cJSON *items = cJSON_CreateArray();
	struct sim_object *state = sim_get(k->c->sim, "kubernetes.state", k->cluster->key);
	for (struct sim_object *o = sim_first(k->c->sim, OBJECTS, prefix); o; o = sim_following(k->c->sim, o, prefix)) {
		if (!listed(k, o->doc))
			continue;
		cJSON *item = cJSON_Duplicate(o->doc, true);
		/* The list's own kind says it; a custom resource says it all the same. */
		if (!k->type->custom) {
			json_drop(item, "kind");
			json_drop(item, "apiVersion");
		}
		cJSON_AddItemToArray(items, item);
	}
	char *version = xasprintf("%.0f", state ? json_num(state->doc, "version", 0) : 0);
	answer(k, 200, json_make("{'kind':%s,'apiVersion':%s,'metadata':{'resourceVersion':%s},'items':%j}", kind, gv, version, items));
	free(prefix);
	free(kind);
	free(gv);
	free(version);
}

static void watch(struct kubernetes_call *k)
{
	char *prefix = list_prefix(k);
	kubernetes_watch(k, prefix);
	free(prefix);
}

/* Writes. ---------------------------------------------------------------------------------------------------------------- */
static bool dry(const struct kubernetes_call *k)
{
	return !strcmp(sim_param(k->c, "dryRun"), "All");
}

static bool namespace_there(struct kubernetes_call *k)
{
	if (!k->r->namespaced)
		return true;
	const struct kubernetes_resource *r = kubernetes_resource_find("", "v1", "namespaces");
	char *key = kubernetes_key(k->cluster->key, r, "", k->ns);
	struct sim_object *o = sim_get(k->c->sim, OBJECTS, key);
	free(key);
	if (!o) {
		struct kubernetes_call other = *k;
		other.r = r;
		snprintf(other.name, sizeof other.name, "%s", k->ns);
		not_found(&other);
		return false;
	}
	if (!json_at(o->doc, "metadata.deletionTimestamp"))
		return true;
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 403, "Forbidden", NULL, "%s \"%s\" is forbidden: unable to create new content in namespace %s because it is being terminated", what,
			k->name, k->ns);
	free(what);
	return false;
}

/* What a patch made is no object of the kind. */
static void refuse_patched(struct kubernetes_call *k, const cJSON *doc, const char *why)
{
	char *text = json_text(doc, -1);
	cJSON *quoted = cJSON_CreateString(text);
	char *value = json_text(quoted, -1), *message = xasprintf("Invalid value: %s: %s", value, why);
	const struct kubernetes_resource *r = k->r;
	k->r = NULL;
	kubernetes_fail(k, 422, "Invalid", json_make("[{'reason':'FieldValueInvalid','message':%s,'field':'patch'}]", message), " \"\" is invalid: patch: %s", message);
	k->r = r;
	cJSON_Delete(quoted);
	free(text);
	free(value);
	free(message);
}

/* Decodes and fills in a document as the server holds it; what was strictly wrong is refused, warned of or ignored, as the request asks. NULL when
 * answered. */
static cJSON *decoded(struct kubernetes_call *k, const cJSON *doc)
{
	const char *how = sim_param(k->c, "fieldValidation");
	cJSON *strict = cJSON_CreateArray(), *out, *w;
	char *wrong = NULL;
	struct buf all = {0};
	out = kubernetes_decode(k->type, doc, &wrong, strict);
	cJSON_ArrayForEach(w, strict)
		buf_printf(&all, "%s%s", all.len ? ", " : "", w->valuestring);
	if (!wrong && all.len && !strcmp(how, "Strict"))
		wrong = xasprintf("strict decoding error: %s", buf_text(&all));
	const char *type = sim_request_header(k->c->request, "Content-Type");
	bool strategic = type && strstr(type, "strategic");
	if (wrong && !strcmp(k->c->method, "PATCH") && (strategic || !text_starts(wrong, "strict"))) {
		refuse_patched(k, doc, wrong);
		cJSON_Delete(out);
		out = NULL;
	} else if (wrong) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "%s in version \"%s\" cannot be handled as a %s: %s", k->r->kind, k->r->version, k->r->kind, wrong);
		cJSON_Delete(out);
		out = NULL;
	}
	cJSON_ArrayForEach(w, strict)
		if (out && strcmp(how, "Ignore")) {
			char *quoted = json_text(w, -1), *warning = xasprintf("299 - %s", quoted);
			sim_header(k->c, "Warning", warning);
			free(quoted);
			free(warning);
		}
	free(wrong);
	buf_free(&all);
	cJSON_Delete(strict);
	if (out)
		kubernetes_default(k->r->kind, out);
	return out;
}

static void remove_object(struct kubernetes_call *k, struct sim_object *o)
{
	json_put_bool(o->hidden, "gone", true);
	kubernetes_react(k->c->sim, k->cluster, o);
	sim_remove(k->c->sim, o);
}

static void name_it(const struct kubernetes_call *k, cJSON *doc)
{
	char *gv = *k->r->group ? xasprintf("%s/%s", k->r->group, k->r->version) : xstrdup(k->r->version);
	json_put_str(doc, "apiVersion", gv);
	json_put_str(doc, "kind", k->r->kind);
	if (*k->ns)
		json_put_str(doc, "metadata.namespace", k->ns);
	free(gv);
}

/* A changed spec is one; a Deployment's annotations count too, and all that a custom resource has but its metadata. */
static bool is_new_generation(const struct kubernetes_call *k, const cJSON *before, const cJSON *after)
{
	static const char *const parts[] = {"spec", "metadata.annotations", "status"};
	for (size_t i = 0; i < 3; i++) {
		const cJSON *a = json_at(before, parts[i]), *b = json_at(after, parts[i]);
		bool same = (!a && !b) || (a && b && json_equal(a, b));
		if (!same && (i == 0 || (i == 1 && !strcmp(k->r->kind, "Deployment")) || (i == 2 && k->type->custom)))
			return true;
	}
	return false;
}

/* With the object, or with its scale when that was asked for. */
static void answer_stored(struct kubernetes_call *k, int code, cJSON *doc)
{
	bool scale = !strcmp(k->sub, "scale");
	answer(k, code, scale ? kubernetes_scale_of(doc) : doc);
	if (scale)
		cJSON_Delete(doc);
}

/* Stores a document in the place of before (NULL: new), or only answers with it on a dry run. */
static void store(struct kubernetes_call *k, struct sim_object *before, cJSON *doc)
{
	struct sim *s = k->c->sim;
	name_it(k, doc);
	if (!before)
		birth(s, k->cluster->key, k->r, doc);
	kubernetes_prepare(k, doc, before ? before->doc : NULL);
	if (!kubernetes_valid(k, doc, before ? before->doc : NULL)) {
		cJSON_Delete(doc);
		return;
	}
	if (before && !json_equal(before->doc, doc)) {
		if (k->r->generation && is_new_generation(k, before->doc, doc))
			json_put_num(doc, "metadata.generation", json_num(before->doc, "metadata.generation", 1) + 1);
		kubernetes_touch(s, k->cluster->key, doc);
	}
	if (!before && target(k)) {
		char *what = kubernetes_plural_group(k->r);
		kubernetes_fail(k, 409, "AlreadyExists", NULL, "%s \"%s\" already exists", what, k->name);
		free(what);
		cJSON_Delete(doc);
		return;
	}
	if (dry(k)) {
		if (!before)
			json_drop(doc, "metadata.resourceVersion");
		else
			json_put_str(doc, "metadata.resourceVersion", json_str(before->doc, "metadata.resourceVersion", ""));
		answer_stored(k, before ? 200 : 201, doc);
		return;
	}
	struct sim_object *o = before;
	if (before) {
		cJSON_Delete(before->doc);
		before->doc = cJSON_Duplicate(doc, true);
	} else {
		char *key = kubernetes_key(k->cluster->key, k->r, k->ns, json_str(doc, "metadata.name", ""));
		o = sim_put(s, OBJECTS, key, cJSON_Duplicate(doc, true));
		json_put_num(o->hidden, "born", (double)json_int64(doc, "metadata.resourceVersion", 0));
		free(key);
	}
	kubernetes_react(s, k->cluster, o);
	answer_stored(k, before ? 200 : 201, doc);
	if (json_at(o->doc, "metadata.deletionTimestamp") && !json_at(o->doc, "metadata.finalizers.0") && strcmp(k->r->kind, "Namespace"))
		remove_object(k, o);
}

static char *summary(const char *raw, size_t len)
{
	struct buf b = {0};
	if (!len)
		return xstrdup("<empty>");
	if (*raw == '{')
		return len > 30 ? xasprintf("%.30s ...", raw) : xasprintf("%.*s", (int)len, raw);
	for (size_t i = 0; i < len && i < 30; i++)
		buf_printf(&b, "%02x", (unsigned char)raw[i]);
	if (len > 30)
		buf_puts(&b, " ...");
	return buf_take(&b);
}

/* The body as a document; NULL when answered. */
static cJSON *body(struct kubernetes_call *k)
{
	const char *type = sim_request_header(k->c->request, "Content-Type"), *raw = k->c->raw ? k->c->raw : "";
	bool wire = type && strstr(type, "protobuf");
	if (type && !wire && !strstr(type, "json") && !strstr(type, "yaml")) {
		kubernetes_fail(k, 415, "UnsupportedMediaType", NULL,
				"the body of the request was in an unknown format - accepted media types include: application/json, application/yaml%s",
				k->type->custom ? "" : ", application/vnd.kubernetes.protobuf");
		return NULL;
	}
	cJSON *doc = wire ? kubernetes_from_protobuf(raw, k->c->raw_len) : cJSON_ParseWithLength(raw, k->c->raw_len);
	if (doc && cJSON_IsObject(doc))
		return doc;
	char *what = summary(raw, k->c->raw_len), *why = doc ? xasprintf("json: cannot unmarshal %s into Go value of type struct { APIVersion string "
									 "\"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }",
									 cJSON_IsArray(doc) ? "array" : cJSON_IsString(doc) ? "string" : "number")
							      : kubernetes_json_complaint(raw, k->c->raw_len);
	kubernetes_fail(k, 400, "BadRequest", NULL, "the object provided is unrecognized (must be of type %s): couldn't get version/kind; json parse error: %s (%s)",
			k->r->kind, why, what);
	cJSON_Delete(doc);
	free(what);
	free(why);
	return NULL;
}

/* Name, namespace and kind of a body against those of the path. */
static bool fits(struct kubernetes_call *k, cJSON *doc)
{
	const char *kind = json_str(doc, "kind", k->r->kind), *ns = json_str(doc, "metadata.namespace", k->ns);
	const char *gv = json_str(doc, "apiVersion", ""), *slash = strchr(gv, '/'), *version = slash ? slash + 1 : gv;
	char *own = *k->r->group ? xasprintf("%s/%s", k->r->group, k->r->version) : xstrdup(k->r->version);
	bool same = !strcmp(kind, k->r->kind) && (!*gv || !strcmp(gv, own));
	free(own);
	if (!same) {
		kubernetes_fail(k, 400, "BadRequest", NULL,
				"%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is registered for version \"%s\" in scheme \"pkg/runtime/scheme.go:100\"",
				kind, *version ? version : k->r->version, k->r->kind, kind, *gv ? gv : k->r->version);
		return false;
	}
	if (k->r->namespaced && strcmp(ns, k->ns)) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "the namespace of the provided object does not match the namespace sent on the request");
		return false;
	}
	if (*k->name && strcmp(json_str(doc, "metadata.name", k->name), k->name)) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "the name of the object (%s) does not match the name on the URL (%s)",
				json_str(doc, "metadata.name", ""), k->name);
		return false;
	}
	return true;
}

/* A new object has the status of nothing, whatever was sent. */
static void clear_status(const struct kubernetes_call *k, cJSON *doc)
{
	char *wrong;
	if (!k->r->status)
		return;
	cJSON *empty = kubernetes_decode(k->type, NULL, &wrong, NULL);
	json_drop(doc, "status");
	if (json_at(empty, "status"))
		json_put(doc, "status", cJSON_Duplicate(json_at(empty, "status"), true));
	cJSON_Delete(empty);
}

static void draw_name(struct kubernetes_call *k, cJSON *doc)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	char tail[6] = "";
	for (int i = 0; i < 5; i++)
		tail[i] = letters[sim_random(k->c->sim) % (sizeof letters - 1)];
	snprintf(k->name, sizeof k->name, "%.240s%s", json_str(doc, "metadata.generateName", ""), tail);
	json_put_str(doc, "metadata.name", k->name);
}

static void create(struct kubernetes_call *k)
{
	cJSON *sent = body(k), *doc = NULL;
	if (sent && fits(k, sent))
		doc = decoded(k, sent);
	cJSON_Delete(sent);
	if (!doc)
		return;
	snprintf(k->name, sizeof k->name, "%.255s", json_str(doc, "metadata.name", ""));
	if (!namespace_there(k)) {
		cJSON_Delete(doc);
		return;
	}
	name_it(k, doc);
	if (!*k->name && json_at(doc, "metadata.generateName"))
		draw_name(k, doc);
	kubernetes_note_update(k, NULL, doc);
	clear_status(k, doc);
	store(k, NULL, doc);
}

static bool current(struct kubernetes_call *k, const cJSON *live, const cJSON *doc)
{
	const char *sent = json_str(doc, "metadata.resourceVersion", "");
	if (!*sent || !strcmp(sent, json_str(live, "metadata.resourceVersion", "")))
		return true;
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 409, "Conflict", NULL,
			"Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your changes to the latest version and try again",
			what, k->name);
	free(what);
	return false;
}

/* What a write may not touch comes from the live object. */
static void keep_server_side(const struct kubernetes_call *k, const cJSON *live, cJSON *doc, bool status)
{
	static const char *const kept[] = {"metadata.uid", "metadata.creationTimestamp", "metadata.generation", "metadata.resourceVersion",
					   "metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds"};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		json_drop(doc, kept[i]);
		if (json_at(live, kept[i]))
			json_put(doc, kept[i], cJSON_Duplicate(json_at(live, kept[i]), true));
	}
	const char *other = status ? "spec" : "status";
	if (!k->r->status)
		return;
	json_drop(doc, other);
	if (json_at(live, other))
		json_put(doc, other, cJSON_Duplicate(json_at(live, other), true));
}

/* A uid that was sent is that of the live object. */
static bool same_object(struct kubernetes_call *k, const cJSON *live, const cJSON *sent)
{
	const char *uid = json_str(live, "metadata.uid", ""), *wanted = json_str(sent, "metadata.uid", uid);
	if (!strcmp(uid, wanted))
		return true;
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 409, "Conflict", NULL,
			"Operation cannot be fulfilled on %s \"%s\": StorageError: invalid object, Code: 4, Key: /registry/%s%s/%s/%s, ResourceVersion: 0, "
			"AdditionalErrorMsg: Precondition failed: UID in precondition: %s, UID in object meta: %s",
			what, k->name, k->r->plural, !strcmp(k->r->plural, "services") ? "/specs" : "", k->ns, k->name, wanted, uid);
	free(what);
	return false;
}

/* Puts a changed document, still as it was sent, in the place of the live one. */
static void change(struct kubernetes_call *k, struct sim_object *o, const cJSON *sent)
{
	bool status = !strcmp(k->sub, "status");
	cJSON *doc = current(k, o->doc, sent) ? decoded(k, sent) : NULL;
	if (!doc)
		return;
	name_it(k, doc);
	keep_server_side(k, o->doc, doc, status);
	kubernetes_note_update(k, o->doc, doc);
	store(k, o, doc);
}

/* A Scale put, or patched as JSON merges, in the place of the object's. */
static void rescale(struct kubernetes_call *k)
{
	struct sim_object *o = target(k);
	cJSON *sent = cJSON_ParseWithLength(k->c->raw ? k->c->raw : "", k->c->raw_len), *scale = o ? kubernetes_scale_of(o->doc) : NULL;
	if (!o) {
		not_found(k);
	} else if (sent) {
		compute_merge(scale, sent);
		cJSON *doc = kubernetes_scaled(o->doc, scale);
		change(k, o, doc);
		cJSON_Delete(doc);
	} else {
		kubernetes_fail(k, 400, "BadRequest", NULL, "error decoding patch: unexpected end of JSON input");
	}
	cJSON_Delete(scale);
	cJSON_Delete(sent);
}

static void replace(struct kubernetes_call *k)
{
	struct sim_object *o = target(k);
	cJSON *sent = body(k);
	bool conditional = !k->type->custom || *json_str(sent, "metadata.resourceVersion", "");
	if (!sent || !fits(k, sent)) {
		cJSON_Delete(sent);
		return;
	}
	if (!o)
		not_found(k);
	else if (k->failing_group = k->r->plural, !conditional)
		kubernetes_fail(k, 422, "Invalid", json_make("[{'reason':'FieldValueInvalid','message':'Invalid value: 0x0: must be specified for an update','field':"
							     "'metadata.resourceVersion'}]"),
				"%s.%s \"%s\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update", k->r->plural, k->r->group, k->name);
	else if (k->failing_group = NULL, same_object(k, o->doc, sent))
		change(k, o, sent);
	cJSON_Delete(sent);
}

static void apply(struct kubernetes_call *k, struct sim_object *o)
{
	cJSON *applied = body(k), *merged = NULL;
	if (!applied)
		return;
	const char *gv = json_str(applied, "apiVersion", "");
	char *why = kubernetes_untyped(k->type, applied), *own = *k->r->group ? xasprintf("%s/%s", k->r->group, k->r->version) : xstrdup(k->r->version);
	if (!*sim_param(k->c, "fieldManager")) {
		k->failing_kind = "PatchOptions";
		k->failing_group = "meta.k8s.io";
		kubernetes_fail(k, 422, "Invalid", json_make("[{'reason':'FieldValueRequired','message':'Required value: is required for apply patch','field':"
							     "'fieldManager'}]"),
				"PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
	} else if (strcmp(gv, own) || strcmp(json_str(applied, "kind", ""), k->r->kind)) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "invalid object type: %s%s, Kind=%s", strchr(gv, '/') ? "" : "/", gv, json_str(applied, "kind", ""));
	} else if (json_at(applied, "metadata.managedFields")) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "metadata.managedFields must be nil");
	} else if (why) {
		kubernetes_fail(k, 500, "", NULL, "failed to create typed patch object (%s/%s; %s%s, Kind=%s): %s", json_str(applied, "metadata.namespace", ""),
				json_str(applied, "metadata.name", ""), strchr(gv, '/') ? "" : "/", gv, k->r->kind, why);
	} else if (fits(k, applied) && (o || namespace_there(k)) && (!o || current(k, o->doc, applied))) {
		merged = kubernetes_apply(k, o ? o->doc : NULL, applied);
	}
	free(own);
	free(why);
	cJSON *doc = merged ? decoded(k, merged) : NULL;
	if (doc) {
		json_put_str(doc, "metadata.name", k->name);
		if (o)
			keep_server_side(k, o->doc, doc, !strcmp(k->sub, "status"));
		else
			clear_status(k, doc);
		store(k, o, doc);
	}
	cJSON_Delete(merged);
	cJSON_Delete(applied);
}

static void patch(struct kubernetes_call *k)
{
	struct sim_object *o = target(k);
	const char *type = sim_request_header(k->c->request, "Content-Type");
	if (type && strstr(type, "apply-patch")) {
		apply(k, o);
		return;
	}
	if (!o) {
		not_found(k);
		return;
	}
	cJSON *doc = kubernetes_patch(k, o->doc);
	if (doc)
		change(k, o, doc);
	cJSON_Delete(doc);
}

/* Does it stand for something outside the cluster, which goes with it? (What is inside goes with its namespace anyhow.) */
static bool controls(const struct sim_object *o)
{
	const char *kind = json_str(o->doc, "kind", "");
	return !strcmp(kind, "Ingress") || !strcmp(kind, "ManagedCertificate");
}

static void end_namespace(struct sim *s, const cJSON *arg)
{
	const char *cluster = json_str(arg, "cluster", ""), *ns = json_str(arg, "namespace", "");
	char *prefix = xasprintf("%s|", cluster);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(s, OBJECTS, prefix); o; o = next) {
		next = sim_following(s, o, prefix);
		bool itself = !strcmp(json_str(o->doc, "kind", ""), "Namespace") && !strcmp(json_str(o->doc, "metadata.name", ""), ns);
		if (!itself && strcmp(json_str(o->doc, "metadata.namespace", ""), ns))
			continue;
		struct sim_object *home = sim_get(s, "container.clusters", cluster);
		json_put_bool(o->hidden, "gone", true);
		if (home && controls(o))
			kubernetes_react(s, home, o);
		sim_remove(s, o);
	}
	free(prefix);
}

/* One with finalizers stays until they are taken away. */
static void delete_later(struct kubernetes_call *k, struct sim_object *o)
{
	char *now = sim_time(k->c->sim, 0);
	if (!json_at(o->doc, "metadata.deletionTimestamp") && !dry(k)) {
		json_put_str(o->doc, "metadata.deletionTimestamp", now);
		json_put_num(o->doc, "metadata.deletionGracePeriodSeconds", 0);
		if (k->r->generation)
			json_put_num(o->doc, "metadata.generation", json_num(o->doc, "metadata.generation", 1) + 1);
		kubernetes_touch(k->c->sim, k->cluster->key, o->doc);
	}
	answer(k, 200, cJSON_Duplicate(o->doc, true));
	free(now);
}

/* What the options of a delete ask of the object. */
static bool preconditions_hold(struct kubernetes_call *k, const cJSON *live)
{
	cJSON *options = k->c->raw_len ? cJSON_ParseWithLength(k->c->raw, k->c->raw_len) : NULL;
	const char *uid = json_str(live, "metadata.uid", ""), *wanted = json_str(options, "preconditions.uid", uid);
	bool good = !strcmp(uid, wanted);
	k->failing_group = k->r->kind;
	if (!good)
		kubernetes_fail(k, 409, "Conflict", NULL,
				"Operation cannot be fulfilled on %s%s%s \"%s\": the UID in the precondition (%s) does not match the UID in record (%s). The object might have "
				"been deleted and then recreated",
				k->r->kind, *k->r->group ? "." : "", k->r->group, k->name, wanted, uid);
	k->failing_group = NULL;
	cJSON_Delete(options);
	return good;
}

/* Kinds of which a delete answers with the object. */
static bool returns_deleted(const struct kubernetes_resource *r)
{
	static const char *const kinds[] = {"Pod", "Service", "ServiceAccount", "PersistentVolumeClaim", "ResourceQuota"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i], r->kind))
			return true;
	return false;
}

static void delete(struct kubernetes_call *k)
{
	struct sim_object *o = target(k);
	if (!o) {
		not_found(k);
		return;
	}
	if (!preconditions_hold(k, o->doc))
		return;
	if (!strcmp(k->r->kind, "Namespace") && (!strcmp(k->name, "default") || !strcmp(k->name, "kube-system") || !strcmp(k->name, "kube-public"))) {
		kubernetes_fail(k, 403, "Forbidden", NULL, "namespaces \"%s\" is forbidden: this namespace may not be deleted", k->name);
		return;
	}
	if (json_at(o->doc, "metadata.finalizers.0")) {
		delete_later(k, o);
		return;
	}
	if (!strcmp(k->r->kind, "Namespace")) {
		char *now = sim_time(k->c->sim, 0);
		if (!json_at(o->doc, "metadata.deletionTimestamp") && !dry(k)) {
			json_put_str(o->doc, "metadata.deletionTimestamp", now);
			json_put_str(o->doc, "status.phase", "Terminating");
			kubernetes_touch(k->c->sim, k->cluster->key, o->doc);
			sim_after(k->c->sim, 6, end_namespace, json_make("{'cluster':%s,'namespace':%s}", k->cluster->key, k->name));
		}
		free(now);
		answer(k, 200, cJSON_Duplicate(o->doc, true));
		return;
	}
	cJSON *reply = returns_deleted(k->r) ? cJSON_Duplicate(o->doc, true)
					     : json_make("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Success','details':{'name':%s,'kind':%s,'uid':%s}}",
							 k->name, k->r->plural, json_str(o->doc, "metadata.uid", ""));
	if (*k->r->group && !returns_deleted(k->r))
		json_put_str(reply, "details.group", k->r->group);
	if (!dry(k)) {
		remove_object(k, o);
	}
	answer(k, 200, reply);
}

static void delete_all(struct kubernetes_call *k)
{
	char *prefix = list_prefix(k);
	struct sim_object *next;
	for (struct sim_object *o = sim_first(k->c->sim, OBJECTS, prefix); o; o = next) {
		next = sim_following(k->c->sim, o, prefix);
		if (listed(k, o->doc) && !dry(k))
			remove_object(k, o);
	}
	free(prefix);
	list(k);
}

/* A request's way. ------------------------------------------------------------------------------------------------------- */
static struct sim_object *cluster_of(struct sim *s, const char *host)
{
	for (struct sim_object *o = sim_first(s, "container.clusters", "projects/"); o; o = sim_following(s, o, "projects/"))
		if (!strcmp(json_str(o->doc, "endpoint", ""), host) ||
		    !strcmp(json_str(o->doc, "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint", ""), host))
			return o;
	return NULL;
}

static bool has_subresource(const struct kubernetes_resource *r, const char *sub)
{
	static const char *const others[][2] = {{"Deployment", "scale"}, {"ReplicaSet", "scale"}, {"ServiceAccount", "token"}, {"Pod", "log"}, {"Namespace", "finalize"}};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(others[i][0], r->kind) && !strcmp(others[i][1], sub))
			return true;
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
		if (!strcmp(part[at], "namespaces") && n > at + 2 && strcmp(part[at + 2], "status") && strcmp(part[at + 2], "finalize")) {
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
	return !strcmp(m, "POST") ? "create" : !strcmp(m, "PUT") ? "update" : !strcmp(m, "PATCH") ? "patch" : *k->name ? "delete" : "deletecollection";
}

/* IAM's container.* permissions stand for the cluster's roles. */
static bool allowed(struct kubernetes_call *k)
{
	char *permission, *what = kubernetes_plural_group(k->r);
	bool may = kubernetes_may(k, k->r->group, k->r->plural, verb_of(k), &permission);
	if (!may)
		kubernetes_fail(k, 403, "Forbidden", NULL,
				"%s \"%s\" is forbidden: User \"%s\" cannot %s resource \"%s\" in API group \"%s\" in the namespace \"%s\": requires one of "
				"[\"%s\"] permission(s).", what, k->name, strchr(k->c->principal, ':') ? strchr(k->c->principal, ':') + 1 : "", verb_of(k), k->r->plural,
				k->r->group, k->ns, permission);
	free(permission);
	free(what);
	return may;
}

/* What a container of the pod has written; the first one's when none is named. */
static void log_of(struct kubernetes_call *k, const struct sim_object *pod)
{
	const char *name = sim_param(k->c, "container");
	name = *name ? name : json_str(pod->doc, "spec.containers.0.name", "");
	const cJSON *text = cJSON_GetObjectItemCaseSensitive(json_at(pod->hidden, "logs"), name);
	const char *all = cJSON_IsString(text) ? text->valuestring : "";
	sim_bytes(k->c, 200, "text/plain", all, strlen(all));
}

/* The request's options, of this kind. */
static bool options_good(struct kubernetes_call *k, const char *kind)
{
	const char *dry_run = sim_param(k->c, "dryRun"), *validation = sim_param(k->c, "fieldValidation"), *manager = sim_param(k->c, "fieldManager");
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
		message = xasprintf("Unsupported value: \"%s\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"", validation);
	}
	if (!message)
		return true;
	k->failing_kind = kind;
	k->failing_group = "meta.k8s.io";
	kubernetes_fail(k, 422, "Invalid", json_make("[{'reason':%s,'message':%s,'field':%s}]", reason, message, field), "%s.meta.k8s.io \"\" is invalid: %s: %s", kind,
			field, message);
	free(message);
	return false;
}

/* Can what is asked for be had? */
static bool acceptable(struct kubernetes_call *k)
{
	const char *accept = sim_request_header(k->c->request, "Accept");
	if (!accept || strstr(accept, "json") || strstr(accept, "*/*") || strstr(accept, "application/*") || !strcmp(k->sub, "log"))
		return true;
	kubernetes_fail(k, 406, "NotAcceptable", NULL, "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
						       "application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
	return false;
}

/* A token of a service account; none is kept. */
static void make_token(struct kubernetes_call *k)
{
	const struct sim_object *o = target(k);
	cJSON *sent = cJSON_ParseWithLength(k->c->raw ? k->c->raw : "", k->c->raw_len);
	if (!sent && k->c->raw_len)
		sent = kubernetes_from_protobuf(k->c->raw, k->c->raw_len);
	if (o)
		answer(k, 201, kubernetes_token(k, o->doc, sent));
	else
		not_found(k);
	cJSON_Delete(sent);
}

static void get(struct kubernetes_call *k)
{
	const struct sim_object *o = target(k);
	if (!o)
		not_found(k);
	else if (!strcmp(k->sub, "log"))
		log_of(k, o);
	else if (!strcmp(k->sub, "scale"))
		answer(k, 200, kubernetes_scale_of(o->doc));
	else
		answer(k, 200, cJSON_Duplicate(o->doc, true));
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
		list(k);
	else if ((!strcmp(m, "PUT") || !strcmp(m, "PATCH")) && !strcmp(k->sub, "scale"))
		rescale(k);
	else if (!strcmp(m, "POST") && !strcmp(k->sub, "token"))
		make_token(k);
	else if (!strcmp(m, "POST") && !named && options_good(k, "CreateOptions"))
		create(k);
	else if (!strcmp(m, "PUT") && named && options_good(k, "UpdateOptions"))
		replace(k);
	else if (!strcmp(m, "PATCH") && named && options_good(k, "PatchOptions"))
		patch(k);
	else if (!strcmp(m, "DELETE") && named)
		delete(k);
	else if (!strcmp(m, "DELETE") && selectors_good(k))
		delete_all(k);
	else if (!k->c->reply->status)
		kubernetes_fail(k, 405, "MethodNotAllowed", NULL, "the server does not allow this method on the requested resource");
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
			answer(k, 201, reply);
		return reply != NULL;
	}
	return false;
}

/* A path that leads nowhere: of a group that is known in the API's words, otherwise as any server would. */
static void nowhere(struct kubernetes_call *k)
{
	char group[96] = "", v[32] = "";
	bool known = text_starts(k->c->path, "/api/") || (sscanf(k->c->path, "/apis/%95[^/]/%31[^/]", group, v) == 2 && kubernetes_group_known(group, v));
	k->r = NULL;
	if (known)
		kubernetes_fail(k, 404, "NotFound", NULL, "the server could not find the requested resource");
	else
		sim_bytes(k->c, 404, "text/plain; charset=utf-8", "404 page not found\n", 19);
}

static void serve(struct sim_call *c)
{
	struct kubernetes_call k = {.c = c, .cluster = cluster_of(c->sim, c->host)};
	const char *agent = sim_request_header(c->request, "User-Agent");
	char manager[128];
	if (!k.cluster || !strcmp(json_str(k.cluster->doc, "status", ""), "PROVISIONING")) {
		sim_bytes(c, 404, "text/plain; charset=utf-8", "404 page not found\n", 19);
		return;
	}
	if (strstr(c->host, ".gke.goog") && !json_bool(k.cluster->doc, "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic", false)) {
		kubernetes_fail(&k, 403, "Forbidden", NULL, "external traffic is not allowed on the DNS-based endpoint of this cluster");
		return;
	}
	if (!c->principal && strcmp(c->path, "/version") && strcmp(c->path, "/livez") && strcmp(c->path, "/readyz") && strcmp(c->path, "/healthz")) {
		kubernetes_fail(&k, 401, "Unauthorized", NULL, "Unauthorized");
		return;
	}
	snprintf(manager, sizeof manager, "%.*s", agent ? (int)strcspn(agent, "/") : 7, agent ? agent : "unknown");
	k.manager = *sim_param(c, "fieldManager") ? sim_param(c, "fieldManager") : manager;
	if (kubernetes_discover(c, c->path))
		return;
	if (review(&k))
		return;
	if (!parse(&k))
		nowhere(&k);
	else if (allowed(&k) && acceptable(&k))
		act(&k);
}

static const struct sim_route routes[] = {
	{"* 104.154.*/*", serve, NULL, NULL},
	{"* gke-*.gke.goog/*", serve, NULL, NULL},
	{NULL, NULL, NULL, NULL},
};

const struct sim_api sim_kubernetes = {.name = "kubernetes", .errors = SIM_ERRORS_AIP, .routes = routes};
