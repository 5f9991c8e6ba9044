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

bool sql_decode_listed(const struct view *v, int http, const cJSON *reply,
		       const cJSON *(*choose)(const struct view *v, const cJSON *items), struct observation *out)
{
	if (sql_absent(http, reply)) {
		out->presence = PRESENT_NO;
		return false;
	}
	kind_decode_plain(v, http, reply, out);
	if (out->presence != PRESENT_YES)
		return false;
	cJSON *one = cJSON_Duplicate(choose(v, json_at(out->found, "items")), true);
	cJSON_Delete(out->found);
	out->found = one;
	out->presence = one ? PRESENT_YES : PRESENT_NO;
	return one;
}

char *sql_lock(const struct view *v)
{
	return xasprintf("sql/%s", json_str(v->spec, "instance", v->name));
}

const char *sql_flags_downtime(void)
{
	return N_("Some flags restart the database: the server may not answer for a minute or two.");
}
