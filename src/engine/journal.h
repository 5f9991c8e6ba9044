/* The journal: what a run is about to do, written and synced before it does it. It lives in $XDG_STATE_HOME/mlflow-setup, one file a stack, mode
 * 0600, and holds no secret. Losing it loses only the knowledge of calls in flight: the cloud is the truth. It is read only when it is a regular
 * file of the user's own that nobody else can write, and even then no address is taken from it: names are, and where they are asked for is
 * decided by the plan.
 *
 * A record is a line "LENGTH CRC JSON\n": eight hex digits of the JSON's bytes, eight of their CRC-32C. A torn last record is dropped; a
 * damaged one before the last is corruption, and the journal is refused. */
#ifndef MS_ENGINE_JOURNAL_H
#define MS_ENGINE_JOURNAL_H

#include "base/err.h"
#include "gcp/call.h"

#include <stdbool.h>

struct journal;

/* An intent of an earlier run whose outcome is not known. */
struct journal_intent {
	char *step;       /* id of the resource */
	char *request;    /* a hash of the request's method, URL and body */
	char *request_id; /* the UUID sent, or NULL */
	char *operation;  /* the name of what it started, once that was known, or NULL */
};
/* Is this call the request that the intent was for? */
bool journal_is_same(const struct journal_intent *intent, const struct call *call);

/* Takes the lock of project and stack, and reads what an earlier run left open. EXIT_TRYAGAIN, saying who and since when, while another run holds
 * it; EXIT_CONFIG when the journal is damaged, of a newer format, or not to be trusted; EXIT_CANTWRITE when it cannot be written. verb is for the lock's words. */
struct journal *journal_open(const char *project, const char *stack, const char *verb, struct err *e);
/* The same for a file of that path (and PATH.lock beside it). */
struct journal *journal_open_file(const char *path, const char *verb, struct err *e);
/* Lets the lock go. */
void journal_close(struct journal *j);

/* The open intent of a step from an earlier run, or NULL. */
const struct journal_intent *journal_pending(const struct journal *j, const char *step);
/* When an earlier run or this one changed the resource of a step, in seconds since 1970; 0 when that is not known, or long ago. */
double journal_changed(const struct journal *j, const char *step);
size_t journal_pending_count(const struct journal *j);

/* Each is on the disk when it returns true. After a failure (EXIT_CANTWRITE) nothing more may be changed in the cloud. body is the request's
 * with its secrets as references; only its hash is kept. */
bool journal_intend(struct journal *j, const char *step, const struct call *call, const char *request_id, struct err *e);
bool journal_operation(struct journal *j, const char *step, const struct operation *op, struct err *e);
bool journal_outcome(struct journal *j, const char *step, const char *outcome, struct err *e);
/* The run came to its end with nothing in flight: the journal is emptied. */
bool journal_end(struct journal *j, struct err *e);

#endif
