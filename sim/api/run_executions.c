/* Executions of jobs and their tasks: started, judged by sim/front/judge.c, retried, ended. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include <stdlib.h>
#include <string.h>

static struct sim_object *job_of(struct sim *s, const char *execution)
{
	return sim_get(s, RUN_JOBS, sim_tmp("%.*s", (int)(strstr(execution, "/executions/") - execution), execution));
}

/* Conditions: Completed is the terminal one. */
static void condition(struct sim *s, cJSON *doc, const char *type, const char *state, const char *message,
		      const char *execution_reason)
{
	cJSON *conditions = json_at(doc, "conditions"), *made = run_condition(s, type, state);
	if (message)
		json_put_str(made, "message", message);
	if (execution_reason)
		json_put_str(made, "executionReason", execution_reason);
	int i = 0;
	for (const cJSON *c = conditions->child; c; c = c->next, i++)
		if (!strcmp(json_str(c, "type", ""), type)) {
			cJSON_ReplaceItemInArray(conditions, i, made);
			return;
		}
	cJSON_AddItemToArray(conditions, made);
}

static void override(cJSON *template, const cJSON *overrides)
{
	const cJSON *list = json_at(overrides, "containerOverrides");
	cJSON *containers = json_at(template, "containers");
	for (const cJSON *o = list ? list->child : NULL; o; o = o->next) {
		const char *name = json_str(o, "name", "");
		for (cJSON *k = containers->child; k; k = k->next) {
			if (*name && strcmp(json_str(k, "name", ""), name))
				continue;
			if (json_bool(o, "clearArgs", false))
				json_drop(k, "args");
			if (cJSON_GetArraySize(json_at(o, "args")))
				json_put(k, "args", cJSON_Duplicate(json_at(o, "args"), 1));
			const cJSON *env = json_at(o, "env");
			for (const cJSON *e = env ? env->child : NULL; e; e = e->next) {
				if (!json_at(k, "env"))
					json_put(k, "env", cJSON_CreateArray());
				cJSON_AddItemToArray(json_at(k, "env"), cJSON_Duplicate(e, 1));
			}
		}
	}
	if (*json_str(overrides, "timeout", ""))
		json_put_str(template, "timeout", json_str(overrides, "timeout", ""));
}

static void refer(struct sim *s, const struct sim_object *o, const char *status)
{
	struct sim_object *job = job_of(s, o->key);
	const char *id = strrchr(o->key, '/') + 1;
	const char *latest = job ? json_str(job->doc, "latestCreatedExecution.name", "") : "";
	if (!job || (*latest && strcmp(latest, id) && strcmp(status, "EXECUTION_PENDING")))
		return;
	cJSON *reference = json_make("{'name':%s,'createTime':%s,'completionStatus':%s}", id,
				     json_str(o->doc, "createTime", ""), status);
	if (*json_str(o->doc, "completionTime", ""))
		json_put_str(reference, "completionTime", json_str(o->doc, "completionTime", ""));
	json_put(job->doc, "latestCreatedExecution", reference);
}

static void task_state(struct sim *s, const struct sim_object *o, bool ended, const cJSON *failure)
{
	struct sim_object *task = sim_get(s, RUN_TASKS, sim_tmp("%s/tasks/%s-task0", o->key, strrchr(o->key, '/') + 1));
	if (!task)
		return;
	json_put_str(task->doc, ended ? "completionTime" : "startTime", sim_stamp(s, 6));
	if (!ended)
		return;
	condition(s, task->doc, "Completed", failure ? "CONDITION_FAILED" : "CONDITION_SUCCEEDED",
		  json_str(failure, "message", NULL), failure ? json_str(failure, "reason", "NON_ZERO_EXIT_CODE") : NULL);
	json_drop(task->doc, "reconciling");
	if (json_at(failure, "reason"))
		return; /* no attempt of it came to an end */
	json_put(task->doc, "lastAttemptResult", json_make("{'exitCode':%d}", (int)json_num(failure, "exitCode", 0)));
	json_put_num(task->doc, "retried", failure ? json_num(task->doc, "maxRetries", 0) : 0);
}

/* A job that waits for this execution (runExecutionToken) is ready, or not, with it. */
static void tell_job(struct sim *s, const struct sim_object *o, const char *message)
{
	const char *operation = json_str(o->hidden, "jobOperation", "");
	struct sim_object *job = job_of(s, o->key);
	if (!*operation || !job)
		return;
	json_drop(job->doc, "reconciling");
	if (!message) {
		sim_lro_done(s, RUN_OPERATIONS, operation, sim_typed(job->doc, RUN_TYPE "Job"),
			     sim_typed(job->doc, RUN_TYPE "Job"));
		return;
	}
	json_put(job->doc, "terminalCondition", run_condition(s, "Ready", "CONDITION_FAILED"));
	json_put_str(job->doc, "terminalCondition.message", message);
	sim_lro_failed(s, RUN_OPERATIONS, operation, sim_typed(job->doc, RUN_TYPE "Job"),
		       sim_rpc_status("ABORTED", "%s", message));
}

