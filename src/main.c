/* main is a hand-over: locale, memory, secrets, then a verb or the wizard. */
#include "config.h"

#include "base/err.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/process.h"
#include "base/secret.h"
#include "cmd/cli.h"
#include "cmd/language.h"
#include "cmd/luck.h"
#include "cmd/open.h"
#include "net/recorder.h"
#include "ui/wizard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the wizard keeps the answers when no file was named. */
#define DEFAULT_FILE "mlflow.json"

static enum exit_code report(struct err *e)
{
	enum exit_code code = e->exit ? e->exit : EXIT_GENERAL;
	if (e->what) {
		char *text = err_text(e);
		for (char *line = text, *next; line; line = next) {
			next = strchr(line, '\n');
			if (next)
				*next++ = '\0';
			if (*line)
				fprintf(stderr, "mlflow-setup: %s\n", line);
		}
		free(text);
	}
	err_free(e);
	return code;
}

/* The file's answers, or empty ones when there is no such file so far. */
static struct answers *previous_answers(struct cli *cli, struct err *e)
{
	if (!cli->file)
		cli->file = DEFAULT_FILE;
	if (access(cli->file, F_OK) == 0 || errno != ENOENT)
		return cli_answers(cli, e);
	struct answers *a = answers_new();
	if (cli_settle(cli, a, e))
		return a;
	answers_free(a);
	return NULL;
}

static struct session *open_for_wizard(void *arg, struct err *sign_in)
{
	return open_session(arg, true, sign_in);
}

static enum exit_code run_wizard(struct cli *cli, struct err *e)
{
	struct answers *a = previous_answers(cli, e);
	if (!a)
		return report(e);
	struct wizard_options o = {.file = cli->file,
				   .rehearsal = cli->rehearse,
				   .plain = cli->plain,
				   .ascii = cli->ascii,
				   .color = cli->color,
				   .open = open_for_wizard,
				   .arg = cli};
	int code = wizard_run(NULL, a, &o);
	answers_free(a);
	return (enum exit_code)code;
}

/* The verb, or the wizard when there is none. */
static enum exit_code run(struct cli *cli, const struct verb *verb, struct err *e)
{
	if (!verb)
		return run_wizard(cli, e);
	enum exit_code code = verb->run(cli, e);
	return e->exit ? report(e) : code;
}

/* Says what is in the recording, and closes it. */
static void end_recording(struct cli *cli)
{
	const char *why;
	unsigned long count = recorder_count(cli->recorder, &why);
	if (why)
		outside_print(stderr, _("The recording %s ends after %lu exchanges: %s.\n"), cli->record, count, _(why));
	else if (!cli->quiet)
		outside_print(stderr, _("Recorded in %s: %lu exchanges.\n"), cli->record, count);
	recorder_close(cli->recorder);
}

static enum exit_code run_recorded(struct cli *cli, const struct verb *verb, struct err *e)
{
	cli->recorder = recorder_open(cli->record, 0, e);
	if (!cli->recorder)
		return report(e);
	enum exit_code code = run(cli, verb, e);
	end_recording(cli);
	return code;
}

int main(int argc, char **argv)
{
	process_hold_standard_fds();
	const char *missing = language_begin(LOCALEDIR);
	if (missing)
		fprintf(stderr,
			"This system has no locale %s, so this speaks English. Where the package \"locales\" is installed, "
			"localedef makes it.\n",
			missing);
	mem_install();
	signal(SIGPIPE, SIG_IGN);
	/* A limit on the size of files is an error of write(), which is told, and no death in the midst of it. */
	signal(SIGXFSZ, SIG_IGN);

	struct err e = {0};
	struct cli cli;
	const struct verb *verb;
	bool done;
	enum exit_code code = EXIT_DONE;
	bool understood = cli_parse(argc, argv, &cli, &verb, &done, &e);
	if (understood && cli.rehearse)
		luck_fix(cli.seed);
	if (!understood || (!done && !secret_init(&e))) {
		code = report(&e);
	} else if (!done) {
		code = cli.record ? run_recorded(&cli, verb, &e) : run(&cli, verb, &e);
	}
	free(cli.set);
	free(cli.delete_data);
	free(cli.leave_out);
	if (fflush(stdout) != 0 || ferror(stdout))
		code = code ? code : EXIT_CANTWRITE;
	return code;
}
