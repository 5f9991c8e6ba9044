/* Behaviour of Google Cloud that bites, where no other test shows it: organization policies, what lingers after it was deleted, names that stay taken
 * and those that do not, secrets at deploy, images from elsewhere; in Google's words. */
#include "config.h"
#include "tests/sim/cloud.h"

#define RUN "run.googleapis.com/v2/projects/demo-proj/locations/us-central1/"
#define SECRETS "secretmanager.googleapis.com/v1/projects/demo-proj/secrets"
#define HELLO "us-docker.pkg.dev/cloudrun/container/hello"

static cJSON *machine(bool outside)
{
	cJSON *doc = json_make("{'name':'vm','machineType':'zones/us-central1-a/machineTypes/"
			       "e2-small','disks':[{'boot':true,'initializeParams':{'sourceImage':"
			       "'projects/cos-cloud/global/images/family/"
			       "cos-stable'}}],'networkInterfaces':[{'network':'global/networks/default'}]}");
	if (outside)
		json_put(doc, "networkInterfaces.0.accessConfigs",
			 json_make("[{'type':'ONE_TO_ONE_NAT','name':'External NAT'}]"));
	return doc;
}

static cJSON *instance(const char *name, const char *ip)
{
	cJSON *doc = json_make("{'name':%s,'region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':'"
			       "ENTERPRISE','tier':'db-custom-1-3840'}}",
			       name);
	json_put(doc, "settings.ipConfiguration", json_make(ip));
	return doc;
}

/* reference/mlflow.md D8: each constraint refuses what it names, and nothing besides. */
static void policies(void)
{
	new_cloud("{'policies':{'compute.vmExternalIpAccess':{'denyAll':true},'sql.restrictPublicIp':true,'storage."
		  "uniformBucketLevelAccess':true,"
		  "'storage.publicAccessPrevention':true,'iam.disableServiceAccountKeyCreation':true,'iam."
		  "allowedPolicyMemberDomains':{'allow':['C0example1']},"
		  "'run.allowedIngress':{'allow':['internal','internal-and-cloud-load-balancing']}}}");
	refuse("POST", COMPUTE "zones/us-central1-a/instances", machine(true), 412, "conditionNotMet",
	       "Constraint constraints/compute.vmExternalIpAccess violated for project 123456789012. Add instance to the "
	       "constraint to use external IP with it.");
	act("POST", COMPUTE "zones/us-central1-a/instances", machine(false));
	refuse("POST", SQL "instances", instance("db", "{'ipv4Enabled':true}"), 400, "invalid",
	       "Organization Policy check failure: the external IP of this instance violates the "
	       "constraints/sql.restrictPublicIp enforced.");
	cJSON *r = ask("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj",
		       json_make("{'name':'demo-proj-b','location':'US-CENTRAL1'}"));
	is_int(last_status, 412, "a bucket without uniform access is refused");
	ok(strstr(json_str(r, "error.message", ""), "constraints/storage.uniformBucketLevelAccess") != NULL,
	   "naming the constraint: %s", json_str(r, "error.message", ""));
	r = ask("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'server'}"));
	sim_advance(cloud, sim_now(cloud) + 600);
	r = ask("POST",
		"iam.googleapis.com/v1/projects/demo-proj/serviceAccounts/server@demo-proj.iam.gserviceaccount.com/keys",
		json_make("{}"));
	is_int(last_status, 400, "a key is refused");
	is_str(json_str(r, "error.status", ""), "FAILED_PRECONDITION", "as a precondition");
	refuse("POST", "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:setIamPolicy",
	       json_make("{'policy':{'bindings':[{'role':'roles/owner','members':['user:operator@example.com']},{'role':'roles/"
			 "viewer','members':['user:me@gmail.com']}]}}"),
	       400, NULL,
	       "One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization "
	       "policy.");
	r = ask("POST", RUN "services?serviceId=s",
		json_make("{'ingress':'INGRESS_TRAFFIC_ALL','template':{'containers':[{'image':'" HELLO "'}]}}"));
	ok(last_status == 400 && strstr(json_str(r, "error.message", ""), "constraints/run.allowedIngress"),
	   "ingress from everywhere is refused: %s", json_str(r, "error.message", ""));
}

