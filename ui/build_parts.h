/* The parts of the build's page. */
#ifndef MS_UI_BUILD_PARTS_H
#define MS_UI_BUILD_PARTS_H

#include "ui/state.h"

/* build.c */
/* "0:31 of about 3 min", where that is usual; freed by the caller. */
char *build_time(double seconds, double usual);

/* build_status.c */
/* Are there failures, or was it stopped, so that something is to be decided? */
bool build_ended_badly(const struct wizard *w);
/* How far it is, in a line, and what the operator wants to know next, in two at most. */
void build_draw_status(struct wizard *w, int y, struct rect r);
/* That nothing but the operator is waited for, and what leaving does then. */
const char *build_alone_words(const struct wizard *w);
void build_draw_sentence(const struct wizard *w, int y, struct rect r);

/* build_pane.c */
/* What the operator has to do first, or NULL. */
const cJSON *build_task(const struct wizard *w);
/* What stands beside the list or below it: why what has the focus failed (c, or NULL), else what is to be done by hand, else the log of a part (-1: of
 * all); and the lines that it takes at a width, 0 where it has no height of its own. */
void build_draw_pane(const struct wizard *w, const struct cause *c, int part, struct rect r);
int build_pane_height(const struct wizard *w, const struct cause *c, int width);

#endif
