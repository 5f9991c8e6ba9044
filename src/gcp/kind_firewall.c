/* A firewall rule of a VPC network. */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"

static const char *const fixed[] = {"network", "direction", NULL};

static const struct compute_object object = {.scope = "global", .collection = "firewalls", .fixed = fixed};

COMPUTE_OBJECT(firewall, object)
COMPUTE_UPDATE(firewall, object)

/* What is let through is a block each, in words of its own. */
static cJSON *firewall_terraform(const struct view *v)
{
	cJSON *w = compute_object_wanted(v), *allow = cJSON_CreateArray();
	const cJSON *one;
	cJSON_ArrayForEach(one, json_at(w, "allowed")) {
		cJSON *ports = json_at(one, "ports");
		cJSON_AddItemToArray(allow, json_make("{'protocol':%s,'ports':%j}", json_str(one, "IPProtocol", ""),
						      ports ? cJSON_Duplicate(ports, true) : cJSON_CreateArray()));
	}
	json_put(w, "allow", allow);
	json_drop(w, "allowed");
	return w;
}

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
    .quotas = (const struct kind_quota[]){{.metric = "FIREWALLS"}, {.metric = NULL}},
    .observe = firewall_observe,
    .decode = firewall_decode,
    .compare = firewall_compare,
    .create = firewall_create,
    .update = firewall_update,
    .destroy = firewall_destroy,
    .patience = 5,
    .terraform = {.type = "google_compute_firewall",
		  .import = "projects/{project}/global/firewalls/{name}",
		  .body = firewall_terraform},
};
