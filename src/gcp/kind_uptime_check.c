/* An uptime check: Google's machines ask an address every few minutes. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/monitoring_object.h"

#include "base/gettext.h"

MONITORING_OBJECT("uptimeCheckConfigs")

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
