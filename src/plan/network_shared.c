/* Network mode shared: a network and a subnet of a host project (Shared VPC), in which the stack makes nothing: what has to be there, and who of Google's
 * agents has to be let in, is looked at before anything is made. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/network_given.h"

#include <stdlib.h>
#include <string.h>

/* The target's agents, as members of policies. */
static cJSON *agents(const struct design *d)
{
	cJSON *list = cJSON_CreateArray();
	for (const char *const *a = d->axes.target->agents; a && *a; a++) {
		char *member = xasprintf("serviceAccount:service-%s%s", d->plan->number, *a);
		cJSON_AddItemToArray(list, cJSON_CreateString(member));
		free(member);
	}
	return list;
}

static bool network_shared_plan(struct design *d, struct err *e)
{
	const char *host = answers_str(d->answers, "network.host_project"), *subnet = answers_str(d->answers, "network.subnet");
	(void)e;
	plan_needs(plan_add(d->plan, "given/host", "compute.sharedVpc", host, cJSON_CreateObject()), "apis");
	network_given(
	    d, &(struct given_network){
		   .home = host, .name = answers_str(d->answers, "network.name"), .subnet = subnet, .needs = "given/host"});
	char *service = xasprintf("%s.googleapis.com", d->axes.target->choice.apis[0]);
	plan_needs(
	    plan_add(d->plan, "given/users", "compute.networkUsers", subnet,
		     json_make("{'home':%s,'region':%s,'members':%j,'service':%s}", host, d->plan->region, agents(d), service)),
	    "given/subnet");
	free(service);
	free(d->network.subnet_need);
	d->network.subnet_need = xstrdup("given/users");
	return true;
}

static const char *network_shared_refused(const struct answers *a)
{
	return axes_target(a)->agents ? NULL
				      : N_("In a Shared VPC firewall rules and secondary ranges are the host project's to "
					   "make, which this target needs: "
					   "choose Cloud Run, or a network of this project.");
}

static void network_shared_check(const struct answers *a, problem_fn *found, void *arg)
{
	if (!strcmp(answers_str(a, "network.host_project"), answers_str(a, "project.id")))
		found(arg, "network.host_project",
		      _("This is the stack's own project: choose a network of this project instead."));
}

/* clang-format off */
static const struct question rows[] = {
	{.id = "network.host_project", .page = "database", .type = TYPE_TEXT, .title = N_("Host project"),
	 .help = N_("The project that shares its network with this one. Who administers it lets Google's agents use the subnet."),
	 .after = "network.mode", .when = network_wanted,
	 .pattern = "^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
	 .form = N_("6 to 30 lower-case letters, digits and hyphens, beginning with a letter.")},
	{.id = NULL},
};
/* clang-format on */
static const char *const asks[] = {"network.name", "network.subnet", NULL};

const struct network_mode network_mode_shared = {
    .choice =
	{
	    .id = "shared",
	    .title = N_("A Shared VPC"),
	    .help = N_("A network of a host project that this project is attached to. Nothing is made in it."),
	    .questions = rows,
	    .asks = asks,
	    .refused = network_shared_refused,
	    .check = network_shared_check,
	},
    .foreign = true,
    .plan = network_shared_plan,
};
