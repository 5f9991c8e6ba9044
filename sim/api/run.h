/* Cloud Run from the inside. Documents are kept in the shape of v2; the v1 (Knative) paths translate. */
#ifndef MS_SIM_API_RUN_H
#define MS_SIM_API_RUN_H

#include "sim/api/resource.h"

#define RUN_SERVICES "run.services"
#define RUN_REVISIONS "run.revisions"
#define RUN_JOBS "run.jobs"
#define RUN_EXECUTIONS "run.executions"
#define RUN_TASKS "run.tasks"
#define RUN_OPERATIONS "run.operations"
#define RUN_HOSTS "run.hosts"
#define RUN_DOMAINS "run.domainmappings"
#define RUN_TYPE "type.googleapis.com/google.cloud.run.v2."

/* The kinds: services (run_services.c), jobs (run_jobs.c), domain mappings (run_domains.c), and those of run.c. */
extern const struct sim_resource run_services[], run_jobs[], run_domains[], run_kinds[];
enum { RUN_REVISION, RUN_EXECUTION, RUN_TASK };
/* The beginning of a row: where it is, and how messages name it. */
#define RUN_KIND(at, kind, many, under, word)                                                                                  \
	.methods = at, .collection = kind, .key = "projects/{project}/locations/{locations}/" under "/{" many "}",             \
	.field = many,                                                                                                         \
	.missing = "Resource '{" many "}' of kind '" word "' in region '{locations}' in project '{project}' does not exist."
/* What those say that clients make: */
#define RUN_WRITES(one)                                                                                                        \
	.holder = "//run.googleapis.com/", .upsert = true, .id = one "Id", .taken = "Resource '{" one "s}' already exists.",   \
	.placed = run_placed, .dry = run_dry, .changed = run_changed, .current = run_current, .lasts = true

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
/* A new operation on what is at key; metadata, which is taken, may be NULL. */
struct sim_object *run_operation(struct sim *s, const char *key, cJSON *metadata);
/* createTime, creator, uid, generation and their like on a new document. */
void run_stamp(struct sim *s, const char *principal, cJSON *doc);
/* The same, or the next generation, of one that the caller has made or changed. */
void run_touch(struct sim_call *c, struct sim_object *o);
const char *run_email(const char *principal);
/* What rows share. run_dry knows validateOnly, and dryRun of v1; run_not_leaving refuses what is being deleted. */
bool run_placed(struct sim_call *c), run_dry(struct sim_call *c, const cJSON *doc),
    run_current(struct sim_call *c, const struct sim_object *o, const char *etag),
    run_not_leaving(struct sim_call *c, const struct sim_object *o);
cJSON *run_changed(struct sim_call *c, const struct sim_object *o);
/* Marks what is to be deleted. */
void run_leaving(struct sim_call *c, struct sim_object *o);
/* As sim_operations' begin: it goes at once. */
struct sim_object *run_remove(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb);
/* Whose policy counts, as sim_api's guard. */
void run_guard(const struct sim_call *c, struct buf *out);

/* run_services.c */
/* Has one of this name gone a moment ago? */
bool run_service_buried(struct sim *s, const char *key);
/* It is gone, with all that was its own. */
void run_service_gone(struct sim *s, struct sim_object *service);
/* The two URLs of a service: 0 with the project's number, 1 with a hash. */
const char *run_url(struct sim *s, const char *key, int which);
/* run_rollout.c */
struct sim_object *run_service_begin(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb);
void run_service_conditions(struct sim *s, cJSON *doc, const char *state);
/* As sim_api's spoil: a revision that is not ready. */
bool run_service_spoil(struct sim *s, const cJSON *arg, const cJSON *error);
/* run_revisions.c */
struct sim_object *run_revision_new(struct sim *s, struct sim_object *service);
/* One that serves, by traffic, tag or as the latest, stays. */
bool run_revision_deleting(struct sim_call *c, struct sim_object *revision);
/* run_executions.c: a run of the job, named so (NULL: by chance); its hidden "operation" names its operation. */
struct sim_object *run_execute(struct sim *s, const char *principal, struct sim_object *job, const cJSON *overrides,
			       const char *name);

/* run_knative.c: the region of a call of v1; "-": all. A passing text. */
const char *knative_region(const struct sim_call *c);
/* run_domains.c: mappings as run_knative.c has its kinds. */
cJSON *run_domain_in(struct sim *s, const cJSON *v1), *run_domain_out(struct sim *s, const struct sim_object *o);
bool run_domain_id(struct sim_call *c, const char *id, const char *field);
/* The mapping that a request for this host comes by, or NULL; has it a certificate? */
struct sim_object *run_domain_at(struct sim *s, const char *host);
bool run_domain_certified(const struct sim_object *mapping);
/* The key of the service that it leads to; a passing text. */
const char *run_domain_service(const struct sim_object *mapping);

/* run_executions.c: cancels one; false, answered, when it has ended. */
bool run_execution_stop(struct sim_call *c, struct sim_object *execution);
/* As run_remove: one that runs is stopped first, for whoever waits for it to end. */
struct sim_object *run_execution_remove(struct sim_call *c, const struct sim_resource *r, const char *key, const char *verb);
/* All that run of a job that is leaving. */
void run_executions_stop(struct sim_call *c, const char *job);

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
sim_handler run_execution_cancel, run_domains_authorized;
/* run_knative.c */
sim_handler knative_get, knative_list, knative_create, knative_replace, knative_delete, knative_job_run,
    knative_execution_cancel;

#endif
