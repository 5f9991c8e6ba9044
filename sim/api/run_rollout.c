/* How services of Cloud Run are rolled out: a change of the template makes a revision; whether that one would run is judged by sim/front/judge.c; a failed
 * create leaves the service, a failed update leaves the old revision serving. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include <stdlib.h>
#include <string.h>

/* Traffic. ------------------------------------------------------------------------------------------------------------------ */
static void set_traffic(struct sim *s, struct sim_object *o)
{
	cJSON *statuses = cJSON_CreateArray();
	const cJSON *traffic = json_at(o->doc, "traffic");
	for (const cJSON *t = traffic ? traffic->child : NULL; t; t = t->next) {
		cJSON *status = cJSON_Duplicate(t, 1);
		const char *tag = json_str(t, "tag", "");
		if (*tag)
			json_put_str(status, "uri", sim_tmp("https://%s---%s", tag, run_url(s, o->key, 1) + 8));
		cJSON_AddItemToArray(statuses, status);
	}
	json_put(o->doc, "trafficStatuses", statuses);
}

/* The state machine. ------------------------------------------------------------------------------------------------------- */
void run_service_conditions(struct sim *s, cJSON *doc, const char *state)
{
	json_put(doc, "terminalCondition", run_condition(s, "Ready", state));
	json_put(doc, "conditions",
		 json_make("[%j,%j]", run_condition(s, "RoutesReady", state), run_condition(s, "ConfigurationsReady", state)));
}

/* What a running operation tells: the service as it is, but with conditions and newest revision as they were before (NULL: there was none, and less is
 * told), and the outcome open. */
static cJSON *begun(const struct sim_object *o, const cJSON *before)
{
	static const char *const kept[] = {"terminalCondition", "conditions", "latestCreatedRevision"},
				 *const untold[] = {"conditions", "ingress", "uri", "latestCreatedRevision"};
	cJSON *doc = sim_typed(o->doc, RUN_TYPE "Service");
	for (int i = 0; before && i < 3; i++)
		if (json_at(before, kept[i]))
			json_put(doc, kept[i], cJSON_Duplicate(json_at(before, kept[i]), true));
	for (int i = 0; !before && i < 4; i++)
		json_drop(doc, untold[i]);
	if (!before)
		json_put(doc, "terminalCondition", cJSON_CreateObject());
	json_put_str(doc, "terminalCondition.state", "CONDITION_PENDING");
	return doc;
}

static void revision_state(struct sim *s, struct sim_object *revision, const cJSON *failure)
{
	cJSON *conditions = json_at(revision->doc, "conditions");
	const char *message = json_str(failure, "message", NULL);
	json_drop(revision->doc, "reconciling");
	json_put_str(revision->doc, "observedGeneration", "1");
	for (cJSON *c = conditions ? conditions->child : NULL; c; c = c->next) {
		const char *type = json_str(c, "type", "");
		bool mine = !strcmp(type, "Ready") || !strcmp(type, "ContainerHealthy") || !strcmp(type, "ResourcesAvailable");
		json_put_str(c, "state", !message ? "CONDITION_SUCCEEDED" : mine ? "CONDITION_FAILED" : "CONDITION_PENDING");
		if (message && mine) {
			json_put_str(c, "message", message);
			if (*json_str(failure, "reason", ""))
				json_put_str(c, "reason", json_str(failure, "reason", ""));
			else
				json_put_str(c, "revisionReason", json_str(failure, "revisionReason", ""));
		}
		json_put_str(c, "lastTransitionTime", sim_stamp(s, 6));
	}
}

static void end_well(struct sim *s, struct sim_object *o, const char *operation)
{
	run_service_conditions(s, o->doc, "CONDITION_SUCCEEDED");
	set_traffic(s, o);
	json_put_str(o->doc, "latestReadyRevision", json_str(o->doc, "latestCreatedRevision", ""));
	json_drop(o->doc, "reconciling");
	json_put_str(o->doc, "observedGeneration", json_str(o->doc, "generation", "1"));
	sim_lro_done(s, RUN_OPERATIONS, operation, sim_typed(o->doc, RUN_TYPE "Service"),
		     sim_typed(o->doc, RUN_TYPE "Service"));
}

