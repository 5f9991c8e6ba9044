/* The parent that owns the terminal. It does nothing but wait, so nothing can go wrong in it. */
#include "config.h"
#include "ui/guard.h"

#include "base/file.h"
#include "base/gettext.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child_pid;

/* What a key sends goes to all that run on the terminal: the child has it already. That the line dropped is told to a session's first process alone. */
static void pass_on(int signal_number, siginfo_t *from, void *unused)
{
	int saved = errno;
	(void)unused;
	if (child_pid > 0 && (from->si_code != SI_KERNEL || signal_number == SIGHUP))
		kill((pid_t)child_pid, signal_number);
	errno = saved;
}

static const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

static void pass_signals(void)
{
	struct sigaction before, action = {.sa_sigaction = pass_on, .sa_flags = SA_RESTART | SA_SIGINFO};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
		if (sigaction(passed[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(passed[i], &action, NULL);
}

/* Terminals that show what xterm does and are younger than the terminfo of many a machine that one comes to by ssh: the first word of TERM. */
static bool is_like_xterm(const char *term)
{
	static const char *const words[] = {"alacritty", "contour", "foot",   "ghostty", "iterm2", "kitty",
					    "konsole",   "mintty",  "nsterm", "putty",   "rio",    "screen",
					    "st",        "tmux",    "vte",    "wezterm", "xterm",  NULL};
	size_t n = strcspn(term, "-.");
	for (const char *const *word = words; *word; word++)
		if (strlen(*word) == n && !strncmp(term, *word, n))
			return true;
	return false;
}

/* For the child, who opens the screen, and for us, who restore it; what is started from there profits too. */
static void learn_terminal(void)
{
	const char *term = getenv("TERM");
	int error;
	if (!term || !is_like_xterm(term))
		return;
	if (setupterm(NULL, STDOUT_FILENO, &error) == OK)
		del_curterm(cur_term); /* the next one would leave it lying about */
	else
		setenv("TERM", "xterm-256color", 1);
}

/* Everything that the child may have switched on. */
static void reset_terminal(const struct termios *before, bool screen)
{
	static const char *const strings[] = {"rmkx", "sgr0", "cnorm", "rmcup"};
	int error;
	tcsetattr(STDIN_FILENO, TCSADRAIN, before);
	if (!screen)
		return;
	fputs("\033[?2004l", stdout);
	if (setupterm(NULL, STDOUT_FILENO, &error) == OK) {
		for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
			const char *s = tigetstr(strings[i]);
			if (s && s != (const char *)-1)
				putp(s);
		}
	}
	fflush(stdout);
}

static bool changed(const struct termios *before)
{
	struct termios now;
	return tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag != before->c_lflag || now.c_iflag != before->c_iflag);
}

/* The child stopped itself (Ctrl-Z): stop with it, so that the shell sees it, and wake it when the shell wakes us. */
static void stop_too(pid_t child)
{
	raise(SIGSTOP);
	kill(child, SIGCONT);
}

static int wait_for(pid_t child)
{
	int status;
	for (;;) {
		pid_t got = waitpid(child, &status, WUNTRACED);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return 0;
		if (!WIFSTOPPED(status))
			return status;
		stop_too(child);
	}
}

/* What can be said about an end that nobody meant, for whoever reports it: no answers, no log, no names of the operator's. It stays on this machine. */
static char *report_text(int signal_number)
{
	char when[40];
	struct utsname system = {0};
	struct winsize size = {0};
	const char *term = getenv("TERM");
	uname(&system);
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return xasprintf("%s %s\nended by signal %d (%s)\nat %s\nsystem %s %s %s\nterminal %s, %dx%d, locale %s\n",
			 PACKAGE_NAME, PACKAGE_VERSION, signal_number, strsignal(signal_number),
			 text_rfc3339((double)time(NULL), 0, when), system.sysname, system.release, system.machine,
			 term ? term : "", size.ws_col, size.ws_row, setlocale(LC_CTYPE, NULL));
}

static void write_report(int signal_number)
{
	char *folder = file_xdg_dir("STATE"), *path = xasprintf("%s/crash-%ld.txt", folder, (long)getpid()),
	     *text = report_text(signal_number);
	struct err e = {0};
	if (file_make_dirs(folder, &e) && file_write(path, text, strlen(text), 0600, &e))
		outside_print(stderr,
			      _("What is known of it is in %s. It holds none of your answers and is sent nowhere: mlflow-setup "
				"has no telemetry.\n"),
			      path);
	err_free(&e);
	free(text);
	free(path);
	free(folder);
}

int guard_run(int (*body)(void *arg), void *arg, const char *hint, bool screen)
{
	struct termios before;
	bool is_tty = tcgetattr(STDIN_FILENO, &before) == 0;
	pid_t parent = getpid();
	if (screen)
		learn_terminal();
	fflush(NULL);
	pass_signals(); /* to nobody yet: the child sets its own at once, and whoever presses Ctrl-C before ends neither */
	pid_t child = fork();
	if (child < 0)
		return body(arg); /* no process to spare: run without the guard */
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGHUP);
		if (getppid() != parent)
			raise(SIGHUP);
		exit(body(arg));
	}
	child_pid = (sig_atomic_t)child;
	int status = wait_for(child);
	child_pid = 0; /* what was typed ahead is not meant for whoever says how it ended */
	if (WIFEXITED(status) && !(is_tty && changed(&before)))
		return WEXITSTATUS(status);
	if (is_tty)
		reset_terminal(&before, screen);
	if (WIFEXITED(status)) /* ended from somewhere that knows nothing of screens */
		return WEXITSTATUS(status);
	write_report(WTERMSIG(status));
	fprintf(stderr, _("mlflow-setup was ended by signal %d. %s\n"), WTERMSIG(status), hint);
	return 128 + WTERMSIG(status);
}
