/* A run without a screen: what plan, apply and destroy share. */
#ifndef MS_CMD_RUNNER_H
#define MS_CMD_RUNNER_H

#include "cmd/cli.h"
#include "engine/session.h"

/* Tells of a run that has ended, and is freed afterwards. */
typedef void run_shown(const struct cli *cli, const struct run *r);

/* Loads the answers, opens the session, runs to the end printing events (plain lines on stderr, or JSON on stdout with --json) and saving
 * what was resolved. With show, which may be NULL, the run is told by that, with the catalog's prices, and of its events only failures are. Ctrl-C once
 * lets what is in flight finish, twice leaves now. Returns the exit code; failures before the run are left in e. */
enum exit_code runner_run(const struct cli *cli, enum run_verb verb, run_shown *show, struct err *e);

#endif
