/* What is the same for most kinds of resources: finding, reading, listing, their policies. */
#include "config.h"
#include "sim/api/resource.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

const struct sim_resource *resource_of(const struct sim_call *c)
{
	const char *verb = c->id ? strrchr(c->id, '.') : NULL;
	size_t n = verb ? (size_t)(verb - c->id) : 0;
	for (const struct sim_resource *r = n && c->api ? c->api->resources : NULL; r && r->methods; r++)
		if (!strncmp(r->methods, c->id, n) && !r->methods[n])
			return r;
	return NULL;
}

/* What follows the segment in the path, without a custom verb. Segments come in pairs from "projects" or "apps" on: a name is never taken for one. */
static const char *part(const struct sim_call *c, const char *segment, size_t n)
{
	const struct sim_resource *r = resource_of(c);
	const char *at = strstr(c->path, "/projects/");
	at = at ? at : strstr(c->path, "/apps/");
	for (at = at ? at + 1 : ""; *at;) {
		size_t len = strcspn(at, "/"), name = at[len] ? strcspn(at + len + 1, "/") : 0;
		const char *from = at + len + (at[len] == '/');
		bool last = !from[name];
		if (len == n && !strncmp(at, segment, n) && r && r->deep &&
		    text_ends(r->methods, sim_tmp(".%.*s", (int)n, segment)))
			return sim_tmp("%s", from);
		if (len == n && !strncmp(at, segment, n))
			return sim_tmp("%.*s", (int)(last ? strcspn(from, ":") : name), from);
		at = from + name + !last;
	}
	return "";
}

/* The text of the name between braces; id: of what the path does not name yet. */
static const char *value_of(const struct sim_call *c, const char *name, size_t n, const char *id)
{
	const char *project = c->project ? c->project : "";
	if (n == strlen("project") && !strncmp(name, "project", n))
		return project;
	if (n == strlen("number") && !strncmp(name, "number", n))
		return sim_project_number(c->sim, project) ? sim_project_number(c->sim, project) : "";
	const char *said = part(c, name, n);
	return *said || !id ? said : id;
}

/* Stops before a name whose value is until; NULL: goes on to the end. */
static const char *filled(const struct sim_call *c, const char *text, size_t len, const char *until, const char *id)
{
	struct buf b = {0};
	for (const char *p = text; p < text + len;) {
		size_t plain = strcspn(p, "{"), n;
		if (plain > (size_t)(text + len - p))
			plain = (size_t)(text + len - p);
		buf_add(&b, p, plain);
		p += plain;
		if (p == text + len)
			break;
		n = strcspn(++p, "}");
		const char *value = value_of(c, p, n, id);
		if (until && !strcmp(value, until))
			break;
		buf_puts(&b, value);
		p += n + 1;
	}
	return sim_keep(buf_take(&b));
}

const char *resource_text(const struct sim_call *c, const char *text)
{
	return filled(c, text, strlen(text), NULL, NULL);
}

const char *resource_text_of(const struct sim_call *c, const char *text, const char *id)
{
	return filled(c, text, strlen(text), NULL, id);
}

static bool is_there(const struct sim_call *c, const struct sim_resource *r, const struct sim_object *o)
{
	return (!r->there || r->there(c, o)) && !json_bool(o->hidden, "creating", false);
}

struct sim_object *resource_find(struct sim_call *c, const struct sim_resource *r)
{
	if (r->born)
		r->born(c);
	if (r->nested && !resource_find(c, r->within))
		return NULL;
	if (r->find)
		return r->find(c, r);
	struct sim_object *o = sim_get(c->sim, r->collection, resource_text(c, r->key));
	if (o && is_there(c, r, o))
		return o;
	sim_fail(c, "NOT_FOUND", r->reason, "%s",
		 r->missing ? resource_text(c, r->missing) : "Requested entity was not found.");
	return NULL;
}

struct sim_object *resource_named(struct sim_call *c)
{
	return resource_find(c, resource_of(c));
}

/* The keys' prefix of a list; the part behind a "-", which stands for all, is left out. A passing text. */
static const char *resource_prefix(const struct sim_call *c, const struct sim_resource *r)
{
	return filled(c, r->key, (size_t)(strrchr(r->key, '{') - r->key), "-", NULL);
}

const char *resource_holder(const struct sim_resource *r, const struct sim_object *o)
{
	return sim_tmp("%s%s", r->holder, o->key);
}

void resource_forget_below(struct sim *s, const char *collection, const char *prefix)
{
	for (struct sim_object *o; (o = sim_first(s, collection, prefix));)
		sim_remove(s, o);
}

cJSON *resource_seen(const struct sim_call *c, const struct sim_resource *r, const struct sim_object *o)
{
	return r->seen ? r->seen(c, o) : cJSON_Duplicate(o->doc, true);
}

/* Handlers. ---------------------------------------------------------------------------------------------------------------- */
void resource_get(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (o)
		sim_ok(c, resource_seen(c, resource_of(c), o));
}

static bool listed(const struct sim_call *c, const struct sim_object *o)
{
	const struct sim_resource *r = resource_of(c);
	return is_there(c, r, o) && (!r->shown || r->shown(c, o));
}

static int total(struct sim_call *c, const char *collection, const char *prefix)
{
	int n = 0;
	for (struct sim_object *o = sim_first(c->sim, collection, prefix); o; o = sim_following(c->sim, o, prefix))
		n += listed(c, o);
	return n;
}

void resource_list(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	if (r->born)
		r->born(c);
	if (r->nested && !resource_find(c, r->within))
		return;
	const char *prefix = resource_prefix(c, r);
	cJSON *reply = r->list ? json_make("{'kind':%s}", r->list) : cJSON_CreateObject();
	if (r->empty)
		json_put(reply, r->field, cJSON_CreateArray());
	int all = r->total ? total(c, r->collection, prefix) : 0;
	if (all)
		json_put_num(reply, "totalSize", all);
	sim_list_seen(c, r->collection, prefix, r->field, r->there || r->shown || r->awaited ? listed : NULL, r->seen, reply);
}

void resource_get_policy(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (o)
		sim_policy_get(c, resource_holder(resource_of(c), o));
}

void resource_set_policy(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (o)
		sim_policy_set(c, resource_holder(resource_of(c), o), cJSON_GetObjectItemCaseSensitive(c->body, "policy"));
}

/* What a change would make has the rights that it would inherit before it is there: gcloud asks for them first. */
void resource_test_policy(struct sim_call *c)
{
	const struct sim_resource *r = resource_of(c);
	const char *key = r->upsert ? resource_text(c, r->key) : NULL;
	if (key && !sim_get(c->sim, r->collection, key)) {
		sim_policy_test(c, sim_tmp("%s%s", r->holder, key));
		return;
	}
	if (r->veiled && !sim_get(c->sim, r->collection, resource_text(c, r->key))) {
		sim_empty(c);
		return;
	}
	struct sim_object *o = resource_named(c);
	if (o)
		sim_policy_test(c, resource_holder(resource_of(c), o));
}