static void end_badly(struct sim *s, struct sim_object *o, const struct sim_object *revision, const cJSON *failure,
		      const char *operation)
{
	const char *message = sim_tmp("Revision '%s' is not ready and cannot serve traffic. %s",
				      strrchr(revision->key, '/') + 1, json_str(failure, "message", ""));
	const char *reason = json_str(failure, "reason", "");
	run_service_conditions(s, o->doc, "CONDITION_FAILED");
	cJSON *where[] = {json_at(o->doc, "terminalCondition"), json_at(o->doc, "conditions.1")};
	for (int i = 0; i < 2; i++) {
		json_put_str(where[i], "message", message);
		json_put_str(where[i], *reason ? "reason" : "revisionReason",
			     *reason ? reason : json_str(failure, "revisionReason", ""));
	}
	bool serving = *json_str(o->doc, "latestReadyRevision", "") != 0;
	json_put_str(o->doc, "conditions.0.state", serving ? "CONDITION_SUCCEEDED" : "CONDITION_RECONCILING");
	json_drop(o->doc, "reconciling");
	json_put_str(o->doc, "observedGeneration", json_str(o->doc, "generation", "1"));
	sim_lro_failed(s, RUN_OPERATIONS, operation, sim_typed(o->doc, RUN_TYPE "Service"),
		       sim_rpc_status(json_str(failure, "status", "FAILED_PRECONDITION"), "%s", message));
}

/* What a deployment came to: arg has service, revision, operation, generation and perhaps failure. */
static void settle(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, RUN_SERVICES, json_str(arg, "service", ""));
	const char *operation = json_str(arg, "operation", "");
	struct sim_object *revision = sim_get(s, RUN_REVISIONS, json_str(arg, "revision", ""));
	if (!o || !revision) {
		sim_lro_failed(s, RUN_OPERATIONS, operation, NULL, sim_rpc_status("ABORTED", "The service was deleted."));
		return;
	}
	const cJSON *failure = json_at(arg, "failure");
	revision_state(s, revision, failure);
	if (failure)
		json_put(revision->hidden, "failure", cJSON_Duplicate(failure, 1));
	if (strcmp(json_str(o->doc, "generation", ""), json_str(arg, "generation", ""))) {
		sim_lro_done(s, RUN_OPERATIONS, operation, sim_typed(o->doc, RUN_TYPE "Service"),
			     sim_typed(o->doc, RUN_TYPE "Service"));
		return;
	}
	if (failure)
		end_badly(s, o, revision, failure, operation);
	else
		end_well(s, o, operation);
}

bool run_service_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	if (!json_at(arg, "revision") || !sim_get(s, RUN_OPERATIONS, json_str(arg, "operation", "")))
		return false;
	cJSON *failed = cJSON_Duplicate(arg, 1);
	json_put(failed, "failure",
		 json_make("{'message':%s,'reason':'INTERNAL','status':'INTERNAL'}",
			   json_str(error, "message", "Internal error encountered.")));
	settle(s, failed);
	cJSON_Delete(failed);
	return true;
}

static void write_logs(struct sim *s, const struct sim_object *revision, const cJSON *lines)
{
	const char *project = run_project(revision->key), *service = json_str(revision->doc, "service", "");
	for (const cJSON *l = lines ? lines->child : NULL; l; l = l->next) {
		cJSON *labels = json_make(
		    "{'project_id':%s,'location':%s,'service_name':%s,'configuration_name':%s,'revision_name':%s}", project,
		    run_region(revision->key), service, service, strrchr(revision->key, '/') + 1);
		sim_log_entry(s, project, "cloud_run_revision", labels, json_str(l, "log", "run.googleapis.com/stderr"),
			      json_str(l, "severity", "DEFAULT"), json_str(l, "text", ""));
	}
}

