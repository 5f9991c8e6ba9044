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
	return json_make("{'template':{'containers':[{'image':'us-docker.pkg.dev/cloudrun/container/hello'}],'vpcAccess':{'connector':%s}}}", connector);
}

static void connectors(void)
{
	act("POST", COMPUTE "global/networks", json_make("{'name':'n1','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks", json_make("{'name':'s28','network':'global/networks/n1','ipCidrRange':'10.8.0.0/28'}"));
	act("POST", COMPUTE "regions/us-central1/subnetworks", json_make("{'name':'s24','network':'global/networks/n1','ipCidrRange':'10.9.0.0/24'}"));
	asks("POST", VPC PLACE "connectors?connectorId=Bad", json_make("{'network':'n1','ipCidrRange':'10.10.0.0/28'}"), 400);
	asks("POST", VPC PLACE "connectors?connectorId=c1", json_make("{'network':'n1','ipCidrRange':'10.10.0.0/24'}"), 400);
	asks("POST", VPC PLACE "connectors?connectorId=c1", json_make("{'network':'n1','ipCidrRange':'10.10.0.0/28','maxInstances':2}"), 400);
	cJSON *op = asks("POST", VPC PLACE "connectors?connectorId=c1", json_make("{'network':'n1','ipCidrRange':'10.10.0.0/28'}"), 200);
	is_str(json_str(op, "metadata.method", ""), "google.cloud.vpcaccess.v1.VpcAccessService.CreateConnector", "U24: making a connector is an operation");
	char *name = xstrdup(json_str(op, "name", ""));
	is_str(json_str(asks("GET", VPC PLACE "connectors/c1", NULL, 200), "state", ""), "CREATING", "U24: it is made for a while");
	op = json_make("{'name':%s}", name);
	cJSON *done = ended(VPC, op);
	cJSON_Delete(op);
	free(name);
	is_str(json_str(done, "response.state", ""), "READY", "U24: and then ready");
	is_int((long)json_num(done, "response.minInstances", 0), 2, "U24: on two instances at least");
	is_int((long)json_num(done, "response.maxThroughput", 0), 1000, "U24: and ten at most");
	is_str(json_str(done, "response.machineType", ""), "e2-micro", "U24: of the smallest type");
	asks("POST", VPC PLACE "connectors?connectorId=c1", json_make("{'network':'n1','ipCidrRange':'10.10.0.16/28'}"), 409);
	done = ended(VPC, asks("POST", VPC PLACE "connectors?connectorId=c2", json_make("{'network':'n1','ipCidrRange':'10.9.0.0/28'}"), 200));
	ok(json_at(done, "error") != NULL, "U24: a range that is taken fails in the operation");
	is_str(json_str(asks("GET", VPC PLACE "connectors/c2", NULL, 200), "state", ""), "ERROR", "U24: and leaves a connector in ERROR");
	done = ended(VPC, asks("POST", VPC PLACE "connectors?connectorId=c3", json_make("{'subnet':{'name':'s28'}}"), 200));
	is_str(json_str(done, "response.subnet.name", ""), "s28", "U24: one in a subnet of its own");
	done = ended(VPC, asks("POST", VPC PLACE "connectors?connectorId=c4", json_make("{'subnet':{'name':'s24'}}"), 200));
	ok(json_at(done, "error") != NULL, "U24: which must be a /28");
	done = ended(VPC, asks("PATCH", VPC PLACE "connectors/c1?updateMask=maxInstances", json_make("{'maxInstances':5}"), 200));
	is_int((long)json_num(done, "response.maxThroughput", 0), 500, "U24: its scale can be changed");
	is_int(cJSON_GetArraySize(json_at(asks("GET", VPC PLACE "connectors", NULL, 200), "connectors")), 4, "U24: listed");
}

static void through_a_connector(void)
{
	cJSON *done = ended("run.googleapis.com/v2/", asks("POST", RUN "services?serviceId=no", service(PLACE "connectors/nowhere"), 200));
	ok(strstr(json_str(done, "error.message", ""), "VPC connector projects/demo-proj/locations/us-central1/connectors/nowhere does not exist, or Cloud Run "
		  "does not have permission to use it.") != NULL, "U20: a service with a connector that does not exist does not become ready");
	is_str(json_str(asks("GET", RUN "services/no", NULL, 200), "terminalCondition.state", ""), "CONDITION_FAILED", "U20: and says so");
	done = ended("run.googleapis.com/v2/", asks("POST", RUN "services?serviceId=yes", service(PLACE "connectors/c1"), 200));
	ok(!json_at(done, "error"), "U20: one with a connector that is there does");
	is_str(json_str(asks("GET", VPC PLACE "connectors/c1", NULL, 200), "connectedProjects.0", ""), "demo-proj", "U24: the connector names who uses it");
	cJSON *op = asks("DELETE", COMPUTE "regions/us-central1/subnetworks/s28", NULL, 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	ok(strstr(json_str(finish(link), "error.errors.0.message", ""), "/instances/aet-us-central1-c3-") != NULL, "U24: a connector holds its subnet");
	free(link);
	ended(VPC, asks("DELETE", VPC PLACE "connectors/c3", NULL, 200));
	act("DELETE", COMPUTE "regions/us-central1/subnetworks/s28", NULL);
	asks("GET", VPC PLACE "connectors/c3", NULL, 404);
}

static void scheduler(void)
{
	asks("POST", SCHEDULER PLACE "jobs", json_make("{'name':%s,'schedule':'61 * * * *','httpTarget':{'uri':'https://example.com'}}", PLACE "jobs/j"), 400);
	asks("POST", SCHEDULER PLACE "jobs", json_make("{'name':%s,'schedule':'0 3 * * MON-FRI'}", PLACE "jobs/j"), 400);
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'caller'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	const char *uri = "https://run.googleapis.com/v2/" PLACE "jobs/none:run";
	cJSON *j = asks("POST", SCHEDULER PLACE "jobs", json_make("{'name':%s,'schedule':'*/30 3 * * MON-FRI','timeZone':'Etc/UTC','httpTarget':{'uri':%s,"
		"'oauthToken':{'serviceAccountEmail':'caller@demo-proj.iam.gserviceaccount.com'}}}", PLACE "jobs/j", uri), 200);
	is_str(json_str(j, "state", ""), "ENABLED", "U24: a job of Cloud Scheduler is enabled");
	is_str(json_str(j, "scheduleTime", ""), "2026-01-02T03:00:00Z", "U24: its next time is told");
	is_str(json_str(j, "httpTarget.httpMethod", ""), "POST", "U24: defaults are filled in");
	is_str(json_str(j, "retryConfig.minBackoffDuration", ""), "5s", "U24: those of retries too");
	asks("POST", SCHEDULER PLACE "jobs", json_make("{'name':%s,'schedule':'0 3 * * *','httpTarget':{'uri':'https://example.com'}}", PLACE "jobs/j"), 409);
	asks("POST", SCHEDULER PLACE "jobs/j:run", json_make("{}"), 200);
	sim_advance(cloud, sim_now(cloud) + 10);
	j = asks("GET", SCHEDULER PLACE "jobs/j", NULL, 200);
	is_int((long)json_num(j, "status.code", 0), 7, "U24: it calls its target as its account, and tells what came of it");
	is_str(json_str(asks("POST", SCHEDULER PLACE "jobs/j:pause", json_make("{}"), 200), "state", ""), "PAUSED", "U24: paused");
	asks("POST", SCHEDULER PLACE "jobs/j:pause", json_make("{}"), 400);
	is_str(json_str(asks("POST", SCHEDULER PLACE "jobs/j:resume", json_make("{}"), 200), "state", ""), "ENABLED", "U24: and resumed");
	is_str(json_str(asks("PATCH", SCHEDULER PLACE "jobs/j?updateMask=schedule", json_make("{'schedule':'15 4 1 * *'}"), 200), "scheduleTime", ""),
	       "2026-02-01T04:15:00Z", "U24: its schedule can be changed");
	asks("DELETE", SCHEDULER PLACE "jobs/j", NULL, 200);
	asks("GET", SCHEDULER PLACE "jobs/j", NULL, 404);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	connectors();
	through_a_connector();
	scheduler();
	sim_free(cloud);
	return tap_done();
}
