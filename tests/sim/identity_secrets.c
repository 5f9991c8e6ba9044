/* Secrets and their versions. */
#include "config.h"
#include "tests/sim/identity.h"

#define SM "secretmanager.googleapis.com/v1/projects/" P "/secrets"
#define WORLD "{\"projects\":[{\"services\":[\"secretmanager.googleapis.com\",\"iam.googleapis.com\"]}]}"

static void secrets(void)
{
	begin(WORLD);
	refused(404, "GET " SM "/db", NULL, "Secret [projects/" N "/secrets/db] not found.", "before it was made");
	wants(200, "POST " SM "?secretId=db", "{\"replication\":{\"automatic\":{}},\"labels\":{\"a\":\"b\"}}", "a secret");
	is_str(said("name"), "projects/" N "/secrets/db", "is named by the project's number");
	char *etag = xstrdup(said("etag"));
	refused(409, "POST " SM "?secretId=db", "{\"replication\":{\"automatic\":{}}}",
		"Secret [projects/" N "/secrets/db] already exists.", "twice");
	wants(200, "GET secretmanager.googleapis.com/v1/projects/" N "/secrets/db", NULL, "by number");
	wants(400, "PATCH " SM "/db?updateMask=replication",
	      "{\"replication\":{\"userManaged\":{\"replicas\":[{\"location\":\"europe-west1\"}]}}}",
	      "replication never changes");
	wants(200, "PATCH " SM "/db?updateMask=labels", "{\"labels\":{\"c\":\"d\"}}", "labels do");
	ok(json_at(reply, "labels.c") && !json_at(reply, "labels.a"), "as a whole");
	cJSON *stale = json_make("{'labels':{},'etag':%s}", etag);
	char *text = json_text(stale, -1);
	wants(400, "PATCH " SM "/db?updateMask=labels", text, "a stale etag is refused");
	cJSON_Delete(stale);
	free(text), free(etag);
	wants(200, "GET " SM "?pageSize=10", NULL, "secrets are listed");
	is_int((long long)json_num(reply, "totalSize", 0), 1, "and counted");
	wants(400, "POST " SM "?secretId=brief", "{\"replication\":{\"automatic\":{}},\"ttl\":\"59s\"}",
	      "it lasts a minute at the least");
	wants(400, "POST " SM "?secretId=far", "{\"replication\":{\"userManaged\":{\"replicas\":[{\"location\":\"mars\"}]}}}",
	      "where Google has a region");
	static const char *const odd[] = {"domain:a@example.com", "domain:localhost",
					  "principalSet://iam.googleapis.com/projects/" P
					  "/locations/global/workloadIdentityPools/pool/*"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		cJSON *policy = json_make(
		    "{'policy':{'bindings':[{'role':'roles/secretmanager.secretAccessor','members':[%s]}]}}", odd[i]);
		char *sent = json_text(policy, -1);
		wants(400, "POST " SM "/db:setIamPolicy", sent, odd[i]);
		cJSON_Delete(policy);
		free(sent);
	}
}

