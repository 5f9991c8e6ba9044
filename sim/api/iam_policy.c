/* The IAM store: allow policies by holder ("//run.googleapis.com/projects/..."), their etags, versions and conditions. What is in force lags behind
 * what they say by minutes, for grants and for revocations alike (cloud.google.com/iam/docs/access-change-propagation). */
#include "config.h"
#include "sim/api/iam_policy.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define POLICIES "iam.policies"

struct sim_object *policy_of(struct sim *s, const char *holder)
{
	return sim_get(s, POLICIES, holder);
}

/* Of the last state whose time has come. */
const cJSON *policy_in_force(struct sim *s, const char *holder)
{
	struct sim_object *o = policy_of(s, holder);
	const cJSON *best = NULL, *state;
	if (!o)
		return NULL;
	cJSON_ArrayForEach(state, cJSON_GetObjectItemCaseSensitive(o->hidden, "states"))
		if (json_num(state, "at", 0) <= sim_now(s))
			best = cJSON_GetObjectItemCaseSensitive(state, "bindings");
	return best;
}

/* Reading. ---------------------------------------------------------------------------------------------------------------- */

bool policy_conditional(const cJSON *policy)
{
	const cJSON *b;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings"))
		if (cJSON_GetObjectItemCaseSensitive(b, "condition"))
			return true;
	return false;
}

/* A reader who did not ask for version 3 sees a made-up role instead of a condition. */
static void hide_conditions(cJSON *policy)
{
	cJSON *b;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings")) {
		const char *expression = json_str(b, "condition.expression", NULL);
		if (!expression)
			continue;
		uint64_t hash = 1469598103934665603u;
		for (const char *at = expression; *at; at++)
			hash = (hash ^ (unsigned char)*at) * 1099511628211u;
		const char *role = sim_tmp("%s_withcond_%016llx%04llx", json_str(b, "role", ""), (unsigned long long)hash,
					   (unsigned long long)hash >> 48);
		json_put_str(b, "role", role);
		cJSON_DeleteItemFromObjectCaseSensitive(b, "condition");
	}
}

cJSON *sim_policy_view(struct sim *s, const char *holder, int version)
{
	struct sim_object *o = policy_of(s, holder);
	if (!o)
		return json_make("{'etag':'ACAB'}");
	cJSON *view = cJSON_Duplicate(o->doc, true);
	if (policy_conditional(view) && version < 3)
		hide_conditions(view);
	else if (policy_conditional(view))
		json_put_num(view, "version", 3);
	if (!cJSON_GetArraySize(json_at(view, "bindings")))
		json_drop(view, "bindings");
	return view;
}

static int wanted_version(const struct sim_call *c)
{
	const char *param = sim_param(c, "options.requestedPolicyVersion");
	if (!*param)
		param = sim_param(c, "optionsRequestedPolicyVersion");
	return *param ? atoi(param) : (int)json_num(c->body, "options.requestedPolicyVersion", 1);
}

void sim_policy_get(struct sim_call *c, const char *holder)
{
	int version = wanted_version(c);
	if (version != 0 && version != 1 && version != 3)
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Requested policy version (%d) is not supported. Valid versions are 0, 1, and 3.", version);
	else
		sim_ok(c, sim_policy_view(c->sim, holder, version));
}

/* Writing. ---------------------------------------------------------------------------------------------------------------- */

static int by_role(const void *a, const void *b)
{
	return strcmp(json_str(*(const cJSON *const *)a, "role", ""), json_str(*(const cJSON *const *)b, "role", ""));
}

static void add_member(cJSON *binding, const char *member)
{
	cJSON *members = cJSON_GetObjectItemCaseSensitive(binding, "members");
	if (!json_lists(members, member))
		cJSON_AddItemToArray(members, cJSON_CreateString(member));
}

static cJSON *binding_for(cJSON *bindings, const cJSON *like)
{
	cJSON *b;
	cJSON_ArrayForEach(b, bindings)
		if (!strcmp(json_str(b, "role", ""), json_str(like, "role", "")) &&
		    json_equal(json_at(b, "condition"), json_at(like, "condition")))
			return b;
	b = json_make("{'role':%s,'members':[]}", json_str(like, "role", ""));
	if (json_at(like, "condition"))
		cJSON_AddItemToObject(b, "condition", cJSON_Duplicate(json_at(like, "condition"), true));
	cJSON_AddItemToArray(bindings, b);
	return b;
}

/* Google's own form: one binding a role and condition, by role; no empty ones, nobody twice. */
static cJSON *normal(const cJSON *policy)
{
	cJSON *merged = cJSON_CreateArray(), *sorted = cJSON_CreateArray();
	const cJSON *b, *m;
	cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(policy, "bindings"))
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members"))
			if (cJSON_IsString(m))
				add_member(binding_for(merged, b), m->valuestring);
	int n = cJSON_GetArraySize(merged);
	cJSON **list = xcalloc((size_t)n + 1, sizeof *list);
	for (int i = 0; i < n; i++)
		list[i] = cJSON_DetachItemFromArray(merged, 0);
	qsort(list, (size_t)n, sizeof *list, by_role);
	for (int i = 0; i < n; i++)
		cJSON_AddItemToArray(sorted, list[i]);
	free(list);
	cJSON_Delete(merged);
	return sorted;
}

/* Drops the states that a later one in force has replaced. */
static void prune(struct sim *s, cJSON *states)
{
	while (cJSON_GetArraySize(states) > 1 && json_num(cJSON_GetArrayItem(states, 1), "at", 0) <= sim_now(s))
		cJSON_DeleteItemFromArray(states, 0);
}

