/* The database of a stack. */
#ifndef MS_PLAN_DATABASE_H
#define MS_PLAN_DATABASE_H

#include "plan/design.h"

/* "sql", "database", "user", and what path and engine bring. The user's password is the secret "db-password": planned before, and where the server logs
 * in without one it is drawn once and kept by nobody. "user/server" is then the server's account, a member of what owns the tables. */
void database_plan(struct design *d);
/* The id of the resource that holds the data, and of the one after which the server may log in. */
const char *database_data(const struct design *d);
const char *database_ready(const struct design *d);
/* The server is spelled: what an earlier one logged in by goes once no server uses it any more. A password that was kept is replaced by one that nobody
 * knows ("user/closed"), the flag that lets accounts in is taken off ("flagless"). */
void database_close(struct design *d);
/* As whom the server logs in; to be freed. */
char *database_user(const struct design *d);
/* Is it reached by Google's connector? */
bool database_connects(const struct design *d);
/* The address for the server's driver, a value for a variable: a text or a reference. */
cJSON *database_address(struct design *d);

#endif
