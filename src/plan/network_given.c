#include "config.h"
#include "plan/network_given.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "plan/axes.h"
#include "plan/naming.h"

#include <stdlib.h>

bool network_wanted(const struct answers *a)
{
	struct axes x = axes_of(a);
	return axes_networked(&x, a);
}

/* Does the target make what stands in the subnet itself? */
static bool builds_in_it(const struct answers *a)
{
	const struct target *t = axes_target(a);
	return t->networked && !(t->housed && t->housed(a));
}

static bool network_given_when_ranged(const struct answers *a)
{
	return network_wanted(a) && axes_target(a)->ranged && builds_in_it(a);
}

/* Short as the services of the own project write it, a whole path for another's. */
static char *spoken(const struct given_network *g, const char *path, const char *name)
{
	return xstrdup(g->home ? path : name);
}

static void set_network(struct design *d, const struct given_network *g)
{
	const struct plan *p = d->plan;
	const char *home = g->home ? g->home : p->project;
	char *path = xasprintf("projects/%s/global/networks/%s", home, g->name);
	char *subnet = xasprintf("projects/%s/regions/%s/subnetworks/%s", home, p->region, g->subnet);
	d->network = (struct network){
	    .name = spoken(g, path, g->name),
	    .subnet = spoken(g, subnet, g->subnet),
	    .link = cJSON_CreateString(path),
	    .need = xstrdup("given/network"),
	    .subnet_need = xstrdup("given/subnet"),
	    .given = true,
	    .foreign = g->home != NULL,
	    .pods = answers_str(d->answers, "network.pods_range"),
	    .services = answers_str(d->answers, "network.services_range"),
	};
	d->network.path = path;
	free(subnet);
}

static void put_home(cJSON *spec, const struct given_network *g)
{
	if (g->home)
		json_put_str(spec, "home", g->home);
}

static void check_network(struct design *d, const struct given_network *g)
{
	cJSON *spec = json_make("{'born':%b,'peered':%b}", g->born, g->home && d->axes.path->peers);
	put_home(spec, g);
	struct resource *r = plan_add(d->plan, "given/network", "compute.givenNetwork", g->name, spec);
	plan_needs(r, "apis");
	if (g->needs)
		plan_needs(r, g->needs);
}

static void check_subnet(struct design *d, const struct given_network *g)
{
	const struct target *target = d->axes.target;
	cJSON *spec = json_make("{'region':%s,'network':%s,'google':%b}", d->plan->region, g->name, builds_in_it(d->answers));
	if (target->subnet_bits && !d->network.connector) /* the connector has a subnet of its own */
		json_put_num(spec, "largest", target->subnet_bits);
	if (network_given_when_ranged(d->answers) && *d->network.pods)
		json_put(spec, "ranges", json_make("[%s,%s]", d->network.pods, d->network.services));
	if (g->born)
		json_put_bool(spec, "born", true);
	put_home(spec, g);
	plan_needs(plan_add(d->plan, "given/subnet", "compute.givenSubnetwork", g->subnet, spec), "given/network");
}

/* Machines without addresses of their own reach the internet by the subnet's Cloud NAT, or by one that the stack makes for it. */
static void check_nat(struct design *d, const struct given_network *g)
{
	bool makes = answers_bool(d->answers, "network.nat");
	char *router = name_of(d->plan->stack, "router");
	d->network.routed = !makes;
	plan_needs(
	    plan_add(d->plan, "given/nat", "compute.givenNat", g->subnet,
		     json_make("{'region':%s,'network':%s,'wanted':%b,'router':%s}", d->plan->region, g->name, !makes, router)),
	    "given/subnet");
	free(router);
}

static void check_connector(struct design *d, const struct given_network *g)
{
	plan_needs(plan_add(d->plan, "given/connector", "vpcaccess.givenConnector", d->network.connector,
			    json_make("{'region':%s,'network':%s}", d->plan->region, g->name)),
		   "given/subnet");
	free(d->network.subnet_need);
	d->network.subnet_need = xstrdup("given/connector");
}

void network_given(struct design *d, const struct given_network *g)
{
	const char *connector = answers_str(d->answers, "network.connector");
	set_network(d, g);
	if (!g->home && d->axes.target->by_connector && *connector)
		d->network.connector = connector;
	check_network(d, g);
	check_subnet(d, g);
	if (d->network.connector)
		check_connector(d, g);
	if (d->axes.target->routed)
		check_nat(d, g);
}

/* Questions -------------------------------------------------------------------------------------------------------------------- */

static bool network_given_when_routed(const struct answers *a)
{
	return network_wanted(a) && axes_target(a)->routed;
}

static bool network_given_when_connector(const struct answers *a)
{
	return network_wanted(a) && axes_target(a)->by_connector;
}

#define NAME_PATTERN "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
#define NAME_FORM N_("1 to 63 lower-case letters, digits and hyphens, beginning with a letter.")

/* clang-format off */
const struct question network_given_questions[] = {
	{.id = "network.name", .page = "database", .type = TYPE_TEXT, .title = N_("Name of the network"),
	 .help = N_("A VPC network that is there. It is looked at, and nothing of it is changed or deleted."),
	 .after = "network.mode", .when = network_wanted,
	 .pattern = NAME_PATTERN, .form = NAME_FORM},
	{.id = "network.subnet", .page = "database", .type = TYPE_TEXT, .title = N_("Name of the subnet"),
	 .help = N_("One of that network in the server's region. It must have room for the target: a /26 for Cloud Run."),
	 .after = "network.mode", .when = network_wanted,
	 .pattern = NAME_PATTERN, .form = NAME_FORM},
	{.id = "network.nat", .quiet = true, .page = "database", .type = TYPE_BOOL, .title = N_("Make a Cloud NAT"),
	 .help = N_("The machine has no address of its own and reaches the internet by a Cloud NAT. Yes makes one for this subnet; no means that it has one."),
	 .after = "network.mode", .when = network_given_when_routed, .preset = "false"},
	{.id = "network.connector", .quiet = true, .page = "database", .type = TYPE_TEXT, .title = N_("VPC connector"),
	 .help = N_("A Serverless VPC Access connector of the region that leads to this network, where yours go through one. Empty: straight into the subnet."),
	 .after = "network.mode", .when = network_given_when_connector, .optional = true,
	 .pattern = "^[a-z][a-z0-9-]{0,23}[a-z0-9]$",
	 .form = N_("2 to 25 lower-case letters, digits and hyphens, beginning with a letter.")},
	{.id = "network.pods_range", .quiet = true, .page = "database", .type = TYPE_TEXT, .title = N_("Range for pods"),
	 .help = N_("The name of a secondary range of the subnet for a cluster's pods. Empty: the cluster makes its ranges itself."),
	 .after = "network.mode", .when = network_given_when_ranged, .optional = true,
	 .pattern = NAME_PATTERN, .form = NAME_FORM},
	{.id = "network.services_range", .quiet = true, .page = "database", .type = TYPE_TEXT, .title = N_("Range for services"),
	 .help = N_("The name of another secondary range of the subnet, for the cluster's services."),
	 .after = "network.mode", .when = network_given_when_ranged, .optional = true,
	 .pattern = NAME_PATTERN, .form = NAME_FORM},
	{.id = NULL},
};
/* clang-format on */
