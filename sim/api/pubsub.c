/* pubsub.googleapis.com v1: topics, subscriptions and snapshots, their names, defaults and policies. What is published and pulled is in
 * pubsub_messages.c. */
#include "config.h"
#include "sim/api/pubsub.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define HOLDER "//pubsub.googleapis.com/"
#define TOPIC "projects/{project}/topics/{topics}"
#define SUBSCRIPTION "projects/{project}/subscriptions/{subscriptions}"
#define SNAPSHOT "projects/{project}/snapshots/{snapshots}"
#define BASICS "Refer to https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names for more information."

enum { WEEK = 7 * 86400, MONTH = 31 * 86400 };

static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

const char *pubsub_name(const char *key)
{
	const char *slash = strrchr(key, '/');
	return slash ? slash + 1 : key;
}

struct sim_object *pubsub_topic(struct sim_call *c, const char *topic, const char *permission)
{
	struct sim_object *o = sim_get(c->sim, PUBSUB_TOPICS, topic);
	const char *project = sim_tmp("%.*s", (int)strcspn(topic + strcspn(topic, "/") + 1, "/"),
				      topic + strcspn(topic, "/") + 1);
	if (!text_starts(topic, "projects/") || !strstr(topic, "/topics/"))
		refuse(c, sim_tmp("Invalid resource name given (name=%s). " BASICS, topic));
	else if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Resource not found (resource=%s).", pubsub_name(topic));
	else if (!sim_allowed(c->sim, c->principal, permission, project, sim_tmp(HOLDER "%s", topic)))
		sim_fail(c, "PERMISSION_DENIED", NULL, "User not authorized to perform this action.");
	else
		return o;
	return NULL;
}

bool sim_topic_there(struct sim *s, const char *topic)
{
	return sim_get(s, PUBSUB_TOPICS, topic) != NULL;
}

/* Names. -------------------------------------------------------------------------------------------------------------------- */
/* The path names what is made: PUT makes it, and what the body says is not asked. */
static const char *name_in_path(struct sim_call *c)
{
	return sim_part(c, 4);
}

static bool name_valid(struct sim_call *c, const char *id)
{
	size_t n = strlen(id);
	bool good = n >= 3 && n <= 255 && strspn(id, LOWER_LETTERS UPPER_LETTERS) && !text_starts(id, "goog") &&
		    strspn(id, LOWER_LETTERS UPPER_LETTERS DIGITS "-_.~+%") == n;
	return good || refuse(c, sim_tmp("Invalid resource name given (name=%s). " BASICS,
					 sim_tmp("projects/%s/%s/%s", c->project, sim_part(c, 3), id)));
}

/* Topics. ------------------------------------------------------------------------------------------------------------------- */
static bool topic_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *kept = json_str(doc, "messageRetentionDuration", ""), *key = json_str(doc, "kmsKeyName", "");
	double seconds = sim_seconds(kept, WEEK);
	(void)old;
	if (*kept && (seconds < 600 || seconds > MONTH))
		return refuse(c, "Invalid retention duration given. It must be between 10 minutes and 31 days.");
	if (*key && !sim_kms_usable(
			c->sim, key,
			sim_tmp("service-%s@gcp-sa-pubsub.iam.gserviceaccount.com", sim_project_number(c->sim, c->project))))
		return refuse(
		    c, "Cloud Pub/Sub did not have the necessary permissions configured to support this operation. Please "
		       "verify that the Cloud Pub/Sub service account was granted the Cloud KMS CryptoKey "
		       "Encrypter/Decrypter role for your CryptoKey.");
	return true;
}

static bool topic_deleting(struct sim_call *c, struct sim_object *o)
{
	for (struct sim_object *sub = sim_first(c->sim, PUBSUB_SUBSCRIPTIONS, ""); sub; sub = sim_following(c->sim, sub, ""))
		if (!strcmp(json_str(sub->doc, "topic", ""), o->key))
			json_put_str(sub->doc, "topic", "_deleted-topic_");
	return true;
}

/* What is of the topic that the call names: names alone. */
static void of_topic(struct sim_call *c, const char *collection, const char *field)
{
	const char *topic = resource_text(c, TOPIC);
	cJSON *names = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	bool there = sim_get(c->sim, PUBSUB_TOPICS, topic) != NULL;
	for (struct sim_object *o = sim_first(c->sim, collection, ""); o; o = sim_following(c->sim, o, ""))
		if (!strcmp(json_str(o->doc, "topic", ""), topic))
			cJSON_AddItemToArray(names, cJSON_CreateString(o->key));
	sim_put_list(reply, field, names);
	if (there) {
		sim_ok(c, reply);
		return;
	}
	cJSON_Delete(reply);
	sim_fail(c, "NOT_FOUND", NULL, "Resource not found (resource=%s).", pubsub_name(topic));
}

