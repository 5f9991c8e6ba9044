/* Small things that services, jobs and executions of Cloud Run share: etags, conditions, stamps, operations' names. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

/* A number as a protocol buffer's varint field. */
static size_t field(unsigned char *into, unsigned tag, unsigned long long n)
{
	size_t len = 0;
	into[len++] = (unsigned char)(tag << 3);
	for (; n > 127; n >>= 7)
		into[len++] = (unsigned char)(n | 128);
	into[len++] = (unsigned char)n;
	return len;
}

/* The time of the change (a Timestamp message) and the resource's name, both in base64. */
static char *run_etag(struct sim *s, const char *name)
{
	double wall = sim_wall(s);
	unsigned char stamp[24];
	size_t len = field(stamp, 1, (unsigned long long)wall);
	/* Two changes at one moment of simulated time still differ. */
	len += field(stamp + len, 2,
		     (unsigned long long)((wall - (double)(long long)wall) * 1e9) / 1000 * 1000 + sim_random(s) % 1000);
	const char *when = sim_base64(stamp, len, true), *what = sim_base64(name, strlen(name), true);
	return xasprintf("\"%s/%s\"", when, what);
}

const char *run_project(const char *key)
{
	return sim_tmp("%.*s", (int)strcspn(key + 9, "/"), key + 9);
}

const char *run_region(const char *key)
{
	const char *region = strstr(key, "/locations/") + 11;
	return sim_tmp("%.*s", (int)strcspn(region, "/"), region);
}

const char *run_holder(const char *key)
{
	return sim_tmp("//run.googleapis.com/%s", key);
}

cJSON *run_condition(struct sim *s, const char *type, const char *state)
{
	cJSON *condition = json_make("{'type':%s,'state':%s,'lastTransitionTime':%s}", type, state, sim_stamp(s, 6));
	return condition;
}

struct sim_object *run_operation(struct sim *s, const char *key, cJSON *metadata)
{
	char id[37];
	sim_uuid(s, id);
	const char *name = sim_tmp("projects/%s/locations/%s/operations/%s", run_project(key), run_region(key), id);
	return sim_lro(s, RUN_OPERATIONS, name, metadata);
}

const char *run_email(const char *principal)
{
	const char *colon = principal ? strchr(principal, ':') : NULL;
	return colon ? colon + 1 : "anonymous";
}

static void stamp(struct sim *s, const char *principal, cJSON *doc, long long generation)
{
	char *etag = run_etag(s, json_str(doc, "name", ""));
	const char *now = sim_stamp(s, 6);
	json_put_str(doc, "generation", sim_tmp("%lld", generation));
	json_put_str(doc, "updateTime", now);
	json_put_str(doc, "lastModifier", run_email(principal));
	json_put_str(doc, "etag", etag);
	if (generation == 1) {
		json_put_str(doc, "createTime", now);
		json_put_str(doc, "creator", run_email(principal));
	}
	free(etag);
}

void run_stamp(struct sim *s, const char *principal, cJSON *doc)
{
	char uid[37];
	sim_uuid(s, uid);
	json_put_str(doc, "uid", uid);
	stamp(s, principal, doc, 1);
}

void run_touch(struct sim_call *c, struct sim_object *o)
{
	if (json_at(o->doc, "uid"))
		stamp(c->sim, c->principal, o->doc, json_int64(o->doc, "generation", 0) + 1);
	else
		run_stamp(c->sim, c->principal, o->doc);
	json_put_str(o->hidden, "principal", c->principal ? c->principal : "");
}

/* What the kinds' rows share. ---------------------------------------------------------------------------------------------- */
bool run_placed(struct sim_call *c)
{
	return run_check_location(c, sim_part(c, 4));
}

bool run_current(struct sim_call *c, const struct sim_object *o, const char *etag)
{
	const char *now = json_str(o->doc, "etag", "");
	if (!*etag || !strcmp(etag, now))
		return true;
	sim_fail(c, "ABORTED", NULL, "Conflict for resource '%s': version '%s' was specified but current version is '%s'.",
		 strrchr(o->key, '/') + 1, etag, now);
	return false;
}

bool run_not_leaving(struct sim_call *c, const struct sim_object *o)
{
	if (!*json_str(o->doc, "deleteTime", ""))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "Resource '%s' is being deleted.", strrchr(o->key, '/') + 1);
	return false;
}

cJSON *run_changed(struct sim_call *c, const struct sim_object *o)
{
	const char *mask = sim_param(c, "updateMask");
	if (!*mask || !strcmp(mask, "*"))
		return sim_take_body(c);
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	if (c->body)
		sim_merge(doc, c->body, mask);
	return doc;
}

bool run_dry(struct sim_call *c, const cJSON *doc)
{
	const struct sim_resource *r = resource_of(c);
	if (r && sim_param_bool(c, "validateOnly"))
		sim_ok(c, json_make("{'name':%s,'done':true,'metadata':%j,'response':%j}",
				    run_operation(c->sim, json_str(doc, "name", ""), NULL)->key, sim_typed(doc, r->type),
				    sim_typed(doc, r->type)));
	else if (!r && !strcmp(sim_param(c, "dryRun"), "all"))
		sim_ok(c, sim_take_body(c));
	else
		return false;
	return true;
}

void run_leaving(struct sim_call *c, struct sim_object *o)
{
	char later[40];
	const char *now = sim_stamp(c->sim, 6);
	run_touch(c, o);
	json_put_str(o->doc, "deleteTime", now);
	json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(c->sim) + 30 * 86400.0, 6, later));
	json_put_bool(o->doc, "reconciling", true);
}

struct sim_object *run_remove(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb)
{
	(void)verb;
	struct sim_object *o = sim_get(c->sim, r->collection, key), *op = run_operation(c->sim, key, NULL);
	json_put_str(o->doc, "deleteTime", sim_stamp(c->sim, 6));
	sim_lro_done(c->sim, RUN_OPERATIONS, op->key, sim_typed(o->doc, r->type), sim_typed(o->doc, r->type));
	resource_remove(c->sim, r, o);
	return op;
}

void run_verdict_free(struct run_verdict *v)
{
	free(v->message);
	cJSON_Delete(v->log);
	*v = (struct run_verdict){0};
}
