/* destroy FILE: removes what apply made. It takes consent, and words of their own for data: on the command line or typed. */
#include "config.h"
#include "cmd/verbs.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "cmd/runner.h"
#include "gcp/kind.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is this word typed? Anything else, the end of the input too, means no. */
static bool typed(const char *word)
{
	char line[256];
	fflush(stderr);
	if (!fgets(line, sizeof line, stdin))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return !strcmp(line, word);
}

/* Has the stack data of this kind? Where its plan cannot be made, whoever is asked knows. */
static bool has_data(const struct plan *p, const struct kind *k)
{
	for (size_t i = 0; p && i < p->count; i++)
		if (p->resources[i].kind == k)
			return true;
	return !p;
}

/* Each kind of data goes on its own word; an empty line keeps it. */
static void ask_for_data(struct cli *cli, const struct plan *p)
{
	for (const struct kind *const *k = kinds; *k; k++) {
		const char *word = (*k)->data_word;
		if (!word || !has_data(p, *k))
			continue;
		fprintf(stderr, _("%s: protected data are kept. To delete them for good type \"%s\", Enter keeps them: "),
			_((*k)->title), word);
		if (!typed(word))
			continue;
		cli->delete_data = xgrow(cli->delete_data, cli->delete_count + 1, &cli->delete_room, sizeof *cli->delete_data);
		cli->delete_data[cli->delete_count++] = word;
		cli->delete_data[cli->delete_count] = NULL;
	}
}

static enum exit_code ask_and_run(const struct cli *given, struct err *e)
{
	struct answers *a = cli_answers(given, e);
	if (!a)
		return e->exit;
	const char *stack = answers_str(a, "stack.name");
	struct cli cli = *given;
	fprintf(stderr, _("This removes stack %s from project %s. Type the stack's name to go on: "), stack,
		answers_str(a, "project.id"));
	cli.yes = typed(stack);
	if (!cli.yes) {
		answers_free(a);
		err_set(e, EXIT_USAGE, NULL, NULL, _("the name was not typed; nothing was changed."));
		return e->exit;
	}
	cli.delete_data = NULL;
	cli.delete_count = cli.delete_room = 0;
	struct err unplanned = {0};
	struct plan *p = plan_make(a, &unplanned);
	ask_for_data(&cli, p);
	err_free(&unplanned);
	plan_free(p);
	answers_free(a);
	enum exit_code code = runner_run(&cli, RUN_DESTROY, NULL, e);
	free(cli.delete_data);
	return code;
}

static enum exit_code verb_destroy_run(const struct cli *cli, struct err *e)
{
	if (cli->yes)
		return runner_run(cli, RUN_DESTROY, NULL, e);
	if (isatty(STDIN_FILENO))
		return ask_and_run(cli, e);
	err_set(e, EXIT_USAGE, NULL,
		_("Say --yes to destroy it, and --delete-data database or --delete-data artifacts for what is protected; "
		  "`mlflow-setup plan FILE` shows what is there."),
		_("this would delete the server and everything of the stack that is not protected."));
	return e->exit;
}

const struct verb verb_destroy = {
    .name = "destroy",
    .title = N_("remove what apply made; protected data stay unless named"),
    .takes = "FILE",
    .run = verb_destroy_run,
};
