/* Network mode new: a VPC network of the stack's own, with one subnetwork. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "gcp/ip_range.h"
#include "plan/naming.h"
#include "plan/network_given.h"

#include <stdlib.h>

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
		 json_make("{'region':%s,'network':%j,'ipCidrRange':%s}", p->region, plan_ref("network", "link"),
			   answers_str(d->answers, "network.range")));
	return true;
}

static const char *network_new_refused(const struct answers *a)
{
	const struct target *t = axes_target(a);
	return t->housed && t->housed(a) ? N_("The cluster stands in a network already: name that one.") : NULL;
}

static const char *network_new_check_range(const struct answers *a, const char *value)
{
	struct ip_range r;
	(void)a;
	if (!ip_range_parse(value, &r))
		return N_("A range of addresses that begins at a boundary of its size, such as 10.10.0.0/24.");
	if (ip_range_refused(r))
		return ip_range_refused(r);
	return r.bits >= 8 && r.bits <= 26 ? NULL : N_("From /8 to /26: Cloud Run takes several addresses for each instance.");
}

/* The subnet and Google's side of the connection are of one network. */
static void network_new_check(const struct answers *a, problem_fn *found, void *arg)
{
	struct ip_range own, other;
	if (!ip_range_parse(answers_str(a, "network.range"), &own) || !axes_of(a).path->range ||
	    !ip_range_parse(answers_str(a, axes_of(a).path->range), &other) || !ip_ranges_overlap(own, other))
		return;
	struct ip_range free_one = {(own.base >= 10u << 24 && own.base < 11u << 24) ? 172u << 24 | 16u << 16 : 10u << 24,
				    other.bits > 16 ? other.bits : 16};
	char *text = ip_range_text(free_one);
	char *s = other.bits >= 12
		      ? xasprintf(_("It overlaps the subnet's range %s: %s is free."), answers_str(a, "network.range"), text)
		      : xasprintf(_("It overlaps the subnet's range %s."), answers_str(a, "network.range"));
	found(arg, axes_of(a).path->range, s);
	free(s);
	free(text);
}

/* clang-format off */
static const struct question rows[] = {
	{.id = "network.range", .quiet = true, .page = "database", .type = TYPE_TEXT, .title = N_("Range of the subnet"),
	 .help = N_("The addresses of the stack's own subnet. Choose another one where this network is to be joined to others. It cannot be changed later."),
	 .after = "network.mode", .when = network_wanted, .preset = "10.10.0.0/24",
	 .check = network_new_check_range},
	{.id = NULL},
};
/* clang-format on */

const struct network_mode network_mode_new = {
    .choice =
	{
	    .id = "new",
	    .title = N_("A new network"),
	    .help = N_("A VPC network of this stack's own, with one subnetwork."),
	    .refused = network_new_refused,
	    .questions = rows,
	    .check = network_new_check,
	},
    .plan = network_new_plan,
};
