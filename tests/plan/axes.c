/* The axes: pairs.tbl speaks of choices that there are and of questions asked before; whatever is chosen, the other axes have a default that goes
 * with it; each refusal has its reason; a choice's own questions are asked while it is chosen. */
#include "config.h"
#include "tests/tap.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "plan/axes.h"

#include <stdlib.h>
#include <string.h>

#define REFUSE(question, choice, with, and, why) {question, choice, with, and, why},
#define PREFER(question, choice, with) {question, choice, with, "", NULL},
static const struct {
	const char *question, *choice, *with, *and, *why;
} pairs[] = {
#include "plan/pairs.tbl"
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static int rank_of(const char *id)
{
	const struct question *q = question_find(id);
	return q ? (int)(q - questions) : -1;
}

/* Is "QUESTION=CHOICE" there, and asked before the question? "" is. */
static bool stands_before(const char *condition, const char *question)
{
	char id[64] = "";
	size_t len = strcspn(condition, "=");
	if (!*condition)
		return true;
	memcpy(id, condition, len < sizeof id ? len : 0);
	const struct question *q = question_find(id);
	return q && condition[len] && choice_find(q, condition + len + 1) && rank_of(id) < rank_of(question);
}

static void rows(void)
{
	for (size_t i = 0; i < PAIRS; i++) {
		const struct question *q = question_find(pairs[i].question);
		bool known = q && choice_find(q, pairs[i].choice) && stands_before(pairs[i].with, q->id) &&
			     stands_before(pairs[i].and, q->id);
		if (!known || !*pairs[i].with)
			ok(false, "pairs.tbl: %s=%s with %s %s", pairs[i].question, pairs[i].choice, pairs[i].with,
			   pairs[i].and);
	}
	ok(PAIRS > 10, "%d rows of pairs.tbl were looked at", (int)PAIRS);
}

static void set(struct answers *a, const char *id, const char *choice)
{
	cJSON_DeleteItemFromObjectCaseSensitive(a->values, id);
	cJSON_AddStringToObject(a->values, id, choice);
}

/* With this target, exposure and auth mode, the rest by default: is a choice there on each axis, and what is refused refused with words? */
static int defaults_of(struct answers *a)
{
	int bad = 0;
	for (size_t i = 3; axis_questions[i]; i++) {
		const struct question *q = question_find(axis_questions[i]);
		const char *why = axis_refuses(q, a, answers_str(a, q->id));
		bad += why != NULL;
		if (why)
			printf("# %s, %s, %s: %s is %s by default: %s\n", answers_str(a, axis_questions[0]),
			       answers_str(a, axis_questions[1]), answers_str(a, axis_questions[2]), q->id,
			       answers_str(a, q->id), why);
	}
	for (const struct question *q = questions; q->id; q++)
		answers_asked(a, q);
	return bad;
}

static void combinations(void)
{
	const struct choice *t, *x, *m;
	int possible = 0, bad = 0, wordless = 0;
	for (size_t i = 0; (t = axis_target(i)); i++)
		for (size_t j = 0; (x = axis_exposure(j)); j++)
			for (size_t k = 0; (m = axis_auth_mode(k)); k++) {
				struct answers *a = answers_new();
				set(a, axis_questions[0], t->id);
				set(a, axis_questions[1], x->id);
				set(a, axis_questions[2], m->id);
				const char *why = axis_refuses(question_find(axis_questions[0]), a, t->id);
				why = why ? why : axis_refuses(question_find(axis_questions[1]), a, x->id);
				why = why ? why : axis_refuses(question_find(axis_questions[2]), a, m->id);
				wordless += why && !*why;
				possible += !why;
				bad += why ? 0 : defaults_of(a);
				answers_free(a);
			}
	ok(possible > 0 && !bad, "with each of %d triples that go together the other axes' defaults do", possible);
	ok(!wordless, "what does not go is refused with words");
}

/* Each target's own default of exposure, each exposure's of auth mode. */
static void defaults(void)
{
	const struct choice *t;
	for (size_t i = 0; (t = axis_target(i)); i++) {
		struct answers *a = answers_new();
		set(a, axis_questions[0], t->id);
		bool fine = true;
		for (size_t n = 1; n < 3 && !t->later; n++)
			fine &= !axis_refuses(question_find(axis_questions[n]), a, answers_str(a, axis_questions[n]));
		ok(fine, "%s: exposure %s, auth mode %s by default", t->id, answers_str(a, axis_questions[1]),
		   answers_str(a, axis_questions[2]));
		answers_free(a);
	}
}

/* A choice's own questions, and those of others that it asks, exist, and are asked while it is chosen. */
static void questions_of_choices(void)
{
	int missing = 0, unasked = 0, count = 0;
	for (size_t i = 0; axis_questions[i]; i++) {
		const struct question *axis = question_find(axis_questions[i]);
		const struct choice *c;
		for (size_t n = 0; (c = axis->nth(n)); n++) {
			struct answers *a = answers_new();
			set(a, axis->id, c->id);
			for (const char *const *id = c->asks; id && *id; id++)
				missing += !question_find(*id);
			for (const struct question *q = c->questions; q && q->id; q++, count++)
				unasked += !c->later && !q->when && !answers_asked(a, question_find(q->id));
			answers_free(a);
		}
	}
	ok(!missing, "what a choice asks are questions");
	ok(count > 0 && !unasked, "%d questions that choices bring are asked while they are chosen", count);
}

int main(void)
{
	mem_install();
	rows();
	combinations();
	defaults();
	questions_of_choices();
	return tap_done();
}
