/* A firewall rule of a VPC network. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"

static const char *const fixed[] = {"network", "direction", NULL};

static const struct compute_object object = {.scope = "global", .collection = "firewalls", .fixed = fixed};

COMPUTE_OBJECT(object)
COMPUTE_UPDATE(object)

const struct kind kind_firewall = {
    .id = "compute.firewall",
    .title = N_("Firewall rule"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/firewalls/details/{name}",
    .permissions = {.read = "compute.firewalls.get",
		    .create = "compute.firewalls.create compute.networks.updatePolicy compute.globalOperations.get",
		    .update = "compute.firewalls.update compute.networks.updatePolicy compute.globalOperations.get",
		    .destroy = "compute.firewalls.delete compute.networks.updatePolicy compute.globalOperations.get"},
    .usual = 8,
    .slow = 12,
    .deadline = 1200,
    .observe = observe,
    .decode = decode,
    .compare = compare,
    .create = create,
    .update = update,
    .destroy = destroy,
    .patience = 5,
};