static void judge(struct sim *s, const cJSON *arg)
{
	struct sim_object *revision = sim_get(s, RUN_REVISIONS, json_str(arg, "revision", ""));
	cJSON *next = cJSON_Duplicate(arg, 1);
	double seconds = 0;
	if (revision) {
		struct run_verdict v;
		sim_workloads(s)->judge(s, run_project(revision->key), run_region(revision->key), revision->doc, false, &v);
		write_logs(s, revision, v.log);
		if (v.message)
			json_put(next, "failure",
				 json_make("{'message':%s,'reason':%s,'revisionReason':%s,'status':%s}", v.message,
					   v.reason ? v.reason : "", v.revision_reason ? v.revision_reason : "", v.status));
		seconds = v.message ? v.seconds : json_num(arg, "left", 0);
		run_verdict_free(&v);
	}
	sim_after(s, seconds, settle, next);
}

/* What judge and settle get. */
static cJSON *outcome(const struct sim_object *o, const char *revision, const struct sim_object *op)
{
	return json_make("{'service':%s,'revision':%s,'operation':%s,'generation':%s}", o->key, revision, op->key,
			 json_str(o->doc, "generation", ""));
}

static void deploy(struct sim *s, struct sim_object *o, bool fresh, struct sim_object *op)
{
	struct sim_object *revision = run_revision_new(s, o);
	json_put_str(o->doc, "latestCreatedRevision", revision->key);
	double seconds = sim_draw(s, fresh ? "run.service.create" : "run.service.update"),
	       first = seconds > 3 ? 2 : seconds / 2;
	sim_lro_due(op, seconds, sim_now(s));
	cJSON *arg = outcome(o, revision->key, op);
	json_put_num(arg, "left", seconds - first);
	sim_after(s, first, judge, arg);
}

/* A change that makes no revision ends soon, as the last revision ended. */
static void reroute(struct sim *s, struct sim_object *o, struct sim_object *op)
{
	const char *latest = json_str(o->doc, "latestCreatedRevision", "");
	struct sim_object *revision = sim_get(s, RUN_REVISIONS, latest);
	cJSON *arg = outcome(o, latest, op);
	const cJSON *failure = revision ? json_at(revision->hidden, "failure") : NULL;
	if (failure)
		json_put(arg, "failure", cJSON_Duplicate(failure, 1));
	double seconds = sim_draw(s, "run.service.update");
	sim_lro_due(op, seconds, sim_now(s));
	sim_after(s, seconds, settle, arg);
}

static void removed(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, RUN_SERVICES, json_str(arg, "service", ""));
	if (!o)
		return;
	json_drop(o->doc, "reconciling");
	json_put_str(o->doc, "terminalCondition.state", "CONDITION_SUCCEEDED");
	json_put_str(o->doc, "observedGeneration", json_str(o->doc, "generation", "1"));
	sim_lro_done(s, RUN_OPERATIONS, json_str(arg, "operation", ""), sim_typed(o->doc, RUN_TYPE "Service"),
		     sim_typed(o->doc, RUN_TYPE "Service"));
	run_service_gone(s, o);
}

static struct sim_object *withdraw(struct sim_call *c, struct sim_object *o)
{
	cJSON *before = cJSON_Duplicate(o->doc, true);
	run_leaving(c, o);
	run_service_conditions(c->sim, o->doc, "CONDITION_RECONCILING");
	struct sim_object *op = run_operation(c->sim, o->key, begun(o, before));
	cJSON_Delete(before);
	double seconds = sim_draw(c->sim, "run.service.delete");
	sim_lro_due(op, seconds, sim_now(c->sim));
	sim_after(c->sim, seconds, removed, json_make("{'service':%s,'operation':%s}", o->key, op->key));
	return op;
}

struct sim_object *run_service_begin(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb)
{
	struct sim_object *o = sim_get(c->sim, r->collection, key);
	if (!strcmp(verb, "delete"))
		return withdraw(c, o);
	const cJSON *before = json_at(o->hidden, "before");
	struct sim_object *op = run_operation(c->sim, o->key, sim_typed(o->doc, RUN_TYPE "Service"));
	if (json_bool(o->hidden, "redeploy", true))
		deploy(c->sim, o, !before, op);
	else
		reroute(c->sim, o, op);
	if (!json_bool(op->doc, "done", false))
		json_put(op->doc, "metadata", begun(o, before));
	json_drop(o->hidden, "before");
	return op;
}
