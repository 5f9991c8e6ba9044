/* The wizard: pages of questions made from the question table, a review of the plan, the build, and what came of it. */
#ifndef MS_UI_WIZARD_H
#define MS_UI_WIZARD_H

#include "base/err.h"
#include "engine/session.h"
#include "plan/answers.h"

struct wizard_options {
	const char *file;          /* where the answers are kept */
	bool rehearsal;            /* the cloud is simulated: every question has a default, no consent is asked */
	bool plain;                /* lines instead of a screen; also taken when ACCESSIBLE is set or TERM is dumb */
	bool ascii;                /* no glyphs outside ASCII; also taken when the locale is not UTF-8 */
	const char *color;         /* "always", "never", "auto" or NULL */
	double speed;              /* rehearsal: cloud seconds a second; 0 leaves the session's own */
	const struct err *sign_in; /* why signing in failed, or NULL */
	/* Opens the session when wizard_run was given none: called after the first frame, so that the screen does not wait for it. A failure to
	 * sign in is left in sign_in with a session all the same. */
	struct session *(*open)(void *arg, struct err *sign_in);
	void *arg;
};

/* Runs the wizard to its end and returns the exit code of the last run, EXIT_DONE when the operator left before one, EXIT_CONFIG when there is
 * no terminal. session may be NULL when o->open is given. The answers are saved to o->file at every page and on every exit. */
int wizard_run(struct session *s, struct answers *a, const struct wizard_options *o);

#endif
