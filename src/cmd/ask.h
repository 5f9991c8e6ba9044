/* Secrets that a verb has to be told: typed on the terminal without being shown, or sealed in a file that a passphrase opens. */
#ifndef MS_CMD_ASK_H
#define MS_CMD_ASK_H

#include "base/err.h"
#include "plan/answers.h"

struct secret;

/* Asks for a line that is not shown. NULL with EXIT_CONFIG, place and fix (what to do where there is no terminal; may be NULL). The caller frees. */
struct secret *ask_hidden(const char *title, const char *place, const char *fix, struct err *e);

/* What the answer to q refers to that only a person can tell: "prompt", or "sealed:NAME" beside the answers' file. The caller frees. */
struct secret *ask_secret(const struct answers *a, const char *file, const struct question *q, struct err *e);

#endif
