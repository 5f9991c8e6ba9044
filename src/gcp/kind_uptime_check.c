/* An uptime check: Google's machines ask an address every few minutes. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/monitoring_object.h"

#include "base/gettext.h"

MONITORING_OBJECT(uptime_check, "uptimeCheckConfigs")

const struct kind kind_uptime_check = {
    .id = "monitoring.uptimeCheckConfig",
    .title = N_("Uptime check"),
    .api = "monitoring.googleapis.com",
    .part = PART_SERVER,
    .console_page = "monitoring/uptime/{id}",
    .permissions = {.read = "monitoring.uptimeCheckConfigs.list",
		    .create = "monitoring.uptimeCheckConfigs.create",
		    .update = "monitoring.uptimeCheckConfigs.update",
		    .destroy = "monitoring.uptimeCheckConfigs.delete"},
    .usual = 0.5,
    .slow = 2,
    .deadline = 600,
    .labelled = true,
    .observe = uptime_check_observe,
    .decode = uptime_check_decode,
    .observe_more = uptime_check_observe_page,
    .decode_more = uptime_check_decode,
    .compare = monitoring_compare,
    .create = uptime_check_create,
    .update = monitoring_update,
    .destroy = monitoring_destroy,
    .patience = 120,
    .terraform = {.none = MONITORING_TERRAFORM},
};
