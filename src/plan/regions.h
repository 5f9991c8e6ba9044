/* Google Cloud's regions with Cloud Run, for when the project cannot be asked for them yet (its APIs are off at first). */
#ifndef MS_PLAN_REGIONS_H
#define MS_PLAN_REGIONS_H

struct region {
	const char *id;    /* "europe-west1" */
	const char *place; /* "Belgium": N_() */
};

/* Ended by a NULL id, sorted by id. Answers with another region are refused. */
extern const struct region regions[];

#endif
