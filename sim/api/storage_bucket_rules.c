/* storage.googleapis.com: what Google refuses of a bucket's fields, whether it is made or changed. Where no words of Google's were seen, "Invalid argument." is
 * what it says of most. */
#include "config.h"
#include "sim/api/storage.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY 86400LL

static bool invalid(struct sim_call *c, const char *message)
{
	sim_fail(c, "INVALID_ARGUMENT", "invalid", "%s", message);
	return false;
}

static bool class_known(const char *name)
{
	static const char *const classes[] = {
	    "STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "REGIONAL", "MULTI_REGIONAL", "DURABLE_REDUCED_AVAILABILITY"};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (!strcasecmp(classes[i], name))
			return true;
	return false;
}

/* Does the condition say anything? Of lists, an empty one does not. */
static bool says_something(const cJSON *condition)
{
	const cJSON *term;
	cJSON_ArrayForEach(term, condition)
		if (!cJSON_IsArray(term) || term->child)
			return true;
	return false;
}

static bool rule_ok(struct sim_call *c, const cJSON *rule)
{
	const char *type = json_str(rule, "action.type", ""), *class = json_str(rule, "action.storageClass", "");
	const cJSON *condition = json_at(rule, "condition");
	bool moves = !strcmp(type, "SetStorageClass");
	bool uploads = !strcmp(type, "AbortIncompleteMultipartUpload");
	if (!moves && !uploads && strcmp(type, "Delete") != 0)
		return invalid(c, "Invalid argument.");
	if (moves != (*class != 0) || (moves && !class_known(class)) || !says_something(condition))
		return invalid(c, "Invalid argument.");
	if (json_int64(condition, "age", 0) < 0 || json_int64(condition, "numNewerVersions", 0) < 0)
		return invalid(c, "Invalid argument.");
	return true;
}

static bool lifecycle_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *rules = json_at(doc, "lifecycle.rule"), *rule;
	if (cJSON_GetArraySize(rules) > 100)
		return invalid(c, "Invalid argument.");
	cJSON_ArrayForEach(rule, rules)
		if (!rule_ok(c, rule))
			return false;
	return true;
}

static bool terms_ok(struct sim_call *c, const cJSON *doc)
{
	long long soft = json_int64(doc, "softDeletePolicy.retentionDurationSeconds", 7 * DAY),
		  kept = json_int64(doc, "retentionPolicy.retentionPeriod", 1);
	if (soft && (soft < 7 * DAY || soft > 90 * DAY))
		return invalid(c, "Soft delete policy retention duration must be 0 or between 7 and 90 days.");
	return (kept > 0 && kept <= 100 * 365 * DAY + 25 * DAY) || invalid(c, "Invalid argument.");
}

/* "US" with two of its regions is a dual region. */
static bool placement_ok(struct sim_call *c, const cJSON *doc)
{
	const cJSON *regions = json_at(doc, "customPlacementConfig.dataLocations"), *one;
	if (!regions)
		return true;
	if (cJSON_GetArraySize(regions) != 2)
		return invalid(c, "The specified location constraint is not valid.");
	cJSON_ArrayForEach(one, regions) {
		const char *type = cJSON_IsString(one) ? storage_location_type(storage_location(one->valuestring)) : NULL;
		if (!type || strcmp(type, "region") != 0)
			return invalid(c, "The specified location constraint is not valid.");
	}
	return true;
}

bool storage_bucket_acceptable(struct sim_call *c, const cJSON *doc)
{
	const char *class = json_str(doc, "storageClass", "");
	if (*class && !class_known(class))
		return invalid(c, "Invalid storage class.");
	return lifecycle_ok(c, doc) && terms_ok(c, doc) && placement_ok(c, doc);
}

/* Four numbers with dots between. */
static bool looks_like_address(const char *name)
{
	int dots = 0;
	for (const char *at = name; *at; at++)
		dots += *at == '.';
	return dots == 3 && strspn(name, "0123456789.") == strlen(name);
}

bool storage_bucket_named_well(struct sim_call *c, const char *name)
{
	/* Names of domains are for who has shown to own the domain, which nobody has here. */
	static const char *const ends[] = {".com", ".org", ".net", ".io", ".dev", ".app",
					   ".ai",  ".edu", ".gov", ".de", ".uk",  ".eu"};
	if (looks_like_address(name)) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid bucket name: '%s'", name);
		return false;
	}
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (text_ends(name, ends[i])) {
			sim_fail(c, "PERMISSION_DENIED", "forbidden",
				 "The bucket you tried to create is a domain name owned by another user.");
			return false;
		}
	return true;
}
