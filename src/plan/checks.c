/* What makes an answer, or several together, impossible. Pure rules; sources are the numbers of the MLflow sheet's validators. */
#include "config.h"
#include "plan/checks.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/axes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* References to secrets ---------------------------------------------------------------------------------------------------------- */

const char *check_reference(const struct answers *a, const char *value)
{
	(void)a;
	if (text_starts(value, "GOCSPX-"))
		return N_("This is the secret itself. The file holds a reference only: prompt, env:NAME, file:PATH or secret:projects/...");
	if (text_starts(value, "secret:") && text_ends(value, "/versions/latest"))
		return N_("Name a version by its number: \"latest\" would change under a running server.");
	return NULL;
}

/* Versions ----------------------------------------------------------------------------------------------------------------------- */

bool older_than(const char *value, int major, int minor, int patch)
{
	int x = 0, y = 0, z = 0;
	if (sscanf(value, "%d.%d.%d", &x, &y, &z) != 3)
		return false;
	if (x != major)
		return x < major;
	return y != minor ? y < minor : z < patch;
}

const char *check_mlflow_version(const struct answers *a, const char *value)
{
	(void)a;
	if (older_than(value, 3, 5, 0))
		return N_("MLflow before 3.5.0 does not check hosts and origins. Choose 3.5.0 or newer.");
	return NULL;
}

/* Several together ---------------------------------------------------------------------------------------------------------------- */

/* At the peak each worker holds two engines of pool 2 + overflow 3, and each instance two more (C4-08); 60 % of what the database
 * allows leaves room for the migration and the next revision (F3-10). */
static void check_connections(const struct answers *a, problem_fn *found, void *arg)
{
	int instances = answers_int(a, "server.max_instances"), workers = answers_int(a, "server.workers");
	int need = instances * (workers * 2 * 5 + 2), room = axes_of(a).database->connections(answers_str(a, "database.tier")) * 6 / 10;
	if (need <= room)
		return;
	char *s = xasprintf(_("%d instances with %d workers may open %d database connections, but this tier has room for %d. "
			      "Choose a larger database.tier, or lower server.max_instances or server.workers."),
			    instances, workers, need, room);
	found(arg, "database.tier", s);
	free(s);
}

/* Resident memory by workers, jobs off (C10-06). */
static void check_memory(const struct answers *a, problem_fn *found, void *arg)
{
	int gib = atoi(answers_str(a, "server.memory")), workers = answers_int(a, "server.workers");
	if (workers <= gib)
		return;
	char *s = xasprintf(_("%d workers need %d GiB of memory: give more, or fewer workers."), workers, workers);
	found(arg, "server.memory", s);
	free(s);
}

static void check_soft_delete(const struct answers *a, problem_fn *found, void *arg)
{
	int days = answers_int(a, "artifacts.soft_delete_days");
	if (days > 0 && days < 7)
		found(arg, "artifacts.soft_delete_days", _("Cloud Storage keeps deleted objects for 7 to 90 days, or 0 for not at all."));
}

void check_together(const struct answers *a, problem_fn *found, void *arg)
{
	struct axes x = axes_of(a);
	const struct choice *c;
	for (size_t i = 0; (c = axes_nth(&x, i)); i++)
		if (c->check)
			c->check(a, found, arg);
	check_connections(a, found, arg);
	check_memory(a, found, arg);
	check_soft_delete(a, found, arg);
}
