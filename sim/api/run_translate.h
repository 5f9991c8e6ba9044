/* Between the two spellings of Cloud Run's documents: v2's, in which they are kept, and v1's (Knative), which gcloud speaks. */
#ifndef MS_SIM_API_RUN_TRANSLATE_H
#define MS_SIM_API_RUN_TRANSLATE_H

#include "sim/api/run.h"

/* v1 to v2: a service or a job as the body of a request; the result is the caller's. */
cJSON *translate_service_in(struct sim *s, const cJSON *v1);
cJSON *translate_job_in(struct sim *s, const cJSON *v1);
/* The overrides of jobs:run. */
cJSON *translate_overrides_in(const cJSON *v1);
/* v2 to v1: what the store holds as gcloud reads it. */
cJSON *translate_service(struct sim *s, const struct sim_object *o);
cJSON *translate_revision(struct sim *s, const struct sim_object *o);
cJSON *translate_route(struct sim *s, const struct sim_object *service);
cJSON *translate_configuration(struct sim *s, const struct sim_object *service);
cJSON *translate_job(struct sim *s, const struct sim_object *o);
cJSON *translate_execution(struct sim *s, const struct sim_object *o);
cJSON *translate_task(struct sim *s, const struct sim_object *o);
/* What v1 says of every resource, with empty annotations; plural as its paths have it. */
cJSON *translate_metadata(struct sim *s, const struct sim_object *o, const char *group, const char *plural);
/* An etag as resourceVersion: without its quotes. */
const char *translate_version(const cJSON *doc);

/* run_translate_spec.c ----------------------------------------------------------------------------------------------------- */
/* Annotations into fields, of a template or of what has one; those that v2 does not know stay annotations. And back. */
void translate_annotations_in(bool template, const cJSON *annotations, cJSON *v2);
void translate_annotations_out(bool template, const cJSON *v2, cJSON *annotations);
void translate_labels_in(const cJSON *labels, cJSON *v2);
/* The spec of a template, whose annotations say some of it; the result of the second is the caller's. */
void translate_spec_in(const cJSON *v1, const cJSON *annotations, cJSON *v2, bool job);
cJSON *translate_spec_out(const cJSON *v2, cJSON *annotations, bool job);
/* The variables of a container, in place. */
void translate_env_in(cJSON *env);
/* The text of a member whose name may have dots in it. */
const char *translate_member_text(const cJSON *object, const char *name, const char *fallback);
/* Moves a member to another object, or to another name. */
void translate_move(cJSON *from, const char *old, cJSON *to, const char *name);

#endif
