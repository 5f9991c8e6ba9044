/* Stands for rehearsal.c where the program is built without its simulated cloud (--disable-rehearsal). */
#include "config.h"
#include "cmd/rehearsal.h"

#include "base/gettext.h"

bool rehearsal_there(struct err *e)
{
	return err_set(e, EXIT_USAGE, NULL,
		       _("Use one that is built with it: a build has it unless it was configured with --disable-rehearsal."),
		       _("this mlflow-setup was built without the simulated cloud: it cannot rehearse."));
}

struct session *rehearsal_open(const struct cli *cli, bool paced, struct err *e)
{
	(void)cli;
	(void)paced;
	rehearsal_there(e);
	return NULL;
}
