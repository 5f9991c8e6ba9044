/* Cloud Run from the inside. Documents are kept in the shape of v2; the v1 (Knative) paths translate. */
#ifndef MS_SIM_API_RUN_H
#define MS_SIM_API_RUN_H

#include "sim/api/shared.h"

#define RUN_SERVICES "run.services"
#define RUN_REVISIONS "run.revisions"
#define RUN_JOBS "run.jobs"
#define RUN_EXECUTIONS "run.executions"
#define RUN_TASKS "run.tasks"
#define RUN_OPERATIONS "run.operations"
#define RUN_HOSTS "run.hosts"
#define RUN_DOMAINS "run.domainmappings"
#define RUN_TYPE "type.googleapis.com/google.cloud.run.v2."

/* run_check.c: the rules a template is held to. False, answered with 400, when one is broken. where is "template" or "template.template". */
bool run_check_template(struct sim_call *c, const cJSON *template, const char *where, bool job);
/* Processors of a limit ("1000m"); the template's volume of this name, or NULL. */
double run_cpus(const char *text);
const cJSON *run_template_volume(const cJSON *template, const char *name);
bool run_check_labels(struct sim_call *c, const cJSON *resource, const char *where);
/* Does the caller hold this in the project? False: answered. */
bool run_check_permission(struct sim_call *c, const char *permission);
bool run_check_id(struct sim_call *c, const char *id, const char *field);
bool run_check_location(struct sim_call *c, const char *region);
/* May the caller act as the template's account, and is there one? Answered when not. */
bool run_check_account(struct sim_call *c, const cJSON *template);
/* Fills in what Google fills in: account, resources, probes, ports, timeouts. */
void run_defaults(struct sim *s, const char *project, cJSON *template, bool job);

/* run_common.c */
/* The project's id and the region of a key, and who holds the policy of what is there: passing texts. */
const char *run_project(const char *key), *run_region(const char *key), *run_holder(const char *key);
cJSON *run_condition(struct sim *s, const char *type, const char *state);
const char *run_operation_name(struct sim *s, const char *parent);
/* Is the etag of a request (may be "") the resource's? Answered with 409 when not. */
bool run_etag_matches(struct sim_call *c, const cJSON *doc, const char *etag);
/* createTime, creator, uid, generation and their like on a new document; the next generation on a changed one. */
void run_stamp(struct sim *s, const char *principal, cJSON *doc);
void run_touch(struct sim *s, const char *principal, cJSON *doc);
const char *run_email(const char *principal);

/* run_services.c. The caller of run_service_put has checked body; v2's create, PATCH and the Knative create and replace end here. Answers nothing. */
struct sim_object *run_service_put(struct sim *s, const char *principal, const char *key, cJSON *body, bool force_revision,
				   const char *operation);
void run_service_remove(struct sim *s, struct sim_object *service, const char *principal, const char *operation);
bool run_service_ok(struct sim_call *c, const cJSON *body, const char *id, const struct sim_object *old);
/* Is the name in use, or was it until a moment ago? */
bool run_service_taken(struct sim *s, const char *key);
/* The two URLs of a service: 0 with the project's number, 1 with a hash. */
const char *run_url(struct sim *s, const char *key, int which);
/* As sim_api's spoil: a revision that is not ready, a job that is not. */
bool run_spoil(struct sim *s, const cJSON *arg, const cJSON *error);
/* run_revisions.c */
struct sim_object *run_revision_new(struct sim *s, struct sim_object *service);
void run_revisions_forget(struct sim *s, const char *service_key);
/* Does it serve, by traffic or tag, or is it the latest? */
bool run_revision_in_use(struct sim *s, const struct sim_object *revision);
/* run_jobs.c */
struct sim_object *run_job_put(struct sim *s, const char *principal, const char *key, cJSON *body, const char *operation);
void run_job_remove(struct sim *s, struct sim_object *job, const char *principal, const char *operation);
bool run_job_ok(struct sim_call *c, const cJSON *body);
struct sim_object *run_execute(struct sim *s, const char *principal, struct sim_object *job, const cJSON *overrides,
			       const char *name, const char *operation);

/* run_knative.c: the region of a call of v1; "-": all. A passing text. */
const char *knative_region(const struct sim_call *c);
/* run_domains.c: mappings as run_knative.c has its kinds. */
cJSON *run_domain_in(struct sim *s, const cJSON *v1), *run_domain_out(struct sim *s, const struct sim_object *o);
bool run_domain_id(struct sim_call *c, const char *id, const char *field);
bool run_domain_ok(struct sim_call *c, const cJSON *doc, const char *id, const struct sim_object *old);
bool run_domain_taken(struct sim *s, const char *key);
struct sim_object *run_domain_put(struct sim *s, const char *principal, const char *key, cJSON *body, const char *operation);
void run_domain_remove(struct sim *s, struct sim_object *o, const char *principal, const char *operation);
/* The mapping that a request for this host comes by, or NULL; has it a certificate? */
struct sim_object *run_domain_at(struct sim *s, const char *host);
bool run_domain_certified(const struct sim_object *mapping);
/* The key of the service that it leads to; a passing text. */
const char *run_domain_service(const struct sim_object *mapping);

/* run_executions.c: cancels one; false, answered, when it has ended. */
bool run_execution_stop(struct sim_call *c, struct sim_object *execution);

/* Would this template run? What sim_workloads()->judge says (sim/api/workloads.h). */
struct run_verdict {
	const char *reason;          /* Condition.reason, or NULL */
	const char *revision_reason; /* Condition.revisionReason, or NULL */
	char *message;               /* NULL when everything is well; owned */
	const char *status;          /* of the operation's error: "FAILED_PRECONDITION" (9), "INTERNAL" (13) */
	double seconds;              /* how long until that is known; 0: at once */
	int exit_code;               /* of the failing container, where it ended */
	cJSON *log;                  /* what the containers wrote: [{"container","severity","text"}]; owned */
};
void run_verdict_free(struct run_verdict *v);

/* Handlers, listed in run.c. */
sim_handler run_service_create, run_service_patch, run_service_delete, run_revision_delete;
sim_handler run_job_create, run_job_patch, run_job_delete, run_job_run, run_execution_delete, run_execution_cancel;
sim_handler run_domains_authorized;
sim_handler run_operation_get, run_operation_wait;
/* run_knative.c */
sim_handler knative_get, knative_list, knative_create, knative_replace, knative_delete, knative_revision_delete,
    knative_job_run, knative_execution_delete, knative_execution_cancel;

#endif
