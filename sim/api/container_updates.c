/* Changes to a cluster: UpdateCluster's desired fields, and the older methods that each set one thing. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "sim/core/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One change: what is desired, of the cluster, in one call. False when answered. */
typedef bool change(struct sim_call *c, struct sim_object *o, const cJSON *v);

/* Each member of the message that is given replaces the cluster's own. */
static void put_members(cJSON *doc, const char *path, const cJSON *given)
{
	const cJSON *m;
	if (!json_at(doc, path))
		json_put(doc, path, cJSON_CreateObject());
	cJSON_ArrayForEach(m, given)
		json_put(json_at(doc, path), m->string, cJSON_Duplicate(m, true));
}

static bool set_addons(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	put_members(o->doc, "addonsConfig", v);
	if (json_at(o->doc, "addonsConfig.cloudRunConfig") && !json_at(o->doc, "addonsConfig.cloudRunConfig.loadBalancerType"))
		json_put_str(o->doc, "addonsConfig.cloudRunConfig.loadBalancerType", "LOAD_BALANCER_TYPE_EXTERNAL");
	return true;
}

static bool set_autoscaling(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	json_put(o->doc, "autoscaling", cJSON_Duplicate(v, true));
	container_settle_autoscaling(o->doc);
	return true;
}

static bool set_logging(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	put_members(o->doc, "loggingConfig", v);
	container_settle_telemetry(o->doc);
	return true;
}

static bool set_monitoring(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	put_members(o->doc, "monitoringConfig", v);
	container_settle_telemetry(o->doc);
	return true;
}

static bool set_log_service(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	container_log_service(o->doc, v->valuestring);
	return true;
}

static bool set_monitor_service(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	container_monitor_service(o->doc, v->valuestring);
	return true;
}

static bool set_encryption(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	const char *place = json_str(o->doc, "location", "");
	char region[40];
	if (!container_key_ok(c, v, compute_zone_known(place) ? compute_zone_region(place, region) : place))
		return false;
	container_encrypt(o->doc, v);
	return true;
}

static bool set_endpoints(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	static const char networks[] = "ipEndpointsConfig.authorizedNetworksConfig";
	(void)c;
	cJSON *doc = json_at(o->doc, "controlPlaneEndpointsConfig");
	if (json_at(v, networks))
		json_drop(doc, networks);
	sim_merge_patch(doc, v);
	return true;
}

static bool set_authorized(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	json_put(o->doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.authorizedNetworksConfig", cJSON_Duplicate(v, true));
	return true;
}

static bool set_private_endpoint(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	json_put_bool(o->doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.enablePublicEndpoint", !cJSON_IsTrue(v));
	return true;
}

static bool set_private_cluster(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	if (json_at(v, "enablePrivateEndpoint"))
		json_put_bool(o->doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.enablePublicEndpoint",
			      !json_bool(v, "enablePrivateEndpoint", false));
	if (json_at(v, "masterGlobalAccessConfig"))
		json_put_bool(o->doc, "controlPlaneEndpointsConfig.ipEndpointsConfig.globalAccess",
			      json_bool(v, "masterGlobalAccessConfig.enabled", false));
	return true;
}

static bool set_ip_ranges(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	(void)c;
	json_drop(o->doc, "ipAllocationPolicy.additionalIpRangesConfigs");
	if (json_at(v, "additionalIpRangesConfigs"))
		json_put(o->doc, "ipAllocationPolicy.additionalIpRangesConfigs",
			 cJSON_Duplicate(json_at(v, "additionalIpRangesConfigs"), true));
	return true;
}

static bool set_workload_pool(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	const char *pool = json_str(v, "workloadPool", "");
	const char *own = sim_tmp("%s.svc.id.goog", c->project);
	bool good = !*pool || !strcmp(pool, own);
	if (!good)
		sim_fail(c, "INVALID_ARGUMENT", "badRequest",
			 "Currently, the only supported workload pool for workload identity is \"%s\".", own);
	else if (*pool)
		put_members(o->doc, "workloadIdentityConfig", v);
	else
		json_drop(o->doc, "workloadIdentityConfig");
	return good;
}

static bool set_master_version(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	const char *full = container_version(v->valuestring, json_str(o->doc, "releaseChannel.channel", ""));
	if (full)
		json_put_str(o->doc, "currentMasterVersion", full);
	else
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Master version \"%s\" is unsupported.", v->valuestring);
	return full != NULL;
}

/* Members of the pool that the update names, or of its only one. */
static cJSON *meant_pool(struct sim_call *c, const struct sim_object *o)
{
	const char *name = json_str(c->body, "update.desiredNodePoolId", "");
	cJSON *only = json_at(o->doc, "nodePools.0");
	if (*name)
		return container_pool(c, o, name);
	if (only && !only->next)
		return only;
	sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Node pool id must be specified.");
	return NULL;
}

static bool set_pool(struct sim_call *c, struct sim_object *o, const char *path, cJSON *value)
{
	cJSON *pool = meant_pool(c, o);
	if (!pool) {
		cJSON_Delete(value);
		return false;
	}
	json_put(pool, path, value);
	container_settle_nodes(o->doc, pool);
	return true;
}

static bool set_pool_autoscaling(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	return set_pool(c, o, "autoscaling", cJSON_Duplicate(v, true));
}

static bool set_image_type(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	return set_pool(c, o, "config.imageType", cJSON_Duplicate(v, true));
}

static bool set_node_version(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	bool same = !strcmp(v->valuestring, "-") || !*v->valuestring;
	const char *full = same ? json_str(o->doc, "currentMasterVersion", "") : container_version(v->valuestring, "");
	if (!full) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Node version \"%s\" is unsupported.", v->valuestring);
		return false;
	}
	if (!set_pool(c, o, "version", cJSON_CreateString(full)))
		return false;
	json_put_str(o->doc, "currentNodeVersion", full);
	return true;
}

