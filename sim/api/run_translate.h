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
/* An etag as resourceVersion: without its quotes. */
const char *translate_version(const cJSON *doc);

#endif
