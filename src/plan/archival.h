/* Trace archival: MLflow's own, which moves what is in old traces from the database to the bucket. */
#ifndef MS_PLAN_ARCHIVAL_H
#define MS_PLAN_ARCHIVAL_H

#include "plan/answers.h"
#include "plan/design.h"

extern const struct question archival_questions[];

/* Is it wanted, and possible? It is one of MLflow's background jobs. */
bool archival_wanted(const struct answers *a);
/* What goes against it. */
void archival_check(const struct answers *a, problem_fn *found, void *arg);
/* Adds the server's variables, and the lines by which its start writes the file that MLflow reads. The bucket is known. */
void archival_add(struct design *d, struct container *c);

#endif
