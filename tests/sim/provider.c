/* What Terraform's google provider sends and other clients do not, each shape at its own place. */
#include "config.h"
#include "tests/sim/cloud.h"

#define IAM "iam.googleapis.com/v1/projects/demo-proj/"
#define CRM "cloudresourcemanager.googleapis.com/v1/projects/demo-proj"
#define DNS "dns.googleapis.com/dns/v1/projects/demo-proj/managedZones"
#define GKE "container.googleapis.com/v1/projects/demo-proj/locations/us-central1-a/clusters"
#define ZONE COMPUTE "zones/us-central1-a/"

static void said_and_not_said(void)
{
	act("POST", COMPUTE "global/networks",
	    json_make("{'name':'n1','autoCreateSubnetworks':false,'routingConfig':{'routingMode':'GLOBAL','"
		      "deleteBgpAlwaysCompareMed':false}}"));
	is_str(json_str(asks("GET", COMPUTE "global/networks/n1", NULL, 200), "routingConfig.routingMode", ""), "GLOBAL",
	       "a field that the document lacks is taken");
	ask("POST", COMPUTE "global/networks", json_make("{'name':'n2','routingConfig':{'deleteAllMed':false}}"));
	is_int(last_status, 400, "another is not");
	act("POST", COMPUTE "regions/us-central1/subnetworks",
	    json_make("{'name':'s1','network':'global/networks/n1','ipCidrRange':'10.9.0.0/24'}"));
	act("POST", ZONE "instances",
	    json_make("{'name':'v1','machineType':'zones/us-central1-a/machineTypes/"
		      "e2-small','disks':[{'boot':true,'initializeParams':{'sourceImage':"
		      "'projects/debian-cloud/global/images/family/debian-12'}}],'networkInterfaces':[{'subnetwork':"
		      "'regions/us-central1/subnetworks/"
		      "s1'}],'scheduling':{'provisioningModel':'','nodeAffinities':[null],'maxRunDuration':null}}"));
	is_str(json_str(asks("GET", ZONE "instances/v1", NULL, 200), "scheduling.provisioningModel", ""), "STANDARD",
	       "Compute Engine takes an empty enum and null as not said");
	act("POST", ZONE "instances/v1/setMetadata", json_make("{'items':[],'nothing':null}"));
	ok(true, "and null for what it does not know");
	ask("POST", "certificatemanager.googleapis.com/v1/projects/demo-proj/locations/global/certificates?certificateId=c",
	    json_make("{'scope':'','managed':{'domains':['a.example.com']}}"));
	is_int(last_status, 400, "other APIs do not");
	act("POST", COMPUTE "global/firewalls",
	    json_make("{'name':'f1','network':'global/networks/"
		      "n1','allowed':[{'IPProtocol':'tcp'}],'denied':[],'sourceTags':[],'sourceRanges':['10.0.0.0/8']}"));
	ok(!json_at(asks("GET", COMPUTE "global/firewalls/f1", NULL, 200), "denied"),
	   "an empty list in a firewall rule is none");
	refuse("POST", COMPUTE "global/firewalls",
	       json_make("{'name':'f2','network':'global/networks/"
			 "n1','allowed':[{'IPProtocol':'tcp'}],'denied':[{'IPProtocol':'udp'}]}"),
	       400, "invalid", "Invalid value for field 'resource.denied': ''. Allowed and denied cannot both be specified.");
}

static void groups(void)
{
	act("POST", ZONE "instanceGroups", json_make("{'name':'g1','network':'projects/demo-proj/global/networks/n1'}"));
	is_str(json_str(asks("GET", ZONE "instanceGroups/g1", NULL, 200), "network", ""),
	       "https://www.googleapis.com/compute/v1/projects/demo-proj/global/networks/n1",
	       "an empty group keeps the network that it was given");
	act("POST", COMPUTE "global/healthChecks", json_make("{'name':'h1','type':'HTTP','httpHealthCheck':{'port':80}}"));
	act("POST", COMPUTE "global/backendServices",
	    json_make("{'name':'b1','protocol':'HTTP','loadBalancingScheme':'EXTERNAL_MANAGED','healthChecks':['global/"
		      "healthChecks/h1'],'backends':[{'group':"
		      "'projects/demo-proj/zones/us-central1-a/instanceGroups/g1','balancingMode':'UTILIZATION'}]}"));
	refuse("POST", COMPUTE "global/backendServices",
	       json_make("{'name':'b2','protocol':'HTTP','healthChecks':['global/healthChecks/h1'],'backends':[{'group':"
			 "'zones/us-central1-a/instanceGroups/g1','balancingMode':'UTILIZATION'}]}"),
	       400, "invalid",
	       "Invalid value for field 'resource.backends[0].group': 'zones/us-central1-a/instanceGroups/g1'. The URL is "
	       "malformed.");
}

