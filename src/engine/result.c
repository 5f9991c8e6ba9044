/* What came of a run: its exit code, and the result that its faces show. */
#include "config.h"
#include "engine/lines.h"
#include "engine/run_private.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool step_stands(const struct step *s)
{
	return s->result == RESULT_DONE || s->result == RESULT_KEPT;
}

static bool failed(const struct step *s)
{
	return s->result == RESULT_FAILED || (s->result == RESULT_SKIPPED && !s->left_out);
}

bool run_left_anything(const struct run *r)
{
	bool any = r->created || r->updated || r->deleted;
	for (size_t i = 0; i < r->count; i++)
		any |= r->steps[i].torn || (step_stands(&r->steps[i]) && r->steps[i].resource->kind->destroy);
	return any;
}

bool run_failed_any(const struct run *r)
{
	bool any = r->err.exit || r->interrupted;
	for (size_t i = 0; i < r->count; i++)
		any |= failed(&r->steps[i]);
	return any;
}

enum exit_code run_exit_code(const struct run *r)
{
	bool changed = r->created || r->updated || r->deleted;
	for (size_t i = 0; i < r->count; i++) /* or was stopped, or taken away, and stays so */
		changed |= r->steps[i].back.failed || r->steps[i].torn;
	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->err.exit)
		return changed && r->err.exit != EXIT_BUG ? EXIT_PARTLY : r->err.exit;
	return r->mode->exit(r);
}

/* What stays, of what should go: itself, or what outlives it. */
static const char *why_left(const struct run *r, const struct step *s)
{
	bool goes = r->mode->changes && step_goes(s);
	if (goes && s->gone)
		return s->remains;
	return goes && (s->result == RESULT_LEFT || failed(s)) ? s->err.what ? s->err.what : "" : NULL;
}

static cJSON *left_behind(const struct run *r)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		const char *why = why_left(r, s);
		if (!why)
			continue;
		char *what = step_called(s), *line = xasprintf("%s: %s", what, why);
		cJSON_AddItemToArray(list, cJSON_CreateString(line));
		free(line);
		free(what);
	}
	size_t at = 0;
	for (const struct stander *s; r->plan && r->mode->removes && (s = run_stray(r, &at));) {
		char *line = xasprintf(_("%s %s: it carries this stack's marks and is none of these answers'; it is left."),
				       _(s->kind->title), s->name);
		cJSON_AddItemToArray(list, cJSON_CreateString(line));
		free(line);
	}
	return list;
}

/* Consent is never part of a command that is handed out: it is asked for. */
static void put_command(const struct run *r, cJSON *e, const char *field, const char *verb)
{
	char *text = lines_command(verb, session_is_rehearsal(r->session), r->options.file ? r->options.file : "mlflow.json");
	json_put_str(e, field, text);
	free(text);
}

/* What the operator goes on without this time. */
static void put_left_out(const struct run *r, cJSON *e)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		char *line = step_called(s);
		if (s->left_out && s->result == RESULT_SKIPPED)
			cJSON_AddItemToArray(list, cJSON_CreateString(line));
		free(line);
	}
	json_put(e, "left_out", list);
}

/* What is held by something that goes later: then another run takes it away. */
static bool goes_later(const struct run *r)
{
	bool later = false;
	for (size_t i = 0; i < r->count; i++) {
		const struct step *s = &r->steps[i];
		later |= r->mode->removes && step_goes(s) && s->result == RESULT_LEFT && !s->spared &&
			 s->resource->kind->lingers;
	}
	return later;
}

static void put_next(const struct run *r, cJSON *e)
{
	enum event_outcome outcome = r->mode->outcome(r);
	const char *next = goes_later(r) ? "destroy" : r->mode->next(outcome);
	if (next)
		put_command(r, e, "next", next);
	if (r->mode->builds && outcome != OUTCOME_NOTHING &&
	    !session_is_rehearsal(r->session)) /* what that made ends with it */
		put_command(r, e, "undo", "destroy");
}

static double real_seconds(const struct run *r)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - r->real_started.tv_sec) + (double)(t.tv_nsec - r->real_started.tv_nsec) / 1e9;
}

static void put_numbers(const struct run *r, cJSON *e)
{
	struct api_counts counts = api_counted(r->api);
	double cloud = loop_now(r->loop) - r->started;
	bool rehearsal = session_is_rehearsal(r->session);
	json_put_num(e, "requests", (double)counts.requests);
	json_put_num(e, "writes", (double)counts.writes);
	json_put_num(e, "retries", (double)counts.retries);
	json_put_num(e, "resources", (double)r->count);
	json_put_num(e, "created", r->created);
	json_put_num(e, "updated", r->updated);
	json_put_num(e, "deleted", r->deleted);
	json_put_num(e, "kept", r->kept);
	json_put_num(e, "seconds", rehearsal ? real_seconds(r) : cloud);
	if (rehearsal)
		json_put_num(e, "real_seconds", cloud);
	if (r->steps_ended > 0) {
		json_put_num(e, "makespan", r->steps_ended - r->started);
		json_put_num(e, "critical_path", run_critical_path(r));
	}
}

void run_send_result(struct run *r)
{
	cJSON *e = run_event(r, "result");
	json_put_str(e, "outcome", event_outcome_word(r->mode->outcome(r)));
	json_put_num(e, "exit", r->exit);
	json_put_str(e, "file", r->options.file ? r->options.file : "");
	if (r->plan && r->plan->url && r->proven)
		json_put_str(e, "url", r->plan->url);
	if (r->plan && r->proven)
		event_server_log(r, e);
	json_put(e, "left", left_behind(r));
	if (r->proven)
		json_put(e, "sign_in_untried", cJSON_CreateBool(r->plan->wall.people));
	if (r->proven && r->plan->wall.people)
		event_sign_ins(r, e);
	if (run_waited(r))
		json_put(e, "waiting", run_tasks(r));
	run_put_backup(r, e);
	run_put_restart(r, e);
	put_left_out(r, e);
	put_next(r, e);
	put_numbers(r, e);
	event_text(r, e, "message", r->err.what);
	event_text(r, e, "fix", r->err.fix);
	run_send(r, e);
}
