/* dns.googleapis.com v1: managed zones, their record sets, and changes, which are pending for a while before they are done.
 * Names end in a dot; a zone has its SOA and NS records from the beginning, and goes only when nothing else is left. */
#include "config.h"
#include "sim/api/identity.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ZONES "dns.managedZones"
#define CHANGES "dns.changes"
#define OPERATIONS "dns.operations"

/* Public zones are what the world's resolvers see; private ones are kept apart. */
static const char *records_of(const struct sim_object *zone)
{
	return !strcmp(json_str(zone->doc, "visibility", "public"), "private") ? "dns.privateRrsets" : "dns.rrsets";
}

static struct sim_object *zone_for(struct sim_call *c)
{
	const char *name = sim_path_part(c, "managedZones");
	struct sim_object *o = sim_get(c->sim, ZONES, sim_tmp("projects/%s/managedZones/%s", c->project, name));
	for (o = o ? o : sim_first(c->sim, ZONES, "projects/"); o; o = sim_following(c->sim, o, "projects/"))
		if (!strcmp(json_str(o->doc, "name", ""), name) || !strcmp(json_str(o->doc, "id", ""), name))
			return o;
	sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.managedZone' resource named '%s' does not exist.", name);
	return NULL;
}

static char *record_key(const struct sim_object *zone, const char *name, const char *type)
{
	char *key = xasprintf("%s/rrsets/%s/%s", zone->key, name, type);
	for (char *at = strstr(key, "/rrsets/"); *at; at++)
		if (isupper((unsigned char)*at) && at < strrchr(key, '/'))
			*at = (char)tolower((unsigned char)*at);
	return key;
}

static struct sim_object *record(struct sim *s, const struct sim_object *zone, const char *name, const char *type)
{
	char *key = record_key(zone, name, type);
	struct sim_object *o = sim_get(s, records_of(zone), key);
	free(key);
	return o;
}

const char *sim_dns_inside(struct sim *s, const char *network, const char *name)
{
	size_t n = strlen(name);
	const char *full = sim_tmp("%s%s", name, n && name[n - 1] == '.' ? "" : ".");
	const char *found = NULL;
	const cJSON *seen;
	for (struct sim_object *z = sim_first(s, ZONES, "projects/"); z && !found; z = sim_following(s, z, "projects/")) {
		bool visible = false;
		cJSON_ArrayForEach(seen, json_at(z->doc, "privateVisibilityConfig.networks"))
			visible = visible || text_ends(json_str(seen, "networkUrl", ""), network);
		struct sim_object *r = visible ? record(s, z, full, "A") : NULL;
		found = r ? json_str(r->doc, "rrdatas.0", NULL) : NULL;
	}
	return found;
}

/* Lists are always there, even when empty. */
static void answer_list(struct sim_call *c, const char *collection, const char *prefix, const char *field, const char *kind,
			bool (*keep)(const struct sim_call *, const struct sim_object *))
{
	long most = strtol(sim_param(c, "maxResults"), NULL, 10);
	const char *token = sim_param(c, "pageToken");
	cJSON *items = cJSON_CreateArray(), *reply = json_make("{'kind':%s}", kind);
	struct sim_object *o = *token && text_starts(token, prefix) ? sim_first_from(c->sim, collection, prefix, token)
								    : sim_first(c->sim, collection, prefix);
	for (most = most > 0 ? most : 100; o; o = sim_following(c->sim, o, prefix)) {
		if (keep && !keep(c, o))
			continue;
		if (cJSON_GetArraySize(items) == most) {
			cJSON_AddStringToObject(reply, "nextPageToken", o->key);
			break;
		}
		cJSON_AddItemToArray(items, cJSON_Duplicate(o->doc, true));
	}
	cJSON_AddItemToObject(reply, field, items);
	sim_ok(c, reply);
}

/* Record sets. ------------------------------------------------------------------------------------------------------------ */

