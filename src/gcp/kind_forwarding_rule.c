/* A forwarding rule: global, from an address and a port to a load balancer's proxy; or of a region, a Private Service Connect endpoint (the
 * target is then a service attachment). spec: {"region" or none,"body"}. Outputs: link, id, psc (pscConnectionStatus). */
#include "config.h"
#include "gcp/compute_object.h"
#include "gcp/kinds.h"
#include "gcp/prices.h"

#include "base/gettext.h"
#include "base/json.h"
#include "base/mem.h"

#include <string.h>

/* The address is named by its link and shown as a number; a port may be shown as a range of one. */
static const char *const fixed[] = {"IPProtocol", "loadBalancingScheme", "network", "subnetwork", "networkTier", NULL};
static const char *const skip[] = {"IPAddress", "portRange", NULL};
static const struct compute_object global = {.scope = "global", .collection = "forwardingRules", .fixed = fixed, .skip = skip};
static const struct compute_object regional = {
    .scope = "regions", .collection = "forwardingRules", .fixed = fixed, .skip = skip};

static const struct compute_object *object(const struct view *v)
{
	return json_at(v->spec, "region") ? &regional : &global;
}

static void forwarding_rule_observe(const struct view *v, struct call *out)
{
	compute_object_observe(object(v), v, out);
}

/* An endpoint is of use once the producer has accepted it. */
static void forwarding_rule_decode(const struct view *v, int http, const cJSON *reply, struct observation *out)
{
	compute_object_decode(object(v), v, http, reply, out);
	const char *psc = json_str(out->found, "pscConnectionStatus", "");
	if (!out->outputs)
		return;
	json_put_str(out->outputs, "psc", psc);
	if (out->presence != PRESENT_YES || !*psc || !strcmp(psc, "ACCEPTED"))
		return;
	if (!strcmp(psc, "PENDING"))
		kind_say(out, PRESENT_PENDING,
			 _("the connection waits to be accepted: the project must be among those that the instance allows"));
	else
		kind_say(out, PRESENT_FAILED, _("the Private Service Connect endpoint is %s"), psc);
}

static void forwarding_rule_compare(const struct view *v, const struct observation *seen, struct change *out)
{
	compute_object_compare(object(v), v, seen, out);
	compute_object_compare_labels(v, seen->found, out);
}

static void forwarding_rule_create(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_create(object(v), v, seen, out);
}

/* Only the target can be moved, and the labels set. */
static void forwarding_rule_update(const struct view *v, const struct observation *seen, const struct change *change,
				   struct call *out)
{
	if (!kind_changes(change, "target")) {
		compute_object_label(object(v), v, seen->found, out);
		return;
	}
	cJSON *body = cJSON_CreateObject();
	json_put_str(body, "target", json_str(v->spec, "body.target", ""));
	compute_object_method(object(v), v, "setTarget", body, out);
}

static void forwarding_rule_destroy(const struct view *v, const struct observation *seen, struct call *out)
{
	compute_object_destroy(object(v), v, seen, out);
}

static char *forwarding_rule_permits(const cJSON *spec, enum deed deed)
{
	const char *resources = json_at(spec, "region") ? "forwardingRules" : "globalForwardingRules";
	return deed == DEED_LIST ? NULL : compute_object_permits(resources, "setTarget", spec, deed);
}

static const char *forwarding_rule_terraform_type(const struct view *v)
{
	return json_at(v->spec, "region") ? "google_compute_forwarding_rule" : "google_compute_global_forwarding_rule";
}

/* The balancer's rules have one price together: the one that leads to the server has it, its redirect from HTTP comes with it. */
static double forwarding_rule_monthly(const cJSON *spec, const char *region)
{
	(void)region;
	if (json_at(spec, "region"))
		return USD_MONTH_ENDPOINT;
	return strcmp(json_str(spec, "body.portRange", ""), "80") ? USD_MONTH_BALANCER : 0;
}

static const struct kind_constraint forwarding_rule_constraints[] = {
    {.name = "compute.restrictLoadBalancerCreationForTypes",
     .words = N_("this kind of load balancer"),
     .path = "body.loadBalancingScheme",
     .is = "EXTERNAL_MANAGED",
     .value = "GLOBAL_EXTERNAL_MANAGED_HTTP_HTTPS"},
    {.name = "compute.disableGlobalLoadBalancing",
     .words = N_("global load balancers"),
     .path = "body.loadBalancingScheme",
     .is = "EXTERNAL_MANAGED"},
    {.name = "compute.disablePrivateServiceConnectCreationForConsumers",
     .words = N_("Private Service Connect endpoints"),
     .path = "body.network",
     .value = "SERVICE_PRODUCERS"},
    {.name = "compute.restrictPrivateServiceConnectProducer",
     .words = N_("Private Service Connect endpoints"),
     .path = "body.network",
     .value = GOOGLE_ORGANIZATION},
    {.name = NULL},
};

const struct kind kind_forwarding_rule = {
    .id = "compute.forwardingRule",
    .title = N_("Forwarding rule"),
    .api = "compute.googleapis.com",
    .part = PART_SERVER,
    .console_page = "net-services/loadbalancing/list/loadBalancers",
    .permits = forwarding_rule_permits,
    .uses = (const struct kind_use[]){{"body.portRange", "443", "compute.targetHttpsProxies.use compute.globalAddresses.use"},
				      {"body.portRange", "80", "compute.targetHttpProxies.use compute.globalAddresses.use"},
				      {"region", NULL, "compute.addresses.use"},
				      {"body.network", NULL, "compute.networks.use"},
				      {"body.subnetwork", NULL, "compute.subnetworks.use"},
				      {NULL, NULL, NULL}},
    .usual = 10,
    .slow = 11,
    .deadline = 1200,
    .labelled = true,
    .billable = true,
    .monthly = forwarding_rule_monthly,
    .quotas = (const struct kind_quota[]){{.metric = "FORWARDING_RULES"}, {.metric = NULL}},
    .constraints = forwarding_rule_constraints,
    .observe = forwarding_rule_observe,
    .decode = forwarding_rule_decode,
    .compare = forwarding_rule_compare,
    .create = forwarding_rule_create,
    .update = forwarding_rule_update,
    .destroy = forwarding_rule_destroy,
    .patience = 60,
    .terraform = {.type_of = forwarding_rule_terraform_type,
		  .place = "region",
		  .import = "{project}/{region/}{name}",
		  .adds = "{'loadBalancingScheme':''}"},
};
