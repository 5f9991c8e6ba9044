/* The settings of MLflow 3.17 that a server behind a gate needs, each with its reason. */
#include "config.h"
#include "plan/server.h"

#include "base/mem.h"
#include "plan/archival.h"
#include "plan/axes.h"
#include "plan/settings.h"

#include <stdlib.h>

/* Setting the hosts replaces MLflow's own list, so loopback is named for the probes; a Host with a port is another Host. */
static char *allowed_hosts(const struct design *d)
{
	struct buf b = {0};
	const cJSON *more;
	for (char **h = d->plan->hosts; *h; h++)
		buf_printf(&b, "%s,%s:*,", *h, *h);
	cJSON_ArrayForEach(more, answers_get(d->answers, "server.extra_hosts"))
		buf_printf(&b, "%s,", more->valuestring);
	buf_puts(&b, "localhost,localhost:*,127.0.0.1,127.0.0.1:*");
	return buf_take(&b);
}

static char *allowed_origins(const struct design *d)
{
	struct buf b = {0};
	const cJSON *more;
	buf_puts(&b, d->plan->url);
	cJSON_ArrayForEach(more, answers_get(d->answers, "server.extra_origins"))
		buf_printf(&b, ",%s", more->valuestring);
	return buf_take(&b);
}

/* Sources outside the server's own artifacts are refused; models:/ is how MLflow 3 registers what a run has logged. */
static char *allowed_sources(const struct design *d)
{
	char *more = d->axes.artifacts->sources ? d->axes.artifacts->sources(d) : NULL;
	char *regex = xasprintf("^(mlflow-artifacts:/|models:/|%s%s(dummy-source|prompt-template)$)", more ? more : "",
				more ? "|" : "");
	free(more);
	return regex;
}

void server_settings(struct design *d, struct container *c)
{
	char *hosts = allowed_hosts(d), *origins = allowed_origins(d), *sources = allowed_sources(d);
	char *workers = xasprintf("%d", answers_int(d->answers, "server.workers"));
	d->axes.database->server(d, c);
	/* Instances x workers x 2 engines x (2 + 3) connections at the peak; an overflow of 0 would be taken as 10. */
	container_set(c, "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "2");
	container_set(c, "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW", "3");
	container_set(c, "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE", "1800");
	d->axes.artifacts->server(d, c);
	archival_add(d, c);
	/* Both lists are needed on a public name: the first for every request, the second for what a browser posts. */
	container_set(c, "MLFLOW_SERVER_ALLOWED_HOSTS", hosts);
	container_set(c, "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", origins);
	container_set(c, "MLFLOW_WORKERS", workers);
	/* Jobs start eight more processes, close to 2 GB. */
	container_set(c, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", answers_bool(d->answers, "server.jobs") ? "true" : "false");
	container_set(c, "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX", sources);
	container_set(c, "MLFLOW_DISABLE_TELEMETRY", "true");
	container_set(c, "DO_NOT_TRACK", "true");
	settings_gateway(d->answers, c);
	settings_variables(d->answers, c);
	free(workers);
	free(sources);
	free(origins);
	free(hosts);
}
