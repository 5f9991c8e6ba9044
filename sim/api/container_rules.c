/* What Google Kubernetes Engine refuses of a cluster or a node pool before it makes anything: things that exclude one another, and values that are none. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"

#include "base/json.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DISK_LEAST = 10, PODS_LEAST = 8, PODS_MOST = 256, AUTHORIZED_MOST = 100 };

__attribute__((format(printf, 2, 3))) static bool refuse(struct sim_call *c, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	sim_fail(c, "INVALID_ARGUMENT", "badRequest", "%s", text);
	return false;
}

static bool is_among(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (!strcasecmp(*list, word))
			return true;
	return false;
}

/* Node pools. --------------------------------------------------------------------------------------------------------------- */

static bool disk_ok(struct sim_call *c, const cJSON *pool)
{
	static const char *const boots[] = {"pd-standard", "pd-balanced", "pd-ssd", "hyperdisk-balanced", NULL};
	const char *type = json_str(pool, "config.diskType", "pd-balanced");
	double size = json_num(pool, "config.diskSizeGb", 0);
	if (!is_among(boots, type))
		return refuse(c, "Disk type \"%s\" is not supported.", type);
	return size == 0 || size >= DISK_LEAST || refuse(c, "Disk size must be at least %d GB.", DISK_LEAST);
}

static bool places_ok(struct sim_call *c, const cJSON *locations, const char *region, const char *what)
{
	char own[40];
	const cJSON *zone;
	cJSON_ArrayForEach(zone, locations) {
		const char *name = cJSON_IsString(zone) ? zone->valuestring : "";
		if (!compute_zone_known(name) || strcmp(compute_zone_region(name, own), region))
			return refuse(c, "%s: location \"%s\" is not a zone of region \"%s\".", what, name, region);
	}
	return true;
}

static bool scaling_ok(struct sim_call *c, const cJSON *pool)
{
	const cJSON *s = json_at(pool, "autoscaling");
	static const char *const bounds[][2] = {{"minNodeCount", "maxNodeCount"}, {"totalMinNodeCount", "totalMaxNodeCount"}};
	for (size_t i = 0; json_bool(s, "enabled", false) && i < 2; i++)
		if (json_num(s, bounds[i][0], 0) > json_num(s, bounds[i][1], 1e9))
			return refuse(c, "Autoscaling: the minimum node count must not be larger than the maximum node count.");
	double pods = strtod(json_str(pool, "maxPodsConstraint.maxPodsPerNode", "110"), NULL);
	return (pods >= PODS_LEAST && pods <= PODS_MOST) ||
	       refuse(c, "The maximum number of pods per node must be between %d and %d.", PODS_LEAST, PODS_MOST);
}

static bool scopes_ok(struct sim_call *c, const cJSON *pool)
{
	const cJSON *scope;
	cJSON_ArrayForEach(scope, json_at(pool, "config.oauthScopes"))
		if (!text_starts(cJSON_IsString(scope) ? scope->valuestring : "", "https://"))
			return refuse(c, "Invalid OAuth scope \"%s\".", cJSON_IsString(scope) ? scope->valuestring : "");
	return true;
}

/* Whoever follows a channel has the nodes upgraded. */
static bool upgrades_ok(struct sim_call *c, const cJSON *cluster, const cJSON *pool)
{
	const char *channel = json_str(cluster, "releaseChannel.channel", "UNSPECIFIED");
	return !strcmp(channel, "UNSPECIFIED") || json_bool(pool, "management.autoUpgrade", true) ||
	       refuse(c, "Auto_upgrade cannot be false when release_channel %s is set.", channel);
}

bool container_pool_ok(struct sim_call *c, const cJSON *cluster, const cJSON *pool, const char *region)
{
	static const char *const images[] = {"COS_CONTAINERD",         "UBUNTU_CONTAINERD", "WINDOWS_LTSC_CONTAINERD",
					     "WINDOWS_SAC_CONTAINERD", "CUSTOM_CONTAINERD", NULL};
	const char *machine = json_str(pool, "config.machineType", ""), *image = json_str(pool, "config.imageType", *images),
		   *mode = json_str(pool, "config.workloadMetadataConfig.mode", "");
	if (!strcmp(machine, "f1-micro"))
		return refuse(c, "F1-micro machines are not supported due to insufficient memory.");
	if (*image && !is_among(images, image))
		return refuse(c, "Image type \"%s\" is not supported.", image);
	if (!strcmp(mode, "GKE_METADATA") && !*json_str(cluster, "workloadIdentityConfig.workloadPool", ""))
		return refuse(c,
			      "Workload metadata mode GKE_METADATA requires Workload Identity to be enabled on the cluster.");
	return upgrades_ok(c, cluster, pool) && disk_ok(c, pool) &&
	       places_ok(c, json_at(pool, "locations"), region, "node_pool.locations") && scaling_ok(c, pool) &&
	       scopes_ok(c, pool);
}

/* Clusters. ----------------------------------------------------------------------------------------------------------------- */

