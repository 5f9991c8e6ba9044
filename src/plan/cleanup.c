/* The clean-up. MLflow marks as deleted, and keeps; `mlflow gc` deletes what was marked long enough ago. It works on the database itself, but deletes files that
 * went through a server by asking one: its script (templates/shared/gc.sh.mustache) starts one of its own that serves files alone, on the loopback, so that it
 * needs neither the stack's gate nor a credential. */
#include "config.h"
#include "plan/cleanup.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"

#include <stdlib.h>
#include <string.h>

/* How often: what cron has behind the hour, and systemd before it. */
static const struct {
	const char *id, *cron_days, *calendar_days;
} schedules[] = {
    {"daily", "* * *", "*-*-*"},
    {"weekly", "* * 0", "Sun *-*-*"},
    {"monthly", "1 * *", "*-*-01"},
};

static const struct choice schedule_choices[] = {
    {.id = "off",
     .title = N_("Never"),
     .help = N_("What was deleted in MLflow can be brought back for ever, and its files are paid for.")},
    {.id = "daily", .title = N_("Every day"), .help = N_("For heavy use.")},
    {.id = "weekly", .title = N_("Every Sunday"), .help = N_("Enough for most.")},
    {.id = "monthly", .title = N_("Every month"), .help = N_("On its first day.")},
    {.id = NULL},
};

bool cleanup_wanted(const struct answers *a)
{
	return strcmp(answers_str(a, "cleanup.schedule"), "off") != 0;
}

/* clang-format off */
const struct question cleanup_questions[] = {
	{.id = "cleanup.schedule", .quiet = true, .page = "artifacts", .type = TYPE_CHOICE, .title = N_("Clean up"),
	 .help = N_("MLflow only marks runs, models and experiments as deleted, and keeps all of them. A clean-up deletes for good what was marked long enough ago, with its "
		    "files (mlflow gc). It is a task of its own that starts, works and ends, for a few cents a month."),
	 .after = "artifacts.soft_delete_days", .choices = schedule_choices, .preset = "off"},
	{.id = "cleanup.hour", .quiet = true, .page = "artifacts", .type = TYPE_INT, .title = N_("Clean-up hour"),
	 .help = N_("The hour in which it begins, in UTC. The server answers meanwhile."),
	 .after = "artifacts.soft_delete_days", .when = cleanup_wanted, .min = 0, .max = 23, .unit = N_("o'clock UTC"), .counted = count_oclock, .preset = "4"},
	{.id = "cleanup.older_than_days", .quiet = true, .page = "artifacts", .type = TYPE_INT, .title = N_("Clean up after"),
	 .help = N_("What was deleted in MLflow can be brought back there for so long. Its files are then kept by the bucket as any deleted file is."),
	 .after = "artifacts.soft_delete_days", .when = cleanup_wanted, .min = 0, .max = 3650, .unit = N_("days"), .counted = count_days, .preset = "30"},
	{.id = NULL},
};
/* clang-format on */

void cleanup_check(const struct answers *a, problem_fn *found, void *arg)
{
	const struct axes x = axes_of(a);
	if (cleanup_wanted(a) && (x.path->beside || x.artifacts->kept_by_target))
		found(arg, "cleanup.schedule",
		      _("In a trial the volumes in the cluster are the server's and the database's alone, and no task gets to "
			"them: "
			"leave the clean-up off."));
}

static size_t schedule_of(const struct answers *a)
{
	size_t i = 0;
	while (i + 1 < sizeof schedules / sizeof *schedules && strcmp(schedules[i].id, answers_str(a, "cleanup.schedule")) != 0)
		i++;
	return i;
}

char *cleanup_cron(const struct answers *a)
{
	return xasprintf("0 %d %s", answers_int(a, "cleanup.hour"), schedules[schedule_of(a)].cron_days);
}

char *cleanup_calendar(const struct answers *a)
{
	return xasprintf("%s %02d:00:00 UTC", schedules[schedule_of(a)].calendar_days, answers_int(a, "cleanup.hour"));
}

/* A server that serves files alone and the command beside it take close to 1 GiB. */
void cleanup_add(struct design *d, cJSON *image)
{
	const struct container *migration = d->workload->migration;
	struct container *c = workload_cleanup(d->workload, image);
	char *age = xasprintf("%dd", answers_int(d->answers, "cleanup.older_than_days"));
	c->command = json_make("['sh']");
	c->args = json_make("['/app/gc.sh']");
	c->cpu = "1";
	c->memory = "2Gi";
	for (size_t i = 0; i < migration->variable_count; i++) {
		const struct variable *v = &migration->variables[i];
		if (v->secret)
			container_set_secret(c, v->name, v->secret);
		else if (strcmp(v->name, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION") != 0)
			container_set_value(c, v->name, cJSON_Duplicate(v->value, 1));
	}
	container_set(c, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
	container_set(c, "GC_OLDER_THAN", age);
	free(age);
}
