/* vpcaccess.googleapis.com v1: Serverless VPC Access connectors. A connector stands in a range of its own (/28) of a network or in a subnet
 * that was made for it, on instances of Google's; all changes are operations. */
#include "config.h"
#include "sim/api/compute.h"
#include "sim/api/network.h"
#include "sim/api/resource.h"
#include "sim/api/serving.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define TYPE "type.googleapis.com/google.cloud.vpcaccess.v1."

struct sim_object *network_connector(struct sim *s, const char *name)
{
	struct sim_object *o = sim_get(s, NETWORK_CONNECTORS, name);
	const char *state = o ? json_str(o->doc, "state", "") : "";
	return !strcmp(state, "READY") || !strcmp(state, "UPDATING") ? o : NULL;
}

char *network_connector_in(struct sim *s, const char *path)
{
	char *user = NULL;
	const char *prefix = sim_tmp("%.*s", (int)(strcspn(path + 9, "/") + 10), path);
	for (struct sim_object *o = sim_first(s, NETWORK_CONNECTORS, prefix); o && !user; o = sim_following(s, o, prefix)) {
		const char *region = strstr(o->key, "/locations/") + strlen("/locations/");
		bool here = !strcmp(json_str(o->hidden, "network", ""), path) ||
			    !strcmp(json_str(o->hidden, "subnet", ""), path);
		if (here)
			user = xasprintf("%szones/%.*s-b/instances/aet-%.*s-%s-%.4s", prefix, (int)strcspn(region, "/"), region,
					 (int)strcspn(region, "/"), region, strrchr(o->key, '/') + 1,
					 sim_sha256(o->key, strlen(o->key)) + 7);
	}
	return user;
}

/* Operations. ------------------------------------------------------------------------------------------------------------- */
static cJSON *connector_operation(struct sim_call *c, const char *key, const char *verb)
{
	char id[37];
	const char *now = sim_stamp(c->sim, 9);
	sim_uuid(c->sim, id);
	cJSON *doc = json_make(
	    "{'name':%s,'metadata':{'@type':'" TYPE "OperationMetadata','method':%s,'createTime':%s,'target':%s}}",
	    sim_tmp("%s/operations/%s", sim_parent(c), id),
	    sim_tmp("google.cloud.vpcaccess.v1.VpcAccessService.%c%sConnector", *verb - 'a' + 'A', verb + 1), now, key);
	return doc;
}

/* Where it stands: the network's path, and the subnet's when that was given. Why it cannot stand there, or NULL. */
static cJSON *place(struct sim *s, struct sim_object *o)
{
	const char *project = sim_tmp("%.*s", (int)strcspn(o->key + 9, "/"), o->key + 9);
	const char *owner = json_str(o->doc, "subnet.projectId", project), *subnet = json_str(o->doc, "subnet.name", ""),
		   *network = json_str(o->doc, "network", "");
	const char *region = sim_tmp("%.*s", (int)strcspn(strstr(o->key, "/locations/") + 11, "/"),
				     strstr(o->key, "/locations/") + 11);
	cJSON *why = NULL;
	struct ip4_range own, other;
	if (*subnet) {
		const char *key = sim_tmp("projects/%s/regions/%s/subnetworks/%s", owner, region, subnet);
		const struct sim_object *at = sim_get(s, "compute.subnetworks", key);
		const char *range = at ? json_str(at->doc, "ipCidrRange", "") : "";
		if (!at)
			why = sim_rpc_status("NOT_FOUND", "Operation failed: Subnet %s was not found.", key);
		else if (!text_ends(range, "/28"))
			why = sim_rpc_status("INVALID_ARGUMENT", "Operation failed: Subnet %s must have a netmask of 28.", key);
		json_put_str(o->hidden, "subnet", key);
		network = at ? strrchr(json_str(at->doc, "network", "/"), '/') + 1 : "";
	}
	const char *path = sim_tmp("projects/%s/global/networks/%s", owner, network);
	json_put_str(o->hidden, "network", path);
	if (!why && !sim_get(s, "compute.networks", path))
		why = sim_rpc_status("NOT_FOUND", "Operation failed: Network %s was not found.", path);
	const char *prefix = sim_tmp("projects/%s/regions/", owner);
	for (struct sim_object *n = sim_first(s, "compute.subnetworks", prefix); !why && !*subnet && n;
	     n = sim_following(s, n, prefix))
		if (text_ends(json_str(n->doc, "network", ""), path) &&
		    ip4_range_parse(json_str(n->doc, "ipCidrRange", ""), &other) &&
		    ip4_range_parse(json_str(o->doc, "ipCidrRange", ""), &own) && ip4_overlap(own, other))
			why = sim_rpc_status("FAILED_PRECONDITION",
					     "Operation failed: Requested range %s conflicts with subnet %s.",
					     json_str(o->doc, "ipCidrRange", ""), n->key);
	return why;
}

