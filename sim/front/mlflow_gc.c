/* `mlflow gc`: what was deleted in MLflow longer ago than --older-than goes for good, with its files. As MLflow 3 does it: on the database itself, but files at
 * mlflow-artifacts: are deleted by asking the server at the tracking URI, which here is one that the same script left running. */
#include "config.h"
#include "sim/front/mlflow_server.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/front/mlflow_data.h"

#include <stdlib.h>
#include <string.h>

struct gc {
	struct sim *s;
	struct mlflow *m;
	const struct mlflow_place *place;
	double before; /* what was deleted then or earlier goes; seconds */
	struct buf *wrote;
};

static void stop(struct gc *g, char *text)
{
	mlflow_stop(g->m, 1, 6, text);
}

/* "30d", "1.5d2h3m4s" in seconds; negative when it is no such time. */
static double age(const char *text)
{
	static const struct {
		char unit;
		double seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
	double sum = 0;
	for (size_t i = 0; i < sizeof units / sizeof *units && *text; i++) {
		size_t len = strspn(text, "0123456789.");
		if (!len || text[len] != units[i].unit)
			continue;
		sum += strtod(text, NULL) * units[i].seconds;
		text += len + 1;
	}
	return *text ? -1 : sum;
}

/* A flag of the server that the script left running on this port, or NULL when there is none. One that serves files alone does not start when it is told of a
 * database. */
static const char *beside(const struct gc *g, const char *port, const char *flag)
{
	cJSON *argv;
	cJSON_ArrayForEach(argv, g->m->k->beside) {
		struct container other = {.argv = argv};
		const char *own = container_flag(&other, "--port");
		if (container_has(&other, "--artifacts-only") && *container_env(g->m->k, "MLFLOW_BACKEND_STORE_URI", ""))
			continue;
		if (container_runs(&other, "mlflow") && container_has(&other, "server") &&
		    !container_has(&other, "--no-serve-artifacts") && !strcmp(own ? own : "5000", port))
			return container_flag(&other, flag);
	}
	return NULL;
}

/* Where a run's files are: "gs://..."; NULL, having stopped, when nobody can tell. */
static const char *place_of(struct gc *g, const char *uri)
{
	const char *server = mlflow_setting(g->m, "--tracking-uri", "MLFLOW_TRACKING_URI", ""), *colon = strrchr(server, ':');
	const char *destination = colon && text_starts(server, "http://127.0.0.1:")
				      ? beside(g, colon + 1, "--artifacts-destination")
				      : NULL;
	if (text_starts(uri, "gs://"))
		return uri;
	if (destination && text_starts(destination, "gs://"))
		return sim_tmp("%s/%s", destination, uri + strlen("mlflow-artifacts:/"));
	stop(g,
	     xasprintf("mlflow.exceptions.MlflowException: API request to %s/api/2.0/mlflow-artifacts/artifacts/%s failed with "
		       "exception HTTPConnectionPool: Max retries exceeded",
		       server, uri + strlen("mlflow-artifacts:/")));
	return NULL;
}

static bool delete_files(struct gc *g, const char *uri)
{
	const char *where = place_of(g, uri), *why = NULL;
	if (!where)
		return false;
	size_t len = strcspn(where + 5, "/");
	const char *bucket = sim_tmp("%.*s", (int)len, where + 5),
		   *prefix = sim_tmp("%s/", where + 5 + len + (where[5 + len] == '/'));
	cJSON *names = sim_object_names(g->s, g->place->principal, bucket, prefix, &why), *n;
	bool fine = names != NULL;
	cJSON_ArrayForEach(n, names)
		fine = fine && sim_object_delete(g->s, g->place->principal, bucket, json_str(n, "name", ""), &why);
	cJSON_Delete(names);
	if (!fine)
		stop(g, xasprintf(
			    "google.api_core.exceptions.Forbidden: 403 %s does not have storage.objects.delete access to the "
			    "Google Cloud Storage object in %s (%s)",
			    g->place->principal, bucket, why ? why : ""));
	return fine;
}

/* Of one collection; false when it stopped. */
static bool collect(struct gc *g, const char *collection, const char *stage, const char *uri, const char *word)
{
	const char *prefix = sim_tmp("%s/", g->m->database);
	for (struct sim_object *o = sim_first(g->s, collection, prefix), *next; o; o = next) {
		next = sim_following(g->s, o, prefix);
		if (strcmp(json_str(o->doc, stage, ""), "deleted") || json_num(o->hidden, "deleted", 0) > g->before)
			continue;
		if (uri && !delete_files(g, json_str(o->doc, uri, "")))
			return false;
		buf_printf(g->wrote, "%s with ID %s has been permanently deleted.\n", word, strrchr(o->key, '/') + 1);
		sim_remove(g->s, o);
	}
	return true;
}

void mlflow_gc(struct sim *s, const struct container *k, const struct mlflow_place *place, struct mlflow *m, struct buf *wrote)
{
	const char *older = container_flag(k, "--older-than"), *uri = container_flag(k, "--backend-store-uri");
	double seconds = age(older ? older : "");
	struct gc g = {s, m, place, sim_wall(s) - seconds, wrote};
	mlflow_open(s, k, place, uri ? uri : "sqlite:///mlflow.db", m);
	if (m->error)
		return;
	if (seconds < 0)
		stop(&g,
		     xasprintf("mlflow.exceptions.MlflowException: Could not parse any time information from '%s'.", older));
	else if (!*mlflow_setting(m, "--tracking-uri", "MLFLOW_TRACKING_URI", ""))
		stop(&g, xstrdup("mlflow.exceptions.MlflowException: Tracking URL is not set. Please set MLFLOW_TRACKING_URI "
				 "environment variable or provide --tracking-uri cli option."));
	if (m->error)
		return;
	if (collect(&g, MLFLOW_RUNS, "info.lifecycle_stage", "info.artifact_uri", "Run"))
		collect(&g, MLFLOW_EXPERIMENTS, "lifecycle_stage", NULL, "Experiment");
	m->seconds = 12;
}
