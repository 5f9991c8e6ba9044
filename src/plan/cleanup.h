/* The clean-up: `mlflow gc` on a schedule, which deletes for good what was deleted in MLflow some time ago, with its files. */
#ifndef MS_PLAN_CLEANUP_H
#define MS_PLAN_CLEANUP_H

#include "plan/answers.h"
#include "plan/design.h"

extern const struct question cleanup_questions[];

/* Is it wanted? */
bool cleanup_wanted(const struct answers *a);
/* What goes against it. */
void cleanup_check(const struct answers *a, problem_fn *found, void *arg);
/* Adds to the workload the container that cleans up, where it is wanted: like the migration, with the server's plain settings. Call it once the
 * database's address is among these. */
void cleanup_add(struct design *d, cJSON *image);
/* When it runs, in UTC, as cron says it ("0 3 * * 0") and as a systemd timer says it ("Sun *-*-* 03:00:00 UTC"); the caller frees. */
char *cleanup_cron(const struct answers *a);
char *cleanup_calendar(const struct answers *a);

#endif
