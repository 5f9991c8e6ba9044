/* The nodes of Google Kubernetes Engine's pools: what is filled in for them, and the instance groups behind them. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"
#include "sim/api/iam.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SANDBOX "sandbox.gke.io/runtime"

/* How many images a node pulls at once goes by how fast the disk is that they are put on. */
static void settle_pulls(cJSON *pool)
{
	static const char *const local[] = {"config.ephemeralStorageLocalSsdConfig", "config.ephemeralStorageConfig",
					    "config.localNvmeSsdBlockConfig"};
	bool fast = json_num(pool, "config.localSsdCount", 0) > 0;
	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		fast = fast || json_num(json_at(pool, local[i]), "localSsdCount", 0) > 0;
	if (fast && !json_at(pool, "config.kubeletConfig.maxParallelImagePulls"))
		json_put_num(pool, "config.kubeletConfig.maxParallelImagePulls", 3);
}

/* Machines of the newest families have no persistent disks. */
static const char *disk_type(const char *machine)
{
	static const char *const families[] = {"n4-", "n4d-", "n4a-", "c4-", "c4a-", "c4d-", "m4-", "x4-", "z4", "a4-", "h4d-"};
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (text_starts(machine, families[i]))
			return "hyperdisk-balanced";
	return "pd-balanced";
}

static void settle_disk(cJSON *config)
{
	char size[16];
	if (json_at(config, "bootDisk.diskType"))
		json_put_str(config, "diskType", json_str(config, "bootDisk.diskType", ""));
	if (json_at(config, "bootDisk.sizeGb"))
		json_put_num(config, "diskSizeGb", (double)json_int64(config, "bootDisk.sizeGb", 100));
	if (!json_at(config, "diskType"))
		json_put_str(config, "diskType", disk_type(json_str(config, "machineType", "")));
	snprintf(size, sizeof size, "%d", (int)json_num(config, "diskSizeGb", 100));
	json_put_str(config, "bootDisk.diskType", json_str(config, "diskType", ""));
	json_put_str(config, "bootDisk.sizeGb", size);
}

/* "gke-1356-gke1250000-cos-..." of "1.35.6-gke.1250000". */
static void settle_image(cJSON *pool)
{
	struct buf b = {0};
	buf_puts(&b, "gke-");
	for (const char *p = json_str(pool, "version", ""); *p; p++)
		if (isalnum((unsigned char)*p) || *p == '-')
			buf_putc(&b, *p);
	buf_printf(&b, "-%s",
		   text_starts(json_str(pool, "config.imageType", ""), "UBUNTU") ? "ubuntu-2404-noble"
										 : "cos-125-19216-395-109-c-pre");
	json_put(pool, "config.nodeImageConfig", json_make("{'image':%s,'imageProject':'gke-node-images'}", buf_text(&b)));
	buf_free(&b);
}

/* Each node gets a block with twice as many addresses as pods. */
static int block_size(const cJSON *pool)
{
	int bits = 32;
	for (long long need = 2 * json_int64(pool, "maxPodsConstraint.maxPodsPerNode", 110); need > 1LL << (32 - bits);)
		bits--;
	return bits;
}

static void settle_scaling(cJSON *pool)
{
	bool spot = json_bool(pool, "config.spot", false);
	if (json_bool(pool, "autoscaling.enabled", false) && !json_at(pool, "autoscaling.locationPolicy"))
		json_put_str(pool, "autoscaling.locationPolicy", spot ? "ANY" : "BALANCED");
	if (!json_at(pool, "upgradeSettings.strategy"))
		json_put_str(pool, "upgradeSettings.strategy", "SURGE");
	const char *model = spot                                           ? "spot"
			    : json_bool(pool, "config.preemptible", false) ? "preemptible"
			    : json_bool(pool, "config.flexStart", false)   ? "flex-start"
									   : "on-demand";
	json_put_str(pool, "config.resourceLabels.goog-gke-node-pool-provisioning-model", model);
}

