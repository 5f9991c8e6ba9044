/* What stacks of this shape need beside the APIs of our own: Serverless VPC Access, Cloud Scheduler. */
#include "config.h"
#include "tests/sim/cloud.h"

#define PLACE "projects/demo-proj/locations/us-central1/"
#define VPC "vpcaccess.googleapis.com/v1/"
#define RUN "run.googleapis.com/v2/" PLACE
#define SCHEDULER "cloudscheduler.googleapis.com/v1/"

/* Waits for an operation of google.longrunning's shape behind host and version; returns it. */
static cJSON *ended(const char *base, const cJSON *op)
{
	char *url = xasprintf("%s%s", base, json_str(op, "name", ""));
	cJSON *done = finish(url);
	free(url);
	return done;
}

static cJSON *service(const char *connector)
{
	return json_make(
	    "{'template':{'containers':[{'image':'us-docker.pkg.dev/cloudrun/container/hello'}],'vpcAccess':{'connector':%s}}}",
	    connector);
}

static void connectors(void)
{
	act("POST", COMPUTE "global/networks", json_make("{'name':'n1','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'s28','network':'global/networks/n1','ipCidrRange':'10.8.0.0/28'}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'s24','network':'global/networks/n1','ipCidrRange':'10.9.0.0/24'}"));
	asks("POST", VPC PLACE "connectors?connectorId=Bad", json_make("{'network':'n1','ipCidrRange':'10.10.0.0/28'}"), 400);
	asks("POST", VPC PLACE "connectors?connectorId=c1", json_make("{'network':'n1','ipCidrRange':'10.10.0.0/24'}"), 400);
	asks("POST", VPC PLACE "connectors?connectorId=c1",
	     json_make("{'network':'n1','ipCidrRange':'10.10.0.0/28','maxInstances':2}"), 400);
	cJSON *op = asks("POST", VPC PLACE "connectors?connectorId=c1",
			 json_make("{'network':'n1','ipCidrRange':'10.10.0.0/28'}"), 200);
	is_str(json_str(op, "metadata.method", ""), "google.cloud.vpcaccess.v1.VpcAccessService.CreateConnector",
	       "U24: making a connector is an operation");
	char *name = xstrdup(json_str(op, "name", ""));
	is_str(json_str(asks("GET", VPC PLACE "connectors/c1", NULL, 200), "state", ""), "CREATING",
	       "U24: it is made for a while");
	op = json_make("{'name':%s}", name);
	cJSON *done = ended(VPC, op);
	cJSON_Delete(op);
	free(name);
	is_str(json_str(done, "response.state", ""), "READY", "U24: and then ready");
	is_int((long)json_num(done, "response.minInstances", 0), 2, "U24: on two instances at least");
	is_int((long)json_num(done, "response.maxThroughput", 0), 1000, "U24: and ten at most");
	is_str(json_str(done, "response.machineType", ""), "e2-micro", "U24: of the smallest type");
	asks("POST", VPC PLACE "connectors?connectorId=c1", json_make("{'network':'n1','ipCidrRange':'10.10.0.16/28'}"), 409);
	done = ended(VPC, asks("POST", VPC PLACE "connectors?connectorId=c2",
			       json_make("{'network':'n1','ipCidrRange':'10.9.0.0/28'}"), 200));
	ok(json_at(done, "error") != NULL, "U24: a range that is taken fails in the operation");
	is_str(json_str(asks("GET", VPC PLACE "connectors/c2", NULL, 200), "state", ""), "ERROR",
	       "U24: and leaves a connector in ERROR");
	done = ended(VPC, asks("POST", VPC PLACE "connectors?connectorId=c3", json_make("{'subnet':{'name':'s28'}}"), 200));
	is_str(json_str(done, "response.subnet.name", ""), "s28", "U24: one in a subnet of its own");
	done = ended(VPC, asks("POST", VPC PLACE "connectors?connectorId=c4", json_make("{'subnet':{'name':'s24'}}"), 200));
	ok(json_at(done, "error") != NULL, "U24: which must be a /28");
	done = ended(VPC,
		     asks("PATCH", VPC PLACE "connectors/c1?updateMask=maxInstances", json_make("{'maxInstances':5}"), 200));
	is_int((long)json_num(done, "response.maxThroughput", 0), 500, "U24: its scale can be changed");
	is_int(cJSON_GetArraySize(json_at(asks("GET", VPC PLACE "connectors", NULL, 200), "connectors")), 4, "U24: listed");
}

