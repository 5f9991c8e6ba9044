/* What Google Kubernetes Engine fills in for a cluster, and what it says in two places. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *channel, *version;
} channels[] = {{"REGULAR", "1.35.6-gke.1250000"}, {"RAPID", "1.36.0-gke.3302004"}, {"STABLE", "1.34.8-gke.1390000"}};

static const struct container_default cluster_defaults[] = {
	{"releaseChannel", "{'channel':'REGULAR'}"},
	{"legacyAbac", "{}"},
	{"shieldedNodes", "{'enabled':true}"},
	{"databaseEncryption", "{'state':'DECRYPTED','currentState':'CURRENT_STATE_DECRYPTED'}"},
	{"defaultMaxPodsConstraint", "{'maxPodsPerNode':'110'}"},
	{"addonsConfig.dnsCacheConfig", "{'enabled':true}"},
	{"addonsConfig.nodeReadinessConfig", "{}"},
	{"addonsConfig.networkPolicyConfig", "{'disabled':true}"},
	{"monitoringConfig.componentConfig",
	 "{'enableComponents':['SYSTEM_COMPONENTS','STORAGE','HPA','POD','DAEMONSET','DEPLOYMENT','STATEFULSET','CADVISOR','KUBELET','DCGM',"
	 "'JOBSET']}"},
	{"monitoringConfig.managedPrometheusConfig", "{'enabled':true}"},
	{"monitoringConfig.advancedDatapathObservabilityConfig", "{}"},
	{"networkConfig.serviceExternalIpsConfig", "{}"},
	{"networkConfig.defaultSnatStatus", "{}"},
	{"notificationConfig.pubsub", "{}"},
	{"securityPostureConfig.mode", "'BASIC'"},
	{"securityPostureConfig.vulnerabilityMode", "'VULNERABILITY_MODE_UNSPECIFIED'"},
	{"nodePoolAutoConfig.nodeKubeletConfig.insecureKubeletReadonlyPortEnabled", "false"},
	{"nodePoolDefaults.nodeConfigDefaults.loggingConfig", "{'variantConfig':{'variant':'DEFAULT'}}"},
	{"nodePoolDefaults.nodeConfigDefaults.nodeKubeletConfig.insecureKubeletReadonlyPortEnabled", "false"},
	{"podAutoscaling.hpaProfile", "'PERFORMANCE'"},
	{"rbacBindingConfig.enableInsecureBindingSystemAuthenticated", "true"},
	{"rbacBindingConfig.enableInsecureBindingSystemUnauthenticated", "true"},
	{"enterpriseConfig", "{'clusterTier':'STANDARD'}"},
	{"userManagedKeysConfig", "{}"},
	{"anonymousAuthenticationConfig.mode", "'LIMITED'"},
	{"controlPlaneEgress.mode", "'VIA_CONTROL_PLANE'"},
	{"nodeCreationConfig.nodeCreationMode", "'VIA_KUBELET'"},
	{"binaryAuthorization", "{}"},
	{"autopilot", "{}"},
	{"beta:master", "{}"},
	{"beta:privateCluster", "true"},
	{"beta:protectConfig",
	 "{'workloadConfig':{'auditMode':'BASIC'},'workloadVulnerabilityMode':'WORKLOAD_VULNERABILITY_MODE_UNSPECIFIED'}"},
	{NULL, NULL},
};

/* Not the client's to choose: the dashboard is gone; a new cluster has the persistent disk driver, which only an update takes away. */
static const struct container_default cluster_fixed[] = {
	{"addonsConfig.kubernetesDashboard", "{'disabled':true}"},
	{"addonsConfig.gcePersistentDiskCsiDriverConfig", "{'enabled':true}"},
	{NULL, NULL},
};

