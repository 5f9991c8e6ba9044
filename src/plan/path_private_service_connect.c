/* Database path private-service-connect: an endpoint in the network, by which Cloud SQL is reached without peering, and the name that its certificate
 * is for, in a private zone (reference/targets-run.md 7). The way is decided when the instance is made, for good. */
#include "config.h"
#include "plan/axes.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/naming.h"
#include "plan/settings.h"

#include <stdlib.h>
#include <string.h>

static cJSON *path_private_service_connect_settings(struct design *d, const char **after)
{
	(void)after;
	return json_make(
	    "{'ipv4Enabled':false,'sslMode':'ENCRYPTED_ONLY','pscConfig':{'pscEnabled':true,'allowedConsumerProjects':[%s]}}",
	    d->plan->project);
}

static void need(struct resource *r, const char *id)
{
	if (id)
		plan_needs(r, id);
}

/* "projects/P/regions/R/subnetworks/NAME", to be freed. */
static char *subnet_path(const struct design *d)
{
	const char *subnet = d->network.subnet;
	return strchr(subnet, '/')
		   ? xstrdup(subnet)
		   : xasprintf("projects/%s/regions/%s/subnetworks/%s", d->plan->project, d->plan->region, subnet);
}

/* The address, and the rule that leads from it to the instance's service attachment. */
static void add_endpoint(struct design *d)
{
	struct plan *p = d->plan;
	char *name = name_of(p->stack, "sql-psc"), *subnet = subnet_path(d);
	struct resource *address = plan_add(
	    p, "endpoint/address", "compute.address", name,
	    json_make("{'region':%s,'body':{'addressType':'INTERNAL','purpose':'GCE_ENDPOINT','subnetwork':%s}}", p->region,
		      subnet));
	plan_needs(address, "apis");
	need(address, d->network.subnet_need);
	struct resource *rule = plan_add(p, "endpoint/rule", "compute.forwardingRule", name,
					 json_make("{'region':%s,'body':{'IPAddress':%j,'network':%j,'target':%j}}", p->region,
						   plan_ref("endpoint/address", "link"), cJSON_Duplicate(d->network.link, 1),
						   plan_ref("sql", "attachment")));
	need(rule, d->network.need);
	free(subnet);
	free(name);
}

/* Clients and connectors find the instance by its name. Google's zone R.sql.goog. is private to the network; in a network of others, who may have it
 * already, the zone is the instance's name alone. */
static void add_name(struct design *d)
{
	struct plan *p = d->plan;
	char *zone = name_of(p->stack, "sql-goog"), *domain = xasprintf("%s.sql.goog.", p->region);
	char *url = xasprintf("https://www.googleapis.com/compute/v1/%s", d->network.path);
	struct resource *r = plan_add(
	    p, "endpoint/zone", "dns.managedZone", zone,
	    json_make(
		"{'body':{'dnsName':%j,'visibility':'private','privateVisibilityConfig':{'networks':[{'networkUrl':%s}]}}}",
		d->network.given ? plan_ref("sql", "dns") : cJSON_CreateString(domain), url));
	plan_needs(r, "apis");
	need(r, d->network.need);
	r = plan_add(p, "endpoint/name", "dns.resourceRecordSet", d->instance,
		     json_make("{'zone':%s,'host':%j,'type':'A','ttl':300,'data':[%j]}", zone, plan_ref("sql", "dns"),
			       plan_ref("endpoint/address", "ip")));
	plan_needs(r, "endpoint/zone");
	plan_needs(r, "endpoint/rule");
	workload_needs(d->workload, "endpoint/name");
	workload_migration_needs(d->workload, "endpoint/name");
	free(url);
	free(domain);
	free(zone);
}

static void path_private_service_connect_plan(struct design *d)
{
	add_endpoint(d);
	add_name(d);
}

static cJSON *path_private_service_connect_address(const struct design *d)
{
	(void)d;
	return plan_ref("sql", "host");
}

static const char *const apis[] = {"compute", "dns", NULL};

static const char *const asks[] = {SETTINGS_OF_INSTANCE, NULL};

const struct database_path database_path_private_service_connect = {
    .choice =
	{
	    .id = "private-service-connect",
	    .title = N_("Private Service Connect"),
	    .help = N_("A private endpoint; for networks that must not peer."),
	    .asks = asks,
	    .apis = apis,
	},
    .networked = true,
    .connector_flag = "--psc",
    .settings = path_private_service_connect_settings,
    .plan = path_private_service_connect_plan,
    .address = path_private_service_connect_address,
};
