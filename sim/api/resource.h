/* A kind of resource as most APIs have it: an object of the store that the path names. Its row says where it is kept and what is said where there is
 * none; reading it, listing it and its IAM policy are then the same for all. */
#ifndef MS_SIM_API_RESOURCE_H
#define MS_SIM_API_RESOURCE_H

#include "sim/api/shared.h"

/* In key, missing and holder, {jobs} stands for what follows the segment "jobs" in the path, {project} for the project's id, {number} for its number. */
struct sim_resource {
	const char *methods;     /* discovery's, without the verb: "run.projects.locations.jobs" */
	const char *collection;  /* in the store */
	const char *key;         /* "projects/{project}/locations/{locations}/jobs/{jobs}" */
	const char *missing;     /* the message of the 404; NULL: "Requested entity was not found." */
	const char *field;       /* of a list's reply */
	const char *holder;      /* before the key, whose policy it has: "//run.googleapis.com/"; NULL: none */
	/* Finds it where it takes more than that; answers where there is none. NULL: by its key. */
	struct sim_object *(*find)(struct sim_call *c, const struct sim_resource *r);
	/* Which are seen: one that is not there is not found and not listed. NULL: all. */
	bool (*there)(const struct sim_call *c, const struct sim_object *o);
	/* Which a list shows of those. NULL: all. */
	bool (*shown)(const struct sim_call *c, const struct sim_object *o);
};

/* The row of the API's resources that the call's method is of; NULL. */
const struct sim_resource *resource_of(const struct sim_call *c);
/* The text with its names filled in; a passing text. */
const char *resource_text(const struct sim_call *c, const char *text);
/* What the path names of this kind, or NULL after a 404. */
struct sim_object *resource_find(struct sim_call *c, const struct sim_resource *r);
/* The same of the kind that the method is of. */
struct sim_object *resource_named(struct sim_call *c);
/* The keys' prefix of a list; the part behind a "-", which stands for all, is left out. A passing text. */
const char *resource_prefix(const struct sim_call *c, const struct sim_resource *r);
/* The policy's holder. A passing text. */
const char *resource_holder(const struct sim_resource *r, const struct sim_object *o);
/* All objects of the collection below the prefix are gone. */
void resource_forget_below(struct sim *s, const char *collection, const char *prefix);

sim_handler resource_get, resource_list, resource_get_policy, resource_set_policy, resource_test_policy;

#endif
