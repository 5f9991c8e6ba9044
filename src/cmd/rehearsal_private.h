/* The parts of a rehearsal: the simulated cloud as a transport, the operator's hand, what was there before. */
#ifndef MS_CMD_REHEARSAL_PRIVATE_H
#define MS_CMD_REHEARSAL_PRIVATE_H

#include "cmd/cli.h"
#include "net/loop.h"
#include "net/transport.h"
#include "plan/answers.h"
#include "sim/sim.h"

#include <cjson/cJSON.h>

struct credentials;
struct exchange;
struct chore;
struct session;

struct rehearsal {
	struct transport transport; /* first: the transport is cast back */
	struct loop *loop;
	struct sim *sim;
	struct exchange *flying;
	struct chore *chores;
	unsigned long last_id;
	double before; /* seconds that had passed in its world when it began */
	/* of a world that is made for the answers (no --world) */
	const struct cli *cli;
	struct session *session;         /* whose transport it is */
	struct credentials *credentials; /* the session's */
	char *home;                      /* the project that the sign-in names; it is in every one of its worlds */
	char *told;                      /* what its world was made from; NULL: the world stays as it is */
};

/* rehearsal_cloud.c */
/* Requests go to sim, which becomes the transport's; before: the seconds that have passed in it. */
struct transport *rehearsal_transport(struct loop *loop, struct sim *sim, double before);
/* The world's time is the loop's. */
void rehearsal_advance(struct rehearsal *r);
/* The host of a URL without its port, for the caller to free; what follows it goes to target. */
char *rehearsal_host(const char *url, const char **target);

/* rehearsal_hand.c */
/* What the operator is told to do elsewhere (an event of a run; arg is the transport) they do some minutes later. */
void rehearsal_hand(void *arg, const cJSON *event);
void rehearsal_hand_forget(struct rehearsal *r);

/* rehearsal_past.c */
/* Before a rehearsal begins its world has had these seconds for what others made in it. */
enum { REHEARSAL_PAST = 4 * 3600 };
/* The world in which there is what these answers (NULL: none so far) count on, and the project home besides (NULL: none), for the caller to delete. Its "deeds"
 * are for rehearsal_past. */
cJSON *rehearsal_world(const struct answers *a, const char *home);
/* What others made in it before, within REHEARSAL_PAST. */
void rehearsal_past(struct sim *sim, const cJSON *deeds);

#endif
