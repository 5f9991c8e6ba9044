/* The rules and defaults of a Cloud SQL instance: editions and tiers, backups and their logs, addresses, certificates, labels. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"
#include "sim/api/sql.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct version {
	const char *name, *installed, *shown, *next, *next_shown;
} versions[] = {
    {"POSTGRES_9_6", "POSTGRES_9_6_24", "PostgreSQL 9.6", "POSTGRES_10", "PostgreSQL 10"},
    {"POSTGRES_10", "POSTGRES_10_23", "PostgreSQL 10", "POSTGRES_11", "PostgreSQL 11"},
    {"POSTGRES_11", "POSTGRES_11_22", "PostgreSQL 11", "POSTGRES_12", "PostgreSQL 12"},
    {"POSTGRES_12", "POSTGRES_12_22", "PostgreSQL 12", "POSTGRES_13", "PostgreSQL 13"},
    {"POSTGRES_13", "POSTGRES_13_22", "PostgreSQL 13", "POSTGRES_14", "PostgreSQL 14"},
    {"POSTGRES_14", "POSTGRES_14_19", "PostgreSQL 14", "POSTGRES_15", "PostgreSQL 15"},
    {"POSTGRES_15", "POSTGRES_15_14", "PostgreSQL 15", "POSTGRES_16", "PostgreSQL 16"},
    {"POSTGRES_16", "POSTGRES_16_10", "PostgreSQL 16", "POSTGRES_17", "PostgreSQL 17"},
    {"POSTGRES_17", "POSTGRES_17_6", "PostgreSQL 17", "POSTGRES_18", "PostgreSQL 18"},
    {"POSTGRES_18", "POSTGRES_18_1", "PostgreSQL 18", NULL, NULL},
    {"MYSQL_5_6", "MYSQL_5_6_51", "MySQL 5.6", "MYSQL_5_7", "MySQL 5.7"},
    {"MYSQL_5_7", "MYSQL_5_7_44", "MySQL 5.7", "MYSQL_8_0", "MySQL 8.0"},
    {"MYSQL_8_0", "MYSQL_8_0_41", "MySQL 8.0", "MYSQL_8_4", "MySQL 8.4"},
    {"MYSQL_8_4", "MYSQL_8_4_5", "MySQL 8.4", NULL, NULL},
};

static const struct version *version_of(const char *name)
{
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (!strcmp(versions[i].name, name))
			return &versions[i];
	return NULL;
}

static bool postgres(const cJSON *doc)
{
	return text_starts(json_str(doc, "databaseVersion", ""), "POSTGRES");
}

static bool plus(const cJSON *doc)
{
	return !strcmp(json_str(doc, "settings.edition", ""), "ENTERPRISE_PLUS");
}

/* Editions and tiers. ---------------------------------------------------------------------------------------------------- */
static bool check_custom(struct sim_call *c, const char *tier)
{
	int cpus, memory, used = 0;
	if (sscanf(tier, "db-custom-%d-%d%n", &cpus, &memory, &used) != 2 || tier[used])
		return sql_invalid(c, "Invalid tier: %s.", tier);
	if (cpus < 1 || cpus > 96 || (cpus > 1 && cpus % 2))
		return sql_invalid(
		    c, "Incorrect custom machine type: %s. The number of vCPUs must be 1 or an even number between 2 and 96.",
		    tier);
	if (memory % 256 || memory < 3840 || memory > cpus * 6656 || memory * 10 < cpus * 9216)
		return sql_invalid(c,
				   "Incorrect custom machine type: %s. Memory must be a multiple of 256 MB, at least 3.75 GB, "
				   "and between 0.9 and "
				   "6.5 GB per vCPU.",
				   tier);
	return true;
}