static void store(struct sim *s, const char *holder, cJSON *doc, double lag)
{
	struct sim_object *o = policy_of(s, holder);
	const char *etag = identity_etag(s);
	double at = sim_now(s) + lag;

	json_put_str(doc, "etag", etag);
	if (!o)
		o = sim_put(s, POLICIES, holder, cJSON_CreateObject());
	if (!cJSON_GetObjectItemCaseSensitive(o->hidden, "states"))
		cJSON_AddArrayToObject(o->hidden, "states");
	cJSON *states = cJSON_GetObjectItemCaseSensitive(o->hidden, "states");
	prune(s, states);
	int n = cJSON_GetArraySize(states);
	/* A later change never takes effect before an earlier one. */
	if (n && json_num(cJSON_GetArrayItem(states, n - 1), "at", 0) > at)
		at = json_num(cJSON_GetArrayItem(states, n - 1), "at", 0);
	cJSON *state = json_make("{'bindings':%j}", cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(doc, "bindings"), true));
	cJSON_AddNumberToObject(state, "at", at);
	cJSON_AddItemToArray(states, state);
	cJSON_Delete(o->doc);
	o->doc = doc;
	if (lag > 0)
		sim_milestone(s, at - sim_now(s));
}

void sim_policy_settle(struct sim *s, const char *name)
{
	const char *end = sim_tmp("/%s", name);
	for (struct sim_object *o = sim_first(s, POLICIES, ""); o; o = sim_following(s, o, "")) {
		cJSON *states = cJSON_GetObjectItemCaseSensitive(o->hidden, "states");
		int n = text_ends(o->key, end) ? cJSON_GetArraySize(states) : 0;
		while (n > 1)
			cJSON_DeleteItemFromArray(states, --n - 1);
		if (n && json_num(cJSON_GetArrayItem(states, 0), "at", 0) > sim_now(s))
			json_put_num(cJSON_GetArrayItem(states, 0), "at", sim_now(s));
	}
}

bool sim_policy_write(struct sim_call *c, const char *holder, const cJSON *policy)
{
	struct sim_object *o = policy_of(c->sim, holder);
	const cJSON *old = o ? o->doc : NULL;
	if (!policy_ok(c, holder, policy, old))
		return false;
	cJSON *doc = json_make("{'version':%d,'bindings':%j}", policy_conditional(policy) ? 3 : 1, normal(policy));
	const cJSON *audit = json_at(policy, "auditConfigs");
	if (audit)
		cJSON_AddItemToObject(doc, "auditConfigs", cJSON_Duplicate(audit, true));
	bool same = old && json_equal(json_at(old, "bindings"), json_at(doc, "bindings"));
	store(c->sim, holder, doc, same ? 0 : sim_draw(c->sim, "lag.iam"));
	return true;
}

void sim_policy_set(struct sim_call *c, const char *holder, const cJSON *policy)
{
	const cJSON *bare = policy && json_at(policy, "policy") ? json_at(policy, "policy") : policy;
	if (!sim_policy_write(c, holder, bare))
		return;
	sim_ok(c, sim_policy_view(c->sim, holder, 3));
}

void sim_policy_seed(struct sim *s, const char *holder, const char *role, const char *member)
{
	struct sim_object *o = policy_of(s, holder);
	cJSON *doc = o ? cJSON_Duplicate(o->doc, true) : json_make("{'version':1,'bindings':[]}");
	cJSON *bindings = cJSON_GetObjectItemCaseSensitive(doc, "bindings");
	cJSON *like = json_make("{'role':%s}", role);
	if (!bindings)
		bindings = cJSON_AddArrayToObject(doc, "bindings");
	add_member(binding_for(bindings, like), member);
	cJSON_Delete(like);
	cJSON_ReplaceItemInObjectCaseSensitive(doc, "bindings", normal(doc));

	/* In force at once, also in the states that are still to come. */
	store(s, holder, doc, 0);
	o = policy_of(s, holder);
	cJSON *states = cJSON_GetObjectItemCaseSensitive(o->hidden, "states");
	int n = cJSON_GetArraySize(states);
	json_put_num(cJSON_GetArrayItem(states, n - 1), "at", sim_now(s));
	while (n > 1 && json_num(cJSON_GetArrayItem(states, n - 2), "at", 0) > sim_now(s))
		cJSON_DeleteItemFromArray(states, --n - 1);
}

void sim_policy_forget(struct sim *s, const char *holder)
{
	struct sim_object *o = policy_of(s, holder);
	if (o)
		sim_remove(s, o);
}

static bool rename_member(cJSON *bindings, const char *from, const char *to)
{
	bool any = false;
	cJSON *b, *m;
	cJSON_ArrayForEach(b, bindings)
		cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(b, "members"))
			if (cJSON_IsString(m) && !strcmp(m->valuestring, from)) {
				cJSON_SetValuestring(m, to);
				any = true;
			}
	return any;
}

void sim_policy_account(struct sim *s, const char *email, const char *uid, bool gone)
{
	const char *alive = sim_tmp("serviceAccount:%s", email),
		   *dead = sim_tmp("deleted:serviceAccount:%s?uid=%s", email, uid);
	for (struct sim_object *o = sim_first(s, POLICIES, ""); o; o = sim_following(s, o, "")) {
		cJSON *state;
		bool any = rename_member(cJSON_GetObjectItemCaseSensitive(o->doc, "bindings"), gone ? alive : dead,
					 gone ? dead : alive);
		cJSON_ArrayForEach(state, cJSON_GetObjectItemCaseSensitive(o->hidden, "states"))
			rename_member(cJSON_GetObjectItemCaseSensitive(state, "bindings"), gone ? alive : dead,
				      gone ? dead : alive);
		if (any) {
			const char *etag = identity_etag(s);
			json_put_str(o->doc, "etag", etag);
		}
	}
}
