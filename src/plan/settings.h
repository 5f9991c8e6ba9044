/* Settings that have a good default: they stand under all settings, and few change them. */
#ifndef MS_PLAN_SETTINGS_H
#define MS_PLAN_SETTINGS_H

#include "plan/answers.h"
#include "plan/design.h"

extern const struct question settings_questions[];

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
