/* Pub/Sub: topics, subscriptions and snapshots, and what is published, pulled, acknowledged and had again; and what else a stack names beside it: the
 * firewall of an application, keys for S3's protocol. */
#include "config.h"
#include "tests/sim/cloud.h"

#define PUBSUB "pubsub.googleapis.com/v1/projects/demo-proj/"
#define TOPIC "projects/demo-proj/topics/pushes"

static void topics(void)
{
	refuse("GET", PUBSUB "topics/pushes", NULL, 404, NULL, "Resource not found (resource=pushes).");
	cJSON *topic = asks("PUT", PUBSUB "topics/pushes", json_make("{'labels':{'a':'b'}}"), 200);
	is_str(json_str(topic, "name", ""), TOPIC, "a topic has the name that its path says");
	refuse("PUT", PUBSUB "topics/pushes", json_make("{}"), 409, NULL,
	       "Resource already exists in the project (resource=pushes).");
	asks("PUT", PUBSUB "topics/1a", json_make("{}"), 400);
	asks("PUT", PUBSUB "topics/goog-a", json_make("{}"), 400);
	topic = asks("PATCH", PUBSUB "topics/pushes",
		     json_make("{'topic':{'messageRetentionDuration':'86400s'},'updateMask':'messageRetentionDuration'}"), 200);
	is_str(json_str(topic, "labels.a", ""), "b", "a change reaches what its mask names");
	topic = asks("PATCH", PUBSUB "topics/pushes?updateMask=labels", json_make("{'topic':{'labels':{'a':'c'}}}"), 200);
	is_str(json_str(topic, "labels.a", ""), "c", "the query may say what the body does not");
	is_str(json_str(topic, "messageRetentionDuration", ""), "86400s", "and it holds");
	asks("PATCH", PUBSUB "topics/pushes?updateMask=labels&mask=x", json_make("{'topic':{'labels':{'a':'b'}}}"), 400);
	asks("PATCH", PUBSUB "topics/pushes?topic=x", json_make("{'updateMask':'labels'}"), 400);
	asks("PATCH", PUBSUB "topics/pushes?updateMask=labels", json_make("{'topic':{'labels':{'a':'b'}}}"), 200);
	asks("PATCH", PUBSUB "topics/pushes", json_make("{'topic':{'name':'x'},'updateMask':'name'}"), 400);
	is_int(cJSON_GetArraySize(json_at(asks("GET", PUBSUB "topics", NULL, 200), "topics")), 1, "topics are listed");
	refuse("POST", PUBSUB "topics/none:publish", json_make("{'messages':[{'data':'aGk='}]}"), 404, NULL,
	       "Resource not found (resource=none).");
	asks("POST", PUBSUB "topics/pushes:publish", json_make("{'messages':[]}"), 400);
	asks("POST", PUBSUB "topics/pushes:publish", json_make("{'messages':[{'data':''}]}"), 400);
}

static void subscriptions(void)
{
	asks("PUT", PUBSUB "subscriptions/here", json_make("{'topic':'projects/demo-proj/topics/none'}"), 404);
	asks("PUT", PUBSUB "subscriptions/here", json_make("{'topic':%s,'ackDeadlineSeconds':5}", TOPIC), 400);
	asks("PUT", PUBSUB "subscriptions/here",
	     json_make("{'topic':%s,'pushConfig':{'pushEndpoint':'http://a.example/'}}", TOPIC), 400);
	asks("PUT", PUBSUB "subscriptions/here",
	     json_make("{'topic':%s,'deadLetterPolicy':{'deadLetterTopic':'projects/demo-proj/topics/none'}}", TOPIC), 404);
	cJSON *sub = asks("PUT", PUBSUB "subscriptions/here", json_make("{'topic':%s}", TOPIC), 200);
	is_int((int)json_num(sub, "ackDeadlineSeconds", 0), 10, "ten seconds to acknowledge where nothing is said");
	is_str(json_str(sub, "messageRetentionDuration", ""), "604800s", "a week's messages are kept");
	asks("PATCH", PUBSUB "subscriptions/here", json_make("{'subscription':{'topic':'x'},'updateMask':'topic'}"), 400);
	is_str(json_str(asks("GET", PUBSUB "topics/pushes/subscriptions", NULL, 200), "subscriptions.0", ""),
	       "projects/demo-proj/subscriptions/here", "a topic tells its subscriptions");
}

