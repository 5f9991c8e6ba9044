#include "config.h"
#include "plan/upgrade.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/axes.h"
#include "plan/releases.h"

#include <stdlib.h>
#include <string.h>

/* An image that is given is known by the beginning of its digest alone: another one may hold any MLflow, but for the one that was built. */
static char *release_of(const struct answers *a, const char *stands)
{
	const char *digest = strchr(answers_str(a, "image.digest"), '@');
	if (!strcmp(answers_str(a, "image.source"), "build"))
		return xstrdup(answers_str(a, "image.mlflow_version"));
	if (digest && *stands && !strcmp(digest + 1, json_str(a->resolved, "image_digest", "")))
		return xstrdup(stands);
	return xasprintf("sha256-%.12s", digest ? digest + strlen("@sha256:") : "");
}

void upgrade_offer(const struct answers *a, struct plan *p, const char *question, const char *newest)
{
	if (release_compare(answers_str(a, question), newest) >= 0)
		return;
	if (!p->newer)
		p->newer = cJSON_CreateObject();
	cJSON_AddStringToObject(p->newer, question, newest);
}

/* An older MLflow cannot read newer tables. */
void upgrade_judge(const struct answers *a, struct plan *p)
{
	const char *stands = json_str(a->resolved, "release", "");
	p->release = release_of(a, stands);
	if (!strcmp(answers_str(a, "image.source"), "build"))
		upgrade_offer(a, p, "image.mlflow_version", release_newest_mlflow());
	if (!*stands || !strcmp(stands, p->release) || release_same_schema(stands, p->release))
		return;
	if (*stands != 's' && *p->release != 's' && release_compare(p->release, stands) < 0) {
		char *fix = xasprintf(
		    _("Set it to %s or newer. To go back, restore a backup from before the upgrade into a new stack."), stands);
		err_set(&p->downgrade, EXIT_CONFIG, "image.mlflow_version", fix,
			_("the database has the tables of MLflow %s, which MLflow %s cannot read; there is no way from newer "
			  "tables to older ones."),
			stands, p->release);
		free(fix);
		return;
	}
	p->upgrades = xstrdup(stands);
}

/* Does the tables' release change? */
static bool upgrade_wanted(const struct design *d)
{
	return d->plan->upgrades != NULL;
}

/* Nothing that may fail is left for the time when nobody can work. */
static void need_all(const struct design *d, struct resource *r)
{
	const struct workload *w = d->workload;
	const cJSON *id;
	cJSON_ArrayForEach(id, w->migration_needs)
		plan_needs(r, id->valuestring);
	cJSON_ArrayForEach(id, w->needs)
		plan_needs(r, id->valuestring);
	for (size_t i = 0; i < w->count; i++)
		if (w->containers[i]->source)
			plan_needs(r, w->containers[i]->source);
	if (plan_find(d->plan, "image"))
		plan_needs(r, "image");
}

/* "backup": one of the database, taken before its tables change, once all is there that the new server needs. Where Google keeps none there is none. */
static const char *upgrade_backup(struct design *d)
{
	if (d->axes.path->beside)
		return NULL;
	char *name = xasprintf("%s-before-%s", d->plan->upgrades, d->plan->release);
	cJSON *spec = json_make("{'instance':%s}", d->instance);
	const char *taken = json_str(d->answers->resolved, "backup", NULL);
	if (taken)
		json_put_str(spec, "taken", taken);
	const char *before = d->plan->decided_by;
	d->plan->decided_by = "image.mlflow_version";
	struct resource *r = plan_add(d->plan, "backup", "sqladmin.backupRun", name, spec);
	plan_needs(r, "sql");
	plan_records(r, "id", "backup");
	need_all(d, r);
	d->plan->decided_by = before;
	free(name);
	return "backup";
}

const char *upgrade_stop(struct design *d, const char *kind, const char *name, cJSON *spec)
{
	if (!upgrade_wanted(d)) {
		cJSON_Delete(spec);
		return NULL;
	}
	const char *backup = upgrade_backup(d);
	if (!backup)
		json_put_bool(spec, "unsaved", true);
	const char *before = d->plan->decided_by;
	d->plan->decided_by = "image.mlflow_version";
	struct resource *r = plan_add(d->plan, "stop", kind, name, spec);
	if (backup)
		plan_needs(r, backup);
	need_all(d, r);
	d->plan->decided_by = before;
	return "stop";
}