static const struct container_default autopilot_fixed[] = {
	{"verticalPodAutoscaling", "{'enabled':true}"},
	{"networkConfig.datapathProvider", "'ADVANCED_DATAPATH'"},
	{"networkConfig.dnsConfig", "{'clusterDns':'CLOUD_DNS','clusterDnsScope':'CLUSTER_SCOPE','clusterDnsDomain':'cluster.local'}"},
	{"networkConfig.gatewayApiConfig", "{'channel':'CHANNEL_STANDARD'}"},
	{"autoscaling.enableNodeAutoprovisioning", "true"},
	{"autoscaling.autoscalingProfile", "'OPTIMIZE_UTILIZATION'"},
	{"autoscaling.resourceLimits",
	 "[{'resourceType':'cpu','maximum':'1000000000'},{'resourceType':'memory','maximum':'1000000000'}]"},
	{"addonsConfig.horizontalPodAutoscaling", "{}"},
	{"addonsConfig.httpLoadBalancing", "{}"},
	{"addonsConfig.gcpFilestoreCsiDriverConfig", "{'enabled':true}"},
	{"addonsConfig.gcsFuseCsiDriverConfig", "{'enabled':true}"},
	{"addonsConfig.dnsCacheConfig", "{'enabled':true}"},
	{NULL, NULL},
};

static const struct container_default autopilot_defaults[] = {
	{"autoscaling.autoprovisioningNodePoolDefaults.oauthScopes", "[" CONTAINER_SCOPES "]"},
	{"autoscaling.autoprovisioningNodePoolDefaults.upgradeSettings", "{'maxSurge':1,'strategy':'SURGE'}"},
	{NULL, NULL},
};

static const struct container_default autoprovisioned_defaults[] = {
	{"autoscaling.autoprovisioningNodePoolDefaults.oauthScopes",
	 "['https://www.googleapis.com/auth/userinfo.email','https://www.googleapis.com/auth/cloud-platform']"},
	{"autoscaling.autoprovisioningNodePoolDefaults.upgradeSettings.strategy", "'SURGE'"},
	{NULL, NULL},
};

static const struct container_default autoscaling_defaults[] = {
	{"autoscaling.autoscalingProfile", "'BALANCED'"},
	{"autoscaling.autoprovisioningNodePoolDefaults.imageType", "'COS_CONTAINERD'"},
	{"autoscaling.autoprovisioningNodePoolDefaults.management", "{'autoRepair':true,'autoUpgrade':true}"},
	{"autoscaling.autoprovisioningNodePoolDefaults.oauthScopes", "[" CONTAINER_SCOPES "]"},
	{"autoscaling.autoprovisioningNodePoolDefaults.serviceAccount", "'default'"},
	{NULL, NULL},
};

void container_fill(cJSON *doc, const struct container_default *rows, bool force)
{
	for (; rows->path; rows++)
		if (force || !json_at(doc, rows->path))
			json_put(doc, rows->path, json_make(rows->value));
}

/* Fields of protocol buffers that have presence, so that false and "" are shown. */
static bool has_presence(const char *name)
{
	static const char *const told[] = {"allowExternalTraffic", "enableK8sCertsViaDns", "enableK8sTokensViaDns", "enablePublicEndpoint",
					   "insecureKubeletReadonlyPortEnabled", "enablePrivateNodes", "defaultEnablePrivateNodes", "cpuCfsQuota",
					   "gcpPublicCidrsAccessEnabled", "enableNestedVirtualization", "enableRelay",
					   "enableInsecureBindingSystemAuthenticated", "enableInsecureBindingSystemUnauthenticated",
					   "disableL4LbFirewallReconciliation", "enableCiliumClusterwideNetworkPolicy"};
	for (size_t i = 0; name && i < sizeof told / sizeof *told; i++)
		if (!strcmp(name, told[i]))
			return true;
	return false;
}

static bool is_nothing(const cJSON *v)
{
	return cJSON_IsFalse(v) || cJSON_IsNull(v) || (cJSON_IsNumber(v) && v->valuedouble == 0) || (cJSON_IsArray(v) && !v->child) ||
	       (cJSON_IsString(v) && (!*v->valuestring || !strcmp(v->valuestring, "AUTH_NONE")));
}

