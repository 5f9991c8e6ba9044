#include "config.h"
#include "gcp/sql_shared.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

bool sql_absent(int http, const cJSON *reply)
{
	return http == 404 || (http == 403 && !strcmp(json_str(reply, "error.errors.0.reason", ""), "notAuthorized"));
}

char *sql_lock(const struct view *v)
{
	return xasprintf("sql/%s", json_str(v->spec, "instance", v->name));
}

const char *sql_flags_downtime(void)
{
	return N_("Some flags restart the database: the server may not answer for a minute or two.");
}