static cJSON *record_doc(const char *name, const char *type, int ttl, cJSON *data)
{
	return json_make("{'name':%s,'type':%s,'ttl':%d,'rrdatas':%j,'signatureRrdatas':[],'kind':'dns#resourceRecordSet'}",
			 name, type, ttl, data);
}

static cJSON *normal_record(const cJSON *sent)
{
	const cJSON *data = json_at(sent, "rrdatas");
	return record_doc(json_str(sent, "name", ""), json_str(sent, "type", ""), (int)json_num(sent, "ttl", 300),
			  data ? cJSON_Duplicate(data, true) : cJSON_CreateArray());
}

static void put_record(struct sim *s, struct sim_object *zone, cJSON *doc)
{
	char *key = record_key(zone, json_str(doc, "name", ""), json_str(doc, "type", ""));
	struct sim_object *old = sim_get(s, records_of(zone), key);
	if (old)
		sim_remove(s, old);
	sim_put(s, records_of(zone), key, doc);
	free(key);
}

static bool own_record(const struct sim_object *zone, const char *name, const char *type)
{
	return !strcasecmp(name, json_str(zone->doc, "dnsName", "")) && (!strcmp(type, "NS") || !strcmp(type, "SOA"));
}

static bool data_ok(const char *type, const char *data)
{
	int a, b, c, d;
	char rest;
	if (!strcmp(type, "A"))
		return sscanf(data, "%d.%d.%d.%d%c", &a, &b, &c, &d, &rest) == 4 && a >= 0 && a < 256 && b >= 0 && b < 256 &&
		       c >= 0 && c < 256 && d >= 0 && d < 256;
	if (!strcmp(type, "AAAA"))
		return strchr(data, ':') && strspn(data, "0123456789abcdefABCDEF:.") == strlen(data);
	return strcmp(type, "CNAME") || text_ends(data, ".");
}

/* Is what is to be added well formed, and in this zone? */
static bool record_ok(struct sim_call *c, const struct sim_object *zone, const cJSON *r)
{
	const char *name = json_str(r, "name", ""), *type = json_str(r, "type", ""),
		   *origin = json_str(zone->doc, "dnsName", "");
	const cJSON *one;
	if (!text_ends(name, ".") || !text_ends(name, origin)) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid value for 'entity.change.additions[0].name': '%s'", name);
		return false;
	}
	cJSON_ArrayForEach(one, json_at(r, "rrdatas"))
		if (!cJSON_IsString(one) || !data_ok(type, one->valuestring)) {
			sim_fail(c, "INVALID_ARGUMENT", "invalid",
				 "Invalid value for 'entity.change.additions[0].rrdata[0]': '%s'",
				 cJSON_IsString(one) ? one->valuestring : "");
			return false;
		}
	return true;
}

static bool wanted(const struct sim_call *c, const struct sim_object *o)
{
	const char *name = sim_param(c, "name"), *type = sim_param(c, "type");
	return (!*name || !strcasecmp(name, json_str(o->doc, "name", ""))) &&
	       (!*type || !strcmp(type, json_str(o->doc, "type", "")));
}

static void list_records(struct sim_call *c)
{
	struct sim_object *zone = zone_for(c);
	const char *prefix = zone ? sim_tmp("%s/rrsets/", zone->key) : NULL;
	if (zone)
		answer_list(c, records_of(zone), prefix, "rrsets", "dns#resourceRecordSetsListResponse", wanted);
}

static struct sim_object *record_for(struct sim_call *c, struct sim_object **zone)
{
	*zone = zone_for(c);
	const char *name = sim_param(c, "name"), *type = sim_param(c, "type");
	struct sim_object *o = *zone ? record(c->sim, *zone, name, type) : NULL;
	if (*zone && !o)
		sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.name' resource named '%s (%s)' does not exist.", name,
			 type);
	return o;
}

