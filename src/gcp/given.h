/* What was there before the stack and is somebody else's: its kinds only look whether it is as the stack needs it. It is never made, changed or deleted. */
#ifndef MS_GCP_GIVEN_H
#define MS_GCP_GIVEN_H

#include "gcp/kind.h"

/* The project it is in: the spec's "home", else the stack's own. */
const char *given_home(const struct view *v);
/* 2xx PRESENT_YES with found; not there: PRESENT_FAILED with missing (a sentence, owned by the callee; NULL: Google's own) as error. While the API that could tell is off,
 * PRESENT_PENDING: it may come with the API. */
void given_decode(const struct view *v, int http, const cJSON *reply, char *missing, struct observation *out);
/* Refuses what is PRESENT_FAILED, with its error as the reason. */
void given_compare(const struct view *v, const struct observation *seen, struct change *out);

/* For a rehearsal, in which nobody was there before: world describes the simulated cloud ({"projects":[..]}), and in "deeds" what others did in it
 * before the stack: requests ({"project","url","body"}, POST) and grants ({"project","url","role","members"}).
 * The project of this id or number in world, which is added with every API on where it is not there yet. */
cJSON *given_project(cJSON *world, const char *id);
/* A request by which it was made, which this frees, of somebody in that project. */
void given_made(cJSON *world, const char *project, struct call *c);
/* That members, which it then owns, have a role in a project. */
void given_granted(cJSON *world, const char *project, const char *role, cJSON *members);

#define GIVEN_STAYS N_("It was there before this stack: it is left as it is.")

#endif