/* Maps: whatever a client puts there is theirs. */
static bool is_map(const char *name)
{
	static const char *const maps[] = {"resourceLabels", "labels", "metadata", "sysctls"};
	for (size_t i = 0; name && i < sizeof maps / sizeof *maps; i++)
		if (!strcmp(name, maps[i]))
			return true;
	return false;
}

void container_prune(cJSON *node)
{
	for (cJSON *child = node->child, *next; child; child = next) {
		next = child->next;
		/* ipEndpointsConfig.enabled is the one of its name that has presence. */
		bool told = has_presence(child->string) || (child->string && !strcmp(child->string, "enabled") && node->string &&
							    !strcmp(node->string, "ipEndpointsConfig"));
		if (!told && !cJSON_IsArray(node) && is_nothing(child))
			cJSON_Delete(cJSON_DetachItemViaPointer(node, child));
		else if (!is_map(child->string))
			container_prune(child);
	}
}

const char *container_version(const char *given, const char *channel)
{
	size_t len = strlen(given);
	if (!len || !strcmp(given, "latest") || !strcmp(given, "-")) {
		for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
			if (!strcmp(channel, channels[i].channel))
				return channels[i].version;
		return channels[0].version;
	}
	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
		if (!strncmp(channels[i].version, given, len) && (!channels[i].version[len] || strchr(".-", channels[i].version[len])))
			return channels[i].version;
	return NULL;
}

cJSON *container_server_config(void)
{
	cJSON *all = cJSON_CreateArray(), *each = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
		const char *v = channels[i].version;
		cJSON_AddItemToArray(all, cJSON_CreateString(v));
		cJSON_AddItemToArray(each, json_make("{'channel':%s,'defaultVersion':%s,'validVersions':[%s]}", channels[i].channel, v, v));
	}
	return json_make("{'defaultClusterVersion':%s,'defaultImageType':'COS_CONTAINERD','validImageTypes':['COS_CONTAINERD','UBUNTU_CONTAINERD'],"
			 "'validMasterVersions':%j,'validNodeVersions':%j,'channels':%j}",
			 channels[0].version, cJSON_Duplicate(all, true), all, each);
}

static bool has_scope(const cJSON *scopes, const char *name)
{
	const cJSON *s;
	cJSON_ArrayForEach(s, scopes) {
		const char *at = strstr(s->valuestring, "/auth/");
		if (at && (text_starts(at + 6, name) || !strcmp(at + 6, "cloud-platform")))
			return true;
	}
	return false;
}

/* Where logging and monitoring are on "their required scopes will be added" (discovery, NodeConfig.oauthScopes). */
void container_scopes(const cJSON *cluster_doc, cJSON *scopes)
{
	static const struct {
		const char *service, *name, *scope;
	} needed[] = {{"loggingService", "logging", "https://www.googleapis.com/auth/logging.write"},
		      {"monitoringService", "monitoring", "https://www.googleapis.com/auth/monitoring"}};
	for (size_t i = 0; scopes && i < 2; i++)
		if (strcmp(json_str(cluster_doc, needed[i].service, ""), "none") && !has_scope(scopes, needed[i].name))
			cJSON_AddItemToArray(scopes, cJSON_CreateString(needed[i].scope));
}

static void drop_empty(cJSON *doc, const char *path)
{
	if (json_at(doc, path) && !json_at(doc, path)->child)
		json_drop(doc, path);
}

