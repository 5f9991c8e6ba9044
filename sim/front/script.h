/* As much of a shell script as one needs that prepares a program and then becomes it: checks of variables, assignments, files written by printf or echo,
 * tests whether a text is empty or a file is there. */
#ifndef MS_SIM_FRONT_SCRIPT_H
#define MS_SIM_FRONT_SCRIPT_H

#include "sim/front/container.h"

/* Goes through a script line by line in the container, whose variables and files it changes. The argv of its last real command, for the caller; NULL when
 * there is none. k->error says what ended it before, with file as its name. */
cJSON *script_run(struct container *k, const char *file, const char *text);

#endif
