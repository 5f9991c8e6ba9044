/* PostgreSQL in a container: what its data directory holds, and who may log in. The directory outlives the container on a volume alone. */
#ifndef MS_SIM_FRONT_POSTGRES_H
#define MS_SIM_FRONT_POSTGRES_H

#include "sim/front/start.h"

/* Is the program of the container PostgreSQL's server, or the image's entrypoint to it? */
bool postgres_runs(const struct container *k);
/* Starts it: a directory is made by initdb, or by the image's entrypoint from POSTGRES_*, and changed by what was piped into `postgres --single`. */
void postgres_start(struct sim *s, const struct container *k, struct start *r);
/* Does it let this client in? NULL, and *database tells its database from all others (a text of sim_tmp); else why not, as sim_sql_login says it. */
const char *postgres_login(struct sim *s, const struct container *k, const struct sim_sql_client *client,
			   const char **database);
/* The version of the directory at this path of a volume, or NULL where there is none. path is what `kept` of the container calls it. */
const char *postgres_version(struct sim *s, const char *path);

#endif
