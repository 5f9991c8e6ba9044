/* A rehearsal: requests go to the simulated cloud in process and come back after its latency. It may be left out of the program. */
#ifndef MS_CMD_REHEARSAL_H
#define MS_CMD_REHEARSAL_H

#include "base/err.h"
#include "cmd/cli.h"
#include "engine/session.h"

/* Is the simulated cloud part of this program? False with e (EXIT_USAGE) when it was left out. */
bool rehearsal_there(struct err *e);
/* A session in a new simulated cloud, of the world and with the faults that cli names. paced: to be watched, at cli's speed, instead of jumping from
 * event to event. NULL with e on failure. The caller frees the session. */
struct session *rehearsal_open(const struct cli *cli, bool paced, struct err *e);

#endif
