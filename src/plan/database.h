/* The database of a stack. */
#ifndef MS_PLAN_DATABASE_H
#define MS_PLAN_DATABASE_H

#include "plan/design.h"

/* "sql", "database", "user", and what path and engine bring; the user's password is the secret "db-password", planned before. */
void database_plan(struct design *d);
/* Is it reached by Google's connector? */
bool database_connects(const struct design *d);
/* The address for the server's driver, a value for a variable: a text or a reference. */
cJSON *database_address(struct design *d);

#endif
