/* The run that builds, or that takes away what stands: started by the build page, the menu of a failure and plain mode, and told by its events. Other pages and
 * what lies over them read it; what is only shown of it belongs to the page. */
#ifndef MS_UI_WORK_H
#define MS_UI_WORK_H

#include "engine/session.h"
#include "ui/progress.h"

struct wizard;

struct work {
	struct run *run; /* that is under way, or was last; NULL for none */
	struct progress p;
	bool active;  /* events belong to it, not to the review */
	bool over;    /* the run has ended and what follows from it was done */
	bool undoing; /* it takes away what stands */
	int interrupts;
	double monthly; /* US dollars a month of what is wanted; once it is over, of what stands */
	char *
	    way; /* what has to run beside a client (struct exposure's connect): lines that begin with #; NULL until it is known */
	cJSON *left_out; /* ids of resources that the next run goes on without; NULL for none */
};

/* Forgets the run before and its result, but not what is left out, and begins one on the session. False when it did not start: it was said why. */
bool work_start(struct wizard *w, bool undo);
/* After a turn of the session; true once, when the run has ended. */
bool work_settle(struct wizard *w);
/* An event of the run. */
void work_event(struct wizard *w, const cJSON *event);
bool work_running(const struct wizard *w);
/* The result of the run is this one; and the one that was meant. */
bool work_outcome(const struct wizard *w, enum event_outcome outcome);
bool work_ended_well(const struct wizard *w);
/* The first time it lets what is in flight finish, the second time the wizard ends. */
void work_interrupt(struct wizard *w);
/* Once the run is over: is what this cause stopped optional? And notes to go on without it. c may be NULL. */
bool work_may_leave_out(const struct wizard *w, const struct cause *c);
void work_note_left_out(struct wizard *w, const struct cause *c);
/* The next run makes everything. */
void work_leave_nothing_out(struct wizard *w);
void work_free(struct work *b);

/* What the run calls back: it works on the wizard's own answers, and asks for the secret that the operator typed. arg is the wizard. */
bool wizard_save_run(void *arg, const struct answers *a, struct err *e);
bool wizard_secret(void *arg, const char *question, struct secret **out, struct err *e);
/* An event of whichever run there is, to the page that it belongs to. arg is the wizard. */
void wizard_event(void *arg, const cJSON *event);

#endif
