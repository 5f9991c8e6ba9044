/* The releases that this program knows: MLflow's, each tried with the pinned packages of the image, and oauth2-proxy's. */
#ifndef MS_PLAN_RELEASES_H
#define MS_PLAN_RELEASES_H

#include <stdbool.h>

/* -1, 0 or 1 by the three numbers of each; a text that is no version is lower than any. */
int release_compare(const char *a, const char *b);
/* Is this release of MLflow known? */
bool release_known(const char *mlflow);
/* The newest known release of MLflow or of oauth2-proxy. */
const char *release_newest_mlflow(void);
const char *release_newest_proxy(void);
/* Do both releases of MLflow have the same tables? False where one is not known. */
bool release_same_schema(const char *a, const char *b);

#endif
