/* apply FILE: builds the stack, or whatever of it is missing or differs, and proves it. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "cmd/runner.h"

static enum exit_code verb_apply_run(const struct cli *cli, struct err *e)
{
	return runner_run(cli, RUN_APPLY, NULL, e);
}

const struct verb verb_apply = {
    .name = "apply",
    .title = N_("build what the answers ask for, and prove it"),
    .takes = "FILE",
    .run = verb_apply_run,
};
