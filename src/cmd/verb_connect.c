/* connect FILE: what a client needs, as shell lines to paste or evaluate. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "plan/axes.h"

#include <stdlib.h>

static void print(const struct plan *p)
{
	struct buf lines = {0};
	buf_puts(&lines, "export MLFLOW_TRACKING_URI=");
	escape_word(p->url, &lines);
	buf_putc(&lines, '\n');
	if (p->axes.exposure->connect)
		p->axes.exposure->connect(p, &lines);
	p->axes.auth->connect(p, &lines);
	if (p->axes.artifacts->connect)
		p->axes.artifacts->connect(p, &lines);
	fputs(buf_text(&lines), stdout);
	buf_free(&lines);
}

static enum exit_code verb_connect_run(const struct cli *cli, struct err *e)
{
	struct answers *a = NULL;
	struct plan *p = cli_applied(cli, &a, e);
	if (p)
		print(p);
	plan_free(p);
	answers_free(a);
	return e->exit;
}

const struct verb verb_connect = {
    .name = "connect",
    .title = N_("print what a client needs, for a shell"),
    .takes = "FILE",
    .run = verb_connect_run,
};
