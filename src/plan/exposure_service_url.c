/* Exposure service-url: the address that the target's platform gives. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/mem.h"
#include "plan/naming.h"

static bool exposure_service_url_address(struct design *d, struct err *e)
{
	char *host = d->axes.target->host ? d->axes.target->host(d) : NULL;
	if (!host)
		return err_set(e, EXIT_ANSWERS, "exposure", NULL, _("this target has no web address of its own."));
	d->plan->hosts = xcalloc(2, sizeof *d->plan->hosts);
	d->plan->hosts[0] = host;
	d->plan->url = xasprintf("https://%s", host);
	return name_check_host(host, e);
}

const struct exposure exposure_service_url = {
    .choice =
	{
	    .id = "service-url",
	    .title = N_("The service's own URL"),
	    .help = N_("HTTPS at a run.app address that Google gives; nothing to register."),
	},
    .ingress = INGRESS_ALL,
    .address = exposure_service_url_address,
};
