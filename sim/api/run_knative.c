/* The v1 (Knative) paths of Cloud Run, which gcloud uses at REGION-run.googleapis.com: the same services, revisions, jobs and executions as
 * v2's, in Knative's spelling. Creates and replacements answer at once; what becomes of them is read from the status. */
#include "config.h"
#include "sim/api/run_translate.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/api/serving.h"

#include <stdlib.h>
#include <string.h>

/* Places. ------------------------------------------------------------------------------------------------------------------ */
/* The region: the host's on the namespaces' paths, the path's on the projects' ones; "-" for all. */
static const char *region(const struct sim_call *c)
{
	if (!text_starts(c->path, "/apis/"))
		return sim_part(c, 4);
	const char *end = strstr(c->host, "-run.googleapis.com");
	return end ? sim_tmp("%.*s", (int)(end - c->host), c->host) : "-";
}

static const char *parent(const struct sim_call *c)
{
	return sim_tmp("projects/%s/locations/%s", c->project ? c->project : sim_part(c, 4), region(c));
}

static const char *service_key(const struct sim_call *c, const char *id)
{
	return sim_tmp("%s/services/%s", parent(c), id);
}

static const char *job_key(const struct sim_call *c, const char *id)
{
	return sim_tmp("%s/jobs/%s", parent(c), id);
}

static struct sim_object *missing(struct sim_call *c, const char *kind, const char *id)
{
	sim_fail(c, "NOT_FOUND", NULL, "Resource '%s' of kind '%s' in region '%s' in project '%s' does not exist.", id, kind,
		 region(c), c->project ? c->project : "");
	return NULL;
}

static struct sim_object *service(struct sim_call *c)
{
	struct sim_object *o = sim_get(c->sim, RUN_SERVICES, service_key(c, sim_part(c, 6)));
	return o ? o : missing(c, "SERVICE", sim_part(c, 6));
}

static struct sim_object *job(struct sim_call *c)
{
	struct sim_object *o = sim_get(c->sim, RUN_JOBS, job_key(c, sim_part(c, 6)));
	return o ? o : missing(c, "JOB", sim_part(c, 6));
}

/* Something below a service or a job, whose own name is unique in the region: a revision, an execution, a task. */
static struct sim_object *below(struct sim_call *c, const char *collection, const char *among, const char *kind)
{
	const char *id = sim_part(c, 6), *prefix = sim_tmp("%s/%s/", parent(c), among);
	for (struct sim_object *o = sim_first(c->sim, collection, prefix); o; o = sim_following(c->sim, o, prefix))
		if (!strcmp(strrchr(o->key, '/') + 1, id))
			return o;
	return missing(c, kind, id);
}

/* Lists. ------------------------------------------------------------------------------------------------------------------- */
/* A labelSelector: "a=b,c = d, e": true when the document has all of it. */
static bool selected(const cJSON *labels, const char *selector)
{
	for (const char *p = selector; *p;) {
		p += strspn(p, " ");
		size_t len = strcspn(p, ","), key = strcspn(p, "=,! ");
		const char *name = sim_tmp("%.*s", (int)key, p), *value = p + key;
		bool given = memchr(p, '=', len) != NULL;
		value += strspn(value, " =");
		size_t n = strcspn(value, ", ");
		const cJSON *label = cJSON_GetObjectItemCaseSensitive(labels, name);
		if (*name && (!label || (given && strcmp(label->valuestring, sim_tmp("%.*s", (int)n, value)))))
			return false;
		p += len + (p[len] == ',');
	}
	return true;
}

typedef cJSON *translator(struct sim *s, const struct sim_object *o);

/* A list of at most `limit`, continued by key. */
static void list(struct sim_call *c, const char *collection, const char *among, translator *out, const char *group,
		 const char *kind)
{
	const char *where = region(c), *selector = sim_param(c, "labelSelector"), *from = sim_param(c, "continue");
	const char *prefix = strcmp(where, "-") ? sim_tmp("%s/%s/", parent(c), among)
						: sim_tmp("projects/%s/locations/", c->project);
	const char *held = sim_tmp("%s", prefix);
	int limit = *sim_param(c, "limit") ? atoi(sim_param(c, "limit")) : 500;
	cJSON *items = cJSON_CreateArray(), *metadata = cJSON_CreateObject();
	for (struct sim_object *o = sim_first(c->sim, collection, held); o; o = sim_following(c->sim, o, held)) {
		if (*from && strcmp(o->key, from) < 0)
			continue;
		if (cJSON_GetArraySize(items) >= limit) {
			json_put_str(metadata, "continue", o->key);
			break;
		}
		cJSON *item = out(c->sim, o);
		if (selected(json_at(item, "metadata.labels"), selector))
			cJSON_AddItemToArray(items, item);
		else
			cJSON_Delete(item);
	}
	sim_ok(c, json_make("{'apiVersion':%s,'kind':%s,'metadata':%j,'items':%j}", sim_tmp("%s/v1", group), kind, metadata,
			    items));
}

