/* The handlers of all kinds of Compute Engine that change something: insert, patch, update, delete, setLabels; and those of policies. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill_defaults(const struct compute_kind *k, cJSON *doc)
{
	if (!k->defaults)
		return;
	cJSON *d = json_make(k->defaults);
	sim_fill(doc, d);
	cJSON_Delete(d);
}

/* Inserted. ---------------------------------------------------------------------------------------------------------------- */
static bool good_name(struct sim_call *c, const char *name)
{
	if (!*name)
		return compute_required(c, "name");
	return compute_is_name(name) ||
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

/* May there be one like this at the path? */
static bool insertable(struct sim_call *c, const struct compute_kind *k, const cJSON *doc, const char *path)
{
	if (!good_name(c, json_str(doc, "name", "")) || !place_allowed(c, k, path))
		return false;
	if (!sim_get(c->sim, compute_collection(k), path))
		return true;
	sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "The resource '%s' already exists", path);
	return false;
}

static bool complete(struct sim_call *c, const struct compute_kind *k, cJSON *doc)
{
	if (k->flags & COMPUTE_LABELS)
		json_drop(doc, "labels");
	if (!compute_labels_ok(c, json_at(doc, "labels")) || !compute_refers(c, k, doc) || !compute_links(c, k, doc) ||
	    (k->quota && !compute_quota(c, k->quota, sim_param(c, "region"), 1)))
		return false;
	fill_defaults(k, doc);
	return !k->check || k->check(c, doc, NULL);
}

struct sim_object *compute_made(struct sim_call *c, const struct compute_kind *k, const char *scope, cJSON *doc)
{
	if (insertable(c, k, doc, sim_tmp("%s%s/%s", scope, k->plural, json_str(doc, "name", ""))) && complete(c, k, doc))
		return compute_store(c->sim, k, scope, doc);
	cJSON_Delete(doc);
	return NULL;
}

void compute_insert(struct sim_call *c)
{
	const struct compute_kind *k = compute_kind_of(c->id);
	struct buf made = {0};
	if (compute_repeated(c))
		return;
	bool known = compute_scope(c, &made);
	const char *scope = sim_keep(buf_take(&made));
	if (!known)
		return;
	if (!c->body || !c->body->child) {
		sim_fail(c, "INVALID_ARGUMENT", "required", "Required field 'resource' not specified");
		return;
	}
	struct sim_object *o = compute_made(c, k, scope, sim_take_body(c));
	if (o)
		begin(c, k, o, "insert", k->insert, !k->landed, landed);
}

/* Changed. ---------------------------------------------------------------------------------------------------------------- */
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
	struct sim_object *o = compute_ready_target(c);
	if (!o)
		return;
	cJSON *body = sim_take_body(c), *doc = NULL;
	if (((k->flags & COMPUTE_FINGERPRINT) &&
	     !compute_fingerprint(c, o->doc, body, "fingerprint", k->flags & COMPUTE_NEEDS_FINGERPRINT,
				  "Invalid fingerprint.")) ||
	    !compute_refers(c, k, body)) {
		cJSON_Delete(body);
		return;
	}
	if (whole) {
		doc = body;
	} else {
		doc = cJSON_Duplicate(o->doc, true);
		sim_merge_patch(doc, body);
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

/* Deleted. ---------------------------------------------------------------------------------------------------------------- */
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

/* Labels and policies. ---------------------------------------------------------------------------------------------------- */
void compute_set_labels(struct sim_call *c)
{
	struct sim_object *o = compute_ready_target(c);
	if (!o || !compute_labels_ok(c, json_at(c->body, "labels")) ||
	    !compute_fingerprint(c, o->doc, c->body, "labelFingerprint", true,
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
	if (o)
		sim_policy_test(c, sim_tmp("//compute.googleapis.com/%s", o->key));
}
