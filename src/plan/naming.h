/* Names in the cloud, made from project, stack and suffix, always within Google's limits (reference/gcp-api.md, mlflow.md F3-06, F3-07). */
#ifndef MS_PLAN_NAMING_H
#define MS_PLAN_NAMING_H

#include "base/err.h"

#include <stdbool.h>

/* "STACK-WHAT"; the caller frees, as with all here. A stack's name has at most 20 characters, so there is room for a WHAT of 9. */
char *name_of(const char *stack, const char *what);
/* A service account's e-mail: "STACK-WHAT@PROJECT.iam.gserviceaccount.com". */
char *name_email(const char *stack, const char *what, const char *project);
/* A bucket's: "PROJECT-STACK-WHAT-SUFFIX", the project cut short where it would pass 63, and left out where it holds "goog", which no bucket
 * name may. */
char *name_bucket(const char *project, const char *stack, const char *what, const char *suffix);
/* The service's deterministic host: "STACK-NUMBER.REGION.run.app". */
char *name_run_host(const char *stack, const char *number, const char *region);
/* Does the path of the socket (a file's name) that Cloud SQL's connectors make fit into sun_path (107 bytes)? EXIT_ANSWERS. */
bool name_check(const char *project, const char *region, const char *stack, const char *suffix, const char *socket,
		struct err *e);
/* Has the first label of a host at most 63 characters? EXIT_ANSWERS. */
bool name_check_host(const char *host, struct err *e);

#endif
