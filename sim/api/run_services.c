/* Cloud Run services, v2. A change of the template makes a revision; whether that one would run is judged by sim/front/judge.c; a failed
 * create leaves the service, a failed update leaves the old revision serving. */
#include "config.h"
#include "sim/api/run.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/identity.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"
#include "sim/api/workloads.h"

#include <stdlib.h>
#include <string.h>

/* URLs. -------------------------------------------------------------------------------------------------------------------- */
const char *run_url(struct sim *s, const char *key, int which)
{
	const char *id = strrchr(key, '/') + 1, *region = run_region(key), *number = sim_project_number(s, run_project(key));
	if (!which)
		return sim_tmp("https://%s-%s.%s.run.app", id, number, region);
	return sim_tmp("https://%s-%.10s-%s.a.run.app", id, sim_sha256(number, strlen(number)) + 7, sim_region_code(region));
}

static void set_host(struct sim *s, const char *url, const char *key)
{
	const char *host = url + 8;
	if (!sim_get(s, RUN_HOSTS, host))
		sim_put(s, RUN_HOSTS, host, json_make("{'service':%s}", key));
}

static void set_urls(struct sim *s, struct sim_object *o)
{
	if (json_bool(o->doc, "defaultUriDisabled", false)) {
		json_drop(o->doc, "urls");
		json_drop(o->doc, "uri");
		return;
	}
	const char *first = run_url(s, o->key, 0), *second = run_url(s, o->key, 1);
	bool fits = strcspn(first + 8, ".") <= 63;
	json_put(o->doc, "urls", fits ? json_make("[%s,%s]", first, second) : json_make("[%s]", second));
	json_put_str(o->doc, "uri", second);
	set_host(s, first, o->key);
	set_host(s, second, o->key);
}

static void drop_hosts(struct sim *s, const char *key)
{
	for (int i = 0; i < 2; i++) {
		struct sim_object *host = sim_get(s, RUN_HOSTS, run_url(s, key, i) + 8);
		if (host)
			sim_remove(s, host);
	}
}

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
static void set_conditions(struct sim *s, cJSON *doc, const char *state)
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
	set_conditions(s, o->doc, "CONDITION_SUCCEEDED");
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
	set_conditions(s, o->doc, "CONDITION_FAILED");
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

bool run_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	const char *operation = json_str(arg, "operation", ""),
		   *message = json_str(error, "message", "Internal error encountered.");
	struct sim_object *job = sim_get(s, RUN_JOBS, json_str(arg, "job", ""));
	if (!sim_get(s, RUN_OPERATIONS, operation))
		return false;
	if (json_at(arg, "revision")) {
		cJSON *failed = cJSON_Duplicate(arg, 1);
		json_put(failed, "failure", json_make("{'message':%s,'reason':'INTERNAL','status':'INTERNAL'}", message));
		settle(s, failed);
		cJSON_Delete(failed);
		return true;
	}
	if (job) {
		json_put(job->doc, "terminalCondition", run_condition(s, "Ready", "CONDITION_FAILED"));
		json_put_str(job->doc, "terminalCondition.message", message);
		json_drop(job->doc, "reconciling");
	}
	sim_lro_failed(s, RUN_OPERATIONS, operation, NULL, sim_rpc_status("INTERNAL", "%s", message));
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

static void deploy(struct sim *s, struct sim_object *o, bool fresh, const char *operation)
{
	struct sim_object *revision = run_revision_new(s, o);
	json_put_str(o->doc, "latestCreatedRevision", revision->key);
	double seconds = sim_draw(s, fresh ? "run.service.create" : "run.service.update"),
	       first = seconds > 3 ? 2 : seconds / 2;
	struct sim_object *op = sim_get(s, RUN_OPERATIONS, operation);
	if (op)
		sim_lro_due(op, seconds, sim_now(s));
	cJSON *arg = json_make("{'service':%s,'revision':%s,'operation':%s,'generation':%s}", o->key, revision->key, operation,
			       json_str(o->doc, "generation", ""));
	json_put_num(arg, "left", seconds - first);
	sim_after(s, first, judge, arg);
}

