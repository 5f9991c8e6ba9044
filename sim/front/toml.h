/* TOML, as much as a flat configuration has. */
#ifndef MS_SIM_FRONT_TOML_H
#define MS_SIM_FRONT_TOML_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct toml {
	const char *p; /* where it is read */
	int line;      /* from 1 */
};
/* Passes over blanks and comments; lines: over ends of lines too. */
void toml_blank(struct toml *t, bool lines);
/* The value that begins here, for the caller to delete; NULL where none does. */
cJSON *toml_value(struct toml *t);

#endif