static void through_a_connector(void)
{
	cJSON *done = ended("run.googleapis.com/v2/",
			    asks("POST", RUN "services?serviceId=no", service(PLACE "connectors/nowhere"), 200));
	ok(strstr(json_str(done, "error.message", ""),
		  "VPC connector projects/demo-proj/locations/us-central1/connectors/nowhere does not exist, or Cloud Run "
		  "does not have permission to use it.") != NULL,
	   "U20: a service with a connector that does not exist does not become ready");
	is_str(json_str(asks("GET", RUN "services/no", NULL, 200), "terminalCondition.state", ""), "CONDITION_FAILED",
	       "U20: and says so");
	done = ended("run.googleapis.com/v2/", asks("POST", RUN "services?serviceId=yes", service(PLACE "connectors/c1"), 200));
	ok(!json_at(done, "error"), "U20: one with a connector that is there does");
	is_str(json_str(asks("GET", VPC PLACE "connectors/c1", NULL, 200), "connectedProjects.0", ""), "demo-proj",
	       "U24: the connector names who uses it");
	cJSON *op = asks("DELETE", COMPUTE "regions/us-central1/subnetworks/s28", NULL, 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	ok(strstr(json_str(finish(link), "error.errors.0.message", ""), "/instances/aet-us-central1-c3-") != NULL,
	   "U24: a connector holds its subnet");
	free(link);
	ended(VPC, asks("DELETE", VPC PLACE "connectors/c3", NULL, 200));
	act("DELETE", COMPUTE "regions/us-central1/subnetworks/s28", NULL);
	asks("GET", VPC PLACE "connectors/c3", NULL, 404);
}

/* What the comments of Google's own client say of a job's fields. */
static void scheduler_targets(void)
{
	static const char *const refused[] = {
	    "'schedule':'every foo','httpTarget':{'uri':'https://a.example'}",
	    "'schedule':'every 0 hours','httpTarget':{'uri':'https://a.example'}",
	    "'schedule':'every monday','httpTarget':{'uri':'https://a.example'}",
	    "'schedule':'32 of month 09:00','httpTarget':{'uri':'https://a.example'}",
	    "'schedule':'0 3 * * *','httpTarget':{'uri':'https://a.example','httpMethod':'GET','body':'aGk='}",
	    "'schedule':'0 3 * * *','httpTarget':{'uri':'https://a.example','httpMethod':'DELETE','body':'aGk='}",
	    "'schedule':'0 3 * * *','httpTarget':{'uri':'https://a.example'},'pubsubTarget':{'topicName':'projects/demo-proj/"
	    "topics/t','data':'aGk='}",
	    "'schedule':'0 3 * * "
	    "*','httpTarget':{'uri':'https://a.example','oidcToken':{'serviceAccountEmail':'caller@demo-proj."
	    "iam.gserviceaccount.com'},'oauthToken':{'serviceAccountEmail':'caller@demo-proj.iam.gserviceaccount.com'}}",
	    "'schedule':'0 3 * * *','httpTarget':{'uri':'https://a.example','oauthToken':{}}",
	    "'schedule':'0 3 * * *','pubsubTarget':{'topicName':'t','data':'aGk='}",
	    "'schedule':'0 3 * * *','pubsubTarget':{'topicName':'projects/other/topics/t','data':'aGk='}",
	    "'schedule':'0 3 * * *','pubsubTarget':{'topicName':'projects/demo-proj/topics/t'}",
	    "'schedule':'0 3 * * *','appEngineHttpTarget':{'relativeUri':'tasks'}",
	    "'schedule':'0 3 * * *','appEngineHttpTarget':{'httpMethod':'PATCH'}",
	    "'schedule':'0 3 * * *','appEngineHttpTarget':{},'attemptDeadline':'86401s'",
	};
	static const char *const taken[] = {
	    "'schedule':'every 5 mins','httpTarget':{'uri':'https://a.example','httpMethod':'PUT','body':'aGk='}",
	    "'schedule':'every 2 hours from 10:00 to 14:00','httpTarget':{'uri':'https://a.example'}",
	    "'schedule':'2nd,fourth mon,Thursday of sep,oct 17:00','httpTarget':{'uri':'https://a.example'},'timeZone':'utc'",
	    "'schedule':'1,15 of month "
	    "00:00','pubsubTarget':{'topicName':'projects/demo-proj/topics/t','attributes':{'a':'b'}}",
	    "'schedule':'every day 09:00','appEngineHttpTarget':{'relativeUri':'/tasks?a=b'},'attemptDeadline':'86400s'",
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		char *body = xasprintf("{'name':%%s,%s}", refused[i]);
		asks("POST", SCHEDULER PLACE "jobs", json_make(body, PLACE "jobs/refused"), 400);
		free(body);
	}
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		char *body = xasprintf("{'name':'%sjobs/taken-%zu',%s}", PLACE, i, taken[i]);
		asks("POST", SCHEDULER PLACE "jobs", json_make(body), 200);
		free(body);
	}
	cJSON *j = asks("GET", SCHEDULER PLACE "jobs/taken-0", NULL, 200);
	is_str(json_str(j, "httpTarget.headers.Content-Type", ""), "application/octet-stream", "U24: a body has a type");
	ok(*json_str(j, "scheduleTime", "") != '\0', "U24: an interval's next time is told");
	j = asks("GET", SCHEDULER PLACE "jobs/taken-4", NULL, 200);
	is_str(json_str(j, "appEngineHttpTarget.httpMethod", ""), "POST", "U24: App Engine's targets have defaults too");
	char *long_text = xmalloc(502);
	memset(long_text, 'x', 501);
	long_text[501] = '\0';
	asks("PATCH", SCHEDULER PLACE "jobs/taken-0?updateMask=description", json_make("{'description':%s}", long_text), 400);
	long_text[500] = '\0';
	asks("PATCH", SCHEDULER PLACE "jobs/taken-0?updateMask=description", json_make("{'description':%s}", long_text), 200);
	free(long_text);
}