static void ended(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, RUN_EXECUTIONS, json_str(arg, "execution", ""));
	if (!o || *json_str(o->doc, "completionTime", ""))
		return;
	const cJSON *failure = json_at(arg, "failure");
	json_put_str(o->doc, "completionTime", sim_stamp(s, 6));
	json_drop(o->doc, "runningCount");
	json_drop(o->doc, "reconciling");
	json_put_num(o->doc, failure ? "failedCount" : "succeededCount", json_num(o->doc, "taskCount", 1));
	json_put_str(o->doc, "observedGeneration", "1");
	const char *id = strrchr(o->key, '/') + 1, *operation = json_str(arg, "operation", "");
	const char *message = failure ? sim_tmp("Task %s-task0 failed with message: %s", id, json_str(failure, "message", ""))
				      : NULL;
	condition(s, o->doc, "Completed", failure ? "CONDITION_FAILED" : "CONDITION_SUCCEEDED", message,
		  failure ? "NON_ZERO_EXIT_CODE" : NULL);
	if (failure)
		json_put_num(o->doc, "retriedCount", json_num(o->doc, "template.maxRetries", 0));
	task_state(s, o, true, failure);
	refer(s, o, failure ? "EXECUTION_FAILED" : "EXECUTION_SUCCEEDED");
	cJSON *metadata = sim_typed(o->doc, RUN_TYPE "Execution");
	if (failure)
		sim_lro_failed(s, RUN_OPERATIONS, operation, metadata, sim_rpc_status("ABORTED", "%s", message));
	else
		sim_lro_done(s, RUN_OPERATIONS, operation, metadata, sim_typed(o->doc, RUN_TYPE "Execution"));
	tell_job(s, o, message);
}

static void write_logs(struct sim *s, const struct sim_object *o, const cJSON *lines)
{
	const char *project = run_project(o->key);
	for (const cJSON *l = lines ? lines->child : NULL; l; l = l->next) {
		cJSON *labels = json_make("{'project_id':%s,'location':%s,'job_name':%s}", project, run_region(o->key),
					  json_str(o->doc, "job", ""));
		sim_log_entry(s, project, "cloud_run_job", labels, json_str(l, "log", "run.googleapis.com/stderr"),
			      json_str(l, "severity", "DEFAULT"), json_str(l, "text", ""));
	}
}

static void started(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, RUN_EXECUTIONS, json_str(arg, "execution", ""));
	if (!o || *json_str(o->doc, "completionTime", ""))
		return;
	json_put_str(o->doc, "startTime", sim_stamp(s, 6));
	json_put_num(o->doc, "runningCount", 1);
	static const char *const types[] = {"ResourcesAvailable", "Started", "ContainerReady"};
	for (size_t i = 0; i < 3; i++)
		condition(s, o->doc, types[i], "CONDITION_SUCCEEDED", NULL, NULL);
	task_state(s, o, false, NULL);
	refer(s, o, "EXECUTION_RUNNING");
	struct run_verdict v;
	sim_workloads(s)->judge(s, run_project(o->key), run_region(o->key), json_at(o->doc, "template"), true, &v);
	write_logs(s, o, v.log);
	cJSON *next = cJSON_Duplicate(arg, 1);
	double seconds = v.seconds;
	if (v.message) {
		json_put(next, "failure", json_make("{'message':%s,'exitCode':%d}", v.message, v.exit_code));
		seconds *= json_num(o->doc, "template.maxRetries", 0) + 1;
	}
	double timeout = sim_seconds(json_str(o->doc, "template.timeout", ""), 600);
	if (seconds > timeout)
		json_put(next, "failure", json_make("{'message':%s,'exitCode':%d}", "The task has exceeded its timeout.", 137));
	run_verdict_free(&v);
	sim_after(s, seconds > timeout ? timeout : seconds, ended, next);
}

static void add_task(struct sim *s, const struct sim_object *o)
{
	const char *id = strrchr(o->key, '/') + 1, *name = sim_tmp("%s/tasks/%s-task0", o->key, id);
	cJSON *doc = cJSON_Duplicate(json_at(o->doc, "template"), 1);
	json_put_str(doc, "name", name);
	run_stamp(s, NULL, doc);
	json_drop(doc, "creator");
	json_drop(doc, "lastModifier");
	json_put_str(doc, "job", json_str(o->doc, "job", ""));
	json_put_str(doc, "execution", id);
	json_put_str(doc, "scheduledTime", json_str(o->doc, "createTime", ""));
	json_put(doc, "conditions", cJSON_CreateArray());
	json_put_str(doc, "logUri", json_str(o->doc, "logUri", ""));
	json_put_bool(doc, "reconciling", true);
	sim_put(s, RUN_TASKS, name, doc);
}

