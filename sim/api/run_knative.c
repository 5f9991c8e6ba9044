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
const char *knative_region(const struct sim_call *c)
{
	if (!text_starts(c->path, "/apis/"))
		return sim_part(c, 4);
	const char *end = strstr(c->host, "-run.googleapis.com");
	return end ? sim_tmp("%.*s", (int)(end - c->host), c->host) : "-";
}

static const char *parent(const struct sim_call *c)
{
	return sim_tmp("projects/%s/locations/%s", c->project ? c->project : sim_part(c, 4), knative_region(c));
}

/* The kinds, by the word in their paths. ------------------------------------------------------------------------------------ */
#define SERVING "serving.knative.dev"
#define JOBS "run.googleapis.com"
#define DOMAINS "domains.cloudrun.com"

static const struct knative {
	const char *plural, *among, *word, *group, *list;
	const struct sim_resource *row;
	cJSON *(*out)(struct sim *s, const struct sim_object *o);
	/* What is made by clients: */
	bool (*id)(struct sim_call *c, const char *id, const char *field);
	cJSON *(*in)(struct sim *s, const cJSON *body);
} kinds[] = {
    {"services", "services", "SERVICE", SERVING, "ServiceList", run_services, translate_service, run_check_id,
     translate_service_in},
    {"jobs", "jobs", "JOB", JOBS, "JobList", run_jobs, translate_job, run_check_id, translate_job_in},
    {"domainmappings", "domainmappings", "DOMAIN_MAPPING", DOMAINS, "DomainMappingList", run_domains, run_domain_out,
     run_domain_id, run_domain_in},
    {"revisions", "services", "REVISION", SERVING, "RevisionList", &run_kinds[RUN_REVISION], translate_revision, NULL, NULL},
    {"routes", "services", "SERVICE", SERVING, "RouteList", run_services, translate_route, NULL, NULL},
    {"configurations", "services", "SERVICE", SERVING, "ConfigurationList", run_services, translate_configuration, NULL, NULL},
    {"executions", "jobs", "EXECUTION", JOBS, "ExecutionList", &run_kinds[RUN_EXECUTION], translate_execution, NULL, NULL},
    {"tasks", "jobs", "TASK", JOBS, "TaskList", &run_kinds[RUN_TASK], translate_task, NULL, NULL},
};

/* The one that the method is of: "run.namespaces.jobs.run". */
static const struct knative *kind_of(const struct sim_call *c)
{
	const char *end = strrchr(c->id, '.'), *word = end;
	while (word[-1] != '.')
		word--;
	const struct knative *k = kinds;
	while (strncmp(k->plural, word, (size_t)(end - word)) || k->plural[end - word])
		k++;
	return k;
}

/* What the path names; its own name is unique in the region, though it may lie below a service or a job. NULL after a 404. */
static struct sim_object *named(struct sim_call *c)
{
	const struct knative *k = kind_of(c);
	const char *id = sim_part(c, 6), *prefix = sim_tmp("%s/%s/", parent(c), k->among);
	for (struct sim_object *o = sim_first(c->sim, k->row->collection, prefix); o; o = sim_following(c->sim, o, prefix))
		if (!strcmp(strrchr(o->key, '/') + 1, id))
			return o;
	sim_fail(c, "NOT_FOUND", NULL, "Resource '%s' of kind '%s' in region '%s' in project '%s' does not exist.", id, k->word,
		 knative_region(c), c->project ? c->project : "");
	return NULL;
}

static void tell(struct sim_call *c, const struct sim_object *o)
{
	sim_ok(c, kind_of(c)->out(c->sim, o));
}

void knative_get(struct sim_call *c)
{
	const struct sim_object *o = named(c);
	if (o)
		tell(c, o);
}

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

/* At most `limit`, continued by key. */
void knative_list(struct sim_call *c)
{
	const struct knative *k = kind_of(c);
	const char *where = knative_region(c), *selector = sim_param(c, "labelSelector"), *from = sim_param(c, "continue");
	const char *prefix = strcmp(where, "-") ? sim_tmp("%s/%s/", parent(c), k->among)
						: sim_tmp("projects/%s/locations/", c->project);
	int limit = *sim_param(c, "limit") ? atoi(sim_param(c, "limit")) : 500;
	cJSON *items = cJSON_CreateArray(), *metadata = cJSON_CreateObject();
	for (struct sim_object *o = sim_first(c->sim, k->row->collection, prefix); o; o = sim_following(c->sim, o, prefix)) {
		if (*from && strcmp(o->key, from) < 0)
			continue;
		if (cJSON_GetArraySize(items) >= limit) {
			json_put_str(metadata, "continue", o->key);
			break;
		}
		cJSON *item = k->out(c->sim, o);
		if (selected(json_at(item, "metadata.labels"), selector))
			cJSON_AddItemToArray(items, item);
		else
			cJSON_Delete(item);
	}
	sim_ok(c, json_make("{'apiVersion':%s,'kind':%s,'metadata':%j,'items':%j}", sim_tmp("%s/v1", k->group), k->list,
			    metadata, items));
}

/* Changes. ------------------------------------------------------------------------------------------------------------------ */
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

static void put(struct sim_call *c, const char *key, struct sim_object *old)
{
	const struct knative *k = kind_of(c);
	cJSON *doc = k->in(c->sim, c->body);
	json_put_str(doc, "name", key);
	struct sim_object *o = resource_put(c, k->row, key, doc, old);
	if (!o)
		return;
	if (k->row->operations)
		k->row->operations->begin(c, k->row, key, old ? "update" : "create");
	tell(c, o);
}

void knative_create(struct sim_call *c)
{
	const struct knative *k = kind_of(c);
	const char *id = json_str(c->body, "metadata.name", ""), *key = sim_tmp("%s/%s/%s", parent(c), k->among, id);
	if (!run_check_location(c, knative_region(c)) || !right_namespace(c) || !k->id(c, id, "metadata.name"))
		return;
	if (sim_get(c->sim, k->row->collection, key) || run_service_buried(c->sim, key))
		sim_fail(c, "ALREADY_EXISTS", NULL, "Resource '%s' already exists.", id);
	else
		put(c, key, NULL);
}

void knative_replace(struct sim_call *c)
{
	struct sim_object *o = named(c);
	if (o && current(c, o) && right_namespace(c))
		put(c, o->key, o);
}

void knative_delete(struct sim_call *c)
{
	const struct sim_resource *r = kind_of(c)->row;
	struct sim_object *o = named(c);
	if (!o || (r->deleting && !r->deleting(c, o)))
		return;
	if (!strcmp(sim_param(c, "dryRun"), "all"))
		;
	else if (r->operations)
		r->operations->begin(c, r, o->key, "delete");
	else
		resource_remove(c->sim, r, o);
	sim_ok(c, json_make("{'status':'Success','details':{'name':%s}}", sim_part(c, 6)));
}

void knative_job_run(struct sim_call *c)
{
	struct sim_object *o = named(c);
	if (!o)
		return;
	cJSON *overrides = translate_overrides_in(json_at(c->body, "overrides"));
	struct sim_object *e = run_execute(c->sim, c->principal, o, overrides, NULL);
	cJSON_Delete(overrides);
	sim_ok(c, translate_execution(c->sim, e));
}

void knative_execution_cancel(struct sim_call *c)
{
	struct sim_object *o = named(c);
	if (o && run_execution_stop(c, o))
		tell(c, o);
}
