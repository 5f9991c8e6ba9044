/* The proof from inside: its stages, and the state that they and their going on share. */
#ifndef MS_ENGINE_PROOF_H
#define MS_ENGINE_PROOF_H

#include "engine/credential.h"
#include "engine/reach.h"
#include "engine/run_private.h"

/* A host that is not the stack's. */
#define STRANGER "stranger.example"

/* Which stacks a stage is for, by how files travel. */
enum proof_files { FILES_ANY, FILES_SERVED, FILES_DIRECT };

struct proof;

struct proof_stage {
	const char *check, *title; /* stages of one check stand together; the title stands at the first */
	enum who who;
	const char *method;
	void (*path)(struct proof *p, struct buf *out);
	cJSON *(*body)(struct proof *p); /* NULL for none */
	const char *text;                /* a body that is no JSON, or NULL */
	const char *host, *origin;       /* foreign ones; NULL for the stack's own */
	/* NULL when this is as it should be, else what is wrong; freed by the caller. */
	char *(*judge)(struct proof *p, const struct http_reply *reply, const cJSON *json);
	double budget; /* seconds during which an answer that may pass is asked for again */
	double grants; /* the same where the server itself may lack a grant that has not spread; 0 where it needs none */
	enum proof_files files;
	bool early;   /* it may meet what is not up yet: a 404 may pass */
	bool spreads; /* it is the first that the wall has to let in: a refusal may pass while grants spread */
	bool file;    /* its path is of the run's file, which has to be where the answers want it */
	bool begins;  /* it asks as a browser does, of a wall whose people sign in on a page */
	bool bucket; /* a request to the bucket with the operator's own rights: path is of its object, method says what to do */
};

struct proof {
	struct run *run;
	size_t at;
	struct credential *credential;
	const struct reach_way *way;
	struct transport *ways[PROVER + 1]; /* opened so far */
	struct transport *sender;           /* of the request under way */
	bool settled;                       /* the name has answered with its own certificate */
	char *name, *experiment, *run_id, *artifact, *sent;
	unsigned long sending, call;
	loop_id timer;
	double since; /* when this stage was first tried */
	int tries;
	char *failed;         /* what is wrong, once it is over; the console is asked why */
	struct step *console; /* whose that is */
	int console_turn;
};

/* proof_sign_in.c: judges where a browser is sent, for stages that say begins. */
char *proof_begins(struct proof *p, const struct http_reply *reply, const cJSON *json);

/* proof_stages.c: in order; the last has no check. */
extern const struct proof_stage proof_stages[];
/* proof.c: the one that it is at. */
const struct proof_stage *proof_stage_of(const struct proof *p);

#endif
