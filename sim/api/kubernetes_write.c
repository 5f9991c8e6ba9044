/* Writing a cluster's objects: create, update, patch, apply and scale, from the request's body to the store. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/kubernetes.h"
#include "sim/api/kubernetes_admission.h"
#include "sim/api/kubernetes_pods.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS "kubernetes.objects"

bool kubernetes_dry(const struct kubernetes_call *k)
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
		kubernetes_not_found(&other);
		return false;
	}
	if (!json_at(o->doc, "metadata.deletionTimestamp"))
		return true;
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 403, "Forbidden", NULL,
			"%s \"%s\" is forbidden: unable to create new content in namespace %s because it is being terminated",
			what, k->name, k->ns);
	free(what);
	return false;
}

/* What a patch made is no object of the kind. */
static void refuse_patched(struct kubernetes_call *k, const cJSON *doc, const char *why)
{
	char *text = json_text(doc, -1);
	cJSON *quoted = cJSON_CreateString(text);
	char *value = json_text(quoted, -1);
	const char *message = sim_tmp("Invalid value: %s: %s", value, why);
	const struct kubernetes_resource *r = k->r;
	k->r = NULL;
	kubernetes_fail(k, 422, "Invalid", json_make("[{'reason':'FieldValueInvalid','message':%s,'field':'patch'}]", message),
			" \"\" is invalid: patch: %s", message);
	k->r = r;
	cJSON_Delete(quoted);
	free(text);
	free(value);
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
		kubernetes_fail(k, 400, "BadRequest", NULL, "%s in version \"%s\" cannot be handled as a %s: %s", k->r->kind,
				k->r->version, k->r->kind, wrong);
		cJSON_Delete(out);
		out = NULL;
	}
	cJSON_ArrayForEach(w, strict)
		if (out && strcmp(how, "Ignore")) {
			char *quoted = json_text(w, -1);
			sim_header(k->c, "Warning", sim_tmp("299 - %s", quoted));
			free(quoted);
		}
	free(wrong);
	buf_free(&all);
	cJSON_Delete(strict);
	if (out)
		kubernetes_default(k->r->kind, out);
	return out;
}

void kubernetes_remove(struct kubernetes_call *k, struct sim_object *o)
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
	kubernetes_answer(k, code, scale ? kubernetes_scale_of(doc) : doc);
	if (scale)
		cJSON_Delete(doc);
}

/* False when answered. A changed object is a new version of itself then. */
static bool accepted(struct kubernetes_call *k, const struct sim_object *before, cJSON *doc)
{
	const cJSON *old = before ? before->doc : NULL;
	kubernetes_prepare(k, doc, old);
	if (!kubernetes_admit(k, doc, old) || !kubernetes_valid(k, doc, old))
		return false;
	if (before && !json_equal(old, doc)) {
		if (k->r->generation && is_new_generation(k, old, doc))
			json_put_num(doc, "metadata.generation", json_num(old, "metadata.generation", 1) + 1);
		kubernetes_touch(k->c->sim, k->cluster->key, doc);
	}
	if (before || !kubernetes_target(k))
		return true;
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 409, "AlreadyExists", NULL, "%s \"%s\" already exists", what, k->name);
	free(what);
	return false;
}

static struct sim_object *put(struct kubernetes_call *k, struct sim_object *before, cJSON *doc)
{
	if (before) {
		cJSON_Delete(before->doc);
		before->doc = doc;
		return before;
	}
	char *key = kubernetes_key(k->cluster->key, k->r, k->ns, json_str(doc, "metadata.name", ""));
	struct sim_object *o = sim_put(k->c->sim, OBJECTS, key, doc);
	json_put_num(o->hidden, "born", (double)json_int64(doc, "metadata.resourceVersion", 0));
	free(key);
	return o;
}