static bool check_tier(struct sim_call *c, const cJSON *doc)
{
	const char *tier = json_str(doc, "settings.tier", ""), *edition = json_str(doc, "settings.edition", "");
	bool optimized = text_starts(tier, "db-perf-optimized-N-"), custom = text_starts(tier, "db-custom-");
	bool shared = !strcmp(tier, "db-f1-micro") || !strcmp(tier, "db-g1-small");
	if (!*tier)
		return (sim_fail(c, "INVALID_ARGUMENT", "invalid", "Missing parameter: Tier."), false);
	if (!optimized && !custom && !shared && !text_starts(tier, "db-n1-"))
		return sql_invalid(c, "Invalid Tier (%s) for (%s) Edition.", tier, edition);
	if (plus(doc) && !optimized)
		return sql_invalid(c,
				   "Invalid Tier (%s) for (%s) Edition. Use a predefined Tier like db-perf-optimized-N-* "
				   "instead. Learn more at "
				   "https://cloud.google.com/sql/docs/postgres/create-instance#machine-types",
				   tier, edition);
	if (!plus(doc) && optimized)
		return sql_invalid(
		    c,
		    "Invalid Tier (%s) for (%s) Edition. Use a custom Tier like db-custom-* instead. Learn more at "
		    "https://cloud.google.com/sql/docs/postgres/create-instance#machine-types",
		    tier, edition);
	if (postgres(doc) && text_starts(tier, "db-n1-"))
		return sql_invalid(c, "Only custom or shared-core instance Billing Tier type allowed for PostgreSQL database.");
	return !custom || check_custom(c, tier);
}

/* Left out, the edition depends on the version: from PostgreSQL 16 and MySQL 8.4 on it is ENTERPRISE_PLUS. */
static void default_edition(cJSON *doc)
{
	const char *v = json_str(doc, "databaseVersion", "");
	if (*json_str(doc, "settings.edition", "") && strcmp(json_str(doc, "settings.edition", ""), "EDITION_UNSPECIFIED"))
		return;
	bool recent = (text_starts(v, "POSTGRES_") && atoi(v + 9) >= 16) || !strcmp(v, "MYSQL_8_4") ||
		      text_starts(v, "MYSQL_9");
	json_put_str(doc, "settings.edition", recent ? "ENTERPRISE_PLUS" : "ENTERPRISE");
}

/* Backups. --------------------------------------------------------------------------------------------------------------- */
static bool settle_backups(struct sim_call *c, cJSON *doc)
{
	int most = plus(doc) ? 35 : 7, usual = plus(doc) ? 14 : 7;
	cJSON *defaults = json_make(
	    "{'backupConfiguration':{'kind':'sql#backupConfiguration','enabled':false,'startTime':'12:00','backupTier':"
	    "'STANDARD','transactionLogRetentionDays':%d,'transactionalLogStorageState':"
	    "'TRANSACTIONAL_LOG_STORAGE_STATE_UNSPECIFIED','backupRetentionSettings':{'retentionUnit':'COUNT',"
	    "'retainedBackups':%d}}}",
	    usual, plus(doc) ? 15 : 7);
	cJSON *settings = json_at(doc, "settings");
	sim_fill(settings, defaults);
	cJSON_Delete(defaults);
	const cJSON *b = json_at(settings, "backupConfiguration");
	bool on = json_bool(b, "enabled", false), pitr = json_bool(b, "pointInTimeRecoveryEnabled", false);
	bool binlog = json_bool(b, "binaryLogEnabled", false);
	int days = (int)json_num(b, "transactionLogRetentionDays", usual);
	if (days < 1 || days > most)
		return sql_invalid(c, "The number of transaction log retention days must be between 1 and %d.", most);
	if (binlog && postgres(doc))
		return sql_invalid(c, "Binary log can only be enabled for MySQL instances.");
	if (pitr && !postgres(doc))
		return sql_invalid(c, "Point-in-time recovery for MySQL instances is enabled with binaryLogEnabled.");
	if ((binlog || pitr) && !on)
		return sql_invalid(c, "%s must be disabled when backups are disabled.",
				   pitr ? "Point-in-time recovery" : "Binary log");
	if ((binlog || pitr) && (int)json_num(b, "backupRetentionSettings.retainedBackups", 7) < days)
		return sql_invalid(c, "backup retention should be > transaction log retention.");
	if (!on)
		json_drop(settings, "backupConfiguration.location");
	if (!postgres(doc) && !strcmp(json_str(settings, "availabilityType", ""), "REGIONAL") && !(on && binlog))
		return sql_invalid(c, "Automated backups and binary logging must be enabled for a regional instance.");
	if (postgres(doc) && json_at(b, "pointInTimeRecoveryEnabled"))
		json_put_bool(settings, "backupConfiguration.replicationLogArchivingEnabled", pitr);
	else
		json_drop(settings, "backupConfiguration.replicationLogArchivingEnabled");
	if (pitr || binlog)
		json_put_str(settings, "backupConfiguration.transactionalLogStorageState", "CLOUD_STORAGE");
	/* Each engine has its own word for recovery, and the other's is dropped. */
	json_drop(settings,
		  postgres(doc) ? "backupConfiguration.binaryLogEnabled" : "backupConfiguration.pointInTimeRecoveryEnabled");
	return true;
}