/* One token takes the place of the other; the account is the job's project's. */
static void scheduler_tokens(void)
{
	static const char email[] = "caller@demo-proj.iam.gserviceaccount.com";
	cJSON *j = asks("PATCH", SCHEDULER PLACE "jobs/taken-1?updateMask=httpTarget.oauthToken",
			json_make("{'httpTarget':{'oauthToken':{'serviceAccountEmail':%s}}}", email), 200);
	is_str(json_str(j, "httpTarget.oauthToken.scope", ""), "https://www.googleapis.com/auth/cloud-platform",
	       "U24: a token has a scope where none is said");
	j = asks("PATCH", SCHEDULER PLACE "jobs/taken-1?updateMask=httpTarget.oidcToken",
		 json_make("{'httpTarget':{'oidcToken':{'serviceAccountEmail':%s}}}", email), 200);
	ok(!json_at(j, "httpTarget.oauthToken"), "U24: another kind of token takes its place");
	is_str(json_str(j, "httpTarget.oidcToken.audience", ""), "https://a.example", "U24: for the target");
	j = asks("PATCH", SCHEDULER PLACE "jobs/taken-1?updateMask=httpTarget.oidcToken", json_make("{'httpTarget':{}}"), 200);
	ok(!json_at(j, "httpTarget.oidcToken"), "U24: and can be taken away");
	asks("PATCH", SCHEDULER PLACE "jobs/taken-1?updateMask=httpTarget.oauthToken",
	     json_make("{'httpTarget':{'oauthToken':{'serviceAccountEmail':%s}}}", email), 200);
	j = asks("PATCH",
		 SCHEDULER PLACE
		 "jobs/taken-1?updateMask=httpTarget.oauthToken.serviceAccountEmail,httpTarget.oauthToken.scope",
		 json_make("{}"), 200);
	ok(!json_at(j, "httpTarget.oauthToken"), "U24: as gcloud does, field by field");
}

