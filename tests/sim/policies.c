/* What an organization forbids, at every service; and operations that were made to fail leave nothing that works. */
#include "config.h"
#include "tests/sim/cloud.h"

#define CONNECTIONS "servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections"
#define NETWORK "projects/123456789012/global/networks/n1"
#define RUN "run.googleapis.com/v2/projects/demo-proj/locations/us-central1/"

/* A network with a range for private services access, in a world with these policies. */
static void world(const char *policies)
{
	char *text = xasprintf("{'policies':%s}", policies);
	new_cloud(text);
	free(text);
	act("POST", COMPUTE "global/networks", json_make("{'name':'n1','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "global/addresses",
	    json_make("{'name':'psa','purpose':'VPC_PEERING','addressType':'INTERNAL','prefixLength':20,'network':"
		      "'global/networks/n1'}"));
}

static cJSON *peer(void)
{
	cJSON *op = asks("PATCH", CONNECTIONS "/-?updateMask=reservedPeeringRanges&force=true",
			 json_make("{'network':'" NETWORK "','reservedPeeringRanges':['psa']}"), 200);
	char *name = xasprintf("servicenetworking.googleapis.com/v1/%s", json_str(op, "name", ""));
	op = finish(name);
	free(name);
	return op;
}

static bool peered(void)
{
	return json_at(asks("GET", COMPUTE "global/networks/n1", NULL, 200), "peerings.0") != NULL;
}

static void peering(void)
{
	world("{'compute.restrictVpcPeering':{'denyAll':true}}");
	cJSON *op = peer();
	is_int((long)json_num(op, "error.code", 0), 9, "T10: peering is forbidden in the operation");
	const char *message = json_str(op, "error.message", "");
	ok(text_starts(message, "Constraint constraints/compute.restrictVpcPeering violated for project 123456789012. Peering "
				"the network projects/v") &&
	       text_ends(message, "-tp/global/networks/servicenetworking is not allowed."),
	   "T10: in Google's words");
	ok(!peered(), "T10: and there is no peering");
	ok(!json_at(asks("GET", CONNECTIONS "?network=" NETWORK, NULL, 200), "connections"), "T10: nor a connection");
	world("{'compute.restrictVpcPeering':{'allow':['under:projects/other']}}");
	ok(json_at(peer(), "error") && !peered(), "T10: others' projects are not Google's");
	world("{'compute.restrictVpcPeering':{'allow':['under:organizations/433637338589']}}");
	ok(!json_at(peer(), "error") && peered(), "T10: Google's organization can be let in");
}

/* T10: whose images disks may begin as; and that accounts may not be made is said with the policy's name. */
static void images_and_accounts(void)
{
	static const char cos[] = "{'name':'d','sourceImage':'projects/cos-cloud/global/images/family/cos-stable'}";
	world("{'compute.trustedImageProjects':{'allow':['projects/debian-cloud']},'iam.disableServiceAccountCreation':true}");
	cJSON *reply = asks("POST", COMPUTE "zones/us-central1-a/disks", json_make(cos), 412);
	is_str(
	    json_str(reply, "error.message", ""),
	    "Constraint constraints/compute.trustedImageProjects violated for project projects/demo-proj. Use of images from "
	    "project cos-cloud is prohibited.",
	    "T10: an image of a project that is not trusted");
	reply = asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", json_make("{'accountId':'abcdef'}"),
		     400);
	is_str(json_str(reply, "error.details.0.violations.0.type", ""), "constraints/iam.disableServiceAccountCreation",
	       "T10: an account that may not be made");
	world("{'compute.trustedImageProjects':{'allow':['projects/cos-cloud']}}");
	asks("POST", COMPUTE "zones/us-central1-a/disks", json_make(cos), 200);
}

