/* Programs that get a credential: run beside the loop, without a shell and without a terminal. What one prints is a secret. */
#ifndef MS_NET_PLUGIN_H
#define MS_NET_PLUGIN_H

#include "base/err.h"
#include "net/loop.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct plugin;

/* Called from loop_turn: output is what the program printed, wiped after the call; NULL with e (EXIT_CONFIG) when it could not be run, failed, or took
 * longer than a minute. */
typedef void plugin_done(void *arg, const char *output, size_t len, struct err *e);

/* What is run: command is found by PATH when it has no slash; args an array of texts, env one of {"name","value"} that is put over this process's own
 * environment, each may be NULL; info is KUBERNETES_EXEC_INFO's value; hint is shown when there is no such program, or NULL. All is copied. */
struct plugin_program {
	const char *command, *info, *hint;
	const cJSON *args, *env;
};
/* Starts it. Never NULL: what keeps it from starting is told by done, from the loop. */
struct plugin *plugin_start(struct loop *loop, const struct plugin_program *program, plugin_done *done, void *arg);
/* Ends it; done is not called. NULL is allowed. */
void plugin_stop(struct plugin *p);

#endif
