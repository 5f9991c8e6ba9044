/* Cloud Run jobs, v2: a job is ready soon; its executions are run_executions.c. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/resource.h"
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
		const char *inner = run_operation_name(s, sim_tmp("%.*s", (int)(strstr(o->key, "/jobs/") - o->key), o->key));
		struct sim_object *execution = run_execute(s, json_str(o->hidden, "principal", ""), o, NULL, name, inner);
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

struct sim_object *run_job_put(struct sim *s, const char *principal, const char *key, cJSON *body, const char *operation)
{
	struct sim_object *o = sim_get(s, RUN_JOBS, key);
	bool fresh = !o;
	defaults(s, run_project(key), body);
	if (fresh) {
		json_put_str(body, "name", key);
		json_put(body, "latestCreatedExecution", cJSON_CreateObject());
		run_stamp(s, principal, body);
		o = sim_put(s, RUN_JOBS, key, body);
	} else {
		sim_retain(body, o->doc,
			   "name uid generation createTime creator executionCount latestCreatedExecution observedGeneration");
		cJSON_Delete(o->doc);
		o->doc = body;
		run_touch(s, principal, o->doc);
	}
	json_put_str(o->hidden, "principal", principal ? principal : "");
	json_put(o->doc, "terminalCondition", pending(s, fresh));
	json_put_bool(o->doc, "reconciling", true);
	struct sim_object *op = sim_lro(s, RUN_OPERATIONS, operation, metadata(o->doc));
	double seconds = sim_draw(s, "run.job.create");
	sim_lro_due(op, seconds, sim_now(s));
	sim_after(s, seconds, settle, json_make("{'job':%s,'operation':%s}", key, operation));
	return o;
}

static void removed(struct sim *s, const cJSON *arg)
{
	const char *key = json_str(arg, "job", "");
	struct sim_object *o = sim_get(s, RUN_JOBS, key);
	if (!o)
		return;
	json_put(o->doc, "terminalCondition", run_condition(s, "Ready", "CONDITION_SUCCEEDED"));
	json_drop(o->doc, "reconciling");
	json_put_str(o->doc, "observedGeneration", json_str(o->doc, "generation", "1"));
	sim_lro_done(s, RUN_OPERATIONS, json_str(arg, "operation", ""), metadata(o->doc), sim_typed(o->doc, RUN_TYPE "Job"));
	resource_forget_below(s, RUN_EXECUTIONS, sim_tmp("%s/", key));
	resource_forget_below(s, RUN_TASKS, sim_tmp("%s/", key));
	sim_policy_forget(s, run_holder(key));
	sim_remove(s, o);
}

void run_job_remove(struct sim *s, struct sim_object *o, const char *principal, const char *operation)
{
	char later[40];
	const char *now = sim_stamp(s, 6);
	run_touch(s, principal, o->doc);
	json_put_str(o->doc, "deleteTime", now);
	json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(s) + 30 * 86400.0, 6, later));
	json_put_bool(o->doc, "reconciling", true);
	json_put(o->doc, "terminalCondition", pending(s, false));
	struct sim_object *op = sim_lro(s, RUN_OPERATIONS, operation, metadata(o->doc));
	double seconds = sim_draw(s, "run.service.delete");
	sim_lro_due(op, seconds, sim_now(s));
	sim_after(s, seconds, removed, json_make("{'job':%s,'operation':%s}", o->key, operation));
}

/* Requests. ---------------------------------------------------------------------------------------------------------------- */
bool run_job_ok(struct sim_call *c, const cJSON *body)
{
	const cJSON *template = json_at(body, "template.template");
	return run_check_labels(c, body, "") && run_check_labels(c, json_at(body, "template"), "template") &&
	       run_check_template(c, template, "template.template", true) && run_check_account(c, template);
}

static const char *key_of(const struct sim_call *c)
{
	return sim_tmp("%s/jobs/%s", sim_parent(c), sim_part(c, 6));
}

static void put_and_reply(struct sim_call *c, const char *key, cJSON *body)
{
	const char *operation = run_operation_name(c->sim, sim_parent(c));
	if (sim_param_bool(c, "validateOnly")) {
		defaults(c->sim, c->project, body);
		json_put_str(body, "name", key);
		sim_ok(c, json_make("{'name':%s,'done':%b,'metadata':%j,'response':%j}", operation, 1, metadata(body),
				    sim_typed(body, RUN_TYPE "Job")));
		cJSON_Delete(body);
		return;
	}
	run_job_put(c->sim, c->principal, key, body, operation);
	sim_lro_reply(c, sim_get(c->sim, RUN_OPERATIONS, operation));
}

void run_job_create(struct sim_call *c)
{
	const char *id = sim_param(c, "jobId"), *key = sim_tmp("%s/jobs/%s", sim_parent(c), id);
	if (!run_check_location(c, sim_part(c, 4)) || !run_check_id(c, id, "job_id"))
		return;
	if (sim_get(c->sim, RUN_JOBS, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Resource '%s' already exists.", id);
		return;
	}
	if (run_job_ok(c, c->body))
		put_and_reply(c, key, sim_take_body(c));
}

void run_job_patch(struct sim_call *c)
{
	const char *key = key_of(c);
	struct sim_object *o = sim_get(c->sim, RUN_JOBS, key);
	if (!run_check_location(c, sim_part(c, 4)) || (!o && !run_check_id(c, sim_part(c, 6), "job.name")))
		return;
	if (!o && !sim_param_bool(c, "allowMissing")) {
		resource_named(c);
		return;
	}
	bool runs = json_at(c->body, "runExecutionToken") || json_at(c->body, "startExecutionToken");
	if ((!o && !run_check_permission(c, "run.jobs.create")) || (runs && !run_check_permission(c, "run.jobs.run")))
		return;
	if (o && !run_etag_matches(c, o->doc, json_str(c->body, "etag", "")))
		return;
	if (run_job_ok(c, c->body))
		put_and_reply(c, key, sim_take_body(c));
}

void run_job_delete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !run_etag_matches(c, o->doc, sim_param(c, "etag")))
		return;
	const char *operation = run_operation_name(c->sim, sim_parent(c));
	run_job_remove(c->sim, o, c->principal, operation);
	sim_lro_reply(c, sim_get(c->sim, RUN_OPERATIONS, operation));
}

void run_job_run(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !run_etag_matches(c, o->doc, json_str(c->body, "etag", "")))
		return;
	const cJSON *overrides = json_at(c->body, "overrides");
	bool changed = json_at(overrides, "containerOverrides") || json_at(overrides, "taskCount") ||
		       json_at(overrides, "timeout");
	if (changed && !sim_allowed(c->sim, c->principal, "run.jobs.runWithOverrides", c->project, run_holder(o->key))) {
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "Permission 'run.jobs.runWithOverrides' denied on resource '%s' (or resource may not exist).", o->key);
		return;
	}
	const char *operation = run_operation_name(c->sim, sim_parent(c));
	run_execute(c->sim, c->principal, o, overrides, NULL, operation);
	sim_lro_reply(c, sim_get(c->sim, RUN_OPERATIONS, operation));
}
