/* Opens a session: the real cloud, a proxied one, or a rehearsal on the simulated cloud in process. */
#ifndef MS_CMD_OPEN_H
#define MS_CMD_OPEN_H

#include "base/err.h"
#include "cmd/cli.h"
#include "engine/session.h"

/* paced: a rehearsal is to be watched (the wizard) instead of jumping from event to event. Missing credentials are a failure for a verb
 * (EXIT_CONFIG) and are told on the first page by the wizard. NULL with e on failure. The caller frees the session. */
struct session *open_session(const struct cli *cli, bool paced, struct err *e);

#endif
