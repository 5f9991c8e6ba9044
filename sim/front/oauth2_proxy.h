/* oauth2-proxy 7.15 as far as a client or an operator meets it: which configuration it takes, and what it answers. */
#ifndef MS_SIM_FRONT_OAUTH2_PROXY_H
#define MS_SIM_FRONT_OAUTH2_PROXY_H

#include "sim/front/container.h"

/* The configuration as it was taken: flags before variables before the file, by the file's names. */
struct gate {
	cJSON *options;
	char *error; /* why it does not start; NULL when it does. Owned */
	bool late;   /* the error is one that --config-test does not see */
};
void gate_load(const struct container *k, struct gate *g);
void gate_free(struct gate *g);
/* oauth2_proxy_check.c: finds what of it the real one would not start with. */
void gate_check(const struct container *k, struct gate *g);
/* Keeps the first of the reasons why it does not start; text is taken over. */
void gate_fault(struct gate *g, char *text);
const char *gate_text(const struct gate *g, const char *key, const char *fallback);
bool gate_bool(const struct gate *g, const char *key, bool fallback);
double gate_seconds(const struct gate *g, const char *key, double fallback);
/* The texts of a list option: a cJSON array owned by the gate, or NULL. */
const cJSON *gate_list(const struct gate *g, const char *key);
/* The content of the file that an option names, or the option's own value ("client_secret" by "client_secret_file"); "" when there is none. */
const char *gate_secret(const struct container *k, const struct gate *g, const char *key);
/* Does an extended regular expression match? */
bool gate_matches(const char *pattern, const char *text);

#endif