static void usage(void)
{
	world("{'gcp.restrictServiceUsage':{'deny':['cloudbuild.googleapis.com','sqladmin.googleapis.com','iam.googleapis.com']"
	      "}}");
	cJSON *reply = asks("GET", "cloudbuild.googleapis.com/v1/projects/demo-proj/locations/global/builds", NULL, 403);
	is_str(json_str(reply, "error.message", ""),
	       "Request is disallowed by organization's constraints/gcp.restrictServiceUsage constraint for "
	       "projects/123456789012 attempting to use service cloudbuild.googleapis.com.",
	       "T10: a denied service cannot be used");
	is_str(json_str(reply, "error.details.0.reason", ""), "RESOURCE_USAGE_RESTRICTION_VIOLATED", "T10: for this reason");
	asks("GET", SQL "instances", NULL, 403);
	asks("GET", "storage.googleapis.com/storage/v1/b?project=demo-proj", NULL, 200);
	asks("GET", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", NULL, 200);
	ok(true, "T10: others can, and IAM cannot be denied");
	world("{'gcp.restrictServiceUsage':{'allow':['compute.googleapis.com']}}");
	asks("GET", "storage.googleapis.com/storage/v1/b?project=demo-proj", NULL, 403);
	asks("GET", COMPUTE "global/networks", NULL, 200);
	world("{'gcp.restrictServiceUsage':{'deny':['storage.googleapis.com']}}");
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj", json_make("{'name':'demo-proj-b'}"), 403);
}

static cJSON *service(const char *vpc)
{
	cJSON *doc = json_make("{'template':{'containers':[{'image':'us-docker.pkg.dev/cloudrun/container/hello'}]}}");
	if (vpc)
		json_put(doc, "template.vpcAccess", json_make(vpc));
	return doc;
}

static void egress(void)
{
	world("{'run.allowedVPCEgress':{'allow':['all-traffic']}}");
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'s1','network':'global/networks/n1','ipCidrRange':'10.1.0.0/24'}"));
	const char *half = "{'networkInterfaces':[{'network':'n1','subnetwork':'s1'}],'egress':'PRIVATE_RANGES_ONLY'}";
	const char *all = "{'networkInterfaces':[{'network':'n1','subnetwork':'s1'}],'egress':'ALL_TRAFFIC'}";
	cJSON *reply = asks("POST", RUN "services?serviceId=s", service(half), 400);
	is_str(json_str(reply, "error.status", ""), "FAILED_PRECONDITION", "T10: private ranges only is refused");
	ok(text_starts(json_str(reply, "error.message", ""),
		       "Constraint constraints/run.allowedVPCEgress violated for projects/demo-proj"),
	   "T10: by its name");
	asks("POST", RUN "services?serviceId=s", service(NULL), 400);
	asks("POST", RUN "services?serviceId=s", service(all), 200);
	world("{'run.allowedVPCEgress':{'allow':['private-ranges-only']}}");
	asks("POST", RUN "services?serviceId=s",
	     service("{'networkInterfaces':[{'network':'n1','subnetwork':'s1'}],'egress':'ALL_TRAFFIC'}"), 400);
	asks("POST", RUN "services?serviceId=s", service(NULL), 400);
	ok(true, "T10: each of the two ways, or none, by the policy");
}

static void keys(void)
{
	world("{'gcp.restrictNonCmekServices':{'deny':['sqladmin.googleapis.com','storage.googleapis.com','secretmanager."
	      "googleapis.com',"
	      "'artifactregistry.googleapis.com','run.googleapis.com']}}");
	cJSON *reply = asks(
	    "POST", SQL "instances",
	    json_make("{'name':'db','region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':"
		      "'ENTERPRISE','tier':'db-custom-1-3840'}}"),
	    400);
	is_str(json_str(reply, "error.message", ""),
	       "Constraint 'constraints/gcp.restrictNonCmekServices' violated for 'projects/demo-proj' attempting to perform "
	       "the operation "
	       "'google.cloud.sql.v1.SqlInstancesService.Insert' with violated value 'sqladmin.googleapis.com'. See "
	       "https://cloud.google.com/resource-manager/"
	       "docs/organization-policy/org-policy-constraints for more information.",
	       "T10: an instance needs a key of Cloud KMS");
	asks("GET", SQL "instances/db", NULL, 404);
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj", json_make("{'name':'demo-proj-b'}"), 412);
	asks("POST", "secretmanager.googleapis.com/v1/projects/demo-proj/secrets?secretId=x",
	     json_make("{'replication':{'automatic':{}}}"), 400);
	asks("POST", "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories?repositoryId=r",
	     json_make("{'format':'DOCKER'}"), 400);
	asks("POST", RUN "services?serviceId=s", service(NULL), 400);
	reply = asks("GET",
		     "orgpolicy.googleapis.com/v2/projects/demo-proj/policies/gcp.restrictNonCmekServices:getEffectivePolicy",
		     NULL, 200);
	is_str(json_str(reply, "spec.rules.0.values.deniedValues.0", ""), "sqladmin.googleapis.com",
	       "T10: the policy can be read");
	world("{'gcp.restrictNonCmekServices':{'deny':['sqladmin.googleapis.com']}}");
	asks("POST", "storage.googleapis.com/storage/v1/b?project=demo-proj", json_make("{'name':'demo-proj-b'}"), 200);
}

