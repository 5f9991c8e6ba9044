/* Small things that real traffic shows, one by one. */
#include "config.h"
#include "tests/sim/cloud.h"

#define SECRETS "secretmanager.googleapis.com/v1/projects/demo-proj/secrets"
#define IAM "iam.googleapis.com/v1/projects/demo-proj/locations/global/workloadIdentityPools"

static void sql(void)
{
	act("POST", SQL "instances",
	    json_make(
		"{'name':'ha','region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':'ENTERPRISE','tier':"
		"'db-custom-1-3840','availabilityType':'REGIONAL','backupConfiguration':{'enabled':false,'location':'us'}}}"));
	cJSON *db = asks("GET", SQL "instances/ha", NULL, 200);
	is_str(json_str(db, "settings.availabilityType", ""), "REGIONAL", "U13: PostgreSQL may be regional without backups");
	ok(!json_at(db, "settings.backupConfiguration.location"), "U4: no location of backups while they are off");
	ok(text_starts(json_str(db, "serverCaCert.commonName", ""),
		       "C=US,O=Google\\, Inc,CN=Google Cloud SQL Server CA,dnQualifier="),
	   "U4: an authority's common name is its whole subject");
	act("POST", SQL "instances",
	    json_make(
		"{'name':'my','region':'us-central1','databaseVersion':'MYSQL_8_0','settings':{'edition':'ENTERPRISE','tier':"
		"'db-custom-1-3840'}}"));
	act("POST", SQL "instances/my/databases", json_make("{'name':'old','charset':'latin1'}"));
	is_str(json_str(asks("GET", SQL "instances/my/databases/old", NULL, 200), "collation", ""), "latin1_swedish_ci",
	       "U4: a charset has its own collation");
	asks("PATCH", SQL "instances/my", json_make("{'settings':{'availabilityType':'REGIONAL'}}"), 400);
	ok(cJSON_GetArraySize(json_at(asks("GET", SQL "tiers", NULL, 200), "items.0.region")) > 30,
	   "U15: tiers are in every region");
	act("PATCH", SQL "instances/ha",
	    json_make("{'settings':{'edition':'ENTERPRISE_PLUS','tier':'db-perf-optimized-N-2'}}"));
	db = asks("GET", SQL "instances/ha", NULL, 200);
	ok(json_num(db, "settings.backupConfiguration.backupRetentionSettings.retainedBackups", 0) == 15 &&
	       json_num(db, "settings.backupConfiguration.transactionLogRetentionDays", 0) == 14 &&
	       json_bool(db, "geminiConfig.googleVacuumMgmtEnabled", false),
	   "U4: who goes to Enterprise Plus gets its defaults where the old ones stood");
}

static void builds(void)
{
	enum { BUILDS = 3 };
	static const char *const list = "cloudbuild.googleapis.com/v1/projects/demo-proj/builds";
	for (int i = 0; i < BUILDS; i++) {
		char tag[] = {'t', (char)('0' + i), '\0'};
		asks("POST", list, json_make("{'steps':[{'name':'busybox','args':['true']}],'tags':[%s]}", tag), 200);
		sim_advance(cloud, sim_now(cloud) + 5);
	}
	cJSON *page = asks("GET", "cloudbuild.googleapis.com/v1/projects/demo-proj/builds?pageSize=2", NULL, 200);
	is_str(json_str(page, "builds.0.tags.0", ""), "t2", "U22: builds are listed newest first");
	char *next = xasprintf("%s?pageSize=2&pageToken=%s", list, json_str(page, "nextPageToken", ""));
	page = asks("GET", next, NULL, 200);
	is_str(json_str(page, "builds.0.tags.0", ""), "t0", "U22: the next page goes on behind");
	ok(!json_at(page, "nextPageToken"), "U22: and the last one says so");
	free(next);
}