/* Addresses. ------------------------------------------------------------------------------------------------------------- */
static const char *network_of(struct sim_call *c, const char *link)
{
	const char *path = compute_path(c->sim, c->project, link);
	return path ? path : link;
}

static bool check_private(struct sim_call *c, cJSON *doc)
{
	const char *path = network_of(c, json_str(doc, "settings.ipConfiguration.privateNetwork", ""));
	const char *name = json_str(doc, "name", ""), *why = NULL;
	struct sim_object *network = sim_get(c->sim, "compute.networks", path), *conn = network_connection(c->sim, path);
	const char *owner = sim_tmp("%.*s", (int)strcspn(path + 9, "/"), path + 9);
	bool abroad = strcmp(owner, c->project) != 0;
	if (abroad && strcmp(compute_host(c->sim, c->project), owner))
		return sql_invalid(
		    c, "Invalid request: the network %s is not in this project, nor in its Shared VPC host project.", path);
	if (!sim_service_on(c->sim, owner, "servicenetworking.googleapis.com"))
		why = "SERVICE_NETWORKING_NOT_ENABLED";
	else if (!network || !conn)
		why = "NETWORK_NOT_PEERED";
	json_put_str(doc, "settings.ipConfiguration.privateNetwork", path);
	return !why || sql_invalid(c, "Incorrect Service Networking config for instance: %s:%s:%s.", c->project, name, why);
}

static bool settle_addresses(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	cJSON *settings = json_at(doc, "settings");
	cJSON *defaults = json_make(
	    "{'ipConfiguration':{'ipv4Enabled':true,'authorizedNetworks':[],'serverCertificateRotationMode':"
	    "'SERVER_CERTIFICATE_ROTATION_MODE_UNSPECIFIED'}}");
	sim_fill(settings, defaults);
	cJSON_Delete(defaults);
	cJSON *ip = json_at(settings, "ipConfiguration"), *acl;
	const char *network = json_str(ip, "privateNetwork", ""),
		   *before = old ? json_str(old->doc, "settings.ipConfiguration.privateNetwork", "") : "";
	bool psc = json_bool(ip, "pscConfig.pscEnabled", false);
	if (!json_at(ip, "sslMode"))
		json_put_str(ip, "sslMode",
			     json_bool(ip, "requireSsl", false) ? "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"
								: "ALLOW_UNENCRYPTED_AND_ENCRYPTED");
	json_put_bool(ip, "requireSsl", !strcmp(json_str(ip, "sslMode", ""), "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"));
	if (!json_bool(ip, "ipv4Enabled", true) && !*network && !psc)
		return sql_invalid(c, "At least one of Public IP or Private IP or PSC connectivity must be enabled.");
	if (psc && *network)
		return sql_invalid(c, "Private Service Connect cannot be enabled together with a private network.");
	if (*before && !*network)
		return sql_invalid(c, "Private network cannot be removed from an instance.");
	if (json_bool(ip, "ipv4Enabled", true) && sim_constraint(c->sim, c->project, "sql.restrictPublicIp", NULL)) {
		sim_fail_with(c, 400, "FAILED_PRECONDITION", "invalid", NULL,
			      "Organization Policy check failure: the external IP of this instance violates the "
			      "constraints/sql.restrictPublicIp enforced.");
		return false;
	}
	cJSON_ArrayForEach(acl, json_at(ip, "authorizedNetworks")) {
		struct ip4_range r;
		uint32_t host;
		if (!ip4_range_parse(json_str(acl, "value", ""), &r) && !ip4_parse(json_str(acl, "value", ""), &host))
			return sql_invalid(c, "Invalid authorized network: '%s'.", json_str(acl, "value", ""));
		if (r.bits == 0 && strchr(json_str(acl, "value", ""), '/') &&
		    sim_constraint(c->sim, c->project, "sql.restrictAuthorizedNetworks", NULL))
			return sql_invalid(
			    c, "Organization Policy check failure: constraints/sql.restrictAuthorizedNetworks is enforced.");
		json_put_str(acl, "kind", "sql#aclEntry");
	}
	return !*network || (old && *before) || check_private(c, doc);
}