static void scheduler(void)
{
	asks("POST", SCHEDULER PLACE "jobs",
	     json_make("{'name':%s,'schedule':'61 * * * *','httpTarget':{'uri':'https://example.com'}}", PLACE "jobs/j"), 400);
	asks("POST", SCHEDULER PLACE "jobs", json_make("{'name':%s,'schedule':'0 3 * * MON-FRI'}", PLACE "jobs/j"), 400);
	static const char *const schedules[] = {"* * * m *",  "* * * anf *", "* * * * u", "1, * * * *",
						",1 * * * *", "1- * * * *",  "*/ * * * *"};
	for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++)
		asks("POST", SCHEDULER PLACE "jobs",
		     json_make("{'name':%s,'schedule':%s,'httpTarget':{'uri':'https://example.com'}}", PLACE "jobs/j",
			       schedules[i]),
		     400);
	asks("POST", SCHEDULER PLACE "jobs",
	     json_make("{'name':%s,'schedule':'0 3 * * *','timeZone':'America','httpTarget':{'uri':'https://example.com'}}",
		       PLACE "jobs/j"),
	     400);
	asks("POST", SCHEDULER PLACE "jobs",
	     json_make("{'name':%s,'schedule':'5,10-20/5,*/30 3 * jan-Mar,DEC SUN','timeZone':'','httpTarget':{'uri':'https://"
		       "example.com'}}",
		       PLACE "jobs/fine"),
	     200);
	static const char *const odd[] = {"'timeZone':'Mars/Olympus'", "'attemptDeadline':'5s'", "'attemptDeadline':'1801s'",
					  "'retryConfig':{'retryCount':6}"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		char *body = xasprintf("{'name':%%s,'schedule':'0 3 * * *','httpTarget':{'uri':'https://example.com'},%s}",
				       odd[i]);
		asks("POST", SCHEDULER PLACE "jobs", json_make(body, PLACE "jobs/odd"), 400);
		free(body);
	}
	cJSON *zoned = asks("POST", SCHEDULER PLACE "jobs",
			    json_make("{'name':%s,'schedule':'30 3 * * *','timeZone':'Asia/Tokyo','httpTarget':{'uri':"
				      "'https://example.com'}}",
				      PLACE "jobs/zoned"),
			    200);
	is_str(json_str(zoned, "scheduleTime", ""), "2026-01-01T18:30:00Z", "U24: a schedule is in its time zone");
	ok(!json_at(zoned, "retryConfig"), "a job of which nothing was said of retries tells nothing of them");
	is_str(json_str(asks("POST", SCHEDULER PLACE "jobs/zoned:resume", NULL, 200), "state", ""), "ENABLED",
	       "U24: a job that runs may be resumed");
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'caller'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	const char *uri = "https://run.googleapis.com/v2/" PLACE "jobs/none:run";
	cJSON *j = asks("POST", SCHEDULER PLACE "jobs",
			json_make("{'name':%s,'schedule':'*/30 3 * * MON-FRI','timeZone':'Etc/UTC','httpTarget':{'uri':%s,"
				  "'oauthToken':{'serviceAccountEmail':'caller@demo-proj.iam.gserviceaccount.com'}},"
				  "'retryConfig':{'retryCount':2}}",
				  PLACE "jobs/j", uri),
			200);
	is_str(json_str(j, "state", ""), "ENABLED", "U24: a job of Cloud Scheduler is enabled");
	is_str(json_str(j, "scheduleTime", ""), "2026-01-02T03:00:00Z", "U24: its next time is told");
	is_str(json_str(j, "httpTarget.httpMethod", ""), "POST", "U24: defaults are filled in");
	is_str(json_str(j, "retryConfig.minBackoffDuration", ""), "5s", "U24: those of retries too");
	asks("POST", SCHEDULER PLACE "jobs",
	     json_make("{'name':%s,'schedule':'0 3 * * *','httpTarget':{'uri':'https://example.com'}}", PLACE "jobs/j"), 409);
	asks("POST", SCHEDULER PLACE "jobs/j:run", json_make("{}"), 200);
	sim_advance(cloud, sim_now(cloud) + 10);
	j = asks("GET", SCHEDULER PLACE "jobs/j", NULL, 200);
	is_int((long)json_num(j, "status.code", 0), 7, "U24: it calls its target as its account, and tells what came of it");
	is_str(json_str(asks("POST", SCHEDULER PLACE "jobs/j:pause", json_make("{}"), 200), "state", ""), "PAUSED",
	       "U24: paused");
	asks("POST", SCHEDULER PLACE "jobs/j:pause", json_make("{}"), 400);
	is_str(json_str(asks("POST", SCHEDULER PLACE "jobs/j:resume", json_make("{}"), 200), "state", ""), "ENABLED",
	       "U24: and resumed");
	is_str(
	    json_str(asks("PATCH", SCHEDULER PLACE "jobs/j?updateMask=schedule", json_make("{'schedule':'15 4 1 * *'}"), 200),
		     "scheduleTime", ""),
	    "2026-02-01T04:15:00Z", "U24: its schedule can be changed");
	asks("DELETE", SCHEDULER PLACE "jobs/j", NULL, 200);
	asks("GET", SCHEDULER PLACE "jobs/j", NULL, 404);
}

