/* Google Kubernetes Engine's clusters, Autopilot and standard, and what the server offers. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"
#include "sim/api/kubernetes.h"
#include "sim/api/network.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASTER "1.35.6-gke.1250000"

/* Standard base64 of a text, for the caller to free. */
static char *base64(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text);
	struct buf b = {0};
	for (size_t i = 0; i < len; i += 3) {
		unsigned n = (unsigned)(unsigned char)text[i] << 16;
		n |= i + 1 < len ? (unsigned)(unsigned char)text[i + 1] << 8 : 0;
		n |= i + 2 < len ? (unsigned char)text[i + 2] : 0;
		buf_putc(&b, digits[n >> 18]);
		buf_putc(&b, digits[n >> 12 & 63]);
		buf_putc(&b, i + 1 < len ? digits[n >> 6 & 63] : '=');
		buf_putc(&b, i + 2 < len ? digits[n & 63] : '=');
	}
	return buf_take(&b);
}

/* A name or a link of a network or subnet, as its path. */
static char *path_of(struct sim_call *c, const char *given, const char *scope, const char *plural)
{
	return strchr(given, '/') ? compute_path(c->sim, c->project, given) : xasprintf("projects/%s/%s%s/%s", c->project, scope, plural, given);
}

static bool settle_network(struct sim_call *c, cJSON *doc, const char *region)
{
	char *scope = xasprintf("regions/%s/", region);
	char *network = path_of(c, json_str(doc, "network", "default"), "global/", "networks");
	struct sim_object *n = network ? sim_get(c->sim, "compute.networks", network) : NULL;
	const char *same = network ? strrchr(network, '/') + 1 : "";
	char *subnet = path_of(c, json_str(doc, "subnetwork", same), scope, "subnetworks");
	struct sim_object *s = subnet ? sim_get(c->sim, "compute.subnetworks", subnet) : NULL;
	bool good = n && s;
	if (!n)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Network \"%s\" does not exist.", json_str(doc, "network", "default"));
	else if (!s && !json_at(doc, "subnetwork"))
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Subnetwork must be provided for manual subnet mode network %s.", same);
	else if (!s)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Subnetwork \"%s\" does not exist.", json_str(doc, "subnetwork", ""));
	if (good) {
		json_put_str(doc, "network", same);
		json_put_str(doc, "subnetwork", strrchr(subnet, '/') + 1);
		json_put_str(doc, "networkConfig.network", network);
		json_put_str(doc, "networkConfig.subnetwork", subnet);
	}
	free(scope);
	free(network);
	free(subnet);
	return good;
}

static bool settle_location(struct sim_call *c, cJSON *doc, const struct container_place *p, char region[static 40])
{
	bool autopilot = json_bool(doc, "autopilot.enabled", false), regional = compute_region_known(p->location);
	if (!p->zonal && !regional) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Location \"%s\" does not exist.", p->location);
		return false;
	}
	if (autopilot && p->zonal) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Autopilot clusters must be regional clusters.");
		return false;
	}
	snprintf(region, 40, "%.39s", p->location);
	if (p->zonal)
		compute_zone_region(p->location, region);
	if (json_at(doc, "locations.0"))
		return true;
	cJSON *zones = cJSON_CreateArray();
	for (char letter = 'a'; !p->zonal && letter <= 'f' && cJSON_GetArraySize(zones) < 3; letter++) {
		char *zone = xasprintf("%s-%c", region, letter);
		if (compute_zone_known(zone))
			cJSON_AddItemToArray(zones, cJSON_CreateString(zone));
		free(zone);
	}
	if (p->zonal)
		cJSON_AddItemToArray(zones, cJSON_CreateString(p->location));
	json_put(doc, "locations", zones);
	return true;
}

