/* storage.googleapis.com: what Google fills into a bucket: mirrored, defaulted and dropped fields. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WEEK "604800"

static void complete_access(struct sim *s, cJSON *doc)
{
	bool on = json_bool(doc, "iamConfiguration.uniformBucketLevelAccess.enabled",
			    json_bool(doc, "iamConfiguration.bucketPolicyOnly.enabled", false));
	const char *locked = json_str(doc, "iamConfiguration.uniformBucketLevelAccess.lockedTime", NULL);
	char until[40];
	if (on && !locked)
		locked = text_rfc3339(sim_wall(s) + 90 * 86400.0, 3, until);
	cJSON *flag = json_make("{'enabled':%b}", on);
	if (on)
		cJSON_AddStringToObject(flag, "lockedTime", locked);
	json_put(doc, "iamConfiguration.bucketPolicyOnly", cJSON_Duplicate(flag, true));
	json_put(doc, "iamConfiguration.uniformBucketLevelAccess", flag);
	if (!json_at(doc, "iamConfiguration.publicAccessPrevention"))
		json_put_str(doc, "iamConfiguration.publicAccessPrevention", "inherited");
}

static void complete_soft_delete(struct sim *s, cJSON *doc, const cJSON *old)
{
	char seconds[24];
	const char *now = sim_stamp(s, 3);
	long long was = json_int64(old, "softDeletePolicy.retentionDurationSeconds", -1);
	long long is = json_int64(doc, "softDeletePolicy.retentionDurationSeconds", strtoll(WEEK, NULL, 10));
	snprintf(seconds, sizeof seconds, "%lld", is);
	json_put_str(doc, "softDeletePolicy.retentionDurationSeconds", seconds);
	if (!is)
		json_drop(doc, "softDeletePolicy.effectiveTime");
	else if (was != is || !json_at(doc, "softDeletePolicy.effectiveTime"))
		json_put_str(doc, "softDeletePolicy.effectiveTime", now);
}

static void complete_autoclass(struct sim *s, cJSON *doc, const cJSON *old)
{
	const char *now = sim_stamp(s, 3);
	bool on = json_bool(doc, "autoclass.enabled", false), was = json_bool(old, "autoclass.enabled", false);
	if (json_at(doc, "autoclass") && (on != was || !json_at(doc, "autoclass.toggleTime")))
		json_put_str(doc, "autoclass.toggleTime", now);
	if (on && !json_at(doc, "autoclass.terminalStorageClass"))
		json_put_str(doc, "autoclass.terminalStorageClass", "NEARLINE");
	if (on &&
	    strcmp(json_str(doc, "autoclass.terminalStorageClass", ""), json_str(old, "autoclass.terminalStorageClass", "")))
		json_put_str(doc, "autoclass.terminalStorageClassUpdateTime", now);
}

const char *storage_location(const char *location)
{
	char *upper = sim_keep(xstrdup(location));
	for (char *at = upper; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	return upper;
}

const char *storage_location_type(const char *location)
{
	static const char *const dual[] = {"NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1"};
	if (!strcmp(location, "US") || !strcmp(location, "EU") || !strcmp(location, "ASIA") || !strcmp(location, "IN"))
		return "multi-region";
	for (size_t i = 0; i < sizeof dual / sizeof *dual; i++)
		if (!strcmp(location, dual[i]))
			return "dual-region";
	for (size_t i = 0; sim_region_at(i); i++)
		if (!strcasecmp(location, sim_region_at(i)->name))
			return "region";
	return NULL;
}

void storage_bucket_complete(struct sim *s, cJSON *doc, const cJSON *old)
{
	if (json_at(doc, "lifecycle") && !cJSON_GetArraySize(json_at(doc, "lifecycle.rule")))
		json_drop(doc, "lifecycle");
	if (json_at(doc, "labels") && !cJSON_GetArraySize(json_at(doc, "labels")))
		json_drop(doc, "labels");
	if (!json_at(doc, "storageClass"))
		json_put_str(doc, "storageClass", "STANDARD");
	if (strcmp(json_str(doc, "locationType", ""), "region") && !json_at(doc, "rpo"))
		json_put_str(doc, "rpo", "DEFAULT");
	if (!strcmp(json_str(doc, "locationType", ""), "region"))
		json_put_bool(doc, "satisfiesPZI", true);
	complete_access(s, doc);
	complete_autoclass(s, doc, old);
	complete_soft_delete(s, doc, old);
}
