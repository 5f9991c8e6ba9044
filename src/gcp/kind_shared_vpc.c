/* That the stack's project is attached to a host project of Shared VPC, which is the resource's name. spec: {}. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static void shared_vpc_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://compute.googleapis.com/compute/v1/projects/%s/getXpnHost",
		 v->project);
}

static void shared_vpc_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, NULL, out);
	const char *host = out->presence == PRESENT_YES ? json_str(out->found, "name", "") : v->name;
	if (!*host)
		kind_say(
		    out, PRESENT_FAILED,
		    _("project %s is attached to no host project of Shared VPC: gcloud compute shared-vpc associated-projects "
		      "add %s --host-project=%s attaches it."),
		    v->project, v->project, v->name);
	else if (strcmp(host, v->name) != 0)
		kind_say(out, PRESENT_FAILED, _("project %s is attached to host project %s, not to %s."), v->project, host,
			 v->name);
}

static void shared_vpc_beforehand(const struct view *v, cJSON *world)
{
	given_project(world, v->name);
	json_put_str(given_project(world, v->project), "sharedVpcHost", v->name);
}

const struct kind kind_shared_vpc = {
    .id = "compute.sharedVpc",
    .title = N_("Shared VPC"),
    .api = "compute.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/xpn/details",
    .permissions = {.read = "compute.projects.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = shared_vpc_observe,
    .decode = shared_vpc_decode,
    .compare = given_compare,
    .beforehand = shared_vpc_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It is only looked at: who runs the host project attaches others to it."},
};