static void settle_metadata(const cJSON *cluster_doc, cJSON *pool)
{
	if (json_at(cluster_doc, "workloadIdentityConfig.workloadPool") && !json_at(pool, "config.workloadMetadataConfig"))
		json_put_str(pool, "config.workloadMetadataConfig.mode", "GKE_METADATA");
	const char *mode = json_str(pool, "config.workloadMetadataConfig.mode", "");
	if (*mode)
		json_put_str(pool, "config.workloadMetadataConfig.beta:nodeMetadata",
			     strcmp(mode, "GKE_METADATA") ? "EXPOSE" : "GKE_METADATA_SERVER");
}

/* Nodes of GKE Sandbox keep away the pods that do not ask for it. */
static void settle_sandbox(cJSON *pool)
{
	cJSON *config = json_at(pool, "config"), *taint;
	if (strcasecmp(json_str(config, "sandboxConfig.type", json_str(config, "sandboxConfig.sandboxType", "")), "gvisor"))
		return;
	cJSON_ArrayForEach(taint, json_at(config, "taints"))
		if (!strcmp(json_str(taint, "key", ""), SANDBOX))
			return;
	if (!json_at(config, "taints"))
		json_put(config, "taints", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(config, "taints"),
			     json_make("{'key':'" SANDBOX "','value':'gvisor','effect':'NO_SCHEDULE'}"));
	if (!json_at(config, "labels"))
		json_put(config, "labels", cJSON_CreateObject());
	cJSON_DeleteItemFromObjectCaseSensitive(json_at(config, "labels"), SANDBOX);
	cJSON_AddStringToObject(json_at(config, "labels"), SANDBOX, "gvisor");
}

void container_settle_nodes(const cJSON *cluster_doc, cJSON *pool)
{
	container_prune(pool);
	if (json_bool(pool, "queuedProvisioning.enabled", false))
		container_fill(pool, "queued nodes", false);
	else
		json_drop(pool, "queuedProvisioning");
	settle_pulls(pool);
	container_fill(pool, "node pool", false);
	container_scopes(cluster_doc, json_at(pool, "config.oauthScopes"));
	settle_disk(json_at(pool, "config"));
	settle_image(pool);
	settle_scaling(pool);
	settle_metadata(cluster_doc, pool);
	settle_sandbox(pool);
	json_put_num(pool, "podIpv4CidrSize", block_size(pool));
	if (json_bool(pool, "config.confidentialNodes.enabled", false) &&
	    !json_at(pool, "config.confidentialNodes.confidentialInstanceType"))
		json_put_str(pool, "config.confidentialNodes.confidentialInstanceType", "SEV");
	if (json_bool(cluster_doc, "networkConfig.defaultEnablePrivateNodes", false) &&
	    !json_at(pool, "networkConfig.enablePrivateNodes"))
		json_put_bool(pool, "networkConfig.enablePrivateNodes", true);
}

/* Of a default account the project's own is meant, which can be gone or disabled. Whoever asks for nodes must be allowed to act as theirs. */
static bool check_account(struct sim_call *c, const cJSON *pool)
{
	const char *said = json_str(pool, "config.serviceAccount", "default");
	const char *email = strcmp(said, "default")
				? said
				: sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(c->sim, c->project));
	const struct sim_object *o = sim_account(c->sim, email);
	if (!sim_account_exists(c->sim, email, false))
		sim_fail(
		    c, "INVALID_ARGUMENT", "badRequest",
		    "Service account \"%s\" does not exist. failed to check status for \"%s\"; Verify if principal exists.",
		    email, email);
	else if (!sim_may_act_as(c, email))
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "The user does not have access to service account \"%s\". Ask a project owner to grant you the "
			 "iam.serviceAccountUser role on the service account.",
			 said);
	else if (o && json_bool(o->doc, "disabled", false))
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Service account %s is disabled.", email);
	else
		return true;
	return false;
}

/* Tags of the resource manager are not simulated: there is no key that the agent could use. */
static bool check_tags(struct sim_call *c, const cJSON *pool)
{
	const cJSON *tags = json_at(pool, "config.resourceManagerTags.tags");
	if (!tags || !tags->child)
		return true;
	sim_fail(c, "PERMISSION_DENIED", "forbidden",
		 "Permission denied: for service-%s@container-engine-robot.iam.gserviceaccount.com on TagKey \"%s\" (or it may "
		 "not exist).",
		 sim_project_number(c->sim, c->project), tags->child->string);
	return false;
}

