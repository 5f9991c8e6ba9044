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
	const char *name = sim_path_part(c, "managedZones");
	struct sim_object *o = sim_get(c->sim, DNS_ZONES, sim_tmp("projects/%s/managedZones/%s", c->project, name));
	for (o = o ? o : sim_first(c->sim, DNS_ZONES, "projects/"); o; o = sim_following(c->sim, o, "projects/"))
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

static void settle_zone(cJSON *zone)
{
	if (json_at(zone, "dnssecConfig"))
		json_put_str(zone, "dnssecConfig.kind", "dns#managedZoneDnsSecConfig");
	if (!cJSON_GetArraySize(json_at(zone, "privateVisibilityConfig.networks")))
		json_drop(zone, "privateVisibilityConfig");
}

/* A zone with its first records, of what was said of it; doc is taken. */
static struct sim_object *make_zone(struct sim *s, const char *key, cJSON *doc)
{
	char id[32];
	snprintf(id, sizeof id, "%lld", sim_serial(s));
	if (!json_at(doc, "visibility"))
		json_put_str(doc, "visibility", "public");
	settle_zone(doc);
	if (!json_at(doc, "description"))
		json_put_str(doc, "description", "");
	json_put_str(doc, "id", id);
	json_put_str(doc, "creationTime", sim_stamp(s, 3));
	json_put_str(doc, "kind", "dns#managedZone");
	json_put_str(doc, "cloudLoggingConfig.kind", "dns#managedZoneCloudLoggingConfig");
	json_put(doc, "nameServers", name_servers(s, !strcmp(json_str(doc, "visibility", ""), "private")));
	struct sim_object *o = sim_put(s, DNS_ZONES, key, doc);
	first_records(s, o);
	return o;
}

static void create_zone(struct sim_call *c)
{
	const char *name = json_str(c->body, "name", "");
	const char *key = sim_tmp("projects/%s/managedZones/%s", c->project, name);
	if (!dns_zone_ok(c, c->body))
		return;
	if (sim_get(c->sim, DNS_ZONES, key)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "The resource 'entity.managedZone' named '%s' already exists",
			 name);
	} else {
		sim_ok(c, cJSON_Duplicate(make_zone(c->sim, key, sim_take_body(c))->doc, true));
	}
}

static bool of_name(const struct sim_call *c, const struct sim_object *o)
{
	const char *name = sim_param(c, "dnsName");
	return !*name || !strcmp(name, json_str(o->doc, "dnsName", ""));
}

static void list_zones(struct sim_call *c)
{
	dns_list(c, DNS_ZONES, sim_tmp("projects/%s/managedZones/", c->project), "managedZones", "dns#managedZonesListResponse",
		 of_name);
}

static void change_zone(struct sim_call *c)
{
	struct sim_object *o = dns_zone(c);
	char id[37], *now;
	if (!o)
		return;
	sim_uuid(c->sim, id);
	now = sim_time(c->sim, 3);
	cJSON *old = cJSON_Duplicate(o->doc, true);
	json_drop(c->body, "name");
	json_drop(c->body, "dnsName");
	json_drop(c->body, "kind");
	json_drop(c->body, "id");
	json_drop(c->body, "creationTime");
	json_drop(c->body, "nameServers");
	if (!strcmp(c->method, "PUT")) /* what is not sent is as it was not said */
		json_put_str(o->doc, "description", ""), json_drop(o->doc, "labels");
	sim_merge(o->doc, c->body, NULL);
	settle_zone(o->doc);
	if (!dns_zone_ok(c, o->doc)) {
		cJSON_Delete(o->doc);
		o->doc = old;
		free(now);
		return;
	}
	cJSON *op = json_make("{'kind':'dns#operation','id':%s,'startTime':%s,'status':'done','type':'update','user':%s,"
			      "'zoneContext':{'oldValue':%j,'newValue':%j}}",
			      id, now, c->principal ? strchr(c->principal, ':') + 1 : "", old, cJSON_Duplicate(o->doc, true));
	const char *key = sim_tmp("%s/operations/%s", o->key, id);
	sim_put(c->sim, OPERATIONS, key, cJSON_Duplicate(op, true));
	sim_ok(c, op);
	free(now);
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

static void delete_zone(struct sim_call *c)
{
	struct sim_object *zone = dns_zone(c), *o;
	if (!zone)
		return;
	const char *prefix = sim_tmp("%s/rrsets/", zone->key);
	for (o = sim_first(c->sim, dns_records_of(zone), prefix); o; o = sim_following(c->sim, o, prefix))
		if (!dns_record_own(zone, json_str(o->doc, "name", ""), json_str(o->doc, "type", "")))
			break;
	if (o) {
		sim_fail(c, "FAILED_PRECONDITION", "containerNotEmpty",
			 "The resource named '%s' cannot be deleted because it contains one or more 'resource records'.",
			 json_str(zone->doc, "name", ""));
	} else {
		resource_forget_below(c->sim, dns_records_of(zone), sim_tmp("%s/", zone->key));
		resource_forget_below(c->sim, "dns.changes", sim_tmp("%s/", zone->key));
		resource_forget_below(c->sim, OPERATIONS, sim_tmp("%s/", zone->key));
		sim_remove(c->sim, zone);
		if (strstr(c->path, "/v1beta2/"))
			sim_empty(c);
		else
			sim_bytes(c, 204, NULL, "", 0);
	}
}

static void get_project(struct sim_call *c)
{
	sim_ok(c, json_make("{'kind':'dns#project','id':%s,'number':%s,'quota':{'kind':'dns#quota','managedZones':10000,'"
			    "rrsetsPerManagedZone':10000,"
			    "'rrsetAdditionsPerChange':1000,'rrsetDeletionsPerChange':1000,'resourceRecordsPerRrset':100}}",
			    c->project, sim_project_number(c->sim, c->project)));
}

static const struct sim_resource resources[] = {
    {.methods = "dns.managedZones", .collection = DNS_ZONES, .find = zone_find, .holder = "//dns.googleapis.com/"},
    {.methods = "dns.managedZoneOperations", .collection = OPERATIONS, .find = operation_find},
    {0},
};

static const struct sim_route routes[] = {
    {"dns.projects.get", get_project, "dns.projects.get", NULL},
    {"dns.managedZones.create", create_zone, "dns.managedZones.create", NULL},
    {"dns.managedZones.get", resource_get, "dns.managedZones.get", NULL},
    {"dns.managedZones.list", list_zones, "dns.managedZones.list", NULL},
    {"dns.managedZones.patch", change_zone, "dns.managedZones.update", NULL},
    {"dns.managedZones.update", change_zone, "dns.managedZones.update", NULL},
    {"dns.managedZones.delete", delete_zone, "dns.managedZones.delete", NULL},
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
