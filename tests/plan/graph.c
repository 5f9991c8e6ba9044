/* Sealing a plan: the order, needs as indexes, faults of ours named by both ends; walks that stay linear. */
#include "config.h"
#include "tests/tap.h"

#include "base/json.h"
#include "base/mem.h"
#include "plan/plan.h"

#include <stdlib.h>

#define KIND "compute.network"

static struct plan *empty(void)
{
	return xcalloc(1, sizeof(struct plan));
}

static struct resource *add(struct plan *p, const char *id, cJSON *spec)
{
	return plan_add(p, id, KIND, id, spec ? spec : json_make("{}"));
}

/* Is it refused, as a fault of ours, with these words? Frees the plan. */
static void is_fault(struct plan *p, const char *one_end, const char *other_end, const char *what)
{
	struct err e = {0};
	bool sealed = plan_seal(p, &e);
	ok(!sealed && e.exit == EXIT_BUG, "%s is a fault", what);
	ok(e.what && strstr(e.what, one_end) && strstr(e.what, other_end), "which names %s and %s: %s", one_end, other_end,
	   e.what ? e.what : "-");
	err_free(&e);
	plan_free(p);
}

static void test_faults(void)
{
	struct plan *p = empty();
	plan_needs(add(p, "one", NULL), "nowhere");
	is_fault(p, "one", "nowhere", "a need that leads nowhere");
	p = empty();
	add(p, "one", json_make("{'deep':[{'er':%j}]}", plan_ref("lost", "ip")));
	is_fault(p, "one", "lost.ip", "a reference that leads nowhere");
	p = empty();
	add(p, "one", json_make("{'text':{'$join':['a',%j]}}", plan_ref("lost", "ip")));
	is_fault(p, "one", "lost.ip", "one inside a text");
	p = empty();
	json_put(add(p, "one", NULL)->spec, "late", plan_ref("lost", "ip"));
	is_fault(p, "one", "lost.ip", "one that was put in later");
	p = empty();
	add(p, "two", json_make("{}"));
	add(p, "one", json_make("{'a':{'$ref':['two']}}"));
	is_fault(p, "one", "two", "a reference without an output");
	p = empty();
	add(p, "one", json_make("{'a':{'$ref':[]}}"));
	is_fault(p, "one", "reference", "an empty reference");
	p = empty();
	plan_needs(add(p, "self", NULL), "self");
	is_fault(p, "self", "self", "what needs itself");
	p = empty();
	plan_needs(add(p, "one", NULL), "three");
	plan_needs(add(p, "two", NULL), "one");
	plan_needs(add(p, "three", NULL), "two");
	is_fault(p, "one", "two", "a round of three");
	p = empty();
	plan_add(p, "odd", "no.such", "x", json_make("{'a':%j}", plan_ref("x", "y")));
	is_fault(p, "odd", "no.such", "a kind that does not exist");
	p = empty();
	add(p, "twin", NULL);
	add(p, "other", NULL);
	add(p, "twin", NULL);
	is_fault(p, "twin", "twice", "an id that is taken");
	p = empty();
	plan_opens(add(p, "key", NULL), "door");
	is_fault(p, "key", "door", "a key to nothing");
	p = empty();
	plan_secret(p, "word", 0, NULL, NULL, "keeper");
	is_fault(p, "word", "keeper", "a secret whose keeper is not there");
	p = empty();
	plan_needs(add(p, "new", NULL), "old");
	add(p, "old", NULL)->unwanted = true;
	is_fault(p, "new", "old", "a need of what is not wanted any more");
}

static bool in_order(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		for (size_t n = 0; n < p->resources[i].need_count; n++)
			if (p->resources[i].needed[n] >= i ||
			    strcmp(p->resources[p->resources[i].needed[n]].id, p->resources[i].needs[n]) != 0)
				return false;
	return true;
}

static void test_order(void)
{
	struct plan *p = empty();
	struct err e = {0};
	add(p, "gone", NULL)->unwanted = true;
	plan_needs(add(p, "last", NULL), "middle");
	add(p, "middle", json_make("{'a':%j}", plan_ref("first", "link")));
	add(p, "first", NULL);
	add(p, "alone", NULL);
	ok(plan_seal(p, &e) && in_order(p), "resources stand after what they need, which they know as indexes");
	is_str(p->resources[0].id, "first", "what is needed moves to the front");
	is_str(p->resources[3].id, "alone", "what is in order stays");
	is_str(p->resources[4].id, "gone", "what is not wanted any more comes last");
	plan_needs(plan_find(p, "alone"), "late");
	add(p, "late", NULL);
	ok(plan_seal(p, &e) && in_order(p) && p->count == 6, "a plan that was added to is sealed again");
	plan_free(p);
}

/* n times: what needs two things that both need the last one. Every way from top to bottom is one of 2^n. */
static struct plan *ladder(int rungs)
{
	struct plan *p = empty();
	char *below = xstrdup("foot");
	add(p, below, NULL);
	for (int i = 0; i < rungs; i++) {
		char *left = xasprintf("left%d", i), *right = xasprintf("right%d", i), *top = xasprintf("top%d", i);
		plan_needs(add(p, left, NULL), below);
		add(p, right, json_make("{'a':%j}", plan_ref(below, "link")));
		struct resource *r = add(p, top, json_make("{'a':%j}", plan_ref(left, "link")));
		plan_needs(r, right);
		free(left);
		free(right);
		free(below);
		below = top;
	}
	free(below);
	return p;
}

static void test_ladder(void)
{
	struct plan *p = ladder(40);
	struct err e = {0};
	ok(plan_seal(p, &e) && in_order(p) && p->count == 121, "a ladder of forty diamonds is sealed");
	double *tails = plan_tails(p), usual = p->resources[0].kind->usual;
	bool *behind = plan_behind(p, p->count - 1), all = true;
	for (size_t i = 0; i + 1 < p->count; i++)
		all = all && behind[i];
	ok(tails[0] > 80.9 * usual && tails[0] < 81.1 * usual, "its longest way has 81 steps");
	ok(plan_expected(p, NULL) > 80.9 * usual && plan_expected(p, NULL) < 81.1 * usual, "and takes as long");
	ok(all && !behind[p->count - 1], "all of it is behind the top");
	free(behind);
	behind = plan_behind(p, 1);
	ok(behind[0] && !behind[1] && !behind[2] && !behind[3], "only the foot is behind the first rung");
	free(behind);
	free(tails);
	plan_free(p);
	p = ladder(4000);
	ok(plan_seal(p, &e) && in_order(p), "one of four thousand as well");
	plan_free(p);
}

int main(void)
{
	mem_install();
	test_faults();
	test_order();
	test_ladder();
	return tap_done();
}
