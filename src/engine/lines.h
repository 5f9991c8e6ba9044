/* Events as plain lines, for where there is no screen: one line a change, a heartbeat every 30 s, a result at the end. */
#ifndef MS_ENGINE_LINES_H
#define MS_ENGINE_LINES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

struct lines;

/* Progress goes to progress (standard error), the result's URL and file path to result (standard output). quiet leaves failures and the
 * result only. Both files are borrowed. */
struct lines *lines_new(FILE *progress, FILE *result, bool quiet);
void lines_event(struct lines *l, const cJSON *event);
void lines_free(struct lines *l);

#endif
