/* validate FILE: every problem of an answers file, without a cloud. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/outside.h"

static enum exit_code verb_validate_run(const struct cli *cli, struct err *e)
{
	struct answers *a = cli_answers(cli, e);
	bool fine = a && answers_check(a, cli->file, e);
	answers_free(a);
	if (!fine)
		return e->exit;
	if (!cli->quiet)
		outside_print(stderr, _("%s: the answers are valid.\n"), cli->file);
	return EXIT_DONE;
}

const struct verb verb_validate = {
    .name = "validate",
    .title = N_("check an answers file"),
    .takes = "FILE",
    .run = verb_validate_run,
};