static bool pools_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *pools = json_at(doc, "nodePools"), *pool;
	if (!json_at(pools, "0") ||
	    json_bool(doc, "autopilot.enabled", false)) /* Autopilot passes over what is said of nodes */
		return true;
	if (json_num(doc, "initialNodeCount", 0) > 0)
		return refuse(c, "Cluster.initial_node_count and Cluster.node_pools cannot be set together.");
	if (json_at(doc, "nodeConfig.machineType"))
		return refuse(c, "Cluster.node_config and Cluster.node_pools cannot be set together.");
	cJSON_ArrayForEach(pool, pools) {
		if (!upgrades_ok(c, doc, pool)) /* what is false is not kept */
			return false;
		for (const cJSON *other = pools->child; other != pool; other = other->next)
			if (!strcmp(json_str(other, "name", ""), json_str(pool, "name", "")))
				return refuse(c, "Node pool name \"%s\" is not unique.", json_str(pool, "name", ""));
	}
	return true;
}

static bool identity_ok(struct sim_call *c, const cJSON *doc)
{
	const char *pool = json_str(doc, "workloadIdentityConfig.workloadPool", ""),
		   *own = sim_tmp("%s.svc.id.goog", c->project);
	bool none = !*pool && !json_bool(doc, "autopilot.enabled", false);
	if (*pool && strcmp(pool, own))
		return refuse(c, "Currently, the only supported identity namespace is the project's default: \"%s\".", own);
	if (none && json_bool(doc, "addonsConfig.configConnectorConfig.enabled", false))
		return refuse(c, "Config Connector requires Workload Identity to be enabled on the cluster.");
	if (*json_str(doc, "masterAuth.username", "") || *json_str(doc, "masterAuth.password", ""))
		return refuse(c, "Basic authentication was removed for GKE cluster versions >= 1.19.");
	return true;
}

static bool authorized_ok(struct sim_call *c, const cJSON *list)
{
	const cJSON *block;
	struct ip4_range r;
	if (cJSON_GetArraySize(list) > AUTHORIZED_MOST)
		return refuse(c, "At most %d authorized networks may be specified.", AUTHORIZED_MOST);
	cJSON_ArrayForEach(block, list)
		if (!ip4_range_parse(json_str(block, "cidrBlock", ""), &r))
			return refuse(c, "Invalid authorized network \"%s\": it is not a CIDR block.",
				      json_str(block, "cidrBlock", ""));
	return true;
}

/* What Autopilot decides by itself cannot be decided otherwise. */
static bool autopilot_ok(struct sim_call *c, const cJSON *doc)
{
	static const char *const addons[][2] = {{"httpLoadBalancing", "http-load-balancing"},
						{"horizontalPodAutoscaling", "horizontal-pod-autoscaling"}};
	if (!json_bool(doc, "autopilot.enabled", false))
		return true;
	for (size_t i = 0; i < 2; i++)
		if (json_bool(doc, sim_tmp("addonsConfig.%s.disabled", addons[i][0]), false))
			return refuse(c, "Addons {\"%s\"} are required to be enabled for Autopilot clusters.", addons[i][1]);
	if (!strcmp(json_str(doc, "networkConfig.datapathProvider", ""), "LEGACY_DATAPATH"))
		return refuse(c, "Autopilot clusters must use the datapath provider ADVANCED_DATAPATH.");
	if (json_bool(doc, "ipAllocationPolicy.useRoutes", false))
		return refuse(c, "Autopilot clusters must be VPC-native clusters.");
	if (!json_bool(doc, "shieldedNodes.enabled", true))
		return refuse(c, "Shielded nodes are required to be enabled for Autopilot clusters.");
	if (json_bool(doc, "legacyAbac.enabled", false))
		return refuse(c, "Legacy authorization is not supported for Autopilot clusters.");
	if (json_bool(doc, "masterAuth.clientCertificateConfig.issueClientCertificate", false))
		return refuse(c, "Client certificates are not supported for Autopilot clusters.");
	return true;
}

static bool datapath_ok(struct sim_call *c, const cJSON *doc)
{
	bool advanced = json_bool(doc, "autopilot.enabled", false) ||
			!strcmp(json_str(doc, "networkConfig.datapathProvider", ""), "ADVANCED_DATAPATH");
	return !advanced || !json_bool(doc, "networkPolicy.enabled", false) ||
	       refuse(c, "Enabling NetworkPolicy for clusters with DatapathProvider=ADVANCED_DATAPATH is not allowed.");
}

bool container_cluster_ok(struct sim_call *c, const cJSON *doc, const struct container_place *p)
{
	static const char *const lists[] = {
	    "masterAuthorizedNetworksConfig.cidrBlocks",
	    "controlPlaneEndpointsConfig.ipEndpointsConfig.authorizedNetworksConfig.cidrBlocks"};
	char region[40];
	snprintf(region, sizeof region, "%.39s", p->location);
	if (p->zonal)
		compute_zone_region(p->location, region);
	const cJSON *places = json_at(doc, "locations");
	if (p->zonal && json_at(places, "0") && !json_lists(places, p->location))
		return refuse(c, "Cluster.locations must contain the cluster's own zone \"%s\".", p->location);
	for (size_t i = 0; i < 2; i++)
		if (!authorized_ok(c, json_at(doc, lists[i])))
			return false;
	return compute_labels_ok(c, json_at(doc, "resourceLabels")) && places_ok(c, places, region, "cluster.locations") &&
	       pools_ok(c, doc) && identity_ok(c, doc) && datapath_ok(c, doc) && autopilot_ok(c, doc);
}
