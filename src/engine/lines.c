/* Events as plain lines. */
#include "config.h"
#include "engine/lines.h"

#include "base/escape.h"
#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/outside.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* A quiet stretch longer than this (seconds of the run) gets a line that says what is still going on: where a person listens, and in a log. */
enum { HEARTBEAT = 30, LOG_HEARTBEAT = 60 };

struct lines {
	FILE *progress, *data;
	bool quiet;
	cJSON *counts;    /* the last event of counts, or NULL */
	cJSON *states;    /* step id -> the enum event_state last printed */
	double last_line; /* when, in seconds since the run began */
	bool looking;     /* the run only plans: its table tells all but what failed */
};

struct lines *lines_new(FILE *progress, FILE *data, bool quiet)
{
	struct lines *l = xcalloc(1, sizeof *l);
	*l = (struct lines){.progress = progress, .data = data, .quiet = quiet, .states = cJSON_CreateObject()};
	return l;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	cJSON_Delete(l->counts);
	cJSON_Delete(l->states);
	free(l);
}

/* Words --------------------------------------------------------------------------------------------------------------------------- */

static const char *done_word(const cJSON *step)
{
	static const struct {
		enum verdict verdict;
		const char *word;
	} words[] = {
	    {VERDICT_CREATE, N_("created")}, {VERDICT_UPDATE, N_("updated")}, {VERDICT_REPLACE, N_("replaced")},
	    {VERDICT_DELETE, N_("deleted")}, {VERDICT_KEEP, N_("kept")},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (event_is(step, words[i].verdict))
			return _(words[i].word);
	}
	return _("done");
}

/* The word for a step's state ("creating", "created", "kept"...), translated; never NULL. */
static const char *lines_state(const cJSON *step)
{
	static const char *const words[STATES] = {
	    [STATE_WAITING] = N_("waiting"),       [STATE_READING] = N_("checking"),  [STATE_CREATING] = N_("creating"),
	    [STATE_UPDATING] = N_("updating"),     [STATE_DELETING] = N_("deleting"), [STATE_POLLING] = N_("working"),
	    [STATE_FAILED] = N_("failed"),         [STATE_SKIPPED] = N_("skipped"),   [STATE_KEPT] = N_("kept"),
	    [STATE_YOURS] = N_("waiting for you"),
	};
	enum event_state state = event_state(step);
	if (state == STATE_DONE)
		return done_word(step);
	return words[state] ? _(words[state]) : json_str(step, "state", "");
}

/* Is it the result of a rehearsal, of which nothing stays once the program ends? */
static bool of_rehearsal(const cJSON *result)
{
	return json_at(result, "real_seconds");
}

const char *lines_outcome(const cJSON *result)
{
	enum event_outcome outcome = event_outcome(result);
	static const char *const rehearsed[OUTCOMES] = {
	    [OUTCOME_PROVEN] = N_("The rehearsal went well: the server ran, only the chosen could enter."),
	    [OUTCOME_PARTLY] = N_(
		"Not everything stood in this rehearsal. What it made ends with it: the next one begins anew."),
	    [OUTCOME_WAITING] = N_(
		"What only a person can do was not done in this rehearsal. What it made ends with it: the next "
		"one begins anew."),
	};
	static const char *const sentences[OUTCOMES] = {
	    [OUTCOME_NONE] = "",
	    [OUTCOME_PROVEN] = N_("The server runs, and it was proven that only the chosen people can enter."),
	    [OUTCOME_PARTLY] = N_("Not everything stands. What was made is kept; the same command goes on from there."),
	    [OUTCOME_WAITING] = N_(
		"It waits for you: do what is named here, then run the same command again; it goes on from there."),
	    [OUTCOME_NOTHING] = N_("Nothing was made."),
	    [OUTCOME_DESTROYED] = N_("What this stack made is gone."),
	};
	if (outcome == OUTCOME_DESTROYED && cJSON_GetArraySize(json_at(result, "left")))
		return _("What this stack made is gone, but for what is named below.");
	if (of_rehearsal(result) && rehearsed[outcome])
		return _(rehearsed[outcome]);
	return *sentences[outcome] ? _(sentences[outcome]) : "";
}