static void policies(void)
{
	asks("POST", COMPUTE "global/sslPolicies", json_make("{'name':'bad','profile':'CUSTOM'}"), 400);
	act("POST", COMPUTE "global/sslPolicies", json_make("{'name':'tls','profile':'MODERN','minTlsVersion':'TLS_1_2'}"));
	cJSON *p = asks("GET", COMPUTE "global/sslPolicies/tls", NULL, 200);
	is_int(cJSON_GetArraySize(json_at(p, "enabledFeatures")), 10, "U24: a profile says which ciphers there are");
	char *print = xstrdup(json_str(p, "fingerprint", ""));
	act("PATCH", COMPUTE "global/sslPolicies/tls", json_make("{'profile':'RESTRICTED','fingerprint':%s}", print));
	is_str(json_str(asks("GET", COMPUTE "global/sslPolicies/tls", NULL, 200), "profile", ""), "RESTRICTED",
	       "U24: an SSL policy can be changed");
	free(print);
	act("POST", COMPUTE "global/securityPolicies", json_make("{'name':'armor'}"));
	p = asks("GET", COMPUTE "global/securityPolicies/armor", NULL, 200);
	is_int((long)json_num(p, "rules.0.priority", 0), 2147483647, "U24: a security policy has a default rule");
	act("POST", COMPUTE "global/securityPolicies/armor/addRule",
	    json_make("{'priority':1000,'action':'deny(403)','match':{'versionedExpr':'SRC_IPS_V1','config':"
		      "{'srcIpRanges':['9.9.9.0/24']}}}"));
	asks("POST", COMPUTE "global/securityPolicies/armor/addRule",
	     json_make("{'priority':1000,'action':'allow','match':{'versionedExpr':'SRC_IPS_V1','config':"
		       "{'srcIpRanges':['9.9.9.0/24']}}}"),
	     400);
	is_str(json_str(asks("GET", COMPUTE "global/securityPolicies/armor/getRule?priority=1000", NULL, 200), "action", ""),
	       "deny(403)", "U24: rules are added");
	asks("POST", COMPUTE "global/securityPolicies/armor/removeRule?priority=2147483647", NULL, 400);
	act("POST", COMPUTE "global/securityPolicies/armor/removeRule?priority=1000", NULL);
	act("POST", COMPUTE "global/backendServices", json_make("{'name':'b1','loadBalancingScheme':'EXTERNAL_MANAGED'}"));
	asks("POST", COMPUTE "global/backendServices/b1/setSecurityPolicy",
	     json_make("{'securityPolicy':'global/securityPolicies/none'}"), 404);
	act("POST", COMPUTE "global/backendServices/b1/setSecurityPolicy",
	    json_make("{'securityPolicy':'global/securityPolicies/armor'}"));
	asks("DELETE", COMPUTE "global/securityPolicies/armor", NULL, 400);
	act("POST", COMPUTE "global/urlMaps", json_make("{'name':'m1','defaultService':'global/backendServices/b1'}"));
	act("POST", COMPUTE "global/sslCertificates",
	    json_make("{'name':'c1','type':'MANAGED','managed':{'domains':['a.example.com']}}"));
	act("POST", COMPUTE "global/targetHttpsProxies",
	    json_make("{'name':'p1','urlMap':'global/urlMaps/m1','sslCertificates':['global/sslCertificates/c1']}"));
	char *proxy = xstrdup(json_str(asks("GET", COMPUTE "global/targetHttpsProxies/p1", NULL, 200), "fingerprint", ""));
	asks("PATCH", COMPUTE "global/targetHttpsProxies/p1",
	     json_make("{'fingerprint':%s,'sslPolicy':'global/sslPolicies/none'}", proxy), 404);
	ok(true, "U20: a proxy does not take an SSL policy that does not exist");
	act("PATCH", COMPUTE "global/targetHttpsProxies/p1",
	    json_make("{'fingerprint':%s,'sslPolicy':'global/sslPolicies/tls'}", proxy));
	asks("DELETE", COMPUTE "global/sslPolicies/tls", NULL, 400);
	free(proxy);
}

