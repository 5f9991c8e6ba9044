/* A shell in the middle of a run: the normal screen, the project set, and back when it ends. */
#include "config.h"
#include "ui/state.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/sealed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The same file wherever the shell goes. */
static void set_file(const char *file)
{
	char *here = *file == '/' ? NULL : getcwd(NULL, 0), *whole = here ? xasprintf("%s/%s", here, file) : NULL;
	setenv("MLFLOW_SETUP_FILE", whole ? whole : file, 1);
	free(whole);
	free(here);
}

static void become_shell(const struct wizard *w)
{
	const char *shell = getenv("SHELL"), *project = answers_str(w->answers, "project.id");
	static const int defaults[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGHUP, SIGTERM};
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		signal(defaults[i], SIG_DFL);
	setenv("CLOUDSDK_CORE_PROJECT", project, 1);
	setenv("GOOGLE_CLOUD_PROJECT", project, 1);
	setenv("CLOUDSDK_COMPUTE_REGION", answers_str(w->answers, "region"), 1);
	setenv("CLOUDSDK_RUN_REGION", answers_str(w->answers, "region"), 1);
	set_file(w->options->file);
	unsetenv(SEALED_PASSPHRASE); /* for us, and not for all that is started from here */
	if (!shell || !*shell)
		shell = "/bin/sh";
	execl(shell, shell, (char *)NULL);
	_exit(127);
}

/* A shell with job control takes the terminal for itself and may not give it back. */
static void take_terminal_back(void)
{
	void (*before)(int) = signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(STDIN_FILENO, getpgrp());
	signal(SIGTTOU, before);
}

/* A shell that was suspended has nobody above it who could let it go on. */
static void wait_for_end(pid_t child, int *status)
{
	while (child > 0) {
		pid_t ended = waitpid(child, status, WUNTRACED);
		if (ended == child && WIFSTOPPED(*status))
			kill(child, SIGCONT);
		else if (ended == child || errno != EINTR)
			return;
	}
}

bool shell_run(const struct wizard *w)
{
	static const int ours[] = {SIGINT, SIGQUIT, SIGTSTP};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before[sizeof ours / sizeof *ours];
	int status = 0;
	outside_print(stdout, _("\nA shell with project %s. exit comes back to mlflow-setup.\n"),
		      answers_str(w->answers, "project.id"));
	fflush(stdout);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		sigaction(ours[i], &ignore, &before[i]);
	pid_t child = fork();
	if (child == 0)
		become_shell(w);
	wait_for_end(child, &status);
	take_terminal_back();
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		sigaction(ours[i], &before[i], NULL);
	return child > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

void shell_open(struct wizard *w)
{
	screen_suspend();
	bool ran = shell_run(w);
	screen_resume();
	if (!ran)
		wizard_say(w, ROLE_BAD, _("No shell could be started."));
}
