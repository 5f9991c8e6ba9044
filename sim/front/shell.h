/* As much of a shell as scripts need that start programs: words with quotes and variables, and command substitution by whoever asks. */
#ifndef MS_SIM_FRONT_SHELL_H
#define MS_SIM_FRONT_SHELL_H

#include "sim/api/shared.h"

struct shell {
	const cJSON *env;                                    /* name: value */
	char *(*substitute)(void *arg, const char *command); /* what $(command) gives, for the shell to free; NULL: nothing */
	void *arg;
};
/* Splits a command line into words: an array for the caller. "&&", "||", "|", ";", ">" and the like are words where they stand alone or end a word
 * unquoted (";"). The first failing ${NAME:?} sets *error, which the caller frees. */
cJSON *shell_words(const struct shell *sh, const char *line, char **error);
/* The next line of a script with its continuations joined, into out; the rest of the script. *number counts lines. NULL at the end. */
const char *shell_line(const char *script, struct buf *out, int *number);

#endif