/* A change that makes no revision ends soon, as the last revision ended. */
static void reroute(struct sim *s, struct sim_object *o, const char *operation)
{
	const char *latest = json_str(o->doc, "latestCreatedRevision", "");
	struct sim_object *revision = sim_get(s, RUN_REVISIONS, latest);
	cJSON *arg = json_make("{'service':%s,'revision':%s,'operation':%s,'generation':%s}", o->key, latest, operation,
			       json_str(o->doc, "generation", ""));
	const cJSON *failure = revision ? json_at(revision->hidden, "failure") : NULL;
	if (failure)
		json_put(arg, "failure", cJSON_Duplicate(failure, 1));
	double seconds = sim_draw(s, "run.service.update");
	struct sim_object *op = sim_get(s, RUN_OPERATIONS, operation);
	if (op)
		sim_lro_due(op, seconds, sim_now(s));
	sim_after(s, seconds, settle, arg);
}

static void defaults(struct sim *s, const char *project, cJSON *doc)
{
	const char *ingress = json_str(doc, "ingress", "INGRESS_TRAFFIC_UNSPECIFIED");
	if (!strcmp(ingress, "INGRESS_TRAFFIC_UNSPECIFIED"))
		json_put_str(doc, "ingress", "INGRESS_TRAFFIC_ALL");
	if (!json_at(doc, "launchStage"))
		json_put_str(doc, "launchStage", "GA");
	if (cJSON_GetArraySize(json_at(doc, "traffic")) == 0)
		json_put(doc, "traffic", json_make("[{'type':'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST','percent':100}]"));
	static const char *const flags[] = {"invokerIamDisabled", "iapEnabled", "defaultUriDisabled", "sshEnabled"};
	for (size_t i = 0; i < 4; i++)
		if (json_at(doc, flags[i]) && !json_bool(doc, flags[i], false))
			json_drop(doc, flags[i]);
	run_defaults(s, project, json_at(doc, "template"), false);
}

/* Same wishes, though the server's own fields differ? */
static bool same_wishes(const cJSON *a, const cJSON *b)
{
	static const char *const wishes[] = {"description",        "labels",          "annotations", "client",
					     "clientVersion",      "ingress",         "launchStage", "binaryAuthorization",
					     "template",           "traffic",         "scaling",     "invokerIamDisabled",
					     "defaultUriDisabled", "customAudiences", "iapEnabled",  "multiRegionSettings",
					     "buildConfig",        "sshEnabled"};
	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
		const cJSON *x = json_at(a, wishes[i]), *y = json_at(b, wishes[i]);
		if (x && y ? !json_equal(x, y) : x != y)
			return false;
	}
	return true;
}