/* Lines --------------------------------------------------------------------------------------------------------------------------- */

static void stamp(struct lines *l, const cJSON *event)
{
	int at = (int)json_num(event, "at", 0);
	l->last_line = at;
	fprintf(l->progress, "%3d:%02d  ", at / 60, at % 60);
}

static void say_surveyed(struct lines *l, const cJSON *event)
{
	char usual[24];
	int changes = (int)json_num(event, "changes", 0), total = (int)json_num(event, "total", 0);
	stamp(l, event);
	if (!changes)
		fprintf(l->progress,
			ngettext("all %d resources are as they should be", "all %d resources are as they should be",
				 (unsigned long)total),
			total);
	else
		fprintf(l->progress,
			ngettext("%d of %d resources is to be made, changed or deleted",
				 "%d of %d resources are to be made, changed or deleted", (unsigned long)changes),
			changes, total);
	if (json_num(event, "expected", 0) >= 1)
		fprintf(l->progress, _(", usually %s"), text_duration(json_num(event, "expected", 0), usual));
	fputc('\n', l->progress);
}

static void on_run(struct lines *l, const cJSON *event)
{
	enum event_state state = event_state(event);
	l->looking = !strcmp(json_str(event, "verb", ""), "plan");
	if (!l->quiet && state == STATE_SURVEYED)
		say_surveyed(l, event);
	if (l->quiet || state != STATE_STARTED)
		return;
	stamp(l, event);
	fprintf(l->progress, _("%s: stack %s in project %s"), json_str(event, "verb", ""), json_str(event, "stack", ""),
		json_str(event, "project", ""));
	fputc('\n', l->progress);
}

/* A word in a column of 9 characters: printf's width counts bytes. */
static void say_word(FILE *to, const char *word)
{
	int characters = 0;
	for (const char *p = word; *p; p++)
		characters += (*p & 0xc0) != 0x80;
	fprintf(to, "%s%*s", word, characters < 9 ? 10 - characters : 1, "");
}

static void say_step(struct lines *l, const cJSON *event)
{
	char took[24];
	enum event_state state = event_state(event);
	const char *title = json_str(event, "title", "");
	double elapsed = json_num(event, "elapsed", 0);
	stamp(l, event);
	say_word(l->progress, lines_state(event));
	bool named = strcmp(json_str(event, "name", ""), title) != 0; /* "APIs" is the name of itself */
	fprintf(l->progress, "%s%s%s", *title ? _(title) : "", named ? " " : "", named ? json_str(event, "name", "") : "");
	if (state == STATE_DONE && elapsed >= 1)
		fprintf(l->progress, " (%s)", text_duration(elapsed, took));
	fputc('\n', l->progress);
	bool failed = state == STATE_FAILED;
	if (!failed && state != STATE_SKIPPED)
		return;
	if (*json_str(event, "message", ""))
		fprintf(l->progress, "        %s\n", json_str(event, "message", ""));
	if (*json_str(event, "fix", ""))
		fprintf(l->progress, "        %s\n", json_str(event, "fix", ""));
	const char *link = json_str(event, "log", json_str(event, "console", ""));
	if (failed && *link)
		fprintf(l->progress, "        %s\n", link);
}