static bool check_name(struct sim_call *c, const struct sim_object *cluster, const char *name)
{
	size_t len = strlen(name);
	if (!len || len > 40 || name[0] < 'a' || name[0] > 'z' || name[len - 1] == '-' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "Invalid value for field \"node_pool.name\": \"%s\". Must be a match of regex "
			 "'(?:[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?)'.",
			 name);
		return false;
	}
	if (cluster && container_find_pool(cluster->doc, name)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "Already exists: node pool \"%s\".", name);
		return false;
	}
	return true;
}

/* In every zone that the pool, or else the cluster, is in. */
static bool machine_there(struct sim_call *c, const cJSON *cluster, const cJSON *pool, const char *machine)
{
	const cJSON *own = json_at(pool, "locations"), *zones = own && own->child ? own : json_at(cluster, "locations"), *zone;
	const char *missing = compute_machine_cpus(machine) ? NULL : json_str(cluster, "locations.0", "");
	cJSON_ArrayForEach(zone, zones)
		if (!missing && cJSON_IsString(zone) && !compute_machine_in(machine, zone->valuestring))
			missing = zone->valuestring;
	const char *why = missing ? sim_tmp("Machine type with name \"%s\" does not exist in zone \"%s\".", machine, missing)
				  : compute_machine_refused(machine);
	if (why)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "%s", why);
	return !why;
}

static bool check(struct sim_call *c, const struct sim_object *cluster, const cJSON *cluster_doc, const cJSON *pool)
{
	const char *machine = json_str(pool, "config.machineType", "e2-medium"), *version = json_str(pool, "version", "");
	if (!check_name(c, cluster, json_str(pool, "name", "")))
		return false;
	if (!machine_there(c, cluster_doc, pool, machine))
		return false;
	if (*version && !container_version(version, "")) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Node version \"%s\" is unsupported.", version);
		return false;
	}
	char region[40];
	snprintf(region, sizeof region, "%.39s", json_str(cluster_doc, "location", ""));
	if (compute_zone_known(region))
		compute_zone_region(json_str(cluster_doc, "location", ""), region);
	return container_pool_ok(c, cluster_doc, pool, region) && check_account(c, pool) && check_tags(c, pool);
}

static void settle_place(struct sim_call *c, const cJSON *cluster_doc, cJSON *pool)
{
	static const struct {
		const char *path, *from;
	} taken[] = {{"networkConfig.podRange", "ipAllocationPolicy.clusterSecondaryRangeName"},
		     {"networkConfig.podIpv4CidrBlock", "ipAllocationPolicy.clusterIpv4Cidr"},
		     {"networkConfig.subnetwork", "networkConfig.subnetwork"}};
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (!*json_str(pool, taken[i].path, ""))
			json_put_str(pool, taken[i].path, json_str(cluster_doc, taken[i].from, ""));
	const char *subnet = compute_path(c->sim, c->project, json_str(pool, "networkConfig.subnetwork", ""));
	if (subnet)
		json_put_str(pool, "networkConfig.subnetwork", subnet);
	if (!json_at(pool, "locations"))
		json_put(pool, "locations", cJSON_Duplicate(json_at(cluster_doc, "locations"), true));
}

bool container_settle_pool(struct sim_call *c, const struct sim_object *cluster, cJSON *cluster_doc, cJSON *pool)
{
	char until[40];
	if (!check(c, cluster, cluster_doc, pool))
		return false;
	const char *version = json_str(pool, "version", "");
	json_put_str(pool, "version",
		     *version ? container_version(version, "") : json_str(cluster_doc, "currentMasterVersion", ""));
	settle_place(c, cluster_doc, pool);
	container_settle_nodes(cluster_doc, pool);
	json_put_str(pool, "status", "PROVISIONING");
	json_put_str(pool, "kubeletCertInfo.tpmBootstrapCertExpireTime",
		     text_rfc3339(sim_wall(c->sim) + 5 * 365 * 86400.0, 0, until));
	char etag[37];
	const char *self = sim_tmp("%s/nodePools/%s", json_str(cluster_doc, "selfLink", ""), json_str(pool, "name", ""));
	sim_uuid(c->sim, etag);
	json_put_str(pool, "etag", etag);
	json_put_str(pool, "selfLink", self);
	return true;
}

