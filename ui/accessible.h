/* Does the operator want lines instead of a screen? */
#ifndef MS_UI_ACCESSIBLE_H
#define MS_UI_ACCESSIBLE_H

#include <stdbool.h>

/* ACCESSIBLE (unless 0 or false), TERM unset or dumb, or gcloud's own property accessibility/screen_reader: its variable, or the active
 * configuration's file. gcloud itself is not started. */
bool accessible_wanted(void);

#endif