static bool check_flags(struct sim_call *c, const cJSON *doc)
{
	const cJSON *f;
	cJSON_ArrayForEach(f, json_at(doc, "settings.databaseFlags"))
		if (!sql_flag_known(json_str(f, "name", ""), postgres(doc)))
			return sql_invalid(c, "Invalid flag name: %s.", json_str(f, "name", ""));
		else if (!sql_flag_takes(json_str(f, "name", ""), postgres(doc), json_str(f, "value", "")))
			return sql_invalid(c, "Invalid flag value: %s=%s.", json_str(f, "name", ""), json_str(f, "value", ""));
	return true;
}

/* The rest. -------------------------------------------------------------------------------------------------------------- */
static bool settle_disk(struct sim_call *c, cJSON *settings, const struct sim_object *old)
{
	long long size = json_int64(settings, "dataDiskSizeGb", 10),
		  before = old ? json_int64(old->doc, "settings.dataDiskSizeGb", 0) : 0;
	char text[24];
	if (size < 10 || size > 65536)
		return sql_invalid(c, "Disk size must be between 10 GB and 65536 GB.");
	if (size < before)
		return sql_invalid(c, "Disk size cannot be decreased: it is %lld GB now.", before);
	snprintf(text, sizeof text, "%lld", size);
	json_put_str(settings, "dataDiskSizeGb", text);
	return true;
}

static void settle_zone(struct sim_call *c, cJSON *doc)
{
	static const char letters[] = "abc";
	const char *region = json_str(doc, "region", "us-central1"),
		   *zone = json_str(doc, "settings.locationPreference.zone", "");
	bool regional = !strcmp(json_str(doc, "settings.availabilityType", ""), "REGIONAL");
	char *chosen = *zone ? xstrdup(zone) : xasprintf("%s-%c", region, letters[sim_random(c->sim) % 3]);
	json_put_str(doc, "settings.locationPreference.zone", chosen);
	json_put_str(doc, "settings.locationPreference.kind", "sql#locationPreference");
	json_put_str(doc, "gceZone", chosen);
	if (regional)
		json_put(doc, "failoverReplica", json_make("{'available':true}"));
	else
		json_drop(doc, "failoverReplica");
	if (!regional)
		json_drop(doc, "settings.locationPreference.secondaryZone");
	if (regional) {
		json_put_str(doc, "secondaryGceZone", sim_tmp("%s-%c", region, chosen[strlen(chosen) - 1] == 'b' ? 'c' : 'b'));
	} else {
		json_drop(doc, "secondaryGceZone");
	}
	free(chosen);
}

