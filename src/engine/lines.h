/* Events as plain lines, for a run without a screen: one line a change, nothing is redrawn. */
#ifndef MS_ENGINE_LINES_H
#define MS_ENGINE_LINES_H

#include "engine/event.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

struct lines;

/* Progress goes to progress, what a script may want (the URL of a result) to data; both are borrowed. quiet leaves only failures, errands
 * and the result. The caller frees. */
struct lines *lines_new(FILE *progress, FILE *data, bool quiet);
void lines_free(struct lines *l);
/* Prints what this event says, if it says something new; unknown events are ignored. Its arg is a struct lines. */
void lines_event(struct lines *l, const cJSON *event);

/* Says what is still worked on (NULL: how much of it there is) when nothing was said for half a minute; at: seconds since the run began. Called whenever time
 * has passed. */
void lines_still(struct lines *l, double at, const char *what);

/* The sentence for a result's outcome, translated. */
const char *lines_outcome(const cJSON *result);

/* The line that has this program do verb ("" for the wizard) to file, a word of a shell; what follows a rehearsal is one too, since nothing of it
 * exists. The caller owns it. */
char *lines_command(const char *verb, bool rehearsal, const char *file);

#endif