struct sim_object *run_service_put(struct sim *s, const char *principal, const char *key, cJSON *body, bool force,
				   const char *operation)
{
	struct sim_object *o = sim_get(s, RUN_SERVICES, key);
	bool fresh = !o, changed = true, redeploy = true;
	cJSON *before = fresh ? NULL : cJSON_Duplicate(o->doc, true);
	defaults(s, run_project(key), body);
	if (fresh) {
		json_put_str(body, "name", key);
		run_stamp(s, principal, body);
		o = sim_put(s, RUN_SERVICES, key, body);
	} else {
		sim_retain(body, o->doc,
			   "name uid generation createTime creator latestReadyRevision latestCreatedRevision trafficStatuses "
			   "observedGeneration terminalCondition conditions urls uri");
		changed = force || !same_wishes(body, o->doc);
		redeploy = force || !json_equal(json_at(body, "template"), json_at(o->doc, "template"));
		json_drop(body, "etag");
		json_put_str(body, "etag", json_str(o->doc, "etag", ""));
		json_put_str(body, "updateTime", json_str(o->doc, "updateTime", ""));
		json_put_str(body, "lastModifier", json_str(o->doc, "lastModifier", ""));
		cJSON_Delete(o->doc);
		o->doc = body;
		if (changed)
			run_touch(s, principal, o->doc);
	}
	json_put_str(o->hidden, "principal", principal ? principal : "");
	if (json_bool(o->doc, "iapEnabled", false)) /* its agent comes with the first service that wants it, and lags */
		sim_service_agents(s, run_project(key), "iap.googleapis.com", true);
	set_urls(s, o);
	if (changed) {
		json_put_bool(o->doc, "reconciling", true);
		set_conditions(s, o->doc, "CONDITION_RECONCILING");
	}
	sim_lro(s, RUN_OPERATIONS, operation, sim_typed(o->doc, RUN_TYPE "Service"));
	if (redeploy)
		deploy(s, o, fresh, operation);
	else
		reroute(s, o, operation);
	struct sim_object *op = sim_get(s, RUN_OPERATIONS, operation);
	if (!json_bool(op->doc, "done", false))
		json_put(op->doc, "metadata", begun(o, before));
	cJSON_Delete(before);
	return o;
}

/* A deleted name stays taken for a little while for those who create (not for those who upsert). */
#define GRAVES "run.graves"

static void bury(struct sim *s, const char *key)
{
	struct sim_object *grave = sim_get(s, GRAVES, key);
	if (!grave)
		grave = sim_put(s, GRAVES, key, cJSON_CreateObject());
	json_put_num(grave->hidden, "until", sim_now(s) + sim_draw(s, "lag.run.name"));
}

bool run_service_taken(struct sim *s, const char *key)
{
	const struct sim_object *grave = sim_get(s, GRAVES, key);
	return sim_get(s, RUN_SERVICES, key) || (grave && json_num(grave->hidden, "until", 0) > sim_now(s));
}

static void removed(struct sim *s, const cJSON *arg)
{
	const char *key = json_str(arg, "service", "");
	struct sim_object *o = sim_get(s, RUN_SERVICES, key);
	if (!o)
		return;
	json_drop(o->doc, "reconciling");
	json_put_str(o->doc, "terminalCondition.state", "CONDITION_SUCCEEDED");
	json_put_str(o->doc, "observedGeneration", json_str(o->doc, "generation", "1"));
	sim_lro_done(s, RUN_OPERATIONS, json_str(arg, "operation", ""), sim_typed(o->doc, RUN_TYPE "Service"),
		     sim_typed(o->doc, RUN_TYPE "Service"));
	drop_hosts(s, key);
	run_revisions_forget(s, key);
	sim_vpc_release(s, key);
	sim_policy_forget(s, run_holder(key));
	bury(s, key);
	sim_remove(s, o);
}

void run_service_remove(struct sim *s, struct sim_object *o, const char *principal, const char *operation)
{
	char later[40];
	const char *now = sim_stamp(s, 6);
	cJSON *before = cJSON_Duplicate(o->doc, true);
	run_touch(s, principal, o->doc);
	json_put_str(o->doc, "deleteTime", now);
	json_put_str(o->doc, "expireTime", text_rfc3339(sim_wall(s) + 30 * 86400.0, 6, later));
	json_put_bool(o->doc, "reconciling", true);
	json_put_bool(o->hidden, "deleting", true);
	set_conditions(s, o->doc, "CONDITION_RECONCILING");
	struct sim_object *op = sim_lro(s, RUN_OPERATIONS, operation, begun(o, before));
	cJSON_Delete(before);
	double seconds = sim_draw(s, "run.service.delete");
	sim_lro_due(op, seconds, sim_now(s));
	sim_after(s, seconds, removed, json_make("{'service':%s,'operation':%s}", o->key, operation));
}

