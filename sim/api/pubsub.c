/* pubsub.googleapis.com v1: topics, subscriptions and snapshots, their names, defaults and policies. What is published and pulled is in
 * pubsub_messages.c. */
#include "config.h"
#include "sim/api/pubsub.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "sim/core/contract.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
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

struct sim_object *pubsub_held(struct sim_call *c, const char *collection, const char *name, const char *permission)
{
	struct sim_object *o = sim_get(c->sim, collection, name);
	bool named = text_starts(name, "projects/") && strstr(name, sim_tmp("/%s/", strchr(collection, '.') + 1));
	const char *id = named ? name + strlen("projects/") : "", *project = sim_tmp("%.*s", (int)strcspn(id, "/"), id);
	if (!named)
		refuse(c, sim_tmp("Invalid resource name given (name=%s). " BASICS, name));
	else if (!o)
		sim_fail(c, "NOT_FOUND", NULL, "Resource not found (resource=%s).", pubsub_name(name));
	else if (!sim_allowed(c->sim, c->principal, permission, project, sim_tmp(HOLDER "%s", name)))
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
/* What would change which messages arrive, and where, and is not simulated: better refused than taken without effect. */
static bool simulated(struct sim_call *c, const cJSON *doc, const char *const *fields)
{
	for (; *fields; fields++) {
		const cJSON *said = json_at(doc, *fields);
		if (said && (said->child || *json_str(doc, *fields, ""))) {
			sim_fail(c, "UNIMPLEMENTED", NULL, "The field %s of Pub/Sub is not simulated.", *fields);
			return false;
		}
	}
	return true;
}

static bool topic_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	const char *kept = json_str(doc, "messageRetentionDuration", ""), *key = json_str(doc, "kmsKeyName", "");
	double seconds = sim_seconds(kept, WEEK);
	static const char *const outside[] = {"ingestionDataSourceSettings", "messageTransforms", "schemaSettings", NULL};
	(void)old;
	if (!simulated(c, doc, outside))
		return false;
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
	       lives = sim_seconds(json_str(doc, "expirationPolicy.ttl", ""), MONTH),
	       most = json_num(doc, "deadLetterPolicy.maxDeliveryAttempts", 5);
	if (ack < 10 || ack > 600)
		return refuse(
		    c, sim_tmp("Invalid ack deadline given (ack_deadline_seconds=%.0f). It must be between 10 and 600 seconds.",
			       ack));
	if (kept < 600 || kept > MONTH)
		return refuse(c, "Invalid retention duration given. It must be between 10 minutes and 31 days.");
	if (lives < 86400)
		return refuse(c, "Invalid expiration policy given. The minimum ttl is 1 day.");
	if (most < 5 || most > 100)
		return refuse(c, "The max delivery attempts of a dead letter policy must be between 5 and 100.");
	return true;
}

static bool subscription_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	static const char *const outside[] = {"bigqueryConfig", "bigtableConfig",    "cloudStorageConfig",
					      "filter",         "messageTransforms", NULL};
	const char *dead = json_str(doc, "deadLetterPolicy.deadLetterTopic", "");
	if (!old && !pubsub_held(c, PUBSUB_TOPICS, json_str(doc, "topic", ""), "pubsub.topics.attachSubscription"))
		return false;
	if (!simulated(c, doc, outside))
		return false;
	/* An empty policy never expires: only where there is none, the usual one holds. */
	if (!json_at(doc, "expirationPolicy"))
		json_put_str(doc, "expirationPolicy.ttl", "2678400s");
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

/* Changes. ------------------------------------------------------------------------------------------------------------------ */
/* "Subscription", where the call changes one: so schemas and messages call it. */
static const char *changed_kind(const struct sim_call *c)
{
	return strstr(c->id, ".topics.") ? "Topic" : strstr(c->id, ".snapshots.") ? "Snapshot" : "Subscription";
}

/* Has the kind such a field? The path may go on into that, as far as the contract knows what is there. */
static bool path_known(const struct sim_call *c, const char *kind, const char *path)
{
	struct contract_method m;
	struct contract_field f = {.type = {kind, strlen(kind)}};
	cJSON *params = cJSON_CreateObject();
	bool known, found = contract_find(c->host, c->method, c->path, &m, params, &known);
	cJSON_Delete(params);
	for (const char *fields = found ? contract_schema(m.api, f.type) : NULL;; path++) {
		const char *one = sim_tmp("%.*s", (int)strcspn(path, "."), path);
		if (!fields || !contract_field(m.api, fields, one, &f))
			return false;
		path += strlen(one);
		if (!*path || (f.type.n && *f.type.p == '{'))
			return true;
		fields = *f.type.p == '@' ? contract_schema(m.api, (struct span){f.type.p + 1, f.type.n - 1}) : NULL;
	}
}

/* The path's first field in proto's spelling, as the messages have it and the row's kept fields are compared. */
static const char *proto_name(const char *path)
{
	struct buf b = {0};
	contract_snake(&b, path, strcspn(path, "."));
	return sim_keep(buf_take(&b));
}

static bool path_ok(struct sim_call *c, const char *kind, const char *path)
{
	const char *snake = proto_name(path);
	char *kept = xasprintf("name %s", resource_of(c)->kept), *save = NULL;
	bool fixed = false;
	for (char *word = strtok_r(kept, " ", &save); word; word = strtok_r(NULL, " ", &save))
		fixed = fixed || !strcmp(proto_name(word), snake);
	free(kept);
	const char *why = fixed ? sim_tmp("the '%s' field in the %s is not mutable.", snake, kind)
				: sim_tmp("'%s' is not a known %s field. Note that field paths must be of the form "
					  "'push_config' rather than 'pushConfig'.",
					  path, kind);
	return (!fixed && path_known(c, kind, path)) ||
	       refuse(c, sim_tmp("Invalid update_mask provided in the Update%sRequest: %s", kind, why));
}

/* Changes name the resource and its fields in a body of their own; what is fixed may not be among them. */
static bool pubsub_changing(struct sim_call *c, const struct sim_object *o)
{
	const char *kind = changed_kind(c);
	char *mask = xstrdup(json_str(c->body, "updateMask", "")), *save = NULL, *path = strtok_r(mask, ", ", &save);
	bool good = path || refuse(c, sim_tmp("The update_mask in the Update%sRequest must be set, and must contain a "
					      "non-empty paths list.",
					      kind));
	(void)o;
	for (; good && path; path = strtok_r(NULL, ", ", &save))
		good = path_ok(c, kind, path);
	free(mask);
	return good;
}

static cJSON *pubsub_changed(struct sim_call *c, const struct sim_object *o)
{
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	sim_merge(doc, json_at(c->body, proto_name(changed_kind(c))), json_str(c->body, "updateMask", ""));
	return doc;
}

static bool snapshot_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	char when[40];
	const char *from = json_str(doc, "subscription", "");
	struct sim_object *sub = old ? NULL : pubsub_held(c, PUBSUB_SUBSCRIPTIONS, from, "pubsub.subscriptions.consume");
	if (!sub)
		return old != NULL;
	pubsub_expire(c->sim, sub);
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
     .kept = "state satisfiesPzs",
     .changing = pubsub_changing,
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
     .kept = "topic filter enableMessageOrdering detached state topicMessageRetentionDuration analyticsHubSubscriptionInfo",
     .changing = pubsub_changing,
     .changed = pubsub_changed,
     .below = PUBSUB_MESSAGES,
     .defaults = "{'pushConfig':{},'messageRetentionDuration':'604800s','state':'ACTIVE'}"},
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
     .kept = "topic",
     .changing = pubsub_changing,
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