static int pulled(char *ack, size_t room)
{
	cJSON *reply = asks("POST", PUBSUB "subscriptions/here:pull", json_make("{'maxMessages':5}"), 200);
	snprintf(ack, room, "%s", json_str(reply, "receivedMessages.0.ackId", ""));
	return cJSON_GetArraySize(json_at(reply, "receivedMessages"));
}

static void messages(void)
{
	char ack[512], other[512];
	asks("POST", PUBSUB "topics/pushes:publish", json_make("{'messages':[{'data':'aGk='},{'attributes':{'a':'b'}}]}"), 200);
	is_int(pulled(ack, sizeof ack), 2, "what is published is pulled");
	is_int(pulled(other, sizeof other), 0, "once");
	sim_advance(cloud, sim_now(cloud) + 11);
	is_int(pulled(ack, sizeof ack), 2, "and again when nobody acknowledged it in time");
	asks("PUT", PUBSUB "snapshots/before", json_make("{'subscription':'projects/demo-proj/subscriptions/here'}"), 200);
	asks("POST", PUBSUB "subscriptions/here:acknowledge", json_make("{'ackIds':[%s]}", ack), 200);
	asks("POST", PUBSUB "subscriptions/here:acknowledge", json_make("{'ackIds':['eA']}"), 400);
	sim_advance(cloud, sim_now(cloud) + 11);
	is_int(pulled(ack, sizeof ack), 1, "what is acknowledged is gone");
	asks("POST", PUBSUB "subscriptions/here:seek", json_make("{'snapshot':'projects/demo-proj/snapshots/before'}"), 200);
	is_int(pulled(ack, sizeof ack), 2, "until one goes back to a snapshot");
	asks("POST", PUBSUB "subscriptions/here:seek", json_make("{'snapshot':'projects/demo-proj/snapshots/none'}"), 404);
}

/* Masks name fields that there are and that may change, however they are written. */
static void masks(void)
{
	static const struct {
		const char *at, *field, *mask, *why;
	} bad[] = {
	    {"subscriptions/here", "subscription", "ackDeadlineSeconds, topic",
	     "UpdateSubscriptionRequest: the 'topic' field in the Subscription is not mutable."},
	    {"subscriptions/here", "subscription", "enable_message_ordering",
	     "UpdateSubscriptionRequest: the 'enable_message_ordering' field in the Subscription is not mutable."},
	    {"subscriptions/here", "subscription", "detached",
	     "UpdateSubscriptionRequest: the 'detached' field in the Subscription is not mutable."},
	    {"subscriptions/here", "subscription", "*",
	     "UpdateSubscriptionRequest: '*' is not a known Subscription field. Note that field paths must be of the form "
	     "'push_config' rather than 'pushConfig'."},
	    {"subscriptions/here", "subscription", "pushConfig.endpoint",
	     "UpdateSubscriptionRequest: 'pushConfig.endpoint' is not a known Subscription field. Note that field paths must "
	     "be "
	     "of the form 'push_config' rather than 'pushConfig'."},
	    {"snapshots/before", "snapshot", "labels,topic",
	     "UpdateSnapshotRequest: the 'topic' field in the Snapshot is not mutable."},
	    {"topics/pushes", "topic", "nothing",
	     "UpdateTopicRequest: 'nothing' is not a known Topic field. Note that field paths must be of the form "
	     "'push_config' "
	     "rather than 'pushConfig'."},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *url = xasprintf(PUBSUB "%s", bad[i].at),
		     *why = xasprintf("Invalid update_mask provided in the %s", bad[i].why);
		cJSON *body = json_make("{'updateMask':%s}", bad[i].mask);
		json_put(body, bad[i].field, json_make("{'labels':{}}"));
		refuse("PATCH", url, body, 400, NULL, why);
		free(url);
		free(why);
	}
	cJSON *sub = asks(
	    "PATCH", PUBSUB "subscriptions/here",
	    json_make("{'subscription':{'ackDeadlineSeconds':20,'pushConfig':{'attributes':{'a':'b'}}},'updateMask':"
		      "'ack_deadline_seconds,pushConfig.attributes'}"),
	    200);
	is_int((int)json_num(sub, "ackDeadlineSeconds", 0), 20, "what may change does, in either spelling");
	asks("PATCH", PUBSUB "subscriptions/here",
	     json_make("{'subscription':{'ackDeadlineSeconds':10},'updateMask':'ackDeadlineSeconds'}"), 200);
}

