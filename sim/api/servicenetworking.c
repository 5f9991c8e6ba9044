/* Service Networking: the private connection (private services access) of a VPC network to Google's producers, and its operations. */
#include "config.h"

#include "sim/api/compute.h"
#include "sim/api/network.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define CONNECTIONS "servicenetworking.connections"
#define OPERATIONS "servicenetworking.operations"

/* Connections ------------------------------------------------------------------------------------------------------------ */
struct sim_object *network_connection(struct sim *s, const char *network)
{
	return sim_get(s, CONNECTIONS, network);
}

void network_connection_forget(struct sim *s, const char *network)
{
	struct sim_object *o = network_connection(s, network);
	if (o)
		sim_remove(s, o);
}

/* The range behind a reserved name. */
static bool range_of(struct sim *s, const char *network, const char *name, struct ip4_range *r)
{
	const char *path = sim_tmp("%.*s/global/addresses/%s", (int)(strcspn(network + 9, "/") + 9), network, name);
	struct sim_object *a = sim_get(s, "compute.addresses", path);
	const char *text = a ? sim_tmp("%s/%d", json_str(a->doc, "address", ""), (int)json_num(a->doc, "prefixLength", 32))
			     : NULL;
	return text && !strcmp(json_str(a->doc, "purpose", ""), "VPC_PEERING") && ip4_range_parse(text, r);
}

/* Each producer takes a /24 of the range; Cloud SQL's instances of a network share one, from .3 on. */
bool network_connection_address(struct sim *s, const char *network, const char *range, char into[static 16])
{
	struct sim_object *o = network_connection(s, network);
	const cJSON *ranges = o ? json_at(o->doc, "reservedPeeringRanges") : NULL, *name;
	cJSON_ArrayForEach(name, ranges) {
		struct ip4_range r;
		if ((*range && strcmp(range, name->valuestring)) || !range_of(s, network, name->valuestring, &r) || r.bits > 24)
			continue;
		unsigned n = (unsigned)json_num(o->hidden, "taken", 0);
		if (n >= ((1u << (24 - r.bits)) * 250))
			continue;
		ip4_text(r.base + (n / 250 << 8), into);
		network_route(s, network, sim_tmp("%s/24", into), NETWORK_SERVICE_PEERING);
		ip4_text(r.base + (n / 250 << 8) + 3 + n % 250, into);
		json_put_num(o->hidden, "taken", n + 1);
		return true;
	}
	return false;
}

/* Does a producer still use the network: an instance that is there, or was until a few days ago? */
static bool in_use(struct sim *s, const char *network)
{
	return sim_first(s, "network.producers", sim_tmp("%s ", network)) != NULL;
}

/* Operations. ------------------------------------------------------------------------------------------------------------ */
static void begin(struct sim_call *c, const char *project, double seconds, void (*finish)(struct sim *s, const cJSON *arg),
		  cJSON *arg)
{
	char id[37];
	sim_uuid(c->sim, id);
	const char *name = sim_tmp("operations/pssn.p24-%s-%s", sim_project_number(c->sim, project), id);
	json_put_str(arg, "op", name);
	sim_after(c->sim, seconds, finish, arg);
	sim_lro_reply(c, sim_lro(c->sim, OPERATIONS, name, NULL));
}

static void failed(struct sim *s, const cJSON *arg, cJSON *error)
{
	sim_lro_failed(s, OPERATIONS, json_str(arg, "op", ""), NULL, error);
}

/* What is wrong with the wanted ranges, for the operation's error; or NULL. */
static cJSON *bad_ranges(struct sim *s, const char *network, const cJSON *ranges)
{
	const cJSON *name;
	struct ip4_range r;
	cJSON_ArrayForEach(name, ranges)
		if (!range_of(s, network, name->valuestring, &r))
			return sim_rpc_status("FAILED_PRECONDITION", "Allocated IP range '%s' not found in network.",
					      name->valuestring);
	return NULL;
}

/* The producer's network that would be peered with, where an organization policy forbids that: the operation's error; else NULL. */
static cJSON *peering_forbidden(struct sim *s, const char *path, const char *peer)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(path + 9, "/"), path + 9);
	bool forbidden = sim_constraint(s, project, "compute.restrictVpcPeering", peer);
	cJSON *error = !forbidden ? NULL
				  : sim_rpc_status("FAILED_PRECONDITION",
						   "Constraint constraints/compute.restrictVpcPeering violated for project %s. "
						   "Peering the network %s is not allowed.",
						   sim_project_number(s, project), peer);
	return error;
}

