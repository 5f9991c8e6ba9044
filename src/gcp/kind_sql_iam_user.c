/* A user of a Cloud SQL instance who is a service account and logs in by its tokens. spec: {"instance","as":NAME,"roles":[ROLE...]}: as is what Cloud SQL
 * takes for the account when the user is made, the resource's name what it calls the user from then on; the user is a member of the roles. It goes with
 * its instance. */
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

static void sql_iam_user_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE, v->project, instance(v));
}

static bool is_account(const cJSON *user)
{
	return !strcmp(json_str(user, "type", ""), "CLOUD_IAM_SERVICE_ACCOUNT");
}

static const cJSON *sql_iam_user_choose(const struct view *v, const cJSON *items)
{
	const cJSON *u, *ours = NULL;
	cJSON_ArrayForEach(u, items)
		if (is_account(u) && !strcmp(json_str(u, "name", ""), v->name))
			ours = u;
	return ours;
}

static void sql_iam_user_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (!sql_rests(v, http, reply, out))
		sql_decode_listed(v, http, reply, sql_iam_user_choose, out);
}

/* Where Cloud SQL does not say what the user is a member of, nothing is known to be wrong. */
static void sql_iam_user_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *wanted = json_at(v->spec, "roles"), *has = json_at(seen->found, "databaseRoles"), *role;
	out->verdict = VERDICT_KEEP;
	cJSON_ArrayForEach(role, wanted)
		if (has && !json_lists(has, role->valuestring))
			out->verdict = VERDICT_UPDATE;
	if (out->verdict == VERDICT_UPDATE)
		change_add(out, "databaseRoles", has, wanted);
}

static void sql_iam_user_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	cJSON *body = json_make("{'name':%s,'type':'CLOUD_IAM_SERVICE_ACCOUNT','databaseRoles':%j}",
				json_str(v->spec, "as", ""), kind_copy(v, "roles"));
	call_set(out, DIALECT_SQL, "POST", body, BASE, v->project, instance(v));
}

/* Of an update the roles are in the query; those that the user has already stay. */
static void sql_iam_user_update(const struct view *v, const struct observation *seen, const struct change *change,
				struct call *out)
{
	const char *email = json_str(seen->found, "iamEmail", v->name);
	const cJSON *role;
	(void)change;
	cJSON *body = json_make("{'name':%s,'type':'CLOUD_IAM_SERVICE_ACCOUNT'}", email);
	call_set(out, DIALECT_SQL, "PUT", body, BASE "?name=%s", v->project, instance(v), email);
	cJSON_ArrayForEach(role, json_at(v->spec, "roles"))
		call_add(out, "&databaseRoles=%s", role->valuestring);
}

const struct kind kind_sql_iam_user = {
    .id = "sqladmin.iamUser",
    .title = N_("Database user of the server's account"),
    .api = "sqladmin.googleapis.com",
    .part = PART_DATABASE,
    .console_page = "sql/instances/{instance}/users",
    .permissions = {.read = "cloudsql.users.list", .create = "cloudsql.users.create", .update = "cloudsql.users.update"},
    .lock = sql_lock,
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = sql_iam_user_observe,
    .decode = sql_iam_user_decode,
    .compare = sql_iam_user_compare,
    .create = sql_iam_user_create,
    .update = sql_iam_user_update,
    .terraform = {.type = "google_sql_user",
		  .import = "{project}/{instance}/{as}",
		  .takes = (const char *const[]){"instance", "instance", "as", "name", "roles", "databaseRoles", NULL},
		  .adds = "{'type':'CLOUD_IAM_SERVICE_ACCOUNT'}",
		  .ignores = "database_roles",
		  .comment = "An import takes over no roles of it."},
};
