#include "config.h"
#include "gcp/sql_absent.h"

#include "base/json.h"

#include <string.h>

bool sql_absent(int http, const cJSON *reply)
{
	return http == 404 || (http == 403 && !strcmp(json_str(reply, "error.errors.0.reason", ""), "notAuthorized"));
}