/* The states that are a line of their own: a change begun, ended, failed. Reading, polling and keeping would only be noise. */
static void on_step(struct lines *l, const cJSON *event)
{
	static const bool told[STATES] = {[STATE_CREATING] = true, [STATE_UPDATING] = true, [STATE_DELETING] = true,
					  [STATE_DONE] = true,     [STATE_FAILED] = true,   [STATE_SKIPPED] = true};
	enum event_state state = event_state(event);
	const char *id = json_str(event, "id", "");
	const cJSON *before = cJSON_GetObjectItemCaseSensitive(l->states, id);
	bool told_once = before && before->valueint == (int)state, failed = state == STATE_FAILED;
	/* What is not begun because the run stopped before it is told by the end of the run. */
	bool stopped = state == STATE_SKIPPED && !*json_str(event, "message", "");
	if (!told[state] || told_once || stopped || ((l->quiet || l->looking) && !failed) ||
	    (!failed && event_is(event, VERDICT_KEEP)))
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(l->states, id);
	cJSON_AddNumberToObject(l->states, id, state);
	say_step(l, event);
}

static void say_still(struct lines *l, double at, double quiet, const char *what)
{
	if (l->quiet || l->looking || !l->counts || at - l->last_line < quiet)
		return;
	json_put_num(l->counts, "at", at);
	stamp(l, l->counts);
	if (json_num(l->counts, "waiting", 0) > 0 && !json_num(l->counts, "running", 0))
		fprintf(l->progress, _("still waiting for you: %d done"), (int)json_num(l->counts, "done", 0));
	else if (what) {
		say_word(l->progress, _("working"));
		outside_print(l->progress, "%s", what);
	} else
		fprintf(l->progress, _("still working: %d done, %d running, %d to go"), (int)json_num(l->counts, "done", 0),
			(int)json_num(l->counts, "running", 0), (int)json_num(l->counts, "left", 0));
	fputc('\n', l->progress);
	fflush(l->progress);
}

static void on_counts(struct lines *l, const cJSON *event)
{
	cJSON_Delete(l->counts);
	l->counts = cJSON_Duplicate(event, 1);
	say_still(l, json_num(event, "at", 0), LOG_HEARTBEAT, NULL);
}

void lines_still(struct lines *l, double at, const char *what)
{
	say_still(l, at, HEARTBEAT, what);
}

static void on_log(struct lines *l, const cJSON *event)
{
	if (l->quiet)
		return;
	stamp(l, event);
	fprintf(l->progress, "| %s: %s\n", json_str(event, "id", ""), json_str(event, "line", ""));
}

static void on_proof(struct lines *l, const cJSON *event)
{
	enum event_state state = event_state(event);
	const char *title = json_str(event, "title", ""), *message = json_str(event, "message", "");
	bool failed = state == STATE_FAILED;
	if (state == STATE_RUNNING || (l->quiet && !failed))
		return;
	stamp(l, event);
	say_word(l->progress, failed ? _("unproven") : state == STATE_PASSED ? _("proven") : _("skipped"));
	fprintf(l->progress, "%s\n", *title ? _(title) : "");
	if (state == STATE_PASSED || !*message)
		return;
	fprintf(l->progress, "        %s\n", message);
}

static void say_indented(FILE *to, const char *text)
{
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		fprintf(to, "        %.*s\n", (int)len, text);
	}
}

static void say_task(struct lines *l, const cJSON *task)
{
	say_indented(l->progress, json_str(task, "steps", ""));
	if (*json_str(task, "paste", ""))
		fprintf(l->progress, "\n    %s\n\n", json_str(task, "paste", ""));
	say_indented(l->progress, json_str(task, "message", ""));
}

/* All of it once; afterwards what is seen instead, and that it is done. */
static void on_errand(struct lines *l, const cJSON *event)
{
	const char *id = json_str(event, "id", "");
	bool seen = event_state(event) == STATE_SEEN, told = cJSON_HasObjectItem(l->states, id);
	if (seen && l->quiet)
		return;
	stamp(l, event);
	fprintf(l->progress, seen ? _("Seen to be done: %s\n") : _("Waiting for you: %s\n"), json_str(event, "title", ""));
	if (!seen && told)
		say_indented(l->progress, json_str(event, "message", ""));
	else if (!seen)
		say_task(l, event);
	cJSON_DeleteItemFromObjectCaseSensitive(l->states, id);
	cJSON_AddNumberToObject(l->states, id, STATE_YOURS);
}

