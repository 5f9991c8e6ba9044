/* Plans of answers that are not complete. */
#include "config.h"
#include "plan/plan.h"

#include "base/json.h"
#include "plan/axes.h"

/* Only choices that go together know how to join. */
static bool fit_together(const struct answers *a)
{
	for (const char *const *id = axis_questions; *id; id++)
		if (question_refuses(question_find(*id), a, answers_str(a, *id)))
			return false;
	return true;
}

struct plan *plan_draft(const struct answers *a, const char *number)
{
	struct err e = {0};
	struct answers *made_up = answers_copy(a);
	if (!*answers_str(a, "project.id"))
		answers_set_text(made_up, "project.id", "some-project", &e);
	if (!*json_str(a->resolved, "project_number", ""))
		json_put_str(made_up->resolved, "project_number", number ? number : "000000000000");
	if (!*json_str(a->resolved, "suffix", ""))
		json_put_str(made_up->resolved, "suffix", "0000");
	err_free(&e);
	struct plan *p = fit_together(made_up) ? plan_make(made_up, &e) : NULL;
	err_free(&e);
	answers_free(made_up);
	return p;
}
