/* Exposure internal: no address of its own. Clients come to this machine's loopback, from where the target's own door leads to the server. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/mem.h"

static bool exposure_internal_address(struct design *d, struct err *e)
{
	(void)e;
	d->plan->hosts = xcalloc(2, sizeof *d->plan->hosts);
	d->plan->hosts[0] = xstrdup("localhost");
	d->plan->url = xstrdup("http://localhost:5000");
	return true;
}

static void exposure_internal_reach(const struct design *d, struct reach *out)
{
	d->axes.target->reach(d, out);
}

static void exposure_internal_connect(const struct plan *p, struct buf *out)
{
	p->axes.target->tunnel(p, out);
}

static const char *exposure_internal_refused(const struct answers *a)
{
	return axes_target(a)->reach ? NULL : N_("This target is reached by its web address: there is no tunnel to it.");
}

const struct exposure exposure_internal = {
    .choice =
	{
	    .id = "internal",
	    .title = N_("Internal only"),
	    .help = N_("Reached through a tunnel or from inside the network."),
	    .refused = exposure_internal_refused,
	},
    .ingress = INGRESS_INTERNAL,
    .address = exposure_internal_address,
    .reach = exposure_internal_reach,
    .connect = exposure_internal_connect,
};
