/* The endpoints of a cluster's control plane. controlPlaneEndpointsConfig holds them; privateClusterConfig, masterAuthorizedNetworksConfig,
 * networkConfig and endpoint, which older clients send and read, say the same once more. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/container.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IP "controlPlaneEndpointsConfig.ipEndpointsConfig"

/* Standard base64 of a text, for the caller to free. */
static char *base64(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text);
	struct buf b = {0};
	for (size_t i = 0; i < len; i += 3) {
		unsigned n = (unsigned)(unsigned char)text[i] << 16;
		n |= i + 1 < len ? (unsigned)(unsigned char)text[i + 1] << 8 : 0;
		n |= i + 2 < len ? (unsigned char)text[i + 2] : 0;
		buf_putc(&b, digits[n >> 18]);
		buf_putc(&b, digits[n >> 12 & 63]);
		buf_putc(&b, i + 1 < len ? digits[n >> 6 & 63] : '=');
		buf_putc(&b, i + 2 < len ? digits[n & 63] : '=');
	}
	return buf_take(&b);
}

/* What was said in the older fields, where the newer ones say nothing. */
static void take_older(cJSON *doc)
{
	static const char older[] = "masterAuthorizedNetworksConfig", newer[] = IP ".authorizedNetworksConfig";
	const cJSON *have = json_at(doc, newer);
	if (json_at(doc, older) && (!have || !have->child))
		json_put(doc, newer, cJSON_Duplicate(json_at(doc, older), true));
	if (json_bool(doc, "privateClusterConfig.enablePrivateEndpoint", false))
		json_put_bool(doc, IP ".enablePublicEndpoint", false);
	if (json_bool(doc, "privateClusterConfig.masterGlobalAccessConfig.enabled", false))
		json_put_bool(doc, IP ".globalAccess", true);
	if (json_at(doc, "privateClusterConfig.privateEndpointSubnetwork") && !json_at(doc, IP ".privateEndpointSubnetwork"))
		json_put_str(doc, IP ".privateEndpointSubnetwork",
			     json_str(doc, "privateClusterConfig.privateEndpointSubnetwork", ""));
	if (json_bool(doc, "privateClusterConfig.enablePrivateNodes", false))
		json_put_bool(doc, "networkConfig.defaultEnablePrivateNodes", true);
}

/* The subnet of the private endpoint: one of its own with this range, or the one that was named, or else the cluster's. */
static void settle_private(struct sim_call *c, cJSON *doc, cJSON *hidden, const char *region)
{
	const char *own = json_str(doc, "privateClusterConfig.masterIpv4CidrBlock", ""),
		   *given = json_str(doc, IP ".privateEndpointSubnetwork", "");
	struct ip4_range r = {0};
	char ip[16];
	const char *path = compute_path(c->sim, c->project, *given ? given : json_str(doc, "networkConfig.subnetwork", ""));
	struct sim_object *subnet = path ? sim_get(c->sim, "compute.subnetworks", path) : NULL;
	if (ip4_range_parse(own, &r)) {
		char *hex = sim_hex(c->sim, 8);
		const char *name = sim_tmp("gke-%s-%s-pe-subnet", json_str(doc, "name", ""), hex);
		path = sim_tmp("projects/%s/regions/%s/subnetworks/%s", c->project, region, name);
		json_put(hidden, "endpointSubnet",
			 json_make("{'name':%s,'path':%s,'cidr':%s,'gateway':%s}", name, path, own, ip4_text(r.base + 1, ip)));
		free(hex);
	} else if (subnet) {
		ip4_range_parse(json_str(subnet->doc, "ipCidrRange", ""), &r);
	}
	if (*own || *given) {
		json_put_str(doc, IP ".privateEndpointSubnetwork", path ? path : given);
		json_put_bool(hidden, "isolated", true);
	}
	json_put_str(hidden, "private", ip4_text(*own || !r.bits ? r.base + 2 : ip4_free_host(c->sim, c->project, r, 2), ip));
}

