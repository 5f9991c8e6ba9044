/* The wizard: pages of questions, the review, the build with its panes, the last page. Plain mode is the same line by line. */
#ifndef MS_UI_WIZARD_H
#define MS_UI_WIZARD_H

#include "base/err.h"
#include "engine/session.h"

struct wizard_options {
	const char *file;          /* where the answers are kept */
	bool rehearsal, plain, ascii;
	const char *color;         /* "auto", "always", "never" */
	const struct err *sign_in; /* why there are no credentials, or NULL */
};

/* Runs it to its end: asks, builds, shows the result. Saves the answers on every way out and restores the terminal however it ends. Returns
 * the exit code. session and answers are borrowed. */
enum exit_code wizard_run(struct session *s, struct answers *a, const struct wizard_options *o);

#endif
