/* Events: what the engine reports. One versioned JSON object each; panes, plain lines, --json and the log render them. No secret is ever in
 * one. Text from outside is made visible (text_visible) before it enters one. */
#ifndef MS_ENGINE_EVENT_H
#define MS_ENGINE_EVENT_H

#include "gcp/kind.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum { EVENT_VERSION = 1 };

/* Every event has "v":1, "seq", "time" (RFC 3339), "at" (seconds since the run began) and "event", one of:
 *  run      {state: started|finished, verb, stack, project, total}; before an apply changes anything {state: surveyed, total, changes,
 *            expected (seconds)}
 *  step     {id, title, kind, name, state: waiting|reading|creating|updating|deleting|polling|yours|done|failed|skipped|kept,
 *            elapsed, usual, verdict, operation, message, fix, attempt, exit (of one that failed: the exit code that its failure stands for), optional (true of one that may be left out),
 *            console (address of its page in Google's console), log (of its log there), question (whose answer decides what it is like)}
 *  log      {id (step), line}                    build log, job log, retries
 *  counts   {done, running, left, waiting (for a person), failed, skipped}
 *  proof    {id, title, state: running|passed|failed|skipped, message}
 *  errand   {id (step), state: waiting|seen, title, steps, paste, record: {name, type, data: [..]} where it is one, message: what is seen instead}:
 *            what a person has to do; told once, and again when the message changes
 *  result   {outcome: proven|partly|waiting|nothing|destroyed, exit, waiting: [..] (errands without their state), url, log (address of the server's log, once it is proven), next, undo, file, requests, writes, retries, resources, created,
 *            updated, deleted, kept, sign_in_untried (proven, but people sign in on a page that no program can try), sign_in_log (the filter of Cloud Logging that finds when one did; left out where no log tells), seconds, real_seconds (what a real run would take, in rehearsal), left: [..], left_out: [..] (what the operator went on without), message and fix (of the first
 *            failure), makespan (seconds until the last step ended), critical_path (the longest chain of what the cloud worked, by its own
 *            clock, and of lags that it imposed until they were last seen)}                                                          */
typedef void event_fn(void *arg, const cJSON *event);

/* Its words as enums, for whoever shows it: NONE for what is absent or of a later version. */
enum event_name {
	EVENT_NONE,
	EVENT_RUN,
	EVENT_STEP,
	EVENT_LOG,
	EVENT_COUNTS,
	EVENT_PROOF,
	EVENT_ERRAND,
	EVENT_RESULT,
	EVENT_NAMES
};
enum event_state {
	STATE_NONE,
	STATE_WAITING,
	STATE_READING,
	STATE_CREATING,
	STATE_UPDATING,
	STATE_DELETING,
	STATE_POLLING,
	STATE_YOURS,
	STATE_DONE,
	STATE_FAILED,
	STATE_SKIPPED,
	STATE_KEPT,
	STATE_RUNNING,
	STATE_PASSED,
	STATE_STARTED,
	STATE_SURVEYED,
	STATE_FINISHED,
	STATE_SEEN,
	STATES
};
enum event_outcome {
	OUTCOME_NONE,
	OUTCOME_PROVEN,
	OUTCOME_PARTLY,
	OUTCOME_WAITING,
	OUTCOME_NOTHING,
	OUTCOME_DESTROYED,
	OUTCOMES
};
enum event_name event_name(const cJSON *event);
enum event_state event_state(const cJSON *event);
enum event_outcome event_outcome(const cJSON *event);
const char *event_outcome_word(enum event_outcome outcome);
/* Is the verdict about its step this one? */
bool event_is(const cJSON *event, enum verdict verdict);
const char *event_verdict_word(enum verdict verdict);

/* The state of a finding of the surveys "preflight" and "limits" (engine/session.h). */
enum finding { FINDING_OK = 1, FINDING_WARN, FINDING_FAIL, FINDINGS };
enum finding finding_state(const cJSON *finding);

#endif