static void done(struct sim_call *c)
{
	sim_ok(c, json_make("{'status':'Success','details':{'name':%s}}", sim_part(c, 6)));
}

static bool dry(const struct sim_call *c)
{
	return !strcmp(sim_param(c, "dryRun"), "all");
}

/* The same version as was read? */
static bool current(struct sim_call *c, const struct sim_object *o)
{
	const char *asked = json_str(c->body, "metadata.resourceVersion", ""), *now = translate_version(o->doc);
	if (!*asked || !strcmp(asked, now))
		return true;
	sim_fail(c, "ABORTED", NULL, "Conflict for resource '%s': version '%s' was specified but current version is '%s'.",
		 sim_part(c, 6), asked, now);
	return false;
}

static bool right_namespace(struct sim_call *c)
{
	const char *namespace = json_str(c->body, "metadata.namespace", "");
	const char *project = *namespace ? sim_project_id(c->sim, namespace) : c->project;
	if (project && c->project && !strcmp(project, c->project))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL, "metadata.namespace: Namespace '%s' does not match the request's project",
		 namespace);
	return false;
}

/* Nothing when it was not found: that was said already. */
static void tell(struct sim_call *c, struct sim_object *o, cJSON *(*translate)(struct sim *s, const struct sim_object *o))
{
	if (o)
		sim_ok(c, translate(c->sim, o));
}

/* Services. ---------------------------------------------------------------------------------------------------------------- */
static void put_service(struct sim_call *c, const char *key, const struct sim_object *old)
{
	cJSON *body = translate_service_in(c->sim, c->body);
	if (!run_service_ok(c, body, strrchr(key, '/') + 1, old)) {
		cJSON_Delete(body);
		return;
	}
	if (dry(c)) {
		cJSON_Delete(body);
		sim_ok(c, sim_take_body(c));
		return;
	}
	const char *operation = run_operation_name(c->sim, parent(c));
	struct sim_object *o = run_service_put(c->sim, c->principal, key, body, false, operation);
	sim_ok(c, translate_service(c->sim, o));
}

void knative_service_create(struct sim_call *c)
{
	const char *id = json_str(c->body, "metadata.name", ""), *key = service_key(c, id);
	if (!run_check_location(c, region(c)) || !right_namespace(c) || !run_check_id(c, id, "metadata.name"))
		return;
	if (run_service_taken(c->sim, key))
		sim_fail(c, "ALREADY_EXISTS", NULL, "Resource '%s' already exists.", id);
	else
		put_service(c, key, NULL);
}

void knative_service_replace(struct sim_call *c)
{
	struct sim_object *o = service(c);
	if (o && current(c, o) && right_namespace(c))
		put_service(c, o->key, o);
}

void knative_service_get(struct sim_call *c)
{
	tell(c, service(c), translate_service);
}

void knative_service_list(struct sim_call *c)
{
	list(c, RUN_SERVICES, "services", translate_service, "serving.knative.dev", "ServiceList");
}

void knative_service_delete(struct sim_call *c)
{
	struct sim_object *o = service(c);
	if (!o)
		return;
	if (!dry(c))
		run_service_remove(c->sim, o, c->principal, run_operation_name(c->sim, parent(c)));
	done(c);
}

void knative_revision_get(struct sim_call *c)
{
	tell(c, below(c, RUN_REVISIONS, "services", "REVISION"), translate_revision);
}

void knative_revision_list(struct sim_call *c)
{
	list(c, RUN_REVISIONS, "services", translate_revision, "serving.knative.dev", "RevisionList");
}

