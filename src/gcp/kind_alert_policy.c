/* An alerting policy: what has to be seen for its channels to be told. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/monitoring_object.h"

#include "base/gettext.h"

MONITORING_OBJECT("alertPolicies")

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
    .permissions = {.read = "monitoring.alertPolicies.list",
		    .create = "monitoring.alertPolicies.create",
		    .update = "monitoring.alertPolicies.update",
		    .destroy = "monitoring.alertPolicies.delete"},
    .usual = 0.5,
    .slow = 2,
    .deadline = 600,
    .labelled = true,
    .billable = true,
    .monthly = alert_policy_monthly,
    .observe = observe,
    .decode = decode,
    .observe_more = observe_more,
    .decode_more = decode,
    .compare = monitoring_compare,
    .create = create,
    .update = monitoring_update,
    .destroy = monitoring_destroy,
    .patience = 120,
    .terraform = {.none = MONITORING_TERRAFORM},
};