static void get_record(struct sim_call *c)
{
	struct sim_object *zone, *o = record_for(c, &zone);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void create_record(struct sim_call *c)
{
	struct sim_object *zone = zone_for(c);
	if (!zone || !record_ok(c, zone, c->body))
		return;
	const char *name = json_str(c->body, "name", ""), *type = json_str(c->body, "type", "");
	if (record(c->sim, zone, name, type)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists",
			 "The resource 'entity.change.additions[0]' named '%s (%s)' already exists", name, type);
		return;
	}
	cJSON *doc = normal_record(c->body);
	put_record(c->sim, zone, doc);
	sim_ok(c, cJSON_Duplicate(doc, true));
}

static void patch_record(struct sim_call *c)
{
	struct sim_object *zone, *o = record_for(c, &zone);
	if (!o)
		return;
	cJSON *new = cJSON_Duplicate(o->doc, true);
	sim_merge(new, c->body, NULL);
	if (!record_ok(c, zone, new)) {
		cJSON_Delete(new);
		return;
	}
	put_record(c->sim, zone, new);
	sim_ok(c, cJSON_Duplicate(new, true));
}

static void delete_record(struct sim_call *c)
{
	struct sim_object *zone, *o = record_for(c, &zone);
	if (!o)
		return;
	if (own_record(zone, sim_param(c, "name"), sim_param(c, "type"))) {
		sim_fail(c, "INVALID_ARGUMENT", "invalidZoneApex",
			 "The resource record set 'entity.change.deletions[0]' is invalid because a zone must "
			 "contain exactly one resource record set of type '%s' at the apex.",
			 sim_param(c, "type"));
		return;
	}
	sim_remove(c->sim, o);
	sim_empty(c);
}

/* Changes. ---------------------------------------------------------------------------------------------------------------- */

/* A deletion must name a record set exactly as it is. */
static bool deletions_ok(struct sim_call *c, const struct sim_object *zone, const cJSON *deletions)
{
	const cJSON *d;
	int i = 0;
	cJSON_ArrayForEach(d, deletions) {
		const char *name = json_str(d, "name", ""), *type = json_str(d, "type", "");
		struct sim_object *o = record(c->sim, zone, name, type);
		if (!o || !json_equal(json_at(o->doc, "rrdatas"), json_at(d, "rrdatas")) ||
		    json_num(o->doc, "ttl", 0) != json_num(d, "ttl", 0)) {
			if (!o)
				sim_fail(c, "NOT_FOUND", "notFound",
					 "The 'entity.change.deletions[%d]' resource named '%s (%s)' does not exist.", i, name,
					 type);
			else
				sim_fail_with(c, 412, "FAILED_PRECONDITION", "conditionNotMet", NULL,
					      "Precondition not met for 'entity.change.deletions[%d]'", i);
			return false;
		}
		i++;
	}
	return true;
}

static bool also_deleted(const cJSON *deletions, const cJSON *addition)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, deletions)
		if (!strcasecmp(json_str(d, "name", ""), json_str(addition, "name", "")) &&
		    !strcmp(json_str(d, "type", ""), json_str(addition, "type", "")))
			return true;
	return false;
}

static bool additions_ok(struct sim_call *c, const struct sim_object *zone, const cJSON *additions, const cJSON *deletions)
{
	const cJSON *a;
	int i = 0;
	cJSON_ArrayForEach(a, additions) {
		const char *name = json_str(a, "name", ""), *type = json_str(a, "type", "");
		if (!record_ok(c, zone, a))
			return false;
		if (record(c->sim, zone, name, type) && !also_deleted(deletions, a)) {
			sim_fail(c, "ALREADY_EXISTS", "alreadyExists",
				 "The resource 'entity.change.additions[%d]' named '%s (%s)' already exists", i, name, type);
			return false;
		}
		i++;
	}
	return true;
}

static void change_done(struct sim *s, const cJSON *arg)
{
	struct sim_object *o = sim_get(s, CHANGES, json_str(arg, "key", ""));
	if (o)
		json_put_str(o->doc, "status", "done");
}

