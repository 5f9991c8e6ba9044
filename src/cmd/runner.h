/* A run without a screen: what plan, apply and destroy share. */
#ifndef MS_CMD_RUNNER_H
#define MS_CMD_RUNNER_H

#include "cmd/cli.h"
#include "engine/session.h"

/* Loads the answers, opens the session, runs to the end printing events (plain lines on stderr, or JSON on stdout with --json) and saving
 * what was resolved. finish, which may be NULL, sees the finished run before it is freed. Ctrl-C once lets what is in flight finish,
 * twice leaves now. Returns the exit code; failures before the run are left in e. */
enum exit_code runner_run(const struct cli *cli, enum run_verb verb, void (*finish)(const struct cli *cli, const struct run *r),
			  struct err *e);

#endif
