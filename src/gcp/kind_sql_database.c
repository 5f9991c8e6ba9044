/* A database of a Cloud SQL instance. spec: {"instance","charset","collation"}. It has no mark and goes with its instance. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/sql_shared.h"

#include "base/gettext.h"
#include "base/json.h"

#define BASE "https://sqladmin.googleapis.com/v1/projects/%s/instances/%s/databases"

static const char *instance(const struct view *v)
{
	return json_str(v->spec, "instance", "");
}

static void sql_database_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "/%s", v->project, instance(v), v->name);
}

static void sql_database_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (sql_absent(http, reply)) {
		out->presence = PRESENT_NO;
		return;
	}
	if (sql_rests(v, http, reply, out))
		return;
	kind_decode_plain(v, http, reply, out);
}

static void sql_database_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	static const char *const fixed[] = {"", NULL};
	cJSON *w = json_make("{'charset':%s,'collation':%s}", json_str(v->spec, "charset", ""),
			     json_str(v->spec, "collation", ""));
	kind_compare_leaves(w, seen->found, NULL, out);
	kind_refuse_changed(out, fixed, _("a database keeps the character set it was made with"));
	cJSON_Delete(w);
}

static void sql_database_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	call_set(out, DIALECT_SQL, "POST",
		 json_make("{'name':%s,'charset':%s,'collation':%s}", v->name, json_str(v->spec, "charset", ""),
			   json_str(v->spec, "collation", "")),
		 BASE, v->project, instance(v));
}

const struct kind kind_sql_database = {
    .id = "sqladmin.database",
    .title = N_("Database"),
    .api = "sqladmin.googleapis.com",
    .part = PART_DATABASE,
    .console_page = "sql/instances/{instance}/databases",
    .log = "resource.type=\"cloudsql_database\" resource.labels.database_id=\"{project}:{instance}\"",
    .permissions = {.read = "cloudsql.databases.get", .create = "cloudsql.databases.create"},
    .lock = sql_lock,
    .usual = 1,
    .slow = 4,
    .deadline = 600,
    .keeps_data = true,
    .observe = sql_database_observe,
    .decode = sql_database_decode,
    .compare = sql_database_compare,
    .create = sql_database_create,
    .terraform = {.type = "google_sql_database",
		  .import = "projects/{project}/instances/{instance}/databases/{name}",
		  .takes = (const char *const[]){"instance", "instance", NULL}},
};
