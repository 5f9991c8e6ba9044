/* Trace archival (MLflow's --trace-archival-config): a file of YAML, which the start script writes of two variables. MLflow looks every minute whether a pass is
 * due, in the runner of its background jobs: without those nothing is moved, however the file is. It writes to the bucket itself, never through a server. */
#include "config.h"
#include "plan/archival.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "plan/axes.h"

#include <stdlib.h>

#define QUESTION "server.archive_traces_days"

static bool when_jobs(const struct answers *a)
{
	return answers_bool(a, "server.jobs");
}

bool archival_wanted(const struct answers *a)
{
	return when_jobs(a) && answers_int(a, QUESTION) > 0;
}

/* clang-format off */
const struct question archival_questions[] = {
	{.id = QUESTION, .quiet = true, .page = "image", .type = TYPE_INT, .title = N_("Archive traces after"),
	 .help = N_("What is in older traces moves from the database to the bucket, where it is cheaper; MLflow still shows it. It is one of the background jobs, and cannot "
		    "be undone. 0: never."),
	 .after = "server.jobs", .when = when_jobs, .min = 0, .max = 3650, .unit = N_("days"), .counted = count_days, .preset = "0"},
	{.id = NULL},
};
/* clang-format on */

void archival_check(const struct answers *a, problem_fn *found, void *arg)
{
	if (archival_wanted(a) && axes_of(a).artifacts->kept_by_target)
		found(arg, QUESTION,
		      _("Traces are archived to a bucket, and in a trial on a volume there is none: leave this at 0."));
}

void archival_add(struct design *d, struct container *c)
{
	if (!archival_wanted(d->answers))
		return;
	char *where = xasprintf("gs://%s/traces", d->bucket), *age = xasprintf("%dd", answers_int(d->answers, QUESTION));
	container_set(c, "TRACE_ARCHIVE", where);
	container_set(c, "TRACE_ARCHIVE_AFTER", age);
	design_ask(d, "needed", "TRACE_ARCHIVE");
	design_ask(d, "needed", "TRACE_ARCHIVE_AFTER");
	design_line(d, "prepare", "archive=$(mktemp)");
	design_line(
	    d, "prepare",
	    "printf 'trace_archival:\\n  enabled: true\\n  location: \"%s\"\\n  retention: \"%s\"\\n' \"$TRACE_ARCHIVE\" "
	    "\"$TRACE_ARCHIVE_AFTER\" >\"$archive\"");
	design_line(d, "flags", "--trace-archival-config \"$archive\"");
	free(age);
	free(where);
}
