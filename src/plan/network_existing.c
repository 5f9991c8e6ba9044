/* Network mode existing: a VPC network and a subnet of the stack's project that somebody else made. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "plan/network_given.h"

static bool network_existing_plan(struct design *d, struct err *e)
{
	(void)e;
	network_given(d, &(struct given_network){.name = answers_str(d->answers, "network.name"),
						 .subnet = answers_str(d->answers, "network.subnet")});
	return true;
}

/* A cluster is told both ranges, or neither. */
static void network_existing_check(const struct answers *a, problem_fn *found, void *arg)
{
	bool pods = *answers_str(a, "network.pods_range"), services = *answers_str(a, "network.services_range");
	if (pods != services)
		found(arg, pods ? "network.services_range" : "network.pods_range",
		      _("Name the range for pods and the one for services, or neither."));
}

const struct network_mode network_mode_existing = {
    .choice =
	{
	    .id = "existing",
	    .title = N_("Another network"),
	    .help = N_("A VPC network of this project that you name. It is not changed."),
	    .questions = network_given_questions,
	    .check = network_existing_check,
	},
    .plan = network_existing_plan,
};