void container_settle_autoscaling(cJSON *doc)
{
	static const char own[] = "autoscaling.autoprovisioningNodePoolDefaults";
	bool on = json_bool(doc, "autoscaling.enableNodeAutoprovisioning", false);
	if (json_bool(doc, "autopilot.enabled", false))
		container_fill(doc, autopilot_defaults, false);
	if (on)
		container_fill(doc, autoprovisioned_defaults, false);
	container_fill(doc, autoscaling_defaults, false);
	cJSON *defaults = json_at(doc, own);
	if (on)
		container_scopes(doc, json_at(defaults, "oauthScopes"));
	if (!strcmp(json_str(defaults, "minCpuPlatform", ""), "automatic"))
		json_drop(defaults, "minCpuPlatform");
	drop_empty(defaults, "upgradeSettings.blueGreenSettings");
}

static bool lists(const cJSON *components, const char *name)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, components)
		if (!strcmp(one->valuestring, name))
			return true;
	return false;
}

/* A service is "none" exactly where its components are none; the telemetry of beta clients sums both up. */
void container_settle_telemetry(cJSON *doc)
{
	static const char logs[] = "loggingConfig.componentConfig.enableComponents", metrics[] = "monitoringConfig.componentConfig.enableComponents";
	if (!json_at(doc, "loggingConfig.componentConfig"))
		json_put(doc, "loggingConfig.componentConfig",
			 json_make(strcmp(json_str(doc, "loggingService", ""), "none") ? "{'enableComponents':['SYSTEM_COMPONENTS','WORKLOADS']}" : "{}"));
	json_put_str(doc, "loggingService", json_at(doc, logs) ? "logging.googleapis.com/kubernetes" : "none");
	json_put_str(doc, "monitoringService", lists(json_at(doc, metrics), "SYSTEM_COMPONENTS") ? "monitoring.googleapis.com/kubernetes" : "none");
	bool none = !json_at(doc, logs) && !lists(json_at(doc, metrics), "SYSTEM_COMPONENTS");
	json_put_str(doc, "beta:clusterTelemetry.type",
		     none ? "DISABLED" : lists(json_at(doc, logs), "WORKLOADS") ? "ENABLED" : "SYSTEM_ONLY");
}

void container_log_service(cJSON *doc, const char *service)
{
	json_put_str(doc, "loggingService", service);
	json_drop(doc, "loggingConfig.componentConfig");
	container_settle_telemetry(doc);
}

/* Without the service only the control plane's own components stay, all three of them or none. */
void container_monitor_service(cJSON *doc, const char *service)
{
	static const char path[] = "monitoringConfig.componentConfig";
	static const char *const plane[] = {"APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"};
	cJSON *old = json_at(doc, "monitoringConfig.componentConfig.enableComponents"), *kept = cJSON_CreateArray();
	bool any = false, on = strcmp(service, "none") != 0;
	for (size_t i = 0; i < 3; i++)
		any = any || lists(old, plane[i]);
	if (on)
		cJSON_AddItemToArray(kept, cJSON_CreateString("SYSTEM_COMPONENTS"));
	for (size_t i = 0; i < 3 && any; i++)
		cJSON_AddItemToArray(kept, cJSON_CreateString(plane[i]));
	if (kept->child) {
		json_put(doc, path, json_make("{'enableComponents':%j}", kept));
	} else {
		cJSON_Delete(kept);
		json_put(doc, path, cJSON_CreateObject());
	}
	container_settle_telemetry(doc);
}

/* Encryption covers all objects today, whichever state a client asks for; a key that is given up can still decrypt. */
void container_encrypt(cJSON *doc, const cJSON *wanted)
{
	bool on = strcmp(json_str(wanted, "state", "DECRYPTED"), "DECRYPTED") != 0;
	char *old = xstrdup(json_str(doc, "databaseEncryption.keyName", ""));
	json_put(doc, "databaseEncryption", cJSON_Duplicate(wanted, true));
	json_put_str(doc, "databaseEncryption.state", on ? "ALL_OBJECTS_ENCRYPTION_ENABLED" : "DECRYPTED");
	json_put_str(doc, "databaseEncryption.currentState", on ? "CURRENT_STATE_ALL_OBJECTS_ENCRYPTION_ENABLED" : "CURRENT_STATE_DECRYPTED");
	if (*old && strcmp(old, json_str(doc, "databaseEncryption.keyName", "")))
		json_put(doc, "databaseEncryption.decryptionKeys", json_make("[%s]", old));
	free(old);
}

