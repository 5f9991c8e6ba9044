/* Bodies that Google refuses before it makes anything, for the targets' own resources: App Engine's versions, machines, clusters. Each is one that is
 * taken, with one thing in it that is wrong. */
#include "config.h"
#include "tests/sim/cloud.h"

struct wrong {
	const char *patch;   /* what is otherwise than in the good body */
	const char *message; /* the part of what is said that matters */
};

/* The good body with the patch merged into it. */
static cJSON *patched(const char *good, const char *patch, const char *within)
{
	cJSON *body = json_make(good), *change = json_make(patch);
	sim_merge_patch(within ? json_at(body, within) : body, change);
	cJSON_Delete(change);
	return body;
}

static void refuse_all(const char *url, const char *good, const char *within, const struct wrong *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cJSON *reply = ask("POST", url, patched(good, all[i].patch, within));
		const char *said = json_str(reply, "error.message", "");
		ok(last_status == 400 && strstr(said, all[i].message), "%s is refused", all[i].patch);
		if (last_status != 400 || !strstr(said, all[i].message))
			printf("# %d %s\n", last_status, said);
	}
}
#define ALL(list) list, sizeof list / sizeof *list

/* App Engine. --------------------------------------------------------------------------------------------------------------- */

#define APP "appengine.googleapis.com/v1/apps"
#define DEPLOYED                                                                                                               \
	"{'id':'v1','runtime':'custom','env':'flex','servingStatus':'STOPPED','deployment':{'container':{'image':"             \
	"'us-central1-docker.pkg.dev/demo-proj/x/y:1'}},'resources':{'cpu':2,'memoryGb':4,'diskGb':20},"                       \
	"'manualScaling':{'instances':1},'readinessCheck':{'path':'/health','checkInterval':'5s','timeout':'4s'}}"

static const struct wrong versions[] = {
    {"{'id':'V1'}", "Invalid version ID 'V1'."},
    {"{'id':'latest'}", "Invalid version ID"},
    {"{'id':'ah-x'}", "Invalid version ID"},
    {"{'id':'-x'}", "Invalid version ID"},
    {"{'runtime':null}", "runtime must be specified"},
    {"{'env':null}", "Invalid runtime 'custom'"},
    {"{'deployment':null}", "must name a container image"},
    {"{'resources':{'cpu':3}}", "resources.cpu: 3"},
    {"{'resources':{'memoryGb':1}}", "between 1.6 and 12.6"},
    {"{'resources':{'memoryGb':13}}", "between 1.6 and 12.6"},
    {"{'resources':{'diskGb':9}}", "between 10 and 10240"},
    {"{'manualScaling':{'instances':0}}", "manualScaling.instances: 0"},
    {"{'automaticScaling':{'minTotalInstances':1}}", "Only one of"},
    {"{'manualScaling':null,'basicScaling':{'maxInstances':1}}", "Basic scaling is not supported"},
    {"{'manualScaling':null,'automaticScaling':{'minTotalInstances':3,'maxTotalInstances':2}}", "minimum number of instances"},
    {"{'readinessCheck':{'checkInterval':'4s'}}", "check_interval must be greater than timeout"},
    {"{'readinessCheck':{'failureThreshold':11}}", "between 1 and 10"},
    {"{'readinessCheck':{'appStartTimeout':'1801s'}}", "between 1 and 1800"},
    {"{'livenessCheck':{'initialDelay':'3601s'}}", "between 0 and 3600"},
    {"{'network':{'name':'projects/demo-proj/global/networks/default'}}", "only the short name"},
    {"{'instanceClass':'F4'}", "instance_class is not supported"},
};

/* The names of API methods that begin operations: these end before the next is asked for. */
static cJSON *operated(const char *method, const char *url, cJSON *body)
{
	char *name = xasprintf("appengine.googleapis.com/v1/%s", json_str(asks(method, url, body, 200), "name", ""));
	cJSON *op = finish(name);
	free(name);
	return op;
}

