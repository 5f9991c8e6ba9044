/* That a Cloud SQL instance has not the database flag of this name. spec: {"instance"}. It is made by setting the others alone, once what needed the flag is
 * not there any more (the instance "leaves" it till then), and goes with its instance. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/sql_shared.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define BASE "https://sqladmin.googleapis.com/v1/projects/%s/instances/%s"
#define FLAGS "settings.databaseFlags"

static const char *instance(const struct view *v)
{
	return json_str(v->spec, "instance", "");
}

static void sql_flagless_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE, v->project, instance(v));
}

static bool is_it(const struct view *v, const cJSON *flag)
{
	return !strcmp(json_str(flag, "name", ""), v->name);
}

static void sql_flagless_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (sql_absent(http, reply))
		out->presence = PRESENT_NO;
	else
		kind_decode_plain(v, http, reply, out);
}

static void sql_flagless_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *flag;
	out->verdict = VERDICT_KEEP;
	cJSON_ArrayForEach(flag, json_at(seen->found, FLAGS))
		if (is_it(v, flag)) {
			change_add(out, FLAGS, flag, NULL);
			out->verdict = VERDICT_UPDATE;
		}
}

static const char *sql_flagless_downtime(const cJSON *spec, const struct change *c)
{
	(void)spec, (void)c;
	return sql_flags_downtime();
}

/* The settings' version makes a concurrent change an error. */
static void sql_flagless_create(const struct view *v, const struct observation *seen, struct call *out)
{
	cJSON *others = cJSON_CreateArray();
	const cJSON *flag;
	char version[24];
	snprintf(version, sizeof version, "%lld", json_int64(seen->found, "settings.settingsVersion", 1));
	cJSON_ArrayForEach(flag, json_at(seen->found, FLAGS))
		if (!is_it(v, flag))
			cJSON_AddItemToArray(others, cJSON_Duplicate(flag, true));
	call_set(out, DIALECT_SQL, "PATCH",
		 json_make("{'settings':{'databaseFlags':%j,'settingsVersion':%s}}", others, version), BASE, v->project,
		 instance(v));
}

static void sql_flagless_update(const struct view *v, const struct observation *seen, const struct change *change,
				struct call *out)
{
	(void)change;
	sql_flagless_create(v, seen, out);
}

const struct kind kind_sql_flagless = {
    .id = "sqladmin.flagAbsence",
    .title = N_("Database without the flag"),
    .api = "sqladmin.googleapis.com",
    .part = PART_DATABASE,
    .console_page = "sql/instances/{instance}/overview",
    .permissions = {.read = "cloudsql.instances.get",
		    .create = "cloudsql.instances.update",
		    .update = "cloudsql.instances.update"},
    .lock = sql_lock,
    .usual = 5,
    .slow = 60,
    .deadline = 1800,
    .observe = sql_flagless_observe,
    .decode = sql_flagless_decode,
    .compare = sql_flagless_compare,
    .downtime = sql_flagless_downtime,
    .create = sql_flagless_create,
    .update = sql_flagless_update,
    .terraform = {.none = "It is the absence of a flag, which the instance's resource says."},
};