static void groups(void)
{
	const char *properties =
	    "{'machineType':'e2-small','disks':[{'boot':true,'autoDelete':true,'initializeParams':{'sourceImage':"
	    "'projects/debian-cloud/global/images/family/"
	    "debian-12','diskType':'pd-balanced'}}],'networkInterfaces':[{'network':'global/networks/n1',"
	    "'subnetwork':'regions/us-central1/subnetworks/s24'}]}";
	asks("POST", COMPUTE "global/instanceTemplates",
	     json_make("{'name':'t0','properties':{'machineType':'zones/z/machineTypes/e2-small'}}"), 400);
	act("POST", COMPUTE "global/instanceTemplates", json_make("{'name':'t1','properties':%j}", json_make(properties)));
	act("POST", COMPUTE "global/instanceTemplates", json_make("{'name':'t2','properties':%j}", json_make(properties)));
	asks("POST", COMPUTE "zones/us-central1-a/instanceGroupManagers",
	     json_make("{'name':'g0','targetSize':1,'instanceTemplate':'global/instanceTemplates/none'}"), 404);
	act("POST", COMPUTE "zones/us-central1-a/instanceGroupManagers",
	    json_make("{'name':'g1','baseInstanceName':'web','targetSize':2,'instanceTemplate':"
		      "'global/instanceTemplates/t1'}"));
	cJSON *list = asks("POST", COMPUTE "zones/us-central1-a/instanceGroupManagers/g1/listManagedInstances", NULL, 200);
	is_int(cJSON_GetArraySize(json_at(list, "managedInstances")), 2, "U24: a managed group makes its machines");
	is_str(json_str(list, "managedInstances.0.instanceStatus", ""), "RUNNING", "U24: which run");
	char *first = xstrdup(json_str(list, "managedInstances.0.instance", ""));
	is_int((long)json_num(asks("GET", COMPUTE "zones/us-central1-a/instanceGroups/g1", NULL, 200), "size", 0), 2,
	       "U24: its instance group has them");
	asks("DELETE", COMPUTE "global/instanceTemplates/t1", NULL, 400);
	act("POST", COMPUTE "zones/us-central1-a/instanceGroupManagers/g1/resize?size=3", NULL);
	is_int(cJSON_GetArraySize(json_at(asks("GET", COMPUTE "zones/us-central1-a/instances", NULL, 200), "items")), 3,
	       "U24: resized");
	const char *scaler = "{'name':'as1','target':'zones/us-central1-a/instanceGroupManagers/"
			     "g1','autoscalingPolicy':{'minNumReplicas':4,'maxNumReplicas':%d}}";
	asks("POST", COMPUTE "zones/us-central1-a/autoscalers", json_make(scaler, 3), 400);
	act("POST", COMPUTE "zones/us-central1-a/autoscalers", json_make(scaler, 6));
	asks("POST", COMPUTE "zones/us-central1-a/autoscalers",
	     json_make("{'name':'as2','target':'zones/us-central1-a/instanceGroupManagers/"
		       "g1','autoscalingPolicy':{'maxNumReplicas':3}}"),
	     400);
	ok(true, "U24: a group has one autoscaler, whose limits go together");
	is_int((long)json_num(asks("GET", COMPUTE "zones/us-central1-a/instanceGroups/g1", NULL, 200), "size", 0), 4,
	       "U24: which keeps it at its smallest size at least");
	is_int((long)(json_num(asks("GET", COMPUTE "zones/us-central1-a/autoscalers/as1", NULL, 200),
			       "autoscalingPolicy.cpuUtilization.utilizationTarget", 0) *
		      10),
	       6, "U24: by the processors' load when nothing else is said");
	act("PATCH", COMPUTE "zones/us-central1-a/autoscalers?autoscaler=as1",
	    json_make("{'autoscalingPolicy':{'minNumReplicas':1,'maxNumReplicas':2}}"));
	is_int((long)json_num(asks("GET", COMPUTE "zones/us-central1-a/instanceGroups/g1", NULL, 200), "size", 0), 2,
	       "U24: and at its largest at most");
	asks("DELETE", COMPUTE "zones/us-central1-a/instanceGroupManagers/g1", NULL, 400);
	act("DELETE", COMPUTE "zones/us-central1-a/autoscalers/as1", NULL);
	act("PATCH", COMPUTE "zones/us-central1-a/instanceGroupManagers/g1",
	    json_make("{'versions':[{'instanceTemplate':'global/instanceTemplates/t2'}],'updatePolicy':"
		      "{'type':'PROACTIVE'}}"));
	list = asks("POST", COMPUTE "zones/us-central1-a/instanceGroupManagers/g1/listManagedInstances", NULL, 200);
	ok(strcmp(first, json_str(list, "managedInstances.0.instance", "")) != 0,
	   "U24: a new template makes new machines where the policy is proactive");
	free(first);
	act("POST", COMPUTE "regions/us-central1/instanceGroupManagers",
	    json_make("{'name':'r1','targetSize':3,'instanceTemplate':'global/instanceTemplates/t2'}"));
	is_int((long)json_num(asks("GET", COMPUTE "regions/us-central1/instanceGroups/r1", NULL, 200), "size", 0), 3,
	       "U24: a regional group");
	is_int(cJSON_GetArraySize(json_at(asks("GET", COMPUTE "zones/us-central1-b/instances", NULL, 200), "items")), 1,
	       "U24: spreads over zones");
	act("DELETE", COMPUTE "regions/us-central1/instanceGroupManagers/r1", NULL);
	act("DELETE", COMPUTE "zones/us-central1-a/instanceGroupManagers/g1", NULL);
	ok(!json_at(asks("GET", COMPUTE "zones/us-central1-a/instances", NULL, 200), "items.0"),
	   "U24: a group takes its machines with it");
	act("DELETE", COMPUTE "global/instanceTemplates/t1", NULL);
	asks("POST", COMPUTE "zones/us-central1-a/instances",
	     json_make("{'name':'vm','machineType':'zones/us-central1-a/machineTypes/e2-small','disks':[{'initializeParams':"
		       "{'sourceImage':'projects/debian-cloud/global/images/family/"
		       "debian-12','diskType':'pd-ssd'}}],'networkInterfaces':[{'subnetwork':"
		       "'regions/us-central1/subnetworks/s24'}]}"),
	     400);
	ok(true, "a disk type that is no link is refused");
}

