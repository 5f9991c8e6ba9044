#include "config.h"
#include "plan/releases.h"

#include <stdio.h>
#include <string.h>

/* Those for which pip finds a way through the pinned packages of templates/shared/constraints.txt, each tried; and the revision at which its migrations
 * end, by alembic's name. Oldest first. */
static const struct {
	const char *version, *schema;
} mlflow[] = {
    {"3.16.1", "b7e2c1a4d9f3"},
    {"3.17.0", "dc11669786a5"},
    {"3.17.1", "dc11669786a5"},
    {"3.17.2", "dc11669786a5"},
};
enum { MLFLOW = sizeof mlflow / sizeof *mlflow };

static const char newest_proxy[] = "7.15.6";

int release_compare(const char *a, const char *b)
{
	int x[3] = {-1, -1, -1}, y[3] = {-1, -1, -1};
	sscanf(a, "%d.%d.%d", &x[0], &x[1], &x[2]);
	sscanf(b, "%d.%d.%d", &y[0], &y[1], &y[2]);
	for (int i = 0; i < 3; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static const char *schema_of(const char *version)
{
	for (size_t i = 0; i < MLFLOW; i++)
		if (!strcmp(mlflow[i].version, version))
			return mlflow[i].schema;
	return NULL;
}

bool release_known(const char *version)
{
	return schema_of(version) != NULL;
}

const char *release_newest_mlflow(void)
{
	return mlflow[MLFLOW - 1].version;
}

const char *release_newest_proxy(void)
{
	return newest_proxy;
}

bool release_same_schema(const char *a, const char *b)
{
	const char *one = schema_of(a), *other = schema_of(b);
	return one && other && !strcmp(one, other);
}
