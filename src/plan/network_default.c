/* Network mode default: the network that a project gets with Compute Engine's API, unless its organisation forbids that. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "plan/network_given.h"

static bool network_default_plan(struct design *d, struct err *e)
{
	(void)e;
	/* In automatic mode it has a subnet of its own name in each region. */
	network_given(d, &(struct given_network){.name = "default", .subnet = "default", .born = true});
	return true;
}

static const char *const asks[] = {"network.nat", "network.connector", NULL};

const struct network_mode network_mode_default = {
    .choice =
	{
	    .id = "default",
	    .title = N_("The default network"),
	    .help = N_("The project's network called default, with its subnet of the region. It is not changed."),
	    .asks = asks,
	},
    .plan = network_default_plan,
};