/* Why no such machines can be had in the zone, for the caller to free; NULL when they can. */
static char *shortage(struct sim *s, const char *project, const char *zone, const cJSON *pool, const char **code)
{
	char region[40];
	int per_zone = (int)json_num(pool, "initialNodeCount", 0),
	    cpus = compute_machine_cpus(json_str(pool, "config.machineType", "e2-medium"));
	compute_zone_region(zone, region);
	double limit = compute_quota_limit(s, project, "CPUS", region);
	char *none = compute_stockout(s, project, zone);
	if (none) {
		char *why = xasprintf("Google Compute Engine: %s", none);
		*code = "GCE_STOCKOUT";
		free(none);
		return why;
	}
	if (compute_quota_usage(s, project, "CPUS", region) + per_zone * cpus > limit) {
		*code = "GCE_QUOTA_EXCEEDED";
		return xasprintf("Google Compute Engine: Quota 'CPUS' exceeded.  Limit: %.1f in region %s.", limit, region);
	}
	return NULL;
}

/* A node of the pool as a machine. */
static cJSON *machine(struct sim *s, const char *project, const char *zone, const cJSON *cluster_doc, const cJSON *pool)
{
	const char *name = json_str(cluster_doc, "name", ""), *type = json_str(pool, "config.machineType", "e2-medium"),
		   *email = json_str(pool, "config.serviceAccount", "default");
	bool hidden = json_bool(pool, "networkConfig.enablePrivateNodes",
				json_bool(cluster_doc, "networkConfig.defaultEnablePrivateNodes", false));
	const char *own = sim_tmp("%s-compute@developer.gserviceaccount.com", sim_project_number(s, project)),
		   *tag = sim_tmp("gke-%s-%.8s-node", name, json_str(cluster_doc, "id", ""));
	char size[16], ip[16];
	const char *link = sim_tmp(COMPUTE_BASE "projects/%s/zones/%s/machineTypes/%s", project, zone, type);
	snprintf(size, sizeof size, "%d", (int)json_num(pool, "config.diskSizeGb", 100));
	cJSON *doc = json_make("{'machineType':%s,'status':'RUNNING','canIpForward':false,'deletionProtection':false,'"
			       "startRestricted':false,'cpuPlatform':'Intel Broadwell',"
			       "'labels':{'goog-gke-node':'','goog-gke-cluster-id-base32':%s,'goog-k8s-cluster-name':%s,'goog-"
			       "k8s-cluster-location':%s,"
			       "'goog-k8s-node-pool-name':%s},'tags':{'items':[%s]},'metadata':{'kind':'compute#metadata','"
			       "items':[{'key':'cluster-name','value':%s},"
			       "{'key':'cluster-location','value':%s}]},'serviceAccounts':[{'email':%s,'scopes':%j}],'"
			       "scheduling':{'automaticRestart':true,"
			       "'onHostMaintenance':'MIGRATE','preemptible':false,'provisioningModel':'STANDARD'},'"
			       "shieldedInstanceConfig':{'enableSecureBoot':%b,"
			       "'enableVtpm':true,'enableIntegrityMonitoring':true},'networkInterfaces':[{'kind':'compute#"
			       "networkInterface','name':'nic0','stackType':'IPV4_ONLY'}],"
			       "'disks':[{'kind':'compute#attachedDisk','type':'PERSISTENT','mode':'READ_WRITE','index':0,'"
			       "boot':true,'autoDelete':true,'interface':'SCSI',"
			       "'diskSizeGb':%s}]}",
			       link, json_str(cluster_doc, "id", ""), name, json_str(cluster_doc, "location", ""),
			       json_str(pool, "name", ""), tag, name, json_str(cluster_doc, "location", ""),
			       strcmp(email, "default") ? email : own,
			       cJSON_Duplicate(json_at(pool, "config.oauthScopes"), true),
			       json_bool(pool, "config.shieldedInstanceConfig.enableSecureBoot", false), size);
	if (!hidden) {
		ip4_text(34u << 24 | (sim_random(s) & 0xffffff), ip);
		json_put(doc, "networkInterfaces.0.accessConfigs",
			 json_make("[{'kind':'compute#accessConfig','type':'ONE_TO_ONE_NAT','name':'external-nat','natIP':%s,"
				   "'networkTier':'PREMIUM'}]",
				   ip));
	}
	return doc;
}