/* A daily window lasts four hours; an exclusion of no scope is of all upgrades. */
void container_settle_maintenance(cJSON *doc)
{
	cJSON *window = json_at(doc, "maintenancePolicy.window"), *x;
	if (json_at(window, "dailyMaintenanceWindow"))
		json_put_str(window, "dailyMaintenanceWindow.duration", "PT4H0M0S");
	cJSON_ArrayForEach(x, json_at(doc, "maintenancePolicy.window.maintenanceExclusions"))
		if (!json_at(x, "maintenanceExclusionOptions"))
			json_put(x, "maintenanceExclusionOptions", cJSON_CreateObject());
	drop_empty(doc, "maintenancePolicy.window");
}

static void identify(struct sim_call *c, cJSON *doc)
{
	static const struct {
		const char *path;
		int digits;
	} drawn[] = {{"labelFingerprint", 8}, {"maintenancePolicy.resourceVersion", 8}, {"etag", 32}, {"id", 64}};
	for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
		char *hex = sim_hex(c->sim, drawn[i].digits);
		json_put_str(doc, drawn[i].path, hex);
		free(hex);
	}
	char *now = sim_time(c->sim, 0);
	json_put_str(doc, "createTime", now);
	json_put_str(doc, "status", "PROVISIONING");
	free(now);
}

void container_settle_cluster(struct sim_call *c, cJSON *doc)
{
	bool autopilot = json_bool(doc, "autopilot.enabled", false);
	const char *version = container_version(json_str(doc, "initialClusterVersion", ""), json_str(doc, "releaseChannel.channel", ""));
	char *pool = xasprintf("%s.svc.id.goog", c->project);
	container_prune(doc);
	drop_empty(doc, "networkPolicy");
	container_settle_maintenance(doc);
	container_fill(doc, cluster_fixed, true);
	if (autopilot) {
		container_fill(doc, autopilot_fixed, true);
		json_put_str(doc, "workloadIdentityConfig.workloadPool", pool);
	}
	container_fill(doc, cluster_defaults, false);
	json_put_str(doc, "initialClusterVersion", version);
	json_put_str(doc, "currentMasterVersion", version);
	json_put_str(doc, "currentNodeVersion", version);
	if (!strcmp(json_str(doc, "monitoringService", ""), "none"))
		container_monitor_service(doc, "none");
	container_settle_telemetry(doc);
	container_settle_autoscaling(doc);
	cJSON *wanted = cJSON_Duplicate(json_at(doc, "databaseEncryption"), true);
	container_encrypt(doc, wanted);
	cJSON_Delete(wanted);
	if (json_at(doc, "addonsConfig.cloudRunConfig") && !json_at(doc, "addonsConfig.cloudRunConfig.loadBalancerType"))
		json_put_str(doc, "addonsConfig.cloudRunConfig.loadBalancerType", "LOAD_BALANCER_TYPE_EXTERNAL");
	if (json_bool(doc, "confidentialNodes.enabled", false) && !json_at(doc, "confidentialNodes.confidentialInstanceType"))
		json_put_str(doc, "confidentialNodes.confidentialInstanceType", "SEV");
	if (json_at(doc, "workloadIdentityConfig.workloadPool")) {
		char *provider = xasprintf(CONTAINER_BASE "projects/%s/locations/%s/clusters/%s", c->project, json_str(doc, "location", ""),
					   json_str(doc, "name", ""));
		json_put_str(doc, "workloadIdentityConfig.beta:identityNamespace", json_str(doc, "workloadIdentityConfig.workloadPool", ""));
		json_put_str(doc, "workloadIdentityConfig.beta:identityProvider", provider);
		free(provider);
	}
	identify(c, doc);
	free(pool);
}
