/* What a caller must hold on the things that a request refers to, beside the request's own permission: as Google's reference lists it for each method
 * ("IAM Permissions"), where it is sure. Each is asked for where the thing is: a network or a subnet of a Shared VPC is its host project's, and a subnet has a
 * policy of its own. */
#include "config.h"

#include "sim/api/compute.h"

#include <string.h>

/* By whom and what is referred to; a row with * is for whoever is not named before it. */
static const struct use {
	const char *by, *to, *permission;
} uses[] = {
    {"subnetworks", "networks", "compute.networks.updatePolicy"},
    {"routers", "networks", "compute.networks.updatePolicy"},
    {"routes", "networks", "compute.networks.updatePolicy"},
    {"addresses", "networks", "compute.networks.use"},
    {"forwardingRules", "networks", "compute.networks.use"},
    {"addresses", "subnetworks", "compute.subnetworks.use"},
    {"forwardingRules", "subnetworks", "compute.subnetworks.use"},
    {"*", "targetHttpProxies", "compute.targetHttpProxies.use"},
    {"*", "targetHttpsProxies", "compute.targetHttpsProxies.use"},
    {"*", "urlMaps", "compute.urlMaps.use"},
    {"*", "backendServices", "compute.backendServices.use"},
    {"*", "healthChecks", "compute.healthChecks.useReadOnly"},
    {"*", "instanceGroups", "compute.instanceGroups.use"},
    {"*", "sslPolicies", "compute.sslPolicies.use"},
    {"*", "sslCertificates", "compute.sslCertificates.get"},
    {"instances", "disks", "compute.disks.use"},
    {"instances", "resourcePolicies", "compute.resourcePolicies.use"},
    {"disks", "resourcePolicies", "compute.resourcePolicies.use"},
};

bool compute_asks(struct sim_call *c, const char *permission, const char *key)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(key + 9, "/"), key + 9);
	if (!c->principal ||
	    sim_allowed(c->sim, c->principal, permission, project, sim_tmp("//compute.googleapis.com/%s", key)))
		return true;
	sim_fail(c, "PERMISSION_DENIED", "forbidden", "Required '%s' permission for '%s'", permission, key);
	return false;
}

static const char *group_permission(const char *key)
{
	return strstr(key, "/zones/")     ? "compute.networkEndpointGroups.use"
	       : strstr(key, "/regions/") ? "compute.regionNetworkEndpointGroups.use"
					  : "compute.globalNetworkEndpointGroups.use";
}

bool compute_may_refer(struct sim_call *c, const struct compute_kind *by, const struct compute_kind *to,
		       const struct sim_object *o)
{
	if (!strcmp(to->plural, "networkEndpointGroups"))
		return compute_asks(c, group_permission(o->key), o->key);
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (!strcmp(uses[i].to, to->plural) && (*uses[i].by == '*' || !strcmp(uses[i].by, by->plural)))
			return compute_asks(c, uses[i].permission, o->key);
	return true;
}
