/* pubsub.googleapis.com v1: messages. Each subscription keeps its own copy of what is published after it was made; what is pulled and not acknowledged
 * in time is delivered again. Nothing is sent to push endpoints, so that a quiet world stays quiet: what they would get waits. */
#include "config.h"
#include "sim/api/pubsub.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void keep(struct sim *s, const struct sim_object *sub, const cJSON *message, const char *id)
{
	sim_put(s, PUBSUB_MESSAGES, sim_tmp("%s/%s", sub->key, id), cJSON_Duplicate(message, true));
}

/* The last message's number. */
static double last_number(struct sim *s)
{
	const struct sim_object *o = sim_get(s, "pubsub.counter", "message");
	return o ? json_num(o->hidden, "n", 1e15) : 1e15;
}

/* Ids rise, so that what came first is delivered first. */
static const char *next_id(struct sim *s)
{
	double n = last_number(s) + 1;
	struct sim_object *o = sim_get(s, "pubsub.counter", "message");
	o = o ? o : sim_put(s, "pubsub.counter", "message", cJSON_CreateObject());
	json_put_num(o->hidden, "n", n);
	return sim_tmp("%.0f", n);
}

/* Is there a snapshot that subscriptions of the topic may go back to? */
static bool remembered(struct sim *s, const char *topic)
{
	for (struct sim_object *o = sim_first(s, PUBSUB_SNAPSHOTS, ""); o; o = sim_following(s, o, ""))
		if (!strcmp(json_str(o->doc, "topic", ""), topic) &&
		    moment_read(json_str(o->doc, "expireTime", "")) > sim_wall(s))
			return true;
	return false;
}

/* Nothing is kept longer than the subscription says, but where a snapshot may want it: that holds what it needs for a week. The oldest come first. */
void pubsub_expire(struct sim *s, const struct sim_object *sub)
{
	const char *below = sim_tmp("%s/", sub->key);
	double since = sim_wall(s) - sim_seconds(json_str(sub->doc, "messageRetentionDuration", ""), 7 * 86400);
	struct sim_object *m = sim_first(s, PUBSUB_MESSAGES, below);
	if (!m || moment_read(json_str(m->doc, "publishTime", "")) >= since || remembered(s, json_str(sub->doc, "topic", "")))
		return;
	while (m && moment_read(json_str(m->doc, "publishTime", "")) < since) {
		struct sim_object *old = m;
		m = sim_following(s, m, below);
		sim_remove(s, old);
	}
}

const char *sim_topic_publish(struct sim *s, const char *topic, const cJSON *said)
{
	const char *id = next_id(s);
	cJSON *message = cJSON_Duplicate(said, true);
	json_put_str(message, "messageId", id);
	json_put_str(message, "publishTime", sim_stamp(s, 3));
	for (struct sim_object *sub = sim_first(s, PUBSUB_SUBSCRIPTIONS, ""); sub; sub = sim_following(s, sub, ""))
		if (!strcmp(json_str(sub->doc, "topic", ""), topic) && !json_bool(sub->doc, "detached", false)) {
			pubsub_expire(s, sub);
			keep(s, sub, message, id);
		}
	cJSON_Delete(message);
	return id;
}

static bool message_ok(struct sim_call *c, const cJSON *message)
{
	const cJSON *attributes = json_at(message, "attributes");
	if (*json_str(message, "data", "") || (attributes && attributes->child))
		return true;
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "One or more messages in the publish request is empty. Each message must contain either non-empty data, or at "
		 "least one "
		 "attribute.");
	return false;
}

void pubsub_publish(struct sim_call *c)
{
	struct sim_object *topic = resource_find(c, &c->api->resources[0]);
	const cJSON *messages = json_at(c->body, "messages"), *m;
	int n = messages ? cJSON_GetArraySize(messages) : 0;
	if (!topic)
		return;
	if (n < 1 || n > 1000) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "The value for message_count is too %s. You passed %d in the request, but the %s value is %d.",
			 n ? "large" : "small", n, n ? "maximum" : "minimum", n ? 1000 : 1);
		return;
	}
	cJSON_ArrayForEach(m, messages)
		if (!message_ok(c, m))
			return;
	cJSON *ids = cJSON_CreateArray();
	cJSON_ArrayForEach(m, messages)
		cJSON_AddItemToArray(ids, cJSON_CreateString(sim_topic_publish(c->sim, topic->key, m)));
	sim_ok(c, json_make("{'messageIds':%j}", ids));
}