static void places(void)
{
	new_cloud("{'policies':{'gcp.resourceLocations':{'allow':['in:eu-locations']},'sql.restrictAuthorizedNetworks':true}}");
	refuse("POST", SQL "instances", instance("db", "{'ipv4Enabled':true}"), 400, "invalid",
	       "Invalid request: 'us-central1' violates constraint 'constraints/gcp.resourceLocations' on the resource "
	       "'projects/demo-proj'.");
	refuse("POST", SQL "instances", instance("db", "{'ipv4Enabled':true,'authorizedNetworks':[{'value':'0.0.0.0/0'}]}"),
	       400, "invalid",
	       "Invalid request: Organization Policy check failure: constraints/sql.restrictAuthorizedNetworks is enforced.");
	refuse("POST", COMPUTE "zones/us-central1-a/instances", machine(false), 412, "conditionNotMet",
	       "Location ZONE:us-central1-a violates constraint constraints/gcp.resourceLocations on the resource "
	       "projects/demo-proj/zones/us-central1-a/instances/vm.");
	refuse("POST", SECRETS "?secretId=s", json_make("{'replication':{'automatic':{}}}"), 400, NULL,
	       "Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/123456789012] attempting to "
	       "create a secret in [global]. For more information, "
	       "see https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations.");
	refuse("POST",
	       "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories?repositoryId=r",
	       json_make("{'format':'DOCKER'}"), 400, NULL,
	       "us-central1 violates constraint constraints/gcp.resourceLocations on the resource "
	       "projects/demo-proj/locations/us-central1/repositories/r.");
	refuse("POST", RUN "services?serviceId=s", json_make("{'template':{'containers':[{'image':'" HELLO "'}]}}"), 400, NULL,
	       "us-central1 violates constraint constraints/gcp.resourceLocations on the resource projects/demo-proj.");
	asks("POST", SECRETS "?secretId=s",
	     json_make("{'replication':{'userManaged':{'replicas':[{'location':'europe-west1'}]}}}"), 200);
	asks("POST", "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/europe-west1/repositories?repositoryId=r",
	     json_make("{'format':'DOCKER'}"), 200);
	asks("POST", COMPUTE "global/addresses", json_make("{'name':'ip'}"), 200);
	ok(last_status == 200, "in Europe, and globally, they may be");
}

/* Polls an operation of any API under its host. */
static cJSON *ended(const char *host, cJSON *operation)
{
	char *url = xasprintf("%s/%s", host, json_str(operation, "name", ""));
	cJSON *op = finish(url);
	free(url);
	return op;
}

static void network_of(const char *name)
{
	char *link = xasprintf("projects/demo-proj/global/networks/%s", name),
	     *number = xasprintf("projects/123456789012/global/networks/%s", name);
	act("POST", COMPUTE "global/networks", json_make("{'name':%s,'autoCreateSubnetworks':false}", name));
	act("POST", COMPUTE "global/addresses",
	    json_make("{'name':'range','purpose':'VPC_PEERING','addressType':'INTERNAL','prefixLength':20,'network':%s}",
		      link));
	ended("servicenetworking.googleapis.com/v1",
	      asks("PATCH",
		   "servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections/-?force=true",
		   json_make("{'network':%s,'reservedPeeringRanges':['range']}", number), 200));
	free(link), free(number);
}

#define DELETE_CONNECTION                                                                                                      \
	"servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections/"                           \
	"servicenetworking-googleapis-com"

static void lingers(void)
{
	new_cloud(NULL);
	network_of("net");
	act("POST", SQL "instances",
	    instance("db", "{'ipv4Enabled':false,'privateNetwork':'projects/demo-proj/global/networks/net'}"));
	act("DELETE", SQL "instances/db", NULL);
	cJSON *op = ended(
	    "servicenetworking.googleapis.com/v1",
	    asks("POST", DELETE_CONNECTION, json_make("{'consumerNetwork':'projects/123456789012/global/networks/net'}"), 200));
	is_str(json_str(op, "error.message", ""),
	       "Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this "
	       "connection.",
	       "a private connection cannot go while the producer's side lingers");
	sim_advance(cloud, sim_now(cloud) + 86400);
	op = ended(
	    "servicenetworking.googleapis.com/v1",
	    asks("POST", DELETE_CONNECTION, json_make("{'consumerNetwork':'projects/123456789012/global/networks/net'}"), 200));
	ok(json_at(op, "error") != NULL, "a day later neither");
	sim_advance(cloud, sim_now(cloud) + 8 * 86400);
	op = ended(
	    "servicenetworking.googleapis.com/v1",
	    asks("POST", DELETE_CONNECTION, json_make("{'consumerNetwork':'projects/123456789012/global/networks/net'}"), 200));
	ok(!json_at(op, "error"), "after some days it can");
	asks("POST", SQL "instances", instance("db", "{'ipv4Enabled':true}"), 200);
	ok(last_status == 200, "while an instance's name is free at once");
}

/* Direct VPC egress holds its subnet for an hour or two after the service went. */
static void subnets(void)
{
	new_cloud(NULL);
	network_of("net");
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'sub','network':'projects/demo-proj/global/networks/net','ipCidrRange':'10.1.0.0/24'}"));
	ended("run.googleapis.com/v2",
	      asks("POST", RUN "services?serviceId=s",
		   json_make("{'template':{'containers':[{'image':'" HELLO
			     "'}],'vpcAccess':{'networkInterfaces':[{'network':'net','subnetwork':'sub'}]}}}"),
		   200));
	ended("run.googleapis.com/v2", asks("DELETE", RUN "services/s", NULL, 200));
	cJSON *op = asks("DELETE", COMPUTE "regions/us-central1/subnetworks/sub", NULL, 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	op = finish(link);
	ok(strstr(json_str(op, "error.errors.0.message", ""),
		  "is already being used by 'projects/demo-proj/regions/us-central1/addresses/"),
	   "the subnet of a service that is gone is held by its address: %s", json_str(op, "error.errors.0.message", ""));
	free(link);
	sim_advance(cloud, sim_now(cloud) + 4 * 3600);
	act("DELETE", COMPUTE "regions/us-central1/subnetworks/sub", NULL);
	asks("GET", COMPUTE "regions/us-central1/subnetworks/sub", NULL, 404);
	ok(last_status == 404, "hours later it goes");
}

