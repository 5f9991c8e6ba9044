/* Failures sorted by cause; a part of the progress (ui/progress.h). */
#ifndef MS_UI_CAUSES_H
#define MS_UI_CAUSES_H

#include "ui/progress.h"

/* Makes p->causes anew from the steps that failed, in the order in which they stand. */
void causes_sort(struct progress *p);
void causes_clear(struct progress *p);

#endif