static const char *peering(const char *network, const char *field)
{
	char *url = xasprintf(COMPUTE "global/networks/%s", network), *path = xasprintf("peerings.0.%s", field);
	const char *found = json_str(asks("GET", url, NULL, 200), path, "");
	free(url), free(path);
	return found;
}

static void peerings(void)
{
	act("POST", COMPUTE "global/networks", json_make("{'name':'n3','autoCreateSubnetworks':false}"));
	act("POST", COMPUTE "global/networks/n1/addPeering",
	    json_make("{'networkPeering':{'name':'p','network':'global/networks/"
		      "n3','exchangeSubnetRoutes':true,'exportCustomRoutes':true}}"));
	is_str(peering("n1", "state"), "INACTIVE", "a peering waits for the other side");
	asks("PATCH", COMPUTE "global/networks/n1/updatePeering", json_make("{'networkPeering':{'name':'p'}}"), 200);
	refuse("POST", COMPUTE "global/networks/n3/addPeering",
	       json_make("{'networkPeering':{'name':'q','network':'global/networks/n1'}}"), 400, "badRequest",
	       "There is a peering operation in progress on the local or peer network. Try again later.");
	sim_advance(cloud, sim_now(cloud) + 60);
	act("POST", COMPUTE "global/networks/n3/addPeering",
	    json_make("{'networkPeering':{'name':'q','network':'global/networks/n1','exchangeSubnetRoutes':true}}"));
	is_str(peering("n1", "state"), "ACTIVE", "and works when it is there");
	act("PATCH", COMPUTE "global/networks/n1/updatePeering",
	    json_make("{'networkPeering':{'name':'p','importCustomRoutes':true}}"));
	cJSON *n = asks("GET", COMPUTE "global/networks/n1", NULL, 200);
	ok(json_bool(n, "peerings.0.exportCustomRoutes", false) && json_bool(n, "peerings.0.importCustomRoutes", false) &&
	       json_bool(n, "peerings.0.exportSubnetRoutesWithPublicIp", false),
	   "what was sent is kept, then changed");
	act("POST", COMPUTE "global/networks/n3/removePeering", json_make("{'name':'q'}"));
	is_str(peering("n1", "state"), "INACTIVE", "without the other side it does not work");
}

static void disks(void)
{
	act("POST", ZONE "disks", json_make("{'name':'d1','sizeGb':'10'}"));
	act("POST", ZONE "instances/v1/attachDisk", json_make("{'source':'zones/us-central1-a/disks/d1','deviceName':'data'}"));
	is_str(json_str(asks("GET", ZONE "instances/v1", NULL, 200), "disks.1.deviceName", ""), "data", "a disk is attached");
	refuse("DELETE", ZONE "disks/d1", NULL, 400, "resourceInUseByAnotherResource",
	       "The disk resource 'projects/demo-proj/zones/us-central1-a/disks/d1' is already being used by "
	       "'projects/demo-proj/zones/us-central1-a/instances/v1'");
	ask("POST", ZONE "instances/v1/attachDisk",
	    json_make("{'source':'zones/us-central1-a/disks/d1','deviceName':'again'}"));
	is_int(last_status, 400, "and not twice");
	ask("POST", ZONE "instances/v1/detachDisk?deviceName=other", NULL);
	is_int(last_status, 400, "another name is no disk's");
	ask("POST", ZONE "instances/v1/setDiskAutoDelete?deviceName=other&autoDelete=true", NULL);
	is_int(last_status, 400, "nor can another's end be set");
	act("POST", ZONE "instances/v1/setDiskAutoDelete?deviceName=data&autoDelete=true", NULL);
	ok(json_bool(asks("GET", ZONE "instances/v1", NULL, 200), "disks.1.autoDelete", false),
	   "a disk is to go with its machine");
	act("POST", ZONE "instances/v1/setDiskAutoDelete?deviceName=data&autoDelete=false", NULL);
	ok(!json_bool(asks("GET", ZONE "instances/v1", NULL, 200), "disks.1.autoDelete", true), "or to stay");
	act("POST", ZONE "instances/v1/detachDisk?deviceName=data", NULL);
	act("DELETE", ZONE "disks/d1", NULL);
	ok(true, "detached, it can be deleted");
}