/* One that is refused, by the policy's name, and one that is not, as the policy says. */
static void refused(const char *path, cJSON *body, const char *constraint)
{
	cJSON *reply = asks("POST", path, body, 412);
	char *words = xasprintf("Constraint constraints/%s violated for project", constraint);
	ok(text_starts(json_str(reply, "error.message", ""), words), "%s: %s", words, json_str(reply, "error.message", ""));
	free(words);
}

static cJSON *subnet(const char *log)
{
	return json_make("{'name':'s1','network':'global/networks/n1','ipCidrRange':'10.1.0.0/24','logConfig':%j}",
			 json_make(log));
}

static cJSON *nat(void)
{
	return json_make("{'name':'r1','network':'global/networks/n1','nats':[{'name':'nat','natIpAllocateOption':'AUTO_ONLY',"
			 "'sourceSubnetworkIpRangesToNat':'ALL_SUBNETWORKS_ALL_IP_RANGES'}]}");
}

static void networking(void)
{
	world(
	    "{'compute.requireVpcFlowLogs':{'allow':['ESSENTIAL','LIGHT']},'compute.restrictCloudNATUsage':{'denyAll':true}}");
	refused(COMPUTE "regions/us-central1/subnetworks", subnet("{'enable':false}"), "compute.requireVpcFlowLogs");
	refused(COMPUTE "regions/us-central1/subnetworks", subnet("{'enable':true,'flowSampling':1}"),
		"compute.requireVpcFlowLogs");
	asks("POST", COMPUTE "regions/us-central1/subnetworks", subnet("{'enable':true,'flowSampling':0.2}"), 200);
	refused(COMPUTE "regions/us-central1/routers", nat(), "compute.restrictCloudNATUsage");
	world("{'compute.restrictCloudNATUsage':{'allow':['under:projects/other']}}");
	refused(COMPUTE "regions/us-central1/routers", nat(), "compute.restrictCloudNATUsage");
	world("{'compute.restrictCloudNATUsage':{'allow':['under:projects/demo-proj']}}");
	asks("POST", COMPUTE "regions/us-central1/routers", nat(), 200);
}

static cJSON *rule(void)
{
	return json_make(
	    "{'name':'front','loadBalancingScheme':'EXTERNAL_MANAGED','IPProtocol':'TCP','portRange':'80','target':"
	    "'global/targetHttpProxies/p'}");
}

/* The rest of a load balancer, as far as a front end asks for it. */
static void balanced(const char *policies)
{
	world(policies);
	act("POST", COMPUTE "global/urlMaps",
	    json_make("{'name':'m','defaultUrlRedirect':{'httpsRedirect':true,'stripQuery':false}}"));
	act("POST", COMPUTE "global/targetHttpProxies", json_make("{'name':'p','urlMap':'global/urlMaps/m'}"));
}

static void balancers(void)
{
	balanced("{'compute.restrictLoadBalancerCreationForTypes':{'allow':['in:INTERNAL']}}");
	refused(COMPUTE "global/forwardingRules", rule(), "compute.restrictLoadBalancerCreationForTypes");
	balanced("{'compute.disableGlobalLoadBalancing':true}");
	refused(COMPUTE "global/forwardingRules", rule(), "compute.disableGlobalLoadBalancing");
	balanced("{'compute.restrictLoadBalancerCreationForTypes':{'allow':['in:EXTERNAL']}}");
	cJSON *reply = ask("POST", COMPUTE "global/forwardingRules", rule());
	ok(!strstr(json_str(reply, "error.message", ""), "constraints/"),
	   "one of a kind that is allowed is not refused for it");
}

