/* The wizard as lines. The question table, the surveys, the plan and the events are those of the screen; only the talking differs. */
#include "config.h"
#include "ui/plain.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/outside.h"
#include "base/process.h"
#include "base/text.h"
#include "engine/lines.h"
#include "ui/plain_private.h"

#include <signal.h>
#include <stdlib.h>

volatile sig_atomic_t plain_interrupts;
volatile sig_atomic_t plain_ends;

static void on_interrupt(int signal_number)
{
	plain_ends |= signal_number != SIGINT;
	plain_interrupts++;
}

/* The whole --------------------------------------------------------------------------------------------------------------------------- */

static bool welcome(struct plain *p)
{
	const struct wizard *w = p->w;
	outside_print(p->out, "%s\n%s\n", _("MLflow on Google Cloud"),
		      _("An MLflow tracking server that only your people can reach."));
	outside_print(p->out, "%s\n", _("Enter takes what is in brackets; < goes back; ? explains; q saves and quits."));
	if (w->options->rehearsal)
		outside_print(p->out, "%s\n",
			      _("This is a rehearsal on a simulated Google Cloud: no account, no network, no cost."));
	if (w->sign_in.exit)
		outside_print(p->out, _("Problem: %s %s\n"), w->sign_in.what, w->sign_in.fix ? w->sign_in.fix : "");
	plain_wait(p, SURVEY_WHO);
	plain_say_failure(p, SURVEY_WHO);
	if (w->surveys[SURVEY_WHO].result)
		plain_wait(p, SURVEY_PROJECTS);
	if (w->surveys[SURVEY_WHO].result)
		outside_print(p->out, _("Signed in as %s\n"), json_str(w->surveys[SURVEY_WHO].result, "email", "?"));
	return w->session != NULL;
}

/* What was changed on a second run goes into the file when the operator says so; false when they would rather stay. */
static bool leaves(struct plain *p)
{
	struct wizard *w = p->w;
	while (wizard_asks_to_keep(w) && !p->input_ended && !plain_interrupts) {
		char *text;
		outside_print(p->out, _("You changed settings that are not in %s yet."), w->options->file);
		outside_print(p->out, "\n%s [%s/%s] ", _("Keep these changes in the file?"), _("yes"), _("no"));
		enum reply r = plain_reply(p, &text);
		int means = r == REPLY_TEXT ? text_yes_no(text) : -1;
		free(text);
		if (r == REPLY_BACK)
			return false;
		w->keep = means == 1;
		if (means >= 0)
			break;
	}
	return true;
}

static int ended(struct plain *p, int code)
{
	wizard_save(p->w);
	if (p->input_ended)
		outside_print(p->out, "\n%s\n", _("The input ended before the questions did."));
	if (plain_interrupts)
		code = EXIT_INTERRUPTED;
	if (!p->w->result)
		wizard_farewell(p->w, p->out);
	return p->input_ended ? EXIT_NOINPUT : code;
}

/* The questions from *at on, the review; true when it is to be built. */
static bool talk_to_consent(struct plain *p, bool straight)
{
	for (int at = 0;; at = plain_last(p)) { /* < goes on from the last question */
		enum decision d;
		if (!straight && !plain_ask_all(p, at))
			return false;
		straight = false;
		while ((d = plain_review(p)) == DECISION_AGAIN)
			wizard_save(p->w);
		if (d != DECISION_BACK)
			return d == DECISION_BUILD;
	}
}

static int talk(struct plain *p)
{
	if (!welcome(p))
		return ended(p, p->w->sign_in.exit ? (int)p->w->sign_in.exit : EXIT_CONFIG);
	bool again = p->w->before != NULL, goes_on = true;
	while (goes_on) {
		bool builds = talk_to_consent(p, again) && plain_ask_secret(p);
		again = true;
		goes_on = builds ? plain_build(p) : !leaves(p);
	}
	return ended(p, p->w->exit_code);
}

int plain_on(struct session *s, struct answers *a, const struct wizard_options *o, FILE *in, FILE *out)
{
	struct plain p = {.in = in, .out = out};
	struct err why = {0};
	struct session *opened_here = !s && o->open ? o->open(o->arg, &why) : NULL;
	p.w = wizard_new(s ? s : opened_here, a, o);
	if (why.exit)
		err_move(&p.w->sign_in, &why);
	p.lines = lines_new(out, out, false);
	p.w->hears = plain_hear;
	p.w->hears_arg = &p;
	int code = talk(&p);
	lines_free(p.lines);
	free(p.filter);
	free(p.pasted);
	wizard_free(p.w);
	session_free(opened_here);
	fflush(out);
	return code;
}

int plain_run(struct session *s, struct answers *a, const struct wizard_options *o)
{
	process_on_signal(SIGINT, on_interrupt, 0);
	process_on_signal(SIGTERM, on_interrupt, 0);
	process_on_signal(SIGHUP, on_interrupt, 0);
	process_on_signal(SIGQUIT, on_interrupt, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* its buffer would keep a typed secret */
	return plain_on(s, a, o, stdin, stdout);
}
