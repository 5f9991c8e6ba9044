/* What Google Kubernetes Engine fills in for a cluster, what it leaves out, and its versions. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *channel, *version;
} channels[] = {{"REGULAR", "1.35.6-gke.1250000"}, {"RAPID", "1.36.0-gke.3302004"}, {"STABLE", "1.34.8-gke.1390000"}};

TABLE_OF(filled_in, "container_defaults.tbl", 3);

void container_fill(cJSON *doc, const char *group, bool force)
{
	for (size_t i = table_row(&filled_in, group);
	     i < table_rows(&filled_in) && !strcmp(table_cell(&filled_in, i, 0), group); i++)
		if (force || !json_at(doc, table_cell(&filled_in, i, 1)))
			json_put(doc, table_cell(&filled_in, i, 1), json_make(table_cell(&filled_in, i, 2)));
}

/* Fields of protocol buffers that have presence, so that false and "" are shown. */
static bool has_presence(const char *name)
{
	static const char *const told[] = {"allowExternalTraffic",
					   "enableK8sCertsViaDns",
					   "enableK8sTokensViaDns",
					   "enablePublicEndpoint",
					   "insecureKubeletReadonlyPortEnabled",
					   "enablePrivateNodes",
					   "defaultEnablePrivateNodes",
					   "cpuCfsQuota",
					   "gcpPublicCidrsAccessEnabled",
					   "enableNestedVirtualization",
					   "enableRelay",
					   "enableInsecureBindingSystemAuthenticated",
					   "enableInsecureBindingSystemUnauthenticated",
					   "disableL4LbFirewallReconciliation",
					   "enableCiliumClusterwideNetworkPolicy"};
	for (size_t i = 0; name && i < sizeof told / sizeof *told; i++)
		if (!strcmp(name, told[i]))
			return true;
	return false;
}

static bool is_nothing(const cJSON *v)
{
	return cJSON_IsFalse(v) || cJSON_IsNull(v) || (cJSON_IsNumber(v) && v->valuedouble == 0) ||
	       (cJSON_IsArray(v) && !v->child) ||
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
		bool told = has_presence(child->string) || (child->string && !strcmp(child->string, "enabled") &&
							    node->string && !strcmp(node->string, "ipEndpointsConfig"));
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
		if (!strncmp(channels[i].version, given, len) &&
		    (!channels[i].version[len] || strchr(".-", channels[i].version[len])))
			return channels[i].version;
	return NULL;
}

cJSON *container_server_config(void)
{
	cJSON *all = cJSON_CreateArray(), *each = cJSON_CreateArray();
	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
		const char *v = channels[i].version;
		cJSON_AddItemToArray(all, cJSON_CreateString(v));
		cJSON_AddItemToArray(
		    each, json_make("{'channel':%s,'defaultVersion':%s,'validVersions':[%s]}", channels[i].channel, v, v));
	}
	return json_make("{'defaultClusterVersion':%s,'defaultImageType':'COS_CONTAINERD','validImageTypes':['COS_CONTAINERD','"
			 "UBUNTU_CONTAINERD'],"
			 "'validMasterVersions':%j,'validNodeVersions':%j,'channels':%j}",
			 channels[0].version, cJSON_Duplicate(all, true), all, each);
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
	json_put_str(doc, "createTime", sim_stamp(c->sim, 0));
	json_put_str(doc, "status", "PROVISIONING");
}

void container_settle_cluster(struct sim_call *c, cJSON *doc)
{
	bool autopilot = json_bool(doc, "autopilot.enabled", false);
	const char *version = container_version(json_str(doc, "initialClusterVersion", ""),
						json_str(doc, "releaseChannel.channel", ""));
	const char *pool = sim_tmp("%s.svc.id.goog", c->project);
	container_prune(doc);
	if (json_at(doc, "networkPolicy") && !json_at(doc, "networkPolicy")->child)
		json_drop(doc, "networkPolicy");
	container_settle_maintenance(doc);
	container_fill(doc, "cluster, whatever is asked", true);
	if (autopilot) {
		container_fill(doc, "Autopilot, whatever is asked", true);
		json_put_str(doc, "workloadIdentityConfig.workloadPool", pool);
	}
	if (!strcmp(json_str(doc, "monitoringService", ""), "none") && !json_at(doc, "monitoringConfig.componentConfig"))
		json_put(doc, "monitoringConfig.componentConfig", cJSON_CreateObject());
	container_fill(doc, "cluster", false);
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
		const char *provider = sim_tmp(CONTAINER_BASE "projects/%s/locations/%s/clusters/%s", c->project,
					       json_str(doc, "location", ""), json_str(doc, "name", ""));
		json_put_str(doc, "workloadIdentityConfig.beta:identityNamespace",
			     json_str(doc, "workloadIdentityConfig.workloadPool", ""));
		json_put_str(doc, "workloadIdentityConfig.beta:identityProvider", provider);
	}
	identify(c, doc);
}
