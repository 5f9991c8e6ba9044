/* The workload in the words of Cloud Run, and the job that migrates its database: for the target that is Cloud Run, and for those that have no place of
 * their own for something that runs once. */
#ifndef MS_PLAN_RUN_WORDS_H
#define MS_PLAN_RUN_WORDS_H

#include "plan/design.h"

/* run.v2's Container and Volume, for the caller. */
cJSON *run_container(const struct design *d, const struct container *c);
cJSON *run_volume(const struct plan *p, const struct mount *m);
/* The volume of Google's connector, for the caller: mounted by run_container where the design is connected. */
cJSON *run_connector_volume(const struct design *d);
/* Puts the design's network, if there is one, into a template or a task. */
void run_put_network(const struct design *d, cJSON *template);
/* The resource needs all of these ids. */
void run_needs(struct resource *r, const cJSON *ids);
/* "migrate": the workload's migration as a job, run once for each image. */
void run_migration(struct design *d, const char *after);
/* "cleanup": the workload's clean-up as a job that Cloud Scheduler runs; nothing where there is none. After "migrate". */
void run_cleanup(struct design *d);

#endif
