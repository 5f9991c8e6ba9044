/* Google Kubernetes Engine's clusters and node pools: what the server fills in, what it says in several places, and what changes change. */
#include "config.h"
#include "tests/sim/cloud.h"

#define LOCATION "container.googleapis.com/v1/projects/demo-proj/locations/us-central1-a/"
#define BETA "container.googleapis.com/v1beta1/projects/demo-proj/locations/us-central1-a/"
#define CLUSTERS LOCATION "clusters"
#define IP "controlPlaneEndpointsConfig.ipEndpointsConfig."

static void make(const char *more)
{
	cJSON *doc = json_make(more);
	json_put_str(doc, "name", "c");
	if (!json_at(doc, "nodePools"))
		json_put_num(doc, "initialNodeCount", 1);
	act("POST", CLUSTERS, json_make("{'cluster':%j}", doc));
}

static cJSON *cluster(void)
{
	return asks("GET", CLUSTERS "/c", NULL, 200);
}

static cJSON *update(const char *body)
{
	act("PUT", CLUSTERS "/c", json_make("{'update':%j}", json_make(body)));
	return cluster();
}

#define KEY "projects/demo-proj/locations/us-central1/keyRings/r/cryptoKeys/k"
#define KMS "cloudkms.googleapis.com/v1/projects/demo-proj/locations/us-central1/keyRings"
#define AGENT "service-123456789012@container-engine-robot.iam.gserviceaccount.com"

/* A key for the database that is not there is refused, and one that GKE's agent may not use; then it may. */
static void encrypting(void)
{
#define UNUSABLE                                                                                                               \
	"Cloud KMS key \"" KEY "\" is not usable for the database encryption: it must exist, be enabled, and let " AGENT       \
	" encrypt and decrypt."
	static const char asked[] = "{'update':{'desiredDatabaseEncryption':{'state':'ENCRYPTED','keyName':'" KEY "'}}}";
	sim_service_enable(cloud, "demo-proj", "cloudkms.googleapis.com");
	refuse("PUT", CLUSTERS "/c", json_make(asked), 400, "badRequest", UNUSABLE);
	asks("POST", KMS "?keyRingId=r", NULL, 200);
	asks("POST", KMS "/r/cryptoKeys?cryptoKeyId=k", json_make("{'purpose':'ENCRYPT_DECRYPT'}"), 200);
	refuse("PUT", CLUSTERS "/c", json_make(asked), 400, "badRequest", UNUSABLE);
	refuse("POST", CLUSTERS,
	       json_make("{'cluster':{'name':'d','initialNodeCount':1,'databaseEncryption':{'state':'ENCRYPTED','keyName':'" KEY
			 "'}}}"),
	       400, "badRequest", UNUSABLE);
	asks("POST", KMS "/r/cryptoKeys/k:setIamPolicy",
	     json_make(
		 "{'policy':{'bindings':[{'role':'roles/cloudkms.cryptoKeyEncrypterDecrypter','members':['serviceAccount:" AGENT
		 "']}]}}"),
	     200);
	static const char *const elsewhere[] = {"europe-west1", "global"};
	for (size_t i = 0; i < 2; i++) {
		char *key = xasprintf("projects/demo-proj/locations/%s/keyRings/r/cryptoKeys/k", elsewhere[i]);
		char *why = xasprintf(
		    "Cloud KMS key \"%s\" is not usable for the database encryption: its location must be the "
		    "cluster's, us-central1.",
		    key);
		refuse("PUT", CLUSTERS "/c",
		       json_make("{'update':{'desiredDatabaseEncryption':{'state':'ENCRYPTED','keyName':%s}}}", key), 400,
		       "badRequest", why);
		refuse(
		    "POST", CLUSTERS,
		    json_make("{'cluster':{'name':'d','initialNodeCount':1,'databaseEncryption':{'state':'ENCRYPTED','keyName':"
			      "%s}}}",
			      key),
		    400, "badRequest", why);
		free(key), free(why);
	}
	sim_advance(cloud, sim_now(cloud) + 900);
}