/* The next request of this method and path gets an operation that fails. */
static void spoil(const char *path)
{
	struct err e = {0};
	cJSON *rules = json_make(
	    "[{'path':%s,'method':'POST','nth':1,'operation':{'error':{'code':'INTERNAL_ERROR','message':'It broke.'}}}]",
	    path);
	ok(sim_faults(cloud, rules, &e), "T10: a rule for %s", path);
	cJSON_Delete(rules);
}

static void broken(void)
{
	world("{}");
	peer();
	spoil("*/instances");
	cJSON *op = asks("POST", SQL "instances",
			 json_make("{'name':'db','region':'us-central1','databaseVersion':'POSTGRES_17','settings':{'edition':"
				   "'ENTERPRISE','tier':'db-custom-1-3840'}}"),
			 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	is_str(json_str(finish(link), "error.errors.0.message", ""), "It broke.", "T10: the operation fails");
	sim_faults(cloud, NULL, &(struct err){0});
	is_str(json_str(finish(link), "error.errors.0.message", ""), "It broke.",
	       "T10: for good, whatever the rules are later");
	free(link);
	sim_advance(cloud, sim_now(cloud) + 7200);
	is_str(json_str(asks("GET", SQL "instances/db", NULL, 200), "state", ""), "FAILED",
	       "T10: and leaves no healthy instance");
	spoil("*/global/networks");
	asks("POST", COMPUTE "global/networks", json_make("{'name':'n2','autoCreateSubnetworks':false}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	asks("GET", COMPUTE "global/networks/n2", NULL, 404);
	spoil("*/services");
	asks("POST", RUN "services?serviceId=s", service(NULL), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	cJSON *s = asks("GET", RUN "services/s", NULL, 200);
	is_str(json_str(s, "terminalCondition.state", ""), "CONDITION_FAILED", "T10: nor a service that is ready");
	ok(!json_at(s, "latestReadyRevision") && !json_bool(s, "reconciling", false), "T10: nor a ready revision");
	spoil("*/repositories");
	asks("POST", "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories?repositoryId=r",
	     json_make("{'format':'DOCKER'}"), 200);
	sim_advance(cloud, sim_now(cloud) + 600);
	asks("GET", "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories/r", NULL, 404);
	spoil("*/clusters");
	asks("POST", "container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters",
	     json_make("{'cluster':{'name':'k','autopilot':{'enabled':true},'network':'default'}}"), 200);
	sim_advance(cloud, sim_now(cloud) + 3600);
	is_str(
	    json_str(asks("GET", "container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters/k", NULL, 200),
		     "status", ""),
	    "ERROR", "T10: nor a cluster that runs");
}

#define OLDER "cloudresourcemanager.googleapis.com/v1/projects/demo-proj:"
#define NEWER "orgpolicy.googleapis.com/v2/projects/demo-proj/policies/"

/* The same policies by the older API. */
static void older(void)
{
	static const char policy[] =
	    "'policies':{'gcp.resourceLocations':{'allow':['in:us-locations']},'compute.requireOsLogin':true}";
	new_cloud(sim_tmp("{%s}", policy));
	ask("POST", OLDER "setOrgPolicy", json_make("{'policy':{'constraint':'constraints/compute.requireOsLogin'}}"));
	is_int(last_status, 403, "an owner of the project sets no policy: who administers the organization's does");
	new_cloud(sim_tmp("{%s,'projects':[{'id':'demo-proj','number':'123456789012','roles':['roles/owner',"
			  "'roles/orgpolicy.policyAdmin']}]}",
			  policy));
	cJSON *r = asks("POST", OLDER "getEffectiveOrgPolicy", json_make("{'constraint':'constraints/gcp.resourceLocations'}"),
			200);
	is_str(json_str(r, "listPolicy.allowedValues.0", ""), "in:us-locations", "the older API tells what holds");
	r = asks("POST", OLDER "getEffectiveOrgPolicy", json_make("{'constraint':'constraints/compute.requireOsLogin'}"), 200);
	ok(json_bool(r, "booleanPolicy.enforced", false), "of booleans too");
	r = asks("POST", OLDER "getOrgPolicy", json_make("{'constraint':'constraints/compute.requireOsLogin'}"), 200);
	ok(!json_at(r, "booleanPolicy") && *json_str(r, "etag", ""),
	   "the project has none of its own, and an etag to make one with");
	ok(!json_at(asks("POST", OLDER "listOrgPolicies", json_make("{}"), 200), "policies"), "and lists none");
	asks("POST", OLDER "getOrgPolicy", json_make("{'constraint':'constraints/no.such'}"), 400);
	asks("POST", OLDER "getOrgPolicy", json_make("{'constraint':'compute.requireOsLogin'}"), 400);
	asks("POST", OLDER "setOrgPolicy",
	     json_make("{'policy':{'constraint':'constraints/gcp.resourceLocations','booleanPolicy':{'enforced':true}}}"), 400);
	asks("POST", OLDER "setOrgPolicy", json_make("{'policy':{'constraint':'constraints/gcp.resourceLocations'}}"), 400);
	r = asks("POST", OLDER "setOrgPolicy",
		 json_make("{'policy':{'constraint':'constraints/gcp.resourceLocations','listPolicy':{'deniedValues':"
			   "['us-east1'],'inheritFromParent':true}}}"),
		 200);
	ok(*json_str(r, "etag", "") && json_bool(r, "listPolicy.inheritFromParent", false), "what is set is told");
	asks("POST", OLDER "setOrgPolicy",
	     json_make(
		 "{'policy':{'constraint':'constraints/gcp.resourceLocations','etag':'AAAAAAAAAAA=','restoreDefault':{}}}"),
	     409);
	is_str(json_str(asks("GET", NEWER "gcp.resourceLocations", NULL, 200), "spec.rules.0.values.deniedValues.0", ""),
	       "us-east1", "the newer API has the same");
	ok(sim_constraint(cloud, "demo-proj", "gcp.resourceLocations", "us-east1"), "and it holds");
	ok(sim_constraint(cloud, "demo-proj", "gcp.resourceLocations", "europe-west1") &&
	       !sim_constraint(cloud, "demo-proj", "gcp.resourceLocations", "us-west1"),
	   "with what it inherits");
	asks("POST", OLDER "setOrgPolicy",
	     json_make("{'policy':{'constraint':'constraints/compute.requireOsLogin','restoreDefault':{}}}"), 200);
	ok(!sim_constraint(cloud, "demo-proj", "compute.requireOsLogin", NULL),
	   "a policy that is reset is Google's own default");
	asks("POST", OLDER "clearOrgPolicy", json_make("{'constraint':'constraints/compute.requireOsLogin'}"), 200);
	ok(sim_constraint(cloud, "demo-proj", "compute.requireOsLogin", NULL), "and gone, that of the organization again");
	is_int(cJSON_GetArraySize(json_at(asks("POST", OLDER "listOrgPolicies", json_make("{}"), 200), "policies")), 1,
	       "one is left");
}

/* Of what is missing nobody is told that it is, where Google's documents say so. */
static void missing(void)
{
	static const char *const urls[] = {"dns.googleapis.com/dns/v1/projects/demo-proj/managedZones/none",
					   "secretmanager.googleapis.com/v1/projects/demo-proj/secrets/none",
					   "cloudkms.googleapis.com/v1/projects/demo-proj/locations/global/keyRings/none"};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		char *url = xasprintf("%s:testIamPermissions", urls[i]);
		ok(!json_at(asks("POST", url, json_make("{'permissions':['secretmanager.secrets.get']}"), 200), "permissions"),
		   "nothing may be done to what is missing");
		free(url);
		asks("GET", urls[i], NULL, 404);
	}
	asks("POST",
	     "artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories/none:testIamPermissions",
	     json_make("{'permissions':['artifactregistry.repositories.get']}"), 404);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	peering();
	images_and_accounts();
	usage();
	egress();
	keys();
	networking();
	balancers();
	broken();
	older();
	missing();
	sim_free(cloud);
	return tap_done();
}
