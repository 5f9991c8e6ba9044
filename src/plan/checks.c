/* What makes an answer, or several together, impossible. Pure rules; sources are the numbers of the MLflow sheet's validators. */
#include "config.h"
#include "plan/checks.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/alerts.h"
#include "plan/archival.h"
#include "plan/axes.h"
#include "plan/cleanup.h"
#include "plan/labels.h"
#include "plan/regions.h"
#include "plan/releases.h"
#include "plan/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* References to secrets ---------------------------------------------------------------------------------------------------------- */

const char reference_pattern[] =
    "^(prompt|env:[A-Za-z_][A-Za-z0-9_]*|file:[^\n]+|sealed:[^\n]+|secret:projects/[a-z0-9-]+/secrets/[A-Za-z0-9_-]+/"
    "versions/[0-9]+)$";
const char reference_form[] = N_(
    "prompt, env:NAME, file:PATH, sealed:NAME or secret:projects/PROJECT/secrets/NAME/versions/NUMBER.");

const char *check_reference(const struct answers *a, const char *value)
{
	(void)a;
	if (text_starts(value, "GOCSPX-"))
		return N_("This is the secret itself. The file holds a reference only: prompt, env:NAME, file:PATH, "
			  "sealed:NAME or secret:projects/...");
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
		return N_("MLflow before 3.5.0 does not check hosts and origins. Choose 3.17.2, or 3.16.1 and newer.");
	return release_known(value)
		   ? NULL
		   : N_("The image's set of packages was tried with MLflow 3.16.1, 3.17.0, 3.17.1 and 3.17.2 only.");
}

/* Several together ---------------------------------------------------------------------------------------------------------------- */

/* That PostgreSQL allows where nothing is said. */
#define CONNECTIONS_BESIDE 100

/* At the peak each worker holds two engines of pool 2 + overflow 3, and each instance two more (C4-08); 60 % of what the database
 * allows leaves room for the migration and the next revision (F3-10). */
static void check_connections(const struct answers *a, problem_fn *found, void *arg)
{
	struct axes x = axes_of(a);
	int instances = x.target->instances ? x.target->instances(a) : 1, workers = answers_int(a, "server.workers");
	int allowed = x.path->beside ? CONNECTIONS_BESIDE : x.database->connections(answers_str(a, "database.tier"));
	int need = instances * (workers * 2 * 5 + 2), room = allowed * 6 / 10;
	if (need <= room)
		return;
	if (x.path->beside) {
		found(arg, "server.workers",
		      _("The database in the cluster has room for the connections of 5 workers: choose so many at the most."));
		return;
	}
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
	char *s = xasprintf(ngettext("%d worker needs %d GiB of memory: give more, or lower server.workers.",
				     "%d workers need %d GiB of memory: give more, or lower server.workers.",
				     (unsigned long)workers),
			    workers, workers);
	found(arg, "server.memory", s);
	free(s);
}

static void check_soft_delete(const struct answers *a, problem_fn *found, void *arg)
{
	int days = answers_int(a, "artifacts.soft_delete_days");
	if (days > 0 && days < 7)
		found(arg, "artifacts.soft_delete_days",
		      _("Cloud Storage keeps deleted objects for 7 to 90 days, or 0 for not at all."));
}

/* A name that Google is known to refuse would be refused in the middle of a run. */
static void check_names(const struct answers *a, problem_fn *found, void *arg)
{
	const char *stack = answers_str(a, "stack.name");
	if (strstr(stack, "google") || strstr(stack, "g00gle") || text_starts(stack, "goog"))
		found(arg, "stack.name",
		      _("The name goes into names of buckets, which may not contain \"google\" nor begin with \"goog\"."));
}

static const struct region *region_of(const char *id)
{
	const struct region *r = regions;
	while (r->id && strcasecmp(r->id, id))
		r++;
	return r->id ? r : NULL;
}

static void check_region(const struct answers *a, problem_fn *found, void *arg)
{
	const char *region = answers_str(a, "region"), *ids[64] = {0};
	if (region_of(region))
		return;
	for (size_t i = 0; regions[i].id && i < 63; i++)
		ids[i] = regions[i].id;
	const char *near = text_nearest(region, ids);
	char *s = near ? xasprintf(_("There is no region %s with Cloud Run. Did you mean %s?"), region, near)
		       : xasprintf(_("There is no region %s with Cloud Run."), region);
	found(arg, "region", s);
	free(s);
}