void knative_revision_delete(struct sim_call *c)
{
	struct sim_object *o = below(c, RUN_REVISIONS, "services", "REVISION");
	if (!o)
		return;
	if (run_revision_in_use(c->sim, o)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL,
			 "Revision '%s' cannot be deleted because it is the latest created revision or serves traffic.",
			 sim_part(c, 6));
		return;
	}
	if (!dry(c))
		sim_remove(c->sim, o);
	done(c);
}

void knative_route_get(struct sim_call *c)
{
	tell(c, service(c), translate_route);
}

void knative_route_list(struct sim_call *c)
{
	list(c, RUN_SERVICES, "services", translate_route, "serving.knative.dev", "RouteList");
}

void knative_configuration_get(struct sim_call *c)
{
	tell(c, service(c), translate_configuration);
}

void knative_configuration_list(struct sim_call *c)
{
	list(c, RUN_SERVICES, "services", translate_configuration, "serving.knative.dev", "ConfigurationList");
}

/* Jobs. -------------------------------------------------------------------------------------------------------------------- */
static void put_job(struct sim_call *c, const char *key)
{
	cJSON *body = translate_job_in(c->sim, c->body);
	if (!run_job_ok(c, body)) {
		cJSON_Delete(body);
		return;
	}
	if (dry(c)) {
		cJSON_Delete(body);
		sim_ok(c, sim_take_body(c));
		return;
	}
	sim_ok(c, translate_job(c->sim, run_job_put(c->sim, c->principal, key, body, run_operation_name(c->sim, parent(c)))));
}

void knative_job_create(struct sim_call *c)
{
	const char *id = json_str(c->body, "metadata.name", ""), *key = job_key(c, id);
	if (!run_check_location(c, region(c)) || !right_namespace(c) || !run_check_id(c, id, "metadata.name"))
		return;
	if (sim_get(c->sim, RUN_JOBS, key))
		sim_fail(c, "ALREADY_EXISTS", NULL, "Resource '%s' already exists.", id);
	else
		put_job(c, key);
}

void knative_job_replace(struct sim_call *c)
{
	struct sim_object *o = job(c);
	if (o && current(c, o) && right_namespace(c))
		put_job(c, o->key);
}

void knative_job_get(struct sim_call *c)
{
	tell(c, job(c), translate_job);
}

void knative_job_list(struct sim_call *c)
{
	list(c, RUN_JOBS, "jobs", translate_job, "run.googleapis.com", "JobList");
}

void knative_job_delete(struct sim_call *c)
{
	struct sim_object *o = job(c);
	if (!o)
		return;
	if (!dry(c))
		run_job_remove(c->sim, o, c->principal, run_operation_name(c->sim, parent(c)));
	done(c);
}

void knative_job_run(struct sim_call *c)
{
	struct sim_object *o = job(c);
	if (!o)
		return;
	cJSON *overrides = translate_overrides_in(json_at(c->body, "overrides"));
	struct sim_object *e = run_execute(c->sim, c->principal, o, overrides, NULL, run_operation_name(c->sim, parent(c)));
	cJSON_Delete(overrides);
	sim_ok(c, translate_execution(c->sim, e));
}

void knative_execution_get(struct sim_call *c)
{
	tell(c, below(c, RUN_EXECUTIONS, "jobs", "EXECUTION"), translate_execution);
}

void knative_execution_list(struct sim_call *c)
{
	list(c, RUN_EXECUTIONS, "jobs", translate_execution, "run.googleapis.com", "ExecutionList");
}

void knative_execution_delete(struct sim_call *c)
{
	struct sim_object *o = below(c, RUN_EXECUTIONS, "jobs", "EXECUTION");
	if (!o)
		return;
	struct sim_object *task = sim_first(c->sim, RUN_TASKS, sim_tmp("%s/", o->key));
	if (task)
		sim_remove(c->sim, task);
	sim_remove(c->sim, o);
	done(c);
}

void knative_execution_cancel(struct sim_call *c)
{
	struct sim_object *o = below(c, RUN_EXECUTIONS, "jobs", "EXECUTION");
	if (o && run_execution_stop(c, o))
		sim_ok(c, translate_execution(c->sim, o));
}

void knative_task_get(struct sim_call *c)
{
	tell(c, below(c, RUN_TASKS, "jobs", "TASK"), translate_task);
}

void knative_task_list(struct sim_call *c)
{
	list(c, RUN_TASKS, "jobs", translate_task, "run.googleapis.com", "TaskList");
}
