/* What is the same for most kinds of resources: creating, changing and deleting, at once or by an operation. */
#include "config.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

/* Calls fn with each of the blank-separated words. */
static void resource_words(const char *words, void (*fn)(void *arg, const char *word), void *arg)
{
	char *copy = xstrdup(words ? words : ""), *save = NULL;
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		fn(arg, word);
	free(copy);
}

/* Operations. ------------------------------------------------------------------------------------------------------------- */
static const struct sim_resource *resource_in(struct sim *s, const char *collection)
{
	for (const struct sim_api *const *a = sim_served(s); *a; a++)
		for (const struct sim_resource *r = (*a)->resources; r && r->methods; r++)
			if (r->operations && !strcmp(r->collection, collection))
				return r;
	return NULL;
}

static void leave_out(void *doc, const char *field)
{
	json_drop(doc, field);
}

static void end(struct sim *s, struct sim_object *op, const struct sim_resource *r, const struct sim_object *o, cJSON *error)
{
	const char *now = sim_stamp(s, r->operations->decimals ? r->operations->decimals : 9);
	if (json_at(op->doc, "metadata.createTime") || json_at(op->doc, "metadata.insertTime"))
		json_put_str(op->doc, "metadata.endTime", now);
	json_put_bool(op->doc, "done", true);
	if (error) {
		json_put(op->doc, "error", error);
	} else if (r->type) {
		cJSON *response = o ? sim_typed(o->doc, r->type) : sim_typed(NULL, "type.googleapis.com/google.protobuf.Empty");
		resource_words(r->unsaid, leave_out, response);
		json_put(op->doc, "response", response);
	}
}

static void settle(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const struct sim_resource *r = resource_in(s, json_str(arg, "collection", ""));
	const char *verb = json_str(arg, "verb", "");
	struct sim_object *o = sim_get(s, r->collection, json_str(arg, "key", "")),
			  *op = sim_get(s, r->operations->collection, json_str(arg, "operation", ""));
	cJSON *status = cJSON_Duplicate(error, true);
	if (o && !error && !strcmp(verb, "create"))
		json_drop(o->hidden, "creating");
	if (o && r->settled && (error || strcmp(verb, "delete"))) {
		cJSON *said = r->settled(s, o, verb, error);
		if (error)
			cJSON_Delete(said);
		else
			status = said;
	} else if (o && ((r->lasts && !strcmp(verb, "delete") && !error) || (error && !strcmp(verb, "create")))) {
		resource_remove(s, r, o);
		o = NULL;
	}
	if (op)
		end(s, op, r, o, status);
	else
		cJSON_Delete(status);
}

static void ended(struct sim *s, const cJSON *arg)
{
	settle(s, arg, NULL);
}

bool resource_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const struct sim_resource *r = resource_in(s, json_str(arg, "collection", ""));
	if (!r || !sim_get(s, r->operations->collection, json_str(arg, "operation", "")))
		return false;
	settle(s, arg, error);
	return true;
}

void resource_begin(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb)
{
	if (!r->operations->begin) {
		resource_begin_for(c, r, key, verb,
				   !strcmp(verb, "create")   ? r->create
				   : !strcmp(verb, "update") ? r->change
							     : r->remove);
		return;
	}
	const struct sim_object *op = r->operations->begin(c, r, key, verb);
	sim_ok(c, r->operations->seen ? r->operations->seen(c, op) : cJSON_Duplicate(op->doc, true));
}

void resource_begin_for(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb,
			const char *duration)
{
	cJSON *doc = r->operations->begun(c, key, verb);
	struct sim_object *op = sim_put(c->sim, r->operations->collection, json_str(doc, "name", ""), doc);
	double seconds = sim_draw(c->sim, duration);
	sim_lro_due(op, seconds, sim_now(c->sim));
	sim_after(c->sim, seconds, ended,
		  json_make("{'operation':%s,'collection':%s,'key':%s,'verb':%s}", op->key, r->collection, key, verb));
	sim_ok(c, cJSON_Duplicate(op->doc, true));
}

/* Is this call answered by an operation? */
static bool lasting(const struct sim_call *c, const struct sim_resource *r)
{
	return r->operations && (!r->only || text_ends(c->id, r->only));
}

static void answer(struct sim_call *c, const struct sim_resource *r, const struct sim_object *o, const char *verb)
{
	if (lasting(c, r) && (r->change || strcmp(verb, "update")))
		resource_begin(c, r, o->key, verb);
	else
		sim_ok(c, resource_seen(c, r, o));
}

/* Created. ---------------------------------------------------------------------------------------------------------------- */
static const char *new_id(struct sim_call *c, const struct sim_resource *r)
{
	const char *name = json_str(c->body, "name", ""), *slash = strrchr(name, '/');
	if (r->named)
		return r->named(c);
	if (!r->id)
		return slash ? slash + 1 : name;
	return *sim_param(c, r->id) ? sim_param(c, r->id) : json_str(c->body, r->id, "");
}

static bool id_ok(struct sim_call *c, const struct sim_resource *r, const char *id)
{
	const struct sim_id_rule *rule = r->ids;
	size_t n = strlen(id);
	if (!rule || (n >= rule->least && n <= rule->most && strspn(id, rule->letters) == n && n &&
		      (!rule->first || strchr(rule->first, *id)) && (!rule->first || id[n - 1] != '-')))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", resource_text_of(c, rule->message, id));
	return false;
}

static void stamp(struct sim_call *c, const struct sim_resource *r, cJSON *doc, const char *field)
{
	const char *now = sim_stamp(c->sim, r->decimals);
	if (field)
		json_put_str(doc, field, now);
}