static void connected(struct sim *s, const cJSON *arg)
{
	const char *path = json_str(arg, "path", "");
	struct sim_object *network = sim_get(s, "compute.networks", path), *o = network_connection(s, path);
	const cJSON *ranges = json_at(arg, "ranges");
	cJSON *error = NULL;
	if (!network)
		error = sim_rpc_status("NOT_FOUND", "Network '%s' not found.", path);
	else if (o && json_bool(arg, "create", false) && !json_equal(json_at(o->doc, "reservedPeeringRanges"), ranges))
		error = sim_rpc_status("FAILED_PRECONDITION",
				       "Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection.");
	else
		error = bad_ranges(s, path, ranges);
	char *hex = sim_hex(s, 16);
	const char *peer = sim_tmp(COMPUTE_BASE "projects/v%sp-tp/global/networks/servicenetworking", hex);
	if (!error && !o)
		error = peering_forbidden(s, path, peer + strlen(COMPUTE_BASE));
	if (!error && !o) {
		o = sim_put(s, CONNECTIONS, path,
			    json_make("{'network':%s,'peering':'" NETWORK_SERVICE_PEERING
				      "','service':'services/servicenetworking.googleapis.com'}",
				      json_str(arg, "network", "")));
		network_add_peering(s, network, NETWORK_SERVICE_PEERING, peer);
	}
	free(hex);
	if (error) {
		failed(s, arg, error);
		return;
	}
	json_put(o->doc, "reservedPeeringRanges", cJSON_Duplicate(ranges, true));
	cJSON *response = sim_typed(o->doc, "type.googleapis.com/google.cloud.servicenetworking.v1.Connection");
	json_drop(response, "service");
	sim_lro_done(s, OPERATIONS, json_str(arg, "op", ""), NULL, response);
}

static void disconnected(struct sim *s, const cJSON *arg)
{
	const char *path = json_str(arg, "path", "");
	struct sim_object *network = sim_get(s, "compute.networks", path), *o = network_connection(s, path);
	if (in_use(s, path)) {
		failed(
		    s, arg,
		    sim_rpc_status("FAILED_PRECONDITION",
				   "Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are "
				   "still using this connection."));
		return;
	}
	cJSON *p, *list = network ? json_at(network->doc, "peerings") : NULL;
	cJSON_ArrayForEach(p, list)
		if (!strcmp(json_str(p, "name", ""), NETWORK_SERVICE_PEERING)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(list, p));
			network_route_drop(s, path, NULL, NETWORK_SERVICE_PEERING);
			break;
		}
	if (list && !list->child)
		json_drop(network->doc, "peerings");
	if (o)
		sim_remove(s, o);
	sim_lro_done(s, OPERATIONS, json_str(arg, "op", ""), NULL,
		     sim_typed(NULL, "type.googleapis.com/google.protobuf.Empty"));
}

/* Handlers. -------------------------------------------------------------------------------------------------------------- */

/* May the caller do it in the project of this path ("projects/ID/...")? False: answered. The URL names no project. */
static bool allowed(struct sim_call *c, const char *path, const char *permission)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(path + 9, "/"), path + 9);
	if (sim_allowed(c->sim, c->principal, permission, project, NULL))
		return true;
	sim_fail_with(c, 0, "PERMISSION_DENIED", NULL,
		      json_make("[{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'IAM_PERMISSION_DENIED',"
				"'domain':'servicenetworking.googleapis.com','metadata':{'permission':%s}}]",
				permission),
		      "Permission '%s' denied on resource 'projects/%s' (or it may not exist).", permission, project);
	return false;
}

/* The path with the project's id of "projects/NUMBER/global/networks/x"; NULL, answered, when it is not of that form or the caller lacks the
 * permission there. */
static char *network_path(struct sim_call *c, const char *text, const char *permission)
{
	const char *number = text_starts(text, "projects/") ? text + 9 : "";
	size_t len = strcspn(number, "/");
	const char *id = len && strspn(number, "0123456789") == len ? sim_project_id(c->sim, sim_tmp("%.*s", (int)len, number))
								    : NULL;
	if (id && text_starts(number + len, "/global/networks/") && number[len + 17]) {
		char *path = xasprintf("projects/%s%s", id, number + len);
		if (allowed(c, path, permission))
			return path;
		free(path);
		return NULL;
	}
	sim_fail(c, "INVALID_ARGUMENT", NULL,
		 "Invalid network '%s': it must be of the form projects/{project}/global/networks/{network}, where {project} "
		 "is a project number.",
		 text);
	return NULL;
}