/* The subscription that the call names, which pulls or is acknowledged; NULL: answered. */
static struct sim_object *subscription(struct sim_call *c)
{
	struct sim_object *o = resource_find(c, &c->api->resources[1]);
	if (o && json_bool(o->doc, "detached", false)) {
		sim_fail(c, "FAILED_PRECONDITION", NULL, "The subscription is detached from its topic (resource=%s).",
			 pubsub_name(o->key));
		return NULL;
	}
	if (o)
		pubsub_expire(c->sim, o);
	return o;
}

static bool waits(const struct sim_object *message)
{
	return !json_bool(message->hidden, "acked", false);
}

void pubsub_pull(struct sim_call *c)
{
	struct sim_object *sub = subscription(c);
	double most = json_num(c->body, "maxMessages", 0), now = sim_wall(c->sim);
	if (!sub)
		return;
	if (most < 1) {
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "The value for max_messages is too small. You passed %.0f in the request, but the minimum value is 1.",
			 most);
		return;
	}
	const char *below = sim_tmp("%s/", sub->key);
	int left = (int)fmin(most, 1000);
	cJSON *all = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	for (struct sim_object *m = sim_first(c->sim, PUBSUB_MESSAGES, below); m && left; m = sim_following(c->sim, m, below)) {
		if (!waits(m) || json_num(m->hidden, "due", 0) > now)
			continue;
		left--;
		json_put_num(m->hidden, "due", now + json_num(sub->doc, "ackDeadlineSeconds", 10));
		json_put_num(m->hidden, "deliveries", json_num(m->hidden, "deliveries", 0) + 1);
		cJSON *one = json_make("{'ackId':%s,'message':%j}", sim_base64(m->key, strlen(m->key), true),
				       cJSON_Duplicate(m->doc, true));
		if (json_at(sub->doc, "deadLetterPolicy"))
			json_put_num(one, "deliveryAttempt", json_num(m->hidden, "deliveries", 1));
		cJSON_AddItemToArray(all, one);
	}
	sim_put_list(reply, "receivedMessages", all);
	sim_ok(c, reply);
}

/* What each ackId of the call stands for; false: answered. One whose message is gone is passed over. */
static bool each(struct sim_call *c, struct sim_object *sub, void (*fn)(struct sim_call *c, struct sim_object *message))
{
	const cJSON *id, *ids = json_at(c->body, "ackIds");
	char key[1024];
	cJSON_ArrayForEach(id, ids) {
		size_t n = sim_unbase64(cJSON_IsString(id) ? id->valuestring : "", key, sizeof key - 1);
		key[n] = 0;
		if (!text_starts(key, sim_tmp("%s/", sub->key))) {
			sim_fail(c, "INVALID_ARGUMENT", NULL, "You have passed an invalid ack ID to the service (ack_id=%s).",
				 cJSON_IsString(id) ? id->valuestring : "");
			return false;
		}
		struct sim_object *message = sim_get(c->sim, PUBSUB_MESSAGES, key);
		if (message)
			fn(c, message);
	}
	return true;
}

static void acknowledged(struct sim_call *c, struct sim_object *message)
{
	(void)c;
	json_put_bool(message->hidden, "acked", true);
}

static void dropped(struct sim_call *c, struct sim_object *message)
{
	sim_remove(c->sim, message);
}

void pubsub_acknowledge(struct sim_call *c)
{
	struct sim_object *sub = subscription(c);
	if (!sub)
		return;
	bool kept = json_bool(sub->doc, "retainAckedMessages", false) || remembered(c->sim, json_str(sub->doc, "topic", ""));
	if (each(c, sub, kept ? acknowledged : dropped))
		sim_empty(c);
}

static void extended(struct sim_call *c, struct sim_object *message)
{
	json_put_num(message->hidden, "due", sim_wall(c->sim) + json_num(c->body, "ackDeadlineSeconds", 0));
}

void pubsub_extend(struct sim_call *c)
{
	struct sim_object *sub = subscription(c);
	double seconds = json_num(c->body, "ackDeadlineSeconds", 0);
	if (sub && (seconds < 0 || seconds > 600))
		sim_fail(c, "INVALID_ARGUMENT", NULL,
			 "Invalid ack deadline given (ack_deadline_seconds=%.0f). It must be between 0 and 600 seconds.",
			 seconds);
	else if (sub && each(c, sub, extended))
		sim_empty(c);
}

