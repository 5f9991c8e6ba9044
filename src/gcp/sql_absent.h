/* What Cloud SQL's kinds share. */
#ifndef MS_GCP_SQL_ABSENT_H
#define MS_GCP_SQL_ABSENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Is the instance not there? Cloud SQL answers 404, or 403 notAuthorized, for it and for all that is in it. */
bool sql_absent(int http, const cJSON *reply);

#endif