static const char *new_name(struct sim *s, const struct sim_object *job)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	char tail[6] = "";
	for (int i = 0; i < 5; i++)
		tail[i] = letters[sim_random(s) % (sizeof(letters) - 1)];
	return sim_tmp("%s/executions/%s-%s", job->key, strrchr(job->key, '/') + 1, tail);
}

struct sim_object *run_execute(struct sim *s, const char *principal, struct sim_object *job, const cJSON *overrides,
			       const char *name)
{
	struct sim_object *op = run_operation(s, job->key, NULL);
	if (!name)
		name = new_name(s, job);
	const char *id = strrchr(name, '/') + 1, *project = run_project(name), *job_id = strrchr(job->key, '/') + 1;
	cJSON *template = cJSON_Duplicate(json_at(job->doc, "template.template"), 1);
	override(template, overrides);
	cJSON *doc = json_make("{'name':%s,'job':%s,'launchStage':'GA','template':%j,'conditions':[],'reconciling':true}", name,
			       job_id, template);
	run_stamp(s, principal, doc);
	json_drop(doc, "lastModifier");
	json_put_num(doc, "taskCount", json_num(overrides, "taskCount", json_num(job->doc, "template.taskCount", 1)));
	json_put_num(doc, "parallelism", json_num(job->doc, "template.parallelism", 1));
	json_put_str(
	    doc, "logUri",
	    sim_tmp(
		"https://console.cloud.google.com/logs/viewer?project=%s&advancedFilter=resource.type%%3D%%22cloud_run_job%%22"
		"%%0Aresource.labels.job_name%%3D%%22%s%%22%%0Alabels.%%22run.googleapis.com/execution_name%%22%%3D%%22%s%%22",
		project, job_id, id));
	struct sim_object *o = sim_put(s, RUN_EXECUTIONS, name, doc);
	condition(s, doc, "Completed", "CONDITION_RECONCILING", NULL, NULL);
	json_put_num(job->doc, "executionCount", json_num(job->doc, "executionCount", 0) + 1);
	json_put(job->doc, "latestCreatedExecution", cJSON_CreateObject());
	refer(s, o, "EXECUTION_PENDING");
	add_task(s, o);
	json_put(op->doc, "metadata", sim_typed(doc, RUN_TYPE "Execution"));
	json_put_str(o->hidden, "operation", op->key);
	/* A third of the time goes by before the container starts; the rest is what it does, or what starting and stopping takes. */
	double seconds = sim_draw(s, "run.job.execute");
	sim_after(s, seconds / 3, started, json_make("{'execution':%s,'operation':%s}", o->key, op->key));
	return o;
}

/* Cancelled. ---------------------------------------------------------------------------------------------------------------- */
bool run_execution_stop(struct sim_call *c, struct sim_object *o)
{
	static const char message[] = "The execution was cancelled.";
	if (*json_str(o->doc, "completionTime", "")) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Execution '%s' has already completed.", strrchr(o->key, '/') + 1);
		return false;
	}
	json_put_str(o->doc, "completionTime", sim_stamp(c->sim, 6));
	json_drop(o->doc, "runningCount");
	json_drop(o->doc, "reconciling");
	json_put_num(o->doc, "cancelledCount", json_num(o->doc, "taskCount", 1));
	condition(c->sim, o->doc, "Completed", "CONDITION_FAILED", message, "CANCELLED");
	cJSON *failure = json_make("{'message':%s,'reason':'CANCELLED'}", message);
	task_state(c->sim, o, true, failure);
	cJSON_Delete(failure);
	refer(c->sim, o, "EXECUTION_CANCELLED");
	/* Whoever began it waits for it no longer. */
	sim_lro_failed(c->sim, RUN_OPERATIONS, json_str(o->hidden, "operation", ""), sim_typed(o->doc, RUN_TYPE "Execution"),
		       sim_rpc_status("ABORTED", "%s", message));
	tell_job(c->sim, o, message);
	return true;
}

static void stop_running(struct sim_call *c, struct sim_object *o)
{
	if (!*json_str(o->doc, "completionTime", ""))
		run_execution_stop(c, o);
}

struct sim_object *run_execution_remove(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb)
{
	stop_running(c, sim_get(c->sim, RUN_EXECUTIONS, key));
	return run_remove(c, r, key, verb);
}

void run_executions_stop(struct sim_call *c, const char *job)
{
	const char *below = sim_tmp("%s/executions/", job);
	for (struct sim_object *o = sim_first(c->sim, RUN_EXECUTIONS, below); o; o = sim_following(c->sim, o, below))
		stop_running(c, o);
}

void run_execution_cancel(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !run_execution_stop(c, o))
		return;
	struct sim_object *op = run_operation(c->sim, o->key, NULL);
	sim_lro_done(c->sim, RUN_OPERATIONS, op->key, sim_typed(o->doc, RUN_TYPE "Execution"),
		     sim_typed(o->doc, RUN_TYPE "Execution"));
	sim_lro_reply(c, op);
}
