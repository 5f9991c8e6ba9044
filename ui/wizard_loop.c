/* The wizard in a terminal: signals, the session, keys and frames, turn by turn. */
#include "config.h"
#include "ui/wizard.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/outside.h"
#include "ui/accessible.h"
#include "ui/guard.h"
#include "ui/plain.h"
#include "ui/state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t told_to_end;

static void on_end(int signal_number)
{
	told_to_end = signal_number;
}

/* Before the screen is opened: whoever presses Ctrl-C while the terminal is asked for its size leaves as later on. Curses installs its own handlers only where
 * there is none, and SIGWINCH is left to it. */
static void watch_signals(void)
{
	process_on_signal(SIGHUP, on_end, 0);
	process_on_signal(SIGTERM, on_end, 0);
	process_on_signal(SIGINT, on_end, 0);
	process_on_signal(SIGQUIT, on_end, 0);
}

static void open_session(struct wizard *w)
{
	struct err why = {0};
	if (w->session || !w->options->open)
		return;
	struct session *s = w->options->open(w->options->arg, &why);
	if (!s) { /* not the sign-in: there is no cloud to talk to at all */
		w->ended = true;
		w->exit_code = why.exit ? (int)why.exit : EXIT_CONFIG;
	}
	if (why.exit) {
		err_free(&w->sign_in);
		err_move(&w->sign_in, &why);
	}
	wizard_attach(w, s);
}

/* After a failure to sign in: the operator may have signed in elsewhere meanwhile. */
void wizard_reopen(struct wizard *w)
{
	if (w->sign_in.exit && w->options->open && !work_running(w)) {
		review_stop(w);
		client_free(w->client);
		w->client = NULL;
		session_free(w->session);
		w->session = NULL;
		err_free(&w->sign_in);
		for (enum survey_id id = 0; id < SURVEY_COUNT; id++)
			w->surveys[id].state = SURVEY_UNKNOWN;
		open_session(w);
	}
	wizard_surveys_again(w);
}

/* Seconds of the machine's own clock. */
static double clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#define FRAME 0.1 /* seconds between frames while no key comes, and the most that keys are read without one */

enum typed { TYPED_NOTHING, TYPED, TYPED_MORE };

/* What waits is read, but no longer than for a frame: whatever a terminal sends, the screen follows and a signal is heard. TYPED_MORE: some is left. */
static enum typed read_keys(struct wizard *w)
{
	enum typed typed = TYPED_NOTHING;
	double until = clock_now() + FRAME;
	while (!w->ended && !told_to_end) {
		if (clock_now() > until)
			return TYPED_MORE;
		struct key k = screen_key(&told_to_end);
		if (k.kind == KEY_LOST) /* not every terminal that goes says so by a signal */
			on_end(SIGHUP);
		if (k.kind == KEY_LOST || k.kind == KEY_NOTHING)
			return typed;
		wizard_take(w, &k);
		typed = TYPED;
		if (k.text)
			explicit_bzero(k.text, strlen(k.text)); /* it may have been a secret */
		free(k.text);
	}
	return typed;
}

/* While something moves the screen follows several times a second; else it sleeps until a key. */
static double patience(const struct wizard *w)
{
	bool moving = work_running(w) || review_planning(w) || wizard_surveys_busy(w) || w->want_next;
	return moving ? 0.2 : 1.0;
}

static int loop(struct wizard *w)
{
	wizard_draw(w);
	double drawn = clock_now();
	enum typed typed = TYPED_NOTHING;
	open_session(w);
	while (!w->ended && !told_to_end) {
		/* A key is answered at once; what the cloud says, however much it is, only as often as an eye follows. */
		double due = drawn + FRAME - clock_now();
		if (typed || due <= 0) {
			wizard_draw(w);
			drawn = clock_now();
			due = typed == TYPED_MORE ? 0 : patience(w);
		}
		if (w->session)
			session_turn(w->session, due < patience(w) ? due : patience(w), STDIN_FILENO);
		typed = read_keys(w);
		if (w->session)
			wizard_settle(w);
	}
	if (told_to_end && work_running(w)) {
		work_interrupt(w);
		work_interrupt(w);
	}
	wizard_save(w);
	return told_to_end ? EXIT_INTERRUPTED : w->exit_code;
}

struct start {
	struct session *session;
	struct answers *answers;
	const struct wizard_options *options;
};

static int run_on_screen(void *arg)
{
	const struct start *s = arg;
	watch_signals();
	if (!screen_open(s->options->color, s->options->ascii)) {
		const char *term = getenv("TERM");
		outside_print(
		    stderr,
		    _("mlflow-setup: this system does not know how a terminal of type %s shows a screen: use --plain\n"),
		    term ? term : "");
		return EXIT_CONFIG;
	}
	signal(SIGTSTP, SIG_DFL); /* instead of curses' handler */
	struct wizard *w = wizard_new(s->session, s->answers, s->options);
	int code = loop(w);
	screen_close();
	wizard_farewell(w, stdout);
	fflush(stdout);
	struct session *opened_here = w->session != s->session ? w->session : NULL;
	wizard_free(w);
	session_free(opened_here);
	return code;
}

static int run_plain(void *arg)
{
	const struct start *s = arg;
	process_on_signal(SIGTSTP, SIG_DFL, 0); /* instead of the guard's handler; an inherited "ignore" stays */
	return plain_run(s->session, s->answers, s->options);
}

int wizard_run(struct session *s, struct answers *a, const struct wizard_options *o)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		outside_print(stderr, _("mlflow-setup: the wizard needs a terminal. Without one: mlflow-setup apply %s\n"),
			      o->file);
		return EXIT_CONFIG;
	}
	bool plain = o->plain || accessible_wanted();
	struct start start = {s, a, o};
	char *hint_text = xasprintf(_("Your answers up to the last page are kept in %s."), o->file);
	int code = guard_run(plain ? run_plain : run_on_screen, &start, hint_text, !plain);
	free(hint_text);
	return code;
}