/* What the server adds to a document that is new or was changed. False: answered. */
static bool complete(struct sim_call *c, const struct sim_resource *r, cJSON *doc, const struct sim_object *old)
{
	cJSON *defaults = r->defaults ? json_make(r->defaults) : NULL;
	sim_fill(doc, defaults);
	cJSON_Delete(defaults);
	stamp(c, r, doc, r->updated);
	return !r->complete || r->complete(c, doc, old);
}

static const char *named_in(const struct sim_resource *r)
{
	return r->named_in ? r->named_in : "name";
}

static cJSON *new_doc(struct sim_call *c, const struct sim_resource *r, const char *id)
{
	cJSON *doc = r->body ? cJSON_Duplicate(json_at(c->body, r->body), true) : sim_take_body(c);
	doc = doc ? doc : cJSON_CreateObject();
	json_put_str(doc, named_in(r), resource_text_of(c, r->name ? r->name : r->key, id));
	stamp(c, r, doc, r->created);
	return doc;
}

struct sim_object *resource_put(struct sim_call *c, const struct sim_resource *r, const char *key, cJSON *doc,
				struct sim_object *old)
{
	if (old) {
		sim_retain(doc, old->doc, named_in(r));
		sim_retain(doc, old->doc, r->created);
		sim_retain(doc, old->doc, r->kept);
	}
	if (!complete(c, r, doc, old) || (r->dry && r->dry(c, doc))) {
		cJSON_Delete(doc);
		return NULL;
	}
	struct sim_object *o = old ? old : sim_put(c->sim, r->collection, key, doc);
	if (old) {
		cJSON_Delete(o->doc);
		o->doc = doc;
	} else if (r->awaited) {
		json_put_bool(o->hidden, "creating", true);
	}
	if (r->touched)
		r->touched(c, o);
	return o;
}

static void create(struct sim_call *c, const struct sim_resource *r, const char *id)
{
	if (r->born)
		r->born(c);
	if ((r->placed && !r->placed(c)) || !id_ok(c, r, id) || (r->within && !resource_find(c, r->within)) ||
	    (r->valid && !r->valid(c, id)))
		return;
	id = sim_tmp("%s", id); /* which may stand in the body */
	const char *key = resource_text_of(c, r->key, id);
	if (sim_get(c->sim, r->collection, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "%s",
			 r->taken ? resource_text_of(c, r->taken, id) : "Requested entity already exists");
		return;
	}
	struct sim_object *o = resource_put(c, r, key, new_doc(c, r, id), NULL);
	if (o)
		answer(c, r, o, "create");
}

void resource_create(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	create(c, r, new_id(c, r));
}

/* Changed. ---------------------------------------------------------------------------------------------------------------- */
/* updateMask with its fields counted from the resource on; from the scratch. */
static const char *mask_of(struct sim_call *c, const struct sim_resource *r)
{
	const char *mask = sim_param(c, "updateMask");
	if (!r->masked)
		return mask;
	struct buf b = {0};
	char *copy = xstrdup(mask ? mask : ""), *save = NULL;
	for (char *path = strtok_r(copy, ", ", &save); path; path = strtok_r(NULL, ", ", &save))
		buf_printf(&b, "%s%s", b.len ? "," : "", path + (text_starts(path, r->masked) ? strlen(r->masked) : 0));
	mask = sim_tmp("%s", buf_text(&b));
	free(copy);
	buf_free(&b);
	return mask;
}

static cJSON *masked(struct sim_call *c, const struct sim_resource *r, const struct sim_object *o)
{
	const char *mask = mask_of(c, r);
	bool some = mask && *mask && strcmp(mask, "*");
	cJSON *doc = r->whole && !some ? cJSON_CreateObject() : cJSON_Duplicate(o->doc, true);
	if (c->body)
		sim_merge(doc, c->body, mask);
	return doc;
}

/* Makes what is missing, where the call asks for that. True: answered. */
static bool made(struct sim_call *c, const struct sim_resource *r)
{
	const char *key = r->upsert ? resource_text(c, r->key) : NULL;
	if (!key || sim_get(c->sim, r->collection, key))
		return false;
	if (sim_param_bool(c, "allowMissing"))
		create(c, r, strrchr(key, '/') + 1);
	return sim_param_bool(c, "allowMissing");
}

void resource_patch(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	struct sim_object *o = made(c, r) ? NULL : resource_find(c, r);
	if (!o || (r->current && !r->current(c, o, json_str(c->body, "etag", ""))) || (r->changing && !r->changing(c, o)))
		return;
	o = resource_put(c, r, o->key, r->changed ? r->changed(c, o) : masked(c, r, o), o);
	if (o)
		answer(c, r, o, "update");
}

/* Deleted. ---------------------------------------------------------------------------------------------------------------- */
struct below {
	struct sim *sim;
	const char *prefix;
};

static void forget(void *arg, const char *collection)
{
	const struct below *b = arg;
	resource_forget_below(b->sim, collection, b->prefix);
}

void resource_remove(struct sim *s, const struct sim_resource *r, struct sim_object *o)
{
	struct below b = {s, sim_tmp("%s/", o->key)};
	resource_words(r->below, forget, &b);
	if (r->holder)
		sim_policy_forget(s, resource_holder(r, o));
	sim_remove(s, o);
}

void resource_delete(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	struct sim_object *o = resource_find(c, r);
	if (!o || (r->current && !r->current(c, o, sim_param(c, "etag"))) || (r->deleting && !r->deleting(c, o)) ||
	    (r->dry && r->dry(c, o->doc)))
		return;
	const char *key = sim_tmp("%s", o->key);
	if (!r->lasts)
		resource_remove(c->sim, r, o);
	if (lasting(c, r))
		resource_begin(c, r, key, "delete");
	else if (r->deleted)
		r->deleted(c);
	else
		sim_empty(c);
}
