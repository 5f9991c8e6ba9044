/* The wizard as lines: numbers and texts, nothing is redrawn. For screen readers, dumb terminals and those who like it. */
#ifndef MS_UI_PLAIN_H
#define MS_UI_PLAIN_H

#include "ui/wizard.h"

#include <stdio.h>

/* The same pages and the same answers file as the screen. Enter takes the default, < goes back, ? explains, q saves and quits, ! empties a
 * list. The end of the input is an error, never the default. Returns as wizard_run. */
int plain_run(struct session *s, struct answers *a, const struct wizard_options *o);
/* The same on two streams, for tests. */
int plain_on(struct session *s, struct answers *a, const struct wizard_options *o, FILE *in, FILE *out);

#endif