static void names(void)
{
	asks("POST", SECRETS "?secretId=empty", json_make("{'replication':{'automatic':{}}}"), 200);
	is_str(json_str(asks("GET", SECRETS "/empty/versions/latest:access", NULL, 404), "error.message", ""),
	       "Secret [projects/123456789012/secrets/empty] not found or has no versions.", "U11: a secret without versions");
	is_str(json_str(asks("POST", SECRETS "/empty:setIamPolicy",
			     json_make("{'policy':{'bindings':[{'role':'roles/no.suchRole','members':"
				       "['user:operator@example.com']}]}}"),
			     400),
			"error.message", ""),
	       "Role roles/no.suchRole is not supported for this resource.", "U10: an unknown role");
	cJSON *r = asks(
	    "POST",
	    "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories?repositoryId=keep",
	    json_make("{'format':"
		      "'docker','cleanupPolicies':{'a':{'id':'a','action':'Keep','mostRecentVersions':{'keepCount':3}}}}"),
	    200);
	char *url = xasprintf("artifactregistry.googleapis.com/v1/%s", json_str(r, "name", ""));
	r = finish(url);
	ok(!json_at(r, "response.createTime") && !json_at(r, "response.updateTime") && json_at(r, "response.name"),
	   "U7: a finished create tells no times");
	free(url);
	is_str(json_str(asks("GET",
			     "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories/keep",
			     NULL, 200),
			"cleanupPolicies.a.action", ""),
	       "KEEP", "U9: enums are read in any case, and shown in their own");
	r = asks("POST", IAM "?workloadIdentityPoolId=pool-1", json_make("{'disabled':false}"), 200);
	ok(json_at(r, "name") && !json_at(r, "metadata") && !json_at(r, "done"), "U6: a pool's operation is a name");
	url = xasprintf("iam.googleapis.com/v1/%s", json_str(r, "name", ""));
	r = finish(url);
	ok(json_bool(r, "done", false) && !json_at(r, "metadata") && !json_at(r, "response"), "U6: and then done");
	free(url);
	ok(!json_at(asks("GET", IAM "/pool-1", NULL, 200), "disabled"), "U6: a sent false is not shown");
}

