/* Reads the Cloud Billing catalog, page by page, and lets it take the place of the table's prices (gcp/catalog.h). */
#ifndef MS_ENGINE_CATALOG_READ_H
#define MS_ENGINE_CATALOG_READ_H

#include "base/err.h"
#include "net/api.h"

struct catalog_read;

/* done comes once, perhaps before catalog_read_begin returns, and may free it: why is NULL when prices are known, else says why none are, if anything does. Where kept,
 * what was read within a day is taken from $XDG_CACHE_HOME/mlflow-setup/prices-SERVICE.json, and what is read is written there. now: seconds since
 * 1970. */
typedef void catalog_done(void *arg, const struct err *why);
struct catalog_read *catalog_read_new(struct api *api, double now, bool kept, catalog_done *done, void *arg);
void catalog_read_begin(struct catalog_read *r);
/* Stops it: done does not come any more. NULL is allowed. */
void catalog_read_free(struct catalog_read *r);

#endif
