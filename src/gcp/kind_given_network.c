/* A VPC network that was there before the stack. spec: {["home"][,"born":true][,"peered":true]}: the project it is in; it comes with the API; private services
 * access must be there already. Outputs: link. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PEERING "servicenetworking-googleapis-com"

static void given_network_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://compute.googleapis.com/compute/v1/projects/%s/global/networks/%s",
		 given_home(v), v->name);
}

static bool is_peered(const cJSON *network)
{
	const cJSON *p;
	cJSON_ArrayForEach(p, json_at(network, "peerings"))
		if (!strcmp(json_str(p, "name", ""), PEERING) && !strcmp(json_str(p, "state", ""), "ACTIVE"))
			return true;
	return false;
}

static void given_network_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const char *home = given_home(v);
	given_decode(v, http, reply, xasprintf(_("there is no network %s in project %s."), v->name, home), out);
	/* Only what comes with the API may come yet. */
	if (out->presence == PRESENT_PENDING && !json_bool(v->spec, "born", false))
		kind_say(out, PRESENT_FAILED, _("there is no network %s in project %s: Compute Engine is off there."), v->name,
			 home);
	if (out->presence != PRESENT_YES)
		return;
	if (json_bool(v->spec, "peered", false) && !is_peered(out->found))
		kind_say(out, PRESENT_FAILED,
			 _("network %s of project %s has no private services access, by which the database is reached: who "
			   "administers it has to make the connection first."),
			 v->name, home);
	char *link = xasprintf("projects/%s/global/networks/%s", home, v->name);
	json_put_str(out->outputs, "link", link);
	free(link);
}

/* The one that comes with the API is there by itself. */
static void given_network_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	const char *home = given_home(v), *number = json_str(given_project(world, home), "number", "");
	if (json_bool(v->spec, "born", false))
		return;
	call_set(&c, DIALECT_NONE, "POST", json_make("{'name':%s,'autoCreateSubnetworks':%b}", v->name, false),
		 "https://compute.googleapis.com/compute/v1/projects/%s/global/networks", home);
	given_made(world, home, &c);
	if (!json_bool(v->spec, "peered", false))
		return;
	char *path = xasprintf("projects/%s/global/networks/%s", home, v->name), *range = xasprintf("%s-services", v->name);
	char *numbered = xasprintf("projects/%s/global/networks/%s", number, v->name);
	call_set(&c, DIALECT_NONE, "POST",
		 json_make("{'name':%s,'purpose':'VPC_PEERING','addressType':'INTERNAL','network':%s,'prefixLength':%d}", range,
			   path, 20),
		 "https://compute.googleapis.com/compute/v1/projects/%s/global/addresses", home);
	given_made(world, home, &c);
	call_set(&c, DIALECT_NONE, "POST", json_make("{'network':%s,'reservedPeeringRanges':[%s]}", numbered, range),
		 "https://servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections");
	given_made(world, home, &c);
	free(numbered);
	free(range);
	free(path);
}

const struct kind kind_given_network = {
    .id = "compute.givenNetwork",
    .title = N_("VPC network, given"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/networks/details/{name}",
    .permissions = {.read = "compute.networks.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = given_network_observe,
    .decode = given_network_decode,
    .compare = given_compare,
    .beforehand = given_network_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.type = "google_compute_network",
		  .data = true,
		  .takes = (const char *const[]){"home", "project", NULL},
		  .comment = "It was there before the stack.",
		  .outputs = (const char *const[]){"link", "@.id", NULL}},
};