static void topic_subscriptions(struct sim_call *c)
{
	of_topic(c, PUBSUB_SUBSCRIPTIONS, "subscriptions");
}

static void topic_snapshots(struct sim_call *c)
{
	of_topic(c, PUBSUB_SNAPSHOTS, "snapshots");
}

/* Subscriptions. ------------------------------------------------------------------------------------------------------------ */
bool pubsub_push_ok(struct sim_call *c, const cJSON *push)
{
	const char *endpoint = json_str(push, "pushEndpoint", ""), *email = json_str(push, "oidcToken.serviceAccountEmail", "");
	if (*endpoint && !text_starts(endpoint, "https://"))
		return refuse(c, sim_tmp("Invalid push endpoint given (endpoint=%s). Refer to "
					 "https://cloud.google.com/pubsub/docs/subscriber#create for more information.",
					 endpoint));
	if (!*email || (sim_account_exists(c->sim, email, true) && sim_may_act_as(c, email)))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL,
		 "The principal (user or service account) lacks IAM permission \"iam.serviceAccounts.actAs\" for the resource "
		 "\"%s\" (or the resource may not exist).",
		 email);
	return false;
}

static bool times_ok(struct sim_call *c, const cJSON *doc)
{
	double ack = json_num(doc, "ackDeadlineSeconds", 10),
	       kept = sim_seconds(json_str(doc, "messageRetentionDuration", ""), WEEK),
	       most = json_num(doc, "deadLetterPolicy.maxDeliveryAttempts", 5);
	if (ack < 10 || ack > 600)
		return refuse(
		    c, sim_tmp("Invalid ack deadline given (ack_deadline_seconds=%.0f). It must be between 10 and 600 seconds.",
			       ack));
	if (kept < 600 || kept > MONTH)
		return refuse(c, "Invalid retention duration given. It must be between 10 minutes and 31 days.");
	if (most < 5 || most > 100)
		return refuse(c, "The max delivery attempts of a dead letter policy must be between 5 and 100.");
	return true;
}

static bool subscription_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *dead = json_str(doc, "deadLetterPolicy.deadLetterTopic", "");
	if (!old && !pubsub_topic(c, json_str(doc, "topic", ""), "pubsub.topics.attachSubscription"))
		return false;
	if (*dead && !sim_topic_there(c->sim, dead)) {
		sim_fail(c, "NOT_FOUND", NULL, "Resource not found (resource=%s).", pubsub_name(dead));
		return false;
	}
	if (!json_num(doc, "ackDeadlineSeconds", 0))
		json_put_num(doc, "ackDeadlineSeconds", 10);
	if (dead && *dead && !json_at(doc, "deadLetterPolicy.maxDeliveryAttempts"))
		json_put_num(doc, "deadLetterPolicy.maxDeliveryAttempts", 5);
	return times_ok(c, doc) && pubsub_push_ok(c, json_at(doc, "pushConfig"));
}

/* Changes name the resource and its fields in a body of their own; what is fixed may not be among them. */
static bool mask_ok(struct sim_call *c, const char *fixed, const char *what)
{
	const char *mask = json_str(c->body, "updateMask", "");
	if (!*mask)
		return refuse(
		    c, sim_tmp("The update_mask in the Update%sRequest must be set, and must contain a non-empty paths list.",
			       what));
	for (const char *p = mask; *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
		const char *one = sim_tmp("%.*s", (int)strcspn(p, ","), p);
		if (strstr(sim_tmp(" %s ", fixed), sim_tmp(" %s ", one)))
			return refuse(
			    c,
			    sim_tmp(
				"Invalid update_mask provided in the Update%sRequest: the '%s' field in the %s is not mutable.",
				what, one, what));
	}
	return true;
}

static bool topic_changing(struct sim_call *c, const struct sim_object *o)
{
	(void)o;
	return mask_ok(c, "name", "Topic");
}

static bool subscription_changing(struct sim_call *c, const struct sim_object *o)
{
	(void)o;
	return mask_ok(c, "name topic filter enableMessageOrdering enable_message_ordering", "Subscription");
}

static bool snapshot_changing(struct sim_call *c, const struct sim_object *o)
{
	(void)o;
	return mask_ok(c, "name topic", "Snapshot");
}

static cJSON *pubsub_changed(struct sim_call *c, const struct sim_object *o)
{
	const char *field = strstr(c->id, ".topics.") ? "topic" : strstr(c->id, ".snapshots.") ? "snapshot" : "subscription";
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	sim_merge(doc, json_at(c->body, field), json_str(c->body, "updateMask", ""));
	return doc;
}