/* Multi-regions and predefined pairs of regions, with the beginnings of the regions on their continent (Cloud Storage's table of locations). */
static const struct place {
	const char *id, *regions; /* beginnings, each between blanks; NULL where any region may use it */
} places[] = {
    {"us", " us- northamerica- "},   {"eu", " europe- "},   {"asia", " asia- "},
    {"nam4", " us- northamerica- "}, {"eur4", " europe- "}, {"eur5", " europe- "},
    {"eur7", " europe- "},           {"eur8", " europe- "}, {"asia1", " asia- "},
};

/* Does a continent that has multi-regions of its own hold this region, and not that place? */
static bool elsewhere(const char *region, const struct place *place)
{
	char *start = xasprintf(" %.*s- ", (int)strcspn(region, "-"), region);
	bool here = strstr(place->regions, start) != NULL, known = false;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		known |= strstr(places[i].regions, start) != NULL;
	free(start);
	return known && !here;
}

static void check_location(const struct answers *a, problem_fn *found, void *arg)
{
	const char *location = answers_str(a, "artifacts.location"), *region = answers_str(a, "region");
	const struct place *place = NULL;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (!strcasecmp(places[i].id, location))
			place = &places[i];
	char *s = NULL;
	if (!place && !region_of(location))
		s = xasprintf(_("There is no place %s for a bucket: name a region, or a multi-region such as us, eu or asia."),
			      location);
	else if (place && elsewhere(region, place))
		s = xasprintf(_("%s is on another continent than region %s: files would travel between them, at a price. "
				"Choose the region, or a "
				"multi-region of its continent."),
			      location, region);
	if (s)
		found(arg, "artifacts.location", s);
	free(s);
}

/* What the stack that stands has chosen on an axis, by its earliest choices: later ones are of runs that did not get there. NULL where none stands. */
static const struct choice *stands_with(const struct answers *a, const char *question)
{
	const cJSON *first = cJSON_GetArrayItem(json_at(a->resolved, "choices"), 0),
		    *was = cJSON_GetObjectItemCaseSensitive(first, question);
	const struct choice *c = NULL;
	const struct question *q = question_find(question);
	for (size_t i = 0; json_at(a->resolved, "release") && cJSON_IsString(was) && (c = q->nth(i)); i++)
		if (!c->later && !strcmp(c->id, was->valuestring))
			return c;
	return NULL;
}

/* Tables and files are not carried between a volume of the cluster and what Google keeps. A choice is the first member of its axis' struct. */
static void check_moved(const struct answers *a, problem_fn *found, void *arg)
{
	const struct axes x = axes_of(a);
	const struct database_path *path = (const struct database_path *)stands_with(a, "database.path");
	const struct artifact_mode *artifacts = (const struct artifact_mode *)stands_with(a, "artifacts.mode");
	if (path && !path->beside != !x.path->beside)
		found(arg, "database.path",
		      _("The tables stand elsewhere, and the database does not move: destroy the stack first, with its data, "
			"or make a new one beside "
			"it."));
	if (artifacts && artifacts->kept_by_target != x.artifacts->kept_by_target)
		found(arg, "artifacts.mode",
		      _("The files stand elsewhere, and do not move: destroy the stack first, with its data, or make a new one "
			"beside it."));
}

/* One address has one load balancer: what the plan makes and what a cluster makes of an Ingress cannot hold it together. */
static void check_address(const struct answers *a, problem_fn *found, void *arg)
{
	const struct axes x = axes_of(a);
	const struct target *target = (const struct target *)stands_with(a, "target");
	const struct exposure *exposure = (const struct exposure *)stands_with(a, "exposure");
	bool held = exposure && exposure->ingress == INGRESS_BALANCER && x.exposure->ingress == INGRESS_BALANCER;
	if (held && target && !target->balance != !x.target->balance)
		found(arg, "target",
		      _("The domain's address is held by a load balancer of another kind until that is gone: apply another "
			"exposure first, then this target with the domain."));
}

void check_together(const struct answers *a, problem_fn *found, void *arg)
{
	check_names(a, found, arg);
	check_region(a, found, arg);
	check_location(a, found, arg);
	struct axes x = axes_of(a);
	const struct choice *c;
	for (size_t i = 0; (c = axes_nth(&x, i)); i++)
		if (c->check)
			c->check(a, found, arg);
	check_moved(a, found, arg);
	check_address(a, found, arg);
	check_connections(a, found, arg);
	check_memory(a, found, arg);
	check_soft_delete(a, found, arg);
	settings_check(a, found, arg);
	alerts_check(a, found, arg);
	cleanup_check(a, found, arg);
	archival_check(a, found, arg);
	labels_check(a, found, arg);
}