static cJSON *connector_settled(struct sim *s, struct sim_object *o, const char *verb, const cJSON *error)
{
	cJSON *why = !error && !strcmp(verb, "create") ? place(s, o) : NULL;
	json_put_str(o->doc, "state", why || error ? "ERROR" : "READY");
	return why;
}

/* Rules. ------------------------------------------------------------------------------------------------------------------ */
static bool refuse(struct sim_call *c, const char *why)
{
	sim_fail(c, "INVALID_ARGUMENT", NULL, "%s", why);
	return false;
}

static bool range_ok(struct sim_call *c, const cJSON *doc)
{
	bool subnet = *json_str(doc, "subnet.name", ""), range = *json_str(doc, "ipCidrRange", "");
	struct ip4_range r;
	if (subnet && (range || *json_str(doc, "network", "")))
		return refuse(c, "Only one of subnet, or network and ip_cidr_range, may be specified.");
	if (subnet)
		return true;
	if (!range)
		return refuse(c, "Either subnet, or network and ip_cidr_range, must be specified.");
	if (!ip4_range_parse(json_str(doc, "ipCidrRange", ""), &r) || r.bits != 28)
		return refuse(c, "The IP CIDR range must be an unused /28 range.");
	return true;
}

/* Instances and what goes through them are two ways to say the same. */
static bool scale_ok(struct sim_call *c, cJSON *doc)
{
	static const struct {
		const char *machine;
		int each;
	} machines[] = {{"e2-micro", 100}, {"e2-standard-4", 3200}, {"f1-micro", 100}};
	const char *machine = json_str(doc, "machineType", "e2-micro");
	int each = 0;
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		each = strcmp(machines[i].machine, machine) ? each : machines[i].each;
	if (!each)
		return refuse(c, "Machine type must be one of f1-micro, e2-micro, e2-standard-4.");
	int low = (int)json_num(doc, "minInstances", 0), high = (int)json_num(doc, "maxInstances", 0);
	int slow = (int)json_num(doc, "minThroughput", 0), fast = (int)json_num(doc, "maxThroughput", 0);
	low = low ? low : slow ? slow / 100 : 2;
	high = high ? high : fast ? fast / 100 : 10;
	if (low < 2 || low > 9)
		return refuse(c, "The minimum number of instances must be between 2 and 9.");
	if (high < 3 || high > 10 || high <= low)
		return refuse(c, "The maximum number of instances must be between 3 and 10, and greater than the minimum.");
	json_put_str(doc, "machineType", machine);
	json_put_num(doc, "minInstances", low);
	json_put_num(doc, "maxInstances", high);
	json_put_num(doc, "minThroughput", low * each);
	json_put_num(doc, "maxThroughput", high * each);
	return true;
}

/* The row. ---------------------------------------------------------------------------------------------------------------- */
static bool connector_placed(struct sim_call *c)
{
	if (sim_is_region(sim_part(c, 4)))
		return true;
	sim_fail(c, "PERMISSION_DENIED", NULL, "Permission denied on 'locations/%s' (or it may not exist).", sim_part(c, 4));
	return false;
}