static void copies(void)
{
	const char *body = "{'name':%s,'region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':'"
			   "ENTERPRISE','tier':'db-custom-1-3840','backupConfiguration':"
			   "{'enabled':%b},'ipConfiguration':{'authorizedNetworks':[{'value':'0.0.0.0/0'}]}}}";
	struct buf instance = {0};
	act("POST", SQL "instances", json_make(body, "plain", false));
	act("POST", SQL "instances", json_make(body, "main", true));
	act("POST", SQL "instances/main/databases", json_make("{'name':'mlflow'}"));
	act("POST", SQL "instances/main/users", json_make("{'name':'mlflow','password':'pw'}"));

	asks("POST", SQL "instances/main/clone", json_make("{'cloneContext':{'destinationInstanceName':'plain'}}"), 409);
	asks("POST", SQL "instances/main/clone",
	     json_make("{'cloneContext':{'destinationInstanceName':'early','pointInTime':'2026-01-01T00:00:00Z'}}"), 400);
	cJSON *op = act("POST", SQL "instances/main/clone", json_make("{'cloneContext':{'destinationInstanceName':'copy'}}"));
	is_str(json_str(op, "operationType", ""), "CLONE", "U24: a clone is an operation of its own");
	cJSON *made = asks("GET", SQL "instances/copy", NULL, 200);
	is_str(json_str(made, "connectionName", ""), "demo-proj:us-central1:copy", "U24: a clone has a name of its own");
	char *address = xstrdup(json_str(made, "ipAddresses.0.ipAddress", ""));
	ok(sim_sql_login(cloud,
			 &(struct sim_sql_client){.address = address, .user = "mlflow", .password = "pw", .database = "mlflow"},
			 &instance) == NULL,
	   "U24: and its origin's databases, users and passwords");
	is_str(json_str(asks("GET", SQL "instances/copy/databases/mlflow", NULL, 200), "instance", ""), "copy",
	       "U24: which are its own");
	free(address);
	buf_free(&instance);

	const char *replica = "{'name':%s,'masterInstanceName':%s,'settings':{'tier':'db-custom-1-3840'}}";
	asks("POST", SQL "instances", json_make(replica, "r0", "none"), 404);
	asks("POST", SQL "instances", json_make(replica, "r0", "plain"), 400);
	op = act("POST", SQL "instances", json_make(replica, "r1", "main"));
	is_str(json_str(op, "operationType", ""), "CREATE_REPLICA", "U24: a replica is made by an operation of its own");
	made = asks("GET", SQL "instances/r1", NULL, 200);
	is_str(json_str(made, "instanceType", ""), "READ_REPLICA_INSTANCE", "U24: a read replica is one");
	is_str(json_str(made, "masterInstanceName", ""), "demo-proj:main", "U24: of its primary");
	is_str(json_str(asks("GET", SQL "instances/main", NULL, 200), "replicaNames.0", ""), "r1", "U24: which knows it");
	asks("DELETE", SQL "instances/main", NULL, 400);
	asks("POST", SQL "instances/main/promoteReplica", NULL, 400);
	act("POST", SQL "instances/r1/promoteReplica", NULL);
	is_str(json_str(asks("GET", SQL "instances/r1", NULL, 200), "instanceType", ""), "CLOUD_SQL_INSTANCE",
	       "U24: promoted, it stands alone");
	ok(!json_at(asks("GET", SQL "instances/main", NULL, 200), "replicaNames"), "U24: and its primary has none");
	asks("GET", SQL "instances/r1/databases/mlflow", NULL, 200);

	cJSON *dump = json_make("{'exportContext':{'fileType':'SQL','uri':'gs://dumps-7/a.sql','databases':['mlflow']}}");
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj",
	     json_make("{'name':'dumps-7','iamConfiguration':{'uniformBucketLevelAccess':{'enabled':true}}}"), 200);
	asks("POST", SQL "instances/main/export", cJSON_Duplicate(dump, true), 403);
	ok(true, "U24: an export needs the instance's own account to be let into the bucket");
	char *agent = xasprintf("serviceAccount:%s",
				json_str(asks("GET", SQL "instances/main", NULL, 200), "serviceAccountEmailAddress", ""));
	asks("PUT", "storage.googleapis.com/storage/v1/b/dumps-7/iam",
	     json_make("{'bindings':[{'role':'roles/storage.objectAdmin','members':[%s]},{'role':'roles/storage.admin',"
		       "'members':['user:operator@example.com']}]}",
		       agent),
	     200);
	sim_advance(cloud, sim_now(cloud) + 600);
	asks("POST", SQL "instances/main/export",
	     json_make("{'exportContext':{'fileType':'BAK','uri':'gs://dumps-7/a.sql','databases':['mlflow']}}"), 400);
	is_str(json_str(act("POST", SQL "instances/main/export", dump), "operationType", ""), "EXPORT",
	       "U24: then it is written");
	asks("GET", "storage.googleapis.com/storage/v1/b/dumps-7/o/a.sql", NULL, 200);
	asks("POST", SQL "instances/main/import",
	     json_make("{'importContext':{'fileType':'SQL','uri':'gs://dumps-7/none.sql','database':'mlflow'}}"), 404);
	is_str(json_str(act("POST", SQL "instances/main/import",
			    json_make("{'importContext':{'fileType':'SQL','uri':'gs://dumps-7/a.sql','database':'mlflow'}}")),
			"operationType", ""),
	       "IMPORT", "U24: and read again");
	free(agent);

	cJSON *r = asks("POST", SQL "instances/main/sslCerts", json_make("{'commonName':'laptop'}"), 200);
	ok(text_starts(json_str(r, "clientCert.certPrivateKey", ""), "-----BEGIN PRIVATE KEY"),
	   "U24: a client's certificate comes with its key");
	char *url = xasprintf(SQL "instances/main/sslCerts/%s", json_str(r, "clientCert.certInfo.sha1Fingerprint", "")),
	     *link = xstrdup(json_str(r, "operation.selfLink", ""));
	finish(link);
	is_str(json_str(asks("GET", url, NULL, 200), "commonName", ""), "laptop", "U24: and is found again, without it");
	asks("POST", SQL "instances/main/sslCerts", json_make("{'commonName':'laptop'}"), 409);
	act("DELETE", url, NULL);
	asks("GET", url, NULL, 404);
	free(url);
	free(link);
}

