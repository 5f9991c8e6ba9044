#include "config.h"
#include "cmd/runner.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/process.h"
#include "base/secret.h"
#include "base/text.h"
#include "cmd/ask.h"
#include "cmd/open.h"
#include "engine/lines.h"
#include "plan/question.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupts++;
}

static void watch_interrupts(void)
{
	static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
		process_on_signal(watched[i], on_interrupt, 0);
}

struct runner {
	const struct cli *cli;
	struct answers *answers;
	struct lines *lines;
	bool rehearsal;
};

static void on_event(void *arg, const cJSON *event)
{
	struct runner *r = arg;
	if (r->lines) {
		lines_event(r->lines, event);
		return;
	}
	char *text = json_text(event, -1);
	puts(text);
	fflush(stdout);
	free(text);
}

/* A rehearsal leaves the file as it is: what the simulated project resolved to would be wrong for the real one. */
static bool on_save(void *arg, const struct answers *a, struct err *e)
{
	const struct runner *r = arg;
	return r->rehearsal || answers_save(a, r->cli->file, e);
}

static bool on_secret(void *arg, const char *question, struct secret **out, struct err *e)
{
	const struct runner *r = arg;
	const struct question *q = question_find(question);
	/* Only a rehearsal makes one up: a proxy and an authority of one's own are ordinary ways to the real cloud. */
	*out = r->rehearsal && q->rehearsal ? secret_copy(q->rehearsal, strlen(q->rehearsal))
					    : ask_secret(r->answers, r->cli->file, q, e);
	return *out != NULL;
}

/* Minutes that people are waited for when nobody says how long: to set a record, and for it to spread. */
enum { WAIT_USUAL = 15 };

enum { PRICES_WAIT = 5 }; /* seconds */

static bool prices_over;

static void on_prices(void *arg, const cJSON *result, struct err *e)
{
	(void)arg, (void)result, (void)e;
	prices_over = true;
}

/* The catalog's prices are waited for a little; where they do not come, the table has some. A recording is of the run alone. */
static void learn_prices(struct session *s, const struct cli *cli, const struct answers *a)
{
	double until = session_now(s) + PRICES_WAIT;
	prices_over = cli->recorder != NULL;
	if (!prices_over)
		session_survey(s, "prices", a, on_prices, NULL);
	while (!prices_over && session_now(s) < until && !interrupts)
		session_turn(s, 0.25, -1);
}

static enum exit_code turn_to_end(struct session *s, struct run *run)
{
	int told = 0;
	while (!run_finished(run)) {
		session_turn(s, 0.25, -1);
		for (; told < interrupts; told++)
			run_interrupt(run);
	}
	return run_exit(run);
}

static enum exit_code run_in(struct session *s, struct runner *r, enum run_verb verb, run_shown *show, struct err *e)
{
	const struct cli *cli = r->cli;
	struct run_options o = {.verb = verb,
				.answers = r->answers,
				.file = cli->file,
				.given = cli->set_count && !cli->rehearse,
				.consent = cli->yes,
				.wait = 60 * (cli->wait >= 0 ? cli->wait : WAIT_USUAL),
				.delete_data = cli->delete_data,
				.leave_out = cli->leave_out,
				.save = on_save,
				.event = on_event,
				.arg = r,
				.secret = on_secret};
	struct run *run = run_start(s, &o, e);
	enum exit_code code = run ? turn_to_end(s, run) : e->exit;
	if (answers_beside(r->answers))
		outside_print(stderr,
			      _("%s was changed meanwhile in a way that cannot be put together with this run: what the "
				"run found and made stands in %s.\n"),
			      cli->file, answers_beside(r->answers));
	if (run && show)
		show(cli, run);
	run_free(run);
	return code;
}

enum exit_code runner_run(const struct cli *cli, enum run_verb verb, run_shown *show, struct err *e)
{
	struct runner r = {.cli = cli, .answers = cli_answers(cli, e), .rehearsal = cli->rehearse};
	struct session *s = r.answers && answers_check(r.answers, cli->file, e) ? open_session(cli, false, e) : NULL;
	enum exit_code code = e->exit;
	if (s) {
		watch_interrupts();
		/* Of the events of a run that is shown when it has ended only failures are told. */
		r.lines = cli->json && !show ? NULL : lines_new(stderr, stdout, cli->quiet || show);
		if (show)
			learn_prices(s, cli, r.answers);
		code = run_in(s, &r, verb, show, e);
		lines_free(r.lines);
		session_free(s);
	}
	answers_free(r.answers);
	return code;
}
