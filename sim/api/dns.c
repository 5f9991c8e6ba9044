/* dns.googleapis.com v1: managed zones. Names end in a dot; a zone has its SOA and NS records from the beginning, and goes only when nothing else
 * is left. */
#include "config.h"
#include "sim/api/dns.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define OPERATIONS "dns.operations"

static struct sim_object *zone_find(struct sim_call *c, const struct sim_resource *r)
{
	(void)r;
	return dns_zone(c);
}

struct sim_object *dns_zone(struct sim_call *c)
{
	const char *name = sim_path_part(c, "managedZones"), *prefix = sim_tmp("projects/%s/managedZones/", c->project);
	for (struct sim_object *o = sim_first(c->sim, DNS_ZONES, prefix); o; o = sim_following(c->sim, o, prefix))
		if (!strcmp(json_str(o->doc, "name", ""), name) || !strcmp(json_str(o->doc, "id", ""), name))
			return o;
	sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.managedZone' resource named '%s' does not exist.", name);
	return NULL;
}

const char *sim_dns_inside(struct sim *s, const char *network, const char *name)
{
	size_t n = strlen(name);
	const char *full = sim_tmp("%s%s", name, n && name[n - 1] == '.' ? "" : ".");
	const char *found = NULL;
	const cJSON *seen;
	for (struct sim_object *z = sim_first(s, DNS_ZONES, "projects/"); z && !found; z = sim_following(s, z, "projects/")) {
		bool visible = false;
		cJSON_ArrayForEach(seen, json_at(z->doc, "privateVisibilityConfig.networks"))
			visible = visible || text_ends(json_str(seen, "networkUrl", ""), network);
		struct sim_object *r = visible ? dns_record(s, z, full, "A") : NULL;
		found = r ? json_str(r->doc, "rrdatas.0", NULL) : NULL;
	}
	return found;
}

static cJSON *name_servers(struct sim *s, bool is_private)
{
	cJSON *all = cJSON_CreateArray();
	char letter = (char)('a' + sim_random(s) % 5);
	for (int i = 1; i <= (is_private ? 1 : 4); i++) {
		char *server = is_private ? xstrdup("ns-gcp-private.googledomains.com.")
					  : xasprintf("ns-cloud-%c%d.googledomains.com.", letter, i);
		cJSON_AddItemToArray(all, cJSON_CreateString(server));
		free(server);
	}
	return all;
}

static void first_records(struct sim *s, struct sim_object *zone)
{
	const char *origin = json_str(zone->doc, "dnsName", "");
	const char *soa = sim_tmp("%s cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300",
				  json_str(zone->doc, "nameServers.0", ""));
	dns_record_put(s, zone, dns_record_doc(origin, "NS", 21600, cJSON_Duplicate(json_at(zone->doc, "nameServers"), true)));
	dns_record_put(s, zone, dns_record_doc(origin, "SOA", 21600, json_make("[%s]", soa)));
}

/* A change is told as an operation that is done. */
static void changed(struct sim_call *c, const cJSON *doc, const struct sim_object *old)
{
	char id[37];
	sim_uuid(c->sim, id);
	const char *key = sim_tmp("%s/operations/%s", old->key, id);
	sim_put(c->sim, OPERATIONS, key,
		json_make("{'kind':'dns#operation','id':%s,'startTime':%s,'status':'done','type':'update','user':%s,"
			  "'zoneContext':{'oldValue':%j,'newValue':%j}}",
			  id, sim_stamp(c->sim, 3), c->principal ? strchr(c->principal, ':') + 1 : "",
			  cJSON_Duplicate(old->doc, true), cJSON_Duplicate(doc, true)));
	json_put_str(old->hidden, "operation", key);
}

static bool zone_valid(struct sim_call *c, const char *id)
{
	(void)id;
	return dns_zone_ok(c, c->body);
}

static bool zone_complete(struct sim_call *c, cJSON *doc, const struct sim_object *old)
{
	json_put_str(doc, "kind", "dns#managedZone");
	json_put_str(doc, "cloudLoggingConfig.kind", "dns#managedZoneCloudLoggingConfig");
	if (json_at(doc, "dnssecConfig"))
		json_put_str(doc, "dnssecConfig.kind", "dns#managedZoneDnsSecConfig");
	if (!cJSON_GetArraySize(json_at(doc, "privateVisibilityConfig.networks")))
		json_drop(doc, "privateVisibilityConfig");
	if (old && !dns_zone_ok(c, doc))
		return false;
	if (old) {
		changed(c, doc, old);
		return true;
	}
	json_put_str(doc, "id", sim_tmp("%lld", sim_serial(c->sim)));
	json_put(doc, "nameServers", name_servers(c->sim, !strcmp(json_str(doc, "visibility", ""), "private")));
	return true;
}