/* Stores a document in the place of before (NULL: new), or only answers with it on a dry run. */
static void store(struct kubernetes_call *k, struct sim_object *before, cJSON *doc)
{
	struct sim *s = k->c->sim;
	name_it(k, doc);
	if (!before)
		kubernetes_birth(s, k->cluster->key, k->r, doc);
	if (!accepted(k, before, doc)) {
		cJSON_Delete(doc);
		return;
	}
	if (kubernetes_dry(k)) {
		if (!before)
			json_drop(doc, "metadata.resourceVersion");
		else
			json_put_str(doc, "metadata.resourceVersion", json_str(before->doc, "metadata.resourceVersion", ""));
		answer_stored(k, before ? 200 : 201, doc);
		return;
	}
	struct sim_object *o = put(k, before, cJSON_Duplicate(doc, true));
	kubernetes_react(s, k->cluster, o);
	answer_stored(k, before ? 200 : 201, doc);
	if (json_at(o->doc, "metadata.deletionTimestamp") && !json_at(o->doc, "metadata.finalizers.0") &&
	    strcmp(k->r->kind, "Namespace"))
		kubernetes_remove(k, o);
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
				"the body of the request was in an unknown format - accepted media types include: "
				"application/json, application/yaml%s",
				k->type->custom ? "" : ", application/vnd.kubernetes.protobuf");
		return NULL;
	}
	cJSON *doc = wire ? kubernetes_from_protobuf(raw, k->c->raw_len) : cJSON_ParseWithLength(raw, k->c->raw_len);
	if (doc && cJSON_IsObject(doc))
		return doc;
	char *what = summary(raw, k->c->raw_len),
	     *why = doc ? xasprintf("json: cannot unmarshal %s into Go value of type struct { APIVersion string "
				    "\"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }",
				    cJSON_IsArray(doc)    ? "array"
				    : cJSON_IsString(doc) ? "string"
							  : "number")
			: kubernetes_json_complaint(raw, k->c->raw_len);
	kubernetes_fail(
	    k, 400, "BadRequest", NULL,
	    "the object provided is unrecognized (must be of type %s): couldn't get version/kind; json parse error: %s (%s)",
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
				"%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is registered for version "
				"\"%s\" in scheme \"pkg/runtime/scheme.go:100\"",
				kind, *version ? version : k->r->version, k->r->kind, kind, *gv ? gv : k->r->version);
		return false;
	}
	/* Go's clients write an empty one into every message; it is the request's then. */
	if (*ns && strcmp(ns, k->ns) && k->r->namespaced) {
		kubernetes_fail(k, 400, "BadRequest", NULL,
				"the namespace of the provided object does not match the namespace sent on the request");
		return false;
	}
	if (*k->name && strcmp(json_str(doc, "metadata.name", k->name), k->name)) {
		kubernetes_fail(k, 400, "BadRequest", NULL,
				"the name of the object (%s) does not match the name on the URL (%s)",
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
	snprintf(k->name, sizeof k->name, "%.240s%s", json_str(doc, "metadata.generateName", ""), kubernetes_drawn(k->c->sim));
	json_put_str(doc, "metadata.name", k->name);
}

void kubernetes_create(struct kubernetes_call *k)
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
			"Operation cannot be fulfilled on %s \"%s\": the object has been modified; please apply your changes "
			"to the latest version and try again",
			what, k->name);
	free(what);
	return false;
}

/* What a write may not touch comes from the live object. */
static void keep_server_side(const struct kubernetes_call *k, const cJSON *live, cJSON *doc, bool status)
{
	sim_retain(doc, live,
		   "metadata.uid metadata.creationTimestamp metadata.generation metadata.resourceVersion "
		   "metadata.deletionTimestamp metadata.deletionGracePeriodSeconds");
	if (k->r->status)
		sim_retain(doc, live, status ? "spec" : "status");
}