static void application(void)
{
	asks("POST", "appengine.googleapis.com/v1/apps",
	     json_make("{'id':'demo-proj','locationId':'us-central','iap':{'enabled':true,'oauth2ClientId':'c',"
		       "'oauth2ClientSecret':'s'}}"),
	     200);
	sim_advance(cloud, sim_now(cloud) + 600);
	cJSON *a = asks("GET", "appengine.googleapis.com/v1/apps/demo-proj", NULL, 200);
	ok(!json_at(a, "iap.oauth2ClientSecret"), "U3: an application never shows its client's secret");
	is_str(json_str(a, "iap.oauth2ClientSecretSha256", ""),
	       "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89", "U3: but its hash");
	asks("PATCH", "appengine.googleapis.com/v1/apps/demo-proj?updateMask=iap.oauth2ClientSecret",
	     json_make("{'iap':{'oauth2ClientSecret':'t'}}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	a = asks("GET", "appengine.googleapis.com/v1/apps/demo-proj", NULL, 200);
	is_str(json_str(a, "iap.oauth2ClientSecretSha256", ""),
	       "e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402bf6273dd8", "U3: the new one's too, by a mask");
}

static void balancing(void)
{
	act("POST", COMPUTE "regions/us-central1/backendServices",
	    json_make("{'name':'b','protocol':'HTTPS','loadBalancingScheme':'EXTERNAL_MANAGED'}"));
	cJSON *b = asks("GET", COMPUTE "regions/us-central1/backendServices/b", NULL, 200);
	is_int((long)json_num(b, "port", 0), 80, "U5: a regional backend service's port is 80 for any protocol");
	is_str(json_str(b, "portName", ""), "http", "U5: and named http");
}

static void edges(void)
{
	asks("POST", "iap.googleapis.com/v1/projects/demo-proj/brands",
	     json_make("{'applicationTitle':'x','supportEmail':'operator@example.com'}"), 400);
	ok(strstr(json_str(asks("GET", "iap.googleapis.com/v1/projects/demo-proj/brands", NULL, 400), "error.message", ""),
		  "shut down") != NULL,
	   "U24: brands are gone");
	asks("POST", "dns.googleapis.com/dns/v1/projects/demo-proj/managedZones",
	     json_make("{'name':'z','dnsName':'a.example.com.','description':''}"), 200);
	asks("POST", "dns.googleapis.com/dns/v1/projects/demo-proj/managedZones/z:setIamPolicy",
	     json_make("{'policy':{'bindings':[{'role':'roles/dns.admin','members':"
		       "['user:operator@example.com']}]}}"),
	     200);
	is_str(json_str(asks("POST", "dns.googleapis.com/dns/v1/projects/demo-proj/managedZones/z:getIamPolicy",
			     json_make("{}"), 200),
			"bindings.0.role", ""),
	       "roles/dns.admin", "U24: a zone has an IAM policy");
	asks("POST", "dns.googleapis.com/dns/v1/projects/demo-proj/managedZones/none:getIamPolicy", json_make("{}"), 404);
	act("POST", COMPUTE "global/networks", json_make("{'name':'n','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'s','network':'global/networks/n','ipCidrRange':'10.4.0.0/24'}"));
	char *print = xstrdup(json_str(asks("GET", COMPUTE "regions/us-central1/subnetworks/s", NULL, 200), "fingerprint", ""));
	is_str(json_str(act("PATCH", COMPUTE "regions/us-central1/subnetworks/s",
			    json_make("{'fingerprint':%s,'description':'d'}", print)),
			"operationType", ""),
	       "compute.subnetworks.patch", "U5: a subnetwork's patch is named in full");
	free(print);
	is_str(json_str(act("POST", COMPUTE "zones/us-central1-a/networkEndpointGroups",
			    json_make("{'name':'g','network':'global/networks/n','networkEndpointType':"
				      "'GCE_VM_IP_PORT','subnetwork':'regions/us-central1/subnetworks/s'}")),
			"operationType", ""),
	       "insert", "U5: a zonal endpoint group's insert is not");
}

#define SERVICES "run.googleapis.com/v2/projects/demo-proj/locations/us-central1/services"

static void deployments(void)
{
	const char *body = "{'template':{'containers':[{'image':'us-docker.pkg.dev/cloudrun/container/"
			   "hello','env':[{'name':'A','value':%s}]}]}}";
	cJSON *op = asks("POST", SERVICES "?serviceId=web", json_make(body, "1"), 200);
	is_str(json_str(op, "metadata.terminalCondition.state", ""), "CONDITION_PENDING",
	       "U2: a running operation's outcome is pending");
	ok(!json_at(op, "metadata.terminalCondition.type") && !json_at(op, "metadata.conditions") &&
	       !json_at(op, "metadata.ingress") && !json_at(op, "metadata.uri") &&
	       !json_at(op, "metadata.latestCreatedRevision"),
	   "U2: a create's first metadata tells no more");
	char *url = xasprintf("run.googleapis.com/v2/%s", json_str(op, "name", ""));
	is_str(json_str(finish(url), "metadata.terminalCondition.state", ""), "CONDITION_SUCCEEDED",
	       "U2: a finished one's tells the outcome");
	free(url);
	cJSON *web = asks("GET", SERVICES "/web", NULL, 200);
	char *when = xstrdup(json_str(web, "terminalCondition.lastTransitionTime", "")),
	     *revision = xstrdup(json_str(web, "latestCreatedRevision", "-"));
	sim_advance(cloud, sim_now(cloud) + 60);
	op = asks("PATCH", SERVICES "/web", json_make(body, "2"), 200);
	is_str(json_str(op, "metadata.terminalCondition.state", ""), "CONDITION_PENDING", "U2: a change's is pending");
	is_str(json_str(op, "metadata.terminalCondition.lastTransitionTime", ""), when, "U2: since when it was ready stays");
	is_str(json_str(op, "metadata.conditions.0.state", ""), "CONDITION_SUCCEEDED",
	       "U2: routes and configurations stay as they were");
	is_str(json_str(op, "metadata.latestCreatedRevision", ""), revision, "U2: and it still names the previous revision");
	url = xasprintf("run.googleapis.com/v2/%s", json_str(op, "name", ""));
	ok(strcmp(json_str(finish(url), "metadata.latestCreatedRevision", ""), revision) != 0, "U2: until it is done");
	free(url);
	op = asks("DELETE", SERVICES "/web", NULL, 200);
	is_str(json_str(op, "metadata.terminalCondition.state", ""), "CONDITION_PENDING", "U2: a deletion's is pending");
	url = xasprintf("run.googleapis.com/v2/%s", json_str(op, "name", ""));
	op = finish(url);
	is_str(json_str(op, "response.terminalCondition.state", ""), "CONDITION_SUCCEEDED", "U2: then it has succeeded");
	is_str(json_str(op, "response.observedGeneration", "a"), json_str(op, "response.generation", "b"),
	       "U2: and was seen to the end");
	free(url), free(when), free(revision);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	sql();
	builds();
	names();
	application();
	balancing();
	edges();
	deployments();
	sim_free(cloud);
	return tap_done();
}