static void appengine(void)
{
	new_cloud(NULL);
	operated("POST", APP, json_make("{'id':'demo-proj','locationId':'us-central'}"));
	refuse_all(APP "/demo-proj/services/default/versions", DEPLOYED, NULL, ALL(versions));
	ok(!json_at(operated("POST", APP "/demo-proj/services/default/versions", json_make(DEPLOYED)), "error"),
	   "and one without a fault is made");
	cJSON *shared = operated(
	    "POST", APP "/demo-proj/services/default/versions",
	    patched(DEPLOYED, "{'id':'v2','network':{'name':'projects/host-proj/global/networks/shared'}}", NULL));
	ok(!json_at(shared, "error"), "a host project's network is named in full");
	refuse("POST", APP "/demo-proj/services/Bad/versions", json_make(DEPLOYED), 400, NULL, "Invalid service ID 'Bad'.");
	refuse("PATCH", APP "/demo-proj/services/default/versions/v1?updateMask=envVariables",
	       json_make("{'envVariables':{'A':'x'}}"), 400, NULL, "The field 'envVariables' of a version cannot be updated.");
	refuse("PATCH", APP "/demo-proj/services/default/versions/v1?updateMask=manualScaling.instances",
	       json_make("{'manualScaling':{'instances':0}}"), 400, NULL,
	       "Invalid value for manualScaling.instances: 0. It must be at least 1.");
	refuse("PATCH", APP "/demo-proj/services/default/versions/v1", json_make("{'manualScaling':{'instances':2}}"), 400,
	       NULL, "An update mask must be specified.");
}

/* Its machines are Compute Engine's: what that refuses stands in the operation. */
static void appengine_machines_lack(const char *world, const char *words)
{
	new_cloud(world);
	operated("POST", APP, json_make("{'id':'demo-proj','locationId':'us-central'}"));
	cJSON *op = operated("POST", APP "/demo-proj/services/default/versions",
			     patched(DEPLOYED, "{'servingStatus':'SERVING'}", NULL));
	ok(strstr(json_str(op, "error.message", ""), "[RESOURCE_EXHAUSTED]") &&
	       strstr(json_str(op, "error.message", ""), words),
	   "App Engine says: %s", words);
}

/* Machines. ----------------------------------------------------------------------------------------------------------------- */

#define INSTANCES COMPUTE "zones/us-central1-b/instances"
#define MACHINE                                                                                                                \
	"{'name':'vm','machineType':'zones/us-central1-b/machineTypes/e2-small','disks':[{'boot':true,'initializeParams':"     \
	"{'sourceImage':'projects/cos-cloud/global/images/family/cos-stable'}}],'networkInterfaces':[{'network':"              \
	"'global/networks/default'}]}"
#define IMAGE "'sourceImage':'projects/cos-cloud/global/images/family/cos-stable'"

static const struct wrong machines[] = {
    {"{'machineType':'zones/us-central1-b/machineTypes/e2-huge'}", "does not exist in zone 'us-central1-b'"},
    {"{'machineType':'zones/us-central1-a/machineTypes/e2-small'}", "does not exist in zone 'us-central1-b'"},
    {"{'machineType':'zones/us-central1-b/machineTypes/n4-standard-2'}", "[pd-standard] features are not compatible"},
    {"{'metadata':{'items':[{'key':'a b','value':'1'}]}}", "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'"},
    {"{'metadata':{'items':[{'value':'1'}]}}", "Required field 'resource.metadata.items[0].key' not specified"},
    {"{'metadata':{'items':[{'key':'a','value':'1'},{'key':'a','value':'2'}]}}", "Metadata has duplicate keys: a"},
    {"{'tags':{'items':['Bad Tag']}}", "resource.tags.items[0]"},
    {"{'labels':{'Key':'x'}}", "Label key 'Key' violates format constraints."},
    {"{'labels':{'key':'Two Words'}}", "Label value 'Two Words' violates format constraints."},
    {"{'serviceAccounts':[{'email':'default','scopes':['all']}]}", "Must be the URL of an OAuth scope."},
    {"{'scheduling':{'preemptible':true,'automaticRestart':true}}", "when AutomaticRestart is true"},
    {"{'scheduling':{'provisioningModel':'SPOT','onHostMaintenance':'MIGRATE'}}", "OnHostMaintenance"},
    {"{'disks':[{'boot':false,'initializeParams':{" IMAGE "}}]}", "Boot disk must be the first disk"},
    {"{'disks':[{'boot':true,'initializeParams':{'diskSizeGb':'10'}}]}", "Boot disk must have a source specified."},
    {"{'disks':[{'boot':true,'initializeParams':{" IMAGE ",'diskType':'zones/us-central1-b/diskTypes/pd-quick'}}]}",
     "The referenced diskType resource cannot be found."},
    {"{'disks':[{'boot':true,'initializeParams':{" IMAGE ",'diskType':'zones/us-central1-a/diskTypes/pd-ssd'}}]}",
     "The referenced diskType resource cannot be found."},
    {"{'disks':[{'boot':true,'initializeParams':{" IMAGE ",'diskSizeGb':'65537'}}]}", "larger than the maximum"},
    {"{'networkInterfaces':[{'network':'global/networks/default'},{'network':'global/networks/default'}]}",
     "Networks must be distinct"},
    {"{'networkInterfaces':[{'subnetwork':'regions/us-east1/subnetworks/default'}]}", "Cross-region references"},
    {"{'networkInterfaces':[{'subnetwork':'regions/us-central1/subnetworks/default','networkIP':'192.168.1.1'}]}",
     "outside the subnetwork CIDR range"},
    {"{'networkInterfaces':[{'network':'global/networks/default','accessConfigs':[{'natIP':'203.0.113.77'}]}]}",
     "'203.0.113.77' was not found in region 'us-central1'"},
    {"{'hostname':'nodots'}", "fully qualified domain name"},
    {"{'minCpuPlatform':'Intel Skylake'}", "not supported by the machine type e2-small"},
    {"{'confidentialInstanceConfig':{'enableConfidentialCompute':true}}", "Confidential VM is not supported"},
    {"{'shieldedInstanceConfig':{'enableVtpm':false,'enableIntegrityMonitoring':true}}", "Integrity monitoring requires"},
};