/* All pools follow the cluster. */
static bool set_locations(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	const cJSON *zone;
	cJSON *pool;
	cJSON_ArrayForEach(zone, v)
		if (!compute_zone_known(zone->valuestring)) {
			sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Location \"%s\" does not exist.", zone->valuestring);
			return false;
		}
	json_put(o->doc, "locations", cJSON_Duplicate(v, true));
	cJSON_ArrayForEach(pool, json_at(o->doc, "nodePools")) {
		json_put(pool, "locations", cJSON_Duplicate(v, true));
		container_relocate(c->sim, o, pool);
	}
	return true;
}

/* What replaces more than a field; the others are in the table, or go from "desiredReleaseChannel" to "releaseChannel". */
static const struct row {
	const char *desired;
	change *apply;
} rows[] = {
    {"desiredAdditionalIpRangesConfig", set_ip_ranges},
    {"desiredAddonsConfig", set_addons},
    {"desiredClusterAutoscaling", set_autoscaling},
    {"desiredControlPlaneEndpointsConfig", set_endpoints},
    {"desiredDatabaseEncryption", set_encryption},
    {"desiredEnablePrivateEndpoint", set_private_endpoint},
    {"desiredImageType", set_image_type},
    {"desiredLocations", set_locations},
    {"desiredLoggingConfig", set_logging},
    {"desiredLoggingService", set_log_service},
    {"desiredMasterAuthorizedNetworksConfig", set_authorized},
    {"desiredMasterVersion", set_master_version},
    {"desiredMonitoringConfig", set_monitoring},
    {"desiredMonitoringService", set_monitor_service},
    {"desiredNodePoolAutoscaling", set_pool_autoscaling},
    {"desiredNodeVersion", set_node_version},
    {"desiredPrivateClusterConfig", set_private_cluster},
    {"desiredWorkloadIdentityConfig", set_workload_pool},
};
TABLE_OF(replaced, "container_updates.tbl", 2);