static void remove_cluster(void)
{
	act("DELETE", CLUSTERS "/c", NULL);
	asks("GET", CLUSTERS "/c", NULL, 404);
}

static void is_text(const cJSON *doc, const char *path, const char *wanted)
{
	is_str(json_str(doc, path, "-"), wanted, path);
}

static void same(const cJSON *doc, const char *a, const char *b)
{
	ok(json_at(doc, a) && json_equal(json_at(doc, a), json_at(doc, b)), "%s is %s", a, b);
}

/* The list under path has this many elements, each as the JSON says. */
static void is_json(const cJSON *doc, const char *path, const char *wanted)
{
	cJSON *w = json_make(wanted);
	char *got = json_text(json_at(doc, path), -1), *text = json_text(w, -1);
	is_str(got, text, path);
	free(got);
	free(text);
	cJSON_Delete(w);
}

static void ranges(void)
{
	static const char subnet[] = COMPUTE "regions/us-central1/subnetworks/default";
	make("{'ipAllocationPolicy':{'clusterIpv4CidrBlock':'/20','servicesIpv4CidrBlock':'/20'}}");
	cJSON *doc = cluster();
	char *pods = xstrdup(json_str(doc, "ipAllocationPolicy.clusterSecondaryRangeName", "")),
	     *cidr = xstrdup(json_str(doc, "clusterIpv4Cidr", ""));
	is_text(doc, "servicesIpv4Cidr", "34.118.224.0/20");
	ok(!json_at(doc, "ipAllocationPolicy.servicesSecondaryRangeName"), "Google's own range for services is in no subnet");
	same(doc, "nodePools.0.networkConfig.podIpv4CidrBlock", "clusterIpv4Cidr");
	ok(text_starts(pods, "gke-c-pods-") && text_ends(cidr, "/20"),
	   "a range of the size asked for, named after the cluster");
	doc = asks("GET", subnet, NULL, 200);
	is_text(doc, "secondaryIpRanges.0.rangeName", pods);
	is_text(doc, "secondaryIpRanges.0.ipCidrRange", cidr);
	doc = asks("DELETE", subnet, NULL, 200);
	doc = finish(json_str(doc, "selfLink", ""));
	is_text(doc, "error.errors.0.code", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE");
	ok(strstr(json_str(doc, "error.errors.0.message", ""), "/zones/us-central1-a/instances/gke-c-default-pool-"),
	   "its nodes hold the subnet");
	static const char region[] = "container.googleapis.com/v1/projects/demo-proj/locations/us-central1/operations";
	doc = asks("GET", LOCATION "operations", NULL, 200);
	ok(json_at(doc, "operations.0"), "a zone's operations are listed");
	doc = asks("GET", region, NULL, 200);
	bool own = true;
	const cJSON *op;
	cJSON_ArrayForEach(op, json_at(doc, "operations"))
		own = own && !strcmp(json_str(op, "zone", ""), "us-central1");
	ok(own, "and are none of the region's");
	sim_advance(cloud, sim_now(cloud) + 7200);
	doc = cluster();
	ok(json_num(doc, "ipAllocationPolicy.defaultPodIpv4RangeUtilization", 0) == 0.0625, "one of sixteen blocks is taken");
	doc = asks("GET", CLUSTERS "/c/nodePools/default-pool", NULL, 200);
	ok(!json_at(doc, "networkConfig.podIpv4RangeUtilization"), "which the pool alone does not tell");
	remove_cluster();
	ok(!json_at(asks("GET", subnet, NULL, 200), "secondaryIpRanges"), "the range goes with the cluster");
	refuse("POST", CLUSTERS,
	       json_make(
		   "{'cluster':{'name':'c','initialNodeCount':1,'ipAllocationPolicy':{'clusterSecondaryRangeName':'pods'}}}"),
	       400, "badRequest", "Secondary range \"pods\" does not exist in network \"default\", subnetwork \"default\".");
	free(pods);
	free(cidr);
}

static void endpoints(void)
{
	make("{'privateClusterConfig':{'enablePrivateNodes':true,'masterIpv4CidrBlock':'172.16.2.32/28'}}");
	cJSON *doc = cluster();
	char *outer = xstrdup(json_str(doc, "privateClusterConfig.publicEndpoint", "-"));
	is_text(doc, "privateClusterConfig.privateEndpoint", "172.16.2.34");
	same(doc, IP "privateEndpoint", "privateClusterConfig.privateEndpoint");
	same(doc, "endpoint", IP "publicEndpoint");
	ok(json_bool(doc, "networkConfig.defaultEnablePrivateNodes", false), "private nodes, in the newer field too");
	ok(json_bool(doc, "nodePools.0.networkConfig.enablePrivateNodes", false), "and of the pool");
	ok(json_bool(doc, "masterAuthorizedNetworksConfig.privateEndpointEnforcementEnabled", false),
	   "who may reach the endpoint is enforced");
	const char *own = strrchr(json_str(doc, IP "privateEndpointSubnetwork", "/"), '/') + 1;
	char *subnet = xasprintf(COMPUTE "regions/us-central1/subnetworks/%s", own);
	is_text(asks("GET", subnet, NULL, 200), "ipCidrRange", "172.16.2.32/28");
	doc = update(
	    "{'desiredControlPlaneEndpointsConfig':{'ipEndpointsConfig':{'enablePublicEndpoint':false,'globalAccess':true,"
	    "'authorizedNetworksConfig':{'enabled':true,'cidrBlocks':[{'cidrBlock':'10.0.0.0/8'}]}}}}");
	is_text(doc, "endpoint", "172.16.2.34");
	ok(!json_at(doc, IP "publicEndpoint"), "a public endpoint that is off is not shown");
	is_text(doc, "privateClusterConfig.publicEndpoint", outer);
	ok(json_bool(doc, "privateClusterConfig.enablePrivateEndpoint", false), "the older field says the same");
	ok(json_bool(doc, "privateClusterConfig.masterGlobalAccessConfig.enabled", false), "of global access too");
	same(doc, "masterAuthorizedNetworksConfig", IP "authorizedNetworksConfig");
	doc = update("{'desiredEnablePrivateEndpoint':false}");
	is_text(doc, "endpoint", outer);
	doc = update("{'desiredControlPlaneEndpointsConfig':{'ipEndpointsConfig':{'enabled':false}}}");
	same(doc, "endpoint", "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint");
	ok(!json_at(doc, "masterAuthorizedNetworksConfig"), "without addresses nothing is authorised");
	remove_cluster();
	asks("GET", subnet, NULL, 404);
	free(subnet);
	free(outer);
}

static void telemetry(void)
{
	make("{'addonsConfig':{'dnsCacheConfig':{'enabled':false},'gcePersistentDiskCsiDriverConfig':{'enabled':false}},'"
	     "legacyAbac':{'enabled':false},"
	     "'resourceLabels':{'empty':''}}");
	cJSON *doc = cluster();
	is_json(doc, "addonsConfig.dnsCacheConfig", "{}");
	ok(json_bool(doc, "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", false),
	   "a new cluster has the disk driver, whatever is asked");
	is_json(doc, "legacyAbac", "{}");
	is_json(doc, "resourceLabels", "{'empty':''}");
	doc = update("{'desiredMonitoringService':'none'}");
	is_json(doc, "monitoringConfig.componentConfig.enableComponents",
		"['STORAGE','HPA','POD','DAEMONSET','DEPLOYMENT','STATEFULSET','CADVISOR','KUBELET','DCGM','JOBSET']");
	is_text(doc, "monitoringService", "none");
	doc = update("{'desiredMonitoringService':'monitoring.googleapis.com/kubernetes'}");
	is_text(doc, "monitoringConfig.componentConfig.enableComponents.0", "SYSTEM_COMPONENTS");
	is_text(doc, "monitoringConfig.componentConfig.enableComponents.10", "JOBSET");
	doc = update("{'desiredLoggingService':'none'}");
	is_text(doc, "loggingService", "none");
	is_json(doc, "loggingConfig.componentConfig", "{}");
	doc = update("{'desiredMonitoringConfig':{'componentConfig':{'enableComponents':['SYSTEM_COMPONENTS','APISERVER']}}}");
	ok(json_bool(doc, "monitoringConfig.managedPrometheusConfig.enabled", false), "members that are not named stay");
	doc = update("{'desiredMonitoringService':'none'}");
	is_json(doc, "monitoringConfig.componentConfig.enableComponents", "['APISERVER','SCHEDULER','CONTROLLER_MANAGER']");
	doc = asks("GET", BETA "clusters/c", NULL, 200);
	is_text(doc, "clusterTelemetry.type", "DISABLED");
	doc = update("{'desiredAddonsConfig':{'gcePersistentDiskCsiDriverConfig':{'enabled':false}}}");
	is_json(doc, "addonsConfig.gcePersistentDiskCsiDriverConfig", "{}");
	is_json(doc, "addonsConfig.networkPolicyConfig", "{'disabled':true}");
	encrypting();
	doc = update("{'desiredDatabaseEncryption':{'state':'ENCRYPTED','keyName':'" KEY "'}}");
	is_text(doc, "databaseEncryption.currentState", "CURRENT_STATE_ALL_OBJECTS_ENCRYPTION_ENABLED");
	doc = update("{'desiredDatabaseEncryption':{'state':'DECRYPTED'}}");
	is_json(doc, "databaseEncryption.decryptionKeys", "['" KEY "']");
	refuse("PUT", CLUSTERS "/c", json_make("{'update':{'desiredMasterVersion':'1.10'}}"), 400, "badRequest",
	       "Master version \"1.10\" is unsupported.");
	refuse("PUT", CLUSTERS "/c", json_make("{'update':{}}"), 400, "badRequest", "Must specify a field to update.");
	is_text(cluster(), "status", "RUNNING");
}

static void setters(void)
{
	act("POST", CLUSTERS "/c:setLogging", json_make("{'loggingService':'logging.googleapis.com/kubernetes'}"));
	is_json(cluster(), "loggingConfig.componentConfig.enableComponents", "['SYSTEM_COMPONENTS','WORKLOADS']");
	act("POST", CLUSTERS "/c:setLegacyAbac", json_make("{'enabled':true}"));
	ok(json_bool(cluster(), "legacyAbac.enabled", false), "setLegacyAbac");
	act("POST", CLUSTERS "/c:setAddons", json_make("{'addonsConfig':{'httpLoadBalancing':{'disabled':true}}}"));
	is_json(cluster(), "addonsConfig.httpLoadBalancing", "{'disabled':true}");
	char *group = xstrdup(json_str(cluster(), "instanceGroupUrls.0", ""));
	act("POST", CLUSTERS "/c:setLocations", json_make("{'locations':['us-central1-a','us-central1-b']}"));
	ok(cJSON_GetArraySize(json_at(cluster(), "nodePools.0.instanceGroupUrls")) == 2, "a second zone has nodes of its own");
	is_text(cluster(), "instanceGroupUrls.0", group);
	ok(json_num(cluster(), "currentNodeCount", 0) == 1, "U8: nodes are counted some time after they have come");
	sim_advance(cloud, sim_now(cloud) + 600);
	ok(json_num(cluster(), "currentNodeCount", 0) == 2, "as many as in the first zone");
	act("POST", CLUSTERS "/c:setLocations", json_make("{'locations':['us-central1-a']}"));
	is_text(cluster(), "nodePools.0.instanceGroupUrls.0", group);
	ok(!json_at(cluster(), "instanceGroupUrls.1"), "a zone that is given up has none");
	free(group);
	act("POST", CLUSTERS "/c:setNetworkPolicy", json_make("{'networkPolicy':{'enabled':true,'provider':'CALICO'}}"));
	is_text(cluster(), "networkPolicy.provider", "CALICO");
	char *version = xstrdup(json_str(cluster(), "maintenancePolicy.resourceVersion", ""));
	cJSON *policy = json_make("{'resourceVersion':%s,'window':{'dailyMaintenanceWindow':{'startTime':'03:00'}}}", version);
	act("POST", CLUSTERS "/c:setMaintenancePolicy", json_make("{'maintenancePolicy':%j}", policy));
	is_text(cluster(), "maintenancePolicy.window.dailyMaintenanceWindow.duration", "PT4H0M0S");
	refuse("POST", CLUSTERS "/c:setMaintenancePolicy", json_make("{'maintenancePolicy':{'resourceVersion':%s}}", version),
	       400, "failedPrecondition", "Maintenance policy could not be set due to resource version mismatch.");
	free(version);
	cJSON *op = act(
	    "POST", CLUSTERS "/c:setResourceLabels",
	    json_make("{'labelFingerprint':%s,'resourceLabels':{'a':'b'}}", json_str(cluster(), "labelFingerprint", "")));
	is_text(op, "operationType", "UPDATE_CLUSTER");
	is_json(cluster(), "resourceLabels", "{'a':'b'}");
}

static void pools(void)
{
	cJSON *op = asks("POST", CLUSTERS "/c/nodePools",
			 json_make("{'nodePool':{'name':'q','config':{'machineType':'n4-standard-2'},'autoscaling':{'enabled':"
				   "true,'maxNodeCount':3,"
				   "'totalMaxNodeCount':0},'queuedProvisioning':{'enabled':true}}}"),
			 200);
	is_text(op, "status", "PENDING");
	char *link = xstrdup(json_str(op, "selfLink", ""));
	is_text(cluster(), "status", "RECONCILING");
	char *message = xasprintf("Cluster is running incompatible operation %s.", strrchr(link, '/') + 1);
	refuse("DELETE", CLUSTERS "/c/nodePools/default-pool", NULL, 400, "failedPrecondition", message);
	free(message);
	finish(link);
	free(link);
	cJSON *pool = asks("GET", CLUSTERS "/c/nodePools/q", NULL, 200);
	is_json(pool, "autoscaling", "{'enabled':true,'locationPolicy':'ANY','maxNodeCount':3}");
	is_json(pool, "upgradeSettings", "{'strategy':'SHORT_LIVED'}");
	is_text(pool, "config.taints.0.key", "cloud.google.com/gke-queued");
	is_json(pool, "config.bootDisk", "{'diskType':'hyperdisk-balanced','sizeGb':'100'}");
	op = act("PUT", CLUSTERS "/c/nodePools/default-pool", json_make("{'kubeletConfig':{'podPidsLimit':'2048'}}"));
	is_text(op, "operationType", "UPGRADE_NODES");
	is_json(op, "progress.metrics.0", "{'intValue':'1','name':'NODES_TOTAL'}");
	pool = asks("GET", CLUSTERS "/c/nodePools/default-pool", NULL, 200);
	is_json(pool, "config.kubeletConfig",
		"{'insecureKubeletReadonlyPortEnabled':false,'maxParallelImagePulls':3,'podPidsLimit':'2048'}");
	is_text(pool, "config.imageType", "COS_CONTAINERD");
	ok(!json_at(pool, "queuedProvisioning"), "what is not queued says nothing of it");
	update("{'desiredNodePoolId':'q','desiredNodePoolAutoscaling':{'enabled':true,'maxNodeCount':5,'locationPolicy':'"
	       "BALANCED'}}");
	ok(json_num(asks("GET", CLUSTERS "/c/nodePools/q", NULL, 200), "autoscaling.maxNodeCount", 0) == 5,
	   "a pool's autoscaling is changed through its cluster");
	refuse("PUT", CLUSTERS "/c", json_make("{'update':{'desiredNodePoolAutoscaling':{'enabled':false}}}"), 400,
	       "badRequest", "Node pool id must be specified.");
	message = xasprintf("Permission denied: for service-%s@container-engine-robot.iam.gserviceaccount.com on TagKey "
			    "\"tagKeys/1\" (or it may not exist).",
			    sim_project_number(cloud, "demo-proj"));
	refuse("POST", CLUSTERS "/c/nodePools",
	       json_make("{'nodePool':{'name':'t','config':{'resourceManagerTags':{'tags':{'tagKeys/1':'tagValues/2'}}}}}"),
	       403, "forbidden", message);
	free(message);
	act("DELETE", CLUSTERS "/c/nodePools/q", NULL);
	act("DELETE", CLUSTERS "/c/nodePools/default-pool", NULL);
	cJSON *doc = cluster();
	ok(!json_at(doc, "nodePools") && !json_at(doc, "nodeConfig") && !json_at(doc, "instanceGroupUrls"),
	   "a cluster without pools has no nodes to tell of");
	ok(json_num(doc, "currentNodeCount", 0) == 1, "U8: they are still counted");
	sim_advance(cloud, sim_now(cloud) + 600);
	ok(!json_at(cluster(), "currentNodeCount"), "U8: no nodes are not told as 0");
	remove_cluster();
}

static void progress(void)
{
	cJSON *op = asks(
	    "POST", CLUSTERS,
	    json_make("{'cluster':{'name':'c','initialNodeCount':1,'autoscaling':{'enableNodeAutoprovisioning':true,"
		      "'autoprovisioningNodePoolDefaults':{'oauthScopes':['https://www.googleapis.com/auth/"
		      "logging.write'],'minCpuPlatform':"
		      "'automatic','upgradeSettings':{}}}}}"),
	    200);
	char *link = xstrdup(json_str(op, "selfLink", "") + strlen("https://"));
	sim_advance(cloud, sim_now(cloud) + 5);
	op = asks("GET", link, NULL, 200);
	is_text(op, "detail", "Cluster is being configured");
	is_text(op, "progress.metrics.1.name", "CLUSTER_CONFIGURING_TOTAL");
	op = finish(link);
	ok(cJSON_GetArraySize(json_at(op, "progress.metrics")) == 6 && !json_at(op, "detail"),
	   "what is done has gone through all phases");
	cJSON *doc = cluster();
	is_json(doc, "autoscaling.autoprovisioningNodePoolDefaults.oauthScopes",
		"['https://www.googleapis.com/auth/logging.write','https://www.googleapis.com/auth/monitoring']");
	is_json(doc, "autoscaling.autoprovisioningNodePoolDefaults.upgradeSettings", "{'strategy':'SURGE'}");
	ok(!json_at(doc, "autoscaling.autoprovisioningNodePoolDefaults.minCpuPlatform"), "an automatic platform is none");
	free(link);
	remove_cluster();
}

/* What a beta client sends that v1 does not know is kept for beta clients. */
static void beta(void)
{
	act("POST", BETA "clusters",
	    json_make("{'cluster':{'name':'c','initialNodeCount':1,'workloadIdentityConfig':{'workloadPool':'demo-proj.svc.id."
		      "goog'},'addonsConfig':"
		      "{'istioConfig':{'disabled':true}}}}"));
	cJSON *doc = asks("GET", BETA "clusters/c", NULL, 200);
	is_json(doc, "addonsConfig.istioConfig", "{'disabled':true}");
	is_text(doc, "workloadIdentityConfig.identityNamespace", "demo-proj.svc.id.goog");
	is_text(doc, "nodeConfig.workloadMetadataConfig.nodeMetadata", "GKE_METADATA_SERVER");
	act("PUT", BETA "clusters/c",
	    json_make("{'update':{'desired':1,'':2,'desiredClusterTelemetry':3,'desiredStatus':'ERROR','a.b.c':[1]}}"));
	is_text(asks("GET", BETA "clusters/c", NULL, 200), "status", "RUNNING");
	act("PUT", CLUSTERS "/c", json_make("{'update':{'desiredLoggingService':'none'}}"));
	is_text(asks("GET", BETA "clusters/c", NULL, 200), "clusterTelemetry.type", "SYSTEM_ONLY");
	doc = cluster();
	ok(!json_at(doc, "addonsConfig.istioConfig") && !json_at(doc, "workloadIdentityConfig.identityNamespace"),
	   "others do not see it");
	remove_cluster();
}

/* U1: a cluster turns its subnetwork's access to Google's APIs on, and leaves it on. */
static void private_access(void)
{
	static const char subnet[] = COMPUTE "regions/us-central1/subnetworks/default";
	cJSON *doc = asks("GET", subnet, NULL, 200);
	char *fingerprint = xstrdup(json_str(doc, "fingerprint", ""));
	ok(!json_bool(doc, "privateIpGoogleAccess", true), "U1: a subnetwork comes without private Google access");
	make("{}");
	doc = asks("GET", subnet, NULL, 200);
	ok(json_bool(doc, "privateIpGoogleAccess", false) && strcmp(json_str(doc, "fingerprint", ""), fingerprint),
	   "U1: a public cluster turns it on");
	remove_cluster();
	ok(json_bool(asks("GET", subnet, NULL, 200), "privateIpGoogleAccess", false),
	   "U1: it stays on when the cluster is gone");
	free(fingerprint);
}

/* A cluster comes into a network that is there, and into a subnetwork of that one. */
static void networks(void)
{
	static const char made[] = "{'cluster':{'name':'c','initialNodeCount':1,'network':%s}}",
			  placed[] = "{'cluster':{'name':'c','initialNodeCount':1,'network':'vpc','subnetwork':%s}}";
	refuse("POST", CLUSTERS, json_make(made, "absent"), 400, "badRequest",
	       "Project \"demo-proj\" has no network named \"absent\".");
	char *op = xstrdup(
	    json_str(asks("POST", COMPUTE "global/networks", json_make("{'name':'vpc','autoCreateSubnetworks':%b}", 0), 200),
		     "selfLink", ""));
	refuse("POST", CLUSTERS, json_make(made, "vpc"), 400, "badRequest",
	       "Project \"demo-proj\" has no network named \"vpc\".");
	finish(op);
	refuse("POST", CLUSTERS, json_make(made, "vpc"), 400, "badRequest",
	       "Network \"vpc\" uses manual subnet mode and requires specifying a subnetwork.");
	refuse("POST", CLUSTERS, json_make(placed, "default"), 400, "badRequest",
	       "Subnetwork \"projects/demo-proj/regions/us-central1/subnetworks/default\" is not valid for Network \"vpc\".");
	refuse("POST", CLUSTERS, json_make(placed, "absent"), 400, "badRequest",
	       "Subnetwork \"projects/demo-proj/regions/us-central1/subnetworks/absent\" is not valid for Network \"vpc\".");
	act("DELETE", COMPUTE "global/networks/vpc", NULL);
	free(op);
}

/* Whoever asks for nodes must be allowed to act as their account, which must be in use. */
static void accounts(void)
{
#define DEFAULT "123456789012-compute@developer.gserviceaccount.com"
	static const char body[] = "{'cluster':{'name':'c','initialNodeCount':1}}";
	new_cloud("{'projects':[{'id':'demo-proj','number':'123456789012','roles':['roles/container.admin']}]}");
	refuse("POST", CLUSTERS, json_make(body), 400, "badRequest",
	       "The user does not have access to service account \"default\". Ask a project owner to grant you the "
	       "iam.serviceAccountUser role on the service account.");
	new_cloud(NULL);
	asks("POST", "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts/" DEFAULT ":disable", NULL, 200);
	refuse("POST", CLUSTERS, json_make(body), 400, "badRequest", "Service account " DEFAULT " is disabled.");
}

static void autopilot(void)
{
#define REGIONAL "container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters"
	act("POST", REGIONAL,
	    json_make(
		"{'cluster':{'name':'ap','autopilot':{'enabled':true},'nodePools':[{'name':'mine','initialNodeCount':3}]}}"));
	cJSON *doc = asks("GET", REGIONAL "/ap", NULL, 200), *zones = json_at(doc, "locations"), *zone;
	const char *own = json_str(doc, "nodePools.0.locations.0", "");
	bool among = false;
	cJSON_ArrayForEach(zone, zones)
		among = among || !strcmp(zone->valuestring, own);
	ok(cJSON_GetArraySize(zones) == 4 && among && !json_at(doc, "nodePools.0.locations.1"),
	   "U21: the pool is in one of the region's four zones");
	is_text(doc, "nodePools.0.name", "default-pool");
	is_json(doc, "nodePools.0.maxPodsConstraint", "{'maxPodsPerNode':'32'}");
	ok(json_num(doc, "nodePools.0.podIpv4CidrSize", 0) == 26, "U21: 64 addresses for 32 pods a node");
	is_json(doc, "nodePools.0.autoscaling",
		"{'enabled':true,'autoprovisioned':true,'locationPolicy':'BALANCED','maxNodeCount':1000}");
	is_json(doc, "nodePools.0.config.shieldedInstanceConfig", "{'enableIntegrityMonitoring':true,'enableSecureBoot':true}");
	is_json(doc, "nodePools.0.config.taints",
		"[{'key':'cloud.google.com/gke-quick-remove','value':'true','effect':'NO_SCHEDULE'}]");
	is_json(doc, "nodePools.0.config.gvnic", "{'enabled':true}");
	is_json(doc, "nodePools.0.config.gcfsConfig", "{'enabled':true}");
	is_json(doc, "addonsConfig.parallelstoreCsiDriverConfig", "{'enabled':true}");
	is_json(doc, "addonsConfig.statefulHaConfig", "{'enabled':true}");
	ok(json_bool(doc, "monitoringConfig.advancedDatapathObservabilityConfig.enableMetrics", false),
	   "U21: the data path's metrics are on");
	is_json(doc, "rbacBindingConfig",
		"{'enableInsecureBindingSystemAuthenticated':false,'enableInsecureBindingSystemUnauthenticated':false}");
	is_text(doc, "nodePools.0.config.machineType", "e2-medium");
	act("DELETE", REGIONAL "/ap", NULL);
	act("POST", REGIONAL,
	    json_make("{'cluster':{'name':'ap','autopilot':{'enabled':true},'confidentialNodes':{'enabled':true}}}"));
	doc = asks("GET", REGIONAL "/ap", NULL, 200);
	ok(text_starts(json_str(doc, "nodePools.0.config.machineType", ""), "n2d-"),
	   "U20: confidential nodes are machines that can be");
	is_json(doc, "nodePools.0.config.confidentialNodes", "{'enabled':true,'confidentialInstanceType':'SEV'}");
	act("DELETE", REGIONAL "/ap", NULL);
}

int main(void)
{
	mem_install();
	setenv("MLFLOW_SETUP_SIM_STRICT", "1", 1);
	new_cloud(NULL);
	private_access();
	autopilot();
	ranges();
	endpoints();
	telemetry();
	setters();
	pools();
	progress();
	beta();
	networks();
	accounts();
	sim_free(cloud);
	return tap_done();
}