static bool snapshot_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	char when[40];
	const char *from = json_str(doc, "subscription", "");
	struct sim_object *sub = old ? NULL : sim_get(c->sim, PUBSUB_SUBSCRIPTIONS, from);
	if (old)
		return true;
	if (!sub) {
		sim_fail(c, "NOT_FOUND", NULL, "Resource not found (resource=%s).", pubsub_name(from));
		return false;
	}
	json_put_str(doc, "topic", json_str(sub->doc, "topic", ""));
	json_put_str(doc, "expireTime", text_rfc3339(sim_wall(c->sim) + WEEK, 3, when));
	return true;
}

static void snapshot_touched(struct sim_call *c, struct sim_object *o)
{
	if (!json_at(o->hidden, "waiting"))
		pubsub_remember(c, o, json_str(o->doc, "subscription", ""));
	json_drop(o->doc, "subscription");
}

#define P "pubsub.projects."
static const struct sim_resource resources[] = {
    {.methods = P "topics",
     .collection = PUBSUB_TOPICS,
     .key = TOPIC,
     .field = "topics",
     .missing = "Resource not found (resource={topics}).",
     .taken = "Resource already exists in the project (resource={topics}).",
     .holder = HOLDER,
     .named = name_in_path,
     .valid = name_valid,
     .complete = topic_complete,
     .changing = topic_changing,
     .changed = pubsub_changed,
     .deleting = topic_deleting},
    {.methods = P "subscriptions",
     .collection = PUBSUB_SUBSCRIPTIONS,
     .key = SUBSCRIPTION,
     .field = "subscriptions",
     .missing = "Resource not found (resource={subscriptions}).",
     .taken = "Resource already exists in the project (resource={subscriptions}).",
     .holder = HOLDER,
     .named = name_in_path,
     .valid = name_valid,
     .complete = subscription_complete,
     .changing = subscription_changing,
     .changed = pubsub_changed,
     .below = PUBSUB_MESSAGES,
     .defaults =
	 "{'pushConfig':{},'messageRetentionDuration':'604800s','expirationPolicy':{'ttl':'2678400s'},'state':'ACTIVE'}"},
    {.methods = P "snapshots",
     .collection = PUBSUB_SNAPSHOTS,
     .key = SNAPSHOT,
     .field = "snapshots",
     .missing = "Resource not found (resource={snapshots}).",
     .taken = "Resource already exists in the project (resource={snapshots}).",
     .holder = HOLDER,
     .named = name_in_path,
     .valid = name_valid,
     .complete = snapshot_complete,
     .touched = snapshot_touched,
     .changing = snapshot_changing,
     .changed = pubsub_changed},
    {0},
};

/* What is made, or listed, is asked of the project; what is there, of itself. */
static void pubsub_guard(const struct sim_call *c, struct buf *out)
{
	bool itself = *sim_part(c, 4) && !text_ends(c->id, ".create");
	if (itself)
		buf_printf(out, HOLDER "projects/%s/%s/%s", c->project ? c->project : "", sim_part(c, 3), sim_part(c, 4));
	else
		buf_printf(out, "//cloudresourcemanager.googleapis.com/projects/%s", c->project ? c->project : "");
}

static const struct sim_route routes[] = {
    RESOURCE_ROUTES(P "topics", "pubsub.topics"),
    RESOURCE_POLICIES(P "topics", "pubsub.topics"),
    {P "topics.publish", pubsub_publish, "pubsub.topics.publish", NULL},
    {P "topics.subscriptions.list", topic_subscriptions, "pubsub.topics.get", NULL},
    {P "topics.snapshots.list", topic_snapshots, "pubsub.topics.get", NULL},
    RESOURCE_ROUTES(P "subscriptions", "pubsub.subscriptions"),
    RESOURCE_POLICIES(P "subscriptions", "pubsub.subscriptions"),
    {P "subscriptions.pull", pubsub_pull, "pubsub.subscriptions.consume", NULL},
    {P "subscriptions.acknowledge", pubsub_acknowledge, "pubsub.subscriptions.consume", NULL},
    {P "subscriptions.modifyAckDeadline", pubsub_extend, "pubsub.subscriptions.consume", NULL},
    {P "subscriptions.modifyPushConfig", pubsub_push, "pubsub.subscriptions.update", NULL},
    {P "subscriptions.detach", pubsub_detach, NULL, NULL},
    {P "subscriptions.seek", pubsub_seek, "pubsub.subscriptions.consume", NULL},
    RESOURCE_ROUTES(P "snapshots", "pubsub.snapshots"),
    RESOURCE_POLICIES(P "snapshots", "pubsub.snapshots"),
    {0},
};

const struct sim_api sim_pubsub = {
    .name = "pubsub",
    .service = "pubsub.googleapis.com",
    .errors = SIM_ERRORS_AIP,
    .routes = routes,
    .guard = pubsub_guard,
    .resources = resources,
};