static bool connector_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	if ((!old && !range_ok(c, doc)) || !scale_ok(c, doc))
		return false;
	json_put_str(doc, "state", old ? "UPDATING" : "CREATING");
	if (!old && !json_at(doc, "subnet") && !*json_str(doc, "network", ""))
		json_put_str(doc, "network", "default");
	const char *network = json_str(doc, "network", "");
	if (strchr(network, '/'))
		json_put_str(doc, "network", sim_tmp("%s", strrchr(network, '/') + 1));
	return true;
}

static bool connector_changing(struct sim_call *c, const struct sim_object *o)
{
	if (!strcmp(json_str(o->doc, "state", ""), "READY"))
		return true;
	sim_fail(c, "FAILED_PRECONDITION", NULL, "The connector is not ready to be updated.");
	return false;
}

static bool connector_deleting(struct sim_call *c, struct sim_object *o)
{
	(void)c;
	json_put_str(o->doc, "state", "DELETING");
	return true;
}

#define L "vpcaccess.projects.locations."
#define HERE "projects/{project}/locations/{locations}/"
static const struct sim_operations connector_operations = {.collection = "vpcaccess.operations", .begun = connector_operation};
static const struct sim_resource resources[] = {
    {.methods = L "connectors",
     .collection = NETWORK_CONNECTORS,
     .key = HERE "connectors/{connectors}",
     .field = "connectors",
     .id = "connectorId",
     .missing = "Resource '" HERE "connectors/{connectors}' was not found",
     .taken = "Resource '" HERE "connectors/{connectors}' already exists",
     .placed = connector_placed,
     .ids = &(const struct sim_id_rule){LOWER_LETTERS, LOWER_LETTERS DIGITS "-", 2, 25,
					"The connector ID must match the pattern ^[a-z][-a-z0-9]{0,23}[a-z0-9]$."},
     .complete = connector_complete,
     .changing = connector_changing,
     .deleting = connector_deleting,
     .settled = connector_settled,
     .kept = "network subnet ipCidrRange minThroughput maxThroughput",
     .operations = &connector_operations,
     .create = "vpcaccess.create",
     .change = "vpcaccess.create",
     .remove = "vpcaccess.delete",
     .type = TYPE "Connector",
     .lasts = true},
    {.methods = L "operations",
     .collection = "vpcaccess.operations",
     .key = HERE "operations/{operations}",
     .field = "operations"},
    {0},
};

/* Whose services go out through it: those of Cloud Run that name it, by their project. */
static cJSON *connector_shown(struct sim *s, const struct sim_object *o)
{
	cJSON *doc = cJSON_Duplicate(o->doc, true), *users = cJSON_CreateArray();
	for (struct sim_object *r = sim_first(s, "run.services", "projects/"); r; r = sim_following(s, r, "projects/"))
		if (!strcmp(json_str(r->doc, "template.vpcAccess.connector", ""), o->key) && !cJSON_GetArraySize(users))
			cJSON_AddItemToArray(users,
					     cJSON_CreateString(sim_tmp("%.*s", (int)strcspn(r->key + 9, "/"), r->key + 9)));
	if (users->child)
		json_put(doc, "connectedProjects", users);
	else
		cJSON_Delete(users);
	return doc;
}

static void connector_get(struct sim_call *c)
{
	struct sim_object *o = resource_named(c);
	if (o)
		sim_ok(c, connector_shown(c->sim, o));
}

static const struct sim_route routes[] = {
    {L "list", sim_location_list, "vpcaccess.locations.list", NULL},
    {L "connectors.get", connector_get, "vpcaccess.connectors.get", NULL},
    {L "connectors.create", resource_create, "vpcaccess.connectors.create", NULL},
    {L "connectors.list", resource_list, "vpcaccess.connectors.list", NULL},
    {L "connectors.patch", resource_patch, "vpcaccess.connectors.update", NULL},
    {L "connectors.delete", resource_delete, "vpcaccess.connectors.delete", NULL},
    RESOURCE_READS(L "operations", "vpcaccess.operations"),
    {0},
};

const struct sim_api sim_vpcaccess = {.name = "vpcaccess",
				      .service = "vpcaccess.googleapis.com",
				      .errors = SIM_ERRORS_AIP,
				      .routes = routes,
				      .resources = resources,
				      .spoil = resource_spoil};