void container_settle_endpoints(struct sim_call *c, cJSON *doc, cJSON *hidden, const char *region)
{
	char ip[16], *hex = sim_hex(c->sim, 4), *ca = base64(sim_ca_pem(c->sim));
	/* The DNS endpoint is named after the place that the cluster was asked for at: its zone, or its region. */
	const char *dns = sim_tmp("gke-%.32s%s-%s.%s.gke.goog", json_str(doc, "id", ""), hex,
				  sim_project_number(c->sim, c->project), json_str(doc, "location", region));
	ip4_text(104u << 24 | 154u << 16 | (uint32_t)(sim_random(c->sim) & 0xffff), ip);
	take_older(doc);
	settle_private(c, doc, hidden, region);
	container_fill(doc, "endpoints", false);
	json_put_str(doc, "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint", dns);
	json_put_str(doc, "masterAuth.clusterCaCertificate", ca);
	json_put_str(hidden, "public", ip);
	container_show_endpoints(doc, hidden);
	free(hex);
	free(ca);
}

static void show_addresses(cJSON *doc, const cJSON *hidden)
{
	bool public = json_bool(doc, IP ".enablePublicEndpoint", true), isolated = json_bool(hidden, "isolated", false);
	const char *inner = json_str(hidden, "private", ""), *outer = json_str(hidden, "public", "");
	json_put_bool(doc, IP ".enablePublicEndpoint", public);
	json_put_str(doc, IP ".privateEndpoint", inner);
	json_put_str(doc, IP ".publicEndpoint", outer);
	json_put_str(doc, "privateClusterConfig.privateEndpoint", inner);
	json_put_str(doc, "endpoint", public ? outer : inner);
	json_drop(doc, "privateClusterConfig.enablePrivateEndpoint");
	if (!public) {
		json_drop(doc, IP ".publicEndpoint");
		json_put_bool(doc, "privateClusterConfig.enablePrivateEndpoint", true);
	}
	if (!json_at(doc, IP ".authorizedNetworksConfig"))
		json_put(doc, IP ".authorizedNetworksConfig", cJSON_CreateObject());
	if (isolated)
		json_put_bool(doc, IP ".authorizedNetworksConfig.privateEndpointEnforcementEnabled", true);
	else if (!json_at(doc, IP ".authorizedNetworksConfig.gcpPublicCidrsAccessEnabled"))
		json_put_bool(doc, IP ".authorizedNetworksConfig.gcpPublicCidrsAccessEnabled", true);
	json_put(doc, "masterAuthorizedNetworksConfig", cJSON_Duplicate(json_at(doc, IP ".authorizedNetworksConfig"), true));
}

static void show_options(cJSON *doc, const cJSON *hidden)
{
	const char *subnet = json_str(doc, IP ".privateEndpointSubnetwork", "");
	bool global = json_bool(doc, IP ".globalAccess", false);
	json_drop(doc, "privateClusterConfig.masterGlobalAccessConfig");
	if (global)
		json_put_bool(doc, "privateClusterConfig.masterGlobalAccessConfig.enabled", true);
	else
		json_drop(doc, IP ".globalAccess");
	if (!*subnet)
		json_drop(doc, IP ".privateEndpointSubnetwork");
	else if (!json_at(hidden, "endpointSubnet"))
		json_put_str(doc, "privateClusterConfig.privateEndpointSubnetwork", subnet);
}

void container_show_endpoints(cJSON *doc, const cJSON *hidden)
{
	bool on = json_bool(doc, IP ".enabled", true);
	json_put_str(doc, "privateClusterConfig.publicEndpoint", json_str(hidden, "public", ""));
	if (on) {
		json_put_bool(doc, IP ".enabled", true);
		show_addresses(doc, hidden);
		show_options(doc, hidden);
	} else {
		json_put(doc, IP, json_make("{'enabled':false}"));
		json_put_str(doc, "endpoint", json_str(doc, "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint", ""));
		json_drop(doc, "privateClusterConfig.privateEndpoint");
		json_drop(doc, "privateClusterConfig.enablePrivateEndpoint");
		json_drop(doc, "masterAuthorizedNetworksConfig");
	}
	json_drop(doc, "privateClusterConfig.enablePrivateNodes");
	if (json_bool(doc, "networkConfig.defaultEnablePrivateNodes", false))
		json_put_bool(doc, "privateClusterConfig.enablePrivateNodes", true);
}