/* Requests. ---------------------------------------------------------------------------------------------------------------- */
static bool ingress_ok(struct sim_call *c, const cJSON *body)
{
	const char *ingress = json_str(body, "ingress", "INGRESS_TRAFFIC_ALL");
	const char *word = !strcmp(ingress, "INGRESS_TRAFFIC_INTERNAL_ONLY")            ? "internal"
			   : !strcmp(ingress, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER") ? "internal-and-cloud-load-balancing"
											: "all";
	if (sim_constraint(c->sim, c->project, "run.allowedIngress", word)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL,
			 "Constraint constraints/run.allowedIngress violated for projects/%s: ingress %s is not allowed.",
			 c->project, word);
		return false;
	}
	return true;
}

/* Opening a service to callers without IAM needs the right to set its policy, and an organisation may forbid it. */
static bool invoker_ok(struct sim_call *c, const cJSON *body, const struct sim_object *old)
{
	bool open = json_bool(body, "invokerIamDisabled", false),
	     before = old && json_bool(old->doc, "invokerIamDisabled", false);
	if (!open || before)
		return true;
	if (sim_constraint(c->sim, c->project, "run.managed.requireInvokerIam", NULL)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "invoker_iam_disabled is not currently available");
		return false;
	}
	if (!sim_allowed(c->sim, c->principal, "run.services.setIamPolicy", c->project, old ? run_holder(old->key) : "")) {
		sim_fail(c, "PERMISSION_DENIED", NULL,
			 "Permission 'run.services.setIamPolicy' denied to disable the invoker IAM check");
		return false;
	}
	return true;
}

static bool traffic_ok(struct sim_call *c, const cJSON *body)
{
	const cJSON *traffic = json_at(body, "traffic");
	double sum = 0;
	for (const cJSON *t = traffic ? traffic->child : NULL; t; t = t->next)
		sum += json_num(t, "percent", 0);
	if (!traffic || !traffic->child || sum == 100)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "traffic: Traffic target percentages must add up to 100.");
	return false;
}

/* A revision that is named must begin with the service's name, and a name is for one configuration. */
static bool revision_name_ok(struct sim_call *c, const cJSON *template, const char *id, const struct sim_object *old)
{
	const char *name = json_str(template, "revision", "");
	if (!*name)
		return true;
	if (!text_starts(name, sim_tmp("%s-", id))) {
		sim_fail(
		    c, "INVALID_ARGUMENT", NULL,
		    "template.revision: Revision name must be prefixed by the name of the enclosing Service or Configuration "
		    "with a trailing -");
		return false;
	}
	if (!old || !sim_get(c->sim, RUN_REVISIONS, sim_tmp("%s/revisions/%s", old->key, name)))
		return true;
	cJSON *filled = cJSON_Duplicate(template, 1);
	run_defaults(c->sim, c->project, filled, false);
	bool same = json_equal(filled, json_at(old->doc, "template"));
	cJSON_Delete(filled);
	if (!same)
		sim_fail(c, "ALREADY_EXISTS", NULL, "Revision named '%s' with different configuration already exists.", name);
	return same;
}

static bool traffic_there(struct sim_call *c, const cJSON *body, const struct sim_object *old)
{
	const cJSON *traffic = json_at(body, "traffic");
	for (const cJSON *t = traffic ? traffic->child : NULL; t; t = t->next) {
		const char *name = json_str(t, "revision", "");
		if (!*name || !strcmp(name, json_str(body, "template.revision", "")))
			continue;
		if (!old || !sim_get(c->sim, RUN_REVISIONS, sim_tmp("%s/revisions/%s", old->key, name))) {
			sim_fail(c, "INVALID_ARGUMENT", NULL, "traffic: Revision '%s' is not found.", name);
			return false;
		}
	}
	return true;
}