void pubsub_push(struct sim_call *c)
{
	struct sim_object *sub = subscription(c);
	const cJSON *push = json_at(c->body, "pushConfig");
	if (!sub || !pubsub_push_ok(c, push))
		return;
	json_put(sub->doc, "pushConfig", push ? cJSON_Duplicate(push, true) : cJSON_CreateObject());
	sim_empty(c);
}

/* Asked of the topic: its owner may cut off whoever listens. */
void pubsub_detach(struct sim_call *c)
{
	struct sim_object *sub = resource_find(c, &c->api->resources[1]);
	if (!sub || !pubsub_held(c, PUBSUB_TOPICS, json_str(sub->doc, "topic", ""), "pubsub.topics.detachSubscription"))
		return;
	json_put_bool(sub->doc, "detached", true);
	resource_forget_below(c->sim, PUBSUB_MESSAGES, sim_tmp("%s/", sub->key));
	sim_empty(c);
}

/* Seek. --------------------------------------------------------------------------------------------------------------------- */
void pubsub_remember(struct sim_call *c, struct sim_object *snapshot, const char *subscription)
{
	const char *below = sim_tmp("%s/", subscription);
	cJSON *waiting = cJSON_CreateArray();
	for (struct sim_object *m = sim_first(c->sim, PUBSUB_MESSAGES, below); m; m = sim_following(c->sim, m, below))
		if (waits(m))
			cJSON_AddItemToArray(waiting, cJSON_CreateString(pubsub_name(m->key)));
	json_put(snapshot->hidden, "waiting", waiting);
	json_put_num(snapshot->hidden, "last", last_number(c->sim));
}

/* Is this one of what waited when the snapshot was taken, or of what came later? *at walks along what waited: both rise. */
static bool in_snapshot(const struct sim_object *snapshot, const cJSON **at, const char *id)
{
	while (*at && strcmp((*at)->valuestring, id) < 0)
		*at = (*at)->next;
	return (*at && !strcmp((*at)->valuestring, id)) || strtod(id, NULL) > json_num(snapshot->hidden, "last", 0);
}

/* Back to what waited when the snapshot was taken, or to a time, as far as the subscription kept what was acknowledged. */
static void go_to(struct sim_call *c, struct sim_object *sub, const struct sim_object *snapshot, double time)
{
	const char *below = sim_tmp("%s/", sub->key);
	bool kept = json_bool(sub->doc, "retainAckedMessages", false);
	const cJSON *waited = snapshot ? json_at(snapshot->hidden, "waiting") : NULL, *at = waited ? waited->child : NULL;
	for (struct sim_object *m = sim_first(c->sim, PUBSUB_MESSAGES, below); m; m = sim_following(c->sim, m, below)) {
		bool wanted = snapshot ? in_snapshot(snapshot, &at, pubsub_name(m->key))
				       : moment_read(json_str(m->doc, "publishTime", "")) >= time;
		if (!wanted || snapshot || kept || waits(m))
			json_put_bool(m->hidden, "acked", !wanted);
		json_drop(m->hidden, "due");
	}
}

void pubsub_seek(struct sim_call *c)
{
	struct sim_object *sub = subscription(c), *snapshot = NULL;
	const char *name = json_str(c->body, "snapshot", ""), *time = json_str(c->body, "time", "");
	if (!sub)
		return;
	if (*name && !(snapshot = pubsub_held(c, PUBSUB_SNAPSHOTS, name, "pubsub.snapshots.seek")))
		return;
	if (!*name && !*time) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "The seek request must name a time or a snapshot.");
		return;
	}
	if (!*name && moment_read(time) < 0) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Invalid seek time given (time=%s).", time);
		return;
	}
	if (snapshot && strcmp(json_str(snapshot->doc, "topic", ""), json_str(sub->doc, "topic", "")) != 0) {
		sim_fail(c, "FAILED_PRECONDITION", NULL,
			 "The snapshot's topic (%s) does not match the subscription's topic (%s).",
			 json_str(snapshot->doc, "topic", ""), json_str(sub->doc, "topic", ""));
		return;
	}
	go_to(c, sub, snapshot, *name ? 0 : moment_read(time));
	sim_empty(c);
}
