/* A backup of a Cloud SQL instance, taken on demand before what is in it changes. name says before what; spec: {"instance","taken": the id of the one that was
 * taken for this already, or absent}. Another one is taken where that is not there: an older one of the same name lacks what was written since.
 * Outputs: id. Nobody deletes it but the operator; it goes with its instance. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/sql_shared.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BASE "https://sqladmin.googleapis.com/v1/projects/%s/instances/%s/backupRuns"

static const char *instance(const struct view *v)
{
	return json_str(v->spec, "instance", "");
}

static char *description(const struct view *v)
{
	char *mark = kind_mark(v), *whole = xasprintf("%s %s", mark, v->name);
	free(mark);
	return whole;
}

static void sql_backup_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, BASE "?maxResults=200", v->project, instance(v));
}

/* The one that was taken; else the youngest of this name. */
static const cJSON *choose(const struct view *v, const cJSON *runs)
{
	const char *taken = json_str(v->spec, "taken", "");
	char *mine = description(v);
	const cJSON *r, *best = NULL;
	cJSON_ArrayForEach(r, runs) {
		if (strcmp(json_str(r, "description", ""), mine) != 0)
			continue;
		bool is_taken = *taken && json_int64(r, "id", 0) == strtoll(taken, NULL, 10);
		if (is_taken || !best || strcmp(json_str(r, "enqueuedTime", ""), json_str(best, "enqueuedTime", "")) > 0)
			best = r;
		if (is_taken)
			break;
	}
	free(mine);
	return best;
}

static void sql_backup_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	if (!sql_decode_listed(v, http, reply, choose, out))
		return;
	const cJSON *run = out->found;
	const char *status = json_str(run, "status", "");
	char id[24];
	snprintf(id, sizeof id, "%lld", json_int64(run, "id", 0));
	json_put_str(out->outputs, "id", id);
	if (!strcmp(status, "ENQUEUED") || !strcmp(status, "RUNNING"))
		out->presence = PRESENT_PENDING;
	else if (strcmp(status, "SUCCESSFUL") != 0)
		kind_say(out, PRESENT_FAILED, _("Cloud SQL reports the backup as %s: %s"), status,
			 json_str(run, "error.message", _("no reason given")));
}

static void sql_backup_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	const char *taken = json_str(v->spec, "taken", "");
	bool is_taken = *taken && !strcmp(json_str(seen->outputs, "id", ""), taken);
	out->verdict = is_taken && seen->presence != PRESENT_FAILED ? VERDICT_KEEP : VERDICT_CREATE;
}

static void sql_backup_create(const struct view *v, const struct observation *seen, struct call *out)
{
	char *text = description(v);
	(void)seen;
	call_set(out, DIALECT_SQL, "POST", json_make("{'description':%s}", text), BASE, v->project, instance(v));
	free(text);
}

static char *backup_restore(const struct view *v, const struct observation *seen)
{
	struct buf b = {0};
	buf_puts(&b, "gcloud sql backups restore ");
	escape_word(json_str(seen->outputs, "id", ""), &b);
	buf_puts(&b, " --restore-instance=");
	escape_word(instance(v), &b);
	buf_puts(&b, " --project=");
	escape_word(v->project, &b);
	return buf_take(&b);
}

const struct kind kind_sql_backup = {
    .id = "sqladmin.backupRun",
    .title = N_("Backup of the database"),
    .part = PART_DATABASE,
    .console_page = "sql/instances/{instance}/backups",
    .api = "sqladmin.googleapis.com",
    .permissions = {.read = "cloudsql.backupRuns.list", .create = "cloudsql.backupRuns.create cloudsql.instances.get"},
    .lock = sql_lock,
    .usual = 60,
    .slow = 180,
    .deadline = 5400,
    .billable = true,
    .observe = sql_backup_observe,
    .decode = sql_backup_decode,
    .compare = sql_backup_compare,
    .create = sql_backup_create,
    .restore = backup_restore,
    .blind = true,
    .terraform = {.none = "A backup is an act and no state."},
};
