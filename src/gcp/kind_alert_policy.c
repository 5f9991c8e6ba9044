/* An alerting policy: what has to be seen for its channels to be told. Channels that somebody added by hand stay: of those that are not wanted the stack's own
 * alone go, and which these are the list of channels tells. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/monitoring_object.h"

#include "base/gettext.h"

#include "base/json.h"

#include <string.h>

MONITORING_OBJECT(alert_policy, "alertPolicies")

#define CHANNELS "notificationChannels"
/* What was read of the list of channels, beside the policy: names of the stack's own, the next page, whether that was all. */
#define OURS "(ours)"
#define PAGE "(page)"

/* Is a channel told that is not wanted? */
static bool has_more(const struct view *v, const cJSON *found)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(found, CHANNELS))
		if (cJSON_IsString(one) && !json_lists(json_at(v->spec, "body." CHANNELS), one->valuestring))
			return true;
	return false;
}

static void alert_policy_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	const char *page = json_str(seen->found, PAGE, NULL);
	if (!json_at(seen->found, "name")) {
		alert_policy_observe_page(v, seen, out);
		return;
	}
	if (!has_more(v, seen->found) || (page && !*page))
		return;
	monitoring_observe(CHANNELS, v, out);
	if (page)
		call_add(out, "&pageToken=%s", page);
}

/* Who may not read the list cannot tell: then all of them stay. */
static void alert_policy_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const cJSON *channel, *list = http == 200 ? json_at(reply, CHANNELS) : NULL;
	if (!json_at(out->found, "name")) {
		alert_policy_decode(v, http, reply, out);
		return;
	}
	if (!json_at(out->found, OURS))
		json_put(out->found, OURS, cJSON_CreateArray());
	cJSON_ArrayForEach(channel, list)
		if (!strcmp(json_str(channel, "userLabels.managed-by", ""), "mlflow-setup") &&
		    !strcmp(json_str(channel, "userLabels.stack", ""), v->stack))
			cJSON_AddItemToArray(json_at(out->found, OURS), cJSON_CreateString(json_str(channel, "name", "")));
	json_put_str(out->found, PAGE, http == 200 ? json_str(reply, "nextPageToken", "") : "");
}

/* The spec with what was added by hand, in the order in which it stands. */
static cJSON *with_others(const struct view *v, const struct observation *seen)
{
	cJSON *spec = cJSON_Duplicate(v->spec, 1), *list = cJSON_CreateArray();
	const cJSON *one, *wanted = json_at(v->spec, "body." CHANNELS), *has = json_at(seen->found, CHANNELS);
	cJSON_ArrayForEach(one, has)
		if (cJSON_IsString(one) &&
		    (json_lists(wanted, one->valuestring) || !json_lists(json_at(seen->found, OURS), one->valuestring)))
			cJSON_AddItemToArray(list, cJSON_Duplicate(one, 1));
	cJSON_ArrayForEach(one, wanted)
		if (!cJSON_IsString(one) || !json_lists(list, one->valuestring))
			cJSON_AddItemToArray(list, cJSON_Duplicate(one, 1));
	json_put(spec, "body." CHANNELS, list);
	return spec;
}

static void alert_policy_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	struct view whole = *v;
	cJSON *spec = with_others(v, seen);
	whole.spec = spec;
	monitoring_compare(&whole, seen, out);
	cJSON_Delete(spec);
}

static void alert_policy_update(const struct view *v, const struct observation *seen, const struct change *change,
				struct call *out)
{
	struct view whole = *v;
	cJSON *spec = with_others(v, seen);
	whole.spec = spec;
	monitoring_update(&whole, seen, change, out);
	cJSON_Delete(spec);
}

/* One condition at 0.10 a month, and one time series that it reads every 30 seconds, at 0.35 a million. */
static double alert_policy_monthly(const cJSON *spec, const char *region)
{
	(void)spec, (void)region;
	return 0.10 + 86400 * 0.35e-6;
}

const struct kind kind_alert_policy = {
    .id = "monitoring.alertPolicy",
    .title = N_("Alerting policy"),
    .api = "monitoring.googleapis.com",
    .part = PART_SERVER,
    .console_page = "monitoring/alerting/policies/{id}",
    .permissions = {.read = "monitoring.alertPolicies.list monitoring.notificationChannels.list",
		    .create = "monitoring.alertPolicies.create",
		    .update = "monitoring.alertPolicies.update",
		    .destroy = "monitoring.alertPolicies.delete"},
    .usual = 0.5,
    .slow = 2,
    .deadline = 600,
    .labelled = true,
    .billable = true,
    .monthly = alert_policy_monthly,
    .observe = alert_policy_observe,
    .decode = alert_policy_decode,
    .observe_more = alert_policy_observe_more,
    .decode_more = alert_policy_decode_more,
    .compare = alert_policy_compare,
    .create = alert_policy_create,
    .update = alert_policy_update,
    .destroy = monitoring_destroy,
    .patience = 120,
    .terraform = {.none = MONITORING_TERRAFORM},
};
