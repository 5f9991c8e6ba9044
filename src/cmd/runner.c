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
	const struct answers *answers;
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

enum exit_code runner_run(const struct cli *cli, enum run_verb verb, void (*finish)(const struct cli *cli, const struct run *r),
			  struct err *e)
{
	struct runner r = {.cli = cli, .rehearsal = cli->rehearse};
	struct answers *a = cli_answers(cli, e);
	r.answers = a;
	struct session *s = a && answers_check(a, cli->file, e) ? open_session(cli, false, e) : NULL;
	enum exit_code code = e->exit;
	if (s) {
		watch_interrupts();
		/* A plan is told by its table: of its events only failures are. */
		r.lines = cli->json && verb != RUN_PLAN ? NULL : lines_new(stderr, stdout, cli->quiet || verb == RUN_PLAN);
		struct run_options o = {.verb = verb,
					.answers = a,
					.file = cli->file,
					.given = cli->set_count && !cli->rehearse,
					.consent = cli->yes,
					.wait = 60 * (cli->wait >= 0 ? cli->wait : WAIT_USUAL),
					.delete_data = cli->delete_data,
					.leave_out = cli->leave_out,
					.save = on_save,
					.event = on_event,
					.arg = &r,
					.secret = on_secret};
		if (verb == RUN_PLAN)
			learn_prices(s, cli, a);
		struct run *run = run_start(s, &o, e);
		code = run ? turn_to_end(s, run) : e->exit;
		if (answers_beside(a))
			outside_print(stderr,
				      _("%s was changed meanwhile in a way that cannot be put together with this run: what the "
					"run found and made stands in %s.\n"),
				      cli->file, answers_beside(a));
		if (run && finish)
			finish(cli, run);
		run_free(run);
		lines_free(r.lines);
		session_free(s);
	}
	answers_free(a);
	return code;
}