/* An empty expiration policy is said, and not the same as none. */
static void expiration(void)
{
#define OTHER PUBSUB "subscriptions/other"
	cJSON *sub = asks("GET", PUBSUB "subscriptions/here", NULL, 200);
	is_str(json_str(sub, "expirationPolicy.ttl", ""), "2678400s", "a subscription that nobody uses goes after a month");
	asks("PUT", OTHER, json_make("{'topic':%s,'expirationPolicy':{}}", TOPIC), 200);
	sub = asks("PATCH", OTHER, json_make("{'subscription':{'labels':{'a':'b'}},'updateMask':'labels'}"), 200);
	ok(json_at(sub, "expirationPolicy") && !json_at(sub, "expirationPolicy.ttl"), "or never, and that stays");
	asks("DELETE", OTHER, NULL, 200);
	asks("PUT", OTHER, json_make("{'topic':%s,'expirationPolicy':{'ttl':'3600s'}}", TOPIC), 400);
}

static void unsimulated(void)
{
	static const char *const fields[] = {"'bigqueryConfig':{'table':'p.d.t'}", "'cloudStorageConfig':{'bucket':'b'}",
					     "'bigtableConfig':{'table':'t'}", "'filter':'attributes.a=\"b\"'",
					     "'messageTransforms':[{'disabled':true}]"};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		char *text = xasprintf("{'topic':'" TOPIC "',%s}", fields[i]);
		cJSON *reply = ask("PUT", OTHER, json_make(text));
		ok(!strcmp(json_str(reply, "error.status", ""), "UNIMPLEMENTED"), "refused, not taken without effect: %s",
		   fields[i]);
		free(text);
	}
}

static void publish(int n)
{
	cJSON *all = cJSON_CreateArray();
	for (int i = 0; i < n; i++)
		cJSON_AddItemToArray(all, json_make("{'data':'aGk='}"));
	asks("POST", PUBSUB "topics/pushes:publish", json_make("{'messages':%j}", all), 200);
}

static int pulls(int most)
{
	cJSON *reply = asks("POST", OTHER ":pull", json_make("{'maxMessages':%d}", most), 200);
	return cJSON_GetArraySize(json_at(reply, "receivedMessages"));
}