static cJSON *normal_records(const cJSON *list)
{
	cJSON *all = cJSON_CreateArray();
	const cJSON *r;
	cJSON_ArrayForEach(r, list)
		cJSON_AddItemToArray(all, normal_record(r));
	return all;
}

static cJSON *new_change(struct sim_call *c, struct sim_object *zone)
{
	long n = (long)json_num(zone->hidden, "changes", 0) + 1;
	char id[24];
	const char *now = sim_stamp(c->sim, 3);
	snprintf(id, sizeof id, "%ld", n);
	json_put_num(zone->hidden, "changes", (double)n);
	cJSON *doc = json_make("{'additions':%j,'deletions':%j,'startTime':%s,'id':%s,'status':'pending','kind':'dns#change'}",
			       normal_records(json_at(c->body, "additions")), normal_records(json_at(c->body, "deletions")),
			       now, id);
	return doc;
}

static void create_change(struct sim_call *c)
{
	struct sim_object *zone = zone_for(c);
	const cJSON *additions = json_at(c->body, "additions"), *deletions = json_at(c->body, "deletions"), *r;
	if (!zone || !deletions_ok(c, zone, deletions) || !additions_ok(c, zone, additions, deletions))
		return;
	if (!cJSON_GetArraySize(additions) && !cJSON_GetArraySize(deletions)) {
		sim_fail(c, "INVALID_ARGUMENT", "required", "The 'entity.change' parameter is required but was missing.");
		return;
	}
	cJSON *doc = new_change(c, zone);
	cJSON_ArrayForEach(r, deletions)
		sim_remove(c->sim, record(c->sim, zone, json_str(r, "name", ""), json_str(r, "type", "")));
	cJSON_ArrayForEach(r, additions)
		put_record(c->sim, zone, normal_record(r));
	const char *key = sim_tmp("%s/changes/%012ld", zone->key, atol(json_str(doc, "id", "0")));
	struct sim_object *o = sim_put(c->sim, CHANGES, key, doc);
	sim_after(c->sim, sim_draw(c->sim, "dns.change"), change_done, json_make("{'key':%s}", key));
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static void get_change(struct sim_call *c)
{
	struct sim_object *zone = zone_for(c);
	if (!zone)
		return;
	const char *key = sim_tmp("%s/changes/%012ld", zone->key, atol(sim_path_part(c, "changes")));
	struct sim_object *o = sim_get(c->sim, CHANGES, key);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	else
		sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.changeId' resource named '%s' does not exist.",
			 sim_path_part(c, "changes"));
}

static void list_changes(struct sim_call *c)
{
	struct sim_object *zone = zone_for(c);
	const char *prefix = zone ? sim_tmp("%s/changes/", zone->key) : NULL;
	if (zone)
		answer_list(c, CHANGES, prefix, "changes", "dns#changesListResponse", NULL);
}

/* Zones. ------------------------------------------------------------------------------------------------------------------ */

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

static bool zone_ok(struct sim_call *c)
{
	const char *name = json_str(c->body, "name", ""), *origin = json_str(c->body, "dnsName", "");
	static const char *const needed[] = {"name", "dnsName"};
	size_t n = strlen(name);
	for (int i = 0; i < 2; i++)
		if (!json_at(c->body, needed[i])) {
			sim_fail(c, "INVALID_ARGUMENT", "required",
				 "The 'entity.managedZone.%s' parameter is required but was missing.", needed[i]);
			return false;
		}
	if (!n || n > 63 || !islower((unsigned char)*name) || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n ||
	    name[n - 1] == '-') {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid value for 'entity.managedZone.name': '%s'", name);
		return false;
	}
	if (!text_ends(origin, ".") || !strchr(origin, '.')) {
		sim_fail(c, "INVALID_ARGUMENT", "invalid", "Invalid value for 'entity.managedZone.dnsName': '%s'", origin);
		return false;
	}
	return true;
}

