/* What can be in a resource's way though every permission is held, as its kind says it: what it takes of Compute Engine's quotas, and the organisation
 * policies that judge it. Who reads both and what they tell is plan/limits.h's. */
#ifndef MS_GCP_LIMITS_H
#define MS_GCP_LIMITS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct view;

struct kind_quota {
	const char *metric;               /* "NETWORKS"; NULL ends a list */
	bool regional;                    /* the region's; else the project's */
	int (*amount)(const cJSON *spec); /* how much of it one takes; NULL: one */
};

/* A constraint (docs.cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints), and which of the kind meet it. */
struct kind_constraint {
	const char *name;  /* "run.allowedIngress"; NULL ends a list */
	const char *words; /* N_(): what is forbidden */
	const char
	    *path; /* of the spec: those meet it that have something there ("true" for what is true); NULL: all of the kind */
	const char *is;                          /* and only where it is that; NULL: whatever it is */
	const char *value;                       /* that has to be let pass; NULL: as value_of says */
	char *(*value_of)(const struct view *v); /* the same by the spec, to be freed; NULL with value: it is enforced or not */
	bool every;                              /* every stack meets it */
	bool bare;                               /* the value says nothing to a person, nor can it be allowed by itself */
};

/* How a policy names the organisation of Google's own services, which private services access and Private Service Connect lead to. */
#define GOOGLE_ORGANIZATION "under:organizations/433637338589"

#endif
