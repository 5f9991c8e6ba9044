/* dns.googleapis.com v1: record sets, by themselves and by changes, which are pending for a while before they are done. */
#include "config.h"
#include "sim/api/dns.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES "dns.changes"

const char *dns_records_of(const struct sim_object *zone)
{
	return !strcmp(json_str(zone->doc, "visibility", "public"), "private") ? "dns.privateRrsets" : "dns.rrsets";
}

static char *record_key(const struct sim_object *zone, const char *name, const char *type)
{
	char *key = xasprintf("%s/rrsets/%s/%s", zone->key, name, type);
	for (char *at = strstr(key, "/rrsets/"); *at; at++)
		if (isupper((unsigned char)*at) && at < strrchr(key, '/'))
			*at = (char)tolower((unsigned char)*at);
	return key;
}

struct sim_object *dns_record(struct sim *s, const struct sim_object *zone, const char *name, const char *type)
{
	char *key = record_key(zone, name, type);
	struct sim_object *o = sim_get(s, dns_records_of(zone), key);
	free(key);
	return o;
}

cJSON *dns_record_doc(const char *name, const char *type, int ttl, cJSON *data)
{
	return json_make("{'name':%s,'type':%s,'ttl':%d,'rrdatas':%j,'signatureRrdatas':[],'kind':'dns#resourceRecordSet'}",
			 name, type, ttl, data);
}

static cJSON *normal_record(const cJSON *sent)
{
	const cJSON *data = json_at(sent, "rrdatas"), *policy = json_at(sent, "routingPolicy");
	cJSON *doc = dns_record_doc(json_str(sent, "name", ""), json_str(sent, "type", ""), (int)json_num(sent, "ttl", 300),
				    data ? cJSON_Duplicate(data, true) : cJSON_CreateArray());
	if (policy)
		json_put(doc, "routingPolicy", cJSON_Duplicate(policy, true));
	return doc;
}

void dns_record_put(struct sim *s, struct sim_object *zone, cJSON *doc)
{
	char *key = record_key(zone, json_str(doc, "name", ""), json_str(doc, "type", ""));
	struct sim_object *old = sim_get(s, dns_records_of(zone), key);
	if (old)
		sim_remove(s, old);
	sim_put(s, dns_records_of(zone), key, doc);
	free(key);
}

bool dns_record_own(const struct sim_object *zone, const char *name, const char *type)
{
	return !strcasecmp(name, json_str(zone->doc, "dnsName", "")) && (!strcmp(type, "NS") || !strcmp(type, "SOA"));
}

/* Record sets. ----------------------------------------------------------------------------------------------------------- */
static bool wanted(const struct sim_call *c, const struct sim_object *o)
{
	const char *name = sim_param(c, "name"), *type = sim_param(c, "type");
	return (!*name || !strcasecmp(name, json_str(o->doc, "name", ""))) &&
	       (!*type || !strcmp(type, json_str(o->doc, "type", "")));
}

static void list_records(struct sim_call *c)
{
	struct sim_object *zone = dns_zone(c);
	if (zone)
		sim_list(c, dns_records_of(zone), sim_tmp("%s/rrsets/", zone->key), "rrsets", wanted,
			 json_make("{'kind':'dns#resourceRecordSetsListResponse','rrsets':[]}"));
}

static struct sim_object *record_for(struct sim_call *c, const struct sim_resource *r)
{
	(void)r;
	struct sim_object *zone = dns_zone(c);
	const char *name = sim_param(c, "name"), *type = sim_param(c, "type");
	struct sim_object *o = zone ? dns_record(c->sim, zone, name, type) : NULL;
	if (zone && !o)
		sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.name' resource named '%s (%s)' does not exist.", name,
			 type);
	return o;
}