static void settle_autopilot(cJSON *doc, const char *pool)
{
	json_put_str(doc, "workloadIdentityConfig.workloadPool", pool);
	json_put_bool(doc, "verticalPodAutoscaling.enabled", true);
	json_put_str(doc, "networkConfig.datapathProvider", "ADVANCED_DATAPATH");
	json_put(doc, "networkConfig.dnsConfig", json_make("{'clusterDns':'CLOUD_DNS','clusterDnsScope':'CLUSTER_SCOPE','clusterDnsDomain':'cluster.local'}"));
	json_put(doc, "networkConfig.gatewayApiConfig", json_make("{'channel':'CHANNEL_STANDARD'}"));
	json_put_bool(doc, "autoscaling.enableNodeAutoprovisioning", true);
	json_put_str(doc, "autoscaling.autoscalingProfile", "OPTIMIZE_UTILIZATION");
	json_put_bool(doc, "addonsConfig.httpLoadBalancing.disabled", false);
	json_put_bool(doc, "addonsConfig.dnsCacheConfig.enabled", true);
}

static void settle_endpoints(struct sim_call *c, cJSON *doc, const char *region)
{
	char ip[16], inner[16], *hex = sim_hex(c->sim, 28);
	uint64_t r = sim_random(c->sim);
	ip4_text(104u << 24 | 154u << 16 | (uint32_t)(r & 0xffff), ip);
	ip4_text(10u << 24 | 128u << 16 | (uint32_t)(r >> 20 & 0x0fff), inner);
	char *dns = xasprintf("gke-%s-%s.%s.gke.goog", hex, sim_project_number(c->sim, c->project), region), *ca = base64(sim_ca_pem(c->sim));
	json_put_str(doc, "endpoint", ip);
	json_put_str(doc, "masterAuth.clusterCaCertificate", ca);
	json_put(doc, "masterAuth.clientCertificateConfig", cJSON_CreateObject());
	json_put_str(doc, "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint", dns);
	json_put_str(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.publicEndpoint", ip);
	json_put_str(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.privateEndpoint", inner);
	json_put_str(doc, "privateClusterConfig.publicEndpoint", ip);
	json_put_str(doc, "privateClusterConfig.privateEndpoint", inner);
	if (json_bool(doc, "privateClusterConfig.enablePrivateNodes", false) || json_bool(doc, "networkConfig.defaultEnablePrivateNodes", false)) {
		json_put(doc, "privateClusterConfig.enablePrivateNodes", cJSON_CreateTrue());
		json_put(doc, "networkConfig.defaultEnablePrivateNodes", cJSON_CreateTrue());
	}
	if (json_at(doc, "privateClusterConfig.masterIpv4CidrBlock") || json_at(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.privateEndpointSubnetwork")) {
		static const char *const lists[] = {"masterAuthorizedNetworksConfig", "controlPlaneEndpointsConfig.ipEndpointsConfig.authorizedNetworksConfig"};
		for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
			if (!json_bool(doc, "masterAuthorizedNetworksConfig.enabled", false))
				json_put(doc, lists[i], json_make("{'privateEndpointEnforcementEnabled':true}"));
	}
	if (!json_bool(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.enabled", true)) {
		json_put(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig", json_make("{'enabled':false}"));
		json_put_str(doc, "endpoint", dns);
		json_drop(doc, "privateClusterConfig.privateEndpoint");
		json_drop(doc, "masterAuthorizedNetworksConfig");
	}
	free(hex);
	free(dns);
	free(ca);
}

/* What Google fills in, after a recorded cluster. */
static void settle_defaults(struct sim_call *c, cJSON *doc)
{
	cJSON *d = json_make(
		"{'initialClusterVersion':'" MASTER "','currentMasterVersion':'" MASTER "','currentNodeVersion':'" MASTER "','releaseChannel':{'channel':"
		"'REGULAR'},'loggingService':'logging.googleapis.com/kubernetes','monitoringService':'monitoring.googleapis.com/kubernetes',"
		"'clusterIpv4Cidr':'10.112.0.0/14','servicesIpv4Cidr':'34.118.224.0/20','legacyAbac':{},'shieldedNodes':{'enabled':true},"
		"'databaseEncryption':{'state':'DECRYPTED','currentState':'CURRENT_STATE_DECRYPTED'},'defaultMaxPodsConstraint':{'maxPodsPerNode':"
		"'110'},'ipAllocationPolicy':{'useIpAliases':true,'stackType':'IPV4','clusterIpv4Cidr':'10.112.0.0/14','clusterIpv4CidrBlock':"
		"'10.112.0.0/14','servicesIpv4Cidr':'34.118.224.0/20','servicesIpv4CidrBlock':'34.118.224.0/20','podCidrOverprovisionConfig':{},"
		"'networkTierConfig':{'networkTier':'NETWORK_TIER_DEFAULT'}},'addonsConfig':{"
		"'dnsCacheConfig':{'enabled':true},'nodeReadinessConfig':{},'gcePersistentDiskCsiDriverConfig':{'enabled':true},'kubernetesDashboard':{'disabled':true},'networkPolicyConfig':{'disabled':true}},"
		"'loggingConfig':{'componentConfig':{'enableComponents':['SYSTEM_COMPONENTS','WORKLOADS']}},'monitoringConfig':{'componentConfig':{"
		"'enableComponents':['SYSTEM_COMPONENTS','STORAGE','HPA','POD','DAEMONSET','DEPLOYMENT','STATEFULSET','CADVISOR','KUBELET',"
		"'DCGM','JOBSET']},'managedPrometheusConfig':{'enabled':true},'advancedDatapathObservabilityConfig':{}},'controlPlaneEndpointsConfig':{"
		"'dnsEndpointConfig':{'allowExternalTraffic':false,'enableK8sCertsViaDns':false,'enableK8sTokensViaDns':false},'ipEndpointsConfig':{'enabled':true,'enablePublicEndpoint':true,"
		"'authorizedNetworksConfig':{'gcpPublicCidrsAccessEnabled':true}}},'masterAuthorizedNetworksConfig':{"
		"'gcpPublicCidrsAccessEnabled':true},'autoscaling':{'autoscalingProfile':'BALANCED','autoprovisioningNodePoolDefaults':{'imageType':"
		"'COS_CONTAINERD','management':{'autoRepair':true,'autoUpgrade':true},'oauthScopes':[" CONTAINER_SCOPES "],'serviceAccount':'default'}},'networkConfig':{'serviceExternalIpsConfig':{},'defaultSnatStatus':{}},"
		"'notificationConfig':{'pubsub':{}},'securityPostureConfig':{'mode':'BASIC','vulnerabilityMode':'VULNERABILITY_MODE_UNSPECIFIED'},"
		"'nodePoolAutoConfig':{'nodeKubeletConfig':{'insecureKubeletReadonlyPortEnabled':false}},'nodePoolDefaults':{'nodeConfigDefaults':{"
		"'loggingConfig':{'variantConfig':{'variant':'DEFAULT'}},'nodeKubeletConfig':{'insecureKubeletReadonlyPortEnabled':false}}},"
		"'podAutoscaling':{'hpaProfile':'PERFORMANCE'},'rbacBindingConfig':{'enableInsecureBindingSystemAuthenticated':true,"
		"'enableInsecureBindingSystemUnauthenticated':true},'enterpriseConfig':{'clusterTier':'STANDARD'},'userManagedKeysConfig':{},"
		"'anonymousAuthenticationConfig':{'mode':'LIMITED'},'controlPlaneEgress':{'mode':'VIA_CONTROL_PLANE'},"
		"'nodeCreationConfig':{'nodeCreationMode':'VIA_KUBELET'},'binaryAuthorization':{},'autopilot':{},'beta:clusterTelemetry':{'type':"
		"'ENABLED'},'beta:master':{},'beta:privateCluster':true,'beta:protectConfig':{'workloadConfig':{'auditMode':'BASIC'},"
		"'workloadVulnerabilityMode':'WORKLOAD_VULNERABILITY_MODE_UNSPECIFIED'}}");
	compute_fill(doc, d);
	cJSON_Delete(d);
	if (json_bool(doc, "confidentialNodes.enabled", false) && !json_at(doc, "confidentialNodes.confidentialInstanceType"))
		json_put_str(doc, "confidentialNodes.confidentialInstanceType", "SEV");
	if (!json_bool(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.globalAccess", false))
		json_drop(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.globalAccess");
	if (!*json_str(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.privateEndpointSubnetwork", ""))
		json_drop(doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.privateEndpointSubnetwork");
	if (json_at(doc, "networkPolicy") && !json_at(doc, "networkPolicy")->child)
		json_drop(doc, "networkPolicy");
	json_put_num(doc, "ipAllocationPolicy.defaultPodIpv4RangeUtilization", 0.001);
	char *print = sim_hex(c->sim, 8), *version = sim_hex(c->sim, 8), *etag = sim_hex(c->sim, 32), *id = sim_hex(c->sim, 64), *now = sim_time(c->sim, 0);
	char *range = xasprintf("gke-%.24s-pods-%s", json_str(doc, "name", ""), print);
	if (!json_at(doc, "ipAllocationPolicy.clusterSecondaryRangeName"))
		json_put_str(doc, "ipAllocationPolicy.clusterSecondaryRangeName", range);
	free(range);
	json_put_str(doc, "labelFingerprint", print);
	json_put_str(doc, "maintenancePolicy.resourceVersion", version);
	json_drop(doc, "maintenancePolicy.window");
	json_put_str(doc, "etag", etag);
	json_put_str(doc, "id", id);
	json_put_str(doc, "createTime", now);
	json_put_str(doc, "status", "PROVISIONING");
	free(print);
	free(version);
	free(etag);
	free(id);
	free(now);
}

/* What says nothing is left out: false, 0 and "" of what was sent, but for those few that Google tells apart from what is not set. */
static void prune(cJSON *node)
{
	static const char *const told[] = {"controlPlaneEndpointsConfig", "insecureKubeletReadonlyPortEnabled", "enablePrivateNodes",
					   "defaultEnablePrivateNodes", "cpuCfsQuota", "maintenancePolicy", "gcpPublicCidrsAccessEnabled", NULL};
	for (cJSON *child = node->child, *next; child; child = next) {
		bool kept = cJSON_IsArray(node);
		next = child->next;
		for (const char *const *t = told; child->string && *t; t++)
			kept = kept || !strcmp(child->string, *t);
		bool empty = cJSON_IsFalse(child) || cJSON_IsNull(child) || (cJSON_IsNumber(child) && child->valuedouble == 0) ||
			     (cJSON_IsString(child) && !*child->valuestring);
		if (!kept && empty)
			cJSON_Delete(cJSON_DetachItemViaPointer(node, child));
		else if (!kept || cJSON_IsArray(node))
			prune(child);
	}
}

static bool settle_pools(struct sim_call *c, cJSON *doc)
{
	bool autopilot = json_bool(doc, "autopilot.enabled", false);
	cJSON *pool;
	if (autopilot)
		json_drop(doc, "nodePools");
	if (!json_at(doc, "nodePools.0")) {
		cJSON *one = json_make("{'name':'default-pool'}");
		json_put_num(one, "initialNodeCount", autopilot ? 0 : json_num(doc, "initialNodeCount", 0));
		if (json_at(doc, "nodeConfig"))
			json_put(one, "config", cJSON_Duplicate(json_at(doc, "nodeConfig"), true));
		if (json_at(doc, "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount"))
			json_put_str(one, "config.serviceAccount", json_str(doc, "autoscaling.autoprovisioningNodePoolDefaults.serviceAccount", ""));
		if (!autopilot && json_num(one, "initialNodeCount", 0) < 1) {
			cJSON_Delete(one);
			sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Cluster.initial_node_count must be greater than zero.");
			return false;
		}
		json_put(doc, "nodePools", json_make("[%j]", one));
	}
	cJSON_ArrayForEach(pool, json_at(doc, "nodePools")) {
		if (!container_settle_pool(c, NULL, doc, pool))
			return false;
		if (autopilot)
			json_put_bool(pool, "autopilotConfig.enabled", true);
	}
	json_put(doc, "nodeConfig", cJSON_Duplicate(json_at(doc, "nodePools.0.config"), true));
	if (!autopilot)
		json_put_num(doc, "initialNodeCount", json_num(doc, "nodePools.0.initialNodeCount", 1));
	return true;
}

/* An operation that fails leaves the cluster behind, in ERROR. */
static void created(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	cJSON *pools = o ? json_at(o->doc, "nodePools") : NULL, *pool;
	char *why = NULL;
	const char *code = NULL;
	cJSON_ArrayForEach(pool, pools)
		if (!why)
			why = container_provision(s, o, pool, &code);
	if (o) {
		container_sum(o->doc);
		json_put_str(o->doc, "status", why ? "ERROR" : "RUNNING");
		if (why)
			json_put(o->doc, "conditions", json_make("[{'code':%s,'canonicalCode':'RESOURCE_EXHAUSTED','message':%s}]", code, why));
		else
			kubernetes_seed(s, o);
	}
	container_end(s, arg, why ? sim_rpc_status("RESOURCE_EXHAUSTED", "%s", why) : NULL);
	free(why);
}

static bool good_name(struct sim_call *c, const char *name)
{
	size_t len = strlen(name);
	if (len && len <= 40 && name[0] >= 'a' && name[0] <= 'z' && name[len - 1] != '-' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len)
		return true;
	sim_fail(c, "INVALID_ARGUMENT", "badRequest",
		 "Invalid value for field \"cluster.name\": \"%s\". Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)'.", name);
	return false;
}

static void create(struct sim_call *c)
{
	struct container_place p = container_place(c);
	cJSON *doc = json_at(c->body, "cluster") ? cJSON_Duplicate(json_at(c->body, "cluster"), true) : cJSON_CreateObject();
	const char *name = json_str(doc, "name", "");
	char region[40], *key = NULL;
	snprintf(p.cluster, sizeof p.cluster, "%s", name);
	if (!good_name(c, name))
		goto out;
	key = container_key(c, &p);
	if (sim_get(c->sim, "container.clusters", key)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "Already exists: projects/%s/%s/%s/clusters/%s.", c->project,
			 p.zonal ? "zones" : "locations", p.location, name);
		goto out;
	}
	bool autopilot = json_bool(doc, "autopilot.enabled", false);
	if (!settle_location(c, doc, &p, region) || !settle_network(c, doc, region))
		goto out;
	char *self = xasprintf(CONTAINER_BASE "projects/%s/%s/%s/clusters/%s", c->project, p.zonal ? "zones" : "locations", p.location, name);
	char *pool = xasprintf("%s.svc.id.goog", c->project);
	prune(doc);
	json_put_str(doc, "selfLink", self);
	json_put_str(doc, "location", p.location);
	json_put_str(doc, "zone", p.location);
	settle_defaults(c, doc);
	if (autopilot)
		settle_autopilot(doc, pool);
	settle_endpoints(c, doc, region);
	free(self);
	free(pool);
	if (!settle_pools(c, doc))
		goto out;
	struct sim_object *o = sim_put(c->sim, "container.clusters", key, doc);
	doc = NULL;
	container_begin(c, o, "CREATE_CLUSTER", "", sim_draw(c->sim, autopilot ? "container.cluster.create.autopilot" : "container.cluster.create"), NULL,
			created);
out:
	cJSON_Delete(doc);
	free(key);
}

static void get(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, false);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void list(struct sim_call *c)
{
	struct container_place p = container_place(c);
	char *prefix = xasprintf("projects/%s/locations/%s", c->project, strcmp(p.location, "-") ? p.location : "");
	cJSON *items = cJSON_CreateArray(), *reply = cJSON_CreateObject();
	for (struct sim_object *o = sim_first(c->sim, "container.clusters", prefix); o; o = sim_following(c->sim, o, prefix))
		if (!strcmp(p.location, "-") || !strcmp(json_str(o->doc, "location", ""), p.location))
			cJSON_AddItemToArray(items, cJSON_Duplicate(o->doc, true));
	free(prefix);
	if (items->child)
		json_put(reply, "clusters", items);
	else
		cJSON_Delete(items);
	sim_ok(c, reply);
}

static void deleted(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	const cJSON *pool;
	container_end(s, arg, NULL);
	if (!o)
		return;
	cJSON_ArrayForEach(pool, json_at(o->doc, "nodePools"))
		container_drop_pool(s, pool);
	kubernetes_forget(s, o);
	sim_remove(s, o);
}

static void delete(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o)
		return;
	bool autopilot = json_bool(o->doc, "autopilot.enabled", false);
	json_put_str(o->doc, "status", "STOPPING");
	container_begin(c, o, "DELETE_CLUSTER", "", sim_draw(c->sim, autopilot ? "container.cluster.delete.autopilot" : "container.cluster.delete"), NULL,
			deleted);
}

/* "desiredReleaseChannel" goes to "releaseChannel"; those whose names differ stand in the table. */
static void apply_update(cJSON *doc, const cJSON *update)
{
	static const struct {
		const char *desired, *path;
	} other[] = {{"desiredMasterVersion", "currentMasterVersion"}, {"desiredNodeVersion", "currentNodeVersion"},
		     {"desiredDefaultEnablePrivateNodes", "networkConfig.defaultEnablePrivateNodes"}, {"desiredDnsConfig", "networkConfig.dnsConfig"},
		     {"desiredGatewayApiConfig", "networkConfig.gatewayApiConfig"}, {"desiredClusterAutoscaling", "autoscaling"},
		     {"desiredDatapathProvider", "networkConfig.datapathProvider"},
		     {"desiredNodePoolAutoConfigNetworkTags", "nodePoolAutoConfig.networkTags"}, {"desiredK8sBetaApis", "enableK8sBetaApis"}};
	const cJSON *u;
	cJSON_ArrayForEach(u, update) {
		const char *path = NULL;
		char name[96];
		for (size_t i = 0; i < sizeof other / sizeof *other; i++)
			if (!strcmp(u->string, other[i].desired))
				path = other[i].path;
		if (!path && text_starts(u->string, "desired")) {
			snprintf(name, sizeof name, "%c%s", u->string[7] | 32, u->string + 8);
			path = name;
		}
		cJSON *patch = path ? cJSON_CreateObject() : NULL;
		/* Only what a cluster has itself; the rest concerns pools. */
		if (patch && !text_starts(u->string, "desiredNodePool") && strcmp(u->string, "desiredImageType") && strcmp(u->string, "desiredFleet")) {
			json_put(patch, path, cJSON_Duplicate(u, true));
			compute_merge(doc, patch);
		}
		cJSON_Delete(patch);
	}
}

/* A pool's autoscaling is also changed through its cluster: by its name, or that of the only one. */
static void update_pool(cJSON *doc, const cJSON *update)
{
	const cJSON *autoscaling = json_at(update, "desiredNodePoolAutoscaling");
	const char *name = json_str(update, "desiredNodePoolId", "");
	cJSON *pool;
	cJSON_ArrayForEach(pool, json_at(doc, "nodePools"))
		if (autoscaling && (!*name || !strcmp(json_str(pool, "name", ""), name))) {
			json_put(pool, "autoscaling", cJSON_Duplicate(autoscaling, true));
			container_settle_scaling(pool);
		}
}

static void changed(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = container_arg_cluster(s, arg);
	if (o)
		json_put_str(o->doc, "status", "RUNNING");
	container_end(s, arg, NULL);
}

static void update(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o)
		return;
	const cJSON *u = json_at(c->body, "update");
	if (!u || !u->child) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Must specify a field to update.");
		return;
	}
	bool master = json_at(u, "desiredMasterVersion") != NULL;
	if (master && !strcmp(json_str(u, "desiredMasterVersion", ""), "latest"))
		json_put_str(c->body, "update.desiredMasterVersion", MASTER);
	apply_update(o->doc, u);
	update_pool(o->doc, u);
	json_put_str(o->doc, "status", "RECONCILING");
	container_begin(c, o, master ? "UPGRADE_MASTER" : "UPDATE_CLUSTER", "", sim_draw(c->sim, "container.cluster.update"), NULL, changed);
}

static void set_labels(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o)
		return;
	if (strcmp(json_str(c->body, "labelFingerprint", ""), json_str(o->doc, "labelFingerprint", "-"))) {
		sim_fail(c, "FAILED_PRECONDITION", "failedPrecondition", "Labels could not be set due to fingerprint mismatch.");
		return;
	}
	char *print = sim_hex(c->sim, 8);
	json_drop(o->doc, "resourceLabels");
	if (json_at(c->body, "resourceLabels"))
		json_put(o->doc, "resourceLabels", cJSON_Duplicate(json_at(c->body, "resourceLabels"), true));
	json_put_str(o->doc, "labelFingerprint", print);
	free(print);
	container_begin(c, o, "SET_LABELS", "", sim_draw(c->sim, "container.cluster.update"), NULL, NULL);
}

static void server_config(struct sim_call *c)
{
	sim_ok(c, json_make("{'defaultClusterVersion':'" MASTER "','defaultImageType':'COS_CONTAINERD','validImageTypes':['COS_CONTAINERD',"
			    "'UBUNTU_CONTAINERD'],'validMasterVersions':['" MASTER "','1.34.8-gke.1390000'],'validNodeVersions':['" MASTER
			    "','1.34.8-gke.1390000'],'channels':[{'channel':'RAPID','defaultVersion':'1.36.0-gke.3302004','validVersions':["
			    "'1.36.0-gke.3302004']},{'channel':'REGULAR','defaultVersion':'" MASTER "','validVersions':['" MASTER "']},{'channel':"
			    "'STABLE','defaultVersion':'1.34.8-gke.1390000','validVersions':['1.34.8-gke.1390000']}]}"));
}

#define CLUSTERS(in)                                                                            \
	{"container.projects." in ".clusters.create", create, "container.clusters.create", NULL}, \
	{"container.projects." in ".clusters.get", get, "container.clusters.get", NULL},          \
	{"container.projects." in ".clusters.list", list, "container.clusters.list", NULL},       \
	{"container.projects." in ".clusters.update", update, "container.clusters.update", NULL}, \
	{"container.projects." in ".clusters.delete", delete, "container.clusters.delete", NULL}

static const struct sim_route routes[] = {
	CLUSTERS("locations"),
	CLUSTERS("zones"),
	{"container.projects.locations.clusters.setResourceLabels", set_labels, "container.clusters.update", NULL},
	{"container.projects.zones.clusters.resourceLabels", set_labels, "container.clusters.update", NULL},
	{"container.projects.locations.getServerConfig", server_config, "container.clusters.list", NULL},
	{"container.projects.zones.getServerconfig", server_config, "container.clusters.list", NULL},
	{NULL, NULL, NULL, NULL},
};

const struct sim_api sim_container_clusters = {
	.name = "container", .service = "container.googleapis.com", .errors = SIM_ERRORS_BOTH, .routes = routes};
