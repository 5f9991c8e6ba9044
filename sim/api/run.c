/* Cloud Run: the table of its methods, v2's (but for services and jobs, run_services.c and run_jobs.c) and v1's (Knative). */
#include "config.h"
#include "sim/api/run.h"

#include "sim/api/serving.h"

#include <string.h>

/* Whose policy counts: the service's or the job's, wherever the path names one. */
void run_guard(const struct sim_call *c, struct buf *out)
{
	const char *kind = sim_part(c, 5), *id = sim_part(c, 6);
	bool knative = !strcmp(sim_part(c, 0), "apis");
	if (!knative && *id && (!strcmp(kind, "services") || !strcmp(kind, "jobs")))
		buf_printf(out, "//run.googleapis.com/%s/%s/%s", sim_parent(c), kind, id);
	else
		buf_printf(out, "//cloudresourcemanager.googleapis.com/projects/%s", c->project ? c->project : "");
}

static void run_wait(struct sim_call *c)
{
	sim_lro_wait(c, RUN_OPERATIONS);
}

#define L "run.projects.locations."
#define S L "services."
#define J L "jobs."
#define E J "executions."
#define N "run.namespaces."
#define R "run.projects.locations.services.revisions"
static const struct sim_operations at_once = {.begin = run_remove}, stopped_first = {.begin = run_execution_remove};
const struct sim_resource run_kinds[] = {
    [RUN_REVISION] = {RUN_KIND(R, RUN_REVISIONS, "revisions", "services/{services}/revisions", "REVISION"),
		      .type = RUN_TYPE "Revision", .current = run_current, .deleting = run_revision_deleting,
		      .operations = &at_once, .lasts = true},
    [RUN_EXECUTION] = {RUN_KIND("run.projects.locations.jobs.executions", RUN_EXECUTIONS, "executions",
				"jobs/{jobs}/executions", "EXECUTION"),
		       .type = RUN_TYPE "Execution", .current = run_current, .below = RUN_TASKS, .operations = &stopped_first,
		       .lasts = true},
    [RUN_TASK] = {RUN_KIND("run.projects.locations.jobs.executions.tasks", RUN_TASKS, "tasks",
			   "jobs/{jobs}/executions/{executions}/tasks", "TASK")},
    {.methods = "run.projects.locations.operations",
     .collection = RUN_OPERATIONS,
     .field = "operations",
     .key = "projects/{project}/locations/{locations}/operations/{operations}"},
    {0},
};

#define KNATIVE_DOMAINS(at)                                                                                                    \
	{at "domainmappings.create", knative_create, "run.domainmappings.create", NULL},                                       \
	    {at "domainmappings.get", knative_get, "run.domainmappings.get", NULL},                                            \
	    {at "domainmappings.list", knative_list, "run.domainmappings.list", NULL},                                         \
	    {at "domainmappings.delete", knative_delete, "run.domainmappings.delete", NULL},                                   \
	{                                                                                                                      \
		at "authorizeddomains.list", run_domains_authorized, "run.domainmappings.list", NULL                           \
	}
static const struct sim_route routes[] = {
    {L "list", sim_location_list_labelled, "run.locations.list", NULL},
    {L "operations.get", resource_get, "run.operations.get", NULL},
    {L "operations.wait", run_wait, "run.operations.get", NULL},
    {L "operations.list", resource_list, "run.operations.list", NULL},
    {L "operations.delete", resource_delete, "run.operations.delete", NULL},
    {S "revisions.get", resource_get, "run.revisions.get", NULL},
    {S "revisions.list", resource_list, "run.revisions.list", NULL},
    {S "revisions.delete", resource_delete, "run.revisions.delete", NULL},
    {E "get", resource_get, "run.executions.get", NULL},
    {E "list", resource_list, "run.executions.list", NULL},
    {E "delete", resource_delete, "run.executions.delete", NULL},
    {E "cancel", run_execution_cancel, "run.executions.cancel", NULL},
    {E "tasks.get", resource_get, "run.tasks.get", NULL},
    {E "tasks.list", resource_list, "run.tasks.list", NULL},
    {S "create@v1", knative_create, "run.services.create", NULL},
    {S "replaceService", knative_replace, "run.services.update", NULL},
    {S "get@v1", knative_get, "run.services.get", NULL},
    {S "list@v1", knative_list, "run.services.list", NULL},
    {S "delete@v1", knative_delete, "run.services.delete", NULL},
    {L "revisions.get", knative_get, "run.revisions.get", NULL},
    {L "revisions.list", knative_list, "run.revisions.list", NULL},
    {L "revisions.delete", knative_delete, "run.revisions.delete", NULL},
    {L "routes.get", knative_get, "run.routes.get", NULL},
    {L "routes.list", knative_list, "run.routes.list", NULL},
    {L "configurations.get", knative_get, "run.configurations.get", NULL},
    {L "configurations.list", knative_list, "run.configurations.list", NULL},
    {N "services.create", knative_create, "run.services.create", NULL},
    {N "services.replaceService", knative_replace, "run.services.update", NULL},
    {N "services.get", knative_get, "run.services.get", NULL},
    {N "services.list", knative_list, "run.services.list", NULL},
    {N "services.delete", knative_delete, "run.services.delete", NULL},
    {N "revisions.get", knative_get, "run.revisions.get", NULL},
    {N "revisions.list", knative_list, "run.revisions.list", NULL},
    {N "revisions.delete", knative_delete, "run.revisions.delete", NULL},
    {N "routes.get", knative_get, "run.routes.get", NULL},
    {N "routes.list", knative_list, "run.routes.list", NULL},
    {N "configurations.get", knative_get, "run.configurations.get", NULL},
    {N "configurations.list", knative_list, "run.configurations.list", NULL},
    {N "jobs.create", knative_create, "run.jobs.create", NULL},
    {N "jobs.replaceJob", knative_replace, "run.jobs.update", NULL},
    {N "jobs.get", knative_get, "run.jobs.get", NULL},
    {N "jobs.list", knative_list, "run.jobs.list", NULL},
    {N "jobs.delete", knative_delete, "run.jobs.delete", NULL},
    {N "jobs.run", knative_job_run, "run.jobs.run", NULL},
    {N "executions.get", knative_get, "run.executions.get", NULL},
    {N "executions.list", knative_list, "run.executions.list", NULL},
    {N "executions.delete", knative_delete, "run.executions.delete", NULL},
    {N "executions.cancel", knative_execution_cancel, "run.executions.cancel", NULL},
    {N "tasks.get", knative_get, "run.tasks.get", NULL},
    {N "tasks.list", knative_list, "run.tasks.list", NULL},
    KNATIVE_DOMAINS(N),
    KNATIVE_DOMAINS(L),
    {"run.projects.authorizeddomains.list", run_domains_authorized, "run.domainmappings.list", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_run = {
    .name = "run",
    .service = "run.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .resources = run_kinds,
    .guard = run_guard,
};
