/* A resource is looked at, and taken away, while what its spec refers to is not known: each of every example's, whatever the cloud says of it. Nothing of that
 * may end the program, and where the cloud tells what was asked for nothing is taken for something else than it is. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "gcp/reference.h"
#include "plan/plan.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* Does the tree hold what is not known? */
static bool refers(const cJSON *tree)
{
	return reference_first(tree) != NULL;
}

/* Where a list is not known, one of a single text is there. */
static void list_members(cJSON *reply)
{
	cJSON *b;
	cJSON_ArrayForEach(b, json_at(reply, "bindings"))
		if (cJSON_IsString(json_at(b, "members")))
			json_put(b, "members", json_make("['x']"));
}

/* What is there says all that is asked for, under the names that the spec has; else too little, or a list. */
static cJSON *reply_of(const struct resource *r, int round)
{
	if (round == 0)
		return cJSON_CreateObject();
	if (round == 1)
		return cJSON_CreateArray();
	cJSON *spec = plan_assume(r->spec, "x"), *body = cJSON_DetachItemFromObject(spec, "body");
	if (!body) {
		list_members(spec);
		return spec;
	}
	cJSON_Delete(spec);
	return body;
}

static void read_more(const struct kind *k, const struct view *v, const cJSON *reply, struct observation *seen)
{
	for (int turn = 0; k->observe_more && turn < 5; turn++) {
		struct call c = {0};
		k->observe_more(v, seen, &c);
		bool asks = c.method != NULL;
		call_free(&c);
		if (!asks)
			return;
		k->decode_more(v, 200, reply, seen);
	}
}

static void walk(const struct plan *p, const struct resource *r, int round)
{
	const struct kind *k = r->kind;
	struct view v = {
	    .project = p->project, .number = p->number, .stack = p->stack, .id = r->id, .name = r->name, .spec = r->spec};
	cJSON *reply = reply_of(r, round);
	struct observation seen = {0};
	struct change change = {0};
	struct call c = {0};
	k->decode(&v, 200, reply, &seen);
	if (seen.presence == PRESENT_YES)
		read_more(k, &v, reply, &seen);
	if (seen.presence == PRESENT_YES || seen.presence == PRESENT_PENDING || seen.presence == PRESENT_FAILED)
		k->compare(&v, &seen, &change);
	if (k->destroy && seen.presence == PRESENT_YES)
		k->destroy(&v, &seen, &c);
	call_free(&c);
	change_free(&change);
	observation_free(&seen);
	cJSON_Delete(reply);
}

static void walk_example(const char *path)
{
	struct err e = {0};
	struct answers *a = answers_load(path, &e);
	if (!ok(a != NULL, "%s is read", strrchr(path, '/') + 1))
		return;
	json_put_str(a->resolved, "project_number", "123456789012");
	json_put_str(a->resolved, "suffix", "x7k2q");
	json_put_str(a->resolved, "operator", "operator@example.com");
	struct plan *p = plan_make(a, &e);
	int vague = 0;
	for (size_t i = 0; p && i < p->count; i++) {
		vague += refers(p->resources[i].spec);
		for (int round = 0; round < 3; round++)
			walk(p, &p->resources[i], round);
	}
	ok(p && vague > 0, "and %d of its resources are looked at while they do not know what they refer to", vague);
	plan_free(p);
	answers_free(a);
	err_free(&e);
}

int main(void)
{
	const char *top = getenv("TOP_SRCDIR");
	char *pattern = xasprintf("%s/examples/*.json", top ? top : ".");
	glob_t found = {0};
	glob(pattern, 0, NULL, &found);
	ok(found.gl_pathc > 5, "there are examples");
	for (size_t i = 0; i < found.gl_pathc; i++)
		walk_example(found.gl_pathv[i]);
	globfree(&found);
	free(pattern);
	return tap_done();
}
