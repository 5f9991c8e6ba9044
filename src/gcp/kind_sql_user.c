/* A user of a Cloud SQL instance with a password. spec: {"instance","password":{"$secret":NAME}[,"host"],"of":MADE,"set":MADE}. Cloud SQL never
 * tells a password: it is set again when the secret's version was made (of) at another time than the one that was set last (set, as the
 * answers keep it). It goes with its instance. Outputs: password (of). */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/sql_shared.h"

#include "base/gettext.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://sqladmin.googleapis.com/v1/projects/%s/instances/%s/users"

static const char *instance(const struct view *v)
{
	return json_str(v->spec, "instance", "");
}

/* users.insert on a user that is there is not safe to repeat: the list is read first. */
static void sql_user_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE, v->project, instance(v));
}

static const cJSON *sql_user_choose(const struct view *v, const cJSON *items)
{
	const cJSON *u, *ours = NULL;
	const char *host = json_str(v->spec, "host", "");
	cJSON_ArrayForEach(u, items)
		if (!strcmp(json_str(u, "name", ""), v->name) && (!*host || !strcmp(json_str(u, "host", ""), host)))
			ours = u;
	return ours;
}

static void sql_user_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (sql_rests(v, http, reply, out) || sql_decode_listed(v, http, reply, sql_user_choose, out))
		json_put_str(out->outputs, "password", json_str(v->spec, "of", ""));
}

static void sql_user_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const cJSON *set = json_at(v->spec, "set"), *of = json_at(v->spec, "of");
	(void)seen;
	out->verdict = VERDICT_KEEP;
	if (!of || json_equal(set, of))
		return;
	change_add(out, "password", set, of);
	out->verdict = VERDICT_UPDATE;
}

static void sql_user_create(const struct view *v, const struct observation *seen, struct call *out)
{
	(void)seen;
	cJSON *body = json_make("{'name':%s,'password':%j,'type':'BUILT_IN'}", v->name, kind_copy(v, "password"));
	if (*json_str(v->spec, "host", ""))
		json_put_str(body, "host", json_str(v->spec, "host", ""));
	call_set(out, DIALECT_SQL, "POST", body, BASE, v->project, instance(v));
}

static void sql_user_update(const struct view *v, const struct observation *seen, const struct change *change, struct call *out)
{
	const char *host = json_str(v->spec, "host", "");
	(void)seen;
	(void)change;
	cJSON *body = json_make("{'name':%s,'password':%j}", v->name, kind_copy(v, "password"));
	call_set(out, DIALECT_SQL, "PUT", body, BASE "?name=%s", v->project, instance(v), v->name);
	if (*host)
		call_add(out, "&host=%s", host);
}

const struct kind kind_sql_user = {
    .id = "sqladmin.user",
    .title = N_("Database user"),
    .api = "sqladmin.googleapis.com",
    .part = PART_DATABASE,
    .console_page = "sql/instances/{instance}/users",
    .permissions = {.read = "cloudsql.users.list", .create = "cloudsql.users.create", .update = "cloudsql.users.update"},
    .lock = sql_lock,
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = sql_user_observe,
    .decode = sql_user_decode,
    .compare = sql_user_compare,
    .create = sql_user_create,
    .update = sql_user_update,
    .blind = true,
    .terraform = {.type = "google_sql_user",
		  .import = "{project}/{instance}/{host/}{name}",
		  .takes = (const char *const[]){"instance", "instance", NULL},
		  .moves = (const char *const[]){"password", "passwordWo", NULL},
		  .adds = "{'passwordWoVersion':1}",
		  .ignores = "password_wo_version",
		  .comment = "The password is shown to the API and is in no state. An import takes over no version of it: to "
			     "set it anew, raise\npassword_wo_version and take ignore_changes away."},
};