static void policies(void)
{
	asks("POST", ZONE "instances/v1/setIamPolicy",
	     json_make("{'policy':{'bindings':[{'role':'roles/compute.osLogin','members':['user:ann@example.com']}]}}"), 200);
	is_str(json_str(asks("GET", ZONE "instances/v1/getIamPolicy?optionsRequestedPolicyVersion=3", NULL, 200),
			"bindings.0.members.0", ""),
	       "user:ann@example.com", "a machine has a policy");
}

static void zones(void)
{
	asks(
	    "POST", DNS,
	    json_make(
		"{'name':'z','dnsName':'example.com.','description':'a zone','labels':{'a':'b'},'privateVisibilityConfig':{}}"),
	    200);
	asks("PUT", DNS "/z",
	     json_make("{'name':'z','dnsName':'example.com.','description':'changed','privateVisibilityConfig':{}}"), 200);
	cJSON *z = asks("GET", DNS "/z", NULL, 200);
	is_str(json_str(z, "description", ""), "changed", "a zone is changed by PUT");
	ok(!json_at(z, "labels") && !json_at(z, "privateVisibilityConfig"),
	   "which drops what it does not say, and an empty visibility");
	asks("PATCH", DNS "/z", json_make("{'labels':{'c':'d'}}"), 200);
	is_str(json_str(asks("GET", DNS "/z", NULL, 200), "description", ""), "changed", "PATCH does not");
	asks("POST", DNS "/z/changes",
	     json_make("{'additions':[{'name':'a.example.com.','type':'A','ttl':60,'rrdatas':['192.0.2.1']}]}"), 200);
	asks("POST", DNS "/z/changes",
	     json_make("{'deletions':[{'name':'a.example.com.','type':'A','ttl':60,'rrdatas':['192.0.2.1']}]}"), 200);
	asks("DELETE", DNS "/z", NULL, 204);
	asks("POST", DNS, json_make("{'name':'z','dnsName':'example.com.','description':'again'}"), 200);
	is_int(cJSON_GetArraySize(json_at(asks("GET", DNS "/z/changes", NULL, 200), "changes")), 0,
	       "a zone's changes go with it");
}

static bool may_read(void)
{
	cJSON *r = asks("POST", CRM ":getIamPolicy", json_make("{}"), 200);
	(void)r;
	return sim_allowed(cloud, "user:ann@example.com", "storage.objects.get", "demo-proj", NULL);
}

static void bind_reader(int wanted)
{
	cJSON *policy = cJSON_Duplicate(asks("POST", CRM ":getIamPolicy", json_make("{}"), 200), true);
	cJSON_AddItemToArray(json_at(policy, "bindings"),
			     json_make("{'role':'projects/demo-proj/roles/reader','members':['user:ann@example.com']}"));
	asks("POST", CRM ":setIamPolicy", json_make("{'policy':%j}", policy), wanted);
}

