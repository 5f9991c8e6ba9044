/* Health checks, global and regional. */
#include "config.h"

#include "sim/api/compute.h"

#include "base/json.h"

#include <string.h>

static const struct {
	const char *type, *block, *defaults;
} types[] = {
    {"HTTP", "httpHealthCheck", "{'requestPath':'/','proxyHeader':'NONE'}"},
    {"HTTPS", "httpsHealthCheck", "{'requestPath':'/','proxyHeader':'NONE'}"},
    {"HTTP2", "http2HealthCheck", "{'requestPath':'/','proxyHeader':'NONE'}"},
    {"TCP", "tcpHealthCheck", "{'proxyHeader':'NONE'}"},
    {"SSL", "sslHealthCheck", "{'proxyHeader':'NONE'}"},
    {"GRPC", "grpcHealthCheck", "{}"},
};

static bool compute_health_checks_check(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	(void)old;
	const char *type = json_str(doc, "type", "");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (*type ? strcmp(type, types[i].type) != 0 : !json_at(doc, types[i].block))
			continue;
		if (!json_at(doc, types[i].block))
			json_put(doc, types[i].block, cJSON_CreateObject());
		cJSON *block = json_at(doc, types[i].block), *defaults = json_make(types[i].defaults);
		if (!json_at(block, "portSpecification") && !json_at(block, "port") && !json_at(block, "portName"))
			json_put_num(defaults, "port",
				     strcmp(types[i].type, "HTTPS") && strcmp(types[i].type, "SSL") ? 80 : 443);
		sim_fill(block, defaults);
		cJSON_Delete(defaults);
		json_put_str(doc, "type", types[i].type);
		if (json_num(doc, "timeoutSec", 5) > json_num(doc, "checkIntervalSec", 5))
			return compute_invalid(c, "timeoutSec", "", "Timeout must not be greater than the check interval.");
		return true;
	}
	return *type ? compute_invalid(c, "type", type, "Unknown health check type.") : compute_required(c, "type");
}

const struct compute_kind compute_health_check_kind = {
    .plural = "healthChecks",
    .resources = "healthChecks regionHealthChecks",
    .kind = "compute#healthCheck",
    .word = "health_check",
    .flags = COMPUTE_SHOUTING,
    .used_by = "backendServices",
    .defaults = "{'checkIntervalSec':5,'timeoutSec':5,'healthyThreshold':2,'unhealthyThreshold':2}",
    .quota = "HEALTH_CHECKS",
    .insert = "compute.healthCheck.insert",
    .change = "compute.healthCheck.update",
    .remove = "compute.healthCheck.delete",
    .check = compute_health_checks_check,
};

static const struct sim_route routes[] = {
    COMPUTE_BASICS("healthChecks", "healthChecks"),
    {"compute.healthChecks.aggregatedList", compute_aggregated, "compute.healthChecks.list", NULL},
    {"compute.healthChecks.patch", compute_patch, "compute.healthChecks.update", NULL},
    {"compute.healthChecks.update", compute_update, "compute.healthChecks.update", NULL},
    COMPUTE_BASICS("regionHealthChecks", "regionHealthChecks"),
    {"compute.regionHealthChecks.patch", compute_patch, "compute.regionHealthChecks.update", NULL},
    {"compute.regionHealthChecks.update", compute_update, "compute.regionHealthChecks.update", NULL},
    {NULL, NULL, NULL, NULL},
};

COMPUTE_API(sim_compute_health_checks, routes, NULL);
