/* Where alerts go: a mail address. Google asks its owner nothing. */
#include "config.h"
#include "gcp/kinds.h"
#include "gcp/monitoring_object.h"

#include "base/gettext.h"

MONITORING_OBJECT(notification_channel, "notificationChannels")

const struct kind kind_notification_channel = {
    .id = "monitoring.notificationChannel",
    .title = N_("Notification channel"),
    .api = "monitoring.googleapis.com",
    .part = PART_SERVER,
    .console_page = "monitoring/alerting/notifications",
    .permissions = {.read = "monitoring.notificationChannels.list",
		    .create = "monitoring.notificationChannels.create",
		    .update = "monitoring.notificationChannels.update",
		    .destroy = "monitoring.notificationChannels.delete"},
    .usual = 0.5,
    .slow = 2,
    .deadline = 600,
    .labelled = true,
    .observe = notification_channel_observe,
    .decode = notification_channel_decode,
    .observe_more = notification_channel_observe_page,
    .decode_more = notification_channel_decode,
    .compare = monitoring_compare,
    .create = notification_channel_create,
    .update = monitoring_update,
    .destroy = monitoring_destroy,
    .patience = 120,
    .terraform = {.none = MONITORING_TERRAFORM},
};
