/* How the proof's requests get to the stack: each way is a file that ends in one const struct, and a row of reaches.tbl. A plan names one. */
#ifndef MS_ENGINE_REACH_H
#define MS_ENGINE_REACH_H

#include "engine/run_private.h"

/* Who knocks: without anything, with something forged, as one who is permitted. */
enum who { NOBODY, FORGER, PROVER };

struct reach_way {
	const char *id; /* "straight": what struct reach of a plan names */
	/* A transport for this caller's requests to the stack's URL; with is what the plan says, its references replaced. Where the way asks who
	 * comes (CREDENTIAL_CHANNEL), a refusal of NOBODY or FORGER arrives as the reply's status. NULL with e set. */
	struct transport *(*open)(struct run *r, const cJSON *with, enum who who, struct err *e);
	bool borrowed; /* the transport is not this proof's to free */
};

#define REACH(name) extern const struct reach_way reach_##name;
#include "engine/reaches.tbl"
#undef REACH

/* The way with this id, or NULL. */
const struct reach_way *reach_find(const char *id);

#endif
