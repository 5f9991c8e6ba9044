/* The modes of a run: what plan, apply and destroy do at each point. */
#include "config.h"
#include "engine/run_private.h"

/* plan ------------------------------------------------------------------------------------------------------------------------------- */

static enum event_outcome outcome_plan(const struct run *r)
{
	(void)r;
	return OUTCOME_NOTHING;
}

static enum exit_code exit_plan(const struct run *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].verdict != VERDICT_KEEP)
			return EXIT_CHANGES;
	return EXIT_DONE;
}

static const char *next_plan(enum event_outcome outcome)
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

static enum event_outcome outcome_apply(const struct run *r)
{
	return waits_only(r)          ? OUTCOME_WAITING
	       : r->proven            ? OUTCOME_PROVEN
	       : run_left_anything(r) ? OUTCOME_PARTLY
				      : OUTCOME_NOTHING;
}

static enum exit_code exit_apply(const struct run *r)
{
	return waits_only(r) ? EXIT_WAITING : r->proven ? EXIT_DONE : EXIT_PARTLY;
}

static const char *next_apply(enum event_outcome outcome)
{
	return outcome == OUTCOME_PROVEN ? "connect" : "apply";
}

/* destroy ------------------------------------------------------------------------------------------------------------------------------ */

static enum event_outcome outcome_destroy(const struct run *r)
{
	return run_failed_any(r) ? OUTCOME_PARTLY : OUTCOME_DESTROYED;
}

static enum exit_code exit_destroy(const struct run *r)
{
	(void)r;
	return EXIT_DONE;
}

static const char *next_destroy(enum event_outcome outcome)
{
	return outcome == OUTCOME_DESTROYED ? NULL : "destroy";
}

const struct run_mode run_modes[] = {
    [RUN_PLAN] = {.name = "plan",
		  .decide = step_decide_plan,
		  .ended = run_ended_plan,
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
