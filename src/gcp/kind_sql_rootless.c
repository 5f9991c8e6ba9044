/* That a Cloud SQL instance has no user of this name who may come from anywhere: MySQL is born with root@%. spec: {"instance"}.
 * It is made by deleting the user, whom the stack has no need of, and goes with its instance. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/sql_shared.h"

#include "base/gettext.h"
#include "base/json.h"

#include <string.h>

#define BASE "https://sqladmin.googleapis.com/v1/projects/%s/instances/%s/users"

static const char *instance(const struct view *v)
{
	return json_str(v->spec, "instance", "");
}

static void sql_rootless_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE, v->project, instance(v));
}

static void sql_rootless_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const cJSON *u;
	if (sql_absent(http, reply)) {
		out->presence = PRESENT_NO;
		return;
	}
	if (sql_rests(v, http, reply, out))
		return;
	kind_decode_plain(v, http, reply, out);
	if (out->presence == PRESENT_YES)
		cJSON_ArrayForEach(u, json_at(out->found, "items"))
			if (!strcmp(json_str(u, "name", ""), v->name) && !strcmp(json_str(u, "host", ""), "%"))
				out->presence = PRESENT_NO;
}

static void sql_rootless_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	(void)v, (void)seen;
	out->verdict = VERDICT_KEEP;
}

static void sql_rootless_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_SQL, "DELETE", NULL, BASE "?name=%s&host=%%25", v->project, instance(v), v->name);
}

const struct kind kind_sql_rootless = {
    .id = "sqladmin.userAbsence",
    .title = N_("Database without the user"),
    .api = "sqladmin.googleapis.com",
    .part = PART_DATABASE,
    .console_page = "sql/instances/{instance}/users",
    .permissions = {.read = "cloudsql.users.list", .create = "cloudsql.users.delete"},
    .lock = sql_lock,
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = sql_rootless_observe,
    .decode = sql_rootless_decode,
    .compare = sql_rootless_compare,
    .create = sql_rootless_create,
    .terraform = {.none = "It is the absence of a user, whom MySQL is born with."},
};
