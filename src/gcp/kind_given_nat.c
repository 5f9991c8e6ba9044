/* Whether machines of a given subnet that have no address of their own reach the internet: by a Cloud NAT that is there, or by its owner's own default route. spec: {"region","network","subnet",
 * "wanted":true or false,"router"}: the names of network and subnet; one is there already, or the stack makes one, in that router, and there must be no
 * other. The resource's name is the subnet's. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"
#include "gcp/way_out.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static struct way_out way_of(const struct view *v)
{
	return (struct way_out){.project = v->project,
				.region = json_str(v->spec, "region", ""),
				.network = json_str(v->spec, "network", ""),
				.subnet = v->name,
				.machines = json_bool(v->spec, "wanted", false)};
}

static void given_nat_observe(const struct view *v, struct call *out)
{
	struct way_out w = way_of(v);
	way_out_ask(&w, NULL, out);
}

static void given_nat_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, NULL, out);
	if (out->presence != PRESENT_YES)
		return;
	cJSON_Delete(out->found);
	out->found = cJSON_CreateObject();
	way_out_told(http, reply, out->found);
}

static void given_nat_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	struct way_out w = way_of(v);
	if (seen->presence == PRESENT_YES)
		way_out_ask(&w, seen->found, out);
}

static void given_nat_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	(void)v;
	way_out_told(http, reply, out->found);
}

static void refuse(struct change *out, char *why)
{
	out->verdict = VERDICT_REFUSE;
	out->reason = why;
}

/* The stack's own router is no stranger's. */
static void given_nat_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	given_compare(v, seen, out);
	if (seen->presence != PRESENT_YES)
		return;
	struct way_out w = way_of(v);
	bool wanted = json_bool(v->spec, "wanted", false);
	const char *router = way_out_router(&w, seen->found, json_str(v->spec, "router", ""));
	enum way_out_verdict way = way_out_judge(&w, seen->found, !wanted || router);
	if (!wanted && router)
		refuse(out, xasprintf(_("subnet %s has a Cloud NAT already, in router %s, and takes no second one: leave "
					"network.nat off."),
				      v->name, router));
	else if (way == WAY_OUT_UNROUTED)
		refuse(out, way_out_unrouted(&w));
	else if (way == WAY_OUT_NONE)
		refuse(out,
		       xasprintf(_("machines in subnet %s do not reach the internet, from which images come: there is no Cloud "
				   "NAT for it. "
				   "Set network.nat to make one."),
				 v->name));
	else if (way == WAY_OUT_DOUBTED)
		out->caution = way_out_caution(&w);
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
    .permissions = {.read = "compute.routers.list compute.routes.list compute.networks.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = given_nat_observe,
    .observe_more = given_nat_observe_more,
    .decode = given_nat_decode,
    .decode_more = given_nat_decode_more,
    .compare = given_nat_compare,
    .beforehand = given_nat_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It is only looked at: whether machines reach the internet."},
};