static void versions(void)
{
	begin(WORLD);
	ask("POST " SM "?secretId=db", "{\"replication\":{\"automatic\":{}}}");
	wants(400, "POST " SM "/db:addVersion", "{\"payload\":{\"data\":\"aGVsbG8=\",\"dataCrc32c\":\"1\"}}",
	      "a wrong checksum is refused");
	wants(400, "POST " SM "/db:addVersion", "{\"payload\":{\"data\":\"\"}}", "so is one of nothing");
	wants(200, "POST " SM "/db:addVersion", "{\"payload\":{\"data\":\"aGVsbG8=\",\"dataCrc32c\":\"2591144780\"}}",
	      "the right one is taken");
	is_str(said("name"), "projects/" N "/secrets/db/versions/1", "version 1");
	ok(json_bool(reply, "clientSpecifiedPayloadChecksum", false), "and remembers the checksum");
	wants(200, "POST " SM "/db:addVersion", "{\"payload\":{\"data\":\"d29ybGQ=\"}}", "without is fine");
	ok(!json_at(reply, "clientSpecifiedPayloadChecksum"), "and shows none");
	wants(200, "GET " SM "/db/versions/latest:access", NULL, "latest");
	is_str(said("payload.data"), "d29ybGQ=", "is the newest");
	is_str(said("name"), "projects/" N "/secrets/db/versions/2", "with its number");
	wants(200, "GET " SM "/db/versions", NULL, "versions are listed");
	is_str(said("versions.0.name"), "projects/" N "/secrets/db/versions/2", "newest first");
	wants(200, "POST " SM "/db/versions/2:disable", "{}", "one is disabled");
	refused(400, "GET " SM "/db/versions/latest:access", NULL,
		"Secret Version [projects/" N "/secrets/db/versions/2] is in DISABLED state.", "and not given out");
	is_str(said("error.status"), "FAILED_PRECONDITION", "as a failed precondition");
	wants(200, "GET " SM "/db/versions?filter=state:ENABLED", NULL, "a filter by state");
	is_int(cJSON_GetArraySize(json_at(reply, "versions")), 1, "leaves it out");
	wants(200, "POST " SM "/db/versions/2:destroy", "{}", "it is destroyed");
	is_str(said("state"), "DESTROYED", "for good");
	wants(400, "POST " SM "/db/versions/2:enable", "{}", "and never comes back");
	refused(404, "GET " SM "/db/versions/9:access", NULL,
		"Secret Version [projects/" N "/secrets/db/versions/9] not found.", "one that never was");
}

static void reading(void)
{
	begin(WORLD);
	size_t len;
	const char *why, *sa = "serviceAccount:app-sa@" P ".iam.gserviceaccount.com";
	ask("POST " SM "?secretId=db", "{\"replication\":{\"automatic\":{}}}");
	ask("POST " SM "/db:addVersion", "{\"payload\":{\"data\":\"aGVsbG8=\"}}");
	ok(!sim_secret_read(cloud, sa, P, "db", "1", &len, &why) && !strcmp(why, "permission"),
	   "an account without role cannot read it");
	ask("POST iam.googleapis.com/v1/projects/" P "/serviceAccounts", "{\"accountId\":\"app-sa\"}");
	pass(600);
	ask("POST " SM "/db:setIamPolicy",
	    "{\"policy\":{\"bindings\":[{\"role\":\"roles/secretmanager.secretAccessor\",\"members\":[\"serviceAccount:"
	    "app-sa@" P ".iam.gserviceaccount.com\"]}]}}");
	is_int(status, 200, "it is given the role on the secret");
	ok(!sim_secret_read(cloud, sa, P, "db", "1", &len, &why), "that takes minutes");
	pass(3600);
	char *data = sim_secret_read(cloud, sa, P, "db", "latest", &len, &why);
	ok(data && len == 5, "then it can");
	is_str(data, "hello", "read the payload");
	free(data);
	ok(!sim_secret_read(cloud, sa, P, "db", "7", &len, &why) && !strcmp(why, "missing"),
	   "but no version that is not there");
	ask("DELETE " SM "/db", NULL);
	ok(!sim_secret_read(cloud, sa, P, "db", "1", &len, &why) && !strcmp(why, "permission"),
	   "the role goes with the secret");
}

static void places(void)
{
	begin("{\"policies\":{\"gcp.resourceLocations\":{\"allow\":[\"in:eu-locations\"]}},\"projects\":[{\"services\":["
	      "\"secretmanager.googleapis.com\"]}]}");
	wants(400, "POST " SM "?secretId=db", "{\"replication\":{\"automatic\":{}}}",
	      "automatic replication is everywhere, and may be forbidden");
	wants(200, "POST " SM "?secretId=db",
	      "{\"replication\":{\"userManaged\":{\"replicas\":[{\"location\":\"europe-west1\"}]}}}", "one place is not");
}

int main(void)
{
	secrets();
	versions();
	reading();
	places();
	end();
	return tap_done();
}