static void record_create(struct sim_call *c)
{
	struct sim_object *zone = dns_zone(c);
	if (!zone || !dns_record_ok(c, zone, c->body))
		return;
	const char *name = json_str(c->body, "name", ""), *type = json_str(c->body, "type", "");
	if (dns_record(c->sim, zone, name, type)) {
		sim_fail(c, "ALREADY_EXISTS", "alreadyExists",
			 "The resource 'entity.change.additions[0]' named '%s (%s)' already exists", name, type);
		return;
	}
	if (!dns_record_alone(c, zone, c->body, NULL, NULL))
		return;
	cJSON *doc = normal_record(c->body);
	dns_record_put(c->sim, zone, doc);
	sim_ok(c, cJSON_Duplicate(doc, true));
}

static void record_patch(struct sim_call *c)
{
	struct sim_object *zone = dns_zone(c), *o = zone ? record_for(c, NULL) : NULL;
	if (!o)
		return;
	cJSON *new = cJSON_Duplicate(o->doc, true);
	sim_merge(new, c->body, NULL);
	json_put_str(new, "name", json_str(o->doc, "name", ""));
	json_put_str(new, "type", json_str(o->doc, "type", ""));
	if (!dns_record_ok(c, zone, new)) {
		cJSON_Delete(new);
		return;
	}
	dns_record_put(c->sim, zone, new);
	sim_ok(c, cJSON_Duplicate(new, true));
}

static void apex_needed(struct sim_call *c, const char *type)
{
	sim_fail(c, "INVALID_ARGUMENT", "invalidZoneApex",
		 "The resource record set 'entity.change.deletions[0]' is invalid because a zone must contain exactly one "
		 "resource record set of type '%s' at the apex.",
		 type);
}

static bool record_deleting(struct sim_call *c, struct sim_object *o)
{
	bool own = dns_record_own(dns_zone(c), json_str(o->doc, "name", ""), json_str(o->doc, "type", ""));
	if (own)
		apex_needed(c, json_str(o->doc, "type", ""));
	return !own;
}

/* Changes. ---------------------------------------------------------------------------------------------------------------- */

/* Record sets are sets; none may be left out or empty, as where a routing policy says the data. */
static bool same_data(const cJSON *a, const cJSON *b)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, a)
		if (!cJSON_IsString(one) || !json_lists(b, one->valuestring))
			return false;
	return cJSON_GetArraySize(a) == cJSON_GetArraySize(b);
}

