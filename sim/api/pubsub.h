/* What the files of Pub/Sub tell one another. */
#ifndef MS_SIM_API_PUBSUB_H
#define MS_SIM_API_PUBSUB_H

#include "sim/api/shared.h"

#define PUBSUB_TOPICS "pubsub.topics"
#define PUBSUB_SUBSCRIPTIONS "pubsub.subscriptions"
#define PUBSUB_SNAPSHOTS "pubsub.snapshots"
/* What waits in a subscription, and what it delivered: the subscription's key and the message's number. Hidden: "acked", "due" (when it may be delivered
 * again), "deliveries". */
#define PUBSUB_MESSAGES "pubsub.messages"

/* What is last in a key. */
const char *pubsub_name(const char *key);
/* What has this full name in the collection, and the caller holds the permission on; NULL: answered. */
struct sim_object *pubsub_held(struct sim_call *c, const char *collection, const char *name, const char *permission);
/* May messages be sent there, with that token? False: answered. */
bool pubsub_push_ok(struct sim_call *c, const cJSON *push);
/* The subscription forgets what is older than it keeps messages. */
void pubsub_expire(struct sim *s, const struct sim_object *sub);
/* The snapshot keeps which messages of the subscription wait. */
void pubsub_remember(struct sim_call *c, struct sim_object *snapshot, const char *subscription);

sim_handler pubsub_publish, pubsub_pull, pubsub_acknowledge, pubsub_extend, pubsub_push, pubsub_detach, pubsub_seek;

#endif
