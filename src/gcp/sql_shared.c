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

bool sql_rests(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (http != 400 || !strstr(json_str(reply, "error.message", ""), "instance is not running"))
		return false;
	out->presence = PRESENT_YES;
	out->found = cJSON_Duplicate(v->spec, true);
	out->outputs = cJSON_CreateObject();
	return true;
}

char *sql_lock(const struct view *v)
{
	return xasprintf("sql/%s", json_str(v->spec, "instance", v->name));
}

const char *sql_flags_downtime(void)
{
	return N_("Some flags restart the database: the server may not answer for a minute or two.");
}