/* A deletion must name a record set exactly as it is. */
static bool deletions_ok(struct sim_call *c, const struct sim_object *zone, const cJSON *deletions)
{
	const cJSON *d;
	int i = 0;
	cJSON_ArrayForEach(d, deletions) {
		const char *name = json_str(d, "name", ""), *type = json_str(d, "type", "");
		struct sim_object *o = dns_record(c->sim, zone, name, type);
		if (!o || !same_data(json_at(o->doc, "rrdatas"), json_at(d, "rrdatas")) ||
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

/* Is one of this name and type among them? */
static bool listed(const cJSON *all, const cJSON *record)
{
	const cJSON *one;
	cJSON_ArrayForEach(one, all)
		if (!strcasecmp(json_str(one, "name", ""), json_str(record, "name", "")) &&
		    !strcmp(json_str(one, "type", ""), json_str(record, "type", "")))
			return true;
	return false;
}

/* What every zone has at its top may be exchanged only. */
static bool apex_stays(struct sim_call *c, const struct sim_object *zone, const cJSON *deletions, const cJSON *additions)
{
	const cJSON *d;
	cJSON_ArrayForEach(d, deletions)
		if (dns_record_own(zone, json_str(d, "name", ""), json_str(d, "type", "")) && !listed(additions, d)) {
			apex_needed(c, json_str(d, "type", ""));
			return false;
		}
	return true;
}

static bool additions_ok(struct sim_call *c, const struct sim_object *zone, const cJSON *additions, const cJSON *deletions)
{
	const cJSON *a;
	int i = 0;
	cJSON_ArrayForEach(a, additions) {
		const char *name = json_str(a, "name", ""), *type = json_str(a, "type", "");
		if (!dns_record_ok(c, zone, a))
			return false;
		if (dns_record(c->sim, zone, name, type) && !listed(deletions, a)) {
			sim_fail(c, "ALREADY_EXISTS", "alreadyExists",
				 "The resource 'entity.change.additions[%d]' named '%s (%s)' already exists", i, name, type);
			return false;
		}
		if (!dns_record_alone(c, zone, a, deletions, additions))
			return false;
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
	struct sim_object *zone = dns_zone(c);
	const cJSON *additions = json_at(c->body, "additions"), *deletions = json_at(c->body, "deletions"), *r;
	if (!zone || !deletions_ok(c, zone, deletions) || !additions_ok(c, zone, additions, deletions) ||
	    !apex_stays(c, zone, deletions, additions))
		return;
	if (!cJSON_GetArraySize(additions) && !cJSON_GetArraySize(deletions)) {
		sim_fail(c, "INVALID_ARGUMENT", "required", "The 'entity.change' parameter is required but was missing.");
		return;
	}
	cJSON *doc = new_change(c, zone);
	cJSON_ArrayForEach(r, deletions)
		sim_remove(c->sim, dns_record(c->sim, zone, json_str(r, "name", ""), json_str(r, "type", "")));
	cJSON_ArrayForEach(r, additions)
		dns_record_put(c->sim, zone, normal_record(r));
	const char *key = sim_tmp("%s/changes/%012ld", zone->key, atol(json_str(doc, "id", "0")));
	struct sim_object *o = sim_put(c->sim, CHANGES, key, doc);
	sim_after(c->sim, sim_draw(c->sim, "dns.change"), change_done, json_make("{'key':%s}", key));
	sim_ok(c, cJSON_Duplicate(o->doc, true));
}

static struct sim_object *change_find(struct sim_call *c, const struct sim_resource *r)
{
	struct sim_object *zone = dns_zone(c);
	const char *id = sim_path_part(c, "changes");
	struct sim_object *o = zone ? sim_get(c->sim, r->collection, sim_tmp("%s/changes/%012ld", zone->key, atol(id))) : NULL;
	if (zone && !o)
		sim_fail(c, "NOT_FOUND", "notFound", "The 'parameters.changeId' resource named '%s' does not exist.", id);
	return o;
}

static void list_changes(struct sim_call *c)
{
	struct sim_object *zone = dns_zone(c);
	if (zone)
		sim_list(c, CHANGES, sim_tmp("%s/changes/", zone->key), "changes", NULL,
			 json_make("{'kind':'dns#changesListResponse','changes':[]}"));
}

static const struct sim_resource resources[] = {
    {.methods = "dns.resourceRecordSets", .find = record_for, .deleting = record_deleting},
    {.methods = "dns.changes", .collection = CHANGES, .find = change_find},
    {0},
};

static const struct sim_route routes[] = {
    {"dns.resourceRecordSets.list", list_records, "dns.resourceRecordSets.list", NULL},
    {"dns.resourceRecordSets.get", resource_get, "dns.resourceRecordSets.get", NULL},
    {"dns.resourceRecordSets.create", record_create, "dns.resourceRecordSets.create", NULL},
    {"dns.resourceRecordSets.patch", record_patch, "dns.resourceRecordSets.update", NULL},
    {"dns.resourceRecordSets.delete", resource_delete, "dns.resourceRecordSets.delete", NULL},
    {"dns.changes.create", create_change, "dns.changes.create", NULL},
    {"dns.changes.get", resource_get, "dns.changes.get", NULL},
    {"dns.changes.list", list_changes, "dns.changes.list", NULL},
    {0},
};

const struct sim_api sim_api_dns_records = {
    .name = "dns", .service = "dns.googleapis.com", .errors = SIM_ERRORS_LEGACY, .routes = routes, .resources = resources};
