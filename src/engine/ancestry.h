/* Whose a project is: the organization that it is in, directly or by folders. */
#ifndef MS_ENGINE_ANCESTRY_H
#define MS_ENGINE_ANCESTRY_H

#include "gcp/call.h"

#include <cjson/cJSON.h>

/* Has its organization to be asked for, since this project (v1) tells the folder alone that it is in? */
bool ancestry_hidden(const cJSON *project);
/* Asks what the project is in, up to the top. */
void ancestry_call(const char *project, struct call *out);
/* The organization's number as a text, or null: it is in none; NULL where that is not told, as of a folder, which always is in one. Of a project, of the reply to
 * ancestry_call, or of a project that has the reply's "ancestor". The caller deletes it. */
cJSON *ancestry_organization(const cJSON *reply);

#endif
