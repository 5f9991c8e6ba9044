/* Settings that have a good default: they stand under all settings, and few change them. */
#ifndef MS_PLAN_SETTINGS_H
#define MS_PLAN_SETTINGS_H

#include "plan/answers.h"
#include "plan/design.h"

extern const struct question settings_questions[];

/* The questions of Cloud SQL's instance, and of a bucket of files: for the `asks` of the choices that have one. */
#define SETTINGS_OF_INSTANCE                                                                                                   \
	"database.tier", "database.availability", "database.disk_gb", "database.login", "database.maintenance_day",            \
	    "database.maintenance_hour", "database.maintenance_track", "database.backup_hour", "database.backups_kept",        \
	    "database.log_days", "database.slow_query_ms", "database.insights", "database.flags"
#define SETTINGS_OF_BUCKET                                                                                                     \
	"artifacts.location", "artifacts.soft_delete_days", "artifacts.storage_class", "artifacts.cold_after_days",            \
	    "artifacts.versions_days", "artifacts.versions_kept"

/* What several of them together make impossible. */
void settings_check(const struct answers *a, problem_fn *found, void *arg);
/* Adds to Cloud SQL's settings: maintenance, backups, flags, query insights. The engine has added its own before. */
void settings_of_database(const struct answers *a, cJSON *settings);
/* The artifact bucket's storage class, and its lifecycle rules as a new list. */
const char *settings_storage_class(const struct answers *a);
cJSON *settings_lifecycle(const struct answers *a);
/* The variables of MLflow's AI gateway. */
void settings_gateway(const struct answers *a, struct container *c);
/* The variables of server.environment. */
void settings_variables(const struct answers *a, struct container *c);

#endif