static void roles(void)
{
	bind_reader(400);
	asks("POST", IAM "roles",
	     json_make(
		 "{'roleId':'reader','role':{'title':'Reader','includedPermissions':['storage.objects.get'],'stage':'GA'}}"),
	     200);
	asks("POST", IAM "roles", json_make("{'roleId':'reader','role':{'title':'Reader'}}"), 409);
	asks("POST", IAM "roles", json_make("{'roleId':'no-dash','role':{'title':'Reader'}}"), 400);
	bind_reader(200);
	sim_advance(cloud, sim_now(cloud) + 3600);
	ok(may_read(), "a custom role permits what it includes");
	asks("PATCH", IAM "roles/reader?updateMask=includedPermissions",
	     json_make("{'includedPermissions':['storage.objects.list'],'title':'x'}"), 200);
	ok(!may_read(), "and what it no longer includes it does not");
	is_str(json_str(asks("GET", IAM "roles/reader", NULL, 200), "title", ""), "Reader", "the mask says what is changed");
	asks("DELETE", IAM "roles/reader", NULL, 200);
	ok(json_bool(asks("GET", IAM "roles/reader", NULL, 200), "deleted", false), "a deleted role can be read");
	ok(!json_at(asks("GET", IAM "roles", NULL, 200), "roles") &&
	       json_at(asks("GET", IAM "roles?showDeleted=true", NULL, 200), "roles.0"),
	   "and is listed when asked for");
	asks("POST", IAM "roles/reader:undelete", json_make("{}"), 200);
	ok(!json_at(asks("GET", IAM "roles/reader", NULL, 200), "deleted"), "it comes back");
	asks("DELETE", IAM "roles/reader", NULL, 200);
	sim_advance(cloud, sim_now(cloud) + 8 * 86400);
	ask("GET", IAM "roles/reader", NULL);
	is_int(last_status, 404, "and is gone after a week");
}

/* What is malformed or of no service is no permission; one that only Google knows is. */
static void permissions(void)
{
	static const char *const bad[] = {"no.such.permission",
					  "storage.objects",
					  "storage.objects.*",
					  "storage..get",
					  "storage.objects.get.all",
					  "a b.c.d",
					  "iam/workforcePools.get",
					  "*.objects.get",
					  "a b.c/d.e",
					  ""};
	static const char *const good[] = {"storage.folders.rename", "iam.googleapis.com/workforcePools.get",
					   "datastore.databases.getMetadata", "firebaseanalytics.resources.googleAnalyticsEdit",
					   "contentwarehouse.corpora.create"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *said = xasprintf("Permission %s is not valid.", bad[i]);
		refuse("POST", IAM "roles", json_make("{'roleId':'bad','role':{'includedPermissions':[%s]}}", bad[i]), 400,
		       NULL, said);
		free(said);
		asks("POST", CRM ":testIamPermissions", json_make("{'permissions':[%s]}", bad[i]), 400);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char *id = xasprintf("good%zu", i);
		asks("POST", IAM "roles", json_make("{'roleId':%s,'role':{'includedPermissions':[%s]}}", id, good[i]), 200);
		free(id);
	}
	refuse("PATCH", IAM "roles/good0", json_make("{'includedPermissions':['no.such.permission']}"), 400, NULL,
	       "Permission no.such.permission is not valid.");
}

static void billing(void)
{
	cJSON *l = asks("GET", "cloudbilling.googleapis.com/v1/billingAccounts/012345-6789AB-CDEF01/projects", NULL, 200);
	is_str(json_str(l, "projectBillingInfo.0.projectId", ""), "demo-proj", "a billing account's projects");
}

static void pools(void)
{
	act("POST", GKE,
	    json_make(
		"{'cluster':{'name':'c','nodePools':[{'name':'p','initialNodeCount':1},{'name':'q','initialNodeCount':1}]}}"));
	act("PUT", GKE "/c",
	    json_make("{'update':{'desiredNodePoolId':'q','desiredNodePoolAutoscaling':{'enabled':true,'maxNodeCount':5,'"
		      "totalMinNodeCount':0}}}"));
	cJSON *p = asks("GET", GKE "/c/nodePools/q", NULL, 200);
	is_int((long long)json_num(p, "autoscaling.maxNodeCount", 0), 5, "a pool's autoscaling is changed through its cluster");
	ok(!json_at(p, "autoscaling.totalMinNodeCount"), "without what is nothing");
	ok(!json_at(asks("GET", GKE "/c/nodePools/p", NULL, 200), "autoscaling"), "and no other's");
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	said_and_not_said();
	groups();
	peerings();
	disks();
	policies();
	zones();
	roles();
	permissions();
	billing();
	pools();
	sim_free(cloud);
	return tap_done();
}