static void zone_touched(struct sim_call *c, struct sim_object *o)
{
	if (!json_at(o->hidden, "operation"))
		first_records(c->sim, o);
}

static bool is_change(const struct sim_call *c)
{
	return !strcmp(c->method, "PUT") || !strcmp(c->method, "PATCH");
}

static cJSON *zone_seen(const struct sim_call *c, const struct sim_object *o)
{
	const struct sim_object *op = is_change(c) ? sim_get(c->sim, OPERATIONS, json_str(o->hidden, "operation", "")) : NULL;
	return cJSON_Duplicate(op ? op->doc : o->doc, true);
}

/* An update says all that a change can say. */
static cJSON *zone_changed(struct sim_call *c, const struct sim_object *o)
{
	cJSON *doc = cJSON_Duplicate(o->doc, true);
	if (!strcmp(c->method, "PUT"))
		json_drop(doc, "description"), json_drop(doc, "labels");
	if (c->body)
		sim_merge(doc, c->body, NULL);
	return doc;
}

static bool of_name(const struct sim_call *c, const struct sim_object *o)
{
	const char *name = sim_param(c, "dnsName");
	return !*name || !strcmp(name, json_str(o->doc, "dnsName", ""));
}

static bool zone_deleting(struct sim_call *c, struct sim_object *zone)
{
	const char *prefix = sim_tmp("%s/rrsets/", zone->key), *kept = dns_records_of(zone);
	for (struct sim_object *o = sim_first(c->sim, kept, prefix); o; o = sim_following(c->sim, o, prefix))
		if (!dns_record_own(zone, json_str(o->doc, "name", ""), json_str(o->doc, "type", ""))) {
			sim_fail(
			    c, "FAILED_PRECONDITION", "containerNotEmpty",
			    "The resource named '%s' cannot be deleted because it contains one or more 'resource records'.",
			    json_str(zone->doc, "name", ""));
			return false;
		}
	return true;
}

static void zone_deleted(struct sim_call *c)
{
	if (strstr(c->path, "/v1beta2/"))
		sim_empty(c);
	else
		sim_no_content(c);
}

static struct sim_object *operation_find(struct sim_call *c, const struct sim_resource *r)
{
	struct sim_object *zone = dns_zone(c);
	const char *id = sim_path_part(c, "operations");
	struct sim_object *o = zone ? sim_get(c->sim, r->collection, sim_tmp("%s/operations/%s", zone->key, id)) : NULL;
	if (zone && !o)
		sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.operation' resource named '%s' does not exist.", id);
	return o;
}

static void get_project(struct sim_call *c)
{
	sim_ok(c, json_make("{'kind':'dns#project','id':%s,'number':%s,'quota':{'kind':'dns#quota','managedZones':10000,'"
			    "rrsetsPerManagedZone':10000,"
			    "'rrsetAdditionsPerChange':1000,'rrsetDeletionsPerChange':1000,'resourceRecordsPerRrset':100}}",
			    c->project, sim_project_number(c->sim, c->project)));
}

static const struct sim_resource resources[] = {
    {.methods = "dns.managedZones",
     .collection = DNS_ZONES,
     .key = "projects/{project}/managedZones/{managedZones}",
     .find = zone_find,
     .field = "managedZones",
     .list = "dns#managedZonesListResponse",
     .empty = true,
     .shown = of_name,
     .seen = zone_seen,
     .holder = "//dns.googleapis.com/",
     .veiled = true,
     .id = "name",
     .valid = zone_valid,
     .taken = "The resource 'entity.managedZone' named '{managedZones}' already exists",
     .name = "{managedZones}",
     .defaults = "{'visibility':'public','description':''}",
     .created = "creationTime",
     .decimals = 3,
     .complete = zone_complete,
     .touched = zone_touched,
     .kept = "dnsName kind id nameServers",
     .changed = zone_changed,
     .deleting = zone_deleting,
     .deleted = zone_deleted,
     .below = "dns.rrsets dns.privateRrsets dns.changes " OPERATIONS},
    {.methods = "dns.managedZoneOperations", .collection = OPERATIONS, .find = operation_find},
    {0},
};

static const struct sim_route routes[] = {
    {"dns.projects.get", get_project, "dns.projects.get", NULL},
    RESOURCE_ROUTES("dns.managedZones", "dns.managedZones"),
    {"dns.managedZones.update", resource_patch, "dns.managedZones.update", NULL},
    RESOURCE_POLICIES("dns.managedZones", "dns.managedZones"),
    {"dns.managedZoneOperations.get", resource_get, "dns.managedZoneOperations.get", NULL},
    {0},
};

const struct sim_api sim_api_dns = {
    .name = "dns",
    .service = "dns.googleapis.com",
    .errors = SIM_ERRORS_LEGACY,
    .routes = routes,
    .resources = resources,
};
