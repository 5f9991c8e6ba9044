/* A run as its events tell it: steps, the parts that they belong to, the log, what failed and why, and how much time is left. No screen. */
#ifndef MS_UI_PROGRESS_H
#define MS_UI_PROGRESS_H

#include "base/buf.h"
#include "engine/event.h"
#include "plan/plan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum phase { PHASE_FAILED, PHASE_YOURS, PHASE_RUNNING, PHASE_DONE, PHASE_SKIPPED, PHASE_WAITING, PHASE_COUNT };

/* A part of the whole in the operator's words. Which steps belong to it is said by their kind. */
struct part_words {
	const char *id, *title; /* N_() */
};
extern const struct part_words parts[PARTS]; /* by enum part (gcp/kind.h): shown in this order, without PART_UNSAID */

/* One resource's step, or one check of the proof. */
struct step {
	char *id, *title, *name, *message, *fix;
	enum event_state state;
	char *console, *log;             /* addresses where it can be looked at; "" where there is none */
	const struct question *question; /* whose answer decides what it is like, or NULL */
	const struct kind *kind;         /* NULL for a check, and for what failed outside the resources */
	double began, elapsed;
	double usual; /* seconds that one attempt takes */
	double tried; /* when the attempt began */
	int attempt;
	double tail; /* usual seconds from its beginning to the end of the plan along its longest path */
	enum phase phase;
	int part; /* enum part */
	bool proof, optional;
	bool kept;    /* looked at, and nothing is to be done */
	bool refused; /* what stands there cannot become what is wanted */
	int exit;     /* of one that failed: the exit code that its failure stands for; 0 where that is not known */
};

/* One line of the log. */
struct log_line {
	double at; /* seconds since the run began */
	int step;  /* index of the step; -1 for what is of the run as a whole */
	bool ours; /* a sentence of this program, not what Google's log says */
	char *text;
};

/* Why steps failed: those with one cause stand together. */
enum cause_kind {
	CAUSE_PERMISSION,
	CAUSE_SIGN_IN,
	CAUSE_QUOTA,
	CAUSE_POLICY,
	CAUSE_API_OFF,
	CAUSE_IN_THE_WAY,
	CAUSE_UNREACHABLE,
	CAUSE_PROOF,
	CAUSE_OTHER
};
struct cause {
	enum cause_kind kind;
	char *key;        /* equal for equal causes */
	char *permission; /* what is missing, or NULL */
	int step;         /* the first step that it stopped */
	int count;        /* how many it stopped */
};

struct progress {
	struct step *steps;
	size_t count, room;
	size_t last; /* the step that the last event was about: the next is probably about it too */
	struct log_line *lines;
	size_t line_count, line_room;
	size_t log_bytes, dropped; /* bytes of text kept; lines that were let go to keep memory bounded */
	struct cause *causes;
	size_t cause_count, cause_room;
	cJSON *tasks; /* what a person has to do: id -> the event that told it; NULL for nothing */
	int done, running, left, failed, skipped;
	double started, now;    /* on the session's clock */
	double expected;        /* seconds that the whole usually takes; 0 while it is not known */
	double shown;           /* the part of the bar that was shown: it does not go back */
	bool surveyed, planned; /* all was looked at; what follows what is known */
};

void progress_free(struct progress *p);
/* Takes one event of the run (engine/event.h) that came at this time of the session's clock. */
void progress_event(struct progress *p, const cJSON *event, double now);
/* Says how long each step is followed by others, so that what decides the time is known; changes (one a resource, NULL for unknown) tell what is
 * to be done at all. */
void progress_plan(struct progress *p, const struct plan *plan, const struct change *const *changes);

/* How many steps a part has in this phase; PHASE_COUNT counts all. */
int progress_part_count(const struct progress *p, int part, enum phase phase);
/* How many steps of the whole are in this phase, checks of the proof aside. */
int progress_count(const struct progress *p, enum phase phase);
/* Failed when one failed, a person's when one waits for them, running while one runs, done when all are, else waiting. */
enum phase progress_part_phase(const struct progress *p, int part);
/* Seconds from a part's first step's beginning to its last one's end, or to now while it runs. */
double progress_part_elapsed(const struct progress *p, int part);
/* The running step that the end waits for, or -1. */
int progress_deciding(const struct progress *p);
/* The running step of a part that it waits for, or -1. */
int progress_part_deciding(const struct progress *p, int part);
/* Seconds that are left as it looks now, and the share of the whole that is over, 0 to 1, which never goes back. */
double progress_left(const struct progress *p);
double progress_share(struct progress *p);
/* Seconds that a step has taken so far. */
double step_seconds(const struct progress *p, const struct step *s);
/* What that may be held against; 0 when it is tried again, so that the seconds are those of several attempts and of the waits between. */
double step_compared(const struct step *s);
/* The cause that stopped this step, or NULL. */
const struct cause *progress_cause(const struct progress *p, int step);

/* Where it is looked at in a browser: its log, else its page; "" when there is neither. Borrowed. */
const char *step_link(const struct step *s);
/* The step's title and name, "Cloud SQL instance mlflow-k3x9"; freed by the caller. */
char *step_what(const struct step *s);

/* A cause in words for the operator, who (an e-mail) may be "". command is the line that mends it when somebody who may runs it, or NULL; both are
 * freed by the caller. */
char *cause_words(const struct progress *p, const struct cause *c, const char *who, const char *project);
char *cause_command(const struct progress *p, const struct cause *c, const char *who, const char *project);
/* Where what failed can be looked at; "" where the cause is known, and nothing was made that could be seen there. */
const char *cause_link(const struct progress *p, const struct cause *c);
/* A cause in a few words, for one line. */
char *cause_short(const struct progress *p, const struct cause *c);

/* Times as they are said: "3:48", "1:02:03"; "about 11 min". Into a buffer of 32 bytes, which is returned. */
char *clock_text(double seconds, char *into);
char *about_text(double seconds, char *into);

/* The part that a line of the log belongs to; PART_UNSAID for what is of the run as a whole. */
int progress_line_part(const struct progress *p, size_t at);
/* The whole log, or one part's when part >= 0, as text: appended to out. */
void progress_log(const struct progress *p, int part, struct buf *out);

#endif
