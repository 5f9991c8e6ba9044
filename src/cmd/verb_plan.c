/* plan FILE: what would change, as a table or (--json) as JSON; exit 2 when something would. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/outside.h"
#include "cmd/runner.h"
#include "plan/show.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The terminal's columns, 0 where the table goes to a file or a program: whoever searches it there has to find whole names. */
static int columns(void)
{
	struct winsize size = {0};
	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void show(const struct cli *cli, const struct run *r)
{
	const struct plan *p = run_plan(r);
	if (!p)
		return;
	const struct change **changes = calloc(p->count, sizeof *changes);
	if (!changes)
		abort();
	for (size_t i = 0; i < p->count; i++)
		changes[i] = run_change(r, i);
	if (cli->json) {
		cJSON *j = plan_json(p, (const struct change *const *)changes);
		outside_json(j, false);
		char *text = json_text(j, -1);
		puts(text);
		free(text);
		cJSON_Delete(j);
	} else {
		struct buf table = {0};
		plan_table(p, (const struct change *const *)changes, columns(), &table);
		outside_print(stdout, "%s", buf_text(&table));
		buf_free(&table);
	}
	free(changes);
}

static enum exit_code verb_plan_run(const struct cli *cli, struct err *e)
{
	return runner_run(cli, RUN_PLAN, show, e);
}

const struct verb verb_plan = {
    .name = "plan",
    .title = N_("show what would change; exit 2 when something would"),
    .takes = "FILE",
    .run = verb_plan_run,
};