static void settle_version(cJSON *doc)
{
	const struct version *v = version_of(json_str(doc, "databaseVersion", ""));
	if (!v)
		return;
	const char *maintenance = sim_tmp("%s.R20250302.00_31", v->installed);
	json_put_str(doc, "databaseInstalledVersion", v->installed);
	json_put_str(doc, "maintenanceVersion", maintenance);
	json_drop(doc, "upgradableDatabaseVersions");
	if (v->next)
		json_put(doc, "upgradableDatabaseVersions",
			 json_make("[{'name':%s,'majorVersion':%s,'displayName':%s}]", v->next, v->next, v->next_shown));
}

static bool check_name(struct sim_call *c, const char *name)
{
	size_t len = strlen(name);
	if (!len)
		return sql_invalid(c, strchr(c->raw ? c->raw : "", '"') ? "instance name ()." : "Missing parameter: Instance.");
	if (name[0] < 'a' || name[0] > 'z' || name[len - 1] == '-' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
		return sql_invalid(c,
				   "Invalid instance name (%s): it must be composed of lowercase letters, numbers, and "
				   "hyphens; start with a letter; "
				   "and not end with a hyphen.",
				   name);
	if (len + strlen(c->project) > 97)
		return sql_invalid(
		    c, "Invalid instance name (%s): project and instance name together must not be longer than 97 characters.",
		    name);
	return true;
}

static bool check_version(struct sim_call *c, const cJSON *doc, const struct sim_object *old)
{
	const char *name = json_str(doc, "databaseVersion", ""),
		   *before = old ? json_str(old->doc, "databaseVersion", "") : name;
	const struct version *v = version_of(name);
	if (!v)
		return sql_invalid(c, "Invalid database version: %s.", name);
	if (strncmp(name, before, 5) || strcmp(name, before) < 0)
		return sql_invalid(c, "The instance cannot be changed from %s to %s.", before, name);
	return true;
}

bool sql_settle(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if (!json_at(doc, "databaseVersion"))
		json_put_str(doc, "databaseVersion", "MYSQL_8_0");
	if (!json_at(doc, "region"))
		json_put_str(doc, "region", "us-central1");
	if (!json_at(doc, "settings"))
		json_put(doc, "settings", cJSON_CreateObject());
	if (!check_name(c, json_str(doc, "name", "")) || !check_version(c, doc, old))
		return false;
	if (!compute_region_known(json_str(doc, "region", "")))
		return sql_invalid(c, "Invalid region: %s.", json_str(doc, "region", ""));
	default_edition(doc);
	cJSON *settings = json_at(doc, "settings");
	cJSON *defaults = json_make(
	    "{'kind':'sql#settings','activationPolicy':'ALWAYS','availabilityType':'ZONAL','authorizedGaeApplications':[],"
	    "'pricingPlan':'PER_USE','replicationType':'SYNCHRONOUS','connectorEnforcement':'NOT_REQUIRED','dataDiskType':"
	    "'PD_SSD','dataDiskSizeGb':'10','storageAutoResize':true,'storageAutoResizeLimit':'0',"
	    "'deletionProtectionEnabled':false,'replicationLagMaxSeconds':31536000}");
	sim_fill(settings, defaults);
	cJSON_Delete(defaults);
	/* What says nothing is left out. */
	static const char *const insights[] = {"queryInsightsEnabled", "recordApplicationTags", "recordClientAddress"};
	for (size_t i = 0; json_at(settings, "insightsConfig") && i < sizeof insights / sizeof *insights; i++)
		if (!json_bool(json_at(settings, "insightsConfig"), insights[i], false))
			json_drop(json_at(settings, "insightsConfig"), insights[i]);
	if (!plus(doc))
		json_drop(settings, "dataCacheConfig");
	else if (!json_at(settings, "dataCacheConfig"))
		json_put(settings, "dataCacheConfig", json_make("{'dataCacheEnabled':true}"));
	if (json_at(settings, "maintenanceWindow"))
		json_put_str(settings, "maintenanceWindow.kind", "sql#maintenanceWindow");
	if (!check_tier(c, doc) || !check_flags(c, doc) || !settle_backups(c, doc) || !settle_disk(c, settings, old) ||
	    !settle_addresses(c, doc, old))
		return false;
	settle_zone(c, doc);
	settle_version(doc);
	return true;
}

/* Making it. ------------------------------------------------------------------------------------------------------------- */
static void add_address(cJSON *doc, const char *type, const char *ip)
{
	if (!json_at(doc, "ipAddresses"))
		json_put(doc, "ipAddresses", cJSON_CreateArray());
	cJSON_AddItemToArray(json_at(doc, "ipAddresses"), json_make("{'type':%s,'ipAddress':%s}", type, ip));
}

static void public_address(struct sim *s, cJSON *doc, const char *type)
{
	char ip[16];
	uint64_t r = sim_random(s);
	add_address(doc, type, ip4_text(34u << 24 | (uint32_t)(r % 64 + 30) << 16 | (uint32_t)(r >> 20 & 0xffff), ip));
}

static bool has_address(const cJSON *doc, const char *type)
{
	const cJSON *a;
	cJSON_ArrayForEach(a, json_at(doc, "ipAddresses"))
		if (!strcmp(json_str(a, "type", ""), type))
			return true;
	return false;
}

static void drop_address(cJSON *doc, const char *type)
{
	cJSON *list = json_at(doc, "ipAddresses"), *a;
	cJSON_ArrayForEach(a, list)
		if (!strcmp(json_str(a, "type", ""), type)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(list, a));
			return;
		}
}

