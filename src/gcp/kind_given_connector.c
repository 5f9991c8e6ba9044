/* A Serverless VPC Access connector that was there before the stack: ready, and leading to the stack's network. spec: {"region","network"}: the network's
 * name. One that stands in a subnet does not say its network: the subnet is asked. */
#include "config.h"
#include "gcp/given.h"
#include "gcp/kinds.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static const char *region(const struct view *v)
{
	return json_str(v->spec, "region", "");
}

static void given_connector_observe(const struct view *v, struct call *out)
{
	call_set(out, DIALECT_NONE, "GET", NULL, "https://vpcaccess.googleapis.com/v1/projects/%s/locations/%s/connectors/%s",
		 v->project, region(v), v->name);
}

static void leads_to(const struct view *v, const char *network, struct observation *out)
{
	const char *wanted = json_str(v->spec, "network", "");
	if (strcmp(network, wanted) != 0)
		kind_say(out, PRESENT_FAILED, _("connector %s leads to network %s, not to %s."), v->name, network, wanted);
}

static void given_connector_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	given_decode(v, http, reply, xasprintf(_("there is no VPC connector %s in region %s."), v->name, region(v)), out);
	if (out->presence == PRESENT_PENDING) /* none comes with the API */
		kind_say(out, PRESENT_FAILED, _("there is no VPC connector %s in region %s."), v->name, region(v));
	const char *state = json_str(out->found, "state", ""), *network = json_str(out->found, "network", "");
	if (out->presence == PRESENT_YES && strcmp(state, "READY") != 0 && strcmp(state, "UPDATING") != 0)
		kind_say(out, PRESENT_FAILED, _("connector %s carries nothing: its state is %s."), v->name, state);
	else if (out->presence == PRESENT_YES && *network)
		leads_to(v, network, out);
}

static void given_connector_observe_more(const struct view *v, const struct observation *seen, struct call *out)
{
	const char *subnet = json_str(seen->found, "subnet.name", "");
	if (!*json_str(seen->found, "network", "") && *subnet)
		call_set(out, DIALECT_NONE, "GET", NULL,
			 "https://compute.googleapis.com/compute/v1/projects/%s/regions/%s/subnetworks/%s",
			 json_str(seen->found, "subnet.projectId", v->project), region(v), subnet);
}

/* Who may not read the subnet cannot tell: then it is left to the cloud. A host project's network of that name is another one. */
static void given_connector_decode_more(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	const char *link = http == 200 ? json_str(reply, "network", "") : "", *slash = strrchr(link, '/');
	const char *home = json_str(out->found, "subnet.projectId", v->project), *path = strstr(link, "projects/");
	bool abroad = path && strcmp(home, v->project) != 0 && strcmp(home, v->number ? v->number : "") != 0;
	json_put_str(out->found, "network", abroad ? path : slash ? slash + 1 : json_str(v->spec, "network", ""));
	leads_to(v, json_str(out->found, "network", ""), out);
}

static void given_connector_beforehand(const struct view *v, cJSON *world)
{
	struct call c = {0};
	call_set(&c, DIALECT_NONE, "POST",
		 json_make("{'network':%s,'ipCidrRange':'100.127.0.0/28','minInstances':%d,'maxInstances':%d}",
			   json_str(v->spec, "network", ""), 2, 3),
		 "https://vpcaccess.googleapis.com/v1/projects/%s/locations/%s/connectors?connectorId=%s", v->project,
		 region(v), v->name);
	given_made(world, v->project, &c);
}

const struct kind kind_given_connector = {
    .id = "vpcaccess.givenConnector",
    .title = N_("VPC connector, given"),
    .api = "vpcaccess.googleapis.com",
    .part = PART_NETWORK,
    .console_page = "networking/connectors/list",
    .permissions = {.read = "vpcaccess.connectors.get"},
    .usual = 1,
    .slow = 2,
    .deadline = 600,
    .observe = given_connector_observe,
    .decode = given_connector_decode,
    .observe_more = given_connector_observe_more,
    .decode_more = given_connector_decode_more,
    .compare = given_compare,
    .beforehand = given_connector_beforehand,
    .stays = GIVEN_STAYS,
    .terraform = {.none = "It was there before the stack, which names it."},
};
