/* Network mode new: a VPC network of the stack's own, with one subnetwork. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/naming.h"

static bool network_new_plan(struct design *d, struct err *e)
{
	struct plan *p = d->plan;
	(void)e;
	d->network = (struct network){
	    .name = xstrdup(p->stack),
	    .subnet = name_of(p->stack, p->region),
	    .path = xasprintf("projects/%s/global/networks/%s", p->project, p->stack),
	    .link = plan_ref("network", "link"),
	    .need = xstrdup("network"),
	    .subnet_need = xstrdup("subnet"),
	};
	plan_needs(plan_add(p, "network", "compute.network", p->stack, cJSON_CreateObject()), "apis");
	/* A /24: Cloud Run's direct egress wants /26 at least, and takes several addresses an instance while revisions change. */
	plan_add(p, "subnet", "compute.subnetwork", d->network.subnet,
		 json_make("{'region':%s,'network':%j,'ipCidrRange':'10.10.0.0/24'}", p->region, plan_ref("network", "link")));
	return true;
}

static const char *network_new_refused(const struct answers *a)
{
	const struct target *t = axes_target(a);
	return t->housed && t->housed(a) ? N_("The cluster stands in a network already: name that one.") : NULL;
}

const struct network_mode network_mode_new = {
    .choice =
	{
	    .id = "new",
	    .title = N_("A new network"),
	    .help = N_("A VPC network of this stack's own, with one subnetwork."),
	    .refused = network_new_refused,
	},
    .plan = network_new_plan,
};