/* How much one pull gives, how long it waits, and what times of other spellings say. */
static void kept(void)
{
	char ack[512], when[40], *body;
	asks("PUT", OTHER, json_make("{'topic':%s,'messageRetentionDuration':'600s','retainAckedMessages':true}", TOPIC), 200);
	publish(1000);
	publish(5);
	is_int(pulls(2000), 1000, "a pull gives a thousand at most");
	is_int(pulls(2000), 5, "and then the rest");
	asks("POST", OTHER ":seek", json_make("{'time':'2099-01-01T00:00:00Z'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 60);
	double now = floor(sim_wall(cloud));
	sim_advance(cloud, sim_now(cloud) + 1 + now - sim_wall(cloud) + 0.25);
	publish(1);
	text_rfc3339(now + 1 + 7200, 0, when);
	when[strlen(when) - 1] = '\0';
	body = xasprintf("%s+02:00", when);
	asks("POST", OTHER ":seek", json_make("{'time':%s}", body), 200);
	free(body);
	is_int(pulls(10), 1, "a time with an offset and without a fraction is the time that it is");
	asks("POST", OTHER ":seek", json_make("{'time':%s}", text_rfc3339(now + 1.001, 9, when)), 200);
	is_int(pulls(10), 1, "one of nanoseconds too");
	asks("DELETE", PUBSUB "snapshots/before", NULL, 200);
	sim_advance(cloud, sim_now(cloud) + 601);
	asks("PUT", PUBSUB "snapshots/late", json_make("{'subscription':'projects/demo-proj/subscriptions/other'}"), 200);
	is_int(pulls(10), 0, "what is older than the subscription keeps is gone, and no snapshot brings it back");
	asks("DELETE", PUBSUB "snapshots/late", NULL, 200);
	asks("DELETE", OTHER, NULL, 200);
	asks("PUT", OTHER, json_make("{'topic':%s}", TOPIC), 200);
	publish(1);
	cJSON *got = asks("POST", OTHER ":pull", json_make("{'maxMessages':1}"), 200);
	body = xstrdup(json_str(got, "receivedMessages.0.ackId", ""));
	asks("POST", OTHER ":acknowledge", json_make("{'ackIds':[%s]}", body), 200);
	free(body);
	ok(!sim_first(cloud, "pubsub.messages", "projects/demo-proj/subscriptions/other/"), "and so is what is acknowledged");
	asks("DELETE", OTHER, NULL, 200);
	while (pulled(ack, sizeof ack))
		asks("POST", PUBSUB "subscriptions/here:acknowledge", json_make("{'ackIds':[%s]}", ack), 200);
}

/* A snapshot and what goes back to it are asked of the subscription and of the snapshot as well. */
static void permitted(void)
{
#define CRM "cloudresourcemanager.googleapis.com/v1/projects/demo-proj"
#define ROLES "iam.googleapis.com/v1/projects/demo-proj/roles"
	asks("POST", ROLES, json_make("{'roleId':'maker','role':{'includedPermissions':['pubsub.snapshots.create']}}"), 200);
	asks("POST", ROLES, json_make("{'roleId':'reader','role':{'includedPermissions':['pubsub.subscriptions.consume']}}"),
	     200);
	static const char *const who[] = {"maker", "reader"};
	cJSON *policy = cJSON_Duplicate(asks("POST", CRM ":getIamPolicy", NULL, 200), true);
	char *tokens[2];
	for (size_t i = 0; i < 2; i++) {
		char *role = xasprintf("projects/demo-proj/roles/%s", who[i]), *user = xasprintf("user:%s@example.com", who[i]);
		cJSON_AddItemToArray(json_at(policy, "bindings"), json_make("{'role':%s,'members':[%s]}", role, user));
		tokens[i] = sim_token_new(cloud, user, 7200);
		free(role);
		free(user);
	}
	asks("POST", CRM ":setIamPolicy", json_make("{'policy':%j}", policy), 200);
	sim_advance(cloud, sim_now(cloud) + 900);
	as_token = tokens[0];
	refuse("PUT", PUBSUB "snapshots/theirs", json_make("{'subscription':'projects/demo-proj/subscriptions/here'}"), 403,
	       NULL, "User not authorized to perform this action.");
	as_token = tokens[1];
	refuse("POST", PUBSUB "subscriptions/here:seek", json_make("{'snapshot':'projects/demo-proj/snapshots/before'}"), 403,
	       NULL, "User not authorized to perform this action.");
	asks("POST", PUBSUB "subscriptions/here:seek", json_make("{'time':'2020-01-01T00:00:00Z'}"), 200);
	as_token = NULL;
	free(tokens[0]);
	free(tokens[1]);
}

/* A schedule's message arrives; a schedule whose topic is gone says so. */
static void scheduled(void)
{
#define JOBS "cloudscheduler.googleapis.com/v1/projects/demo-proj/locations/us-central1/jobs"
	char ack[512];
	asks("POST", JOBS,
	     json_make("{'name':'projects/demo-proj/locations/us-central1/jobs/tick','schedule':'0 3 * * *','pubsubTarget':"
		       "{'topicName':%s,'data':'aGk='}}",
		       TOPIC),
	     200);
	asks("POST", PUBSUB "subscriptions/here:seek", json_make("{'time':'2099-01-01T00:00:00Z'}"), 200);
	is_int(pulled(ack, sizeof ack), 0, "a time to come leaves nothing behind it");
	asks("POST", JOBS "/tick:run", json_make("{}"), 200);
	sim_advance(cloud, sim_now(cloud) + 5);
	is_int(pulled(ack, sizeof ack), 1, "a schedule publishes");
	asks("DELETE", PUBSUB "topics/pushes", NULL, 200);
	is_str(json_str(asks("GET", PUBSUB "subscriptions/here", NULL, 200), "topic", ""), "_deleted-topic_",
	       "a subscription outlives its topic");
	asks("POST", JOBS "/tick:run", json_make("{}"), 200);
	sim_advance(cloud, sim_now(cloud) + 5);
	is_int((int)json_num(asks("GET", JOBS "/tick", NULL, 200), "status.code", 0), 5, "a schedule without its topic fails");
}

static void rules(void)
{
#define APP "appengine.googleapis.com/v1/apps"
#define RULES APP "/demo-proj/firewall/ingressRules"
	asks("GET", RULES, NULL, 404);
	cJSON *op = asks("POST", APP, json_make("{'id':'demo-proj','locationId':'us-central'}"), 200);
	char *link = xasprintf("appengine.googleapis.com/v1/%s", json_str(op, "name", ""));
	finish(link);
	free(link);
	is_str(json_str(asks("GET", RULES, NULL, 200), "ingressRules.0.action", ""), "ALLOW",
	       "an application lets everybody in at first");
	asks("POST", RULES, json_make("{'priority':1000,'action':'DENY','sourceRange':'203.0.113.0/24'}"), 200);
	asks("POST", RULES, json_make("{'priority':1000,'action':'DENY','sourceRange':'203.0.113.0/24'}"), 409);
	asks("POST", RULES, json_make("{'priority':5,'action':'DENY','sourceRange':'203.0.113.0/40'}"), 400);
	asks("POST", RULES, json_make("{'priority':9,'action':'ALLOW','sourceRange':'203.0.113.7'}"), 200);
	is_int((int)json_num(asks("GET", RULES "?matchingAddress=203.0.113.9", NULL, 200), "ingressRules.0.priority", 0), 1000,
	       "rules are found by whom they meet");
	is_int((int)json_num(asks("GET", RULES, NULL, 200), "ingressRules.0.priority", 0), 9,
	       "in the order of their priorities");
	is_str(json_str(asks("PATCH", RULES "/1000?updateMask=action", json_make("{'action':'ALLOW'}"), 200), "action", ""),
	       "ALLOW", "a rule is changed");
	asks("DELETE", RULES "/2147483647", NULL, 400);
	asks("DELETE", RULES "/1000", NULL, 200);
	asks("DELETE", RULES "/1000", NULL, 404);
}

static void interoperable_keys(void)
{
#define HMAC "storage.googleapis.com/storage/v1/projects/demo-proj/hmacKeys"
	asks("POST", HMAC "?serviceAccountEmail=nobody@demo-proj.iam.gserviceaccount.com", NULL, 404);
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'s3-client'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 900);
	cJSON *key = asks("POST", HMAC "?serviceAccountEmail=s3-client@demo-proj.iam.gserviceaccount.com", NULL, 200);
	is_int((int)strlen(json_str(key, "secret", "")), 40, "a key's secret is shown when it is made");
	char *url = xasprintf(HMAC "/%s", json_str(key, "metadata.accessId", ""));
	ok(!json_at(asks("GET", url, NULL, 200), "secret"), "and never again");
	refuse("DELETE", url, NULL, 400, "invalid", "Cannot delete keys in 'ACTIVE' state.");
	asks("PUT", url, json_make("{'state':'INACTIVE'}"), 200);
	asks("DELETE", url, NULL, 204);
	ok(!json_at(asks("GET", HMAC, NULL, 200), "items.0"), "a deleted key is not listed");
	is_str(json_str(asks("GET", HMAC "?showDeletedKeys=true", NULL, 200), "items.0.state", ""), "DELETED",
	       "but where asked for");
	free(url);
}

/* An address that a NAT uses stays. */
static void natted(void)
{
#define REGION COMPUTE "regions/us-central1/"
	act("POST", COMPUTE "global/networks", json_make("{'name':'n','autoCreateSubnetworks':false}"));
	act("POST", REGION "addresses", json_make("{'name':'out'}"));
	act("POST", REGION "routers",
	    json_make("{'name':'r','network':'projects/demo-proj/global/networks/"
		      "n','nats':[{'name':'n','natIpAllocateOption':'MANUAL_ONLY',"
		      "'sourceSubnetworkIpRangesToNat':'ALL_SUBNETWORKS_ALL_IP_RANGES','natIps':"
		      "['projects/demo-proj/regions/us-central1/addresses/out']}]}"));
	cJSON *reply = ask("DELETE", REGION "addresses/out", NULL);
	is_str(json_str(reply, "error.errors.0.reason", ""), "resourceInUseByAnotherResource",
	       "an address that a NAT uses stays");
	act("DELETE", REGION "routers/r", NULL);
	act("DELETE", REGION "addresses/out", NULL);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	topics();
	subscriptions();
	messages();
	masks();
	expiration();
	unsimulated();
	permitted();
	kept();
	scheduled();
	rules();
	interoperable_keys();
	natted();
	sim_free(cloud);
	return tap_done();
}