/* Terraform's provider names a template by its number, since a name may come again. */
static void by_number(void)
{
	act("POST", COMPUTE "global/instanceTemplates",
	    json_make("{'name':'numbered','properties':{'machineType':'e2-small','disks':[{'boot':true,'initializeParams':{"
		      "'sourceImage':'projects/debian-cloud/global/images/family/debian-12'}}],'networkInterfaces':[{'network':"
		      "'global/networks/default'}]}}"));
	char *link = xasprintf("projects/demo-proj/global/instanceTemplates/%s",
			       json_str(asks("GET", COMPUTE "global/instanceTemplates/numbered", NULL, 200), "id", ""));
	act("POST", COMPUTE "zones/us-central1-a/instanceGroupManagers",
	    json_make(
		"{'name':'numbered','baseInstanceName':'n','targetSize':0,'resourcePolicies':{},'namedPorts':[{'name':'http',"
		"'port':5000}],'versions':[{'instanceTemplate':%s}]}",
		link));
	ok(text_ends(json_str(asks("GET", COMPUTE "zones/us-central1-a/instanceGroupManagers/numbered", NULL, 200),
			      "instanceTemplate", ""),
		     "/instanceTemplates/numbered"),
	   "U24: a link may say a number in place of the name");
	cJSON *manager = asks("GET", COMPUTE "zones/us-central1-a/instanceGroupManagers/numbered", NULL, 200);
	is_int((int)json_num(manager, "namedPorts.0.port", 0), 5000, "U24: its group's ports are taken, and shown");
	ok(!json_at(manager, "resourcePolicies"), "U24: no policies are none");
	act("POST", COMPUTE "zones/us-central1-a/instanceGroups/numbered/setNamedPorts",
	    json_make("{'namedPorts':[{'name':'http','port':5001}]}"));
	manager = asks("GET", COMPUTE "zones/us-central1-a/instanceGroupManagers/numbered", NULL, 200);
	is_int((int)json_num(manager, "namedPorts.0.port", 0), 5001, "and as its group has them since");
	act("DELETE", COMPUTE "zones/us-central1-a/instanceGroupManagers/numbered", NULL);
	free(link);
}

/* A name of a log-based metric may have slashes in it; who writes for a sink is there to be granted something. */
static void deep_names(void)
{
#define LOGGING "logging.googleapis.com/v2/projects/demo-proj/"
	asks("POST", LOGGING "metrics", json_make("{'name':'web/errors','filter':'severity>=ERROR'}"), 200);
	is_str(json_str(asks("GET", LOGGING "metrics/web%2Ferrors", NULL, 200), "name", ""), "web/errors",
	       "U24: a metric's name may have slashes in it");
	asks("PUT", LOGGING "metrics/web%2Fothers", json_make("{'name':'web/others','filter':'severity>=ERROR'}"), 200);
	asks("DELETE", LOGGING "metrics/web%2Ferrors", NULL, 200);
	asks("GET", LOGGING "metrics/web%2Ferrors", NULL, 404);
	asks("GET", LOGGING "metrics/web%2Fothers", NULL, 200);
	asks("POST", LOGGING "sinks", json_make("{'name':'out','destination':'storage.googleapis.com/some'}"), 200);
	cJSON *policy = cJSON_Duplicate(
	    asks("POST", "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:getIamPolicy", NULL, 200), true);
	cJSON_AddItemToArray(
	    json_at(policy, "bindings"),
	    json_make("{'role':'roles/storage.objectCreator','members':['serviceAccount:service-123456789012@gcp-"
		      "sa-logging.iam.gserviceaccount.com']}"));
	asks("POST", "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:setIamPolicy",
	     json_make("{'policy':%j}", policy), 200);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	connectors();
	through_a_connector();
	scheduler();
	scheduler_targets();
	scheduler_tokens();
	policies();
	groups();
	by_number();
	deep_names();
	copies();
	sim_free(cloud);
	return tap_done();
}