static void connection_list(struct sim_call *c)
{
	const char *network = sim_param(c, "network");
	char *path = network_path(c, network, "servicenetworking.services.get");
	if (!path)
		return;
	struct sim_object *o = network_connection(c->sim, path);
	if (text_ends(path, "/-")) {
		path[strlen(path) - 1] = '\0';
		o = sim_first(c->sim, CONNECTIONS, path);
	}
	sim_ok(c, o ? json_make("{'connections':[%j]}", cJSON_Duplicate(o->doc, true)) : cJSON_CreateObject());
	free(path);
}

/* Is one of these not among those? */
static bool drops_one(const cJSON *these, const cJSON *those)
{
	const cJSON *one, *other;
	cJSON_ArrayForEach(one, these) {
		bool stays = false;
		cJSON_ArrayForEach(other, those)
			stays = stays || json_equal(one, other);
		if (!stays)
			return true;
	}
	return false;
}

static void connect(struct sim_call *c, bool create)
{
	char *path = network_path(c, json_str(c->body, "network", ""), "servicenetworking.services.addPeering");
	if (!path)
		return;
	const cJSON *ranges = json_at(c->body, "reservedPeeringRanges");
	struct sim_object *have = network_connection(c->sim, path);
	if (!sim_get(c->sim, "compute.networks", path)) {
		sim_fail(c, "NOT_FOUND", NULL, "The network '%s' was not found.", json_str(c->body, "network", ""));
	} else if (!ranges || !ranges->child) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Reserved peering ranges must be specified.");
	} else if (!create && have && !sim_param_bool(c, "force") &&
		   drops_one(json_at(have->doc, "reservedPeeringRanges"), ranges)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "Removing allocated ranges from a connection needs force.");
	} else {
		const char *slash = strchr(path + 9, '/');
		const char *project = sim_tmp("%.*s", (int)(slash - path - 9), path + 9);
		cJSON *arg = json_make("{'path':%s,'network':%s,'create':%b,'ranges':%j}", path,
				       json_str(c->body, "network", ""), create, cJSON_Duplicate(ranges, true));
		begin(c, project, sim_draw(c->sim, "servicenetworking.connect"), connected, arg);
	}
	free(path);
}

static void connection_create(struct sim_call *c)
{
	connect(c, true);
}

static void connection_patch(struct sim_call *c)
{
	connect(c, false);
}

static void connection_delete(struct sim_call *c)
{
	char *path = network_path(c, json_str(c->body, "consumerNetwork", ""), "servicenetworking.services.deleteConnection");
	if (!path)
		return;
	if (!network_connection(c->sim, path)) {
		sim_fail(c, "INVALID_ARGUMENT", NULL, "There is no peering (" NETWORK_SERVICE_PEERING ") for the network.");
	} else {
		const char *project = sim_tmp("%.*s", (int)strcspn(path + 9, "/"), path + 9);
		begin(c, project, sim_draw(c->sim, "servicenetworking.disconnect"), disconnected,
		      json_make("{'path':%s}", path));
	}
	free(path);
}

static void servicenetworking_operation(struct sim_call *c)
{
	const char *at = strstr(c->path, "/operations/");
	struct sim_object *op = at ? sim_get(c->sim, OPERATIONS, at + 1) : NULL;
	if (op)
		sim_ok(c, cJSON_Duplicate(op->doc, true));
	else
		sim_fail(c, "NOT_FOUND", NULL, "Operation not found: %s", at ? at + 1 : c->path);
}

static bool servicenetworking_spoil(struct sim *s, const cJSON *arg, const cJSON *error)
{
	if (!sim_get(s, OPERATIONS, json_str(arg, "op", "")))
		return false;
	failed(s, arg, cJSON_Duplicate(error, true));
	return true;
}

static const struct sim_route routes[] = {
    {"servicenetworking.services.connections.list", connection_list, NULL, NULL},
    {"servicenetworking.services.connections.create", connection_create, NULL, NULL},
    {"servicenetworking.services.connections.patch", connection_patch, NULL, NULL},
    {"servicenetworking.services.connections.deleteConnection", connection_delete, NULL, NULL},
    {"servicenetworking.operations.get", servicenetworking_operation, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct sim_api sim_servicenetworking = {.name = "servicenetworking",
					      .service = "servicenetworking.googleapis.com",
					      .errors = SIM_ERRORS_AIP,
					      .routes = routes,
					      .spoil = servicenetworking_spoil};
