/* An event's words as enums: taken apart once, at the door. */
#include "config.h"
#include "engine/event.h"

#include "base/json.h"

#include <stddef.h>
#include <string.h>

static const char *const names[EVENT_NAMES] = {
    [EVENT_RUN] = "run",     [EVENT_STEP] = "step",     [EVENT_LOG] = "log",       [EVENT_COUNTS] = "counts",
    [EVENT_PROOF] = "proof", [EVENT_ERRAND] = "errand", [EVENT_RESULT] = "result",
};

static const char *const outcomes[OUTCOMES] = {
    [OUTCOME_PROVEN] = "proven",   [OUTCOME_PARTLY] = "partly",       [OUTCOME_WAITING] = "waiting",
    [OUTCOME_NOTHING] = "nothing", [OUTCOME_DESTROYED] = "destroyed",
};

static const char *const states[STATES] = {
    [STATE_WAITING] = "waiting",   [STATE_READING] = "reading", [STATE_CREATING] = "creating", [STATE_UPDATING] = "updating",
    [STATE_DELETING] = "deleting", [STATE_POLLING] = "polling", [STATE_YOURS] = "yours",       [STATE_DONE] = "done",
    [STATE_FAILED] = "failed",     [STATE_SKIPPED] = "skipped", [STATE_KEPT] = "kept",         [STATE_RUNNING] = "running",
    [STATE_PASSED] = "passed",     [STATE_STARTED] = "started", [STATE_SURVEYED] = "surveyed", [STATE_FINISHED] = "finished",
    [STATE_SEEN] = "seen",
};

static const char *const findings[FINDINGS] = {[FINDING_OK] = "ok", [FINDING_WARN] = "warn", [FINDING_FAIL] = "fail"};

static const char *const verdicts[] = {
    [VERDICT_KEEP] = "keep",     [VERDICT_CREATE] = "create", [VERDICT_UPDATE] = "update",   [VERDICT_REPLACE] = "replace",
    [VERDICT_DELETE] = "delete", [VERDICT_REFUSE] = "refuse", [VERDICT_UNKNOWN] = "unknown",
};

/* The index of the word that event has in this field; 0, which no word has, for any other. */
static int index_of(const cJSON *event, const char *field, const char *const *words, int count)
{
	const char *word = json_str(event, field, "");
	for (int i = 1; i < count; i++)
		if (!strcmp(words[i], word))
			return i;
	return 0;
}

enum event_name event_name(const cJSON *event)
{
	return (enum event_name)index_of(event, "event", names, EVENT_NAMES);
}

enum event_state event_state(const cJSON *event)
{
	return (enum event_state)index_of(event, "state", states, STATES);
}

enum event_outcome event_outcome(const cJSON *event)
{
	return (enum event_outcome)index_of(event, "outcome", outcomes, OUTCOMES);
}

enum finding finding_state(const cJSON *finding)
{
	return (enum finding)index_of(finding, "state", findings, FINDINGS);
}

const char *event_outcome_word(enum event_outcome outcome)
{
	return outcomes[outcome];
}

const char *event_verdict_word(enum verdict verdict)
{
	return verdicts[verdict];
}

bool event_is(const cJSON *event, enum verdict verdict)
{
	return !strcmp(json_str(event, "verdict", ""), verdicts[verdict]);
}