/* How many characters of its name a cluster or a pool has in its machines' names: 16 of 32, and what the other does not need. */
static int share(const char *name, const char *other)
{
	size_t left = strlen(other) < 16 ? 32 - strlen(other) : 16;
	return (int)(strlen(name) < left ? strlen(name) : left);
}

static void add_group(struct sim *s, const char *project, const cJSON *cluster_doc, const cJSON *pool, const char *zone,
		      cJSON *groups)
{
	char *hex = sim_hex(s, 8);
	const char *account = sim_tmp("%s@cloudservices.gserviceaccount.com", sim_project_number(s, project));
	const char *network = compute_link(json_str(cluster_doc, "networkConfig.network", ""));
	const char *subnet = compute_link(json_str(pool, "networkConfig.subnetwork", ""));
	const char *cluster = json_str(cluster_doc, "name", ""), *own = json_str(pool, "name", "");
	const char *base = sim_tmp("gke-%.*s-%.*s-%s", share(cluster, own), cluster, share(own, cluster), own, hex);
	struct sim_object *m = network_manager_add(s, project, zone, base, (int)json_num(pool, "initialNodeCount", 0), network,
						   subnet, account, machine(s, project, zone, cluster_doc, pool));
	json_put_str(m->doc, "beta:serviceAccount",
		     sim_tmp("service-%s@container-engine-robot.iam.gserviceaccount.com", sim_project_number(s, project)));
	if (json_bool(pool, "queuedProvisioning.enabled", false))
		json_put_str(m->doc, "instanceLifecyclePolicy.defaultActionOnFailure", "DO_NOTHING");
	cJSON_AddItemToArray(groups, cJSON_CreateString(json_str(m->doc, "selfLink", "")));
	free(hex);
}

void container_relocate(struct sim *s, const struct sim_object *cluster, cJSON *pool)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9);
	cJSON *groups = json_at(pool, "instanceGroupUrls"), *kept = cJSON_CreateArray(), *gone = cJSON_CreateObject();
	const cJSON *zone;
	cJSON_ArrayForEach(zone, json_at(pool, "locations")) {
		const char *part = sim_tmp("/zones/%s/", zone->valuestring);
		cJSON *one = groups ? groups->child : NULL;
		while (one && !strstr(one->valuestring, part))
			one = one->next;
		if (one)
			cJSON_AddItemToArray(kept, cJSON_DetachItemViaPointer(groups, one));
		else
			add_group(s, project, cluster->doc, pool, zone->valuestring, kept);
	}
	json_put(gone, "instanceGroupUrls", cJSON_Duplicate(groups, true));
	container_drop_pool(s, gone);
	json_put(pool, "instanceGroupUrls", kept);
	cJSON_Delete(gone);
}

char *container_provision(struct sim *s, struct sim_object *cluster, cJSON *pool, const char **code)
{
	const cJSON *zone;
	char *why = NULL;
	const char *project = sim_tmp("%.*s", (int)strcspn(cluster->key + 9, "/"), cluster->key + 9);
	cJSON *groups = cJSON_CreateArray();
	cJSON_ArrayForEach(zone, json_at(pool, "locations")) {
		why = shortage(s, project, zone->valuestring, pool, code);
		if (why)
			break;
		add_group(s, project, cluster->doc, pool, zone->valuestring, groups);
	}
	sim_put_list(pool, "instanceGroupUrls", groups);
	json_put_str(pool, "status", why ? "ERROR" : "RUNNING");
	if (why)
		json_put_str(pool, "statusMessage", why);
	return why;
}

void container_drop_pool(struct sim *s, const cJSON *pool)
{
	const cJSON *g;
	cJSON_ArrayForEach(g, json_at(pool, "instanceGroupUrls")) {
		const char *path = compute_path(s, "-", g->valuestring);
		if (path)
			network_manager_remove(s, path);
	}
}
