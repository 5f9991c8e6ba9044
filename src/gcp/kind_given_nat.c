/* Whether machines of a given subnet that have no address of their own reach the internet: by a Cloud NAT that is there. spec: {"region","network","subnet",
 * "wanted":true or false,"router"}: the names of network and subnet; one is there already, or the stack makes one, in that router, and there must be no
 * other. The resource's name is the subnet's. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"
#include "gcp/nat.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void given_nat_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL,
		 "https://compute.googleapis.com/compute/v1/projects/%s/regions/%s/routers?maxResults=500", v->project,
		 json_str(v->spec, "region", ""));
}

/* The router of the network, other than the stack's own, by which the subnet reaches the internet; or NULL. */
static const char *covering(const struct view *v, const cJSON *routers)
{
	const cJSON *r, *nat;
	cJSON_ArrayForEach(r, json_at(routers, "items")) {
		if (!nat_link_ends(json_str(r, "network", ""), "networks", json_str(v->spec, "network", "")) ||
		    !strcmp(json_str(r, "name", ""), json_str(v->spec, "router", "")))
			continue;
		cJSON_ArrayForEach(nat, json_at(r, "nats"))
			if (nat_covers(nat, v->name, json_bool(v->spec, "wanted", false)))
				return json_str(r, "name", "");
	}
	return NULL;
}

static void given_nat_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, NULL, out);
	if (out->presence != PRESENT_YES)
		return;
	const char *router = covering(v, out->found);
	bool wanted = json_bool(v->spec, "wanted", false);
	if (wanted && !router)
		kind_say(
		    out, PRESENT_FAILED,
		    _("machines in subnet %s do not reach the internet, from which images come: there is no Cloud NAT for it. "
		      "Set network.nat to make one."),
		    v->name);
	else if (!wanted && router)
		kind_say(out, PRESENT_FAILED,
			 _("subnet %s has a Cloud NAT already, in router %s, and takes no second one: leave network.nat off."),
			 v->name, router);
}

static void given_nat_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	if (!json_bool(v->spec, "wanted", false))
		return;
	char *path = xasprintf("projects/%s/global/networks/%s", v->project, json_str(v->spec, "network", ""));
	call_set(&c, DIALECT_NONE, "POST",
		 json_make("{'name':'theirs','network':%s,'nats':[{'name':'theirs','natIpAllocateOption':'AUTO_ONLY','"
			   "sourceSubnetworkIpRangesToNat':'ALL_SUBNETWORKS_ALL_IP_RANGES'}]}",
			   path),
		 "https://compute.googleapis.com/compute/v1/projects/%s/regions/%s/routers", v->project,
		 json_str(v->spec, "region", ""));
	given_made(world, v->project, &c);
	free(path);
}

const struct kind kind_given_nat = {
    .id = "compute.givenNat",
    .title = N_("Way to the internet, given"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "net-services/nat/list",
    .permissions = {.read = "compute.routers.list"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = given_nat_observe,
    .decode = given_nat_decode,
    .compare = given_compare,
    .beforehand = given_nat_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It is only looked at: whether machines reach the internet."},
};