static void first_records(struct sim *s, struct sim_object *zone)
{
	const char *origin = json_str(zone->doc, "dnsName", "");
	const char *soa = sim_tmp("%s cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300",
				  json_str(zone->doc, "nameServers.0", ""));
	put_record(s, zone, record_doc(origin, "NS", 21600, cJSON_Duplicate(json_at(zone->doc, "nameServers"), true)));
	put_record(s, zone, record_doc(origin, "SOA", 21600, json_make("[%s]", soa)));
}

static void drop_empty_visibility(cJSON *zone)
{
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
	drop_empty_visibility(doc);
	if (!json_at(doc, "description"))
		json_put_str(doc, "description", "");
	json_put_str(doc, "id", id);
	json_put_str(doc, "creationTime", sim_stamp(s, 3));
	json_put_str(doc, "kind", "dns#managedZone");
	json_put_str(doc, "cloudLoggingConfig.kind", "dns#managedZoneCloudLoggingConfig");
	json_put(doc, "nameServers", name_servers(s, !strcmp(json_str(doc, "visibility", ""), "private")));
	struct sim_object *o = sim_put(s, ZONES, key, doc);
	first_records(s, o);
	return o;
}

/* A project's "zones": {"example-com": "example.com."} */
static void dns_seed(struct sim *s, const cJSON *world)
{
	const cJSON *project, *zone;
	cJSON_ArrayForEach(project, json_at(world, "projects"))
		cJSON_ArrayForEach(zone, json_at(project, "zones"))
			make_zone(s, sim_tmp("projects/%s/managedZones/%s", json_str(project, "id", "demo-proj"), zone->string),
				  json_make("{'name':%s,'dnsName':%s}", zone->string, zone->valuestring));
}

static void create_zone(struct sim_call *c)
{
	const char *name = json_str(c->body, "name", "");
	const char *key = sim_tmp("projects/%s/managedZones/%s", c->project, name);
	if (!zone_ok(c))
		return;
	if (sim_get(c->sim, ZONES, key)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists", "The resource 'entity.managedZone' named '%s' already exists",
			 name);
	} else {
		sim_ok(c, cJSON_Duplicate(make_zone(c->sim, key, sim_take_body(c))->doc, true));
	}
}

static void get_zone(struct sim_call *c)
{
	struct sim_object *o = zone_for(c);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static bool of_name(const struct sim_call *c, const struct sim_object *o)
{
	const char *name = sim_param(c, "dnsName");
	return !*name || !strcmp(name, json_str(o->doc, "dnsName", ""));
}

static void list_zones(struct sim_call *c)
{
	answer_list(c, ZONES, sim_tmp("projects/%s/managedZones/", c->project), "managedZones", "dns#managedZonesListResponse",
		    of_name);
}

static void change_zone(struct sim_call *c)
{
	struct sim_object *o = zone_for(c);
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
	drop_empty_visibility(o->doc);
	cJSON *op = json_make("{'kind':'dns#operation','id':%s,'startTime':%s,'status':'done','type':'update','user':%s,"
			      "'zoneContext':{'oldValue':%j,'newValue':%j}}",
			      id, now, c->principal ? strchr(c->principal, ':') + 1 : "", old, cJSON_Duplicate(o->doc, true));
	const char *key = sim_tmp("%s/operations/%s", o->key, id);
	sim_put(c->sim, OPERATIONS, key, cJSON_Duplicate(op, true));
	sim_ok(c, op);
	free(now);
}

static void dns_get_operation(struct sim_call *c)
{
	struct sim_object *zone = zone_for(c);
	if (!zone)
		return;
	const char *key = sim_tmp("%s/operations/%s", zone->key, sim_path_part(c, "operations"));
	struct sim_object *o = sim_get(c->sim, OPERATIONS, key);
	if (o)
		sim_ok(c, cJSON_Duplicate(o->doc, true));
	else
		sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.operation' resource named '%s' does not exist.",
			 sim_path_part(c, "operations"));
}

