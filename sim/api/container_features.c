/* Features of a cluster that are told in more than one way: node auto-provisioning, logging and monitoring, encryption, maintenance. */
#include "config.h"

#include "sim/api/container.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

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
		container_fill(doc, "Autopilot", false);
	if (on)
		container_fill(doc, "auto-provisioning", false);
	container_fill(doc, "autoscaling", false);
	cJSON *defaults = json_at(doc, own);
	if (on)
		container_scopes(doc, json_at(defaults, "oauthScopes"));
	if (!strcmp(json_str(defaults, "minCpuPlatform", ""), "automatic"))
		json_drop(defaults, "minCpuPlatform");
	drop_empty(defaults, "upgradeSettings.blueGreenSettings");
}

/* A service is "none" exactly where its components are none; the telemetry of beta clients sums both up. */
void container_settle_telemetry(cJSON *doc)
{
	static const char logs[] = "loggingConfig.componentConfig.enableComponents",
			  metrics[] = "monitoringConfig.componentConfig.enableComponents";
	if (!json_at(doc, "loggingConfig.componentConfig"))
		json_put(doc, "loggingConfig.componentConfig",
			 json_make(strcmp(json_str(doc, "loggingService", ""), "none")
				       ? "{'enableComponents':['SYSTEM_COMPONENTS','WORKLOADS']}"
				       : "{}"));
	json_put_str(doc, "loggingService", json_at(doc, logs) ? "logging.googleapis.com/kubernetes" : "none");
	json_put_str(doc, "monitoringService",
		     json_lists(json_at(doc, metrics), "SYSTEM_COMPONENTS") ? "monitoring.googleapis.com/kubernetes" : "none");
	bool none = !json_at(doc, logs) && !json_lists(json_at(doc, metrics), "SYSTEM_COMPONENTS");
	json_put(doc, "beta:clusterTelemetry",
		 json_make("{'type':%s}", none                                          ? "DISABLED"
					  : json_lists(json_at(doc, logs), "WORKLOADS") ? "ENABLED"
											: "SYSTEM_ONLY"));
}

void container_log_service(cJSON *doc, const char *service)
{
	json_put_str(doc, "loggingService", service);
	json_drop(doc, "loggingConfig.componentConfig");
	container_settle_telemetry(doc);
}

/* The service is SYSTEM_COMPONENTS, the first of the list; the control plane's own components stand there all three of them or none. */
void container_monitor_service(cJSON *doc, const char *service)
{
	static const char path[] = "monitoringConfig.componentConfig";
	static const char *const plane[] = {"APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"};
	const cJSON *old = json_at(doc, "monitoringConfig.componentConfig.enableComponents"), *one;
	cJSON *kept = cJSON_CreateArray();
	bool planes = false;
	if (strcmp(service, "none"))
		cJSON_AddItemToArray(kept, cJSON_CreateString("SYSTEM_COMPONENTS"));
	cJSON_ArrayForEach(one, old) {
		bool is_plane = false;
		for (size_t i = 0; i < 3; i++)
			is_plane = is_plane || !strcmp(one->valuestring, plane[i]);
		for (size_t i = 0; i < 3 && is_plane && !planes; i++)
			cJSON_AddItemToArray(kept, cJSON_CreateString(plane[i]));
		planes = planes || is_plane;
		if (!is_plane && strcmp(one->valuestring, "SYSTEM_COMPONENTS"))
			cJSON_AddItemToArray(kept, cJSON_CreateString(one->valuestring));
	}
	if (kept->child) {
		json_put(doc, path, json_make("{'enableComponents':%j}", kept));
	} else {
		cJSON_Delete(kept);
		json_put(doc, path, cJSON_CreateObject());
	}
	container_settle_telemetry(doc);
}

/* The key has to be in the cluster's region, and GKE's agent allowed to use it (kubernetes-engine/docs/how-to/encrypting-secrets); the words are ours. */
bool container_key_ok(struct sim_call *c, const cJSON *wanted, const char *region)
{
	const char *key = json_str(wanted, "keyName", "");
	const char *agent = sim_tmp("service-%s@container-engine-robot.iam.gserviceaccount.com",
				    sim_project_number(c->sim, c->project));
	if (!strcmp(json_str(wanted, "state", "DECRYPTED"), "DECRYPTED"))
		return true;
	if (strcmp(sim_kms_location(key), region)) {
		sim_fail(
		    c, "INVALID_ARGUMENT", "badRequest",
		    "Cloud KMS key \"%s\" is not usable for the database encryption: its location must be the cluster's, %s.",
		    key, region);
		return false;
	}
	if (sim_kms_usable(c->sim, key, agent))
		return true;
	sim_fail(
	    c, "INVALID_ARGUMENT", "badRequest",
	    "Cloud KMS key \"%s\" is not usable for the database encryption: it must exist, be enabled, and let %s encrypt "
	    "and decrypt.",
	    key, agent);
	return false;
}

/* Encryption covers all objects today, whichever state a client asks for; a key that is given up can still decrypt. */
void container_encrypt(cJSON *doc, const cJSON *wanted)
{
	bool on = strcmp(json_str(wanted, "state", "DECRYPTED"), "DECRYPTED") != 0;
	const char *old = sim_tmp("%s", json_str(doc, "databaseEncryption.keyName", ""));
	json_put(doc, "databaseEncryption", cJSON_Duplicate(wanted, true));
	json_put_str(doc, "databaseEncryption.state", on ? "ALL_OBJECTS_ENCRYPTION_ENABLED" : "DECRYPTED");
	json_put_str(doc, "databaseEncryption.currentState",
		     on ? "CURRENT_STATE_ALL_OBJECTS_ENCRYPTION_ENABLED" : "CURRENT_STATE_DECRYPTED");
	if (*old && strcmp(old, json_str(doc, "databaseEncryption.keyName", "")))
		json_put(doc, "databaseEncryption.decryptionKeys", json_make("[%s]", old));
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