/* A value of 256 KiB is the last that is taken: cloud-init's user-data is one. */
static void metadata_size(void)
{
	enum { MOST = 262144 };
	char *text = xcalloc(MOST + 2, 1);
	for (int more = 0; more < 2; more++) {
		memset(text, 'x', (size_t)(MOST + more));
		cJSON *body = json_make(MACHINE);
		json_put_str(body, "name", more ? "other" : "vm");
		json_put(body, "metadata", json_make("{'items':[{'key':'user-data','value':%s}]}", text));
		if (more)
			refuse("POST", INSTANCES, body, 413, "fieldSizeTooLarge",
			       "Value for field 'resource.metadata.items[0].value' is too large: maximum size 262144 "
			       "character(s); actual size 262145.");
		else
			act("POST", INSTANCES, body);
	}
	free(text);
	asks("POST", INSTANCES "/vm/setMetadata", json_make("{'items':[{'key':'a b','value':'x'}]}"), 400);
	asks("POST", INSTANCES "/vm/setTags", json_make("{'items':['Bad Tag']}"), 400);
	asks("POST", INSTANCES "/vm/setLabels", json_make("{'labels':{'Key':'x'}}"), 400);
}

/* A machine for which there is no room is not made, nor is its disk. */
static void quota(const char *metric, const char *patch)
{
	char *world = xasprintf("{'quotas':{'us-central1/%s':1}}", metric);
	new_cloud(world);
	cJSON *op = asks("POST", INSTANCES, patched(MACHINE, patch, NULL), 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	op = finish(link);
	char *words = xasprintf("Quota '%s' exceeded.  Limit: 1.0 in region us-central1.", metric);
	is_str(json_str(op, "error.errors.0.message", ""), words, "a quota that is too small");
	ok(!json_at(ask("GET", COMPUTE "zones/us-central1-b/disks", NULL), "items.0"), "leaves no disk behind");
	free(words);
	free(link);
	free(world);
}

static void compute(void)
{
	new_cloud(NULL);
	refuse_all(INSTANCES, MACHINE, NULL, ALL(machines));
	metadata_size();
	quota("SSD_TOTAL_GB", "{'disks':[{'boot':true,'initializeParams':{" IMAGE
			      ",'diskType':'zones/us-central1-b/diskTypes/pd-balanced'}}]}");
	quota("DISKS_TOTAL_GB", "{}");
	quota("CPUS", "{}");
	new_cloud("{'quotas':{'us-central1/IN_USE_ADDRESSES':0}}");
	cJSON *op = asks(
	    "POST", INSTANCES,
	    patched(MACHINE, "{'networkInterfaces':[{'network':'global/networks/default','accessConfigs':[{}]}]}", NULL), 200);
	char *link = xstrdup(json_str(op, "selfLink", ""));
	is_str(json_str(finish(link), "error.errors.0.message", ""),
	       "Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 0.0 in region us-central1.", "nor is there an address for it");
	free(link);
}

/* Clusters. ----------------------------------------------------------------------------------------------------------------- */

#define CLUSTERS "container.googleapis.com/v1/projects/demo-proj/locations/us-central1-a/clusters"
#define REGIONAL "container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters"
#define STANDARD "{'cluster':{'name':'c','nodePools':[{'name':'p','initialNodeCount':1}]}}"
#define AUTOPILOT "{'cluster':{'name':'a','autopilot':{'enabled':true}}}"
#define POOL(more) "{'nodePools':[{'name':'p','initialNodeCount':1," more "}]}"

static const struct wrong standard[] = {
    {"{'initialNodeCount':1}", "cannot be set together"},
    {"{'nodeConfig':{'machineType':'e2-medium'}}", "cannot be set together"},
    {"{'nodePools':[{'name':'p','initialNodeCount':1},{'name':'p','initialNodeCount':1}]}", "not unique"},
    {"{'workloadIdentityConfig':{'workloadPool':'other.svc.id.goog'}}", "the project's default: \"demo-proj.svc.id.goog\""},
    {POOL("'config':{'workloadMetadataConfig':{'mode':'GKE_METADATA'}}"), "requires Workload Identity"},
    {"{'releaseChannel':{'channel':'REGULAR'},'nodePools':[{'name':'p','initialNodeCount':1,'management':{'autoUpgrade':false}}"
     "]}",
     "Auto_upgrade cannot be false when release_channel REGULAR is set."},
    {POOL("'config':{'machineType':'f1-micro'}"), "insufficient memory"},
    {POOL("'config':{'diskSizeGb':5}"), "at least 10 GB"},
    {POOL("'config':{'diskType':'pd-quick'}"), "pd-quick"},
    {POOL("'config':{'imageType':'COS_QUICK'}"), "COS_QUICK"},
    {POOL("'config':{'oauthScopes':['all']}"), "Invalid OAuth scope"},
    {POOL("'locations':['us-east1-b']"), "us-east1-b"},
    {POOL("'autoscaling':{'enabled':true,'minNodeCount':3,'maxNodeCount':2}"), "minimum node count"},
    {POOL("'maxPodsConstraint':{'maxPodsPerNode':'300'}"), "between 8 and 256"},
    {"{'resourceLabels':{'Key':'x'}}", "Label key 'Key'"},
    {"{'masterAuthorizedNetworksConfig':{'enabled':true,'cidrBlocks':[{'cidrBlock':'here'}]}}", "not a CIDR block"},
    {"{'locations':['us-central1-b']}", "own zone"},
    {"{'networkPolicy':{'enabled':true},'networkConfig':{'datapathProvider':'ADVANCED_DATAPATH'}}",
     "Enabling NetworkPolicy for clusters with DatapathProvider=ADVANCED_DATAPATH is not allowed."},
    {"{'masterAuth':{'username':'admin','password':'sixteen-letters-'}}", "Basic authentication was removed"},
    {"{'addonsConfig':{'configConnectorConfig':{'enabled':true}}}", "requires Workload Identity"},
    {"{'ipAllocationPolicy':{'useIpAliases':true,'clusterIpv4CidrBlock':'10.128.0.0/20'}}", "is not available in network"},
};

static const struct wrong autopilot[] = {
    {"{'networkPolicy':{'enabled':true}}", "is not allowed"},
    {"{'networkConfig':{'datapathProvider':'LEGACY_DATAPATH'}}", "ADVANCED_DATAPATH"},
    {"{'addonsConfig':{'httpLoadBalancing':{'disabled':true}}}",
     "Addons {\"http-load-balancing\"} are required to be enabled for Autopilot clusters."},
    {"{'ipAllocationPolicy':{'useRoutes':true}}", "VPC-native"},
    {"{'shieldedNodes':{'enabled':false}}", "Shielded nodes"},
    {"{'legacyAbac':{'enabled':true}}", "Legacy authorization"},
    {"{'masterAuth':{'clientCertificateConfig':{'issueClientCertificate':true}}}", "Client certificates"},
};

static void clusters(void)
{
	new_cloud(NULL);
	refuse_all(CLUSTERS, STANDARD, "cluster", ALL(standard));
	refuse_all(REGIONAL, AUTOPILOT, "cluster", ALL(autopilot));
	asks("POST", CLUSTERS, json_make(STANDARD), 200);
	asks("POST", REGIONAL, json_make(AUTOPILOT), 200);
}

int main(void)
{
	appengine();
	appengine_machines_lack("{'quotas':{'us-central1/CPUS':1}}", "Quota 'CPUS' exceeded.");
	appengine_machines_lack("{'quotas':{'us-central1/IN_USE_ADDRESSES':0}}", "Quota 'IN_USE_ADDRESSES' exceeded.");
	appengine_machines_lack("{'quotas':{'us-central1/INSTANCES':0}}", "Quota 'INSTANCES' exceeded.");
	appengine_machines_lack("{'quotas':{'us-central1/DISKS_TOTAL_GB':5}}", "Quota 'DISKS_TOTAL_GB' exceeded.");
	appengine_machines_lack("{'stockouts':['us-central1-a','us-central1-b','us-central1-c','us-central1-f']}",
				"does not have enough resources available");
	compute();
	clusters();
	sim_free(cloud);
	return tap_done();
}
