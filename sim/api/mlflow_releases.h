/* MLflow's releases as builds and servers meet them: which there are, what each depends on, and its database schema. From
 * sim/contract/mlflow.tbl, which dev/distill-mlflow made of the wheels. */
#ifndef MS_SIM_API_MLFLOW_RELEASES_H
#define MS_SIM_API_MLFLOW_RELEASES_H

#include <stdbool.h>

struct mlflow_release {
	char version[16];
	char revision[16]; /* the head of its schema, as alembic names it */
	int order;         /* how many migrations lead there: a schema with a lower one is older */
	int since; /* a database of a lower order lacks a table that the server looks for at start: it is migrated then and there */
	const char *needs; /* its dependencies in the table, for mlflow_conflict */
};
/* Is there such a release? */
bool mlflow_exists(const char *version);
/* The release, or the nearest one before it that is in the table. */
void mlflow_release(const char *version, struct mlflow_release *r);
/* What the release says of a distribution pinned to this version and does not let pass: its specifier ("<47,>=43.0.0"), or "-" when a distribution
 * of its own that it needs does not exist, whatever name is; NULL when they go together. A passing text. */
const char *mlflow_conflict(const struct mlflow_release *r, const char *name, const char *version);

#endif