/* Those that say something about the update, or are nobody's to keep. */
static bool is_aside(const char *name)
{
	static const char *const names[] = {"desiredNodePoolId", "etag", "desiredImage", "desiredImageProject",
					    "removedAdditionalPodRangesConfig"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool apply_one(struct sim_call *c, struct sim_object *o, const cJSON *v)
{
	char own[112];
	const struct row *r = NULL;
	const char *mark = text_starts(v->string, "beta:") ? "beta:" : "", *name = v->string + strlen(mark);
	if (is_aside(name))
		return true;
	for (size_t i = 0; i < sizeof rows / sizeof *rows && !r; i++)
		r = strcmp(name, rows[i].desired) ? NULL : &rows[i];
	if (r)
		return r->apply(c, o, v);
	size_t in_table = table_row(&replaced, name);
	if (text_starts(name, "desired"))
		name += 7;
	if (!*name)
		return true;
	snprintf(own, sizeof own, "%s%c%s", mark, *name | 32, name + 1);
	/* What v1 knows is not a beta client's to set by another name. */
	if (!*mark || !json_at(o->doc, own + strlen(mark)))
		json_put(o->doc, in_table < table_rows(&replaced) ? table_cell(&replaced, in_table, 1) : own,
			 cJSON_Duplicate(v, true));
	return true;
}

static void touch(struct sim_call *c, struct sim_object *o)
{
	char *etag = sim_hex(c->sim, 32);
	json_put_str(o->doc, "etag", etag);
	free(etag);
}

/* Applies it to the cluster and begins the operation. A change that fails half way leaves the cluster as it was. */
static void apply(struct sim_call *c, struct sim_object *o, const cJSON *update, const char *type, const char *pool)
{
	cJSON *before = cJSON_Duplicate(o->doc, true), *v;
	cJSON_ArrayForEach(v, update)
		if (!apply_one(c, o, v)) {
			cJSON_Delete(o->doc);
			o->doc = before;
			return;
		}
	cJSON_Delete(before);
	container_show_endpoints(o->doc, o->hidden);
	container_prune(o->doc);
	container_sum(o->doc);
	touch(c, o);
	container_begin(c, o, type, pool, sim_draw(c->sim, "container.cluster.update"), pool ? json_make("{'nodes':0}") : NULL,
			NULL);
}

static void cluster_update(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	cJSON *u = c->body ? json_at(c->body, "update") : NULL;
	if (!o)
		return;
	if (!u || !u->child) {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Must specify a field to update.");
		return;
	}
	cJSON *given = cJSON_Duplicate(u, true), *v;
	/* The root's own fields have presence: "desiredDefaultEnablePrivateNodes": false says something. */
	cJSON_ArrayForEach(v, given)
		container_prune(v);
	const char *pool = json_str(u, "desiredNodePoolId", NULL);
	bool nodes = json_at(u, "desiredNodeVersion") || json_at(u, "desiredImageType");
	apply(c, o, given,
	      json_at(u, "desiredMasterVersion") ? "UPGRADE_MASTER"
	      : nodes                            ? "UPGRADE_NODES"
						 : "UPDATE_CLUSTER",
	      pool);
	cJSON_Delete(given);
}

/* The older methods: the field of their body, and what it stands for. */
static const struct setter {
	const char *method, *field, *desired;
} setters[] = {
    {"addons", "addonsConfig", "desiredAddonsConfig"},
    {"setAddons", "addonsConfig", "desiredAddonsConfig"},
    {"legacyAbac", "enabled", "legacyAbac"},
    {"setLegacyAbac", "enabled", "legacyAbac"},
    {"locations", "locations", "desiredLocations"},
    {"setLocations", "locations", "desiredLocations"},
    {"logging", "loggingService", "desiredLoggingService"},
    {"setLogging", "loggingService", "desiredLoggingService"},
    {"master", "masterVersion", "desiredMasterVersion"},
    {"updateMaster", "masterVersion", "desiredMasterVersion"},
    {"monitoring", "monitoringService", "desiredMonitoringService"},
    {"setMonitoring", "monitoringService", "desiredMonitoringService"},
    {"setNetworkPolicy", "networkPolicy", "networkPolicy"},
};

static void set_one(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	const char *method = strrchr(c->id, '.') + 1;
	const struct setter *s = setters;
	if (!o)
		return;
	while (strcmp(s->method, method))
		s++;
	bool flag = !strcmp(s->field, "enabled");
	cJSON *v = flag ? json_make("{'enabled':%b}", json_bool(c->body, "enabled", false))
			: cJSON_Duplicate(json_at(c->body, s->field), true);
	cJSON *update = cJSON_CreateObject();
	if (v) {
		container_prune(v);
		cJSON_AddItemToObject(update, s->desired, v);
		apply(c, o, update, !strcmp(s->field, "masterVersion") ? "UPGRADE_MASTER" : "UPDATE_CLUSTER", NULL);
	} else {
		sim_fail(c, "INVALID_ARGUMENT", "badRequest", "Must specify a field to update.");
	}
	cJSON_Delete(update);
}

static void set_labels(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o)
		return;
	if (strcmp(json_str(c->body, "labelFingerprint", ""), json_str(o->doc, "labelFingerprint", "-"))) {
		sim_fail(c, "FAILED_PRECONDITION", "failedPrecondition",
			 "Labels could not be set due to fingerprint mismatch.");
		return;
	}
	char *print = sim_hex(c->sim, 8);
	json_drop(o->doc, "resourceLabels");
	if (json_at(c->body, "resourceLabels"))
		json_put(o->doc, "resourceLabels", cJSON_Duplicate(json_at(c->body, "resourceLabels"), true));
	json_put_str(o->doc, "labelFingerprint", print);
	free(print);
	touch(c, o);
	container_begin(c, o, "UPDATE_CLUSTER", NULL, sim_draw(c->sim, "container.cluster.update"), NULL, NULL);
}

/* A window is kept with its length; the policy changes only for those who have read the last one. */
static void set_maintenance(struct sim_call *c)
{
	struct sim_object *o = container_cluster(c, true);
	if (!o)
		return;
	const char *version = json_str(c->body, "maintenancePolicy.resourceVersion", "");
	if (*version && strcmp(version, json_str(o->doc, "maintenancePolicy.resourceVersion", ""))) {
		sim_fail(c, "FAILED_PRECONDITION", "failedPrecondition",
			 "Maintenance policy could not be set due to resource version mismatch.");
		return;
	}
	char *fresh = sim_hex(c->sim, 8);
	json_put(o->doc, "maintenancePolicy",
		 json_at(c->body, "maintenancePolicy") ? cJSON_Duplicate(json_at(c->body, "maintenancePolicy"), true)
						       : cJSON_CreateObject());
	json_put_str(o->doc, "maintenancePolicy.resourceVersion", fresh);
	container_settle_maintenance(o->doc);
	free(fresh);
	touch(c, o);
	container_begin(c, o, "UPDATE_CLUSTER", NULL, sim_draw(c->sim, "container.cluster.update"), NULL, NULL);
}

#define SETTER(method)                                                                                                         \
	{                                                                                                                      \
		"container.projects." method, set_one, "container.clusters.update", NULL                                       \
	}

static const struct sim_route routes[] = {
    {"container.projects.locations.clusters.update", cluster_update, "container.clusters.update", NULL},
    {"container.projects.zones.clusters.update", cluster_update, "container.clusters.update", NULL},
    {"container.projects.locations.clusters.setResourceLabels", set_labels, "container.clusters.update", NULL},
    {"container.projects.zones.clusters.resourceLabels", set_labels, "container.clusters.update", NULL},
    {"container.projects.locations.clusters.setMaintenancePolicy", set_maintenance, "container.clusters.update", NULL},
    {"container.projects.zones.clusters.setMaintenancePolicy", set_maintenance, "container.clusters.update", NULL},
    SETTER("locations.clusters.setAddons"),
    SETTER("locations.clusters.setLegacyAbac"),
    SETTER("locations.clusters.setLocations"),
    SETTER("locations.clusters.setLogging"),
    SETTER("locations.clusters.setMonitoring"),
    SETTER("locations.clusters.setNetworkPolicy"),
    SETTER("locations.clusters.updateMaster"),
    SETTER("zones.clusters.addons"),
    SETTER("zones.clusters.legacyAbac"),
    SETTER("zones.clusters.locations"),
    SETTER("zones.clusters.logging"),
    SETTER("zones.clusters.master"),
    SETTER("zones.clusters.monitoring"),
    SETTER("zones.clusters.setNetworkPolicy"),
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_container_updates = {
    .name = "container", .service = "container.googleapis.com", .errors = SIM_ERRORS_BOTH, .routes = routes};
