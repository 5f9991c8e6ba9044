/* Cloud Run jobs, v2: a job is ready soon; its executions are run_executions.c. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

static cJSON *pending(struct sim *s, bool fresh)
{
	return fresh ? json_make("{'state':'CONDITION_PENDING'}") : run_condition(s, "Ready", "CONDITION_PENDING");
}

/* The operation's metadata leaves the uid out; its response has it. */
static cJSON *metadata(const cJSON *doc)
{
	cJSON *m = sim_typed(doc, RUN_TYPE "Job");
	json_drop(m, "uid");
	return m;
}

/* The job is ready; with a token only once the execution that it names has started, or has ended well. */
static void settle(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, RUN_JOBS, json_str(arg, "job", ""));
	const char *operation = json_str(arg, "operation", "");
	if (!o)
		return;
	json_put(o->doc, "terminalCondition", run_condition(s, "Ready", "CONDITION_SUCCEEDED"));
	json_drop(o->doc, "reconciling");
	json_put_str(o->doc, "observedGeneration", json_str(o->doc, "generation", "1"));
	const char *run = json_str(o->doc, "runExecutionToken", ""), *start = json_str(o->doc, "startExecutionToken", "");
	const char *token = *run ? run : start;
	const char *name = sim_tmp("%s/executions/%s-%s", o->key, strrchr(o->key, '/') + 1, token);
	if (*token && !sim_get(s, RUN_EXECUTIONS, name)) {
		struct sim_object *execution = run_execute(s, json_str(o->hidden, "principal", ""), o, NULL, name);
		if (*run) {
			json_put_bool(o->doc, "reconciling", true);
			json_put_str(execution->hidden, "jobOperation", operation);
			return;
		}
	}
	sim_lro_done(s, RUN_OPERATIONS, operation, metadata(o->doc), sim_typed(o->doc, RUN_TYPE "Job"));
}

static void defaults(struct sim *s, const char *project, cJSON *doc)
{
	if (!json_at(doc, "launchStage"))
		json_put_str(doc, "launchStage", "GA");
	if (json_num(doc, "template.taskCount", 0) == 0)
		json_put_num(doc, "template.taskCount", 1);
	run_defaults(s, project, json_at(doc, "template.template"), true);
}

static void removed(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, RUN_JOBS, json_str(arg, "job", ""));
	if (!o)
		return;
	json_put(o->doc, "terminalCondition", run_condition(s, "Ready", "CONDITION_SUCCEEDED"));
	json_drop(o->doc, "reconciling");
	json_put_str(o->doc, "observedGeneration", json_str(o->doc, "generation", "1"));
	sim_lro_done(s, RUN_OPERATIONS, json_str(arg, "operation", ""), metadata(o->doc), sim_typed(o->doc, RUN_TYPE "Job"));
	resource_remove(s, run_jobs, o);
}

static bool run_jobs_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const char *operation = json_str(arg, "operation", ""),
		   *message = json_str(error, "message", "Internal error encountered.");
	struct sim_object *o = sim_get(s, RUN_JOBS, json_str(arg, "job", ""));
	if (json_at(arg, "revision") || !sim_get(s, RUN_OPERATIONS, operation))
		return false;
	if (o) {
		json_put(o->doc, "terminalCondition", run_condition(s, "Ready", "CONDITION_FAILED"));
		json_put_str(o->doc, "terminalCondition.message", message);
		json_drop(o->doc, "reconciling");
	}
	sim_lro_failed(s, RUN_OPERATIONS, operation, NULL, sim_rpc_status("INTERNAL", "%s", message));
	return true;
}

static struct sim_object *run_jobs_begin(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb)
{
	struct sim_object *o = sim_get(c->sim, r->collection, key);
	bool leaves = !strcmp(verb, "delete");
	if (leaves) {
		run_executions_stop(c, key);
		run_leaving(c, o);
		json_put(o->doc, "terminalCondition", pending(c->sim, false));
	}
	struct sim_object *op = run_operation(c->sim, o->key, metadata(o->doc));
	double seconds = sim_draw(c->sim, leaves ? "run.service.delete" : r->change);
	sim_lro_due(op, seconds, sim_now(c->sim));
	sim_after(c->sim, seconds, leaves ? removed : settle, json_make("{'job':%s,'operation':%s}", key, op->key));
	return op;
}

/* The kind. ---------------------------------------------------------------------------------------------------------------- */
static bool run_jobs_valid(struct sim_call *c, const char *id)
{
	return !strcmp(c->method, "POST") ? run_check_id(c, id, "job_id")
					  : run_check_id(c, id, "job.name") && run_check_permission(c, "run.jobs.create");
}

/* Whoever has it run with the change must be permitted to. */
static bool run_jobs_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	const cJSON *template = json_at(doc, "template.template");
	bool runs = json_at(doc, "runExecutionToken") || json_at(doc, "startExecutionToken");
	if ((runs && !run_check_permission(c, "run.jobs.run")) || !run_check_labels(c, doc, "") ||
	    !run_check_labels(c, json_at(doc, "template"), "template") ||
	    !run_check_template(c, template, "template.template", true) || !run_check_account(c, template))
		return false;
	defaults(c->sim, run_project(json_str(doc, "name", "")), doc);
	return true;
}

static void run_jobs_touched(struct sim_call *c, struct sim_object *o)
{
	bool fresh = !json_at(o->doc, "uid");
	if (fresh)
		json_put(o->doc, "latestCreatedExecution", cJSON_CreateObject());
	run_touch(c, o);
	json_put(o->doc, "terminalCondition", pending(c->sim, fresh));
	json_put_bool(o->doc, "reconciling", true);
}

static const struct sim_operations operations = {.begin = run_jobs_begin};
const struct sim_resource run_jobs[] = {
    {RUN_KIND("run.projects.locations.jobs", RUN_JOBS, "jobs", "jobs", "JOB"), RUN_WRITES("job"), .type = RUN_TYPE "Job",
     .valid = run_jobs_valid, .complete = run_jobs_complete, .touched = run_jobs_touched,
     .kept = "uid generation createTime creator executionCount latestCreatedExecution observedGeneration",
     .changing = run_not_leaving, .below = RUN_EXECUTIONS " " RUN_TASKS, .operations = &operations, .change = "run.job.create"},
    {0},
};

static void run_jobs_run(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !run_current(c, o, json_str(c->body, "etag", "")))
		return;
	const cJSON *overrides = json_at(c->body, "overrides");
	bool changed = json_at(overrides, "containerOverrides") || json_at(overrides, "taskCount") ||
		       json_at(overrides, "timeout");
	if (changed && !sim_allowed(c->sim, c->principal, "run.jobs.runWithOverrides", c->project, run_holder(o->key))) {
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "Permission 'run.jobs.runWithOverrides' denied on resource '%s' (or resource may not exist).", o->key);
		return;
	}
	struct sim_object *execution = run_execute(c->sim, c->principal, o, overrides, NULL);
	sim_lro_reply(c, sim_get(c->sim, RUN_OPERATIONS, json_str(execution->hidden, "operation", "")));
}

static const struct sim_route routes[] = {
    RESOURCE_ROUTES("run.projects.locations.jobs", "run.jobs"),
    {"run.projects.locations.jobs.run", run_jobs_run, "run.jobs.run", NULL},
    RESOURCE_POLICIES("run.projects.locations.jobs", "run.jobs"),
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_run_jobs = {
    .name = "run",
    .service = "run.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = run_jobs,
    .guard = run_guard,
    .spoil = run_jobs_spoil,
};