static const char *private_address(struct sim *s, struct sim_object *o)
{
	const char *network = json_str(o->doc, "settings.ipConfiguration.privateNetwork", "");
	const char *range = json_str(o->doc, "settings.ipConfiguration.allocatedIpRange", "");
	char ip[16];
	if (!network_connection(s, network))
		return "Failed to create subnetwork. Please create Service Networking connection with service "
		       "'servicenetworking.googleapis.com' from "
		       "the consumer project and network again.";
	if (!network_connection_address(s, network, range, ip))
		return "Failed to create subnetwork. Couldn't find free blocks in allocated IP ranges. Please allocate new "
		       "ranges for this service provider.";
	add_address(o->doc, "PRIVATE", ip);
	const char *key = sim_tmp("%s %s", network, o->key);
	if (!sim_get(s, "network.producers", key))
		sim_put(s, "network.producers", key, json_make("{'instance':%s}", o->key));
	return NULL;
}

static void service_connect(struct sim *s, struct sim_object *o)
{
	char *a = sim_hex(s, 12), *b = sim_hex(s, 12), *t = sim_hex(s, 16);
	const char *region = json_str(o->doc, "region", "");
	const char *attachment = sim_tmp("projects/%sp-tp/regions/%s/serviceAttachments/a-%s-psc-service-attachment-%s", t,
					 region, a, b);
	const char *dns = sim_tmp("%s.%s.%s.sql.goog.", a, b, region);
	json_put_str(o->doc, "pscServiceAttachmentLink", attachment);
	json_put_str(o->doc, "dnsName", dns);
	json_put(o->doc, "dnsNames",
		 json_make("[{'name':%s,'connectionType':'PRIVATE_SERVICE_CONNECT','dnsScope':'INSTANCE'}]", dns));
	free(a);
	free(b);
	free(t);
}

const char *sql_make(struct sim *s, struct sim_object *o)
{
	bool public = json_bool(o->doc, "settings.ipConfiguration.ipv4Enabled", false);
	if (public && !has_address(o->doc, "PRIMARY")) {
		public_address(s, o->doc, "PRIMARY");
		if (postgres(o->doc))
			public_address(s, o->doc, "OUTGOING");
	} else if (!public) {
		drop_address(o->doc, "PRIMARY");
		drop_address(o->doc, "OUTGOING");
	}
	if (json_bool(o->doc, "settings.ipConfiguration.pscConfig.pscEnabled", false) &&
	    !json_at(o->doc, "pscServiceAttachmentLink"))
		service_connect(s, o);
	if (*json_str(o->doc, "settings.ipConfiguration.privateNetwork", "") && !has_address(o->doc, "PRIVATE"))
		return private_address(s, o);
	return NULL;
}