/* At the end it stands below the sentence that says so, whatever was printed meanwhile. */
static void say_tasks(struct lines *l, const cJSON *tasks)
{
	const cJSON *task;
	cJSON_ArrayForEach(task, tasks) {
		fprintf(l->progress, "    %s\n", json_str(task, "title", ""));
		say_task(l, task);
	}
}

static void say_pair(FILE *to, const char *label, const char *value)
{
	if (*value)
		fprintf(to, "%-22s %s\n", label, value);
}

static void say_totals(struct lines *l, const cJSON *event)
{
	char took[24];
	fprintf(l->progress, _("%d created, %d updated, %d deleted, %d kept in %s"), (int)json_num(event, "created", 0),
		(int)json_num(event, "updated", 0), (int)json_num(event, "deleted", 0), (int)json_num(event, "kept", 0),
		text_duration(json_num(event, "seconds", 0), took));
	if (json_num(event, "real_seconds", 0) > 0)
		fprintf(l->progress, _("; a real run would take about %s"),
			text_duration(json_num(event, "real_seconds", 0), took));
	fputc('\n', l->progress);
}

static void on_result(struct lines *l, const cJSON *event)
{
	const cJSON *left = json_at(event, "left"), *item;
	bool rehearsed = of_rehearsal(event);
	if (l->looking)
		return;
	fputc('\n', l->progress);
	if (event_outcome(event))
		fprintf(l->progress, "%s\n", lines_outcome(event));
	if (rehearsed)
		fprintf(l->progress, "%s\n", _("This was a rehearsal: nothing was built or deleted."));
	else if (json_bool(event, "sign_in_untried", false))
		fprintf(l->progress, "%s\n", _("That a person can sign in was not tried: open the address in a browser once."));
	say_tasks(l, json_at(event, "waiting"));
	say_totals(l, event);
	cJSON_ArrayForEach(item, left)
		fprintf(l->progress, _("left: %s\n"), cJSON_IsString(item) ? item->valuestring : json_str(item, "name", ""));
	cJSON_ArrayForEach(item, json_at(event, "left_out"))
		fprintf(l->progress, _("left out this time: %s\n"), item->valuestring);
	say_pair(l->progress, _("Server's log:"), json_str(event, "log", ""));
	say_pair(l->progress, _("Backup:"), json_str(event, "backup", ""));
	say_pair(l->progress, _("To restore it:"), json_str(event, "restore", ""));
	say_pair(l->progress, _("To start the server:"), json_str(event, "restart", ""));
	say_pair(l->progress, _("Answers:"), json_str(event, "file", ""));
	say_pair(l->progress, rehearsed && event_outcome(event) != OUTCOME_PROVEN ? _("Again:") : _("Next:"),
		 json_str(event, "next", ""));
	say_pair(l->progress, _("To undo:"), json_str(event, "undo", ""));
	fflush(l->progress);
	if (*json_str(event, "url", ""))
		fprintf(l->data, "%s\n", json_str(event, "url", ""));
	fflush(l->data);
}

void lines_event(struct lines *l, const cJSON *event)
{
	static void (*const says[EVENT_NAMES])(struct lines * l, const cJSON *event) = {
	    [EVENT_RUN] = on_run,     [EVENT_STEP] = on_step,     [EVENT_COUNTS] = on_counts, [EVENT_LOG] = on_log,
	    [EVENT_PROOF] = on_proof, [EVENT_ERRAND] = on_errand, [EVENT_RESULT] = on_result,
	};
	enum event_name name = event_name(event);
	if (says[name])
		says[name](l, event);
	fflush(l->progress);
}

char *lines_command(const char *verb, bool rehearsal, const char *file)
{
	struct buf b = {0};
	buf_printf(&b, "mlflow-setup %s%s%s", verb, *verb ? " " : "", rehearsal ? "--rehearse " : "");
	escape_word(file, &b);
	return buf_take(&b);
}