bool run_service_ok(struct sim_call *c, const cJSON *body, const char *id, const struct sim_object *old)
{
	const cJSON *template = json_at(body, "template");
	return run_check_labels(c, body, "") && run_check_labels(c, template, "template") &&
	       run_check_template(c, template, "template", false) && traffic_ok(c, body) && traffic_there(c, body, old) &&
	       revision_name_ok(c, template, id, old) && ingress_ok(c, body) && invoker_ok(c, body, old) &&
	       run_check_account(c, template);
}

static const char *key_of(const struct sim_call *c)
{
	return sim_tmp("%s/services/%s", sim_parent(c), sim_part(c, 6));
}

/* validateOnly: what would be, and nothing kept. */
static void validated(struct sim_call *c, const char *key, cJSON *body)
{
	defaults(c->sim, c->project, body);
	json_put_str(body, "name", key);
	sim_ok(c, json_make("{'name':%s,'done':%b,'metadata':%j,'response':%j}", run_operation_name(c->sim, sim_parent(c)), 1,
			    sim_typed(body, RUN_TYPE "Service"), sim_typed(body, RUN_TYPE "Service")));
	cJSON_Delete(body);
}

static void put_and_reply(struct sim_call *c, const char *key, cJSON *body, bool force)
{
	if (sim_param_bool(c, "validateOnly")) {
		validated(c, key, body);
		return;
	}
	const char *operation = run_operation_name(c->sim, sim_parent(c));
	run_service_put(c->sim, c->principal, key, body, force, operation);
	sim_lro_reply(c, sim_get(c->sim, RUN_OPERATIONS, operation));
}

void run_service_create(struct sim_call *c)
{
	const char *id = sim_param(c, "serviceId"), *key = sim_tmp("%s/services/%s", sim_parent(c), id);
	if (!run_check_location(c, sim_part(c, 4)) || !run_check_id(c, id, "service_id"))
		return;
	if (run_service_taken(c->sim, key)) {
		sim_fail(c, "ALREADY_EXISTS", NULL, "Resource '%s' already exists.", id);
		return;
	}
	if (run_service_ok(c, c->body, id, NULL))
		put_and_reply(c, key, sim_take_body(c), false);
}

void run_service_patch(struct sim_call *c)
{
	const char *key = key_of(c);
	struct sim_object *o = sim_get(c->sim, RUN_SERVICES, key);
	if (!run_check_location(c, sim_part(c, 4)) || (!o && !run_check_id(c, sim_part(c, 6), "service.name")))
		return;
	if (!o && !sim_param_bool(c, "allowMissing")) {
		resource_named(c);
		return;
	}
	if (!o && !run_check_permission(c, "run.services.create"))
		return;
	if (o && json_bool(o->hidden, "deleting", false)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "Resource '%s' is being deleted.", sim_part(c, 6));
		return;
	}
	if (o && !run_etag_matches(c, o->doc, json_str(c->body, "etag", "")))
		return;
	const char *mask = sim_param(c, "updateMask");
	cJSON *body = sim_take_body(c), *whole = body;
	if (o && *mask && strcmp(mask, "*")) {
		whole = cJSON_Duplicate(o->doc, 1);
		sim_merge(whole, body, mask);
		cJSON_Delete(body);
	}
	if (run_service_ok(c, whole, sim_part(c, 6), o))
		put_and_reply(c, key, whole, sim_param_bool(c, "forceNewRevision"));
	else
		cJSON_Delete(whole);
}

void run_service_delete(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (!o || !run_etag_matches(c, o->doc, sim_param(c, "etag")))
		return;
	if (sim_param_bool(c, "validateOnly")) {
		validated(c, o->key, cJSON_Duplicate(o->doc, 1));
		return;
	}
	const char *operation = run_operation_name(c->sim, sim_parent(c));
	run_service_remove(c->sim, o, c->principal, operation);
	sim_lro_reply(c, sim_get(c->sim, RUN_OPERATIONS, operation));
}