/* A uid that was sent is that of the live object. */
static bool same_object(struct kubernetes_call *k, const cJSON *live, const cJSON *sent)
{
	const char *uid = json_str(live, "metadata.uid", ""), *wanted = json_str(sent, "metadata.uid", uid);
	if (!strcmp(uid, wanted))
		return true;
	char *what = kubernetes_plural_group(k->r);
	kubernetes_fail(k, 409, "Conflict", NULL,
			"Operation cannot be fulfilled on %s \"%s\": StorageError: invalid object, Code: 4, Key: "
			"/registry/%s%s/%s/%s, ResourceVersion: 0, "
			"AdditionalErrorMsg: Precondition failed: UID in precondition: %s, UID in object meta: %s",
			what, k->name, k->r->plural, !strcmp(k->r->plural, "services") ? "/specs" : "", k->ns, k->name, wanted,
			uid);
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
void kubernetes_rescale(struct kubernetes_call *k)
{
	struct sim_object *o = kubernetes_target(k);
	cJSON *sent = cJSON_ParseWithLength(k->c->raw ? k->c->raw : "", k->c->raw_len),
	      *scale = o ? kubernetes_scale_of(o->doc) : NULL;
	if (!o) {
		kubernetes_not_found(k);
	} else if (sent) {
		sim_merge_patch(scale, sent);
		cJSON *doc = kubernetes_scaled(o->doc, scale);
		change(k, o, doc);
		cJSON_Delete(doc);
	} else {
		kubernetes_fail(k, 400, "BadRequest", NULL, "error decoding patch: unexpected end of JSON input");
	}
	cJSON_Delete(scale);
	cJSON_Delete(sent);
}

void kubernetes_replace(struct kubernetes_call *k)
{
	struct sim_object *o = kubernetes_target(k);
	cJSON *sent = body(k);
	bool conditional = !k->type->custom || *json_str(sent, "metadata.resourceVersion", "");
	if (!sent || !fits(k, sent)) {
		cJSON_Delete(sent);
		return;
	}
	if (!o)
		kubernetes_not_found(k);
	else if (k->failing_group = k->r->plural, !conditional)
		kubernetes_fail(
		    k, 422, "Invalid",
		    json_make("[{'reason':'FieldValueInvalid','message':'Invalid value: 0x0: must be specified for an "
			      "update','field':"
			      "'metadata.resourceVersion'}]"),
		    "%s.%s \"%s\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
		    k->r->plural, k->r->group, k->name);
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
	char *why = kubernetes_untyped(k->type, applied),
	     *own = *k->r->group ? xasprintf("%s/%s", k->r->group, k->r->version) : xstrdup(k->r->version);
	if (!*sim_param(k->c, "fieldManager")) {
		k->failing_kind = "PatchOptions";
		k->failing_group = "meta.k8s.io";
		kubernetes_fail(
		    k, 422, "Invalid",
		    json_make("[{'reason':'FieldValueRequired','message':'Required value: is required for apply patch','field':"
			      "'fieldManager'}]"),
		    "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
	} else if (strcmp(gv, own) || strcmp(json_str(applied, "kind", ""), k->r->kind)) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "invalid object type: %s%s, Kind=%s", strchr(gv, '/') ? "" : "/",
				gv, json_str(applied, "kind", ""));
	} else if (json_at(applied, "metadata.managedFields")) {
		kubernetes_fail(k, 400, "BadRequest", NULL, "metadata.managedFields must be nil");
	} else if (why) {
		kubernetes_fail(k, 500, "", NULL, "failed to create typed patch object (%s/%s; %s%s, Kind=%s): %s",
				json_str(applied, "metadata.namespace", ""), json_str(applied, "metadata.name", ""),
				strchr(gv, '/') ? "" : "/", gv, k->r->kind, why);
	} else if (fits(k, applied) && (o || (kubernetes_allowed(k, "create") && namespace_there(k))) &&
		   (!o || current(k, o->doc, applied))) {
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

void kubernetes_patch_object(struct kubernetes_call *k)
{
	struct sim_object *o = kubernetes_target(k);
	const char *type = sim_request_header(k->c->request, "Content-Type");
	if (type && strstr(type, "apply-patch")) {
		apply(k, o);
		return;
	}
	if (!o) {
		kubernetes_not_found(k);
		return;
	}
	cJSON *doc = kubernetes_patch(k, o->doc);
	if (doc)
		change(k, o, doc);
	cJSON_Delete(doc);
}
