/* Database path private-services-access: a private address in the stack's network, by a peering with Google's. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/naming.h"

#include <stdlib.h>

static void need(struct resource *r, const char *id)
{
	if (id)
		plan_needs(r, id);
}

static cJSON *path_private_services_access_settings(struct design *d, const char **after)
{
	struct plan *p = d->plan;
	char *range = name_of(p->stack, "services");
	need(plan_add(p, "range", "compute.globalAddress", range,
		      json_make("{'network':%j,'prefixLength':20}", cJSON_Duplicate(d->network.link, 1))),
	     d->network.need);
	struct resource *peering = plan_add(p, "peering", "servicenetworking.connection", "servicenetworking-googleapis-com",
					    json_make("{'network':%s,'ranges':[%s]}", d->network.name, range));
	need(peering, d->network.need);
	need(peering, "range");
	cJSON *ip = json_make("{'ipv4Enabled':false,'privateNetwork':%s,'allocatedIpRange':%s,'sslMode':'ENCRYPTED_ONLY',"
			      "'enablePrivatePathForGoogleCloudServices':false}",
			      d->network.path, range);
	*after = "peering";
	free(range);
	return ip;
}

static cJSON *path_private_services_access_address(const struct design *d)
{
	(void)d;
	return plan_ref("sql", "ip");
}

static const char *const apis[] = {"compute", "servicenetworking", NULL};

const struct database_path database_path_private_services_access = {
    .choice =
	{
	    .id = "private-services-access",
	    .title = N_("Private services access"),
	    .help = N_("A private address in your network, by peering with Google's."),
	    .apis = apis,
	},
    .networked = true,
    .connector_flag = "--private-ip",
    .settings = path_private_services_access_settings,
    .address = path_private_services_access_address,
};