static void deploys(void)
{
	new_cloud("{'services':['*']}");
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'server'}"), 200);
	asks("POST", SECRETS "?secretId=s", json_make("{'replication':{'automatic':{}}}"), 200);
	asks("POST", SECRETS "/s:addVersion", json_make("{'payload':{'data':'c2VjcmV0'}}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	cJSON *op = ended(
	    "run.googleapis.com/v2",
	    asks("POST", RUN "services?serviceId=s",
		 json_make(
		     "{'template':{'serviceAccount':'server@demo-proj.iam.gserviceaccount.com','containers':[{'image':'" HELLO
		     "','env':[{'name':'S','valueSource':"
		     "{'secretKeyRef':{'secret':'s','version':'1'}}}]}]}}"),
		 200));
	ok(strstr(json_str(op, "error.message", ""),
		  "Permission denied on secret: projects/123456789012/secrets/s/versions/1 for Revision service account "
		  "server@demo-proj.iam.gserviceaccount.com. The service "
		  "account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) "
		  "at the secret, project or higher level.") != NULL,
	   "a secret that the account may not read fails the deployment: %s", json_str(op, "error.message", ""));
	asks("GET", RUN "services/s", NULL, 200);
	ok(last_status == 200, "which leaves the service");
	cJSON *r = ask("POST", RUN "services?serviceId=q",
		       json_make("{'template':{'containers':[{'image':'quay.io/oauth2-proxy/oauth2-proxy:v7.15.3'}]}}"));
	ok(last_status == 400 &&
	       strstr(json_str(r, "error.message", ""), "but obtained quay.io/oauth2-proxy/oauth2-proxy:v7.15.3. To deploy "
							"container images from other public or private "
							"registries, set up an Artifact Registry remote repository."),
	   "an image of quay.io cannot be pulled: %s", json_str(r, "error.message", ""));
}

/* Which names stay taken after a deletion, and for how long. */
static void names(void)
{
	new_cloud("{'services':['*']}");
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj",
	     json_make(
		 "{'name':'demo-proj-names','location':'US-CENTRAL1','softDeletePolicy':{'retentionDurationSeconds':'0'}}"),
	     200);
	asks("DELETE", "storage.googleapis.com/storage/v1/b/demo-proj-names", NULL, 204);
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj",
	     json_make("{'name':'demo-proj-names','location':'US-CENTRAL1'}"), 200);
	ok(last_status == 200, "a bucket's name is one's own again");
	cJSON *pool = asks(
	    "POST",
	    "iam.googleapis.com/v1/projects/demo-proj/locations/global/workloadIdentityPools?workloadIdentityPoolId=outside",
	    json_make("{}"), 200);
	ended("iam.googleapis.com/v1", pool);
	ended("iam.googleapis.com/v1",
	      asks("DELETE", "iam.googleapis.com/v1/projects/demo-proj/locations/global/workloadIdentityPools/outside", NULL,
		   200));
	asks("POST",
	     "iam.googleapis.com/v1/projects/demo-proj/locations/global/workloadIdentityPools?workloadIdentityPoolId=outside",
	     json_make("{}"), 409);
	is_int(last_status, 409, "a workload identity pool's stays taken for thirty days");
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'server'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 300);
	asks("DELETE", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts/server@demo-proj.iam.gserviceaccount.com",
	     NULL, 200);
	cJSON *again = asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts",
			    json_make("{'accountId':'server'}"), 200);
	ok(*json_str(again, "uniqueId", "") != 0, "a service account's is free at once, for another account");
}

/* What clients ask on the way. */
static void asides(void)
{
	new_cloud("{'services':['*']}");
	cJSON *r = asks("GET", "secretmanager.googleapis.com/v1/projects/demo-proj/locations", NULL, 200);
	is_str(json_str(r, "locations.0.locationId", ""), "africa-south1", "Secret Manager says where it is");
	asks("GET", "certificatemanager.googleapis.com/v1/projects/demo-proj/locations/global", NULL, 200);
	asks("GET", "certificatemanager.googleapis.com/v1/projects/demo-proj/locations/global/operations", NULL, 200);
	ok(last_status == 200, "Certificate Manager too, and what it did");
	act("POST", COMPUTE "global/healthChecks", json_make("{'name':'hc','type':'TCP'}"));
	r = asks("POST", COMPUTE "global/healthChecks/hc/testIamPermissions",
		 json_make("{'permissions':['compute.healthChecks.get']}"), 200);
	is_str(json_str(r, "permissions.0", ""), "compute.healthChecks.get", "a health check's permissions are the project's");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	policies();
	places();
	lingers();
	subnets();
	deploys();
	names();
	asides();
	sim_free(cloud);
	return tap_done();
}