static void remove_below(struct sim *s, const char *collection, const struct sim_object *zone, const char *folder)
{
	const char *prefix = sim_tmp("%s/%s/", zone->key, folder);
	struct sim_object *o;
	while ((o = sim_first(s, collection, prefix)))
		sim_remove(s, o);
}

static void delete_zone(struct sim_call *c)
{
	struct sim_object *zone = zone_for(c), *o;
	if (!zone)
		return;
	const char *prefix = sim_tmp("%s/rrsets/", zone->key);
	for (o = sim_first(c->sim, records_of(zone), prefix); o; o = sim_following(c->sim, o, prefix))
		if (!own_record(zone, json_str(o->doc, "name", ""), json_str(o->doc, "type", "")))
			break;
	if (o) {
		sim_fail(c, "FAILED_PRECONDITION", "containerNotEmpty",
			 "The resource named '%s' cannot be deleted because it contains one or more 'resource records'.",
			 json_str(zone->doc, "name", ""));
	} else {
		remove_below(c->sim, records_of(zone), zone, "rrsets");
		remove_below(c->sim, CHANGES, zone, "changes");
		remove_below(c->sim, OPERATIONS, zone, "operations");
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

/* A zone's own IAM policy. */
static void zone_policy(struct sim_call *c)
{
	const char *resource = sim_param(c, "resource"), *name = strrchr(resource, '/');
	const char *key = sim_tmp("projects/%s/managedZones/%s", c->project, name ? name + 1 : ""),
		   *holder = sim_tmp("//dns.googleapis.com/%s", key);
	const char *verb = strrchr(c->id, '.') + 1;
	if (!sim_get(c->sim, ZONES, key))
		sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.managedZone' resource named '%s' does not exist.",
			 name ? name + 1 : "");
	else if (!strcmp(verb, "getIamPolicy"))
		sim_policy_get(c, holder);
	else if (!strcmp(verb, "setIamPolicy"))
		sim_policy_set(c, holder, json_at(c->body, "policy"));
	else
		sim_policy_test(c, holder);
}

static const struct sim_route routes[] = {
    {"dns.managedZones.getIamPolicy", zone_policy, "dns.managedZones.getIamPolicy", NULL},
    {"dns.managedZones.setIamPolicy", zone_policy, "dns.managedZones.setIamPolicy", NULL},
    {"dns.managedZones.testIamPermissions", zone_policy, NULL, NULL},
    {"dns.projects.get", get_project, "dns.projects.get", NULL},
    {"dns.managedZones.create", create_zone, "dns.managedZones.create", NULL},
    {"dns.managedZones.get", get_zone, "dns.managedZones.get", NULL},
    {"dns.managedZones.list", list_zones, "dns.managedZones.list", NULL},
    {"dns.managedZones.patch", change_zone, "dns.managedZones.update", NULL},
    {"dns.managedZones.update", change_zone, "dns.managedZones.update", NULL},
    {"dns.managedZones.delete", delete_zone, "dns.managedZones.delete", NULL},
    {"dns.managedZoneOperations.get", dns_get_operation, "dns.managedZoneOperations.get", NULL},
    {"dns.resourceRecordSets.list", list_records, "dns.resourceRecordSets.list", NULL},
    {"dns.resourceRecordSets.get", get_record, "dns.resourceRecordSets.get", NULL},
    {"dns.resourceRecordSets.create", create_record, "dns.resourceRecordSets.create", NULL},
    {"dns.resourceRecordSets.patch", patch_record, "dns.resourceRecordSets.update", NULL},
    {"dns.resourceRecordSets.delete", delete_record, "dns.resourceRecordSets.delete", NULL},
    {"dns.changes.create", create_change, "dns.changes.create", NULL},
    {"dns.changes.get", get_change, "dns.changes.get", NULL},
    {"dns.changes.list", list_changes, "dns.changes.list", NULL},
    {0},
};

const struct sim_api sim_api_dns = {
    .name = "dns", .service = "dns.googleapis.com", .errors = SIM_ERRORS_LEGACY, .routes = routes, .seed = dns_seed};
