/* destroy FILE --yes: removes what apply made. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "cmd/runner.h"

static enum exit_code run(const struct cli *cli, struct err *e)
{
	if (!cli->yes) {
		err_set(e, EXIT_USAGE, NULL, _("Say --yes to destroy it; `mlflow-setup plan FILE` shows what is there."),
			_("this would delete the database, the artifacts and everything else of the stack."));
		return e->exit;
	}
	return runner_run(cli, RUN_DESTROY, NULL, e);
}

const struct verb verb_destroy = {
	.name = "destroy",
	.title = N_("remove what apply made (needs --yes)"),
	.takes = "FILE",
	.run = run,
};
