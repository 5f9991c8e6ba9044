/* Cloud Run: the table of its methods, v2's and v1's (Knative). */
#include "config.h"
#include "sim/api/run.h"

#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include <string.h>

/* Whose policy counts: the service's or the job's, wherever the path names one. */
static void run_guard(const struct sim_call *c, struct buf *out)
{
	const char *kind = sim_part(c, 5), *id = sim_part(c, 6);
	bool knative = !strcmp(sim_part(c, 0), "apis");
	if (!knative && *id && (!strcmp(kind, "services") || !strcmp(kind, "jobs")))
		buf_printf(out, "//run.googleapis.com/%s/%s/%s", sim_parent(c), kind, id);
	else
		buf_printf(out, "//cloudresourcemanager.googleapis.com/projects/%s", c->project ? c->project : "");
}

#define L "run.projects.locations."
#define S L "services."
#define J L "jobs."
#define E J "executions."
#define N "run.namespaces."
/* Each as messages name it. */
#define RUN_KIND(method, kind, list, under, word, policies)                                                                    \
	{                                                                                                                      \
		.methods = method, .collection = kind, .key = "projects/{project}/locations/{locations}/" under "/{" list "}", \
		.field = list, .holder = policies,                                                                             \
		.missing = "Resource '{" list "}' of kind '" word                                                              \
			   "' in region '{locations}' in project '{project}' does not exist."                                  \
	}
static const struct sim_resource resources[] = {
    RUN_KIND("run.projects.locations.services", RUN_SERVICES, "services", "services", "SERVICE", "//run.googleapis.com/"),
    RUN_KIND("run.projects.locations.services.revisions", RUN_REVISIONS, "revisions", "services/{services}/revisions",
	     "REVISION", NULL),
    RUN_KIND("run.projects.locations.jobs", RUN_JOBS, "jobs", "jobs", "JOB", "//run.googleapis.com/"),
    RUN_KIND("run.projects.locations.jobs.executions", RUN_EXECUTIONS, "executions", "jobs/{jobs}/executions", "EXECUTION",
	     NULL),
    RUN_KIND("run.projects.locations.jobs.executions.tasks", RUN_TASKS, "tasks", "jobs/{jobs}/executions/{executions}/tasks",
	     "TASK", NULL),
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
    {L "operations.get", run_operation_get, "run.operations.get", NULL},
    {L "operations.wait", run_operation_wait, "run.operations.get", NULL},
    {L "operations.list", resource_list, "run.operations.list", NULL},
    {L "operations.delete", resource_delete, "run.operations.delete", NULL},
    {S "create", run_service_create, "run.services.create", NULL},
    {S "patch", run_service_patch, "run.services.update", NULL},
    {S "get", resource_get, "run.services.get", NULL},
    {S "list", resource_list, "run.services.list", NULL},
    {S "delete", run_service_delete, "run.services.delete", NULL},
    {S "getIamPolicy", resource_get_policy, "run.services.getIamPolicy", NULL},
    {S "setIamPolicy", resource_set_policy, "run.services.setIamPolicy", NULL},
    {S "testIamPermissions", resource_test_policy, NULL, NULL},
    {S "revisions.get", resource_get, "run.revisions.get", NULL},
    {S "revisions.list", resource_list, "run.revisions.list", NULL},
    {S "revisions.delete", run_revision_delete, "run.revisions.delete", NULL},
    {J "create", run_job_create, "run.jobs.create", NULL},
    {J "patch", run_job_patch, "run.jobs.update", NULL},
    {J "get", resource_get, "run.jobs.get", NULL},
    {J "list", resource_list, "run.jobs.list", NULL},
    {J "delete", run_job_delete, "run.jobs.delete", NULL},
    {J "run", run_job_run, "run.jobs.run", NULL},
    {J "getIamPolicy", resource_get_policy, "run.jobs.getIamPolicy", NULL},
    {J "setIamPolicy", resource_set_policy, "run.jobs.setIamPolicy", NULL},
    {J "testIamPermissions", resource_test_policy, NULL, NULL},
    {E "get", resource_get, "run.executions.get", NULL},
    {E "list", resource_list, "run.executions.list", NULL},
    {E "delete", run_execution_delete, "run.executions.delete", NULL},
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
    {L "revisions.delete", knative_revision_delete, "run.revisions.delete", NULL},
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
    {N "revisions.delete", knative_revision_delete, "run.revisions.delete", NULL},
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
    {N "executions.delete", knative_execution_delete, "run.executions.delete", NULL},
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
    .resources = resources,
    .guard = run_guard,
    .spoil = run_spoil,
};
