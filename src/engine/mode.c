/* The modes of a run: what plan, apply and destroy do at each point. */
#include "config.h"
#include "engine/run_private.h"

#include <string.h>

/* plan ------------------------------------------------------------------------------------------------------------------------------- */

static const char *outcome_plan(const struct run *r)
{
	(void)r;
	return "nothing";
}

static enum exit_code exit_plan(const struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].verdict != VERDICT_KEEP)
			return EXIT_CHANGES;
	return EXIT_DONE;
}

static const char *next_plan(const char *outcome)
{
	(void)outcome;
	return "apply";
}

/* apply ------------------------------------------------------------------------------------------------------------------------------ */

/* All else stands, or waits with it. */
static bool waits_only(const struct run *r)
{
	return run_waited(r) && !run_failed_any(r);
}

static const char *outcome_apply(const struct run *r)
{
	return waits_only(r) ? "waiting" : r->proven ? "proven" : run_standing(r) ? "partly" : "nothing";
}

static enum exit_code exit_apply(const struct run *r)
{
	return waits_only(r) ? EXIT_WAITING : r->proven ? EXIT_DONE : EXIT_PARTLY;
}

static const char *next_apply(const char *outcome)
{
	return !strcmp(outcome, "proven") ? "connect" : "apply";
}

/* destroy ------------------------------------------------------------------------------------------------------------------------------ */

static const char *outcome_destroy(const struct run *r)
{
	return run_failed_any(r) ? "partly" : "destroyed";
}

static enum exit_code exit_destroy(const struct run *r)
{
	(void)r;
	return EXIT_DONE;
}

static const char *next_destroy(const char *outcome)
{
	return !strcmp(outcome, "destroyed") ? NULL : "destroy";
}

const struct run_mode run_modes[] = {
    [RUN_PLAN] = {.name = "plan",
		  .decide = step_decide_plan,
		  .ended = run_finish,
		  .outcome = outcome_plan,
		  .exit = exit_plan,
		  .next = next_plan},
    [RUN_APPLY] = {.name = "apply",
		   .looks_first = true,
		   .changes = true,
		   .builds = true,
		   .look = step_look_at_apply,
		   .decide = step_decide_apply,
		   .looked = run_surveyed,
		   .ended = run_ended_apply,
		   .outcome = outcome_apply,
		   .exit = exit_apply,
		   .next = next_apply},
    [RUN_DESTROY] = {.name = "destroy",
		     .looks_first = true,
		     .changes = true,
		     .removes = true,
		     .look = step_look_at_destroy,
		     .decide = step_destroy,
		     .looked = run_begin_destroying,
		     .ended = run_ended_destroy,
		     .outcome = outcome_destroy,
		     .exit = exit_destroy,
		     .next = next_destroy},
};
